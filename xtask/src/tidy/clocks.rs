//! Above `core/` too, clock and chance come from outside: a function is told the time, and given
//! its chance, so that a test can say both. Where one is made or asked is named here, with why.

use super::Fault;

/// Ways to a clock or to chance.
const WAYS: &[&str] = &[
    "Instant::now(",
    "SystemTime::now(",
    "Timestamp::now(",
    "Zoned::now(",
    "SystemClock::new(",
    "SystemRng::new(",
    "OsRng",
    "getrandom",
];

/// Files that may, and why.
const KNOWN: &[(&str, &str)] = &[
    ("apps/agent/src/agent.rs", "waits between lines: jitter"),
    ("apps/agent/src/command/mod.rs", "the program's start"),
    ("apps/agent/src/control.rs", "a line's challenge; waits between lines: jitter"),
    ("apps/agent/src/office.rs", "the ledger's reports are numbered from a random epoch"),
    ("apps/agent/src/pair.rs", "keys of one handshake"),
    ("apps/agent/src/session/mod.rs", "keys of one handshake"),
    ("apps/agent/src/session/desk.rs", "waits before the desktop is called again"),
    ("apps/agent/src/session/live.rs", "the session's own keys"),
    ("apps/agent/src/world.rs", "the program's clock, handed on from here"),
    ("apps/relay/src/line.rs", "how long a socket was silent; waits between lines: jitter"),
    ("apps/relay/src/main.rs", "the program's start"),
    ("apps/relay/src/splice.rs", "how long a socket was silent"),
    ("apps/server/src/cli/audit.rs", "a command's moment"),
    ("apps/server/src/cli/data.rs", "a command's moment, told of whom holds the data"),
    ("apps/server/src/cli/exchange.rs", "a command's start"),
    ("apps/server/src/cli/reset.rs", "a command's start"),
    ("apps/server/src/cli/run.rs", "the program's start"),
    ("apps/server/src/cli/saved/backup.rs", "a command's moment"),
    ("apps/server/src/cli/saved/restore.rs", "a command's moment, and how long it took"),
    ("apps/server/src/cli/token.rs", "a command's start"),
    ("apps/server/src/watch.rs", "how long an answer took"),
    ("apps/sheets/src/main.rs", "how long the reading took"),
    ("web/kit/src/http/slow.rs", "how fast a body comes"),
    ("web/kit/src/http/strict.rs", "how fast a head comes"),
    ("web/kit/src/mail/sender.rs", "waits before a mail server is called again: jitter"),
    ("web/people/src/agents/control.rs", "how long a line that retires may take"),
    ("web/people/src/agents/elsewhere.rs", "how long a relay's line was silent"),
    ("web/people/src/agents/look.rs", "how long a look took, so that it takes half of the time"),
    ("web/people/src/record/sender.rs", "waits before a receiver is called again: jitter"),
];

/// Crates that are told: what demos and tests are made of is not among them.
const TOLD: &[&str] = &[
    "apps/agent/src/",
    "apps/press/src/",
    "apps/relay/src/",
    "apps/server/src/",
    "apps/sheets/src/",
    "web/exchange/src/",
    "web/kit/src/",
    "web/people/src/",
    "web/programme/src/",
    "web/telework/src/",
];

/// The law over one file. Its tests are left alone.
pub(super) fn check(file: &str, text: &str) -> Option<Fault> {
    let told = TOLD.iter().any(|start| file.starts_with(start)) && file.ends_with(".rs");
    if !told || super::unattended::is_test(file) || KNOWN.iter().any(|(known, _)| *known == file) {
        return None;
    }
    let own = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code = own.lines().filter(|line| !line.trim_start().starts_with("//"));
    let way = WAYS.iter().find(|way| code.clone().any(|line| line.contains(*way)))?;
    let what = format!(
        "`{way}..`: take the time or the chance as an argument, or name the file in \
         xtask/src/tidy/clocks.rs"
    );
    Some(Fault::new(file, what))
}

/// Names in the list that no file needs any more.
pub(super) fn stale(read: impl Fn(&str) -> Option<String>) -> Vec<Fault> {
    let idle = |file: &str| {
        let text = read(file).unwrap_or_default();
        !WAYS.iter().any(|way| text.contains(*way))
    };
    let known = KNOWN.iter().map(|(file, _)| *file).filter(|file| idle(file));
    known
        .map(|file| Fault::new(file, "is named in xtask/src/tidy/clocks.rs and asks nothing"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_or_chance_is_named_or_a_fault() {
        let text = "fn a() -> u64 { Instant::now().elapsed() }\n";
        assert!(check("web/telework/src/acts.rs", text).is_some());
        assert!(check("web/telework/src/acts.rs", "let rng = SystemRng::new();").is_some());
        assert!(check("web/kit/src/http/slow.rs", text).is_none());
        assert!(check("web/telework/src/acts.rs", "// Instant::now() would be wrong\n").is_none());
        assert!(check("web/telework/src/tests/mod.rs", text).is_none());
        let tests = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{ {text} }}");
        assert!(check("web/telework/src/acts.rs", &tests).is_none());
        assert!(check("apps/seed/src/main.rs", text).is_none());
    }

    #[test]
    fn a_name_that_nobody_needs_is_a_fault() {
        assert!(stale(|_| Some("Instant::now()".to_owned())).is_empty());
        assert_eq!(stale(|_| Some(String::new())).len(), KNOWN.len());
    }
}
