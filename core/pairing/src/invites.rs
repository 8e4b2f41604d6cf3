//! The agent's invites: each works once, expires, and allows five tries.

use std::collections::BTreeMap;

use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ids::hex;
use crate::slip::Psk;
use crate::{AgentNumber, Error, InviteId, Result, Secret, Slip, UnixMs};

/// One invite, as the agent keeps it. It holds the key made from the secret, not the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The sign-in name it was made for.
    pub login: String,
    /// It works until this moment.
    pub not_after: UnixMs,
    /// Tries left.
    pub tries: u8,
    /// The key that proves the slip; `None` once the invite was used.
    psk: Option<StoredPsk>,
}

/// One try at an invite: run the pairing handshake with this key, then [`Book::accept`] if it
/// succeeded.
#[derive(Debug)]
pub struct Attempt {
    /// The pre-shared key of the handshake.
    pub psk: Psk,
    /// Tries left after this one.
    pub left: u8,
}

/// The invites of an agent. The agent saves this value after every change, before it answers
/// anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Book(BTreeMap<InviteId, Invite>);

impl Book {
    /// How long an invite works unless told otherwise: 72 hours.
    pub const LIFE_MS: u64 = 72 * 3_600_000;
    /// The longest life of an invite: 30 days.
    pub const MAX_LIFE_MS: u64 = 30 * 24 * 3_600_000;
    /// Tries an invite allows.
    pub const TRIES: u8 = 5;
    /// Live invites an agent keeps at once.
    pub const MAX: usize = 4096;
    /// A used or expired invite stays this long, so that the answer can be "used" instead of
    /// "unknown".
    const MEMORY_MS: u64 = 7 * 24 * 3_600_000;

    /// Makes an invite for `login` that works for `life_ms`, and the slip to print.
    pub fn invite<R: RngCore + CryptoRng>(
        &mut self,
        agent: AgentNumber,
        login: &str,
        life_ms: u64,
        now: UnixMs,
        rng: &mut R,
    ) -> Result<Slip> {
        if login.is_empty() || login.len() > 255 {
            return Err(Error::Invalid("login"));
        }
        if life_ms > Self::MAX_LIFE_MS {
            return Err(Error::TooLarge("life of an invite"));
        }
        self.0.retain(|_, invite| invite.not_after.plus(Self::MEMORY_MS) > now);
        if self.0.len() >= Self::MAX {
            return Err(Error::Full("invites"));
        }
        // At most 4,096 of 1,048,576 ids are taken, so 64 draws fail with a chance of 2^-512.
        let id = (0..64)
            .map(|_| InviteId::random(rng))
            .find(|id| !self.0.contains_key(id))
            .ok_or(Error::Full("invites"))?;
        let secret = Secret::random(rng);
        let psk = Some(StoredPsk(secret.psk()));
        self.0.insert(
            id,
            Invite {
                login: login.to_owned(),
                not_after: now.plus(life_ms),
                tries: Self::TRIES,
                psk,
            },
        );
        Ok(Slip { agent, invite: id, secret })
    }

    /// Spends one try of an invite. Save the book before you answer the handshake; otherwise a cut
    /// line would give the try back.
    ///
    /// A try by another sign-in name is refused and costs no try, so that nobody can use up another
    /// person's slip.
    pub fn attempt(&mut self, id: InviteId, login: &str, now: UnixMs) -> Result<Attempt> {
        let invite = self.0.get_mut(&id).ok_or(Error::UnknownInvite)?;
        if invite.login != login {
            return Err(Error::WrongUser);
        }
        let psk = invite.psk.as_ref().ok_or(Error::Replayed)?.0.clone();
        if now >= invite.not_after {
            return Err(Error::Expired);
        }
        invite.tries = invite.tries.checked_sub(1).ok_or(Error::Exhausted)?;
        Ok(Attempt { psk, left: invite.tries })
    }

    /// The handshake succeeded: the invite is used up. Refused if another try got there first, or
    /// if it expired meanwhile.
    pub fn accept(&mut self, id: InviteId, now: UnixMs) -> Result<()> {
        let invite = self.0.get_mut(&id).ok_or(Error::UnknownInvite)?;
        if now >= invite.not_after {
            return Err(Error::Expired);
        }
        invite.psk.take().map(drop).ok_or(Error::Replayed)
    }

    /// Withdraws an invite. True if there was one.
    pub fn withdraw(&mut self, id: InviteId) -> bool {
        self.0.remove(&id).is_some()
    }

    /// Every invite, used and expired ones of the last week included.
    pub fn iter(&self) -> impl Iterator<Item = (InviteId, &Invite)> {
        self.0.iter().map(|(id, invite)| (*id, invite))
    }
}

impl Invite {
    /// Whether it was used.
    pub fn used(&self) -> bool {
        self.psk.is_none()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct StoredPsk(Psk);

impl Serialize for StoredPsk {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(&crate::ChannelKey(self.0.0))
    }
}

impl<'de> Deserialize<'de> for StoredPsk {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        hex(&text).map(|bytes| Self(Psk(bytes))).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    const NOW: UnixMs = UnixMs(1_000_000);

    fn book() -> (Book, Slip) {
        let mut book = Book::default();
        let slip = book
            .invite(
                AgentNumber::new(7).unwrap(),
                "hanako",
                Book::LIFE_MS,
                NOW,
                &mut TestRng::new(1),
            )
            .unwrap();
        (book, slip)
    }

    #[test]
    fn an_invite_works_once() {
        let (mut book, slip) = book();
        let attempt = book.attempt(slip.invite, "hanako", NOW).unwrap();
        assert!(attempt.psk == slip.secret.psk());
        assert_eq!(attempt.left, 4);
        book.accept(slip.invite, NOW).unwrap();
        assert_eq!(book.attempt(slip.invite, "hanako", NOW).unwrap_err(), Error::Replayed);
        assert_eq!(book.accept(slip.invite, NOW), Err(Error::Replayed));
    }

    #[test]
    fn five_tries_and_no_more() {
        let (mut book, slip) = book();
        for left in (0..5).rev() {
            assert_eq!(book.attempt(slip.invite, "hanako", NOW).unwrap().left, left);
        }
        assert_eq!(book.attempt(slip.invite, "hanako", NOW).unwrap_err(), Error::Exhausted);
    }

    #[test]
    fn another_sign_in_is_refused_and_costs_nothing() {
        let (mut book, slip) = book();
        for _ in 0..10 {
            assert_eq!(book.attempt(slip.invite, "taro", NOW).unwrap_err(), Error::WrongUser);
        }
        assert_eq!(book.attempt(slip.invite, "hanako", NOW).unwrap().left, 4);
    }

    #[test]
    fn it_expires_to_the_millisecond_also_between_try_and_acceptance() {
        let (mut book, slip) = book();
        let end = NOW.plus(Book::LIFE_MS);
        assert!(book.attempt(slip.invite, "hanako", UnixMs(end.0 - 1)).is_ok());
        assert_eq!(book.accept(slip.invite, end), Err(Error::Expired));
        assert_eq!(book.attempt(slip.invite, "hanako", end).unwrap_err(), Error::Expired);
    }

    #[test]
    fn the_book_comes_back_from_disk_without_the_secret_of_a_used_invite() {
        let (mut book, slip) = book();
        let json = serde_json::to_string(&book).unwrap();
        assert_eq!(serde_json::from_str::<Book>(&json).unwrap(), book);
        assert!(!json.contains(&slip.secret.reveal()));
        book.accept(slip.invite, NOW).unwrap();
        assert!(serde_json::to_string(&book).unwrap().contains("\"psk\":null"));
    }

    #[test]
    fn the_book_is_bounded_and_forgets_what_is_long_over() {
        let mut book = Book::default();
        let agent = AgentNumber::new(7).unwrap();
        let mut rng = TestRng::new(2);
        for _ in 0..Book::MAX {
            book.invite(agent, "hanako", 1000, NOW, &mut rng).unwrap();
        }
        assert_eq!(book.invite(agent, "hanako", 1000, NOW, &mut rng), Err(Error::Full("invites")));
        let later = NOW.plus(1000 + Book::MEMORY_MS);
        assert!(book.invite(agent, "hanako", 1000, later, &mut rng).is_ok());
        assert_eq!(book.iter().count(), 1);
    }
}
