//! All that is known while schema SQL is read.

use std::collections::{HashMap, HashSet};

use super::columns::ColumnState;
use super::cursor::{Fault, Parse, RawName};
use super::search_path::SearchPath;
use super::types::{ColumnType, RawType};
use super::user_types;
use crate::catalog::names::quote_ident;
use crate::catalog::{Catalog, ForeignKey, Key, Table, TableKind, TableName, Trigger};
use crate::error::{Error, ErrorKind, Result};

/// How many levels of inheritance and partitions are followed.
const LEVELS_MAX: usize = 100;

/// Index of a table; it stays the same when the table is renamed.
pub(super) type TableId = usize;

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    tables: Vec<Option<TableState>>,
    by_name: HashMap<TableName, TableId>,
    pub(super) types: HashMap<TableName, UserType>,
    pub(super) collations: HashSet<TableName>,
    /// Names of tables, indexes, sequences, views and composite types: they share one name space per schema.
    pub(super) relations: HashSet<TableName>,
    pub(super) constraints: HashSet<TableName>,
    pub(super) search_path: SearchPath,
    /// Major version of the server that the schema comes from.
    pub(super) server_version: Option<u32>,
}

/// A type that the schema defines.
#[derive(Clone, Debug)]
pub(super) enum UserType {
    Composite(Vec<ColumnState>),
    Domain {
        base_type: String,
        collation: Option<String>,
        not_null: bool,
    },
    Enum(Vec<String>),
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct TableState {
    pub(super) name: TableName,
    pub(super) kind: TableKind,
    pub(super) partition_of: Option<TableId>,
    pub(super) inherits: Vec<TableId>,
    pub(super) columns: Vec<ColumnState>,
    pub(super) keys: Vec<KeyState>,
    pub(super) foreign_keys: Vec<ForeignState>,
    pub(super) triggers: Vec<Trigger>,
}

#[derive(Clone, Debug)]
pub(super) struct KeyState {
    pub(super) key: Key,
    /// Whether it is a constraint, not just an index.
    pub(super) constraint: bool,
    pub(super) deferrable: bool,
    /// Made for the partitioned table alone: it is valid once every partition's key is attached to it.
    pub(super) only: bool,
    /// The key of the parent table that this one is part of.
    pub(super) attached_to: Option<String>,
    /// Further columns that it cannot do without: included ones, those in expressions and in its predicate.
    pub(super) mentions: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct ForeignState {
    /// `references` is right only while `target` is unknown.
    pub(super) foreign_key: ForeignKey,
    pub(super) target: Option<TableId>,
}

impl TableState {
    pub(super) fn column(&self, name: &str) -> Option<&ColumnState> {
        self.columns.iter().find(|state| state.column.name == name)
    }

    pub(super) fn column_mut(&mut self, name: &str) -> Option<&mut ColumnState> {
        self.columns.iter_mut().find(|state| state.column.name == name)
    }

    pub(super) fn primary_key(&self) -> Option<&KeyState> {
        self.keys.iter().find(|state| state.key.primary)
    }
}

impl State {
    /// The name under which an unqualified or qualified name is made.
    pub(super) fn creation_name(&self, raw: &RawName) -> TableName {
        let schema = raw
            .schema
            .clone()
            .unwrap_or_else(|| self.search_path.creation_schema().to_owned());
        TableName {
            schema,
            name: raw.name.clone(),
        }
    }

    /// Every full name that a name can mean, in the order of the `search_path`.
    pub(super) fn candidates(&self, raw: &RawName) -> Vec<TableName> {
        let name = |schema: &String| TableName {
            schema: schema.clone(),
            name: raw.name.clone(),
        };
        match &raw.schema {
            Some(schema) => vec![name(schema)],
            None => self
                .search_path
                .schemas()
                .iter()
                .map(name)
                .chain([self.creation_name(raw)])
                .collect(),
        }
    }

    pub(super) fn find(&self, raw: &RawName) -> Option<TableId> {
        self.candidates(raw)
            .iter()
            .find_map(|name| self.by_name.get(name).copied())
    }

    pub(super) fn find_exact(&self, name: &TableName) -> Option<TableId> {
        self.by_name.get(name).copied()
    }

    /// Finds a table that must be known, because what follows takes its columns.
    pub(super) fn require(&self, raw: &RawName) -> Parse<TableId> {
        self.find(raw).ok_or_else(|| Fault {
            offset: raw.offset,
            message: format!(
                "the table {} is not defined before this statement; give the schema of the whole database",
                self.creation_name(raw)
            ),
        })
    }

    pub(super) fn table(&self, id: TableId) -> Option<&TableState> {
        self.tables.get(id)?.as_ref()
    }

    pub(super) fn table_mut(&mut self, id: TableId) -> Option<&mut TableState> {
        self.tables.get_mut(id)?.as_mut()
    }

    pub(super) fn tables_mut(&mut self) -> impl Iterator<Item = &mut TableState> {
        self.tables.iter_mut().flatten()
    }

    pub(super) fn table_ids(&self) -> impl Iterator<Item = (TableId, &TableState)> {
        self.tables
            .iter()
            .enumerate()
            .filter_map(|(id, table)| Some((id, table.as_ref()?)))
    }

    pub(super) fn insert(&mut self, table: TableState) -> TableId {
        let id = self.tables.len();
        self.by_name.insert(table.name.clone(), id);
        self.relations.insert(table.name.clone());
        self.tables.push(Some(table));
        id
    }

    pub(super) fn rename(&mut self, id: TableId, to: TableName) {
        let Some(table) = self.table_mut(id) else { return };
        let from = std::mem::replace(&mut table.name, to.clone());
        self.by_name.remove(&from);
        self.relations.remove(&from);
        self.relations.insert(to.clone());
        self.by_name.insert(to, id);
    }

    /// Removes a table, its partitions and children, and the foreign keys that reference them.
    pub(super) fn remove(&mut self, id: TableId) {
        let Some(table) = self.tables.get_mut(id).and_then(Option::take) else {
            return;
        };
        self.by_name.remove(&table.name);
        self.relations.remove(&table.name);
        let schema = &table.name.schema;
        let qualify = |name: &String| TableName {
            schema: schema.clone(),
            name: name.clone(),
        };
        for name in table.keys.iter().map(|state| &state.key.name) {
            self.relations.remove(&qualify(name));
            self.constraints.remove(&qualify(name));
        }
        for name in table.foreign_keys.iter().map(|state| &state.foreign_key.name) {
            self.constraints.remove(&qualify(name));
        }
        for owned in table.columns.iter().flat_map(|column| &column.sequences) {
            self.relations.remove(&owned.name);
        }
        for other in self.tables_mut() {
            other.foreign_keys.retain(|state| state.target != Some(id));
        }
        for child in self.children(id) {
            self.remove(child);
        }
    }

    /// Direct partitions and inheritance children.
    fn children(&self, id: TableId) -> Vec<TableId> {
        let is_child = |table: &TableState| table.partition_of == Some(id) || table.inherits.contains(&id);
        self.table_ids()
            .filter(|(_, table)| is_child(table))
            .map(|(child, _)| child)
            .collect()
    }

    /// Direct partitions.
    pub(super) fn partitions(&self, id: TableId) -> Vec<TableId> {
        self.table_ids()
            .filter(|(_, table)| table.partition_of == Some(id))
            .map(|(child, _)| child)
            .collect()
    }

    fn parents(&self, id: TableId) -> Vec<TableId> {
        let parents = |table: &TableState| {
            table
                .partition_of
                .into_iter()
                .chain(table.inherits.iter().copied())
                .collect()
        };
        self.table(id).map(parents).unwrap_or_default()
    }

    /// All partitions and inheritance children at any depth, each once, parents first.
    pub(super) fn descendants(&self, id: TableId) -> Vec<TableId> {
        let (_, mut found) = self.walk(id, Self::children);
        found.retain(|&table| table != id);
        found
    }

    /// Everything that is reached from a table, level by level, and the number of levels.
    fn walk(&self, from: TableId, next: impl Fn(&Self, TableId) -> Vec<TableId>) -> (usize, Vec<TableId>) {
        let (mut levels, mut found, mut seen) = (0, Vec::new(), HashSet::from([from]));
        let mut level = vec![from];
        while !level.is_empty() && levels <= LEVELS_MAX {
            levels += 1;
            found.extend_from_slice(&level);
            level = level
                .iter()
                .flat_map(|&table| next(self, table))
                .filter(|&table| seen.insert(table))
                .collect();
        }
        (levels, found)
    }

    /// Refuses a parent that descends from the child, and too many levels: what follows inheritance relies on both.
    pub(super) fn check_parent(&self, parent: TableId, child: Option<TableId>, offset: usize) -> Parse<()> {
        let (above, ancestors) = self.walk(parent, Self::parents);
        let (below, _) = child.map(|child| self.walk(child, Self::children)).unwrap_or_default();
        let message = if child.is_some_and(|child| ancestors.contains(&child)) {
            "a table cannot inherit from itself"
        } else if above + below > LEVELS_MAX {
            "tables inherit from each other over too many levels"
        } else {
            return Ok(());
        };
        Err(Fault {
            offset,
            message: message.to_owned(),
        })
    }

    /// The table with this index or key, and the key's place in it.
    pub(super) fn find_key(&self, raw: &RawName) -> Option<(TableId, usize)> {
        self.candidates(raw).iter().find_map(|name| {
            let in_schema = self.table_ids().filter(|(_, table)| table.name.schema == name.schema);
            in_schema
                .filter_map(|(id, table)| Some((id, table.keys.iter().position(|state| state.key.name == name.name)?)))
                .next()
        })
    }

    /// Whether partitions take over identity columns: 17 and later
    /// (`src/backend/commands/tablecmds.c`, `ATExecAddIdentity`).
    pub(super) fn partitions_inherit_identity(&self) -> bool {
        self.server_version.is_some_and(|version| version >= 17)
    }

    /// Whether columns of this type coerce even a NULL default, so that it is stored as an expression.
    pub(super) fn coerces_null(&self, data_type: &ColumnType) -> bool {
        let domain = match &data_type.base {
            RawType::User { schema, name, .. } => {
                let raw = RawName {
                    schema: schema.clone(),
                    name: name.clone(),
                    offset: 0,
                };
                self.candidates(&raw)
                    .iter()
                    .any(|name| matches!(self.types.get(name), Some(UserType::Domain { .. })))
            }
            RawType::Builtin(_) => false,
        };
        data_type.has_modifier() || (domain && !data_type.array)
    }

    /// A type as `format_type()` prints it under an empty `search_path`.
    pub(super) fn format_type(&self, data_type: &ColumnType) -> String {
        let mut text = match &data_type.base {
            RawType::Builtin(text) => text.clone(),
            RawType::User { schema, name, modifier } => {
                let raw = RawName {
                    schema: schema.clone(),
                    name: name.clone(),
                    offset: 0,
                };
                let known = |name: &&TableName| self.types.contains_key(*name) || self.by_name.contains_key(*name);
                let candidates = self.candidates(&raw);
                let found = candidates
                    .iter()
                    .find(known)
                    .cloned()
                    .unwrap_or_else(|| self.creation_name(&raw));
                format!("{found}{modifier}")
            }
        };
        if data_type.array {
            text.push_str("[]");
        }
        text
    }

    /// A collation as `schema.name`, unless it is the type's own.
    pub(super) fn format_collation(&self, raw: &RawName, type_name: &str) -> Option<String> {
        let found = self
            .candidates(raw)
            .into_iter()
            .find(|name| self.collations.contains(name));
        let schema = found.map(|name| name.schema).or_else(|| raw.schema.clone());
        let schema = schema.unwrap_or_else(|| "pg_catalog".to_owned());
        let own = if type_name.trim_end_matches("[]") == "name" {
            "C"
        } else {
            "default"
        };
        let is_own = schema == "pg_catalog" && raw.name == own;
        (!is_own).then(|| format!("{}.{}", quote_ident(&schema), quote_ident(&raw.name)))
    }

    pub(super) fn finish(self) -> Result<Catalog> {
        let tables = self
            .table_ids()
            .map(|(_, table)| self.finish_table(table))
            .collect::<Result<Vec<_>>>()?;
        Catalog::from_parts(tables, user_types::finish(&self))
    }

    fn finish_table(&self, table: &TableState) -> Result<Table> {
        let name_of = |id: &TableId| self.table(*id).map(|table| table.name.clone());
        let key = |state: &KeyState| {
            let mut key = state.key.clone();
            key.arbiter &= self.is_valid(table, state);
            key
        };
        Ok(Table {
            schema: table.name.schema.clone(),
            name: table.name.name.clone(),
            kind: table.kind,
            partition_of: table.partition_of.as_ref().and_then(name_of),
            inherits: table.inherits.iter().filter_map(name_of).collect(),
            columns: table.columns.iter().map(|state| state.column.clone()).collect(),
            keys: table.keys.iter().map(key).collect(),
            foreign_keys: table
                .foreign_keys
                .iter()
                .map(|state| self.finish_foreign_key(table, state))
                .collect::<Result<Vec<_>>>()?,
            triggers: table.triggers.clone(),
        })
    }

    /// Whether the index of a partitioned table is complete: a part of it is on every partition.
    fn is_valid(&self, table: &TableState, state: &KeyState) -> bool {
        if table.kind != TableKind::Partitioned || !state.only {
            return true;
        }
        let Some(id) = self.find_exact(&table.name) else {
            return false;
        };
        self.partitions(id)
            .iter()
            .filter_map(|&child| self.table(child))
            .all(|child| {
                let part = child
                    .keys
                    .iter()
                    .find(|part| part.attached_to.as_deref() == Some(&state.key.name));
                part.is_some_and(|part| self.is_valid(child, part))
            })
    }

    fn finish_foreign_key(&self, table: &TableState, state: &ForeignState) -> Result<ForeignKey> {
        let mut foreign_key = state.foreign_key.clone();
        let target = state.target.or_else(|| self.find_exact(&foreign_key.references));
        let target = target.and_then(|id| self.table(id));
        if let Some(target) = target {
            foreign_key.references = target.name.clone();
        }
        if foreign_key.referenced_columns.is_empty() {
            let Some(primary) = target.and_then(TableState::primary_key) else {
                return Err(Error::new(
                    ErrorKind::InvalidCatalog,
                    format!(
                        "the foreign key {} of {} references {}, whose primary key is not in the schema",
                        quote_ident(&foreign_key.name),
                        table.name,
                        foreign_key.references
                    ),
                )
                .with_hint("give the schema of the whole database"));
            };
            foreign_key.referenced_columns = primary.key.columns.clone();
        }
        Ok(foreign_key)
    }
}
