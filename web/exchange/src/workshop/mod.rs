//! The form workshop (調査票の作成): forms with their versions, the checker with line and column, and
//! trying a form out as a desk would see it. Checking and trying change nothing and are open to
//! every desk; adding a form is the ministry's.

mod check;
mod list;
mod save;
mod try_out;

pub(crate) use list::{Known, all, found as found_forms, put_shipped};
pub(crate) use save::{Added, FIXED, add};

use exchange::form::{Form, FormFault, FormRef, shipped};
use people::{Actor, Deed, MINISTRY, Resource};
use store::Conn;
use store::exchange::FormRow;

use crate::Route;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::Shown;
use kit::secrets::hex;
use kit::time;

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
    let shipped = shipped::ALL
        .into_iter()
        .find(|source| Form::read(source).is_ok_and(|form| form.name == *name));
    Ok(shipped.map(str::to_owned))
}

/// What the editor shows of a form that is kept: which text it is. Nothing, where none is kept
/// under this name, or where a case was sent with it and it stays as it is.
pub(crate) fn shown(lang: Lang, kept: Option<&FormRow>) -> Shown {
    let none = Shown::default().by_name();
    let Some(row) = kept.filter(|row| !row.fixed) else { return none };
    let at = time::civil(row.added).strftime("%Y-%m-%d %H:%M").to_string();
    let label = format!(
        "{} {} {}",
        lang.t("登録済みの調査票", "The form that is kept"),
        row.name.id,
        row.name.version
    );
    let text = format!("{at} {}（{}）", row.added_by, &hex(&row.sha256)[..8]);
    none.with(format!("{} {}", row.name.id, row.name.version), label, text)
}

/// What the editor shows of the form whose text this is.
async fn seen_of(conn: &mut Conn, lang: Lang, name: &FormRef) -> Result<String, Refusal> {
    let kept = store::exchange::form(conn, name).await?;
    Ok(shown(lang, kept.as_ref().map(|(row, _)| row)).seen())
}

/// Whether this person may add forms.
fn may_add(by: &Actor) -> bool {
    by.body == MINISTRY && by.permit(Deed::UseExchange, Resource::body(by.body)).is_ok()
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
        let line: String = lines
            .get(fault.line.saturating_sub(1))
            .copied()
            .unwrap_or_default()
            .chars()
            .take(200)
            .collect();
        // Wide characters take the room of two in this type, so the mark stands where they do.
        let before = line.chars().take(fault.column.saturating_sub(1));
        let pad: String =
            before.map(|c| if c == '\t' || c < '\u{1100}' { ' ' } else { '　' }).collect();
        let words = match lang {
            Lang::Ja => fault.what.ja(),
            Lang::En => fault.what.to_string(),
        };
        Found { line: fault.line, column: fault.column, words, excerpt: format!("{line}\n{pad}^") }
    };
    faults.iter().map(one).collect()
}
