//! The page's buttons: keep the draft, save the answer as a version, take an entry back, finish a
//! part.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use exchange::draft::Typed;
use exchange::form::Question;
use exchange::value::QuestionId;
use people::Deed;

use super::draft::words as said;
use super::entry::{Enter, Entered, Outcome, Wish, enter};
use super::show::{After, render};
use super::{Place, Whose};
use crate::Exchange;
use crate::Route;
use crate::fields::Pairs;
use crate::words;
use kit::http::Access::May;
use kit::http::{Answer, Form, Lang, Reason, SignedIn, post, see_other};

async fn press(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(whose): Query<Whose>,
    Form(pairs): Form<Pairs>,
) -> Answer {
    let (wish, all_faults) = wish(&pairs);
    let of = |name: &str| {
        let found = pairs.iter().find(|(found, _)| found == name);
        found.map(|(_, text)| text.clone()).unwrap_or_default()
    };
    let base = serde_json::from_str(&of("base")).unwrap_or_default();
    let proxy_reason = of("proxy_reason");
    let typed = pairs.clone();
    let sent = Enter { base, fields: pairs, proxy_reason: proxy_reason.clone(), wish };
    let lang = visit.ctx.lang;
    let Entered { place, standing, outcome } =
        enter(&app, &visit.actor, &case, &whose, sent).await?;
    let (status, refused) = match outcome {
        Outcome::Saved(_) => {
            let query = if place.query().is_empty() { "?".to_owned() } else { place.query() + "&" };
            return Ok(see_other(&format!(
                "/exchange/cases/{}/answer{query}done=answer-saved",
                place.case()
            )));
        }
        Outcome::Kept => (StatusCode::OK, Vec::new()),
        Outcome::Met { theirs, .. } => (StatusCode::CONFLICT, met(lang, &place, &theirs)),
        Outcome::Unsaved(why) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Reason::words(why.reasons(lang, &place)))
        }
        Outcome::Closed(why) => {
            let refused = words::refused(lang, &why, None);
            let unkept = unkept(lang, &place, typed);
            let after = After { refused, unkept, ..After::default() };
            return render(&app, visit, &place, standing, StatusCode::CONFLICT, after).await;
        }
    };
    let after = After { refused, all_faults, proxy_reason, unkept: Vec::new() };
    render(&app, visit, &place, standing, status, after).await
}

/// What was typed and does not stand in the saved answer, each with its question: the page that
/// follows has no fields to hold it.
fn unkept(lang: Lang, place: &Place, typed: Pairs) -> Vec<(String, String)> {
    let form = &place.form;
    let saved = place.answer().map(|answer| Typed::of(form, &answer.sheet)).unwrap_or_default();
    let typed = Typed::from_pairs(form, typed);
    let of = |question: &Question| {
        let (mine, stands) = (typed.of_question(&question.id), saved.of_question(&question.id));
        let text = said(form, &question.id, &mine, lang);
        let other = !mine.is_empty() && text != said(form, &question.id, &stands, lang);
        other.then(|| (question.label.clone(), text))
    };
    form.questions.iter().filter_map(of).collect()
}

/// That somebody else came between, and what only he changed.
fn met(lang: Lang, place: &Place, theirs: &[QuestionId]) -> Vec<String> {
    let mut lines = vec![
        lang.t(
            "ほかの方が先に入力していました。変更点を確認してから、もう一度保存してください。入力した内容は下書きに残っています。",
            "Somebody else entered something meanwhile. Please look at the changes and save again; \
             what you entered is kept as a draft.",
        )
        .to_owned(),
    ];
    lines.extend(theirs.iter().map(|id| {
        let label = place.form.question(id.as_str()).map_or("", |question| question.label.as_str());
        format!("{}{label}", lang.t("変更された設問：", "Changed: "))
    }));
    lines
}

/// What the button asks for, and whether everything that is wrong or missing is shown.
fn wish(pairs: &Pairs) -> (Wish, bool) {
    for (name, text) in pairs {
        let at = || text.parse().unwrap_or(usize::MAX);
        match (name.as_str(), text.as_str()) {
            ("back", _) => return (Wish::Back(at()), false),
            ("drop", _) => return (Wish::Drop(at()), false),
            ("take", id) => return (Wish::Take(QuestionId::new(id)), false),
            ("do", "check") => return (Wish::Keep, true),
            ("do", "save") => return (Wish::Save { done: false }, false),
            ("do", "finish") => return (Wish::Save { done: true }, false),
            _ => {}
        }
    }
    (Wish::Keep, false)
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/exchange/cases/{id}/answer", May(Deed::UseExchange), press)]
}
