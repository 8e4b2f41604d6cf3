//! A byte stream, whatever carries it.

use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes both ways: a socket, TLS over one, or what an HTTP server handed over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for T {}

/// A stream of any kind.
pub type BoxStream = Box<dyn Stream>;
