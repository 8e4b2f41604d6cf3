//! What pairings and sessions share: a meeting, its tickets, its relay; and what the agent said of
//! it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pairing::control::{Meet, MeetKind, Relays};
use pairing::{MeetingId, SigningKey, Ticket};
use people::{AgentId, BodyCode, StaffId};
use serde_json::json;

use super::hub::ToLine;
use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::{Access, SignedIn, get};

/// What the viewer needs to come to a meeting.
pub(super) struct Invited {
    pub(super) meeting: MeetingId,
    pub(super) relay: String,
    /// Base64.
    pub(super) ticket: String,
}

/// Calls an agent to a meeting. Nothing is kept when it is not connected.
pub(super) fn call(
    app: &People,
    meeting: MeetingId,
    body: BodyCode,
    staff: StaffId,
    agent: AgentId,
    kind: MeetKind,
) -> Result<Invited, Refusal> {
    let key = server_key(app);
    let code = body_code(body)?;
    let (viewer, office) = {
        let mut rng = app.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ticket::pair(meeting, code, app.clock.unix(), &mut *rng)
    };
    let relay = relay_url(app, meeting);
    // The agent reaches the relay inside this server as it reaches the server, not through what
    // stands in front of it.
    // One of `relays`, to the letter.
    let for_agent = if app.site.relays.is_empty() { RELAY_PATH.to_owned() } else { relay.clone() };
    app.hub.remember(meeting, staff, agent, matches!(kind, MeetKind::Pairing { .. }), app.now());
    let meet = Meet { meeting, kind, relay: for_agent, ticket: office.sign(&key) };
    if !app.hub.tell(agent, ToLine::Meet(meet)) {
        return Err(Refusal::Unavailable("agent_offline"));
    }
    Ok(Invited { meeting, relay, ticket: STANDARD.encode(viewer.sign(&key)) })
}

/// Where a relay listens.
pub(super) const RELAY_PATH: &str = Relays::INSIDE;

/// The relays that agents of this server go to, as they are told.
pub(super) fn relays(app: &People) -> Result<Relays, Refusal> {
    let list = kit::agents_relays(&app.site.relays);
    list.map_err(|_| Refusal::Internal("list of relays".into()))
}

/// A meeting as the book names it.
pub(super) fn row(meeting: MeetingId) -> people::MeetingId {
    people::MeetingId(meeting.0)
}

/// A new meeting's name.
pub(super) fn new_meeting(app: &People) -> MeetingId {
    MeetingId(app.random())
}

/// The key that signs tickets and grants.
pub(super) fn server_key(app: &People) -> SigningKey {
    SigningKey::from_seed(&app.keys.signing.to_bytes())
}

/// A body's code, as tickets and grants write it.
pub(super) fn body_code(body: BodyCode) -> Result<pairing::BodyCode, Refusal> {
    body.as_str().parse().map_err(|_| Refusal::Internal("body code".into()))
}

/// Meetings are spread over the relays by their (random) names; without any, the one inside this
/// server takes them.
fn relay_url(app: &People, meeting: MeetingId) -> String {
    let relays = &app.site.relays;
    let own = || app.site.origin.replacen("http", "ws", 1);
    let origin = if relays.is_empty() {
        own()
    } else {
        relays[usize::from(meeting.0[0]) % relays.len()].clone()
    };
    format!("{}{RELAY_PATH}", origin.trim_end_matches('/'))
}

/// `GET /api/meetings/{id}` (viewer/README.md).
async fn said(
    visit: SignedIn,
    State(app): State<People>,
    Path(meeting): Path<String>,
) -> Result<Response, Refusal> {
    let meeting = meeting.parse().map_err(|_| Refusal::NotFound)?;
    let declined = app.hub.said(meeting, visit.actor.id, app.now()).ok_or(Refusal::NotFound)?;
    Ok(axum::Json(json!({ "declined": declined })).into_response())
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/api/meetings/{meeting}", Access::SignedIn, said)]
}
