//! What is done with what is taken out: for pages and calls alike.

use jiff::civil::Date;
use people::{Actor, Deed, Division, DivisionId, Login, Permit, Resource, Staff};
use store::Conn;
use store::telework::{Paper, PaperKind};
use telework::papers::{Takeout, TakeoutAction, TakeoutFault, TakeoutState};
use telework::request::Denied;
use telework::time::tokyo;

use crate::typed::text;
use crate::{moment, not_away};
use kit::Kit;
use kit::error::Refusal;

/// What somebody wants to take out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) what: String,
    pub(crate) why: String,
    pub(crate) personal: bool,
    pub(crate) specific_personal: bool,
    pub(crate) from: Date,
    pub(crate) until: Date,
}

/// Why nothing was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Not two days.
    Period,
    /// What the rules say.
    Fault(TakeoutFault),
}

impl Wanted {
    /// A period by its words at the border.
    pub(super) fn period(from: &str, until: &str) -> Result<(Date, Date), Unread> {
        let day = |text: &str| text.trim().parse::<Date>().map_err(|_| Unread::Period);
        Ok((day(from)?, day(until)?))
    }
}

/// Asks for it; or why not.
pub(super) async fn ask_now(
    app: &Kit,
    permit: &Permit,
    login: &Login,
    wanted: Wanted,
) -> Result<Option<Unread>, Refusal> {
    let mut tx = app.write_as(permit).await?;
    let staff = store::staff::find(&mut tx, permit.body(), permit.actor()).await?;
    let takeout = Takeout {
        staff: permit.actor(),
        division: staff.and_then(|one| one.division),
        what: text(&wanted.what),
        why: text(&wanted.why),
        personal: wanted.personal,
        specific_personal: wanted.specific_personal,
        from: wanted.from,
        until: wanted.until,
        state: TakeoutState::default(),
    };
    let decision = match takeout.ask(permit, login) {
        Ok(decision) => decision,
        Err(fault) => return Ok(Some(Unread::Fault(fault))),
    };
    let value = decision.value.clone();
    let paper = Paper { id: app.random(), staff: Some(permit.actor()), value };
    store::telework::put_paper(&mut tx, permit.body(), PaperKind::Takeout, &paper, app.now())
        .await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(None)
}

/// She says that it is back or destroyed.
pub(super) async fn bring_back(
    app: &Kit,
    permit: &Permit,
    login: &Login,
    id: [u8; 16],
) -> Result<(), Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let found =
        store::telework::find_paper::<Takeout>(&mut tx, body, PaperKind::Takeout, id).await?;
    let mut paper =
        found.filter(|paper| paper.value.staff == permit.actor()).ok_or(Refusal::NotFound)?;
    let today = tokyo(moment(app.now())).date();
    let decision = paper
        .value
        .decide(TakeoutAction::Return, "", permit, login, today)
        .map_err(|_| Refusal::Conflict("changed"))?;
    paper.value = decision.value.clone();
    store::telework::put_paper(&mut tx, body, PaperKind::Takeout, &paper, app.now()).await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(())
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// What the rules say.
    Fault(TakeoutFault),
    /// The deputy does not decide now.
    Deputy(Denied),
}

/// What the superior of whoever asked decides; or why not.
pub(super) async fn decide_now(
    app: &Kit,
    actor: &Actor,
    id: [u8; 16],
    (action, why): (TakeoutAction, &str),
) -> Result<Option<Undecided>, Refusal> {
    let body = actor.body;
    let mut tx = app.write_as(actor).await?;
    let found =
        store::telework::find_paper::<Takeout>(&mut tx, body, PaperKind::Takeout, id).await?;
    let mut paper = found.ok_or(Refusal::NotFound)?;
    let person =
        store::staff::find(&mut tx, body, paper.value.staff).await?.ok_or(Refusal::NotFound)?;
    // Somebody of a division the actor does not lead is as if she were not there.
    let division = asked_of(&paper.value, &person).ok_or(Refusal::NotFound)?;
    let permit = actor.permit(Deed::DecideTelework, Resource::division(body, division))?;
    let whole = store::divisions::find(&mut tx, body, division).await?.ok_or(Refusal::NotFound)?;
    if let Some(denied) = not_away(&mut tx, &whole, permit.actor(), person.id, app.now()).await? {
        return Ok(Some(Undecided::Deputy(denied)));
    }
    let today = tokyo(moment(app.now())).date();
    let decision = match paper.value.decide(action, why, &permit, &person.login, today) {
        Ok(decision) => decision,
        Err(fault) => return Ok(Some(Undecided::Fault(fault))),
    };
    paper.value = decision.value.clone();
    store::telework::put_paper(&mut tx, body, PaperKind::Takeout, &paper, app.now()).await?;
    tx.commit(decision.map(|_| ())).await?;
    Ok(None)
}

/// The division that decides: the one it was asked of, whoever moved her since. What was permitted
/// is seen to be back where she is now.
fn asked_of(takeout: &Takeout, person: &Staff) -> Option<DivisionId> {
    takeout.division.filter(|_| takeout.is_waiting()).or(person.division)
}

/// A takeout, whose it is, and what the actor can do with it now.
pub(super) type Possible = (Staff, Paper<Takeout>, Vec<TakeoutAction>);

/// Those that are the actor's to decide, and to see back.
pub(super) async fn led(
    conn: &mut Conn,
    actor: &Actor,
    now: i64,
) -> Result<Vec<Possible>, Refusal> {
    let body = actor.body;
    let mut divisions: Vec<Division> = Vec::new();
    for id in &actor.leads {
        divisions.extend(store::divisions::find(conn, body, *id).await?);
    }
    let staff = store::staff::all(conn, body).await?;
    let mut found = Vec::new();
    for paper in store::telework::papers::<Takeout>(conn, body, PaperKind::Takeout).await? {
        let Some(person) = staff.iter().find(|one| one.id == paper.value.staff) else { continue };
        let Some(asked) = asked_of(&paper.value, person) else { continue };
        let permit = actor.permit(Deed::DecideTelework, Resource::division(body, asked));
        let Ok(permit) = permit else { continue };
        let mut possible = paper.value.possible(&permit);
        if !possible.is_empty()
            && let Some(whole) = divisions.iter().find(|one| one.id == asked)
            && not_away(conn, whole, actor.id, person.id, now).await?.is_some()
        {
            possible.clear();
        }
        found.push((person.clone(), paper, possible));
    }
    Ok(found)
}
