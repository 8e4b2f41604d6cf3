//! A person's word where the rules do not decide, or against them: who, when and why, on record.

use audit::{Decision, Kind};
use axum::extract::{Path, State as Shared};
use people::Action;
use serde::Deserialize;
use store::telework::WorkRow;
use telework::inventory::{Decided, Outcome};

use super::edit::{again, is_closed};
use super::{find, judging};
use crate::app::App;
use crate::error::Refusal;
use crate::http::Access::May;
use crate::http::{Answer, Form, Route, SignedIn, post, see_other};
use crate::telework::moment;

/// Longest reason, characters.
const WHY: usize = 400;

#[derive(Deserialize)]
struct Word {
    /// A result, or `rules` to leave it to the rules again.
    outcome: String,
    #[serde(default)]
    why: String,
}

async fn decide(visit: SignedIn, Shared(app): Shared<App>, Path(id): Path<String>, Form(word): Form<Word>) -> Answer {
    let lang = visit.ctx.lang;
    let mut tx = app.write(visit.actor.body).await?;
    let (permit, mut row) = find(&mut tx, &visit, Action::ManageWorks, &id).await?;
    let judged = judging(&mut tx, permit.body()).await?.judge(&row.work);
    let why: String = word.why.trim().chars().take(WHY).collect();
    let outcome = match word.outcome.as_str() {
        "rules" => None,
        key => {
            let outcome = Outcome::read(key).filter(|one| *one != Outcome::Ask).ok_or(Refusal::Malformed("outcome"))?;
            if is_closed(&row.work, &judged) {
                drop(tx);
                let words = lang.t(
                    "マイナンバー利用事務系の業務と特定個人情報を扱う業務は、つねに不可です。",
                    "Work in the My Number network or with a My Number is always impossible.",
                );
                return again(&app, visit, row, words).await;
            }
            Some(outcome)
        }
    };
    if why.is_empty() {
        drop(tx);
        return again(&app, visit, row, lang.t("判断の理由を書いてください。", "Please give the reason.")).await;
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
    Ok(see_other(&format!("/telework/works/{number}?done=saved")))
}

pub(super) fn routes() -> Vec<Route> {
    vec![post("/telework/works/{id}/decide", May(Action::ManageWorks), decide)]
}
