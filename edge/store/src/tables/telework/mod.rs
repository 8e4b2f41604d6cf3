//! Telework: settings, inventory, requests, days, papers. What the rules read is kept as JSON beside the columns that are searched.

mod answers;
mod days;
mod feeds;
mod inventory;
mod marked;
mod papers;
mod requests;
mod settings;
mod team;
mod worked;

pub use answers::{put_settled, remove_settled, settled};
pub use days::{DayRow, day, days, put_day, put_reason, reasons, running};
pub use feeds::{Feed, add_feed, feed, feeds_of, remove_feeds};
pub use inventory::{WorkRow, find_work, members, put_member, put_share, put_work, remove_share, remove_work, shares, works};
pub use marked::{forget_marked, marked, put_marked};
pub use papers::{Paper, PaperKind, find_paper, papers, papers_of, put_paper};
pub use requests::{RequestRow, add_request, change_request, find_request, requests, requests_of, waiting};
pub use settings::{put_setting, setting};
pub use team::{team_day, team_requests};
pub use worked::worked;

use crate::{Fault, Result};
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A day as a number that sorts: 20260410.
fn number(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

fn date(number: i64) -> Result<Date> {
    let part = |n: i64| i8::try_from(n % 100).map_err(|_| corrupt());
    let year = i16::try_from(number / 10_000).map_err(|_| corrupt())?;
    Date::new(year, part(number / 100)?, part(number)?).map_err(|_| corrupt())
}

fn corrupt() -> Fault {
    Fault::Corrupt("a day that does not exist".into())
}

fn write<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Fault::Corrupt(e.to_string()))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Fault::Corrupt(e.to_string()))
}
