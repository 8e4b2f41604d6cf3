//! The page's buttons: keep the draft, save the answer as a version, take an entry back, finish a
//! part.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use exchange::case::{Action, Base, Context, Refused, Right};
use exchange::draft::{Draft, Typed};
use exchange::value::{QuestionId, Sheet};
use people::Deed;
use store::Tx;

use super::show::{After, render};
use super::{Hand, Place, Standing, Whose};
use super::{entry, offers};
use crate::Exchange;
use crate::Route;
use crate::access;
use crate::fields::Pairs;
use crate::words;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Form, Lang, SignedIn, post, see_other};

/// What a button asks for.
enum Wish {
    /// Keep the draft and show the page anew, with the routing of what was chosen.
    Keep,
    /// Show everything that is wrong or missing.
    Check,
    /// Save as a version.
    Save,
    /// A division's part: save, and say that it is done.
    Finish,
    /// Put a displaced entry back into its field.
    Back(usize),
    /// A displaced entry was seen and can go.
    Drop(usize),
    /// Put the answer this server's records give into its field.
    Take(QuestionId),
}

async fn press(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(whose): Query<Whose>,
    Form(pairs): Form<Pairs>,
) -> Answer {
    let mut tx = app.write_in(whose.code(&visit.actor)?.chain(), &visit.actor).await?;
    let place = Place::of(&app, &mut tx, &visit.actor, &case, &whose).await?;
    let standing = Standing::of(&mut tx, &place).await?;
    if place.hand == Hand::Reader {
        drop(tx);
        let refused = match place.delivery().state.editable() {
            true => Refused::WrongPermit,
            false => Refused::WrongState(place.delivery().state),
        };
        let after =
            After { refused: words::refused(visit.ctx.lang, &refused, None), ..After::default() };
        return render(&app, visit, &place, standing, StatusCode::CONFLICT, after).await;
    }
    let wish = wish(&pairs);
    let of = |name: &str| {
        pairs
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, text)| text.clone())
            .unwrap_or_default()
    };
    let (base, proxy_reason) = (of("base"), of("proxy_reason"));
    // What the page began with. Without it nothing of the other's counts as seen.
    let base: Pairs = serde_json::from_str(&base).unwrap_or_default();
    let base = place.own(&Typed::from_pairs(&place.form, base));
    let mine = place.own(&Typed::from_pairs(&place.form, pairs));
    let (by, at) = standing.typist(&place);
    let (mut draft, laid) = standing.draft.lay(&base, &mine, &by, at);
    let met = !laid.theirs.is_empty() || !laid.clashes.is_empty();
    match wish {
        Wish::Back(at) if at < draft.displaced.len() => {
            let back = draft.displaced.remove(at);
            draft.typed.replace(&back.question, &back.typed);
        }
        Wish::Drop(at) if at < draft.displaced.len() => {
            draft.displaced.remove(at);
        }
        Wish::Take(ref id) => {
            let found = offers::offers(&app, &mut tx, &visit.actor, visit.ctx.lang, &place).await?;
            if let Some(value) = found.get(id).and_then(|offered| offered.value()) {
                draft.typed.replace(id, &offers::fields_of(&place, id, value));
            }
        }
        // Nobody saves over what he has not seen.
        Wish::Save | Wish::Finish if !met => {
            let done = matches!(wish, Wish::Finish);
            return save(&app, visit, tx, place, standing, draft, done, proxy_reason).await;
        }
        _ => {}
    }
    let mut standing = standing;
    let row = standing.row(&draft, visit.actor.login.as_str(), app.now())?;
    store::exchange::put_draft(&mut tx, &place.key(), &row).await?;
    tx.keep(()).await?;
    standing.draft = draft;
    standing.by = Some((row.by, row.at));
    let mut after =
        After { all_faults: matches!(wish, Wish::Check), proxy_reason, ..After::default() };
    if met {
        let words = visit.ctx.t(
            "ほかの方が先に入力していました。変更点を確認してから、もう一度保存してください。入力した内容は下書きに残っています。",
            "Somebody else entered something meanwhile. Please look at the changes and save again; \
             what you entered is kept as a draft.",
        );
        after.refused.push(words.to_owned());
        for id in &laid.theirs {
            let label = place
                .form
                .question(id.as_str())
                .map(|question| question.label.as_str())
                .unwrap_or_default();
            after.refused.push(format!("{}{label}", visit.ctx.t("変更された設問：", "Changed: ")));
        }
    }
    let status = if met { StatusCode::CONFLICT } else { StatusCode::OK };
    render(&app, visit, &place, standing, status, after).await
}

#[allow(clippy::too_many_arguments)]
async fn save(
    app: &Exchange,
    visit: SignedIn,
    tx: Tx,
    place: Place,
    mut standing: Standing,
    draft: Draft,
    done: bool,
    proxy_reason: String,
) -> Answer {
    standing.draft = draft;
    match entry::settle(
        app,
        &visit.actor,
        visit.ctx.lang,
        tx,
        &place,
        &mut standing,
        done,
        &proxy_reason,
    )
    .await?
    {
        Ok(_) => {
            let query = if place.query().is_empty() { "?".to_owned() } else { place.query() + "&" };
            Ok(see_other(&format!(
                "/exchange/cases/{}/answer{query}done=answer-saved",
                place.case()
            )))
        }
        Err(words) => {
            let after = After { refused: vec![words], all_faults: false, proxy_reason };
            render(app, visit, &place, standing, StatusCode::UNPROCESSABLE_ENTITY, after).await
        }
    }
}

/// What came of saving a whole sheet.
pub(super) enum Saved {
    /// To be kept and recorded.
    Done(Box<audit::Decision<exchange::case::Delivery>>),
    /// Why not, in words.
    Refused(String),
}

/// A whole sheet as the next version, whatever it came from.
pub(super) async fn save_sheet(
    app: &Exchange,
    lang: Lang,
    tx: &mut Tx,
    place: &Place,
    sheet: Sheet,
) -> Result<Saved, Refusal> {
    let outcome = decide(app, lang, tx, place, sheet, false, "").await?;
    Ok(outcome.map_or_else(Saved::Refused, |decision| Saved::Done(Box::new(decision))))
}

#[allow(clippy::too_many_arguments)] // What one press carries.
pub(super) async fn decide(
    app: &Exchange,
    lang: Lang,
    tx: &mut Tx,
    place: &Place,
    sheet: Sheet,
    done: bool,
    proxy_reason: &str,
) -> Result<Result<audit::Decision<exchange::case::Delivery>, String>, Refusal> {
    let delivery = place.delivery();
    let base = Base {
        version: delivery.answer.as_ref().map_or(0, |answer| answer.number),
        sheet: delivery.answer.as_ref().map(|answer| answer.sheet.clone()).unwrap_or_default(),
    };
    let (right, step) = match &place.hand {
        Hand::Part(code) => {
            let questions =
                delivery.parts.get(code).map(|part| part.questions.clone()).unwrap_or_default();
            let mut own = sheet;
            own.values.retain(|id, _| questions.contains(id));
            own.reasons.retain(|id, _| questions.contains(id));
            (Right::EnterPart, Action::SavePart { sheet: own, done })
        }
        Hand::Proxy => {
            (Right::Proxy, Action::SaveAsProxy { base, sheet, reason: proxy_reason.to_owned() })
        }
        Hand::Desk | Hand::Reader => (Right::Enter, Action::Save { base, sheet }),
    };
    let permit = place.opened.permit(right)?;
    let approval = store::exchange::desks(tx, place.body()).await?.approval;
    let context = Context {
        case: &place.opened.case,
        form: Some(&place.form),
        previous: place.previous.as_ref().map(|(_, sheet)| sheet),
        approval,
        seen: delivery.revision,
    };
    let decided = delivery.decide(step, &permit, context, access::now(app));
    Ok(decided.map_err(|refused| words::refused(lang, &refused, Some(&place.form)).join(" ")))
}

fn wish(pairs: &Pairs) -> Wish {
    for (name, text) in pairs {
        let at = || text.parse().unwrap_or(usize::MAX);
        match (name.as_str(), text.as_str()) {
            ("back", _) => return Wish::Back(at()),
            ("drop", _) => return Wish::Drop(at()),
            ("take", id) => return Wish::Take(QuestionId::new(id)),
            ("do", "check") => return Wish::Check,
            ("do", "save") => return Wish::Save,
            ("do", "finish") => return Wish::Finish,
            _ => {}
        }
    }
    Wish::Keep
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/exchange/cases/{id}/answer", May(Deed::UseExchange), press)]
}
