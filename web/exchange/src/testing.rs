//! A small country for tests: the ministry, a prefecture, a city in it, and a city of another
//! prefecture.

use axum::http::StatusCode;
use exchange::form::{Form, shipped};
use exchange::import::{Answers, read_csv};
use exchange::value::Sheet;
use jiff::ToSpan;
use people::{BodyCode, Division, DivisionId, SignInPolicy};
use store::Tx;

use kit::http::{Ctx, CurrentSignIn, Lang, SignedIn};
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use web_people::{Filled, Making, People};
pub(crate) use web_town::{Area, Browser, KEY, ORIGIN, PASSWORD, Plan, Reply, call, seed, token};

use crate::Exchange;

/// A server with people.
pub(crate) type Town = web_town::Town<Whole>;

/// People, their telework days, and the exchange.
#[derive(Clone)]
pub(crate) struct Whole {
    people: People,
    exchange: Exchange,
}

impl Deref for Whole {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        &self.exchange
    }
}

impl Area for Whole {
    fn open(making: Making) -> Self {
        let mut changes = web_telework::waiting::CHANGES.to_vec();
        changes.push(crate::desks::CHANGE);
        let people =
            People::new(making, Filled { openings: Arc::new(web_telework::Days), changes });
        Self { exchange: Exchange::new(&people), people }
    }

    fn people(&self) -> &People {
        &self.people
    }

    fn service(&self) -> Router {
        let kit = &self.people.kit;
        let mut routes: Vec<_> =
            web_people::routes().into_iter().map(|route| route.with(&self.people)).collect();
        routes.extend(web_telework::routes().into_iter().map(|route| route.with(kit)));
        routes.extend(crate::routes().into_iter().map(|route| route.with(&self.exchange)));
        kit::http::service(kit, routes)
    }
}

pub(crate) const MINISTRY: &str = "000019";
pub(crate) const HOKKAIDO: &str = "010006";
pub(crate) const HAKODATE: &str = "012025";
pub(crate) const TOKYO: &str = "130001";
pub(crate) const CHIYODA: &str = "131016";

/// A server with these bodies; each has a clerk `hr1` and a superior `chief1`, Hakodate a division
/// 020 with `soumu1` in it.
pub(crate) async fn country() -> Town {
    let town = Town::empty().await;
    let person = |login: &str, roles: &str, body: &str| {
        serde_json::json!(
        { "login": login, "name": format!("職員 {login}"), "roles": roles, "body": body,
            "password": PASSWORD, "totp_secret": KEY })
    };
    let mut staff = vec![person("it1", "it", MINISTRY)];
    for body in [MINISTRY, HOKKAIDO, HAKODATE, TOKYO, CHIYODA] {
        staff.push(person("hr1", "staff+hr", body));
        staff.push(person("chief1", "staff+superior", body));
    }
    staff.push(person("hr2", "staff+hr", HAKODATE));
    staff.push(person("soumu1", "staff", HAKODATE));
    let plan: Plan = serde_json::from_value(serde_json::json!(
            { "body": MINISTRY, "bodies": [HOKKAIDO, HAKODATE, TOKYO, CHIYODA], "staff": staff }))
    .unwrap();
    seed(town.app.people(), &plan).await.unwrap();
    let mut tx = town.app.write_unattended(people::MINISTRY).await.unwrap();
    let id = DivisionId([0x20; 16]);
    let division = Division {
        id,
        body: HAKODATE.parse().unwrap(),
        code: "020".into(),
        name: "総務課".parse().unwrap(),
        superior: None,
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    let mut soumu = town.person(HAKODATE, "soumu1").await;
    soumu.division = Some(id);
    assert!(store::staff::change(&mut tx, &soumu).await.unwrap());
    for source in shipped::ALL {
        let form = Form::read(source).unwrap();
        store::exchange::put_form(&mut tx, &form.name, &form.title, source, 0, "test")
            .await
            .unwrap();
    }
    keep(tx).await;
    town
}

pub(crate) async fn keep(tx: Tx) {
    tx.keep(()).await.unwrap();
}

/// Somebody signed in, for what is called without a page.
pub(crate) async fn visit(town: &Town, body: &str, login: &str) -> SignedIn {
    let actor = town.actor(body, login).await;
    let ctx = Ctx {
        lang: Lang::Ja,
        csrf: String::new(),
        actor: Some(actor.clone()),
        body_name: "".into(),
        path: String::new(),
        notice: None,
        now: town.app.now(),
        waiting: 0,
    };
    let sign_in = CurrentSignIn {
        hash: [0; 32],
        created: 0,
        proved: 0,
        policy: SignInPolicy::default(),
        held: false,
    };
    SignedIn { actor, ctx, sign_in, peer: None }
}

/// The given answers of 令和3年.
pub(crate) fn answers() -> Answers {
    let form = Form::read(shipped::TELEWORK_R3).unwrap();
    read_csv(
        &form,
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../core/exchange/testdata/answers-r3.csv"
        )),
        |_| true,
    )
    .unwrap()
}

/// A body's given answer of 令和3年.
pub(crate) fn answer(body: &str) -> Sheet {
    answers()[&body.parse::<BodyCode>().unwrap()].clone()
}

/// The day so many days from now.
pub(crate) fn day(town: &Town, days: i64) -> String {
    exchange::case::today(super::access::now(&town.app))
        .checked_add(days.days())
        .unwrap()
        .to_string()
}

/// A survey for Hokkaido and Hakodate, Tokyo and Chiyoda, sent through the pages.
pub(crate) async fn sent(town: &Town, path: &str) -> String {
    let mut desk = town.sign_in_to(MINISTRY, "hr1").await;
    let made = desk.post("/exchange/cases", &[]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text());
    let case = made.location().strip_prefix("/exchange/cases/").unwrap().to_owned();
    let page = desk.get(&format!("/exchange/cases/{case}")).await;
    let revision = page.between("name=\"revision\" value=\"", "\"").unwrap().to_owned();
    let list = format!("{HOKKAIDO}\n{HAKODATE}\n東京都\n{CHIYODA} 千代田区");
    let deadline = day(town, 20);
    let mut fields = vec![
        ("revision", revision.as_str()),
        ("kind", "survey"),
        ("subject", "取組状況調査"),
        ("path", path),
        ("audience", "list"),
        ("list", &list),
        ("desk", "人事担当課"),
        ("form", "telework/令和3年"),
        ("before", "7, 3"),
        ("after", "1"),
        ("act", "send"),
    ];
    let refused = desk.post(&format!("/exchange/cases/{case}/draft"), &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "a survey without a deadline");
    assert!(refused.text().contains("取組状況調査"), "what was typed is still there");
    fields.push(("deadline", &deadline));
    let reply = desk.post(&format!("/exchange/cases/{case}/draft"), &fields).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text());
    case
}
