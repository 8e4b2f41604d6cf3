//! The machine on a virtual clock.

use super::*;
use crate::SigningKey;
use crate::testing::TestRng;

const NOW: Ticks = Ticks(10_000);
const DAY: UnixMs = UnixMs(1_700_000_000_000);

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn machine(change: impl FnOnce(&mut Limits)) -> Machine {
    let mut limits = Limits::default();
    change(&mut limits);
    Machine::new(vec![key().public()], limits)
}

fn address(last: u8) -> IpAddr {
    [192, 0, 2, last].into()
}

fn tickets(number: u8) -> (Vec<u8>, Vec<u8>) {
    let body = "131016".parse().unwrap();
    let (viewer, agent) =
        Ticket::pair(MeetingId([number; 16]), body, DAY, &mut TestRng::new(u64::from(number)));
    (viewer.sign(&key()), agent.sign(&key()))
}

fn commands(machine: &mut Machine) -> Vec<Command> {
    std::iter::from_fn(|| machine.poll_command()).collect()
}

fn come(machine: &mut Machine, number: u64, ticket: &[u8], origin: Origin) -> Vec<Command> {
    machine.handle_open(Connection(number), address(1), origin, NOW).unwrap();
    machine.handle_ticket(Connection(number), ticket, DAY, NOW);
    commands(machine)
}

#[test]
fn two_come_and_are_joined_whoever_is_first() {
    for viewer_first in [true, false] {
        let mut machine = machine(|_| {});
        let (viewer, agent) = tickets(1);
        let order = if viewer_first {
            [(1, &viewer, Origin::Allowed), (2, &agent, Origin::Absent)]
        } else {
            [(2, &agent, Origin::Absent), (1, &viewer, Origin::Allowed)]
        };
        let (number, ticket, origin) = order[0];
        assert_eq!(come(&mut machine, number, ticket, origin), [Command::Wait(Connection(number))]);
        let (number, ticket, origin) = order[1];
        let join = Command::Join {
            viewer: Connection(1),
            agent: Connection(2),
            meeting: MeetingId([1; 16]),
        };
        assert_eq!(come(&mut machine, number, ticket, origin), [join]);
        assert_eq!(machine.timeout(), None, "a meeting lasts as long as it lasts");
        machine.handle_closed(Connection(1));
        assert_eq!(commands(&mut machine), [Command::Close(Connection(2), Refusal::PartnerGone)]);
        machine.handle_closed(Connection(2));
        assert_eq!(commands(&mut machine), []);
        let counts = machine.counts();
        assert_eq!((counts.connections, counts.joined, counts.tickets), (0, 0, 2));
    }
}

#[test]
fn patience_is_five_seconds_for_a_ticket_and_thirty_for_a_partner() {
    let mut machine = machine(|_| {});
    machine.handle_open(Connection(1), address(1), Origin::Absent, NOW).unwrap();
    assert_eq!(machine.timeout(), Some(NOW.plus(5_000)));
    let (_, agent) = tickets(1);
    come(&mut machine, 2, &agent, Origin::Absent);
    machine.handle_timeout(NOW.plus(4_999));
    assert_eq!(commands(&mut machine), []);
    machine.handle_timeout(NOW.plus(5_000));
    assert_eq!(commands(&mut machine), [Command::Close(Connection(1), Refusal::NoTicket)]);
    assert_eq!(machine.timeout(), Some(NOW.plus(30_000)));
    machine.handle_timeout(NOW.plus(30_000));
    assert_eq!(commands(&mut machine), [Command::Close(Connection(2), Refusal::NobodyCame)]);
    assert_eq!(machine.timeout(), None);
    // One that was shown out and has not gone yet cannot come in by a late ticket.
    let (viewer, _) = tickets(2);
    machine.handle_ticket(Connection(1), &viewer, DAY, NOW.plus(30_001));
    assert_eq!(commands(&mut machine), [Command::Close(Connection(1), Refusal::Misbehaved)]);
}

#[test]
fn a_ticket_is_remembered_until_it_has_expired_and_then_it_has_expired() {
    let mut machine = machine(|_| {});
    let (_, agent) = tickets(1);
    come(&mut machine, 1, &agent, Origin::Absent);
    machine.handle_closed(Connection(1));
    let mut again = |number, calendar| {
        machine.handle_open(Connection(number), address(1), Origin::Absent, NOW).unwrap();
        machine.handle_ticket(Connection(number), &agent, calendar, NOW);
        commands(&mut machine)
    };
    assert_eq!(again(2, DAY), [Command::Close(Connection(2), Refusal::Replayed)]);
    let end = DAY.plus(Ticket::LIFE_MS);
    assert_eq!(again(3, end), [Command::Close(Connection(3), Refusal::Replayed)]);
    assert_eq!(again(4, end.plus(1)), [Command::Close(Connection(4), Refusal::Expired)]);
}

#[test]
fn clocks_that_differ_by_an_hour_are_named() {
    let mut machine = machine(|_| {});
    let (viewer, agent) = tickets(1);
    machine.handle_open(Connection(1), address(1), Origin::Allowed, NOW).unwrap();
    machine.handle_ticket(Connection(1), &viewer, DAY.plus(3_600_000), NOW);
    machine.handle_open(Connection(2), address(1), Origin::Absent, NOW).unwrap();
    machine.handle_ticket(Connection(2), &agent, UnixMs(DAY.0 - 3_600_000), NOW);
    assert_eq!(
        commands(&mut machine),
        [
            Command::Close(Connection(1), Refusal::Expired),
            Command::Close(Connection(2), Refusal::TooEarly)
        ]
    );
    assert!(Refusal::Expired.to_string().contains("clocks") && !Refusal::Expired.is_suspicious());
}

#[test]
fn one_address_has_its_share_and_no_more() {
    let mut machine = machine(|limits| {
        limits.connections_per_address = 3;
        limits.opens_per_minute = 5;
    });
    let mut open = |number, last, now| {
        machine.handle_open(Connection(number), address(last), Origin::Absent, now)
    };
    for number in 0..3 {
        open(number, 1, NOW).unwrap();
    }
    assert_eq!(open(3, 1, NOW), Err(Refusal::TooMany));
    open(4, 2, NOW).unwrap();
    (0..3).for_each(|number| machine.handle_closed(Connection(number)));
    let mut open =
        |number, now| machine.handle_open(Connection(number), address(1), Origin::Absent, now);
    open(5, NOW).unwrap();
    open(6, NOW).unwrap();
    assert_eq!(open(7, NOW), Err(Refusal::TooMany), "five a minute");
    open(8, NOW.plus(12_000)).unwrap();
}

#[test]
fn an_address_that_guesses_is_left_outside_for_a_while() {
    let mut machine = machine(|limits| limits.bad_tickets_per_minute = 3);
    for number in 0..3 {
        machine.handle_open(Connection(number), address(1), Origin::Absent, NOW).unwrap();
        machine.handle_ticket(Connection(number), b"guess", DAY, NOW);
        machine.handle_closed(Connection(number));
    }
    let mut open = |number, last, now| {
        machine.handle_open(Connection(number), address(last), Origin::Absent, now)
    };
    assert_eq!(open(9, 1, NOW), Err(Refusal::TooMany));
    open(10, 2, NOW).unwrap();
    open(11, 1, NOW.plus(20_000)).unwrap();
}

#[test]
fn ipv6_customers_are_one_address_and_mapped_ipv4_is_ipv4() {
    let mut machine = machine(|limits| limits.connections_per_address = 1);
    let mut open = |number, text: &str| {
        machine.handle_open(Connection(number), text.parse().unwrap(), Origin::Absent, NOW)
    };
    open(1, "2001:db8:1:2::1").unwrap();
    assert_eq!(open(2, "2001:db8:1:2:ffff::9"), Err(Refusal::TooMany));
    open(3, "2001:db8:1:3::1").unwrap();
    open(4, "192.0.2.7").unwrap();
    assert_eq!(open(5, "::ffff:192.0.2.7"), Err(Refusal::TooMany));
}

#[test]
fn a_body_has_its_share_of_meetings() {
    let mut machine = machine(|limits| limits.meetings_per_body = 2);
    for number in 1..=2 {
        let (_, agent) = tickets(number);
        come(&mut machine, u64::from(number), &agent, Origin::Absent);
    }
    let (_, agent) = tickets(3);
    assert_eq!(
        come(&mut machine, 3, &agent, Origin::Absent),
        [Command::Close(Connection(3), Refusal::TooMany)]
    );
    machine.handle_closed(Connection(1));
    let (_, agent) = tickets(4);
    assert_eq!(come(&mut machine, 4, &agent, Origin::Absent), [Command::Wait(Connection(4))]);
    assert_eq!(machine.end_body("131016".parse().unwrap(), DAY), 2);
    assert_eq!(machine.end_body("131024".parse().unwrap(), DAY), 0);
}

#[test]
fn a_relay_may_be_some_bodies_own() {
    let mut machine = machine(|limits| limits.bodies = ["131024".parse().unwrap()].into());
    let (_, agent) = tickets(1);
    assert_eq!(
        come(&mut machine, 1, &agent, Origin::Absent),
        [Command::Close(Connection(1), Refusal::WrongBody)]
    );
}

#[test]
fn memory_is_bounded_under_a_flood() {
    let mut machine = machine(|limits| {
        limits.connections = 50;
        limits.addresses = 40;
        limits.tickets = 30;
    });
    let mut full = 0;
    for number in 0_u64..2_000 {
        let from: IpAddr = std::net::Ipv4Addr::from_bits(number as u32).into();
        if machine.handle_open(Connection(number), from, Origin::Absent, NOW).is_err() {
            full += 1;
            continue;
        }
        let (_, agent) = tickets((number % 251) as u8);
        machine.handle_ticket(Connection(number), &agent, DAY, NOW);
        if number % 3 == 0 {
            machine.handle_closed(Connection(number));
        }
        commands(&mut machine);
        let counts = machine.counts();
        assert!(
            counts.connections <= 50 && counts.addresses <= 40 && counts.tickets <= 30,
            "{counts:?}"
        );
    }
    assert!(full > 1_000);
}

#[test]
fn an_address_that_did_nothing_is_not_refused_for_what_many_others_did() {
    let mut machine = machine(|limits| limits.addresses = 40);
    let from = |number: u32| IpAddr::from(std::net::Ipv4Addr::from_bits(number));
    for number in 0..2_000 {
        let connection = Connection(u64::from(number));
        assert_eq!(
            machine.handle_open(connection, from(number), Origin::Absent, NOW),
            Ok(()),
            "{number}"
        );
        if number >= 39 {
            machine.handle_closed(connection);
        }
    }
    assert_eq!(machine.counts().addresses, 40);
}

#[test]
fn tickets_that_do_not_fit_the_memory_are_refused_not_forgotten() {
    let mut machine = machine(|limits| limits.tickets = 1);
    let ((_, first), (_, second)) = (tickets(1), tickets(2));
    assert_eq!(come(&mut machine, 1, &first, Origin::Absent), [Command::Wait(Connection(1))]);
    assert_eq!(
        come(&mut machine, 2, &second, Origin::Absent),
        [Command::Close(Connection(2), Refusal::Full)]
    );
}

#[test]
fn one_connection_holds_one_place() {
    let mut machine = machine(|_| {});
    let ((_, first), (_, second)) = (tickets(1), tickets(2));
    come(&mut machine, 1, &first, Origin::Absent);
    machine.handle_ticket(Connection(1), &second, DAY, NOW);
    assert_eq!(commands(&mut machine), [Command::Close(Connection(1), Refusal::Misbehaved)]);
}

fn watched() -> Machine {
    machine(|limits| limits.unheard_ms = Some(300_000))
}

/// A server's line, and one word of it.
fn word(machine: &mut Machine, word: Word, now: Ticks) -> Vec<MeetingId> {
    machine.handle_open(Connection(900), address(9), Origin::Absent, now).ok();
    machine.handle_word(Connection(900), &key().public(), word, DAY, now)
}

fn joined(machine: &mut Machine, number: u8) {
    let (viewer, agent) = tickets(number);
    come(machine, u64::from(number) * 2, &viewer, Origin::Allowed);
    come(machine, u64::from(number) * 2 + 1, &agent, Origin::Absent);
}

#[test]
fn a_servers_word_ends_both_sides_and_keeps_the_meeting_from_beginning() {
    let mut machine = watched();
    joined(&mut machine, 1);
    let id = |number| MeetingId([number; 16]);
    assert_eq!(word(&mut machine, Word::Ask, NOW), [id(1)]);
    assert_eq!(word(&mut machine, Word::End(id(1)), NOW), []);
    let ended = |number| Command::Close(Connection(number), Refusal::Ended);
    assert_eq!(commands(&mut machine), [ended(2), ended(3)]);
    // Ended before anybody came: neither side gets in.
    word(&mut machine, Word::End(id(2)), NOW);
    let (viewer, agent) = tickets(2);
    assert_eq!(come(&mut machine, 4, &viewer, Origin::Allowed), [ended(4)]);
    assert_eq!(come(&mut machine, 5, &agent, Origin::Absent), [ended(5)]);
    // Ended while one waits.
    let (viewer, agent) = tickets(3);
    assert_eq!(come(&mut machine, 6, &viewer, Origin::Allowed), [Command::Wait(Connection(6))]);
    word(&mut machine, Word::EndBody("131016".parse().unwrap()), NOW);
    let closed: Vec<_> =
        commands(&mut machine).into_iter().filter(|command| *command == ended(6)).collect();
    assert_eq!(closed.len(), 1);
    machine.handle_closed(Connection(6));
    assert_eq!(come(&mut machine, 7, &agent, Origin::Absent), [ended(7)]);
}

#[test]
fn a_server_ends_nothing_of_anothers() {
    let other = SigningKey::from_seed(&[2; 32]);
    let mut machine = Machine::new(vec![key().public(), other.public()], Limits::default());
    joined(&mut machine, 1);
    machine.handle_open(Connection(900), address(9), Origin::Absent, NOW).unwrap();
    for word in [Word::End(MeetingId([1; 16])), Word::EndBody("131016".parse().unwrap())] {
        machine.handle_word(Connection(900), &other.public(), word, DAY, NOW);
        assert_eq!(commands(&mut machine), []);
    }
    assert_eq!(machine.handle_word(Connection(900), &other.public(), Word::Ask, DAY, NOW), []);
}

#[test]
fn a_server_that_is_not_heard_has_no_meetings() {
    let mut machine = watched();
    joined(&mut machine, 1);
    word(&mut machine, Word::Alive, NOW.plus(200_000));
    assert_eq!(machine.timeout(), Some(NOW.plus(500_000)), "from the last word on");
    machine.handle_timeout(NOW.plus(499_999));
    assert_eq!(commands(&mut machine), []);
    machine.handle_timeout(NOW.plus(500_000));
    let unheard = |number| Command::Close(Connection(number), Refusal::Unheard);
    assert_eq!(commands(&mut machine), [unheard(2), unheard(3)]);
    assert_eq!(machine.timeout(), None, "it is said once");
    (2..=3).for_each(|number| machine.handle_closed(Connection(number)));
    commands(&mut machine);
    // Nobody begins either, until it is heard again.
    let (viewer, agent) = tickets(2);
    let late = NOW.plus(600_000);
    let come = |machine: &mut Machine, number, ticket: &[u8], origin| {
        machine.handle_open(Connection(number), address(1), origin, late).unwrap();
        machine.handle_ticket(Connection(number), ticket, DAY, late);
        commands(machine)
    };
    assert_eq!(come(&mut machine, 4, &viewer, Origin::Allowed), [unheard(4)]);
    word(&mut machine, Word::Alive, late);
    assert_eq!(come(&mut machine, 5, &agent, Origin::Absent), [Command::Wait(Connection(5))]);
}

#[test]
fn a_servers_line_waits_for_nothing_and_brings_no_ticket() {
    let mut machine = watched();
    word(&mut machine, Word::Alive, NOW);
    assert_eq!(machine.timeout(), None);
    let (_, agent) = tickets(1);
    machine.handle_ticket(Connection(900), &agent, DAY, NOW);
    assert_eq!(commands(&mut machine), [Command::Close(Connection(900), Refusal::Misbehaved)]);
    machine.handle_open(Connection(901), address(8), Origin::Absent, NOW).unwrap();
    machine.handle_bad_word(Connection(901), NOW);
    assert_eq!(commands(&mut machine), [Command::Close(Connection(901), Refusal::Misbehaved)]);
}

#[test]
fn ends_that_do_not_fit_the_memory_keep_everybody_out() {
    let mut machine = machine(|limits| limits.tickets = 2);
    for number in 10..20 {
        word(&mut machine, Word::End(MeetingId([number; 16])), NOW);
    }
    assert_eq!(machine.counts().ended, 2);
    let (_, agent) = tickets(19);
    assert_eq!(
        come(&mut machine, 1, &agent, Origin::Absent),
        [Command::Close(Connection(1), Refusal::Full)]
    );
}
