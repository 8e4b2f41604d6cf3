//! 様式: the papers of a telework office, with the name of whoever prints them or blank.

use jiff::civil::Date;
use paper::{Choice, Field, FormCheck, FormSheet, Paper};
use telework::papers::Checklist;
use telework::rules::{Form, Rules, Unit};

use kit::papers::date;

/// Which sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sheet {
    /// 様式第１号 登録申請書, with the checklist.
    Registration,
    /// 様式第２号 テレワーク申請書.
    Request,
    /// 様式第３号 業務報告書.
    Report,
    /// 様式第４号 情報資産持出許可申請書.
    Takeout,
}

impl Sheet {
    /// All, in the order of their numbers.
    pub(super) const ALL: [Self; 4] =
        [Self::Registration, Self::Request, Self::Report, Self::Takeout];

    /// As files and addresses name it.
    #[must_use]
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Request => "request",
            Self::Report => "report",
            Self::Takeout => "takeout",
        }
    }

    /// Its title.
    #[must_use]
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Registration => "テレワーク登録申請書",
            Self::Request => "テレワーク申請書",
            Self::Report => "テレワーク業務報告書",
            Self::Takeout => "情報資産持出許可申請書",
        }
    }
}

/// Whose name is on it; empty texts leave the line blank.
#[derive(Clone, Debug, Default)]
pub(super) struct Sender {
    /// The body.
    pub body: String,
    /// The division.
    pub division: String,
    /// The person.
    pub name: String,
    /// Day of printing; none leaves it blank.
    pub today: Option<Date>,
}

/// One sheet. What the body's rules do not allow is not there to be ticked.
#[must_use]
pub(super) fn form(sheet: Sheet, rules: &Rules, checklist: &Checklist, sender: &Sender) -> Paper {
    let at = Sheet::ALL.iter().position(|one| *one == sheet).unwrap_or(0);
    let number = char::from_u32(u32::from('１') + u32::try_from(at).unwrap_or(0)).unwrap_or('１');
    let blank = FormSheet {
        body: sender.body.clone(),
        number: format!("様式第{number}号"),
        title: sheet.title().to_owned(),
        to: if sheet == Sheet::Takeout {
            "（宛先）情報セキュリティ管理者".into()
        } else {
            "（宛先）所属長".into()
        },
        date: sender.today.map_or_else(|| "　　　　年　　月　　日".to_owned(), date),
        from: vec![
            ("所　　属".into(), sender.division.clone()),
            ("職・氏名".into(), sender.name.clone()),
        ],
        ..FormSheet::default()
    };
    Paper::Form(match sheet {
        Sheet::Registration => registration(blank, checklist),
        Sheet::Request => request(blank, rules),
        Sheet::Report => report(blank, rules),
        Sheet::Takeout => takeout(blank),
    })
}

fn registration(blank: FormSheet, checklist: &Checklist) -> FormSheet {
    FormSheet {
        lead: "実施要領を守ることに同意し、次のとおり作業環境を確認したので、テレワークの利用登録を申請します。".into(),
        fields: vec![
            ticks("形態", &["在宅勤務", "サテライトオフィス勤務", "モバイルワーク", "その他"]),
            line("主な実施場所", 1),
            line("担当する業務のうちテレワークで行うもの", 2),
            ticks("使用する端末", &["貸与されたパソコン", "本人のパソコン（USB等を含む。）"]),
            line("緊急の連絡先", 1),
        ],
        checklist_title: "作業環境チェックリスト".into(),
        checklist: checklist
            .checks
            .iter()
            .map(
                |check| FormCheck {
                    text: check.text.clone(), required: check.required, holds: None })
            .collect(),
        stamps: stamps(&["所属長", "人事担当", "情報担当"]),
        notes: vec![
            "「必須」の事項がすべて「はい」のときに登録できます。".into(),
            "登録の有効期間は１年です。作業環境が変わったときは、改めて確認してください。".into(),
        ],
        ..blank
    }
}

fn request(blank: FormSheet, rules: &Rules) -> FormSheet {
    let forms: Vec<&str> = rules
        .forms
        .iter()
        .map(|one| match one {
            Form::Home => "在宅勤務",
            Form::Satellite => "サテライトオフィス勤務",
            Form::Mobile => "モバイルワーク",
            Form::Other => "その他",
        })
        .collect();
    let units: Vec<&str> = rules
        .units
        .iter()
        .flat_map(|one| match one {
            Unit::Day => &["１日"][..],
            Unit::Half => &["半日（午前）", "半日（午後）"],
            Unit::Hours => &["時間"],
        })
        .copied()
        .collect();
    let mut notes = vec![match rules.notice_days {
        0 => "当日の勤務を開始する時刻までに申請してください。".to_owned(),
        days => format!("実施日の{days}勤務日前までに申請してください。"),
    }];
    notes.push(format!("１週間（月曜日から日曜日まで）に{}日までです。", rules.days_a_week));
    if rules.after_the_fact {
        notes.push(format!(
            "事後の申請は、実施日の翌日から{}日以内に、理由を付けて行ってください。",
            rules.after_the_fact_days
        ));
    }
    FormSheet {
        lead: "次のとおりテレワークを行いたいので、申請します。".into(),
        fields: vec![
            ticks(
                "申請の区分",
                if rules.after_the_fact {
                    &["事前", "事後", "変更", "取消し"]
                } else {
                    &["事前", "変更", "取消し"]
                },
            ),
            ticks("形態", &forms),
            filled("期間", "　　　　年　　月　　日（　）から　　　　年　　月　　日（　）まで"),
            ticks("単位", &units),
            filled("時間", "　　時　　分から　　時　　分まで（休憩　　時間　　分）"),
            line("実施場所", 1),
            line("業務の内容", 4),
            ticks("情報資産の持出し", &["なし", "あり（様式第４号を添付）"]),
            line("備考（事後・変更・取消しの理由）", 2),
            ticks("承認欄", &["承認する", "差し戻す", "承認しない"]),
            line("所属長の意見", 2),
        ],
        stamps: stamps(&["所属長", "係長"]),
        notes,
        ..blank
    }
}

fn report(blank: FormSheet, rules: &Rules) -> FormSheet {
    FormSheet {
        lead: "次のとおりテレワークを行ったので、報告します。".into(),
        fields: vec![
            filled("実施日", "　　　　年　　月　　日（　）"),
            filled("始業・終業", "始業　　時　　分　　終業　　時　　分"),
            filled("中断・再開", "中断　　時　　分　　再開　　時　　分（計　　時間　　分）"),
            line("行った業務", 7),
            line("成果・進み具合", 4),
            line("連絡事項・支障となったこと", 3),
            filled(
                "時間外勤務",
                if rules.overtime {
                    "なし・あり（　　時間　　分。命令者　　　　　　）"
                } else {
                    "なし"
                },
            ),
            line("所属長の確認・助言", 3),
        ],
        stamps: stamps(&["所属長", "係長"]),
        notes: vec![
            "報告の時刻と接続の記録に差があるときは、連絡事項の欄に理由を書いてください。".into(),
        ],
        ..blank
    }
}

fn takeout(blank: FormSheet) -> FormSheet {
    FormSheet {
        lead: "次のとおり情報資産を持ち出したいので、許可を申請します。".into(),
        fields: vec![
            line("情報資産の名称・数量", 2),
            ticks("媒体", &["紙", "パソコン", "USBメモリー等", "その他"]),
            ticks("情報の分類", &["個人情報を含まない", "個人情報を含む"]),
            line("持出しの目的", 2),
            line("持出し先", 1),
            filled("持出しの期間", "　　　　年　　月　　日から　　　　年　　月　　日まで"),
            ticks("保護の方法", &["暗号化", "パスワード", "施錠できるかばん", "その他"]),
            ticks("許可欄", &["許可する", "許可しない"]),
            line("条件・理由", 2),
            filled("返却・廃棄の確認", "　　　　年　　月　　日　　確認者"),
        ],
        stamps: stamps(&["管理者", "所属長"]),
        notes: vec![
            "特定個人情報（個人番号を含む個人情報）は、持ち出すことができません。".into(),
            "紛失、盗難等があったときは、直ちに情報担当に連絡してください。".into(),
        ],
        ..blank
    }
}

fn line(label: &str, lines: u8) -> Field {
    Field { label: label.into(), lines, ..Field::default() }
}

fn filled(label: &str, value: &str) -> Field {
    Field { label: label.into(), value: value.into(), lines: 1, ..Field::default() }
}

fn ticks(label: &str, choices: &[&str]) -> Field {
    let choices =
        choices.iter().map(|text| Choice { text: (*text).to_owned(), ticked: false }).collect();
    Field { label: label.into(), choices, lines: 1, ..Field::default() }
}

fn stamps(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(sheet: Sheet, rules: &Rules) -> FormSheet {
        let checklist = Checklist {
            version: 1,
            checks: vec![telework::papers::Check {
                key: "desk".into(),
                text: "机がある".into(),
                required: true,
            }],
        };
        match form(
            sheet,
            rules,
            &checklist,
            &Sender { name: "佐藤 花子".into(), ..Sender::default() },
        ) {
            Paper::Form(form) => form,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_request_offers_what_the_rules_allow() {
        let rules = Rules {
            forms: [Form::Home].into(),
            units: [Unit::Half].into(),
            after_the_fact: false,
            ..Rules::default()
        };
        let form = sheet(Sheet::Request, &rules);
        let texts = |label: &str| -> Vec<String> {
            let field = form.fields.iter().find(|field| field.label == label).unwrap();
            field.choices.iter().map(|choice| choice.text.clone()).collect()
        };
        assert_eq!(texts("形態"), ["在宅勤務"]);
        assert_eq!(texts("単位"), ["半日（午前）", "半日（午後）"]);
        assert!(!texts("申請の区分").contains(&"事後".to_owned()));
        assert_eq!(form.number, "様式第２号");
        assert_eq!(form.from[1].1, "佐藤 花子");
    }

    #[test]
    fn the_registration_carries_the_bodys_checklist() {
        let form = sheet(Sheet::Registration, &Rules::default());
        assert_eq!(form.checklist.len(), 1);
        assert!(form.checklist[0].required && form.checklist[0].holds.is_none());
    }
}
