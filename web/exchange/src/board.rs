//! `/exchange/cases/{id}/board`: who stands where; what can be done with many at once.

use std::borrow::Cow;

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use exchange::case::{Action, Case, CaseId, Context, Refused, Reminder, Right, today};
use jiff::civil::Date;
use people::{Actor, Bodies, BodyCode, Deed};
use serde::Deserialize;
use store::exchange::BoardFilter;
use store::{Conn, Tx};

use super::access::{Seat, Undone, case_id, now, open_case, watches};
use super::lists::{Show, Tally, shows, some_wait, tally};
use super::words;
use crate::Exchange;
use crate::Route;
use crate::notices;
use kit::chart::{Tile, prefecture_name, share, tile_map};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Reason, SignedIn, get, page_with, post, see_other};
use kit::mail::Outbox;

pub(crate) use super::lists::{List, Looked, filter};

/// Rows on one page.
pub(crate) const ROWS: u32 = 100;
/// Most bodies of one act.
pub(crate) const MANY: u32 = 2_000;

#[derive(Template)]
#[template(path = "exchange/board.html")]
struct Page {
    ctx: Ctx,
    id: String,
    subject: String,
    kind: &'static str,
    stage: &'static str,
    deadline: String,
    ministry: bool,
    open: bool,
    wants_answer: bool,
    all: u64,
    done: u64,
    late: u64,
    shows: Vec<Show>,
    map: String,
    table: Vec<TableLine>,
    rows: Vec<Row>,
    show: String,
    prefecture: String,
    prefecture_name: &'static str,
    q: String,
    page: u32,
    more: bool,
    clerk: bool,
    review: bool,
    /// Whether the prefecture's next step is to pass on.
    waiting: bool,
    faults: Vec<String>,
    /// What was sent and not done.
    typed: Vec<(String, String)>,
}

impl Page {
    fn typed(&self, name: &str) -> &str {
        self.typed.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn picked(&self, body: &str) -> bool {
        self.typed.iter().any(|(name, value)| name == "pick" && value == body)
    }

    fn query(&self, show: &str, page: u32) -> String {
        let q: String = url::form_urlencoded::byte_serialize(self.q.as_bytes()).collect();
        format!("?show={show}&prefecture={}&q={q}&page={page}", self.prefecture)
    }
}

struct TableLine {
    digits: &'static str,
    name: Cow<'static, str>,
    tally: Tally,
    percent: String,
}

struct Row {
    body: String,
    name: Cow<'static, str>,
    state: &'static str,
    chip: &'static str,
    due: String,
    late: bool,
    submitted_at: i64,
    after: bool,
    proxy: bool,
    asks: bool,
}

/// What an address or a form asks for.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Asked {
    show: String,
    prefecture: String,
    q: String,
    page: Option<u32>,
}

impl Asked {
    fn looked(&self) -> Looked {
        Looked {
            list: List::named(&self.show),
            prefecture: Some(self.prefecture.clone()),
            q: self.q.clone(),
        }
    }
}

async fn show(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    render(&app, visit, &id, asked, (Vec::new(), Vec::new()), StatusCode::OK).await
}

/// The case and whose bodies the board shows: the ministry's all, a prefecture's its own; nobody
/// else has one.
pub(crate) async fn watched(
    conn: &mut Conn,
    by: &Actor,
    id: &str,
) -> Result<(Seat, Case, Option<BodyCode>), Refusal> {
    let id = case_id(id)?;
    let (seat, case, _) = open_case(conn, by, id).await?;
    if case.is_draft() {
        return Err(Refusal::NotFound);
    }
    if seat.ministry() {
        return Ok((seat, case, None));
    }
    if !watches(conn, &seat, id).await? {
        return Err(Refusal::NotFound);
    }
    let own = seat.person.body;
    Ok((seat, case, Some(own)))
}

async fn render(
    app: &Exchange,
    visit: SignedIn,
    id: &str,
    asked: Asked,
    (faults, typed): (Vec<String>, Vec<(String, String)>),
    status: StatusCode,
) -> Answer {
    let mut conn = app.store.read().await?;
    let (seat, case, via) = watched(&mut conn, &visit.actor, id).await?;
    let (lang, today) = (visit.ctx.lang, today(now(app)));
    let counts = store::exchange::board_counts(&mut conn, case.id, via, today).await?;
    let page_no = asked.page.unwrap_or(1).clamp(1, 10_000);
    let known = app.bodies();
    let filter = BoardFilter {
        skip: (page_no - 1) * ROWS,
        limit: ROWS + 1,
        ..filter(&known, &asked.looked(), via, today)
    };
    let rows = store::exchange::board_rows(&mut conn, case.id, &filter).await?;
    drop(conn);
    let wants_answer = case.kind.wants_answer();
    let of = |digits: &str| {
        tally(
            counts.iter().filter(|count| digits.is_empty() || count.prefecture == digits),
            wants_answer,
        )
    };
    let whole = of("");
    let prefectures =
        exchange::body::bodies().iter().filter(|body| exchange::body::is_prefecture(body.code));
    let table: Vec<TableLine> = match via {
        Some(_) => Vec::new(),
        None => prefectures
            .map(|body| line(body.code.prefecture(), body.name.clone(), of(body.code.prefecture())))
            .collect(),
    };
    let list = if asked.show == "late" { "late" } else { "" };
    let link = |digits: &str| {
        format!("/exchange/cases/{}/board?show={list}&prefecture={digits}#list", case.id)
    };
    let tiles: Vec<Tile> = table.iter().map(|line| tile(lang, line, link(line.digits))).collect();
    let view = Page {
        id: case.id.to_string(),
        kind: words::kind(lang, case.kind),
        stage: words::stage(lang, case.stage),
        deadline: case.deadline.map(|day| words::day(lang, day)).unwrap_or_default(),
        ministry: seat.ministry(),
        open: case.is_open(),
        wants_answer,
        all: whole.all,
        done: whole.done,
        late: whole.late,
        shows: shows(lang, &counts, List::named(&asked.show)),
        map: if tiles.is_empty() {
            String::new()
        } else {
            tile_map(lang.t("都道府県別の提出状況", "Answers by prefecture"), &tiles)
        },
        table,
        more: rows.len() > ROWS as usize,
        rows: rows.iter().take(ROWS as usize).map(|one| row(&known, lang, today, one)).collect(),
        prefecture_name: asked.prefecture.parse().map_or("", prefecture_name),
        show: asked.show,
        prefecture: asked.prefecture,
        q: asked.q,
        page: page_no,
        clerk: if via.is_some() {
            !seat.member().at_desk(exchange::case::MUNICIPAL).is_empty()
                || !seat.member().at_desk(exchange::case::WARDS).is_empty()
        } else {
            seat.ministry_desk()
        },
        review: via.is_some(),
        waiting: some_wait(&counts),
        subject: case.letter.subject,
        faults,
        typed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

fn line(digits: &'static str, name: Cow<'static, str>, tally: Tally) -> TableLine {
    TableLine { digits, name, tally, percent: share(tally.done, tally.all) }
}

fn tile(lang: Lang, line: &TableLine, href: String) -> Tile {
    let Tally { all, done, late } = line.tally;
    let words = match (lang, late) {
        (Lang::Ja, 0) => format!("{all}団体中{done}団体が完了"),
        (Lang::Ja, _) => format!("{all}団体中{done}団体が完了、期限超過{late}"),
        (Lang::En, 0) => format!("{done} of {all} done"),
        (Lang::En, _) => format!("{done} of {all} done, {late} late"),
    };
    Tile {
        prefecture: line.digits.parse().unwrap_or(0),
        figure: format!("{done}/{all}"),
        words,
        level: u8::try_from((done * 4).checked_div(all).unwrap_or(0)).unwrap_or(4),
        late,
        href: Some(href),
    }
}

fn row(known: &Bodies, lang: Lang, today: Date, one: &store::exchange::BoardRow) -> Row {
    Row {
        body: one.body.to_string(),
        name: known.full_name(one.body),
        state: words::state(lang, one.state),
        chip: words::chip(one.state),
        due: one.due.map(|day| words::day(lang, day)).unwrap_or_default(),
        late: one.state.awaits_the_body() && one.due.is_some_and(|due| due < today),
        submitted_at: one.submitted_at,
        after: one.late,
        proxy: one.proxy,
        asks: one.asks,
    }
}

/// One act on the picked bodies, or on the whole list, in one write: whoever cannot follow is named
/// and left as it was.
async fn many(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    let asked =
        Asked { show: field("show"), prefecture: field("prefecture"), q: field("q"), page: None };
    let lang = visit.ctx.lang;
    let picked: Vec<BodyCode> = fields
        .iter()
        .filter(|(key, _)| key == "pick")
        .filter_map(|(_, code)| code.parse().ok())
        .take(MANY as usize)
        .collect();
    let whole = field("whole") == "yes";
    if picked.is_empty() && !whole {
        let faults = vec![lang.t("団体を選んでください。", "Please pick bodies.").to_owned()];
        let unkept = (faults, fields);
        return render(&app, visit, &id, asked, unkept, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let deadline = match field("deadline").trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| Refusal::Malformed("deadline"))?),
    };
    let note = Some(field("note")).filter(|note| !note.trim().is_empty());
    let act = match field("act").as_str() {
        "forward" => Act::Step(Action::Forward { deadline, note }),
        "pass" => Act::Step(Action::Pass),
        "hand-up" => Act::Step(Action::HandUp),
        "confirm" => Act::Step(Action::Confirm),
        "remind" => Act::Remind,
        _ => return Err(Refusal::Malformed("act")),
    };
    let only = if whole { None } else { Some(picked) };
    let left = on_many(&app, &visit.actor, &id, &asked.looked(), only, act).await?;
    if left.is_empty() {
        return Ok(see_other(&format!(
            "/exchange/cases/{}/board?done=exchange-done",
            case_id(&id)?
        )));
    }
    let unkept = (Reason::words(reasons(&app.bodies(), lang, &left)), fields);
    render(&app, visit, &id, asked, unkept, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Most bodies that are named with why they could not follow.
const TOLD: usize = 50;

/// Who could not follow, and why.
pub(crate) fn reasons(known: &Bodies, lang: Lang, left: &[(BodyCode, Refused)]) -> Vec<Reason> {
    let reason = |(body, refused): &(BodyCode, Refused)| {
        let why = words::refused(lang, refused, None).into_iter().next().unwrap_or_default();
        let words = format!("{}{}{why}", known.full_name(*body), lang.t("：", ": "));
        Reason::new(refused.code(), words)
    };
    left.iter().take(TOLD).map(reason).collect()
}

/// What is done with many.
pub(crate) enum Act {
    /// A step of each delivery.
    Step(Action),
    /// 督促 by hand.
    Remind,
}

/// Does it with the bodies named, or with all of a list, in one write. Whoever cannot follow is
/// left as it was, and answered with why.
pub(crate) async fn on_many(
    app: &Exchange,
    by: &Actor,
    id: &str,
    looked: &Looked,
    only: Option<Vec<BodyCode>>,
    act: Act,
) -> Result<Vec<(BodyCode, Refused)>, Refusal> {
    let mut tx = app.write_as(&by).await?;
    let (seat, case, via) = watched(&mut tx, by, id).await?;
    let today = today(now(app));
    let filter = match only {
        Some(bodies) => BoardFilter { via, bodies: Some(bodies), ..Default::default() },
        None => filter(&app.bodies(), looked, via, today),
    };
    let rows =
        store::exchange::board_rows(&mut tx, case.id, &BoardFilter { limit: MANY, ..filter })
            .await?;
    let (mut events, mut left) = (Vec::new(), Vec::new());
    let mut mail = Outbox::default();
    for row in rows {
        let done = match &act {
            Act::Step(action) => {
                one(app, &mut tx, &mut mail, &seat, &case, row.body, action.clone()).await
            }
            Act::Remind => remind(app, &mut tx, &mut mail, &seat, &case, row.body, today).await,
        };
        match done {
            Ok(more) => events.extend(more),
            Err(undone) => left.push((row.body, undone.refused()?)),
        }
    }
    tx.commit(Decision { value: (), events }).await?;
    Ok(left)
}

async fn one(
    app: &Exchange,
    tx: &mut Tx,
    mail: &mut Outbox,
    seat: &Seat,
    case: &Case,
    body: BodyCode,
    action: Action,
) -> Result<Vec<Event>, Undone> {
    let delivery = store::exchange::delivery(tx, case.id, body).await?.ok_or(Refusal::NotFound)?;
    let permit = seat.permit(action.right(), &delivery)?;
    let context =
        Context { case, form: None, previous: None, approval: false, seen: delivery.revision };
    let decision = delivery.decide(action, &permit, context, now(app))?;
    if !store::exchange::put_delivery(tx, delivery.revision, &decision.value, app.now()).await? {
        return Err(Refused::Stale.into());
    }
    notices::stepped(app, tx, mail, case, &delivery, &decision.value).await?;
    Ok(decision.events)
}

/// 督促 by hand: the same record as the planned ones, on the day it is given.
async fn remind(
    app: &Exchange,
    tx: &mut Tx,
    mail: &mut Outbox,
    seat: &Seat,
    case: &Case,
    body: BodyCode,
    today: Date,
) -> Result<Vec<Event>, Undone> {
    let delivery = store::exchange::delivery(tx, case.id, body).await?.ok_or(Refusal::NotFound)?;
    seat.permit(Right::GrantExtension, &delivery)?;
    let Some(deadline) =
        delivery.deadline.filter(|_| delivery.state.awaits_the_body() && case.is_open())
    else {
        return Err(Refused::WrongState(delivery.state).into());
    };
    let deadline = deadline.day();
    let days = today.until(deadline).map_or(0, |span| span.get_days());
    let reminder = Reminder { case: case.id, to: delivery.to, deadline, days };
    if !store::exchange::add_reminder(tx, &reminder, app.now()).await? {
        return Ok(Vec::new());
    }
    notices::reminder(app, tx, mail, case, &reminder).await?;
    let event = Event::new(
        seat.person.body.chain(),
        seat.person.who(),
        Kind::REMINDED,
        CaseId::to_string(&case.id),
    );
    Ok(vec![event.with("body", body).with("deadline", deadline).with("days", days)])
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/cases/{id}/board", may, show),
        post("/exchange/cases/{id}/board", may, many),
    ]
}
