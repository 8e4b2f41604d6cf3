//! Tries to sign in with names nobody has. A stranger makes as many as they like, so the record
//! takes the first of an hour one by one and the rest as sums: it shows a guesser and does not grow
//! by them without bound.

use audit::{Chain, Decision, Event, Kind, Who};
use store::Tx;
use store::unknown_tries::{Bounds, one, take};

use super::Attempt;
use crate::People;
use kit::error::Refusal;
use kit::secrets::hex;

const HOUR_MS: i64 = 3_600_000;
/// One by one, in an hour.
const BOUNDS: Bounds = Bounds { each: 5, all: 100, origins: 1_000 };
/// Addresses that are told of by themselves when an hour is over: those with most.
const NAMED: usize = 20;

impl People {
    /// Unknown names are written as a short hash: a password typed into the wrong field must not
    /// end in the record. It is a write whether or not it is told: an answer takes as long as for a
    /// name that somebody has.
    pub(super) async fn record_unknown(
        &self,
        attempt: &Attempt,
        address: String,
        now: i64,
    ) -> Result<(), Refusal> {
        let mark = hex(&self.mac("unknown login", attempt.login.as_bytes())[..6]);
        let from = attempt.peer.map(|peer| gate::Address::of(peer).to_string()).unwrap_or_default();
        let mut tx = self.store.write(Chain::SERVER, now).await?;
        let hour = now.div_euclid(HOUR_MS);
        let mut events = sums(&mut tx, hour).await?;
        if one(&mut tx, hour, &from, BOUNDS).await? {
            events.push(failed(address).with("reason", "unknown name").with("mark", mark));
        }
        told(tx, events).await
    }

    /// Tells what was counted in hours that are over, when nobody tried since.
    ///
    /// # Errors
    /// What the database can meet.
    pub async fn tell_unknown(&self) -> Result<(), Refusal> {
        let (now, hour) = (self.now(), self.now().div_euclid(HOUR_MS));
        if !store::unknown_tries::due(&mut *self.store.read().await?, hour).await? {
            return Ok(());
        }
        let mut tx = self.store.write(Chain::SERVER, now).await?;
        let events = sums(&mut tx, hour).await?;
        told(tx, events).await
    }
}

/// Counted tries are housekeeping; what is told of them is on record.
async fn told(tx: Tx, events: Vec<Event>) -> Result<(), Refusal> {
    if events.is_empty() {
        return Ok(tx.keep(()).await?);
    }
    Ok(tx.commit(Decision { value: (), events }).await?)
}

fn failed(address: String) -> Event {
    Event::new(Chain::SERVER, Who::Stranger { address }, Kind::SIGN_IN_FAILED, "?")
}

/// What hours before this one have not told: of the addresses with most one by one, of the others
/// together.
async fn sums(tx: &mut Tx, hour: i64) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::new();
    let all = take(tx, hour).await?;
    for one in all.chunk_by(|one, other| one.hour == other.hour) {
        let sum = |address: &str, more: i64| {
            let since = one.first().map_or(0, |first| first.hour * HOUR_MS);
            failed(address.to_owned())
                .with("reason", "unknown names, counted")
                .with("count", more)
                .with("since_ms", since)
        };
        let counted = || one.iter().filter(|one| one.more > 0 && !one.origin.is_empty());
        events.extend(counted().take(NAMED).map(|one| sum(&one.origin, one.more)));
        let rest: i64 = counted().skip(NAMED).map(|one| one.more).sum();
        let rest =
            rest + one.iter().filter(|one| one.origin.is_empty()).map(|one| one.more).sum::<i64>();
        if rest > 0 {
            events.push(sum("", rest).with("addresses", "many"));
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HOME, Town};

    /// A try as it comes from the form, without the limits before it.
    async fn tries(town: &Town, peer: &str, login: &str) {
        let attempt = Attempt {
            body: HOME.to_owned(),
            login: login.to_owned(),
            password: String::new(),
            code: String::new(),
            peer: Some(peer.parse().unwrap()),
            known: None,
            from: super::super::Origin::default(),
        };
        town.app.record_unknown(&attempt, peer.to_owned(), town.app.now()).await.unwrap();
    }

    /// What the server's record says of failed sign-ins: address, count (1 by itself).
    async fn on_record(town: &Town) -> Vec<(String, i64)> {
        let mut conn = town.app.store.read().await.unwrap();
        let filter = store::AuditFilter::default();
        let mut all = store::audit_page(&mut conn, Chain::SERVER, &filter, 2_000).await.unwrap();
        all.retain(|one| one.kind == Kind::SIGN_IN_FAILED);
        let count = |one: &audit::Record| {
            let found = one.fields.iter().find(|(name, _)| name == "count");
            found.map_or(1, |(_, value)| value.parse().unwrap())
        };
        all.iter().rev().map(|one| (one.who.name().to_owned(), count(one))).collect()
    }

    #[tokio::test]
    async fn the_first_are_told_one_by_one_and_the_rest_as_a_sum() {
        let town = Town::new().await;
        for n in 0..12 {
            tries(&town, "203.0.113.5", &format!("nobody{n}")).await;
        }
        assert_eq!(on_record(&town).await, vec![("203.0.113.5".to_owned(), 1); 5]);
        town.app.tell_unknown().await.unwrap();
        assert_eq!(on_record(&town).await.len(), 5, "the hour is not over");
        town.clock.advance(HOUR_MS as u64);
        town.app.tell_unknown().await.unwrap();
        town.app.tell_unknown().await.unwrap();
        let all = on_record(&town).await;
        assert_eq!((all.len(), all.last().unwrap()), (6, &("203.0.113.5".to_owned(), 7)), "once");
        // The next hour begins anew, and tells of the one before it by itself.
        for _ in 0..7 {
            tries(&town, "203.0.113.5", "nobody").await;
        }
        town.clock.advance(HOUR_MS as u64);
        tries(&town, "203.0.113.9", "nobody").await;
        let all = on_record(&town).await;
        let last: Vec<(&str, i64)> =
            all.iter().rev().take(2).map(|(from, n)| (from.as_str(), *n)).collect();
        assert_eq!(last, [("203.0.113.9", 1), ("203.0.113.5", 2)]);
    }

    #[tokio::test]
    async fn however_many_addresses_there_are_an_hour_is_a_bounded_number_of_records() {
        let town = Town::new().await;
        for n in 0..1_200 {
            // As many networks, two tries each.
            for _ in 0..2 {
                tries(&town, &format!("2001:db8:{n:x}::1"), "nobody").await;
            }
        }
        assert_eq!(on_record(&town).await.len(), BOUNDS.all as usize);
        town.clock.advance(HOUR_MS as u64);
        town.app.tell_unknown().await.unwrap();
        let all = on_record(&town).await;
        assert_eq!(all.len(), BOUNDS.all as usize + NAMED + 1);
        assert_eq!(all.iter().map(|(_, count)| count).sum::<i64>(), 2_400, "and none is lost");
        let mut conn = town.app.store.read().await.unwrap();
        assert!(!store::unknown_tries::due(&mut conn, i64::MAX).await.unwrap());
    }
}
