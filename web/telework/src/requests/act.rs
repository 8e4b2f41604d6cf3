//! What is done with requests that were handed in: each action decides, records and names what
//! stands in the way.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use ::people::{Actor, BodyCode, Deed, Division, DivisionId, Permit, Resource, Staff, StaffId};
use audit::Decision;
use jiff::civil::Date;
use store::Conn;
use store::telework::RequestRow;
use telework::papers::{HandOver, Leave, stands_in};
use telework::request::{Action, Context, Denied, Right};
use telework::time::{Month, tokyo};

use super::Seen;
use crate::hand_over::handed_over;
use crate::{leaves, moment, month, notices, opening_for};
use kit::Cut;
use kit::Kit;
use kit::error::Refusal;

/// What stands in the way of a decision on one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hindrance {
    /// Whose request; nobody, where it is the reader's own.
    pub(crate) whose: Option<StaffId>,
    pub(crate) day: Date,
    pub(crate) denied: Denied,
}

/// Whether one of them was changed by somebody since it was looked at.
pub(crate) fn is_stale(hindrances: &[Hindrance]) -> bool {
    hindrances.iter().any(|one| matches!(one.denied, Denied::Changed { .. }))
}

/// Who decides what, as it stands at a moment: read once for many requests.
pub(crate) struct Bench {
    /// Those the actor leads or stands in for.
    divisions: Vec<Division>,
    leaves: Vec<Leave>,
    handed_over: Vec<HandOver>,
    closed: BTreeSet<Month>,
    now: i64,
}

impl Bench {
    /// For what this actor does with requests of these days.
    pub(crate) async fn of(
        conn: &mut Conn,
        actor: &Actor,
        days: impl Iterator<Item = Date> + Clone,
        now: i64,
    ) -> Result<Self, Refusal> {
        let body = actor.body;
        let mut divisions = Vec::new();
        for id in &actor.leads {
            divisions.extend(store::divisions::find(conn, body, *id).await?);
        }
        let (leaves, handed_over) = match divisions.is_empty() {
            true => (Vec::new(), Vec::new()),
            false => (leaves::leaves(conn, body).await?, handed_over(conn, body).await?),
        };
        let closed = match (days.clone().min(), days.max()) {
            (Some(first), Some(last)) => month::closed_in(conn, body, first, last).await?,
            _ => BTreeSet::new(),
        };
        Ok(Self { divisions, leaves, handed_over, closed, now })
    }

    /// What the actor can do now with a request of this person.
    pub(crate) fn possible(&self, actor: &Actor, row: &RequestRow, whose: &Staff) -> Vec<Action> {
        let authority = if row.staff == actor.id {
            let own = Resource::person(actor.body, actor.id, whose.division);
            actor.permit(Deed::AskForTelework, own).ok().map(|permit| (permit, Right::Own))
        } else {
            self.authority(actor, row, whose).ok().and_then(Result::ok)
        };
        let Some((permit, right)) = authority else { return Vec::new() };
        row.request.possible(&permit, &self.context(right, row, whose))
    }

    /// By what the actor decides on it as the superior or the deputy; or why not. A request of a
    /// division the actor does not lead is as if it were not there.
    fn authority(
        &self,
        actor: &Actor,
        row: &RequestRow,
        whose: &Staff,
    ) -> Result<Result<(Permit, Right), Denied>, Refusal> {
        // It is decided by the division it was asked of; what stands is taken back where the person
        // is now.
        let asked = if row.request.is_approved() { whose.division } else { row.division };
        let division = asked.ok_or(Refusal::NotFound)?;
        let permit =
            actor.permit(Deed::DecideTelework, Resource::division(actor.body, division))?;
        Ok(self.right(division, actor.id, row.staff).map(|right| (permit, right)))
    }

    fn right(&self, division: DivisionId, actor: StaffId, asks: StaffId) -> Result<Right, Denied> {
        let today = tokyo(moment(self.now)).date();
        match right(&self.divisions, division, actor)? {
            Right::Deputy(superior)
                if !stands_in(Some(superior), asks, &self.leaves, &self.handed_over, today) =>
            {
                Err(Denied::NotAway { superior })
            }
            right => Ok(right),
        }
    }

    fn context<'a>(&self, right: Right, row: &RequestRow, whose: &'a Staff) -> Context<'a> {
        let closed = self.closed.contains(&Month::of(row.request.day));
        Context { right, login: &whose.login, closed, now: moment(self.now) }
    }
}

/// Cancels or hands in again one's own request. Its day, and what stands in the way.
pub(crate) async fn decide_own(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    (id, seen): Seen,
    action: Action,
    why: &str,
) -> Result<(Date, Vec<Hindrance>), Refusal> {
    let (now, body) = (app.now(), permit.body());
    let mut tx = app.write_as(permit).await?;
    let row = store::telework::find_request(&mut tx, body, id).await?;
    let row = row.filter(|row| row.staff == permit.actor()).ok_or(Refusal::NotFound)?;
    let day = row.request.day;
    let context = Context {
        right: Right::Own,
        login: &actor.login,
        closed: month::is_closed(&mut tx, body, day).await?,
        now: moment(now),
    };
    let decision = match row.request.decide(action, why, seen, permit, &context) {
        Ok(decision) => decision,
        Err(denied) => return Ok((day, vec![Hindrance { whose: None, day, denied }])),
    };
    let decided = &decision.value;
    if !store::telework::change_request(&mut tx, body, row.id, seen, &decided.request).await? {
        return Err(Refusal::Conflict("changed"));
    }
    if decided.request.is_waiting() {
        // Handed in again, it is asked of the division she is in now.
        let division =
            store::staff::find(&mut tx, body, row.staff).await?.and_then(|staff| staff.division);
        store::telework::ask_request_of(&mut tx, body, row.id, division).await?;
        notices::waiting(app, &mut tx, body, row.staff).await?;
    }
    let cut = decided.closes_session && opening_for(&mut tx, body, row.staff, now).await?.is_err();
    tx.commit(decision.map(|_| ())).await?;
    if cut {
        app.cut(Cut::Person(row.staff));
    }
    Ok((day, Vec::new()))
}

/// What a superior or deputy does with requests of the divisions led: each that can be is decided,
/// and what stands in the way of the others is named.
pub(crate) async fn decide_led(
    app: &Kit,
    actor: &Actor,
    (action, why): (Action, &str),
    picks: &[Seen],
) -> Result<Vec<Hindrance>, Refusal> {
    let (now, body) = (app.now(), actor.body);
    let mut tx = app.write_as(actor).await?;
    let mut rows = Vec::with_capacity(picks.len());
    let mut people: BTreeMap<StaffId, Staff> = BTreeMap::new();
    for (id, seen) in picks {
        let row =
            store::telework::find_request(&mut tx, body, *id).await?.ok_or(Refusal::NotFound)?;
        if let Entry::Vacant(place) = people.entry(row.staff) {
            let found = store::staff::find(&mut tx, body, row.staff).await?;
            place.insert(found.ok_or(Refusal::NotFound)?);
        }
        rows.push((row, *seen));
    }
    let days = rows.iter().map(|(row, _)| row.request.day);
    let bench = Bench::of(&mut tx, actor, days, now).await?;
    let (mut hindrances, mut events, mut cuts) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (row, seen) in &rows {
        let Some(whose) = people.get(&row.staff) else { continue };
        let authority = bench.authority(actor, row, whose)?;
        let decided = authority.and_then(|(permit, right)| {
            row.request.decide(action, why, *seen, &permit, &bench.context(right, row, whose))
        });
        let decision = match decided {
            Ok(decision) => decision,
            Err(denied) => {
                let day = row.request.day;
                hindrances.push(Hindrance { whose: Some(row.staff), day, denied });
                continue;
            }
        };
        let Decision { value: decided, events: more } = decision;
        if !store::telework::change_request(&mut tx, body, row.id, *seen, &decided.request).await? {
            return Err(Refusal::Conflict("changed"));
        }
        let (day, state) = (row.request.day, decided.request.state);
        notices::decided(app, &mut tx, body, row.staff, day, state).await?;
        if decided.closes_session && opening_for(&mut tx, body, row.staff, now).await?.is_err() {
            cuts.insert(row.staff);
        }
        events.extend(more);
    }
    if !events.is_empty() {
        tx.commit(Decision { value: (), events }).await?;
        cuts.into_iter().for_each(|staff| app.cut(Cut::Person(staff)));
    }
    Ok(hindrances)
}

/// Why a deputy does not decide now on what somebody of a division asks for: the superior is there,
/// or there is none. Nothing for whoever is no deputy.
pub async fn not_away(
    conn: &mut Conn,
    division: &Division,
    actor: StaffId,
    asks: StaffId,
    now: i64,
) -> Result<Option<Denied>, Refusal> {
    let body: BodyCode = division.body;
    let bench = Bench {
        divisions: vec![division.clone()],
        leaves: leaves::leaves(conn, body).await?,
        handed_over: handed_over(conn, body).await?,
        closed: BTreeSet::new(),
        now,
    };
    Ok(bench.right(division.id, actor, asks).err())
}

/// Superior of the division, or standing in for whoever is.
fn right(divisions: &[Division], division: DivisionId, actor: StaffId) -> Result<Right, Denied> {
    match divisions.iter().find(|one| one.id == division) {
        Some(Division { superior: Some(superior), deputy: Some(deputy), .. })
            if *deputy == actor && *superior != actor =>
        {
            Ok(Right::Deputy(*superior))
        }
        Some(Division { superior: None, .. }) => Err(Denied::NoSuperior),
        _ => Ok(Right::Superior),
    }
}
