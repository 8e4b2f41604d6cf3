//! Words and codes of the settings.

use telework::rules::{RuleFault, Rules};
use telework::survey::Stage;

use super::Unfit;
use super::calendar::Misread;
use kit::http::{Lang, Reason};

/// How far the body has come: what it answers to Q1 of the survey.
pub(super) const STAGES: [(Stage, &str, &str, &str); 3] = [
    (Stage::None, "none", "まだ導入していない", "Not introduced"),
    (Stage::Trial, "trial", "試行している", "On trial"),
    (Stage::InForce, "in_force", "正式に導入している", "Introduced"),
];

/// The numbers of the rules: key, words, value, the most it can be.
pub(super) fn numbers(lang: Lang, rules: &Rules) -> [(&'static str, &'static str, u32, u32); 9] {
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

/// What a number means, in plain words.
pub(super) fn hint(lang: Lang, name: &str) -> &'static str {
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

/// Why settings were not kept.
pub(super) fn unfit(lang: Lang, fault: &Unfit) -> Reason {
    match fault {
        Unfit::Number => {
            Reason::new("number", lang.t("数字で入れてください。", "Please enter a number."))
        }
        Unfit::Rule(fault) => rule(lang, *fault),
        Unfit::Calendar(fault) => misread(lang, fault),
        Unfit::Emergency => Reason::new(
            "period",
            lang.t(
                "期間（31日以内）と理由を入れてください。",
                "Please enter a period of at most 31 days and a reason.",
            ),
        ),
    }
}

/// Why days off are not what is meant.
fn misread(lang: Lang, fault: &Misread) -> Reason {
    match fault {
        Misread::NoDay(text) => {
            let words = match lang {
                Lang::Ja => format!(
                    "休日「{text}」は日付（例：2026-11-24、毎年なら 06-23）ではありません。"
                ),
                Lang::En => format!(
                    "\"{text}\" is not a date such as 2026-11-24 (or 06-23 for every year)."
                ),
            };
            Reason::new("no_day", words)
        }
        Misread::YearEnd => Reason::new("year_end", lang.t(
            "年末年始は、12月の最初の日（例：12-29）と1月の最後の日（例：01-03）で入れてください。",
            "The turn of the year goes from a day of December (12-29) to a day of January (01-03).",
        )),
        Misread::TooMany(most) => {
            let words = match lang {
                Lang::Ja => format!("閉庁日・開庁日はそれぞれ{most}日までです。"),
                Lang::En => format!("At most {most} days can be named."),
            };
            Reason::new("too_many_days", words)
        }
    }
}

fn rule(lang: Lang, fault: RuleFault) -> Reason {
    let words = match fault {
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
            "サテライトオフィスは50か所まで、名前は改行のない100字までです。",
            "At most 50 satellite offices, with names of at most 100 characters on one line.",
        ),
        RuleFault::Percent => lang.t("割合は100までです。", "A percentage is at most 100."),
    };
    let code = match fault {
        RuleFault::NoForm => "no_form",
        RuleFault::NoUnit => "no_unit",
        RuleFault::NobodyEligible => "nobody_eligible",
        RuleFault::DaysAWeek => "days_a_week",
        RuleFault::NoticeDays => "notice_days",
        RuleFault::Hours => "hours",
        RuleFault::Halves => "halves",
        RuleFault::Grace => "grace",
        RuleFault::Places => "places",
        RuleFault::Percent => "percent",
    };
    Reason::new(code, words)
}
