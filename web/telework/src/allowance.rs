//! `/admin/telework/allowance`: 在宅勤務等手当 by the national rule, with each person's reasoning shown: a
//! fixed period of at least three months, days ordered at home over it, their average strictly over
//! ten, the body's amount.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use audit::{Decision, Kind};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use people::{BodyCode, Deed, DivisionId, Permit, Staff, StaffId};
use serde::Deserialize;
use store::telework::{Paper, PaperKind};
use store::{Conn, Tx};
use telework::allowance::{
    Allowance, Fixed, LEAST_MONTHS, MOST_MONTHS, Period, PeriodFault, allowance,
};
use telework::pay::{Paid, pay};
use telework::time::{Month, tokyo};

use super::{hex, hex16, moment, month, office, words};
use crate::Route;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::{Answer, Ctx, Form, Lang, Reason, SignedIn, get, page_with, post, see_other};

/// Rows of one page of either list.
const PAGE: usize = 100;
/// People whose period is fixed at once.
pub(crate) const PICKS: usize = 5_000;

#[derive(Template)]
#[template(path = "telework/allowance.html")]
struct Page {
    ctx: Ctx,
    yen: String,
    rows: Vec<Row>,
    found: usize,
    candidates: Vec<Candidate>,
    first: String,
    /// First months to choose from: key, name, chosen.
    firsts: Vec<(String, String, bool)>,
    months: u8,
    choices: Vec<u8>,
    period: String,
    search: String,
    page: usize,
    next: Option<usize>,
    faults: Vec<String>,
}

struct Row {
    id: String,
    staff: String,
    name: String,
    division: String,
    period: String,
    working: String,
    verdict: &'static str,
    /// What its closed months paid.
    paid: String,
    due: bool,
    over: bool,
    withdrawn: String,
}

struct Candidate {
    id: String,
    name: String,
    division: String,
    days: String,
    taken: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    first: String,
    months: String,
    q: String,
    page: usize,
}

/// Days of home telework ordered, by person and month.
pub(crate) type Ordered = BTreeMap<StaffId, BTreeMap<Month, u32>>;

/// The periods of a body, and the days ordered in the months they hold.
pub(crate) async fn periods(
    conn: &mut Conn,
    body: BodyCode,
    also: Option<Period>,
) -> Result<(Vec<Paper<Fixed>>, Ordered), Refusal> {
    let papers = store::telework::papers::<Fixed>(conn, body, PaperKind::Allowance).await?;
    let all = papers.iter().map(|paper| paper.value.period).chain(also);
    let bounds = all.fold(None, |bounds: Option<(Month, Month)>, period| {
        let (first, end) = (period.first, period.end());
        Some(bounds.map_or((first, end), |(a, b)| (a.min(first), b.max(end))))
    });
    let mut ordered = Ordered::new();
    if let Some((first, end)) = bounds {
        let (from, _) = first.days().map_err(|_| Refusal::NotFound)?;
        let (_, to) = end.before().days().map_err(|_| Refusal::NotFound)?;
        for (staff, month, days) in store::telework::home_days(conn, body, from, to).await? {
            ordered.entry(staff).or_default().insert(month, days);
        }
    }
    Ok((papers, ordered))
}

/// Keeps what closing a month pays of the allowance, and makes good for the months closed before
/// it. The month's ledger is written already.
pub(super) async fn pay_month(
    tx: &mut Tx,
    body: BodyCode,
    month: Month,
    yen: u32,
) -> Result<(), Refusal> {
    let (papers, ordered) = periods(tx, body, None).await?;
    let before = store::telework::pay(tx, body).await?;
    let fixed = papers.iter().map(|paper| &paper.value);
    let bounds = fixed.clone().flat_map(|one| [one.period.first, one.period.end()]).chain([month]);
    let (Some(first), Some(last)) = (bounds.clone().min(), bounds.max()) else { return Ok(()) };
    let ledgers = store::telework::ledgers(tx, body, first, last).await?;
    let closed: BTreeSet<Month> = ledgers
        .into_iter()
        .filter(|(_, ledger)| ledger.is_closed())
        .map(|(month, _)| month)
        .collect();
    let mut hers: BTreeMap<StaffId, Vec<(Period, bool)>> =
        before.keys().map(|staff| (*staff, Vec::new())).collect();
    for one in fixed.filter(|one| one.withdrawn.is_none()) {
        hers.entry(one.staff).or_default().push((one.period, decided(one, &ordered, yen).is_due()));
    }
    let none = BTreeMap::new();
    let rows: Vec<(StaffId, Paid)> = hers
        .iter()
        .map(|(staff, periods)| {
            (*staff, pay(month, periods, before.get(staff).unwrap_or(&none), &closed, yen))
        })
        .filter(|(_, paid)| !paid.is_nothing())
        .collect();
    Ok(store::telework::put_pay(tx, body, month, &rows).await?)
}

/// What stands for one period.
pub(crate) fn decided(fixed: &Fixed, ordered: &Ordered, yen: u32) -> Allowance {
    static NONE: BTreeMap<Month, u32> = BTreeMap::new();
    allowance(fixed.period, ordered.get(&fixed.staff).unwrap_or(&NONE), yen)
}

async fn show(visit: SignedIn, State(app): State<Kit>, Query(asked): Query<Asked>) -> Answer {
    render(&app, visit, asked, Vec::new(), StatusCode::OK).await
}

/// `first`, `months`, and `pick` any number of times.
async fn fix(
    visit: SignedIn,
    State(app): State<Kit>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let field = |name: &str| {
        fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    };
    let period = Period {
        first: format!("{}-01", field("first"))
            .parse()
            .map(Month::of)
            .map_err(|_| Refusal::Malformed("first"))?,
        months: field("months").parse().map_err(|_| Refusal::Malformed("months"))?,
    };
    let picks = fields.iter().filter(|(key, _)| key == "pick").take(PICKS);
    let picks: Result<Vec<StaffId>, _> =
        picks.map(|(_, value)| value.parse().map_err(|_| Refusal::NotFound)).collect();
    let faults = fix_now(&app, &permit, period, &picks?).await?;
    if faults.is_empty() {
        return Ok(see_other("/admin/telework/allowance?done=saved"));
    }
    let asked = Asked {
        first: month::key(period.first),
        months: period.months.to_string(),
        ..Asked::default()
    };
    let lang = visit.ctx.lang;
    let words = Reason::words(faults.iter().map(|fault| fault.reason(lang)).collect());
    render(&app, visit, asked, words, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// Fixes a period for these people, all or none: a half-done list is looked for twice. What stands
/// in the way.
pub(crate) async fn fix_now(
    app: &Kit,
    permit: &Permit,
    period: Period,
    picks: &[StaffId],
) -> Result<Vec<NotFixed>, Refusal> {
    let (body, now) = (permit.body(), app.now());
    let mut tx = app.write_as(permit).await?;
    let papers = store::telework::papers::<Fixed>(&mut tx, body, PaperKind::Allowance).await?;
    let (mut events, mut faults) = (Vec::new(), Vec::new());
    for id in picks.iter().copied() {
        let staff = store::staff::find(&mut tx, body, id).await?.ok_or(Refusal::NotFound)?;
        let hers = papers.iter().map(|paper| &paper.value).filter(|fixed| fixed.staff == id);
        if let Err(fault) = period.check(hers) {
            faults.push(NotFixed::Period(staff.name, fault));
            continue;
        }
        let fixed =
            Fixed { staff: id, period, at: moment(now), by: permit.actor(), withdrawn: None };
        let paper = Paper { id: app.random(), staff: Some(id), value: fixed };
        store::telework::put_paper(&mut tx, body, PaperKind::Allowance, &paper, now).await?;
        let event = permit.event(Kind::ALLOWANCE_FIXED, &staff.login);
        events.push(event.with("first", month::key(period.first)).with("months", period.months));
    }
    if picks.is_empty() {
        faults.push(NotFixed::Nobody);
    }
    if faults.is_empty() {
        tx.commit(Decision { value: (), events }).await?;
    }
    Ok(faults)
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn withdraw(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Why { why }): Form<Why>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    match withdraw_now(&app, &permit, &id, &why).await? {
        Ok(()) => Ok(see_other("/admin/telework/allowance?done=removed")),
        Err(fault) => {
            let words = fault.reason(visit.ctx.lang).message;
            render(&app, visit, Asked::default(), vec![words], StatusCode::UNPROCESSABLE_ENTITY)
                .await
        }
    }
}

/// A period entered by mistake. It stays on the list, with the reason.
pub(crate) async fn withdraw_now(
    app: &Kit,
    permit: &Permit,
    id: &str,
    why: &str,
) -> Result<Result<(), NoReason>, Refusal> {
    let body = permit.body();
    let why: String = why.trim().chars().take(400).collect();
    let mut tx = app.write_as(permit).await?;
    let paper =
        store::telework::find_paper::<Fixed>(&mut tx, body, PaperKind::Allowance, hex16(id)?)
            .await?;
    let mut paper =
        paper.filter(|paper| paper.value.withdrawn.is_none()).ok_or(Refusal::NotFound)?;
    if why.is_empty() {
        return Ok(Err(NoReason));
    }
    let staff =
        store::staff::find(&mut tx, body, paper.value.staff).await?.ok_or(Refusal::NotFound)?;
    paper.value.withdrawn = Some((moment(app.now()), why.clone()));
    store::telework::put_paper(&mut tx, body, PaperKind::Allowance, &paper, app.now()).await?;
    let event = permit
        .event(Kind::ALLOWANCE_WITHDRAWN, &staff.login)
        .with("first", month::key(paper.value.period.first))
        .with("months", paper.value.period.months)
        .with("why", why);
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(()))
}

async fn render(
    app: &Kit,
    visit: SignedIn,
    asked: Asked,
    faults: Vec<String>,
    status: StatusCode,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let (body, lang) = (permit.body(), visit.ctx.lang);
    let this = Month::of(tokyo(moment(app.now())).date());
    let months = asked
        .months
        .parse()
        .ok()
        .filter(|months| (LEAST_MONTHS..=MOST_MONTHS).contains(months))
        .unwrap_or(LEAST_MONTHS);
    let period = Period { first: month::parse(&asked.first, this), months };
    let mut conn = app.store.read().await?;
    let yen = office(&mut conn, body).await?.rules.allowance_yen;
    let (papers, ordered) = periods(&mut conn, body, Some(period)).await?;
    let staff = store::staff::all(&mut conn, body).await?;
    let divisions = store::divisions::all(&mut conn, body).await?;
    let pay = store::telework::pay(&mut conn, body).await?;
    drop(conn);
    let none = BTreeMap::new();
    let names: BTreeMap<DivisionId, &str> =
        divisions.iter().map(|one| (one.id, one.name.as_str())).collect();
    let division =
        |one: &Staff| one.division.and_then(|id| names.get(&id).copied()).unwrap_or("").to_owned();
    let by_id: BTreeMap<StaffId, &Staff> = staff.iter().map(|one| (one.id, one)).collect();
    let search = asked.q.trim();
    let matches = |one: &Staff| {
        [one.name.as_str(), one.login.as_str(), &division(one)]
            .iter()
            .any(|text| text.contains(search))
    };
    let rows: Vec<Row> = papers
        .iter()
        .filter_map(|paper| Some((paper, *by_id.get(&paper.value.staff)?)))
        .filter(|(_, one)| matches(one))
        .map(|(paper, one)| {
            let found = decided(&paper.value, &ordered, yen);
            row(lang, paper, one, division(one), &found, pay.get(&one.id).unwrap_or(&none), this)
        })
        .collect();
    let found = rows.len();
    let skip = asked.page.saturating_mul(PAGE);
    let of_period = |one: &Staff| -> u32 {
        let days = ordered.get(&one.id);
        period.months().filter_map(|month| days.and_then(|days| days.get(&month))).sum()
    };
    let taken = |id: StaffId| {
        period
            .check(papers.iter().map(|paper| &paper.value).filter(|fixed| fixed.staff == id))
            .is_err()
    };
    let mut candidates: Vec<&Staff> = staff
        .iter()
        .filter(|one| matches(one) && (of_period(one) > 0 || !search.is_empty()))
        .collect();
    candidates.sort_by_key(|one| (std::cmp::Reverse(of_period(one)), one.login.clone()));
    let candidates = candidates.into_iter().take(PAGE).map(|one| Candidate {
        id: one.id.to_string(),
        name: one.name.to_string(),
        division: division(one),
        days: words::days(lang, of_period(one)),
        taken: taken(one.id),
    });
    let first = |one: Month| (month::key(one), month::name(lang, one), one == period.first);
    let view = Page {
        yen: self::yen(lang, i64::from(yen)),
        candidates: candidates.collect(),
        next: (skip.saturating_add(PAGE) < found).then_some(asked.page + 1),
        rows: rows.into_iter().skip(skip).take(PAGE).collect(),
        found,
        first: month::key(period.first),
        firsts: firsts(this)
            .chain([period.first])
            .collect::<BTreeSet<Month>>()
            .into_iter()
            .map(first)
            .collect(),
        months,
        choices: (LEAST_MONTHS..=MOST_MONTHS).collect(),
        period: span(lang, period),
        page: asked.page,
        search: asked.q,
        faults,
        ctx: visit.ctx,
    };
    page_with(status, view)
}

fn row(
    lang: Lang,
    paper: &Paper<Fixed>,
    staff: &Staff,
    division: String,
    found: &Allowance,
    pay: &BTreeMap<Month, Paid>,
    this: Month,
) -> Row {
    let fixed = &paper.value;
    let days: Vec<String> = found
        .days
        .iter()
        .map(|(month, days)| match lang {
            Lang::Ja => format!("{}月 {days}日", month.month),
            Lang::En => format!("{}: {days}", month::key(*month)),
        })
        .collect();
    let months = found.days.len();
    // Tenths, cut off: 10.0 shows that ten is not over ten.
    let tenths = u64::from(found.total) * 10 / (months.max(1) as u64);
    let sign = if found.over_ten { "＞" } else { "≦" };
    let working = match lang {
        Lang::Ja => {
            format!(
                "{}：計{}日 ÷ {months}月 = 平均{}.{}日 {sign} 10日",
                days.join("、"),
                found.total,
                tenths / 10,
                tenths % 10
            )
        }
        Lang::En => {
            format!(
                "{}: {} days / {months} = {}.{} {sign} 10",
                days.join(", "),
                found.total,
                tenths / 10,
                tenths % 10
            )
        }
    };
    Row {
        id: hex(paper.id),
        staff: staff.id.to_string(),
        name: staff.name.to_string(),
        division,
        period: span(lang, fixed.period),
        working,
        verdict: match (found.long_enough, found.over_ten) {
            (false, _) => lang.t("3月に満たない期間", "Under three months"),
            (true, true) => lang.t("支給", "Due"),
            (true, false) => lang.t("支給しない", "Not due"),
        },
        paid: paid(lang, pay.iter().filter(|(month, _)| fixed.period.holds(**month))),
        due: found.yen_a_month > 0,
        over: fixed.period.end() <= this,
        withdrawn: fixed.withdrawn.as_ref().map_or(String::new(), |(_, why)| why.clone()),
    }
}

/// A year back and a year ahead.
fn firsts(this: Month) -> impl Iterator<Item = Month> {
    let back = (0..12).fold(this, |month, _| month.before());
    std::iter::successors(Some(back), |month| Some(month.next())).take(25)
}

/// `10月 0円、11月 3,000円＋遡及 6,000円`
fn paid<'a>(lang: Lang, pay: impl Iterator<Item = (&'a Month, &'a Paid)>) -> String {
    let one = |(month, paid): (&Month, &Paid)| {
        let name = match lang {
            Lang::Ja => format!("{}月", month.month),
            Lang::En => month::key(*month),
        };
        let arrears = match (paid.arrears, lang) {
            (0, _) => String::new(),
            (more @ 1.., Lang::Ja) => format!("＋遡及 {}", yen(lang, more)),
            (less, Lang::Ja) => format!("－戻入 {}", yen(lang, -less)),
            (arrears, Lang::En) => format!(" {} made good", yen(lang, arrears)),
        };
        format!("{name} {}{arrears}", yen(lang, i64::from(paid.yen)))
    };
    pay.map(one).collect::<Vec<_>>().join(lang.t("、", ", "))
}

fn yen(lang: Lang, amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    match lang {
        Lang::Ja => format!("{sign}{}円", kit::chart::grouped(amount.unsigned_abs())),
        Lang::En => format!("{sign}{} yen", kit::chart::grouped(amount.unsigned_abs())),
    }
}

fn span(lang: Lang, period: Period) -> String {
    format!("{}〜{}", month::name(lang, period.first), month::name(lang, period.end().before()))
}

/// Why a period is not fixed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NotFixed {
    /// Nobody was picked.
    Nobody,
    /// The period does not do for this person.
    Period(people::Name, PeriodFault),
}

impl NotFixed {
    /// For people, with its code.
    pub(crate) fn reason(&self, lang: Lang) -> Reason {
        match self {
            Self::Nobody => {
                Reason::new("nobody", lang.t("職員を選んでください。", "Please choose people."))
            }
            Self::Period(name, fault) => {
                let code = match fault {
                    PeriodFault::Short => "too_short",
                    PeriodFault::Long => "too_long",
                    PeriodFault::Overlap => "overlap",
                };
                let words = fault_words(lang, *fault);
                Reason::new(code, format!("{name}{}{words}", lang.t("：", ": ")))
            }
        }
    }
}

/// A period is withdrawn with a reason alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NoReason;

impl NoReason {
    /// For people, with its code.
    pub(crate) fn reason(self, lang: Lang) -> Reason {
        Reason::new("no_reason", lang.t("理由を書いてください。", "Please give a reason."))
    }
}

fn fault_words(lang: Lang, fault: PeriodFault) -> &'static str {
    match fault {
        PeriodFault::Short => lang.t("期間は3月以上です。", "A period has at least three months."),
        PeriodFault::Long => lang.t("期間は12月までです。", "A period has at most twelve months."),
        PeriodFault::Overlap => lang.t(
            "すでに定めた期間と月が重なります。一度定めた期間は動かせません。",
            "It shares a month with a period that is fixed.",
        ),
    }
}

pub(super) fn routes() -> Vec<Route> {
    let may = May(Deed::ManageTelework);
    vec![
        get("/admin/telework/allowance", may, show),
        post("/admin/telework/allowance", may, fix),
        post("/admin/telework/allowance/{id}/withdraw", may, withdraw),
    ]
}
