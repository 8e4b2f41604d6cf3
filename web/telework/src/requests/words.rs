//! Words and codes for what stands in the way of a request.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use people::{BodyCode, StaffId};
use telework::request::{Denied, Fault};

use super::{Hindrance, Unasked, Unread};
use crate::words;
use kit::Kit;
use kit::error::Refusal;
use kit::http::{Lang, Reason};

/// Why what was sent asks for nothing.
pub(crate) fn unread(lang: Lang, fault: Unread) -> Reason {
    match fault {
        Unread::Day => Reason::new("day", lang.t("日付を選んでください。", "Please choose a day.")),
        Unread::Form | Unread::Unit => {
            let code = if fault == Unread::Form { "form" } else { "unit" };
            let words = lang.t("形態と単位を選んでください。", "Please choose form and unit.");
            Reason::new(code, words)
        }
        Unread::Times => {
            let words = lang.t(
                "開始と終了の時刻を「9:00」のように、0:00から24:00までで入れてください。",
                "Please enter both times, such as 9:00, from 0:00 to 24:00.",
            );
            Reason::new("times", words)
        }
        Unread::Weeks => {
            let words = lang.t(
                "毎週のくりかえしは、12週までで選んでください。",
                "Please repeat it over at most 12 weeks.",
            );
            Reason::new("weeks", words)
        }
        Unread::Work => Reason::new("work", no_work(lang)),
    }
}

/// Why nothing was asked for.
pub(crate) fn unasked(lang: Lang, faults: &[Unasked]) -> Vec<Reason> {
    faults.iter().map(|fault| one_unasked(lang, fault)).collect()
}

fn one_unasked(lang: Lang, fault: &Unasked) -> Reason {
    let on = |day: &jiff::civil::Date, words: &str| format!("{} {words}", words::day(lang, *day));
    match fault {
        Unasked::NothingToCopy => Reason::new(
            "nothing_to_copy",
            lang.t(
                "写すもとになる週に、申請がありません。",
                "There is nothing in that week to copy.",
            ),
        ),
        Unasked::MonthClosed(day) => {
            Reason::new("month_closed", on(day, words::month_closed(lang)))
        }
        Unasked::Work(day) => Reason::new("work", on(day, no_work(lang))),
        Unasked::Rule(day, fault) => Reason::new(rule(fault), on(day, &words::fault(lang, fault))),
    }
}

fn no_work(lang: Lang) -> &'static str {
    lang.t("この業務は選べません。", "This work cannot be chosen.")
}

/// The code of a rule.
fn rule(fault: &Fault) -> &'static str {
    match fault {
        Fault::NotEligible => "not_eligible",
        Fault::NotRegistered => "not_registered",
        Fault::NotInService => "not_in_service",
        Fault::OnLeave => "on_leave",
        Fault::Form => "form",
        Fault::Place => "place",
        Fault::Unit => "unit",
        Fault::Hours => "hours",
        Fault::DayOff => "day_off",
        Fault::Late { .. } => "late",
        Fault::NoReason => "reason_needed",
        Fault::Weekly { .. } => "over_weekly_limit",
        Fault::Overlap => "overlap",
    }
}

/// Why requests were not decided. Names are looked up only for what came.
pub(crate) async fn hindered(
    app: &Kit,
    body: BodyCode,
    lang: Lang,
    hindrances: &[Hindrance],
) -> Result<Vec<Reason>, Refusal> {
    let mut names: BTreeMap<StaffId, String> = BTreeMap::new();
    let ids = |one: &Hindrance| [one.whose, named(&one.denied)];
    for id in hindrances.iter().flat_map(ids).flatten().collect::<Vec<_>>() {
        if let Entry::Vacant(free) = names.entry(id) {
            let found = store::staff::find(&mut *app.store.read().await?, body, id).await?;
            free.insert(found.map_or(String::new(), |one| one.name.to_string()));
        }
    }
    let name = |id: StaffId| names.get(&id).cloned().unwrap_or_default();
    let told = |one: &Hindrance| {
        let (day, words) = (words::day(lang, one.day), words::denied(lang, &one.denied, &name));
        let whose = one.whose.map(|id| name(id) + " ").unwrap_or_default();
        Reason::new(code(&one.denied), format!("{whose}{day} {words}"))
    };
    Ok(hindrances.iter().map(told).collect())
}

/// Whom the words name.
fn named(denied: &Denied) -> Option<StaffId> {
    match denied {
        Denied::Changed { by, .. } => *by,
        Denied::NotAway { superior } => Some(*superior),
        _ => None,
    }
}

/// The code of what stands in the way of a decision.
fn code(denied: &Denied) -> &'static str {
    match denied {
        Denied::Changed { .. } => "changed",
        Denied::OwnRequest => "own_request",
        Denied::NotSuperior => "not_superior",
        Denied::NotAway { .. } => "superior_there",
        Denied::NoSuperior => "no_superior",
        Denied::WrongState(_) => "wrong_state",
        Denied::NoReason => "reason_needed",
        Denied::Past => "past",
        Denied::MonthClosed => "month_closed",
        Denied::WrongPermit => "wrong_permit",
    }
}
