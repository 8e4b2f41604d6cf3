//! A fresh proof before dangerous acts (本人確認): one mechanism for every page.
//!
//! A route says that its act is dangerous ([`Route::fresh`](super::Route::fresh)). When the last
//! proof is older than a quarter of an hour, a page stands in between: it asks for password and
//! one-time code, or a passkey, carries what was typed in hidden fields, and its button sends all
//! of it to the act itself. So nothing is lost, nothing is kept on the server, and no script is
//! needed. Files and secrets are not carried: there the person proves first and is back at the
//! form. Stopping (NOREN-R22: a person, a device, a session) never asks; lifting a stop does.

use askama::Template;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

use super::extract::{FORM_LIMIT, bounded, check_token, content_type, expected_token};
use super::{Answer, Ctx, SignedIn, Visitor, page_with, see_other};
use crate::error::{Refusal, Refused, STALE};
use crate::parts::Kit;
use crate::parts::ports::{Act, Proving, Said};

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
const FRESH_MS: i64 = 15 * 60_000;

/// Whether a proof of this moment (Unix milliseconds) is recent enough now.
#[must_use]
pub fn is_fresh(proved: i64, now: i64) -> bool {
    now.saturating_sub(proved) <= FRESH_MS
}

/// The fields a proof adds to a form. The handler never sees them.
const PASSWORD: &str = "prove_password";
const CODE: &str = "prove_code";

/// The page in between.
#[derive(Template)]
#[template(path = "prove.html")]
struct Prove {
    ctx: Ctx,
    ask: Ask,
    /// What the proof is for.
    said: Said,
    /// Whether the person has a passkey to prove with.
    passkey: bool,
}

/// What the page in between is to ask for.
#[derive(Clone, Default, Debug)]
pub struct Ask {
    /// Where the form goes: the act itself, or [`PATH`].
    pub action: String,
    /// What was typed.
    pub fields: Vec<(String, String)>,
    /// Where one goes who would rather not.
    pub back: String,
    /// What was typed could not be carried.
    pub again: bool,
    /// How the last try ended.
    pub tried: Tried,
}

/// How a try to prove the factors ended, when the page comes again.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub enum Tried {
    /// None was made.
    #[default]
    Not,
    /// It was not right.
    Wrong,
    /// There were too many: seconds to wait.
    TooMany(u32),
    /// Too many others are proving.
    Busy,
}

impl Tried {
    /// Whether what was typed was not right.
    #[must_use]
    pub fn wrong(&self) -> bool {
        *self == Self::Wrong
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Not => StatusCode::FORBIDDEN,
            Self::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
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
        Some(visit) if fresh != Fresh::No => {
            asked(kit, fresh, visit, request, next).await.unwrap_or_else(Refusal::into_response)
        }
        _ => next.run(request).await,
    }
}

async fn asked(
    kit: &Kit,
    fresh: Fresh,
    mut visit: SignedIn,
    request: Request,
    next: Next,
) -> Answer {
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
            Fresh::At(path) if file && !visit.sign_in.is_fresh(kit.now()) => {
                let at = request.uri().path().to_owned();
                ask(kit, visit, &at, Ask::again(path)).await
            }
            Fresh::Yes | Fresh::At(_) if !visit.sign_in.is_fresh(kit.now()) => Err(Refusal::Stale),
            _ => Ok(next.run(request).await),
        };
    }
    let expected = expected_token(&request)?;
    let (mut parts, body) = request.into_parts();
    let body = bounded(body, FORM_LIMIT).await?;
    let mut fields: Vec<(String, String)> =
        serde_urlencoded::from_bytes(&body).map_err(|_| Refusal::Csrf)?;
    let value = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    check_token(&expected, &value("csrf"))?;
    let (password, code) = (value(PASSWORD), value(CODE));
    fields.retain(|(key, _)| key != PASSWORD && key != CODE);
    let action =
        parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
    let back = parts
        .headers
        .get(header::REFERER)
        .and_then(|value| value.to_str().ok())
        .map_or_else(String::new, path_of);
    let ask_for = |tried| match fresh {
        Fresh::At(path) => Ask { tried, ..Ask::again(path) },
        _ => Ask {
            action: action.clone(),
            fields: fields.clone(),
            back: local(&back),
            again: false,
            tried,
        },
    };
    // The moment counts at which all of the form is here.
    let given = !password.is_empty() || !code.is_empty();
    if given && !visit.sign_in.is_fresh(kit.now()) {
        let address = visit.address();
        let proving =
            Proving { actor: &visit.actor, sign_in: &visit.sign_in.hash, address: &address };
        let tried = match kit.ports.factors.prove(kit, proving, &password, &code).await {
            Ok(true) => Tried::Not,
            Ok(false) => Tried::Wrong,
            // Whoever has to wait loses nothing of what was typed.
            Err(Refusal::TooMany(seconds)) => Tried::TooMany(seconds),
            Err(Refusal::Unavailable(_)) => Tried::Busy,
            Err(refusal) => return Err(refusal),
        };
        if tried != Tried::Not {
            return ask(kit, visit, &action, ask_for(tried)).await;
        }
        visit.sign_in.proved = kit.now();
        if let Some(visitor) = parts.extensions.get_mut::<Visitor>() {
            visitor.sign_in = Some(visit.sign_in.clone());
        }
    }
    let is_fresh = visit.sign_in.is_fresh(kit.now());
    if !is_fresh && fresh != Fresh::WhenAsked {
        return ask(kit, visit, &action, ask_for(Tried::Not)).await;
    }
    let carried = serde_urlencoded::to_string(&fields)
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    parts.headers.remove(header::CONTENT_LENGTH);
    let response = next.run(Request::from_parts(parts, Body::from(carried))).await;
    let stale = response.extensions().get::<Refused>().is_some_and(|refused| refused.code == STALE);
    if stale { ask(kit, visit, &action, ask_for(Tried::Not)).await } else { Ok(response) }
}

impl Ask {
    /// For a form that is not carried.
    fn again(form: &str) -> Self {
        let fields = vec![("next".to_owned(), form.to_owned())];
        Self {
            action: PATH.to_owned(),
            fields,
            back: form.to_owned(),
            again: true,
            tried: Tried::Not,
        }
    }
}

/// The page in between, for this person and the act at this address.
///
/// # Errors
/// What the database can meet.
pub async fn ask(kit: &Kit, visit: SignedIn, at: &str, mut ask: Ask) -> Answer {
    ask.fields.retain(|(key, _)| key != "csrf");
    let mut conn = kit.store.read().await?;
    let passkey = kit.ports.factors.passkeys()
        && !store::passkeys::of(&mut conn, visit.actor.id).await?.is_empty();
    drop(conn);
    let act = Act { actor: &visit.actor, lang: visit.ctx.lang, path: at, fields: &ask.fields };
    let said = kit.ports.factors.said(act).await?;
    let status = ask.tried.status();
    let wait = if let Tried::TooMany(seconds) = ask.tried { Some(seconds) } else { None };
    let mut response = page_with(status, Prove { ctx: visit.ctx, ask, said, passkey })?;
    if let Some(value) = wait.and_then(|seconds| HeaderValue::from_str(&seconds.to_string()).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Ok(response)
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
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "evil",
            "/a\nb",
            "/\u{301}",
        ] {
            assert_eq!(local(bad), "/", "{bad}");
        }
        assert_eq!(local("/admin/staff?done=saved"), "/admin/staff?done=saved");
    }
}
