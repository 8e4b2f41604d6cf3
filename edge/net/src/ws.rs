//! WebSocket (RFC 6455), both sides, over any byte stream.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self};

use crate::{BoxStream, Error, Result, Stream};

/// Time limit of a close frame and its answer.
const FAREWELL: Duration = Duration::from_secs(1);

/// Memory limits of one WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message that is received, in bytes.
    pub message: usize,
    /// Size of the read buffer in bytes. It is held for as long as the WebSocket lives.
    pub read_buffer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message: 256 << 10, read_buffer: 4 << 10 }
    }
}

/// A message, or a ping or pong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
    /// A ping. The pong for a received one is sent automatically; send one to ask for a sign of
    /// life.
    Ping,
    /// A pong.
    Pong,
}

/// A WebSocket.
pub struct WebSocket(WebSocketStream<BoxStream>, Option<CloseFrame>);

/// The half that sends.
pub struct Sender(SplitSink<WebSocketStream<BoxStream>, tungstenite::Message>);

/// The half that receives. Pings are answered only while it is read.
pub struct Receiver(SplitStream<WebSocketStream<BoxStream>>, Option<CloseFrame>);

impl WebSocket {
    /// The client's side: does the opening handshake over a stream. [`crate::Dialer::websocket`]
    /// also connects.
    pub async fn handshake(
        stream: BoxStream,
        request: ::http::Request<()>,
        limits: Limits,
    ) -> Result<Self> {
        let (socket, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config(limits)))
                .await
                .map_err(Error::from)?;
        Ok(Self(socket, None))
    }

    /// The server's side of a stream whose opening handshake is done (see [`upgrade`]).
    pub async fn accepted(stream: impl Stream, limits: Limits) -> Self {
        Self(
            WebSocketStream::from_raw_socket(
                Box::new(stream) as BoxStream,
                Role::Server,
                Some(config(limits)),
            )
            .await,
            None,
        )
    }

    /// The client's side of a stream whose opening handshake is done.
    pub async fn connected(stream: impl Stream, limits: Limits) -> Self {
        Self(
            WebSocketStream::from_raw_socket(
                Box::new(stream) as BoxStream,
                Role::Client,
                Some(config(limits)),
            )
            .await,
            None,
        )
    }

    /// The next message; `None` when the peer closed in due form.
    pub async fn recv(&mut self) -> Result<Option<Message>> {
        recv(&mut self.0, &mut self.1).await
    }

    /// The code and reason the peer closed with, if it did.
    pub fn close_reason(&self) -> Option<(u16, &str)> {
        self.1.as_ref().map(|frame| (frame.code.into(), frame.reason.as_str()))
    }

    /// Sends a message, waiting until the line takes it.
    pub async fn send(&mut self, message: Message) -> Result<()> {
        self.0.send(message.into()).await.map_err(Error::from)
    }

    /// Closes with a code (RFC 6455, section 7.4) and a reason of at most 123 bytes. Waiting
    /// messages are sent first.
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<()> {
        close(self.0.send(tungstenite::Message::Close(Some(frame(code, reason)))).await)
    }

    /// Splits the WebSocket into halves for two tasks.
    pub fn split(self) -> (Sender, Receiver) {
        let (sender, receiver) = self.0.split();
        (Sender(sender), Receiver(receiver, None))
    }
}

impl std::fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebSocket")
    }
}

impl Sender {
    /// Sends a message, waiting until the line takes it.
    pub async fn send(&mut self, message: Message) -> Result<()> {
        self.0.send(message.into()).await.map_err(Error::from)
    }

    /// Closes with a code and a reason of at most 123 bytes.
    pub async fn close(&mut self, code: u16, reason: &str) -> Result<()> {
        close(self.0.send(tungstenite::Message::Close(Some(frame(code, reason)))).await)
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender")
    }
}

impl Receiver {
    /// The next message; `None` when the peer closed in due form.
    pub async fn recv(&mut self) -> Result<Option<Message>> {
        recv(&mut self.0, &mut self.1).await
    }

    /// The code and reason the peer closed with, if it did.
    pub fn close_reason(&self) -> Option<(u16, &str)> {
        self.1.as_ref().map(|frame| (frame.code.into(), frame.reason.as_str()))
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receiver")
    }
}

/// Checks the headers of a GET request that wants to become a WebSocket, for a server that does its
/// own HTTP. Returns the headers of the 101 response; after it, [`WebSocket::accepted`] takes the
/// stream.
pub fn upgrade(headers: &HeaderMap) -> std::result::Result<HeaderMap, StatusCode> {
    let says = |name: header::HeaderName, token: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(token))
    };
    if !says(header::CONNECTION, "upgrade") || !says(header::UPGRADE, "websocket") {
        return Err(StatusCode::UPGRADE_REQUIRED);
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(StatusCode::UPGRADE_REQUIRED);
    }
    // Sixteen bytes in base64.
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .filter(|key| key.len() == 24)
        .ok_or(StatusCode::BAD_REQUEST)?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(HeaderMap::from_iter([
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ]))
}

/// Reads the opening handshake from a stream, for a server without any other HTTP, and returns the
/// stream for the WebSocket. `check` is given the path and the headers, and may refuse with an HTTP
/// status.
pub async fn accept_raw<S: Stream>(
    stream: S,
    check: impl FnOnce(&str, &HeaderMap) -> std::result::Result<(), u16> + Unpin,
) -> Result<S> {
    #[allow(clippy::result_large_err)] // the library's signature
    let callback = |request: &Request, response: Response| match check(
        request.uri().path(),
        request.headers(),
    ) {
        Ok(()) => Ok(response),
        Err(status) => {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            Err(refusal)
        }
    };
    let limits = Limits { message: 0, read_buffer: 1 << 10 };
    let socket =
        tokio_tungstenite::accept_hdr_async_with_config(stream, callback, Some(config(limits)))
            .await?;
    Ok(socket.into_inner())
}

impl From<Message> for tungstenite::Message {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::text(text),
            Message::Binary(bytes) => Self::Binary(bytes),
            Message::Ping => Self::Ping(Bytes::new()),
            Message::Pong => Self::Pong(Bytes::new()),
        }
    }
}

impl From<WsError> for Error {
    fn from(error: WsError) -> Self {
        match error {
            WsError::ConnectionClosed | WsError::AlreadyClosed => Self::Closed,
            WsError::Io(error) => Self::Io(error),
            WsError::Capacity(CapacityError::MessageTooLong { .. }) => Self::TooLarge,
            WsError::Http(response) => Self::Refused(response.status().as_u16()),
            other => Self::PeerMisbehaved(other.to_string()),
        }
    }
}

async fn recv<S>(socket: &mut S, closed: &mut Option<CloseFrame>) -> Result<Option<Message>>
where
    S: futures_util::Stream<Item = std::result::Result<tungstenite::Message, WsError>> + Unpin,
{
    loop {
        return match socket.next().await {
            None | Some(Err(WsError::ConnectionClosed)) => Ok(None),
            Some(Ok(tungstenite::Message::Close(frame))) => {
                *closed = frame;
                // The answer is sent with the next read. A client's next read then waits for the
                // server to close the connection.
                _ = tokio::time::timeout(FAREWELL, socket.next()).await;
                Ok(None)
            }
            Some(Ok(tungstenite::Message::Text(text))) => {
                Ok(Some(Message::Text(text.as_str().to_owned())))
            }
            Some(Ok(tungstenite::Message::Binary(bytes))) => Ok(Some(Message::Binary(bytes))),
            Some(Ok(tungstenite::Message::Ping(_))) => Ok(Some(Message::Ping)),
            Some(Ok(tungstenite::Message::Pong(_))) => Ok(Some(Message::Pong)),
            Some(Ok(tungstenite::Message::Frame(_))) => continue,
            Some(Err(error)) => Err(error.into()),
        };
    }
}

fn close(sent: std::result::Result<(), WsError>) -> Result<()> {
    match sent {
        Ok(()) | Err(WsError::ConnectionClosed | WsError::AlreadyClosed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn frame(code: u16, reason: &str) -> CloseFrame {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    CloseFrame { code: CloseCode::from(code), reason: reason[..end].into() }
}

fn config(limits: Limits) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(limits.read_buffer)
        // Every message is sent at once; the sender waits while the line is full.
        .write_buffer_size(0)
        .max_write_buffer_size(usize::MAX)
        .max_message_size(Some(limits.message))
        .max_frame_size(Some(limits.message))
}
