//! Which rows and columns of the target an upsert may change.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::ast::When;
use crate::catalog::TableName;
use crate::dump::head::parse_columns;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::tokens::decode_name;
use crate::listed::Listed;

/// What happens to a row that the target has already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Update {
    /// It becomes as in the dump.
    #[default]
    Always,
    /// As `Always`, but a row that is the same already is not written: no triggers, no new row version. Style `staged`
    /// works like this anyway.
    Changed,
    /// It becomes as in the dump if its value in this column is smaller than the dump's, or NULL: for columns such as
    /// `updatedAt`.
    Newer(String),
    /// It stays as it is.
    Nothing,
}

/// The rules for one table, or for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) update: Option<Update>,
    /// Only these columns are set.
    pub(crate) only: Option<Listed<String>>,
    /// These columns are never set.
    pub(crate) never: Option<Listed<String>>,
}

/// All rules. What a table's own rule says goes before what is said for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) all: Rule,
    pub(crate) tables: BTreeMap<TableName, Rule>,
}

impl Rules {
    /// The rule to change: that of a table, or that for all.
    pub(crate) fn of(&mut self, table: Option<TableName>) -> &mut Rule {
        match table {
            Some(table) => self.tables.entry(table).or_default(),
            None => &mut self.all,
        }
    }

    /// Every list becomes a default, which the next call replaces.
    pub(crate) fn make_defaults(&mut self) {
        for rule in self.tables.values_mut().chain([&mut self.all]) {
            for list in [&mut rule.only, &mut rule.never].into_iter().flatten() {
                list.make_default();
            }
        }
    }

    pub(crate) fn update(&self, table: &TableName) -> &Update {
        const ALWAYS: &Update = &Update::Always;
        let own = self.tables.get(table).and_then(|rule| rule.update.as_ref());
        own.or(self.all.update.as_ref()).unwrap_or(ALWAYS)
    }

    /// Whether a column may be set.
    pub(crate) fn may_set(&self, table: &TableName, column: &String) -> bool {
        let own = self.tables.get(table);
        let only = own.and_then(|rule| rule.only.as_ref()).or(self.all.only.as_ref());
        let never = own.and_then(|rule| rule.never.as_ref()).or(self.all.never.as_ref());
        only.is_none_or(|only| only.items().contains(column))
            && never.is_none_or(|never| !never.items().contains(column))
    }

    /// The condition of the upsert; `None` means that nothing is updated.
    pub(crate) fn when(&self, table: &TableName, columns: &[String]) -> Result<Option<When>> {
        match self.update(table) {
            Update::Always => Ok(Some(When::Always)),
            Update::Changed => Ok(Some(When::Changed)),
            Update::Nothing => Ok(None),
            Update::Newer(column) if columns.contains(column) => Ok(Some(When::Newer(column.clone()))),
            Update::Newer(column) => {
                let message =
                    format!("table {table} has no column `{column}`, by which its newer rows are to be known");
                Err(Error::new(ErrorKind::InvalidOption, message).with_hint("give this table another update policy"))
            }
        }
    }
}

impl FromStr for Update {
    type Err = Error;

    /// Reads `always`, `changed`, `nothing` or `newer(column)`; the column is an SQL identifier.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = || {
            let message = format!("`{text}` is no update policy");
            Error::new(ErrorKind::InvalidOption, message).with_hint("always, changed, nothing or newer(column)")
        };
        match text.trim() {
            "always" => Ok(Self::Always),
            "changed" => Ok(Self::Changed),
            "nothing" => Ok(Self::Nothing),
            other => {
                let column = other
                    .strip_prefix("newer(")
                    .and_then(|rest| rest.strip_suffix(')'))
                    .ok_or_else(invalid)?;
                match parse_columns(column.as_bytes()).as_deref() {
                    Some([column]) => Ok(Self::Newer(decode_name(column).into_owned())),
                    _ => Err(invalid()),
                }
            }
        }
    }
}
