//! What the server told this agent and the agent keeps: which relays it may go to, and where the
//! record of its body stood.

use super::Document;
use pairing::control::Relays;
use pairing::{Head, UnixMs};
use serde::{Deserialize, Serialize};

/// What was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// The relays; `None` before the first settings, where the agent was enrolled when there was no
    /// list yet.
    pub relays: Option<Relays>,
    /// The last head.
    pub head: Option<Head>,
    /// The record went back, and nobody here has said yet that it was read.
    pub went_back: Option<WentBack>,
}

/// A record that went back: signed by the server on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WentBack {
    /// From where.
    pub from: Head,
    /// To where.
    pub to: Head,
    /// When it was told.
    pub at: UnixMs,
}

impl Document for Told {
    const FILE: &'static str = "told.json";
    const MAX: u64 = 1 << 20;
}

impl Told {
    /// Keeps a head. True when the record went back.
    pub fn hear(&mut self, head: Head, at: UnixMs) -> bool {
        let before = self.head.replace(head);
        let Some(from) = before.filter(|before| !head.follows(before)) else { return false };
        // A second time before anybody has read of the first: the furthest point is what is missed.
        let from = self
            .went_back
            .as_ref()
            .map(|known| known.from)
            .filter(|known| known.seq >= from.seq)
            .unwrap_or(from);
        self.went_back = Some(WentBack { from, to: head, at });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pairing::SigningKey;

    fn head(seq: u64, hash: u8) -> Head {
        Head::sign(&SigningKey::from_seed(&[9; 32]), &"131016".parse().unwrap(), seq, [hash; 32])
    }

    #[test]
    fn a_record_that_goes_back_is_a_complaint_that_stays() {
        let mut told = Told::default();
        assert!(
            !told.hear(head(7, 1), UnixMs(1))
                && !told.hear(head(7, 1), UnixMs(2))
                && !told.hear(head(9, 2), UnixMs(3))
        );
        assert!(told.hear(head(8, 3), UnixMs(4)));
        assert!(!told.hear(head(9, 4), UnixMs(5)), "it grows again, from there");
        assert!(told.hear(head(9, 5), UnixMs(6)), "the same number, and another hash");
        assert!(told.hear(head(5, 5), UnixMs(7)));
        assert!(!told.hear(head(20, 6), UnixMs(8)));
        let WentBack { from, to, at } = told.went_back.clone().unwrap();
        assert_eq!((from, to, at), (head(9, 2), head(5, 5), UnixMs(7)));
        let told_again: Told =
            serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
        assert_eq!(told_again, told);
    }
}
