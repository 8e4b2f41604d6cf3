//! The whole agent, with somebody between it and its server who has opened the TLS (the office's
//! own proxy with `--ca`, or the server's front): he sees every message and sends what he likes.
//! `core/pairing/src/control/middle.rs` tries every kind of word; here it is seen that the agent
//! does nothing, says why, and comes back.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use agent::Line;
use agent::state::{Place, Told};
use net::Message;
use pairing::SigningKey;
use pairing::control::EndReason;
use support::{LOGIN, Office, RELAY, Server, USER};
use tokio::task::JoinHandle;
use tokio::time::Duration;

/// What becomes of the server's message of this number (0 the challenge, 1 welcome, 2 settings, 3
/// alive).
type Deed = Box<dyn FnMut(usize, Message) -> Vec<Message> + Send>;

/// Somebody between an agent and its server, until either hangs up; then, all that the server said.
async fn between(office: &mut Office, mut deed: Deed) -> (Line, JoinHandle<Vec<Message>>) {
    let mut agent = office.line("/agent/control").await;
    let (mut server, far) = Line::pair();
    let work = tokio::spawn(async move {
        let mut said = Vec::new();
        loop {
            tokio::select! {
                message = agent.rx.recv() => {
                    let Some(message) = message else { return said };
                    server.send(message).await;
                }
                message = server.rx.recv() => {
                    let Some(message) = message else { return said };
                    said.push(message.clone());
                    for message in deed(said.len() - 1, message) {
                        agent.send(message).await;
                    }
                }
            }
        }
    });
    (far, work)
}

fn honest() -> Deed {
    Box::new(|_, message| vec![message])
}

/// Puts these after the fourth message, when the conversation is open.
fn injects(what: Vec<Message>) -> Deed {
    Box::new(
        move |number, message| {
            if number == 3 { [vec![message], what.clone()].concat() } else { vec![message] }
        },
    )
}

const RETIRE: &str = r#"{"type":"order","number":1,"order":{"type":"retire"}}"#;

fn meet() -> String {
    let ticket = "A".repeat(149) + "=";
    format!(
        r#"{{"type":"meet","meeting":"{}","kind":{{"kind":"pairing","invite":"ABCD","user":"{}","login":"{LOGIN}"}},"relay":"ws://127.0.0.1:18598/internal?x","ticket":"{ticket}"}}"#,
        "05".repeat(16),
        "06".repeat(16),
    )
}

/// The next word of a server, with a signature of somebody else's key.
fn forged(text: &str) -> Message {
    let word = [&3_u64.to_be_bytes()[..], &1_u64.to_be_bytes(), text.as_bytes()].concat();
    let signature = SigningKey::from_seed(&[8; 32]).sign(b"noren control server v2\0", &word);
    Message::Binary([&word[..], &signature.0].concat().into())
}

/// The agent hangs up, has changed nothing, and is back in conversation with its server by itself.
async fn nothing_came_of_it(
    office: &mut Office,
    work: JoinHandle<Vec<Message>>,
    what: &str,
) -> Vec<Message> {
    let said = tokio::time::timeout(Duration::from_secs(60), work)
        .await
        .unwrap_or_else(|_| panic!("{what}: the line stands"))
        .unwrap();
    assert!(!office.ledger().retired, "{what}");
    assert_eq!(office.ledger().devices().count(), 1, "{what}");
    let relays = office.store.read::<Told>().unwrap().unwrap().relays.unwrap();
    assert_eq!(relays.iter().collect::<Vec<_>>(), [RELAY], "{what}");
    said
}

#[tokio::test(start_paused = true)]
async fn whoever_opens_the_tls_can_neither_retire_an_agent_nor_send_it_anywhere() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let settings = r#"{"type":"settings","grace":3600,"max_sessions":1,"relays":["wss://evil.example/relay"]}"#;
    for text in [RETIRE, &meet(), settings] {
        for (how, message) in [
            ("as it was said before", Message::Text(text.to_owned())),
            ("as bytes", Message::Binary(text.as_bytes().to_vec().into())),
            ("signed by another", forged(text)),
        ] {
            let (line, work) = between(&mut office, injects(vec![message])).await;
            // The server sees its line go: it asks for nothing more.
            let server = Server::open(line, &office.server_key, office.clock.clone());
            let server = tokio::time::timeout(Duration::from_secs(60), server)
                .await
                .expect("the conversation opened");
            nothing_came_of_it(&mut office, work, &format!("{text} {how}")).await;
            drop(server);
        }
    }
    // And then a session, as if nothing had been.
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
    tokio::spawn(async move { server.listen(Duration::from_secs(300)).await });
    assert!(office.no_line("/internal").await && office.no_line("evil.example").await);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_did_say_cannot_be_altered_repeated_moved_or_brought_back() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let (line, work) = between(&mut office, honest()).await;
    let mut server = Server::open(line, &office.server_key, office.clock.clone()).await;
    server.listen(Duration::from_secs(1)).await;
    drop(server);
    let earlier = work.await.unwrap();
    assert!(earlier.len() >= 4, "challenge, welcome, settings, alive");

    let altered = |message: &Message| {
        let Message::Binary(bytes) = message else { panic!("{message:?}") };
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        Message::Binary(bytes.into())
    };
    let recorded = earlier.clone();
    let deeds: Vec<(&str, Deed)> = vec![
        (
            "alters the challenge",
            Box::new(move |n, message| vec![if n == 0 { altered(&message) } else { message }]),
        ),
        (
            "alters the welcome",
            Box::new(move |n, message| vec![if n == 1 { altered(&message) } else { message }]),
        ),
        (
            "alters the settings",
            Box::new(move |n, message| vec![if n == 2 { altered(&message) } else { message }]),
        ),
        (
            "alters an end",
            Box::new(move |n, message| vec![if n == 4 { altered(&message) } else { message }]),
        ),
        (
            "repeats an end",
            Box::new(
                |n, message| if n == 4 { vec![message.clone(), message] } else { vec![message] },
            ),
        ),
        ("leaves one out", Box::new(|n, message| if n == 4 { vec![] } else { vec![message] })),
        ("puts one before another", {
            let mut kept = None;
            Box::new(move |n, message| match n {
                4 => {
                    kept = Some(message);
                    vec![]
                }
                5 => vec![message, kept.take().unwrap()],
                _ => vec![message],
            })
        }),
        (
            "brings back what was said in another conversation",
            Box::new(move |n, message| vec![recorded.get(n).cloned().unwrap_or(message)]),
        ),
    ];
    for (what, deed) in deeds {
        let (line, work) = between(&mut office, deed).await;
        let (key, clock) = (office.server_key.clone(), office.clock.clone());
        // Ends by itself or not at all: where a conversation cannot open or a line goes, the played
        // server panics.
        let talk = tokio::spawn(async move {
            let mut server = Server::open(line, &key, clock).await;
            for _ in 0..3 {
                server.end(pairing::MeetingId([5; 16]), EndReason::Revoked).await;
            }
            server.listen(Duration::from_secs(60)).await;
        });
        nothing_came_of_it(&mut office, work, what).await;
        talk.abort();
    }
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
}
