//! What a page does, a program can do: every page of an area has a call beside it, or a reason why
//! it has none.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use crate::routes::listed;
use crate::testing::{HOME, Town};
use crate::testing::{call, token};
use kit::http::Access;
use kit::http::Fresh;
use kit::http::Method::{self, Get, Post};
use kit::http::Scope;

/// A page or an action, by method and path.
pub(super) type Page = (Method, &'static str);

/// What stands beside a page.
#[derive(Clone, Copy)]
pub(super) enum Beside {
    /// The calls that do the same, by method and path below `/api/v1`.
    Calls(&'static [(Method, &'static str)]),
    /// Why there is none.
    None(&'static str),
}
use Beside::{Calls, None as Without};

/// An empty form that leads to an action; the action has its call.
const FORM: &str = "an empty form; its action has a call";

const TELEWORK: &[(Page, Beside)] = &[
    // What a superior says with an own sign-in.
    (
        (Get, "/telework/handover"),
        Without(
            "who stands in is said by the superior in person; a program does not hand a power over",
        ),
    ),
    (
        (Post, "/telework/handover"),
        Without(
            "who stands in is said by the superior in person; a program does not hand a power over",
        ),
    ),
    (
        (Post, "/telework/handover/{id}/end"),
        Without("a hand-over is ended by the superior in person, as it was set"),
    ),
    // One's own days.
    (
        (Get, "/telework"),
        Calls(&[(Get, "/telework/requests"), (Get, "/telework/days"), (Get, "/telework/rules")]),
    ),
    ((Post, "/telework/requests"), Calls(&[(Post, "/telework/requests")])),
    ((Post, "/telework/requests/copy"), Calls(&[(Post, "/telework/requests/copy")])),
    ((Post, "/telework/requests/{id}/cancel"), Calls(&[(Post, "/telework/requests/{id}/cancel")])),
    (
        (Post, "/telework/requests/{id}/resubmit"),
        Calls(&[(Post, "/telework/requests/{id}/resubmit")]),
    ),
    ((Post, "/telework/clock"), Calls(&[(Post, "/telework/today/marks")])),
    ((Post, "/telework/late"), Calls(&[(Post, "/telework/days/{day}/end")])),
    ((Post, "/telework/report"), Calls(&[(Post, "/telework/today/report")])),
    ((Get, "/telework/registration"), Calls(&[(Get, "/telework/registration")])),
    ((Post, "/telework/registration"), Calls(&[(Post, "/telework/registration")])),
    ((Get, "/telework/month"), Calls(&[(Get, "/telework/own/months/{month}")])),
    ((Post, "/telework/month/reason"), Calls(&[(Post, "/telework/days/{day}/reason")])),
    (
        (Get, "/telework/things"),
        Calls(&[(Get, "/telework/own/loans"), (Get, "/telework/own/takeouts")]),
    ),
    ((Post, "/telework/takeouts"), Calls(&[(Post, "/telework/takeouts")])),
    ((Post, "/telework/takeouts/{id}/return"), Calls(&[(Post, "/telework/takeouts/{id}/return")])),
    ((Post, "/telework/loans/{id}/lost"), Calls(&[(Post, "/telework/own/loans/{id}/lost")])),
    ((Get, "/telework/feeds"), Calls(&[(Get, "/telework/feeds")])),
    ((Post, "/telework/feeds"), Calls(&[(Post, "/telework/feeds")])),
    ((Post, "/telework/feeds/revoke"), Calls(&[(Post, "/telework/feeds/revoke")])),
    (
        (Get, "/calendar/{name}"),
        Without("is for programs itself: a calendar program brings the secret of its address"),
    ),
    ((Get, "/telework/papers"), Without("a list of links to the papers; each paper has a call")),
    ((Get, "/telework/papers/{name}"), Calls(&[(Get, "/telework/papers/{name}")])),
    // A team.
    ((Get, "/telework/team"), Calls(&[(Get, "/telework/team"), (Get, "/telework/days")])),
    (
        (Get, "/telework/approvals"),
        Calls(&[(Get, "/telework/waiting"), (Get, "/telework/team"), (Get, "/telework/days")]),
    ),
    ((Post, "/telework/approvals"), Calls(&[(Post, "/telework/decisions")])),
    ((Get, "/telework/people/{id}"), Calls(&[(Get, "/telework/people/{login}/months/{month}")])),
    ((Get, "/telework/takeouts"), Calls(&[(Get, "/telework/takeouts")])),
    ((Post, "/telework/takeouts/{id}/decide"), Calls(&[(Post, "/telework/takeouts/{id}/decide")])),
    // The work inventory.
    ((Get, "/telework/works"), Calls(&[(Get, "/telework/works")])),
    ((Get, "/telework/works/new"), Without(FORM)),
    ((Post, "/telework/works/new"), Calls(&[(Post, "/telework/works")])),
    ((Get, "/telework/works/{id}"), Calls(&[(Get, "/telework/works/{id}")])),
    ((Post, "/telework/works/{id}"), Calls(&[(Post, "/telework/works/{id}")])),
    ((Post, "/telework/works/{id}/remove"), Calls(&[(Post, "/telework/works/{id}/remove")])),
    ((Post, "/telework/works/{id}/decide"), Calls(&[(Post, "/telework/works/{id}/decide")])),
    ((Post, "/telework/works/{id}/staff"), Calls(&[(Post, "/telework/works/{id}/staff")])),
    (
        (Post, "/telework/works/{id}/staff/{staff}/remove"),
        Calls(&[(Post, "/telework/works/{id}/staff/{login}/remove")]),
    ),
    ((Get, "/telework/works/staff"), Calls(&[(Get, "/telework/works/staff")])),
    ((Get, "/telework/works/chart"), Calls(&[(Get, "/telework/works/hours")])),
    ((Get, "/telework/works/rules"), Calls(&[(Get, "/telework/works/rules")])),
    ((Get, "/telework/works/rules/new"), Without(FORM)),
    ((Post, "/telework/works/rules/new"), Calls(&[(Post, "/telework/works/rules")])),
    ((Get, "/telework/works/rules/{key}"), Calls(&[(Get, "/telework/works/rules")])),
    ((Post, "/telework/works/rules/{key}"), Calls(&[(Post, "/telework/works/rules/{key}")])),
    (
        (Post, "/telework/works/rules/{key}/remove"),
        Calls(&[(Post, "/telework/works/rules/{key}/remove")]),
    ),
    ((Post, "/telework/works/rules/reset"), Calls(&[(Post, "/telework/works/rules/reset")])),
    ((Get, "/telework/works/import"), Without(FORM)),
    ((Post, "/telework/works/import"), Calls(&[(Post, "/telework/works/import/{kind}")])),
    ((Post, "/telework/works/import/take"), Calls(&[(Post, "/telework/works/import/{kind}")])),
    ((Get, "/telework/works/import/marked.xlsx"), Calls(&[(Get, "/telework/works/import/marked")])),
    (
        (Get, "/telework/works/import/template/{name}"),
        Calls(&[(Get, "/telework/works/template/{name}")]),
    ),
    ((Post, "/telework/works/export/{name}"), Calls(&[(Post, "/telework/works/export/{name}")])),
    // The survey.
    ((Get, "/telework/survey"), Calls(&[(Get, "/telework/survey")])),
    ((Get, "/telework/survey/{code}"), Calls(&[(Get, "/telework/survey/{question}")])),
    ((Post, "/telework/survey/{code}"), Calls(&[(Post, "/telework/survey/{question}")])),
    // HR.
    (
        (Get, "/admin/telework"),
        Calls(&[(Get, "/telework/settings"), (Get, "/telework/emergencies")]),
    ),
    ((Post, "/admin/telework"), Calls(&[(Post, "/telework/settings")])),
    ((Post, "/admin/telework/emergency"), Calls(&[(Post, "/telework/emergencies")])),
    (
        (Post, "/admin/telework/emergency/{id}/lift"),
        Calls(&[(Post, "/telework/emergencies/{id}/lift")]),
    ),
    ((Get, "/admin/telework/people"), Calls(&[(Get, "/telework/people")])),
    ((Get, "/admin/telework/people/{id}"), Calls(&[(Get, "/telework/people/{login}")])),
    ((Post, "/admin/telework/people/{id}"), Calls(&[(Post, "/telework/people/{login}")])),
    (
        (Post, "/admin/telework/people/{id}/leave"),
        Calls(&[(Post, "/telework/people/{login}/leaves")]),
    ),
    (
        (Post, "/admin/telework/leaves/{id}/remove"),
        Calls(&[(Post, "/telework/leaves/{id}/remove")]),
    ),
    (
        (Post, "/admin/telework/people/{id}/requests"),
        Calls(&[(Post, "/telework/people/{login}/requests")]),
    ),
    (
        (Get, "/admin/telework/people/{id}/month"),
        Calls(&[(Get, "/telework/people/{login}/months/{month}")]),
    ),
    (
        (Post, "/admin/telework/people/{id}/reason"),
        Calls(&[(Post, "/telework/people/{login}/days/{day}/reason")]),
    ),
    (
        (Get, "/admin/telework/close"),
        Calls(&[(Get, "/telework/months/{month}"), (Get, "/telework/months/{month}/differences")]),
    ),
    ((Post, "/admin/telework/close"), Calls(&[(Post, "/telework/months/{month}/close")])),
    ((Post, "/admin/telework/close/reopen"), Calls(&[(Post, "/telework/months/{month}/reopen")])),
    ((Get, "/admin/telework/overtime"), Calls(&[(Get, "/telework/months/{month}/overtime")])),
    ((Get, "/admin/telework/year"), Calls(&[(Get, "/telework/years/{year}")])),
    ((Get, "/admin/telework/allowance"), Calls(&[(Get, "/telework/allowance")])),
    ((Post, "/admin/telework/allowance"), Calls(&[(Post, "/telework/allowance")])),
    (
        (Post, "/admin/telework/allowance/{id}/withdraw"),
        Calls(&[(Post, "/telework/allowance/{id}/withdraw")]),
    ),
    ((Get, "/admin/telework/export"), Calls(&[(Get, "/telework/payroll")])),
    ((Post, "/admin/telework/export"), Calls(&[(Post, "/telework/payroll")])),
    (
        (Post, "/admin/telework/export/payroll/{name}"),
        Calls(&[(Post, "/telework/months/{month}/payroll")]),
    ),
    (
        (Post, "/admin/telework/export/attendance/{name}"),
        Calls(&[(Post, "/telework/months/{month}/attendance")]),
    ),
    // IT's register of loans.
    ((Get, "/admin/loans"), Calls(&[(Get, "/telework/loans")])),
    ((Get, "/admin/loans/new"), Without(FORM)),
    ((Post, "/admin/loans/new"), Calls(&[(Post, "/telework/loans")])),
    ((Get, "/admin/loans/{id}"), Calls(&[(Get, "/telework/loans/{id}")])),
    ((Post, "/admin/loans/{id}"), Calls(&[(Post, "/telework/loans/{id}")])),
    ((Post, "/admin/loans/{id}/return"), Calls(&[(Post, "/telework/loans/{id}/return")])),
    ((Post, "/admin/loans/{id}/lost"), Calls(&[(Post, "/telework/loans/{id}/lost")])),
];

/// Every page below these paths is in the table once, every line of the table is a page, and every
/// call it names is there.
pub(super) fn is_complete(below: &[&str], table: &[(Page, Beside)]) {
    let all = listed();
    let named =
        |method, path: &str| all.iter().any(|route| route.method == method && route.path == path);
    let inside = |path: &str| {
        below.iter().any(|start| path == *start || path.starts_with(&format!("{start}/")))
    };
    let pages =
        all.iter().filter(|route| !matches!(route.access, Access::Api(_)) && inside(route.path));
    for route in pages {
        let found = table
            .iter()
            .filter(|((method, path), _)| (*method, *path) == (route.method, route.path))
            .count();
        assert_eq!(
            found, 1,
            "{:?} {} needs a call beside it, or a reason",
            route.method, route.path
        );
    }
    for ((method, path), beside) in table {
        assert!(named(*method, path), "{method:?} {path} is no page");
        match beside {
            Calls(calls) => {
                assert!(!calls.is_empty(), "{path}");
                for (with, call) in *calls {
                    let call = format!("/api/v1{call}");
                    assert!(named(*with, &call), "{call} beside {path} is not there");
                    // A program proves no factors: what its page asks a proof for is a right of
                    // its own.
                    let there = |method, path: &str| {
                        all.iter().find(|route| route.method == method && route.path == path)
                    };
                    if there(*method, path).is_some_and(|page| page.fresh != Fresh::No) {
                        let apart = there(*with, &call).is_some_and(
                            |call| matches!(call.access, Access::Api(scope) if scope.unproved()),
                        );
                        assert!(apart, "{path} asks for a proof, and {call} for no right apart");
                    }
                    // What changes something is not done by reading.
                    assert_eq!(with, method, "{call} beside {path}");
                }
            }
            Without(why) => assert!(why.len() > 20, "{path}: say why"),
        }
    }
}

#[test]
fn a_program_can_do_what_the_pages_of_telework_do() {
    is_complete(&["/telework", "/admin/telework", "/admin/loans", "/calendar"], TELEWORK);
}

/// Whoever finds a page finds its call, and nobody else does: tried with every role on what needs
/// no identity.
#[tokio::test]
async fn a_call_is_there_for_whom_its_page_is() {
    let town = Town::new().await;
    let query = |path: &str| match path {
        "/telework/requests" | "/telework/days" => "?from=2026-09-01&to=2026-09-30",
        "/telework/survey" => "?as_of=2026-09-01",
        _ => "",
    };
    let filled = |path: &str| path.replace("{month}", "2026-08").replace("{year}", "2026");
    // What a superior sees of others is asked for by another word, or is there without anything in
    // it.
    let by_whose = ["/telework/team", "/telework/approvals"];
    let pairs: Vec<(&str, &str)> = TELEWORK
        .iter()
        .filter(|((method, page), _)| {
            *method == Get && !page.contains('{') && !by_whose.contains(page)
        })
        .filter_map(|((_, page), beside)| match beside {
            Calls(calls) => Some(calls.iter().map(move |(_, call)| (*page, *call))),
            Without(_) => None,
        })
        .flatten()
        .filter(|(_, call)| {
            !call.contains("{id}") && !call.contains("{login}") && !call.contains("{name}")
        })
        .filter(|(_, call)| *call != "/telework/works/import/marked")
        .collect();
    assert!(pairs.len() >= 20, "{}", pairs.len());
    let mut seen = BTreeSet::new();
    for login in ["staff1", "superior1", "it1", "hr1", "auditor1"] {
        let mut browser = town.sign_in(login).await;
        let secret = token(&town, town.person(HOME, login).await.id, HOME, &Scope::ALL).await;
        for (page, path) in &pairs {
            let shown = browser.get(page).await.status;
            let path = format!("/api/v1{}{}", filled(path), query(path));
            let reply = call(&mut town.browser(), Get, &path, Some(&secret), None).await;
            assert!(
                matches!(shown, StatusCode::OK | StatusCode::NOT_FOUND),
                "{login} {page}: {shown}"
            );
            assert_eq!(reply.status, shown, "{login}: {page} and {path}: {}", reply.text());
            seen.insert((shown.as_u16(), *page));
        }
    }
    // Both answers were met.
    assert!(
        seen.iter().any(|(status, _)| *status == 200)
            && seen.iter().any(|(status, _)| *status == 404)
    );
}
