//! Which keys are watched for in columns that are under no foreign key.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::compile::{Compiler, Event, Feed, GONE, Set, Tracked};
use super::key_form::family;
use super::key_names::KeyNames;
use super::soft::TRACKED_MAX;
use crate::catalog::{Table, TableName};

/// The tables of which rows are rows of one.
struct Parts {
    places: Vec<usize>,
    names: Arc<HashSet<TableName>>,
}

impl Compiler<'_> {
    /// The keys of one column of all tables of which rows can be left out: those that foreign keys reference, and the
    /// primary keys.
    /// Each is compared with each column of each table, so that they must not be too many; returns how many are beyond
    /// that.
    pub(super) fn track(&mut self) -> (Vec<Tracked>, usize) {
        let mut all: Vec<(usize, String)> = Vec::new();
        let gone = |event: &&Event| **event == Event::Gone;
        for (table, columns, event) in self.set_numbers.keys() {
            if let ([column], true) = (columns.as_slice(), gone(&event)) {
                all.push((*table, column.clone()));
            }
        }
        for (&at, filter) in &self.tables {
            // What is left out only because of others, and references nothing itself, is the end of a chain.
            let root = self.tree.root(at);
            let table = self.catalog.tables().get(root);
            let primary = table.and_then(|table| table.keys.iter().find(|key| key.primary));
            if let (Some([column]), false) = (primary.map(|key| key.columns.as_slice()), filter.rules.is_empty()) {
                all.push((root, column.clone()));
            }
        }
        all.sort();
        all.dedup();
        let untracked = all.len().saturating_sub(TRACKED_MAX);
        all.truncate(TRACKED_MAX);
        let mut parts = HashMap::new();
        let tracked = all
            .into_iter()
            .enumerate()
            .filter_map(|(number, (at, column))| self.track_key(number, at, column, &mut parts))
            .collect();
        (tracked, untracked)
    }

    fn track_key(
        &mut self,
        number: usize,
        at: usize,
        column: String,
        known_parts: &mut HashMap<usize, Parts>,
    ) -> Option<Tracked> {
        let table = self.catalog.tables().get(at)?;
        let known = table.column(&column)?;
        // Of other types nobody knows which values are equal; a number of its own is kept for them, so that the
        // numbers of the others stay what they are.
        let (family, form) = family(&known.type_name, self.catalog).unwrap_or((
            super::key_form::Family::Same(String::new()),
            super::key_form::KeyForm::Exact,
        ));
        let key = (at, vec![column.clone()], Event::Gone);
        let is_soft = !self.set_numbers.contains_key(&key);
        let set = match self.set_numbers.get(&key) {
            Some(&set) => set,
            None => {
                self.sets.push(Set {
                    table: table.table_name(),
                });
                self.set_numbers.insert(key, self.sets.len() - 1);
                self.sets.len() - 1
            }
        };
        let Parts { places, names } = known_parts.entry(at).or_insert_with(|| {
            let places = self.tree.with_partitions(at);
            let tables = places.iter().filter_map(|&part| self.catalog.tables().get(part));
            let names = Arc::new(tables.map(Table::table_name).collect());
            Parts { places, names }
        });
        for part in places.iter() {
            let Some(filter) = self.tables.get_mut(part) else {
                continue;
            };
            let feed = self.gone_feeds.get(&(*part, set));
            if let Some(feed) = feed.and_then(|&feed| filter.feeds.get_mut(feed)) {
                feed.tracked = Some(number);
            } else if is_soft {
                filter.feeds.push(Feed {
                    set,
                    event: GONE,
                    columns: vec![(column.clone(), form)],
                    tracked: Some(number),
                    is_soft: true,
                });
            }
        }
        let group = self.keys.get(&at).and_then(|keys| keys.of_column(&column));
        let called = group.into_iter().flat_map(|group| &group.keys);
        let called = called.flat_map(|linked| &linked.key.columns).map(String::as_str);
        Some(Tracked {
            set,
            table: table.table_name(),
            tables: Arc::clone(names),
            family,
            form,
            names: KeyNames::new(&table.name, &column, called),
            column,
        })
    }
}
