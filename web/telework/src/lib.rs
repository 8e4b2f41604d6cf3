//! Telework days: what staff ask for, superiors decide, and the day that opens the PC.

// Read by its neighbours in the same repository, not as a library: names and places say it.
#![allow(missing_docs)]

pub(crate) mod allowance;
pub(crate) mod approvals;
mod book;
mod call;
pub mod calls;
pub(crate) mod close;
mod differences;
pub(crate) mod exports;
pub(crate) mod feeds;
pub(crate) mod hand_over;
pub(crate) mod inventory;
mod leaves;
pub(crate) mod loans;
pub(crate) mod month;
pub(crate) mod notices;
mod opening;
pub(crate) mod overtime;
pub(crate) mod own;
pub(crate) mod own_month;
pub(crate) mod papers;
pub(crate) mod people;
pub(crate) mod registration;
mod requests;
pub(crate) mod settings;
pub(crate) mod survey;
pub mod survey_answers;
#[cfg(test)]
mod survey_tests;
pub(crate) mod takeouts;
pub(crate) mod team;
#[cfg(test)]
mod testing;
#[cfg(test)]
pub(crate) mod tests;
mod typed;
pub mod waiting;
pub(crate) mod words;
pub(crate) mod year;

use std::collections::{BTreeMap, BTreeSet};

use ::people::{BodyCode, DivisionId, Staff, StaffId};
use jiff::civil::Date;
use store::Conn;
use store::telework::PaperKind;
use telework::opening::Closed;
use telework::papers::{Check, Checklist, Leave, Registration, registered_until};
use telework::request::Applicant;
use telework::rules::{Employment, Rules};
use telework::survey::Member;
use telework::time::Calendar;

use kit::Cut;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Lang;
pub(crate) use kit::secrets::hex16;
pub(crate) use kit::time::moment;

pub use close::close_month;

pub use differences::mornings;
use opening::Opener;
pub use opening::{Days, opening_for};
pub use registration::CONSENT;
pub use requests::not_away;

/// A route of this area.
pub(crate) type Route = kit::http::Route<kit::Kit>;

/// Routes of all of it.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = own::routes();
    all.extend(own::day::routes());
    all.extend(approvals::routes());
    all.extend(hand_over::routes());
    all.extend(registration::routes());
    all.extend(settings::routes());
    all.extend(inventory::routes());
    all.extend(survey::routes());
    all.extend(loans::routes());
    all.extend(takeouts::routes());
    all.extend(team::routes());
    all.extend(feeds::routes());
    all.extend(own_month::routes());
    all.extend(close::routes());
    all.extend(overtime::routes());
    all.extend(people::routes());
    all.extend(allowance::routes());
    all.extend(exports::routes());
    all.extend(year::routes());
    all.extend(papers::routes());
    all.extend(calls::routes());
    all
}

/// The refusal a program reads; its words for people are in `http/headers.rs`.
#[must_use]
pub fn refusal(closed: Closed) -> Refusal {
    Refusal::Forbidden(match closed {
        Closed::NoRequest => "telework_none",
        Closed::Waiting => "telework_waiting",
        Closed::NotApproved => "telework_not_approved",
        Closed::Early(from) => return Refusal::Early(from.as_millisecond()),
        Closed::Over => "telework_over",
    })
}

/// Whose live sessions have nothing any more that opens the PC: to be cut after the commit.
async fn unopened(conn: &mut Conn, body: BodyCode, now: i64) -> store::Result<BTreeSet<StaffId>> {
    let open =
        store::open_sessions::judged(conn, store::open_sessions::Of::Bodies(&[body]), now).await?;
    let staff: BTreeSet<StaffId> = open.into_iter().map(|session| session.staff).collect();
    let staff: Vec<StaffId> = staff.into_iter().collect();
    let Some(opener) = Opener::of(conn, &[body]).await?.remove(&body) else {
        return Ok(BTreeSet::new());
    };
    opener.closed(conn, body, &staff, now).await
}

fn cut_all(app: &Kit, closed: BTreeSet<StaffId>) {
    closed.into_iter().for_each(|staff| app.cut(Cut::Person(staff)));
}

/// Why a PC is closed and what to do, for a page.
#[must_use]
pub fn closed_words(lang: Lang, closed: &Closed) -> String {
    words::closed(lang, closed)
}

pub(crate) use store::telework::{CALENDAR, LEAST, RULES};
/// How far the body has come: [`telework::survey::Stage`].
pub const STAGE: &str = "stage";

/// The body's settings, with the project's defaults for what it has not set.
pub(crate) struct Office {
    pub(crate) rules: Rules,
    /// Whether the body has set any rules of its own.
    set: bool,
    pub(crate) calendar: Calendar,
    pub(crate) least: BTreeMap<DivisionId, usize>,
}

pub(crate) async fn office(conn: &mut Conn, body: BodyCode) -> store::Result<Office> {
    let rules: Option<Rules> = store::telework::setting(conn, body, RULES).await?;
    Ok(Office {
        set: rules.is_some(),
        // A body that looks at its settings for the first time must not switch the need for a day
        // on by saving them.
        rules: rules.unwrap_or(Rules { day_opens_pc: false, ..Rules::default() }),
        calendar: store::telework::setting(conn, body, CALENDAR).await?.unwrap_or_default(),
        least: store::telework::setting(conn, body, LEAST).await?.unwrap_or_default(),
    })
}

/// The first day of somebody whose first day was not entered.
pub(crate) const ALWAYS_HERE: Date = Date::constant(1900, 1, 1);

/// What the rules know of a person; for whom nothing was entered, what the list of staff says.
pub(crate) fn member_of(staff: &Staff, members: &BTreeMap<StaffId, Member>) -> Member {
    members.get(&staff.id).cloned().unwrap_or(Member {
        staff: staff.id,
        employment: if staff.fiscal_year { Employment::FiscalYear } else { Employment::Regular },
        general: true,
        // Not the day the account was made: that says nothing of the person's service.
        joined: ALWAYS_HERE,
        leaves: None,
    })
}

async fn applicant(conn: &mut Conn, body: BodyCode, staff: &Staff) -> store::Result<Applicant> {
    let member = store::telework::member(conn, body, staff.id).await?;
    let member = member_of(staff, &member.into_iter().map(|member| (staff.id, member)).collect());
    let papers =
        store::telework::papers_of::<Registration>(conn, body, PaperKind::Registration, staff.id)
            .await?;
    let all: Vec<Registration> = papers.into_iter().map(|paper| paper.value).collect();
    let away = store::telework::papers_of::<Leave>(conn, body, PaperKind::Leave, staff.id).await?;
    Ok(Applicant {
        employment: member.employment,
        registered_until: registered_until(&all, staff.id),
        joined: member.joined,
        leaves: member.leaves,
        away: away.into_iter().map(|paper| paper.value).collect(),
    })
}

/// The checklist of the workplace at home, in the project's own words.
pub fn checklist() -> Checklist {
    let check =
        |key: &str, text: &str, required| Check { key: key.into(), text: text.into(), required };
    Checklist {
        version: 1,
        checks: vec![
            check("desk", "作業に足りる広さの机と、体に合った椅子がある", true),
            check("light", "手元と画面が見やすい明るさで、画面への映り込みがない", false),
            check("air", "室温・換気を自分で調節できる", false),
            check("privacy", "家族を含む他の人から画面が見えず、声が聞こえない場所である", true),
            check("line", "通信回線が暗号化され、共用の無線LANを使わない", true),
            check("safety", "足元に配線や物がなく、転倒や火災の心配がない", true),
            check("contact", "勤務時間中に所属と連絡が取れる", true),
        ],
    }
}

pub(crate) fn hex(id: [u8; 16]) -> String {
    StaffId(id).to_string()
}

/// Names of everybody of a body.
async fn names(conn: &mut Conn, body: BodyCode) -> store::Result<BTreeMap<StaffId, String>> {
    Ok(store::staff::all(conn, body)
        .await?
        .into_iter()
        .map(|one| (one.id, one.name.to_string()))
        .collect())
}
