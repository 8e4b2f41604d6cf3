//! Files in answers: what a page would send as a download, as JSON.

use axum::body::to_bytes;
use axum::http::header;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use super::json;
use crate::error::Refusal;
use crate::http::Answer;

/// Largest file that is sent, bytes.
const LARGEST: usize = 64 << 20;

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileOut {
    /// Its name.
    name: String,
    /// What it is.
    kind: String,
    /// Its bytes, base64.
    #[schema(content_encoding = "base64")]
    content: String,
}

/// A download as the answer of a call: name, kind and bytes are the page's.
pub async fn packed(download: Response) -> Answer {
    let (head, body) = download.into_parts();
    let (kind, name) = {
        let text =
            |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = text(header::CONTENT_DISPOSITION).split('"').nth(1).unwrap_or_default();
        (text(header::CONTENT_TYPE).to_owned(), name.to_owned())
    };
    let bytes =
        to_bytes(body, LARGEST).await.map_err(|error| Refusal::Internal(error.to_string()))?;
    json(&FileOut { name, kind, content: STANDARD.encode(bytes) })
}
