//! `/telework/works`: the list, by division, result and words, a hundred at a time.

use askama::Template;
use axum::extract::{Query, State};
use people::{Deed, DivisionId};
use serde::Deserialize;
use telework::inventory::Outcome;
use telework::inventory::sheet::hours;

use super::{ROWS, Stock, class, encode, words};
use crate::Route;
use kit::Kit;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page};

#[derive(Template)]
#[template(path = "telework/inventory/list.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    found: usize,
    divisions: Vec<(String, String)>,
    results: Vec<(&'static str, &'static str, bool)>,
    asked: Asked,
    before: Option<String>,
    after: Option<String>,
    may_add: bool,
}

struct Row {
    id: u64,
    name: String,
    division: String,
    hours: String,
    outcome: &'static str,
    class: &'static str,
    by_person: bool,
    causes: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    division: String,
    result: String,
    page: String,
}

impl Asked {
    /// The address of another page of the same list.
    fn page(&self, number: usize) -> String {
        let (q, division, result) = (encode(&self.q), encode(&self.division), encode(&self.result));
        format!("/telework/works?q={q}&division={division}&result={result}&page={number}")
    }
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(mut asked): Query<Asked>) -> Answer {
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let stock = Stock::of(&mut conn, &visit.actor, Deed::SeeWorks).await?;
    drop(conn);
    asked.q = asked.q.trim().chars().take(60).collect();
    let division: Option<DivisionId> = asked.division.parse().ok();
    let result = Outcome::ALL.iter().copied().find(|one| one.key() == asked.result);
    let judged = stock.works.iter().filter(|row| division.is_none_or(|id| id == row.division));
    let judged = judged
        .filter(|row| row.work.name.contains(&asked.q))
        .map(|row| (row, stock.rules.judge(&row.work)));
    let rows: Vec<Row> = judged
        .filter(|(_, judged)| result.is_none_or(|one| one == judged.outcome))
        .map(|(row, judged)| Row {
            id: row.work.id,
            name: row.work.name.clone(),
            division: stock.division(row.division).to_owned(),
            hours: hours(row.work.yearly),
            outcome: words::outcome(lang, judged.outcome),
            class: class(judged.outcome),
            by_person: judged.by_person,
            causes: judged
                .causes
                .iter()
                .map(|cause| cause.name.as_str())
                .collect::<Vec<_>>()
                .join(lang.t("、", ", ")),
        })
        .collect();
    let found = rows.len();
    let number = asked.page.parse::<usize>().unwrap_or(1).clamp(1, found.div_ceil(ROWS).max(1));
    let view = Page {
        rows: rows.into_iter().skip((number - 1) * ROWS).take(ROWS).collect(),
        found,
        divisions: stock
            .divisions
            .iter()
            .map(|one| (one.id.to_string(), one.name.to_string()))
            .collect(),
        results: Outcome::ALL
            .iter()
            .map(|one| (one.key(), words::outcome(lang, *one), result == Some(*one)))
            .collect(),
        before: (number > 1).then(|| asked.page(number - 1)),
        after: (number * ROWS < found).then(|| asked.page(number + 1)),
        may_add: visit.ctx.may(Deed::ManageWorks) && !stock.divisions.is_empty(),
        asked,
        ctx: visit.ctx,
    };
    page(view)
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/telework/works", May(Deed::SeeWorks), show)]
}
