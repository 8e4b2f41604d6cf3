//! Stops a whole body at once, and resumes it.

use audit::{Decision, Kind};
use people::{Actor, Deed, Permit, Stop, Stopper};

use crate::People;
use kit::Cut;
use kit::error::Refusal;

/// NOREN-R22: one action cuts the whole body. Its IT stays signed in, to put things right and
/// resume.
pub(in crate::admin) async fn stop_body(
    app: &People,
    permit: &Permit,
    by: &Actor,
) -> Result<(), Refusal> {
    permit.is_for(Deed::CutBody)?;
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let stop = Stop { by: Stopper::Office, at: app.now(), who: by.name.to_string() };
    store::bodies::stop(&mut tx, body, &stop).await?;
    store::sign_ins::remove_body(&mut tx, body, permit.actor()).await?;
    let event = permit.event(Kind::BODY_SUSPENDED, body).with("by", Stopper::Office.name());
    tx.commit(Decision::new((), event)).await?;
    app.cut(Cut::Body(body));
    Ok(())
}

/// Lifts the stop. An operator's stop contains an IT account that was taken over: its own hand does
/// not lift it.
pub(in crate::admin) async fn resume_body(
    app: &People,
    permit: &Permit,
    by: &Actor,
) -> Result<(), Refusal> {
    permit.is_for(Deed::CutBody)?;
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let stop = store::bodies::find(&mut tx, body).await?.and_then(|served| served.stop);
    if stop.is_some_and(|stop| !stop.may_be_lifted(by.operator)) {
        return Err(Refusal::Forbidden("stopped_by_operator"));
    }
    store::bodies::suspend(&mut tx, body, false).await?;
    let event = permit.event(Kind::BODY_RESUMED, body).with("by", Stopper::Office.name());
    Ok(tx.commit(Decision::new((), event)).await?)
}
