//! What the program ends with when nothing but a person can mend it: the unit does not start it
//! again then, every second, for ever.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use agent::state::{Ledger, Place};
use support::Office;

/// `RestartPreventExitStatus=` of deploy/noren-agent.service.
const NOTHING_TO_DO: Option<i32> = Some(78);

fn run(state: &std::path::Path) -> (Option<i32>, String) {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_noren-agent"));
    let out = program
        .args(["run", "--state"])
        .arg(state)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[tokio::test]
async fn a_retired_agent_and_one_that_is_not_enrolled_are_not_started_again() {
    let unit = include_str!("../../../deploy/noren-agent.service");
    assert!(unit.lines().any(|line| line == "RestartPreventExitStatus=78"));
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = run(folder.path());
    assert_eq!(code, NOTHING_TO_DO, "{said}");
    assert!(said.contains("enroll"), "{said}");

    let office = Office::open(Place::Sample);
    let retire = |ledger: &mut Ledger| {
        ledger.retired = true;
        Ok(())
    };
    office.store.update(retire).unwrap();
    // A copy: the agent of this test holds the lock of its own.
    for file in ["identity.json", "ledger.json"] {
        std::fs::copy(office.folder.path().join(file), folder.path().join(file)).unwrap();
    }
    let (code, said) = run(folder.path());
    assert_eq!(code, NOTHING_TO_DO, "{said}");
    assert!(said.contains("retired"), "{said}");
}

#[test]
fn a_secret_in_an_argument_is_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for typed in [["--token", "GEHEIM"], ["--proxy", "http://user:GEHEIM@proxy:3128"]] {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_noren-agent"));
        program
            .args(["enroll", "--server", "https://noren.example", "--state"])
            .arg(folder.path())
            .args(typed);
        let out = program.stdin(std::process::Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(
            !out.status.success() && said.contains("-file FILE") && !said.contains("GEHEIM"),
            "{said}"
        );
    }
}
