//! Any bytes, into every decoder: an error or a picture, never a panic.

#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;
use rfb::fuzz;
use std::path::PathBuf;

/// Bytes of the hostile and the good vectors, as they stand in their files.
fn corpus() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/vectors/rfb");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let bytes = |text: String| {
        let digits: String = text.lines().filter_map(|line| line.strip_prefix("bytes: ")).collect();
        (0..digits.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
            .collect()
    };
    files.iter().map(|file| bytes(std::fs::read_to_string(file).unwrap())).collect()
}

/// A session up to its first picture of 64 x 48, after the byte that says how it is cut.
fn opening() -> Vec<u8> {
    [&[5][..], b"RFB 003.008\n\x01\x01\0\0\0\0", &[0, 64, 0, 48], &[0; 16], &[0, 0, 0, 1, b'v']]
        .concat()
}

#[test]
fn the_vectors_go_through_every_entry() {
    for bytes in corpus() {
        for (_, entry) in fuzz::ALL {
            entry(&bytes);
            entry(&[&[0, 0, 8, 8][..], &bytes].concat());
        }
        fuzz::fuzz_client(&[opening(), bytes].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn anything(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (_, entry) in fuzz::ALL {
            entry(&bytes);
        }
        fuzz::fuzz_client(&[opening(), bytes].concat());
    }

    /// Vectors with bytes changed reach further than chance does.
    #[test]
    fn vectors_with_faults(
        which in any::<prop::sample::Index>(),
        faults in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let corpus = corpus();
        let mut bytes = which.get(&corpus).clone();
        for (place, value) in faults {
            let at = place.index(bytes.len());
            bytes[at] = value;
        }
        for (_, entry) in fuzz::ALL {
            entry(&bytes);
        }
        fuzz::fuzz_client(&[opening(), bytes].concat());
    }
}
