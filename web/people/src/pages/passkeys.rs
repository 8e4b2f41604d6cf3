//! Passkeys (WebAuthn): possession and a PIN or fingerprint in one, so one of them is two factors.
//! User verification is always required.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Mutex;

use audit::{Decision, Event, Kind, Who};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use gate::{Address, Holder, Limits, Place, Places};
use people::{Deed, PasskeyId, StaffId};
use serde::Deserialize;
use serde_json::json;
use store::passkeys::StoredPasskey;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder,
};
use webauthn_rs_proto::ResidentKeyRequirement;

use crate::People;
use crate::Route;
use crate::factors::prove::{PROVING, proven};
use crate::sign_in::Origin;
use kit::Site;
use kit::error::Refusal;
use kit::http::Access::{May, Public, SignedIn as Session};
use kit::http::{Form, Json, SignedIn, Visit, post, see_other, set_sign_in};
use kit::http::{browser, local};
use kit::limit::PASSKEY_ADDRESS;
use kit::ports::Proving;
use kit::secrets::hex;

/// A ceremony ends within this.
const LIFE_MS: i64 = 5 * 60_000;
/// Ceremonies under way at most, of strangers and of one address. One address begins so many within
/// their life; who is beyond them gives way within the same address, and when all is full, within
/// the one that has most.
const PLACES: Limits =
    Limits { total: 20_000, strangers: 16_000, newcomers: 1_000, each: 720, holder: 8 };

/// Passkeys of this server's address. Browsers allow none for a numeric address.
pub struct Passkeys {
    webauthn: Option<Webauthn>,
    open: Mutex<Open>,
}

/// Ceremonies under way, each in its place.
struct Open {
    places: Places,
    under_way: BTreeMap<Place, ([u8; 16], i64)>,
    ceremonies: HashMap<[u8; 16], (Place, Ceremony)>,
}

impl Open {
    fn end(&mut self, place: Place) {
        self.places.close(place);
        if let Some((id, _)) = self.under_way.remove(&place) {
            self.ceremonies.remove(&id);
        }
    }

    /// Those that are over go, oldest first: places are numbered in the order they were taken.
    fn sweep(&mut self, now: i64) {
        while let Some((place, (_, since))) = self.under_way.first_key_value()
            && now - since >= LIFE_MS
        {
            let place = *place;
            self.end(place);
        }
    }
}

enum Ceremony {
    Adding(StaffId, Box<PasskeyRegistration>),
    Entering(Box<DiscoverableAuthentication>),
    /// Of somebody's sign-in, by its hash: another one cannot use it.
    Proving(StaffId, [u8; 32], Box<PasskeyAuthentication>),
}

impl Ceremony {
    /// Whose it is, where somebody is signed in.
    fn holder(&self) -> Option<Holder> {
        match self {
            Self::Adding(staff, _) | Self::Proving(staff, ..) => Some(Holder(staff.0)),
            Self::Entering(_) => None,
        }
    }
}

impl Passkeys {
    /// For this address.
    pub fn new(site: &Site) -> Self {
        let webauthn = site
            .url
            .domain()
            .and_then(|domain| WebauthnBuilder::new(domain, &site.url).ok())
            .and_then(|builder| builder.rp_name("Noren").build().ok());
        let open = Open {
            places: Places::new(PLACES),
            under_way: BTreeMap::new(),
            ceremonies: HashMap::new(),
        };
        Self { webauthn, open: Mutex::new(open) }
    }

    /// Whether browsers allow passkeys at this address.
    #[must_use]
    pub fn available(&self) -> bool {
        self.webauthn.is_some()
    }

    fn webauthn(&self) -> Result<&Webauthn, Refusal> {
        self.webauthn.as_ref().ok_or(Refusal::NotFound)
    }

    /// Keeps a ceremony for whoever is there. One that belongs to somebody gives way to no
    /// stranger's.
    fn keep(
        &self,
        id: [u8; 16],
        ceremony: Ceremony,
        peer: Option<IpAddr>,
        now: i64,
    ) -> Result<(), Refusal> {
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        open.sweep(now);
        let busy = |_| Refusal::Unavailable("sign_in_busy");
        let (place, gone) = open.places.open(peer.map(Address::of)).map_err(busy)?;
        if let Some(gone) = gone {
            open.end(gone);
        }
        if let Some(holder) = ceremony.holder() {
            open.places.admit(place, holder);
        }
        open.under_way.insert(place, (id, now));
        open.ceremonies.insert(id, (place, ceremony));
        Ok(())
    }

    /// A ceremony is taken out: each challenge is answered once.
    fn take(&self, id: &str, now: i64) -> Option<Ceremony> {
        let id: [u8; 16] = id.parse::<PasskeyId>().ok()?.0;
        let mut open = self.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        open.sweep(now);
        let (place, ceremony) = open.ceremonies.remove(&id)?;
        open.end(place);
        Some(ceremony)
    }
}

async fn start_adding(
    visit: SignedIn,
    State(app): State<People>,
    Json(()): Json<()>,
) -> Result<Response, Refusal> {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let mut conn = app.store.read().await?;
    let known = store::passkeys::of(&mut conn, permit.actor()).await?;
    let known = known.into_iter().map(|passkey| passkey.credential).collect();
    let (mut challenge, state) = app
        .passkeys
        .webauthn()?
        .start_passkey_registration(
            Uuid::from_bytes(permit.actor().0),
            visit.actor.login.as_str(),
            visit.actor.name.as_str(),
            Some(known),
        )
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    // Found by the authenticator itself at sign-in, so that no name has to be typed and none is
    // given away.
    if let Some(selection) = challenge.public_key.authenticator_selection.as_mut() {
        selection.resident_key = Some(ResidentKeyRequirement::Required);
        selection.require_resident_key = true;
    }
    let id: [u8; 16] = app.random();
    app.passkeys.keep(
        id,
        Ceremony::Adding(permit.actor(), Box::new(state)),
        visit.peer,
        app.now(),
    )?;
    Ok(axum::Json(json!({ "ceremony": hex(&id), "options": challenge })).into_response())
}

#[derive(Deserialize)]
struct Added {
    ceremony: String,
    name: String,
    credential: RegisterPublicKeyCredential,
}

async fn finish_adding(
    visit: SignedIn,
    State(app): State<People>,
    headers: HeaderMap,
    Json(added): Json<Added>,
) -> Result<Response, Refusal> {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let Some(Ceremony::Adding(staff, state)) = app.passkeys.take(&added.ceremony, app.now()) else {
        return Err(Refusal::Forbidden("ceremony_over"));
    };
    if staff != permit.actor() {
        return Err(Refusal::NotFound);
    }
    let passkey = app
        .passkeys
        .webauthn()?
        .finish_passkey_registration(&added.credential, &state)
        .map_err(|_| Refusal::Forbidden("passkey_refused"))?;
    let name: String = added.name.trim().chars().filter(|c| !people::tricks(*c)).take(60).collect();
    let stored = StoredPasskey {
        id: PasskeyId(app.random()),
        staff,
        credential: passkey.cred_id().to_vec(),
        // As the list of sign-ins calls the browser she is at.
        name: [name, browser::of(&headers), "パスキー".to_owned()]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
        passkey: to_json(&passkey)?,
        created: app.now(),
        used: 0,
    };
    let mut tx = app.write_as(&permit).await?;
    store::passkeys::add(&mut tx, &stored).await?;
    tx.commit(Decision::new(
        (),
        permit.event(Kind::PASSKEY_ADDED, &visit.actor.login).with("name", &stored.name),
    ))
    .await?;
    Ok(axum::Json(json!({ "next": "/account?done=passkey" })).into_response())
}

#[derive(Deserialize)]
struct Removed {
    id: String,
}

async fn remove(
    visit: SignedIn,
    State(app): State<People>,
    Form(removed): Form<Removed>,
) -> Result<Response, Refusal> {
    let permit = visit.permit_own(Deed::ChangeOwnCredentials)?;
    let id: PasskeyId = removed.id.parse().map_err(|_| Refusal::NotFound)?;
    let mut tx = app.write_as(&permit).await?;
    if !store::passkeys::remove(&mut tx, permit.actor(), id).await? {
        return Err(Refusal::NotFound);
    }
    tx.commit(Decision::new((), permit.event(Kind::PASSKEY_REMOVED, &visit.actor.login))).await?;
    Ok(see_other("/account?done=removed"))
}

async fn start_entering(
    Visit(visitor): Visit,
    State(app): State<People>,
    Json(()): Json<()>,
) -> Result<Response, Refusal> {
    app.limiter.take_from(PASSKEY_ADDRESS, visitor.peer, app.now()).map_err(Refusal::TooMany)?;
    let (mut challenge, state) = app
        .passkeys
        .webauthn()?
        .start_discoverable_authentication()
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    // A button starts it, not the browser's autofill.
    challenge.mediation = None;
    let id: [u8; 16] = app.random();
    app.passkeys.keep(id, Ceremony::Entering(Box::new(state)), visitor.peer, app.now())?;
    Ok(axum::Json(json!({ "ceremony": hex(&id), "options": challenge })).into_response())
}

#[derive(Deserialize)]
struct Entered {
    ceremony: String,
    next: String,
    credential: PublicKeyCredential,
}

async fn finish_entering(
    Visit(visitor): Visit,
    State(app): State<People>,
    headers: HeaderMap,
    Json(entered): Json<Entered>,
) -> Result<Response, Refusal> {
    const NO: Refusal = Refusal::Forbidden("passkey_refused");
    app.limiter.take_from(PASSKEY_ADDRESS, visitor.peer, app.now()).map_err(Refusal::TooMany)?;
    let Some(Ceremony::Entering(state)) = app.passkeys.take(&entered.ceremony, app.now()) else {
        return Err(Refusal::Forbidden("ceremony_over"));
    };
    let webauthn = app.passkeys.webauthn()?;
    let (user, credential) =
        webauthn.identify_discoverable_authentication(&entered.credential).map_err(|_| NO)?;
    let (user, credential) = (StaffId(*user.as_bytes()), credential.to_vec());
    let mut conn = app.store.read().await?;
    let staff = store::staff::by_id(&mut conn, user).await?.ok_or(NO)?;
    drop(conn);
    let mut tx = app.write_unattended(staff.body).await?;
    // As it stands now, inside the write.
    let staff = store::staff::by_id(&mut tx, user).await?.ok_or(NO)?;
    let stored = store::passkeys::by_credential(&mut tx, &credential)
        .await?
        .filter(|stored| stored.staff == user)
        .ok_or(NO)?;
    let served = store::bodies::find(&mut tx, staff.body).await?.ok_or(NO)?;
    let mut passkey: Passkey = serde_json::from_str(&stored.passkey)
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    let proven =
        webauthn.finish_discoverable_authentication_v2(&entered.credential, *state, &passkey);
    let good = proven.is_ok() && people::roles_now(&staff, served.suspended).is_some();
    // The body is stopped, not the person: told once the passkey is proved, and to nobody else.
    let stopped = proven.as_ref().is_ok_and(|result| result.user_verified())
        && !good
        && people::roles_now(&staff, false).is_some();
    let Some(result) = proven.ok().filter(|result| good && result.user_verified()) else {
        let who = Who::Stranger { address: visitor.address() };
        let reason = if stopped { "body stopped" } else { "passkey" };
        let event = Event::new(staff.body.chain(), who, Kind::SIGN_IN_FAILED, staff.login.as_str())
            .with("reason", reason);
        tx.commit(Decision::new((), event)).await?;
        return Err(if stopped { Refusal::Forbidden("body_stopped") } else { NO });
    };
    passkey.update_credential(&result);
    store::passkeys::put_used(&mut tx, stored.id, &to_json(&passkey)?, app.now()).await?;
    let from = Origin::of(&headers, &visitor);
    let generation = store::credentials::find(&mut tx, staff.id)
        .await?
        .map_or(0, |credentials| credentials.generation);
    let decision = app.new_sign_in(&mut tx, &staff, "passkey", &visitor.address(), &from).await?;
    let value = tx.commit(decision).await?;
    app.cut_replaced(from.before);
    let mut response = axum::Json(json!({ "next": local(&entered.next) })).into_response();
    set_sign_in(&mut response, &app.site, &value);
    app.know_browser(&mut response, staff.id, generation);
    Ok(response)
}

/// Who is signed in proves to be there still, with one of the own passkeys.
async fn start_proving(
    visit: SignedIn,
    State(app): State<People>,
    Json(()): Json<()>,
) -> Result<Response, Refusal> {
    app.limiter.take(PROVING, &hex(&visit.sign_in.hash), app.now()).map_err(Refusal::TooMany)?;
    let mut conn = app.store.read().await?;
    let own = store::passkeys::of(&mut conn, visit.actor.id).await?;
    drop(conn);
    let own: Vec<Passkey> =
        own.iter().filter_map(|stored| serde_json::from_str(&stored.passkey).ok()).collect();
    let started = app.passkeys.webauthn()?.start_passkey_authentication(&own);
    let (challenge, state) = started.map_err(|_| Refusal::Forbidden("passkey_refused"))?;
    let id: [u8; 16] = app.random();
    app.passkeys.keep(
        id,
        Ceremony::Proving(visit.actor.id, visit.sign_in.hash, Box::new(state)),
        visit.peer,
        app.now(),
    )?;
    Ok(axum::Json(json!({ "ceremony": hex(&id), "options": challenge })).into_response())
}

#[derive(Deserialize)]
struct ProvedWith {
    ceremony: String,
    credential: PublicKeyCredential,
}

async fn finish_proving(
    visit: SignedIn,
    State(app): State<People>,
    Json(with): Json<ProvedWith>,
) -> Result<Response, Refusal> {
    const NO: Refusal = Refusal::Forbidden("passkey_refused");
    let Some(Ceremony::Proving(_, hash, state)) = app.passkeys.take(&with.ceremony, app.now())
    else {
        return Err(Refusal::Forbidden("ceremony_over"));
    };
    if hash != visit.sign_in.hash {
        return Err(NO);
    }
    let proven_by =
        app.passkeys.webauthn()?.finish_passkey_authentication(&with.credential, &state);
    let mut tx = app.write_as(&visit.actor).await?;
    let Some(result) = proven_by.ok().filter(|result| result.user_verified()) else {
        let event = Event::new(
            visit.actor.body.chain(),
            visit.actor.who(),
            Kind::PROOF_FAILED,
            visit.actor.login.as_str(),
        );
        tx.commit(Decision::new(
            (),
            event.with("reason", "passkey").with("address", visit.address()),
        ))
        .await?;
        return Err(NO);
    };
    // One that was removed meanwhile proves nothing.
    let stored = store::passkeys::by_credential(&mut tx, result.cred_id()).await?;
    let stored = stored.filter(|stored| stored.staff == visit.actor.id).ok_or(NO)?;
    let mut passkey: Passkey = serde_json::from_str(&stored.passkey)
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    passkey.update_credential(&result);
    store::passkeys::put_used(&mut tx, stored.id, &to_json(&passkey)?, app.now()).await?;
    let address = visit.address();
    let who = Proving { actor: &visit.actor, sign_in: &visit.sign_in.hash, address: &address };
    let decision = proven(&mut tx, who, "passkey").await?;
    tx.commit(decision).await?;
    // Somebody who has the passkey is no guesser.
    app.limiter.forget(PROVING, &hex(&visit.sign_in.hash));
    Ok(axum::Json(json!({})).into_response())
}

fn to_json(passkey: &Passkey) -> Result<String, Refusal> {
    serde_json::to_string(passkey).map_err(|error| Refusal::Internal(error.to_string()))
}

pub(super) fn routes() -> Vec<Route> {
    let own = May(Deed::ChangeOwnCredentials);
    vec![
        post("/api/passkeys/add/start", own, start_adding).fresh(),
        post("/api/passkeys/add/finish", own, finish_adding),
        post("/account/passkeys/remove", own, remove).fresh(),
        post("/api/passkeys/prove/start", Session, start_proving).cuts(),
        post("/api/passkeys/prove/finish", Session, finish_proving).cuts(),
        post("/api/passkeys/enter/start", Public, start_entering),
        post("/api/passkeys/enter/finish", Public, finish_entering),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entering(passkeys: &Passkeys) -> Ceremony {
        Ceremony::Entering(Box::new(
            passkeys.webauthn().unwrap().start_discoverable_authentication().unwrap().1,
        ))
    }

    fn proving(passkeys: &Passkeys, staff: u8) -> Ceremony {
        let Ceremony::Entering(state) = entering(passkeys) else { unreachable!() };
        let state = serde_json::from_value(serde_json::to_value(&*state).unwrap()).unwrap();
        Ceremony::Proving(StaffId([staff; 16]), [staff; 32], Box::new(state))
    }

    #[test]
    fn a_proof_gives_way_to_no_stranger_and_one_person_holds_only_so_many() {
        let passkeys = Passkeys::new(&Site::new("https://noren.example", Vec::new()).unwrap());
        let here: Option<IpAddr> = Some("2001:db8::1".parse().unwrap());
        let id = |n: u16| [[0; 14].as_slice(), &n.to_be_bytes()].concat().try_into().unwrap();
        let first = u16::try_from(PLACES.holder).unwrap();
        for n in 0..first {
            passkeys.keep(id(n), proving(&passkeys, 1), here, 0).unwrap();
        }
        // Beyond hers, the next counts with the strangers of its address, and goes with them.
        passkeys.keep(id(first), proving(&passkeys, 1), here, 0).unwrap();
        passkeys.keep(id(first + 1), proving(&passkeys, 2), here, 0).unwrap();
        for n in 0..1_000 {
            passkeys.keep(id(100 + n), entering(&passkeys), here, 0).unwrap();
        }
        assert!((0..first).all(|n| passkeys.take(&hex(&id(n)), 1).is_some()), "hers stay");
        assert!(passkeys.take(&hex(&id(first)), 1).is_none());
        assert!(passkeys.take(&hex(&id(first + 1)), 1).is_some(), "another's are counted apart");
    }

    #[test]
    fn strangers_push_out_nobody_at_another_address_and_nobody_who_is_signed_in() {
        let passkeys = Passkeys::new(&Site::new("https://noren.example", Vec::new()).unwrap());
        let at = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let id = |n: u64| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&n.to_be_bytes());
            id
        };
        passkeys.keep(id(0), entering(&passkeys), at("192.0.2.1"), 0).unwrap();
        let adding = passkeys
            .webauthn()
            .unwrap()
            .start_passkey_registration(Uuid::from_bytes([1; 16]), "a", "a", None)
            .unwrap()
            .1;
        passkeys
            .keep(id(1), Ceremony::Adding(StaffId([1; 16]), Box::new(adding)), at("2001:db8::1"), 0)
            .unwrap();
        // One /64, another address for every ceremony; then a thousand of them, so that all places
        // are taken.
        for n in 2..2_000 {
            passkeys.keep(id(n), entering(&passkeys), at(&format!("2001:db8::{n:x}")), 0).unwrap();
        }
        for n in 2_000..19_000 {
            passkeys
                .keep(id(n), entering(&passkeys), at(&format!("2001:db8:1:{:x}::1", n % 1_000)), 0)
                .unwrap();
        }
        assert_eq!(passkeys.open.lock().unwrap().places.len(), PLACES.strangers + 1);
        assert!(passkeys.take(&hex(&id(0)), 1).is_some());
        assert!(passkeys.take(&hex(&id(1)), 1).is_some());
        assert!(passkeys.take(&hex(&id(1)), 1).is_none(), "each is answered once");
        passkeys.keep(id(20_000), entering(&passkeys), at("192.0.2.1"), LIFE_MS).unwrap();
        let open = passkeys.open.lock().unwrap();
        assert_eq!(
            (open.places.len(), open.under_way.len(), open.ceremonies.len()),
            (1, 1, 1),
            "those that are over are gone"
        );
    }
}
