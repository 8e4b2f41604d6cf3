//! The text pad: text, caret, scrolling, buttons; a pure machine that keeps its own picture.

use super::layout::{BUTTONS, Button, EM, Layout, ROW};
use super::paint::Canvas;
use crate::text::{Glyphs, advance, line_height, render};
use crate::{Frame, Input, MOST_TEXT, keys};
use rfb::{Damage, Move, Rect};

const SMALLEST: (u16, u16) = (320, 240);
const LARGEST: (u16, u16) = (4096, 2304);
/// Most text kept, in bytes; input beyond it is ignored.
const MOST: usize = 64 * 1024;
const PAPERS: [u32; 3] = [0xff_ffff, 0xff_fbe6, 0xe8_f1ff];
const INK: u32 = 0x1f_2430;
const EDGE: u32 = 0x9a_a4b2;
const CARET: u32 = 0x1a_6dd6;

const GREETING: &str = "Noren 試用デスクトップ\n\nこの画面は中継サーバーからは見えません。\nThe relay in between cannot see \
    this screen.\n\n\
    ・文字を打つと、ここに現れます。Type here, in Japanese or ASCII.\n・ホイールで上下に動きます。The wheel scrolls.\n\
    ・「動画」で右の絵が動きます。「用紙の色」で背景が変わります。\n\n";

/// A row as shown: its text and the caret's byte offset in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Row {
    text: String,
    caret: Option<usize>,
}

/// The pad.
#[derive(Debug)]
pub(super) struct Pad {
    text: String,
    caret: usize,
    top: usize,
    wheel: i32,
    shift: [bool; 2],
    held: u8,
    paper: usize,
    moving: bool,
    step: u32,
    status: String,
    layout: Layout,
    shown: Vec<Row>,
    shown_top: usize,
    canvas: Canvas,
    glyphs: Glyphs,
    damage: Damage,
}

impl Pad {
    pub(super) fn new(width: u16, height: u16) -> Pad {
        let mut text = GREETING.to_owned();
        for n in 1..=40 {
            text.push_str(&format!(
                "{n:>2} 行目 line {n}: 議会答弁資料、予算要求書、住民からの照会への回答 {}\n",
                n * n
            ));
        }
        let mut pad = Pad {
            caret: text.len(),
            text,
            top: 0,
            wheel: 0,
            shift: [false; 2],
            held: 0,
            paper: 0,
            moving: false,
            step: 0,
            status: String::new(),
            layout: Layout::new(SMALLEST.0, SMALLEST.1),
            shown: Vec::new(),
            shown_top: 0,
            canvas: Canvas::new(0, 0),
            glyphs: Glyphs::new(EM),
            damage: Damage::default(),
        };
        pad.resize(width, height);
        pad.damage = Damage::default();
        pad
    }

    pub(super) fn size(&self) -> (u16, u16) {
        (self.canvas.width, self.canvas.height)
    }

    pub(super) fn text(&self) -> String {
        self.text.clone()
    }

    pub(super) fn is_moving(&self) -> bool {
        self.moving
    }

    pub(super) fn take_damage(&mut self) -> Damage {
        std::mem::take(&mut self.damage)
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        let Canvas { width, height, ref pixels } = self.canvas;
        Frame { width, height, stride: usize::from(width), pixels }
    }

    /// Takes an input; a new size is returned when it changed.
    pub(super) fn handle(&mut self, input: Input) -> Option<(u16, u16)> {
        match input {
            Input::Pointer { x, y, buttons } => self.point(x, y, buttons),
            Input::Wheel { dy, .. } => self.roll(i32::from(dy)),
            Input::Key { down, usage, keysym } => self.key(down, usage, keysym),
            Input::Text(text) => {
                let cut = text
                    .char_indices()
                    .take_while(|(i, c)| i + c.len_utf8() <= MOST_TEXT)
                    .map(|(_, c)| c);
                let clean: String = cut.filter(|c| *c == '\n' || !c.is_control()).collect();
                self.insert(&clean);
            }
            Input::Resize { width, height } => {
                return self.resize(width, height).then(|| self.size());
            }
            Input::ReleaseAll => (self.shift, self.held) = ([false; 2], 0),
        }
        None
    }

    /// The next picture of the moving area.
    pub(super) fn step(&mut self) {
        self.step = self.step.wrapping_add(1);
        self.draw_moving();
    }

    fn resize(&mut self, width: u16, height: u16) -> bool {
        let (width, height) =
            (width.clamp(SMALLEST.0, LARGEST.0), height.clamp(SMALLEST.1, LARGEST.1));
        if (width, height) == self.size() {
            return false;
        }
        self.canvas = Canvas::new(width, height);
        self.layout = Layout::new(width, height);
        self.draw_all();
        true
    }

    fn point(&mut self, x: u16, y: u16, buttons: u8) {
        let spot = Rect::new(x.min(self.canvas.width - 1), y.min(self.canvas.height - 1), 1, 1);
        let pressed = buttons & !self.held & 1 != 0;
        self.held = buttons;
        if !pressed {
            return;
        }
        for (i, (button, _)) in BUTTONS.iter().enumerate() {
            if self.layout.button(i).contains(&spot) {
                return self.press(*button);
            }
        }
        if self.layout.text.contains(&spot) {
            let (rows, _) = self.rows();
            let row = (self.top + usize::from((spot.y - self.layout.text.y) / ROW))
                .min(rows.len().saturating_sub(1));
            if let Some(&(start, end)) = rows.get(row) {
                let mut left = u32::from(spot.x - self.layout.text.x);
                self.caret = end;
                for (i, c) in self.text[start..end].char_indices() {
                    let wide = advance(c.encode_utf8(&mut [0; 4]), EM);
                    if left < wide.div_ceil(2) {
                        self.caret = start + i;
                        break;
                    }
                    left = left.saturating_sub(wide);
                }
            }
        }
        self.status = format!("ポインター {}, {}", spot.x, spot.y);
        self.refresh();
    }

    fn press(&mut self, button: Button) {
        match button {
            Button::Clear => (self.text, self.caret, self.top) = (String::new(), 0, 0),
            Button::Animate => self.moving = !self.moving,
            Button::Paper => {
                self.paper = (self.paper + 1) % PAPERS.len();
                self.draw_all();
            }
        }
        self.draw_bar();
        self.refresh();
    }

    fn roll(&mut self, dy: i32) {
        self.wheel += dy;
        let notches = self.wheel / 40;
        self.wheel -= notches * 40;
        let (rows, _) = self.rows();
        let last = rows.len().saturating_sub(usize::from(self.layout.rows));
        self.top = self.top.saturating_add_signed(notches as isize).min(last);
        self.refresh();
    }

    fn key(&mut self, down: bool, usage: u16, keysym: u32) {
        match usage {
            keys::LEFT_SHIFT => self.shift[0] = down,
            keys::RIGHT_SHIFT => self.shift[1] = down,
            _ => {}
        }
        let shifted = self.shift.contains(&true);
        let known =
            keys::by_usage(usage).map_or(0, |key| if shifted { key.shifted } else { key.plain });
        let keysym = if keysym == 0 { known } else { keysym };
        self.status =
            format!("キー {usage:#06x} keysym {keysym:#x} {}", if down { "押" } else { "離" });
        if !down {
            return self.draw_status();
        }
        let (rows, at) = self.rows();
        let start_of = |row: usize| rows.get(row).map_or((0, 0), |r| *r);
        match keysym {
            0xff0d | 0xff8d => return self.insert("\n"),
            0xff08 => {
                if let Some(c) = self.text[..self.caret].chars().next_back() {
                    self.caret -= c.len_utf8();
                    self.text.remove(self.caret);
                }
            }
            0xffff if self.caret < self.text.len() => drop(self.text.remove(self.caret)),
            0xff51 => {
                self.caret -= self.text[..self.caret].chars().next_back().map_or(0, char::len_utf8)
            }
            0xff53 => {
                self.caret += self.text[self.caret..].chars().next().map_or(0, char::len_utf8)
            }
            0xff52 => self.caret = self.aim(start_of(at.saturating_sub(1)), start_of(at).0),
            0xff54 if at + 1 < rows.len() => {
                self.caret = self.aim(start_of(at + 1), start_of(at).0)
            }
            0xff50 => self.caret = start_of(at).0,
            0xff57 => self.caret = start_of(at).1,
            0xff55 => self.roll(-40 * i32::from(self.layout.rows)),
            0xff56 => self.roll(40 * i32::from(self.layout.rows)),
            keysym => {
                if let Some(c) = keys::char_of(keysym) {
                    return self.insert(c.encode_utf8(&mut [0; 4]));
                }
                return self.draw_status();
            }
        }
        if !matches!(keysym, 0xff55 | 0xff56) {
            self.follow();
        }
        self.refresh();
    }

    /// The offset in `row` at the caret's distance, in characters, from `start`.
    fn aim(&self, row: (usize, usize), start: usize) -> usize {
        let columns = self.text[start..self.caret.max(start)].chars().count();
        let ahead: usize = self.text[row.0..row.1].chars().take(columns).map(char::len_utf8).sum();
        row.0 + ahead
    }

    fn insert(&mut self, more: &str) {
        if self.text.len() + more.len() <= MOST {
            self.text.insert_str(self.caret, more);
            self.caret += more.len();
        }
        self.follow();
        self.refresh();
    }

    /// Brings the caret into view.
    fn follow(&mut self) {
        let (_, at) = self.rows();
        let visible = usize::from(self.layout.rows).max(1);
        self.top = self.top.clamp((at + 1).saturating_sub(visible), at);
    }

    /// Byte ranges of all rows (lines broken at the paper's width), and the row that holds the
    /// caret.
    fn rows(&self) -> (Vec<(usize, usize)>, usize) {
        let width = u32::from(self.layout.text.width).max(EM);
        let (mut rows, mut start, mut used) = (Vec::new(), 0, 0);
        for (i, c) in self.text.char_indices() {
            if c == '\n' {
                rows.push((start, i));
                (start, used) = (i + 1, 0);
                continue;
            }
            // Half-width and full-width as in the font; to measure each glyph would cost a layout
            // for every key.
            let wide =
                if c.is_ascii() || ('\u{ff61}'..='\u{ff9f}').contains(&c) { EM / 2 } else { EM };
            if used + wide > width {
                rows.push((start, i));
                (start, used) = (i, 0);
            }
            used += wide;
        }
        rows.push((start, self.text.len()));
        let at = rows.partition_point(|row| row.0 <= self.caret).saturating_sub(1);
        (rows, at)
    }

    /// Brings the picture in step with the text: moves what scrolled, repaints the rows that
    /// differ.
    fn refresh(&mut self) {
        let (rows, at) = self.rows();
        self.top = self.top.min(rows.len().saturating_sub(1));
        let wanted: Vec<Row> = (self.top..self.top + usize::from(self.layout.rows))
            .map(|i| match rows.get(i) {
                Some(&(start, end)) => Row {
                    text: self.text[start..end].to_owned(),
                    caret: (i == at).then(|| self.caret.saturating_sub(start)),
                },
                None => Row::default(),
            })
            .collect();
        self.scroll_shown();
        for (i, row) in wanted.iter().enumerate() {
            if self.shown.get(i) != Some(row) {
                self.draw_row(i as u16, row);
            }
        }
        self.shown = wanted;
        self.draw_status();
    }

    fn scroll_shown(&mut self) {
        let by = self.shown_top as i64 - self.top as i64;
        self.shown_top = self.top;
        let (distance, visible) = (by.unsigned_abs() as usize, self.shown.len());
        if distance == 0 || distance >= visible {
            return;
        }
        let area = self.layout.text;
        let (pixels, kept) = (distance as u16 * ROW, (visible - distance) as u16 * ROW);
        self.canvas.scroll(area, by as i32 * i32::from(ROW));
        let (from, to) = if by < 0 { (area.y + pixels, area.y) } else { (area.y, area.y + pixels) };
        self.damage.shift(Move {
            from_x: area.x,
            from_y: from,
            to: Rect::new(area.x, to, area.width, kept),
        });
        // The uncovered rows still hold their old pixels: what is shown there is only repeated.
        let old = self.shown.clone();
        for i in 0..visible {
            let from = i as i64 - by;
            if let (Some(row), Some(was)) =
                (self.shown.get_mut(i), usize::try_from(from).ok().and_then(|n| old.get(n)))
            {
                row.clone_from(was);
            }
        }
    }

    fn draw_all(&mut self) {
        let Layout { title, paper, side, .. } = self.layout;
        self.canvas.fill(title, 0x24_405c);
        let name = render("Noren 試用デスクトップ", EM);
        self.canvas.stamp(&name, 12, 5, 0xff_ffff, title);
        self.canvas.fill(paper, PAPERS[self.paper]);
        self.canvas.fill(side, 0xdd_e3ea);
        self.damage.paint(Rect::new(0, 0, self.canvas.width, self.canvas.height));
        self.shown.clear();
        self.draw_bar();
        self.draw_moving();
        self.follow();
        self.shown_top = self.top;
        self.refresh();
    }

    fn draw_bar(&mut self) {
        self.canvas.fill(self.layout.bar, 0xee_f1f5);
        for (i, (button, label)) in BUTTONS.iter().enumerate() {
            let rect = self.layout.button(i);
            let on = *button == Button::Animate && self.moving;
            self.canvas.fill(rect, if on { 0xc9_dcf5 } else { 0xfc_fcfd });
            self.canvas.edge(rect, EDGE);
            let mask = render(label, 16);
            let x = i32::from(rect.x) + (i32::from(rect.width) - mask.width as i32) / 2;
            self.canvas.stamp(&mask, x, i32::from(rect.y) + 4, INK, rect);
        }
        self.damage.paint(self.layout.bar);
    }

    fn draw_row(&mut self, index: u16, row: &Row) {
        let area = self.layout.text;
        let rect = Rect::new(area.x, area.y + index * ROW, area.width, ROW);
        self.canvas.fill(rect, PAPERS[self.paper]);
        let (mut x, top) =
            (i32::from(rect.x), i32::from(rect.y) + (i32::from(ROW) - line_height(EM) as i32) / 2);
        let mut caret = x;
        for (i, c) in row.text.char_indices() {
            if row.caret == Some(i) {
                caret = x;
            }
            let mask = self.glyphs.glyph(c);
            self.canvas.stamp(mask, x, top, INK, rect);
            x += mask.width as i32;
        }
        if let Some(at) = row.caret {
            let x = if at >= row.text.len() { x } else { caret };
            let bar = Rect::new(
                x.clamp(0, i32::from(rect.x + rect.width - 2)) as u16,
                rect.y + 2,
                2,
                ROW - 4,
            );
            self.canvas.fill(bar, CARET);
        }
        self.damage.paint(rect);
    }

    fn draw_status(&mut self) {
        let rect = self.layout.status;
        self.canvas.fill(rect, 0x2d_3540);
        let mask = render(&self.status, 14);
        self.canvas.stamp(&mask, 12, i32::from(rect.y) + 5, 0xe8_edf3, rect);
        self.damage.paint(rect);
    }

    /// Draws a disc that circles over moving stripes.
    fn draw_moving(&mut self) {
        let rect = self.layout.moving;
        for x in 0..rect.width {
            let shade = (u32::from(x) * 2 + self.step * 5) % 256;
            let colour = shade << 16 | (255 - shade) << 8 | 0x80;
            self.canvas.fill(Rect::new(rect.x + x, rect.y, 1, rect.height), colour);
        }
        let room = (u32::from(rect.width.max(25)) - 24, u32::from(rect.height.max(25)) - 24);
        let bounce = |room: u32, speed: u32| {
            let place = self.step * speed % (2 * room.max(1));
            place.min(2 * room.max(1) - place) as u16
        };
        let disc = Rect::new(rect.x + bounce(room.0, 3), rect.y + bounce(room.1, 2), 24, 24);
        for y in 0..24u16 {
            let half =
                (0..=12u16).rev().find(|h| h * h + y.abs_diff(12).pow(2) <= 144).unwrap_or(0);
            self.canvas.fill(Rect::new(disc.x + 12 - half, disc.y + y, half * 2, 1), 0xff_ffff);
        }
        self.damage.paint(rect);
    }
}

#[cfg(test)]
impl Pad {
    pub(super) fn has_damage(&self) -> bool {
        !self.damage.is_empty()
    }

    pub(super) fn button_center(&self, wanted: Button) -> (u16, u16) {
        let index = BUTTONS.iter().position(|(button, _)| *button == wanted).unwrap_or(0);
        let rect = self.layout.button(index);
        (rect.x + rect.width / 2, rect.y + rect.height / 2)
    }
}
