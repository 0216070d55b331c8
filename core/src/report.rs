//! What a run read, kept, left out and warned about.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Position;
use crate::limits;
use crate::text::printable_json;

/// The account of one run; the same JSON in every language and in `--report`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Version of this form: 1.
    pub version: u32,
    /// Bytes of the dump that were read.
    pub bytes_read: u64,
    /// Bytes of the script that were written.
    pub bytes_written: u64,
    /// The tables in the order in which the dump first names them.
    pub tables: Vec<TableReport>,
    /// Sequences of which the dump has a value, as `schema.name`. The script moves those forward that are behind it and
    /// belong to a table that the dump has rows of, or to none; its result says which.
    pub sequences: Vec<String>,
    /// Statements of the dump that carry no rows and were left out, by kind.
    pub skipped: BTreeMap<String, u64>,
    /// Columns under no foreign key that hold keys of rows that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub soft_references: Vec<SoftReference>,
    /// What the user should know; at most 1,000, see `warnings_dropped`.
    pub warnings: Vec<Warning>,
    /// How many warnings did not fit into `warnings`.
    pub warnings_dropped: u64,
}

/// One table in a [`Report`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableReport {
    /// Its name as `schema.table`.
    pub table: String,
    /// Rows in the dump.
    pub rows_read: u64,
    /// Rows in the script.
    pub rows_kept: u64,
    /// Rows left out, by reason: `rule: …` and `demo` for those that a condition names, `cascade: …` with the name of a
    /// foreign key for those that reference one that is left out.
    pub left_out: BTreeMap<String, u64>,
    /// Rows kept in which a foreign key was set to NULL or its default, because the referenced row is left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub references_changed: u64,
    /// Columns of the dump that the catalog's table has not, and whose values were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_dropped: Vec<String>,
    /// Bytes of its rows in the dump, without statement heads.
    pub bytes: u64,
    /// The columns of `ON CONFLICT`, where the script names them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// Where the key is known from: `option`, `catalog`, `fallback`, or `target` where the script asks the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_source: Option<&'static str>,
}

/// A column that holds keys of rows that are left out, although no foreign key says so; its rows are kept. Only rows
/// behind the ones that are left out are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SoftReference {
    /// Its table, as `schema.table`.
    pub table: String,
    /// The column.
    pub column: String,
    /// The table of which rows are left out.
    pub references: String,
    /// The column of which it holds values.
    pub referenced_column: String,
    /// How many rows hold one.
    pub rows: u64,
    /// The foreign key that would cover it, in the form of the option `foreign_keys`.
    pub foreign_key: String,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Something that did not stop the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// What it is, in words.
    pub message: String,
    /// Where in the dump, if it is about a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Report {
    pub(crate) fn warn(&mut self, message: impl Into<String>) {
        if self.warnings.len() < limits::WARNINGS_MAX {
            self.warnings.push(Warning {
                message: message.into(),
                position: None,
            });
        } else {
            self.warnings_dropped += 1;
        }
    }

    /// The report as JSON, in which control characters are escaped.
    pub fn to_json(&self) -> String {
        printable_json(serde_json::to_string_pretty(self).unwrap_or_default())
    }

    /// Rows in the script, of all tables.
    pub fn rows_kept(&self) -> u64 {
        self.tables.iter().map(|table| table.rows_kept).sum()
    }

    /// Rows in the dump, of all tables.
    pub fn rows_read(&self) -> u64 {
        self.tables.iter().map(|table| table.rows_read).sum()
    }
}
