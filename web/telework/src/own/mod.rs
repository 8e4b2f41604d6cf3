//! `/telework`: one's own days: asking for them, today's reports, the month.

pub(crate) mod day;
mod page;

use std::str::FromStr;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::Deed;
use serde::Deserialize;
use telework::request::Action;
use telework::time::{Month, tokyo};

use super::requests::{
    Handed, Of, Part, Unread, Wanted, copy_week, decide_own, hand_in, hindered, unasked, unread,
};
use super::{hex16, moment, words};
use crate::Route;
use crate::typed::text;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Reason, SignedIn, get, post, see_other};

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

/// The form of a request, as it is typed.
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

impl Entered {
    /// What it asks for. A field left empty says nothing.
    pub(crate) fn read(&self) -> Result<Wanted, Unread> {
        let part = Part::of(&self.unit, &self.half, &self.start, &self.end)?;
        let wanted = Wanted {
            place: text(&self.place),
            note: text(&self.note),
            work: number(&self.work).map_err(|_| Unread::Work)?,
            ..Wanted::of(&self.day, &self.form, part)?
        };
        wanted.weekly(number(&self.weeks).map_err(|_| Unread::Weeks)?.unwrap_or(0))
    }
}

/// A number of a field that may be left empty.
fn number<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

async fn ask(visit: SignedIn, State(app): State<Kit>, Form(entered): Form<Entered>) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let lang = visit.ctx.lang;
    let today = tokyo(moment(app.now())).date();
    let month = entered.day.parse::<Date>().map_or(Month::of(today), Month::of);
    match entered.read() {
        Ok(wanted) => {
            let handed = hand_in(&app, &permit, permit.actor(), &wanted, Of::Possible).await?;
            answer(&app, visit, month, entered, handed).await
        }
        Err(fault) => {
            let faults = vec![unread(lang, fault).message];
            render(&app, visit, month, entered, faults, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
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
    let lang = visit.ctx.lang;
    let faults = Reason::words(unasked(lang, &handed.faults));
    if handed.days.is_empty() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return render(app, visit, month, entered, faults, status).await;
    }
    let unkept = Unkept {
        faults,
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
    let week = week.parse().map_err(|_| Refusal::Malformed("week"))?;
    let (monday, handed) = copy_week(&app, &permit, week, Of::Possible).await?;
    answer(&app, visit, Month::of(monday), Entered::default(), handed).await
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
    let done = "/telework?done=telework-cancelled";
    decide(visit, app, &id, change, Action::Cancel, done).await
}

async fn resubmit(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(change): Form<Change>,
) -> Answer {
    let change = Change { why: String::new(), ..change };
    decide(visit, app, &id, change, Action::Resubmit, "/telework?done=telework-asked").await
}

async fn decide(
    visit: SignedIn,
    app: Kit,
    id: &str,
    Change { seen, why }: Change,
    action: Action,
    done: &str,
) -> Answer {
    let permit = visit.permit_own(Deed::AskForTelework)?;
    let seen = (hex16(id)?, seen);
    let (day, found) = decide_own(&app, &permit, &visit.actor, seen, action, &text(&why)).await?;
    if found.is_empty() {
        return Ok(see_other(done));
    }
    let reasons = hindered(&app, permit.body(), visit.ctx.lang, &found).await?;
    let (faults, why) = (Reason::words(reasons), Some((id.to_owned(), why)));
    let unkept = Unkept { faults, why, ..Unkept::default() };
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
