//! Adding a form, or a better text of one no case was sent with.

use audit::{Decision, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use exchange::form::{Form as Survey, FormFault, FormRef};
use people::{Actor, Deed, Resource};

use super::check::{Page, Pasted, judge};
use super::{may_add, shown};
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown};
use kit::http::{Answer, Form, Lang, SignedIn, page_with, post, see_other};

async fn save(visit: SignedIn, State(app): State<Exchange>, Form(pasted): Form<Pasted>) -> Answer {
    let source = || pasted.source.replace("\r\n", "\n");
    let again = |seen: String| Page::of(visit.ctx.clone(), source(), Vec::new(), true, seen);
    match add(&app, &visit.actor, visit.ctx.lang, &pasted.source, Seen::Form(&pasted.seen)).await? {
        Added::Kept(_) => Ok(see_other("/exchange/forms?done=saved")),
        Added::Faulty(_) => {
            judge(visit, pasted.source, pasted.seen, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Added::Fixed => page_with(
            StatusCode::CONFLICT,
            Page { refused: Some(FIXED), ..again(pasted.seen.clone()) },
        ),
        Added::Changed(changed) => {
            let seen = changed.seen(None, &Shown::default());
            page_with(StatusCode::CONFLICT, Page { changed, ..again(seen) })
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
    /// Another text is kept under this name, which the sender has not seen.
    Changed(Changed),
}

/// Why a version that was used is not written over, in Japanese and English.
pub(crate) const FIXED: (&str, &str) = (
    "この版はすでに発出した案件で使われているため、変更できません。版（version）を変えて登録してください。",
    "A case was sent with this version, so it stays as it is. Please give the form another \
     version.",
);

/// Adds a form, or a better text of one, of which the sender saw `seen`: the ministry's alone.
pub(crate) async fn add(
    app: &Exchange,
    by: &Actor,
    lang: Lang,
    source: &str,
    seen: Seen<'_>,
) -> Result<Added, Refusal> {
    let permit = by.permit(Deed::UseExchange, Resource::body(by.body))?;
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
    // The same text again is no change.
    if let Some((row, kept)) = store::exchange::form(&mut tx, &name).await?
        && kept != source
    {
        let changed = shown(lang, Some(&row)).unseen(lang, seen);
        if !changed.is_empty() {
            return Ok(Added::Changed(changed));
        }
    }
    if !store::exchange::put_form(
        &mut tx,
        &name,
        &form.title,
        &source,
        app.now(),
        by.login.as_str(),
    )
    .await?
    {
        return Ok(Added::Fixed);
    }
    tx.commit(Decision::new(
        (),
        permit.event(Kind::FORM_ADDED, format!("{} {}", name.id, name.version)),
    ))
    .await?;
    Ok(Added::Kept(name))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/exchange/forms/save", May(Deed::UseExchange), save)]
}
