//! Work inventory, requests, attendance, allowance: a piece of work becomes an approved day, a
//! record and a figure.

pub mod allowance;
pub mod attendance;
pub mod close;
pub mod holidays;
pub mod inventory;
pub mod opening;
pub mod papers;
pub mod pay;
pub mod payroll;
pub mod request;
pub mod rules;
pub mod survey;
pub mod time;
pub mod workdays;

#[cfg(test)]
pub(crate) mod testing {
    /// A person by a short name, so that tests read well.
    pub(crate) fn who(name: &str) -> people::StaffId {
        let mut id = [0; 16];
        id[..name.len()].copy_from_slice(name.as_bytes());
        people::StaffId(id)
    }

    /// The permit of such a person for one deed, on what is hers, her division's or the body's.
    pub(crate) fn permit(name: &str, deed: people::Deed) -> people::Permit {
        use people::{Deed, DivisionId, Ground, Resource, Role, Roles};
        let body = "011002".parse().unwrap();
        let division = DivisionId([7; 16]);
        let all = [Role::Staff, Role::Superior, Role::It, Role::Hr, Role::Auditor];
        let actor = people::Actor {
            id: who(name),
            login: name.parse().unwrap(),
            name: name.parse().unwrap(),
            body,
            roles: Roles::of(&all),
            operator: false,
            leads: vec![division],
            via: None,
            ground: Ground::Nothing,
        };
        let resource = match deed {
            Deed::DecideTelework => Resource::division(body, division),
            Deed::AskForTelework => Resource::person(body, who(name), None),
            _ => Resource::body(body),
        };
        actor.permit(deed, resource).unwrap()
    }
}
