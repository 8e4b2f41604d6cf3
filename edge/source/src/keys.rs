//! Keys: USB HID usages (page 7) against XT scancodes (set 1) and X11 keysyms of the Japanese
//! 109-key layout.
//!
//! Sources: USB HID Usage Tables 1.5 section 10; USB HID to PS/2 scan code translation table
//! (Microsoft, 2004); X11 `keysymdef.h`.

/// One physical key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    /// HID usage.
    pub(crate) usage: u16,
    /// XT scancode without prefix.
    pub(crate) scan: u8,
    /// Whether 0xE0 stands before the scancode.
    pub(crate) extended: bool,
    /// Keysym without Shift.
    pub(crate) plain: u32,
    /// Keysym with Shift.
    pub(crate) shifted: u32,
}

impl Key {
    /// The scancode as QEMU's key event has it: the prefix folded into bit 7.
    pub(crate) fn qemu(&self) -> u32 {
        u32::from(self.scan) | if self.extended { 0x80 } else { 0 }
    }
}

/// The key with this usage.
pub(crate) fn by_usage(usage: u16) -> Option<&'static Key> {
    KEYS.binary_search_by_key(&usage, |key| key.usage).ok().and_then(|i| KEYS.get(i))
}

/// The key that means this, for keys that type no character: Enter, the arrows, the modifiers, the
/// pad without figures.
pub(crate) fn by_keysym(keysym: u32) -> Option<&'static Key> {
    // The pad's keys have a second meaning, which the table does not list.
    let keysym = match keysym {
        0xff95..=0xff9f => PAD.get((keysym - 0xff95) as usize).copied()?,
        0xff7e => 0xff30,
        0xfe03 => 0xffea,
        other => other,
    };
    let found = KEYS.iter().find(|key| key.plain == keysym);
    found.or_else(|| KEYS.iter().find(|key| key.shifted == keysym))
}

/// Keysyms of the pad with figures, in the order of those without: Home, the arrows, Page Up and
/// Down, End, Begin, Insert, Delete.
const PAD: [u32; 11] =
    [0xffb7, 0xffb4, 0xffb8, 0xffb6, 0xffb2, 0xffb9, 0xffb3, 0xffb1, 0xffb5, 0xffb0, 0xffae];

/// The key that types an ASCII character on a Japanese keyboard, and whether with Shift.
pub(crate) fn typing(c: char) -> Option<(&'static Key, bool)> {
    let keysym = Some(c).filter(char::is_ascii).map(keysym_of)?;
    let plain = KEYS.iter().find(|key| key.plain == keysym).map(|key| (key, false));
    plain.or_else(|| KEYS.iter().find(|key| key.shifted == keysym).map(|key| (key, true)))
}

/// Usages of keys that are used by name.
pub(crate) const LEFT_SHIFT: u16 = 0xe1;
pub(crate) const RIGHT_SHIFT: u16 = 0xe5;
pub(crate) const INSERT: u16 = 0x49;

/// The keysym of a character (X11: Latin-1 as it is, everything else 0x01000000 plus the code
/// point).
pub(crate) fn keysym_of(c: char) -> u32 {
    match c {
        '\n' | '\r' => 0xff0d,
        '\t' => 0xff09,
        '\u{8}' => 0xff08,
        '\u{20}'..='\u{7e}' | '\u{a0}'..='\u{ff}' => u32::from(c),
        other => 0x0100_0000 + u32::from(other),
    }
}

/// The character that a keysym types, when it types one.
pub(crate) fn char_of(keysym: u32) -> Option<char> {
    match keysym {
        0x20..=0x7e | 0xa0..=0xff => char::from_u32(keysym),
        0x0100_0100..=0x0110_ffff => char::from_u32(keysym - 0x0100_0000),
        0xffaa..=0xffb9 => char::from_u32(keysym - 0xff80),
        _ => None,
    }
}

const fn key(usage: u16, scan: u8, plain: u32, shifted: u32) -> Key {
    Key { usage, scan, extended: false, plain, shifted }
}

const fn same(usage: u16, scan: u8, keysym: u32) -> Key {
    key(usage, scan, keysym, keysym)
}

const fn ext(usage: u16, scan: u8, keysym: u32) -> Key {
    Key { usage, scan, extended: true, plain: keysym, shifted: keysym }
}

const fn letter(usage: u16, scan: u8, c: u8) -> Key {
    key(usage, scan, c as u32, c.to_ascii_uppercase() as u32)
}

const fn pair(usage: u16, scan: u8, plain: u8, shifted: u8) -> Key {
    key(usage, scan, plain as u32, shifted as u32)
}

/// Ordered by usage.
#[rustfmt::skip]
static KEYS: &[Key] = &[
    letter(0x04, 0x1e, b'a'), letter(0x05, 0x30, b'b'),
    letter(0x06, 0x2e, b'c'), letter(0x07, 0x20, b'd'),
    letter(0x08, 0x12, b'e'), letter(0x09, 0x21, b'f'),
    letter(0x0a, 0x22, b'g'), letter(0x0b, 0x23, b'h'),
    letter(0x0c, 0x17, b'i'), letter(0x0d, 0x24, b'j'),
    letter(0x0e, 0x25, b'k'), letter(0x0f, 0x26, b'l'),
    letter(0x10, 0x32, b'm'), letter(0x11, 0x31, b'n'),
    letter(0x12, 0x18, b'o'), letter(0x13, 0x19, b'p'),
    letter(0x14, 0x10, b'q'), letter(0x15, 0x13, b'r'),
    letter(0x16, 0x1f, b's'), letter(0x17, 0x14, b't'),
    letter(0x18, 0x16, b'u'), letter(0x19, 0x2f, b'v'),
    letter(0x1a, 0x11, b'w'), letter(0x1b, 0x2d, b'x'),
    letter(0x1c, 0x15, b'y'), letter(0x1d, 0x2c, b'z'),
    pair(0x1e, 0x02, b'1', b'!'), pair(0x1f, 0x03, b'2', b'"'),
    pair(0x20, 0x04, b'3', b'#'), pair(0x21, 0x05, b'4', b'$'),
    pair(0x22, 0x06, b'5', b'%'), pair(0x23, 0x07, b'6', b'&'),
    pair(0x24, 0x08, b'7', b'\''), pair(0x25, 0x09, b'8', b'('),
    pair(0x26, 0x0a, b'9', b')'), pair(0x27, 0x0b, b'0', b'0'),
    same(0x28, 0x1c, 0xff0d),                       // Enter
    same(0x29, 0x01, 0xff1b),                       // Escape
    same(0x2a, 0x0e, 0xff08),                       // Backspace
    same(0x2b, 0x0f, 0xff09),                       // Tab
    pair(0x2c, 0x39, b' ', b' '), pair(0x2d, 0x0c, b'-', b'='),
    pair(0x2e, 0x0d, b'^', b'~'), pair(0x2f, 0x1a, b'@', b'`'),
    pair(0x30, 0x1b, b'[', b'{'), pair(0x31, 0x2b, b']', b'}'),
    pair(0x32, 0x2b, b']', b'}'), pair(0x33, 0x27, b';', b'+'),
    pair(0x34, 0x28, b':', b'*'),
    same(0x35, 0x29, 0xff2a),                       // 半角/全角
    pair(0x36, 0x33, b',', b'<'), pair(0x37, 0x34, b'.', b'>'), pair(0x38, 0x35, b'/', b'?'),
    same(0x39, 0x3a, 0xffe5),                       // Caps Lock (英数)
    same(0x3a, 0x3b, 0xffbe), same(0x3b, 0x3c, 0xffbf),
    same(0x3c, 0x3d, 0xffc0), same(0x3d, 0x3e, 0xffc1),
    same(0x3e, 0x3f, 0xffc2), same(0x3f, 0x40, 0xffc3),
    same(0x40, 0x41, 0xffc4), same(0x41, 0x42, 0xffc5),
    same(0x42, 0x43, 0xffc6), same(0x43, 0x44, 0xffc7),
    same(0x44, 0x57, 0xffc8), same(0x45, 0x58, 0xffc9),
    ext(0x46, 0x37, 0xff61),                        // Print Screen
    same(0x47, 0x46, 0xff14),                       // Scroll Lock
    ext(0x48, 0x46, 0xff13),                        // Pause
    ext(0x49, 0x52, 0xff63), ext(0x4a, 0x47, 0xff50),
    ext(0x4b, 0x49, 0xff55), // Insert, Home, Page Up
    ext(0x4c, 0x53, 0xffff), ext(0x4d, 0x4f, 0xff57),
    ext(0x4e, 0x51, 0xff56), // Delete, End, Page Down
    ext(0x4f, 0x4d, 0xff53), ext(0x50, 0x4b, 0xff51),
    ext(0x51, 0x50, 0xff54), ext(0x52, 0x48, 0xff52), // right, left, down, up
    same(0x53, 0x45, 0xff7f),                       // Num Lock
    ext(0x54, 0x35, 0xffaf), same(0x55, 0x37, 0xffaa),
    same(0x56, 0x4a, 0xffad), same(0x57, 0x4e, 0xffab), ext(0x58, 0x1c, 0xff8d),
    same(0x59, 0x4f, 0xffb1), same(0x5a, 0x50, 0xffb2),
    same(0x5b, 0x51, 0xffb3), same(0x5c, 0x4b, 0xffb4), same(0x5d, 0x4c, 0xffb5),
    same(0x5e, 0x4d, 0xffb6), same(0x5f, 0x47, 0xffb7),
    same(0x60, 0x48, 0xffb8), same(0x61, 0x49, 0xffb9), same(0x62, 0x52, 0xffb0),
    same(0x63, 0x53, 0xffae),
    pair(0x64, 0x56, b'<', b'>'),                   // the key of 102-key boards
    ext(0x65, 0x5d, 0xff67),                        // Menu
    same(0x67, 0x59, 0xffbd),                       // keypad =
    same(0x68, 0x64, 0xffca), same(0x69, 0x65, 0xffcb),
    same(0x6a, 0x66, 0xffcc), same(0x6b, 0x67, 0xffcd),
    same(0x6c, 0x68, 0xffce), same(0x6d, 0x69, 0xffcf),
    same(0x6e, 0x6a, 0xffd0), same(0x6f, 0x6b, 0xffd1),
    same(0x70, 0x6c, 0xffd2), same(0x71, 0x6d, 0xffd3),
    same(0x72, 0x6e, 0xffd4), same(0x73, 0x76, 0xffd5),
    same(0x85, 0x7e, 0xffac),                       // keypad ,
    key(0x87, 0x73, b'\\' as u32, b'_' as u32),     // International1: \ and _
    same(0x88, 0x70, 0xff27),                       // International2: カタカナひらがな
    key(0x89, 0x7d, 0xa5, b'|' as u32),             // International3: ¥ and |
    same(0x8a, 0x79, 0xff23),                       // International4: 変換
    same(0x8b, 0x7b, 0xff22),                       // International5: 無変換
    same(0x90, 0x72, 0xff25),                       // Lang1: かな of Apple's boards
    same(0x91, 0x71, 0xff30),                       // Lang2: 英数 of Apple's boards
    same(0x92, 0x78, 0xff26),                       // Lang3: カタカナ
    same(0x93, 0x77, 0xff25),                       // Lang4: ひらがな
    same(0x94, 0x29, 0xff2a),                       // Lang5: 半角/全角, which PC boards send as 0x29
    same(0xe0, 0x1d, 0xffe3), same(0xe1, 0x2a, 0xffe1),
    same(0xe2, 0x38, 0xffe9), ext(0xe3, 0x5b, 0xffeb),
    ext(0xe4, 0x1d, 0xffe4), same(0xe5, 0x36, 0xffe2),
    ext(0xe6, 0x38, 0xffea), ext(0xe7, 0x5c, 0xffec),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_ordered_and_found() {
        assert!(KEYS.windows(2).all(|two| two[0].usage < two[1].usage));
        for key in KEYS {
            assert_eq!(by_usage(key.usage), Some(key));
        }
        assert_eq!(by_usage(0), None);
    }

    #[test]
    fn japanese_keys() {
        for (usage, scan) in
            [(0x35, 0x29), (0x87, 0x73), (0x88, 0x70), (0x89, 0x7d), (0x8a, 0x79), (0x8b, 0x7b)]
        {
            assert_eq!(by_usage(usage).map(Key::qemu), Some(scan));
        }
        assert_eq!(by_usage(0x4f).map(Key::qemu), Some(0xcd), "right arrow carries its prefix");
    }

    #[test]
    fn every_ascii_character_has_its_key() {
        for c in ' '..='~' {
            let (key, shifted) = typing(c).unwrap_or_else(|| panic!("{c:?}"));
            assert_eq!(if shifted { key.shifted } else { key.plain }, u32::from(c));
        }
        // JIS X 6002: where the characters of a Japanese keyboard stand.
        for (c, usage, shifted) in [
            ('a', 0x04, false),
            ('H', 0x0b, true),
            ('"', 0x1f, true),
            ('@', 0x2f, false),
            ('_', 0x87, true),
            ('\\', 0x87, false),
            ('|', 0x89, true),
            ('*', 0x34, true),
            ('\n', 0x28, false),
            ('\t', 0x2b, false),
        ] {
            assert_eq!(typing(c).map(|(key, s)| (key.usage, s)), Some((usage, shifted)), "{c:?}");
        }
        assert_eq!(typing('é'), None);
        assert_eq!(typing('あ'), None);
    }

    #[test]
    fn keys_are_found_by_their_meaning() {
        for (keysym, usage) in [
            (0xff0d, 0x28),
            (0xff08, 0x2a),
            (0xff51, 0x50),
            (0xffff, 0x4c),
            (0xffe3, 0xe0),
            (0xffe4, 0xe4),
            (0xffe2, 0xe5),
            (0xff13, 0x48),
            (0x63, 0x06),
            (0x43, 0x06),
            (0xff95, 0x5f),
            (0xff9f, 0x63),
            (0xffc8, 0x44),
        ] {
            assert_eq!(by_keysym(keysym).map(|key| key.usage), Some(usage), "{keysym:x}");
        }
        assert_eq!(by_keysym(0), None);
        assert_eq!(by_keysym(0x0100_3042), None);
    }

    #[test]
    fn keysyms_and_characters() {
        for c in "aZ~¥あ漢𠮷".chars() {
            assert_eq!(char_of(keysym_of(c)), Some(c));
        }
        assert_eq!(char_of(0xffb5), Some('5'));
        assert_eq!(char_of(0xff0d), None);
    }
}
