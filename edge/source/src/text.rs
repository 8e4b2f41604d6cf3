//! Glyphs: text drawn into a mask of coverage, for the sample desktop and the agent's watermark.
//!
//! The font is Motoya L Cedar W3 (Apache-2.0, `fonts/`): one file that holds JIS X 0208 and the
//! usual name characters. Half-width characters advance half an em, full-width ones a whole em.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use std::collections::BTreeMap;
use std::sync::OnceLock;

static FONT: &[u8] = include_bytes!("../fonts/MTLc3m.ttf");

/// Longest text drawn at once, in characters; the rest is cut off.
pub const MOST_CHARS: usize = 1024;
/// Largest size drawn, in pixels of an em.
pub const MOST_PX: u32 = 256;

/// Coverage of text: `alpha` holds `width * height` bytes by rows, 0 for none and 255 for full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mask {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels: one line of the size asked for.
    pub height: u32,
    /// Coverage by rows.
    pub alpha: Vec<u8>,
}

/// Draws one line of text with an em of `px` pixels (at most [`MOST_PX`]). Control characters are
/// left out.
pub fn render(text: &str, px: u32) -> Mask {
    let px = px.clamp(1, MOST_PX);
    let Some(font) = font() else { return Mask::default() };
    let face = font.as_scaled(PxScale::from(em_scale(font, px)));
    let (width, height) = (advance(text, px), line_height(px));
    let mut mask = Mask { width, height, alpha: vec![0; width as usize * height as usize] };
    let baseline = (face.ascent() + (height as f32 - face.ascent() + face.descent()) / 2.0).round();
    let mut x = 0.0;
    for c in drawable(text) {
        let glyph: Glyph = face.scaled_glyph(stand_in(c));
        let id = glyph.id;
        let placed = Glyph { position: point(x, baseline), ..glyph };
        x += face.h_advance(id);
        let Some(outline) = font.outline_glyph(placed) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|gx, gy, cover| {
            let (px, py) =
                (bounds.min.x as i64 + i64::from(gx), bounds.min.y as i64 + i64::from(gy));
            if px < 0 || py < 0 || px >= i64::from(width) || py >= i64::from(height) {
                return;
            }
            let at = py as usize * width as usize + px as usize;
            if let Some(byte) = mask.alpha.get_mut(at) {
                *byte = (*byte).max((cover.clamp(0.0, 1.0) * 255.0).round() as u8);
            }
        });
    }
    mask
}

/// Width in pixels that [`render`] gives this text.
pub fn advance(text: &str, px: u32) -> u32 {
    let px = px.clamp(1, MOST_PX);
    let Some(font) = font() else { return 0 };
    let face = font.as_scaled(PxScale::from(em_scale(font, px)));
    let sum: f32 = drawable(text).map(|c| face.h_advance(font.glyph_id(stand_in(c)))).sum();
    sum.ceil() as u32
}

/// Height in pixels of a line at this size.
pub fn line_height(px: u32) -> u32 {
    let px = px.clamp(1, MOST_PX);
    px + px.div_ceil(4)
}

/// Glyphs drawn before, by character, for one size.
#[derive(Debug)]
pub(crate) struct Glyphs {
    px: u32,
    drawn: BTreeMap<char, Mask>,
}

/// Most glyphs kept, more than a page of text shows; above it the cache is emptied.
const MOST_GLYPHS: usize = 4096;

impl Glyphs {
    pub(crate) fn new(px: u32) -> Glyphs {
        Glyphs { px, drawn: BTreeMap::new() }
    }

    pub(crate) fn glyph(&mut self, c: char) -> &Mask {
        if self.drawn.len() >= MOST_GLYPHS {
            self.drawn.clear();
        }
        let px = self.px;
        self.drawn.entry(c).or_insert_with(|| render(c.encode_utf8(&mut [0; 4]), px))
    }
}

fn font() -> Option<&'static FontRef<'static>> {
    static LOADED: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    LOADED.get_or_init(|| FontRef::try_from_slice(FONT).ok()).as_ref()
}

/// ab_glyph scales by ascent minus descent; sizes here are those of the em.
fn em_scale(font: &FontRef<'static>, px: u32) -> f32 {
    let em = font.units_per_em().unwrap_or(1000.0);
    px as f32 * font.height_unscaled() / em
}

fn drawable(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !c.is_control()).take(MOST_CHARS)
}

/// The code point under which the font has a character that it lacks under its own.
fn stand_in(c: char) -> char {
    match c {
        '¥' => '￥',
        '—' => '―',
        '〜' => '～',
        '‖' => '∥',
        '−' => '－',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ink(mask: &Mask) -> u64 {
        mask.alpha.iter().map(|a| u64::from(*a)).sum()
    }

    #[test]
    fn japanese_and_ascii_have_their_widths() {
        assert_eq!((advance("ab", 20), advance("漢字", 20)), (20, 40));
        let mask = render("庁内 abc", 24);
        assert_eq!((mask.width, mask.height), (24 * 4, 30));
        assert_eq!(mask.alpha.len(), (mask.width * mask.height) as usize);
        assert!(ink(&mask) > 10_000);
    }

    #[test]
    fn characters_differ_and_are_known() {
        let unknown = render("\u{10fffd}", 32);
        for c in "あア漢髙﨑德ｱ①㈱￥¥_―".chars() {
            let mask = render(&c.to_string(), 32);
            assert!(ink(&mask) > 0, "{c} draws nothing");
            assert_ne!(mask.alpha, unknown.alpha, "{c} is not in the font");
        }
        assert_ne!(render("め", 32), render("ぬ", 32));
    }

    #[test]
    fn any_text_is_bounded() {
        assert_eq!(render("", 20).alpha.len(), 0);
        assert_eq!(render("\n\t\0", 20).width, 0);
        let long = "漢".repeat(MOST_CHARS * 2);
        assert_eq!(render(&long, 1000).width, MOST_CHARS as u32 * MOST_PX);
    }
}
