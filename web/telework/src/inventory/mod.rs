//! `/telework/works`: the work inventory (業務棚卸し) of a division or the body.

mod act;
mod book;
pub(crate) mod call;
mod chart;
mod command;
mod decide;
mod edit;
mod export;
mod import;
mod links;
mod list;
mod rules;
pub(crate) mod shown;
mod staff;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use people::{Actor, BodyCode, Deed, Division, DivisionId, Resource, Staff, StaffId};
use store::Conn;
use store::telework::WorkRow;
use telework::inventory::{Outcome, RuleSet, Work};

use crate::Route;
use kit::error::Refusal;

use act::unlink_work;
use export::exported;
use import::{Taken, marked_copy, take_file, template_file};
use rules::{put_rule, remove_rule, reset_rules};

/// Rows of a page of a list.
const ROWS: usize = 100;
/// The setting that holds the body's rules of judgement.
const JUDGING: &str = "judging";

/// The body's rules of judgement, or the shipped ones.
pub(crate) async fn judging(conn: &mut Conn, body: BodyCode) -> Result<RuleSet, Refusal> {
    match store::telework::setting(conn, body, JUDGING).await? {
        Some(rules) => Ok(rules),
        None => RuleSet::shipped().map_err(|error| Refusal::Internal(error.to_string())),
    }
}

/// What somebody sees of the inventory: her divisions and their work.
struct Stock {
    pub(crate) rules: RuleSet,
    pub(crate) divisions: Vec<Division>,
    pub(crate) works: Vec<WorkRow>,
}

impl Stock {
    /// What the actor may see (or keep, by the action).
    pub(crate) async fn of(conn: &mut Conn, actor: &Actor, action: Deed) -> Result<Self, Refusal> {
        let body = actor.body;
        let rules = judging(conn, body).await?;
        let divisions = divisions(conn, actor, action).await?;
        let works = match &divisions[..] {
            [] => Vec::new(),
            [one] => store::telework::works(conn, body, Some(one.id)).await?,
            _ => {
                let mut works = store::telework::works(conn, body, None).await?;
                works.retain(|row| divisions.iter().any(|one| one.id == row.division));
                works
            }
        };
        Ok(Self { rules, divisions, works })
    }

    fn division(&self, id: DivisionId) -> &str {
        self.divisions.iter().find(|one| one.id == id).map_or("", |one| one.name.as_str())
    }

    pub(crate) fn works(&self) -> Vec<Work> {
        self.works.iter().map(|row| row.work.clone()).collect()
    }
}

/// The divisions the actor may do this in.
pub(crate) async fn divisions(
    conn: &mut Conn,
    actor: &Actor,
    action: Deed,
) -> Result<Vec<Division>, Refusal> {
    let body = actor.body;
    let mut all = store::divisions::all(conn, body).await?;
    all.retain(|one| actor.permit(action, Resource::division(body, one.id)).is_ok());
    Ok(all)
}

/// The work a person can name in a request: her division's, unless it is impossible.
pub(super) async fn choosable(
    conn: &mut Conn,
    staff: &Staff,
) -> Result<Vec<(u64, String)>, Refusal> {
    let Some(division) = staff.division else { return Ok(Vec::new()) };
    let works = store::telework::works(conn, staff.body, Some(division)).await?;
    if works.is_empty() {
        return Ok(Vec::new());
    }
    let rules = judging(conn, staff.body).await?;
    let open = works.into_iter().filter(|row| rules.judge(&row.work).outcome != Outcome::No);
    Ok(open.map(|row| (row.work.id, row.work.name)).collect())
}

/// Names of the work that requests name, by number.
pub(super) async fn named<'a>(
    conn: &mut Conn,
    body: BodyCode,
    requests: impl Iterator<Item = &'a telework::request::Request>,
) -> Result<BTreeMap<u64, String>, Refusal> {
    let mut names = BTreeMap::new();
    for number in requests.flat_map(|request| &request.works) {
        if !names.contains_key(number)
            && let Some(row) = store::telework::find_work(conn, body, *number).await?
        {
            names.insert(*number, row.work.name);
        }
    }
    Ok(names)
}

/// One piece of work the actor may do this to. Work of another division is as if it were not there.
async fn find(
    conn: &mut Conn,
    by: &Actor,
    action: Deed,
    id: u64,
) -> Result<(people::Permit, WorkRow), Refusal> {
    let body = by.body;
    let row = store::telework::find_work(conn, body, id).await?.ok_or(Refusal::NotFound)?;
    let permit = by.permit(action, Resource::division(body, row.division))?;
    Ok((permit, row))
}

/// The number of a piece of work in an address.
fn number(id: &str) -> Result<u64, Refusal> {
    id.parse().map_err(|_| Refusal::NotFound)
}

fn names(staff: &[Staff]) -> BTreeMap<StaffId, String> {
    staff.iter().map(|one| (one.id, one.name.to_string())).collect()
}

/// The colour of a result: of its chip, and of its part in a chart.
fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Possible => "good",
        Outcome::Condition => "warn",
        Outcome::No => "bad",
        Outcome::Ask => "off",
    }
}

/// A query's value.
fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Routes of all of it.
pub(super) fn routes() -> Vec<Route> {
    let mut all = list::routes();
    all.extend(edit::routes());
    all.extend(decide::routes());
    all.extend(links::routes());
    all.extend(staff::routes());
    all.extend(chart::routes());
    all.extend(rules::routes());
    all.extend(import::routes());
    all.extend(export::routes());
    all
}
