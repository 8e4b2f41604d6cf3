//! Every file of every corpus goes through its decoder; every target has a corpus, and every corpus
//! a target.

#[path = "../src/corpus.rs"]
mod corpus;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_file_of_the_corpora_is_survived() {
    for (name, target) in fuzz::TARGETS {
        let files = corpus::survived(root(), name, target);
        assert!(files >= 8, "the corpus of {name} has only {files} files");
    }
}

#[test]
fn every_corpus_has_its_target_here_or_in_its_own_crate() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("fuzz/corpus"))
        .expect("fuzz/corpus")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("a plain name"))
        .collect();
    let here = fuzz::TARGETS.iter().map(|(name, _)| *name);
    let elsewhere = fuzz::ELSEWHERE.iter().map(|(name, _)| *name);
    let names: BTreeSet<String> = here.chain(elsewhere).map(str::to_owned).collect();
    assert_eq!(folders, names, "one folder of fuzz/corpus for each target");
    for (name, file) in fuzz::ELSEWHERE {
        let test = fs::read_to_string(root().join(file)).expect("the test that runs the corpus");
        assert!(test.contains(&format!("\"{name}\"")), "{file} does not run the corpus of {name}");
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("fuzz/ is in the repository")
}
