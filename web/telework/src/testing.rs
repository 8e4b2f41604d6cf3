//! This area with people as a town.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use web_people::{Filled, Making, People};
pub(crate) use web_town::{Area, Browser, HOME, ORIGIN, OTHER, PASSWORD, Reply, call, token};

/// A server with people.
pub(crate) type Town = web_town::Town<Office>;

/// People, and the days they telework.
#[derive(Clone)]
pub(crate) struct Office(People);

impl Deref for Office {
    type Target = People;

    fn deref(&self) -> &People {
        &self.0
    }
}

impl Area for Office {
    fn open(making: Making) -> Self {
        let filled =
            Filled { openings: Arc::new(crate::Days), changes: crate::waiting::CHANGES.to_vec() };
        Self(People::new(making, filled))
    }

    fn people(&self) -> &People {
        &self.0
    }

    fn service(&self) -> Router {
        let mut routes: Vec<_> =
            web_people::routes().into_iter().map(|route| route.with(&self.0)).collect();
        routes.extend(crate::routes().into_iter().map(|route| route.with(&self.0.kit)));
        kit::http::service(&self.0.kit, routes)
    }
}

/// The cells of the first sheet of a workbook that goes out, whatever stands behind it.
pub(crate) fn first_sheet(bytes: &[u8]) -> Vec<Vec<String>> {
    use calamine::{Data, Reader, Xlsx};
    let mut book: Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("its cells");
    sheet.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
}
