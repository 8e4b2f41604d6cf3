//! What `cargo xtask demo` is asked for.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use lexopt::{Arg, Parser, ValueExt};

/// The password of an office PC of the caller's, where it is not in a file.
const PASSWORD: &str = "NOREN_DEMO_PASSWORD";

/// The office PC that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Office {
    /// An Xvnc of our own.
    Desktop,
    /// A VNC server of the caller's.
    Vnc { address: String, password: Option<String> },
    /// A Remote Desktop of the caller's.
    Rdp { address: String, user: String, password: String },
    /// The agent's drawn sample desktop.
    Sample,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) office: Office,
    pub(super) watermark: bool,
    pub(super) release: bool,
    pub(super) json: bool,
    /// `kill NAME` and `start NAME` on standard input, for the tests of faults; the end of the
    /// input ends the demo.
    pub(super) control: bool,
    /// The relay as a program of its own, not inside the server.
    pub(super) relay: bool,
    /// A town that is lived in around the person of the demo: for people to look at, and on request
    /// for programs.
    pub(super) town: bool,
    /// The country with its surveys beside the office.
    pub(super) exchange: bool,
    /// The server's port on the loopback, and its address as browsers see it when something stands
    /// in front.
    pub(super) port: Option<u16>,
    pub(super) url: Option<String>,
}

impl Options {
    pub(super) fn read(args: &[String]) -> Result<Self> {
        let mut parser = Parser::from_args(args);
        let (mut vnc, mut rdp, mut rdp_user, mut password_file, mut sample) =
            (None, None, None, None, false);
        let mut o = Self {
            office: Office::Desktop,
            watermark: true,
            release: false,
            json: false,
            control: false,
            relay: false,
            town: false,
            exchange: false,
            port: None,
            url: None,
        };
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Long("vnc") => vnc = Some(address(&parser.value()?.string()?, 5900)?),
                Arg::Long("rdp") => rdp = Some(address(&parser.value()?.string()?, 3389)?),
                Arg::Long("rdp-user") => rdp_user = Some(parser.value()?.string()?),
                Arg::Long("password-file") => password_file = Some(parser.value()?),
                Arg::Long("vnc-password" | "rdp-password") => {
                    bail!(
                        "an argument is seen by everybody on this machine: use --password-file \
                         FILE or {PASSWORD}"
                    )
                }
                Arg::Long("sample") => sample = true,
                Arg::Long("watermark") => {
                    o.watermark = match parser.value()?.string()?.as_str() {
                        "on" => true,
                        "off" => false,
                        other => bail!("--watermark is on or off, not {other}"),
                    }
                }
                Arg::Long("release") => o.release = true,
                Arg::Long("json") => o.json = true,
                Arg::Long("control") => o.control = true,
                Arg::Long("relay") => o.relay = true,
                Arg::Long("town") => o.town = true,
                Arg::Long("exchange") => o.exchange = true,
                Arg::Long("port") => o.port = Some(parser.value()?.parse()?),
                Arg::Long("url") => o.url = Some(parser.value()?.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        ensure!(
            u8::from(vnc.is_some()) + u8::from(rdp.is_some()) + u8::from(sample) <= 1,
            "one office PC: --vnc, --rdp or --sample"
        );
        ensure!(
            vnc.is_some() || rdp.is_some() || password_file.is_none(),
            "--password-file goes with --vnc or --rdp"
        );
        ensure!(rdp.is_some() || rdp_user.is_none(), "--rdp-user goes with --rdp");
        let password = || match &password_file {
            Some(file) => first_line(Path::new(file)).map(Some),
            None => Ok(std::env::var(PASSWORD).ok().filter(|password| !password.is_empty())),
        };
        if let Some(address) = vnc {
            o.office = Office::Vnc { address, password: password()? };
        } else if let Some(address) = rdp {
            let user = rdp_user.context("--rdp needs --rdp-user")?;
            let password = password()?
                .with_context(|| format!("--rdp needs --password-file FILE or {PASSWORD}"))?;
            o.office = Office::Rdp { address, user, password };
        } else if sample {
            o.office = Office::Sample;
        }
        o.town |= !o.json;
        Ok(o)
    }
}

fn first_line(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    text.lines()
        .next()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .with_context(|| format!("nothing in {}", file.display()))
}

/// `HOST` or `HOST:PORT` (an IPv6 address in brackets) with the port that is usual.
fn address(text: &str, usual: u16) -> Result<String> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host, port.parse::<u16>().with_context(|| format!("{text}: not HOST:PORT"))?)
        }
        _ => (text, usual),
    };
    ensure!(
        !host.is_empty() && (!host.contains(':') || host.starts_with('[')),
        "{text}: not HOST:PORT"
    );
    Ok(format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options> {
        Options::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn nothing_asked_is_a_desktop_with_a_watermark() {
        let o = read("").expect("fine");
        assert_eq!(o.office, Office::Desktop);
        assert!(o.watermark && !o.json && !o.release);
    }

    #[test]
    fn each_office_pc_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("password");
        std::fs::write(&file, "x\n").expect("written");
        let file = file.display();
        let vnc =
            read(&format!("--vnc 127.0.0.1:5911 --password-file {file} --watermark off --json"))
                .expect("fine");
        assert_eq!(
            vnc.office,
            Office::Vnc { address: "127.0.0.1:5911".into(), password: Some("x".into()) }
        );
        assert!(!vnc.watermark && vnc.json && !vnc.town);
        assert!(read("").expect("fine").town && read("--json --town").expect("fine").town);
        let rdp = read(&format!("--rdp pc --rdp-user u --password-file {file}")).expect("fine");
        assert_eq!(
            rdp.office,
            Office::Rdp { address: "pc:3389".into(), user: "u".into(), password: "x".into() }
        );
        assert_eq!(read("--sample").expect("fine").office, Office::Sample);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "--vnc a:1 --sample",
            "--password-file x",
            "--vnc a --password-file /no/such/file",
            "--rdp a --rdp-user u",
            "--rdp-user u",
            "--watermark perhaps",
            "--vnc a:b",
            "--vnc :1",
            "--vnc ::1",
            "--unknown",
            "extra",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn no_argument_holds_a_secret() {
        let said = read("--vnc a --vnc-password GEHEIM").expect_err("refused").to_string();
        assert!(said.contains("--password-file") && !said.contains("GEHEIM"), "{said}");
        // Every option that is called like a secret names a file, or is one of the two that are
        // refused.
        let source = include_str!("options.rs").split("#[cfg(test)]").next().expect("the program");
        let called = source
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|word| ["pass", "token", "secret", "key"].iter().any(|w| word.contains(w)));
        let options: Vec<&str> = called
            .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            .collect();
        assert_eq!(options, ["password-file", "vnc-password", "rdp-password"]);
    }

    #[test]
    fn addresses_keep_their_port() {
        assert_eq!(address("[::1]:5900", 1).ok().as_deref(), Some("[::1]:5900"));
        assert_eq!(address("[::1]", 5900).ok().as_deref(), Some("[::1]:5900"));
    }
}
