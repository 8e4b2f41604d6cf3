//! Graceful shutdown: signals, and a value that every task can await.

use tokio::sync::watch;

/// The request to stop: cloned to every task, triggered once.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Shutdown {
    /// A value that is not yet triggered.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// A value that the system's signals trigger (SIGTERM and SIGINT; Ctrl-C on other systems).
    pub fn on_signal() -> Self {
        let shutdown = Self::new();
        let trigger = shutdown.clone();
        tokio::spawn(async move {
            signal().await;
            tracing::info!("stopping");
            trigger.trigger();
        });
        shutdown
    }

    /// Asks every task to stop.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// Whether a stop was requested.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when a stop is requested.
    pub async fn wait(&self) {
        // The sender lives in self, so this cannot fail.
        _ = self.0.subscribe().wait_for(|stop| *stop).await;
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns when the machine asks this process to end.
#[cfg(unix)]
pub async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return interrupt().await };
    tokio::select! {
        _ = term.recv() => {}
        () = interrupt() => {}
    }
}

/// Returns when the machine asks this process to end.
#[cfg(not(unix))]
pub async fn signal() {
    interrupt().await;
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // This system has no such signal.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_hears_it_whenever_they_listen() {
        let shutdown = Shutdown::new();
        let early = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.wait().await }
        });
        assert!(!shutdown.is_triggered());
        shutdown.clone().trigger();
        early.await.unwrap();
        shutdown.wait().await;
        assert!(shutdown.is_triggered());
    }
}
