//! Options that are one of a few words.

use serde::{Deserialize, Serialize};

/// How the script writes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Style {
    /// One upsert a row, with the dump's literals byte for byte: easy to read and to compare. The keys must be known
    /// (catalog, option, or a column `id`), and parents must come before children, as in `pg_dump --data-only`.
    Rows,
    /// As `Rows`, but with many rows in one upsert: faster, and still plain SQL.
    Batches,
    /// Rows go into temporary tables by `COPY` and from there into the tables; the script asks the target for keys and
    /// foreign keys while it runs. Needs psql.
    Staged,
}

/// What happens to rows of a table that has no key for an upsert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoKey {
    /// It is an error.
    #[default]
    Error,
    /// They are inserted; a second run inserts them again.
    Insert,
    /// They are left out and counted.
    Skip,
    /// Whole rows are compared, and only the missing copies inserted. Only in style [`Style::Staged`].
    Match,
}

/// What happens to the user triggers of the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Triggers {
    /// They are switched off for the transaction, as a fresh restore does not fire them either. Needs ownership of the
    /// tables that have some, and blocks other writers of those until the end. Constraint triggers stay on.
    #[default]
    Off,
    /// They fire, on every run.
    Fire,
}

/// What happens to constraint triggers (`CREATE CONSTRAINT TRIGGER`) of the target, which are meant for checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConstraintTriggers {
    /// They fire: they are the target's rules.
    #[default]
    Fire,
    /// They are switched off as [`Triggers::Off`] does it with others: for triggers that do work, such as keeping sums,
    /// whose result the dump brings. Foreign keys and unique keys are checked all the same.
    Off,
}

/// What happens to sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sequences {
    /// They move forward to the values of the dump, and those that belong to a column of a table that gets rows at least
    /// to its last value, so that the next row of the application collides with none.
    #[default]
    Forward,
    /// They move forward to the values of the dump, and no further.
    Dump,
    /// They stay as they are.
    Keep,
}

/// What happens to values that a column of the target cannot hold in full: `1.2345` in a `numeric(10,2)`, fractions of a second
/// in a `timestamp(0)`. PostgreSQL rounds them without a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rounding {
    /// It is an error, which names the column, the value and the row.
    #[default]
    Error,
    /// They are rounded, and counted in a note.
    Accept,
}

/// What happens where a dump holds something that no upsert can carry: large objects, statistics, materialized views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Losses {
    /// It is counted in the report, with a warning.
    #[default]
    Warn,
    /// It is an error.
    Error,
}

/// Who runs the script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Client {
    /// psql, from version 10 on.
    #[default]
    Psql,
    /// A program, through its driver: single statements without psql's commands and without `BEGIN` and `COMMIT`, to be
    /// run one by one in a transaction of its own. See [`statements`](crate::statements), and for
    /// [`Style::Staged`] [`steps`](crate::steps).
    Driver,
}

/// The rule of the source's locale for upper and lower case, where conditions ask for it (`lower`, `upper`, `ILIKE`, `~*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Case {
    /// Unicode's, as nearly every locale has it.
    Unicode,
    /// The same, but for the letters I: `ı` and `I`, `i` and `İ` are pairs, as in Turkish and Azerbaijani.
    Turkish,
}
