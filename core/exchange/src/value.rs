//! Answers: the values of one sheet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// Largest number of characters in a text answer, whatever the form allows.
pub const MAX_TEXT: usize = 10_000;
/// Largest absolute value of a number: sums of a country's worth of them still fit in 64 bits.
pub const MAX_NUMBER: i64 = 1_000_000_000_000_000;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier with this text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// Names a question within a form.
    QuestionId
);
id!(
    /// Names a choice within a question.
    ChoiceId
);

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// 不明: said to be unknown, which is not the same as not answered.
    Unknown,
    /// A number in the question's unit, or an amount of money in it.
    Number(i64),
    /// The chosen one.
    One(ChoiceId),
    /// The chosen ones; never empty.
    Many(BTreeSet<ChoiceId>),
    /// Free text; never empty.
    Text(String),
    /// Cells by row and column of the question; a cell that was left empty is absent.
    Cells(BTreeMap<String, BTreeMap<String, i64>>),
}

/// The answers of one body to one form: a value per question, and the reasons the form asked for.
///
/// What is not answered is absent. Computed questions are never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// The values.
    pub values: BTreeMap<QuestionId, Value>,
    /// Why a value differs from last year's by more than the form's limit.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<QuestionId, String>,
}

impl Sheet {
    /// The value of a question.
    pub fn value(&self, id: &str) -> Option<&Value> {
        self.values.get(id)
    }

    /// Sets or, with `None`, clears a value.
    pub fn set(&mut self, id: &QuestionId, value: Option<Value>) {
        match value {
            Some(value) => {
                self.values.insert(id.clone(), value);
            }
            None => {
                self.values.remove(id);
            }
        }
    }
}
