//! The inventory over HTTP: by form and by file, judged by rules and by people, one division apart
//! from another.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use people::{Division, DivisionId};
use store::telework::WorkRow;
use telework::inventory::Outcome;
use telework::inventory::sheet::{work_headings, work_row};
use telework::time::Minutes;

use crate::testing::{Browser, HOME, ORIGIN, OTHER, Reply, Town};
use kit::sheet;

const MINE: DivisionId = DivisionId([0xa1; 16]);
const THEIRS: DivisionId = DivisionId([0xa2; 16]);

/// A town with two divisions; `superior1` leads the first, in which `staff1` is.
async fn town() -> Town {
    let town = Town::new().await;
    let (mut staff, superior) =
        (town.person(HOME, "staff1").await, town.person(HOME, "superior1").await);
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    for (id, code, leader) in [(MINE, "100", Some(superior.id)), (THEIRS, "200", None)] {
        let name = format!("課{code}").parse().unwrap();
        let division = Division {
            id,
            body: staff.body,
            code: code.into(),
            name,
            superior: leader,
            deputy: None,
        };
        store::divisions::add(&mut tx, &division).await.unwrap();
    }
    staff.division = Some(MINE);
    assert!(store::staff::change(&mut tx, &staff).await.unwrap());
    tx.keep(()).await.unwrap();
    town
}

async fn works(town: &Town) -> Vec<WorkRow> {
    let mut conn = town.app.store.read().await.unwrap();
    store::telework::works(&mut conn, HOME.parse().unwrap(), None).await.unwrap()
}

fn form<'a>(
    division: &'a str,
    name: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("name", name),
        ("division", division),
        ("hours", "120.5"),
        ("frequency", "monthly"),
        ("information", "internal"),
        ("zone", "lgwan"),
        ("approval", "electronic"),
        ("interruptible", "yes"),
    ];
    fields.retain(|(key, _)| !more.iter().any(|(other, _)| other == key));
    fields.extend_from_slice(more);
    fields
}

async fn add(
    browser: &mut Browser,
    division: DivisionId,
    name: &str,
    more: &[(&str, &str)],
) -> Reply {
    browser.post("/telework/works/new", &form(&division.to_string(), name, more)).await
}

/// Sends a file and takes what the look found.
async fn send(browser: &mut Browser, kind: &str, name: &str, bytes: &[u8]) -> Reply {
    let look = look(browser, kind, name, bytes).await;
    let Some(held) = look.text().split("name=\"held\" value=\"").nth(1) else { return look };
    let held = held.split('"').next().unwrap().to_owned();
    browser.post("/telework/works/import/take", &[("held", &held), ("kind", kind)]).await
}

/// The figures that a page tells: new, changed, same.
fn counts(page: &Reply) -> [usize; 3] {
    ["new", "changed", "same"].map(|name| {
        let start = format!("data-count=\"{name}\">");
        let rest = page.text().split(&start).nth(1).unwrap_or_default();
        rest.split('<').next().unwrap_or_default().parse().unwrap_or(usize::MAX)
    })
}

async fn look(browser: &mut Browser, kind: &str, name: &str, bytes: &[u8]) -> Reply {
    let mut body = Vec::new();
    for (field, value) in [("csrf", browser.csrf.clone()), ("kind", kind.to_owned())] {
        body.extend(
            format!("--x\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
                .as_bytes(),
        );
    }
    body.extend(
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .as_bytes(),
    );
    body.extend(bytes);
    body.extend(b"\r\n--x--\r\n");
    let request = Request::post("/telework/works/import")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .header(header::ORIGIN, ORIGIN)
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await
}

#[tokio::test]
async fn work_is_added_judged_and_decided_on_record() {
    let town = town().await;
    let mut superior = town.sign_in("superior1").await;
    let made = add(&mut superior, MINE, "会議資料の作成", &[("paper", "yes")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let page = superior.get("/telework/works/1").await;
    assert!(page.ok().contains("条件付き可") && page.text().contains("文書を電子化し"));
    // The remedy is in place: the obstacle is gone.
    let changed = form("", "会議資料の作成", &[]);
    let mine = MINE.to_string();
    let mut fields: Vec<(&str, &str)> =
        changed.into_iter().filter(|(key, _)| *key != "division").collect();
    fields.extend([("division", mine.as_str()), ("paper", "yes"), ("removed-paper", "yes")]);
    assert_eq!(superior.post("/telework/works/1", &fields).await.status, StatusCode::SEE_OTHER);
    assert!(
        superior
            .get("/telework/works/1")
            .await
            .ok()
            .contains("<span class=\"chip good\">そのまま可</span>")
    );
    // A person decides, with a reason only.
    let silent =
        superior.post("/telework/works/1/decide", &[("outcome", "no"), ("why", " ")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    let decided = superior
        .post("/telework/works/1/decide", &[("outcome", "no"), ("why", "議会中は席を離れられない")])
        .await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER);
    let page = superior.get("/telework/works/1").await;
    assert!(
        page.ok().contains("職員 superior1（2026-")
            && page.text().contains("議会中は席を離れられない")
    );
    let row = works(&town).await.remove(0).work;
    assert_eq!(row.decided.unwrap().outcome, Outcome::No);
    assert_eq!(row.yearly, Minutes(7_230));
    let kinds = town.record(HOME).await;
    assert!(
        kinds.contains(&audit::Kind::WORK_DECIDED) && kinds.contains(&audit::Kind::WORK_CHANGED)
    );
    superior.post("/telework/works/1/decide", &[("outcome", "rules"), ("why", "見直し")]).await;
    assert_eq!(works(&town).await[0].work.decided, None);
    // What the form got wrong is shown in the form.
    let wrong = add(&mut superior, MINE, "名前のある業務", &[("hours", "たくさん")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("名前のある業務") && wrong.text().contains("たくさん"));
}

#[tokio::test]
async fn my_number_work_is_impossible_whatever_people_and_rules_say() {
    let town = town().await;
    let mut superior = town.sign_in("superior1").await;
    add(&mut superior, MINE, "税の賦課", &[("zone", "mynumber"), ("removed-mynumber-zone", "yes")])
        .await;
    let page = superior.get("/telework/works/1").await;
    assert!(page.ok().contains("<span class=\"chip bad\">不可</span>"));
    // Its page has no such form; whoever sends one has seen the work.
    let seen = superior.seen("/telework/works/1", "/telework/works/1").await.unwrap();
    let fields = [("outcome", "possible"), ("why", "よいはず"), ("seen", seen.as_str())];
    let tried = superior.post("/telework/works/1/decide", &fields).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(tried.text().contains("つねに不可です"));
    let mut hr = town.sign_in("hr1").await;
    hr.get("/telework/works/rules").await.ok();
    for path in
        ["/telework/works/rules/mynumber-zone/remove", "/telework/works/rules/mynumber-zone"]
    {
        let fields = [("name", "ゆるい規則"), ("result", "condition"), ("zone", "mynumber")];
        assert_eq!(hr.post(path, &fields).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn rules_are_read_and_changed_in_the_product() {
    let town = town().await;
    let mut hr = town.sign_in("hr1").await;
    add(&mut hr, THEIRS, "窓口の案内", &[("counter", "yes")]).await;
    assert!(hr.get("/telework/works?result=no").await.ok().contains("窓口の案内"));
    let path = "/telework/works/rules/counter";
    let no_reason = hr.post(path, &[("name", "窓口"), ("result", "no"), ("counter", "yes")]).await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(no_reason.text().contains("調査の理由を書いてください"));
    let eased = hr
        .post(
            path,
            &[("name", "窓口"), ("result", "condition"), ("counter", "yes"), ("remedy", "予約制")],
        )
        .await;
    assert_eq!(eased.status, StatusCode::SEE_OTHER, "{}", eased.text());
    assert!(hr.get("/telework/works?result=condition").await.ok().contains("窓口の案内"));
    let fields =
        [("name", "夜の電話"), ("result", "ask"), ("telephone", "yes"), ("counter", "yes")];
    assert_eq!(hr.post("/telework/works/rules/new", &fields).await.status, StatusCode::SEE_OTHER);
    let page = hr.get("/telework/works/rules").await;
    assert!(page.ok().contains("夜の電話") && page.text().contains("/telework/works/rules/own-1"));
    let always =
        hr.post("/telework/works/rules/new", &[("name", "なんでも"), ("result", "ask")]).await;
    assert_eq!(always.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        hr.post("/telework/works/rules/own-1/remove", &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(hr.post("/telework/works/rules/reset", &[]).await.status, StatusCode::SEE_OTHER);
    assert!(hr.get("/telework/works?result=no").await.ok().contains("窓口の案内"));
    assert!(town.record(HOME).await.contains(&audit::Kind::JUDGING_CHANGED));
    // IT reads them and does not change them.
    let mut it = town.sign_in("it1").await;
    it.get("/telework/works/rules").await.ok();
    assert_eq!(it.post("/telework/works/rules/reset", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(it.get("/telework/works/rules/counter").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_division_is_not_there() {
    let town = town().await;
    let mut hr = town.sign_in("hr1").await;
    add(&mut hr, THEIRS, "秘密の業務", &[]).await;
    let mut superior = town.sign_in("superior1").await;
    assert!(!superior.get("/telework/works").await.ok().contains("秘密の業務"));
    assert!(!superior.get("/telework/works/chart").await.ok().contains("課200"));
    assert_eq!(superior.get("/telework/works/1").await.status, StatusCode::NOT_FOUND);
    for (path, fields) in [
        ("/telework/works/1", form(&MINE.to_string(), "奪う", &[])),
        ("/telework/works/1/remove", vec![]),
        ("/telework/works/1/decide", vec![("outcome", "no"), ("why", "x")]),
        ("/telework/works/1/staff", vec![("login", "staff1"), ("hours", "1")]),
    ] {
        let fields: Vec<(&str, &str)> = fields;
        assert_eq!(superior.post(path, &fields).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    // Nor can work be put there, by form or by file.
    assert_eq!(
        add(&mut superior, THEIRS, "押し込む", &[]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let csv = "番号,所属コード,業務名,年間時間,取り扱う情報,ネットワーク\n1,100,奪う,1,なし,LGWAN接続系\n,200,押し込む,1,なし,LGWAN接続系\n";
    let refused = send(&mut superior, "works", "a.csv", csv.as_bytes()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text().contains(">A2<") && refused.text().contains(">B3<"),
        "{}",
        refused.text()
    );
    let taken = superior.post("/telework/works/export/works.csv", &[]).await;
    assert!(taken.ok().contains("業務名") && !taken.text().contains("秘密の業務"));
    let rows = works(&town).await;
    assert_eq!((rows.len(), rows[0].work.name.as_str()), (1, "秘密の業務"));
    // Nor from another body, whoever asks.
    let mut foreign = town.sign_in_to(OTHER, "it1").await;
    assert_eq!(foreign.get("/telework/works/1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_is_taken_whole_or_not_at_all_and_comes_back_marked() {
    let town = town().await;
    let mut superior = town.sign_in("superior1").await;
    superior.get("/telework/works/import").await.ok();
    let head = ["所属コード", "業務名", "年間時間", "取り扱う情報", "ネットワーク", "押印"];
    let rows = |bad: bool| -> Vec<Vec<String>> {
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.push(
            ["100", "予算要求", "1,200", "庁内情報", "LGWAN接続系", "はい"]
                .map(str::to_owned)
                .to_vec(),
        );
        let hours = if bad { "多い" } else { "30.5" };
        let code = if bad { "200" } else { "100" };
        rows.push(
            [code, "=cmd|' /C calc'!A0", hours, "個人情報", "インターネット接続系", "いいえ"]
                .map(str::to_owned)
                .to_vec(),
        );
        rows
    };
    let refused =
        send(&mut superior, "works", "業務.xlsx", &sheet::to_xlsx("業務", &rows(true)).unwrap())
            .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains(">A3<") && refused.text().contains(">C3<"));
    assert!(works(&town).await.is_empty(), "the good row is not taken either");
    // The copy holds what was sent, with the faults in red and a note each; corrected, it is taken.
    let copy = superior.get("/telework/works/import/marked.xlsx").await;
    assert_eq!(copy.status, StatusCode::OK);
    assert_eq!(sheet::read(&copy.bytes).unwrap(), rows(true));
    assert!(
        notes(&copy.bytes).contains("この所属コードの所属はないか"),
        "no note in the marked copy"
    );
    let mut other = town.sign_in("hr1").await;
    assert_eq!(
        other.get("/telework/works/import/marked.xlsx").await.status,
        StatusCode::NOT_FOUND,
        "one's own copy only"
    );
    let taken =
        send(&mut superior, "works", "業務.xlsx", &sheet::to_xlsx("業務", &rows(false)).unwrap())
            .await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
    let found = works(&town).await;
    assert_eq!(found.iter().map(|row| row.work.yearly.0).collect::<Vec<_>>(), [72_000, 1_830]);
    assert_eq!(
        superior.get("/telework/works/import/marked.xlsx").await.status,
        StatusCode::NOT_FOUND
    );

    // Out: nothing that a spreadsheet would compute, in either form; and back in, changing what has
    // a number.
    let csv = superior.post("/telework/works/export/works.csv", &[]).await;
    assert!(csv.ok().contains("\"'=cmd|' /C calc'!A0\"") && !csv.text().contains(",=cmd"));
    let xlsx = superior.post("/telework/works/export/works.xlsx", &[]).await;
    let mut back = sheet::read(&xlsx.bytes).unwrap();
    assert_eq!(
        back[2][2], "=cmd|' /C calc'!A0",
        "a text, not a formula: reading a formula would have failed"
    );
    // What goes out and comes back unchanged changes nothing, in either form.
    for (name, bytes) in [("b.csv", csv.bytes.to_vec()), ("b.xlsx", xlsx.bytes.to_vec())] {
        let look = look(&mut superior, "works", name, &bytes).await;
        assert_eq!(counts(&look), [0, 0, 2], "{name}: {}", look.text());
    }
    "一日".clone_into(&mut back[1][2]);
    let changed = sheet::to_xlsx("業務", &back).unwrap();
    assert_eq!(counts(&look(&mut superior, "works", "b.xlsx", &changed).await), [0, 1, 1]);
    assert_eq!(works(&town).await[0].work.name, "予算要求", "a look changes nothing");
    assert_eq!(
        send(&mut superior, "works", "b.xlsx", &sheet::to_xlsx("業務", &back).unwrap())
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let found = works(&town).await;
    assert_eq!((found.len(), found[0].work.name.as_str()), (2, "一日"));
    let judged = telework::inventory::RuleSet::shipped().unwrap().judge(&found[0].work);
    assert_eq!(work_row(&found[0].work, &judged, "100", "").len(), work_headings().len());
    assert!(town.record(HOME).await.contains(&audit::Kind::WORKS_IMPORTED));
}

#[tokio::test]
async fn broken_files_are_refused_by_name() {
    let town = town().await;
    let mut superior = town.sign_in("superior1").await;
    superior.get("/telework/works/import").await.ok();
    for (bytes, words) in [
        (&b"PK\x03\x04 and nothing else"[..], "読めないファイル"),
        (b"\xff\xfe\xfd", "読めないファイル"),
        ("番号,なぞ\n1,2\n".as_bytes(), "わからない見出し"),
        ("所属コード,業務名,年間時間,取り扱う情報,ネットワーク\n".as_bytes(), "行がありません"),
        (b"", "ファイルを選んでください"),
    ] {
        let reply = send(&mut superior, "works", "x.xlsx", bytes).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.text().contains(words), "{words}");
    }
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    page.write_string(0, 0, "業務名").unwrap();
    page.write_formula(1, 0, "=1+1").unwrap();
    let reply = send(&mut superior, "works", "x.xlsx", &book.save_to_buffer().unwrap()).await;
    assert!(
        reply.tight().contains(">A2<") && reply.text().contains("数式です"),
        "{}",
        reply.text()
    );
    assert!(works(&town).await.is_empty());
    let huge = vec![b'a'; (4 << 20) + 1];
    assert_eq!(
        send(&mut superior, "works", "x.csv", &huge).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}

#[tokio::test]
async fn linked_staff_fall_out_as_able_with_the_working() {
    let town = town().await;
    let mut superior = town.sign_in("superior1").await;
    add(&mut superior, MINE, "予算", &[]).await;
    add(&mut superior, MINE, "窓口", &[("counter", "yes")]).await;
    let linked =
        superior.post("/telework/works/1/staff", &[("login", "staff1"), ("hours", "19")]).await;
    assert_eq!(linked.status, StatusCode::SEE_OTHER, "{}", linked.text());
    // Somebody of another division is not hers to link.
    let foreign =
        superior.post("/telework/works/1/staff", &[("login", "it1"), ("hours", "19")]).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
    let csv = "サインイン名,業務番号,年間時間\nstaff1,2,81\n";
    assert_eq!(
        send(&mut superior, "links", "l.csv", csv.as_bytes()).await.status,
        StatusCode::SEE_OTHER
    );
    let page = superior.get("/telework/works/staff").await;
    assert!(
        page.ok().contains("19／100<br>19.0%")
            && page.text().contains("<span class=\"chip bad\">実施可能でない</span>")
    );
    superior.post("/telework/works/1/staff", &[("login", "staff1"), ("hours", "20.25")]).await;
    let page = superior.get("/telework/works/staff").await;
    assert!(
        page.ok().contains("20.25／101.25<br>20.0%")
            && page.text().contains("<span class=\"chip good\">実施可能</span>")
    );
    assert!(!page.text().contains("職員 it1"), "only the own division");
    let broken = send(
        &mut superior,
        "links",
        "l.csv",
        "サインイン名,業務番号,年間時間\nstaff1,1,50\nit1,1,5\n".as_bytes(),
    )
    .await;
    assert!(broken.text().contains(">A3<"));
    let staff = town.person(HOME, "staff1").await;
    let mut conn = town.app.store.read().await.unwrap();
    let shares = store::telework::shares(&mut conn, staff.body).await.unwrap();
    assert_eq!(shares.iter().map(|share| share.yearly.0).collect::<Vec<_>>(), [1_215, 4_860]);
    drop(conn);
    let path = format!("/telework/works/2/staff/{}/remove", staff.id);
    assert_eq!(superior.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(superior.post(&path, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_request_names_the_work_it_is_for() {
    let town = town().await;
    let mut superior = town.sign_in("superior1").await;
    add(&mut superior, MINE, "予算の要求書", &[]).await;
    add(&mut superior, MINE, "窓口の当番", &[("counter", "yes")]).await;
    let mut hr = town.sign_in("hr1").await;
    add(&mut hr, THEIRS, "よその業務", &[]).await;
    let mut staff = town.sign_in("staff1").await;
    let checks: Vec<String> =
        crate::checklist().checks.iter().map(|check| format!("check-{}", check.key)).collect();
    let mut fields = vec![("version", "1"), ("consent", "yes")];
    fields.extend(checks.iter().map(|name| (name.as_str(), "yes")));
    assert_eq!(staff.post("/telework/registration", &fields).await.status, StatusCode::SEE_OTHER);
    let page = staff.get("/telework").await;
    assert!(page.ok().contains("<option value=\"1\">予算の要求書</option>"));
    assert!(
        !page.text().contains("窓口の当番") && !page.text().contains("よその業務"),
        "what is impossible or another's"
    );
    let today = telework::time::tokyo(crate::moment(town.app.now())).date();
    let day = (1..7).filter_map(|n| today.checked_add(jiff::Span::new().days(n)).ok());
    let day =
        day.filter(|day| day.weekday().to_monday_zero_offset() < 5).nth(1).unwrap().to_string();
    let ask = |work: &'static str| {
        [
            ("day", day.clone()),
            ("form", "home".into()),
            ("unit", "day".into()),
            ("work", work.into()),
        ]
    };
    for wrong in ["2", "3", "99"] {
        let fields = ask(wrong);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = staff.post("/telework/requests", &fields).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(reply.text().contains("この業務は選べません"));
    }
    let fields = ask("1");
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply = staff.post("/telework/requests", &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    assert!(superior.get("/telework/approvals").await.ok().contains("業務：予算の要求書"));
}

#[tokio::test]
async fn the_chart_says_which_obstacle_frees_most_and_lists_are_paged() {
    let town = town().await;
    let mut superior = town.sign_in("superior1").await;
    let mut csv =
        String::from("所属コード,業務名,年間時間,取り扱う情報,ネットワーク,紙の文書,押印,窓口\n");
    for number in 0..150 {
        let (paper, seal) =
            if number % 2 == 0 { ("はい", "いいえ") } else { ("いいえ", "はい") };
        let hours = if number % 2 == 0 { 10 } else { 9 };
        csv.push_str(&format!(
            "100,業務{number:03},{hours},庁内情報,LGWAN接続系,{paper},{seal},いいえ\n"
        ));
    }
    superior.get("/telework/works/import").await.ok();
    assert_eq!(
        send(&mut superior, "works", "w.csv", csv.as_bytes()).await.status,
        StatusCode::SEE_OTHER
    );
    let page = superior.get("/telework/works/chart").await;
    let text = page.ok();
    assert!(text.contains("「紙の文書を使う」</strong>です。75件・年750時間"), "{text}");
    assert!(
        text.contains("<svg class=\"chart\"")
            && text.contains("1,425 時間")
            && text.contains("<td class=\"num\">1,425</td>")
    );
    let first = superior.get("/telework/works").await;
    assert_eq!(first.ok().matches("<a href=\"/telework/works/").count() - tabs(first.text()), 100);
    let second = superior.get("/telework/works?page=2").await;
    assert!(second.ok().contains("業務149") && !second.text().contains("業務000"));
    assert!(superior.get("/telework/works?q=業務14&page=99").await.ok().contains("10件"));
}

/// Links to the inventory that are tabs, not rows.
fn tabs(text: &str) -> usize {
    ["chart", "staff", "rules", "import"]
        .iter()
        .map(|tab| text.matches(&format!("<a href=\"/telework/works/{tab}\"")).count())
        .sum()
}

/// The notes of a workbook, as they stand in it.
fn notes(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("xl/comments1.xml").unwrap(), &mut text)
        .unwrap();
    text
}
