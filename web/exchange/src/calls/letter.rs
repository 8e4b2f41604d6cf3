//! The ministry's own: drafting, sending, answering questions, closing and publishing.

use axum::extract::State;
use exchange::case::{CaseAction, Right};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::undone;
use crate::Exchange;
use crate::Route;
use crate::access::{act_on_case, case_id, reach};
use crate::case::draft::{self, Entered};
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, ErrorBody, Scope, json, refused, stale};

/// A case as a whole after a step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseStepped {
    /// Its number.
    id: String,
    /// `draft`, `sent`, `closed`, `published`.
    #[schema(value_type = String)]
    stage: exchange::case::Stage,
    /// Counts the steps: to be handed back with the next.
    revision: u64,
}

impl CaseStepped {
    fn of(case: &exchange::case::Case) -> Self {
        Self { id: case.id.to_string(), stage: case.stage, revision: case.revision }
    }
}

/// Begins a draft under the next number.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    responses((status = 200, description = "Begun", body = CaseStepped)),
)]
pub(crate) async fn begin(caller: Caller, State(app): State<Exchange>) -> Answer {
    json(&CaseStepped::of(&draft::begin(&app, &caller.actor).await?))
}

/// What a case is.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// 調査
    Survey,
    /// 照会
    Inquiry,
    /// 通知
    Notice,
    /// 情報提供
    Information,
}

/// How it goes.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Path {
    /// Through prefectures
    Cascade,
    /// Straight to every body
    Direct,
    /// Both side by side
    Both,
}

/// Whether an answer is owed.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Duty {
    /// By law
    Obliged,
    /// Asked for
    Asked,
    /// No answer needed
    None,
}

/// Who is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum To {
    /// Every body
    All(bool),
    /// Kinds of bodies: `prefecture`, `designated`, `ward`, `city`, `town`, `village`
    Kinds(Vec<String>),
    /// All bodies of these prefectures, by code
    Prefectures(Vec<String>),
    /// These bodies, by code or full name
    Bodies(Vec<String>),
}

/// A draft as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    /// The revision that was seen.
    revision: u64,
    /// What it is.
    kind: Kind,
    /// 件名
    #[schema(min_length = 1, max_length = 1000)]
    subject: String,
    /// 文書番号
    #[serde(default)]
    number: String,
    /// 日付
    #[serde(default)]
    #[schema(format = Date, nullable = false)]
    date: Option<String>,
    /// 宛先
    #[serde(default)]
    to: String,
    /// 発信者
    #[serde(default)]
    from: String,
    /// 本文
    #[serde(default)]
    #[schema(max_length = 20000)]
    text: String,
    /// 記
    #[serde(default)]
    items: Vec<String>,
    /// 根拠
    #[serde(default)]
    legal_basis: String,
    /// 回答義務
    #[serde(default)]
    #[schema(nullable = false)]
    duty: Option<Duty>,
    /// 財政措置
    #[serde(default)]
    funding: String,
    /// 目的と公表方法
    #[serde(default)]
    purpose: String,
    /// 想定所要時間, minutes
    #[serde(default)]
    #[schema(nullable = false, maximum = 100000)]
    minutes: Option<u32>,
    /// 連絡先
    #[serde(default)]
    contact: String,
    /// How it goes.
    path: Path,
    /// Who is meant; without it, whoever was.
    #[serde(default)]
    #[schema(nullable = false)]
    addressees: Option<To>,
    /// The desk it is for: 人事担当課, 市町村担当課, 区政課.
    #[serde(default)]
    desk: String,
    /// The form, `name/version`, for a survey or an inquiry.
    #[serde(default)]
    form: String,
    /// The last day.
    #[serde(default)]
    #[schema(format = Date, nullable = false)]
    deadline: Option<String>,
    /// Whether answers after the last day are taken, marked as late.
    #[serde(default)]
    accept_late: bool,
    /// How many days before the last day to remind.
    #[serde(default)]
    #[schema(max_items = 10)]
    remind_before: Vec<u16>,
    /// Whether to remind on the last day.
    #[serde(default)]
    remind_on_the_day: bool,
    /// How many days after it to remind.
    #[serde(default)]
    #[schema(max_items = 10)]
    remind_after: Vec<u16>,
    /// Whether it is sent, in the same write (発出).
    #[serde(default)]
    send: bool,
}

/// Writes a draft, and sends it where that is asked for.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/letter",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = Draft,
    responses(
        (
            status = 200,
            description = "Written, and sent where that was asked for",
            body = CaseStepped,
        ),
        (status = 422, description = "As it is, it cannot be written or sent", body = ErrorBody),
    ),
)]
pub(crate) async fn write(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<Draft>,
) -> Answer {
    let entered = Entered::read(fields(new));
    match draft::write(&app, &caller.actor, Lang::Ja, &id, &entered).await? {
        Ok(case) => json(&CaseStepped::of(&case)),
        Err(un) if un.stale => Ok(stale(un.faults)),
        Err(un) => Ok(refused(un.faults)),
    }
}

/// The same fields as the page's form.
fn fields(new: Draft) -> Vec<(String, String)> {
    let numbers = |list: &[u16]| list.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    let kind = match new.kind {
        Kind::Survey => "survey",
        Kind::Inquiry => "inquiry",
        Kind::Notice => "notice",
        Kind::Information => "information",
    };
    let path = match new.path {
        Path::Cascade => "cascade",
        Path::Direct => "direct",
        Path::Both => "both",
    };
    let duty = match new.duty.unwrap_or(Duty::Asked) {
        Duty::Obliged => "obliged",
        Duty::Asked => "asked",
        Duty::None => "none",
    };
    let mut all: Vec<(&str, String)> = vec![
        ("revision", new.revision.to_string()),
        ("kind", kind.into()),
        ("subject", new.subject),
        ("number", new.number),
        ("date", new.date.unwrap_or_default()),
        ("to", new.to),
        ("from", new.from),
        ("text", new.text),
        ("items", new.items.join("\n")),
        ("legal_basis", new.legal_basis),
        ("duty", duty.into()),
        ("funding", new.funding),
        ("purpose", new.purpose),
        ("minutes", new.minutes.map(|n| n.to_string()).unwrap_or_default()),
        ("contact", new.contact),
        ("path", path.into()),
        ("desk", new.desk),
        ("form", new.form),
        ("deadline", new.deadline.unwrap_or_default()),
        ("before", numbers(&new.remind_before)),
        ("after", numbers(&new.remind_after)),
    ];
    let (audience, more): (&str, Vec<(&str, String)>) = match new.addressees {
        None | Some(To::All(false)) => ("keep", Vec::new()),
        Some(To::All(true)) => ("all", Vec::new()),
        Some(To::Kinds(kinds)) => ("kinds", kinds.into_iter().map(|one| ("kinds", one)).collect()),
        Some(To::Prefectures(codes)) => {
            ("prefectures", codes.into_iter().map(|one| ("prefectures", one)).collect())
        }
        Some(To::Bodies(list)) => ("list", vec![("list", list.join("\n"))]),
    };
    all.push(("audience", audience.into()));
    all.extend(more);
    for (name, on) in [("accept_late", new.accept_late), ("on_the_day", new.remind_on_the_day)] {
        if on {
            all.push((name, "yes".into()));
        }
    }
    if new.send {
        all.push(("act", "send".into()));
    }
    all.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// An answer to a public question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionAnswer {
    /// The revision of the case that was seen.
    revision: u64,
    /// Which question, from 0.
    question: usize,
    /// The answer, for everybody asked to read.
    #[schema(min_length = 1, max_length = 4000)]
    text: String,
}

/// Answers a public question.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/answers",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = QuestionAnswer,
    responses(
        (status = 200, description = "Answered", body = CaseStepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn answer_question(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<QuestionAnswer>,
) -> Answer {
    let action = CaseAction::Answer { question: new.question, answer: new.text };
    let done = act_on_case(
        &app,
        &caller.actor,
        case_id(&id)?,
        Right::AnswerQuestion,
        new.revision,
        action,
    )
    .await;
    stepped(done)
}

/// What becomes of a case as a whole.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Become {
    /// 確定: no more answers
    Close,
    /// Open again, with a reason
    Reopen,
    /// 公表
    Publish,
}

/// A step of a case as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageStep {
    /// The revision of the case that was seen.
    revision: u64,
    /// What becomes of it.
    act: Become,
    /// Why, when it is opened again.
    #[serde(default)]
    #[schema(max_length = 4000)]
    reason: String,
}

/// Closes a case, opens it again, publishes it.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases/{id}/stage",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    params(("id" = String, Path, description = "Number of the case")),
    request_body = StageStep,
    responses(
        (status = 200, description = "Done", body = CaseStepped),
        (status = 422, description = "Not possible now", body = ErrorBody),
    ),
)]
pub(crate) async fn stage(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(id): PathOf<String>,
    Body(new): Body<StageStep>,
) -> Answer {
    let id = reach(&app, &caller.actor, &id).await?;
    let action = match new.act {
        Become::Close => CaseAction::Close,
        Become::Reopen => CaseAction::Reopen { reason: new.reason },
        Become::Publish => CaseAction::Publish,
    };
    stepped(act_on_case(&app, &caller.actor, id, Right::CloseCase, new.revision, action).await)
}

fn stepped(done: Result<exchange::case::Case, crate::access::Undone>) -> Answer {
    match done {
        Ok(case) => json(&CaseStepped::of(&case)),
        Err(why) => undone(why, None),
    }
}

pub(super) fn routes() -> Vec<Route> {
    let run = Access::Api(Scope::ExchangeRun);
    vec![
        call(Method::Post, "/api/v1/exchange/cases", run, begin),
        call(Method::Post, "/api/v1/exchange/cases/{id}/letter", run, write),
        call(Method::Post, "/api/v1/exchange/cases/{id}/answers", run, answer_question),
        call(Method::Post, "/api/v1/exchange/cases/{id}/stage", run, stage),
    ]
}
