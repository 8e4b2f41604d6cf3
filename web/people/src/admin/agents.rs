//! Agents in offices: enrolment tokens (shown once), and the end of one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{AgentId, Deed, Name};
use serde::Deserialize;
use store::agents::{Agent, Enrolment};

use crate::People;
use crate::Route;
use crate::agents::acts;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page, page_with, post, see_other};

#[derive(Template)]
#[template(path = "admin/agents.html")]
struct ListPage {
    ctx: Ctx,
    agents: Vec<(Agent, bool)>,
    waiting: Vec<Enrolment>,
    manage: bool,
    bad_name: bool,
    /// The name that was typed and did not serve.
    typed: String,
}

#[derive(Template)]
#[template(path = "admin/token.html")]
struct TokenPage {
    ctx: Ctx,
    token: String,
    name: String,
    url: String,
    expires: i64,
}

async fn list(visit: SignedIn, State(app): State<People>) -> Answer {
    render(&app, visit, None, StatusCode::OK).await
}

async fn render(
    app: &People,
    visit: SignedIn,
    bad_name: Option<String>,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::SeeAgents)?;
    let mut conn = app.store.read().await?;
    let agents = store::agents::all(&mut conn, permit.body())
        .await?
        .into_iter()
        .map(|agent| (agent.clone(), app.hub.is_connected(agent.id)))
        .collect();
    let waiting = store::agents::tokens(&mut conn, permit.body(), app.now()).await?;
    let manage = visit.permit(Deed::ManageAgents).is_ok();
    let (typed, bad_name) = (bad_name.clone().unwrap_or_default(), bad_name.is_some());
    page_with(status, ListPage { ctx: visit.ctx, agents, waiting, manage, bad_name, typed })
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
}

async fn issue(visit: SignedIn, State(app): State<People>, Form(wanted): Form<Wanted>) -> Answer {
    let permit = visit.permit(Deed::ManageAgents)?;
    let Ok(name) = wanted.name.parse::<Name>() else {
        return render(&app, visit, Some(wanted.name), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let token = acts::issue_token(&app, &permit, name.as_str()).await?;
    let expires = app.now() + acts::TOKEN_MS;
    let name = name.to_string();
    page(TokenPage { ctx: visit.ctx, token, name, url: app.site.link(""), expires })
}

async fn revoke(
    visit: SignedIn,
    State(app): State<People>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageAgents)?;
    let id: AgentId = id.parse().map_err(|_| Refusal::NotFound)?;
    acts::revoke_agent(&app, &permit, id).await?;
    Ok(see_other("/admin/agents?done=revoked"))
}

pub(super) fn routes() -> Vec<Route> {
    let (see, manage) = (May(Deed::SeeAgents), May(Deed::ManageAgents));
    vec![
        get("/admin/agents", see, list),
        post("/admin/agents", manage, issue).fresh(),
        post("/admin/agents/{id}/revoke", manage, revoke).cuts(),
    ]
}
