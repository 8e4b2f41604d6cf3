//! What an agent reports, put on record exactly once however often it is sent.

use audit::{Decision, Event, Kind, Who};
use pairing::UnixMs;
use pairing::control::Report;
use people::{DeviceId, Posture, StaffId, StaffState};
use serde::Serialize;
use store::agents::Agent;
use store::devices::{Device, Paired};
use store::sessions::Ended;
use store::{Result, Tx};

use super::meetings::row;
use crate::People;

/// Puts a report on record, unless it is already.
pub(super) async fn record(
    app: &People,
    agent: &Agent,
    epoch: u64,
    number: u64,
    report: Report,
) -> Result<()> {
    let mut tx = app.write_line(agent.body).await?;
    if !store::agents::take_report(&mut tx, agent.id, epoch, number).await? {
        return Ok(());
    }
    let events = apply(app, &mut tx, agent, report).await?;
    tx.commit_news(Decision { value: (), events }).await
}

async fn apply(app: &People, tx: &mut Tx, agent: &Agent, report: Report) -> Result<Vec<Event>> {
    let who = Who::Agent { id: agent.id.to_string(), name: agent.name.clone() };
    let event = |kind, subject: &str| Event::new(agent.body.chain(), who.clone(), kind, subject);
    Ok(match report {
        Report::DevicePaired { device, key, user, login, name, user_agent, invite, at, .. } => {
            let staff = store::staff::find(tx, agent.body, StaffId(user.0)).await?;
            let facts = |e: Event| {
                e.with("login", &login)
                    .with("device", device)
                    .with("invite", invite)
                    .with("agent", &agent.name)
                    .with("at", at.0)
            };
            // The agent vouches for the slip; that the person is of its body is this server's to
            // know.
            let Some(staff) = staff.filter(|staff| staff.login.as_str() == login) else {
                return Ok(vec![
                    facts(event(Kind::PAIRING_FAILED, &name)).with("why", "no such person"),
                ]);
            };
            // Asked here as everywhere: what was stopped while the slip was proved pairs nothing.
            if staff.state != StaffState::Active
                || !store::grounds::agent_stands(tx, agent.id).await?
            {
                return Ok(vec![facts(event(Kind::PAIRING_FAILED, &name)).with("why", "stopped")]);
            }
            let device = Device {
                id: DeviceId(device.0),
                body: agent.body,
                staff: staff.id,
                key: key.0,
                name: name.clone(),
                user_agent,
                paired: ms(at),
                used: 0,
                revoked: 0,
                posture: Posture::default(),
            };
            match store::devices::pair(tx, &device, agent.id, invite.value()).await? {
                Paired::Done => vec![facts(event(Kind::DEVICE_PAIRED, &name))],
                Paired::Other => vec![
                    facts(event(Kind::PAIRING_FAILED, &name))
                        .with("why", "another person's device"),
                ],
            }
        }
        Report::DeviceRemoved { device, by_order, at, .. } => {
            let known = store::devices::unpair(tx, DeviceId(device.0), agent.id, app.now()).await?;
            // What an order did is on record as the order.
            let news = known && !by_order;
            news.then(|| {
                event(Kind::DEVICE_REVOKED, &device.to_string())
                    .with("agent", &agent.name)
                    .with("at", at.0)
            })
            .into_iter()
            .collect()
        }
        Report::PairingFailed { meeting, invite, user, reason, at } => {
            app.hub.decline(agent.id, meeting, reason);
            let login = store::staff::find(tx, agent.body, StaffId(user.0))
                .await?
                .map(|staff| staff.login.to_string());
            let subject = login.unwrap_or_else(|| user.to_string());
            vec![
                event(Kind::PAIRING_FAILED, &subject)
                    .with("invite", invite)
                    .with("why", word(&reason))
                    .with("at", at.0),
            ]
        }
        Report::SessionStarted { meeting, user, device, target, at } => {
            let known = store::sessions::start(tx, agent.id, row(meeting), ms(at)).await?;
            let facts = event(Kind::SESSION_STARTED, target.as_str())
                .with("meeting", meeting)
                .with("user", user)
                .with("device", device);
            vec![facts.with("at", at.0).with("known", known)]
        }
        Report::SessionEnded {
            meeting,
            user,
            device,
            target,
            reason,
            bytes_up,
            bytes_down,
            idle_seconds,
            started,
            ended,
        } => {
            let facts = Ended {
                started: ms(started),
                ended: ms(ended),
                reason: word(&reason),
                bytes_up,
                bytes_down,
                idle_seconds,
            };
            let known = store::sessions::end(tx, agent.id, row(meeting), &facts).await?;
            vec![
                event(Kind::SESSION_ENDED, target.as_str())
                    .with("meeting", meeting)
                    .with("user", user)
                    .with("device", device)
                    .with("why", facts.reason)
                    .with("started", started.0)
                    .with("ended", ended.0)
                    .with("bytes_up", bytes_up)
                    .with("bytes_down", bytes_down)
                    .with("idle_seconds", idle_seconds)
                    .with("known", known),
            ]
        }
        Report::PasswordRefused { meeting, user, device, target, wrong, pause, at } => {
            let login = store::staff::find(tx, agent.body, StaffId(user.0))
                .await?
                .map(|staff| staff.login.to_string());
            vec![
                event(Kind::PASSWORD_REFUSED, target.as_str())
                    .with("meeting", meeting)
                    .with("user", user)
                    .with("login", login.unwrap_or_default())
                    .with("device", device)
                    .with("wrong", wrong)
                    .with("pause_s", pause)
                    .with("at", at.0),
            ]
        }
        Report::SessionRefused { meeting, reason, at } => {
            app.hub.decline(agent.id, meeting, reason);
            let why = word(&reason);
            let facts = Ended {
                started: 0,
                ended: ms(at),
                reason: why.clone(),
                bytes_up: 0,
                bytes_down: 0,
                idle_seconds: 0,
            };
            let known = store::sessions::end(tx, agent.id, row(meeting), &facts).await?;
            vec![
                event(Kind::SESSION_REFUSED, &meeting.to_string())
                    .with("why", why)
                    .with("at", at.0)
                    .with("known", known),
            ]
        }
        // A newer agent says something this server does not know: acknowledged, or it would say it
        // for ever.
        Report::Unknown => Vec::new(),
    })
}

fn ms(at: UnixMs) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// The word as it is in the conversation.
fn word(reason: &impl Serialize) -> String {
    serde_json::to_value(reason)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
