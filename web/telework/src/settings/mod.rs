//! `/admin/telework`: the body's rules, who counts as what, and emergency orders.

mod act;
mod calendar;
pub(crate) mod call;
mod words;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use people::{Deed, DivisionId};
use serde::Deserialize;
use store::changes::ChangeKind;
use store::telework::PaperKind;
use telework::opening::Emergency;
use telework::rules::Rules;
use telework::survey::Stage;
use telework::time::{Hours, Minutes, tokyo};

use self::act::{NotKept, Ordered, Unfit, Wanted, keep, lift_now, order_now, shown};
use self::words::{STAGES, hint, numbers, unfit};
use super::typed::clock_time;
use super::{STAGE, hex, hex16, moment, office};
use crate::Route;
use crate::words as said;
use kit::Kit;
use kit::error::Refusal;
use kit::http::Access::May;
use kit::http::seen::{Changed, Seen};
use kit::http::{Answer, Ctx, Form, Nothing, SignedIn, get, page_with, post, see_other};
use kit::second::Waits;

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
    /// An emergency order that was not given.
    ordered: Typed,
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
    let rules = rules_of(&fields, &before.rules, &mut faults);
    let calendar = calendar::read(&fields, &before.calendar).unwrap_or_else(|found| {
        faults.extend(found.into_iter().map(Unfit::Calendar));
        before.calendar.clone()
    });
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
            Err(NotKept::Changed(changed)) => {
                let unkept = Unkept { changed, ..Unkept::default() };
                let typed = Some((rules, &fields));
                return render(&app, visit, typed, unkept, StatusCode::CONFLICT).await;
            }
            Err(NotKept::Unfit(found)) => faults.extend(found),
        }
    } else if let Err(found) = rules.check() {
        faults.extend(found.into_iter().map(Unfit::Rule));
    }
    let faults = faults.iter().map(|fault| unfit(lang, fault).message).collect();
    let unkept = Unkept { faults, ..Unkept::default() };
    render(&app, visit, Some((rules, &fields)), unkept, StatusCode::UNPROCESSABLE_ENTITY).await
}

/// What was sent and not kept, and why.
#[derive(Debug, Default)]
pub(crate) struct Unkept {
    /// What is wrong with it, in words.
    pub(crate) faults: Vec<String>,
    /// What somebody changed that the sender has not seen.
    pub(crate) changed: Changed,
    /// Of another form of the page: what was typed into it, by the name of the field.
    pub(crate) typed: Typed,
}

/// What was typed into a form that was refused.
#[derive(Debug, Default)]
pub(crate) struct Typed(pub(crate) Vec<(&'static str, String)>);

impl Typed {
    pub(crate) fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

fn rules_of(fields: &BTreeMap<String, String>, before: &Rules, faults: &mut Vec<Unfit>) -> Rules {
    let on = |name: &str| fields.get(name).is_some_and(|value| value == "yes");
    let mut number =
        |name: &str, was: u32| match fields.get(name).map(|text| text.trim().parse::<u32>()) {
            None => was,
            Some(Ok(value)) => value,
            Some(Err(_)) => {
                faults.push(Unfit::Number);
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
        forms: said::FORMS
            .into_iter()
            .filter(|form| on(&format!("form-{}", said::form_key(*form))))
            .collect(),
        units: said::UNITS
            .into_iter()
            .filter(|unit| on(&format!("unit-{}", said::unit_key(*unit))))
            .collect(),
        places: match fields.get("places") {
            Some(text) => text
                .lines()
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect(),
            None => before.places.clone(),
        },
        eligible: said::EMPLOYMENTS
            .into_iter()
            .filter(|kind| on(&format!("eligible-{}", said::employment_key(*kind))))
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

/// An emergency order, as it is typed.
#[derive(Deserialize)]
struct TypedOrder {
    /// Identity of the division; empty for the whole body.
    division: String,
    /// First day; empty for now.
    day: String,
    /// Last day.
    until: String,
    why: String,
}

impl TypedOrder {
    fn read(&self) -> Result<Result<Ordered, Unfit>, Refusal> {
        let division = match &*self.division {
            "" => None,
            id => Some(id.parse::<DivisionId>().map_err(|_| Refusal::NotFound)?),
        };
        let from = Some(&*self.day).filter(|day| !day.is_empty());
        Ok(Ordered::read(division, from, &self.until, &self.why))
    }
}

async fn order(visit: SignedIn, State(app): State<Kit>, Form(typed): Form<TypedOrder>) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    let given = match typed.read()? {
        Ok(ordered) => order_now(&app, &permit, ordered).await?,
        Err(fault) => Err(fault),
    };
    match given {
        Ok(_) => Ok(see_other("/admin/telework?done=telework-emergency")),
        Err(fault) => {
            let faults = vec![unfit(visit.ctx.lang, &fault).message];
            let TypedOrder { division, day, until, why } = typed;
            let typed = vec![("division", division), ("day", day), ("until", until), ("why", why)];
            let unkept = Unkept { faults, typed: Typed(typed), ..Unkept::default() };
            render(&app, visit, None, unkept, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

async fn lift(
    visit: SignedIn,
    State(app): State<Kit>,
    Path(id): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Answer {
    let permit = visit.permit(Deed::ManageTelework)?;
    lift_now(&app, &permit, hex16(&id)?).await?;
    Ok(see_other("/admin/telework?done=saved"))
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
            Some(Waits::of(&change, crate::waiting::words(&mut conn, lang, &change).await?))
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
        forms: said::FORMS
            .map(|one| {
                choice(
                    "form",
                    said::form_key(one),
                    said::form(lang, one),
                    rules.forms.contains(&one),
                )
            })
            .into(),
        units: said::UNITS
            .map(|one| {
                choice(
                    "unit",
                    said::unit_key(one),
                    said::unit(lang, one),
                    rules.units.contains(&one),
                )
            })
            .into(),
        eligible: said::EMPLOYMENTS
            .map(|one| {
                choice(
                    "eligible",
                    said::employment_key(one),
                    said::employment(lang, one),
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
        ordered: unkept.typed,
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
