//! Before every handler: does the request come from our own page, who is it, may they come in here
//! at all.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use people::{Actor, Authority, Deed, Ground, Stopper};

use super::context::{CurrentSignIn, notice_of};
use super::cookie::{cookie, set_cookie, sign_in_cookie, visit_cookie};
use super::fresh;
use super::{Access, Ctx, Lang, Listed, Peer, Standing, Visitor, see_other};
use crate::error::Refusal;
use crate::parts::{Kit, Site};
use crate::second::waiting_for;
use crate::secrets::{hex, sha256};

/// How long a sign-in may go on without its last use being written down again.
const TOUCH_MS: i64 = 60_000;

/// A request that takes longer is looked at again before it is answered: its body may be held back
/// until its sender has nothing to see here any more.
const LATE_MS: i64 = 2_000;

pub(super) async fn check(
    State((kit, route)): State<(Kit, Listed)>,
    mut request: Request,
    next: Next,
) -> Response {
    let Listed { access, fresh, .. } = route;
    let began = kit.now();
    let headers = request.headers();
    if let Err(refusal) = own_page(&kit.site, access, request.method(), headers) {
        return refusal.into_response();
    }
    if let Access::Api(scope) = access {
        let (headers, peer) =
            (headers.clone(), request.extensions().get::<Peer>().map(|peer| peer.0));
        return match super::caller::admit(&kit, scope, &headers, peer).await {
            Ok(caller) => {
                admitted(&request, caller.token.id.0);
                let actor = caller.actor.clone();
                request.extensions_mut().insert(caller);
                let response = next.run(request).await;
                still_hers(&kit, &actor, began, response).await
            }
            Err(refusal) => refusal.into_response(),
        };
    }
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let (headers, uri) = (headers.clone(), request.uri().clone());
    let (visitor, new_visit) = match visitor(&kit, access, &headers, &uri, peer).await {
        Ok(found) => found,
        Err(refusal) => return refusal.into_response(),
    };
    if let Err(refusal) = may_enter(&kit, access, &visitor).await {
        if matches!(refusal, Refusal::SignedOut)
            && request.method() == Method::GET
            && !request.uri().path().starts_with("/api/")
        {
            return see_other(&format!("/sign-in?next={}", encode(request.uri().path())));
        }
        return refusal.into_response();
    }
    if visitor.sign_in.as_ref().is_some_and(|sign_in| sign_in.held) && !may_while_held(&route) {
        return Refusal::Forbidden("held_by_operator").into_response();
    }
    let actor = visitor.ctx.actor.clone();
    if let Some(actor) = &actor {
        admitted(&request, actor.id.0);
    }
    request.extensions_mut().insert(visitor);
    let mut response = fresh::through(&kit, fresh, request, next).await;
    if let Some(actor) = &actor {
        response = still_hers(&kit, actor, began, response).await;
    }
    if let Some(value) = new_visit {
        set_cookie(&mut response, &kit.site, visit_cookie(&kit.site), &value, None);
    }
    response
}

/// What the people of a body do that an operator stopped: they look, they cut, and they sign in and
/// out. A stop that begins later ends their sign-ins, so it is not asked for again inside a write.
fn may_while_held(route: &Listed) -> bool {
    route.method == super::Method::Get || route.cuts || route.access == Access::Public
}

/// What is done is proved again inside its write; this is for what is only shown. An answer that
/// was long in coming goes to whoever may still see all that she might when she asked. A redirect
/// shows nothing, and may be the end of the sign-in itself.
async fn still_hers(kit: &Kit, actor: &Actor, began: i64, response: Response) -> Response {
    let status = response.status();
    let shows = !status.is_redirection() && !status.is_informational();
    if !shows || kit.now().saturating_sub(began) <= LATE_MS {
        return response;
    }
    match stands(kit, actor).await {
        Ok(()) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn stands(kit: &Kit, actor: &Actor) -> Result<(), Refusal> {
    let mut conn = kit.store.read().await?;
    let standing = store::grounds::standing(&mut conn, actor.ground, kit.now()).await?;
    let now = standing.ok_or(Refusal::SignedOut)?.actor;
    if actor.holds(&now) { Ok(()) } else { Err(Refusal::NotFound) }
}

/// Whoever is known keeps the connection however many strangers come; behind a socket without a
/// door (a test) there is nothing to keep.
fn admitted(request: &Request, holder: [u8; 16]) {
    if let Some(standing) = request.extensions().get::<Standing>() {
        standing.admit(holder);
    }
}

/// Refuses what a foreign page sends: every unsafe method, and every WebSocket (which no browser
/// checks for us).
fn own_page(
    site: &Site,
    access: Access,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    let websocket = headers.get(header::UPGRADE).is_some();
    if (*method == Method::GET || *method == Method::HEAD) && !websocket {
        return Ok(());
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site_ok = text("sec-fetch-site").map(|value| value == "same-origin");
    let origin_ok = text("origin").map(|value| value == site.origin);
    let ok = match (origin_ok, site_ok) {
        (Some(false), _) | (_, Some(false)) => false,
        (None, None) => matches!(access, Access::Machine | Access::Api(_)),
        _ => true,
    };
    if ok { Ok(()) } else { Err(Refusal::Csrf) }
}

async fn visitor(
    kit: &Kit,
    access: Access,
    headers: &HeaderMap,
    uri: &Uri,
    peer: Option<IpAddr>,
) -> Result<(Visitor, Option<String>), Refusal> {
    let mut ctx = Ctx {
        lang: Lang::chosen(cookie(headers, "noren-lang").as_deref()),
        csrf: String::new(),
        actor: None,
        body_name: "".into(),
        path: uri.path().to_owned(),
        notice: notice_of(uri.query()),
        now: kit.now(),
        waiting: 0,
    };
    if access == Access::Machine {
        return Ok((Visitor { ctx, peer, sign_in: None }, None));
    }
    if let Some(value) = cookie(headers, sign_in_cookie(&kit.site))
        && let Some((actor, sign_in, waiting)) = signed_in(kit, &value).await?
    {
        ctx.waiting = waiting;
        ctx.csrf = hex(&kit.mac("csrf", value.as_bytes()));
        ctx.body_name = kit.bodies().full_name(actor.body);
        ctx.actor = Some(actor);
        return Ok((Visitor { ctx, peer, sign_in: Some(sign_in) }, None));
    }
    // Before sign-in a form is tied to the browser by a cookie of its own.
    let known = cookie(headers, visit_cookie(&kit.site));
    let new = known.is_none().then(|| kit.random_token());
    let value = known.as_deref().or(new.as_deref()).unwrap_or_default();
    ctx.csrf = hex(&kit.mac("csrf", value.as_bytes()));
    Ok((Visitor { ctx, peer, sign_in: None }, new))
}

/// Whose cookie this is, if its sign-in still holds: not ended, not idle, not too old, person and
/// body not stopped.
/// How much waits for her as a second officer goes with it.
async fn signed_in(
    kit: &Kit,
    cookie: &str,
) -> Result<Option<(Actor, CurrentSignIn, usize)>, Refusal> {
    let hash = sha256(cookie.as_bytes());
    let now = kit.now();
    let mut conn = kit.store.read().await?;
    let Some(standing) = store::grounds::standing(&mut conn, Ground::SignIn(hash), now).await?
    else {
        return Ok(None);
    };
    let store::grounds::Standing { actor, sign_in, stopped, since, .. } = standing;
    let waiting = match actor.widest(Deed::ConfirmChanges) {
        Some(_) => waiting_for(&mut conn, actor.body, actor.id, now).await?,
        None => 0,
    };
    drop(conn);
    let Some(since) = since else { return Ok(None) };
    if now - since.seen > TOUCH_MS {
        // Not an act: when it was last used, for the idle limit alone.
        // A page that only shows something is shown though nothing can be written (a full disk, a
        // lock).
        if let Err(fault) = kit.store.touch_sign_in(&hash, now).await {
            tracing::warn!(%fault, "cannot write down that a sign-in is in use");
        }
    }
    let since = (since.created, since.proved);
    let sign_in = CurrentSignIn {
        hash,
        created: since.0,
        proved: since.1,
        policy: sign_in,
        held: stopped == Some(Stopper::Operator) && !actor.operator,
    };
    Ok(Some((actor, sign_in, waiting)))
}

async fn may_enter(kit: &Kit, access: Access, visitor: &Visitor) -> Result<(), Refusal> {
    match access {
        Access::Public | Access::Machine => Ok(()),
        // Admitted by its token before anybody is looked for here.
        Access::Api(_) => Err(Refusal::SignedOut),
        Access::SetUp => {
            let mut conn = kit.store.read().await?;
            if store::staff::operator_exists(&mut conn).await? {
                Err(Refusal::NotFound)
            } else {
                Ok(())
            }
        }
        Access::SignedIn => visitor.ctx.actor.as_ref().map(|_| ()).ok_or(Refusal::SignedOut),
        Access::May(deed) => {
            let actor = visitor.ctx.actor.as_ref().ok_or(Refusal::SignedOut)?;
            actor.widest(deed).map(|_| ()).ok_or(Refusal::NotFound)
        }
    }
}

/// A path as a query's value.
fn encode(path: &str) -> String {
    url::form_urlencoded::byte_serialize(path.as_bytes()).collect()
}
