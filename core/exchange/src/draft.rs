//! What stands in the fields of a form while it is typed, good or not: read to answers, written
//! from them, and laid together when two people type at once.
//!
//! Names of fields: `q.ID` (for many-of once a choice), `u.ID` (不明), `c.ID.ROW.COLUMN` (a cell),
//! `r.ID` (the reason for a change).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::entry::{self, EntryError};
use crate::form::{Form, Kind, Question};
use crate::typed::{self, BadText};
use crate::value::{MAX_TEXT, QuestionId, Sheet, Value};

/// Longest text kept of one field, in bytes; a text that is longer cannot be an answer and is cut
/// behind it.
const MAX_FIELD: usize = MAX_TEXT * 4 + 4;
/// Longest reason, in characters.
const MAX_REASON: usize = 1_000;
/// Most displaced entries that are kept; older ones go.
const MAX_DISPLACED: usize = 100;

/// The fields of a form as they stand, by name. An empty field is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Typed(BTreeMap<String, Vec<String>>);

/// What two people typed, laid together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Laid {
    /// Both; where they clash, what the later one typed.
    pub typed: Typed,
    /// Questions only the other changed.
    pub theirs: Vec<QuestionId>,
    /// Questions both changed, to different texts.
    pub clashes: Vec<QuestionId>,
}

/// A draft as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// What stands in the fields.
    pub typed: Typed,
    /// What stood there until somebody else typed over it, until it is dealt with.
    #[serde(default)]
    pub displaced: Vec<Displaced>,
    /// Sign-in names of those who typed into it before whoever typed last: what they typed is
    /// theirs whoever saves it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub typists: BTreeSet<String>,
}

/// An entry another person's entry took the place of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Displaced {
    /// Which question.
    pub question: QuestionId,
    /// Sign-in name of who had typed it.
    pub by: String,
    /// When, Unix milliseconds.
    pub at: i64,
    /// The question's fields as they stood.
    pub typed: Typed,
}

/// What is wrong at a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Which question.
    pub question: QuestionId,
    /// Row and column, for a table question.
    pub cell: Option<(String, String)>,
    /// What is wrong.
    pub what: Problem,
}

/// What can be wrong at a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It cannot be read as an answer.
    #[error("{0}")]
    Text(#[from] BadText),
    /// It is read, but not right.
    #[error("{0}")]
    Entry(#[from] EntryError),
}

impl Problem {
    /// The message for the person at the form.
    pub fn ja(&self) -> String {
        match self {
            Self::Text(fault) => fault.ja(),
            Self::Entry(fault) => fault.ja(),
        }
    }

    /// Whether it is only that nothing was entered yet.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Entry(EntryError::Required))
    }
}

/// The answers in the fields, with everything that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The answers to what is asked, as far as they can be read.
    pub sheet: Sheet,
    /// Every fault, in the form's order.
    pub faults: Vec<FieldFault>,
}

impl Typed {
    /// From the pairs a page sends. What the form has no field for is left out.
    pub fn from_pairs(form: &Form, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, text) in pairs {
            if text.trim().is_empty() || !is_field(form, &name) {
                continue;
            }
            let several = name.strip_prefix("q.").and_then(|id| form.question(id)).map(|q| &q.kind);
            let most =
                if let Some(Kind::ManyOf { choices, .. }) = several { choices.len() } else { 1 };
            let values = typed.0.entry(name).or_default();
            if values.len() < most {
                values.push(cut(text));
            }
        }
        typed
    }

    /// As the answers of a sheet stand in the fields.
    pub fn of(form: &Form, sheet: &Sheet) -> Self {
        let mut typed = Self::default();
        for question in &form.questions {
            let id = &question.id;
            match (sheet.values.get(id), &question.kind) {
                (None, _) => {}
                (Some(Value::Unknown), _) => typed.put(format!("u.{id}"), "1".to_owned()),
                (Some(Value::One(choice)), _) => typed.put(format!("q.{id}"), choice.to_string()),
                (Some(Value::Many(choices)), _) => {
                    typed.0.insert(
                        format!("q.{id}"),
                        choices.iter().map(ToString::to_string).collect(),
                    );
                }
                (Some(Value::Cells(cells)), _) => {
                    for (row, line) in cells {
                        for (column, n) in line {
                            typed.put(format!("c.{id}.{row}.{column}"), n.to_string());
                        }
                    }
                }
                (Some(value), _) => typed.put(format!("q.{id}"), typed::display(question, value)),
            }
            if let Some(reason) = sheet.reasons.get(id) {
                typed.put(format!("r.{id}"), reason.clone());
            }
        }
        typed
    }

    fn put(&mut self, name: String, text: String) {
        if !text.is_empty() {
            self.0.insert(name, vec![text]);
        }
    }

    /// The text of a field with one.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// Whether a field holds this text among its texts.
    pub fn holds(&self, name: &str, text: &str) -> bool {
        self.0.get(name).is_some_and(|values| values.iter().any(|value| value == text))
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Name and text of every field, as a page sends them.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(name, values)| {
            values.iter().map(move |value| (name.as_str(), value.as_str()))
        })
    }

    /// The fields of one question.
    pub fn of_question(&self, id: &QuestionId) -> Self {
        let fields = self.0.iter().filter(|(name, _)| question_of(name) == Some(id.as_str()));
        Self(fields.map(|(name, values)| (name.clone(), values.clone())).collect())
    }

    /// These fields of one question in place of what stands there.
    pub fn replace(&mut self, id: &QuestionId, fields: &Typed) {
        self.0.retain(|name, _| question_of(name) != Some(id.as_str()));
        self.0.extend(fields.of_question(id).0);
    }

    /// Only the fields of these questions.
    pub fn only(&self, questions: &BTreeSet<QuestionId>) -> Self {
        let fields = self
            .0
            .iter()
            .filter(|(name, _)| question_of(name).is_some_and(|id| questions.contains(id)));
        Self(fields.map(|(name, values)| (name.clone(), values.clone())).collect())
    }

    /// The answers in the fields, and what could not be read.
    pub fn read(&self, form: &Form) -> Checked {
        let mut checked = Checked::default();
        for question in &form.questions {
            let id = &question.id;
            match self.value(question) {
                Ok(value) => checked.sheet.set(id, value),
                Err(faults) => checked.faults.extend(faults.into_iter().map(|(cell, what)| {
                    FieldFault { question: id.clone(), cell, what: what.into() }
                })),
            }
            let reason = self.text(&format!("r.{id}")).trim();
            if reason.chars().count() > MAX_REASON {
                checked.faults.push(FieldFault {
                    question: id.clone(),
                    cell: None,
                    what: BadText::TooLong.into(),
                });
            } else if !reason.is_empty() {
                checked.sheet.reasons.insert(id.clone(), reason.to_owned());
            }
        }
        checked
    }

    /// The same, without answers to what is not asked, and with the checks of [`crate::entry`].
    pub fn check(&self, form: &Form, previous: Option<&Sheet>) -> Checked {
        let mut checked = self.read(form);
        form.prune(&mut checked.sheet);
        checked.faults.retain(|fault| {
            form.question(fault.question.as_str()).is_some_and(|q| form.asked(q, &checked.sheet))
        });
        // A field that could not be read is not also "missing".
        let unread: BTreeSet<QuestionId> =
            checked.faults.iter().map(|fault| fault.question.clone()).collect();
        let more = entry::check(form, &checked.sheet, previous)
            .into_iter()
            .filter(|fault| !unread.contains(&fault.question));
        let more = more.map(|fault| FieldFault {
            question: fault.question,
            cell: fault.cell,
            what: fault.what.into(),
        });
        checked.faults.extend(more);
        let place = |fault: &FieldFault| form.questions.iter().position(|q| q.id == fault.question);
        checked.faults.sort_by_key(place);
        checked
    }

    #[allow(clippy::type_complexity)]
    fn value(
        &self,
        question: &Question,
    ) -> Result<Option<Value>, Vec<(Option<(String, String)>, BadText)>> {
        let id = &question.id;
        if !self.text(&format!("u.{id}")).is_empty() {
            return if question.unknown {
                Ok(Some(Value::Unknown))
            } else {
                Err(vec![(None, BadText::UnknownNotAllowed)])
            };
        }
        let name = format!("q.{id}");
        match &question.kind {
            Kind::Computed { .. } => Ok(None),
            Kind::ManyOf { choices, .. } => {
                let mut chosen = BTreeSet::new();
                for text in self.0.get(&name).into_iter().flatten() {
                    let choice = choices.iter().find(|c| c.id.as_str() == text);
                    chosen.insert(
                        choice
                            .ok_or_else(|| vec![(None, BadText::NotAChoice(text.clone()))])?
                            .id
                            .clone(),
                    );
                }
                Ok((!chosen.is_empty()).then_some(Value::Many(chosen)))
            }
            Kind::Grid { rows, columns, unit, .. } => {
                let (mut cells, mut faults): (BTreeMap<String, BTreeMap<String, i64>>, _) =
                    (BTreeMap::new(), Vec::new());
                for row in rows {
                    for column in columns {
                        match typed::parse_cell(
                            self.text(&format!("c.{id}.{}.{}", row.id, column.id)),
                            unit,
                        ) {
                            Ok(None) => {}
                            Ok(Some(n)) => {
                                cells
                                    .entry(row.id.clone())
                                    .or_default()
                                    .insert(column.id.clone(), n);
                            }
                            Err(fault) => {
                                faults.push((Some((row.id.clone(), column.id.clone())), fault))
                            }
                        }
                    }
                }
                if faults.is_empty() {
                    Ok((!cells.is_empty()).then_some(Value::Cells(cells)))
                } else {
                    Err(faults)
                }
            }
            _ => typed::parse(question, self.text(&name)).map_err(|fault| vec![(None, fault)]),
        }
    }
}

impl Draft {
    /// Lays what somebody typed over this draft, which `by` left at `at` and which began, for that
    /// somebody, as `base`. What is typed over stays beside it.
    pub fn lay(&self, base: &Typed, mine: &Typed, by: &str, at: i64) -> (Draft, Laid) {
        let laid = lay(base, &self.typed, mine);
        let mut draft = Draft {
            typed: laid.typed.clone(),
            displaced: self.displaced.clone(),
            typists: self.typists.clone(),
        };
        if draft.typed != self.typed && !by.is_empty() {
            draft.typists.insert(by.to_owned());
        }
        for question in &laid.clashes {
            let typed = self.typed.of_question(question);
            draft.displaced.push(Displaced {
                question: question.clone(),
                by: by.to_owned(),
                at,
                typed,
            });
        }
        let beyond = draft.displaced.len().saturating_sub(MAX_DISPLACED);
        draft.displaced.drain(..beyond);
        (draft, laid)
    }
}

/// Lays `mine` over `theirs`; both began at `base`.
pub fn lay(base: &Typed, theirs: &Typed, mine: &Typed) -> Laid {
    let (by_them, by_me) = (changed(base, theirs), changed(base, mine));
    let mut laid = Laid { typed: theirs.clone(), ..Laid::default() };
    for id in &by_me {
        laid.typed.replace(id, mine);
        if by_them.contains(id) && theirs.of_question(id) != mine.of_question(id) {
            laid.clashes.push(id.clone());
        }
    }
    laid.theirs = by_them.difference(&by_me).cloned().collect();
    laid
}

/// The questions whose fields differ.
pub fn changed(before: &Typed, after: &Typed) -> BTreeSet<QuestionId> {
    let names: BTreeSet<&String> = before.0.keys().chain(after.0.keys()).collect();
    let differ = names.into_iter().filter(|name| before.0.get(*name) != after.0.get(*name));
    differ.filter_map(|name| question_of(name)).map(QuestionId::new).collect()
}

/// The question a field belongs to.
pub fn question_of(name: &str) -> Option<&str> {
    let rest = ["q.", "u.", "c.", "r."].iter().find_map(|prefix| name.strip_prefix(prefix))?;
    rest.split('.').next().filter(|id| !id.is_empty())
}

fn is_field(form: &Form, name: &str) -> bool {
    let Some(question) = question_of(name).and_then(|id| form.question(id)) else { return false };
    match (name.split_once('.'), &question.kind) {
        (_, Kind::Computed { .. }) => false,
        (Some(("c", rest)), Kind::Grid { rows, columns, .. }) => {
            let mut parts = rest.split('.').skip(1);
            let (row, column, end) = (parts.next(), parts.next(), parts.next());
            rows.iter().any(|r| Some(r.id.as_str()) == row)
                && columns.iter().any(|c| Some(c.id.as_str()) == column)
                && end.is_none()
        }
        (Some(("c", _)), _) | (Some(("q", _)), Kind::Grid { .. }) => false,
        (Some(("u", rest)), _) => question.unknown && rest == question.id.as_str(),
        (Some((_, rest)), _) => rest == question.id.as_str(),
        (None, _) => false,
    }
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_FIELD {
        let end = (0..=MAX_FIELD).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::shipped;
    use crate::import::read_csv;
    use proptest::prelude::*;

    fn form() -> Form {
        Form::read(shipped::TELEWORK_R3).unwrap()
    }

    fn typed(form: &Form, pairs: &[(&str, &str)]) -> Typed {
        Typed::from_pairs(
            form,
            pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
        )
    }

    #[test]
    fn every_shipped_answer_stands_in_fields_and_reads_back_the_same() {
        let form = form();
        let answers =
            read_csv(&form, include_bytes!("../testdata/answers-r3.csv"), |_| true).unwrap();
        for sheet in answers.values() {
            let typed = Typed::of(&form, sheet);
            assert_eq!(typed.check(&form, None), Checked { sheet: sheet.clone(), faults: vec![] });
            let sent = typed.pairs().map(|(name, text)| (name.to_owned(), text.to_owned()));
            assert_eq!(Typed::from_pairs(&form, sent), typed);
        }
    }

    #[test]
    fn faults_stand_at_their_fields_and_what_is_not_asked_is_left_out() {
        let form = form();
        let typed = typed(
            &form,
            &[
                ("q.staff", "2021/10/1"),
                ("q.adoption", "none"),
                ("q.users", "x"),
                ("q.reasons", "cost"),
                ("q.reasons", "site"),
            ],
        );
        let checked = typed.check(&form, None);
        let faults: Vec<_> =
            checked.faults.iter().map(|f| (f.question.as_str(), f.what.to_string())).collect();
        assert_eq!(
            faults,
            [("staff", "\"2021/10/1\" is a date, not a number".to_owned())],
            "users is not asked"
        );
        assert!(
            matches!(checked.sheet.value("reasons"), Some(Value::Many(chosen)) if chosen.len() == 2)
        );
        // What was typed there is kept all the same: the routing may come back.
        assert_eq!(typed.text("q.users"), "x");
        let missing = Typed::default().check(&form, None);
        assert!(
            missing.faults.iter().all(|fault| fault.what.is_missing()) && missing.faults.len() == 3,
            "{missing:?}"
        );
    }

    #[test]
    fn a_table_question_is_read_by_cell() {
        let source = "[form]\nlanguage = 1\nid = \"t\"\nversion = \"1\"\ntitle = \"t\"\nas_of = \
            \"2021-10-01\"\n[[question]]\nid = \"g\"\nlabel = \"G\"\nkind = \"table\"\nunit = \
            \"人\"\nrequired = true\n\
            rows = [{ id = \"a\", label = \"A\" }]\ncolumns = [{ id = \"x\", label = \"X\" }, \
            { id = \"y\", label = \"Y\" }]\n";
        let form = Form::read(source).unwrap();
        let checked =
            typed(&form, &[("c.g.a.x", "５人"), ("c.g.a.y", "?"), ("c.g.b.x", "1"), ("q.g", "1")])
                .check(&form, None);
        assert_eq!(checked.faults.len(), 1, "{checked:?}");
        assert_eq!(checked.faults[0].cell, Some(("a".to_owned(), "y".to_owned())));
        let checked = typed(&form, &[("c.g.a.x", "５人")]).check(&form, None);
        assert_eq!(
            checked.faults[0].cell,
            Some(("a".to_owned(), "y".to_owned())),
            "a cell that is missing is named"
        );
    }

    #[test]
    fn fields_the_form_does_not_have_are_nobodys() {
        let form = form();
        for name in [
            "staff",
            "q.colour",
            "u.staff",
            "q.able_share",
            "c.staff.a.b",
            "q.staff.x",
            "q.",
            "csrf",
        ] {
            assert!(typed(&form, &[(name, "1")]).is_empty(), "{name}");
        }
        let long = "あ".repeat(MAX_TEXT * 2);
        assert_eq!(
            typed(&form, &[("q.staff", &long)]).check(&form, None).faults[0].what,
            Problem::Text(BadText::TooLong)
        );
    }

    #[test]
    fn what_is_typed_over_stays_beside_it() {
        let form = form();
        let base = typed(&form, &[("q.staff", "100")]);
        let theirs = Draft {
            typed: typed(&form, &[("q.staff", "200"), ("q.adoption", "none")]),
            ..Draft::default()
        };
        let (draft, laid) = theirs.lay(&base, &typed(&form, &[("q.staff", "300")]), "sato", 7);
        assert_eq!((draft.typed.text("q.staff"), draft.typed.text("q.adoption")), ("300", "none"));
        assert_eq!(laid.theirs, [QuestionId::new("adoption")]);
        let [displaced] = &draft.displaced[..] else { panic!("{draft:?}") };
        assert_eq!((displaced.by.as_str(), displaced.typed.text("q.staff")), ("sato", "200"));
        let json = serde_json::to_string(&draft).unwrap();
        assert_eq!(serde_json::from_str::<Draft>(&json).unwrap(), draft);
    }

    fn any_typed() -> impl Strategy<Value = Typed> {
        proptest::collection::btree_map(
            "[qur]\\.[a-d]",
            proptest::collection::vec("[x-z]", 1..3),
            0..6,
        )
        .prop_map(Typed)
    }

    proptest! {
        #[test]
        fn neither_loses_work(base in any_typed(), theirs in any_typed(), mine in any_typed()) {
            let (draft, laid) = Draft {
                typed: theirs.clone(), ..Draft::default() }.lay(&base, &mine, "a", 1);
            let (by_them, by_me) = (changed(&base, &theirs), changed(&base, &mine));
            for id in &by_me {
                prop_assert_eq!(draft.typed.of_question(id), mine.of_question(id));
            }
            for id in &by_them {
                let there = draft.typed.of_question(id) == theirs.of_question(id);
                let beside = draft.displaced.iter().any(
                    |d| d.question == *id && d.typed == theirs.of_question(id));
                prop_assert!(there || beside, "{id} of the other is gone");
            }
            prop_assert_eq!(laid.clashes.len(), draft.displaced.len());
        }

        #[test]
        fn no_fields_panic(
            pairs in proptest::collection::vec(("[qucr]\\.[a-z._]{0,12}", "\\PC{0,20}"), 0..20)) {
            let form = form();
            let _ = Typed::from_pairs(&form, pairs).check(&form, None);
        }
    }
}
