//! Sign-in and sign-out.

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use people::{Bodies, Body, BodyCode};
use serde::Deserialize;

use crate::People;
use crate::Route;
use crate::sign_in::{Attempt, Origin, Outcome};
use kit::Cut;
use kit::http::Access::{Public, SignedIn as Session};
use kit::http::local;
use kit::http::{
    Answer, Ctx, Form, Nothing, SignedIn, Visit, clear_sign_in, get, page_with, post, see_other,
    set_sign_in,
};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    ctx: Ctx,
    /// The bodies to choose from; with more than [`LISTED`] their name or code is typed instead.
    bodies: Vec<Body>,
    typed: bool,
    body: String,
    login: String,
    next: String,
    failed: Option<Failed>,
    passkeys: bool,
}

/// Why somebody is still here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failed {
    /// Not let in.
    Refused,
    /// What was typed names no body of this server.
    NoBody,
    /// It names several, to choose from.
    Several,
    /// The body is stopped.
    Stopped,
}

/// Most bodies in a list to choose from.
const LISTED: usize = 30;

#[derive(Deserialize)]
struct Asked {
    next: Option<String>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Entered {
    body: String,
    login: String,
    password: String,
    code: String,
    next: Option<String>,
}

async fn show(
    Visit(visitor): Visit,
    State(app): State<People>,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Answer {
    let next = local(&asked.next.unwrap_or_default());
    if visitor.ctx.actor.is_some() {
        return Ok(see_other(&next));
    }
    let bodies = served(&app).await?;
    if bodies.is_empty() {
        return Ok(see_other("/set-up"));
    }
    let body = asked.body.unwrap_or_default();
    // A link or a bookmark may name the body; a name is better read than a code.
    let found =
        body.parse::<BodyCode>().ok().and_then(|code| bodies.iter().find(|one| one.code == code));
    let body = if bodies.len() > LISTED {
        found.map_or(body, |one| one.full_name.clone().into_owned())
    } else {
        body
    };
    // Whoever a stop has thrown out comes here, and is told so.
    let why = app.stopped_for(&headers).await?.then_some(Failed::Stopped);
    page_with(StatusCode::OK, Page::new(&app, visitor.ctx, bodies, body, String::new(), next, why))
}

async fn enter(
    Visit(visitor): Visit,
    State(app): State<People>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Answer {
    let next = local(&entered.next.unwrap_or_default());
    let bodies = served(&app).await?;
    let (body, several) = match named(&app.bodies(), &entered.body, &bodies) {
        Named::One(code) => (code, Vec::new()),
        Named::Several(list) => (String::new(), list),
        Named::None => (entered.body.clone(), Vec::new()),
    };
    if !several.is_empty() {
        let page = Page::new(
            &app,
            visitor.ctx,
            several,
            String::new(),
            entered.login,
            next,
            Some(Failed::Several),
        );
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    if bodies.len() > LISTED && body.parse::<BodyCode>().is_err() {
        let page =
            Page::new(&app, visitor.ctx, bodies, body, entered.login, next, Some(Failed::NoBody));
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    }
    let attempt = Attempt {
        body,
        login: entered.login.clone(),
        password: entered.password,
        code: entered.code,
        peer: visitor.peer,
        known: app.known_browser(&headers),
        from: Origin::of(&headers, &visitor),
    };
    match app.try_sign_in(attempt).await? {
        Outcome::In(value, staff, generation) => {
            let mut response = see_other(&next);
            set_sign_in(&mut response, &app.site, &value);
            app.know_browser(&mut response, staff, generation);
            Ok(response)
        }
        out @ (Outcome::Stopped | Outcome::No) => {
            let why = if out == Outcome::Stopped { Failed::Stopped } else { Failed::Refused };
            let page =
                Page::new(&app, visitor.ctx, bodies, entered.body, entered.login, next, Some(why));
            page_with(StatusCode::UNPROCESSABLE_ENTITY, page)
        }
    }
}

impl Page {
    fn new(
        app: &People,
        ctx: Ctx,
        bodies: Vec<Body>,
        body: String,
        login: String,
        next: String,
        failed: Option<Failed>,
    ) -> Self {
        let typed = bodies.len() > LISTED;
        Self { ctx, bodies, typed, body, login, next, failed, passkeys: app.passkeys.available() }
    }
}

/// The bodies a code, a name or a reading means.
enum Named {
    One(String),
    Several(Vec<Body>),
    None,
}

fn named(known: &Bodies, text: &str, served: &[Body]) -> Named {
    let text = text.trim();
    if text.parse::<BodyCode>().is_ok() {
        return Named::One(text.to_owned());
    }
    let here = |body: &&Body| served.iter().any(|one| one.code == body.code);
    let found: Vec<&Body> = known.search(text, MATCHES).into_iter().filter(here).collect();
    // Whoever types the whole name means it, whatever else contains it.
    let exact: Vec<&Body> = found
        .iter()
        .copied()
        .filter(|body| [&body.name, &body.full_name, &body.kana].iter().any(|name| **name == text))
        .collect();
    match (exact.as_slice(), found.as_slice()) {
        ([one], _) | ([], [one]) => Named::One(one.code.to_string()),
        ([], []) => Named::None,
        ([], many) => Named::Several(many.iter().copied().take(LISTED).cloned().collect()),
        (many, _) => Named::Several(many.iter().copied().cloned().collect()),
    }
}

/// Most matches that are looked at: all there are.
const MATCHES: usize = 2_000;

async fn leave(
    visit: SignedIn,
    State(app): State<People>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let mut tx = app.write_as(&visit.actor).await?;
    store::sign_ins::remove(&mut tx, &visit.sign_in.hash).await?;
    let event = Event::new(
        visit.actor.body.chain(),
        visit.actor.who(),
        Kind::SIGNED_OUT,
        visit.actor.login.as_str(),
    );
    tx.commit(Decision::new((), event)).await?;
    app.cut(Cut::SignIn(visit.sign_in.hash));
    let mut response = see_other("/sign-in?done=signed-out");
    clear_sign_in(&mut response, &app.site);
    Ok(response)
}

async fn served(app: &People) -> Result<Vec<Body>, kit::error::Refusal> {
    let mut conn = app.store.read().await?;
    let bodies = store::bodies::all(&mut conn).await?;
    let known = app.bodies();
    Ok(bodies.into_iter().filter_map(|served| known.body(served.code).ok().cloned()).collect())
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/sign-in", Public, show),
        post("/sign-in", Public, enter),
        post("/sign-out", Session, leave).cuts(),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use crate::testing::{PASSWORD, Town};

    /// A server of this many bodies beside those of a town.
    async fn crowded(count: usize) -> Town {
        let town = Town::new().await;
        let mut tx = town.app.write_unattended(people::MINISTRY).await.unwrap();
        for body in people::bodies()
            .iter()
            .filter(|body| body.code.prefecture() == "34" || body.code.prefecture() == "13")
            .take(count)
        {
            if store::bodies::find(&mut tx, body.code).await.unwrap().is_none() {
                store::bodies::add(&mut tx, body.code, town.app.now()).await.unwrap();
            }
        }
        tx.keep(()).await.unwrap();
        town
    }

    #[tokio::test]
    async fn few_bodies_are_a_list_and_many_are_found_by_name_or_code() {
        let few = Town::new().await;
        assert!(few.browser().get("/sign-in").await.ok().contains("<select id=\"body\""));
        let town = crowded(100).await;
        let mut browser = town.browser();
        let page = browser.get("/sign-in").await;
        assert!(
            !page.ok().contains("<select id=\"body\"")
                && page.text().contains("name=\"body\" type=\"text\"")
        );
        assert!(
            browser.get("/sign-in?body=131016").await.ok().contains("value=\"東京都千代田区\"")
        );
        let mut try_it = async |body: &str| {
            let fields = [
                ("body", body),
                ("login", "it1"),
                ("password", "wrong"),
                ("code", "000000"),
                ("next", "/"),
            ];
            browser.post("/sign-in", &fields).await
        };
        // Two cities are called so: they are offered, and nothing counts as a failure.
        let several = try_it("府中市").await;
        assert_eq!(several.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            several.text().contains("東京都府中市") && several.text().contains("広島県府中市"),
            "{}",
            several.text()
        );
        assert!(
            several.text().contains("value=\"it1\""),
            "what was typed stays, but for the secrets"
        );
        let nobody = try_it("函館市").await;
        assert!(nobody.text().contains("団体が見つかりません"), "{}", nobody.text());
        let refused = try_it("千代田区").await;
        assert!(refused.text().contains("サインインできませんでした"));
    }

    #[tokio::test]
    async fn a_name_signs_in_like_its_code() {
        let town = crowded(100).await;
        for body in ["東京都千代田区", "ちよだく", "131016"] {
            town.clock.advance(30_000);
            let (mut browser, code) = (town.browser(), town.code());
            browser.get("/sign-in").await;
            let fields = [
                ("body", body),
                ("login", "it1"),
                ("password", PASSWORD),
                ("code", code.as_str()),
                ("next", "/"),
            ];
            assert_eq!(
                browser.post("/sign-in", &fields).await.status,
                StatusCode::SEE_OTHER,
                "{body}"
            );
        }
    }
}
