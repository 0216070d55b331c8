//! Sequences, as far as columns own them.

use super::columns::ColumnState;
use super::cursor::{Cursor, Parse, RawName};
use super::state::{State, TableId};
use super::taken::Kind;
use crate::catalog::TableName;

/// A sequence that a column owns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owned {
    /// False for that of an identity column, which comes first.
    pub(super) by_owned_by: bool,
    pub(super) name: TableName,
}

impl ColumnState {
    pub(super) fn own_sequence(&mut self, name: TableName, identity: bool) {
        self.sequences.push(Owned {
            by_owned_by: !identity,
            name,
        });
        self.settle_sequence();
    }

    /// Drops the sequence that comes and goes with the identity.
    pub(super) fn drop_identity(&mut self) {
        self.column.identity = None;
        self.sequences.retain(|owned| owned.by_owned_by);
        self.settle_sequence();
    }

    /// Forgets all sequences: a copy of a column owns none.
    pub(super) fn disown_sequences(&mut self) {
        self.sequences.clear();
        self.settle_sequence();
    }

    pub(super) fn settle_sequence(&mut self) {
        self.column.sequence = self.sequences.iter().min().map(|owned| owned.name.clone());
    }
}

/// The name that the server chooses for the sequence of a column.
pub(super) fn choose_sequence_name(state: &mut State, table: &TableName, column: &str) -> TableName {
    TableName {
        schema: table.schema.clone(),
        name: state
            .taken
            .choose(Kind::Relation, &table.schema, &table.name, column, "seq"),
    }
}

/// Takes what follows `CREATE SEQUENCE`.
pub(super) fn create(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let raw = cursor.qualified_name()?;
    let name = state.creation_name(&raw);
    if if_not_exists && state.taken.has_relation(&name) {
        return Ok(());
    }
    state.taken.add_relation(name.clone());
    options(state, cursor, &name)
}

/// Takes what follows `ALTER SEQUENCE`.
pub(super) fn alter(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.words(&["if", "exists"]);
    let raw = cursor.qualified_name()?;
    let from = find(state, &raw);
    let mut to = from.clone();
    if cursor.words(&["rename", "to"]) {
        to.name = cursor.name()?;
    } else if cursor.words(&["set", "schema"]) {
        to.schema = cursor.name()?;
    } else {
        return options(state, cursor, &from);
    }
    rename(state, &from, &to);
    Ok(())
}

/// Forgets a sequence that was dropped.
pub(super) fn drop(state: &mut State, raw: &RawName) {
    let name = find(state, raw);
    state.taken.remove_relation(&name);
    disown(state, &name);
}

/// Moves the sequences that a table's columns own to the table's schema.
pub(super) fn move_with_table(state: &mut State, id: TableId, schema: &str) {
    let Some(table) = state.table(id) else { return };
    let owned = table.columns.iter().flat_map(|own| &own.sequences);
    let names: Vec<TableName> = owned.map(|owned| owned.name.clone()).collect();
    for from in names {
        let to = TableName {
            schema: schema.to_owned(),
            name: from.name.clone(),
        };
        rename(state, &from, &to);
    }
}

pub(super) fn rename(state: &mut State, from: &TableName, to: &TableName) {
    if state.taken.remove_relation(from) {
        state.taken.add_relation(to.clone());
    }
    state.sequence_columns(from, Some(to), |own| {
        for owned in own.sequences.iter_mut().filter(|owned| owned.name == *from) {
            owned.name = to.clone();
        }
        own.settle_sequence();
    });
}

fn find(state: &State, raw: &RawName) -> TableName {
    let found = state
        .candidates(raw)
        .into_iter()
        .find(|name| state.taken.has_relation(name));
    found.unwrap_or_else(|| state.creation_name(raw))
}

fn disown(state: &mut State, name: &TableName) {
    state.sequence_columns(name, None, |own| {
        if own.sequences.iter().any(|owned| owned.name == *name) {
            own.sequences.retain(|owned| owned.name != *name);
            own.settle_sequence();
        }
    });
}

fn options(state: &mut State, cursor: &mut Cursor<'_>, name: &TableName) -> Parse<()> {
    while !cursor.at_end() {
        if !cursor.words(&["owned", "by"]) {
            cursor.skip_one()?;
            continue;
        }
        disown(state, name);
        // `table.column`, in the form of a name with its schema.
        let start = cursor.position();
        let last = cursor.qualified_name()?;
        let Some(first) = last.schema else { continue };
        let end = cursor.position();
        cursor.set_position(start);
        let mut table = RawName {
            schema: None,
            name: first,
            offset: last.offset,
        };
        if end - start > 3 {
            table.schema = Some(cursor.name()?);
        }
        cursor.set_position(end);
        let Some(id) = state.find(&table) else { continue };
        if let Some(own) = state.table_mut(id).and_then(|table| table.column_mut(&last.name)) {
            own.own_sequence(name.clone(), false);
            state.note_sequence(id, name);
        }
    }
    Ok(())
}
