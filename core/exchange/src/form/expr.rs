//! Sums of answers: `staff - excluded`, `costs.devices.*`, `2 * pairs + 1`. Exact, in 128 bits.

use crate::value::{QuestionId, Sheet, Value};

/// A sum of terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    pub(super) terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) factor: i64,
    pub(super) of: Operand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    One,
    Answer(QuestionId),
    /// Cells of a table question; `None` stands for every row or column.
    Cells {
        question: QuestionId,
        row: Option<String>,
        column: Option<String>,
    },
}

/// What an expression comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Everything in it is known.
    Known(i128),
    /// Something in it is 不明.
    Unknown,
    /// Something in it is not answered.
    Missing,
}

/// How two expressions compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// =
    Equal,
    /// <=
    AtMost,
    /// >=
    AtLeast,
    /// <
    Below,
    /// >
    Above,
}

impl Comparison {
    /// Whether `left` compares so to `right`.
    pub fn holds(self, left: i128, right: i128) -> bool {
        match self {
            Self::Equal => left == right,
            Self::AtMost => left <= right,
            Self::AtLeast => left >= right,
            Self::Below => left < right,
            Self::Above => left > right,
        }
    }
}

impl Expr {
    /// Works the expression out. 不明 outweighs what is missing.
    pub fn amount(&self, sheet: &Sheet) -> Amount {
        let mut sum: i128 = 0;
        let (mut unknown, mut missing) = (false, false);
        for Term { factor, of } in &self.terms {
            let value = match of {
                Operand::One => 1,
                Operand::Answer(id) => match sheet.values.get(id) {
                    Some(Value::Number(n)) => i128::from(*n),
                    Some(Value::Unknown) => {
                        unknown = true;
                        continue;
                    }
                    _ => {
                        missing = true;
                        continue;
                    }
                },
                Operand::Cells { question, row, column } => match sheet.values.get(question) {
                    Some(Value::Cells(cells)) => {
                        let mut total: i128 = 0;
                        let mut any = false;
                        for (_, line) in
                            cells.iter().filter(|(r, _)| row.as_ref().is_none_or(|row| row == *r))
                        {
                            for (_, n) in line
                                .iter()
                                .filter(|(c, _)| column.as_ref().is_none_or(|column| column == *c))
                            {
                                total = total.saturating_add(i128::from(*n));
                                any = true;
                            }
                        }
                        if !any {
                            missing = true;
                        }
                        total
                    }
                    Some(Value::Unknown) => {
                        unknown = true;
                        continue;
                    }
                    _ => {
                        missing = true;
                        continue;
                    }
                },
            };
            sum = sum.saturating_add(i128::from(*factor).saturating_mul(value));
        }
        match (unknown, missing) {
            (true, _) => Amount::Unknown,
            (_, true) => Amount::Missing,
            _ => Amount::Known(sum),
        }
    }

    /// The questions it refers to.
    pub fn questions(&self) -> impl Iterator<Item = &QuestionId> {
        self.terms.iter().filter_map(|term| match &term.of {
            Operand::One => None,
            Operand::Answer(id) | Operand::Cells { question: id, .. } => Some(id),
        })
    }
}

/// Reads `a + 2 * b - c.row.*`; the names are looked up by the caller.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    let mut terms = Vec::new();
    let mut rest = text.trim();
    let mut sign = 1i64;
    if let Some(after) = rest.strip_prefix('-') {
        (sign, rest) = (-1, after.trim_start());
    }
    loop {
        // A `*` right after a dot stands for "every"; others multiply.
        let end = rest.find(['+', '-']).unwrap_or(rest.len());
        terms.push(term(rest[..end].trim(), sign)?);
        if terms.len() > super::MAX_PARTS {
            return Err("too many terms".to_owned());
        }
        let Some(mark) = rest[end..].chars().next() else { break };
        sign = if mark == '-' { -1 } else { 1 };
        rest = rest[end + 1..].trim_start();
    }
    Ok(Expr { terms })
}

/// Reads `left <= right`.
pub(super) fn parse_check(text: &str) -> Result<(Expr, Comparison, Expr), String> {
    for (mark, is) in [
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("=", Comparison::Equal),
        ("<", Comparison::Below),
        (">", Comparison::Above),
    ] {
        if let Some((left, right)) = text.split_once(mark) {
            return Ok((parse(left)?, is, parse(right)?));
        }
    }
    Err("no comparison (=, <=, >=, <, >)".to_owned())
}

fn term(text: &str, sign: i64) -> Result<Term, String> {
    let (factor, name) = match text.split_once('*') {
        Some((factor, name))
            if factor.trim().bytes().all(|b| b.is_ascii_digit()) && !factor.trim().is_empty() =>
        {
            (whole(factor.trim())?, name.trim())
        }
        _ if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            return Ok(Term { factor: sign * whole(text)?, of: Operand::One });
        }
        _ => (1, text),
    };
    let parts: Vec<&str> = name.split('.').collect();
    let every = |part: &str| (part != "*").then(|| part.to_owned());
    let of = match parts[..] {
        [id] if is_identifier(id) => Operand::Answer(QuestionId::new(id)),
        [id, row, column]
            if is_identifier(id)
                && [row, column].iter().all(|part| *part == "*" || is_identifier(part)) =>
        {
            Operand::Cells { question: QuestionId::new(id), row: every(row), column: every(column) }
        }
        _ => {
            return Err(format!(
                "{text:?} is neither a number, a question nor a cell (question.row.column)"
            ));
        }
    };
    Ok(Term { factor: sign * factor, of })
}

fn whole(text: &str) -> Result<i64, String> {
    text.parse()
        .ok()
        .filter(|n| *n <= crate::value::MAX_NUMBER)
        .ok_or_else(|| format!("{text} is too large"))
}

/// Identifiers are `[a-z][a-z0-9_]*`, at most 40 characters.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn sheet(pairs: &[(&str, Value)]) -> Sheet {
        Sheet {
            values: pairs.iter().map(|(id, v)| (QuestionId::new(*id), v.clone())).collect(),
            ..Sheet::default()
        }
    }

    #[test]
    fn sums_are_exact_and_say_what_is_missing_or_unknown() {
        let amount = |text: &str, s: &Sheet| parse(text).unwrap().amount(s);
        let s = sheet(&[("a", Value::Number(7)), ("b", Value::Number(10)), ("u", Value::Unknown)]);
        assert_eq!(amount("b - a", &s), Amount::Known(3));
        assert_eq!(amount("-a + 2 * b + 1", &s), Amount::Known(14));
        assert_eq!(amount("a + u", &s), Amount::Unknown);
        assert_eq!(amount("a + nothing", &s), Amount::Missing);

        let line = |n| BTreeMap::from([("x".to_owned(), n), ("y".to_owned(), n * 10)]);
        let s = sheet(&[(
            "t",
            Value::Cells(BTreeMap::from([("r".to_owned(), line(1)), ("q".to_owned(), line(2))])),
        )]);
        assert_eq!(amount("t.r.x", &s), Amount::Known(1));
        assert_eq!(amount("t.*.x", &s), Amount::Known(3));
        assert_eq!(amount("3 * t.*.*", &s), Amount::Known(99));
        assert_eq!(amount("t.z.x", &s), Amount::Missing);
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in [
            "",
            "a +",
            "+ a",
            "a b",
            "a * b",
            "A",
            "a.b",
            "a.b.c.d",
            "1.5",
            "99999999999999999999",
            "a--b",
            "総数",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse_check("a").is_err());
        assert_eq!(parse_check("a + b <= c").unwrap().1, Comparison::AtMost);
        assert_eq!(parse_check("a + b = c").unwrap().1, Comparison::Equal);
    }
}
