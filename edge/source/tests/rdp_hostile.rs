//! What an RDP server that lies can do to the source: nothing but end the session with a named
//! error.

#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use source::{Address, Credentials, Error, Rdp, RdpTarget, Source};
use std::sync::Arc;
use support::PATIENCE;
use support::servers::{Certificate, Xrdp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// The server agrees on TLS (MS-RDPBCGR 2.2.1.2: TPKT, X.224 connection confirm, RDP_NEG_RSP).
const CONFIRM: &[u8] = &[3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, 1, 0, 0, 0];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

fn credentials() -> Credentials {
    Credentials { user: "staff".into(), password: "secret".into(), domain: String::new() }
}

struct Fake {
    listener: TcpListener,
    certificate: Certificate,
    acceptor: TlsAcceptor,
}

impl Fake {
    async fn new() -> Self {
        let certificate = Certificate::new();
        let read = |file: &tempfile::NamedTempFile| std::fs::read(file.path()).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(&read(&certificate.certificate)).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(&read(&certificate.key)).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            certificate,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        }
    }

    fn target(&self) -> RdpTarget {
        let address =
            Address { host: "127.0.0.1".into(), port: self.listener.local_addr().unwrap().port() };
        RdpTarget { address, pin: source::pin_of(&self.certificate.der) }
    }

    /// The next visitor, after the request in the clear.
    async fn visitor(&self) -> TcpStream {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        pdu(&mut stream).await;
        stream
    }

    /// The same, inside TLS.
    async fn guest(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let mut stream = self.visitor().await;
        stream.write_all(CONFIRM).await?;
        self.acceptor.accept(stream).await
    }
}

/// One TPKT; nothing when the peer has hung up.
async fn pdu(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut head = [0; 4];
    if stream.read_exact(&mut head).await.is_err() {
        return Vec::new();
    }
    let mut bytes = head.to_vec();
    bytes.resize(usize::from(u16::from_be_bytes([head[2], head[3]])).max(4), 0);
    if stream.read_exact(&mut bytes[4..]).await.is_err() {
        return Vec::new();
    }
    bytes
}

/// What becomes of a session with this server; a panic is what must not be.
async fn visit(target: RdpTarget, what: String) -> Error {
    let session = tokio::spawn(async move {
        let mut rdp = match Rdp::connect(&target, Some(&credentials()), (800, 600)).await {
            Ok(rdp) => rdp,
            Err(error) => return error,
        };
        loop {
            match rdp.next().await {
                Ok(source::Event::Closed) => {
                    return Error::Unreachable(source::Detail::new("closed"));
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    });
    let ended = tokio::time::timeout(PATIENCE, session).await;
    ended
        .unwrap_or_else(|_| panic!("{what}: it never ends"))
        .unwrap_or_else(|panic| panic!("{what}: {panic}"))
}

#[tokio::test]
async fn bytes_before_tls() {
    let fake = Fake::new().await;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..60 {
        let answer = match round {
            0 => Vec::new(),
            1 => vec![3, 0, 0xff, 0xff],
            2 => vec![3, 0, 0, 0],
            3 => vec![3, 0, 0, 4],
            // Another protocol than was asked for; none at all; one nobody knows.
            4 => [&CONFIRM[..15], &[0, 0, 0, 0]].concat(),
            5 => [&CONFIRM[..15], &[0xff, 0xff, 0xff, 0xff]].concat(),
            // Something in the clear behind the answer, where TLS begins.
            6 => [CONFIRM, &dice.bytes(40)].concat(),
            n if n % 2 == 0 => dice.bytes(64),
            _ => {
                let mut bytes = CONFIRM.to_vec();
                let at = dice.below(bytes.len() as u64) as usize;
                bytes[at] = dice.next() as u8;
                bytes
            }
        };
        let serve = async {
            let mut stream = fake.visitor().await;
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        };
        let (error, ()) = tokio::join!(visit(fake.target(), format!("{answer:02x?}")), serve);
        let named = matches!(
            error,
            Error::PeerMisbehaved(_)
                | Error::Unreachable(_)
                | Error::Unsupported(_)
                | Error::Refused(_)
        );
        assert!(named, "{answer:02x?}: {error}");
    }
}

#[tokio::test]
async fn bytes_inside_tls_instead_of_an_answer() {
    let fake = Fake::new().await;
    let mut dice = Dice(0xd1b5_4a32_d192_ed03);
    for round in 0..60 {
        let answer = match round {
            0 => vec![3, 0, 0xff, 0xff],
            // A connect response of MCS whose lengths promise more than there is.
            1 => vec![3, 0, 0, 12, 2, 0xf0, 0x80, 0x7f, 0x66, 0x84, 0xff, 0xff],
            2 => vec![0, 0x80, 0],
            _ => {
                let mut bytes = vec![3, 0, 0, 0, 2, 0xf0, 0x80];
                bytes.extend(dice.bytes(16 + round));
                bytes[3] = bytes.len() as u8;
                bytes
            }
        };
        let serve = async {
            let Ok(mut stream) = fake.guest().await else { return };
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        };
        let (error, ()) = tokio::join!(visit(fake.target(), format!("{answer:02x?}")), serve);
        assert!(
            matches!(
                error,
                Error::PeerMisbehaved(_) | Error::Unreachable(_) | Error::Unsupported(_)
            ),
            "{answer:02x?}: {error}"
        );
    }
}

/// A real session through a middleman who changes a byte here and there: in the set-up, in the
/// picture, in the channels.
#[tokio::test]
async fn a_session_with_changed_bytes() {
    let server = Xrdp::start().listening().await;
    let fake = Fake::new().await;
    for seed in 1..=40u64 {
        let serve = async {
            let Ok(mut guest) = fake.guest().await else { return };
            let Ok(mut desktop) = behind(&server).await else { return };
            let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
            let (mut up, mut down) = (vec![0; 16 << 10], vec![0; 16 << 10]);
            // So many bytes pass as they are, then one in so many is changed, and after so many the
            // line is cut.
            let (clean, every, most) = (dice.below(4000), 1 + dice.below(200), 40_000);
            let (mut passed, mut next) = (0u64, clean);
            while passed < most {
                tokio::select! {
                    count = guest.read(&mut up) => {
                        let Ok(count @ 1..) = count else { return };
                        if desktop.write_all(&up[..count]).await.is_err() { return }
                    }
                    count = desktop.read(&mut down) => {
                        let Ok(count @ 1..) = count else { return };
                        let part = &mut down[..count];
                        while let Some(byte) = next.checked_sub(passed).and_then(
                            |at| part.get_mut(at as usize)) {
                            *byte = dice.next() as u8;
                            next += 1 + dice.below(every);
                        }
                        passed += count as u64;
                        if guest.write_all(part).await.is_err() { return }
                    }
                    // Nothing more to say to each other: they misunderstand each other for good.
                    () = tokio::time::sleep(std::time::Duration::from_millis(700)) => return,
                }
            }
        };
        let (error, ()) = tokio::join!(visit(fake.target(), format!("seed {seed}")), serve);
        assert!(!matches!(error, Error::PinMismatch { .. }), "seed {seed}: {error}");
    }
    // The desktop itself has taken no harm.
    Rdp::connect(&server.target(), Some(&credentials()), (800, 600)).await.unwrap();
}

/// The middleman's own connection to the desktop, until inside TLS.
async fn behind(server: &Xrdp) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
    // X.224 connection request that asks for TLS (MS-RDPBCGR 2.2.1.1).
    stream.write_all(&[3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, 1, 0, 0, 0]).await?;
    pdu(&mut stream).await;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth();
    tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect("desk".try_into().unwrap(), stream)
        .await
}

/// A middleman does not look at certificates.
#[derive(Debug)]
struct Anybody(Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
