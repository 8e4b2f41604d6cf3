//! What tests of several crates need: programs of ours beside the test, and what a reader sees of a
//! PDF.

#![allow(missing_docs)] // Tests read it, and it ships nowhere.
#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

mod built;
pub mod papers;

pub use built::built;

/// Sees to it that `noren-sheets` lies beside this test: building one crate's tests does not build
/// it.
pub fn sheets() {
    static BUILT: std::sync::Once = std::sync::Once::new();
    BUILT.call_once(|| built("sheets", || sheet::Program::beside_this_program().is_ok()));
}

/// The program that makes people and cases for a test.
pub fn seed() -> std::path::PathBuf {
    static BUILT: std::sync::Once = std::sync::Once::new();
    let here = std::env::current_exe().unwrap();
    let path = here.ancestors().nth(2).unwrap().join("noren-seed");
    BUILT.call_once(|| built("seed", || path.is_file()));
    path
}
