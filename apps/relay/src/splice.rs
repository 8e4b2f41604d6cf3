//! Carrying: both directions of a meeting in one task.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use net::BoxStream;
use pairing::MeetingId;
use pairing::relay::Refusal;
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep};

use crate::frames::{self, Forwarder, HELD};
use crate::serve::{Half, Shared, Signal};

/// What one read takes at most, and so what a side that takes nothing makes the relay hold at most.
const CHUNK: usize = 64 << 10;

thread_local! {
    /// One buffer a thread: a connection that has nothing to say holds none.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; HELD + CHUNK]);
}

/// How a meeting ended.
#[derive(Debug)]
enum End {
    /// Both closed in due form.
    Closed,
    /// This side (0 or 1) is gone.
    Lost(usize),
    /// This side is to blame for it.
    Refused(usize, Refusal),
    /// Somebody else decided.
    Ordered(Refusal),
}

struct Meeting {
    sides: [Side; 2],
    timer: Pin<Box<Sleep>>,
    tick: Duration,
    silence: Duration,
}

/// A side: its stream, and the lane that leads *to* it from the other.
struct Side {
    stream: BoxStream,
    /// Carries what this side sends.
    forwarder: Forwarder,
    /// What the other sent and this one has not taken yet.
    pending: Vec<u8>,
    taken: usize,
    unflushed: bool,
    /// When this one was last heard, and when it last took something.
    heard: Instant,
    took: Instant,
    carried: u64,
}

/// Carries everything between two sides until the meeting ends, then says good-bye to whoever is
/// left.
pub(crate) async fn splice(
    id: MeetingId,
    first: Half,
    second: Half,
    mut signals: mpsc::UnboundedReceiver<Signal>,
    shared: &Arc<Shared>,
) {
    let config = &shared.config;
    let began = Instant::now();
    let mut early = [first.read, second.read];
    let tick = Duration::from_millis(config.ping_ms);
    let mut meeting = Meeting {
        sides: [
            Side::new(first.stream, config.message, began),
            Side::new(second.stream, config.message, began),
        ],
        timer: Box::pin(tokio::time::sleep_until(began + tick)),
        tick,
        silence: Duration::from_millis(config.silence_ms),
    };
    let end = poll_fn(|cx| {
        // What was read before the join goes first.
        for (from, bytes) in early.iter_mut().map(std::mem::take).enumerate() {
            if !bytes.is_empty()
                && let Err(end) = meeting.take_early(from, &bytes)
            {
                return Poll::Ready(end);
            }
        }
        while let Poll::Ready(signal) = signals.poll_recv(cx) {
            match signal {
                Some(Signal::Close(refusal)) => return Poll::Ready(End::Ordered(refusal)),
                Some(_) => {}
                None => return Poll::Ready(End::Ordered(Refusal::Stopping)),
            }
        }
        meeting.poll(cx)
    })
    .await;
    let [one, two] = &meeting.sides;
    tracing::debug!(
        meeting = %id, ?end, up = one.carried, down = two.carried,
        seconds = began.elapsed().as_secs(), "meeting over");
    // Places first: the book is right before the last bytes are out.
    drop((first.seat, second.seat));
    let farewell = Duration::from_millis(config.farewell_ms);
    _ = tokio::time::timeout(farewell, meeting.part(&end)).await;
}

impl Side {
    fn new(stream: BoxStream, limit: u64, now: Instant) -> Self {
        Self {
            stream,
            forwarder: Forwarder::new(limit),
            pending: frames::JOINED.to_vec(),
            taken: 0,
            unflushed: false,
            heard: now,
            took: now,
            carried: 0,
        }
    }

    /// Gives this side what waits for it. Ready when it has taken all.
    fn poll_give(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while self.taken < self.pending.len() {
            let n = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.pending[self.taken..]))?;
            if n == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            self.taken += n;
            self.unflushed = true;
            self.took = Instant::now();
        }
        if self.taken > 0 {
            self.pending = Vec::new();
            self.taken = 0;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    fn is_clear(&self) -> bool {
        self.pending.is_empty() && !self.unflushed
    }
}

impl Meeting {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        while let Poll::Ready(()) = self.timer.as_mut().poll(cx) {
            let now = Instant::now();
            if let Some(end) = self.tend(now) {
                return Poll::Ready(end);
            }
            let next = now + self.tick;
            self.timer.as_mut().reset(next);
        }
        for from in 0..2 {
            if let Poll::Ready(end) = self.poll_lane(cx, from) {
                return Poll::Ready(end);
            }
        }
        let both_closed =
            self.sides.iter().all(|side| side.forwarder.is_closed() && side.is_clear());
        if both_closed { Poll::Ready(End::Closed) } else { Poll::Pending }
    }

    /// Moves what it can from one side to the other. Pending when it waits for either.
    fn poll_lane(&mut self, cx: &mut Context<'_>, from: usize) -> Poll<End> {
        loop {
            let (source, sink) = self.lane(from);
            match sink.poll_give(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(End::Lost(1 - from)),
                // Nothing more is read until this is taken: that is the back-pressure.
                Poll::Pending => return Poll::Pending,
            }
            if source.forwarder.is_closed() {
                return Poll::Pending;
            }
            let step = SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(&mut scratch[HELD..]);
                let read = ready!(Pin::new(&mut source.stream).poll_read(cx, &mut buffer));
                let n = buffer.filled().len();
                if read.is_err() || n == 0 {
                    return Poll::Ready(Err(End::Lost(from)));
                }
                source.heard = Instant::now();
                Poll::Ready(give(source, sink, scratch, n, cx, from))
            });
            match ready!(step) {
                Ok(()) => {}
                Err(end) => return Poll::Ready(end),
            }
        }
    }

    fn take_early(&mut self, from: usize, bytes: &[u8]) -> Result<(), End> {
        let (source, sink) = self.lane(from);
        let mut buffer = vec![0; HELD];
        buffer.extend_from_slice(bytes);
        let to = buffer.len();
        let n = source
            .forwarder
            .forward(&mut buffer, HELD, to)
            .map_err(|refusal| End::Refused(from, refusal))?;
        sink.pending.extend_from_slice(&buffer[..n]);
        Ok(())
    }

    fn lane(&mut self, from: usize) -> (&mut Side, &mut Side) {
        let [one, two] = &mut self.sides;
        if from == 0 { (one, two) } else { (two, one) }
    }

    /// Asks silent sides for a sign of life; ends the meeting when one gives none or takes nothing.
    fn tend(&mut self, now: Instant) -> Option<End> {
        for at in 0..2 {
            let (silence, tick) = (self.silence, self.tick);
            let (side, other) = self.lane(at);
            if !side.is_clear() {
                if now - side.took >= silence {
                    return Some(End::Refused(at, Refusal::Stalled));
                }
            } else if now - side.heard >= silence && other.is_clear() {
                // It was being listened to all the while (its partner had taken everything).
                return Some(End::Refused(at, Refusal::Stalled));
            } else if now - side.heard >= tick
                && other.forwarder.at_boundary()
                && !other.forwarder.is_closed()
            {
                side.pending = frames::PING.to_vec();
                side.took = now;
            }
        }
        None
    }

    /// Says good-bye, as far as that is still possible.
    async fn part(&mut self, end: &End) {
        let farewells = match end {
            End::Closed => [None, None],
            End::Lost(side) => {
                let mut farewells = [Some(Refusal::PartnerGone); 2];
                farewells[*side] = None;
                farewells
            }
            End::Refused(side, refusal) => {
                let mut farewells = [Some(Refusal::PartnerGone); 2];
                farewells[*side] = Some(*refusal);
                farewells
            }
            End::Ordered(refusal) => [Some(*refusal); 2],
        };
        for (at, farewell) in farewells.into_iter().enumerate() {
            let (side, other) = self.lane(at);
            // Between two frames only: inside one, a close frame would be read as its payload.
            if let Some(refusal) = farewell
                && other.forwarder.at_boundary()
                && !other.forwarder.is_closed()
            {
                side.pending.extend_from_slice(&frames::close(refusal));
            }
        }
        let [one, two] = &mut self.sides;
        tokio::join!(leave(one), leave(two));
    }
}

async fn leave(side: &mut Side) {
    if poll_fn(|cx| side.poll_give(cx)).await.is_ok() {
        _ = side.stream.shutdown().await;
        drain(&mut side.stream).await;
    }
}

/// Reads to the end: a socket closed over unread bytes is reset, and the close frame with it.
pub(crate) async fn drain(stream: &mut BoxStream) {
    let mut some = [0; 512];
    while stream.read(&mut some).await.is_ok_and(|n| n > 0) {}
}

/// Forwards what a read brought: as much as the sink takes at once, the rest is kept for it.
fn give(
    source: &mut Side,
    sink: &mut Side,
    scratch: &mut [u8],
    n: usize,
    cx: &mut Context<'_>,
    from: usize,
) -> Result<(), End> {
    let ready = source
        .forwarder
        .forward(scratch, HELD, HELD + n)
        .map_err(|refusal| End::Refused(from, refusal))?;
    source.carried += ready as u64;
    let mut written = 0;
    while written < ready {
        match Pin::new(&mut sink.stream).poll_write(cx, &scratch[written..ready]) {
            Poll::Ready(Ok(some)) if some > 0 => written += some,
            Poll::Ready(_) => return Err(End::Lost(1 - from)),
            Poll::Pending => break,
        }
    }
    if written > 0 {
        sink.unflushed = true;
        sink.took = Instant::now();
    }
    if written < ready {
        sink.pending = scratch[written..ready].to_vec();
    }
    Ok(())
}
