//! What a call brings: path, query, JSON. Whatever is wrong with it is answered as JSON, too.

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::Most;
use crate::error::Refusal;
use crate::http::{FILE_LIMIT, FORM_LIMIT, bounded, content_type};
use crate::sheet::XLSX;

/// JSON, at most as long as a form.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

/// JSON with a file in it, base64: at most as long as an upload to a page makes it.
#[derive(Clone, Debug)]
pub struct Large<T>(pub T);

/// Longest JSON with a file in it, bytes.
const LARGE: usize = FILE_LIMIT.div_ceil(3) * 4 + FORM_LIMIT;

/// A file as it is: a workbook, a list, a form, a bundle. At most as long as an upload to a page;
/// what it is, its content says.
#[derive(Clone, Debug)]
pub struct File(pub Bytes);

/// Media types a file may come as; which, changes nothing.
const MEDIA: [&str; 5] =
    [XLSX, "application/octet-stream", "application/toml", "text/csv", "text/plain"];

/// Parameters behind `?`.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// Parameters in the path.
#[derive(Clone, Debug)]
pub struct PathOf<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        read(request, FORM_LIMIT).await.map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Large<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        // What counts is the file in it.
        read(request, LARGE).await.map(Self).map_err(|refusal| match refusal {
            Refusal::TooLarge(_) => Refusal::TooLarge(Most::Bytes(FILE_LIMIT)),
            refusal => refusal,
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for File {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let kind = content_type(&request)
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if !MEDIA.contains(&kind.as_str()) {
            return Err(Refusal::Malformed("content type"));
        }
        Ok(Self(bounded(request.into_body(), FILE_LIMIT).await?))
    }
}

async fn read<T: DeserializeOwned>(request: Request, limit: usize) -> Result<T, Refusal> {
    if !content_type(&request).starts_with("application/json") {
        return Err(Refusal::Malformed("content type"));
    }
    let body = bounded(request.into_body(), limit).await?;
    serde_json::from_slice(&body).map_err(|_| Refusal::Malformed("json"))
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, kit: &S) -> Result<Self, Refusal> {
        let query = axum::extract::Query::from_request_parts(parts, kit).await;
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|_: QueryRejection| Refusal::Malformed("query"))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, kit: &S) -> Result<Self, Refusal> {
        let path = axum::extract::Path::from_request_parts(parts, kit).await;
        path.map(|axum::extract::Path(value)| Self(value))
            .map_err(|_: PathRejection| Refusal::NotFound)
    }
}
