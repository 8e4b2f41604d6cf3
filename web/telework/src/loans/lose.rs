//! A thing is lost: one button reports it and cuts the device that is on it, in one transaction; a
//! live session ends at once.

use audit::{Decision, Event, Kind};
use axum::extract::{Path, State};
use people::{BodyCode, Deed, Permit, StaffId};
use serde::Deserialize;
use store::Conn;
use store::telework::PaperKind;
use telework::papers::Loan;
use telework::time::tokyo;

use super::register::{Row, device_of, row};
use super::{find, item_key};
use crate::Route;
use crate::{moment, names};
use kit::Cut;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Lang, SignedIn, post, see_other};

/// What one person has.
pub(crate) async fn own(
    conn: &mut Conn,
    body: BodyCode,
    staff: StaffId,
    lang: Lang,
    today: jiff::civil::Date,
) -> Result<Vec<(Row, String)>, Refusal> {
    let names = names(conn, body).await?;
    let devices = store::devices::of_staff(conn, body, staff).await?;
    let papers = store::telework::papers_of::<Loan>(conn, body, PaperKind::Loan, staff).await?;
    let device = |loan: &Loan| {
        devices
            .iter()
            .find(|one| Some(one.id) == loan.device)
            .map_or(String::new(), |one| one.name.clone())
    };
    Ok(papers.iter().map(|paper| (row(lang, paper, &names, today), device(&paper.value))).collect())
}

/// What is said of a loss.
#[derive(Deserialize)]
pub(crate) struct Said {
    /// The device on it, where the register does not know.
    #[serde(default)]
    pub(crate) device: String,
    #[serde(default)]
    pub(crate) why: String,
}

/// IT enters it for whoever calls.
async fn reported(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    lose(&app, &permit, &id, None, &said).await?;
    Ok(see_other(&format!("/admin/loans/{id}?done=loan-lost")))
}

/// Whoever has it reports it herself, at any hour.
async fn report(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Answer {
    let permit = visit.permit_own(Deed::SeeLoans)?;
    lose(&app, &permit, &id, Some(permit.actor()), &said).await?;
    Ok(see_other("/telework/things?done=loan-lost"))
}

/// Reports the loss and cuts the device, in one transaction. `owner` is the person whose thing it
/// has to be.
pub(crate) async fn lose(
    app: &Kit,
    permit: &Permit,
    id: &str,
    owner: Option<StaffId>,
    said: &Said,
) -> Result<(), Refusal> {
    let body = permit.body();
    let now = app.now();
    let mut tx = app.write_as(permit).await?;
    let mut paper = find(&mut tx, body, id, owner).await?;
    if paper.value.device.is_none() && !said.device.is_empty() {
        paper.value.device = Some(device_of(&mut tx, body, paper.value.staff, &said.device).await?);
    }
    let (lost, device) =
        paper.value.lose(tokyo(moment(now)).date()).map_err(|_| Refusal::Conflict("changed"))?;
    paper.value = lost;
    store::telework::put_paper(&mut tx, body, PaperKind::Loan, &paper, now).await?;
    let why: String = said.why.trim().chars().take(400).collect();
    let lost: Event = permit
        .event(Kind::LOST, &paper.value.number)
        .with("item", item_key(paper.value.item))
        .with("staff", paper.value.staff)
        .with("why", &why);
    let mut decision = Decision::new((), lost);
    if let Some(device) = device
        && store::devices::revoke(&mut tx, body, device, now).await?
    {
        let name = store::devices::find(&mut tx, body, device)
            .await?
            .map(|one| one.name)
            .unwrap_or_default();
        let event =
            permit.event(Kind::DEVICE_REVOKED, name).with("device", device).with("why", "lost");
        decision = decision.and(event.with("staff", paper.value.staff));
    }
    tx.commit(decision).await?;
    if let Some(device) = device {
        app.cut(Cut::Device(device));
    }
    Ok(())
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/admin/loans/{id}/lost", May(Deed::ManageLoans), reported),
        post("/telework/loans/{id}/lost", May(Deed::SeeLoans), report),
    ]
}
