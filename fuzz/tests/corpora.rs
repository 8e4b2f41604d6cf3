//! Every file of every corpus goes through its decoder; every target has a corpus, and every corpus a target.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_file_of_the_corpora_is_survived() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders: BTreeSet<String> = fs::read_dir(&corpora)
        .expect("fuzz/corpus")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("a plain name"))
        .collect();
    let names: BTreeSet<String> = fuzz::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, names, "one folder of fuzz/corpus for each target");
    for (name, target) in fuzz::TARGETS {
        let mut files = 0;
        for entry in fs::read_dir(corpora.join(name)).expect("a folder") {
            let path = entry.expect("readable").path();
            let bytes = fs::read(&path).expect("readable");
            let survived = std::panic::catch_unwind(|| target(&bytes)).is_ok();
            assert!(survived, "{} falls over {}", name, path.display());
            files += 1;
        }
        assert!(files >= 8, "the corpus of {name} has only {files} files");
    }
}
