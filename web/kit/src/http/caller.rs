//! Who calls: a token, the person whose rights it has, and what it is for.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use people::{Actor, Deed, Ground, Permit, Resource};
use store::tokens::Token;

use super::Scope;
use crate::error::Refusal;
use crate::limit::{API, API_GUESS};
use crate::parts::Kit;
use crate::secrets::sha256;

/// What a token begins with, so that one that lies about somewhere is known for what it is.
pub const PREFIX: &str = "noren_";
/// How long a token may be used without that being written down again.
const TOUCH_MS: i64 = 60_000;

/// Extractor: the caller, admitted by the guard.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person whose rights the token has.
    pub actor: Actor,
    /// The token.
    pub token: Token,
    /// Whether the person runs this server. It counts for what is asked for as such, and for
    /// nothing else.
    operates: bool,
}

impl Caller {
    /// The person as who runs this server, for the one scope that is about the server. 404 for
    /// anybody else.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn operator(&self) -> Result<Actor, Refusal> {
        let carries = Scope::ExchangeCarry.is_in(self.token.scopes);
        (self.operates && carries)
            .then(|| Actor { operator: true, ..self.actor.clone() })
            .ok_or(Refusal::NotFound)
    }

    /// Permit for the own body as a whole. 404 without it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn permit(&self, deed: Deed) -> Result<Permit, Refusal> {
        Ok(self.actor.permit(deed, Resource::body(self.actor.body))?)
    }

    /// Permit for what is the person's own.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn permit_own(&self, deed: Deed) -> Result<Permit, Refusal> {
        Ok(self.actor.permit(deed, Resource::person(self.actor.body, self.actor.id, None))?)
    }
}

/// Lets a request in, or says why not: a bearer token in force, of an active person of a body that
/// is not stopped, with the scope, and not too often.
/// Cookies are not looked at.
pub(super) async fn admit(
    kit: &Kit,
    scope: Scope,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
) -> Result<Caller, Refusal> {
    let now = kit.now();
    // Nothing that looks like a token: nothing is looked up, and nothing can be guessed by it.
    let secret = presented(headers).ok_or(Refusal::SignedOut)?;
    let Some((actor, token, operates)) = known(kit, secret, now).await? else {
        kit.limiter.take_from(API_GUESS, peer, now).map_err(Refusal::TooMany)?;
        return Err(Refusal::SignedOut);
    };
    kit.limiter.take(API, &token.id.to_string(), now).map_err(Refusal::TooMany)?;
    if !scope.is_in(token.scopes) {
        return Err(Refusal::Forbidden("scope"));
    }
    if now - token.used > TOUCH_MS {
        // Not an act: when it was last used, for whoever looks at the list.
        if let Err(fault) = kit.store.touch_token(token.id, now).await {
            tracing::warn!(%fault, "cannot write down that a token is in use");
        }
    }
    Ok(Caller { actor, token, operates })
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let (kind, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let secret = secret.trim();
    (kind.eq_ignore_ascii_case("bearer") && secret.starts_with(PREFIX) && secret.len() < 100)
        .then_some(secret)
}

async fn known(kit: &Kit, secret: &str, now: i64) -> Result<Option<(Actor, Token, bool)>, Refusal> {
    let mut conn = kit.store.read().await?;
    let ground = Ground::Token(sha256(secret.as_bytes()));
    let Some(standing) = store::grounds::standing(&mut conn, ground, now).await? else {
        return Ok(None);
    };
    let Some(token) = standing.token else { return Ok(None) };
    let operates = standing.actor.operator;
    // The server's own administration is for people; see `Caller::operator` for the one thing that
    // is not.
    Ok(Some((Actor { operator: false, ..standing.actor }, token, operates)))
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // Only the guard of a route with a scope puts it there.
        parts.extensions.get::<Self>().cloned().ok_or(Refusal::SignedOut)
    }
}
