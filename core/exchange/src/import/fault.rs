//! What can be wrong in a file of answers, and where.

use crate::typed::BadText;

/// A fault in a file of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFault {
    /// Line, from 1 (the header); 0 for the file as a whole.
    pub line: u64,
    /// Name of the column, when it is about one.
    pub column: Option<String>,
    /// What is wrong.
    pub what: ImportError,
}

impl std::fmt::Display for ImportFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, {column}: {}", self.line, self.what),
            None => write!(f, "line {}: {}", self.line, self.what),
        }
    }
}

/// What can be wrong in a file of answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Larger than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the file is too large")]
    FileTooLarge,
    /// Not UTF-8.
    #[error("the file is not UTF-8")]
    NotUtf8,
    /// More than [`MAX_ROWS`](super::MAX_ROWS) rows, or a row longer than
    /// [`MAX_ROW_BYTES`](super::MAX_ROW_BYTES).
    #[error("too many rows, or a row that is too long")]
    TooMany,
    /// Not CSV.
    #[error("not readable as CSV: {0}")]
    Csv(String),
    /// A column that must stand.
    #[error("the column is missing")]
    NoColumn,
    /// A column the form does not have.
    #[error("the form has no such column")]
    UnknownColumn,
    /// A column that stands twice.
    #[error("the column stands twice")]
    ColumnTwice,
    /// A row with more or fewer fields than the header.
    #[error("the row has {0} fields, the header {1}")]
    FieldCount(usize, usize),
    /// No body code.
    #[error("{0}")]
    Code(#[from] people::Fault),
    /// A body that is not expected.
    #[error("the body is not among those asked")]
    UnknownBody,
    /// A body with two rows.
    #[error("the body stands twice")]
    BodyTwice,
    /// A value that cannot be read.
    #[error("{0}")]
    Value(#[from] BadText),
}

impl ImportError {
    /// The message for the person with the file.
    pub fn ja(&self) -> String {
        match self {
            Self::FileTooLarge => "ファイルが大きすぎます。".to_owned(),
            Self::NotUtf8 => "文字コードがUTF-8ではありません。".to_owned(),
            Self::TooMany => "行が多すぎるか、長すぎる行があります。".to_owned(),
            Self::Csv(why) => format!("CSVとして読めません（{why}）。"),
            Self::NoColumn => "この列がありません。".to_owned(),
            Self::UnknownColumn => "この調査票にない列です。".to_owned(),
            Self::ColumnTwice => "同じ列が二つあります。".to_owned(),
            Self::FieldCount(found, wanted) => format!("列の数が{found}です（見出しは{wanted}）。"),
            Self::Code(_) => "団体コードとして読めません。".to_owned(),
            Self::UnknownBody => "この案件の回答対象ではない団体です。".to_owned(),
            Self::BodyTwice => "同じ団体の行が二つあります。".to_owned(),
            Self::Value(fault) => fault.ja(),
        }
    }
}
