//! PCs, assignments, bodies, policies: the acts of IT and of the operator.

use audit::Kind;
use axum::http::StatusCode;
use people::{AgentId, Pc, PcId, Zone};

use crate::testing::{HOME, OTHER, PASSWORD, Town};
use kit::Cut;

async fn pc(town: &Town) -> PcId {
    let id = PcId([2; 16]);
    let body = HOME.parse().unwrap();
    let mut tx = town.app.write_unattended(body).await.unwrap();
    let pc = Pc {
        id,
        body,
        agent: AgentId([9; 16]),
        target: "desk".parse().unwrap(),
        name: "総務課 5番".parse().unwrap(),
        zone: Zone::Lgwan,
        stopped: false,
        seen: 1,
    };
    store::pcs::offer(&mut tx, &pc).await.unwrap();
    tx.keep(()).await.unwrap();
    id
}

#[tokio::test]
async fn a_pc_is_for_whom_it_is_assigned_to_and_as_long() {
    let town = Town::new().await;
    let id = pc(&town).await;
    let mut staff = town.sign_in("staff1").await;
    assert!(!staff.get("/").await.ok().contains("総務課 5番"));
    assert_eq!(staff.get(&format!("/session/{id}")).await.status, StatusCode::NOT_FOUND);

    let mut it = town.sign_in("it1").await;
    let today = kit::time::civil(town.app.now()).date().to_string();
    let assign = |from: &str, until: &str| {
        [
            ("login".to_owned(), "staff1".to_owned()),
            ("from".into(), from.into()),
            ("until".into(), until.into()),
        ]
    };
    for (from, until) in
        [(today.as_str(), "2020-01-01"), (today.as_str(), "2099-01-01"), ("", ""), ("x", "y")]
    {
        let fields = assign(from, until);
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            it.post(&format!("/admin/pcs/{id}/assign"), &fields).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{from} {until}"
        );
    }
    let fields = [("login", "staff1"), ("from", today.as_str()), ("until", today.as_str())];
    assert_eq!(
        it.post(&format!("/admin/pcs/{id}/assign"), &fields).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(town.record(HOME).await[0], Kind::ASSIGNED);

    assert!(staff.get("/").await.ok().contains("総務課 5番"));
    for way in [id.to_string(), "desk".to_owned()] {
        let page = staff.get(&format!("/session/{way}")).await;
        let data =
            page.between("id=\"page\">", "</script>").unwrap_or_else(|| panic!("{}", page.ok()));
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["target"]["id"], id.to_string());
        assert_eq!(data["user"]["login"], "staff1");
    }
    let targets: serde_json::Value =
        serde_json::from_str(staff.get("/api/targets").await.ok()).unwrap();
    assert_eq!(targets["targets"][0]["state"], "offline");

    // Stopped, it is listed nowhere a session could begin; then the day is over.
    let mut cuts = town.app.cuts.subscribe();
    it.post(&format!("/admin/pcs/{id}/stop"), &[]).await;
    assert_eq!(cuts.try_recv(), Ok(Cut::Pc(id)));
    assert!(staff.get("/api/targets").await.ok().contains("\"targets\":[]"));
    it.post(&format!("/admin/pcs/{id}/resume"), &[]).await;
    town.clock.advance(86_400_000);
    let mut staff = town.sign_in("staff1").await;
    assert!(!staff.get("/").await.ok().contains("総務課 5番"));
}

#[tokio::test]
async fn taking_an_assignment_back_cuts_it() {
    let town = Town::new().await;
    let id = pc(&town).await;
    let mut it = town.sign_in("it1").await;
    let today = kit::time::civil(town.app.now()).date().to_string();
    it.post(
        &format!("/admin/pcs/{id}/assign"),
        &[("login", "staff1"), ("from", &today), ("until", &today)],
    )
    .await;
    let assignments =
        store::assignments::all(&mut town.app.store.read().await.unwrap(), HOME.parse().unwrap())
            .await
            .unwrap();
    let mut cuts = town.app.cuts.subscribe();
    it.post(&format!("/admin/assignments/{}/remove", assignments[0].id), &[]).await;
    assert_eq!(cuts.try_recv(), Ok(Cut::Assignment(assignments[0].staff, id)));
    let mut staff = town.sign_in("staff1").await;
    assert!(!staff.get("/").await.ok().contains("総務課 5番"));
}

#[tokio::test]
async fn one_action_cuts_a_body_and_its_it_can_still_put_things_right() {
    let town = Town::new().await;
    let mut staff = town.sign_in("staff1").await;
    let mut it = town.sign_in("it1").await;
    let mut neighbour = town.sign_in_to(OTHER, "staff1").await;
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(staff.get("/account").await.status, StatusCode::SEE_OTHER);
    assert!(it.get("/admin/sessions").await.ok().contains("停止中"));
    assert_eq!(
        it.get("/api/targets").await.status,
        StatusCode::NOT_FOUND,
        "not even IT opens a PC"
    );
    neighbour.get("/").await.ok();

    town.clock.advance(30_000);
    let mut browser = town.browser();
    browser.get("/sign-in").await;
    let code = town.code();
    let fields = [
        ("body", HOME),
        ("login", "staff1"),
        ("password", PASSWORD),
        ("code", code.as_str()),
        ("next", "/"),
    ];
    assert_eq!(browser.post("/sign-in", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(it.post("/admin/body/resume", &[]).await.status, StatusCode::SEE_OTHER);
    let mut staff = town.sign_in("staff1").await;
    staff.get("/").await.ok();
}

#[tokio::test]
async fn the_operator_makes_bodies_and_is_nobody_in_them() {
    let town = Town::new().await;
    let mut operator = town.sign_in("it1").await;
    assert!(operator.get("/admin/bodies?q=函館").await.ok().contains("012025"));
    let fields = [("body", "012025"), ("login", "hakodate.it"), ("name", "函館 一")];
    let page = operator.post("/admin/bodies", &fields).await;
    assert!(page.ok().contains("class=\"slip\""));
    assert_eq!(
        operator.post("/admin/bodies", &fields).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "once"
    );
    let bad = [("body", "012026"), ("login", "x.y"), ("name", "x")];
    assert_eq!(operator.post("/admin/bodies", &bad).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!operator.get("/admin/staff").await.ok().contains("hakodate.it"));
    assert!(town.record("012025").await.contains(&Kind::BODY_ADDED));
    assert!(town.record("000000").await.contains(&Kind::BODY_ADDED));
    let mut it = town.sign_in_to(OTHER, "it1").await;
    assert_eq!(it.post("/admin/bodies", &[("body", "011002")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        it.post(&format!("/admin/bodies/{HOME}/suspend"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn policies_keep_their_bounds() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    let form = |count: &'static str| {
        [
            ("lockout_count", count),
            ("lockout_minutes", "15"),
            ("idle_minutes", "30"),
            ("longest_hours", "8"),
        ]
    };
    assert_eq!(
        it.post("/admin/policy/sign-in", &form("2")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(it.post("/admin/policy/sign-in", &form("4")).await.status, StatusCode::SEE_OTHER);
    let session = |text: &'static str| {
        [
            ("idle_minutes", "10"),
            ("warn_seconds", "60"),
            ("longest_hours", "8"),
            ("watermark", "on"),
            ("contrast", "20"),
            ("spacing", "200"),
            ("text", text),
        ]
    };
    assert_eq!(
        it.post("/admin/policy/session", &session("")).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        it.post("/admin/policy/session", &session("{user}")).await.status,
        StatusCode::SEE_OTHER
    );
    let mut conn = town.app.store.read().await.unwrap();
    let served = store::bodies::find(&mut conn, HOME.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(
        (served.sign_in.lockout_count, served.session.idle_seconds, served.session.resize),
        (4, 600, false)
    );
    assert_eq!(town.record(HOME).await[0], Kind::SESSION_POLICY_CHANGED);
    let mut auditor = town.sign_in("auditor1").await;
    auditor.get("/admin/policy").await.ok();
    assert_eq!(
        auditor.post("/admin/policy/sign-in", &form("4")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        auditor.post("/admin/policy/record", &[("address_days", "3000")]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn english_on_request() {
    let town = Town::new().await;
    let mut browser = town.browser();
    assert!(browser.get("/sign-in").await.ok().contains("<html lang=\"ja\""));
    let reply = browser.post("/language", &[("lang", "en"), ("back", "/sign-in")]).await;
    assert_eq!(reply.location(), "/sign-in");
    assert!(browser.get("/sign-in").await.ok().contains("<html lang=\"en\""));
}

#[tokio::test]
async fn an_operator_without_a_role_has_her_own_account() {
    let town = Town::new().await;
    let mut operator = town.person(HOME, "it1").await;
    operator.roles = people::Roles::NONE;
    let (token, _) = web_people::tokens::made::minted(
        &town.app.people,
        operator.body,
        operator.id,
        "巡回",
        &[],
        1,
    );
    let mut tx = town.app.write_unattended(operator.body).await.unwrap();
    assert!(store::staff::change(&mut tx, &operator).await.unwrap());
    store::tokens::add(&mut tx, &token).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut other = town.sign_in("it1").await;
    let mut browser = town.sign_in("it1").await;
    assert!(
        browser.get("/admin/bodies").await.ok().contains("href=\"/account\""),
        "the page leads there"
    );
    assert_eq!(
        browser.get("/admin/staff").await.status,
        StatusCode::NOT_FOUND,
        "no body from inside"
    );
    let page = browser.get("/account").await;
    let ends: Vec<&str> = page
        .ok()
        .split("/account/sign-ins/")
        .skip(1)
        .filter_map(|rest| rest.split('/').next())
        .collect();
    assert!(ends.iter().filter(|id| id.len() == 32).count() == 2, "{}", page.text());
    assert!(browser.get("/account/tokens").await.ok().contains("巡回"));
    let end = format!("/account/tokens/{}/end", token.id);
    assert_eq!(browser.post(&end, &[]).await.status, StatusCode::SEE_OTHER);
    browser.get("/account").await.ok();
    let fields = [
        ("current", PASSWORD),
        ("password", "Zq9-harbour-Lantern"),
        ("again", "Zq9-harbour-Lantern"),
    ];
    let changed = browser.post("/account/password", &fields).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text());
    assert_eq!(
        other.get("/account").await.status,
        StatusCode::SEE_OTHER,
        "the other sign-in ended with the old password"
    );
}
