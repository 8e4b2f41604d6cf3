//! `noren-server survey`: forms and tables on the command line, without a server or its store.

mod tally;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use exchange::form::{Form, MAX_FORM};

pub use tally::TallyArgs;

/// What `survey` does.
#[derive(Debug, clap::Subcommand)]
pub enum SurveyCommand {
    /// Count the tables a form declares from files of answers
    Tally(TallyArgs),
    /// Check a form file; faults are named by line and column
    Check {
        /// The form file
        form: PathBuf,
    },
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// A file that cannot be read.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A file that is larger than it may be.
    #[error("{0}: larger than {1} bytes")]
    TooLarge(PathBuf, u64),
    /// A file that is not UTF-8.
    #[error("{0}: not UTF-8")]
    NotText(PathBuf),
    /// Faults in a form or in answers, one a line.
    #[error("{}", .0.join("\n"))]
    Faults(Vec<String>),
    /// The previous form is of another survey.
    #[error("the previous form is of survey {0}, not of {1}")]
    OtherSurvey(String, String),
    /// No form of the previous year.
    #[error("no form of version {0} is known; name it with --previous-form")]
    NoPreviousForm(String),
    /// An answer of a body that does not exist.
    #[error(transparent)]
    Tally(#[from] exchange::tally::TallyError),
    /// The workbook cannot be written.
    #[error("workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The document cannot be printed.
    #[error(transparent)]
    Paper(#[from] paper::Fault),
    /// The output cannot be written.
    #[error("output: {0}")]
    Output(std::io::Error),
}

/// Runs the command and writes its result to `out`.
///
/// # Errors
/// [`SurveyError`], to be shown to the person who called.
pub fn run(command: SurveyCommand, out: &mut dyn Write) -> Result<(), SurveyError> {
    match command {
        SurveyCommand::Tally(args) => tally::run(&args, out),
        SurveyCommand::Check { form } => {
            let form = read_form(&form)?;
            let (questions, tables) = (form.questions.len(), form.tables.len());
            writeln!(
                out,
                "{} {}: {questions} questions, {tables} tables",
                form.name.id, form.name.version
            )
            .map_err(SurveyError::Output)
        }
    }
}

/// The form in a file.
fn read_form(path: &Path) -> Result<Form, SurveyError> {
    let bytes = read(path, MAX_FORM as u64)?;
    let text = String::from_utf8(bytes).map_err(|_| SurveyError::NotText(path.to_owned()))?;
    Form::read(&text).map_err(|faults| {
        SurveyError::Faults(faults.iter().map(|f| format!("{}:{f}", path.display())).collect())
    })
}

/// A file of at most `most` bytes. A pipe works as well; the bound is on what is read, not on what
/// the file says it is.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, SurveyError> {
    let fault = |error| SurveyError::File(path.to_owned(), error);
    let mut bytes = Vec::new();
    File::open(path).map_err(fault)?.take(most + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > most {
        Err(SurveyError::TooLarge(path.to_owned(), most))
    } else {
        Ok(bytes)
    }
}
