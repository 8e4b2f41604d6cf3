//! The list of every route, and the whole server as a service.

use axum::Router;
use kit::http::Route;

use crate::App;

/// Every route of the server. An area adds its `routes()` here; the walks in `boundary/` then try
/// each as a stranger, as a person of another body, and without a token.
#[must_use]
pub fn routes(app: &App) -> Vec<Route> {
    let mut all: Vec<Route> =
        crate::home::routes().into_iter().map(|route| route.with(app)).collect();
    all.extend(web_people::routes().into_iter().map(|route| route.with(&app.people)));
    all.extend(web_telework::routes().into_iter().map(|route| route.with(&app.kit)));
    all.extend(web_exchange::routes().into_iter().map(|route| route.with(&app.exchange)));
    all.push(crate::document::route());
    all.extend(kit::http::static_routes::<()>());
    all
}

/// The same for the walks, which ask nothing of them.
#[cfg(test)]
pub(crate) fn listed() -> Vec<kit::http::Listed> {
    let mut all: Vec<_> = crate::home::routes().iter().map(Route::listed).collect();
    all.extend(web_people::routes().iter().map(Route::listed));
    all.extend(web_telework::routes().iter().map(Route::listed));
    all.extend(web_exchange::routes().iter().map(Route::listed));
    all.push(crate::document::route().listed());
    all.extend(kit::http::static_routes::<()>().iter().map(Route::listed));
    all
}

/// The whole server as a service.
pub fn service(app: &App) -> Router {
    kit::http::service(app, routes(app))
}
