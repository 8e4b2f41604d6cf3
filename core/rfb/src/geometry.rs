//! Rectangles of pixels, and the record of what changed in a picture.

/// A rectangle of pixels; the origin is the picture's top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Rect {
    /// Left edge in pixels.
    pub x: u16,
    /// Top edge in pixels.
    pub y: u16,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
}

impl Rect {
    /// A rectangle from its corner and size.
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Rect {
        Rect { x, y, width, height }
    }

    /// Whether it holds no pixel.
    pub const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Number of pixels.
    pub const fn area(&self) -> usize {
        self.width as usize * self.height as usize
    }

    /// First column to the right of it (may lie outside `u16`).
    pub const fn right(&self) -> u32 {
        self.x as u32 + self.width as u32
    }

    /// First row below it (may lie outside `u16`).
    pub const fn bottom(&self) -> u32 {
        self.y as u32 + self.height as u32
    }

    /// Whether it lies wholly inside a picture of this size.
    pub const fn fits(&self, width: u16, height: u16) -> bool {
        self.right() <= width as u32 && self.bottom() <= height as u32
    }

    /// Whether `other` lies wholly inside.
    pub const fn contains(&self, other: &Rect) -> bool {
        other.x >= self.x
            && other.y >= self.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// The common part, when there is one.
    pub fn intersection(&self, other: &Rect) -> Option<Rect> {
        let x = self.x.max(other.x);
        let y = self.y.max(other.y);
        let right = self.right().min(other.right());
        let bottom = self.bottom().min(other.bottom());
        if right <= u32::from(x) || bottom <= u32::from(y) {
            return None;
        }
        Some(Rect::new(x, y, (right - u32::from(x)) as u16, (bottom - u32::from(y)) as u16))
    }

    /// The smallest rectangle around both, cut at the largest coordinate that a `u16` size can
    /// express.
    pub fn union(&self, other: &Rect) -> Rect {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        let right = self.right().max(other.right());
        let bottom = self.bottom().max(other.bottom());
        let side = |from: u16, to: u32| (to - u32::from(from)).min(u32::from(u16::MAX)) as u16;
        Rect::new(x, y, side(x, right), side(y, bottom))
    }
}

/// Pixels that moved: the rectangle `to` now shows what stood at (`from_x`, `from_y`). The two may
/// overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Left edge of the source in pixels.
    pub from_x: u16,
    /// Top edge of the source in pixels.
    pub from_y: u16,
    /// Destination; its size is the source's size too.
    pub to: Rect,
}

impl Move {
    /// The source rectangle.
    pub const fn from(&self) -> Rect {
        Rect::new(self.from_x, self.from_y, self.to.width, self.to.height)
    }
}

/// What changed between two pictures: take the older one, do every move in order, then repaint
/// `rects` from the newer one, and the newer one results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Damage {
    /// Moves, in the order in which they are done.
    pub moves: Vec<Move>,
    /// Rectangles to repaint from the newer picture after the moves; they may overlap.
    pub rects: Vec<Rect>,
}

/// Above this many rectangles a record becomes its bounding box: more detail costs more than it
/// saves.
const MOST_RECTS: usize = 4096;

impl Damage {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.moves.is_empty() && self.rects.is_empty()
    }

    /// Notes that a rectangle got new pixels.
    pub fn paint(&mut self, rect: Rect) {
        if rect.is_empty() || self.rects.last().is_some_and(|last| last.contains(&rect)) {
            return;
        }
        if let Some(last) = self.rects.last_mut()
            && (last.x, last.width, last.bottom()) == (rect.x, rect.width, u32::from(rect.y))
            && let Some(height) = last.height.checked_add(rect.height)
        {
            last.height = height;
            return;
        }
        if self.rects.len() >= MOST_RECTS {
            let around = self.rects.iter().fold(rect, |a, b| a.union(b));
            self.rects.clear();
            self.rects.push(around);
            return;
        }
        self.rects.push(rect);
    }

    /// Notes that pixels were moved. Where the source had been painted after the older picture, the
    /// older picture cannot supply it, so that part of the destination is repainted instead.
    pub fn shift(&mut self, step: Move) {
        if step.to.is_empty() {
            return;
        }
        let from = step.from();
        let stale: Vec<Rect> = self.rects.iter().filter_map(|r| r.intersection(&from)).collect();
        if stale.contains(&from) || self.moves.len() >= MOST_RECTS {
            self.paint(step.to);
            return;
        }
        self.moves.push(step);
        for part in stale {
            self.paint(Rect {
                x: step.to.x + (part.x - from.x),
                y: step.to.y + (part.y - from.y),
                ..part
            });
        }
    }

    /// Appends a later record.
    pub fn extend(&mut self, later: Damage) {
        for step in later.moves {
            self.shift(step);
        }
        for rect in later.rects {
            self.paint(rect);
        }
    }

    /// Damage of the whole picture.
    pub fn whole(width: u16, height: u16) -> Damage {
        Damage { moves: Vec::new(), rects: vec![Rect::new(0, 0, width, height)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_from_painted_pixels_is_repainted() {
        let mut damage = Damage::default();
        damage.paint(Rect::new(10, 10, 4, 4));
        damage.shift(Move { from_x: 8, from_y: 8, to: Rect::new(100, 100, 20, 20) });
        assert_eq!(damage.moves.len(), 1);
        assert_eq!(damage.rects, [Rect::new(10, 10, 4, 4), Rect::new(102, 102, 4, 4)]);
        damage.shift(Move { from_x: 11, from_y: 11, to: Rect::new(0, 0, 2, 2) });
        assert_eq!(damage.moves.len(), 1, "a source painted over whole is no move");
        assert_eq!(damage.rects.last(), Some(&Rect::new(0, 0, 2, 2)));
    }

    #[test]
    fn many_rectangles_fold_into_one() {
        let mut damage = Damage::default();
        for i in 0..=MOST_RECTS {
            damage.paint(Rect::new((i % 100) as u16 * 2, (i / 100) as u16 * 2, 1, 1));
        }
        assert_eq!(damage.rects.len(), 1);
    }

    #[test]
    fn corners_at_the_edge_of_u16() {
        let far = Rect::new(u16::MAX, u16::MAX, u16::MAX, u16::MAX);
        assert!(!far.fits(u16::MAX, u16::MAX));
        assert_eq!(far.intersection(&Rect::new(0, 0, 10, 10)), None);
        assert_eq!(far.union(&Rect::new(0, 0, 10, 10)).width, u16::MAX);
    }
}
