//! The survey answers itself: Q1 to Q5 of the telework survey from the body's own records, each
//! with its working. A person confirms or changes the answer with a reason; nothing here is sent by
//! itself.

use crate::inventory::{Outcome, Possible, RuleSet, Share, Work, possible_staff};
use crate::rules::{Employment, Form, Rules};
use crate::time::{Calendar, tokyo};
use jiff::Timestamp;
use jiff::civil::Date;
use people::StaffId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One member of staff as the survey counts her.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub staff: StaffId,
    /// Her kind of appointment.
    pub employment: Employment,
    /// Whether she is 一般行政職員 (general administration: not police, education, hospital and the
    /// like).
    pub general: bool,
    /// Her first day.
    pub joined: Date,
    /// Her last day, when it is known.
    pub leaves: Option<Date>,
}

impl Member {
    fn serves(&self, day: Date) -> bool {
        self.joined <= day && self.leaves.is_none_or(|last| day <= last)
    }
}

/// How far the body has come with its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nothing in force: the records cannot tell whether or when it is planned.
    None,
    /// 試行
    Trial,
    /// 実施要領 in force
    InForce,
}

/// A day of telework that took place: approved, and reported or connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worked {
    /// Who.
    pub staff: StaffId,
    /// When.
    pub day: Date,
    /// Where.
    pub form: Form,
}

/// What the answers are taken from.
#[derive(Debug)]
pub struct Records<'a> {
    /// All staff, those who left included.
    pub members: &'a [Member],
    /// The inventory.
    pub works: &'a [Work],
    /// Who does what.
    pub shares: &'a [Share],
    /// The rules of judgement.
    pub judging: &'a RuleSet,
    /// The body's rules.
    pub rules: &'a Rules,
    /// Its working days.
    pub calendar: &'a Calendar,
    /// How far the body has come.
    pub stage: Stage,
    /// Telework days that took place.
    pub worked: &'a [Worked],
}

/// For which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The day staff are counted on (1 April for F0).
    pub counted: Date,
    /// First day of use.
    pub from: Date,
    /// Last day of use.
    pub to: Date,
}

impl Scope {
    /// The scope for a period of use: staff are counted on 1 April of the fiscal year its last day
    /// falls in.
    pub fn of(from: Date, to: Date) -> Self {
        let year = crate::time::FiscalYear::of(to).0;
        Self { counted: Date::new(year, 4, 1).unwrap_or(from), from, to }
    }

    /// The scope of a survey that asks about a day: from 1 April of that fiscal year to the day.
    pub fn as_of(day: Date) -> Self {
        let counted = Self::of(day, day).counted;
        Self { counted, from: counted, to: day }
    }
}

/// One computed figure and the people behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// People counted, in order.
    pub staff: BTreeSet<StaffId>,
}

impl Figure {
    /// The figure.
    pub fn count(&self) -> usize {
        self.staff.len()
    }
}

/// Days of telework over the working days of a period: what an average is made of, so that it can
/// be followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mean {
    /// Person-days: one for each person on each working day.
    pub days: usize,
    /// Working days of the period that have begun.
    pub over: usize,
}

impl Mean {
    /// People on an average working day, half up to a whole one; none where the period has no
    /// working day yet.
    pub fn rounded(self) -> Option<usize> {
        (self.over > 0).then(|| (2 * self.days + self.over) / (2 * self.over))
    }

    /// The same in tenths, cut off: for the working beside the rounded figure.
    pub fn tenths(self) -> usize {
        self.days * 10 / self.over.max(1)
    }
}

/// The computed answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// When they were taken.
    pub taken: Timestamp,
    /// F0 一般行政職員数
    pub general: Figure,
    /// Q1 導入状況; none when the records cannot tell.
    pub stage: Option<Stage>,
    /// Q2 形態, with the days behind each.
    pub forms: BTreeMap<Form, BTreeSet<(Date, StaffId)>>,
    /// 除外職員数: all of the linked work is 不可.
    pub excluded: Figure,
    /// 実施可能職員数, with each person's working.
    pub possible: Figure,
    /// The working behind [`Self::possible`] and [`Self::excluded`].
    pub working: BTreeMap<StaffId, Possible>,
    /// General staff without any linked work: not known, and said so.
    pub unknown: Figure,
    /// 実施可能 staff with at least one working day of telework in the period.
    pub used: Figure,
    /// Working days of telework behind each person in [`Self::used`].
    pub days: BTreeMap<StaffId, BTreeSet<Date>>,
    /// 利用職員数: the survey asks for the average (平均), so these days over the working days of the
    /// period. Who teleworks once a year counts for one day of it, not for a whole person.
    pub users: Mean,
    /// Q5: whether 会計年度任用職員 may telework.
    pub part_time: bool,
}

/// Computes the answers as they stand at `now`.
pub fn answers(records: &Records<'_>, scope: Scope, now: Timestamp) -> Answers {
    let names = |pick: &dyn Fn(&Member) -> bool| -> BTreeSet<StaffId> {
        records
            .members
            .iter()
            .filter(|m| m.general && m.serves(scope.counted) && pick(m))
            .map(|m| m.staff)
            .collect()
    };
    let general = names(&|_| true);
    let working = possible_staff(
        records.judging,
        records.works,
        records.shares,
        records.rules.possible_percent,
    );
    let closed: BTreeMap<u64, bool> = records
        .works
        .iter()
        .map(|w| (w.id, records.judging.judge(w).outcome == Outcome::No))
        .collect();
    let mut all_closed: BTreeMap<StaffId, bool> = BTreeMap::new();
    for share in records.shares {
        if let Some(&no) = closed.get(&share.work) {
            let all = all_closed.entry(share.staff).or_insert(true);
            *all &= no;
        }
    }
    let excluded = names(&|m| all_closed.get(&m.staff) == Some(&true));
    let possible =
        names(&|m| working.get(&m.staff).is_some_and(|p| p.enough) && !excluded.contains(&m.staff));
    let unknown = names(&|m| !working.contains_key(&m.staff));
    let in_scope = || records.worked.iter().filter(|w| scope.from <= w.day && w.day <= scope.to);
    // A day that has not come yet is no day nobody teleworked on.
    let last = scope.to.min(tokyo(now).date());
    let open: BTreeSet<Date> = std::iter::successors(Some(scope.from), |day| day.tomorrow().ok())
        .take_while(|day| *day <= last)
        .filter(|day| records.calendar.is_working(*day))
        .collect();
    let mut days: BTreeMap<StaffId, BTreeSet<Date>> = BTreeMap::new();
    for w in in_scope().filter(|w| possible.contains(&w.staff) && open.contains(&w.day)) {
        days.entry(w.staff).or_default().insert(w.day);
    }
    let users = Mean { days: days.values().map(BTreeSet::len).sum(), over: open.len() };
    let mut forms: BTreeMap<Form, BTreeSet<(Date, StaffId)>> = BTreeMap::new();
    for w in in_scope() {
        forms.entry(w.form).or_default().insert((w.day, w.staff));
    }
    Answers {
        taken: now,
        general: Figure { staff: general },
        stage: (records.stage != Stage::None).then_some(records.stage),
        forms,
        excluded: Figure { staff: excluded },
        possible: Figure { staff: possible },
        working,
        unknown: Figure { staff: unknown },
        used: Figure { staff: days.keys().cloned().collect() },
        days,
        users,
        part_time: records.rules.eligible.contains(&Employment::FiscalYear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Approval, Frequency, Information, Zone};
    use crate::testing::who;
    use crate::time::Minutes;
    use jiff::civil::date;

    fn member(staff: StaffId) -> Member {
        Member {
            staff,
            employment: Employment::Regular,
            general: true,
            joined: date(2020, 4, 1),
            leaves: None,
        }
    }

    fn work(id: u64, counter: bool) -> Work {
        Work {
            id,
            name: format!("業務{id}"),
            division: people::DivisionId([7; 16]),
            frequency: Frequency::Daily,
            yearly: Minutes(60_000),
            information: Information::Internal,
            zone: Zone::Lgwan,
            paper: false,
            seal: false,
            counter,
            site: false,
            telephone: false,
            approval: Approval::None,
            interruptible: true,
            decided: None,
            removed: vec![],
        }
    }

    #[test]
    fn every_figure_comes_with_the_people_and_days_behind_it() {
        let share = |staff, work| Share { staff, work, yearly: Minutes(6000) };
        let worked = |staff, day, form| Worked { staff, day, form };
        let left = Member { leaves: Some(date(2026, 3, 31)), ..member(who("left")) };
        let moved = Member { leaves: Some(date(2026, 7, 31)), ..member(who("moved")) };
        let police = Member { general: false, ..member(who("police")) };
        let members = [
            member(who("desk")),
            member(who("counter")),
            member(who("both")),
            member(who("nowork")),
            left,
            moved,
            police,
        ];
        let shares = [
            share(who("desk"), 1),
            share(who("counter"), 2),
            share(who("both"), 1),
            share(who("both"), 2),
            share(who("left"), 1),
            share(who("moved"), 1),
            share(who("police"), 1),
        ];
        let days = [
            worked(who("desk"), date(2026, 9, 30), Form::Home),
            worked(who("desk"), date(2026, 9, 30), Form::Mobile),
            worked(who("desk"), date(2026, 10, 1), Form::Home),
            worked(who("moved"), date(2026, 7, 1), Form::Satellite),
            worked(who("counter"), date(2026, 7, 1), Form::Home),
            worked(who("both"), date(2027, 4, 1), Form::Other),
            // A Saturday has no part in the average.
            worked(who("desk"), date(2026, 9, 26), Form::Home),
        ];
        let records = Records {
            members: &members,
            works: &[work(1, false), work(2, true)],
            shares: &shares,
            judging: &RuleSet::shipped().unwrap(),
            rules: &Rules::default(),
            calendar: &Calendar::default(),
            stage: Stage::InForce,
            worked: &days,
        };
        let scope =
            Scope { counted: date(2026, 4, 1), from: date(2026, 4, 1), to: date(2027, 3, 31) };
        let a = answers(&records, scope, "2026-10-01T00:00:00Z".parse().unwrap());
        let names = |f: &Figure| f.staff.iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(&a.general),
            [who("both"), who("counter"), who("desk"), who("moved"), who("nowork")]
        );
        assert_eq!(names(&a.excluded), [who("counter")]);
        assert_eq!(names(&a.possible), [who("both"), who("desk"), who("moved")]);
        assert_eq!(names(&a.unknown), [who("nowork")]);
        assert_eq!(names(&a.used), [who("desk"), who("moved")]);
        assert_eq!(a.days[&who("desk")], [date(2026, 9, 30), date(2026, 10, 1)].into());
        let counts: Vec<(Form, usize)> =
            a.forms.iter().map(|(form, days)| (*form, days.len())).collect();
        // Monday to Friday from 1 April to 1 October 2026, the moment of counting: 26 weeks and two
        // days, less nine public holidays (29 April, 4 to 6 May, 20 July, 11 August, 21 to 23
        // September).
        assert_eq!(a.users, Mean { days: 3, over: 132 - 9 });
        assert_eq!(a.users.rounded(), Some(0));
        assert_eq!(counts, [(Form::Home, 4), (Form::Satellite, 1), (Form::Mobile, 1)]);
        assert!(!a.part_time);
        assert_eq!(a.stage, Some(Stage::InForce));
        let early = Scope { from: date(2026, 9, 30), to: date(2026, 10, 4), ..scope };
        let week = answers(&records, early, "2026-09-30T15:00:00Z".parse().unwrap());
        assert_eq!(
            (week.users, week.users.rounded()),
            (Mean { days: 2, over: 2 }, Some(1)),
            "the first of October has begun in Tokyo"
        );
        let ahead = answers(&records, Scope { from: date(2026, 11, 1), ..scope }, a.taken);
        assert_eq!(ahead.users.rounded(), None, "nothing of the period has come yet");
        assert_eq!(answers(&Records { stage: Stage::None, ..records }, scope, a.taken).stage, None);
    }

    #[test]
    fn an_average_is_rounded_half_up_from_whole_numbers() {
        let mean = |days, over| Mean { days, over };
        assert_eq!(mean(5, 2).rounded(), Some(3));
        assert_eq!((mean(4, 3).rounded(), mean(5, 3).rounded()), (Some(1), Some(2)));
        assert_eq!((mean(4, 3).tenths(), mean(0, 0).tenths()), (13, 0));
        assert_eq!(mean(0, 0).rounded(), None);
    }
}
