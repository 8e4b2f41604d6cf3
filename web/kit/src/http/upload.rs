//! Uploads: one file and a few fields, bounded while they arrive.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};

use super::extract::{check_token, expected_token};
use super::slow::is_too_slow;
use crate::error::Most;
use crate::error::Refusal;

/// Largest file, bytes.
pub const FILE_LIMIT: usize = 4 << 20;
/// Largest body of a request, whatever is in it, bytes.
pub(super) const BODY_LIMIT: usize = 8 << 20;
/// Largest text field, bytes.
const FIELD_LIMIT: usize = 4 << 10;
/// Most parts.
const PARTS_LIMIT: usize = 20;

/// A file somebody uploaded. Its name and declared type are hints; only its bytes say what it is.
#[derive(Clone, Debug)]
pub struct UploadedFile {
    /// Name on the sender's disk; for messages only.
    pub name: String,
    /// Content.
    pub bytes: Bytes,
}

/// A multipart form. The `csrf` field comes before the file, so a foreign upload is refused before
/// its bytes are read.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Text fields.
    pub fields: BTreeMap<String, String>,
    /// The file; `None` when none was chosen.
    pub file: Option<UploadedFile>,
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Refusal;

    async fn from_request(request: Request, kit: &S) -> Result<Self, Refusal> {
        let expected = expected_token(&request)?;
        let mut parts = Multipart::from_request(request, kit).await.map_err(|_| Refusal::Csrf)?;
        let mut upload = Self { fields: BTreeMap::new(), file: None };
        let mut checked = false;
        for _ in 0..PARTS_LIMIT {
            let Some(field) = parts.next_field().await.map_err(refusal)? else {
                return if checked { Ok(upload) } else { Err(Refusal::Csrf) };
            };
            let name = field.name().unwrap_or_default().to_owned();
            if name == "csrf" {
                check_token(&expected, &text(field).await?)?;
                checked = true;
            } else if !checked {
                return Err(Refusal::Csrf);
            } else if field.file_name().is_some() {
                let file_name: String = field
                    .file_name()
                    .unwrap_or_default()
                    .chars()
                    .filter(|c| !people::tricks(*c))
                    .take(200)
                    .collect();
                let bytes = read(field, FILE_LIMIT).await?;
                if !bytes.is_empty() && upload.file.is_none() {
                    upload.file = Some(UploadedFile { name: file_name, bytes });
                }
            } else {
                let value = text(field).await?;
                upload.fields.insert(name, value);
            }
        }
        Err(Refusal::Malformed("too many parts"))
    }
}

async fn text(field: Field<'_>) -> Result<String, Refusal> {
    let bytes = read(field, FIELD_LIMIT).await?;
    String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::Malformed("text"))
}

async fn read(mut field: Field<'_>, limit: usize) -> Result<Bytes, Refusal> {
    let mut out = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(refusal)? {
        if out.len() + chunk.len() > limit {
            return Err(Refusal::TooLarge(Most::Bytes(limit)));
        }
        out.extend_from_slice(&chunk);
    }
    Ok(out.into())
}

fn refusal(error: axum::extract::multipart::MultipartError) -> Refusal {
    match error.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge(Most::Bytes(BODY_LIMIT)),
        _ if is_too_slow(&error) => Refusal::TooSlow,
        _ => Refusal::Malformed("multipart"),
    }
}
