//! noren-sheets: one workbook in, its cells as JSON out, then it ends.
//!
//! A workbook comes from whoever may send one, and unfolding it is the most that a stranger's bytes
//! are asked to do here. So a program of its own reads it: it limits its own memory, time and files
//! before the first byte, listens nowhere, and whatever goes wrong with one workbook ends with it.
//! The rules of reading are this crate's; the server calls this program, bounds its time once more
//! and kills it when that is over.
//!
//! `noren-sheets` reads the first sheet as a list; `noren-sheets NAME..` the sheets with these
//! names. It answers `{"Ok": book}` or `{"Err": fault}`.

mod limits;

use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use sheet::{Book, Fault, MAX_BOOK, MAX_FILE, Want};

/// How long a workbook may be read; the largest that is within every limit takes about a second.
const TIME: Duration = Duration::from_secs(8);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let began = Instant::now();
    limits::set()?;
    let names: Vec<String> = std::env::args().skip(1).skip_while(|first| first == "--").collect();
    let want = if names.is_empty() { Want::First } else { Want::Named(names) };
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    let read = sheets::read(&bytes, &want, &mut || began.elapsed() >= TIME);
    drop(bytes);
    let said = match said(&read) {
        Ok(said) => said,
        // More to say than may be said: the texts are within bounds, but full of what JSON writes
        // in six letters.
        Err(_) => said(&Err(Fault::TooMuchText))?,
    };
    let mut out = io::stdout().lock();
    out.write_all(&said)?;
    out.flush()
}

fn said(read: &Result<Book, Fault>) -> io::Result<Vec<u8>> {
    let mut out = Bounded(Vec::new());
    serde_json::to_writer(&mut out, read)?;
    Ok(out.0)
}

/// At most [`MAX_BOOK`] bytes.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BOOK {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
