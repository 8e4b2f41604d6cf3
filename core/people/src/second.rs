//! Four eyes are two people: who approves is not the deed of one officer alone.
//!
//! Whoever *weighs* (a superior, who decides on others; an officer of IT or HR, who confirms what colleagues ask for) is made so by one officer and
//! confirmed by another. A body with one officer alone has nobody to confirm: there it begins at the next midnight instead, on record and shown.

use crate::{Role, Roles, Staff, StaffId, StaffState};

/// When a change begins that nothing but a second person begins.
pub const NEVER: i64 = i64::MAX;

/// Whether somebody of these roles decides on others or confirms what colleagues ask for.
#[must_use]
pub fn weighs(roles: Roles) -> bool {
    roles.has(Role::Superior) || roles.has(Role::It) || roles.has(Role::Hr)
}

/// Those of the roles that [`weighs`] asks for.
#[must_use]
pub fn weight(roles: Roles) -> Roles {
    let heavy: Vec<Role> = roles.iter().filter(|role| weighs(Roles::of(&[*role]))).collect();
    Roles::of(&heavy)
}

/// Those of a body's staff who may be the second person beside `first` for what concerns `about`, and are none of the `named`: active officers, neither
/// of the two. Whoever holds an office is confirmed by IT, as she is changed by IT; by HR where the body has no other IT. The operator, who reaches every
/// body, is confirmed by an operator alone.
#[must_use]
pub fn second_people(staff: &[Staff], first: StaffId, about: Option<&Staff>, named: &[StaffId]) -> Vec<StaffId> {
    let office = |roles: Roles| roles.has(Role::It) || roles.has(Role::Hr) || roles.has(Role::Auditor);
    let others: Vec<&Staff> = staff
        .iter()
        .filter(|one| one.state == StaffState::Active && (one.roles.has(Role::It) || one.roles.has(Role::Hr)))
        .filter(|one| one.id != first && about.is_none_or(|about| about.id != one.id) && !named.contains(&one.id))
        .filter(|one| about.is_none_or(|about| !about.operator || one.operator))
        .collect();
    let it: Vec<StaffId> = others.iter().filter(|one| one.roles.has(Role::It)).map(|one| one.id).collect();
    if about.is_some_and(|about| office(about.roles)) && !it.is_empty() { it } else { others.iter().map(|one| one.id).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: u8, roles: &[Role]) -> Staff {
        Staff {
            id: StaffId([id; 16]),
            body: "011002".parse().unwrap(),
            login: "sato".parse().unwrap(),
            name: "佐藤".parse().unwrap(),
            division: None,
            roles: Roles::of(roles),
            operator: false,
            state: StaffState::Active,
            fiscal_year: false,
            created: 0,
        }
    }

    #[test]
    fn the_second_person_is_another_active_officer_and_not_the_one_it_is_about() {
        let (hr, it, chief) = (person(1, &[Role::Hr]), person(2, &[Role::It]), person(3, &[Role::Superior]));
        let all = [hr.clone(), it.clone(), chief.clone()];
        assert_eq!(
            second_people(&all, hr.id, Some(&chief), &[]),
            [it.id],
            "the first is not the second, and a superior is no officer"
        );
        assert_eq!(second_people(&all, it.id, Some(&chief), &[]), [hr.id]);
        assert_eq!(second_people(&all, hr.id, Some(&it), &[]), [], "nobody confirms herself");
        assert_eq!(second_people(&all, hr.id, None, &[it.id]), [], "nor what names her");
        for state in [StaffState::Suspended, StaffState::Waiting] {
            assert_eq!(second_people(&[hr.clone(), Staff { state, ..it.clone() }], hr.id, Some(&chief), &[]), []);
        }
    }

    #[test]
    fn an_office_is_confirmed_by_it_where_there_is_another_and_the_operator_by_an_operator() {
        let (hr, it, new, other) =
            (person(1, &[Role::Hr]), person(2, &[Role::It]), person(3, &[Role::It]), person(4, &[Role::It]));
        assert_eq!(second_people(&[hr.clone(), it.clone(), new.clone()], it.id, Some(&new), &[]), [hr.id]);
        assert_eq!(second_people(&[hr.clone(), it.clone(), new.clone(), other.clone()], it.id, Some(&new), &[]), [other.id]);
        let runs = |staff: &Staff| Staff { operator: true, ..staff.clone() };
        assert_eq!(second_people(&[hr.clone(), it.clone(), other.clone()], it.id, Some(&runs(&new)), &[]), []);
        assert_eq!(second_people(&[hr, it.clone(), runs(&other)], it.id, Some(&runs(&new)), &[]), [other.id]);
    }

    #[test]
    fn only_who_decides_or_confirms_weighs() {
        assert!(!weighs(Roles::of(&[Role::Staff, Role::Auditor])));
        assert_eq!(weight(Roles::of(&Role::ALL)), Roles::of(&[Role::Superior, Role::It, Role::Hr]));
    }
}
