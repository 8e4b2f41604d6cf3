//! What the tests with real servers share: starting and ending them, an X client, and a viewer's
//! copy of the picture.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    reason = "each test program uses its part"
)]

pub mod servers;
pub mod x;

use source::{Damage, Error, Event, Frame, Source};
use std::time::Duration;

/// How long a condition may take to come true. Far more than needed: reaching it means that it does
/// not hold.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A copy of the picture that is kept by the events alone, as the agent keeps one.
#[derive(Default)]
pub struct Mirror {
    pub width: usize,
    pub pixels: Vec<u32>,
    pub moves: usize,
    pub damaged: usize,
}

impl Mirror {
    pub fn apply(&mut self, event: &Event, frame: Frame<'_>) {
        match event {
            Event::Resized { width, height } => {
                assert_eq!((frame.width, frame.height), (*width, *height));
                self.width = usize::from(*width);
                self.pixels = (0..frame.height).flat_map(|y| frame.row(y).to_vec()).collect();
            }
            Event::Damage(Damage { moves, rects }) => {
                self.moves += moves.len();
                for step in moves {
                    let old = self.pixels.clone();
                    for y in 0..usize::from(step.to.height) {
                        let from =
                            (usize::from(step.from_y) + y) * self.width + usize::from(step.from_x);
                        let to = (usize::from(step.to.y) + y) * self.width + usize::from(step.to.x);
                        let n = usize::from(step.to.width);
                        self.pixels[to..to + n].copy_from_slice(&old[from..from + n]);
                    }
                }
                for rect in rects {
                    self.damaged += rect.area();
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

/// Follows events until the condition holds; it is tried before each event.
pub async fn follow<S: Source>(
    source: &mut S,
    mirror: &mut Mirror,
    mut done: impl FnMut(&Mirror, Option<&Event>) -> bool,
) {
    let work = async {
        let mut last = None;
        while !done(mirror, last.as_ref()) {
            let event = source.next().await.expect("the session goes on");
            mirror.apply(&event, source.frame());
            last = Some(event);
        }
    };
    tokio::time::timeout(PATIENCE, work).await.expect("the condition comes true");
}

/// Follows events until the session fails.
pub async fn until_error<S: Source>(source: &mut S) -> Error {
    let work = async {
        loop {
            if let Err(error) = source.next().await {
                return error;
            }
        }
    };
    tokio::time::timeout(PATIENCE, work).await.expect("the session ends")
}

/// Follows events in the background of a condition that is told elsewhere (an X client, a log).
pub async fn meanwhile<S: Source>(
    source: &mut S,
    mirror: &mut Mirror,
    mut done: impl FnMut() -> bool,
) {
    let work = async {
        while !done() {
            // The other side has no way to wake this one: look again shortly.
            if let Ok(event) = tokio::time::timeout(Duration::from_millis(5), source.next()).await {
                mirror.apply(&event.expect("the session goes on"), source.frame());
            }
        }
    };
    tokio::time::timeout(PATIENCE, work).await.expect("the condition comes true");
}
