//! `noren-server backup`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use age::Encryptor;
use anyhow::{Context, ensure};
use audit::Chain;
use kit::keys::Keys;
use net::private;
use store::Backend;

use super::{DUMP, FORM, KEYS, MANIFEST, Manifest, SQLITE, Secret, Told, postgres};
use crate::cli::Data;
use crate::watch;

/// Saves the data in one sealed file, while the server runs: database with attachments, and keys.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// The file, which must not be there yet. In the data folder there must be room for the
    /// database once more.
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Seals it for this public key (age1...) instead of a passphrase: then the machine that writes
    /// backups cannot read them. Its private half (`age-keygen`) belongs into the safe.
    #[arg(long, value_name = "AGE1...", conflicts_with = "passphrase_file")]
    pub recipient: Option<String>,
    /// What it is opened with.
    #[command(flatten)]
    pub secret: Secret,
}

impl Backup {
    /// Does it.
    ///
    /// # Errors
    /// With the reason, in words for an operator; then there is no file.
    pub async fn main(self) -> anyhow::Result<()> {
        let encryptor = self.encryptor()?;
        ensure!(!self.to.exists(), "{} is there already", self.to.display());
        let store = self.data.connect().await?;
        let keys = Keys::load(&self.data.data)?;
        let mut conn = store.read().await?;
        ensure!(keys.fit(&mut conn).await?, watch::OTHER_KEYS);
        // Before the copy: it holds these at least.
        let heads = store::heads(&mut conn).await?;
        drop(conn);
        let at = jiff::Timestamp::now().as_millisecond();
        // The copy is not sealed: it never leaves the folder of the data, wherever the file goes.
        let _alone = self.alone()?;
        let (copy, part) = (self.data.data.join("backup.copy"), part_of(&self.to));
        let written = self.write(&store, encryptor, &heads, at, &copy, &part).await;
        _ = std::fs::remove_file(&copy);
        if written.is_err() {
            _ = std::fs::remove_file(&part);
        }
        let bytes = written?;
        std::fs::rename(&part, &self.to).context("the file could not be given its name")?;
        let mut tx = store.write(Chain::SERVER, at).await?;
        store::settings::put(&mut tx, watch::BACKED_UP, &at.to_string()).await?;
        // When it was saved is no act of anybody; the file is.
        tx.keep(()).await?;
        store.close().await;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}: {bytes} bytes, {} chains", self.to.display(), heads.len())?;
        Ok(())
    }

    /// One backup at a time: the copy has one place. Freed with the program, however it ends.
    fn alone(&self) -> anyhow::Result<File> {
        let lock = private::kept(&self.data.data.join("backup.lock"))?;
        lock.try_lock().context("another backup of this data is under way")?;
        Ok(lock)
    }

    fn encryptor(&self) -> anyhow::Result<Encryptor> {
        match &self.recipient {
            Some(recipient) => {
                let key: age::x25519::Recipient =
                    recipient.parse().map_err(|error: &str| anyhow::anyhow!("{error}"))?;
                Ok(Encryptor::with_recipients(std::iter::once(&key as &dyn age::Recipient))?)
            }
            None => Ok(Encryptor::with_user_passphrase(self.secret.passphrase(true)?)),
        }
    }

    /// Writes the file under another name; its size.
    async fn write(
        &self,
        store: &store::Store,
        encryptor: Encryptor,
        heads: &[(Chain, audit::Head)],
        at: i64,
        copy: &Path,
        part: &Path,
    ) -> anyhow::Result<u64> {
        // Made before the database writes into it, so that nobody else may read it.
        private::emptied(copy).with_context(|| format!("cannot write {}", copy.display()))?;
        let database = match store.backend() {
            Backend::Sqlite => {
                store.copy_into(copy).await.context("copying the database")?;
                SQLITE
            }
            Backend::Postgres => {
                postgres::dump(&self.data.postgres()?, copy)?;
                DUMP
            }
        };
        let manifest = Manifest {
            form: FORM,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            at,
            database: database.to_owned(),
            heads: heads.iter().map(Told::of).collect(),
        };
        let file =
            private::emptied(part).with_context(|| format!("cannot write {}", part.display()))?;
        let mut archive = tar::Builder::new(encryptor.wrap_output(file)?);
        put(&mut archive, MANIFEST, serde_json::to_string_pretty(&manifest)?.as_bytes())?;
        let keys = std::fs::read(self.data.data.join(KEYS)).context("reading the keys")?;
        put(&mut archive, KEYS, &keys)?;
        archive.append_file(database, &mut File::open(copy)?).context("writing the database")?;
        let file = archive.into_inner()?.finish()?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

fn put<W: Write>(archive: &mut tar::Builder<W>, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o600);
    archive.append_data(&mut header, name, bytes)
}

/// The name of the file as long as it is not whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
