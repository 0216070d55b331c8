//! All that is known while schema SQL is read.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::columns::ColumnState;
use super::cursor::{Fault, Parse, RawName};
use super::search_path::SearchPath;
use super::table::{Columns, ForeignState, KeyState, TableState};
use super::taken::Taken;
use super::types::{ColumnType, RawType};
use super::user_types::Labels;
use super::work::{OBJECT_BYTES, Work};
use crate::catalog::names::quote_ident;
use crate::catalog::{LEVELS_MAX, TableName};

/// Index of a table; it stays the same when the table is renamed.
pub(super) type TableId = usize;

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    tables: Vec<Option<TableState>>,
    by_name: HashMap<TableName, TableId>,
    /// Of each table, its partitions and those that inherit from it.
    below: HashMap<TableId, BTreeSet<TableId>>,
    /// Of each table, those that have had foreign keys to it.
    referencing: HashMap<TableId, BTreeSet<TableId>>,
    /// Of each key, by name, the tables that have had one so called.
    key_tables: HashMap<TableName, BTreeSet<TableId>>,
    /// Of each sequence, the tables of which a column has owned it.
    sequence_tables: HashMap<TableName, BTreeSet<TableId>>,
    pub(super) types: HashMap<TableName, UserType>,
    /// The types, as they print, that a column or another type has had.
    used_types: HashSet<String>,
    pub(super) collations: HashSet<TableName>,
    /// Names of tables, indexes, sequences, views and composite types, which share one name space per schema, and of
    /// constraints.
    pub(super) taken: Taken,
    pub(super) search_path: SearchPath,
    /// Major version of the server that the schema comes from.
    pub(super) server_version: Option<u32>,
    pub(super) work: Work,
}

/// A type that the schema defines.
#[derive(Clone, Debug)]
pub(super) enum UserType {
    Composite(Columns),
    Domain {
        base_type: String,
        collation: Option<String>,
        not_null: bool,
    },
    Enum(Labels),
    Other,
}

impl State {
    pub(super) fn with_limit(most: u64) -> Self {
        Self {
            work: Work::new(most),
            ..Self::default()
        }
    }

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
        self.find(raw).ok_or_else(|| {
            let message = format!(
                "the table {} is not defined before this statement; give the schema of the whole database",
                self.creation_name(raw)
            );
            Fault::new(raw.offset, message)
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

    /// The tables of a schema.
    pub(super) fn in_schema(&self, schema: &str) -> Vec<TableId> {
        self.work.looked(self.tables.len());
        let inside = self.table_ids().filter(|(_, table)| table.name.schema == schema);
        inside.map(|(id, _)| id).collect()
    }

    pub(super) fn insert(&mut self, table: TableState) -> TableId {
        let id = self.tables.len();
        for parent in table.partition_of.iter().chain(&table.inherits) {
            self.below.entry(*parent).or_default().insert(id);
        }
        for owned in table.columns.iter().flat_map(|column| &column.sequences) {
            self.sequence_tables.entry(owned.name.clone()).or_default().insert(id);
        }
        self.work
            .made(OBJECT_BYTES + table.columns.iter().map(ColumnState::bytes).sum::<usize>());
        self.by_name.insert(table.name.clone(), id);
        self.taken.add_relation(table.name.clone());
        self.tables.push(Some(table));
        id
    }

    /// Makes a table a partition of another one, or of none.
    pub(super) fn set_parent(&mut self, id: TableId, parent: Option<TableId>) {
        let Some(table) = self.table_mut(id) else { return };
        let before = std::mem::replace(&mut table.partition_of, parent);
        self.settle_below(id, before);
        if let Some(parent) = parent {
            self.below.entry(parent).or_default().insert(id);
        }
    }

    /// Makes a table inherit from another one, as the last of its parents, or no more.
    pub(super) fn set_heir(&mut self, id: TableId, parent: TableId, is_heir: bool) {
        let Some(table) = self.table_mut(id) else { return };
        table.inherits.retain(|&other| other != parent);
        if is_heir {
            table.inherits.push(parent);
            self.below.entry(parent).or_default().insert(id);
        } else {
            self.settle_below(id, Some(parent));
        }
    }

    /// Forgets that a table is below a former parent, unless it still is.
    fn settle_below(&mut self, id: TableId, parent: Option<TableId>) {
        let Some(parent) = parent else { return };
        let is_child = |table: &TableState| table.partition_of == Some(parent) || table.inherits.contains(&parent);
        if !self.table(id).is_some_and(is_child)
            && let Some(below) = self.below.get_mut(&parent)
        {
            below.remove(&id);
        }
    }

    pub(super) fn rename(&mut self, id: TableId, to: TableName) {
        let Some(table) = self.table_mut(id) else { return };
        let from = std::mem::replace(&mut table.name, to.clone());
        let names: Vec<String> = match from.schema == to.schema {
            true => Vec::new(),
            false => table.keys.iter().map(|state| state.key.name.clone()).collect(),
        };
        self.work.looked(names.len());
        for name in names {
            self.note_key(id, &to.schema, &name);
        }
        self.by_name.remove(&from);
        self.taken.remove_relation(&from);
        self.taken.add_relation(to.clone());
        self.by_name.insert(to, id);
    }

    /// Removes a table, its partitions and children, and the foreign keys that reference them.
    pub(super) fn remove(&mut self, id: TableId) {
        let Some(table) = self.tables.get_mut(id).and_then(Option::take) else {
            return;
        };
        self.by_name.remove(&table.name);
        self.taken.remove_relation(&table.name);
        let schema = &table.name.schema;
        let qualify = |name: &String| TableName {
            schema: schema.clone(),
            name: name.clone(),
        };
        for name in table.keys.iter().map(|state| &state.key.name) {
            self.taken.remove_relation(&qualify(name));
            self.taken.remove_constraint(&qualify(name));
        }
        for name in table.foreign_keys.iter().map(|state| &state.foreign_key.name) {
            self.taken.remove_constraint(&qualify(name));
        }
        for owned in table.columns.iter().flat_map(|column| &column.sequences) {
            self.taken.remove_relation(&owned.name);
        }
        for parent in table.partition_of.iter().chain(&table.inherits) {
            if let Some(below) = self.below.get_mut(parent) {
                below.remove(&id);
            }
        }
        let concerns = |state: &ForeignState| state.target == Some(id);
        self.edit_references(id, concerns, |list| list.retain(|state| !concerns(state)));
        self.referencing.remove(&id);
        for child in self.children(id) {
            self.remove(child);
        }
        self.below.remove(&id);
    }

    /// Changes the foreign keys of every table that references one, where a key is concerned.
    pub(super) fn edit_references(
        &mut self,
        id: TableId,
        concerns: impl Fn(&ForeignState) -> bool,
        change: impl Fn(&mut Vec<ForeignState>),
    ) {
        for other in self.referencing.get(&id).cloned().unwrap_or_default() {
            if let Some(table) = self.tables.get_mut(other).and_then(Option::as_mut) {
                self.work.looked(table.foreign_keys.len());
                if table.foreign_keys.iter().any(&concerns) {
                    self.work.made(OBJECT_BYTES * table.foreign_keys.len());
                    table.foreign_keys.edit(&change);
                }
            }
        }
    }

    /// Gives a table a key.
    pub(super) fn push_key(&mut self, id: TableId, key: KeyState) {
        let Some(table) = self.table(id) else { return };
        let schema = table.name.schema.clone();
        let names = key.key.columns.iter().chain(&key.mentions).chain([&key.key.name]);
        self.work
            .made(OBJECT_BYTES + 2 * names.map(|name| name.len() + size_of::<String>()).sum::<usize>());
        self.note_key(id, &schema, &key.key.name);
        if let Some(table) = self.table_mut(id) {
            table.keys.push(key);
        }
    }

    /// Remembers that a table has a key of this name.
    pub(super) fn note_key(&mut self, id: TableId, schema: &str, name: &str) {
        let name = TableName {
            schema: schema.to_owned(),
            name: name.to_owned(),
        };
        self.key_tables.entry(name).or_default().insert(id);
    }

    /// Gives a table a foreign key.
    pub(super) fn push_foreign_key(&mut self, id: TableId, state: ForeignState) {
        if let Some(target) = state.target {
            self.referencing.entry(target).or_default().insert(id);
        }
        let key = &state.foreign_key;
        let names = key.columns.iter().chain(&key.referenced_columns).chain([&key.name]);
        self.work
            .made(2 * OBJECT_BYTES + 2 * names.map(|name| name.len() + size_of::<String>()).sum::<usize>());
        if let Some(table) = self.table_mut(id) {
            table.foreign_keys.push(state);
        }
    }

    /// Remembers that a column of a table owns a sequence.
    pub(super) fn note_sequence(&mut self, id: TableId, sequence: &TableName) {
        self.sequence_tables.entry(sequence.clone()).or_default().insert(id);
    }

    /// The columns that may own a sequence, which is called otherwise from now on, if `to` says so.
    pub(super) fn sequence_columns(
        &mut self,
        sequence: &TableName,
        to: Option<&TableName>,
        change: impl Fn(&mut ColumnState),
    ) {
        let tables = self.sequence_tables.remove(sequence).unwrap_or_default();
        for &id in &tables {
            if let Some(table) = self.tables.get_mut(id).and_then(Option::as_mut) {
                self.work.looked(table.columns.len());
                table.columns.iter_mut().for_each(&change);
            }
        }
        if let Some(to) = to {
            self.sequence_tables.entry(to.clone()).or_default().extend(tables);
        }
    }

    /// Whether a column or another type may be of this type, which is called otherwise from now on.
    pub(super) fn rename_used_type(&mut self, from: &str, to: &str) -> bool {
        let is_used = self.used_types.contains(from);
        if is_used {
            self.used_types.insert(to.to_owned());
            self.work.looked(self.types.len());
            self.work
                .looked(self.table_ids().map(|(_, table)| 1 + table.columns.len()).sum());
        }
        is_used
    }

    /// Direct partitions and inheritance children.
    fn children(&self, id: TableId) -> Vec<TableId> {
        let below: Vec<TableId> = self.below.get(&id).into_iter().flatten().copied().collect();
        self.work.looked(below.len());
        below
    }

    /// Direct partitions.
    pub(super) fn partitions(&self, id: TableId) -> Vec<TableId> {
        let is_partition = |child: &TableId| self.table(*child).is_some_and(|table| table.partition_of == Some(id));
        let mut children = self.children(id);
        children.retain(is_partition);
        children
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
        if self.below.get(&id).is_none_or(BTreeSet::is_empty) {
            return Vec::new();
        }
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
            self.work.looked(level.len());
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
        Err(Fault::new(offset, message))
    }

    /// The table with this index or key, and the key's place in it.
    pub(super) fn find_key(&self, raw: &RawName) -> Option<(TableId, usize)> {
        self.candidates(raw).iter().find_map(|name| {
            let tables = self.key_tables.get(name)?;
            self.work.looked(tables.len());
            tables.iter().find_map(|&id| {
                let table = self.table(id).filter(|table| table.name.schema == name.schema)?;
                Some((id, table.keys.number(&name.name)?))
            })
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
    pub(super) fn format_type(&mut self, data_type: &ColumnType) -> String {
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
                let found = found.to_string();
                let text = format!("{found}{modifier}");
                self.used_types.insert(found);
                text
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
}
