//! Keys and text for a VNC server.
//!
//! Physical keys go by scancode and keysym (QEMU's key event); the server's settings decide which
//! one counts (Xvnc takes the keysym unless started with `-RawKeyboard`).
//!
//! Text: characters of the keyboard are typed, with Shift where they stand above on a Japanese
//! keyboard: a server that turns a keysym back into a key (QEMU) would type what stands below. Any
//! other text is offered to the desktop as a selection in Unicode, and Shift-Insert makes the
//! active program paste it. Typing it by keysyms does not work: an X server gives each unknown
//! keysym a spare key. TigerVNC up to 1.14 never frees these keys, x11vnc frees them after five
//! minutes, a common layout has about twenty, and further characters are lost or become others. The
//! price is that typed text replaces the desktop's own clipboard; its content is never read. A
//! server without the extended clipboard gets ASCII alone.

use crate::contract::MOST_TEXT;
use crate::keys;
use rfb::Client;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// Time limit for a program to fetch the text it should paste; a program without a text field never
/// fetches it.
const FETCH: Duration = Duration::from_secs(1);
/// Pause between sending the text and the next key, so that the program gets the text first.
const SETTLE: Duration = Duration::from_millis(10);
/// So many texts in a row that nobody fetched, and none before them: the server takes notices and
/// passes them to nobody (QEMU without an agent in its guest).
const FUTILE: u32 = 3;
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
    /// Whether a text was ever fetched, and how many were not.
    fetched: bool,
    unfetched: u32,
    /// A text was not fetched, and that is not told yet.
    lost: bool,
}

#[derive(Debug)]
enum Stroke {
    Key {
        down: bool,
        usage: u16,
        keysym: u32,
    },
    Character(char),
    Paste(String),
    /// Everything is lifted.
    Lift,
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
        // Half of a word would be worse than none.
        if !self.takes_text(client) && !text.is_ascii() {
            return;
        }
        for part in text.split_inclusive(['\n', '\t']) {
            let plain = part.is_ascii();
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
        self.fetched = true;
        if std::mem::take(&mut self.offered) {
            self.due = Some(now + SETTLE);
        }
    }

    /// Whether text of any script arrives: by the extended clipboard, unless it leads nowhere.
    pub(super) fn takes_text(&self, client: &Client) -> bool {
        client.extensions().text && (self.fetched || self.unfetched < FUTILE)
    }

    /// Whether a text was lost since the last call.
    pub(super) fn lost(&mut self) -> bool {
        std::mem::take(&mut self.lost)
    }

    /// Whether something waits to be typed.
    pub(super) fn waits(&self) -> bool {
        !self.queue.is_empty()
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
        if std::mem::take(&mut self.offered) {
            self.unfetched = self.unfetched.saturating_add(1);
            self.lost = true;
        }
        while let Some(stroke) = self.queue.pop_front() {
            match stroke {
                Stroke::Key { down, usage, keysym } => self.send(client, down, usage, keysym),
                Stroke::Character(c) => self.character(client, c),
                Stroke::Lift => self.lift(client),
                Stroke::Paste(text) => {
                    self.paste(client, &text);
                    self.due = Some(now + FETCH);
                    self.offered = true;
                    return;
                }
            }
        }
    }

    pub(super) fn release_all(&mut self, client: &mut Client) {
        // What was pressed before is typed first: it waits for a text that is being fetched.
        self.later_or_now(client, Stroke::Lift);
    }

    fn lift(&mut self, client: &mut Client) {
        for ((usage, _), keysym) in std::mem::take(&mut self.down).into_iter().rev() {
            client.key(false, keysym, keys::by_usage(usage).map(keys::Key::qemu));
        }
    }

    fn character(&mut self, client: &mut Client, c: char) {
        let above = keys::typing(c).is_some_and(|(_, shifted)| shifted) && !self.shifted();
        if above {
            self.send(client, true, keys::LEFT_SHIFT, 0);
        }
        let keysym = keys::keysym_of(c);
        client.key(true, keysym, None);
        client.key(false, keysym, None);
        if above {
            self.send(client, false, keys::LEFT_SHIFT, 0);
        }
    }

    fn shifted(&self) -> bool {
        let shifts = [keys::LEFT_SHIFT, keys::RIGHT_SHIFT];
        shifts.iter().any(|shift| self.down.contains_key(&(*shift, 0)))
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
        let known = key.map_or(0, |key| if self.shifted() { key.shifted } else { key.plain });
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use rfb::{Config, Security};

    const SHIFT: u32 = 0xffe1;

    /// A client of a server that has shown no extension.
    fn client() -> Client {
        let mut client = Client::new(Config { accept: vec![Security::None], ..Config::default() });
        client.handle_bytes(b"RFB 003.008\n\x01\x01\0\0\0\0\x03\x20\x02\x58").unwrap();
        client.handle_bytes(&[0; 16]).unwrap();
        client.handle_bytes(&[0, 0, 0, 1, b'v']).unwrap();
        client.poll_transmit();
        client
    }

    /// The keysyms that went out: down, keysym.
    fn sent(client: &mut Client) -> Vec<(bool, u32)> {
        let bytes = client.poll_transmit().unwrap_or_default();
        let keys = bytes.chunks(8).map(|m| {
            assert_eq!((m[0], m.len()), (4, 8), "key events alone");
            (m[1] == 1, u32::from_be_bytes(m[4..].try_into().unwrap()))
        });
        keys.collect()
    }

    #[test]
    fn what_stands_above_is_typed_with_shift() {
        let (mut client, mut keyboard) = (client(), Keyboard::default());
        keyboard.text(&mut client, "aH_\n");
        let tap = |keysym| [(true, keysym), (false, keysym)];
        let above = |keysym| [(true, SHIFT), (true, keysym), (false, keysym), (false, SHIFT)];
        let wanted = [&tap(0x61)[..], &above(0x48), &above(0x5f), &tap(0xff0d)].concat();
        assert_eq!(sent(&mut client), wanted);
        // Shift that somebody holds is not lifted.
        keyboard.key(&mut client, true, keys::RIGHT_SHIFT, 0xffe2);
        keyboard.text(&mut client, "H");
        assert_eq!(sent(&mut client), [(true, 0xffe2), (true, 0x48), (false, 0x48)]);
    }

    /// A client of a server with the extended clipboard (rfbproto): text, and its notices.
    fn with_clipboard() -> Client {
        let mut client = client();
        let caps = (0x0900_0001_u32).to_be_bytes();
        let cut = [&[3, 0, 0, 0][..], &(-8_i32).to_be_bytes(), &caps, &[0; 4]].concat();
        client.handle_bytes(&cut).unwrap();
        client.poll_transmit();
        assert!(client.extensions().text);
        client
    }

    #[test]
    fn a_text_that_nobody_fetches_is_told_and_at_last_not_offered() {
        let (mut client, mut keyboard) = (with_clipboard(), Keyboard::default());
        for _ in 0..FUTILE {
            assert!(keyboard.takes_text(&client));
            keyboard.text(&mut client, "日本");
            let due = keyboard.due().unwrap();
            assert!(!keyboard.lost(), "not yet");
            keyboard.play(&mut client, due);
            assert_eq!((keyboard.lost(), keyboard.lost()), (true, false), "once");
        }
        assert!(!keyboard.takes_text(&client));
        client.poll_transmit();
        keyboard.text(&mut client, "日本");
        assert_eq!(client.poll_transmit(), None);

        // Where one was fetched, one that is not has met a program without a field for it.
        let mut keyboard = Keyboard::default();
        for fetched in [true, false, false, false, false] {
            keyboard.text(&mut client, "日本");
            if fetched {
                keyboard.taken(Instant::now());
            }
            while let Some(due) = keyboard.due() {
                keyboard.play(&mut client, due);
            }
            assert_eq!(keyboard.lost(), !fetched);
        }
        assert!(keyboard.takes_text(&client));
    }

    #[test]
    fn keys_behind_a_text_are_typed_though_everything_is_lifted_meanwhile() {
        let (mut client, mut keyboard) = (with_clipboard(), Keyboard::default());
        keyboard.text(&mut client, "日本");
        client.poll_transmit();
        for down in [true, false] {
            keyboard.key(&mut client, down, 0x28, 0xff0d);
        }
        keyboard.key(&mut client, true, 0xe0, 0xffe3);
        keyboard.release_all(&mut client);
        assert_eq!(sent(&mut client), [], "after the text");
        keyboard.taken(Instant::now());
        let due = keyboard.due().unwrap();
        keyboard.play(&mut client, due);
        let wanted = [(true, 0xff0d), (false, 0xff0d), (true, 0xffe3), (false, 0xffe3)];
        assert_eq!(sent(&mut client), wanted);
        assert!(!keyboard.waits());
    }

    #[test]
    fn text_that_would_be_garbled_is_not_typed() {
        let (mut client, mut keyboard) = (client(), Keyboard::default());
        for text in ["日本語の入力", "Tokyo_2026 (α>β)", "café"] {
            keyboard.text(&mut client, text);
            assert_eq!(sent(&mut client), [], "{text}: and no half of it");
        }
        assert_eq!(keyboard.due(), None);
    }
}
