//! The form as a workbook, out and in, whoever asks: a page or a program.

use std::collections::BTreeMap;

use axum::body::Bytes;
use exchange::case::Delivery;
use exchange::draft::Typed;
use exchange::entry::EntryError;
use exchange::value::Sheet;
use people::Actor;
use serde::{Deserialize, Serialize};
use store::Conn;
use store::exchange::DraftKey;

use super::entry::decide;
use super::{Hand, Place, Standing, Whose};
use crate::Exchange;
use crate::bodies::{changes, lines};
use crate::book::{self, CellFault, CellProblem, Marked, Subject};
use crate::words;
use kit::error::Refusal;
use kit::http::Lang;
use kit::limit::UPLOAD;
use kit::sheet;

/// What a workbook holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    /// The questions alone.
    Empty,
    /// What stands in the fields now, for who enters; what was saved, for who reads.
    Filled,
    /// What the last refused workbook held, with its faults marked.
    Marked,
}

/// What became of a workbook.
pub(crate) enum Taken {
    /// Saved as a version.
    Saved(Box<Delivery>),
    /// Somebody is typing: laid over that draft, to be looked at and saved.
    Laid,
    /// Nothing of it was taken; a marked copy lies ready.
    Faulty(Vec<CellFault>),
    /// It is no workbook of this answer: why, in Japanese and English.
    Unread((String, String)),
    /// It is not saved, in words.
    Refused(String),
}

/// What a good workbook would do to what stands in the fields now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Question, what stands there, what the workbook says; of what is new, otherwise or gone.
    pub(crate) changes: Vec<(String, String, String)>,
    /// Answers that stand already.
    pub(crate) same: usize,
    /// Questions that are still to be answered.
    pub(crate) missing: usize,
    /// Whether somebody's draft lies here, over which the workbook would be laid.
    pub(crate) draft: bool,
}

impl Look {
    /// Answers to what has none.
    pub(crate) fn new_ones(&self) -> usize {
        self.changes.iter().filter(|(_, before, _)| before.is_empty()).count()
    }

    /// Answers that go.
    pub(crate) fn gone(&self) -> usize {
        self.changes.iter().filter(|(_, _, after)| after.is_empty()).count()
    }

    /// Answers in the place of others.
    pub(crate) fn changed(&self) -> usize {
        self.changes.len() - self.new_ones() - self.gone()
    }
}

/// What the last refused workbook held, for its marked copy.
#[derive(Serialize, Deserialize)]
struct Kept {
    typed: BTreeMap<String, String>,
    faults: Vec<(String, String)>,
}

/// A workbook of an answer, with the name to keep it under.
pub(crate) async fn made(
    app: &Exchange,
    by: &Actor,
    case: &str,
    whose: &Whose,
    content: Content,
) -> Result<(String, Vec<u8>), Refusal> {
    let mut conn = app.store.read().await?;
    let place = Place::of(app, &mut conn, by, case, whose).await?;
    let mut kept = None;
    let (stem, sheet) = match content {
        Content::Empty => ("empty", Sheet::default()),
        Content::Filled if place.hand == Hand::Reader => {
            ("filled", place.answer().map(|answer| answer.sheet.clone()).unwrap_or_default())
        }
        Content::Filled => {
            ("filled", Standing::of(&mut conn, &place).await?.whole(&place).read(&place.form).sheet)
        }
        Content::Marked => {
            let row = store::exchange::draft(&mut conn, &marked_key(&place))
                .await?
                .ok_or(Refusal::NotFound)?;
            kept = Some(serde_json::from_str::<Kept>(&row.content).map_err(|_| Refusal::NotFound)?);
            ("marked", Sheet::default())
        }
    };
    drop(conn);
    let name = format!("{}-{}-{stem}.xlsx", place.case(), place.body());
    let made = tokio::task::spawn_blocking(move || {
        let body_name = body_name(&place);
        let subject = Subject { form: &place.form, body: place.body(), body_name: &body_name };
        let marked = kept.as_ref().map(|kept| Marked { typed: &kept.typed, faults: &kept.faults });
        book::write(&subject, &sheet, place.previous.as_ref().map(|(_, sheet)| sheet), marked)
    });
    let internal = |error: String| Refusal::Internal(error);
    let bytes = made
        .await
        .map_err(|error| internal(error.to_string()))?
        .map_err(|error| internal(error.to_string()))?;
    Ok((name, bytes))
}

/// Takes a workbook in: whole and good as a version, or not at all.
pub(crate) async fn taken(
    app: &Exchange,
    by: &Actor,
    lang: Lang,
    case: &str,
    whose: &Whose,
    bytes: Bytes,
) -> Result<Taken, Refusal> {
    match read(app, by, case, whose, bytes).await? {
        Ok((sheet, _)) => save(app, by, lang, case, whose, &sheet).await,
        Err(why) => Ok(why),
    }
}

/// What taking a workbook in would do; a faulty one is kept for its marked copy all the same.
pub(crate) async fn looked(
    app: &Exchange,
    by: &Actor,
    lang: Lang,
    case: &str,
    whose: &Whose,
    bytes: Bytes,
) -> Result<Result<Look, Taken>, Refusal> {
    let (sheet, missing) = match read(app, by, case, whose, bytes).await? {
        Ok(read) => read,
        Err(why) => return Ok(Err(why)),
    };
    let mut conn = app.store.read().await?;
    let place = Place::of(app, &mut conn, by, case, whose).await?;
    let standing = Standing::of(&mut conn, &place).await?;
    drop(conn);
    let before = standing.whole(&place).read(&place.form).sheet;
    let changes = changes(&place.form, Some(&before), &sheet, lang);
    let answered = lines(&place.form, &sheet, None, lang);
    let answered = answered.iter().filter(|line| !line.value.is_empty()).count();
    let kept = changes.iter().filter(|(_, _, after)| !after.is_empty()).count();
    let (same, draft) = (answered.saturating_sub(kept), standing.by.is_some());
    Ok(Ok(Look { changes, same, missing, draft }))
}

/// The answers in a workbook and how many are missing, or why nothing of it can be taken.
async fn read(
    app: &Exchange,
    by: &Actor,
    case: &str,
    whose: &Whose,
    bytes: Bytes,
) -> Result<Result<(Sheet, usize), Taken>, Refusal> {
    app.limiter.take(UPLOAD, &by.id.to_string(), app.now()).map_err(Refusal::TooMany)?;
    let mut conn = app.store.read().await?;
    let place = Place::of(app, &mut conn, by, case, whose).await?;
    drop(conn);
    if place.hand != Hand::Desk {
        return Err(Refusal::Conflict("not_editable"));
    }
    if bytes.is_empty() {
        return Ok(Err(Taken::Unread((
            "ファイルを選んでください。".to_owned(),
            "Please choose a file.".to_owned(),
        ))));
    }
    // Unfolding and reading is work of its own; other requests go on.
    let (place, read) = sheet::reading(by.body, move || {
        let name = body_name(&place);
        let subject = Subject { form: &place.form, body: place.body(), body_name: &name };
        let read = book::read(&bytes, &subject, place.previous.as_ref().map(|(_, sheet)| sheet));
        (place, read)
    })
    .await?;
    let answer = match read {
        Ok(answer) => answer,
        Err(fault) => return Ok(Err(Taken::Unread(fault.words()))),
    };
    // What is only not answered yet is no fault of the workbook: the rest may follow on the page.
    let missing = |what: &CellProblem| matches!(what, CellProblem::Entry(EntryError::Required));
    if answer.faults.iter().any(|fault| !missing(&fault.what)) {
        let faults =
            answer.faults.iter().map(|fault| (fault.cell.clone(), fault.what.ja())).collect();
        keep_marked(app, by, &place, &Kept { typed: answer.typed, faults }).await?;
        return Ok(Err(Taken::Faulty(
            answer.faults.into_iter().filter(|fault| !missing(&fault.what)).collect(),
        )));
    }
    // Whoever sends the empty workbook back has chosen the wrong file: what is saved stays.
    if answer.sheet == Sheet::default() {
        return Ok(Err(Taken::Unread((
            "このブックには回答が1つも入力されていません。何も保存していません。入力したブックを選んでください。"
                .to_owned(),
            "There is no answer in this workbook. Nothing was saved.".to_owned(),
        ))));
    }
    Ok(Ok((answer.sheet, answer.faults.len())))
}

/// Saves a whole answer as a version; where somebody is typing, lays it over that draft.
pub(crate) async fn save(
    app: &Exchange,
    by: &Actor,
    lang: Lang,
    case: &str,
    whose: &Whose,
    sheet: &Sheet,
) -> Result<Taken, Refusal> {
    let mut tx = app.write_in(whose.code(by)?.chain(), by).await?;
    let place = Place::of(app, &mut tx, by, case, whose).await?;
    if place.hand != Hand::Desk {
        return Err(Refusal::Conflict("not_editable"));
    }
    let standing = Standing::of(&mut tx, &place).await?;
    store::exchange::remove_draft(&mut tx, &marked_key(&place)).await?;
    let mine = Typed::of(&place.form, sheet);
    if standing.by.is_some() && standing.draft.typed != mine {
        let (typist, at) = standing.typist(&place);
        let (draft, _) = standing.draft.lay(standing.saved(), &mine, &typist, at);
        let row = standing.row(&draft, by.login.as_str(), app.now())?;
        store::exchange::put_draft(&mut tx, &place.key(), &row).await?;
        tx.keep(()).await?;
        return Ok(Taken::Laid);
    }
    match decide(app, &mut tx, &place, sheet.clone(), false, "").await? {
        Ok(decision) => {
            if !store::exchange::put_delivery(
                &mut tx,
                place.delivery().revision,
                &decision.value,
                app.now(),
            )
            .await?
            {
                return Err(Refusal::Conflict("stale"));
            }
            store::exchange::remove_draft(&mut tx, &place.key()).await?;
            Ok(Taken::Saved(Box::new(tx.commit(decision).await?)))
        }
        Err(refused) => {
            let words = words::refused(lang, &refused, Some(&place.form));
            Ok(Taken::Refused(words.join(" ")))
        }
    }
}

async fn keep_marked(
    app: &Exchange,
    by: &Actor,
    place: &Place,
    kept: &Kept,
) -> Result<(), Refusal> {
    let key = marked_key(place);
    let content =
        serde_json::to_string(kept).map_err(|error| Refusal::Internal(error.to_string()))?;
    let mut tx = app.write_in(place.body().chain(), by).await?;
    store::exchange::remove_draft(&mut tx, &key).await?;
    let row = store::exchange::Draft {
        revision: 0,
        base: 0,
        by: by.login.to_string(),
        at: app.now(),
        content,
    };
    store::exchange::put_draft(&mut tx, &key, &row).await?;
    // A file that was refused is no act; it is kept so that its faults can be shown in it.
    Ok(tx.keep(()).await?)
}

/// Whether a marked copy of a refused workbook lies ready.
pub(super) async fn is_marked(conn: &mut Conn, place: &Place) -> Result<bool, Refusal> {
    Ok(store::exchange::draft(conn, &marked_key(place)).await?.is_some())
}

/// Where the refused workbook lies: no division has such a code.
fn marked_key(place: &Place) -> DraftKey {
    DraftKey { part: "/marked".to_owned(), ..place.key() }
}

pub(super) fn body_name(place: &Place) -> String {
    place.name.to_string()
}
