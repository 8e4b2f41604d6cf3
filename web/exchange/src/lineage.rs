//! `/exchange/lineage`: mergers and renames of bodies, for the ministry's desk and for who runs
//! this server.

use std::collections::BTreeSet;

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use exchange::body::{BadLineage, Bodies, BodyCode, Change, Lineage, Validity};
use jiff::civil::Date;
use people::{Actor, Deed, Resource};
use serde::Deserialize;
use store::Conn;

use super::access::Seat;
use super::case::draft::{Unknown, codes, known};
use super::words;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Ctx, Form, Lang, Reason, SignedIn, get, page_with, post, see_other};

/// Rows on one page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "exchange/lineage.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    page: usize,
    more: bool,
    q: String,
    entered: Entered,
    /// What stands of the change in the form, for the field that comes back.
    seen: String,
    unkept: Unregistered,
}

/// Why a change was not registered.
#[derive(Default)]
pub(crate) struct Unregistered {
    pub(crate) faults: Vec<BadChange>,
    /// What stands of it that the sender has not seen.
    pub(crate) changed: Changed,
}

impl Unregistered {
    fn faulty(faults: Vec<BadChange>) -> Self {
        Self { faults, changed: Changed::default() }
    }

    /// What is wrong, in words.
    pub(crate) fn reasons(&self, lang: Lang) -> Vec<Reason> {
        self.faults.iter().map(|fault| fault.reason(lang)).collect()
    }
}

/// What is wrong with a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum BadChange {
    /// No body is named, or several are.
    Body,
    /// The day is missing.
    Day,
    /// Lines of the predecessors that name no body.
    UnknownBodies(Vec<String>),
    /// It cannot be so beside what is registered.
    Lineage(BadLineage),
}

impl BadChange {
    /// What it is, for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Body => "unknown_body",
            Self::Day => "bad_day",
            Self::UnknownBodies(_) => "unknown_bodies",
            Self::Lineage(bad) => bad.code(),
        }
    }

    fn reason(&self, lang: Lang) -> Reason {
        let words = match (self, lang) {
            (Self::Body, _) => lang
                .t(
                    "団体をコードまたは都道府県からの名前で入力してください。",
                    "Please enter one body by code or full name.",
                )
                .to_owned(),
            (Self::Day, _) => {
                lang.t("変更の日を入力してください。", "Please enter the day.").to_owned()
            }
            (Self::UnknownBodies(list), Lang::Ja) => {
                format!("もとの団体に、コードまたは名前でないものがあります：{}", list.join("、"))
            }
            (Self::UnknownBodies(list), Lang::En) => {
                format!("No body is called so: {}", list.join("、"))
            }
            (Self::Lineage(bad), Lang::Ja) => bad.ja(),
            (Self::Lineage(bad), Lang::En) => bad.to_string(),
        };
        Reason::new(self.code(), words)
    }
}

struct Row {
    code: String,
    name: String,
    on: String,
    day: String,
    predecessors: Vec<String>,
    absorbed: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    page: Option<usize>,
    /// What the form begins with: for whoever comes from a new body, or changes what is registered.
    body: String,
    on: String,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Entered {
    /// What the form showed.
    seen: String,
    body: String,
    on: String,
    predecessors: String,
    itself: String,
}

/// The ministry's desk decides whom it asks; who runs a server without a ministry decides there.
pub(crate) async fn may(conn: &mut Conn, by: &Actor) -> Result<(), Refusal> {
    let operator = by.permit(Deed::ManageBodies, Resource::SERVER).is_ok();
    if operator || Seat::of(conn, by).await?.ministry_desk() {
        Ok(())
    } else {
        Err(Refusal::NotFound)
    }
}

async fn show(visit: SignedIn, State(app): State<Exchange>, Query(asked): Query<Asked>) -> Answer {
    let mut entered =
        Entered { body: asked.body.clone(), on: asked.on.clone(), ..Entered::default() };
    let mut conn = app.store.read().await?;
    may(&mut conn, &visit.actor).await?;
    // What is registered already is there to be changed.
    if let (Ok(code), Ok(on)) = (asked.body.parse(), asked.on.parse())
        && let Some(change) = registered(&store::exchange::lineage(&mut conn).await?, code, on)
    {
        let others =
            change.predecessors.iter().filter(|past| **past != code).map(ToString::to_string);
        entered.predecessors = others.collect::<Vec<_>>().join("\n");
        entered.itself =
            if change.predecessors.contains(&code) { "yes".to_owned() } else { String::new() };
    }
    drop(conn);
    render(&app, visit, asked, entered, Unregistered::default()).await
}

/// The change of a body on a day, where one is registered.
fn registered(lineage: &Lineage, code: BodyCode, on: Date) -> Option<Change> {
    let entry = lineage.entries().find(|entry| entry.code == code)?;
    entry.changes.iter().find(|change| change.on == on).cloned()
}

/// What the form shows of a change of a body on a day: nothing, where none is registered.
pub(crate) fn shown(
    known: &Bodies,
    lang: Lang,
    lineage: &Lineage,
    code: BodyCode,
    on: Date,
) -> Shown {
    let none = Shown::default().by_name();
    let Some(change) = registered(lineage, code, on) else { return none };
    let past: Vec<String> = change.predecessors.iter().map(|past| named(known, *past)).collect();
    let label = format!(
        "{} {} {}",
        known.full_name(code),
        words::day(lang, on),
        lang.t("もとの団体", "before")
    );
    none.with(format!("{code} {on}"), label, past.join(lang.t("、", ", ")))
}

async fn render(
    app: &Exchange,
    visit: SignedIn,
    asked: Asked,
    entered: Entered,
    unkept: Unregistered,
) -> Answer {
    let mut conn = app.store.read().await?;
    may(&mut conn, &visit.actor).await?;
    let lineage = store::exchange::lineage(&mut conn).await?;
    let lang = visit.ctx.lang;
    let status = match (unkept.faults.is_empty(), unkept.changed.is_empty()) {
        (_, false) => StatusCode::CONFLICT,
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let known = app.bodies();
    let stands = match (one(&known, &entered.body), entered.on.trim().parse()) {
        (Some(code), Ok(on)) => shown(&known, lang, &lineage, code, on),
        _ => Shown::default(),
    };
    let posted = (!unkept.faults.is_empty()).then_some(entered.seen.as_str());
    let seen = unkept.changed.seen(posted, &stands);
    let mut changes: Vec<(BodyCode, &Change)> = lineage
        .entries()
        .flat_map(|entry| entry.changes.iter().map(|change| (entry.code, change)))
        .collect();
    changes.sort_by_key(|(code, change)| (std::cmp::Reverse(change.on), *code));
    let q: String = asked.q.trim().chars().take(100).collect();
    let page = asked.page.unwrap_or(1).clamp(1, 10_000);
    let mut rows = changes
        .into_iter()
        .map(|(code, change)| row(&known, lang, code, change))
        .filter(|row| row.matches(&q));
    let listed: Vec<Row> = rows.by_ref().skip((page - 1) * ROWS).take(ROWS).collect();
    let more = rows.next().is_some();
    drop(rows);
    page_with(status, Page { rows: listed, page, more, q, entered, seen, unkept, ctx: visit.ctx })
}

impl Row {
    fn matches(&self, q: &str) -> bool {
        self.code.starts_with(q)
            || self.name.contains(q)
            || self.predecessors.iter().any(|name| name.contains(q))
    }
}

fn row(known: &Bodies, lang: Lang, code: BodyCode, change: &Change) -> Row {
    let others = change.predecessors.iter().filter(|past| **past != code);
    Row {
        name: known.full_name(code).into_owned(),
        on: change.on.to_string(),
        day: words::day(lang, change.on),
        predecessors: others.map(|past| named(known, *past)).collect(),
        absorbed: change.predecessors.contains(&code),
        code: code.to_string(),
    }
}

/// A code that ended long ago has no name here any more.
pub(super) fn named(known: &Bodies, code: BodyCode) -> String {
    format!("{} {code}", known.full_name(code)).trim_start().to_owned()
}

async fn change(
    visit: SignedIn,
    State(app): State<Exchange>,
    Form(entered): Form<Entered>,
) -> Answer {
    let lang = visit.ctx.lang;
    let (code, change) = match read(&app.bodies(), &entered) {
        Ok(read) => read,
        Err(faults) => {
            return render(&app, visit, Asked::default(), entered, Unregistered::faulty(faults))
                .await;
        }
    };
    match enter(&app, &visit.actor, lang, code, change, Seen::Form(&entered.seen)).await? {
        Ok(()) => Ok(see_other("/exchange/lineage?done=saved")),
        Err(unkept) => render(&app, visit, Asked::default(), entered, unkept).await,
    }
}

/// Registers what a body came out of on a day, or says why that cannot be. `seen` is what the
/// sender saw of a change of that body and day that is registered already.
pub(crate) async fn enter(
    app: &Exchange,
    by: &Actor,
    lang: Lang,
    code: BodyCode,
    change: Change,
    seen: Seen<'_>,
) -> Result<Result<(), Unregistered>, Refusal> {
    let mut tx = app.write_as(&by).await?;
    may(&mut tx, by).await?;
    let lineage = store::exchange::lineage(&mut tx).await?;
    let changed = shown(&app.bodies(), lang, &lineage, code, change.on).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unregistered { changed, ..Unregistered::default() }));
    }
    let entries = match lineage.changed(code, change.clone()) {
        Ok(entries) => entries,
        Err(bad) => return Ok(Err(Unregistered::faulty(vec![BadChange::Lineage(bad)]))),
    };
    let past: Vec<String> = change.predecessors.iter().map(ToString::to_string).collect();
    keep(tx, by, code, &entries, |event| {
        event.with("on", change.on).with("predecessors", past.join(" "))
    })
    .await?;
    Ok(Ok(()))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Taken {
    code: String,
    on: String,
}

async fn undo(visit: SignedIn, State(app): State<Exchange>, Form(taken): Form<Taken>) -> Answer {
    let code: Result<BodyCode, _> = taken.code.parse();
    let on: Result<Date, _> = taken.on.parse();
    let (Ok(code), Ok(on)) = (code, on) else { return Err(Refusal::NotFound) };
    take_back(&app, &visit.actor, code, on).await?;
    Ok(see_other("/exchange/lineage?done=removed"))
}

/// Takes the change of a day back; 404 where there is none.
pub(crate) async fn take_back(
    app: &Exchange,
    by: &Actor,
    code: BodyCode,
    on: Date,
) -> Result<(), Refusal> {
    let mut tx = app.write_as(&by).await?;
    may(&mut tx, by).await?;
    let entries = store::exchange::lineage(&mut tx).await?.undone(code, on);
    if entries.is_empty() {
        return Err(Refusal::NotFound);
    }
    keep(tx, by, code, &entries, |event| event.with("on", on).with("undone", true)).await
}

async fn keep(
    mut tx: store::Tx,
    by: &Actor,
    code: BodyCode,
    entries: &[Validity],
    with: impl FnOnce(Event) -> Event,
) -> Result<(), Refusal> {
    for entry in entries {
        store::exchange::put_validity(&mut tx, entry).await?;
    }
    let event =
        Event::new(by.body.chain(), by.who(), Kind::BODY_VALIDITY_CHANGED, code.to_string());
    Ok(tx.commit(Decision::new((), with(event))).await?)
}

/// The one body a text names.
fn one(bodies: &Bodies, text: &str) -> Option<BodyCode> {
    known(bodies, text.lines())
        .ok()
        .filter(|found| found.len() == 1)
        .and_then(|found| found.into_iter().next())
}

/// The change these fields say, or what is wrong with them.
fn read(known: &Bodies, entered: &Entered) -> Result<(BodyCode, Change), Vec<BadChange>> {
    let mut faults = Vec::new();
    let body = one(known, &entered.body);
    if body.is_none() {
        faults.push(BadChange::Body);
    }
    let on = entered.on.trim().parse::<Date>().ok();
    if on.is_none() {
        faults.push(BadChange::Day);
    }
    let past = codes(known, &entered.predecessors);
    if let Err(Unknown(list)) = &past {
        faults.push(BadChange::UnknownBodies(list.clone()));
    }
    let (Some(code), Some(on), Ok(mut predecessors)) = (body, on, past) else { return Err(faults) };
    if !entered.itself.is_empty() {
        predecessors.insert(code);
    }
    Ok((code, Change { on, predecessors }))
}

/// What a body's figures of that day are put together from, where that is not the body itself.
pub(super) async fn predecessors(
    known: &Bodies,
    conn: &mut Conn,
    body: BodyCode,
    day: Date,
) -> Result<Vec<String>, Refusal> {
    let past = store::exchange::lineage(conn).await?.on(body, day);
    Ok(if past == BTreeSet::from([body]) {
        Vec::new()
    } else {
        past.into_iter().map(|code| named(known, code)).collect()
    })
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/lineage", may, show),
        post("/exchange/lineage", may, change),
        post("/exchange/lineage/undo", may, undo),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use exchange::case::{Stage, State};
    use exchange::form::shipped;
    use exchange::import::Answers;

    use crate::country::{NEIGHBOUR, PREFECTURE, R2, TOWN, answers, country, small_survey};

    #[tokio::test]
    async fn a_merger_is_registered_and_last_year_is_shown_through_it() {
        let town = country().await;
        let before = answers(shipped::TELEWORK_R2, R2);
        small_survey(
            &town,
            "2020-0001",
            shipped::TELEWORK_R2,
            Stage::Published,
            State::Confirmed,
            &before,
        )
        .await;
        small_survey(
            &town,
            "2021-0001",
            shipped::TELEWORK_R3,
            Stage::Sent,
            State::Received,
            &Answers::new(),
        )
        .await;
        let mut desk = town.sign_in_to("000019", "desk1").await;
        desk.get("/exchange/lineage").await.ok();
        let fields = |on: &'static str| {
            [
                ("body", "北海道函館市"),
                ("on", on),
                ("predecessors", "北海道小樽市"),
                ("itself", "yes"),
            ]
        };
        assert_eq!(
            desk.post("/exchange/lineage", &fields("2021-04-01")).await.status,
            StatusCode::SEE_OTHER
        );
        assert_eq!(town.record("000019").await[0], audit::Kind::BODY_VALIDITY_CHANGED);
        let page = desk.get("/exchange/lineage").await;
        assert!(
            page.ok().contains("北海道小樽市 012033") && page.text().contains("2021年4月1日"),
            "{}",
            page.text()
        );
        // Whoever did not see it does not replace it.
        let unseen = [
            ("body", TOWN),
            ("on", "2021-04-01"),
            ("predecessors", "北海道釧路市"),
            ("seen", "{}"),
        ];
        let stale = desk.post("/exchange/lineage", &unseen).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        assert!(
            stale.text().contains("北海道小樽市")
                && stale.text().contains("北海道釧路市</textarea>"),
            "{}",
            stale.text()
        );
        // The body that took the other in sees the sum of both, and is told so.
        let mut town_desk = town.sign_in_to(TOWN, "desk1").await;
        let page = town_desk.get("/exchange/cases/2021-0001/answer").await;
        assert!(
            page.ok().contains("1,227人") && page.text().contains("北海道小樽市 012033"),
            "1,126 and 101"
        );
        // The other is written to no more.
        let mut conn = town.app.store.read().await.unwrap();
        let lineage = store::exchange::lineage(&mut conn).await.unwrap();
        assert!(!lineage.in_force(NEIGHBOUR.parse().unwrap(), "2021-04-01".parse().unwrap()));
        drop(conn);
        // Taken back, it never was.
        desk.get("/exchange/lineage").await;
        let undo = [("code", TOWN), ("on", "2021-04-01")];
        assert_eq!(desk.post("/exchange/lineage/undo", &undo).await.status, StatusCode::SEE_OTHER);
        assert!(town_desk.get("/exchange/cases/2021-0001/answer").await.ok().contains("1,126人"));
        assert_eq!(desk.post("/exchange/lineage/undo", &undo).await.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn what_cannot_be_is_told_and_nobody_else_sees_the_page() {
        let town = country().await;
        let mut desk = town.sign_in_to("000019", "desk1").await;
        desk.get("/exchange/lineage").await;
        for (fields, words) in [
            (
                [("body", "函館市"), ("on", ""), ("predecessors", "どこか村")],
                ["団体をコードまたは", "変更の日を", "どこか村"],
            ),
            (
                [("body", "012025"), ("on", "2021-04-01"), ("predecessors", "")],
                ["もとの団体を1つ以上", "", ""],
            ),
        ] {
            let reply = desk.post("/exchange/lineage", &fields).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(words.iter().all(|word| reply.text().contains(word)), "{}", reply.text());
        }
        for (body, login) in [(PREFECTURE, "desk1"), (TOWN, "desk1"), ("000019", "staff1")] {
            let mut other = town.sign_in_to(body, login).await;
            assert_eq!(
                other.get("/exchange/lineage").await.status,
                StatusCode::NOT_FOUND,
                "{body} {login}"
            );
            let fields = [("body", "012025"), ("on", "2021-04-01"), ("predecessors", "012033")];
            assert_eq!(
                other.post("/exchange/lineage", &fields).await.status,
                StatusCode::NOT_FOUND,
                "{body} {login}"
            );
        }
    }
}
