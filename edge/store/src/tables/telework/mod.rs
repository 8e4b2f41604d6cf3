//! Telework: settings, inventory, requests, days, papers. What the rules read is kept as JSON
//! beside the columns that are searched.

mod answers;
mod days;
mod feeds;
mod inventory;
mod marked;
mod months;
mod papers;
mod pay;
mod requests;
mod settings;
mod worked;

pub use answers::{put_settled, remove_settled, settled};
pub use days::{
    DayRow, Reason, add_days, day, days, days_in, days_of, put_day, put_reason, reasons,
    reasons_of, running,
};
pub use feeds::{Feed, add_feed, feed, feeds_of, remove_all_feeds, remove_feeds};
pub use inventory::{
    WorkRow, find_work, member, members, members_of, put_member, put_share, put_work, remove_share,
    remove_work, shares, works,
};
pub use marked::{forget_marked, marked, put_marked};
pub use months::{
    SheetRow, Sums, ledger, ledgers, overtime_sums, put_ledger, put_sheets, sheets, sheets_of,
    sums_by_division, sums_by_month,
};
pub use papers::{Paper, PaperKind, find_paper, papers, papers_of, put_paper};
pub use pay::{pay, put_pay};
pub(super) use requests::REQUESTED;
pub use requests::{
    FormCount, RequestRow, add_request, add_requests, approved, ask_request_of, change_request,
    find_request, forms_by_month, home_days, people_by_month, requests, requests_in, requests_of,
    requests_of_many, waiting,
};
pub use settings::{CALENDAR, LEAST, RULES, put_setting, setting, settings_of};
pub use worked::worked;

use crate::{Fault, Result};
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use telework::time::Month;

/// Rows of one statement: a few values each, well under what either database binds.
const BATCH: usize = 200;

/// The places of a statement that adds many rows: `$1` is the body, each row brings `columns`
/// values more.
fn places(rows: usize, columns: usize) -> String {
    let row = |at: usize| {
        let places: Vec<String> =
            (1..=columns).map(|n| format!("${}", 1 + at * columns + n)).collect();
        format!("($1, {})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// A day as a number that sorts: 20260410.
fn number(day: Date) -> i64 {
    i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
}

fn date(number: i64) -> Result<Date> {
    let part = |n: i64| i8::try_from(n % 100).map_err(|_| corrupt());
    let year = i16::try_from(number / 10_000).map_err(|_| corrupt())?;
    Date::new(year, part(number / 100)?, part(number)?).map_err(|_| corrupt())
}

/// A month as a number that sorts: 202604.
fn month_number(month: Month) -> i64 {
    i64::from(month.year) * 100 + i64::from(month.month)
}

fn month(number: i64) -> Result<Month> {
    let year = i16::try_from(number / 100).map_err(|_| corrupt())?;
    let month = i8::try_from(number % 100)
        .ok()
        .filter(|month| (1..=12).contains(month))
        .ok_or_else(corrupt)?;
    Ok(Month { year, month })
}

fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
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
