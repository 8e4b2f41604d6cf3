//! `/telework/clock`, `/telework/late`, `/telework/report`: the four reports of a day, a missing
//! 終業 given later, two lines of what was done.

use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use people::{Actor, BodyCode, Deed, Login, Permit, StaffId};
use serde::Deserialize;
use store::telework::DayRow;
use store::{Conn, Tx};
use telework::attendance::{Clock, Context, DayRecord, Mark, Refused, Source};
use telework::time::{Month, moment as moment_of, tokyo};

use super::{Entered, Unkept, render};
use crate::Route;
use crate::typed::{clock_time, text};
use crate::{moment, month, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Form, Lang, Reason, SignedIn, post, see_other};

#[derive(Deserialize)]
struct Pressed {
    mark: String,
    /// `session` takes the moment from her session instead of now.
    #[serde(default)]
    from: String,
}

async fn clock(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(Pressed { mark, from }): Form<Pressed>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let mark = Mark::ALL.into_iter().find(|one| one.key() == mark);
    let mark = mark.ok_or(Refusal::Malformed("mark"))?;
    let moment = if from == "session" { Moment::OfSession } else { Moment::Now };
    let (day, fault) = press(&app, &permit, &visit.actor.login, mark, moment).await?;
    let Some(fault) = fault else { return Ok(see_other("/telework?done=telework-clock")) };
    let faults = vec![unreported(visit.ctx.lang, fault).message];
    render(&app, visit, Month::of(day), Entered::default(), faults, StatusCode::CONFLICT).await
}

/// The moment of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The server's: what a phone believes the time to be does not matter.
    Now,
    /// What the day's sessions offer.
    OfSession,
}

/// Why nothing was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreported {
    /// The day's record does not take it.
    Refused(Refused),
    /// Not a time before now.
    NoTime,
}

/// Words and code for it.
pub(crate) fn unreported(lang: Lang, fault: Unreported) -> Reason {
    let refused = match fault {
        Unreported::Refused(refused) => refused,
        Unreported::NoTime => {
            let words = lang.t(
                "終業の時刻を、いまより前の時刻で入れてください。",
                "Please enter a time before now.",
            );
            return Reason::new("time", words);
        }
    };
    let code = match refused {
        Refused::Already => "already",
        Refused::Ended => "ended",
        Refused::NotStarted => "not_started",
        Refused::NotPaused => "not_paused",
        Refused::Backwards => "backwards",
        Refused::NoReason => "reason_needed",
        Refused::TooMany => "too_many",
        Refused::MonthClosed => "month_closed",
        Refused::WrongPermit => "wrong_permit",
    };
    Reason::new(code, words::refused(lang, refused))
}

/// 始業, 中断, 再開 or 終業. The day, and what stands in the way.
pub(crate) async fn press(
    app: &Kit,
    permit: &Permit,
    login: &Login,
    mark: Mark,
    of: Moment,
) -> Result<(Date, Option<Unreported>), Refusal> {
    let now = moment(app.now());
    let mut tx = app.write_as(permit).await?;
    let day = working_day(&mut tx, permit, now, mark).await?;
    let found = store::telework::day(&mut tx, permit.body(), permit.actor(), day).await?;
    let (at, source) = match of {
        Moment::Now => (now, Source::Pressed),
        Moment::OfSession => {
            match offered(&mut tx, permit.body(), permit.actor(), day, found.as_ref()).await? {
                Some((offered, at)) if offered == mark => (at, Source::Session),
                _ => return Err(Refusal::Conflict("no_session")),
            }
        }
    };
    let record = found.unwrap_or_default();
    let clock = Clock { mark, at, source, why: None };
    Ok((day, keep(tx, permit, login, day, &record, clock).await?))
}

/// Adds a report to a day and keeps it, on record; or why not.
async fn keep(
    mut tx: Tx,
    permit: &Permit,
    login: &Login,
    day: Date,
    record: &DayRecord,
    clock: Clock,
) -> Result<Option<Unreported>, Refusal> {
    let closed = month::is_closed(&mut tx, permit.body(), day).await?;
    let decision = match record.decide(clock, permit, &Context { day, login, closed }) {
        Ok(decision) => decision,
        Err(refused) => return Ok(Some(Unreported::Refused(refused))),
    };
    let row = DayRow { staff: permit.actor(), day, record: decision.value.clone() };
    store::telework::put_day(&mut tx, permit.body(), &row).await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(None)
}

/// The day whose reports are given now.
pub(super) struct Current {
    pub(super) day: Date,
    pub(super) record: Option<DayRecord>,
    /// Which reports can be given, the most likely first.
    pub(super) possible: Vec<Mark>,
    /// Whether it began yesterday and nothing says that it is over.
    pub(super) runs_on: bool,
}

/// The day whose reports are given now, and which can be: by the rules of [`press`].
pub(super) async fn current(
    conn: &mut Conn,
    permit: &Permit,
    login: &Login,
    at: Timestamp,
) -> Result<Current, Refusal> {
    let (body, me, today) = (permit.body(), permit.actor(), tokyo(at).date());
    let day = working_day(conn, permit, at, Mark::End).await?;
    let record = store::telework::day(conn, body, me, day).await?;
    let closed = month::is_closed(conn, body, day).await?;
    let of = |record: Option<&DayRecord>, context: &Context<'_>| {
        record.unwrap_or(&DayRecord::default()).possible(permit, context)
    };
    let mut possible = of(record.as_ref(), &Context { day, login, closed });
    let mut runs_on = false;
    if day != today {
        let closed = month::is_closed(conn, body, today).await?;
        possible.extend(of(None, &Context { day: today, login, closed }));
        let rows = store::telework::requests_of(conn, body, me, day, day).await?;
        let ordered = rows.iter().any(|row| row.request.is_approved() && !row.request.is_over(at));
        runs_on = ordered || tokyo(at).time() < NIGHT_ENDS;
    }
    Ok(Current { day, record, possible, runs_on })
}

/// What a day's sessions offer to report: 始業 at the first one's start while nothing is reported, 終業
/// at the last one's end once it is over. She takes it or leaves it.
pub(super) async fn offered(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    day: Date,
    record: Option<&DayRecord>,
) -> Result<Option<(Mark, Timestamp)>, Refusal> {
    let begins = moment_of(day.to_datetime(Time::midnight()))
        .map_err(|_| Refusal::Malformed("day"))?
        .as_millisecond();
    let sessions =
        store::sessions::connected(conn, body, Some(staff), begins, begins + DAY_AND_NIGHT_MS)
            .await?;
    let Some(last) = record.and_then(|record| record.clocks.last()) else {
        let today =
            sessions.iter().map(|one| moment(one.started)).filter(|at| tokyo(*at).date() == day);
        return Ok(today.min().map(|at| (Mark::Start, at)));
    };
    let over = sessions.iter().all(|one| one.ended > 0);
    let end = sessions
        .iter()
        .map(|one| moment(one.ended))
        .max()
        .filter(|end| over && last.mark != Mark::End && *end > last.at);
    Ok(end.map(|end| (Mark::End, end)))
}

/// A day and the hours of the next that its work may still take.
const DAY_AND_NIGHT_MS: i64 = 29 * 3_600_000;

/// Work that began the evening before may be reported until this hour; after it a missing end is
/// asked for, with its time and a reason.
const NIGHT_ENDS: Time = Time::constant(5, 0, 0, 0);

/// The day a report belongs to: today, or yesterday while its work still runs, by its order or in
/// the small hours.
async fn working_day(
    conn: &mut Conn,
    permit: &Permit,
    at: Timestamp,
    mark: Mark,
) -> Result<Date, Refusal> {
    let today = tokyo(at).date();
    if mark == Mark::Start
        || store::telework::day(conn, permit.body(), permit.actor(), today).await?.is_some()
    {
        return Ok(today);
    }
    let yesterday = today.yesterday().unwrap_or(today);
    if !store::telework::running(conn, permit.body(), permit.actor())
        .await?
        .iter()
        .any(|row| row.day == yesterday)
    {
        return Ok(today);
    }
    let rows =
        store::telework::requests_of(conn, permit.body(), permit.actor(), yesterday, yesterday)
            .await?;
    let past_midnight = rows
        .iter()
        .any(|row| row.request.is_approved() && row.request.hours.end <= row.request.hours.start);
    Ok(if past_midnight || tokyo(at).time() < NIGHT_ENDS { yesterday } else { today })
}

/// The form of an end given later, as it is typed.
#[derive(Deserialize)]
pub(super) struct Typed {
    pub(super) day: String,
    pub(super) time: String,
    pub(super) why: String,
}

/// An end given later: the day, the time on the clock (none where it was not one), why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) day: Date,
    pub(crate) time: Option<Time>,
    pub(crate) why: String,
}

impl Late {
    /// By its words at the border.
    pub(crate) fn read(day: &str, time: &str, why: &str) -> Result<Self, Refusal> {
        let day = day.parse().map_err(|_| Refusal::Malformed("day"))?;
        Ok(Self { day, time: clock_time(time), why: text(why) })
    }
}

async fn late(visit: SignedIn, State(app): State<Kit>, Form(typed): Form<Typed>) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let late = Late::read(&typed.day, &typed.time, &typed.why)?;
    let Some(fault) = end_later(&app, &permit, &visit.actor.login, &late).await? else {
        return Ok(see_other("/telework?done=saved"));
    };
    let (month, status) = (Month::of(late.day), StatusCode::UNPROCESSABLE_ENTITY);
    let faults = vec![unreported(visit.ctx.lang, fault).message];
    let unkept = Unkept { faults, late: Some(typed), ..Unkept::default() };
    render(&app, visit, month, Entered::default(), unkept, status).await
}

/// 終業 given later, with a reason; or why not.
pub(crate) async fn end_later(
    app: &Kit,
    permit: &Permit,
    login: &Login,
    late: &Late,
) -> Result<Option<Unreported>, Refusal> {
    let (day, now) = (late.day, moment(app.now()));
    let mut tx = app.write_as(permit).await?;
    let found = store::telework::day(&mut tx, permit.body(), permit.actor(), day).await?;
    let record = found.filter(DayRecord::is_open).ok_or(Refusal::NotFound)?;
    if month::is_closed(&mut tx, permit.body(), day).await? {
        return Ok(Some(Unreported::Refused(Refused::MonthClosed)));
    }
    let begun = record.clocks.first().map(|clock| tokyo(clock.at).time());
    let at = late.time.and_then(|time| {
        // Before the start means past midnight.
        let last = if begun.is_some_and(|begun| time < begun) { day.tomorrow().ok()? } else { day };
        moment_of(last.to_datetime(time)).ok().filter(|at| *at <= now)
    });
    let Some(at) = at else { return Ok(Some(Unreported::NoTime)) };
    let why = Some(late.why.clone());
    let clock = Clock { mark: Mark::End, at, source: Source::Later, why };
    keep(tx, permit, login, day, &record, clock).await
}

#[derive(Deserialize)]
struct Report {
    /// What the form showed.
    #[serde(default)]
    seen: String,
    report: String,
}

async fn report(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(Report { seen, report }): Form<Report>,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let (actor, lang) = (&visit.actor, visit.ctx.lang);
    let (day, changed) =
        write_report(&app, &permit, actor, lang, &report, Seen::Form(&seen)).await?;
    if changed.is_empty() {
        return Ok(see_other("/telework?done=saved"));
    }
    let unkept = Unkept { changed, report: Some(report), ..Unkept::default() };
    render(&app, visit, Month::of(day), Entered::default(), unkept, StatusCode::CONFLICT).await
}

/// What the form of the report shows: nothing, as long as nothing was written.
pub(crate) fn shown(lang: Lang, report: &str) -> Shown {
    let none = Shown::default().by_name();
    if report.is_empty() {
        none
    } else {
        none.with("report", lang.t("業務報告", "Report"), report)
    }
}

/// The report of the day that runs, or of today. The day, and what was written elsewhere that the
/// sender has not seen; then it stays.
pub(crate) async fn write_report(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    lang: Lang,
    report: &str,
    seen: Seen<'_>,
) -> Result<(Date, Changed), Refusal> {
    let mut tx = app.write_as(permit).await?;
    let day = working_day(&mut tx, permit, moment(app.now()), Mark::End).await?;
    let found = store::telework::day(&mut tx, permit.body(), permit.actor(), day)
        .await?
        .ok_or(Refusal::NotFound)?;
    let changed = shown(lang, &found.report).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok((day, changed));
    }
    let record = DayRecord { report: text(report), ..found };
    store::telework::put_day(
        &mut tx,
        permit.body(),
        &DayRow { staff: permit.actor(), day, record },
    )
    .await?;
    tx.commit(Decision::new(
        (),
        permit.event(Kind::DAY_REPORT_WRITTEN, &actor.login).with("day", day),
    ))
    .await?;
    Ok((day, Changed::default()))
}

pub(crate) fn routes() -> Vec<Route> {
    let may = May(Deed::AskForTelework);
    vec![
        post("/telework/clock", may, clock),
        post("/telework/late", may, late),
        post("/telework/report", may, report),
    ]
}
