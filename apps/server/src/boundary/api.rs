//! Walks over every call of the API: what it takes to be let in, and that the document names each.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};

use crate::document::document;
use crate::routes::listed;
use crate::testing::{HOME, ORIGIN, Reply, Town, call, token};
use kit::http::Listed;
use kit::http::Scope;
use kit::http::{Access, Method};

fn calls() -> Vec<(Listed, Scope, String)> {
    let scoped = listed().into_iter().filter_map(|route| match route.access {
        Access::Api(scope) => Some((scope, route)),
        _ => None,
    });
    scoped.map(|(scope, route)| (route, scope, filled(route.path))).collect()
}

/// The path with something in each of its places.
fn filled(path: &str) -> String {
    let place = |part: &str| match part {
        "{month}" => "2026-08".to_owned(),
        "{body}" => HOME.to_owned(),
        part if part.starts_with('{') => "0b".repeat(16),
        part => part.to_owned(),
    };
    path.split('/').map(place).collect::<Vec<_>>().join("/")
}

fn is_refusal(reply: &Reply, status: StatusCode) -> bool {
    let json: serde_json::Value = serde_json::from_slice(&reply.bytes).unwrap_or_default();
    reply.status == status && json["error"].is_string() && json["message"].is_string()
}

#[tokio::test]
async fn no_call_is_answered_without_a_token_of_its_scope() {
    let town = Town::new().await;
    let staff = town.person(HOME, "all1").await;
    assert!(calls().len() >= 10);
    for (route, scope, path) in calls() {
        let mut nobody = town.browser();
        for bad in [None, Some("noren_"), Some("noren_AAAA"), Some("x"), Some("")] {
            let reply = call(&mut nobody, route.method, &path, bad, None).await;
            assert!(
                is_refusal(&reply, StatusCode::UNAUTHORIZED),
                "{path} {bad:?}: {} {}",
                reply.status,
                reply.text()
            );
            town.clock.advance(2_000);
        }
        // A signed-in browser is nobody here.
        let mut person = town.sign_in("all1").await;
        let reply = call(&mut person, route.method, &path, None, None).await;
        assert!(is_refusal(&reply, StatusCode::UNAUTHORIZED), "{path}: {}", reply.status);
        // Every scope but its own.
        let others: Vec<Scope> = Scope::ALL.into_iter().filter(|one| *one != scope).collect();
        if scope != Scope::Own {
            let token = token(&town, staff.id, HOME, &others).await;
            let reply = call(&mut nobody, route.method, &path, Some(&token), None).await;
            assert!(
                is_refusal(&reply, StatusCode::FORBIDDEN),
                "{path}: {} {}",
                reply.status,
                reply.text()
            );
            assert!(reply.text().contains("\"scope\""));
        }
        // Its own alone comes through to the handler, which may find the call wanting.
        let token = token(&town, staff.id, HOME, &[scope]).await;
        let reply = call(&mut nobody, route.method, &path, Some(&token), None).await;
        let let_in = !matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
            && !reply.status.is_server_error();
        assert!(let_in, "{path}: {} {}", reply.status, reply.text());
        assert!(
            serde_json::from_slice::<serde_json::Value>(&reply.bytes).is_ok(),
            "{path} answers JSON: {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn a_foreign_page_cannot_call_with_a_token_it_found() {
    let town = Town::new().await;
    let staff = town.person(HOME, "all1").await;
    let token = token(&town, staff.id, HOME, &Scope::ALL).await;
    for (route, _, path) in calls().into_iter().filter(|(route, ..)| route.method == Method::Post) {
        let request = Request::post(&path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ORIGIN, "https://evil.example")
            .body(Body::empty())
            .unwrap();
        assert_eq!(
            town.browser().send(request).await.status,
            StatusCode::FORBIDDEN,
            "{}",
            route.path
        );
        let preflight = Request::builder()
            .method("OPTIONS")
            .uri(&path)
            .header(header::ORIGIN, ORIGIN)
            .body(Body::empty())
            .unwrap();
        let reply = town.browser().send(preflight).await;
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}

#[test]
fn the_document_names_every_call_with_its_scope_and_no_other() {
    let document = serde_json::to_value(document()).unwrap();
    let mut named = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| ["get", "post"].contains(&name.as_str()))
        {
            let scope = operation["security"][0]["token"][0]
                .as_str()
                .unwrap_or_else(|| panic!("{path} has no scope"));
            named.insert(format!("{method} {path} {scope}"));
            for status in ["200", "401", "403", "429"] {
                assert!(
                    operation["responses"][status].is_object(),
                    "{method} {path} does not say {status}"
                );
            }
        }
    }
    let method = |method| if method == Method::Get { "get" } else { "post" };
    let there: BTreeSet<String> = calls()
        .into_iter()
        .map(|(route, scope, _)| {
            format!("{} {} {}", method(route.method), route.path, scope.name())
        })
        .collect();
    assert_eq!(named, there);
}
