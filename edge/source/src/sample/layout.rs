//! Where everything of the sample stands, from the picture's size alone.

use rfb::Rect;

/// Height of a row of text in pixels.
pub(super) const ROW: u16 = 24;
/// Size of the text's em in pixels.
pub(super) const EM: u32 = 18;
const TITLE: u16 = 32;
const BAR: u16 = 40;
const STATUS: u16 = 28;
const SIDE: u16 = 160;

/// What can be pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Button {
    /// Clears the text.
    Clear,
    /// Switches the moving picture on and off.
    Animate,
    /// Changes the paper's colour.
    Paper,
}

/// The buttons and their labels, from left to right.
pub(super) const BUTTONS: [(Button, &str); 3] =
    [(Button::Clear, "消去"), (Button::Animate, "動画"), (Button::Paper, "用紙の色")];

/// Rectangles of the parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) title: Rect,
    pub(super) bar: Rect,
    pub(super) paper: Rect,
    pub(super) text: Rect,
    pub(super) moving: Rect,
    pub(super) side: Rect,
    pub(super) status: Rect,
    pub(super) rows: u16,
}

impl Layout {
    /// For a picture of at least 320 x 240.
    pub(super) fn new(width: u16, height: u16) -> Layout {
        let top = TITLE + BAR;
        let body = height.saturating_sub(top + STATUS);
        let wide = width.saturating_sub(SIDE);
        let rows = body.saturating_sub(8) / ROW;
        Layout {
            title: Rect::new(0, 0, width, TITLE),
            bar: Rect::new(0, TITLE, width, BAR),
            paper: Rect::new(0, top, wide, body),
            text: Rect::new(8, top + 4, wide.saturating_sub(16), rows * ROW),
            side: Rect::new(wide, top, SIDE, body),
            moving: Rect::new(wide + 16, top + 16, SIDE - 32, 96.min(body.saturating_sub(32))),
            status: Rect::new(0, height.saturating_sub(STATUS), width, STATUS),
            rows,
        }
    }

    pub(super) fn button(&self, index: usize) -> Rect {
        Rect::new(8 + index as u16 * 104, self.bar.y + 6, 96, 28)
    }
}
