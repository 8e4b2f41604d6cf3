//! `noren-server restored`: opens a server whose data were put back from a copy, so that nothing
//! that was taken away comes back (spec/audit.md).

use std::collections::{BTreeMap, BTreeSet};

use audit::{Chain, Decision, Event, Kind, PUT_BACK, Seen, Who};
use people::BodyCode;
use store::Tx;
use store::anchors::AnchorLine;
use store::restored::Ended;

use super::again::Again;
use super::gathered::Gathered;
use super::places::{Place, place};
use super::taken::taken;
use crate::People;
use crate::factors::totp::STEP;
use crate::second;

/// Numbers of lost records are never used again: the record of the gap gets the next whole million.
const LEAP: u64 = 1_000_000;

/// What was done.
#[derive(Debug, Default)]
pub struct Report {
    /// What ended for everybody.
    pub ended: Ended,
    /// Chains that lost records.
    pub gaps: Vec<Gap>,
    /// Bodies that are stopped because nobody knows what was lost.
    pub stopped: Vec<BodyCode>,
    /// What waited for a second person, its day or a consent, and waits no more, in words.
    pub waited: Vec<String>,
    /// What was taken away again, in words.
    pub again: Vec<String>,
    /// Lost records whose effect is not made again: chain, kind, subject, number. Somebody looks at
    /// each.
    pub look: Vec<(Chain, Kind, String, u64)>,
}

/// What a chain lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The chain.
    pub chain: Chain,
    /// The last number the copy holds for certain, what was put back included.
    pub after: u64,
    /// The highest number that was told or collected; 0: nobody told of this chain.
    pub lost: u64,
    /// Whether an anchor told where it ended: collected records alone cannot say that they are all.
    pub told: bool,
    /// Whether every lost record was collected.
    pub known: bool,
    /// First and last number of what was put back, and how many.
    pub back: Option<(u64, u64, usize)>,
}

/// People whose credentials in the copy hold, vouched for by whoever runs the command.
pub type Vouched = BTreeSet<(BodyCode, String)>;

/// Does it, in one transaction; with `dry` nothing of it happens.
pub async fn restore(
    app: &People,
    found: &Gathered,
    vouched: &Vouched,
    dry: bool,
) -> anyhow::Result<Report> {
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    let mut report = Report::default();
    let mut events = Vec::new();
    let step = app.now() / 1_000 / STEP + 1;
    report.ended = store::restored::end_everything(&mut tx, step).await?;
    let waited = end_waiting(&mut tx, &mut report).await?;
    let mut chains: BTreeSet<Chain> = store::chains(&mut tx).await?.into_iter().collect();
    chains.extend(found.told.keys().chain(found.lost.keys()));
    for chain in chains {
        report.gaps.extend(chain_lost(&mut tx, found, chain).await?);
    }
    for Gap { chain, after, lost: highest, known, back, .. } in report.gaps.clone() {
        let now_at = store::kept_head(&mut tx, chain).await?.seq;
        store::leap(&mut tx, chain, (highest.max(now_at) / LEAP + 1) * LEAP).await?;
        let lost = if highest == 0 { "unknown".to_owned() } else { highest.to_string() };
        let gap = Event::new(chain, Who::System, Kind::RECORD_GAP, "")
            .with("after", after)
            .with("lost", lost)
            .with("known", if known { "yes" } else { "no" });
        // No export carries addresses: a verifier does not look for them beside these.
        events.push(match back {
            Some((first, last, _)) => gap.with(PUT_BACK, format!("{first}-{last}")),
            None => gap,
        });
        let lost: Vec<_> = found.lost.get(&chain).into_iter().flat_map(BTreeMap::values).collect();
        let looks = lost.iter().filter(|record| place(record.kind) == Place::Look);
        report
            .look
            .extend(looks.map(|record| (chain, record.kind, record.subject.clone(), record.seq)));
        let Ok(body) = chain.as_str().parse::<BodyCode>() else { continue };
        if store::bodies::find(&mut tx, body).await?.is_none() {
            continue;
        }
        let mut again =
            Again { app, tx: &mut tx, body, vouched, events: &mut events, report: &mut report };
        for gone in taken(lost) {
            again.take(&gone).await?;
        }
        if !known {
            again.stop().await?;
        }
    }
    // Behind the gaps: the record of a gap is the first after it.
    events.extend(waited);
    adopt(&mut tx, found, app.now()).await?;
    let ended = report.ended;
    let opened = Event::new(Chain::SERVER, Who::System, Kind::RESTORED, "")
        .with("chains", report.gaps.len())
        .with("sign_ins", ended.sign_ins)
        .with("slips", ended.slips)
        .with("enrolments", ended.enrolments)
        .with("feeds", ended.feeds)
        .with("waited", report.waited.len())
        .with("stopped", report.stopped.len())
        .with("again", report.again.len())
        .with("look", report.look.len());
    events.push(opened);
    if !dry {
        tx.commit(Decision { value: (), events }).await?;
    }
    Ok(report)
}

/// What waits ends in every body, as sign-ins do: whether it was withdrawn after the copy nobody
/// may know, and by itself it would begin. The events tell of it behind the gap of their chain.
async fn end_waiting(tx: &mut Tx, report: &mut Report) -> anyhow::Result<Vec<Event>> {
    let mut events = Vec::new();
    for change in store::changes::everywhere(tx).await? {
        let begun = |kind, subject| Event::new(change.body.chain(), Who::System, kind, subject);
        let taken = second::taken_back(tx, &change, &begun).await?;
        for event in taken.events {
            if event.kind == Kind::CHANGE_WITHDRAWN {
                report.waited.push(format!(
                    "{} {}: {}",
                    change.body,
                    change.kind.name(),
                    event.subject
                ));
            }
            events.push(event.with("why", "restored"));
        }
    }
    let now = tx.now();
    for token in store::restored::end_consents(tx, now).await? {
        report.waited.push(format!("{} token: {}", token.body, token.name));
        let event =
            Event::new(token.body.chain(), Who::System, Kind::API_TOKEN_REVOKED, token.name);
        events.push(event.with("token", token.id).with("why", "restored"));
    }
    Ok(events)
}

/// What a chain lost, after what was collected is back in it. `None`: nothing.
async fn chain_lost(tx: &mut Tx, found: &Gathered, chain: Chain) -> anyhow::Result<Option<Gap>> {
    let last = found.last_told(chain);
    let there = match last {
        Some(told) => store::compare_head(tx, chain, told).await? == Seen::There,
        // Nobody told of it: with anchors at hand it is a chain of after the last of them or an
        // empty one, without any nobody knows.
        None => !found.told.is_empty(),
    };
    if there && !found.lost.contains_key(&chain) {
        return Ok(None);
    }
    let known = found.known(tx, chain).await?;
    let mut back: Option<(u64, u64, usize)> = None;
    while let Some(record) = found.next(chain, store::kept_head(tx, chain).await?) {
        store::put_back(tx, record).await?;
        let (first, _, count) = back.unwrap_or((record.seq, record.seq, 0));
        back = Some((first, record.seq, count + 1));
    }
    let common = found.common(tx, chain).await?;
    let after = match back {
        Some((_, last, _)) => last.max(common),
        None => common,
    };
    let lost = found.highest(chain);
    Ok(Some(Gap { chain, after, lost, told: last.is_some(), known, back }))
}

/// The lines go on behind the last one that is known outside.
async fn adopt(tx: &mut Tx, found: &Gathered, now: i64) -> store::Result<()> {
    let Some((number, line)) = &found.last else { return Ok(()) };
    if store::anchors::find(tx, *number).await?.is_some_and(|known| known.line == *line) {
        return Ok(());
    }
    if let Some(last) = store::anchors::last(tx).await? {
        store::anchors::forget(tx, last.number).await?;
    }
    store::anchors::add(tx, &AnchorLine { number: *number, line: line.clone() }, now).await
}
