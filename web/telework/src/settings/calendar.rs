//! The part of the settings that says on which days the office is closed beside public holidays and
//! weekends.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use telework::holidays::holiday;
use telework::workdays::{Calendar, OWN_DAYS, YearEnd, Yearly};

use crate::words;
use kit::http::Lang;

/// The fields as they are shown.
pub(super) struct Closing {
    /// Own days off, one a line: a date, or month and day for every year.
    pub(super) holidays: String,
    /// Days worked all the same, one a line.
    pub(super) opened: String,
    /// First day of the turn of the year, `12-29`; empty without one.
    pub(super) from: String,
    /// Its last, `01-03`.
    pub(super) to: String,
    /// Public holidays of this year and the next, as the law has them: day and name.
    pub(super) known: Vec<(String, &'static str)>,
}

impl Closing {
    /// What is shown: what was typed, where a form was not saved.
    pub(super) fn shown(
        lang: Lang,
        calendar: &Calendar,
        typed: Option<&BTreeMap<String, String>>,
        today: Date,
    ) -> Self {
        let or = |name: &str, kept: String| {
            typed.and_then(|fields| fields.get(name)).cloned().unwrap_or(kept)
        };
        let yearly = calendar.yearly.iter().map(|one| format!("{:02}-{:02}", one.month, one.day));
        let single = calendar.holidays.iter().map(Date::to_string);
        let closing = calendar.year_end;
        Self {
            holidays: or("holidays", yearly.chain(single).collect::<Vec<_>>().join("\n")),
            opened: or(
                "opened",
                calendar.opened.iter().map(Date::to_string).collect::<Vec<_>>().join("\n"),
            ),
            from: or(
                "year_end_from",
                closing.map_or(String::new(), |one| format!("12-{:02}", one.december)),
            ),
            to: or(
                "year_end_to",
                closing.map_or(String::new(), |one| format!("01-{:02}", one.january)),
            ),
            known: known(lang, today),
        }
    }
}

/// Public holidays of `today`'s year and the next.
fn known(lang: Lang, today: Date) -> Vec<(String, &'static str)> {
    let last = today.year().saturating_add(1);
    let days = std::iter::successors(Some(today.first_of_year()), |day| day.tomorrow().ok());
    days.take_while(|day| day.year() <= last)
        .filter_map(|day| {
            let text = match lang {
                Lang::Ja => format!("{}年{}", day.year(), words::day(lang, day)),
                Lang::En => day.strftime("%a %-d %b %Y").to_string(),
            };
            holiday(day).map(|found| (text, lang.t(found.name(), found.english())))
        })
        .collect()
}

/// Why days are not what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misread {
    /// Not a day, nor a day of every year: its beginning.
    NoDay(String),
    /// Not from a day of December to one of January.
    YearEnd,
    /// More than so many days.
    TooMany(usize),
}

/// The days as a form and a program alike name them: each word one day.
#[derive(Default)]
pub(super) struct Named<'a> {
    /// Days off; none leaves them as they are. So with the others.
    pub(super) closed: Option<Vec<&'a str>>,
    pub(super) opened: Option<Vec<&'a str>>,
    /// First and last day of the turn of the year, both empty for none.
    pub(super) year_end: Option<(&'a str, &'a str)>,
}

/// The calendar a form asks for. What it does not mention stays as it was.
pub(super) fn read(
    fields: &BTreeMap<String, String>,
    before: &Calendar,
) -> Result<Calendar, Vec<Misread>> {
    let words = |name| Some(fields.get(name)?.split_whitespace().collect());
    let text = |name| fields.get(name).map(|text| text.trim());
    let named = Named {
        closed: words("holidays"),
        opened: words("opened"),
        year_end: text("year_end_from").zip(text("year_end_to")),
    };
    named.calendar(before)
}

impl Named<'_> {
    /// The calendar with these days.
    pub(super) fn calendar(&self, before: &Calendar) -> Result<Calendar, Vec<Misread>> {
        let mut calendar = before.clone();
        let mut faults = Vec::new();
        let wrong = |word: &str| Misread::NoDay(word.chars().take(40).collect());
        if let Some(words) = &self.closed {
            (calendar.holidays, calendar.yearly) = (BTreeSet::new(), BTreeSet::new());
            for word in words {
                match (date(word), yearly(word)) {
                    (Some(day), _) => _ = calendar.holidays.insert(day),
                    (None, Some(day)) => _ = calendar.yearly.insert(day),
                    (None, None) => faults.push(wrong(word)),
                }
            }
        }
        if let Some(words) = &self.opened {
            calendar.opened = BTreeSet::new();
            for word in words {
                match date(word) {
                    Some(day) => _ = calendar.opened.insert(day),
                    None => faults.push(wrong(word)),
                }
            }
        }
        match self.year_end {
            None => {}
            Some(("", "")) => calendar.year_end = None,
            Some((from, to)) => match (yearly(from), yearly(to)) {
                (
                    Some(Yearly { month: 12, day: december }),
                    Some(Yearly { month: 1, day: january }),
                ) => calendar.year_end = Some(YearEnd { december, january }),
                _ => faults.push(Misread::YearEnd),
            },
        }
        if calendar.holidays.len() > OWN_DAYS || calendar.opened.len() > OWN_DAYS {
            faults.push(Misread::TooMany(OWN_DAYS));
        }
        // Thousands of wrong words are one fault to whoever reads them.
        faults.truncate(50);
        if faults.is_empty() { Ok(calendar) } else { Err(faults) }
    }
}

/// `2026-11-24` or `2026/11/24`.
fn date(word: &str) -> Option<Date> {
    let word = word.replace('/', "-");
    let mut parts = word.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Date::new(
        year.parse().ok().filter(|year| (1900..=2200).contains(year))?,
        month.parse().ok()?,
        day.parse().ok()?,
    )
    .ok()
}

/// `06-23` or `6/23`.
fn yearly(word: &str) -> Option<Yearly> {
    let word = word.replace('/', "-");
    let (month, day) = word.split_once('-')?;
    Yearly::new(month.parse().ok()?, day.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them_and_what_is_none_is_named() {
        let fields = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let given = fields(&[
            ("holidays", "2026-11-24\n6/23 2027/1/4"),
            ("opened", "2026-11-03"),
            ("year_end_from", "12/28"),
            ("year_end_to", "1/4"),
        ]);
        let calendar = read(&given, &Calendar::default()).unwrap();
        assert_eq!(
            (calendar.holidays.len(), calendar.yearly.len(), calendar.opened.len()),
            (2, 1, 1)
        );
        assert_eq!(calendar.year_end, Some(YearEnd { december: 28, january: 4 }));
        // What the form shows is read back as the same.
        let shown = Closing::shown(Lang::Ja, &calendar, None, jiff::civil::date(2026, 11, 1));
        assert!(
            shown.known.contains(&("2026年11月23日（月）".to_owned(), "勤労感謝の日")),
            "{:?}",
            shown.known
        );
        let again = fields(&[
            ("holidays", &shown.holidays),
            ("opened", &shown.opened),
            ("year_end_from", &shown.from),
            ("year_end_to", &shown.to),
        ]);
        assert_eq!(read(&again, &Calendar::default()).as_ref(), Ok(&calendar));
        // Nothing said, nothing changed; nothing typed, nothing closed.
        assert_eq!(read(&fields(&[]), &calendar).as_ref(), Ok(&calendar));
        let open = fields(&[("year_end_from", ""), ("year_end_to", " ")]);
        assert_eq!(read(&open, &calendar).unwrap().year_end, None);
        let wrong = fields(&[
            ("holidays", "13-45 abc 2026-02-30"),
            ("year_end_from", "01-03"),
            ("year_end_to", "12-29"),
        ]);
        let no_day = |word: &str| Misread::NoDay(word.into());
        assert_eq!(
            read(&wrong, &calendar),
            Err(vec![no_day("13-45"), no_day("abc"), no_day("2026-02-30"), Misread::YearEnd])
        );
    }

    #[test]
    fn what_a_program_names_is_one_day_a_word() {
        let of = |words: &[&'static str]| {
            let named = Named { closed: Some(words.to_vec()), ..Named::default() };
            named.calendar(&Calendar::default())
        };
        assert_eq!(of(&["2026-11-24", "06-23"]).unwrap().holidays.len(), 1);
        for word in ["2026-11-24\n2026-11-25", "", "2026-11-24 "] {
            assert_eq!(of(&[word]), Err(vec![Misread::NoDay(word.into())]), "{word:?}");
        }
    }
}
