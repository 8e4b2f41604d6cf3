//! Bundles: the vectors of spec/vectors/exchange, and every way to tamper with one.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write;

use ed25519_dalek::SigningKey;
use exchange::bundle::*;
use exchange::case::{CaseId, ReceiptNumber, SubmittedAnswer};
use exchange::form::FormRef;
use exchange::value::{QuestionId, Sheet, Value};
use jiff::Timestamp;
use proptest::prelude::*;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn server(seed: u8) -> ServerKey {
    ServerKey(key(seed).verifying_key().to_bytes())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2021-10-20T03:00:00Z")
}

fn label(sequence: u64) -> Label {
    let (written, not_after) = (at("2021-10-20T00:00:00Z"), at("2021-10-27T00:00:00Z"));
    Label { from: server(1), to: server(2), sequence, written, not_after }
}

fn content() -> Content {
    let case = CaseId { year: 2021, serial: 12 };
    let body = "012025".parse().unwrap();
    let values = [("staff", Value::Number(2415)), ("able", Value::Unknown)];
    let sheet = Sheet {
        values: values.into_iter().map(|(id, v)| (QuestionId::new(id), v)).collect(),
        reasons: BTreeMap::new(),
    };
    let receipt = ReceiptNumber { case, body, count: 1 };
    let answer = SubmittedAnswer { receipt, at: at("2021-10-19T00:00:00Z"), proxy: false, sheet };
    let form = FormRef { id: "telework".to_owned(), version: "令和3年".to_owned() };
    Content::Answers(AnswersContent { case, form, answers: [(body, answer)].into() })
}

fn sealed(sequence: u64) -> Vec<u8> {
    seal(&content(), &label(sequence), &key(1)).unwrap()
}

fn read(bytes: &[u8], inbox: &Inbox) -> Result<(Label, Content, Inbox), BundleError> {
    open(bytes, &server(2), &[server(1), server(3)], inbox, now())
}

fn fault(bytes: &[u8]) -> BundleError {
    read(bytes, &Inbox::default()).unwrap_err()
}

#[test]
fn what_is_sealed_is_read_once_and_in_order() {
    let (found, read_content, inbox) = read(&sealed(1), &Inbox::default()).unwrap();
    assert_eq!((found, read_content), (label(1), content()));
    assert_eq!(read(&sealed(1), &inbox).unwrap_err(), BundleError::Replayed(1));
    assert_eq!(
        read(&sealed(3), &inbox).unwrap_err(),
        BundleError::OutOfOrder { expected: 2, found: 3 }
    );
    let (_, _, inbox) = read(&sealed(2), &inbox).unwrap();
    assert_eq!(inbox.expected(&server(1)), 3);
    assert_eq!(inbox.expected(&server(3)), 1, "each server counts for itself");
}

#[test]
fn only_the_right_server_reads_it_in_its_time() {
    let bytes = sealed(1);
    let open_as = |me: u8, known: u8, when: &str| {
        open(&bytes, &server(me), &[server(known)], &Inbox::default(), at(when)).map(|_| ())
    };
    let now = "2021-10-20T03:00:00Z";
    assert_eq!(open_as(2, 1, now), Ok(()));
    assert_eq!(open_as(3, 1, now), Err(BundleError::WrongAddressee));
    assert_eq!(open_as(2, 3, now), Err(BundleError::UnknownSigner));
    assert_eq!(open_as(2, 1, "2021-10-27T00:00:01Z"), Err(BundleError::NotNow));
    assert_eq!(open_as(2, 1, "2021-10-19T23:54:59Z"), Err(BundleError::NotNow));
    assert_eq!(open_as(2, 1, "2021-10-19T23:55:00Z"), Ok(()));
}

#[test]
fn a_bundle_signed_by_another_key_in_somebodys_name_is_refused() {
    // Signed with key 3, then made to look as if from 1.
    let mut forged = seal(&content(), &label(1), &key(3)).unwrap();
    forged[10..42].copy_from_slice(&server(1).0);
    assert_eq!(fault(&forged), BundleError::BadSignature);
}

#[test]
fn a_signed_bundle_with_odd_content_is_refused_by_name() {
    // A case number where the reader wants its own shape.
    let bytes = sealed(1);
    let json = String::from_utf8(bytes[HEAD..bytes.len() - 64].to_vec()).unwrap();
    for (from, to) in [
        ("2021-0012\",\"form", "12\",\"form"),
        ("\"proxy\":false", "\"proxy\":false,\"extra\":1"),
        ("012025\":", "012026\":"),
    ] {
        let odd = json.replacen(from, to, 1);
        assert_ne!(odd, json);
        assert!(matches!(fault(&resealed(odd.as_bytes())), BundleError::BadContent(_)), "{to}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(fault(&resealed(deep.as_bytes())), BundleError::BadContent(_)));
}

/// A bundle with any bytes as content, properly signed.
fn resealed(json: &[u8]) -> Vec<u8> {
    use ed25519_dalek::Signer;
    use sha2::Digest;
    let mut bytes = sealed(1)[..HEAD].to_vec();
    bytes[98..130].copy_from_slice(&sha2::Sha256::digest(json));
    bytes[130..134].copy_from_slice(&u32::try_from(json.len()).unwrap().to_be_bytes());
    let signature = key(1).sign(&[b"noren bundle v1\0", &bytes[..]].concat());
    bytes.extend_from_slice(json);
    bytes.extend_from_slice(&signature.to_bytes());
    bytes
}

/// The vectors: `fault`, then the bundle in hexadecimal. Each hostile one has one fault.
fn vectors() -> Vec<(&'static str, String, Vec<u8>)> {
    let good = sealed(1);
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let flipped = |at: usize| with(at, good[at] ^ 1);
    let mut large = good.clone();
    large[130..134].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut longer = good.clone();
    longer.push(0);
    let all = vec![
        ("good", good.clone()),
        ("magic", flipped(0)),
        ("version", with(8, 2)),
        ("kind", with(9, 9)),
        ("signer", flipped(10)),
        ("addressee-altered", flipped(42)),
        ("sequence-altered", flipped(81)),
        ("hash-altered", flipped(98)),
        ("length-huge", large),
        ("content-altered", flipped(HEAD + 20)),
        ("signature-altered", flipped(good.len() - 1)),
        ("cut-in-head", good[..40].to_vec()),
        ("cut-in-content", good[..HEAD + 10].to_vec()),
        ("cut-in-signature", good[..good.len() - 1].to_vec()),
        ("trailing", longer),
        (
            "other-addressee",
            seal(&content(), &Label { to: server(4), ..label(1) }, &key(1)).unwrap(),
        ),
        (
            "expired",
            seal(&content(), &Label { not_after: at("2021-10-20T02:59:59Z"), ..label(1) }, &key(1))
                .unwrap(),
        ),
        (
            "from-the-future",
            seal(&content(), &Label { written: at("2021-10-20T03:05:01Z"), ..label(1) }, &key(1))
                .unwrap(),
        ),
        ("skipped", sealed(2)),
        ("zero-sequence", sealed(0)),
        ("not-json", resealed(b"{")),
    ];
    all.into_iter()
        .map(|(name, bytes)| {
            let outcome = read(&bytes, &Inbox::default())
                .map_or_else(|error| format!("{error}"), |_| "ok".to_owned());
            (name, outcome, bytes)
        })
        .collect()
}

fn vector_text(outcome: &str, bytes: &[u8]) -> String {
    let mut text = format!("{outcome}\n");
    for line in bytes.chunks(40) {
        for byte in line {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_vectors_on_file_give_what_they_say() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/vectors/exchange");
    let mut outcomes = std::collections::BTreeSet::new();
    for (name, outcome, bytes) in vectors() {
        let path = format!("{folder}/{name}.txt");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, vector_text(&outcome, &bytes), "{path}");
        // Read from the file alone, as another implementation would.
        let (expected, hex) = text.split_once('\n').unwrap();
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let found = read(&bytes, &Inbox::default())
            .map_or_else(|error| format!("{error}"), |_| "ok".to_owned());
        assert_eq!(found, expected, "{name}");
        outcomes.insert(found);
    }
    assert!(outcomes.len() >= 12, "each fault has its name: {outcomes:?}");
}

proptest! {
    #[test]
    fn no_single_changed_byte_is_read(at in 0usize..1000, bit in 0u8..8) {
        let mut bytes = sealed(1);
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert!(read(&bytes, &Inbox::default()).is_err());
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(0u8.., 0..400), magic: bool) {
        let bytes = if magic { [&MAGIC[..], &[VERSION, 1], &bytes].concat() } else { bytes };
        prop_assert!(read(&bytes, &Inbox::default()).is_err());
    }
}
