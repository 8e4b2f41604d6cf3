//! Why a file, or a cell of it, cannot be taken: in words that say what to do.

use ::sheet::{Fault, Odd};

use super::cell_name;

/// A cell that cannot be taken for what was meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OddCell {
    /// Row and column, from 0.
    pub at: (u32, u32),
    /// What is odd about it.
    pub odd: Odd,
    /// What it shows.
    pub text: String,
}

impl OddCell {
    /// The cell as a spreadsheet names it.
    #[must_use]
    pub fn cell(&self) -> String {
        cell_name(self.at.0, u16::try_from(self.at.1).unwrap_or(u16::MAX))
    }

    /// What is wrong and what to do, in Japanese and English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        odd(self.odd, &self.text)
    }
}

/// What is wrong with such a cell and what to do, in Japanese and English.
fn odd(odd: Odd, text: &str) -> (String, String) {
    let shown: String = text.chars().take(40).collect();
    match odd {
        Odd::Formula => (
            "数式です。値を入力してください。".to_owned(),
            "A formula: please enter a value.".to_owned(),
        ),
        Odd::Error if shown.starts_with("##") => (
            format!(
                "「{shown}」は、列の幅が足りないまま保存された表示です。列を広げて保存し直してください。"
            ),
            format!("\"{shown}\" was saved from a column that was too narrow."),
        ),
        Odd::Error => (
            format!("「{shown}」はエラー値です。値を入力してください。"),
            format!("\"{shown}\" is an error value: please enter a value."),
        ),
        Odd::Scaled => (
            format!(
                "中の値は「{shown}」ですが、表示形式で別の数（千単位など）に見えています。表示形式を「標準」にして、値を確かめてください。"
            ),
            format!("The value is {shown}, but its format shows another number (thousands?)."),
        ),
        Odd::Long => (
            format!(
                "「{shown}」は15桁を超えるため、表計算ソフトが下の桁を0に変えています。表示形式を「文字列」にして入力し直してください。"
            ),
            format!("{shown} has more than 15 digits; the last ones are lost. Enter it as text."),
        ),
        Odd::NoDate => (
            format!(
                "「{shown}」は日付の表示形式ですが、日付になりません。表示形式を「標準」か「文字列」にして入力し直してください。"
            ),
            format!("{shown} has a date format, but is no date."),
        ),
        Odd::Stray('\u{fffd}') => (
            format!("「{shown}」に文字化けした文字があります。正しい文字を入力し直してください。"),
            format!("\"{shown}\" has a character that was lost. Please enter it again."),
        ),
        Odd::Stray(c) => (
            format!(
                "「{shown}」に、ほかのパソコンでは表示できない外字（U+{:04X}）があります。標準の文字で入力し直してください。",
                u32::from(c)
            ),
            format!("\"{shown}\" has a private character (U+{:04X}).", u32::from(c)),
        ),
    }
}

/// Why a file is not a table.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SheetFault {
    /// Neither a workbook (xlsx) nor text.
    #[error("neither a workbook nor CSV")]
    NotATable,
    /// A workbook that opens with a password only.
    #[error("a workbook with a password")]
    Password,
    /// A workbook of another kind: its name.
    #[error("a workbook of another kind ({0})")]
    Kind(&'static str),
    /// It unfolds to more than any list needs: a zip bomb, or a mistake.
    #[error("too large inside")]
    TooLarge,
    /// A cell that stands far from any list.
    #[error("a cell far from the list: {0}")]
    Far(String),
    /// A cell has more text than Excel itself puts into one.
    #[error("a cell with more than 32,767 characters")]
    LongCell,
    /// It carries macros.
    #[error("macros")]
    Macros,
    /// Cells that cannot be taken for what was meant.
    #[error("cells that cannot be taken")]
    Cells(Vec<OddCell>),
    /// Cells are merged: only their corner holds what the others seem to.
    #[error("merged cells: {0}")]
    Merged(String),
    /// Further sheets that people see are not empty: the one that would be read, and the others.
    #[error("more than one sheet")]
    Sheets(String, Vec<String>),
    /// A quotation mark of a CSV that is never closed, in this cell.
    #[error("an open quotation mark: {0}")]
    OpenQuote(String),
    /// The program that reads it gave it up.
    #[error("it cannot be read within bounds")]
    Unreadable,
    /// The program that reads workbooks is not installed.
    #[error("noren-sheets is not installed beside this server")]
    NoProgram,
}

impl SheetFault {
    /// What is wrong and what to do, in Japanese and English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        let (ja, en) = match self {
            Self::NotATable => (
                "Excelブック（.xlsx）またはCSVとして読めないファイルです。CSVのときは「CSV UTF-8（コンマ区切り）」で保存し直してください。",
                "This is neither an Excel workbook (.xlsx) nor CSV. Save a CSV as UTF-8.",
            ),
            Self::Password => (
                "パスワード付きのファイルは読み取れません。Excelで開いてパスワードを外し、「Excelブック（.xlsx）」で保存し直してください。",
                "This file has a password. Please take it off and save it as .xlsx.",
            ),
            Self::Kind(kind) => {
                return (
                    format!(
                        "{kind}のファイルです。Excelなどで開き、「Excelブック（.xlsx）」で保存し直してください。"
                    ),
                    format!("This is a file of another kind ({kind}). Please save it as .xlsx."),
                );
            }
            Self::TooLarge => ("中身が大きすぎます。", "There is too much in this file."),
            Self::Far(cell) => {
                return (
                    format!(
                        "離れたセル（{cell}）に値があります。20,000行・200列までの表に収め、不要な行と列は「削除」してください。"
                    ),
                    format!("A cell far from the list ({cell}) holds something. Please delete it."),
                );
            }
            Self::LongCell => (
                "1つのセルの文字数が多すぎます（32,767文字まで）。",
                "A cell holds too much text (at most 32,767 characters).",
            ),
            Self::Macros => (
                "マクロを含むファイルは受け付けません。マクロなしの「Excelブック（.xlsx）」で保存し直してください。",
                "Files with macros are not taken: please save it as .xlsx.",
            ),
            Self::Cells(cells) => {
                let told = |ja: bool| {
                    let one = |cell: &OddCell| {
                        let (in_ja, in_en) = cell.words();
                        format!("{} {}", cell.cell(), if ja { in_ja } else { in_en })
                    };
                    cells.iter().take(20).map(one).collect::<Vec<_>>().join(" ")
                };
                return (told(true), told(false));
            }
            Self::Merged(cells) => {
                return (
                    format!("結合されたセル（{cells}）があります。結合を解除してください。"),
                    format!("Cells are merged ({cells}). Please unmerge them."),
                );
            }
            Self::Sheets(read, others) => {
                let others: Vec<&str> = others.iter().take(5).map(String::as_str).collect();
                return (
                    format!(
                        "読み取るのは最初のシート「{read}」だけですが、ほかのシート（{}）にも値があります。\
                         1枚にまとめるか、不要なシートを削除または非表示にしてください。",
                        others.join("、")
                    ),
                    format!(
                        "Only the first sheet ({read}) is read, but other sheets hold \
                         something too ({}). Please put all on one sheet, or hide the others.",
                        others.join(", ")
                    ),
                );
            }
            Self::OpenQuote(cell) => {
                return (
                    format!(
                        "{cell} で始まる引用符（\"）が閉じられていません。引用符を確かめてください。"
                    ),
                    format!("A quotation mark that begins in {cell} is not closed."),
                );
            }
            Self::Unreadable => (
                "このファイルは読み取れませんでした。不要なシートや書式を取り除くか、値だけを新しいブックに貼り付けて、もう一度お試しください。",
                "This file could not be read. Please remove what is not needed, or paste the \
                 values into a new workbook.",
            ),
            Self::NoProgram => (
                "Excelファイルを読み取るプログラム（noren-sheets）がサーバーにありません。情報担当にご連絡ください。CSVは使えます。",
                "noren-sheets, which reads workbooks, is not installed beside this server. Please \
                 tell IT; CSV can be used.",
            ),
        };
        (ja.to_owned(), en.to_owned())
    }
}

impl From<Fault> for SheetFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotAnArchive | Fault::NotAWorkbook => Self::NotATable,
            Fault::TooLarge | Fault::TooMuchText => Self::TooLarge,
            Fault::Far(row, column) => {
                Self::Far(cell_name(row, u16::try_from(column).unwrap_or(u16::MAX)))
            }
            Fault::LongCell => Self::LongCell,
            Fault::Macros => Self::Macros,
            Fault::Slow | Fault::Unreadable => {
                tracing::warn!(%fault, "a workbook was given up");
                Self::Unreadable
            }
            Fault::NoProgram(_) => {
                tracing::error!(%fault, "no workbook can be read");
                Self::NoProgram
            }
        }
    }
}
