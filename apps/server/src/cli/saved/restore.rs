//! `noren-server restore`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use age::Decryptor;
use anyhow::{Context, bail, ensure};
use audit::{Chain, Seen};
use kit::keys::Keys;
use net::private;
use web_people::record::verify::{Outcome, walk};

use super::{
    DUMP, FORM, KEYS, LONGEST, MANIFEST, Manifest, PUT_BACK, SQLITE, Secret, postgres, small,
};
use crate::cli::Data;
use crate::watch;

/// Longest manifest, bytes: the country has two thousand chains.
const LONGEST_MANIFEST: u64 = 1 << 20;

/// Puts a backup into an empty folder (and an empty PostgreSQL database), and proves it: keys,
/// version, every chain of the record.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The file that `backup` wrote.
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Where it goes. The folder must hold no data.
    #[command(flatten)]
    pub data: Data,
    /// Only proves that the file can be put back: the folder is emptied again. Do it every month.
    #[arg(long)]
    pub drill: bool,
    /// File with the private key (AGE-SECRET-KEY-1...) of a backup that was sealed for its public
    /// half.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    pub identity: Option<PathBuf>,
    /// What it is opened with.
    #[command(flatten)]
    pub secret: Secret,
}

impl Restore {
    /// Does it.
    ///
    /// # Errors
    /// With the reason, in words for an operator.
    pub async fn main(self) -> anyhow::Result<()> {
        let began = Instant::now();
        private::folder(&self.data.data, &[])
            .with_context(|| format!("{} cannot be used", self.data.data.display()))?;
        for name in [SQLITE, DUMP, KEYS] {
            let path = self.data.data.join(name);
            ensure!(!path.exists(), "{} is there: restore into an empty folder", path.display());
        }
        let done = self.put_back().await;
        if self.drill || done.is_err() {
            // What this command wrote, and what the database wrote beside it.
            for name in [SQLITE, "noren.sqlite-wal", "noren.sqlite-shm", DUMP, KEYS] {
                _ = std::fs::remove_file(self.data.data.join(name));
            }
        }
        let (manifest, records) = done?;
        let mut out = std::io::stdout().lock();
        let at = kit::time::rfc3339(manifest.at);
        let (chains, took) = (manifest.heads.len(), began.elapsed().as_secs_f64());
        writeln!(
            out,
            "the backup of {at} is whole: {chains} chains, {records} records, {took:.1} s"
        )?;
        if self.drill {
            let kept = if manifest.database == DUMP {
                "the database that was named holds the copy, and is to be dropped"
            } else {
                "nothing was kept"
            };
            writeln!(out, "It was a drill: {kept}.")?;
        } else {
            writeln!(
                out,
                "Before the server starts, run `noren-server restored --anchors FILE --export \
                 FILE`: this copy has forgotten what was taken away since (deploy/README.md, \
                 \"Putting a copy back\"). Without it the server does not start."
            )?;
        }
        Ok(())
    }

    async fn put_back(&self) -> anyhow::Result<(Manifest, u64)> {
        let manifest = self.unpack()?;
        if manifest.database == DUMP {
            let address = self.data.postgres().context(
                "this backup is of PostgreSQL: give an empty database (--database, NOREN_DATABASE)",
            )?;
            let dump = self.data.data.join(DUMP);
            let done = postgres::restore(&address, &dump);
            _ = std::fs::remove_file(&dump);
            done?;
        }
        let store = self.data.connect().await?;
        let proved = self.prove(&store, &manifest).await;
        store.close().await;
        Ok((manifest, proved?))
    }

    /// Opens the file and writes what is in it, each name once and no other.
    fn unpack(&self) -> anyhow::Result<Manifest> {
        let file = std::fs::File::open(&self.from)
            .with_context(|| format!("reading {}", self.from.display()))?;
        let decryptor = Decryptor::new_buffered(std::io::BufReader::new(file))
            .with_context(|| format!("{} is no backup", self.from.display()))?;
        let opened = match &self.identity {
            Some(path) => {
                let text = small(path)?;
                let line = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1"));
                let key: age::x25519::Identity = line
                    .with_context(|| format!("no private key in {}", path.display()))?
                    .parse()
                    .map_err(|error: &str| anyhow::anyhow!("{error}"))?;
                decryptor.decrypt(std::iter::once(&key as &dyn age::Identity))
            }
            None => {
                let key = age::scrypt::Identity::new(self.secret.passphrase(false)?);
                decryptor.decrypt(std::iter::once(&key as &dyn age::Identity))
            }
        };
        let opened = opened.context("the backup does not open with this key")?;
        let mut archive = tar::Archive::new(opened);
        let mut manifest = None;
        let mut written = Vec::new();
        for entry in archive.entries().context("the backup cannot be read")? {
            let mut entry = entry.context("the backup cannot be read")?;
            let name = entry.path()?.to_string_lossy().into_owned();
            match name.as_str() {
                MANIFEST if manifest.is_none() && written.is_empty() => {
                    let mut text = String::new();
                    entry.by_ref().take(LONGEST_MANIFEST).read_to_string(&mut text)?;
                    let told: Manifest = serde_json::from_str(&text).context("the manifest")?;
                    ensure!(told.form == FORM, "a newer program wrote this backup");
                    ensure!([SQLITE, DUMP].contains(&told.database.as_str()), "the manifest");
                    manifest = Some(told);
                }
                KEYS | SQLITE | DUMP if manifest.is_some() && !written.contains(&name) => {
                    ensure!(name != KEYS || entry.size() <= LONGEST, "the keys are too long");
                    let path = self.data.data.join(&name);
                    let mut file = private::new(&path)
                        .with_context(|| format!("cannot write {}", path.display()))?;
                    std::io::copy(&mut entry, &mut file)
                        .with_context(|| format!("{name} could not be written whole"))?;
                    file.sync_all()?;
                    written.push(name);
                }
                other => bail!("{other} does not belong into a backup"),
            }
        }
        let manifest = manifest.context("the backup says nothing of itself")?;
        for name in [KEYS, &manifest.database] {
            ensure!(written.iter().any(|one| one == name), "the backup holds no {name}");
        }
        Ok(manifest)
    }

    /// Walks every chain from its beginning, and marks the data as put back; how many records
    /// there are.
    async fn prove(&self, store: &store::Store, manifest: &Manifest) -> anyhow::Result<u64> {
        let keys = Keys::load(&self.data.data)?;
        // An older version is brought up by the server; a newer one is refused here.
        store.pending().await.context("the database")?;
        let mut snapshot = store.snapshot().await?;
        ensure!(keys.fit(&mut snapshot).await?, watch::OTHER_KEYS);
        let mut records = 0;
        for chain in store::chains(&mut snapshot).await? {
            match walk(&mut snapshot, chain, true, usize::MAX).await?.0 {
                Outcome::Holds(head) | Outcome::SoFar(head) => records += head.seq,
                Outcome::Broken(fault) => {
                    bail!("the record of {} is broken: {fault}", { chain.as_str() })
                }
            }
        }
        for told in &manifest.heads {
            let (chain, head) = told.head()?;
            let seen = store::compare_head(&mut snapshot, chain, head).await?;
            let code = chain.as_str();
            ensure!(seen == Seen::There, "the record of {code} does not reach {}", head.seq);
        }
        snapshot.end().await?;
        let at = jiff::Timestamp::now().as_millisecond();
        let mut tx = store.write(Chain::SERVER, at).await?;
        store::settings::put(&mut tx, PUT_BACK, &at.to_string()).await?;
        // `restored` puts it on record, with what was lost.
        tx.keep(()).await?;
        Ok(records)
    }
}

/// Refuses data that was put back and over which `restored` did not go.
///
/// # Errors
/// What to do.
pub async fn gone_over(store: &store::Store, folder: &Path) -> anyhow::Result<()> {
    let put_back = store::settings::find(&mut *store.read().await?, PUT_BACK).await?;
    ensure!(
        put_back.is_none(),
        "{} was put back from a backup, and has forgotten what was taken away since: run \
         `noren-server restored --anchors FILE --export FILE` first (deploy/README.md, \"Putting a \
         copy back\")",
        folder.display()
    );
    Ok(())
}
