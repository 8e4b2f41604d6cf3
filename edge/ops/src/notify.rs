//! A word with systemd: `sd_notify(3)` and `sd_listen_fds(3)`. Without systemd nothing happens.

use std::time::Duration;

use net::Shutdown;
use sd_notify::NotifyState;

/// Where nobody watches, the turn never matters.
const DAY: Duration = Duration::from_secs(86_400);

/// Tells that the program is ready, and from then on that it lives, as often as systemd asks
/// (`WatchdogSec`); at the shutdown, that it stops. A runtime that hangs tells nothing any more,
/// and systemd starts the program anew.
pub fn ready(shutdown: Shutdown) {
    tell(&[NotifyState::Ready]);
    let watched = sd_notify::watchdog_enabled();
    let every = watched.map_or(DAY, |within| (within / 2).max(Duration::from_millis(100)));
    tokio::spawn(async move {
        let mut turn = tokio::time::interval(every);
        loop {
            tokio::select! {
                _ = turn.tick(), if watched.is_some() => tell(&[NotifyState::Watchdog]),
                () = shutdown.wait() => break,
            }
        }
        tell(&[NotifyState::Stopping]);
    });
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd was not told");
    }
}

/// The socket that systemd opened for this program, if it did: connections wait there while the
/// program starts again.
///
/// # Errors
/// When what systemd handed over is no TCP socket.
pub fn listener() -> std::io::Result<Option<std::net::TcpListener>> {
    let listener = listenfd::ListenFd::from_env().take_tcp_listener(0)?;
    if let Some(listener) = &listener {
        listener.set_nonblocking(true)?;
    }
    Ok(listener)
}
