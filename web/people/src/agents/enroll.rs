//! `POST /agent/enroll`: a token that an administrator was shown once becomes an agent.

use audit::{Chain, Decision, Event, Kind, Who};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use pairing::{AgentNumber, UnixMs, enroll};
use people::{Actor, AgentId, Deed, Resource};
use store::agents::Agent;

use super::meetings::{body_code, relays, server_key};
use super::relay::peer;
use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::{Access, bounded, post};
use kit::limit::CODE_ADDRESS;
use kit::secrets::{normal_code, sha256};

async fn enrol(State(app): State<People>, request: Request) -> Result<Response, Refusal> {
    let peer = peer(&request);
    let address = peer.to_canonical().to_string();
    app.limiter.take_from(CODE_ADDRESS, Some(peer), app.now()).map_err(Refusal::TooMany)?;
    let body = bounded(request.into_body(), enroll::MAX).await?;
    let asked: enroll::Request =
        serde_json::from_slice(&body).map_err(|_| Refusal::Malformed("enrolment"))?;
    let plain = |text: &str, most: usize| {
        !text.trim().is_empty() && text.len() <= most && !text.chars().any(char::is_control)
    };
    if !plain(&asked.name, 128) || !plain(&asked.version, 64) || asked.token.len() > 128 {
        return Err(Refusal::Malformed("enrolment"));
    }
    let hash = sha256(normal_code(&asked.token).as_bytes());
    let mut conn = app.store.read().await?;
    let token = store::agents::token(&mut conn, &hash, app.now()).await?;
    drop(conn);
    let Some(token) = token else { return refused(&app, &address, &asked.name).await };

    let mut tx = app.write_unattended(token.body).await?;
    let stopped = store::bodies::find(&mut tx, token.body).await?.is_none_or(|body| body.suspended);
    // Nobody's token lets in whom she may not let in any more.
    let issuer = store::grounds::issuer(&mut tx, token.by).await?;
    let may = |by: &Actor| by.permit(Deed::ManageAgents, Resource::body(token.body)).is_ok();
    let stopped = stopped || !issuer.as_ref().is_some_and(may);
    if stopped || !store::agents::use_token(&mut tx, &hash).await? {
        drop(tx);
        return refused(&app, &address, &asked.name).await;
    }
    let number = free_number(&app, &mut tx).await?;
    let agent = Agent {
        id: AgentId(app.random()),
        body: token.body,
        number: number.value(),
        // As the administrator called it. What the machine calls itself is for the record.
        name: token.name.clone(),
        version: asked.version,
        channel_key: asked.channel_key.0,
        control_key: *asked.control_key.as_bytes(),
        enrolled: app.now(),
        seen: 0,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(&mut tx, &agent).await?;
    let who = Who::Agent { id: agent.id.to_string(), name: agent.name.clone() };
    let event = Event::new(token.body.chain(), who, Kind::AGENT_ENROLLED, &agent.name)
        .with("number", number)
        .with("machine", &asked.name)
        .with("issued_by", token.by)
        .with("address", &address);
    tx.commit(Decision::new((), event)).await?;
    let response = enroll::Response {
        agent: pairing::AgentId(agent.id.0),
        name: agent.name,
        number,
        body: body_code(token.body)?,
        body_name: app.bodies().full_name(token.body).into_owned(),
        server_key: server_key(&app).public(),
        time: UnixMs(u64::try_from(app.now()).unwrap_or_default()),
        relays: relays(&app)?,
    };
    Ok(axum::Json(response).into_response())
}

async fn free_number(app: &People, tx: &mut store::Conn) -> Result<AgentNumber, Refusal> {
    // Of a million numbers, so many are free that sixteen draws fail only where nothing else would
    // work either.
    for _ in 0..16 {
        let number = {
            let mut rng = app.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            AgentNumber::random(&mut *rng)
        };
        if !store::agents::number_taken(tx, number.value()).await? {
            return Ok(number);
        }
    }
    Err(Refusal::Internal("no free number for an agent".into()))
}

async fn refused(app: &People, address: &str, name: &str) -> Result<Response, Refusal> {
    let tx = app.store.write(Chain::SERVER, app.now()).await?;
    let who = Who::Stranger { address: address.to_owned() };
    tx.commit(Decision::new((), Event::new(Chain::SERVER, who, Kind::ENROLMENT_REFUSED, name)))
        .await?;
    Err(Refusal::Forbidden("bad_token"))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/agent/enroll", Access::Machine, enrol)]
}
