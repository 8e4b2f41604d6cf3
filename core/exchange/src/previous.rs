//! Last year's answers of a body, through mergers and renames.

use crate::body::{BodyCode, Lineage};
use crate::form::{Form, Kind};
use crate::import::Answers;
use crate::value::{Sheet, Value};

/// What `code` answered to `form` a year ago. For a body that was renamed, its predecessor's sheet;
/// for one that was merged, numbers, money and tables of its predecessors added up (不明 if any says
/// so, absent if any has none), and other answers only where all gave the same.
pub fn previous_sheet(
    form: &Form,
    answers: &Answers,
    lineage: &Lineage,
    code: BodyCode,
) -> Option<Sheet> {
    // Without one of the parts there is no figure, which is better than a wrong one.
    let sheets = lineage
        .on(code, form.as_of)
        .iter()
        .map(|past| answers.get(past))
        .collect::<Option<Vec<&Sheet>>>()?;
    let (first, rest) = sheets.split_first()?;
    if rest.is_empty() {
        return Some((*first).clone());
    }
    let mut merged = Sheet::default();
    for question in &form.questions {
        let mut value = first.values.get(&question.id).cloned();
        for sheet in rest {
            value = match (value, sheet.values.get(&question.id)) {
                (Some(a), Some(b)) => join(&question.kind, a, b),
                (None, None) => None,
                _ => None,
            };
        }
        merged.set(&question.id, value);
    }
    Some(merged)
}

fn join(kind: &Kind, a: Value, b: &Value) -> Option<Value> {
    match (kind, a, b) {
        (_, Value::Unknown, _) | (_, _, Value::Unknown) => Some(Value::Unknown),
        (Kind::Number { .. } | Kind::Money { .. }, Value::Number(a), Value::Number(b)) => {
            a.checked_add(*b).map(Value::Number)
        }
        (Kind::Grid { .. }, Value::Cells(mut a), Value::Cells(b)) => {
            for (row, line) in b {
                for (column, n) in line {
                    let cell = a.entry(row.clone()).or_default().entry(column.clone()).or_insert(0);
                    *cell = cell.checked_add(*n)?;
                }
            }
            Some(Value::Cells(a))
        }
        (_, a, b) => (a == *b).then_some(a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{Change, Validity};
    use crate::form::shipped;
    use crate::import::read_csv;
    use jiff::civil::date;

    #[test]
    fn a_merged_body_has_the_sum_of_its_parts_and_a_renamed_one_its_old_answers() {
        let form = Form::read(shipped::TELEWORK_R2).unwrap();
        let answers =
            read_csv(&form, include_bytes!("../testdata/answers-r2.csv"), |_| true).unwrap();
        let code = |text: &str| text.parse::<BodyCode>().unwrap();
        let lineage = |predecessors: &[&str]| {
            let predecessors = predecessors.iter().map(|c| code(c)).collect();
            let changes = vec![Change { on: date(2021, 1, 1), predecessors }];
            Lineage::new([Validity { code: code("010006"), changes, until: None }]).unwrap()
        };
        let number = |sheet: &Sheet| match sheet.value("staff") {
            Some(Value::Number(n)) => *n,
            other => panic!("{other:?}"),
        };
        let renamed =
            previous_sheet(&form, &answers, &lineage(&["012025"]), code("010006")).unwrap();
        assert_eq!(renamed, answers[&code("012025")]);
        let merged =
            previous_sheet(&form, &answers, &lineage(&["012025", "012033"]), code("010006"))
                .unwrap();
        assert_eq!(number(&merged), 1126 + 101);
        assert!(merged.value("reasons").is_none(), "they gave different ones");
        assert!(merged.value("adoption").is_some(), "they gave the same");
        assert_eq!(
            previous_sheet(&form, &answers, &Lineage::default(), code("010006")).unwrap(),
            answers[&code("010006")]
        );
        let mut fewer = answers.clone();
        fewer.remove(&code("012033"));
        assert_eq!(
            previous_sheet(&form, &fewer, &lineage(&["012025", "012033"]), code("010006")),
            None
        );
    }
}
