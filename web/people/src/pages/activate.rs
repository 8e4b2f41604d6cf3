//! First use of an account: the slip's code, an own password, an authenticator app.

use askama::Template;
use audit::{Decision, Event, Kind};
use axum::extract::State;
use axum::http::StatusCode;
use people::{PasswordFault, Staff, StaffState, check_password};
use serde::Deserialize;
use store::activations::Activation;

use crate::People;
use crate::Route;
use crate::factors::TOTP_PURPOSE;
use crate::factors::totp;
use crate::sign_in::person;
use crate::slips::hash;
use kit::error::Refusal;
use kit::http::Access::Public;
use kit::http::{Answer, Ctx, Form, Visit, get, page_with, post, see_other};
use kit::limit::CODE_ADDRESS;

#[derive(Template)]
#[template(path = "activate.html")]
struct Page {
    ctx: Ctx,
    slip: String,
    person: Option<Staff>,
    qr: String,
    key: String,
    bad_slip: bool,
    /// The slip is right, and its body is stopped.
    stopped: bool,
    faults: Faults,
}

#[derive(Default)]
struct Faults {
    password: Option<(&'static str, &'static str)>,
    again: bool,
    totp: bool,
}

impl Page {
    fn first(ctx: Ctx, bad_slip: bool) -> Self {
        Self {
            ctx,
            slip: String::new(),
            person: None,
            qr: String::new(),
            key: String::new(),
            bad_slip,
            stopped: false,
            faults: Faults::default(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entered {
    slip: String,
    password: Option<String>,
    again: String,
    totp: String,
}

async fn show(Visit(visitor): Visit) -> Answer {
    page_with(StatusCode::OK, Page::first(visitor.ctx, false))
}

async fn enter(
    Visit(visitor): Visit,
    State(app): State<People>,
    Form(entered): Form<Entered>,
) -> Answer {
    let now = app.now();
    app.limiter.take_from(CODE_ADDRESS, visitor.peer, now).map_err(Refusal::TooMany)?;
    let hash = hash(&app, &entered.slip);
    let Some((activation, staff, key)) = find(&app, &hash, now).await? else {
        let page = Page { slip: entered.slip, ..Page::first(visitor.ctx, true) };
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let stopped = |ctx| {
        let page = Page { slip: entered.slip.clone(), stopped: true, ..Page::first(ctx, false) };
        page_with(StatusCode::FORBIDDEN, page)
    };
    if is_stopped(&mut *app.store.read().await?, &staff).await? {
        return stopped(visitor.ctx);
    }
    let mut page = Page {
        slip: entered.slip.clone(),
        qr: totp::qr(&key, &format!("{} ({})", staff.login, staff.body), "Noren")?,
        key: totp::base32(&key),
        person: Some(staff.clone()),
        ..Page::first(visitor.ctx.clone(), false)
    };
    let Some(password) = entered.password else { return page_with(StatusCode::OK, page) };
    let own = [staff.login.as_str(), staff.name.as_str()];
    page.faults.password = check_password(&password, &own).err().map(password_words);
    page.faults.again = password != entered.again;
    let step = totp::right_step(&key, &entered.totp, now, 0)?;
    page.faults.totp = step.is_none();
    let Some(step) = step.filter(|_| page.faults.password.is_none() && !page.faults.again) else {
        if page.faults.totp {
            let mut tx = app.write_unattended(staff.body).await?;
            store::activations::take_try(&mut tx, &hash).await?;
            tx.keep(()).await?;
        }
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    };
    let password_hash = app.passwords.hash(&password, app.random()).await?;
    let mut tx = app.write_unattended(staff.body).await?;
    // Somebody else may have used the slip while this one was hashing.
    if store::activations::find(&mut tx, &hash)
        .await?
        .is_none_or(|fresh| fresh.staff != activation.staff)
    {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, Page::first(visitor.ctx, true));
    }
    if is_stopped(&mut tx, &staff).await? {
        return stopped(visitor.ctx);
    }
    // The slip is the proof: there is no sign-in yet.
    tx.vouch(person(&staff), &[Kind::ACTIVATED]);
    store::activations::remove_all(&mut tx, staff.id).await?;
    store::credentials::put(&mut tx, staff.id, &password_hash, &activation.totp, step).await?;
    store::staff::put_state(&mut tx, staff.body, staff.id, StaffState::Active).await?;
    store::sign_ins::remove_all(&mut tx, staff.id).await?;
    let event =
        Event::new(staff.body.chain(), person(&staff), Kind::ACTIVATED, staff.login.as_str())
            .with("address", visitor.address());
    tx.commit(Decision::new((), event)).await?;
    Ok(see_other(&format!("/sign-in?done=activated&body={}", staff.body)))
}

/// Whether the body is stopped for this person: where she could not sign in, she begins nothing
/// that waits for the day it is lifted.
async fn is_stopped(conn: &mut store::Conn, staff: &Staff) -> Result<bool, Refusal> {
    let body = store::bodies::find(conn, staff.body).await?;
    let begun = Staff { state: StaffState::Active, ..staff.clone() };
    Ok(people::roles_now(&begun, body.is_none_or(|body| body.suspended)).is_none())
}

async fn find(
    app: &People,
    hash: &[u8; 32],
    now: i64,
) -> Result<Option<(Activation, Staff, Vec<u8>)>, Refusal> {
    let mut conn = app.store.read().await?;
    let Some(activation) = store::activations::find(&mut conn, hash).await? else {
        return Ok(None);
    };
    let Some(staff) = store::staff::by_id(&mut conn, activation.staff).await? else {
        return Ok(None);
    };
    if activation.expires <= now || staff.state != StaffState::Waiting {
        return Ok(None);
    }
    let key = app.unseal(TOTP_PURPOSE, &staff.id.0, &activation.totp);
    Ok(key.map(|key| (activation, staff, key)))
}

/// What to change about a password, in both languages.
#[must_use]
pub(crate) fn password_words(fault: PasswordFault) -> (&'static str, &'static str) {
    match fault {
        PasswordFault::TooWeak => (
            "英大文字・英小文字・数字・記号のうち3種類で8文字以上、2種類で16文字以上、または24文字以上にしてください。",
            "Use 8 characters of 3 kinds (upper case, lower case, digits, signs), 16 of 2 kinds, \
             or 24.",
        ),
        PasswordFault::TooLong => ("128文字以内にしてください。", "Use at most 128 characters."),
        PasswordFault::Common => (
            "推測されやすい言葉が含まれています。ほかの言葉にしてください。",
            "It holds a word that is guessed first.",
        ),
        PasswordFault::OwnName => {
            ("ご自分の名前やサインイン名は使えません。", "It holds your own name.")
        }
        PasswordFault::Repeats => {
            ("同じ文字のくりかえしは使えません。", "It repeats the same characters.")
        }
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![get("/activate", Public, show), post("/activate", Public, enter)]
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use people::StaffState;

    use crate::factors::totp;
    use crate::testing::{HOME, Town};

    async fn stopped(town: &Town, yes: bool) {
        let home: people::BodyCode = HOME.parse().unwrap();
        let mut tx = town.app.write_unattended(home).await.unwrap();
        store::bodies::suspend(&mut tx, home, yes).await.unwrap();
        tx.keep(()).await.unwrap();
    }

    #[tokio::test]
    async fn a_slip_begins_nothing_while_its_body_is_stopped_and_is_good_again_afterwards() {
        let town = Town::new().await;
        let mut it = town.sign_in("it1").await;
        let id = town.person(HOME, "staff1").await.id;
        let page = it.post(&format!("/admin/staff/{id}/slip"), &[]).await;
        let slip = page.between("class=\"slip\">", "<").unwrap().to_owned();
        let mut browser = town.browser();
        browser.get("/activate").await.ok();
        stopped(&town, true).await;
        let refused = browser.post("/activate", &[("slip", &slip)]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
        assert!(refused.text().contains("団体の利用が停止されている"), "{}", refused.text());
        assert!(!refused.text().contains("totp-key"));

        stopped(&town, false).await;
        let page = browser.post("/activate", &[("slip", &slip)]).await;
        let key = totp::from_base32(page.between("id=\"totp-key\">", "<").unwrap()).unwrap();
        let code = totp::code_at(&key, town.app.now()).unwrap();
        let new = "Lx8-vale-1mbrello";
        let fields =
            [("slip", slip.as_str()), ("password", new), ("again", new), ("totp", code.as_str())];
        // What was filled in before the stop and is sent during it begins nothing either.
        stopped(&town, true).await;
        assert_eq!(browser.post("/activate", &fields).await.status, StatusCode::FORBIDDEN);
        assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Waiting);
        stopped(&town, false).await;
        assert_eq!(browser.post("/activate", &fields).await.status, StatusCode::SEE_OTHER);
        assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Active);
    }
}
