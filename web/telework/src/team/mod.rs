//! `/telework/team`: who of a team is where, by week or month, and on one day presence and, for the
//! superior, the reports.

#[cfg(test)]
pub(super) mod tests;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Query, State};
use jiff::Span;
use jiff::civil::Date;
use people::{Actor, Deed, Division, DivisionId, Resource, Staff, StaffId};
use serde::Deserialize;
use store::Conn;
use store::telework::RequestRow;
use telework::time::{tokyo, week_of};

use super::{moment, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::{Access, Answer, Ctx, Lang, SignedIn, get, page};

#[derive(Template)]
#[template(path = "telework/team.html")]
struct Page {
    ctx: Ctx,
    teams: Vec<(String, String, bool)>,
    division: String,
    name: String,
    view: View,
    title: String,
    day: String,
    today: String,
    before: String,
    after: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    mates: Vec<Mate>,
    leads: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Week,
    Month,
    Day,
}

impl View {
    fn key(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::Month => "month",
            Self::Day => "day",
        }
    }
}

/// A day, and how many stay in the office.
struct Column {
    date: String,
    name: String,
    off: bool,
    /// Why it is off, when that has a name.
    why: &'static str,
    today: bool,
    present: usize,
    least: usize,
    /// Names and places of who is away, for the month.
    away: Vec<Mark>,
}

/// A person's week.
struct Row {
    name: String,
    days: Vec<Vec<Mark>>,
}

#[derive(Clone)]
struct Mark {
    text: String,
    class: &'static str,
}

struct Mate {
    name: String,
    place: String,
    away: bool,
    presence: &'static str,
    clocks: String,
    report: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    division: String,
    day: String,
    view: String,
}

/// The teams somebody may look at, and whether she leads each: her own, and those she leads.
pub(crate) async fn teams(
    conn: &mut Conn,
    actor: &Actor,
) -> Result<Vec<(Division, bool)>, Refusal> {
    let body = actor.body;
    let asks = actor.permit(Deed::AskForTelework, Resource::person(body, actor.id, None)).is_ok();
    let own = store::staff::find(conn, body, actor.id)
        .await?
        .and_then(|staff| staff.division)
        .filter(|_| asks);
    let leads =
        |id: DivisionId| actor.permit(Deed::DecideTelework, Resource::division(body, id)).is_ok();
    let all = store::divisions::all(conn, body).await?;
    let mut found: Vec<(Division, bool)> = all
        .into_iter()
        .map(|one| {
            let leads = leads(one.id);
            (one, leads)
        })
        .filter(|(one, leads)| *leads || Some(one.id) == own)
        .collect();
    // One's own team first.
    found.sort_by_key(|(one, _)| Some(one.id) != own);
    Ok(found)
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    if !visit.ctx.may(Deed::AskForTelework) && !visit.ctx.may(Deed::DecideTelework) {
        return Err(Refusal::NotFound);
    }
    let (body, lang) = (visit.actor.body, visit.ctx.lang);
    let today = tokyo(moment(app.now())).date();
    let day = asked.day.parse::<Date>().unwrap_or(today);
    let view = [View::Month, View::Day]
        .into_iter()
        .find(|view| view.key() == asked.view)
        .unwrap_or(View::Week);
    let (from, to) = span(view, day).ok_or(Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    let teams = teams(&mut conn, &visit.actor).await?;
    // A team that is not hers is as if it were not there.
    let chosen = match asked.division.parse::<DivisionId>() {
        Ok(id) => Some(teams.iter().find(|(one, _)| one.id == id).ok_or(Refusal::NotFound)?),
        Err(_) => teams.first(),
    };
    let division = chosen.map(|(one, _)| one.id);
    let leads = chosen.is_some_and(|(_, leads)| *leads);
    let office = office(&mut conn, body).await?;
    let mut staff = store::staff::all(&mut conn, body).await?;
    staff.retain(|one| division.is_some() && one.division == division);
    let (mut requests, mut reports) = (Vec::new(), Vec::new());
    if let Some(id) = division {
        requests = store::telework::requests_in(&mut conn, body, Some(id), from, to).await?;
        reports = store::telework::days_in(&mut conn, body, Some(id), day).await?;
    }
    let leaves = super::leaves::leaves(&mut conn, body).await?;
    drop(conn);
    // A leave is a leave on working days; that somebody is away is the team's to know, of which
    // kind is not.
    let away = |who: StaffId, at: Date| {
        office.calendar.is_working(at)
            && leaves.iter().any(|one| one.staff == who && one.covers(at))
    };
    let on_leave = |who: StaffId, at: Date| match away(who, at) {
        true => vec![lang.t("休暇", "On leave").to_owned()],
        false => words::part_leaves(lang, &office.calendar, &leaves, who, at),
    };
    let least = division.and_then(|id| office.least.get(&id)).copied().unwrap_or(0);
    let names: BTreeMap<StaffId, &str> =
        staff.iter().map(|one| (one.id, one.name.as_str())).collect();
    let columns: Vec<Column> = days(from, to)
        .map(|at| {
            let off = !office.calendar.is_working(at);
            let mut gone: BTreeSet<StaffId> = of(&requests, at)
                .filter(|row| row.request.is_approved())
                .map(|row| row.staff)
                .collect();
            gone.extend(staff.iter().map(|one| one.id).filter(|id| away(*id, at)));
            let on_leave = staff.iter().flat_map(|one| {
                let named = |text| Mark { text: format!("{} {text}", one.name), class: "off" };
                on_leave(one.id, at).into_iter().map(named)
            });
            let marks =
                of(&requests, at).map(|row| mark(lang, row, names.get(&row.staff).copied()));
            Column {
                date: at.to_string(),
                name: if view == View::Week { short(lang, at) } else { words::day(lang, at) },
                off,
                why: words::named_off(lang, &office.calendar, at),
                today: at == today,
                present: if off { 0 } else { staff.len().saturating_sub(gone.len()) },
                least: if off { 0 } else { least },
                away: marks.chain(on_leave).collect(),
            }
        })
        .collect();
    let rows = staff.iter().map(|one| Row {
        name: one.name.to_string(),
        days: days(from, to)
            .map(|at| {
                let hers = of(&requests, at)
                    .filter(|row| row.staff == one.id)
                    .map(|row| mark(lang, row, None));
                let mark = |text| Mark { text, class: "off" };
                hers.chain(on_leave(one.id, at).into_iter().map(mark)).collect()
            })
            .collect(),
    });
    let mates = staff.iter().map(|one| {
        let plan = of(&requests, day).find(|row| row.staff == one.id && row.request.is_approved());
        let record = reports.iter().find(|row| row.staff == one.id).map(|row| &row.record);
        let shown = record.filter(|_| leads);
        Mate {
            name: one.name.to_string(),
            place: words::place(
                lang,
                &office.calendar,
                &leaves,
                one.id,
                day,
                plan.map(|row| words::form(lang, row.request.form)),
            ),
            away: plan.is_some(),
            // What was reported counts for today alone; another day has its plan and, for the
            // superior, its reports.
            presence: if plan.is_some() && day == today {
                words::presence(lang, record)
            } else {
                ""
            },
            clocks: shown.map_or(String::new(), |record| words::clocks(lang, record)),
            report: shown.map_or(String::new(), |record| record.report.clone()),
        }
    });
    let step = |days: i64| day.checked_add(Span::new().days(days)).unwrap_or(day);
    let (before, after) = match view {
        View::Week => (step(-7), step(7)),
        View::Day => (step(-1), step(1)),
        View::Month => (from.yesterday().unwrap_or(from), to.tomorrow().unwrap_or(to)),
    };
    let view = Page {
        teams: teams
            .iter()
            .map(|(one, _)| (one.id.to_string(), one.name.to_string(), Some(one.id) == division))
            .collect(),
        division: division.map(|id| id.to_string()).unwrap_or_default(),
        name: chosen.map_or(String::new(), |(one, _)| one.name.to_string()),
        title: title(lang, view, from, day),
        view,
        day: day.to_string(),
        today: today.to_string(),
        before: before.to_string(),
        after: after.to_string(),
        columns,
        rows: if view == View::Week { rows.collect() } else { Vec::new() },
        mates: if view == View::Day
            || (view == View::Week && (from..=to).contains(&today) && day == today)
        {
            mates.collect()
        } else {
            Vec::new()
        },
        leads,
        ctx: visit.ctx,
    };
    page(view)
}

/// First and last day of what is shown.
fn span(view: View, day: Date) -> Option<(Date, Date)> {
    match view {
        View::Day => Some((day, day)),
        View::Week => {
            let monday = week_of(day);
            Some((monday, monday.checked_add(Span::new().days(6)).ok()?))
        }
        View::Month => Some((day.first_of_month(), day.last_of_month())),
    }
}

fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(move |day| *day <= to)
}

/// What is planned or asked for on a day.
fn of(requests: &[RequestRow], day: Date) -> impl Iterator<Item = &RequestRow> {
    requests.iter().filter(move |row| row.request.day == day && row.request.is_live())
}

fn mark(lang: Lang, row: &RequestRow, name: Option<&str>) -> Mark {
    let form = words::form(lang, row.request.form);
    let waits = if row.request.is_waiting() { lang.t("（申請中）", " (waiting)") } else { "" };
    let part = match row.request.unit {
        telework::rules::Unit::Day => String::new(),
        _ => format!(" {}", words::hours(row.request.hours)),
    };
    Mark {
        text: match name {
            Some(name) => format!("{name} {form}{part}{waits}"),
            None => format!("{form}{part}{waits}"),
        },
        class: words::state_class(row.request.state),
    }
}

/// `11/23（月）`: seven of them have to stand side by side.
fn short(lang: Lang, day: Date) -> String {
    let long = words::day(lang, day);
    match (lang, long.split_once('（')) {
        (Lang::Ja, Some((_, week))) => format!("{}/{}（{week}", day.month(), day.day()),
        _ => long,
    }
}

fn title(lang: Lang, view: View, from: Date, day: Date) -> String {
    match (view, lang) {
        (View::Month, Lang::Ja) => format!("{}年{}月", from.year(), from.month()),
        (View::Month, Lang::En) => from.strftime("%B %Y").to_string(),
        (View::Week, Lang::Ja) => format!("{}年 {}からの週", from.year(), words::day(lang, from)),
        (View::Week, Lang::En) => format!("Week of {}", from.strftime("%-d %B %Y")),
        (View::Day, Lang::Ja) => format!("{}年 {}", day.year(), words::day(lang, day)),
        (View::Day, Lang::En) => day.strftime("%A %-d %B %Y").to_string(),
    }
}

/// Whether a person belongs to a team or leads it now: what a feed made earlier is checked against.
pub(super) fn belongs(staff: &Staff, leads: &[DivisionId], division: DivisionId) -> bool {
    let asks = staff.roles.has(people::Role::Staff) && staff.division == Some(division);
    asks || (staff.roles.has(people::Role::Superior) && leads.contains(&division))
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/telework/team", Access::SignedIn, show)]
}
