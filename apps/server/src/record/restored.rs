//! `noren-server restored`: opens a server whose data were put back from a copy, so that nothing that was taken away comes back (spec/audit.md).

use std::collections::{BTreeMap, BTreeSet};

use audit::{Chain, Decision, Event, Kind, Seen, Who};
use people::{BodyCode, Login, Role, Roles, Staff, StaffState};
use store::Tx;
use store::anchors::AnchorLine;
use store::restored::Ended;

use super::gathered::Gathered;
use super::taken::{Taken, taken};
use crate::App;
use crate::totp::STEP;

/// Numbers of lost records are never used again: the record of the gap gets the next whole million.
const LEAP: u64 = 1_000_000;

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What ended for everybody.
    pub(crate) ended: Ended,
    /// Chains that lost records: the last number in common, the highest known, whether all of it is known, and how many were put back.
    pub(crate) gaps: Vec<(Chain, u64, u64, bool, usize)>,
    /// Bodies that are stopped because nobody knows what was lost.
    pub(crate) stopped: Vec<BodyCode>,
    /// What was taken away again, in words.
    pub(crate) again: Vec<String>,
}

/// People whose credentials in the copy hold, vouched for by whoever runs the command.
pub(crate) type Vouched = BTreeSet<(BodyCode, String)>;

/// Does it, in one transaction; with `dry` nothing of it happens.
pub(crate) async fn restore(app: &App, found: &Gathered, vouched: &Vouched, dry: bool) -> anyhow::Result<Report> {
    let mut tx = app.store.write(Chain::SERVER, app.now()).await?;
    let mut report = Report::default();
    let mut events = Vec::new();
    let step = app.now() / 1_000 / STEP + 1;
    report.ended = store::restored::end_everything(&mut tx, step).await?;
    let mut chains: BTreeSet<Chain> = store::chains(&mut tx).await?.into_iter().collect();
    chains.extend(found.told.keys().chain(found.lost.keys()));
    let mut gaps: BTreeMap<Chain, (u64, u64, bool)> = BTreeMap::new();
    for chain in chains {
        let Some((after, highest, known, back)) = chain_lost(&mut tx, found, chain).await? else { continue };
        report.gaps.push((chain, after, highest, known, back));
        gaps.insert(chain, (after, highest, known));
    }
    for (chain, (after, highest, known)) in gaps {
        let now_at = store::kept_head(&mut tx, chain).await?.seq;
        store::leap(&mut tx, chain, (highest.max(now_at) / LEAP + 1) * LEAP).await?;
        let lost = if highest == 0 { "unknown".to_owned() } else { highest.to_string() };
        let gap = Event::new(chain, Who::System, Kind::RECORD_GAP, "");
        events.push(gap.with("after", after).with("lost", lost).with("known", if known { "yes" } else { "no" }));
        let Ok(body) = chain.as_str().parse::<BodyCode>() else { continue };
        if store::bodies::find(&mut tx, body).await?.is_none() {
            continue;
        }
        let mut again = Again { app, tx: &mut tx, body, vouched, events: &mut events, report: &mut report };
        let lost = found.lost.get(&chain);
        for gone in taken(lost.into_iter().flat_map(BTreeMap::values)) {
            again.take(&gone).await?;
        }
        if !known {
            again.stop().await?;
        }
    }
    adopt(&mut tx, found, app.now()).await?;
    let ended = report.ended;
    let opened = Event::new(Chain::SERVER, Who::System, Kind::RESTORED, "")
        .with("chains", report.gaps.len())
        .with("sign_ins", ended.sign_ins)
        .with("slips", ended.slips)
        .with("enrolments", ended.enrolments)
        .with("feeds", ended.feeds)
        .with("stopped", report.stopped.len())
        .with("again", report.again.len());
    events.push(opened);
    if !dry {
        tx.commit(Decision { value: (), events }).await?;
    }
    Ok(report)
}

/// What a chain lost, after what was collected is back in it: the last number in common, the highest known, whether all is known, how many are back. `None`: nothing.
async fn chain_lost(tx: &mut Tx, found: &Gathered, chain: Chain) -> anyhow::Result<Option<(u64, u64, bool, usize)>> {
    let there = match found.last_told(chain) {
        Some(told) => store::compare_head(tx, chain, told).await? == Seen::There,
        // Nobody told of it: with anchors at hand it is a chain of after the last of them or an empty one, without any nobody knows.
        None => !found.told.is_empty(),
    };
    if there && !found.lost.contains_key(&chain) {
        return Ok(None);
    }
    let known = found.known(tx, chain).await?;
    let mut back = 0;
    loop {
        let head = store::kept_head(tx, chain).await?;
        let next = found.lost.get(&chain).and_then(|lost| {
            let from = (head.seq + 1, [0; 32]);
            lost.range(from..=(head.seq + 1, [255; 32])).map(|(_, record)| record).find(|record| record.previous == head.hash)
        });
        let Some(record) = next else { break };
        store::put_back(tx, record).await?;
        back += 1;
    }
    let common = found.common(tx, chain).await?;
    let after = if back > 0 { store::kept_head(tx, chain).await?.seq.max(common) } else { common };
    Ok(Some((after, found.highest(chain), known, back)))
}

/// The lines go on behind the last one that is known outside.
async fn adopt(tx: &mut Tx, found: &Gathered, now: i64) -> store::Result<()> {
    let Some((number, line)) = &found.last else { return Ok(()) };
    if store::anchors::find(tx, *number).await?.is_some_and(|known| known.line == *line) {
        return Ok(());
    }
    if let Some(last) = store::anchors::last(tx).await? {
        store::anchors::forget(tx, last.number).await?;
    }
    store::anchors::add(tx, &AnchorLine { number: *number, line: line.clone() }, now).await
}

struct Again<'a> {
    app: &'a App,
    tx: &'a mut Tx,
    body: BodyCode,
    vouched: &'a Vouched,
    events: &'a mut Vec<Event>,
    report: &'a mut Report,
}

impl Again<'_> {
    /// Takes one thing away again, if the copy has it.
    async fn take(&mut self, gone: &Taken) -> anyhow::Result<()> {
        let (body, now) = (self.body, self.app.now());
        match gone {
            Taken::Body => {
                if store::bodies::suspend(self.tx, body, true).await? {
                    self.say(Kind::BODY_SUSPENDED, &body.to_string(), "");
                }
            }
            Taken::Staff(login) => {
                if let Some(staff) = self.person(login).await?.filter(|staff| staff.state != StaffState::Suspended) {
                    store::staff::put_state(self.tx, body, staff.id, StaffState::Suspended).await?;
                    self.say(Kind::STAFF_SUSPENDED, login, "");
                }
            }
            Taken::Roles { login, before, roles } => {
                let left: Roles = Roles::of(&roles.split('+').filter_map(|role| role.parse::<Role>().ok()).collect::<Vec<_>>());
                let known = match self.person(login).await? {
                    Some(staff) => Some(staff),
                    None => self.person(before).await?,
                };
                if let Some(staff) = known {
                    let roles = Roles::from_bits(staff.roles.bits() & left.bits());
                    if roles != staff.roles {
                        store::restored::put_roles(self.tx, staff.id, roles).await?;
                        self.say(Kind::STAFF_CHANGED, staff.login.as_str(), &roles.names());
                    }
                }
            }
            Taken::Credentials(login) => {
                if let Some(staff) = self.person(login).await? {
                    self.clear(&staff).await?;
                }
            }
            Taken::Device(id) => {
                if let Some(device) = bytes16(id)
                    && store::devices::revoke(self.tx, body, people::DeviceId(device), now).await?
                {
                    self.say(Kind::DEVICE_REVOKED, id, "");
                }
            }
            Taken::Agent(id) => {
                if let Some(agent) = bytes16(id)
                    && store::agents::revoke(self.tx, body, people::AgentId(agent), now).await?
                {
                    self.say(Kind::AGENT_REVOKED, id, "");
                }
            }
            Taken::Token(id) => {
                if let Some(token) = bytes16(id)
                    && store::tokens::revoke(self.tx, body, token, now).await?.is_some()
                {
                    self.say(Kind::API_TOKEN_REVOKED, id, "");
                }
            }
            Taken::Pc(name) => {
                for pc in store::pcs::all(self.tx, body).await? {
                    if pc.name.as_str() == name && store::pcs::stop(self.tx, body, pc.id, true).await? {
                        self.say(Kind::PC_STOPPED, name, "");
                    }
                }
            }
            Taken::Assignment { login, pc } => {
                let Some(staff) = self.person(login).await? else { return Ok(()) };
                let named: Vec<_> =
                    store::pcs::all(self.tx, body).await?.into_iter().filter(|known| known.name.as_str() == pc).collect();
                for assignment in store::assignments::all(self.tx, body).await? {
                    // A PC the copy does not know by that name: which one it was nobody can tell, so none of hers holds.
                    let meant = named.is_empty() || named.iter().any(|known| known.id == assignment.pc);
                    if assignment.staff == staff.id && meant && store::assignments::remove(self.tx, body, assignment.id).await? {
                        self.say(Kind::UNASSIGNED, login, pc);
                    }
                }
            }
        }
        Ok(())
    }

    /// Nobody knows what the lost records took away: the body is stopped, its tokens end, and its IT comes in only where somebody vouches for it.
    async fn stop(&mut self) -> anyhow::Result<()> {
        let (body, now) = (self.body, self.app.now());
        store::bodies::suspend(self.tx, body, true).await?;
        self.report.stopped.push(body);
        self.events.push(
            Event::new(body.chain(), Who::System, Kind::BODY_SUSPENDED, body.to_string())
                .with("why", "restored, and what was lost is not known"),
        );
        let tokens = store::restored::revoke_tokens(self.tx, body, now).await?;
        if tokens > 0 {
            self.say(Kind::API_TOKEN_REVOKED, "all", "");
        }
        for staff in store::staff::all(self.tx, body).await? {
            if staff.operator || staff.roles.has(Role::It) {
                self.clear(&staff).await?;
            }
        }
        Ok(())
    }

    /// What the copy has of a person's credentials does not hold; a new slip is needed.
    async fn clear(&mut self, staff: &Staff) -> anyhow::Result<()> {
        if self.vouched.contains(&(self.body, staff.login.to_string())) {
            return Ok(());
        }
        store::credentials::clear(self.tx, staff.id).await?;
        store::passkeys::remove_all(self.tx, staff.id).await?;
        self.say(Kind::RESTORED, staff.login.as_str(), "credentials cleared: a new slip is needed");
        Ok(())
    }

    async fn person(&mut self, login: &str) -> anyhow::Result<Option<Staff>> {
        let Ok(login) = login.parse::<Login>() else { return Ok(None) };
        Ok(store::staff::by_login(self.tx, self.body, &login).await?)
    }

    fn say(&mut self, kind: Kind, subject: &str, more: &str) {
        self.report.again.push(format!("{} {}: {subject} {more}", self.body, kind.name()));
        let event = Event::new(self.body.chain(), Who::System, kind, subject).with("why", "restored");
        self.events.push(if more.is_empty() { event } else { event.with("what", more) });
    }
}

fn bytes16(hex: &str) -> Option<[u8; 16]> {
    if hex.len() != 32 || !hex.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..32).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect();
    bytes?.try_into().ok()
}
