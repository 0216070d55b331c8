//! `DROP …`, and what `ALTER TABLE … DROP` removes.

use super::cursor::{Cursor, Parse, RawName};
use super::state::{State, TableId};
use super::table::{ForeignState, KeyState, TableState};
use super::work::OBJECT_BYTES;
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
                state.in_schema(&raw.name).into_iter().for_each(|id| state.remove(id));
                state.work.looked(state.types.len());
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
                state.taken.remove_relation(&name);
            }
        }
    }
}

/// Drops a constraint, or a key, with the parts of it that partitions have.
pub(super) fn drop_constraint(state: &mut State, id: TableId, name: &str) {
    let Some(table) = state.table_mut(id) else { return };
    let schema = table.name.schema.clone();
    let is_key = table.keys.number(name).is_some();
    let is_foreign_key = table.foreign_keys.get(name).is_some();
    table.keys.remove(name);
    table.foreign_keys.remove(name);
    let name = TableName {
        schema,
        name: name.to_owned(),
    };
    state.taken.remove_constraint(&name);
    if is_key {
        state.taken.remove_relation(&name);
    }
    if !is_key && !is_foreign_key {
        return;
    }
    for child in state.partitions(id) {
        let attached = |table: &TableState| Some(table.keys.part_of(&name.name)?.key.name.clone());
        if let Some(part) = state.table(child).and_then(attached) {
            drop_constraint(state, child, &part);
        }
        if is_foreign_key {
            drop_constraint(state, child, &name.name);
        }
    }
}

/// Drops a column with all keys and foreign keys that need it.
pub(super) fn drop_column(state: &mut State, id: TableId, name: &str, recurse: bool) {
    let is = |column: &String| column == name;
    let Some(table) = state.table_mut(id) else { return };
    let dropped = table.columns.remove(name);
    let in_key = |own: &KeyState| own.key.columns.iter().chain(&own.mentions).any(is);
    let in_foreign_key = |own: &ForeignState| own.foreign_key.columns.iter().any(is);
    let (keys, foreign_keys) = (table.keys.len(), table.foreign_keys.len());
    let mut made = 0;
    let looked = table.columns.len() + keys + foreign_keys;
    if table.keys.iter().any(in_key) {
        made += keys;
        table.keys.edit(|list| list.retain(|own| !in_key(own)));
    }
    if table.foreign_keys.iter().any(in_foreign_key) {
        made += foreign_keys;
        table.foreign_keys.edit(|list| list.retain(|own| !in_foreign_key(own)));
    }
    state.work.looked(looked);
    state.work.made(OBJECT_BYTES * made);
    let concerns = |own: &ForeignState| own.target == Some(id) && own.foreign_key.referenced_columns.iter().any(is);
    state.edit_references(id, concerns, |list| list.retain(|own| !concerns(own)));
    for owned in dropped.iter().flat_map(|column| &column.sequences) {
        state.taken.remove_relation(&owned.name);
    }
    if recurse {
        for child in state.descendants(id) {
            drop_column(state, child, name, false);
        }
    }
}
