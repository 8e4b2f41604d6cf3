//! Whatever is drawn arrives, and whatever arrives is survived.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use screen::{Ack, Caps, Config, Decoder, Encoder, Error, Move, Picture, Rect, Watermark};

/// Something that happens on the desktop.
#[derive(Debug, Clone)]
enum Act {
    Fill(Rect, u32),
    Noise(Rect, u32),
    Shift(i16, i16, Rect),
    /// Damage and hints that are not true.
    Lie(Rect, i16),
    Refresh,
    Wait(u16),
}

fn rect(width: u16, height: u16) -> impl Strategy<Value = Rect> {
    (0..width, 0..height, 1..=width, 1..=height)
        .prop_map(move |(x, y, w, h)| Rect::new(x, y, w.min(width - x), h.min(height - y)))
}

fn act(width: u16, height: u16) -> impl Strategy<Value = Act> {
    let r = move || rect(width, height);
    prop_oneof![
        (r(), any::<u32>()).prop_map(|(r, c)| Act::Fill(r, c)),
        (r(), any::<u32>()).prop_map(|(r, c)| Act::Noise(r, c)),
        (-40i16..40, -40i16..40, r()).prop_map(|(x, y, r)| Act::Shift(x, y, r)),
        (r(), -40i16..40).prop_map(|(r, d)| Act::Lie(r, d)),
        Just(Act::Refresh),
        (0u16..700).prop_map(Act::Wait),
    ]
}

struct Pair {
    width: u16,
    height: u16,
    pixels: Vec<u32>,
    encoder: Encoder,
    decoder: Decoder,
    now: Duration,
    seed: u32,
}

impl Pair {
    fn new(width: u16, height: u16, watermark: Option<Watermark>) -> Self {
        Self {
            width,
            height,
            pixels: vec![0; usize::from(width) * usize::from(height)],
            encoder: Encoder::new(width, height, Caps::default(), Config { watermark }),
            decoder: Decoder::new(1 << 20),
            now: Duration::ZERO,
            seed: 1,
        }
    }

    fn act(&mut self, act: &Act) {
        let w = usize::from(self.width);
        match act.clone() {
            Act::Fill(rect, color) => self.paint(rect, |_| color),
            Act::Noise(rect, color) => self.paint(rect, |h| color & h),
            Act::Shift(dx, dy, rect) => {
                let from = Rect {
                    x: (i32::from(rect.x) + i32::from(dx))
                        .clamp(0, i32::from(self.width - rect.width)) as u16,
                    y: (i32::from(rect.y) + i32::from(dy))
                        .clamp(0, i32::from(self.height - rect.height))
                        as u16,
                    ..rect
                };
                let old = self.pixels.clone();
                for y in 0..usize::from(rect.height) {
                    let (a, b) = (
                        (usize::from(from.y) + y) * w + usize::from(from.x),
                        (usize::from(rect.y) + y) * w + usize::from(rect.x),
                    );
                    self.pixels[b..b + usize::from(rect.width)]
                        .copy_from_slice(&old[a..a + usize::from(rect.width)]);
                }
                self.encoder.handle_damage(
                    &[],
                    &[Move { from_x: from.x, from_y: from.y, to: rect }],
                    self.now,
                );
            }
            Act::Lie(rect, d) => {
                let step = Move { from_x: rect.x.wrapping_add_signed(d), from_y: rect.y, to: rect };
                self.encoder.handle_damage(&[rect, Rect::new(9000, 9000, 5, 5)], &[step], self.now);
            }
            Act::Refresh => self.encoder.refresh(),
            Act::Wait(ms) => self.now += Duration::from_millis(ms.into()),
        }
    }

    fn paint(&mut self, rect: Rect, color: impl Fn(u32) -> u32) {
        for y in usize::from(rect.y)..rect.bottom() as usize {
            for x in usize::from(rect.x)..rect.right() as usize {
                self.seed = self.seed.wrapping_mul(0x9e37_79b1).wrapping_add(0x7f4a_7c15);
                self.pixels[y * usize::from(self.width) + x] = color(self.seed ^ self.seed >> 15);
            }
        }
        self.encoder.handle_damage(&[rect], &[], self.now);
    }

    /// Sends what may be sent; every frame is acknowledged at once.
    fn send(&mut self, most: usize) {
        for _ in 0..most {
            let picture = Picture::new(self.width, self.height, &self.pixels).unwrap();
            if let Some(body) = self.encoder.poll_frame(&picture, self.now) {
                for rect in self.decoder.frame(&body).unwrap() {
                    assert!(rect.fits(self.width, self.height));
                }
                self.now += Duration::from_millis(3);
                let ack = Ack { frame: self.decoder.frames(), work: 3, waiting: 0 };
                self.encoder.handle_ack(&ack.encode(), self.now).unwrap();
                continue;
            }
            match self.encoder.timeout() {
                Some(at) => self.now = self.now.max(at) + Duration::from_millis(1),
                None => return,
            }
        }
    }
}

/// The picture as the mark makes it, computed here on its own.
fn marked(pixel: u32, stroke: bool) -> u32 {
    let parts = [pixel >> 16 & 255, pixel >> 8 & 255, pixel & 255];
    if !stroke {
        return pixel & 0xff_ffff;
    }
    let light = 2 * parts[0] + 5 * parts[1] + parts[2] >= 1024;
    parts.iter().fold(0, |out, part| {
        let part = part & 0xf0;
        out << 8 | if light { part.saturating_sub(30) } else { (part + 30).min(255) }
    })
}

proptest! {
    #![proptest_config(
        ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_drawn_arrives(acts in prop::collection::vec((act(150, 100), 0usize..4), 1..12)) {
        let mut pair = Pair::new(150, 100, None);
        for (act, polls) in &acts {
            pair.act(act);
            pair.send(*polls);
        }
        pair.send(2000);
        for y in 0..100u16 {
            let want: Vec<u32> = pair.pixels[usize::from(y) * 150..][..150].iter().map(
                |pixel| pixel & 0xff_ffff).collect();
            prop_assert_eq!(pair.decoder.row(y), &want[..], "row {}", y);
        }
    }

    #[test]
    fn what_is_marked_arrives_marked_and_nothing_else_was_ever_sent(
        acts in prop::collection::vec((act(120, 80), 0usize..4), 1..10),
        mask in prop::collection::vec(prop::bool::weighted(0.2), 33 * 21),
    ) {
        let mark = Watermark::new(33, 21, mask.clone(), 30).unwrap();
        let mut pair = Pair::new(120, 80, Some(mark));
        for (act, polls) in &acts {
            pair.act(act);
            pair.send(*polls);
        }
        pair.send(2000);
        for y in 0..80usize {
            let want: Vec<u32> = (0..120).map(
                |x| marked(pair.pixels[y * 120 + x], mask[y % 21 * 33 + x % 33])).collect();
            prop_assert_eq!(pair.decoder.row(y as u16), &want[..], "row {}", y);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        screen::fuzz_decode(&bytes);
    }

    #[test]
    fn a_damaged_frame_is_survived(
        at in any::<prop::sample::Index>(), bit in 0u8..8,
        cut in any::<prop::sample::Index>(), color in any::<u32>()) {
        let mut pair = Pair::new(90, 70, None);
        pair.send(50);
        pair.paint(Rect::new(3, 4, 80, 60), |h| h & color);
        let picture = Picture::new(90, 70, &pair.pixels).unwrap();
        let mut body = pair.encoder.poll_frame(&picture, pair.now).unwrap();
        let i = at.index(body.len());
        body[i] ^= 1 << bit;
        body.truncate(cut.index(body.len()) + 1);
        let _ = pair.decoder.frame(&body);
    }
}

#[test]
fn an_acknowledgement_of_what_was_never_sent_is_refused() {
    let mut encoder = Encoder::new(64, 48, Caps::default(), Config::default());
    let ack = |frame| Ack { frame, work: 0, waiting: 0 }.encode();
    assert_eq!(encoder.handle_ack(&ack(1), Duration::ZERO), Err(Error::UnknownFrame));
    let pixels = vec![0; 64 * 48];
    encoder.poll_frame(&Picture::new(64, 48, &pixels).unwrap(), Duration::ZERO).unwrap();
    assert_eq!(encoder.handle_ack(&ack(1), Duration::ZERO), Ok(()));
    assert_eq!(encoder.handle_ack(&ack(1), Duration::ZERO), Err(Error::UnknownFrame), "twice");
    assert_eq!(encoder.handle_ack(&[0; 6], Duration::ZERO), Err(Error::Truncated));
    assert_eq!(encoder.handle_ack(&[0; 8], Duration::ZERO), Err(Error::Corrupt));
}

#[test]
fn a_reset_throws_away_the_size_and_a_large_one_is_refused() {
    let mut decoder = Decoder::new(64 * 64);
    decoder.frame(&[1, 0, 64, 0, 64]).unwrap();
    assert_eq!(decoder.size(), (64, 64));
    assert_eq!(decoder.frame(&[1, 0, 65, 0, 64]), Err(Error::TooLarge));
}
