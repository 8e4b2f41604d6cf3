//! The pages that load the viewer: a session on a PC, and pairing this browser (viewer/README.md).

use askama::Template;
use axum::extract::{Path, State};
use people::{Deed, PcId};
use serde_json::{Value, json};

use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::{May, Public};
use kit::http::{Answer, Ctx, SignedIn, Visit, get, page, viewer_fragment};

#[derive(Template)]
#[template(path = "session.html")]
struct SessionPage {
    ctx: Ctx,
    title: String,
    data: String,
    fragment: &'static str,
}

#[derive(Template)]
#[template(path = "pair.html")]
struct PairPage {
    ctx: Ctx,
    data: String,
    fragment: &'static str,
}

async fn session(visit: SignedIn, State(app): State<People>, Path(target): Path<String>) -> Answer {
    let permit = visit.permit_own(Deed::OpenPc)?;
    let mut conn = app.store.read().await?;
    let granted =
        store::assignments::pcs_of(&mut conn, permit.body(), permit.actor(), app.now()).await?;
    // By identity, or by the name the agent gave it when that is only one of the person's own.
    let by_id = target.parse::<PcId>().ok();
    let mut found = granted
        .into_iter()
        .filter(|(pc, _)| by_id.map_or(pc.target.as_str() == target, |id| pc.id == id));
    let (Some((pc, _)), None) = (found.next(), found.next()) else { return Err(Refusal::NotFound) };
    let mut data = facts(&visit.ctx);
    data["target"] = json!({ "id": pc.id.to_string(), "name": pc.name.as_str() });
    page(SessionPage {
        title: pc.name.to_string(),
        data: embed(&data),
        fragment: viewer_fragment("session.html"),
        ctx: visit.ctx,
    })
}

async fn pair(Visit(visitor): Visit) -> Answer {
    let data = facts(&visitor.ctx);
    page(PairPage { data: embed(&data), fragment: viewer_fragment("pair.html"), ctx: visitor.ctx })
}

fn facts(ctx: &Ctx) -> Value {
    let user = ctx.actor.as_ref().map(|actor| {
        json!(
                { "id": actor.id.to_string(), "login": actor.login.as_str(),
                    "name": actor.name.as_str() })
    });
    let body = ctx
        .actor
        .as_ref()
        .map(|actor| json!({ "code": actor.body.as_str(), "name": ctx.body_name }));
    json!(
        { "csrf": ctx.csrf, "lang": ctx.lang.code(), "user": user, "body": body, "home": "/",
            "sign_in": "/sign-in" })
}

/// JSON that nothing inside can leave: no `<`, `>` or `&` in it.
fn embed(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/session/{target}", May(Deed::OpenPc), session), get("/pair", Public, pair)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_leave_its_element() {
        let text = embed(&json!({ "name": "</script><script>alert(1)</script>&" }));
        assert!(!text.contains(['<', '>', '&']));
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap()["name"],
            "</script><script>alert(1)</script>&"
        );
    }
}
