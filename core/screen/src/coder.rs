//! The entropy coder: binary decisions with adaptive probabilities, coded with a binary range
//! variant of asymmetric numeral systems (rABS, J. Duda, "Asymmetric numeral systems",
//! arXiv:1311.2540). The encoder notes its decisions and codes them backwards, so that the decoder,
//! which has to be fast in JavaScript, needs one multiplication a decision and 31-bit integers
//! only.

use crate::Error;

/// Bits of a probability as the coder sees it.
const SCALE: u32 = 12;
/// The state is kept in `LOW..LOW << 16`.
const LOW: u32 = 1 << 15;

/// An adaptive probability that the next decision is 1: 16 bits of probability above 8 bits of
/// count.
pub(crate) type Slot = u32;
/// A fresh slot: one half, nothing seen.
pub(crate) const FRESH: Slot = 0x8000 << 8;
/// The highest count of a slot.
const MEMORY: u32 = 62;

/// The weight of a new decision after `n` earlier ones, 14 bits: `16384 / (n + 1.6)`, rounded down.
const WEIGHT: [u32; 64] = {
    let mut table = [0; 64];
    let mut n = 0;
    while n < 64 {
        table[n] = 163_840 / (10 * n as u32 + 16);
        n += 1;
    }
    table
};

/// The probability of a 1, in `1..4096`.
#[inline(always)]
fn chance(slot: Slot) -> u32 {
    (slot >> 12) | 1
}

/// The slot after a decision.
#[inline(always)]
fn learn(slot: Slot, bit: u32) -> Slot {
    let n = slot & 255;
    let p = (slot >> 8) as i32;
    let goal = if bit == 1 { 65_535 } else { 0 };
    let p = p + (((goal - p) * WEIGHT[n as usize & 63] as i32) >> 14);
    ((p as u32) << 8) | (n + u32::from(n < MEMORY))
}

/// A coder of decisions: the writer notes the decision given, the reader ignores it and returns the
/// one it reads.
pub(crate) trait Coder {
    /// A decision with an adaptive probability.
    fn bin(&mut self, slot: &mut Slot, bit: u32) -> u32;
    /// A decision with even chances.
    fn flat(&mut self, bit: u32) -> u32;

    /// `count` bits (at most 24) with even chances, the highest first.
    fn bits(&mut self, count: u32, value: u32) -> u32 {
        let mut out = 0;
        for shift in (0..count).rev() {
            out = out << 1 | self.flat(value >> shift & 1);
        }
        out
    }

    /// `count` bits by a binary tree of slots: `tree` holds `1 << count` slots.
    #[inline]
    fn tree(&mut self, tree: &mut [Slot], count: u32, value: u32) -> u32 {
        let mut node = 1;
        for shift in (0..count).rev() {
            node = node << 1 | self.bin(&mut tree[node as usize], value >> shift & 1);
        }
        node - (1 << count)
    }
}

/// Notes decisions; [`Writer::finish`] turns them into bytes.
#[derive(Default)]
pub(crate) struct Writer {
    /// Probability of a 1 in the high half, the decision in the lowest bit.
    decisions: Vec<u16>,
}

impl Writer {
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        let mut state = LOW;
        for &decision in self.decisions.iter().rev() {
            let p = u32::from(decision >> 1);
            let (size, offset) = if decision & 1 == 1 { (p, 0) } else { ((1 << SCALE) - p, p) };
            if state >= size << (31 - SCALE) {
                out.extend_from_slice(&[state as u8, (state >> 8) as u8]);
                state >>= 16;
            }
            state = ((state / size) << SCALE) + state % size + offset;
        }
        out.extend_from_slice(&state.to_le_bytes());
        out[start..].reverse();
        self.decisions.clear();
    }
}

impl Coder for Writer {
    #[inline(always)]
    fn bin(&mut self, slot: &mut Slot, bit: u32) -> u32 {
        self.decisions.push((chance(*slot) << 1 | bit) as u16);
        *slot = learn(*slot, bit);
        bit
    }

    #[inline(always)]
    fn flat(&mut self, bit: u32) -> u32 {
        self.decisions.push((1 << SCALE | bit) as u16);
        bit
    }
}

/// Reads decisions from bytes.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    state: u32,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let Some(first) = bytes.first_chunk::<4>() else { return Err(Error::Truncated) };
        let state = u32::from_be_bytes(*first);
        if !(LOW..LOW << 16).contains(&state) {
            return Err(Error::Corrupt);
        }
        Ok(Self { bytes, at: 4, state })
    }

    /// Fails when more was read than there is. It is called regularly, so that a hostile frame
    /// costs no more time than its size allows.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.at > self.bytes.len() { Err(Error::Truncated) } else { Ok(()) }
    }

    /// The end of the stream: all bytes read and the writer's first state reached.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.check()?;
        if self.at != self.bytes.len() || self.state != LOW { Err(Error::Corrupt) } else { Ok(()) }
    }

    #[inline(always)]
    fn decide(&mut self, p: u32) -> u32 {
        let low = self.state & ((1 << SCALE) - 1);
        let high = self.state >> SCALE;
        let bit = if low < p {
            self.state = p * high + low;
            1
        } else {
            self.state = ((1 << SCALE) - p) * high + low - p;
            0
        };
        if self.state < LOW {
            let byte = |at: usize| u32::from(self.bytes.get(at).copied().unwrap_or(0));
            self.state = self.state << 16 | byte(self.at) << 8 | byte(self.at + 1);
            self.at += 2;
        }
        bit
    }
}

impl Coder for Reader<'_> {
    #[inline(always)]
    fn bin(&mut self, slot: &mut Slot, _: u32) -> u32 {
        let bit = self.decide(chance(*slot));
        *slot = learn(*slot, bit);
        bit
    }

    #[inline(always)]
    fn flat(&mut self, _: u32) -> u32 {
        self.decide(1 << (SCALE - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_come_back() {
        let mut writer = Writer::default();
        let mut slots = [FRESH; 4];
        let bits: Vec<u32> = (0u32..20_000)
            .map(|i| u32::from(i.wrapping_mul(2_654_435_761) >> 24 < (i % 4) * 80))
            .collect();
        for (i, &bit) in bits.iter().enumerate() {
            writer.bin(&mut slots[i % 4], bit);
        }
        writer.bits(20, 0xabcde);
        let mut bytes = Vec::new();
        writer.finish(&mut bytes);
        assert!(bytes.len() < 2100, "{}", bytes.len());
        let mut reader = Reader::new(&bytes).unwrap();
        let mut slots = [FRESH; 4];
        for (i, &bit) in bits.iter().enumerate() {
            assert_eq!(reader.bin(&mut slots[i % 4], 0), bit, "decision {i}");
        }
        assert_eq!(reader.bits(20, 0), 0xabcde);
        reader.finish().unwrap();
    }
}
