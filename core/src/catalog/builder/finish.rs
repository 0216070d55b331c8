//! The catalog of what was read.

use super::state::{State, TableId};
use super::table::{ForeignState, KeyState, TableState};
use super::user_types;
use crate::catalog::names::quote_ident;
use crate::catalog::{Catalog, ForeignKey, Table, TableKind, TableName};
use crate::error::{Error, ErrorKind, Result};

impl State {
    pub(super) fn finish(mut self) -> Result<Catalog> {
        let mut tables = self
            .table_ids()
            .map(|(_, table)| self.finish_table(table))
            .collect::<Result<Vec<_>>>()?;
        // The columns are the most of it: they are not there twice.
        for (table, state) in tables.iter_mut().zip(self.tables_mut()) {
            let columns = std::mem::take(&mut state.columns).into_list();
            table.columns = columns.into_iter().map(|state| state.column).collect();
        }
        Catalog::from_parts(tables, user_types::finish(&self))
    }

    pub(super) fn columns_of(&self, name: &TableName) -> Option<Table> {
        let table = self.table(self.find_exact(name)?)?;
        Some(Table {
            columns: table.columns.iter().map(|state| state.column.clone()).collect(),
            ..self.shape(table)
        })
    }

    pub(super) fn parent_of(&self, name: &TableName) -> Option<TableName> {
        let parent = self.table(self.find_exact(name)?)?.partition_of?;
        Some(self.table(parent)?.name.clone())
    }

    /// A table without columns, keys and triggers.
    fn shape(&self, table: &TableState) -> Table {
        let name_of = |id: &TableId| self.table(*id).map(|table| table.name.clone());
        Table {
            schema: table.name.schema.clone(),
            name: table.name.name.clone(),
            kind: table.kind,
            partition_of: table.partition_of.as_ref().and_then(name_of),
            inherits: table.inherits.iter().filter_map(name_of).collect(),
            columns: Vec::new(),
            keys: Vec::new(),
            foreign_keys: Vec::new(),
            triggers: Vec::new(),
            extension: false,
        }
    }

    /// A table without its columns.
    fn finish_table(&self, table: &TableState) -> Result<Table> {
        let key = |state: &KeyState| {
            let mut key = state.key.clone();
            key.arbiter &= self.is_valid(table, state);
            key
        };
        Ok(Table {
            keys: table.keys.iter().map(key).collect(),
            foreign_keys: table
                .foreign_keys
                .iter()
                .map(|state| self.finish_foreign_key(table, state))
                .collect::<Result<Vec<_>>>()?,
            triggers: table.triggers.values().cloned().collect(),
            ..self.shape(table)
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
                let part = child.keys.part_of(&state.key.name);
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
