//! A server's line to this relay: its words come in, the list of its meetings goes out when it
//! asks.
//!
//! Source: `spec/pairing.md`, "Relays elsewhere". Whoever cannot sign the first word in time is
//! shown out like one without a ticket.

use std::net::IpAddr;
use std::time::Duration;

use net::{Limits, Message, Stream, SystemRng, WebSocket};
use pairing::relay::{Listener, Origin, Refusal, Word};
use tokio::time::Instant;

use crate::Relay;
use crate::serve::Signal;

/// A server says something every ten seconds; one that does not for this long has lost its line.
const SILENCE: Duration = Duration::from_millis(3 * Word::EVERY_MS);
/// How long the server may take to take something.
const SENDING: Duration = Duration::from_secs(15);
/// Meetings named in one message.
const NAMED: usize = 2_048;

impl Relay {
    /// Listens to a server over a stream whose WebSocket handshake is done. Returns when the line
    /// is over.
    pub async fn listen_to(&self, stream: impl Stream, from: IpAddr) {
        let mut socket =
            WebSocket::accepted(stream, Limits { message: Word::MAX, read_buffer: 1 << 10 }).await;
        let shared = self.shared();
        let refusal = match shared.open(from, Origin::Absent) {
            Err(refusal) => refusal,
            Ok((seat, mut signals)) => {
                let mut listener = Listener::new(&mut SystemRng::new());
                if !send(&mut socket, listener.challenge().to_vec()).await {
                    return;
                }
                let mut heard = Instant::now();
                loop {
                    let message = tokio::select! {
                        biased;
                        signal = signals.recv() => match signal {
                            Some(Signal::Close(refusal)) => break refusal,
                            Some(_) => continue,
                            None => break Refusal::Stopping,
                        },
                        message = socket.recv() => message,
                        () = tokio::time::sleep_until(heard + SILENCE) => break Refusal::Stalled,
                    };
                    match message {
                        Ok(Some(Message::Binary(bytes))) => {
                            // On a fault the machine says Close, which is read above.
                            let Some(meetings) = shared.word(&seat, &mut listener, &bytes) else {
                                continue;
                            };
                            heard = Instant::now();
                            for some in meetings.chunks(NAMED) {
                                if !send(
                                    &mut socket,
                                    some.iter().flat_map(|meeting| meeting.0).collect(),
                                )
                                .await
                                {
                                    return;
                                }
                            }
                        }
                        Ok(Some(Message::Ping | Message::Pong)) => {}
                        Ok(Some(Message::Text(_))) => break Refusal::Misbehaved,
                        Ok(None) | Err(_) => return,
                    }
                }
            }
        };
        tracing::info!(%refusal, "a server's line is over");
        _ = tokio::time::timeout(SENDING, socket.close(refusal.code(), "")).await;
    }
}

async fn send(socket: &mut WebSocket, bytes: Vec<u8>) -> bool {
    let sent = tokio::time::timeout(SENDING, socket.send(Message::Binary(bytes.into()))).await;
    matches!(sent, Ok(Ok(())))
}
