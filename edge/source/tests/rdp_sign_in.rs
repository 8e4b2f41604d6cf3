//! How an RDP server lets people in or does not: its certificate, its security, what it says of an
//! account.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod support;
#[path = "../../net/src/version1.rs"]
#[allow(unreachable_pub)]
mod version1;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use source::{Account, Address, Credentials, Error, Kind, Rdp, RdpTarget, pin_of, probe};
use std::sync::Arc;
use support::servers::Certificate;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What the server agrees on (MS-RDPBCGR 2.2.1.2.1): its own encryption, TLS, CredSSP.
const OWN: u8 = 0;
const TLS: u8 = 1;
const CREDSSP: u8 = 2;

/// A server for one visitor after the other that ends the line when it has said what it says.
struct Server {
    address: Address,
    /// The certificate as it shows it.
    shown: Vec<u8>,
}

impl Server {
    /// A server with this certificate, signed with the key of `signer`. In TLS it waits for the
    /// first bytes and answers `says`.
    async fn new(
        shown: Vec<u8>,
        signer: &Certificate,
        versions: &[&'static rustls::SupportedProtocolVersion],
        agrees: u8,
        says: Vec<u8>,
    ) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key =
            PrivateKeyDer::from_pem_slice(&std::fs::read(signer.key.path()).unwrap()).unwrap();
        let key = provider.key_provider.load_private_key(key).unwrap();
        let chain = vec![CertificateDer::from(shown.clone())];
        // Not by rustls' own way, which reads the certificate.
        let resolver = SingleCertAndKey::from(CertifiedKey::new(chain, key));
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (mut tcp, _) = listener.accept().await.unwrap();
                let mut request = [0; 512];
                let _ = tcp.read(&mut request).await;
                let mut confirm =
                    [3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 0, 0, 0, 0];
                confirm[15] = agrees;
                let _ = tcp.write_all(&confirm).await;
                let Ok(mut tls) = acceptor.accept(tcp).await else { continue };
                let _ = tls.read(&mut request).await;
                let _ = tls.write_all(&says).await;
                let _ = tls.shutdown().await;
            }
        });
        Self { address: Address { host: "127.0.0.1".into(), port }, shown }
    }

    async fn usual(agrees: u8, says: Vec<u8>) -> Self {
        let made = Certificate::new();
        Self::new(made.der.clone(), &made, rustls::ALL_VERSIONS, agrees, says).await
    }

    async fn opened_as(&self, user: &str, domain: &str) -> Error {
        let credentials =
            Credentials { user: user.into(), password: "secret".into(), domain: domain.into() };
        let target = RdpTarget { address: self.address.clone(), pin: pin_of(&self.shown) };
        Rdp::connect(&target, Some(&credentials), (800, 600)).await.unwrap_err()
    }
}

#[tokio::test]
async fn a_certificate_of_version_1_is_let_in_by_its_bytes() {
    for versions in [[&TLS12], [&TLS13]] {
        let made = Certificate::new();
        let old = version1::version_1(&made.der);
        let server = Server::new(old.clone(), &made, &versions, TLS, Vec::new()).await;
        let probed = probe(Kind::Rdp, &server.address).await.unwrap();
        assert_eq!(probed.pin, Some(pin_of(&old)));
        // Past TLS, where this server says nothing more.
        let error = server.opened_as("hanako", "").await;
        assert!(matches!(error, Error::Unreachable(_)), "{error}");
        // Any other certificate is another one, though the key is the same.
        let renewed = Server { shown: made.der.clone(), address: server.address.clone() };
        let error = renewed.opened_as("hanako", "").await;
        assert!(matches!(error, Error::PinMismatch { .. }), "{error}");
        // Whoever shows the bytes must have the key.
        let thief = Server::new(old, &Certificate::new(), &versions, TLS, Vec::new()).await;
        let error = thief.opened_as("hanako", "").await;
        assert!(matches!(error, Error::PeerMisbehaved(_)), "{error}");
    }
}

#[tokio::test]
async fn a_server_with_its_own_encryption_breaks_nothing_and_is_named() {
    let server = Server::usual(OWN, Vec::new()).await;
    let error = server.opened_as("hanako", "").await;
    assert!(matches!(&error, Error::Unsupported(_)), "{error}");
    assert!(error.to_string().contains("switch on TLS"), "{error}");
}

/// An answer of CredSSP (MS-CSSP 2.2.1) with a code: SEQUENCE { [0] version 6, [4] code }.
fn code(code: &[u8]) -> Vec<u8> {
    let inner =
        [&[0xa0, 3, 2, 1, 6, 0xa4, code.len() as u8 + 2, 2, code.len() as u8], code].concat();
    [&[0x30, inner.len() as u8], &inner[..]].concat()
}

#[tokio::test]
async fn what_the_server_says_of_an_account_is_told_as_what_it_is() {
    for (status, account) in [
        (0xc000_0071u32, Account::PasswordExpired),
        (0xc000_0224, Account::PasswordMustChange),
        (0xc000_0234, Account::LockedOut),
        (0xc000_0072, Account::Disabled),
        (0xc000_0193, Account::Expired),
        (0xc000_015b, Account::NotGranted),
        (0xc000_006f, Account::OutsideHours),
        (0xc000_0070, Account::OtherWorkstation),
        (0xc000_006e, Account::Restricted),
        (0xc000_005e, Account::NoAuthority),
    ] {
        let server = Server::usual(CREDSSP, code(&status.to_be_bytes())).await;
        let error = server.opened_as("hanako", "").await;
        assert!(matches!(error, Error::Account(said, _) if said == account), "{error}");
    }
    let server = Server::usual(CREDSSP, code(&[0xc0, 0, 0, 0x6d])).await;
    for (user, domain) in [
        ("hanako", ""),
        ("OFFICE\\hanako", "OFFICE"),
        ("hanako", "OFFICE\\"),
        ("hanako", "@office"),
        ("hanako@office.local", "OFFICE"),
        ("a\\b\\c", "OFFICE"),
        ("OFFICE\\", ""),
    ] {
        let error = server.opened_as(user, domain).await;
        assert!(matches!(error, Error::Refused(_)), "{user} {domain}: {error}");
    }
    // Old servers hang up instead of giving a code.
    let server = Server::usual(CREDSSP, Vec::new()).await;
    let error = server.opened_as("hanako", "").await;
    assert!(matches!(error, Error::Refused(_)), "{error}");
}
