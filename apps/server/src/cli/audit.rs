//! `noren-server audit verify` and `audit export`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use audit::{Broken, Chain, Record};
use clap::{Subcommand, ValueEnum};
use store::addresses::Beside;

use super::Data;
use kit::secrets::hex;
use kit::time;
use web_people::record::verify::{Outcome, kept, walk};

/// What to do with the record.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walks every chain and names the first broken record of each. Takes no lock: the server may
    /// run.
    Verify(Verify),
    /// Begins a new file of anchors where the one before is lost for good, or where a server that
    /// told only a syslog receiver so far is to write one. With the server stopped; on record.
    BeginAnchors {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// The file, outside the data folder.
        #[arg(long, env = "NOREN_ANCHOR_FILE", value_name = "PATH")]
        anchor_file: PathBuf,
    },
    /// Writes the record to standard output, oldest first.
    Export {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// As what.
        #[arg(long, value_enum, default_value = "csv")]
        format: Format,
        /// Code of one body, or 000000 for the server's own chain; all without it.
        #[arg(long)]
        chain: Option<String>,
        /// Only records behind this number of the chain.
        #[arg(long, requires = "chain", default_value_t = 0)]
        after: u64,
    },
}

/// Verifies the record.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Where the data is.
    #[command(flatten)]
    data: Data,
    /// From the beginning of each chain, not from the record that was verified last.
    #[arg(long)]
    all: bool,
    /// A file of anchors (or what a syslog receiver collected): says which chain was where, and is
    /// where now. Several in their order.
    #[arg(long, value_name = "FILE")]
    anchors: Vec<PathBuf>,
}

/// How the record is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// RFC 4180, with byte order mark, formulas neutralised.
    Csv,
    /// RFC 5424, one line each; `noren-server restored --export` reads it.
    Syslog,
}

impl Audit {
    /// Does it.
    ///
    /// # Errors
    /// When a chain is broken or is not where anchors say it was, or the database cannot be read.
    pub async fn main(self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        match self {
            Self::Verify(asked) => asked.run(&mut out).await,
            Self::BeginAnchors { data, anchor_file } => {
                let (app, _alone) = data.alone().await?;
                let number = web_people::record::begin(&app, &anchor_file, &data.data).await?;
                app.store.close().await;
                let path = anchor_file.display();
                writeln!(out, "{path} begins with anchor {number}. Start the server.")?;
                Ok(())
            }
            Self::Export { data, format, chain, after } => {
                export(&data, format, chain.as_deref(), after, &mut out).await
            }
        }
    }
}

impl Verify {
    async fn run(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let store = self.data.open_existing().await?;
        let now = jiff::Timestamp::now().as_millisecond();
        // Everything is read as it was at one moment, and whoever writes meanwhile does not notice.
        let mut snapshot = store.snapshot().await?;
        let chains = store::chains(&mut snapshot).await?;
        let (mut broken, mut held) = (BTreeSet::new(), Vec::new());
        for chain in &chains {
            let (outcome, before) = walk(&mut snapshot, *chain, self.all, usize::MAX).await?;
            let code = chain.as_str();
            match outcome {
                Outcome::Holds(head) | Outcome::SoFar(head) => {
                    let from = before.filter(|_| !self.all).map(|before| {
                        let at = time::rfc3339(before.at);
                        format!(", from record {} verified {at}", before.head.seq)
                    });
                    let (hash, from) = (hex(&head.hash), from.unwrap_or_default());
                    writeln!(out, "{code} ok: to record {}, hash {hash}{from}", head.seq)?;
                }
                Outcome::Broken(fault) => {
                    broken.insert(*chain);
                    let when = match (fault, before) {
                        (Broken::Gone { .. }, Some(before)) => {
                            format!(" (verified {})", time::rfc3339(before.at))
                        }
                        _ => String::new(),
                    };
                    writeln!(out, "{code} BROKEN at record {}: {fault}{when}", fault.seq())?;
                }
            }
            let beside = store::addresses::verify(&mut snapshot, *chain).await?;
            for fault in &beside.faults {
                let what = match fault {
                    Beside::Altered(seq) => {
                        format!("beside record {seq} stands another address than its own")
                    }
                    Beside::Missing(seq) => {
                        format!("the address beside record {seq} is gone before its time")
                    }
                };
                writeln!(out, "{code} BROKEN: {what}")?;
            }
            let more = beside.count.saturating_sub(beside.faults.len() as u64);
            if more > 0 {
                writeln!(out, "{code} BROKEN: and {more} addresses more")?;
            }
            if beside.put_back > 0 {
                let count = beside.put_back;
                writeln!(out, "{code}: {count} records were put back without their addresses")?;
            }
            if !beside.whole() {
                broken.insert(*chain);
            }
            held.extend(kept(outcome, before, self.all, now).map(|verified| (*chain, verified)));
        }
        let mut anchored = 0;
        if !self.anchors.is_empty() {
            let keys = kit::keys::Keys::load(&self.data.data)?;
            anchored = web_people::record::compare::compare(
                &mut snapshot,
                &self.anchors,
                &keys.signing.verifying_key(),
                out,
            )
            .await?;
        }
        snapshot.end().await?;
        keep(&store, &held, now).await?;
        store.close().await;
        if !broken.is_empty() {
            bail!("{} of {} chains are broken", broken.len(), chains.len());
        }
        if anchored > 0 {
            bail!("{anchored} things do not fit the anchors");
        }
        Ok(())
    }
}

/// Keeps how far chains were verified: one short write after the walk.
async fn keep(
    store: &store::Store,
    held: &[(Chain, store::verified::Verified)],
    now: i64,
) -> store::Result<()> {
    let mut tx = store.write(Chain::SERVER, now).await?;
    for (chain, verified) in held {
        store::verified::put(&mut tx, *chain, verified).await?;
    }
    // What was looked at changes nothing that the record tells of.
    tx.keep(()).await
}

async fn export(
    data: &Data,
    format: Format,
    chain: Option<&str>,
    after: u64,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let store = data.open_existing().await?;
    let mut conn = store.read().await?;
    let chains = match chain {
        Some(code) => vec![Chain::new(code).context("a chain is six digits")?],
        None => store::chains(&mut conn).await?,
    };
    if matches!(format, Format::Csv) {
        write!(out, "\u{feff}{}", audit::CSV_HEADER)?;
    }
    for chain in chains {
        let mut after = after;
        loop {
            let mut part = store::audit_after(&mut conn, chain, after, 1_000).await?;
            let Some(last) = part.last() else { break };
            after = last.seq;
            // Collected by a machine, and put back after a loss, is the record as it is chained;
            // addresses are shown to people.
            if format == Format::Csv {
                store::addresses::show(&mut conn, &mut part).await?;
            }
            for record in &part {
                write_one(record, format, out)?;
            }
        }
    }
    out.flush()?;
    drop(conn);
    store.close().await;
    Ok(())
}

fn write_one(record: &Record, format: Format, out: &mut dyn Write) -> std::io::Result<()> {
    let at = time::rfc3339(i64::try_from(record.at).unwrap_or_default());
    match format {
        Format::Csv => out.write_all(audit::csv(record, &at).as_bytes()),
        Format::Syslog => writeln!(out, "{}", audit::syslog(record, &at, "noren")),
    }
}
