//! A person's act is written by `write_as`, which proves her again inside the transaction. What is
//! written without is named here.

use super::Fault;

/// Files of the server that may begin a write no signed-in person does, and who does it.
const KNOWN: &[(&str, &str)] = &[
    ("web/people/src/agents/control.rs", "an agent, by the key its conversation proved"),
    ("web/people/src/agents/enroll.rs", "an agent, by its token"),
    ("web/people/src/agents/reports.rs", "an agent, by the key its conversation proved"),
    ("web/kit/src/http/caller.rs", "when a token was last used"),
    ("web/kit/src/parts/mod.rs", "where it is defined"),
    ("web/exchange/src/carry.rs", "whoever stands at the box"),
    ("web/exchange/src/reminders.rs", "a timer"),
    ("web/kit/src/http/guard.rs", "when a sign-in was last used"),
    ("web/kit/src/mail/sender.rs", "a timer"),
    ("web/people/src/pages/activate.rs", "whoever holds the slip"),
    ("web/people/src/pages/passkeys.rs", "whoever is signing in"),
    ("web/people/src/pages/set_up.rs", "whoever holds the set-up code"),
    ("web/people/src/retention.rs", "a timer"),
    ("web/people/src/record/anchors.rs", "a timer"),
    ("web/people/src/record/outside.rs", "a start, and whoever stands at the box"),
    ("web/people/src/record/restored.rs", "whoever stands at the box"),
    ("web/people/src/record/sender.rs", "a timer"),
    ("web/people/src/second/begin.rs", "a timer"),
    ("web/people/src/sign_in/reset.rs", "whoever stands at the box"),
    ("web/people/src/sign_in/mod.rs", "whoever is signing in"),
    ("web/people/src/sign_in/unknown.rs", "whoever is signing in"),
    ("web/telework/src/differences.rs", "a timer"),
];

/// Ways to begin a write, or to name its person, without a proof inside it.
const WAYS: &[&str] = &["write_unattended(", "store.write(", ".vouch("];

/// The law over one file. Tests and the command line (whoever stands at the box) are left alone.
pub(super) fn check(file: &str, text: &str) -> Option<Fault> {
    let server = ["apps/server/src/", "web/"].iter().any(|part| file.starts_with(part))
        && file.ends_with(".rs")
        && !["apps/server/src/cli/", "web/town/"].iter().any(|part| file.starts_with(part));
    if !server || is_test(file) || KNOWN.iter().any(|(known, _)| *known == file) {
        return None;
    }
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let way = WAYS.iter().find(|way| own.contains(*way))?;
    Some(Fault::new(
        file,
        format!(
            "`{way}..)` without a person: use `write_as`, or name the file and who acts in \
             xtask/src/tidy/unattended.rs"
        ),
    ))
}

/// Whether a file is a test's, by its place or its name.
pub(super) fn is_test(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    let named = ["tests.rs", "testing.rs", "base.rs", "mailed.rs", "country.rs"].contains(&name);
    let placed = ["/tests/", "/boundary/", "/examples/"].iter().any(|part| file.contains(part));
    named || placed || name.ends_with("_tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_without_a_person_is_named_or_a_fault() {
        let text = "let mut tx = app.write_unattended(body).await?;\n";
        assert!(check("web/people/src/admin/staff.rs", text).is_some());
        assert!(check("web/people/src/admin/staff.rs", "tx.vouch(who);").is_some());
        assert!(check("web/people/src/admin/staff.rs", "app.write_as(&permit).await?").is_none());
        assert!(check("web/people/src/agents/enroll.rs", text).is_none());
        assert!(
            check(
                "web/people/src/admin/staff.rs",
                &format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{ {text} }}")
            )
            .is_none()
        );
        assert!(check("apps/server/src/mail/tests.rs", text).is_none());
    }
}
