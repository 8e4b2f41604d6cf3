//! Hexadecimal, by one library and in one form.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Exactly `N` bytes from lower-case hexadecimal, the form that [`hex`] writes.
#[must_use]
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// The same in either case, for what people type and other programs write.
#[must_use]
pub fn unhex_typed<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_and_nothing_else_is_read() {
        assert_eq!(hex(&[0x00, 0xa5, 0xff]), "00a5ff");
        assert_eq!(unhex("00a5ff"), Some([0x00, 0xa5, 0xff]));
        assert_eq!(unhex_typed("00A5fF"), Some([0x00, 0xa5, 0xff]));
        assert_eq!(unhex::<3>("00A5FF"), None, "one form");
        // A sign is no digit: `u8::from_str_radix` reads `+f` as 15.
        for bad in ["", "0", "00a5f", "00a5ff00", "+f+f+f", "-1-1-1", "0x00a5", " 0a5ff", "é00a5"]
        {
            assert_eq!(unhex::<3>(bad), None, "{bad}");
            assert_eq!(unhex_typed::<3>(bad), None, "{bad}");
        }
    }
}
