//! The page of one's own days.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::http::StatusCode;
use jiff::Span;
use jiff::civil::Date;
use people::{BodyCode, Deed, Staff, StaffId};
use store::Conn;
use store::telework::RequestRow;
use telework::attendance::{DayRecord, Mark};
use telework::papers::{Approver, Leave, approver};
use telework::request::{Action, Context, Request, Right};
use telework::rules::{Form as Place, Unit};
use telework::time::{Minutes, Month, tokyo, week_of};

use super::day::Typed as Late;
use super::{Entered, day};
use crate::{Office, applicant, hex, inventory, moment, month, office, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::seen::Changed;
use kit::http::{Answer, Ctx, Lang, SignedIn, page_with};

#[derive(Template)]
#[template(path = "telework/own.html")]
struct Page {
    ctx: Ctx,
    registered: String,
    /// Why nothing can be asked for by somebody of her appointment.
    barred: Option<&'static str>,
    today: Today,
    open_days: Vec<OpenDay>,
    /// Who decides, when it is not the superior as usual; whether it is nobody.
    approver: String,
    nobody: bool,
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
    /// Satellite offices to choose from.
    places: Vec<String>,
    units: Vec<Choice>,
    /// Work that can be named: number, name, chosen.
    works: Vec<(u64, String, bool)>,
    next_week: String,
    /// How many weeks a request can be repeated: number, words, chosen.
    repeats: Vec<(u8, String, bool)>,
    unkept: Unkept,
}

/// What was sent and not kept, and why.
#[derive(Default)]
pub(crate) struct Unkept {
    pub(crate) faults: Vec<String>,
    /// What was changed elsewhere since the form was shown.
    pub(crate) changed: Changed,
    /// A report of the day, as it was typed.
    pub(crate) report: Option<String>,
    /// Why a request is taken back: its identity, and the reason as it was typed.
    pub(crate) why: Option<(String, String)>,
    /// Days that were asked for all the same.
    pub(crate) taken: Vec<String>,
    /// An end that was given later, as it was typed.
    pub(super) late: Option<Late>,
}

impl Unkept {
    fn why_of(&self, id: &str) -> &str {
        self.why.as_ref().filter(|(of, _)| of == id).map_or("", |(_, why)| why)
    }
}

impl Unkept {
    fn is_of(&self, id: &str) -> bool {
        self.why.as_ref().is_some_and(|(of, _)| of == id)
    }

    fn late_of(&self, day: &str) -> Option<&Late> {
        self.late.as_ref().filter(|late| late.day == day)
    }
}

impl From<Vec<String>> for Unkept {
    fn from(faults: Vec<String>) -> Self {
        Self { faults, ..Self::default() }
    }
}

struct Today {
    name: String,
    plan: String,
    clocks: String,
    state: &'static str,
    buttons: Vec<(&'static str, &'static str)>,
    report: String,
    /// What stands of the report, for the field that comes back.
    seen: String,
    begun: bool,
    /// What her sessions offer to report: mark, its name, the time.
    offered: Option<(&'static str, &'static str, String)>,
}

struct OpenDay {
    /// When the last session of that day ended, if it is over.
    suggested: String,
    /// What stands in the fields: as it was typed, or as suggested.
    time: String,
    why: String,
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
    /// The name of a holiday.
    name: &'static str,
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

/// The page; `month` is the one shown, what was not kept is said on top.
pub(crate) async fn render(
    app: &Kit,
    visit: SignedIn,
    month: Month,
    entered: Entered,
    unkept: impl Into<Unkept>,
    status: StatusCode,
) -> Answer {
    let unkept = unkept.into();
    let permit = visit.permit_own(Deed::AskForTelework)?;
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
    let leaves = crate::leaves::leaves(&mut conn, body).await?;
    let (approver, nobody) = words_of_approver(&mut conn, lang, &myself, &leaves, today).await?;
    let works = inventory::choosable(&mut conn, &myself).await?;
    let opens = Date::new(month.year, month.month, 1).map_err(|_| Refusal::NotFound)?;
    let (monday, to) = (week_of(opens), opens.last_of_month());
    // Hours that began yesterday may still run.
    let from = today.yesterday().ok().filter(|day| month == Month::of(today) && *day < monday);
    let from = from.unwrap_or(monday);
    let to = week_of(to).checked_add(Span::new().days(6)).map_err(|_| Refusal::NotFound)?;
    let rows = store::telework::requests_of(&mut conn, body, me, from, to).await?;
    let closed = month::closed_in(&mut conn, body, from, to).await?;
    let mut records: BTreeMap<Date, DayRecord> = BTreeMap::new();
    for row in store::telework::days_of(&mut conn, body, me, from, to).await? {
        records.insert(row.day, row.record);
    }
    let current = day::current(&mut conn, &permit, &myself.login, moment(app.now())).await?;
    let mut running = store::telework::running(&mut conn, body, me).await?;
    // What still runs is ended by its button, not asked for.
    running.retain(|row| row.day < today && !(row.day == current.day && current.runs_on));
    let mut suggested = Vec::new();
    for row in &running {
        let found = day::offered(&mut conn, body, me, row.day, Some(&row.record)).await?;
        suggested
            .push(found.map_or(String::new(), |(_, at)| tokyo(at).strftime("%H:%M").to_string()));
    }
    let offered = day::offered(&mut conn, body, me, current.day, current.record.as_ref()).await?;
    let reasons = asked_reasons(&mut conn, lang, &office, body, me, app.now()).await?;
    let todays =
        store::telework::requests_in(&mut conn, body, myself.division, today, today).await?;
    let present = store::telework::days_in(&mut conn, body, myself.division, today).await?;
    drop(conn);

    let cell = |day: Date| Cell {
        number: day.day(),
        date: day.to_string(),
        outside: Month::of(day) != month,
        today: day == today,
        off: !office.calendar.is_working(day),
        name: words::named_off(lang, &office.calendar, day),
        marks: rows
            .iter()
            .filter(|row| row.request.day == day && !row.request.is_cancelled())
            .map(|row| {
                (words::state_class(row.request.state), words::state(lang, row.request.state))
            })
            .collect(),
        worked: records
            .get(&day)
            .map(|record| record.worked(office.rules.rest))
            .filter(|worked| worked.0 > 0)
            .map_or(String::new(), |w| format!("{}:{:02}", w.0 / 60, w.0 % 60)),
    };
    let mut weeks = Vec::new();
    let mut day = monday;
    while day <= to {
        let mut week = Vec::new();
        for _ in 0..7 {
            week.push(cell(day));
            day = day.tomorrow().map_err(|_| Refusal::NotFound)?;
        }
        weeks.push(week);
    }
    let inside = |day: Date| Month::of(day) == month;
    let worked: Minutes = records
        .iter()
        .filter(|(day, _)| inside(**day))
        .map(|(_, record)| record.worked(office.rules.rest))
        .sum();
    let ordered: BTreeSet<Date> = rows
        .iter()
        .filter(|row| row.request.is_approved() && inside(row.request.day))
        .map(|row| row.request.day)
        .collect();
    let sums = match lang {
        Lang::Ja => format!("承認 {}日・勤務 {}", ordered.len(), words::minutes(lang, worked)),
        Lang::En => {
            format!("{} days approved, {} worked", ordered.len(), words::minutes(lang, worked))
        }
    };
    let now = moment(app.now());
    let runs =
        |request: &Request| request.is_approved() && request.day < today && !request.is_over(now);
    let possible = |request: &Request| {
        let closed = closed.contains(&Month::of(request.day));
        let login = &myself.login;
        request.possible(&permit, &Context { right: Right::Own, login, closed, now })
    };
    let shown = |row: &&RequestRow| {
        inside(row.request.day) || (month == Month::of(today) && runs(&row.request))
    };
    let requests =
        rows.iter().filter(shown).map(|row| line(lang, row, &possible(&row.request))).collect();
    let open_days = running.iter().zip(suggested).map(|(row, suggested)| {
        let typed = unkept.late_of(&row.day.to_string());
        OpenDay {
            time: typed.map_or(suggested.clone(), |late| late.time.clone()),
            why: typed.map_or(String::new(), |late| late.why.clone()),
            suggested,
            day: row.day.to_string(),
            name: words::day(lang, row.day),
            clocks: words::clocks(lang, &row.record),
        }
    });
    let open_days = open_days.collect();
    let plan: Vec<String> = rows
        .iter()
        .filter(|row| row.request.day == current.day && !row.request.is_cancelled())
        .map(|row| {
            what(lang, &row.request) + lang.t("・", ", ") + words::state(lang, row.request.state)
        })
        .collect();
    let team = staff.iter().map(|one| {
        let place = todays
            .iter()
            .find(|row| row.staff == one.id && row.request.is_approved())
            .map(|row| row.request.form);
        let record = present.iter().find(|row| row.staff == one.id).map(|row| &row.record);
        Mate {
            name: one.name.to_string(),
            place: words::place(
                lang,
                &office.calendar,
                &leaves,
                one.id,
                today,
                place.map(|place| words::form(lang, place)),
            ),
            presence: if place.is_some() { words::presence(lang, record) } else { "" },
            away: place.is_some(),
        }
    });
    let next_week =
        week_of(today).checked_add(Span::new().days(7)).map_err(|_| Refusal::NotFound)?;
    let before = opens.yesterday().map_err(|_| Refusal::NotFound)?;
    let after = opens.last_of_month().tomorrow().map_err(|_| Refusal::NotFound)?;
    let view = Page {
        barred: (!office.rules.eligible.contains(&who.employment))
            .then(|| words::not_eligible(lang)),
        registered: who
            .registered_until
            .filter(|until| *until >= today)
            .map_or(String::new(), |until| words::day(lang, until)),
        today: Today {
            name: words::day(lang, current.day),
            plan: plan.join(lang.t("、", ", ")),
            clocks: current
                .record
                .as_ref()
                .map_or(String::new(), |record| words::clocks(lang, record)),
            state: words::presence(lang, current.record.as_ref()),
            buttons: buttons(lang, &current.possible),
            seen: unkept.changed.seen(
                None,
                &day::shown(lang, current.record.as_ref().map_or("", |record| &record.report)),
            ),
            report: match &unkept.report {
                Some(typed) => typed.clone(),
                None => {
                    current.record.as_ref().map_or(String::new(), |record| record.report.clone())
                }
            },
            begun: current.record.is_some(),
            offered: offered.map(|(mark, at)| {
                (mark.key(), words::mark(lang, mark), tokyo(at).strftime("%H:%M").to_string())
            }),
        },
        open_days,
        reasons,
        approver,
        nobody,
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
        forms: choices(
            words::FORMS.into_iter().filter(|one| office.rules.forms.contains(one)),
            &entered.form,
            |one: Place| (words::form_key(one), words::form(lang, one)),
        ),
        places: office.rules.places.clone(),
        units: choices(
            words::UNITS.into_iter().filter(|one| office.rules.units.contains(one)),
            &entered.unit,
            |one: Unit| (words::unit_key(one), words::unit(lang, one)),
        ),
        works: works
            .into_iter()
            .map(|(number, name)| {
                let chosen = entered.work.parse() == Ok(number);
                (number, name, chosen)
            })
            .collect(),
        repeats: [0, 1, 2, 3, 4, 8, 12]
            .into_iter()
            .map(|weeks: u8| {
                let words = match (lang, weeks) {
                    (_, 0) => lang.t("くりかえさない", "No").to_owned(),
                    (Lang::Ja, weeks) => format!("あと{weeks}週"),
                    (Lang::En, 1) => "1 more week".to_owned(),
                    (Lang::En, weeks) => format!("{weeks} more weeks"),
                };
                (weeks, words, entered.weeks.parse() == Ok(weeks))
            })
            .collect(),
        entered,
        next_week: next_week.to_string(),
        unkept,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

/// Who decides on her requests today when it is not her superior, and whether nobody can; empty
/// when it is.
async fn words_of_approver(
    conn: &mut Conn,
    lang: Lang,
    staff: &Staff,
    leaves: &[Leave],
    today: Date,
) -> Result<(String, bool), Refusal> {
    let found = match staff.division {
        Some(division) => store::divisions::find(conn, staff.body, division).await?,
        None => None,
    };
    let Some(division) = found else { return Ok((String::new(), false)) };
    let who = approver(division.superior, division.deputy, Some(staff.id), leaves, today);
    let words = match who {
        Approver::Superior(_) => String::new(),
        Approver::Deputy(deputy) => {
            let name = store::staff::find(conn, staff.body, deputy).await?.map_or(
                String::new(), |one| one.name.to_string());
            match lang {
                Lang::Ja => format!("いまの承認は、代理の{name}さんが行います。"),
                Lang::En => format!("{name} decides as deputy now."),
            }
        }
        Approver::Nobody => lang
            .t(
                "いま承認できる人がいません（所属長が決まっていないか、所属長が不在で代理が決まっていません）。人事担当にご連絡ください。",
                "Nobody can approve now: there is no superior, or the superior is away without a \
                 deputy. Please tell HR.",
            )
            .to_owned(),
    };
    Ok((words, who == Approver::Nobody))
}

/// Days of this month and the one before whose difference waits for a reason: month, day and its
/// name.
async fn asked_reasons(
    conn: &mut Conn,
    lang: Lang,
    office: &Office,
    body: BodyCode,
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
        let rows = found
            .sheets
            .get(&me)
            .into_iter()
            .flat_map(|sheet| &sheet.rows)
            .filter(|row| row.is_open());
        // A day that still runs is asked for its end above, not for a reason.
        let rows = rows.filter(|row| row.day < tokyo(moment(now)).date());
        asked.extend(
            rows.map(|row| (month::key(of), row.day.to_string(), words::day(lang, row.day))),
        );
    }
    Ok(asked)
}

fn choices<T>(
    all: impl Iterator<Item = T>,
    chosen: &str,
    say: impl Fn(T) -> (&'static str, &'static str),
) -> Vec<Choice> {
    all.map(say).map(|(key, text)| Choice { key, text, chosen: key == chosen }).collect()
}

fn buttons(lang: Lang, possible: &[Mark]) -> Vec<(&'static str, &'static str)> {
    possible.iter().map(|mark| (mark.key(), words::mark(lang, *mark))).collect()
}

/// Form and hours in one line.
pub(crate) fn what(lang: Lang, request: &Request) -> String {
    let place = if request.place.is_empty() {
        String::new()
    } else {
        format!("{}{}{}", lang.t("（", " ("), request.place, lang.t("）", ")"))
    };
    let proxy =
        if request.proxy.is_some() { lang.t("（代理申請）", " (by proxy)") } else { "" };
    let (form, unit) = (words::form(lang, request.form), words::unit(lang, request.unit));
    format!("{form}{place} {unit} {}{proxy}", words::hours(request.hours))
}

fn line(lang: Lang, row: &RequestRow, possible: &[Action]) -> Row {
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
        resubmit: possible.contains(&Action::Resubmit),
        cancel: possible.contains(&Action::Cancel),
        needs_why: request.needs_reason(Action::Cancel),
    }
}
