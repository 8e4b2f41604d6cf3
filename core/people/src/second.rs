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

/// Whether `officer` is a second person beside `first` for what concerns `about`: an active officer, neither of the two. Whoever holds an office
/// is confirmed by IT alone and the operator by an operator, as they are changed by them alone.
#[must_use]
pub fn seconds(officer: &Staff, first: StaffId, about: Option<&Staff>) -> bool {
    let office = |roles: Roles| roles.has(Role::It) || roles.has(Role::Hr) || roles.has(Role::Auditor);
    let is_officer = officer.roles.has(Role::It) || officer.roles.has(Role::Hr);
    let reaches = about.is_none_or(|about| {
        officer.id != about.id
            && (!office(about.roles) || officer.roles.has(Role::It))
            && (!about.operator || officer.operator)
    });
    is_officer && officer.state == StaffState::Active && officer.id != first && reaches
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
        assert!(seconds(&it, hr.id, Some(&chief)) && seconds(&hr, it.id, Some(&chief)));
        assert!(!seconds(&hr, hr.id, Some(&chief)), "the first is not the second");
        assert!(!seconds(&chief, hr.id, None), "a superior is no officer");
        assert!(!seconds(&it, hr.id, Some(&it)), "nobody confirms herself");
        assert!(!seconds(&Staff { state: StaffState::Suspended, ..it.clone() }, hr.id, Some(&chief)));
        assert!(!seconds(&Staff { state: StaffState::Waiting, ..it.clone() }, hr.id, Some(&chief)));
    }

    #[test]
    fn an_office_is_confirmed_by_it_alone_and_the_operator_by_an_operator() {
        let (hr, it, other) = (person(1, &[Role::Hr]), person(2, &[Role::It]), person(3, &[Role::It]));
        assert!(!seconds(&hr, it.id, Some(&other)) && seconds(&it, hr.id, Some(&other)));
        let runs = |staff: &Staff| Staff { operator: true, ..staff.clone() };
        assert!(!seconds(&it, hr.id, Some(&runs(&other))) && seconds(&runs(&it), hr.id, Some(&runs(&other))));
    }

    #[test]
    fn only_who_decides_or_confirms_weighs() {
        assert!(!weighs(Roles::of(&[Role::Staff, Role::Auditor])));
        assert_eq!(weight(Roles::of(&Role::ALL)), Roles::of(&[Role::Superior, Role::It, Role::Hr]));
    }
}
