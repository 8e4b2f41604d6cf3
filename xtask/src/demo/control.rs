//! `--control`: lines on standard input, for the tests of faults. `kill NAME`, `start NAME`, `run
//! ["agent", ...]`; each is answered by one line of JSON. The end of the input ends the demo.

use std::io::BufRead;
use std::sync::mpsc::{Receiver, channel};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// What was asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Kill(String),
    Start(String),
    Run(Vec<String>),
    End,
}

/// A thread that reads the standard input line by line; `Ask::End` is the last.
pub(super) fn listen() -> Receiver<Result<Ask>> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(|l| l.ok()) {
            if send.send(read(&line)).is_err() {
                return;
            }
        }
        send.send(Ok(Ask::End)).ok();
    });
    receive
}

/// The answer to one that went well, or not.
pub(super) fn answer(done: Result<Value>) -> Value {
    done.unwrap_or_else(|e| json!({ "error": format!("{e:#}") }))
}

fn read(line: &str) -> Result<Ask> {
    let (verb, rest) = line.trim().split_once(' ').context("VERB WHAT")?;
    Ok(match verb {
        "kill" => Ask::Kill(rest.to_owned()),
        "start" => Ask::Start(rest.to_owned()),
        "run" => {
            let words: Value = serde_json::from_str(rest).context("run takes a JSON array")?;
            let words = words.as_array().context("run takes a JSON array")?;
            Ask::Run(
                words
                    .iter()
                    .map(|w| w.as_str().map(str::to_owned).context("of words"))
                    .collect::<Result<_>>()?,
            )
        }
        other => bail!("no such verb: {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verbs_are_read() {
        assert_eq!(read("kill server").expect("fine"), Ask::Kill("server".into()));
        assert_eq!(read("start agent").expect("fine"), Ask::Start("agent".into()));
        assert_eq!(
            read(r#"run ["agent", "invite"]"#).expect("fine"),
            Ask::Run(vec!["agent".into(), "invite".into()])
        );
    }

    #[test]
    fn other_lines_are_refused() {
        for line in ["", "kill", "dance now", "run agent", "run [1]"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
