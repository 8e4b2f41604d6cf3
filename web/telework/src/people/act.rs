//! What counts for one person, and leaves: for pages and calls alike.

use audit::{Decision, Kind};
use jiff::civil::Date;
use people::{Permit, Staff, StaffId};
use store::Conn;
use store::changes::ChangeKind;
use store::telework::{Paper, PaperKind};
use telework::papers::Leave;
use telework::rules::Employment;
use telework::survey::Member;
use telework::time::Hours;

use crate::{ALWAYS_HERE, RULES, cut_all, member_of, office, unopened, words};
use kit::Kit;
use kit::error::Refusal;
use kit::http::seen::{Changed, Seen, Shown, yes as yes_words};
use kit::http::{Lang, Reason};
use kit::second::{self, Officers, by_itself};

/// What is to count for one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemberChange {
    pub(super) employment: Employment,
    /// 一般行政職員
    pub(super) general: bool,
    pub(super) joined: Option<Date>,
    pub(super) leaves: Option<Date>,
    /// Whether her PC opens without an approved day.
    pub(super) exempt: bool,
}

/// Why something of a person was not kept.
pub(super) enum NotKept {
    /// What is wrong with it.
    Unfit(Unfit),
    /// What somebody changed that the sender has not seen.
    Changed(Changed),
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// The last day comes before the first, or one of them is not a day.
    Service,
    /// A leave without a first and a last day.
    Leave,
}

/// Words and code for it.
pub(super) fn unfit(lang: Lang, fault: Unfit) -> Reason {
    match fault {
        Unfit::Service => Reason::new(
            "service",
            lang.t(
                "退職日は着任日より後の日付にしてください。",
                "The last day comes after the first.",
            ),
        ),
        Unfit::Leave => Reason::new(
            "period",
            lang.t(
                "休暇の最初と最後の日を入れてください。",
                "Please enter the first and the last day.",
            ),
        ),
    }
}

/// A day of service by its word at the border; empty for none.
pub(super) fn service(text: &str) -> Result<Option<Date>, Unfit> {
    let day = Some(text).filter(|text| !text.is_empty()).map(str::parse);
    day.transpose().map_err(|_| Unfit::Service)
}

/// A leave that is to be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewLeave {
    from: Date,
    to: Date,
    /// Half of each day; `None`: the whole of it.
    half: Option<Half>,
    note: String,
}

/// Half a day, by the body's own hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

/// A leave by its words at the border.
pub(super) fn leave(from: &str, to: &str, half: &str, note: &str) -> Result<NewLeave, Unfit> {
    let day = |text: &str| text.parse::<Date>().map_err(|_| Unfit::Leave);
    let half = match half {
        "" => None,
        "morning" => Some(Half::Morning),
        "afternoon" => Some(Half::Afternoon),
        _ => return Err(Unfit::Leave),
    };
    let note = note.trim().chars().take(200).collect();
    Ok(NewLeave { from: day(from)?, to: day(to)?, half, note })
}

/// Hours as 8:30〜12:00.
pub(super) fn span(hours: Hours) -> String {
    let at = |time: jiff::civil::Time| format!("{}:{:02}", time.hour(), time.minute());
    format!("{}〜{}", at(hours.start), at(hours.end))
}

/// What the form shows of a person.
pub(super) async fn shown(conn: &mut Conn, lang: Lang, staff: &Staff) -> Result<Shown, Refusal> {
    let member = store::telework::member(conn, staff.body, staff.id).await?;
    let member = member_of(staff, &member.into_iter().map(|member| (staff.id, member)).collect());
    let exempt = office(conn, staff.body).await?.rules.exempt.contains(&staff.id);
    let joined =
        if member.joined == ALWAYS_HERE { String::new() } else { member.joined.to_string() };
    Ok(Shown::default()
        .with(
            "kind",
            lang.t("職の区分", "Kind of appointment"),
            words::employment(lang, member.employment),
        )
        .with(
            "general",
            lang.t("一般行政職員", "General administration"),
            yes_words(lang, member.general),
        )
        .with("joined", lang.t("着任日", "First day"), joined)
        .with(
            "leaves",
            lang.t("退職日", "Last day"),
            member.leaves.map_or(String::new(), |day| day.to_string()),
        )
        .with(
            "exempt",
            lang.t("承認なしでPCを開ける", "Needs no approved day"),
            yes_words(lang, exempt),
        ))
}

/// What counts for one person; or why not. `seen` is what the sender saw of what stands. Whoever
/// needs an approved day from now on and has none is cut. That somebody needs no approved day waits
/// for a second person or for the next midnight; answers whether it waits.
pub(super) async fn change_member(
    app: &Kit,
    permit: &Permit,
    lang: Lang,
    staff: &Staff,
    change: MemberChange,
    seen: Seen<'_>,
) -> Result<Result<bool, NotKept>, Refusal> {
    let body = permit.body();
    if change.joined.zip(change.leaves).is_some_and(|(joined, leaves)| leaves < joined) {
        return Ok(Err(NotKept::Unfit(Unfit::Service)));
    }
    let mut tx = app.write_as(permit).await?;
    let changed = shown(&mut tx, lang, staff).await?.unseen(lang, seen);
    if !changed.is_empty() {
        return Ok(Err(NotKept::Changed(changed)));
    }
    let before = store::telework::member(&mut tx, body, staff.id).await?;
    let before = member_of(staff, &before.into_iter().map(|member| (staff.id, member)).collect());
    let member = Member {
        staff: staff.id,
        employment: change.employment,
        general: change.general,
        joined: change.joined.unwrap_or(ALWAYS_HERE),
        leaves: change.leaves,
    };
    store::telework::put_member(&mut tx, body, staff.id, &member).await?;
    let mut rules = office(&mut tx, body).await?.rules;
    let (was, id) = (rules.exempt.contains(&staff.id), staff.id.to_string());
    let waits = change.exempt && !was;
    let mut events = Vec::new();
    if waits {
        let (doc, now) = (second::json(&true)?, app.now());
        let mut officers = Officers::of(&mut tx, body, now).await?;
        let asked = second::Asked {
            kind: ChangeKind::Exempt,
            subject: &id,
            doc,
            begins: by_itself(now, now),
            named: staff.login.as_str(),
        };
        events.push(second::ask(app, &mut tx, permit, &mut officers, asked).await?);
    }
    let exempt = was && change.exempt;
    if was && !exempt {
        rules.exempt.remove(&staff.id);
        store::telework::put_setting(&mut tx, body, RULES, &rules, app.now()).await?;
    }
    let cuts = unopened(&mut tx, body, app.now()).await?;
    let event = permit
        .event(Kind::TELEWORK_MEMBER_CHANGED, &staff.login)
        .with("employment_before", words::employment_key(before.employment))
        .with("employment", words::employment_key(change.employment))
        .with("general", member.general)
        .with("joined", member.joined)
        .with("leaves", member.leaves.map_or(String::new(), |day| day.to_string()))
        .with("exempt", exempt);
    events.insert(0, event);
    tx.commit(Decision { value: (), events }).await?;
    cut_all(app, cuts);
    Ok(Ok(waits))
}

/// Enters a leave; its identity, or why not.
pub(super) async fn enter_leave(
    app: &Kit,
    permit: &Permit,
    staff: &Staff,
    NewLeave { from, to, half, note }: NewLeave,
) -> Result<Result<[u8; 16], Unfit>, Refusal> {
    let mut tx = app.write_as(permit).await?;
    let rules = office(&mut tx, permit.body()).await?.rules;
    let part = half.map(|half| match half {
        Half::Morning => rules.morning,
        Half::Afternoon => rules.afternoon,
    });
    let leave = Leave { staff: staff.id, from, to, part, note, removed: false };
    if !leave.is_valid() {
        return Ok(Err(Unfit::Leave));
    }
    let event = permit
        .event(Kind::LEAVE_ENTERED, &staff.login)
        .with("from", leave.from)
        .with("to", leave.to)
        .with("part", leave.part.map(span).unwrap_or_default());
    let paper = Paper { id: app.random(), staff: Some(staff.id), value: leave };
    store::telework::put_paper(&mut tx, permit.body(), PaperKind::Leave, &paper, app.now()).await?;
    tx.commit(Decision::new((), event)).await?;
    Ok(Ok(paper.id))
}

/// Takes a leave back. Whose it was.
pub(super) async fn take_leave_back(
    app: &Kit,
    permit: &Permit,
    id: [u8; 16],
) -> Result<StaffId, Refusal> {
    let body = permit.body();
    let mut tx = app.write_as(permit).await?;
    let paper = store::telework::find_paper::<Leave>(&mut tx, body, PaperKind::Leave, id).await?;
    let mut paper = paper.filter(|paper| !paper.value.removed).ok_or(Refusal::NotFound)?;
    paper.value.removed = true;
    let staff =
        store::staff::find(&mut tx, body, paper.value.staff).await?.ok_or(Refusal::NotFound)?;
    store::telework::put_paper(&mut tx, body, PaperKind::Leave, &paper, app.now()).await?;
    let event = permit
        .event(Kind::LEAVE_REMOVED, &staff.login)
        .with("from", paper.value.from)
        .with("to", paper.value.to);
    tx.commit(Decision::new((), event)).await?;
    Ok(staff.id)
}
