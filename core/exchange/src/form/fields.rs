//! Walking a parsed TOML file and noting every fault with its place.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Most faults that are reported; a file with more is not worth reading on.
const MOST_FAULTS: usize = 100;

/// A fault in a form file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFault {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: Fault,
}

impl fmt::Display for FormFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)
    }
}

impl std::error::Error for FormFault {}

/// What can be wrong in a form file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file is longer than [`super::MAX_FORM`] bytes.
    #[error("the file is too large")]
    FileTooLarge,
    /// Not TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key the language does not know here.
    #[error("unknown key `{0}`")]
    UnknownKey(String),
    /// A key that must stand here.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A value of another type.
    #[error("`{0}` must be {1}")]
    WrongType(String, &'static str),
    /// An empty or oversized value, or one with odd characters.
    #[error("`{0}` is not usable: {1}")]
    BadValue(String, &'static str),
    /// An identifier that is taken.
    #[error("`{0}` stands twice")]
    Twice(String),
    /// A language version this program does not read.
    #[error("language {0} is not supported")]
    Language(i64),
    /// A kind of question there is not.
    #[error("unknown kind `{0}`")]
    UnknownKind(String),
    /// A question there is not.
    #[error("there is no question `{0}`")]
    UnknownQuestion(String),
    /// A choice there is not.
    #[error("there is no choice `{0}`")]
    UnknownChoice(String),
    /// A named condition there is not.
    #[error("there is no set `{0}`")]
    UnknownSet(String),
    /// A row there is not.
    #[error("there is no row `{0}`")]
    UnknownRow(String),
    /// A type of body there is not.
    #[error("there is no type of body `{0}`")]
    UnknownBodyType(String),
    /// A table question has no such cell.
    #[error("`{0}` has no such cell")]
    UnknownCell(String),
    /// A question used where its kind cannot be.
    #[error("question `{0}` is of the wrong kind here")]
    WrongKind(String),
    /// Routing by a question that is asked later.
    #[error("question `{0}` is not asked before this one")]
    NotEarlier(String),
    /// Bounds the wrong way round.
    #[error("the range is empty")]
    EmptyRange,
    /// Bands that overlap.
    #[error("bands overlap")]
    BandsOverlap,
    /// Bands with a hole between.
    #[error("there is a hole before this band")]
    BandsHole,
    /// An expression that cannot be read.
    #[error("{0}")]
    Expression(String),
    /// Too many of something.
    #[error("too many of `{0}`")]
    TooMany(&'static str),
}

impl Fault {
    /// The message for the person who writes the form. What the TOML reader says stays as it says
    /// it.
    pub fn ja(&self) -> String {
        match self {
            Self::FileTooLarge => "ファイルが大きすぎます。".to_owned(),
            Self::Syntax(text) => format!("TOMLとして読めません：{text}"),
            Self::UnknownKey(key) => format!("「{key}」という項目はここでは使えません。"),
            Self::Missing(key) => format!("「{key}」がありません。"),
            Self::WrongType(key, kind) => {
                format!("「{key}」の値の種類が違います（{}）。", type_ja(kind))
            }
            Self::BadValue(key, why) => format!("「{key}」に使えない値です（{why}）。"),
            Self::Twice(id) => format!("「{id}」が二回あります。"),
            Self::Language(n) => format!("様式の版 {n} には対応していません。"),
            Self::UnknownKind(kind) => format!("「{kind}」という設問の種類はありません。"),
            Self::UnknownQuestion(id) => format!("「{id}」という設問はありません。"),
            Self::UnknownChoice(id) => format!("「{id}」という選択肢はありません。"),
            Self::UnknownSet(id) => format!("「{id}」という条件（set）はありません。"),
            Self::UnknownRow(id) => format!("「{id}」という行（row）はありません。"),
            Self::UnknownBodyType(kind) => format!("「{kind}」という団体の種類はありません。"),
            Self::UnknownCell(cell) => format!("「{cell}」という欄はありません。"),
            Self::WrongKind(id) => format!("設問「{id}」の種類はここでは使えません。"),
            Self::NotEarlier(id) => format!("設問「{id}」はこの設問より前にありません。"),
            Self::EmptyRange => "範囲の下限が上限より大きくなっています。".to_owned(),
            Self::BandsOverlap => "区分（bands）が重なっています。".to_owned(),
            Self::BandsHole => "この区分（bands）の前に隙間があります。".to_owned(),
            Self::Expression(why) => format!("式を読み取れません：{why}"),
            Self::TooMany(what) => format!("「{what}」が多すぎます。"),
        }
    }
}

/// What a value must be, as the faults name it.
fn type_ja(kind: &str) -> &str {
    match kind {
        "a table" => "表",
        "true or false" => "true か false",
        "a list" => "一覧",
        "text" | "a text" => "文字列",
        "a whole number of usual size" => "整数",
        other => other,
    }
}

/// Collects faults.
pub(super) struct Faults<'s> {
    source: &'s str,
    list: Vec<(usize, Fault)>,
}

impl<'s> Faults<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Faults { source, list: Vec::new() }
    }

    pub(super) fn add(&mut self, span: Range<usize>, what: Fault) {
        if self.list.len() < MOST_FAULTS {
            self.list.push((span.start, what));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn finish(mut self) -> Vec<FormFault> {
        self.list.sort_by_key(|(at, _)| *at);
        let place = |at: usize| {
            let before = self.source.get(..at.min(self.source.len())).unwrap_or(self.source);
            let line_start = before.rfind('\n').map_or(0, |n| n + 1);
            (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
        };
        self.list
            .iter()
            .map(|(at, what)| {
                let (line, column) = place(*at);
                FormFault { line, column, what: what.clone() }
            })
            .collect()
    }
}

/// One table of the file; what was not asked for by the end is an unknown key.
pub(super) struct Fields<'t, 's> {
    table: &'t DeTable<'s>,
    span: Range<usize>,
    used: BTreeSet<&'static str>,
}

impl<'t, 's> Fields<'t, 's> {
    pub(super) fn new(table: &'t DeTable<'s>, span: Range<usize>) -> Self {
        Fields { table, span, used: BTreeSet::new() }
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The value of `key`, if it stands.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'s>>> {
        self.used.insert(key);
        self.table.get(key)
    }

    /// A text that must stand and not be empty.
    pub(super) fn text(
        &mut self,
        faults: &mut Faults<'_>,
        key: &'static str,
    ) -> Option<(String, Range<usize>)> {
        let found = self.maybe_text(faults, key);
        if found.is_none() && self.table.get(key).is_none() {
            faults.add(self.span(), Fault::Missing(key));
        }
        found
    }

    /// A text that may stand.
    pub(super) fn maybe_text(
        &mut self,
        faults: &mut Faults<'_>,
        key: &'static str,
    ) -> Option<(String, Range<usize>)> {
        let value = self.value(key)?;
        match text_of(value) {
            Ok(text) => Some((text.to_owned(), value.span())),
            Err(fault) => {
                faults.add(value.span(), fault(key));
                None
            }
        }
    }

    /// A whole number that may stand.
    pub(super) fn integer(
        &mut self,
        faults: &mut Faults<'_>,
        key: &'static str,
    ) -> Option<(i64, Range<usize>)> {
        let value = self.value(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        match number.filter(|n| n.abs() <= crate::value::MAX_NUMBER) {
            Some(number) => Some((number, value.span())),
            None => {
                faults.add(
                    value.span(),
                    Fault::WrongType(key.to_owned(), "a whole number of usual size"),
                );
                None
            }
        }
    }

    /// A truth value that may stand; false otherwise.
    pub(super) fn flag(&mut self, faults: &mut Faults<'_>, key: &'static str) -> bool {
        let Some(value) = self.value(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            faults.add(value.span(), Fault::WrongType(key.to_owned(), "true or false"));
            false
        })
    }

    /// A list of tables that may stand.
    pub(super) fn tables(
        &mut self,
        faults: &mut Faults<'_>,
        key: &'static str,
        most: usize,
    ) -> Vec<Fields<'t, 's>> {
        let items = self.items(faults, key, most);
        let mut tables = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push(Fields::new(table, item.span())),
                _ => faults.add(item.span(), Fault::WrongType(key.to_owned(), "a list of tables")),
            }
        }
        tables
    }

    /// A list of texts that may stand.
    pub(super) fn texts(
        &mut self,
        faults: &mut Faults<'_>,
        key: &'static str,
    ) -> Vec<(String, Range<usize>)> {
        let items = self.items(faults, key, super::MAX_PARTS);
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match text_of(item) {
                Ok(text) => texts.push((text.to_owned(), item.span())),
                Err(fault) => faults.add(item.span(), fault(key)),
            }
        }
        texts
    }

    fn items(
        &mut self,
        faults: &mut Faults<'_>,
        key: &'static str,
        most: usize,
    ) -> &'t [Spanned<DeValue<'s>>] {
        let Some(value) = self.value(key) else { return &[] };
        match value.get_ref() {
            DeValue::Array(items) if items.len() <= most => items,
            DeValue::Array(_) => {
                faults.add(value.span(), Fault::TooMany(key));
                &[]
            }
            _ => {
                faults.add(value.span(), Fault::WrongType(key.to_owned(), "a list"));
                &[]
            }
        }
    }

    /// Notes every key nobody asked for.
    pub(super) fn finish(self, faults: &mut Faults<'_>) {
        for (key, _) in self.table.iter() {
            if !self.used.contains(key.get_ref().as_ref()) {
                faults.add(key.span(), Fault::UnknownKey(key.get_ref().to_string()));
            }
        }
    }
}

/// A text that is not empty, not long and without control characters other than line ends.
pub(super) fn text_of<'v>(value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, fn(&str) -> Fault> {
    let Some(text) = value.get_ref().as_str() else {
        return Err(|key| Fault::WrongType(key.to_owned(), "a text"));
    };
    if text.trim().is_empty() {
        return Err(|key| Fault::BadValue(key.to_owned(), "it is empty"));
    }
    if text.len() > 4096 {
        return Err(|key| Fault::BadValue(key.to_owned(), "it is too long"));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(|key| Fault::BadValue(key.to_owned(), "it holds control characters"));
    }
    Ok(text)
}
