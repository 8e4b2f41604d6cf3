//! Answers on their way out: the columns of a form, and CSV that no spreadsheet computes.

use super::{Answers, REASON_SUFFIX, cell_column};
use crate::body::BodyCode;
use crate::form::{Form, Kind, Question};
use crate::typed;
use crate::value::{Sheet, Value};

/// Writes answers so that [`read_csv`](super::read_csv) reads them back; `name` gives the 団体名. What
/// a spreadsheet would take for a formula is neutralised with a leading apostrophe.
pub fn write_csv(form: &Form, answers: &Answers, name: impl Fn(BodyCode) -> String) -> String {
    let mut out = String::from("\u{feff}code,団体名");
    let line = |fields: &mut dyn Iterator<Item = String>, out: &mut String| {
        for field in fields {
            out.push(',');
            out.push_str(&text::guard::field(&field));
        }
        out.push_str("\r\n");
    };
    line(&mut form.questions.iter().flat_map(headers), &mut out);
    for (code, sheet) in answers {
        out.push_str(code.as_str());
        out.push(',');
        out.push_str(&text::guard::field(&name(*code)));
        line(&mut form.questions.iter().flat_map(|q| fields(q, sheet)), &mut out);
    }
    out
}

/// Names of a question's columns; none for a computed one.
pub fn headers(question: &Question) -> Vec<String> {
    let mut names = match &question.kind {
        Kind::Computed { .. } => return Vec::new(),
        Kind::Grid { rows, columns, .. } => rows
            .iter()
            .flat_map(|r| columns.iter().map(|c| cell_column(question, &r.label, &c.label)))
            .collect(),
        _ => vec![question.column.clone()],
    };
    if question.change.is_some() {
        names.push(format!("{}{REASON_SUFFIX}", question.column));
    }
    names
}

/// A question's answer, by column; empty where there is none.
pub fn fields(question: &Question, sheet: &Sheet) -> Vec<String> {
    let value = sheet.values.get(&question.id);
    let mut fields = match &question.kind {
        Kind::Computed { .. } => return Vec::new(),
        Kind::Grid { rows, columns, .. } => {
            let cell = |row: &str, column: &str| match value {
                Some(Value::Cells(cells)) => cells
                    .get(row)
                    .and_then(|l| l.get(column))
                    .map(i64::to_string)
                    .unwrap_or_default(),
                _ => String::new(),
            };
            rows.iter()
                .flat_map(|r| columns.iter().map(|c| cell(&r.id, &c.id)).collect::<Vec<_>>())
                .collect()
        }
        _ => vec![value.map(|value| typed::display(question, value)).unwrap_or_default()],
    };
    if question.change.is_some() {
        fields.push(sheet.reasons.get(&question.id).cloned().unwrap_or_default());
    }
    fields
}
