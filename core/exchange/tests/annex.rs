//! Annex 1 of the notice, cell by cell, from 1,788 answers.

#![allow(clippy::unwrap_used, clippy::type_complexity)]

use std::collections::BTreeMap;

use exchange::body::{Bodies, BodyCode, prefecture_of};
use exchange::form::{Form, Kind, shipped};
use exchange::import::read_csv;
use exchange::tally::{Format, Tally, Year, by_prefecture, of_row, render, tally, tally_one};
use exchange::value::{ChoiceId, Value};

fn tallies() -> Vec<Tally> {
    let (r3, r2) =
        (Form::read(shipped::TELEWORK_R3).unwrap(), Form::read(shipped::TELEWORK_R2).unwrap());
    let now = read_csv(&r3, include_bytes!("../testdata/answers-r3.csv"), |_| true).unwrap();
    let before = read_csv(&r2, include_bytes!("../testdata/answers-r2.csv"), |_| true).unwrap();
    let year = Year { form: &r3, answers: &now };
    tally(&Bodies::default(), year, Some(Year { form: &r2, answers: &before }), |_| true).unwrap()
}

type Key = (String, String, String);

/// The long form by table, row and column.
fn cells() -> BTreeMap<Key, Vec<String>> {
    let csv = render(&tallies(), Format::Csv);
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("table,row,column,count,base,percent,previous_count,previous_base,previous_percent")
    );
    let mut cells = BTreeMap::new();
    for line in lines {
        let mut fields = line.split(',').map(str::to_owned);
        let mut next = || fields.next().unwrap();
        let key = (next(), next(), next());
        assert_eq!(cells.insert(key, fields.collect()), None, "{line}");
    }
    cells
}

/// A published figure: count and percentage.
type Figure = (u64, &'static str);

/// N of the row, then 導入 and 未導入 with last year's figures and last year's base, then 検討 and
/// 予定なし・未定.
#[rustfmt::skip]
const ADOPTION: [(&str, u64, u64, Figure, Figure, Figure, Figure, Figure, Figure); 7] = [
    ("都道府県",         47,   47,   (47, "100.0"), (47, "100.0"), (0, "0.0"),    (0, "0.0"),
            (0, "0.0"),    (0, "0.0")),
    ("指定都市",         20,   20,   (20, "100.0"), (17, "85.0"),  (0, "0.0"),    (3, "15.0"),
           (0, "0.0"),    (0, "0.0")),
    ("市区町村",         1721, 1721, (849, "49.3"), (342, "19.9"), (872, "50.7"), (1379, "80.1"),
        (147, "8.5"),  (725, "42.1")),
    ("301名以上",        556,  561,  (432, "77.7"), (213, "38.0"), (124, "22.3"), (348, "62.0"),
         (40, "7.2"),   (84, "15.1")),
    ("101名以上300名以下", 672,  664,  (310, "46.1"), (91, "13.7"),  (362, "53.9"), (573, "86.3"),
         (71, "10.6"),  (291, "43.3")),
    ("100名以下",        493,  496,  (107, "21.7"), (38, "7.7"),   (386, "78.3"), (458, "92.3"),
         (36, "7.3"),   (350, "71.0")),
    ("合計",             1788, 1788, (916, "51.2"), (406, "22.7"), (872, "48.8"), (1382, "77.3"),
        (147, "8.2"),  (725, "40.5")),
];

/// The tables over the introducing (916) and the not introducing (872) bodies.
#[rustfmt::skip]
const DETAIL: [(&str, u64, &[(&str, u64, &str)]); 5] = [
    ("形態", 916,
        &[("在宅勤務", 874, "95.4"), ("モバイルワーク", 196, "21.4"), ("サテライトオフィス", 288, "31.4"),
            ("その他", 26, "2.8")]),
    ("実施可能", 916,
        &[("0％以上30％未満", 204, "22.3"), ("30％以上50％未満", 137, "15.0"), ("50％以上80％未満", 139, "15.2"),
        ("80％以上", 183, "20.0"), ("不明", 253, "27.6")]),
    ("利用率", 916, &[("0％以上30％未満", 498, "54.4"), ("30％以上50％未満", 40, "4.4"), ("50％以上80％未満", 29, "3.2"),
        ("80％以上", 20, "2.2"), ("不明", 329, "35.9")]),
    ("非常勤", 916, &[("実施対象", 445, "48.6"), ("実施対象外", 471, "51.4")]),
    ("理由", 872, &[("窓口業務や相談業務などがテレワークになじまない", 780, "89.4"), ("情報セキュリティの確保に不安がある", 674, "77.3"),
        ("現場業務はテレワークになじまない", 649, "74.4"), ("個人情報やマイナンバーを取り扱う業務は実施できない", 638, "73.2"),
        ("テレワーク導入のためにコストがかかる", 619, "71.0")]),
];

#[test]
fn annex_1_comes_out_cell_by_cell() {
    let mut cells = cells();
    let mut take = |table: &str, row: &str, column: &str| {
        let key = (table.to_owned(), row.to_owned(), column.to_owned());
        cells.remove(&key).unwrap_or_else(|| panic!("{key:?}"))
    };
    for (row, n, before, introduced, introduced_before, not, not_before, planned, undecided) in
        ADOPTION
    {
        for (column, now, past) in
            [("導入", introduced, introduced_before), ("未導入", not, not_before)]
        {
            let expected = [
                now.0.to_string(),
                n.to_string(),
                now.1.into(),
                past.0.to_string(),
                before.to_string(),
                past.1.into(),
            ];
            assert_eq!(take("導入状況", row, column), expected, "{row} {column}");
        }
        for (column, now) in [("検討", planned), ("予定なし・未定", undecided)] {
            assert_eq!(
                take("導入状況", row, column)[..3],
                [now.0.to_string(), n.to_string(), now.1.into()],
                "{row} {column}"
            );
        }
    }
    for (table, base, columns) in DETAIL {
        for (column, count, percent) in columns {
            let expected = [count.to_string(), base.to_string(), (*percent).to_owned()];
            assert_eq!(take(table, "合計", column)[..3], expected, "{table} {column}");
        }
    }
    assert!(cells.is_empty(), "beyond annex 1: {cells:?}");
}

#[test]
fn the_printed_table_shows_last_year_in_brackets() {
    let text = render(&tallies(), Format::Text);
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        "市区町村[1,721] 849 (342) 872 (1,379) 147 725",
        "49.3% (19.9%) 50.7% (80.1%) 8.5% 42.1%",
        "合計[1,788] 916 (406) 872 (1,382) 147 725",
        "在宅勤務 874 95.4%",
        "不明 329 35.9%",
        "※ 複数回答可",
    ] {
        assert!(lines.iter().any(|l| l == line), "{line:?} in\n{text}");
    }
}

#[test]
fn json_holds_the_same_cells() {
    let json: serde_json::Value = serde_json::from_str(&render(&tallies(), Format::Json)).unwrap();
    let cells = cells();
    let mut seen = 0;
    for table in json["tables"].as_array().unwrap() {
        for row in table["rows"].as_array().unwrap() {
            for cell in row["cells"].as_array().unwrap() {
                let name = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
                let csv =
                    &cells[&(name(&table["table"]), name(&row["row"]), name(&cell["column"]))];
                let text =
                    |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
                let json = [
                    &cell["count"],
                    &row["base"],
                    &cell["percent"],
                    &cell["previous_count"],
                    &row["previous_base"],
                ];
                assert_eq!(json.map(text), csv[..5], "{cell}");
                assert_eq!(text(&cell["previous_percent"]), csv[5]);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, cells.len());
}

#[test]
fn one_prefecture_is_counted_alone() {
    let r3 = Form::read(shipped::TELEWORK_R3).unwrap();
    let now = read_csv(&r3, include_bytes!("../testdata/answers-r3.csv"), |_| true).unwrap();
    let hokkaido: BodyCode = "010006".parse().unwrap();
    let year = Year { form: &r3, answers: &now };
    let tallies =
        tally(&Bodies::default(), year, None, |body| prefecture_of(body.code) == hokkaido).unwrap();
    let total = tallies[0].rows.last().unwrap();
    assert_eq!((total.name.as_str(), total.base, total.previous_base), ("合計", 180, None));
}

#[test]
fn columns_that_make_up_the_whole_are_found() {
    let parts = |tally: &Tally| {
        tally
            .partition()
            .map(|set| set.iter().map(|at| tally.columns[*at].name.clone()).collect::<Vec<_>>())
    };
    let tallies = tallies();
    // 未導入 is 検討 and 予定なし・未定 together.
    assert_eq!(parts(&tallies[0]).unwrap(), ["導入", "検討", "予定なし・未定"]);
    assert_eq!(parts(&tallies[1]), None, "several forms may be chosen");
    assert_eq!(parts(&tallies[2]).unwrap().len(), 5, "bands and 不明");
    assert_eq!(parts(&tallies[4]).unwrap(), ["実施対象", "実施対象外"]);
    assert_eq!(parts(&tallies[5]), None);
}

/// Whatever the answers are: a prefecture where everybody gives the same one of several answers
/// shows that column and an empty one as the whole, and they are not.
#[test]
fn several_answers_are_never_parts_of_a_whole() {
    let r3 = Form::read(shipped::TELEWORK_R3).unwrap();
    let now = read_csv(&r3, include_bytes!("../testdata/answers-r3.csv"), |_| true).unwrap();
    let forms = r3.questions.iter().find(|question| question.id.as_str() == "forms").unwrap();
    let Kind::ManyOf { choices, .. } = &forms.kind else { panic!("several may be chosen") };
    let introduced = r3.tables.iter().find(|table| table.id == "形態").unwrap();
    for only in choices {
        let mut answers = now.clone();
        answers.retain(|_, sheet| r3.holds(&introduced.base, sheet));
        for (at, sheet) in answers.values_mut().enumerate() {
            // Some choose a second one beside it, all but the last.
            let beside = choices.iter().take(choices.len() - 1).nth(at % 7);
            let chosen = [Some(only), beside].into_iter().flatten().map(|one| one.id.clone());
            sheet.set(&forms.id, Some(Value::Many(chosen.collect())));
        }
        let counted = tally_one(
            &Bodies::default(),
            Year { form: &r3, answers: &answers },
            introduced,
            |_| true,
        );
        let counted = counted.unwrap();
        let at = choices.iter().position(|one| one.id == only.id).unwrap();
        let total = counted.rows.last().unwrap();
        assert_eq!(total.cells[at].count, total.base, "everybody chose {}", only.label);
        assert_eq!(counted.partition(), None, "{}", only.label);
    }
}

/// Columns that are conditions on such a question: 在宅 and サテライト may both hold of a body,
/// 在宅 and no 在宅 never.
#[test]
fn conditions_are_parts_of_a_whole_where_no_answer_holds_two() {
    let of_forms = "[[set]]\nid = \"at_home\"\nlabel = \"在宅\"\n\
         when = { question = \"forms\", any_of = [\"home\"] }\n\n\
         [[set]]\nid = \"elsewhere\"\nlabel = \"在宅以外\"\n\
         when = { question = \"forms\", any_of = [\"mobile\", \"satellite\", \"other\"] }\n\n";
    let source =
        shipped::TELEWORK_R3.replacen("[[set]]\n", &format!("{of_forms}[[set]]\n"), 1).replacen(
            "of = \"forms\"\n",
            "columns = [{ id = \"在宅\", when = \"at_home\" }, \
             { id = \"在宅以外\", when = \"elsewhere\" }, \
             { id = \"在宅なし\", when = \"not at_home\" }]\n",
            1,
        );
    let form = Form::read(&source).unwrap();
    let mut answers =
        read_csv(&form, include_bytes!("../testdata/answers-r3.csv"), |_| true).unwrap();
    let table = form.tables.iter().find(|table| table.id == "形態").unwrap();
    let id = form.question("forms").unwrap().id.clone();
    answers.retain(|_, sheet| form.holds(&table.base, sheet));
    // Every body does one alone: 在宅 and 在宅以外 add up to the base by accident.
    for (at, sheet) in answers.values_mut().enumerate() {
        let one = if at % 3 == 0 { "mobile" } else { "home" };
        sheet.set(&id, Some(Value::Many([ChoiceId::new(one)].into())));
    }
    let counted =
        tally_one(&Bodies::default(), Year { form: &form, answers: &answers }, table, |_| true)
            .unwrap();
    let total = counted.rows.last().unwrap();
    assert_eq!(total.cells[0].count + total.cells[1].count, total.base);
    assert_eq!(counted.partition(), Some(vec![0, 2]));
}

#[test]
fn prefectures_add_up_to_the_country_and_a_class_is_its_row() {
    let r3 = Form::read(shipped::TELEWORK_R3).unwrap();
    let now = read_csv(&r3, include_bytes!("../testdata/answers-r3.csv"), |_| true).unwrap();
    let year = Year { form: &r3, answers: &now };
    let counted = by_prefecture(&Bodies::default(), year, &r3.tables[0], 0).unwrap();
    assert_eq!(counted.len(), 47);
    assert_eq!(
        counted.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
        (916, 1788)
    );
    assert_eq!(counted[&"010006".parse::<BodyCode>().unwrap()].1, 180);
    // Over the introducing bodies only.
    assert_eq!(
        by_prefecture(&Bodies::default(), year, &r3.tables[1], 0)
            .unwrap()
            .values()
            .map(|one| one.1)
            .sum::<u64>(),
        916
    );
    let small = r3.rows.iter().find(|row| row.id == "100名以下").unwrap();
    assert_eq!(of_row(&Bodies::default(), year, small).len(), 493);
}
