//! Asking for days: all of them or none.

use audit::{Decision, Kind};
use jiff::Span;
use jiff::civil::Date;
use people::{Permit, StaffId};
use store::Tx;
use store::telework::RequestRow;
use telework::request::{Fault, Notice, Request, check};
use telework::time::week_of;

use super::Wanted;
use crate::{Office, applicant, inventory, moment, month, notices, office, words};
use kit::Kit;
use kit::error::Refusal;

/// Why nothing was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// The week to copy has no days.
    NothingToCopy,
    /// The month of this day is closed.
    MonthClosed(Date),
    /// A piece of work that cannot be chosen, for this day.
    Work(Date),
    /// A rule of the body, on this day.
    Rule(Date, Fault),
}

/// What became of requests that were handed in together.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    /// The days that are asked for now.
    pub(crate) days: Vec<Date>,
    /// What stands in the way of the others, by day.
    pub(crate) faults: Vec<Unasked>,
}

/// Which of several days are asked for where something stands in the way of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// None.
    All,
    /// Those that are possible: a holiday in a row of weeks takes none of the other weeks away.
    Possible,
}

/// Hands in what is wanted, for the person herself or (by HR) for somebody.
pub(crate) async fn hand_in(
    app: &Kit,
    permit: &Permit,
    staff: StaffId,
    wanted: &Wanted,
    of: Of,
) -> Result<Handed, Refusal> {
    let mut tx = app.write_as(permit).await?;
    let office = office(&mut tx, permit.body()).await?;
    let requests = wanted.requests(staff, permit.actor(), &office.rules, moment(app.now()));
    hand_in_all(app, permit, tx, &office, (staff, requests), of).await
}

/// Asks for the days of the week before the one given once more, in that week. Its Monday, and what
/// became of them.
pub(crate) async fn copy_week(
    app: &Kit,
    permit: &Permit,
    week: Date,
    of: Of,
) -> Result<(Date, Handed), Refusal> {
    let monday = week_of(week);
    let from = monday.checked_sub(Span::new().days(7)).map_err(|_| Refusal::Malformed("week"))?;
    let to = monday.yesterday().map_err(|_| Refusal::Malformed("week"))?;
    let (body, me) = (permit.body(), permit.actor());
    let mut tx = app.write_as(permit).await?;
    let rows = store::telework::requests_of(&mut tx, body, me, from, to).await?;
    let again = rows.into_iter().filter(|row| row.request.is_live()).filter_map(|row| {
        let day = row.request.day.checked_add(Span::new().days(7)).ok()?;
        Some(row.request.again(day, moment(app.now())))
    });
    let again: Vec<Request> = again.collect();
    if again.is_empty() {
        let faults = vec![Unasked::NothingToCopy];
        return Ok((monday, Handed { days: Vec::new(), faults }));
    }
    let office = office(&mut tx, body).await?;
    Ok((monday, hand_in_all(app, permit, tx, &office, (me, again), of).await?))
}

async fn hand_in_all(
    app: &Kit,
    permit: &Permit,
    mut tx: Tx,
    office: &Office,
    (me, requests): (StaffId, Vec<Request>),
    of: Of,
) -> Result<Handed, Refusal> {
    let body = permit.body();
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
        let day = request.day;
        if month::is_closed(&mut tx, body, day).await? {
            faults.push(Unasked::MonthClosed(day));
            continue;
        }
        if !request.works.iter().all(|number| works.iter().any(|(known, _)| known == number)) {
            faults.push(Unasked::Work(day));
            continue;
        }
        match check(&request, &who, &others, &office.rules, &office.calendar, moment(app.now())) {
            Err(found) => {
                faults.extend(found.into_iter().map(|fault| Unasked::Rule(day, fault)));
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
                taken.push(day);
                others.push(request);
            }
        }
    }
    if faults.is_empty() || of == Of::Possible && !taken.is_empty() {
        notices::waiting(app, &mut tx, body, me).await?;
        tx.commit(Decision { value: (), events }).await?;
    } else {
        taken.clear();
    }
    Ok(Handed { days: taken, faults })
}
