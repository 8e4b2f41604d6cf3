//! Adds bodies to this server, stops and resumes them.

use audit::{Decision, Event, Kind};
use people::{Actor, Deed, Permit, Role, Roles, Staff, StaffId, StaffState, Stop, Stopper};

use super::command::{Add, NotAdded};
use crate::People;
use crate::admin::undone::Undone;
use crate::slips::{self, ActivationSlip};
use kit::Cut;
use kit::error::Refusal;

/// Serves a body from now on; its first IT officer, with the slip to hand out.
pub(in crate::admin) async fn add(
    app: &People,
    permit: &Permit,
    asked: Add,
) -> Result<(Staff, ActivationSlip), Undone<NotAdded>> {
    permit.is_for(Deed::ManageBodies)?;
    let Add { body, login, name } = asked;
    let mut tx = app.write_as(permit).await?;
    if store::bodies::find(&mut tx, body).await?.is_some() {
        return Err(Undone::Faulty(NotAdded::Taken));
    }
    store::bodies::add(&mut tx, body, app.now()).await?;
    let staff = Staff {
        id: StaffId(app.random()),
        body,
        login,
        name,
        division: None,
        roles: Roles::of(&[Role::Staff, Role::It]),
        operator: false,
        state: StaffState::Waiting,
        fiscal_year: false,
        created: app.now(),
    };
    store::staff::add(&mut tx, &staff).await?;
    let slip = slips::issue(app, &mut tx, staff.id).await?;
    let added = permit.event(Kind::BODY_ADDED, body);
    let person = permit.event(Kind::STAFF_ADDED, &staff.login).with("roles", staff.roles.names());
    let decision = Decision::new(slip, added.clone())
        .and(person)
        .and(permit.event(Kind::ACTIVATION_ISSUED, &staff.login))
        .and(on_server(added));
    let slip = tx.commit(decision).await?;
    Ok((staff, slip))
}

/// Stops a body, or lifts any stop of it.
pub(in crate::admin) async fn suspend(
    app: &People,
    permit: &Permit,
    by: &Actor,
    suspended: bool,
) -> Result<(), Refusal> {
    permit.is_for(Deed::ManageBodies)?;
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    store::bodies::find(&mut tx, body).await?.ok_or(Refusal::NotFound)?;
    if suspended {
        let stop = Stop { by: Stopper::Operator, at: app.now(), who: by.name.to_string() };
        store::bodies::stop(&mut tx, body, &stop).await?;
        store::sign_ins::remove_body(&mut tx, body, permit.actor()).await?;
    } else {
        store::bodies::suspend(&mut tx, body, false).await?;
    }
    let kind = if suspended { Kind::BODY_SUSPENDED } else { Kind::BODY_RESUMED };
    let event = permit.event(kind, body);
    let told = event.clone().with("by", Stopper::Operator.name());
    tx.commit(Decision::new((), told).and(on_server(event))).await?;
    if suspended {
        app.cut(Cut::Body(body));
    }
    Ok(())
}

/// The operator's acts stand on the server's own chain too, where the body cannot miss them and the
/// operator's successor finds them together.
fn on_server(mut event: Event) -> Event {
    event.chain = audit::Chain::SERVER;
    event
}
