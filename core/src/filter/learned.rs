//! What a first reading of the dump has found.

use super::keys::KeySet;

/// The keys of all rows that are left out or change.
#[derive(Debug)]
pub(crate) struct Learned {
    pub(crate) keys: KeySet,
    /// For each set of the plan: whether any of the keys may be in it.
    pub(crate) may_hold: Vec<bool>,
    /// For each foreign key of the plan: whether the row that `SET DEFAULT` would point to is left out itself.
    pub(crate) lost_defaults: Vec<bool>,
}

/// What the next reading has to heed, where one was not enough.
#[derive(Clone, Debug)]
pub(crate) struct Learning {
    /// Whether every undecided row is written down, not only those that the usual order of a dump leaves undecided.
    pub(crate) records_all: bool,
    pub(crate) lost_defaults: Vec<bool>,
    pub(crate) readings: usize,
}
