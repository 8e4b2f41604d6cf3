//! Calendar feeds: what they show, and when they stop.

use axum::http::{StatusCode, header};
use people::StaffState;
use telework::request::State;

use crate::team::tests::{MINE, THEIRS, plan, today, town};
use crate::testing::{Browser, HOME, ORIGIN, Town};

/// Makes a feed and gives the path of its address.
async fn make(browser: &mut Browser, division: &str) -> String {
    let page = browser.post("/telework/feeds", &[("division", division)]).await;
    let address = page
        .between("<code class=\"slip feed\" id=\"feed\">", "</code>")
        .unwrap_or_else(|| panic!("{}", page.text()))
        .to_owned();
    address.strip_prefix(ORIGIN).unwrap().to_owned()
}

async fn read(town: &Town, path: &str) -> (StatusCode, String) {
    // A calendar program: no cookie, nothing but the address.
    let reply = town.browser().get(path).await;
    (reply.status, reply.text().to_owned())
}

#[tokio::test]
async fn a_feed_shows_approved_days_and_nothing_else() {
    let town = town().await;
    let day = today(&town);
    plan(&town, "staff1", day, State::Approved).await;
    plan(&town, "it1", day, State::Approved).await;
    plan(&town, "staff1", day.tomorrow().unwrap(), State::Requested).await;
    let mut staff = town.sign_in("staff1").await;
    let path = make(&mut staff, "").await;
    let reply = town.browser().get(&path).await;
    assert_eq!(reply.headers[header::CONTENT_TYPE], "text/calendar; charset=utf-8");
    let text = reply.ok();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 1, "approved days alone, one's own alone");
    assert!(text.contains("SUMMARY:サテライトオフィス\r\n") && !text.contains("秘密の"));
    assert!(
        text.contains(&format!("DTSTART:{}T", day.yesterday().unwrap().strftime("%Y%m%d"))),
        "08:30 in Tokyo is the day before in UTC"
    );

    let team = make(&mut staff, &MINE.to_string()).await;
    let (status, text) = read(&town, &team).await;
    assert_eq!((status, text.matches("BEGIN:VEVENT").count()), (StatusCode::OK, 2));
    assert!(text.contains("SUMMARY:職員 it1 サテライトオフィス") && !text.contains("秘密の"));
    // Not even the page that lists them shows an address again, and the store holds no token.
    let token = path.trim_start_matches("/calendar/").trim_end_matches(".ics");
    assert!(!staff.get("/telework/feeds").await.ok().contains(token));
    let database = std::fs::read_dir(town.folder.path())
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap_or_default());
    for file in database {
        assert!(
            !file.windows(token.len()).any(|window| window == token.as_bytes()),
            "the token stands in a file"
        );
    }
    let kinds = town.record(HOME).await;
    assert!(kinds.contains(&audit::Kind::FEED_MADE));
}

#[tokio::test]
async fn a_feed_ends_when_renewed_revoked_or_its_owner_may_not_see_it_any_more() {
    let town = town().await;
    let mut staff = town.sign_in("staff1").await;
    let first = make(&mut staff, "").await;
    let second = make(&mut staff, "").await;
    assert_eq!(read(&town, &first).await.0, StatusCode::NOT_FOUND, "renewed");
    assert_eq!(read(&town, &second).await.0, StatusCode::OK);
    assert_eq!(
        staff.post("/telework/feeds/revoke", &[("division", "")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(read(&town, &second).await.0, StatusCode::NOT_FOUND, "revoked");
    assert_eq!(
        staff.post("/telework/feeds/revoke", &[("division", "")]).await.status,
        StatusCode::NOT_FOUND
    );

    let own = make(&mut staff, "").await;
    let team = make(&mut staff, &MINE.to_string()).await;
    let mut person = town.person(HOME, "staff1").await;
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    person.division = Some(THEIRS);
    assert!(store::staff::change(&mut tx, &person).await.unwrap());
    tx.keep(()).await.unwrap();
    assert_eq!(read(&town, &team).await.0, StatusCode::NOT_FOUND, "she moved to another division");
    assert_eq!(read(&town, &own).await.0, StatusCode::OK);
    let mut tx = town.app.write_unattended(person.body).await.unwrap();
    assert!(
        store::staff::put_state(&mut tx, person.body, person.id, StaffState::Suspended)
            .await
            .unwrap()
    );
    tx.keep(()).await.unwrap();
    assert_eq!(read(&town, &own).await.0, StatusCode::NOT_FOUND, "she was suspended");
}

#[tokio::test]
async fn guessing_finds_nothing_and_is_slowed() {
    let town = town().await;
    let mut last = StatusCode::OK;
    for path in [
        "/calendar/x.ics",
        "/calendar/.ics",
        "/calendar/a",
        "/calendar/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics",
    ] {
        assert_eq!(read(&town, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    for _ in 0..40 {
        last = read(&town, "/calendar/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ics").await.0;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    // A real address is read from the same place all the same.
    let mut staff = town.sign_in("staff1").await;
    let path = make(&mut staff, "").await;
    assert_eq!(read(&town, &path).await.0, StatusCode::OK);
}
