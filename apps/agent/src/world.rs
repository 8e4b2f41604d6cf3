//! Everything outside the agent, as one argument.

use crate::Line;
use net::{Clock, Dialer, Limits, SystemClock};
use source::{Credentials, Desktop, Source, Target};
use std::future::Future;
use std::time::Duration;

/// Network, desktops and time. Tests bring their own.
pub trait World: Send + Sync + 'static {
    /// An open desktop.
    type Desktop: Source + 'static;

    /// Opens a line to the server or a relay. `message` is the largest message received, in bytes.
    fn dial(&self, url: &str, message: usize) -> impl Future<Output = net::Result<Line>> + Send;

    /// Opens a desktop.
    fn open(
        &self,
        target: &Target,
        credentials: Option<&Credentials>,
        size: (u16, u16),
    ) -> impl Future<Output = Result<Self::Desktop, source::Error>> + Send;

    /// The time.
    fn clock(&self) -> &dyn Clock;
}

/// The real one.
#[derive(Debug, Clone)]
pub struct RealWorld {
    dialer: Dialer,
    clock: SystemClock,
}

/// A desktop that has not answered after this long is not there.
const OPENING: Duration = Duration::from_secs(15);

impl RealWorld {
    /// The machine's own network and clock.
    pub fn new(dialer: Dialer) -> Self {
        Self { dialer, clock: SystemClock::new() }
    }
}

impl World for RealWorld {
    type Desktop = Desktop;

    async fn dial(&self, url: &str, message: usize) -> net::Result<Line> {
        let limits = Limits { message, ..Limits::default() };
        self.dialer.websocket(url, limits).await.map(Line::over)
    }

    async fn open(
        &self,
        target: &Target,
        credentials: Option<&Credentials>,
        size: (u16, u16),
    ) -> Result<Desktop, source::Error> {
        let late = || source::Error::Unreachable(source::Detail::new("no answer in time"));
        tokio::time::timeout(OPENING, Desktop::open(target, credentials, size))
            .await
            .map_err(|_| late())?
    }

    fn clock(&self) -> &dyn Clock {
        &self.clock
    }
}
