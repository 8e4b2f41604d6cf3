//! What somebody entered, whoever sent it, the page or a program: laid over what stands there, kept
//! as a draft or saved as the next version. One way for both.

use exchange::case::{Action, Base, Context, Delivery, Refused};
use exchange::draft::{Draft, Problem, Typed};
use exchange::value::{QuestionId, Sheet};
use people::Actor;
use store::Tx;

use super::offers::{self, Offers};
use super::{Hand, Place, Standing, Whose};
use crate::Exchange;
use crate::access;
use crate::fields::Pairs;
use crate::words;
use kit::error::Refusal;
use kit::http::{Lang, Reason};

/// How often a place is looked at anew when somebody changes it in between.
const LOOKS: usize = 3;

/// What is asked for with what was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Keep it as a draft.
    Keep,
    /// Save as a version; of a division's part, say whether it is done.
    Save { done: bool },
    /// Put a displaced entry back into its field.
    Back(usize),
    /// A displaced entry was seen and can go.
    Drop(usize),
    /// Put the answer this server's records give into its field.
    Take(QuestionId),
}

/// What somebody entered, with what is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Enter {
    /// What stood in the fields when they were read. Without it nothing of others counts as seen.
    pub(crate) base: Pairs,
    /// What stands in them now.
    pub(crate) fields: Pairs,
    /// Why a prefecture enters it.
    pub(crate) proxy_reason: String,
    pub(crate) wish: Wish,
}

/// The place as it is afterwards, and what came of it.
pub(crate) struct Entered {
    pub(crate) place: Place,
    pub(crate) standing: Standing,
    pub(crate) outcome: Outcome,
}

/// What came of an entry.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Saved as a version.
    Saved(Box<Delivery>),
    /// Kept as a draft, as asked for.
    Kept,
    /// Somebody else entered something meanwhile: kept as a draft, to be looked at and sent again.
    Met {
        /// What only others changed.
        theirs: Vec<QuestionId>,
        /// What both changed.
        clashes: Vec<QuestionId>,
    },
    /// Kept as a draft, and why it is no version.
    Unsaved(Unsaved),
    /// Nothing can be entered here now: nothing is kept.
    Closed(Refused),
}

/// Why an entry is no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unsaved {
    /// Nothing can be read from these.
    Unread(Vec<QuestionId>),
    /// Otherwise than the records say, without a word why.
    Unexplained(Vec<QuestionId>),
    /// The case machine says no.
    Refused(Refused),
}

impl Unsaved {
    /// The code and the words of each reason.
    pub(crate) fn reasons(&self, lang: Lang, place: &Place) -> Vec<Reason> {
        let labels = |ids: &[QuestionId]| {
            let label = |id: &QuestionId| Some(place.form.question(id.as_str())?.label.as_str());
            ids.iter().filter_map(label).collect::<Vec<_>>().join("、")
        };
        match self {
            Self::Unread(ids) => {
                let words = lang.t(
                    "読み取れない入力があるため、保存できません：",
                    "Some entries cannot be read: ",
                );
                vec![Reason::new("unread", format!("{words}{}", labels(ids)))]
            }
            Self::Unexplained(ids) => {
                let words = lang.t(
                    "Norenの記録と違う値には理由が必要です：",
                    "Otherwise than the records say; please say why: ",
                );
                vec![Reason::new("unexplained", format!("{words}{}", labels(ids)))]
            }
            Self::Refused(refused) => words::reasons(lang, refused, Some(&place.form)),
        }
    }
}

/// Lays an entry over what stands there and does what is asked for with it.
pub(crate) async fn enter(
    app: &Exchange,
    who: &Actor,
    case: &str,
    whose: &Whose,
    entry: Enter,
) -> Result<Entered, Refusal> {
    for _ in 0..LOOKS {
        let seen = Seen::of(app, who, case, whose, &entry.wish).await?;
        let mut tx = app.write_in(whose.code(who)?.chain(), who).await?;
        let place = Place::of(app, &mut tx, who, case, whose).await?;
        if place.delivery().revision != seen.revision || place.hand != seen.hand {
            // Somebody acted between the look and this write: what was computed is of another
            // place.
            drop(tx);
            continue;
        }
        let standing = Standing::of(&mut tx, &place).await?;
        return lay(app, who, tx, place, standing, entry, &seen.offers).await;
    }
    Err(Refusal::Conflict("stale"))
}

/// What the records say, computed before the write begins: a survey of a whole body takes longer
/// than others should wait for their turn to write.
struct Seen {
    revision: u64,
    hand: Hand,
    offers: Offers,
}

impl Seen {
    async fn of(
        app: &Exchange,
        who: &Actor,
        case: &str,
        whose: &Whose,
        wish: &Wish,
    ) -> Result<Self, Refusal> {
        let mut conn = app.store.read().await?;
        let place = Place::of(app, &mut conn, who, case, whose).await?;
        let offers = match wish {
            // The words of what is offered are the page's to find; here their values count.
            Wish::Save { .. } | Wish::Take(_) => {
                offers::offers(app, &mut conn, who, Lang::Ja, &place).await?
            }
            Wish::Keep | Wish::Back(_) | Wish::Drop(_) => Offers::new(),
        };
        let revision = place.delivery().revision;
        Ok(Self { revision, hand: place.hand, offers })
    }
}

async fn lay(
    app: &Exchange,
    who: &Actor,
    mut tx: Tx,
    place: Place,
    mut standing: Standing,
    entry: Enter,
    offers: &Offers,
) -> Result<Entered, Refusal> {
    if place.hand == Hand::Reader {
        let outcome = Outcome::Closed(place.closed());
        return Ok(Entered { place, standing, outcome });
    }
    let typed = |pairs| place.own(&Typed::from_pairs(&place.form, pairs));
    let (by, at) = standing.typist(&place);
    let (mut draft, laid) = standing.draft.lay(&typed(entry.base), &typed(entry.fields), &by, at);
    let met = !laid.theirs.is_empty() || !laid.clashes.is_empty();
    match &entry.wish {
        Wish::Back(at) if *at < draft.displaced.len() => {
            let back = draft.displaced.remove(*at);
            draft.typed.replace(&back.question, &back.typed);
        }
        Wish::Drop(at) if *at < draft.displaced.len() => {
            draft.displaced.remove(*at);
        }
        Wish::Take(id) => {
            if let Some(value) = offers.get(id).and_then(|offered| offered.value()) {
                draft.typed.replace(id, &offers::fields_of(&place, id, value));
            }
        }
        Wish::Keep | Wish::Back(_) | Wish::Drop(_) | Wish::Save { .. } => {}
    }
    let outcome = match entry.wish {
        // Nobody saves over what he has not seen.
        Wish::Save { done } if !met => {
            standing.draft = draft.clone();
            match version(app, &mut tx, &place, &standing, offers, done, &entry.proxy_reason)
                .await?
            {
                Ok(decision) => {
                    let put = store::exchange::put_delivery(
                        &mut tx,
                        place.delivery().revision,
                        &decision.value,
                        app.now(),
                    );
                    if !put.await? {
                        return Err(Refusal::Conflict("stale"));
                    }
                    store::exchange::remove_draft(&mut tx, &place.key()).await?;
                    let outcome = Outcome::Saved(Box::new(tx.commit(decision).await?));
                    return Ok(Entered { place, standing, outcome });
                }
                Err(unsaved) => Outcome::Unsaved(unsaved),
            }
        }
        _ if met => Outcome::Met { theirs: laid.theirs, clashes: laid.clashes },
        _ => Outcome::Kept,
    };
    keep(app, who, tx, &place, &mut standing, draft).await?;
    Ok(Entered { place, standing, outcome })
}

async fn keep(
    app: &Exchange,
    who: &Actor,
    mut tx: Tx,
    place: &Place,
    standing: &mut Standing,
    draft: Draft,
) -> Result<(), Refusal> {
    let row = standing.row(&draft, who.login.as_str(), app.now())?;
    store::exchange::put_draft(&mut tx, &place.key(), &row).await?;
    tx.keep(()).await?;
    standing.draft = draft;
    standing.by = Some((row.by, row.at));
    Ok(())
}

/// What stands in the fields as the next version, or why it is none.
async fn version(
    app: &Exchange,
    tx: &mut Tx,
    place: &Place,
    standing: &Standing,
    offers: &Offers,
    done: bool,
    proxy_reason: &str,
) -> Result<Result<audit::Decision<Delivery>, Unsaved>, Refusal> {
    let checked = place.check(&standing.whole(place));
    // What cannot be read as an answer cannot be saved as one; it stays in the draft.
    let unread: Vec<QuestionId> = checked
        .faults
        .iter()
        .filter(|fault| matches!(fault.what, Problem::Text(_)))
        .map(|fault| fault.question.clone())
        .collect();
    if !unread.is_empty() {
        return Ok(Err(Unsaved::Unread(unread)));
    }
    let unexplained = offers::unexplained(offers, &checked.sheet);
    if !unexplained.is_empty() {
        return Ok(Err(Unsaved::Unexplained(unexplained)));
    }
    let decided = decide(app, tx, place, checked.sheet, done, proxy_reason).await?;
    Ok(decided.map_err(Unsaved::Refused).map(|mut decision| {
        // Whoever typed into the draft entered it too, though somebody else saves it.
        let typists = standing.draft.typists.iter().cloned();
        let typists = typists.chain(standing.by.iter().map(|(by, _)| by.clone()));
        decision.value.entered.extend(typists.filter(|by| !by.is_empty()));
        decision
    }))
}

/// A whole sheet as the next version, whatever it came from.
pub(super) async fn decide(
    app: &Exchange,
    tx: &mut Tx,
    place: &Place,
    sheet: Sheet,
    done: bool,
    proxy_reason: &str,
) -> Result<Result<audit::Decision<Delivery>, Refused>, Refusal> {
    let delivery = place.delivery();
    let base = Base {
        version: delivery.answer.as_ref().map_or(0, |answer| answer.number),
        sheet: delivery.answer.as_ref().map(|answer| answer.sheet.clone()).unwrap_or_default(),
    };
    let step = match &place.hand {
        Hand::Part(code) => {
            let questions =
                delivery.parts.get(code).map(|part| part.questions.clone()).unwrap_or_default();
            let mut own = sheet;
            own.values.retain(|id, _| questions.contains(id));
            own.reasons.retain(|id, _| questions.contains(id));
            Action::SavePart { sheet: own, done }
        }
        Hand::Proxy => Action::SaveAsProxy { base, sheet, reason: proxy_reason.to_owned() },
        Hand::Desk | Hand::Reader => Action::Save { base, sheet },
    };
    let permit = place.opened.permit(step.right())?;
    let approval = access::approval_of(tx, place.body()).await?;
    let case = &place.opened.case;
    let context = Context {
        previous: place.previous.as_ref().map(|(_, sheet)| sheet),
        ..access::standing(case, delivery, Some(&place.form), approval)
    };
    Ok(delivery.decide(step, &permit, context, access::now(app)))
}
