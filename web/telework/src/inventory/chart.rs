//! `/telework/works/chart`: hours a year by result, division and obstacle, and what removing one
//! obstacle frees.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use people::Deed;
use telework::inventory::sheet::hours;
use telework::inventory::{Outcome, hours_by_division, hours_by_outcome, obstacles};
use telework::time::Minutes;

use super::{Stock, words};
use crate::Route;
use kit::Kit;
use kit::chart::{Bar, Stacked, grouped};
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page};

#[derive(Template)]
#[template(path = "telework/inventory/chart.html")]
struct Page {
    ctx: Ctx,
    works: usize,
    results: Vec<&'static str>,
    whole: String,
    all: Line,
    by_division: String,
    divisions: Vec<Line>,
    by_obstacle: String,
    obstacles: Vec<Freed>,
}

/// A row of a table: a name, its hours by result, their sum.
struct Line {
    name: String,
    hours: Vec<String>,
    sum: String,
}

struct Freed {
    name: String,
    remedy: String,
    alone: String,
    works: usize,
    touched: String,
}

/// Divisions drawn at most; the table has all.
const DRAWN: usize = 30;

async fn show(visit: SignedIn, State(app): State<Kit>) -> Answer {
    let lang = visit.ctx.lang;
    let stock = Stock::of(&mut *app.store.read().await?, &visit.actor, Deed::SeeWorks).await?;
    let works = stock.works();
    let results: Vec<&'static str> =
        Outcome::ALL.iter().map(|one| words::outcome(lang, *one)).collect();
    let parts: Vec<(&str, u8)> = results.iter().copied().zip([0, 1, 2, 3]).collect();
    let unit = lang.t("時間", "h");

    let sums = hours_by_outcome(&stock.rules, &works);
    let name = lang.t("すべての業務", "All work").to_owned();
    let whole = Stacked { parts: &parts, unit, bars: &[bar(&name, &sums)] }.svg();
    let all = line(name, &sums);

    let mut found: Vec<(String, BTreeMap<Outcome, Minutes>)> =
        hours_by_division(&stock.rules, &works)
            .into_iter()
            .map(|(id, sums)| (stock.division(id).to_owned(), sums))
            .collect();
    let total = |sums: &BTreeMap<Outcome, Minutes>| sums.values().copied().sum::<Minutes>();
    found.sort_by(|a, b| (total(&b.1), &a.0).cmp(&(total(&a.1), &b.0)));
    let bars: Vec<Bar> = found.iter().take(DRAWN).map(|(name, sums)| bar(name, sums)).collect();
    let by_division = Stacked { parts: &parts, unit, bars: &bars }.svg();

    let freed = obstacles(&stock.rules, &works);
    let bars: Vec<Bar> = freed
        .iter()
        .map(|one| Bar {
            name: one.name.clone(),
            values: vec![whole_hours(one.alone), whole_hours(one.touched - one.alone)],
        })
        .collect();
    let parts = [
        (lang.t("これだけなくせば可になる", "Possible once this alone is gone"), 0),
        (lang.t("ほかの支障もある", "Other obstacles too"), 3),
    ];
    let by_obstacle = Stacked { parts: &parts, unit, bars: &bars }.svg();
    let freed = freed.into_iter().map(|one| Freed {
        name: one.name,
        remedy: one.remedy.unwrap_or_default(),
        alone: shown(one.alone),
        works: one.works,
        touched: shown(one.touched),
    });
    let view = Page {
        works: works.len(),
        results,
        whole,
        all,
        by_division,
        divisions: found.into_iter().map(|(name, sums)| line(name, &sums)).collect(),
        by_obstacle,
        obstacles: freed.collect(),
        ctx: visit.ctx,
    };
    page(view)
}

fn whole_hours(minutes: Minutes) -> u64 {
    (u64::from(minutes.0) + 30) / 60
}

fn bar(name: &str, sums: &BTreeMap<Outcome, Minutes>) -> Bar {
    let of = |one: &Outcome| whole_hours(sums.get(one).copied().unwrap_or_default());
    Bar { name: name.to_owned(), values: Outcome::ALL.iter().map(of).collect() }
}

fn line(name: String, sums: &BTreeMap<Outcome, Minutes>) -> Line {
    let of = |one: &Outcome| shown(sums.get(one).copied().unwrap_or_default());
    Line {
        name,
        hours: Outcome::ALL.iter().map(of).collect(),
        sum: shown(sums.values().copied().sum()),
    }
}

/// Hours to be read, with a comma after each three digits: `11,600.5`.
fn shown(minutes: Minutes) -> String {
    let text = hours(minutes);
    let (whole, part) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    if part.is_empty() { whole } else { format!("{whole}.{part}") }
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/telework/works/chart", May(Deed::SeeWorks), show)]
}
