//! How much the statements about the schema may make.
//!
//! A short statement can ask for much: `LIKE` and `PARTITION OF` copy up to 1,600 columns, a key of a partitioned table is
//! one of each partition. So not the statements are counted here, but what they make, and what is looked at for them.

use std::sync::atomic::{AtomicU64, Ordering};

use super::cursor::{Fault, Parse};
use crate::limits::{Limit, Limits};

/// What a column, a key or a foreign key takes, about, beside its names.
pub(super) const OBJECT_BYTES: usize = 256;
/// What it counts to look at one of them.
const LOOK_BYTES: usize = 8;

/// Bytes that were made, and looks, which count as some.
#[derive(Debug)]
pub(super) struct Work {
    done: AtomicU64,
    most: u64,
}

impl Work {
    pub(super) fn new(most: u64) -> Self {
        Self {
            done: AtomicU64::new(0),
            most,
        }
    }

    /// Something of so many bytes was made.
    pub(super) fn made(&self, bytes: usize) {
        self.done.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many things were looked at, of which the statement does not name each.
    pub(super) fn looked(&self, things: usize) {
        self.made(things.saturating_mul(LOOK_BYTES));
    }

    /// Whether it is too much by now.
    pub(super) fn check(&self, offset: usize) -> Parse<()> {
        if self.done.load(Ordering::Relaxed) <= self.most {
            return Ok(());
        }
        Err(Fault::limit(
            offset,
            format!(
                "the tables of the schema, with all that they have from others, take more than {} bytes",
                self.most
            ),
        ))
    }
}

impl Default for Work {
    fn default() -> Self {
        Self::new(Limits::default().get(Limit::CatalogBytes))
    }
}

impl Clone for Work {
    fn clone(&self) -> Self {
        Self {
            done: AtomicU64::new(self.done.load(Ordering::Relaxed)),
            most: self.most,
        }
    }
}
