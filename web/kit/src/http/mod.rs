//! What stands between a socket and a handler: routes, guard, context, forms, headers.

mod answer;
pub mod browser;
mod buffers;
pub mod call;
mod caller;
mod context;
mod cookie;
pub mod door;
mod extract;
mod fresh;
mod guard;
pub mod headers;
pub mod listen;
mod nav;
mod notice;
pub mod packed;
mod render;
mod route;
mod scope;
pub mod seen;
mod slow;
mod statics;
mod strict;
mod upload;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;

use crate::error::Refusal;
use crate::parts::{Kit, standing};

pub use door::Standing;

pub use crate::lang::Lang;
pub use answer::{Done, ErrorBody, Reason, changed, json, refused, stale, told};
pub use caller::{Caller, PREFIX};
pub use context::{Ctx, CurrentSignIn, SignedIn, Visit, Visitor};
pub use cookie::{clear_sign_in, cookie as read_cookie, set_cookie, set_sign_in};
pub use extract::{FORM_LIMIT, bounded, content_type};
pub use extract::{Form, Json, Nothing, Peer};
pub use fresh::Fresh;
pub use fresh::{Ask, Tried, ask, is_fresh, local};
pub use render::{Answer, page, page_with, see_other};
pub use route::{Access, Listed, Method, Route, call, get, post};
pub use scope::{Scope, names as scope_names, unproved as unproved_scopes};
pub use statics::{routes as static_routes, viewer_fragment};
pub use upload::FILE_LIMIT;
pub use upload::{Upload, UploadedFile};

/// Routes as a service: each behind the guard, all behind what every answer is given, and the
/// closed server before everything.
pub fn service(kit: &Kit, routes: Vec<Route>) -> Router {
    let router = routes.into_iter().fold(Router::new(), |router, route| route.onto(router, kit));
    router
        .fallback(|| async { Refusal::NotFound })
        .method_not_allowed_fallback(|| async { Refusal::NotFound })
        .layer(DefaultBodyLimit::max(upload::BODY_LIMIT))
        .layer(from_fn_with_state(kit.clone(), standing::guard))
        .layer(from_fn_with_state(kit.clone(), headers::finish))
}
