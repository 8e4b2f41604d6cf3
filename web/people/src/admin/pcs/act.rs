//! Renames, stops and resumes PCs; gives and takes the use of one.

use audit::{Decision, Kind};
use people::{Assignment, AssignmentId, Deed, Name, Pc, PcId, Permit, StaffState};
use store::Tx;

use super::command::{Assign, NotAssigned};
use crate::People;
use crate::admin::undone::Undone;
use kit::Cut;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Seen, Shown};

/// Gives a PC another name; the sender saw `seen` of it.
pub(in crate::admin) async fn rename(
    app: &People,
    permit: &Permit,
    (id, lang, seen): (PcId, Lang, Seen<'_>),
    name: &Name,
) -> Result<(), Undone<std::convert::Infallible>> {
    permit.is_for(Deed::ManagePcs)?;
    let mut tx = app.write_as(permit).await?;
    let pc = find(&mut tx, permit, id).await?;
    let changed = shown(lang, &pc).unseen(lang, seen);
    if !changed.is_empty() {
        return Err(Undone::Changed(changed));
    }
    store::pcs::rename(&mut tx, permit.body(), id, name).await?;
    let event = permit.event(Kind::PC_CHANGED, name).with("before", &pc.name);
    Ok(tx.commit(Decision::new((), event)).await?)
}

/// What the form of the name shows.
pub(in crate::admin) fn shown(lang: Lang, pc: &Pc) -> Shown {
    Shown::default().with("name", lang.t("表示名", "Name"), &pc.name)
}

/// Stops a PC: what is open on it ends.
pub(in crate::admin) async fn stop(app: &People, permit: &Permit, id: PcId) -> Result<(), Refusal> {
    permit.is_for(Deed::ManagePcs)?;
    let mut tx = app.write_as(permit).await?;
    let pc = find(&mut tx, permit, id).await?;
    store::pcs::stop(&mut tx, permit.body(), id, true).await?;
    tx.commit(Decision::new((), permit.event(Kind::PC_STOPPED, &pc.name))).await?;
    app.cut(Cut::Pc(id));
    Ok(())
}

/// Lets a PC be used again.
pub(in crate::admin) async fn resume(
    app: &People,
    permit: &Permit,
    id: PcId,
) -> Result<(), Refusal> {
    permit.is_for(Deed::ManagePcs)?;
    let mut tx = app.write_as(permit).await?;
    let pc = find(&mut tx, permit, id).await?;
    store::pcs::stop(&mut tx, permit.body(), id, false).await?;
    Ok(tx.commit(Decision::new((), permit.event(Kind::PC_RESUMED, &pc.name))).await?)
}

/// Lets somebody use a PC. Whoever was stopped meanwhile is given nothing.
pub(in crate::admin) async fn assign(
    app: &People,
    permit: &Permit,
    id: PcId,
    asked: &Assign,
) -> Result<(), Undone<NotAssigned>> {
    permit.is_for(Deed::ManagePcs)?;
    let (from, until) = asked.period.moments().ok_or(Undone::Faulty(NotAssigned::Period))?;
    let mut tx = app.write_as(permit).await?;
    let pc = find(&mut tx, permit, id).await?;
    let staff = store::staff::by_login(&mut tx, permit.body(), &asked.login)
        .await?
        .filter(|staff| staff.state != StaffState::Suspended)
        .ok_or(Undone::Faulty(NotAssigned::Login))?;
    let assignment = Assignment {
        id: AssignmentId(app.random()),
        body: permit.body(),
        staff: staff.id,
        pc: id,
        from,
        until,
        by: permit.actor(),
    };
    store::assignments::add(&mut tx, &assignment).await?;
    let event = permit
        .event(Kind::ASSIGNED, &staff.login)
        .with("pc", &pc.name)
        .with("from", asked.period.first)
        .with("until", asked.period.last);
    Ok(tx.commit(Decision::new((), event)).await?)
}

/// Takes the use of a PC from somebody. Which PC it was.
pub(in crate::admin) async fn unassign(
    app: &People,
    permit: &Permit,
    id: AssignmentId,
) -> Result<PcId, Refusal> {
    permit.is_for(Deed::ManagePcs)?;
    let mut tx = app.write_as(permit).await?;
    let assignment =
        store::assignments::find(&mut tx, permit.body(), id).await?.ok_or(Refusal::NotFound)?;
    let staff = store::staff::find(&mut tx, permit.body(), assignment.staff)
        .await?
        .ok_or(Refusal::NotFound)?;
    let pc = find(&mut tx, permit, assignment.pc).await?;
    store::assignments::remove(&mut tx, permit.body(), id).await?;
    let event = permit.event(Kind::UNASSIGNED, &staff.login).with("pc", &pc.name);
    tx.commit(Decision::new((), event)).await?;
    app.cut(Cut::Assignment(staff.id, pc.id));
    Ok(pc.id)
}

async fn find(tx: &mut Tx, permit: &Permit, id: PcId) -> Result<Pc, Refusal> {
    store::pcs::find(tx, permit.body(), id).await?.ok_or(Refusal::NotFound)
}
