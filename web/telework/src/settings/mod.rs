//! `/admin/telework`: the body's rules, who counts as what, and emergency orders.

pub(crate) mod calendar;

use std::collections::BTreeMap;

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use people::{Deed, DivisionId, Permit};
use serde::Deserialize;
use store::changes::ChangeKind;
use store::telework::{Paper, PaperKind};
use telework::opening::Emergency;
use telework::rules::{RuleFault, Rules};
use telework::survey::Stage;
use telework::time::{Calendar, Hours, Minutes, moment as moment_of, tokyo};

use super::typed::clock_time;
use super::{CALENDAR, LEAST, RULES, STAGE, cut_all, hex, hex16, moment, office, unopened, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen, Shown, yes};
use kit::http::{Answer, Ctx, Form, Lang, Nothing, SignedIn, get, page_with, post, see_other};
use kit::second::{self, Asked, Officers, Waits, by_itself};

#[derive(Template)]
#[template(path = "telework/settings.html")]
struct Page {
    ctx: Ctx,
    set: bool,
    /// Key, words, chosen.
    stages: Vec<(&'static str, &'static str, bool)>,
    day_opens_pc: bool,
    after_the_fact: bool,
    overtime: bool,
    forms: Vec<Choice>,
    units: Vec<Choice>,
    eligible: Vec<Choice>,
    numbers: Vec<Number>,
    times: Vec<Times>,
    closing: calendar::Closing,
    places: String,
    divisions: Vec<(String, String, usize)>,
    orders: Vec<Order>,
    faults: Vec<String>,
    /// What stands now, for the field that comes back.
    seen: String,
    /// What waits, in words.
    waits: Option<Waits>,
    changed: Changed,
}

struct Choice {
    name: String,
    text: &'static str,
    chosen: bool,
}

struct Number {
    name: &'static str,
    text: &'static str,
    /// What it means, in plain words.
    hint: &'static str,
    value: u32,
    most: u32,
}

struct Times {
    name: &'static str,
    text: &'static str,
    start: String,
    end: String,
}

struct Order {
    id: String,
    scope: String,
    from: i64,
    until: i64,
    why: String,
    live: bool,
}

async fn show(visit: SignedIn, State(app): State<Kit>) -> Answer {
    render(&app, visit, None, Unkept::default(), StatusCode::OK).await
}

/// Rules, working days and the least number of people at each counter, from one form.
async fn change(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let body = permit.body();
    let lang = visit.ctx.lang;
    let mut conn = app.store.read().await?;
    let before = office(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    drop(conn);
    let mut faults = Vec::new();
    let rules = rules_of(&fields, &before.rules, lang, &mut faults);
    let calendar = calendar::read(&fields, &before.calendar, lang, &mut faults);
    let mut least: BTreeMap<DivisionId, usize> = BTreeMap::new();
    for division in &divisions {
        if let Some(number) = fields
            .get(&format!("least-{}", division.id))
            .and_then(|text| text.trim().parse::<u16>().ok())
        {
            least.insert(division.id, usize::from(number));
        }
    }
    let stage = STAGES
        .into_iter()
        .find(|(_, key, ..)| fields.get("stage").is_some_and(|value| value == key));
    let wanted =
        Wanted { rules: rules.clone(), calendar, least, stage: stage.map(|(stage, ..)| stage) };
    if faults.is_empty() {
        let seen = Seen::Form(fields.get("seen").map_or("", String::as_str));
        match keep(&app, &permit, lang, wanted, seen).await? {
            Ok(false) => return Ok(see_other("/admin/telework?done=saved")),
            Ok(true) => return Ok(see_other("/admin/telework?done=change-asked")),
            Err(found) => {
                let status = if found.changed.is_empty() {
                    StatusCode::UNPROCESSABLE_ENTITY
                } else {
                    StatusCode::CONFLICT
                };
                return render(&app, visit, Some((rules, &fields)), found, status).await;
            }
        }
    } else if let Err(found) = rules.check() {
        faults.extend(found.into_iter().map(|fault| rule_fault(lang, fault).to_owned()));
    }
    let unkept = Unkept { faults, ..Unkept::default() };
    render(&app, visit, Some((rules, &fields)), unkept, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Settings that are wanted. Who is exempt is set person by person.
pub(crate) struct Wanted {
    pub(crate) rules: Rules,
    pub(crate) calendar: Calendar,
    pub(crate) least: BTreeMap<DivisionId, usize>,
    /// None leaves it as it is.
    pub(crate) stage: Option<Stage>,
}

/// Why settings were not kept.
#[derive(Debug, Default)]
pub(crate) struct Unkept {
    /// What is wrong with them.
    pub(crate) faults: Vec<String>,
    /// What somebody changed that the sender has not seen.
    pub(crate) changed: Changed,
}

/// What the form shows of the settings. Who is exempt is set person by person, and no form of
/// settings writes it.
pub(crate) async fn shown(
    conn: &mut store::Conn,
    lang: Lang,
    body: people::BodyCode,
) -> Result<Shown, Refusal> {
    let office = office(conn, body).await?;
    let stage: Stage = store::telework::setting(conn, body, STAGE).await?.unwrap_or(Stage::None);
    let (rules, days) = (&office.rules, &office.calendar);
    let comma = lang.t("、", ", ");
    let forms: Vec<_> = rules.forms.iter().map(|one| words::form(lang, *one)).collect();
    let units: Vec<_> = rules.units.iter().map(|one| words::unit(lang, *one)).collect();
    let eligible: Vec<_> = rules.eligible.iter().map(|one| words::employment(lang, *one)).collect();
    let dates = |dates: Vec<String>| dates.join(comma);
    let yearly = days.yearly.iter().map(|one| format!("{:02}-{:02}", one.month, one.day));
    let year_end = days
        .year_end
        .map(|one| format!("12-{:02} 〜 01-{:02}", one.december, one.january))
        .unwrap_or_default();
    let stage = STAGES
        .into_iter()
        .find(|(one, ..)| *one == stage)
        .map_or("", |(_, _, ja, en)| lang.t(ja, en));
    let hours = |hours: Hours| {
        format!("{} 〜 {}", hours.start.strftime("%H:%M"), hours.end.strftime("%H:%M"))
    };
    let mut shown = Shown::default()
        .with("stage", lang.t("いまの段階", "How far the body has come"), stage)
        .with(
            "day_opens_pc",
            lang.t(
                "承認されたテレワークの日・時間だけPCを開ける",
                "A PC opens only on an approved telework day",
            ),
            yes(lang, rules.day_opens_pc),
        )
        .with("forms", lang.t("形態", "Forms"), forms.join(comma))
        .with("places", lang.t("サテライトオフィス", "Satellite offices"), rules.places.join(comma))
        .with("units", lang.t("単位", "Units"), units.join(comma))
        .with("eligible", lang.t("対象の職の区分", "Eligible staff"), eligible.join(comma))
        .with(
            "after_the_fact",
            lang.t("事後の申請", "After the fact"),
            yes(lang, rules.after_the_fact),
        )
        .with("overtime", lang.t("時間外勤務", "Overtime"), yes(lang, rules.overtime))
        .with("hours", lang.t("勤務時間", "Working hours"), hours(rules.hours))
        .with("morning", lang.t("午前の半日", "Morning half"), hours(rules.morning))
        .with("afternoon", lang.t("午後の半日", "Afternoon half"), hours(rules.afternoon))
        .with("year_end", lang.t("年末年始", "Turn of the year"), year_end)
        .with(
            "holidays",
            lang.t("独自の閉庁日", "Own days off"),
            dates(yearly.chain(days.holidays.iter().map(Date::to_string)).collect()),
        )
        .with(
            "opened",
            lang.t("休日でも開庁する日", "Days worked all the same"),
            dates(days.opened.iter().map(Date::to_string).collect()),
        );
    for (name, text, value, _) in numbers(lang, rules) {
        shown = shown.with(name, text, value);
    }
    for division in store::divisions::all(conn, body).await? {
        let least = office.least.get(&division.id).copied().unwrap_or(0);
        let label = format!(
            "{} {}",
            lang.t("出勤を確保する人数", "Least number in the office"),
            division.name
        );
        shown = shown.with(format!("least-{}", division.id), label, least);
    }
    Ok(shown)
}

/// Keeps settings; or what is wrong with them. `seen` is what the sender saw of what stands.
/// Whoever has nothing that opens the PC any more is cut. That PCs open without an approved day
/// waits for a second person or for the next midnight; answers whether something waits.
pub(crate) async fn keep(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    wanted: Wanted,
    seen: Seen<'_>,
) -> Result<Result<bool, Unkept>, Refusal> {
    if let Err(found) = wanted.rules.check() {
        let faults = found.into_iter().map(|fault| rule_fault(lang, fault).to_owned()).collect();
        return Ok(Err(Unkept { faults, ..Unkept::default() }));
    }
    let (body, now) = (permit.body(), app.now());
    let mut tx = app.write_as(permit).await?;
    let changed = shown(&mut tx, lang, body).await?.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(Unkept { changed, ..Unkept::default() }));
    }
    let before = office(&mut tx, body).await?;
    let waits = before.rules.day_opens_pc && !wanted.rules.day_opens_pc;
    let mut events = Vec::new();
    if waits {
        let doc = second::json(&false)?;
        let (begins, named) = (by_itself(now, now), body.as_str());
        let mut officers = Officers::of(&mut tx, body, now).await?;
        let asked = Asked { kind: ChangeKind::Days, subject: "", doc, begins, named };
        events.push(second::ask(app, &mut tx, permit, &mut officers, asked).await?);
    }
    let day_opens_pc = wanted.rules.day_opens_pc || waits;
    let rules = Rules { exempt: before.rules.exempt.clone(), day_opens_pc, ..wanted.rules };
    if let Some(stage) = wanted.stage {
        store::telework::put_setting(&mut tx, body, STAGE, &stage, now).await?;
    }
    store::telework::put_setting(&mut tx, body, RULES, &rules, now).await?;
    store::telework::put_setting(&mut tx, body, CALENDAR, &wanted.calendar, now).await?;
    store::telework::put_setting(&mut tx, body, LEAST, &wanted.least, now).await?;
    // What was opened without a day goes when days are asked for, and so does what stricter rules
    // no longer open.
    let cuts = unopened(&mut tx, body, now).await?;
    let event = permit
        .event(Kind::TELEWORK_RULES_CHANGED, body.as_str())
        .with("day_opens_pc", rules.day_opens_pc)
        .with("before", before.set && before.rules.day_opens_pc)
        .with("days_a_week", rules.days_a_week)
        .with("notice_days", rules.notice_days)
        .with("days_off_changed", before.calendar != wanted.calendar)
        .with("sessions", cuts.len());
    events.insert(0, event);
    tx.commit(Decision { value: (), events }).await?;
    cut_all(app, cuts);
    Ok(Ok(waits))
}

/// The numbers of the rules: key, words, value, the most it can be.
fn numbers(lang: Lang, rules: &Rules) -> [(&'static str, &'static str, u32, u32); 9] {
    [
        (
            "days_a_week",
            lang.t("週の上限（日）", "Days a week, at most"),
            rules.days_a_week.into(),
            7,
        ),
        (
            "notice_days",
            lang.t("申請の期限（勤務日で何日前まで）", "Notice (working days)"),
            rules.notice_days.into(),
            30,
        ),
        (
            "after_the_fact_days",
            lang.t("事後の申請ができる期間（日）", "After the fact within (days)"),
            rules.after_the_fact_days.into(),
            31,
        ),
        (
            "grace_before",
            lang.t("PCが開く猶予・開始前（分）", "Grace before (minutes)"),
            rules.grace_before.0,
            240,
        ),
        (
            "grace_after",
            lang.t("PCが開く猶予・終了後（分）", "Grace after (minutes)"),
            rules.grace_after.0,
            240,
        ),
        ("rest", lang.t("休憩（分）", "Break (minutes)"), rules.rest.0, 240),
        (
            "tolerance",
            lang.t("記録の差の許容（分）", "Tolerated difference (minutes)"),
            rules.tolerance.0,
            240,
        ),
        (
            "possible_percent",
            lang.t("実施可能とみなす業務の割合（%）", "Share of possible work (%)"),
            rules.possible_percent.into(),
            100,
        ),
        (
            "allowance_yen",
            lang.t("在宅勤務等手当の月額（円）", "Allowance a month (yen)"),
            rules.allowance_yen,
            100_000,
        ),
    ]
}

fn rules_of(
    fields: &BTreeMap<String, String>,
    before: &Rules,
    lang: Lang,
    faults: &mut Vec<String>,
) -> Rules {
    let on = |name: &str| fields.get(name).is_some_and(|value| value == "yes");
    let mut number =
        |name: &str, was: u32| match fields.get(name).map(|text| text.trim().parse::<u32>()) {
            None => was,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                faults.push(lang.t("数字で入れてください。", "Please enter a number.").to_owned());
                was
            }
        };
    let small = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
    let times = |name: &str, was: Hours| {
        let at = |part: &str| {
            clock_time(fields.get(&format!("{name}-{part}")).map_or("", String::as_str))
        };
        Hours { start: at("start").unwrap_or(was.start), end: at("end").unwrap_or(was.end) }
    };
    Rules {
        forms: words::FORMS
            .into_iter()
            .filter(|form| on(&format!("form-{}", words::form_key(*form))))
            .collect(),
        units: words::UNITS
            .into_iter()
            .filter(|unit| on(&format!("unit-{}", words::unit_key(*unit))))
            .collect(),
        places: match fields.get("places") {
            Some(text) => text
                .lines()
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect(),
            None => before.places.clone(),
        },
        eligible: words::EMPLOYMENTS
            .into_iter()
            .filter(|kind| on(&format!("eligible-{}", words::employment_key(*kind))))
            .collect(),
        days_a_week: small(number("days_a_week", before.days_a_week.into())),
        notice_days: small(number("notice_days", before.notice_days.into())),
        after_the_fact: on("after_the_fact"),
        after_the_fact_days: small(number(
            "after_the_fact_days",
            before.after_the_fact_days.into(),
        )),
        hours: times("hours", before.hours),
        morning: times("morning", before.morning),
        afternoon: times("afternoon", before.afternoon),
        rest: Minutes(number("rest", before.rest.0)),
        grace_before: Minutes(number("grace_before", before.grace_before.0)),
        grace_after: Minutes(number("grace_after", before.grace_after.0)),
        overtime: on("overtime"),
        tolerance: Minutes(number("tolerance", before.tolerance.0)),
        day_opens_pc: on("day_opens_pc"),
        exempt: before.exempt.clone(),
        possible_percent: small(number("possible_percent", before.possible_percent.into())),
        allowance_yen: number("allowance_yen", before.allowance_yen),
    }
}

/// How far the body has come: what it answers to Q1 of the survey.
pub(crate) const STAGES: [(Stage, &str, &str, &str); 3] = [
    (Stage::None, "none", "まだ導入していない", "Not introduced"),
    (Stage::Trial, "trial", "試行している", "On trial"),
    (Stage::InForce, "in_force", "正式に導入している", "Introduced"),
];

/// What a number means, in plain words.
fn hint(lang: Lang, name: &str) -> &'static str {
    match name {
        "days_a_week" => lang.t(
            "月曜から日曜までの1週間にできる日数です。半日や時間単位の日も1日と数えます。",
            "In a week from Monday to Sunday. Half days and hours count as a day.",
        ),
        "notice_days" => lang.t(
            "0は当日の始業前まで、1は前の勤務日までに申請します。",
            "0: on the day before work begins; 1: by the working day before.",
        ),
        "after_the_fact_days" => lang.t(
            "急病などで、その日のあとに理由をつけて申請できる日数です。",
            "How long after the day it may still be asked for, with a reason.",
        ),
        "grace_before" => {
            lang.t("承認された時間より、これだけ早くPCを開けます。", "The PC opens this long before the approved hours.")
        }
        "grace_after" => {
            lang.t("承認された時間のあと、これだけPCを閉じずに待ちます。", "The PC stays open this long after them.")
        }
        "rest" => lang.t(
            "6時間を超えて働き、中断の記録がない日に差し引く休憩です。",
            "Taken off a day of over six hours on which no pause was reported.",
        ),
        "tolerance" => lang.t(
            "報告と接続の記録がこれを超えて違う日は、理由をたずねます。",
            "A larger difference between reports and sessions asks for a reason.",
        ),
        "possible_percent" => lang.t(
            "担当時間のうち「そのまま可」の業務がこの割合以上の職員を、実施可能職員と数えます（調査のQ3）。",
            "Staff count as able (Q3 of the survey) from this share of possible work.",
        ),
        "allowance_yen" => lang.t(
            "条例で定めた額です。3か月以上続けて、月平均で10日を超えて命じた期間に支給します。",
            "Set by ordinance; for periods of at least three months with over ten ordered days a \
             month.",
        ),
        _ => "",
    }
}

fn rule_fault(lang: Lang, fault: RuleFault) -> &'static str {
    match fault {
        RuleFault::NoForm => lang.t("形態を1つは選んでください。", "Choose at least one form."),
        RuleFault::NoUnit => lang.t("単位を1つは選んでください。", "Choose at least one unit."),
        RuleFault::NobodyEligible => {
            lang.t("対象の職の区分を1つは選んでください。", "Choose who is eligible.")
        }
        RuleFault::DaysAWeek => lang.t("週の上限は1〜7日です。", "Days a week are 1 to 7."),
        RuleFault::NoticeDays => {
            lang.t("申請の期限は30日前までです。", "Notice is at most 30 days.")
        }
        RuleFault::Hours => lang
            .t("勤務時間の終わりが始まりより前です。", "The working hours end before they begin."),
        RuleFault::Halves => lang
            .t("午前と午後の時間が重なっているか、空です。", "The half days overlap or are empty."),
        RuleFault::Grace => {
            lang.t("開始前・終了後の猶予は240分までです。", "Grace is at most 240 minutes.")
        }
        RuleFault::Places => lang.t(
            "サテライトオフィスは50か所まで、名前は100字までです。",
            "At most 50 satellite offices, with names of at most 100 characters.",
        ),
        RuleFault::Percent => lang.t("割合は100までです。", "A percentage is at most 100."),
    }
}

/// An emergency order as it is asked for.
#[derive(Deserialize)]
pub(crate) struct Ordered {
    /// Identity of the division; empty for the whole body.
    pub(crate) division: String,
    /// First day; empty for now.
    pub(crate) day: String,
    /// Last day.
    pub(crate) until: String,
    pub(crate) why: String,
}

async fn order(visit: SignedIn, State(app): State<Kit>, Form(ordered): Form<Ordered>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    match order_now(&app, &permit, visit.ctx.lang, &ordered).await? {
        Ok(_) => Ok(see_other("/admin/telework?done=telework-emergency")),
        Err(words) => {
            let unkept = Unkept { faults: vec![words.to_owned()], ..Unkept::default() };
            render(&app, visit, None, unkept, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// An emergency order: from now, or a day, to the end of a day. Its identity; or why not.
pub(crate) async fn order_now(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    ordered: &Ordered,
) -> Result<Result<[u8; 16], &'static str>, Refusal> {
    let body = permit.body();
    let now = moment(app.now());
    let mut tx = app.write_as(permit).await?;
    let division = match ordered.division.as_str() {
        "" => None,
        id => {
            let id: DivisionId = id.parse().map_err(|_| Refusal::NotFound)?;
            Some(store::divisions::find(&mut tx, body, id).await?.ok_or(Refusal::NotFound)?.id)
        }
    };
    let start = |text: &str| {
        text.parse::<Date>()
            .ok()
            .and_then(|day| moment_of(day.to_datetime(jiff::civil::Time::midnight())).ok())
    };
    let from = if ordered.day.is_empty() {
        Some(now)
    } else {
        start(&ordered.day).map(|from| from.max(now))
    };
    let until = ordered.until.parse::<Date>().ok().and_then(|day| day.tomorrow().ok());
    let until =
        until.and_then(|day| moment_of(day.to_datetime(jiff::civil::Time::midnight())).ok());
    let why: String = ordered.why.trim().chars().take(400).collect();
    let emergency = match (from, until) {
        (Some(from), Some(until)) => {
            Some(Emergency { division, from, until, why, by: permit.actor(), lifted: None })
        }
        _ => None,
    };
    let Some(emergency) = emergency.filter(Emergency::is_valid) else {
        return Ok(Err(lang.t(
            "期間（31日以内）と理由を入れてください。",
            "Please enter a period of at most 31 days and a reason.",
        )));
    };
    let event = permit
        .event(Kind::EMERGENCY_ORDERED, division.map_or(body.to_string(), |id| id.to_string()))
        .with("from", emergency.from)
        .with("until", emergency.until)
        .with("why", &emergency.why);
    let paper = Paper { id: app.random(), staff: None, value: emergency };
    store::telework::put_paper(&mut tx, body, PaperKind::Emergency, &paper, app.now()).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(paper.id))
}

async fn lift(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    lift_now(&app, &permit, &id).await?;
    Ok(see_other("/admin/telework?done=saved"))
}

/// Lifts an order early. Whoever is then without a basis is cut.
pub(crate) async fn lift_now(app: &Kit, permit: &Permit, id: &str) -> Result<(), Refusal> {
    let body = permit.body();
    let now = app.now();
    let mut tx = app.write_as(permit).await?;
    let paper =
        store::telework::find_paper::<Emergency>(&mut tx, body, PaperKind::Emergency, hex16(id)?)
            .await?;
    let mut paper = paper.filter(|paper| paper.value.lifted.is_none()).ok_or(Refusal::NotFound)?;
    paper.value.lifted = Some(moment(now));
    store::telework::put_paper(&mut tx, body, PaperKind::Emergency, &paper, now).await?;
    let closed = unopened(&mut tx, body, now).await?;
    let event =
        permit.event(Kind::EMERGENCY_LIFTED, &paper.value.why).with("sessions", closed.len());
    tx.commit(Decision::new((), event)).await?;
    cut_all(app, closed);
    Ok(())
}

/// `entered` is a form that was not saved: it is shown as it was filled in.
async fn render(
    app: &Kit,
    visit: SignedIn,
    entered: Option<(Rules, &BTreeMap<String, String>)>,
    unkept: Unkept,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang) = (permit.body(), visit.ctx.lang);
    let now = moment(app.now());
    let mut conn = app.store.read().await?;
    let office = office(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let orders =
        store::telework::papers::<Emergency>(&mut conn, body, PaperKind::Emergency).await?;
    let now_at: Stage =
        store::telework::setting(&mut conn, body, STAGE).await?.unwrap_or(Stage::None);
    let posted = entered.as_ref().map(|(_, fields)| fields.get("seen").map_or("", String::as_str));
    let seen = unkept.changed.seen(posted, &shown(&mut conn, lang, body).await?);
    let waits = match store::changes::about(&mut conn, body, ChangeKind::Days, "").await? {
        Some(change) => {
            Some(Waits::of(&change, super::waiting::words(&mut conn, lang, &change).await?))
        }
        None => None,
    };
    drop(conn);
    let rules = entered.as_ref().map_or(&office.rules, |(rules, _)| rules);
    let typed = |name: &str| entered.as_ref().and_then(|(_, fields)| fields.get(name));
    let times = |name, text, hours: Hours| Times {
        name,
        text,
        start: hours.start.strftime("%H:%M").to_string(),
        end: hours.end.strftime("%H:%M").to_string(),
    };
    let orders = orders.into_iter().map(|paper| {
        let order = paper.value;
        let scope = order
            .division
            .and_then(|id| divisions.iter().find(|one| one.id == id))
            .map(|one| one.name.to_string());
        let ends = order.lifted.map_or(order.until, |lifted| lifted.min(order.until));
        Order {
            id: hex(paper.id),
            scope: scope.unwrap_or_else(|| lang.t("団体の全体", "The whole body").to_owned()),
            from: order.from.as_millisecond(),
            until: ends.as_millisecond(),
            live: ends > now,
            why: order.why,
        }
    });
    let choice = |prefix: &str, key: &str, text, chosen| Choice {
        name: format!("{prefix}-{key}"),
        text,
        chosen,
    };
    let view = Page {
        set: office.set,
        stages: STAGES
            .map(|(stage, key, ja, en)| {
                (key, lang.t(ja, en), typed("stage").map_or(stage == now_at, |typed| typed == key))
            })
            .into(),
        day_opens_pc: rules.day_opens_pc,
        after_the_fact: rules.after_the_fact,
        overtime: rules.overtime,
        forms: words::FORMS
            .map(|one| {
                choice(
                    "form",
                    words::form_key(one),
                    words::form(lang, one),
                    rules.forms.contains(&one),
                )
            })
            .into(),
        units: words::UNITS
            .map(|one| {
                choice(
                    "unit",
                    words::unit_key(one),
                    words::unit(lang, one),
                    rules.units.contains(&one),
                )
            })
            .into(),
        eligible: words::EMPLOYMENTS
            .map(|one| {
                choice(
                    "eligible",
                    words::employment_key(one),
                    words::employment(lang, one),
                    rules.eligible.contains(&one),
                )
            })
            .into(),
        numbers: numbers(lang, rules)
            .map(|(name, text, value, most)| Number {
                name,
                text,
                hint: hint(lang, name),
                value,
                most,
            })
            .into(),
        times: vec![
            times("hours", lang.t("勤務時間", "Working hours"), rules.hours),
            times("morning", lang.t("午前の半日", "Morning half"), rules.morning),
            times("afternoon", lang.t("午後の半日", "Afternoon half"), rules.afternoon),
        ],
        places: rules.places.join("\n"),
        closing: calendar::Closing::shown(
            lang,
            &office.calendar,
            entered.as_ref().map(|(_, fields)| *fields),
            tokyo(now).date(),
        ),
        divisions: divisions
            .iter()
            .map(|one| {
                let kept = office.least.get(&one.id).copied().unwrap_or(0);
                let least = typed(&format!("least-{}", one.id))
                    .and_then(|text| text.trim().parse().ok())
                    .unwrap_or(kept);
                (one.id.to_string(), one.name.to_string(), least)
            })
            .collect(),
        orders: orders.collect(),
        faults: unkept.faults,
        seen,
        waits,
        changed: unkept.changed,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageTelework);
    vec![
        get("/admin/telework", may, show),
        post("/admin/telework", may, change),
        post("/admin/telework/emergency", may, order),
        post("/admin/telework/emergency/{id}/lift", may, lift),
    ]
}
