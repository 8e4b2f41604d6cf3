//! Codes and hashes.

pub use id::{hex, unhex, unhex_typed};
use sha2::{Digest, Sha256};

use crate::error::Refusal;

/// SHA-256 of something with enough entropy of its own, such as a cookie's value.
#[must_use]
pub fn sha256(value: &[u8]) -> [u8; 32] {
    Sha256::digest(value).into()
}

/// A typed code in its one form: upper case, no separators, O as 0, I and L as 1.
#[must_use]
pub fn normal_code(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !matches!(c, '-' | ' ' | '\u{3000}' | 'ー' | '－' | '‐'))
        .map(|c| match c.to_ascii_uppercase() {
            '０'..='９' => {
                char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
            }
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .take(64)
        .collect()
}

/// An identity of sixteen bytes from a path or a form; 404 for anything else.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn hex16(text: &str) -> Result<[u8; 16], Refusal> {
    unhex(text).ok_or(Refusal::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed_in_many_ways() {
        assert_eq!(normal_code(" o1il-abcd "), "0111ABCD");
        assert_eq!(normal_code("０１－ab"), "01AB");
    }
}
