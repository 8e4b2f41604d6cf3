//! `/telework`: one's own days: asking for them, today's reports, the month.

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp};
use people::{Action as Right_, Permit, StaffId};
use serde::Deserialize;
use store::telework::RequestRow;
use telework::attendance::{DayRecord, Mark};
use telework::papers::{Approver, approver};
use telework::request::{Action, Notice, Request, State, Step, check};
use telework::rules::{Form as Place, Rules, Unit};
use telework::time::{Hours, Minutes, Month, tokyo, week_of};

use super::{acts, applicant, day, hex, hex16, inventory, moment, month, office, words};
use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Ctx, Form, Lang, Route, SignedIn, get, page_with, post, see_other};

/// Longest text of a note, a place, a reason or a report, characters.
const TEXT: usize = 400;

#[derive(Template)]
#[template(path = "telework/own.html")]
struct Page {
    ctx: Ctx,
    registered: String,
    today: Today,
    open_days: Vec<OpenDay>,
    /// Who decides, when it is not the superior as usual.
    approver: String,
    /// Days a reason is asked for: month and day.
    reasons: Vec<(String, String, String)>,
    month_name: String,
    month_key: String,
    before: String,
    after: String,
    weeks: Vec<Vec<Cell>>,
    sums: String,
    requests: Vec<Row>,
    team: Vec<Mate>,
    entered: Entered,
    forms: Vec<Choice>,
    units: Vec<Choice>,
    /// Work that can be named: number, name, chosen.
    works: Vec<(u64, String, bool)>,
    next_week: String,
    faults: Vec<String>,
}

struct Today {
    name: String,
    plan: String,
    clocks: String,
    state: &'static str,
    buttons: Vec<(&'static str, &'static str)>,
    report: String,
    begun: bool,
    /// What her sessions offer to report: mark, its name, the time.
    offered: Option<(&'static str, &'static str, String)>,
}

struct OpenDay {
    /// When the last session of that day ended, if it is over.
    suggested: String,
    day: String,
    name: String,
    clocks: String,
}

struct Cell {
    number: i8,
    date: String,
    outside: bool,
    today: bool,
    off: bool,
    marks: Vec<(&'static str, &'static str)>,
    worked: String,
}

struct Row {
    id: String,
    version: usize,
    name: String,
    what: String,
    state: &'static str,
    class: &'static str,
    why: String,
    resubmit: bool,
    cancel: bool,
    needs_why: bool,
}

struct Mate {
    name: String,
    place: String,
    presence: &'static str,
    away: bool,
}

struct Choice {
    key: &'static str,
    text: &'static str,
    chosen: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Entered {
    pub(crate) day: String,
    pub(crate) form: String,
    pub(crate) unit: String,
    pub(crate) half: String,
    pub(crate) start: String,
    pub(crate) end: String,
    pub(crate) place: String,
    pub(crate) note: String,
    pub(crate) weeks: String,
    pub(crate) work: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    month: String,
    day: String,
}

async fn show(visit: SignedIn, Shared(app): Shared<App>, Query(asked): Query<Asked>) -> Answer {
    let today = tokyo(moment(visit.ctx.now)).date();
    let month = format!("{}-01", asked.month).parse::<Date>().map_or(Month::of(today), Month::of);
    let entered = Entered { day: asked.day, form: "home".into(), unit: "day".into(), ..Entered::default() };
    render(&app, visit, month, entered, Vec::new(), StatusCode::OK).await
}

async fn ask(visit: SignedIn, Shared(app): Shared<App>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit_own(Right_::AskForTelework)?;
    let lang = visit.ctx.lang;
    let now = moment(app.now());
    let mut tx = app.write(permit.body()).await?;
    let rules = office(&mut tx, permit.body()).await?.rules;
    let made = wanted(lang, permit.actor(), permit.actor(), &entered, &rules, now);
    drop(tx);
    let faults = match made {
        Ok(requests) => match hand_in(&app, &permit, lang, permit.actor(), requests).await? {
            faults if faults.is_empty() => return Ok(see_other("/telework?done=telework-asked")),
            faults => faults,
        },
        Err(fault) => vec![fault.to_owned()],
    };
    let month = entered.day.parse::<Date>().map_or(Month::of(tokyo(now).date()), Month::of);
    render(&app, visit, month, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await
}

#[derive(Deserialize)]
struct Week {
    week: String,
}

/// Asks for the days of the week before the one given once more, in that week.
async fn copy(visit: SignedIn, Shared(app): Shared<App>, Form(Week { week }): Form<Week>) -> Answer {
    let permit = visit.permit_own(Right_::AskForTelework)?;
    let now = moment(app.now());
    let monday = week_of(week.parse::<Date>().map_err(|_| Refusal::Malformed("week"))?);
    let from = monday.checked_sub(Span::new().days(7)).map_err(|_| Refusal::Malformed("week"))?;
    let to = monday.yesterday().map_err(|_| Refusal::Malformed("week"))?;
    let mut conn = app.store.read().await?;
    let rows = store::telework::requests_of(&mut conn, permit.body(), permit.actor(), from, to).await?;
    drop(conn);
    let live = rows.into_iter().filter(|row| matches!(row.request.state, State::Approved | State::Requested));
    let again = live.filter_map(|row| {
        let day = row.request.day.checked_add(Span::new().days(7)).ok()?;
        Some(Request { day, state: State::Requested, history: vec![first(permit.actor(), now)], proxy: None, ..row.request })
    });
    let again: Vec<Request> = again.collect();
    let faults = if again.is_empty() {
        vec![visit.ctx.t("写すもとになる週に、申請がありません。", "There is nothing in that week to copy.").to_owned()]
    } else {
        hand_in(&app, &permit, visit.ctx.lang, permit.actor(), again).await?
    };
    if faults.is_empty() {
        return Ok(see_other("/telework?done=telework-asked"));
    }
    render(&app, visit, Month::of(monday), Entered::default(), faults, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Hands in all of them or none, for the person herself or (by HR) for somebody. Answers what stands in the way, by day.
pub(crate) async fn hand_in(
    app: &App,
    permit: &Permit,
    lang: Lang,
    me: StaffId,
    requests: Vec<Request>,
) -> Result<Vec<String>, Refusal> {
    let body = permit.body();
    let mut tx = app.write(body).await?;
    let office = office(&mut tx, body).await?;
    let staff = store::staff::find(&mut tx, body, me).await?.ok_or(Refusal::NotFound)?;
    let who = applicant(&mut tx, body, &staff).await?;
    let days = requests.iter().map(|request| request.day);
    let (Some(from), Some(to)) = (days.clone().min(), days.max()) else { return Ok(Vec::new()) };
    let week = Span::new().days(7);
    let (from, to) = (from.checked_sub(week).unwrap_or(from), to.checked_add(week).unwrap_or(to));
    let rows = store::telework::requests_of(&mut tx, body, me, from, to).await?;
    let mut others: Vec<Request> = rows.into_iter().map(|row| row.request).collect();
    let mut faults = Vec::new();
    let mut events = Vec::new();
    let works = match requests.iter().any(|request| !request.works.is_empty()) {
        true => inventory::choosable(&mut tx, &staff).await?,
        false => Vec::new(),
    };
    for request in requests {
        if month::is_closed(&mut tx, body, request.day).await? {
            faults.push(format!("{} {}", words::day(lang, request.day), words::month_closed(lang)));
            continue;
        }
        if !request.works.iter().all(|number| works.iter().any(|(known, _)| known == number)) {
            let words = lang.t("この業務は選べません。", "This work cannot be chosen.");
            faults.push(format!("{} {words}", words::day(lang, request.day)));
            continue;
        }
        match check(&request, &who, &others, &office.rules, &office.calendar, moment(app.now())) {
            Err(found) => {
                let day = words::day(lang, request.day);
                faults.extend(found.iter().map(|fault| format!("{day} {}", words::fault(lang, fault))));
            }
            Ok(notices) => {
                let row = RequestRow { id: app.random(), staff: me, division: staff.division, request: request.clone() };
                store::telework::add_request(&mut tx, body, &row).await?;
                let event = permit
                    .event(Kind::TELEWORK_ASKED, &staff.login)
                    .with("day", request.day)
                    .with("form", words::form_key(request.form))
                    .with("hours", words::hours(request.hours))
                    .with("after_the_fact", notices.contains(&Notice::AfterTheFact))
                    .with("proxy", permit.actor() != me);
                events.push(event);
                others.push(request);
            }
        }
    }
    if faults.is_empty() {
        crate::mail::telework::waiting(app, &mut tx, body, me).await?;
        tx.commit(Decision { value: (), events }).await?;
    }
    Ok(faults)
}

fn first(by: StaffId, at: Timestamp) -> Step {
    Step { state: State::Requested, by, deputy_for: None, at, why: String::new() }
}

/// The requests a form asks for: one, or one a week. `by` is who fills it in; somebody else than the person is a proxy.
pub(crate) fn wanted(
    lang: Lang,
    me: StaffId,
    by: StaffId,
    entered: &Entered,
    rules: &Rules,
    now: Timestamp,
) -> Result<Vec<Request>, &'static str> {
    let day: Date = entered.day.parse().map_err(|_| lang.t("日付を選んでください。", "Please choose a day."))?;
    let form = words::FORMS.into_iter().find(|form| words::form_key(*form) == entered.form);
    let unit = words::UNITS.into_iter().find(|unit| words::unit_key(*unit) == entered.unit);
    let (Some(form), Some(unit)) = (form, unit) else {
        return Err(lang.t("形態と単位を選んでください。", "Please choose form and unit."));
    };
    let hours = match unit {
        Unit::Day => rules.hours,
        Unit::Half if entered.half == "afternoon" => rules.afternoon,
        Unit::Half => rules.morning,
        Unit::Hours => match (clock_time(&entered.start), clock_time(&entered.end)) {
            (Some(start), Some(end)) => Hours { start, end },
            _ => return Err(lang.t("開始と終了の時刻を入れてください。", "Please enter both times.")),
        },
    };
    let request = Request {
        staff: me,
        day,
        form,
        unit,
        hours,
        place: text(&entered.place),
        works: entered.work.parse().into_iter().collect(),
        note: text(&entered.note),
        proxy: (by != me).then_some(by),
        state: State::Requested,
        history: vec![first(by, now)],
    };
    let weeks = entered.weeks.parse::<i64>().unwrap_or(0).clamp(0, 12);
    let days = (0..=weeks).filter_map(|n| day.checked_add(Span::new().days(7 * n)).ok());
    Ok(days.map(|day| Request { day, ..request.clone() }).collect())
}

pub(super) fn clock_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// A text as it is kept: trimmed, bounded.
pub(super) fn text(text: &str) -> String {
    text.trim().chars().take(TEXT).collect()
}

#[derive(Deserialize)]
struct Change {
    seen: usize,
    #[serde(default)]
    why: String,
}

async fn cancel(visit: SignedIn, Shared(app): Shared<App>, Path(id): Path<String>, Form(change): Form<Change>) -> Answer {
    let action = Action::Cancel(text(&change.why));
    decide(visit, app, &id, change.seen, action, Kind::TELEWORK_CANCELLED, "/telework?done=telework-cancelled").await
}

async fn resubmit(visit: SignedIn, Shared(app): Shared<App>, Path(id): Path<String>, Form(change): Form<Change>) -> Answer {
    decide(visit, app, &id, change.seen, Action::Resubmit, Kind::TELEWORK_ASKED, "/telework?done=telework-asked").await
}

async fn decide(visit: SignedIn, app: App, id: &str, seen: usize, action: Action, kind: Kind, done: &str) -> Answer {
    let permit = visit.permit_own(Right_::AskForTelework)?;
    let (day, faults) = acts::decide_own(&app, &permit, &visit.actor, visit.ctx.lang, (hex16(id)?, seen), &action, kind).await?;
    if faults.is_empty() {
        return Ok(see_other(done));
    }
    render(&app, visit, Month::of(day), Entered::default(), faults, StatusCode::CONFLICT).await
}

/// The page; `month` is the one shown, `faults` are said on top.
pub(super) async fn render(
    app: &App,
    visit: SignedIn,
    month: Month,
    entered: Entered,
    faults: Vec<String>,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit_own(Right_::AskForTelework)?;
    let (body, me, lang) = (permit.body(), permit.actor(), visit.ctx.lang);
    let today = tokyo(moment(app.now())).date();
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, body).await?;
    let myself = store::staff::find(&mut conn, body, me).await?.ok_or(Refusal::NotFound)?;
    let staff = match myself.division {
        Some(division) => store::staff::in_division(&mut conn, body, division).await?,
        None => Vec::new(),
    };
    let who = applicant(&mut conn, body, &myself).await?;
    let approver = words_of_approver(&mut conn, lang, &myself, today).await?;
    let works = inventory::choosable(&mut conn, &myself).await?;
    let opens = Date::new(month.year, month.month, 1).map_err(|_| Refusal::NotFound)?;
    let (from, to) = (week_of(opens), opens.last_of_month());
    let to = week_of(to).checked_add(Span::new().days(6)).map_err(|_| Refusal::NotFound)?;
    let rows = store::telework::requests_of(&mut conn, body, me, from, to).await?;
    let mut records: BTreeMap<Date, DayRecord> = BTreeMap::new();
    for row in store::telework::days_of(&mut conn, body, me, from, to).await? {
        records.insert(row.day, row.record);
    }
    let now_record = store::telework::day(&mut conn, body, me, today).await?;
    let running = store::telework::running(&mut conn, body, me).await?;
    let mut suggested = Vec::new();
    for row in running.iter().filter(|row| row.day < today) {
        let found = day::offered(&mut conn, body, me, row.day, Some(&row.record)).await?;
        suggested.push(found.map_or(String::new(), |(_, at)| tokyo(at).strftime("%H:%M").to_string()));
    }
    let offered = day::offered(&mut conn, body, me, today, now_record.as_ref()).await?;
    let reasons = asked_reasons(&mut conn, lang, &office, body, me, app.now()).await?;
    let todays = store::telework::requests_in(&mut conn, body, myself.division, today, today).await?;
    let present = store::telework::days_in(&mut conn, body, myself.division, today).await?;
    drop(conn);

    let cell = |day: Date| Cell {
        number: day.day(),
        date: day.to_string(),
        outside: Month::of(day) != month,
        today: day == today,
        off: !office.calendar.is_working(day),
        marks: rows
            .iter()
            .filter(|row| row.request.day == day && row.request.state != State::Cancelled)
            .map(|row| (words::state_class(row.request.state), words::state(lang, row.request.state)))
            .collect(),
        worked: records
            .get(&day)
            .map(|record| record.worked(office.rules.rest))
            .filter(|worked| worked.0 > 0)
            .map_or(String::new(), |w| format!("{}:{:02}", w.0 / 60, w.0 % 60)),
    };
    let mut weeks = Vec::new();
    let mut day = from;
    while day <= to {
        let mut week = Vec::new();
        for _ in 0..7 {
            week.push(cell(day));
            day = day.tomorrow().map_err(|_| Refusal::NotFound)?;
        }
        weeks.push(week);
    }
    let inside = |day: Date| Month::of(day) == month;
    let worked: Minutes =
        records.iter().filter(|(day, _)| inside(**day)).map(|(_, record)| record.worked(office.rules.rest)).sum();
    let ordered: std::collections::BTreeSet<Date> = rows
        .iter()
        .filter(|row| row.request.state == State::Approved && inside(row.request.day))
        .map(|row| row.request.day)
        .collect();
    let sums = match lang {
        Lang::Ja => format!("承認 {}日・勤務 {}", ordered.len(), words::minutes(lang, worked)),
        Lang::En => format!("{} days approved, {} worked", ordered.len(), words::minutes(lang, worked)),
    };
    let requests = rows.iter().filter(|row| inside(row.request.day)).map(|row| line(lang, row, today)).collect();
    let open_days = running.iter().filter(|row| row.day < today).zip(suggested).map(|(row, suggested)| OpenDay {
        suggested,
        day: row.day.to_string(),
        name: words::day(lang, row.day),
        clocks: words::clocks(lang, &row.record),
    });
    let plan: Vec<String> = rows
        .iter()
        .filter(|row| row.request.day == today && row.request.state != State::Cancelled)
        .map(|row| what(lang, &row.request) + "・" + words::state(lang, row.request.state))
        .collect();
    let team = staff.iter().map(|one| {
        let place =
            todays.iter().find(|row| row.staff == one.id && row.request.state == State::Approved).map(|row| row.request.form);
        let record = present.iter().find(|row| row.staff == one.id).map(|row| &row.record);
        Mate {
            name: one.name.to_string(),
            place: place.map_or(lang.t("出勤", "In the office"), |place| words::form(lang, place)).to_owned(),
            presence: if place.is_some() { words::presence(lang, record) } else { "" },
            away: place.is_some(),
        }
    });
    let next_week = week_of(today).checked_add(Span::new().days(7)).map_err(|_| Refusal::NotFound)?;
    let before = opens.yesterday().map_err(|_| Refusal::NotFound)?;
    let after = opens.last_of_month().tomorrow().map_err(|_| Refusal::NotFound)?;
    let view = Page {
        registered: who.registered_until.filter(|until| *until >= today).map_or(String::new(), |until| words::day(lang, until)),
        today: Today {
            name: words::day(lang, today),
            plan: plan.join("、"),
            clocks: now_record.as_ref().map_or(String::new(), |record| words::clocks(lang, record)),
            state: words::presence(lang, now_record.as_ref()),
            buttons: buttons(lang, now_record.as_ref()),
            report: now_record.as_ref().map_or(String::new(), |record| record.report.clone()),
            begun: now_record.is_some(),
            offered: offered
                .map(|(mark, at)| (words::mark_key(mark), words::mark(lang, mark), tokyo(at).strftime("%H:%M").to_string())),
        },
        open_days: open_days.collect(),
        reasons,
        approver,
        month_name: match lang {
            Lang::Ja => format!("{}年{}月", month.year, month.month),
            Lang::En => opens.strftime("%B %Y").to_string(),
        },
        month_key: opens.strftime("%Y-%m").to_string(),
        before: before.strftime("%Y-%m").to_string(),
        after: after.strftime("%Y-%m").to_string(),
        weeks,
        sums,
        requests,
        team: team.collect(),
        forms: choices(words::FORMS.into_iter().filter(|one| office.rules.forms.contains(one)), &entered.form, |one: Place| {
            (words::form_key(one), words::form(lang, one))
        }),
        units: choices(words::UNITS.into_iter().filter(|one| office.rules.units.contains(one)), &entered.unit, |one: Unit| {
            (words::unit_key(one), words::unit(lang, one))
        }),
        works: works
            .into_iter()
            .map(|(number, name)| {
                let chosen = entered.work.parse() == Ok(number);
                (number, name, chosen)
            })
            .collect(),
        entered,
        next_week: next_week.to_string(),
        faults,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// Who decides on her requests today when it is not her superior; empty when it is.
async fn words_of_approver(conn: &mut store::Conn, lang: Lang, staff: &people::Staff, today: Date) -> Result<String, Refusal> {
    let Some(division) = staff.division else { return Ok(String::new()) };
    let Some(division) = store::divisions::find(conn, staff.body, division).await? else { return Ok(String::new()) };
    let leaves = super::people::leaves(conn, staff.body).await?;
    Ok(match approver(division.superior, division.deputy, Some(staff.id), &leaves, today) {
        Approver::Superior(_) => String::new(),
        Approver::Deputy(deputy) => {
            let name = store::staff::find(conn, staff.body, deputy).await?.map_or(String::new(), |one| one.name.to_string());
            match lang {
                Lang::Ja => format!("いまの承認は、代理の{name}さんが行います。"),
                Lang::En => format!("{name} decides as deputy now."),
            }
        }
        Approver::Nobody => lang
            .t(
                "いま承認できる人がいません（所属長が不在で、代理が決まっていません）。人事担当にご連絡ください。",
                "Nobody can approve now: the superior is away and there is no deputy. Please tell HR.",
            )
            .to_owned(),
    })
}

/// Days of this month and the one before whose difference waits for a reason: month, day and its name.
async fn asked_reasons(
    conn: &mut store::Conn,
    lang: Lang,
    office: &super::Office,
    body: people::BodyCode,
    me: StaffId,
    now: i64,
) -> Result<Vec<(String, String, String)>, Refusal> {
    let this = Month::of(tokyo(moment(now)).date());
    let mut asked = Vec::new();
    for of in [this.before(), this] {
        if store::telework::ledger(conn, body, of).await?.is_closed() {
            continue;
        }
        let found = month::together(conn, body, Some(me), of, office, now).await?;
        let rows = found.sheets.get(&me).into_iter().flat_map(|sheet| &sheet.rows).filter(|row| row.is_open());
        // A day that still runs is asked for its end above, not for a reason.
        let rows = rows.filter(|row| row.day < tokyo(moment(now)).date());
        asked.extend(rows.map(|row| (month::key(of), row.day.to_string(), words::day(lang, row.day))));
    }
    Ok(asked)
}

fn choices<T>(all: impl Iterator<Item = T>, chosen: &str, say: impl Fn(T) -> (&'static str, &'static str)) -> Vec<Choice> {
    all.map(say).map(|(key, text)| Choice { key, text, chosen: key == chosen }).collect()
}

fn buttons(lang: Lang, record: Option<&DayRecord>) -> Vec<(&'static str, &'static str)> {
    let marks: &[Mark] = match record.and_then(|record| record.clocks.last()).map(|clock| clock.mark) {
        None => &[Mark::Start],
        Some(Mark::Start | Mark::Resume) => &[Mark::Pause, Mark::End],
        Some(Mark::Pause) => &[Mark::Resume, Mark::End],
        Some(Mark::End) => &[],
    };
    marks.iter().map(|mark| (words::mark_key(*mark), words::mark(lang, *mark))).collect()
}

/// Form and hours in one line.
pub(super) fn what(lang: Lang, request: &Request) -> String {
    let place = if request.place.is_empty() { String::new() } else { format!("（{}）", request.place) };
    let proxy = if request.proxy.is_some() { lang.t("（代理申請）", " (by proxy)") } else { "" };
    let (form, unit) = (words::form(lang, request.form), words::unit(lang, request.unit));
    format!("{form}{place} {unit} {}{proxy}", words::hours(request.hours))
}

fn line(lang: Lang, row: &RequestRow, today: Date) -> Row {
    let request = &row.request;
    let why = request.history.last().map(|step| step.why.clone()).unwrap_or_default();
    Row {
        id: hex(row.id),
        version: request.version(),
        name: words::day(lang, request.day),
        what: what(lang, request),
        state: words::state(lang, request.state),
        class: words::state_class(request.state),
        why,
        resubmit: request.state == State::Returned,
        cancel: matches!(request.state, State::Requested | State::Returned)
            || (request.state == State::Approved && request.day >= today),
        needs_why: request.state == State::Approved,
    }
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Right_::AskForTelework);
    vec![
        get("/telework", may, show),
        post("/telework/requests", may, ask),
        post("/telework/requests/copy", may, copy),
        post("/telework/requests/{id}/cancel", may, cancel),
        post("/telework/requests/{id}/resubmit", may, resubmit),
    ]
}
