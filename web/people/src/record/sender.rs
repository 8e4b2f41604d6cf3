//! Anchors (and, where asked for, every record) to a syslog receiver. What is not sure to have
//! arrived is sent again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use audit::{Anchor, Chain};
use net::{Backoff, Shutdown, Syslog, SyslogTarget};
use tokio::sync::Notify;

use crate::People;
use kit::time;

/// What was written this long before a connection ended may not have arrived.
const SURE_MS: u64 = 10_000;
/// How long to wait for news; the store is looked at then anyhow.
const WAIT: Duration = Duration::from_secs(3);
/// Waits before the next try at a receiver that is away.
const AWAY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Lines, and records, taken from the store at once.
const PART: u32 = 200;

/// Sends to one receiver.
pub(crate) struct Sender {
    pub(crate) app: People,
    pub(crate) target: SyslogTarget,
    pub(crate) events: bool,
    /// New lines are there.
    pub(crate) news: Arc<Notify>,
}

#[derive(Debug, thiserror::Error)]
enum Over {
    #[error("{0}")]
    Line(#[from] net::Error),
    #[error("{0}")]
    Store(#[from] store::Fault),
}

/// What was written at a moment: sure to have arrived when the connection still stands a while
/// later.
struct Written {
    at: u64,
    number: u64,
    events: BTreeMap<Chain, u64>,
}

impl Sender {
    /// Sends until told to stop.
    pub(crate) async fn run(&self, shutdown: Shutdown) {
        let mut backoff = Backoff::new(AWAY.0, AWAY.1);
        let mut told = false;
        loop {
            let mut there = false;
            let over = tokio::select! {
                over = self.converse(&mut there) => over,
                () = shutdown.wait() => return,
            };
            if there {
                backoff.reset();
                told = false;
            }
            if let Err(over) = over
                && !std::mem::replace(&mut told, true)
            {
                // Once an absence: what waits is kept.
                tracing::warn!(receiver = %self.target.name(), %over, "the syslog receiver is \
                    away; anchors wait and it is tried again");
            }
            let wait = backoff.wait(&mut net::SystemRng::new());
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = shutdown.wait() => return,
            }
        }
    }

    /// One connection, from the first thing that is not sure to have arrived.
    async fn converse(&self, there: &mut bool) -> Result<(), Over> {
        let mut line = self.target.connect().await?;
        *there = true;
        let sink = format!("syslog:{}", self.target.name());
        let mut number =
            store::anchors::sent(&mut *self.app.store.read().await?, &sink, "").await?;
        let mut events: BTreeMap<Chain, u64> = BTreeMap::new();
        let mut written: VecDeque<Written> = VecDeque::new();
        loop {
            let lines =
                store::anchors::after(&mut *self.app.store.read().await?, number, PART).await?;
            let none = lines.is_empty();
            for anchor in lines {
                let mut told = BTreeMap::new();
                let parsed = Anchor::read(&anchor.line)
                    .map_err(|fault| store::Fault::Corrupt(fault.to_string()))?;
                if self.events {
                    for (chain, head) in &parsed.heads {
                        let from = match events.get(chain) {
                            Some(from) => *from,
                            None => {
                                store::anchors::sent(
                                    &mut *self.app.store.read().await?,
                                    &sink,
                                    chain.as_str(),
                                )
                                .await?
                            }
                        };
                        self.send_events(&mut line, *chain, from, head.seq).await?;
                        events.insert(*chain, head.seq);
                        told.insert(*chain, head.seq);
                    }
                }
                let at = time::rfc3339(i64::try_from(parsed.at).unwrap_or_default());
                line.send(&audit::syslog_anchor(&anchor.line, &at, self.host())).await?;
                number = anchor.number;
                written.push_back(Written { at: self.app.clock.ticks().0, number, events: told });
            }
            self.settle(&sink, &mut written).await?;
            if none {
                tokio::select! {
                    () = line.gone() => return Err(net::Error::Closed.into()),
                    () = self.news.notified() => {}
                    () = tokio::time::sleep(WAIT) => {}
                }
            }
        }
    }

    async fn send_events(
        &self,
        line: &mut Syslog,
        chain: Chain,
        from: u64,
        until: u64,
    ) -> Result<(), Over> {
        let mut after = from;
        while after < until {
            let records =
                store::audit_after(&mut *self.app.store.read().await?, chain, after, PART).await?;
            let Some(last) = records.last() else { return Ok(()) };
            after = last.seq;
            for record in records.iter().filter(|record| record.seq <= until) {
                let at = time::rfc3339(i64::try_from(record.at).unwrap_or_default());
                line.send(&audit::syslog(record, &at, self.host())).await?;
            }
        }
        Ok(())
    }

    /// Keeps what is sure by now.
    async fn settle(&self, sink: &str, written: &mut VecDeque<Written>) -> Result<(), Over> {
        let sure = self.app.clock.ticks().0.saturating_sub(SURE_MS);
        let mut number = None;
        let mut events = BTreeMap::new();
        while let Some(first) = written.front().filter(|first| first.at <= sure && sure > 0) {
            number = Some(first.number);
            events.extend(first.events.iter().map(|(chain, seq)| (*chain, *seq)));
            written.pop_front();
        }
        let Some(number) = number.filter(|_| self.app.closed().is_none()) else { return Ok(()) };
        let mut tx = self.app.store.write(Chain::SERVER, self.app.now()).await?;
        store::anchors::put_sent(&mut tx, sink, "", number).await?;
        for (chain, seq) in events {
            store::anchors::put_sent(&mut tx, sink, chain.as_str(), seq).await?;
        }
        // Where a receiver is: no act of anybody.
        Ok(tx.keep(()).await?)
    }

    fn host(&self) -> &str {
        self.app.site.url.host_str().unwrap_or("-")
    }
}
