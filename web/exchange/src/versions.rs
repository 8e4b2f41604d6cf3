//! `/exchange/cases/{id}/versions`: every version of an answer that was saved, with who, when, why,
//! and what changed in it.

use std::borrow::Cow;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use exchange::case::{AnswerVersion, Right};
use exchange::form::Form;
use people::{Actor, Deed};
use store::Conn;

use super::access::{Opened, case_id, form_of, open};
use super::answer::{BookTaken, Hand, Place, Whose, name_of_login, save_book};
use super::bodies::changes;
use crate::Exchange;
use crate::Route;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form as Sent, SignedIn, get, page_with, post, see_other};

/// Versions on one page, the latest first.
pub(crate) const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "exchange/versions.html")]
struct Page {
    ctx: Ctx,
    case: String,
    subject: String,
    name: Cow<'static, str>,
    /// Where one came from.
    up: String,
    versions: Vec<Row>,
    page: usize,
    more: bool,
    query: String,
    /// Whether a version can be put in the place of the one that counts.
    desk: bool,
    /// Whose answer it is, as the form that puts one back sends it.
    whose: String,
    /// Why nothing was put back.
    refused: Option<String>,
}

struct Row {
    number: u32,
    at: i64,
    by: String,
    reason: String,
    proxy: bool,
    receipts: Vec<String>,
    /// Question, before, after.
    changes: Vec<(String, String, String)>,
}

#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Asked {
    body: String,
    page: Option<usize>,
}

/// The versions somebody may see, oldest first: a body all of its own, others those that were
/// submitted to them.
pub(crate) async fn seen(conn: &mut Conn, opened: &Opened) -> Result<Vec<AnswerVersion>, Refusal> {
    // A division sees its part where it fills it in, not the rest of the form in what was saved.
    if opened.part().is_some() {
        return Err(Refusal::NotFound);
    }
    let permit = opened.permit(Right::See)?;
    let delivery = &opened.delivery;
    let mut all = store::exchange::answer_versions(conn, delivery.case, delivery.to.body).await?;
    all.retain(|version| delivery.shows(&permit, version.number));
    Ok(all)
}

/// The answer of a body before somebody who may see something of it.
pub(crate) async fn opened(
    app: &Exchange,
    conn: &mut Conn,
    by: &Actor,
    case: &str,
    whose: &Whose,
) -> Result<(Opened, std::sync::Arc<Form>), Refusal> {
    let opened = open(conn, by, case_id(case)?, whose.code(by)?).await?;
    let form = form_of(app, conn, &opened.case).await?.ok_or(Refusal::NotFound)?;
    Ok((opened, form))
}

async fn show(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    shown(&app, visit, case, asked, None).await
}

#[derive(serde::Deserialize)]
struct Back {
    #[serde(default)]
    body: String,
}

/// Saves a version once more, as the newest one: what an import or a workbook replaced comes back.
async fn put_back(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path((case, number)): Path<(String, String)>,
    Sent(back): Sent<Back>,
) -> Answer {
    let number: u32 = number.parse().map_err(|_| Refusal::NotFound)?;
    let whose = Whose { body: back.body.clone() };
    let mut conn = app.store.read().await?;
    let (opened, _) = opened(&app, &mut conn, &visit.actor, &case, &whose).await?;
    let found = seen(&mut conn, &opened).await?.into_iter().find(|one| one.number == number);
    drop(conn);
    let version = found.ok_or(Refusal::NotFound)?;
    let lang = visit.ctx.lang;
    let done = save_book(&app, &visit.actor, lang, &case, &whose, &version.sheet).await?;
    if let BookTaken::Refused(words) = done {
        let asked = Asked { body: back.body, page: None };
        return shown(&app, visit, case, asked, Some(words)).await;
    }
    let query = if back.body.is_empty() { String::new() } else { format!("?body={}", back.body) };
    Ok(see_other(&format!("/exchange/cases/{case}/versions{query}")))
}

async fn shown(
    app: &Exchange,
    visit: SignedIn,
    case: String,
    asked: Asked,
    refused: Option<String>,
) -> Answer {
    let whose = Whose { body: asked.body };
    let mut conn = app.store.read().await?;
    let (opened, form) = opened(app, &mut conn, &visit.actor, &case, &whose).await?;
    let all = seen(&mut conn, &opened).await?;
    let place = Place::of(app, &mut conn, &visit.actor, &case, &whose).await;
    let desk = place.is_ok_and(|place| place.hand == Hand::Desk);
    drop(conn);
    let (lang, delivery) = (visit.ctx.lang, &opened.delivery);
    let at = asked.page.unwrap_or(1).clamp(1, 10_000);
    let mut rows = Vec::new();
    for (place, version) in all.iter().enumerate().rev().skip((at - 1) * ROWS).take(ROWS) {
        let before =
            place.checked_sub(1).and_then(|place| all.get(place)).map(|version| &version.sheet);
        let receipts = delivery.receipts.iter().filter(|receipt| receipt.version == version.number);
        rows.push(Row {
            number: version.number,
            at: version.at.as_millisecond(),
            by: name_of_login(app, delivery.to.body, visit.actor.body, &version.by).await?,
            reason: version.reason.clone(),
            proxy: version.proxy,
            receipts: receipts.map(|receipt| receipt.number.to_string()).collect(),
            changes: changes(&form, before, &version.sheet, lang),
        });
    }
    let own = delivery.to.body == visit.actor.body;
    let status = match refused {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let view = Page {
        desk,
        whose: whose.body.clone(),
        refused,
        subject: opened.case.letter.subject.clone(),
        name: app.bodies().full_name(delivery.to.body),
        up: if own {
            format!("/exchange/cases/{case}")
        } else {
            format!("/exchange/cases/{case}/bodies/{}", delivery.to.body)
        },
        query: if own { "?".to_owned() } else { format!("?body={}&", delivery.to.body) },
        more: all.len() > at * ROWS,
        versions: rows,
        page: at,
        case,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/cases/{id}/versions", may, show),
        post("/exchange/cases/{id}/versions/{number}/again", may, put_back),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use exchange::case::{Receipt, ReceiptNumber, State, SubmitKey};

    use crate::country::{ELSEWHERE, NEIGHBOUR, PREFECTURE, TOWN, begun, case_id, change};

    #[tokio::test]
    async fn every_version_says_who_when_why_and_what_changed_to_whom_it_was_submitted() {
        let town = begun().await;
        let mut desk = town.sign_in_to(TOWN, "desk1").await;
        let here = "/exchange/cases/2021-0001";
        desk.get(&format!("{here}/answer")).await.ok();
        let fields = |staff: &'static str, base: &str| {
            let pairs = [
                ("q.staff", staff),
                ("q.adoption", "none"),
                ("q.reasons", "cost"),
                ("do", "save"),
                ("base", base),
            ];
            pairs.map(|(name, text)| (name, text.to_owned()))
        };
        let save = async |desk: &mut crate::testing::Browser, staff: &'static str| {
            let page = desk.get(&format!("{here}/answer")).await;
            let base = page
                .between("name=\"base\" hidden>", "</textarea>")
                .unwrap()
                .replace("&quot;", "\"")
                .replace("&#34;", "\"");
            let fields = fields(staff, &base);
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
            desk.post(&format!("{here}/answer"), &fields).await
        };
        let saved = save(&mut desk, "1130").await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
        // What another version replaced comes back as the newest one.
        assert_eq!(save(&mut desk, "1131").await.status, StatusCode::SEE_OTHER);
        assert!(desk.get(&format!("{here}/versions")).await.ok().contains("この版に戻す"));
        let back = desk.post(&format!("{here}/versions/1/again"), &[]).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text());
        let mut conn = town.app.store.read().await.unwrap();
        let all = store::exchange::answer_versions(
            &mut conn,
            case_id("2021-0001"),
            TOWN.parse().unwrap(),
        );
        let all = all.await.unwrap();
        drop(conn);
        assert_eq!((all.len(), &all[2].sheet), (3, &all[0].sheet));
        assert_ne!(all[1].sheet, all[0].sheet);
        let missing = desk.post(&format!("{here}/versions/9/again"), &[]).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
        // Submitted, then taken back with a reason and saved otherwise.
        change(&town, "2021-0001", TOWN, |delivery| {
            let number =
                ReceiptNumber { case: case_id("2021-0001"), body: TOWN.parse().unwrap(), count: 1 };
            let at = delivery.answer.as_ref().unwrap().at;
            delivery.receipts.push(Receipt {
                number,
                key: SubmitKey([1; 16]),
                version: 1,
                at,
                late: false,
            });
            delivery.state = State::Submitted;
        })
        .await;
        let page = desk.get(here).await;
        let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
        let back = [
            ("act", "correct"),
            ("revision", revision.as_str()),
            ("reason", "休職者を二重に数えたため"),
        ];
        assert_eq!(desk.post(&format!("{here}/own"), &back).await.status, StatusCode::SEE_OTHER);
        let saved = save(&mut desk, "1128").await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());

        let page = desk.get(&format!("{here}/versions")).await;
        let text = page.ok();
        for words in
            ["職員 desk1", "休職者を二重に数えたため", "1,130人", "1,128人", "2021-0001-012025-01"]
        {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.find("1,128人") < text.find("2021-0001-012025-01"), "the latest first");
        // While it is being corrected, nobody else sees any of it; once it is submitted again, both
        // submissions.
        let theirs = format!("{here}/versions?body={TOWN}");
        let mut prefecture = town.sign_in_to(PREFECTURE, "desk1").await;
        assert!(!prefecture.get(&theirs).await.ok().contains("1,130人"));
        change(&town, "2021-0001", TOWN, |delivery| delivery.state = State::Submitted).await;
        let seen = prefecture.get(&theirs).await;
        assert!(
            seen.ok().contains("1,128人") && seen.text().contains("休職者を二重に数えたため"),
            "{}",
            seen.text()
        );
        let mut ministry = town.sign_in_to("000019", "desk1").await;
        assert!(!ministry.get(&theirs).await.ok().contains("1,128人"), "it has not come up yet");
        change(&town, "2021-0001", TOWN, |delivery| delivery.state = State::HandedUp).await;
        let seen = ministry.get(&theirs).await;
        assert!(
            seen.ok().contains("1,128人") && !seen.text().contains("2021-0001-012025-01"),
            "what was handed up, no more"
        );
        for (body, login) in [(NEIGHBOUR, "desk1"), (ELSEWHERE, "desk1"), (TOWN, "staff1")] {
            let mut other = town.sign_in_to(body, login).await;
            assert_eq!(other.get(&theirs).await.status, StatusCode::NOT_FOUND, "{body} {login}");
        }
    }
}
