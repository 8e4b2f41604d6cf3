//! How mail leaves this server. One setting for all bodies, made by whoever operates the server;
//! the password is sealed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use store::{Conn, Tx};

use crate::error::Refusal;
use crate::parts::Kit;

const NAME: &str = "mail";

/// How the connection is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// STARTTLS, required (port 587).
    Starttls,
    /// None: only for a mail server on this machine or inside the office's own network; no password
    /// goes over it.
    Off,
}

impl Tls {
    /// Its name in forms and on record.
    pub fn key(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Starttls => "starttls",
            Self::Off => "off",
        }
    }
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

    /// Whether a password kept for `before` may be used with these: for the same server, over the
    /// same protection, by the same user. Anything else could be somebody who lets the password be
    /// told to a server of her own, or in the clear.
    pub fn may_keep_password_of(&self, before: &Self) -> bool {
        (&self.host, self.port, self.tls, &self.user)
            == (&before.host, before.port, before.tls, &before.user)
            && !self.user.is_empty()
    }

    /// What goes on record of a change: each setting that is another now, with what it was. Never
    /// the password.
    pub fn changes(&self, before: &Self) -> Vec<(&'static str, String)> {
        let told = |of: &Self| {
            [
                ("on", "on_before", of.on.to_string()),
                ("host", "host_before", of.host.clone()),
                ("port", "port_before", of.port.to_string()),
                ("tls", "tls_before", of.tls.key().to_owned()),
                ("user", "user_before", of.user.clone()),
                ("from", "from_before", of.from.clone()),
                ("from_name", "from_name_before", of.from_name.clone()),
                ("domains", "domains_before", of.domains.join(" ")),
            ]
        };
        let pairs = told(self).into_iter().zip(told(before));
        pairs
            .filter(|(now, was)| now.2 != was.2)
            .flat_map(|(now, was)| [(now.1, was.2), (now.0, now.2)])
            .collect()
    }

    /// Seals a password for these settings.
    ///
    /// # Errors
    /// Never in practice.
    pub fn set_password(&mut self, kit: &Kit, password: &str) -> Result<(), Refusal> {
        self.password = if password.is_empty() {
            String::new()
        } else {
            STANDARD.encode(kit.seal("mail", b"smtp", password.as_bytes())?)
        };
        Ok(())
    }

    /// The password, or none.
    pub fn password(&self, kit: &Kit) -> Option<String> {
        let sealed = STANDARD.decode(&self.password).ok().filter(|sealed| !sealed.is_empty())?;
        String::from_utf8(kit.unseal("mail", b"smtp", &sealed)?).ok()
    }
}

/// The settings as they are, on or off.
///
/// # Errors
/// What the database can meet.
pub async fn kept(conn: &mut Conn) -> Result<Settings, Refusal> {
    let text = store::settings::find(conn, NAME).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// The settings, when mail is sent.
///
/// # Errors
/// What the database can meet.
pub async fn load(conn: &mut Conn) -> Result<Option<Settings>, Refusal> {
    Ok(Some(kept(conn).await?).filter(|settings| settings.on))
}

/// Keeps the settings.
///
/// # Errors
/// What the database can meet.
pub async fn keep(tx: &mut Tx, settings: &Settings) -> Result<(), Refusal> {
    let text =
        serde_json::to_string(settings).map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok(store::settings::put(tx, NAME, &text).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_goes_to_the_domains_named_and_to_no_lookalike() {
        let settings = Settings { domains: vec!["town.example.jp".into()], ..Settings::default() };
        assert!(settings.permits("a@town.example.jp") && settings.permits("a@TOWN.example.jp"));
        for other in
            ["a@example.jp", "a@eviltown.example.jp", "a@x@town.example.jp.evil", "town.example.jp"]
        {
            assert!(!settings.permits(other), "{other}");
        }
    }
}
