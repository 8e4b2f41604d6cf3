//! Properties over any bytes and any values.

#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use wire::session::{Buttons, Key, Pointer, ToAgent, ToViewer, Wheel};

proptest! {
    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..80), tag in 0u8..0x50) {
        for input in [bytes.clone(), [&[tag][..], &bytes].concat()] {
            if let Ok(message) = ToAgent::decode(&input) {
                prop_assert_eq!(message.encode(), Ok(input.clone()));
            }
            if let Ok(message) = ToViewer::decode(&input) {
                prop_assert_eq!(message.encode(), Ok(input));
            }
        }
    }

    #[test]
    fn input_survives(
        x: u16, y: u16, bits in 0u8..32, dx: i16, dy: i16,
        down: bool, usage: u16, keysym: u32, text in ".{0,200}") {
        let buttons = Buttons::from_bits(bits).unwrap();
        for message in [
            ToAgent::Pointer(Pointer { x, y, buttons }),
            ToAgent::Wheel(Wheel { x, y, dx, dy }),
            ToAgent::Key(Key { down, usage, keysym }),
            ToAgent::Text(text),
        ] {
            prop_assert_eq!(ToAgent::decode(&message.encode().unwrap()), Ok(message));
        }
    }

    #[test]
    fn any_cut_is_refused(x: u16, cut in 0usize..6) {
        let bytes = ToAgent::Pointer(Pointer { x, y: 7, buttons: Buttons::NONE }).encode().unwrap();
        prop_assert!(ToAgent::decode(&bytes[..cut]).is_err());
    }
}
