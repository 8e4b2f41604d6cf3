//! Agents enrol, come, go and come back.

use super::*;

#[tokio::test]
async fn a_token_makes_one_agent_and_no_second() {
    let office = Office::new().await;
    let token =
        acts::issue_token(&office.town.app, &office.permit(Deed::ManageAgents).await, "支所")
            .await
            .unwrap();
    let key = SigningKey::random(&mut SystemRng::new());
    let (status, answer) = office.ask_to_enrol(&token.to_lowercase(), &key).await;
    assert_eq!(status, 200, "as people type it: {answer}");
    let answer: enroll::Response = serde_json::from_value(answer).unwrap();
    // The name that was typed for the token, not what the machine calls itself, also after it has
    // said hello.
    assert_eq!(answer.name, "支所");
    let agent =
        Enrolled { control_key: SigningKey::from_seed(&key.seed()), answer: answer.clone() };
    let line = office.connect(&agent).await;
    let page = office.town.sign_in("it1").await.get("/admin/agents").await;
    assert!(
        page.ok().contains("支所</th>") && !page.text().contains("本庁舎</th>"),
        "{}",
        page.text()
    );
    drop(line);
    assert_eq!(answer.body.to_string(), HOME);
    assert_eq!(
        answer.server_key.as_bytes(),
        office.town.app.keys.signing.verifying_key().as_bytes()
    );
    for token in [token.as_str(), "0000-0000-0000-0000-0000-0000", ""] {
        let (status, answer) = office.ask_to_enrol(token, &key).await;
        assert_eq!((status, &answer["error"]), (403, &json!("bad_token")), "{answer}");
    }
    let late =
        acts::issue_token(&office.town.app, &office.permit(Deed::ManageAgents).await, "遅い")
            .await
            .unwrap();
    office.town.clock.advance(acts::TOKEN_MS as u64);
    assert_eq!(office.ask_to_enrol(&late, &key).await.0, 403, "a day and no longer");
}

#[tokio::test]
async fn an_agent_offers_its_pcs_and_is_missed_when_it_goes() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let line = office.connect(&agent).await;
    let (id, target) = (people::AgentId(agent.answer.agent.0), "pc-1".parse().unwrap());
    let hub = &office.town.app.hub;
    assert_eq!(hub.state(id, &target), PcState::Ready);
    drop(line);
    office.is_missed().await;
    assert_eq!(hub.state(id, &target), PcState::Offline);
    let kinds = office.town.record(HOME).await;
    let count = |kind| kinds.iter().filter(|known| **known == kind).count();
    assert_eq!(
        (
            count(audit::Kind::AGENT_ENROLLED),
            count(audit::Kind::AGENT_CONNECTED),
            count(audit::Kind::PC_OFFERED)
        ),
        (1, 1, 2)
    );
    // Back again: the PCs are known.
    let _line = office.connect(&agent).await;
    let kinds = office.town.record(HOME).await;
    assert_eq!(kinds.iter().filter(|kind| **kind == audit::Kind::PC_OFFERED).count(), 2);
}

#[tokio::test]
async fn who_is_not_the_agent_stays_outside() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let stranger = Enrolled {
        control_key: SigningKey::random(&mut SystemRng::new()),
        answer: agent.answer.clone(),
    };
    assert!(office.call(&stranger, agent.answer.agent).await.is_closed().await, "another key");
    assert!(
        office.call(&agent, pairing::AgentId([9; 16])).await.is_closed().await,
        "no such agent"
    );
    let refused = office.socket("/agent/control", Some("https://elsewhere.example")).await;
    assert!(matches!(refused, Err(net::Error::Refused(403))), "a foreign page");
    let id = people::AgentId(agent.answer.agent.0);
    let mut line = office.connect(&agent).await;
    acts::revoke_agent(&office.town.app, &office.permit(Deed::ManageAgents).await, id)
        .await
        .unwrap();
    assert_eq!(line.event().await, AgentEvent::Order { number: 1, order: Order::Retire });
    assert!(line.is_closed().await, "its line closes, whether or not it says that it has heard");
    // Back again it is told once more, offers nothing, and is shown out.
    let mut line = office.call(&agent, agent.answer.agent).await;
    assert!(matches!(line.event().await, AgentEvent::Open(_)));
    assert_eq!(line.event().await, AgentEvent::Order { number: 1, order: Order::Retire });
    assert!(!office.town.app.hub.is_connected(id));
    line.side.done(1).unwrap();
    assert!(line.is_closed().await);
}

#[tokio::test]
async fn an_agent_of_a_stopped_body_is_told_to_come_again_and_a_stranger_is_not() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let mut it = office.town.sign_in("it1").await;
    assert_eq!(it.post("/admin/body/stop", &[]).await.status, StatusCode::SEE_OTHER);
    let mut line = office.call(&agent, agent.answer.agent).await;
    assert!(line.is_closed().await);
    assert_eq!(line.socket.close_reason(), Some((pairing::control::BUSY, "stopped")));
    let stranger = Enrolled {
        control_key: SigningKey::random(&mut SystemRng::new()),
        answer: agent.answer.clone(),
    };
    let mut line = office.call(&stranger, agent.answer.agent).await;
    assert!(line.is_closed().await);
    assert_eq!(line.socket.close_reason(), Some((4401, "not known")));
}

#[tokio::test]
async fn an_agent_of_the_first_version_is_told_so_by_the_close_code() {
    let office = Office::new().await;
    let mut socket = office.socket("/agent/control", None).await.unwrap();
    assert_eq!(bytes(&mut socket).await.len(), 32);
    socket.send(Message::Binary(vec![1; 80].into())).await.unwrap();
    while let Ok(Some(message)) = socket.recv().await {
        assert!(
            !matches!(message, Message::Text(_) | Message::Binary(_)),
            "it is told nothing else"
        );
    }
    assert_eq!(socket.close_reason(), Some((4406, "version")));
}

#[tokio::test]
async fn what_is_not_signed_by_the_agent_ends_its_line_and_is_not_on_record() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let staff = office.town.person(HOME, "staff1").await;
    let report =
        json!({ "type": "report", "epoch": 1, "number": 1, "report": paired(UserId(staff.id.0)) })
            .to_string();
    for message in
        [Message::Text(report.clone()), Message::Binary(report.clone().into_bytes().into())]
    {
        let mut line = office.connect(&agent).await;
        line.socket.send(message).await.unwrap();
        assert!(line.is_closed().await);
        office.is_missed().await;
    }
    assert!(!office.town.record(HOME).await.contains(&audit::Kind::DEVICE_PAIRED));
}

#[tokio::test]
async fn an_agent_that_reports_without_end_is_sent_away_and_comes_back_with_what_is_left() {
    use super::super::control::WRITTEN;
    let office = Office::new().await;
    let agent = office.enrol().await;
    let mut line = office.connect(&agent).await;
    let (app, id) = (&office.town.app, people::AgentId(agent.answer.agent.0).to_string());
    while app.limiter.take(WRITTEN, &id, app.now()).is_ok() {}
    let mut outbox = Outbox::new(&mut SystemRng::new());
    let refused = |one| Report::SessionRefused {
        meeting: pairing::MeetingId([one; 16]),
        reason: Refusal::Other,
        at: UnixMs(1),
    };
    outbox.push(refused(1)).unwrap();
    line.side.offer(&outbox).unwrap();
    assert!(line.is_closed().await);
    assert_eq!(line.socket.close_reason(), Some((pairing::control::BUSY, "busy")));
    assert!(!office.town.record(HOME).await.contains(&audit::Kind::SESSION_REFUSED));
    office.is_missed().await;
    office.town.clock.advance(1_000);
    let mut line = office.connect(&agent).await;
    line.report(&outbox).await;
    assert!(office.town.record(HOME).await.contains(&audit::Kind::SESSION_REFUSED));
}

#[tokio::test]
async fn an_agent_is_told_where_the_record_stands_and_tells_a_server_that_lost_it() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let (id, app) = (agent.answer.agent, &office.town.app);
    let body = HOME.parse().unwrap();
    let mut line = office.connect(&agent).await;
    let head = line.head.expect("there is a record");
    let kept = crate::record::head_of(app, body).await.unwrap();
    assert_eq!(Some((head.seq, head.hash)), kept, "the record of this very line is in it");
    assert_eq!(head.verify(&agent.answer.server_key, &agent.answer.body), Ok(()));
    // It moves on with what is reported; the agent is told with its next sign of life, a minute
    // later.
    let mut outbox = Outbox::new(&mut SystemRng::new());
    outbox
        .push(Report::SessionRefused {
            meeting: pairing::MeetingId([1; 16]),
            reason: Refusal::Other,
            at: UnixMs(1),
        })
        .unwrap();
    line.report(&outbox).await;
    drop(line);
    office.is_missed().await;

    // The last head that was told is in the record: welcome.
    let mut line = office.call_with(&agent, id, Some(head)).await;
    assert!(matches!(line.event().await, AgentEvent::Open(_)));
    drop(line);
    // One that was made up closes the line and nothing else.
    let made_up =
        Head::sign(&SigningKey::from_seed(&[5; 32]), &agent.answer.body, head.seq + 9, [7; 32]);
    assert!(office.call_with(&agent, id, Some(made_up)).await.is_closed().await);
    let elsewhere = Head::sign(
        &super::super::meetings::server_key(app),
        &OTHER.parse().unwrap(),
        head.seq + 9,
        [7; 32],
    );
    assert!(
        office.call_with(&agent, id, Some(elsewhere)).await.is_closed().await,
        "another body's"
    );
    assert!(app.closed().is_none());
    // One that this server signed and has not got any more: an old copy of its data.
    let lost = Head::sign(
        &super::super::meetings::server_key(app),
        &agent.answer.body,
        head.seq + 99,
        [7; 32],
    );
    let mut line = office.call_with(&agent, id, Some(lost)).await;
    assert!(line.is_closed().await);
    assert_eq!(
        (line.heard.len(), line.socket.close_reason()),
        (0, Some((4409, "record"))),
        "not welcomed"
    );
    assert!(app.closed().is_some());
}

#[tokio::test]
async fn a_password_that_a_pc_refused_is_on_record_with_who_and_how_often() {
    let office = Office::new().await;
    let (_, mut line, ..) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let mut outbox = Outbox::new(&mut SystemRng::new());
    let refused = Report::PasswordRefused {
        meeting: pairing::MeetingId([1; 16]),
        user: UserId(staff.id.0),
        device: DEVICE.device_id(),
        target: "pc-1".parse().unwrap(),
        wrong: 5,
        pause: 60,
        at: UnixMs(1_790_000_000_000),
    };
    // The pairing of `at_work` was number one of another count.
    outbox.push(refused).unwrap();
    line.report(&outbox).await;
    let mut conn = office.town.app.store.read().await.unwrap();
    let records = store::audit_after(&mut conn, staff.body.chain(), 0, 1_000).await.unwrap();
    let record = records
        .iter()
        .find(|record| record.kind == audit::Kind::PASSWORD_REFUSED)
        .expect("on record");
    let said = |name: &str| {
        record.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    };
    assert_eq!(record.subject, "pc-1");
    assert_eq!(
        (said("login"), said("wrong"), said("pause_s")),
        (Some("staff1".into()), Some("5".into()), Some("60".into()))
    );
}

#[tokio::test]
async fn an_agent_that_was_away_hears_of_a_role_that_is_gone() {
    let office = Office::new().await;
    let (agent, mut line, mut browser, pc) = office.at_work().await;
    let staff = office.town.person(HOME, "staff1").await;
    let end = opened(&mut browser, &mut line, &pc).await;
    drop(line);
    office.is_missed().await;
    let mut tx = office.town.app.write_unattended(staff.body).await.unwrap();
    let none = people::Staff { roles: people::Roles::NONE, ..staff };
    store::staff::change(&mut tx, &none).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut line = office.connect(&agent).await;
    assert_eq!(line.event().await, end);
}

#[tokio::test]
async fn agents_that_come_back_are_let_in_so_many_at_a_time_and_lose_nothing_by_waiting() {
    let office = Office::new().await;
    let agent = office.enrol().await;
    let app = &office.town.app;
    // The door is full.
    let mut inside = Vec::new();
    for _ in 0..app.store.lines() {
        inside.push(app.hub.admission(app).enter().await.unwrap());
    }
    let mut line = office.call(&agent, agent.answer.agent).await;
    let message = line.socket.recv().await.unwrap().unwrap();
    line.take(&message);
    // Its proof and its hello are there, and a sign of life; it is not let in, and holds no
    // connection: all of them can be taken.
    line.send().await;
    line.socket.send(Message::Ping).await.unwrap();
    assert_eq!(line.socket.recv().await.unwrap(), Some(Message::Pong));
    let mut taken = Vec::new();
    for _ in 0..app.store.lines() {
        taken.push(app.store.for_lines().read().await.unwrap());
    }
    assert!(!app.hub.is_connected(people::AgentId(agent.answer.agent.0)));
    drop((taken, inside));
    assert!(matches!(line.event().await, AgentEvent::Open(_)));
    // One that says more than its hello before it is let in is shown out.
    let _inside: Vec<_> = {
        let mut all = Vec::new();
        for _ in 0..app.store.lines() {
            all.push(app.hub.admission(app).enter().await.unwrap());
        }
        all
    };
    let mut line = office.call(&agent, agent.answer.agent).await;
    let message = line.socket.recv().await.unwrap().unwrap();
    line.take(&message);
    line.send().await;
    line.socket.send(Message::Text("{}".into())).await.unwrap();
    assert!(line.is_closed().await);
}
