//! Meetings through the whole relay, over streams in memory.

mod common;

use common::{Desk, closed_with, data, joined, say};
use net::Message;
use pairing::relay::{Origin, Refusal, Word};
use pairing::{Side, SigningKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test]
async fn two_tickets_meet_and_bytes_go_both_ways() {
    let desk = Desk::new();
    let (viewer, agent) = desk.tickets();
    let mut agent = desk.connect(Origin::Absent, &agent).await;
    assert_eq!(data(&mut agent).await, [0], "the first waits");
    let mut viewer = desk.connect(Origin::Allowed, &viewer).await;
    joined(&mut agent).await;
    joined(&mut viewer).await;
    for len in [0, 1, 125, 126, 65_535] {
        let bytes = vec![len as u8; len];
        viewer.send(Message::Binary(bytes.clone().into())).await.unwrap();
        assert_eq!(data(&mut agent).await, bytes);
        agent.send(Message::Binary(bytes.clone().into())).await.unwrap();
        assert_eq!(data(&mut viewer).await, bytes);
    }
    assert_eq!(desk.relay.counts().joined, 1);
    viewer.close(1000, "done").await.unwrap();
    assert_eq!(closed_with(&mut agent).await, Some(1000), "a close in due form passes through");
}

#[tokio::test]
async fn a_broken_line_shows_the_other_side_out() {
    let desk = Desk::new();
    let (viewer, mut agent) = desk.meeting().await;
    drop(viewer);
    assert_eq!(closed_with(&mut agent).await, Some(Refusal::PartnerGone.code()));
    assert_eq!(desk.relay.counts().connections, 0);
}

#[tokio::test]
async fn the_server_ends_a_meeting() {
    let desk = Desk::new();
    let (mut viewer, mut agent) = desk.meeting().await;
    assert!(desk.relay.end(desk.meeting));
    assert_eq!(closed_with(&mut viewer).await, Some(Refusal::Ended.code()));
    assert_eq!(closed_with(&mut agent).await, Some(Refusal::Ended.code()));
    assert!(!desk.relay.end(desk.meeting));
}

#[tokio::test]
async fn a_ticket_works_once() {
    let desk = Desk::new();
    let (viewer, agent) = desk.tickets();
    let first = desk.connect(Origin::Absent, &agent).await;
    let mut again = desk.connect(Origin::Absent, &agent).await;
    assert_eq!(closed_with(&mut again).await, Some(Refusal::Replayed.code()), "while it is in use");
    drop(first);
    let mut again = desk.connect(Origin::Absent, &agent).await;
    assert_eq!(closed_with(&mut again).await, Some(Refusal::Replayed.code()), "and after");
    drop(desk.connect(Origin::Allowed, &viewer).await);
}

#[tokio::test]
async fn each_bad_ticket_is_refused_by_name() {
    let desk = Desk::new();
    let good = desk.ticket(Side::Viewer);
    let mut altered = good.sign(&desk.key);
    altered[3] ^= 1;
    let mut expired = good;
    expired.not_after.0 -= 3_600_000;
    let mut future = good;
    future.not_after.0 += 3_600_000;
    let agent = desk.ticket(Side::Agent).sign(&desk.key);
    let cases = [
        ("altered", altered, Origin::Allowed, Refusal::BadTicket),
        (
            "another server's",
            good.sign(&SigningKey::from_seed(&[9; 32])),
            Origin::Allowed,
            Refusal::BadTicket,
        ),
        ("empty", vec![], Origin::Allowed, Refusal::BadTicket),
        ("cut", good.sign(&desk.key)[..111].to_vec(), Origin::Allowed, Refusal::BadTicket),
        ("too long", vec![1; 113], Origin::Allowed, Refusal::TooLarge),
        ("expired", expired.sign(&desk.key), Origin::Allowed, Refusal::Expired),
        ("from the future", future.sign(&desk.key), Origin::Allowed, Refusal::TooEarly),
        ("an agent's in a browser", agent, Origin::Allowed, Refusal::WrongSide),
        ("a viewer's without a page", good.sign(&desk.key), Origin::Absent, Refusal::WrongSide),
    ];
    for (name, ticket, origin, refusal) in cases {
        let mut socket = desk.connect(origin, &ticket).await;
        assert_eq!(closed_with(&mut socket).await, Some(refusal.code()), "{name}");
    }
    let mut other = desk.ticket(Side::Agent);
    other.body = "131024".parse().unwrap();
    let mut first = desk.connect(Origin::Allowed, &good.sign(&desk.key)).await;
    assert_eq!(data(&mut first).await, [0]);
    let mut socket = desk.connect(Origin::Absent, &other.sign(&desk.key)).await;
    assert_eq!(closed_with(&mut socket).await, Some(Refusal::WrongBody.code()), "another body's");
    let mut page = desk.connect(Origin::Foreign, &good.sign(&desk.key)).await;
    assert_eq!(
        closed_with(&mut page).await,
        Some(Refusal::ForeignOrigin.code()),
        "somebody else's page"
    );
}

#[tokio::test]
async fn who_says_nothing_or_waits_in_vain_is_shown_out() {
    let desk = Desk::impatient();
    let mut silent = desk.open(Origin::Absent).await;
    assert_eq!(closed_with(&mut silent).await, Some(Refusal::NoTicket.code()));
    let (_, agent) = desk.tickets();
    let mut alone = desk.connect(Origin::Absent, &agent).await;
    assert_eq!(data(&mut alone).await, [0]);
    assert_eq!(closed_with(&mut alone).await, Some(Refusal::NobodyCame.code()));
}

#[tokio::test]
async fn hostile_bytes_are_shown_out() {
    let desk = Desk::new();
    for bytes in [
        &b"\x81\x85aaaahello"[..],
        b"\x82\x01x",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff0000",
    ] {
        let mut raw = desk.raw(Origin::Absent);
        raw.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        raw.read_to_end(&mut answer).await.unwrap();
        let code = u16::from_be_bytes([answer[2], answer[3]]);
        assert!(answer[0] == 0x88 && matches!(code, 1002 | 1009), "{answer:?}");
    }
    let (_, agent) = desk.tickets();
    let mut eager = desk.connect(Origin::Absent, &agent).await;
    assert_eq!(data(&mut eager).await, [0]);
    eager.send(Message::Binary(vec![1].into())).await.unwrap();
    assert_eq!(
        closed_with(&mut eager).await,
        Some(Refusal::Misbehaved.code()),
        "a message before the join"
    );
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_meeting() {
    let desk = Desk::new();
    let (mut viewer, mut agent) = desk.meeting().await;
    // The relay stops taking it at the header, so the sending may or may not come to its end.
    _ = viewer.send(Message::Binary(vec![0; 65_536].into())).await;
    assert_eq!(closed_with(&mut viewer).await, Some(Refusal::TooLarge.code()));
    assert_eq!(closed_with(&mut agent).await, Some(Refusal::PartnerGone.code()));
}

#[tokio::test]
async fn a_slow_reader_slows_its_partner_and_nobody_else() {
    let desk = Desk::new();
    let (viewer, mut agent) = desk.meeting().await;
    // The viewer reads nothing: the agent's sending must come to a stand within bounds.
    let record = vec![7; 60_000];
    let mut sent = 0;
    while tokio::time::timeout(
        std::time::Duration::from_millis(200),
        agent.send(Message::Binary(record.clone().into())),
    )
    .await
    .is_ok()
    {
        sent += 1;
        assert!(sent < 100, "no back-pressure: the relay swallowed {sent} records");
    }
    let other = desk.another();
    let (mut quick, mut partner) = other.meeting().await;
    for _ in 0..200 {
        partner.send(Message::Binary(record.clone().into())).await.unwrap();
        assert_eq!(data(&mut quick).await.len(), record.len());
    }
    drop(viewer);
}

#[tokio::test]
async fn a_side_that_gives_no_sign_of_life_is_cut() {
    let desk = Desk::impatient();
    let (viewer, agent) = desk.tickets();
    let mut dead = desk.raw(Origin::Allowed);
    dead.write_all(&common::frame(&viewer)).await.unwrap();
    let mut agent = desk.connect(Origin::Absent, &agent).await;
    joined(&mut agent).await;
    // The agent reads, so its pongs leave by themselves; the other end never answers the relay's
    // ping.
    assert_eq!(closed_with(&mut agent).await, Some(Refusal::PartnerGone.code()));
    let mut answer = Vec::new();
    dead.read_to_end(&mut answer).await.unwrap();
    let code = Refusal::Stalled.code().to_be_bytes();
    assert!(answer.windows(2).any(|pair| pair == code), "{answer:?}");
}

#[tokio::test]
async fn a_relay_that_stops_says_so() {
    let desk = Desk::new();
    let (mut viewer, mut agent) = desk.meeting().await;
    desk.relay.stop();
    assert_eq!(closed_with(&mut viewer).await, Some(1001));
    assert_eq!(closed_with(&mut agent).await, Some(1001));
}

#[tokio::test]
async fn a_servers_word_ends_a_meeting_at_once_and_for_good() {
    let desk = Desk::new();
    let (mut viewer, mut agent) = desk.meeting().await;
    let mut line = desk.line().await;
    let mut speaker = desk.speaker(&mut line, &desk.key).await;
    say(&mut line, speaker.say(&Word::Ask)).await;
    assert_eq!(data(&mut line).await, desk.meeting.0, "what it asked for");
    say(&mut line, speaker.say(&Word::End(desk.meeting))).await;
    assert_eq!(closed_with(&mut viewer).await, Some(Refusal::Ended.code()));
    assert_eq!(closed_with(&mut agent).await, Some(Refusal::Ended.code()));
    // Fresh tickets of the same meeting open nothing.
    let mut again = desk.connect(Origin::Allowed, &desk.ticket(Side::Viewer).sign(&desk.key)).await;
    assert_eq!(closed_with(&mut again).await, Some(Refusal::Ended.code()));
}

#[tokio::test]
async fn who_is_not_the_server_ends_nothing() {
    let desk = Desk::new();
    let (mut viewer, mut agent) = desk.meeting().await;
    let mut line = desk.line().await;
    let mut liar = desk.speaker(&mut line, &SigningKey::from_seed(&[9; 32])).await;
    say(&mut line, liar.say(&Word::End(desk.meeting))).await;
    assert_eq!(closed_with(&mut line).await, Some(Refusal::Misbehaved.code()));
    // Words of one line mean nothing on another.
    let mut heard = desk.line().await;
    let mut speaker = desk.speaker(&mut heard, &desk.key).await;
    let word = speaker.say(&Word::End(desk.meeting));
    let mut replay = desk.line().await;
    data(&mut replay).await;
    say(&mut replay, word).await;
    assert_eq!(closed_with(&mut replay).await, Some(Refusal::Misbehaved.code()));
    agent.send(Message::Binary(vec![5].into())).await.unwrap();
    assert_eq!(data(&mut viewer).await, [5], "the meeting goes on");
}

#[tokio::test]
async fn a_server_that_is_not_heard_has_its_meetings_ended() {
    let desk = Desk::with(|config| config.limits.unheard_ms = Some(200));
    let (mut viewer, mut agent) = desk.meeting().await;
    assert_eq!(closed_with(&mut viewer).await, Some(Refusal::Unheard.code()));
    assert_eq!(closed_with(&mut agent).await, Some(Refusal::Unheard.code()));
    let other = desk.another();
    let mut late = desk.connect(Origin::Absent, &other.ticket(Side::Agent).sign(&desk.key)).await;
    assert_eq!(closed_with(&mut late).await, Some(Refusal::Unheard.code()));
}
