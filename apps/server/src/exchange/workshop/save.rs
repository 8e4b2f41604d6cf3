//! Adding a form, or a better text of one no case was sent with.

use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use exchange::form::Form as Survey;
use people::Action;

use super::check::{Page, Pasted, judge};
use super::may_add;
use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Form, Route, SignedIn, page_with, post, see_other};

async fn save(visit: SignedIn, State(app): State<App>, Form(pasted): Form<Pasted>) -> Answer {
    let permit = visit.permit(Action::UseExchange)?;
    if !may_add(&visit) {
        return Err(Refusal::NotFound);
    }
    let source = pasted.source.replace("\r\n", "\n");
    let Ok(form) = Survey::read(&source) else {
        return judge(visit, source, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let mut tx = app.write(permit.body()).await?;
    let (name, login) = (&form.name, visit.actor.login.to_string());
    if !store::exchange::put_form(&mut tx, name, &form.title, &source, app.now(), &login).await? {
        drop(tx);
        let refused = (
            "この版はすでに発出した案件で使われているため、変更できません。版（version）を変えて登録してください。",
            "A case was sent with this version, so it stays as it is. Please give the form another version.",
        );
        let page = Page { ctx: visit.ctx, source, faults: Vec::new(), refused: Some(refused), good: None, may_add: true };
        return page_with(StatusCode::CONFLICT, page);
    }
    tx.commit(Decision::new((), permit.event(Kind::FORM_ADDED, format!("{} {}", name.id, name.version)))).await?;
    Ok(see_other("/exchange/forms?done=saved"))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/exchange/forms/save", May(Action::UseExchange), save)]
}
