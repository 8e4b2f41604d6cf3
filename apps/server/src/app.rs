//! The state of the whole server: people, with the kit below them, and what the other areas keep.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use kit::Kit;
use web_people::{Filled, Making, People};

/// The server. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// Its parts.
pub struct Parts {
    /// People, sessions and the record.
    pub people: People,
    /// Survey forms that were read.
    pub forms: crate::exchange::known::Forms,
    /// Answers of cases that were read.
    pub answers: crate::exchange::tables::KeptAnswers,
    /// Imports of answers that are under way or just ended.
    pub imports: crate::exchange::import::Imports,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Deref for Parts {
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

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(making: Making) -> Self {
        let mut changes = crate::telework::waiting::CHANGES.to_vec();
        changes.push(crate::exchange::desks::CHANGE);
        let filled = Filled { openings: Arc::new(crate::telework::Days), changes };
        Self(Arc::new(Parts {
            people: People::new(making, filled),
            forms: Default::default(),
            answers: Default::default(),
            imports: Default::default(),
        }))
    }
}
