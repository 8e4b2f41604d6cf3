//! The way back of somebody whom no administrator can help any more, typed on the server itself
//! (`noren-server reset`).

use anyhow::{Context, bail, ensure};
use audit::{Chain, Decision, Event, Kind, Who};
use people::{BodyCode, Login, Staff, StaffState};

use super::ending::person_stopped;
use crate::People;
use crate::slips::{self, ActivationSlip};

/// One write: the slip, and the end of everything that stood on the old factors.
pub async fn reset(
    app: &People,
    body: Option<BodyCode>,
    login: &Login,
    resume: bool,
) -> anyhow::Result<(Staff, ActivationSlip)> {
    let staff = find(app, body, login).await?;
    let mut tx = app.write_unattended(staff.body).await?;
    // As it stands inside the write.
    let staff =
        store::staff::find(&mut tx, staff.body, staff.id).await?.context("the person is gone")?;
    let suspended = staff.state == StaffState::Suspended;
    ensure!(!suspended || resume, "{login} is suspended: say --resume to lift that too");
    let event = |kind: Kind, subject: String| {
        Event::new(staff.body.chain(), Who::System, kind, subject).with("from", CONSOLE)
    };
    let mut events = vec![event(Kind::RESET_AT_CONSOLE, staff.login.to_string())];
    events.extend(person_stopped(&mut tx, &staff, &event).await?);
    let slip = slips::issue(app, &mut tx, staff.id).await?;
    store::staff::put_state(&mut tx, staff.body, staff.id, StaffState::Waiting).await?;
    if suspended {
        events.push(event(Kind::STAFF_RESUMED, staff.login.to_string()));
    }
    events.push(event(Kind::ACTIVATION_ISSUED, staff.login.to_string()));
    // On the server's own chain too, where whoever runs it looks.
    let server =
        Event::new(Chain::SERVER, Who::System, Kind::RESET_AT_CONSOLE, staff.login.as_str());
    events.push(server.with("from", CONSOLE).with("body", staff.body));
    tx.commit(Decision { value: (), events }).await?;
    Ok((staff, slip))
}

/// Who did it, as far as the record can know: somebody who may read the server's keys.
const CONSOLE: &str = "console of the server";

async fn find(app: &People, body: Option<BodyCode>, login: &Login) -> anyhow::Result<Staff> {
    let mut conn = app.store.read().await?;
    let bodies = match body {
        Some(body) => vec![body],
        None => {
            store::bodies::all(&mut conn).await?.into_iter().map(|served| served.code).collect()
        }
    };
    let mut found = Vec::new();
    for body in bodies {
        found.extend(store::staff::by_login(&mut conn, body, login).await?);
    }
    match found.len() {
        0 => bail!("nobody is called {login}"),
        1 => found.pop().context("nobody"),
        _ => {
            let codes: Vec<String> = found.iter().map(|staff| staff.body.to_string()).collect();
            bail!("several people are called {login}; say --body, one of {}", codes.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;
    use crate::factors::totp;
    use crate::testing::{HOME, PASSWORD, Town};

    #[tokio::test]
    async fn the_only_administrator_comes_back_from_the_console() {
        let town = Town::new().await;
        let login: Login = "it1".parse().unwrap();
        let two = reset(&town.app, None, &login, false).await.unwrap_err().to_string();
        assert!(two.contains("011002, 131016"), "{two}");
        assert!(reset(&town.app, None, &"nobody9".parse().unwrap(), false).await.is_err());

        let mut lost = town.sign_in("it1").await;
        let (staff, slip) =
            reset(&town.app, Some(HOME.parse().unwrap()), &login, false).await.unwrap();
        assert_eq!(
            lost.get("/account").await.status,
            StatusCode::SEE_OTHER,
            "the sign-ins of before are over"
        );
        assert_eq!(town.record(HOME).await[..2], [Kind::ACTIVATION_ISSUED, Kind::RESET_AT_CONSOLE]);
        assert_eq!(town.record("000000").await[0], Kind::RESET_AT_CONSOLE);
        let mut conn = town.app.store.read().await.unwrap();
        let records =
            store::audit_page(&mut conn, staff.body.chain(), &store::AuditFilter::default(), 2)
                .await
                .unwrap();
        assert!(
            records
                .iter()
                .all(|record| record.who == Who::System
                    && !format!("{record:?}").contains(&slip.code))
        );
        drop(conn);

        town.clock.advance(30_000);
        let mut browser = town.browser();
        let code = town.code();
        browser.get("/sign-in").await;
        let old = [
            ("body", HOME),
            ("login", "it1"),
            ("password", PASSWORD),
            ("code", code.as_str()),
            ("next", "/"),
        ];
        assert_eq!(
            browser.post("/sign-in", &old).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "nor do the factors work"
        );
        let page = browser.post("/activate", &[("slip", &slip.code)]).await;
        let key = page.between("id=\"totp-key\">", "<").unwrap().to_owned();
        let key = totp::from_base32(&key).unwrap();
        let new = "Lx8-vale-1mbrello";
        let code = totp::code_at(&key, town.app.now()).unwrap();
        let fields = [
            ("slip", slip.code.as_str()),
            ("password", new),
            ("again", new),
            ("totp", code.as_str()),
        ];
        assert_eq!(browser.post("/activate", &fields).await.status, StatusCode::SEE_OTHER);
        town.clock.advance(30_000);
        browser.get("/sign-in").await;
        let code = totp::code_at(&key, town.app.now()).unwrap();
        let fields = [
            ("body", HOME),
            ("login", "it1"),
            ("password", new),
            ("code", code.as_str()),
            ("next", "/"),
        ];
        assert_eq!(browser.post("/sign-in", &fields).await.status, StatusCode::SEE_OTHER);
        assert!(
            browser.get("/admin/staff").await.ok().contains("staff1"),
            "an administrator again"
        );
    }

    #[tokio::test]
    async fn a_suspension_is_lifted_only_when_it_is_said() {
        let town = Town::new().await;
        let (login, body) = ("staff1".parse().unwrap(), HOME.parse().unwrap());
        let mut it = town.sign_in("it1").await;
        let id = town.person(HOME, "staff1").await.id;
        it.post(&format!("/admin/staff/{id}/suspend"), &[]).await;
        assert!(
            reset(&town.app, None, &"auditor1".parse().unwrap(), false).await.is_ok(),
            "one person of that name"
        );
        let refused = reset(&town.app, Some(body), &login, false).await.unwrap_err().to_string();
        assert!(refused.contains("--resume"), "{refused}");
        assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Suspended);
        reset(&town.app, Some(body), &login, true).await.unwrap();
        assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Waiting);
        assert!(town.record(HOME).await.contains(&Kind::STAFF_RESUMED));
    }
}
