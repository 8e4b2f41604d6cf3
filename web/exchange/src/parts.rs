//! `/exchange/cases/{id}/parts`: 庁内照会: which division fills in which question.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use exchange::case::{Action, CaseId, Delivery, Part, Right};
use exchange::form::Kind;
use exchange::value::QuestionId;
use jiff::civil::Date;
use people::{Actor, Deed};

use super::access::{Undone, act, case_id, form_of, open, reach};
use super::case::shown::{self, Typed};
use super::words;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, SignedIn, get, page_with, post, see_other};

#[derive(Template)]
#[template(path = "exchange/parts.html")]
struct Page {
    ctx: Ctx,
    id: String,
    subject: String,
    revision: String,
    /// What stands of the delivery, for the field that comes back.
    seen: String,
    until: String,
    lines: Vec<Line>,
    divisions: Vec<(String, String)>,
    asked: Vec<Asked>,
    /// The whole address of the page where a division answers.
    link: String,
    faults: Vec<String>,
}

struct Line {
    id: String,
    label: String,
    division: String,
}

struct Asked {
    name: String,
    questions: usize,
    done: Option<i64>,
}

async fn show(visit: SignedIn, State(app): State<Exchange>, Path(id): Path<String>) -> Answer {
    render(&app, visit, &id, Vec::new(), None, StatusCode::OK).await
}

async fn render(
    app: &Exchange,
    visit: SignedIn,
    id: &str,
    faults: Vec<String>,
    typed: Option<Typed>,
    status: StatusCode,
) -> Answer {
    let mut conn = app.store.read().await?;
    let opened = open(&mut conn, &visit.actor, case_id(id)?, visit.actor.body).await?;
    opened.permit(Right::Circulate)?;
    let form = form_of(app, &mut conn, &opened.case).await?.ok_or(Refusal::NotFound)?;
    let divisions = store::divisions::all(&mut conn, visit.actor.body).await?;
    let parts = &opened.delivery.parts;
    let of = |question: &QuestionId| {
        parts
            .iter()
            .find(|(_, part)| part.questions.contains(question))
            .map(|(code, _)| code.clone())
    };
    // Of a form with a fault stands what it was filled in on.
    let faulty = typed.as_ref().filter(|_| status == StatusCode::UNPROCESSABLE_ENTITY);
    let view = Page {
        id: opened.case.id.to_string(),
        subject: opened.case.letter.subject.clone(),
        revision: match faulty {
            Some(typed) => typed.value("revision").to_owned(),
            None => opened.delivery.revision.to_string(),
        },
        seen: match faulty {
            Some(typed) => typed.seen.clone(),
            None => shown::delivery(visit.ctx.lang, &opened.delivery, true).seen(),
        },
        until: match &typed {
            Some(typed) => typed.value("until").to_owned(),
            None => parts
                .values()
                .find_map(|part| part.until)
                .map(|day| day.to_string())
                .unwrap_or_default(),
        },
        lines: form
            .questions
            .iter()
            .filter(|question| !matches!(question.kind, Kind::Computed { .. }))
            .map(|question| Line {
                id: question.id.to_string(),
                label: question.label.clone(),
                division: match &typed {
                    Some(typed) => typed.value(&format!("q-{}", question.id)).to_owned(),
                    None => of(&question.id).unwrap_or_default(),
                },
            })
            .collect(),
        link: app.site.link(&format!("/exchange/cases/{}/answer", opened.case.id)),
        asked: parts
            .iter()
            .map(|(code, part)| Asked {
                name: divisions
                    .iter()
                    .find(|d| d.code == *code)
                    .map_or(code.clone(), |d| d.name.to_string()),
                questions: part.questions.len(),
                done: part.done.map(|at| at.as_millisecond()),
            })
            .collect(),
        divisions: divisions
            .into_iter()
            .map(|division| (division.code, division.name.to_string()))
            .collect(),
        faults,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// Gives the parts out. What a division has done stays done when its questions stay the same.
async fn ask(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let case = reach(&app, &visit.actor, &id).await?;
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    };
    let revision = field("revision").parse().map_err(|_| Refusal::Malformed("revision"))?;
    let until = match field("until") {
        "" => None,
        text => Some(text.parse::<Date>().map_err(|_| Refusal::Malformed("until"))?),
    };
    let mut given: BTreeMap<String, BTreeSet<QuestionId>> = BTreeMap::new();
    for (name, code) in &fields {
        let Some(question) = name.strip_prefix("q-") else { continue };
        if !code.is_empty() {
            given.entry(code.clone()).or_default().insert(QuestionId::new(question));
        }
    }
    match give_out(&app, &visit.actor, case, revision, until, given).await {
        Ok(_) => Ok(see_other(&format!("/exchange/cases/{id}/parts?done=exchange-done"))),
        Err(Undone::Refused(refused)) => {
            let lang = visit.ctx.lang;
            let typed = Typed::of("", &fields);
            let mut faults = words::refused(lang, &refused, None);
            if refused != exchange::case::Refused::Stale {
                return render(
                    &app,
                    visit,
                    &id,
                    faults,
                    Some(typed),
                    StatusCode::UNPROCESSABLE_ENTITY,
                )
                .await;
            }
            let opened =
                open(&mut *app.store.read().await?, &visit.actor, case, visit.actor.body).await?;
            faults.extend(shown::since(
                lang,
                &typed.seen,
                &shown::delivery(lang, &opened.delivery, true),
            ));
            render(&app, visit, &id, faults, Some(typed), StatusCode::CONFLICT).await
        }
        Err(Undone::Other(refusal)) => Err(refusal),
    }
}

/// Gives questions to divisions, by their codes.
pub(crate) async fn give_out(
    app: &Exchange,
    by: &Actor,
    case: CaseId,
    revision: u64,
    until: Option<Date>,
    given: BTreeMap<String, BTreeSet<QuestionId>>,
) -> Result<Delivery, Undone> {
    let body = by.body;
    let mut conn = app.store.read().await?;
    let opened = open(&mut conn, by, case, body).await?;
    let known: BTreeSet<String> =
        store::divisions::all(&mut conn, body).await?.into_iter().map(|d| d.code).collect();
    drop(conn);
    if !given.keys().all(|code| known.contains(code)) {
        return Err(Refusal::NotFound.into());
    }
    let parts = given.into_iter().map(|(code, questions)| {
        let before =
            opened.delivery.parts.get(&code).filter(|before| before.questions == questions);
        let done = before.and_then(|before| before.done);
        (code, Part { questions, until, done })
    });
    let action = Action::Circulate { parts: parts.collect() };
    act(app, by, case, body, Some(revision), action).await
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![get("/exchange/cases/{id}/parts", may, show), post("/exchange/cases/{id}/parts", may, ask)]
}
