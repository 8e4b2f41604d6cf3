//! The town's days: asked for, approved, worked, connected; with what goes wrong in an office.

use audit::{Event, Kind, Who};
use jiff::civil::{Date, DateTime, Time};
use people::{BodyCode, Division, MeetingId, StaffId};
use store::Tx;
use store::sessions::Session;
use store::telework::{DayRow, Reason, RequestRow};
use telework::attendance::{Clock, DayRecord, Mark, Source};
use telework::request::{Request, State, Step};
use telework::rules::{Form, Rules, Unit};
use telework::time::{Calendar, Month, moment as moment_of, tokyo};

use super::{Dice, Person, moment};

/// Days ahead that are asked for already.
const AHEAD: i64 = 10;
const MINUTE: i64 = 60_000;

/// What the days are written by.
pub(super) struct Book<'a> {
    pub(super) body: BodyCode,
    pub(super) clerk: StaffId,
    pub(super) rules: &'a Rules,
    pub(super) calendar: &'a Calendar,
    pub(super) divisions: &'a [Division],
}

/// One month's rows.
#[derive(Default)]
struct Rows {
    requests: Vec<RequestRow>,
    days: Vec<DayRow>,
    sessions: Vec<Session>,
    reasons: Vec<(Reason, i64)>,
}

/// Writes month after month, and closes all but the last two.
pub(super) async fn write(
    tx: &mut Tx,
    book: &Book<'_>,
    town: &[Person],
    months: u32,
    dice: &mut Dice,
    now: i64,
) -> anyhow::Result<Vec<Event>> {
    let today = tokyo(moment(now)).date();
    let this = Month::of(today);
    let first = (1..months).fold(this, |month, _| month.before());
    let until = today.checked_add(jiff::Span::new().days(AHEAD))?;
    let mut events = Vec::new();
    let mut month = first;
    while month <= Month::of(until) {
        let mut rows = Rows::default();
        let (mut day, last) = month.days()?;
        while day <= last.min(until) {
            if book.calendar.is_working(day) {
                for person in town {
                    one_day(book, person, day, today, now, dice, &mut rows)?;
                }
            }
            day = day.tomorrow()?;
        }
        store::telework::add_requests(tx, book.body, &rows.requests).await?;
        store::telework::add_days(tx, book.body, &rows.days).await?;
        store::sessions::add_all(tx, &rows.sessions).await?;
        for (reason, at) in &rows.reasons {
            store::telework::put_reason(tx, book.body, reason, *at).await?;
        }
        if month < this.before() {
            let at = ms(month.next().days()?.0.to_datetime(Time::constant(10, 0, 0, 0)))?
                + 4 * 86_400_000;
            let done =
                web_telework::close_month(tx, book.body, month, book.clerk, at, "見本").await;
            let (people, open) = done.map_err(|fault| anyhow::anyhow!("{fault}"))??;
            let event = Event::new(
                book.body.chain(),
                Who::System,
                Kind::MONTH_CLOSED,
                format!("{:04}-{:02}", month.year, month.month),
            );
            events.push(event.with("people", people).with("open", open));
        }
        month = month.next();
    }
    Ok(events)
}

/// One person's day, if she teleworks on it.
fn one_day(
    book: &Book<'_>,
    person: &Person,
    day: Date,
    today: Date,
    now: i64,
    dice: &mut Dice,
    rows: &mut Rows,
) -> anyhow::Result<()> {
    if !person.week.contains(&day.weekday().to_monday_zero_offset()) || dice.below(100) >= 94 {
        return Ok(());
    }
    let luck = dice.below(100);
    let ahead = day > today;
    let state = match luck {
        0 => State::Refused,
        1 => State::Returned,
        2 => State::Cancelled,
        _ if ahead && luck < 60 => State::Requested,
        _ => State::Approved,
    };
    rows.requests.push(request(book, person, day, state, dice)?);
    if state != State::Approved || ahead {
        return Ok(());
    }
    let hours = book.rules.hours;
    let (opens, closes) = (ms(day.to_datetime(hours.start))?, ms(day.to_datetime(hours.end))?);
    let start = opens - i64::try_from(dice.below(5))? * MINUTE;
    // One day in twelve is long.
    let extra = if luck >= 92 {
        40 + i64::try_from(dice.below(90))?
    } else {
        i64::try_from(dice.below(5))?
    };
    let end = closes + extra * MINUTE;
    if start > now {
        return Ok(());
    }
    let odd = dice.below(100);
    let old = Month::of(day) < Month::of(today);
    let mut record = add(DayRecord::default(), Mark::Start, start, None)?;
    if end <= now {
        // Now and then an end is forgotten: given later with a reason, or (of late) still missing.
        match odd {
            0 if old => record = add(record, Mark::End, end, Some("終業の押し忘れ"))?,
            0 => {}
            _ => record = add(record, Mark::End, end, None)?,
        }
        record.report = REPORTS[usize::try_from(dice.below(REPORTS.len() as u64))?].to_owned();
    }
    rows.days.push(DayRow { staff: person.staff.id, day, record });
    if day == today {
        // Nobody is connected in a sample: what looks live is live.
        return Ok(());
    }
    // The line was down for a while in the morning on one day in thirty.
    let late =
        if odd < 4 { 15 + i64::try_from(dice.below(60))? } else { i64::try_from(dice.below(6))? };
    let noon = ms(day.to_datetime(Time::constant(12, 2, 0, 0)))?;
    let session = |from: i64, until: i64, dice: &mut Dice| -> anyhow::Result<Session> {
        Ok(Session {
            meeting: MeetingId(dice.id()),
            body: book.body,
            staff: person.staff.id,
            pc: person.pc,
            agent: person.agent,
            device: person.device,
            address: "192.0.2.7".into(),
            requested: from - 2_000,
            not_after: until + 30 * MINUTE,
            started: from,
            ended: until,
            reason: "viewer".into(),
            bytes_up: 400_000 + dice.below(200_000),
            bytes_down: 40_000_000 + dice.below(90_000_000),
            idle_seconds: u32::try_from(dice.below(1_200))?,
        })
    };
    rows.sessions.push(session(start + late * MINUTE, noon, dice)?);
    rows.sessions.push(session(noon + 58 * MINUTE, end - MINUTE, dice)?);
    // Of the months before, everybody has answered; of the last one, most have.
    let differs = late > 10 || extra > 10;
    if differs && (Month::of(day) < Month::of(today).before() || dice.below(10) > 2) {
        let text = if late > 10 {
            "自宅の回線の不調のため"
        } else {
            "時間外勤務命令による"
        };
        let reason = Reason { staff: person.staff.id, day, text: text.into(), by: person.staff.id };
        rows.reasons.push((reason, end + 86_400_000));
    }
    Ok(())
}

const REPORTS: [&str; 6] = [
    "予算要求資料を作成した。\n明日は関係課と調整する。",
    "議事録をまとめ、課内で共有した。",
    "照会の回答案を作成した。係長の確認待ち。",
    "補助金の申請を12件審査した。",
    "広報の原稿を入稿した。",
    "規則の改正案を作り、法規担当に送った。",
];

fn request(
    book: &Book<'_>,
    person: &Person,
    day: Date,
    state: State,
    dice: &mut Dice,
) -> anyhow::Result<RequestRow> {
    let staff = &person.staff;
    let asked = ms(day.to_datetime(Time::constant(9, 30, 0, 0)))? - 5 * 86_400_000
        + i64::try_from(dice.below(300))? * MINUTE;
    let leader = book.divisions.iter().find(|one| Some(one.id) == staff.division);
    let own = leader.and_then(|one| one.superior) == Some(staff.id);
    let superior =
        leader.and_then(|one| if own { one.deputy } else { one.superior }).unwrap_or(book.clerk);
    let step = |state, by, at: i64, why: &str| Step {
        state,
        by: Some(by),
        deputy_for: own.then_some(staff.id).filter(|_| by == superior),
        at: moment(at),
        why: why.to_owned(),
    };
    let mut history = vec![step(State::Requested, staff.id, asked, "")];
    match state {
        State::Requested => {}
        State::Cancelled => history.push(step(state, staff.id, asked + 86_400_000, "予定の変更")),
        State::Approved => history.push(step(state, superior, asked + 86_400_000, "")),
        State::Returned => {
            history.push(step(state, superior, asked + 86_400_000, "業務の内容を書いてください"))
        }
        State::Refused => {
            history.push(step(state, superior, asked + 86_400_000, "窓口の人数が足りないため"))
        }
    }
    let form = match dice.below(20) {
        0 => Form::Satellite,
        1 => Form::Mobile,
        _ => Form::Home,
    };
    let request = Request {
        staff: staff.id,
        day,
        form,
        unit: Unit::Day,
        hours: book.rules.hours,
        place: if form == Form::Satellite {
            "駅前サテライトオフィス".into()
        } else {
            String::new()
        },
        works: Vec::new(),
        note: "資料の作成".into(),
        proxy: None,
        state,
        history,
    };
    Ok(RequestRow { id: dice.id(), staff: staff.id, division: staff.division, request })
}

fn add(record: DayRecord, mark: Mark, at: i64, why: Option<&str>) -> anyhow::Result<DayRecord> {
    let source = if why.is_some() { Source::Later } else { Source::Pressed };
    Ok(record.add(Clock { mark, at: moment(at), source, why: why.map(str::to_owned) })?)
}

fn ms(at: DateTime) -> anyhow::Result<i64> {
    Ok(moment_of(at)?.as_millisecond())
}
