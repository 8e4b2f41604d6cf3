//! Japan's public holidays by 国民の祝日に関する法律 (Act No. 178 of 1948) as amended, computed for
//! any day of 1980 to 2099.
//!
//! Fixed days and Happy Mondays stand in article 2 of the act; the day in lieu (振替休日) and the day
//! between two holidays (国民の休日) in article 3, paragraphs 2 and 3. The days moved for the Olympic
//! Games of 2020 and 2021 stand in articles 32 and 29 of the act on special measures for them (Act
//! No. 33 of 2015, as amended); the days of 1989, 1990, 1993 and 2019 in acts of their own.
//!
//! The law leaves the equinoxes to the calendar announced each February for the year after (暦要項,
//! National Astronomical Observatory). Until then, and for every year so far, the usual formula
//! gives the same days: 海上保安庁水路部 暦計算研究会編『新こよみ便利帳』(1991), valid from 1980 to 2099. A law yet to come
//! is not known here: a body enters such a day, or opens one, in its own calendar
//! ([`crate::time::Calendar`]).

use jiff::civil::{Date, Weekday};

/// The years the equinox formula holds for.
pub const YEARS: std::ops::RangeInclusive<i16> = 1980..=2099;

/// A holiday, under the name the law gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holiday {
    /// 元日
    NewYear,
    /// 成人の日
    ComingOfAge,
    /// 建国記念の日
    Foundation,
    /// 天皇誕生日
    EmperorsBirthday,
    /// 春分の日
    VernalEquinox,
    /// 昭和の日
    Showa,
    /// 憲法記念日
    Constitution,
    /// みどりの日
    Greenery,
    /// こどもの日
    Children,
    /// 海の日
    Marine,
    /// 山の日
    Mountain,
    /// 敬老の日
    RespectForTheAged,
    /// 秋分の日
    AutumnalEquinox,
    /// 体育の日, until 2019
    HealthAndSports,
    /// スポーツの日, since 2020
    Sports,
    /// 文化の日
    Culture,
    /// 勤労感謝の日
    LaborThanksgiving,
    /// 大喪の礼, 1989
    ImperialFuneral,
    /// 皇太子徳仁親王の結婚の儀, 1993
    CrownPrincesWedding,
    /// 天皇の即位の日, 2019
    Accession,
    /// 即位礼正殿の儀, 1990 and 2019
    Enthronement,
    /// 振替休日: in lieu of a holiday on a Sunday
    InLieu,
    /// 国民の休日: between two holidays
    Between,
}

impl Holiday {
    /// Its name in the law.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewYear => "元日",
            Self::ComingOfAge => "成人の日",
            Self::Foundation => "建国記念の日",
            Self::EmperorsBirthday => "天皇誕生日",
            Self::VernalEquinox => "春分の日",
            Self::Showa => "昭和の日",
            Self::Constitution => "憲法記念日",
            Self::Greenery => "みどりの日",
            Self::Children => "こどもの日",
            Self::Marine => "海の日",
            Self::Mountain => "山の日",
            Self::RespectForTheAged => "敬老の日",
            Self::AutumnalEquinox => "秋分の日",
            Self::HealthAndSports => "体育の日",
            Self::Sports => "スポーツの日",
            Self::Culture => "文化の日",
            Self::LaborThanksgiving => "勤労感謝の日",
            Self::ImperialFuneral => "大喪の礼",
            Self::CrownPrincesWedding => "結婚の儀",
            Self::Accession => "天皇の即位の日",
            Self::Enthronement => "即位礼正殿の儀",
            Self::InLieu => "振替休日",
            Self::Between => "国民の休日",
        }
    }

    /// The same in English.
    pub fn english(self) -> &'static str {
        match self {
            Self::NewYear => "New Year's Day",
            Self::ComingOfAge => "Coming of Age Day",
            Self::Foundation => "National Foundation Day",
            Self::EmperorsBirthday => "The Emperor's Birthday",
            Self::VernalEquinox => "Vernal Equinox Day",
            Self::Showa => "Showa Day",
            Self::Constitution => "Constitution Memorial Day",
            Self::Greenery => "Greenery Day",
            Self::Children => "Children's Day",
            Self::Marine => "Marine Day",
            Self::Mountain => "Mountain Day",
            Self::RespectForTheAged => "Respect for the Aged Day",
            Self::AutumnalEquinox => "Autumnal Equinox Day",
            Self::HealthAndSports => "Health and Sports Day",
            Self::Sports => "Sports Day",
            Self::Culture => "Culture Day",
            Self::LaborThanksgiving => "Labor Thanksgiving Day",
            Self::ImperialFuneral => "The imperial funeral",
            Self::CrownPrincesWedding => "The Crown Prince's wedding",
            Self::Accession => "The Emperor's accession",
            Self::Enthronement => "The enthronement",
            Self::InLieu => "Holiday in lieu",
            Self::Between => "Holiday between two others",
        }
    }
}

/// The holiday `day` is, if it is one; none outside [`YEARS`].
pub fn holiday(day: Date) -> Option<Holiday> {
    named(day).or_else(|| {
        if in_lieu(day) { Some(Holiday::InLieu) } else { between(day).then_some(Holiday::Between) }
    })
}

/// 国民の祝日: the days of article 2, and those a law of its own made one.
fn named(day: Date) -> Option<Holiday> {
    use Holiday::*;
    let (year, month, date) = (day.year(), day.month(), day.day());
    if !YEARS.contains(&year) {
        return None;
    }
    if let Some(once) = once(year, month, date) {
        return once;
    }
    let monday = |nth: i8| day.weekday() == Weekday::Monday && (date - 1) / 7 + 1 == nth;
    match (month, date) {
        (1, 1) => Some(NewYear),
        (1, 15) if year < 2000 => Some(ComingOfAge),
        (1, _) if year >= 2000 && monday(2) => Some(ComingOfAge),
        (2, 11) => Some(Foundation),
        (2, 23) if year >= 2020 => Some(EmperorsBirthday),
        (3, _) if date == vernal(year) => Some(VernalEquinox),
        (4, 29) => Some(match year {
            ..1989 => EmperorsBirthday,
            1989..2007 => Greenery,
            2007.. => Showa,
        }),
        (5, 3) => Some(Constitution),
        (5, 4) if year >= 2007 => Some(Greenery),
        (5, 5) => Some(Children),
        (7, 20) if (1996..2003).contains(&year) => Some(Marine),
        (7, _) if year >= 2003 && monday(3) => Some(Marine),
        (8, 11) if year >= 2016 => Some(Mountain),
        (9, 15) if year < 2003 => Some(RespectForTheAged),
        (9, _) if year >= 2003 && monday(3) => Some(RespectForTheAged),
        (9, _) if date == autumnal(year) => Some(AutumnalEquinox),
        (10, 10) if year < 2000 => Some(HealthAndSports),
        (10, _) if (2000..2020).contains(&year) && monday(2) => Some(HealthAndSports),
        (10, _) if year >= 2020 && monday(2) => Some(Sports),
        (11, 3) => Some(Culture),
        (11, 23) => Some(LaborThanksgiving),
        (12, 23) if (1989..2019).contains(&year) => Some(EmperorsBirthday),
        _ => None,
    }
}

/// What a year had of its own: a holiday on a day that has none otherwise, or `Some(None)` where
/// one was moved away.
fn once(year: i16, month: i8, date: i8) -> Option<Option<Holiday>> {
    use Holiday::*;
    let found = match (year, month, date) {
        (1989, 2, 24) => Some(ImperialFuneral),
        (1990, 11, 12) | (2019, 10, 22) => Some(Enthronement),
        (1993, 6, 9) => Some(CrownPrincesWedding),
        (2019, 5, 1) => Some(Accession),
        (2020, 7, 23) | (2021, 7, 22) => Some(Marine),
        (2020, 7, 24) | (2021, 7, 23) => Some(Sports),
        (2020, 8, 10) | (2021, 8, 8) => Some(Mountain),
        // Their ordinary days of those two years: third Monday of July, 11 August, second Monday of
        // October.
        (2020, 7, 20) | (2021, 7, 19) | (2020 | 2021, 8, 11) | (2020, 10, 12) | (2021, 10, 11) => {
            None
        }
        _ => return None,
    };
    Some(found)
}

/// Article 3, paragraph 2: a holiday on a Sunday gives the next day that is none (until 2006: the
/// Monday).
fn in_lieu(day: Date) -> bool {
    if named(day).is_some() {
        return false;
    }
    let mut at = day;
    while let Ok(before) = at.yesterday() {
        if named(before).is_none() {
            return false;
        }
        if before.weekday() == Weekday::Sunday {
            return day.year() >= 2007 || at == day;
        }
        at = before;
    }
    false
}

/// Article 3, paragraph 3, in force since the end of 1985: a day between two holidays, unless it is
/// a Sunday (which needs none).
fn between(day: Date) -> bool {
    let beside = |other: Result<Date, jiff::Error>| other.is_ok_and(|other| named(other).is_some());
    day.year() >= 1986
        && day.weekday() != Weekday::Sunday
        && beside(day.yesterday())
        && beside(day.tomorrow())
}

/// The day of March on which spring begins.
fn vernal(year: i16) -> i8 {
    equinox(208_431, year)
}

/// The day of September on which autumn begins.
fn autumnal(year: i16) -> i8 {
    equinox(232_488, year)
}

/// ⌊base + 0.242194 × (year − 1980)⌋ − ⌊(year − 1980) / 4⌋, `base` in ten-thousandths of a day.
fn equinox(base: i32, year: i16) -> i8 {
    let since = i32::from(year) - 1980;
    i8::try_from((base * 100 + 242_194 * since) / 1_000_000 - since / 4).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Holidays as the Cabinet Office announced them (内閣府「国民の祝日」について), a line a year:
    /// `month/day name`.
    const ANNOUNCED: &str = include_str!("../testdata/holidays.txt");

    fn of(year: i16) -> BTreeMap<(i8, i8), Holiday> {
        let days = std::iter::successors(Some(date(year, 1, 1)), |day| day.tomorrow().ok())
            .take_while(|day| day.year() == year);
        days.filter_map(|day| Some(((day.month(), day.day()), holiday(day)?))).collect()
    }

    #[test]
    fn every_announced_year_comes_out_day_by_day_and_name_by_name() {
        let mut years = 0;
        for line in ANNOUNCED.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let year: i16 = words.next().unwrap().parse().unwrap();
            let announced: Vec<String> = words.map(str::to_owned).collect();
            let computed: Vec<String> = of(year)
                .iter()
                .map(|((m, d), holiday)| format!("{m}/{d}{}", holiday.name()))
                .collect();
            assert_eq!(computed, announced, "{year}");
            years += 1;
        }
        assert!(years >= 12);
    }

    #[test]
    fn there_is_none_where_the_formula_does_not_hold() {
        assert_eq!(holiday(date(1979, 11, 3)), None);
        assert_eq!(holiday(date(2100, 1, 1)), None);
        assert_eq!(holiday(date(2099, 11, 3)), Some(Holiday::Culture));
        assert_eq!(holiday(Date::MIN), None);
        assert_eq!(holiday(Date::MAX), None);
    }

    proptest! {
        #[test]
        fn no_sunday_holiday_goes_unmade_good_and_none_is_made_good_twice(year in 2007i16..=2099) {
            let all = of(year);
            let sundays = all.keys().filter(
                |(m, d)| date(year, *m, *d).weekday() == Weekday::Sunday).count();
            let lieu = all.values().filter(|one| **one == Holiday::InLieu).count();
            // A Sunday holiday on 31 December would be made good next year: there is none.
            prop_assert_eq!(sundays, lieu);
            // Sixteen days by article 2 since 2016; 2019 had no birthday of an emperor and two days
            // of its own.
            let named = all.values().filter(
                |one| !matches!(one, Holiday::InLieu | Holiday::Between)).count();
            let expected = match year { ..2016 => 15, 2019 => 17, 2016.. => 16 };
            prop_assert_eq!(named, expected);
        }

        #[test]
        fn an_equinox_is_where_the_sky_has_it(year in 1980i16..=2099) {
            prop_assert!((19..=21).contains(&vernal(year)));
            prop_assert!((22..=24).contains(&autumnal(year)));
        }
    }
}
