//! The state of the whole server: each area's.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use kit::Kit;
use web_exchange::Exchange;
use web_people::{Filled, Making, People};

/// The server. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// People, sessions and the record.
    pub people: People,
    /// The exchange.
    pub exchange: Exchange,
}

impl App {
    /// Puts the areas together: what one asks of another through a port is filled here.
    #[must_use]
    pub fn new(making: Making) -> Self {
        let mut changes = web_telework::waiting::CHANGES.to_vec();
        changes.push(web_exchange::desks::CHANGE);
        let people =
            People::new(making, Filled { openings: Arc::new(web_telework::Days), changes });
        Self { exchange: Exchange::new(&people), people }
    }
}

impl Deref for App {
    type Target = People;

    fn deref(&self) -> &People {
        &self.people
    }
}

impl FromRef<App> for Kit {
    fn from_ref(app: &App) -> Self {
        app.kit.clone()
    }
}

impl FromRef<App> for People {
    fn from_ref(app: &App) -> Self {
        app.people.clone()
    }
}
