//! What a run has done, for people and for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::Target;
use super::database::Database;
use super::findings::{self, Deletions, Differences, Finding, Severity};
use super::mapping::Mapping;
use crate::error::{Category, Error, ErrorKind, Position};
use crate::report::Report;
use crate::text::printable_json;

/// What has become of the transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// It was not begun.
    #[default]
    NotBegun,
    /// All of it is in the target.
    Committed,
    /// Nothing of it is in the target.
    RolledBack,
    /// The target has not said. Either all of it is there or nothing; it is safe to run again.
    Unknown,
}

/// Where the dump came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// A reader of the caller's.
    #[default]
    Reader,
    /// A file or folder.
    File(String),
    /// A database, read by pg_dump.
    Database(Database),
}

/// One table, with what the dump brought and what the target made of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableOutcome {
    /// Its name as `schema.table`.
    pub table: String,
    /// Rows in the dump.
    pub read: u64,
    /// Rows that were left out, and those that a guard has refused.
    pub left_out: u64,
    /// Rows that were new; `None` where the target says nothing of the table.
    pub inserted: Option<u64>,
    /// Rows that were changed.
    pub updated: Option<u64>,
    /// Rows that were the same already.
    pub unchanged: Option<u64>,
    /// Rows that the dump does not have and were deleted; `None` where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<u64>,
    /// Rows that the dump does not have and were not deleted, by the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kept: BTreeMap<String, u64>,
}

/// How long the phases of a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Timings {
    /// Before the first row.
    #[serde(rename = "check_seconds", serialize_with = "seconds")]
    pub check: Duration,
    /// Reading the dump into the stages.
    #[serde(rename = "read_seconds", serialize_with = "seconds")]
    pub read: Duration,
    /// Comparing, writing and verifying.
    #[serde(rename = "merge_seconds", serialize_with = "seconds")]
    pub merge: Duration,
    /// All of it, with the end of the transaction.
    #[serde(rename = "total_seconds", serialize_with = "seconds")]
    pub total: Duration,
}

fn seconds<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}

/// The account of a run. As JSON ([`to_json`](Outcome::to_json)) it holds names and numbers, and no value of a row but for the keys
/// in [`mapping`](Outcome::mapping), which is there where rows are matched by other columns.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// Version of this form: 1.
    pub version: u32,
    /// Version of this library.
    pub dumpsert: &'static str,
    /// What has become of the transaction.
    pub ending: Ending,
    /// Whether it was to be rolled back from the start.
    pub dry_run: bool,
    /// Whether nothing was to be written, but all that stands in the way to be found.
    pub check: bool,
    /// What stopped the run, if something did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_by: Option<Stop>,
    /// The target's number of the transaction, as `pg_current_xact_id()` gives it; `pg_xact_status()` takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// Where the dump came from.
    pub source: Origin,
    /// The target, once it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Database>,
    /// The client programs that were used, and their versions.
    pub programs: BTreeMap<&'static str, String>,
    /// When it began, in seconds since 1970.
    pub started_at: u64,
    /// How long it took.
    #[serde(flatten)]
    pub timings: Timings,
    /// Bytes of the input: of a file as it is, also if it is compressed; of an archive or a database what pg_restore or
    /// pg_dump writes.
    pub input_bytes: u64,
    /// SHA-256 of the input, once all of it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_sha256: Option<String>,
    /// Tables of the source that were not dumped, because none of their rows would be taken.
    pub not_dumped: Vec<String>,
    /// The tables, by name.
    pub tables: Vec<TableOutcome>,
    /// What has become of the sequences, as the script says it.
    pub sequences: Value,
    /// The tables of which keys are others in the target than in the dump. They are there where
    /// [`Options::with_match_on`](crate::Options::with_match_on) is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mapping: Vec<Mapping>,
    /// What the target remarks.
    pub notes: Vec<String>,
    /// What a check has found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Rows that differ, where they were asked for. They are values, and are for whoever has asked.
    #[serde(skip)]
    pub differences: Vec<Differences>,
    /// Rows that are deleted, where differences were asked for. They are values as well.
    #[serde(skip)]
    pub deletions: Vec<Deletions>,
    /// What was read of the dump, and left out of it.
    pub dump: Report,
    /// What psql and pg_dump have said. It may hold values of rows, and is for the terminal alone.
    #[serde(skip)]
    pub messages: String,
}

/// Why a run has stopped, without words that could quote a row.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Stop {
    /// What went wrong.
    pub kind: ErrorKind,
    /// Who has to act.
    pub category: Category,
    /// Where in the dump.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Stop {
    pub(super) fn of(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            category: error.category(),
            position: error.position().cloned(),
        }
    }
}

/// What the script prints at its end.
#[derive(serde::Deserialize)]
struct Answer {
    tables: Option<Vec<Counts>>,
    sequences: Value,
    notes: Option<Vec<String>>,
    #[serde(default)]
    mapping: Option<Vec<Mapping>>,
}

#[derive(serde::Deserialize)]
struct Counts {
    target: String,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    refused: u64,
    #[serde(default)]
    deleted: Option<u64>,
    #[serde(default)]
    kept: Option<BTreeMap<String, u64>>,
}

impl Outcome {
    pub(super) fn new(target: &Target) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            version: 1,
            dumpsert: env!("CARGO_PKG_VERSION"),
            dry_run: target.dry_run,
            check: target.check,
            started_at: now.map_or(0, |now| now.as_secs()),
            ..Self::default()
        }
    }

    /// Joins what the dump brought with what the target says of it.
    pub(super) fn join(&mut self, report: Report, answer: Option<&str>) -> Result<(), Error> {
        let mut tables: BTreeMap<String, TableOutcome> = BTreeMap::new();
        for table in &report.tables {
            let joined = tables.entry(table.table.clone()).or_default();
            joined.read += table.rows_read;
            joined.left_out += table.rows_read.saturating_sub(table.rows_kept);
        }
        self.dump = report;
        if let Some(answer) = answer {
            let answer: Answer = serde_json::from_str(answer).map_err(|error| {
                Error::new(ErrorKind::Internal, "the target's answer is not understood").with_source(error)
            })?;
            for counts in answer.tables.into_iter().flatten() {
                let joined = tables.entry(counts.target).or_default();
                joined.left_out += counts.refused;
                joined.inserted = Some(counts.inserted);
                joined.updated = Some(counts.updated);
                joined.unchanged = Some(counts.unchanged);
                joined.deleted = counts.deleted;
                joined.kept = counts.kept.unwrap_or_default();
            }
            self.sequences = answer.sequences;
            self.mapping = answer.mapping.unwrap_or_default();
            self.notes.extend(answer.notes.into_iter().flatten());
            // Nothing is skipped in silence.
            let prunes = tables.values().any(|table| table.deleted.is_some());
            let silent = tables
                .iter()
                .filter(|(_, table)| prunes && table.read == 0 && table.deleted.is_none());
            self.notes.extend(silent.map(|(name, _)| {
                format!("{name} is not pruned: the dump shows it without rows, and it is not named by prune_empty")
            }));
        }
        self.tables = tables
            .into_iter()
            .map(|(table, joined)| TableOutcome { table, ..joined })
            .collect();
        Ok(())
    }

    /// Rows that were inserted, updated, unchanged, and left out, of all tables.
    pub fn totals(&self) -> [u64; 4] {
        self.tables
            .iter()
            .fold([0; 4], |[inserted, updated, unchanged, left_out], table| {
                [
                    inserted + table.inserted.unwrap_or(0),
                    updated + table.updated.unwrap_or(0),
                    unchanged + table.unchanged.unwrap_or(0),
                    left_out + table.left_out,
                ]
            })
    }

    /// Rows that were deleted from all tables; `None` where that was not asked for.
    pub fn deleted(&self) -> Option<u64> {
        let deleted = self.tables.iter().filter_map(|table| table.deleted);
        deleted.reduce(|all, rows| all + rows)
    }

    /// Whether a check has found what a run would fail at.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// The account as JSON with what [`to_json`](Outcome::to_json) leaves out since it holds values of rows: `examples` in
    /// `findings`, and `differences`.
    pub fn to_json_with_values(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        let (findings, differences) = findings::with_values(&self.findings, &self.differences);
        if let Some(object) = value.as_object_mut() {
            object.insert("findings".to_owned(), findings);
            object.insert("differences".to_owned(), differences);
            if self.deleted().is_some() {
                object.insert("deletions".to_owned(), findings::deletions_with_values(&self.deletions));
            }
        }
        printable_json(serde_json::to_string_pretty(&value).unwrap_or_default())
    }

    /// The account as JSON, in which control characters are escaped. Of rows it holds the keys in `mapping` alone.
    pub fn to_json(&self) -> String {
        printable_json(serde_json::to_string_pretty(self).unwrap_or_default())
    }
}

/// A run that has not done what it was to do, and what has become of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// Why.
    pub error: Error,
    /// How far it came. [`Outcome::ending`] is never [`Ending::Committed`].
    pub outcome: Box<Outcome>,
}

impl Failure {
    /// What has become of the target, in words.
    pub fn consequence(&self) -> &'static str {
        match self.outcome.ending {
            Ending::Unknown => {
                "the target has not said whether it has committed: all has arrived or nothing; it is safe to run it again"
            }
            _ => "nothing was changed",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.error, self.consequence())
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}
