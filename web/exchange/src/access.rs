//! From a person (signed in, or for whom a program acts) to a step on a case: the one way pages,
//! files and the API take.

use std::sync::Arc;

use exchange::case::{
    Action, Case, CaseAction, CaseId, Context, Delivery, Denied, Desks, Member, Office, Permit,
    Refused, Right, Step, Steps,
};
use exchange::form::Form;
use jiff::Timestamp;
use people::{Actor, BodyCode, Deed, Division, MINISTRY};
use store::Conn;

use crate::Exchange;
use crate::notices;
use kit::error::Refusal;
use kit::mail::Outbox;

/// Who is signed in, as far as cases go.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    /// The person.
    pub(crate) person: people::Actor,
    /// The division that person belongs to.
    pub(crate) division: Option<Division>,
    /// The desks of the body.
    pub(crate) desks: Desks,
}

/// A case as one body has it, before somebody who may see it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// Who.
    pub(crate) seat: Seat,
    /// The case, without its addressees.
    pub(crate) case: Case,
    /// What the body has of it.
    pub(crate) delivery: Delivery,
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undone {
    /// The case machine says no; the page says why in words.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Everything else: not there, not permitted, database.
    #[error(transparent)]
    Other(#[from] Refusal),
}

impl From<store::Fault> for Undone {
    fn from(fault: store::Fault) -> Self {
        Self::Other(fault.into())
    }
}

impl Undone {
    /// The refusal of the machine, when it is one; everything else is passed on.
    pub(crate) fn refused(self) -> Result<Refused, Refusal> {
        match self {
            Self::Refused(refused) => Ok(refused),
            Self::Other(refusal) => Err(refusal),
        }
    }
}

impl Seat {
    /// The seat of whoever is signed in.
    pub(crate) async fn of(conn: &mut Conn, by: &Actor) -> Result<Self, Refusal> {
        // The route asks for the right; which desk it is decides the rest.
        by.widest(Deed::UseExchange).ok_or(Refusal::NotFound)?;
        let body = by.body;
        let staff = store::staff::find(conn, body, by.id).await?.ok_or(Refusal::NotFound)?;
        let division = match staff.division {
            Some(id) => store::divisions::find(conn, body, id).await?,
            None => None,
        };
        Ok(Self { person: by.clone(), division, desks: store::exchange::desks(conn, body).await? })
    }

    /// With the rules of the core.
    pub(crate) fn member(&self) -> Member<'_> {
        Member { person: &self.person, division: self.division.as_ref(), desks: &self.desks }
    }

    /// Whether this is the ministry.
    pub(crate) fn ministry(&self) -> bool {
        self.person.body == MINISTRY
    }

    /// The permit for one body's delivery: 404 for who has nothing to do with it, 403 for who may
    /// only look.
    pub(crate) fn permit(&self, right: Right, delivery: &Delivery) -> Result<Permit, Refusal> {
        self.member().permit(right, delivery).map_err(denied)
    }

    /// The permit for a case as a whole.
    pub(crate) fn permit_case(&self, right: Right, case: &Case) -> Result<Permit, Refusal> {
        self.member().permit_case(right, case).map_err(denied)
    }

    /// The permit to draft a new case, whose number is given: there is nothing to read yet.
    pub(crate) fn ministry_desk(&self) -> bool {
        self.ministry() && self.member().at_desk("").contains(&exchange::case::OfficeRole::Clerk)
    }
}

impl Opened {
    /// Whether this person may do this with it.
    pub(crate) fn may(&self, right: Right) -> bool {
        self.seat.member().permit(right, &self.delivery).is_ok()
    }

    /// The permit.
    pub(crate) fn permit(&self, right: Right) -> Result<Permit, Refusal> {
        self.seat.permit(right, &self.delivery)
    }

    /// The steps this person can take with it now. `approval` is the answering body's own rule.
    pub(crate) fn steps(&self, form: Option<&Form>, approval: bool) -> Steps {
        let context = standing(&self.case, &self.delivery, form, approval);
        self.seat.member().possible(&self.delivery, &context)
    }

    /// What stands in the way of a step of this person, whatever is said with it.
    pub(crate) fn bar(&self, step: Step, form: Option<&Form>, approval: bool) -> Option<Refused> {
        let context = standing(&self.case, &self.delivery, form, approval);
        match self.seat.member().permit(step.right(), &self.delivery) {
            Ok(permit) => self.delivery.admits(step, &permit, &context).err(),
            Err(_) => Some(Refused::WrongPermit),
        }
    }

    /// The division's part this person fills in, when that is all this person does here.
    pub(crate) fn part(&self) -> Option<&str> {
        let code = &self.seat.division.as_ref()?.code;
        let only_part =
            self.may(Right::EnterPart) && !self.may(Right::Enter) && !self.may(Right::Approve);
        (only_part && self.delivery.parts.contains_key(code)).then_some(code.as_str())
    }
}

/// What a delivery is looked at with, before anybody decides on it.
pub(crate) fn standing<'a>(
    case: &'a Case,
    delivery: &Delivery,
    form: Option<&'a Form>,
    approval: bool,
) -> Context<'a> {
    Context { case, form, previous: None, approval, seen: delivery.revision }
}

/// Whether the answering body's own rule asks for an approval.
pub(crate) async fn approval_of(conn: &mut Conn, body: BodyCode) -> Result<bool, Refusal> {
    Ok(store::exchange::desks(conn, body).await?.approval)
}

fn denied(denied: Denied) -> Refusal {
    match denied {
        Denied::Hidden => Refusal::NotFound,
        Denied::NotAllowed => Refusal::Forbidden("exchange_not_allowed"),
    }
}

/// A case number of an address.
pub(crate) fn case_id(text: &str) -> Result<CaseId, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

/// A body code of an address.
pub(crate) fn body_code(text: &str) -> Result<BodyCode, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

/// One body's delivery for somebody who may see it; 404 otherwise, the same as for one that never
/// was.
pub(crate) async fn open(
    conn: &mut Conn,
    by: &Actor,
    case: CaseId,
    body: BodyCode,
) -> Result<Opened, Refusal> {
    let seat = Seat::of(conn, by).await?;
    let found = store::exchange::case(conn, case).await?.ok_or(Refusal::NotFound)?;
    let delivery = store::exchange::delivery(conn, case, body).await?.ok_or(Refusal::NotFound)?;
    seat.permit(Right::See, &delivery)?;
    Ok(Opened { seat, case: found, delivery })
}

/// A case for somebody who may read its letter: the ministry, or an office with a part in it. With
/// the own delivery, where there is one.
pub(crate) async fn open_case(
    conn: &mut Conn,
    by: &Actor,
    id: CaseId,
) -> Result<(Seat, Case, Option<Delivery>), Refusal> {
    let seat = Seat::of(conn, by).await?;
    let case = store::exchange::case(conn, id).await?.ok_or(Refusal::NotFound)?;
    if seat.ministry() {
        seat.permit_case(Right::See, &case)?;
        return Ok((seat, case, None));
    }
    if case.is_draft() {
        return Err(Refusal::NotFound);
    }
    let own = store::exchange::delivery(conn, id, seat.person.body).await?;
    let own = own.filter(|delivery| seat.member().permit(Right::See, delivery).is_ok());
    if own.is_none() && !watches(conn, &seat, id).await? {
        return Err(Refusal::NotFound);
    }
    Ok((seat, case, own))
}

/// 404 for who may not see the case, before anything that was sent is looked at.
pub(crate) async fn reach(app: &Exchange, by: &Actor, id: &str) -> Result<CaseId, Refusal> {
    let id = case_id(id)?;
    let mut conn = app.store.read().await?;
    open_case(&mut conn, by, id).await?;
    Ok(id)
}

/// Whether this person sits at the desk of a prefecture some of the case goes through.
pub(crate) async fn watches(conn: &mut Conn, seat: &Seat, case: CaseId) -> Result<bool, Refusal> {
    if !matches!(seat.member().office(), Office::Body(body) if exchange::body::is_prefecture(body))
    {
        return Ok(false);
    }
    let filter = store::exchange::BoardFilter {
        via: Some(seat.person.body),
        limit: 1,
        ..Default::default()
    };
    let Some(row) = store::exchange::board_rows(conn, case, &filter).await?.into_iter().next()
    else {
        return Ok(false);
    };
    let delivery = store::exchange::delivery(conn, case, row.body).await?;
    Ok(delivery.is_some_and(|delivery| seat.member().permit(Right::See, &delivery).is_ok()))
}

/// The case's form, where it has one.
pub(crate) async fn form_of(
    app: &Exchange,
    conn: &mut Conn,
    case: &Case,
) -> Result<Option<Arc<Form>>, Refusal> {
    match &case.form {
        Some(name) => app.form(conn, name).await,
        None => Ok(None),
    }
}

/// The time as the core wants it.
pub(crate) fn now(app: &Exchange) -> Timestamp {
    Timestamp::from_millisecond(app.now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// One step of one delivery: read, decided, kept and recorded in one write. `seen` is the revision
/// the person saw; saves do not need one.
pub(crate) async fn act(
    app: &Exchange,
    by: &Actor,
    case: CaseId,
    body: BodyCode,
    seen: Option<u64>,
    action: Action,
) -> Result<Delivery, Undone> {
    let mut tx = app.write_in(body.chain(), by).await?;
    let opened = open(&mut tx, by, case, body).await?;
    let permit = opened.permit(action.right())?;
    let form = form_of(app, &mut tx, &opened.case).await?;
    let previous = match &form {
        Some(form) => app.previous(&mut tx, form, body).await?,
        None => None,
    };
    // The rule is the answering body's, not that of a prefecture that enters for it.
    let approval = approval_of(&mut tx, body).await?;
    let before = opened.delivery;
    let context = Context {
        previous: previous.as_ref(),
        seen: seen.unwrap_or(before.revision),
        ..standing(&opened.case, &before, form.as_deref(), approval)
    };
    if permit.right() == Right::Approve
        && deputy_out_of_turn(app, &mut tx, &opened.seat, &before).await?
    {
        return Err(Refused::NotAway.into());
    }
    let decision = before.decide(action, &permit, context, now(app))?;
    if decision.events.is_empty() {
        return Ok(decision.value);
    }
    if !store::exchange::put_delivery(&mut tx, before.revision, &decision.value, app.now()).await? {
        return Err(Refused::Stale.into());
    }
    notices::stepped(app, &mut tx, &mut Outbox::default(), &opened.case, &before, &decision.value)
        .await?;
    Ok(tx.commit(decision).await?)
}

/// Whether this person would approve as the deputy of the desk's division while its superior is
/// there and has not handed over.
async fn deputy_out_of_turn(
    app: &Exchange,
    conn: &mut Conn,
    seat: &Seat,
    delivery: &Delivery,
) -> Result<bool, Refusal> {
    let desks = &seat.desks.divisions;
    let Some(id) = desks.get(&delivery.to.desk).or_else(|| desks.get("")) else { return Ok(false) };
    let Some(division) = store::divisions::find(conn, seat.person.body, *id).await? else {
        return Ok(false);
    };
    let me = seat.person.id;
    Ok(web_telework::acts::not_away(conn, &division, me, me, app.now()).await?.is_some())
}

/// One step of a case as a whole.
pub(crate) async fn act_on_case(
    app: &Exchange,
    by: &Actor,
    id: CaseId,
    seen: u64,
    action: CaseAction,
) -> Result<Case, Undone> {
    let mut tx = app.write_in(MINISTRY.chain(), by).await?;
    let (seat, case, _) = open_case(&mut tx, by, id).await?;
    let permit = seat.permit_case(action.step().right(), &case)?;
    let decision = case.decide(action, &permit, seen, now(app))?;
    if !store::exchange::put_case(&mut tx, case.revision, &decision.value).await? {
        return Err(Refused::Stale.into());
    }
    Ok(tx.commit(decision).await?)
}
