//! `/exchange/servers`: bundles to and from other servers, for who runs this one.

use askama::Template;
use audit::{Chain, Decision, Event, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use people::{Actor, Deed, Resource};
use serde::Deserialize;

use super::access::case_id;
use super::carry::{Carried, CarryFault, parse_key};
use crate::Exchange;
use crate::Route;
use crate::download::as_download;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, Upload, get, page_with, post, see_other};
use kit::secrets::hex;

#[derive(Template)]
#[template(path = "exchange/servers.html")]
struct Page {
    ctx: Ctx,
    key: String,
    servers: Vec<(String, String, u64)>,
    fault: Option<String>,
    read: Option<String>,
    /// What was typed and not used.
    typed: Typed,
}

/// What was typed and not used: a server to add, or the case to write for a server.
#[derive(Default)]
struct Typed {
    name: String,
    key: String,
    case: String,
}

impl Page {
    fn case_for(&self, key: &str) -> &str {
        if self.typed.key == key { &self.typed.case } else { "" }
    }
}

async fn show(visit: SignedIn, State(app): State<Exchange>) -> Answer {
    render(&app, visit, (None, None), Typed::default(), StatusCode::OK).await
}

async fn render(
    app: &Exchange,
    visit: SignedIn,
    (fault, read): (Option<String>, Option<String>),
    typed: Typed,
    status: StatusCode,
) -> Answer {
    visit.permit_on(Deed::ManageBodies, Resource::SERVER)?;
    let mut conn = app.store.read().await?;
    let servers = store::exchange::peers(&mut conn).await?;
    let servers =
        servers.into_iter().map(|peer| (hex(&peer.key.0), peer.name, peer.written)).collect();
    let key = hex(&app.server_key().0);
    page_with(status, Page { key, servers, fault, read, typed, ctx: visit.ctx })
}

#[derive(Deserialize)]
struct Named {
    name: String,
    key: String,
}

async fn enter(visit: SignedIn, State(app): State<Exchange>, Form(named): Form<Named>) -> Answer {
    if add(&app, &visit.actor, &named.name, &named.key).await? {
        return Ok(see_other("/exchange/servers?done=added"));
    }
    let fault = visit
        .ctx
        .t(
            "名前と、相手のサーバーの鍵（64桁）を入力してください。",
            "Please enter a name and the 64 digits of the key.",
        )
        .to_owned();
    let typed = Typed { name: named.name, key: named.key, ..Typed::default() };
    render(&app, visit, (Some(fault), None), typed, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Adds a server by its key; false where that is none of another server, or it has no name. One
/// that is there already stays.
pub(crate) async fn add(
    app: &Exchange,
    by: &Actor,
    name: &str,
    key: &str,
) -> Result<bool, Refusal> {
    by.permit(Deed::ManageBodies, Resource::SERVER)?;
    let name: String = name.trim().chars().filter(|c| !people::tricks(*c)).take(100).collect();
    let Some(key) = parse_key(key).filter(|key| !name.is_empty() && *key != app.server_key())
    else {
        return Ok(false);
    };
    let mut tx = app.write_in(Chain::SERVER, by).await?;
    match store::exchange::add_peer(&mut tx, key, &name, app.now()).await {
        Err(store::Fault::Conflict) => return Ok(true),
        other => other?,
    }
    let event =
        Event::new(Chain::SERVER, by.who(), Kind::PEER_ADDED, &name).with("key", hex(&key.0));
    tx.commit(Decision::new((), event)).await?;
    Ok(true)
}

#[derive(Deserialize)]
struct Asked {
    case: String,
    key: String,
    act: String,
}

async fn write(visit: SignedIn, State(app): State<Exchange>, Form(asked): Form<Asked>) -> Answer {
    visit.permit_on(Deed::ManageBodies, Resource::SERVER)?;
    let key = parse_key(&asked.key).ok_or(Refusal::NotFound)?;
    if asked.act == "again" {
        let last = app.bundle_again(Some(&visit.actor), key).await?.ok_or(Refusal::NotFound)?;
        return Ok(as_download("noren-again.bundle", "application/octet-stream", last));
    }
    let what = if asked.act == "answers" { Carried::Answers } else { Carried::Case };
    let written = match case_id(asked.case.trim()) {
        Ok(case) => app.write_bundle(Some(&visit.actor), case, key, what).await,
        Err(_) => Err(CarryFault::NoCase),
    };
    match written {
        Ok(bundle) => {
            let name = format!("noren-{}-{}.bundle", asked.case.trim(), asked.act);
            Ok(as_download(&name, "application/octet-stream", bundle))
        }
        Err(fault) => {
            let typed = Typed { key: asked.key, case: asked.case, ..Typed::default() };
            refused(&app, visit, fault, typed).await
        }
    }
}

async fn read(visit: SignedIn, State(app): State<Exchange>, upload: Upload) -> Answer {
    visit.permit_on(Deed::ManageBodies, Resource::SERVER)?;
    let Some(file) = upload.file else { return Ok(see_other("/exchange/servers")) };
    match app.read_bundle(Some(&visit.actor), &file.bytes).await {
        Ok((case, bodies)) => {
            let text = match visit.ctx.lang {
                Lang::Ja => format!("案件 {case} を取り込みました（{bodies}団体）。"),
                Lang::En => format!("Case {case} was read: {bodies} bodies."),
            };
            render(&app, visit, (None, Some(text)), Typed::default(), StatusCode::OK).await
        }
        Err(fault) => refused(&app, visit, fault, Typed::default()).await,
    }
}

async fn refused(app: &Exchange, visit: SignedIn, fault: CarryFault, typed: Typed) -> Answer {
    let text = match (visit.ctx.lang, fault) {
        (_, CarryFault::Other(refusal)) => return Err(refusal),
        (Lang::Ja, fault) => fault.ja(),
        (Lang::En, fault) => fault.to_string(),
    };
    render(app, visit, (Some(text), None), typed, StatusCode::UNPROCESSABLE_ENTITY).await
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageBodies);
    vec![
        get("/exchange/servers", may, show),
        // What this server believes by its signature from then on.
        post("/exchange/servers", may, enter).fresh(),
        post("/exchange/servers/write", may, write),
        post("/exchange/servers/read", may, read),
    ]
}
