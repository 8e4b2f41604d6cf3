//! The built-in sample desktop: a drawn text pad, for demos and tests.
//!
//! It is deterministic: the same inputs give the same pictures. Time enters only while the moving
//! picture is switched on (a button), 24 pictures a second.

mod layout;
mod pad;
mod paint;

use crate::{Caps, Cursor, Error, Event, Frame, Input, Source};
use pad::Pad;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Time between two pictures of the moving area.
const BEAT: Duration = Duration::from_nanos(1_000_000_000 / 24);

/// The sample desktop.
#[derive(Debug)]
pub struct Sample {
    pad: Pad,
    waiting: VecDeque<Event>,
    beat: Option<Instant>,
}

impl Sample {
    /// A sample of this size in pixels, brought into 320 x 240 to 4096 x 2304.
    pub fn new(width: u16, height: u16) -> Sample {
        let pad = Pad::new(width, height);
        let (width, height) = pad.size();
        let waiting = VecDeque::from([Event::Resized { width, height }, Event::Cursor(arrow())]);
        Sample { pad, waiting, beat: None }
    }

    /// What has been typed, for tests.
    pub fn text(&self) -> String {
        self.pad.text()
    }
}

impl Source for Sample {
    async fn next(&mut self) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(event);
            }
            let damage = self.pad.take_damage();
            if !damage.is_empty() {
                return Ok(Event::Damage(damage));
            }
            if !self.pad.is_moving() {
                self.beat = None;
                // Only an input ends this wait. It needs `&mut self`, so the caller drops the
                // future first.
                std::future::pending::<()>().await;
            }
            let due = *self.beat.get_or_insert_with(|| Instant::now() + BEAT);
            sleep_until(due).await;
            // Pictures that nobody waited for are skipped.
            self.beat = Some(Instant::now().max(due) + BEAT);
            self.pad.step();
        }
    }

    async fn input(&mut self, input: Input) -> Result<(), Error> {
        if let Some((width, height)) = self.pad.handle(input) {
            self.pad.take_damage();
            self.waiting.retain(|event| !matches!(event, Event::Resized { .. }));
            self.waiting.push_back(Event::Resized { width, height });
        }
        Ok(())
    }

    fn frame(&self) -> Frame<'_> {
        self.pad.frame()
    }

    fn caps(&self) -> Caps {
        Caps { resize: true, text: true, credentials: false }
    }

    fn name(&self) -> &str {
        "Noren sample"
    }
}

/// An arrow: white with a black edge.
pub(crate) fn arrow() -> Cursor {
    const ROWS: [&[u8]; 16] = [
        b"X          ",
        b"XX         ",
        b"X.X        ",
        b"X..X       ",
        b"X...X      ",
        b"X....X     ",
        b"X.....X    ",
        b"X......X   ",
        b"X.......X  ",
        b"X........X ",
        b"X.....XXXXX",
        b"X..X..X    ",
        b"X.X X..X   ",
        b"XX  X..X   ",
        b"X    X..X  ",
        b"      XX   ",
    ];
    let rgba = ROWS
        .iter()
        .flat_map(|row| row.iter())
        .flat_map(|dot| match dot {
            b'X' => [0, 0, 0, 255],
            b'.' => [255, 255, 255, 255],
            _ => [0; 4],
        })
        .collect();
    Cursor { hot_x: 0, hot_y: 0, width: 11, height: 16, rgba }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replays events onto a copy, as a viewer would.
    struct Mirror {
        width: usize,
        pixels: Vec<u32>,
    }

    impl Mirror {
        fn new() -> Mirror {
            Mirror { width: 0, pixels: Vec::new() }
        }

        fn apply(&mut self, event: &Event, frame: Frame<'_>) {
            match event {
                Event::Resized { .. } => {
                    self.width = usize::from(frame.width);
                    self.pixels = (0..frame.height).flat_map(|y| frame.row(y).to_vec()).collect();
                }
                Event::Damage(damage) => {
                    for step in &damage.moves {
                        let old = self.pixels.clone();
                        for y in 0..usize::from(step.to.height) {
                            let from = (usize::from(step.from_y) + y) * self.width
                                + usize::from(step.from_x);
                            let to =
                                (usize::from(step.to.y) + y) * self.width + usize::from(step.to.x);
                            let n = usize::from(step.to.width);
                            self.pixels[to..to + n].copy_from_slice(&old[from..from + n]);
                        }
                    }
                    for rect in &damage.rects {
                        for y in rect.y..rect.y + rect.height {
                            let (x, n) = (usize::from(rect.x), usize::from(rect.width));
                            let to = usize::from(y) * self.width + x;
                            self.pixels[to..to + n].copy_from_slice(&frame.row(y)[x..x + n]);
                        }
                    }
                }
                Event::Cursor(_) | Event::TextNotTaken | Event::Closed => {}
            }
        }
    }

    async fn settle(sample: &mut Sample, mirror: &mut Mirror) -> Vec<Event> {
        let mut events = Vec::new();
        while !sample.waiting.is_empty() || sample.pad.has_damage() {
            let event = sample.next().await.unwrap();
            mirror.apply(&event, sample.frame());
            events.push(event);
        }
        let shown: Vec<u32> =
            (0..sample.frame().height).flat_map(|y| sample.frame().row(y).to_vec()).collect();
        assert!(mirror.pixels == shown, "the damage reported does not lead to the picture");
        events
    }

    fn press(usage: u16, keysym: u32) -> Input {
        Input::Key { down: true, usage, keysym }
    }

    #[tokio::test]
    async fn typing_and_text_show() {
        let (mut sample, mut mirror) = (Sample::new(800, 600), Mirror::new());
        let first = settle(&mut sample, &mut mirror).await;
        assert_eq!(first[0], Event::Resized { width: 800, height: 600 });
        let before = sample.text();
        sample.input(press(0x04, u32::from('a'))).await.unwrap();
        let events = settle(&mut sample, &mut mirror).await;
        let Some(Event::Damage(damage)) = events.first() else { panic!("no damage") };
        assert!(
            damage.rects.iter().map(Rect::area).sum::<usize>() < 800 * 100,
            "a key repaints little: {damage:?}"
        );
        sample.input(Input::Text("庁内メモ".into())).await.unwrap();
        settle(&mut sample, &mut mirror).await;
        assert_eq!(sample.text(), format!("{before}a庁内メモ"));
        sample.input(press(0x2a, 0)).await.unwrap();
        sample.input(press(0xe1, 0)).await.unwrap();
        sample.input(press(0x87, 0)).await.unwrap();
        settle(&mut sample, &mut mirror).await;
        assert_eq!(sample.text(), format!("{before}a庁内メ_"));
    }

    #[tokio::test]
    async fn scrolling_moves_pixels() {
        let (mut sample, mut mirror) = (Sample::new(640, 480), Mirror::new());
        settle(&mut sample, &mut mirror).await;
        for dy in [-240, 120, 60, 60] {
            sample.input(Input::Wheel { x: 100, y: 200, dx: 0, dy }).await.unwrap();
            let events = settle(&mut sample, &mut mirror).await;
            for event in events {
                let Event::Damage(damage) = event else { panic!("{event:?}") };
                assert_eq!(damage.moves.len(), 1, "dy {dy}");
            }
        }
    }

    #[tokio::test]
    async fn resizing_and_hostile_input() {
        let (mut sample, mut mirror) = (Sample::new(1, 1), Mirror::new());
        settle(&mut sample, &mut mirror).await;
        assert_eq!((sample.frame().width, sample.frame().height), (320, 240));
        for input in [
            Input::Resize { width: u16::MAX, height: u16::MAX },
            Input::Resize { width: 0, height: 0 },
            Input::Pointer { x: u16::MAX, y: u16::MAX, buttons: 0xff },
            Input::Wheel { x: u16::MAX, y: 0, dx: i16::MIN, dy: i16::MIN },
            Input::Wheel { x: 0, y: 0, dx: i16::MAX, dy: i16::MAX },
            press(0xffff, u32::MAX),
            Input::Text("\u{0}\u{7f}\u{202e}x\r\n\t".repeat(2000)),
            Input::ReleaseAll,
        ] {
            sample.input(input).await.unwrap();
            settle(&mut sample, &mut mirror).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_moving_area_moves_only_when_asked() {
        let (mut sample, mut mirror) = (Sample::new(800, 600), Mirror::new());
        settle(&mut sample, &mut mirror).await;
        let (x, y) = sample.pad.button_center(layout::Button::Animate);
        for buttons in [1, 0] {
            sample.input(Input::Pointer { x, y, buttons }).await.unwrap();
        }
        settle(&mut sample, &mut mirror).await;
        for _ in 0..5 {
            let event = sample.next().await.unwrap();
            assert!(matches!(event, Event::Damage(_)));
            mirror.apply(&event, sample.frame());
        }
        for buttons in [1, 0] {
            sample.input(Input::Pointer { x, y, buttons }).await.unwrap();
        }
        settle(&mut sample, &mut mirror).await;
        assert!(!sample.pad.is_moving());
    }

    use rfb::Rect;
}
