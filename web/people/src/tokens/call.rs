//! `GET /api/v1/token`: what a program holds.

use serde::Serialize;
use utoipa::ToSchema;

use kit::http::{
    Access, Answer, Caller, ErrorBody, Method, Scope, call, json, scope_names as names,
};

use crate::Route;

/// The token and whom it acts for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenInfo {
    /// What the token is for, as it was named.
    name: String,
    /// Code of the body.
    #[schema(example = "011002")]
    body: String,
    /// Sign-in name of the person with whose rights it acts.
    login: String,
    /// What it may be used for.
    #[schema(example = json!(["telework:read"]))]
    scopes: Vec<&'static str>,
    /// When it ends.
    #[schema(format = DateTime)]
    expires: String,
}

/// The token itself.
#[utoipa::path(
    get,
    path = "/api/v1/token",
    tag = "token",
    security(("token" = ["own"])),
    responses(
        (status = 200, description = "The token", body = TokenInfo),
        (status = 401, description = "No valid token", body = ErrorBody),
    ),
)]
pub(super) async fn own(caller: Caller) -> Answer {
    let expires = jiff::Timestamp::from_millisecond(caller.token.expires).unwrap_or_default();
    json(&TokenInfo {
        name: caller.token.name,
        body: caller.actor.body.to_string(),
        login: caller.actor.login.to_string(),
        scopes: names(caller.token.scopes),
        expires: expires.to_string(),
    })
}

pub(super) fn routes() -> Vec<Route> {
    vec![call(Method::Get, "/api/v1/token", Access::Api(Scope::Own), own)]
}
