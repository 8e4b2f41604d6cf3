//! `/telework/feeds`: telework days in a calendar program, by an address that cannot be guessed.
//!
//! A calendar program can send nothing but the address, so the secret stands in it: the one place
//! where one does (SECURITY.md). It
//! shows approved days and nothing else, is kept hashed, shown once, renewed and revoked at will,
//! and stops with what its owner may see.

mod ics;
mod read;
#[cfg(test)]
mod tests;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::State;
use people::{Actor, Deed, DivisionId, Permit, Resource};
use serde::Deserialize;
use store::telework::Feed;

use super::team::teams;
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, get, page, post, see_other};
use kit::secrets::sha256;

#[derive(Template)]
#[template(path = "telework/feeds.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    /// Name and address of what was just made: shown this once.
    made: Option<(String, String)>,
}

struct Row {
    /// Empty for one's own days.
    division: String,
    name: String,
    /// When it was made, Unix milliseconds; none while there is none.
    since: Option<i64>,
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    division: String,
}

async fn show(visit: SignedIn, State(app): State<Kit>) -> Answer {
    render(&app, visit, None).await
}

async fn make(visit: SignedIn, State(app): State<Kit>, Form(chosen): Form<Chosen>) -> Answer {
    let made = make_feed(&app, &visit.actor, visit.ctx.lang, &chosen.division).await?;
    render(&app, visit, Some(made)).await
}

async fn revoke(visit: SignedIn, State(app): State<Kit>, Form(chosen): Form<Chosen>) -> Answer {
    revoke_feed(&app, &visit.actor, &chosen.division).await?;
    Ok(see_other("/telework/feeds?done=saved"))
}

/// Makes an address of one's own days, or of a division's by its identity; the one before it ends.
/// Its name and itself.
pub(crate) async fn make_feed(
    app: &Kit,
    actor: &Actor,
    lang: Lang,
    division: &str,
) -> Result<(String, String), Refusal> {
    let permit = own(actor)?;
    let (division, name) = scope(app, actor, lang, division).await?;
    let token = app.random_token();
    let feed = Feed {
        hash: sha256(token.as_bytes()),
        body: permit.body(),
        staff: permit.actor(),
        division,
        made: app.now(),
    };
    let mut tx = app.write_as(&permit).await?;
    let before =
        store::telework::remove_feeds(&mut tx, permit.body(), permit.actor(), division).await?;
    store::telework::add_feed(&mut tx, &feed).await?;
    let event = event(&permit, Kind::FEED_MADE, actor, division).with("renewed", before > 0);
    tx.commit(Decision::new((), event)).await?;
    Ok((name, app.site.link(&format!("/calendar/{token}.ics"))))
}

/// Ends an address.
pub(crate) async fn revoke_feed(app: &Kit, actor: &Actor, division: &str) -> Result<(), Refusal> {
    let permit = own(actor)?;
    let division = match division {
        "" => None,
        id => Some(id.parse::<DivisionId>().map_err(|_| Refusal::NotFound)?),
    };
    let mut tx = app.write_as(&permit).await?;
    if store::telework::remove_feeds(&mut tx, permit.body(), permit.actor(), division).await? == 0 {
        return Err(Refusal::NotFound);
    }
    tx.commit(Decision::new((), event(&permit, Kind::FEED_REVOKED, actor, division))).await?;
    Ok(())
}

fn own(actor: &Actor) -> Result<Permit, Refusal> {
    Ok(actor.permit(Deed::AskForTelework, Resource::person(actor.body, actor.id, None))?)
}

fn event(permit: &Permit, kind: Kind, actor: &Actor, division: Option<DivisionId>) -> audit::Event {
    permit
        .event(kind, &actor.login)
        .with("division", division.map_or("own".to_owned(), |id| id.to_string()))
}

/// Whose days, with a name for people. A team that is not hers is as if it were not there.
async fn scope(
    app: &Kit,
    actor: &Actor,
    lang: Lang,
    division: &str,
) -> Result<(Option<DivisionId>, String), Refusal> {
    if division.is_empty() {
        return Ok((None, lang.t("自分の予定", "My days").to_owned()));
    }
    let id: DivisionId = division.parse().map_err(|_| Refusal::NotFound)?;
    let teams = teams(&mut *app.store.read().await?, actor).await?;
    let (team, _) = teams.into_iter().find(|(one, _)| one.id == id).ok_or(Refusal::NotFound)?;
    Ok((Some(team.id), team.name.to_string()))
}

async fn render(app: &Kit, visit: SignedIn, made: Option<(String, String)>) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let mut conn = app.store.read().await?;
    let feeds = store::telework::feeds_of(&mut conn, permit.body(), permit.actor()).await?;
    let teams = teams(&mut conn, &visit.actor).await?;
    drop(conn);
    let since = |division: Option<DivisionId>| {
        feeds.iter().find(|feed| feed.division == division).map(|feed| feed.made)
    };
    let mut rows = vec![Row {
        division: String::new(),
        name: visit.ctx.t("自分の予定", "My days").to_owned(),
        since: since(None),
    }];
    rows.extend(teams.iter().map(|(team, _)| Row {
        division: team.id.to_string(),
        name: team.name.to_string(),
        since: since(Some(team.id)),
    }));
    page(Page { rows, made, ctx: visit.ctx })
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::AskForTelework);
    let mut all = vec![
        get("/telework/feeds", may, show),
        post("/telework/feeds", may, make),
        post("/telework/feeds/revoke", may, revoke),
    ];
    all.extend(read::routes());
    all
}
