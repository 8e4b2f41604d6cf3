//! The key of a certificate that is pinned by its bytes. Nothing else in it counts, so nothing else
//! is read: an old version, a strange name or an extension that nobody knows keeps nobody out.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::{CertificateError, DigitallySignedStruct, PeerMisbehaved, SignatureScheme};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
/// The version, which a certificate of version 1 leaves out.
const VERSION: u8 = 0xa0;
/// rsaEncryption (RFC 8017, appendix A.1), an object identifier.
const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// Shortest RSA key, in bits (the least that ring verifies with).
const LEAST_RSA: usize = 2048;

/// A public key as a certificate holds it (RFC 5280, SubjectPublicKeyInfo).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey<'a> {
    /// The algorithm identifier, without its outer tag and length.
    pub algorithm: &'a [u8],
    /// The bits of the key.
    pub bits: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// The key of a certificate in DER, whatever its version.
    #[must_use]
    pub fn of(certificate: &'a [u8]) -> Option<Self> {
        let (certificate, _) = tagged(SEQUENCE, certificate)?;
        let (mut body, _) = tagged(SEQUENCE, certificate)?;
        if let Some((_, rest)) = tagged(VERSION, body) {
            body = rest;
        }
        // Serial number, algorithm of the signature, issuer, period, subject.
        for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
            (_, body) = tagged(tag, body)?;
        }
        let (key, _) = tagged(SEQUENCE, body)?;
        let (algorithm, rest) = tagged(SEQUENCE, key)?;
        let (bits, _) = tagged(BIT_STRING, rest)?;
        // The first byte counts the bits that are not used; a key is whole bytes.
        let bits = bits.strip_prefix(&[0])?;
        Some(Self { algorithm, bits })
    }

    /// Why nothing signed by this key can be believed.
    #[must_use]
    pub fn unfit(&self) -> Option<String> {
        let (number, _) = self.rsa_modulus()?;
        let first = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
        let bits = (number.len() * 8).saturating_sub(first);
        (bits < LEAST_RSA).then(|| format!("an RSA key of {bits} bits; {LEAST_RSA} is the least"))
    }

    /// The modulus without leading zeros, and the rest.
    fn rsa_modulus(&self) -> Option<(&'a [u8], &'a [u8])> {
        if !self.algorithm.starts_with(RSA) {
            return None;
        }
        let (numbers, _) = tagged(SEQUENCE, self.bits)?;
        let (modulus, rest) = tagged(INTEGER, numbers)?;
        let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
        Some((modulus.get(zeros..)?, rest))
    }

    /// Checks the signature of a TLS 1.2 handshake with the key of a certificate.
    ///
    /// # Errors
    /// The certificate holds no key, or the signature is not the key's.
    pub fn verify(
        certificate: &[u8],
        message: &[u8],
        signature: &DigitallySignedStruct,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let key = PublicKey::of(certificate).ok_or(CertificateError::BadEncoding)?;
        let (_, of_scheme) = algorithms
            .mapping
            .iter()
            .find(|(scheme, _)| *scheme == signature.scheme)
            .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
        of_scheme
            .iter()
            .filter(|one| one.public_key_alg_id().as_ref() == key.algorithm)
            .find(|one| one.verify_signature(key.bits, message, signature.signature()).is_ok())
            .map(|_| HandshakeSignatureValid::assertion())
            .ok_or_else(|| CertificateError::BadSignature.into())
    }

    /// The same for TLS 1.3, which no longer takes PKCS #1 and SHA-1, and ties a curve to its hash.
    ///
    /// # Errors
    /// As of [`verify`](Self::verify).
    pub fn verify13(
        certificate: &[u8],
        message: &[u8],
        signature: &DigitallySignedStruct,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        use SignatureScheme as Scheme;
        let curve = match signature.scheme {
            Scheme::ECDSA_NISTP256_SHA256 => Some(P256),
            Scheme::ECDSA_NISTP384_SHA384 => Some(P384),
            Scheme::RSA_PSS_SHA256 | Scheme::RSA_PSS_SHA384 | Scheme::RSA_PSS_SHA512 => None,
            Scheme::ED25519 => None,
            _ => return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into()),
        };
        let fits = |curve: &[u8]| {
            PublicKey::of(certificate).is_some_and(|key| key.algorithm.ends_with(curve))
        };
        if curve.is_some_and(|curve| !fits(curve)) {
            return Err(CertificateError::BadSignature.into());
        }
        Self::verify(certificate, message, signature, algorithms)
    }
}

/// The curves P-256 and P-384 (RFC 5480), object identifiers.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// The value of an element of DER with this tag, and what follows it.
fn tagged(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*length) {
        short @ 0..=0x7f => (short, rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(long - 0x80)?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_found_whatever_the_version() {
        let made = rcgen::generate_simple_self_signed(vec!["office".to_owned()]).unwrap();
        let old = crate::version1::version_1(made.cert.der());
        let key = PublicKey::of(made.cert.der()).unwrap();
        assert_eq!(key.bits, made.signing_key.public_key_raw());
        assert!(key.algorithm.ends_with(P256));
        assert_eq!(PublicKey::of(&old), Some(key));
        assert_eq!(key.unfit(), None);
        for end in 0..old.len() {
            // Cut anywhere: no key, or the whole one (the signature after it is not read).
            assert!(PublicKey::of(&old[..end]).is_none_or(|cut| cut == key));
        }
    }

    #[test]
    fn a_short_rsa_key_is_named() {
        let number = |bytes: usize, first: u8| {
            let mut modulus = vec![0x02, 0x82, (bytes >> 8) as u8, bytes as u8, first];
            modulus.resize(bytes + 4, 0xff);
            let numbers = [&modulus[..], &[0x02, 1, 3]].concat();
            let length = numbers.len();
            [&[0x30, 0x82, (length >> 8) as u8, length as u8], &numbers[..]].concat()
        };
        let algorithm = [RSA, &[5, 0]].concat();
        let said = |bits: &[u8]| PublicKey { algorithm: &algorithm, bits }.unfit();
        assert_eq!(said(&number(257, 0)), None);
        for (key, bits) in [(number(129, 0), 1024), (number(128, 1), 1017)] {
            let why = format!("an RSA key of {bits} bits; 2048 is the least");
            assert_eq!(said(&key), Some(why));
        }
    }
}
