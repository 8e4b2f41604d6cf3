//! `noren-server backup` and `noren-server restore`: the data in one sealed file, and back.
//!
//! The file is an `age` file (<https://age-encryption.org/v1>) over a tar archive of three entries:
//! `manifest.json`, the database (`noren.sqlite`, or `noren.dump` of `pg_dump`), `keys.toml`. So it
//! can be opened without this program too. `spec/backup.md` is its description.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use anyhow::{Context, bail, ensure};
use audit::{Chain, Head};
use serde::{Deserialize, Serialize};

pub mod backup;
pub mod postgres;
pub mod restore;

/// The environment's name of the passphrase.
const PASSPHRASE: &str = "NOREN_BACKUP_PASSPHRASE";
/// Fewest characters of a passphrase: whoever has the file can try as long as she likes.
const SHORTEST: usize = 16;
/// Longest file of a passphrase or of an identity, bytes.
const LONGEST: u64 = 64 << 10;
/// A database that was put back is served by nobody before `noren-server restored` went over it:
/// the setting that says so.
pub const PUT_BACK: &str = "put_back";

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Version of this form.
    form: u32,
    /// The program that wrote it.
    program: String,
    /// When it was begun, Unix milliseconds.
    at: i64,
    /// Which database: the name of its entry.
    database: String,
    /// Where each chain of the record was at least.
    heads: Vec<Told>,
}

/// Where a chain was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    chain: String,
    number: u64,
    hash: String,
}

/// The form that this program writes and reads.
const FORM: u32 = 1;
const MANIFEST: &str = "manifest.json";
const SQLITE: &str = "noren.sqlite";
const DUMP: &str = "noren.dump";
const KEYS: &str = kit::keys::Keys::FILE;

impl Told {
    fn of((chain, head): &(Chain, Head)) -> Self {
        let hash = kit::secrets::hex(&head.hash);
        Self { chain: chain.as_str().to_owned(), number: head.seq, hash }
    }

    fn head(&self) -> anyhow::Result<(Chain, Head)> {
        let chain = Chain::new(&self.chain).context("a chain of the manifest")?;
        let hash = kit::secrets::unhex::<32>(&self.hash).context("a hash of the manifest")?;
        Ok((chain, Head { seq: self.number, hash }))
    }
}

/// How a backup is opened. A secret comes by file, environment or terminal, never as an argument.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Secret {
    /// File with the passphrase in its first line. Without it NOREN_BACKUP_PASSPHRASE, else it is
    /// asked for.
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl Secret {
    /// The passphrase; `twice` asks a person for it again.
    fn passphrase(&self, twice: bool) -> anyhow::Result<SecretString> {
        let text = if let Some(path) = &self.passphrase_file {
            first_line(path)?
        } else if let Ok(text) = std::env::var(PASSPHRASE) {
            text
        } else {
            asked(twice)?
        };
        ensure!(
            text.chars().count() >= SHORTEST,
            "a passphrase has {SHORTEST} characters or more: who has the file can try for years"
        );
        Ok(SecretString::from(text))
    }
}

/// The first line of a file that nobody else may read.
fn first_line(path: &Path) -> anyhow::Result<String> {
    let text = small(path)?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn small(path: &Path) -> anyhow::Result<String> {
    let file = std::fs::File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let mut text = String::new();
    file.take(LONGEST)
        .read_to_string(&mut text)
        .with_context(|| format!("reading {}", path.display()))?;
    Ok(text)
}

fn asked(twice: bool) -> anyhow::Result<String> {
    let once = |words: &str| -> anyhow::Result<String> {
        let mut line = String::new();
        if std::io::stdin().is_terminal() {
            let mut out = std::io::stderr().lock();
            write!(out, "{words}: ")?;
            out.flush()?;
        }
        std::io::stdin().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    let text = once("Passphrase")?;
    if twice && std::io::stdin().is_terminal() && once("Once more")? != text {
        bail!("the two are not the same; nothing was written");
    }
    Ok(text)
}
