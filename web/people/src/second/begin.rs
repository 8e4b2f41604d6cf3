//! What waits comes to be: by the word of a second person, or when its day has come.

use audit::{Decision, Event, Kind, Who};
use kit::second::{Part, WhatWaits, begins, by_itself, notify};
use people::{BodyCode, Division, NEVER, Roles, Staff, StaffId, StaffState};
use store::Tx;
use store::changes::{Change, ChangeKind, WaitingPerson};

use super::page::subject_name;
use super::{Leads, Officers, Second};
use crate::People;
use crate::slips::{self, ActivationSlip};
use kit::Cut;
use kit::error::Refusal;

/// What came of it.
pub(super) struct Begun {
    /// For the record, by whoever the caller says.
    pub(super) events: Vec<Event>,
    /// A slip to hand out.
    pub(super) slip: Option<(Staff, ActivationSlip)>,
    /// Whose live sessions are looked at again.
    pub(super) cut: Option<StaffId>,
}

/// Makes a change true inside the write and removes it from those that wait. `event` begins an
/// event on the body's chain; `parts` are those of a division that begin: the others go on waiting.
pub(super) async fn begin(
    app: &People,
    tx: &mut Tx,
    change: &Change,
    parts: &[Part],
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Begun, Refusal> {
    let body = change.body;
    let mut begun = Begun { events: Vec::new(), slip: None, cut: None };
    match change.kind {
        ChangeKind::Person => {
            let staff = subject(tx, change).await?;
            let waits = WaitingPerson::read(&change.doc);
            if let Some(staff) =
                staff.filter(|staff| waits.slip && staff.state != StaffState::Suspended)
            {
                begun.events.extend(ended_tokens(tx, &staff, event).await?);
                let slip = slips::issue(app, tx, staff.id).await?;
                store::staff::put_state(tx, body, staff.id, StaffState::Waiting).await?;
                store::sign_ins::remove_all(tx, staff.id).await?;
                begun.events.push(event(Kind::ACTIVATION_ISSUED, staff.login.to_string()));
                begun.cut = Some(staff.id);
                begun.slip = Some((staff, slip));
            }
        }
        ChangeKind::Division => {
            let wanted = Leads::read(&change.doc)?;
            let id = change.subject.parse().map_err(|_| Refusal::NotFound)?;
            if let Some(before) = store::divisions::find(tx, body, id).await? {
                let after = Leads::of(&before).take(parts).put(&before);
                store::divisions::change(tx, &after).await?;
                begun.events.push(
                    led(tx, event(Kind::DIVISION_CHANGED, after.name.to_string()), &before, &after)
                        .await?,
                );
                let left = wanted.parts(&after);
                if !left.is_empty() {
                    let now = tx.now();
                    let officers = Officers::of(tx, body, now).await?;
                    let begins = officers.begins(&change.by, None, &left);
                    store::changes::put(tx, &Change { begins, ..change.clone() }).await?;
                    return Ok(begun);
                }
            }
        }
        kind => {
            let waiting = app.ports.changes.iter().find(|one| one.kind == kind);
            let waiting =
                waiting.ok_or_else(|| Refusal::Internal("nobody begins this change".into()))?;
            begun.events.extend((waiting.begin)(tx, change, event).await?);
        }
    }
    store::changes::remove(tx, body, change.id).await?;
    Ok(begun)
}

/// The person a change is about.
pub(super) async fn subject(tx: &mut Tx, change: &Change) -> Result<Option<Staff>, Refusal> {
    let Ok(id) = change.subject.parse::<StaffId>() else { return Ok(None) };
    Ok(store::staff::find(tx, change.body, id).await?)
}

/// Who leads and who stands in, before and after, by sign-in names.
pub(crate) async fn led(
    tx: &mut Tx,
    event: Event,
    before: &Division,
    after: &Division,
) -> Result<Event, Refusal> {
    let mut event = event.with("code_before", &before.code).with("code", &after.code);
    let pairs = [
        ("superior_before", before.superior),
        ("superior", after.superior),
        ("deputy_before", before.deputy),
        ("deputy", after.deputy),
    ];
    for (name, id) in pairs {
        event = event.with(name, login(tx, after.body, id).await?);
    }
    Ok(event)
}

async fn login(tx: &mut Tx, body: BodyCode, id: Option<StaffId>) -> Result<String, Refusal> {
    let Some(id) = id else { return Ok(String::new()) };
    Ok(store::staff::find(tx, body, id)
        .await?
        .map_or(id.to_string(), |staff| staff.login.to_string()))
}

/// Ends what goes on with somebody's rights without her: the tokens that act with them, and the
/// addresses of her calendars; an event each.
pub(crate) async fn ended_tokens(
    tx: &mut Tx,
    staff: &Staff,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Vec<Event>, Refusal> {
    let now = tx.now();
    let ended = store::tokens::revoke_of(tx, staff.id, now).await?;
    let mut events: Vec<Event> = ended
        .into_iter()
        .map(|token| told(event(Kind::API_TOKEN_REVOKED, token.name.clone()), &token, staff))
        .collect();
    events.extend(ended_feeds(tx, staff, event).await?);
    events.extend(withdrawn(tx, staff, event).await?);
    Ok(events)
}

/// Withdraws what somebody issued for agents and nobody used yet: it lets one in by her word.
pub(crate) async fn withdrawn(
    tx: &mut Tx,
    staff: &Staff,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Vec<Event>, Refusal> {
    let names = store::agents::withdraw_of(tx, staff.id).await?;
    let told =
        |name: String| event(Kind::ENROLMENT_WITHDRAWN, name).with("issued_by", &staff.login);
    Ok(names.into_iter().map(told).collect())
}

/// Ends the addresses of somebody's calendars: each carries a secret, and nothing else is asked of
/// whoever has it.
pub(crate) async fn ended_feeds(
    tx: &mut Tx,
    staff: &Staff,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Option<Event>, Refusal> {
    let ended = store::telework::remove_all_feeds(tx, staff.body, staff.id).await?;
    let told = || event(Kind::FEED_REVOKED, staff.login.to_string()).with("count", ended);
    Ok((ended > 0).then(told))
}

pub(crate) fn told(event: Event, token: &store::tokens::Token, staff: &Staff) -> Event {
    event.with("token", token.id).with("for", &staff.login)
}

/// What came of taking a change back.
pub(crate) struct TakenBack {
    /// For the record; the first says that it was taken back.
    pub(crate) events: Vec<Event>,
    /// Whose sessions are looked at again.
    pub(crate) cut: Option<StaffId>,
}

/// Takes a change back; its events are begun by `event`. The roles that were newly given with it
/// go:
/// what nobody confirmed does not come to be by taking it back. Roles that a slip holds back stay,
/// and the slip goes, with whatever was made by it: she needs another.
pub(crate) async fn taken_back(
    tx: &mut Tx,
    change: &Change,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<TakenBack, Refusal> {
    let what = subject_name(tx, change).await?;
    let mut told = event(Kind::CHANGE_WITHDRAWN, what)
        .with("change", change.kind.name())
        .with("what", &change.doc);
    let (mut events, mut cut) = (Vec::new(), None);
    if change.kind == ChangeKind::Person
        && let Some(staff) = subject(tx, change).await?
    {
        let waits = WaitingPerson::read(&change.doc);
        let roles = Roles::from_bits(staff.roles.bits() & !waits.given());
        if roles != staff.roles {
            store::staff::change(tx, &Staff { roles, ..staff.clone() }).await?;
            told = told.with("roles_before", staff.roles.names()).with("roles", roles.names());
        }
        if waits.held() != 0 {
            events = ended_tokens(tx, &staff, event).await?;
            unslip(tx, &staff).await?;
            told = told.with("slip", "ended");
            cut = Some(staff.id);
        }
    }
    store::changes::remove(tx, change.body, change.id).await?;
    events.insert(0, told);
    Ok(TakenBack { events, cut })
}

/// A slip that was handed out is good for nothing, and neither is what somebody chose with it.
async fn unslip(tx: &mut Tx, staff: &Staff) -> Result<(), Refusal> {
    store::activations::remove_all(tx, staff.id).await?;
    store::credentials::clear(tx, staff.id).await?;
    store::passkeys::remove_all(tx, staff.id).await?;
    store::sign_ins::remove_all(tx, staff.id).await?;
    if staff.state == StaffState::Active {
        store::staff::put_state(tx, staff.body, staff.id, StaffState::Waiting).await?;
    }
    Ok(())
}

/// Begins what is due, in every body. One that cannot begin now is tried the next time.
///
/// # Errors
/// What the database can meet.
pub async fn begin_due(app: &People) -> Result<usize, Refusal> {
    let due = store::changes::due(&mut *app.store.read().await?, app.now()).await?;
    let mut done = 0;
    for change in due {
        match begin_one(app, &change).await {
            Ok(began) => done += usize::from(began),
            Err(refusal) => tracing::warn!(%refusal, "a change that is due did not begin"),
        }
    }
    Ok(done)
}

async fn begin_one(app: &People, change: &Change) -> Result<bool, Refusal> {
    let mut tx = app.write_unattended(change.body).await?;
    // Another server may have begun it, or somebody took it back.
    let found = store::changes::find(&mut tx, change.body, change.id).await?;
    let Some(change) = found.filter(|found| found.begins <= app.now()) else { return Ok(false) };
    let event =
        |kind: Kind, subject: String| Event::new(change.body.chain(), Who::System, kind, subject);
    let (what, now) = (WhatWaits::of(&mut tx, &change).await?, tx.now());
    let by = logins(&mut tx, change.body, &change.by).await?;
    let name = subject_name(&mut tx, &change).await?;
    let told =
        |kind: Kind| event(kind, name).with("change", change.kind.name()).with("asked_by", by);
    if matches!(change.kind, ChangeKind::Person | ChangeKind::Division) {
        let mut officers = Officers::of(&mut tx, change.body, now).await?;
        if let Some(later) = still(&officers, &change, &what, now) {
            let change = Change { begins: later, ..change.clone() };
            store::changes::put(&mut tx, &change).await?;
            notify(app, &mut tx, &mut officers, &change).await?;
            tx.commit(Decision::new((), told(Kind::CHANGE_WAITS).with("begins", begins(later))))
                .await?;
            return Ok(false);
        }
    }
    let mut begun = begin(app, &mut tx, &change, &what.parts, &event).await?;
    begun.events.insert(0, told(Kind::CHANGE_BEGAN));
    tx.commit(Decision { value: (), events: begun.events }).await?;
    if let Some(staff) = begun.cut {
        app.cut(Cut::Person(staff));
    }
    Ok(true)
}

/// When a change whose day has come begins after all: there is a second person by now, or there was
/// one until lately. `None`: now.
fn still(officers: &Officers, change: &Change, what: &WhatWaits, now: i64) -> Option<i64> {
    match officers.second(&change.by, what.about.as_ref(), &what.parts) {
        Second::There => Some(NEVER),
        Second::Lately(until) => Some(by_itself(change.asked, until)).filter(|later| *later > now),
        Second::Nobody => None,
    }
}

/// The sign-in names of those who asked.
pub(super) async fn logins(
    tx: &mut Tx,
    body: BodyCode,
    all: &[StaffId],
) -> Result<String, Refusal> {
    let mut names = Vec::new();
    for one in all {
        names.push(login(tx, body, Some(*one)).await?);
    }
    Ok(names.join(", "))
}
