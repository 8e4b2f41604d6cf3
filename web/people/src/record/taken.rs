//! What lost records took away, told from the records alone (spec/audit.md, "Putting a copy back").

use std::collections::{BTreeMap, BTreeSet};

use audit::{Chain, Event, Kind, Record, Who};
use people::Stopper;

/// Something that must not come back. People, divisions and PCs are called what the copy calls
/// them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Taken {
    /// A body was stopped, and by whom.
    Body(Stopper),
    /// A person was stopped, by sign-in name.
    Staff(String),
    /// A person's roles were changed to these; those she had more are gone.
    Roles { login: String, roles: String },
    /// A person's password, one-time key or passkeys were changed: the old ones do not hold.
    Credentials(String),
    /// Somebody leads a division (by its code), or stands in for it, no more.
    Lead { division: String, post: Post, login: String },
    /// A division was removed, by its code: nobody leads it.
    Division(String),
    /// A device, by id.
    Device(String),
    /// An agent, by id.
    Agent(String),
    /// A token, by id.
    Token(String),
    /// A permission for a PC, by sign-in name and the names the PC had.
    Assignment { login: String, pcs: BTreeSet<String> },
    /// A PC was stopped, by name.
    Pc(String),
    /// A person's telework day was taken back, by sign-in name and day.
    Day { login: String, day: String },
    /// An emergency order was lifted, by its reason. `later`: one with this reason was given after
    /// the copy.
    Emergency { why: String, later: bool },
    /// A person's leave was taken back, so that her deputy does not decide: sign-in name, first and
    /// last day.
    Leave { login: String, from: String, to: String },
    /// A superior ended a hand-over, by sign-in name.
    HandOver(String),
}

/// What somebody is to a division.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Post {
    /// 所属長
    Superior,
    /// 代理
    Deputy,
}

impl Post {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Superior, Self::Deputy];

    /// The fields of the record: who was it before, and who is it.
    fn fields(self) -> [&'static str; 2] {
        match self {
            Self::Superior => ["superior_before", "superior"],
            Self::Deputy => ["deputy_before", "deputy"],
        }
    }
}

/// What is gone after all records of one chain, in their order: what was stopped and resumed among
/// them is as the copy has it.
pub(crate) fn taken<'a>(records: impl IntoIterator<Item = &'a Record>) -> BTreeSet<Taken> {
    let mut found = Found::default();
    for record in records {
        found.read(record);
    }
    found.gone
}

/// What later records call somebody or something, and what the copy calls it; nothing: it came
/// after the copy.
#[derive(Default)]
struct Names(BTreeMap<String, Option<String>>);

impl Names {
    fn renamed(&mut self, before: &str, after: &str) {
        if before != after {
            let known = self.of(before);
            self.0.insert(after.to_owned(), known);
        }
    }

    fn new_one(&mut self, name: &str) {
        self.0.insert(name.to_owned(), None);
    }

    fn of(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned().unwrap_or_else(|| Some(name.to_owned()))
    }
}

/// The reason of an emergency order as the record of its end says it: a subject is cut where it is
/// long.
pub(super) fn reason(why: &str) -> String {
    Event::new(Chain::SERVER, Who::System, Kind::EMERGENCY_LIFTED, why).subject
}

#[derive(Default)]
struct Found {
    gone: BTreeSet<Taken>,
    people: Names,
    divisions: Names,
    /// PCs may share a name: every name one of that name had.
    pcs: BTreeMap<String, BTreeSet<String>>,
    /// Reasons of the emergency orders given so far.
    ordered: BTreeSet<String>,
}

impl Found {
    fn read(&mut self, record: &Record) {
        let subject = record.subject.as_str();
        let field = |wanted: &str| {
            record.fields.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str())
        };
        let text = |wanted: &str| field(wanted).unwrap_or_default();
        let person = self.people.of(subject);
        match record.kind {
            Kind::STAFF_ADDED => self.people.new_one(subject),
            Kind::DIVISION_ADDED => self.divisions.new_one(text("code")),
            Kind::PC_CHANGED => {
                let before = self.pc(text("before"));
                self.pcs.entry(subject.to_owned()).or_default().extend(before);
            }
            Kind::EMERGENCY_ORDERED => _ = self.ordered.insert(reason(text("why"))),
            Kind::BODY_SUSPENDED => {
                // Who stopped it is not said: the stronger.
                let office = text("by") == Stopper::Office.name();
                self.gone.insert(Taken::Body(if office {
                    Stopper::Office
                } else {
                    Stopper::Operator
                }));
            }
            Kind::BODY_RESUMED => self.gone.retain(|gone| !matches!(gone, Taken::Body(_))),
            Kind::STAFF_SUSPENDED => self.gone.extend(person.map(Taken::Staff)),
            Kind::STAFF_RESUMED => self
                .gone
                .retain(|gone| !matches!(gone, Taken::Staff(one) if Some(one) == person.as_ref())),
            Kind::STAFF_CHANGED => {
                self.people.renamed(field("login_before").unwrap_or(subject), subject);
                self.roles(self.people.of(subject), field("roles"));
            }
            // The roles that waited went with the change.
            Kind::CHANGE_WITHDRAWN => self.roles(person, field("roles")),
            Kind::PASSWORD_CHANGED
            | Kind::TOTP_CHANGED
            | Kind::PASSKEY_REMOVED
            | Kind::ACTIVATED
            | Kind::ACTIVATION_ISSUED
            | Kind::RESET_AT_CONSOLE => self.gone.extend(person.map(Taken::Credentials)),
            // What `restored` itself cleared before; without a name it says that it ran.
            Kind::RESTORED if !subject.is_empty() => {
                self.gone.extend(person.map(Taken::Credentials))
            }
            Kind::DIVISION_CHANGED => self.led(record),
            Kind::DIVISION_REMOVED => {
                self.gone.extend(self.divisions.of(text("code")).map(Taken::Division))
            }
            // A report of an agent names the device itself.
            Kind::DEVICE_REVOKED => {
                _ = self.gone.insert(Taken::Device(field("device").unwrap_or(subject).to_owned()))
            }
            Kind::AGENT_REVOKED => {
                self.gone.extend(field("agent").map(|id| Taken::Agent(id.to_owned())))
            }
            Kind::API_TOKEN_REVOKED => {
                self.gone.extend(field("token").map(|id| Taken::Token(id.to_owned())))
            }
            Kind::UNASSIGNED => {
                let pcs = self.pc(text("pc"));
                self.gone.extend(person.map(|login| Taken::Assignment { login, pcs }));
            }
            Kind::PC_STOPPED => {
                let named = self.pc(subject);
                self.gone.extend(named.into_iter().map(Taken::Pc));
            }
            Kind::PC_RESUMED => {
                let named = self.pc(subject);
                self.gone.retain(|gone| !matches!(gone, Taken::Pc(one) if named.contains(one)));
            }
            // Whether another part of the same day was approved later, the record does not say: the
            // day is asked for again.
            Kind::TELEWORK_CANCELLED | Kind::TELEWORK_RETURNED | Kind::TELEWORK_REFUSED => {
                let day = text("day").to_owned();
                self.gone.extend(person.map(|login| Taken::Day { login, day }));
            }
            Kind::EMERGENCY_LIFTED => {
                let later = self.ordered.contains(subject);
                self.gone.insert(Taken::Emergency { why: subject.to_owned(), later });
            }
            Kind::LEAVE_REMOVED => {
                let [from, to] = ["from", "to"].map(|name| text(name).to_owned());
                self.gone.extend(person.map(|login| Taken::Leave { login, from, to }));
            }
            Kind::HAND_OVER_ENDED => self.gone.extend(person.map(Taken::HandOver)),
            _ => {}
        }
    }

    fn roles(&mut self, person: Option<String>, roles: Option<&str>) {
        if let (Some(login), Some(roles)) = (person, roles) {
            self.gone.insert(Taken::Roles { login, roles: roles.to_owned() });
        }
    }

    /// Who led before and does no more; whoever leads again has it back.
    fn led(&mut self, record: &Record) {
        let text = |wanted: &str| {
            record
                .fields
                .iter()
                .find(|(key, _)| key == wanted)
                .map_or("", |(_, value)| value.as_str())
        };
        let code = text("code");
        let before = text("code_before");
        self.divisions.renamed(if before.is_empty() { code } else { before }, code);
        let Some(division) = self.divisions.of(code) else { return };
        for post in Post::ALL {
            let [was, is] = post.fields().map(text);
            let lead = |login: String| Taken::Lead { division: division.clone(), post, login };
            if let Some(login) = self.people.of(is) {
                self.gone.remove(&lead(login));
            }
            if was != is && !was.is_empty() {
                self.gone.extend(self.people.of(was).map(lead));
            }
        }
    }

    /// Every name that a PC of this name had.
    fn pc(&self, name: &str) -> BTreeSet<String> {
        let mut names = self.pcs.get(name).cloned().unwrap_or_default();
        names.insert(name.to_owned());
        names
    }
}

#[cfg(test)]
mod tests {
    use audit::Head;

    use super::super::places::{Place, place};
    use super::*;

    type Told<'a> = (Kind, &'a str, &'a [(&'static str, &'a str)]);

    /// What is gone after these.
    fn gone(told: &[Told<'_>]) -> Vec<Taken> {
        let chain = Chain::new("011002").unwrap();
        let mut head = Head::EMPTY;
        let mut records = Vec::new();
        for (kind, subject, fields) in told {
            let event = Event::new(chain, Who::System, *kind, *subject);
            let event = fields.iter().fold(event, |event, (key, value)| event.with(key, value));
            let record = Record::append(head, event, 1);
            head = record.head();
            records.push(record);
        }
        taken(&records).into_iter().collect()
    }

    fn lead(division: &str, post: Post, login: &str) -> Taken {
        Taken::Lead { division: division.into(), post, login: login.into() }
    }

    #[test]
    fn what_was_taken_stays_gone_and_what_was_given_back_is_left_alone() {
        let found = gone(&[
            (Kind::STAFF_SUSPENDED, "hanako", &[]),
            (Kind::STAFF_SUSPENDED, "taro", &[]),
            (Kind::STAFF_RESUMED, "taro", &[]),
            (Kind::DEVICE_REVOKED, "laptop", &[("device", "0a")]),
            (Kind::DEVICE_REVOKED, "0b", &[("agent", "x")]),
            (Kind::API_TOKEN_REVOKED, "payroll", &[("token", "0c")]),
            (Kind::STAFF_ADDED, "new", &[("roles", "it")]),
        ]);
        assert_eq!(
            found,
            [
                Taken::Staff("hanako".into()),
                Taken::Device("0a".into()),
                Taken::Device("0b".into()),
                Taken::Token("0c".into())
            ]
        );
    }

    #[test]
    fn a_stop_is_by_whom_it_was_and_the_stronger_where_it_is_not_said() {
        assert_eq!(
            gone(&[(Kind::BODY_SUSPENDED, "011002", &[("by", "office")])]),
            [Taken::Body(Stopper::Office)]
        );
        assert_eq!(
            gone(&[(Kind::BODY_SUSPENDED, "011002", &[])]),
            [Taken::Body(Stopper::Operator)]
        );
        assert_eq!(
            gone(&[(Kind::BODY_SUSPENDED, "011002", &[]), (Kind::BODY_RESUMED, "011002", &[])]),
            []
        );
    }

    #[test]
    fn credentials_that_were_reset_at_the_console_do_not_hold() {
        assert_eq!(
            gone(&[(Kind::RESET_AT_CONSOLE, "it1", &[])]),
            [Taken::Credentials("it1".into())]
        );
    }

    #[test]
    fn who_leads_no_more_loses_it_unless_it_was_given_back() {
        fn changed<'a>(fields: &'a [(&'static str, &'a str)]) -> Told<'a> {
            (Kind::DIVISION_CHANGED, "総務課", fields)
        }
        let first = [
            ("code", "010"),
            ("superior_before", "ito"),
            ("superior", "kato"),
            ("deputy_before", "abe"),
            ("deputy", "abe"),
        ];
        assert_eq!(gone(&[changed(&first)]), [lead("010", Post::Superior, "ito")]);
        let back = [
            ("code", "010"),
            ("superior_before", "kato"),
            ("superior", "ito"),
            ("deputy_before", "abe"),
            ("deputy", ""),
        ];
        let found = gone(&[changed(&first), changed(&back)]);
        assert_eq!(found, [lead("010", Post::Superior, "kato"), lead("010", Post::Deputy, "abe")]);
        // Who comes to stand in for what she led leads it no more.
        let aside = [
            ("code", "010"),
            ("superior_before", "ito"),
            ("superior", ""),
            ("deputy_before", ""),
            ("deputy", "ito"),
        ];
        assert_eq!(gone(&[changed(&aside)]), [lead("010", Post::Superior, "ito")]);
        assert_eq!(
            gone(&[(Kind::DIVISION_REMOVED, "総務課", &[("code", "010")])]),
            [Taken::Division("010".into())]
        );
    }

    #[test]
    fn what_was_renamed_meanwhile_is_called_what_the_copy_calls_it() {
        let found = gone(&[
            (Kind::STAFF_CHANGED, "ito", &[("login_before", "sato"), ("roles", "staff")]),
            (Kind::STAFF_CHANGED, "sato", &[("login_before", "kato"), ("roles", "staff")]),
            (Kind::STAFF_SUSPENDED, "ito", &[]),
            (Kind::PASSWORD_CHANGED, "sato", &[]),
            (Kind::STAFF_ADDED, "kato", &[("roles", "staff")]),
            (Kind::STAFF_SUSPENDED, "kato", &[]),
            (Kind::DIVISION_CHANGED, "総務課", &[("code_before", "010"), ("code", "011")]),
            (
                Kind::DIVISION_CHANGED,
                "総務課",
                &[("code", "011"), ("superior_before", "ito"), ("superior", "")],
            ),
            (Kind::DIVISION_ADDED, "税務課", &[("code", "010")]),
            (Kind::DIVISION_REMOVED, "税務課", &[("code", "010")]),
            (Kind::PC_CHANGED, "窓口", &[("before", "PC 1")]),
            (Kind::PC_STOPPED, "窓口", &[]),
            (Kind::UNASSIGNED, "ito", &[("pc", "窓口")]),
        ]);
        let roles = |login: &str| Taken::Roles { login: login.into(), roles: "staff".into() };
        let pcs = BTreeSet::from(["PC 1".to_owned(), "窓口".to_owned()]);
        let expected = [
            Taken::Staff("sato".into()),
            roles("kato"),
            roles("sato"),
            Taken::Credentials("kato".into()),
            lead("010", Post::Superior, "sato"),
            Taken::Assignment { login: "sato".into(), pcs },
            Taken::Pc("PC 1".into()),
            Taken::Pc("窓口".into()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn days_that_were_taken_back_are_told_with_their_person() {
        for kind in [Kind::TELEWORK_CANCELLED, Kind::TELEWORK_RETURNED, Kind::TELEWORK_REFUSED] {
            let day = Taken::Day { login: "sato".into(), day: "2026-09-24".into() };
            assert_eq!(gone(&[(kind, "sato", &[("day", "2026-09-24"), ("why", "x")])]), [day]);
        }
    }

    #[test]
    fn orders_leaves_and_hand_overs_that_ended_are_told() {
        let emergency = |later| Taken::Emergency { why: "大雪".into(), later };
        assert_eq!(gone(&[(Kind::EMERGENCY_LIFTED, "大雪", &[])]), [emergency(false)]);
        let both = gone(&[
            (Kind::EMERGENCY_ORDERED, "011002", &[("why", "大雪")]),
            (Kind::EMERGENCY_LIFTED, "大雪", &[]),
        ]);
        assert_eq!(both, [emergency(true)]);
        // A long reason is cut in a subject and not in a field.
        let long = "大雪".repeat(200);
        let both = gone(&[
            (Kind::EMERGENCY_ORDERED, "011002", &[("why", &long)]),
            (Kind::EMERGENCY_LIFTED, &long, &[]),
        ]);
        assert_eq!(both, [Taken::Emergency { why: reason(&long), later: true }]);
        let days = [("from", "2026-09-24"), ("to", "2026-09-25")];
        let [from, to] = days.map(|(_, day)| day.to_owned());
        assert_eq!(
            gone(&[(Kind::LEAVE_REMOVED, "ito", &days)]),
            [Taken::Leave { login: "ito".into(), from, to }]
        );
        assert_eq!(gone(&[(Kind::HAND_OVER_ENDED, "ito", &days)]), [Taken::HandOver("ito".into())]);
    }

    #[test]
    fn roles_that_waited_go_with_the_change_that_was_withdrawn() {
        let fields = [("change", "person"), ("roles_before", "staff+superior"), ("roles", "staff")];
        let roles = Taken::Roles { login: "ito".into(), roles: "staff".into() };
        assert_eq!(gone(&[(Kind::CHANGE_WITHDRAWN, "ito", &fields)]), [roles]);
        assert_eq!(gone(&[(Kind::CHANGE_WITHDRAWN, "011002", &[("change", "days")])]), []);
    }

    #[test]
    fn a_kind_takes_something_where_its_place_says_so_and_nothing_elsewhere() {
        let fields = [
            ("device", "0a"),
            ("agent", "0b"),
            ("token", "0c"),
            ("pc", "PC 1"),
            ("roles", "staff"),
            ("code", "010"),
            ("superior_before", "ito"),
            ("day", "2026-09-24"),
        ];
        for kind in Kind::ALL {
            let takes = !gone(&[(*kind, "ito", &fields)]).is_empty();
            assert_eq!(takes, place(*kind) == Place::Taken, "{}", kind.name());
        }
    }
}
