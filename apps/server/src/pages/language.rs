//! Japanese or English.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::app::App;
use crate::error::Refusal;
use crate::http::{Access, Form, Route, post, see_other};

#[derive(Deserialize)]
struct Choice {
    lang: String,
    back: String,
}

async fn choose(State(app): State<App>, Form(choice): Form<Choice>) -> Result<Response, Refusal> {
    let mut response = see_other(&local(&choice.back));
    let value = if choice.lang == "en" { "en" } else { "ja" };
    crate::http::set_cookie(&mut response, &app.site, "noren-lang", value, Some(31_536_000));
    Ok(response)
}

/// A path on this server; anything else becomes the front page (no open redirect).
#[must_use]
pub(crate) fn local(path: &str) -> String {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with("/\\")
        && path.len() <= 300
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if plain { path.to_owned() } else { "/".to_owned() }
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/language", Access::Public, choose)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_out() {
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "", "evil", "/a\nb", "/\u{301}"] {
            assert_eq!(local(bad), "/", "{bad}");
        }
        assert_eq!(local("/admin/staff?done=saved"), "/admin/staff?done=saved");
    }
}
