//! The registry: a route is a value that says who may reach it.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, on};
use people::Action;

use crate::api::Scope;
use crate::app::App;
use crate::http::fresh::Fresh;
use crate::http::guard;

/// GET or POST: nothing else is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Reads; changes nothing.
    Get,
    /// Changes something; comes with a token.
    Post,
}

/// Who may reach a route at all. The handler still asks for the permit on the very thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Everybody: sign-in, static files.
    Public,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever has a role that may do this to something; others get 404.
    May(Action),
    /// Only while there is no administrator yet; then 404 for ever.
    SetUp,
    /// A program that brings its own proof in the request (an agent, a relay's ticket); no cookie, no token. A request of a foreign page is still refused.
    Machine,
    /// A program with a token of this scope; no cookie.
    Api(Scope),
}

/// One method of one path.
#[derive(Clone)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, as axum writes it.
    pub path: &'static str,
    /// Who may reach it.
    pub access: Access,
    /// Whether the person proves the factors again first.
    pub fresh: Fresh,
    handler: MethodRouter<App>,
}

/// A page.
pub fn get<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::Get, path, access, fresh: Fresh::No, handler: on(axum::routing::MethodFilter::GET, handler) }
}

/// An action.
pub fn post<H, T>(path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    Route { method: Method::Post, path, access, fresh: Fresh::No, handler: on(axum::routing::MethodFilter::POST, handler) }
}

/// A call of the API.
pub fn call<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    match method {
        Method::Get => get(path, access, handler),
        Method::Post => post(path, access, handler),
    }
}

impl Route {
    /// A dangerous act: the person proves the factors again when the last proof is old, and what was typed is carried through.
    #[must_use]
    pub fn fresh(self) -> Self {
        Self { fresh: Fresh::Yes, ..self }
    }

    /// The same where the form holds a file or a secret, which are not carried: after the proof the person is back at the form.
    #[must_use]
    pub fn fresh_at(self, form: &'static str) -> Self {
        Self { fresh: Fresh::At(form), ..self }
    }

    /// The same where the handler finds out: it asks by [`SignedIn::fresh`](crate::http::SignedIn::fresh).
    #[must_use]
    pub fn fresh_when_asked(self) -> Self {
        Self { fresh: Fresh::WhenAsked, ..self }
    }

    pub(super) fn onto(self, router: Router<App>, app: &App) -> Router<App> {
        let guarded = self.handler.route_layer(from_fn_with_state((app.clone(), self.access, self.fresh), guard::check));
        router.route(self.path, guarded)
    }
}
