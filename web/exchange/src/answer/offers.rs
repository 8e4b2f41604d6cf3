//! Answers to the telework survey that this server's own records give, for a person to confirm or
//! to change with a reason.

use std::collections::BTreeMap;

use exchange::draft::Typed;
use exchange::value::{QuestionId, Sheet, Value};
use people::Actor;
use store::Conn;
use telework::survey::Scope;

use super::{Hand, Place};
use crate::Exchange;
use crate::access;
use crate::fields::{Field, Offer, Reason, answer_text};
use kit::error::Refusal;
use kit::http::{Lang, SignedIn};
use kit::time;
use web_telework::survey_answers::{Offered, offered};

/// The survey whose questions the records know.
const TELEWORK: &str = "telework";
/// Most lines of working on the page; the rest is on the page of the record.
const LINES: usize = 200;

/// What is offered, by question.
pub(super) type Offers = BTreeMap<QuestionId, Offered>;

/// What the records of the body say to the questions of this form: the desk's to see, of its own
/// body.
pub(super) async fn offers(
    app: &Exchange,
    conn: &mut Conn,
    by: &Actor,
    lang: Lang,
    place: &Place,
) -> Result<Offers, Refusal> {
    if place.hand != Hand::Desk || place.form.name.id != TELEWORK || place.body() != by.body {
        return Ok(Offers::new());
    }
    let scope = Scope::as_of(place.form.as_of);
    let found = offered(conn, place.body(), scope, lang, access::now(app)).await?;
    // A body that keeps no inventory here has nothing to be asked about: its records say nothing of
    // its staff.
    let kept =
        found.get("able").is_some_and(|able| matches!(able.computed, Some(Value::Number(_))));
    if !kept && found.values().all(|offered| offered.settled.is_none()) {
        return Ok(Offers::new());
    }
    let known = found
        .into_iter()
        .filter(|(id, offered)| place.form.question(id).is_some() && offered.value().is_some());
    Ok(known.map(|(id, offered)| (QuestionId::new(id), offered)).collect())
}

/// The fields an offered answer would fill.
pub(super) fn fields_of(place: &Place, id: &QuestionId, value: &Value) -> Typed {
    let mut sheet = Sheet::default();
    sheet.set(id, Some(value.clone()));
    Typed::of(&place.form, &sheet)
}

/// Questions answered otherwise than the records say, without a word why.
pub(super) fn unexplained(offers: &Offers, sheet: &Sheet) -> Vec<QuestionId> {
    let differs = offers.iter().filter(|(id, offered)| {
        let reason = sheet.reasons.get(*id).is_some_and(|reason| !reason.trim().is_empty());
        sheet.values.get(*id).is_some_and(|value| Some(value) != offered.value()) && !reason
    });
    differs.map(|(id, _)| id.clone()).collect()
}

/// Puts an offer beside each question that has one.
pub(super) fn show(
    fields: &mut [Field],
    offers: &Offers,
    place: &Place,
    typed: &Typed,
    sheet: &Sheet,
    visit: &SignedIn,
) {
    let ctx = &visit.ctx;
    for field in fields {
        let Some(offered) = offers.get(field.id.as_str()) else { continue };
        let (Some(value), Some(question)) = (offered.value(), place.form.question(&field.id))
        else {
            continue;
        };
        let mut alone = Sheet::default();
        alone.set(&question.id, Some(value.clone()));
        let at = time::civil(offered.taken.as_millisecond());
        let taken = format!(
            "{:04}-{:02}-{:02} {:02}:{:02}",
            at.year(),
            at.month(),
            at.day(),
            at.hour(),
            at.minute()
        );
        let lines = offered
            .working
            .iter()
            .take(LINES)
            .map(|line| format!("{}　{}", line.name, line.detail));
        field.offer = Some(Offer {
            text: answer_text(&place.form, question, &alone, ctx.lang),
            working: std::iter::once(offered.how.clone())
                .filter(|how| !how.is_empty())
                .chain(lines)
                .collect(),
            taken_at: format!("{}{taken}", ctx.t("計算した時点 ", "as of ")),
            confirmed: sheet.values.get(&question.id) == Some(value),
        });
        let limit = ctx.t(
            "Norenの記録と違う値で回答する場合は、理由を記入してください。",
            "If you answer otherwise than the records say, please say why.",
        );
        field.reason = Some(Reason {
            text: typed.text(&format!("r.{}", field.id)).to_owned(),
            needed: true,
            always: true,
            limit: field
                .reason
                .as_ref()
                .map_or_else(|| limit.to_owned(), |reason| format!("{limit} {}", reason.limit)),
        });
    }
}
