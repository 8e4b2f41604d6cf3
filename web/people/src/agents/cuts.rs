//! Ends what was cut, within seconds (NOREN-R16, NOREN-R22): the agent is told at once, and the
//! relay does not wait for it for long.

use std::collections::BTreeSet;
use std::time::Duration;

use pairing::MeetingId;
use pairing::control::{End, EndReason};
use pairing::relay::Word;
use people::{AgentId, BodyCode, DeviceId, PcId, StaffId};
use store::open_sessions::{Of, Open};
use store::sessions::Session;
use tokio::sync::broadcast::{Receiver, error::RecvError, error::TryRecvError};

use super::grounds::judge;
use super::hub::ToLine;
use super::look;
use crate::People;
use kit::Cut;

/// An agent that was told has this long to say good-bye to the viewer before the relay closes the
/// line.
const FAREWELL: Duration = Duration::from_millis(1_500);
/// After a look that failed.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) fn start(app: People) {
    let closing = app.clone();
    tokio::spawn(async move {
        closing.standing.until_closed().await;
        closing.hub.close_all(&closing);
    });
    tokio::spawn(follow(app.clone(), app.cuts.subscribe()));
    tokio::spawn(look::keep(app));
}

/// Handles cuts as they come. Those that waited meanwhile are handled together: many in a row cost
/// as much as one.
async fn follow(app: People, mut cuts: Receiver<Cut>) {
    let mut waiting = BTreeSet::new();
    let mut everything = false;
    loop {
        if waiting.is_empty() && !everything {
            match cuts.recv().await {
                Ok(cut) => _ = waiting.insert(cut),
                Err(RecvError::Lagged(_)) => everything = true,
                Err(RecvError::Closed) => return,
            }
        }
        loop {
            match cuts.try_recv() {
                Ok(cut) => _ = waiting.insert(cut),
                // Too many at once to be told one by one: look at everything.
                Err(TryRecvError::Lagged(_)) => everything = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let done = async {
            handle(&app, &waiting).await?;
            if everything { look::at_all(&app, &mut BTreeSet::new()).await } else { Ok(()) }
        };
        match done.await {
            Ok(()) => {
                waiting.clear();
                everything = false;
            }
            // What was cut stays cut: it is looked for until it was seen.
            Err(fault) => {
                tracing::error!(%fault, "cannot see what a cut has to end; trying again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// Ends one session wherever it is.
pub(super) fn end(app: &People, session: &Session, reason: EndReason) {
    end_meeting(app, session.agent, MeetingId(session.meeting.0), reason);
}

/// Ends a session whose ground is gone.
pub(super) fn end_open(app: &People, open: &Open) {
    end_meeting(app, open.agent, MeetingId(open.meeting.0), EndReason::Revoked);
}

fn end_meeting(app: &People, agent: AgentId, meeting: MeetingId, reason: EndReason) {
    let told = app.hub.tell(agent, ToLine::End(End { meeting, reason }));
    if told {
        let app = app.clone();
        tokio::spawn(async move {
            tokio::time::sleep(FAREWELL).await;
            end_at_relays(&app, meeting);
        });
    } else {
        end_at_relays(app, meeting);
    }
}

/// Whether or not the agent does as it is told, or is there at all: nothing is carried any more.
fn end_at_relays(app: &People, meeting: MeetingId) {
    app.hub.relay(app).end(meeting);
    app.hub.say(Word::End(meeting));
}

/// What some cuts name, each kind together.
#[derive(Default)]
struct Named {
    people: Vec<StaffId>,
    devices: Vec<DeviceId>,
    pcs: Vec<PcId>,
    agents: Vec<AgentId>,
    bodies: Vec<BodyCode>,
    assignments: BTreeSet<(StaffId, PcId)>,
    /// Whose rights shrank.
    shrunk: Vec<StaffId>,
    /// What was opened from sign-ins that ended, by hash.
    sign_ins: Vec<[u8; 32]>,
}

impl Named {
    fn of(cuts: &BTreeSet<Cut>) -> Self {
        let mut named = Self::default();
        for cut in cuts {
            match *cut {
                Cut::Person(staff) => named.people.push(staff),
                Cut::Device(device) => named.devices.push(device),
                Cut::Pc(pc) => named.pcs.push(pc),
                Cut::Agent(agent) => named.agents.push(agent),
                Cut::Body(body) => named.bodies.push(body),
                Cut::Assignment(staff, pc) => _ = named.assignments.insert((staff, pc)),
                Cut::Rights(staff) => named.shrunk.push(staff),
                Cut::SignIn(hash) => named.sign_ins.push(hash),
            }
        }
        named
    }
}

/// Ends what these cuts mean, by a statement for each kind.
async fn handle(app: &People, cuts: &BTreeSet<Cut>) -> store::Result<()> {
    if cuts.is_empty() {
        return Ok(());
    }
    let named = Named::of(cuts);
    let mut conn = app.store.for_lines().read().await?;
    let now = app.now();
    let mut over: BTreeSet<(AgentId, people::MeetingId)> = BTreeSet::new();
    for of in [
        Of::Staff(&named.people),
        Of::Devices(&named.devices),
        Of::Pcs(&named.pcs),
        Of::Agents(&named.agents),
        Of::Bodies(&named.bodies),
    ] {
        over.extend(
            store::open_sessions::judged(&mut conn, of, now)
                .await?
                .iter()
                .map(|open| (open.agent, open.meeting)),
        );
    }
    let mut opened = Vec::new();
    for hash in &named.sign_ins {
        opened.extend(store::sign_ins::sessions_from(&mut conn, hash).await?);
    }
    let opened = store::open_sessions::judged(&mut conn, Of::Meetings(&opened), now).await?;
    over.extend(opened.iter().map(|open| (open.agent, open.meeting)));
    // Another permission for the same PC may still hold.
    let holders: Vec<StaffId> = named.assignments.iter().map(|(staff, _)| *staff).collect();
    let mut theirs = store::open_sessions::judged(&mut conn, Of::Staff(&holders), now).await?;
    theirs.retain(|open| named.assignments.contains(&(open.staff, open.pc)));
    theirs.extend(store::open_sessions::judged(&mut conn, Of::Staff(&named.shrunk), now).await?);
    let judged = judge(&*app.ports.openings, &mut conn, theirs, now).await?;
    over.extend(
        judged.iter().filter(|(_, stands)| !stands).map(|(open, _)| (open.agent, open.meeting)),
    );
    let forgetful = store::devices::known_by(&mut conn, &named.devices).await?;
    drop(conn);
    for (agent, meeting) in over {
        end_meeting(app, agent, MeetingId(meeting.0), EndReason::Revoked);
    }
    forgetful.into_iter().for_each(|agent| _ = app.hub.tell(agent, ToLine::Look));
    named.agents.into_iter().for_each(|agent| _ = app.hub.tell(agent, ToLine::Retire));
    named.bodies.into_iter().for_each(|body| close_body(app, body));
    Ok(())
}

/// Closes what a body that is stopped has open beside its sessions.
pub(super) fn close_body(app: &People, body: BodyCode) {
    if let Ok(code) = super::meetings::body_code(body) {
        // Pairings under way too: they are no sessions.
        app.hub.relay(app).end_body(code);
        app.hub.say(Word::EndBody(code));
    }
    app.hub.of_body(body).into_iter().for_each(|agent| _ = app.hub.tell(agent, ToLine::Close));
}
