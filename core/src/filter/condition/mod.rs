//! Conditions on rows: SQL, evaluated on the text of the values as PostgreSQL would on the source.
//!
//! What cannot be told exactly is refused: when a condition is compiled if the condition is the reason, when it is
//! evaluated if a value is. Values and literals are UTF-8 (or ASCII). Dates and times are in `DateStyle` ISO, in which
//! `pg_dump` always writes them. That the locale of the source's database is not Turkic (where the lower case of `I` is
//! not `i`) is taken for granted where a column has no collation of its own.

pub(crate) mod case;
mod check;
mod collation;
mod compare;
mod kind;
#[cfg(any(test, feature = "laws"))]
pub(crate) mod laws;
mod like;
mod literal;
mod moment;
mod number;
mod pattern;
mod regex;
mod tree;
mod typed;
mod types;
mod value;

use self::check::Checker;
use self::tree::{Row, Test};
use crate::ast::condition::parse_condition;
use crate::catalog::{Catalog, Table};
use crate::error::Result;
use crate::options::Case;

/// A condition on the rows of one table, compiled once.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    columns: Vec<String>,
    test: Test,
}

impl Condition {
    /// Reads a condition such as `"isDemo" OR id LIKE 'demo-%'`, without a rule for upper and lower case beyond ASCII.
    ///
    /// # Errors
    /// What is not SQL, names no column of the table, or mixes types that PostgreSQL would not compare; and what cannot
    /// be evaluated here exactly as PostgreSQL does on the source.
    #[cfg(any(test, feature = "laws"))]
    pub(crate) fn compile(sql: &str, table: &Table, catalog: &Catalog) -> Result<Self> {
        Self::compile_with(sql, table, catalog, None)
    }

    /// The same with a rule for upper and lower case beyond ASCII.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub(crate) fn compile_with(sql: &str, table: &Table, catalog: &Catalog, case: Option<Case>) -> Result<Self> {
        let expr = parse_condition(sql)?;
        let mut checker = Checker {
            table,
            catalog,
            case,
            columns: Vec::new(),
        };
        let test = checker.test(&expr)?;
        Ok(Self {
            columns: checker.columns,
            test,
        })
    }

    /// The columns that it reads, in the order in which [`evaluate`](Self::evaluate) wants their values.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// What the condition says of a row; `None` is unknown. The values are the decoded texts of [`columns`](Self::columns)
    /// as the dump has them, `None` for NULL: booleans in either form, bits without `B''`.
    ///
    /// # Errors
    /// A value that is none of its type, or for which only the source's locale knows the answer.
    pub(crate) fn evaluate(&self, values: &[Option<&[u8]>]) -> Result<Option<bool>> {
        self.test.evaluate(Row {
            columns: &self.columns,
            values,
        })
    }
}

#[cfg(test)]
mod tests;
