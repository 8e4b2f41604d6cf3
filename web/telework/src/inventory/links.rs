//! Who does a piece of work, and how many hours a year of it.

use axum::extract::{Path, State};
use people::Deed;
use serde::Deserialize;

use super::act::{link_work, unlink_work};
use super::edit::{Unkept, again};
use super::number;
use super::words::told;
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::Seen;
use kit::http::{Answer, Form, Nothing, SignedIn, post, see_other};

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
    let (lang, seen) = (visit.ctx.lang, Seen::Form(&link.seen));
    match link_work(&app, &visit.actor, lang, number(&id)?, entered, seen).await? {
        Ok(()) => Ok(see_other(&format!("/telework/works/{id}?done=saved"))),
        Err(un) => {
            let unkept = Unkept {
                faults: told(lang, &un.faults),
                changed: un.changed,
                link: Some(link),
                ..Unkept::default()
            };
            again(&app, visit, *un.row, unkept).await
        }
    }
}

async fn remove(
    visit: SignedIn,
    State(app): State<Kit>,
    Path((id, staff)): Path<(String, String)>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let number = unlink_work(
        &app,
        &visit.actor,
        number(&id)?,
        staff.parse().map_err(|_| Refusal::NotFound)?,
    )
    .await?;
    Ok(see_other(&format!("/telework/works/{number}?done=saved")))
}

pub(super) fn routes() -> Vec<Route> {
    let manage = May(Deed::ManageWorks);
    vec![
        post("/telework/works/{id}/staff", manage, put),
        post("/telework/works/{id}/staff/{staff}/remove", manage, remove),
    ]
}
