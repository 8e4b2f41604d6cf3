//! Who may do what with a case, in one table. `testdata/rights.txt` shows it whole.

use std::fmt;

use audit::{Chain, Who};
use people::MINISTRY;

use super::{Case, Delivery};
use crate::body::BodyCode;

/// The office somebody acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Office {
    /// The ministry that sends cases.
    Ministry,
    /// A body; a prefecture is one, and looks after the bodies in it.
    Body(BodyCode),
}

/// What somebody is in the office, as far as cases go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfficeRole {
    /// 担当者: runs the desk.
    Clerk,
    /// 承認者: approves what leaves the office.
    Approver,
    /// A division that fills in its part (庁内照会先).
    Division(String),
}

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// For the record: the person, or the program that acts with the person's rights.
    pub who: Who,
    /// Identity of the person, whose rights are used: it stays when the sign-in name changes.
    pub person: String,
    /// Sign-in name of the person.
    pub login: String,
    /// For whom.
    pub office: Office,
    /// As what.
    pub role: OfficeRole,
}

/// How an office stands to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The ministry.
    Ministry,
    /// The prefecture the body lies in, when the case goes through it.
    Prefecture,
    /// The body itself.
    Own,
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// What can be done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Right { $($(#[$doc])* $name),* }

        impl Right {
            /// Every right.
            pub const ALL: &'static [Right] = &[$(Right::$name),*];
        }
    };
}

rights! {
    /// Draft, change and send a case.
    RunCase;
    /// Close and publish it.
    CloseCase;
    /// Answer public questions.
    AnswerQuestion;
    /// Ask a public question.
    AskQuestion;
    /// Read a delivery and its answer.
    See;
    /// Confirm receipt.
    Receive;
    /// Pass it on to a municipality.
    Forward;
    /// Ask divisions for their part.
    Circulate;
    /// Enter answers.
    Enter;
    /// Enter a division's part.
    EnterPart;
    /// Approve inside the office, or send back to the desk.
    Approve;
    /// Submit, take back for correction.
    Submit;
    /// Return or pass an answer, hand it up.
    Review;
    /// Enter answers for a body that cannot.
    Proxy;
    /// Take in answers that came another way: on paper, from another system, of a past year.
    TakeIn;
    /// Ask for more time.
    AskExtension;
    /// Grant or refuse more time, reopen.
    GrantExtension;
    /// Ask back about an answer, confirm it.
    Query;
}

/// The table.
fn may(relation: Relation, role: &OfficeRole, right: Right) -> bool {
    use OfficeRole as O;
    use Right as R;
    match (relation, role) {
        (Relation::Ministry, O::Clerk) => {
            matches!(
                right,
                R::RunCase
                    | R::CloseCase
                    | R::AnswerQuestion
                    | R::See
                    | R::TakeIn
                    | R::GrantExtension
                    | R::Query
            )
        }
        (Relation::Ministry, O::Approver) => matches!(right, R::CloseCase | R::See),
        (Relation::Prefecture, O::Clerk) => {
            matches!(
                right,
                R::See | R::Forward | R::Review | R::Proxy | R::GrantExtension | R::AskQuestion
            )
        }
        (Relation::Prefecture, O::Approver) => matches!(right, R::See | R::Review),
        (Relation::Own, O::Clerk) => {
            matches!(
                right,
                R::AskQuestion
                    | R::See
                    | R::Receive
                    | R::Circulate
                    | R::Enter
                    | R::Submit
                    | R::AskExtension
            )
        }
        (Relation::Own, O::Approver) => matches!(right, R::See | R::Approve | R::Enter),
        (Relation::Own, O::Division(_)) => matches!(right, R::See | R::EnterPart),
        (_, O::Division(_)) => false,
    }
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The actor has nothing to do with it and does not learn that it is there: 404.
    #[error("there is no such case")]
    Hidden,
    /// The actor may see it, but not do this.
    #[error("not permitted")]
    NotAllowed,
}

/// Proof that somebody may do one thing with one case or delivery. Only [`Actor`] makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    pub(super) actor: Actor,
    pub(super) right: Right,
    pub(super) relation: Relation,
    pub(super) body: Option<BodyCode>,
    pub(super) case: super::CaseId,
}

impl Actor {
    /// The right over a case as a whole.
    ///
    /// # Errors
    /// [`Denied::Hidden`] for everybody but the ministry while it is a draft; bodies reach a case
    /// through their delivery.
    pub fn permit_case(&self, right: Right, case: &Case) -> Result<Permit, Denied> {
        if self.office != Office::Ministry {
            return Err(Denied::Hidden);
        }
        if !may(Relation::Ministry, &self.role, right) {
            return Err(Denied::NotAllowed);
        }
        Ok(Permit {
            actor: self.clone(),
            right,
            relation: Relation::Ministry,
            body: None,
            case: case.id,
        })
    }

    /// The right over one body's delivery.
    ///
    /// # Errors
    /// [`Denied::Hidden`] when the actor's office has no part in it: another body's, another
    /// prefecture's, one that a prefecture has not passed on yet, or a division that was not asked.
    pub fn permit(&self, right: Right, delivery: &Delivery) -> Result<Permit, Denied> {
        let relation = self.relation(delivery).ok_or(Denied::Hidden)?;
        if let OfficeRole::Division(name) = &self.role
            && !delivery.parts.contains_key(name)
        {
            return Err(Denied::Hidden);
        }
        if !may(relation, &self.role, right) {
            return Err(Denied::NotAllowed);
        }
        let body = Some(delivery.to.body);
        Ok(Permit { actor: self.clone(), right, relation, body, case: delivery.case })
    }

    fn relation(&self, delivery: &Delivery) -> Option<Relation> {
        match self.office {
            Office::Ministry => Some(Relation::Ministry),
            Office::Body(body) if body == delivery.to.body => {
                (delivery.state != super::State::Waiting).then_some(Relation::Own)
            }
            Office::Body(body) if delivery.via == Some(body) => Some(Relation::Prefecture),
            Office::Body(_) => None,
        }
    }
}

impl Permit {
    /// Who.
    pub fn who(&self) -> Who {
        self.actor.who.clone()
    }

    /// What for.
    pub fn right(&self) -> Right {
        self.right
    }

    /// The chain its acts are recorded on: the acting body's, the ministry's too.
    pub(super) fn chain(&self) -> Chain {
        match self.actor.office {
            Office::Ministry => MINISTRY.chain(),
            Office::Body(body) => body.chain(),
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_table_is_the_one_on_file() {
        let who = [Relation::Ministry, Relation::Prefecture, Relation::Own];
        let roles = [OfficeRole::Clerk, OfficeRole::Approver, OfficeRole::Division(String::new())];
        let mut table = format!("{:<16}ministry    prefecture  own\n{:<16}", "", "right");
        table.push_str(&"C  A  D     ".repeat(3));
        table.push('\n');
        for right in Right::ALL {
            let _ = write!(table, "{:<16}", format!("{right:?}"));
            for relation in who {
                for role in &roles {
                    table.push_str(if may(relation, role, *right) { "x  " } else { ".  " });
                }
                table.push_str("   ");
            }
            table.push('\n');
        }
        let table: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        assert_eq!(
            table,
            include_str!("../../testdata/rights.txt"),
            "the table now reads\n{table}"
        );
    }
}
