//! What is done with the work inventory: for pages and calls alike.

use audit::{Decision, Kind};
use people::{Actor, Deed, Login, Resource, StaffId};
use store::telework::WorkRow;
use telework::inventory::sheet::{hours, read_hours};
use telework::inventory::{Decided as Word, Information, Judgement, Outcome, Work, Zone};

use super::command::{Decided, Unfit};
use super::{find, judging, shown};
use crate::moment;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Changed, Seen};

/// Adds a piece of work to a division of those the person keeps; its number, or what is wrong with
/// it.
pub(crate) async fn add_work(
    app: &Kit,
    by: &Actor,
    work: Work,
) -> Result<Result<u64, Vec<Unfit>>, Refusal> {
    let body = by.body;
    let Ok(permit) = by.permit(Deed::ManageWorks, Resource::division(body, work.division)) else {
        return Ok(Err(vec![Unfit::Choice]));
    };
    let mut tx = app.write_as(&permit).await?;
    store::divisions::find(&mut tx, body, work.division).await?.ok_or(Refusal::NotFound)?;
    let division = work.division;
    let event = permit
        .event(Kind::WORK_ADDED, &work.name)
        .with("division", division)
        .with("hours", hours(work.yearly));
    let number = store::telework::put_work(&mut tx, body, &WorkRow { division, work }).await?;
    tx.commit(Decision::new((), event.with("number", number))).await?;
    Ok(Ok(number))
}

/// What was not done to a piece of work.
pub(crate) struct Unchanged {
    /// As it is.
    pub(crate) row: Box<WorkRow>,
    /// What is wrong.
    pub(crate) faults: Vec<Unfit>,
    /// What somebody changed that the sender has not seen.
    pub(crate) changed: Changed,
}

impl Unchanged {
    pub(super) fn faulty(row: WorkRow, faults: Vec<Unfit>) -> Self {
        Self { row: Box::new(row), faults, changed: Changed::default() }
    }

    pub(super) fn unseen(row: WorkRow, changed: Changed) -> Self {
        Self { row: Box::new(row), faults: Vec::new(), changed }
    }
}

/// Changes a piece of work the person keeps; its number, or the work as it is and why it stays so.
/// `seen` is what the sender saw of it.
pub(crate) async fn change_work(
    app: &Kit,
    by: &Actor,
    lang: Lang,
    id: u64,
    work: Result<Work, Vec<Unfit>>,
    seen: Seen<'_>,
) -> Result<Result<u64, Unchanged>, Refusal> {
    let body = by.body;
    let mut tx = app.write_as(by).await?;
    let (permit, before) = find(&mut tx, by, Deed::ManageWorks, id).await?;
    let rules = judging(&mut tx, body).await?;
    let stands = shown::work(&mut tx, lang, body, &rules, &before.work).await?;
    let changed = stands.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unchanged::unseen(before, changed)));
    }
    let work = match work {
        Ok(work) => work,
        Err(faults) => return Ok(Err(Unchanged::faulty(before, faults))),
    };
    if by.permit(Deed::ManageWorks, Resource::division(body, work.division)).is_err() {
        return Ok(Err(Unchanged::faulty(before, vec![Unfit::Choice])));
    }
    let work = Work { id: before.work.id, decided: before.work.decided.clone(), ..work };
    let division = work.division;
    store::divisions::find(&mut tx, body, division).await?.ok_or(Refusal::NotFound)?;
    let event = permit
        .event(Kind::WORK_CHANGED, &work.name)
        .with("number", work.id)
        .with("before", rules.judge(&before.work).outcome.key())
        .with("after", rules.judge(&work).outcome.key())
        .with("hours", hours(work.yearly))
        .with("removed", work.removed.join(" "));
    let number = store::telework::put_work(&mut tx, body, &WorkRow { division, work }).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(number))
}

/// Removes a piece of work the person keeps.
pub(crate) async fn remove_work(app: &Kit, by: &Actor, id: u64) -> Result<(), Refusal> {
    let mut tx = app.write_as(by).await?;
    let (permit, row) = find(&mut tx, by, Deed::ManageWorks, id).await?;
    store::telework::remove_work(&mut tx, permit.body(), row.work.id).await?;
    let event = permit.event(Kind::WORK_REMOVED, &row.work.name).with("number", row.work.id);
    tx.commit(Decision::new((), event)).await?;
    Ok(())
}

/// Decides on a piece of work the person keeps; its number, or the work as it is and why it stays
/// so. `seen` is what the sender saw of it: a word is given on that.
pub(crate) async fn decide_work(
    app: &Kit,
    by: &Actor,
    lang: Lang,
    id: u64,
    word: Decided,
    seen: Seen<'_>,
) -> Result<Result<u64, Unchanged>, Refusal> {
    let mut tx = app.write_as(by).await?;
    let (permit, mut row) = find(&mut tx, by, Deed::ManageWorks, id).await?;
    let rules = judging(&mut tx, permit.body()).await?;
    let stands = shown::work(&mut tx, lang, permit.body(), &rules, &row.work).await?;
    let changed = stands.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unchanged::unseen(row, changed)));
    }
    let judged = rules.judge(&row.work);
    let Decided { outcome, why } = word;
    if outcome.is_some() && is_closed(&row.work, &judged) {
        return Ok(Err(Unchanged::faulty(row, vec![Unfit::Closed])));
    }
    if why.is_empty() {
        return Ok(Err(Unchanged::faulty(row, vec![Unfit::NoReason])));
    }
    let event = permit
        .event(Kind::WORK_DECIDED, &row.work.name)
        .with("number", row.work.id)
        .with("before", judged.outcome.key())
        .with("decided", outcome.map_or("rules", Outcome::key))
        .with("why", &why);
    row.work.decided =
        outcome.map(|outcome| Word { outcome, why, by: permit.actor(), at: moment(app.now()) });
    let WorkRow { division, work } = row;
    let number =
        store::telework::put_work(&mut tx, permit.body(), &WorkRow { division, work }).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(number))
}

/// Whether nobody may decide otherwise.
pub(super) fn is_closed(work: &Work, judged: &Judgement) -> bool {
    work.zone == Zone::Mynumber
        || work.information == Information::SpecificPersonal
        || (judged.outcome == Outcome::No && judged.causes.iter().any(|cause| cause.locked))
}

/// Links somebody to a piece of work with hours a year; the work as it is, and why it stays so.
/// `seen` is what the sender saw of her part in it.
pub(crate) async fn link_work(
    app: &Kit,
    by: &Actor,
    lang: Lang,
    id: u64,
    (login, yearly): (&str, &str),
    seen: Seen<'_>,
) -> Result<Result<(), Unchanged>, Refusal> {
    let mut tx = app.write_as(by).await?;
    let (permit, row) = find(&mut tx, by, Deed::ManageWorks, id).await?;
    let login = login.trim().to_ascii_lowercase().parse::<Login>().ok();
    let staff = match &login {
        Some(login) => store::staff::by_login(&mut tx, permit.body(), login).await?,
        None => None,
    };
    // A superior links people of the division; the body's HR links anybody.
    let mine = |one: &people::Staff| {
        permit.reach() >= people::Reach::Body || one.division == Some(row.division)
    };
    let (Some(staff), Some(yearly)) = (staff.filter(mine), read_hours(yearly)) else {
        return Ok(Err(Unchanged::faulty(row, vec![Unfit::Share])));
    };
    let all = store::telework::shares(&mut tx, permit.body()).await?;
    let hers = all.iter().filter(|share| share.staff == staff.id && share.work == row.work.id);
    let changed = shown::shares(hers.map(|share| (&staff, share.yearly))).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unchanged::unseen(row, changed)));
    }
    store::telework::put_share(&mut tx, permit.body(), staff.id, row.work.id, yearly).await?;
    let event = permit
        .event(Kind::WORK_LINKED, &staff.login)
        .with("work", row.work.id)
        .with("name", &row.work.name)
        .with("hours", hours(yearly));
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(()))
}

/// Somebody does a piece of work no more. Its number.
pub(crate) async fn unlink_work(
    app: &Kit,
    by: &Actor,
    id: u64,
    staff: StaffId,
) -> Result<u64, Refusal> {
    let mut tx = app.write_as(by).await?;
    let (permit, row) = find(&mut tx, by, Deed::ManageWorks, id).await?;
    let person =
        store::staff::find(&mut tx, permit.body(), staff).await?.ok_or(Refusal::NotFound)?;
    if !store::telework::remove_share(&mut tx, permit.body(), staff, row.work.id).await? {
        return Err(Refusal::NotFound);
    }
    let event = permit
        .event(Kind::WORK_LINKED, &person.login)
        .with("work", row.work.id)
        .with("name", &row.work.name)
        .with("hours", "0");
    tx.commit(Decision::new((), event)).await?;
    Ok(row.work.id)
}
