//! Input events of RDP: scancodes for keys, Unicode for text.

use super::locks::{Locks, Modifiers};
use crate::Input;
use crate::contract::MOST_TEXT;
use crate::keys;
use crate::wheel::notches;
use ironrdp_input::{Database, MouseButton, MousePosition, Operation, Scancode, WheelRotations};
use ironrdp_pdu::input::fast_path::{FastPathInputEvent, KeyboardFlags};

const PAUSE: u16 = 0x48;
/// The modifiers, by usage: Control, Shift, Alt and the Windows key, left and right.
const MODIFIERS: std::ops::RangeInclusive<u16> = 0xe0..=0xe7;

/// Keys and buttons that are down.
pub(super) struct Hands {
    state: Database,
    locks: Locks,
    /// Whether the server takes characters as Unicode. One that does not gets the keys of a
    /// Japanese keyboard, and of characters those that stand on it.
    unicode: bool,
    buttons: u8,
    wheel: (i32, i32),
}

impl Hands {
    pub(super) fn new(unicode: bool) -> Hands {
        let (state, locks) = (Database::new(), Locks::default());
        Hands { state, locks, unicode, buttons: 0, wheel: (0, 0) }
    }

    pub(super) fn events(
        &mut self,
        input: Input,
        (width, height): (u16, u16),
    ) -> Vec<FastPathInputEvent> {
        let place = |x: u16, y: u16| {
            Operation::MouseMove(MousePosition {
                x: x.min(width.saturating_sub(1)),
                y: y.min(height.saturating_sub(1)),
            })
        };
        match input {
            Input::Pointer { x, y, buttons } => {
                let mut operations = vec![place(x, y)];
                let all = [
                    MouseButton::Left,
                    MouseButton::Middle,
                    MouseButton::Right,
                    MouseButton::X1,
                    MouseButton::X2,
                ];
                for (i, button) in all.into_iter().enumerate() {
                    if (buttons ^ self.buttons) & (1 << i) != 0 {
                        let down = buttons & (1 << i) != 0;
                        operations.push(if down {
                            Operation::MouseButtonPressed(button)
                        } else {
                            Operation::MouseButtonReleased(button)
                        });
                    }
                }
                self.buttons = buttons;
                self.state.apply(operations).to_vec()
            }
            Input::Wheel { x, y, dx, dy } => {
                let mut operations = vec![place(x, y)];
                // RDP counts upwards and to the right.
                for (is_vertical, count) in [
                    (true, -notches(&mut self.wheel.1, dy)),
                    (false, notches(&mut self.wheel.0, dx)),
                ] {
                    let rotation_units = 120 * count.signum() as i16;
                    let turn =
                        Operation::WheelRotations(WheelRotations { is_vertical, rotation_units });
                    operations.extend(std::iter::repeat_n(turn, count.unsigned_abs() as usize));
                }
                self.state.apply(operations).to_vec()
            }
            Input::Key { down, usage, keysym } => self.key(down, usage, keysym),
            Input::Text(text) => self.text(&text),
            Input::ReleaseAll => {
                self.buttons = 0;
                self.state.release_all().to_vec()
            }
            Input::Resize { .. } => Vec::new(),
        }
    }

    fn key(&mut self, down: bool, usage: u16, keysym: u32) -> Vec<FastPathInputEvent> {
        let place = keys::by_usage(usage);
        if place.is_none()
            && let Some(c) = keys::char_of(keysym)
            && !self.is_command(down, keysym)
        {
            return self.character(c, down);
        }
        // A keyboard on glass tells no places: its Enter and its Ctrl+C are found by their meaning.
        match place.or_else(|| keys::by_keysym(keysym)) {
            Some(key) if key.usage == PAUSE => pause(down),
            Some(key) => {
                let mut events = Vec::new();
                if down {
                    let told = self.locks.before(key.usage, keysym, self.modifiers());
                    events.extend(self.synchronized(told));
                }
                events.extend(self.state.apply([stroke(key, down)]));
                events
            }
            None => Vec::new(),
        }
    }

    /// Whether a key without a place is pressed as a command, or was: Control may be up already.
    fn is_command(&self, down: bool, keysym: u32) -> bool {
        let pressed =
            || keys::by_keysym(keysym).is_some_and(|key| self.state.is_key_pressed(code(key)));
        self.modifiers().command || (!down && pressed())
    }

    /// A character without a key.
    fn character(&mut self, c: char, down: bool) -> Vec<FastPathInputEvent> {
        if self.unicode {
            let stroke = if down {
                Operation::UnicodeKeyPressed(c)
            } else {
                Operation::UnicodeKeyReleased(c)
            };
            return self.state.apply([stroke]).to_vec();
        }
        if down { self.typed(c) } else { Vec::new() }
    }

    fn text(&mut self, text: &str) -> Vec<FastPathInputEvent> {
        let mut events = Vec::new();
        // Half of a word would be worse than none: what cannot be typed in full is not typed.
        if !self.unicode && !text.chars().all(|c| c.is_ascii()) {
            return events;
        }
        for (i, c) in text.char_indices() {
            if i + c.len_utf8() > MOST_TEXT {
                break;
            }
            match c {
                '\n' | '\t' => events.extend(self.typed(c)),
                c if c.is_control() => {}
                c if self.unicode => {
                    let strokes =
                        [Operation::UnicodeKeyPressed(c), Operation::UnicodeKeyReleased(c)];
                    events.extend(self.state.apply(strokes));
                }
                c => events.extend(self.typed(c)),
            }
        }
        events
    }

    /// A character by its key on a Japanese keyboard, with Shift where it stands above.
    fn typed(&mut self, c: char) -> Vec<FastPathInputEvent> {
        let Some((key, shifted)) = keys::typing(c) else { return Vec::new() };
        let mut events = Vec::new();
        if c.is_ascii_alphabetic() {
            let told = self.locks.before_typing();
            events.extend(self.synchronized(told));
        }
        let shift = keys::by_usage(keys::LEFT_SHIFT).filter(|_| shifted && !self.modifiers().shift);
        let strokes = shift
            .map(|shift| stroke(shift, true))
            .into_iter()
            .chain([stroke(key, true), stroke(key, false)])
            .chain(shift.map(|shift| stroke(shift, false)));
        events.extend(self.state.apply(strokes));
        events
    }

    /// The event, and again the modifiers that are down: it lifts all keys at the server
    /// (MS-RDPBCGR 2.2.8.1.1.3.1.1.5).
    fn synchronized(&self, event: Option<FastPathInputEvent>) -> Vec<FastPathInputEvent> {
        let Some(event) = event else { return Vec::new() };
        let held = MODIFIERS
            .filter_map(keys::by_usage)
            .filter(|key| self.state.is_key_pressed(code(key)))
            .map(|key| {
                let flags =
                    if key.extended { KeyboardFlags::EXTENDED } else { KeyboardFlags::empty() };
                FastPathInputEvent::KeyboardEvent(flags, key.scan)
            });
        std::iter::once(event).chain(held).collect()
    }

    fn modifiers(&self) -> Modifiers {
        let down = |usages: [u16; 2]| {
            usages
                .into_iter()
                .filter_map(keys::by_usage)
                .any(|key| self.state.is_key_pressed(code(key)))
        };
        let command = down([0xe0, 0xe4]) || down([0xe2, 0xe6]) || down([0xe3, 0xe7]);
        Modifiers { shift: down([keys::LEFT_SHIFT, keys::RIGHT_SHIFT]), command }
    }
}

fn code(key: &keys::Key) -> Scancode {
    Scancode::from_u8(key.extended, key.scan)
}

fn stroke(key: &keys::Key, down: bool) -> Operation {
    let code = code(key);
    if down { Operation::KeyPressed(code) } else { Operation::KeyReleased(code) }
}

/// Pause is the one key with two scancodes (MS-RDPBCGR, 2.2.8.1.2.2.1).
fn pause(down: bool) -> Vec<FastPathInputEvent> {
    let release = if down { KeyboardFlags::empty() } else { KeyboardFlags::RELEASE };
    vec![
        FastPathInputEvent::KeyboardEvent(release | KeyboardFlags::EXTENDED1, 0x1d),
        FastPathInputEvent::KeyboardEvent(release, 0x45),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use FastPathInputEvent::{KeyboardEvent as K, SyncEvent as Sync, UnicodeKeyboardEvent as U};
    use ironrdp_pdu::input::fast_path::SynchronizeFlags as Lock;

    const UP: KeyboardFlags = KeyboardFlags::RELEASE;
    const DOWN: KeyboardFlags = KeyboardFlags::empty();
    const SHIFT: u16 = 0xe1;
    const CONTROL: u16 = 0xe0;

    fn key(down: bool, usage: u16, keysym: u32) -> Input {
        Input::Key { down, usage, keysym }
    }

    fn told(hands: &mut Hands, inputs: &[Input]) -> Vec<FastPathInputEvent> {
        inputs.iter().flat_map(|input| hands.events(input.clone(), (800, 600))).collect()
    }

    /// The locks told before each of these keys, pressed and lifted one after the other.
    fn locks(hands: &mut Hands, keys: &[(u16, u32)]) -> Vec<Option<Lock>> {
        let mut locks = |&(usage, keysym): &(u16, u32)| {
            let events = told(hands, &[key(true, usage, keysym), key(false, usage, keysym)]);
            events.into_iter().find_map(|e| if let Sync(lock) = e { Some(lock) } else { None })
        };
        keys.iter().map(&mut locks).collect()
    }

    #[test]
    fn keys_without_a_place_are_found_by_their_meaning() {
        let mut hands = Hands::new(true);
        // Enter, Backspace, the left arrow, Delete, Tab: as a keyboard on glass tells them.
        let pressed = |scan, extended| {
            let e = if extended { KeyboardFlags::EXTENDED } else { DOWN };
            vec![K(e, scan), K(e | UP, scan)]
        };
        for (keysym, scan, extended) in [
            (0xff0d, 0x1c, false),
            (0xff08, 0x0e, false),
            (0xff51, 0x4b, true),
            (0xffff, 0x53, true),
            (0xff09, 0x0f, false),
        ] {
            let inputs = [key(true, 0, keysym), key(false, 0, keysym)];
            assert_eq!(told(&mut hands, &inputs), pressed(scan, extended), "{keysym:x}");
        }
        // A letter is a character, with Control it is a key.
        assert_eq!(
            told(&mut hands, &[key(true, 0, 0x61), key(false, 0, 0x61)]),
            [U(DOWN, 0x61), U(UP, 0x61)]
        );
        let copy =
            [key(true, 0, 0xffe3), key(true, 0, 0x63), key(false, 0, 0x63), key(false, 0, 0xffe3)];
        assert_eq!(
            told(&mut hands, &copy),
            [K(DOWN, 0x1d), K(DOWN, 0x2e), K(UP, 0x2e), K(UP, 0x1d)]
        );
        // Control is lifted first.
        let copy = [copy[0].clone(), copy[1].clone(), copy[3].clone(), copy[2].clone()];
        assert_eq!(
            told(&mut hands, &copy),
            [K(DOWN, 0x1d), K(DOWN, 0x2e), K(UP, 0x1d), K(UP, 0x2e)]
        );
        assert_eq!(told(&mut hands, &[key(true, 0, 0), key(true, 0, 0x0fff)]), []);
    }

    #[test]
    fn the_pad_types_what_it_types_at_home() {
        let (on, off) = (Some(Lock::NUM_LOCK), Some(Lock::empty()));
        let mut hands = Hands::new(true);
        // 1 5 . + with NumLock on; then NumLock at home off: End, Begin, Delete.
        let figures = [(0x59, 0xffb1), (0x5d, 0xffb5), (0x63, 0xffae), (0x57, 0xffab)];
        assert_eq!(locks(&mut hands, &figures), [on, None, None, None]);
        let places = [(0x53, 0xff7f), (0x59, 0xff9c), (0x5d, 0xff9d), (0x63, 0xff9f)];
        assert_eq!(locks(&mut hands, &places), [None, off, None, None]);
        assert_eq!(locks(&mut hands, &[(0x62, 0xffb0)]), [on], "turned where nobody saw it");
        // The arrows beside the pad have one meaning.
        assert_eq!(locks(&mut hands, &[(0x4f, 0xff53), (0x4d, 0xff57)]), [None, None]);
    }

    #[test]
    fn letters_have_the_case_they_have_at_home() {
        let on = Some(Lock::CAPS_LOCK | Lock::NUM_LOCK);
        let off = Some(Lock::NUM_LOCK);
        let mut hands = Hands::new(true);
        assert_eq!(locks(&mut hands, &[(0x04, 0x61), (0x05, 0x62)]), [off, None]);
        assert_eq!(locks(&mut hands, &[(0x04, 0x41), (0x05, 0x42)]), [on, None]);
        // With Shift held: B of a keyboard without CapsLock. The event lifts Shift, which is held.
        told(&mut hands, &[key(true, SHIFT, 0xffe1)]);
        assert_eq!(
            told(&mut hands, &[key(true, 0x05, 0x42)]),
            [Sync(Lock::NUM_LOCK), K(DOWN, 0x2a), K(DOWN, 0x30)]
        );
        told(&mut hands, &[key(false, 0x05, 0x42), key(false, SHIFT, 0xffe1)]);
        // A command says nothing of CapsLock, and neither do a name that is not known and kana.
        told(&mut hands, &[key(true, CONTROL, 0xffe3)]);
        assert_eq!(locks(&mut hands, &[(0x06, 0x43)]), [None]);
        told(&mut hands, &[key(false, CONTROL, 0xffe3)]);
        assert_eq!(locks(&mut hands, &[(0x04, 0), (0x04, 0x0100_3061)]), [None, None]);
        // Kana of the home keyboard stay when another lock is told.
        assert_eq!(locks(&mut hands, &[(0x59, 0xff9c)]), [Some(Lock::KANA_LOCK)]);
    }

    #[test]
    fn a_server_without_unicode_gets_keys() {
        let mut hands = Hands::new(false);
        let typed = told(&mut hands, &[Input::Text("a_".into())]);
        assert_eq!(
            typed,
            [
                Sync(Lock::NUM_LOCK),
                K(DOWN, 0x1e),
                K(UP, 0x1e),
                K(DOWN, 0x2a),
                K(DOWN, 0x73),
                K(UP, 0x73),
                K(UP, 0x2a)
            ]
        );
        assert_eq!(told(&mut hands, &[Input::Text("日本 a".into())]), [], "no half words");
        let on_glass = [key(true, 0, 0x48), key(false, 0, 0x48)];
        assert_eq!(
            told(&mut hands, &on_glass),
            [K(DOWN, 0x2a), K(DOWN, 0x23), K(UP, 0x23), K(UP, 0x2a)]
        );
        assert_eq!(
            told(&mut Hands::new(true), &[Input::Text("日".into())]),
            [U(DOWN, 0x65e5), U(UP, 0x65e5)]
        );
    }
}
