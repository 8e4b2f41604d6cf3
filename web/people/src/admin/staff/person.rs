//! Whom somebody may act upon.

use people::{Actor, Deed, Permit, Resource, Staff, StaffId};
use store::Conn;

use crate::{People, slips};
use kit::error::Refusal;

/// A person of the own body, with the permit to do this: what a page shows, and 404 before anything
/// is begun.
pub(in crate::admin) async fn person(
    app: &People,
    by: &Actor,
    deed: Deed,
    id: &str,
) -> Result<(Permit, Staff), Refusal> {
    let id: StaffId = id.parse().map_err(|_| Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    fresh(&mut conn, by, deed, id).await
}

/// The same as it stands inside a write: what is decided is decided on this. People who hold an
/// office are changed by IT alone; the operator by an operator.
pub(in crate::admin) async fn fresh(
    conn: &mut Conn,
    by: &Actor,
    deed: Deed,
    id: StaffId,
) -> Result<(Permit, Staff), Refusal> {
    let staff = store::staff::find(conn, by.body, id).await?.ok_or(Refusal::NotFound)?;
    let permit = by.permit(deed, Resource::person(staff.body, staff.id, staff.division))?;
    if slips::office(staff.roles) {
        by.permit(Deed::GrantOffice, Resource::body(by.body))?;
    }
    if staff.operator && !by.operator {
        return Err(Refusal::NotFound);
    }
    Ok((permit, staff))
}
