//! What makes somebody decide on others, or confirm what colleagues ask for, waits: roles that are
//! given, slips that are handed out.

use audit::{Decision, Event, Kind};
use axum::extract::{Path, State};
use people::{Deed, NEVER, Permit, Role, Roles, Staff, StaffState, weighs, weight};
use store::changes::{Change, ChangeKind, WaitingPerson};

use super::staff::{fresh, hand_out, person};
use crate::People;
use crate::Route;
use crate::second::{self, Asked, Officers, Second, ended_tokens, json, leads_somewhere};
use crate::slips::{self, ActivationSlip};
use kit::Cut;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Nothing, SignedIn, post, see_other};

/// The slip of somebody who was just added, for whoever added her to hand out. Of one who will
/// decide on others or confirm what colleagues ask for, a second officer hands it out; where the
/// body has none, it works at once and she decides later.
pub(super) async fn first_slip(
    app: &People,
    tx: &mut store::Tx,
    permit: &Permit,
    officers: &mut Officers,
    staff: &Staff,
) -> Result<(Option<ActivationSlip>, Vec<Event>), Refusal> {
    let mut events = Vec::new();
    if weighs(staff.roles) {
        let begins = officers.begins(&[permit.actor()], Some(staff), &[]);
        let roles = weight(staff.roles).bits();
        let waits = WaitingPerson { roles, given: Some(roles), slip: begins == NEVER };
        events.push(wait(app, tx, permit, officers, staff, (waits, begins)).await?);
        if waits.slip {
            return Ok((None, events));
        }
    }
    let slip = slips::issue(app, tx, staff.id).await?;
    events.push(permit.event(Kind::ACTIVATION_ISSUED, &staff.login));
    Ok((Some(slip), events))
}

async fn wait(
    app: &People,
    tx: &mut store::Tx,
    permit: &Permit,
    officers: &mut Officers,
    staff: &Staff,
    (waits, begins): (WaitingPerson, i64),
) -> Result<Event, Refusal> {
    let id = staff.id.to_string();
    let (kind, subject, named) = (ChangeKind::Person, id.as_str(), staff.login.as_str());
    let asked = Asked { kind, subject, doc: json(&waits)?, begins, named };
    second::ask(app, tx, permit, officers, asked).await
}

/// What waits of a person, and the row of it.
async fn waiting(
    tx: &mut store::Tx,
    staff: &Staff,
) -> Result<(WaitingPerson, Option<Change>), Refusal> {
    let there =
        store::changes::about(tx, staff.body, ChangeKind::Person, &staff.id.to_string()).await?;
    Ok((
        there.as_ref().map_or(WaitingPerson::default(), |change| WaitingPerson::read(&change.doc)),
        there,
    ))
}

/// A role with weight that was given waits for a second officer; one that was taken waits for
/// nothing.
pub(super) async fn weigh(
    app: &People,
    tx: &mut store::Tx,
    permit: &Permit,
    before: &Staff,
    after: &Staff,
) -> Result<Option<Event>, Refusal> {
    let (waiting, there) = waiting(tx, after).await?;
    let given = weight(after.roles).bits() & !before.roles.bits();
    let taken = before.roles.bits() & !after.roles.bits();
    let waits = WaitingPerson {
        roles: (waiting.roles & !taken) | given,
        given: Some((waiting.given() & !taken) | given),
        slip: waiting.slip,
    };
    let same = |one: WaitingPerson| (one.roles, one.given(), one.slip);
    if same(waits) == same(waiting) {
        return Ok(None);
    }
    if given == 0 {
        // Less than before waits; who asked and when it begins stay as they were.
        match there {
            Some(_) if waits.roles == 0 && !waits.slip => {
                let id = after.id.to_string();
                store::changes::forget(tx, after.body, ChangeKind::Person, &id).await?;
            }
            Some(change) => {
                store::changes::put(tx, &Change { doc: json(&waits)?, ..change }).await?
            }
            None => {}
        }
        return Ok(None);
    }
    let now = tx.now();
    let mut officers = Officers::of(tx, after.body, now).await?;
    let begins = officers.begins(&second::askers(there.as_ref(), permit.actor()), Some(after), &[]);
    let begins = there.map_or(begins, |change| begins.max(change.begins));
    Ok(Some(wait(app, tx, permit, &mut officers, after, (waits, begins)).await?))
}

/// A new slip. Of one who decides on others or confirms what colleagues ask for, a second officer
/// hands it out (`second`): until then nothing of hers changes. Where the body has no second
/// officer, and had none lately, it works at once, and she decides from the next midnight.
async fn slip(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let (permit, staff) = person(&app, &visit.actor, Deed::ResetCredentials, &id).await?;
    let mut tx = app.write_as(&permit).await?;
    let (permit, staff) = fresh(&mut tx, &visit.actor, Deed::ResetCredentials, staff.id).await?;
    if staff.state == StaffState::Suspended || staff.id == visit.actor.id {
        return Err(Refusal::Forbidden("own_account"));
    }
    let (waiting, there) = waiting(&mut tx, &staff).await?;
    let mut events = Vec::new();
    if weighs(staff.roles) || leads_somewhere(&mut tx, staff.body, staff.id).await? {
        let mut officers = Officers::of(&mut tx, staff.body, app.now()).await?;
        let askers = second::askers(there.as_ref(), permit.actor());
        if officers.second(&askers, Some(&staff), &[]) != Second::Nobody {
            // Asked for already: whoever is not the one who asked confirms it where it waits.
            if !waiting.slip {
                let waits = (WaitingPerson { slip: true, ..waiting }, NEVER);
                let event = wait(&app, &mut tx, &permit, &mut officers, &staff, waits).await?;
                tx.commit(Decision::new((), event)).await?;
            }
            return Ok(see_other("/admin/staff?done=slip-asked"));
        }
        // Whoever leads without the role decides at the exchange's desk: that waits as the role
        // does.
        let roles =
            waiting.roles | weight(staff.roles).bits() | Roles::of(&[Role::Superior]).bits();
        let waits = WaitingPerson { roles, given: Some(waiting.given()), slip: false };
        let begins = officers.begins(&askers, Some(&staff), &[]);
        events.push(wait(&app, &mut tx, &permit, &mut officers, &staff, (waits, begins)).await?);
    }
    events
        .extend(ended_tokens(&mut tx, &staff, &|kind, subject| permit.event(kind, subject)).await?);
    let slip = slips::issue(&app, &mut tx, staff.id).await?;
    store::staff::put_state(&mut tx, permit.body(), staff.id, StaffState::Waiting).await?;
    store::sign_ins::remove_all(&mut tx, staff.id).await?;
    events.insert(0, permit.event(Kind::ACTIVATION_ISSUED, &staff.login));
    let slip = tx.commit(Decision { value: slip, events }).await?;
    app.cut(Cut::Person(staff.id));
    hand_out(&app, visit, vec![(staff, slip)])
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/admin/staff/{id}/slip", May(Deed::ResetCredentials), slip).fresh()]
}
