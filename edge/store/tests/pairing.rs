//! Agents, devices and sessions over SQLite and PostgreSQL.

#![allow(clippy::unwrap_used)] // A test that cannot go on ends.

#[macro_use]
mod common;

use people::{
    AgentId, Assignment, AssignmentId, BodyCode, DeviceId, MeetingId, Name, Pc, PcId, Posture,
    Role, Roles, Staff, StaffId, StaffState, Zone,
};
use store::agents::{Agent, Enrolment};
use store::devices::{Device, Paired};
use store::open_sessions::Of;
use store::sessions::{Ended, Session};
use store::sign_ins::SignIn;
use store::{Fault, Store};

suite! {
    a_token_is_used_once_and_expires
    what_ended_by_itself_is_swept_and_what_is_of_use_stays
    an_operator_is_told_amounts_and_whether_a_write_is_taken
    an_agents_number_is_its_own_and_its_reports_are_taken_once
    a_device_is_one_persons_and_forgotten_by_each_agent
    a_session_begins_and_ends_once
    open_sessions_are_found_by_whoever_is_cut_and_judged_by_their_grounds
}

const NOW: i64 = 1_790_000_000_000;
const AGENT: AgentId = AgentId([0xa1; 16]);
const STAFF: StaffId = StaffId([1; 16]);
const DEVICE: DeviceId = DeviceId([0xd1; 16]);
const PC: PcId = PcId([0xc1; 16]);

fn home() -> BodyCode {
    "011002".parse().unwrap()
}

fn other() -> BodyCode {
    "131016".parse().unwrap()
}

fn agent(id: AgentId, number: u32) -> Agent {
    Agent {
        id,
        body: home(),
        number,
        name: "本庁舎".into(),
        version: "0.1.0".into(),
        channel_key: [2; 32],
        control_key: [3; 32],
        enrolled: NOW,
        seen: 0,
        revoked: 0,
        epoch: 0,
        reported: 0,
    }
}

fn device(staff: StaffId) -> Device {
    Device {
        id: DEVICE,
        body: home(),
        staff,
        key: [4; 32],
        name: "自宅のPC".into(),
        user_agent: "Chromium".into(),
        paired: NOW,
        used: 0,
        revoked: 0,
        posture: Posture::default(),
    }
}

fn session(meeting: u8) -> Session {
    Session {
        meeting: MeetingId([meeting; 16]),
        body: home(),
        staff: STAFF,
        pc: PC,
        agent: AGENT,
        device: DEVICE,
        address: "192.0.2.1".into(),
        requested: NOW,
        not_after: NOW + 1_000,
        started: 0,
        ended: 0,
        reason: String::new(),
        bytes_up: 0,
        bytes_down: 0,
        idle_seconds: 0,
    }
}

async fn set_up(store: &Store) {
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    for body in [home(), other()] {
        store::bodies::add(&mut tx, body, NOW).await.unwrap();
    }
    for n in 1..=2 {
        let staff = Staff {
            id: StaffId([n; 16]),
            body: home(),
            login: format!("user{n}").parse().unwrap(),
            name: "花子".parse::<Name>().unwrap(),
            division: None,
            roles: Roles::of(&[Role::Staff]),
            operator: false,
            state: StaffState::Active,
            fiscal_year: false,
            created: NOW,
        };
        store::staff::add(&mut tx, &staff).await.unwrap();
    }
    store::agents::add(&mut tx, &agent(AGENT, 7)).await.unwrap();
    let pc = Pc {
        id: PC,
        body: home(),
        agent: AGENT,
        target: "pc-1".parse().unwrap(),
        name: "企画課".parse().unwrap(),
        zone: Zone::Lgwan,
        stopped: false,
        seen: NOW,
    };
    store::pcs::offer(&mut tx, &pc).await.unwrap();
    tx.keep(()).await.unwrap();
}

async fn what_ended_by_itself_is_swept_and_what_is_of_use_stays(store: Store) {
    const DAY: i64 = 86_400_000;
    set_up(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    for (byte, expires) in [(1, NOW - 31 * DAY), (2, NOW - 29 * DAY), (3, NOW + DAY)] {
        let (name, by) = ("支所".into(), STAFF);
        let enrolment = Enrolment { hash: [byte; 32], body: home(), name, by, expires };
        store::agents::issue(&mut tx, &enrolment).await.unwrap();
    }
    for (byte, created) in [(1, NOW - DAY - 1), (2, NOW - DAY + 1)] {
        store::sign_ins::add(&mut tx, &[byte; 32], &signed_in(created)).await.unwrap();
    }
    let swept = store::housekeeping::sweep(&mut tx, NOW).await.unwrap();
    assert_eq!((swept.sign_ins, swept.slips, swept.enrolments), (1, 0, 1));
    assert!(store::sign_ins::find(&mut tx, &[2; 32]).await.unwrap().is_some());
    let again = store::housekeeping::sweep(&mut tx, NOW).await.unwrap();
    assert_eq!(again, store::housekeeping::Swept::default());
    tx.keep(()).await.unwrap();
}

async fn an_operator_is_told_amounts_and_whether_a_write_is_taken(store: Store) {
    set_up(&store).await;
    let there = store::amounts(&mut store.read().await.unwrap()).await.unwrap();
    assert_eq!((there.staff, there.agents, there.sessions), (2, 1, 0));
    assert!(there.bodies >= 1);
    store.writable().await.unwrap();
    assert_eq!(store.pending().await.unwrap(), Vec::<i64>::new());
    let clock = store.clock().await.unwrap();
    assert_eq!(clock.is_some(), store.backend() == store::Backend::Postgres);
    store.close().await;
    assert!(store.writable().await.is_err());
}

async fn a_token_is_used_once_and_expires(store: Store) {
    set_up(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    let enrolment = Enrolment {
        hash: [9; 32],
        body: home(),
        name: "支所".into(),
        by: STAFF,
        expires: NOW + 10,
    };
    store::agents::issue(&mut tx, &enrolment).await.unwrap();
    assert_eq!(
        store::agents::token(&mut tx, &[9; 32], NOW + 9).await.unwrap(),
        Some(enrolment.clone())
    );
    assert_eq!(store::agents::token(&mut tx, &[9; 32], NOW + 10).await.unwrap(), None);
    assert_eq!(store::agents::token(&mut tx, &[8; 32], NOW).await.unwrap(), None);
    assert_eq!(store::agents::tokens(&mut tx, home(), NOW).await.unwrap(), [enrolment]);
    assert!(store::agents::tokens(&mut tx, other(), NOW).await.unwrap().is_empty());
    assert!(store::agents::use_token(&mut tx, &[9; 32]).await.unwrap());
    assert!(!store::agents::use_token(&mut tx, &[9; 32]).await.unwrap());
    tx.keep(()).await.unwrap();
}

async fn an_agents_number_is_its_own_and_its_reports_are_taken_once(store: Store) {
    set_up(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    assert!(store::agents::number_taken(&mut tx, 7).await.unwrap());
    assert!(!store::agents::number_taken(&mut tx, 8).await.unwrap());
    store::agents::seen(&mut tx, AGENT, "0.2.0", NOW + 5).await.unwrap();
    let found = store::agents::by_number(&mut tx, home(), 7).await.unwrap().unwrap();
    assert_eq!(
        (found.name.as_str(), found.version.as_str(), found.seen),
        ("本庁舎", "0.2.0", NOW + 5)
    );
    assert_eq!(store::agents::by_number(&mut tx, other(), 7).await.unwrap(), None);
    assert_eq!(store::agents::find(&mut tx, other(), AGENT).await.unwrap(), None);
    for (epoch, number, new) in
        [(5, 1, true), (5, 1, false), (5, 3, true), (5, 2, false), (6, 1, true), (6, 1, false)]
    {
        assert_eq!(
            store::agents::take_report(&mut tx, AGENT, epoch, number).await.unwrap(),
            new,
            "{epoch} {number}"
        );
    }
    assert!(matches!(
        store::agents::take_report(&mut tx, AGENT, u64::MAX, 1).await,
        Err(Fault::Corrupt(_))
    ));
    assert!(!store::agents::revoke(&mut tx, other(), AGENT, NOW).await.unwrap());
    assert!(store::agents::revoke(&mut tx, home(), AGENT, NOW).await.unwrap());
    assert!(!store::agents::revoke(&mut tx, home(), AGENT, NOW).await.unwrap());
    assert_eq!(store::agents::by_number(&mut tx, home(), 7).await.unwrap(), None);
    assert_eq!(store::agents::all(&mut tx, home()).await.unwrap().len(), 1);
    tx.keep(()).await.unwrap();
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    assert!(matches!(
        store::agents::add(&mut tx, &agent(AgentId([0xa2; 16]), 7)).await,
        Err(Fault::Conflict)
    ));
}

async fn a_device_is_one_persons_and_forgotten_by_each_agent(store: Store) {
    set_up(&store).await;
    let second = AgentId([0xa2; 16]);
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::agents::add(&mut tx, &agent(second, 8)).await.unwrap();
    for agent in [AGENT, second, AGENT] {
        assert_eq!(
            store::devices::pair(&mut tx, &device(STAFF), agent, 5).await.unwrap(),
            Paired::Done
        );
        assert!(store::devices::paired_with(&mut tx, DEVICE, agent).await.unwrap());
    }
    assert_eq!(
        store::devices::pair(&mut tx, &device(StaffId([2; 16])), AGENT, 5).await.unwrap(),
        Paired::Other
    );
    assert_eq!(store::devices::find(&mut tx, home(), DEVICE).await.unwrap(), Some(device(STAFF)));
    assert_eq!(store::devices::find(&mut tx, other(), DEVICE).await.unwrap(), None);
    assert_eq!(store::devices::of_staff(&mut tx, home(), STAFF).await.unwrap().len(), 1);
    let posture =
        Posture { loaned: true, own_login: true, asset: "PC-12".into(), ..Posture::default() };
    assert!(store::devices::put_posture(&mut tx, home(), DEVICE, &posture).await.unwrap());
    assert!(!store::devices::put_posture(&mut tx, other(), DEVICE, &posture).await.unwrap());
    assert_eq!(store::devices::all(&mut tx, home()).await.unwrap()[0].posture, posture);

    assert!(store::devices::to_forget(&mut tx, AGENT).await.unwrap().is_empty());
    assert!(!store::devices::revoke(&mut tx, other(), DEVICE, NOW + 1).await.unwrap());
    assert!(store::devices::revoke(&mut tx, home(), DEVICE, NOW + 1).await.unwrap());
    assert!(!store::devices::revoke(&mut tx, home(), DEVICE, NOW + 2).await.unwrap());
    assert_eq!(store::devices::to_forget(&mut tx, AGENT).await.unwrap(), [DEVICE]);
    assert!(store::devices::unpair(&mut tx, DEVICE, AGENT, NOW + 2).await.unwrap());
    assert!(!store::devices::unpair(&mut tx, DEVICE, AGENT, NOW + 2).await.unwrap());
    assert!(store::devices::to_forget(&mut tx, AGENT).await.unwrap().is_empty());
    assert_eq!(store::devices::to_forget(&mut tx, second).await.unwrap(), [DEVICE]);

    // A pairing that is older than the revocation does not undo it; a newer one does.
    store::devices::pair(&mut tx, &device(STAFF), AGENT, 6).await.unwrap();
    assert_eq!(
        store::devices::find(&mut tx, home(), DEVICE).await.unwrap().unwrap().revoked,
        NOW + 1
    );
    store::devices::pair(&mut tx, &Device { paired: NOW + 3, ..device(STAFF) }, AGENT, 7)
        .await
        .unwrap();
    assert_eq!(store::devices::find(&mut tx, home(), DEVICE).await.unwrap().unwrap().revoked, 0);
    tx.keep(()).await.unwrap();
}

async fn a_session_begins_and_ends_once(store: Store) {
    set_up(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::devices::pair(&mut tx, &device(STAFF), AGENT, 5).await.unwrap();
    for meeting in 1..=3 {
        store::sessions::add(&mut tx, &session(meeting)).await.unwrap();
    }
    assert_eq!(
        store::open_sessions::judged(&mut tx, Of::Agents(&[AGENT]), NOW).await.unwrap().len(),
        3
    );
    assert!(
        store::sessions::live(&mut tx, home(), NOW).await.unwrap().is_empty(),
        "granted is not begun"
    );
    let stranger = AgentId([0xff; 16]);
    assert!(
        !store::sessions::start(&mut tx, stranger, MeetingId([1; 16]), NOW + 1).await.unwrap(),
        "another agent's"
    );
    assert!(store::sessions::start(&mut tx, AGENT, MeetingId([1; 16]), NOW + 1).await.unwrap());
    assert!(!store::sessions::start(&mut tx, AGENT, MeetingId([1; 16]), NOW + 2).await.unwrap());
    assert_eq!(store::sessions::live(&mut tx, home(), NOW).await.unwrap().len(), 1);
    assert!(store::sessions::live(&mut tx, other(), NOW).await.unwrap().is_empty());
    assert!(
        store::sessions::live(&mut tx, home(), NOW + 1_000).await.unwrap().is_empty(),
        "its period is over"
    );
    let ended = Ended {
        started: NOW + 1,
        ended: NOW + 9,
        reason: "idle".into(),
        bytes_up: 1,
        bytes_down: u64::from(u32::MAX) * 9,
        idle_seconds: 3,
    };
    assert!(store::sessions::end(&mut tx, AGENT, MeetingId([1; 16]), &ended).await.unwrap());
    assert!(!store::sessions::end(&mut tx, AGENT, MeetingId([1; 16]), &ended).await.unwrap());
    let found = store::sessions::find(&mut tx, home(), MeetingId([1; 16])).await.unwrap().unwrap();
    assert_eq!(
        (found.reason.as_str(), found.bytes_down, found.started),
        ("idle", ended.bytes_down, NOW + 1)
    );
    assert_eq!(store::sessions::find(&mut tx, other(), MeetingId([1; 16])).await.unwrap(), None);
    assert_eq!(store::sessions::between(&mut tx, home(), NOW, NOW + 1, 2).await.unwrap().len(), 2);
    assert_eq!(
        store::sessions::of_staff(&mut tx, home(), STAFF, NOW, NOW + 5).await.unwrap().len(),
        1
    );
    assert!(
        store::sessions::of_staff(&mut tx, home(), STAFF, NOW + 10, NOW + 20)
            .await
            .unwrap()
            .is_empty()
    );
    tx.keep(()).await.unwrap();
}

fn signed_in(created: i64) -> SignIn {
    SignIn {
        staff: STAFF,
        created,
        seen: created,
        factor: "passkey".into(),
        proved: created,
        address: String::new(),
        browser: String::new(),
    }
}

fn assignment() -> Assignment {
    Assignment {
        id: AssignmentId([7; 16]),
        body: home(),
        staff: STAFF,
        pc: PC,
        from: NOW - 10,
        until: NOW + 500,
        by: STAFF,
    }
}

async fn open_sessions_are_found_by_whoever_is_cut_and_judged_by_their_grounds(store: Store) {
    set_up(&store).await;
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::devices::pair(&mut tx, &device(STAFF), AGENT, 5).await.unwrap();
    store::assignments::add(&mut tx, &assignment()).await.unwrap();
    // More than one statement takes.
    let many: Vec<Session> = (0..1_100u16)
        .map(|n| Session {
            meeting: MeetingId([n.to_be_bytes(); 8].concat().try_into().unwrap()),
            ..session(0)
        })
        .collect();
    store::sessions::add_all(&mut tx, &many).await.unwrap();
    let over = Ended {
        started: NOW,
        ended: NOW,
        reason: "viewer".into(),
        bytes_up: 0,
        bytes_down: 0,
        idle_seconds: 0,
    };
    store::sessions::end(&mut tx, AGENT, many[0].meeting, &over).await.unwrap();
    tx.keep(()).await.unwrap();

    let mut conn = store.read().await.unwrap();
    let meetings: Vec<MeetingId> =
        many.iter().map(|one| one.meeting).chain([MeetingId([0xee; 16])]).collect();
    let (nobody, strangers) = (StaffId([0xff; 16]), [DeviceId([0xff; 16])]);
    for (of, count) in [
        (Of::Bodies(&[home(), other()]), 1_099),
        (Of::Agents(&[AGENT]), 1_099),
        (Of::Staff(&[nobody, STAFF]), 1_099),
        (Of::Devices(&[DEVICE]), 1_099),
        (Of::Pcs(&[PC]), 1_099),
        (Of::Meetings(&meetings), 1_099),
        (Of::Meetings(&meetings[..3]), 2),
        (Of::Bodies(&[other()]), 0),
        (Of::Devices(&strangers), 0),
        (Of::Agents(&[]), 0),
    ] {
        let found = store::open_sessions::judged(&mut conn, of, NOW).await.unwrap();
        assert_eq!(found.len(), count, "{of:?}");
        assert!(found.iter().all(|open| open.grounded
            && open.staff == STAFF
            && open.pc == PC
            && open.device == DEVICE));
    }
    assert!(
        store::open_sessions::judged(&mut conn, Of::Agents(&[AGENT]), NOW + 1_000)
            .await
            .unwrap()
            .is_empty(),
        "their period is over"
    );
    drop(conn);

    // Each ground alone, taken and given back.
    for (taken, given) in [
        ("UPDATE staff SET state = 2 WHERE login = 'user1'", "UPDATE staff SET state = 1"),
        (
            "UPDATE staff SET roles = roles - 1 WHERE login = 'user1'",
            "UPDATE staff SET roles = roles + 1 WHERE login = 'user1'",
        ),
        (
            "UPDATE bodies SET suspended = 1 WHERE code = '011002'",
            "UPDATE bodies SET suspended = 0",
        ),
        ("UPDATE devices SET revoked = 5", "UPDATE devices SET revoked = 0"),
        ("UPDATE agents SET revoked = 5", "UPDATE agents SET revoked = 0"),
        ("UPDATE pcs SET stopped = 1", "UPDATE pcs SET stopped = 0"),
        (
            "UPDATE assignments SET valid_until = valid_from + 10",
            "UPDATE assignments SET valid_until = valid_from + 510",
        ),
        (
            "UPDATE assignments SET valid_from = valid_from + 11",
            "UPDATE assignments SET valid_from = valid_from - 11",
        ),
        ("UPDATE assignments SET body = '131016'", "UPDATE assignments SET body = '011002'"),
    ] {
        for (sql, grounded) in [(taken, false), (given, true)] {
            let mut tx = store.write(home().chain(), NOW).await.unwrap();
            sqlx::query(sql).execute(&mut *tx).await.unwrap();
            tx.keep(()).await.unwrap();
            let found = store::open_sessions::judged(
                &mut store.read().await.unwrap(),
                Of::Meetings(&meetings[1..2]),
                NOW,
            )
            .await
            .unwrap();
            assert_eq!(found[0].grounded, grounded, "{sql}");
        }
    }
    // The sign-in it was opened from was ended by somebody, and nobody heard of it.
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::sign_ins::add(&mut tx, &[5; 32], &signed_in(NOW)).await.unwrap();
    store::sign_ins::opened(&mut tx, meetings[1], &[5; 32]).await.unwrap();
    tx.keep(()).await.unwrap();
    for (grounded, what) in [(true, "it stands"), (false, "it was ended")] {
        let mut tx = store.write(home().chain(), NOW).await.unwrap();
        let found = store::open_sessions::judged(&mut tx, Of::Meetings(&meetings[1..3]), NOW).await;
        let stands: Vec<bool> = found.unwrap().iter().map(|open| open.grounded).collect();
        assert_eq!(stands, [grounded, true], "{what}");
        store::sign_ins::remove(&mut tx, &[5; 32]).await.unwrap();
        tx.keep(()).await.unwrap();
    }
    // One that grew too old ends nothing: the sweep forgets what hung on it, and on it alone.
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::sign_ins::add(&mut tx, &[6; 32], &signed_in(NOW - 100)).await.unwrap();
    store::sign_ins::opened(&mut tx, meetings[2], &[6; 32]).await.unwrap();
    store::sign_ins::sweep(&mut tx, NOW - 50).await.unwrap();
    assert!(store::sign_ins::find(&mut tx, &[6; 32]).await.unwrap().is_none());
    let found = store::open_sessions::judged(&mut tx, Of::Meetings(&meetings[1..3]), NOW).await;
    let stands: Vec<bool> = found.unwrap().iter().map(|open| open.grounded).collect();
    assert_eq!(stands, [false, true], "what somebody ended is not forgotten with it");
    store::sign_ins::hand_over(&mut tx, &[5; 32], &[7; 32]).await.unwrap();
    store::sign_ins::add(&mut tx, &[7; 32], &signed_in(NOW)).await.unwrap();
    tx.keep(()).await.unwrap();
    // Another permission for the same PC holds.
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::assignments::add(&mut tx, &Assignment { id: AssignmentId([8; 16]), ..assignment() })
        .await
        .unwrap();
    store::assignments::remove(&mut tx, home(), assignment().id).await.unwrap();
    tx.keep(()).await.unwrap();
    let mut conn = store.read().await.unwrap();
    assert!(
        store::open_sessions::judged(&mut conn, Of::Meetings(&meetings[1..2]), NOW).await.unwrap()
            [0]
        .grounded
    );

    // Who has to hear of a device that was revoked.
    assert_eq!(
        store::devices::known_by(&mut conn, &[DEVICE, strangers[0]]).await.unwrap(),
        [AGENT]
    );
    assert!(store::devices::revoked_known_by(&mut conn, &[home()]).await.unwrap().is_empty());
    assert!(store::agents::revoked(&mut conn, &[home()]).await.unwrap().is_empty());
    drop(conn);
    let mut tx = store.write(home().chain(), NOW).await.unwrap();
    store::devices::revoke(&mut tx, home(), DEVICE, NOW).await.unwrap();
    assert!(store::agents::seen(&mut tx, AGENT, "0.1.0", NOW).await.unwrap());
    store::agents::revoke(&mut tx, home(), AGENT, NOW).await.unwrap();
    assert!(
        !store::agents::seen(&mut tx, AGENT, "0.1.0", NOW).await.unwrap(),
        "it may not come back"
    );
    assert_eq!(
        store::devices::revoked_known_by(&mut tx, &[home(), other()]).await.unwrap(),
        [AGENT]
    );
    assert_eq!(store::agents::revoked(&mut tx, &[home(), other()]).await.unwrap(), [AGENT]);
    let (found, stopped) = store::agents::at_the_door(&mut tx, AGENT).await.unwrap().unwrap();
    assert_eq!((found.id, found.revoked, stopped), (AGENT, NOW, false));
    store::devices::unpair(&mut tx, DEVICE, AGENT, NOW).await.unwrap();
    assert!(store::devices::known_by(&mut tx, &[DEVICE]).await.unwrap().is_empty());
    assert!(store::devices::revoked_known_by(&mut tx, &[home()]).await.unwrap().is_empty());
    tx.keep(()).await.unwrap();
}
