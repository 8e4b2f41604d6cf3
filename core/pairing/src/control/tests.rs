//! Both sides over a virtual line and clock.

use super::*;
use crate::testing::TestRng;
use crate::{AgentId, BodyCode, DeviceId, Head, MeetingId, SigningKey, TargetId, UnixMs, UserId};

pub(super) const AGENT: AgentId = AgentId([0xa1; 16]);

pub(super) struct Pair {
    pub(super) now: Ticks,
    pub(super) agent: AgentSide,
    pub(super) server: ServerSide,
    pub(super) control: SigningKey,
}

pub(super) fn hello() -> Hello {
    let target = |id: &str| Target {
        id: id.parse().unwrap(),
        name: "企画課 1".into(),
        kind: TargetKind::Vnc,
        zone: crate::Zone::Lgwan,
        state: TargetState::Ready,
    };
    let targets = vec![target("pc-1"), target("pc-2")];
    Hello {
        version: 0,
        name: "本庁舎".into(),
        program: "0.1.0".into(),
        targets,
        head: Some(head(6)),
    }
}

pub(super) fn head(seq: u64) -> Head {
    Head::sign(&SigningKey::from_seed(&[3; 32]), &"131016".parse().unwrap(), seq, [7; 32])
}

pub(super) fn welcome() -> Welcome {
    let body = "131016".parse::<BodyCode>().unwrap();
    Welcome {
        version: VERSION,
        body,
        body_name: "千代田区".into(),
        time: UnixMs(1),
        head: Some(head(7)),
    }
}

pub(super) fn refused(number: u8) -> Report {
    Report::SessionRefused {
        meeting: MeetingId([number; 16]),
        reason: Refusal::Expired,
        at: UnixMs(7),
    }
}

impl Pair {
    pub(super) fn new() -> Self {
        let (control, server) = (SigningKey::from_seed(&[2; 32]), SigningKey::from_seed(&[3; 32]));
        let now = Ticks(1_000);
        Self {
            now,
            agent: AgentSide::new(
                AGENT,
                control.clone(),
                server.public(),
                hello(),
                now,
                &mut TestRng::new(2),
            ),
            server: ServerSide::new(server, now, &mut TestRng::new(1)),
            control,
        }
    }

    pub(super) fn open() -> Self {
        let mut pair = Self::new();
        let events = pair.run();
        assert_eq!(events.0, vec![AgentEvent::Open(welcome()), AgentEvent::Heard]);
        pair
    }

    /// Carries everything both ways until nothing moves, with a server that knows the agent and
    /// welcomes it.
    pub(super) fn run(&mut self) -> (Vec<AgentEvent>, Vec<ServerEvent>) {
        let (mut to_agent, mut to_server) = (Vec::new(), Vec::new());
        loop {
            let mut moved = false;
            while let Some(bytes) = self.server.poll_transmit() {
                moved = true;
                self.agent.handle_message(Input::Binary(&bytes), self.now).unwrap();
            }
            while let Some(bytes) = self.agent.poll_transmit() {
                moved = true;
                self.server.handle_message(Input::Binary(&bytes), self.now).unwrap();
                while let Some(event) = self.server.poll_event() {
                    match event {
                        ServerEvent::Claims(_) => {
                            self.server.authenticate(Some(&self.control.public())).unwrap();
                        }
                        ServerEvent::Hello(_) if !self.agent.is_open() => {
                            self.server.welcome(welcome()).unwrap();
                            self.server.settled().unwrap();
                        }
                        ServerEvent::Alive => {}
                        other => to_server.push(other),
                    }
                }
            }
            while let Some(event) = self.agent.poll_event() {
                to_agent.push(event);
            }
            if !moved {
                return (to_agent, to_server);
            }
        }
    }
}

#[test]
fn an_agent_that_is_made_to_wait_waits_and_the_limit_begins_when_it_is_let_in() {
    let mut pair = Pair::new();
    let challenge = pair.server.poll_transmit().unwrap();
    pair.agent.handle_message(Input::Binary(&challenge), pair.now).unwrap();
    let (proof, hello) = (pair.agent.poll_transmit().unwrap(), pair.agent.poll_transmit().unwrap());
    pair.server.handle_message(Input::Binary(&proof), pair.now).unwrap();
    pair.server.makes_wait();
    // Longer than the conversation may take to open, and than a line may be silent; nobody says
    // anything.
    for _ in 0..4 {
        pair.now = pair.now.plus(OPENING_MS);
        pair.server.handle_timeout(pair.now).unwrap();
        pair.agent.handle_timeout(pair.now).unwrap();
        assert_eq!((pair.server.poll_transmit(), pair.agent.poll_transmit()), (None, None));
    }
    pair.server.lets_in(pair.now);
    pair.server.authenticate(Some(&pair.control.public())).unwrap();
    let let_in = pair.now;
    assert_eq!(pair.server.handle_timeout(let_in.plus(OPENING_MS - 1)), Ok(()));
    let mut late = Pair::new();
    late.server.makes_wait();
    late.server.lets_in(late.now);
    assert_eq!(
        late.server.handle_timeout(late.now.plus(OPENING_MS)),
        Err(Error::Silent),
        "from then on it is the agent's time"
    );
    pair.server.handle_message(Input::Binary(&hello), pair.now).unwrap();
    pair.server.welcome(welcome()).unwrap();
    pair.server.lets_in(pair.now);
    let late = pair.now.plus(OPENING_MS);
    assert_eq!(pair.server.handle_timeout(late), Ok(()), "an open conversation has no such limit");
    // The agent counts the server as heard when it has answered what was said after the welcome.
    pair.server.settled().unwrap();
    while pair.server.poll_event().is_some() {}
    for _ in 0..2 {
        let bytes = pair.server.poll_transmit().unwrap();
        pair.agent.handle_message(Input::Binary(&bytes), pair.now).unwrap();
    }
    assert_eq!(
        (pair.agent.poll_event(), pair.agent.poll_event()),
        (Some(AgentEvent::Open(welcome())), None)
    );
    assert_eq!(pair.run().0, [AgentEvent::Heard]);
    // An agent gives a server that lets it wait up in the end.
    let mut agent = Pair::new();
    let challenge = agent.server.poll_transmit().unwrap();
    agent.agent.handle_message(Input::Binary(&challenge), agent.now).unwrap();
    assert_eq!(agent.agent.handle_timeout(agent.now.plus(WAITING_MS - 1)), Ok(()));
    assert_eq!(agent.agent.handle_timeout(agent.now.plus(WAITING_MS)), Err(Error::Silent));
}

#[test]
fn the_conversation_opens_and_carries_meetings_orders_and_ends() {
    let mut pair = Pair::open();
    let meet = Meet {
        meeting: MeetingId([5; 16]),
        kind: MeetKind::Session { grant: vec![1, 2, 3] },
        relay: "wss://noren.example/relay".into(),
        ticket: vec![0; crate::Ticket::LEN],
    };
    let pairing = Meet {
        kind: MeetKind::Pairing {
            invite: "ABCD".parse().unwrap(),
            user: UserId([6; 16]),
            login: "hanako".into(),
        },
        ..meet.clone()
    };
    let end = End { meeting: MeetingId([5; 16]), reason: EndReason::Revoked };
    let order = Order::RevokeDevice { device: DeviceId([9; 16]) };
    pair.server.meet(meet.clone()).unwrap();
    pair.server.meet(pairing.clone()).unwrap();
    pair.server.end(end).unwrap();
    pair.server.order(1, order.clone()).unwrap();
    pair.server.settings(Settings::default()).unwrap();
    pair.server.head(head(8)).unwrap();
    let (heard, _) = pair.run();
    assert_eq!(
        heard,
        vec![
            AgentEvent::Meet(meet),
            AgentEvent::Meet(pairing),
            AgentEvent::End(end),
            AgentEvent::Order { number: 1, order },
            AgentEvent::Settings(Settings::default()),
            AgentEvent::Head(head(8)),
        ]
    );
    let target: TargetId = "pc-2".parse().unwrap();
    pair.agent.done(1).unwrap();
    pair.agent.decline(MeetingId([5; 16]), Refusal::Busy).unwrap();
    pair.agent.target_state(&target, TargetState::Busy).unwrap();
    let (_, heard) = pair.run();
    assert_eq!(
        heard,
        vec![
            ServerEvent::Done { number: 1 },
            ServerEvent::Declined { meeting: MeetingId([5; 16]), reason: Refusal::Busy },
            ServerEvent::TargetState { target, state: TargetState::Busy },
        ]
    );
}

#[test]
fn reports_come_again_until_they_are_acknowledged_also_over_another_line() {
    let mut outbox = Outbox::new(&mut TestRng::new(4));
    (0..3).for_each(|number| outbox.push(refused(number)).unwrap());
    let mut pair = Pair::open();
    pair.agent.offer(&outbox).unwrap();
    let (_, heard) = pair.run();
    let numbers = |heard: &[ServerEvent]| -> Vec<u64> {
        heard
            .iter()
            .map(|event| {
                if let ServerEvent::Report { number, .. } = event {
                    *number
                } else {
                    panic!("{event:?}")
                }
            })
            .collect()
    };
    assert_eq!(numbers(&heard), [1, 2, 3]);
    pair.server.acknowledge(outbox.epoch(), 2).unwrap();
    let (heard, _) = pair.run();
    assert_eq!(heard, vec![AgentEvent::Acknowledged { epoch: outbox.epoch(), number: 2 }]);
    assert!(outbox.acknowledge(outbox.epoch(), 2));
    // The line breaks before the third is acknowledged; the outbox comes back from disk.
    let saved = serde_json::to_string(&outbox).unwrap();
    let mut outbox: Outbox = serde_json::from_str(&saved).unwrap();
    outbox.push(refused(9)).unwrap();
    let mut pair = Pair::open();
    pair.agent.offer(&outbox).unwrap();
    pair.agent.offer(&outbox).unwrap();
    let (_, heard) = pair.run();
    assert_eq!(numbers(&heard), [3, 4], "what is owed, each once a line");
    assert!(!outbox.acknowledge(outbox.epoch() ^ 1, 4), "another epoch's number means nothing");
    assert!(outbox.acknowledge(outbox.epoch(), 4) && outbox.is_empty());
}

#[test]
fn no_more_is_on_the_way_than_the_window() {
    let mut outbox = Outbox::new(&mut TestRng::new(4));
    (0..200).for_each(|number| outbox.push(refused(number)).unwrap());
    let mut pair = Pair::open();
    let mut seen = 0;
    while seen < 200 {
        pair.agent.offer(&outbox).unwrap();
        let (_, heard) = pair.run();
        assert!(!heard.is_empty() && heard.len() <= WINDOW, "{}", heard.len());
        seen += heard.len() as u64;
        pair.server.acknowledge(outbox.epoch(), seen).unwrap();
        pair.run();
        outbox.acknowledge(outbox.epoch(), seen);
    }
    assert!(outbox.is_empty());
}

#[test]
fn the_outbox_is_bounded() {
    let mut outbox = Outbox::new(&mut TestRng::new(4));
    (0..Outbox::MAX).for_each(|_| outbox.push(refused(0)).unwrap());
    assert!(outbox.is_full());
    assert_eq!(outbox.push(refused(0)), Err(Error::Full("outbox")));
}

#[test]
fn the_agent_says_that_it_is_there_and_both_notice_silence() {
    let mut pair = Pair::open();
    for _ in 0..12 {
        pair.now = pair.agent.timeout().min(pair.server.timeout());
        pair.agent.handle_timeout(pair.now).unwrap();
        pair.server.handle_timeout(pair.now).unwrap();
        pair.run();
    }
    assert_eq!(pair.now, Ticks(1_000 + 12 * ALIVE_MS), "nobody is woken for anything else");
    let last = pair.now;
    // The line dies: nothing arrives any more.
    let mut died = None;
    while died.is_none() {
        pair.now = pair.agent.timeout();
        died = pair.agent.handle_timeout(pair.now).err();
    }
    assert_eq!(died, Some(Error::Silent));
    assert_eq!(pair.now.since(last), SILENCE_MS);
    // The server's last word that it knows to be heard is the one before.
    assert_eq!(pair.server.timeout(), last.plus(SILENCE_MS - ALIVE_MS));
    assert_eq!(pair.server.handle_timeout(pair.server.timeout()), Err(Error::Silent));
    assert_eq!(
        pair.agent.handle_message(Input::Life, pair.now),
        Err(Error::PeerMisbehaved("conversation is over"))
    );
}

#[test]
fn what_is_not_a_word_of_the_other_side_is_no_sign_of_life() {
    let mut pair = Pair::open();
    let begun = pair.now;
    let died = loop {
        pair.now = pair.now.plus(1_000);
        // Somebody between answers every ping and swallows every word.
        pair.agent.handle_message(Input::Life, pair.now).unwrap();
        pair.server.handle_message(Input::Life, pair.now).unwrap();
        if let Err(error) = pair.agent.handle_timeout(pair.now) {
            break error;
        }
        while pair.agent.poll_transmit().is_some() {}
    };
    assert_eq!((died, pair.now.since(begun)), (Error::Silent, SILENCE_MS));
    assert_eq!(pair.server.handle_timeout(pair.now), Err(Error::Silent));
}

#[test]
fn words_that_are_held_back_and_handed_on_late_do_not_make_a_line_look_alive() {
    // Each of the server's answers comes nine seconds later than the one before it, and no later
    // than one of them may.
    let (mut pair, mut held) = (Pair::open(), Vec::new());
    let begun = pair.now;
    let died = loop {
        pair.now = pair.now.plus(1_000);
        if let Err(error) = pair.agent.handle_timeout(pair.now) {
            break error;
        }
        while let Some(bytes) = pair.agent.poll_transmit() {
            pair.server.handle_message(Input::Binary(&bytes), pair.now).unwrap();
        }
        while let Some(bytes) = pair.server.poll_transmit() {
            held.push(bytes);
        }
        if pair.now.since(begun).is_multiple_of(19_000) && !held.is_empty() {
            pair.agent.handle_message(Input::Binary(&held.remove(0)), pair.now).unwrap();
        }
    };
    assert_eq!(died, Error::Silent);
    assert!(pair.now.since(begun) < 3 * SILENCE_MS, "{}", pair.now.since(begun));
    assert!(!held.is_empty(), "though there was more to hear");
}

#[test]
fn a_conversation_that_does_not_open_is_given_up_even_if_the_peer_is_alive() {
    let mut pair = Pair::new();
    let start = pair.now;
    let mut over = None;
    while over.is_none() {
        pair.now = pair.server.timeout().min(pair.now.plus(1_000));
        pair.server.handle_message(Input::Life, pair.now).unwrap();
        over = pair.server.handle_timeout(pair.now).err();
    }
    assert_eq!((over, pair.now.since(start)), (Some(Error::Silent), OPENING_MS));
}

#[test]
fn who_cannot_prove_who_it_is_stays_outside() {
    let answer = |agent: &mut AgentSide, server: &mut ServerSide| {
        let challenge = server.poll_transmit().unwrap();
        agent.handle_message(Input::Binary(&challenge), Ticks(1_000)).unwrap();
        let proof = agent.poll_transmit().unwrap();
        server.handle_message(Input::Binary(&proof), Ticks(1_000)).unwrap();
        assert_eq!(server.poll_event(), Some(ServerEvent::Claims(AGENT)));
    };
    // Another key, no such agent, and a proof meant for another server.
    let mut pair = Pair::new();
    answer(&mut pair.agent, &mut pair.server);
    let stranger = SigningKey::from_seed(&[8; 32]).public();
    assert_eq!(pair.server.authenticate(Some(&stranger)), Err(Error::BadSignature));
    let mut pair = Pair::new();
    answer(&mut pair.agent, &mut pair.server);
    assert_eq!(pair.server.authenticate(None), Err(Error::BadSignature));
    let mut pair = Pair::new();
    let other = SigningKey::from_seed(&[4; 32]).public();
    pair.agent =
        AgentSide::new(AGENT, pair.control.clone(), other, hello(), pair.now, &mut TestRng::new(2));
    answer(&mut pair.agent, &mut pair.server);
    assert_eq!(pair.server.authenticate(Some(&pair.control.public())), Err(Error::BadSignature));
    assert!(pair.server.handle_message(Input::Life, Ticks(1_000)).is_err(), "and it stays so");
    // A proof recorded from another conversation.
    let (mut first, mut second) = (Pair::new(), Pair::new());
    second.server =
        ServerSide::new(SigningKey::from_seed(&[3; 32]), Ticks(1_000), &mut TestRng::new(2));
    let challenge = first.server.poll_transmit().unwrap();
    first.agent.handle_message(Input::Binary(&challenge), Ticks(1_000)).unwrap();
    let proof = first.agent.poll_transmit().unwrap();
    second.server.handle_message(Input::Binary(&proof), Ticks(1_000)).unwrap();
    assert_eq!(second.server.authenticate(Some(&first.control.public())), Err(Error::BadSignature));
}

#[test]
fn messages_out_of_order_end_it() {
    let mut pair = Pair::open();
    assert!(
        pair.agent.handle_message(Input::Binary(&[0; 32]), pair.now).is_err(),
        "a second challenge"
    );
    let mut pair = Pair::new();
    let mut eager = Pair::open();
    eager.agent.done(1).unwrap();
    let done = eager.agent.poll_transmit().unwrap();
    assert!(
        pair.server.handle_message(Input::Binary(&done), pair.now).is_err(),
        "a word before the proof"
    );
    let mut pair = Pair::open();
    let mut outbox = Outbox::new(&mut TestRng::new(4));
    outbox.push(refused(1)).unwrap();
    pair.agent.offer(&outbox).unwrap();
    pair.server.acknowledge(outbox.epoch(), 5).unwrap();
    let ack = pair.server.poll_transmit().unwrap();
    assert_eq!(
        pair.agent.handle_message(Input::Binary(&ack), pair.now),
        Err(Error::PeerMisbehaved("acknowledged what was not sent"))
    );
}

#[test]
fn an_agent_of_the_first_version_is_told_so_and_nothing_else() {
    let mut pair = Pair::new();
    pair.server.poll_transmit().unwrap();
    assert_eq!(
        pair.server.handle_message(Input::Binary(&[1; 80]), pair.now),
        Err(Error::UnknownVersion(1))
    );
    assert_eq!(pair.server.poll_transmit(), None);
    for (version, named) in [(3_u16, 3), (1, 1), (700, 255)] {
        let mut pair = Pair::new();
        let mut claim = vec![0; 114];
        claim[..2].copy_from_slice(&version.to_be_bytes());
        assert_eq!(
            pair.server.handle_message(Input::Binary(&claim), pair.now),
            Err(Error::UnknownVersion(named))
        );
    }
}

#[test]
fn a_newer_peer_is_understood_as_far_as_it_goes() {
    assert_eq!(ToServer::decode("{\"type\":\"weather\",\"sun\":true}"), Ok(ToServer::Unknown));
    assert_eq!(ToAgent::decode("{\"type\":\"weather\"}"), Ok(ToAgent::Unknown));
    let report = "{\"type\":\"report\",\"epoch\":1,\"number\":2,\
        \"report\":{\"type\":\"weather\",\"sun\":1}}";
    assert_eq!(
        ToServer::decode(report),
        Ok(ToServer::Report { epoch: 1, number: 2, report: Report::Unknown })
    );
    let end = "{\"type\":\"end\",\"meeting\":\"05050505050505050505050505050505\",\
        \"reason\":\"eclipse\",\"extra\":[1,{}]}";
    assert_eq!(
        ToAgent::decode(end),
        Ok(ToAgent::End(End { meeting: MeetingId([5; 16]), reason: EndReason::Other }))
    );
}

#[test]
fn what_is_out_of_its_limits_is_refused() {
    let mut many = hello();
    many.targets = (0..513)
        .map(|at| Target { id: format!("pc-{at}").parse().unwrap(), ..many.targets[0].clone() })
        .collect();
    assert_eq!(ToServer::Hello(many).encode(), Err(Error::TooLarge("list of targets")));
    let mut twice = hello();
    twice.targets[1].id = twice.targets[0].id.clone();
    assert!(ToServer::Hello(twice).encode().is_err());
    let mut long = hello();
    long.name = "あ".repeat(171);
    assert_eq!(ToServer::Hello(long).encode(), Err(Error::TooLarge("text")));
    let mut control = hello();
    control.name = "a\nb".into();
    assert!(ToServer::Hello(control).encode().is_err());
    let huge = format!("{{\"type\":\"weather\",\"x\":\"{}\"}}", "x".repeat(MAX_MESSAGE));
    assert_eq!(ToServer::decode(&huge), Err(Error::TooLarge("message")));
    let deep =
        format!("{{\"type\":\"weather\",\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(ToServer::decode(&deep), Err(Error::Invalid("message")));
    let forged = Report::DevicePaired {
        device: DeviceId([1; 16]),
        key: crate::ChannelKey([2; 32]),
        user: UserId([3; 16]),
        login: "hanako".into(),
        name: "自宅".into(),
        user_agent: String::new(),
        invite: "ABCD".parse().unwrap(),
        by: PairedBy::Slip,
        at: UnixMs(1),
    };
    assert_eq!(
        ToServer::Report { epoch: 1, number: 1, report: forged }.encode(),
        Err(Error::WrongDevice)
    );
}

#[test]
fn a_head_that_is_not_the_servers_or_not_of_the_body_ends_it() {
    for (key, body) in [(4, "131016"), (3, "011002")] {
        let forged =
            Head::sign(&SigningKey::from_seed(&[key; 32]), &body.parse().unwrap(), 9, [7; 32]);
        let mut pair = Pair::open();
        pair.server.head(forged).unwrap();
        let bytes = pair.server.poll_transmit().unwrap();
        assert_eq!(
            pair.agent.handle_message(Input::Binary(&bytes), pair.now),
            Err(Error::BadSignature)
        );
        assert_eq!(pair.agent.poll_event(), None);
    }
}
