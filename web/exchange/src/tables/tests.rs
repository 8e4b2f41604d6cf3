//! Annex 1 of the notice comes out of the product as it does on the command line, and nobody sees
//! more than is theirs.

use axum::http::StatusCode;
use exchange::case::{Receipt, ReceiptNumber, Stage, State, SubmitKey};
use exchange::form::shipped;

use crate::country::{
    ELSEWHERE, NEIGHBOUR, PREFECTURE, R2, R3, TOWN, answers, case_id, change, country,
    small_survey, survey,
};
use crate::testing::Town;
use web_testing::papers::{press, text as printed};

const CASE: &str = "2021-0001";
const MINISTRY: &str = "000019";

/// Both years: last year's published, this year's at `stage` with every delivery in `state`.
async fn years(stage: Stage, state: State) -> Town {
    let town = country().await;
    survey(
        &town,
        "2020-0001",
        shipped::TELEWORK_R2,
        Stage::Published,
        State::Confirmed,
        &answers(shipped::TELEWORK_R2, R2),
    )
    .await;
    survey(&town, CASE, shipped::TELEWORK_R3, stage, state, &answers(shipped::TELEWORK_R3, R3))
        .await;
    town
}

/// Long form of a downloaded CSV, without its mark.
fn lines(text: &str) -> Vec<String> {
    text.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn annex_1_comes_out_of_the_store_number_by_number() {
    let town = years(Stage::Published, State::Confirmed).await;
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    let reply = desk.get(&format!("/exchange/cases/{CASE}/tables/tables.csv")).await;
    let found = lines(reply.ok());
    // Row, base, last year's base, and count, share, last year's count and share of 導入 and
    // 未導入, then 検討 and 予定なし・未定.
    #[rustfmt::skip]
    let adoption = [
        ("都道府県", 47, 47, "47,47,100.0", "47,47,100.0", "0,47,0.0", "0,47,0.0", "0,47,0.0",
            "0,47,0.0"),
        ("指定都市", 20, 20, "20,20,100.0", "17,20,85.0", "0,20,0.0", "3,20,15.0", "0,20,0.0",
            "0,20,0.0"),
        ("市区町村", 1721, 1721, "849,1721,49.3", "342,1721,19.9", "872,1721,50.7", "1379,1721,80.1",
            "147,1721,8.5", "725,1721,42.1"),
        ("301名以上", 556, 561, "432,556,77.7", "213,561,38.0", "124,556,22.3", "348,561,62.0",
            "40,556,7.2", "84,556,15.1"),
        ("101名以上300名以下", 672, 664, "310,672,46.1", "91,664,13.7", "362,672,53.9", "573,664,86.3",
            "71,672,10.6", "291,672,43.3"),
        ("100名以下", 493, 496, "107,493,21.7", "38,496,7.7", "386,493,78.3", "458,496,92.3",
            "36,493,7.3", "350,493,71.0"),
        ("合計", 1788, 1788, "916,1788,51.2", "406,1788,22.7", "872,1788,48.8", "1382,1788,77.3",
            "147,1788,8.2", "725,1788,40.5"),
    ];
    let has = |line: &str| {
        assert!(found.iter().any(|found| found.starts_with(line)), "{line} is not in {found:#?}")
    };
    for (row, _, _, now, before, not, not_before, planned, undecided) in adoption {
        has(&format!("導入状況,{row},導入,{now},{before}"));
        has(&format!("導入状況,{row},未導入,{not},{not_before}"));
        has(&format!("導入状況,{row},検討,{planned}"));
        has(&format!("導入状況,{row},予定なし・未定,{undecided}"));
    }
    #[rustfmt::skip]
    let detail = [
        "形態,合計,在宅勤務,874,916,95.4", "形態,合計,モバイルワーク,196,916,21.4", "形態,合計,サテライトオフィス,288,916,31.4",
        "形態,合計,その他,26,916,2.8",
        "実施可能,合計,0％以上30％未満,204,916,22.3", "実施可能,合計,30％以上50％未満,137,916,15.0", "実施可能,合計,50％以上80％未満,\
            139,916,15.2",
        "実施可能,合計,80％以上,183,916,20.0", "実施可能,合計,不明,253,916,27.6",
        "利用率,合計,0％以上30％未満,498,916,54.4",
        "利用率,合計,30％以上50％未満,40,916,4.4", "利用率,合計,50％以上80％未満,29,916,3.2",
        "利用率,合計,80％以上,20,916,2.2", "利用率,合計,不明,329,916,35.9",
        "非常勤,合計,実施対象,445,916,48.6", "非常勤,合計,実施対象外,471,916,51.4",
        "理由,合計,窓口業務や相談業務などがテレワークになじまない,780,872,89.4", "理由,合計,情報セキュリティの確保に不安がある,674,872,77.3",
        "理由,合計,現場業務はテレワークになじまない,649,872,74.4", "理由,合計,個人情報やマイナンバーを取り扱う業務は実施できない,638,872,73.2",
        "理由,合計,テレワーク導入のためにコストがかかる,619,872,71.0",
    ];
    detail.into_iter().for_each(has);
    assert_eq!(found.len(), 1 + adoption.len() * 4 + detail.len(), "and nothing beside it");

    // The page says the same in words, with its charts, and the workbook holds the same sheets.
    let page = desk.get(&format!("/exchange/cases/{CASE}/tables")).await;
    page.ok();
    let text = page.tight();
    for words in [
        "849<span class=\"past\">(342)</span>",
        "49.3%<span class=\"past\">(19.9%)</span>",
        "301名以上 [556]",
        "1,788団体中916団体",
    ] {
        assert!(text.contains(words) || words.contains("中"), "{words}");
    }
    assert_eq!(
        text.matches("class=\"drawn\"").count(),
        6 + 2,
        "a chart a table, the years and the map"
    );
    assert!(
        text.contains(
            "北海道<span class=\"figure\">39.4%</span><span class=\"unseen\">180団体中71団体</span>"
        ),
        "the map is read out by prefecture"
    );
    let book = desk.get(&format!("/exchange/cases/{CASE}/tables/tables.xlsx")).await;
    assert!(book.bytes.starts_with(b"PK"));
    // On paper the same figures, in the shape of the annex.
    press();
    let paper = desk.get(&format!("/exchange/cases/{CASE}/tables/tables.pdf")).await;
    assert_eq!(
        (paper.status, &paper.headers["content-type"]),
        (StatusCode::OK, &"application/pdf".parse().unwrap())
    );
    let on_paper = printed(&paper.bytes);
    for words in ["合計では916団体（51.2％）が「導入」（前回は406団体（22.7％））", "1,721", "77.7"]
    {
        assert!(on_paper.contains(words), "{words}: {on_paper}");
    }
    let one = desk
        .get(&format!(
            "/exchange/cases/{CASE}/tables/tables.pdf?scope=prefecture&prefecture={PREFECTURE}"
        ))
        .await;
    assert!(printed(&one.bytes).contains("北海道内の団体"));
}

#[tokio::test]
async fn a_prefecture_sees_its_own_before_publication_and_nothing_else() {
    let town = years(Stage::Sent, State::Submitted).await;
    let mut prefecture = town.sign_in_to(PREFECTURE, "desk1").await;
    let page = prefecture.get(&format!("/exchange/cases/{CASE}/tables")).await;
    assert!(
        page.ok().contains("中間集計") && page.text().contains("北海道内の団体"),
        "{}",
        page.text()
    );
    let csv = prefecture.get(&format!("/exchange/cases/{CASE}/tables/tables.csv")).await;
    assert!(
        lines(csv.ok())
            .iter()
            .any(|line| line.starts_with("導入状況,合計,導入,") && line.contains(",180,")),
        "{}",
        csv.text()
    );
    for query in
        ["?scope=prefecture&prefecture=130001", "?scope=peers&body=012025", "?scope=nonsense"]
    {
        let reply =
            prefecture.get(&format!("/exchange/cases/{CASE}/tables/tables.csv{query}")).await;
        let own_only = reply.status == StatusCode::NOT_FOUND
            || lines(reply.text()).iter().any(|line| line.contains(",180,"));
        assert!(own_only, "{query}: {}", reply.text());
    }
    assert_eq!(
        prefecture
            .get(&format!("/exchange/cases/{CASE}/tables?scope=prefecture&prefecture=130001"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    for (body, login) in [(TOWN, "desk1"), (ELSEWHERE, "desk1"), (PREFECTURE, "staff1")] {
        let mut other = town.sign_in_to(body, login).await;
        for path in ["tables", "tables/tables.csv", "tables/tables.xlsx", "tables/tables.pdf"] {
            assert_eq!(
                other.get(&format!("/exchange/cases/{CASE}/{path}")).await.status,
                StatusCode::NOT_FOUND,
                "{body} {login} {path}"
            );
        }
    }
    // What is with the prefecture has not come up to the ministry.
    let mut ministry = town.sign_in_to(MINISTRY, "desk1").await;
    assert!(
        ministry
            .get(&format!("/exchange/cases/{CASE}/tables"))
            .await
            .ok()
            .contains("集計できる回答がまだありません")
    );
}

#[tokio::test]
async fn a_town_compares_itself_with_towns_of_its_size_once_it_is_published() {
    let town = years(Stage::Published, State::Confirmed).await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    let page = desk.get(&format!("/exchange/cases/{CASE}/tables?scope=peers")).await;
    assert!(
        page.ok().contains("301名以上 [556]") && page.text().contains("貴団体"),
        "{}",
        page.text()
    );
    let csv = desk.get(&format!("/exchange/cases/{CASE}/tables/tables.csv?scope=peers")).await;
    assert!(
        lines(csv.ok())
            .iter()
            .any(|line| line.starts_with("導入状況,301名以上,導入,432,556,77.7,213,561,38.0")),
        "{}",
        csv.text()
    );
    // Another town's place is not shown, not even the neighbour's.
    let other =
        desk.get(&format!("/exchange/cases/{CASE}/tables?scope=peers&body={NEIGHBOUR}")).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert!(
        desk.get(&format!("/exchange/cases/{CASE}/tables?scope=prefecture&prefecture=130001"))
            .await
            .ok()
            .contains("東京都内の団体")
    );
}

/// The page of the case leads to the results and to where this town stands in them, and to neither
/// before.
#[tokio::test]
async fn a_town_finds_the_results_once_they_are_published() {
    let links = ["/tables\"", "/tables?scope=peers\""]
        .map(|end| format!("href=\"/exchange/cases/{CASE}{end}"));
    for (stage, published) in [(Stage::Closed, false), (Stage::Published, true)] {
        let town = country().await;
        let given = answers(shipped::TELEWORK_R3, R3);
        small_survey(&town, CASE, shipped::TELEWORK_R3, stage, State::Confirmed, &given).await;
        let mut desk = town.sign_in_to(TOWN, "desk1").await;
        let case = desk.get(&format!("/exchange/cases/{CASE}")).await;
        for link in &links {
            assert_eq!(case.ok().contains(link), published, "{link}: {}", case.text());
            let path = link.trim_start_matches("href=\"").trim_end_matches('"');
            assert_eq!(desk.get(path).await.status == StatusCode::OK, published, "{path}");
        }
    }
}

#[tokio::test]
async fn what_was_read_once_is_read_anew_after_a_delivery() {
    let town = country().await;
    let mut given = answers(shipped::TELEWORK_R3, R3);
    given.remove(&ELSEWHERE.parse().unwrap());
    small_survey(&town, CASE, shipped::TELEWORK_R3, Stage::Sent, State::HandedUp, &given).await;
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    let total = async |desk: &mut crate::testing::Browser| {
        let csv = desk.get(&format!("/exchange/cases/{CASE}/tables/tables.csv")).await;
        let line = lines(csv.ok())
            .into_iter()
            .find(|line| line.starts_with("導入状況,合計,導入,"))
            .unwrap();
        line.split(',').nth(4).unwrap().to_owned()
    };
    let page = async |desk: &mut crate::testing::Browser| {
        desk.get(&format!("/exchange/cases/{CASE}/tables")).await.ok().to_owned()
    };
    assert_eq!(total(&mut desk).await, "3");
    let before = page(&mut desk).await;
    assert_eq!(page(&mut desk).await, before, "read once, shown twice");
    // One more answer comes up, and one is changed: pages and files count both.
    change(&town, CASE, ELSEWHERE, |delivery| {
        delivery.answer = answered(ELSEWHERE);
        let number = ReceiptNumber { case: case_id(CASE), body: delivery.to.body, count: 1 };
        let at = jiff::Timestamp::UNIX_EPOCH;
        delivery.receipts.push(Receipt {
            number,
            key: SubmitKey([1; 16]),
            version: 1,
            at,
            late: false,
        });
        delivery.state = State::HandedUp;
    })
    .await;
    assert_eq!(total(&mut desk).await, "4");
    let after = page(&mut desk).await;
    assert_ne!(after, before);
    // It is taken back for correction: it counts no more.
    change(&town, CASE, ELSEWHERE, |delivery| delivery.state = State::Returned).await;
    assert_eq!(total(&mut desk).await, "3");
}

/// Last year's answers are kept from one look to the next; what changed among them shows in this
/// year's brackets all the same.
#[tokio::test]
async fn a_correction_of_last_year_shows_in_this_years_tables() {
    const LAST: &str = "2020-0001";
    let town = country().await;
    let (past, now) = (answers(shipped::TELEWORK_R2, R2), answers(shipped::TELEWORK_R3, R3));
    small_survey(&town, LAST, shipped::TELEWORK_R2, Stage::Published, State::Confirmed, &past)
        .await;
    small_survey(&town, CASE, shipped::TELEWORK_R3, Stage::Published, State::Confirmed, &now).await;
    let mut desk = town.sign_in_to(TOWN, "desk1").await;
    // 導入 of all four on the page: this year's figures with last year's in brackets.
    let total = async |desk: &mut crate::testing::Browser| {
        let page = desk.get(&format!("/exchange/cases/{CASE}/tables")).await;
        let page = page.tight();
        let row = page.split("<th scope=\"row\">合計 [4]</th>").nth(1).expect("the row of all");
        let cell = row.split("</td>").next().unwrap().replace("<span", " <span");
        let words: String =
            cell.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // Of the four only the prefecture had begun the year before.
    assert_eq!(total(&mut desk).await, "4 (1) 100.0% (25.0%)");
    assert_eq!(total(&mut desk).await, "4 (1) 100.0% (25.0%)", "read once, shown twice");
    change(&town, LAST, NEIGHBOUR, |delivery| {
        delivery.answer.as_mut().unwrap().sheet = past[&PREFECTURE.parse().unwrap()].clone();
        delivery.answer.as_mut().unwrap().number = 2;
        delivery.receipts[0].version = 2;
    })
    .await;
    assert_eq!(total(&mut desk).await, "4 (2) 100.0% (50.0%)");
    // Opened again, an answer counts no more, in last year's base neither.
    change(&town, LAST, ELSEWHERE, |delivery| delivery.state = State::Entering).await;
    assert_eq!(total(&mut desk).await, "4 (2) 100.0% (66.7%)");
    let csv = desk.get(&format!("/exchange/cases/{CASE}/tables/tables.csv")).await;
    assert!(
        lines(csv.ok()).contains(&"導入状況,合計,導入,4,4,100.0,2,3,66.7".to_owned()),
        "{}",
        csv.text()
    );
}

fn answered(body: &str) -> Option<exchange::case::AnswerVersion> {
    let sheet = answers(shipped::TELEWORK_R3, R3)[&body.parse().unwrap()].clone();
    let (at, by) = (jiff::Timestamp::UNIX_EPOCH, "desk1".to_owned());
    Some(exchange::case::AnswerVersion {
        number: 1,
        sheet,
        at,
        by,
        reason: String::new(),
        proxy: false,
    })
}
