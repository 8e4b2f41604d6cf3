//! `/telework/survey`: what the records answer to the telework survey, for HR and IT to confirm or
//! change.

use std::collections::BTreeSet;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use exchange::value::{ChoiceId, Value};
use jiff::civil::Date;
use people::{Deed, Permit, StaffId};
use serde::Deserialize;
use telework::survey::Scope;
use telework::time::tokyo;

use super::survey_answers::{Line, Offered, QUESTIONS, Settled, offered};
use super::{moment, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Ctx, Form, Lang, Reason, SignedIn, get, page, page_with, post, see_other};

/// Lines of working on a page.
const LINES: usize = 100;
/// Longest reason, characters.
const WHY: usize = 400;
/// Longest period, days: ten years.
const LONGEST: i32 = 3_660;

#[derive(Template)]
#[template(path = "telework/survey.html")]
struct ListPage {
    ctx: Ctx,
    from: String,
    to: String,
    counted: String,
    rows: Vec<Row>,
    shares: Vec<(&'static str, String)>,
}

struct Row {
    code: &'static str,
    name: &'static str,
    computed: String,
    settled: Option<(String, String)>,
    moved_on: bool,
}

#[derive(Template)]
#[template(path = "telework/survey_question.html")]
struct QuestionPage {
    ctx: Ctx,
    code: &'static str,
    name: &'static str,
    from: String,
    to: String,
    computed: String,
    /// What stands now, for the field that comes back: a person confirms what she saw.
    seen: String,
    computes: bool,
    taken: i64,
    how: String,
    settled: Option<Said>,
    moved_on: bool,
    entry: Entry,
    lines: Vec<Line>,
    found: usize,
    before: Option<String>,
    after: Option<String>,
    unkept: Unsettled,
    /// An answer that was typed and not kept: its values, and why.
    typed: (Vec<String>, String),
}

impl QuestionPage {
    fn has(&self, value: &str) -> bool {
        self.typed.0.iter().any(|one| one == value)
    }

    fn first(&self) -> &str {
        self.typed.0.first().map_or("", String::as_str)
    }
}

/// Why an answer was not settled.
#[derive(Default)]
pub(crate) struct Unsettled {
    /// What is wrong.
    pub(crate) faults: Vec<BadAnswer>,
    /// What changed that the sender has not seen.
    pub(crate) changed: Changed,
}

impl Unsettled {
    /// What is wrong, in words.
    pub(crate) fn reasons(&self, lang: Lang) -> Vec<Reason> {
        self.faults.iter().map(|fault| fault.reason(lang)).collect()
    }
}

/// What is wrong with what a person makes of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BadAnswer {
    /// There is no answer to stand behind.
    NoAnswer,
    /// It was changed without a reason.
    NoReason,
}

impl BadAnswer {
    fn reason(self, lang: Lang) -> Reason {
        let (code, ja, en) = match self {
            Self::NoAnswer => ("no_answer", "回答を入力してください。", "Please enter an answer."),
            Self::NoReason => {
                ("no_reason", "変更の理由を書いてください。", "Please give the reason.")
            }
        };
        Reason::new(code, lang.t(ja, en))
    }
}

struct Said {
    value: String,
    computed: String,
    by: String,
    at: i64,
    why: String,
}

/// How an answer is put in.
enum Entry {
    Number,
    One(Vec<(&'static str, &'static str)>),
    Many(Vec<(&'static str, &'static str)>),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    from: String,
    to: String,
    page: String,
}

impl Asked {
    /// The period asked for; this fiscal year to today without one.
    fn scope(&self, today: Date) -> Scope {
        match (self.from.parse::<Date>(), self.to.parse::<Date>()) {
            (Ok(from), Ok(to)) if from <= to && (to - from).get_days() <= LONGEST => {
                Scope::of(from, to)
            }
            _ => Scope::as_of(today),
        }
    }
}

async fn list(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    let permit = visit.permit(Deed::AnswerSurvey)?;
    let (lang, now) = (visit.ctx.lang, moment(app.now()));
    let scope = asked.scope(tokyo(now).date());
    let mut conn = app.store.read().await?;
    let found = offered(&mut conn, permit.body(), scope, lang, now).await?;
    let names = super::names(&mut conn, permit.body()).await?;
    drop(conn);
    let rows = QUESTIONS.iter().filter_map(|code| {
        let one = found.get(code)?;
        let settled = one.settled.as_ref();
        Some(Row {
            code,
            name: name(lang, code),
            computed: said(lang, one.computed.as_ref()),
            settled: settled.map(|s| {
                (said(lang, Some(&s.value)), names.get(&s.by).cloned().unwrap_or_default())
            }),
            moved_on: one.moved_on(),
        })
    });
    let number = |code: &str| match found.get(code).and_then(Offered::value) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    };
    let mut shares = Vec::new();
    if let (Some(staff), Some(excluded), Some(able)) =
        (number("staff"), number("excluded"), number("able"))
    {
        shares.push((
            lang.t("実施可能な職員の割合", "Share of able staff"),
            percent(able, staff - excluded),
        ));
    }
    if let (Some(able), Some(users)) = (number("able"), number("users")) {
        shares.push((lang.t("利用率", "Rate of use"), percent(users, able)));
    }
    let view = ListPage {
        from: scope.from.to_string(),
        to: scope.to.to_string(),
        counted: scope.counted.to_string(),
        rows: rows.collect(),
        shares,
        ctx: visit.ctx,
    };
    page(view)
}

async fn show(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    render(&app, visit, &code, &asked, Unsettled::default(), (Vec::new(), String::new())).await
}

/// `act` is `confirm`, `change` or `reopen`; `seen` is what the page showed.
async fn settle(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(code): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let permit = visit.permit(Deed::AnswerSurvey)?;
    let code = question(&code)?;
    let (lang, now) = (visit.ctx.lang, moment(app.now()));
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    };
    let asked =
        Asked { from: field("from").to_owned(), to: field("to").to_owned(), page: String::new() };
    let scope = asked.scope(tokyo(now).date());
    if scope.from.to_string() != asked.from || scope.to.to_string() != asked.to {
        return Err(Refusal::Malformed("period"));
    }
    let word = match field("act") {
        "reopen" => Word::Reopen,
        "confirm" => Word::Confirm,
        "change" => Word::Change(read(code, &fields)),
        _ => return Err(Refusal::Malformed("act")),
    };
    let seen = Seen::Form(field("seen"));
    match settle_now(&app, &permit, lang, code, scope, seen, word, field("why")).await? {
        Ok(()) => Ok(see_other(&format!(
            "/telework/survey/{code}?from={}&to={}&done=saved",
            scope.from, scope.to
        ))),
        Err(un) => {
            let values =
                fields.iter().filter(|(key, _)| key == "value").map(|(_, value)| value.clone());
            let typed = (values.collect(), field("why").to_owned());
            render(&app, visit, code, &asked, un, typed).await
        }
    }
}

/// What a person makes of a computed answer.
pub(crate) enum Word {
    /// It is right.
    Confirm,
    /// This one instead; none where what was entered is no answer.
    Change(Option<Value>),
    /// Computed again.
    Reopen,
}

/// What the form of an answer shows: what is computed, and what a person stands behind.
pub(crate) fn shown(lang: Lang, one: &Offered) -> Shown {
    let settled = one.settled.as_ref().map_or(String::new(), |settled| {
        let why =
            if settled.why.is_empty() { String::new() } else { format!("（{}）", settled.why) };
        format!("{}{why}", said(lang, Some(&settled.value)))
    });
    Shown::default()
        .with("computed", lang.t("算出値", "Computed"), said(lang, one.computed.as_ref()))
        .with("settled", lang.t("確認した回答", "Settled"), settled)
}

/// Settles an answer, on record; or why not. `seen` is what the sender saw of it.
#[expect(
    clippy::too_many_arguments,
    reason = "each is of another kind, and a page and a call have all of them"
)]
pub(crate) async fn settle_now(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    code: &'static str,
    scope: Scope,
    seen: Seen<'_>,
    word: Word,
    why: &str,
) -> Result<Result<(), Unsettled>, Refusal> {
    let now = moment(app.now());
    let why: String = why.trim().chars().take(WHY).collect();
    let mut tx = app.write_as(&permit).await?;
    let mut found = offered(&mut tx, permit.body(), scope, lang, now).await?;
    let one = found.remove(code).ok_or(Refusal::NotFound)?;
    let before = said(Lang::Ja, one.value());
    let changed = shown(lang, &one).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unsettled { changed, ..Unsettled::default() }));
    }
    let mut faults = Vec::new();
    let (reopens, changes) = (matches!(word, Word::Reopen), matches!(word, Word::Change(_)));
    let value = match word {
        Word::Reopen => None,
        Word::Confirm => one.computed.clone(),
        Word::Change(value) => value,
    };
    if !reopens && value.is_none() {
        faults.push(BadAnswer::NoAnswer);
    }
    if changes && why.is_empty() {
        faults.push(BadAnswer::NoReason);
    }
    if !faults.is_empty() {
        return Ok(Err(Unsettled { faults, ..Unsettled::default() }));
    }
    let kind =
        if value.is_some() { Kind::SURVEY_FIGURE_SETTLED } else { Kind::SURVEY_FIGURE_REOPENED };
    let event = permit
        .event(kind, code)
        .with("from", scope.from)
        .with("to", scope.to)
        .with("computed", said(Lang::Ja, one.computed.as_ref()))
        .with("before", before)
        .with("answer", said(Lang::Ja, value.as_ref()))
        .with("why", &why);
    let period = (scope.from, scope.to);
    match value {
        Some(value) => {
            let settled =
                Settled { value, computed: one.computed, why, by: permit.actor(), at: now };
            store::telework::put_settled(&mut tx, permit.body(), code, period, &settled, app.now())
                .await?;
        }
        None if store::telework::remove_settled(&mut tx, permit.body(), code, period).await? => {}
        None => return Err(Refusal::NotFound),
    }
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(()))
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    code: &str,
    asked: &Asked,
    unkept: Unsettled,
    typed: (Vec<String>, String),
) -> Answer {
    let permit = visit.permit(Deed::AnswerSurvey)?;
    let code = question(code)?;
    let (lang, now) = (visit.ctx.lang, moment(app.now()));
    let scope = asked.scope(tokyo(now).date());
    let mut conn = app.store.read().await?;
    let mut found = offered(&mut conn, permit.body(), scope, lang, now).await?;
    let names = super::names(&mut conn, permit.body()).await?;
    drop(conn);
    let one = found.remove(code).ok_or(Refusal::NotFound)?;
    let moved_on = one.moved_on();
    let status = match (unkept.faults.is_empty(), unkept.changed.is_empty()) {
        (_, false) => StatusCode::CONFLICT,
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let seen = unkept.changed.seen(None, &shown(lang, &one));
    let number =
        asked.page.parse::<usize>().unwrap_or(1).clamp(1, one.working.len().div_ceil(LINES).max(1));
    let other = |number: usize| {
        format!("/telework/survey/{code}?from={}&to={}&page={number}", scope.from, scope.to)
    };
    let lines = one.working.len();
    let view = QuestionPage {
        code,
        name: name(lang, code),
        from: scope.from.to_string(),
        to: scope.to.to_string(),
        computed: said(lang, one.computed.as_ref()),
        seen,
        computes: one.computed.is_some(),
        taken: one.taken.as_millisecond(),
        how: one.how,
        settled: one.settled.map(|s| Said {
            value: said(lang, Some(&s.value)),
            computed: said(lang, s.computed.as_ref()),
            by: names.get::<StaffId>(&s.by).cloned().unwrap_or_default(),
            at: s.at.as_millisecond(),
            why: s.why,
        }),
        moved_on,
        entry: entry(lang, code),
        before: (number > 1).then(|| other(number - 1)),
        after: (number * LINES < lines).then(|| other(number + 1)),
        lines: one.working.into_iter().skip((number - 1) * LINES).take(LINES).collect(),
        found: lines,
        unkept,
        typed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// A question of the survey that is computed.
pub(crate) fn question(code: &str) -> Result<&'static str, Refusal> {
    QUESTIONS.iter().copied().find(|one| *one == code).ok_or(Refusal::NotFound)
}

fn name(lang: Lang, code: &str) -> &'static str {
    match code {
        "staff" => lang.t("一般行政職員数", "General staff"),
        "adoption" => lang.t("Q1 導入状況", "Q1 Introduction"),
        "forms" => lang.t("Q2 形態", "Q2 Forms"),
        "excluded" => lang.t("Q3 除外職員数", "Q3 Excluded staff"),
        "able" => lang.t("Q3 実施可能職員数", "Q3 Able staff"),
        "users" => lang.t("Q4 利用職員数", "Q4 Using staff"),
        _ => lang.t("Q5 非常勤職員", "Q5 Part-time staff"),
    }
}

/// The choices of a question: identity in the form, and words.
fn choices(lang: Lang, code: &str) -> Vec<(&'static str, &'static str)> {
    match code {
        "adoption" => vec![
            ("trial", lang.t("試験的・実験的に導入している", "On trial")),
            ("formal", lang.t("正式に導入している", "Introduced")),
            (
                "plan_this_year",
                lang.t("今年度中に導入・実施を検討中である", "Planned for this fiscal year"),
            ),
            (
                "plan_next_year",
                lang.t("来年度からの導入・実施を検討中である", "Planned for next fiscal year"),
            ),
            ("plan_later", lang.t("再来年度からの導入・実施を検討中である", "Planned for later")),
            ("none", lang.t("導入する予定はない・未定", "No plan")),
        ],
        "forms" => words::FORMS.map(|form| (words::form_key(form), words::form(lang, form))).into(),
        "part_time" => {
            vec![
                ("included", lang.t("実施対象", "Included")),
                ("excluded", lang.t("実施対象外", "Not included")),
            ]
        }
        _ => Vec::new(),
    }
}

fn entry(lang: Lang, code: &str) -> Entry {
    match code {
        "forms" => Entry::Many(choices(lang, code)),
        "adoption" | "part_time" => Entry::One(choices(lang, code)),
        _ => Entry::Number,
    }
}

/// What the form says, when it is an answer to this question.
pub(crate) fn read(code: &str, fields: &[(String, String)]) -> Option<Value> {
    let known = choices(Lang::Ja, code);
    let mut chosen = fields.iter().filter(|(key, _)| key == "value").map(|(_, value)| value.trim());
    match entry(Lang::Ja, code) {
        Entry::Number => match chosen.next()? {
            "不明" | "unknown" if matches!(code, "able" | "users") => Some(Value::Unknown),
            text => text
                .parse::<i64>()
                .ok()
                .filter(|number| (0..=500_000).contains(number))
                .map(Value::Number),
        },
        Entry::One(_) => {
            let one = chosen.next()?;
            known.iter().find(|(id, _)| *id == one).map(|(id, _)| Value::One(ChoiceId::new(*id)))
        }
        Entry::Many(_) => {
            let all: Option<BTreeSet<ChoiceId>> = chosen
                .map(|one| {
                    known.iter().find(|(id, _)| *id == one).map(|(id, _)| ChoiceId::new(*id))
                })
                .collect();
            all.filter(|all| !all.is_empty()).map(Value::Many)
        }
    }
}

/// An answer in words.
pub(crate) fn said(lang: Lang, value: Option<&Value>) -> String {
    let all = ["adoption", "forms", "part_time"].into_iter().flat_map(|code| choices(lang, code));
    let words = |id: &ChoiceId| {
        all.clone().find(|(known, _)| *known == id.as_str()).map_or("", |(_, words)| words)
    };
    match value {
        None => lang.t("算出できません", "cannot be computed").to_owned(),
        Some(Value::Unknown) => lang.t("不明", "Unknown").to_owned(),
        Some(Value::Number(number)) => match lang {
            Lang::Ja => format!("{number}人"),
            Lang::En => number.to_string(),
        },
        Some(Value::One(id)) => words(id).to_owned(),
        Some(Value::Many(ids)) => {
            ids.iter().map(words).collect::<Vec<_>>().join(lang.t("・", ", "))
        }
        Some(Value::Text(_) | Value::Cells(_)) => String::new(),
    }
}

/// Half-up to one decimal, from integers.
fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "-".to_owned();
    }
    let tenths = (i128::from(part) * 2_000 + i128::from(whole)).div_euclid(i128::from(whole) * 2);
    format!("{}.{}%", tenths / 10, (tenths % 10).abs())
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::AnswerSurvey);
    vec![
        get("/telework/survey", may, list),
        get("/telework/survey/{code}", may, show),
        post("/telework/survey/{code}", may, settle),
    ]
}
