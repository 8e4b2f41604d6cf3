//! What is done with the settings and with emergency orders: for pages and calls alike.

use std::collections::BTreeMap;

use audit::{Decision, Kind};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use people::{BodyCode, DivisionId, Permit};
use store::Conn;
use store::changes::ChangeKind;
use store::telework::{Paper, PaperKind};
use telework::opening::Emergency;
use telework::rules::{RuleFault, Rules};
use telework::survey::Stage;
use telework::time::{Calendar, Hours, moment as moment_of};

use super::calendar::Misread;
use super::words::{STAGES, numbers};
use crate::typed::text;
use crate::{CALENDAR, LEAST, RULES, STAGE, cut_all, moment, office, unopened, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::{Changed, Seen, Shown, yes};
use kit::second::{self, Asked, Officers, by_itself};

/// Settings that are wanted. Who is exempt is set person by person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) rules: Rules,
    pub(crate) calendar: Calendar,
    pub(crate) least: BTreeMap<DivisionId, usize>,
    /// None leaves it as it is.
    pub(crate) stage: Option<Stage>,
}

/// Why settings were not kept.
#[derive(Debug)]
pub(crate) enum NotKept {
    /// What is wrong with them.
    Unfit(Vec<Unfit>),
    /// What somebody changed that the sender has not seen.
    Changed(Changed),
}

/// What is wrong with settings, or with an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// Something is not a number.
    Number,
    /// The rules do not hold together.
    Rule(RuleFault),
    /// The days off are not what is meant.
    Calendar(Misread),
    /// An order without a period or a reason.
    Emergency,
}

/// What the form shows of the settings. Who is exempt is set person by person, and no form of
/// settings writes it.
pub(crate) async fn shown(conn: &mut Conn, lang: Lang, body: BodyCode) -> Result<Shown, Refusal> {
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
) -> Result<Result<bool, NotKept>, Refusal> {
    if let Err(found) = wanted.rules.check() {
        return Ok(Err(NotKept::Unfit(found.into_iter().map(Unfit::Rule).collect())));
    }
    let (body, now) = (permit.body(), app.now());
    let mut tx = app.write_as(permit).await?;
    let changed = shown(&mut tx, lang, body).await?.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(NotKept::Changed(changed)));
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

/// An emergency order as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ordered {
    /// The whole body, where it is none.
    division: Option<DivisionId>,
    /// First day; none for now.
    from: Option<Date>,
    /// Last day.
    until: Date,
    why: String,
}

impl Ordered {
    /// By its words at the border.
    pub(super) fn read(
        division: Option<DivisionId>,
        from: Option<&str>,
        until: &str,
        why: &str,
    ) -> Result<Self, Unfit> {
        let day = |text: &str| text.parse::<Date>().map_err(|_| Unfit::Emergency);
        Ok(Self { division, from: from.map(day).transpose()?, until: day(until)?, why: text(why) })
    }
}

/// An emergency order: from now, or a day, to the end of a day. Its identity; or why not.
pub(crate) async fn order_now(
    app: &Kit,
    permit: &Permit,
    ordered: Ordered,
) -> Result<Result<[u8; 16], Unfit>, Refusal> {
    let (body, now) = (permit.body(), moment(app.now()));
    let mut tx = app.write_as(permit).await?;
    if let Some(id) = ordered.division {
        store::divisions::find(&mut tx, body, id).await?.ok_or(Refusal::NotFound)?;
    }
    let start =
        |day: Date| -> Option<Timestamp> { moment_of(day.to_datetime(Time::midnight())).ok() };
    let from = ordered.from.map_or(Some(now), |day| start(day).map(|from| from.max(now)));
    let until = ordered.until.tomorrow().ok().and_then(start);
    let Ordered { division, why, .. } = ordered;
    let emergency = from.zip(until).map(|(from, until)| Emergency {
        division,
        from,
        until,
        why,
        by: permit.actor(),
        lifted: None,
    });
    let Some(emergency) = emergency.filter(Emergency::is_valid) else {
        return Ok(Err(Unfit::Emergency));
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

/// Lifts an order early. Whoever is then without a basis is cut.
pub(crate) async fn lift_now(app: &Kit, permit: &Permit, id: [u8; 16]) -> Result<(), Refusal> {
    let body = permit.body();
    let now = app.now();
    let mut tx = app.write_as(permit).await?;
    let paper =
        store::telework::find_paper::<Emergency>(&mut tx, body, PaperKind::Emergency, id).await?;
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
