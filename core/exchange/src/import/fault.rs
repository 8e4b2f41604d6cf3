//! What can be wrong in a file of answers, and where.

use crate::body::BodyCode;
use crate::typed::BadText;

/// A fault in a file of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportFault {
    /// Line, from 1 (the header); 0 for the file as a whole.
    pub line: u64,
    /// Name of the column, when it is about one.
    pub column: Option<String>,
    /// Where that column stands, from 0.
    pub at: Option<usize>,
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
    /// A value in a column without a heading.
    #[error("{0:?} stands in a column without a heading")]
    NoHeading(String),
    /// No body code; the one that it may be without the zeros that a spreadsheet took off.
    #[error("not a body code{}", .0.map(|code| format!(" (is it {code}?)")).unwrap_or_default())]
    Code(Option<BodyCode>),
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
            Self::TooMany => "行が多すぎるか、長すぎる行があります。".to_owned(),
            Self::Csv(why) => format!("CSVとして読めません（{why}）。"),
            Self::NoColumn => "この列がありません。".to_owned(),
            Self::UnknownColumn => "この調査票にない列です。".to_owned(),
            Self::ColumnTwice => "同じ列が二つあります。".to_owned(),
            Self::NoHeading(text) => {
                format!(
                    "見出しのない列に「{text}」があります。消すか、正しい列に入力してください。"
                )
            }
            Self::Code(None) => {
                "団体コードとして読めません。6桁の数字で入力してください。".to_owned()
            }
            Self::Code(Some(code)) => format!(
                "団体コードとして読めません。先頭の0が落ちていませんか（{code}）。表示形式を「文字列」にして入力してください。"
            ),
            Self::UnknownBody => "この案件の回答対象ではない団体です。".to_owned(),
            Self::BodyTwice => "同じ団体の行が二つあります。".to_owned(),
            Self::Value(fault) => fault.ja(),
        }
    }
}
