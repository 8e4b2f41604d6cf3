//! The work of an import.

use std::collections::BTreeMap;

use audit::Decision;
use axum::body::Bytes;
use exchange::case::{Action, Base, Case, Context, Delivery, Refused, Right, SubmitKey};
use exchange::entry;
use exchange::form::CODE_COLUMN;
use exchange::form::{Form, Kind};
use exchange::import::{Answers, ImportFault, headers, read_rows};
use exchange::value::Sheet;
use people::{Actor, BodyCode};

use super::jobs::{End, Job, Told};
use crate::Exchange;
use crate::access::{self, Seat};
use crate::words;
use kit::error::Refusal;
use kit::http::Lang;
use kit::sheet::{self, SheetFault};

/// Most faults that are told of one file.
const MAX_FAULTS: usize = 1_000;

/// Reads, checks and takes a file; says how it ended.
pub(super) async fn run(
    app: &Exchange,
    by: &Actor,
    job: &Job,
    bytes: Bytes,
    reason: &str,
    key: [u8; 16],
) -> End {
    match go(app, by, job, bytes, reason, key).await {
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
) -> Result<End, Refusal> {
    // Unfolding and reading is work of its own; other requests go on.
    let read = sheet::reading(by.body, move || rows(&bytes)).await?;
    let rows = match read {
        Ok(rows) => rows,
        Err(fault) => return Ok(file_fault(fault)),
    };
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
    let answers = match read_rows(&form, &rows, |code| deliveries.contains_key(&code)) {
        Ok(answers) => answers,
        Err(faults) => {
            let faults = faults.iter().take(MAX_FAULTS).map(|fault| told(&rows, fault)).collect();
            return Ok(End::Faulty { faults, rows });
        }
    };
    let lines = lines(&rows);
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
    job.count(decided.len());
    let mut events = Vec::with_capacity(decided.len());
    let taken = decided.len();
    for (seen, decision) in decided {
        if !store::exchange::put_delivery(&mut tx, seen, &decision.value, app.now()).await? {
            return Err(Refusal::Conflict("stale"));
        }
        events.extend(decision.events);
        job.step();
    }
    tx.commit(Decision { value: (), events }).await?;
    Ok(End::Taken(taken))
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

enum FileFault {
    Sheet(SheetFault),
    Merged(String),
}

/// The rows of a file: a CSV, or the first sheet of a workbook.
fn rows(bytes: &[u8]) -> Result<Vec<Vec<String>>, FileFault> {
    let table = sheet::table(bytes).map_err(FileFault::Sheet)?;
    if !table.formulas.is_empty() {
        return Err(FileFault::Sheet(SheetFault::Formulas(table.formulas)));
    }
    match table.merged {
        Some(cells) => Err(FileFault::Merged(cells)),
        None => Ok(table.rows),
    }
}

fn file_fault(fault: FileFault) -> End {
    let (ja, en) = match fault {
        FileFault::Merged(cells) => {
            let ja = format!("結合されたセル（{cells}）があります。結合を解除してください。");
            return End::Refused(ja, format!("Cells are merged ({cells})."));
        }
        FileFault::Sheet(SheetFault::Formulas(faults)) => {
            let told = faults.iter().take(MAX_FAULTS).filter_map(|fault| {
                let row = u32::try_from(fault.row.saturating_sub(1)).ok()?;
                let column = u16::try_from(fault.column.unwrap_or(0)).ok()?;
                let (ja, en) = (
                    "数式です。値を入力してください。".to_owned(),
                    "A formula, not a value.".to_owned(),
                );
                Some(Told { at: (row, column), ja, en })
            });
            return End::Faulty { faults: told.collect(), rows: Vec::new() };
        }
        FileFault::Sheet(fault) => fault.words(),
    };
    End::Refused(ja.to_owned(), en.to_owned())
}

/// The row of each body, from 0.
fn lines(rows: &[Vec<String>]) -> BTreeMap<BodyCode, u32> {
    let at = rows.first().and_then(|head| head.iter().position(|name| name.trim() == CODE_COLUMN));
    let code = |row: &Vec<String>| row.get(at?)?.trim().parse().ok();
    (0u32..).zip(rows).filter_map(|(line, row)| Some((code(row)?, line))).collect()
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

fn told(rows: &[Vec<String>], fault: &ImportFault) -> Told {
    let column = fault.column.as_deref().map_or(0, |name| column_of(rows, name));
    let line = u32::try_from(fault.line.saturating_sub(1)).unwrap_or(u32::MAX);
    let named = |text: String| match &fault.column {
        Some(name) if fault.line == 1 => format!("「{name}」 {text}"),
        _ => text,
    };
    Told { at: (line, column), ja: named(fault.what.ja()), en: named(fault.what.to_string()) }
}

/// The column with this heading, from 0.
fn column_of(rows: &[Vec<String>], name: &str) -> u16 {
    let at = rows.first().and_then(|head| head.iter().position(|cell| cell.trim() == name));
    at.and_then(|at| u16::try_from(at).ok()).unwrap_or(0)
}
