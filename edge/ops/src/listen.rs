//! `/live`, `/ready` and `/metrics` over HTTP/1.1, on an address of their own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use net::Shutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::{Figures, Health};

/// Connections at once. Whoever watches needs one or two.
const PLACES: usize = 16;
/// A connection ends after this, whatever it does.
const LIFE: Duration = Duration::from_secs(30);
/// A request's head arrives within this.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// OpenMetrics 1.0, section "Content-Type".
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves until the shutdown. `/live` answers 200 as long as the program runs; `/ready` answers 200
/// or 503 with what is wrong ([`crate::Report::json`]); `/metrics` gives the figures. A connection
/// beyond sixteen is closed; each lives thirty seconds at most.
pub async fn listen(listener: TcpListener, health: Health, figures: Figures, shutdown: Shutdown) {
    let places = Arc::new(Semaphore::new(PLACES));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection of whoever watches");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let (health, figures) = (health.clone(), figures.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let (health, figures) = (health.clone(), figures.clone());
                async move { Ok::<_, Infallible>(answer(&request, &health, &figures).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .max_buf_size(8 << 10)
                .serve_connection(TokioIo::new(stream), service);
            _ = tokio::time::timeout(LIFE, connection).await;
            drop(place);
        });
    }
}

async fn answer(
    request: &Request<Incoming>,
    health: &Health,
    figures: &Figures,
) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut refused = said(StatusCode::METHOD_NOT_ALLOWED, "text/plain", String::new());
        refused.headers_mut().insert(ALLOW, hyper::header::HeaderValue::from_static("GET, HEAD"));
        return refused;
    }
    match request.uri().path() {
        "/live" => said(StatusCode::OK, "text/plain; charset=utf-8", "live\n".to_owned()),
        "/ready" => {
            let report = health.report().await;
            let status =
                if report.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            said(status, "application/json", report.json())
        }
        "/metrics" => said(StatusCode::OK, METRICS, figures.text().await),
        _ => said(StatusCode::NOT_FOUND, "text/plain", String::new()),
    }
}

fn said(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    response
}
