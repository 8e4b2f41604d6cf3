//! `/telework/works/staff`: who can telework (実施可能職員), with the working behind each.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use people::{Deed, DivisionId, StaffId};
use serde::Deserialize;
use telework::inventory::sheet::hours;
use telework::inventory::{Outcome, Possible, possible_staff};

use super::{ROWS, Stock, class, encode, words};
use crate::Route;
use crate::office;
use kit::Kit;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, SignedIn, get, page};

#[derive(Template)]
#[template(path = "telework/inventory/staff.html")]
struct Page {
    ctx: Ctx,
    rows: Vec<Row>,
    /// Of everybody shown here: able, not able, without linked work.
    sums: [usize; 3],
    percent: u8,
    divisions: Vec<(String, String)>,
    asked: Asked,
    before: Option<String>,
    after: Option<String>,
}

struct Row {
    name: String,
    division: String,
    state: Standing,
    possible: String,
    linked: String,
    percent: String,
    works: Vec<Work>,
}

struct Work {
    id: u64,
    name: String,
    hours: String,
    outcome: &'static str,
    class: &'static str,
    /// Whether the visitor may look at it.
    seen: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Able,
    NotAble,
    Unknown,
}

impl Standing {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Able, "able"), (Self::NotAble, "not"), (Self::Unknown, "unknown")];

    fn of(found: Option<&Possible>) -> Self {
        match found {
            Some(one) if one.enough => Self::Able,
            Some(_) => Self::NotAble,
            None => Self::Unknown,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    q: String,
    division: String,
    state: String,
    page: String,
}

impl Asked {
    fn page(&self, number: usize) -> String {
        let (q, division, state) = (encode(&self.q), encode(&self.division), encode(&self.state));
        format!("/telework/works/staff?q={q}&division={division}&state={state}&page={number}")
    }
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(mut asked): Query<Asked>) -> Answer {
    let (body, lang) = (visit.actor.body, visit.ctx.lang);
    let mut conn = app.store.read().await?;
    let rules = super::judging(&mut conn, body).await?;
    let stock = Stock {
        divisions: super::divisions(&mut conn, &visit.actor, Deed::SeeWorks).await?,
        // Whoever is in a division may have a share in another's work: it counts, and is named
        // without a link.
        works: store::telework::works(&mut conn, body, None).await?,
        rules,
    };
    let percent = office(&mut conn, body).await?.rules.possible_percent;
    let shares = store::telework::shares(&mut conn, body).await?;
    let mut staff = store::staff::all(&mut conn, body).await?;
    drop(conn);
    asked.q = asked.q.trim().chars().take(60).collect();
    let division: Option<DivisionId> = asked.division.parse().ok();
    let state = Standing::ALL.iter().find(|(_, key)| *key == asked.state).map(|(state, _)| *state);
    let seen = |id: Option<DivisionId>| {
        id.is_some_and(|id| stock.divisions.iter().any(|one| one.id == id))
    };
    let whole = visit.permit(Deed::SeeWorks).is_ok();
    staff.retain(|one| {
        (whole || seen(one.division)) && division.is_none_or(|id| one.division == Some(id))
    });
    staff.retain(|one| {
        one.name.as_str().contains(&asked.q) || one.login.as_str().contains(&asked.q)
    });

    let works = stock.works();
    let working = possible_staff(&stock.rules, &works, &shares, percent);
    let by_number: BTreeMap<u64, _> = stock.works.iter().map(|row| (row.work.id, row)).collect();
    let mut sums = [0; 3];
    for one in &staff {
        let at = Standing::of(working.get(&one.id));
        sums[Standing::ALL.iter().position(|(state, _)| *state == at).unwrap_or(0)] += 1;
    }
    staff.retain(|one| state.is_none_or(|state| Standing::of(working.get(&one.id)) == state));
    let found = staff.len();
    let number = asked.page.parse::<usize>().unwrap_or(1).clamp(1, found.div_ceil(ROWS).max(1));
    let mut by_staff: BTreeMap<StaffId, Vec<Work>> = BTreeMap::new();
    for share in &shares {
        let Some(row) = by_number.get(&share.work) else { continue };
        let outcome: Outcome = stock.rules.judge(&row.work).outcome;
        by_staff.entry(share.staff).or_default().push(Work {
            id: share.work,
            name: row.work.name.clone(),
            hours: hours(share.yearly),
            outcome: words::outcome(lang, outcome),
            class: class(outcome),
            seen: seen(Some(row.division)),
        });
    }
    let rows = staff.iter().skip((number - 1) * ROWS).take(ROWS).map(|one| {
        let found = working.get(&one.id);
        Row {
            name: one.name.to_string(),
            division: one.division.map(|id| stock.division(id)).unwrap_or_default().to_owned(),
            state: Standing::of(found),
            possible: found.map_or(String::new(), |one| hours(one.possible)),
            linked: found.map_or(String::new(), |one| hours(one.linked)),
            percent: found.map_or(String::new(), share_of),
            works: by_staff.remove(&one.id).unwrap_or_default(),
        }
    });
    let view = Page {
        rows: rows.collect(),
        sums,
        percent,
        divisions: stock
            .divisions
            .iter()
            .map(|one| (one.id.to_string(), one.name.to_string()))
            .collect(),
        before: (number > 1).then(|| asked.page(number - 1)),
        after: (number * ROWS < found).then(|| asked.page(number + 1)),
        asked,
        ctx: visit.ctx,
    };
    page(view)
}

/// The possible part in per cent, half-up to one decimal, from integers.
fn share_of(one: &Possible) -> String {
    let (part, whole) = (u64::from(one.possible.0), u64::from(one.linked.0).max(1));
    let tenths = (part * 2_000 + whole) / (whole * 2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/telework/works/staff", May(Deed::SeeWorks), show)]
}
