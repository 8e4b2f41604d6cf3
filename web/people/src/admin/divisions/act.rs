//! Adds, changes and removes divisions.

use audit::{Decision, Event, Kind};
use people::{Deed, Division, DivisionId, Permit, StaffId};
use store::changes::ChangeKind;
use store::{Conn, Tx};

use super::command::{Done, Undone, Unfit, Wanted, former_leads};
use crate::People;
use crate::second::{self, Asked, Leads, Officers};
use kit::Cut;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Seen, Shown};

/// Adds a division. Whoever is to lead it waits.
pub(in crate::admin) async fn add(
    app: &People,
    permit: &Permit,
    wanted: Wanted,
) -> Result<Done, Undone> {
    permit.is_for(Deed::ManageDivisions)?;
    let mut tx = app.write_as(permit).await?;
    let wanted = named(&mut tx, permit, DivisionId(app.random()), wanted).await?;
    let division = Division { superior: None, deputy: None, ..wanted.clone() };
    taken(store::divisions::add(&mut tx, &division).await)?;
    let event = permit.event(Kind::DIVISION_ADDED, &division.name).with("code", &division.code);
    let (asked, waits) = lead(app, &mut tx, permit, &division, &division, &wanted).await?;
    tx.commit(Decision { value: (), events: std::iter::once(event).chain(asked).collect() })
        .await?;
    Ok(if waits { Done::Asked } else { Done::Added })
}

/// Changes a division of which the sender saw `seen`. Whoever stops leading stops now; whoever is
/// to lead waits, and until then whoever led still does.
pub(in crate::admin) async fn change(
    app: &People,
    permit: &Permit,
    (id, lang, seen): (DivisionId, Lang, Seen<'_>),
    wanted: Wanted,
) -> Result<Done, Undone> {
    permit.is_for(Deed::ManageDivisions)?;
    let mut tx = app.write_as(permit).await?;
    let before =
        store::divisions::find(&mut tx, permit.body(), id).await?.ok_or(Refusal::NotFound)?;
    let changed = shown(&mut tx, lang, &before).await?.unseen(lang, seen);
    if !changed.is_empty() {
        return Err(Undone::Changed(changed));
    }
    let wanted = named(&mut tx, permit, id, wanted).await?;
    let division = Leads::of(&wanted).at_once(Leads::of(&before)).put(&wanted);
    if !taken(store::divisions::change(&mut tx, &division).await)? {
        return Err(Refusal::NotFound.into());
    }
    let event = permit.event(Kind::DIVISION_CHANGED, &division.name).with("before", &before.name);
    let event = second::led(&mut tx, event, &before, &division).await?;
    let (asked, waits) = lead(app, &mut tx, permit, &before, &division, &wanted).await?;
    tx.commit(Decision { value: (), events: std::iter::once(event).chain(asked).collect() })
        .await?;
    cut(app, former_leads(&before, Some(&division)));
    Ok(if waits { Done::Asked } else { Done::Saved })
}

/// Removes a division that nobody is in, and what waited about it.
pub(in crate::admin) async fn remove(
    app: &People,
    permit: &Permit,
    id: DivisionId,
) -> Result<Done, Undone> {
    permit.is_for(Deed::ManageDivisions)?;
    let mut tx = app.write_as(permit).await?;
    let division =
        store::divisions::find(&mut tx, permit.body(), id).await?.ok_or(Refusal::NotFound)?;
    if !store::divisions::remove(&mut tx, permit.body(), id).await? {
        return Err(Undone::Faulty(Unfit::InUse));
    }
    let (body, subject) = (permit.body(), id.to_string());
    store::changes::forget(&mut tx, body, ChangeKind::Division, &subject).await?;
    let event = permit.event(Kind::DIVISION_REMOVED, &division.name).with("code", &division.code);
    tx.commit(Decision::new((), event)).await?;
    cut(app, former_leads(&division, None));
    Ok(Done::Removed)
}

/// The division that is wanted, of people of the body alone.
async fn named(
    tx: &mut Tx,
    permit: &Permit,
    id: DivisionId,
    wanted: Wanted,
) -> Result<Division, Refusal> {
    let Wanted { code, name, superior, deputy } = wanted;
    for one in [superior, deputy].into_iter().flatten() {
        store::staff::find(tx, permit.body(), one).await?.ok_or(Refusal::NotFound)?;
    }
    let (body, code) = (permit.body(), code.into_inner());
    Ok(Division { id, body, code, name, superior, deputy })
}

fn taken<T>(done: store::Result<T>) -> Result<T, Undone> {
    done.map_err(|fault| match fault {
        store::Fault::Conflict => Undone::Faulty(Unfit::Taken),
        fault => fault.into(),
    })
}

/// Whoever is newly to lead or to stand in waits for a second officer, who is neither of them: they
/// will approve. So does the going of a superior whose deputy stays. What waited of a post that
/// this form leaves alone goes on waiting. Answers whether something of this form waits.
async fn lead(
    app: &People,
    tx: &mut Tx,
    permit: &Permit,
    before: &Division,
    division: &Division,
    wanted: &Division,
) -> Result<(Option<Event>, bool), Refusal> {
    let (id, name) = (division.id.to_string(), division.name.as_str());
    let (shown, now) = (Leads::of(before), Leads::of(division));
    let there = store::changes::about(tx, division.body, ChangeKind::Division, &id).await?;
    let waits = there.as_ref().map_or(Ok(shown), |change| Leads::read(&change.doc))?;
    let later = waits.with(Leads::of(wanted), shown);
    let asked = Leads::of(wanted) != now;
    if later == now {
        return Ok((second::settled(tx, permit, ChangeKind::Division, &id, name).await?, asked));
    }
    let mut officers = Officers::of(tx, division.body, app.now()).await?;
    let askers = second::askers(there.as_ref(), permit.actor());
    let begins = officers.begins(&askers, None, &later.parts(division));
    // The same word again is no other asker, unless nobody is left to confirm it.
    if there.is_some_and(|there| later == waits && (!asked || begins >= there.begins)) {
        return Ok((None, asked));
    }
    let (kind, subject) = (ChangeKind::Division, id.as_str());
    let asks = Asked { kind, subject, doc: later.doc()?, begins, named: name };
    Ok((Some(second::ask(app, tx, permit, &mut officers, asks).await?), asked))
}

/// Whoever led and does no more may do less: what is open of theirs is looked at again.
fn cut(app: &People, former: Vec<StaffId>) {
    former.into_iter().for_each(|one| app.cut(Cut::Rights(one)));
}

/// What the form shows of a division.
pub(in crate::admin) async fn shown(
    conn: &mut Conn,
    lang: Lang,
    division: &Division,
) -> Result<Shown, Refusal> {
    let mut shown = Shown::default().with("code", lang.t("コード", "Code"), &division.code).with(
        "name",
        lang.t("名前", "Name"),
        &division.name,
    );
    for (key, label, id) in [
        ("superior", lang.t("所属長", "Superior"), division.superior),
        ("deputy", lang.t("代理", "Deputy"), division.deputy),
    ] {
        let name = match id {
            Some(id) => store::staff::find(conn, division.body, id)
                .await?
                .map_or(id.to_string(), |one| format!("{}（{}）", one.name, one.login)),
            None => String::new(),
        };
        shown = shown.with(key, label, name);
    }
    Ok(shown)
}
