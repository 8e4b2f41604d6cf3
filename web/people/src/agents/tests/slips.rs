//! Slips and own devices.

use super::*;

#[tokio::test]
async fn a_person_who_leaves_is_forgotten_by_the_agents_with_devices_and_slips() {
    let office = Office::new().await;
    let mut it = office.town.sign_in("it1").await;
    let (agent, mut line, _, _) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let path = format!("/admin/staff/{}", staff.id);
    it.get(&path).await.ok();
    it.post(&format!("{path}/suspend"), &[("devices", "on")]).await;
    let order = Order::RevokeUser { user: UserId(staff.id.0), login: "staff1".into() };
    assert_eq!(line.event().await, AgentEvent::Order { number: 1, order });
    line.side.done(1).unwrap();
    line.send().await;
    let id = people::AgentId(agent.answer.agent.0);
    let heard = async {
        while !store::devices::to_forget(&mut office.town.app.store.read().await.unwrap(), id)
            .await
            .unwrap()
            .is_empty()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("written down");
    assert!(office.town.record(HOME).await.contains(&audit::Kind::DEVICE_REVOKED));
}

#[tokio::test]
async fn a_slip_is_proved_to_the_agent_of_the_own_body_only() {
    let office = Office::new().await;
    let mut browser = office.town.sign_in("staff1").await;
    let mut other = office.town.sign_in("superior1").await;
    let mut stranger = office.town.sign_in_to(OTHER, "staff1").await;
    let agent = office.enrol().await;
    let mut line = office.connect(&agent).await;
    let invite = format!("{}abcd", agent.answer.number);
    let answer = json(&browser.json("/api/pairings", &json!({ "invite": invite })).await);
    assert_eq!(answer["agent"], json!(agent.answer.agent));
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    let staff = office.town.person(HOME, "staff1").await;
    let kind = MeetKind::Pairing {
        invite: "ABCD".parse().unwrap(),
        user: UserId(staff.id.0),
        login: "staff1".into(),
    };
    assert_eq!(meet.kind, kind);

    // What the agent says of it is for whoever asked.
    let said = format!("/api/meetings/{}", meet.meeting);
    assert_eq!(json(&browser.get(&said).await), json!({ "declined": null }));
    line.side.decline(meet.meeting, Refusal::UnknownInvite).unwrap();
    let mut outbox = Outbox::new(&mut SystemRng::new());
    outbox.push(Report::Unknown).unwrap();
    line.report(&outbox).await;
    assert_eq!(json(&browser.get(&said).await), json!({ "declined": "unknown_invite" }));
    assert_eq!(other.get(&said).await.status, StatusCode::NOT_FOUND);

    assert_eq!(
        stranger.json("/api/pairings", &json!({ "invite": invite })).await.status,
        StatusCode::NOT_FOUND,
        "another body"
    );
    for bad in ["", "ABC", "あいうえおかきく", "0000ABCD", &"0".repeat(65)] {
        assert_eq!(
            browser.json("/api/pairings", &json!({ "invite": bad })).await.status,
            StatusCode::NOT_FOUND,
            "{bad}"
        );
    }
    drop(line);
    office.is_missed().await;
    let reply = browser.json("/api/pairings", &json!({ "invite": invite })).await;
    assert_eq!(
        (reply.status, &json(&reply)["error"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("agent_offline"))
    );
}

#[tokio::test]
async fn a_pc_opens_only_with_the_own_device_and_permission() {
    let office = Office::new().await;
    let (_, _line, mut browser, pc) = office.at_work().await;
    let mut ask = async |target: &str, device: &str| {
        let reply =
            browser.json("/api/sessions", &json!({ "target": target, "device": device })).await;
        (reply.status.as_u16(), json(&reply)["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(ask(&pc, &"00".repeat(16)).await, (403, "device_unknown".into()));
    assert_eq!(ask(&"00".repeat(16), &device()).await, (404, "not_found".into()));
    assert_eq!(ask(&pc, "device").await, (400, "malformed".into()));
    let mut other = office.town.sign_in("superior1").await;
    let reply = other.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "not assigned to her");
    let mut stranger = office.town.sign_in_to(OTHER, "staff1").await;
    let reply = stranger.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "another body");
    let mut forged = office.town.sign_in("staff1").await;
    forged.csrf = "0".repeat(64);
    let reply = forged.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!((reply.status, &json(&reply)["error"]), (StatusCode::FORBIDDEN, &json!("csrf")));
    office.town.clock.advance(86_400_000);
    let mut browser = office.town.sign_in("staff1").await;
    let reply = browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!(
        (reply.status, &json(&reply)["error"]),
        (StatusCode::FORBIDDEN, &json!("outside_period"))
    );
}
