//! Words of the inventory.

use telework::inventory::sheet::{CellFaultKind, MAX_NAME, MAX_ROWS};
use telework::inventory::{Approval, Frequency, Information, Outcome, RulesError, When, Zone};

use kit::http::Lang;

pub(super) fn outcome(lang: Lang, one: Outcome) -> &'static str {
    let en = match one {
        Outcome::Possible => "Possible",
        Outcome::Condition => "Possible on a condition",
        Outcome::No => "Impossible",
        Outcome::Ask => "To be decided",
    };
    lang.t(one.ja(), en)
}

pub(super) fn information(lang: Lang, one: Information) -> &'static str {
    let en = match one {
        Information::None => "None",
        Information::Internal => "Internal",
        Information::Personal => "Personal",
        Information::SpecificPersonal => "With a My Number",
    };
    lang.t(one.ja(), en)
}

pub(super) fn zone(lang: Lang, one: Zone) -> &'static str {
    let en = match one {
        Zone::Mynumber => "My Number network",
        Zone::Lgwan => "LGWAN network",
        Zone::Internet => "Internet network",
    };
    lang.t(one.ja(), en)
}

pub(super) fn approval(lang: Lang, one: Approval) -> &'static str {
    let en = match one {
        Approval::None => "None",
        Approval::Paper => "On paper",
        Approval::Electronic => "Electronic",
    };
    lang.t(one.ja(), en)
}

pub(super) fn frequency(lang: Lang, one: Frequency) -> &'static str {
    let en = match one {
        Frequency::Daily => "Daily",
        Frequency::Weekly => "Weekly",
        Frequency::Monthly => "Monthly",
        Frequency::Seasonal => "A few times a year",
        Frequency::Occasional => "As needed",
    };
    lang.t(one.ja(), en)
}

/// The yes-or-no attributes: key, Japanese, English.
pub(super) const FLAGS: [(&str, &str, &str); 6] = [
    ("paper", "紙の文書を使う", "Paper documents"),
    ("seal", "押印がいる", "A seal is needed"),
    ("counter", "窓口・相談で住民と対面する", "Citizens are met"),
    ("site", "現場での作業がある", "Done on a site"),
    ("telephone", "外線電話を受ける", "Outside calls are taken"),
    ("interruptible", "途中で中断できる", "Can be interrupted"),
];

/// A rule's condition as a sentence.
pub(super) fn when(lang: Lang, when: &When) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut say = |ja: &str, en: &str, value: &str| {
        parts.push(match lang {
            Lang::Ja => format!("{ja}が「{value}」"),
            Lang::En => format!("{en}: {value}"),
        });
    };
    if let Some(one) = when.information {
        say("取り扱う情報", "information", information(lang, one));
    }
    if let Some(one) = when.zone {
        say("ネットワーク", "network", zone(lang, one));
    }
    if let Some(one) = when.approval {
        say("決裁", "approval", approval(lang, one));
    }
    let flags =
        [when.paper, when.seal, when.counter, when.site, when.telephone, when.interruptible];
    for ((_, ja, en), flag) in FLAGS.into_iter().zip(flags) {
        match (flag, lang) {
            (None, _) => {}
            (Some(true), Lang::Ja) => parts.push(format!("「{ja}」に当てはまる")),
            (Some(false), Lang::Ja) => parts.push(format!("「{ja}」に当てはまらない")),
            (Some(on), Lang::En) => parts.push(format!("{en}: {}", if on { "yes" } else { "no" })),
        }
    }
    parts.join(lang.t("、かつ", " and "))
}

pub(super) fn cell_fault(lang: Lang, kind: &CellFaultKind) -> String {
    let text = match kind {
        CellFaultKind::HeadingMissing(heading) => {
            return match lang {
                Lang::Ja => format!("見出し「{heading}」がありません。"),
                Lang::En => format!("The heading \"{heading}\" is missing."),
            };
        }
        CellFaultKind::Twice(row) => {
            return match lang {
                Lang::Ja => format!("同じものが{row}行目にもあります。"),
                Lang::En => format!("The same stands in row {row}."),
            };
        }
        CellFaultKind::Word(words) => {
            let all = words.all().join(lang.t("・", ", "));
            return match lang {
                Lang::Ja => format!("次のどれかを入力してください：{all}"),
                Lang::En => format!("One of: {all}"),
            };
        }
        CellFaultKind::TooMany => {
            return match lang {
                Lang::Ja => format!("一度に取り込めるのは{MAX_ROWS}行までです。"),
                Lang::En => format!("At most {MAX_ROWS} rows at once."),
            };
        }
        CellFaultKind::Name => {
            return match lang {
                Lang::Ja => format!("{MAX_NAME}文字以内で、改行なしで入力してください。"),
                Lang::En => format!("At most {MAX_NAME} characters, in one line."),
            };
        }
        CellFaultKind::HeadingUnknown => lang.t(
            "わからない見出しか、二つある見出しです。",
            "A heading that is unknown, or stands twice.",
        ),
        CellFaultKind::Empty => lang.t("見出しの下に行がありません。", "There are no rows."),
        CellFaultKind::Missing => lang.t("入力してください。", "Something has to stand here."),
        CellFaultKind::NoDivision(Some(code)) => {
            return match lang {
                Lang::Ja => format!(
                    "この所属コードの所属はないか、担当していません。先頭の0が落ちていませんか（{code}）。表示形式を「文字列」にして入力してください。"
                ),
                Lang::En => {
                    format!("No division of yours has this code. Is it {code}? Enter it as text.")
                }
            };
        }
        CellFaultKind::NoHeading => lang.t(
            "見出しのない列に値があります。消すか、正しい列に入力してください。",
            "A value in a column without a heading.",
        ),
        CellFaultKind::TimeOfDay => lang.t(
            "時刻の形です。時間数（例：1.5）で入力してください。",
            "A time of day: please enter hours (such as 1.5).",
        ),
        CellFaultKind::Percent => lang.t(
            "割合（％）です。時間数（例：1.5）で入力してください。",
            "A percentage: please enter hours (such as 1.5).",
        ),
        CellFaultKind::Date => lang.t(
            "日付の形です。時間数（例：1.5）で入力してください。",
            "A date: please enter hours (such as 1.5).",
        ),
        CellFaultKind::NoDivision(None) => lang.t(
            "この所属コードの所属はないか、担当していません。",
            "No division of yours has this code.",
        ),
        CellFaultKind::NoWork => lang
            .t("この番号の業務はないか、担当していません。", "No work of yours has this number."),
        CellFaultKind::NoStaff => lang.t(
            "このサインイン名の職員はいないか、担当していません。",
            "Nobody of yours has this sign-in name.",
        ),
        CellFaultKind::Hours => lang.t(
            "時間を0より大きい数（小数は2桁まで）で入力してください。",
            "Hours above 0, at most two decimals.",
        ),
    };
    text.to_owned()
}

pub(super) fn rules_error(lang: Lang, error: &RulesError) -> &'static str {
    match error {
        RulesError::TooLarge => lang.t("規則は200までです。", "At most 200 rules."),
        RulesError::Syntax(_) => lang.t("規則として読めません。", "This is not a rule."),
        RulesError::Twice(_) => lang.t("同じキーの規則があります。", "Another rule has this key."),
        RulesError::Always(_) => {
            lang.t("条件を1つは選んでください。", "Choose at least one condition.")
        }
        RulesError::NoReason(_) => lang.t(
            "「不可」には調査の理由を書いてください。",
            "\"Impossible\" needs the survey's reason.",
        ),
        RulesError::Permits(_) => lang.t(
            "支障のない業務はもともと「そのまま可」です。",
            "Work without obstacles is possible anyway.",
        ),
    }
}
