//! Adding a form, or a better text of one no case was sent with.

use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use exchange::form::{Form as Survey, FormFault, FormRef};
use people::{Action, Actor, Resource};

use super::check::{Page, Pasted, judge};
use super::may_add;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, SignedIn, page_with, post, see_other};

async fn save(visit: SignedIn, State(app): State<Exchange>, Form(pasted): Form<Pasted>) -> Answer {
    match add(&app, &visit.actor, &pasted.source).await? {
        Added::Kept(_) => Ok(see_other("/exchange/forms?done=saved")),
        Added::Faulty(_) => judge(visit, pasted.source, StatusCode::UNPROCESSABLE_ENTITY),
        Added::Fixed => {
            let source = pasted.source.replace("\r\n", "\n");
            let page = Page { ctx: visit.ctx, source, faults: Vec::new(), refused: Some(FIXED), good: None, may_add: true };
            page_with(StatusCode::CONFLICT, page)
        }
    }
}

/// What became of a form's text.
pub(crate) enum Added {
    /// It is kept under its name.
    Kept(FormRef),
    /// It has faults.
    Faulty(Vec<FormFault>),
    /// A case was sent with this version, which stays as it is.
    Fixed,
}

/// Why a version that was used is not written over, in Japanese and English.
pub(crate) const FIXED: (&str, &str) = (
    "この版はすでに発出した案件で使われているため、変更できません。版（version）を変えて登録してください。",
    "A case was sent with this version, so it stays as it is. Please give the form another version.",
);

/// Adds a form: the ministry's alone.
pub(crate) async fn add(app: &Exchange, by: &Actor, source: &str) -> Result<Added, Refusal> {
    let permit = by.permit(Action::UseExchange, Resource::body(by.body))?;
    if !may_add(by) {
        return Err(Refusal::NotFound);
    }
    let source = source.replace("\r\n", "\n");
    let form = match Survey::read(&source) {
        Ok(form) => form,
        Err(faults) => return Ok(Added::Faulty(faults)),
    };
    let mut tx = app.write_as(&permit).await?;
    let name = form.name;
    if !store::exchange::put_form(&mut tx, &name, &form.title, &source, app.now(), by.login.as_str()).await? {
        return Ok(Added::Fixed);
    }
    tx.commit(Decision::new((), permit.event(Kind::FORM_ADDED, format!("{} {}", name.id, name.version)))).await?;
    Ok(Added::Kept(name))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/exchange/forms/save", May(Action::UseExchange), save)]
}
