//! The registry: a route is a value that says who may reach it.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, on};
use people::Deed;

use crate::http::Scope;
use crate::http::fresh::Fresh;
use crate::http::guard;
use crate::parts::Kit;

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
    May(Deed),
    /// Only while there is no administrator yet; then 404 for ever.
    SetUp,
    /// A program that brings its own proof in the request (an agent, a relay's ticket); no cookie,
    /// no token. A request of a foreign page is still refused.
    Machine,
    /// A program with a token of this scope; no cookie.
    Api(Scope),
}

/// One method of one path.
///
/// `S` is the state its handler is given; [`Route::with`] gives it, and then it is none.
#[derive(Clone)]
pub struct Route<S = ()> {
    /// Its method.
    pub method: Method,
    /// Its path, as axum writes it.
    pub path: &'static str,
    /// Who may reach it.
    pub access: Access,
    /// Whether the person proves the factors again first.
    pub fresh: Fresh,
    /// Whether it only takes away; see [`Route::cuts`].
    pub cuts: bool,
    handler: MethodRouter<S>,
}

/// A route as the walks over all of them see it: who may reach it, without what answers.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Its method.
    pub method: Method,
    /// Its path, as axum writes it.
    pub path: &'static str,
    /// Who may reach it.
    pub access: Access,
    /// Whether the person proves the factors again first.
    pub fresh: Fresh,
    /// Whether it only takes away; see [`Route::cuts`].
    pub cuts: bool,
}

/// A page.
pub fn get<S, H, T>(path: &'static str, access: Access, handler: H) -> Route<S>
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: 'static,
{
    Route {
        method: Method::Get,
        path,
        access,
        fresh: Fresh::No,
        cuts: false,
        handler: on(axum::routing::MethodFilter::GET, handler),
    }
}

/// An action.
pub fn post<S, H, T>(path: &'static str, access: Access, handler: H) -> Route<S>
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: 'static,
{
    Route {
        method: Method::Post,
        path,
        access,
        fresh: Fresh::No,
        cuts: false,
        handler: on(axum::routing::MethodFilter::POST, handler),
    }
}

/// A call of the API.
pub fn call<S, H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route<S>
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: 'static,
{
    match method {
        Method::Get => get(path, access, handler),
        Method::Post => post(path, access, handler),
    }
}

impl<S> Route<S> {
    /// Without what answers.
    #[must_use]
    pub fn listed(&self) -> Listed {
        let Self { method, path, access, fresh, cuts, .. } = self;
        Listed { method: *method, path, access: *access, fresh: *fresh, cuts: *cuts }
    }

    /// A dangerous act: the person proves the factors again when the last proof is old, and what
    /// was typed is carried through.
    #[must_use]
    pub fn fresh(self) -> Self {
        Self { fresh: Fresh::Yes, ..self }
    }

    /// The same where the form holds a file or a secret, which are not carried: after the proof the
    /// person is back at the form.
    #[must_use]
    pub fn fresh_at(self, form: &'static str) -> Self {
        Self { fresh: Fresh::At(form), ..self }
    }

    /// The same where the handler finds out: it asks by
    /// [`SignedIn::fresh`](crate::http::SignedIn::fresh).
    #[must_use]
    pub fn fresh_when_asked(self) -> Self {
        Self { fresh: Fresh::WhenAsked, ..self }
    }

    /// An act that takes away and gives nothing: a stop, a revocation, a sign-out. While an
    /// operator holds a body stopped, its people do these and nothing else: whoever took one of its
    /// accounts over makes no token, slip or rule there that waits for the end of the stop.
    #[must_use]
    pub fn cuts(self) -> Self {
        Self { cuts: true, ..self }
    }
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    /// With the state of its area.
    #[must_use]
    pub fn with(self, state: &S) -> Route {
        let Self { method, path, access, fresh, cuts, handler } = self;
        Route { method, path, access, fresh, cuts, handler: handler.with_state(state.clone()) }
    }
}

impl Route {
    /// Puts it into a router, behind the guard.
    pub fn onto(self, router: Router, kit: &Kit) -> Router {
        let state = (kit.clone(), self.listed());
        router.route(self.path, self.handler.route_layer(from_fn_with_state(state, guard::check)))
    }
}
