//! rustls configurations, always with ring.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::{BoxStream, Error, Result, Stream};

pub use crate::public_key::PublicKey;
pub use rustls::{ClientConfig, ServerConfig};

/// The server certificates that a client accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those signed by an authority of this machine, or of Mozilla's list where the machine has
    /// none.
    #[default]
    System,
    /// Those of [`Trust::System`], and those signed by an authority in a PEM file (an office's own,
    /// or that of a proxy that inspects TLS).
    SystemAnd(PathBuf),
    /// Only those signed by an authority in a PEM file.
    Only(PathBuf),
    /// Only the certificate with this SHA-256, whoever signed it and whatever name it has.
    Pinned([u8; 32]),
}

/// Makes a client's configuration.
pub fn client(trust: &Trust) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::BadCertificate(error.to_string()))?;
    let mut config = match trust {
        Trust::Pinned(fingerprint) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned::new(*fingerprint, &provider)))
            .with_no_client_auth(),
        Trust::System => builder.with_root_certificates(system()).with_no_client_auth(),
        Trust::SystemAnd(path) => {
            builder.with_root_certificates(add(system(), path)?).with_no_client_auth()
        }
        Trust::Only(path) => {
            builder.with_root_certificates(add(RootCertStore::empty(), path)?).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A server's certificate and key, read from PEM files, and read again on request.
#[derive(Debug)]
pub struct ServerCertificate {
    chain: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl ServerCertificate {
    /// Reads the chain (own certificate first) and the key (PKCS #8, PKCS #1 or SEC 1).
    pub fn load(chain: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Arc<Self>> {
        let (chain, key) = (chain.into(), key.into());
        let current = RwLock::new(Arc::new(read(&chain, &key)?));
        Ok(Arc::new(Self { chain, key, current }))
    }

    /// Reads the files again. On failure the old certificate stays in use. Open connections are not
    /// affected.
    pub fn reload(&self) -> Result<()> {
        let new = Arc::new(read(&self.chain, &self.key)?);
        *self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner) = new;
        Ok(())
    }

    /// Checks the files every `interval` and reads them again when they have changed, until
    /// shutdown.
    pub async fn follow(self: Arc<Self>, interval: Duration, shutdown: crate::Shutdown) {
        let mut seen = self.modified();
        loop {
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = shutdown.wait() => return,
            }
            let now = self.modified();
            if now != seen {
                seen = now;
                match self.reload() {
                    Ok(()) => tracing::info!("certificate read again"),
                    Err(error) => {
                        tracing::error!(%error, "the new certificate cannot be used; the old one \
                            stays")
                    }
                }
            }
        }
    }

    fn modified(&self) -> [Option<SystemTime>; 2] {
        [&self.chain, &self.key]
            .map(|path| std::fs::metadata(path).and_then(|data| data.modified()).ok())
    }

    /// When the certificate in use ends, Unix seconds; nothing where it cannot be read.
    #[must_use]
    pub fn ends(&self) -> Option<i64> {
        let current = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (_, certificate) =
            x509_parser::parse_x509_certificate(current.cert.first()?.as_ref()).ok()?;
        Some(certificate.validity().not_after.timestamp())
    }

    /// A server's configuration; it follows reloads.
    pub fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::BadCertificate(error.to_string()))?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone())
    }
}

/// The server's side of a TLS handshake.
pub async fn accept(config: Arc<ServerConfig>, stream: impl Stream) -> Result<BoxStream> {
    let tls = tokio_rustls::TlsAcceptor::from(config).accept(stream).await.map_err(Error::Tls)?;
    Ok(Box::new(tls))
}

/// The SHA-256 of a certificate's DER bytes: what [`Trust::Pinned`] pins.
pub fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    Sha256::digest(certificate).into()
}

fn system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        tracing::info!("this machine has no list of authorities: using Mozilla's");
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn add(mut roots: RootCertStore, path: &Path) -> Result<RootCertStore> {
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| unusable(path, &error))?;
    }
    Ok(roots)
}

fn read(chain: &Path, key: &Path) -> Result<CertifiedKey> {
    let certificates = certificates(chain)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let secret = ring::sign::any_supported_type(&secret).map_err(|error| unusable(key, &error))?;
    let certified = CertifiedKey::new(certificates, secret);
    certified.keys_match().map_err(|error| unusable(chain, &error))?;
    Ok(certified)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
        .map_err(|error| unusable(path, &error))?;
    if certificates.is_empty() {
        Err(unusable(path, &"no certificate in it"))
    } else {
        Ok(certificates)
    }
}

fn unusable(path: &Path, why: &dyn fmt::Display) -> Error {
    Error::BadCertificate(format!("{}: {why}", path.display()))
}

#[derive(Debug)]
struct Pinned {
    fingerprint: [u8; 32],
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn new(fingerprint: [u8; 32], provider: &CryptoProvider) -> Self {
        Self { fingerprint, algorithms: provider.signature_verification_algorithms }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        if fingerprint(certificate) == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        PublicKey::verify(certificate, message, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        PublicKey::verify13(certificate, message, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
