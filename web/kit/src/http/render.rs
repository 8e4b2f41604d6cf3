//! Templates to responses.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::error::Refusal;

/// What a handler answers.
pub type Answer = Result<Response, Refusal>;

/// A page, 200.
///
/// # Errors
/// [`Refusal::Internal`] when the template fails.
pub fn page(template: impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

/// A page with a status: 422 for a form with something wrong in it.
///
/// # Errors
/// [`Refusal::Internal`] when the template fails.
pub fn page_with(status: StatusCode, template: impl Template) -> Answer {
    let html = template.render().map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok((
        status,
        [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))],
        html,
    )
        .into_response())
}

/// After an action: go and look (303).
#[must_use]
pub fn see_other(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
