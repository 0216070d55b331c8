//! By which columns rows of a table are recognised, where the target may have them under other keys.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Options;
use super::list::OptionList;
use super::names::{check_option, invalid, parse_table, table_columns};
use crate::catalog::TableName;
use crate::error::Result;

/// Whether two NULLs in the columns of [`with_match_on`](Options::with_match_on) are one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MatchNulls {
    /// A row with a NULL in them is recognised by its key alone, as a unique constraint never finds it twice.
    #[default]
    Distinct,
    /// Two NULLs are the same, as by `UNIQUE NULLS NOT DISTINCT`.
    NotDistinct,
}

/// What happens where two rows of the dump, or two of the target, have the same values in the columns of
/// [`with_match_on`](Options::with_match_on).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnAmbiguous {
    /// The run fails and names both keys.
    #[default]
    Error,
    /// The one with the lowest key is meant. Not where rows that the dump does not have are deleted: the others would be.
    First,
}

/// What happens to a reference to a table with [`with_match_on`](Options::with_match_on) that no row of the dump answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnUnmatchedReference {
    /// The run fails: under the same key the target may hold another row.
    #[default]
    Error,
    /// It stays as it is in the dump.
    Keep,
}

/// What happens to a row that nothing of the target is recognised as, and whose key the target holds for another row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnTakenKey {
    /// The run fails and names the row.
    #[default]
    Error,
    /// It gets a new key from the default or the identity of the key's column, and references to it follow.
    Renumber,
}

/// How much of the mapping of keys the result of a run has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MappingRows {
    /// The first ten rows of each table.
    #[default]
    First,
    /// All rows.
    All,
}

/// What is said of one table, or of all that have `on`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MatchRule {
    /// The columns by which rows are recognised.
    pub(crate) on: Option<OptionList<String>>,
    /// The rows that are recognised so, as SQL; none means all.
    pub(crate) only: Option<String>,
    pub(crate) nulls: Option<MatchNulls>,
    pub(crate) ambiguous: Option<OnAmbiguous>,
    pub(crate) unmatched: Option<OnUnmatchedReference>,
    pub(crate) taken: Option<OnTakenKey>,
}

impl MatchRule {
    /// The options that need `match_on` and were said, each as a message names it.
    pub(crate) fn dependent(&self) -> impl Iterator<Item = &'static str> {
        let said = [
            (self.only.is_some(), "match_where"),
            (self.nulls.is_some(), "match_nulls"),
            (self.ambiguous.is_some(), "on_ambiguous"),
            (self.taken.is_some(), "on_taken_key"),
        ];
        said.into_iter().filter(|(is_said, _)| *is_said).map(|(_, name)| name)
    }
}

/// Everything that is said of natural keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matching {
    /// What holds for the tables that have `on`, where their own rule does not say otherwise.
    pub(crate) all: MatchRule,
    pub(crate) tables: BTreeMap<TableName, MatchRule>,
    /// Where the target keeps the mapping.
    pub(crate) mapping_table: Option<TableName>,
    pub(crate) mapping_rows: Option<MappingRows>,
}

impl Matching {
    /// The tables whose rows are recognised by other columns than the key.
    pub(crate) fn matched(&self) -> impl Iterator<Item = (&TableName, &MatchRule)> {
        self.tables.iter().filter(|(_, rule)| rule.on.is_some())
    }

    /// Whether any table has `match_on`.
    pub(crate) fn is_any(&self) -> bool {
        self.matched().next().is_some()
    }

    pub(crate) fn make_defaults(&mut self) {
        let lists = self.tables.values_mut().filter_map(|rule| rule.on.as_mut());
        lists.for_each(OptionList::make_default);
    }

    fn of(&mut self, table: &str) -> Result<&mut MatchRule> {
        Ok(self.tables.entry(parse_table(table)?).or_default())
    }

    /// The rule of a table, or that for all.
    fn of_maybe(&mut self, table: Option<&str>) -> Result<&mut MatchRule> {
        match table {
            Some(table) => self.of(table),
            None => Ok(&mut self.all),
        }
    }
}

/// Natural keys, in style [`Staged`](crate::Style::Staged) alone.
impl Options {
    /// The columns by which rows of a table are recognised in the target, as `schema.table=column,column`: a natural key, such
    /// as the name of a category, where both sides were filled apart and the primary keys say nothing. The row of the target
    /// keeps its key, and what references the row of the dump is rewritten to it. Default: none, rows are recognised by
    /// their key.
    ///
    /// ```
    /// use dumpsert::{OnTakenKey, Options};
    ///
    /// let options = Options::new()
    ///     .with_match_on("public.categories=\"businessId\",name")?
    ///     .with_match_where("public.categories", "\"deletedAt\" IS NULL")?
    ///     .with_on_taken_key(Some("public.categories"), OnTakenKey::Renumber)?;
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `columns` is not of this form, or the table has such columns already.
    pub fn with_match_on(mut self, columns: &str) -> Result<Self> {
        let (table, columns) = table_columns(columns)?;
        let rule = self.matching.tables.entry(table.clone()).or_default();
        match rule.on.replace(columns.into_iter().collect()) {
            Some(own) if !own.is_default() => Err(invalid(format!("table {table} is given `match_on` twice"))),
            _ => Ok(self),
        }
    }

    /// The rows of a table that [`with_match_on`](Options::with_match_on) holds for, on both sides, as an SQL condition; others
    /// are recognised by their key. Default: all rows.
    ///
    /// # Errors
    /// If `table` is no name of a table. What is wrong with the condition is an error of [`build`](Options::build).
    pub fn with_match_where(mut self, table: &str, condition: &str) -> Result<Self> {
        check_option(condition, "the condition")?;
        if condition.trim().is_empty() {
            return Err(invalid("`match_where` is given without a condition".to_owned()));
        }
        self.matching.of(table)?.only = Some(condition.trim().to_owned());
        Ok(self)
    }

    /// Whether two NULLs in the columns of `match_on` are one value; of one table, or of all that have it. Default:
    /// [`MatchNulls::Distinct`].
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_match_nulls(mut self, table: Option<&str>, nulls: MatchNulls) -> Result<Self> {
        self.matching.of_maybe(table)?.nulls = Some(nulls);
        Ok(self)
    }

    /// What happens where `match_on` finds two rows; of one table, or of all that have it. Default: [`OnAmbiguous::Error`].
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_on_ambiguous(mut self, table: Option<&str>, on_ambiguous: OnAmbiguous) -> Result<Self> {
        self.matching.of_maybe(table)?.ambiguous = Some(on_ambiguous);
        Ok(self)
    }

    /// What happens to references that no row of the dump answers; to one table, which may also be one whose key contains a
    /// rewritten reference, or to all that have `match_on`. Default: [`OnUnmatchedReference::Error`].
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_on_unmatched_reference(mut self, table: Option<&str>, unmatched: OnUnmatchedReference) -> Result<Self> {
        self.matching.of_maybe(table)?.unmatched = Some(unmatched);
        Ok(self)
    }

    /// What happens to new rows whose key is taken; of one table, or of all that have `match_on`. Default:
    /// [`OnTakenKey::Error`].
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_on_taken_key(mut self, table: Option<&str>, on_taken_key: OnTakenKey) -> Result<Self> {
        self.matching.of_maybe(table)?.taken = Some(on_taken_key);
        Ok(self)
    }

    /// A table of the target that keeps which key of the dump is which of the target, and is read before `match_on`, so that rows
    /// that were renamed since are found again. Default: none.
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_mapping_table(mut self, table: &str) -> Result<Self> {
        self.matching.mapping_table = Some(parse_table(table)?);
        Ok(self)
    }

    /// How much of the mapping the result has. Default: [`MappingRows::First`].
    #[must_use]
    pub fn with_mapping_rows(mut self, rows: MappingRows) -> Self {
        self.matching.mapping_rows = Some(rows);
        self
    }
}
