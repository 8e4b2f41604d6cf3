//! A leave (休暇・休職): days somebody is away, or a part of them (半日休暇). A leave of whole days
//! counts for who is at the counter and for who decides.

use jiff::civil::Date;
use people::StaffId;
use serde::{Deserialize, Serialize};

use crate::time::Hours;

/// A leave of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// Whose.
    pub staff: StaffId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The hours of each day on which she is away; without them the whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Hours>,
    /// In words; never the illness.
    #[serde(default)]
    pub note: String,
    /// Taken back: entered by mistake, or back early.
    #[serde(default)]
    pub removed: bool,
}

/// The longest leave, days: two years of 休職 and a half.
const LONGEST_DAYS: i32 = 1_100;

impl Leave {
    /// Whether it is one that can be entered.
    pub fn is_valid(&self) -> bool {
        self.from <= self.to && (self.to - self.from).get_days() <= LONGEST_DAYS
    }

    /// Whether she is away on a day altogether.
    pub fn covers(&self, day: Date) -> bool {
        self.part.is_none() && self.falls_on(day)
    }

    /// Whether she is away at some of these hours of a day.
    pub fn meets(&self, day: Date, hours: Hours) -> bool {
        self.falls_on(day) && self.part.is_none_or(|part| part.overlaps(hours))
    }

    fn falls_on(&self, day: Date) -> bool {
        !self.removed && self.from <= day && day <= self.to
    }
}

/// A hand-over (引き継ぎ): days on which the deputy decides though the superior is not on leave.
/// The superior alone sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// The superior who hands over.
    pub staff: StaffId,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Ended before its time.
    #[serde(default)]
    pub removed: bool,
}

/// The longest hand-over, days: what is longer is a change of who leads.
const LONGEST_HAND_OVER: i32 = 366;

impl HandOver {
    /// Whether it is one that can be set.
    pub fn is_valid(&self) -> bool {
        self.from <= self.to && (self.to - self.from).get_days() <= LONGEST_HAND_OVER
    }

    /// Whether the deputy decides on a day because of it.
    pub fn covers(&self, day: Date) -> bool {
        !self.removed && self.from <= day && day <= self.to
    }
}

/// Whether a deputy decides on a day in place of the superior: while the superior is away (a leave
/// the book knows) or has handed over, and for the superior's own request. Not otherwise: where no
/// superior is named there is nobody to stand in for, and whoever takes the superior away does not
/// put the deputy in that place.
pub fn stands_in(
    superior: Option<StaffId>,
    asks: StaffId,
    leaves: &[Leave],
    handed_over: &[HandOver],
    day: Date,
) -> bool {
    superior.is_some_and(|superior| {
        superior == asks
            || leaves.iter().any(|leave| leave.staff == superior && leave.covers(day))
            || handed_over.iter().any(|over| over.staff == superior && over.covers(day))
    })
}

/// Who decides on a division's requests on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approver {
    /// The superior is there.
    Superior(StaffId),
    /// The superior is away, or is the one who asks; the deputy decides.
    Deputy(StaffId),
    /// Nobody can: HR has to name a superior or a deputy.
    Nobody,
}

/// Who decides: the superior; on leave, or for the superior's own request, the deputy; nobody when
/// there is none, or the deputy is away too. `asks` is the one whose request it is, when one
/// person's.
pub fn approver(
    superior: Option<StaffId>,
    deputy: Option<StaffId>,
    asks: Option<StaffId>,
    leaves: &[Leave],
    day: Date,
) -> Approver {
    if superior.is_none() {
        return Approver::Nobody;
    }
    let free = |who: &StaffId| {
        Some(*who) != asks && !leaves.iter().any(|leave| leave.staff == *who && leave.covers(day))
    };
    match (superior.filter(free), deputy.filter(free)) {
        (Some(superior), _) => Approver::Superior(superior),
        (None, Some(deputy)) => Approver::Deputy(deputy),
        (None, None) => Approver::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::who;
    use jiff::civil::date;

    #[test]
    fn the_deputy_stands_in_and_without_one_nobody_decides() {
        let (chief, deputy, day) = (who("chief"), who("deputy"), date(2024, 2, 29));
        let away = |staff| Leave {
            staff,
            from: day,
            to: day,
            part: None,
            note: String::new(),
            removed: false,
        };
        let ask = |leaves: &[Leave], deputy, asks| approver(Some(chief), deputy, asks, leaves, day);
        assert_eq!(ask(&[], Some(deputy), None), Approver::Superior(chief));
        assert_eq!(ask(&[away(chief)], Some(deputy), None), Approver::Deputy(deputy));
        assert_eq!(ask(&[away(chief)], None, None), Approver::Nobody);
        assert_eq!(ask(&[away(chief), away(deputy)], Some(deputy), None), Approver::Nobody);
        assert_eq!(
            ask(&[Leave { removed: true, ..away(chief) }], None, None),
            Approver::Superior(chief)
        );
        assert_eq!(
            ask(&[], Some(deputy), Some(chief)),
            Approver::Deputy(deputy),
            "nobody decides their own"
        );
        assert_eq!(
            approver(Some(chief), None, None, &[away(chief)], date(2024, 3, 1)),
            Approver::Superior(chief)
        );
        assert_eq!(approver(None, None, None, &[], day), Approver::Nobody);
        assert_eq!(
            approver(None, Some(deputy), None, &[], day),
            Approver::Nobody,
            "a deputy of nobody"
        );
    }

    fn leave_of(staff: StaffId, day: Date) -> Leave {
        Leave { staff, from: day, to: day, part: None, note: String::new(), removed: false }
    }

    #[test]
    fn a_deputy_decides_while_the_superior_is_away_or_has_handed_over_and_not_otherwise() {
        let (chief, asks, day) = (who("chief"), who("asks"), date(2026, 4, 10));
        let leave = Leave {
            staff: chief,
            from: day,
            to: day,
            part: None,
            note: String::new(),
            removed: false,
        };
        let over = HandOver { staff: chief, from: day, to: day, removed: false };
        assert!(!stands_in(Some(chief), asks, &[], &[], day));
        assert!(stands_in(Some(chief), asks, std::slice::from_ref(&leave), &[], day));
        assert!(!stands_in(
            Some(chief),
            asks,
            &[Leave { removed: true, ..leave.clone() }],
            &[],
            day
        ));
        assert!(
            !stands_in(Some(chief), asks, &[Leave { staff: asks, ..leave.clone() }], &[], day),
            "whose leave it is counts"
        );
        assert!(!stands_in(Some(chief), asks, &[leave], &[], day.tomorrow().unwrap()));
        assert!(stands_in(Some(chief), asks, &[], std::slice::from_ref(&over), day));
        assert!(!stands_in(
            Some(chief),
            asks,
            &[],
            &[HandOver { removed: true, ..over.clone() }],
            day
        ));
        assert!(
            !stands_in(Some(chief), asks, &[], &[HandOver { staff: asks, ..over.clone() }], day),
            "only the superior hands over"
        );
        assert!(!stands_in(Some(chief), asks, &[], &[over], day.yesterday().unwrap()));
        assert!(stands_in(Some(chief), chief, &[], &[], day), "the superior's own");
        assert!(
            !stands_in(None, asks, &[leave_of(asks, day)], &[], day),
            "there is nobody to stand in for"
        );
    }

    #[test]
    fn half_a_day_away_leaves_the_other_half() {
        let day = date(2026, 12, 10);
        let hours = |from: (i8, i8), to: (i8, i8)| Hours {
            start: jiff::civil::time(from.0, from.1, 0, 0),
            end: jiff::civil::time(to.0, to.1, 0, 0),
        };
        let (morning, afternoon) = (hours((8, 30), (12, 0)), hours((13, 0), (17, 15)));
        let half = Leave { part: Some(morning), ..leave_of(who("a"), day) };
        assert!(half.meets(day, morning) && !half.meets(day, afternoon));
        assert!(half.meets(day, hours((8, 30), (17, 15))), "a whole day shares the morning");
        assert!(!half.meets(day, hours((12, 0), (13, 0))) && !half.covers(day));
        assert!(!half.meets(date(2026, 12, 11), morning));
        assert!(!Leave { removed: true, ..half.clone() }.meets(day, morning));
        let whole = Leave { part: None, ..half };
        assert!(whole.meets(day, afternoon) && whole.covers(day));
        // What was kept before there were parts is a leave of whole days.
        let kept = r#"{"staff":"","from":"2026-12-10","to":"2026-12-10"}"#;
        let kept = kept.replace(
            r#""staff":"""#,
            &format!(r#""staff":{}"#, serde_json::to_string(&who("a")).unwrap()),
        );
        assert_eq!(serde_json::from_str::<Leave>(&kept).unwrap().part, None);
    }

    #[test]
    fn a_hand_over_ends() {
        let over = |from, to| HandOver { staff: who("a"), from, to, removed: false };
        assert!(over(date(2026, 4, 1), date(2026, 4, 1)).is_valid());
        assert!(!over(date(2026, 4, 2), date(2026, 4, 1)).is_valid());
        assert!(!over(date(2026, 4, 1), date(2027, 4, 30)).is_valid());
    }

    #[test]
    fn a_leave_has_an_end_after_its_beginning() {
        let leave = |from, to| Leave {
            staff: who("a"),
            from,
            to,
            part: None,
            note: String::new(),
            removed: false,
        };
        assert!(leave(date(2026, 4, 1), date(2026, 4, 1)).is_valid());
        assert!(!leave(date(2026, 4, 2), date(2026, 4, 1)).is_valid());
        assert!(!leave(date(2026, 4, 1), date(2036, 4, 1)).is_valid());
    }
}
