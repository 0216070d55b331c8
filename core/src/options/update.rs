//! Which rows and columns of the target an upsert may change.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Options;
use super::list::OptionList;
use super::names::check_option;
use super::names::{invalid, maybe_table_columns, parse_table};
use crate::ast::{Guard, When};
use crate::catalog::{Catalog, TableName, known_column, known_table};
use crate::error::with_nearest;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::identifiers::parse_columns;
use crate::lex::tokens::decode_name;

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

/// What happens to a row that would take over a row of the target with another value in the guard column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnGuard {
    /// The run fails and names table, key and both values.
    #[default]
    Error,
    /// It is left out, and counted in the result of the script.
    Skip,
}

/// The rules for one table, or for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) update: Option<Update>,
    /// Only these columns are set.
    pub(crate) only: Option<OptionList<String>>,
    /// These columns are never set.
    pub(crate) never: Option<OptionList<String>>,
    /// A row of the target with another value here is not taken over.
    pub(crate) guard: Option<String>,
}

/// All rules. What a table's own rule says goes before what is said of the table that it is a partition of, and that
/// before what is said for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) all: Rule,
    pub(crate) tables: BTreeMap<TableName, Rule>,
    pub(crate) on_guard: OnGuard,
}

impl Options {
    /// What happens to rows that the target has already. Default: [`Update::Always`].
    #[must_use]
    pub fn with_update(mut self, update: Update) -> Self {
        self.rules.all.update = Some(update);
        self
    }

    /// The same for one table, given as an SQL name such as `public."User"`.
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_table_update(mut self, table: &str, update: Update) -> Result<Self> {
        self.rules.of(Some(parse_table(table)?)).update = Some(update);
        Ok(self)
    }

    /// The only columns that are updated: `column,column` for all tables, `schema.table=column,column` for one. New
    /// rows are inserted with all their columns. Default: all columns.
    ///
    /// # Errors
    /// If `columns` is not of this form.
    pub fn with_update_only(mut self, columns: &str) -> Result<Self> {
        let (table, columns) = maybe_table_columns(columns)?;
        self.rules.of(table).only.get_or_insert_default().extend(columns);
        Ok(self)
    }

    /// Columns that are never updated: `column,column` for all tables, `schema.table=column,column` for one. Default:
    /// none.
    ///
    /// # Errors
    /// If `columns` is not of this form.
    pub fn with_update_never(mut self, columns: &str) -> Result<Self> {
        let (table, columns) = maybe_table_columns(columns)?;
        self.rules.of(table).never.get_or_insert_default().extend(columns);
        Ok(self)
    }

    /// The guard: where the target has a row with another value in this column under the key of a row of the dump, it is
    /// not taken over. `column` for all tables that have it, `schema.table=column` for one, which must have it. Two NULLs
    /// are the same; other values are compared by the equality of their type. Rows without the column, where the target
    /// has it, are an error; with [`OnGuard::Skip`] those whose key the target has are left out. Default: no guard.
    ///
    /// The guard goes before [`Update`], except that with [`Update::Nothing`] no row is taken over anyway.
    ///
    /// ```
    /// use dumpsert::{OnGuard, Options};
    ///
    /// let options = Options::new().with_guard("\"businessId\"")?.with_on_guard(OnGuard::Skip);
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `column` is not of this form.
    pub fn with_guard(mut self, column: &str) -> Result<Self> {
        let (table, columns) = maybe_table_columns(column)?;
        match <[String; 1]>::try_from(columns) {
            Ok([guard]) => self.rules.of(table).guard = Some(guard),
            Err(_) => return Err(invalid(format!("`{column}`: a guard is one column"))),
        }
        Ok(self)
    }

    /// What happens to rows that the guard refuses. Default: [`OnGuard::Error`].
    #[must_use]
    pub fn with_on_guard(mut self, on_guard: OnGuard) -> Self {
        self.rules.on_guard = on_guard;
        self
    }
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

    /// What holds for a table, given after the tables that it is a partition of.
    pub(crate) fn rule<'a>(&self, lineage: impl Iterator<Item = &'a TableName>) -> TableRule {
        let own = lineage
            .filter_map(|table| self.tables.get(table))
            .fold(Rule::default(), |outer, rule| rule.clone().or(outer));
        TableRule {
            is_own_guard: own.guard.is_some(),
            rule: own.or(self.all.clone()),
        }
    }

    /// Checks the columns of the rules against a catalog.
    pub(crate) fn check(&self, catalog: &Catalog) -> Result<()> {
        for (name, rule) in &self.tables {
            let table = known_table(catalog, name, "a policy or guard")?;
            let known = |column| known_column(table, column, "a policy or guard");
            rule.columns().try_for_each(known)?;
        }
        let columns = || catalog.tables().iter().flat_map(|table| &table.columns);
        match self
            .all
            .columns()
            .find(|unknown| columns().all(|column| column.name != **unknown))
        {
            None => Ok(()),
            Some(unknown) => {
                let message = format!("a policy or guard has a column `{unknown}`, which no table of the catalog has");
                let names = columns().map(|column| column.name.clone());
                Err(with_nearest(
                    Error::new(ErrorKind::InvalidOption, message),
                    unknown,
                    names,
                ))
            }
        }
    }

    /// Whether a rule is about a table or column by name.
    pub(crate) fn has_names(&self) -> bool {
        !self.tables.is_empty() || self.all.columns().next().is_some()
    }

    /// The columns by which newer rows are known.
    pub(crate) fn newer_columns(&self) -> impl Iterator<Item = &String> {
        let rules = self.tables.values().chain([&self.all]);
        rules.filter_map(|rule| match &rule.update {
            Some(Update::Newer(column)) => Some(column),
            _ => None,
        })
    }

    /// The rules for the fixed text of the script; none if there is nothing to say.
    pub(crate) fn to_json(&self) -> Vec<Value> {
        let all = (None, &self.all);
        let tables = self.tables.iter().map(|(name, rule)| (Some(name), rule));
        let said = [all]
            .into_iter()
            .chain(tables)
            .filter(|(_, rule)| **rule != Rule::default());
        said.map(|(name, rule)| rule.to_json(name)).collect()
    }
}

impl Rule {
    fn or(self, outer: Self) -> Self {
        Self {
            update: self.update.or(outer.update),
            only: self.only.or(outer.only),
            never: self.never.or(outer.never),
            guard: self.guard.or(outer.guard),
        }
    }

    /// Every column that is named.
    fn columns(&self) -> impl Iterator<Item = &String> {
        let newer = match &self.update {
            Some(Update::Newer(column)) => Some(column),
            _ => None,
        };
        let lists = [&self.only, &self.never].into_iter().flatten();
        lists.flat_map(|list| list.items()).chain(newer).chain(&self.guard)
    }

    fn to_json(&self, name: Option<&TableName>) -> Value {
        let mut json = Map::new();
        let mut put = |name: &str, value: Option<Value>| json.extend(value.map(|value| (name.to_owned(), value)));
        put("schema", name.map(|name| name.schema.clone().into()));
        put("name", name.map(|name| name.name.clone().into()));
        put(
            "update",
            self.update.as_ref().map(|update| match update {
                Update::Always => "always".into(),
                Update::Changed => "changed".into(),
                Update::Newer(_) => "newer".into(),
                Update::Nothing => "nothing".into(),
            }),
        );
        if let Some(Update::Newer(column)) = &self.update {
            put("newer", Some(column.clone().into()));
        }
        put("only", self.only.as_ref().map(|only| only.items().into()));
        put("never", self.never.as_ref().map(|never| never.items().into()));
        put("guard", self.guard.clone().map(Value::from));
        Value::Object(json)
    }
}

/// What holds for one table.
#[derive(Debug)]
pub(crate) struct TableRule {
    rule: Rule,
    /// Whether the guard was named for this table, and not for all.
    is_own_guard: bool,
}

impl TableRule {
    /// Whether a column may be set.
    pub(crate) fn may_set(&self, column: &String) -> bool {
        let Rule { only, never, .. } = &self.rule;
        only.as_ref().is_none_or(|only| only.items().contains(column))
            && never.as_ref().is_none_or(|never| !never.items().contains(column))
    }

    /// The condition of the upsert; `None` means that nothing is updated.
    pub(crate) fn when(&self, table: &TableName, columns: &[String]) -> Result<Option<When>> {
        match self.rule.update.as_ref().unwrap_or(&Update::Always) {
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

    /// By what the rows with these columns are guarded. A guard that was named for this very table needs its column.
    pub(crate) fn guard(&self, table: &TableName, columns: &[String], on_guard: OnGuard) -> Result<Option<Guard>> {
        match &self.rule.guard {
            Some(column) if columns.contains(column) => Ok(Some(Guard::Column(column.clone()))),
            Some(column) if self.is_own_guard && on_guard == OnGuard::Error => {
                let message = format!("the dump has no column `{column}` of table {table}, by which it is guarded");
                let error = Error::new(ErrorKind::InvalidOption, message);
                Err(with_nearest(error, column, columns.iter().cloned()))
            }
            Some(column) => Ok(Some(Guard::Absent(column.clone()))),
            None => Ok(None),
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
                check_option(column, "the column")?;
                match parse_columns(column.as_bytes()).as_deref() {
                    Some([column]) => Ok(Self::Newer(decode_name(column).into_owned())),
                    _ => Err(invalid()),
                }
            }
        }
    }
}
