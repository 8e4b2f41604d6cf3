//! Who of an office is the desk: from a person with roles and a division to an [`Actor`] of a case.

use std::collections::BTreeMap;

use people::{Division, DivisionId, MINISTRY, Role};
use serde::{Deserialize, Serialize};

use super::{Actor, Delivery, Denied, Office, OfficeRole, Permit, Right};
use crate::body::is_special_ward;

/// 人事担当課: the desk surveys about staff go to.
pub const STAFFING: &str = "人事担当課";
/// 市町村担当課 of a prefecture: looks after its municipalities.
pub const MUNICIPAL: &str = "市町村担当課";
/// 区政課 of Tokyo: looks after the special wards.
pub const WARDS: &str = "区政課";
/// The desks a case can be addressed to, in the order they are offered.
pub const DESKS: [&str; 3] = [STAFFING, MUNICIPAL, WARDS];

/// Which division of a body is which desk, and the body's own rule. Without a word of the body its
/// 人事担当 are the desk and its 所属長 approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desks {
    /// The division by name of the desk; the empty name stands for every desk that has none of its
    /// own.
    pub divisions: BTreeMap<String, DivisionId>,
    /// Whether 庁内承認 is needed before anything is submitted.
    pub approval: bool,
}

impl Default for Desks {
    fn default() -> Self {
        Desks { divisions: BTreeMap::new(), approval: true }
    }
}

/// Somebody of an office, with the desks of that office.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Who is signed in.
    pub person: &'a people::Actor,
    /// The division that person belongs to.
    pub division: Option<&'a Division>,
    /// The desks of that person's body.
    pub desks: &'a Desks,
}

impl Member<'_> {
    /// For whom this person acts.
    pub fn office(&self) -> Office {
        if self.person.body == MINISTRY { Office::Ministry } else { Office::Body(self.person.body) }
    }

    /// What this person is for a desk; nothing, for most people.
    pub fn at_desk(&self, desk: &str) -> Vec<OfficeRole> {
        let division = self.desks.divisions.get(desk).or_else(|| self.desks.divisions.get(""));
        let (clerk, leads) = match division {
            Some(id) => {
                (self.division.is_some_and(|own| own.id == *id), self.person.leads.contains(id))
            }
            None => (self.person.roles.has(Role::Hr), self.person.roles.has(Role::Superior)),
        };
        let mut roles = Vec::new();
        // Where an approval is asked for, nobody gives it to his own work.
        if clerk && !(leads && self.desks.approval) {
            roles.push(OfficeRole::Clerk);
        }
        if leads {
            roles.push(OfficeRole::Approver);
        }
        roles
    }

    /// The right over one body's delivery, as whatever this person is.
    ///
    /// # Errors
    /// [`Denied::Hidden`] when this person has nothing to do with it.
    pub fn permit(&self, right: Right, delivery: &Delivery) -> Result<Permit, Denied> {
        let office = self.office();
        let mut roles = match office {
            Office::Body(own) if own == delivery.to.body => self.at_desk(&delivery.to.desk),
            Office::Body(_) => self.at_desk(prefecture_desk(delivery, self.desks)),
            Office::Ministry => self.at_desk(""),
        };
        roles.extend(self.division.map(|division| OfficeRole::Division(division.code.clone())));
        let mut denied = Denied::Hidden;
        for role in roles {
            match self.actor(role).permit(right, delivery) {
                Ok(permit) => return Ok(permit),
                Err(Denied::NotAllowed) => denied = Denied::NotAllowed,
                Err(Denied::Hidden) => {}
            }
        }
        Err(denied)
    }

    /// The right over a case as a whole.
    ///
    /// # Errors
    /// [`Denied::Hidden`] for everybody but the ministry's desk.
    pub fn permit_case(&self, right: Right, case: &super::Case) -> Result<Permit, Denied> {
        let mut denied = Denied::Hidden;
        for role in self.at_desk("") {
            match self.actor(role).permit_case(right, case) {
                Ok(permit) => return Ok(permit),
                Err(Denied::NotAllowed) => denied = Denied::NotAllowed,
                Err(Denied::Hidden) => {}
            }
        }
        Err(denied)
    }

    fn actor(&self, role: OfficeRole) -> Actor {
        Actor {
            who: self.person.who(),
            person: self.person.id.to_string(),
            login: self.person.login.to_string(),
            office: self.office(),
            role,
        }
    }
}

/// The desk of a prefecture that looks after this delivery.
fn prefecture_desk(delivery: &Delivery, desks: &Desks) -> &'static str {
    let ward = is_special_ward(delivery.to.body);
    if ward && desks.divisions.contains_key(WARDS) { WARDS } else { MUNICIPAL }
}

#[cfg(test)]
mod tests {
    use super::*;
    use people::{Roles, StaffId};

    fn person(body: &str, roles: &[Role], leads: &[u8]) -> people::Actor {
        people::Actor {
            id: StaffId([1; 16]),
            login: "sato".parse().unwrap(),
            name: "佐藤".parse().unwrap(),
            body: body.parse().unwrap(),
            roles: Roles::of(roles),
            operator: false,
            leads: leads.iter().map(|n| DivisionId([*n; 16])).collect(),
            via: None,
            ground: people::Ground::Nothing,
        }
    }

    fn division(n: u8) -> Division {
        Division {
            id: DivisionId([n; 16]),
            body: "012025".parse().unwrap(),
            code: n.to_string(),
            name: "総務課".parse().unwrap(),
            superior: None,
            deputy: None,
        }
    }

    fn roles(person: &people::Actor, own: u8, desks: &Desks, desk: &str) -> Vec<OfficeRole> {
        let division = division(own);
        Member { person, division: Some(&division), desks }.at_desk(desk)
    }

    #[test]
    fn without_a_word_of_the_body_personnel_is_the_desk() {
        let desks = Desks::default();
        assert_eq!(
            roles(&person("012025", &[Role::Hr], &[]), 1, &desks, STAFFING),
            [OfficeRole::Clerk]
        );
        assert_eq!(
            roles(&person("012025", &[Role::Superior], &[]), 1, &desks, STAFFING),
            [OfficeRole::Approver]
        );
        assert_eq!(
            roles(&person("012025", &[Role::Staff, Role::It], &[]), 1, &desks, STAFFING),
            []
        );
    }

    #[test]
    fn a_named_desk_is_its_division_and_approved_by_who_leads_it() {
        let desks =
            Desks { divisions: [(STAFFING.into(), DivisionId([1; 16]))].into(), approval: true };
        assert_eq!(
            roles(&person("012025", &[Role::Staff], &[]), 1, &desks, STAFFING),
            [OfficeRole::Clerk]
        );
        assert_eq!(roles(&person("012025", &[Role::Staff], &[]), 2, &desks, STAFFING), []);
        assert_eq!(
            roles(&person("012025", &[Role::Hr], &[]), 2, &desks, STAFFING),
            [],
            "the role alone is no desk any more"
        );
        assert_eq!(
            roles(&person("012025", &[Role::Superior], &[2]), 1, &desks, STAFFING),
            [OfficeRole::Clerk]
        );
        // Who approves does not enter as well, unless the body asks for no approval.
        assert_eq!(
            roles(&person("012025", &[Role::Superior], &[1]), 1, &desks, STAFFING),
            [OfficeRole::Approver]
        );
        let alone = Desks { approval: false, ..desks };
        assert_eq!(
            roles(&person("012025", &[Role::Superior], &[1]), 1, &alone, STAFFING),
            [OfficeRole::Clerk, OfficeRole::Approver]
        );
    }

    #[test]
    fn a_desk_without_a_division_of_its_own_is_the_general_one() {
        let general =
            Desks { divisions: [("".into(), DivisionId([3; 16]))].into(), approval: true };
        assert_eq!(
            roles(&person("130001", &[Role::Staff], &[]), 3, &general, MUNICIPAL),
            [OfficeRole::Clerk]
        );
        assert_eq!(roles(&person("130001", &[Role::Staff], &[]), 4, &general, MUNICIPAL), []);
    }
}
