//! Loans over HTTP: lent once, taken back, lost with its device cut; and nobody sees another's.

use axum::http::StatusCode;
use people::{AgentId, BodyCode, DeviceId, Posture, StaffId};
use store::Tx;
use store::agents::Agent;
use store::devices::Device;
use store::telework::PaperKind;
use telework::papers::Loan;

use crate::testing::{Browser, HOME, OTHER, Town};
use kit::Cut;

pub(crate) const AGENT: AgentId = AgentId([6; 16]);
pub(crate) const DEVICE: DeviceId = DeviceId([0xdd; 16]);

/// A person's paired browser that was declared to be on the thing of this number, and the agent it
/// was paired at.
pub(crate) async fn paired(tx: &mut Tx, body: BodyCode, staff: StaffId, asset: &str) {
    let agent = Agent {
        id: AGENT,
        body,
        number: 7,
        name: "庁舎".into(),
        version: "1".into(),
        channel_key: [1; 32],
        control_key: [2; 32],
        enrolled: 1,
        seen: 0,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(tx, &agent).await.unwrap();
    let device = Device {
        id: DEVICE,
        body,
        staff,
        key: [3; 32],
        name: "貸与ノート".into(),
        user_agent: "test".into(),
        paired: 1,
        used: 0,
        revoked: 0,
        posture: Posture { asset: asset.into(), ..Posture::default() },
    };
    store::devices::pair(tx, &device, AGENT, 1).await.unwrap();
    store::devices::put_posture(tx, body, DEVICE, &device.posture).await.unwrap();
}

async fn town(asset: &str) -> Town {
    let town = Town::new().await;
    let staff = town.person(HOME, "staff1").await;
    let mut tx = town.app.write_unattended(staff.body).await.unwrap();
    paired(&mut tx, staff.body, staff.id, asset).await;
    tx.keep(()).await.unwrap();
    town
}

async fn lend(it: &mut Browser, number: &str) -> (StatusCode, String) {
    let fields = [
        ("item", "pc"),
        ("number", number),
        ("login", "staff1"),
        ("from", "2026-09-01"),
        ("until", "2027-03-31"),
    ];
    let reply = it.post("/admin/loans/new", &fields).await;
    let place = reply.location().split('?').next().unwrap_or("").to_owned();
    (reply.status, if place.is_empty() { reply.text().to_owned() } else { place })
}

async fn loans(town: &Town) -> Vec<Loan> {
    let mut conn = town.app.store.read().await.unwrap();
    let papers = store::telework::papers::<Loan>(&mut conn, HOME.parse().unwrap(), PaperKind::Loan)
        .await
        .unwrap();
    papers.into_iter().map(|paper| paper.value).collect()
}

#[tokio::test]
async fn a_thing_is_lent_once_found_and_taken_back() {
    let town = town("").await;
    let mut it = town.sign_in("it1").await;
    let (status, place) = lend(&mut it, "PC-12").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{place}");
    let (status, text) = lend(&mut it, "PC-12").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("職員 staff1さんに貸出中です"));
    assert_eq!(lend(&mut it, " ").await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(it.get("/admin/loans?q=PC-12").await.ok().contains("職員 staff1"));
    assert!(!it.get("/admin/loans?q=PC-99").await.ok().contains("職員 staff1"));
    let linked = it.post(&place, &[("device", &DEVICE.to_string()), ("until", "2026-12-31")]).await;
    assert_eq!(linked.status, StatusCode::SEE_OTHER, "{}", linked.text());
    assert_eq!(loans(&town).await[0].device, Some(DEVICE));
    assert_eq!(it.post(&format!("{place}/return"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(it.post(&format!("{place}/return"), &[]).await.status, StatusCode::CONFLICT);
    assert_eq!(
        it.post(&format!("{place}/lost"), &[]).await.status,
        StatusCode::CONFLICT,
        "it is back"
    );
    assert!(it.get("/admin/loans?state=all").await.ok().contains("返却済み"));
    assert_eq!(lend(&mut it, "PC-12").await.0, StatusCode::SEE_OTHER);
    assert!(town.record(HOME).await.contains(&audit::Kind::GIVEN_BACK));
}

#[tokio::test]
async fn a_loss_cuts_the_device_at_once() {
    let town = town("PC-12").await;
    let mut it = town.sign_in("it1").await;
    let (_, place) = lend(&mut it, "PC-12").await;
    let id = place.rsplit('/').next().unwrap().to_owned();
    assert_eq!(
        loans(&town).await[0].device,
        Some(DEVICE),
        "linked by the number that was declared"
    );
    let mut cuts = town.app.cuts.subscribe();
    // Another person, and another body, cannot report what is not theirs.
    let mut superior = town.sign_in("superior1").await;
    assert_eq!(
        superior.post(&format!("/telework/loans/{id}/lost"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let mut foreign = town.sign_in_to(OTHER, "it1").await;
    assert_eq!(foreign.get(&place).await.status, StatusCode::NOT_FOUND);
    assert_eq!(foreign.post(&format!("{place}/lost"), &[]).await.status, StatusCode::NOT_FOUND);
    let mut staff = town.sign_in("staff1").await;
    assert_eq!(
        staff.get("/admin/loans").await.status,
        StatusCode::NOT_FOUND,
        "the register is not hers"
    );
    assert!(staff.get("/telework/things").await.ok().contains("PC-12"));
    let path = format!("/telework/loans/{id}/lost");
    assert_eq!(
        staff.post(&path, &[("why", "電車に置き忘れた")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(matches!(cuts.try_recv(), Ok(Cut::Device(device)) if device == DEVICE));
    assert_eq!(staff.post(&path, &[]).await.status, StatusCode::CONFLICT);
    let mut conn = town.app.store.read().await.unwrap();
    let device =
        store::devices::find(&mut conn, HOME.parse().unwrap(), DEVICE).await.unwrap().unwrap();
    assert!(device.revoked > 0);
    drop(conn);
    assert!(loans(&town).await[0].lost.is_some());
    let kinds = town.record(HOME).await;
    assert!(kinds.contains(&audit::Kind::LOST) && kinds.contains(&audit::Kind::DEVICE_REVOKED));
    assert!(it.get("/admin/loans?state=lost").await.ok().contains("PC-12"));
}

#[tokio::test]
async fn who_may_see_the_register_may_not_lend() {
    let town = town("").await;
    for login in ["hr1", "auditor1"] {
        let mut browser = town.sign_in(login).await;
        browser.get("/admin/loans").await.ok();
        assert_eq!(lend(&mut browser, "PC-1").await.0, StatusCode::NOT_FOUND, "{login}");
        assert_eq!(browser.get("/admin/loans/new").await.status, StatusCode::NOT_FOUND);
    }
}
