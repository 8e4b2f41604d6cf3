//! `/telework`: one's own days: asking for them, today's reports, the month.

mod asking;
pub(crate) mod day;
mod page;

use audit::Kind;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::Span;
use jiff::civil::Date;
use people::{Deed, Permit};
use serde::Deserialize;
use telework::request::{self, Action, Request};
use telework::time::{Month, tokyo, week_of};

use super::{acts, hex16, moment, office, words};
use crate::Route;
use crate::typed::text;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Lang, SignedIn, get, post, see_other};

pub(crate) use self::asking::{Entered, hand_in, wanted};
use self::asking::{Handed, first, hand_in_possible};
pub(super) use self::page::{Unkept, render, what};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    month: String,
    day: String,
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    let today = tokyo(moment(visit.ctx.now)).date();
    let month = format!("{}-01", asked.month).parse::<Date>().map_or(Month::of(today), Month::of);
    let entered =
        Entered { day: asked.day, form: "home".into(), unit: "day".into(), ..Entered::default() };
    render(&app, visit, month, entered, Vec::new(), StatusCode::OK).await
}

async fn ask(visit: SignedIn, State(app): State<Kit>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let lang = visit.ctx.lang;
    let now = moment(app.now());
    let mut tx = app.write_as(&permit).await?;
    let rules = office(&mut tx, permit.body()).await?.rules;
    let made = wanted(lang, permit.actor(), permit.actor(), &entered, &rules, now);
    drop(tx);
    let handed = match made {
        Ok(requests) => hand_in_possible(&app, &permit, lang, permit.actor(), requests).await?,
        Err(fault) => Handed { days: Vec::new(), faults: vec![fault.to_owned()] },
    };
    let month = entered.day.parse::<Date>().map_or(Month::of(tokyo(now).date()), Month::of);
    answer(&app, visit, month, entered, handed).await
}

/// Back to the page where all was asked for; else what was asked for and what was left out, or what
/// stood in the way with what was typed.
async fn answer(
    app: &Kit,
    visit: SignedIn,
    month: Month,
    entered: Entered,
    handed: Handed,
) -> Answer {
    if handed.faults.is_empty() {
        return Ok(see_other("/telework?done=telework-asked"));
    }
    if handed.days.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return render(app, visit, month, entered, handed.faults, status).await;
    }
    let lang = visit.ctx.lang;
    let unkept = Unkept {
        faults: handed.faults,
        taken: handed.days.iter().map(|day| words::day(lang, *day)).collect(),
        ..Unkept::default()
    };
    let form = Entered { form: entered.form, unit: entered.unit, ..Entered::default() };
    render(app, visit, month, form, unkept, StatusCode::OK).await
}

#[derive(Deserialize)]
struct Week {
    week: String,
}

async fn copy(visit: SignedIn, State(app): State<Kit>, Form(Week { week }): Form<Week>) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let lang = visit.ctx.lang;
    let (monday, again) = week_again(&app, &permit, &week).await?;
    let handed = match again.is_empty() {
        true => Handed { days: Vec::new(), faults: vec![nothing_to_copy(lang)] },
        false => hand_in_possible(&app, &permit, lang, permit.actor(), again).await?,
    };
    answer(&app, visit, Month::of(monday), Entered::default(), handed).await
}

/// Asks for the days of the week before the one given once more, in that week: all or none. What
/// stands in the way.
pub(crate) async fn copy_week(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    week: &str,
) -> Result<Vec<String>, Refusal> {
    let (_, again) = week_again(app, permit, week).await?;
    match again.is_empty() {
        true => Ok(vec![nothing_to_copy(lang)]),
        false => hand_in(app, permit, lang, permit.actor(), again).await,
    }
}

fn nothing_to_copy(lang: Lang) -> String {
    lang.t("写すもとになる週に、申請がありません。", "There is nothing in that week to copy.")
        .to_owned()
}

/// The Monday of a week, and the requests of the week before as they would be in it.
async fn week_again(
    app: &Kit,
    permit: &Permit,
    week: &str,
) -> Result<(Date, Vec<Request>), Refusal> {
    let now = moment(app.now());
    let monday = week_of(week.parse::<Date>().map_err(|_| Refusal::Malformed("week"))?);
    let from = monday.checked_sub(Span::new().days(7)).map_err(|_| Refusal::Malformed("week"))?;
    let to = monday.yesterday().map_err(|_| Refusal::Malformed("week"))?;
    let mut conn = app.store.read().await?;
    let rows =
        store::telework::requests_of(&mut conn, permit.body(), permit.actor(), from, to).await?;
    drop(conn);
    let live = rows.into_iter().filter(|row| {
        matches!(row.request.state, request::State::Approved | request::State::Requested)
    });
    let again = live.filter_map(|row| {
        let day = row.request.day.checked_add(Span::new().days(7)).ok()?;
        Some(Request {
            day,
            state: request::State::Requested,
            history: vec![first(permit.actor(), now)],
            proxy: None,
            ..row.request
        })
    });
    Ok((monday, again.collect()))
}

#[derive(Deserialize)]
struct Change {
    seen: usize,
    #[serde(default)]
    why: String,
}

async fn cancel(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(change): Form<Change>,
) -> Answer {
    let action = Action::Cancel(text(&change.why));
    let done = "/telework?done=telework-cancelled";
    decide(visit, app, (&id, change.why), change.seen, action, Kind::TELEWORK_CANCELLED, done).await
}

async fn resubmit(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(change): Form<Change>,
) -> Answer {
    let done = "/telework?done=telework-asked";
    decide(
        visit,
        app,
        (&id, String::new()),
        change.seen,
        Action::Resubmit,
        Kind::TELEWORK_ASKED,
        done,
    )
    .await
}

async fn decide(
    visit: SignedIn,
    app: Kit,
    (id, why): (&str, String),
    seen: usize,
    action: Action,
    kind: Kind,
    done: &str,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let (seen, lang) = ((hex16(id)?, seen), visit.ctx.lang);
    let (day, hindered) =
        acts::decide_own(&app, &permit, &visit.actor, lang, seen, &action, kind).await?;
    if hindered.faults.is_empty() {
        return Ok(see_other(done));
    }
    let unkept =
        Unkept { faults: hindered.faults, why: Some((id.to_owned(), why)), ..Unkept::default() };
    render(&app, visit, Month::of(day), Entered::default(), unkept, StatusCode::CONFLICT).await
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::AskForTelework);
    vec![
        get("/telework", may, show),
        post("/telework/requests", may, ask),
        post("/telework/requests/copy", may, copy),
        post("/telework/requests/{id}/cancel", may, cancel),
        post("/telework/requests/{id}/resubmit", may, resubmit),
    ]
}
