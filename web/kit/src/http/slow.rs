//! Bodies come at a pace, or not at all: whoever holds one back does not hold the place of somebody
//! else.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use gate::{Least, Pace};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::door::Standing;

/// A body brings this much at the least. A line of 13 kbit/s carries a form, and one of 60 kbit/s
/// the largest upload.
pub(super) const COMES: Least = Least { window_ms: 10_000, bytes: 16 << 10, whole_ms: 600_000 };

/// The body came too slowly.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body came too slowly")]
pub(super) struct TooSlow;

/// Whether an error, or one it comes from, is that a body came too slowly.
pub(super) fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<TooSlow>())
}

/// A request's body with its time.
pub(super) struct Timed {
    inner: Incoming,
    began: Instant,
    pace: Pace,
    sleep: Pin<Box<Sleep>>,
    standing: Standing,
}

impl Timed {
    pub(super) fn new(inner: Incoming, standing: Standing) -> Self {
        let (began, pace) = (Instant::now(), Pace::new(COMES, 0));
        let sleep =
            Box::pin(tokio::time::sleep_until(began + Duration::from_millis(pace.deadline())));
        Self { inner, began, pace, sleep, standing }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Body for Timed {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                this.pace.moved(frame.data_ref().map_or(0, Bytes::len));
                if this.now() >= this.pace.deadline() {
                    // It was there, and this server had not asked for it.
                    this.pace.again(this.now());
                }
                if this.inner.is_end_stream() {
                    this.standing.answering();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => {
                this.standing.answering();
                Poll::Ready(None)
            }
            Poll::Pending => {
                while this.sleep.as_mut().poll(cx).is_ready() {
                    if this.pace.too_slow(this.now()) {
                        return Poll::Ready(Some(Err(TooSlow.into())));
                    }
                    this.sleep
                        .as_mut()
                        .reset(this.began + Duration::from_millis(this.pace.deadline()));
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer's body; when it is given out, the connection rests.
pub(super) struct Resting {
    inner: axum::body::Body,
    standing: Standing,
}

impl Resting {
    pub(super) fn new(inner: axum::body::Body, standing: Standing) -> Self {
        Self { inner, standing }
    }
}

impl Body for Resting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Resting {
    fn drop(&mut self) {
        self.standing.rests();
    }
}
