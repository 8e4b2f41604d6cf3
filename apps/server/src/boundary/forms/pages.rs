//! The pages of a body: people, policies, mail, telework, its inventory and its things.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use exchange::case::Desks;
use people::{DeviceId, Pc, PcId, Posture, Zone};
use store::devices::Device;

use super::{form, late, route_of, taking};
use crate::testing::{HOME, Town};

pub(super) fn mine(path: &str) -> bool {
    !path.starts_with("/api/") && !path.starts_with("/exchange/")
}

const DEVICE: DeviceId = DeviceId([0x0d; 16]);
const PC: PcId = PcId([0x0c; 16]);

/// A form that two windows show: what the first saves, and what is typed into the second.
struct Twice {
    login: &'static str,
    page: String,
    path: String,
    first: Vec<(&'static str, String)>,
    then: Vec<(&'static str, String)>,
}

fn twice(
    login: &'static str,
    page: &str,
    path: &str,
    name: &'static str,
    first: &str,
    then: &str,
) -> Twice {
    let page = if page.is_empty() { path } else { page };
    let of = |value: &str| vec![(name, value.to_owned())];
    Twice { login, page: page.to_owned(), path: path.to_owned(), first: of(first), then: of(then) }
}

impl Twice {
    /// With another field, or the button, in both.
    fn and(mut self, name: &'static str, value: &str) -> Self {
        self.first.push((name, value.to_owned()));
        self.then.push((name, value.to_owned()));
        self
    }

    async fn come_late(&self, town: &Town) {
        let with = |sheet: &web_town::forms::Sheet, fields: &[(&str, String)]| {
            fields.iter().fold(sheet.clone(), |sheet, (name, value)| sheet.with(name, value))
        };
        let (mut one, mut other) = (town.sign_in(self.login).await, town.sign_in(self.login).await);
        let field = self.first[0].0;
        let shown = form(&mut other, &self.page, &self.path, field).await;
        let first = form(&mut one, &self.page, &self.path, field).await;
        let saved = one.submit(&with(&first, &self.first)).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}: {}", self.path, saved.text());
        let (reply, again) =
            late(town, &mut other, &with(&shown, &self.then), &self.then[0].1).await;
        // Whoever has seen what stands now saves it with the same form.
        let again = again.unwrap_or_else(|| panic!("{}: {}", self.path, reply.text()));
        let again =
            self.then[1..].iter().fold(again, |sheet, (name, value)| sheet.with(name, value));
        let saved = other.submit(&again).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}: {}", self.path, saved.text());
        // In English, too, what changed is said.
        let mut english = town.sign_in(self.login).await;
        english.plant("noren-lang", "en");
        let shown = form(&mut english, &self.page, &self.path, field).await;
        let empty = shown.with("seen", "{}");
        let reply = english.submit(&with(&empty, &self.first)).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}: {}", self.path, reply.text());
        assert!(reply.text().contains("somebody else"), "{}: {}", self.path, reply.text());
    }
}

/// A division led by `superior1` with `staff1` in it, a PC, a device, a loan, a work with its part,
/// a rule of one's own.
pub(super) async fn settled() -> (Town, String) {
    let town = web_town::led_town::<crate::App>().await;
    let staff = town.person(HOME, "staff1").await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    let agent = people::AgentId([9; 16]);
    let office = store::agents::Agent {
        id: agent,
        body: staff.body,
        number: 7,
        name: "本庁舎".into(),
        version: "1".into(),
        channel_key: [1; 32],
        control_key: [2; 32],
        enrolled: 1,
        seen: 1,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(&mut tx, &office).await.unwrap();
    let (target, name) = ("pc-1".parse().unwrap(), "企画課".parse().unwrap());
    let pc = Pc {
        id: PC,
        body: staff.body,
        agent,
        target,
        name,
        zone: Zone::Lgwan,
        stopped: false,
        seen: 1,
    };
    store::pcs::offer(&mut tx, &pc).await.unwrap();
    let device = Device {
        id: DEVICE,
        body: staff.body,
        staff: staff.id,
        key: [3; 32],
        name: "端末".into(),
        user_agent: String::new(),
        paired: 1,
        used: 0,
        revoked: 0,
        posture: Posture::default(),
    };
    store::devices::pair(&mut tx, &device, agent, 1).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut it = town.sign_in("it1").await;
    let loan = [
        ("item", "pc"),
        ("number", "PC-12"),
        ("login", "staff1"),
        ("from", "2026-09-01"),
        ("until", "2027-03-31"),
    ];
    let loan =
        it.post("/admin/loans/new", &loan).await.location().split('?').next().unwrap().to_owned();
    let mut superior = town.sign_in("superior1").await;
    let division = staff.division.unwrap().to_string();
    let work = [
        ("division", division.as_str()),
        ("name", "資料の作成"),
        ("hours", "100"),
        ("frequency", "monthly"),
        ("information", "internal"),
        ("zone", "lgwan"),
        ("approval", "none"),
    ];
    assert_eq!(superior.post("/telework/works/new", &work).await.status, StatusCode::SEE_OTHER);
    (town, loan)
}

#[tokio::test]
async fn a_form_of_a_body_that_comes_late_is_refused_and_keeps_what_was_typed() {
    let (town, loan) = settled().await;
    let staff = town.person(HOME, "staff1").await;
    let (person, division) = (staff.id.to_string(), staff.division.unwrap().to_string());
    let survey = "/telework/survey/staff?from=2026-04-01&to=2026-09-30";
    let edited = [
        twice("hr1", "", &format!("/admin/staff/{person}"), "name", "職員 一郎", "職員 二郎"),
        twice("it1", "", &format!("/admin/divisions/{division}"), "name", "企画一課", "企画二課"),
        twice("it1", "", &format!("/admin/devices/{DEVICE}"), "asset", "A-101", "A-102"),
        twice(
            "it1",
            &format!("/admin/pcs/{PC}"),
            &format!("/admin/pcs/{PC}/name"),
            "name",
            "一号機",
            "二号機",
        ),
        twice("it1", "/admin/policy", "/admin/policy/sign-in", "lockout_minutes", "21", "22"),
        twice("it1", "/admin/policy", "/admin/policy/session", "idle_minutes", "13", "14"),
        twice("it1", "/admin/policy", "/admin/policy/record", "address_days", "501", "502"),
        twice("it1", "", "/admin/mail", "host", "one.example", "two.example")
            .and("from", "a@example.jp"),
        twice("hr1", "", "/admin/telework", "places", "自宅", "実家"),
        twice(
            "hr1",
            "",
            &format!("/admin/telework/people/{person}"),
            "joined",
            "2020-04-01",
            "2021-04-01",
        ),
        twice("hr1", "", "/admin/telework/export", "place-login", "17", "18"),
        twice("it1", "", &loan, "until", "2026-12-30", "2026-12-31"),
        twice("staff1", "", "/account/notices", "address", "one@example.jp", "two@example.jp"),
        twice("superior1", "", "/telework/works/1", "name", "資料の確認", "資料の印刷"),
        twice(
            "superior1",
            "/telework/works/1",
            "/telework/works/1/decide",
            "why",
            "議会の間",
            "窓口の当番",
        )
        .and("outcome", "no"),
        twice("superior1", "/telework/works/1", "/telework/works/1/staff", "hours", "41", "42")
            .and("login", "staff1"),
        twice("hr1", "", "/telework/works/rules/counter", "name", "窓口の業務", "来庁者の応対"),
        twice("hr1", survey, "/telework/survey/staff", "why", "派遣を除く", "休職を除く")
            .and("value", "5")
            .and("act", "change"),
    ];
    let mut held = BTreeSet::new();
    for one in edited {
        one.come_late(&town).await;
        held.insert(route_of(&one.path));
    }
    held.extend(desks(&town).await);
    held.extend(rules(&town).await);
    held.extend(day_and_month(&town).await);
    held.extend(requests(&town).await);
    assert_eq!(held, taking(mine));
}

/// Desks begin by a second person; what stands changed meanwhile.
async fn desks(town: &Town) -> [&'static str; 1] {
    let path = "/admin/exchange";
    let mut it = town.sign_in("it1").await;
    let shown = form(&mut it, path, path, "seen").await;
    let body = HOME.parse().unwrap();
    let mut tx = town.app.write_unattended(body).await.unwrap();
    let stands = store::exchange::desks(&mut tx, body).await.unwrap();
    let other = Desks { approval: !stands.approval, ..stands };
    store::exchange::put_desks(&mut tx, body, &other).await.unwrap();
    tx.keep(()).await.unwrap();
    let division = town.person(HOME, "staff1").await.division.unwrap().to_string();
    let (_, again) = late(town, &mut it, &shown.with("desk-0", &division), &division).await;
    assert_eq!(it.submit(&again.unwrap()).await.status, StatusCode::SEE_OTHER);
    [route_of(path)]
}

/// The rules go back to the shipped ones by whoever saw them all.
async fn rules(town: &Town) -> [&'static str; 1] {
    let (page, path) = ("/telework/works/rules", "/telework/works/rules/reset");
    let mut hr = town.sign_in("hr1").await;
    let shown = form(&mut hr, page, path, "seen").await;
    let rule =
        form(&mut hr, "/telework/works/rules/counter", "/telework/works/rules/counter", "name")
            .await;
    assert_eq!(hr.submit(&rule.with("name", "窓口")).await.status, StatusCode::SEE_OTHER);
    let (_, again) = late(town, &mut hr, &shown, "").await;
    assert_eq!(hr.submit(&again.unwrap()).await.status, StatusCode::SEE_OTHER);
    [route_of(path)]
}

/// The report of a day, and the reason of its difference: her own, and of HR for her.
async fn day_and_month(town: &Town) -> [&'static str; 3] {
    let mut staff = town.sign_in("staff1").await;
    staff.get("/telework").await.ok();
    assert_eq!(
        staff.post("/telework/clock", &[("mark", "start")]).await.status,
        StatusCode::SEE_OTHER
    );
    twice("staff1", "/telework", "/telework/report", "report", "議案を書いた", "議案を直した")
        .come_late(town)
        .await;
    town.clock.advance(7_200_000);
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(
        staff.post("/telework/clock", &[("mark", "end")]).await.status,
        StatusCode::SEE_OTHER
    );
    let mut hr = town.sign_in("hr1").await;
    let id = town.person(HOME, "staff1").await.id;
    let (own, of_hr) = ("/telework/month/reason", format!("/admin/telework/people/{id}/reason"));
    let (month, hers) = (
        "/telework/month?month=2026-09",
        format!("/admin/telework/people/{id}/month?month=2026-09"),
    );
    let shown = form(&mut staff, month, own, "day").await;
    let by_hr = form(&mut hr, &hers, &of_hr, "day").await;
    let given = shown.with("why", "急ぎの照会があった");
    assert_eq!(staff.submit(&given).await.status, StatusCode::SEE_OTHER);
    let (reply, again) =
        late(town, &mut hr, &by_hr.with("why", "本人に確認した"), "本人に確認した").await;
    assert!(reply.text().contains("急ぎの照会があった"), "{}", reply.text());
    assert_eq!(hr.submit(&again.unwrap()).await.status, StatusCode::SEE_OTHER);
    let (reply, again) =
        late(town, &mut staff, &shown.with("why", "電話の対応"), "電話の対応").await;
    assert!(reply.text().contains("本人に確認した"), "{}", reply.text());
    assert_eq!(staff.submit(&again.unwrap()).await.status, StatusCode::SEE_OTHER);
    [route_of("/telework/report"), route_of(own), route_of(&of_hr)]
}

/// Requests, by their version: one is decided while its page is open, on either side.
async fn requests(town: &Town) -> [&'static str; 3] {
    let (mut staff, mut superior) = (town.sign_in("staff1").await, town.sign_in("superior1").await);
    let asked = staff.get("/telework/registration").await;
    let mut fields = vec![("version", "1"), ("consent", "yes")];
    let names: Vec<&str> = asked
        .ok()
        .split("name=\"check-")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let names: Vec<String> = names.iter().map(|name| format!("check-{name}")).collect();
    fields.extend(names.iter().map(|name| (name.as_str(), "yes")));
    assert_eq!(staff.post("/telework/registration", &fields).await.status, StatusCode::SEE_OTHER);
    for day in ["2026-10-05", "2026-10-06", "2026-10-07"] {
        let asked = staff
            .post("/telework/requests", &[("day", day), ("form", "home"), ("unit", "day")])
            .await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text());
    }
    let approvals = "/telework/approvals";
    let page = superior.get(approvals).await;
    let picks: Vec<String> = page
        .ok()
        .split("name=\"pick\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().into())
        .collect();
    assert_eq!(picks.len(), 3, "{}", page.text());
    let shown = form(&mut superior, approvals, approvals, "q").await;
    let path = |pick: &str, act: &str| {
        format!("/telework/requests/{}/{act}", pick.split('.').next().unwrap())
    };
    let month = "/telework?month=2026-10";
    // She takes one back while he has it on his page.
    let cancel = form(&mut staff, month, &path(&picks[0], "cancel"), "seen").await;
    assert_eq!(staff.submit(&cancel.with("why", "出張")).await.status, StatusCode::SEE_OTHER);
    let stale =
        shown.with("pick", &picks[0]).with("act", "return").with("why", "業務を書いてください");
    late(town, &mut superior, &stale, "業務を書いてください").await;
    // He approves one while she is about to take it back.
    let (cancelled, returned) = (path(&picks[1], "cancel"), path(&picks[2], "resubmit"));
    let cancel = form(&mut staff, month, &cancelled, "seen").await;
    let approve = shown.with("pick", &picks[1]).with("act", "approve");
    assert_eq!(superior.submit(&approve).await.status, StatusCode::SEE_OTHER);
    let (_, again) =
        late(town, &mut staff, &cancel.with("why", "子どもの発熱"), "子どもの発熱").await;
    assert_eq!(staff.submit(&again.unwrap()).await.status, StatusCode::SEE_OTHER);
    // One that was sent back is handed in again in another window.
    let back =
        shown.with("pick", &picks[2]).with("act", "return").with("why", "業務を書いてください");
    assert_eq!(superior.submit(&back).await.status, StatusCode::SEE_OTHER);
    let resubmit = form(&mut staff, month, &returned, "seen").await;
    assert_eq!(staff.submit(&resubmit).await.status, StatusCode::SEE_OTHER);
    late(town, &mut staff, &resubmit, "").await;
    [route_of(approvals), route_of(&cancelled), route_of(&returned)]
}
