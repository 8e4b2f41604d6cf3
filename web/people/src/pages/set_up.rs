//! The first administrator. The page dies by state: with the first operator it is 404 for ever,
//! however its path is spelt.

use askama::Template;
use audit::{Chain, Decision, Event, Kind};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use net::Rng;
use people::{Body, Login, Name, Role, Roles, Staff, StaffId, StaffState, check_password};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::activate::password_words;
use crate::People;
use crate::Route;
use crate::factors::TOTP_PURPOSE;
use crate::factors::totp;
use crate::sign_in::{Origin, person};
use kit::error::Refusal;
use kit::http::Access::SetUp as WhileNew;
use kit::http::{Answer, Ctx, Form, Visit, get, page_with, post, see_other, set_sign_in};
use kit::limit::CODE_ADDRESS;
use kit::secrets::normal_code;

/// What the first start prints, and the one-time code key it offers. Both live as long as the
/// process.
pub struct SetUp {
    code: String,
    key: [u8; totp::KEY_BYTES],
}

impl SetUp {
    /// A new code.
    pub fn new(rng: &mut dyn Rng) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        let mut key = [0; totp::KEY_BYTES];
        rng.fill_bytes(&mut key);
        let code = bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect();
        Self { code, key }
    }

    /// The code, in groups of four, for the terminal.
    #[must_use]
    pub fn shown(&self) -> String {
        self.code
            .as_bytes()
            .chunks(4)
            .map(|group| String::from_utf8_lossy(group).into_owned())
            .collect::<Vec<_>>()
            .join("-")
    }

    /// The one-time code key it offers.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    fn is(&self, typed: &str) -> bool {
        normal_code(typed).as_bytes().ct_eq(self.code.as_bytes()).into()
    }
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Page {
    ctx: Ctx,
    entered: Entered,
    found: Vec<Body>,
    known: bool,
    qr: String,
    key: String,
    faults: Faults,
}

#[derive(Default)]
struct Faults {
    code: bool,
    body: bool,
    login: bool,
    name: bool,
    password: Option<(&'static str, &'static str)>,
    again: bool,
    totp: bool,
}

impl Faults {
    fn any(&self) -> bool {
        self.code
            || self.body
            || self.login
            || self.name
            || self.password.is_some()
            || self.again
            || self.totp
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Entered {
    setup: String,
    search: String,
    body: String,
    login: String,
    name: String,
    password: String,
    again: String,
    totp: String,
    step: String,
}

async fn show(Visit(visitor): Visit, State(app): State<People>) -> Answer {
    render(&app, visitor.ctx, Entered::default(), Faults::default(), StatusCode::OK)
}

async fn enter(
    Visit(visitor): Visit,
    State(app): State<People>,
    headers: HeaderMap,
    Form(entered): Form<Entered>,
) -> Answer {
    app.limiter.take_from(CODE_ADDRESS, visitor.peer, app.now()).map_err(Refusal::TooMany)?;
    if !app.set_up.is(&entered.setup) {
        let faults = Faults { code: true, ..Faults::default() };
        return render(
            &app,
            visitor.ctx,
            Entered { setup: String::new(), ..entered },
            faults,
            StatusCode::UNPROCESSABLE_ENTITY,
        );
    }
    if entered.step != "finish" {
        return render(&app, visitor.ctx, entered, Faults::default(), StatusCode::OK);
    }
    let (body, login, name) = (
        entered.body.parse().ok().filter(|code| app.bodies().body(*code).is_ok()),
        entered.login.parse::<Login>(),
        entered.name.parse::<Name>(),
    );
    let own = [entered.login.as_str(), entered.name.as_str()];
    let step = totp::right_step(app.set_up.key(), &entered.totp, app.now(), 0)?;
    let faults = Faults {
        code: false,
        body: body.is_none(),
        login: login.is_err(),
        name: name.is_err(),
        password: check_password(&entered.password, &own).err().map(password_words),
        again: entered.password != entered.again,
        totp: step.is_none(),
    };
    let (Some(body), Ok(login), Ok(name), Some(step), false) =
        (body, login, name, step, faults.any())
    else {
        return render(&app, visitor.ctx, entered, faults, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let hash = app.passwords.hash(&entered.password, app.random()).await?;
    let staff = Staff {
        id: StaffId(app.random()),
        body,
        login,
        name,
        division: None,
        roles: Roles::of(&[Role::Staff, Role::It]),
        operator: true,
        state: StaffState::Active,
        fiscal_year: false,
        created: app.now(),
    };
    let sealed = app.seal(TOTP_PURPOSE, &staff.id.0, app.set_up.key())?;
    // The server's turn, not the body's: two who finish at the same moment must see each other.
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    if store::staff::operator_exists(&mut tx).await? {
        return Err(Refusal::NotFound);
    }
    store::bodies::add(&mut tx, body, app.now()).await?;
    store::staff::add(&mut tx, &staff).await?;
    store::credentials::put(&mut tx, staff.id, &hash, &sealed, step).await?;
    let signed_in = app
        .new_sign_in(
            &mut tx,
            &staff,
            "password+totp",
            &visitor.address(),
            &Origin::of(&headers, &visitor),
        )
        .await?;
    let who = person(&staff);
    let begins = [Kind::SERVER_SET_UP, Kind::BODY_ADDED, Kind::STAFF_ADDED, Kind::SIGNED_IN];
    tx.vouch(who.clone(), &begins);
    let mut events = vec![
        Event::new(Chain::SERVER, who.clone(), Kind::SERVER_SET_UP, staff.login.as_str())
            .with("body", body),
        Event::new(body.chain(), who.clone(), Kind::BODY_ADDED, body.as_str()),
        Event::new(body.chain(), who, Kind::STAFF_ADDED, staff.login.as_str())
            .with("roles", staff.roles.names()),
    ];
    events.extend(signed_in.events);
    let value = tx.commit(Decision { value: signed_in.value, events }).await?;
    let mut response = see_other("/account?done=added");
    set_sign_in(&mut response, &app.site, &value);
    Ok(response)
}

fn render(app: &People, ctx: Ctx, entered: Entered, faults: Faults, status: StatusCode) -> Answer {
    // The one-time code key is shown only to whoever knows the code from the terminal.
    let known = app.set_up.is(&entered.setup);
    let (qr, key) = if known {
        (totp::qr(app.set_up.key(), "administrator", "Noren")?, totp::base32(app.set_up.key()))
    } else {
        (String::new(), String::new())
    };
    let bodies = app.bodies();
    let found = if known { bodies.search(&entered.search, 30) } else { Vec::new() };
    let found = found.into_iter().cloned().collect();
    let entered =
        Entered { password: String::new(), again: String::new(), totp: String::new(), ..entered };
    page_with(status, Page { ctx, entered, found, known, qr, key, faults })
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/set-up", WhileNew, show), post("/set-up", WhileNew, enter)]
}
