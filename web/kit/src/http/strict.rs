//! What an HTTP connection's bytes pass through: heads that could be read in two ways are refused,
//! and a reader that takes nothing is let go.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::door::Standing;
use gate::{Framing, Least, Pace};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A reader takes this much of an answer at the least: one that takes nothing is gone after half a
/// minute, and one over the slowest of lines stays, since a full send buffer moves in strides.
const TAKES: Least = Least { window_ms: 30_000, bytes: 4 << 10, whole_ms: 3_600_000 };
/// Read at once where bytes are looked at.
const PIECE: usize = 8 << 10;

/// A connection before another protocol takes it over.
pub(super) struct Strict<S> {
    inner: S,
    framing: Framing,
    /// What was looked at and not yet read.
    passed: Vec<u8>,
    at: usize,
    began: Instant,
    /// Runs while the other side takes nothing.
    taking: Option<(Pace, Pin<Box<Sleep>>)>,
    /// Its place is its own as long as it is there, whoever carries it.
    _standing: Standing,
    /// From then on whoever took it over has limits of its own.
    taken_over: Arc<AtomicBool>,
}

impl<S> Strict<S> {
    pub(super) fn new(inner: S, standing: Standing, taken_over: Arc<AtomicBool>) -> Self {
        let began = Instant::now();
        Self {
            inner,
            framing: Framing::default(),
            passed: Vec::new(),
            at: 0,
            began,
            taking: None,
            _standing: standing,
            taken_over,
        }
    }

    /// What a write came to, or that it took too long.
    fn within<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
        size: impl Fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        if self.taken_over.load(Ordering::Relaxed) {
            self.taking = None;
            return written;
        }
        match &written {
            Poll::Ready(Ok(done)) => {
                if let Some((pace, _)) = &mut self.taking {
                    pace.moved(size(done));
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                let began = self.began;
                let now = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                let (pace, sleep) = self.taking.get_or_insert_with(|| {
                    let pace = Pace::new(TAKES, now);
                    (
                        pace,
                        Box::pin(tokio::time::sleep_until(
                            began + Duration::from_millis(pace.deadline()),
                        )),
                    )
                });
                while sleep.as_mut().poll(cx).is_ready() {
                    let now = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                    if pace.too_slow(now) {
                        return Poll::Ready(Err(io::Error::new(
                            io::ErrorKind::TimedOut,
                            "the reader takes nothing",
                        )));
                    }
                    sleep.as_mut().reset(began + Duration::from_millis(pace.deadline()));
                }
            }
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.at < this.passed.len() {
                let length = buf.remaining().min(this.passed.len() - this.at);
                buf.put_slice(&this.passed[this.at..this.at + length]);
                this.at += length;
                if this.at == this.passed.len() {
                    (this.passed, this.at) = (Vec::new(), 0);
                }
                return Poll::Ready(Ok(()));
            }
            if this.framing.refused().is_some() {
                return Poll::Ready(Ok(()));
            }
            let straight = this.framing.straight();
            if straight >= buf.remaining() as u64 {
                let before = buf.filled().len();
                ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
                this.framing.went(buf.filled().len() - before);
                return Poll::Ready(Ok(()));
            }
            // Not more than belongs to this body, or what is to be looked at.
            let most = if straight > 0 {
                usize::try_from(straight).unwrap_or(PIECE).min(PIECE)
            } else {
                PIECE
            };
            let mut bytes = [0; PIECE];
            let mut piece = ReadBuf::new(&mut bytes[..most]);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut piece))?;
            if piece.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.framing.take(piece.filled(), &mut this.passed);
            if let Some(refused) = this.framing.refused() {
                tracing::debug!(?refused, "not HTTP as it is written");
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.within(cx, written, |size| *size)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, bytes);
        this.within(cx, written, |size| *size)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.inner).poll_flush(cx);
        let flushed = this.within(cx, flushed, |()| 0);
        if flushed.is_ready() {
            // All of it was taken: the next answer begins anew.
            this.taking = None;
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let down = Pin::new(&mut this.inner).poll_shutdown(cx);
        this.within(cx, down, |()| 0)
    }
}
