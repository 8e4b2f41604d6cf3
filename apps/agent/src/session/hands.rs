//! What the person at home holds down, and what of it the desktop was told (spec/wire.md, "Held
//! keys"). Pure: input and times in, input out.
//!
//! A desktop that repeats keys by itself makes dozens of one press when the line stalls between its
//! two halves. So a key is kept down only while the viewer is heard.

use pairing::Ticks;
use source::Input;
use std::collections::VecDeque;

/// Silence after which a key that is no modifier is lifted, in ms. The viewer says Held every
/// 80 ms; the fastest desktops begin to repeat a key after 250 ms.
const KEY_MS: u64 = 220;
/// Silence after which everything is lifted, in ms. The viewer pings every 2 s while it is seen.
const ALL_MS: u64 = 4000;
/// Most keys that are down at a time.
const MOST_KEYS: usize = 32;

/// One key that is down at home.
#[derive(Debug, Clone, Copy)]
struct Key {
    usage: u16,
    keysym: u32,
    /// Whether it is down at the desktop too.
    told: bool,
}

/// Keys and buttons of one session.
#[derive(Debug)]
pub(super) struct Hands {
    keys: VecDeque<Key>,
    /// Buttons that are down at home.
    buttons: u8,
    /// Those of them that were lifted at the desktop and stay so until they are lifted at home.
    cut: u8,
    heard: Ticks,
}

impl Hands {
    pub(super) fn new(now: Ticks) -> Self {
        Self { keys: VecDeque::new(), buttons: 0, cut: 0, heard: now }
    }

    /// Something came from the viewer, whatever it was.
    pub(super) fn hear(&mut self, now: Ticks) {
        self.heard = now;
    }

    /// What the desktop is to be told of an input.
    pub(super) fn input(&mut self, input: Input) -> Vec<Input> {
        match input {
            Input::Key { down: true, usage, keysym } => self.press(usage, keysym),
            Input::Key { down: false, usage, keysym } => self.lift(usage, keysym),
            Input::Pointer { x, y, buttons } => {
                self.cut &= buttons;
                let pressed = buttons & !self.buttons != 0;
                self.buttons = buttons;
                let mut out = if pressed { self.modifiers() } else { Vec::new() };
                out.push(Input::Pointer { x, y, buttons: buttons & !self.cut });
                out
            }
            Input::Wheel { .. } => {
                let mut out = self.modifiers();
                out.push(input);
                out
            }
            Input::ReleaseAll => {
                self.forget();
                vec![Input::ReleaseAll]
            }
            other => vec![other],
        }
    }

    /// Nothing is down any more: everything was lifted, or the desktop is another one.
    pub(super) fn forget(&mut self) {
        self.keys.clear();
        (self.buttons, self.cut) = (0, 0);
    }

    /// When [`Hands::late`] is due, if nothing is heard until then.
    pub(super) fn timeout(&self) -> Option<Ticks> {
        if self.keys.iter().any(|key| key.told && !is_modifier(key.usage)) {
            return Some(self.heard.plus(KEY_MS));
        }
        let held = self.buttons & !self.cut != 0 || self.keys.iter().any(|key| key.told);
        held.then(|| self.heard.plus(ALL_MS))
    }

    /// What is lifted now, because the viewer was silent for too long.
    pub(super) fn late(&mut self, now: Ticks) -> Vec<Input> {
        if self.timeout().is_none_or(|due| now < due) {
            return Vec::new();
        }
        let all = now >= self.heard.plus(ALL_MS);
        let mut out = Vec::new();
        for key in self.keys.iter_mut().rev() {
            if key.told && (all || !is_modifier(key.usage)) {
                key.told = false;
                out.push(Input::Key { down: false, usage: key.usage, keysym: key.keysym });
            }
        }
        if all {
            self.cut = self.buttons;
            // What was pressed in other ways is lifted too.
            out.push(Input::ReleaseAll);
        }
        out
    }

    fn press(&mut self, usage: u16, keysym: u32) -> Vec<Input> {
        let mut out = if is_modifier(usage) { Vec::new() } else { self.modifiers() };
        match self.keys.iter_mut().find(|key| same(key, usage, keysym)) {
            Some(key) => key.told = true,
            None => {
                if self.keys.len() == MOST_KEYS
                    && let Some(first) = self.keys.pop_front()
                    && first.told
                {
                    let Key { usage, keysym, .. } = first;
                    out.push(Input::Key { down: false, usage, keysym });
                }
                self.keys.push_back(Key { usage, keysym, told: true });
            }
        }
        out.push(Input::Key { down: true, usage, keysym });
        out
    }

    fn lift(&mut self, usage: u16, keysym: u32) -> Vec<Input> {
        let Some(at) = self.keys.iter().position(|key| same(key, usage, keysym)) else {
            return Vec::new();
        };
        match self.keys.remove(at) {
            Some(key) if key.told => vec![Input::Key { down: false, usage, keysym }],
            _ => Vec::new(),
        }
    }

    /// Presses again what was lifted in a silence and is still held at home.
    fn modifiers(&mut self) -> Vec<Input> {
        let lifted = self.keys.iter_mut().filter(|key| !key.told && is_modifier(key.usage));
        lifted
            .map(|key| {
                key.told = true;
                Input::Key { down: true, usage: key.usage, keysym: key.keysym }
            })
            .collect()
    }
}

/// Whether it is this key: by its place, or by its keysym where it has none.
fn same(key: &Key, usage: u16, keysym: u32) -> bool {
    key.usage == usage && (usage != 0 || key.keysym == keysym)
}

fn is_modifier(usage: u16) -> bool {
    (0xe0..=0xe7).contains(&usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u16 = 0x04;
    const C: u16 = 0x06;
    const CONTROL: u16 = 0xe0;

    fn key(down: bool, usage: u16) -> Input {
        Input::Key { down, usage, keysym: 0 }
    }

    fn point(buttons: u8) -> Input {
        Input::Pointer { x: 7, y: 9, buttons }
    }

    /// Hands that heard these inputs at these times.
    fn hands(heard: &[(u64, Input)]) -> Hands {
        let mut hands = Hands::new(Ticks(0));
        for (at, input) in heard {
            hands.hear(Ticks(*at));
            hands.input(input.clone());
        }
        hands
    }

    #[test]
    fn a_key_that_is_not_heard_of_is_lifted_before_any_desktop_repeats_it() {
        let mut h = hands(&[(1000, key(true, A))]);
        assert_eq!(h.timeout(), Some(Ticks(1220)));
        assert_eq!(h.late(Ticks(1219)), []);
        assert_eq!(h.late(Ticks(1220)), [key(false, A)]);
        assert_eq!((h.timeout(), h.late(Ticks(9000))), (None, vec![]), "once");
        // What was still on its way: the lifting is known already, the next press is one.
        assert_eq!(h.input(key(false, A)), []);
        assert_eq!(h.input(key(true, A)), [key(true, A)]);
    }

    #[test]
    fn a_key_that_is_said_to_be_held_stays_down() {
        let mut h = hands(&[(1000, key(true, A))]);
        for at in (1080..5000).step_by(80) {
            h.hear(Ticks(at));
            assert_eq!(h.late(Ticks(at + 79)), []);
        }
        assert_eq!(h.input(key(false, A)), [key(false, A)]);
        assert_eq!(h.timeout(), None);
    }

    #[test]
    fn a_repeat_presses_again_and_held_does_not() {
        let mut h = hands(&[(0, key(true, A))]);
        h.late(Ticks(300));
        h.hear(Ticks(1000));
        assert_eq!(h.timeout(), None);
        assert_eq!(h.input(key(true, A)), [key(true, A)]);
        assert_eq!(h.timeout(), Some(Ticks(1220)));
        assert_eq!(h.late(Ticks(1220)), [key(false, A)]);
    }

    #[test]
    fn modifiers_stay_through_a_stall_and_come_back_after_a_silence() {
        let mut h = hands(&[(0, key(true, CONTROL))]);
        assert_eq!(h.timeout(), Some(Ticks(4000)));
        assert_eq!(h.late(Ticks(3999)), []);
        assert_eq!(h.late(Ticks(4000)), [key(false, CONTROL), Input::ReleaseAll]);
        // The C of a Ctrl+C that was on its way is no c.
        assert_eq!(h.input(key(true, C)), [key(true, CONTROL), key(true, C)]);
        assert_eq!(h.input(key(false, C)), [key(false, C)]);
        assert_eq!(h.input(key(false, CONTROL)), [key(false, CONTROL)]);

        let mut h = hands(&[(0, key(true, CONTROL))]);
        h.late(Ticks(4000));
        assert_eq!(h.input(key(false, CONTROL)), [], "lifted at home meanwhile");
        assert_eq!(h.input(key(true, C)), [key(true, C)]);
    }

    #[test]
    fn the_wheel_and_a_button_find_their_modifiers_again() {
        for input in [point(1), Input::Wheel { x: 0, y: 0, dx: 0, dy: 120 }] {
            let mut h = hands(&[(0, key(true, CONTROL))]);
            h.late(Ticks(4000));
            assert_eq!(h.input(point(0)), [point(0)], "the way there needs none");
            assert_eq!(h.input(input.clone()), [key(true, CONTROL), input]);
        }
    }

    #[test]
    fn a_drag_that_was_cut_off_does_not_go_on_elsewhere() {
        let mut h = hands(&[(0, point(1))]);
        assert_eq!(h.late(Ticks(4000)), [Input::ReleaseAll]);
        assert_eq!(h.timeout(), None);
        assert_eq!(h.input(point(1)), [point(0)]);
        assert_eq!(h.input(point(5)), [point(4)], "another button is another press");
        assert_eq!(h.input(point(0)), [point(0)]);
        assert_eq!(h.input(point(1)), [point(1)]);
    }

    #[test]
    fn keys_without_a_place_are_told_apart_by_their_keysym() {
        let of = |down, keysym| Input::Key { down, usage: 0, keysym };
        let mut h = hands(&[(0, of(true, 0x61)), (0, of(true, 0x62))]);
        assert_eq!(h.input(of(false, 0x61)), [of(false, 0x61)]);
        assert_eq!(h.late(Ticks(220)), [of(false, 0x62)]);
    }

    #[test]
    fn nobody_has_so_many_fingers() {
        let mut h = Hands::new(Ticks(0));
        for usage in 1..=32 {
            assert_eq!(h.input(key(true, usage)), [key(true, usage)]);
        }
        assert_eq!(h.input(key(true, 99)), [key(false, 1), key(true, 99)]);
        assert_eq!(h.input(Input::ReleaseAll), [Input::ReleaseAll]);
        assert_eq!(h.input(key(false, 99)), [], "lifted with all");
    }
}
