//! The connection to a desktop: TCP, plain or inside TLS.

use crate::target::Address;
use crate::{Detail, Error};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Time limit of connecting and signing in together.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Connects TCP.
pub(crate) async fn connect(address: &Address) -> Result<TcpStream, Error> {
    let stream = net::connect(&address.host, address.port).await.map_err(|error| lost(&error))?;
    stream.set_nodelay(true).map_err(|error| lost(&error))?;
    // A host that was switched off sends nothing; TCP keep-alive then ends the connection.
    let asking = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(10))
        .with_interval(Duration::from_secs(5));
    socket2::SockRef::from(&stream).set_tcp_keepalive(&asking).map_err(|error| lost(&error))?;
    Ok(stream)
}

/// Bounds the time of connecting and signing in.
pub(crate) async fn in_time<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = || Error::Unreachable(Detail::new("no answer in time"));
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(late()))
}

/// The error for a lost connection.
pub(crate) fn lost(error: &io::Error) -> Error {
    Error::Unreachable(Detail::new(error))
}

/// The error for a connection that the other end closed.
pub(crate) fn hung_up() -> Error {
    Error::Unreachable(Detail::new("the desktop closed the connection"))
}

/// A connection.
#[derive(Debug)]
pub(crate) enum Line {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Taken out while it is turned into another connection (TLS).
    Broken,
}

impl Line {
    /// Waits for bytes and reads them into `room`, and meanwhile writes from `out` as far as the
    /// other end accepts. Returns the number of bytes read. Cancel-safe: no byte read or written is
    /// lost from the count.
    pub(crate) async fn exchange(
        &mut self,
        out: &mut Vec<u8>,
        room: &mut [u8],
    ) -> Result<usize, Error> {
        std::future::poll_fn(|cx| {
            self.poll_write_out(cx, out)?;
            let mut buffer = ReadBuf::new(room);
            match Pin::new(&mut *self).poll_read(cx, &mut buffer) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Err(error)) => Poll::Ready(Err(lost(&error))),
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(Err(hung_up())),
                Poll::Ready(Ok(())) => Poll::Ready(Ok(buffer.filled().len())),
            }
        })
        .await
    }

    /// Writes what the other end accepts without waiting.
    pub(crate) async fn push(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        std::future::poll_fn(|cx| Poll::Ready(self.poll_write_out(cx, out))).await
    }

    fn poll_write_out(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut done = 0;
        let outcome = loop {
            let rest = out.get(done..).unwrap_or_default();
            if rest.is_empty() {
                break Ok(());
            }
            match Pin::new(&mut *self).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => break Err(hung_up()),
                Poll::Ready(Ok(count)) => done += count,
                Poll::Ready(Err(error)) => break Err(lost(&error)),
                Poll::Pending => break Ok(()),
            }
        };
        out.drain(..done);
        outcome?;
        match Pin::new(&mut *self).poll_flush(cx) {
            Poll::Ready(Err(error)) => Err(lost(&error)),
            _ => Ok(()),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Line::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Line::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            Line::Broken => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Line::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Line::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Line::Broken => Poll::Ready(Ok(0)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Line::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Line::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Line::Broken => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Line::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Line::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Line::Broken => Poll::Ready(Ok(())),
        }
    }
}
