//! Input events of RDP: scancodes for keys, Unicode for text.

use crate::Input;
use crate::contract::MOST_TEXT;
use crate::keys;
use crate::wheel::notches;
use ironrdp_input::{Database, MouseButton, MousePosition, Operation, Scancode, WheelRotations};
use ironrdp_pdu::input::fast_path::{FastPathInputEvent, KeyboardFlags};

const PAUSE: u16 = 0x48;

/// Keys and buttons that are down.
pub(super) struct Hands {
    state: Database,
    buttons: u8,
    wheel: (i32, i32),
}

impl Hands {
    pub(super) fn new() -> Hands {
        Hands { state: Database::new(), buttons: 0, wheel: (0, 0) }
    }

    /// Tells the server that no lock key is on.
    pub(super) fn greeting(&self) -> Vec<FastPathInputEvent> {
        vec![ironrdp_input::synchronize_event(false, false, false, false)]
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
            Input::Key { down, usage: PAUSE, .. } => pause(down),
            Input::Key { down, usage, keysym } => {
                match (keys::by_usage(usage), keys::char_of(keysym)) {
                    (Some(key), _) => {
                        let code = Scancode::from_u8(key.extended, key.scan);
                        self.state
                            .apply([if down {
                                Operation::KeyPressed(code)
                            } else {
                                Operation::KeyReleased(code)
                            }])
                            .to_vec()
                    }
                    (None, Some(c)) => {
                        let stroke = if down {
                            Operation::UnicodeKeyPressed(c)
                        } else {
                            Operation::UnicodeKeyReleased(c)
                        };
                        self.state.apply([stroke]).to_vec()
                    }
                    (None, None) => Vec::new(),
                }
            }
            Input::Text(text) => self.text(&text),
            Input::ReleaseAll => {
                self.buttons = 0;
                self.state.release_all().to_vec()
            }
            Input::Resize { .. } => Vec::new(),
        }
    }

    fn text(&mut self, text: &str) -> Vec<FastPathInputEvent> {
        let mut events = Vec::new();
        for (i, c) in text.char_indices() {
            if i + c.len_utf8() > MOST_TEXT {
                break;
            }
            let strokes = match c {
                '\n' => keys::by_usage(keys::ENTER).map(stroke),
                '\t' => keys::by_usage(keys::TAB).map(stroke),
                c if c.is_control() => None,
                c => Some([Operation::UnicodeKeyPressed(c), Operation::UnicodeKeyReleased(c)]),
            };
            events.extend(strokes.into_iter().flat_map(|strokes| self.state.apply(strokes)));
        }
        events
    }
}

fn stroke(key: &keys::Key) -> [Operation; 2] {
    let code = Scancode::from_u8(key.extended, key.scan);
    [Operation::KeyPressed(code), Operation::KeyReleased(code)]
}

/// Pause is the one key with two scancodes (MS-RDPBCGR, 2.2.8.1.2.2.1).
fn pause(down: bool) -> Vec<FastPathInputEvent> {
    let release = if down { KeyboardFlags::empty() } else { KeyboardFlags::RELEASE };
    vec![
        FastPathInputEvent::KeyboardEvent(release | KeyboardFlags::EXTENDED1, 0x1d),
        FastPathInputEvent::KeyboardEvent(release, 0x45),
    ]
}
