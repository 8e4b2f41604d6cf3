//! The driver of the control conversation: connects, talks, and connects again.

use crate::office::{Office, Tell};
use crate::{Error, Line, Result, World};
use net::{Backoff, Message, Shutdown, SystemRng};
use pairing::control::{AgentEvent, AgentSide, BUSY, BUSY_MS, Hello, Input, MAX_WORD, Target};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Between two tries.
const FIRST: Duration = Duration::from_millis(200);
const LAST: Duration = Duration::from_secs(1);
/// The same when the server says that it has too much to do: every agent of the country may be at
/// its door.
const FIRST_BUSY: Duration = Duration::from_secs(1);
const LAST_BUSY: Duration = Duration::from_millis(BUSY_MS);

/// Keeps the conversation up until `shutdown`. What the server says goes to `events`.
pub(crate) async fn run<W: World>(
    office: Arc<Office<W>>,
    mut tells: mpsc::Receiver<Tell>,
    events: mpsc::Sender<AgentEvent>,
    shutdown: Shutdown,
) {
    let mut waits =
        Waits { lost: Backoff::full(FIRST, LAST), busy: Backoff::full(FIRST_BUSY, LAST_BUSY) };
    let mut said = String::new();
    loop {
        let talk = async {
            let line = office.world.dial(&office.identity.control_url(), MAX_WORD).await?;
            converse(&office, line, &mut tells, &events, &mut waits).await
        };
        let ended = tokio::select! {
            ended = talk => ended,
            () = shutdown.wait() => return,
        };
        let wait = waits.after(&ended);
        let trouble =
            ended.err().map_or_else(|| "the line ended".to_owned(), |error| error.to_string());
        // Once for each kind of trouble, not at every try.
        if trouble != said {
            tracing::warn!(%trouble, "no conversation with the server; trying again");
            said = trouble.clone();
        }
        if *office.connected.borrow() {
            said.clear();
        }
        office.connection(false, Some(trouble), None);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shutdown.wait() => return,
        }
    }
}

/// How long until the next try: full jitter, because all agents lost the server at the same moment.
struct Waits {
    lost: Backoff,
    busy: Backoff,
}

impl Waits {
    fn after(&mut self, ended: &Result<()>) -> Duration {
        let busy = matches!(ended, Err(Error::Busy | Error::Net(net::Error::Refused(429 | 503))));
        if busy { &mut self.busy } else { &mut self.lost }.wait(&mut SystemRng::new())
    }

    fn reset(&mut self) {
        self.lost.reset();
        self.busy.reset();
    }
}

async fn converse<W: World>(
    office: &Arc<Office<W>>,
    mut line: Line,
    tells: &mut mpsc::Receiver<Tell>,
    events: &mpsc::Sender<AgentEvent>,
    waits: &mut Waits,
) -> Result<()> {
    let clock = office.world.clock();
    let identity = &office.identity;
    let (key, hello_now, now) = (identity.control_key(), hello(office), clock.ticks());
    let mut side = AgentSide::new(
        identity.agent,
        key,
        identity.server_key,
        hello_now,
        now,
        &mut SystemRng::new(),
    );
    let mut clock_ahead = None;
    let mut ledger = office.ledger.subscribe();
    let mut targets = office.targets.subscribe();
    // What was said to nobody is out of date: the hello says it all.
    while tells.try_recv().is_ok() {}
    loop {
        while let Some(bytes) = side.poll_transmit() {
            if !line.send(Message::Binary(bytes.into())).await {
                return Ok(());
            }
        }
        let wait = Duration::from_millis(side.timeout().since(clock.ticks()));
        tokio::select! {
            message = line.rx.recv() => {
                let Some(message) = message else {
                    return if line.close_code() == Some(BUSY) { Err(Error::Busy) } else { Ok(()) };
                };
                let input = match &message {
                    Message::Text(text) => Input::Text(text),
                    Message::Binary(bytes) => Input::Binary(bytes),
                    Message::Ping | Message::Pong => Input::Life,
                };
                side.handle_message(input, clock.ticks())?;
            }
            () = tokio::time::sleep(wait) => side.handle_timeout(clock.ticks())?,
            tell = tells.recv() => if side.is_open() {
                match tell {
                    Some(Tell::Declined(meeting, reason)) => side.decline(meeting, reason)?,
                    Some(Tell::TargetState(target, state)) => side.target_state(&target, state)?,
                    Some(Tell::Done(number)) => side.done(number)?,
                    None => return Ok(()),
                }
            },
            _ = ledger.changed() => {}
            _ = targets.changed() => side.set_hello(hello(office))?,
        }
        while let Some(event) = side.poll_event() {
            match event {
                AgentEvent::Open(welcome) => {
                    if welcome.body != identity.body {
                        return Err(pairing::Error::WrongBody.into());
                    }
                    let ahead =
                        clock.unix().0.cast_signed().saturating_sub(welcome.time.0.cast_signed());
                    if ahead.abs() > 30_000 {
                        tracing::warn!(
                            seconds = ahead / 1000,
                            "this clock is ahead of the server's (behind, when negative): grants \
                             may be refused"
                        );
                    }
                    if let Some(head) = welcome.head {
                        office.hear_head(head).await?;
                    }
                    clock_ahead = Some(ahead);
                    side.set_hello(hello(office))?;
                }
                // Not before: whoever holds back an `end` or an order holds back this too, and what
                // is open ends by itself.
                AgentEvent::Heard => {
                    waits.reset();
                    tracing::info!(body = %identity.body_name, "in conversation with the server");
                    office.connection(true, None, clock_ahead);
                }
                AgentEvent::Head(head) => office.hear_head(head).await?,
                AgentEvent::Settings(settings) => office.set(settings).await?,
                AgentEvent::Acknowledged { epoch, number } => {
                    office
                        .update(move |ledger| {
                            ledger.acknowledge(epoch, number);
                            Ok(())
                        })
                        .await?;
                }
                other => {
                    if events.send(other).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        let owed = office.ledger.borrow().clone();
        if let Some(outbox) = owed.outbox() {
            side.offer(outbox)?;
        }
    }
}

fn hello<W: World>(office: &Office<W>) -> Hello {
    let targets = office.targets.borrow().clone();
    Hello {
        head: office.told().head,
        version: pairing::control::VERSION,
        name: office.identity.name.clone(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        targets: targets
            .iter()
            .map(|target| Target {
                id: target.id.clone(),
                name: target.name.clone(),
                kind: target.kind(),
                zone: target.zone,
                state: office.target_state(&target.id),
            })
            .collect(),
    }
}
