//! Saving what was entered as the next version, whoever sent it: the page's button or a program.

use exchange::case::Delivery;
use exchange::draft::Typed;
use exchange::value::QuestionId;
use people::Actor;
use store::Tx;

use super::save::decide;
use super::{Hand, Place, Standing, Whose, offers};
use crate::Exchange;
use crate::fields::Pairs;
use kit::error::Refusal;
use kit::http::Lang;

/// What came of a program's entry.
pub(crate) enum Entry {
    /// Saved as a version.
    Saved(Box<Delivery>),
    /// Somebody else entered something meanwhile, in these questions: kept as a draft, to be looked
    /// at and sent again.
    Met(Vec<QuestionId>),
    /// Kept as a draft, and why it is no version, in words.
    Refused(String),
}

/// Lays an entry over what stands there and saves it, where nobody else came between.
#[allow(clippy::too_many_arguments)]
pub(crate) async fn enter(
    app: &Exchange,
    who: &Actor,
    lang: Lang,
    case: &str,
    whose: &Whose,
    (base, fields): (Pairs, Pairs),
    done: bool,
    proxy_reason: &str,
) -> Result<Entry, Refusal> {
    let mut tx = app.write_in(whose.code(who)?.chain(), who).await?;
    let place = Place::of(app, &mut tx, who, case, whose).await?;
    if place.hand == Hand::Reader {
        return Err(Refusal::Conflict("not_editable"));
    }
    let mut standing = Standing::of(&mut tx, &place).await?;
    let typed = |pairs| place.own(&Typed::from_pairs(&place.form, pairs));
    let (by, at) = standing.typist(&place);
    let (draft, laid) = standing.draft.lay(&typed(base), &typed(fields), &by, at);
    standing.draft = draft;
    if !laid.theirs.is_empty() || !laid.clashes.is_empty() {
        // Nobody saves over what he has not seen.
        let row = standing.row(&standing.draft, who.login.as_str(), app.now())?;
        store::exchange::put_draft(&mut tx, &place.key(), &row).await?;
        tx.keep(()).await?;
        return Ok(Entry::Met(laid.theirs.into_iter().chain(laid.clashes).collect()));
    }
    Ok(match settle(app, who, lang, tx, &place, &mut standing, done, proxy_reason).await? {
        Ok(delivery) => Entry::Saved(delivery),
        Err(words) => Entry::Refused(words),
    })
}

/// Saves the draft as the next version, and ends the draft; or keeps the draft and says why not.
#[allow(clippy::too_many_arguments)]
pub(super) async fn settle(
    app: &Exchange,
    who: &Actor,
    lang: Lang,
    mut tx: Tx,
    place: &Place,
    standing: &mut Standing,
    done: bool,
    proxy_reason: &str,
) -> Result<Result<Box<Delivery>, String>, Refusal> {
    let checked = place.check(&standing.whole(place));
    // What cannot be read as an answer cannot be saved as one; it stays in the draft.
    let unread: Vec<String> = checked
        .faults
        .iter()
        .filter(|fault| matches!(fault.what, exchange::draft::Problem::Text(_)))
        .filter_map(|fault| place.form.question(fault.question.as_str()))
        .map(|question| question.label.clone())
        .collect();
    let found = offers::offers(app, &mut tx, who, lang, place).await?;
    let unexplained: Vec<&str> = offers::unexplained(&found, &checked.sheet)
        .iter()
        .filter_map(|id| place.form.question(id.as_str()).map(|question| question.label.as_str()))
        .collect();
    let outcome = if unread.is_empty() && unexplained.is_empty() {
        decide(app, lang, &mut tx, place, checked.sheet, done, proxy_reason).await?
    } else if unread.is_empty() {
        Err(lang
            .t(
                "Norenの記録と違う値には理由が必要です：",
                "Otherwise than the records say; please say why: ",
            )
            .to_owned()
            + &unexplained.join("、"))
    } else {
        Err(lang
            .t("読み取れない入力があるため、保存できません：", "Some entries cannot be read: ")
            .to_owned()
            + &unread.join("、"))
    };
    match outcome {
        Ok(mut decision) => {
            // Whoever typed into the draft entered it too, though somebody else saves it.
            let typists = standing
                .draft
                .typists
                .iter()
                .cloned()
                .chain(standing.by.iter().map(|(by, _)| by.clone()));
            decision.value.entered.extend(typists.filter(|by| !by.is_empty()));
            if !store::exchange::put_delivery(
                &mut tx,
                place.delivery().revision,
                &decision.value,
                app.now(),
            )
            .await?
            {
                return Err(Refusal::Conflict("stale"));
            }
            store::exchange::remove_draft(&mut tx, &place.key()).await?;
            Ok(Ok(Box::new(tx.commit(decision).await?)))
        }
        Err(words) => {
            let row = standing.row(&standing.draft, who.login.as_str(), app.now())?;
            store::exchange::put_draft(&mut tx, &place.key(), &row).await?;
            tx.keep(()).await?;
            standing.by = Some((row.by, row.at));
            Ok(Err(words))
        }
    }
}
