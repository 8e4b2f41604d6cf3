//! One workbook of a case: a sheet with every body's answer, and the tables behind it.

use std::borrow::Cow;

use axum::extract::{Path, State};
use exchange::body::{Bodies, body};
use exchange::case::{Delivery, Right};
use exchange::form::CODE_COLUMN;
use exchange::form::{Form, Kind};
use exchange::import::{fields, headers};
use exchange::tally::Tally;
use exchange::value::Sheet;
use people::{Actor, Deed};
use rust_xlsxwriter::{Color, Format, Workbook, XlsxError};

use super::{access, tables};
use crate::Exchange;
use crate::Route;
use crate::download::as_download;
use crate::tables::workbook;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, SignedIn, get};
use kit::sheet::XLSX;
use kit::time;

/// A line of the first sheet.
struct Line {
    code: String,
    prefecture: Cow<'static, str>,
    name: Cow<'static, str>,
    state: &'static str,
    submitted: String,
    receipt: String,
    proxy: bool,
    sheet: Option<Sheet>,
}

async fn download(
    visit: SignedIn,
    State(app): State<Exchange>,
    Path(case): Path<String>,
) -> Answer {
    let (name, bytes) = made(&app, &visit.actor, &case).await?;
    Ok(as_download(&name, XLSX, bytes))
}

/// The workbook of a prefecture, or of the country for the ministry, with the name to keep it
/// under.
pub(crate) async fn made(
    app: &Exchange,
    by: &Actor,
    case: &str,
) -> Result<(String, Vec<u8>), Refusal> {
    let mut conn = app.store.read().await?;
    let id = access::case_id(case)?;
    let (seat, found, _) = access::open_case(&mut conn, by, id).await?;
    let form = access::form_of(app, &mut conn, &found).await?.ok_or(Refusal::NotFound)?;
    let via = if seat.ministry() { None } else { Some(seat.person.body) };
    if via.is_some() && !access::watches(&mut conn, &seat, id).await? {
        return Err(Refusal::NotFound);
    }
    let deliveries = store::exchange::deliveries(&mut conn, id, via).await?;
    let own = via.map(|code| tables::Which {
        scope: "prefecture".into(),
        prefecture: code.to_string(),
        ..Default::default()
    });
    let counted = tables::count(app, &mut conn, by, id, &own.unwrap_or_default()).await?;
    drop(conn);
    let known = app.bodies();
    let lines: Vec<Line> = deliveries
        .iter()
        .map(|delivery| {
            // The answer as far as this office may see it: what is still with the body is not
            // shown.
            let permit = seat.member().permit(Right::See, delivery).ok();
            let answer = permit.as_ref().and_then(|permit| delivery.answer_for(permit));
            line(&known, delivery, answer.map(|answer| (answer.sheet.clone(), answer.proxy)))
        })
        .collect();
    let made = tokio::task::spawn_blocking(move || write(&form, &lines, &counted.tallies));
    let internal = |error: String| Refusal::Internal(error);
    let bytes = made
        .await
        .map_err(|error| internal(error.to_string()))?
        .map_err(|error| internal(error.to_string()))?;
    Ok((format!("{id}-answers.xlsx"), bytes))
}

fn line(known: &Bodies, delivery: &Delivery, answer: Option<(Sheet, bool)>) -> Line {
    let found = body(known, delivery.to.body).ok();
    let receipt = delivery.receipts.last();
    let (sheet, proxy) = answer.map_or((None, false), |(sheet, proxy)| (Some(sheet), proxy));
    Line {
        code: delivery.to.body.to_string(),
        prefecture: found.map(|body| body.prefecture.clone()).unwrap_or_default(),
        name: found.map(|body| body.name.clone()).unwrap_or_default(),
        state: delivery.state.ja(),
        submitted: receipt.map(|receipt| moment(receipt.at.as_millisecond())).unwrap_or_default(),
        receipt: receipt.map(|receipt| receipt.number.to_string()).unwrap_or_default(),
        proxy,
        sheet,
    }
}

fn moment(ms: i64) -> String {
    let at = time::civil(ms);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute()
    )
}

/// The first sheet has the headings an import knows, so that it can be sent in again.
fn write(form: &Form, lines: &[Line], tallies: &[Tally]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("回答一覧")?;
    let head =
        Format::new().set_bold().set_background_color(Color::RGB(0x00E8_EEF4)).set_text_wrap();
    let text = Format::new().set_num_format_index(49);
    let fixed = [CODE_COLUMN, "都道府県名", "団体名", "状態", "提出日時", "受付番号", "代理入力"];
    let mut columns: u16 = 0;
    for name in fixed {
        sheet.set_column_format(columns, &text)?;
        sheet.write_string_with_format(0, columns, name, &head)?;
        columns += 1;
    }
    for question in &form.questions {
        // What is not a number stays as it is typed, in the lines that are still empty too.
        let figures =
            matches!(question.kind, Kind::Number { .. } | Kind::Money { .. } | Kind::Grid { .. });
        let names = headers(question);
        let reason = question.change.as_ref().and_then(|_| names.last());
        for name in &names {
            if !figures || reason == Some(name) {
                sheet.set_column_format(columns, &text)?;
            }
            sheet.write_string_with_format(0, columns, name, &head)?;
            columns += 1;
        }
    }
    for (row, line) in (1u32..).zip(lines) {
        let proxy = if line.proxy { "代理" } else { "" };
        let fixed: [&str; 7] = [
            &line.code,
            line.prefecture.as_ref(),
            line.name.as_ref(),
            line.state,
            &line.submitted,
            &line.receipt,
            proxy,
        ];
        for (column, cell) in (0u16..).zip(fixed) {
            sheet.write_string_with_format(row, column, cell, &text)?;
        }
        let Some(answer) = &line.sheet else { continue };
        for (column, cell) in
            (7u16..).zip(form.questions.iter().flat_map(|question| fields(question, answer)))
        {
            // Figures as numbers, to be summed; everything else as text, which a workbook never
            // computes.
            match cell.parse::<i32>() {
                Ok(number) if cell == number.to_string() => {
                    sheet.write_number(row, column, number)?
                }
                _ if cell.is_empty() => continue,
                _ => {
                    let cell = text::guard::kept(&cell);
                    sheet.write_string_with_format(row, column, cell, &text)?
                }
            };
        }
    }
    sheet.set_freeze_panes(1, 3)?;
    sheet.autofilter(
        0,
        0,
        u32::try_from(lines.len()).unwrap_or(u32::MAX),
        columns.saturating_sub(1),
    )?;
    for (column, width) in [(0u16, 9), (1, 10), (2, 16), (3, 14), (4, 17), (5, 28), (6, 8)] {
        sheet.set_column_width(column, width)?;
    }
    workbook::add(&mut book, tallies)?;
    behind(&mut book)?;
    book.save_to_buffer()
}

/// Names the sheets behind the list, so that a reader can tell them from those that people add.
fn behind(book: &mut Workbook) -> Result<(), XlsxError> {
    let names: Vec<String> = book.worksheets().iter().skip(1).map(|sheet| sheet.name()).collect();
    let page = book.add_worksheet();
    page.set_name(::sheet::ABOUT)?;
    for (row, name) in (0u32..).zip([::sheet::LIST.to_owned()].into_iter().chain(names)) {
        page.write_string(row, 0, name)?;
    }
    page.set_hidden(true);
    Ok(())
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/exchange/cases/{id}/answers.xlsx", May(Deed::UseExchange), download)]
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use axum::http::StatusCode;
    use calamine::{Data, Reader, Xlsx};
    use exchange::case::{Stage, State};
    use exchange::form::shipped;

    use crate::country::{ELSEWHERE, PREFECTURE, R3, TOWN, answers, change, country, survey};

    #[tokio::test]
    async fn a_prefecture_gets_all_its_bodies_on_one_sheet_and_the_tables_behind() {
        let town = country().await;
        let mut given = answers(shipped::TELEWORK_R3, R3);
        let evil = given.get_mut(&TOWN.parse().unwrap()).unwrap();
        evil.reasons.insert(exchange::value::QuestionId::new("staff"), "=1+1".into());
        survey(&town, "2021-0001", shipped::TELEWORK_R3, Stage::Sent, State::Submitted, &given)
            .await;
        change(&town, "2021-0001", "012033", |delivery| delivery.state = State::Returned).await;
        let mut desk = town.sign_in_to(PREFECTURE, "desk1").await;
        let reply = desk.get("/exchange/cases/2021-0001/answers.xlsx").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let mut book: Xlsx<_> =
            calamine::open_workbook_from_rs(Cursor::new(&reply.bytes[..])).unwrap();
        assert_eq!(book.sheet_names()[..2], ["回答一覧", "導入状況"]);
        let sheet = book.worksheet_range("回答一覧").unwrap();
        let rows: Vec<Vec<String>> =
            sheet.rows().map(|row| row.iter().map(Data::to_string).collect()).collect();
        // Its 179 municipalities; the prefecture's own answer goes to the ministry.
        assert_eq!(rows.len(), 1 + 179);
        let of = |code: &str| rows.iter().find(|row| row[0] == code).unwrap();
        assert_eq!(of(TOWN)[2..4], ["函館市", "都道府県審査中"]);
        assert!(
            of(TOWN)[5].starts_with("2021-0001-012025-01") && of(TOWN).contains(&"2415".to_owned()),
            "{:?}",
            of(TOWN)
        );
        assert!(
            of("012033")[7..].iter().all(String::is_empty),
            "what was given back is the body's until it comes again"
        );
        let mut formulas = book.worksheet_cells_reader("回答一覧").unwrap();
        while let Some(formula) = formulas.next_formula().unwrap() {
            assert_eq!(formula.get_value(), "");
        }
        // Reasons and choices are text in lines that are still empty too, figures are numbers.
        let mut parts = zip::ZipArchive::new(Cursor::new(&reply.bytes[..])).unwrap();
        let mut shape = String::new();
        let mut part = parts.by_name("xl/worksheets/sheet1.xml").unwrap();
        std::io::Read::read_to_string(&mut part, &mut shape).unwrap();
        let number = |col: &str, name: &str| -> Option<u8> {
            col.split_once(name)?.1.split_once('"')?.0.parse().ok()
        };
        let is_text = |column: u8| {
            shape.split("<col ").skip(1).any(|col| {
                let (from, to) = (number(col, "min=\""), number(col, "max=\""));
                from <= Some(column) && Some(column) <= to
            })
        };
        assert!(!is_text(8) && is_text(9) && is_text(10) && !is_text(12), "{:?}", rows[0]);
        for (body, login) in [(TOWN, "desk1"), (ELSEWHERE, "desk1"), (PREFECTURE, "staff1")] {
            let mut other = town.sign_in_to(body, login).await;
            assert_eq!(
                other.get("/exchange/cases/2021-0001/answers.xlsx").await.status,
                StatusCode::NOT_FOUND,
                "{body} {login}"
            );
        }
    }
}
