//! Calls `noren-sheets`: one process a workbook, killed when it takes too long.

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::{Book, Fault, MAX_BOOK, MAX_FILE, Want};

const PROGRAM: &str = "noren-sheets";

/// The program `noren-sheets` and the time it may take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    path: PathBuf,
    patience: Duration,
}

impl Program {
    /// The program in the folder of the running program, or (for a test) one folder above it.
    ///
    /// # Errors
    /// [`Fault::NoProgram`].
    pub fn beside_this_program() -> Result<Self, Fault> {
        let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
        let here = std::env::current_exe().ok();
        let folders =
            here.as_deref().map(|here| here.ancestors().skip(1).take(2)).into_iter().flatten();
        let found = folders.map(|folder| folder.join(&name)).find(|path| path.is_file());
        found.map(|path| Self::at(&path)).ok_or(Fault::NoProgram(name))
    }

    /// The program at a path.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), patience: Duration::from_secs(20) }
    }

    /// Sets another time limit for a workbook.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Reads the cells of a workbook.
    ///
    /// # Errors
    /// Every [`Fault`].
    pub fn read(&self, bytes: &[u8], want: &Want) -> Result<Book, Fault> {
        if bytes.len() > MAX_FILE {
            return Err(Fault::TooLarge);
        }
        let mut command = Command::new(&self.path);
        if let Want::Named(names) = want {
            // The names are our own; `--` ends the options.
            command.arg("--").args(names);
        }
        // The program gets no environment variables.
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => {
                Fault::NoProgram(self.path.display().to_string())
            }
            _ => Fault::Unreadable,
        })?;
        self.converse(child, bytes.to_vec())
    }

    fn converse(&self, mut child: Child, bytes: Vec<u8>) -> Result<Book, Fault> {
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Fault::Unreadable);
        };
        // Pipes are small: to write everything first and read then would block for ever.
        std::thread::spawn(move || _ = input.write_all(&bytes));
        let (done, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let mut said = Vec::new();
            let read = output.take(MAX_BOOK as u64 + 1).read_to_end(&mut said);
            _ = done.send(read.map(|_| said));
        });
        let said = ended.recv_timeout(self.patience);
        // The program has ended, hangs, or sends too much: in each case it is killed.
        if !matches!(&said, Ok(Ok(said)) if said.len() <= MAX_BOOK) {
            _ = child.kill();
        }
        let status = child.wait().map_err(|_| Fault::Unreadable)?;
        let Ok(said) = said else { return Err(Fault::Slow) };
        let said = said
            .ok()
            .filter(|said| status.success() && said.len() <= MAX_BOOK)
            .ok_or(Fault::Unreadable)?;
        serde_json::from_slice::<Result<Book, Fault>>(&said).map_err(|_| Fault::Unreadable)?
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A program that is this shell script. Another process writes it: see the press's.
    fn tried(text: &str, patience: Duration) -> Result<Book, Fault> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheets");
        let mut writer = Command::new("/bin/sh");
        writer
            .args(["-c", "umask 077; cat >\"$0\" && chmod 700 \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped());
        let mut child = writer.spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{text}\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        Program::at(&path).patient_for(patience).read(b"PK", &Want::First)
    }

    #[test]
    fn however_it_ends_there_is_an_answer() {
        let long = Duration::from_secs(60);
        assert_eq!(
            tried("cat >/dev/null; echo '{\"Ok\":{\"sheets\":[],\"others\":[]}}'", long),
            Ok(Book::default())
        );
        assert_eq!(tried("cat >/dev/null; echo '{\"Err\":\"Macros\"}'", long), Err(Fault::Macros));
        for end in [
            "exit 1",
            "kill -9 $$",
            "echo hello",
            "exec cat /dev/zero",
            "echo '{\"Ok\":{\"sheets\":[],\"others\":[]}}'; exit 1",
        ] {
            assert_eq!(tried(end, long), Err(Fault::Unreadable), "{end}");
        }
        assert_eq!(tried("exec sleep 600", Duration::from_millis(50)), Err(Fault::Slow));
        assert!(matches!(
            Program::at(Path::new("/no/such/program")).read(b"PK", &Want::First),
            Err(Fault::NoProgram(_))
        ));
        let more = vec![0; MAX_FILE + 1];
        assert_eq!(
            Program::at(Path::new("/no/such/program")).read(&more, &Want::First),
            Err(Fault::TooLarge)
        );
    }

    #[test]
    fn it_learns_nothing_of_our_surroundings() {
        let said = tried(
            "test -z \"$CARGO_MANIFEST_DIR$HOME\" && cat >/dev/null && echo '{\"Err\":\"Macros\"}'",
            Duration::from_secs(60),
        );
        assert_eq!(said, Err(Fault::Macros));
    }
}
