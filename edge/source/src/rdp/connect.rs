//! Connecting and signing in.

use crate::account::{Account, verdict};
use crate::line::{self, Line};
use crate::target::{Address, Credentials, RdpTarget};
use crate::{Detail, Error, Pin, probed::Probed, tls};
use ironrdp_connector::credssp::CredsspSequence;
use ironrdp_connector::sspi::generator::NetworkRequest;
use ironrdp_connector::{
    BitmapConfig, ClientConnector, ClientConnectorState, Config, ConnectionOutcome,
    ConnectionResult, ConnectorError, ConnectorErrorKind, ConnectorResult, DesktopSize, ServerName,
};
use ironrdp_core::WriteBuf;
use ironrdp_displaycontrol::client::DisplayControlClient;
use ironrdp_dvc::DrdynvcClient;
use ironrdp_pdu::gcc::{ConnectionType, KeyboardType};
use ironrdp_pdu::rdp::capability_sets::{BitmapCodecs, MajorPlatformType, RailSupportLevel};
use ironrdp_pdu::rdp::client_info::{PerformanceFlags, TimezoneInfo};
use ironrdp_tokio::{
    NetworkClient, TokioFramed, Upgraded, connect_begin, connect_finalize, mark_as_upgraded,
    perform_credssp,
};
use std::error::Error as _;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Connects: TCP, negotiation, TLS, sign-in. Returns the line, bytes received beyond that, and what
/// was negotiated.
pub(super) async fn sign_in(
    target: &RdpTarget,
    credentials: &Credentials,
    size: (u16, u16),
) -> Result<(Line, Vec<u8>, ConnectionResult), Error> {
    let credentials = credentials.tidied();
    if credentials.user.is_empty() {
        return Err(Error::Refused(Detail::new("no user name")));
    }
    let mut connector = connector(&credentials, size);
    let (upgraded, stream, certificate) =
        upgrade(&target.address, &mut connector, Some(target.pin)).await?;
    let key = public_key(&certificate)?;
    let name = ServerName::new(target.address.host.clone());
    let mut framed = TokioFramed::new(stream);
    prove(&mut connector, &mut framed, name.clone(), key.clone()).await?;
    let outcome =
        connect_finalize(upgraded, connector, &mut framed, &mut NoNetwork, name, key, None).await;
    let (stream, leftover) = framed.into_inner();
    match outcome.map_err(|error| named(&error))? {
        ConnectionOutcome::Connected(result) => {
            Ok((Line::Tls(Box::new(stream)), leftover.to_vec(), result))
        }
        ConnectionOutcome::Redirected(_) => {
            Err(Error::Unsupported(Detail::new("the desktop sends its visitors to another host")))
        }
    }
}

/// Network level authentication, if the server asks for it: the user is authenticated before
/// anything is shown.
async fn prove(
    connector: &mut ClientConnector,
    framed: &mut TokioFramed<TlsStream<TcpStream>>,
    name: ServerName,
    key: Vec<u8>,
) -> Result<(), Error> {
    let ClientConnectorState::Credssp { selected_protocol, .. } = connector.state else {
        return Ok(());
    };
    let (given, domain) =
        (connector.config.credentials.clone(), connector.config.domain.as_deref());
    let begun = CredsspSequence::init(given, domain, selected_protocol, name, key, None);
    // Only a name that cannot be one fails here.
    let (sequence, request) = begun.map_err(|error| Error::Refused(detail(&error)))?;
    let proved =
        perform_credssp(framed, &mut NoNetwork, &mut WriteBuf::new(), sequence, request).await;
    proved.map_err(|error| match named(&error) {
        // Many servers refuse by closing the connection. An automatic retry would lock the account.
        Error::Unreachable(detail) => Error::Refused(detail),
        other => other,
    })?;
    connector.mark_credssp_as_done();
    Ok(())
}

/// Connects only until TLS is established and the certificate is known.
pub(super) async fn probe(address: &Address) -> Result<Probed, Error> {
    let mut connector = connector(&Credentials::default(), (1024, 768));
    let (_, _, certificate) = upgrade(address, &mut connector, None).await?;
    Ok(Probed {
        pin: Some(tls::pin_of(&certificate)),
        asks_password: connector.should_perform_credssp(),
        asks_login: true,
    })
}

async fn upgrade(
    address: &Address,
    connector: &mut ClientConnector,
    pin: Option<Pin>,
) -> Result<(Upgraded, TlsStream<TcpStream>, Vec<u8>), Error> {
    let mut framed = TokioFramed::new(line::connect(address).await?);
    let should = connect_begin(&mut framed, connector).await.map_err(|error| match error.kind() {
        // The server chose what was not offered: its own encryption, which checks nobody's key.
        ConnectorErrorKind::Reason(_) => Error::Unsupported(Detail::new(format_args!(
            "it does not offer TLS; switch on TLS or network level authentication there ({error})"
        ))),
        _ => named(&error),
    })?;
    let (stream, leftover) = framed.into_inner();
    if !leftover.is_empty() {
        return Err(super::misbehaved("bytes in the clear where TLS begins"));
    }
    let (stream, certificate) = tls::start(stream, &address.host, pin).await?;
    Ok((mark_as_upgraded(should, connector), stream, certificate))
}

pub(super) fn connector(credentials: &Credentials, size: (u16, u16)) -> ClientConnector {
    let config = config(credentials, size);
    // The protocol sends the client's address; the server does not need it.
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let display = DisplayControlClient::new(|_| Ok(Vec::new()));
    ClientConnector::new(config, nowhere)
        .with_static_channel(DrdynvcClient::new().with_dynamic_channel(display))
}

fn config(credentials: &Credentials, size: (u16, u16)) -> Config {
    let (width, height) = super::fitting(size);
    let Credentials { user, password, domain } = credentials.clone();
    Config {
        desktop_size: DesktopSize { width, height },
        monitor_layout: None,
        desktop_scale_factor: 100,
        desktop_physical_size: None,
        desktop_orientation: None,
        device_scale_factor: None,
        monitor_extended_layout: None,
        relative_mouse_input: false,
        enable_tls: true,
        enable_credssp: true,
        enable_standard_rdp_security: false,
        credentials: ironrdp_connector::Credentials::UsernamePassword { username: user, password },
        domain: Some(domain).filter(|domain| !domain.is_empty()),
        client_build: 0,
        client_name: "noren".to_owned(),
        // The four values of a Japanese 106/109 keyboard belong together: if one is off, Windows
        // takes the US layout.
        keyboard_type: KeyboardType::JAPANESE,
        keyboard_subtype: 2,
        keyboard_functional_keys_count: 12,
        keyboard_layout: 0x411,
        connection_type: ConnectionType::Lan,
        ime_file_name: String::new(),
        bitmap: Some(BitmapConfig {
            lossy_compression: false,
            color_depth: 32,
            codecs: BitmapCodecs::default(),
        }),
        dig_product_id: String::new(),
        client_dir: "C:\\Windows\\System32\\mstscax.dll".to_owned(),
        alternate_shell: String::new(),
        work_dir: String::new(),
        remote_application_mode: false,
        rail_support_level: RailSupportLevel::empty(),
        platform: MajorPlatformType::WINDOWS,
        hardware_id: None,
        request_data: None,
        autologon: true,
        enable_audio_playback: false,
        enable_audio_capture: false,
        performance_flags: PerformanceFlags::default(),
        license_cache: None,
        timezone_info: TimezoneInfo::default(),
        // On an office network compression costs more than it saves.
        compression_type: None,
        enable_server_pointer: true,
        pointer_software_rendering: false,
        multitransport_flags: None,
        support_dyn_vc_gfx_protocol: false,
    }
}

/// Kerberos would need a domain controller. Without it NTLM is used, inside the pinned TLS.
struct NoNetwork;

impl NetworkClient for NoNetwork {
    async fn send(&mut self, _: &NetworkRequest) -> ConnectorResult<Vec<u8>> {
        Err(ConnectorError::new(
            "Kerberos",
            ConnectorErrorKind::Reason("no domain controller is asked".to_owned()),
        ))
    }
}

/// The bits of the certificate's public key, to which CredSSP binds the password.
fn public_key(certificate: &[u8]) -> Result<Vec<u8>, Error> {
    let key = net::tls::PublicKey::of(certificate);
    key.map(|key| key.bits.to_vec()).ok_or_else(|| super::misbehaved("a certificate without a key"))
}

/// Turns an error of the connector into one named by who is at fault.
pub(super) fn named(error: &ConnectorError) -> Error {
    let detail = detail(error);
    match error.kind() {
        ConnectorErrorKind::Credssp(fault) => {
            match fault.nstatus.and_then(|code| verdict(code.0)) {
                Some(account) => Error::Account(account, detail),
                None => Error::Refused(detail),
            }
        }
        // The answer of CredSSP's last step: the password is right, and the right is missing.
        ConnectorErrorKind::AccessDenied => Error::Account(Account::NotGranted, detail),
        ConnectorErrorKind::Negotiation(_) | ConnectorErrorKind::EntraAuth(_) => {
            Error::Unsupported(detail)
        }
        ConnectorErrorKind::Custom if is_of_the_line(error) => Error::Unreachable(detail),
        // What a server that ends the sign-in without network level authentication says.
        ConnectorErrorKind::Reason(said) if said.contains(PRIVILEGES) => {
            Error::Account(Account::NotGranted, detail)
        }
        ConnectorErrorKind::Reason(said) if said.contains(ENDED) => {
            Error::Account(Account::Other, detail)
        }
        _ => Error::PeerMisbehaved(detail),
    }
}

/// How IronRDP writes that the server ended the sign-in, and its word for a missing right
/// (MS-RDPBCGR 2.2.5.1.1, ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES).
const ENDED: &str = "error info";
const PRIVILEGES: &str = "insufficient access privileges";

fn detail(error: &ConnectorError) -> Detail {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    Detail::new(format_args!("{error}{cause}"))
}

/// Whether reading or writing failed. Other custom errors are those of decoding.
fn is_of_the_line(error: &ConnectorError) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput};
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(fault) = inner.downcast_ref::<std::io::Error>() {
            return !matches!(fault.kind(), InvalidData | InvalidInput);
        }
        cause = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironrdp_connector::ConnectorErrorExt as _;
    use ironrdp_connector::sspi::{self, credssp::NStatusCode};

    fn credssp(code: Option<u32>) -> Error {
        let mut fault = sspi::Error::new(sspi::ErrorKind::InvalidToken, "said");
        fault.nstatus = code.map(NStatusCode);
        named(&ConnectorError::new("CredSSP", ConnectorErrorKind::Credssp(fault)))
    }

    #[test]
    fn only_a_wrong_password_is_a_refusal() {
        assert!(matches!(credssp(Some(0xc000_006d)), Error::Refused(_)));
        assert!(matches!(credssp(None), Error::Refused(_)));
        let locked = credssp(Some(0xc000_0234));
        assert!(matches!(locked, Error::Account(Account::LockedOut, _)), "{locked}");
        let denied = named(&ConnectorError::new("CredSSP", ConnectorErrorKind::AccessDenied));
        assert!(matches!(denied, Error::Account(Account::NotGranted, _)), "{denied}");
    }

    #[test]
    fn only_a_broken_line_is_tried_again() {
        let of = |kind: std::io::ErrorKind| {
            named(&ConnectorError::custom("reading", std::io::Error::from(kind)))
        };
        for kind in [std::io::ErrorKind::UnexpectedEof, std::io::ErrorKind::ConnectionReset] {
            assert!(matches!(of(kind), Error::Unreachable(_)));
        }
        assert!(matches!(of(std::io::ErrorKind::InvalidData), Error::PeerMisbehaved(_)));
        let licence = ConnectorError::custom("a licence", std::fmt::Error);
        assert!(matches!(named(&licence), Error::PeerMisbehaved(_)));
    }
}
