//! What a dump looks like beside its rows: for display, never for a decision.

/// Longest version text that is kept: whoever runs the source's server writes it.
const VERSION_BYTES: usize = 200;

/// The looks of a dump, as far as it was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Appearance {
    /// Whether there is pg_dumpall's header.
    pub(crate) is_cluster: bool,
    /// Most rows of one `INSERT`.
    pub(crate) rows_per_insert: u64,
    /// Whether an `INSERT` has `ON CONFLICT DO NOTHING`.
    pub(crate) on_conflict: bool,
    /// Whether `standard_conforming_strings` was switched off.
    pub(crate) scs_off: bool,
    /// The versions in the comments of pg_dump's header.
    pub(crate) server_version: Option<Vec<u8>>,
    pub(crate) pg_dump_version: Option<Vec<u8>>,
}

impl Appearance {
    /// A line of comment; the first of each kind counts.
    pub(crate) fn comment(&mut self, line: &[u8]) {
        let slots = [
            (&b"-- Dumped from database version "[..], &mut self.server_version),
            (b"-- Dumped by pg_dump version ", &mut self.pg_dump_version),
        ];
        for (start, slot) in slots {
            if let (Some(version), None) = (line.strip_prefix(start), &slot) {
                *slot = Some(version.get(..VERSION_BYTES).unwrap_or(version).to_vec());
            }
        }
    }

    /// The row of this number of an `INSERT`.
    pub(crate) fn row_of_insert(&mut self, number: u64) {
        self.rows_per_insert = self.rows_per_insert.max(number);
    }
}
