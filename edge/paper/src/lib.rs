//! Paper: A4 documents as PDF from plain data.
//!
//! A document is a value of [`Paper`]: texts and numbers that somebody else has decided on.
//! [`Press`] hands it to the program `noren-press`, which typesets it and ends; its time and its
//! output are bounded here.
//!
//! ```no_run
//! let press = paper::Press::beside_this_program()?;
//! let paper = paper::Paper::Rules(paper::Rules::default());
//! let pdf: Vec<u8> = press.print(&paper)?;                 // waits up to some seconds: not on an async thread
//! # Ok::<(), paper::Fault>(())
//! ```

mod documents;
mod press;

pub use documents::{
    Annex, AnnexCell, AnnexColumn, AnnexRow, AnnexTable, Article, Attendance, AttendanceBook,
    AttendanceDay, Choice, Field, FormCheck, FormSheet, Paper, Rules, Total,
};
pub use press::Press;

/// Largest data of one document, bytes of JSON. With the templates being ours, it bounds time and
/// memory too.
pub const MAX_DATA: usize = 2 << 20;
/// Most pages of one document.
pub const MAX_PAGES: usize = 200;

/// Why nothing was printed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The machine has no font with Japanese letters.
    #[error(
        "no Japanese font was found on this machine: install one (Debian: apt-get install fonts-noto-cjk)"
    )]
    NoJapaneseFont,
    /// More data than a document may have, or more pages came out of it.
    #[error("the document is too large")]
    TooLarge,
    /// The program that prints is not there.
    #[error("{0} is not there: it is installed beside noren-server")]
    NoPress(String),
    /// It took longer than it may.
    #[error("the document took too long")]
    Slow,
    /// The press failed; a fault of this program.
    #[error("the press failed: {0}")]
    Failed(String),
}

impl Fault {
    /// What the press ends with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoJapaneseFont => 3,
            Self::TooLarge => 4,
            Self::NoPress(_) | Self::Slow | Self::Failed(_) => 1,
        }
    }
}
