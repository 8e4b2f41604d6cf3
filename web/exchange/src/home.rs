//! `/exchange`: what is due when, for whoever looks.

use askama::Template;
use axum::extract::{Query, State};
use exchange::body::is_prefecture;
use exchange::case::{MUNICIPAL, WARDS, today};
use people::Deed;
use serde::Deserialize;
use store::Conn;
use store::exchange::{CaseRow, InboxRow, WatchRow};

use super::access::{Seat, now};
use super::lists::{Watched, watched};
use super::words;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Lang, SignedIn, get, page};

/// Rows of a list on one page.
const ROWS: u32 = 100;
/// How long a reminder is shown, milliseconds.
const SHOWN_MS: i64 = 14 * 86_400_000;

#[derive(Template)]
#[template(path = "exchange/home.html")]
struct Page {
    ctx: Ctx,
    desk: bool,
    drafts: bool,
    watches: bool,
    cases: Vec<CaseLine>,
    watched: Vec<WatchLine>,
    inbox: Vec<InboxLine>,
    parts: Vec<PartLine>,
    reminders: Vec<ReminderLine>,
    ministry: bool,
    q: String,
    page: u32,
    more: bool,
}

struct CaseLine {
    id: String,
    kind: &'static str,
    subject: String,
    stage: &'static str,
    open: bool,
    draft: bool,
    deadline: String,
}

struct WatchLine {
    case: CaseLine,
    waiting: u64,
    with_them: u64,
    to_review: u64,
    to_hand_up: u64,
    done: u64,
}

struct InboxLine {
    case: CaseLine,
    state: &'static str,
    chip: &'static str,
    due: String,
    left: String,
    late: bool,
}

struct PartLine {
    id: String,
    subject: String,
    until: String,
    done: bool,
}

struct ReminderLine {
    id: String,
    text: String,
    late: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    page: Option<u32>,
}

async fn show(visit: SignedIn, State(app): State<Exchange>, Query(asked): Query<Asked>) -> Answer {
    visit.actor.widest(Deed::UseExchange).ok_or(Refusal::NotFound)?;
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let seat = Seat::of(&mut conn, &visit.actor).await?;
    let today = today(now(&app));
    let page_no = asked.page.unwrap_or(1).clamp(1, 10_000);
    let own = seat.person.body;
    let q: String = asked.q.chars().take(100).collect();
    let lists = lists(&mut conn, &seat, &q, page_no).await?;
    let mut view = Page {
        desk: lists.desk,
        drafts: seat.ministry_desk(),
        watches: lists.watches,
        cases: lists.cases.iter().map(|row| case_line(lang, row)).collect(),
        watched: lists.watched.iter().map(|row| watch_line(lang, row)).collect(),
        inbox: lists.inbox.iter().map(|row| inbox_line(lang, today, row)).collect(),
        parts: Vec::new(),
        reminders: Vec::new(),
        ministry: seat.ministry(),
        q,
        page: page_no,
        more: lists.more,
        ctx: visit.ctx,
    };
    if view.desk && !view.ministry {
        let given = store::exchange::recent_reminders(&mut conn, own, app.now() - SHOWN_MS).await?;
        let open: Vec<String> = view
            .inbox
            .iter()
            .filter(|row| !row.left.is_empty())
            .map(|row| row.case.id.clone())
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        for (one, _) in given.into_iter().filter(|(one, _)| open.contains(&one.case.to_string())) {
            if seen.insert(one.case) {
                view.reminders.push(reminder_line(lang, today, &view.inbox, &one));
            }
        }
    }
    if let Some(division) = &seat.division {
        for (id, until, done) in store::exchange::parts_of(&mut conn, own, &division.code).await? {
            let subject = store::exchange::case(&mut conn, id)
                .await?
                .map(|case| case.letter.subject)
                .unwrap_or_default();
            let until = until.map(|day| words::day(lang, day)).unwrap_or_default();
            view.parts.push(PartLine { id: id.to_string(), subject, until, done });
        }
    }
    page(view)
}

/// The cases of somebody's desk, a page of each list.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// Whether this is somebody of a desk at all.
    pub(crate) desk: bool,
    /// Whether it is a prefecture's desk that looks after others.
    pub(crate) watches: bool,
    /// The ministry's.
    pub(crate) cases: Vec<CaseRow>,
    /// What has come to the body, for this desk.
    pub(crate) inbox: Vec<InboxRow>,
    /// What goes through the prefecture.
    pub(crate) watched: Vec<WatchRow>,
    /// Whether there is another page.
    pub(crate) more: bool,
}

/// Page `page_no` (from 1) of what this desk has before it.
pub(crate) async fn lists(
    conn: &mut Conn,
    seat: &Seat,
    q: &str,
    page_no: u32,
) -> Result<Lists, Refusal> {
    let (skip, own, member) = ((page_no - 1) * ROWS, seat.person.body, seat.member());
    let mut lists = Lists::default();
    if seat.ministry() {
        lists.desk = !member.at_desk("").is_empty();
        if lists.desk {
            lists.cases = store::exchange::cases(conn, q, skip, ROWS + 1).await?;
            lists.more = lists.cases.len() > ROWS as usize;
            lists.cases.truncate(ROWS as usize);
        }
        return Ok(lists);
    }
    let mut rows = store::exchange::inbox(conn, own, skip, ROWS + 1).await?;
    lists.more = rows.len() > ROWS as usize;
    rows.truncate(ROWS as usize);
    rows.retain(|row| !member.at_desk(&row.desk).is_empty());
    lists.inbox = rows;
    lists.desk = !lists.inbox.is_empty() || !member.at_desk(exchange::case::STAFFING).is_empty();
    lists.watches = is_prefecture(own)
        && (!member.at_desk(MUNICIPAL).is_empty() || !member.at_desk(WARDS).is_empty());
    if lists.watches {
        lists.watched = store::exchange::watched(conn, own, skip, ROWS).await?;
    }
    Ok(lists)
}

fn inbox_line(lang: Lang, today: jiff::civil::Date, row: &InboxRow) -> InboxLine {
    let waits = row.state.awaits_the_body() && row.case.stage.is_open();
    let due = row.due.filter(|_| waits);
    InboxLine {
        case: case_line(lang, &row.case),
        state: words::state(lang, row.state),
        chip: words::chip(row.state),
        due: row.due.map(|due| words::day(lang, due)).unwrap_or_default(),
        left: due.map(|due| words::left(lang, today, due)).unwrap_or_default(),
        late: due.is_some_and(|due| due < today),
    }
}

fn case_line(lang: Lang, row: &CaseRow) -> CaseLine {
    CaseLine {
        id: row.id.to_string(),
        kind: words::kind(lang, row.kind),
        subject: if row.subject.is_empty() {
            lang.t("（件名なし）", "(no subject)").to_owned()
        } else {
            row.subject.clone()
        },
        stage: words::stage(lang, row.stage),
        open: row.stage.is_open(),
        draft: row.stage.is_draft(),
        deadline: row.deadline.map(|day| words::day(lang, day)).unwrap_or_default(),
    }
}

fn watch_line(lang: Lang, row: &WatchRow) -> WatchLine {
    let Watched { waiting, with_them, to_review, to_hand_up, done } = watched(row);
    let case = case_line(lang, &row.case);
    WatchLine { case, waiting, with_them, to_review, to_hand_up, done }
}

fn reminder_line(
    lang: Lang,
    today: jiff::civil::Date,
    inbox: &[InboxLine],
    one: &exchange::case::Reminder,
) -> ReminderLine {
    let id = one.case.to_string();
    let subject = inbox
        .iter()
        .find(|row| row.case.id == id)
        .map(|row| row.case.subject.clone())
        .unwrap_or_default();
    let late = one.deadline < today;
    let due = words::day(lang, one.deadline);
    let left = words::left(lang, today, one.deadline);
    let text = match lang {
        Lang::Ja => format!("「{subject}」の回答期限は{due}です（{left}）。"),
        Lang::En => format!("{subject}: the answer is due on {due} ({left})."),
    };
    ReminderLine { id, text, late }
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/exchange", May(Deed::UseExchange), show)]
}
