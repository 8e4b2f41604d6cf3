//! Staff: who may do what to whom, import, export, and the cut of a person.

use audit::Kind;
use axum::http::{StatusCode, header};
use people::StaffState;

use crate::testing::{HOME, Town};
use kit::Cut;
use kit::sheet;

#[tokio::test]
async fn hr_adds_people_but_gives_no_office() {
    let town = Town::new().await;
    let mut hr = town.sign_in("hr1").await;
    assert!(!hr.get("/admin/staff/new").await.ok().contains("role_it"));
    let reply =
        hr.post("/admin/staff", &[("login", "new1"), ("name", "新人"), ("role_staff", "on")]).await;
    assert!(reply.ok().contains("利用開始票"));
    let reply =
        hr.post("/admin/staff", &[("login", "new2"), ("name", "新人"), ("role_it", "on")]).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    for login in ["it1", "auditor1", "hr1"] {
        let id = town.person(HOME, login).await.id;
        for act in ["", "/suspend", "/slip", "/unlock", "/resume"] {
            let reply = hr
                .post(
                    &format!("/admin/staff/{id}{act}"),
                    &[("login", login), ("name", "x"), ("role_staff", "on")],
                )
                .await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{login}{act}");
        }
    }
}

#[tokio::test]
async fn a_superior_sees_the_divisions_led_and_no_more() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    let superior = town.person(HOME, "superior1").await.id.to_string();
    it.post("/admin/divisions", &[("code", "A1"), ("name", "総務課"), ("superior", &superior)])
        .await;
    // Who leads is the word of two.
    let mut hr = town.sign_in("hr1").await;
    let waits =
        hr.get("/admin/changes").await.between("/admin/changes/", "/confirm").unwrap().to_owned();
    assert_eq!(
        hr.post(&format!("/admin/changes/{waits}/confirm"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let divisions =
        store::divisions::all(&mut town.app.store.read().await.unwrap(), HOME.parse().unwrap())
            .await
            .unwrap();
    let staff = town.person(HOME, "staff1").await.id;
    let division = divisions[0].id.to_string();
    let changed = it
        .post(
            &format!("/admin/staff/{staff}"),
            &[
                ("login", "staff1"),
                ("name", "職員 一"),
                ("role_staff", "on"),
                ("division", &division),
            ],
        )
        .await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    let mut superior = town.sign_in("superior1").await;
    let text = superior.get("/admin/staff").await.ok().to_owned();
    assert!(text.contains("staff1") && !text.contains("hr1") && !text.contains("auditor1"));
    assert_eq!(
        superior.post("/admin/export/staff/staff.csv", &[]).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(superior.get(&format!("/admin/staff/{staff}")).await.status, StatusCode::NOT_FOUND);
    let mut plain = town.sign_in("staff1").await;
    assert_eq!(plain.get("/admin/staff").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_action_cuts_a_person() {
    let town = Town::new().await;
    let mut person = town.sign_in("staff1").await;
    person.get("/").await.ok();
    let mut cuts = town.app.cuts.subscribe();
    let mut it = town.sign_in("it1").await;
    let staff = town.person(HOME, "staff1").await;
    assert_eq!(
        it.post(&format!("/admin/staff/{}/suspend", staff.id), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(cuts.try_recv(), Ok(Cut::Person(staff.id)));
    assert_eq!(person.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Suspended);
    assert_eq!(town.record(HOME).await[0], Kind::STAFF_SUSPENDED);
    it.post(&format!("/admin/staff/{}/resume", staff.id), &[]).await;
    let mut again = town.sign_in("staff1").await;
    again.get("/").await.ok();
    // Nobody stops the own account, and nobody takes IT from oneself.
    let own = town.person(HOME, "it1").await.id;
    assert_eq!(
        it.post(&format!("/admin/staff/{own}/suspend"), &[]).await.status,
        StatusCode::FORBIDDEN
    );
    let reply = it
        .post(
            &format!("/admin/staff/{own}"),
            &[("login", "it1"), ("name", "x"), ("role_staff", "on")],
        )
        .await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_new_slip_ends_what_the_old_credentials_opened() {
    let town = Town::new().await;
    let mut person = town.sign_in("staff1").await;
    let mut it = town.sign_in("it1").await;
    let id = town.person(HOME, "staff1").await.id;
    it.post(&format!("/admin/staff/{id}/slip"), &[]).await.ok();
    assert_eq!(person.get("/account").await.status, StatusCode::SEE_OTHER);
    town.clock.advance(30_000);
    let mut browser = town.browser();
    browser.get("/sign-in").await;
    let code = town.code();
    let fields = [
        ("body", HOME),
        ("login", "staff1"),
        ("password", crate::testing::PASSWORD),
        ("code", code.as_str()),
        ("next", "/"),
    ];
    assert_eq!(browser.post("/sign-in", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_import_is_all_or_nothing_and_names_the_cells() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/import/staff").await.ok();
    let before = count(&town).await;
    let bad = "サインイン名,氏名,所属コード,役割\nnew.a,新人 甲,,職員\nnew.b,新人 乙,XX,職員\nstaff1,重複,,職員\n";
    let reply = it.upload("/admin/import/staff", "a.csv", bad.as_bytes()).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.text().contains("C3") && reply.text().contains("A4"), "{}", reply.text());
    assert_eq!(count(&town).await, before);

    let rows = |logins: &[&str]| {
        let mut rows = vec![vec!["サインイン名".to_owned(), "氏名".to_owned(), "役割".to_owned()]];
        rows.extend(
            logins
                .iter()
                .map(|login| vec![(*login).to_owned(), "新人".to_owned(), "職員".to_owned()]),
        );
        rows
    };
    let book = sheet::to_xlsx("a", &rows(&["new.a", "new.b"])).unwrap();
    let look = it.upload("/admin/import/staff", "a.xlsx", &book).await;
    assert!(look.ok().contains("data-count=\"new\">2<"), "{}", look.text());
    assert_eq!(count(&town).await, before, "a look adds nobody");
    let held = look.text().split("name=\"held\" value=\"").nth(1).unwrap();
    let held = held.split('"').next().unwrap().to_owned();
    let reply = it.post("/admin/import/staff/take", &[("held", &held)]).await;
    assert_eq!(reply.ok().matches("class=\"slip\"").count(), 2);
    assert_eq!(count(&town).await, before + 2);
    assert!(town.record(HOME).await.contains(&Kind::STAFF_IMPORTED));
    let again = it.upload("/admin/import/staff", "a.xlsx", &book).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the same list twice");
    let twice = it.post("/admin/import/staff/take", &[("held", &held)]).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "a file is taken once");
    assert_eq!(count(&town).await, before + 2);
}

#[tokio::test]
async fn uploads_are_bounded_and_want_their_token_first() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/import/staff").await.ok();
    let reply = it.upload("/admin/import/staff", "a.csv", &vec![b'x'; (4 << 20) + 1]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    let reply = it.upload("/admin/import/staff", "a.csv", &vec![b'x'; 9 << 20]).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    for nonsense in [&b"\x89PNG\r\n\x1a\n\xff\xfe"[..], b"PK\x03\x04broken", b"%PDF-1.7\0"] {
        assert_eq!(
            it.upload("/admin/import/staff", "a.xlsx", nonsense).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    it.csrf = "0".repeat(64);
    assert_eq!(it.upload("/admin/import/staff", "a.csv", b"x").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_export_holds_no_formula_and_is_on_record() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.post(
        "/admin/staff",
        &[("login", "new1"), ("name", "=HYPERLINK(\"http://x\")"), ("role_staff", "on")],
    )
    .await
    .ok();
    let csv = it.post("/admin/export/staff/staff.csv", &[]).await;
    assert!(csv.ok().contains("\"'=HYPERLINK(\"\"http://x\"\")\""));
    assert!(csv.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    assert_eq!(town.record(HOME).await[0], Kind::STAFF_EXPORTED);
    let book = it.post("/admin/export/staff/staff.xlsx", &[]).await;
    let rows = sheet::read(&book.bytes).unwrap();
    assert!(rows.iter().any(|row| row[1] == "=HYPERLINK(\"http://x\")"), "text stays text");
    assert_eq!(it.post("/admin/export/staff/staff.exe", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn names_are_shown_as_text() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    it.post(
        "/admin/staff",
        &[("login", "new1"), ("name", "<script>alert(1)</script>"), ("role_staff", "on")],
    )
    .await
    .ok();
    let text = it.get("/admin/staff").await.ok().to_owned();
    assert!(!text.contains("<script>alert") && text.contains("alert(1)"));
}

async fn count(town: &Town) -> usize {
    store::staff::all(&mut town.app.store.read().await.unwrap(), HOME.parse().unwrap())
        .await
        .unwrap()
        .len()
}
