//! Ends what was cut, within seconds (R16, R22): the agent is told at once, and the relay does not wait for it for long.

use std::time::Duration;

use pairing::MeetingId;
use pairing::control::{End, EndReason};
use pairing::relay::Word;
use people::{AgentId, StaffState};
use store::sessions::Session;
use tokio::sync::broadcast::error::RecvError;

use super::hub::ToLine;
use crate::app::{App, Cut};

/// An agent that was told has this long to say good-bye to the viewer before the relay closes the line.
const FAREWELL: Duration = Duration::from_millis(1_500);

pub(super) fn start(app: App) {
    let mut cuts = app.cuts.subscribe();
    tokio::spawn(async move {
        loop {
            let result = match cuts.recv().await {
                Ok(cut) => handle(&app, cut).await,
                // Too many at once to be told one by one: look at everything.
                Err(RecvError::Lagged(_)) => look_at_all(&app).await,
                Err(RecvError::Closed) => return,
            };
            if let Err(fault) = result {
                tracing::error!(%fault, "cannot see what a cut has to end; trying again");
                tokio::time::sleep(Duration::from_secs(1)).await;
                if let Err(fault) = look_at_all(&app).await {
                    tracing::error!(%fault, "cannot see what a cut has to end");
                }
            }
        }
    });
}

/// Sessions of an agent that may not go on: what it did not hear while it was away.
pub(super) async fn unwarranted(app: &App, agent: AgentId) -> store::Result<Vec<Session>> {
    let mut conn = app.store.read().await?;
    let mut found = Vec::new();
    for session in store::sessions::open(&mut conn, app.now()).await?.into_iter().filter(|session| session.agent == agent) {
        if !warranted(&mut conn, &session, app.now()).await? {
            found.push(session);
        }
    }
    Ok(found)
}

/// Ends one session wherever it is.
pub(super) fn end(app: &App, session: &Session, reason: EndReason) {
    let meeting = MeetingId(session.meeting);
    let told = app.hub.tell(session.agent, ToLine::End(End { meeting, reason }));
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
fn end_at_relays(app: &App, meeting: MeetingId) {
    app.hub.relay(app).end(meeting);
    app.hub.say(Word::End(meeting));
}

async fn handle(app: &App, cut: Cut) -> store::Result<()> {
    let mut conn = app.store.read().await?;
    let from = match cut {
        Cut::SignIn(hash) => store::sign_ins::sessions_from(&mut conn, &hash).await?,
        _ => Vec::new(),
    };
    for session in store::sessions::open(&mut conn, app.now()).await? {
        let meant = match cut {
            Cut::Person(staff) => session.staff == staff,
            Cut::Device(device) => session.device == device,
            Cut::Pc(pc) => session.pc == pc,
            Cut::Agent(agent) => session.agent == agent,
            Cut::Body(body) => session.body == body,
            // Another permission for the same PC may still hold.
            Cut::Assignment(staff, pc) => {
                session.staff == staff && session.pc == pc && !warranted(&mut conn, &session, app.now()).await?
            }
            Cut::Rights(staff) => session.staff == staff && !warranted(&mut conn, &session, app.now()).await?,
            Cut::SignIn(_) => from.contains(&session.meeting),
        };
        if meant {
            end(app, &session, EndReason::Revoked);
        }
    }
    drop(conn);
    match cut {
        Cut::Device(_) => app.hub.connected().into_iter().for_each(|agent| _ = app.hub.tell(agent, ToLine::Look)),
        Cut::Agent(agent) => _ = app.hub.tell(agent, ToLine::Retire),
        Cut::Body(body) => {
            if let Ok(code) = super::meetings::body_code(body) {
                // Pairings under way too: they are no sessions.
                app.hub.relay(app).end_body(code);
                app.hub.say(Word::EndBody(code));
            }
            app.hub.of_body(body).into_iter().for_each(|agent| _ = app.hub.tell(agent, ToLine::Close));
        }
        Cut::Person(_) | Cut::Pc(_) | Cut::Assignment(..) | Cut::Rights(_) | Cut::SignIn(_) => {}
    }
    Ok(())
}

async fn look_at_all(app: &App) -> store::Result<()> {
    let mut conn = app.store.read().await?;
    for session in store::sessions::open(&mut conn, app.now()).await? {
        if !warranted(&mut conn, &session, app.now()).await? {
            end(app, &session, EndReason::Revoked);
        }
    }
    drop(conn);
    app.hub.connected().into_iter().for_each(|agent| _ = app.hub.tell(agent, ToLine::Look));
    Ok(())
}

/// Whether everything a session was granted upon still stands.
pub(super) async fn warranted(conn: &mut store::Conn, session: &Session, now: i64) -> store::Result<bool> {
    let body = session.body;
    let staff = store::staff::find(conn, body, session.staff).await?;
    let device = store::devices::find(conn, body, session.device).await?;
    let agent = store::agents::find(conn, body, session.agent).await?;
    let served = store::bodies::find(conn, body).await?;
    // Who has the role 職員 no more opens no PC, and keeps none open.
    Ok(staff.is_some_and(|staff| staff.state == StaffState::Active && staff.roles.has(people::Role::Staff))
        && device.is_some_and(|device| device.revoked == 0)
        && agent.is_some_and(|agent| agent.revoked == 0)
        && served.is_some_and(|served| !served.suspended)
        // A stopped PC has no permission that holds.
        && store::assignments::until(conn, body, session.staff, session.pc, now).await?.is_some()
        // Where the body asks for an approved telework day, that day too.
        && crate::telework::opening_for(conn, body, session.staff, now).await?.is_ok())
}
