//! What a statement that is not rows says.

use super::head::Sequence;

/// A statement that is not rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// `SET name = value`, both as text; the value without quotes.
    Set { name: String, value: Vec<u8> },
    /// `SET search_path` or, where it is not counted, `SELECT pg_catalog.set_config('search_path', …)`; `None` for the
    /// default.
    SearchPath {
        path: Option<Vec<Vec<u8>>>,
        is_counted: bool,
    },
    /// `RESET name`.
    Reset(String),
    /// `SELECT pg_catalog.setval(…)`.
    SetVal {
        sequence: Sequence,
        value: i64,
        is_called: bool,
    },
    /// A statement about the schema, which the catalog may want to see; what it is called in the report.
    Schema(String),
    /// Nothing that an upsert could carry, or that it would need; what it is called in the report.
    Skipped(&'static str),
}

/// The label of large objects in the report.
pub(crate) const LARGE_OBJECTS: &str = "large objects";
/// The label of what refreshes materialized views in the report.
pub(crate) const REFRESH: &str = "REFRESH MATERIALIZED VIEW";
/// The label of what moves a sequence to a value that a query computes.
pub(crate) const COMPUTED_SETVAL: &str = "setval() of a computed value";
/// The label of lines that pg_dump has written for people.
pub(crate) const MESSAGES: &str = "messages of pg_dump";
/// The label of CRLF in literals and quoted names that was made a line feed.
pub(crate) const CRLF: &str = "CRLF in literals, made line feeds";
/// The label of planner statistics in the report.
pub(crate) const STATISTICS: &str = "statistics";
