//! 実施要領 from the body's rules: each setting as the sentence it means. The wording is the
//! project's own, to be adopted or changed by the body.

use jiff::civil::Date;
use paper::{Article, Paper};
use telework::rules::{Employment, Form, Rules, Unit};
use telework::time::{Hours, Minutes};

use kit::papers::date;

/// What the paper needs beside the rules.
#[derive(Clone, Debug)]
pub(super) struct Office<'a> {
    /// Name of the body.
    pub body: &'a str,
    /// Day of printing.
    pub today: Date,
    /// Names of divisions and the least number of people in the office.
    pub least: Vec<(&'a str, usize)>,
    /// Lines of the checklist of the workplace at home.
    pub checklist: Vec<&'a str>,
}

/// The rules as articles.
#[must_use]
pub(super) fn rules(rules: &Rules, office: &Office<'_>) -> Paper {
    let mut articles = vec![
        article(
            "趣旨",
            [format!(
                "この要領は、{}の職員が行うテレワークの実施に関し必要な事項を定めるものとする。",
                office.body
            )],
        ),
        with_items(
            "定義及び形態",
            "この要領において「テレワーク」とは、情報通信技術を利用して、勤務する公署以外の場所で業務を行う勤務をいい、その形態は次のとおりとする。",
            rules.forms.iter().map(|one| form(*one).to_owned()),
        ),
        with_items(
            "対象職員",
            "テレワークを行うことができる職員は、次に掲げる職員のうち、第４条の登録をした者とする。",
            rules.eligible.iter().map(|one| employment(*one).to_owned()),
        ),
        registration(office),
        work(rules),
        with_items(
            "単位",
            "テレワークは、次に掲げる単位で行うことができる。",
            rules.units.iter().map(|one| unit(*one, rules)),
        ),
        limits(rules, office),
        asking(rules),
        hours(rules),
        reports(rules),
    ];
    if rules.day_opens_pc {
        articles.push(opening(rules));
    }
    articles.push(article(
        "緊急時の特例",
        ["災害、感染症のまん延その他緊急の必要があるときは、期間及び範囲を定めて、第７条及び第８条の規定によらずにテレワークを命じることができる。この場合において、\
            その理由を記録するものとする。".to_owned()],
    ));
    articles.push(with_items(
        "情報の取扱い",
        "テレワークを行う職員は、情報セキュリティに関する定めを守るほか、次に掲げる事項を守らなければならない。",
        [
            "個人番号利用事務を行わないこと。",
            "画面及び書類を家族を含む他の者に見せず、会話を聞かせないこと。",
            "庁舎から情報資産を持ち出すときは、あらかじめ許可を受けること。",
            "機器又は情報の紛失、盗難等があったときは、直ちに所属長及び情報担当に連絡すること。",
        ]
        .map(str::to_owned),
    ));
    if rules.allowance_yen > 0 {
        articles.push(article(
            "在宅勤務等手当",
            [format!(
                "３か月以上の期間について１か月当たり平均10日を超えて在宅勤務等を命じられた職員には、条例の定めるところにより、在宅勤務等手当として月額{}円を支給する。",
                yen(rules.allowance_yen)
            )],
        ));
    }
    articles.push(article(
        "その他",
        ["この要領に定めるもののほか、テレワークの実施に関し必要な事項は、別に定める。".to_owned()],
    ));
    Paper::Rules(paper::Rules {
        title: format!("{}テレワーク実施要領", office.body),
        body: office.body.to_owned(),
        dated: format!("{}現在の設定による", date(office.today)),
        articles,
        supplement: vec!["この要領は、　　年　　月　　日から施行する。".to_owned()],
        remark: "この要領は、Norenに登録されたテレワークの規則から作成したものです。文言は標準例であり、実際の制定に当たっては、\
            条例・規則及び職員団体との協議等を踏まえて確認してください。".to_owned(),
    })
}

fn registration(office: &Office<'_>) -> Article {
    Article {
        about: "登録及び作業環境の確認".into(),
        paragraphs: vec![
            "テレワークを行おうとする職員は、この要領を守ることに同意し、作業環境を確認した上で、あらかじめ登録を申請しなければならない。登録の有効期間は、１年とする。".into(),
            "前項の作業環境の確認は、次に掲げる事項について行うものとする。".into(),
        ],
        items: office.checklist.iter().map(|line| format!("{line}。")).collect(),
    }
}

fn work(rules: &Rules) -> Article {
    article(
        "対象業務",
        [
            "テレワークの対象とする業務は、業務の棚卸しにより、そのまま実施できるもの又は条件を満たして実施できるものと判定された業務とする。".to_owned(),
            format!(
                "担当する業務に占める前項の業務の割合が{}パーセント以上である職員を、テレワークを実施可能な職員とする。",
                wide(u32::from(rules.possible_percent))
            ),
        ],
    )
}

fn limits(rules: &Rules, office: &Office<'_>) -> Article {
    let mut paragraphs = vec![format!(
        "テレワークを行うことができる日数は、１週間（月曜日から日曜日まで）につき{}日までとする。",
        wide(rules.days_a_week.into())
    )];
    let least: Vec<String> = office
        .least
        .iter()
        .filter(|one| one.1 > 0)
        .map(|(name, n)| format!("{name}　{}人", wide_usize(*n)))
        .collect();
    if !least.is_empty() {
        paragraphs.push(
            "所属長は、次に掲げる所属について、それぞれに定める人数以上の職員が庁舎で勤務するよう調整するものとする。".into(),
        );
    }
    Article { about: "日数等".into(), paragraphs, items: least }
}

fn asking(rules: &Rules) -> Article {
    let by = match rules.notice_days {
        0 => "当日の勤務を開始する時刻までに".to_owned(),
        days => format!("実施日の{}勤務日前までに", wide(days.into())),
    };
    let mut paragraphs = vec![
        format!("テレワークを行おうとする職員は、{by}、日時、形態、場所及び業務の内容を所属長に申請し、その承認を受けなければならない。"),
        "所属長は、業務に支障があると認めるときは、理由を付して申請を差し戻し、又は承認しないことができる。所属長が不在のときは、あらかじめ定めた者が代理する。"
            .to_owned(),
    ];
    paragraphs.push(if rules.after_the_fact {
        format!(
            "やむを得ない事情によりあらかじめ申請することができなかったときは、実施日の翌日から起算して{}日以内に、理由を付して申請することができる。",
            wide(rules.after_the_fact_days.into())
        )
    } else {
        "実施日の勤務を開始した後の申請は、認めない。".to_owned()
    });
    article("申請及び承認", paragraphs)
}

fn hours(rules: &Rules) -> Article {
    article(
        "勤務時間",
        [
            format!(
                "テレワークを行う日の勤務時間は、{}とし、そのうち{}を休憩時間とする。",
                span(rules.hours),
                minutes(rules.rest)
            ),
            if rules.overtime {
                "テレワークを行う日の時間外勤務は、所属長があらかじめ命じた場合に限り行うことができる。".to_owned()
            } else {
                "テレワークを行う日には、時間外勤務及び休日勤務を命じないものとする。".to_owned()
            },
        ],
    )
}

fn reports(rules: &Rules) -> Article {
    article(
        "報告及び確認",
        [
            "テレワークを行う職員は、業務の開始、中断、再開及び終了の都度、その旨を報告し、終了後に業務の内容を報告しなければならない。".to_owned(),
            format!(
                "報告された時刻と職場のパソコンへの接続の記録とに{}を超える差があるときは、職員はその理由を報告するものとする。報告された時刻は、本人の申告なしに変更しない。",
                minutes(rules.tolerance)
            ),
        ],
    )
}

fn opening(rules: &Rules) -> Article {
    let mut paragraphs = vec![format!(
        "職場のパソコンへの接続は、承認された日時（その前{}及び後{}を含む。）に限り行うことができる。",
        minutes(rules.grace_before),
        minutes(rules.grace_after)
    )];
    if !rules.exempt.is_empty() {
        paragraphs.push("別に指定する職員については、前項の規定を適用しない。".into());
    }
    article("接続できる時間", paragraphs)
}

fn article(about: &str, paragraphs: impl IntoIterator<Item = String>) -> Article {
    Article {
        about: about.to_owned(),
        paragraphs: paragraphs.into_iter().collect(),
        items: Vec::new(),
    }
}

fn with_items(about: &str, paragraph: &str, items: impl IntoIterator<Item = String>) -> Article {
    Article {
        about: about.to_owned(),
        paragraphs: vec![paragraph.to_owned()],
        items: items.into_iter().collect(),
    }
}

fn form(form: Form) -> &'static str {
    match form {
        Form::Home => "在宅勤務　職員の自宅その他これに準ずる場所において行うもの",
        Form::Satellite => {
            "サテライトオフィス勤務　勤務する公署以外の庁舎その他指定された施設において行うもの"
        }
        Form::Mobile => "モバイルワーク　出張等の移動中又は出張先において行うもの",
        Form::Other => "その他　前各号に掲げるもののほか、特に認められたもの",
    }
}

fn employment(kind: Employment) -> &'static str {
    match kind {
        Employment::Regular => "常勤の職員",
        Employment::Reappointed => "再任用職員",
        Employment::FixedTerm => "任期付職員",
        Employment::FiscalYear => "会計年度任用職員",
    }
}

fn unit(unit: Unit, rules: &Rules) -> String {
    match unit {
        Unit::Day => format!("１日（{}）", span(rules.hours)),
        Unit::Half => {
            format!("半日（午前は{}、午後は{}）", span(rules.morning), span(rules.afternoon))
        }
        Unit::Hours => "時間".to_owned(),
    }
}

fn span(hours: Hours) -> String {
    let at = |time: jiff::civil::Time| match time.minute() {
        0 => format!("{}時", wide(time.hour().unsigned_abs().into())),
        minute => format!(
            "{}時{}分",
            wide(time.hour().unsigned_abs().into()),
            wide(minute.unsigned_abs().into())
        ),
    };
    format!("{}から{}まで", at(hours.start), at(hours.end))
}

fn minutes(minutes: Minutes) -> String {
    match (minutes.0 / 60, minutes.0 % 60) {
        (0, rest) => format!("{}分", wide(rest)),
        (hours, 0) => format!("{}時間", wide(hours)),
        (hours, rest) => format!("{}時間{}分", wide(hours), wide(rest)),
    }
}

fn wide_usize(n: usize) -> String {
    u32::try_from(n).map_or_else(|_| n.to_string(), wide)
}

/// Official documents write single digits wide and longer numbers narrow.
fn wide(n: u32) -> String {
    match char::from_digit(n, 10) {
        Some(digit) => char::from_u32(u32::from('０') + u32::from(digit) - u32::from('0'))
            .unwrap_or(digit)
            .to_string(),
        None => n.to_string(),
    }
}

fn yen(n: u32) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &Rules) -> String {
        let office = Office {
            body: "みほん町",
            today: jiff::civil::date(2026, 11, 23),
            least: vec![("総務課", 2), ("会計課", 0)],
            checklist: vec!["机がある"],
        };
        let Paper::Rules(paper) = rules(of, &office) else { panic!("rules") };
        assert_eq!(paper.articles[3].about, "登録及び作業環境の確認", "第３条 names 第４条");
        assert_eq!(
            (paper.articles[6].about.as_str(), paper.articles[7].about.as_str()),
            ("日数等", "申請及び承認")
        );
        let lines = paper.articles.iter().flat_map(|one| one.paragraphs.iter().chain(&one.items));
        lines.cloned().collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_setting_is_a_sentence() {
        let shipped = text(&Rules::default());
        for part in [
            "１週間（月曜日から日曜日まで）につき３日まで",
            "実施日の１勤務日前まで",
            "起算して３日以内",
            "８時30分から17時15分までとし、そのうち１時間を休憩時間",
            "時間外勤務及び休日勤務を命じない",
            "10分を超える差",
            "その前30分及び後30分を含む",
            "総務課　２人",
            "月額3,000円",
            "20パーセント以上",
            "机がある。",
        ] {
            assert!(shipped.contains(part), "{part} in\n{shipped}");
        }
        assert!(
            !shipped.contains("会計課")
                && !shipped.contains("会計年度任用職員")
                && !shipped.contains("その他　前各号")
        );
    }

    #[test]
    fn other_settings_are_other_sentences() {
        let other = text(&Rules {
            overtime: true,
            after_the_fact: false,
            day_opens_pc: false,
            notice_days: 0,
            allowance_yen: 0,
            ..Rules::default()
        });
        assert!(
            other.contains("所属長があらかじめ命じた場合に限り")
                && other.contains("開始した後の申請は、認めない")
        );
        assert!(other.contains("当日の勤務を開始する時刻までに"));
        assert!(!other.contains("承認された日時") && !other.contains("在宅勤務等手当"));
    }
}
