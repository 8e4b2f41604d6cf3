//! Files of the pages and of the viewer, inside the program.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};

use super::{Access, Route, get};
use crate::error::Refusal;
use crate::secrets::{hex, sha256};

static STATIC: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/static");
static VIEWER_APP: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../viewer/app");
static VIEWER_CORE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../viewer/core");

pub fn routes<S: Clone + Send + Sync + 'static>() -> Vec<Route<S>> {
    vec![
        get(
            "/static/{*path}",
            Access::Public,
            async |Path(path): Path<String>, headers: HeaderMap| file(&STATIC, &path, &headers),
        ),
        get(
            "/viewer/app/{*path}",
            Access::Public,
            |Path(path): Path<String>, headers: HeaderMap| async move {
                file(&VIEWER_APP, &path, &headers)
            },
        ),
        get(
            "/viewer/core/{*path}",
            Access::Public,
            |Path(path): Path<String>, headers: HeaderMap| async move {
                file(&VIEWER_CORE, &path, &headers)
            },
        ),
    ]
}

/// A fragment of the viewer's pages, as it stands in `viewer/app/`.
#[must_use]
pub fn viewer_fragment(name: &str) -> &'static str {
    VIEWER_APP.get_file(name).and_then(|file| file.contents_utf8()).unwrap_or("")
}

fn file(folder: &'static Dir<'_>, path: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let kind = kind(path).ok_or(Refusal::NotFound)?;
    // Exact names of what was built in: there is no file system to climb in.
    let bytes = folder.get_file(path).ok_or(Refusal::NotFound)?.contents();
    let tag = format!("\"{}\"", &hex(&sha256(bytes))[..24]);
    let known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    Ok(response)
}

fn kind(path: &str) -> Option<&'static str> {
    if path.ends_with(".test.js") || path.ends_with(".mjs") {
        return None;
    }
    Some(match path.rsplit_once('.')?.1 {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}
