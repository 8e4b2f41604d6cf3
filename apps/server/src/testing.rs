//! The whole server as a town.

use axum::Router;
use web_people::{Making, People};

pub(crate) use web_town::{
    Area, Browser, HOME, KEY, ORIGIN, OTHER, PASSWORD, Plan, Reply, call, database, late, seed,
    token,
};

use crate::App;

/// A server with people.
pub(crate) type Town = web_town::Town<App>;

impl Area for App {
    fn open(making: Making) -> Self {
        Self::new(making)
    }

    fn people(&self) -> &People {
        &self.people
    }

    fn service(&self) -> Router {
        crate::routes::service(self)
    }
}
