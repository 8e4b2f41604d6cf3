//! `target list`: the desktops, with what was pinned and last seen of each.

use crate::Result;
use crate::state::{SeenTarget, Status, Store, Targets};
use pairing::control::TargetState;

pub(super) fn run(store: &Store, json: bool) -> Result<()> {
    let targets = store.read::<Targets>()?.unwrap_or_default();
    // Only a daemon that runs knows how they are now.
    let seen = if store.daemon_runs()? {
        store.read::<Status>()?.unwrap_or_default().targets
    } else {
        Vec::new()
    };
    let of = |id| seen.iter().find(|seen| seen.target == id);
    if json {
        // Passwords stay in the file.
        let shown: Vec<_> = targets
            .iter()
            .map(|target| {
                let seen = of(target.id.clone());
                serde_json::json!({
                    "id": target.id, "name": target.name, "kind": target.kind(),
                    "zone": target.zone, "pin": target.pinned(),
                    "state": seen.map(|seen| seen.state),
                    "shown": seen.and_then(|seen| seen.shown.as_ref()),
                })
            })
            .collect();
        println!("{}", serde_json::json!({ "targets": shown }));
        return Ok(());
    }
    for target in targets.iter() {
        println!(
            "{:<24} {:?} {:?}  {}",
            target.id.as_str(),
            target.zone,
            target.place,
            target.name
        );
        if let Some(pin) = target.pinned() {
            println!("    certificate: {pin}");
        }
        if let Some(words) = of(target.id.clone()).and_then(|seen| words(seen, &target.name)) {
            println!("    {words}");
        }
    }
    Ok(())
}

/// What is wrong with a target, and what to do.
pub(in crate::command) fn words(seen: &SeenTarget, name: &str) -> Option<String> {
    match seen.state {
        TargetState::Unreachable => Some("it does not answer: is it switched on?".into()),
        TargetState::Untrusted => Some(format!(
            "it shows another certificate than the pinned one{}; if it was renewed: \
             noren-agent target pin '{name}'",
            seen.shown.as_ref().map(|shown| format!(", {shown}")).unwrap_or_default()
        )),
        TargetState::Ready | TargetState::Busy | TargetState::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_certificate_is_said_with_the_way_to_trust_it() {
        let seen = |state, shown: Option<&str>| SeenTarget {
            target: "pc-1".parse().unwrap(),
            state,
            shown: shown.map(str::to_owned),
        };
        let said = words(&seen(TargetState::Untrusted, Some("sha256:00")), "総務課 1").unwrap();
        assert!(said.contains("sha256:00") && said.contains("target pin '総務課 1'"), "{said}");
        assert!(words(&seen(TargetState::Unreachable, None), "x").is_some());
        assert_eq!(words(&seen(TargetState::Ready, None), "x"), None);
    }
}
