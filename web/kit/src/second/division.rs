//! Who is to lead a division and who is to stand in: two parts, each of which needs a word of
//! somebody whom it does not name.

use people::{Division, StaffId};
use serde::{Deserialize, Serialize};

use super::{json, unjson};
use crate::error::Refusal;

/// Who is to lead a division and who is to stand in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leads {
    pub superior: Option<StaffId>,
    pub deputy: Option<StaffId>,
}

/// The same as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptLeads {
    superior: String,
    deputy: String,
}

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Post {
    Superior,
    Deputy,
}

/// One post that would change, and whom that puts in the place to decide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    pub post: Post,
    pub to: Option<StaffId>,
    pub names: Option<StaffId>,
}

impl Leads {
    /// Those of a division.
    #[must_use]
    pub fn of(division: &Division) -> Self {
        Self { superior: division.superior, deputy: division.deputy }
    }

    /// The division led so.
    #[must_use]
    pub fn put(self, division: &Division) -> Division {
        Division { superior: self.superior, deputy: self.deputy, ..division.clone() }
    }

    pub fn doc(self) -> Result<String, Refusal> {
        let text = |id: Option<StaffId>| id.map(|id| id.to_string()).unwrap_or_default();
        json(&KeptLeads { superior: text(self.superior), deputy: text(self.deputy) })
    }

    pub fn read(doc: &str) -> Result<Self, Refusal> {
        let kept: KeptLeads = unjson(doc)?;
        Ok(Self { superior: kept.superior.parse().ok(), deputy: kept.deputy.parse().ok() })
    }

    /// What of it begins at once: whoever only stops leading stops now. A superior who goes while a
    /// deputy stays does not: whoever is in the way of a deputy is not put out of it by one
    /// officer.
    #[must_use]
    pub fn at_once(self, now: Self) -> Self {
        let taken = |was: Option<StaffId>, is: Option<StaffId>| if is.is_none() { is } else { was };
        let deputy = taken(now.deputy, self.deputy);
        let superior = if deputy.is_some() || self.deputy.is_some() {
            now.superior
        } else {
            taken(now.superior, self.superior)
        };
        Self { superior, deputy }
    }

    /// A later word laid upon this one, which waits: a post that the later form changed is as it
    /// says, another stays as it waits. `shown` is what the form showed.
    #[must_use]
    pub fn with(self, later: Self, shown: Self) -> Self {
        let pick = |waits, later, shown| if later == shown { waits } else { later };
        Self {
            superior: pick(self.superior, later.superior, shown.superior),
            deputy: pick(self.deputy, later.deputy, shown.deputy),
        }
    }

    /// The posts that would change.
    #[must_use]
    pub fn parts(self, now: &Division) -> Vec<Part> {
        let superior =
            Part { post: Post::Superior, to: self.superior, names: self.superior.or(self.deputy) };
        let deputy = Part { post: Post::Deputy, to: self.deputy, names: self.deputy };
        let changes = [(superior, now.superior), (deputy, now.deputy)];
        changes.into_iter().filter(|(part, was)| part.to != *was).map(|(part, _)| part).collect()
    }

    /// Those parts made true of what stands.
    #[must_use]
    pub fn take(self, parts: &[Part]) -> Self {
        let mut taken = self;
        for part in parts {
            match part.post {
                Post::Superior => taken.superior = part.to,
                Post::Deputy => taken.deputy = part.to,
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Option<StaffId> = Some(StaffId([1; 16]));
    const B: Option<StaffId> = Some(StaffId([2; 16]));
    const C: Option<StaffId> = Some(StaffId([3; 16]));

    fn leads(superior: Option<StaffId>, deputy: Option<StaffId>) -> Leads {
        Leads { superior, deputy }
    }

    #[test]
    fn who_only_stops_leading_stops_at_once_but_not_before_a_deputy_who_stays() {
        let now = leads(A, B);
        assert_eq!(leads(A, None).at_once(now), leads(A, None), "the deputy goes");
        assert_eq!(leads(None, None).at_once(now), leads(None, None), "both go");
        assert_eq!(leads(None, B).at_once(now), now, "the superior does not go before the deputy");
        assert_eq!(leads(None, C).at_once(now), now, "nor before a new one");
        assert_eq!(leads(None, None).at_once(leads(A, None)), leads(None, None));
        assert_eq!(
            leads(None, C).at_once(leads(A, None)),
            leads(A, None),
            "nor in one form with a naming"
        );
        assert_eq!(leads(C, None).at_once(now), leads(A, None));
    }

    #[test]
    fn a_later_word_adds_to_what_waits() {
        let shown = leads(A, None);
        let waits = leads(A, B);
        assert_eq!(waits.with(leads(C, None), shown), leads(C, B), "the deputy goes on waiting");
        assert_eq!(waits.with(shown, shown), waits, "a form that changes nothing");
        assert_eq!(waits.with(leads(A, C), shown), leads(A, C));
    }

    #[test]
    fn a_superior_who_goes_names_the_deputy() {
        let division = Division {
            id: people::DivisionId([7; 16]),
            body: "011002".parse().unwrap(),
            code: "1".into(),
            name: "総務課".parse().unwrap(),
            superior: A,
            deputy: B,
        };
        let part = Part { post: Post::Superior, to: None, names: B };
        assert_eq!(leads(None, B).parts(&division), [part]);
        assert_eq!(Leads::of(&division).take(&[part]), leads(None, B));
        let named: Vec<_> =
            leads(B, C).parts(&division).into_iter().map(|part| part.names).collect();
        assert_eq!(named, [B, C]);
        assert_eq!(leads(A, B).parts(&division), []);
    }
}
