//! The bytes of a record: a table of offsets, then the values, so that one field is read without decoding the rest.
//!
//! ```text
//! row   = count:u8 wide:u8 end[count] value…      (slot i is value i; an empty value is null)
//! list  = count:u32 wide:u8 end[count] item…
//! ```
//! Ends are `u16`, or `u32` where `wide` is 1, counted from the first value's first byte. Slots are only ever appended to
//! a kind, so a row written by an older binary reads as one whose newer slots are null.

/// One row, or one struct inside a row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a>(Packed<'a>);

/// A list of values inside a row.
#[derive(Clone, Copy, Debug)]
pub struct List<'a>(Packed<'a>);

#[derive(Clone, Copy, Debug)]
struct Packed<'a> {
    count: usize,
    wide: bool,
    ends: &'a [u8],
    values: &'a [u8],
}

impl<'a> Packed<'a> {
    /// Null where the bytes are too short to be what they say: damage is found by `jiedui check`, never by a panic.
    fn new(count: usize, wide: bool, rest: &'a [u8]) -> Self {
        let table = count * if wide { 4 } else { 2 };
        match rest.split_at_checked(table) {
            Some((ends, values)) => Self { count, wide, ends, values },
            None => Self { count: 0, wide: false, ends: &[], values: &[] },
        }
    }

    fn end(&self, index: usize) -> usize {
        if self.wide {
            let at = index * 4;
            u32::from_le_bytes([self.ends[at], self.ends[at + 1], self.ends[at + 2], self.ends[at + 3]]) as usize
        } else {
            let at = index * 2;
            u16::from_le_bytes([self.ends[at], self.ends[at + 1]]) as usize
        }
    }

    fn get(&self, index: usize) -> &'a [u8] {
        if index >= self.count {
            return &[];
        }
        let start = if index == 0 { 0 } else { self.end(index - 1) };
        self.values.get(start..self.end(index)).unwrap_or(&[])
    }
}

impl<'a> Row<'a> {
    /// A view of bytes that [`pack_row`] wrote.
    pub fn new(bytes: &'a [u8]) -> Self {
        match bytes {
            [count, wide, rest @ ..] => Self(Packed::new(usize::from(*count), *wide == 1, rest)),
            _ => Self(Packed::new(0, false, &[])),
        }
    }

    /// The bytes of one slot; empty means null.
    pub fn slot(&self, slot: usize) -> &'a [u8] {
        self.0.get(slot)
    }
}

impl<'a> List<'a> {
    /// A view of bytes that [`pack_list`] wrote; no bytes are an empty list.
    pub fn new(bytes: &'a [u8]) -> Self {
        match bytes {
            [a, b, c, d, wide, rest @ ..] => {
                Self(Packed::new(u32::from_le_bytes([*a, *b, *c, *d]) as usize, *wide == 1, rest))
            }
            _ => Self(Packed::new(0, false, &[])),
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }

    /// The bytes of one item; empty where there is none.
    pub fn get(&self, index: usize) -> &'a [u8] {
        self.0.get(index)
    }

    /// The items in their order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        (0..self.0.count).map(move |index| self.0.get(index))
    }
}

/// Packs slots into a row; null slots at the end cost nothing.
///
/// # Panics
/// On more than 255 slots: a kind's declaration fixes their number, and a test packs every kind.
pub fn pack_row(slots: &[Vec<u8>]) -> Vec<u8> {
    let used = slots.iter().rposition(|slot| !slot.is_empty()).map_or(0, |last| last + 1);
    let count = u8::try_from(used).expect("a kind has at most 255 slots");
    let total: usize = slots[..used].iter().map(Vec::len).sum();
    let wide = total > usize::from(u16::MAX);
    let mut row = Vec::with_capacity(2 + used * 2 + total);
    row.extend_from_slice(&[count, u8::from(wide)]);
    pack_values(&mut row, wide, &slots[..used]);
    row
}

/// Packs items into a list; an empty list is no bytes, which is also null.
pub fn pack_list(items: &[Vec<u8>]) -> Vec<u8> {
    if items.is_empty() {
        return Vec::new();
    }
    let total: usize = items.iter().map(Vec::len).sum();
    let wide = total > usize::from(u16::MAX);
    let mut list = Vec::with_capacity(5 + items.len() * 2 + total);
    list.extend_from_slice(&(items.len() as u32).to_le_bytes());
    list.push(u8::from(wide));
    pack_values(&mut list, wide, items);
    list
}

fn pack_values(out: &mut Vec<u8>, wide: bool, values: &[Vec<u8>]) {
    let mut end = 0usize;
    for value in values {
        end += value.len();
        if wide {
            out.extend_from_slice(&(end as u32).to_le_bytes());
        } else {
            out.extend_from_slice(&(end as u16).to_le_bytes());
        }
    }
    for value in values {
        out.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_back_each_slot_and_null_for_what_it_does_not_have() {
        let row = pack_row(&[b"a".to_vec(), vec![], b"long".to_vec(), vec![]]);
        let view = Row::new(&row);
        assert_eq!(view.slot(0), b"a");
        assert_eq!(view.slot(1), b"");
        assert_eq!(view.slot(2), b"long");
        assert_eq!(view.slot(3), b"");
        assert_eq!(view.slot(200), b"");
    }

    #[test]
    fn values_beyond_64_kib_use_wide_ends() {
        let big = vec![7u8; 70_000];
        let row = pack_row(&[big.clone(), b"z".to_vec()]);
        assert_eq!(Row::new(&row).slot(0), big);
        assert_eq!(Row::new(&row).slot(1), b"z");
        let list = pack_list(&[big.clone(), b"z".to_vec()]);
        assert_eq!(List::new(&list).get(1), b"z");
        assert_eq!(List::new(&list).len(), 2);
    }

    #[test]
    fn damaged_bytes_read_as_null_and_never_panic() {
        let row = pack_row(&[b"abc".to_vec(), b"def".to_vec()]);
        for cut in 0..row.len() {
            let view = Row::new(&row[..cut]);
            view.slot(0);
            view.slot(1);
            List::new(&row[..cut]).iter().count();
        }
        for byte in 0..row.len() {
            let mut bent = row.clone();
            bent[byte] ^= 0xff;
            Row::new(&bent).slot(0);
            Row::new(&bent).slot(1);
            let list = List::new(&bent);
            assert!((0..list.len().min(10)).all(|index| list.get(index).len() <= bent.len()));
        }
    }
}
