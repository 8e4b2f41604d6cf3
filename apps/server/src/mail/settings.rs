//! How mail leaves this server. One setting for all bodies, made by whoever operates the server; the password is sealed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use store::Conn;

use crate::app::App;
use crate::error::Refusal;

const NAME: &str = "mail";

/// How the connection is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// STARTTLS, required (port 587).
    Starttls,
    /// None: only for a mail server on this machine or inside the office's own network; no password goes over it.
    Off,
}

/// The settings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Whether mail is sent at all.
    pub on: bool,
    /// Host of the mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its protection.
    pub tls: Tls,
    /// User; empty where none is asked for.
    pub user: String,
    /// Sealed password, base64; empty where there is none.
    pub password: String,
    /// From address.
    pub from: String,
    /// From name; may be empty.
    pub from_name: String,
    /// Domains mail may go to; empty: any.
    pub domains: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            on: false,
            host: String::new(),
            port: 587,
            tls: Tls::Starttls,
            user: String::new(),
            password: String::new(),
            from: String::new(),
            from_name: "Noren".into(),
            domains: Vec::new(),
        }
    }
}

impl Settings {
    /// Whether a mail may go there.
    #[must_use]
    pub fn permits(&self, address: &str) -> bool {
        let Some((_, domain)) = address.rsplit_once('@') else { return false };
        self.domains.is_empty() || self.domains.iter().any(|one| one.eq_ignore_ascii_case(domain))
    }

    /// What the sender calls itself.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.from_name.is_empty() { "Noren" } else { &self.from_name }
    }

    /// Seals a password for these settings.
    ///
    /// # Errors
    /// Never in practice.
    pub(super) fn set_password(&mut self, app: &App, password: &str) -> Result<(), Refusal> {
        self.password =
            if password.is_empty() { String::new() } else { STANDARD.encode(app.seal("mail", b"smtp", password.as_bytes())?) };
        Ok(())
    }

    /// The password, or none.
    pub(super) fn password(&self, app: &App) -> Option<String> {
        let sealed = STANDARD.decode(&self.password).ok().filter(|sealed| !sealed.is_empty())?;
        String::from_utf8(app.unseal("mail", b"smtp", &sealed)?).ok()
    }
}

/// The settings as they are, on or off.
///
/// # Errors
/// What the database can meet.
pub(super) async fn kept(conn: &mut Conn) -> Result<Settings, Refusal> {
    let text = store::settings::find(conn, NAME).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// The settings, when mail is sent.
///
/// # Errors
/// What the database can meet.
pub(super) async fn load(conn: &mut Conn) -> Result<Option<Settings>, Refusal> {
    Ok(Some(kept(conn).await?).filter(|settings| settings.on))
}

/// Keeps the settings.
///
/// # Errors
/// What the database can meet.
pub(super) async fn keep(conn: &mut Conn, settings: &Settings) -> Result<(), Refusal> {
    let text = serde_json::to_string(settings).map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok(store::settings::put(conn, NAME, &text).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_to_the_domains_named_and_to_no_lookalike() {
        let settings = Settings { domains: vec!["town.example.jp".into()], ..Settings::default() };
        assert!(settings.permits("a@town.example.jp") && settings.permits("a@TOWN.example.jp"));
        for other in ["a@example.jp", "a@eviltown.example.jp", "a@x@town.example.jp.evil", "town.example.jp"] {
            assert!(!settings.permits(other), "{other}");
        }
    }
}
