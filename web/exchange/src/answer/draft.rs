//! What the page's script sends while somebody types: kept as a draft, answered with the checks and
//! with what others typed.

use axum::Json as Said;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use exchange::draft::Typed;
use exchange::form::Form;
use exchange::value::QuestionId;
use people::{Actor, BodyCode, Deed};
use serde::{Deserialize, Serialize};

use super::{Hand, Place, Standing, Whose};
use crate::Exchange;
use crate::Route;
use crate::fields::{self, Pairs, Setting};
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Json, Lang, SignedIn, post};
use kit::time;

#[derive(Deserialize)]
struct Sent {
    /// What stood in the fields when the page was last in step with the server.
    base: Pairs,
    /// What stands in them now.
    fields: Pairs,
}

/// What stands after what was typed was laid over it.
#[derive(Serialize)]
pub(crate) struct Kept {
    pub(crate) hints: fields::Hints,
    /// Clock time of the save.
    pub(crate) at: String,
    /// What only others changed.
    pub(crate) theirs: Vec<Other>,
    /// What both changed; what the other had typed.
    pub(crate) clashes: Vec<Other>,
}

/// A question somebody else changed.
#[derive(Serialize)]
pub(crate) struct Other {
    pub(crate) id: String,
    pub(crate) who: String,
    pub(crate) text: String,
    pub(crate) fields: Pairs,
}

async fn keep(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(whose): Query<Whose>,
    Json(sent): Json<Sent>,
) -> Result<Response, Refusal> {
    let kept =
        keep_typed(&app, &visit.actor, visit.ctx.lang, &case, &whose, sent.base, sent.fields)
            .await?;
    Ok(Said(kept).into_response())
}

/// Lays what somebody typed over what stands there, question by question, from what he began with.
pub(crate) async fn keep_typed(
    app: &Exchange,
    who: &Actor,
    lang: Lang,
    case: &str,
    whose: &Whose,
    base: Pairs,
    fields: Pairs,
) -> Result<Kept, Refusal> {
    let mut tx = app.write_in(whose.code(who)?.chain(), who).await?;
    let place = Place::of(app, &mut tx, who, case, whose).await?;
    if place.hand == Hand::Reader {
        return Err(Refusal::Conflict("not_editable"));
    }
    let form = &place.form;
    let typed = |pairs| place.own(&Typed::from_pairs(form, pairs));
    let mut standing = Standing::of(&mut tx, &place).await?;
    let under = standing.draft.clone();
    let (by, at) = standing.typist(&place);
    let (draft, laid) = under.lay(&typed(base), &typed(fields), &by, at);
    if draft == under {
        drop(tx);
    } else {
        let row = standing.row(&draft, who.login.as_str(), app.now())?;
        // Inside one write nobody comes between reading and keeping.
        store::exchange::put_draft(&mut tx, &place.key(), &row).await?;
        tx.keep(()).await?;
        standing.draft = draft;
    }
    let other_name = name_of(app, &place, &by).await?;
    let other = |id: &QuestionId| {
        let typed = under.typed.of_question(id);
        Other {
            id: id.to_string(),
            who: other_name.clone(),
            text: words(form, id, &typed, lang),
            fields: typed.pairs().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
        }
    };
    let whole = standing.whole(&place);
    let checked = place.check(&whole);
    let open = place.open();
    let setting = Setting {
        form,
        typed: &whole,
        checked: &checked,
        previous: place.before(),
        open: open.as_ref(),
        missing_counts: false,
        lang,
    };
    let clock = time::civil(app.now());
    Ok(Kept {
        hints: fields::hints(&setting),
        at: format!("{:02}:{:02}:{:02}", clock.hour(), clock.minute(), clock.second()),
        theirs: laid.theirs.iter().map(other).collect(),
        clashes: laid.clashes.iter().map(other).collect(),
    })
}

/// What stands in the fields of a question, in words: the answer where it can be read, or else what
/// was typed.
pub(super) fn words(form: &Form, id: &QuestionId, typed: &Typed, lang: Lang) -> String {
    let Some(question) = form.question(id.as_str()) else { return String::new() };
    let sheet = typed.read(form).sheet;
    let text = fields::answer_text(form, question, &sheet, lang);
    let reason = sheet.reasons.get(id).map(|reason| format!(" {reason}")).unwrap_or_default();
    match (text.is_empty(), typed.is_empty()) {
        (false, _) => text + &reason,
        (true, true) => lang.t("（空欄）", "(empty)").to_owned(),
        (true, false) => typed.pairs().map(|(_, text)| text).collect::<Vec<_>>().join("、"),
    }
}

/// The name of whoever has this sign-in name, in the answering body or in the own one; the sign-in
/// name where there is none.
pub(super) async fn name_of(app: &Exchange, place: &Place, login: &str) -> Result<String, Refusal> {
    name_of_login(app, place.body(), place.opened.seat.person.body, login).await
}

/// The same, of a version that was kept.
pub(crate) async fn name_of_login(
    app: &Exchange,
    of: BodyCode,
    own: BodyCode,
    login: &str,
) -> Result<String, Refusal> {
    let Ok(parsed) = login.parse() else { return Ok(login.to_owned()) };
    let mut conn = app.store.read().await?;
    for body in [of, own] {
        if let Some(staff) = store::staff::by_login(&mut conn, body, &parsed).await? {
            return Ok(staff.name.to_string());
        }
    }
    Ok(login.to_owned())
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/exchange/cases/{id}/answer/draft", May(Deed::UseExchange), keep)]
}
