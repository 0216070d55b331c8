//! What is known of the tables: columns, keys, foreign keys.
//!
//! A catalog comes from schema SQL ([`Catalog::from_schema_sql`]) or from JSON ([`Catalog::from_json`]); the JSON form
//! is that of the types below, field by field.

mod builder;
pub(crate) mod dump_names;
mod file;
mod json;
mod known;
mod names;
mod order;
mod schema_sql;
mod types;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::builder::CatalogBuilder;
pub(crate) use self::known::{known_column, known_table};
pub(crate) use self::names::{NAME_BYTES_MAX, quote_ident, truncate};
pub(crate) use self::order::components;
pub use self::order::{OrderProblem, OrderProblemKind};
pub(crate) use self::types::Ranks;
pub use self::types::{Type, TypeKind};
use crate::error::{Error, ErrorKind, Result};

/// One SQL query that returns the catalog of a live database as one JSON value, for [`Catalog::from_json`].
///
/// It runs on PostgreSQL 12 and later, needs no privilege, and returns one row of one column. Tables of the system
/// and temporary ones are not in it; those of extensions are marked.
pub const CATALOG_QUERY: &str = include_str!("query.sql");

/// The name of a table as PostgreSQL stores it: unquoted names folded to lower case, quoted ones as they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableName {
    /// The schema, for example `public`.
    pub schema: String,
    /// The table.
    pub name: String,
}

/// The tables of one database, and the types that it defines, by schema and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// Version of this JSON form: 1.
    version: u32,
    tables: Vec<Table>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<Type>,
    /// What is beneath each of the types.
    #[serde(skip)]
    beneath: Vec<Option<types::Beneath>>,
    /// The labels of those that are enums, to be found by their text.
    #[serde(skip)]
    ranks: Vec<Option<Arc<Ranks>>>,
}

/// One table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Table {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Ordinary, partitioned, or foreign.
    pub kind: TableKind,
    /// Whether it belongs to an extension, which only a server tells.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extension: bool,
    /// The table this one is a partition of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_of: Option<TableName>,
    /// The tables this one inherits from (not for partitions), in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<TableName>,
    /// The columns in the table's order; dropped ones are absent.
    pub columns: Vec<Column>,
    /// Primary key first, then the unique constraints and unique indexes, by name.
    pub keys: Vec<Key>,
    /// The foreign keys of this table, by name.
    pub foreign_keys: Vec<ForeignKey>,
    /// The user triggers of this table, by name; those that a partition has from its parent are only at the parent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
}

/// What kind of relation a [`Table`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TableKind {
    /// An ordinary table, partitions included.
    Table,
    /// A partitioned table (the root or an inner node, which hold no rows of their own).
    Partitioned,
    /// A foreign table.
    Foreign,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as `format_type()` prints it, for example `character varying(30)` or `public.mood[]`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The collation where it is not the type's own, as `schema.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// Whether the column itself is declared `NOT NULL` (columns of a primary key are).
    pub not_null: bool,
    /// Whether it has a default (identity and generated columns have none in this sense).
    pub has_default: bool,
    /// The default's value as text, where it is a plain constant with at most one cast to a type without length or
    /// precision: `'x'::text`, `'-1'::integer`, `(-1)`, `4.20`, `true`. It is as the schema writes it; a server prints
    /// it in the type's own spelling. `None` for `NULL` and for everything that has to be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// `GENERATED … AS IDENTITY`, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Whether it is a generated column, stored or virtual.
    pub generated: bool,
    /// The sequence of an identity or `serial` column, or the first by name that is `OWNED BY` the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<TableName>,
}

/// How an identity column is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Identity {
    /// `GENERATED ALWAYS AS IDENTITY`: may be inserted with `OVERRIDING SYSTEM VALUE`, never updated.
    Always,
    /// `GENERATED BY DEFAULT AS IDENTITY`.
    ByDefault,
}

/// A primary key, unique constraint or unique index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Key {
    /// Name of the constraint or index.
    pub name: String,
    /// Whether it is the primary key.
    pub primary: bool,
    /// The key columns in order, without `INCLUDE`d ones; empty where the key is on expressions.
    pub columns: Vec<String>,
    /// Whether two NULLs are equal for it (`NULLS NOT DISTINCT`).
    pub nulls_not_distinct: bool,
    /// Whether PostgreSQL accepts the columns as `ON CONFLICT (…)`: not deferrable, not partial, not on expressions,
    /// not `WITHOUT OVERLAPS`.
    pub arbiter: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ForeignKey {
    /// Name of the constraint.
    pub name: String,
    /// The referencing columns in order.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: TableName,
    /// The referenced columns in order.
    pub referenced_columns: Vec<String>,
    /// `ON DELETE`.
    pub on_delete: Action,
    /// The columns of `ON DELETE SET NULL (…)`; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_delete_columns: Vec<String>,
    /// `ON UPDATE`.
    pub on_update: Action,
    /// `MATCH FULL`.
    pub match_full: bool,
    /// `DEFERRABLE`.
    pub deferrable: bool,
    /// `INITIALLY DEFERRED`.
    pub initially_deferred: bool,
    /// Whether PostgreSQL enforces it (`false`: `NOT ENFORCED`, 18 and later).
    pub enforced: bool,
}

/// A trigger that is not the system's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// When it fires.
    pub enabled: TriggerEnabled,
    /// Whether it is a `CONSTRAINT TRIGGER`.
    pub constraint: bool,
}

/// When a [`Trigger`] fires: `ALTER TABLE … ENABLE`, `DISABLE TRIGGER`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TriggerEnabled {
    /// `ENABLE TRIGGER`, the default: not where `session_replication_role` is `replica`.
    #[default]
    Origin,
    /// `ENABLE REPLICA TRIGGER`: only there.
    Replica,
    /// `ENABLE ALWAYS TRIGGER`: always.
    Always,
    /// `DISABLE TRIGGER`: never.
    Disabled,
}

/// The referential action of a [`ForeignKey`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// `NO ACTION`, the default.
    #[default]
    NoAction,
    /// `RESTRICT`.
    Restrict,
    /// `CASCADE`.
    Cascade,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
}

/// How many levels of inheritance and partitions are followed.
pub(crate) const LEVELS_MAX: usize = 100;

/// A table and those that it is a partition of, the nearest first.
pub(crate) fn lineage(name: &TableName, partition_of: impl Fn(&TableName) -> Option<TableName>) -> Vec<TableName> {
    let names = std::iter::successors(Some(name.clone()), partition_of);
    names.take(LEVELS_MAX).collect()
}

/// The version of the JSON form that is written and read.
const VERSION: u32 = 1;

impl Default for Catalog {
    fn default() -> Self {
        Self {
            version: VERSION,
            tables: Vec::new(),
            types: Vec::new(),
            beneath: Vec::new(),
            ranks: Vec::new(),
        }
    }
}

impl Catalog {
    /// The tables in the order of their schemas and names.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The table with this schema and name.
    pub fn table(&self, schema: &str, name: &str) -> Option<&Table> {
        let found = self
            .tables
            .binary_search_by(|table| (&*table.schema, &*table.name).cmp(&(schema, name)))
            .ok()?;
        self.tables.get(found)
    }

    /// Whether no table is known.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// Adds the tables and types of another catalog.
    ///
    /// # Errors
    /// A table or type that both define, but not alike.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        for table in &other.tables {
            if self.table(&table.schema, &table.name).is_some_and(|own| own != table) {
                let message = format!("the table {} is defined twice, and not alike", table.table_name());
                return Err(Error::new(ErrorKind::InvalidCatalog, message));
            }
        }
        for other in &other.types {
            if self
                .found_type(&other.schema, &other.name)
                .is_some_and(|own| own != other)
            {
                let message = format!("the type {} is defined twice, and not alike", other.type_name());
                return Err(Error::new(ErrorKind::InvalidCatalog, message));
            }
        }
        self.tables.extend(other.tables);
        self.types.extend(other.types);
        self.sort();
        self.tables.dedup();
        self.types.dedup();
        self.look_beneath();
        Ok(())
    }

    /// Checks what must hold for any catalog and puts everything in its canonical order.
    pub(crate) fn from_parts(tables: Vec<Table>, types: Vec<Type>) -> Result<Self> {
        let mut catalog = Self {
            version: VERSION,
            tables,
            types,
            beneath: Vec::new(),
            ranks: Vec::new(),
        };
        catalog.sort();
        catalog.check()?;
        catalog.look_beneath();
        Ok(catalog)
    }

    fn sort(&mut self) {
        for table in &mut self.tables {
            table
                .keys
                .sort_by(|a, b| (!a.primary, &a.name).cmp(&(!b.primary, &b.name)));
            table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
            table.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.tables
            .sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
        self.types
            .sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    }
}

impl Table {
    /// The table's full name.
    pub fn table_name(&self) -> TableName {
        TableName {
            schema: self.schema.clone(),
            name: self.name.clone(),
        }
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The key that an upsert uses: the primary key, else the unique key of the fewest columns, and of these the first
    /// by name, under which two rows that are the same row always conflict.
    pub fn arbiter(&self) -> Option<&Key> {
        let primary = self.keys.iter().find(|key| key.primary && key.arbiter);
        let not_null = |name: &String| self.column(name).is_some_and(|column| column.not_null);
        let certain = |key: &&Key| key.arbiter && (key.nulls_not_distinct || key.columns.iter().all(not_null));
        let unique = || {
            self.keys
                .iter()
                .filter(certain)
                .min_by_key(|key| (key.columns.len(), &key.name))
        };
        primary.or_else(unique)
    }

    /// Whether `UPDATE … SET` can assign the column: it exists, and is neither generated nor `GENERATED ALWAYS` as
    /// identity.
    pub fn assignable(&self, column: &str) -> bool {
        self.column(column)
            .is_some_and(|column| !column.generated && column.identity != Some(Identity::Always))
    }
}

impl TableName {
    /// A name as PostgreSQL stores it.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            name: name.into(),
        }
    }
}

impl fmt::Display for TableName {
    /// `schema.table`, each in quotes where it needs them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }
}
