//! Taking away again, in the data of a copy, what lost records took away. Each step is on record
//! with the fields of the act it repeats, so that a copy put back a second time is read the same
//! way.

use audit::{Event, Kind, Who};
use jiff::civil::Date;
use people::{
    AgentId, BodyCode, DeviceId, Division, Login, Role, Roles, Staff, StaffId, StaffState, Stop,
    Stopper, TokenId,
};
use store::Tx;
use store::telework::{Paper, PaperKind};
use store::tokens::Token;
use telework::opening::Emergency;
use telework::papers::{HandOver, Leave};
use telework::time::tokyo;

use super::restored::{Report, Vouched};
use super::taken::{Post, Taken, reason};
use crate::People;
use crate::second;
use kit::time::moment;

/// Why a day is cancelled, for whoever asked for it.
const DAY_TAKEN_BACK: &str = "取り消し済みの申請が、データを控えから戻したときに戻ったため";

/// What lost records of one body are done again with.
pub(super) struct Again<'a> {
    pub(super) app: &'a People,
    pub(super) tx: &'a mut Tx,
    pub(super) body: BodyCode,
    pub(super) vouched: &'a Vouched,
    pub(super) events: &'a mut Vec<Event>,
    pub(super) report: &'a mut Report,
}

impl Again<'_> {
    /// Takes one thing away again, if the copy has it.
    pub(super) async fn take(&mut self, gone: &Taken) -> anyhow::Result<()> {
        let (body, now) = (self.body, self.app.now());
        match gone {
            Taken::Body(by) => {
                if self.stop_body(*by).await? {
                    self.say(Kind::BODY_SUSPENDED, &body.to_string(), &[("by", by.name())]);
                }
            }
            Taken::Staff(login) => {
                let Some(staff) = self.person(login).await? else { return Ok(()) };
                if store::staff::put_state(self.tx, body, staff.id, StaffState::Suspended).await? {
                    let tokens = store::staff::end_held(self.tx, staff.id, now).await?;
                    self.say(Kind::STAFF_SUSPENDED, login, &[]);
                    self.revoked(tokens);
                }
            }
            Taken::Roles { login, roles } => {
                let Some(staff) = self.person(login).await? else { return Ok(()) };
                let left: Vec<Role> =
                    roles.split('+').filter_map(|role| role.parse().ok()).collect();
                let roles = Roles::from_bits(staff.roles.bits() & Roles::of(&left).bits());
                if roles != staff.roles {
                    store::restored::put_roles(self.tx, staff.id, roles).await?;
                    let said = [("roles_before", staff.roles.names()), ("roles", roles.names())];
                    self.say(
                        Kind::STAFF_CHANGED,
                        login,
                        &said.each_ref().map(|(name, roles)| (*name, roles.as_str())),
                    );
                }
            }
            Taken::Credentials(login) => {
                if let Some(staff) = self.person(login).await? {
                    self.clear(&staff).await?;
                }
            }
            Taken::Lead { division, post, login } => self.lead(division, *post, login).await?,
            Taken::Division(code) => {
                for before in store::divisions::all(self.tx, body).await? {
                    if before.code == *code {
                        self.led(
                            &before,
                            Division { superior: None, deputy: None, ..before.clone() },
                        )
                        .await?;
                    }
                }
            }
            Taken::Device(id) => {
                if let Ok(device) = id.parse::<DeviceId>()
                    && store::devices::revoke(self.tx, body, device, now).await?
                {
                    self.say(Kind::DEVICE_REVOKED, id, &[("device", id)]);
                }
            }
            Taken::Agent(id) => {
                if let Ok(agent) = id.parse::<AgentId>()
                    && store::agents::revoke(self.tx, body, agent, now).await?
                {
                    self.say(Kind::AGENT_REVOKED, id, &[("agent", id)]);
                }
            }
            Taken::Token(id) => {
                if let Ok(token) = id.parse::<TokenId>() {
                    let revoked = store::tokens::revoke(self.tx, body, token, now).await?;
                    self.revoked(revoked.into_iter().collect());
                }
            }
            Taken::Pc(name) => {
                for pc in store::pcs::all(self.tx, body).await? {
                    if pc.name.as_str() == name
                        && store::pcs::stop(self.tx, body, pc.id, true).await?
                    {
                        self.say(Kind::PC_STOPPED, name, &[]);
                    }
                }
            }
            Taken::Assignment { login, pcs } => {
                let Some(staff) = self.person(login).await? else { return Ok(()) };
                let mut named = store::pcs::all(self.tx, body).await?;
                named.retain(|pc| pcs.contains(pc.name.as_str()));
                for assignment in store::assignments::all(self.tx, body).await? {
                    // A PC the copy does not know by that name: which one it was nobody can tell,
                    // so none of hers holds.
                    let pc = named.iter().find(|pc| pc.id == assignment.pc);
                    let meant = assignment.staff == staff.id && (named.is_empty() || pc.is_some());
                    if meant && store::assignments::remove(self.tx, body, assignment.id).await? {
                        self.say(
                            Kind::UNASSIGNED,
                            login,
                            &[("pc", pc.map_or("", |pc| pc.name.as_str()))],
                        );
                    }
                }
            }
            Taken::Day { login, day } => self.day(login, day).await?,
            Taken::Emergency { why, later } => self.emergency(why, *later).await?,
            Taken::Leave { login, from, to } => {
                let Some(staff) = self.person(login).await? else { return Ok(()) };
                for mut paper in
                    store::telework::papers_of::<Leave>(self.tx, body, PaperKind::Leave, staff.id)
                        .await?
                {
                    let leave = &mut paper.value;
                    if !leave.removed
                        && leave.from.to_string() == *from
                        && leave.to.to_string() == *to
                    {
                        leave.removed = true;
                        store::telework::put_paper(self.tx, body, PaperKind::Leave, &paper, now)
                            .await?;
                        self.say(Kind::LEAVE_REMOVED, login, &[("from", from), ("to", to)]);
                    }
                }
            }
            Taken::HandOver(login) => {
                let Some(staff) = self.person(login).await? else { return Ok(()) };
                let today = tokyo(moment(now)).date();
                for mut paper in store::telework::papers_of::<HandOver>(
                    self.tx,
                    body,
                    PaperKind::HandOver,
                    staff.id,
                )
                .await?
                {
                    if !paper.value.removed && paper.value.to >= today {
                        paper.value.removed = true;
                        store::telework::put_paper(self.tx, body, PaperKind::HandOver, &paper, now)
                            .await?;
                        let (from, to) = (paper.value.from.to_string(), paper.value.to.to_string());
                        self.say(Kind::HAND_OVER_ENDED, login, &[("from", &from), ("to", &to)]);
                    }
                }
            }
        }
        Ok(())
    }

    /// Nobody knows what the lost records took away: the body is stopped, its tokens end, and its
    /// IT comes in only where somebody vouches for it.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        let body = self.body;
        // Its IT looks and resumes; a stop of the operator's stays one.
        self.stop_body(Stopper::Office).await?;
        self.report.stopped.push(body);
        self.events.push(
            Event::new(body.chain(), Who::System, Kind::BODY_SUSPENDED, body.to_string())
                .with("by", Stopper::Office.name())
                .with("why", "restored, and what was lost is not known"),
        );
        let tokens = store::restored::revoke_tokens(self.tx, body, self.app.now()).await?;
        self.revoked(tokens);
        for staff in store::staff::all(self.tx, body).await? {
            if staff.operator || staff.roles.has(Role::It) {
                self.clear(&staff).await?;
            }
        }
        Ok(())
    }

    async fn stop_body(&mut self, by: Stopper) -> store::Result<bool> {
        let stop = Stop { by, at: self.app.now(), who: String::new() };
        store::bodies::stop(self.tx, self.body, &stop).await
    }

    /// What the copy has of a person's credentials does not hold; a new slip is needed.
    async fn clear(&mut self, staff: &Staff) -> anyhow::Result<()> {
        if self.vouched.contains(&(self.body, staff.login.to_string())) {
            return Ok(());
        }
        store::credentials::clear(self.tx, staff.id).await?;
        store::passkeys::remove_all(self.tx, staff.id).await?;
        self.say(
            Kind::RESTORED,
            staff.login.as_str(),
            &[("what", "credentials cleared: a new slip is needed")],
        );
        Ok(())
    }

    /// Somebody leads no more. A division the copy does not know by that code: which one it was
    /// nobody can tell, so none.
    async fn lead(&mut self, code: &str, post: Post, login: &str) -> anyhow::Result<()> {
        let all = store::divisions::all(self.tx, self.body).await?;
        let known = all.iter().any(|one| one.code == code);
        // Whoever was not found when it was written down stands there by identity.
        let person = match self.person(login).await? {
            Some(staff) => Some(staff.id),
            None => login.parse::<StaffId>().ok(),
        };
        let Some(person) = person else { return Ok(()) };
        for before in all {
            let mut after = before.clone();
            let held = match post {
                Post::Superior => &mut after.superior,
                Post::Deputy => &mut after.deputy,
            };
            if *held == Some(person) && (before.code == code || !known) {
                *held = None;
                self.led(&before, after).await?;
            }
        }
        Ok(())
    }

    async fn led(&mut self, before: &Division, after: Division) -> anyhow::Result<()> {
        if *before == after {
            return Ok(());
        }
        store::divisions::change(self.tx, &after).await?;
        let event = Event::new(
            self.body.chain(),
            Who::System,
            Kind::DIVISION_CHANGED,
            after.name.to_string(),
        );
        let event = second::led(self.tx, event, before, &after).await?;
        self.tell(event);
        Ok(())
    }

    /// An approved day opens the PC: the person's requests of that day are cancelled, all of them,
    /// because the record does not say which part of the day it was.
    async fn day(&mut self, login: &str, day: &str) -> anyhow::Result<()> {
        let (Some(staff), Ok(date)) = (self.person(login).await?, day.parse::<Date>()) else {
            return Ok(());
        };
        for row in store::telework::requests_of(self.tx, self.body, staff.id, date, date).await? {
            let Some(request) = row.request.taken_back(moment(self.app.now()), DAY_TAKEN_BACK)
            else {
                continue;
            };
            let seen = row.request.version();
            if store::telework::change_request(self.tx, self.body, row.id, seen, &request).await? {
                self.say(Kind::TELEWORK_CANCELLED, login, &[("day", day)]);
            }
        }
        Ok(())
    }

    /// Orders still open that have this reason are lifted; where none has it, and none was given
    /// after the copy that had, which one it was nobody can tell: all.
    async fn emergency(&mut self, why: &str, later: bool) -> anyhow::Result<()> {
        let now = moment(self.app.now());
        let mut open =
            store::telework::papers::<Emergency>(self.tx, self.body, PaperKind::Emergency).await?;
        open.retain(|paper| paper.value.lifted.is_none() && paper.value.until > now);
        let meant = |paper: &Paper<Emergency>| reason(&paper.value.why) == why;
        if later || open.iter().any(meant) {
            open.retain(meant);
        }
        for mut paper in open {
            paper.value.lifted = Some(now);
            store::telework::put_paper(
                self.tx,
                self.body,
                PaperKind::Emergency,
                &paper,
                self.app.now(),
            )
            .await?;
            self.say(Kind::EMERGENCY_LIFTED, &paper.value.why, &[]);
        }
        Ok(())
    }

    async fn person(&mut self, login: &str) -> anyhow::Result<Option<Staff>> {
        let Ok(login) = login.parse::<Login>() else { return Ok(None) };
        Ok(store::staff::by_login(self.tx, self.body, &login).await?)
    }

    fn revoked(&mut self, tokens: Vec<Token>) {
        for token in tokens {
            self.say(Kind::API_TOKEN_REVOKED, &token.name, &[("token", &token.id.to_string())]);
        }
    }

    fn say(&mut self, kind: Kind, subject: &str, fields: &[(&'static str, &str)]) {
        let event = Event::new(self.body.chain(), Who::System, kind, subject);
        self.tell(fields.iter().fold(event, |event, (name, value)| event.with(name, value)));
    }

    fn tell(&mut self, event: Event) {
        let fields: Vec<String> =
            event.fields.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        self.report.again.push(format!(
            "{} {}: {}{}",
            self.body,
            event.kind.name(),
            event.subject,
            fields.concat()
        ));
        self.events.push(event.with("why", "restored"));
    }
}
