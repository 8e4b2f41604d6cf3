//! A thing is lost: one button reports it and cuts the device that is on it, in one transaction; a
//! live session ends at once.

use axum::extract::{Path, State};
use jiff::civil::Date;
use people::{Deed, Permit};
use serde::Deserialize;
use store::Conn;
use store::telework::{Paper, PaperKind};
use telework::papers::{Loan, LoanAction};

use super::register::{Row, row};
use super::{Loss, lose};
use crate::Route;
use crate::{hex16, names};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Lang, SignedIn, post, see_other};

/// What one person has.
pub(crate) struct Own {
    pub(crate) row: Row,
    /// The name of the device on it.
    pub(crate) device: String,
    /// Whether she can report its loss.
    pub(crate) lose: bool,
}

/// What one person has, by a permit of hers to see it.
pub(crate) async fn own(
    conn: &mut Conn,
    permit: &Permit,
    lang: Lang,
    today: Date,
) -> Result<Vec<Own>, Refusal> {
    let (body, staff) = (permit.body(), permit.actor());
    let names = names(conn, body).await?;
    let devices = store::devices::of_staff(conn, body, staff).await?;
    let papers = store::telework::papers_of::<Loan>(conn, body, PaperKind::Loan, staff).await?;
    let device = |loan: &Loan| {
        devices
            .iter()
            .find(|one| Some(one.id) == loan.device)
            .map_or(String::new(), |one| one.name.clone())
    };
    let own = |paper: &Paper<Loan>| Own {
        row: row(lang, paper, &names, today),
        device: device(&paper.value),
        lose: paper.value.possible(permit).contains(&LoanAction::Lose),
    };
    Ok(papers.iter().map(own).collect())
}

/// What is said of a loss, as it is typed.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    device: String,
    #[serde(default)]
    why: String,
}

impl Said {
    fn read(&self) -> Result<Loss, Refusal> {
        Loss::read(Some(&*self.device).filter(|device| !device.is_empty()), &self.why)
    }
}

/// IT enters it for whoever calls.
async fn reported(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(said): Form<Said>,
) -> Answer {
    let permit = visit.permit(Deed::ManageLoans)?;
    lose(&app, &permit, hex16(&id)?, None, &said.read()?).await?;
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
    lose(&app, &permit, hex16(&id)?, Some(permit.actor()), &said.read()?).await?;
    Ok(see_other("/telework/things?done=loan-lost"))
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/admin/loans/{id}/lost", May(Deed::ManageLoans), reported),
        post("/telework/loans/{id}/lost", May(Deed::SeeLoans), report),
    ]
}
