//! Every file of a corpus, and what a hostile hand makes of it: the same mutants each time, so that
//! a failure can be repeated.
//!
//! The decoders that need more than `core/` are tried by the tests of their own crates, which
//! include this file.

use std::fs;
use std::path::{Path, PathBuf};

/// Mutants of each file.
const MUTANTS: u64 = 24;

/// Runs `target` over every file of `fuzz/corpus/NAME` and its mutants; `root` is the repository.
/// Answers the number of files.
///
/// # Panics
/// When the target does, with the file's name and the mutant's number; then add the mutant to the
/// corpus.
pub(crate) fn survived(root: &Path, name: &str, target: impl Fn(&[u8])) -> usize {
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("fuzz/corpus").join(name))
        .expect("a folder of the corpora")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    for file in &files {
        let bytes = fs::read(file).expect("readable");
        for number in 0..=MUTANTS {
            let mutant = if number == 0 { bytes.clone() } else { mutant(&bytes, number) };
            let run = std::panic::AssertUnwindSafe(|| target(&mutant));
            assert!(
                std::panic::catch_unwind(run).is_ok(),
                "{name} falls over {} (mutant {number})",
                file.display()
            );
        }
    }
    files.len()
}

/// What a number makes of bytes: some changed, some left out, some said twice, the rest cut off.
pub(crate) fn mutant(bytes: &[u8], number: u64) -> Vec<u8> {
    // Xorshift; any seed but zero.
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut dice = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 1).unwrap_or_default() % below.max(1)
    };
    let mut out = bytes.to_vec();
    for _ in 0..=dice(4) {
        let at = dice(out.len());
        match dice(5) {
            0 => out.truncate(at),
            1 => out.splice(at..at, std::iter::repeat_n(0xff, dice(9))).for_each(drop),
            2 => {
                let to = (at + dice(16)).min(out.len());
                out.extend_from_within(at..to);
            }
            3 => {
                let to = (at + dice(8)).min(out.len());
                out.drain(at..to);
            }
            _ => {
                if let Some(byte) = out.get_mut(at) {
                    *byte ^= 1 << dice(8);
                }
            }
        }
    }
    out
}
