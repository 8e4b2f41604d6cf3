//! What is asked for, as a page and a program alike say it.

use jiff::civil::{Date, Time};
use jiff::{Span, Timestamp};
use people::StaffId;
use telework::request::Request;
use telework::rules::{Form, Rules, Unit};
use telework::time::Hours;

use crate::typed::clock_time;
use crate::words;

/// In how many further weeks a day can be asked for at once.
const MOST_WEEKS: u8 = 12;

/// A day, or one a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) day: Date,
    pub(crate) form: Form,
    pub(crate) part: Part,
    /// The place, in words.
    pub(crate) place: String,
    pub(crate) note: String,
    /// The piece of work it is for, by number.
    pub(crate) work: Option<u64>,
    /// In how many further weeks too.
    pub(crate) weeks: u8,
}

/// How much of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Day,
    Morning,
    Afternoon,
    Hours(Hours),
}

/// Why what was sent asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Not a day.
    Day,
    /// No such form.
    Form,
    /// No such unit, or no such half.
    Unit,
    /// Not two times.
    Times,
    /// Too many weeks.
    Weeks,
    /// Not a number of a piece of work.
    Work,
}

impl Wanted {
    /// The day and the form by their words at the border.
    pub(crate) fn of(day: &str, form: &str, part: Part) -> Result<Self, Unread> {
        let day = day.trim().parse().map_err(|_| Unread::Day)?;
        let form = words::FORMS.into_iter().find(|one| words::form_key(*one) == form);
        let form = form.ok_or(Unread::Form)?;
        let (place, note) = (String::new(), String::new());
        Ok(Self { day, form, part, place, note, work: None, weeks: 0 })
    }

    /// In so many further weeks.
    pub(crate) fn weekly(self, weeks: u8) -> Result<Self, Unread> {
        if weeks <= MOST_WEEKS { Ok(Self { weeks, ..self }) } else { Err(Unread::Weeks) }
    }

    /// The requests: one, or one a week. `by` is who hands them in; somebody else than the person
    /// is a proxy.
    pub(super) fn requests(
        &self,
        staff: StaffId,
        by: StaffId,
        rules: &Rules,
        now: Timestamp,
    ) -> Vec<Request> {
        let (unit, hours) = match self.part {
            Part::Day => (Unit::Day, rules.hours),
            Part::Morning => (Unit::Half, rules.morning),
            Part::Afternoon => (Unit::Half, rules.afternoon),
            Part::Hours(hours) => (Unit::Hours, hours),
        };
        let request = Request {
            place: self.place.clone(),
            works: self.work.into_iter().collect(),
            note: self.note.clone(),
            ..Request::asked(staff, (self.day, hours), (self.form, unit), by, now)
        };
        let after = |n: u8| self.day.checked_add(Span::new().days(7 * i64::from(n))).ok();
        let days = (0..=self.weeks).filter_map(after);
        days.map(|day| Request { day, ..request.clone() }).collect()
    }
}

impl Part {
    /// A part by its words at the border. A half without a word is the morning.
    pub(crate) fn of(unit: &str, half: &str, start: &str, end: &str) -> Result<Self, Unread> {
        match (unit, half) {
            ("day", _) => Ok(Self::Day),
            ("half", "" | "morning") => Ok(Self::Morning),
            ("half", "afternoon") => Ok(Self::Afternoon),
            ("hours", _) => {
                let time = |text: &str| -> Option<Time> { clock_time(text) };
                let (start, end) = time(start).zip(time(end)).ok_or(Unread::Times)?;
                Ok(Self::Hours(Hours { start, end }))
            }
            _ => Err(Unread::Unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    #[test]
    fn a_part_is_one_of_those_there_are() {
        assert_eq!(Part::of("day", "x", "", ""), Ok(Part::Day));
        assert_eq!(Part::of("half", "", "", ""), Ok(Part::Morning));
        assert_eq!(Part::of("half", "afternoon", "", ""), Ok(Part::Afternoon));
        let hours = Hours { start: time(9, 0, 0, 0), end: time(12, 30, 0, 0) };
        assert_eq!(Part::of("hours", "", "9:00", "12:30"), Ok(Part::Hours(hours)));
        assert_eq!(Part::of("hours", "", "", "12:30"), Err(Unread::Times));
        assert_eq!(Part::of("half", "evening", "", ""), Err(Unread::Unit));
        assert_eq!(Part::of("week", "", "", ""), Err(Unread::Unit));
    }

    #[test]
    fn what_is_asked_for_weekly_has_its_day_in_each_week() {
        let wanted = Wanted::of("2026-04-10", "home", Part::Afternoon).unwrap();
        assert_eq!(wanted.clone().weekly(13), Err(Unread::Weeks));
        let (sato, hr) = (StaffId([1; 16]), StaffId([2; 16]));
        let rules = Rules::default();
        let all = wanted.weekly(2).unwrap().requests(sato, hr, &rules, Timestamp::UNIX_EPOCH);
        let days: Vec<Date> = all.iter().map(|one| one.day).collect();
        assert_eq!(days, [date(2026, 4, 10), date(2026, 4, 17), date(2026, 4, 24)]);
        assert!(all.iter().all(|one| one.hours == rules.afternoon && one.proxy == Some(hr)));
        assert_eq!(Wanted::of("2026-02-30", "home", Part::Day), Err(Unread::Day));
        assert_eq!(Wanted::of("2026-02-28", "moon", Part::Day), Err(Unread::Form));
    }
}
