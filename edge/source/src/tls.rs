//! TLS to a desktop. Desktops sign their own certificates, so no authority can be asked. Only the
//! certificate that was pinned when the target was added, byte for byte, opens a session.

use crate::{Detail, Error, Pin};
use net::tls::PublicKey;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// The pin of a certificate in DER.
pub fn pin_of(certificate: &[u8]) -> Pin {
    Pin(Sha256::digest(certificate).into())
}

/// Starts TLS and accepts only the pinned certificate; without a pin, which only probing does, any.
/// Returns the bytes of the certificate too.
pub(crate) async fn start(
    stream: TcpStream,
    host: &str,
    pin: Option<Pin>,
) -> Result<(TlsStream<TcpStream>, Vec<u8>), Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(Verifier {
        pin,
        shown: OnceLock::new(),
        unfit: OnceLock::new(),
        provider: provider.clone(),
    });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Unsupported(Detail::new(error)))?
        .dangerous()
        .with_custom_certificate_verifier(verifier.clone())
        .with_no_client_auth();
    // A resumed session would not show its certificate again.
    config.resumption = rustls::client::Resumption::disabled();
    let name = ServerName::try_from(host.to_owned()).or_else(|_| ServerName::try_from("desktop"));
    let name = name.map_err(|error| Error::Unsupported(Detail::new(error)))?;
    let outcome = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    let mismatch = match (pin, verifier.shown.get()) {
        (Some(expected), Some(shown)) if expected != *shown => {
            Some(Error::PinMismatch { expected, shown: *shown })
        }
        _ => None,
    };
    let stream = match (outcome, mismatch) {
        (_, Some(mismatch)) => return Err(mismatch),
        (Ok(stream), None) => stream,
        (Err(error), None) => {
            return Err(match verifier.unfit.get() {
                Some(why) => {
                    Error::Unsupported(Detail::new(format_args!("a certificate with {why}")))
                }
                None => named(&error),
            });
        }
    };
    let shown = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|list| list.first())
        .map(|certificate| certificate.to_vec());
    let certificate =
        shown.ok_or_else(|| Error::PeerMisbehaved(Detail::new("TLS without a certificate")))?;
    Ok((stream, certificate))
}

fn named(error: &std::io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_)) => {
            Error::Unsupported(Detail::new(format_args!("TLS: {error}")))
        }
        Some(_) => Error::PeerMisbehaved(Detail::new(format_args!("TLS: {error}"))),
        None => Error::Unreachable(Detail::new(format_args!("TLS: {error}"))),
    }
}

#[derive(Debug)]
struct Verifier {
    pin: Option<Pin>,
    shown: OnceLock<Pin>,
    /// Why the key of the certificate cannot be used, if it cannot.
    unfit: OnceLock<String>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = *self.shown.get_or_init(|| pin_of(certificate));
        if let Some(why) =
            PublicKey::of(certificate).map_or(Some("no key".into()), |key| key.unfit())
        {
            self.unfit.get_or_init(|| why);
        }
        match self.pin {
            Some(pin) if pin != shown => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        PublicKey::verify(certificate, message, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        PublicKey::verify13(certificate, message, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
