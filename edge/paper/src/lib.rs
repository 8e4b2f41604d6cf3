//! Paper: A4 documents as PDF from plain data.
//!
//! A document is a value of [`Paper`]: finished texts and numbers. [`Press`] passes it to the
//! program `noren-press`, which typesets it and ends. This crate bounds the program's time and
//! output.
//!
//! ```no_run
//! let press = paper::Press::beside_this_program()?;
//! let paper = paper::Paper::Rules(paper::Rules::default());
//! // Waits up to some seconds: not on an async thread.
//! let pdf: Vec<u8> = press.print(&paper)?;
//! # Ok::<(), paper::Fault>(())
//! ```

mod documents;
mod press;

pub use documents::{
    Annex, AnnexCell, AnnexColumn, AnnexRow, AnnexTable, Article, Attendance, AttendanceBook,
    AttendanceDay, Choice, Field, FormCheck, FormSheet, Paper, Rules, Total,
};
pub use press::Press;

/// Largest data of one document, bytes of JSON. The templates are fixed, so this bounds time and
/// memory too.
pub const MAX_DATA: usize = 2 << 20;
/// Most pages of one document.
pub const MAX_PAGES: usize = 200;

/// Why nothing was printed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// The machine has no font with Japanese letters.
    #[error(
        "no Japanese font was found on this machine: install one (Debian: apt-get install \
         fonts-noto-cjk)"
    )]
    NoJapaneseFont,
    /// The document has too much data or too many pages.
    #[error("the document is too large")]
    TooLarge,
    /// The program `noren-press` was not found.
    #[error("{0} is not there: it is installed beside noren-server")]
    NoPress(String),
    /// The press took longer than its time limit.
    #[error("the document took too long")]
    Slow,
    /// The press failed, which is a fault of this program.
    #[error("the press failed: {0}")]
    Failed(String),
}

impl Fault {
    /// The press's exit code for this fault.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoJapaneseFont => 3,
            Self::TooLarge => 4,
            Self::NoPress(_) | Self::Slow | Self::Failed(_) => 1,
        }
    }
}
