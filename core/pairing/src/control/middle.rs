//! A man in the middle who terminates the TLS between agent and server: he sees every byte and may
//! send anything to either side. Whatever he does with a word of any kind ends the line and has no
//! other effect.

use super::tests::{AGENT, Pair, head, hello, refused, welcome};
use super::*;
use crate::testing::TestRng;
use crate::{AgentId, DeviceId, Error, MeetingId, SigningKey, TargetId, Ticks, UserId};

const MEETING: MeetingId = MeetingId([5; 16]);

/// Something one side says, by its name.
type Said<Side> = (&'static str, fn(&mut Side) -> Result<()>);

/// Each kind of word a server says once the conversation is open.
fn server_words() -> Vec<Said<ServerSide>> {
    vec![
        ("meet", |side| side.meet(meet(MeetKind::Session { grant: vec![1, 2, 3] }))),
        ("pairing", |side| {
            side.meet(meet(MeetKind::Pairing {
                invite: "ABCD".parse().unwrap(),
                user: UserId([6; 16]),
                login: "hanako".into(),
            }))
        }),
        ("end", |side| side.end(End { meeting: MEETING, reason: EndReason::Revoked })),
        ("revoke", |side| side.order(1, Order::RevokeDevice { device: DeviceId([9; 16]) })),
        ("revoke user", |side| {
            side.order(1, Order::RevokeUser { user: UserId([6; 16]), login: "hanako".into() })
        }),
        ("retire", |side| side.order(1, Order::Retire)),
        ("settings", |side| side.settings(Settings::default())),
        ("head", |side| side.head(head(8))),
        ("acknowledge", |side| side.acknowledge(1, 0)),
        ("alive", |side| side.settled()),
    ]
}

/// Each kind of word an agent says once the conversation is open.
fn agent_words() -> Vec<Said<AgentSide>> {
    vec![
        ("hello", |side| side.set_hello(hello())),
        ("target state", |side| {
            side.target_state(&"pc-1".parse::<TargetId>().unwrap(), TargetState::Busy)
        }),
        ("declined", |side| side.decline(MEETING, Refusal::Busy)),
        ("done", |side| side.done(1)),
        ("report", |side| {
            let mut outbox = Outbox::new(&mut TestRng::new(4));
            outbox.push(refused(1)).unwrap();
            side.offer(&outbox)
        }),
        ("alive", |side| side.handle_timeout(Ticks(1_000 + ALIVE_MS))),
    ]
}

fn meet(kind: MeetKind) -> Meet {
    Meet { meeting: MEETING, kind, relay: "/relay".into(), ticket: vec![0; crate::Ticket::LEN] }
}

/// The next word of the server in a conversation that has just opened (always the same one), and
/// the conversation.
fn from_server(say: fn(&mut ServerSide) -> Result<()>) -> (Pair, Vec<u8>) {
    let mut pair = Pair::open();
    say(&mut pair.server).unwrap();
    let bytes = pair.server.poll_transmit().unwrap();
    (pair, bytes)
}

fn from_agent(say: fn(&mut AgentSide) -> Result<()>) -> (Pair, Vec<u8>) {
    let mut pair = Pair::open();
    say(&mut pair.agent).unwrap();
    let bytes = pair.agent.poll_transmit().unwrap();
    (pair, bytes)
}

/// The effect of bytes at an agent: the fault, and whether there was any other effect.
fn at_agent(pair: &mut Pair, bytes: &[u8]) -> (Option<Error>, bool) {
    let fault = pair.agent.handle_message(Input::Binary(bytes), pair.now).err();
    (fault, pair.agent.poll_event().is_some() || pair.agent.poll_transmit().is_some())
}

fn at_server(pair: &mut Pair, bytes: &[u8]) -> (Option<Error>, bool) {
    let fault = pair.server.handle_message(Input::Binary(bytes), pair.now).err();
    (fault, pair.server.poll_event().is_some() || pair.server.poll_transmit().is_some())
}

/// Bytes of a word at which one bit is turned: all of a short one, many of a long one.
fn places(word: &[u8]) -> impl Iterator<Item = usize> {
    (0..word.len()).filter(|at| *at < 18 || at % 24 == 0 || *at + 1 == word.len())
}

#[test]
fn no_byte_of_a_word_can_be_altered() {
    for (kind, say) in server_words() {
        let (mut pair, word) = from_server(say);
        assert_eq!(at_agent(&mut pair, &word).0, None, "{kind}: as it was said");
        for at in places(&word) {
            let mut altered = word.clone();
            altered[at] ^= 1;
            assert_eq!(
                at_agent(&mut Pair::open(), &altered),
                (Some(Error::BadSignature), false),
                "{kind}, byte {at}"
            );
        }
        for cut in [&word[..word.len() - 1], &word[..80], &[]] {
            let (fault, came) = at_agent(&mut Pair::open(), cut);
            assert!(fault.is_some() && !came, "{kind}, {} bytes", cut.len());
        }
        assert_eq!(
            at_agent(&mut Pair::open(), &[&word[..], &[0]].concat()),
            (Some(Error::BadSignature), false),
            "{kind}"
        );
    }
    for (kind, say) in agent_words() {
        let (mut pair, word) = from_agent(say);
        assert_eq!(at_server(&mut pair, &word).0, None, "{kind}: as it was said");
        for at in places(&word) {
            let mut altered = word.clone();
            altered[at] ^= 1;
            assert_eq!(
                at_server(&mut Pair::open(), &altered),
                (Some(Error::BadSignature), false),
                "{kind}, byte {at}"
            );
        }
        let (fault, came) = at_server(&mut Pair::open(), &word[..word.len() - 1]);
        assert!(fault.is_some() && !came, "{kind}");
    }
}

#[test]
fn nothing_can_be_said_in_the_name_of_either() {
    let retire = r#"{"type":"order","number":1,"order":{"type":"retire"}}"#;
    let mut pair = Pair::open();
    assert_eq!(
        pair.agent.handle_message(Input::Text(retire), pair.now),
        Err(Error::PeerMisbehaved("an unsigned word"))
    );
    assert_eq!(pair.agent.poll_event(), None);
    let mut pair = Pair::open();
    assert!(!at_agent(&mut pair, retire.as_bytes()).1);
    assert!(!pair.agent.is_open());
    // He knows the next numbers, and lacks the key. He may have the key of an agent, even of
    // another body.
    for key in [SigningKey::from_seed(&[8; 32]), SigningKey::from_seed(&[2; 32])] {
        for context in ["noren control server v2\0", "noren control agent v2\0", "noren relay v1\0"]
        {
            let word = [&2_u64.to_be_bytes()[..], &1_u64.to_be_bytes(), retire.as_bytes()].concat();
            let forged = [&word[..], &key.sign(context.as_bytes(), &word).0].concat();
            assert_eq!(at_agent(&mut Pair::open(), &forged), (Some(Error::BadSignature), false));
        }
    }
    let mut pair = Pair::open();
    let report = r#"{"type":"done","number":1}"#;
    assert_eq!(
        pair.server.handle_message(Input::Text(report), pair.now),
        Err(Error::PeerMisbehaved("an unsigned word"))
    );
    assert_eq!(pair.server.poll_event(), None);
}

#[test]
fn a_word_is_not_heard_twice_nor_out_of_its_place() {
    const MISSING: (Option<Error>, bool) =
        (Some(Error::PeerMisbehaved("a word is missing or came twice")), false);
    for (kind, say) in server_words() {
        let (mut pair, word) = from_server(say);
        at_agent(&mut pair, &word);
        while pair.agent.poll_event().is_some() {}
        assert_eq!(at_agent(&mut pair, &word), MISSING, "{kind} twice");
        for (other, next) in server_words() {
            // The first is left out, or the second overtakes it.
            let (mut pair, _) = from_server(say);
            next(&mut pair.server).unwrap();
            let second = pair.server.poll_transmit().unwrap();
            assert_eq!(at_agent(&mut pair, &second), MISSING, "{other} before {kind}");
        }
    }
    for (kind, say) in agent_words() {
        let (mut pair, word) = from_agent(say);
        at_server(&mut pair, &word);
        while pair.server.poll_event().is_some() || pair.server.poll_transmit().is_some() {}
        assert_eq!(at_server(&mut pair, &word), MISSING, "{kind} twice");
        let (mut pair, _) = from_agent(say);
        pair.agent.done(7).unwrap();
        let second = pair.agent.poll_transmit().unwrap();
        assert_eq!(at_server(&mut pair, &second), MISSING, "{kind} left out");
    }
}

#[test]
fn a_word_does_not_go_back_to_its_speaker() {
    for (kind, say) in server_words() {
        let (mut pair, word) = from_server(say);
        assert_eq!(at_server(&mut pair, &word), (Some(Error::BadSignature), false), "{kind}");
    }
    for (kind, say) in agent_words() {
        let (mut pair, word) = from_agent(say);
        assert_eq!(at_agent(&mut pair, &word), (Some(Error::BadSignature), false), "{kind}");
    }
    // Not even where one key were both.
    let both = SigningKey::from_seed(&[3; 32]);
    let mut agent =
        AgentSide::new(AGENT, both.clone(), both.public(), hello(), Ticks(0), &mut TestRng::new(2));
    agent.handle_message(Input::Binary(&[1; 32]), Ticks(0)).unwrap();
    let hello = std::iter::from_fn(|| agent.poll_transmit()).last().unwrap();
    assert_eq!(agent.handle_message(Input::Binary(&hello), Ticks(0)), Err(Error::BadSignature));
}

/// A conversation with other chance on one side or the other, or another agent.
fn other(server: u64, agent: u64, id: AgentId) -> Pair {
    let mut pair = Pair::new();
    pair.server =
        ServerSide::new(SigningKey::from_seed(&[3; 32]), pair.now, &mut TestRng::new(server));
    let (control, key) = (pair.control.clone(), SigningKey::from_seed(&[3; 32]).public());
    pair.agent = AgentSide::new(id, control, key, hello(), pair.now, &mut TestRng::new(agent));
    pair.run();
    pair
}

#[test]
fn a_word_of_another_conversation_means_nothing_in_this_one() {
    let conversations = [(9, 2, AGENT), (1, 9, AGENT), (1, 2, AgentId([0xb2; 16]))];
    for (server, agent, id) in conversations {
        for (kind, say) in server_words() {
            let (_, word) = from_server(say);
            let mut pair = other(server, agent, id);
            assert_eq!(at_agent(&mut pair, &word), (Some(Error::BadSignature), false), "{kind}");
        }
        for (kind, say) in agent_words() {
            let (_, word) = from_agent(say);
            let mut pair = other(server, agent, id);
            assert_eq!(at_server(&mut pair, &word), (Some(Error::BadSignature), false), "{kind}");
        }
    }
    // The same of both sides' chance is the same conversation: what the tests above rest on.
    let (_, word) = from_server(server_words()[5].1);
    assert_eq!(at_agent(&mut other(1, 2, AGENT), &word), (None, true));
}

#[test]
fn the_beginning_cannot_be_altered_either() {
    let opening = || {
        let mut pair = Pair::new();
        let challenge = pair.server.poll_transmit().unwrap();
        pair.agent.handle_message(Input::Binary(&challenge), pair.now).unwrap();
        let claim = pair.agent.poll_transmit().unwrap();
        let hello = pair.agent.poll_transmit().unwrap();
        (pair, challenge, claim, hello)
    };
    // The challenge: the agent proves itself over another one.
    for at in 0..32 {
        let mut pair = Pair::new();
        let mut challenge = pair.server.poll_transmit().unwrap();
        challenge[at] ^= 1;
        pair.agent.handle_message(Input::Binary(&challenge), pair.now).unwrap();
        pair.server
            .handle_message(Input::Binary(&pair.agent.poll_transmit().unwrap()), pair.now)
            .unwrap();
        assert_eq!(
            pair.server.authenticate(Some(&pair.control.public())),
            Err(Error::BadSignature)
        );
    }
    // The claim: version, id, chance and proof.
    for at in 0..114 {
        let (mut pair, _, mut claim, _) = opening();
        claim[at] ^= 1;
        let fault = pair.server.handle_message(Input::Binary(&claim), pair.now).err();
        let fault = fault.or_else(|| pair.server.authenticate(Some(&pair.control.public())).err());
        let wanted = if at < 2 {
            Error::UnknownVersion(if at == 0 { 255 } else { 3 })
        } else {
            Error::BadSignature
        };
        assert_eq!(fault, Some(wanted), "byte {at}");
    }
    // The hello, and the welcome.
    let (_, _, claim, hello) = opening();
    let opened = |hello: &[u8]| {
        let (mut pair, _, _, _) = opening();
        pair.server.handle_message(Input::Binary(&claim), pair.now).unwrap();
        pair.server.authenticate(Some(&pair.control.public())).unwrap();
        while pair.server.poll_event().is_some() {}
        let fault = at_server(&mut pair, hello);
        (pair, fault)
    };
    for at in places(&hello) {
        let mut altered = hello.clone();
        altered[at] ^= 1;
        assert_eq!(opened(&altered).1, (Some(Error::BadSignature), false), "hello, byte {at}");
    }
    let welcomed = || {
        let (mut pair, fault) = opened(&hello);
        assert_eq!(fault, (None, true));
        pair.server.welcome(welcome()).unwrap();
        pair.server.settings(Settings::default()).unwrap();
        let words: Vec<_> = std::iter::from_fn(|| pair.server.poll_transmit()).collect();
        (pair, words)
    };
    let (_, words) = welcomed();
    for at in places(&words[0]) {
        let mut altered = words[0].clone();
        altered[at] ^= 1;
        assert_eq!(
            at_agent(&mut welcomed().0, &altered),
            (Some(Error::BadSignature), false),
            "welcome, byte {at}"
        );
    }
    let fault = Error::PeerMisbehaved("a word is missing or came twice");
    assert_eq!(
        at_agent(&mut welcomed().0, &words[1]),
        (Some(fault), false),
        "settings without the welcome"
    );
}

#[test]
fn what_is_owed_is_held_back_together_with_the_word_that_says_all_was_said() {
    let mut pair = Pair::new();
    let challenge = pair.server.poll_transmit().unwrap();
    pair.agent.handle_message(Input::Binary(&challenge), pair.now).unwrap();
    while let Some(bytes) = pair.agent.poll_transmit() {
        pair.server.handle_message(Input::Binary(&bytes), pair.now).unwrap();
        if matches!(pair.server.poll_event(), Some(ServerEvent::Claims(_))) {
            pair.server.authenticate(Some(&pair.control.public())).unwrap();
        }
    }
    pair.server.welcome(welcome()).unwrap();
    pair.server.end(End { meeting: MEETING, reason: EndReason::Revoked }).unwrap();
    pair.server.settled().unwrap();
    let words: Vec<_> = std::iter::from_fn(|| pair.server.poll_transmit()).collect();
    assert_eq!(at_agent(&mut pair, &words[0]), (None, true));
    while pair.agent.poll_event().is_some() || pair.agent.poll_transmit().is_some() {}
    let fault = Error::PeerMisbehaved("a word is missing or came twice");
    assert_eq!(at_agent(&mut pair, &words[2]), (Some(fault), false), "never heard, then");
}
