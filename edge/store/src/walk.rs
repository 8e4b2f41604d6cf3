//! Verifying a chain page by page.

use audit::{Broken, Chain, Head, Verifier};

use crate::audit_log::{audit_after, kept_head};
use crate::{Conn, Result};

/// Records of one page.
const PAGE: u32 = 1_000;

/// A walk along one chain. Begun and stepped over one [`crate::Snapshot`] (or one transaction):
/// then nothing is appended under it.
#[derive(Debug)]
pub struct Walk {
    chain: Chain,
    verifier: Verifier,
    kept: Head,
}

/// How a walk stands after a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// There is more.
    On,
    /// The chain holds to its head.
    Holds(Head),
    /// Its first broken record.
    Broken(Broken),
}

impl Walk {
    /// Begins behind `from` ([`Head::EMPTY`]: at the beginning) and notes where the store says the
    /// chain ends.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn begin(conn: &mut Conn, chain: Chain, from: Head) -> Result<Self> {
        Ok(Self {
            chain,
            verifier: Verifier::after(chain, from),
            kept: kept_head(conn, chain).await?,
        })
    }

    /// How far it has come.
    #[must_use]
    pub fn head(&self) -> Head {
        self.verifier.head()
    }

    /// One page.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn step(&mut self, conn: &mut Conn) -> Result<Step> {
        let records = audit_after(conn, self.chain, self.verifier.head().seq, PAGE).await?;
        if records.is_empty() {
            return Ok(match self.verifier.clone().finish(self.kept) {
                Ok(head) => Step::Holds(head),
                Err(broken) => Step::Broken(broken),
            });
        }
        for record in &records {
            if let Err(broken) = self.verifier.take(record) {
                return Ok(Step::Broken(broken));
            }
        }
        Ok(Step::On)
    }
}

/// Walks one chain from its beginning and names its first broken record.
///
/// # Errors
/// What the database can meet; [`crate::Fault::Corrupt`] when a row is no record at all.
pub async fn verify_chain(
    conn: &mut Conn,
    chain: Chain,
) -> Result<std::result::Result<Head, Broken>> {
    let mut walk = Walk::begin(conn, chain, Head::EMPTY).await?;
    loop {
        match walk.step(conn).await? {
            Step::On => {}
            Step::Holds(head) => return Ok(Ok(head)),
            Step::Broken(broken) => return Ok(Err(broken)),
        }
    }
}
