//! What a first reading of the dump has found.

use super::keys::KeySet;

/// Most keys of rows that are there: 10 MB. Of a dump with more, foreign keys that point to no row are not counted.
pub(crate) const KNOWN_MAX: u64 = 250_000;

/// The keys of all rows that are left out or change.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) keys: KeySet,
    /// For each set of the plan: whether any of the keys may be in it.
    pub(crate) may_hold: Vec<bool>,
    /// For each foreign key of the plan: whether the row that `SET DEFAULT` would point to is left out itself.
    pub(crate) lost_defaults: Vec<bool>,
    /// The keys of all rows that can be referenced, if they are not too many.
    pub(crate) known: Option<KeySet>,
    /// For each set: whether rows came that could be in it.
    pub(crate) seen: Vec<bool>,
}

impl Learned {
    /// The keys of all rows, where a foreign key that is not among them dangles.
    pub(crate) fn known_in(&self, set: usize) -> Option<&KeySet> {
        self.known.as_ref().filter(|_| self.seen.get(set) == Some(&true))
    }
}

/// What the next reading has to heed, where one was not enough.
#[derive(Clone, Debug)]
pub(crate) struct Learning {
    /// Whether every undecided row is written down, not only those that the usual order of a dump leaves undecided.
    pub(crate) records_all: bool,
    pub(crate) lost_defaults: Vec<bool>,
    pub(crate) readings: usize,
}
