//! `CREATE …`.

use std::collections::{BTreeMap, HashMap};

use super::columns::{self, Inheritance};
use super::constraints;
use super::cursor::{Cursor, Fault, Parse};
use super::elements::{Body, Constraint, Element, Like, parse_elements};
use super::state::{State, TableId, UserType};
use super::table::{Columns, ForeignKeys, KeyState, Keys, TableState};
use super::{sequences, triggers, user_types};
use crate::catalog::{TableKind, TableName};

/// Reads a whole `CREATE` statement.
pub(super) fn statement(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let (mut temporary, mut foreign, mut unique, mut constraint) = (false, false, false, false);
    cursor.advance();
    while let Some(word) = cursor.any_word() {
        match word.as_str() {
            "temporary" | "temp" => temporary = true,
            "foreign" => foreign = true,
            "unique" => unique = true,
            "constraint" => constraint = true,
            "table" | "sequence" if temporary => return Ok(()),
            "table" => {
                return table(
                    state,
                    cursor,
                    if foreign { TableKind::Foreign } else { TableKind::Table },
                );
            }
            "index" if unique => return constraints::create_unique_index(state, cursor),
            "index" => return plain_index(state, cursor),
            "type" => return user_types::create(state, cursor),
            "domain" => return user_types::create_domain(state, cursor),
            "sequence" => return sequences::create(state, cursor),
            "trigger" => return triggers::create(state, cursor, constraint),
            "collation" => {
                cursor.words(&["if", "not", "exists"]);
                let raw = cursor.qualified_name()?;
                let name = state.creation_name(&raw);
                state.collations.insert(name);
                return Ok(());
            }
            "view" => {
                cursor.words(&["if", "not", "exists"]);
                let raw = cursor.qualified_name()?;
                let name = state.creation_name(&raw);
                state.taken.add_relation(name);
                return Ok(());
            }
            "schema" => return schema(cursor),
            _ => {}
        }
    }
    Ok(())
}

/// An index that is no key only takes up a name.
fn plain_index(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    cursor.word("concurrently");
    cursor.words(&["if", "not", "exists"]);
    if cursor.is_word("on") {
        return Ok(());
    }
    let name = cursor.any_name()?;
    cursor.expect_word("on")?;
    cursor.word("only");
    let raw = cursor.qualified_name()?;
    let schema = state
        .find(&raw)
        .and_then(|id| Some(state.table(id)?.name.schema.clone()));
    let schema = schema.unwrap_or_else(|| state.creation_name(&raw).schema);
    state.taken.add_relation(TableName { schema, name });
    Ok(())
}

fn schema(cursor: &Cursor<'_>) -> Parse<()> {
    match cursor.contains_word("create") {
        true => {
            cursor.fault("tables inside of CREATE SCHEMA are not supported; create them by statements of their own")
        }
        false => Ok(()),
    }
}

fn table(state: &mut State, cursor: &mut Cursor<'_>, kind: TableKind) -> Parse<()> {
    let if_not_exists = cursor.words(&["if", "not", "exists"]);
    let raw = cursor.qualified_name()?;
    let name = state.creation_name(&raw);
    if name.schema.starts_with("pg_temp") {
        return Ok(());
    }
    if state.find_exact(&name).is_some() {
        return match if_not_exists {
            true => Ok(()),
            false => Err(Fault::new(raw.offset, format!("the table {name} is defined twice"))),
        };
    }
    if cursor.contains_word("as") {
        // The columns of CREATE TABLE AS are those of its query.
        state.taken.add_relation(name);
        return Ok(());
    }
    let mut source = Source::default();
    let mut columns = Columns::default();
    let elements = source.parse(state, cursor, &mut columns)?;
    let kind = if parse_tail(state, cursor, &mut source)? {
        TableKind::Partitioned
    } else {
        kind
    };
    // Inherited columns stand before those of the table itself.
    for &parent in &source.inherits {
        let parent = state.table(parent).into_iter().flat_map(|table| table.columns.iter());
        columns::inherit(&mut columns, parent, Inheritance::Child, raw.offset)?;
    }
    state.taken.add_relation(name.clone());
    let (keys, likes) = define_columns(state, &name, &mut columns, elements)?;
    let id = state.insert(TableState {
        name,
        kind,
        partition_of: source.partition_of,
        inherits: source.inherits,
        columns,
        keys: Keys::default(),
        foreign_keys: ForeignKeys::default(),
        triggers: BTreeMap::new(),
    });
    if let Some(parent) = source.partition_of {
        constraints::give_all(state, parent, id);
    }
    add_constraints(state, id, keys)?;
    copy_indexes(state, id, &likes);
    Ok(())
}

/// Where a table has its columns from, besides its own definitions.
#[derive(Debug, Default)]
struct Source {
    partition_of: Option<TableId>,
    inherits: Vec<TableId>,
}

impl Source {
    /// Takes `(…)`, `OF type [(…)]` or `PARTITION OF parent [(…)]`.
    fn parse(&mut self, state: &State, cursor: &mut Cursor<'_>, columns: &mut Columns) -> Parse<Vec<Element>> {
        if cursor.words(&["partition", "of"]) {
            let raw = cursor.qualified_name()?;
            let parent = state.require(&raw)?;
            state.check_parent(parent, None, raw.offset)?;
            let identity = state.partitions_inherit_identity();
            let inherited = state.table(parent).into_iter().flat_map(|table| table.columns.iter());
            columns::inherit(columns, inherited, Inheritance::Partition { identity }, raw.offset)?;
            self.partition_of = Some(parent);
        } else if cursor.word("of") {
            let raw = cursor.qualified_name()?;
            let found = state
                .candidates(&raw)
                .into_iter()
                .find_map(|name| state.types.get(&name));
            let Some(UserType::Composite(attributes)) = found else {
                let message = format!(
                    "the type {} is not defined before this statement; give the schema of the whole database",
                    state.creation_name(&raw)
                );
                return Err(Fault::new(raw.offset, message));
            };
            columns.clone_from(attributes);
        } else {
            return parse_elements(cursor, false);
        }
        if cursor.is_punct(b'(') {
            parse_elements(cursor, true)
        } else {
            Ok(Vec::new())
        }
    }
}

/// Takes what follows the columns; returns whether the table is partitioned.
fn parse_tail(state: &State, cursor: &mut Cursor<'_>, source: &mut Source) -> Parse<bool> {
    let mut partitioned = false;
    while !cursor.at_end() {
        if cursor.word("inherits") {
            cursor.expect_punct(b'(')?;
            loop {
                let raw = cursor.qualified_name()?;
                let parent = state.require(&raw)?;
                state.check_parent(parent, None, raw.offset)?;
                source.inherits.push(parent);
                if !cursor.punct(b',') {
                    break;
                }
            }
            cursor.expect_punct(b')')?;
        } else if cursor.words(&["partition", "by"]) {
            partitioned = true;
        } else {
            cursor.skip_one()?;
        }
    }
    Ok(partitioned)
}

fn define_columns(
    state: &mut State,
    table: &TableName,
    columns: &mut Columns,
    elements: Vec<Element>,
) -> Parse<(Vec<Constraint>, Vec<Like>)> {
    let (mut keys, mut likes) = (Vec::new(), Vec::new());
    let inherited = columns.len();
    for element in elements {
        match element {
            Element::Column(mut definition) => {
                columns::define(state, table, columns, &definition)?;
                keys.append(&mut definition.constraints);
            }
            Element::Constraint(constraint) => keys.push(constraint),
            Element::Like(like) => {
                state.work.check(like.source.offset)?;
                columns::copy_like(state, table, columns, inherited, &like)?;
                likes.push(like);
            }
        }
    }
    Ok((keys, likes))
}

/// Adds the constraints of a table definition in the order in which the server makes them: the primary key, the other
/// keys, the foreign keys (`transformIndexConstraints()` of `src/backend/parser/parse_utilcmd.c`).
fn add_constraints(state: &mut State, id: TableId, constraints: Vec<Constraint>) -> Parse<()> {
    let rank = |constraint: &Constraint| match &constraint.body {
        Body::Key(key) if key.primary => 0,
        Body::Key(_) => 1,
        _ => 2,
    };
    let mut ordered = constraints;
    ordered.sort_by_key(rank);
    let mut merged: Vec<Constraint> = Vec::new();
    let mut shapes = HashMap::new();
    for constraint in ordered {
        let prior = shape(&constraint).map(|shape| *shapes.entry(shape).or_insert(merged.len()));
        match prior.and_then(|prior| merged.get_mut(prior)) {
            // A key that repeats another one only gives it its name.
            Some(prior) => prior.name = prior.name.take().or(constraint.name),
            None => merged.push(constraint),
        }
    }
    merged
        .into_iter()
        .try_for_each(|constraint| constraints::add(state, id, constraint, false))
}

/// What makes a key the same as another one.
fn shape(constraint: &Constraint) -> Option<(Vec<String>, Vec<String>, [bool; 3])> {
    let Body::Key(key) = &constraint.body else { return None };
    let flags = [
        key.nulls_not_distinct,
        constraint.deferrable,
        constraint.initially_deferred,
    ];
    Some((key.columns.clone(), key.included.clone(), flags))
}

/// `LIKE … INCLUDING INDEXES`: the keys of the source under names of their own.
fn copy_indexes(state: &mut State, id: TableId, likes: &[Like]) {
    for like in likes.iter().filter(|like| like.indexes) {
        let Some(source) = state.find(&like.source) else {
            continue;
        };
        let keys = state.table(source).into_iter().flat_map(|table| table.keys.iter());
        let keys: Vec<KeyState> = keys.cloned().collect();
        for key in keys {
            constraints::copy_key(state, &key, id, None);
        }
    }
}
