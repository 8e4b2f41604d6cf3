//! Authority as a value: who may do what to what, in one table.

use std::fmt;

use audit::{Chain, Event, Kind, Who};

use crate::{BodyCode, DivisionId, Ground, Login, Name, Role, Roles, StaffId};

/// How far a right goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reach {
    /// What belongs to the person.
    Own,
    /// The divisions the person leads or stands in for.
    Division,
    /// The whole body.
    Body,
    /// Every body of this server.
    Server,
}

macro_rules! deeds {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// What can be done: a row of the table each.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Deed { $($(#[$doc])* $name),* }

        impl Deed {
            /// Every deed.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

deeds! {
    /// See the PCs one may use.
    SeeTargets;
    /// Open a PC.
    OpenPc;
    /// Pair a browser as one's device.
    PairDevice;
    /// Change one's own password, one-time code, passkeys.
    ChangeOwnCredentials;
    /// Make bodies, suspend and resume them.
    ManageBodies;
    /// Read the list of staff.
    SeeStaff;
    /// Add and change staff, import them.
    ManageStaff;
    /// Give or take the roles of IT, HR and audit, and change people who hold them.
    GrantOffice;
    /// Stop and resume a person (NOREN-R22).
    SuspendStaff;
    /// Issue an activation slip: a new start for password and second factor.
    ResetCredentials;
    /// Read divisions.
    SeeDivisions;
    /// Add, change and remove divisions.
    ManageDivisions;
    /// Read devices.
    SeeDevices;
    /// Change what is declared of a device; revoke it (NOREN-R16).
    ManageDevices;
    /// Read PCs and who may use them.
    SeePcs;
    /// Rename and stop PCs, assign them to people (NOREN-G1).
    ManagePcs;
    /// Read agents.
    SeeAgents;
    /// Issue enrolment tokens, revoke agents.
    ManageAgents;
    /// Read the policies.
    SeePolicy;
    /// Change the policies.
    ManagePolicy;
    /// See who is connected to what.
    SeeSessions;
    /// End a session.
    EndSession;
    /// Stop the whole body at once (NOREN-R22).
    CutBody;
    /// Read the record.
    SeeAudit;
    /// Take the record out.
    ExportAudit;
    /// Ask for telework days and report on them.
    AskForTelework;
    /// Decide on the telework days of a division, see who is where.
    DecideTelework;
    /// Set the rules of telework, order emergencies.
    ManageTelework;
    /// Make and revoke tokens of the API.
    ManageTokens;
    /// See changes of who approves that wait for a second person or for their day.
    SeeChanges;
    /// Confirm such a change as the second person, or take it back.
    ConfirmChanges;
    /// Read the work inventory and who can telework.
    SeeWorks;
    /// Keep the work inventory of a division: add, judge, link staff.
    ManageWorks;
    /// See computed answers to the telework survey, confirm or change them.
    AnswerSurvey;
    /// See what was lent.
    SeeLoans;
    /// Lend things and take them back.
    ManageLoans;
    /// Take part in notices and surveys; what exactly, the desk decides (core/exchange).
    UseExchange;
    /// Say which division is which desk of notices and surveys.
    ManageExchange;
}

/// The table. `None`: no. `tests/authority.txt` shows it whole.
fn reach(role: Role, deed: Deed) -> Option<Reach> {
    use Reach::{Body, Division, Own};
    match (role, deed) {
        (
            Role::Staff,
            Deed::SeeTargets
            | Deed::OpenPc
            | Deed::PairDevice
            | Deed::SeeSessions
            | Deed::EndSession
            | Deed::SeeDevices
            | Deed::AskForTelework
            | Deed::SeeLoans,
        ) => Some(Own),
        (_, Deed::ChangeOwnCredentials) => Some(Own),
        (
            Role::Superior,
            Deed::SeeStaff
            | Deed::SeeDivisions
            | Deed::DecideTelework
            | Deed::SeeWorks
            | Deed::ManageWorks,
        ) => Some(Division),
        (
            Role::It,
            Deed::SeeStaff
            | Deed::ManageStaff
            | Deed::GrantOffice
            | Deed::SuspendStaff
            | Deed::ResetCredentials
            | Deed::SeeDivisions
            | Deed::ManageDivisions
            | Deed::SeeDevices
            | Deed::ManageDevices
            | Deed::SeePcs
            | Deed::ManagePcs
            | Deed::SeeAgents
            | Deed::ManageAgents
            | Deed::SeePolicy
            | Deed::ManagePolicy
            | Deed::SeeSessions
            | Deed::EndSession
            | Deed::CutBody
            | Deed::ManageTokens
            | Deed::SeeChanges
            | Deed::ConfirmChanges
            | Deed::SeeAudit
            | Deed::ExportAudit
            | Deed::SeeWorks
            | Deed::AnswerSurvey
            | Deed::SeeLoans
            | Deed::ManageLoans,
        ) => Some(Body),
        (
            Role::Hr,
            Deed::SeeStaff
            | Deed::ManageStaff
            | Deed::SuspendStaff
            | Deed::SeeDivisions
            | Deed::ManageDivisions
            | Deed::SeeChanges
            | Deed::ConfirmChanges
            | Deed::ManageTelework
            | Deed::SeeWorks
            | Deed::ManageWorks
            | Deed::AnswerSurvey
            | Deed::SeeLoans,
        ) => Some(Body),
        (
            Role::Auditor,
            Deed::SeeStaff
            | Deed::SeeDivisions
            | Deed::SeeDevices
            | Deed::SeePcs
            | Deed::SeeAgents
            | Deed::SeePolicy
            | Deed::SeeSessions
            | Deed::SeeChanges
            | Deed::SeeAudit
            | Deed::ExportAudit
            | Deed::SeeWorks
            | Deed::SeeLoans,
        ) => Some(Body),
        (Role::Staff, Deed::UseExchange) => Some(Own),
        (Role::Superior, Deed::UseExchange) => Some(Division),
        (Role::Hr, Deed::UseExchange | Deed::ManageExchange) | (Role::It, Deed::ManageExchange) => {
            Some(Body)
        }
        _ => None,
    }
}

/// A signed-in person, as far as rights go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// Identity.
    pub id: StaffId,
    /// Sign-in name.
    pub login: Login,
    /// Name.
    pub name: Name,
    /// The body.
    pub body: BodyCode,
    /// What the person is.
    pub roles: Roles,
    /// Runs the server too.
    pub operator: bool,
    /// Divisions the person leads or stands in for.
    pub leads: Vec<DivisionId>,
    /// The program that acts with the person's rights, where it is not herself.
    pub via: Option<Via>,
    /// What the request came with; whatever it does is proved by that again.
    pub ground: Ground,
}

/// A program that acts with a person's rights: a token of the API.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Via {
    /// Identity of the token.
    pub id: String,
    /// Its name and the person's, for the reader of the record.
    pub name: String,
}

/// What a deed is done to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resource {
    body: Option<BodyCode>,
    owner: Option<StaffId>,
    division: Option<DivisionId>,
}

impl Resource {
    /// The server itself.
    pub const SERVER: Self = Self { body: None, owner: None, division: None };

    /// The body as a whole.
    #[must_use]
    pub fn body(body: BodyCode) -> Self {
        Self { body: Some(body), owner: None, division: None }
    }

    /// A division and what is in it.
    #[must_use]
    pub fn division(body: BodyCode, division: DivisionId) -> Self {
        Self { body: Some(body), owner: None, division: Some(division) }
    }

    /// What belongs to a person.
    #[must_use]
    pub fn person(body: BodyCode, owner: StaffId, division: Option<DivisionId>) -> Self {
        Self { body: Some(body), owner: Some(owner), division }
    }
}

/// No. Pages answer 404: whoever may not do a thing does not learn that it exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not permitted")]
pub struct Denied;

/// Proof that somebody may do one thing. Only [`Actor::permit`] makes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permit {
    actor: StaffId,
    pub(crate) who: Who,
    body: BodyCode,
    deed: Deed,
    reach: Reach,
    pub(crate) resource: Resource,
    pub(crate) ground: Ground,
}

impl Actor {
    /// The one place where a right is decided.
    ///
    /// # Errors
    /// [`Denied`] unless a role of the actor reaches the resource, in the actor's own body.
    pub fn permit(&self, deed: Deed, resource: Resource) -> Result<Permit, Denied> {
        let reach = self.widest(deed).ok_or(Denied)?;
        let covered = match (reach, resource.body) {
            (Reach::Server, _) => true,
            (_, None) => false,
            (_, Some(body)) if body != self.body => false,
            (Reach::Body, _) => true,
            (Reach::Division, _) => {
                resource.division.is_some_and(|division| self.leads.contains(&division))
            }
            (Reach::Own, _) => resource.owner == Some(self.id),
        };
        // A superior is also a person: what is one's own stays one's own whatever the widest reach
        // is.
        let own = resource.body == Some(self.body)
            && resource.owner == Some(self.id)
            && self.reaches(deed, Reach::Own);
        if covered || own {
            Ok(Permit {
                actor: self.id,
                who: self.who(),
                body: resource.body.unwrap_or(self.body),
                deed,
                reach,
                resource,
                ground: self.ground,
            })
        } else {
            Err(Denied)
        }
    }

    /// How far the actor's roles go for this deed, for lists that show what is covered.
    #[must_use]
    pub fn widest(&self, deed: Deed) -> Option<Reach> {
        if deed == Deed::ManageBodies {
            return self.operator.then_some(Reach::Server);
        }
        // Whoever signs in has credentials of her own: the operator without a role, too.
        let own = (self.operator && deed == Deed::ChangeOwnCredentials).then_some(Reach::Own);
        self.roles.iter().filter_map(|role| reach(role, deed)).max().max(own)
    }

    /// For the record.
    #[must_use]
    pub fn who(&self) -> Who {
        match &self.via {
            Some(Via { id, name }) => Who::Api { id: id.clone(), name: name.clone() },
            None => Who::Person { id: self.id.to_string(), login: self.login.to_string() },
        }
    }

    fn reaches(&self, deed: Deed, wanted: Reach) -> bool {
        self.roles.iter().any(|role| reach(role, deed) == Some(wanted))
    }
}

impl Permit {
    /// Who.
    #[must_use]
    pub fn actor(&self) -> StaffId {
        self.actor
    }

    /// In which body.
    #[must_use]
    pub fn body(&self) -> BodyCode {
        self.body
    }

    /// What for.
    #[must_use]
    pub fn deed(&self) -> Deed {
        self.deed
    }

    /// Whether it is for this deed: an act that takes a permit asks first.
    ///
    /// # Errors
    /// [`Denied`] for another.
    pub fn is_for(&self, deed: Deed) -> Result<(), Denied> {
        if self.deed == deed { Ok(()) } else { Err(Denied) }
    }

    /// How far.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// An event of this actor on the chain of the body the permit is for. One of a kind that is not
    /// of the permit's deed is marked, and the store commits nothing that tells of it.
    #[must_use]
    pub fn event(&self, kind: Kind, subject: impl fmt::Display) -> Event {
        let chain: Chain = self.body.chain();
        let event = Event::new(chain, self.who.clone(), kind, subject.to_string());
        if self.deed.records().contains(&kind) { event } else { event.beyond() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn actor(roles: &[Role], operator: bool) -> Actor {
        Actor {
            id: StaffId([1; 16]),
            login: "sato".parse().unwrap(),
            name: "佐藤".parse().unwrap(),
            body: "011002".parse().unwrap(),
            roles: Roles::of(roles),
            operator,
            leads: vec![DivisionId([7; 16])],
            via: None,
            ground: Ground::Nothing,
        }
    }

    /// The golden table: an auditor reads the file, this test keeps it true.
    #[test]
    fn the_table_is_the_file() {
        let mut text = String::from(
            "# Who may do what, to what. Held by a test: a change of rights is a change of this \
             file.\n\
             # own: what belongs to the person; division: the divisions led; body: the whole body; \
             server: every body; -: no.\n\n",
        );
        text.push_str(&format!("{:<22}", "action"));
        for role in Role::ALL {
            text.push_str(&format!("{:<10}", role.name()));
        }
        text.push_str("operator\n");
        for deed in Deed::ALL {
            text.push_str(&format!("{:<22}", format!("{deed:?}")));
            for role in Role::ALL {
                text.push_str(&format!("{:<10}", mark(actor(&[role], false).widest(*deed))));
            }
            text.push_str(mark(actor(&[], true).widest(*deed)));
            text.push('\n');
        }
        let file = include_str!("../tests/authority.txt");
        assert_eq!(text, file, "\n{text}");
    }

    fn mark(reach: Option<Reach>) -> &'static str {
        match reach {
            None => "-",
            Some(Reach::Own) => "own",
            Some(Reach::Division) => "division",
            Some(Reach::Body) => "body",
            Some(Reach::Server) => "server",
        }
    }

    #[test]
    fn no_role_reaches_another_body() {
        let other: BodyCode = "131016".parse().unwrap();
        let all = actor(&Role::ALL, false);
        for deed in Deed::ALL {
            for resource in [
                Resource::body(other),
                Resource::person(other, all.id, None),
                Resource::division(other, DivisionId([7; 16])),
                Resource::SERVER,
            ] {
                assert_eq!(all.permit(*deed, resource), Err(Denied), "{deed:?} {resource:?}");
            }
        }
    }

    #[test]
    fn own_means_own_and_division_means_led() {
        let staff = actor(&[Role::Staff], false);
        let body = staff.body;
        assert!(staff.permit(Deed::OpenPc, Resource::person(body, staff.id, None)).is_ok());
        assert_eq!(
            staff.permit(Deed::OpenPc, Resource::person(body, StaffId([2; 16]), None)),
            Err(Denied)
        );
        assert_eq!(staff.permit(Deed::OpenPc, Resource::body(body)), Err(Denied));

        let superior = actor(&[Role::Superior, Role::Staff], false);
        let led = Resource::person(body, StaffId([2; 16]), Some(DivisionId([7; 16])));
        let other = Resource::person(body, StaffId([2; 16]), Some(DivisionId([8; 16])));
        assert!(superior.permit(Deed::SeeStaff, led).is_ok());
        assert_eq!(superior.permit(Deed::SeeStaff, other), Err(Denied));
    }

    #[test]
    fn an_operator_without_a_role_sees_no_body_from_inside() {
        let operator = actor(&[], true);
        assert!(operator.permit(Deed::ManageBodies, Resource::SERVER).is_ok());
        for deed in Deed::ALL.iter().filter(|deed| **deed != Deed::ManageBodies) {
            assert_eq!(
                operator.permit(*deed, Resource::body(operator.body)),
                Err(Denied),
                "{deed:?}"
            );
        }
        // Her own credentials are hers, and nobody else's.
        let of = |id: StaffId| Resource::person(operator.body, id, None);
        assert!(operator.permit(Deed::ChangeOwnCredentials, of(operator.id)).is_ok());
        assert_eq!(operator.permit(Deed::ChangeOwnCredentials, of(StaffId([2; 16]))), Err(Denied));
    }
}
