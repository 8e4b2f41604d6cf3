//! Who does a piece of work, and how many hours a year of it.

use audit::{Decision, Kind};
use axum::extract::{Path, State};
use people::{Actor, Deed, Login, StaffId};
use serde::Deserialize;
use telework::inventory::sheet::{hours, read_hours};

use super::edit::{Unchanged, Unkept, again};
use super::{find, shown};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::Seen;
use kit::http::{Answer, Form, Lang, Nothing, SignedIn, post, see_other};

#[derive(Deserialize)]
pub(super) struct Link {
    /// What the form showed of who does it.
    #[serde(default)]
    pub(super) seen: String,
    pub(super) login: String,
    pub(super) hours: String,
}

async fn put(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(link): Form<Link>,
) -> Answer {
    let entered = (link.login.as_str(), link.hours.as_str());
    match link_work(&app, &visit.actor, visit.ctx.lang, &id, entered, Seen::Form(&link.seen))
        .await?
    {
        Ok(()) => Ok(see_other(&format!("/telework/works/{id}?done=saved"))),
        Err(un) => {
            let unkept = Unkept {
                faults: un.faults,
                changed: un.changed,
                link: Some(link),
                ..Unkept::default()
            };
            again(&app, visit, *un.row, unkept).await
        }
    }
}

/// Links somebody to a piece of work with hours a year; the work as it is, and why it stays so.
/// `seen` is what the sender saw of her part in it.
pub(crate) async fn link_work(
    app: &Kit,
    by: &Actor,
    lang: Lang,
    id: &str,
    (login, yearly): (&str, &str),
    seen: Seen<'_>,
) -> Result<Result<(), Unchanged>, Refusal> {
    let mut tx = app.write_as(&by).await?;
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
        let words = lang.t(
            "担当している所属の職員のサインイン名と、0より大きい年間時間を入力してください。",
            "Please enter the sign-in name of somebody of yours and the hours a year.",
        );
        return Ok(Err(Unchanged::faulty(row, vec![words])));
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

async fn remove(
    visit: SignedIn,
    State(app): State<Kit>,
    Path((id, staff)): Path<(String, String)>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let number =
        unlink_work(&app, &visit.actor, &id, staff.parse().map_err(|_| Refusal::NotFound)?).await?;
    Ok(see_other(&format!("/telework/works/{number}?done=saved")))
}

/// Somebody does a piece of work no more. Its number.
pub(crate) async fn unlink_work(
    app: &Kit,
    by: &Actor,
    id: &str,
    staff: StaffId,
) -> Result<u64, Refusal> {
    let mut tx = app.write_as(&by).await?;
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

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageWorks);
    vec![
        post("/telework/works/{id}/staff", manage, put),
        post("/telework/works/{id}/staff/{staff}/remove", manage, remove),
    ]
}
