//! The settings of `run` as a file, TOML. A key is the long name of an option without its dashes
//! (`listen`, `public-url`); what stands there is given as if it had been typed, before what was
//! typed. So there is one list of settings, with one reference, and a mistake is told by its name.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;

/// The option that names the file.
const CONFIG: &str = "config";
/// Options that say nothing about a server.
const NOT_HERE: &[&str] = &[CONFIG, "help", "version"];

/// The words of a command line with those of its file put in, if it names one.
///
/// # Errors
/// When the file cannot be read or is not what [`reference`] tells.
pub fn with_file(words: Vec<OsString>) -> anyhow::Result<Vec<OsString>> {
    let Some(path) = named(&words) else { return Ok(words) };
    let path = Path::new(&path);
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let settings = read(&text).with_context(|| format!("in {}", path.display()))?;
    // Behind the name of the command: `noren-server run ...`.
    let Some(at) = words.iter().position(|word| word == "run" || word == "check") else {
        bail!("--config belongs to `run` and `check`");
    };
    let mut all = words;
    all.splice(at + 1..=at, settings);
    Ok(all)
}

/// The file that is named: `--config FILE` or `--config=FILE`.
fn named(words: &[OsString]) -> Option<OsString> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        if text == "--config" {
            return words.next().cloned();
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(path.into());
        }
    }
    None
}

fn read(text: &str) -> anyhow::Result<Vec<OsString>> {
    let table: toml::Table = toml::from_str(text)?;
    let run = command();
    let mut words = Vec::new();
    for (key, value) in table {
        let option = run
            .get_arguments()
            .find(|option| option.get_long() == Some(&key) && !NOT_HERE.contains(&key.as_str()))
            .with_context(|| format!("{key} is no setting"))?;
        let many = matches!(option.get_action(), ArgAction::Append);
        match value {
            toml::Value::Array(values) if many => {
                for value in values {
                    words.push(word(&key, &value)?);
                }
            }
            toml::Value::Boolean(on) if !option.get_action().takes_values() => {
                if on {
                    words.push(format!("--{key}").into());
                }
            }
            value => {
                ensure!(option.get_action().takes_values(), "{key} is true or false");
                words.push(word(&key, &value)?);
            }
        }
    }
    Ok(words)
}

fn word(key: &str, value: &toml::Value) -> anyhow::Result<OsString> {
    Ok(match value {
        toml::Value::String(text) => format!("--{key}={text}").into(),
        toml::Value::Integer(number) => format!("--{key}={number}").into(),
        _ => bail!("{key} is a text or a number"),
    })
}

fn command() -> Command {
    let mut all = Cli::command();
    all.build();
    all.find_subcommand("run").cloned().unwrap_or_default()
}

/// A file with every setting, each a comment: what it is for, and its value without a line.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from(
        "# Settings of noren-server: `noren-server run --config /etc/noren/server.toml`.\n\
         # Written by `noren-server reference`. A line that is left out has the value shown.\n\
         # The password of a database stands in NOREN_DATABASE (an environment file), not here.\n",
    );
    for option in command().get_arguments() {
        let Some(name) = option.get_long().filter(|name| !NOT_HERE.contains(name)) else {
            continue;
        };
        text.push('\n');
        let help = option.get_long_help().or_else(|| option.get_help()).cloned();
        for line in help.unwrap_or_default().to_string().lines() {
            text.push_str(&wrapped(line));
        }
        text.push_str(&format!("# {name} = {}\n", value(option)));
    }
    text
}

/// A comment of at most a hundred columns.
fn wrapped(line: &str) -> String {
    let mut text = String::new();
    let mut now = String::from("#");
    for word in line.split_whitespace() {
        if now.len() + 1 + word.len() > 100 {
            text.push_str(&now);
            text.push('\n');
            now = String::from("#");
        }
        now.push(' ');
        now.push_str(word);
    }
    text + &now + "\n"
}

fn value(option: &Arg) -> String {
    if !option.get_action().takes_values() {
        return "false".to_owned();
    }
    if matches!(option.get_action(), ArgAction::Append) {
        return "[]".to_owned();
    }
    let default = option.get_default_values().first().map(|value| value.to_string_lossy());
    let default = default.unwrap_or_default();
    if default.parse::<i64>().is_ok() { default.into_owned() } else { format!("{default:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn words(text: &str) -> anyhow::Result<Vec<String>> {
        Ok(read(text)?.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn a_file_is_what_would_have_been_typed() {
        let text = "listen = \"0.0.0.0:443\"\ntrusted-proxy = [\"127.0.0.1\", \"::1\"]\n\
                    no-anchors = true\ndrain-seconds = 5\nno-migrate = false\n";
        let mut said = words(text).unwrap();
        said.sort();
        let expected = [
            "--drain-seconds=5",
            "--listen=0.0.0.0:443",
            "--no-anchors",
            "--trusted-proxy=127.0.0.1",
            "--trusted-proxy=::1",
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_typed_wins_and_the_file_says_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\npublic-url = \"https://a.example\"\n")
            .unwrap();
        let typed = ["noren-server", "run", "--config", file.to_str().unwrap(), "--listen"];
        let mut typed: Vec<OsString> = typed.map(OsString::from).to_vec();
        typed.push("127.0.0.1:2".into());
        let cli = Cli::try_parse_from(with_file(typed).unwrap()).unwrap();
        let super::super::Command::Run(run) = cli.command else { panic!() };
        assert_eq!(run.listen.port(), 2);
        assert_eq!(run.public_url.as_deref(), Some("https://a.example"));
    }

    #[test]
    fn what_is_no_setting_is_named() {
        for (text, name) in [
            ("lissen = \"127.0.0.1:1\"", "lissen"),
            ("config = \"other.toml\"", "config"),
            ("no-anchors = \"yes\"", "no-anchors"),
            ("listen = { port = 1 }", "listen"),
        ] {
            let said = words(text).unwrap_err().to_string();
            assert!(said.contains(name), "{said}");
        }
    }

    #[test]
    fn the_reference_in_the_tree_is_of_this_program_and_can_be_used() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/server.toml");
        if std::env::var_os("NOREN_GOLDEN").is_some() {
            std::fs::write(path, reference()).unwrap();
        }
        let there = std::fs::read_to_string(path).unwrap();
        assert_eq!(there, reference(), "NOREN_GOLDEN=write writes it anew");
        // Every line, with its value as it is without one, is taken by the program.
        let all: String = there
            .lines()
            .filter_map(|line| line.strip_prefix("# ")?.split_once(" = ").map(|_| line))
            .filter(|line| !line.ends_with("= \"\""))
            .map(|line| format!("{}\n", line.trim_start_matches("# ")))
            .collect();
        let mut typed: Vec<OsString> = vec!["noren-server".into(), "run".into()];
        typed.extend(read(&all).unwrap());
        Cli::try_parse_from(typed).unwrap();
    }
}
