//! What leaves for other systems and what is counted: payroll, the attendance book, overtime, a
//! year in figures.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use people::{Deed, StaffId};
use serde::{Deserialize, Serialize};
use telework::attendance::{MONTH_LIMIT, YEAR_LIMIT};
use telework::payroll::{Column, Encoding, HoursAs, Layout};
use utoipa::ToSchema;

use crate::Route;
use crate::call::id_of;
use crate::close::asked_month;
use crate::exports::{attendance_file, declare_now, layout, payroll_file, shown};
use crate::overtime::sums;
use crate::year::{Figures, asked_year, figures};
use crate::{month, office, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::call::{Body, PathOf};
use kit::http::packed::{FileOut, packed};
use kit::http::seen::Seen;
use kit::http::{Access, Answer, Lang, Method, call};
use kit::http::{Caller, Done, ErrorBody, Reason, Scope, changed, json, refused};

/// The layout of the payroll file.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayoutBody {
    /// In the order of the file: `body`, `month`, `login`, `name`, `division_code`,
    /// `division_name`, `employment`, `days`, `home_days`, `worked`, `connected`,
    /// `overtime`, `allowance`, `allowance_arrears`.
    #[schema(
        max_items = 20,
        example = json!(["month", "login", "name", "overtime", "allowance", "allowance_arrears"]))]
    columns: Vec<String>,
    /// Whether the first row holds headings.
    headings: bool,
    /// Characters.
    encoding: EncodingName,
    /// How hours are written.
    hours: HoursName,
    /// What stands, in short: sent back with a change, which is refused where it is another by
    /// then.
    revision: String,
}

/// Characters of a file.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EncodingName {
    /// UTF-8 with byte order mark
    Utf8,
    /// Shift_JIS
    ShiftJis,
}

/// How hours are written.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HoursName {
    /// `7:45`
    Clock,
    /// `465`
    Minutes,
    /// `7.75`
    Decimal,
}

/// The layout of the payroll file.
#[utoipa::path(
    get,
    path = "/api/v1/telework/payroll",
    tag = "telework",
    security(("token" = ["telework:export"])),
    responses((status = 200, description = "The layout", body = LayoutBody)),
)]
pub(crate) async fn declared(caller: Caller, State(app): State<Kit>) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let layout = layout(&mut *app.store.read().await?, permit.body()).await?;
    json(&LayoutBody {
        columns: layout.columns.iter().map(|column| column.key().to_owned()).collect(),
        headings: layout.headings,
        encoding: if layout.encoding == Encoding::Utf8 {
            EncodingName::Utf8
        } else {
            EncodingName::ShiftJis
        },
        hours: match layout.hours {
            HoursAs::Clock => HoursName::Clock,
            HoursAs::Minutes => HoursName::Minutes,
            HoursAs::Decimal => HoursName::Decimal,
        },
        revision: shown(Lang::Ja, &layout).revision(),
    })
}

/// Declares the layout of the payroll file.
#[utoipa::path(
    post,
    path = "/api/v1/telework/payroll",
    tag = "telework",
    security(("token" = ["telework:export"])),
    request_body = LayoutBody,
    responses(
        (status = 200, description = "Kept", body = Done),
        (status = 409, description = "Somebody changed it since it was read", body = ErrorBody),
        (status = 422, description = "No such column, or one twice", body = ErrorBody),
    ),
)]
pub(crate) async fn declare(
    caller: Caller,
    State(app): State<Kit>,
    Body(new): Body<LayoutBody>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let column = |key: &String| Column::ALL.into_iter().find(|column| column.key() == key);
    let columns: Option<Vec<Column>> = new.columns.iter().map(column).collect();
    let layout = Layout {
        columns: columns.unwrap_or_default(),
        headings: new.headings,
        encoding: match new.encoding {
            EncodingName::Utf8 => Encoding::Utf8,
            EncodingName::ShiftJis => Encoding::ShiftJis,
        },
        hours: match new.hours {
            HoursName::Clock => HoursAs::Clock,
            HoursName::Minutes => HoursAs::Minutes,
            HoursName::Decimal => HoursAs::Decimal,
        },
    };
    let once: BTreeSet<&str> = layout.columns.iter().map(|column| column.key()).collect();
    if once.len() != layout.columns.len() || !layout.is_valid() {
        let words = "列は、あるものを一度ずつ並べてください。";
        return Ok(refused(vec![Reason::new("bad_columns", words)]));
    }
    match declare_now(&app, &permit, Lang::Ja, &layout, Seen::Revision(&new.revision)).await? {
        stands if stands.is_empty() => json(&Done::yes()),
        stands => Ok(changed(stands)),
    }
}

/// The payroll file of a closed month. That it was taken out is on record.
#[utoipa::path(
    post,
    path = "/api/v1/telework/months/{month}/payroll",
    tag = "telework",
    security(("token" = ["telework:export"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    responses(
        (status = 200, description = "The file", body = FileOut),
        (
            status = 422,
            description = "The month is not closed, or the layout does not do",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn payroll(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(of): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    match payroll_file(&app, &permit, asked_month(&of)?).await? {
        Ok(file) => packed(file).await,
        Err(why) => Ok(refused(vec![why.reason(Lang::Ja)])),
    }
}

/// Which book.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichBook {
    /// Code of the division; none for the whole body, where it is small enough.
    #[serde(default)]
    division: Option<String>,
    /// As what.
    format: BookFormat,
}

/// As what a book is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BookFormat {
    /// Excel
    Xlsx,
    /// PDF
    Pdf,
}

/// 出勤簿: the attendance book of a month, a sheet a person. That it was taken out is on record.
#[utoipa::path(
    post,
    path = "/api/v1/telework/months/{month}/attendance",
    tag = "telework",
    security(("token" = ["telework:export"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    request_body = WhichBook,
    responses(
        (status = 200, description = "The book", body = FileOut),
        (status = 422, description = "Nobody, or too many for one book", body = ErrorBody),
    ),
)]
pub(crate) async fn attendance(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(of): PathOf<String>,
    Body(which): Body<WhichBook>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let division = id_of(&app, permit.body(), which.division.as_deref()).await?;
    let division = if division.is_empty() {
        None
    } else {
        Some(division.parse().map_err(|_| Refusal::NotFound)?)
    };
    let pdf = which.format == BookFormat::Pdf;
    match attendance_file(&app, &permit, asked_month(&of)?, division, pdf).await? {
        Ok(file) => packed(file).await,
        Err(why) => Ok(refused(vec![why.reason(Lang::Ja)])),
    }
}

/// One person's overtime.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OvertimeInfo {
    /// Sign-in name.
    login: String,
    /// Minutes of the month.
    month_minutes: u32,
    /// Minutes of the fiscal year up to it.
    year_minutes: u32,
}

/// Overtime.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OvertimeSums {
    /// Whether the month is closed.
    closed: bool,
    /// What a month may have, minutes.
    month_limit_minutes: u32,
    /// What a fiscal year may have, minutes.
    year_limit_minutes: u32,
    /// Open months of the year that were not counted.
    left_out: Vec<String>,
    /// Everybody with overtime.
    people: Vec<OvertimeInfo>,
}

/// Overtime of a month and of its fiscal year so far, against 45 and 360 hours.
#[utoipa::path(
    get,
    path = "/api/v1/telework/months/{month}/overtime",
    tag = "telework",
    security(("token" = ["telework:close"])),
    params(("month" = String, Path, description = "The month", example = "2026-10")),
    responses((status = 200, description = "Overtime", body = OvertimeSums)),
)]
pub(crate) async fn overtime(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(of): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let of = asked_month(&of)?;
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, permit.body()).await?;
    let found = sums(&mut conn, permit.body(), of, &office, app.now()).await?;
    let staff = store::staff::all(&mut conn, permit.body()).await?;
    drop(conn);
    let minutes = |all: &BTreeMap<StaffId, telework::time::Minutes>, id| {
        all.get(&id).copied().unwrap_or_default().0
    };
    let people = staff.iter().map(|one| OvertimeInfo {
        login: one.login.to_string(),
        month_minutes: minutes(&found.month, one.id),
        year_minutes: minutes(&found.year, one.id),
    });
    json(&OvertimeSums {
        closed: found.closed,
        month_limit_minutes: MONTH_LIMIT.0,
        year_limit_minutes: YEAR_LIMIT.0,
        left_out: found.left_out.iter().map(|one| month::key(*one)).collect(),
        people: people.filter(|one| one.month_minutes > 0 || one.year_minutes > 0).collect(),
    })
}

/// One month of a year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct YearMonth {
    /// The month.
    month: String,
    /// Whether it is closed.
    closed: bool,
    /// People with an approved day.
    people: u32,
    /// Approved requests by form.
    days: BTreeMap<&'static str, u32>,
    /// Minutes worked, of a closed month.
    worked_minutes: Option<u32>,
    /// Minutes of overtime, of a closed month.
    overtime_minutes: Option<u32>,
}

/// One division in a year: of its closed months.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct YearDivision {
    /// Its code; none for whoever had no division.
    division: Option<String>,
    /// People.
    people: u32,
    /// Days ordered.
    days: u32,
    /// Minutes worked.
    worked_minutes: u32,
    /// Minutes of overtime.
    overtime_minutes: u32,
}

/// A fiscal year.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct YearFigures {
    /// People with an approved day in it.
    people: u32,
    /// April to March.
    months: Vec<YearMonth>,
    /// Division by division.
    divisions: Vec<YearDivision>,
}

/// A fiscal year in figures.
#[utoipa::path(
    get,
    path = "/api/v1/telework/years/{year}",
    tag = "telework",
    security(("token" = ["telework:close"])),
    params(("year" = String, Path, description = "The year it begins in", example = "2026")),
    responses((status = 200, description = "The year", body = YearFigures)),
)]
pub(crate) async fn year(
    caller: Caller,
    State(app): State<Kit>,
    PathOf(year): PathOf<String>,
) -> Answer {
    let permit = caller.permit(Deed::ManageTelework)?;
    let body = permit.body();
    let year = asked_year(&year).ok_or(Refusal::NotFound)?;
    let mut conn = app.store.read().await?;
    let Figures { forms, people, kept, parts, ledgers, divisions } =
        figures(&mut conn, body, year).await?;
    drop(conn);
    let months = year.months().map(|of| YearMonth {
        month: month::key(of),
        closed: ledgers.get(&of).is_some_and(telework::close::Ledger::is_closed),
        people: people.get(&Some(of)).copied().unwrap_or(0),
        days: forms
            .iter()
            .filter(|one| one.month == of)
            .map(|one| (words::form_key(one.form), one.requests))
            .collect(),
        worked_minutes: kept.get(&of).map(|sums| sums.worked),
        overtime_minutes: kept.get(&of).map(|sums| sums.overtime),
    });
    let code = |id| divisions.iter().find(|one| one.id == id).map(|one| one.code.clone());
    let divisions = parts.iter().map(|(id, sums)| YearDivision {
        division: id.and_then(code),
        people: sums.people,
        days: sums.days,
        worked_minutes: sums.worked,
        overtime_minutes: sums.overtime,
    });
    json(&YearFigures {
        people: people.get(&None).copied().unwrap_or(0),
        months: months.collect(),
        divisions: divisions.collect(),
    })
}

pub(super) fn routes() -> Vec<Route> {
    use Scope::{TeleworkClose, TeleworkExport};
    let api = Access::Api;
    vec![
        call(Method::Get, "/api/v1/telework/payroll", api(TeleworkExport), declared),
        call(Method::Post, "/api/v1/telework/payroll", api(TeleworkExport), declare),
        call(Method::Post, "/api/v1/telework/months/{month}/payroll", api(TeleworkExport), payroll),
        call(
            Method::Post,
            "/api/v1/telework/months/{month}/attendance",
            api(TeleworkExport),
            attendance,
        ),
        call(Method::Get, "/api/v1/telework/months/{month}/overtime", api(TeleworkClose), overtime),
        call(Method::Get, "/api/v1/telework/years/{year}", api(TeleworkClose), year),
    ]
}
