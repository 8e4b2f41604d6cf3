//! How much the kernel keeps for a connection, which no place and no memory of ours counts.
//!
//! Left to itself it lets a socket grow to several megabytes each way: of an answer of half a
//! megabyte everything is "sent" though nobody reads it, and it stays in memory after the
//! connection was let go. So pages and calls have little. What takes a connection over (a line of
//! an agent, a session through the relay) has limits of its own and a line to fill; its buffers
//! grow when it does.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// To a reader of pages and calls. The kernel takes each twice, for what it needs beside the bytes.
const SEND: usize = 64 << 10;
/// From who sends a page's form or a file.
const RECEIVE: usize = 128 << 10;
/// Each way once another protocol took over; the kernel's own bound (`net.core.wmem_max`) is mostly
/// smaller.
const LINE: usize = 1 << 20;

/// An accepted socket.
pub(super) struct Socket {
    stream: TcpStream,
    taken_over: Arc<AtomicBool>,
    /// Whether its buffers are still a page's.
    bounded: bool,
}

impl Socket {
    /// With the buffers of pages until it is `taken_over`.
    pub(super) fn new(stream: TcpStream, taken_over: Arc<AtomicBool>) -> Self {
        let socket = SockRef::from(&stream);
        let set = socket.set_send_buffer_size(SEND);
        if let Err(error) = set.and_then(|()| socket.set_recv_buffer_size(RECEIVE)) {
            tracing::debug!(%error, "the kernel's buffers stay as they are");
        }
        Self { stream, taken_over, bounded: true }
    }

    fn looked_at(&mut self) {
        if self.bounded && self.taken_over.load(Ordering::Relaxed) {
            self.bounded = false;
            let socket = SockRef::from(&self.stream);
            _ = socket.set_send_buffer_size(LINE);
            _ = socket.set_recv_buffer_size(LINE);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.looked_at();
        Pin::new(&mut self.stream).poll_read(cx, to)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.looked_at();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.looked_at();
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// An accepted socket, the flag that takes it over, and the other end.
    async fn pair() -> (Socket, Arc<AtomicBool>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let taken_over = Arc::new(AtomicBool::new(false));
        let here = Socket::new(listener.accept().await.unwrap().0, taken_over.clone());
        (here, taken_over, there)
    }

    /// What the kernel has set, each way.
    fn kept(socket: &Socket) -> (usize, usize) {
        let socket = SockRef::from(&socket.stream);
        (socket.send_buffer_size().unwrap(), socket.recv_buffer_size().unwrap())
    }

    /// What the kernel says for a wish: Linux doubles it.
    fn twice(wish: usize) -> usize {
        if cfg!(target_os = "linux") { 2 * wish } else { wish }
    }

    #[tokio::test]
    async fn a_page_has_little_of_the_kernel_and_a_line_that_took_over_has_more() {
        let (mut here, taken_over, mut there) = pair().await;
        assert_eq!(kept(&here), (twice(SEND), twice(RECEIVE)));
        here.write_all(b"a page").await.unwrap();
        assert_eq!(kept(&here), (twice(SEND), twice(RECEIVE)));
        taken_over.store(true, Ordering::Relaxed);
        here.write_all(b"a line").await.unwrap();
        let (send, receive) = kept(&here);
        assert!(send > twice(SEND) && receive > twice(RECEIVE), "{send} {receive}");
        let mut said = [0; 12];
        there.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"a pagea line");
    }

    #[tokio::test]
    async fn who_reads_nothing_holds_no_more_than_the_buffers() {
        let (mut here, _taken_over, mut there) = pair().await;
        let answer = vec![b'x'; 16 << 20];
        let mut taken = 0;
        loop {
            let before = taken;
            std::future::poll_fn(|cx| {
                while let Poll::Ready(written) =
                    Pin::new(&mut here).poll_write(cx, &answer[taken..])
                {
                    taken += written.unwrap();
                }
                Poll::Ready(())
            })
            .await;
            if taken == before && taken > 0 {
                break;
            }
            // A word from there: by then the kernels have settled what is on its way.
            there.write_all(b"?").await.unwrap();
            here.read_u8().await.unwrap();
        }
        assert!(taken < 1 << 20, "the kernel took {taken} bytes that nobody reads");
    }
}
