//! What a call answers: JSON, and what is wrong in it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Answer;
use super::seen::Changed;
use crate::error::Refusal;

/// What every refused call answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What it is, for programs.
    pub error: String,
    /// What it is, for people.
    pub message: String,
    /// Each thing that stands in the way, for people; only where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub faults: Option<Vec<String>>,
    /// The same, one for one, with the code of each; where the call has codes for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reasons: Option<Vec<Reason>>,
}

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// What it is, for programs: stays the same when the words change.
    pub code: &'static str,
    /// What it is and what to do, for people.
    pub message: String,
}

impl Reason {
    /// A code with its words.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The words alone, for a page.
    pub fn words(reasons: Vec<Self>) -> Vec<String> {
        reasons.into_iter().map(|reason| reason.message).collect()
    }
}

/// A done thing without more to say.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// Always true.
    done: bool,
}

impl Done {
    /// Done.
    pub fn yes() -> Self {
        Self { done: true }
    }
}

/// An answer as JSON.
///
/// # Errors
/// [`Refusal::Internal`], which does not happen.
pub fn json(value: &impl Serialize) -> Answer {
    let text =
        serde_json::to_string(value).map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text)
        .into_response())
}

/// What was asked for is not possible as it is, with the reasons (422).
pub fn refused(reasons: Vec<Reason>) -> Response {
    let message = "このままでは受け付けられません。";
    with_reasons(StatusCode::UNPROCESSABLE_ENTITY, "refused", message, reasons)
}

/// Somebody else came before: what was seen is no longer so (409). To be read again.
pub fn stale(reasons: Vec<Reason>) -> Response {
    let message = "ほかの方が先に操作しました。読み直してください。";
    with_reasons(StatusCode::CONFLICT, "stale", message, reasons)
}

fn with_reasons(status: StatusCode, error: &str, message: &str, reasons: Vec<Reason>) -> Response {
    let faults = Some(Reason::words(reasons.clone()));
    let (error, message) = (error.to_owned(), message.to_owned());
    told(status, &ErrorBody { error, message, faults, reasons: Some(reasons) })
}

/// Somebody changed the thing since it was read (409), with what stands now. To be read again.
pub fn changed(stands: Changed) -> Response {
    let message =
        "ほかの方が先に変更しました。いまの内容を読み直してから、もう一度お送りください。".into();
    let faults = Some(stands.told().to_vec());
    told(
        StatusCode::CONFLICT,
        &ErrorBody { error: "changed".into(), message, faults, reasons: None },
    )
}

/// A refusal with more to say than its status.
pub fn told(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text)
        .into_response()
}
