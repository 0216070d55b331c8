//! What a dump may write to, and how large it may be.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::list::OptionList;
use super::names::check_option;
use super::{Options, parse_table};
use crate::catalog::{Catalog, TableName, quote_ident};
use crate::error::with_nearest;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::identifiers::parse_relation;
use crate::lex::tokens::decode_name;
use crate::limits::{Limit, Limits};

/// What happens to rows of tables that the options do not select.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unselected {
    /// They are left out and counted.
    #[default]
    Drop,
    /// They are an error.
    Error,
}

/// The options of this file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) only_schemas: OptionList<String>,
    pub(crate) unselected: Unselected,
    pub(crate) extension_tables: OptionList<TableName>,
    pub(crate) relations: OptionList<TableName>,
    pub(crate) limits: Limits,
}

impl Bounds {
    /// Whether something is permitted by its name.
    pub(crate) fn has_names(&self) -> bool {
        let relations = [&self.extension_tables, &self.relations];
        !self.only_schemas.items().is_empty() || relations.iter().any(|names| !names.items().is_empty())
    }

    pub(crate) fn only_schemas(&self) -> &[String] {
        self.only_schemas.items()
    }

    /// The tables and views that are named, each with its option.
    pub(crate) fn named_tables(&self) -> impl Iterator<Item = (&'static str, &TableName)> {
        let tables = self.extension_tables.items().iter();
        let relations = self.relations.items().iter();
        let tables = tables.map(|table| ("allow_extension_tables", table));
        tables.chain(relations.map(|name| ("allow_relations", name)))
    }

    /// Checks that the catalog has the schemas that are named.
    pub(crate) fn check(&self, catalog: &Catalog) -> Result<()> {
        let schemas = || catalog.tables().iter().map(|table| &table.schema);
        let is_unknown = |wanted: &&String| schemas().all(|schema| schema != *wanted);
        let Some(unknown) = self.only_schemas.items().iter().find(is_unknown) else {
            return Ok(());
        };
        let message = format!("`only_schemas = {unknown}` names schema {unknown}, of which the catalog has no table");
        let error = Error::new(ErrorKind::InvalidOption, message);
        let names: BTreeSet<String> = schemas().map(|schema| quote_ident(schema).into_owned()).collect();
        Err(with_nearest(error, unknown, names.into_iter()))
    }

    /// What adds up otherwise is replaced by the next call.
    pub(crate) fn make_defaults(&mut self) {
        self.only_schemas.make_default();
        self.extension_tables.make_default();
        self.relations.make_default();
    }
}

impl Options {
    /// A schema whose tables and sequences are taken, as an SQL name; several calls add up. What happens to the rest
    /// says [`with_unselected`](Options::with_unselected). Default: all schemas but those of PostgreSQL itself.
    ///
    /// # Errors
    /// If `schema` is no name.
    pub fn with_only_schema(mut self, schema: &str) -> Result<Self> {
        check_option(schema, "the name")?;
        let name = parse_relation(schema.as_bytes()).filter(|relation| relation.schema.is_none());
        let name = name.ok_or_else(|| {
            Error::new(ErrorKind::InvalidOption, format!("`{schema}` is no name of a schema"))
                .with_hint("quote names with capitals: \"App\"")
        })?;
        self.bounds.only_schemas.extend([decode_name(&name.name).into_owned()]);
        Ok(self)
    }

    /// What happens to rows of tables, and to sequences, that are not selected. Default: [`Unselected::Drop`].
    #[must_use]
    pub fn with_unselected(mut self, unselected: Unselected) -> Self {
        self.bounds.unselected = unselected;
        self
    }

    /// A table of an extension that may be written to, as `schema.table`; several calls add up. Default: none, since a row
    /// of such a table can be more than data: a job that runs SQL later, for one.
    ///
    /// # Errors
    /// If `table` is no name of a table.
    pub fn with_allow_extension_table(mut self, table: &str) -> Result<Self> {
        self.bounds.extension_tables.extend([parse_table(table)?]);
        Ok(self)
    }

    /// A view or foreign table that may be written to, as `schema.name`; several calls add up. Default: none, since
    /// where their rows go is not seen from here. Their triggers and rules are never switched off. No upsert reaches a
    /// foreign table (PostgreSQL has no `ON CONFLICT` for them): it needs [`NoKey::Insert`](crate::NoKey::Insert) or
    /// [`NoKey::Match`](crate::NoKey::Match).
    ///
    /// # Errors
    /// If `relation` is no name of a relation.
    pub fn with_allow_relation(mut self, relation: &str) -> Result<Self> {
        self.bounds.relations.extend([parse_table(relation)?]);
        Ok(self)
    }

    /// Another value for one of the limits that keep memory bounded; see [`Limit`].
    ///
    /// ```
    /// use dumpsert::{ErrorKind, Limit, Options, convert_str};
    ///
    /// let plan = Options::new().with_limit(Limit::DumpBytes, 40)?.build()?;
    /// let error = convert_str("INSERT INTO public.t (id, v) VALUES (1, 'one');\n", &plan).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TooLarge);
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `value` is 0.
    pub fn with_limit(mut self, limit: Limit, value: u64) -> Result<Self> {
        if value == 0 {
            let message = format!("the limit {limit} must be at least 1");
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        self.bounds.limits.set(limit, value);
        Ok(self)
    }
}
