//! Properties over any bytes and any messages.

#![allow(clippy::unwrap_used, missing_docs)]

use channel::{Channel, Error, Handshake, Limits, Opened, Prologue, SecretKey};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_bytes_panic_a_decoder(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        channel::fuzz_decode(&bytes);
        channel::fuzz_records(&bytes);
    }

    #[test]
    fn no_authentic_peer_panics_or_fills_memory(
        records in prop::collection::vec(
            (0u8..5, prop::collection::vec(any::<u8>(), 0..2000)), 0..12)) {
        let mut script = Vec::new();
        for (kind, payload) in records {
            script.extend_from_slice(&(payload.len() as u16 + 1).to_be_bytes());
            script.push(kind);
            script.extend(payload);
        }
        channel::fuzz_records(&script);
    }

    #[test]
    fn messages_arrive_whole_and_in_order(
        lengths in prop::collection::vec(0usize..200_000, 1..6), key_records in 2u64..6) {
        let (mut home, mut office) = pair(key_records);
        for (n, length) in lengths.into_iter().enumerate() {
            let message = vec![n as u8; length];
            let mut got = None;
            for record in office.seal(&message).unwrap() {
                if let Opened::Message(message) = home.open(&record).unwrap() {
                    prop_assert!(got.replace(message).is_none());
                }
            }
            prop_assert!(got.is_some_and(|got| got == message));
        }
    }

    #[test]
    fn any_flipped_bit_is_final(length in 0usize..200, at: prop::sample::Index, bit in 0u8..8) {
        let (mut home, mut office) = pair(9);
        let mut record = office.seal(&vec![1; length]).unwrap().remove(0);
        let good = office.seal(b"next").unwrap().remove(0);
        let at = at.index(record.len());
        record[at] ^= 1 << bit;
        prop_assert_eq!(home.open(&record), Err(Error::Record));
        prop_assert_eq!(home.open(&good), Err(Error::Spent));
        prop_assert_eq!(home.seal(b"reply"), Err(Error::Spent));
    }
}

fn pair(key_records: u64) -> (Channel, Channel) {
    let (device, agent) = (SecretKey::from_bytes([1; 32]), SecretKey::from_bytes([2; 32]));
    let prologue = Prologue::session([1; 16], *b"131016", [2; 16], b"grant");
    let mut home =
        Handshake::session_initiator(&prologue, &device, &agent.public(), &mut Fixed(3)).unwrap();
    let mut office = Handshake::session_responder(&prologue, &agent, &mut Fixed(4)).unwrap();
    office.handle_message(&home.write(&[]).unwrap()).unwrap();
    home.handle_message(&office.write(&[]).unwrap()).unwrap();
    let limits = |limits| Limits { key_records, ..limits };
    (
        home.into_channel(limits(Limits::VIEWER)).unwrap(),
        office.into_channel(limits(Limits::AGENT)).unwrap(),
    )
}

struct Fixed(u8);

impl rand_core::RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        u32::from(self.0)
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.0)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        dest.fill(self.0);
    }
}

impl rand_core::CryptoRng for Fixed {}
