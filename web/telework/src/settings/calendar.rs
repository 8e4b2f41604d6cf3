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

/// The calendar a form asks for. What it does not mention stays as it was.
pub(crate) fn read(
    fields: &BTreeMap<String, String>,
    before: &Calendar,
    lang: Lang,
    faults: &mut Vec<String>,
) -> Calendar {
    let mut calendar = before.clone();
    let mut wrong = |text: &str| {
        let text: String = text.chars().take(40).collect();
        faults.push(match lang {
            Lang::Ja => {
                format!("休日「{text}」は日付（例：2026-11-24、毎年なら 06-23）ではありません。")
            }
            Lang::En => {
                format!("\"{text}\" is not a date such as 2026-11-24 (or 06-23 for every year).")
            }
        });
    };
    if let Some(text) = fields.get("holidays") {
        (calendar.holidays, calendar.yearly) = (BTreeSet::new(), BTreeSet::new());
        for word in text.split_whitespace() {
            match (date(word), yearly(word)) {
                (Some(day), _) => _ = calendar.holidays.insert(day),
                (None, Some(day)) => _ = calendar.yearly.insert(day),
                (None, None) => wrong(word),
            }
        }
    }
    if let Some(text) = fields.get("opened") {
        calendar.opened = BTreeSet::new();
        for word in text.split_whitespace() {
            match date(word) {
                Some(day) => _ = calendar.opened.insert(day),
                None => wrong(word),
            }
        }
    }
    if let (Some(from), Some(to)) = (fields.get("year_end_from"), fields.get("year_end_to")) {
        match (from.trim(), to.trim(), yearly(from.trim()), yearly(to.trim())) {
            ("", "", ..) => calendar.year_end = None,
            (.., Some(Yearly { month: 12, day: december }),
                Some(Yearly { month: 1, day: january })) => {
                calendar.year_end = Some(YearEnd { december, january });
            }
            _ => faults.push(
                lang.t(
                    "年末年始は、12月の最初の日（例：12-29）と1月の最後の日（例：01-03）で入れてください。",
                    "The turn of the year goes from a day of December (12-29) to a day of January \
                     (01-03).",
                )
                .to_owned(),
            ),
        }
    }
    if calendar.holidays.len() > OWN_DAYS || calendar.opened.len() > OWN_DAYS {
        faults.push(match lang {
            Lang::Ja => format!("閉庁日・開庁日はそれぞれ{OWN_DAYS}日までです。"),
            Lang::En => format!("At most {OWN_DAYS} days can be named."),
        });
    }
    // Thousands of wrong words are one fault to whoever reads them.
    faults.truncate(50);
    calendar
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
        let mut faults = Vec::new();
        let given = fields(&[
            ("holidays", "2026-11-24\n6/23 2027/1/4"),
            ("opened", "2026-11-03"),
            ("year_end_from", "12/28"),
            ("year_end_to", "1/4"),
        ]);
        let calendar = read(&given, &Calendar::default(), Lang::Ja, &mut faults);
        assert_eq!(faults, Vec::<String>::new());
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
        assert_eq!(read(&again, &Calendar::default(), Lang::Ja, &mut faults), calendar);
        // Nothing said, nothing changed; nothing typed, nothing closed.
        assert_eq!(read(&fields(&[]), &calendar, Lang::Ja, &mut faults), calendar);
        let open = fields(&[("year_end_from", ""), ("year_end_to", " ")]);
        assert_eq!(read(&open, &calendar, Lang::Ja, &mut faults).year_end, None);
        assert!(faults.is_empty());
        let wrong = fields(&[
            ("holidays", "13-45 abc 2026-02-30"),
            ("year_end_from", "01-03"),
            ("year_end_to", "12-29"),
        ]);
        let kept = read(&wrong, &calendar, Lang::Ja, &mut faults);
        assert_eq!((faults.len(), kept.year_end), (4, calendar.year_end), "{faults:?}");
    }
}
