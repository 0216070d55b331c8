//! Style `batches`: many rows in one upsert.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::tables::Upsert;

/// The upsert that is open and takes more rows.
pub(crate) struct Batches {
    rows_max: usize,
    bytes_max: usize,
    open: Option<Open>,
    /// The keys of the open statement, hashed: one statement may not touch a row twice (21000). Two keys that share a
    /// hash only end a statement early.
    keys: HashSet<u64>,
    hasher: RandomState,
}

struct Open {
    head: usize,
    rows: usize,
    bytes: usize,
    /// What ends the statement.
    after: Vec<u8>,
}

impl Batches {
    pub(crate) fn new((rows_max, bytes_max): (usize, usize)) -> Self {
        Self {
            rows_max,
            bytes_max,
            open: None,
            keys: HashSet::new(),
            hasher: RandomState::new(),
        }
    }

    /// Writes a row: `values` are its literals without parentheses, `key` those of its key.
    pub(crate) fn row<'a>(
        &mut self,
        out: &mut Vec<u8>,
        head: usize,
        upsert: &Upsert,
        values: &[u8],
        key: impl Iterator<Item = &'a [u8]>,
    ) {
        let hash = self.hasher.hash_one(key.collect::<Vec<_>>());
        let fits = self.open.as_ref().is_some_and(|open| {
            open.head == head && open.rows < self.rows_max && open.bytes + values.len() <= self.bytes_max
        });
        if !fits || (!upsert.key.is_empty() && self.keys.contains(&hash)) {
            self.end(out);
        }
        match &mut self.open {
            Some(open) => {
                out.extend_from_slice(b"),\n  (");
                open.rows += 1;
                open.bytes += values.len();
            }
            None => {
                out.extend_from_slice(upsert.text.before.strip_suffix(b" (").unwrap_or(&upsert.text.before));
                out.extend_from_slice(b"\n  (");
                self.open = Some(Open {
                    head,
                    rows: 1,
                    bytes: values.len(),
                    after: upsert.text.after.clone(),
                });
            }
        }
        self.keys.insert(hash);
        out.extend_from_slice(values);
    }

    /// Ends the open statement, if there is one.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            out.extend_from_slice(&open.after);
            out.push(b'\n');
            self.keys.clear();
        }
    }
}
