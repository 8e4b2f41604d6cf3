//! What lost records took away, told from the records alone (spec/audit.md, "Putting a copy back").

use std::collections::BTreeSet;

use audit::{Kind, Record};

/// Something that must not come back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Taken {
    /// A body was stopped.
    Body,
    /// A person was stopped, by sign-in name.
    Staff(String),
    /// A person's roles were changed to these; those she had more are gone. `before` is the sign-in name the copy may know.
    Roles { login: String, before: String, roles: String },
    /// A person's password, one-time key or passkeys were changed: the old ones do not hold.
    Credentials(String),
    /// A device, by id.
    Device(String),
    /// An agent, by id.
    Agent(String),
    /// A token, by id.
    Token(String),
    /// A permission for a PC, by sign-in name and name of the PC.
    Assignment { login: String, pc: String },
    /// A PC was stopped, by name.
    Pc(String),
}

/// What is gone after all records of one chain, in their order: what was stopped and resumed among them is as the copy has it.
pub(crate) fn taken<'a>(records: impl IntoIterator<Item = &'a Record>) -> BTreeSet<Taken> {
    let mut gone = BTreeSet::new();
    for record in records {
        let subject = record.subject.clone();
        let field = |wanted: &str| record.fields.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
        match record.kind {
            Kind::BODY_SUSPENDED => _ = gone.insert(Taken::Body),
            Kind::BODY_RESUMED => _ = gone.remove(&Taken::Body),
            Kind::STAFF_SUSPENDED => _ = gone.insert(Taken::Staff(subject)),
            Kind::STAFF_RESUMED => _ = gone.remove(&Taken::Staff(subject)),
            Kind::STAFF_CHANGED => {
                if let Some(roles) = field("roles") {
                    let before = field("login_before").unwrap_or_else(|| subject.clone());
                    gone.insert(Taken::Roles { login: subject, before, roles });
                }
            }
            Kind::PASSWORD_CHANGED | Kind::TOTP_CHANGED | Kind::PASSKEY_REMOVED | Kind::ACTIVATED | Kind::ACTIVATION_ISSUED => {
                _ = gone.insert(Taken::Credentials(subject))
            }
            // A report of an agent names the device itself.
            Kind::DEVICE_REVOKED => _ = gone.insert(Taken::Device(field("device").unwrap_or(subject))),
            Kind::AGENT_REVOKED => gone.extend(field("agent").map(Taken::Agent)),
            Kind::API_TOKEN_REVOKED => gone.extend(field("token").map(Taken::Token)),
            Kind::UNASSIGNED => _ = gone.insert(Taken::Assignment { login: subject, pc: field("pc").unwrap_or_default() }),
            Kind::PC_STOPPED => _ = gone.insert(Taken::Pc(subject)),
            Kind::PC_RESUMED => _ = gone.remove(&Taken::Pc(subject)),
            _ => {}
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use audit::{Chain, Event, Head, Who};

    use super::*;

    #[test]
    fn what_was_taken_stays_gone_and_what_was_given_back_is_left_alone() {
        let chain = Chain::new("011002").unwrap();
        let mut head = Head::EMPTY;
        let mut records = Vec::new();
        let mut add = |kind, subject: &str, fields: &[(&'static str, &str)]| {
            let event =
                fields.iter().fold(Event::new(chain, Who::System, kind, subject), |event, (key, value)| event.with(key, value));
            let record = Record::append(head, event, 1);
            head = record.head();
            records.push(record);
        };
        add(Kind::STAFF_SUSPENDED, "hanako", &[]);
        add(Kind::STAFF_SUSPENDED, "taro", &[]);
        add(Kind::STAFF_RESUMED, "taro", &[]);
        add(Kind::DEVICE_REVOKED, "laptop", &[("device", "0a")]);
        add(Kind::DEVICE_REVOKED, "0b", &[("agent", "x")]);
        add(Kind::API_TOKEN_REVOKED, "payroll", &[("token", "0c")]);
        add(Kind::STAFF_ADDED, "new", &[("roles", "it")]);
        let found: Vec<Taken> = taken(&records).into_iter().collect();
        assert_eq!(
            found,
            [Taken::Staff("hanako".into()), Taken::Device("0a".into()), Taken::Device("0b".into()), Taken::Token("0c".into())]
        );
    }
}
