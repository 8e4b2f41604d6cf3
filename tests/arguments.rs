//! The walk over a command line for arguments that could hold a secret. The tests of the programs
//! share it: who is in nobody's list is refused.

use clap::Command;

/// Words in the name of an argument (or of its value) that may hold a secret: also an address, in
/// which a password can stand.
const WORDS: &[&str] = &[
    "pass",
    "token",
    "secret",
    "key",
    "pin",
    "code",
    "credential",
    "auth",
    "cookie",
    "totp",
    "database",
    "proxy",
    "url",
    "uri",
    "dsn",
    "server",
];

/// The names of all arguments below `command` that take a value and are called like a secret, such
/// as `enroll --token`.
pub(crate) fn suspicious(command: &Command, above: &str, found: &mut Vec<String>) {
    for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values())
    {
        let value = argument
            .get_value_names()
            .unwrap_or_default()
            .iter()
            .map(|name| name.to_ascii_lowercase());
        let long = argument.get_long().unwrap_or_default().to_owned();
        let aliases = argument.get_all_aliases().unwrap_or_default().into_iter().map(str::to_owned);
        let names: Vec<String> = value
            .chain([argument.get_id().as_str().to_owned(), long.clone()])
            .chain(aliases)
            .collect();
        if names.iter().any(|name| WORDS.iter().any(|word| name.contains(word))) {
            let shown = if long.is_empty() {
                argument.get_id().as_str().to_owned()
            } else {
                format!("--{long}")
            };
            found.push(format!("{above}{shown}"));
        }
    }
    for below in command.get_subcommands() {
        suspicious(below, &format!("{above}{} ", below.get_name()), found);
    }
}
