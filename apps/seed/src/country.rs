//! A country for measurements: an agent in every body, and open sessions on record. Identities
//! follow from numbers, so that played agents know theirs.

use anyhow::Context;
use audit::{Decision, Event, Kind, Who};
use pairing::SigningKey;
use people::{
    AgentId, Assignment, AssignmentId, BodyCode, DeviceId, MeetingId, Pc, PcId, Posture, Role,
    Roles, SessionPolicy, SignInPolicy, Staff, StaffId, StaffState, Zone,
};
use serde::Deserialize;
use store::Tx;
use store::agents::Agent;
use store::devices::Device;
use store::sessions::Session;

use server::App;

/// What the country has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedCountry {
    /// Bodies with one agent each, the plan's first body among them, by code.
    pub bodies: usize,
    /// Open sessions, spread over all of them.
    pub sessions: usize,
    /// Records in the plan's first body beside what it has.
    pub records: usize,
}

/// People with a session in a body; in the plan's first body everybody has one of her own.
const PEOPLE: usize = 8;
/// Records of one write.
const BATCH: usize = 10_000;
const YEAR_MS: i64 = 365 * 86_400_000;

/// An identity: what it is of, and its number.
fn id(kind: u8, number: usize) -> [u8; 16] {
    let mut id = [kind; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    id
}

/// Fills a seeded server, a body a write.
pub(super) async fn fill(
    app: &App,
    first: BodyCode,
    country: PlannedCountry,
) -> anyhow::Result<()> {
    let mut bodies: Vec<BodyCode> =
        people::bodies().iter().map(|body| body.code).filter(|code| *code != first).collect();
    bodies.truncate(country.bodies.saturating_sub(1));
    bodies.insert(0, first);
    let each = country.sessions / bodies.len();
    let more = country.sessions % bodies.len();
    let mut next = 0;
    for (at, body) in bodies.iter().enumerate() {
        let count = each + usize::from(at < more);
        let mut tx = app.write_unattended(*body).await?;
        one_body(
            app,
            &mut tx,
            at,
            *body,
            (next, count),
            if at == 0 { count } else { PEOPLE.min(count) },
        )
        .await?;
        next += count;
        let event = Event::new(body.chain(), Who::System, Kind::SERVER_SEEDED, body.as_str());
        tx.commit(Decision::new((), event)).await?;
    }
    for batch in 0..country.records.div_ceil(BATCH) {
        let count = BATCH.min(country.records - batch * BATCH);
        let event = || Event::new(first.chain(), Who::System, Kind::SERVER_SEEDED, first.as_str());
        app.write_unattended(first)
            .await?
            .commit(Decision { value: (), events: (0..count).map(|_| event()).collect() })
            .await?;
    }
    Ok(())
}

async fn one_body(
    app: &App,
    tx: &mut Tx,
    at: usize,
    body: BodyCode,
    (first, count): (usize, usize),
    people: usize,
) -> anyhow::Result<()> {
    let now = app.now();
    if store::bodies::find(tx, body).await?.is_none() {
        store::bodies::add(tx, body, now).await?;
        store::bodies::put_sign_in_policy(tx, body, &SignInPolicy::default().checked()?).await?;
        store::bodies::put_session_policy(tx, body, &SessionPolicy::default().checked()?).await?;
    }
    let mut seed = [0x6e; 32];
    seed[..8].copy_from_slice(&(at as u64).to_be_bytes());
    let agent = Agent {
        id: AgentId(id(0xa6, at)),
        body,
        number: u32::try_from(at)?,
        name: "本庁舎".into(),
        version: "0.1.0".into(),
        channel_key: seed,
        control_key: *SigningKey::from_seed(&seed).public().as_bytes(),
        enrolled: now,
        seen: 0,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(tx, &agent).await.context("an agent")?;
    for person in first..first + people {
        one_person(tx, &agent, person, now).await?;
    }
    let sessions: Vec<Session> = (first..first + count)
        .map(|number| {
            let person = first + (number - first) % people;
            Session {
                meeting: MeetingId(id(0x3e, number)),
                body,
                staff: StaffId(id(0x57, person)),
                pc: PcId(id(0xbc, person)),
                agent: agent.id,
                device: DeviceId(id(0xde, person)),
                address: "192.0.2.1".into(),
                requested: now,
                not_after: now + 12 * 3_600_000,
                started: now,
                ended: 0,
                reason: String::new(),
                bytes_up: 0,
                bytes_down: 0,
                idle_seconds: 0,
            }
        })
        .collect();
    Ok(store::sessions::add_all(tx, &sessions).await?)
}

async fn one_person(tx: &mut Tx, agent: &Agent, number: usize, now: i64) -> anyhow::Result<()> {
    let body = agent.body;
    let staff = Staff {
        id: StaffId(id(0x57, number)),
        body,
        login: format!("home-{number}").parse()?,
        name: "職員".parse()?,
        division: None,
        roles: Roles::of(&[Role::Staff]),
        operator: false,
        state: StaffState::Active,
        fiscal_year: false,
        created: now,
    };
    store::staff::add(tx, &staff).await?;
    let pc = Pc {
        id: PcId(id(0xbc, number)),
        body,
        agent: agent.id,
        target: format!("pc-{number}").parse()?,
        name: format!("PC {number}").parse()?,
        zone: Zone::Lgwan,
        stopped: false,
        seen: now,
    };
    store::pcs::offer(tx, &pc).await?;
    let assignment = Assignment {
        id: AssignmentId(id(0xa5, number)),
        body,
        staff: staff.id,
        pc: pc.id,
        from: now - 60_000,
        until: now + YEAR_MS,
        by: staff.id,
    };
    store::assignments::add(tx, &assignment).await?;
    let mut key = [0xde; 32];
    key[..8].copy_from_slice(&(number as u64).to_be_bytes());
    let device = Device {
        id: DeviceId(id(0xde, number)),
        body,
        staff: staff.id,
        key,
        name: "自宅のPC".into(),
        user_agent: "Chromium".into(),
        paired: now,
        used: 0,
        revoked: 0,
        posture: Posture::default(),
    };
    store::devices::pair(tx, &device, agent.id, 1).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::open_sessions::{Of, judged};

    use super::*;
    use crate::testing::{HOME, Town};

    #[tokio::test]
    async fn a_country_has_an_agent_in_every_body_and_sessions_that_stand() {
        let town = Town::new().await;
        let home: BodyCode = HOME.parse().unwrap();
        let before = store::kept_head(&mut town.app.store.read().await.unwrap(), home.chain())
            .await
            .unwrap()
            .seq;
        fill(&town.app, home, PlannedCountry { bodies: 3, sessions: 40, records: 25 })
            .await
            .unwrap();
        let mut conn = town.app.store.read().await.unwrap();
        let bodies: Vec<BodyCode> = store::bodies::all(&mut conn)
            .await
            .unwrap()
            .into_iter()
            .map(|body| body.code)
            .collect();
        let open = judged(&mut conn, Of::Bodies(&bodies), town.app.now()).await.unwrap();
        assert_eq!((open.len(), open.iter().filter(|open| open.grounded).count()), (40, 40));
        let devices: std::collections::BTreeSet<_> =
            open.iter().filter(|open| open.body == home).map(|open| open.device).collect();
        assert_eq!(devices.len(), 14, "everybody of the first body has a session of her own");
        assert!(
            store::agents::at_the_door(&mut conn, AgentId(id(0xa6, 2))).await.unwrap().is_some()
        );
        assert_eq!(store::kept_head(&mut conn, home.chain()).await.unwrap().seq, before + 26);
    }
}
