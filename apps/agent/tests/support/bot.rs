//! A viewer without a browser.

use super::Office;
use agent::Line;
use channel::{Channel, CloseReason, Handshake, Limits, Opened, Prologue, SecretKey};
use net::{Message, SystemRng};
use pairing::MeetingId;
use screen::{Ack, Decoder};
use std::collections::VecDeque;
use tokio::time::Duration;
use wire::session::{
    AgentCaps, EndReason, Hello, Notice, NoticeKind, Size, ToAgent, ToViewer, Typing, Welcome,
};

pub struct Bot {
    pub line: Line,
    channel: Channel,
    decoder: Decoder,
    queue: VecDeque<ToViewer>,
    pub closed: Option<CloseReason>,
    /// What the desktop can do, as told last.
    pub caps: AgentCaps,
}

/// The relay's part: the ticket is taken and both sides are there.
pub async fn joined(line: &mut Line) {
    assert_eq!(line.binary().await.as_deref(), Some(&super::TICKET[..]));
    line.send(Message::Binary(vec![0].into())).await;
    line.send(Message::Binary(vec![1].into())).await;
}

impl Bot {
    pub async fn join(
        mut line: Line,
        office: &Office,
        meeting: MeetingId,
        grant: &[u8],
        device: &SecretKey,
    ) -> Self {
        joined(&mut line).await;
        let prologue =
            Prologue::session(meeting.0, *super::body().as_bytes(), office.agent.0, grant);
        let agent = office.agent_key.public();
        let mut handshake =
            Handshake::session_initiator(&prologue, device, &agent, &mut SystemRng::new()).unwrap();
        line.send(Message::Binary(handshake.write(&[]).unwrap().into())).await;
        handshake.handle_message(&line.binary().await.expect("the agent answers")).unwrap();
        let channel = handshake.into_channel(Limits::VIEWER).unwrap();
        Self {
            line,
            channel,
            decoder: Decoder::new(1 << 24),
            queue: VecDeque::new(),
            closed: None,
            caps: AgentCaps::default(),
        }
    }

    /// Says hello and waits for the welcome.
    pub async fn welcomed(&mut self) -> Welcome {
        self.hello().await;
        match self.next().await {
            ToViewer::Welcome(welcome) => {
                self.caps = welcome.caps;
                welcome
            }
            other => panic!("no welcome but {other:?}"),
        }
    }

    pub async fn hello(&mut self) {
        self.hello_at(640, 480).await;
    }

    /// Says hello from a window of this size.
    pub async fn hello_at(&mut self, width: u16, height: u16) {
        let viewport = Size { width, height };
        self.say(&ToAgent::Hello(Hello { viewport, caps: 0, typing: Typing::Office })).await;
    }

    pub async fn say(&mut self, message: &ToAgent) {
        self.raw(&message.encode().unwrap()).await;
    }

    pub async fn raw(&mut self, message: &[u8]) {
        for record in self.channel.seal(message).unwrap() {
            self.line.send(Message::Binary(record.into())).await;
        }
    }

    pub async fn leave(&mut self) {
        for record in self.channel.close(CloseReason::DONE).unwrap() {
            self.line.send(Message::Binary(record.into())).await;
        }
    }

    /// The next message; frames are decoded and acknowledged.
    pub async fn next(&mut self) -> ToViewer {
        let waited = tokio::time::timeout(Duration::from_secs(7200), self.receive());
        waited.await.expect("something comes").expect("the line stands")
    }

    /// Takes in one message, or fewer, and keeps it.
    pub async fn hear(&mut self) {
        let message = self.next().await;
        if let ToViewer::Caps(caps) = message {
            self.caps = caps;
        }
    }

    async fn receive(&mut self) -> Option<ToViewer> {
        loop {
            if let Some(message) = self.queue.pop_front() {
                return Some(message);
            }
            let record = self.line.binary().await?;
            match self.channel.open(&record).unwrap() {
                Opened::Message(bytes) => {
                    let message = ToViewer::decode(&bytes).unwrap();
                    if let ToViewer::Screen(frame) = &message {
                        self.decoder.frame(frame).unwrap();
                        let ack = Ack { frame: self.decoder.frames(), work: 5, waiting: 0 };
                        self.say(&ToAgent::ScreenAck(ack.encode().to_vec())).await;
                    }
                    self.queue.push_back(message);
                }
                Opened::Pending => {}
                Opened::Closed(reason) => self.closed = Some(reason),
            }
        }
    }

    /// Draws until a pixel of the picture is so.
    pub async fn picture(&mut self, so: impl Fn(&Decoder) -> bool) {
        while self.decoder.frames() == 0 || !so(&self.decoder) {
            self.next().await;
        }
    }

    pub async fn notice(&mut self, kind: NoticeKind) -> u32 {
        loop {
            match self.next().await {
                ToViewer::Notice(Notice { kind: told, seconds }) if told == kind => return seconds,
                ToViewer::Ended(reason) => panic!("ended: {reason:?}"),
                _ => {}
            }
        }
    }

    /// Waits for the end, and sees that the channel is closed in due form.
    pub async fn ended(&mut self) -> EndReason {
        let reason = loop {
            if let ToViewer::Ended(reason) = self.next().await {
                break reason;
            }
        };
        assert!(self.receive().await.is_none(), "nothing after the end");
        assert!(self.closed.is_some(), "closed, not cut");
        reason
    }
}
