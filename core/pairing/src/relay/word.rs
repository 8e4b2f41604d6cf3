//! What a server says to a relay elsewhere. Each word is signed, numbered and bound to the relay's
//! challenge, so that nobody between can alter, omit, repeat or invent one without ending the line.
//!
//! Source: `spec/pairing.md`, "Relays elsewhere".

use rand_core::{CryptoRng, RngCore};
use wire::Reader;

use crate::keys::Signature;
use crate::{BodyCode, Error, MeetingId, PublicKey, Result, SigningKey};

const CONTEXT: &[u8] = b"noren relay v1\0";

/// A word of a server to a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A sign of life of the server.
    Alive,
    /// Asks which meetings of this server are at the relay.
    Ask,
    /// Ends this meeting and keeps it from beginning.
    End(MeetingId),
    /// Ends every meeting of this body at the relay.
    EndBody(BodyCode),
}

impl Word {
    /// Length of the longest word in bytes, number and signature included.
    pub const MAX: usize = 8 + 1 + 16 + 64;
    /// The server sends a word at least this often, in milliseconds.
    pub const EVERY_MS: u64 = 10_000;

    fn write(&self, to: &mut Vec<u8>) {
        match self {
            Self::Alive => to.push(0),
            Self::Ask => to.push(1),
            Self::End(meeting) => {
                to.push(2);
                to.extend_from_slice(&meeting.0);
            }
            Self::EndBody(body) => {
                to.push(3);
                to.extend_from_slice(body.as_bytes());
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(match reader.u8()? {
            0 => Self::Alive,
            1 => Self::Ask,
            2 => Self::End(MeetingId(reader.array()?)),
            3 => Self::EndBody(BodyCode::new(reader.array()?)?),
            _ => return Err(Error::Invalid("word")),
        })
    }
}

/// The server's end of one line.
#[derive(Debug)]
pub struct Speaker {
    key: SigningKey,
    challenge: [u8; 32],
    next: u64,
}

impl Speaker {
    /// Answers the relay's challenge, its first message.
    pub fn new(key: SigningKey, challenge: &[u8]) -> Result<Self> {
        let challenge = challenge.try_into().map_err(|_| Error::Invalid("challenge"))?;
        Ok(Self { key, challenge, next: 0 })
    }

    /// Makes and signs the next word.
    pub fn say(&mut self, word: &Word) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Word::MAX);
        bytes.extend_from_slice(&self.next.to_be_bytes());
        word.write(&mut bytes);
        let signature = self.key.sign(CONTEXT, &[&self.challenge[..], &bytes].concat());
        bytes.extend_from_slice(&signature.0);
        self.next += 1;
        bytes
    }
}

/// The relay's end of one line.
#[derive(Debug)]
pub struct Listener {
    challenge: [u8; 32],
    next: u64,
    key: Option<PublicKey>,
}

impl Listener {
    /// A line that has just opened; send [`Listener::challenge`].
    pub fn new<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        let mut challenge = [0; 32];
        rng.fill_bytes(&mut challenge);
        Self { challenge, next: 0, key: None }
    }

    /// The relay's first message.
    pub fn challenge(&self) -> &[u8; 32] {
        &self.challenge
    }

    /// Verifies the next word and says which of `keys` signed it. An error ends the line.
    pub fn hear(&mut self, bytes: &[u8], keys: &[PublicKey]) -> Result<(PublicKey, Word)> {
        let mut reader = Reader::new(bytes);
        let number = reader.u64()?;
        let word = Word::read(&mut reader)?;
        let signature = Signature(reader.array()?);
        reader.finish()?;
        if number != self.next {
            return Err(Error::PeerMisbehaved("a word is missing"));
        }
        let message = [&self.challenge[..], &bytes[..bytes.len() - 64]].concat();
        // One line has one server: the one that signed the first word.
        let candidates = self.key.as_ref().map_or(keys, std::slice::from_ref);
        let key = *candidates
            .iter()
            .find(|key| key.verify(CONTEXT, &message, &signature).is_ok())
            .ok_or(Error::BadSignature)?;
        self.key = Some(key);
        self.next += 1;
        Ok((key, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestRng;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn line() -> (Speaker, Listener) {
        let listener = Listener::new(&mut TestRng::new(1));
        (Speaker::new(key(1), listener.challenge()).unwrap(), listener)
    }

    fn words() -> [Word; 4] {
        [
            Word::Ask,
            Word::End(MeetingId([7; 16])),
            Word::EndBody("131016".parse().unwrap()),
            Word::Alive,
        ]
    }

    #[test]
    fn words_arrive_in_order_with_who_said_them() {
        let (mut speaker, mut listener) = line();
        for word in words() {
            let bytes = speaker.say(&word);
            assert!(bytes.len() <= Word::MAX);
            assert_eq!(
                listener.hear(&bytes, &[key(2).public(), key(1).public()]),
                Ok((key(1).public(), word))
            );
        }
    }

    #[test]
    fn a_word_altered_repeated_left_out_or_of_another_line_is_refused() {
        let keys = [key(1).public(), key(2).public()];
        let (mut speaker, _) = line();
        let first = speaker.say(&words()[1]);
        let second = speaker.say(&Word::Alive);
        for at in 0..first.len() {
            let mut altered = first.clone();
            altered[at] ^= 1;
            assert!(line().1.hear(&altered, &keys).is_err(), "byte {at}");
        }
        assert!(line().1.hear(&first[..first.len() - 1], &keys).is_err());
        assert!(line().1.hear(&second, &keys).is_err(), "the first was left out");
        let mut listener = line().1;
        listener.hear(&first, &keys).unwrap();
        assert!(listener.hear(&first, &keys).is_err(), "said twice");
        let mut elsewhere = Listener::new(&mut TestRng::new(2));
        assert_eq!(
            elsewhere.hear(&first, &keys),
            Err(Error::BadSignature),
            "another relay's challenge"
        );
        assert_eq!(
            line().1.hear(&first, &[key(3).public()]),
            Err(Error::BadSignature),
            "a server that is not served"
        );
    }

    #[test]
    fn a_line_has_one_server() {
        let keys = [key(1).public(), key(2).public()];
        let (mut speaker, mut listener) = line();
        listener.hear(&speaker.say(&Word::Alive), &keys).unwrap();
        let mut other = Speaker::new(key(2), listener.challenge()).unwrap();
        other.say(&Word::Alive);
        assert_eq!(listener.hear(&other.say(&Word::Alive), &keys), Err(Error::BadSignature));
    }

    #[test]
    fn a_challenge_is_thirty_two_bytes() {
        assert!(Speaker::new(key(1), &[0; 31]).is_err() && Speaker::new(key(1), &[0; 33]).is_err());
    }
}
