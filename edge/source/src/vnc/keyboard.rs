//! Keys and text for a VNC server.
//!
//! Physical keys go by scancode where the server takes them (QEMU's key event): the office's own layout and input method
//! then decide. Text goes by keysym.

use crate::contract::MOST_TEXT;
use crate::keys;
use rfb::Client;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// An X server gives an unknown character a spare key, and programs must learn of it before the key is used for
/// another: this many such characters at a time, with a pause after.
const BURST: usize = 8;
const PAUSE: Duration = Duration::from_millis(20);
/// Strokes that wait for their turn; what comes on top is left out.
const MOST_WAITING: usize = 4 * MOST_TEXT;

/// What is held down, and what is still to be typed.
#[derive(Debug, Default)]
pub(super) struct Keyboard {
    /// Keysym sent for each key that is down, by usage (or by keysym, for keys without one).
    down: BTreeMap<(u16, u32), u32>,
    queue: VecDeque<Stroke>,
    due: Option<Instant>,
}

#[derive(Debug)]
enum Stroke {
    Key { down: bool, usage: u16, keysym: u32 },
    Character(char),
}

impl Keyboard {
    pub(super) fn key(&mut self, client: &mut Client, down: bool, usage: u16, keysym: u32) {
        self.later_or_now(client, Stroke::Key { down, usage, keysym });
    }

    pub(super) fn text(&mut self, client: &mut Client, text: &str) {
        let mut length = 0;
        for c in text.chars() {
            length += c.len_utf8();
            if length > MOST_TEXT {
                break;
            }
            if matches!(c, '\n' | '\t') || !c.is_control() {
                self.queue.push_back(Stroke::Character(c));
            }
        }
        self.play(client, Instant::now());
    }

    /// When the next stroke may go out.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| !self.queue.is_empty())
    }

    /// Types what may go out now.
    pub(super) fn play(&mut self, client: &mut Client, now: Instant) {
        if self.due.is_some_and(|due| now < due) {
            return;
        }
        self.due = None;
        let mut unusual = 0;
        while let Some(stroke) = self.queue.pop_front() {
            match stroke {
                Stroke::Key { down, usage, keysym } => self.send(client, down, usage, keysym),
                Stroke::Character(c) => {
                    let keysym = keys::keysym_of(c);
                    client.key(true, keysym, None);
                    client.key(false, keysym, None);
                    unusual += usize::from(!c.is_ascii());
                }
            }
            if unusual == BURST {
                self.due = Some(now + PAUSE);
                return;
            }
        }
    }

    pub(super) fn release_all(&mut self, client: &mut Client) {
        self.queue.retain(|stroke| matches!(stroke, Stroke::Character(_)));
        for (usage, keysym) in std::mem::take(&mut self.down).into_iter().rev().map(|((usage, _), keysym)| (usage, keysym)) {
            client.key(false, keysym, keys::by_usage(usage).map(keys::Key::qemu));
        }
    }

    fn later_or_now(&mut self, client: &mut Client, stroke: Stroke) {
        if self.queue.len() < MOST_WAITING {
            self.queue.push_back(stroke);
        }
        self.play(client, Instant::now());
    }

    fn send(&mut self, client: &mut Client, down: bool, usage: u16, keysym: u32) {
        let key = keys::by_usage(usage);
        let slot = (usage, if key.is_some() { 0 } else { keysym });
        let shifted = [keys::LEFT_SHIFT, keys::RIGHT_SHIFT].iter().any(|shift| self.down.contains_key(&(*shift, 0)));
        let known = key.map_or(0, |key| if shifted { key.shifted } else { key.plain });
        // A key is lifted with the keysym it was pressed with, whatever Shift has done since.
        let keysym = match self.down.get(&slot) {
            Some(pressed) if !down => *pressed,
            _ if keysym != 0 => keysym,
            _ => known,
        };
        if keysym == 0 && key.is_none() {
            return;
        }
        if down {
            self.down.insert(slot, keysym);
        } else {
            self.down.remove(&slot);
        }
        client.key(down, keysym, key.map(keys::Key::qemu));
    }
}
