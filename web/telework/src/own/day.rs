//! `/telework/clock`, `/telework/late`, `/telework/report`: the four reports of a day, a missing
//! 終業 given later, two lines of what was done.

use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use people::{Actor, BodyCode, Deed, Permit, StaffId};
use serde::Deserialize;
use store::Conn;
use store::telework::DayRow;
use telework::attendance::{Clock, DayRecord, Mark, Source};
use telework::request;
use telework::time::{Month, moment as moment_of, tokyo};

use super::{Entered, Unkept, render};
use crate::Route;
use crate::typed::{clock_time, text};
use crate::{moment, month, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Form, Lang, SignedIn, post, see_other};

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
    let mark = [Mark::Start, Mark::Pause, Mark::Resume, Mark::End]
        .into_iter()
        .find(|one| words::mark_key(*one) == mark);
    let mark = mark.ok_or(Refusal::Malformed("mark"))?;
    let (day, faults) =
        press(&app, &permit, &visit.actor, visit.ctx.lang, mark, from == "session").await?;
    if faults.is_empty() {
        return Ok(see_other("/telework?done=telework-clock"));
    }
    render(&app, visit, Month::of(day), Entered::default(), faults, StatusCode::CONFLICT).await
}

/// 始業, 中断, 再開 or 終業: now, or at the moment her session offers. The day, and what stands in
/// the way.
pub(crate) async fn press(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    lang: Lang,
    mark: Mark,
    from_session: bool,
) -> Result<(Date, Vec<String>), Refusal> {
    // The server's moment: what a phone believes the time to be does not matter.
    let at = moment(app.now());
    let mut tx = app.write_as(&permit).await?;
    let day = working_day(&mut tx, permit, at, mark).await?;
    if month::is_closed(&mut tx, permit.body(), day).await? {
        return Ok((day, vec![words::month_closed(lang).to_owned()]));
    }
    let found = store::telework::day(&mut tx, permit.body(), permit.actor(), day).await?;
    let (at, source) = if from_session {
        match offered(&mut tx, permit.body(), permit.actor(), day, found.as_ref()).await? {
            Some((offered, at)) if offered == mark => (at, Source::Session),
            _ => return Err(Refusal::Conflict("no_session")),
        }
    } else {
        (at, Source::Pressed)
    };
    let record = match found.unwrap_or_default().add(Clock { mark, at, source, why: None }) {
        Ok(record) => record,
        Err(refused) => return Ok((day, vec![words::refused(lang, refused).to_owned()])),
    };
    store::telework::put_day(
        &mut tx,
        permit.body(),
        &DayRow { staff: permit.actor(), day, record },
    )
    .await?;
    let event = permit
        .event(Kind::DAY_REPORTED, &actor.login)
        .with("day", day)
        .with("mark", words::mark_key(mark));
    let event = if source == Source::Session { event.with("from", "session") } else { event };
    tx.commit(Decision::new((), event)).await?;
    Ok((day, Vec::new()))
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
    let past_midnight = rows.iter().any(|row| {
        row.request.state == request::State::Approved
            && row.request.hours.end <= row.request.hours.start
    });
    Ok(if past_midnight || tokyo(at).time() < NIGHT_ENDS { yesterday } else { today })
}

/// An end given later: the day, the time on the clock, why.
#[derive(Deserialize)]
pub(crate) struct Late {
    pub(crate) day: String,
    pub(crate) time: String,
    pub(crate) why: String,
}

async fn late(visit: SignedIn, State(app): State<Kit>, Form(late): Form<Late>) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let (day, faults) = end_later(&app, &permit, &visit.actor, visit.ctx.lang, &late).await?;
    if faults.is_empty() {
        return Ok(see_other("/telework?done=saved"));
    }
    let unkept = Unkept { faults, late: Some(late), ..Unkept::default() };
    render(
        &app,
        visit,
        Month::of(day),
        Entered::default(),
        unkept,
        StatusCode::UNPROCESSABLE_ENTITY,
    )
    .await
}

/// 終業 given later, with a reason. The day, and what stands in the way.
pub(crate) async fn end_later(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    lang: Lang,
    late: &Late,
) -> Result<(Date, Vec<String>), Refusal> {
    let day: Date = late.day.parse().map_err(|_| Refusal::Malformed("day"))?;
    let now = moment(app.now());
    let mut tx = app.write_as(&permit).await?;
    let found = store::telework::day(&mut tx, permit.body(), permit.actor(), day).await?;
    let record = found.filter(DayRecord::is_open).ok_or(Refusal::NotFound)?;
    let begun = record.clocks.first().map(|clock| tokyo(clock.at).time());
    let at = clock_time(&late.time).and_then(|time| {
        // Before the start means past midnight.
        let last = if begun.is_some_and(|begun| time < begun) { day.tomorrow().ok()? } else { day };
        moment_of(last.to_datetime(time)).ok().filter(|at| *at <= now)
    });
    let closed = month::is_closed(&mut tx, permit.body(), day).await?;
    let added = match at {
        _ if closed => Err(words::month_closed(lang)),
        None => Err(lang.t(
            "終業の時刻を、いまより前の時刻で入れてください。",
            "Please enter a time before now.",
        )),
        Some(at) => record
            .add(Clock { mark: Mark::End, at, source: Source::Later, why: Some(text(&late.why)) })
            .map_err(|refused| words::refused(lang, refused)),
    };
    let record = match added {
        Ok(record) => record,
        Err(words) => return Ok((day, vec![words.to_owned()])),
    };
    store::telework::put_day(
        &mut tx,
        permit.body(),
        &DayRow { staff: permit.actor(), day, record },
    )
    .await?;
    let event = permit
        .event(Kind::DAY_REPORTED, &actor.login)
        .with("day", day)
        .with("mark", "end")
        .with("later", text(&late.time))
        .with("why", text(&late.why));
    tx.commit(Decision::new((), event)).await?;
    Ok((day, Vec::new()))
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
    let mut tx = app.write_as(&permit).await?;
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
