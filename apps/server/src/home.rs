//! My PCs: what was granted to me, and how it stands.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use people::{Deed, Pc};
use serde_json::json;

use crate::App;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Access, Answer, Ctx, SignedIn, get, page};
use web_people::agents::PcState;

/// A PC with what a person wants to know about it.
struct Row {
    pc: Pc,
    until: i64,
    state: PcState,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    /// Why nothing opens now, where the body asks for an approved telework day.
    closed: Option<String>,
}

impl Row {
    fn ready(&self) -> bool {
        self.state == PcState::Ready && !self.pc.stopped
    }

    fn state_word(&self, ctx: &Ctx) -> &'static str {
        let (ja, en) = match (self.pc.stopped, self.state) {
            (true, _) => ("停止中", "Stopped"),
            (_, PcState::Ready) => ("使えます", "Ready"),
            (_, PcState::Busy) => ("使用中", "In use"),
            (_, PcState::Offline) => ("つながっていません", "Not connected"),
        };
        if ctx.lang == kit::http::Lang::Ja { ja } else { en }
    }

    fn state_class(&self) -> &'static str {
        match (self.pc.stopped, self.state) {
            (true, _) | (_, PcState::Offline) => "off",
            (_, PcState::Ready) => "good",
            (_, PcState::Busy) => "warn",
        }
    }
}

async fn rows(app: &App, visit: &SignedIn) -> Result<Vec<Row>, Refusal> {
    let permit = visit.permit_own(Deed::SeeTargets)?;
    let mut conn = app.store.read().await?;
    let found =
        store::assignments::pcs_of(&mut conn, permit.body(), permit.actor(), app.now()).await?;
    Ok(found
        .into_iter()
        .map(|(pc, until)| Row { state: app.hub.state(pc.agent, &pc.target), pc, until })
        .collect())
}

async fn show(visit: Option<SignedIn>, State(app): State<App>) -> Answer {
    let Some(visit) = visit else {
        let mut conn = app.store.read().await?;
        let ready = store::staff::operator_exists(&mut conn).await?;
        return Ok(kit::http::see_other(if ready { "/sign-in" } else { "/set-up" }));
    };
    // Whoever only administers has no PCs: their front page is the first of the menu.
    if !visit.ctx.may(Deed::SeeTargets) {
        let first = visit.ctx.nav().first().map_or("/account", |item| item.href);
        return Ok(kit::http::see_other(first));
    }
    let rows = rows(&app, &visit).await?;
    let opened = web_telework::opening_for(
        &mut *app.store.read().await?,
        visit.actor.body,
        visit.actor.id,
        app.now(),
    )
    .await?;
    let closed = opened.err().map(|closed| web_telework::closed_words(visit.ctx.lang, &closed));
    page(Page { ctx: visit.ctx, rows, closed })
}

/// `GET /api/targets` (viewer/README.md).
async fn targets(visit: SignedIn, State(app): State<App>) -> Result<Response, Refusal> {
    let targets: Vec<_> = rows(&app, &visit)
        .await?
        .into_iter()
        .filter(|row| !row.pc.stopped)
        .map(|row| {
            json!({
                "id": row.pc.id.to_string(),
                "name": row.pc.name.as_str(), "agent": row.pc.agent.to_string(),
                "agent_online": row.state != PcState::Offline,
                "state": match row.state {
                    PcState::Ready => "ready",
                    PcState::Busy => "busy", PcState::Offline => "offline" },
                "zone": row.pc.zone.number(), "until": row.until,
            })
        })
        .collect();
    Ok(axum::Json(json!({ "targets": targets })).into_response())
}

pub(crate) fn routes() -> Vec<Route> {
    vec![get("/", Access::Public, show), get("/api/targets", May(Deed::SeeTargets), targets)]
}

#[cfg(test)]
mod tests {
    use telework::rules::Rules;

    use crate::testing::{HOME, Town};

    #[tokio::test]
    async fn the_front_page_says_why_nothing_opens_and_not_to_whom_it_opens() {
        let town = Town::new().await;
        let staff = town.person(HOME, "staff1").await;
        let mut browser = town.sign_in("staff1").await;
        let closed = "いまはPCを開けません";
        assert!(!browser.get("/").await.ok().contains(closed), "the body asks for no day");
        for exempt in [false, true] {
            let exempt_ones = if exempt { [staff.id].into() } else { Default::default() };
            let rules = Rules { day_opens_pc: true, exempt: exempt_ones, ..Rules::default() };
            let mut tx = town.app.write_unattended(staff.body).await.unwrap();
            let now = town.app.now();
            store::telework::put_setting(&mut tx, staff.body, store::telework::RULES, &rules, now)
                .await
                .unwrap();
            tx.keep(()).await.unwrap();
            assert_eq!(browser.get("/").await.ok().contains(closed), !exempt);
        }
    }
}
