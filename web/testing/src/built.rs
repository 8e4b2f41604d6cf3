//! Programs of ours that a test needs beside it.

/// Sees to it that a program of ours lies beside this test.
pub fn built(package: &str, there: impl Fn() -> bool) {
    // The tests of a workspace have built it already, and another test process may be building it
    // now.
    if there() {
        return;
    }
    let here = std::env::current_exe().unwrap();
    // TARGET/PROFILE/deps/this
    let profile = here.ancestors().nth(2).unwrap();
    let named = match profile.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let mut cargo =
        std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--package", package, "--profile", named, "--target-dir"])
        .arg(profile.parent().unwrap());
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(built.success() && there(), "{package} does not build");
}
