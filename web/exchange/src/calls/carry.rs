//! Signed bundles to and from servers that cannot be reached (spec/exchange.md): for who runs this
//! server.

use axum::extract::State;
use people::{Deed, Resource};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Exchange;
use crate::Route;
use crate::access::case_id;
use crate::carry::{Carried, CarryFault, parse_key};
use crate::download::as_download;
use crate::servers::add;
use kit::error::Refusal;
use kit::http::call::{Body, File, PathOf};
use kit::http::{Access, Answer, Method, call};
use kit::http::{Caller, Done, ErrorBody, Reason, Scope, json, refused, stale};
use kit::secrets::hex;

const MEDIA: &str = "application/octet-stream";

/// Another server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerInfo {
    /// Its public key, 64 hexadecimal digits.
    key: String,
    /// What people call it.
    name: String,
    /// Bundles written to it.
    written: u64,
}

/// Servers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Servers {
    /// This server's own public key, to be added over there.
    key: String,
    /// Those bundles are exchanged with.
    servers: Vec<ServerInfo>,
}

/// This server's key, and the servers bundles are exchanged with.
#[utoipa::path(
    get,
    path = "/api/v1/exchange/servers",
    tag = "exchange",
    security(("token" = ["exchange:carry"])),
    responses((status = 200, description = "Servers", body = Servers)),
)]
pub(crate) async fn servers(caller: Caller, State(app): State<Exchange>) -> Answer {
    caller.operator()?.permit(Deed::ManageBodies, Resource::SERVER)?;
    let mut conn = app.store.read().await?;
    let peers = store::exchange::peers(&mut conn).await?;
    drop(conn);
    let info = |peer: store::exchange::Peer| ServerInfo {
        key: hex(&peer.key.0),
        name: peer.name,
        written: peer.written,
    };
    json(&Servers { key: hex(&app.server_key().0), servers: peers.into_iter().map(info).collect() })
}

/// A server to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewServer {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Its public key, 64 hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    key: String,
}

/// Adds a server by its public key. One that is there already stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/servers",
    tag = "exchange",
    security(("token" = ["exchange:carry"])),
    request_body = NewServer,
    responses(
        (status = 200, description = "Added", body = Done),
        (
            status = 422,
            description = "No \
        name, or no key of another server",
            body = ErrorBody,
        ),
    ),
)]
pub(crate) async fn add_server(
    caller: Caller,
    State(app): State<Exchange>,
    Body(new): Body<NewServer>,
) -> Answer {
    let by = caller.operator()?;
    if add(&app, &by, &new.name, &new.key).await? {
        json(&Done::yes())
    } else {
        let words = "名前と、相手のサーバーの鍵（64桁）を入力してください。";
        Ok(refused(vec![Reason::new("bad_server", words)]))
    }
}

/// What is carried.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// The case, to bodies this server does not serve
    Case,
    /// The answers this server's bodies handed up
    Answers,
    /// The last bundle once more
    Again,
}

/// A bundle to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBundle {
    /// Number of the case; not looked at for the last bundle once more.
    #[serde(default)]
    case: String,
    /// What is carried.
    what: What,
}

/// Writes a bundle to a server under its next number. They are read there in order.
#[utoipa::path(
    post,
    path = "/api/v1/exchange/servers/{key}/bundles",
    tag = "exchange",
    security(("token" = ["exchange:carry"])),
    params(("key" = String, Path, description = "Public key of the other server")),
    request_body = NewBundle,
    responses(
        (
            status = 200,
            description = "The bundle",
            content_type = "application/octet-stream",
            body = Vec<u8>,
        ),
        (status = 422, description = "There is nothing to carry", body = ErrorBody),
    ),
)]
pub(crate) async fn write_bundle(
    caller: Caller,
    State(app): State<Exchange>,
    PathOf(key): PathOf<String>,
    Body(new): Body<NewBundle>,
) -> Answer {
    let by = caller.operator()?;
    by.permit(Deed::ManageBodies, Resource::SERVER)?;
    let key = parse_key(&key).ok_or(Refusal::NotFound)?;
    let what = match new.what {
        What::Again => {
            let last = app.bundle_again(Some(&by), key).await?.ok_or(Refusal::NotFound)?;
            return Ok(as_download("noren-again.bundle", MEDIA, last));
        }
        What::Case => Carried::Case,
        What::Answers => Carried::Answers,
    };
    let written = match case_id(&new.case) {
        Ok(case) => app.write_bundle(Some(&by), case, key, what).await,
        Err(_) => Err(CarryFault::NoCase),
    };
    match written {
        Ok(bundle) => Ok(as_download(&format!("noren-{}.bundle", new.case), MEDIA, bundle)),
        Err(fault) => failed(fault),
    }
}

/// What a bundle did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BundleRead {
    /// The case it is about.
    case: String,
    /// How many bodies it touched.
    bodies: usize,
}

/// Reads a bundle and does what is in it, all or nothing. One that was read already, or comes
/// before its turn, is refused (409).
#[utoipa::path(
    post,
    path = "/api/v1/exchange/bundles",
    tag = "exchange",
    security(("token" = ["exchange:carry"])),
    request_body(
        content = Vec<u8>,
        content_type = "application/octet-stream",
        description = "At most 4 MiB",
    ),
    responses(
        (status = 200, description = "Done", body = BundleRead),
        (status = 409, description = "Read already, or not its turn", body = ErrorBody),
        (status = 422, description = "Not taken", body = ErrorBody),
    ),
)]
pub(crate) async fn read_bundle(
    caller: Caller,
    State(app): State<Exchange>,
    File(bytes): File,
) -> Answer {
    let by = caller.operator()?;
    by.permit(Deed::ManageBodies, Resource::SERVER)?;
    match app.read_bundle(Some(&by), &bytes).await {
        Ok((case, bodies)) => json(&BundleRead { case: case.to_string(), bodies }),
        Err(fault) => failed(fault),
    }
}

fn failed(fault: CarryFault) -> Answer {
    use exchange::bundle::BundleError::{OutOfOrder, Replayed};
    let reasons = vec![Reason::new(fault.code(), fault.ja())];
    match fault {
        CarryFault::Other(refusal) => Err(refusal),
        CarryFault::Bundle(Replayed(_) | OutOfOrder { .. }) => Ok(stale(reasons)),
        _ => Ok(refused(reasons)),
    }
}

pub(super) fn routes() -> Vec<Route> {
    let carry = Access::Api(Scope::ExchangeCarry);
    vec![
        call(Method::Get, "/api/v1/exchange/servers", carry, servers),
        call(Method::Post, "/api/v1/exchange/servers", carry, add_server),
        call(Method::Post, "/api/v1/exchange/servers/{key}/bundles", carry, write_bundle),
        call(Method::Post, "/api/v1/exchange/bundles", carry, read_bundle),
    ]
}
