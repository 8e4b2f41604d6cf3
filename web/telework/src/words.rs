//! Words for what the rules say.

use jiff::civil::Date;
use people::StaffId;
use telework::attendance::{DayRecord, Difference, Kind, Mark, Refused};
use telework::opening::Closed;
use telework::papers::Leave;
use telework::request::{Denied, Fault, State};
use telework::rules::{Employment, Form, Unit};
use telework::time::{Calendar, Hours, Minutes, Off, tokyo};

use kit::http::Lang;

pub(crate) const FORMS: [Form; 4] = [Form::Home, Form::Satellite, Form::Mobile, Form::Other];
pub(crate) const UNITS: [Unit; 3] = [Unit::Day, Unit::Half, Unit::Hours];
pub(super) const EMPLOYMENTS: [Employment; 4] =
    [Employment::Regular, Employment::Reappointed, Employment::FixedTerm, Employment::FiscalYear];

pub(crate) fn form(lang: Lang, form: Form) -> &'static str {
    match form {
        Form::Home => lang.t("在宅勤務", "At home"),
        Form::Satellite => lang.t("サテライトオフィス", "Satellite office"),
        Form::Mobile => lang.t("モバイルワーク", "Mobile"),
        Form::Other => lang.t("その他", "Other"),
    }
}

pub(crate) fn form_key(form: Form) -> &'static str {
    match form {
        Form::Home => "home",
        Form::Satellite => "satellite",
        Form::Mobile => "mobile",
        Form::Other => "other",
    }
}

pub(crate) fn unit(lang: Lang, unit: Unit) -> &'static str {
    match unit {
        Unit::Day => lang.t("1日", "Day"),
        Unit::Half => lang.t("半日", "Half day"),
        Unit::Hours => lang.t("時間単位", "Hours"),
    }
}

pub(crate) fn unit_key(unit: Unit) -> &'static str {
    match unit {
        Unit::Day => "day",
        Unit::Half => "half",
        Unit::Hours => "hours",
    }
}

pub(super) fn employment(lang: Lang, kind: Employment) -> &'static str {
    match kind {
        Employment::Regular => lang.t("常勤", "Regular"),
        Employment::Reappointed => lang.t("再任用", "Reappointed"),
        Employment::FixedTerm => lang.t("任期付", "Fixed term"),
        Employment::FiscalYear => lang.t("会計年度任用職員", "Fiscal-year appointment"),
    }
}

pub(crate) fn employment_key(kind: Employment) -> &'static str {
    match kind {
        Employment::Regular => "regular",
        Employment::Reappointed => "reappointed",
        Employment::FixedTerm => "fixed_term",
        Employment::FiscalYear => "fiscal_year",
    }
}

pub(super) fn state(lang: Lang, state: State) -> &'static str {
    match state {
        State::Requested => lang.t("申請中", "Waiting"),
        State::Approved => lang.t("承認", "Approved"),
        State::Returned => lang.t("差戻し", "Returned"),
        State::Refused => lang.t("不承認", "Refused"),
        State::Cancelled => lang.t("取消", "Cancelled"),
    }
}

pub(super) fn state_class(state: State) -> &'static str {
    match state {
        State::Requested => "warn",
        State::Approved => "good",
        State::Returned | State::Refused => "bad",
        State::Cancelled => "off",
    }
}

pub(crate) fn day(lang: Lang, day: Date) -> String {
    let week = ["月", "火", "水", "木", "金", "土", "日"];
    match lang {
        Lang::Ja => {
            let name = week
                .get(usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0))
                .copied()
                .unwrap_or("");
            format!("{}月{}日（{name}）", day.month(), day.day())
        }
        Lang::En => day.strftime("%a %-d %b").to_string(),
    }
}

pub(crate) fn hours(hours: Hours) -> String {
    format!("{}〜{}", hours.start.strftime("%H:%M"), hours.end.strftime("%H:%M"))
}

pub(crate) fn minutes(lang: Lang, minutes: Minutes) -> String {
    match lang {
        Lang::Ja => format!("{}時間{:02}分", minutes.0 / 60, minutes.0 % 60),
        Lang::En => format!("{} h {:02} min", minutes.0 / 60, minutes.0 % 60),
    }
}

pub(super) fn mark(lang: Lang, mark: Mark) -> &'static str {
    match mark {
        Mark::Start => lang.t("始業", "Start"),
        Mark::Pause => lang.t("中断", "Pause"),
        Mark::Resume => lang.t("再開", "Resume"),
        Mark::End => lang.t("終業", "End"),
    }
}

/// What a day's reports say of now.
pub(super) fn presence(lang: Lang, record: Option<&DayRecord>) -> &'static str {
    match record.and_then(|record| record.clocks.last()).map(|clock| clock.mark) {
        None => lang.t("始業前", "Not begun"),
        Some(Mark::Start | Mark::Resume) => lang.t("勤務中", "Working"),
        Some(Mark::Pause) => lang.t("中断中", "Paused"),
        Some(Mark::End) => lang.t("終業", "Ended"),
    }
}

pub(super) fn clocks(lang: Lang, record: &DayRecord) -> String {
    let one = |clock: &telework::attendance::Clock| {
        format!("{} {}", mark(lang, clock.mark), tokyo(clock.at).strftime("%H:%M"))
    };
    record.clocks.iter().map(one).collect::<Vec<_>>().join("　")
}

/// What differs, in one sentence.
pub(crate) fn difference(lang: Lang, one: Difference) -> String {
    let by = one.by.0;
    let (ja, en) = match one.kind {
        Kind::NoSession => {
            ("勤務の報告がありますが、接続の記録がありません。", "Reported, but never connected.")
        }
        Kind::NoReport => (
            "接続の記録がありますが、勤務の報告がありません。",
            "Connected, but nothing was reported.",
        ),
        Kind::NotEnded => ("終業が記録されていません。", "The end was not reported."),
        Kind::StartedBefore => {
            ("始業の報告が最初の接続より早い", "Reported to begin before the first session")
        }
        Kind::ConnectedBefore => {
            ("最初の接続が始業の報告より早い", "Connected before the reported start")
        }
        Kind::EndedAfter => {
            ("終業の報告が最後の接続より遅い", "Reported to end after the last session")
        }
        Kind::ConnectedAfter => {
            ("最後の接続が終業の報告より遅い", "Connected after the reported end")
        }
        Kind::OutsideOrder => {
            ("承認された時間の外で勤務している", "Worked outside the approved hours")
        }
    };
    match (by, lang) {
        (0, _) => lang.t(ja, en).to_owned(),
        (by, Lang::Ja) => format!("{ja}（{by}分）"),
        (by, Lang::En) => format!("{en} ({by} min)"),
    }
}

/// A number of days.
pub(super) fn days(lang: Lang, count: u32) -> String {
    match lang {
        Lang::Ja => format!("{count}日"),
        Lang::En => count.to_string(),
    }
}

/// Idle time of a session.
pub(super) fn idle(lang: Lang, idle: Minutes) -> String {
    match lang {
        Lang::Ja => format!("（操作なし{}分）", idle.0),
        Lang::En => format!(" (idle {} min)", idle.0),
    }
}

pub(crate) fn month_closed(lang: Lang) -> &'static str {
    lang.t(
        "この月は締められているため、変更できません。必要なときは人事担当にご連絡ください。",
        "This month is closed. Please ask HR if it has to change.",
    )
}

/// Why somebody of her appointment can ask for nothing, and who can help.
pub(crate) fn not_eligible(lang: Lang) -> &'static str {
    lang.t(
        "あなたの職の区分は、団体の規則でテレワークの対象になっていません。お心あたりがないときは、人事担当にご確認ください。",
        "By the rules of your body your kind of appointment is not eligible. Please ask HR if this \
         is not right.",
    )
}

pub(crate) fn fault(lang: Lang, fault: &Fault) -> String {
    let text = match fault {
        Fault::NotEligible => not_eligible(lang),
        Fault::NotRegistered => {
            lang.t("その日まで有効な利用登録がありません。", "You are not registered for that day.")
        }
        Fault::NotInService => lang.t("在職期間の外です。", "Outside your period of service."),
        Fault::OnLeave => lang.t(
            "休暇・休職として登録されています。勤務するときは、先に人事担当が休暇を取り消します。",
            "You are on leave that day; to work after all, HR takes the leave back first.",
        ),
        Fault::Form => lang.t("この形態は認められていません。", "This form is not allowed."),
        Fault::Place => lang.t(
            "このサテライトオフィスはありません。一覧から選んでください。",
            "No such satellite office; please choose one of the list.",
        ),
        Fault::Unit => lang.t("この単位は認められていません。", "This unit is not allowed."),
        Fault::Hours => {
            lang.t("時間が勤務時間の中にありません。", "The hours do not fit the working hours.")
        }
        Fault::DayOff => lang.t("休日です。", "Not a working day."),
        Fault::Late { until: Some(until) } => {
            let last = day(lang, *until);
            return match lang {
                Lang::Ja => format!("申請の期限（{last}）を過ぎています。"),
                Lang::En => format!("Too late; the deadline was {last}."),
            };
        }
        Fault::Late { until: None } => lang.t("申請の期限を過ぎています。", "Too late."),
        Fault::NoReason => lang.t(
            "事後の申請には理由が必要です。連絡欄に書いてください。",
            "After the fact, please give a reason.",
        ),
        Fault::Weekly { limit } => {
            return match lang {
                Lang::Ja => format!("週{limit}日の上限を超えます。"),
                Lang::En => format!("Over the limit of {limit} days a week."),
            };
        }
        Fault::Overlap => {
            lang.t("同じ時間の申請がすでにあります。", "These hours were already asked for.")
        }
    };
    text.to_owned()
}

/// Where somebody is on a day: her telework as `plan` words it, or what stands in its place, and
/// beside it the hours of a leave that is a part of the day.
pub(crate) fn place(
    lang: Lang,
    calendar: &Calendar,
    leaves: &[Leave],
    who: StaffId,
    day: Date,
    plan: Option<&str>,
) -> String {
    let away = leaves.iter().any(|leave| leave.staff == who && leave.covers(day));
    let place = match (plan, calendar.off(day)) {
        (Some(plan), _) => plan,
        (None, Some(off)) => return day_off(lang, off).to_owned(),
        (None, None) if away => return lang.t("休暇", "On leave").to_owned(),
        (None, None) => lang.t("出勤", "In the office"),
    };
    let parts = part_leaves(lang, calendar, leaves, who, day);
    std::iter::once(place.to_owned()).chain(parts).collect::<Vec<_>>().join(lang.t("・", ", "))
}

/// The leaves of a person that are a part of a working day, each with its hours.
pub(crate) fn part_leaves(
    lang: Lang,
    calendar: &Calendar,
    leaves: &[Leave],
    who: StaffId,
    day: Date,
) -> Vec<String> {
    if !calendar.is_working(day) {
        return Vec::new();
    }
    let hers = leaves.iter().filter(|leave| leave.staff == who);
    let parts = hers.filter_map(|leave| leave.part.filter(|part| leave.meets(day, *part)));
    parts.map(|part| format!("{} {}", lang.t("休暇", "On leave"), hours(part))).collect()
}

/// Why a day is off.
pub(crate) fn day_off(lang: Lang, off: Off) -> &'static str {
    match off {
        Off::Holiday(holiday) => lang.t(holiday.name(), holiday.english()),
        Off::YearEnd => lang.t("年末年始", "Turn of the year"),
        Off::Closed => lang.t("閉庁日", "Office closed"),
        Off::Weekend => lang.t("休日", "Day off"),
    }
}

/// The name of a day off that has one; nothing for a working day and for a plain weekend.
pub(super) fn named_off(lang: Lang, calendar: &Calendar, day: Date) -> &'static str {
    calendar.off(day).filter(|off| *off != Off::Weekend).map_or("", |off| day_off(lang, off))
}

pub(crate) fn denied(lang: Lang, denied: &Denied, name: &dyn Fn(StaffId) -> String) -> String {
    let text = match denied {
        Denied::Changed { by, state: now } => {
            let now = state(lang, *now);
            return match (by.map(name), lang) {
                (Some(who), Lang::Ja) => format!("画面を開いたあとに、{who}さんの操作で「{now}」になりました。"),
                (Some(who), Lang::En) => format!("Meanwhile {who} set it to \"{now}\"."),
                (None, Lang::Ja) => format!("画面を開いたあとに、サーバーの復旧で「{now}」になりました。"),
                (None, Lang::En) => format!("Meanwhile it was set to \"{now}\" when this server \
                    was restored."),
            };
        }
        Denied::OwnRequest => lang.t("自分の申請は決裁できません。", "Nobody decides their own request."),
        Denied::NotSuperior => lang.t("決裁できるのは所属長か代理だけです。", "Only the superior or deputy decides."),
        Denied::NotAway { superior } => {
            let who = name(*superior);
            return match lang {
                Lang::Ja => format!(
                    "所属長の{who}さんが在席しているため、代理は決裁できません。所属長の休暇・休職の間か、所属長が「代理への引き継ぎ」で設定した日に決裁できます。"
                ),
                Lang::En => {
                    format!(
                        "{who}, the superior, is there. A deputy decides while the superior is on \
                         leave, or on days handed over."
                    )
                }
            };
        }
        Denied::NoSuperior => lang.t(
            "所属長が決まっていないため、代理は決裁できません。人事担当が所属長を決めると、決裁できるようになります。",
            "The division has no superior, so its deputy decides nothing. HR names a superior \
             first.",
        ),
        Denied::WrongState(_) => lang.t("いまの状態ではできません。", "Not possible in this state."),
        Denied::NoReason => lang.t("理由を書いてください。", "Please give a reason."),
        Denied::Past => lang.t("その日はもう終わっています。", "The day is over."),
        Denied::MonthClosed => month_closed(lang),
        Denied::WrongPermit => lang.t("この操作はできません。", "Not permitted."),
    };
    text.to_owned()
}

pub(crate) fn refused(lang: Lang, refused: Refused) -> &'static str {
    match refused {
        Refused::Already => lang.t(
            "すでに記録されています。もう一度押す必要はありません。",
            "Already recorded; no need to press again.",
        ),
        Refused::Ended => lang.t("今日はもう終業しています。", "The day has ended."),
        Refused::NotStarted => {
            lang.t("先に始業を押してください。", "Please report the start first.")
        }
        Refused::NotPaused => lang.t("中断していません。", "Work was not paused."),
        Refused::Backwards => {
            lang.t("直前の記録より前の時刻です。", "Earlier than the last report.")
        }
        Refused::NoReason => lang.t("理由を書いてください。", "Please give a reason."),
        Refused::TooMany => {
            lang.t("1日に記録できる回数を超えました。", "Too many reports in one day.")
        }
        Refused::MonthClosed => month_closed(lang),
        Refused::WrongPermit => lang.t("この操作はできません。", "Not permitted."),
    }
}

pub(super) fn closed(lang: Lang, closed: &Closed) -> String {
    let text = match closed {
        Closed::NoRequest => lang.t(
            "今日のテレワークの申請がありません。「テレワーク」の画面から申請し、所属長の承認を受けてください。",
            "No telework day was asked for today. Please ask for it under Telework.",
        ),
        Closed::Waiting => lang
            .t("今日の申請は承認待ちです。お急ぎのときは所属長にご連絡ください。", "Your request for today waits for approval."),
        Closed::NotApproved => lang.t(
            "今日の申請は承認されていません。「テレワーク」の画面で理由を確かめてください。",
            "Your request for today was not approved. See the reason under Telework.",
        ),
        Closed::Early(from) => {
            let from = tokyo(*from).strftime("%H:%M").to_string();
            return match lang {
                Lang::Ja => format!("承認された時間の前です。{from}から開けます。"),
                Lang::En => format!("It opens at {from}."),
            };
        }
        Closed::Over => lang.t(
            "承認された時間は終わりました。続けるときは所属長に相談し、時間の追加を申請してください。",
            "The approved hours are over.",
        ),
    };
    text.to_owned()
}
