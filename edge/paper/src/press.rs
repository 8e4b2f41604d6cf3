//! Calls `noren-press`: one process a document, killed when it takes too long.

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::{Fault, MAX_DATA, Paper};

const PROGRAM: &str = "noren-press";
/// Largest PDF, bytes.
const MAX_PDF: u64 = 64 << 20;
/// Most bytes of the press's error output that are read.
const MAX_WORDS: u64 = 4 << 10;

/// The program `noren-press` and the time it may take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Press {
    program: PathBuf,
    patience: Duration,
}

impl Press {
    /// The program in the folder of the running program, or (for a test) one folder above it.
    ///
    /// # Errors
    /// [`Fault::NoPress`].
    pub fn beside_this_program() -> Result<Self, Fault> {
        let name = format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX);
        let here = std::env::current_exe().ok();
        let folders =
            here.as_deref().map(|here| here.ancestors().skip(1).take(2)).into_iter().flatten();
        let found = folders.map(|folder| folder.join(&name)).find(|path| path.is_file());
        found.map(|program| Self::at(&program)).ok_or(Fault::NoPress(name))
    }

    /// The program at a path.
    #[must_use]
    pub fn at(program: &Path) -> Self {
        Self { program: program.to_owned(), patience: Duration::from_secs(20) }
    }

    /// Sets another time limit for a document; the default is 20 s.
    #[must_use]
    pub fn patient_for(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Prints a document as PDF.
    ///
    /// # Errors
    /// Every [`Fault`].
    pub fn print(&self, paper: &Paper) -> Result<Vec<u8>, Fault> {
        let data = serde_json::to_vec(paper).map_err(|error| Fault::Failed(error.to_string()))?;
        if data.len() > MAX_DATA {
            return Err(Fault::TooLarge);
        }
        let mut command = Command::new(&self.program);
        // The press gets only the environment variables that say where fonts are.
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| {
            ["HOME", "XDG_DATA_HOME", "SystemRoot", "windir", "LOCALAPPDATA"]
                .iter()
                .any(|kept| name == kept)
        }));
        let child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => {
                Fault::NoPress(self.program.display().to_string())
            }
            _ => Fault::Failed(error.to_string()),
        })?;
        self.converse(child, data)
    }

    fn converse(&self, mut child: Child, data: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let (Some(mut input), Some(output), Some(words)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Fault::Failed("no pipes".into()));
        };
        // Pipes are small: to write everything first and read then would block for ever.
        std::thread::spawn(move || _ = input.write_all(&data));
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            _ = words.take(MAX_WORDS).read_to_string(&mut said);
            said
        });
        let (done, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let mut pdf = Vec::new();
            let read = output.take(MAX_PDF + 1).read_to_end(&mut pdf);
            _ = done.send(read.map(|_| pdf));
        });
        let pdf = ended.recv_timeout(self.patience);
        // The program has ended, hangs, or sends too much: in each case it is killed.
        if !matches!(&pdf, Ok(Ok(pdf)) if pdf.len() as u64 <= MAX_PDF) {
            _ = child.kill();
        }
        let status = child.wait().map_err(|error| Fault::Failed(error.to_string()))?;
        let Ok(pdf) = pdf else { return Err(Fault::Slow) };
        let pdf = pdf.map_err(|error| Fault::Failed(error.to_string()))?;
        if pdf.len() as u64 > MAX_PDF {
            return Err(Fault::TooLarge);
        }
        match status.code() {
            Some(0) if pdf.starts_with(b"%PDF-") => Ok(pdf),
            Some(3) => Err(Fault::NoJapaneseFont),
            Some(4) => Err(Fault::TooLarge),
            _ => Err(Fault::Failed(said.join().unwrap_or_default().trim().to_owned())),
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::Rules;

    /// A press that is this shell script.
    ///
    /// Another process writes the script. If a thread of this process had it open for writing, a
    /// child started by another thread would inherit the handle, and until its exec the script
    /// could not be run ("text file busy").
    fn script(folder: &Path, text: &str) -> Press {
        let path = folder.join("press");
        let mut writer = Command::new("/bin/sh");
        writer
            .args(["-c", "umask 077; cat >\"$0\" && chmod 700 \"$0\""])
            .arg(&path)
            .stdin(Stdio::piped());
        let mut child = writer.spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{text}\n").as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        Press::at(&path)
    }

    fn tried(text: &str) -> Result<Vec<u8>, Fault> {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), text).print(&Paper::Rules(Rules::default()))
    }

    #[test]
    fn what_the_press_ends_with_is_named() {
        assert_eq!(tried("cat >/dev/null; printf '%%PDF-1.7'"), Ok(b"%PDF-1.7".to_vec()));
        assert_eq!(tried("exit 3"), Err(Fault::NoJapaneseFont));
        assert_eq!(tried("exit 4"), Err(Fault::TooLarge));
        assert_eq!(tried("echo broken >&2; exit 1"), Err(Fault::Failed("broken".into())));
        assert_eq!(
            tried("echo hello"),
            Err(Fault::Failed(String::new())),
            "what is no PDF is none"
        );
        assert_eq!(tried("kill -9 $$"), Err(Fault::Failed(String::new())));
        assert!(matches!(
            Press::at(Path::new("/no/such/press")).print(&Paper::Rules(Rules::default())),
            Err(Fault::NoPress(_))
        ));
    }

    #[test]
    fn a_press_that_hangs_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let press = script(folder.path(), "exec sleep 600").patient_for(Duration::from_millis(50));
        assert_eq!(press.print(&Paper::Rules(Rules::default())), Err(Fault::Slow));
    }

    #[test]
    fn a_press_that_floods_is_ended() {
        assert_eq!(tried("exec cat /dev/zero"), Err(Fault::TooLarge));
    }

    #[test]
    fn the_press_learns_nothing_of_our_surroundings() {
        let seen = tried("printf '%%PDF-'; env").unwrap();
        let seen = String::from_utf8(seen).unwrap();
        assert!(!seen.contains("CARGO"), "{seen}");
    }

    #[test]
    fn too_much_is_refused_before_anything_is_started() {
        let rules = Rules { title: "あ".repeat(MAX_DATA / 3), ..Rules::default() };
        assert_eq!(
            Press::at(Path::new("/no/such/press")).print(&Paper::Rules(rules)),
            Err(Fault::TooLarge)
        );
    }
}
