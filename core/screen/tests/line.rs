//! The encoder on simulated lines, in virtual time: answers to keys while a video plays, and the
//! exact picture at rest.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::VecDeque;
use std::time::Duration;

use screen::{Ack, Caps, Config, Decoder, Encoder, Picture, Rect};

const WIDTH: u16 = 960;
const HEIGHT: u16 = 600;
const MOVIE: Rect = Rect::new(150, 101, 640, 360);
const PATCH: Rect = Rect::new(880, 20, 64, 64);
const TICK: Duration = Duration::from_millis(1);

/// A line with a narrowest place of `rate` bytes a second and `delay` each way, and a viewer at its
/// end.
struct World {
    now: Duration,
    rate: f64,
    delay: Duration,
    /// When the narrowest place is free.
    free_at: Duration,
    down: VecDeque<(Duration, Vec<u8>)>,
    up: VecDeque<(Duration, [u8; 7])>,
    encoder: Encoder,
    decoder: Decoder,
    pixels: Vec<u32>,
    sent: usize,
    pictures: usize,
    worst_queue: Duration,
}

impl World {
    fn new(rate: f64, delay: u64, caps: u32) -> Self {
        Self {
            now: Duration::ZERO,
            rate,
            delay: Duration::from_millis(delay),
            free_at: Duration::ZERO,
            down: VecDeque::new(),
            up: VecDeque::new(),
            encoder: Encoder::new(WIDTH, HEIGHT, Caps::from_bits(caps), Config::default()),
            decoder: Decoder::new(1 << 24),
            pixels: vec![0x00dd_ddcc; usize::from(WIDTH) * usize::from(HEIGHT)],
            sent: 0,
            pictures: 0,
            worst_queue: Duration::ZERO,
        }
    }

    fn paint(&mut self, rect: Rect, color: impl Fn(u32, u32) -> u32) {
        for y in 0..u32::from(rect.height) {
            let at = (usize::from(rect.y) + y as usize) * usize::from(WIDTH) + usize::from(rect.x);
            for x in 0..u32::from(rect.width) {
                self.pixels[at + x as usize] = color(x, y) & 0xff_ffff;
            }
        }
        self.encoder.handle_damage(&[rect], &[], self.now);
    }

    /// One millisecond passes.
    fn tick(&mut self) {
        while self.up.front().is_some_and(|(at, _)| *at <= self.now) {
            let (_, ack) = self.up.pop_front().unwrap();
            self.encoder.handle_ack(&ack, self.now).unwrap();
        }
        let picture = Picture::new(WIDTH, HEIGHT, &self.pixels).unwrap();
        while let Some(body) = self.encoder.poll_frame(&picture, self.now) {
            self.sent += body.len();
            if self.now > Duration::from_secs(1) {
                self.worst_queue = self.worst_queue.max(self.free_at.saturating_sub(self.now));
            }
            self.free_at =
                self.free_at.max(self.now) + Duration::from_secs_f64(body.len() as f64 / self.rate);
            self.down.push_back((self.free_at + self.delay, body));
        }
        while self.down.front().is_some_and(|(at, _)| *at <= self.now) {
            let (_, body) = self.down.pop_front().unwrap();
            let before = self.decoder.video().cloned();
            self.decoder.frame(&body).unwrap();
            self.pictures += usize::from(
                self.decoder.video().is_some() && self.decoder.video() != before.as_ref(),
            );
            let ack = Ack { frame: self.decoder.frames(), work: 20, waiting: 0 };
            self.up.push_back((self.now + self.delay + Duration::from_millis(2), ack.encode()));
        }
        self.now += TICK;
    }

    fn exact(&self) -> bool {
        (0..HEIGHT).all(|y| {
            let at = usize::from(y) * usize::from(WIDTH);
            self.decoder.row(y) == &self.pixels[at..at + usize::from(WIDTH)]
        })
    }

    fn run(&mut self, ms: u64) {
        (0..ms).for_each(|_| self.tick());
    }

    /// One picture of a film with much detail that flows outwards.
    fn film(&mut self, picture: u32) {
        let zoom = 1000.0 / (1.0 + f64::from(picture) / 90.0);
        self.paint(MOVIE, |x, y| {
            let (u, v) = (
                ((f64::from(x) - 320.0) * zoom) as i32 >> 6,
                ((f64::from(y) - 180.0) * zoom) as i32 >> 6,
            );
            let h = ((u >> 5) as u32).wrapping_mul(0x9e37_79b1)
                ^ ((v >> 5) as u32).wrapping_mul(0x85eb_ca6b);
            let shade = ((u * u + v * v) >> 9) as u32 & 127;
            ((h >> 25) + shade) << 16
                | ((h >> 16 & 63) + shade) << 8
                | ((u as u32 & 127) + (h >> 8 & 31))
        });
    }
}

#[test]
fn a_key_is_answered_while_a_video_plays_on_a_narrow_line() {
    let mut world = World::new(5e6 / 8.0, 20, Caps::H264);
    world.run(1500);
    assert!(world.exact(), "the first picture");
    let mut answers = Vec::new();
    let (mut picture, mut blue) = (0, false);
    let start = world.now;
    let mut asked: Option<(Duration, u32)> = None;
    let mut next_key = start + Duration::from_millis(1500);
    let mut change_at = None;
    while world.now < start + Duration::from_secs(8) {
        if (world.now - start).as_secs_f64() * 24.0 >= f64::from(picture) {
            world.film(picture);
            picture += 1;
        }
        // A key goes up the line and the desktop answers it 2 ms later.
        if world.now >= next_key && asked.is_none() {
            blue = !blue;
            let color = if blue { 0x0000ff } else { 0xff0000 };
            asked = Some((world.now, color));
            change_at = Some(world.now + world.delay + Duration::from_millis(2));
        }
        if change_at.is_some_and(|at| world.now >= at) {
            change_at = None;
            let (_, color) = asked.unwrap();
            world.paint(PATCH, |_, _| color);
        }
        world.tick();
        if let Some((at, color)) = asked
            && world.decoder.row(PATCH.y + 30)[usize::from(PATCH.x) + 30] == color
        {
            answers.push((world.now - at).as_millis());
            asked = None;
            next_key = world.now + Duration::from_millis(97 + answers.len() as u64 * 37 % 50);
        }
    }
    answers.sort_unstable();
    let p95 = answers[answers.len() * 95 / 100];
    let seconds = (world.now - start).as_secs_f64();
    println!(
        "answers {}..{}..{} ms, {} pictures of {picture}, {} kB, line {:?}",
        answers[0],
        answers[answers.len() / 2],
        p95,
        world.pictures,
        world.sent / 1000,
        world.encoder.line()
    );
    assert!(answers.len() > 25, "{} answers", answers.len());
    assert!(p95 <= 100, "{p95} ms at p95 of {answers:?}");
    if cfg!(feature = "h264") {
        assert!(
            world.pictures as f64 / seconds >= 15.0,
            "{} pictures in {seconds} s",
            world.pictures
        );
    }
    // At rest the picture becomes exact as fast as the line allows: 640 x 360 true-colour pixels.
    world.run(2200);
    assert!(world.exact());
    assert!(world.decoder.video().is_none());
}

#[test]
fn at_rest_the_picture_is_exact_within_half_a_second() {
    for caps in [Caps::H264, 0] {
        let mut world = World::new(12.5e6, 2, caps);
        world.run(300);
        assert!(world.exact());
        for picture in 0..30 {
            world.film(picture);
            world.run(41);
        }
        world.run(500);
        assert!(world.exact(), "caps {caps}");
    }
}

#[test]
fn the_line_is_measured_and_never_holds_more_than_a_frame_of_delay() {
    for (mbit, delay) in [(2.0, 30), (5.0, 20), (50.0, 5)] {
        let mut world = World::new(mbit * 1e6 / 8.0, delay, 0);
        for picture in 0..40 {
            world.film(picture);
            world.run(50);
        }
        let line = world.encoder.line();
        let found = f64::from(line.rate) / 1000.0;
        assert!((mbit * 0.6..mbit * 1.5).contains(&found), "{found} Mbit/s of {mbit}");
        assert!(
            line.round_trip.as_millis() as u64 <= 2 * delay + 90,
            "{:?} at {mbit} Mbit/s",
            line.round_trip
        );
        assert!(
            world.worst_queue <= Duration::from_millis(100),
            "{:?} at {mbit} Mbit/s",
            world.worst_queue
        );
    }
}

#[test]
fn the_timeout_is_never_a_busy_loop() {
    let mut encoder = Encoder::new(WIDTH, HEIGHT, Caps::from_bits(0), Config::default());
    let mut pixels: Vec<u32> = (0..u32::from(WIDTH) * u32::from(HEIGHT))
        .map(|i| i.wrapping_mul(0x9e37_79b1) >> 8)
        .collect();
    // Noise for a viewer that never answers: after what the line may hold, only an acknowledgement
    // helps.
    let mut now = Duration::ZERO;
    let mut wakes = 0;
    while now < Duration::from_secs(5) {
        let picture = Picture::new(WIDTH, HEIGHT, &pixels).unwrap();
        while encoder.poll_frame(&picture, now).is_some() {}
        wakes += 1;
        match encoder.timeout() {
            Some(at) => {
                assert!(at > now, "{at:?} at {now:?}");
                now = at;
            }
            None => break,
        }
    }
    assert!(wakes < 200, "{wakes} wakes");
    // A picture of another size is waited for in silence.
    pixels.truncate(100);
    let mut encoder = Encoder::new(WIDTH, HEIGHT, Caps::from_bits(0), Config::default());
    assert!(encoder.poll_frame(&Picture::new(10, 10, &pixels).unwrap(), now).is_none());
    assert_eq!(encoder.timeout(), None);
}

/// A large photograph on a narrow line: something like it at once, itself as soon as the line has
/// carried it.
#[cfg(feature = "h264")]
#[test]
fn a_photograph_is_seen_at_once_and_exact_later() {
    let mut world = World::new(5e6 / 8.0, 20, Caps::H264);
    world.run(1500);
    assert!(world.exact());
    world.paint(MOVIE, |x, y| {
        let grain = (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b))
            .wrapping_mul(0x27d4_eb2f)
            >> 28;
        ((x / 4 + grain) << 16) | ((y / 3 + grain) << 8) | ((x + y) / 6 + grain)
    });
    let start = world.now;
    while world.decoder.video().is_none() {
        assert!(world.now < start + Duration::from_millis(300), "nothing seen of it");
        world.tick();
    }
    world.run(2500);
    assert!(world.exact() && world.decoder.video().is_none());
    let sent = world.sent;
    world.run(1000);
    assert_eq!(world.sent, sent, "it rests");
}
