//! Writes the vectors of `spec/vectors/screen` anew: `cargo run -p screen --example
//! screen-vectors`. To be run when the coding changes.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::time::Duration;

use screen::{Ack, Caps, Config, Decoder, Encoder, Move, Picture, Rect, Watermark};

/// A picture to draw on and its encoder and decoder.
struct Scene {
    width: u16,
    height: u16,
    pixels: Vec<u32>,
    encoder: Encoder,
    decoder: Decoder,
    now: Duration,
    text: String,
    /// The picture differs from the source's on purpose.
    marked: bool,
}

impl Scene {
    fn new(what: &str, width: u16, height: u16) -> Self {
        Self {
            width,
            height,
            pixels: vec![0xffffff; usize::from(width) * usize::from(height)],
            encoder: Encoder::new(width, height, Caps::default(), Config::default()),
            decoder: Decoder::new(1 << 22),
            now: Duration::ZERO,
            text: format!("# {what}\n"),
            marked: false,
        }
    }

    fn paint(&mut self, rect: Rect, color: impl Fn(u32, u32) -> u32) -> &mut Self {
        for y in u32::from(rect.y)..rect.bottom() {
            for x in u32::from(rect.x)..rect.right() {
                self.pixels[(y * u32::from(self.width) + x) as usize] = color(x, y) & 0xffffff;
            }
        }
        self.encoder.handle_damage(&[rect], &[], self.now);
        self
    }

    fn shift(&mut self, step: Move) -> &mut Self {
        let old = self.pixels.clone();
        let (w, to) = (usize::from(self.width), step.to);
        for y in 0..usize::from(to.height) {
            for x in 0..usize::from(to.width) {
                self.pixels[(y + usize::from(to.y)) * w + x + usize::from(to.x)] =
                    old[(y + usize::from(step.from_y)) * w + x + usize::from(step.from_x)];
            }
        }
        self.encoder.handle_damage(&[], &[step], self.now);
        self
    }

    fn send(&mut self) -> &mut Self {
        loop {
            let picture = Picture::new(self.width, self.height, &self.pixels).unwrap();
            let Some(body) = self.encoder.poll_frame(&picture, self.now) else {
                match self.encoder.timeout() {
                    Some(at) if at > self.now => self.now = at,
                    _ => break,
                }
                continue;
            };
            self.decoder.frame(&body).unwrap();
            let hex: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(self.text, "frame {hex}");
            self.now += Duration::from_millis(20);
            let ack = Ack { frame: self.decoder.frames(), work: 10, waiting: 0 };
            self.encoder.handle_ack(&ack.encode(), self.now).unwrap();
        }
        let mut hash = 0x811c_9dc5u32;
        for y in 0..self.height {
            let from = usize::from(y) * usize::from(self.width);
            assert!(
                self.marked
                    || self.decoder.row(y) == &self.pixels[from..from + usize::from(self.width)],
                "row {y}"
            );
            for byte in
                self.decoder.row(y).iter().flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1))
            {
                hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            }
        }
        let _ = writeln!(self.text, "picture {} {} {hash:08x}", self.width, self.height);
        self
    }

    fn save(&self, name: &str) {
        save(name, &self.text);
    }
}

fn save(name: &str, text: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/screen");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(format!("{folder}/{name}.txt"), text).unwrap();
}

fn noise(x: u32, y: u32, seed: u32) -> u32 {
    let h = (x.wrapping_mul(0x9e37_79b1)
        ^ y.wrapping_mul(0x85eb_ca6b)
        ^ seed.wrapping_mul(0xc2b2_ae35))
    .wrapping_mul(0x27d4_eb2f);
    h ^ h >> 15
}

/// Strokes that look like small letters with soft edges.
fn letters(x: u32, y: u32) -> u32 {
    let cell = noise(x / 9 % 7, y / 12 % 3, 5);
    let bit = cell >> ((x % 9 / 2 + y % 12 / 2 * 4) % 32) & 1;
    let level = if x % 9 > 7 || y % 12 > 9 {
        255
    } else if bit == 1 {
        20 + (cell >> 7 & 63) * (x & 1)
    } else {
        255 - (cell >> 3 & 127) * (y & 1)
    };
    level * 0x010101
}

fn main() {
    Scene::new("one colour, sizes that are no multiple of a tile", 37, 21).send().save("solid");
    let all = Rect::new(0, 0, 200, 120);
    Scene::new("letters, then a few changed", 200, 120)
        .paint(all, letters)
        .send()
        .paint(Rect::new(33, 40, 20, 14), |x, y| letters(x + 4, y + 3))
        .send()
        .save("letters");
    Scene::new("a gradient in colour", 200, 120)
        .paint(all, |x, y| (x << 16) | ((y * 2) << 8) | ((x + y) >> 1))
        .send()
        .save("gradient");
    Scene::new("noise in grey and in colour", 64, 48)
        .paint(Rect::new(0, 0, 64, 48), |x, y| (noise(x, y, 1) & 255) * 0x010101)
        .send()
        .paint(Rect::new(5, 6, 40, 30), |x, y| noise(x, y, 2))
        .send()
        .save("noise");
    Scene::new("something like a photograph", 160, 96)
        .paint(Rect::new(0, 0, 160, 96), |x, y| {
            let g = 90 + (x * y / 150) + (noise(x, y, 3) & 7);
            (g + (noise(x / 8, y / 8, 4) & 15)) << 16 | g << 8 | (g / 2 + (noise(x, y, 6) & 3))
        })
        .send()
        .save("photo");
    let mut scene = Scene::new("moves: up, down, left, right, overlapping", 200, 120);
    scene.paint(all, letters).send();
    for (from_x, from_y, to) in [
        (0, 17, Rect::new(0, 0, 200, 103)),
        (0, 0, Rect::new(0, 30, 200, 90)),
        (9, 0, Rect::new(0, 0, 191, 120)),
        (0, 5, Rect::new(13, 5, 150, 60)),
    ] {
        scene.shift(Move { from_x, from_y, to }).send();
    }
    scene.save("moves");
    let mut scene = Scene::new("a window comes and goes", 200, 120);
    scene.paint(all, |x, y| (x / 2) << 16 | (y / 3) << 8 | 0x40).send();
    for i in 0..3 {
        scene.paint(Rect::new(20 + i * 8, 20, 90, 60), |x, y| letters(x, y) ^ 0x0f0000).send();
        scene.paint(all, |x, y| (x / 2) << 16 | (y / 3) << 8 | 0x40).send();
    }
    scene.save("window");
    let mut scene = Scene::new("a reset in the middle", 100, 60);
    scene.paint(Rect::new(0, 0, 100, 60), letters).send();
    scene.encoder.refresh();
    scene.send().save("refresh");
    Scene::new("nothing changed in the damage", 64, 48)
        .send()
        .paint(Rect::new(0, 0, 64, 48), |_, _| 0xffffff)
        .send()
        .save("unchanged");

    let mut scene = Scene::new("a mark stays while what is below it moves", 200, 120);
    let mask = (0..64 * 40u32).map(|i| noise(i % 64 / 3, i / 64 / 3, 9) & 7 == 0).collect();
    scene.encoder.set_watermark(Some(Watermark::new(64, 40, mask, 24).unwrap()));
    scene.marked = true;
    scene.paint(all, letters).send();
    scene.shift(Move { from_x: 0, from_y: 12, to: Rect::new(0, 0, 200, 108) }).send();
    scene.shift(Move { from_x: 3, from_y: 0, to: Rect::new(20, 12, 150, 100) }).send();
    scene.encoder.set_watermark(None);
    scene.marked = false;
    scene.encoder.handle_damage(&[all], &[], scene.now);
    scene.send().save("mark");

    let size = "frame 0100400030";
    save("bad-empty", "# no bytes at all\nframe \nerror Truncated\n");
    save("bad-flags", "# an unknown flag\nframe 80\nerror Unknown\n");
    save("bad-no-size", "# a frame before any size\nframe 00\nerror NoSize\n");
    save("bad-size-zero", "# no width\nframe 0100000010\nerror OutOfBounds\n");
    save("bad-size-huge", "# more than 8192 wide\nframe 0120010010\nerror TooLarge\n");
    save("bad-size-cut", "# the size ends early\nframe 01004000\nerror Truncated\n");
    save(
        "bad-move-outside",
        &format!(
            "# a move from outside\n{size}\nframe 0201003000000000000000100010\nerror OutOfBounds\n"
        )
        .replace("00100010", "00110010"),
    );
    save("bad-move-count", &format!("# 65 moves\n{size}\nframe 0241\nerror TooLarge\n"));
    save(
        "bad-mark-contrast",
        &format!(
            "# a mark without contrast\n{size}\nframe 40000800080000000000\nerror OutOfBounds\n"
        ),
    );
    save(
        "bad-mark-huge",
        &format!("# a mark wider than 2048\n{size}\nframe 40080100081800000000\nerror TooLarge\n"),
    );
    save(
        "bad-video-outside",
        &format!(
            "# a video that leaves the picture\n{size}\nframe \
            10000000000042003000000000000\nerror OutOfBounds\n"
        )
        .replace("3000000000000", "300000000000"),
    );
    save(
        "bad-video-cut",
        &format!(
            "# a video unit that is cut\n{size}\nframe 1000000000004000300100000005aabb\nerror \
             Truncated\n"
        ),
    );
    save(
        "bad-photo-cut",
        &format!(
            "# a photographs' stream that is cut\n{size}\nframe 0800000005aabb\nerror Truncated\n"
        ),
    );
    save("bad-left-over", &format!("# a byte after the end\n{size}\nframe 0000\nerror Corrupt\n"));
    save(
        "bad-state",
        &format!("# a state below the range\n{size}\nframe 0400000001\nerror Corrupt\n"),
    );
}
