//! In English the pages say nothing in Japanese but what is data: names of bodies and desks, and
//! what people wrote.

use std::collections::BTreeSet;

use exchange::case::{DESKS, Stage, State};
use exchange::form::shipped;
use people::bodies;

use super::country::{PREFECTURE, R2, R3, TOWN, answers, change, country, small_survey};
use crate::testing::{Browser, Town};
use kit::http::{Access, Method};

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}')
}

/// Everything on these pages that was not the product's to say.
fn data() -> Vec<String> {
    let mut all: BTreeSet<String> = BTreeSet::new();
    for body in bodies() {
        let names = [&body.name, &body.prefecture, &body.kana, &body.full_name];
        all.extend(names.map(ToString::to_string));
        // Tiles have room for 長野, not for 長野県.
        all.extend(
            [&body.name, &body.prefecture]
                .iter()
                .filter_map(|name| Some(name.strip_suffix(['県', '府', '都'])?.to_owned())),
        );
    }
    for source in shipped::ALL {
        for text in source.split('"').skip(1).step_by(2) {
            all.extend(text.split("\\n").map(str::to_owned));
            // A question's text stands in pieces where its unit or choice does.
            all.extend(text.lines().map(|line| line.trim().to_owned()));
        }
        // What is written beside it in the file is shown where the file is.
        all.extend(source.lines().filter(|line| line.starts_with('#')).map(str::to_owned));
    }
    all.extend(DESKS.map(str::to_owned));
    let written = [
        "総行女第1号",
        "各団体",
        "総務省",
        "そうむしょう",
        "回答してください。",
        "地方自治法第245条の4",
        "職員 ",
        "取組状況調査",
        "基準日",
        "秘密の課",
    ];
    all.extend(written.map(str::to_owned));
    all.extend(
        ["テレワークの取組状況調査（令和3年）", "テレワークの取組状況調査（令和2年）"]
            .map(str::to_owned),
    );
    let mut all: Vec<String> =
        all.into_iter().filter(|text| text.chars().any(is_japanese)).collect();
    all.sort_by_key(|text| std::cmp::Reverse(text.len()));
    all
}

/// The lines of a page in which Japanese is left over.
fn left(page: &str, data: &[String]) -> Vec<String> {
    // What says of itself that it is Japanese may be.
    let mut text = String::new();
    let mut rest = page;
    while let Some(at) = rest.find("lang=\"ja\"") {
        text.push_str(&rest[..at]);
        let inner = &rest[at..];
        let end = inner.find("</").unwrap_or(inner.len());
        rest = &inner[end..];
    }
    text.push_str(rest);
    let mut left = Vec::new();
    for part in text.split('<') {
        // A long label of a drawing stands on several lines, each a part of what is data.
        let drawn = part
            .strip_prefix("text ")
            .and_then(|tag| tag.split_once('>'))
            .map(|(_, words)| words.trim());
        if drawn.is_some_and(|words| data.iter().any(|one| one.contains(words))) {
            continue;
        }
        for line in part.lines().filter(|line| line.chars().any(is_japanese)) {
            let known =
                data.iter().fold(line.to_owned(), |line, one| line.replace(one.as_str(), ""));
            left.extend(
                known
                    .split(|c: char| !is_japanese(c))
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned),
            );
        }
    }
    left
}

async fn english(town: &Town, body: &str, login: &str) -> Browser {
    let mut browser = town.sign_in_to(body, login).await;
    browser.plant("noren-lang", "en");
    browser
}

#[tokio::test]
async fn no_word_of_the_product_stays_japanese_on_english_pages() {
    let town = country().await;
    let (past, now) = (answers(shipped::TELEWORK_R2, R2), answers(shipped::TELEWORK_R3, R3));
    small_survey(
        &town,
        "2020-0001",
        shipped::TELEWORK_R2,
        Stage::Published,
        State::Confirmed,
        &past,
    )
    .await;
    small_survey(&town, "2021-0001", shipped::TELEWORK_R3, Stage::Sent, State::Submitted, &now)
        .await;
    small_survey(
        &town,
        "2021-0002",
        shipped::TELEWORK_R3,
        Stage::Sent,
        State::Received,
        &Default::default(),
    )
    .await;
    change(&town, "2021-0001", TOWN, |delivery| delivery.state = State::Returned).await;
    let mut ministry = town.sign_in_to("000019", "desk1").await;
    let draft = ministry
        .post("/exchange/cases", &[])
        .await
        .location()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let data = data();
    let pages: Vec<&str> = crate::routes()
        .into_iter()
        .map(|route| route.listed())
        .filter(|route| route.method == Method::Get && !matches!(route.access, Access::Api(_)))
        .map(|route| route.path)
        .filter(|path| path.starts_with("/exchange") || *path == "/admin/exchange")
        .filter(|path| {
            !path.contains("{name}")
                && !path.contains("{job}")
                && !path.ends_with(".xlsx")
                && !path.ends_with("/file")
        })
        .collect();
    let mut seen = BTreeSet::new();
    let mut odd = Vec::new();
    for (body, login) in [
        ("000019", "desk1"),
        ("000019", "lead1"),
        (PREFECTURE, "desk1"),
        (TOWN, "desk1"),
        (TOWN, "lead1"),
        (TOWN, "it1"),
    ] {
        let mut browser = english(&town, body, login).await;
        for path in &pages {
            let cases = if path.contains("{id}") {
                vec!["2020-0001", "2021-0001", "2021-0002", draft.as_str()]
            } else {
                vec![""]
            };
            for case in cases {
                let mut at = path.replace("{id}", case).replace("{body}", TOWN);
                if *path == "/exchange/forms/try" {
                    at += "?id=telework&version=%E4%BB%A4%E5%92%8C3%E5%B9%B4";
                }
                let reply = browser.get(&at).await;
                if reply.status != axum::http::StatusCode::OK {
                    continue;
                }
                seen.insert(*path);
                assert!(reply.text().contains("<html lang=\"en\""), "{at}");
                odd.extend(
                    left(reply.text(), &data)
                        .into_iter()
                        .map(|word| format!("{body} {login} {at}: {word}")),
                );
            }
        }
    }
    let unseen: Vec<_> = pages.iter().filter(|path| !seen.contains(**path)).collect();
    assert!(unseen.is_empty(), "nobody saw {unseen:?}");
    odd.sort();
    odd.dedup();
    assert!(odd.is_empty(), "{}", odd.join("\n"));
}

#[tokio::test]
async fn refusals_are_said_in_english_too() {
    let town = country().await;
    small_survey(
        &town,
        "2021-0002",
        shipped::TELEWORK_R3,
        Stage::Sent,
        State::Received,
        &Default::default(),
    )
    .await;
    let data = data();
    let mut desk = english(&town, TOWN, "desk1").await;
    let here = "/exchange/cases/2021-0002";
    desk.get(here).await.ok();
    let mut replies = vec![
        desk.post(
            &format!("{here}/own"),
            &[("act", "submit"), ("revision", "1"), ("key", &"0".repeat(32))],
        )
        .await,
        desk.post(
            &format!("{here}/own"),
            &[("act", "extend"), ("revision", "1"), ("until", "x"), ("reason", "")],
        )
        .await,
        desk.post(&format!("{here}/own"), &[("act", "receive"), ("revision", "9")]).await,
        desk.post(&format!("{here}/questions"), &[("text", " ")]).await,
        desk.post(&format!("{here}/answer"), &[("q.staff", "2021/10/1"), ("do", "check")]).await,
        desk.upload(&format!("{here}/answer/workbook"), "x.xlsx", b"no workbook").await,
        desk.upload(&format!("{here}/files"), "x.exe", b"MZ\0\0").await,
        desk.get("/exchange/receipts?number=2021-0002-012025-09").await,
        desk.get("/exchange/receipts?number=x").await,
    ];
    let mut ministry = english(&town, "000019", "desk1").await;
    ministry.get("/exchange/lineage").await.ok();
    let fields = [("body", "x"), ("on", ""), ("predecessors", "y")];
    replies.push(ministry.post("/exchange/lineage", &fields).await);
    replies.push(ministry.post("/exchange/newcomers", &[("code", "1"), ("name", "x")]).await);
    replies.push(ministry.post("/exchange/forms/check", &[("source", "x = 1")]).await);
    for reply in replies {
        let odd = left(reply.text(), &data);
        assert!(odd.is_empty(), "{} {odd:?}: {}", reply.status, reply.text());
    }
}
