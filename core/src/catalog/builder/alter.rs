//! `ALTER …`.

use super::columns::{self, ColumnState};
use super::constraints;
use super::cursor::{Cursor, Parse, RawName};
use super::defaults::parse_default;
use super::drop::{drop_column, drop_constraint};
use super::elements::{
    Body, Constraint, NotNull, parse_attribute, parse_column, parse_sequence_name, parse_table_constraint,
};
use super::sequences::{self, choose_sequence_name};
use super::state::{State, TableId};
use super::table::{ForeignState, KeyState};
use super::types::parse_type;
use super::work::OBJECT_BYTES;
use super::{triggers, user_types};
use crate::catalog::{Identity, TableKind, TableName};

/// Reads a whole `ALTER` statement.
pub(super) fn statement(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.advance();
    cursor.word("foreign");
    match cursor.any_word().as_deref() {
        Some("table") => table(state, cursor),
        Some("index") => index(state, cursor),
        Some("type" | "domain") => user_types::alter(state, cursor),
        Some("sequence") => sequences::alter(state, cursor),
        Some("trigger") => triggers::alter(state, cursor),
        Some("schema") => schema(state, cursor),
        _ => Ok(()),
    }
}

fn table(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    if cursor.words(&["all", "in", "tablespace"]) {
        return Ok(());
    }
    cursor.words(&["if", "exists"]);
    let only = cursor.word("only");
    let raw = cursor.qualified_name()?;
    cursor.punct(b'*');
    // Tables that are not known here are views, temporary tables, or of another file.
    let Some(id) = state.find(&raw) else { return Ok(()) };
    if cursor.word("rename") {
        return rename(state, cursor, id);
    }
    if cursor.words(&["set", "schema"]) {
        let schema = cursor.name()?;
        return move_table(state, id, schema);
    }
    if cursor.words(&["attach", "partition"]) {
        return attach(state, cursor, id);
    }
    if cursor.words(&["detach", "partition"]) {
        return detach(state, cursor);
    }
    loop {
        state.work.check(cursor.offset())?;
        action(state, cursor, id, only)?;
        while !cursor.at_end() && !cursor.is_punct(b',') {
            cursor.skip_one()?;
        }
        if !cursor.punct(b',') {
            return Ok(());
        }
    }
}

fn action(state: &mut State, cursor: &mut Cursor<'_>, id: TableId, only: bool) -> Parse<()> {
    if cursor.word("add") {
        if cursor.word("column") {
            return add_column(state, cursor, id, only);
        }
        return match parse_table_constraint(cursor)? {
            Some(constraint) => constraints::add(state, id, constraint, only),
            None => add_column(state, cursor, id, only),
        };
    }
    if cursor.word("drop") {
        let constraint = cursor.word("constraint");
        if !constraint {
            cursor.word("column");
        }
        cursor.words(&["if", "exists"]);
        let name = cursor.name()?;
        match constraint {
            true => drop_constraint(state, id, &name),
            false => drop_column(state, id, &name, !only),
        };
        return Ok(());
    }
    if cursor.words(&["alter", "constraint"]) {
        return alter_constraint(state, cursor, id);
    }
    if cursor.word("alter") {
        cursor.word("column");
        return alter_column(state, cursor, id, only);
    }
    if triggers::enable(state, cursor, id)? {
        return Ok(());
    }
    let inherits_no_more = cursor.words(&["no", "inherit"]);
    if inherits_no_more || cursor.word("inherit") {
        let raw = cursor.qualified_name()?;
        let parent = state.find(&raw);
        if let Some(parent) = parent.filter(|_| !inherits_no_more) {
            state.check_parent(parent, Some(id), raw.offset)?;
        }
        if let Some(parent) = parent {
            state.set_heir(id, parent, !inherits_no_more);
        }
    }
    Ok(())
}

fn add_column(state: &mut State, cursor: &mut Cursor<'_>, id: TableId, only: bool) -> Parse<()> {
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let mut definition = parse_column(cursor, false)?;
    let Some(table) = state.table_mut(id) else {
        return Ok(());
    };
    if if_not_exists && table.column(&definition.name).is_some() {
        return Ok(());
    }
    // Lent to `define`, which does not look at the table itself.
    let (name, mut own) = (table.name.clone(), std::mem::take(&mut table.columns));
    let defined = columns::define(state, &name, &mut own, &definition);
    let added = own.get(&definition.name).cloned();
    if let Some(table) = state.table_mut(id) {
        table.columns = own;
    }
    defined?;
    if let Some(added) = added {
        state.work.made(added.bytes());
        for owned in &added.sequences {
            state.note_sequence(id, &owned.name);
        }
        if !only {
            columns::add_to_children(state, id, &added, definition.offset)?;
        }
    }
    for constraint in definition.constraints.drain(..) {
        constraints::add(state, id, constraint, only)?;
    }
    Ok(())
}

fn alter_constraint(state: &mut State, cursor: &mut Cursor<'_>, id: TableId) -> Parse<()> {
    let name = cursor.name()?;
    let own = state.table(id).and_then(|table| table.foreign_keys.get(&name));
    let Some(own) = own else { return Ok(()) };
    let mut flags = Constraint {
        name: None,
        offset: 0,
        body: Body::Other,
        deferrable: own.foreign_key.deferrable,
        initially_deferred: own.foreign_key.initially_deferred,
        enforced: own.foreign_key.enforced,
        unsure: false,
    };
    while parse_attribute(cursor, &mut flags) {}
    for at in [id].into_iter().chain(state.partitions(id)) {
        if let Some(table) = state.table_mut(at) {
            table.foreign_keys.change(&name, |key| {
                (key.deferrable, key.initially_deferred) = (flags.deferrable, flags.initially_deferred);
                key.enforced = flags.enforced;
            });
        }
    }
    Ok(())
}

fn alter_column(state: &mut State, cursor: &mut Cursor<'_>, id: TableId, only: bool) -> Parse<()> {
    let column = cursor.name()?;
    let recurse = !only;
    if cursor.words(&["set", "not", "null"]) {
        columns::change(state, id, &column, recurse, &|own| {
            own.set_not_null(NotNull { inherited: true })
        });
    } else if cursor.words(&["drop", "not", "null"]) {
        columns::change(state, id, &column, recurse, &|own| own.column.not_null = false);
    } else if cursor.words(&["set", "default"]) {
        let default = parse_default(cursor)?;
        columns::change(state, id, &column, recurse, &|own| {
            own.set_default(&default, own.column.type_name.contains('('));
        });
    } else if cursor.words(&["drop", "default"]) {
        columns::change(state, id, &column, recurse, &ColumnState::drop_default);
    } else if cursor.words(&["drop", "expression"]) {
        columns::change(state, id, &column, recurse, &|own| own.column.generated = false);
    } else if cursor.words(&["drop", "identity"]) {
        set_identity(state, id, &column, None);
    } else if cursor.are_words(&["add", "generated"]) || cursor.are_words(&["set", "generated"]) {
        let is_new = cursor.is_word("add");
        cursor.advance();
        cursor.advance();
        let identity = if cursor.word("always") {
            Identity::Always
        } else {
            Identity::ByDefault
        };
        set_identity(state, id, &column, Some(identity));
        while !cursor.at_element_end() && !cursor.is_punct(b'(') {
            cursor.advance();
        }
        let sequence = parse_sequence_name(cursor)?;
        if is_new {
            own_sequence(state, id, &column, sequence.as_ref());
        }
    } else if cursor.words(&["set", "data", "type"]) || cursor.word("type") {
        let data_type = parse_type(cursor)?;
        let type_name = state.format_type(&data_type);
        let collation = match cursor.word("collate") {
            true => state.format_collation(&cursor.qualified_name()?, &type_name),
            false => None,
        };
        columns::change(state, id, &column, recurse, &|own| {
            own.column.type_name.clone_from(&type_name);
            own.column.collation.clone_from(&collation);
        });
    }
    Ok(())
}

fn set_identity(state: &mut State, id: TableId, column: &str, identity: Option<Identity>) {
    let recurse = state.partitions_inherit_identity()
        && state
            .table(id)
            .is_some_and(|table| table.kind == TableKind::Partitioned);
    columns::change(state, id, column, recurse, &|own| match identity {
        Some(identity) => own.set_identity(identity),
        None => own.drop_identity(),
    });
}

/// Makes the sequence of a column that becomes an identity column.
fn own_sequence(state: &mut State, id: TableId, column: &str, raw: Option<&RawName>) {
    let name = match (raw, state.table(id).map(|table| table.name.clone())) {
        (Some(raw), _) => state.creation_name(raw),
        (None, Some(table)) => choose_sequence_name(state, &table, column),
        (None, None) => return,
    };
    state.taken.add_relation(name.clone());
    state.note_sequence(id, &name);
    if let Some(own) = state.table_mut(id).and_then(|table| table.column_mut(column)) {
        own.own_sequence(name, true);
    }
}

fn rename(state: &mut State, cursor: &mut Cursor<'_>, id: TableId) -> Parse<()> {
    if cursor.word("to") {
        let name = cursor.name()?;
        let schema = state
            .table(id)
            .map(|table| table.name.schema.clone())
            .unwrap_or_default();
        rename_row_type(
            state,
            id,
            &TableName {
                schema: schema.clone(),
                name: name.clone(),
            },
        );
        state.rename(id, TableName { schema, name });
        return Ok(());
    }
    let constraint = cursor.word("constraint");
    if !constraint {
        cursor.word("column");
    }
    let from = cursor.name()?;
    cursor.expect_word("to")?;
    let to = cursor.name()?;
    match constraint {
        true => rename_constraint(state, id, &from, &to),
        false => {
            rename_column(state, id, &from, &to);
            for child in state.descendants(id) {
                rename_column(state, child, &from, &to);
            }
        }
    }
    Ok(())
}

fn rename_constraint(state: &mut State, id: TableId, from: &str, to: &str) {
    let Some(table) = state.table(id) else { return };
    let schema = table.name.schema.clone();
    let key = table.keys.number(from);
    let is_key = key.is_some();
    if let Some(table) = state.table_mut(id) {
        key.map(|key| table.keys.change(key, |own| to.clone_into(&mut own.key.name)));
        table.foreign_keys.change(from, |own| to.clone_into(&mut own.name));
    }
    if is_key {
        state.note_key(id, &schema, to);
        for child in state.partitions(id) {
            if let Some(table) = state.table_mut(child) {
                table
                    .keys
                    .change_part(from, |own| own.attached_to = Some(to.to_owned()));
            }
        }
    }
    let name = |name: &str| TableName {
        schema: schema.clone(),
        name: name.to_owned(),
    };
    state.taken.remove_constraint(&name(from));
    state.taken.add_constraint(name(to));
    if is_key {
        state.taken.remove_relation(&name(from));
        state.taken.add_relation(name(to));
    }
}

fn rename_column(state: &mut State, id: TableId, from: &str, to: &str) {
    let rename = |columns: &mut Vec<String>| {
        for column in columns.iter_mut().filter(|column| *column == from) {
            to.clone_into(column);
        }
    };
    let is = |column: &String| column == from;
    let Some(table) = state.table_mut(id) else { return };
    table.columns.rename(from, to);
    let in_key = |own: &KeyState| own.key.columns.iter().chain(&own.mentions).any(is);
    let in_foreign_key = |own: &ForeignState| own.foreign_key.columns.iter().any(is);
    let (keys, foreign_keys) = (table.keys.len(), table.foreign_keys.len());
    let mut made = 0;
    if table.keys.iter().any(in_key) {
        made += keys;
        table.keys.edit(|list| {
            for own in list {
                rename(&mut own.key.columns);
                rename(&mut own.mentions);
            }
        });
    }
    if table.foreign_keys.iter().any(in_foreign_key) {
        made += foreign_keys;
        table.foreign_keys.edit(|list| {
            for own in list {
                rename(&mut own.foreign_key.columns);
                rename(&mut own.foreign_key.on_delete_columns);
            }
        });
    }
    state.work.looked(keys + foreign_keys);
    state.work.made(OBJECT_BYTES * made);
    let concerns = |own: &ForeignState| own.target == Some(id) && own.foreign_key.referenced_columns.iter().any(is);
    state.edit_references(id, concerns, |list| {
        for own in list.iter_mut().filter(|own| concerns(own)) {
            rename(&mut own.foreign_key.referenced_columns);
        }
    });
}

fn move_table(state: &mut State, id: TableId, schema: String) -> Parse<()> {
    let Some(table) = state.table(id) else { return Ok(()) };
    let name = TableName {
        schema,
        name: table.name.name.clone(),
    };
    let constraints = table.foreign_keys.iter().map(|state| state.foreign_key.name.clone());
    let indexes: Vec<_> = table.keys.iter().map(|state| state.key.name.clone()).collect();
    let moved: Vec<_> = constraints.chain(indexes.iter().cloned()).collect();
    let qualify = |own: String| TableName {
        schema: name.schema.clone(),
        name: own,
    };
    state.work.looked(moved.len());
    moved
        .into_iter()
        .map(qualify)
        .for_each(|name| state.taken.add_constraint(name));
    indexes
        .into_iter()
        .map(qualify)
        .for_each(|name| state.taken.add_relation(name));
    rename_row_type(state, id, &name);
    sequences::move_with_table(state, id, &name.schema);
    state.rename(id, name);
    Ok(())
}

/// Columns of a table's row type follow the table's name.
fn rename_row_type(state: &mut State, id: TableId, to: &TableName) {
    if let Some(from) = state.table(id).map(|table| table.name.clone()) {
        user_types::rename(state, &from, to);
    }
}

fn attach(state: &mut State, cursor: &mut Cursor<'_>, id: TableId) -> Parse<()> {
    let raw = cursor.qualified_name()?;
    let child = state.require(&raw)?;
    state.check_parent(id, Some(child), raw.offset)?;
    state.set_parent(child, Some(id));
    if state.partitions_inherit_identity() {
        let columns = state.table(id).into_iter().flat_map(|table| table.columns.iter());
        let above: Vec<_> = columns
            .map(|above| (above.column.name.clone(), above.column.identity))
            .collect();
        state.work.looked(above.len());
        for (name, identity) in above {
            if let Some(own) = state.table_mut(child).and_then(|table| table.column_mut(&name)) {
                own.column.identity = identity;
            }
        }
    }
    constraints::give_all(state, id, child);
    Ok(())
}

fn detach(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let Some(child) = state.find(&cursor.qualified_name()?) else {
        return Ok(());
    };
    state.set_parent(child, None);
    if let Some(table) = state.table(child) {
        state.work.made(OBJECT_BYTES * table.keys.len());
    }
    if let Some(table) = state.table_mut(child) {
        table
            .keys
            .edit(|list| list.iter_mut().for_each(|own| own.attached_to = None));
    }
    Ok(())
}

fn index(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.words(&["if", "exists"]);
    let Some((id, at)) = state.find_key(&cursor.qualified_name()?) else {
        return Ok(());
    };
    let name = state
        .table(id)
        .and_then(|table| Some(table.keys.get(at)?.key.name.clone()))
        .unwrap_or_default();
    if cursor.words(&["attach", "partition"]) {
        let part = state.find_key(&cursor.qualified_name()?);
        if let Some((child, at)) = part
            && let Some(table) = state.table_mut(child)
        {
            table.keys.change(at, |own| own.attached_to = Some(name));
        }
    } else if cursor.words(&["rename", "to"]) {
        let to = cursor.name()?;
        rename_constraint(state, id, &name, &to);
    }
    Ok(())
}

fn schema(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let from = cursor.name()?;
    if !cursor.words(&["rename", "to"]) {
        return Ok(());
    }
    let to = cursor.name()?;
    for id in state.in_schema(&from) {
        move_table(state, id, to.clone())?;
    }
    state.work.looked(state.types.len());
    let types: Vec<_> = state.types.keys().filter(|name| name.schema == from).cloned().collect();
    for old in types {
        user_types::rename(
            state,
            &old,
            &TableName {
                schema: to.clone(),
                name: old.name.clone(),
            },
        );
    }
    Ok(())
}
