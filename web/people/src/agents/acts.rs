//! What administrators do to agents, devices and sessions. The pages call these; each takes the
//! proof that it may.

use audit::{Decision, Kind};
use people::{AgentId, Deed, DeviceId, MeetingId, Permit};
use store::agents::Enrolment;

use super::cuts;
use crate::People;
use kit::Cut;
use kit::error::Refusal;
use kit::secrets::{normal_code, sha256};

/// How long an enrolment token works, milliseconds: a day.
pub const TOKEN_MS: i64 = 24 * 3_600_000;

/// Issues a token for one agent and answers it; it is shown once and kept hashed.
///
/// # Errors
/// What the database can meet.
pub async fn issue_token(app: &People, permit: &Permit, name: &str) -> Result<String, Refusal> {
    permit.is_for(Deed::ManageAgents)?;
    let token = app.random_code(6);
    let hash = sha256(normal_code(&token).as_bytes());
    let expires = app.now().saturating_add(TOKEN_MS);
    let mut tx = app.write_as(&permit).await?;
    store::agents::issue(
        &mut tx,
        &Enrolment {
            hash,
            body: permit.body(),
            name: name.to_owned(),
            by: permit.actor(),
            expires,
        },
    )
    .await?;
    tx.commit(Decision::new(
        token,
        permit.event(Kind::ENROLMENT_ISSUED, name).with("expires", expires),
    ))
    .await
    .map_err(Refusal::from)
}

/// Revokes an agent: its sessions end, its line closes, it cannot come back.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not in use in the body.
pub async fn revoke_agent(app: &People, permit: &Permit, agent: AgentId) -> Result<(), Refusal> {
    permit.is_for(Deed::ManageAgents)?;
    let mut tx = app.write_as(&permit).await?;
    let found =
        store::agents::find(&mut tx, permit.body(), agent).await?.ok_or(Refusal::NotFound)?;
    if !store::agents::revoke(&mut tx, permit.body(), agent, app.now()).await? {
        return Err(Refusal::NotFound);
    }
    tx.commit(Decision::new(
        (),
        permit.event(Kind::AGENT_REVOKED, &found.name).with("agent", agent),
    ))
    .await?;
    app.cut(Cut::Agent(agent));
    Ok(())
}

/// Revokes a device: its sessions end, every agent forgets it, now or when it is back.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not in use in the body.
pub async fn revoke_device(
    app: &People,
    permit: &Permit,
    device: DeviceId,
    why: &str,
) -> Result<(), Refusal> {
    permit.is_for(Deed::ManageDevices)?;
    let mut tx = app.write_as(&permit).await?;
    let found =
        store::devices::find(&mut tx, permit.body(), device).await?.ok_or(Refusal::NotFound)?;
    if !store::devices::revoke(&mut tx, permit.body(), device, app.now()).await? {
        return Err(Refusal::NotFound);
    }
    let event = permit
        .event(Kind::DEVICE_REVOKED, &found.name)
        .with("device", device)
        .with("staff", found.staff)
        .with("why", why);
    tx.commit(Decision::new((), event)).await?;
    app.cut(Cut::Device(device));
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// [`Refusal::NotFound`] when the body has no such session, or it is over.
pub async fn end_session(app: &People, permit: &Permit, meeting: MeetingId) -> Result<(), Refusal> {
    permit.is_for(Deed::EndSession)?;
    let mut tx = app.write_as(&permit).await?;
    let found = store::sessions::find(&mut tx, permit.body(), meeting)
        .await?
        .filter(|session| session.ended == 0);
    let session = found.ok_or(Refusal::NotFound)?;
    if permit.reach() == people::Reach::Own && session.staff != permit.actor() {
        return Err(Refusal::NotFound);
    }
    tx.commit(Decision::new(
        (),
        permit
            .event(Kind::SESSION_CUT, meeting)
            .with("staff", session.staff)
            .with("pc", session.pc),
    ))
    .await?;
    cuts::end(app, &session, pairing::control::EndReason::Administrator);
    Ok(())
}
