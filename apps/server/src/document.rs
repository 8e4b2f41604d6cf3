//! `/api/openapi.json`: what the API takes and answers, from the code itself.
//!
//! `/api/v1` is what the pages do, for other programs. A program brings a token; it acts with the
//! rights of the person the token names and never beyond the token's scopes. Deny by default: a
//! route says its scope, and without a valid token of that scope nothing behind it runs.
//!
//! # How to add a call
//! 1. A handler in its area that takes [`Caller`](kit::http::Caller) and what
//!    [`kit::http::call`] brings (each answers what is wrong as JSON), asks for its permit and
//!    calls the same function a page calls. `#[utoipa::path(..)]` above it says what it takes and
//!    answers.
//! 2. Its line in that file's `routes()`: `call(Method::Get, "/api/v1/..", Access::Api(..),
//!    handler)`; its name in the area's `Calls`.
//! 3. The tests in `boundary/api.rs` walk over all of them: no token, a cookie, another scope,
//!    another body, and that the document names each.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use kit::http::{Access, ErrorBody, get};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Noren",
        description = "What the pages do, for other programs. Every call needs a bearer token of \
            the body with the scope named; it acts with the rights of the person the token was \
            made for, as they are at that moment. What the caller may not see is not there (404).",
    ),
    components(schemas(ErrorBody))
)]
struct Api;

/// What is the same for every call.
struct Common;

/// Refusals that any call may answer.
const ANY: &[(&str, &str)] = &[
    ("400", "The request is not what the call takes"),
    ("401", "No valid token"),
    ("403", "The token lacks the scope"),
    ("404", "Not there, or not for the caller"),
    ("409", "Changed by somebody else meanwhile"),
    ("413", "Too large"),
    ("429", "Too many calls; Retry-After says when to come again"),
    ("503", "Not possible for now"),
];

impl Modify for Common {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token made under 管理 > APIトークン"))
            .build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme));
        for (path, item) in &mut document.paths.paths {
            let name = path
                .trim_start_matches("/api/v1/")
                .replace(['/', '-'], "_")
                .replace(['{', '}'], "");
            for (method, operation) in [("get", &mut item.get), ("post", &mut item.post)] {
                let Some(operation) = operation else { continue };
                // Functions of different files have one name; calls have their own.
                operation.operation_id = Some(format!("{method}_{name}"));
                for (status, text) in ANY {
                    let body = ContentBuilder::new()
                        .schema(Some(Ref::from_schema_name("ErrorBody")))
                        .build();
                    let response = ResponseBuilder::new()
                        .description(*text)
                        .content("application/json", body)
                        .build();
                    operation
                        .responses
                        .responses
                        .entry((*status).to_owned())
                        .or_insert(RefOr::T(response));
                }
            }
        }
    }
}

/// The document.
pub(crate) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Api::openapi();
    document.merge(web_people::tokens::Calls::openapi());
    document.merge(web_telework::calls::Calls::openapi());
    document.merge(web_exchange::calls::Calls::openapi());
    Common.modify(&mut document);
    document
}

/// It is the same for as long as the program runs, and anybody may ask for it.
static TEXT: LazyLock<Bytes> = LazyLock::new(|| document().to_json().unwrap_or_default().into());

async fn show() -> Response {
    let text = TEXT.clone();
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}

/// Where it is.
pub(crate) fn route() -> kit::http::Route {
    get("/api/openapi.json", Access::Public, show)
}
