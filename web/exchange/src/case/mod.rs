//! `/exchange/cases/{id}`: the letter, its files, the questions, and the own desk's steps. A
//! ministry's draft is edited here.

pub(crate) mod attachments;
pub(crate) mod call;
pub mod draft;
pub(crate) mod shown;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use exchange::case::{Case, CaseAction, CaseStep, Delivery, Refused, Right, Step, Steps, today};
use people::Deed;
use serde::Deserialize;

use self::shown::Typed;
use crate::Exchange;
use crate::Route;
use crate::access::{self, Opened, Undone, act_on_case, case_id, now, open_case, watches};
use crate::tables::SETTLED;
use crate::words;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, SignedIn, get, page_with, post, see_other};
use kit::secrets::hex;

#[derive(Template)]
#[template(path = "exchange/case.html")]
struct Page {
    ctx: Ctx,
    id: String,
    case: Case,
    kind: &'static str,
    stage: &'static str,
    path: &'static str,
    duty: &'static str,
    date: String,
    files: Vec<attachments::FileLine>,
    questions: Vec<QuestionLine>,
    faults: Vec<String>,
    own: Option<Own>,
    watches: bool,
    ministry: bool,
    /// Whether its form has tables.
    tables: bool,
    /// Whether they are published, for everybody the case went to.
    results: bool,
    /// Whether this body's own answer is among those of its size.
    compares: bool,
    steps: Steps<CaseStep>,
    /// What stands of the case as a whole, for the fields that come back.
    seen: String,
    typed: Typed,
}

impl Page {
    /// What was typed into the answer to a question.
    fn reply(&self, place: &usize) -> &str {
        self.typed.field(&format!("reply-{place}"), "text")
    }
}

struct QuestionLine {
    place: usize,
    question: String,
    answer: Option<String>,
    own: bool,
}

/// What the own desk sees of its delivery and can do.
struct Own {
    state: &'static str,
    chip: &'static str,
    revision: u64,
    /// What stands of the delivery, for the fields that come back.
    seen: String,
    due: String,
    left: String,
    late: bool,
    note: Option<String>,
    remarks: Vec<(String, String)>,
    extension: Option<(String, String)>,
    refused: Option<String>,
    receipts: Vec<ReceiptLine>,
    files: Vec<attachments::FileLine>,
    parts: Vec<(String, bool)>,
    key: String,
    steps: Steps,
    /// Why this person does not approve it, though it waits for an approval.
    not_approving: Option<String>,
    attach: bool,
    read: bool,
    versions: bool,
}

pub(super) struct ReceiptLine {
    pub(super) number: String,
    pub(super) at: i64,
    pub(super) version: u32,
    pub(super) late: bool,
}

async fn show(visit: SignedIn, State(app): State<Exchange>, Path(id): Path<String>) -> Answer {
    render(&app, visit, &id, Vec::new(), Typed::default(), StatusCode::OK).await
}

/// The page as it now is, with what was refused on top and what was typed in its place.
pub(super) async fn render(
    app: &Exchange,
    visit: SignedIn,
    id: &str,
    faults: Vec<String>,
    typed: Typed,
    status: StatusCode,
) -> Answer {
    let id = case_id(id)?;
    let mut conn = app.store.read().await?;
    let (seat, case, delivery) = open_case(&mut conn, &visit.actor, id).await?;
    if case.is_draft() {
        return draft::render(app, visit, case, None, faults, status).await;
    }
    let lang = visit.ctx.lang;
    let form = access::form_of(app, &mut conn, &case).await?;
    let tables = form.as_deref().is_some_and(crate::tables::has_tables);
    let results = tables && case.is_published();
    let counted = |own: &Delivery| own.answer.is_some() && SETTLED.contains(&own.state);
    let compares = results
        && delivery.as_ref().is_some_and(counted)
        && form.is_some_and(|form| !form.rows.is_empty());
    let steps = seat.member().possible_case(&case, delivery.as_ref());
    let own = match delivery {
        Some(delivery) => {
            let (seat, case) = (seat.clone(), case.clone());
            Some(own(app, &mut conn, &visit, &Opened { seat, case, delivery }).await?)
        }
        None => None,
    };
    let asked_here = |code| code == seat.person.body;
    let view = Page {
        id: id.to_string(),
        kind: words::kind(lang, case.kind),
        stage: words::stage(lang, case.stage),
        path: words::path(lang, case.path),
        duty: words::duty(lang, case.letter.duty),
        date: words::day(lang, case.letter.date),
        files: attachments::lines(&mut conn, id, None).await?,
        questions: (case.questions.iter().enumerate())
            .map(|(place, one)| QuestionLine {
                place,
                question: one.question.clone(),
                answer: one.answer.clone(),
                own: asked_here(one.asked_by),
            })
            .collect(),
        faults,
        watches: watches(&mut conn, &seat, id).await?,
        ministry: seat.ministry(),
        tables,
        results,
        compares,
        steps,
        seen: shown::case(lang, &case).seen(),
        typed,
        own,
        case,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

async fn own(
    app: &Exchange,
    conn: &mut store::Conn,
    visit: &SignedIn,
    opened: &Opened,
) -> Result<Own, Refusal> {
    let lang = visit.ctx.lang;
    let Opened { seat, case, delivery } = opened;
    let may = |right| opened.may(right);
    let today = today(now(app));
    let state = delivery.state;
    let due = delivery.deadline.map(|deadline| deadline.day());
    let waits = case.is_open() && state.awaits_the_body();
    let form = access::form_of(app, conn, case).await?;
    let label = |id: &Option<exchange::value::QuestionId>| {
        id.as_ref().map_or(String::new(), |id| {
            form.as_ref()
                .and_then(|form| form.question(id.as_str()))
                .map_or(id.to_string(), |q| q.label.clone())
        })
    };
    let divisions = store::divisions::all(conn, delivery.to.body).await?;
    let name = |code: &str| {
        divisions.iter().find(|d| d.code == code).map_or(code.to_owned(), |d| d.name.to_string())
    };
    let approval = seat.desks.approval;
    let not_approving = opened.bar(Step::Approve, form.as_deref(), approval);
    let attach = opened.permit(Right::Enter).is_ok_and(|permit| {
        let context = access::standing(case, delivery, form.as_deref(), approval);
        delivery.takes_files(&permit, &context).is_ok()
    });
    let answered = delivery.answer.is_some();
    Ok(Own {
        state: words::state(lang, state),
        chip: words::chip(state),
        revision: delivery.revision,
        seen: shown::delivery(lang, delivery, true).seen(),
        due: due.map(|due| words::day(lang, due)).unwrap_or_default(),
        left: due.filter(|_| waits).map(|due| words::left(lang, today, due)).unwrap_or_default(),
        late: waits && due.is_some_and(|due| due < today),
        note: delivery.note.clone(),
        remarks: delivery
            .remarks
            .iter()
            .map(|remark| (label(&remark.question), remark.text.clone()))
            .collect(),
        extension: delivery
            .extension
            .as_ref()
            .map(|asked| (words::day(lang, asked.until), asked.reason.clone())),
        refused: delivery.extension_refused.clone(),
        receipts: receipts(delivery),
        files: attachments::lines(conn, case.id, Some(delivery.to.body)).await?,
        parts: delivery
            .parts
            .iter()
            .map(|(code, part)| (name(code), part.done.is_some()))
            .collect(),
        key: hex(&app.random::<16>()),
        steps: opened.steps(form.as_deref(), approval),
        not_approving: not_approving
            .filter(|why| *why == Refused::OwnEntry)
            .map(|why| words::refused(lang, &why, None).join(" ")),
        attach,
        read: answered && form.is_some(),
        // Who fills in a part sees that part, not what the desk saved.
        versions: answered
            && form.is_some()
            && (may(Right::Enter) || may(Right::Approve) || !may(Right::EnterPart)),
    })
}

pub(super) fn receipts(delivery: &Delivery) -> Vec<ReceiptLine> {
    let line = |receipt: &exchange::case::Receipt| ReceiptLine {
        number: receipt.number.to_string(),
        at: receipt.at.as_millisecond(),
        version: receipt.version,
        late: receipt.late,
    };
    delivery.receipts.iter().rev().map(line).collect()
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stepped {
    /// What the form showed.
    seen: String,
    act: String,
    revision: u64,
    reason: String,
}

/// 確定, 再開, 公表
async fn stage(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(id): Path<String>,
    Form(step): Form<Stepped>,
) -> Answer {
    access::reach(&app, &visit.actor, &id).await?;
    let fields = vec![("reason".to_owned(), step.reason.clone())];
    let typed = Typed { act: step.act.clone(), seen: step.seen, whole: true, fields };
    let action = match step.act.as_str() {
        "close" => CaseAction::Close,
        "reopen" => CaseAction::Reopen { reason: step.reason },
        "publish" => CaseAction::Publish,
        _ => return Err(Refusal::Malformed("act")),
    };
    let done = act_on_case(&app, &visit.actor, case_id(&id)?, step.revision, action).await;
    finish(&app, visit, &id, "exchange-done", typed, done.map(|_| ())).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Question {
    text: String,
}

/// A body asks, for everybody to read.
async fn ask(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(id): Path<String>,
    Form(asked): Form<Question>,
) -> Answer {
    let fields = vec![("text".to_owned(), asked.text.clone())];
    let typed = Typed { act: "ask".to_owned(), fields, ..Typed::default() };
    let done = put_question(&app, &visit.actor, &id, asked.text).await;
    finish(&app, visit, &id, "exchange-done", typed, done).await
}

pub(crate) async fn put_question(
    app: &Exchange,
    by: &people::Actor,
    id: &str,
    text: String,
) -> Result<(), Undone> {
    let id = case_id(id)?;
    let mut tx = app.write_in(people::MINISTRY.chain(), by).await?;
    let (seat, case, own) = open_case(&mut tx, by, id).await?;
    let delivery = match own {
        Some(own) => own,
        // A prefecture may ask for its municipalities.
        None => {
            let filter = store::exchange::BoardFilter {
                via: Some(seat.person.body),
                limit: 1,
                ..Default::default()
            };
            let row = store::exchange::board_rows(&mut tx, id, &filter)
                .await?
                .into_iter()
                .next()
                .ok_or(Refusal::NotFound)?;
            store::exchange::delivery(&mut tx, id, row.body).await?.ok_or(Refusal::NotFound)?
        }
    };
    let permit = seat.permit(Right::AskQuestion, &delivery)?;
    let decision = case.ask(text, &permit, now(app))?;
    if !store::exchange::put_case(&mut tx, case.revision, &decision.value).await? {
        return Err(Refused::Stale.into());
    }
    tx.commit(decision).await?;
    Ok(())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Reply {
    /// What the form showed.
    seen: String,
    text: String,
    revision: u64,
}

async fn reply(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((id, place)): Path<(String, String)>,
    Form(given): Form<Reply>,
) -> Answer {
    let question = place.parse::<usize>().map_err(|_| Refusal::NotFound)?;
    let fields = vec![("text".to_owned(), given.text.clone())];
    let typed = Typed { act: format!("reply-{question}"), seen: given.seen, whole: true, fields };
    let action = CaseAction::Answer { question, answer: given.text };
    let done = act_on_case(&app, &visit.actor, case_id(&id)?, given.revision, action).await;
    finish(&app, visit, &id, "exchange-done", typed, done.map(|_| ())).await
}

/// Back to the page: with a word of what was done, or with why it was not and what was typed.
/// Whoever comes second is told what changed.
pub(super) async fn finish(
    app: &Exchange,
    visit: SignedIn,
    id: &str,
    said: &str,
    typed: Typed,
    done: Result<(), Undone>,
) -> Answer {
    match done {
        Ok(()) => Ok(see_other(&format!("/exchange/cases/{id}?done={said}"))),
        Err(undone) => {
            let refused = undone.refused()?;
            let id_ = case_id(id)?;
            let mut conn = app.store.read().await?;
            let form = match store::exchange::case(&mut conn, id_).await? {
                Some(case) => access::form_of(app, &mut conn, &case).await?,
                None => None,
            };
            drop(conn);
            let refused = match refused {
                // People know the name of a division, not its code.
                Refused::PartOpen(code) => {
                    let divisions =
                        store::divisions::all(&mut *app.store.read().await?, visit.actor.body)
                            .await?;
                    let name = divisions
                        .iter()
                        .find(|division| division.code == code)
                        .map(|found| found.name.to_string());
                    Refused::PartOpen(name.unwrap_or(code))
                }
                other => other,
            };
            let lang = visit.ctx.lang;
            let mut faults = words::refused(lang, &refused, form.as_deref());
            if refused != Refused::Stale {
                return render(app, visit, id, faults, typed, StatusCode::UNPROCESSABLE_ENTITY)
                    .await;
            }
            let mut conn = app.store.read().await?;
            let (_, case, own) = open_case(&mut conn, &visit.actor, id_).await?;
            drop(conn);
            let stands = match own.filter(|_| !typed.whole) {
                Some(own) => shown::delivery(lang, &own, true),
                None => shown::case(lang, &case),
            };
            faults.extend(shown::since(lang, &typed.seen, &stands));
            render(app, visit, id, faults, typed, StatusCode::CONFLICT).await
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/cases/{id}", may, show),
        post("/exchange/cases/{id}/stage", may, stage),
        post("/exchange/cases/{id}/questions", may, ask),
        post("/exchange/cases/{id}/questions/{name}", may, reply),
    ]
}
