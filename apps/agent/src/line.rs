//! A WebSocket as two bounded queues, so that waiting for it can be given up at any moment without
//! losing a message.

use net::{Message, WebSocket};
use std::sync::{Arc, OnceLock};
use tokio::sync::mpsc;

/// Messages that wait in each direction: a few records, not a backlog.
const WAITING: usize = 4;

/// Both directions of a line. It is closed by dropping it: what was given to `tx` is still sent.
#[derive(Debug)]
pub struct Line {
    /// What is to be sent. Closed when the line is gone.
    pub tx: mpsc::Sender<Message>,
    /// What was received. Ends when the line is gone.
    pub rx: mpsc::Receiver<Message>,
    closed: Arc<OnceLock<u16>>,
}

impl Line {
    /// The line over a WebSocket, carried by two tasks.
    pub fn over(socket: WebSocket) -> Self {
        let (tx, mut to_send) = mpsc::channel(WAITING);
        let (received, rx) = mpsc::channel(WAITING);
        let (mut sender, mut receiver) = socket.split();
        let closed = Arc::new(OnceLock::new());
        let code = closed.clone();
        let reading = tokio::spawn(async move {
            // Read on even when nobody listens any more, for as long as something is to be sent:
            // pings want answers.
            while let Ok(Some(message)) = receiver.recv().await {
                let _ = received.send(message).await;
            }
            if let Some((reason, _)) = receiver.close_reason() {
                let _ = code.set(reason);
            }
        });
        tokio::spawn(async move {
            while let Some(message) = to_send.recv().await {
                if sender.send(message).await.is_err() {
                    break;
                }
            }
            let _ = sender.close(1000, "").await;
            reading.abort();
        });
        Self { tx, rx, closed }
    }

    /// The code the far end closed with, once `rx` has ended.
    pub fn close_code(&self) -> Option<u16> {
        self.closed.get().copied()
    }

    /// Two lines that are each other's far end: for tests.
    pub fn pair() -> (Self, Self) {
        let (one, two) = (mpsc::channel(WAITING), mpsc::channel(WAITING));
        let closed = Arc::<OnceLock<u16>>::default;
        (
            Self { tx: one.0, rx: two.1, closed: closed() },
            Self { tx: two.0, rx: one.1, closed: closed() },
        )
    }

    /// Sends a message; false when the line is gone.
    pub async fn send(&self, message: Message) -> bool {
        self.tx.send(message).await.is_ok()
    }

    /// The next binary message, signs of life apart; `None` when the line is gone or says something
    /// else.
    pub async fn binary(&mut self) -> Option<bytes::Bytes> {
        loop {
            match self.rx.recv().await? {
                Message::Binary(bytes) => return Some(bytes),
                Message::Text(_) => return None,
                Message::Ping | Message::Pong => {}
            }
        }
    }
}
