//! Forms and JSON: bounded, and with the token of the page they come from.

use std::net::IpAddr;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;

use super::Visitor;
use super::slow::is_too_slow;
use crate::error::Most;
use crate::error::Refusal;

/// Largest form or JSON body, bytes.
pub const FORM_LIMIT: usize = 256 << 10;

/// The same of somebody who is not signed in: of these there may be thousands at a time.
const STRANGERS_LIMIT: usize = 32 << 10;

/// The address a request came from; the listener puts it into the request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// A form of ours: URL-encoded, with the `csrf` field.
#[derive(Clone, Debug)]
pub struct Form<T>(pub T);

/// A form with a button and nothing to fill in.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Nothing {}

/// JSON of our own pages: with the `x-noren-csrf` header.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

#[derive(Deserialize)]
struct Token {
    csrf: Option<String>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let expected = expected_token(&request)?;
        if !content_type(&request).starts_with("application/x-www-form-urlencoded") {
            return Err(Refusal::Csrf);
        }
        let limit = limit(&request);
        let body = bounded(request.into_body(), limit).await?;
        let token: Token = serde_urlencoded::from_bytes(&body).map_err(|_| Refusal::Csrf)?;
        check_token(&expected, &token.csrf.unwrap_or_default())?;
        Ok(Self(serde_urlencoded::from_bytes(&body).map_err(|_| Refusal::Malformed("form"))?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let expected = expected_token(&request)?;
        let token = request
            .headers()
            .get("x-noren-csrf")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        check_token(&expected, &token)?;
        if !content_type(&request).starts_with("application/json") {
            return Err(Refusal::Malformed("content type"));
        }
        let limit = limit(&request);
        let body = bounded(request.into_body(), limit).await?;
        Ok(Self(serde_json::from_slice(&body).map_err(|_| Refusal::Malformed("json"))?))
    }
}

pub fn content_type(request: &Request) -> &str {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

pub(super) fn expected_token(request: &Request) -> Result<String, Refusal> {
    let visitor = request
        .extensions()
        .get::<Visitor>()
        .ok_or_else(|| Refusal::Internal("no visitor".into()))?;
    Ok(visitor.ctx.csrf.clone())
}

/// Whoever is not signed in fills in a name and a password, or sends what an authenticator said.
fn limit(request: &Request) -> usize {
    let known =
        request.extensions().get::<Visitor>().is_some_and(|visitor| visitor.ctx.actor.is_some());
    if known { FORM_LIMIT } else { STRANGERS_LIMIT }
}

pub(super) fn check_token(expected: &str, sent: &str) -> Result<(), Refusal> {
    // An empty expectation is the context of a machine's route, which has no forms.
    if !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(sent.as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::Csrf)
    }
}

pub async fn bounded(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let source = std::error::Error::source(&error)
            .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        match source {
            true => Refusal::TooLarge(Most::Bytes(limit)),
            false if is_too_slow(&error) => Refusal::TooSlow,
            false => Refusal::Malformed("body"),
        }
    })
}
