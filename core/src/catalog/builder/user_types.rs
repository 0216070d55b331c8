//! Types: enums, domains, composite types.

use std::collections::HashMap;

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
        state.taken.add_relation(name.clone());
        UserType::Composite(columns::parse_attributes(state, cursor)?)
    } else {
        UserType::Other
    };
    state.types.insert(name, user_type);
    Ok(())
}

/// The labels of an enum in their order, each once; any place in it is found at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// Each with the places of the one before and of the one behind.
    list: Vec<(String, Option<usize>, Option<usize>)>,
    places: HashMap<String, usize>,
    first: Option<usize>,
    last: Option<usize>,
}

impl Labels {
    fn place(&self, label: &str) -> Option<usize> {
        self.places.get(label).copied()
    }

    /// Adds a label behind another one, or as the first.
    fn insert(&mut self, label: String, behind: Option<usize>) {
        if self.places.contains_key(&label) {
            return;
        }
        let at = self.list.len();
        let next = match behind {
            Some(behind) => self.list.get(behind).and_then(|own| own.2),
            None => self.first,
        };
        match behind.and_then(|behind| self.list.get_mut(behind)) {
            Some(own) => own.2 = Some(at),
            None => self.first = Some(at),
        }
        match next.and_then(|next| self.list.get_mut(next)) {
            Some(own) => own.1 = Some(at),
            None => self.last = Some(at),
        }
        self.places.insert(label.clone(), at);
        self.list.push((label, behind, next));
    }

    fn push(&mut self, label: String) {
        self.insert(label, self.last);
    }

    fn rename(&mut self, from: &str, to: String) {
        if self.places.contains_key(&to) {
            return;
        }
        if let Some(at) = self.places.remove(from)
            && let Some(own) = self.list.get_mut(at)
        {
            own.0.clone_from(&to);
            self.places.insert(to, at);
        }
    }

    fn before(&self, at: usize) -> Option<usize> {
        self.list.get(at).and_then(|own| own.1)
    }

    fn to_list(&self) -> Vec<String> {
        let mut labels = Vec::with_capacity(self.list.len());
        let mut at = self.first;
        while let Some((label, _, next)) = at.and_then(|at| self.list.get(at)) {
            labels.push(label.clone());
            at = *next;
        }
        labels
    }
}

fn parse_labels(cursor: &mut Cursor<'_>) -> Parse<Labels> {
    let mut labels = Labels::default();
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

fn alter_labels(labels: &mut Labels, cursor: &mut Cursor<'_>) -> Parse<()> {
    if cursor.words(&["add", "value"]) {
        cursor.words(&["if", "not", "exists"]);
        let label = cursor.string()?;
        let before = cursor.word("before");
        let neighbour = match before || cursor.word("after") {
            true => labels.place(&cursor.string()?),
            false => None,
        };
        match neighbour {
            Some(at) if before => labels.insert(label, labels.before(at)),
            Some(at) => labels.insert(label, Some(at)),
            None => labels.push(label),
        }
    } else if cursor.words(&["rename", "value"]) {
        let from = cursor.string()?;
        cursor.expect_word("to")?;
        let to = cursor.string()?;
        labels.rename(&from, to);
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
    if state.rename_used_type(&old, &new) {
        follow_rename(state, &old, &new);
    }
    if let Some(user_type) = state.types.remove(from) {
        state.types.insert(to.clone(), user_type);
    }
}

fn follow_rename(state: &mut State, old: &str, new: &str) {
    let follow = |text: &mut String| {
        if let Some(tail @ ("" | "[]")) = text.strip_prefix(old) {
            *text = format!("{new}{tail}");
        }
    };
    for own in state.tables_mut().flat_map(|table| table.columns.iter_mut()) {
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
}

/// The types that a catalog lists.
pub(super) fn finish(state: &State) -> Vec<Type> {
    let listed = state.types.iter().filter_map(|(name, user_type)| {
        let kind = match user_type {
            UserType::Enum(labels) => TypeKind::Enum {
                labels: labels.to_list(),
            },
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
