//! Types: enums, domains, composite types.

use super::columns;
use super::cursor::{Cursor, Parse};
use super::state::{State, UserType};
use super::types::parse_type;
use crate::catalog::{TableName, Type, TypeKind};

/// Takes what follows `CREATE TYPE`.
pub(super) fn create(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let raw = cursor.qualified_name()?;
    let name = state.creation_name(&raw);
    let user_type = if cursor.words(&["as", "enum"]) {
        UserType::Enum(parse_labels(cursor)?)
    } else if cursor.word("as") && cursor.is_punct(b'(') {
        state.relations.insert(name.clone());
        UserType::Composite(columns::parse_attributes(state, cursor)?)
    } else {
        UserType::Other
    };
    state.types.insert(name, user_type);
    Ok(())
}

fn parse_labels(cursor: &mut Cursor<'_>) -> Parse<Vec<String>> {
    let mut labels = Vec::new();
    cursor.expect_punct(b'(')?;
    while !cursor.punct(b')') {
        labels.push(cursor.string()?);
        if !cursor.punct(b',') && !cursor.is_punct(b')') {
            return cursor.fault("\",\" or \")\" is expected here");
        }
    }
    Ok(labels)
}

/// Takes what follows `CREATE DOMAIN`.
pub(super) fn create_domain(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let raw = cursor.qualified_name()?;
    let name = state.creation_name(&raw);
    cursor.word("as");
    let data_type = parse_type(cursor)?;
    let base_type = state.format_type(&data_type);
    let (mut collation, mut not_null) = (None, false);
    while !cursor.at_end() {
        if cursor.word("default") {
            cursor.skip_default()?;
        } else if cursor.word("collate") {
            collation = state.format_collation(&cursor.qualified_name()?, &base_type);
        } else if cursor.words(&["not", "null"]) {
            not_null = true;
        } else {
            cursor.skip_one()?;
        }
    }
    let domain = UserType::Domain {
        base_type,
        collation,
        not_null,
    };
    state.types.insert(name, domain);
    Ok(())
}

/// Takes what follows `ALTER TYPE` or `ALTER DOMAIN`.
pub(super) fn alter(state: &mut State, cursor: &mut Cursor<'_>) -> Parse<()> {
    let raw = cursor.qualified_name()?;
    let candidates = state.candidates(&raw);
    let Some(from) = candidates.into_iter().find(|name| state.types.contains_key(name)) else {
        return Ok(());
    };
    let mut to = from.clone();
    if cursor.words(&["rename", "to"]) {
        to.name = cursor.name()?;
        rename(state, &from, &to);
    } else if cursor.words(&["set", "schema"]) {
        to.schema = cursor.name()?;
        rename(state, &from, &to);
    } else {
        match state.types.get_mut(&from) {
            Some(UserType::Enum(labels)) => alter_labels(labels, cursor)?,
            Some(UserType::Domain { not_null, .. }) => alter_domain(not_null, cursor)?,
            _ => {}
        }
    }
    Ok(())
}

fn alter_labels(labels: &mut Vec<String>, cursor: &mut Cursor<'_>) -> Parse<()> {
    let place = |labels: &[String], label: &str| labels.iter().position(|own| own == label);
    if cursor.words(&["add", "value"]) {
        cursor.words(&["if", "not", "exists"]);
        let label = cursor.string()?;
        let before = cursor.word("before");
        let neighbour = match before || cursor.word("after") {
            true => place(labels, &cursor.string()?),
            false => None,
        };
        if place(labels, &label).is_none() {
            let at = neighbour.map_or(labels.len(), |at| at + usize::from(!before));
            labels.insert(at, label);
        }
    } else if cursor.words(&["rename", "value"]) {
        let from = cursor.string()?;
        cursor.expect_word("to")?;
        let to = cursor.string()?;
        if let Some(own) = labels.iter_mut().find(|own| **own == from) {
            *own = to;
        }
    }
    Ok(())
}

fn alter_domain(not_null: &mut bool, cursor: &mut Cursor<'_>) -> Parse<()> {
    if cursor.words(&["set", "not", "null"]) {
        *not_null = true;
    } else if cursor.words(&["drop", "not", "null"]) {
        *not_null = false;
    } else if cursor.word("add") {
        if cursor.word("constraint") {
            cursor.name()?;
        }
        *not_null |= cursor.words(&["not", "null"]);
    }
    Ok(())
}

/// Renames a type wherever a column or another type is of it.
pub(super) fn rename(state: &mut State, from: &TableName, to: &TableName) {
    let (old, new) = (from.to_string(), to.to_string());
    let follow = |text: &mut String| {
        if let Some(tail @ ("" | "[]")) = text.strip_prefix(old.as_str()) {
            *text = format!("{new}{tail}");
        }
    };
    for own in state.tables_mut().flat_map(|table| &mut table.columns) {
        follow(&mut own.column.type_name);
    }
    for user_type in state.types.values_mut() {
        match user_type {
            UserType::Composite(attributes) => {
                attributes.iter_mut().for_each(|own| follow(&mut own.column.type_name));
            }
            UserType::Domain { base_type, .. } => follow(base_type),
            UserType::Enum(_) | UserType::Other => {}
        }
    }
    if let Some(user_type) = state.types.remove(from) {
        state.types.insert(to.clone(), user_type);
    }
}

/// The types that a catalog lists.
pub(super) fn finish(state: &State) -> Vec<Type> {
    let listed = state.types.iter().filter_map(|(name, user_type)| {
        let kind = match user_type {
            UserType::Enum(labels) => TypeKind::Enum { labels: labels.clone() },
            UserType::Domain {
                base_type,
                collation,
                not_null,
            } => TypeKind::Domain {
                base_type: base_type.clone(),
                collation: collation.clone(),
                not_null: *not_null,
            },
            UserType::Composite(_) | UserType::Other => return None,
        };
        Some(Type {
            schema: name.schema.clone(),
            name: name.name.clone(),
            kind,
        })
    });
    listed.collect()
}
