//! Whether a pairing is in force on a day.

use jiff::civil::Date;

use crate::model::date::PartialDate;
use crate::model::id::IdRef;
use crate::model::kinds::{PAIRING, PROGRAMME};
use crate::model::value::{Leaf, date_at};
use crate::query::arguments::Arguments;
use crate::query::error::FieldError;
use crate::query::object::Resolved;
use crate::query::scope::Scope;
use crate::store::Stored;

const ROUND: usize = PAIRING.slot_of("round");
const SINCE: usize = PAIRING.slot_of("since");
const UNTIL: usize = PAIRING.slot_of("until");
const LAST_SEEN: usize = PAIRING.slot_of("lastSeen");
const PROGRAMME_START: usize = PROGRAMME.slot_of("start");
const PROGRAMME_END: usize = PROGRAMME.slot_of("end");

/// `inForce(on:)`.
pub fn in_force<'a>(
    scope: &'a Scope,
    pairing: &'a Stored<'a>,
    arguments: &Arguments,
) -> Result<Resolved<'a>, FieldError> {
    let on = arguments.day("on")?.unwrap_or(scope.today);
    let standing = in_force_on(scope, pairing, on)?;
    rest_on_round(scope, pairing, standing);
    Ok(Resolved::Leaf(Leaf::Name(standing)))
}

/// Notes that the answer rests on the round of a pairing, where the pairing's own dates leave open how it stands.
pub fn rest_on_round(scope: &Scope, pairing: &Stored<'_>, standing: &str) {
    if let (true, Some(round)) = (standing != "CERTAIN", IdRef::from_bytes(pairing.row().slot(ROUND))) {
        scope.trace.rest_on(round);
    }
}

/// Whether a pairing is in force on a day: a name of `InForce`.
pub fn in_force_on(scope: &Scope, pairing: &Stored<'_>, on: Date) -> Result<&'static str, FieldError> {
    let row = pairing.row();
    let round = match IdRef::from_bytes(row.slot(ROUND)) {
        Some(round) => Some(scope.referred(round)?),
        None => None,
    };
    let of_round = |slot| round.as_ref().and_then(|round| date_at(round.row(), slot));
    let known = Known {
        since: date_at(row, SINCE),
        until: date_at(row, UNTIL),
        last_seen: date_at(row, LAST_SEEN),
        has_round: round.is_some(),
        round_start: of_round(PROGRAMME_START),
        round_end: of_round(PROGRAMME_END),
    };
    Ok(known.on(on))
}

/// What is known of a pairing's time.
#[derive(Debug, Default, Clone, Copy)]
struct Known {
    since: Option<PartialDate>,
    until: Option<PartialDate>,
    last_seen: Option<PartialDate>,
    has_round: bool,
    round_start: Option<PartialDate>,
    round_end: Option<PartialDate>,
}

impl Known {
    /// A date of a year or a month can be read as any day of it. A day is certain if it is so on every reading, and presumed
    /// if it is so on one.
    fn on(self, on: Date) -> &'static str {
        let shown = |date: fn(PartialDate) -> Date| self.until.map(date).max(self.last_seen.map(date));
        let certain = self.since.is_some_and(|since| since.latest() <= on)
            && shown(PartialDate::earliest).is_some_and(|shown_to| on <= shown_to);
        if certain {
            return "CERTAIN";
        }
        // A source that shows it before its round began knows better than the round.
        let presumed = || self.round_start.into_iter().chain(self.last_seen).map(PartialDate::earliest).min();
        let start = self.since.map(PartialDate::earliest).or_else(presumed);
        let end = match (self.until, self.has_round, self.round_end) {
            // A stated end ends it, whatever its round; without a round there is nothing to presume by.
            (Some(_), _, _) | (None, false, _) => shown(PartialDate::latest),
            (None, true, Some(end)) => Some(end.latest()).max(shown(PartialDate::latest)),
            // The round has no known end: presumed on, never certain.
            (None, true, None) => Some(Date::MAX),
        };
        match (start, end) {
            (Some(start), Some(end)) if start <= on && on <= end => "PRESUMED",
            _ => "OUT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(since: &str, until: &str, last_seen: &str, round: Option<(&str, &str)>) -> Known {
        let date = |text: &str| (!text.is_empty()).then(|| PartialDate::parse(text).unwrap());
        Known {
            since: date(since),
            until: date(until),
            last_seen: date(last_seen),
            has_round: round.is_some(),
            round_start: round.and_then(|(start, _)| date(start)),
            round_end: round.and_then(|(_, end)| date(end)),
        }
    }

    #[test]
    fn each_way_of_knowing_a_pairings_time() {
        let round = Some(("2016-12", "2021-04"));
        let open = Some(("2021-04", ""));
        for (known, on, expected) in [
            (known("2016-12", "", "2019-08-22", round), "2016-11-30", "OUT"),
            (known("2016-12", "", "2019-08-22", round), "2016-12-15", "PRESUMED"),
            (known("2016-12", "", "2019-08-22", round), "2016-12-31", "CERTAIN"),
            (known("2016-12", "", "2019-08-22", round), "2019-08-22", "CERTAIN"),
            (known("2016-12", "", "2019-08-22", round), "2019-08-23", "PRESUMED"),
            (known("2016-12", "", "2019-08-22", round), "2021-04-30", "PRESUMED"),
            (known("2016-12", "", "2019-08-22", round), "2021-05-01", "OUT"),
            // The end was stated, so the round does not prolong it; the last sight can.
            (known("2001", "2010-06", "", Some(("2001", "2010"))), "2010-07-01", "OUT"),
            (known("2001", "2010-06", "2012-01-01", Some(("2001", "2010"))), "2011-06-01", "CERTAIN"),
            (known("2022-05", "2030", "", open), "2029-12-31", "CERTAIN"),
            (known("2022-05", "2030", "", open), "2030-06-01", "PRESUMED"),
            // Since when is unknown: presumed from the round's start, never certain.
            (known("", "", "2020-09-29", Some(("2016", "2020"))), "2015-12-31", "OUT"),
            (known("", "", "2020-09-29", Some(("2016", "2020"))), "2020-09-29", "PRESUMED"),
            (known("", "", "2020-09-29", Some(("2016", "2020"))), "2021-01-01", "OUT"),
            (known("", "", "2022", Some(("", ""))), "2021-12-31", "OUT"),
            (known("", "", "2022", Some(("", ""))), "2022-02-02", "PRESUMED"),
            // A missing end is not still in force: certainty ends with the last sight.
            (known("2021-04", "", "2021-05-01", open), "2022-06-01", "PRESUMED"),
            (known("2001", "", "2010", Some(("2001", "2010"))), "2022-06-01", "OUT"),
            (known("", "", "2015-05-05", Some(("2016", "2020"))), "2015-05-05", "PRESUMED"),
            (known("2016", "", "", None), "2018-01-01", "OUT"),
            (known("", "", "", None), "2018-01-01", "OUT"),
        ] {
            assert_eq!(known.on(on.parse().unwrap()), expected, "{known:?} on {on}");
        }
    }
}
