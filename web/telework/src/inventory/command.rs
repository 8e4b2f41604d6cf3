//! A piece of work as it is described, on a page and by a program alike.

use people::DivisionId;
use telework::inventory::sheet::{MAX_NAME, read_hours};
use telework::inventory::{Approval, Frequency, Information, Outcome, Work, Zone};

/// Most obstacles that are removed for one piece of work.
const REMOVED: usize = 200;

/// Why something was not done to a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// No name, or none of one line.
    Name,
    /// Not a number of hours.
    Hours,
    /// Not one of each list, or a division of somebody else.
    Choice,
    /// Too many removed obstacles, or one without a name.
    Removed,
    /// Nobody may decide otherwise on it.
    Closed,
    /// A word without a reason.
    NoReason,
    /// Nobody of the division, or not a number of hours.
    Share,
}

/// What is said of a piece of work, before it is known to be one.
pub(super) struct Described<'a> {
    pub(super) name: &'a str,
    pub(super) hours: &'a str,
    pub(super) division: Option<DivisionId>,
    pub(super) frequency: Option<Frequency>,
    pub(super) information: Option<Information>,
    pub(super) zone: Option<Zone>,
    pub(super) approval: Option<Approval>,
    /// Names of the obstacles that were removed.
    pub(super) removed: Vec<String>,
}

impl Described<'_> {
    /// The work, without a number and without what stands against it.
    pub(super) fn work(self) -> Result<Work, Vec<Unfit>> {
        let mut faults = Vec::new();
        let named = (1..=MAX_NAME).contains(&self.name.chars().count())
            && !self.name.chars().any(char::is_control);
        if !named {
            faults.push(Unfit::Name);
        }
        let yearly = read_hours(self.hours);
        if yearly.is_none() {
            faults.push(Unfit::Hours);
        }
        let odd = |key: &String| key.is_empty() || key.chars().any(char::is_control);
        if self.removed.len() > REMOVED || self.removed.iter().any(odd) {
            faults.push(Unfit::Removed);
        }
        let chosen = (self.division, self.frequency, self.information, self.zone, self.approval);
        match (chosen, yearly) {
            (
                (Some(division), Some(frequency), Some(information), Some(zone), Some(approval)),
                Some(yearly),
            ) if faults.is_empty() => Ok(Work {
                id: 0,
                name: self.name.to_owned(),
                division,
                frequency,
                yearly,
                information,
                zone,
                paper: false,
                seal: false,
                counter: false,
                site: false,
                telephone: false,
                approval,
                interruptible: false,
                decided: None,
                removed: self.removed,
            }),
            _ => {
                if faults.is_empty() {
                    faults.push(Unfit::Choice);
                }
                Err(faults)
            }
        }
    }
}

/// What a person says of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    /// A result; none leaves it to the rules again.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(removed: &[&str]) -> Described<'static> {
        Described {
            name: "予算資料の作成",
            hours: "120.5",
            division: Some(DivisionId([7; 16])),
            frequency: Some(Frequency::Monthly),
            information: Some(Information::Internal),
            zone: Some(Zone::Lgwan),
            approval: Some(Approval::Electronic),
            removed: removed.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    #[test]
    fn a_list_is_kept_as_it_was_sent_or_refused() {
        assert_eq!(
            described(&["seal", "a,b", "c d"]).work().unwrap().removed,
            ["seal", "a,b", "c d"]
        );
        assert_eq!(described(&["a\nb", "", "c"]).work(), Err(vec![Unfit::Removed]));
        assert_eq!(described(&["x"; REMOVED + 1]).work(), Err(vec![Unfit::Removed]));
    }

    #[test]
    fn all_that_is_wrong_is_named_at_once() {
        let all = Described { name: "a\nb", hours: "-1", ..described(&[]) };
        assert_eq!(all.work(), Err(vec![Unfit::Name, Unfit::Hours]));
        let choice = Described { zone: None, ..described(&[]) };
        assert_eq!(choice.work(), Err(vec![Unfit::Choice]));
    }
}
