//! `noren-server audit verify` and `audit export`.

use std::io::Write;

use anyhow::{Context, bail};
use audit::{Chain, Record};
use clap::{Subcommand, ValueEnum};
use store::addresses::Addresses;

use super::Data;
use crate::time;

/// What to do with the record.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walks every chain and names the first broken record of each.
    Verify {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
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
    },
}

/// How the record is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// RFC 4180, with byte order mark, formulas neutralised.
    Csv,
    /// RFC 5424, one line each.
    Syslog,
}

impl Audit {
    /// Does it.
    ///
    /// # Errors
    /// When a chain is broken, or the database cannot be read.
    pub async fn main(self) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        match self {
            Self::Verify { data } => verify(&data, &mut out).await,
            Self::Export { data, format, chain } => export(&data, format, chain.as_deref(), &mut out).await,
        }
    }
}

async fn verify(data: &Data, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = data.open_existing().await?;
    let mut broken = 0;
    let chains = store::chains(&mut *store.read().await?).await?;
    for chain in &chains {
        // Inside a write: nothing is appended to a chain while it is walked.
        let mut tx = store.write(*chain, 0).await?;
        match store::verify_chain(&mut tx, *chain).await? {
            Ok(head) => {
                writeln!(out, "{} ok: {} records, last hash {}", chain.as_str(), head.seq, crate::secrets::hex(&head.hash))?;
                match store::addresses::verify(&mut tx, *chain).await? {
                    Addresses::Whole => {}
                    Addresses::Altered(seq) => {
                        broken += 1;
                        writeln!(
                            out,
                            "{} BROKEN: beside record {seq} stands another address than it was written with",
                            chain.as_str()
                        )?;
                    }
                    Addresses::Missing(seq) => {
                        broken += 1;
                        writeln!(out, "{} BROKEN: the address beside record {seq} is gone before its time", chain.as_str())?;
                    }
                }
            }
            Err(fault) => {
                broken += 1;
                writeln!(out, "{} BROKEN at record {}: {fault}", chain.as_str(), fault.seq())?;
            }
        }
    }
    store.close().await;
    if broken > 0 {
        bail!("{broken} of {} chains are broken", chains.len());
    }
    Ok(())
}

async fn export(data: &Data, format: Format, chain: Option<&str>, out: &mut dyn Write) -> anyhow::Result<()> {
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
        let mut after = 0;
        loop {
            let mut part = store::audit_after(&mut conn, chain, after, 1_000).await?;
            let Some(last) = part.last() else { break };
            after = last.seq;
            store::addresses::show(&mut conn, &mut part).await?;
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
