//! Documents as PDF: what the book knows, put into the words and columns of a town hall's papers,
//! and printed by `noren-press`.
//!
//! An area says what stands on a paper (`paper::Paper`); [`pdf`] gives its bytes from anywhere, and
//! [`file`] the answer of a handler.

mod turns;

use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use paper::{Fault, Paper, Press};
use people::{BodyCode, StaffId};

use crate::error::{Most, Refusal};

/// How long a document may wait for its turn and be printed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Prints a document on a thread of its own, one at a time, for somebody who has not too many in
/// the making already.
///
/// # Errors
/// [`Refusal::Unavailable`] when the machine has no Japanese font, too much is waiting, or too much
/// of the same person or body is;
/// [`Refusal::TooLarge`].
pub async fn pdf(paper: Paper, whose: (BodyCode, StaffId)) -> Result<Vec<u8>, Refusal> {
    let printing = async {
        let turn = turns::TURNS.wait(whose.0, whose.1).await?;
        let printed = tokio::task::spawn_blocking(move || {
            // Held until the document is done, even if nobody waits for it any more.
            let _turn = turn;
            print(&paper)
        });
        printed.await.map_err(|error| Refusal::Internal(error.to_string()))?.map_err(refusal)
    };
    tokio::time::timeout(PATIENCE, printing)
        .await
        .unwrap_or(Err(Refusal::Unavailable("paper_busy")))
}

/// Prints a document and waits for it: for commands.
///
/// # Errors
/// [`Fault`].
pub fn print(paper: &Paper) -> Result<Vec<u8>, Fault> {
    Press::beside_this_program()?.print(paper)
}

/// A PDF to be kept as a file. The name is ours: letters, digits, `-`.
#[must_use]
pub fn file(name: &str, bytes: Vec<u8>) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/pdf");
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}

fn refusal(fault: Fault) -> Refusal {
    match fault {
        Fault::NoJapaneseFont => {
            tracing::error!("{fault}");
            Refusal::Unavailable("paper_font")
        }
        Fault::NoPress(_) => {
            tracing::error!("{fault}");
            Refusal::Unavailable("paper_press")
        }
        Fault::TooLarge => Refusal::TooLarge(Most::Pages(paper::MAX_PAGES)),
        Fault::Slow => Refusal::Unavailable("paper_busy"),
        Fault::Failed(_) => Refusal::Internal(fault.to_string()),
    }
}

/// A date as papers write it, in the era of the day: 令和8年11月23日. Before Reiwa, by the common
/// era.
#[must_use]
pub fn date(day: jiff::civil::Date) -> String {
    format!("{}{}月{}日", year(day), day.month(), day.day())
}

/// 令和8年, for a day in it.
#[must_use]
pub fn year(day: jiff::civil::Date) -> String {
    match day.year() {
        _ if day < jiff::civil::date(2019, 5, 1) => format!("{}年", day.year()),
        2019 => "令和元年".to_owned(),
        year => format!("令和{}年", year - 2018),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as on;

    #[test]
    fn years_are_named_by_their_era() {
        assert_eq!(date(on(2019, 4, 30)), "2019年4月30日");
        assert_eq!(date(on(2019, 5, 1)), "令和元年5月1日");
        assert_eq!(date(on(2021, 10, 1)), "令和3年10月1日");
    }
}
