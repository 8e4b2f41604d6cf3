//! Every act of these pages that takes a permit is handed each permit that is not its own.

use std::collections::BTreeSet;

use jiff::civil::date;
use people::{
    Actor, AgentId, Assignment, AssignmentId, Bodies, Deed, DeviceId, Division, DivisionId,
    MeetingId, Pc, PcId, Permit, Posture, RecordPolicy, Resource, SessionPolicy, SignInPolicy,
    Zone,
};

use super::undone::Undone;
use super::{bodies, devices, divisions, pcs, policy, sessions};
use crate::agents::acts;
use crate::testing::{HOME, Town};
use kit::error::Refusal;
use kit::http::Lang;
use kit::http::seen::Seen;

const AGENT: AgentId = AgentId([1; 16]);
const DEVICE: DeviceId = DeviceId([2; 16]);
const OWN_DEVICE: DeviceId = DeviceId([12; 16]);
const PC: PcId = PcId([3; 16]);
const MEETING: MeetingId = MeetingId([4; 16]);
const ASSIGNMENT: AssignmentId = AssignmentId([5; 16]);
const DIVISION: DivisionId = DivisionId([6; 16]);
/// A body that this server does not have yet.
const NEW: &str = "012025";

/// An act, in an order in which each can be done after the one before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Act {
    SignInPolicy,
    SessionPolicy,
    RecordPolicy,
    AddDivision,
    ChangeDivision,
    RemoveDivision,
    RenamePc,
    StopPc,
    ResumePc,
    Assign,
    Unassign,
    EndSession,
    DeclareDevice,
    RevokeOwn,
    RevokeDevice,
    RevokeAgent,
    IssueToken,
    StopBody,
    ResumeBody,
    AddBody,
    SuspendBody,
}

const ALL: [(Act, Deed); 21] = [
    (Act::SignInPolicy, Deed::ManagePolicy),
    (Act::SessionPolicy, Deed::ManagePolicy),
    (Act::RecordPolicy, Deed::ManagePolicy),
    (Act::AddDivision, Deed::ManageDivisions),
    (Act::ChangeDivision, Deed::ManageDivisions),
    (Act::RemoveDivision, Deed::ManageDivisions),
    (Act::RenamePc, Deed::ManagePcs),
    (Act::StopPc, Deed::ManagePcs),
    (Act::ResumePc, Deed::ManagePcs),
    (Act::Assign, Deed::ManagePcs),
    (Act::Unassign, Deed::ManagePcs),
    (Act::EndSession, Deed::EndSession),
    (Act::DeclareDevice, Deed::ManageDevices),
    (Act::RevokeOwn, Deed::PairDevice),
    (Act::RevokeDevice, Deed::ManageDevices),
    (Act::RevokeAgent, Deed::ManageAgents),
    (Act::IssueToken, Deed::ManageAgents),
    (Act::StopBody, Deed::CutBody),
    (Act::ResumeBody, Deed::CutBody),
    (Act::AddBody, Deed::ManageBodies),
    (Act::SuspendBody, Deed::ManageBodies),
];

fn plain<T, F>(done: Result<T, Undone<F>>) -> Result<(), Refusal> {
    match done {
        Ok(_) => Ok(()),
        Err(Undone::Other(refusal)) => Err(refusal),
        Err(Undone::Faulty(_) | Undone::Changed(_)) => panic!("the command is good and was seen"),
    }
}

async fn act(town: &Town, act: Act, (by, permit): (&Actor, &Permit)) -> Result<(), Refusal> {
    let (app, lang) = (&town.app, Lang::En);
    let body = HOME.parse().unwrap();
    let mut conn = app.store.read().await.unwrap();
    let served = store::bodies::find(&mut conn, body).await.unwrap().unwrap();
    let kept = store::bodies::record_policy(&mut conn, body).await.unwrap();
    let division = store::divisions::find(&mut conn, body, DIVISION).await.unwrap();
    let seen = match &division {
        Some(division) => divisions::act::shown(&mut conn, lang, division).await.unwrap().seen(),
        None => String::new(),
    };
    let pc = store::pcs::find(&mut conn, body, PC).await.unwrap().unwrap();
    drop(conn);
    let wanted = |code: &str| {
        divisions::command::Wanted::read(code, "企画課", "", "").unwrap().map_err(|_| ()).unwrap()
    };
    match act {
        Act::SignInPolicy => {
            let shown = policy::act::shown_sign_in(lang, &served.sign_in).seen();
            let wanted = SignInPolicy { lockout_count: 4, ..served.sign_in };
            let seen = (lang, Seen::Form(&shown));
            plain(policy::act::put_sign_in(app, permit, seen, &wanted).await)
        }
        Act::SessionPolicy => {
            let shown = policy::act::shown_session(lang, &served.session).seen();
            let wanted = SessionPolicy { warn_seconds: 77, ..served.session };
            let seen = (lang, Seen::Form(&shown));
            plain(policy::act::put_session(app, permit, seen, &wanted).await)
        }
        Act::RecordPolicy => {
            let shown = policy::act::shown_record(lang, &kept).seen();
            let seen = (lang, Seen::Form(&shown));
            let wanted = RecordPolicy { address_days: 400 };
            plain(policy::act::put_record(app, permit, seen, &wanted).await)
        }
        Act::AddDivision => plain(divisions::act::add(app, permit, wanted("70")).await),
        Act::ChangeDivision => {
            let seen = (DIVISION, lang, Seen::Form(&seen));
            plain(divisions::act::change(app, permit, seen, wanted("71")).await)
        }
        Act::RemoveDivision => plain(divisions::act::remove(app, permit, DIVISION).await),
        Act::RenamePc => {
            let shown = pcs::act::shown(lang, &pc).seen();
            let seen = (PC, lang, Seen::Form(&shown));
            plain(pcs::act::rename(app, permit, seen, &"企画-02".parse().unwrap()).await)
        }
        Act::StopPc => pcs::act::stop(app, permit, PC).await,
        Act::ResumePc => pcs::act::resume(app, permit, PC).await,
        Act::Assign => {
            let period = pcs::command::Period { first: date(2026, 10, 1), last: date(2027, 3, 31) };
            let asked = pcs::command::Assign { login: "staff1".parse().unwrap(), period };
            plain(pcs::act::assign(app, permit, PC, &asked).await)
        }
        Act::Unassign => pcs::act::unassign(app, permit, ASSIGNMENT).await.map(|_| ()),
        Act::EndSession => acts::end_session(app, permit, MEETING).await,
        Act::DeclareDevice => {
            let shown = devices::act::shown(lang, &Posture::default()).seen();
            let seen = (DEVICE, lang, Seen::Form(&shown));
            let posture = Posture { asset: "A-1".into(), ..Posture::default() };
            plain(devices::act::declare(app, permit, seen, &posture).await)
        }
        Act::RevokeOwn => devices::act::revoke_own(app, permit, OWN_DEVICE).await,
        Act::RevokeDevice => acts::revoke_device(app, permit, DEVICE, "lost").await,
        Act::RevokeAgent => acts::revoke_agent(app, permit, AGENT).await,
        Act::IssueToken => acts::issue_token(app, permit, "本庁舎").await.map(|_| ()),
        Act::StopBody => sessions::act::stop_body(app, permit, by).await,
        Act::ResumeBody => sessions::act::resume_body(app, permit, by).await,
        Act::AddBody => {
            let asked =
                bodies::command::Add::read(&Bodies::default(), NEW, "sato", "佐藤").unwrap();
            plain(bodies::act::add(app, permit, asked).await)
        }
        Act::SuspendBody => bodies::act::suspend(app, permit, by, true).await,
    }
}

/// A thing for each act.
async fn things(town: &Town) {
    let staff = town.person(HOME, "staff1").await;
    let (body, now) = (staff.body, town.app.now());
    let mut tx = town.app.write_unattended(body).await.unwrap();
    let division = Division {
        id: DIVISION,
        body,
        code: "60".into(),
        name: "総務課".parse().unwrap(),
        superior: None,
        deputy: None,
    };
    store::divisions::add(&mut tx, &division).await.unwrap();
    let agent = store::agents::Agent {
        id: AGENT,
        body,
        number: 7,
        name: "本庁舎".into(),
        version: "1".into(),
        channel_key: [1; 32],
        control_key: [2; 32],
        enrolled: now,
        seen: now,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(&mut tx, &agent).await.unwrap();
    let device = store::devices::Device {
        id: DEVICE,
        body,
        staff: staff.id,
        key: [3; 32],
        name: "自宅の端末".into(),
        user_agent: String::new(),
        paired: now,
        used: 0,
        revoked: 0,
        posture: Posture::default(),
    };
    store::devices::pair(&mut tx, &device, AGENT, 1).await.unwrap();
    let staff_of_all = town.person(HOME, "all1").await.id;
    let own = store::devices::Device {
        id: OWN_DEVICE,
        staff: staff_of_all,
        key: [4; 32],
        ..device.clone()
    };
    store::devices::pair(&mut tx, &own, AGENT, 2).await.unwrap();
    let pc = Pc {
        id: PC,
        body,
        agent: AGENT,
        target: "kikaku-01".parse().unwrap(),
        name: "企画-01".parse().unwrap(),
        zone: Zone::Lgwan,
        stopped: false,
        seen: now,
    };
    store::pcs::offer(&mut tx, &pc).await.unwrap();
    let assignment = Assignment {
        id: ASSIGNMENT,
        body,
        staff: staff.id,
        pc: PC,
        from: now - 1,
        until: now + 86_400_000,
        by: staff.id,
    };
    store::assignments::add(&mut tx, &assignment).await.unwrap();
    let session = store::sessions::Session {
        meeting: MEETING,
        body,
        staff: staff.id,
        pc: PC,
        agent: AGENT,
        device: DEVICE,
        address: String::new(),
        requested: now,
        not_after: now + 80_000_000,
        started: now,
        ended: 0,
        reason: String::new(),
        bytes_up: 0,
        bytes_down: 0,
        idle_seconds: 0,
    };
    store::sessions::add(&mut tx, &session).await.unwrap();
    tx.keep(()).await.unwrap();
}

/// A permit for this deed, over the widest that somebody with every role has.
fn permit(actor: &Actor, deed: Deed) -> Option<Permit> {
    let own = Resource::person(actor.body, actor.id, None);
    [Resource::body(actor.body), own].iter().find_map(|all| actor.permit(deed, *all).ok())
}

async fn length(town: &Town) -> u64 {
    let chain = audit::Chain::new(HOME).unwrap();
    store::kept_head(&mut town.app.store.read().await.unwrap(), chain).await.unwrap().seq
}

#[tokio::test]
async fn every_act_refuses_every_permit_that_is_not_its_own() {
    let town = Town::new().await;
    things(&town).await;
    let actor = town.actor(HOME, "all1").await;
    let before = length(&town).await;
    let mut tried = BTreeSet::new();
    for (one, own) in ALL {
        for deed in Deed::ALL.iter().copied().filter(|deed| *deed != own) {
            // What only an operator or the superior of a division has is no right of hers.
            let Some(wrong) = permit(&actor, deed) else { continue };
            let done = act(&town, one, (&actor, &wrong)).await;
            assert!(done.is_err(), "{one:?} with a permit for {deed:?}");
            tried.insert(deed);
        }
    }
    assert_eq!(tried.len(), Deed::ALL.len() - 2, "{tried:?}");
    assert_eq!(length(&town).await, before, "nothing was done");
    // Each with its own: the commands are good, and nothing of them was done before.
    let mut at = before;
    for (one, own) in ALL {
        // Bodies are who runs the server's, and each of her permits is for one of them.
        let (by, its) = if own == Deed::ManageBodies {
            let body = if one == Act::AddBody { NEW } else { HOME };
            let by = town.actor(HOME, "it1").await;
            let its = by.permit(own, Resource::body(body.parse().unwrap())).unwrap();
            (by, its)
        } else {
            (actor.clone(), permit(&actor, own).unwrap())
        };
        act(&town, one, (&by, &its)).await.unwrap();
        at += u64::from(one != Act::AddBody);
        assert_eq!(length(&town).await, at, "{one:?}");
    }
}
