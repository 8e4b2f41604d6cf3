//! The work of an import.

use std::collections::BTreeMap;

use audit::Decision;
use axum::body::Bytes;
use exchange::case::{Action, Base, Case, Context, Delivery, Refused, Right, SubmitKey};
use exchange::entry;
use exchange::form::{Form, Kind};
use exchange::import::{Answers, ImportError, ImportFault, Read, headers, read_rows};
use exchange::value::Sheet;
use people::{Actor, BodyCode};

use super::jobs::{Count, End, Job, Told};
use crate::Exchange;
use crate::access::{self, Seat};
use crate::words;
use kit::error::Refusal;
use kit::http::Lang;
use kit::sheet;

/// Most faults that are told of one file.
const MAX_FAULTS: usize = 1_000;

/// Reads, checks and takes a file, or with `look` only says what would be taken.
pub(super) async fn run(
    app: &Exchange,
    by: &Actor,
    job: &Job,
    bytes: Bytes,
    reason: &str,
    key: [u8; 16],
    look: bool,
) -> End {
    match go(app, by, job, bytes, reason, key, look).await {
        Ok(end) => end,
        Err(refusal) => {
            tracing::warn!(error = %refusal, "an import failed");
            let ja = "取り込みの途中で続けられなくなりました。何も取り込まれていません。しばらくしてもう一度お試しください。";
            End::Refused(
                ja.to_owned(),
                "The import could not go on. Nothing was taken; please try again.".to_owned(),
            )
        }
    }
}

async fn go(
    app: &Exchange,
    by: &Actor,
    job: &Job,
    bytes: Bytes,
    reason: &str,
    key: [u8; 16],
    look: bool,
) -> Result<End, Refusal> {
    // Unfolding and reading is work of its own; other requests go on.
    let kept = bytes.clone();
    let read = sheet::reading(by.body, move || sheet::table(&bytes)).await?;
    let table = match read {
        Ok(table) => table,
        Err(fault) => {
            let (ja, en) = fault.words();
            return Ok(End::Refused(ja, en));
        }
    };
    if !table.odd.is_empty() {
        return Ok(odd(table));
    }
    let (sheet, hidden, rows) = (table.sheet, table.hidden, table.rows);
    let mut tx = app.write_as(&by).await?;
    let (seat, case, _) = access::open_case(&mut tx, by, job.case).await?;
    let form = access::form_of(app, &mut tx, &case).await?.ok_or(Refusal::NotFound)?;
    let (right, via) = if seat.ministry() {
        (Right::TakeIn, None)
    } else {
        (Right::Proxy, Some(seat.person.body))
    };
    let deliveries: BTreeMap<BodyCode, Delivery> =
        store::exchange::deliveries(&mut tx, case.id, via)
            .await?
            .into_iter()
            .map(|delivery| (delivery.to.body, delivery))
            .collect();
    let Read { mut answers, lines, empty } =
        match read_rows(&form, &rows, |code| deliveries.contains_key(&code)) {
            Ok(read) => read,
            Err(faults) => {
                let faults = faults.iter().take(MAX_FAULTS).map(told).collect();
                return Ok(End::Faulty { faults, rows });
            }
        };
    let lines: BTreeMap<BodyCode, u32> = lines
        .into_iter()
        .map(|(code, line)| (code, u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX)))
        .collect();
    // What stands already says nothing new: a list that went out can come back. To be taken in is
    // to be handed in, so a draft does not stand, whatever it says.
    let stands = |delivery: &&Delivery| right == Right::Proxy || delivery.handed_in();
    let all = answers.len();
    answers.retain(|code, sheet| {
        let standing = deliveries.get(code).filter(stands);
        let saved = standing.and_then(|delivery| delivery.answer.as_ref());
        saved.is_none_or(|saved| saved.sheet != *sheet)
    });
    let mut count =
        Count { sheet, hidden, same: all - answers.len(), empty: empty.len(), ..Count::default() };
    let past = app.past(&mut tx, &form).await?;
    let before = |code: BodyCode| past.as_ref().and_then(|past| past.of(code));
    let mut faults = check(&form, &answers, &before, &rows, &lines);
    let work = Work { app, seat: &seat, case: &case, form: &form, right, reason, key };
    let mut decided = Vec::with_capacity(answers.len());
    for (code, sheet) in &answers {
        let Some(delivery) = deliveries.get(code) else { continue };
        match work.decide(delivery, sheet, before(*code).as_ref()) {
            Ok(decision) => decided.push((delivery.revision, decision)),
            Err((ja, en)) => {
                faults.push(Told { at: (lines.get(code).copied().unwrap_or(0), 0), en, ja })
            }
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|fault| fault.at);
        faults.truncate(MAX_FAULTS);
        return Ok(End::Faulty { faults, rows });
    }
    let differs = |(code, sheet): &(&BodyCode, &Sheet)| {
        let saved = deliveries.get(code).and_then(|delivery| delivery.answer.as_ref());
        saved.is_some_and(|saved| saved.sheet != **sheet)
    };
    count.changed = answers.iter().filter(differs).count();
    count.new = answers.len() - count.changed;
    if look || answers.is_empty() {
        return Ok(End::Looked { count, bytes: kept, reason: reason.to_owned() });
    }
    job.count(decided.len());
    let mut events = Vec::with_capacity(decided.len());
    for (seen, decision) in decided {
        if !store::exchange::put_delivery(&mut tx, seen, &decision.value, app.now()).await? {
            return Err(Refusal::Conflict("stale"));
        }
        events.extend(decision.events);
        job.step();
    }
    tx.commit(Decision { value: (), events }).await?;
    Ok(End::Taken(count))
}

/// What every row is decided with.
struct Work<'a> {
    app: &'a Exchange,
    seat: &'a Seat,
    case: &'a Case,
    form: &'a Form,
    right: Right,
    reason: &'a str,
    key: [u8; 16],
}

impl Work<'_> {
    fn decide(
        &self,
        delivery: &Delivery,
        sheet: &Sheet,
        previous: Option<&Sheet>,
    ) -> Result<Decision<Delivery>, (String, String)> {
        let permit = self.seat.member().permit(self.right, delivery);
        let permit = permit.map_err(|denied| {
            ("この団体の回答を取り込む権限がありません。".to_owned(), denied.to_string())
        })?;
        let answer = delivery.answer.as_ref();
        let base = Base {
            version: answer.map_or(0, |answer| answer.number),
            sheet: answer.map(|answer| answer.sheet.clone()).unwrap_or_default(),
        };
        let (sheet, reason) = (sheet.clone(), self.reason.to_owned());
        let action = match self.right {
            Right::TakeIn => Action::TakeIn { sheet, reason, key: SubmitKey(self.key) },
            _ => Action::SaveAsProxy { base, sheet, reason },
        };
        let context = Context {
            case: self.case,
            form: Some(self.form),
            previous,
            approval: false,
            seen: delivery.revision,
        };
        let done = delivery.decide(action, &permit, context, access::now(self.app));
        let in_words =
            |lang, refused: &Refused| words::refused(lang, refused, Some(self.form)).join(" ");
        let done =
            done.map_err(|refused| (in_words(Lang::Ja, &refused), in_words(Lang::En, &refused)))?;
        debug_assert!(done.value.reached());
        Ok(done)
    }
}

/// A file with cells that cannot be taken.
fn odd(table: sheet::Table) -> End {
    let told = table.odd.iter().take(MAX_FAULTS).map(|odd| {
        let (ja, en) = odd.words();
        Told { at: (odd.at.0, u16::try_from(odd.at.1).unwrap_or(u16::MAX)), ja, en }
    });
    End::Faulty { faults: told.collect(), rows: table.rows }
}

/// The checks of entry, by the cell where they are to be mended.
fn check(
    form: &Form,
    answers: &Answers,
    before: &dyn Fn(BodyCode) -> Option<Sheet>,
    rows: &[Vec<String>],
    lines: &BTreeMap<BodyCode, u32>,
) -> Vec<Told> {
    let mut told = Vec::new();
    for (code, sheet) in answers {
        for fault in entry::check(form, sheet, before(*code).as_ref()) {
            let Some(question) = form.question(fault.question.as_str()) else { continue };
            let name = match (&question.kind, &fault.cell) {
                (Kind::Grid { rows, columns, .. }, Some((row, column))) => {
                    let label = |lines: &[exchange::form::Line], id: &str| {
                        lines.iter().find(|l| l.id == id).map(|l| l.label.clone())
                    };
                    let (row, column) = (
                        label(rows, row).unwrap_or_default(),
                        label(columns, column).unwrap_or_default(),
                    );
                    format!("{}/{row}/{column}", question.column)
                }
                _ => headers(question).into_iter().next().unwrap_or_default(),
            };
            let line = lines.get(code).copied().unwrap_or(0);
            told.push(Told {
                at: (line, column_of(rows, &name)),
                ja: fault.what.ja(),
                en: fault.what.to_string(),
            });
            if told.len() >= MAX_FAULTS {
                return told;
            }
        }
    }
    told
}

fn told(fault: &ImportFault) -> Told {
    let column = fault.at.and_then(|at| u16::try_from(at).ok()).unwrap_or(0);
    let line = u32::try_from(fault.line.saturating_sub(1)).unwrap_or(u32::MAX);
    let named = |text: String| match (&fault.column, &fault.what) {
        (
            Some(name),
            ImportError::NoColumn | ImportError::UnknownColumn | ImportError::ColumnTwice,
        ) => format!("「{name}」 {text}"),
        _ => text,
    };
    Told { at: (line, column), ja: named(fault.what.ja()), en: named(fault.what.to_string()) }
}

/// The column with this heading, from 0.
fn column_of(rows: &[Vec<String>], name: &str) -> u16 {
    let key = text::key(name);
    let head = rows.iter().find(|row| row.iter().any(|cell| !text::is_blank(cell)));
    let at = head.and_then(|head| {
        let exact = head.iter().position(|cell| cell.trim() == name);
        exact.or_else(|| head.iter().position(|cell| text::key(cell) == key))
    });
    at.and_then(|at| u16::try_from(at).ok()).unwrap_or(0)
}
