//! The first administrator, once; and activation slips.

use audit::Kind;
use axum::http::StatusCode;

use crate::testing::{HOME, Town};
use web_people::factors::totp;

const WAYS: [&str; 12] = [
    "/set-up",
    "/set-up/",
    "//set-up",
    "/SET-UP",
    "/Set-Up",
    "/set%2Dup",
    "/%73et-up",
    "/./set-up",
    "/x/../set-up",
    "/set-up?x",
    "/set-up;x",
    "/set-up%00",
];

#[tokio::test]
async fn the_way_in_dies_with_the_first_administrator() {
    let town = Town::empty().await;
    let mut browser = town.browser();
    assert_eq!(browser.get("/").await.location(), "/set-up");
    browser.get("/set-up").await.ok();
    let wrong = browser.post("/set-up", &[("setup", "AAAA-AAAA-AAAA-AAAA")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!wrong.text().contains("<svg xmlns"), "no key for whoever does not know the code");
    let code = town.app.set_up.shown();
    let page = browser
        .post("/set-up", &[("setup", &code), ("search", "札幌市"), ("step", "search")])
        .await;
    assert!(page.ok().contains("value=\"011002\""));
    let totp = totp::code_at(town.app.set_up.key(), town.app.now()).unwrap();
    let good = [
        ("setup", code.as_str()),
        ("step", "finish"),
        ("body", HOME),
        ("name", "情報 太郎"),
        ("login", "admin"),
        ("password", "Kx7-vale-0mbrello"),
        ("again", "Kx7-vale-0mbrello"),
        ("totp", totp.as_str()),
    ];
    for (field, bad) in [
        ("body", "011003"),
        ("login", "x"),
        ("name", ""),
        ("password", "admin"),
        ("again", "x"),
        ("totp", "000000"),
    ] {
        let fields: Vec<(&str, &str)> = good
            .iter()
            .map(|(key, value)| (*key, if *key == field { bad } else { *value }))
            .collect();
        assert_eq!(
            browser.post("/set-up", &fields).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{field}"
        );
    }
    let done = browser.post("/set-up", &good).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    browser.get("/admin/bodies").await.ok();
    assert_eq!(town.record("000000").await[0], Kind::SERVER_SET_UP);

    for way in WAYS {
        for mut browser in [town.browser(), browser.clone()] {
            assert_eq!(browser.get(way).await.status, StatusCode::NOT_FOUND, "{way}");
            let reply = browser.post(way, &good).await;
            assert!(
                matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN),
                "{way}: {}",
                reply.status
            );
        }
    }
    // Not even after a restart, with a new code.
    let town = town.reopened().await;
    assert_eq!(town.browser().get("/set-up").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_slip_gives_a_password_once() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    let page = it
        .post("/admin/staff", &[("login", "new.one"), ("name", "新人 一"), ("role_staff", "on")])
        .await;
    let code = page
        .between("<p class=\"slip\">", "</p>")
        .unwrap_or_else(|| panic!("{}", page.ok()))
        .to_owned();
    assert!(town.record(HOME).await.contains(&Kind::ACTIVATION_ISSUED));

    let mut browser = town.browser();
    browser.get("/activate").await.ok();
    assert_eq!(
        browser.post("/activate", &[("slip", "AAAA-BBBB-CCCC-DDDD")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let page = browser.post("/activate", &[("slip", &code.to_lowercase())]).await;
    let key = totp::from_base32(
        page.between("id=\"totp-key\">", "<").unwrap_or_else(|| panic!("{}", page.ok())),
    )
    .unwrap();
    let totp = totp::code_at(&key, town.app.now()).unwrap();
    let fields = |password: &'static str, totp: String| {
        [
            ("slip", code.clone()),
            ("password", password.to_owned()),
            ("again", password.to_owned()),
            ("totp", totp),
        ]
    };
    let send = |fields: [(&'static str, String); 4]| fields;
    for bad in [
        send(fields("short", totp.clone())),
        send(fields("Kx7-vale-0mbrello", "000000".into())),
        send(fields("New.One-2026xx", totp.clone())),
    ] {
        let pairs: Vec<(&str, &str)> =
            bad.iter().map(|(key, value)| (*key, value.as_str())).collect();
        assert_eq!(
            browser.post("/activate", &pairs).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let good = fields("Kx7-vale-0mbrello", totp);
    let pairs: Vec<(&str, &str)> = good.iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_eq!(browser.post("/activate", &pairs).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        browser.post("/activate", &pairs).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a slip works once"
    );

    town.clock.advance(30_000);
    let code = totp::code_at(&key, town.app.now()).unwrap();
    browser.get("/sign-in").await;
    let sign_in = [
        ("body", HOME),
        ("login", "new.one"),
        ("password", "Kx7-vale-0mbrello"),
        ("code", code.as_str()),
        ("next", "/"),
    ];
    assert_eq!(browser.post("/sign-in", &sign_in).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn seeding_is_for_new_servers() {
    let town = Town::new().await;
    let plan = serde_json::json!({ "body": "131016", "staff": [] });
    let plan = serde_json::from_value(plan).unwrap();
    let error = crate::testing::seed(&town.app, &plan).await.unwrap_err();
    assert!(error.to_string().contains("administrator"), "{error}");
}
