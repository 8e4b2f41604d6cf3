//! For tests: certificates as old and hand-made servers have them. Its signature is not right any
//! more, and nobody who pins a certificate looks at it.

/// The certificate as one of version 1: without a version, and without extensions.
pub fn version_1(certificate: &[u8]) -> Vec<u8> {
    let (whole, _) = element(certificate);
    let (body, after) = element(inside(whole));
    let mut rest = inside(body);
    let mut kept = Vec::new();
    while !rest.is_empty() {
        let (one, after) = element(rest);
        if !matches!(one[0], 0xa0 | 0xa3) {
            kept.extend_from_slice(one);
        }
        rest = after;
    }
    sequence(&[sequence(&kept), after.to_vec()].concat())
}

fn sequence(value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a short certificate").to_be_bytes();
    [&[0x30, 0x82], &length[..], value].concat()
}

fn head(bytes: &[u8]) -> (usize, usize) {
    match usize::from(bytes[1]) {
        length @ 0..0x80 => (2, length),
        digits => {
            let digits = digits - 0x80;
            let length = bytes[2..2 + digits].iter().fold(0, |n, d| n << 8 | usize::from(*d));
            (2 + digits, length)
        }
    }
}

fn element(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (head, length) = head(bytes);
    bytes.split_at(head + length)
}

fn inside(element: &[u8]) -> &[u8] {
    &element[head(element).0..]
}
