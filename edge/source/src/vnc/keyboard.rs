//! Keys and text for a VNC server.
//!
//! Physical keys go by scancode and keysym (QEMU's key event); the server's settings decide which
//! one counts (Xvnc takes the keysym unless started with `-RawKeyboard`).
//!
//! Text: characters of the keyboard are typed. Any other text is offered to the desktop as a
//! selection in Unicode, and Shift-Insert makes the active program paste it. Typing it by keysyms
//! does not work: an X server gives each unknown keysym a spare key. TigerVNC up to 1.14 never
//! frees these keys, a common layout has about twenty, and further characters are lost silently.
//! The price is that typed text replaces the desktop's own clipboard; its content is never read.
//! Servers without the extended clipboard get keysyms, a few at a time.

use crate::contract::MOST_TEXT;
use crate::keys;
use rfb::Client;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Programs must learn the character of a spare key before the key is used for another one: so many
/// are sent at a time, with a pause after them.
const BURST: usize = 8;
const PAUSE: Duration = Duration::from_millis(20);
/// Time limit for a program to fetch the text it should paste; a program without a text field never
/// fetches it.
const FETCH: Duration = Duration::from_secs(1);
/// Pause between sending the text and the next key, so that the program gets the text first.
const SETTLE: Duration = Duration::from_millis(10);
/// Most waiting key strokes; further ones are dropped.
const MOST_WAITING: usize = 4 * MOST_TEXT;

/// Keys that are down, and text still to be typed.
#[derive(Debug, Default)]
pub(super) struct Keyboard {
    /// Keysym sent for each key that is down, by usage (or by keysym, for keys without one).
    down: BTreeMap<(u16, u32), u32>,
    queue: VecDeque<Stroke>,
    /// When the next stroke may be typed.
    due: Option<Instant>,
    /// A text was offered and has not been fetched yet.
    offered: bool,
}

#[derive(Debug)]
enum Stroke {
    Key { down: bool, usage: u16, keysym: u32 },
    Character(char),
    Paste(String),
}

impl Keyboard {
    pub(super) fn key(&mut self, client: &mut Client, down: bool, usage: u16, keysym: u32) {
        self.later_or_now(client, Stroke::Key { down, usage, keysym });
    }

    pub(super) fn text(&mut self, client: &mut Client, text: &str) {
        let cut = text
            .char_indices()
            .take_while(|(i, c)| i + c.len_utf8() <= MOST_TEXT)
            .last()
            .map_or(0, |(i, c)| i + c.len_utf8());
        let text = text.get(..cut).unwrap_or_default();
        for part in text.split_inclusive(['\n', '\t']) {
            let plain = part.is_ascii() || !client.extensions().text;
            let (body, end) = match part.strip_suffix(['\n', '\t']) {
                Some(body) if !plain => (body, part.chars().last()),
                _ => ("", None),
            };
            if plain {
                self.queue.extend(
                    part.chars()
                        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
                        .map(Stroke::Character),
                );
            } else {
                let body = if end.is_some() { body } else { part };
                self.queue
                    .push_back(Stroke::Paste(body.chars().filter(|c| !c.is_control()).collect()));
                self.queue.extend(end.map(Stroke::Character));
            }
        }
        self.queue.truncate(MOST_WAITING);
        self.play(client, Instant::now());
    }

    /// The text that was offered has been fetched.
    pub(super) fn taken(&mut self, now: Instant) {
        if std::mem::take(&mut self.offered) {
            self.due = Some(now + SETTLE);
        }
    }

    /// When the next stroke may go out.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| !self.queue.is_empty() || self.offered)
    }

    /// Types what may go out now.
    pub(super) fn play(&mut self, client: &mut Client, now: Instant) {
        if self.due.is_some_and(|due| now < due) {
            return;
        }
        self.due = None;
        self.offered = false;
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
                Stroke::Paste(text) => {
                    self.paste(client, &text);
                    self.due = Some(now + FETCH);
                    self.offered = true;
                    return;
                }
            }
            if unusual == BURST {
                self.due = Some(now + PAUSE);
                return;
            }
        }
    }

    pub(super) fn release_all(&mut self, client: &mut Client) {
        self.queue.retain(|stroke| !matches!(stroke, Stroke::Key { .. }));
        self.lift(client);
    }

    fn lift(&mut self, client: &mut Client) {
        for ((usage, _), keysym) in std::mem::take(&mut self.down).into_iter().rev() {
            client.key(false, keysym, keys::by_usage(usage).map(keys::Key::qemu));
        }
    }

    /// Offers a text and presses Shift-Insert, with nothing else held.
    fn paste(&mut self, client: &mut Client, text: &str) {
        client.offer_text(text);
        self.lift(client);
        for (down, usage) in [
            (true, keys::LEFT_SHIFT),
            (true, keys::INSERT),
            (false, keys::INSERT),
            (false, keys::LEFT_SHIFT),
        ] {
            self.send(client, down, usage, 0);
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
        let shifted = [keys::LEFT_SHIFT, keys::RIGHT_SHIFT]
            .iter()
            .any(|shift| self.down.contains_key(&(*shift, 0)));
        let known = key.map_or(0, |key| if shifted { key.shifted } else { key.plain });
        // A key is released with the keysym it was pressed with, whatever Shift did since.
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
