//! Chooses the mode of a tile by an estimate from its pixels.

use crate::Rect;
use crate::photo::choose_predictor;
use crate::plane::Plane;
use crate::state::{BEHIND, State, same};
use crate::tiles::Mode;

/// A tile with more colours than this is a photograph.
const COLORS: usize = 112;

/// The share of a tile's rows that must repeat for coding by rows. Below it, coding by pixels needs
/// fewer bytes.
const ROWS: (usize, usize) = (5, 8);

/// The mode of a tile that may have changed, and an estimate of its bytes.
pub(crate) fn mode(state: &State, next: &Plane, rect: Rect) -> (Mode, usize) {
    if same(&state.plane, next, rect) {
        return (Mode::Keep, 1);
    }
    // Compared first, because a tile that differs mostly differs in its first rows.
    if let Some(k) = (0..BEHIND).find(|k| same(&state.behind[*k], next, rect)) {
        return (Mode::Restore(k as u8 + 1), 1);
    }
    let (mut best, mut most) = (0, equal(&state.plane, next, rect));
    for k in 0..BEHIND {
        let count = equal(&state.behind[k], next, rect);
        if count > most {
            (best, most) = (k as u8 + 1, count);
        }
    }
    let all = usize::from(rect.width) * usize::from(rect.height);
    if most * 2 < all && colors(next, rect) > COLORS {
        let predictor = choose_predictor(
            next,
            rect.x.into(),
            rect.y.into(),
            rect.width.into(),
            rect.height.into(),
        );
        return (Mode::Photo(predictor), all * 3 / 2);
    }
    let reference = if best == 0 { &state.plane } else { &state.behind[usize::from(best) - 1] };
    let mode = if repeated(reference, next, rect) * ROWS.1 >= usize::from(rect.height) * ROWS.0 {
        Mode::Rows(best)
    } else {
        Mode::Model(best)
    };
    (mode, 3 + novel(next, rect).min(all - most) / 2)
}

/// How many rows of a tile are equal to the reference's or to the one above.
fn repeated(reference: &Plane, next: &Plane, rect: Rect) -> usize {
    let (x, width) = (usize::from(rect.x), usize::from(rect.width));
    (0..usize::from(rect.height))
        .filter(|i| {
            let y = usize::from(rect.y) + i;
            let own = next.row(x, y, width);
            own == reference.row(x, y, width) || *i > 0 && own == next.row(x, y - 1, width)
        })
        .count()
}

/// Whether a tile has so many colours that it is a photograph or a video.
pub(crate) fn vivid(next: &Plane, rect: Rect) -> bool {
    colors(next, rect) > COLORS.min(usize::from(rect.width) * usize::from(rect.height) / 3)
}

/// How many pixels of a tile are equal neither to the one on their left nor to the one above.
pub(crate) fn novel(plane: &Plane, rect: Rect) -> usize {
    let mut count = 0;
    for y in usize::from(rect.y)..usize::from(rect.y) + usize::from(rect.height) {
        let at = plane.at(rect.x.into(), y);
        let (own, left) = (&plane.pixels[at..], &plane.pixels[at - 1..]);
        let above = &plane.pixels[at - plane.stride..];
        count += (0..usize::from(rect.width))
            .filter(|i| own[*i] != left[*i] && own[*i] != above[*i])
            .count();
    }
    count
}

/// How many pixels of a tile are equal in two planes.
fn equal(a: &Plane, b: &Plane, rect: Rect) -> usize {
    let mut count = 0;
    for y in usize::from(rect.y)..usize::from(rect.y) + usize::from(rect.height) {
        let (a, b) = (
            a.row(rect.x.into(), y, rect.width.into()),
            b.row(rect.x.into(), y, rect.width.into()),
        );
        count += a.iter().zip(b).filter(|(a, b)| a == b).count();
    }
    count
}

/// How many colours a tile has, counted up to one more than [`COLORS`].
fn colors(plane: &Plane, rect: Rect) -> usize {
    let mut seen = [u32::MAX; 512];
    let mut count = 0;
    for y in usize::from(rect.y)..usize::from(rect.y) + usize::from(rect.height) {
        for &color in plane.row(rect.x.into(), y, rect.width.into()) {
            let mut slot = (color.wrapping_mul(0x9e37_79b1) >> 23) as usize;
            while seen[slot] != u32::MAX && seen[slot] != color {
                slot = (slot + 1) & 511;
            }
            if seen[slot] == u32::MAX {
                seen[slot] = color;
                count += 1;
                if count > COLORS {
                    return count;
                }
            }
        }
    }
    count
}
