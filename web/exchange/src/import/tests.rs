//! Answers of many bodies in one file, all or none.

use std::io::Cursor;

use axum::http::{Request, StatusCode, header};
use calamine::{Data, Reader, Xlsx};
use exchange::case::{Delivery, Stage, State};
use exchange::form::{Form, shipped};
use exchange::import::{Answers, write_csv};
use rust_xlsxwriter::{Format, Workbook};

use super::jobs::{ImportId, Imports};
use crate::country::{
    ELSEWHERE, NEIGHBOUR, PREFECTURE, R2, R3, TOWN, answers, case_id, country, small_survey, survey,
};
use crate::testing::{Browser, ORIGIN, Reply, Town};

const CASE: &str = "2021-0001";
const PAGE: &str = "/exchange/cases/2021-0001/import";
const MINISTRY: &str = "000019";

async fn begun() -> Town {
    let town = country().await;
    survey(&town, CASE, shipped::TELEWORK_R3, Stage::Sent, State::Received, &Answers::new()).await;
    town
}

async fn send(desk: &mut Browser, name: &str, bytes: &[u8], reason: &str) -> Reply {
    desk.get(PAGE).await;
    let mut body =
        format!("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n", desk.csrf)
            .into_bytes();
    body.extend(
        format!("--x\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\n{reason}\r\n")
            .as_bytes(),
    );
    body.extend(
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .as_bytes(),
    );
    body.extend(bytes);
    body.extend(b"\r\n--x--\r\n");
    let request = Request::post(PAGE)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .header(header::ORIGIN, ORIGIN)
        .body(axum::body::Body::from(body))
        .unwrap();
    desk.send(request).await
}

/// Looks until it is over: the page at the end.
async fn ended(desk: &mut Browser, goal: &str) -> Reply {
    loop {
        let progress = desk.get(&format!("{goal}/progress")).await;
        let said: serde_json::Value = serde_json::from_str(progress.ok()).unwrap();
        assert!(said["done"].as_u64() <= said["total"].as_u64());
        if said["over"] == true {
            break;
        }
        tokio::task::yield_now().await;
    }
    desk.get(goal).await
}

/// Sends a file: where the look at it is told, and what it found.
async fn look(desk: &mut Browser, name: &str, bytes: &[u8]) -> (String, Reply) {
    let sent = send(desk, name, bytes, "紙で届いたため").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let goal = sent.location().to_owned();
    let page = ended(desk, &goal).await;
    (goal, page)
}

/// Sends a file and takes what the look found: the page at the end.
async fn import(desk: &mut Browser, name: &str, bytes: &[u8]) -> (String, Reply) {
    let (goal, page) = look(desk, name, bytes).await;
    if !page.text().contains("この内容で取り込む") {
        return (goal, page);
    }
    let taking = desk.post(&goal, &[]).await;
    assert_eq!(taking.status, StatusCode::SEE_OTHER, "{}", taking.text());
    let goal = taking.location().to_owned();
    let page = ended(desk, &goal).await;
    (goal, page)
}

/// The figures that a page tells: new, changed, same, empty.
fn counts(page: &Reply) -> [usize; 4] {
    ["new", "changed", "same", "empty"].map(|name| {
        let start = format!("data-count=\"{name}\">");
        let rest = page.text().split(&start).nth(1).unwrap_or_default();
        rest.split('<').next().unwrap_or_default().parse().unwrap_or(usize::MAX)
    })
}

#[tokio::test]
async fn rows_without_an_answer_are_none_and_what_is_saved_already_is_passed_over() {
    let town = begun().await;
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    let mut some = rows("0120");
    let all = some.len() - 1;
    for row in &mut some[3..] {
        for cell in &mut row[1..] {
            cell.clear();
        }
    }
    let bytes = workbook(&some, |sheet| {
        sheet.set_name("六団体").unwrap();
    });
    let (_, page) = look(&mut desk, "six.xlsx", &bytes).await;
    assert_eq!(counts(&page), [2, 0, 0, all - 2], "{}", page.text());
    assert!(page.text().contains("六団体") && page.text().contains("まだ何も取り込んでいません"));
    let untouched = |all: Vec<Delivery>| all.iter().all(|one| one.answer.is_none());
    assert!(untouched(deliveries(&town).await), "a look takes nothing");
    let (_, page) = import(&mut desk, "six.xlsx", &bytes).await;
    assert!(page.ok().contains("2団体の回答を取り込みました"), "{}", page.text());
    let answered = deliveries(&town).await.into_iter().filter(|one| one.answer.is_some());
    assert_eq!(answered.count(), 2, "no receipt for whom nothing was said");
    // The list of all bodies, as it is given out, comes back and says nothing new.
    let list = desk.get(&format!("/exchange/cases/{CASE}/answers.xlsx")).await;
    let (_, page) = import(&mut desk, "list.xlsx", &list.bytes).await;
    assert_eq!(counts(&page)[..3], [0, 0, 2], "{}", page.text());
    assert!(page.text().contains("取り込む回答がありません"));
    // With a sheet that somebody added it does not.
    let mut second = Workbook::new();
    for name in ["回答一覧", "回答一覧 (2)"] {
        second.add_worksheet().set_name(name).unwrap().write_string(0, 0, "code").unwrap();
    }
    let (_, page) = look(&mut desk, "two.xlsx", &second.save_to_buffer().unwrap()).await;
    assert!(page.text().contains("回答一覧 (2)"), "{}", page.text());
}

#[tokio::test]
async fn a_draft_that_says_the_same_is_handed_in_all_the_same() {
    let town = country().await;
    let r3 = answers(shipped::TELEWORK_R3, R3);
    small_survey(&town, CASE, shipped::TELEWORK_R3, Stage::Sent, State::Entering, &r3).await;
    let four: Vec<_> = rows("")
        .into_iter()
        .enumerate()
        .filter(|(at, row)| {
            *at == 0 || [PREFECTURE, TOWN, NEIGHBOUR, ELSEWHERE].contains(&&*row[0])
        })
        .map(|(_, row)| row)
        .collect();
    let bytes = workbook(&four, |_| {});
    // Somebody who only saves for a body finds nothing new in it.
    let mut prefecture = town.sign_in_to(PREFECTURE, "desk1").await;
    let own: Vec<_> =
        four.iter().filter(|row| ![PREFECTURE, ELSEWHERE].contains(&&*row[0])).cloned().collect();
    let (_, page) = look(&mut prefecture, "own.xlsx", &workbook(&own, |_| {})).await;
    assert_eq!(counts(&page)[..3], [0, 0, own.len() - 1], "{}", page.text());
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    let (_, page) = import(&mut desk, "four.xlsx", &bytes).await;
    assert!(page.ok().contains("4団体の回答を取り込みました"), "{}", page.text());
    let all = deliveries(&town).await;
    assert!(all.iter().all(|one| one.state == State::HandedUp && one.receipts.len() == 1));
    let (_, page) = look(&mut desk, "four.xlsx", &bytes).await;
    assert_eq!(counts(&page), [0, 0, 4, 0], "{}", page.text());
}

async fn deliveries(town: &Town) -> Vec<Delivery> {
    let mut conn = town.app.store.read().await.unwrap();
    store::exchange::deliveries(&mut conn, case_id(CASE), None).await.unwrap()
}

/// The rows of the shipped answers of some bodies, as a workbook of one sheet.
fn workbook(rows: &[Vec<String>], change: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (line, row) in (0u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(row) {
            sheet.write_string(line, column, cell).unwrap();
        }
    }
    change(sheet);
    book.save_to_buffer().unwrap()
}

fn rows(prefix: &str) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(R3).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let all = reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    all.enumerate()
        .filter(|(at, row)| *at == 0 || row[0].starts_with(prefix))
        .map(|(_, row)| row)
        .collect()
}

#[tokio::test]
async fn the_ministry_takes_in_the_whole_country_at_once() {
    let town = begun().await;
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    let (_, page) = import(&mut desk, "answers.csv", R3).await;
    assert!(page.ok().contains("1788"), "{}", page.text());
    let all = deliveries(&town).await;
    assert_eq!(all.len(), 1788);
    assert!(all.iter().all(|d| d.state == State::HandedUp
        && d.receipts.len() == 1
        && d.answer.as_ref().unwrap().proxy));
    // And it counts as annex 1 has it.
    let csv = desk.get(&format!("/exchange/cases/{CASE}/tables/tables.csv")).await;
    assert!(csv.ok().contains("導入状況,合計,導入,916,1788,51.2"), "{}", csv.text());
    // A second time there is nothing left to take in, and nothing is doubled.
    let (_, again) = import(&mut desk, "answers.csv", R3).await;
    assert_eq!(counts(&again), [0, 0, 1788, 0], "{}", again.text());
    assert!(deliveries(&town).await.iter().all(|delivery| delivery.receipts.len() == 1));
}

#[tokio::test]
async fn a_leap_from_last_year_needs_its_reason_in_a_file_too() {
    let town = begun().await;
    let past = answers(shipped::TELEWORK_R2, R2);
    small_survey(
        &town,
        "2020-0001",
        shipped::TELEWORK_R2,
        Stage::Published,
        State::Confirmed,
        &past,
    )
    .await;
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    // 2,415 staff after 1,126.
    let mut one = rows(TOWN);
    let (_, page) = import(&mut desk, "answers.xlsx", &workbook(&one, |_| ())).await;
    assert!(page.ok().contains("前回の1126から2415に大きく変わっています"), "{}", page.text());
    assert!(deliveries(&town).await.iter().all(|delivery| delivery.answer.is_none()));
    one[0].extend(
        ["一般行政職員数(理由)", "実施可能職員数(理由)", "利用職員数(理由)"].map(str::to_owned),
    );
    let columns = one[0].len();
    one[1].resize(columns, "組織を改めたため".to_owned());
    let (_, page) = import(&mut desk, "answers.xlsx", &workbook(&one, |_| ())).await;
    assert!(page.ok().contains("1団体の回答を取り込みました"), "{}", page.text());
}

#[tokio::test]
async fn a_prefecture_enters_for_its_own_bodies_only_from_excel_or_shift_jis() {
    let town = begun().await;
    let mut desk = town.sign_in_to(PREFECTURE, "desk1").await;
    let mut own = rows("01");
    // The prefecture answers for itself on its own page.
    own.retain(|row| row[0] != PREFECTURE);
    let (_, page) = import(&mut desk, "answers.xlsx", &workbook(&own, |_| ())).await;
    assert!(page.ok().contains("179"), "{}", page.text());
    let given = answers(shipped::TELEWORK_R3, R3);
    for delivery in deliveries(&town).await {
        let inside = delivery.via.is_some_and(|via| via.as_str() == PREFECTURE);
        let answer = delivery.answer.map(|answer| (answer.sheet, answer.proxy));
        assert_eq!(
            answer,
            inside.then(|| (given[&delivery.to.body].clone(), true)),
            "{}",
            delivery.to.body
        );
    }
    // One row of another prefecture, and no row is taken.
    let other = [rows("012025"), rows(ELSEWHERE)[1..].to_vec()].concat();
    let text: String = other.iter().map(|row| row.join(",") + "\r\n").collect();
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
    let (_, page) = import(&mut desk, "answers.csv", &bytes).await;
    assert!(
        page.text().contains("A3") && page.text().contains("この案件の回答対象ではない団体です"),
        "{}",
        page.text()
    );
    assert!(
        deliveries(&town)
            .await
            .iter()
            .all(|delivery| delivery.answer.as_ref().is_none_or(|answer| answer.number == 1))
    );
}

#[tokio::test]
async fn faults_are_told_by_cell_and_in_a_marked_copy_and_no_row_is_taken() {
    let town = begun().await;
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    let mut own = rows("0120");
    let column = |name: &str| own[0].iter().position(|head| head == name).unwrap();
    let (staff, adoption, part_time) =
        (column("一般行政職員数"), column("導入状況"), column("非常勤職員"));
    own[1][staff] = "２，４１５人".into();
    own[2][staff] = "2021/10/1".into();
    own[3][adoption] = "導入したい".into();
    let introduced = own
        .iter()
        .position(|row| {
            !row[part_time].is_empty() && row[0] != "code" && row[staff] != "２，４１５人"
        })
        .unwrap();
    own[introduced][part_time] = String::new();
    let cell = |row: usize, column: usize| kit::sheet::cell_name(row as u32, column as u16);
    let bytes = workbook(&own, |_| ());
    let (goal, page) = import(&mut desk, "answers.xlsx", &bytes).await;
    // What cannot be read comes first; the checks of entry follow once everything can be.
    assert!(
        page.text().contains(&cell(2, staff)) && page.text().contains("は日付のようです"),
        "{}",
        page.text()
    );
    assert!(page.text().contains(&cell(3, adoption)) && page.text().contains("選択肢にありません"));
    let copy = desk.get(&format!("{goal}/marked.xlsx")).await;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(&copy.bytes[..])).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let told = sheet.get_value((2, own[0].len() as u32)).map(Data::to_string).unwrap();
    assert!(told.starts_with(&cell(2, staff)) && told.contains("日付"), "{told}");
    assert_eq!(
        sheet.get_value((2, staff as u32)).unwrap().to_string(),
        "2021/10/1",
        "as it was sent"
    );
    own[2][staff] = "100".into();
    own[3][adoption] = rows("0120")[3][adoption].clone();
    let (_, page) = import(&mut desk, "answers.xlsx", &workbook(&own, |_| ())).await;
    assert!(
        page.text().contains(&cell(introduced, part_time))
            && page.text().contains("回答が必要です"),
        "{}",
        page.text()
    );
    assert!(
        deliveries(&town).await.iter().all(|delivery| delivery.answer.is_none()),
        "all or nothing"
    );
    // Nobody else sees how it went.
    let mut other = town.sign_in_to(MINISTRY, "lead1").await;
    for path in [goal.clone(), format!("{goal}/progress"), format!("{goal}/marked.xlsx")] {
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn files_that_are_not_what_they_seem_are_refused_in_words() {
    let town = begun().await;
    let mut desk = town.sign_in_to(MINISTRY, "desk1").await;
    let own = rows("012025");
    let merged = workbook(&own, |sheet| {
        sheet.merge_range(1, 1, 2, 1, "5", &Format::new()).unwrap();
    });
    let formula = workbook(&own, |sheet| {
        sheet.write_formula(1, 1, "=1+1").unwrap();
    });
    let date = workbook(&own, |sheet| {
        sheet.write_with_format(1, 1, 44470, &Format::new().set_num_format("yyyy/m/d")).unwrap();
    });
    let form = Form::read(shipped::TELEWORK_R3).unwrap();
    let other =
        write_csv(&form, &Answers::new(), |_| String::new()).replace("導入状況", "導入の状況");
    let cases: [(&[u8], &str); 6] = [
        (&merged, "結合されたセル（B2:B3）"),
        (&formula, "数式です"),
        (&date, "は日付のようです"),
        (other.as_bytes(), "「導入の状況」"),
        (b"PK\x03\x04", "として読めないファイルです"),
        (b"", "ファイルを選んでください"),
    ];
    for (bytes, words) in cases {
        town.clock.advance(120_000);
        let text = match send(&mut desk, "x.xlsx", bytes, "紙で届いたため").await {
            reply if reply.status == StatusCode::SEE_OTHER => {
                drop(reply);
                town.clock.advance(120_000);
                import(&mut desk, "x.xlsx", bytes).await.1.text().to_owned()
            }
            reply => reply.text().to_owned(),
        };
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(
        send(&mut desk, "x.csv", R3, " ").await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a reason is needed"
    );
    for (body, login) in
        [(TOWN, "desk1"), (PREFECTURE, "staff1"), (MINISTRY, "lead1"), (ELSEWHERE, "desk1")]
    {
        let mut other = town.sign_in_to(body, login).await;
        let page = other.get(PAGE).await.status;
        assert!(
            matches!(page, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN),
            "{body} {login}: {page}"
        );
    }
}

#[tokio::test]
async fn a_server_that_dies_on_the_way_has_taken_nothing() {
    let town = begun().await;
    {
        // As far as the import gets before its commit.
        let mut tx = town.app.write_unattended(MINISTRY.parse().unwrap()).await.unwrap();
        let mut delivery = store::exchange::delivery(&mut tx, case_id(CASE), TOWN.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        let seen = delivery.revision;
        delivery.revision += 1;
        delivery.state = State::HandedUp;
        assert!(
            store::exchange::put_delivery(&mut tx, seen, &delivery, town.app.now()).await.unwrap()
        );
    }
    let town = town.reopened().await;
    assert!(
        deliveries(&town)
            .await
            .iter()
            .all(|delivery| delivery.state == State::Received && delivery.receipts.is_empty())
    );
}

fn taken() -> super::jobs::End {
    super::jobs::End::Taken(super::jobs::Count::default())
}

#[test]
fn imports_are_bounded_and_each_is_its_owners() {
    let imports = Imports::default();
    let (owner, case) = (people::StaffId([1; 16]), case_id(CASE));
    let first = imports.begin(ImportId([1; 16]), owner, case, 1).unwrap();
    imports.begin(ImportId([2; 16]), owner, case, 2).unwrap();
    assert!(imports.begin(ImportId([3; 16]), owner, case, 3).is_err(), "two at once");
    first.over(taken());
    for n in 3..100 {
        imports.begin(ImportId([n; 16]), owner, case, i64::from(n)).unwrap().over(taken());
    }
    let name = |n: u8| kit::secrets::hex(&[n; 16]);
    assert!(imports.find(&name(1), owner, case).is_err(), "the oldest went");
    assert!(imports.find(&name(2), owner, case).is_ok(), "one that runs stays");
    assert!(imports.find(&name(99), owner, case).is_ok());
    assert!(imports.find(&name(99), people::StaffId([2; 16]), case).is_err());
    for bad in ["", "zz", "é", &"é".repeat(16)] {
        assert!(imports.find(bad, owner, case).is_err());
    }
}

#[test]
fn what_imports_tell_is_bounded_by_bytes_and_by_time() {
    let imports = Imports::default();
    let (owner, case) = (people::StaffId([1; 16]), case_id(CASE));
    let name = |n: u8| kit::secrets::hex(&[n; 16]);
    let faulty = |megabytes: usize| {
        let rows = vec![vec!["x".repeat(1 << 20)]; megabytes];
        super::jobs::End::Faulty { faults: Vec::new(), rows }
    };
    // Ten megabytes each: the fourth is more than is kept of all, and the first goes.
    for n in 1..=4 {
        imports.begin(ImportId([n; 16]), owner, case, i64::from(n)).unwrap().over(faulty(10));
    }
    imports.sweep(4);
    let kept = |n: u8| imports.find(&name(n), owner, case).is_ok();
    assert_eq!([1, 2, 3, 4].map(kept), [false, true, true, true]);
    // One that is larger alone keeps its faults, without the rows of a marked copy.
    let large = imports.begin(ImportId([5; 16]), owner, case, 5).unwrap();
    large.over(faulty(40));
    imports.sweep(5);
    assert!(
        matches!(&*large.end().unwrap(), super::jobs::End::Faulty { rows, .. } if rows.is_empty())
    );
    assert_eq!([2, 3, 4, 5].map(kept), [true; 4]);
    // After an hour only what still runs is there.
    imports.begin(ImportId([6; 16]), owner, case, 6).unwrap();
    imports.sweep(60 * 60_000 + 5);
    assert_eq!([2, 3, 4, 5, 6].map(kept), [false, false, false, false, true]);
}
