//! Columns: from definitions, from parents, from composite types.

use super::cursor::{Cursor, Fault, Parse};
use super::defaults::DefaultValue;
use super::elements::{ColumnDef, Like, NotNull};
use super::sequences::{Owned, choose_sequence_name};
use super::state::{State, TableId};
use super::table::Columns;
use super::types::parse_type;
use super::work::OBJECT_BYTES;
use crate::catalog::{Column, Identity, TableKind, TableName};

#[derive(Clone, Debug)]
pub(super) struct ColumnState {
    pub(super) column: Column,
    /// Whether children inherit its `NOT NULL`.
    pub(super) not_null_inherited: bool,
    /// The sequences that it owns.
    pub(super) sequences: Vec<Owned>,
}

/// What a child table takes over from a column of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inheritance {
    /// `INHERITS`.
    Child,
    /// `PARTITION OF`; `identity` says whether partitions are identity columns where the parent's are.
    Partition { identity: bool },
}

fn new_column(name: String, type_name: String, collation: Option<String>) -> ColumnState {
    let column = Column {
        name,
        type_name,
        collation,
        not_null: false,
        has_default: false,
        default_value: None,
        identity: None,
        generated: false,
        sequence: None,
    };
    ColumnState {
        column,
        not_null_inherited: true,
        sequences: Vec::new(),
    }
}

impl ColumnState {
    /// What it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let default = self.column.default_value.as_ref().map_or(0, String::len);
        OBJECT_BYTES + 2 * self.column.name.len() + self.column.type_name.len() + default
    }

    pub(super) fn set_not_null(&mut self, not_null: NotNull) {
        self.not_null_inherited = not_null.inherited || (self.column.not_null && self.not_null_inherited);
        self.column.not_null = true;
    }

    pub(super) fn set_identity(&mut self, identity: Identity) {
        self.column.identity = Some(identity);
        self.drop_default();
        self.set_not_null(NotNull { inherited: true });
    }

    pub(super) fn inherited(&self, inheritance: Inheritance) -> Self {
        let mut copy = self.clone();
        copy.column.not_null = self.column.not_null && self.not_null_inherited;
        copy.not_null_inherited = true;
        copy.disown_sequences();
        if inheritance != (Inheritance::Partition { identity: true }) {
            copy.column.identity = None;
        }
        copy
    }

    /// Merges the column of a further parent into this one.
    pub(super) fn merge(&mut self, other: &Self) {
        if other.column.not_null {
            self.set_not_null(NotNull {
                inherited: other.not_null_inherited,
            });
        }
        if !self.column.has_default {
            self.column.has_default = other.column.has_default;
            self.column.default_value.clone_from(&other.column.default_value);
        }
        self.column.generated |= other.column.generated;
    }
}

/// `(name type [COLLATE c], …)` of `CREATE TYPE … AS`.
pub(super) fn parse_attributes(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<Columns> {
    let mut attributes = Columns::default();
    cursor.expect_punct(b'(')?;
    while !cursor.punct(b')') {
        let offset = cursor.offset();
        let name = cursor.name()?;
        let data_type = parse_type(cursor)?;
        let type_name = state.format_type(&data_type);
        let collation = match cursor.word("collate") {
            true => state.format_collation(&cursor.qualified_name()?, &type_name),
            false => None,
        };
        attributes.push(new_column(name, type_name, collation), offset)?;
        if !cursor.punct(b',') && !cursor.is_punct(b')') {
            return cursor.fault("\",\" or \")\" is expected here");
        }
    }
    Ok(attributes)
}

/// Adds the columns of a parent to those of a new table.
pub(super) fn inherit<'a>(
    columns: &mut Columns,
    parent: impl IntoIterator<Item = &'a ColumnState>,
    inheritance: Inheritance,
    offset: usize,
) -> Parse<()> {
    for state in parent {
        let inherited = state.inherited(inheritance);
        match columns.get_mut(&state.column.name) {
            Some(own) => own.merge(&inherited),
            None => columns.push(inherited, offset)?,
        }
    }
    Ok(())
}

/// Adds the columns that `LIKE` copies, or merges them into the first ones, which are inherited.
pub(super) fn copy_like(
    state: &mut State,
    table: &TableName,
    columns: &mut Columns,
    inherited: usize,
    like: &Like,
) -> Parse<()> {
    let source = state.require(&like.source)?;
    let copies = state
        .table(source)
        .map(|table| table.columns.clone())
        .unwrap_or_default();
    for mut copy in copies.into_list() {
        copy.disown_sequences();
        if copy.column.generated {
            copy.column.generated = like.generated;
        } else if !like.defaults {
            copy.drop_default();
        }
        if !like.identity {
            copy.column.identity = None;
        } else if copy.column.identity.is_some() {
            let sequence = choose_sequence_name(state, table, &copy.column.name);
            state.taken.add_relation(sequence.clone());
            copy.own_sequence(sequence, true);
        }
        match columns.place(&copy.column.name).filter(|&at| at < inherited) {
            Some(_) => columns
                .get_mut(&copy.column.name)
                .into_iter()
                .for_each(|own| own.merge(&copy)),
            None => columns.push(copy, like.source.offset)?,
        }
    }
    Ok(())
}

/// Adds the column that a definition makes to those of a table, or merges it into the column of the same name.
pub(super) fn define(state: &mut State, table: &TableName, columns: &mut Columns, definition: &ColumnDef) -> Parse<()> {
    let mut column = match (columns.get(&definition.name), &definition.data_type) {
        (Some(own), _) => own.clone(),
        (None, Some(data_type)) => new_column(definition.name.clone(), state.format_type(data_type), None),
        (None, None) => {
            let message = format!("the table {table} has no column \"{}\"", definition.name);
            return Err(Fault::new(definition.offset, message));
        }
    };
    if let Some(raw) = &definition.collation {
        column.column.collation = state.format_collation(raw, &column.column.type_name);
    }
    if let Some(not_null) = definition.not_null {
        column.set_not_null(not_null);
    }
    if let Some(default) = &definition.default {
        let coerced = match &definition.data_type {
            Some(data_type) => state.coerces_null(data_type),
            None => column.column.type_name.contains('('),
        };
        column.set_default(default, coerced);
    }
    column.column.generated |= definition.generated;
    if let Some(identity) = definition.identity {
        column.set_identity(identity);
    }
    if definition.data_type.as_ref().is_some_and(|data_type| data_type.serial) {
        column.set_not_null(NotNull { inherited: true });
        column.set_default(&DefaultValue::Expression, true);
    }
    let owns_sequence = definition.identity.is_some() || definition.data_type.as_ref().is_some_and(|t| t.serial);
    if owns_sequence {
        let sequence = match &definition.sequence {
            Some(raw) => state.creation_name(raw),
            None => choose_sequence_name(state, table, &definition.name),
        };
        state.taken.add_relation(sequence.clone());
        column.own_sequence(sequence, definition.identity.is_some());
    }
    match columns.get_mut(&definition.name) {
        Some(own) => {
            *own = column;
            Ok(())
        }
        None => columns.push(column, definition.offset),
    }
}

/// Makes a change to a column of a table and, if `recurse`, of all tables below it.
pub(super) fn change(state: &mut State, id: TableId, column: &str, recurse: bool, apply: &dyn Fn(&mut ColumnState)) {
    if let Some(own) = state.table_mut(id).and_then(|table| table.column_mut(column)) {
        apply(own);
    }
    if recurse {
        for child in state.descendants(id) {
            change(state, child, column, false, apply);
        }
    }
}

/// Gives a new column of a table to the tables below it.
pub(super) fn add_to_children(state: &mut State, id: TableId, column: &ColumnState, offset: usize) -> Parse<()> {
    let identity = state.partitions_inherit_identity();
    let is_partitioned = state
        .table(id)
        .is_some_and(|table| table.kind == TableKind::Partitioned);
    let inheritance = if is_partitioned {
        Inheritance::Partition { identity }
    } else {
        Inheritance::Child
    };
    for child in state.descendants(id) {
        state.work.made(column.bytes());
        if let Some(table) = state.table_mut(child) {
            inherit(&mut table.columns, [column], inheritance, offset)?;
        }
    }
    Ok(())
}
