//! Finds out that a part of the picture was scrolled: rows (or columns) of pixels that stood
//! elsewhere before.

use crate::choose::novel;
use crate::geometry::{Move, Rect};
use crate::plane::Plane;
use crate::state::State;
use crate::tiles::{TILE, Tiles};

/// With fewer changed tiles there is no search.
const WORTH: usize = 24;
/// Strips that are searched.
const STRIPS: usize = 20;
/// Changed tiles with a smaller estimate, in bytes, are sent without a search: typing must not
/// wait.
const WORTH_BYTES: usize = 400;
/// Segments that must agree at least.
const VOTES: u32 = 6;

/// The largest scroll among the changed tiles, if there is one.
pub(crate) fn find(state: &State, next: &Plane, tiles: &Tiles, changed: &[bool]) -> Option<Move> {
    let count = changed.iter().filter(|changed| **changed).count();
    if count < WORTH || cheap(next, tiles, state, changed) {
        return None;
    }
    let vertical = vote(state, next, tiles, changed, true);
    let step = vertical
        .or_else(|| vote(state, next, tiles, changed, false).map(|step| (step.1, step.0)))?;
    extent(state, next, tiles, changed, step)
}

/// Whether the changed tiles need few bytes anyway.
fn cheap(next: &Plane, tiles: &Tiles, state: &State, changed: &[bool]) -> bool {
    let mut bytes = 0;
    for i in (0..changed.len()).filter(|i| changed[*i]) {
        bytes += novel(next, state.tile(i % tiles.columns, i / tiles.columns)) / 2;
        if bytes >= WORTH_BYTES {
            return false;
        }
    }
    true
}

/// The step (0, distance along the strips) that most segments agree on.
fn vote(
    state: &State,
    next: &Plane,
    tiles: &Tiles,
    changed: &[bool],
    vertical: bool,
) -> Option<(i32, i32)> {
    let (across, along) =
        if vertical { (tiles.columns, tiles.rows) } else { (tiles.rows, tiles.columns) };
    let length = usize::from(if vertical { next.height } else { next.width });
    let tile = |strip: usize, i: usize| {
        if vertical { i * tiles.columns + strip } else { strip * tiles.columns + i }
    };
    let full = usize::from(if vertical { next.width } else { next.height }) / TILE;
    // The strips with most changed tiles are the most useful.
    let mut strips: Vec<(usize, usize)> = (0..across.min(full))
        .map(|strip| ((0..along).filter(|i| changed[tile(strip, *i)]).count(), strip))
        .filter(|(count, _)| *count > 2)
        .collect();
    let step = strips.len().div_ceil(STRIPS).max(1);
    strips.retain(|(_, strip)| strip % step == 0);
    let mut votes = vec![0u32; 2 * length];
    let mut before: Vec<(u32, u16)> = Vec::new();
    for (_, strip) in strips {
        before.clear();
        before.extend((0..length).map(|i| (segment(&state.plane, strip, i, vertical), i as u16)));
        before.sort_unstable();
        let mut last = None;
        for i in 0..length {
            if !changed[tile(strip, i / TILE)] {
                last = None;
                continue;
            }
            let hash = segment(next, strip, i, vertical);
            let at = before.partition_point(|(other, _)| *other < hash);
            let once = before.get(at).is_some_and(|(other, _)| *other == hash)
                && before.get(at + 1).is_none_or(|(other, _)| *other != hash);
            // A segment equal to the one before it does not count.
            if last.replace(hash) == Some(hash) || !once {
                continue;
            }
            votes[i + length - usize::from(before[at].1)] += 1;
        }
    }
    let (best, most) =
        votes.iter().enumerate().filter(|(i, _)| *i != length).max_by_key(|(_, votes)| **votes)?;
    (*most >= VOTES).then_some((0, best as i32 - length as i32))
}

/// A hash of 16 pixels across the strip.
fn segment(plane: &Plane, strip: usize, i: usize, vertical: bool) -> u32 {
    let mut hash = 0u32;
    if vertical {
        for &color in plane.row(strip * TILE, i, TILE) {
            hash = (hash.rotate_left(5) ^ color).wrapping_mul(0x9e37_79b1);
        }
    } else {
        for y in 0..TILE {
            hash = (hash.rotate_left(5) ^ plane.row(i, strip * TILE + y, 1)[0])
                .wrapping_mul(0x9e37_79b1);
        }
    }
    hash
}

/// The box around the changed tiles that agree with the step.
fn extent(
    state: &State,
    next: &Plane,
    tiles: &Tiles,
    changed: &[bool],
    (dx, dy): (i32, i32),
) -> Option<Move> {
    let (width, height) = (i32::from(next.width), i32::from(next.height));
    let (mut left, mut top, mut right, mut bottom) = (i32::MAX, i32::MAX, 0, 0);
    for i in (0..changed.len()).filter(|i| changed[*i]) {
        let Rect { x, y, width: w, height: h } = state.tile(i % tiles.columns, i / tiles.columns);
        let (x, y) = (i32::from(x), i32::from(y));
        let (fx, fy) = (x - dx, y - dy);
        if fx < 0 || fy < 0 || fx + i32::from(w) > width || fy + i32::from(h) > height {
            continue;
        }
        let agree: usize = (0..usize::from(h))
            .map(|row| {
                equal(
                    next.row(x as usize, y as usize + row, w.into()),
                    state.plane.row(fx as usize, fy as usize + row, w.into()),
                )
            })
            .sum();
        // The strokes of a watermark stay behind.
        if agree * 4 >= usize::from(w) * usize::from(h) * 3 {
            (left, top) = (left.min(x), top.min(y));
            (right, bottom) = (right.max(x + i32::from(w)), bottom.max(y + i32::from(h)));
        }
    }
    // The edges need not lie on tiles, so one tile more on each side is searched, as far as the
    // source of the move is inside the picture.
    let tile = TILE as i32;
    left = (left.saturating_sub(tile)).max(0).max(dx);
    top = (top.saturating_sub(tile)).max(0).max(dy);
    right = (right + tile).min(width).min(width + dx);
    bottom = (bottom + tile).min(height).min(height + dy);
    if left >= right || top >= bottom {
        return None;
    }
    let share = |x: i32, y: i32, w: i32| {
        equal(
            next.row(x as usize, y as usize, w as usize),
            state.plane.row((x - dx) as usize, (y - dy) as usize, w as usize),
        )
    };
    let agrees = |x: i32, y: i32, w: i32| share(x, y, w) * 4 >= w as usize * 3;
    while top < bottom
        && !agrees(left + tile.min(right - left - 1), top, (right - left - 2 * tile).max(1))
    {
        top += 1;
    }
    while bottom > top
        && !agrees(left + tile.min(right - left - 1), bottom - 1, (right - left - 2 * tile).max(1))
    {
        bottom -= 1;
    }
    let column = |x: i32| {
        (top..bottom).map(|y| share(x, y, 1)).sum::<usize>() * 4 >= (bottom - top) as usize * 3
    };
    let (l, r) = (left, right);
    while left < right && left < l + tile && !column(left) {
        left += 1;
    }
    while right > left && right > r - tile && !column(right - 1) {
        right -= 1;
    }
    (left < right && top < bottom).then(|| Move {
        from_x: (left - dx) as u16,
        from_y: (top - dy) as u16,
        to: Rect::new(left as u16, top as u16, (right - left) as u16, (bottom - top) as u16),
    })
}

fn equal(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}
