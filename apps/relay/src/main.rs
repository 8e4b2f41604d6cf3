//! `noren-relay`: the relay as a program of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser;
use net::tls::ServerCertificate;
use relay::{File, Relay};

/// Joins viewers and agents that hold tickets. It reads nothing of what it carries.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file (TOML).
    #[arg(long, env = "NOREN_RELAY_CONFIG", default_value = "/etc/noren/relay.toml")]
    config: PathBuf,
}

/// How often the certificate's file is looked at.
const CERTIFICATE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).init();
    let arguments = Arguments::parse();
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
    let listener = tokio::net::TcpListener::bind(file.listen)
        .await
        .with_context(|| format!("listening on {}", file.listen))?;
    if let Some(certificate) = &tls {
        tokio::spawn(certificate.clone().follow(CERTIFICATE, shutdown.clone()));
    }
    tracing::info!(listen = %listener.local_addr()?, tls = tls.is_some(), "relay ready");
    relay::listen(relay, listener, tls, shutdown).await?;
    Ok(())
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
