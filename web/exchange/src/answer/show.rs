//! The page.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use exchange::draft::{Checked, Typed};
use exchange::form::Kind;
use people::Deed;

use super::draft::{name_of, words};
use super::offers;
use super::{Hand, Place, Standing, Whose};
use crate::Exchange;
use crate::Route;
use crate::fields::{self, Beside, Field, Input, Setting};
use crate::lineage;
use crate::words::{day as words_day, state as state_words};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page_with};

#[derive(Template)]
#[template(path = "exchange/answer.html")]
pub(super) struct Page {
    ctx: Ctx,
    case: String,
    subject: String,
    title: String,
    body: String,
    state: &'static str,
    /// The last day, as it binds the body.
    until: Option<String>,
    query: String,
    /// What follows the case's address on the way back.
    up: String,
    hand: Hand,
    fields: Vec<Field>,
    /// The pairs the page begins with, as JSON.
    base: String,
    /// The saved version: number, when, who.
    saved: Option<(u32, i64, String)>,
    /// Who typed last in the draft, and when.
    draft: Option<(String, i64)>,
    /// Label of the question, and what is wrong; with its anchor.
    faults: Vec<(String, String, String)>,
    missing: usize,
    /// Why nothing was saved.
    refused: Vec<String>,
    /// Question and what was typed, where nothing of it is kept.
    unkept: Vec<(String, String)>,
    /// General remarks of reviewers.
    remarks: Vec<String>,
    minutes: Option<u32>,
    proxy_reason: String,
    part_done: bool,
    /// The bodies last year's figures were put together from, where that is not the body itself.
    predecessors: Vec<String>,
}

/// What else a page shows after something was tried.
#[derive(Default)]
pub(super) struct After {
    pub(super) refused: Vec<String>,
    /// Whether every fault is shown, what is missing too.
    pub(super) all_faults: bool,
    pub(super) proxy_reason: String,
    /// Question and what was typed, where nothing of it is kept.
    pub(super) unkept: Vec<(String, String)>,
}

async fn show(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(whose): Query<Whose>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let place = Place::of(&app, &mut conn, &visit.actor, &case, &whose).await?;
    let standing = Standing::of(&mut conn, &place).await?;
    drop(conn);
    render(&app, visit, &place, standing, StatusCode::OK, After::default()).await
}

/// The page with what stands in the fields.
pub(super) async fn render(
    app: &Exchange,
    visit: SignedIn,
    place: &Place,
    standing: Standing,
    status: StatusCode,
    after: After,
) -> Answer {
    let reader = place.hand == Hand::Reader;
    let saved = place.answer();
    // Who only reads sees what was saved, never what is being typed.
    let typed = match reader {
        true => saved.map(|answer| Typed::of(&place.form, &answer.sheet)).unwrap_or_default(),
        false => standing.whole(place),
    };
    let checked = place.check(&typed);
    let fields = view(app, &visit, place, &standing, &typed, &checked, after.all_faults).await?;
    let label = |id: &str| {
        place.form.question(id).map_or_else(String::new, |question| question.label.clone())
    };
    let ja = visit.ctx.lang.code() == "ja";
    let faults = checked.faults.iter().filter(|fault| after.all_faults || !fault.what.is_missing());
    let faults = faults.map(|fault| {
        let words = if ja { fault.what.ja() } else { fault.what.to_string() };
        (fault.question.to_string(), label(fault.question.as_str()), words)
    });
    let base: Vec<(&str, &str)> = typed.pairs().collect();
    let draft = match (&standing.by, reader) {
        (Some((by, at)), false) => Some((name_of(app, place, by).await?, *at)),
        _ => None,
    };
    let delivery = place.delivery();
    let shown_saved = match saved {
        Some(answer) => Some((
            answer.number,
            answer.at.as_millisecond(),
            name_of(app, place, &answer.by).await?,
        )),
        None => None,
    };
    let until = delivery.deadline.map(|deadline| words_day(visit.ctx.lang, deadline.day()));
    let predecessors = match place.before() {
        Some((form, _)) => {
            let known = app.bodies();
            lineage::predecessors(&known, &mut *app.store.read().await?, place.body(), form.as_of)
                .await?
        }
        None => Vec::new(),
    };
    let page = Page {
        case: place.case().to_string(),
        subject: place.opened.case.letter.subject.clone(),
        title: format!("{} {}", place.form.title, place.form.name.version),
        body: place.name.to_string(),
        state: state_words(visit.ctx.lang, delivery.state),
        until,
        query: place.query(),
        up: if place.query().is_empty() {
            String::new()
        } else {
            format!("/bodies/{}", place.body())
        },
        hand: place.hand.clone(),
        faults: faults.collect(),
        missing: checked.faults.iter().filter(|fault| fault.what.is_missing()).count(),
        base: serde_json::to_string(&base).map_err(|error| Refusal::Internal(error.to_string()))?,
        saved: shown_saved,
        draft,
        refused: after.refused,
        unkept: after.unkept,
        remarks: delivery
            .remarks
            .iter()
            .filter(|remark| remark.question.is_none())
            .map(|remark| remark.text.clone())
            .collect(),
        minutes: place.opened.case.letter.minutes,
        proxy_reason: after.proxy_reason,
        part_done: matches!(
            &place.hand,
            Hand::Part(code) if delivery.parts.get(code).is_some_and(|part| part.done.is_some())),
        predecessors,
        fields,
        ctx: visit.ctx,
    };
    page_with(status, page)
}

async fn view(
    app: &Exchange,
    visit: &SignedIn,
    place: &Place,
    standing: &Standing,
    typed: &Typed,
    checked: &Checked,
    missing_counts: bool,
) -> Result<Vec<Field>, Refusal> {
    let open = place.open();
    let setting = Setting {
        form: &place.form,
        typed,
        checked,
        previous: place.before(),
        open: open.as_ref(),
        missing_counts,
        lang: visit.ctx.lang,
    };
    let mut fields = fields::fields(&setting);
    let delivery = place.delivery();
    let divisions = store::divisions::all(&mut *app.store.read().await?, place.body()).await?;
    let named = |code: &str| {
        divisions
            .iter()
            .find(|one| one.code == code)
            .map_or(code.to_owned(), |one| one.name.to_string())
    };
    for field in &mut fields {
        let about = |remark: &&exchange::case::Remark| {
            remark.question.as_ref().is_some_and(|id| id.as_str() == field.id)
        };
        field.remarks =
            delivery.remarks.iter().filter(about).map(|remark| remark.text.clone()).collect();
        if place.hand == Hand::Desk {
            let part =
                delivery.parts.iter().find(|(_, part)| part.questions.contains(field.id.as_str()));
            field.part = part.map(|(code, _)| named(code)).unwrap_or_default();
        }
    }
    // A division sees its own questions and what they are worked out into; the rest of the form is
    // the desk's.
    if let (Hand::Part(_), Some(open)) = (&place.hand, &open) {
        let parts_of =
            |field: &Field| match place.form.question(&field.id).map(|question| &question.kind) {
                Some(Kind::Computed { value, over, .. }) => {
                    let mut parts =
                        value.questions().chain(over.iter().flat_map(|over| over.questions()));
                    parts.any(|id| open.contains(id))
                }
                _ => open.contains(field.id.as_str()),
            };
        fields.retain(parts_of);
    }
    let mut conn = app.store.read().await?;
    let offers = offers::offers(app, &mut conn, &visit.actor, visit.ctx.lang, place).await?;
    drop(conn);
    offers::show(&mut fields, &offers, place, typed, &checked.sheet, visit);
    if place.hand != Hand::Reader {
        for (at, displaced) in standing.draft.displaced.iter().enumerate() {
            let who = name_of(app, place, &displaced.by).await?;
            if let Some(field) =
                fields.iter_mut().find(|field| field.id == displaced.question.as_str())
            {
                let text =
                    words(&place.form, &displaced.question, &displaced.typed, visit.ctx.lang);
                field.beside.push(Beside { who, text, place: at });
            }
        }
    }
    Ok(fields)
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/exchange/cases/{id}/answer", May(Deed::UseExchange), show)]
}
