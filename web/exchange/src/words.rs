//! Words of the exchange's pages in both languages.

use exchange::case::{CaseKind, Duty, Path, Refused, Stage, State};
use exchange::form::Form;
use jiff::civil::Date;
use people::BodyKind;

use kit::http::{Lang, Reason};

pub(crate) fn kind(lang: Lang, kind: CaseKind) -> &'static str {
    let en = match kind {
        CaseKind::Survey => "Survey",
        CaseKind::Inquiry => "Inquiry",
        CaseKind::Notice => "Notice",
        CaseKind::Information => "Information",
    };
    lang.t(kind.ja(), en)
}

pub(crate) fn body_kind(lang: Lang, kind: BodyKind) -> &'static str {
    let en = match kind {
        BodyKind::Prefecture => "Prefectures",
        BodyKind::DesignatedCity => "Designated cities",
        BodyKind::SpecialWard => "Special wards",
        BodyKind::City => "Cities",
        BodyKind::Town => "Towns",
        BodyKind::Village => "Villages",
        BodyKind::Ministry => "The ministry",
    };
    lang.t(kind.ja(), en)
}

/// The kind of one body.
pub(crate) fn one_kind(lang: Lang, kind: BodyKind) -> &'static str {
    let en = match kind {
        BodyKind::Prefecture => "Prefecture",
        BodyKind::DesignatedCity => "Designated city",
        BodyKind::SpecialWard => "Special ward",
        BodyKind::City => "City",
        BodyKind::Town => "Town",
        BodyKind::Village => "Village",
        BodyKind::Ministry => "The ministry",
    };
    lang.t(kind.ja(), en)
}

pub(crate) fn stage(lang: Lang, stage: Stage) -> &'static str {
    let en = match stage {
        Stage::Draft => "Draft",
        Stage::Sent => "Sent",
        Stage::Closed => "Closed",
        Stage::Published => "Published",
    };
    lang.t(stage.ja(), en)
}

pub(crate) fn state(lang: Lang, state: State) -> &'static str {
    let en = match state {
        State::Waiting => "To be passed on",
        State::Sent => "Not received",
        State::Received => "Received",
        State::Entering => "Being entered",
        State::ForApproval => "Waits for approval",
        State::Approved => "Approved",
        State::Submitted => "At the prefecture",
        State::Returned => "Returned",
        State::Passed => "Passed",
        State::HandedUp => "Handed up",
        State::Queried => "Asked back",
        State::Confirmed => "Confirmed",
    };
    lang.t(state.ja(), en)
}

/// The look of a state: done, on its way, needing somebody.
pub(crate) fn chip(state: State) -> &'static str {
    match state {
        State::HandedUp | State::Confirmed | State::Passed => "good",
        State::Returned | State::Queried => "bad",
        State::Waiting | State::Sent => "off",
        _ => "warn",
    }
}

pub(crate) fn duty(lang: Lang, duty: Duty) -> &'static str {
    match duty {
        Duty::Obliged => lang.t("あり（法令に基づく義務）", "Obliged by law"),
        Duty::Asked => lang.t("なし（協力依頼）", "Asked for"),
        Duty::None => lang.t("回答不要", "No answer needed"),
    }
}

pub(crate) fn path(lang: Lang, path: Path) -> &'static str {
    match path {
        Path::Cascade => lang.t("都道府県経由", "Through prefectures"),
        Path::Direct => lang.t("市区町村へ直接", "Direct"),
        Path::Both => {
            lang.t("直接と都道府県経由の並行", "Direct and through prefectures side by side")
        }
    }
}

pub(crate) fn day(lang: Lang, day: Date) -> String {
    match lang {
        Lang::Ja => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        Lang::En => day.to_string(),
    }
}

/// How far a last day is away.
pub(crate) fn left(lang: Lang, today: Date, due: Date) -> String {
    let days = today.until(due).map_or(0, |span| span.get_days());
    match (lang, days) {
        (Lang::Ja, 0) => "今日まで".to_owned(),
        (Lang::Ja, 1..) => format!("あと{days}日"),
        (Lang::Ja, _) => format!("{}日超過", -days),
        (Lang::En, 0) => "today".to_owned(),
        (Lang::En, 1..) => format!("{days} days left"),
        (Lang::En, _) => format!("{} days late", -days),
    }
}

/// Why nothing was done; faults of an answer by question.
pub(crate) fn refused(lang: Lang, refused: &Refused, form: Option<&Form>) -> Vec<String> {
    Reason::words(reasons(lang, refused, form))
}

/// The same with the code of each.
pub(crate) fn reasons(lang: Lang, refused: &Refused, form: Option<&Form>) -> Vec<Reason> {
    let first = match (lang, refused) {
        (Lang::Ja, refused) => refused.ja(),
        (Lang::En, Refused::WrongState(now)) => {
            format!("Not possible while the state is: {}.", state(lang, *now))
        }
        (Lang::En, refused) => refused.to_string(),
    };
    let mut reasons = vec![Reason::new(refused.code(), first)];
    if let Refused::Faults(faults) = refused {
        for fault in faults.iter().take(30) {
            let label = form
                .and_then(|form| form.question(fault.question.as_str()))
                .map_or(fault.question.as_str(), |q| &q.label);
            let what = if lang == Lang::Ja { fault.what.ja() } else { fault.what.to_string() };
            let words = format!("{label}{}{what}", lang.t("：", ": "));
            reasons.push(Reason::new(fault.what.code(), words));
        }
    }
    reasons
}
