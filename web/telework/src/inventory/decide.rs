//! A person's word where the rules do not decide, or against them: who, when and why, on record.

use audit::{Decision, Kind};
use axum::extract::{Path, State};
use people::{Actor, Deed};
use serde::Deserialize;
use store::telework::WorkRow;
use telework::inventory::{Decided, Outcome};

use super::edit::{Unchanged, Unkept, again, is_closed};
use super::{find, judging, shown};
use crate::Route;
use crate::moment;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::Seen;
use kit::http::{Answer, Form, Lang, SignedIn, post, see_other};

/// Longest reason, characters.
const WHY: usize = 400;

/// What a person says of a piece of work.
#[derive(Debug, Deserialize)]
pub(crate) struct Word {
    /// A result, or `rules` to leave it to the rules again.
    pub(crate) outcome: String,
    /// Why.
    #[serde(default)]
    pub(crate) why: String,
    /// What the form showed of the work.
    #[serde(default)]
    pub(crate) seen: String,
}

async fn decide(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(word): Form<Word>,
) -> Answer {
    match decide_work(&app, &visit.actor, visit.ctx.lang, &id, &word, Seen::Form(&word.seen))
        .await?
    {
        Ok(number) => Ok(see_other(&format!("/telework/works/{number}?done=saved"))),
        Err(un) => {
            let unkept = Unkept {
                faults: un.faults,
                changed: un.changed,
                word: Some(word),
                ..Unkept::default()
            };
            again(&app, visit, *un.row, unkept).await
        }
    }
}

/// Decides on a piece of work the person keeps; its number, or the work as it is and why it stays
/// so.
/// `seen` is what the sender saw of it: a word is given on that.
pub(crate) async fn decide_work(
    app: &Kit,
    by: &Actor,
    lang: Lang,
    id: &str,
    word: &Word,
    seen: Seen<'_>,
) -> Result<Result<u64, Unchanged>, Refusal> {
    let mut tx = app.write_as(&by).await?;
    let (permit, mut row) = find(&mut tx, by, Deed::ManageWorks, id).await?;
    let rules = judging(&mut tx, permit.body()).await?;
    let stands = shown::work(&mut tx, lang, permit.body(), &rules, &row.work).await?;
    let changed = stands.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unchanged::unseen(row, changed)));
    }
    let judged = rules.judge(&row.work);
    let why: String = word.why.trim().chars().take(WHY).collect();
    let outcome = match word.outcome.as_str() {
        "rules" => None,
        key => {
            let outcome = Outcome::read(key)
                .filter(|one| *one != Outcome::Ask)
                .ok_or(Refusal::Malformed("outcome"))?;
            if is_closed(&row.work, &judged) {
                let words = lang.t(
                    "マイナンバー利用事務系の業務と特定個人情報を扱う業務は、つねに不可です。",
                    "Work in the My Number network or with a My Number is always impossible.",
                );
                return Ok(Err(Unchanged::faulty(row, vec![words])));
            }
            Some(outcome)
        }
    };
    if why.is_empty() {
        let words = lang.t("判断の理由を書いてください。", "Please give the reason.");
        return Ok(Err(Unchanged::faulty(row, vec![words])));
    }
    let event = permit
        .event(Kind::WORK_DECIDED, &row.work.name)
        .with("number", row.work.id)
        .with("before", judged.outcome.key())
        .with("decided", outcome.map_or("rules", Outcome::key))
        .with("why", &why);
    row.work.decided =
        outcome.map(|outcome| Decided { outcome, why, by: permit.actor(), at: moment(app.now()) });
    let WorkRow { division, work } = row;
    let number =
        store::telework::put_work(&mut tx, permit.body(), &WorkRow { division, work }).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(number))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/telework/works/{id}/decide", May(Deed::ManageWorks), decide)]
}
