//! The courses of an attack on four eyes and on forms, as they were tried: nothing of it comes
//! about.

use audit::Kind;
use axum::http::StatusCode;
use people::{Division, DivisionId, Role, Roles, Staff, StaffState};

use crate::testing::{Browser, HOME, PASSWORD, Reply, Town};
use web_people::second::begin_due;

pub(super) const DIVISION: DivisionId = DivisionId([0xd5; 16]);
pub(super) const DAY_MS: u64 = 86_400_000;

/// A town with a division that `superior1` leads, for which `staff1` works and `all1` stands in.
pub(super) async fn town() -> Town {
    let town = Town::new().await;
    let (superior, deputy) =
        (town.person(HOME, "superior1").await, town.person(HOME, "all1").await);
    let division = Division {
        id: DIVISION,
        body: superior.body,
        code: "010".into(),
        name: "情報政策課".parse().unwrap(),
        superior: Some(superior.id),
        deputy: Some(deputy.id),
    };
    let mut tx = town.app.write_unattended(superior.body).await.unwrap();
    store::divisions::add(&mut tx, &division).await.unwrap();
    tx.keep(()).await.unwrap();
    town
}

pub(super) async fn division(town: &Town) -> Division {
    let mut conn = town.app.store.read().await.unwrap();
    store::divisions::find(&mut conn, HOME.parse().unwrap(), DIVISION).await.unwrap().unwrap()
}

pub(super) async fn last(town: &Town, kind: Kind) -> audit::Record {
    let mut conn = town.app.store.read().await.unwrap();
    let chain = audit::Chain::new(HOME).unwrap();
    let page =
        store::audit_page(&mut conn, chain, &store::AuditFilter::default(), 50).await.unwrap();
    page.into_iter()
        .find(|record| record.kind == kind)
        .unwrap_or_else(|| panic!("{} is not on record", kind.name()))
}

pub(super) fn field<'a>(record: &'a audit::Record, name: &str) -> &'a str {
    record.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

pub(super) fn slip(reply: &Reply) -> Option<String> {
    Some(reply.text().split("class=\"slip\">").nth(1)?.split('<').next()?.to_owned())
}

/// The one change that waits, by its id.
pub(super) async fn waiting(town: &Town) -> Option<String> {
    let mut conn = town.app.store.read().await.unwrap();
    let all = store::changes::all(&mut conn, HOME.parse().unwrap()).await.unwrap();
    assert!(all.len() <= 1, "{all:?}");
    all.first().map(|change| change.id.to_string())
}

/// Leaves [`HOME`] one officer: `hr1`, or whoever is named.
async fn one_officer(town: &Town, login: &str) {
    officers(town, &[login]).await;
}

/// Leaves [`HOME`] these officers; the others ceased to be any long ago.
pub(super) async fn officers(town: &Town, logins: &[&str]) {
    for other in ["it1", "hr1", "all1"] {
        if !logins.contains(&other) {
            let staff = town.person(HOME, other).await;
            let mut tx = town.app.write_unattended(staff.body).await.unwrap();
            let roles = Roles::of(&[Role::Staff]);
            store::staff::change(&mut tx, &Staff { roles, ..staff }).await.unwrap();
            tx.keep(()).await.unwrap();
        }
    }
    town.clock.advance(8 * DAY_MS);
}

pub(super) async fn confirm(browser: &mut Browser, id: &str) -> Reply {
    browser.get("/admin/changes").await.ok();
    browser.post(&format!("/admin/changes/{id}/confirm"), &[]).await
}

#[tokio::test]
async fn a_form_opened_before_a_suspension_undoes_nothing_and_says_what_changed() {
    let town = town().await;
    let staff = town.person(HOME, "superior1").await;
    let path = format!("/admin/staff/{}", staff.id);
    let mut hr = town.sign_in("hr1").await;
    let mut it = town.sign_in("it1").await;
    let seen = hr.seen(&path, &path).await.unwrap();
    let fields = |roles: &'static str| {
        [("login", "superior1"), ("name", "長 一郎"), ("role_staff", "on"), (roles, "on")]
    };
    // IT takes the role, and stops the person.
    let taken = it
        .post(&path, &[("login", "superior1"), ("name", "職員 superior1"), ("role_staff", "on")])
        .await;
    assert_eq!(taken.location(), "/admin/staff?done=saved", "{}", taken.text());
    assert_eq!(it.post(&format!("{path}/suspend"), &[]).await.status, StatusCode::SEE_OTHER);
    let mut stale = fields("role_superior").to_vec();
    stale.push(("seen", seen.as_str()));
    let reply = hr.post(&path, &stale).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(
        reply.text().contains("役割：職員・所属長 → 職員")
            && reply.text().contains("利用：利用中 → 停止中"),
        "{}",
        reply.text()
    );
    assert!(reply.text().contains("value=\"長 一郎\""), "what was typed stays");
    // A form of nobody's page has seen nothing.
    let mut unseen = fields("role_superior").to_vec();
    unseen.push(("seen", ""));
    assert_eq!(hr.post(&path, &unseen).await.status, StatusCode::CONFLICT);
    let now = town.person(HOME, "superior1").await;
    assert_eq!((now.state, now.roles), (StaffState::Suspended, Roles::of(&[Role::Staff])));
    // Looked at, it is saved; and still nobody is resumed by it.
    let saved =
        hr.post(&path, &[("login", "superior1"), ("name", "長 一郎"), ("role_staff", "on")]).await;
    assert_eq!(saved.location(), "/admin/staff?done=saved");
    assert_eq!(town.person(HOME, "superior1").await.state, StaffState::Suspended);
}

#[tokio::test]
async fn saves_beside_a_suspension_leave_it_in_force() {
    let town = town().await;
    let path = format!("/admin/staff/{}", town.person(HOME, "staff1").await.id);
    let mut hr = town.sign_in("hr1").await;
    let mut it = town.sign_in("it1").await;
    for _ in 0..8 {
        let seen = hr.seen(&path, &path).await.unwrap();
        let fields = [
            ("seen", seen.as_str()),
            ("login", "staff1"),
            ("name", "職員 staff1"),
            ("role_staff", "on"),
        ];
        let suspend = format!("{path}/suspend");
        let (saved, stopped) = tokio::join!(hr.post(&path, &fields), it.post(&suspend, &[]));
        assert!(
            matches!(saved.status, StatusCode::SEE_OTHER | StatusCode::CONFLICT),
            "{}",
            saved.text()
        );
        assert_eq!(stopped.status, StatusCode::SEE_OTHER);
        assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Suspended);
        it.post(&format!("{path}/resume"), &[]).await;
        assert_eq!(town.person(HOME, "staff1").await.state, StaffState::Active);
    }
}

#[tokio::test]
async fn who_leads_and_where_somebody_belongs_are_on_record_before_and_after() {
    let town = town().await;
    let mut hr = town.sign_in("hr1").await;
    let staff = town.person(HOME, "staff1").await;
    let path = format!("/admin/staff/{}", staff.id);
    let division_id = DIVISION.to_string();
    let fields = [
        ("login", "staff1"),
        ("name", "職員 staff1"),
        ("role_staff", "on"),
        ("division", division_id.as_str()),
    ];
    assert_eq!(hr.post(&path, &fields).await.status, StatusCode::SEE_OTHER);
    let record = last(&town, Kind::STAFF_CHANGED).await;
    assert_eq!((field(&record, "division_before"), field(&record, "division")), ("", "010"));
    // Whoever stops leading stops at once; who is to lead waits, and is on record as asked for.
    let path = format!("/admin/divisions/{DIVISION}");
    let staff1 = staff.id.to_string();
    let reply =
        hr.post(&path, &[("code", "010"), ("name", "情報政策課"), ("superior", &staff1)]).await;
    assert_eq!(reply.location(), "/admin/divisions?done=change-asked", "{}", reply.text());
    let record = last(&town, Kind::DIVISION_CHANGED).await;
    let said = ["superior_before", "superior", "deputy_before", "deputy"]
        .map(|name| field(&record, name).to_owned());
    assert_eq!(said, ["superior1", "superior1", "all1", ""]);
    let id = waiting(&town).await.unwrap();
    let mut it = town.sign_in("it1").await;
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::SEE_OTHER);
    let record = last(&town, Kind::DIVISION_CHANGED).await;
    assert_eq!(
        (field(&record, "superior_before"), field(&record, "superior")),
        ("superior1", "staff1")
    );
    assert_eq!(record.who.name(), "it1");
    assert_eq!(field(&last(&town, Kind::CHANGE_CONFIRMED).await, "asked_by"), "hr1");
}

#[tokio::test]
async fn whoever_makes_an_approver_does_not_hold_the_slip() {
    let town = town().await;
    let mut hr = town.sign_in("hr1").await;
    let fields = [
        ("login", "puppet"),
        ("name", "架空 職員"),
        ("role_staff", "on"),
        ("role_superior", "on"),
        ("division", &DIVISION.to_string()),
    ];
    let reply = hr.post("/admin/staff", &fields).await;
    assert_eq!(
        (reply.status, reply.location()),
        (StatusCode::SEE_OTHER, "/admin/staff?done=slip-asked")
    );
    assert_eq!(slip(&reply), None);
    let puppet = town.person(HOME, "puppet").await;
    let id = waiting(&town).await.unwrap();
    // Who asked is not the second; neither is a program nor the auditor, who sees it.
    assert_eq!(confirm(&mut hr, &id).await.status, StatusCode::FORBIDDEN);
    let mut auditor = town.sign_in("auditor1").await;
    assert!(auditor.get("/admin/changes").await.ok().contains("架空 職員"));
    assert_eq!(
        auditor.post(&format!("/admin/changes/{id}/confirm"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(staff.get("/admin/changes").await.status, StatusCode::NOT_FOUND);
    // Nor does asking again by the other door help.
    assert_eq!(
        hr.post(&format!("/admin/staff/{}/slip", puppet.id), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let mut it = town.sign_in("it1").await;
    let handed = confirm(&mut it, &id).await;
    assert_eq!(handed.status, StatusCode::OK, "{}", handed.text());
    assert!(slip(&handed).is_some() && waiting(&town).await.is_none());
    assert_eq!(last(&town, Kind::ACTIVATION_ISSUED).await.who.name(), "it1");
}

#[tokio::test]
async fn a_new_slip_of_an_approver_is_asked_for_by_one_and_handed_out_by_another() {
    let town = town().await;
    let superior = town.person(HOME, "superior1").await;
    let mut it = town.sign_in("it1").await;
    let reply = it.post(&format!("/admin/staff/{}/slip", superior.id), &[]).await;
    assert_eq!((reply.location(), slip(&reply)), ("/admin/staff?done=slip-asked", None));
    // Until it is handed out nothing of hers changes.
    let mut boss = town.sign_in("superior1").await;
    boss.get("/telework/approvals").await.ok();
    let id = waiting(&town).await.unwrap();
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::FORBIDDEN);
    let mut hr = town.sign_in("hr1").await;
    assert!(slip(&confirm(&mut hr, &id).await).is_some());
    assert_eq!(town.person(HOME, "superior1").await.state, StaffState::Waiting);
    // IT's own slip is handed out by IT; where there is no other, by HR, so that no single officer
    // makes another.
    let other = town.person(HOME, "all1").await;
    assert_eq!(
        it.post(&format!("/admin/staff/{}/slip", other.id), &[]).await.location(),
        "/admin/staff?done=slip-asked"
    );
    let id = waiting(&town).await.unwrap();
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::FORBIDDEN);
    assert!(slip(&confirm(&mut hr, &id).await).is_some());
}

#[tokio::test]
async fn a_slip_in_a_body_without_a_second_officer_holds_its_power_back_until_the_next_midnight() {
    let town = town().await;
    one_officer(&town, "it1").await;
    let mut it = town.sign_in("it1").await;
    let superior = town.person(HOME, "superior1").await;
    assert!(slip(&it.post(&format!("/admin/staff/{}/slip", superior.id), &[]).await).is_some());
    let standing = async || {
        let mut conn = town.app.store.read().await.unwrap();
        let (roles, leads) =
            store::changes::in_force(&mut conn, superior.body, superior.id, superior.roles)
                .await
                .unwrap();
        (roles.has(Role::Superior), leads.len())
    };
    assert_eq!(standing().await, (false, 0));
    town.clock.advance(DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 1);
    assert_eq!(standing().await, (true, 1));
}

#[tokio::test]
async fn in_a_body_with_one_officer_an_approver_decides_from_the_next_midnight() {
    let town = town().await;
    one_officer(&town, "hr1").await;
    let mut hr = town.sign_in("hr1").await;
    let made = hr
        .post(
            "/admin/staff",
            &[("login", "boss"), ("name", "村長"), ("role_staff", "on"), ("role_superior", "on")],
        )
        .await;
    assert!(slip(&made).is_some(), "a village goes on: {}", made.text());
    let boss = town.person(HOME, "boss").await;
    let roles = async || {
        let mut conn = town.app.store.read().await.unwrap();
        store::changes::in_force(&mut conn, boss.body, boss.id, boss.roles).await.unwrap().0
    };
    assert!(!roles().await.has(Role::Superior) && roles().await.has(Role::Staff));
    assert!(hr.get("/admin/changes").await.ok().contains("村長"), "it is shown");
    town.clock.advance(DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 1);
    assert!(roles().await.has(Role::Superior));
    assert!(waiting(&town).await.is_none());
    assert_eq!(last(&town, Kind::CHANGE_BEGAN).await.who, audit::Who::System);
    // What is taken back does not come to be by that.
    let mut hr = town.sign_in("hr1").await;
    hr.post(
        "/admin/staff",
        &[("login", "boss2"), ("name", "助役"), ("role_staff", "on"), ("role_superior", "on")],
    )
    .await
    .ok();
    let id = waiting(&town).await.unwrap();
    assert_eq!(
        hr.post(&format!("/admin/changes/{id}/withdraw"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(town.person(HOME, "boss2").await.roles, Roles::of(&[Role::Staff]));
    assert!(waiting(&town).await.is_none());
}

#[tokio::test]
async fn a_superior_nobody_confirmed_decides_on_nobody() {
    let town = town().await;
    // IT makes a member of staff a superior; she leads already by an older word.
    let (staff, superior) = (town.person(HOME, "staff1").await, division(&town).await);
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    store::divisions::change(&mut tx, &Division { superior: Some(staff.id), ..superior })
        .await
        .unwrap();
    tx.keep(()).await.unwrap();
    let mut it = town.sign_in("it1").await;
    let path = format!("/admin/staff/{}", staff.id);
    let fields = [
        ("login", "staff1"),
        ("name", "職員 staff1"),
        ("role_staff", "on"),
        ("role_superior", "on"),
    ];
    assert_eq!(it.post(&path, &fields).await.location(), "/admin/staff?done=change-asked");
    let mut her = town.sign_in("staff1").await;
    assert_eq!(her.get("/telework/approvals").await.status, StatusCode::NOT_FOUND);
    let id = waiting(&town).await.unwrap();
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(confirm(&mut hr, &id).await.location(), "/admin/changes?done=change-confirmed");
    her.get("/telework/approvals").await.ok();
}

#[tokio::test]
async fn who_is_to_lead_waits_for_a_second_officer_who_is_neither_asker_nor_named() {
    let town = town().await;
    let mut hr = town.sign_in("hr1").await;
    let (me, superior) = (
        town.person(HOME, "hr1").await.id.to_string(),
        town.person(HOME, "superior1").await.id.to_string(),
    );
    let path = format!("/admin/divisions/{DIVISION}");
    let fields = [
        ("code", "010"),
        ("name", "情報政策課"),
        ("superior", superior.as_str()),
        ("deputy", me.as_str()),
    ];
    assert_eq!(hr.post(&path, &fields).await.location(), "/admin/divisions?done=change-asked");
    assert_eq!(
        division(&town).await.deputy,
        Some(town.person(HOME, "all1").await.id),
        "until then whoever stood in still does"
    );
    town.clock.advance(3 * DAY_MS);
    assert_eq!(
        begin_due(&town.app).await.unwrap(),
        0,
        "where there is a second officer, time alone begins nothing"
    );
    let id = waiting(&town).await.unwrap();
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(confirm(&mut hr, &id).await.status, StatusCode::FORBIDDEN);
    let mut it = town.sign_in("it1").await;
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::SEE_OTHER);
    assert_eq!(division(&town).await.deputy, Some(town.person(HOME, "hr1").await.id));
}

#[tokio::test]
async fn what_is_switched_off_before_midnight_begins_eight_hours_later_and_says_so() {
    let town = town().await;
    // Half past 23:58 in Tokyo; signing in takes the other half.
    let (day, hour) = (DAY_MS, 3_600_000);
    let today = (u64::try_from(town.app.now()).unwrap() + 9 * hour) % day;
    town.clock.advance((2 * day - 90_000 - today) % day);
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(
        hr.post("/admin/exchange", &[]).await.location(),
        "/admin/exchange?done=change-asked"
    );
    for path in ["/admin/exchange", "/admin/changes"] {
        let page = hr.get(path).await;
        let text = page.ok();
        assert!(text.contains("日 07:59"), "{path} says the moment: {text}");
    }
    let approval = async || {
        let mut conn = town.app.store.read().await.unwrap();
        store::exchange::desks(&mut conn, HOME.parse().unwrap()).await.unwrap().approval
    };
    town.clock.advance(8 * hour - 1);
    assert_eq!(begin_due(&town.app).await.unwrap(), 0);
    assert!(approval().await);
    town.clock.advance(1);
    assert_eq!(begin_due(&town.app).await.unwrap(), 1);
    assert!(!approval().await);
}

#[tokio::test]
async fn approval_is_not_switched_off_and_on_by_one_clerk() {
    let town = town().await;
    let approval = async || {
        let mut conn = town.app.store.read().await.unwrap();
        store::exchange::desks(&mut conn, HOME.parse().unwrap()).await.unwrap().approval
    };
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(
        hr.post("/admin/exchange", &[]).await.location(),
        "/admin/exchange?done=change-asked"
    );
    assert!(approval().await, "today it is still asked for");
    assert!(
        hr.get("/admin/exchange").await.ok().contains("庁内承認をやめる"),
        "it is shown as waiting"
    );
    // A form that changes nothing leaves it waiting; it is taken back where it stands.
    assert_eq!(
        hr.post("/admin/exchange", &[("approval", "yes")]).await.location(),
        "/admin/exchange?done=saved"
    );
    let id = waiting(&town).await.unwrap();
    assert_eq!(
        hr.post(&format!("/admin/changes/{id}/withdraw"), &[]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(waiting(&town).await.is_none());
    hr.post("/admin/exchange", &[]).await;
    let id = waiting(&town).await.unwrap();
    assert_eq!(confirm(&mut hr, &id).await.status, StatusCode::FORBIDDEN);
    town.clock.advance(DAY_MS);
    assert_eq!(begin_due(&town.app).await.unwrap(), 1);
    assert!(!approval().await);
    // Asking for it again begins at once.
    let mut hr = town.sign_in("hr1").await;
    assert_eq!(
        hr.post("/admin/exchange", &[("approval", "yes")]).await.location(),
        "/admin/exchange?done=saved"
    );
    assert!(approval().await);
    // Or a second person says so today.
    hr.post("/admin/exchange", &[]).await;
    let id = waiting(&town).await.unwrap();
    let mut it = town.sign_in("it1").await;
    assert_eq!(confirm(&mut it, &id).await.status, StatusCode::SEE_OTHER);
    assert!(!approval().await);
    assert_eq!(field(&last(&town, Kind::CHANGE_CONFIRMED).await, "asked_by"), "hr1");
}

#[tokio::test]
async fn that_a_day_needs_no_approval_waits_too() {
    let town = town().await;
    let mut hr = town.sign_in("hr1").await;
    let staff = town.person(HOME, "staff1").await;
    let path = format!("/admin/telework/people/{}", staff.id);
    let exempt = async || {
        let mut conn = town.app.store.read().await.unwrap();
        store::telework::setting::<telework::rules::Rules>(
            &mut conn,
            staff.body,
            store::telework::RULES,
        )
        .await
        .unwrap()
        .is_some_and(|rules| rules.exempt.contains(&staff.id))
    };
    let fields = [("kind", "regular"), ("general", "yes"), ("exempt", "yes")];
    let reply = hr.post(&path, &fields).await;
    assert!(reply.location().ends_with("?done=change-asked"), "{}", reply.text());
    assert!(!exempt().await);
    town.clock.advance(DAY_MS);
    begin_due(&town.app).await.unwrap();
    assert!(exempt().await);
    // What is taken is taken at once.
    let mut hr = town.sign_in("hr1").await;
    hr.post(&path, &[("kind", "regular"), ("general", "yes")]).await;
    assert!(!exempt().await);
}

#[tokio::test]
async fn a_token_in_somebody_elses_name_opens_nothing_without_her_word_and_dies_with_her_slip() {
    use crate::testing::call;
    use kit::http::Method::Get;
    let town = town().await;
    let superior = town.person(HOME, "superior1").await;
    let mut it = town.sign_in("it1").await;
    it.get("/admin/tokens").await.ok();
    let id = superior.id.to_string();
    let fields = [
        ("name", "給与\u{202e}連携\u{7}"),
        ("days", "366"),
        ("staff", id.as_str()),
        ("telework:decide", "yes"),
        ("telework:read", "yes"),
    ];
    let made = it.post("/admin/tokens", &fields).await;
    let secret = made.between("id=\"token\">", "</code>").unwrap().to_owned();
    let status =
        async || call(&mut town.browser(), Get, "/api/v1/token", Some(&secret), None).await.status;
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(last(&town, Kind::API_TOKEN_ASKED).await.who.name(), "it1");
    // It waits on her own page, and says what it would decide in her place.
    let mut boss = town.sign_in("superior1").await;
    assert!(boss.get("/account").await.ok().contains("同意を求められている"));
    let page = boss.get("/account/tokens").await;
    assert!(
        page.ok().contains("あなたの代わりに決める")
            && page.text().contains("テレワークを承認する")
    );
    assert!(page.text().contains("給与連携"), "a name turns nothing round");
    let token = page.between("/account/tokens/", "/consent").unwrap().to_owned();
    let consent = format!("/account/tokens/{token}/consent");
    // Nobody else gives it, and she not without her password.
    assert_eq!(it.post(&consent, &[("password", PASSWORD)]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        boss.post(&consent, &[("password", "wrong")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(boss.post(&consent, &[("password", PASSWORD)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(status().await, StatusCode::OK);
    assert_eq!(last(&town, Kind::API_TOKEN_CONSENTED).await.who.name(), "superior1");
    // A suspension ends it for good.
    let path = format!("/admin/staff/{}", superior.id);
    it.post(&format!("{path}/suspend"), &[]).await;
    it.post(&format!("{path}/resume"), &[]).await;
    assert_eq!(status().await, StatusCode::UNAUTHORIZED);
    assert_eq!(field(&last(&town, Kind::API_TOKEN_REVOKED).await, "for"), "superior1");

    // So does a new slip, and so does her own button.
    for how in ["end", "slip"] {
        let made = it.post("/admin/tokens", &fields).await;
        let secret = made.between("id=\"token\">", "</code>").unwrap().to_owned();
        let mut boss = town.sign_in("superior1").await;
        let token = boss
            .get("/account/tokens")
            .await
            .between("/account/tokens/", "/consent")
            .unwrap()
            .to_owned();
        boss.post(&format!("/account/tokens/{token}/consent"), &[("password", PASSWORD)]).await;
        let status = async || {
            call(&mut town.browser(), Get, "/api/v1/token", Some(&secret), None).await.status
        };
        assert_eq!(status().await, StatusCode::OK, "{how}");
        if how == "end" {
            assert_eq!(
                boss.post(&format!("/account/tokens/{token}/end"), &[]).await.status,
                StatusCode::SEE_OTHER
            );
        } else {
            let mut tx = town.app.write_unattended(superior.body).await.unwrap();
            web_people::slips::issue(&town.app, &mut tx, superior.id).await.unwrap();
            tx.keep(()).await.unwrap();
            assert_eq!(status().await, StatusCode::UNAUTHORIZED, "{how}");
            break;
        }
        assert_eq!(status().await, StatusCode::UNAUTHORIZED, "{how}");
    }
}
