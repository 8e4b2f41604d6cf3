//! `/admin/telework/export`: the payroll file by the layout the body declares, and the attendance
//! book (出勤簿).

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use people::{BodyCode, Deed, Division, DivisionId, Permit, Staff, StaffId};
use serde::Deserialize;
use store::Conn;
use telework::close::Ledger;
use telework::pay::Paid;
use telework::payroll::{Column, Encoding, HoursAs, Layout, Line, rows};
use telework::time::{Month, tokyo};

use super::book::{Person, workbook};
use super::{member_of, moment, month, office, words};
use crate::Route;
use crate::papers::attendance::Book;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown, yes};
use kit::http::{Answer, Ctx, Form, Lang, Reason, SignedIn, get, page_with, post, see_other};
use kit::{papers, sheet};

/// Name of the setting.
const PAYROLL: &str = "payroll";
/// Months one can choose from: two years and the one that runs.
const MONTHS: usize = 25;
/// Sheets of one attendance book: more is for the divisions one by one.
const SHEETS: usize = 200;

#[derive(Template)]
#[template(path = "telework/export.html")]
struct Page {
    ctx: Ctx,
    /// Months to choose from: key, name with whether it is closed, chosen.
    months: Vec<(String, String, bool)>,
    columns: Vec<Choice>,
    headings: bool,
    sjis: bool,
    hours: String,
    example: Vec<String>,
    divisions: Vec<(String, String)>,
    /// What stands now of the layout, for the field that comes back.
    seen: String,
    unkept: Unkept,
}

/// What was not done, and why; a layout that was typed is shown again.
#[derive(Default)]
struct Unkept {
    faults: Vec<String>,
    /// What somebody else changed since the form was shown.
    changed: Changed,
    typed: Option<BTreeMap<String, String>>,
    /// The division whose attendance book was asked for.
    division: String,
}

struct Choice {
    key: &'static str,
    text: &'static str,
    /// Its place in the file, from 1; empty when it is left out.
    place: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    month: String,
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    render(&app, visit, &asked.month, Unkept::default(), StatusCode::OK).await
}

/// The layout: a place for each column that is wanted, and how the file is written.
async fn declare(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let mut places: Vec<(u32, Column)> = Vec::new();
    let mut odd = false;
    for column in Column::ALL {
        match field(&format!("place-{}", column.key())).trim() {
            "" => {}
            text => match text.parse() {
                Ok(place) => places.push((place, column)),
                Err(_) => odd = true,
            },
        }
    }
    places.sort_by_key(|(place, _)| *place);
    odd |= places.windows(2).any(|pair| pair[0].0 == pair[1].0);
    let layout = Layout {
        columns: places.into_iter().map(|(_, column)| column).collect(),
        headings: field("headings") == "yes",
        encoding: if field("encoding") == "shift_jis" {
            Encoding::ShiftJis
        } else {
            Encoding::Utf8
        },
        hours: match field("hours") {
            "minutes" => HoursAs::Minutes,
            "decimal" => HoursAs::Decimal,
            _ => HoursAs::Clock,
        },
    };
    let lang = visit.ctx.lang;
    let declared = match odd || !layout.is_valid() {
        true => None,
        false => Some(declare_now(&app, &permit, lang, &layout, Seen::Form(field("seen"))).await?),
    };
    match declared {
        Some(changed) if changed.is_empty() => Ok(see_other("/admin/telework/export?done=saved")),
        Some(changed) => {
            let unkept = Unkept { changed, typed: Some(fields), ..Unkept::default() };
            render(&app, visit, "", unkept, StatusCode::CONFLICT).await
        }
        None => {
            let words = lang.t(
                "使う列に、1から順に違う番号を入れてください。",
                "Number the columns you want, each once.",
            );
            let unkept =
                Unkept { faults: vec![words.to_owned()], typed: Some(fields), ..Unkept::default() };
            render(&app, visit, "", unkept, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// What the form of the layout shows.
pub(crate) fn shown(lang: Lang, layout: &Layout) -> Shown {
    let columns: Vec<&str> = layout.columns.iter().map(|column| heading(lang, *column)).collect();
    let encoding = if layout.encoding == Encoding::ShiftJis { "Shift_JIS" } else { "UTF-8" };
    let hours = match layout.hours {
        HoursAs::Clock => "7:45",
        HoursAs::Minutes => "465",
        HoursAs::Decimal => "7.75",
    };
    Shown::default()
        .with("columns", lang.t("列", "Columns"), columns.join(lang.t("、", ", ")))
        .with(
            "headings",
            lang.t("1行目の見出し", "Headings in the first row"),
            yes(lang, layout.headings),
        )
        .with("encoding", lang.t("文字コード", "Characters"), encoding)
        .with("hours", lang.t("時間の書き方", "Hours as"), hours)
}

/// Keeps a layout that is one. What somebody changed that the sender has not seen; then it stays.
pub(crate) async fn declare_now(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    layout: &Layout,
    seen: Seen<'_>,
) -> Result<Changed, Refusal> {
    let mut tx = app.write_as(&permit).await?;
    let changed = shown(lang, &self::layout(&mut tx, permit.body()).await?).unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(changed);
    }
    store::telework::put_setting(&mut tx, permit.body(), PAYROLL, layout, app.now()).await?;
    let columns: Vec<&str> = layout.columns.iter().map(|column| column.key()).collect();
    let event =
        permit.event(Kind::TELEWORK_RULES_CHANGED, "payroll").with("columns", columns.join(" "));
    tx.commit(Decision::new((), event)).await?;
    Ok(Changed::default())
}

/// The layout that was declared, or the shipped one.
pub(crate) async fn layout(conn: &mut Conn, body: BodyCode) -> Result<Layout, Refusal> {
    Ok(store::telework::setting(conn, body, PAYROLL).await?.unwrap_or_default())
}

#[derive(Deserialize)]
struct Wanted {
    month: String,
    #[serde(default)]
    division: String,
}

async fn payroll(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(name): Path<String>,
    Form(wanted): Form<Wanted>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    if name != "payroll.csv" {
        return Err(Refusal::NotFound);
    }
    match payroll_file(&app, &permit, asked_month(&wanted.month)?).await? {
        Ok(file) => Ok(file),
        Err(why) => {
            let faults = vec![why.reason(visit.ctx.lang).message];
            let unkept = Unkept { faults, ..Unkept::default() };
            render(&app, visit, &wanted.month, unkept, why.status()).await
        }
    }
}

/// Why there is no file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NoFile {
    /// The month is not closed.
    Open,
    /// Something is made good this month, and the layout has no column for it.
    NoArrears,
    /// Characters that the encoding does not have.
    Unencodable(String),
    /// Nobody, or too many for one book.
    Sheets,
}

impl NoFile {
    /// What a page answers then.
    fn status(&self) -> StatusCode {
        match self {
            Self::Open | Self::NoArrears => StatusCode::CONFLICT,
            Self::Unencodable(_) | Self::Sheets => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// For people, with its code.
    pub(crate) fn reason(&self, lang: Lang) -> Reason {
        let (code, ja, en) = match self {
            Self::Open => (
                "month_open",
                "締めた月だけ出力できます。先に「月次の締め」で締めてください。".to_owned(),
                "Close the month first.".to_owned(),
            ),
            Self::NoArrears => (
                "no_arrears_column",
                "この月には在宅勤務等手当の遡及・戻入がありますが、CSVの様式にその列がありません。様式に「在宅勤務等手当（遡及・戻入）」を加えてください。".to_owned(),
                "This month makes good some of the allowance of earlier months, and the layout \
                 has no column for it. Please add it."
                    .to_owned(),
            ),
            Self::Unencodable(odd) => (
                "unencodable",
                format!(
                    "Shift_JISで書けない文字があります：{odd}。UTF-8を選ぶか、氏名・所属名を直してください。"
                ),
                format!("Shift_JIS has no {odd}. Choose UTF-8 or change the names."),
            ),
            Self::Sheets => (
                "too_many_or_none",
                format!("1つの出勤簿は1人から{SHEETS}人までです。所属を選んでください。"),
                format!("One book holds 1 to {SHEETS} people: choose a division."),
            ),
        };
        Reason::new(code, if lang == Lang::Ja { ja } else { en })
    }
}

/// The payroll file of a closed month; figures that may still change are not handed on. That it was
/// taken out is on record.
pub(crate) async fn payroll_file(
    app: &Kit,
    permit: &Permit,
    of: Month,
) -> Result<Result<Response, NoFile>, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    if !store::telework::ledger(&mut tx, body, of).await?.is_closed() {
        return Ok(Err(NoFile::Open));
    }
    let layout = layout(&mut tx, body).await?;
    let lines = lines(&mut tx, body, of).await?;
    if lines.iter().any(|line| line.arrears != 0) && !layout.columns.contains(&Column::Arrears) {
        return Ok(Err(NoFile::NoArrears));
    }
    let bytes = match encoded(&rows(&layout, &lines), layout.encoding) {
        Ok(bytes) => bytes,
        Err(odd) => return Ok(Err(NoFile::Unencodable(odd))),
    };
    let event = permit.event(Kind::PAYROLL_EXPORTED, month::key(of)).with("people", lines.len());
    tx.commit(Decision::new((), event)).await?;
    let kind = match layout.encoding {
        Encoding::Utf8 => "text/csv; charset=utf-8",
        Encoding::ShiftJis => "text/csv; charset=shift_jis",
    };
    Ok(Ok(download(&format!("payroll-{}.csv", month::key(of)), kind, bytes)?))
}

/// Everybody who counts for pay in a month: who had a record, and whose period of the allowance
/// holds it.
async fn lines(conn: &mut Conn, body: BodyCode, of: Month) -> Result<Vec<Line>, Refusal> {
    let sums: BTreeMap<StaffId, _> = store::telework::sheets(conn, body, of)
        .await?
        .into_iter()
        .map(|row| (row.staff, row))
        .collect();
    let staff = store::staff::all(conn, body).await?;
    let members = store::telework::members(conn, body).await?;
    let divisions: BTreeMap<DivisionId, Division> =
        store::divisions::all(conn, body).await?.into_iter().map(|one| (one.id, one)).collect();
    let mut pay = store::telework::pay(conn, body).await?;
    let due: BTreeMap<StaffId, Paid> =
        pay.iter_mut().filter_map(|(staff, paid)| Some((*staff, paid.remove(&of)?))).collect();
    let line = |one: &Staff| {
        let sum = sums.get(&one.id);
        let division =
            sum.map_or(one.division, |row| row.division).and_then(|id| divisions.get(&id));
        Line {
            body: body.to_string(),
            month: of,
            login: one.login.to_string(),
            name: one.name.to_string(),
            division: division.map_or((String::new(), String::new()), |one| {
                (one.code.clone(), one.name.to_string())
            }),
            employment: words::employment(Lang::Ja, member_of(one, &members).employment).to_owned(),
            days: sum.map_or(0, |row| row.days),
            home_days: sum.map_or(0, |row| row.home_days),
            worked: sum.map(|row| row.worked).unwrap_or_default(),
            connected: sum.map(|row| row.connected).unwrap_or_default(),
            overtime: sum.map(|row| row.overtime).unwrap_or_default(),
            allowance: due.get(&one.id).map_or(0, |paid| paid.yen),
            arrears: due.get(&one.id).map_or(0, |paid| paid.arrears),
        }
    };
    Ok(staff
        .iter()
        .filter(|one| sums.contains_key(&one.id) || due.contains_key(&one.id))
        .map(line)
        .collect())
}

/// The bytes, or the characters the encoding does not have.
fn encoded(rows: &[Vec<String>], encoding: Encoding) -> Result<Vec<u8>, String> {
    let utf8 = sheet::to_csv(rows);
    if encoding == Encoding::Utf8 {
        return Ok(utf8);
    }
    let text = String::from_utf8_lossy(&utf8).trim_start_matches('\u{feff}').to_owned();
    let (bytes, _, odd) = encoding_rs::SHIFT_JIS.encode(&text);
    if !odd {
        return Ok(bytes.into_owned());
    }
    let missing = |c: &char| encoding_rs::SHIFT_JIS.encode(&c.to_string()).2;
    let found: std::collections::BTreeSet<char> = text.chars().filter(missing).collect();
    Err(found.into_iter().take(20).map(String::from).collect::<Vec<_>>().join(" "))
}

async fn attendance(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(name): Path<String>,
    Form(wanted): Form<Wanted>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let pdf = match name.as_str() {
        "attendance.xlsx" => false,
        "attendance.pdf" => true,
        _ => return Err(Refusal::NotFound),
    };
    let division = match wanted.division.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Refusal::NotFound)?),
    };
    match attendance_file(&app, &permit, asked_month(&wanted.month)?, division, pdf).await? {
        Ok(file) => Ok(file),
        Err(why) => {
            let faults = vec![why.reason(visit.ctx.lang).message];
            let unkept = Unkept { faults, division: wanted.division, ..Unkept::default() };
            render(&app, visit, &wanted.month, unkept, why.status()).await
        }
    }
}

/// The attendance book of a division (or of a small body), one sheet a person. That it was taken
/// out is on record.
pub(crate) async fn attendance_file(
    app: &Kit,
    permit: &Permit,
    of: Month,
    division: Option<DivisionId>,
    pdf: bool,
) -> Result<Result<Response, NoFile>, Refusal> {
    let (body, now) = (permit.body(), app.now());
    let mut tx = app.write_as(permit).await?;
    let office = office(&mut tx, body).await?;
    let division = match division {
        None => None,
        Some(id) => {
            Some(store::divisions::find(&mut tx, body, id).await?.ok_or(Refusal::NotFound)?)
        }
    };
    let staff = match &division {
        Some(division) => store::staff::in_division(&mut tx, body, division.id).await?,
        None => store::staff::all(&mut tx, body).await?,
    };
    if staff.is_empty() || staff.len() > SHEETS {
        return Ok(Err(NoFile::Sheets));
    }
    let names: BTreeMap<DivisionId, String> = store::divisions::all(&mut tx, body)
        .await?
        .into_iter()
        .map(|one| (one.id, one.name.to_string()))
        .collect();
    let closed = store::telework::ledger(&mut tx, body, of).await?.is_closed();
    // One read of the month for a few; the whole month's rows for everybody are no more work than a
    // division's.
    let mut found = month::together(&mut tx, body, None, of, &office, now).await?.sheets;
    let people: Vec<Person> = staff
        .into_iter()
        .map(|one| Person {
            login: one.login.to_string(),
            name: one.name.to_string(),
            division: one.division.and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
            sheet: found.remove(&one.id).unwrap_or_default(),
        })
        .collect();
    let body_name = app.bodies().full_name(body);
    let event = permit
        .event(Kind::ATTENDANCE_EXPORTED, month::key(of))
        .with("people", people.len())
        .with("division", division.map_or(String::new(), |one| one.name.to_string()));
    if pdf {
        // The record says that it was taken out: without a document there is none. Printing takes a
        // while: nobody else waits for it to write.
        drop(tx);
        let book = people.iter().map(|person| Book {
            body: &body_name,
            division: &person.division,
            name: &person.name,
            month: of,
            closed,
            calendar: &office.calendar,
            sheet: &person.sheet,
        });
        let books: Vec<Book<'_>> = book.collect();
        let paper = crate::papers::attendance::together(&body_name, &books);
        let bytes = papers::pdf(paper, (body, permit.actor())).await?;
        app.write_as(&permit).await?.commit(Decision::new((), event)).await?;
        return Ok(Ok(papers::file(&format!("attendance-{}.pdf", month::key(of)), bytes)));
    }
    let bytes = workbook(&body_name, of, closed, &people, &office.calendar)?;
    tx.commit(Decision::new((), event)).await?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(Ok(download(&format!("attendance-{}.xlsx", month::key(of)), kind, bytes)?))
}

/// A column for people; in the file its heading is Japanese.
fn heading(lang: Lang, column: Column) -> &'static str {
    let english = match column {
        Column::Body => "Code of the body",
        Column::Month => "Month",
        Column::Login => "Staff number",
        Column::Name => "Name",
        Column::DivisionCode => "Code of the division",
        Column::DivisionName => "Division",
        Column::Employment => "Kind of appointment",
        Column::Days => "Days of telework",
        Column::HomeDays => "Days at home",
        Column::Worked => "Hours worked",
        Column::Connected => "Hours connected",
        Column::Overtime => "Overtime",
        Column::Allowance => "Allowance",
        Column::Arrears => "Allowance made good",
    };
    lang.t(column.heading(), english)
}

fn asked_month(text: &str) -> Result<Month, Refusal> {
    format!("{text}-01").parse().map(Month::of).map_err(|_| Refusal::Malformed("month"))
}

fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Result<Response, Refusal> {
    let disposition = header::HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, header::HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, Body::from(bytes)).into_response())
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    asked: &str,
    unkept: Unkept,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang) = (permit.body(), visit.ctx.lang);
    let of = month::parse(asked, Month::of(tokyo(moment(app.now())).date()).before());
    let mut conn = app.store.read().await?;
    let layout = layout(&mut conn, body).await?;
    let this = Month::of(tokyo(moment(app.now())).date());
    let all: Vec<Month> =
        std::iter::successors(Some(this), |month| Some(month.before())).take(MONTHS).collect();
    let oldest = all.last().copied().unwrap_or(this);
    let ledgers = store::telework::ledgers(&mut conn, body, oldest, this).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    drop(conn);
    let named = |month: Month| match ledgers.get(&month).is_some_and(Ledger::is_closed) {
        true => format!("{} {}", month::name(lang, month), lang.t("締め済み", "closed")),
        false => format!("{} {}", month::name(lang, month), lang.t("締め前", "open")),
    };
    let typed = |name: &str| {
        unkept.typed.as_ref().map(|fields| fields.get(name).map_or("", String::as_str))
    };
    let place = |column: Column| {
        let stands = layout.columns.iter().position(|one| *one == column);
        let typed = typed(&format!("place-{}", column.key()));
        typed.map_or_else(|| stands.map_or(String::new(), |at| (at + 1).to_string()), str::to_owned)
    };
    let hours = match layout.hours {
        HoursAs::Clock => "clock",
        HoursAs::Minutes => "minutes",
        HoursAs::Decimal => "decimal",
    };
    let view = Page {
        months: all.iter().map(|month| (month::key(*month), named(*month), *month == of)).collect(),
        columns: Column::ALL
            .map(|one| Choice { key: one.key(), text: heading(lang, one), place: place(one) })
            .into(),
        headings: typed("headings").map_or(layout.headings, |text| text == "yes"),
        sjis: typed("encoding")
            .map_or(layout.encoding == Encoding::ShiftJis, |text| text == "shift_jis"),
        hours: typed("hours").unwrap_or(hours).to_owned(),
        example: layout.columns.iter().map(|column| heading(lang, *column).to_owned()).collect(),
        divisions: divisions.iter().map(|one| (one.id.to_string(), one.name.to_string())).collect(),
        seen: unkept.changed.seen(typed("seen"), &shown(lang, &layout)),
        unkept,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageTelework);
    vec![
        get("/admin/telework/export", may, show),
        post("/admin/telework/export", may, declare),
        post("/admin/telework/export/payroll/{name}", may, payroll).fresh(),
        post("/admin/telework/export/attendance/{name}", may, attendance).fresh(),
    ]
}
