//! The form as an Excel workbook, out and in: one body can answer everything in it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::Deed;
use serde::Deserialize;

use super::books::{Content, Look, Taken, body_name, is_marked, looked, made, taken};
use super::show::{After, render};
use super::{Hand, Place, Standing, Whose};
use crate::Exchange;
use crate::Route;
use crate::book::CellProblem;
use crate::download::as_download;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, SignedIn, Upload, get, page_with, post, see_other};
use kit::sheet::{Held, XLSX, hold, release};

#[derive(Template)]
#[template(path = "exchange/workbook.html")]
struct Page {
    ctx: Ctx,
    case: String,
    subject: String,
    query: String,
    body: String,
    may_enter: bool,
    /// Why the file was not taken as a whole.
    refused: Option<String>,
    /// Cell and what is wrong with it.
    faults: Vec<(String, String)>,
    /// Whether a marked copy of a refused workbook lies ready.
    marked: bool,
    /// What the workbook that was sent would do, and the number under which it waits.
    look: Option<(Look, String)>,
}

/// The word for workbooks that wait.
const KIND: &str = "answer-book";

async fn show(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(whose): Query<Whose>,
) -> Answer {
    let mut conn = app.store.read().await?;
    let place = Place::of(&app, &mut conn, &visit.actor, &case, &whose).await?;
    let marked = is_marked(&mut conn, &place).await?;
    drop(conn);
    page_with(StatusCode::OK, form_page(visit.ctx, &place, marked))
}

fn form_page(ctx: Ctx, place: &Place, marked: bool) -> Page {
    Page {
        case: place.case().to_string(),
        subject: place.opened.case.letter.subject.clone(),
        query: place.query(),
        body: body_name(place),
        may_enter: matches!(place.hand, Hand::Desk),
        refused: None,
        faults: Vec::new(),
        marked,
        look: None,
        ctx,
    }
}

/// Which workbook.
#[derive(Deserialize)]
struct Name {
    id: String,
    name: String,
}

async fn download(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(Name { id, name }): Path<Name>,
    Query(whose): Query<Whose>,
) -> Answer {
    let content = match name.as_str() {
        "empty.xlsx" => Content::Empty,
        "filled.xlsx" => Content::Filled,
        "marked.xlsx" => Content::Marked,
        _ => return Err(Refusal::NotFound),
    };
    let (name, bytes) = made(&app, &visit.actor, &id, &whose, content).await?;
    Ok(as_download(&name, XLSX, bytes))
}

/// Says what a workbook would do; it waits until somebody says that it be taken.
async fn upload(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(whose): Query<Whose>,
    upload: Upload,
) -> Answer {
    let (lang, sent) = (visit.ctx.lang, upload.file);
    let bytes = sent.as_ref().map(|file| file.bytes.clone()).unwrap_or_default();
    let look = match looked(&app, &visit.actor, lang, &case, &whose, bytes).await? {
        Ok(look) => look,
        Err(why) => return outcome(&app, visit, &case, &whose, why).await,
    };
    let Some(sent) = sent else { return Err(Refusal::Malformed("file")) };
    let waits = Held { kind: KIND, name: sent.name, bytes: sent.bytes };
    let held = hold(app.random(), visit.actor.id, app.now(), waits);
    let mut conn = app.store.read().await?;
    let place = Place::of(&app, &mut conn, &visit.actor, &case, &whose).await?;
    drop(conn);
    let page = form_page(visit.ctx, &place, false);
    page_with(StatusCode::OK, Page { look: Some((look, held)), ..page })
}

#[derive(Deserialize)]
struct Chosen {
    // Without it nothing waits; whoever asks for another body's is told first that it is not there.
    #[serde(default)]
    held: String,
}

/// Takes the workbook that was looked at: read and checked anew.
async fn take(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
    Query(whose): Query<Whose>,
    Form(chosen): Form<Chosen>,
) -> Answer {
    let lang = visit.ctx.lang;
    let done = match release(&chosen.held, visit.actor.id, KIND, app.now()) {
        Some(file) => taken(&app, &visit.actor, lang, &case, &whose, file.bytes).await?,
        None => Taken::Unread((
            "確認から時間がたったか、すでに取り込んだブックです。回答を確かめ、必要ならもう一度ブックを選んでください。"
                .to_owned(),
            "This workbook waits no longer. Look at the answer, and choose it again if need be."
                .to_owned(),
        )),
    };
    outcome(&app, visit, &case, &whose, done).await
}

/// The page that says what became of a workbook.
async fn outcome(
    app: &Exchange,
    visit: SignedIn,
    case: &str,
    whose: &Whose,
    done: Taken,
) -> Answer {
    let lang = visit.ctx.lang;
    let (refused, faults, status) = match done {
        Taken::Saved(delivery) => {
            return Ok(see_other(&format!(
                "/exchange/cases/{}/answer?done=answer-saved",
                delivery.case
            )));
        }
        Taken::Laid => return show_both(app, visit, case, whose).await,
        Taken::Faulty(faults) => {
            let words =
                |what: &CellProblem| if lang == Lang::Ja { what.ja() } else { what.to_string() };
            let faults =
                faults.iter().map(|fault| (fault.cell.clone(), words(&fault.what))).collect();
            (None, faults, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Taken::Unread((ja, en)) => {
            (Some(lang.t(&ja, &en).to_owned()), Vec::new(), StatusCode::UNPROCESSABLE_ENTITY)
        }
        Taken::Refused(words) => (Some(words), Vec::new(), StatusCode::CONFLICT),
    };
    let mut conn = app.store.read().await?;
    let place = Place::of(app, &mut conn, &visit.actor, case, whose).await?;
    let marked = is_marked(&mut conn, &place).await?;
    drop(conn);
    page_with(status, Page { refused, faults, ..form_page(visit.ctx, &place, marked) })
}

/// The page of answers with the workbook laid over the draft somebody is typing.
async fn show_both(app: &Exchange, visit: SignedIn, case: &str, whose: &Whose) -> Answer {
    let mut conn = app.store.read().await?;
    let place = Place::of(app, &mut conn, &visit.actor, case, whose).await?;
    let standing = Standing::of(&mut conn, &place).await?;
    drop(conn);
    let words = visit.ctx.t(
        "入力中の下書きがあったため、ブックの内容を下書きに重ねました。確認して保存してください。",
        "Somebody has a draft here; the workbook was laid over it. Please look and save.",
    );
    let after = After { refused: vec![words.to_owned()], ..After::default() };
    render(app, visit, &place, standing, StatusCode::CONFLICT, after).await
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::UseExchange);
    vec![
        get("/exchange/cases/{id}/answer/workbook", may, show),
        get("/exchange/cases/{id}/answer/workbook/{name}", may, download),
        post("/exchange/cases/{id}/answer/workbook", may, upload),
        post("/exchange/cases/{id}/answer/workbook/take", may, take),
    ]
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use axum::body::Body;
    use axum::http::{Request, header};
    use exchange::form::{Form, shipped};
    use exchange::value::Sheet;
    use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

    use super::*;
    use crate::book::{self, Subject};
    use crate::country::{self, ELSEWHERE, R3, TOWN, answers, case_id};
    use crate::testing::{Browser, ORIGIN, Reply, Town};

    const CASE: &str = "2021-0001";
    const PAGE: &str = "/exchange/cases/2021-0001/answer/workbook";

    async fn begun() -> (Town, Browser) {
        let town = country::begun().await;
        let mut desk = town.sign_in_to(TOWN, "desk1").await;
        desk.get(PAGE).await.ok();
        (town, desk)
    }

    fn form() -> Form {
        Form::read(shipped::TELEWORK_R3).unwrap()
    }

    /// A body's answer as the workbook it would send.
    fn workbook(form: &Form, code: &str, sheet: &Sheet) -> Vec<u8> {
        book::write(
            &Subject { form, body: code.parse().unwrap(), body_name: "" },
            sheet,
            None,
            None,
        )
        .unwrap()
    }

    fn good() -> Sheet {
        answers(shipped::TELEWORK_R3, R3)[&TOWN.parse().unwrap()].clone()
    }

    async fn saved(town: &Town) -> Option<Sheet> {
        let mut conn = town.app.store.read().await.unwrap();
        let delivery = store::exchange::delivery(&mut conn, case_id(CASE), TOWN.parse().unwrap())
            .await
            .unwrap()
            .unwrap();
        delivery.answer.map(|answer| answer.sheet)
    }

    /// Sends a workbook and says that it be taken, where it can be.
    async fn send(desk: &mut Browser, bytes: &[u8]) -> Reply {
        let looked = desk.upload(PAGE, "answer.xlsx", bytes).await;
        match held(&looked) {
            Some(held) => desk.post(&format!("{PAGE}/take"), &[("held", &held)]).await,
            None => looked,
        }
    }

    /// The number under which a workbook waits.
    fn held(reply: &Reply) -> Option<String> {
        let rest = reply.text().split_once("name=\"held\" value=\"")?.1.to_owned();
        Some(rest.split_once('"')?.0.to_owned())
    }

    #[tokio::test]
    async fn a_town_finishes_everything_in_excel() {
        let (town, mut desk) = begun().await;
        let empty = desk.get(&format!("{PAGE}/empty.xlsx")).await;
        assert!(
            empty.bytes.starts_with(b"PK")
                && empty.headers["content-disposition"]
                    .to_str()
                    .unwrap()
                    .contains("2021-0001-012025")
        );
        let mut sheet = good();
        // From 1,126 to 2,415 in a year: the form asks why.
        sheet
            .reasons
            .insert(exchange::value::QuestionId::new("staff"), "集計範囲の見直し".to_owned());
        let reply = send(&mut desk, &workbook(&form(), TOWN, &sheet)).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
        assert_eq!(saved(&town).await, Some(sheet.clone()));
        // What comes out filled goes in again the same.
        let filled = desk.get(&format!("{PAGE}/filled.xlsx")).await;
        assert_eq!(send(&mut desk, &filled.bytes).await.status, StatusCode::SEE_OTHER);
        assert_eq!(saved(&town).await, Some(sheet));
    }

    #[tokio::test]
    async fn a_workbook_is_shown_before_it_is_taken_and_what_it_replaced_comes_back() {
        let (town, mut desk) = begun().await;
        let count = |reply: &Reply, name: &str| {
            let mark = format!("data-count=\"{name}\">");
            let rest = reply.text().split_once(&mark).expect(name).1.to_owned();
            rest.split_once('<').unwrap().0.parse::<usize>().unwrap()
        };
        let counts = |reply: &Reply| {
            ["new", "changed", "gone", "same", "missing"].map(|name| count(reply, name))
        };
        let looked = desk.upload(PAGE, "a.xlsx", &forged(OURS, |_| ())).await;
        assert_eq!(counts(&looked), [3, 0, 0, 0, 0], "{}", looked.text());
        assert!(
            looked.text().contains("1,130人") && looked.text().contains("まだ何も保存していません")
        );
        assert_eq!(saved(&town).await, None, "a look saves nothing");
        let number = held(&looked).unwrap();
        // Nobody else takes it, and nobody takes it twice.
        let mut other = town.sign_in_to(TOWN, "desk2").await;
        other.get(PAGE).await;
        let take = format!("{PAGE}/take");
        let taken = other.post(&take, &[("held", &number)]).await;
        assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(saved(&town).await, None);
        let taken = desk.post(&take, &[("held", &number)]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
        let first = saved(&town).await.unwrap();
        let again = desk.post(&take, &[("held", &number)]).await;
        assert!(again.text().contains("すでに取り込んだブックです"), "{}", again.text());
        // The same once more, one figure otherwise, and one answer emptied.
        let same = desk.upload(PAGE, "a.xlsx", &forged(OURS, |_| ())).await;
        assert_eq!(counts(&same), [0, 0, 0, 3, 0], "{}", same.text());
        let figure = forged(OURS, |page| {
            page.write(4, 2, "1131").unwrap();
        });
        let other = desk.upload(PAGE, "b.xlsx", &figure).await;
        assert_eq!(counts(&other), [0, 1, 0, 2, 0], "{}", other.text());
        let emptied = forged(OURS, |page| {
            page.clear_cell(20, 2);
        });
        let gone = desk.upload(PAGE, "c.xlsx", &emptied).await;
        assert_eq!(counts(&gone)[2..4], [1, 2], "{}", gone.text());
        let taken = desk.post(&take, &[("held", &held(&gone).unwrap())]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
        assert_ne!(saved(&town).await.as_ref(), Some(&first));
        let back = "/exchange/cases/2021-0001/versions/1/again";
        assert_eq!(desk.post(back, &[("body", "")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(saved(&town).await, Some(first));
    }

    #[tokio::test]
    async fn faults_are_told_by_cell_and_in_a_marked_copy_and_nothing_is_taken() {
        let (town, mut desk) = begun().await;
        assert_eq!(desk.get(&format!("{PAGE}/marked.xlsx")).await.status, StatusCode::NOT_FOUND);
        let mut sheet = good();
        sheet.reasons.clear();
        let reply = send(&mut desk, &workbook(&form(), TOWN, &sheet)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            reply.text().contains("C5")
                && reply.text().contains("前回の1126から2415に大きく変わっています"),
            "{}",
            reply.text()
        );
        assert_eq!(saved(&town).await, None);
        let copy = desk.get(&format!("{PAGE}/marked.xlsx")).await;
        let subject_form = form();
        let subject = Subject { form: &subject_form, body: TOWN.parse().unwrap(), body_name: "" };
        assert_eq!(
            book::read(&copy.bytes, &subject, None).unwrap().sheet,
            sheet,
            "what was typed stands in the copy"
        );
        // Another desk does not get it.
        let mut other = town.sign_in_to(ELSEWHERE, "desk1").await;
        assert_eq!(
            other.get(&format!("{PAGE}/marked.xlsx?body={TOWN}")).await.status,
            StatusCode::NOT_FOUND
        );
    }

    /// The shape of a workbook of ours, with what `change` does to its answers.
    fn forged(about: [&str; 4], change: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        page.set_name("回答").unwrap();
        let lines = [
            "staff",
            "adoption",
            "forms",
            "forms",
            "forms",
            "forms",
            "forms",
            "excluded",
            "able",
            "users",
            "part_time",
            "reasons",
            "reasons",
            "reasons",
            "reasons",
            "reasons",
            "reasons",
        ];
        let headings = ["項目番号", "項目", "回答", "単位", "理由(前回から大きく変わる場合)"];
        for (column, heading) in (0u16..).zip(headings) {
            page.write(3, column, heading).unwrap();
        }
        for (row, id) in (4u32..).zip(lines) {
            page.write(row, 0, id).unwrap();
        }
        page.write(4, 2, "１，１３０人").unwrap();
        page.write(5, 2, "導入する予定はない・未定").unwrap();
        page.write(20, 2, "○").unwrap();
        change(page);
        let page = book.add_worksheet();
        page.set_name("noren").unwrap();
        for (row, text) in (0u32..).zip(about) {
            page.write(row, 0, text).unwrap();
        }
        book.save_to_buffer().unwrap()
    }

    const OURS: [&str; 4] = ["noren form workbook 1", "telework", "令和3年", TOWN];

    #[tokio::test]
    async fn each_thing_that_is_wrong_with_a_workbook_has_its_own_words() {
        let (town, mut desk) = begun().await;
        let formula = forged(OURS, |page| {
            page.write_formula(4, 2, Formula::new("=1000+130").set_result("1130")).unwrap();
        });
        let merged = forged(OURS, |page| {
            page.merge_range(30, 0, 31, 2, "x", &Format::new()).unwrap();
        });
        let date = forged(OURS, |page| {
            page.write(4, 2, "令和3年10月1日").unwrap();
        });
        let date_cell = forged(OURS, |page| {
            page.write_with_format(4, 2, 44470, &Format::new().set_num_format("yyyy/m/d")).unwrap();
        });
        let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
        bomb.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        for _ in 0..64 {
            bomb.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let mut macros = zip::ZipWriter::new(Cursor::new(Vec::new()));
        macros.start_file("xl/vbaProject.bin", zip::write::SimpleFileOptions::default()).unwrap();
        let plain = Workbook::new().add_worksheet().name();
        let mut other = Workbook::new();
        other.add_worksheet().set_name(plain).unwrap();
        let cases: [(&str, Vec<u8>, &str); 12] = [
            (
                "wrong form",
                forged(["noren form workbook 1", "budget", "令和3年", TOWN], |_| ()),
                "別の調査（budget）",
            ),
            (
                "wrong version",
                forged(["noren form workbook 1", "telework", "令和2年", TOWN], |_| ()),
                "別の版（令和2年）",
            ),
            (
                "wrong body",
                forged(["noren form workbook 1", "telework", "令和3年", ELSEWHERE], |_| ()),
                "別の団体（131016）",
            ),
            ("formula", formula, "は数式またはエラー値です"),
            ("merged cells", merged, "結合されたセル（A31:C32）があります"),
            ("a date as text", date, "は日付のようです"),
            ("a date", date_cell, "は日付のようです"),
            ("zip bomb", bomb.finish().unwrap().into_inner(), "展開すると大きすぎる"),
            ("macros", macros.finish().unwrap().into_inner(), "マクロを含むブックは受け付けません"),
            ("another workbook", other.save_to_buffer().unwrap(), "回答用ブックではありません"),
            ("no workbook", b"staff,1130".to_vec(), "として読めないファイルです"),
            ("nothing", Vec::new(), "ファイルを選んでください"),
        ];
        for (name, bytes, words) in cases {
            // As often as people try; the limit on uploads has its own test.
            town.clock.advance(120_000);
            let reply = send(&mut desk, &bytes).await;
            assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", reply.text());
            assert!(reply.text().contains(words), "{name}: {}", reply.text());
            assert_eq!(saved(&town).await, None, "{name}");
        }
        // Full-width digits are no fault.
        let reply = send(&mut desk, &forged(OURS, |_| ())).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
        assert_eq!(
            saved(&town).await.unwrap().value("staff"),
            Some(&exchange::value::Value::Number(1130))
        );
    }

    #[tokio::test]
    async fn fifty_megabytes_are_refused_before_they_are_kept() {
        let (town, mut desk) = begun().await;
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n",
            desk.csrf
        )
        .into_bytes();
        body.extend(
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n",
        );
        body.resize(50 << 20, b'x');
        let request = Request::post(PAGE)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .header(header::ORIGIN, ORIGIN)
            .body(Body::from(body))
            .unwrap();
        let reply = desk.send(request).await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(reply.text().contains("大きすぎ"), "{}", reply.text());
        assert_eq!(saved(&town).await, None);
    }

    #[tokio::test]
    async fn a_workbook_does_not_write_over_somebody_who_is_typing() {
        let (town, mut desk) = begun().await;
        let mut other = town.sign_in_to(TOWN, "desk2").await;
        other.get("/exchange/cases/2021-0001/answer").await;
        let sent = serde_json::json!({ "base": [], "fields": [["q.staff", "1200"]] });
        other.json("/exchange/cases/2021-0001/answer/draft", &sent).await.ok();
        let reply = send(&mut desk, &forged(OURS, |_| ())).await;
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert!(
            reply.text().contains("1,200人") && reply.text().contains("value=\"1130\""),
            "{}",
            reply.text()
        );
        assert_eq!(saved(&town).await, None);
    }
}
