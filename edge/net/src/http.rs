//! One HTTP request and its answer over one connection, as enrolment needs it.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use crate::{BoxStream, Error, Result};

pub(crate) async fn exchange(
    stream: BoxStream,
    request: ::http::Request<Full<Bytes>>,
    max: usize,
) -> Result<(u16, Bytes)> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(64 << 10)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(misbehaved)?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(misbehaved)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), max)
            .collect()
            .await
            .map_err(|_| Error::TooLarge)?
            .to_bytes();
        Ok((status, body))
    };
    tokio::pin!(exchange, connection);
    let mut connected = true;
    loop {
        tokio::select! {
            answer = &mut exchange => return answer,
            ended = &mut connection, if connected => {
                ended.map_err(misbehaved)?;
                connected = false;
            }
        }
    }
}

pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(limit, work).await.map_err(|_| Error::TimedOut)?
}

fn misbehaved(error: hyper::Error) -> Error {
    Error::PeerMisbehaved(error.to_string())
}
