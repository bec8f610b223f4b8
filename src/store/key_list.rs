//! Keys in order, each as its difference to the one before: a number's digits after those before it where both are numbers of one
//! length, as codes of regions are, or the text that differs.

/// A key that is a number: its value and how many digits it has.
fn number(key: &str) -> Option<(u64, usize)> {
    let digits = (1..=18).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Some((key.parse().ok()?, key.len())) } else { None }
}

/// Keys in order: the first is not in it.
pub fn encode(keys: &[&str]) -> Vec<u8> {
    let mut list = Vec::with_capacity(keys.len() * 4);
    keys.windows(2).for_each(|pair| push_following(&mut list, pair[0], pair[1]));
    list
}

/// Adds the difference of a key to the one before.
pub fn push_following(list: &mut Vec<u8>, before: &str, after: &str) {
    match (number(before), number(after)) {
        (Some((before, length)), Some((after, same))) if length == same && after > before => {
            varint(list, (after - before) << 1);
        }
        _ => {
            let shared = before.bytes().zip(after.bytes()).take_while(|(left, right)| left == right).count();
            varint(list, (shared as u64) << 1 | 1);
            varint(list, (after.len() - shared) as u64);
            list.extend_from_slice(&after.as_bytes()[shared..]);
        }
    }
}

/// The keys behind the first, and it, in order. A damaged list ends where it makes no sense.
pub fn decode<'l>(first: &str, list: &'l [u8]) -> impl Iterator<Item = String> + use<'l> {
    let mut rest = list;
    let mut key = first.to_owned();
    let mut more = true;
    std::iter::from_fn(move || {
        if !more {
            return None;
        }
        let found = key.clone();
        more = to_following(&mut key, &mut rest).is_some();
        Some(found)
    })
}

/// Makes a key the one that follows it, if there is one.
pub fn to_following(key: &mut String, rest: &mut &[u8]) -> Option<()> {
    let head = read_varint(rest)?;
    if head & 1 == 0 {
        return add(key, head >> 1);
    }
    let shared = key.as_bytes().get(..usize::try_from(head >> 1).ok()?)?;
    let length = usize::try_from(read_varint(rest)?).ok()?;
    let (own, others) = rest.split_at_checked(length)?;
    *rest = others;
    *key = String::from_utf8([shared, own].concat()).ok()?;
    Some(())
}

/// Adds to a key that is a number, digit by digit from its end: lists are long, and most steps in them are short. Nothing where
/// it is none, or would have more digits.
fn add(key: &mut String, mut more: u64) -> Option<()> {
    let mut digits = std::mem::take(key).into_bytes();
    for digit in digits.iter_mut().rev() {
        if more == 0 {
            break;
        }
        let sum = u64::from(digit.checked_sub(b'0').filter(|value| *value < 10)?) + more % 10;
        *digit = b'0' + (sum % 10) as u8;
        more = more / 10 + sum / 10;
    }
    *key = String::from_utf8(digits).ok().filter(|_| more == 0)?;
    Some(())
}

/// Adds a number, the smaller the shorter.
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes such a number.
#[inline]
pub fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    // Most have one byte.
    if let Some((byte, others)) = rest.split_first()
        && *byte < 0x80
    {
        *rest = others;
        return Some(u64::from(*byte));
    }
    read_long(rest)
}

fn read_long(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, others) = rest.split_first()?;
        *rest = others;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_added_to_digit_by_digit() {
        for (key, more, expected) in [
            ("007", 5, Some("012")),
            ("110101999999", 1, Some("110102000000")),
            ("99", 1, None),
            ("09", 90, Some("99")),
            ("a9", 1, None),
            ("000000000000000001", 999_999_999_999_999_998, Some("999999999999999999")),
            ("1", u64::MAX, None),
        ] {
            let mut added = key.to_owned();
            let result = add(&mut added, more).map(|()| added.as_str());
            assert_eq!(result, expected, "{key} and {more}");
        }
    }

    #[test]
    fn a_list_gives_back_its_keys() {
        for keys in [
            vec!["442000"],
            vec!["110101001001", "110101001002", "659012503999"],
            vec!["a", "ab", "b", "zhongshan-zhaoqing", "zhongshan-zhaotong"],
            vec!["001", "002", "1000", "9", "99"],
            vec!["f002", "f010", "seed-article"],
        ] {
            let list = encode(&keys);
            assert_eq!(decode(keys[0], &list).collect::<Vec<_>>(), keys);
            for cut in 0..list.len() {
                assert!(decode(keys[0], &list[..cut]).count() <= keys.len());
            }
        }
    }
}
