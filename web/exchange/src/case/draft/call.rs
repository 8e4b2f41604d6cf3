//! A draft's calls: begun, written, sent.

use axum::extract::State;
use exchange::body::Bodies;
use exchange::case::{self, Audience, DESKS, ReminderPlan};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::command::{DraftFault, Write, desk, form, kinds, prefectures};
use super::entered::told;
use super::names::known;
use crate::Exchange;
use crate::Route;
use crate::case::call::CaseStepped;
use kit::http::call::{Body, PathOf};
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, ErrorBody, Scope, json, refused, stale};

/// Begins a draft under the next number.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/cases",
    tag = "exchange",
    security(("token" = ["exchange:run"])),
    responses((status = 200, description = "Begun", body = CaseStepped)),
)]
pub(crate) async fn begin(caller: Caller, State(app): State<Exchange>) -> Answer {
    json(&CaseStepped::of(&super::begin(&app, &caller.actor).await?))
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
    match super::write(&app, &caller.actor, &id, &new.command(&app.bodies())).await? {
        Ok(case) => json(&CaseStepped::of(&case)),
        Err(un) if un.stale() => Ok(stale(un.reasons(Lang::Ja))),
        Err(un) => Ok(refused(un.reasons(Lang::Ja))),
    }
}

impl Draft {
    /// What it asks for. Whatever cannot be read is told beside it.
    fn command(self, bodies: &Bodies) -> Write {
        let mut unread = Vec::new();
        let day = |text: Option<String>, fault: DraftFault, unread: &mut Vec<DraftFault>| {
            let text = text.filter(|text| !text.is_empty())?;
            told(text.parse::<Date>().map(Some).map_err(|_| fault), unread)
        };
        let date = day(self.date, DraftFault::BadDate, &mut unread);
        let deadline = day(self.deadline, DraftFault::BadDeadline, &mut unread);
        let audience = match self.addressees {
            None | Some(To::All(false)) => None,
            Some(To::All(true)) => Some(Audience::All),
            Some(To::Kinds(names)) => told(kinds(&names).map(Some), &mut unread),
            Some(To::Prefectures(codes)) => told(prefectures(&codes).map(Some), &mut unread),
            Some(To::Bodies(list)) => {
                let list = known(bodies, list.iter().map(String::as_str));
                told(list.map(|list| Some(Audience::List(list))).map_err(Into::into), &mut unread)
            }
        };
        let desk = desk(&self.desk).unwrap_or_else(|fault| {
            unread.push(fault);
            DESKS[0]
        });
        Write {
            revision: self.revision,
            send: self.send,
            kind: self.kind.into(),
            number: self.number,
            date,
            to: self.to,
            from: self.from,
            subject: self.subject,
            text: self.text,
            items: self.items,
            legal_basis: self.legal_basis,
            duty: self.duty.unwrap_or(Duty::Asked).into(),
            funding: self.funding,
            purpose: self.purpose,
            minutes: self.minutes,
            contact: self.contact,
            path: self.path.into(),
            audience,
            desk,
            form: told(form(&self.form), &mut unread),
            deadline,
            accept_late: self.accept_late,
            reminders: ReminderPlan {
                before: self.remind_before.into_iter().collect(),
                on_the_day: self.remind_on_the_day,
                after: self.remind_after.into_iter().collect(),
            },
            unread,
        }
    }
}

impl From<Kind> for case::CaseKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Survey => Self::Survey,
            Kind::Inquiry => Self::Inquiry,
            Kind::Notice => Self::Notice,
            Kind::Information => Self::Information,
        }
    }
}

impl From<Path> for case::Path {
    fn from(path: Path) -> Self {
        match path {
            Path::Cascade => Self::Cascade,
            Path::Direct => Self::Direct,
            Path::Both => Self::Both,
        }
    }
}

impl From<Duty> for case::Duty {
    fn from(duty: Duty) -> Self {
        match duty {
            Duty::Obliged => Self::Obliged,
            Duty::Asked => Self::Asked,
            Duty::None => Self::None,
        }
    }
}

pub(crate) fn calls() -> Vec<Route> {
    let run = Access::Api(Scope::ExchangeRun);
    vec![
        call(Method::Post, "/api/v1/exchange/cases", run, begin),
        call(Method::Post, "/api/v1/exchange/cases/{id}/letter", run, write),
    ]
}
