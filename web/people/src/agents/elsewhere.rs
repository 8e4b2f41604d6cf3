//! Relays elsewhere hear at once which meetings are over: one outward line to each
//! (`spec/pairing.md`, "Relays elsewhere").

use std::collections::BTreeMap;
use std::time::Duration;

use net::{Backoff, Dialer, Limits, Message, WebSocket};
use pairing::MeetingId;
use pairing::relay::{Speaker, Word};
use store::open_sessions::Of;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::Instant;

use super::grounds::judge;
use super::meetings::{RELAY_PATH, server_key};
use crate::People;

/// Between two tries.
const FIRST: Duration = Duration::from_millis(200);
const LAST: Duration = Duration::from_secs(2);
/// How often something is said, and how often the relay is asked what it has. The second is longer
/// than any ticket lives: a meeting that begins by a ticket from before is looked at too.
const EVERY: Duration = Duration::from_millis(Word::EVERY_MS);
const ASK: Duration = Duration::from_secs(70);
/// A relay that gives no sign of life for this long, or takes nothing, is gone.
const SILENCE: Duration = Duration::from_secs(30);
/// The largest list of meetings taken in one message, in bytes, and how many such are taken for one
/// question: what a relay says costs a look into the book.
const LIST: usize = 64 << 10;
const LISTS: u32 = 64;

/// Why a line ends; logged once, by [`keep`].
#[derive(Debug, thiserror::Error)]
enum Over {
    #[error("{0}")]
    Line(#[from] net::Error),
    #[error("{0}")]
    Protocol(#[from] pairing::Error),
    #[error("{0}")]
    Store(#[from] store::Fault),
    #[error("silent for too long")]
    Silent,
    #[error("it says more than it was asked")]
    Talkative,
    #[error("closed")]
    Closed,
}

/// Keeps a line to every relay elsewhere as long as the server runs.
pub(super) fn start(app: &People) {
    if app.site.relays.is_empty() {
        return;
    }
    let dialer = match net::tls::client(&net::tls::Trust::System) {
        Ok(tls) => Dialer::new(tls),
        Err(fault) => {
            return tracing::error!(%fault, "no TLS: relays elsewhere will not hear what is \
                revoked");
        }
    };
    for relay in &app.site.relays {
        let url = format!("{}{RELAY_PATH}/server", relay.trim_end_matches('/'));
        // From now on: what is said while the line is down waits in here.
        tokio::spawn(keep(app.clone(), dialer.clone(), url, app.hub.words().subscribe()));
    }
}

async fn keep(app: People, dialer: Dialer, url: String, mut words: Receiver<Word>) {
    let mut backoff = Backoff::new(FIRST, LAST);
    let mut said = String::new();
    loop {
        let Err(over) = converse(&app, &dialer, &url, &mut words, &mut backoff).await;
        let trouble = over.to_string();
        // Once for each kind of trouble, not at every try.
        if trouble != said {
            tracing::warn!(relay = %url, %trouble, "a relay does not hear us; it ends our meetings \
                when this lasts");
            said = trouble;
        }
        let wait = {
            let mut rng = app.rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            backoff.wait(&mut *rng)
        };
        tokio::time::sleep(wait).await;
    }
}

async fn converse(
    app: &People,
    dialer: &Dialer,
    url: &str,
    words: &mut Receiver<Word>,
    backoff: &mut Backoff,
) -> Result<std::convert::Infallible, Over> {
    let mut socket = dialer.websocket(url, Limits { message: LIST, read_buffer: 4 << 10 }).await?;
    let first = tokio::time::timeout(SILENCE, socket.recv()).await.map_err(|_| Over::Silent)??;
    let Some(Message::Binary(challenge)) = first else { return Err(Over::Closed) };
    let mut line = Line { speaker: Speaker::new(server_key(app), &challenge)?, socket, due: 0 };
    line.say(&Word::Ask).await?;
    backoff.reset();
    tracing::info!(relay = %url, "a relay hears us");
    let (mut asked, mut spoke, mut heard) = (Instant::now(), Instant::now(), Instant::now());
    loop {
        tokio::select! {
            word = words.recv() => match word {
                Ok(word) => line.say(&word).await?,
                // More than waits for a relay: let it say what it has.
                Err(RecvError::Lagged(_)) => line.say(&Word::Ask).await?,
                Err(RecvError::Closed) => return Err(Over::Closed),
            },
            message = line.socket.recv() => {
                heard = Instant::now();
                if let Message::Binary(list) = message?.ok_or(Over::Closed)? {
                    line.due = line.due.checked_sub(1).ok_or(Over::Talkative)?;
                    for meeting in unfounded(app, &list).await? {
                        tracing::info!(%meeting, "a relay had a meeting that may not be; ended");
                        line.say(&Word::End(meeting)).await?;
                    }
                }
            }
            () = tokio::time::sleep_until(spoke + EVERY) => {
                if heard.elapsed() >= SILENCE {
                    return Err(Over::Silent);
                }
                let ask = asked.elapsed() >= ASK;
                line.say(if ask { &Word::Ask } else { &Word::Alive }).await?;
                line.send(Message::Ping).await?;
                spoke = Instant::now();
                if ask {
                    asked = spoke;
                }
            }
        }
    }
}

struct Line {
    speaker: Speaker,
    socket: WebSocket,
    /// Lists that may still come.
    due: u32,
}

impl Line {
    async fn say(&mut self, word: &Word) -> Result<(), Over> {
        let bytes = self.speaker.say(word);
        if *word == Word::Ask {
            self.due = LISTS;
        }
        self.send(Message::Binary(bytes.into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Over> {
        Ok(tokio::time::timeout(SILENCE, self.socket.send(message))
            .await
            .map_err(|_| Over::Silent)??)
    }
}

/// Of the meetings a relay has, those that may not go on: neither a session that was granted, is
/// not over and whose grounds still stand, nor a pairing that was just asked for.
async fn unfounded(app: &People, list: &[u8]) -> store::Result<Vec<MeetingId>> {
    let mut conn = app.store.for_lines().read().await?;
    let meetings: Vec<people::MeetingId> =
        list.as_chunks::<16>().0.iter().map(|bytes| people::MeetingId(*bytes)).collect();
    let open = store::open_sessions::judged(&mut conn, Of::Meetings(&meetings), app.now()).await?;
    let judged = judge(&*app.ports.openings, &mut conn, open, app.now()).await?;
    drop(conn);
    let stands: BTreeMap<_, _> =
        judged.into_iter().map(|(open, stands)| (open.meeting, stands)).collect();
    let founded = |meeting: MeetingId| match stands.get(&super::meetings::row(meeting)) {
        Some(stands) => *stands,
        None => app.hub.is_pairing(meeting, app.now()),
    };
    Ok(meetings
        .iter()
        .map(|meeting| MeetingId(meeting.0))
        .filter(|meeting| !founded(*meeting))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pairing::Ticket;
    use relay::{Config, Relay};
    use tokio::net::TcpListener;

    use super::*;
    use crate::testing::{HOME, Town};

    /// Both sides of a meeting, joined.
    async fn joined(town: &Town, url: &str, meeting: MeetingId) -> [WebSocket; 2] {
        let dialer = Dialer::new(net::tls::client(&net::tls::Trust::System).unwrap());
        let body = HOME.parse().unwrap();
        let (viewer, agent) =
            Ticket::pair(meeting, body, town.app.clock.unix(), &mut net::SystemRng::new());
        let mut sides = Vec::new();
        for ticket in [viewer, agent] {
            let mut socket =
                dialer.websocket(&format!("{url}/relay"), Limits::default()).await.unwrap();
            socket.send(Message::Binary(ticket.sign(&server_key(&town.app)).into())).await.unwrap();
            sides.push(socket);
        }
        for side in &mut sides {
            while side.recv().await.unwrap() != Some(Message::Binary(vec![1].into())) {}
        }
        sides.try_into().unwrap()
    }

    async fn closed_with(socket: &mut WebSocket) -> Option<u16> {
        while let Ok(Some(_)) = socket.recv().await {}
        socket.close_reason().map(|(code, _)| code)
    }

    #[tokio::test]
    async fn a_relay_that_says_more_than_it_was_asked_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let town = Town::with_relay(&format!("ws://{}", listener.local_addr().unwrap())).await;
        town.app.watch();
        let stream = net::ws::accept_raw(listener.accept().await.unwrap().0, |path, _| {
            if path == "/relay/server" { Ok(()) } else { Err(404) }
        })
        .await
        .unwrap();
        let mut relay = WebSocket::accepted(stream, Limits::default()).await;
        relay.send(Message::Binary(vec![7; 32].into())).await.unwrap();
        assert!(matches!(relay.recv().await.unwrap(), Some(Message::Binary(_))), "it asks");
        for _ in 0..=LISTS {
            relay.send(Message::Binary(Vec::new().into())).await.unwrap();
        }
        while let Ok(Some(_)) = relay.recv().await {}
        // And tries again, as after any trouble.
        listener.accept().await.unwrap();
    }

    #[tokio::test]
    async fn a_relay_elsewhere_loses_what_has_no_ground_and_what_is_ended() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let town = Town::with_relay(&url).await;
        let mut config = Config::new(vec![server_key(&town.app).public()], Vec::new());
        config.limits.viewers_without_origin = true;
        let relay = Relay::new(config, Arc::clone(&town.app.clock));
        let shutdown = net::Shutdown::new();
        tokio::spawn(relay::listen(relay, listener, None, shutdown.clone()));

        let [founded, unfounded] = [MeetingId([1; 16]), MeetingId([2; 16])];
        let (staff, agent) = (people::StaffId([3; 16]), people::AgentId([4; 16]));
        town.app.hub.remember(founded, staff, agent, true, town.app.now());
        let (mut kept, lost) =
            (joined(&town, &url, founded).await, joined(&town, &url, unfounded).await);
        town.app.watch();
        for mut side in lost {
            assert_eq!(closed_with(&mut side).await, Some(4001));
        }
        kept[0].send(Message::Binary(vec![7].into())).await.unwrap();
        assert_eq!(
            kept[1].recv().await.unwrap(),
            Some(Message::Binary(vec![7].into())),
            "this one goes on"
        );
        town.app.hub.say(Word::End(founded));
        for mut side in kept {
            assert_eq!(closed_with(&mut side).await, Some(4001));
        }
        shutdown.trigger();
    }
}
