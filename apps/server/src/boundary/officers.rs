//! The courses of a second attack on four eyes: an officer who is made by one person, a colleague
//! who is counted away, a word laid over another's.

use audit::Kind;
use axum::http::StatusCode;
use people::{NEVER, Role, Roles, Staff, StaffState};

use super::second::{
    DAY_MS, DIVISION, confirm, division, field, last, officers, slip, town, waiting,
};
use crate::testing::{Browser, HOME, Town};
use crate::testing::{call, token};
use kit::http::Method::Get;
use kit::http::Scope;
use kit::mail::Topic;
use web_people::second::begin_due;

/// The form of a person with these roles.
async fn give(browser: &mut Browser, town: &Town, login: &str, roles: &[&str]) -> String {
    let staff = town.person(HOME, login).await;
    let (path, name) = (format!("/admin/staff/{}", staff.id), staff.name.to_string());
    let mut fields = vec![("login", login), ("name", name.as_str())];
    fields.extend(roles.iter().map(|role| (*role, "on")));
    let reply = browser.post(&path, &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    reply.location().to_owned()
}

async fn ask_slip(browser: &mut Browser, town: &Town, login: &str) -> Option<String> {
    let staff = town.person(HOME, login).await;
    let reply = browser.post(&format!("/admin/staff/{}/slip", staff.id), &[]).await;
    let asked = reply.location() == "/admin/staff?done=slip-asked";
    assert!(asked || slip(&reply).is_some(), "{} {}", reply.status, reply.text());
    slip(&reply)
}

async fn in_force(town: &Town, login: &str) -> Roles {
    let staff = town.person(HOME, login).await;
    let mut conn = town.app.store.read().await.unwrap();
    store::changes::in_force(&mut conn, staff.body, staff.id, staff.roles).await.unwrap().0
}

#[tokio::test]
async fn an_officer_whose_power_waits_is_none_on_any_page_and_asks_for_nothing() {
    let town = town().await;
    let mut it = town.sign_in("it1").await;
    let (superior, staff) =
        (town.person(HOME, "superior1").await, town.person(HOME, "staff1").await);
    let secret =
        token(&town, staff.id, HOME, &[Scope::TeleworkDecide, Scope::TeleworkManage]).await;
    let calls =
        async |path: &str| call(&mut town.browser(), Get, path, Some(&secret), None).await.status;
    for (role, name) in [("role_it", "it"), ("role_hr", "hr"), ("role_superior", "superior")] {
        assert_eq!(
            give(&mut it, &town, "staff1", &["role_staff", role]).await,
            "/admin/staff?done=change-asked"
        );
        for path in ["/api/v1/telework/waiting", "/api/v1/telework/people"] {
            assert_eq!(calls(path).await, StatusCode::NOT_FOUND, "{name} {path}");
        }
        let mut puppet = town.sign_in("staff1").await;
        for page in [
            "/admin/staff",
            "/admin/changes",
            "/admin/pcs",
            "/admin/telework",
            "/telework/approvals",
        ] {
            assert_eq!(puppet.get(page).await.status, StatusCode::NOT_FOUND, "{name} {page}");
        }
        let asks = puppet.post(&format!("/admin/staff/{}/slip", superior.id), &[]).await;
        assert_eq!(asks.status, StatusCode::NOT_FOUND, "{name}");
        let names = puppet
            .post(&format!("/admin/divisions/{DIVISION}"), &[("code", "010"), ("name", "x")])
            .await;
        assert_eq!(names.status, StatusCode::NOT_FOUND, "{name}");
        let own = waiting(&town).await.unwrap();
        let confirms = puppet.post(&format!("/admin/changes/{own}/confirm"), &[]).await;
        assert_eq!(confirms.status, StatusCode::NOT_FOUND, "{name}");
        assert_eq!(town.actor(HOME, "staff1").await.roles, Roles::of(&[Role::Staff]), "{name}");
        give(&mut it, &town, "staff1", &["role_staff"]).await;
        assert!(waiting(&town).await.is_none());
    }
    // Confirmed by somebody else she is an officer.
    give(&mut it, &town, "staff1", &["role_staff", "role_hr"]).await;
    let mut all = town.sign_in("all1").await;
    let id = waiting(&town).await.unwrap();
    assert_eq!(confirm(&mut all, &id).await.status, StatusCode::SEE_OTHER);
    assert!(town.actor(HOME, "staff1").await.roles.has(Role::Hr));
    assert_eq!(calls("/api/v1/telework/people").await, StatusCode::OK);
}

#[tokio::test]
async fn a_second_officer_is_not_counted_away_by_a_role_a_stop_or_a_slip() {
    let town = town().await;
    officers(&town, &["it1", "hr1"]).await;
    let mut it = town.sign_in("it1").await;
    // A further role that waits takes nothing from the office she holds.
    assert_eq!(
        give(&mut it, &town, "hr1", &["role_staff", "role_hr", "role_superior"]).await,
        "/admin/staff?done=change-asked"
    );
    assert_eq!(ask_slip(&mut it, &town, "superior1").await, None);
    let mut hr = town.sign_in("hr1").await;
    let page = hr.get("/admin/changes").await;
    assert_eq!(page.ok().matches("/confirm").count(), 1, "she confirms, and not what is about her");
    give(&mut it, &town, "hr1", &["role_staff", "role_hr"]).await;
    let id = waiting(&town).await.unwrap();
    assert_eq!(
        hr.post(&format!("/admin/changes/{id}/withdraw"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    // Stopped for a moment.
    let path = format!("/admin/staff/{}", town.person(HOME, "hr1").await.id);
    it.post(&format!("{path}/suspend"), &[]).await;
    assert_eq!(ask_slip(&mut it, &town, "superior1").await, None);
    it.post(&format!("{path}/resume"), &[]).await;
    let id = waiting(&town).await.unwrap();
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(
        hr.post(&format!("/admin/changes/{id}/withdraw"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    // Her office taken, or another given for it in the same form, which waits.
    for roles in [&["role_staff", "role_it"][..], &["role_staff"][..]] {
        give(&mut it, &town, "hr1", roles).await;
        assert_eq!(ask_slip(&mut it, &town, "superior1").await, None, "{roles:?}");
    }
    // A new approver is not in force before she does not count any more.
    let fields =
        [("login", "boss"), ("name", "助役"), ("role_staff", "on"), ("role_superior", "on")];
    it.post("/admin/staff", &fields).await.ok();
    town.clock.advance(2 * DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 0);
    assert!(!in_force(&town, "boss").await.has(Role::Superior));
    // Who was no officer for more than a week is none: then the body has one alone.
    town.clock.advance(6 * DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 1);
    assert!(in_force(&town, "boss").await.has(Role::Superior));
    let mut it = town.sign_in("it1").await;
    assert!(ask_slip(&mut it, &town, "superior1").await.is_some());
}

#[tokio::test]
async fn a_slip_of_the_other_officer_does_not_make_her_officer_alone() {
    let town = town().await;
    officers(&town, &["it1", "hr1"]).await;
    let mut it = town.sign_in("it1").await;
    assert!(ask_slip(&mut it, &town, "hr1").await.is_some(), "nobody else is there to hand it out");
    assert_eq!(ask_slip(&mut it, &town, "superior1").await, None);
    let hr = town.person(HOME, "hr1").await;
    let mut tx = town.app.write_unattended(hr.body).await.unwrap();
    store::staff::put_state(&mut tx, hr.body, hr.id, StaffState::Active).await.unwrap();
    tx.keep(()).await.unwrap();
    assert_eq!(
        town.actor(HOME, "hr1").await.roles,
        Roles::of(&[Role::Staff]),
        "held back until midnight"
    );
    let asked = it
        .post("/admin/staff", &[("login", "boss"), ("name", "助役"), ("role_superior", "on")])
        .await;
    assert_eq!(asked.location(), "/admin/staff?done=slip-asked");
}

#[tokio::test]
async fn what_would_begin_by_itself_goes_on_waiting_where_there_is_a_second_officer_by_then() {
    let town = town().await;
    officers(&town, &["it1"]).await;
    let mut it = town.sign_in("it1").await;
    assert!(ask_slip(&mut it, &town, "superior1").await.is_some());
    let hr = town.person(HOME, "hr1").await;
    let mut tx = town.app.write_unattended(hr.body).await.unwrap();
    let roles = Roles::of(&[Role::Staff, Role::Hr]);
    store::staff::change(&mut tx, &Staff { roles, ..hr }).await.unwrap();
    tx.keep(()).await.unwrap();
    town.clock.advance(DAY_MS);
    assert!(
        !in_force(&town, "superior1").await.has(Role::Superior),
        "its day alone begins nothing"
    );
    assert_eq!(begin_due(&town.app).await.unwrap(), 0);
    let record = last(&town, Kind::CHANGE_WAITS).await;
    assert_eq!((field(&record, "begins"), field(&record, "asked_by")), ("second person", "it1"));
    assert!(!in_force(&town, "superior1").await.has(Role::Superior));
    town.clock.advance(9 * DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 0);
    let mut hr = town.sign_in("hr1").await;
    let id = waiting(&town).await.unwrap();
    assert_eq!(confirm(&mut hr, &id).await.status, StatusCode::SEE_OTHER);
    assert!(in_force(&town, "superior1").await.has(Role::Superior));
}

#[tokio::test]
async fn whoever_asked_for_some_of_it_confirms_none_of_it_and_all_of_it_is_said() {
    let town = town().await;
    let mut it = town.sign_in("it1").await;
    let mut other = town.sign_in("all1").await;
    give(&mut it, &town, "staff1", &["role_staff", "role_superior"]).await;
    give(&mut other, &town, "staff1", &["role_staff", "role_superior", "role_hr"]).await;
    let id = waiting(&town).await.unwrap();
    let page = it.get("/admin/changes").await;
    assert!(
        page.ok().contains("所属長・人事担当として")
            && page.text().contains("職員 it1（it1）、職員 all1（all1）")
    );
    assert!(page.text().contains("あなたが申し出たので") && !page.text().contains("/confirm"));
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::FORBIDDEN);
    assert_eq!(confirm(&mut other, &id).await.status, StatusCode::FORBIDDEN);
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(confirm(&mut hr, &id).await.status, StatusCode::SEE_OTHER);
    assert_eq!(field(&last(&town, Kind::CHANGE_CONFIRMED).await, "asked_by"), "it1, all1");
    assert!(in_force(&town, "staff1").await.has(Role::Hr));
    // A slip under a colleague's word stays that of the one who asked for it.
    assert_eq!(ask_slip(&mut it, &town, "superior1").await, None);
    give(&mut other, &town, "superior1", &["role_staff", "role_superior", "role_hr"]).await;
    let id = waiting(&town).await.unwrap();
    let page = it.get("/admin/changes").await;
    assert!(
        page.ok().contains("利用開始票を渡す、") && page.text().contains("人事担当として"),
        "{}",
        page.text()
    );
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::FORBIDDEN);
    // Two who both asked leave the body with a second person all the same: time begins nothing.
    let mut conn = town.app.store.read().await.unwrap();
    let change = store::changes::all(&mut conn, HOME.parse().unwrap()).await.unwrap().remove(0);
    assert_eq!((change.by.len(), change.begins), (2, NEVER));
}

#[tokio::test]
async fn a_later_word_about_a_division_adds_to_what_waits() {
    let town = town().await;
    let mut hr = town.sign_in("hr1").await;
    let (staff, superior) =
        (town.person(HOME, "staff1").await.id, town.person(HOME, "superior1").await.id);
    let (staff, superior, all) =
        (staff.to_string(), superior.to_string(), town.person(HOME, "all1").await.id.to_string());
    let path = format!("/admin/divisions/{DIVISION}");
    let lead = |superior, deputy| {
        [("code", "010"), ("name", "情報政策課"), ("superior", superior), ("deputy", deputy)]
    };
    hr.post(&path, &lead(&superior, &staff)).await;
    let mut it = town.sign_in("it1").await;
    assert_eq!(
        it.post(&path, &lead(&staff, &all)).await.location(),
        "/admin/divisions?done=change-asked"
    );
    let id = waiting(&town).await.unwrap();
    let page = it.get("/admin/changes").await;
    assert!(page.ok().contains("所属長：") && page.text().contains("代理："), "{}", page.text());
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::FORBIDDEN);
    assert_eq!(confirm(&mut hr, &id).await.status, StatusCode::FORBIDDEN);
    let mut second = town.sign_in("all1").await;
    assert_eq!(confirm(&mut second, &id).await.status, StatusCode::SEE_OTHER);
    let now = division(&town).await;
    let staff = town.person(HOME, "staff1").await.id;
    assert_eq!((now.superior, now.deputy), (Some(staff), Some(staff)));
}

#[tokio::test]
async fn naming_all_other_officers_at_once_reaches_no_midnight_and_each_confirms_the_others_part() {
    let town = town().await;
    officers(&town, &["it1", "hr1"]).await;
    let (it, hr) = (town.person(HOME, "it1").await.id, town.person(HOME, "hr1").await.id);
    let mut by = town.sign_in("hr1").await;
    let (superior, deputy) = (it.to_string(), hr.to_string());
    let fields = [
        ("code", "010"),
        ("name", "情報政策課"),
        ("superior", superior.as_str()),
        ("deputy", deputy.as_str()),
    ];
    let path = format!("/admin/divisions/{DIVISION}");
    assert_eq!(by.post(&path, &fields).await.location(), "/admin/divisions?done=change-asked");
    town.clock.advance(2 * DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 0);
    let id = waiting(&town).await.unwrap();
    let mut by = town.sign_in("hr1").await;
    assert_eq!(confirm(&mut by, &id).await.status, StatusCode::FORBIDDEN);
    let mut named = town.sign_in("it1").await;
    assert!(named.get("/admin/changes").await.ok().contains("あなた自身を決める部分は"));
    assert_eq!(confirm(&mut named, &id).await.status, StatusCode::SEE_OTHER);
    let now = division(&town).await;
    assert_eq!(now.deputy, Some(hr));
    assert_ne!(now.superior, Some(it), "the part that names her goes on waiting");
    // Of that there is nobody else to ask.
    let id = waiting(&town).await.unwrap();
    assert!(
        named.get("/admin/changes").await.ok().contains("あなたが承認できるようになる変更なので")
    );
    assert_eq!(confirm(&mut named, &id).await.status, StatusCode::FORBIDDEN);
    town.clock.advance(DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 1);
    assert_eq!(division(&town).await.superior, Some(it));
}

#[tokio::test]
async fn what_is_taken_back_takes_only_what_was_newly_given_and_the_slip_with_it() {
    let town = town().await;
    let mut it = town.sign_in("it1").await;
    // Asked for and not handed out.
    give(&mut it, &town, "superior1", &["role_staff", "role_superior", "role_hr"]).await;
    assert_eq!(ask_slip(&mut it, &town, "superior1").await, None);
    let id = waiting(&town).await.unwrap();
    assert_eq!(
        it.post(&format!("/admin/changes/{id}/withdraw"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let both = Roles::of(&[Role::Staff, Role::Superior]);
    assert_eq!(town.person(HOME, "superior1").await.roles, both);
    // Handed out where nobody else is: the slip is good for nothing, the role is hers.
    officers(&town, &["it1"]).await;
    let mut it = town.sign_in("it1").await;
    let code = ask_slip(&mut it, &town, "superior1").await.unwrap();
    let id = waiting(&town).await.unwrap();
    assert_eq!(
        it.post(&format!("/admin/changes/{id}/withdraw"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let superior = town.person(HOME, "superior1").await;
    assert_eq!((superior.roles, superior.state), (both, StaffState::Waiting));
    assert_eq!(field(&last(&town, Kind::CHANGE_WITHDRAWN).await, "slip"), "ended");
    let mut conn = town.app.store.read().await.unwrap();
    let hash = web_people::slips::hash(&town.app, &code);
    assert!(store::activations::find(&mut conn, &hash).await.unwrap().is_none());
}

#[tokio::test]
async fn whoever_can_confirm_is_told_by_mail_and_on_her_pages_and_whoever_cannot_reads_why() {
    let town = town().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/mail").await.ok();
    let fields = [
        ("on", "yes"),
        ("host", "127.0.0.1"),
        ("port", "9"),
        ("tls", "off"),
        ("from", "noren@town.example"),
    ];
    assert_eq!(it.post("/admin/mail", &fields).await.status, StatusCode::SEE_OTHER);
    for login in ["it1", "hr1", "staff1"] {
        let mut browser = town.sign_in(login).await;
        assert!(browser.get("/account/notices").await.ok().contains("change-waits"));
        let address = format!("{login}@town.example");
        let fields = [("address", address.as_str()), (Topic::ChangeWaits.key(), "yes")];
        assert_eq!(browser.post("/account/notices", &fields).await.status, StatusCode::SEE_OTHER);
    }
    let mut hr = town.sign_in("hr1").await;
    assert!(!hr.get("/").await.ok().contains("changes-wait"));
    let mut it = town.sign_in("it1").await;
    assert_eq!(ask_slip(&mut it, &town, "superior1").await, None);
    let mails =
        store::mail::due(&mut town.app.store.read().await.unwrap(), i64::MAX, 100).await.unwrap();
    let hr1 = town.person(HOME, "hr1").await.id;
    assert_eq!(
        mails.iter().map(|mail| mail.staff).collect::<Vec<_>>(),
        [hr1],
        "not who asked, nor who holds no office"
    );
    assert!(mails[0].content.contains("/admin/changes") && !mails[0].content.contains("superior1"));
    let page = hr.get("/").await;
    assert!(
        page.ok().contains("id=\"changes-wait\"")
            && page.text().contains("あなたの確認を待つ変更があります（1件）")
    );
    assert!(
        hr.get("/telework").await.ok().contains("件があなたの確認を待っています"),
        "in the menu of every page"
    );
    assert!(!hr.get("/telework").await.ok().contains("id=\"changes-wait\""));
    assert!(!it.get("/").await.ok().contains("あなたの確認を待"));
    // What is about an officer, IT confirms: HR reads that, and nothing else.
    let auditor = town.person(HOME, "auditor1").await;
    let path = format!("/admin/staff/{}", auditor.id);
    let fields = [
        ("login", "auditor1"),
        ("name", "職員 auditor1"),
        ("role_auditor", "on"),
        ("role_superior", "on"),
    ];
    assert_eq!(it.post(&path, &fields).await.location(), "/admin/staff?done=change-asked");
    let page = hr.get("/admin/changes").await;
    assert!(page.ok().contains("情報担当が確認します") && !page.text().contains("申し出た本人と"));
    hr.post("/language", &[("lang", "en"), ("back", "/")]).await;
    let page = hr.get("/admin/changes").await;
    assert!(page.ok().contains("IT confirms it.") && page.text().contains("wait for you"));
    it.post("/language", &[("lang", "en"), ("back", "/")]).await;
    assert!(
        it.get("/admin/changes")
            .await
            .ok()
            .contains("You asked for it, so somebody else of IT or HR confirms it.")
    );
}
