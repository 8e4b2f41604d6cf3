//! What somebody acts upon, and what of it still stands: authority is asked for again inside the
//! transaction that uses it.

use crate::{Actor, BodyCode, Permit, Role, Roles, SignInPolicy, Staff, StaffState};
use audit::{Kind, Who};

/// What makes a request somebody's: the sign-in or the token it came with, by the SHA-256 of its
/// secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ground {
    /// Nothing: rights can be looked at, and nothing can be done with them.
    #[default]
    Nothing,
    /// A sign-in of a browser.
    SignIn([u8; 32]),
    /// A token of the API.
    Token([u8; 32]),
}

/// What a write is done upon. The store asks for it again inside the transaction, with the actor as
/// the book has her then.
pub trait Authority {
    /// What the request came with.
    fn ground(&self) -> Ground;
    /// Who acts, for the record: only events of this one can be committed.
    fn who(&self) -> Who;
    /// The body whose turn the write takes.
    fn turn(&self) -> BodyCode;
    /// Whether it would be given again to the actor as she is now.
    fn holds(&self, now: &Actor) -> bool;
    /// The kinds of events that can be committed upon it.
    fn records(&self) -> Vec<Kind>;
}

impl<T: Authority + ?Sized> Authority for &T {
    fn ground(&self) -> Ground {
        (**self).ground()
    }

    fn who(&self) -> Who {
        (**self).who()
    }

    fn turn(&self) -> BodyCode {
        (**self).turn()
    }

    fn holds(&self, now: &Actor) -> bool {
        (**self).holds(now)
    }

    fn records(&self) -> Vec<Kind> {
        (**self).records()
    }
}

impl Authority for Permit {
    fn ground(&self) -> Ground {
        self.ground
    }

    fn who(&self) -> Who {
        self.who.clone()
    }

    fn turn(&self) -> BodyCode {
        self.body()
    }

    fn holds(&self, now: &Actor) -> bool {
        now.id == self.actor()
            && now
                .permit(self.deed(), self.resource)
                .is_ok_and(|again| again.reach() >= self.reach())
    }

    fn records(&self) -> Vec<Kind> {
        self.deed().records().to_vec()
    }
}

/// For what is decided further inside upon the person as a whole (the desks of the exchange):
/// nothing of her may be lost.
impl Authority for Actor {
    fn ground(&self) -> Ground {
        self.ground
    }

    fn who(&self) -> Who {
        Self::who(self)
    }

    fn turn(&self) -> BodyCode {
        self.body
    }

    fn holds(&self, now: &Actor) -> bool {
        now.id == self.id
            && now.body == self.body
            && self.roles.iter().all(|role| now.roles.has(role))
            && self.leads.iter().all(|division| now.leads.contains(division))
            && (now.operator || !self.operator)
    }

    fn records(&self) -> Vec<Kind> {
        Self::records(self)
    }
}

/// The roles that count now; `None`: nothing may be done. While a body is stopped (NOREN-R22) only
/// its IT and the operator come in, to put things right and resume; nobody opens a PC.
#[must_use]
pub fn roles_now(staff: &Staff, suspended: bool) -> Option<Roles> {
    if staff.state != StaffState::Active {
        return None;
    }
    if !suspended {
        return Some(staff.roles);
    }
    let it = if staff.roles.has(Role::It) { Roles::of(&[Role::It]) } else { Roles::NONE };
    (it != Roles::NONE || staff.operator).then_some(it)
}

impl SignInPolicy {
    /// Whether a sign-in that began at `created` and was last used at `seen` is over at `now` (Unix
    /// milliseconds).
    #[must_use]
    pub fn is_over(&self, created: i64, seen: i64, now: i64) -> bool {
        let ends = |from: i64, seconds: u32| from.saturating_add(i64::from(seconds) * 1_000);
        now >= ends(created, self.longest_seconds) || now >= ends(seen, self.idle_seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Deed, DivisionId, Resource, StaffId};

    fn actor(roles: &[Role]) -> Actor {
        Actor {
            id: StaffId([1; 16]),
            login: "sato".parse().unwrap(),
            name: "佐藤".parse().unwrap(),
            body: "011002".parse().unwrap(),
            roles: Roles::of(roles),
            operator: false,
            leads: vec![DivisionId([7; 16])],
            via: None,
            ground: Ground::Nothing,
        }
    }

    #[test]
    fn a_permit_holds_as_long_as_it_would_be_given_again() {
        let before = actor(&[Role::Staff, Role::Superior]);
        let division = Resource::division(before.body, DivisionId([7; 16]));
        let permit = before.permit(Deed::DecideTelework, division).unwrap();
        assert!(permit.holds(&before));
        // More is no harm; the role or the division lost is.
        assert!(permit.holds(&actor(&[Role::Staff, Role::Superior, Role::It])));
        assert!(!permit.holds(&actor(&[Role::Staff])));
        assert!(!permit.holds(&Actor { leads: Vec::new(), ..before.clone() }));
        assert!(!permit.holds(&Actor { id: StaffId([2; 16]), ..before.clone() }));
        assert!(!permit.holds(&Actor { body: "131016".parse().unwrap(), ..before }));
    }

    #[test]
    fn a_permit_over_the_whole_body_does_not_shrink_to_a_division() {
        let before = actor(&[Role::Hr]);
        let permit = before
            .permit(Deed::SeeStaff, Resource::division(before.body, DivisionId([7; 16])))
            .unwrap();
        assert!(
            !permit.holds(&actor(&[Role::Superior])),
            "lists are shown by the reach of the permit"
        );
    }

    #[test]
    fn an_actor_holds_when_nothing_was_lost() {
        let before = actor(&[Role::Hr]);
        assert!(before.holds(&actor(&[Role::Hr, Role::Staff])));
        assert!(!before.holds(&actor(&[Role::Staff])));
        assert!(!before.holds(&Actor { leads: Vec::new(), ..before.clone() }));
        assert!(!Actor { operator: true, ..before.clone() }.holds(&before));
    }

    #[test]
    fn a_sign_in_ends_by_itself() {
        let policy = SignInPolicy { idle_seconds: 300, longest_seconds: 900, ..Default::default() };
        assert!(!policy.is_over(0, 600_000, 899_999));
        assert!(policy.is_over(0, 600_000, 900_000), "too old");
        assert!(policy.is_over(0, 0, 300_000), "idle");
    }
}
