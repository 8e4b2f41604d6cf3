//! What an RDP server sends, from `fuzz/corpus/rdp/`, and mutants of it.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;

#[test]
fn every_file_of_the_corpus_is_survived() {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    assert!(corpus::survived(root, "rdp", source::fuzz_rdp) >= 8);
}
