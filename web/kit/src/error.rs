//! Why a request is not answered as asked.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Named by fault. The outermost layer turns it into a page or, under `/api/`, into JSON; this
/// carries the facts there.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not there, or not for this person: the same answer.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in.
    #[error("not signed in")]
    SignedOut,
    /// The request does not come from a page of this server, or its token is old.
    #[error("csrf")]
    Csrf,
    /// A dangerous act, and the last proof of the factors is too long ago (403). A page that sent a
    /// form is led through a proof instead.
    #[error("prove_first")]
    Stale,
    /// Permitted in general, but not now, with a code a program can act on (403).
    #[error("{0}")]
    Forbidden(&'static str),
    /// The PC opens later: when, Unix milliseconds (403).
    #[error("telework_early")]
    Early(i64),
    /// Conflicts with how things stand (409).
    #[error("{0}")]
    Conflict(&'static str),
    /// Too many requests; seconds to wait.
    #[error("too many requests")]
    TooMany(u32),
    /// More than there may be (413).
    #[error("too large")]
    TooLarge(Most),
    /// The body of the request did not come in time.
    #[error("too slow")]
    TooSlow,
    /// Not a form, not JSON, a field missing: no page of ours sends that.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// Something this server needs is missing for now (503), with a code.
    #[error("{0}")]
    Unavailable(&'static str),
    /// The database.
    #[error(transparent)]
    Store(store::Fault),
    /// A fault of this program.
    #[error("internal: {0}")]
    Internal(String),
}

/// How much there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Most {
    /// Of a file or a form.
    Bytes(usize),
    /// Fields of an answer.
    Fields(usize),
    /// Pages of a document.
    Pages(usize),
}

/// The code of [`Refusal::Stale`].
pub const STALE: &str = "prove_first";

/// The code of a closed server, which says itself how often it refused.
pub const CLOSED: &str = "record_rolled_back";

/// What the outermost layer needs to say it.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    pub code: &'static str,
    /// From when it is permitted, Unix milliseconds.
    pub from: Option<i64>,
    /// The limit that was passed.
    pub most: Option<Most>,
}

impl From<store::Fault> for Refusal {
    fn from(fault: store::Fault) -> Self {
        match fault {
            // Between the look of the guard and the write: a sign-in that ended is one, and what is
            // hers no more is not there.
            store::Fault::SignedOut => Self::SignedOut,
            store::Fault::Denied => Self::NotFound,
            fault => Self::Store(fault),
        }
    }
}

impl From<people::Denied> for Refusal {
    fn from(_: people::Denied) -> Self {
        Self::NotFound
    }
}

impl Refusal {
    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::SignedOut => (StatusCode::UNAUTHORIZED, "signed_out"),
            Self::Csrf => (StatusCode::FORBIDDEN, "csrf"),
            Self::Stale => (StatusCode::FORBIDDEN, STALE),
            Self::Forbidden(code) => (StatusCode::FORBIDDEN, code),
            Self::Early(_) => (StatusCode::FORBIDDEN, "telework_early"),
            Self::Conflict(code) => (StatusCode::CONFLICT, code),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too_slow"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Unavailable(code) => (StatusCode::SERVICE_UNAVAILABLE, code),
            Self::Store(store::Fault::Conflict) => (StatusCode::CONFLICT, "conflict"),
            Self::Store(store::Fault::Full) => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            Self::Store(fault) if fault.passing() => {
                (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable")
            }
            Self::Store(_) | Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        if status.is_server_error() && code != CLOSED {
            tracing::error!(error = %self, "a request failed");
        }
        let mut response = status.into_response();
        let from = if let Self::Early(from) = self { Some(from) } else { None };
        let most = if let Self::TooLarge(most) = self { Some(most) } else { None };
        response.extensions_mut().insert(Refused { code, from, most });
        if let Self::TooMany(seconds) = self
            && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
        {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}
