//! How sure it is that a name means a region, beside the others that it may mean.

use super::resolve::Meant;
use crate::model::id::Id;

/// Puts what is meant in order, and makes of how well each fits how sure it is. Those that fit best take of the whole what they
/// fit by, those that fit next take that of what is left, and so on: so all together are no surer than 1. Several that fit
/// alike share: one of a higher level is the likelier to be meant.
pub fn shared(mut meant: Vec<Meant>) -> Vec<Meant> {
    meant.sort_by(|left, right| right.confidence.total_cmp(&left.confidence).then_with(|| left.id.cmp(&right.id)));
    let weight = |id: &Id| 0.25f64.powi(i32::from(id.tag));
    let alike = |one: &Meant, other: &Meant| (one.confidence - other.confidence).abs() < 1e-9;
    let several = meant.first().zip(meant.last()).is_some_and(|(first, last)| !alike(first, last));
    // What fits worse is no surer than any of those that share.
    let (mut left, mut most) = (1.0, 1.0f64);
    for alike in meant.chunk_by_mut(alike) {
        let all: f64 = alike.iter().map(|one| weight(&one.id)).sum();
        // Something is left for what is only like a whole name.
        let fit = alike.iter().map(|one| one.confidence).fold(0.0, f64::max).min(if several { ALMOST } else { 1.0 });
        for one in alike {
            most = most.min(rounded_down(left * fit * weight(&one.id) / all));
            one.confidence = most;
        }
        left *= 1.0 - fit;
    }
    meant.retain(|one| one.confidence > 0.0);
    meant
}

/// How sure a whole name is, where others are like it.
const ALMOST: f64 = 0.99;

/// To four places, and never up: else thirds would add up to more than 1.
fn rounded_down(confidence: f64) -> f64 {
    (confidence * 1e4 + 1e-6).floor() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_alike_shares_and_all_together_are_no_surer_than_one() {
        let share = |fits: &[(u8, f64)]| -> Vec<f64> {
            let meant = |(at, (tag, fit)): (usize, &(u8, f64))| {
                let id = Id { tag: *tag, key: format!("{at:03}").into() };
                Meant { id, confidence: *fit, field: "name", doubt: None }
            };
            let found = shared(fits.iter().enumerate().map(meant).collect());
            let all: f64 = found.iter().map(|one| one.confidence).sum();
            assert!(
                all <= 1.0 + 1e-9 && found.is_sorted_by(|one, next| one.confidence >= next.confidence),
                "{found:?}"
            );
            found.iter().map(|one| one.confidence).collect()
        };
        assert_eq!(share(&[(2, 1.0)]), [1.0]);
        assert_eq!(share(&[(2, 0.95)]), [0.95]);
        assert_eq!(share(&[(3, 1.0), (3, 1.0)]), [0.5, 0.5]);
        assert_eq!(share(&[(1, 0.95), (2, 0.95)]), [0.76, 0.19]);
        assert_eq!(share(&[(1, 0.6), (2, 1.0)]), [0.99, 0.006]);
        assert_eq!(share(&[(3, 1.0), (3, 1.0), (3, 1.0)]), [0.3333, 0.3333, 0.3333]);
        assert_eq!(share(&vec![(5, 1.0); 500]).len(), 500);
        // One that fits worse is no surer than each of many that share.
        assert_eq!(share(&[&[(5, 1.0); 500][..], &[(1, 0.9)]].concat())[499..], [0.0019, 0.0019]);
    }
}
