//! Stops people and resumes them; lifts a lock.

use audit::{Decision, Kind};
use people::{Actor, Deed, Permit, Resource, StaffId, StaffState};

use super::person::fresh;
use crate::People;
use crate::sign_in::ending::person_stopped;
use kit::Cut;
use kit::error::Refusal;

/// NOREN-R22: one action cuts a person. Sign-ins end in the same transaction, live sessions right
/// after it. With `devices`, hers are revoked too: whoever leaves, or whose devices are lost.
pub(super) async fn suspend(
    app: &People,
    permit: &Permit,
    by: &Actor,
    (id, devices): (StaffId, bool),
) -> Result<(), Refusal> {
    permit.is_for(Deed::SuspendStaff)?;
    // Whoever stops the own account would lock the door from outside.
    if id == by.id {
        return Err(Refusal::Forbidden("own_account"));
    }
    let mut tx = app.write_as(permit).await?;
    let (permit, staff) = fresh(&mut tx, by, Deed::SuspendStaff, id).await?;
    store::staff::put_state(&mut tx, permit.body(), id, StaffState::Suspended).await?;
    let ended =
        person_stopped(&mut tx, &staff, &|kind, subject| permit.event(kind, subject)).await?;
    let stopped = Decision::new((), permit.event(Kind::STAFF_SUSPENDED, &staff.login));
    let mut decision = ended.into_iter().fold(stopped, Decision::and);
    let mut revoked = Vec::new();
    if devices {
        let permit = by.permit(Deed::ManageDevices, Resource::body(by.body))?;
        tx.also(&permit)?;
        for device in store::devices::of_staff(&mut tx, permit.body(), id).await? {
            if store::devices::revoke(&mut tx, permit.body(), device.id, app.now()).await? {
                let event = permit
                    .event(Kind::DEVICE_REVOKED, &device.name)
                    .with("device", device.id)
                    .with("staff", id);
                decision = decision.and(event.with("why", "the person was stopped"));
                revoked.push(device.id);
            }
        }
    }
    tx.commit(decision).await?;
    app.cut(Cut::Person(id));
    revoked.into_iter().for_each(|device| app.cut(Cut::Device(device)));
    Ok(())
}

/// Lets somebody in again. Where somebody was quicker, nothing happens and nothing goes on record.
pub(super) async fn resume(
    app: &People,
    permit: &Permit,
    by: &Actor,
    id: StaffId,
) -> Result<(), Refusal> {
    permit.is_for(Deed::SuspendStaff)?;
    let mut tx = app.write_as(permit).await?;
    let (permit, staff) = fresh(&mut tx, by, Deed::SuspendStaff, id).await?;
    if !store::staff::resume(&mut tx, permit.body(), id).await? {
        return Ok(());
    }
    // Whatever came to be beside the suspension: nothing of before wakes up.
    store::sign_ins::remove_all(&mut tx, id).await?;
    Ok(tx.commit(Decision::new((), permit.event(Kind::STAFF_RESUMED, &staff.login))).await?)
}

/// Lets somebody who failed too often try again.
pub(super) async fn unlock(
    app: &People,
    permit: &Permit,
    by: &Actor,
    id: StaffId,
) -> Result<(), Refusal> {
    permit.is_for(Deed::SuspendStaff)?;
    let mut tx = app.write_as(permit).await?;
    let (permit, staff) = fresh(&mut tx, by, Deed::SuspendStaff, id).await?;
    store::tries::forget_all(&mut tx, id).await?;
    tx.commit(Decision::new((), permit.event(Kind::UNLOCKED, &staff.login))).await?;
    app.forget_tries(&staff);
    Ok(())
}
