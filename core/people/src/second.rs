//! Four eyes are two people: who approves is not the deed of one officer alone.
//!
//! Whoever *weighs* (a superior, who decides on others; an officer of IT or HR, who confirms what
//! colleagues ask for) is made so by one officer and confirmed by another. A body with one officer
//! alone has nobody to confirm: there it begins at the next midnight instead, on record and shown.

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

/// Whether these roles are an office: whoever holds one confirms what colleagues ask for.
#[must_use]
pub fn confirms(roles: Roles) -> bool {
    roles.has(Role::It) || roles.has(Role::Hr)
}

/// What waits, as far as it says who may be the second person.
#[derive(Clone, Copy, Debug)]
pub struct Matter<'a> {
    /// Everybody who asked for it.
    pub askers: &'a [StaffId],
    /// Whom it is about.
    pub about: Option<&'a Staff>,
    /// Whom it names.
    pub named: &'a [StaffId],
}

/// Why an officer is not the second person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotSecond {
    /// She holds no office that is in force.
    NoOfficer,
    /// She asked for it.
    Asked,
    /// It is about her.
    About,
    /// It names her.
    Named,
    /// It is about an operator: an operator confirms it.
    Operator,
    /// It is about somebody who holds an office: IT confirms it.
    It,
}

/// Those who may be the second person: active officers who asked for none of it, whom it is not
/// about and does not name. Whoever holds an office is confirmed by IT, as she is changed by IT; by
/// HR where the body has no other IT. The operator, who reaches every body, is confirmed by an
/// operator alone. `staff` has the roles that are in force.
#[must_use]
pub fn second_people(staff: &[Staff], matter: Matter<'_>) -> Vec<StaffId> {
    let fits = |one: &&Staff| alone(one, matter).is_none();
    let office = |roles: Roles| confirms(roles) || roles.has(Role::Auditor);
    let all: Vec<&Staff> = staff.iter().filter(fits).collect();
    let it = |one: &&&Staff| one.roles.has(Role::It);
    let by_it =
        matter.about.is_some_and(|about| office(about.roles)) && all.iter().any(|one| it(&one));
    all.iter().filter(|one| !by_it || it(one)).map(|one| one.id).collect()
}

/// Why somebody is not the second person; `None`: she is.
#[must_use]
pub fn why_not(staff: &[Staff], me: StaffId, matter: Matter<'_>) -> Option<NotSecond> {
    let Some(one) = staff.iter().find(|one| one.id == me) else {
        return Some(NotSecond::NoOfficer);
    };
    let found = alone(one, matter);
    let second = found.is_some() || second_people(staff, matter).contains(&me);
    found.or((!second).then_some(NotSecond::It))
}

/// The same without a look at the others.
fn alone(one: &Staff, Matter { askers, about, named }: Matter<'_>) -> Option<NotSecond> {
    if one.state != StaffState::Active || !confirms(one.roles) {
        Some(NotSecond::NoOfficer)
    } else if askers.contains(&one.id) {
        Some(NotSecond::Asked)
    } else if about.is_some_and(|about| about.id == one.id) {
        Some(NotSecond::About)
    } else if named.contains(&one.id) {
        Some(NotSecond::Named)
    } else if about.is_some_and(|about| about.operator && !one.operator) {
        Some(NotSecond::Operator)
    } else {
        None
    }
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

    fn second_of(
        staff: &[Staff],
        first: StaffId,
        about: Option<&Staff>,
        named: &[StaffId],
    ) -> Vec<StaffId> {
        second_people(staff, Matter { askers: &[first], about, named })
    }

    #[test]
    fn the_second_person_is_another_active_officer_and_not_the_one_it_is_about() {
        let (hr, it, chief) =
            (person(1, &[Role::Hr]), person(2, &[Role::It]), person(3, &[Role::Superior]));
        let all = [hr.clone(), it.clone(), chief.clone()];
        assert_eq!(
            second_of(&all, hr.id, Some(&chief), &[]),
            [it.id],
            "the first is not the second, and a superior is no officer"
        );
        assert_eq!(second_of(&all, it.id, Some(&chief), &[]), [hr.id]);
        assert_eq!(second_of(&all, hr.id, Some(&it), &[]), [], "nobody confirms herself");
        assert_eq!(second_of(&all, hr.id, None, &[it.id]), [], "nor what names her");
        for state in [StaffState::Suspended, StaffState::Waiting] {
            assert_eq!(
                second_of(&[hr.clone(), Staff { state, ..it.clone() }], hr.id, Some(&chief), &[]),
                []
            );
        }
    }

    #[test]
    fn an_office_is_confirmed_by_it_where_there_is_another_and_the_operator_by_an_operator() {
        let (hr, it, new, other) = (
            person(1, &[Role::Hr]),
            person(2, &[Role::It]),
            person(3, &[Role::It]),
            person(4, &[Role::It]),
        );
        assert_eq!(
            second_of(&[hr.clone(), it.clone(), new.clone()], it.id, Some(&new), &[]),
            [hr.id]
        );
        assert_eq!(
            second_of(
                &[hr.clone(), it.clone(), new.clone(), other.clone()],
                it.id,
                Some(&new),
                &[]
            ),
            [other.id]
        );
        let runs = |staff: &Staff| Staff { operator: true, ..staff.clone() };
        assert_eq!(
            second_of(&[hr.clone(), it.clone(), other.clone()], it.id, Some(&runs(&new)), &[]),
            []
        );
        assert_eq!(
            second_of(&[hr, it.clone(), runs(&other)], it.id, Some(&runs(&new)), &[]),
            [other.id]
        );
    }

    #[test]
    fn only_who_decides_or_confirms_weighs() {
        assert!(!weighs(Roles::of(&[Role::Staff, Role::Auditor])));
        assert_eq!(weight(Roles::of(&Role::ALL)), Roles::of(&[Role::Superior, Role::It, Role::Hr]));
    }

    #[test]
    fn none_of_those_who_asked_confirms_and_each_is_told_why_not() {
        let (hr, it, other, boss) = (
            person(1, &[Role::Hr]),
            person(2, &[Role::It]),
            person(3, &[Role::It]),
            person(4, &[Role::Superior]),
        );
        let all = [hr.clone(), it.clone(), other.clone(), boss.clone()];
        let both = [hr.id, it.id];
        let matter = Matter { askers: &both, about: Some(&boss), named: &[] };
        assert_eq!(second_people(&all, matter), [other.id]);
        assert_eq!(why_not(&all, it.id, matter), Some(NotSecond::Asked));
        assert_eq!(why_not(&all, boss.id, matter), Some(NotSecond::NoOfficer));
        assert_eq!(why_not(&all, StaffId([9; 16]), matter), Some(NotSecond::NoOfficer));
        assert_eq!(why_not(&all, other.id, matter), None);
        let matter = Matter { askers: &[it.id], about: Some(&hr), named: &[] };
        assert_eq!(why_not(&all, hr.id, matter), Some(NotSecond::About));
        let auditor = person(5, &[Role::Auditor]);
        let matter = Matter { about: Some(&auditor), ..matter };
        assert_eq!(why_not(&all, hr.id, matter), Some(NotSecond::It), "there is another of IT");
        let runs = Staff { operator: true, ..boss.clone() };
        let matter = Matter { about: Some(&runs), ..matter };
        assert_eq!(why_not(&all, other.id, matter), Some(NotSecond::Operator));
        let named = [other.id];
        let matter = Matter { about: None, named: &named, ..matter };
        assert_eq!(why_not(&all, other.id, matter), Some(NotSecond::Named));
    }
}
