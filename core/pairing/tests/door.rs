//! The agent's door: everything that must agree, and each thing that may be wrong by itself.
#![allow(clippy::unwrap_used)] // a test may stop at once

use pairing::{
    AgentId, BodyCode, ChannelKey, Door, Error, Grant, GrantId, MeetingId, Policy, PublicKey, Seen,
    SigningKey, TargetId, UnixMs, UserId, Zone,
};

const NOW: UnixMs = UnixMs(1_790_000_000_000);
const AGENT: AgentId = AgentId([1; 16]);
const MEETING: MeetingId = MeetingId([2; 16]);
const USER: UserId = UserId([3; 16]);
const DEVICE: ChannelKey = ChannelKey([4; 32]);

fn body() -> BodyCode {
    "131016".parse().unwrap()
}

fn grant() -> Grant {
    Grant {
        id: GrantId([5; 16]),
        meeting: MEETING,
        body: body(),
        user: USER,
        login: "hanako".into(),
        name: "花子".into(),
        device: DEVICE.device_id(),
        device_key: DEVICE,
        agent: AGENT,
        target: "pc-1".parse().unwrap(),
        zone: Zone::Lgwan,
        issued: NOW,
        not_before: NOW,
        not_after: NOW.plus(3_600_000),
        policy: Policy {
            idle: 0,
            warn: 0,
            watermark: false,
            contrast: 0,
            spacing: 0,
            watermark_text: String::new(),
            resize: false,
        },
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[9; 32])
}

fn open_at(
    bytes: &[u8],
    now: UnixMs,
    seen: &mut Seen,
    server_key: &PublicKey,
) -> Result<Grant, Error> {
    let door = Door { server_key, agent: AGENT, body: body(), meeting: MEETING, now };
    let zone_of = |target: &TargetId| (target.as_str() == "pc-1").then_some(Zone::Lgwan);
    let owner_of =
        |device: &pairing::DeviceId| (*device == DEVICE.device_id()).then_some((USER, DEVICE));
    door.open(bytes, zone_of, owner_of, seen)
}

fn open(grant: &Grant, now: UnixMs, seen: &mut Seen) -> Result<Grant, Error> {
    open_at(&grant.sign(&key()).unwrap(), now, seen, &key().public())
}

#[test]
fn it_opens_once() {
    let mut seen = Seen::default();
    assert_eq!(open(&grant(), NOW, &mut seen), Ok(grant()));
    assert_eq!(open(&grant(), NOW, &mut seen), Err(Error::Replayed));
    // Also after the agent was started anew.
    let mut seen: Seen = serde_json::from_str(&serde_json::to_string(&seen).unwrap()).unwrap();
    assert_eq!(open(&grant(), NOW, &mut seen), Err(Error::Replayed));
    assert!(open(&Grant { id: GrantId([6; 16]), ..grant() }, NOW, &mut seen).is_ok());
}

#[test]
fn each_thing_that_does_not_agree_closes_it() {
    let stranger = ChannelKey([8; 32]);
    let cases = [
        ("another agent", Grant { agent: AgentId([7; 16]), ..grant() }, Error::WrongAgent),
        ("another body", Grant { body: "131024".parse().unwrap(), ..grant() }, Error::WrongBody),
        ("another meeting", Grant { meeting: MeetingId([7; 16]), ..grant() }, Error::WrongMeeting),
        (
            "a target not offered",
            Grant { target: "pc-2".parse().unwrap(), ..grant() },
            Error::WrongTarget,
        ),
        ("another zone", Grant { zone: Zone::Internet, ..grant() }, Error::WrongZone),
        ("another user", Grant { user: UserId([7; 16]), ..grant() }, Error::WrongDevice),
        (
            "a device never paired",
            Grant { device_key: stranger, device: stranger.device_id(), ..grant() },
            Error::UnknownDevice,
        ),
    ];
    for (name, grant, fault) in cases {
        let mut seen = Seen::default();
        assert_eq!(open(&grant, NOW, &mut seen), Err(fault), "{name}");
        assert_eq!(seen, Seen::default(), "{name}: what opened nothing is not remembered");
    }
    let other = SigningKey::from_seed(&[1; 32]);
    let forged = grant().sign(&other).unwrap();
    assert_eq!(
        open_at(&forged, NOW, &mut Seen::default(), &key().public()),
        Err(Error::BadSignature)
    );
    let unfitting = Grant { device_key: stranger, ..grant() };
    assert_eq!(
        unfitting.sign(&key()),
        Err(Error::WrongDevice),
        "a key that is not the device's is never signed"
    );
}

#[test]
fn the_period_is_kept_with_a_minute_of_tolerance_at_its_start_only() {
    let at = |now| open(&grant(), now, &mut Seen::default()).map(|_| ());
    assert_eq!(at(UnixMs(NOW.0 - 60_000)), Ok(()));
    assert_eq!(at(UnixMs(NOW.0 - 60_001)), Err(Error::NotYet));
    assert_eq!(at(UnixMs(NOW.0 + 3_599_999)), Ok(()));
    assert_eq!(at(UnixMs(NOW.0 + 3_600_000)), Err(Error::Expired));
    assert!(Error::NotYet.to_string().contains("clock"), "a wrong clock is named");
}

#[test]
fn what_is_long_over_is_forgotten_because_it_opens_nothing_anyway() {
    let mut seen = Seen::default();
    open(&grant(), NOW, &mut seen).unwrap();
    let later = NOW.plus(3_600_000);
    let next =
        Grant { id: GrantId([6; 16]), not_before: later, not_after: later.plus(1_000), ..grant() };
    open(&next, later, &mut seen).unwrap();
    assert_eq!(open(&grant(), later, &mut seen), Err(Error::Expired));
    assert_eq!(serde_json::to_value(&seen).unwrap().as_object().unwrap().len(), 1);
}
