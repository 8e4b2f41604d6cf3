//! The pages: choosing a file, watching it being taken, and what came of it.

use std::sync::Arc;

use askama::Template;
use axum::Json as Said;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use exchange::case::{Case, Right};
use people::{Actor, Deed};
use store::Conn;

use super::jobs::{Count, End, ImportId, Job};
use super::marked::{cell, marked};
use super::run::run;
use crate::Exchange;
use crate::Route;
use crate::access::{self, Seat};
use crate::download::as_download;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{
    Answer, Ctx, Form, Lang, Nothing, SignedIn, Upload, get, page, page_with, post, see_other,
};
use kit::limit::UPLOAD;
use kit::sheet::XLSX;

/// Most faults on the page; all of them are in the marked copy.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "exchange/import.html")]
struct Choose {
    ctx: Ctx,
    case: String,
    subject: String,
    ministry: bool,
    reason: String,
    refused: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "exchange/import_job.html")]
struct Watch {
    ctx: Ctx,
    case: String,
    job: String,
    done: usize,
    total: usize,
    end: Option<Ended>,
}

/// How it ended, in the page's language.
struct Ended {
    taken: Option<Count>,
    looked: Option<Count>,
    refused: Option<String>,
    faults: Vec<(String, String)>,
    more: usize,
    marked: bool,
}

/// The case, for who may take in answers for others; 404 for everybody else.
pub(crate) async fn open(conn: &mut Conn, by: &Actor, case: &str) -> Result<(Seat, Case), Refusal> {
    let id = access::case_id(case)?;
    let (seat, case, _) = access::open_case(conn, by, id).await?;
    if seat.ministry() {
        seat.permit_case(Right::TakeIn, &case)?;
    } else if !access::watches(conn, &seat, id).await? {
        return Err(Refusal::NotFound);
    }
    if case.form.is_none() {
        return Err(Refusal::NotFound);
    }
    Ok((seat, case))
}

async fn choose(visit: SignedIn, State(app): State<Exchange>, Path(case): Path<String>) -> Answer {
    let mut conn = app.store.read().await?;
    let (seat, found) = open(&mut conn, &visit.actor, &case).await?;
    let subject = found.letter.subject;
    page(Choose {
        case,
        subject,
        ministry: seat.ministry(),
        reason: String::new(),
        refused: None,
        ctx: visit.ctx,
    })
}

async fn start(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    upload: Upload,
) -> Answer {
    app.limiter.take(UPLOAD, &visit.actor.id.to_string(), app.now()).map_err(Refusal::TooMany)?;
    let mut conn = app.store.read().await?;
    let (seat, found) = open(&mut conn, &visit.actor, &case).await?;
    drop(conn);
    let reason =
        upload.fields.get("reason").map(|reason| reason.trim().to_owned()).unwrap_or_default();
    let refused = match &upload.file {
        None => Some(("ファイルを選んでください。", "Please choose a file.")),
        Some(_) if reason.is_empty() => {
            Some(("理由を入力してください。", "Please say why you enter it."))
        }
        Some(_) => None,
    };
    let (Some(file), None) = (upload.file, refused) else {
        let page = Choose {
            case,
            subject: found.letter.subject,
            ministry: seat.ministry(),
            reason,
            refused,
            ctx: visit.ctx,
        };
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let id = begin(&app, &visit.actor, &found, file.bytes, reason, true)?;
    Ok(see_other(&format!("/exchange/cases/{case}/import/{id}")))
}

/// Takes what a look found: the same file, read and checked anew.
async fn take(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((case, job)): Path<(String, String)>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let (_, found) = open(&mut conn, &visit.actor, &case).await?;
    drop(conn);
    let looked = app.imports.find(&job, visit.actor.id, found.id)?;
    let Some(End::Looked { bytes, reason, .. }) = looked.end().as_deref().cloned() else {
        return Err(Refusal::Conflict("stale"));
    };
    let id = begin(&app, &visit.actor, &found, bytes, reason, false)?;
    Ok(see_other(&format!("/exchange/cases/{case}/import/{id}")))
}

/// Begins the work beside the request, or with `look` only says what would be taken; answers the
/// number of the import, for who began it alone.
pub(crate) fn begin(
    app: &Exchange,
    by: &Actor,
    case: &Case,
    bytes: Bytes,
    reason: String,
    look: bool,
) -> Result<String, Refusal> {
    let (id, key) = (ImportId(app.random()), app.random::<16>());
    let job = app.imports.begin(id, by.id, case.id, app.now())?;
    let (app, by) = (app.clone(), by.clone());
    tokio::spawn(async move {
        // Whatever happens to the work, the page is told that it is over.
        let guard = Guard(job.clone());
        let end = run(&app, &by, &job, bytes, &reason, key, look).await;
        job.over(end);
        drop(guard);
        app.imports.sweep(app.now());
    });
    Ok(id.to_string())
}

/// Ends a job whose work was dropped on the way.
struct Guard(Arc<Job>);

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0.end().is_none() {
            let ja = "取り込みが中断されました。何も取り込まれていません。";
            self.0.over(End::Refused(
                ja.to_owned(),
                "The import was cut off. Nothing was taken.".to_owned(),
            ));
        }
    }
}

async fn watch(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((case, job)): Path<(String, String)>,
) -> Answer {
    let found = app.imports.find(&job, visit.actor.id, access::case_id(&case)?)?;
    let (done, total) = found.progress();
    let end = found.end().map(|end| ended(&end, &visit.ctx));
    page(Watch { case, job, done, total, end, ctx: visit.ctx })
}

fn ended(end: &End, ctx: &Ctx) -> Ended {
    let nothing = Ended {
        taken: None,
        looked: None,
        refused: None,
        faults: Vec::new(),
        more: 0,
        marked: false,
    };
    let ja = ctx.lang == Lang::Ja;
    match end {
        End::Taken(count) => Ended { taken: Some(count.clone()), ..nothing },
        End::Looked { count, .. } => Ended { looked: Some(count.clone()), ..nothing },
        End::Refused(words, en) => {
            Ended { refused: Some(if ja { words.clone() } else { en.clone() }), ..nothing }
        }
        End::Faulty { faults, rows } => Ended {
            faults: faults
                .iter()
                .take(SHOWN)
                .map(|fault| (cell(fault.at), if ja { fault.ja.clone() } else { fault.en.clone() }))
                .collect(),
            more: faults.len().saturating_sub(SHOWN),
            marked: !rows.is_empty(),
            ..nothing
        },
    }
}

async fn progress(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((case, job)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let found = app.imports.find(&job, visit.actor.id, access::case_id(&case)?)?;
    let (done, total) = found.progress();
    Ok(Said(serde_json::json!({ "done": done, "total": total, "over": found.end().is_some() }))
        .into_response())
}

async fn copy(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((case, job)): Path<(String, String)>,
) -> Answer {
    let found = app.imports.find(&job, visit.actor.id, access::case_id(&case)?)?;
    Ok(as_download("marked.xlsx", XLSX, marked_copy(&found).await?))
}

/// The rows of a refused file with their faults marked; 404 where there are none.
pub(crate) async fn marked_copy(job: &Job) -> Result<Vec<u8>, Refusal> {
    let end = job.end().ok_or(Refusal::NotFound)?;
    let made = tokio::task::spawn_blocking(move || match &*end {
        End::Faulty { faults, rows } if !rows.is_empty() => Some(marked(rows, faults)),
        _ => None,
    });
    let made = made
        .await
        .map_err(|error| Refusal::Internal(error.to_string()))?
        .ok_or(Refusal::NotFound)?;
    made.map_err(|error| Refusal::Internal(error.to_string()))
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/cases/{id}/import", may, choose),
        post("/exchange/cases/{id}/import", may, start),
        get("/exchange/cases/{id}/import/{job}", may, watch),
        post("/exchange/cases/{id}/import/{job}", may, take),
        get("/exchange/cases/{id}/import/{job}/progress", may, progress),
        get("/exchange/cases/{id}/import/{job}/marked.xlsx", may, copy),
    ]
}
