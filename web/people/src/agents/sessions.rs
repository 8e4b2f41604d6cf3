//! `POST /api/sessions`: a signed-in person opens a PC. The grant is the server's word; the agent
//! checks it and the device by itself.

use audit::{Decision, Kind};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pairing::control::MeetKind;
use pairing::{ChannelKey, Grant, GrantId, UnixMs, Zone};
use people::{Deed, DeviceId, PcId, Permit, SessionPolicy};
use serde::Deserialize;
use serde_json::json;
use store::agents::Agent;
use store::devices::Device;
use store::sessions::Session;

use super::meetings::{body_code, call, new_meeting, row, server_key};
use super::pairings::address;
use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Json, SignedIn, post};
use kit::limit::Rule;

/// Openings of one person: a line that breaks every second is still served.
const OPENING: Rule = Rule { name: "opening", burst: 60, refill_ms: 1_000 };

#[derive(Deserialize)]
struct Asked {
    target: String,
    device: String,
}

async fn ask(
    visit: SignedIn,
    State(app): State<People>,
    Json(asked): Json<Asked>,
) -> Result<Response, Refusal> {
    let permit = visit.permit_own(Deed::OpenPc)?;
    let now = app.now();
    app.limiter.take(OPENING, &permit.actor().to_string(), now).map_err(Refusal::TooMany)?;
    let pc: PcId = asked.target.parse().map_err(|_| Refusal::NotFound)?;
    let device: DeviceId = asked.device.parse().map_err(|_| Refusal::Malformed("device"))?;

    let mut tx = app.write_as(&permit).await?;
    let found = store::assignments::until(&mut tx, permit.body(), permit.actor(), pc, now).await?;
    let Some((pc, assigned_until)) = found else {
        let known = store::assignments::of_pc(&mut tx, permit.body(), pc)
            .await?
            .iter()
            .any(|a| a.staff == permit.actor());
        return Err(if known { Refusal::Forbidden("outside_period") } else { Refusal::NotFound });
    };
    // Where the body asks for an approved telework day, the day's hours bound the grant too.
    let opened = app.ports.openings.opening(&mut tx, permit.body(), permit.actor(), now).await?;
    let opened_until = opened.map_err(|closed| closed.refusal)?.unwrap_or(i64::MAX);
    let agent = store::agents::find(&mut tx, permit.body(), pc.agent)
        .await?
        .filter(|agent| agent.revoked == 0);
    let agent = agent.ok_or(Refusal::NotFound)?;
    let device = store::devices::find(&mut tx, permit.body(), device)
        .await?
        .filter(|device| device.staff == permit.actor());
    let device = device.ok_or(Refusal::Forbidden("device_unknown"))?;
    if device.revoked > 0 {
        return Err(Refusal::Forbidden("device_revoked"));
    }
    if !store::devices::paired_with(&mut tx, device.id, agent.id).await? {
        return Err(Refusal::Forbidden("device_unknown"));
    }
    if !app.hub.is_connected(agent.id) {
        return Err(Refusal::Unavailable("agent_offline"));
    }

    // As the body has it now, not as it was when the request began.
    let body = store::bodies::find(&mut tx, permit.body()).await?.ok_or(Refusal::NotFound)?;
    let policy = &body.session;
    let not_after = assigned_until
        .min(opened_until)
        .min(now.saturating_add(i64::from(policy.longest_seconds) * 1_000));
    let meeting = new_meeting(&app);
    let grant =
        grant(&app, &permit, (&visit, policy), &pc, &agent, &device, (now, not_after), meeting)?;
    let bytes =
        grant.sign(&server_key(&app)).map_err(|error| Refusal::Internal(error.to_string()))?;
    let session = Session {
        meeting: row(meeting),
        body: permit.body(),
        staff: permit.actor(),
        pc: pc.id,
        agent: agent.id,
        device: device.id,
        address: address(&visit),
        requested: now,
        not_after,
        started: 0,
        ended: 0,
        reason: String::new(),
        bytes_up: 0,
        bytes_down: 0,
        idle_seconds: 0,
    };
    store::sessions::add(&mut tx, &session).await?;
    store::sign_ins::opened(&mut tx, session.meeting, &visit.sign_in.hash).await?;
    store::devices::used(&mut tx, device.id, now).await?;
    let event = permit
        .event(Kind::SESSION_REQUESTED, &pc.name)
        .with("meeting", meeting)
        .with("device", &device.name)
        .with("address", &session.address)
        .with("until", not_after);
    tx.commit(Decision::new((), event)).await?;

    let invited = call(
        &app,
        meeting,
        permit.body(),
        permit.actor(),
        agent.id,
        MeetKind::Session { grant: bytes.clone() },
    )?;
    let answer = json!({
        "meeting": invited.meeting, "relay_url": invited.relay,
        "ticket": invited.ticket, "grant": STANDARD.encode(&bytes),
        "agent_key": STANDARD.encode(agent.channel_key),
        "agent": agent.id, "body": permit.body().as_str(),
        "target": { "id": pc.id, "name": pc.name.as_str() }, "not_after": not_after, "now": now,
    });
    Ok(axum::Json(answer).into_response())
}

#[allow(clippy::too_many_arguments)] // a grant names them all
fn grant(
    app: &People,
    permit: &Permit,
    (visit, session): (&SignedIn, &SessionPolicy),
    pc: &people::Pc,
    agent: &Agent,
    device: &Device,
    (now, not_after): (i64, i64),
    meeting: pairing::MeetingId,
) -> Result<Grant, Refusal> {
    let unix = |ms: i64| UnixMs(u64::try_from(ms).unwrap_or_default());
    Ok(Grant {
        id: GrantId(app.random()),
        meeting,
        body: body_code(permit.body())?,
        user: pairing::UserId(permit.actor().0),
        login: visit.actor.login.to_string(),
        name: visit.actor.name.to_string(),
        device: pairing::DeviceId(device.id.0),
        device_key: ChannelKey(device.key),
        agent: pairing::AgentId(agent.id.0),
        target: pc.target.as_str().parse().map_err(|_| Refusal::Internal("target id".into()))?,
        zone: match pc.zone {
            people::Zone::Lgwan => Zone::Lgwan,
            people::Zone::Internet => Zone::Internet,
        },
        issued: unix(now),
        not_before: unix(now),
        not_after: unix(not_after),
        policy: policy(session),
    })
}

fn policy(policy: &SessionPolicy) -> pairing::Policy {
    pairing::Policy {
        idle: policy.idle_seconds,
        warn: policy.warn_seconds,
        watermark: policy.watermark,
        contrast: policy.contrast,
        spacing: policy.spacing,
        watermark_text: policy.text.clone(),
        resize: policy.resize,
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/api/sessions", May(Deed::OpenPc), ask)]
}
