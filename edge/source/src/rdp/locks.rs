//! The lock keys of the keyboard at home, as far as its keys tell.
//!
//! No message says how NumLock and CapsLock are at home: the keysym of a key does. A pad that types
//! figures has NumLock on; a capital letter without Shift comes from CapsLock. The desktop is told
//! only where it would type something else.

use crate::keys;
use ironrdp_pdu::input::fast_path::FastPathInputEvent;

/// Usages of letters, of the keys of the pad with two meanings, and of the lock keys.
const LETTERS: std::ops::RangeInclusive<u16> = 0x04..=0x1d;
const PAD: std::ops::RangeInclusive<u16> = 0x59..=0x63;
const CAPS_LOCK: u16 = 0x39;
const NUM_LOCK: u16 = 0x53;

/// What the desktop was told of the lock keys; `None` where that is not known.
#[derive(Debug, Default)]
pub(super) struct Locks {
    num: Option<bool>,
    caps: Option<bool>,
    /// Whether the letters last typed at home were kana.
    kana: bool,
}

/// Modifiers that are down while a key is pressed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Modifiers {
    pub(super) shift: bool,
    /// Control, Alt or the Windows key: the key is a command, and its keysym tells no lock.
    pub(super) command: bool,
}

impl Locks {
    /// What the desktop is to be told before this key goes down.
    pub(super) fn before(
        &mut self,
        usage: u16,
        keysym: u32,
        modifiers: Modifiers,
    ) -> Option<FastPathInputEvent> {
        match usage {
            // The desktop turns it; what it is then, the next key shows.
            NUM_LOCK => self.num = None,
            CAPS_LOCK => self.caps = None,
            _ => {}
        }
        if LETTERS.contains(&usage) && keysym != 0 {
            self.kana = keys::char_of(keysym).is_some_and(is_kana);
        }
        self.be(num_lock(usage, keysym), caps_lock(usage, keysym, modifiers))
    }

    /// The same before a character that is typed by its key, for which CapsLock must be off.
    pub(super) fn before_typing(&mut self) -> Option<FastPathInputEvent> {
        self.be(None, Some(false))
    }

    fn be(&mut self, num: Option<bool>, caps: Option<bool>) -> Option<FastPathInputEvent> {
        let (num, caps) = (num.or(self.num), caps.or(self.caps));
        if (num, caps) == (self.num, self.caps) {
            return None;
        }
        (self.num, self.caps) = (num, caps);
        // One event tells of all locks. A pad types figures where nobody has said otherwise.
        let (num, caps) = (num.unwrap_or(true), caps.unwrap_or(false));
        Some(ironrdp_input::synchronize_event(false, num, caps, self.kana))
    }
}

fn num_lock(usage: u16, keysym: u32) -> Option<bool> {
    match keysym {
        _ if !PAD.contains(&usage) => None,
        // The figures, and the separators of decimals.
        0xffb0..=0xffb9 | 0xffac | 0xffae => Some(true),
        // Home, the arrows, Page Up and Down, End, Begin, Insert, Delete.
        0xff95..=0xff9f => Some(false),
        _ => None,
    }
}

fn caps_lock(usage: u16, keysym: u32, modifiers: Modifiers) -> Option<bool> {
    let letter = char::from_u32(keysym).filter(char::is_ascii_alphabetic)?;
    let says = LETTERS.contains(&usage) && !modifiers.command;
    says.then(|| letter.is_ascii_uppercase() != modifiers.shift)
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{ff61}'..='\u{ff9f}')
}
