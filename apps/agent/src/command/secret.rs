//! Secrets on their way in: from a file, from the environment, from whoever is asked. Never as an
//! argument, which everybody on the machine can read (`ps`, `/proc`) and which stays in the shell's
//! history.

use crate::{Error, Result};
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::Path;

/// Longest secret, in bytes.
const LONGEST: u64 = 1024;

/// The first line of a file; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<String> {
    let fault = |error| Error::State { path: path.to_owned(), error };
    if path == Path::new("-") {
        return first(std::io::stdin().lock(), "standard input").map_err(fault);
    }
    first(std::fs::File::open(path).map_err(fault)?, &path.display().to_string()).map_err(fault)
}

/// What the environment says; nothing where it says nothing.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Asks a person, or reads what a program gives on standard input.
pub(super) fn asked(prompt: &str) -> Result<String> {
    let fault = |error| Error::State { path: "standard input".into(), error };
    if std::io::stdin().is_terminal() {
        let mut out = std::io::stderr().lock();
        write!(out, "{prompt}").and_then(|()| out.flush()).map_err(fault)?;
        let mut line = String::new();
        // A line, not the end: the person presses Enter. What is typed may be seen: it works once,
        // and is used up a second later.
        std::io::BufRead::read_line(
            &mut std::io::BufReader::new(std::io::stdin().take(LONGEST)),
            &mut line,
        )
        .map_err(fault)?;
        return said(&line, "standard input").map_err(fault);
    }
    read(Path::new("-"))
}

/// For `--token`: says where it goes instead.
pub(super) fn refused_token(_: &str) -> std::result::Result<String, String> {
    Err("an argument is seen by everybody on this machine: leave it out and you are asked, or use \
        --token-file FILE or NOREN_AGENT_TOKEN"
        .into())
}

/// For `--proxy`: an address without a password may be an argument.
pub(super) fn without_password(url: &str) -> std::result::Result<String, String> {
    // By the sign alone: what cannot be read as an address may hold a password too.
    if url.contains('@') {
        return Err(
            "an argument with a password is seen by everybody on this machine: use --proxy-file \
             FILE or NOREN_AGENT_PROXY"
                .into(),
        );
    }
    Ok(url.to_owned())
}

fn first(from: impl std::io::Read, name: &str) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(LONGEST).read_to_string(&mut text)?;
    said(&text, name)
}

fn said(text: &str, name: &str) -> std::io::Result<String> {
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            format!("nothing in {name}"),
        ));
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line() {
        assert_eq!(first(&b" ABCD-EFGH \nmore"[..], "x").unwrap(), "ABCD-EFGH");
        assert!(first(&b"\n"[..], "x").is_err());
    }

    #[test]
    fn an_argument_is_refused_without_being_repeated() {
        assert!(!refused_token("GEHEIM").unwrap_err().contains("GEHEIM"));
        assert!(!without_password("http://user:geheim@proxy:3128").unwrap_err().contains("geheim"));
        assert_eq!(without_password("http://proxy:3128").as_deref(), Ok("http://proxy:3128"));
    }
}
