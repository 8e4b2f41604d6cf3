//! Tiles with many colours: predicted from their neighbours, residuals in a static ANS stream whose
//! tables travel with the frame. Fast to decode in JavaScript: one table look-up a channel.
//! spec/screen.md, "photographs".

use crate::Error;
use crate::coder::{Coder, FRESH, Slot};
use crate::plane::Plane;
use crate::tiles::TILE;

/// Bits of a frequency.
const SCALE: u32 = 12;
/// The state is kept in `LOW..LOW << 16`.
const LOW: u32 = 1 << 15;
/// Tables: eight classes of activity for each of green, red and blue.
pub(crate) const TABLES: usize = 24;
/// Ways to predict.
pub(crate) const PREDICTORS: usize = 3;

/// How a frame's photographic tiles are coded.
#[derive(Clone, Default)]
pub(crate) struct Header {
    /// Sixteenths of green's error that are added to red's prediction, of green's to blue's, and of
    /// red's to blue's.
    pub(crate) weights: [i32; 3],
    /// Frequencies of the folded residuals of each table; all zero when the table is not used.
    pub(crate) frequencies: Vec<[u16; 256]>,
}

/// Adaptive state of the header's own coding.
pub(crate) struct HeaderModel {
    used: Slot,
    length: Vec<Slot>,
    pub(crate) predictor: Vec<Slot>,
}

impl HeaderModel {
    pub(crate) fn new() -> Self {
        Self { used: FRESH, length: vec![FRESH; 14 * 16], predictor: vec![FRESH; 16] }
    }
}

/// Codes a header; in the decoder `header` is overwritten.
pub(crate) fn code_header(
    coder: &mut impl Coder,
    model: &mut HeaderModel,
    header: &mut Header,
) -> Result<(), Error> {
    for weight in &mut header.weights {
        *weight = coder.bits(7, (*weight + 64) as u32 & 127) as i32 - 64;
    }
    header.frequencies.resize(TABLES, [0; 256]);
    for table in &mut header.frequencies {
        let used = coder.bin(&mut model.used, u32::from(table.iter().any(|f| *f > 0)));
        if used == 0 {
            table.fill(0);
            continue;
        }
        let mut before = 0;
        let mut left = 1 << SCALE;
        for frequency in table.iter_mut() {
            if left == 0 {
                *frequency = 0;
                continue;
            }
            let length = u32::from(16 - frequency.leading_zeros() as u16);
            // The length in bits (0 to 13) by a tree of 16 slots under the length before.
            let length = coder.tree(&mut model.length[before * 16..][..16], 4, length);
            if length > 13 {
                return Err(Error::Corrupt);
            }
            let mut value = u32::from(length > 0);
            if length > 1 {
                value = 1 << (length - 1)
                    | coder.bits(length - 1, u32::from(*frequency) & ((1 << (length - 1)) - 1));
            }
            if value > left {
                return Err(Error::Corrupt);
            }
            left -= value;
            *frequency = value as u16;
            before = length as usize;
        }
        if left != 0 {
            return Err(Error::Corrupt);
        }
    }
    Ok(())
}

/// Writes or reads folded residuals, in decoding order.
pub(crate) trait Symbols {
    fn symbol(&mut self, table: usize, folded: u32) -> u32;
}

/// Notes residuals: the table in the high byte.
#[derive(Default)]
pub(crate) struct Noted(pub(crate) Vec<u16>);

impl Symbols for Noted {
    #[inline(always)]
    fn symbol(&mut self, table: usize, folded: u32) -> u32 {
        self.0.push((table << 8) as u16 | folded as u16);
        folded
    }
}

impl Noted {
    /// Frequencies that add up to `1 << SCALE` in every table that is used.
    pub(crate) fn frequencies(&self) -> Vec<[u16; 256]> {
        let mut counts = vec![[0u32; 256]; TABLES];
        for symbol in &self.0 {
            counts[usize::from(symbol >> 8)][usize::from(symbol & 255)] += 1;
        }
        counts.iter().map(normalise).collect()
    }

    /// Writes the stream of the residuals.
    pub(crate) fn finish(&mut self, frequencies: &[[u16; 256]], out: &mut Vec<u8>) {
        let mut steps = vec![(0u32, 0u32); TABLES * 256];
        for (t, table) in frequencies.iter().enumerate() {
            let mut start = 0;
            for (s, frequency) in table.iter().enumerate() {
                steps[t << 8 | s] = (u32::from(*frequency), start);
                start += u32::from(*frequency);
            }
        }
        let from = out.len();
        let mut states = [LOW; 3];
        for symbol in self.0.iter().rev() {
            let (size, start) = steps[usize::from(*symbol)];
            let state = &mut states[usize::from(symbol >> 11)];
            if *state >= size << (31 - SCALE) {
                out.extend_from_slice(&[*state as u8, (*state >> 8) as u8]);
                *state >>= 16;
            }
            *state = ((*state / size) << SCALE) + *state % size + start;
        }
        for state in states.iter().rev() {
            out.extend_from_slice(&state.to_le_bytes());
        }
        out[from..].reverse();
        self.0.clear();
    }
}

fn normalise(counts: &[u32; 256]) -> [u16; 256] {
    let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let mut out = [0u16; 256];
    if total == 0 {
        return out;
    }
    let mut left = 1i32 << SCALE;
    for (frequency, count) in out.iter_mut().zip(counts) {
        if *count > 0 {
            *frequency = ((u64::from(*count) << SCALE) / total).max(1) as u16;
            left -= i32::from(*frequency);
        }
    }
    // The rest of the rounding goes to (or comes from) the most frequent ones.
    while left != 0 {
        let (i, _) = out.iter().enumerate().max_by_key(|(i, f)| (**f, 256 - i)).unwrap_or((0, &0));
        let step = if left > 0 { left } else { left.max(-i32::from(out[i] / 2).max(1)) };
        out[i] = (i32::from(out[i]) + step) as u16;
        left -= step;
    }
    out
}

/// Reads residuals.
pub(crate) struct Unpacked<'a> {
    bytes: &'a [u8],
    at: usize,
    /// One state a channel, so that a processor need not wait for one to decode the next.
    states: [u32; 3],
    /// Symbol, frequency less one, and offset: 8, 12 and 12 bits from below.
    table: Vec<u32>,
}

impl<'a> Unpacked<'a> {
    pub(crate) fn new(bytes: &'a [u8], frequencies: &[[u16; 256]]) -> Result<Self, Error> {
        let Some(first) = bytes.first_chunk::<12>() else { return Err(Error::Truncated) };
        let states: [u32; 3] = std::array::from_fn(|i| {
            u32::from_be_bytes([first[4 * i], first[4 * i + 1], first[4 * i + 2], first[4 * i + 3]])
        });
        if states.iter().any(|state| !(LOW..LOW << 16).contains(state)) {
            return Err(Error::Corrupt);
        }
        // An unused table that is asked for gives zeros, as in JavaScript.
        let mut table = vec![4095 << 8; TABLES << SCALE];
        for (t, frequencies) in frequencies.iter().enumerate() {
            let mut at = t << SCALE;
            for (symbol, frequency) in frequencies.iter().enumerate() {
                for offset in 0..u32::from(*frequency) {
                    table[at] = symbol as u32 | (u32::from(*frequency) - 1) << 8 | offset << 20;
                    at += 1;
                }
            }
        }
        for (t, frequencies) in frequencies.iter().enumerate() {
            if frequencies.iter().all(|f| *f == 0) {
                for offset in 0..1usize << SCALE {
                    table[t << SCALE | offset] = 4095 << 8 | (offset as u32) << 20;
                }
            }
        }
        Ok(Self { bytes, at: 12, states, table })
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.at > self.bytes.len() { Err(Error::Truncated) } else { Ok(()) }
    }

    pub(crate) fn finish(self) -> Result<(), Error> {
        self.check()?;
        if self.at != self.bytes.len() || self.states != [LOW; 3] {
            Err(Error::Corrupt)
        } else {
            Ok(())
        }
    }
}

impl Symbols for Unpacked<'_> {
    #[inline(always)]
    fn symbol(&mut self, table: usize, _: u32) -> u32 {
        let state = &mut self.states[table >> 3];
        let entry = self.table[table << SCALE | (*state & ((1 << SCALE) - 1)) as usize];
        *state = ((entry >> 8 & 4095) + 1) * (*state >> SCALE) + (entry >> 20);
        if *state < LOW {
            let byte = |at: usize| u32::from(self.bytes.get(at).copied().unwrap_or(0));
            *state = *state << 16 | byte(self.at) << 8 | byte(self.at + 1);
            self.at += 2;
        }
        entry & 255
    }
}

/// Codes `width` pixels of a row from index `at` on, all with one predictor.
#[inline]
pub(crate) fn run(
    symbols: &mut impl Symbols,
    plane: &mut Plane,
    source: Option<&Plane>,
    at: usize,
    width: usize,
    predictor: u8,
    weights: [i32; 3],
) {
    let stride = plane.stride;
    for i in at..at + width {
        let px = &plane.pixels;
        let (w, n, nw, ne) = (px[i - 1], px[i - stride], px[i - stride - 1], px[i - stride + 1]);
        let actual = source.map_or(0, |source| source.pixels[i]);
        let part = |color: u32, shift: u32| (color >> shift & 255) as i32;
        let foretell =
            |shift: u32| predict(predictor, part(w, shift), part(n, shift), part(nw, shift));
        let (gw, gn, gnw, gne) = (part(w, 8), part(n, 8), part(nw, 8), part(ne, 8));
        let activity = (gw - gnw).abs() + (gn - gnw).abs() + (gn - gne).abs();
        let guess = foretell(8);
        let folded = symbols.symbol(class(activity), fold(part(actual, 8) - guess));
        let green = (guess + unfold(folded)) & 255;
        let error_green = green - guess;
        let close = 8 + class(error_green.abs() * 2 + (activity >> 2));
        let plain = foretell(16);
        let guess = (plain + ((weights[0] * error_green + 8) >> 4)).clamp(0, 255);
        let folded = symbols.symbol(close, fold(part(actual, 16) - guess));
        let red = (guess + unfold(folded)) & 255;
        let error_red = red - plain;
        let guess = (foretell(0) + ((weights[1] * error_green + weights[2] * error_red + 8) >> 4))
            .clamp(0, 255);
        let folded = symbols.symbol(8 + close, fold(part(actual, 0) - guess));
        let blue = (guess + unfold(folded)) & 255;
        plane.pixels[i] = (red << 16 | green << 8 | blue) as u32;
    }
}

/// A difference modulo 256 as 0, -1, 1, -2, 2 ... -128.
#[inline(always)]
pub(crate) fn fold(difference: i32) -> u32 {
    let d = difference as i8 as i32;
    ((d << 1) ^ (d >> 31)) as u32 & 255
}

/// The inverse of `fold`.
#[inline(always)]
pub(crate) fn unfold(folded: u32) -> i32 {
    (folded >> 1) as i32 ^ -((folded & 1) as i32)
}

/// Predictor 0: the mean of both; 1: three quarters of their sum less half of the corner; 2: the
/// median of both and the plane.
#[inline(always)]
fn predict(predictor: u8, w: i32, n: i32, nw: i32) -> i32 {
    match predictor {
        0 => (w + n) >> 1,
        1 => ((3 * (w + n) - 2 * nw + 2) >> 2).clamp(0, 255),
        _ => (w + n - nw).clamp(w.min(n), w.max(n)),
    }
}

/// Eight classes of activity.
#[inline(always)]
fn class(activity: i32) -> usize {
    usize::from(CLASS[activity.min(63) as usize])
}

const CLASS: [u8; 64] = {
    let bounds = [2, 4, 7, 11, 16, 24, 40];
    let mut table = [0; 64];
    let mut i = 0;
    while i < 64 {
        let mut class = 0;
        while class < 7 && i >= bounds[class] {
            class += 1;
        }
        table[i] = class as u8;
        i += 1;
    }
    table
};

/// The predictor whose green errors are smallest in a tile of the source.
pub(crate) fn choose_predictor(
    source: &Plane,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
) -> u8 {
    let mut costs = [0u32; PREDICTORS];
    for y in (y..y + height).step_by(2) {
        let (at, stride) = (source.at(x, y), source.stride);
        for i in at..at + width {
            let part = |i: usize| (source.pixels[i] >> 8 & 255) as i32;
            let (w, n, nw, own) = (part(i - 1), part(i - stride), part(i - stride - 1), part(i));
            for (predictor, cost) in costs.iter_mut().enumerate() {
                *cost += (own - predict(predictor as u8, w, n, nw)).unsigned_abs();
            }
        }
    }
    (0..PREDICTORS).min_by_key(|i| costs[*i]).unwrap_or(0) as u8
}

/// The least-squares weights of the errors of green and red in the given tiles (left, top) of the
/// source.
pub(crate) fn choose_weights(
    source: &Plane,
    tiles: impl Iterator<Item = (usize, usize)>,
) -> [i32; 3] {
    let (mut gg, mut gr, mut rr, mut gb, mut rb) = (0i64, 0i64, 0i64, 0i64, 0i64);
    for (x, y) in tiles {
        for y in (y..(y + TILE).min(source.height.into())).step_by(4) {
            let (at, stride) = (source.at(x, y), source.stride);
            for i in at..at + TILE.min(usize::from(source.width) - x) {
                let error = |shift: u32| {
                    let part = |i: usize| (source.pixels[i] >> shift & 255) as i32;
                    i64::from(
                        part(i) - predict(1, part(i - 1), part(i - stride), part(i - stride - 1)),
                    )
                };
                let (g, r, b) = (error(8), error(16), error(0));
                gg += g * g;
                gr += g * r;
                rr += r * r;
                gb += g * b;
                rb += r * b;
            }
        }
    }
    let limit = |weight: i64| weight.clamp(-64, 63) as i32;
    let red = limit((16 * gr + gg / 2) / gg.max(1));
    let det = gg * rr - gr * gr;
    if det <= gg.max(rr) {
        return [red, limit(16 * gb / gg.max(1)), 0];
    }
    let (a, b) = (gb * rr - rb * gr, rb * gg - gb * gr);
    let ratio = |value: i64| limit((16.0 * value as f64 / det as f64).round() as i64);
    [red, ratio(a), ratio(b)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_one_to_one() {
        for d in -255..=255i32 {
            assert_eq!(unfold(fold(d)) & 255, d & 255, "{d}");
        }
    }

    #[test]
    fn frequencies_add_up() {
        for kind in 0..4u32 {
            let counts: [u32; 256] = std::array::from_fn(|i| match kind {
                0 => u32::from(i == 3),
                1 => 1,
                2 => 1_000_000 >> i.min(31),
                _ => (i as u32).wrapping_mul(2_654_435_761) >> 8,
            });
            let out = normalise(&counts);
            assert_eq!(out.iter().map(|f| u32::from(*f)).sum::<u32>(), 1 << SCALE);
            assert!(counts.iter().zip(&out).all(|(c, f)| (*c == 0) == (*f == 0)));
        }
    }
}
