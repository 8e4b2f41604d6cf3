//! What stands between a socket and a handler: routes, guard, context, forms, headers.

pub(crate) mod browser;
mod context;
mod cookie;
pub(crate) mod door;
mod extract;
#[cfg(test)]
mod floods;
mod fresh;
mod guard;
pub mod headers;
mod lang;
pub mod listen;
mod nav;
mod notice;
mod render;
mod route;
pub(crate) mod seen;
mod slow;
mod statics;
mod strict;
mod upload;

use axum::Router;

use crate::app::App;

pub(crate) use door::Standing;

pub use context::{Ctx, CurrentSignIn, SignedIn, Visit, Visitor};
pub(crate) use cookie::{clear_sign_in, cookie as read_cookie, set_cookie, set_sign_in};
pub(crate) use extract::{FORM_LIMIT, bounded, content_type};
pub use extract::{Form, Json, Nothing, Peer};
pub use fresh::Fresh;
pub(crate) use fresh::{Prove, prove_page};
pub use lang::Lang;
pub use render::{Answer, page, page_with, see_other};
pub use route::{Access, Method, Route, call, get, post};
pub(crate) use statics::viewer_fragment;
pub(crate) use upload::FILE_LIMIT;
pub use upload::{Upload, UploadedFile};

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
    all.extend(crate::papers::routes());
    all.extend(crate::mail::routes());
    all.extend(crate::api::routes());
    all.extend(statics::routes());
    all
}

/// The whole server as a service.
pub fn service(app: App) -> Router {
    let mut router: Router<App> = Router::new();
    for route in routes() {
        router = route.onto(router, &app);
    }
    router
        .fallback(|| async { crate::error::Refusal::NotFound })
        .method_not_allowed_fallback(|| async { crate::error::Refusal::NotFound })
        .layer(axum::extract::DefaultBodyLimit::max(upload::BODY_LIMIT))
        .layer(axum::middleware::from_fn_with_state(app.clone(), crate::record::guard))
        .layer(axum::middleware::from_fn_with_state(app.clone(), headers::finish))
        .with_state(app)
}
