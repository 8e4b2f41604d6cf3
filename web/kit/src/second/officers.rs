//! Who may be the second person, and whether there is one at all.

use std::collections::BTreeSet;

use people::{
    BodyCode, Matter, NEVER, NotSecond, Role, Roles, Staff, StaffId, StaffState, confirms,
    second_people, why_not,
};
use store::Conn;
use store::changes::Change;
use store::officers::Officer;

use super::{Part, WhatWaits, by_itself};
use crate::error::Refusal;

/// Whoever was an officer within this time still counts when it is asked whether an officer is
/// alone: removing a colleague makes nobody alone.
const LATELY_MS: i64 = 7 * 86_400_000;

/// Whether there is a second person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Second {
    /// There is: nothing begins by itself.
    There,
    /// There was until lately: until when she counts, Unix milliseconds.
    Lately(i64),
    /// Nobody but whoever asks.
    Nobody,
}

/// The officers of a body, as they count for what waits.
pub struct Officers {
    /// Those who can confirm now, with the roles that are in force.
    able: Vec<Staff>,
    /// Those, and whoever has her office held back after a slip.
    there: Vec<Staff>,
    /// Who was one until lately, and when that ended.
    lately: Vec<(Staff, i64)>,
    now: i64,
    /// Who was mailed in this write.
    pub(super) told: BTreeSet<StaffId>,
}

impl Officers {
    /// # Errors
    /// What the database can meet.
    pub async fn of(conn: &mut Conn, body: BodyCode, now: i64) -> Result<Self, Refusal> {
        let mut found = Self {
            able: Vec::new(),
            there: Vec::new(),
            lately: Vec::new(),
            now,
            told: BTreeSet::new(),
        };
        for Officer { staff, in_force, settled, ended } in
            store::officers::all(conn, body, now - LATELY_MS).await?
        {
            let active = staff.state == StaffState::Active;
            let with = |roles: Roles| Staff { roles, state: StaffState::Active, ..staff.clone() };
            if active && confirms(in_force) {
                found.able.push(with(in_force));
            }
            if active && confirms(settled) {
                found.there.push(with(settled));
            } else if let Some(ended) = ended {
                found.lately.push((with(Roles::of(&[Role::It, Role::Hr])), ended));
            }
        }
        Ok(found)
    }

    /// When somebody's coming to approve begins: by a second person where there is one, or else by
    /// itself ([`by_itself`]), counted from when the last who was one does not count any more.
    #[must_use]
    pub fn begins(&self, askers: &[StaffId], about: Option<&Staff>, parts: &[Part]) -> i64 {
        match self.second(askers, about, parts) {
            Second::There => NEVER,
            Second::Lately(until) => by_itself(self.now, until),
            Second::Nobody => by_itself(self.now, self.now),
        }
    }

    /// Whether there is a second person: for any one of those who asked, as if she had asked alone,
    /// and for any part. Two who both asked do not leave the body without a second person.
    #[must_use]
    pub fn second(&self, askers: &[StaffId], about: Option<&Staff>, parts: &[Part]) -> Second {
        let matters = askers
            .iter()
            .flat_map(|asker| named(parts).into_iter().map(move |named| (*asker, named)));
        let matters: Vec<(StaffId, Option<StaffId>)> = matters.collect();
        let some = |staff: &[Staff]| {
            let of = |(asker, named): &(StaffId, Option<StaffId>)| {
                let matter = Matter { askers: &[*asker], about, named: named.as_slice() };
                !second_people(staff, matter).is_empty()
            };
            matters.iter().any(of)
        };
        if some(&self.there) {
            return Second::There;
        }
        let until = |(one, ended): &(Staff, i64)| {
            some(std::slice::from_ref(one)).then_some(*ended + LATELY_MS)
        };
        self.lately.iter().filter_map(until).max().map_or(Second::Nobody, Second::Lately)
    }

    /// Why somebody is not the second person of a change; `None`: she is, of some part at least.
    #[must_use]
    pub fn why_not(&self, me: StaffId, change: &Change, what: &WhatWaits) -> Option<NotSecond> {
        let why = |named: Option<StaffId>| {
            let matter =
                Matter { askers: &change.by, about: what.about.as_ref(), named: named.as_slice() };
            why_not(&self.able, me, matter)
        };
        let all: Vec<Option<NotSecond>> = named(&what.parts).into_iter().map(why).collect();
        if all.contains(&None) { None } else { all.into_iter().flatten().next() }
    }

    /// Those who may be the second person of a change.
    #[must_use]
    pub fn second_people(&self, change: &Change, what: &WhatWaits) -> Vec<StaffId> {
        let ids = self.able.iter().map(|one| one.id);
        ids.filter(|one| self.why_not(*one, change, what).is_none()).collect()
    }
}

/// Whom each part names; one that names nobody where there are no parts.
fn named(parts: &[Part]) -> Vec<Option<StaffId>> {
    if parts.is_empty() { vec![None] } else { parts.iter().map(|part| part.names).collect() }
}
