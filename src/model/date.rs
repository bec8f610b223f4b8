//! Dates as precise as their source: EDTF (ISO 8601-2) level 0, with `~` for approximate.

use std::fmt;

use jiff::civil::Date as Day;

/// `2016`, `2016-09` or `2020-09-07`, each perhaps followed by `~`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PartialDate {
    year: i16,
    /// 0 where the source gives none.
    month: i8,
    /// 0 where the source gives none.
    day: i8,
    approximate: bool,
}

/// Why a text is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found \"{found}\"")]
pub struct DateError {
    expected: &'static str,
    found: String,
}

const PARTIAL: &str =
    "a date such as 2016, 2016-09 or 2020-09-07, in the years 0001 to 9999, with ~ behind it if approximate";
const WHOLE: &str = "a day such as 2020-09-07, in the years 0001 to 9999";

impl PartialDate {
    /// Reads a date of any precision.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        Self::read(text).ok_or_else(|| DateError { expected: PARTIAL, found: text.chars().take(40).collect() })
    }

    /// Reads a whole day.
    pub fn parse_day(text: &str) -> Result<Self, DateError> {
        match Self::read(text) {
            Some(date) if date.day != 0 && !date.approximate => Ok(date),
            _ => Err(DateError { expected: WHOLE, found: text.chars().take(40).collect() }),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (plain, approximate) = match text.strip_suffix('~') {
            Some(plain) => (plain, true),
            None => (text, false),
        };
        let number = |part: &str, digits: usize| {
            (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<i16>().ok())
                .flatten()
        };
        let mut parts = plain.split('-');
        let year = number(parts.next()?, 4).filter(|year| *year > 0)?;
        let month = parts
            .next()
            .map(|part| number(part, 2).filter(|month| (1..=12).contains(month)).ok_or(()))
            .transpose()
            .ok()?;
        let day = parts.next().map(|part| number(part, 2).filter(|day| *day > 0).ok_or(())).transpose().ok()?;
        if parts.next().is_some() {
            return None;
        }
        let date = Self { year, month: month.unwrap_or(0) as i8, day: day.unwrap_or(0) as i8, approximate };
        (date.day == 0 || Day::new(date.year, date.month, date.day).is_ok()).then_some(date)
    }

    /// The year of a date, as an approximate one.
    pub fn about_its_year(self) -> Self {
        Self { month: 0, day: 0, approximate: true, ..self }
    }

    /// Whether it is approximate.
    pub fn is_approximate(self) -> bool {
        self.approximate
    }

    /// The first day that it can mean.
    pub fn earliest(self) -> Day {
        Day::constant(self.year, self.month.max(1), self.day.max(1))
    }

    /// The last day that it can mean.
    pub fn latest(self) -> Day {
        let last_month = Day::constant(self.year, if self.month == 0 { 12 } else { self.month }, 1);
        if self.day == 0 { last_month.last_of_month() } else { self.earliest() }
    }

    /// Bytes that compare by the first day, then by the last: the key of an index over dates.
    pub fn sort_key(self) -> [u8; 8] {
        let mut key = [0; 8];
        for (place, day) in [self.earliest(), self.latest()].into_iter().enumerate() {
            let at = place * 4;
            key[at..at + 2].copy_from_slice(&(day.year() as u16).to_be_bytes());
            key[at + 2] = day.month() as u8;
            key[at + 3] = day.day() as u8;
        }
        key
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if self.month != 0 {
            write!(f, "-{:02}", self.month)?;
        }
        if self.day != 0 {
            write!(f, "-{:02}", self.day)?;
        }
        f.write_str(if self.approximate { "~" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_and_latest_day_follow_from_the_precision() {
        for (text, earliest, latest) in [
            ("2016", "2016-01-01", "2016-12-31"),
            ("2016-09", "2016-09-01", "2016-09-30"),
            ("2020-02", "2020-02-01", "2020-02-29"),
            ("2020-09-07", "2020-09-07", "2020-09-07"),
            ("2020-09-30~", "2020-09-30", "2020-09-30"),
        ] {
            let date = PartialDate::parse(text).unwrap();
            assert_eq!((date.earliest().to_string().as_str(), date.latest().to_string().as_str()), (earliest, latest));
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "0000",
            "16",
            "2016-13",
            "2016-00",
            "2016-9",
            "2019-02-29",
            "2016-09-31",
            "2016-09-01-",
            "2016/09",
            "２０１６",
            "2016-",
            "2016年",
            "-2016",
            "2016-09-00",
            "2016~~",
        ] {
            assert!(PartialDate::parse(text).is_err(), "{text}");
        }
        assert!(PartialDate::parse_day("2016").is_err());
        assert!(PartialDate::parse_day("2016-01-01~").is_err());
    }
}
