//! One table while schema SQL is read, with indexes over what it has: a table may have any number of keys, and a statement
//! any number of actions, each of which names one thing.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::columns::ColumnState;
use super::cursor::{Fault, Parse};
use super::state::TableId;
use crate::catalog::{ForeignKey, Key, TableKind, TableName, Trigger};
use crate::lex::names::{COLUMNS_MAX, too_many_columns};

#[derive(Clone, Debug)]
pub(super) struct TableState {
    pub(super) name: TableName,
    pub(super) kind: TableKind,
    pub(super) partition_of: Option<TableId>,
    pub(super) inherits: Vec<TableId>,
    pub(super) columns: Columns,
    pub(super) keys: Keys,
    pub(super) foreign_keys: ForeignKeys,
    pub(super) triggers: BTreeMap<String, Trigger>,
}

#[derive(Clone, Debug)]
pub(super) struct KeyState {
    pub(super) key: Key,
    /// Whether it is a constraint, not just an index.
    pub(super) constraint: bool,
    pub(super) deferrable: bool,
    /// Made for the partitioned table alone: it is valid once every partition's key is attached to it.
    pub(super) only: bool,
    /// The key of the parent table that this one is part of.
    pub(super) attached_to: Option<String>,
    /// Further columns that it cannot do without: included ones, those in expressions and in its predicate.
    pub(super) mentions: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct ForeignState {
    /// `references` is right only while `target` is unknown.
    pub(super) foreign_key: ForeignKey,
    pub(super) target: Option<TableId>,
}

impl TableState {
    pub(super) fn column(&self, name: &str) -> Option<&ColumnState> {
        self.columns.get(name)
    }

    pub(super) fn column_mut(&mut self, name: &str) -> Option<&mut ColumnState> {
        self.columns.get_mut(name)
    }

    pub(super) fn primary_key(&self) -> Option<&KeyState> {
        self.keys.primary()
    }
}

/// The columns of a table in its order, each name once.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    list: Vec<ColumnState>,
    places: HashMap<String, usize>,
}

impl Columns {
    pub(super) fn iter(&self) -> impl Iterator<Item = &ColumnState> {
        self.list.iter()
    }

    /// The columns, of which the names must stay.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut ColumnState> {
        self.list.iter_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub(super) fn get(&self, name: &str) -> Option<&ColumnState> {
        self.list.get(*self.places.get(name)?)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut ColumnState> {
        self.list.get_mut(*self.places.get(name)?)
    }

    /// Adds a column whose name is not there yet. PostgreSQL takes 1,600.
    pub(super) fn push(&mut self, column: ColumnState, offset: usize) -> Parse<()> {
        let name = &column.column.name;
        if self.places.contains_key(name) {
            return Err(Fault::new(offset, format!("the column \"{name}\" is defined twice")));
        }
        if self.list.len() >= COLUMNS_MAX {
            return Err(Fault::limit(offset, too_many_columns()));
        }
        self.places.insert(name.clone(), self.list.len());
        self.list.push(column);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<ColumnState> {
        let at = self.places.remove(name)?;
        for place in self.places.values_mut().filter(|place| **place > at) {
            *place -= 1;
        }
        Some(self.list.remove(at))
    }

    /// Renames a column, unless the new name is there already.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        if self.places.contains_key(to) {
            return;
        }
        if let Some(at) = self.places.remove(from) {
            self.places.insert(to.to_owned(), at);
            if let Some(own) = self.list.get_mut(at) {
                to.clone_into(&mut own.column.name);
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<ColumnState> {
        self.list
    }
}

/// What makes a key fit another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Shape {
    columns: Vec<String>,
    mentions: Vec<String>,
    flags: [bool; 4],
}

impl Shape {
    fn of(state: &KeyState) -> Self {
        let key = &state.key;
        Self {
            columns: key.columns.clone(),
            mentions: state.mentions.clone(),
            flags: [key.nulls_not_distinct, key.arbiter, key.primary, state.constraint],
        }
    }
}

/// Numbers of things that share something, by what they share.
#[derive(Clone, Debug)]
struct Groups<T>(HashMap<T, BTreeSet<usize>>);

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash> Groups<T> {
    fn add(&mut self, what: T, number: usize) {
        self.0.entry(what).or_default().insert(number);
    }

    fn remove(&mut self, what: &T, number: usize) {
        if let Some(numbers) = self.0.get_mut(what) {
            numbers.remove(&number);
            if numbers.is_empty() {
                self.0.remove(what);
            }
        }
    }

    fn first<Q>(&self, what: &Q) -> Option<usize>
    where
        T: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.get(what)?.first().copied()
    }
}

/// The keys of a table in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    /// By numbers that grow; boxed, since a node of the map has room for eleven.
    list: BTreeMap<usize, Box<KeyState>>,
    names: Groups<String>,
    /// Those that are a part of a key of the parent, by the name of that.
    attached: Groups<String>,
    /// The others, by their shape.
    loose: Groups<Shape>,
    primary: BTreeSet<usize>,
}

impl Keys {
    pub(super) fn iter(&self) -> impl Iterator<Item = &KeyState> {
        self.list.values().map(Box::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<&KeyState> {
        self.list.get(&number).map(Box::as_ref)
    }

    /// The number of the first key of this name.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.names.first(name)
    }

    pub(super) fn primary(&self) -> Option<&KeyState> {
        self.list.get(self.primary.first()?).map(Box::as_ref)
    }

    /// The part that this table has of a key of its parent.
    pub(super) fn part_of(&self, parent: &str) -> Option<&KeyState> {
        self.list.get(&self.attached.first(parent)?).map(Box::as_ref)
    }

    /// The first key that could become a part of a key of the parent.
    pub(super) fn fitting(&self, parent: &KeyState) -> Option<usize> {
        self.loose.first(&Shape::of(parent))
    }

    pub(super) fn push(&mut self, state: KeyState) {
        let number = self.list.last_key_value().map_or(0, |(last, _)| last + 1);
        self.put(number, state);
    }

    fn put(&mut self, number: usize, state: KeyState) {
        self.names.add(state.key.name.clone(), number);
        match &state.attached_to {
            Some(parent) => self.attached.add(parent.clone(), number),
            None => self.loose.add(Shape::of(&state), number),
        }
        if state.key.primary {
            self.primary.insert(number);
        }
        self.list.insert(number, Box::new(state));
    }

    fn take(&mut self, number: usize) -> Option<KeyState> {
        let state = self.list.remove(&number)?;
        self.names.remove(&state.key.name, number);
        match &state.attached_to {
            Some(parent) => self.attached.remove(parent, number),
            None => self.loose.remove(&Shape::of(&state), number),
        }
        self.primary.remove(&number);
        Some(*state)
    }

    /// Removes every key of this name.
    pub(super) fn remove(&mut self, name: &str) {
        while let Some(number) = self.names.first(name) {
            self.take(number);
        }
    }

    /// Changes one key.
    pub(super) fn change<T>(&mut self, number: usize, change: impl FnOnce(&mut KeyState) -> T) -> Option<T> {
        let mut state = self.take(number)?;
        let result = change(&mut state);
        self.put(number, state);
        Some(result)
    }

    /// Changes the part that this table has of a key of its parent.
    pub(super) fn change_part(&mut self, parent: &str, change: impl FnOnce(&mut KeyState)) {
        if let Some(number) = self.attached.first(parent) {
            self.change(number, change);
        }
    }

    /// Any other change; takes time by the number of keys.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Vec<KeyState>)) {
        let mut list = std::mem::take(self).list.into_values().map(|own| *own).collect();
        change(&mut list);
        list.into_iter().for_each(|state| self.push(state));
    }
}

/// The foreign keys of a table in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(super) struct ForeignKeys {
    /// By numbers that grow; boxed, since a node of the map has room for eleven.
    list: BTreeMap<usize, Box<ForeignState>>,
    names: Groups<String>,
    /// By all but their names.
    same: Groups<String>,
}

/// A foreign key as text, without its name.
fn without_name(state: &ForeignState) -> String {
    let ForeignKey {
        name: _,
        columns,
        references,
        referenced_columns,
        on_delete,
        on_delete_columns,
        on_update,
        match_full,
        deferrable,
        initially_deferred,
        enforced,
    } = &state.foreign_key;
    let lists = (columns, references, referenced_columns, on_delete_columns);
    let flags = (
        on_delete,
        on_update,
        match_full,
        deferrable,
        initially_deferred,
        enforced,
    );
    format!("{:?}", (state.target, lists, flags))
}

impl ForeignKeys {
    pub(super) fn iter(&self) -> impl Iterator<Item = &ForeignState> {
        self.list.values().map(Box::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The first of this name.
    pub(super) fn get(&self, name: &str) -> Option<&ForeignState> {
        self.list.get(&self.names.first(name)?).map(Box::as_ref)
    }

    /// Whether there is one that differs by its name at the most.
    pub(super) fn has_same(&self, state: &ForeignState) -> bool {
        self.same.first(&without_name(state)).is_some()
    }

    pub(super) fn push(&mut self, state: ForeignState) {
        let number = self.list.last_key_value().map_or(0, |(last, _)| last + 1);
        self.put(number, state);
    }

    fn put(&mut self, number: usize, state: ForeignState) {
        self.names.add(state.foreign_key.name.clone(), number);
        self.same.add(without_name(&state), number);
        self.list.insert(number, Box::new(state));
    }

    fn take(&mut self, number: usize) -> Option<ForeignState> {
        let state = self.list.remove(&number)?;
        self.names.remove(&state.foreign_key.name, number);
        self.same.remove(&without_name(&state), number);
        Some(*state)
    }

    /// Removes every foreign key of this name.
    pub(super) fn remove(&mut self, name: &str) {
        while let Some(number) = self.names.first(name) {
            self.take(number);
        }
    }

    /// Changes the first foreign key of this name.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut ForeignKey)) {
        if let Some(number) = self.names.first(name)
            && let Some(mut state) = self.take(number)
        {
            change(&mut state.foreign_key);
            self.put(number, state);
        }
    }

    /// Any other change; takes time by the number of foreign keys.
    pub(super) fn edit(&mut self, change: impl FnOnce(&mut Vec<ForeignState>)) {
        let mut list = std::mem::take(self).list.into_values().map(|own| *own).collect();
        change(&mut list);
        list.into_iter().for_each(|state| self.push(state));
    }
}
