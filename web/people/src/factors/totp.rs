//! One-time codes (RFC 6238): SHA-1, six digits, 30 seconds, as every authenticator app has them. A
//! code works once.

use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

use kit::error::Refusal;

/// Bytes of a key (RFC 4226 asks for 160 bits).
pub const KEY_BYTES: usize = 20;
/// Seconds of a step.
pub(crate) const STEP: i64 = 30;

fn totp(key: &[u8]) -> Result<Totp, Refusal> {
    Builder::new()
        .with_secret(key.to_vec())
        .build()
        .map_err(|error| Refusal::Internal(error.to_string()))
}

/// The step for which a typed code is right: the one of `now` (Unix milliseconds) or one beside it,
/// and later than `used`.
///
/// # Errors
/// [`Refusal::Internal`] when the key is not a key.
pub fn right_step(key: &[u8], typed: &str, now: i64, used: i64) -> Result<Option<i64>, Refusal> {
    let typed: String = typed
        .chars()
        .filter_map(|c| {
            c.to_digit(10).or_else(|| full_width(c)).and_then(|d| char::from_digit(d, 10))
        })
        .collect();
    let totp = totp(key)?;
    let current = now / 1_000 / STEP;
    let mut found = None;
    // All three are computed, so time tells nothing about which one was near.
    for step in [current - 1, current, current + 1] {
        let time = u64::try_from(step * STEP).unwrap_or_default();
        let right = same(&totp.generate(time).to_string(), &typed);
        if right && step > used {
            found = Some(step);
        }
    }
    Ok(found)
}

/// The code at a moment, for tests and for the demo's print-out.
///
/// # Errors
/// [`Refusal::Internal`] when the key is not a key.
pub fn code_at(key: &[u8], now: i64) -> Result<String, Refusal> {
    Ok(totp(key)?.generate(u64::try_from(now / 1_000).unwrap_or_default()).to_string())
}

/// The key as an authenticator app takes it by hand: base32, in groups of four.
#[must_use]
pub fn base32(key: &[u8]) -> String {
    Secret::from(key.to_vec()).to_base32()
}

/// A key from base32.
///
/// # Errors
/// [`Refusal::Malformed`] when it is not base32 or too short.
pub fn from_base32(text: &str) -> Result<Vec<u8>, Refusal> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '=')
        .collect::<String>()
        .to_ascii_uppercase();
    let secret = Secret::try_from_base32(&plain).map_err(|_| Refusal::Malformed("base32"))?;
    let bytes: &[u8] = secret.as_ref();
    if bytes.len() < 16 { Err(Refusal::Malformed("key too short")) } else { Ok(bytes.to_vec()) }
}

/// The QR code an authenticator app scans, as SVG without styles.
///
/// # Errors
/// [`Refusal::Internal`] when the text does not fit a QR code.
pub fn qr(key: &[u8], account: &str, issuer: &str) -> Result<String, Refusal> {
    let encode = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace('+', "%20")
    };
    let uri = format!(
        "otpauth://totp/{}:{}?secret={}&issuer={}",
        encode(issuer),
        encode(account),
        base32(key),
        encode(issuer)
    );
    picture(&uri)
}

/// A text as a QR code, as SVG without styles.
///
/// # Errors
/// [`Refusal::Internal`] when the text does not fit a QR code.
pub fn picture(text: &str) -> Result<String, Refusal> {
    let code =
        QrCode::new(text.as_bytes()).map_err(|error| Refusal::Internal(error.to_string()))?;
    let svg = code.render::<svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(true).build();
    // The library writes an XML head, which HTML does not want.
    Ok(svg.find("<svg").map_or(svg.clone(), |at| svg[at..].to_owned()))
}

fn full_width(c: char) -> Option<u32> {
    ('０'..='９').contains(&c).then(|| u32::from(c) - u32::from('０'))
}

fn same(a: &str, b: &str) -> bool {
    use subtle::ConstantTimeEq;
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B (SHA-1), last six digits.
    #[test]
    fn the_rfc_s_own_vectors() {
        let key = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(key, seconds * 1_000).unwrap(), code);
        }
    }

    #[test]
    fn a_code_works_once_and_only_near_its_time() {
        let key = [9; KEY_BYTES];
        let now = 1_700_000_000_000;
        let code = code_at(&key, now).unwrap();
        let step = right_step(&key, &code, now, 0).unwrap().unwrap();
        assert_eq!(right_step(&key, &code, now, step).unwrap(), None);
        assert!(right_step(&key, &code, now + 30_000, 0).unwrap().is_some());
        assert!(right_step(&key, &code, now + 90_000, 0).unwrap().is_none());
        assert!(right_step(&key, "", now, 0).unwrap().is_none());
        let wide: String = code
            .chars()
            .map(|c| char::from_u32(u32::from(c) - 48 + u32::from('０')).unwrap())
            .collect();
        assert!(right_step(&key, &wide, now, 0).unwrap().is_some());
    }

    #[test]
    fn base32_there_and_back_and_a_picture_without_styles() {
        let key = [200; KEY_BYTES];
        assert_eq!(from_base32(&base32(&key).to_lowercase()).unwrap(), key);
        assert!(from_base32("AAAA").is_err());
        let svg = qr(&key, "sato@札幌市", "Noren").unwrap();
        assert!(svg.starts_with("<svg") && !svg.contains("style"));
    }
}
