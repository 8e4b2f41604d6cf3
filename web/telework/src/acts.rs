//! What is done with requests, for pages and for the API alike: each decides, records and says what
//! stands in the way.

use std::collections::BTreeSet;

use ::people::{Actor, Deed, Division, DivisionId, Permit, Resource, StaffId};
use audit::{Decision, Kind};
use jiff::civil::Date;
use telework::papers::stands_in;
use telework::request::{Action, Denied, Right, State};
use telework::time::tokyo;

use super::hand_over::handed_over;
use super::{leaves, moment, month, notices, opening_for, words};
use kit::Cut;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Lang;

/// A request by its identity, and the version that was looked at.
pub(crate) type Seen = ([u8; 16], usize);

/// What stands in the way of a decision.
#[derive(Debug, Default)]
pub(crate) struct Hindered {
    /// In words, a line a request.
    pub(crate) faults: Vec<String>,
    /// Whether one of them was changed by somebody since it was looked at.
    pub(crate) stale: bool,
}

impl Hindered {
    fn by(&mut self, denied: &Denied, words: String) {
        self.stale |= matches!(denied, Denied::Changed { .. });
        self.faults.push(words);
    }
}

/// Cancels or hands in again one's own request. Its day, and what stands in the way.
pub(crate) async fn decide_own(
    app: &Kit,
    permit: &Permit,
    actor: &Actor,
    lang: Lang,
    (id, seen): Seen,
    action: &Action,
    kind: Kind,
) -> Result<(Date, Hindered), Refusal> {
    let (now, body) = (app.now(), permit.body());
    let mut tx = app.write_as(permit).await?;
    let row = store::telework::find_request(&mut tx, body, id).await?;
    let row = row.filter(|row| row.staff == permit.actor()).ok_or(Refusal::NotFound)?;
    let decided = match row.request.decide(permit.actor(), &Right::Own, action, seen, moment(now)) {
        Ok(decided) => decided,
        Err(denied) => {
            let staff = store::staff::all(&mut tx, body).await?;
            let name = |id: StaffId| {
                staff
                    .iter()
                    .find(|one| one.id == id)
                    .map_or(String::new(), |one| one.name.to_string())
            };
            let words = format!(
                "{} {}",
                words::day(lang, row.request.day),
                words::denied(lang, &denied, &name)
            );
            let mut hindered = Hindered::default();
            hindered.by(&denied, words);
            return Ok((row.request.day, hindered));
        }
    };
    if !store::telework::change_request(&mut tx, body, row.id, seen, &decided.request).await? {
        return Err(Refusal::Conflict("changed"));
    }
    if decided.request.state == State::Requested {
        // Handed in again, it is asked of the division she is in now.
        let division =
            store::staff::find(&mut tx, body, row.staff).await?.and_then(|staff| staff.division);
        store::telework::ask_request_of(&mut tx, body, row.id, division).await?;
        notices::waiting(app, &mut tx, body, row.staff).await?;
    }
    let why = decided.request.history.last().map(|step| step.why.clone()).unwrap_or_default();
    let cut = decided.closes_session && opening_for(&mut tx, body, row.staff, now).await?.is_err();
    tx.commit(Decision::new(
        (),
        permit.event(kind, &actor.login).with("day", row.request.day).with("why", why),
    ))
    .await?;
    if cut {
        app.cut(Cut::Person(row.staff));
    }
    Ok((row.request.day, Hindered::default()))
}

/// What a superior or deputy does with requests of the divisions led: each that can be is decided,
/// and what stands in the way of the others is said.
pub(crate) async fn decide_led(
    app: &Kit,
    actor: &Actor,
    lang: Lang,
    (action, kind, why): (Action, Kind, &str),
    picks: &[Seen],
) -> Result<Hindered, Refusal> {
    let now = app.now();
    let body = actor.body;
    let mut tx = app.write_as(actor).await?;
    let divisions = store::divisions::all(&mut tx, body).await?;
    let staff = store::staff::all(&mut tx, body).await?;
    let name = |id: StaffId| {
        staff.iter().find(|one| one.id == id).map_or(String::new(), |one| one.name.to_string())
    };
    let (leaves, handed_over) =
        (leaves::leaves(&mut tx, body).await?, handed_over(&mut tx, body).await?);
    let today = tokyo(moment(now)).date();
    let (mut hindered, mut events, mut cuts) = (Hindered::default(), Vec::new(), BTreeSet::new());
    for (id, seen) in picks {
        let row =
            store::telework::find_request(&mut tx, body, *id).await?.ok_or(Refusal::NotFound)?;
        // A request of a division the actor does not lead is as if it were not there. It is decided
        // by the division it was asked of; what stands is taken back where the person is now.
        let stands = row.request.state == State::Approved;
        let whose = staff.iter().find(|one| one.id == row.staff).and_then(|one| one.division);
        let division = if stands { whose } else { row.division }.ok_or(Refusal::NotFound)?;
        let permit = actor.permit(Deed::DecideTelework, Resource::division(body, division))?;
        let right = match right(&divisions, division, permit.actor()) {
            Ok(Right::Deputy(superior))
                if !stands_in(Some(superior), row.staff, &leaves, &handed_over, today) =>
            {
                Err(Denied::NotAway { superior })
            }
            found => found,
        };
        let right = match right {
            Ok(right) => right,
            Err(denied) => {
                let (who, day) = (name(row.staff), words::day(lang, row.request.day));
                hindered
                    .by(&denied, format!("{who} {day} {}", words::denied(lang, &denied, &name)));
                continue;
            }
        };
        if month::is_closed(&mut tx, body, row.request.day).await? {
            let (who, day) = (name(row.staff), words::day(lang, row.request.day));
            hindered.faults.push(format!("{who} {day} {}", words::month_closed(lang)));
            continue;
        }
        match row.request.decide(permit.actor(), &right, &action, *seen, moment(now)) {
            Err(denied) => {
                let (who, day) = (name(row.staff), words::day(lang, row.request.day));
                hindered
                    .by(&denied, format!("{who} {day} {}", words::denied(lang, &denied, &name)));
            }
            Ok(decided) => {
                if !store::telework::change_request(&mut tx, body, row.id, *seen, &decided.request)
                    .await?
                {
                    return Err(Refusal::Conflict("changed"));
                }
                let (day, state) = (row.request.day, decided.request.state);
                notices::decided(app, &mut tx, body, row.staff, day, state).await?;
                if decided.closes_session
                    && opening_for(&mut tx, body, row.staff, now).await?.is_err()
                {
                    cuts.insert(row.staff);
                }
                let login = staff
                    .iter()
                    .find(|one| one.id == row.staff)
                    .map_or("", |one| one.login.as_str());
                let event = permit.event(kind, login).with("day", day).with("why", why);
                events.push(match right {
                    Right::Deputy(whom) => event.with("deputy_for", whom),
                    _ => event,
                });
            }
        }
    }
    if !events.is_empty() {
        tx.commit(Decision { value: (), events }).await?;
        cuts.into_iter().for_each(|staff| app.cut(Cut::Person(staff)));
    }
    Ok(hindered)
}

/// Why a deputy does not decide now on what somebody of a division asks for: the superior is there,
/// or there is none. Nothing for whoever is no deputy.
pub async fn not_away(
    conn: &mut store::Conn,
    division: &Division,
    actor: StaffId,
    asks: StaffId,
    now: i64,
) -> Result<Option<Denied>, Refusal> {
    let superior = match right(std::slice::from_ref(division), division.id, actor) {
        Ok(Right::Deputy(superior)) => superior,
        Ok(_) => return Ok(None),
        Err(denied) => return Ok(Some(denied)),
    };
    let (leaves, over) =
        (leaves::leaves(conn, division.body).await?, handed_over(conn, division.body).await?);
    let stands = stands_in(Some(superior), asks, &leaves, &over, tokyo(moment(now)).date());
    Ok((!stands).then_some(Denied::NotAway { superior }))
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
