//! What waits comes to be: by the word of a second person, or when its day has come.

use audit::{Decision, Event, Kind, Who};
use people::{BodyCode, Division, Roles, Staff, StaffId, StaffState, weight};
use store::Tx;
use store::changes::{Change, ChangeKind, WaitingPerson};

use super::page::subject_name;
use super::{Leads, unjson};
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

/// Makes a change true inside the write and removes it from those that wait. `event` begins an event on the body's chain.
pub(super) async fn begin(
    app: &People,
    tx: &mut Tx,
    change: &Change,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Begun, Refusal> {
    let body = change.body;
    let mut begun = Begun { events: Vec::new(), slip: None, cut: None };
    match change.kind {
        ChangeKind::Person => {
            let staff = subject(tx, change).await?;
            let waits: WaitingPerson = unjson(&change.doc)?;
            if let Some(staff) = staff.filter(|staff| waits.slip && staff.state != StaffState::Suspended) {
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
                let after = Division { superior: wanted.superior, deputy: wanted.deputy, ..before.clone() };
                store::divisions::change(tx, &after).await?;
                begun.events.push(led(tx, event(Kind::DIVISION_CHANGED, after.name.to_string()), &before, &after).await?);
            }
        }
        kind => {
            let waiting = app.ports.changes.iter().find(|one| one.kind == kind);
            let waiting = waiting.ok_or_else(|| Refusal::Internal("nobody begins this change".into()))?;
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
pub(crate) async fn led(tx: &mut Tx, event: Event, before: &Division, after: &Division) -> Result<Event, Refusal> {
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
    Ok(store::staff::find(tx, body, id).await?.map_or(id.to_string(), |staff| staff.login.to_string()))
}

/// Ends the tokens that act with somebody's rights; an event each.
pub(crate) async fn ended_tokens(
    tx: &mut Tx,
    staff: &Staff,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Vec<Event>, Refusal> {
    let now = tx.now();
    let ended = store::tokens::revoke_of(tx, staff.id, now).await?;
    Ok(ended.into_iter().map(|token| told(event(Kind::API_TOKEN_REVOKED, token.name.clone()), &token, staff)).collect())
}

pub(crate) fn told(event: Event, token: &store::tokens::Token, staff: &Staff) -> Event {
    event.with("token", kit::secrets::hex(&token.id)).with("for", &staff.login)
}

/// Takes a change back; its event for the record, begun by `event`.
pub(crate) async fn taken_back(
    tx: &mut Tx,
    change: &Change,
    event: &(dyn Fn(Kind, String) -> Event + Sync),
) -> Result<Event, Refusal> {
    let what = subject_name(tx, change).await?;
    let taken = withdraw(tx, change).await?;
    let event = event(Kind::CHANGE_WITHDRAWN, what).with("change", change.kind.name()).with("what", &change.doc);
    Ok(match taken {
        Some((staff, roles)) => event.with("roles_before", staff.roles.names()).with("roles", roles.names()),
        None => event,
    })
}

/// The roles that waited with a change go: what nobody confirmed does not come to be by taking it
/// back.
async fn withdraw(tx: &mut Tx, change: &Change) -> Result<Option<(Staff, Roles)>, Refusal> {
    let mut taken = None;
    if change.kind == ChangeKind::Person
        && let Some(staff) = subject(tx, change).await?
    {
        // What cannot be read held every such role back.
        let waited = unjson::<WaitingPerson>(&change.doc).map_or(weight(staff.roles).bits(), |waits| waits.roles);
        let roles = Roles::from_bits(staff.roles.bits() & !waited);
        if roles != staff.roles {
            store::staff::change(tx, &Staff { roles, ..staff.clone() }).await?;
            taken = Some((staff, roles));
        }
    }
    store::changes::remove(tx, change.body, change.id).await?;
    Ok(taken)
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
    let event = |kind: Kind, subject: String| Event::new(change.body.chain(), Who::System, kind, subject);
    let mut begun = begin(app, &mut tx, &change, &event).await?;
    let by = login(&mut tx, change.body, Some(change.by)).await?;
    let told = event(Kind::CHANGE_BEGAN, change.subject.clone()).with("change", change.kind.name()).with("asked_by", by);
    begun.events.insert(0, told);
    tx.commit(Decision { value: (), events: begun.events }).await?;
    if let Some(staff) = begun.cut {
        app.cut(Cut::Person(staff));
    }
    Ok(true)
}
