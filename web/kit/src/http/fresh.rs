//! A fresh proof before dangerous acts (本人確認): one mechanism for every page.
//!
//! A route says that its act is dangerous ([`Route::fresh`](super::Route::fresh)). When the last proof is older than a quarter of an hour, a page
//! stands in between: it asks for password and one-time code, or a passkey, carries what was typed in hidden fields, and its button sends
//! all of it to the act itself. So nothing is lost, nothing is kept on the server, and no script is needed. Files and secrets are not carried:
//! there the person proves first and is back at the form. Stopping (NOREN-R22: a person, a device,
//! a session) never asks; lifting a stop does.

use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::extract::{FORM_LIMIT, bounded, check_token, content_type, expected_token};
use super::{Answer, Ctx, SignedIn, Visitor, page_with, see_other};
use crate::error::{Refusal, Refused, STALE};
use crate::parts::Kit;
use crate::parts::ports::Proving;

/// Whether an act wants the factors proved again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fresh {
    /// No.
    No,
    /// Always; the form is carried through the proof.
    Yes,
    /// Always; the form is not carried, and the person comes back to it at this path.
    At(&'static str),
    /// When the handler asks; the form is carried.
    WhenAsked,
}

/// A proof holds this long: a computer left alone does not do what asks for one.
pub(super) const FRESH_MS: i64 = 15 * 60_000;

/// The fields a proof adds to a form. The handler never sees them.
const PASSWORD: &str = "prove_password";
const CODE: &str = "prove_code";

/// The page in between.
#[derive(Template)]
#[template(path = "prove.html")]
pub struct Prove {
    pub ctx: Ctx,
    /// Where the form goes: the act itself, or [`PATH`].
    pub action: String,
    /// What was typed.
    pub fields: Vec<(String, String)>,
    /// Where one goes who would rather not.
    pub back: String,
    /// What was typed could not be carried.
    pub again: bool,
    /// The last try was not right.
    pub wrong: bool,
    /// Whether the person has a passkey to prove with.
    pub passkey: bool,
}

/// A path on this server; anything else becomes the front page (no open redirect).
#[must_use]
pub fn local(path: &str) -> String {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with("/\\")
        && path.len() <= 300
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if plain { path.to_owned() } else { "/".to_owned() }
}

/// The page that asks without an act behind it.
pub(super) const PATH: &str = "/prove";

pub(super) async fn through(kit: &Kit, fresh: Fresh, request: Request, next: Next) -> Response {
    // Without a sign-in the guard has refused, or the route is for strangers.
    let visit = request.extensions().get::<Visitor>().cloned().and_then(Visitor::signed_in);
    match visit {
        Some(visit) if fresh != Fresh::No => asked(kit, fresh, visit, request, next).await.unwrap_or_else(Refusal::into_response),
        _ => next.run(request).await,
    }
}

async fn asked(kit: &Kit, fresh: Fresh, mut visit: SignedIn, request: Request, next: Next) -> Answer {
    if request.method() == Method::GET {
        if fresh == Fresh::WhenAsked || visit.sign_in.is_fresh(kit.now()) {
            return Ok(next.run(request).await);
        }
        return Ok(see_other(&to_prove(request.uri().path())));
    }
    let form = content_type(&request).starts_with("application/x-www-form-urlencoded");
    if !form {
        let file = content_type(&request).starts_with("multipart/form-data");
        return match fresh {
            Fresh::At(path) if file && !visit.sign_in.is_fresh(kit.now()) => ask(kit, visit, Ask::again(path)).await,
            Fresh::Yes | Fresh::At(_) if !visit.sign_in.is_fresh(kit.now()) => Err(Refusal::Stale),
            _ => Ok(next.run(request).await),
        };
    }
    let expected = expected_token(&request)?;
    let (mut parts, body) = request.into_parts();
    let body = bounded(body, FORM_LIMIT).await?;
    let mut fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body).map_err(|_| Refusal::Csrf)?;
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    check_token(&expected, &value("csrf"))?;
    let (password, code) = (value(PASSWORD), value(CODE));
    fields.retain(|(key, _)| key != PASSWORD && key != CODE);
    let action = parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
    let back = parts.headers.get(header::REFERER).and_then(|value| value.to_str().ok()).map_or_else(String::new, path_of);
    let ask_for = |wrong| match fresh {
        Fresh::At(path) => Ask { wrong, ..Ask::again(path) },
        _ => Ask { action: action.clone(), fields: fields.clone(), back: local(&back), again: false, wrong },
    };
    // The moment counts at which all of the form is here.
    let given = !password.is_empty() || !code.is_empty();
    if given && !visit.sign_in.is_fresh(kit.now()) {
        let address = visit.address();
        let proving = Proving { actor: &visit.actor, sign_in: &visit.sign_in.hash, address: &address };
        if !kit.ports.factors.prove(kit, proving, &password, &code).await? {
            return ask(kit, visit, ask_for(true)).await;
        }
        visit.sign_in.proved = kit.now();
        if let Some(visitor) = parts.extensions.get_mut::<Visitor>() {
            visitor.sign_in = Some(visit.sign_in.clone());
        }
    }
    let is_fresh = visit.sign_in.is_fresh(kit.now());
    if !is_fresh && fresh != Fresh::WhenAsked {
        return ask(kit, visit, ask_for(false)).await;
    }
    let carried = serde_urlencoded::to_string(&fields).map_err(|error| Refusal::Internal(error.to_string()))?;
    parts.headers.remove(header::CONTENT_LENGTH);
    let response = next.run(Request::from_parts(parts, Body::from(carried))).await;
    let stale = response.extensions().get::<Refused>().is_some_and(|refused| refused.code == STALE);
    if stale { ask(kit, visit, ask_for(false)).await } else { Ok(response) }
}

/// What the page in between is to ask for.
struct Ask {
    action: String,
    fields: Vec<(String, String)>,
    back: String,
    again: bool,
    wrong: bool,
}

impl Ask {
    /// For a form that is not carried.
    fn again(form: &str) -> Self {
        let fields = vec![("next".to_owned(), form.to_owned())];
        Self { action: PATH.to_owned(), fields, back: form.to_owned(), again: true, wrong: false }
    }
}

async fn ask(kit: &Kit, visit: SignedIn, ask: Ask) -> Answer {
    let status = if ask.wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::FORBIDDEN };
    let Ask { action, mut fields, back, again, wrong } = ask;
    fields.retain(|(key, _)| key != "csrf");
    prove_page(kit, visit, status, |ctx, passkey| Prove { ctx, action, fields, back, again, wrong, passkey }).await
}

/// The page in between, for this person.
pub async fn prove_page(kit: &Kit, visit: SignedIn, status: StatusCode, page: impl FnOnce(Ctx, bool) -> Prove) -> Answer {
    let mut conn = kit.store.read().await?;
    let passkey = kit.ports.factors.passkeys() && !store::passkeys::of(&mut conn, visit.actor.id).await?.is_empty();
    drop(conn);
    page_with(status, page(visit.ctx, passkey))
}

/// The address that asks and then leads to a path.
pub(super) fn to_prove(next: &str) -> String {
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{PATH}?next={next}")
}

/// The path of an address; the page it names is ours, or it becomes the front page.
fn path_of(address: &str) -> String {
    Url::parse(address).map(|url| url.path().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_out() {
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/a\nb", "/\u{301}"] {
            assert_eq!(local(bad), "/", "{bad}");
        }
        assert_eq!(local("/admin/staff?done=saved"), "/admin/staff?done=saved");
    }
}
