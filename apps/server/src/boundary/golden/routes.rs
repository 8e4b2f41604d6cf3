//! Every route: who may reach it, whether it asks for a fresh proof, whether it takes a file.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use people::{Actor, Deed, Ground, Role, Roles, StaffId};

use kit::http::{Access, Fresh, Listed, Method};

use crate::document::document;
use crate::routes::listed;
use crate::testing::{Browser, HOME, ORIGIN, Town};

const HEAD: &str = "\
# Every route of the server. Held by a test: a change of who may reach what is a change here.
# Access: public; signed-in: whoever is; ACTION (roles): who has a role that may do this to
# something; set-up: while there is no administrator; machine: proves itself in the request;
# token SCOPE: the API. Fresh: yes: asks for the factors again; at PATH: and leads back to that
# form; asked: when the handler says.
# Takes: upload: a form with a file; file: a call whose body is one; base64: one that has one in it.

";

#[tokio::test]
async fn the_routes_and_who_may_reach_them_are_the_file() {
    let document = serde_json::to_value(document()).unwrap();
    let takes = Takes { uploads: uploads().await, document };
    let mut lines = Vec::new();
    for route in listed() {
        lines.push((route.path, line(&route, &takes)));
    }
    lines.sort();
    let text: String = lines.iter().map(|(_, line)| line.trim_end().to_owned() + "\n").collect();
    let heads = columns("", "path", "access", "fresh", "takes");
    super::same("routes.txt", &format!("{HEAD}{heads}\n{text}"));
}

fn columns(method: &str, path: &str, access: &str, fresh: &str, takes: &str) -> String {
    format!("{method:<4} {path:<62} {access:<52} {fresh:<27} {takes}")
}

/// What tells which routes take a file.
struct Takes {
    uploads: BTreeSet<&'static str>,
    document: serde_json::Value,
}

impl Takes {
    /// What the document says of a call's body: something else than JSON, or JSON with bytes in it.
    fn of_call(&self, path: &str) -> &'static str {
        let content = &self.document["paths"][path]["post"]["requestBody"]["content"];
        let Some(kinds) = content.as_object() else { return "-" };
        let schema = kinds.get("application/json").map(|kind| &kind["schema"]["$ref"]);
        let Some(schema) = schema else { return "file" };
        let name = schema.as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
        let inside = self.document["components"]["schemas"][name].to_string();
        if inside.contains("\"contentEncoding\":\"base64\"") { "base64" } else { "-" }
    }
}

fn line(route: &Listed, takes: &Takes) -> String {
    let method = if route.method == Method::Get { "GET" } else { "POST" };
    let fresh = match route.fresh {
        Fresh::No => "-".to_owned(),
        Fresh::Yes => "yes".to_owned(),
        Fresh::At(form) => format!("at {form}"),
        Fresh::WhenAsked => "asked".to_owned(),
    };
    let takes = match route.access {
        _ if route.method == Method::Get => "-",
        Access::Api(_) => takes.of_call(route.path),
        _ if takes.uploads.contains(route.path) => "upload",
        _ => "-",
    };
    columns(method, route.path, &access(route.access), &fresh, takes)
}

fn access(access: Access) -> String {
    match access {
        Access::Public => "public".to_owned(),
        Access::SignedIn => "signed-in".to_owned(),
        Access::May(deed) => format!("{deed:?} ({})", who(deed)),
        Access::SetUp => "set-up".to_owned(),
        Access::Machine => "machine".to_owned(),
        Access::Api(scope) => format!("token {}", scope.name()),
    }
}

/// The roles that may do this to something.
fn who(deed: Deed) -> String {
    let actor = |roles: &[Role], operator| Actor {
        id: StaffId([1; 16]),
        login: "sato".parse().unwrap(),
        name: "佐藤".parse().unwrap(),
        body: HOME.parse().unwrap(),
        roles: Roles::of(roles),
        operator,
        leads: Vec::new(),
        via: None,
        ground: Ground::Nothing,
    };
    let may = |role: &Role| actor(&[*role], false).widest(deed).is_some();
    let roles = Role::ALL.into_iter().filter(may);
    let mut names: Vec<&str> = roles.map(Role::name).collect();
    if actor(&[], true).widest(deed).is_some() {
        names.push("operator");
    }
    names.join(" ")
}

/// The actions that read a form with a file, as one finds out from outside: they count the form's
/// parts, once its token is right, and refuse too many before anything is done.
async fn uploads() -> BTreeSet<&'static str> {
    let town = Town::new().await;
    let mut found = BTreeSet::new();
    for login in ["it1", "all1"] {
        let mut browser = town.sign_in(login).await;
        let token = browser.csrf.clone();
        let by_people = |access| !matches!(access, Access::Api(_) | Access::Machine);
        for route in listed() {
            if route.method == Method::Get || !by_people(route.access) {
                continue;
            }
            let wrong = parts(&mut browser, route.path, &"0".repeat(64)).await;
            let right = parts(&mut browser, route.path, &token).await;
            if (wrong, right) == (StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST) {
                found.insert(route.path);
            }
        }
    }
    found
}

/// What is answered to a form of very many parts.
async fn parts(browser: &mut Browser, path: &str, token: &str) -> StatusCode {
    let part = |name: &str, value: &str| {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        format!("--x\r\n{head}\r\n\r\n{value}\r\n")
    };
    let body = part("csrf", token) + &part("more", "1").repeat(30) + "--x--\r\n";
    // A place in a path takes any word: what it names is looked for after the form was read.
    let path = path.replace(['{', '}', '*'], "");
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .header(header::ORIGIN, ORIGIN)
        .body(Body::from(body))
        .unwrap();
    browser.send(request).await.status
}
