//! noren-server: every area put together: the list of routes, the state, the command line, the home
//! page, and the walks over everything. CONTRIBUTING.md says how to add a page, a call, a table.

pub mod app;
#[cfg(test)]
pub(crate) mod boundary;
pub mod cli;
pub mod document;
pub(crate) mod home;
pub mod routes;
#[cfg(test)]
mod testing;
pub mod watch;

pub use app::App;

/// A route of this server.
pub(crate) type Route = kit::http::Route<App>;
