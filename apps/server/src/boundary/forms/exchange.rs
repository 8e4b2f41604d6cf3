//! The pages of the exchange: a desk's own case, a body's, a draft, an answer, and what the
//! ministry keeps for all.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use exchange::form::shipped;
use people::{BodyCode, Division, DivisionId, MINISTRY};

use super::{form, late, route_of, taking};
use crate::boundary::country::{PREFECTURE, TOWN, begun, change};
use crate::testing::{Browser, Town};
use web_town::forms::{Sheet, sheets};

pub(super) fn mine(path: &str) -> bool {
    path.starts_with("/exchange/")
}

const CASE: &str = "2021-0001";
const HERE: &str = "/exchange/cases/2021-0001";

async fn saved(browser: &mut Browser, sheet: &Sheet) {
    let reply = browser.submit(sheet).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}: {}", sheet.action, reply.text());
}

/// The prefecture wrote to the body meanwhile.
async fn noted(town: &Town, note: &str) {
    change(town, CASE, TOWN, |delivery| delivery.note = Some(note.to_owned())).await;
}

#[tokio::test]
async fn a_form_of_the_exchange_that_comes_late_is_refused_and_keeps_what_was_typed() {
    let town = begun().await;
    let mut held = BTreeSet::new();
    held.extend(delivery(&town).await);
    held.extend(answer(&town).await);
    held.extend(case(&town).await);
    held.extend(draft(&town).await);
    held.extend(kept_for_all(&town).await);
    assert_eq!(held, taking(mine));
}

/// More time asked for, refused, and questions given to divisions, while somebody else writes.
async fn delivery(town: &Town) -> [&'static str; 3] {
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let own = format!("{HERE}/own");
    let extend = form(&mut desk, HERE, &own, "until")
        .await
        .with("until", "2030-12-20")
        .with("act", "extend");
    noted(town, "急ぎです").await;
    let (reply, again) =
        late(town, &mut desk, &extend.with("reason", "災害対応のため"), "災害対応のため").await;
    assert!(reply.text().contains("急ぎです"), "{}", reply.text());
    saved(&mut desk, &again.unwrap().with("act", "extend")).await;

    let body = format!("{HERE}/bodies/{TOWN}");
    let mut prefecture = town.sign_in_to(PREFECTURE, "desk1").await;
    let refuse = form(&mut prefecture, &body, &body, "reason").await.with("act", "refuse");
    noted(town, "延ばせません").await;
    let (_, again) = late(
        town,
        &mut prefecture,
        &refuse.with("reason", "全国の集計に間に合わない"),
        "全国の集計に間に合わない",
    )
    .await;
    saved(&mut prefecture, &again.unwrap().with("act", "refuse")).await;

    let code: BodyCode = TOWN.parse().unwrap();
    let id = DivisionId([0x20; 16]);
    let name = "総務課".parse().unwrap();
    let division =
        Division { id, body: code, code: "020".into(), name, superior: None, deputy: None };
    let mut tx = town.app.write_unattended(code).await.unwrap();
    store::divisions::add(&mut tx, &division).await.unwrap();
    tx.keep(()).await.unwrap();
    let parts = format!("{HERE}/parts");
    let given = form(&mut desk, &parts, &parts, "q-staff").await;
    let to = sheets(desk.get(&parts).await.text());
    assert!(to.iter().any(|sheet| sheet.action == parts), "{to:?}");
    noted(town, "庁内にも").await;
    let (_, again) = late(
        town,
        &mut desk,
        &given.with("q-staff", "020").with("until", "2030-11-01"),
        "2030-11-01",
    )
    .await;
    saved(&mut desk, &again.unwrap()).await;
    [route_of(&own), route_of(&body), route_of(&parts)]
}

/// Two of one desk answer the same question.
async fn answer(town: &Town) -> [&'static str; 1] {
    let path = format!("{HERE}/answer");
    let (mut one, mut other) =
        (town.sign_in_to(TOWN, "desk1").await, town.sign_in_to(TOWN, "desk2").await);
    let mut shown = Vec::new();
    for browser in [&mut one, &mut other] {
        shown.push(form(browser, &path, &path, "base").await.with("do", "save"));
    }
    saved(&mut one, &shown[0].with("q.staff", "1127")).await;
    let (reply, again) = late(town, &mut other, &shown[1].with("q.staff", "1129"), "1129").await;
    assert!(reply.text().contains("1127") || reply.text().contains("1,127"), "{}", reply.text());
    saved(&mut other, &again.unwrap().with("do", "save")).await;
    [route_of(&path)]
}

/// A question answered, a case closed, while another question comes in.
async fn case(town: &Town) -> [&'static str; 2] {
    let mut ministry = town.sign_in_to(MINISTRY.as_str(), "desk1").await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let mut asked = async |text: &str| {
        desk.get(HERE).await.ok();
        let reply = desk.post(&format!("{HERE}/questions"), &[("text", text)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    };
    asked("会計年度任用職員を含みますか。").await;
    let (reply, stage) = (format!("{HERE}/questions/0"), format!("{HERE}/stage"));
    let answered = form(&mut ministry, HERE, &reply, "text").await;
    let closed = form(&mut ministry, HERE, &stage, "revision").await.with("act", "close");
    asked("派遣中の職員は。").await;
    let (page, again) =
        late(town, &mut ministry, &answered.with("text", "含みません。"), "含みません。").await;
    assert!(page.text().contains("派遣中の職員は。"), "{}", page.text());
    saved(&mut ministry, &again.unwrap()).await;
    let (page, again) = late(town, &mut ministry, &closed, "").await;
    assert!(page.text().contains("含みません。"), "{}", page.text());
    saved(&mut ministry, &again.unwrap().with("act", "close")).await;
    [route_of(&reply), route_of(&stage)]
}

/// A draft in two windows.
async fn draft(town: &Town) -> [&'static str; 1] {
    let mut ministry = town.sign_in_to(MINISTRY.as_str(), "desk1").await;
    ministry.get("/exchange").await.ok();
    let here = ministry.post("/exchange/cases", &[]).await.location().to_owned();
    let path = format!("{here}/draft");
    let shown = form(&mut ministry, &here, &path, "subject").await.with("act", "save");
    saved(&mut ministry, &shown.with("subject", "取組状況調査")).await;
    let (page, again) =
        late(town, &mut ministry, &shown.with("subject", "実施状況の調査"), "実施状況の調査").await;
    assert!(page.text().contains("取組状況調査"), "{}", page.text());
    saved(&mut ministry, &again.unwrap().with("act", "save")).await;
    [route_of(&path)]
}

/// Mergers, new bodies and forms: found by what is typed.
async fn kept_for_all(town: &Town) -> [&'static str; 3] {
    let mut ministry = town.sign_in_to(MINISTRY.as_str(), "desk1").await;
    let (lineage, newcomers, forms) =
        ("/exchange/lineage", "/exchange/newcomers", "/exchange/forms/save");
    let page = format!("{lineage}?body={TOWN}&on=2021-04-01");
    let shown = form(&mut ministry, &page, lineage, "predecessors").await;
    saved(&mut ministry, &shown.with("predecessors", "012033").with("itself", "yes")).await;
    let (page, again) =
        late(town, &mut ministry, &shown.with("predecessors", "北海道釧路市"), "北海道釧路市")
            .await;
    assert!(page.text().contains("北海道小樽市"), "{}", page.text());
    saved(&mut ministry, &again.unwrap()).await;

    let new = [
        ("code", "012980"),
        ("kind", "市"),
        ("name", "道南市"),
        ("kana", "どうなんし"),
        ("since", "2099-04-01"),
    ];
    let shown = form(&mut ministry, newcomers, newcomers, "name").await;
    let shown = new.iter().fold(shown, |sheet, (name, value)| sheet.with(name, value));
    saved(&mut ministry, &shown).await;
    let (page, again) = late(town, &mut ministry, &shown.with("name", "道北市"), "道北市").await;
    assert!(page.text().contains("道南市"), "{}", page.text());
    saved(&mut ministry, &again.unwrap()).await;

    let text = |title: &str| {
        shipped::TELEWORK_R3
            .replace("令和3年\"\nprevious", "令和9年\"\nprevious")
            .replace("地方公共団体における", title)
    };
    let (edit, check) = ("/exchange/forms/edit", "/exchange/forms/check");
    let shown = form(&mut ministry, edit, check, "source").await;
    let save = |sheet: &Sheet| Sheet { action: forms.to_owned(), ..sheet.clone() };
    saved(&mut ministry, &save(&shown.with("source", &text("各団体における")))).await;
    let (page, _) = late(
        town,
        &mut ministry,
        &save(&shown.with("source", &text("市町村における"))),
        "市町村における",
    )
    .await;
    let again = sheets(page.text()).into_iter().find(|sheet| sheet.action == check).unwrap();
    saved(&mut ministry, &save(&again)).await;
    [route_of(lineage), route_of(newcomers), route_of(forms)]
}
