//! Keys and foreign keys: their names, what makes a key an arbiter, and what partitions get of their parent's.

use super::columns;
use super::cursor::{Cursor, Fault, Parse};
use super::elements::{Body, Constraint, ForeignDef, KeyDef, NotNull};
use super::state::{State, TableId};
use super::table::{ForeignState, KeyState};
use super::taken::Kind;
use super::work::OBJECT_BYTES;
use crate::catalog::names::{columns_addition, quote_ident};
use crate::catalog::{ForeignKey, Key, TableKind, TableName};
use crate::lex::tokens::TokenKind;

/// Adds a constraint to a table; `only` as in `ALTER TABLE ONLY`.
pub(super) fn add(state: &mut State, id: TableId, constraint: Constraint, only: bool) -> Parse<()> {
    let Constraint {
        name,
        offset,
        body,
        deferrable,
        initially_deferred,
        enforced,
        unsure,
    } = constraint;
    match body {
        Body::Key(key) => match key.using_index.clone() {
            Some(index) => use_index(state, id, name, &index, &key, deferrable, only),
            None => {
                check_columns(state, id, &key.columns, offset)?;
                let usable = !deferrable && !key.without_overlaps && !unsure;
                add_key(state, id, name, key, deferrable, usable, only, offset)?;
            }
        },
        Body::Foreign(foreign) => {
            check_columns(state, id, &foreign.columns, offset)?;
            let name = name.unwrap_or_else(|| foreign_key_name(state, id, &foreign.columns));
            let foreign_key = resolve(state, foreign, name, (deferrable, initially_deferred, enforced));
            add_foreign_key(state, id, foreign_key);
        }
        Body::NotNull { column, not_null } => {
            let recurse = !only && not_null.inherited;
            columns::change(state, id, &column, recurse, &|column| column.set_not_null(not_null));
        }
        Body::Other => {
            if let (Some(name), Some(table)) = (name, state.table(id)) {
                let name = TableName {
                    schema: table.name.schema.clone(),
                    name,
                };
                state.taken.add_constraint(name);
            }
        }
    }
    Ok(())
}

fn check_columns(state: &State, id: TableId, columns: &[String], offset: usize) -> Parse<()> {
    let Some(table) = state.table(id) else { return Ok(()) };
    match columns.iter().find(|column| table.column(column).is_none()) {
        Some(column) => {
            let message = format!("the table {} has no column {}", table.name, quote_ident(column));
            Err(Fault::new(offset, message))
        }
        None => Ok(()),
    }
}

fn in_schema_of(state: &State, id: TableId, name: &str) -> TableName {
    let schema = state
        .table(id)
        .map(|table| table.name.schema.clone())
        .unwrap_or_default();
    TableName {
        schema,
        name: name.to_owned(),
    }
}

fn table_name(state: &State, id: TableId) -> String {
    state.table(id).map(|table| table.name.name.clone()).unwrap_or_default()
}

/// `ChooseIndexName()`: indexes share their name space with tables, and those of constraints with constraints too.
fn index_name(state: &mut State, id: TableId, addition: &str, label: &'static str, constraint: bool) -> String {
    let TableName { schema, name } = in_schema_of(state, id, &table_name(state, id));
    let kind = if constraint { Kind::Both } else { Kind::Relation };
    state.taken.choose(kind, &schema, &name, addition, label)
}

fn foreign_key_name(state: &mut State, id: TableId, columns: &[String]) -> String {
    let addition = columns_addition(columns.iter().map(String::as_str));
    let TableName { schema, name } = in_schema_of(state, id, &table_name(state, id));
    state.taken.choose(Kind::Constraint, &schema, &name, &addition, "fkey")
}

#[expect(clippy::too_many_arguments, reason = "one call site, all of them independent")]
fn add_key(
    state: &mut State,
    id: TableId,
    name: Option<String>,
    definition: KeyDef,
    deferrable: bool,
    usable: bool,
    only: bool,
    offset: usize,
) -> Parse<()> {
    let KeyDef {
        primary,
        columns,
        included,
        nulls_not_distinct,
        ..
    } = definition;
    if primary && state.table(id).is_some_and(|table| table.primary_key().is_some()) {
        let message = format!(
            "multiple primary keys for table {}",
            quote_ident(&table_name(state, id))
        );
        return Err(Fault::new(offset, message));
    }
    let name = name.unwrap_or_else(|| match primary {
        true => index_name(state, id, "", "pkey", true),
        false => {
            let addition = columns_addition(columns.iter().chain(&included).map(String::as_str));
            index_name(state, id, &addition, "key", true)
        }
    });
    if primary {
        for column in &columns {
            columns::change(state, id, column, !only, &|column| {
                column.set_not_null(NotNull { inherited: true })
            });
        }
    }
    let key = Key {
        name,
        primary,
        columns,
        nulls_not_distinct,
        arbiter: usable,
    };
    let key = KeyState {
        key,
        constraint: true,
        deferrable,
        only,
        attached_to: None,
        mentions: included,
    };
    insert_key(state, id, key);
    Ok(())
}

/// Adds a key whose name is chosen to its table and, unless it is for this table `only`, to the partitions below.
pub(super) fn insert_key(state: &mut State, id: TableId, mut key: KeyState) {
    let children = match state
        .table(id)
        .is_some_and(|table| table.kind == TableKind::Partitioned)
    {
        true => state.partitions(id),
        false => Vec::new(),
    };
    key.only &= !children.is_empty();
    let name = in_schema_of(state, id, &key.key.name);
    if key.constraint {
        state.taken.add_constraint(name.clone());
    }
    state.taken.add_relation(name);
    state.push_key(id, key.clone());
    if !key.only {
        for child in children {
            give_key(state, &key, child);
        }
    }
}

/// Gives a key of a partitioned table to a partition, which may have a fitting one already
/// (`AttachPartitionEnsureIndexes()` of `src/backend/commands/tablecmds.c`).
pub(super) fn give_key(state: &mut State, parent: &KeyState, child: TableId) {
    if let Some(table) = state.table_mut(child)
        && let Some(own) = table.keys.fitting(parent)
    {
        table
            .keys
            .change(own, |own| own.attached_to = Some(parent.key.name.clone()));
        return;
    }
    copy_key(state, parent, child, Some(parent.key.name.clone()));
}

/// Gives a table a key like another one, under a name of its own.
pub(super) fn copy_key(state: &mut State, like: &KeyState, child: TableId, attached_to: Option<String>) {
    let mut key = like.clone();
    key.attached_to = attached_to;
    key.only = false;
    key.key.name = match (key.key.primary, key.constraint) {
        (true, _) => index_name(state, child, "", "pkey", true),
        (false, constraint) => {
            let names = key.key.columns.iter().chain(&key.mentions).map(String::as_str);
            index_name(
                state,
                child,
                &columns_addition(names),
                if constraint { "key" } else { "idx" },
                constraint,
            )
        }
    };
    insert_key(state, child, key);
}

/// `ADD CONSTRAINT … USING INDEX`: the index becomes a constraint and takes its name.
fn use_index(
    state: &mut State,
    id: TableId,
    name: Option<String>,
    index: &str,
    definition: &KeyDef,
    deferrable: bool,
    only: bool,
) {
    let Some(table) = state.table_mut(id) else { return };
    let Some(at) = table.keys.number(index) else {
        return;
    };
    let columns = table.keys.change(at, |key| {
        if let Some(name) = &name {
            key.key.name.clone_from(name);
        }
        key.constraint = true;
        key.key.primary = definition.primary;
        key.deferrable = deferrable;
        key.key.arbiter &= !deferrable;
        definition.primary.then(|| key.key.columns.clone())
    });
    let columns = columns.flatten().unwrap_or_default();
    let to = in_schema_of(state, id, name.as_deref().unwrap_or(index));
    state.note_key(id, &to.schema, &to.name);
    state.taken.remove_relation(&in_schema_of(state, id, index));
    state.taken.add_relation(to.clone());
    state.taken.add_constraint(to);
    for column in &columns {
        columns::change(state, id, column, !only, &|column| {
            column.set_not_null(NotNull { inherited: true })
        });
    }
}

fn resolve(state: &State, foreign: ForeignDef, name: String, flags: (bool, bool, bool)) -> ForeignState {
    let target = state.find(&foreign.references);
    let references = target
        .and_then(|target| Some(state.table(target)?.name.clone()))
        .unwrap_or_else(|| state.creation_name(&foreign.references));
    let (deferrable, initially_deferred, enforced) = flags;
    let foreign_key = ForeignKey {
        name,
        columns: foreign.columns,
        references,
        referenced_columns: foreign.referenced_columns,
        on_delete: foreign.on_delete,
        on_delete_columns: foreign.on_delete_columns,
        on_update: foreign.on_update,
        match_full: foreign.match_full,
        deferrable,
        initially_deferred,
        enforced,
    };
    ForeignState { foreign_key, target }
}

/// Adds a foreign key to a table and to the partitions below it (`CloneForeignKeyConstraints()`).
pub(super) fn add_foreign_key(state: &mut State, id: TableId, mut foreign: ForeignState) {
    let Some(table) = state.table(id) else { return };
    let is_partitioned = table.kind == TableKind::Partitioned;
    if table.partition_of.is_some() && table.foreign_keys.has_same(&foreign) {
        return;
    }
    if table.foreign_keys.get(&foreign.foreign_key.name).is_some() {
        foreign.foreign_key.name = foreign_key_name(state, id, &foreign.foreign_key.columns);
    }
    let name = in_schema_of(state, id, &foreign.foreign_key.name);
    state.taken.add_constraint(name);
    state.push_foreign_key(id, foreign.clone());
    if is_partitioned {
        for child in state.partitions(id) {
            add_foreign_key(state, child, foreign.clone());
        }
    }
}

/// Gives a new partition the keys and foreign keys of its parent.
pub(super) fn give_all(state: &mut State, parent: TableId, child: TableId) {
    let Some(table) = state.table(parent) else { return };
    let keys: Vec<KeyState> = table.keys.iter().cloned().collect();
    let foreign_keys: Vec<ForeignState> = table.foreign_keys.iter().cloned().collect();
    state.work.made(OBJECT_BYTES * (keys.len() + foreign_keys.len()));
    for key in &keys {
        give_key(state, key, child);
    }
    for foreign_key in foreign_keys {
        add_foreign_key(state, child, foreign_key);
    }
}

/// `CREATE UNIQUE INDEX`, from behind `INDEX`.
pub(super) fn create_unique_index(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.word("concurrently");
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let name = if cursor.is_word("on") {
        None
    } else {
        Some(cursor.name()?)
    };
    cursor.expect_word("on")?;
    let only = cursor.word("only");
    let raw = cursor.qualified_name()?;
    let Some(id) = state.find(&raw) else { return Ok(()) };
    if let Some(name) = &name
        && if_not_exists
        && state.taken.has_relation(&in_schema_of(state, id, name))
    {
        return Ok(());
    }
    let btree = if cursor.word("using") {
        cursor.name()? == "btree"
    } else {
        true
    };
    let offset = cursor.offset();
    let mut index = parse_index_elements(cursor)?;
    check_columns(state, id, &index.columns, offset)?;
    let mut usable = btree && !index.expressions;
    let mut key = Key {
        name: String::new(),
        primary: false,
        columns: if index.expressions {
            Vec::new()
        } else {
            index.columns.clone()
        },
        nulls_not_distinct: false,
        arbiter: false,
    };
    usable &= parse_index_options(cursor, &mut index, &mut key)?;
    key.arbiter = usable;
    key.name = name.unwrap_or_else(|| {
        let addition = columns_addition(index.addition.iter().map(String::as_str));
        index_name(state, id, &addition, "idx", false)
    });
    let key = KeyState {
        key,
        constraint: false,
        deferrable: false,
        only,
        attached_to: None,
        mentions: index.mentions,
    };
    insert_key(state, id, key);
    Ok(())
}

/// Takes what follows the columns of an index; returns whether the key is good for all rows.
fn parse_index_options(cursor: &mut Cursor<'_>, index: &mut IndexElements, key: &mut Key) -> Parse<bool> {
    let mut usable = true;
    while !cursor.at_end() {
        if cursor.word("include") {
            let included = cursor.name_list()?;
            index.addition.extend(included.iter().cloned());
            index.mentions.extend(included);
        } else if cursor.words(&["nulls", "not", "distinct"]) {
            key.nulls_not_distinct = true;
        } else if cursor.words(&["nulls", "distinct"]) {
        } else if cursor.word("with") {
            cursor.skip_group()?;
        } else if cursor.word("tablespace") {
            cursor.name()?;
        } else {
            // A predicate, or something that is not understood.
            usable = false;
            let from = cursor.position();
            while !cursor.at_end() {
                cursor.skip_one()?;
            }
            index.mentions.extend(cursor.names_since(from));
        }
    }
    Ok(usable)
}

#[derive(Debug, Default)]
struct IndexElements {
    columns: Vec<String>,
    /// Whether one of them is an expression.
    expressions: bool,
    /// The names that go into the index's own name.
    addition: Vec<String>,
    mentions: Vec<String>,
}

fn parse_index_elements(cursor: &mut Cursor<'_>) -> Parse<IndexElements> {
    let mut index = IndexElements::default();
    cursor.expect_punct(b'(')?;
    loop {
        let from = cursor.position();
        let is_name = matches!(cursor.kind(), Some(TokenKind::Word(_) | TokenKind::Quoted(_)));
        let is_call = matches!(cursor.kind_at(1), Some(TokenKind::Punct(b'(' | b'.')));
        if is_name && !is_call {
            let column = cursor.name()?;
            index.addition.push(column.clone());
            index.columns.push(column);
            cursor.skip_element()?;
        } else {
            index.expressions = true;
            index.addition.push(if is_name {
                cursor.qualified_name()?.name
            } else {
                "expr".to_owned()
            });
            cursor.skip_element()?;
            index.mentions.extend(cursor.names_since(from));
        }
        if !cursor.punct(b',') {
            break;
        }
    }
    cursor.expect_punct(b')')?;
    if index.expressions {
        index.mentions.append(&mut index.columns);
    }
    Ok(index)
}
