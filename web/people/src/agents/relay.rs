//! `GET /relay`: the relay inside this server, for towns with one box. It is the library of
//! `apps/relay`: as blind here as there.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use relay::{Config, Relay};

use super::Hub;
use crate::People;
use crate::Route;
use kit::error::Refusal;
use kit::http::{Access, Peer, Standing, get};

/// The relay, made at its first use.
pub(super) struct Inside(pub(super) Relay);

impl std::fmt::Debug for Inside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inside(..)")
    }
}

impl Hub {
    /// The relay inside this server.
    pub(super) fn relay(&self, app: &People) -> &Relay {
        let make = || {
            let key = super::meetings::server_key(app).public();
            Inside(Relay::new(
                Config::new(vec![key], vec![app.site.origin.clone()]),
                Arc::clone(&app.clock),
            ))
        };
        &self.relay.get_or_init(make).0
    }
}

async fn join(State(app): State<People>, request: Request) -> Result<Response, Refusal> {
    let relay = app.hub.relay(&app).clone();
    let origin =
        relay.origin(request.headers().get(header::ORIGIN).map(|origin| origin.as_bytes()));
    let peer = peer(&request);
    let (standing, holder) = (request.extensions().get::<Standing>().cloned(), app.random());
    // Whoever brought a ticket of ours keeps the connection; who brings none in time is shown out
    // by the relay itself.
    let admitted = move || {
        if let Some(standing) = standing {
            standing.admit(holder);
        }
    };
    upgrade(request, move |stream| async move {
        relay.serve_noting(stream, peer, origin, admitted).await
    })
}

/// Where a request comes from; behind a socket without an address (a test) it is this machine.
pub(super) fn peer(request: &Request) -> IpAddr {
    request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0)
}

/// Answers 101 and gives the stream to `work` once the request is over.
pub(super) fn upgrade<F>(
    mut request: Request,
    work: impl FnOnce(TokioIo<hyper::upgrade::Upgraded>) -> F + Send + 'static,
) -> Result<Response, Refusal>
where
    F: Future<Output = ()> + Send,
{
    let headers: HeaderMap =
        net::ws::upgrade(request.headers()).map_err(|_| Refusal::Malformed("not a WebSocket"))?;
    let standing = request.extensions().get::<Standing>().cloned();
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let carry = async {
            // One that fails here has hung up before it got its answer.
            if let Ok(stream) = upgraded.await {
                work(TokioIo::new(stream)).await;
            }
        };
        tokio::select! {
            () = carry => {}
            () = shown_out(standing) => tracing::debug!("a WebSocket gave way"),
        }
    });
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// When this connection has to give way; never, where there is no door (a test).
async fn shown_out(standing: Option<Standing>) {
    match standing {
        Some(standing) => standing.shown_out().await,
        None => std::future::pending().await,
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/relay", Access::Machine, join)]
}
