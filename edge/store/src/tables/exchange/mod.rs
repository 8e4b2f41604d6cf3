//! The exchange: cases, what each body has of them, answers with every version, forms, drafts,
//! files, reminders, other servers.
//!
//! What is searched and counted stands in columns; the value itself is kept as JSON beside them. A
//! delivery is found by case *and* body; whether the asker may see it is decided by
//! `exchange::case::Member`, which takes the delivery.

mod answers;
mod attachments;
mod board;
mod cases;
mod deliveries;
mod drafts;
mod forms;
mod peers;
mod reminders;
mod settings;

pub use answers::{Year, answer_versions, answers, answers_of, answers_stamp, case_of_form};
pub use attachments::{AttachmentRow, add_attachment, attachment, attachments, remove_attachment};
pub use board::{
    BoardCount, BoardFilter, BoardRow, InboxRow, WatchRow, board_counts, board_rows, inbox, watched,
};
pub use cases::{CaseRow, add_case, addressees, case, cases, next_serial, put_case};
pub use deliveries::{
    Receipted, add_deliveries, deliveries, delivery, parts_of, put_delivery, receipt,
};
pub use drafts::{Draft, DraftKey, Put, draft, put_draft, remove_draft};
pub use forms::{FormRow, fix_form, form, forms, put_form};
pub use peers::{
    Peer, add_peer, carried, inbox_of_bundles, last_bundle, next_sequence, peer, peers,
    put_carried, put_inbox_of_bundles, put_last_bundle,
};
pub use reminders::{add_reminder, recent_reminders, remindable, reminders_sent};
pub use settings::{
    desks, lineage, newcomers, put_desks, put_newcomer, put_validity, remove_newcomer,
};

use ::exchange::case::{CaseKind, Stage, State};
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Fault, Result};

/// A day as a number that sorts: 20260410; 0 for none.
fn number(day: Option<Date>) -> i64 {
    day.map_or(0, |day| {
        i64::from(day.year()) * 10_000 + i64::from(day.month()) * 100 + i64::from(day.day())
    })
}

fn date(number: i64) -> Result<Option<Date>> {
    if number == 0 {
        return Ok(None);
    }
    let part = |n: i64| i8::try_from(n % 100).ok();
    let day = i16::try_from(number / 10_000).ok().zip(part(number / 100)).zip(part(number));
    let day = day.and_then(|((year, month), day)| Date::new(year, month, day).ok());
    day.map(Some).ok_or_else(|| Fault::Corrupt("a day that does not exist".into()))
}

fn write<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Fault::Refused(error.to_string()))
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Fault::Corrupt(error.to_string()))
}

/// The states by their place in [`State::ALL`]: the order of the way.
fn state_number(state: State) -> i64 {
    State::ALL
        .iter()
        .position(|one| *one == state)
        .and_then(|place| i64::try_from(place).ok())
        .unwrap_or(i64::MAX)
}

fn state(number: i64) -> Result<State> {
    let place = usize::try_from(number).ok();
    place
        .and_then(|place| State::ALL.get(place))
        .copied()
        .ok_or_else(|| Fault::Corrupt("state of a delivery".into()))
}

/// States as the inside of `IN (...)`; numbers of our own, never text from outside.
fn state_list(states: &[State]) -> String {
    states.iter().map(|state| state_number(*state).to_string()).collect::<Vec<_>>().join(", ")
}

fn stage_number(stage: Stage) -> i64 {
    match stage {
        Stage::Draft => 0,
        Stage::Sent => 1,
        Stage::Closed => 2,
        Stage::Published => 3,
    }
}

fn stage(number: i64) -> Result<Stage> {
    [Stage::Draft, Stage::Sent, Stage::Closed, Stage::Published]
        .into_iter()
        .find(|stage| stage_number(*stage) == number)
        .ok_or_else(|| Fault::Corrupt("stage of a case".into()))
}

fn kind_number(kind: CaseKind) -> i64 {
    match kind {
        CaseKind::Survey => 1,
        CaseKind::Inquiry => 2,
        CaseKind::Notice => 3,
        CaseKind::Information => 4,
    }
}

fn kind(number: i64) -> Result<CaseKind> {
    [CaseKind::Survey, CaseKind::Inquiry, CaseKind::Notice, CaseKind::Information]
        .into_iter()
        .find(|kind| kind_number(*kind) == number)
        .ok_or_else(|| Fault::Corrupt("kind of a case".into()))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
