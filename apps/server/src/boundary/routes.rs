//! Walks over the registry: what holds for every route holds for the ones added tomorrow.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use people::{AgentId, Assignment, AssignmentId, Division, DivisionId, Pc, PcId, Zone};

use crate::routes::listed;
use crate::testing::{HOME, ORIGIN, OTHER, Town};
use kit::http::{Access, Method};

/// Paths whose parameters are filled in with things of [`HOME`].
async fn filled(town: &Town) -> Vec<(Method, Access, String)> {
    let things = things(town).await;
    listed()
        .into_iter()
        .map(|route| {
            let path = route.path.to_owned();
            let id = match path.as_str() {
                path if path.starts_with("/admin/staff/") || path.contains("/telework/people/") => {
                    &things.staff
                }
                path if path.starts_with("/exchange/cases/{id}") => &things.case,
                path if path.starts_with("/admin/divisions/") => &things.division,
                path if path.starts_with("/admin/assignments/") => &things.assignment,
                path if path.starts_with("/admin/bodies/") => &things.body,
                path if path.starts_with("/admin/pcs/") || path.starts_with("/session/") => {
                    &things.pc
                }
                _ => &things.other,
            };
            (route.method, route.access, fill(&path, id))
        })
        .collect()
}

/// Those that people use; what programs call is walked over in `api.rs`.
async fn by_people(town: &Town) -> Vec<(Method, Access, String)> {
    filled(town)
        .await
        .into_iter()
        .filter(|(_, access, _)| !matches!(access, Access::Api(_)))
        .collect()
}

pub(super) struct Things {
    pub(super) staff: String,
    pub(super) division: String,
    pub(super) pc: String,
    pub(super) assignment: String,
    pub(super) body: String,
    pub(super) case: String,
    pub(super) other: String,
}

pub(super) async fn things(town: &Town) -> Things {
    let staff = town.person(HOME, "staff1").await;
    let (division, pc, assignment) = (DivisionId([1; 16]), PcId([2; 16]), AssignmentId([3; 16]));
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let made = Division {
        id: division,
        body: staff.body,
        code: "1".into(),
        name: "秘密の課".parse().unwrap(),
        superior: None,
        deputy: None,
    };
    store::divisions::add(&mut tx, &made).await.unwrap();
    let target = Pc {
        id: pc,
        body: staff.body,
        agent: AgentId([9; 16]),
        target: "desk".parse().unwrap(),
        name: "秘密のPC".parse().unwrap(),
        zone: Zone::Lgwan,
        stopped: false,
        seen: 1,
    };
    store::pcs::offer(&mut tx, &target).await.unwrap();
    let now = town.app.now();
    let one = Assignment {
        id: assignment,
        body: staff.body,
        staff: staff.id,
        pc,
        from: now - 1,
        until: now + 9_000_000_000,
        by: staff.id,
    };
    store::assignments::add(&mut tx, &one).await.unwrap();
    let case = web_town::secret_case(&mut tx, staff.body).await;
    tx.keep(()).await.unwrap();
    Things {
        staff: staff.id.to_string(),
        division: division.to_string(),
        pc: pc.to_string(),
        assignment: assignment.to_string(),
        body: HOME.to_owned(),
        case,
        other: "00".repeat(16),
    }
}

fn fill(path: &str, id: &str) -> String {
    let mut out = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        let end = rest.find('}').unwrap();
        let name = &rest[at + 1..end];
        out.push_str(match name {
            "body" => HOME,
            name if name.starts_with('*') || name == "name" => "staff.csv",
            _ => id,
        });
        rest = &rest[end + 1..];
    }
    out + rest
}

#[tokio::test]
async fn a_stranger_gets_nothing_but_public_pages() {
    let town = Town::new().await;
    for (method, access, path) in filled(&town).await {
        if matches!(access, Access::Public | Access::Machine) {
            continue;
        }
        let mut browser = town.browser();
        let reply = match method {
            Method::Get => browser.get(&path).await,
            Method::Post => browser.post(&path, &[]).await,
        };
        let refused = matches!(
            reply.status,
            StatusCode::NOT_FOUND | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        let sent_away =
            reply.status == StatusCode::SEE_OTHER && reply.location().starts_with("/sign-in?next=");
        assert!(refused || sent_away, "{method:?} {path}: {}", reply.status);
        assert!(!reply.text().contains("秘密") && !reply.text().contains("staff1"), "{path}");
    }
}

#[tokio::test]
async fn every_action_wants_its_token_and_its_own_page() {
    let town = Town::new().await;
    let paths = by_people(&town).await;
    // Between them these two may do everything, so each action is refused at least once for its
    // token alone, not for a right.
    let mut by_token = std::collections::BTreeSet::new();
    for login in ["it1", "all1"] {
        let mut browser = town.sign_in(login).await;
        let token = browser.csrf.clone();
        for (method, access, path) in &paths {
            if *method != Method::Post || matches!(access, Access::Machine | Access::SetUp) {
                continue;
            }
            let wrong = "0".repeat(64);
            let cross = Request::post(path)
                .header("sec-fetch-site", "cross-site")
                .header(header::ORIGIN, ORIGIN)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!("csrf={token}")))
                .unwrap();
            let replies = [
                ("without a token", browser.post_raw(path, &[], Some(ORIGIN)).await),
                (
                    "with a wrong token",
                    browser.post_raw(path, &[("csrf", &wrong)], Some(ORIGIN)).await,
                ),
                (
                    "from a foreign page",
                    browser.post_raw(path, &[("csrf", &token)], Some("https://evil.example")).await,
                ),
                ("from nowhere", browser.post_raw(path, &[("csrf", &token)], None).await),
                ("cross-site", browser.send(cross).await),
            ];
            for (how, reply) in &replies {
                assert!(
                    matches!(reply.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
                    "{how}: {path}: {}",
                    reply.status
                );
            }
            if replies.iter().all(|(_, reply)| reply.status == StatusCode::FORBIDDEN) {
                by_token.insert(path.clone());
            }
        }
    }
    for (method, access, path) in &paths {
        let checked = *method == Method::Get
            || matches!(access, Access::Machine | Access::SetUp)
            || by_token.contains(path);
        assert!(checked, "{path} is never refused for its token");
    }
}

#[tokio::test]
async fn no_websocket_from_a_foreign_page() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    for (method, _, path) in filled(&town).await {
        if method != Method::Get {
            continue;
        }
        let request = Request::get(&path)
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header(header::ORIGIN, "https://evil.example")
            .body(Body::empty())
            .unwrap();
        assert_eq!(it.send(request).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

/// One server holds many bodies: whatever has a name or an identity in [`HOME`] is not there for
/// [`OTHER`].
#[tokio::test]
async fn nothing_of_one_body_is_reachable_from_another() {
    let town = Town::new().await;
    let paths = by_people(&town).await;
    let mut tried = 0;
    for login in ["it1", "staff1"] {
        for (method, access, path) in &paths {
            if matches!(access, Access::Machine | Access::SetUp) || path == "/sign-out" {
                continue;
            }
            let mut browser = town.sign_in_to(OTHER, login).await;
            let reply = match method {
                Method::Get => browser.get(path).await,
                Method::Post => {
                    browser
                        .post(
                            path,
                            &[
                                ("name", "x"),
                                ("login", "staff1"),
                                ("from", "2026-01-01"),
                                ("until", "2026-01-02"),
                            ],
                        )
                        .await
                }
            };
            let text = reply.text();
            assert!(!text.contains("秘密"), "{path} shows what is another body's");
            assert!(
                !text.contains("superior1") && !text.contains("hr1") && !text.contains("auditor1"),
                "{path} shows people of another body"
            );
            // A path that names a thing of the other body is not there.
            if path.contains("/exchange/cases/2026-")
                || path.contains(&"01".repeat(16))
                || path.contains(&"02".repeat(16))
                || path.contains(&"03".repeat(16))
            {
                // What takes a file or a script's words refuses a form before it looks at anything.
                let unread =
                    reply.status == StatusCode::FORBIDDEN && text.contains("画面の有効期限");
                assert!(
                    unread || reply.status == StatusCode::NOT_FOUND,
                    "{method:?} {path}: {}",
                    reply.status
                );
                tried += 1;
            }
        }
    }
    assert!(tried >= 20, "the walk met only {tried} paths with a thing in them");
    // And nothing of it was changed on the way.
    let body = HOME.parse().unwrap();
    let mut conn = town.app.store.read().await.unwrap();
    assert_eq!(store::divisions::all(&mut conn, body).await.unwrap().len(), 1);
    assert!(
        store::pcs::all(&mut conn, body)
            .await
            .unwrap()
            .iter()
            .all(|pc| !pc.stopped && pc.name.as_str() == "秘密のPC")
    );
    assert_eq!(store::assignments::all(&mut conn, body).await.unwrap().len(), 1);
    assert!(
        store::staff::all(&mut conn, body)
            .await
            .unwrap()
            .iter()
            .all(|staff| staff.state == people::StaffState::Active)
    );
}

#[tokio::test]
async fn every_answer_carries_the_protections() {
    let town = Town::new().await;
    let mut it = town.sign_in("it1").await;
    for path in
        ["/", "/sign-in", "/admin/staff", "/nowhere", "/static/noren.css", "/api/targets", "/pair"]
    {
        let reply = it.get(path).await;
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(reply.headers[name], value, "{path}");
        }
        let text = reply.text();
        if text.contains("<!doctype html>") {
            let inline = text.contains("<style")
                || text.contains(" style=")
                || text.contains(" onclick=")
                || text.contains("<script>");
            assert!(!inline, "{path} holds what its own policy forbids");
        }
    }
}

#[tokio::test]
async fn files_of_the_viewer_are_served_and_nothing_beside_them() {
    let town = Town::new().await;
    let mut browser = town.browser();
    let script = browser.get("/viewer/app/session.js").await;
    assert_eq!(script.headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
    let tag = script.headers[header::ETAG].to_str().unwrap().to_owned();
    let again = Request::get("/viewer/app/session.js")
        .header(header::IF_NONE_MATCH, tag)
        .body(Body::empty())
        .unwrap();
    assert_eq!(browser.send(again).await.status, StatusCode::NOT_MODIFIED);
    for path in [
        "/viewer/README.md",
        "/viewer/package.json",
        "/viewer/app/../../Cargo.toml",
        "/static/..%2f..%2fCargo.toml",
        "/static/%2e%2e/x",
        "/viewer/app/session.html",
    ] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
