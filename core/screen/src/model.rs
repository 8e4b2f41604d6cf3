//! What the coder expects of a pixel. The same code runs in the encoder and in the decoder;
//! spec/screen.md, "pixels", describes it.
//!
//! Desktops repeat themselves: a letter drawn once is drawn again, and a flat area continues. So
//! for three neighbourhoods of growing size a table remembers which colour followed it last. The
//! first decisions of a pixel ask "is it that one?", from the largest neighbourhood to the
//! smallest. Only a colour that none of them predicted is coded as numbers.

use crate::coder::{Coder, FRESH, Slot};
use crate::photo::{HeaderModel, fold, unfold};

/// Size of the tables, in bits of index: large, middle and small neighbourhood.
const TABLE_BITS: [u32; 3] = [17, 16, 14];
/// Highest trust in an entry.
const TRUST: u32 = 7;

/// The adaptive state of both ends. It lives as long as the session and is emptied at a reset.
pub(crate) struct Model {
    /// Colour in the lower 24 bits, trust above.
    tables: [Vec<u32>; 3],
    /// "Is it the candidate?": see `pixel`.
    steady: Vec<Slot>,
    first: Vec<Slot>,
    second: Vec<Slot>,
    third: Vec<Slot>,
    near: Vec<Slot>,
    grey: Vec<Slot>,
    value: Vec<Slot>,
    residual: Vec<Slot>,
    /// Decisions about tiles.
    pub(crate) tiles: Vec<Slot>,
    pub(crate) restore: Vec<Slot>,
    pub(crate) reference: Vec<Slot>,
    /// Decisions about rows of tiles.
    pub(crate) rows: Vec<Slot>,
    pub(crate) kept: Vec<Slot>,
    pub(crate) above: Vec<Slot>,
    pub(crate) photo: HeaderModel,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            tables: TABLE_BITS.map(|bits| vec![0; 1 << bits]),
            steady: vec![FRESH; 512],
            first: vec![FRESH; 4 * 512],
            second: vec![FRESH; 64],
            third: vec![FRESH; 64],
            near: vec![FRESH; 16],
            grey: vec![FRESH; 8],
            value: vec![FRESH; 64 * 256],
            residual: vec![FRESH; 3 * 6 * 256],
            tiles: vec![FRESH; 64],
            restore: vec![FRESH; 4],
            reference: vec![FRESH; 12],
            rows: vec![FRESH; 9],
            kept: vec![FRESH; 16],
            above: vec![FRESH; 16],
            photo: HeaderModel::new(),
        }
    }

    /// Codes the pixel at `at` of a picture with this stride and returns it. `old` is its
    /// reference; `hits` says whether the pixels left, above and above right were equal to their
    /// references; the middle one is set for this pixel.
    #[inline(always)]
    #[allow(
        clippy::too_many_arguments,
        reason = "the hottest function: a struct would be built for every pixel"
    )]
    pub(crate) fn pixel(
        &mut self,
        coder: &mut impl Coder,
        px: &[u32],
        stride: usize,
        at: usize,
        old: u32,
        hits: &mut [u8],
        actual: u32,
    ) -> u32 {
        let up = at - stride;
        let (w, ww, www) = (px[at - 1], px[at - 2], px[at - 3]);
        let (n, nw, ne, nee) = (px[up], px[up - 1], px[up + 1], px[up + 2]);
        let (nww, nn, nne) = (px[up - 2], px[up - stride], px[up - stride + 1]);
        let small = mix(mix(mix(w, n), nw), ne);
        let middle = mix(mix(small, ww), nn);
        let large = mix(mix(mix(mix(middle, www), nee), nww), nne);
        let slots = [
            (large >> (32 - TABLE_BITS[0])) as usize,
            (middle >> (32 - TABLE_BITS[1])) as usize,
            (small >> (32 - TABLE_BITS[2])) as usize,
        ];
        let entries =
            [self.tables[0][slots[0]], self.tables[1][slots[1]], self.tables[2][slots[2]]];
        let colors = entries.map(|entry| entry & 0xff_ffff);
        let trust = entries.map(|entry| entry >> 24);

        let rest = u32::from(w == n) + 2 * u32::from(n == nw && n == ne);
        let steady = u32::from(hits[0] + hits[1] + hits[2]);
        let out = 'found: {
            let context =
                (((trust[0] * 4 + (trust[1] >> 1)) * 2 + u32::from(colors[0] == colors[1])) * 4
                    + rest)
                    * 2
                    + u32::from(colors[0] == old);
            if steady == 3
                && coder.bin(&mut self.steady[context as usize], u32::from(actual == old)) == 1
            {
                break 'found old;
            }
            if (steady != 3 || colors[0] != old)
                && coder.bin(
                    &mut self.first[(context + 512 * steady) as usize],
                    u32::from(actual == colors[0]),
                ) == 1
            {
                break 'found colors[0];
            }
            if colors[1] != colors[0] && (steady != 3 || colors[1] != old) {
                let context = trust[1] * 2 + u32::from(colors[1] == colors[2]);
                if coder.bin(&mut self.second[context as usize], u32::from(actual == colors[1]))
                    == 1
                {
                    break 'found colors[1];
                }
            }
            if colors[2] != colors[0] && colors[2] != colors[1] && (steady != 3 || colors[2] != old)
            {
                let context =
                    trust[2] * 4 + u32::from(colors[2] == w) * 2 + u32::from(colors[2] == n);
                if coder.bin(&mut self.third[context as usize], u32::from(actual == colors[2])) == 1
                {
                    break 'found colors[2];
                }
            }
            let same = usize::from(w == n);
            if steady != 3 && colors.iter().all(|color| *color != old) {
                let context = steady as usize * 2 + same;
                if coder.bin(&mut self.near[context], u32::from(actual == old)) == 1 {
                    break 'found old;
                }
            }
            if w != old
                && colors.iter().all(|color| *color != w)
                && coder.bin(&mut self.near[8 + same], u32::from(actual == w)) == 1
            {
                break 'found w;
            }
            if n != w
                && n != old
                && colors.iter().all(|color| *color != n)
                && coder.bin(&mut self.near[10], u32::from(actual == n)) == 1
            {
                break 'found n;
            }
            self.color(coder, w, n, nw, actual)
        };
        hits[1] = u8::from(out == old);
        for i in 0..3 {
            let entry = &mut self.tables[i][slots[i]];
            *entry = if colors[i] == out {
                out | (trust[i] + u32::from(trust[i] < TRUST)) << 24
            } else if trust[i] > 2 && i == 2 {
                colors[i] | (trust[i] >> 1) << 24
            } else {
                out
            };
        }
        out
    }

    /// Codes a colour as numbers: a grey level, or the differences of its channels from what a
    /// plane through the neighbours predicts.
    #[inline(never)]
    fn color(&mut self, coder: &mut impl Coder, w: u32, n: u32, nw: u32, actual: u32) -> u32 {
        let context = usize::from(grey(w)) * 2 + usize::from(grey(n));
        if coder.bin(&mut self.grey[context], u32::from(grey(actual))) == 1 {
            let context = ((w >> 13 & 7) << 3 | n >> 13 & 7) as usize;
            let level = coder.tree(&mut self.value[context * 256..][..256], 8, actual & 255);
            return level * 0x01_0101;
        }
        let mut out = 0;
        let mut above = 0;
        for (i, shift) in [8, 16, 0].into_iter().enumerate() {
            let (w, n, nw) =
                ((w >> shift & 255) as i32, (n >> shift & 255) as i32, (nw >> shift & 255) as i32);
            let (low, high) = (w.min(n), w.max(n));
            let plane = (w + n - nw).clamp(low, high);
            let guess = if i == 0 { plane } else { (plane + above).clamp(0, 255) };
            let spread = (high - low).max((plane - nw).abs());
            let context = i * 6
                + [0, 1, 2, 2, 3, 3, 3, 3][spread.min(7) as usize]
                + if spread > 16 { 1 } else { 0 }
                + if spread > 48 { 1 } else { 0 };
            let difference = (actual >> shift & 255) as i32 - guess;
            let folded = fold(difference);
            let folded = coder.tree(&mut self.residual[context * 256..][..256], 8, folded);
            let channel = (guess + unfold(folded)) & 255;
            if i == 0 {
                above = channel - plane;
            }
            out |= (channel as u32) << shift;
        }
        out
    }
}

/// Whether the three channels are equal.
#[inline(always)]
fn grey(color: u32) -> bool {
    color & 0xffff == color >> 8
}

/// One step of the hash of a neighbourhood.
#[inline(always)]
fn mix(hash: u32, color: u32) -> u32 {
    (hash.rotate_left(9) ^ color).wrapping_mul(0x9e37_79b1)
}
