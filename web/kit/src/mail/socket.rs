//! The socket under a conversation with a mail server. It is connected by `net` and handed to
//! lettre, whose own way tries the addresses of a host one after the other.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncTokioStream;
use net::tls::Trust;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Connects in the clear.
pub(super) async fn plain(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    within(limit, net::connect(host, port)).await
}

/// Connects with TLS from the first byte.
pub(super) async fn protected(host: &str, port: u16, limit: Duration) -> io::Result<Protected> {
    let tls = net::tls::client(&Trust::System).map_err(io::Error::other)?;
    let mut config = tls.as_ref().clone();
    // No protocol name is assigned to mail, and a server may refuse one that is HTTP's.
    config.alpn_protocols.clear();
    let name =
        rustls::pki_types::ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    within(limit, async {
        let tcp = net::connect(host, port).await?;
        let peer = tcp.peer_addr()?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        Ok(Protected { stream, peer })
    })
    .await
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// A line inside TLS.
#[derive(Debug)]
pub(super) struct Protected {
    stream: TlsStream<TcpStream>,
    peer: SocketAddr,
}

impl AsyncTokioStream for Protected {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Protected {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Protected {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
