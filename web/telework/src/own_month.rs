//! A month at a glance, of oneself, of somebody in one's division, or (HR) of anybody: orders,
//! reports, sessions, what differs, and the reason that is asked for it. Of a session it shows
//! when, never what.

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Deed, Permit, Resource, Staff, StaffId};
use serde::Deserialize;
use store::telework::Reason;
use telework::attendance::{Connection, MONTH_LIMIT, YEAR_LIMIT};
use telework::close::{Ordered, Row};
use telework::time::{Minutes, Month, tokyo};

use super::month::{self, Together};
use super::{moment, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, get, page_with, post, see_other};

/// Longest reason, characters.
const TEXT: usize = 400;

#[derive(Template)]
#[template(path = "telework/month.html")]
struct Page {
    ctx: Ctx,
    /// Whose month, when it is not one's own.
    person: String,
    /// Where the page is, and where its reasons go; none when reasons are only read.
    path: String,
    act: Option<String>,
    month_name: String,
    before: String,
    after: String,
    closed: bool,
    facts: Vec<(&'static str, String, bool)>,
    days: Vec<Day>,
    faults: Vec<String>,
    /// What somebody else gave since the form was shown.
    changed: Changed,
}

struct Day {
    key: String,
    name: String,
    ordered: String,
    reported: String,
    sessions: String,
    worked: String,
    connected: String,
    differences: Vec<String>,
    reason: String,
    proxy: String,
    ask: bool,
    /// What stands of the reason, for the field that comes back; and a reason that was typed.
    seen: String,
    typed: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    month: String,
}

/// Who looks at whose month.
enum View {
    /// Her own.
    Own,
    /// The superior's or deputy's.
    Superior,
    /// The whole body's.
    Hr,
}

async fn own(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    visit.permit_own(Deed::AskForTelework)?;
    let staff = person(&app, &visit, visit.actor.id).await?;
    render(&app, visit, View::Own, staff, &asked.month, None).await
}

async fn of_superior(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let staff = person(&app, &visit, id.parse().map_err(|_| Refusal::NotFound)?).await?;
    visit
        .permit_on(Deed::DecideTelework, Resource::person(staff.body, staff.id, staff.division))?;
    render(&app, visit, View::Superior, staff, &asked.month, None).await
}

async fn of_hr(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    visit.permit(Deed::ManageTelework)?;
    let staff = person(&app, &visit, id.parse().map_err(|_| Refusal::NotFound)?).await?;
    render(&app, visit, View::Hr, staff, &asked.month, None).await
}

async fn person(app: &Kit, visit: &SignedIn, id: StaffId) -> Result<Staff, Refusal> {
    let mut conn = app.store.read().await?;
    store::staff::find(&mut conn, visit.actor.body, id).await?.ok_or(Refusal::NotFound)
}

#[derive(Deserialize)]
struct Given {
    /// What the form showed.
    #[serde(default)]
    seen: String,
    day: String,
    why: String,
}

/// The reason of the one whose day it is.
async fn give(visit: SignedIn, State(app): State<Kit>, Form(given): Form<Given>) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let staff = person(&app, &visit, permit.actor()).await?;
    keep(app, visit, permit, View::Own, staff, given).await
}

/// The same by HR for somebody who cannot give it (gone, on leave): kept as theirs.
async fn give_for(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let staff = person(&app, &visit, id.parse().map_err(|_| Refusal::NotFound)?).await?;
    keep(app, visit, permit, View::Hr, staff, given).await
}

async fn keep(
    app: Kit,
    visit: SignedIn,
    permit: Permit,
    view: View,
    staff: Staff,
    given: Given,
) -> Answer {
    let day: Date = given.day.parse().map_err(|_| Refusal::Malformed("day"))?;
    let of = month::key(Month::of(day));
    let seen = Seen::Form(&given.seen);
    if let Err(un) =
        give_reason(&app, &permit, visit.ctx.lang, &staff, day, &given.why, seen).await?
    {
        return render(&app, visit, view, staff, &of, Some((un, day, given))).await;
    }
    let back = match view {
        View::Hr => format!("/admin/telework/people/{}/month", staff.id),
        View::Own | View::Superior => "/telework/month".to_owned(),
    };
    Ok(see_other(&format!("{back}?month={of}&done=saved")))
}

/// Why a reason was not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ungiven {
    /// The month is closed.
    Closed,
    /// There is no reason for this day.
    Empty(Date),
    /// What somebody else gave that the sender has not seen.
    Changed(Changed),
}

impl Ungiven {
    /// What a page answers then.
    fn status(&self) -> StatusCode {
        match self {
            Self::Closed | Self::Changed(_) => StatusCode::CONFLICT,
            Self::Empty(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// What somebody else gave meanwhile.
    fn changed(&self) -> Changed {
        match self {
            Self::Changed(changed) => changed.clone(),
            Self::Closed | Self::Empty(_) => Changed::default(),
        }
    }

    /// For people, with its code. What was changed is told by what stands.
    pub(crate) fn reason(&self, lang: Lang) -> Option<kit::http::Reason> {
        let (code, words) = match self {
            Self::Closed => ("month_closed", words::month_closed(lang).to_owned()),
            Self::Empty(day) => {
                let say = lang.t("理由を書いてください。", "Please give a reason.");
                ("no_reason", format!("{} {say}", words::day(lang, *day)))
            }
            Self::Changed(_) => return None,
        };
        Some(kit::http::Reason::new(code, words))
    }
}

/// What the form of a reason shows: nothing, as long as none was given.
pub(crate) fn shown(lang: Lang, reason: Option<&str>) -> Shown {
    let none = Shown::default().by_name();
    reason.map_or(none.clone(), |reason| none.with("reason", lang.t("理由", "Reason"), reason))
}

/// Keeps the reason of a day that differs; or why not. `seen` is what the sender saw of a reason
/// that was given before.
pub(crate) async fn give_reason(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    staff: &Staff,
    day: Date,
    why: &str,
    seen: Seen<'_>,
) -> Result<Result<(), Ungiven>, Refusal> {
    let text: String = why.trim().chars().take(TEXT).collect();
    let (body, now) = (permit.body(), app.now());
    let mut tx = app.write_as(permit).await?;
    if month::is_closed(&mut tx, body, day).await? {
        return Ok(Err(Ungiven::Closed));
    }
    let office = office(&mut tx, body).await?;
    let found =
        month::together(&mut tx, body, Some(staff.id), Month::of(day), &office, now).await?;
    let row = found
        .sheets
        .get(&staff.id)
        .and_then(|s| s.rows.iter().find(|r| r.day == day && !r.differences.is_empty()));
    let Some(row) = row else { return Err(Refusal::NotFound) };
    let changed = shown(lang, row.reason.as_deref()).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Ungiven::Changed(changed)));
    }
    if text.is_empty() {
        return Ok(Err(Ungiven::Empty(day)));
    }
    let reason = Reason { staff: staff.id, day, text, by: permit.actor() };
    store::telework::put_reason(&mut tx, body, &reason, now).await?;
    let event = permit
        .event(Kind::REASON_GIVEN, &staff.login)
        .with("day", day)
        .with("proxy", permit.actor() != staff.id);
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(()))
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    view: View,
    staff: Staff,
    asked: &str,
    unkept: Option<(Ungiven, Date, Given)>,
) -> Answer {
    let (body, lang, now) = (visit.actor.body, visit.ctx.lang, app.now());
    let this = Month::of(tokyo(moment(now)).date());
    let shown = month::parse(asked, this);
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, body).await?;
    let closed = store::telework::ledger(&mut conn, body, shown).await?.is_closed();
    let Together { sheets, reasons } =
        month::together(&mut conn, body, Some(staff.id), shown, &office, now).await?;
    let year = year_overtime(&mut conn, &staff, shown, &office, now).await?;
    let mut proxies = std::collections::BTreeMap::new();
    for reason in reasons.values().filter(|reason| reason.by != staff.id) {
        let by = store::staff::find(&mut conn, body, reason.by).await?;
        proxies.insert(reason.day, by.map_or(String::new(), |by| by.name.to_string()));
    }
    drop(conn);
    let sheet = sheets.get(&staff.id).cloned().unwrap_or_default();
    let act = match view {
        View::Own => Some("/telework/month/reason".to_owned()),
        View::Hr => Some(format!("/admin/telework/people/{}/reason", staff.id)),
        View::Superior => None,
    };
    let path = match view {
        View::Own => "/telework/month".to_owned(),
        View::Superior => format!("/telework/people/{}", staff.id),
        View::Hr => format!("/admin/telework/people/{}/month", staff.id),
    };
    let facts = vec![
        (lang.t("命じられた日", "Days ordered"), words::days(lang, sheet.days), false),
        (lang.t("うち在宅勤務", "Of these at home"), words::days(lang, sheet.home_days), false),
        (lang.t("勤務（報告）", "Worked, by reports"), words::minutes(lang, sheet.worked()), false),
        (
            lang.t("接続（操作のない時間を除く）", "Connected, idle left out"),
            words::minutes(lang, sheet.connected()),
            false,
        ),
        (
            lang.t("時間外（この月）", "Overtime, month"),
            words::minutes(lang, sheet.overtime()),
            sheet.overtime() > MONTH_LIMIT,
        ),
        (
            lang.t("時間外（年度のこの月まで）", "Overtime, fiscal year so far"),
            words::minutes(lang, year),
            year > YEAR_LIMIT,
        ),
        (
            lang.t("理由をお願いする日", "Days a reason is asked for"),
            words::days(lang, u32::try_from(sheet.open).unwrap_or(u32::MAX)),
            sheet.open > 0,
        ),
    ];
    let (status, faults, changed) = match &unkept {
        Some((un, ..)) => {
            let faults = un.reason(lang).map(|reason| reason.message).into_iter().collect();
            (un.status(), faults, un.changed())
        }
        None => (StatusCode::OK, Vec::new(), Changed::default()),
    };
    let view = Page {
        person: if matches!(view, View::Own) { String::new() } else { staff.name.to_string() },
        path,
        days: sheet
            .rows
            .iter()
            .rev()
            .map(|row| {
                let typed = unkept.as_ref().filter(|(_, day, _)| *day == row.day);
                let proxy = proxies.get(&row.day).map_or("", String::as_str);
                line(lang, row, proxy, act.is_some() && !closed, typed)
            })
            .collect(),
        act,
        month_name: month::name(lang, shown),
        before: month::key(shown.before()),
        after: month::key(shown.next()),
        closed,
        facts,
        faults,
        changed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// One person's overtime of the fiscal year up to and with a month: closed months as kept, open
/// ones as they stand.
async fn year_overtime(
    conn: &mut store::Conn,
    staff: &Staff,
    until: Month,
    office: &super::Office,
    now: i64,
) -> Result<Minutes, Refusal> {
    let this = Month::of(tokyo(moment(now)).date());
    let first = Month { year: until.fiscal_year().0, month: 4 };
    let kept: std::collections::BTreeMap<_, _> =
        store::telework::sheets_of(conn, staff.body, staff.id, first, until)
            .await?
            .into_iter()
            .collect();
    let ledgers = store::telework::ledgers(conn, staff.body, first, until).await?;
    let mut sum = Minutes(0);
    for one in until.fiscal_year().months().filter(|one| *one <= until && *one <= this) {
        let closed = ledgers.get(&one).is_some_and(telework::close::Ledger::is_closed);
        sum = sum
            + if closed {
                kept.get(&one).map_or(Minutes(0), |row| row.overtime)
            } else {
                let found =
                    month::together(conn, staff.body, Some(staff.id), one, office, now).await?;
                found.sheets.get(&staff.id).map_or(Minutes(0), telework::close::Sheet::overtime)
            };
    }
    Ok(sum)
}

fn line(
    lang: Lang,
    row: &Row,
    proxy: &str,
    may_give: bool,
    typed: Option<&(Ungiven, Date, Given)>,
) -> Day {
    let ask = may_give && (row.is_open() || typed.is_some());
    Day {
        key: row.day.to_string(),
        name: words::day(lang, row.day),
        ordered: ordered(lang, &row.ordered),
        reported: reported(lang, row),
        sessions: sessions(lang, &row.connections),
        worked: clock(row.worked),
        connected: clock(row.connected),
        differences: row.differences.iter().map(|one| words::difference(lang, *one)).collect(),
        reason: row.reason.clone().unwrap_or_default(),
        proxy: proxy.to_owned(),
        ask,
        seen: match (typed, shown(lang, row.reason.as_deref())) {
            (Some((un, _, given)), now) => un.changed().seen(Some(&given.seen), &now),
            (None, now) => now.seen(),
        },
        typed: typed.map_or(String::new(), |(.., given)| given.why.clone()),
    }
}

pub(super) fn ordered(lang: Lang, all: &[Ordered]) -> String {
    let one = |o: &Ordered| format!("{} {}", words::form(lang, o.form), words::hours(o.hours));
    all.iter().map(one).collect::<Vec<_>>().join(lang.t("、", ", "))
}

pub(super) fn reported(lang: Lang, row: &Row) -> String {
    let at = |at: jiff::Timestamp| tokyo(at).strftime("%H:%M").to_string();
    match (row.began, row.ended) {
        (None, _) => String::new(),
        (Some(began), Some(ended)) => format!("{}〜{}", at(began), at(ended)),
        (Some(began), None) => {
            format!("{}〜{}", at(began), lang.t("（終業の記録なし）", "(no end)"))
        }
    }
}

pub(super) fn sessions(lang: Lang, all: &[Connection]) -> String {
    let at = |at: jiff::Timestamp| tokyo(at).strftime("%H:%M").to_string();
    let one = |c: &Connection| match c.end {
        Some(end) if c.idle.0 > 0 => {
            format!("{}〜{}{}", at(c.start), at(end), words::idle(lang, c.idle))
        }
        Some(end) => format!("{}〜{}", at(c.start), at(end)),
        None => format!("{}〜", at(c.start)),
    };
    all.iter().map(one).collect::<Vec<_>>().join(lang.t("、", ", "))
}

/// `7:45`; nothing for nothing.
pub(super) fn clock(minutes: Minutes) -> String {
    if minutes.0 == 0 { String::new() } else { format!("{}:{:02}", minutes.0 / 60, minutes.0 % 60) }
}

pub(super) fn routes() -> Vec<Route> {
    let (own_, hr) = (May(Deed::AskForTelework), May(Deed::ManageTelework));
    vec![
        get("/telework/month", own_, own),
        post("/telework/month/reason", own_, give),
        get("/telework/people/{id}", May(Deed::DecideTelework), of_superior),
        get("/admin/telework/people/{id}/month", hr, of_hr),
        post("/admin/telework/people/{id}/reason", hr, give_for),
    ]
}
