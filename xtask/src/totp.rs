//! The code of a one-time password (RFC 6238 over RFC 4226: SHA-1, 6 digits, 30 s), for showing it
//! to whoever tries the demo.

use hmac::{Hmac, Mac};
use sha1::Sha1;

/// The code of `secret` (base32, as authenticator apps take it) at `now` (Unix seconds). None when
/// the secret is not base32.
pub(crate) fn code(secret: &str, now: u64) -> Option<String> {
    let key = base32(secret)?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&(now / 30).to_be_bytes());
    let sum = mac.finalize().into_bytes();
    let at = usize::from(sum[19] & 15);
    let four = u32::from_be_bytes([sum[at] & 0x7f, sum[at + 1], sum[at + 2], sum[at + 3]]);
    Some(format!("{:06}", four % 1_000_000))
}

/// RFC 4648 section 6, padding and case disregarded.
fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut out) = (0u32, 0u32, Vec::new());
    for c in text.trim_end_matches('=').chars() {
        let value = match c.to_ascii_uppercase() {
            c @ 'A'..='Z' => c as u32 - 'A' as u32,
            c @ '2'..='7' => c as u32 - '2' as u32 + 26,
            _ => return None,
        };
        bits = (bits << 5 | value) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, the SHA-1 rows, cut to six digits.
    #[test]
    fn the_vectors_of_the_rfc() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (now, want) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(secret, now).as_deref(), Some(want));
        }
    }

    #[test]
    fn what_is_not_base32_gives_nothing() {
        assert_eq!(code("not base32!", 0), None);
    }
}
