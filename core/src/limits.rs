//! How much of anything is held in memory. None of these is met by a dump of a real database.

/// Longest head of an `INSERT` or `COPY`. 1600 columns (`MaxHeapAttributeNumber`) with names of 63 bytes, all of them
/// quotes, take 210 kB.
pub(crate) const HEAD_BYTES_MAX: usize = 1 << 20;
/// All different heads of a dump together.
pub(crate) const HEADS_BYTES_MAX: usize = 16 << 20;
/// Longest statement about the schema that is looked at.
pub(crate) const STATEMENT_BYTES_MAX: usize = 16 << 20;
/// Most warnings that are kept; the rest is counted.
pub(crate) const WARNINGS_MAX: usize = 1000;
