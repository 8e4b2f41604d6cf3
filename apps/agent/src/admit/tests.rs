//! What is refused, one fault at a time.

use super::*;
use crate::state::{Device, Identity, Ledger, Place, Seed, Target, Targets};
use net::SystemRng;
use pairing::control::{Outbox, Report};
use pairing::{AgentId, BodyCode, DeviceId, GrantId, Policy, SigningKey, TargetId, UserId, Zone};

const NOW: UnixMs = UnixMs(1_790_000_000_000);
const MINUTE: u64 = 60_000;
const MEETING: MeetingId = MeetingId([3; 16]);

#[test]
fn all_that_must_agree_agrees() {
    let mut office = Office::new();
    let admission = office.admit(&grant()).unwrap();
    assert_eq!(admission.target.id, target());
    let prologue = Prologue::session([3; 16], *b"131016", [1; 16], &office.sign(&grant()));
    assert_eq!(admission.prologue, prologue, "the handshake is bound to the grant as it came");
    assert_eq!(admission.prove(Some(device_key().public())), Ok(()));
}

#[test]
fn a_grant_alone_opens_nothing() {
    let admission = Office::new().admit(&grant()).unwrap();
    let other = channel::SecretKey::from_bytes([0x5a; 32]).public();
    assert_eq!(admission.prove(Some(other)), Err(Error::WrongDevice));
    assert_eq!(admission.prove(None), Err(Error::WrongDevice));
}

#[test]
fn a_device_alone_opens_nothing() {
    let mut office = Office::new();
    assert!(matches!(office.try_bytes(&[]), Err(Error::Invalid(_))));
    let own = SigningKey::from_seed(&[0x77; 32]);
    assert_eq!(office.try_bytes(&grant().sign(&own).unwrap()), Err(Error::BadSignature));
}

#[test]
fn a_replayed_grant_is_refused_after_a_restart_too() {
    let mut office = Office::new();
    office.admit(&grant()).unwrap();
    assert_eq!(office.admit(&grant()).map(drop), Err(Error::Replayed));
    let file = serde_json::to_string(&office.ledger).unwrap();
    office.ledger = serde_json::from_str(&file).unwrap();
    assert_eq!(office.admit(&grant()).map(drop), Err(Error::Replayed));
}

#[test]
fn any_altered_byte_is_refused() {
    let mut office = Office::new();
    let bytes = office.sign(&grant());
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert!(office.try_bytes(&altered).is_err(), "byte {at}");
    }
    for cut in 0..bytes.len() {
        assert!(office.try_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    office.try_bytes(&bytes).unwrap();
}

#[test]
fn the_period_is_the_agents_to_judge() {
    for (not_before, not_after, expected) in [
        (NOW.plus(MINUTE), NOW.plus(2 * MINUTE), Ok(())),
        (NOW.plus(MINUTE + 1), NOW.plus(2 * MINUTE), Err(Error::NotYet)),
        (UnixMs(0), NOW, Err(Error::Expired)),
        (UnixMs(0), UnixMs(NOW.0 - 1), Err(Error::Expired)),
        (UnixMs(0), NOW.plus(1), Ok(())),
    ] {
        let judged = Office::new().admit(&Grant { not_before, not_after, ..grant() }).map(drop);
        assert_eq!(judged, expected, "{not_before:?} to {not_after:?}");
    }
}

#[test]
fn what_is_meant_for_others_is_refused() {
    let body = BodyCode::new(*b"271004").unwrap();
    let key = ChannelKey(*channel::SecretKey::from_bytes([8; 32]).public().as_bytes());
    for (grant, expected) in [
        (Grant { agent: AgentId([2; 16]), ..grant() }, Error::WrongAgent),
        (Grant { body, ..grant() }, Error::WrongBody),
        (Grant { meeting: MeetingId([4; 16]), ..grant() }, Error::WrongMeeting),
        (Grant { target: "other".parse().unwrap(), ..grant() }, Error::WrongTarget),
        (Grant { zone: Zone::Internet, ..grant() }, Error::WrongZone),
        (Grant { user: UserId([6; 16]), ..grant() }, Error::WrongDevice),
        (Grant { device: key.device_id(), device_key: key, ..grant() }, Error::UnknownDevice),
    ] {
        let mut office = Office::new();
        assert_eq!(office.admit(&grant).map(drop), Err(expected.clone()));
        assert_eq!(
            office.ledger.seen,
            Default::default(),
            "{expected}: nothing is remembered of it"
        );
    }
}

#[test]
fn a_removed_device_is_refused() {
    let mut office = Office::new();
    assert!(office.ledger.remove(device_id(), false, NOW, &mut SystemRng::new()).unwrap());
    assert_eq!(office.admit(&grant()).map(drop), Err(Error::UnknownDevice));
}

#[test]
fn a_retired_agent_lets_nobody_in() {
    let mut office = Office::new();
    office.ledger.retired = true;
    assert_eq!(office.admit(&grant()).map(drop), Err(Error::WrongAgent));
}

#[test]
fn without_room_for_its_record_no_session_opens() {
    let mut office = Office::new();
    let report = Report::DeviceRemoved {
        device: device_id(),
        user: UserId([5; 16]),
        by_order: false,
        at: NOW,
    };
    while office.ledger.outbox().unwrap().after(0).count() < Outbox::MAX - 64 {
        for _ in 0..46 {
            office.ledger.report(report.clone(), &mut SystemRng::new()).unwrap();
        }
    }
    assert!(!office.ledger.outbox().unwrap().is_full(), "what is open can still be accounted for");
    assert!(matches!(office.admit(&grant()), Err(Error::Full(_))));
}

struct Office {
    server: SigningKey,
    identity: Identity,
    targets: Targets,
    ledger: Ledger,
}

impl Office {
    fn new() -> Self {
        let server = SigningKey::from_seed(&[9; 32]);
        let identity = Identity {
            server: "https://noren.example".into(),
            name: "office".into(),
            agent: AgentId([1; 16]),
            number: "0A1B".parse().unwrap(),
            body: BodyCode::new(*b"131016").unwrap(),
            body_name: "千代田区".into(),
            server_key: server.public(),
            channel_key: Seed::new([2; 32]),
            control_key: Seed::new([3; 32]),
            ca: None,
            proxy: None,
        };
        let mut targets = Targets::default();
        targets.add(Target::new("pc", Zone::Lgwan, Place::Sample).unwrap()).unwrap();
        let mut ledger = Ledger::default();
        let slip = ledger
            .invites
            .invite(identity.number, "tanaka", 1000, NOW, &mut SystemRng::new())
            .unwrap();
        let device = Device {
            key: ChannelKey(*device_key().public().as_bytes()),
            user: UserId([5; 16]),
            login: "tanaka".into(),
            name: "home".into(),
            user_agent: String::new(),
            paired: NOW,
        };
        ledger.pair(slip.invite, device, &mut SystemRng::new()).unwrap();
        Self { server, identity, targets, ledger }
    }

    fn sign(&self, grant: &Grant) -> Vec<u8> {
        grant.sign(&self.server).unwrap()
    }

    fn admit(&mut self, grant: &Grant) -> Result<Admission, Error> {
        let bytes = self.sign(grant);
        admit(&self.identity, &self.targets, &mut self.ledger, MEETING, &bytes, NOW)
    }

    fn try_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        admit(&self.identity, &self.targets, &mut self.ledger, MEETING, bytes, NOW).map(drop)
    }
}

fn device_key() -> channel::SecretKey {
    channel::SecretKey::from_bytes([7; 32])
}

fn device_id() -> DeviceId {
    ChannelKey(*device_key().public().as_bytes()).device_id()
}

fn target() -> TargetId {
    "pc".parse().unwrap()
}

fn grant() -> Grant {
    let device_key = ChannelKey(*device_key().public().as_bytes());
    Grant {
        id: GrantId([8; 16]),
        meeting: MEETING,
        body: BodyCode::new(*b"131016").unwrap(),
        user: UserId([5; 16]),
        login: "tanaka".into(),
        name: "田中".into(),
        device: device_key.device_id(),
        device_key,
        agent: AgentId([1; 16]),
        target: target(),
        zone: Zone::Lgwan,
        issued: NOW,
        not_before: NOW,
        not_after: NOW.plus(60 * MINUTE),
        policy: Policy {
            idle: 300,
            warn: 60,
            watermark: false,
            contrast: 0,
            spacing: 0,
            watermark_text: String::new(),
            resize: true,
        },
    }
}
