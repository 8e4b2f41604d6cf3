//! Copies the drawn picture to the shown one and cuts the damage down to the pixels that differ.

use crate::{Damage, Framebuffer, Rect};

/// Rows looked at together: fewer make more rectangles, more make coarser ones.
const BAND: u16 = 16;

/// Brings `shown` in step with `drawn` by the damage between them, and returns the damage without
/// what stayed the same.
pub(crate) fn commit(shown: &mut Framebuffer, drawn: &Framebuffer, damage: Damage) -> Damage {
    let mut exact = Damage::default();
    for step in damage.moves {
        shown.shift(step);
        exact.moves.push(step);
    }
    for rect in damage.rects {
        let mut open: Option<Rect> = None;
        let mut y = rect.y;
        while u32::from(y) < rect.bottom() {
            let height = BAND.min((rect.bottom() - u32::from(y)) as u16);
            let found = band(shown, drawn, Rect { y, height, ..rect });
            open = match (open, found) {
                (Some(above), Some(now))
                    if above.x == now.x
                        && above.width == now.width
                        && above.bottom() == u32::from(now.y) =>
                {
                    Some(Rect { height: above.height + now.height, ..above })
                }
                (above, now) => {
                    above.into_iter().for_each(|rect| exact.paint(rect));
                    now
                }
            };
            y += height;
        }
        open.into_iter().for_each(|rect| exact.paint(rect));
    }
    exact
}

/// Copies one band and returns what differed as one rectangle.
fn band(shown: &mut Framebuffer, drawn: &Framebuffer, rect: Rect) -> Option<Rect> {
    let (mut left, mut right) = (usize::MAX, 0);
    let (mut top, mut bottom) = (u16::MAX, 0);
    for y in rect.y..rect.y + rect.height {
        let width = usize::from(rect.width);
        let (Some(old), Some(new)) = (shown.row_mut(y, rect.x, width), drawn.row(y, rect.x, width))
        else {
            continue;
        };
        if old == new {
            continue;
        }
        let first = old.iter().zip(new).position(|(a, b)| a != b).unwrap_or(0);
        let last = old.iter().zip(new).rposition(|(a, b)| a != b).unwrap_or(first);
        old.copy_from_slice(new);
        (left, right) = (left.min(first), right.max(last + 1));
        (top, bottom) = (top.min(y), bottom.max(y + 1));
    }
    let width = right.checked_sub(left).filter(|width| *width > 0)?;
    Some(Rect::new(rect.x + left as u16, top, width as u16, bottom - top))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Move;

    #[test]
    fn only_what_differs_is_damage() {
        let mut shown = Framebuffer::new(100, 100);
        let mut drawn = shown.clone();
        drawn.fill(Rect::new(20, 30, 10, 2), 7);
        drawn.fill(Rect::new(20, 50, 5, 1), 7);
        let damage = Damage { moves: vec![], rects: vec![Rect::new(0, 0, 100, 100)] };
        let exact = commit(&mut shown, &drawn, damage);
        assert_eq!(exact.rects, [Rect::new(20, 30, 10, 2), Rect::new(20, 50, 5, 1)]);
        assert_eq!(shown, drawn);
    }

    #[test]
    fn moves_come_first() {
        let mut shown = Framebuffer::new(50, 50);
        shown.fill(Rect::new(0, 0, 10, 10), 3);
        let mut drawn = shown.clone();
        let step = Move { from_x: 0, from_y: 0, to: Rect::new(20, 20, 10, 10) };
        drawn.shift(step);
        let mut damage = Damage::default();
        damage.shift(step);
        damage.paint(Rect::new(20, 20, 10, 10));
        let exact = commit(&mut shown, &drawn, damage);
        assert_eq!(
            (exact.moves.len(), exact.rects.len()),
            (1, 0),
            "painting the same again is nothing"
        );
        assert_eq!(shown, drawn);
    }
}
