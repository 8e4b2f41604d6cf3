//! Sockets, TLS, WebSocket, proxy, clock, randomness and shutdown: what the programs need from the
//! operating system and the network. This crate decides nothing.
//!
//! - [`Dialer`] opens WebSockets and posts JSON, over TLS and through an HTTP CONNECT proxy where
//!   there is one.
//! - [`connect`] opens TCP connections to hosts with several addresses (RFC 8305).
//! - [`WebSocket`] is both sides of RFC 6455 over any byte stream.
//! - [`tls`] makes the rustls configurations of both sides; a server's certificate is reloaded
//!   while it runs.
//! - [`Clock`] and [`Rng`] are passed as arguments, so that tests can use their own.
//! - [`private`] makes folders and files that only the program's own user may read.
//! - [`SyslogTarget`] sends lines to a syslog receiver over TLS (RFC 5425).
//! - [`raise_descriptors`] raises the limit of open sockets to the most the machine allows.
//! - [`shutdown`] turns signals into a value that can be awaited.

pub use backoff::Backoff;
pub use clock::{Clock, SystemClock};
pub use connect::{ATTEMPT_DELAY, connect};
pub use descriptors::raise_descriptors;
pub use dial::Dialer;
pub use error::{Error, Result};
pub use proxy::Proxy;
pub use rng::{Rng, SystemRng};
pub use shutdown::Shutdown;
pub use stream::{BoxStream, Stream};
pub use syslog::{Syslog, SyslogTarget};
pub use ws::{Limits, Message, Receiver, Sender, WebSocket};

mod backoff;
mod clock;
mod connect;
#[cfg(test)]
#[path = "../../../fuzz/src/corpus.rs"]
mod corpus;
mod descriptors;
mod dial;
mod error;
mod http;
pub mod private;
mod proxy;
mod public_key;
mod rng;
pub mod shutdown;
mod stream;
mod syslog;
pub mod tls;
#[cfg(test)]
#[allow(unreachable_pub)] // Other crates' tests read this file too.
mod version1;
pub mod ws;
