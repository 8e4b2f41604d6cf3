//! A town that is lived in, for the demo and, larger, for measurements: divisions, staff, work
//! inventory, registrations, requests, reports, sessions, closed months. The same every time but
//! for the day it is made on; everything in it is made up.

mod days;
mod names;
mod papers;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use audit::Event;
use jiff::Timestamp;
use jiff::civil::Date;
use people::{
    AgentId, Assignment, AssignmentId, BodyCode, DeviceId, Division, DivisionId, Name, Pc, PcId,
    Posture, Role, Roles, Staff, StaffId, StaffState, Zone,
};
use serde::Deserialize;
use store::Tx;
use store::agents::Agent;
use store::devices::Device;
use store::telework::WorkRow;
use telework::rules::{Employment, Rules};
use telework::survey::{Member, Stage};
use telework::time::{Calendar, Minutes, tokyo};

use server::App;
use web_people::factors::TOTP_PURPOSE;

/// How large, and how far back.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlannedTown {
    /// People, beside those the plan names.
    pub staff: u32,
    /// Months of records, the current one included.
    pub months: u32,
    /// How many of the people can sign in, with the first planned person's password and one-time
    /// code key.
    #[serde(default)]
    pub sign_in: u32,
}

/// One member of staff as the town knows her.
pub(super) struct Person {
    pub(super) staff: Staff,
    /// Days of the week she teleworks on, Monday 0; none for who never does.
    pub(super) week: Vec<i8>,
    pub(super) pc: PcId,
    pub(super) device: DeviceId,
    pub(super) agent: AgentId,
}

/// Who the plan names: they are there to be signed in as.
pub(super) struct Named {
    /// The first of them, who stands behind what somebody has to stand behind.
    pub(super) clerk: StaffId,
    pub(super) named: BTreeSet<StaffId>,
}

/// What signs everybody in who can.
pub(crate) struct Keys<'a> {
    pub(crate) hash: &'a str,
    pub(crate) totp: &'a [u8],
}

/// Numbers that look like chance and are the same every time (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub(super) fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.next().to_le_bytes());
        id[8..].copy_from_slice(&self.next().to_le_bytes());
        id
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or(0)]
    }
}

/// Fills a new body with it. Answers the sign-in names of who can sign in, and what goes on record.
pub(crate) async fn fill(
    app: &App,
    tx: &mut Tx,
    body: BodyCode,
    plan: PlannedTown,
    planned: &[Staff],
    keys: &Keys<'_>,
) -> anyhow::Result<(Vec<Staff>, Vec<Event>)> {
    ensure!(
        (1..=10_000).contains(&plan.staff) && (1..=60).contains(&plan.months),
        "a town has 1 to 10,000 staff and 1 to 60 months"
    );
    let mut dice = Dice(20_240_401);
    let now = app.now();
    let today = tokyo(moment(now)).date();
    let clerk = planned.first().context("a town needs the person who set it up")?.id;
    let rules = Rules {
        overtime: true,
        places: vec!["駅前サテライトオフィス".into(), "支所の会議室".into()],
        // Who is named in the plan is there to be signed in as at any hour.
        exempt: planned.iter().map(|one| one.id).collect(),
        ..Rules::default()
    };
    let calendar = Calendar::default();
    store::telework::put_setting(tx, body, store::telework::RULES, &rules, now).await?;
    store::telework::put_setting(tx, body, store::telework::CALENDAR, &calendar, now).await?;
    store::telework::put_setting(tx, body, web_telework::STAGE, &Stage::InForce, now).await?;

    let (divisions, staff) = people(tx, body, plan, &mut dice, now).await?;
    let named = planned.iter().filter(|one| one.body == body && one.division.is_some()).cloned();
    let mut everybody: Vec<Staff> = named.collect();
    everybody.extend(staff.iter().cloned());
    for one in staff.iter().take(usize::try_from(plan.sign_in).unwrap_or(usize::MAX)) {
        let sealed = app.seal(TOTP_PURPOSE, &one.id.0, keys.totp)?;
        store::credentials::put(tx, one.id, keys.hash, &sealed, 0).await?;
    }
    let eligible = members(tx, body, &everybody, today).await?;
    inventory(tx, body, &divisions, &everybody, &mut dice).await?;
    let people = Named { clerk, named: planned.iter().map(|one| one.id).collect() };
    let town = office(tx, body, everybody, &eligible, &mut dice, &people, now).await?;
    papers::write(tx, body, &town, &mut dice, &people, today, now).await?;
    // Three of a team may be away at once.
    let size = |id: DivisionId| town.iter().filter(|one| one.staff.division == Some(id)).count();
    let least: BTreeMap<DivisionId, usize> =
        divisions.iter().map(|one| (one.id, size(one.id).saturating_sub(3).max(1))).collect();
    store::telework::put_setting(tx, body, store::telework::LEAST, &least, now).await?;
    let book =
        days::Book { body, clerk, rules: &rules, calendar: &calendar, divisions: &divisions };
    let events = days::write(tx, &book, &town, plan.months, &mut dice, now).await?;
    Ok((staff, events))
}

pub(super) fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Divisions of a dozen, each with its superior and deputy.
async fn people(
    tx: &mut Tx,
    body: BodyCode,
    plan: PlannedTown,
    dice: &mut Dice,
    now: i64,
) -> anyhow::Result<(Vec<Division>, Vec<Staff>)> {
    let count = plan.staff.div_ceil(12);
    let mut divisions = Vec::new();
    let planned = store::divisions::all(tx, body).await?;
    for at in 0..count {
        let name: Name = names::division(at).parse().context("a division's name")?;
        // A division the plan has already is this one: its people sit among the town's.
        if let Some(one) = planned.iter().find(|one| one.name == name) {
            divisions.push(one.clone());
            continue;
        }
        let code = format!("{}", 1_000 + at * 10);
        let division =
            Division { id: DivisionId(dice.id()), body, code, name, superior: None, deputy: None };
        store::divisions::add(tx, &division).await?;
        divisions.push(division);
    }
    let mut staff = Vec::new();
    for at in 0..plan.staff {
        let leads = at < count * 2;
        let division = divisions.get((at % count) as usize).context("a division")?;
        let one = Staff {
            id: StaffId(dice.id()),
            body,
            login: format!("t{:05}", at + 1).parse().context("a sign-in name")?,
            name: format!("{} {}", dice.pick(&names::FAMILY), dice.pick(&names::GIVEN))
                .parse()
                .context("a name")?,
            division: Some(division.id),
            roles: if leads {
                Roles::of(&[Role::Staff, Role::Superior])
            } else {
                Roles::of(&[Role::Staff])
            },
            operator: false,
            state: StaffState::Active,
            fiscal_year: !leads && at % 8 == 7,
            created: now,
        };
        store::staff::add(tx, &one).await?;
        staff.push(one);
    }
    for (at, division) in divisions.iter_mut().enumerate() {
        division.superior = division.superior.or(staff.get(at).map(|one| one.id));
        division.deputy = staff.get(at + count as usize).map(|one| one.id);
        store::divisions::change(tx, division).await?;
    }
    Ok((divisions, staff))
}

/// What the rules know of each; answers who may telework.
async fn members(
    tx: &mut Tx,
    body: BodyCode,
    staff: &[Staff],
    today: Date,
) -> anyhow::Result<BTreeSet<StaffId>> {
    let mut eligible = BTreeSet::new();
    for (at, one) in staff.iter().enumerate() {
        let employment = match at % 40 {
            _ if one.fiscal_year => Employment::FiscalYear,
            11 => Employment::Reappointed,
            23 => Employment::FixedTerm,
            _ => Employment::Regular,
        };
        let back = i16::try_from(at % 30).unwrap_or(0) + 5;
        let member = Member {
            staff: one.id,
            employment,
            // Waterworks, schools and the fire brigade are not 一般行政職員.
            general: at % 15 != 14,
            joined: Date::new(today.year() - back, 4, 1)?,
            leaves: None,
        };
        store::telework::put_member(tx, body, one.id, &member).await?;
        if employment != Employment::FiscalYear {
            eligible.insert(one.id);
        }
    }
    Ok(eligible)
}

/// Four pieces of work a division, each done by some of its people.
async fn inventory(
    tx: &mut Tx,
    body: BodyCode,
    divisions: &[Division],
    staff: &[Staff],
    dice: &mut Dice,
) -> anyhow::Result<()> {
    for (at, division) in divisions.iter().enumerate() {
        let team: Vec<&Staff> =
            staff.iter().filter(|one| one.division == Some(division.id)).collect();
        for n in 0..4 {
            let work = names::work(at * 4 + n, division.id);
            let (yearly, row) = (work.yearly.0, WorkRow { division: division.id, work });
            let id = store::telework::put_work(tx, body, &row).await?;
            let who: Vec<&&Staff> = team.iter().filter(|_| dice.below(3) > 0).collect();
            for one in &who {
                let share = Minutes(yearly / u32::try_from(who.len()).unwrap_or(1));
                store::telework::put_share(tx, body, one.id, id, share).await?;
            }
        }
    }
    Ok(())
}

/// The office's agent, and a PC and a device for each who teleworks: nearly half of those who may.
async fn office(
    tx: &mut Tx,
    body: BodyCode,
    staff: Vec<Staff>,
    eligible: &BTreeSet<StaffId>,
    dice: &mut Dice,
    people: &Named,
    now: i64,
) -> anyhow::Result<Vec<Person>> {
    let agent = Agent {
        id: AgentId(dice.id()),
        body,
        number: 900_001,
        name: "見本の庁内装置".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        channel_key: key(dice),
        control_key: key(dice),
        enrolled: now,
        seen: 0,
        revoked: 0,
        epoch: 0,
        reported: 0,
    };
    store::agents::add(tx, &agent).await?;
    let mut town = Vec::new();
    for (at, one) in staff.into_iter().enumerate() {
        let chance = (eligible.contains(&one.id) && dice.below(100) < 48, dice.below(10));
        let week: Vec<i8> = match chance {
            // Who is signed in as has a month to look at, and room in the week to ask for more.
            _ if people.named.contains(&one.id) => vec![0, 4],
            (false, _) => Vec::new(),
            (true, 0..2) => vec![0, 2, 4],
            (true, 2..6) => vec![1, 3],
            (true, _) => vec![i8::try_from(dice.below(5)).unwrap_or(0)],
        };
        let (pc, device) = (PcId(dice.id()), DeviceId(dice.id()));
        if !week.is_empty() {
            let row = Pc {
                id: pc,
                body,
                agent: agent.id,
                target: format!("town-{at}").parse().context("a PC")?,
                name: format!("{}のパソコン", one.name).parse().context("a PC's name")?,
                zone: Zone::Lgwan,
                stopped: false,
                seen: 0,
            };
            store::pcs::offer(tx, &row).await?;
            let id = AssignmentId(dice.id());
            let (from, until) = (now - 86_400_000, now + 365 * 86_400_000);
            let row = Assignment { id, body, staff: one.id, pc, from, until, by: people.clerk };
            // Who is there to be signed in as has a PC that answers, and is not shown one that
            // never will.
            if !people.named.contains(&one.id) {
                store::assignments::add(tx, &row).await?;
            }
            let row = Device {
                id: device,
                body,
                staff: one.id,
                key: key(dice),
                name: "自宅のブラウザー".into(),
                user_agent: String::new(),
                paired: now - 86_400_000,
                used: 0,
                revoked: 0,
                posture: Posture::default(),
            };
            store::devices::pair(tx, &row, agent.id, u32::try_from(at).unwrap_or(0)).await?;
        }
        town.push(Person { staff: one, week, pc, device, agent: agent.id });
    }
    Ok(town)
}

fn key(dice: &mut Dice) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&dice.id());
    key[16..].copy_from_slice(&dice.id());
    key
}
