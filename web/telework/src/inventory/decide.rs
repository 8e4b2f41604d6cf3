//! A person's word where the rules do not decide, or against them: who, when and why, on record.

use audit::{Decision, Kind};
use axum::extract::{Path, State as Shared};
use people::{Action, Actor};
use serde::Deserialize;
use store::telework::WorkRow;
use telework::inventory::{Decided, Outcome};

use super::edit::{again, is_closed};
use super::{find, judging};
use crate::Route;
use crate::moment;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
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
}

async fn decide(visit: SignedIn, Shared(app): Shared<Kit>, Path(id): Path<String>, Form(word): Form<Word>) -> Answer {
    match decide_work(&app, &visit.actor, visit.ctx.lang, &id, &word).await? {
        Ok(number) => Ok(see_other(&format!("/telework/works/{number}?done=saved"))),
        Err((row, words)) => again(&app, visit, *row, words).await,
    }
}

/// Decides on a piece of work the person keeps; its number, or the work as it is and what is wrong.
pub(crate) async fn decide_work(
    app: &Kit,
    by: &Actor,
    lang: Lang,
    id: &str,
    word: &Word,
) -> Result<Result<u64, (Box<WorkRow>, &'static str)>, Refusal> {
    let mut tx = app.write_as(&by).await?;
    let (permit, mut row) = find(&mut tx, by, Action::ManageWorks, id).await?;
    let judged = judging(&mut tx, permit.body()).await?.judge(&row.work);
    let why: String = word.why.trim().chars().take(WHY).collect();
    let outcome = match word.outcome.as_str() {
        "rules" => None,
        key => {
            let outcome = Outcome::read(key).filter(|one| *one != Outcome::Ask).ok_or(Refusal::Malformed("outcome"))?;
            if is_closed(&row.work, &judged) {
                let words = lang.t(
                    "マイナンバー利用事務系の業務と特定個人情報を扱う業務は、つねに不可です。",
                    "Work in the My Number network or with a My Number is always impossible.",
                );
                return Ok(Err((Box::new(row), words)));
            }
            Some(outcome)
        }
    };
    if why.is_empty() {
        return Ok(Err((Box::new(row), lang.t("判断の理由を書いてください。", "Please give the reason."))));
    }
    let event = permit
        .event(Kind::WORK_DECIDED, &row.work.name)
        .with("number", row.work.id)
        .with("before", judged.outcome.key())
        .with("decided", outcome.map_or("rules", Outcome::key))
        .with("why", &why);
    row.work.decided = outcome.map(|outcome| Decided { outcome, why, by: permit.actor(), at: moment(app.now()) });
    let WorkRow { division, work } = row;
    let number = store::telework::put_work(&mut tx, permit.body(), &WorkRow { division, work }).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(number))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/telework/works/{id}/decide", May(Action::ManageWorks), decide)]
}
