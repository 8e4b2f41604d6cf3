//! Who may see which numbers, and the numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use exchange::body::{self, Bodies, Body, is_prefecture, prefecture_of};
use exchange::case::{Case, CaseId, Right, Stage, State};
use exchange::form::{Form, Row};
use exchange::import::Answers;
use exchange::tally::{Tally, Year, by_prefecture, of_row, tally, tally_one};
use people::{Actor, BodyCode};
use store::Conn;
use store::exchange as table;

use crate::Exchange;
use crate::access::{self, Seat};
use kit::error::Refusal;

/// Most years of a series.
const YEARS: usize = 5;
/// What counts for the ministry, and when published.
pub(crate) const SETTLED: [State; 2] = [State::HandedUp, State::Confirmed];
/// What counts for the prefecture that examines it.
const SUBMITTED: [State; 5] =
    [State::Submitted, State::Passed, State::HandedUp, State::Queried, State::Confirmed];

/// What an address asks for.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    /// Empty or `country`; `prefecture`; `peers`.
    pub(crate) scope: String,
    /// Code of the prefecture.
    pub(crate) prefecture: String,
    /// Code of the town that is compared.
    pub(crate) body: String,
    /// Table and column of the map, as `table|column`.
    pub(crate) map: String,
}

/// Whose numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All bodies.
    Country,
    /// The bodies in one prefecture, with the prefecture itself.
    Prefecture(BodyCode),
    /// The bodies of the size of this one.
    Peers(BodyCode),
}

/// Tables that were counted.
pub(crate) struct Counted {
    pub(crate) case: Case,
    pub(crate) form: Arc<Form>,
    pub(crate) scope: Scope,
    pub(crate) tallies: Vec<Tally>,
    /// How many answers were counted.
    pub(crate) answers: usize,
    /// Whether more may come.
    pub(crate) interim: bool,
    /// Whether this person may look at other scopes too.
    pub(crate) free: bool,
    /// Whether this person gets everybody's answers in one workbook: the ministry, and a prefecture
    /// of its own bodies.
    pub(crate) looks_after: bool,
    /// Name of the size class, and the columns the town itself is in: by table, in the order of its
    /// columns.
    pub(crate) own: Option<(String, BTreeMap<String, Vec<bool>>)>,
    /// The country by prefecture: count and base, for the column that was asked for.
    pub(crate) map: Option<Map>,
    /// The years, oldest first, with the total row of the first table in each.
    pub(crate) years: Vec<(String, Tally)>,
    /// The bodies by name.
    pub(crate) known: Bodies,
}

/// One column over the country.
pub(crate) struct Map {
    pub(crate) table: usize,
    pub(crate) column: usize,
    pub(crate) counts: BTreeMap<BodyCode, (u64, u64)>,
}

/// Counts what somebody asks for.
pub(crate) async fn count(
    app: &Exchange,
    conn: &mut Conn,
    by: &Actor,
    id: CaseId,
    which: &Which,
) -> Result<Counted, Refusal> {
    let (seat, case, own) = access::open_case(conn, by, id).await?;
    let form = access::form_of(app, conn, &case).await?.ok_or(Refusal::NotFound)?;
    let free = case.stage == Stage::Published || seat.ministry();
    let watching = access::watches(conn, &seat, id).await?;
    if seat.ministry() {
        seat.permit_case(Right::See, &case)?;
    }
    if !free && !watching {
        return Err(Refusal::NotFound);
    }
    let known = app.bodies();
    let scope = scope(&known, which, &seat, own.is_some(), free)?;
    let answers = match free {
        true => app.settled(conn, id).await?,
        false => Arc::new(table::answers(conn, id, Some(seat.person.body), &SUBMITTED).await?),
    };
    let past = past(app, conn, &form, seat.ministry()).await?;
    let class = match scope {
        Scope::Peers(town) => {
            Some(class_of(&known, &form, &answers, town).ok_or(Refusal::NotFound)?)
        }
        _ => None,
    };
    let narrow = |form: &Form, answers: Arc<Answers>| match (scope, class) {
        (Scope::Peers(_), Some(class)) => {
            let row = form.rows.iter().find(|row| row.id == class.id);
            Arc::new(
                row.map(|row| of_row(&known, Year { form, answers: &answers }, row))
                    .unwrap_or_default(),
            )
        }
        _ => answers,
    };
    let keep = |body: &Body| match scope {
        Scope::Prefecture(code) => prefecture_of(body.code) == code,
        Scope::Country | Scope::Peers(_) => true,
    };
    let now = narrow(&form, answers.clone());
    let before: Vec<(Arc<Form>, Arc<Answers>)> =
        past.into_iter().map(|(form, answers)| (form.clone(), narrow(&form, answers))).collect();
    let internal = |error: exchange::tally::TallyError| Refusal::Internal(error.to_string());
    let last = before.iter().find(|(past, _)| form.previous.as_ref() == Some(&past.name.version));
    let previous = last.map(|(form, answers)| Year { form, answers });
    let year = Year { form: &form, answers: &now };
    let tallies = tally(&known, year, previous, keep).map_err(internal)?;
    let own = match (scope, class) {
        (Scope::Peers(town), Some(class)) => {
            Some((class.id.clone(), own_columns(&known, &form, &now, town).map_err(internal)?))
        }
        _ => None,
    };
    let map = match scope {
        Scope::Country => map(&known, which, year).map_err(internal)?,
        _ => None,
    };
    let mut years = Vec::new();
    for (form, answers) in before.iter().rev() {
        if let Some(first) = form.tables.first() {
            years.push((
                form.name.version.clone(),
                tally_one(&known, Year { form, answers }, first, keep).map_err(internal)?,
            ));
        }
    }
    if let Some(first) = tallies.first() {
        years.push((form.name.version.clone(), first.clone()));
    }
    let counted = now.keys().filter(|code| body::body(&known, **code).is_ok_and(keep)).count();
    let interim = case.stage == Stage::Sent;
    Ok(Counted {
        answers: counted,
        interim,
        free,
        looks_after: seat.ministry() || watching,
        scope,
        tallies,
        own,
        map,
        years,
        case,
        form,
        known,
    })
}

fn scope(
    known: &Bodies,
    which: &Which,
    seat: &Seat,
    has_own: bool,
    free: bool,
) -> Result<Scope, Refusal> {
    let own = seat.person.body;
    // A prefecture's interim tally is of its own bodies, whatever the address says.
    if !free {
        let asked = which.scope == "prefecture"
            && !which.prefecture.is_empty()
            && which.prefecture != own.as_str();
        return if asked || which.scope == "peers" {
            Err(Refusal::NotFound)
        } else {
            Ok(Scope::Prefecture(own))
        };
    }
    match which.scope.as_str() {
        "" | "country" => Ok(Scope::Country),
        "prefecture" => {
            let code = if which.prefecture.is_empty() {
                prefecture_of(own)
            } else {
                access::body_code(&which.prefecture)?
            };
            if is_prefecture(code) && body::body(known, code).is_ok() {
                Ok(Scope::Prefecture(code))
            } else {
                Err(Refusal::NotFound)
            }
        }
        "peers" => {
            let code = if which.body.is_empty() && has_own {
                own
            } else {
                access::body_code(&which.body)?
            };
            // Where one town stands is its own to see, its prefecture's and the ministry's.
            let may =
                seat.ministry() || code == own || is_prefecture(own) && prefecture_of(code) == own;
            if may { Ok(Scope::Peers(code)) } else { Err(Refusal::NotFound) }
        }
        _ => Err(Refusal::NotFound),
    }
}

/// The smallest row with a size class that counts the town.
fn class_of<'f>(
    known: &Bodies,
    form: &'f Form,
    answers: &Answers,
    town: BodyCode,
) -> Option<&'f Row> {
    let (body, sheet) = (body::body(known, town).ok()?, answers.get(&town)?);
    let year = Year { form, answers };
    let rows = form.rows.iter().filter(|row| row.class.is_some() && row.holds(body, sheet));
    // Prefectures and designated cities have no size class in the shipped surveys: their kind is
    // their class.
    let rows: Vec<&Row> = rows.collect();
    let rows = if rows.is_empty() {
        form.rows.iter().filter(|row| row.holds(body, sheet)).collect()
    } else {
        rows
    };
    rows.into_iter().min_by_key(|row| of_row(known, year, row).len())
}

fn own_columns(
    known: &Bodies,
    form: &Form,
    answers: &Answers,
    town: BodyCode,
) -> Result<BTreeMap<String, Vec<bool>>, exchange::tally::TallyError> {
    let tallies = tally(known, Year { form, answers }, None, |body| body.code == town)?;
    let held = |tally: Tally| {
        // Any row that counts the town has it in the same columns.
        let row = tally.rows.iter().find(|row| row.base > 0);
        let columns = (0..tally.columns.len())
            .map(|at| row.is_some_and(|row| row.cells.get(at).is_some_and(|cell| cell.count > 0)));
        (tally.table, columns.collect())
    };
    Ok(tallies.into_iter().map(held).collect())
}

fn map(
    known: &Bodies,
    which: &Which,
    year: Year<'_>,
) -> Result<Option<Map>, exchange::tally::TallyError> {
    let tables = &year.form.tables;
    let (name, column) = which.map.split_once('|').unwrap_or_default();
    let table = tables.iter().position(|table| table.id == name).unwrap_or(0);
    let Some(declared) = tables.get(table) else { return Ok(None) };
    let empty = Answers::new();
    let headings = tally(known, Year { form: year.form, answers: &empty }, None, |_| true)?;
    let column = headings
        .get(table)
        .and_then(|tally| tally.columns.iter().position(|heading| heading.name == column))
        .unwrap_or(0);
    Ok(Some(Map { table, column, counts: by_prefecture(known, year, declared, column)? }))
}

/// The years before, latest first, as far as there are answers this person may count: every version
/// of the survey that was sent, whether the next one compares itself with it or not.
async fn past(
    app: &Exchange,
    conn: &mut Conn,
    form: &Form,
    ministry: bool,
) -> Result<Vec<(Arc<Form>, Arc<Answers>)>, Refusal> {
    let mut before = Vec::new();
    for row in
        table::forms(conn).await?.into_iter().filter(|row| row.fixed && row.name.id == form.name.id)
    {
        if let Some(found) =
            app.form(conn, &row.name).await?.filter(|found| found.as_of < form.as_of)
        {
            before.push(found);
        }
    }
    before.sort_by_key(|form| std::cmp::Reverse(form.as_of));
    let mut years = Vec::new();
    for form in before {
        let Some(id) = table::case_of_form(conn, &form.name).await? else { continue };
        let Some(case) = table::case(conn, id).await? else { continue };
        if (ministry || case.stage == Stage::Published) && years.len() + 1 < YEARS {
            years.push((form, app.settled(conn, id).await?));
        }
    }
    Ok(years)
}
