//! The list of every route, and the whole server as a service.

use axum::Router;
use axum::middleware::from_fn_with_state;
use kit::error::Refusal;
use kit::http::headers;
use kit::standing;

use crate::{App, Route};

/// Every route of the server. A module adds its `routes()` here; the walk in `testing` then tries each as a stranger, as a person of another body, and
/// without a token.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = Vec::new();
    all.extend(crate::pages::routes());
    all.extend(crate::admin::routes());
    all.extend(crate::second::routes());
    all.extend(crate::agents::routes());
    all.extend(crate::telework::routes());
    all.extend(crate::exchange::routes());
    all.extend(crate::mail::routes());
    all.extend(crate::api::routes());
    all.extend(kit::http::static_routes());
    all
}

/// The whole server as a service.
pub fn service(app: &App) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = route.with(app).onto(router, app);
    }
    let kit = &app.kit;
    router
        .fallback(|| async { Refusal::NotFound })
        .method_not_allowed_fallback(|| async { Refusal::NotFound })
        .layer(axum::extract::DefaultBodyLimit::max(8 << 20))
        .layer(from_fn_with_state(kit.clone(), standing::guard))
        .layer(from_fn_with_state(kit.clone(), headers::finish))
}
