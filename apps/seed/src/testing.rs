//! The whole server as a town.

use std::ops::Deref;

use axum::Router;
use server::App;
use web_people::{Making, People};
pub(crate) use web_town::HOME;

/// A server.
pub(crate) type Town = web_town::Town<Whole>;

/// The whole of it.
#[derive(Clone)]
pub(crate) struct Whole(App);

impl Deref for Whole {
    type Target = App;

    fn deref(&self) -> &App {
        &self.0
    }
}

impl web_town::Area for Whole {
    fn open(making: Making) -> Self {
        Self(App::new(making))
    }

    fn people(&self) -> &People {
        &self.0.people
    }

    fn service(&self) -> Router {
        server::routes::service(&self.0)
    }
}
