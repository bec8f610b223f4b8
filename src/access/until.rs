//! How long a token lasts, as people write it.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// The moment that a text means: so many hours, days or weeks from now, or where a day begins, in UTC.
pub fn until(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let expected = || format!("expected a time such as 12h, 90d or 8w, or a day such as 2027-01-01, found \"{text}\"");
    let day = text.parse::<Date>().is_ok().then(|| format!("{text}T00:00:00Z"));
    let at = match day {
        Some(day) => day.parse().map_err(|_| expected())?,
        None => {
            let (count, hours) = [('h', 1), ('d', 24), ('w', 7 * 24)]
                .into_iter()
                .find_map(|(unit, hours)| Some((text.strip_suffix(unit)?, hours)))
                .ok_or_else(expected)?;
            let count: u32 = count.parse().map_err(|_| expected())?;
            now.checked_add(SignedDuration::from_hours(i64::from(count) * hours)).map_err(|_| expected())?
        }
    };
    if at <= now {
        return Err(format!("\"{text}\" is over already"));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_days_are_read_and_what_is_over_is_refused() {
        let now: Timestamp = "2026-08-01T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("12h", "2026-08-02T00:00:00Z"),
            ("90d", "2026-10-30T12:00:00Z"),
            ("1w", "2026-08-08T12:00:00Z"),
            ("2027-01-01", "2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(until(text, now), Ok(expected.parse().unwrap()), "{text}");
        }
        for (text, told) in [
            ("2026-08-01", "over already"),
            ("0d", "over already"),
            ("90", "expected a time"),
            ("-1d", "expected a time"),
            ("4294967295w", "expected a time"),
            ("d", "expected a time"),
            ("2027-02-30", "expected a time"),
            ("", "expected a time"),
            ("九十d", "expected a time"),
        ] {
            assert!(until(text, now).unwrap_err().contains(told), "{text}: {:?}", until(text, now));
        }
    }
}
