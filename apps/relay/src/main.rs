//! `noren-relay`: the relay as a program of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser;
use net::Clock as _;
use net::tls::ServerCertificate;
use ops::{Figures, Health, set};
use relay::{File, Relay};
use tokio::net::TcpListener;

/// Joins viewers and agents that hold tickets. It reads nothing of what it carries.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file (TOML).
    #[arg(long, env = "NOREN_RELAY_CONFIG", default_value = "/etc/noren/relay.toml")]
    config: PathBuf,
    #[command(flatten)]
    log: ops::Log,
}

/// How often the certificate's file is looked at.
const CERTIFICATE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    arguments.log.start("info");
    let path = &arguments.config;
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let file: File = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let tls = match (&file.certificate, &file.key) {
        (Some(chain), Some(key)) => Some(ServerCertificate::load(chain, key)?),
        (None, None) if file.listen.ip().is_loopback() => None,
        (None, None) => bail!("without a certificate the relay listens on a loopback address only"),
        _ => bail!("certificate and key come together"),
    };
    if file.servers.is_empty() {
        bail!("no server's key: nobody could be let in");
    }
    let shutdown = net::Shutdown::on_signal();
    let relay = Relay::new(file.config(), Arc::new(net::SystemClock::new()));
    let listener = match opened()? {
        Some(opened) => TcpListener::from_std(opened)?,
        None => TcpListener::bind(file.listen)
            .await
            .with_context(|| format!("listening on {}", file.listen))?,
    };
    if let Some(address) = file.watch_listen {
        let watched =
            TcpListener::bind(address).await.with_context(|| format!("listening on {address}"))?;
        let (health, figures) = watch(&relay, tls.as_ref());
        tokio::spawn(ops::listen(watched, health, figures, shutdown.clone()));
    }
    if let Some(certificate) = &tls {
        tokio::spawn(certificate.clone().follow(CERTIFICATE, shutdown.clone()));
    }
    tracing::info!(listen = %listener.local_addr()?, tls = tls.is_some(), "relay ready");
    #[cfg(unix)]
    ops::notify::ready(shutdown.clone());
    relay::listen(relay, listener, tls, shutdown).await?;
    Ok(())
}

/// The socket that systemd opened, if it did.
#[cfg(unix)]
fn opened() -> std::io::Result<Option<std::net::TcpListener>> {
    ops::notify::listener()
}

#[cfg(not(unix))]
fn opened() -> std::io::Result<Option<std::net::TcpListener>> {
    Ok(None)
}

/// What an operator sees of it.
fn watch(relay: &Relay, tls: Option<&Arc<ServerCertificate>>) -> (Health, Figures) {
    let (health, figures) = (Health::default(), figures(relay));
    if let Some(certificate) = tls.cloned() {
        figures.certificate(certificate.clone());
        health.add("certificate", move || {
            let now = i64::try_from(net::SystemClock::new().unix().0 / 1_000).unwrap_or(i64::MAX);
            let ended = certificate.ends().is_none_or(|ends| ends <= now);
            async move { if ended { Err("the certificate has ended".to_owned()) } else { Ok(()) } }
        });
    }
    (health, figures)
}

fn figures(relay: &Relay) -> Figures {
    let figures = Figures::new("noren-relay", env!("CARGO_PKG_VERSION"));
    let connections = figures.level("relay_connections", "Connections, in any state");
    let joined = figures.level("relay_meetings", "Meetings that are joined");
    let tickets = figures.level("relay_tickets", "Tickets remembered");
    let addresses = figures.level("relay_addresses", "Addresses remembered");
    let relay = relay.clone();
    figures.sample(move || {
        let counts = relay.counts();
        set(&connections, counts.connections);
        set(&joined, counts.joined);
        set(&tickets, counts.tickets);
        set(&addresses, counts.addresses);
        async { Ok(()) }
    });
    figures
}

#[cfg(test)]
#[path = "../../../tests/arguments.rs"]
mod arguments;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_argument_holds_a_secret() {
        let mut found = Vec::new();
        arguments::suspicious(&<Arguments as clap::CommandFactory>::command(), "", &mut found);
        assert!(found.is_empty(), "a secret comes by the configuration file: {found:?}");
    }
}
