//! `enroll`: become an agent of a server.

use super::secret;
use crate::state::{Identity, Seed, Store, Told};
use crate::{Error, Result};
use clap::Args;
use net::tls::{Trust, client};
use net::{Dialer, Proxy};
use pairing::enroll::{MAX, Refusal, Request, Response};
use pairing::{ChannelKey, SigningKey};
use std::path::PathBuf;

/// Clocks that differ by more than this are named: grants would be refused.
const CLOCKS_MS: u64 = 30_000;

#[derive(Debug, Args)]
pub(super) struct Enroll {
    /// Address of the server, as https://HOST
    #[arg(long, value_name = "URL")]
    server: String,
    /// File with the token from the administration, which works once; `-` is standard input.
    /// Without it the token is what NOREN_AGENT_TOKEN says, or is asked for
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Refused: an argument is seen by everybody on this machine
    #[arg(long, hide = true, value_name = "TOKEN")]
    token: Option<String>,
    /// What this machine is called in the record (default: its own name); the agent is called as
    /// was typed for the token
    #[arg(long)]
    name: Option<String>,
    /// PEM file with the authorities that vouch for the server
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// HTTP CONNECT proxy, as http://HOST:PORT. Without it what NOREN_AGENT_PROXY says
    #[arg(long, value_name = "URL", conflicts_with = "proxy_file")]
    proxy: Option<String>,
    /// File with the proxy as http://USER:PASSWORD@HOST:PORT, where it asks for a password
    #[arg(long, value_name = "FILE")]
    proxy_file: Option<PathBuf>,
}

impl Enroll {
    pub(super) async fn run(self, store: &Store) -> anyhow::Result<()> {
        if store.read::<Identity>()?.is_some() {
            return Err(Error::Enrolled.into());
        }
        // Here and not while the command line is read: that would repeat what was typed.
        if let Some(token) = &self.token {
            secret::refused_token(token).map_err(Error::Invalid)?;
        }
        let proxy = self
            .proxy
            .as_deref()
            .map(secret::without_password)
            .transpose()
            .map_err(Error::Invalid)?;
        let token = match &self.token_file {
            Some(file) => secret::read(file)?,
            None => secret::environment("NOREN_AGENT_TOKEN")
                .map_or_else(|| secret::asked("token: "), Ok)?,
        };
        let proxy = match (proxy, &self.proxy_file) {
            (Some(proxy), _) => Some(proxy),
            (None, Some(file)) => Some(secret::read(file)?),
            (None, None) => secret::environment("NOREN_AGENT_PROXY"),
        };
        let (channel_key, control_key) = (
            channel::SecretKey::generate(&mut super::rng()),
            SigningKey::random(&mut super::rng()),
        );
        let name = self.name.clone().or_else(machine).unwrap_or_else(|| "agent".to_owned());
        let request = Request {
            token,
            name: name.chars().take(64).collect::<String>().trim().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            channel_key: ChannelKey(*channel_key.public().as_bytes()),
            control_key: control_key.public(),
        };
        let server = self.server.trim_end_matches('/').to_owned();
        let dialer = dial(self.ca.as_ref(), proxy.as_deref())?;
        let (status, body) =
            dialer.post_json(&format!("{server}/agent/enroll"), &request, MAX).await?;
        let response = read(status, &body)?;
        response.relays.check().map_err(Error::Pairing)?;
        let ca = self.ca.map(std::path::absolute).transpose()?;
        let identity = Identity {
            server,
            // As it was called when the token was issued; an older server does not say.
            name: Some(response.name).filter(|name| !name.is_empty()).unwrap_or(request.name),
            agent: response.agent,
            number: response.number,
            body: response.body,
            body_name: response.body_name,
            server_key: response.server_key,
            channel_key: Seed::new(*channel_key.expose()),
            control_key: Seed::new(*control_key.seed()),
            ca,
            proxy,
        };
        // First, so that no agent is enrolled without its list; what an earlier one was told in
        // this folder is over.
        let relays = Some(response.relays);
        store.update(|told: &mut Told| {
            *told = Told { relays, ..Told::default() };
            Ok(())
        })?;
        store.create(&identity)?;
        println!("enrolled: {} ({}), agent {}", identity.body_name, identity.body, identity.number);
        println!("server key: {}", identity.server_key);
        let apart = super::now().0.abs_diff(response.time.0);
        if apart > CLOCKS_MS {
            eprintln!(
                "warning: this clock and the server's are {} seconds apart; set it, or grants will \
                 be refused",
                apart / 1000
            );
        }
        Ok(())
    }
}

/// The way to the server of an enrolled agent.
pub(super) fn dialer(identity: &Identity) -> Result<Dialer> {
    dial(identity.ca.as_ref(), identity.proxy.as_deref())
}

fn dial(ca: Option<&PathBuf>, proxy: Option<&str>) -> Result<Dialer> {
    let trust = ca.map_or(Trust::System, |file| Trust::SystemAnd(file.clone()));
    let proxy = proxy.map(str::parse::<Proxy>).transpose()?;
    Ok(Dialer::new(client(&trust)?).with_proxy(proxy))
}

fn read(status: u16, body: &[u8]) -> Result<Response> {
    #[derive(serde::Deserialize)]
    struct Refused {
        error: Refusal,
    }
    if status == 200 {
        return serde_json::from_slice(body)
            .map_err(|error| Error::Refused(format!("an answer that cannot be read: {error}")));
    }
    let why = match serde_json::from_slice::<Refused>(body).map(|refused| refused.error) {
        Ok(Refusal::BadToken) => "the token is unknown, used or expired".to_owned(),
        Ok(Refusal::Malformed) => {
            "the server does not understand this version's request".to_owned()
        }
        Ok(Refusal::TooMany) => "too many tries; wait a while".to_owned(),
        Ok(Refusal::Other) | Err(_) => format!("status {status}"),
    };
    Err(Error::Refused(why))
}

fn machine() -> Option<String> {
    let named = std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")).ok();
    named
        .or_else(|| std::fs::read_to_string("/etc/hostname").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_said_in_words() {
        let said = |status, body: &str| read(status, body.as_bytes()).unwrap_err().to_string();
        assert!(said(403, r#"{"error":"bad_token"}"#).contains("token is unknown"));
        assert!(said(429, r#"{"error":"too_many"}"#).contains("too many tries"));
        assert!(said(502, "<html>").contains("502"));
        assert!(said(200, "{}").contains("cannot be read"));
    }
}
