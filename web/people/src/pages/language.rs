//! Japanese or English.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::local;
use kit::http::{Access, Form, post, see_other};

#[derive(Deserialize)]
struct Choice {
    lang: String,
    back: String,
}

async fn choose(
    State(app): State<People>,
    Form(choice): Form<Choice>,
) -> Result<Response, Refusal> {
    let mut response = see_other(&local(&choice.back));
    let value = if choice.lang == "en" { "en" } else { "ja" };
    kit::http::set_cookie(&mut response, &app.site, "noren-lang", value, Some(31_536_000));
    Ok(response)
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/language", Access::Public, choose)]
}
