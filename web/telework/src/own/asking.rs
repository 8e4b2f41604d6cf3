//! What a form asks for, and handing it in.

use audit::{Decision, Kind};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use people::{Permit, StaffId};
use serde::Deserialize;
use store::telework::RequestRow;
use telework::request::{Notice, Request, State, Step, check};
use telework::rules::{Rules, Unit};
use telework::time::Hours;

use crate::typed::{clock_time, text};
use crate::{applicant, inventory, moment, month, office, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Lang;

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

/// The requests a form asks for: one, or one a week. `by` is who fills it in; somebody else than
/// the person is a proxy.
pub(crate) fn wanted(
    lang: Lang,
    me: StaffId,
    by: StaffId,
    entered: &Entered,
    rules: &Rules,
    now: Timestamp,
) -> Result<Vec<Request>, &'static str> {
    let day: Date = entered
        .day
        .parse()
        .map_err(|_| lang.t("日付を選んでください。", "Please choose a day."))?;
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
            _ if !entered.start.trim().is_empty() && !entered.end.trim().is_empty() => {
                return Err(lang.t(
                    "時刻として読み取れません。「9:00」のように、0:00から24:00までで入力してください。",
                    "Please enter times such as 9:00, from 0:00 to 24:00.",
                ));
            }
            _ => {
                return Err(
                    lang.t("開始と終了の時刻を入れてください。", "Please enter both times.")
                );
            }
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

/// Hands in all of them or none, for the person herself or (by HR) for somebody. Answers what
/// stands in the way, by day.
pub(crate) async fn hand_in(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    me: StaffId,
    requests: Vec<Request>,
) -> Result<Vec<String>, Refusal> {
    Ok(hand_in_of(app, permit, lang, me, requests, false).await?.faults)
}

/// What became of requests that were handed in together.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// The days that are asked for now.
    pub(crate) days: Vec<Date>,
    /// What stands in the way of the others, by day.
    pub(crate) faults: Vec<String>,
}

/// Hands in those that are possible: a holiday in a row of weeks takes none of the other weeks
/// away.
pub(crate) async fn hand_in_possible(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    me: StaffId,
    requests: Vec<Request>,
) -> Result<Handed, Refusal> {
    hand_in_of(app, permit, lang, me, requests, true).await
}

async fn hand_in_of(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    me: StaffId,
    requests: Vec<Request>,
    possible: bool,
) -> Result<Handed, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let office = office(&mut tx, body).await?;
    let staff = store::staff::find(&mut tx, body, me).await?.ok_or(Refusal::NotFound)?;
    let who = applicant(&mut tx, body, &staff).await?;
    let days = requests.iter().map(|request| request.day);
    let (Some(from), Some(to)) = (days.clone().min(), days.max()) else {
        return Ok(Handed::default());
    };
    let week = Span::new().days(7);
    let (from, to) = (from.checked_sub(week).unwrap_or(from), to.checked_add(week).unwrap_or(to));
    let rows = store::telework::requests_of(&mut tx, body, me, from, to).await?;
    let mut others: Vec<Request> = rows.into_iter().map(|row| row.request).collect();
    let (mut faults, mut taken) = (Vec::new(), Vec::new());
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
                faults.extend(
                    found.iter().map(|fault| format!("{day} {}", words::fault(lang, fault))),
                );
            }
            Ok(notices) => {
                let row = RequestRow {
                    id: app.random(),
                    staff: me,
                    division: staff.division,
                    request: request.clone(),
                };
                store::telework::add_request(&mut tx, body, &row).await?;
                let event = permit
                    .event(Kind::TELEWORK_ASKED, &staff.login)
                    .with("day", request.day)
                    .with("form", words::form_key(request.form))
                    .with("hours", words::hours(request.hours))
                    .with("after_the_fact", notices.contains(&Notice::AfterTheFact))
                    .with("proxy", permit.actor() != me);
                events.push(event);
                taken.push(request.day);
                others.push(request);
            }
        }
    }
    if faults.is_empty() || possible && !taken.is_empty() {
        crate::notices::waiting(app, &mut tx, body, me).await?;
        tx.commit(Decision { value: (), events }).await?;
    } else {
        taken.clear();
    }
    Ok(Handed { days: taken, faults })
}

pub(super) fn first(by: StaffId, at: Timestamp) -> Step {
    Step { state: State::Requested, by: Some(by), deputy_for: None, at, why: String::new() }
}
