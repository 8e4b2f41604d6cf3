//! Crockford's base 32: numbers that people read aloud and type.
//!
//! Thirty-two digits without I, L, O and U; lower case counts as upper case, `O` as `0`, `I` and
//! `L` as `1`. Source: <https://www.crockford.com/base32.html>, without its check digits.

use crate::{Error, Result};

/// The digits, by value.
pub const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The value (0 to 31) of one digit as typed.
pub fn digit(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let c = u8::try_from(c).ok()?;
    DIGITS.iter().position(|d| *d == c).and_then(|at| u8::try_from(at).ok())
}

/// The letter of a value; only the low five bits count.
pub fn letter(value: u8) -> char {
    char::from(DIGITS[usize::from(value & 31)])
}

/// `value`'s low `5 * N` bits as N digits, most significant first.
pub fn write(value: u128, digits: u32) -> String {
    (0..digits)
        .rev()
        .map(|at| letter(u8::try_from((value >> (5 * at)) & 31).unwrap_or(0)))
        .collect()
}

/// Reads exactly `digits` digits (at most 25).
pub fn read(text: &str, digits: usize) -> Result<u128> {
    let mut value = 0_u128;
    let mut count = 0;
    for c in text.chars() {
        count += 1;
        if count > digits {
            return Err(Error::TooLarge("base 32 number"));
        }
        value = value << 5 | u128::from(digit(c).ok_or(Error::Invalid("base 32 digit"))?);
    }
    if count < digits {
        return Err(Error::Invalid("base 32 number: too short"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_type() {
        assert_eq!(read("oil1", 4), read("0111", 4));
        assert_eq!(read("7zzz", 4), Ok(0x3f_fff));
        assert_eq!(read("U000", 4), Err(Error::Invalid("base 32 digit")));
        assert_eq!(read("A", 4), Err(Error::Invalid("base 32 number: too short")));
        assert_eq!(read("AAAAA", 4), Err(Error::TooLarge("base 32 number")));
        assert_eq!(read("アAAA", 4), Err(Error::Invalid("base 32 digit")));
    }

    proptest! {
        #[test]
        fn a_number_comes_back(value in 0_u128..1 << 80) {
            prop_assert_eq!(read(&write(value, 16), 16), Ok(value));
        }
    }
}
