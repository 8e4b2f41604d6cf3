//! `/admin/telework/year`: a fiscal year in figures: days by form and month, people, hours and
//! overtime of the closed months, by division. Counted by the database from what was approved and
//! from what closed months keep.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use people::{BodyCode, Deed, Division, DivisionId};
use serde::Deserialize;
use store::Conn;
use store::telework::{FormCount, Sums};
use telework::close::Ledger;
use telework::rules::Form;
use telework::time::{FiscalYear, Minutes, Month, tokyo};

use super::own_month::clock;
use super::{moment, month, words};
use crate::Route;
use kit::Kit;
use kit::chart::{Bar, Stacked};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Lang, SignedIn, get, page};

#[derive(Template)]
#[template(path = "telework/year.html")]
struct Page {
    ctx: Ctx,
    name: String,
    before: i16,
    after: i16,
    forms: Vec<&'static str>,
    months: Vec<Row>,
    total: Row,
    divisions: Vec<Part>,
    chart: String,
}

struct Row {
    name: String,
    /// Has begun and is not closed.
    open: bool,
    /// Days by form.
    days: Vec<u32>,
    people: u32,
    worked: String,
    overtime: String,
}

struct Part {
    name: String,
    people: u32,
    days: u32,
    worked: String,
    overtime: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    year: String,
}

/// What a fiscal year is told from.
pub(crate) struct Figures {
    /// Days by month and form.
    pub(crate) forms: Vec<FormCount>,
    /// People by month, and of the whole year without one.
    pub(crate) people: BTreeMap<Option<Month>, u32>,
    /// Sums of closed months.
    pub(crate) kept: BTreeMap<Month, Sums>,
    /// The same by division.
    pub(crate) parts: Vec<(Option<DivisionId>, Sums)>,
    /// What was done with each month.
    pub(crate) ledgers: BTreeMap<Month, Ledger>,
    /// The divisions of the body.
    pub(crate) divisions: Vec<Division>,
}

/// Reads them.
///
/// # Errors
/// What the database can meet.
pub(crate) async fn figures(
    conn: &mut Conn,
    body: BodyCode,
    year: FiscalYear,
) -> Result<Figures, Refusal> {
    let (first, last) = (Month { year: year.0, month: 4 }, Month { year: year.0 + 1, month: 3 });
    let (from, _) = first.days().map_err(|_| Refusal::NotFound)?;
    let (_, to) = last.days().map_err(|_| Refusal::NotFound)?;
    Ok(Figures {
        forms: store::telework::forms_by_month(conn, body, from, to).await?,
        people: store::telework::people_by_month(conn, body, from, to).await?,
        kept: store::telework::sums_by_month(conn, body, first, last).await?,
        parts: store::telework::sums_by_division(conn, body, first, last).await?,
        ledgers: store::telework::ledgers(conn, body, first, last).await?,
        divisions: store::divisions::all(conn, body).await?,
    })
}

/// The fiscal year an address names by the year it begins in; none for anything else.
pub(crate) fn asked_year(text: &str) -> Option<FiscalYear> {
    text.parse().ok().filter(|year| (1990..=2200).contains(year)).map(FiscalYear)
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang) = (permit.body(), visit.ctx.lang);
    let this = FiscalYear::of(tokyo(moment(app.now())).date());
    let year = asked_year(&asked.year).unwrap_or(this);
    let mut conn = app.store.read().await?;
    let Figures { forms, people, kept, parts, ledgers, divisions } =
        figures(&mut conn, body, year).await?;
    drop(conn);
    let names: BTreeMap<DivisionId, &str> =
        divisions.iter().map(|one| (one.id, one.name.as_str())).collect();
    let now = Month::of(tokyo(moment(app.now())).date());
    let months: Vec<Row> = year
        .months()
        .map(|of| {
            row(
                lang,
                of,
                &forms,
                people.get(&Some(of)).copied().unwrap_or(0),
                kept.get(&of),
                ledgers.get(&of),
                now,
            )
        })
        .collect();
    let sum = |of: fn(&Sums) -> u32| Minutes(kept.values().map(of).fold(0, u32::saturating_add));
    let total = Row {
        name: lang.t("年度計", "Year").to_owned(),
        open: false,
        days: (0..words::FORMS.len())
            .map(|at| months.iter().map(|row| row.days[at]).sum())
            .collect(),
        people: people.get(&None).copied().unwrap_or(0),
        worked: clock(sum(|sums| sums.worked)),
        overtime: clock(sum(|sums| sums.overtime)),
    };
    let bars: Vec<Bar> = months
        .iter()
        .map(|row| Bar {
            name: row.name.clone(),
            values: row.days.iter().map(|days| u64::from(*days)).collect(),
        })
        .collect();
    let legend: Vec<(&str, u8)> =
        (0u8..).zip(words::FORMS).map(|(at, form)| (words::form(lang, form), at)).collect();
    let mut divisions: Vec<Part> = parts
        .into_iter()
        .map(|(id, sums)| Part {
            name: id
                .and_then(|id| names.get(&id).copied())
                .unwrap_or(lang.t("所属なし", "None"))
                .to_owned(),
            people: sums.people,
            days: sums.days,
            worked: clock(Minutes(sums.worked)),
            overtime: clock(Minutes(sums.overtime)),
        })
        .collect();
    divisions.sort_by(|a, b| b.days.cmp(&a.days).then(a.name.cmp(&b.name)));
    page(Page {
        name: match lang {
            Lang::Ja => format!("{}年度", year.0),
            Lang::En => format!("Fiscal year {}", year.0),
        },
        before: year.0 - 1,
        after: year.0 + 1,
        forms: words::FORMS.map(|form| words::form(lang, form)).into(),
        chart: Stacked { parts: &legend, unit: lang.t("日", "days"), bars: &bars }.svg(),
        months,
        total,
        divisions,
        ctx: visit.ctx,
    })
}

fn row(
    lang: Lang,
    of: Month,
    forms: &[FormCount],
    people: u32,
    kept: Option<&Sums>,
    ledger: Option<&Ledger>,
    now: Month,
) -> Row {
    let days = |form: Form| {
        forms.iter().find(|one| one.month == of && one.form == form).map_or(0, |one| one.requests)
    };
    Row {
        name: month::name(lang, of),
        open: of <= now && !ledger.is_some_and(Ledger::is_closed),
        days: words::FORMS.map(days).into(),
        people,
        worked: kept.map_or(String::new(), |sums| clock(Minutes(sums.worked))),
        overtime: kept.map_or(String::new(), |sums| clock(Minutes(sums.overtime))),
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/admin/telework/year", May(Deed::ManageTelework), show)]
}
