//! The form workshop (調査票の作成): forms with their versions, the checker with line and column, and trying a form out as a desk
//! would see it. Checking and trying change nothing and are open to every desk; adding a form is the ministry's.

mod check;
mod list;
mod save;
mod try_out;

pub(crate) use list::{Known, all, found as found_forms, put_shipped};
pub(crate) use save::{Added, FIXED, add};

use exchange::form::{Form, FormFault, FormRef, shipped};
use people::{Action, Actor, MINISTRY, Resource};
use store::Conn;

use crate::Route;
use kit::error::Refusal;
use kit::http::Lang;

pub(super) fn routes() -> Vec<Route> {
    let mut all = list::routes();
    all.extend(check::routes());
    all.extend(try_out::routes());
    all.extend(save::routes());
    all
}

/// Which form, in an address.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Which {
    id: String,
    version: String,
}

/// The text of a form: one that was added, or one that comes with the server.
pub(crate) async fn source_of(conn: &mut Conn, name: &FormRef) -> Result<Option<String>, Refusal> {
    if let Some((_, source)) = store::exchange::form(conn, name).await? {
        return Ok(Some(source));
    }
    let shipped = shipped::ALL.into_iter().find(|source| Form::read(source).is_ok_and(|form| form.name == *name));
    Ok(shipped.map(str::to_owned))
}

/// Whether this person may add forms.
fn may_add(by: &Actor) -> bool {
    by.body == MINISTRY && by.permit(Action::UseExchange, Resource::body(by.body)).is_ok()
}

/// A fault of the checker on a page: where, what, and the line with a mark under the place.
struct Found {
    line: usize,
    column: usize,
    words: String,
    excerpt: String,
}

fn found(source: &str, faults: &[FormFault], lang: Lang) -> Vec<Found> {
    let lines: Vec<&str> = source.lines().collect();
    let one = |fault: &FormFault| {
        let line: String = lines.get(fault.line.saturating_sub(1)).copied().unwrap_or_default().chars().take(200).collect();
        // Wide characters take the room of two in this type, so the mark stands where they do.
        let before = line.chars().take(fault.column.saturating_sub(1));
        let pad: String = before.map(|c| if c == '\t' || c < '\u{1100}' { ' ' } else { '　' }).collect();
        let words = match lang {
            Lang::Ja => fault.what.ja(),
            Lang::En => fault.what.to_string(),
        };
        Found { line: fault.line, column: fault.column, words, excerpt: format!("{line}\n{pad}^") }
    };
    faults.iter().map(one).collect()
}
