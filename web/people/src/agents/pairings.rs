//! `POST /api/pairings`: a signed-in person holds a slip and wants to prove it to the agent.

use audit::{Decision, Kind};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use pairing::control::MeetKind;
use pairing::{AgentNumber, InviteId};
use people::Deed;
use serde::Deserialize;
use serde_json::json;

use super::meetings::{call, new_meeting};
use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Json, SignedIn, post};
use kit::limit::Rule;

/// Tries of one person: a slip is typed a few times, not guessed.
const PAIRING: Rule = Rule { name: "pairing", burst: 10, refill_ms: 60_000 };

#[derive(Deserialize)]
struct Asked {
    /// The first eight characters of the slip; the rest never comes here.
    invite: String,
}

async fn ask(
    visit: SignedIn,
    State(app): State<People>,
    Json(asked): Json<Asked>,
) -> Result<Response, Refusal> {
    let permit = visit.permit_own(Deed::PairDevice)?;
    app.limiter.take(PAIRING, &permit.actor().to_string(), app.now()).map_err(Refusal::TooMany)?;
    let (number, invite) = read(&asked.invite).ok_or(Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    let agent = store::agents::by_number(&mut conn, permit.body(), number.value())
        .await?
        .ok_or(Refusal::NotFound)?;
    drop(conn);
    if !app.hub.is_connected(agent.id) {
        return Err(Refusal::Unavailable("agent_offline"));
    }
    let meeting = new_meeting(&app);
    let tx = app.write_as(&permit).await?;
    let event = permit
        .event(Kind::PAIRING_STARTED, &agent.name)
        .with("invite", invite)
        .with("meeting", meeting)
        .with("address", address(&visit));
    tx.commit(Decision::new((), event)).await?;
    let kind = MeetKind::Pairing {
        invite,
        user: pairing::UserId(permit.actor().0),
        login: visit.actor.login.to_string(),
    };
    let invited = call(&app, meeting, permit.body(), permit.actor(), agent.id, kind)?;
    let answer = json!({
        "meeting": invited.meeting, "relay_url": invited.relay, "ticket": invited.ticket,
        "agent": agent.id, "body": permit.body().as_str(),
    });
    Ok(axum::Json(answer).into_response())
}

/// Agent and invite; hyphens and what people confuse are forgiven.
fn read(text: &str) -> Option<(AgentNumber, InviteId)> {
    if text.len() > 64 {
        return None;
    }
    let text: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    let (agent, invite) = text.split_at_checked(4)?;
    Some((agent.parse().ok()?, invite.parse().ok()?))
}

pub(super) fn address(visit: &SignedIn) -> String {
    visit.peer.map(|peer| peer.to_canonical().to_string()).unwrap_or_default()
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/api/pairings", May(Deed::PairDevice), ask)]
}
