//! `DROP …`, and what `ALTER TABLE … DROP` removes.

use super::cursor::{Cursor, Parse, RawName};
use super::state::{State, TableId, TableState};
use super::{sequences, triggers};
use crate::catalog::TableName;

/// Reads a whole `DROP` statement.
pub(super) fn statement(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.advance();
    cursor.word("foreign");
    let object = cursor.any_word().unwrap_or_default();
    cursor.word("concurrently");
    cursor.words(&["if", "exists"]);
    if object == "trigger" {
        return triggers::drop(state, cursor);
    }
    loop {
        let raw = cursor.qualified_name()?;
        match object.as_str() {
            "table" => {
                if let Some(id) = state.find(&raw) {
                    state.remove(id);
                }
            }
            "index" => drop_index(state, &raw),
            "sequence" => sequences::drop(state, &raw),
            "schema" => {
                let inside = |table: &TableState| table.name.schema == raw.name;
                let ids: Vec<_> = state
                    .table_ids()
                    .filter(|(_, table)| inside(table))
                    .map(|(id, _)| id)
                    .collect();
                ids.into_iter().for_each(|id| state.remove(id));
                state.types.retain(|name, _| name.schema != raw.name);
            }
            _ => {
                for name in state.candidates(&raw) {
                    state.types.remove(&name);
                }
            }
        }
        if !cursor.punct(b',') {
            return Ok(());
        }
    }
}

fn drop_index(state: &mut State, raw: &RawName) {
    match state.find_key(raw) {
        Some((id, at)) => {
            let name = state
                .table(id)
                .and_then(|table| Some(table.keys.get(at)?.key.name.clone()));
            drop_constraint(state, id, &name.unwrap_or_default());
        }
        None => {
            for name in state.candidates(raw) {
                state.relations.remove(&name);
            }
        }
    }
}

/// Drops a constraint, or a key, with the parts of it that partitions have.
pub(super) fn drop_constraint(state: &mut State, id: TableId, name: &str) {
    let Some(table) = state.table_mut(id) else { return };
    let schema = table.name.schema.clone();
    let is_key = table.keys.iter().any(|state| state.key.name == name);
    table.keys.retain(|state| state.key.name != name);
    let dropped: Vec<_> = table
        .foreign_keys
        .extract_if(.., |state| state.foreign_key.name == name)
        .collect();
    let name = TableName {
        schema,
        name: name.to_owned(),
    };
    state.constraints.remove(&name);
    if is_key {
        state.relations.remove(&name);
    }
    for child in state.partitions(id) {
        let attached = |table: &TableState| {
            let part = table
                .keys
                .iter()
                .find(|state| state.attached_to.as_deref() == Some(&name.name));
            part.map(|state| state.key.name.clone())
        };
        if let Some(part) = state.table(child).and_then(attached) {
            drop_constraint(state, child, &part);
        }
        if let Some(foreign) = dropped.first() {
            drop_constraint(state, child, &foreign.foreign_key.name);
        }
    }
}

/// Drops a column with all keys and foreign keys that need it.
pub(super) fn drop_column(state: &mut State, id: TableId, name: &str, recurse: bool) {
    let is = |column: &String| column == name;
    let Some(table) = state.table_mut(id) else { return };
    let dropped: Vec<_> = table
        .columns
        .extract_if(.., |state| state.column.name == name)
        .collect();
    table
        .keys
        .retain(|state| !state.key.columns.iter().any(is) && !state.mentions.iter().any(is));
    table
        .foreign_keys
        .retain(|state| !state.foreign_key.columns.iter().any(is));
    for table in state.tables_mut() {
        table
            .foreign_keys
            .retain(|state| state.target != Some(id) || !state.foreign_key.referenced_columns.iter().any(is));
    }
    for owned in dropped.iter().flat_map(|column| &column.sequences) {
        state.relations.remove(&owned.name);
    }
    if recurse {
        for child in state.descendants(id) {
            drop_column(state, child, name, false);
        }
    }
}
