//! Sessions meet, and end when what they stand on is cut.

use super::*;

#[tokio::test]
async fn a_session_meets_at_the_relay_with_a_grant_the_agent_believes() {
    let office = Office::new().await;
    let (agent, mut line, mut browser, pc) = office.at_work().await;
    let reply = browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    let answer: Value = serde_json::from_str(reply.ok()).unwrap();
    assert_eq!(answer["agent_key"], json!(STANDARD.encode([0xa9; 32])));
    assert_eq!(answer["relay_url"], json!("wss://noren.example/relay"));
    let AgentEvent::Meet(Meet { meeting, kind: MeetKind::Session { grant }, ticket, .. }) =
        line.event().await
    else {
        panic!()
    };
    assert_eq!(json!(meeting), answer["meeting"]);
    assert_eq!(json!(STANDARD.encode(&grant)), answer["grant"]);
    let staff = office.town.person(HOME, "staff1").await;
    let door = Door {
        server_key: &agent.answer.server_key,
        agent: agent.answer.agent,
        body: agent.answer.body,
        meeting,
        now: UnixMs(office.town.app.now() as u64),
    };
    let owner = |_: &pairing::DeviceId| Some((UserId(staff.id.0), DEVICE));
    let opened =
        door.open(&grant, |_| Some(pairing::Zone::Lgwan), owner, &mut Seen::default()).unwrap();
    assert_eq!(
        (opened.login.as_str(), opened.target.as_str(), opened.policy.idle),
        ("staff1", "pc-1", 900)
    );

    let mut here = office.socket("/relay", None).await.unwrap();
    join(&mut here, &ticket).await;
    assert_eq!(bytes(&mut here).await, [0]);
    let mut home = office.socket("/relay", Some(ORIGIN)).await.unwrap();
    join(&mut home, &STANDARD.decode(answer["ticket"].as_str().unwrap()).unwrap()).await;
    assert_eq!((bytes(&mut home).await, bytes(&mut here).await), (vec![1], vec![1]));
    home.send(Message::Binary(vec![7; 40_000].into())).await.unwrap();
    assert_eq!(bytes(&mut here).await, [7; 40_000]);

    // Reported twice over two lines, on record once.
    let mut outbox = Outbox::new(&mut SystemRng::new());
    let (user, device) = (UserId(staff.id.0), DEVICE.device_id());
    let target: pairing::TargetId = "pc-1".parse().unwrap();
    let began = UnixMs(office.town.app.now() as u64);
    outbox
        .push(Report::SessionStarted { meeting, user, device, target: target.clone(), at: began })
        .unwrap();
    line.report(&outbox).await;
    let mut line = office.connect(&agent).await;
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    let live = store::sessions::live(&mut conn, staff.body, office.town.app.now()).await.unwrap();
    assert_eq!((live.len(), live[0].meeting), (1, people::MeetingId(meeting.0)));
    drop(conn);
    let ended = Report::SessionEnded {
        meeting,
        user,
        device,
        target,
        reason: EndReason::Viewer,
        bytes_up: 10,
        bytes_down: 20,
        idle_seconds: 30,
        started: began,
        ended: began.plus(5_000),
    };
    outbox.push(ended).unwrap();
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    assert!(
        store::sessions::live(&mut conn, staff.body, office.town.app.now())
            .await
            .unwrap()
            .is_empty()
    );
    let row = store::sessions::find(&mut conn, staff.body, people::MeetingId(meeting.0))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.reason.as_str(), row.bytes_up, row.bytes_down, row.idle_seconds),
        ("viewer", 10, 20, 30)
    );
    let kinds = office.town.record(HOME).await;
    let count = |kind| kinds.iter().filter(|known| **known == kind).count();
    assert_eq!(
        (
            count(audit::Kind::SESSION_STARTED),
            count(audit::Kind::SESSION_ENDED),
            count(audit::Kind::DEVICE_PAIRED)
        ),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn revoking_a_device_ends_its_session_and_makes_the_agent_forget_it() {
    let office = Office::new().await;
    let (agent, mut line, mut browser, pc) = office.at_work().await;
    let answer =
        json(&browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await);
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    let mut here = office.socket("/relay", None).await.unwrap();
    join(&mut here, &meet.ticket).await;
    let mut home = office.socket("/relay", Some(ORIGIN)).await.unwrap();
    join(&mut home, &STANDARD.decode(answer["ticket"].as_str().unwrap()).unwrap()).await;
    assert_eq!(bytes(&mut home).await, [1]);

    let id = people::DeviceId(DEVICE.device_id().0);
    acts::revoke_device(&office.town.app, &office.permit(Deed::ManageDevices).await, id, "lost")
        .await
        .unwrap();
    let mut heard = [line.event().await, line.event().await];
    heard.sort_by_key(|event| matches!(event, AgentEvent::Order { .. }));
    assert_eq!(
        heard[0],
        AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked })
    );
    assert_eq!(
        heard[1],
        AgentEvent::Order { number: 1, order: Order::RevokeDevice { device: DEVICE.device_id() } }
    );
    // The relay closes too, should the agent not.
    while let Ok(Some(_)) = home.recv().await {}
    assert_eq!(home.close_reason().map(|(code, _)| code), Some(4001));
    let refused = browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await;
    assert_eq!(
        (refused.status, &json(&refused)["error"]),
        (StatusCode::FORBIDDEN, &json!("device_revoked"))
    );

    // The agent was cut off before it had carried the order out: it hears it again, and of the
    // session too; then no more.
    let mut line = office.connect(&agent).await;
    let order =
        AgentEvent::Order { number: 1, order: Order::RevokeDevice { device: DEVICE.device_id() } };
    let mut heard = [line.event().await, line.event().await];
    heard.sort_by_key(|event| matches!(event, AgentEvent::Order { .. }));
    assert_eq!(
        heard,
        [AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked }), order]
    );
    line.side.done(1).unwrap();
    let mut outbox = Outbox::new(&mut SystemRng::new());
    outbox
        .push(Report::SessionRefused {
            meeting: meet.meeting,
            reason: Refusal::Other,
            at: UnixMs(1),
        })
        .unwrap();
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    let agent_id = people::AgentId(agent.answer.agent.0);
    assert!(store::devices::to_forget(&mut conn, agent_id).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_person_who_is_stopped_loses_the_session_at_once() {
    let office = Office::new().await;
    let (_, mut line, mut browser, pc) = office.at_work().await;
    browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.ok();
    let AgentEvent::Meet(meet) = line.event().await else { panic!() };
    let staff = office.town.person(HOME, "staff1").await;
    let mut tx = office.town.app.write_unattended(staff.body).await.unwrap();
    store::staff::put_state(&mut tx, staff.body, staff.id, people::StaffState::Suspended)
        .await
        .unwrap();
    tx.keep(()).await.unwrap();
    office.town.app.cut(kit::Cut::Person(staff.id));
    assert_eq!(
        line.event().await,
        AgentEvent::End(End { meeting: meet.meeting, reason: EndReason::Revoked })
    );
    assert_eq!(
        browser.json("/api/sessions", &json!({ "target": pc, "device": device() })).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn what_no_event_told_of_is_found_by_the_look_around() {
    let office = Office::new().await;
    let (_, mut line, mut browser, pc) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let app = &office.town.app;
    let mut told = std::collections::BTreeSet::new();
    let end = opened(&mut browser, &mut line, &pc).await;
    super::super::look::at_all(app, &mut told).await.unwrap();
    assert!(told.is_empty(), "it stands");
    // The role goes and nobody says a word.
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    let none =
        people::Staff { roles: people::Roles::of(&[people::Role::Auditor]), ..staff.clone() };
    store::staff::change(&mut tx, &none).await.unwrap();
    tx.keep(()).await.unwrap();
    super::super::look::at_all(app, &mut told).await.unwrap();
    assert_eq!(line.event().await, end);
    assert_eq!(told.len(), 1);
    // Found again it is not told again; given back, it is forgotten.
    super::super::look::at_all(app, &mut told).await.unwrap();
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    store::staff::change(&mut tx, &staff).await.unwrap();
    tx.keep(()).await.unwrap();
    super::super::look::at_all(app, &mut told).await.unwrap();
    assert!(told.is_empty());
    // So is a sign-in that was ended.
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    let sign_ins = store::sign_ins::of(&mut tx, staff.id).await.unwrap();
    store::sign_ins::remove_all(&mut tx, staff.id).await.unwrap();
    tx.keep(()).await.unwrap();
    super::super::look::at_all(app, &mut told).await.unwrap();
    assert_eq!(line.event().await, end);
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    for (hash, sign_in) in &sign_ins {
        store::sign_ins::add(&mut tx, hash, sign_in).await.unwrap();
    }
    tx.keep(()).await.unwrap();
    super::super::look::at_all(app, &mut told).await.unwrap();
    assert!(told.is_empty());
    // A device, without its cut: the session ends, and the agent forgets it.
    let end = opened(&mut browser, &mut line, &pc).await;
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    store::devices::revoke(&mut tx, staff.body, people::DeviceId(DEVICE.device_id().0), app.now())
        .await
        .unwrap();
    tx.keep(()).await.unwrap();
    super::super::look::at_all(app, &mut told).await.unwrap();
    let mut heard = [line.event().await, line.event().await, line.event().await];
    heard.sort_by_key(|event| matches!(event, AgentEvent::Order { .. }));
    // The first session has not been reported as over either.
    assert!(heard[..2].contains(&end), "{heard:?}");
    assert_eq!(
        heard[2],
        AgentEvent::Order { number: 1, order: Order::RevokeDevice { device: DEVICE.device_id() } }
    );
    // A stopped body, without its cut.
    let mut tx = app.write_unattended(staff.body).await.unwrap();
    store::bodies::suspend(&mut tx, staff.body, true).await.unwrap();
    tx.keep(()).await.unwrap();
    super::super::look::at_all(app, &mut told).await.unwrap();
    assert!(line.is_closed().await);
}

#[tokio::test]
async fn many_cuts_in_a_row_are_all_seen() {
    let office = Office::new().await;
    let (_, mut line, mut browser, pc) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let ends =
        [opened(&mut browser, &mut line, &pc).await, opened(&mut browser, &mut line, &pc).await];
    let app = &office.town.app;
    // A permission that still holds ends nothing, whatever is said of it.
    app.cut(kit::Cut::Assignment(staff.id, pc.parse().unwrap()));
    for n in 0..100 {
        app.cut(kit::Cut::Person(people::StaffId([n; 16])));
        app.cut(kit::Cut::Device(people::DeviceId([n; 16])));
    }
    app.cut(kit::Cut::Person(staff.id));
    let mut heard = [line.event().await, line.event().await];
    if heard[0] != ends[0] {
        heard.reverse();
    }
    assert_eq!(heard, ends);
}
