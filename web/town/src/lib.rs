//! For tests, and for people to try things with: a server over a temporary folder with two bodies
//! and staff of every role, driven in-process, on a clock that is told the time.

#![allow(missing_docs)] // Tests read it, and it ships nowhere.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)] // A test that cannot go on ends.

mod case;
pub mod forms;
mod led;
pub mod mail;
mod planted;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use net::{Clock, SystemRng};
use pairing::{Ticks, UnixMs};
use people::{Actor, BodyCode, Ground, Staff};
use store::Store;
use store::sign_ins::SignIn;
use tempfile::TempDir;
use tower::ServiceExt;

use kit::http::{Peer, service};
use kit::keys::Keys;
use kit::{Kit, Site};
use web_people::factors::totp;
use web_people::{Filled, Making, People};

pub use case::secret_case;
pub use led::{DIVISION, OTHER_DIVISION, led_town};
pub use planted::{Made, Plan, Seeded, seed};

/// The body most tests are in.
pub const HOME: &str = "011002";
/// The other one.
pub const OTHER: &str = "131016";
/// Where the server believes it is reached.
pub const ORIGIN: &str = "https://noren.example";
/// Password of everybody.
pub const PASSWORD: &str = "Kx7-vale-0mbrello";
/// One-time code key of everybody: sixteen bytes and more.
pub const KEY: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct TestClock(AtomicU64);

impl TestClock {
    /// Moves it on.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn unix(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }

    fn ticks(&self) -> Ticks {
        Ticks(self.0.load(Ordering::SeqCst))
    }
}

#[path = "../../../edge/store/tests/common/mod.rs"]
pub mod database;

/// What stands in a town: an area with those below it, or the whole server.
pub trait Area: Clone + Send + Sync + 'static {
    /// Put together.
    fn open(making: Making) -> Self;

    /// Its people.
    fn people(&self) -> &People;

    /// What answers requests.
    fn service(&self) -> Router;
}

impl Area for People {
    fn open(making: Making) -> Self {
        Self::new(making, Filled::default())
    }

    fn people(&self) -> &People {
        self
    }

    fn service(&self) -> Router {
        service(self, web_people::routes().into_iter().map(|route| route.with(self)).collect())
    }
}

/// A server with people.
pub struct Town<A = People> {
    /// The server.
    pub app: A,
    /// Its service.
    pub router: Router,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its folder.
    pub folder: TempDir,
    /// Its database where that is not in the folder.
    database: Option<String>,
}

/// A browser: cookies and the token of the last page.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    /// Token of the last page that had one.
    pub csrf: String,
    /// Where its requests come from.
    pub address: IpAddr,
}

/// An answer, read whole.
pub struct Reply {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub bytes: Vec<u8>,
}

impl<A: Area> Town<A> {
    /// A new server in which [`HOME`] has staff `staff`, `superior`, `it` (also the operator),
    /// `hr`, `auditor`, and [`OTHER`] has `it`, `staff`.
    pub async fn new() -> Self {
        Self::peopled(Self::empty().await).await
    }

    /// The same over a database that is not in its folder: an empty one of PostgreSQL.
    pub async fn on(database: String) -> Self {
        Self::peopled(Self::opened(Vec::new(), Some(database)).await).await
    }

    async fn peopled(town: Self) -> Self {
        let person = |login: &str, roles: &str, body: &str| {
            serde_json::json!(
            { "login": login, "name": format!("職員 {login}"), "roles": roles, "body": body,
                "password": PASSWORD, "totp_secret": KEY })
        };
        let plan: Plan = serde_json::from_value(serde_json::json!({
            "body": HOME, "bodies": [OTHER],
            "staff": [
                person("it1", "staff+it", HOME),
                person("staff1", "staff", HOME), person("superior1", "staff+superior", HOME),
                person("hr1", "staff+hr", HOME), person("auditor1", "auditor", HOME),
                person("all1", "staff+superior+it+hr+auditor", HOME),
                person("it1", "it", OTHER), person("staff1", "staff", OTHER),
            ],
        }))
        .unwrap();
        seed(town.app.people(), &plan).await.unwrap();
        town.works_on_its_first_days().await;
        town
    }

    /// The clock begins on a public holiday between two others; here people work on these days, or
    /// nothing could be asked for or reported.
    async fn works_on_its_first_days(&self) {
        let opened = [21, 22, 23].map(|day| jiff::civil::date(2026, 9, day)).into();
        let calendar = telework::time::Calendar { opened, ..Default::default() };
        for body in [HOME, OTHER] {
            let body = body.parse().unwrap();
            let mut tx = self.kit().write_unattended(body).await.unwrap();
            store::telework::put_setting(
                &mut tx,
                body,
                store::telework::CALENDAR,
                &calendar,
                self.kit().now(),
            )
            .await
            .unwrap();
            tx.keep(()).await.unwrap();
        }
    }

    /// A new server without anybody.
    pub async fn empty() -> Self {
        web_testing::sheets();
        Self::opened(Vec::new(), None).await
    }

    /// A new server without anybody, whose relay is elsewhere.
    pub async fn with_relay(relay: &str) -> Self {
        Self::opened(vec![relay.to_owned()], None).await
    }

    async fn opened(relays: Vec<String>, database: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicU64::new(1_790_000_000_000)));
        let app = Self::open(&folder, &clock, relays, database.as_deref()).await;
        Self { router: app.service(), app, clock, folder, database }
    }

    /// Somebody who is signed in, for what is called without a page.
    pub async fn actor(&self, body: &str, login: &str) -> Actor {
        let staff = self.person(body, login).await;
        let (hash, now) = (self.kit().random(), self.kit().now());
        let sign_in = SignIn {
            staff: staff.id,
            created: now,
            seen: now,
            factor: "password+totp".into(),
            proved: now,
            address: String::new(),
            browser: String::new(),
        };
        let mut tx = self.kit().write_unattended(staff.body).await.unwrap();
        store::sign_ins::add(&mut tx, &hash, &sign_in).await.unwrap();
        let standing = store::grounds::standing(&mut tx, Ground::SignIn(hash), now).await.unwrap();
        tx.keep(()).await.unwrap();
        standing.unwrap().actor
    }

    /// The same folder opened by a new process, so to speak: nothing was shut down before.
    pub async fn reopened(self) -> Self {
        let Self { folder, clock, database, .. } = self;
        let app = Self::open(&folder, &clock, Vec::new(), database.as_deref()).await;
        Self { router: app.service(), app, clock, folder, database }
    }

    async fn open(
        folder: &TempDir,
        clock: &Arc<TestClock>,
        relays: Vec<String>,
        database: Option<&str>,
    ) -> A {
        let store = match database {
            Some(address) => Store::open(address).await,
            None => Store::open_folder(folder.path()).await,
        };
        let store = store.unwrap();
        let mut rng = SystemRng::new();
        let keys = Keys::load_or_make(folder.path(), &mut rng).unwrap();
        A::open(Making {
            store,
            clock: clock.clone(),
            rng: Box::new(rng),
            keys,
            site: Site::new(ORIGIN, relays).unwrap(),
        })
    }

    /// A browser nobody is signed in with.
    pub fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookies: BTreeMap::new(),
            csrf: String::new(),
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        }
    }

    /// The one-time code of this moment.
    pub fn code(&self) -> String {
        totp::code_at(&totp::from_base32(KEY).unwrap(), self.kit().now()).unwrap()
    }

    /// A browser in which somebody of a body is signed in. The clock moves to the next code first.
    pub async fn sign_in_to(&self, body: &str, login: &str) -> Browser {
        self.clock.advance(30_000);
        let mut browser = self.browser();
        browser.get("/sign-in").await;
        let reply = browser
            .post(
                "/sign-in",
                &[
                    ("body", body),
                    ("login", login),
                    ("password", PASSWORD),
                    ("code", &self.code()),
                    ("next", "/"),
                ],
            )
            .await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
        browser.get("/account").await;
        browser
    }

    /// The same for [`HOME`].
    pub async fn sign_in(&self, login: &str) -> Browser {
        self.sign_in_to(HOME, login).await
    }

    /// A second person of [`HOME`] confirms whatever waits there.
    pub async fn second_person(&self, login: &str) {
        let mut browser = self.sign_in(login).await;
        while let Some(id) = browser
            .get("/admin/changes")
            .await
            .between("/admin/changes/", "/confirm")
            .map(str::to_owned)
        {
            let reply = browser.post(&format!("/admin/changes/{id}/confirm"), &[]).await;
            assert!(
                matches!(reply.status, StatusCode::OK | StatusCode::SEE_OTHER),
                "{}",
                reply.text()
            );
        }
    }

    /// Somebody's row.
    pub async fn person(&self, body: &str, login: &str) -> Staff {
        let mut conn = self.kit().store.read().await.unwrap();
        let body: BodyCode = body.parse().unwrap();
        store::staff::by_login(&mut conn, body, &login.parse().unwrap()).await.unwrap().unwrap()
    }

    /// Kinds of the last records of a chain, newest first.
    pub async fn record(&self, body: &str) -> Vec<audit::Kind> {
        let mut conn = self.kit().store.read().await.unwrap();
        let chain = audit::Chain::new(body).unwrap();
        let records =
            store::audit_page(&mut conn, chain, &store::AuditFilter::default(), 50).await.unwrap();
        records.into_iter().map(|record| record.kind).collect()
    }

    fn kit(&self) -> &Kit {
        self.app.people()
    }
}

impl Browser {
    /// A page.
    pub async fn get(&mut self, path: &str) -> Reply {
        let request = Request::get(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    /// A form of ours, with its token, and with what its page shows at this moment unless the
    /// fields say what was seen.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let seen = match forms::page_of(path, fields) {
            Some(page) if !fields.iter().any(|(name, _)| *name == "seen") => {
                self.seen_of(&page, path, fields).await
            }
            _ => None,
        };
        let csrf = self.csrf.clone();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(seen.as_deref().map(|seen| ("seen", seen)));
        all.extend_from_slice(fields);
        self.post_raw(path, &all, Some(ORIGIN)).await
    }

    /// A form without more than is said.
    pub async fn post_raw(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        origin: Option<&str>,
    ) -> Reply {
        let body = serde_urlencoded::to_string(fields).unwrap();
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// A call of our own script.
    pub async fn json(&mut self, path: &str, value: &serde_json::Value) -> Reply {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ORIGIN, ORIGIN)
            .header("x-noren-csrf", &self.csrf)
            .body(Body::from(value.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// A file, with the token before it.
    pub async fn upload(&mut self, path: &str, name: &str, bytes: &[u8]) -> Reply {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n",
            self.csrf
        )
        .into_bytes();
        body.extend(
            format!(
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend(bytes);
        body.extend(b"\r\n--x--\r\n");
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .header(header::ORIGIN, ORIGIN)
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
    }

    /// Any request, with this browser's cookies.
    pub async fn send(&mut self, mut request: Request<Body>) -> Reply {
        request.extensions_mut().insert(Peer(self.address));
        if !self.cookies.is_empty() {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        let reply = Reply { status: parts.status, headers: parts.headers, bytes };
        if let Some(csrf) = reply.between("name=\"csrf\" value=\"", "\"") {
            self.csrf = csrf.to_owned();
        }
        reply
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Sets a cookie, as an attacker would.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }
}

impl Reply {
    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or("")
    }

    /// The page with one blank where white space stands, and none inside the edges of an element.
    pub fn tight(&self) -> String {
        let words: Vec<&str> = self.text().split_whitespace().collect();
        words.join(" ").replace("> ", ">").replace(" <", "<")
    }

    /// What stands between two texts, the first time.
    pub fn between(&self, before: &str, after: &str) -> Option<&str> {
        let text = self.text();
        let from = text.find(before)? + before.len();
        let to = text[from..].find(after)? + from;
        Some(&text[from..to])
    }

    /// A redirect's goal.
    pub fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Asserts 200 and gives the text.
    pub fn ok(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text());
        self.text()
    }
}

/// A body that is held back until something else has happened.
pub fn late(
    text: String,
    meanwhile: impl std::future::Future<Output = ()> + Send + 'static,
) -> Body {
    let frame = async move {
        meanwhile.await;
        Ok::<_, std::convert::Infallible>(http_body::Frame::data(axum::body::Bytes::from(text)))
    };
    Body::new(http_body_util::StreamBody::new(futures_util::stream::once(frame)))
}

/// A token of a person, with these scopes, for a day.
pub async fn token(
    town: &Town<impl Area>,
    staff: people::StaffId,
    body: &str,
    scopes: &[kit::http::Scope],
) -> String {
    let (token, secret) = web_people::tokens::made::minted(
        town.app.people(),
        body.parse().unwrap(),
        staff,
        "給与システム",
        scopes,
        1,
    );
    let mut tx = town.app.people().write_unattended(token.body).await.unwrap();
    store::tokens::add(&mut tx, &token).await.unwrap();
    tx.keep(()).await.unwrap();
    secret
}

/// A call; a token or none, a body or none.
pub async fn call(
    browser: &mut Browser,
    method: kit::http::Method,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Reply {
    let mut request = match method {
        kit::http::Method::Get => Request::get(path),
        kit::http::Method::Post => {
            Request::post(path).header(header::CONTENT_TYPE, "application/json")
        }
    };
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    browser.send(request.body(Body::from(body.unwrap_or_default().to_owned())).unwrap()).await
}
