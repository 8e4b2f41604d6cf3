//! One conversation with a mail server.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::Error as Smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use store::mail::Mail;

use super::settings::{Settings, Tls};
use super::socket::{plain, protected};
use crate::parts::Kit;

/// Longest wait for any one answer.
const WAIT: Duration = Duration::from_secs(20);
/// Longest conversation about one mail.
const WHOLE: Duration = Duration::from_secs(90);

/// Why a mail did not leave, by what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The server cannot be reached, or does not let us in: every mail waits.
    Server(String),
    /// It would not take this mail now.
    Later(String),
    /// It will never take this mail.
    Never(String),
}

/// An open conversation.
pub struct Line {
    connection: AsyncSmtpConnection,
}

impl Line {
    /// Connects, protects the line, signs in.
    pub async fn open(kit: &Kit, settings: &Settings) -> Result<Self, Fault> {
        let opening = tokio::time::timeout(WHOLE, open(kit, settings));
        opening.await.unwrap_or(Err(Fault::Server("timed out".into())))
    }

    /// Hands over one mail.
    pub async fn send(&mut self, kit: &Kit, settings: &Settings, mail: &Mail) -> Result<(), Fault> {
        let (envelope, bytes) = message(kit, settings, mail)?;
        match tokio::time::timeout(WHOLE, self.connection.send(&envelope, &bytes)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(Fault::Never(said(&error))),
            Ok(Err(error)) if error.is_transient() => Err(Fault::Later(said(&error))),
            Ok(Err(error)) => Err(Fault::Server(said(&error))),
            Err(_) => Err(Fault::Server("timed out".into())),
        }
    }

    /// Says good-bye; that it fails does not matter any more.
    pub async fn close(mut self) {
        _ = tokio::time::timeout(Duration::from_secs(2), self.connection.quit()).await;
    }
}

async fn open(kit: &Kit, settings: &Settings) -> Result<Line, Fault> {
    let fault = |error: Smtp| Fault::Server(said(&error));
    let us = ClientId::Domain(kit.site.url.host_str().unwrap_or("localhost").to_owned());
    let connected = |error: std::io::Error| Fault::Server(error.to_string());
    let stream: Box<dyn AsyncTokioStream> = if settings.tls == Tls::Implicit {
        Box::new(protected(&settings.host, settings.port, WAIT).await.map_err(connected)?)
    } else {
        Box::new(plain(&settings.host, settings.port, WAIT).await.map_err(connected)?)
    };
    let mut connection =
        AsyncSmtpConnection::connect_with_transport(stream, &us).await.map_err(fault)?;
    if settings.tls == Tls::Starttls {
        if !connection.can_starttls() {
            return Err(Fault::Server("the server does not offer STARTTLS".into()));
        }
        let tls = TlsParameters::new_rustls(settings.host.clone()).map_err(fault)?;
        connection.starttls(tls, &us).await.map_err(fault)?;
    }
    if !settings.user.is_empty() {
        // The page does not let a password be kept for an open line; if one is there all the same,
        // it stays here.
        if settings.tls == Tls::Off {
            return Err(Fault::Server("no password goes over a line without TLS".into()));
        }
        let password = settings
            .password(kit)
            .ok_or_else(|| Fault::Server("the password cannot be opened".into()))?;
        let who = Credentials::new(settings.user.clone(), password);
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &who).await.map_err(fault)?;
    }
    Ok(Line { connection })
}

/// The message as it goes out. Its id is the mail's own, so that a copy sent after a crash is known
/// as one.
fn message(kit: &Kit, settings: &Settings, mail: &Mail) -> Result<(Envelope, Vec<u8>), Fault> {
    // An address that was right when it was entered and is not now will never be.
    let never = |what: &str| Fault::Never(format!("{what} cannot be written into a message"));
    let from: Address =
        settings.from.parse().map_err(|_| Fault::Server("the from address is not one".into()))?;
    let to: Address = mail.address.parse().map_err(|_| never("the address"))?;
    let host = kit.site.url.host_str().unwrap_or("localhost");
    let at = u64::try_from(mail.queued).unwrap_or_default();
    let message = Message::builder()
        .message_id(Some(format!("<{}@{host}>", mail.id)))
        .date(std::time::UNIX_EPOCH + Duration::from_millis(at))
        .from(Mailbox::new(Some(settings.name().to_owned()), from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(&mail.subject))
        // So that no absence note and no loop answers it (RFC 3834).
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.content.clone())
        .map_err(|_| never("the text"))?;
    let envelope = Envelope::new(Some(from), vec![to]).map_err(|_| never("the address"))?;
    Ok((envelope, message.formatted()))
}

/// A subject is one line, whatever was in it.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

/// What the server or the network said, as short as a log line. It may repeat an address, so it is
/// shown to the operator alone.
fn said(error: &Smtp) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
