//! Rows of one table that are gathered, and written in the order of their keys. Rows that follow each other and fall between
//! two that are there go in together, so that pages are filled: one by one they would be split in halves.

use std::ops::Bound;

use redb::{ReadableTable, Table, Value};

use super::{Bytes, StoreError};

/// From how many rows on it is worth to look for those that go in together.
const SHORT: usize = 64;

/// Where the end of a value would stand, of a row that is to be gone.
const GONE: u32 = u32::MAX;

/// Rows that are gathered.
#[derive(Default)]
pub struct Run {
    bytes: Vec<u8>,
    rows: Vec<Place>,
}

/// Where a row stands among the bytes: its key, then its value.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    key_end: u32,
    end: u32,
}

impl Run {
    /// The row is to stand so. A key is given once.
    pub fn insert(&mut self, key: &[u8], value: &[u8]) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(value);
        self.rows.push(Place { start, key_end: start + key.len() as u32, end: self.bytes.len() as u32 });
    }

    /// The row is to be gone. A key is given once.
    pub fn remove(&mut self, key: &[u8]) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(key);
        self.rows.push(Place { start, key_end: self.bytes.len() as u32, end: GONE });
    }

    /// How many bytes are gathered.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + self.rows.len() * size_of::<Place>()
    }

    fn key(&self, row: Place) -> &[u8] {
        &self.bytes[row.start as usize..row.key_end as usize]
    }

    /// Its value; nothing where the row is to be gone.
    fn value(&self, row: Place) -> Option<&[u8]> {
        (row.end != GONE).then(|| &self.bytes[row.key_end as usize..row.end as usize])
    }

    /// Writes them.
    pub fn flush<V: Value + 'static>(&mut self, table: &mut Table<'_, Bytes, V>) -> Result<(), StoreError> {
        let mut rows = std::mem::take(&mut self.rows);
        if !rows.is_sorted_by(|left, right| self.key(*left) <= self.key(*right)) {
            rows.sort_unstable_by(|left, right| self.key(*left).cmp(self.key(*right)));
        }
        let mut rest = rows.as_slice();
        while let Some((row, others)) = rest.split_first() {
            let key = self.key(*row);
            let together = if rows.len() < SHORT { 0 } else { self.together(table, rest)? };
            if together > 1 {
                self.insert_between(table, &rest[..together])?;
                rest = &rest[together..];
                continue;
            }
            match self.value(*row) {
                Some(value) => drop(table.insert(key, V::from_bytes(value))?),
                None => drop(table.remove(key)?),
            }
            rest = others;
        }
        self.bytes.clear();
        Ok(())
    }

    /// How many of the rows, from the first on, are new and fall between the same two of the table.
    fn together<V: Value + 'static>(&self, table: &Table<'_, Bytes, V>, rows: &[Place]) -> Result<usize, StoreError> {
        let from = (Bound::Included(self.key(rows[0])), Bound::Unbounded);
        let next = table.range::<&[u8]>(from)?.next().transpose()?;
        let before =
            |row: &Place| row.end != GONE && next.as_ref().is_none_or(|(next, _)| self.key(*row) < next.value());
        Ok(rows.iter().take_while(|row| before(row)).count())
    }

    fn insert_between<V: Value + 'static>(
        &self,
        table: &mut Table<'_, Bytes, V>,
        rows: &[Place],
    ) -> Result<(), StoreError> {
        let mut gap = table.lower_bound_mut(Bound::Included(self.key(rows[0])))?;
        for row in rows {
            let value = self.value(*row).unwrap_or_default();
            gap.insert_before(self.key(*row), V::from_bytes(value))?;
        }
        Ok(gap.close()?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use redb::{Database, TableDefinition, backends::InMemoryBackend};

    use super::*;

    const TABLE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("t");

    #[test]
    fn a_table_gets_the_rows_of_a_run_whatever_stood_there() {
        let mut random = 1u64;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let database = Database::builder().create_with_backend(InMemoryBackend::new()).unwrap();
        let mut expected: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for round in 0..40 {
            let transaction = database.begin_write().unwrap();
            let mut rows: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
            // Few and many, near each other and far apart.
            let (count, near) = (1 + next(if round % 2 == 0 { 30 } else { 3_000 }), 1 + next(50));
            for _ in 0..count {
                let key = format!("{:06}", next(20_000) / near).into_bytes();
                rows.insert(key, (next(4) > 0).then(|| vec![b'v'; next(40) as usize]));
            }
            let mut run = Run::default();
            let shuffled =
                rows.iter().skip(7).step_by(2).chain(rows.iter().skip(8).step_by(2)).chain(rows.iter().take(7));
            for (key, value) in shuffled {
                match value {
                    Some(value) => run.insert(key, value),
                    None => run.remove(key),
                }
            }
            {
                let mut table = transaction.open_table(TABLE).unwrap();
                run.flush(&mut table).unwrap();
                for (key, value) in rows {
                    match value {
                        Some(value) => expected.insert(key, value),
                        None => expected.remove(&key),
                    };
                }
                let rows = table.iter().unwrap().map(|row| row.unwrap());
                let rows = rows.map(|(key, value)| (key.value().to_vec(), value.value().to_vec()));
                assert!(rows.eq(expected.iter().map(|(key, value)| (key.clone(), value.clone()))), "round {round}");
                assert_eq!(run.bytes(), 0);
            }
            transaction.commit().unwrap();
        }
    }
}
