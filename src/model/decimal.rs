//! Exact decimals. A figure is never a float.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// An exact decimal of up to 28 digits, kept as it compares: `12.30` is `12.3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(rust_decimal::Decimal);

/// The first whole number of 29 digits.
const MOST: u128 = 10u128.pow(28);

/// Why a text is no decimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a decimal of up to 28 digits such as 126000000 or -0.5, without exponent or separators, found \"{0}\""
)]
pub struct DecimalError(String);

impl Decimal {
    /// Reads plain digits with at most one sign and one point.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let error = || DecimalError(text.chars().take(80).collect());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || digits.len() > 64 {
            return Err(error());
        }
        let exact = rust_decimal::Decimal::from_str_exact(text).map_err(|_| error())?;
        let exact = exact.normalize();
        if exact.mantissa().unsigned_abs() < MOST { Ok(Self(exact)) } else { Err(error()) }
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }

    /// The sum, or nothing where it has more digits than a decimal holds.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let sum = self.0.checked_add(other.0)?;
        // The library rounds what does not fit; a sum that gives back both its parts was not rounded.
        let exact = sum.checked_sub(other.0) == Some(self.0) && sum.checked_sub(self.0) == Some(other.0);
        (exact && sum.mantissa().unsigned_abs() < MOST).then(|| Self(sum.normalize()))
    }

    /// What it is ten to the power of `-scale` times, and the scale; without zeros behind its last digit.
    fn parts(self) -> (i128, u32) {
        let normal = self.0.normalize();
        (normal.mantissa(), normal.scale())
    }

    /// Ten to a power times it, or nothing where that has more digits than a decimal holds. Never rounded.
    pub fn times_ten_to(self, power: i32) -> Option<Self> {
        let scale = self.0.scale() as i32 - power;
        let mut mantissa = self.0.mantissa();
        if scale < 0 {
            mantissa = mantissa.checked_mul(10i128.checked_pow(scale.unsigned_abs())?)?;
        }
        if mantissa.unsigned_abs() >= MOST {
            return None;
        }
        let exact = rust_decimal::Decimal::try_from_i128_with_scale(mantissa, scale.max(0) as u32).ok()?;
        Some(Self(exact.normalize()))
    }

    /// A share of so many, rounded half to even at six places; nothing for none.
    pub fn divided_by(self, count: u64) -> Option<Self> {
        let share = self.0.checked_div(rust_decimal::Decimal::from(count))?;
        Some(Self(share.round_dp(6).normalize()))
    }

    /// The ends of what rounds to it at its last digit that is not zero: 12000 is 11500 to 12500. A zero's digit is that of
    /// the ones. What has no room for one more digit stands for itself.
    pub fn rounded_from(self) -> (Self, Self) {
        let (mut mantissa, mut unit) = (self.0.mantissa(), 1i128);
        while mantissa != 0 && mantissa % 10 == 0 {
            (mantissa, unit) = (mantissa / 10, unit * 10);
        }
        let ends = || {
            let half = rust_decimal::Decimal::try_from_i128_with_scale(unit * 5, self.0.scale() + 1).ok()?;
            Some((self.checked_add(Self(-half))?, self.checked_add(Self(half))?))
        };
        ends().unwrap_or((self, self))
    }

    /// Bytes that compare as the decimals do: the key of an index over them.
    pub fn sort_key(self) -> [u8; 33] {
        // The value times 10^28 fits 192 bits; its sign bit flipped, big-endian two's complement compares by value.
        let scale = 28 - self.0.scale();
        let mut wide = [0u64; 4];
        wide[0] = self.0.mantissa().unsigned_abs() as u64;
        wide[1] = (self.0.mantissa().unsigned_abs() >> 64) as u64;
        for _ in 0..scale {
            let mut carry = 0u128;
            for limb in &mut wide {
                let product = u128::from(*limb) * 10 + carry;
                *limb = product as u64;
                carry = product >> 64;
            }
        }
        let negative = self.is_negative();
        let mut key = [0u8; 33];
        key[0] = u8::from(!negative);
        for (place, limb) in wide.iter().rev().enumerate() {
            let limb = if negative { !*limb } else { *limb };
            key[1 + place * 8..9 + place * 8].copy_from_slice(&limb.to_be_bytes());
        }
        key
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Decimals that are added up, in any order: only what it all comes to has to fit.
#[derive(Debug, Clone, Default)]
pub struct Adding {
    /// What those of each scale come to, as whole numbers.
    by_scale: BTreeMap<u32, i128>,
    /// A billion of the largest decimals were not enough.
    overflow: bool,
}

impl Adding {
    /// Adds one.
    pub fn add(&mut self, decimal: Decimal) {
        let (number, scale) = decimal.parts();
        let sum = self.by_scale.entry(scale).or_default();
        match sum.checked_add(number) {
            Some(more) => *sum = more,
            None => self.overflow = true,
        }
    }

    /// What they come to; nothing where there is none, or where that has more digits than a decimal holds.
    pub fn total(&self) -> Option<Decimal> {
        let (mut total, mut at) = (0i128, 0u32);
        for (scale, number) in self.by_scale.iter().filter(|_| !self.overflow) {
            total = total.checked_mul(10i128.checked_pow(scale - at)?)?.checked_add(*number)?;
            at = *scale;
        }
        let is_whole = |total: i128, at: u32| at > 0 && total % 10 == 0;
        while is_whole(total, at) {
            (total, at) = (total / 10, at - 1);
        }
        let fits = !self.by_scale.is_empty() && !self.overflow && total.unsigned_abs() < MOST;
        if !fits {
            return None;
        }
        rust_decimal::Decimal::try_from_i128_with_scale(total, at).ok().map(Decimal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_exactly_and_refuses_what_is_not_plain() {
        for (text, written) in [
            ("126000000", "126000000"),
            ("0.10", "0.1"),
            ("-12.50", "-12.5"),
            ("007", "7"),
            ("-0", "0"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
        ] {
            assert_eq!(Decimal::parse(text).map(|decimal| decimal.to_string()), Ok(written.to_owned()), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e6",
            "1,000",
            "+1",
            "１",
            "1.26亿",
            "1_000",
            "1.2.3",
            "0.00000000000000000000000000001",
            "99999999999999999999999999999999",
            "10000000000000000000000000000",
        ] {
            assert!(Decimal::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sum_is_exact_or_none() {
        let add = |left: &str, right: &str| {
            Decimal::parse(left).unwrap().checked_add(Decimal::parse(right).unwrap()).map(|sum| sum.to_string())
        };
        assert_eq!(add("0.1", "0.2"), Some("0.3".to_owned()));
        assert_eq!(add("1.50", "-1.5"), Some("0".to_owned()));
        assert_eq!(add("9999999999999999999999999999", "0.55"), None);
        assert_eq!(add("9999999999999999999999999999", "1"), None);
    }

    #[test]
    fn a_power_of_ten_is_exact_or_none() {
        let times = |text: &str, power| Decimal::parse(text).unwrap().times_ten_to(power).map(|it| it.to_string());
        assert_eq!(times("1.26", 8), Some("126000000".to_owned()));
        assert_eq!(times("1.2605", 2), Some("126.05".to_owned()));
        assert_eq!(times("126", -4), Some("0.0126".to_owned()));
        assert_eq!(times("0", 28), Some("0".to_owned()));
        assert_eq!(times("-3", 27), Some(format!("-3{}", "0".repeat(27))));
        assert_eq!(times("3", 28), None);
        assert_eq!(times("3", -29), None);
    }

    #[test]
    fn sort_keys_compare_as_the_values_do() {
        let texts = [
            "-9999999999999999999999999999",
            "-300000000",
            "-2.5",
            "-2.05",
            "-0.0001",
            "0",
            "0.0001",
            "1",
            "1.5",
            "10",
            "142380000",
            "300000000",
            "9999999999999999999999999999",
        ];
        let values: Vec<_> = texts.iter().map(|text| Decimal::parse(text).unwrap()).collect();
        for pair in values.windows(2) {
            assert!(pair[0] < pair[1]);
            assert!(pair[0].sort_key() < pair[1].sort_key(), "{} {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn what_is_added_up_has_to_fit_in_the_end_alone() {
        let total = |texts: &[&str]| {
            let mut adding = Adding::default();
            texts.iter().for_each(|text| adding.add(Decimal::parse(text).unwrap()));
            adding.total().map(|total| total.to_string())
        };
        assert_eq!(total(&[]), None);
        assert_eq!(total(&["1.5", "-0.5"]), Some("1".to_owned()));
        let large = "9999999999999999999999999999";
        // On the way there are 29 digits.
        assert_eq!(total(&[large, "1", "-1"]), Some(large.to_owned()));
        assert_eq!(total(&["0.5", large, "-0.5"]), Some(large.to_owned()));
        assert_eq!(total(&[large, "1"]), None);
        assert_eq!(total(&[large, "0.5"]), None);
    }
}
