//! What a check has found, and which rows differ.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Target;
use crate::error::{Error, ErrorKind, Result};

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// The run would fail.
    Error,
    /// It may fail, or do what is not wanted.
    Warning,
    /// What will be done, for whom it matters.
    Info,
}

/// Something that a check has found. As JSON it holds no value of a row: [`examples`](Finding::examples) are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The table, as the target names it; `None` where it is about all.
    #[serde(rename(deserialize = "relation"), default)]
    pub table: Option<String>,
    /// The SQLSTATE that a run would end with, or that comes nearest.
    pub code: String,
    /// What it is.
    pub message: String,
    /// What can be done.
    #[serde(default)]
    pub hint: Option<String>,
    /// How many rows it is about.
    #[serde(default)]
    pub rows: Option<u64>,
    /// Up to ten of these rows. They hold values, and are for the terminal of whoever has asked.
    #[serde(skip_serializing, default)]
    pub examples: Option<Vec<String>>,
}

/// A value of one column in a [`ChangedRow`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The value of the target and that of the dump, as text of at most 200 characters; `None` is NULL.
    Values(Option<String>, Option<String>),
    /// They differ, and are hidden.
    Hidden,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedRow {
    /// The columns of its key, with their values.
    pub key: Vec<(String, Option<String>)>,
    /// The columns that differ.
    pub columns: Vec<(String, Change)>,
}

/// The rows of one table that differ, as far as they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Differences {
    /// The table, as the target names it.
    pub table: String,
    /// How many rows differ.
    pub rows: u64,
    /// The first of them, in the order of the dump.
    pub shown: Vec<ChangedRow>,
}

/// The rows of one table that are deleted, as far as they were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deletions {
    /// The table, as the target names it.
    pub table: String,
    /// How many rows.
    pub rows: u64,
    /// Some of them: the columns of their keys with their values, or all columns of a table without a key; `None` is NULL, or a
    /// column that is hidden.
    pub shown: Vec<Vec<(String, Option<String>)>>,
}

/// What the target tells beside the result.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    differences: Vec<ToldDifferences>,
    #[serde(default)]
    deletions: Vec<ToldDeletions>,
}

#[derive(Deserialize)]
struct ToldDeletions {
    relation: String,
    rows: u64,
    shown: Option<Vec<Vec<Vec<Option<String>>>>>,
}

#[derive(Deserialize)]
struct ToldDifferences {
    relation: String,
    rows: u64,
    shown: Option<Vec<ToldRow>>,
}

/// `[name, value]`, `[name, here, dumped]`, or `[name]` of what is hidden.
#[derive(Deserialize)]
struct ToldRow {
    key: Vec<(String, Option<String>)>,
    columns: Vec<Vec<Option<String>>>,
}

/// The query by which the target tells them, behind the merge; `None` where nobody wants to know.
pub(super) fn query(target: &Target) -> Option<String> {
    let of = |is_asked: bool, name: &str| match is_asked {
        true => format!(
            "(SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(t) ORDER BY t.n) FROM pg_temp.dumpsert_{name} AS t)"
        ),
        false => "NULL::pg_catalog.jsonb".to_owned(),
    };
    let (check, differences) = (target.check, target.differences.is_some());
    let deletions = differences && target.prune.is_some();
    (check || differences).then(|| {
        format!(
            "SELECT pg_temp.dumpsert_shown(pg_catalog.jsonb_build_object('findings', coalesce({}, '[]'), 'differences', \
             coalesce({}, '[]'), 'deletions', coalesce({}, '[]'))::pg_catalog.text, true)",
            of(check, "findings"),
            of(differences, "differences"),
            of(deletions, "deletions"),
        )
    })
}

/// Reads what that query has said.
pub(super) fn read(told: &str) -> Result<(Vec<Finding>, Vec<Differences>, Vec<Deletions>)> {
    let told: Told = serde_json::from_str(told).map_err(|error| {
        Error::new(ErrorKind::Internal, "what the target has found is not understood").with_source(error)
    })?;
    let row = |row: ToldRow| ChangedRow {
        key: row.key,
        columns: row
            .columns
            .into_iter()
            .map(|column| {
                let mut values = column.into_iter();
                let name = values.next().flatten().unwrap_or_default();
                match (values.next(), values.next()) {
                    (Some(here), Some(dumped)) => (name, Change::Values(here, dumped)),
                    _ => (name, Change::Hidden),
                }
            })
            .collect(),
    };
    let differences = told.differences.into_iter().map(|told| Differences {
        table: told.relation,
        rows: told.rows,
        shown: told.shown.unwrap_or_default().into_iter().map(row).collect(),
    });
    let value = |column: Vec<Option<String>>| {
        let mut parts = column.into_iter();
        (parts.next().flatten().unwrap_or_default(), parts.next().flatten())
    };
    let row = |row: Vec<Vec<Option<String>>>| row.into_iter().map(value).collect();
    let deletions = told.deletions.into_iter().map(|told| Deletions {
        table: told.relation,
        rows: told.rows,
        shown: told.shown.unwrap_or_default().into_iter().map(row).collect(),
    });
    Ok((told.findings, differences.collect(), deletions.collect()))
}

/// The same for a program that has asked for values.
pub(super) fn with_values(findings: &[Finding], differences: &[Differences]) -> (Value, Value) {
    let findings = findings.iter().map(|finding| {
        let mut value = json!(finding);
        if let Some(object) = value.as_object_mut() {
            object.insert(
                "examples".to_owned(),
                json!(finding.examples.as_deref().unwrap_or_default()),
            );
        }
        value
    });
    let column = |(name, change): &(String, Change)| match change {
        Change::Values(here, dumped) => json!({ "column": name, "here": here, "dumped": dumped }),
        Change::Hidden => json!({ "column": name, "hidden": true }),
    };
    let row = |row: &ChangedRow| {
        let key = row.key.iter().map(|(name, value)| (name.clone(), json!(value)));
        json!({ "key": Value::Object(key.collect()), "columns": row.columns.iter().map(column).collect::<Vec<_>>() })
    };
    let differences = differences.iter().map(|table| {
        json!({ "table": table.table, "rows": table.rows, "shown": table.shown.iter().map(row).collect::<Vec<_>>() })
    });
    (findings.collect(), differences.collect())
}

/// Deleted rows for a program that has asked for values.
pub(super) fn deletions_with_values(deletions: &[Deletions]) -> Value {
    let row = |row: &Vec<(String, Option<String>)>| {
        let columns = row.iter().map(|(name, value)| (name.clone(), json!(value)));
        Value::Object(columns.collect())
    };
    let table = |table: &Deletions| {
        let shown: Vec<_> = table.shown.iter().map(row).collect();
        json!({ "table": table.table, "rows": table.rows, "shown": shown })
    };
    deletions.iter().map(table).collect()
}
