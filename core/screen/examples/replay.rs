//! Plays recorded desktops through the encoder and the reference decoder and prints a line each:
//! bytes, times, exactness.
//!
//! `cargo run --release -p screen --example replay -- FILE.rec ... [--frames FOLDER]`
//!
//! A recording is `NRREC1`, then records: `U` (time f64 in seconds, count u16, rectangles x y w h
//! u16 and kind u8: 0 raw BGRX, 1 copied from x y u16), `P` and `E` (time f64) around the work that
//! counts; little-endian. With `--frames` each frame body is written there (u32 length, f64 time,
//! then bytes; the length's highest bit is set while the work counts) for the viewer's decoder to
//! be timed on: `node viewer/core/screen/bench.mjs`.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used, clippy::disallowed_types)]

use std::io::Write as _;
use std::time::Duration;

use screen::{Ack, Caps, Config, Decoder, Encoder, Move, Picture, Rect, Watermark};

const WIDTH: u16 = 1280;
const HEIGHT: u16 = 800;
/// What the channel and the WebSocket add to a frame.
const WRAP: usize = 2 + 4 + 16 + 1;

/// Time this thread spent on a processor, so that others on the machine do not count.
struct Cpu(Duration);

impl Cpu {
    fn now() -> Self {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        Self(Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap()))
    }
    fn elapsed(&self) -> Duration {
        Self::now().0 - self.0
    }
}

struct Update {
    time: f64,
    rects: Vec<(Rect, Vec<u32>)>,
    moves: Vec<Move>,
}

struct Recording<'a> {
    bytes: &'a [u8],
}

impl Recording<'_> {
    fn take(&mut self, n: usize) -> &[u8] {
        let (head, rest) = self.bytes.split_at(n);
        self.bytes = rest;
        head
    }
    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take(2).try_into().unwrap())
    }
    fn f64(&mut self) -> f64 {
        f64::from_le_bytes(self.take(8).try_into().unwrap())
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (mut files, mut folder, mut trace, mut watermark) = (Vec::new(), None, false, false);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--frames" => folder = args.next(),
            "--trace" => trace = true,
            "--watermark" => watermark = true,
            _ => files.push(arg),
        }
    }
    println!(
        "{:6} {:>10} {:>6} {:>8} {:>8} {:>8}  exact",
        "work", "bytes", "frames", "encode s", "decode s", "worst ms"
    );
    for file in files {
        play(&file, folder.as_deref(), trace, watermark.then(mark));
    }
}

fn play(file: &str, folder: Option<&str>, trace: bool, watermark: Option<Watermark>) {
    let name = std::path::Path::new(file).file_stem().unwrap().to_string_lossy().into_owned();
    let bytes = std::fs::read(file).unwrap();
    let mut recording = Recording { bytes: bytes.strip_prefix(b"NRREC1").unwrap() };
    let mut pixels = vec![0u32; usize::from(WIDTH) * usize::from(HEIGHT)];
    let marked = watermark.is_some();
    let mut encoder =
        Encoder::new(WIDTH, HEIGHT, Caps::from_bits(Caps::H264), Config { watermark });
    let mut decoder = Decoder::new(1 << 24);
    let mut out =
        folder.map(|folder| std::fs::File::create(format!("{folder}/{name}.frames")).unwrap());
    let (mut total, mut frames, mut encode, mut decode, mut worst) =
        (0, 0, Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut counting = false;
    let mut now = Duration::ZERO;
    let mut ended = false;
    while !ended {
        let kind = if recording.bytes.is_empty() { b'X' } else { recording.take(1)[0] };
        let mut update = None;
        let until = match kind {
            b'U' => {
                let u = read(&mut recording);
                let t = u.time;
                update = Some(u);
                Duration::from_secs_f64(t)
            }
            b'P' | b'E' => Duration::from_secs_f64(recording.f64()),
            _ => {
                ended = true;
                now + Duration::from_secs(5)
            }
        };
        // What the encoder still wants to do before the next thing happens.
        loop {
            let picture = Picture::new(WIDTH, HEIGHT, &pixels).unwrap();
            let start = Cpu::now();
            let body = encoder.poll_frame(&picture, now);
            let spent = start.elapsed();
            if counting {
                encode += spent;
                worst = worst.max(spent);
            }
            if let Some(body) = body {
                let start = Cpu::now();
                decoder.frame(&body).unwrap();
                if counting {
                    decode += start.elapsed();
                    total += body.len() + WRAP;
                    frames += 1;
                }
                if trace {
                    println!(
                        "{:9.3} {:8} bytes {:7.2} ms flags {}",
                        now.as_secs_f64(),
                        body.len(),
                        spent.as_secs_f64() * 1e3,
                        body[0]
                    );
                }
                if let Some(out) = &mut out {
                    out.write_all(&(body.len() as u32 | u32::from(counting) << 31).to_le_bytes())
                        .unwrap();
                    out.write_all(&now.as_secs_f64().to_le_bytes()).unwrap();
                    out.write_all(&body).unwrap();
                }
                let ack = Ack { frame: decoder.frames(), work: 10, waiting: 0 };
                encoder.handle_ack(&ack.encode(), now + Duration::from_millis(1)).unwrap();
            } else {
                match encoder.timeout() {
                    Some(at) if at <= until => now = now.max(at),
                    _ => break,
                }
            }
        }
        now = until;
        match kind {
            b'P' => counting = true,
            b'E' => counting = false,
            _ => {}
        }
        if let Some(update) = update {
            for step in &update.moves {
                shift(&mut pixels, *step);
            }
            for (rect, data) in &update.rects {
                for y in 0..usize::from(rect.height) {
                    let at = (usize::from(rect.y) + y) * usize::from(WIDTH) + usize::from(rect.x);
                    pixels[at..at + usize::from(rect.width)].copy_from_slice(
                        &data[y * usize::from(rect.width)..][..usize::from(rect.width)],
                    );
                }
            }
            let rects: Vec<Rect> = update.rects.iter().map(|(rect, _)| *rect).collect();
            encoder.handle_damage(&rects, &update.moves, now);
        }
    }
    if let Some(folder) = folder {
        let bytes: Vec<u8> =
            pixels.iter().flat_map(|p| [(p >> 16) as u8, (p >> 8) as u8, *p as u8, 255]).collect();
        std::fs::write(format!("{folder}/{name}.rgba"), bytes).unwrap();
    }
    let mut wrong = 0;
    for y in 0..HEIGHT {
        let at = usize::from(y) * usize::from(WIDTH);
        wrong += decoder
            .row(y)
            .iter()
            .zip(&pixels[at..at + usize::from(WIDTH)])
            .filter(|(a, b)| **a != **b & 0xff_ffff)
            .count();
    }
    println!(
        "{name:6} {total:10} {frames:6} {:8.3} {:8.3} {:8.1}  {}",
        encode.as_secs_f64(),
        decode.as_secs_f64(),
        worst.as_secs_f64() * 1e3,
        if marked {
            format!("marked, {wrong} pixels")
        } else if wrong == 0 {
            "yes".into()
        } else {
            format!("NO, {wrong} pixels differ")
        }
    );
}

fn read(recording: &mut Recording<'_>) -> Update {
    let time = recording.f64();
    let mut update = Update { time, rects: Vec::new(), moves: Vec::new() };
    for _ in 0..recording.u16() {
        let rect = Rect::new(recording.u16(), recording.u16(), recording.u16(), recording.u16());
        if recording.take(1)[0] == 0 {
            let data = recording.take(usize::from(rect.width) * usize::from(rect.height) * 4);
            let data =
                data.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], 0])).collect();
            update.rects.push((rect, data));
        } else {
            update.moves.push(Move { from_x: recording.u16(), from_y: recording.u16(), to: rect });
        }
    }
    update
}

fn shift(pixels: &mut [u32], step: Move) {
    let (w, to) = (usize::from(WIDTH), step.to);
    for i in 0..usize::from(to.height) {
        let row = if step.from_y < to.y { usize::from(to.height) - 1 - i } else { i };
        let from = (usize::from(step.from_y) + row) * w + usize::from(step.from_x);
        pixels.copy_within(
            from..from + usize::from(to.width),
            (usize::from(to.y) + row) * w + usize::from(to.x),
        );
    }
}

/// Strokes like those of four lines of small Japanese text.
fn mark() -> Watermark {
    let (width, height) = (360u16, 160u16);
    let mask = (0..u32::from(width) * u32::from(height))
        .map(|i| {
            let (x, y) = (i % u32::from(width), i / u32::from(width));
            let (column, row) = (x / 20, y / 24);
            let glyph = (column * 7 + row * 13).wrapping_mul(0x9e37_79b1);
            let (u, v) = (x % 20, y % 24);
            let inside = (2..18).contains(&u) && (3..19).contains(&v) && row < 2 && column < 16;
            let horizontal = (v - v % 4) > 0 && v % 4 < 2 && glyph >> (v / 4) & 1 == 1;
            let vertical = u % 5 < 2 && glyph >> (8 + u / 5) & 1 == 1;
            inside && (horizontal || vertical)
        })
        .collect();
    Watermark::new(width, height, mask, 24).unwrap()
}
