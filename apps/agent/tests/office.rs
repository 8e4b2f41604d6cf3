//! The agent at its boundary: pairing, sessions, refusals, cuts.

#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use agent::state::{Ledger, Place, Told};
use channel::{AgentHello, DeviceHello, Handshake, Limits, Opened, Prologue, Psk, SecretKey};
use net::{Message, SystemRng};
use pairing::control::{EndReason as Recorded, MeetKind, Order, Refusal, Report};
use pairing::{Grant, Head, MeetingId, UserId};
use support::{LOGIN, Office, RELAY, START, USER, Visited, gone, joined};
use tokio::time::{Duration, Instant};
use wire::session::{
    AgentCaps, Buttons, Credentials, EndReason, Key, NoticeKind, Pointer, ToAgent, ToViewer,
};

const MEETING: MeetingId = MeetingId([0x70; 16]);

#[tokio::test(start_paused = true)]
async fn a_session_shows_the_desktop_and_goes_on_record() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    let welcome = bot.welcomed().await;
    assert_eq!((welcome.width, welcome.height, welcome.name.as_str()), (640, 480, "pc"));
    assert_eq!(welcome.caps, AgentCaps(AgentCaps::RESIZE | AgentCaps::TEXT));
    assert_eq!((welcome.not_after, welcome.idle), (grant.not_after.0, 300));
    bot.picture(|picture| picture.row(0).len() == 640).await;
    bot.say(&ToAgent::Ping(77)).await;
    while bot.next().await != ToViewer::Pong(77) {}
    bot.leave().await;
    server.until(|server| matches!(server.reports.last(), Some(Report::SessionEnded { .. }))).await;
    let [
        ..,
        Report::SessionStarted { meeting, .. },
        Report::SessionEnded { reason, bytes_up, bytes_down, started, .. },
    ] = &server.reports[..]
    else {
        panic!("{:?}", server.reports)
    };
    assert_eq!(
        (*meeting, *reason, *started),
        (grant.meeting, Recorded::Viewer, grant.issued.plus(100))
    );
    assert!(*bytes_up > 10 && *bytes_down > 1000);
}

#[tokio::test(start_paused = true)]
async fn keys_reach_the_desktop() {
    let Visited { office: _office, server: _server, mut bot, .. } = Visited::sample().await;
    let picture =
        |decoder: &screen::Decoder| (0..480).map(|y| decoder.row(y).to_vec()).collect::<Vec<_>>();
    bot.picture(|_| true).await;
    let before = std::cell::RefCell::new(Vec::new());
    bot.picture(|decoder| {
        *before.borrow_mut() = picture(decoder);
        true
    })
    .await;
    for down in [true, false] {
        bot.say(&ToAgent::Key(Key { down, usage: 0x04, keysym: 0x61 })).await;
    }
    bot.say(&ToAgent::Text("千代田区".into())).await;
    bot.picture(|decoder| picture(decoder) != *before.borrow()).await;
}

#[tokio::test(start_paused = true)]
async fn a_browser_pairs_once() {
    let mut office = Office::open(Place::Sample);
    let slip = invite(&office);
    let mut server = office.server().await;
    let device = SecretKey::generate(&mut SystemRng::new());

    server.meet_pairing(MEETING, slip.invite).await;
    let accepted = prove(&mut office, &slip.secret.reveal(), &device).await;
    assert_eq!(accepted, Some(device.public().device_id()));
    server.until(|server| matches!(server.reports.last(), Some(Report::DevicePaired { .. }))).await;
    let Some(Report::DevicePaired { login, name, user, .. }) = server.reports.last() else {
        panic!()
    };
    assert_eq!((login.as_str(), name.as_str(), *user), (LOGIN, "自宅", USER));

    // The invite is used up; the device opens a session.
    server.meet_pairing(MEETING, slip.invite).await;
    server.until(|server| server.declined == [(MEETING, Refusal::Replayed)]).await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
}

#[tokio::test(start_paused = true)]
async fn guessing_a_slip_costs_tries() {
    let mut office = Office::open(Place::Sample);
    let slip = invite(&office);
    let mut server = office.server().await;
    let device = SecretKey::generate(&mut SystemRng::new());
    for guess in 1..=5 {
        server.meet_pairing(MEETING, slip.invite).await;
        assert_eq!(prove(&mut office, "0000000000000000", &device).await, None);
        server.until(|server| server.reports.len() == guess).await;
        let Some(Report::PairingFailed { reason, .. }) = server.reports.last() else {
            panic!("{:?}", server.reports)
        };
        assert_eq!(*reason, Refusal::Handshake);
    }
    server.meet_pairing(MEETING, slip.invite).await;
    server.until(|server| server.declined == [(MEETING, Refusal::Exhausted)]).await;
    assert_eq!(office.ledger().devices().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_grant_with_another_device_gets_no_answer() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let thief = SecretKey::from_bytes([0x66; 32]);
    let bytes = grant.sign(&office.server_key).unwrap();
    server.meet_session(grant.meeting, bytes.clone()).await;
    let mut line = office.line("/relay").await;
    joined(&mut line).await;
    let prologue = Prologue::session(grant.meeting.0, *b"131016", office.agent.0, &bytes);
    let agent = office.agent_key.public();
    let mut handshake =
        Handshake::session_initiator(&prologue, &thief, &agent, &mut SystemRng::new()).unwrap();
    line.send(Message::Binary(handshake.write(&[]).unwrap().into())).await;
    assert_eq!(line.binary().await, None, "the line is cut without an answer");
    server
        .until(|server| matches!(server.reports.last(), Some(Report::SessionRefused { .. })))
        .await;
    let Some(Report::SessionRefused { reason, .. }) = server.reports.last() else { panic!() };
    assert_eq!(*reason, Refusal::UnknownDevice);
}

#[tokio::test(start_paused = true)]
async fn a_replayed_handshake_shows_nothing() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let bot = office.visit(&mut server, &grant, &device).await;
    // The handshake is answered; without a first record nothing else is, and the wait is short.
    let mut bot = bot;
    assert_eq!(bot.line.binary().await, None);
    server
        .until(|server| matches!(server.reports.last(), Some(Report::SessionRefused { .. })))
        .await;
    assert!(!server.reports.iter().any(|report| matches!(report, Report::SessionStarted { .. })));
}

#[tokio::test(start_paused = true)]
async fn refused_grants_are_declined_before_any_meeting() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let used = office.grant(&device);
    let mut bot = office.visit(&mut server, &used, &device).await;
    bot.welcomed().await;
    let base = office.grant(&device);
    let cases = [
        (used.clone(), Refusal::Replayed),
        (Grant { not_after: START, ..base.clone() }, Refusal::Expired),
        (Grant { not_before: START.plus(120_000), ..base.clone() }, Refusal::NotYet),
        (Grant { target: "other".parse().unwrap(), ..base.clone() }, Refusal::BadGrant),
        (Grant { user: UserId([6; 16]), ..base.clone() }, Refusal::UnknownDevice),
    ];
    for (number, (grant, reason)) in cases.into_iter().enumerate() {
        server.meet_session(grant.meeting, grant.sign(&office.server_key).unwrap()).await;
        server.until(|server| server.declined.len() == number + 1).await;
        assert_eq!(server.declined[number], (grant.meeting, reason));
    }
    let mut altered = base.sign(&office.server_key).unwrap();
    altered[20] ^= 1;
    server.meet_session(base.meeting, altered).await;
    server.until(|server| server.declined.last() == Some(&(base.meeting, Refusal::BadGrant))).await;
}

#[tokio::test(start_paused = true)]
async fn idle_is_warned_of_lifted_and_cut() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    let talk = tokio::spawn(async move {
        server.listen(Duration::from_secs(3600)).await;
        server
    });
    let begun = Instant::now();
    bot.welcomed().await;
    assert_eq!(bot.notice(NoticeKind::IdleSoon).await, 60);
    assert_eq!(begun.elapsed().as_secs(), 240);
    bot.say(&ToAgent::Pointer(Pointer { x: 5, y: 5, buttons: Buttons::NONE })).await;
    bot.notice(NoticeKind::IdleLifted).await;
    assert_eq!(bot.notice(NoticeKind::IdleSoon).await, 60);
    assert_eq!(bot.ended().await, EndReason::Idle);
    assert_eq!(begun.elapsed().as_secs(), 540);
    let mut server = talk.await.unwrap();
    server.until(|server| matches!(server.reports.last(), Some(Report::SessionEnded { .. }))).await;
    let Some(Report::SessionEnded { reason, idle_seconds, .. }) = server.reports.last() else {
        panic!()
    };
    assert_eq!((*reason, *idle_seconds), (Recorded::Idle, 540));
}

#[tokio::test(start_paused = true)]
async fn the_period_ends_with_a_warning() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let mut grant = office.grant(&device);
    grant.not_after = START.plus(600_000);
    grant.policy.idle = 0;
    let mut bot = office.visit(&mut server, &grant, &device).await;
    tokio::spawn(async move { server.listen(Duration::from_secs(3600)).await });
    bot.welcomed().await;
    assert_eq!(bot.notice(NoticeKind::PeriodSoon).await, 60);
    assert_eq!(bot.ended().await, EndReason::PeriodOver);
}

#[tokio::test(start_paused = true)]
async fn a_newer_session_takes_over_and_another_users_does_not() {
    let mut office = Office::open(Place::Vnc {
        host: "127.0.0.1".into(),
        port: 1,
        password: None,
        pin: None,
        login: false,
    });
    let device = office.paired(7, USER, LOGIN);
    let other_user = UserId([6; 16]);
    let stranger = office.paired(8, other_user, "sato");
    let mut server = office.server().await;
    let mut first = {
        let grant = office.grant(&device);
        office.visit(&mut server, &grant, &device).await
    };
    first.welcomed().await;

    let grant = Grant { user: other_user, login: "sato".into(), ..office.grant(&stranger) };
    server.meet_session(grant.meeting, grant.sign(&office.server_key).unwrap()).await;
    // By its name, and before the agent goes to the meeting.
    server.until(|server| server.declined == [(grant.meeting, Refusal::InUse)]).await;
    server
        .until(|server| {
            matches!(
                server.reports.last(),
                Some(Report::SessionRefused { reason: Refusal::InUse, .. })
            )
        })
        .await;

    let mut second = {
        let grant = office.grant(&device);
        office.visit(&mut server, &grant, &device).await
    };
    second.hello().await;
    assert_eq!(first.ended().await, EndReason::TakenOver);
    assert!(matches!(second.next().await, ToViewer::Welcome(_)));
}

#[tokio::test(start_paused = true)]
async fn a_revoked_device_is_out_at_once_and_for_good() {
    let Visited { office, device, mut server, grant, mut bot } = Visited::sample().await;
    server.order(1, Order::RevokeDevice { device: grant.device }).await;
    let begun = Instant::now();
    assert_eq!(bot.ended().await, EndReason::Revoked);
    assert!(begun.elapsed() < Duration::from_secs(1));
    server.until(|server| server.done == [1]).await;
    assert_eq!(office.ledger().devices().count(), 0);
    let grant = office.grant(&device);
    server.meet_session(grant.meeting, grant.sign(&office.server_key).unwrap()).await;
    server.until(|server| server.declined == [(grant.meeting, Refusal::UnknownDevice)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_user_loses_devices_and_invites() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let slip = invite(&office);
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
    server.order(4, Order::RevokeUser { user: USER, login: LOGIN.into() }).await;
    assert_eq!(bot.ended().await, EndReason::Revoked);
    server.until(|server| server.done == [4]).await;
    server.meet_pairing(MEETING, slip.invite).await;
    server.until(|server| server.declined == [(MEETING, Refusal::UnknownInvite)]).await;
}

#[tokio::test(start_paused = true)]
async fn a_device_removed_at_the_agent_is_out_within_seconds() {
    let Visited { office, mut server, grant, mut bot, .. } = Visited::sample().await;
    // As the command line does, beside the running daemon.
    let remove =
        |ledger: &mut Ledger| ledger.remove(grant.device, false, START, &mut SystemRng::new());
    office.store.update(remove).unwrap();
    let begun = Instant::now();
    assert_eq!(bot.ended().await, EndReason::Revoked);
    assert!(begun.elapsed() < Duration::from_secs(5));
    server
        .until(|server| {
            server
                .reports
                .iter()
                .any(|r| matches!(r, Report::DeviceRemoved { by_order: false, .. }))
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_administrator_ends_a_session() {
    let Visited { office: _office, mut server, grant, mut bot, .. } = Visited::sample().await;
    server.end(grant.meeting, Recorded::Administrator).await;
    assert_eq!(bot.ended().await, EndReason::ByAdministrator);
    server
        .until(|server| {
            matches!(
                server.reports.last(),
                Some(Report::SessionEnded { reason: Recorded::Administrator, .. })
            )
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_desktop_comes_back() {
    let Visited { office, server: _server, mut bot, .. } = Visited::sample().await;
    bot.picture(|_| true).await;
    office.desks.fail_with([gone(), gone(), gone()]);
    office.desks.cut();
    bot.notice(NoticeKind::DesktopLost).await;
    let begun = Instant::now();
    bot.notice(NoticeKind::DesktopBack).await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    while !matches!(bot.next().await, ToViewer::Screen(_)) {}
}

#[tokio::test(start_paused = true)]
async fn credentials_travel_in_the_channel_and_may_be_wrong() {
    let pin = source::Pin([1; 32]).to_string();
    let mut office = Office::open(Place::Rdp { host: "127.0.0.1".into(), port: 1, pin });
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    let welcome = bot.welcomed().await;
    assert_eq!((welcome.width, welcome.height), (0, 0));
    assert!(welcome.caps.has(AgentCaps::CREDENTIALS));
    bot.notice(NoticeKind::CredentialsWanted).await;
    office.desks.fail_with([source::Error::Refused(source::Detail::new("no"))]);
    for password in ["wrong", "right"] {
        let credentials =
            Credentials { user: "tanaka".into(), password: password.into(), domain: String::new() };
        bot.say(&ToAgent::Credentials(credentials)).await;
        if password == "wrong" {
            bot.notice(NoticeKind::CredentialsRefused).await;
        }
    }
    bot.picture(|picture| picture.row(0).len() == 640).await;
    let offered = office.desks.offered.lock().unwrap().clone();
    assert_eq!(
        offered,
        [("tanaka".to_owned(), "wrong".to_owned()), ("tanaka".to_owned(), "right".to_owned())]
    );
}

/// Types a password for an account of the PC.
async fn types(bot: &mut support::Bot, user: &str, password: &str) {
    bot.say(&ToAgent::Credentials(Credentials {
        user: user.into(),
        password: password.into(),
        domain: String::new(),
    }))
    .await;
}

#[tokio::test(start_paused = true)]
async fn wrong_passwords_are_counted_by_person_and_pc_over_sessions_and_restarts() {
    let pin = source::Pin([1; 32]).to_string();
    let mut office = Office::open(Place::Rdp { host: "127.0.0.1".into(), port: 1, pin });
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let refused = || source::Error::Refused(source::Detail::new("no"));
    // Three in one session, the fourth and fifth in another.
    for (session, tries) in [3, 2].into_iter().enumerate() {
        let grant = office.grant(&device);
        let mut bot = office.visit(&mut server, &grant, &device).await;
        bot.welcomed().await;
        bot.notice(NoticeKind::CredentialsWanted).await;
        for n in 0..tries {
            office.desks.fail_with([refused()]);
            types(&mut bot, "tanaka", &format!("wrong-{session}-{n}")).await;
            let last = session == 1 && n == 1;
            let wanted =
                if last { NoticeKind::CredentialsPaused } else { NoticeKind::CredentialsRefused };
            assert_eq!(bot.notice(wanted).await, if last { 60 } else { 0 });
        }
        bot.leave().await;
        server
            .until(|server| matches!(server.reports.last(), Some(Report::SessionEnded { .. })))
            .await;
        // A line that broke is not what the PC said.
        let before = office.ledger().tries.count(USER, &"pc".parse().unwrap());
        office.desks.fail_with([gone(), gone()]);
        let grant = office.grant(&device);
        if session == 0 {
            let mut bot = office.visit(&mut server, &grant, &device).await;
            bot.welcomed().await;
            types(&mut bot, "tanaka", "whatever").await;
            bot.notice(NoticeKind::DesktopLost).await;
            bot.leave().await;
            server
                .until(|server| matches!(server.reports.last(), Some(Report::SessionEnded { .. })))
                .await;
        }
        assert_eq!(office.ledger().tries.count(USER, &"pc".parse().unwrap()), before);
        office.desks.fails.lock().unwrap().clear();
    }
    let refusals = |server: &support::Server| {
        server
            .reports
            .iter()
            .filter(|report| matches!(report, Report::PasswordRefused { .. }))
            .count()
    };
    server.until(|server| refusals(server) == 5).await;
    let wrong: Vec<_> = server
        .reports
        .iter()
        .filter_map(|report| match report {
            Report::PasswordRefused { user, target, wrong, pause, .. } => {
                Some((*user, target.to_string(), *wrong, *pause))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        wrong.iter().map(|(_, _, wrong, pause)| (*wrong, *pause)).collect::<Vec<_>>(),
        [(1, 0), (2, 0), (3, 0), (4, 0), (5, 60)]
    );
    assert!(wrong.iter().all(|(user, target, ..)| (*user, target.as_str()) == (USER, "pc")));

    // Another process, another session: the pause goes on, and the PC is asked nothing.
    drop(server);
    office.restart().await;
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    let listening = tokio::spawn(async move {
        server.listen(Duration::from_secs(300)).await;
        server
    });
    bot.welcomed().await;
    let left = bot.notice(NoticeKind::CredentialsPaused).await;
    assert!((1..=60).contains(&left), "{left}");
    let asked = office.desks.offered.lock().unwrap().len();
    types(&mut bot, "tanaka", "right").await;
    bot.notice(NoticeKind::CredentialsPaused).await;
    assert_eq!(office.desks.offered.lock().unwrap().len(), asked, "nothing reached the PC");
    tokio::time::sleep(Duration::from_secs(u64::from(left))).await;
    types(&mut bot, "tanaka", "right").await;
    bot.picture(|picture| picture.row(0).len() == 640).await;
    assert_eq!(office.ledger().tries.count(USER, &"pc".parse().unwrap()), 0, "and it is forgotten");
    drop(listening);
}

#[tokio::test(start_paused = true)]
async fn a_meet_at_a_relay_that_is_not_on_the_list_is_refused_by_name() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let slip = invite(&office);
    let mut server = office.server().await;
    let foreign = [
        "ws://127.0.0.1:18598/internal?x",
        "wss://evil.example/relay",
        "/relay",
        "wss://relay.example/relay?x",
    ];
    for (number, relay) in foreign.into_iter().enumerate() {
        let grant = office.grant(&device);
        let kind = MeetKind::Session { grant: grant.sign(&office.server_key).unwrap() };
        server.meet_at(relay, grant.meeting, kind).await;
        server.until(|server| server.declined.len() == number + 1).await;
        assert_eq!(server.declined[number], (grant.meeting, Refusal::ForeignRelay), "{relay}");
    }
    let kind = MeetKind::Pairing { invite: slip.invite, user: USER, login: LOGIN.into() };
    server.meet_at("wss://evil.example/relay", MEETING, kind).await;
    server.until(|server| server.declined.last() == Some(&(MEETING, Refusal::ForeignRelay))).await;
    let named = |report: &&Report| {
        matches!(
            report,
            Report::SessionRefused { reason: Refusal::ForeignRelay, .. }
                | Report::PairingFailed { reason: Refusal::ForeignRelay, .. }
        )
    };
    server.until(|server| server.reports.iter().filter(named).count() == 5).await;
    // Even on the list: this agent was not enrolled at a loopback server.
    server.relays(&["ws://127.0.0.1:18598/relay", "wss://[::1]/relay"]).await;
    for relay in ["ws://127.0.0.1:18598/relay", "wss://[::1]/relay", RELAY] {
        let grant = office.grant(&device);
        let kind = MeetKind::Session { grant: grant.sign(&office.server_key).unwrap() };
        server.meet_at(relay, grant.meeting, kind).await;
        server
            .until(|server| server.declined.last() == Some(&(grant.meeting, Refusal::ForeignRelay)))
            .await;
    }
    tokio::spawn(async move { server.listen(Duration::from_secs(300)).await });
    assert!(office.no_line("/relay").await && office.no_line("/internal").await);
}

#[tokio::test(start_paused = true)]
async fn the_list_of_relays_is_kept_and_an_old_state_takes_it_from_the_first_settings() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    assert_eq!(office.store.read::<Told>().unwrap(), None, "as an agent of before the list");
    let mut server = office.server().await;
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
    let kept = |office: &Office| {
        office
            .store
            .read::<Told>()
            .unwrap()
            .unwrap()
            .relays
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&office), [RELAY]);
    server.relays(&["/relay", RELAY]).await;
    server.order(1, Order::RevokeDevice { device: grant.device }).await;
    server.until(|server| server.done == [1]).await;
    assert_eq!(kept(&office), ["/relay", RELAY], "before anything later is acted on");
}

#[tokio::test(start_paused = true)]
async fn the_last_head_is_kept_said_and_missed_when_it_goes_back() {
    let mut office = Office::open(Place::Sample);
    let told = |office: &Office| office.store.read::<Told>().unwrap().unwrap();
    let head = |office: &Office, seq, hash| {
        Head::sign(&office.server_key, &support::body(), seq, [hash; 32])
    };
    let (first, later, old) = (head(&office, 7, 1), head(&office, 9, 2), head(&office, 8, 3));
    let line = office.line("/agent/control").await;
    let mut server =
        support::Server::with_head(line, &office.server_key, office.clock.clone(), Some(first))
            .await;
    server
        .until(|server| server.hello.as_ref().is_some_and(|hello| hello.head == Some(first)))
        .await;
    server.head(later).await;
    server.order(1, Order::RevokeDevice { device: pairing::DeviceId([9; 16]) }).await;
    server.until(|server| server.done == [1]).await;
    assert_eq!((told(&office).head, told(&office).went_back), (Some(later), None));

    // Its data was put back: the head that another process says it heard is further than what it is
    // told.
    drop(server);
    office.restart().await;
    let line = office.line("/agent/control").await;
    let mut server =
        support::Server::with_head(line, &office.server_key, office.clock.clone(), Some(old)).await;
    assert_eq!(server.hello.as_ref().and_then(|hello| hello.head), Some(later));
    server.until(|server| server.hello.as_ref().is_some_and(|hello| hello.head == Some(old))).await;
    let went_back = told(&office).went_back.expect("a complaint");
    assert_eq!((went_back.from, went_back.to), (later, old));
}

#[tokio::test(start_paused = true)]
async fn a_desktop_with_another_certificate_is_refused() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    office.desks.fail_with([source::Error::PinMismatch {
        expected: source::Pin([1; 32]),
        shown: source::Pin([2; 32]),
    }]);
    let grant = office.grant(&device);
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
    assert_eq!(bot.ended().await, EndReason::DesktopUntrusted);
}

#[tokio::test(start_paused = true)]
async fn what_the_wire_does_not_know_ends_the_session() {
    for message in [&[0x0d, 0, 1, b'x'][..], &[], &[0x03], &[0x08, 0xff]] {
        let Visited { office: _office, mut server, mut bot, .. } = Visited::sample().await;
        bot.raw(message).await;
        assert_eq!(bot.ended().await, EndReason::PeerMisbehaved, "{message:02x?}");
        server
            .until(|server| {
                matches!(
                    server.reports.last(),
                    Some(Report::SessionEnded { reason: Recorded::PeerMisbehaved, .. })
                )
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_altered_record_cuts_the_session() {
    let Visited { office: _office, mut server, bot, .. } = Visited::sample().await;
    bot.line.send(Message::Binary(vec![0; 40].into())).await;
    server
        .until(|server| {
            matches!(
                server.reports.last(),
                Some(Report::SessionEnded { reason: Recorded::PeerMisbehaved, .. })
            )
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn reports_wait_for_the_server_and_sessions_for_its_word() {
    let mut office = Office::open(Place::Sample);
    let device = office.paired(7, USER, LOGIN);
    let mut server = office.server().await;
    let mut grant = office.grant(&device);
    grant.policy.idle = 0;
    let mut bot = office.visit(&mut server, &grant, &device).await;
    bot.welcomed().await;
    drop(server);
    let begun = Instant::now();
    // Every try to come back fails, until the session has ended by itself: a revocation could not
    // be heard.
    let deaf = async {
        loop {
            drop(office.line("/agent/control").await)
        }
    };
    tokio::select! {
        reason = bot.ended() => assert_eq!(reason, EndReason::AgentStopping),
        () = deaf => {}
    }
    assert!((300..310).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let mut server = office.server().await;
    server
        .until(|server| {
            server.reports.iter().any(|report| matches!(report, Report::SessionEnded { .. }))
        })
        .await;
    let is_ours = |report: &&Report| {
        matches!(
        report,
        Report::SessionEnded {
            meeting, reason: Recorded::LineLost, .. } if *meeting == grant.meeting)
    };
    assert_eq!(server.reports.iter().filter(is_ours).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_agent_says_so() {
    let Visited { office, server: _server, mut bot, .. } = Visited::sample().await;
    office.shutdown.trigger();
    assert_eq!(bot.ended().await, EndReason::AgentStopping);
}

fn invite(office: &Office) -> pairing::Slip {
    let make = |ledger: &mut Ledger| {
        Ok(ledger.invites.invite(
            "0A1B".parse()?,
            LOGIN,
            3_600_000,
            START,
            &mut SystemRng::new(),
        )?)
    };
    office.store.update(make).unwrap().1
}

/// Proves a secret as a browser does; what the agent accepted.
async fn prove(office: &mut Office, secret: &str, device: &SecretKey) -> Option<channel::DeviceId> {
    let mut line = office.line("/relay").await;
    joined(&mut line).await;
    let prologue = Prologue::pairing(MEETING.0, *b"131016", office.agent.0);
    let mut handshake = Handshake::pairing_initiator(
        &prologue,
        device,
        &Psk::from_secret(secret),
        &mut SystemRng::new(),
    )
    .unwrap();
    line.send(Message::Binary(handshake.write(&[]).unwrap().into())).await;
    let hello =
        AgentHello::decode(&handshake.handle_message(&line.binary().await?).unwrap()).unwrap();
    assert_eq!(hello.name, "office");
    assert_eq!(handshake.remote_static(), Some(office.agent_key.public()));
    let hello = DeviceHello { name: "自宅".into(), user_agent: "bot".into() };
    line.send(Message::Binary(handshake.write(&hello.encode().unwrap()).unwrap().into())).await;
    let mut channel = handshake.into_channel(Limits::VIEWER).unwrap();
    match channel.open(&line.binary().await?).unwrap() {
        Opened::Message(message) => Some(channel::Accepted::decode(&message).unwrap().device),
        other => panic!("{other:?}"),
    }
}
