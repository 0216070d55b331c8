//! Which keys are watched for in columns that are under no foreign key.

use super::compile::{Compiler, Event, Feed, GONE, Set, Tracked};
use super::key_form::family;
use crate::catalog::Table;

impl Compiler<'_> {
    /// The keys of one column of all tables of which rows can be left out: those that foreign keys reference, and the
    /// primary keys.
    pub(super) fn track(&mut self) -> Vec<Tracked> {
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
        all.into_iter()
            .enumerate()
            .filter_map(|(number, (at, column))| self.track_key(number, at, column))
            .collect()
    }

    fn track_key(&mut self, number: usize, at: usize, column: String) -> Option<Tracked> {
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
        let parts = self.tree.with_partitions(at);
        for part in &parts {
            let Some(filter) = self.tables.get_mut(part) else {
                continue;
            };
            let mut is_fed = false;
            for feed in filter
                .feeds
                .iter_mut()
                .filter(|feed| feed.set == set && feed.event == GONE)
            {
                feed.tracked = Some(number);
                is_fed = true;
            }
            if !is_fed && is_soft {
                filter.feeds.push(Feed {
                    set,
                    event: GONE,
                    columns: vec![(column.clone(), form)],
                    tracked: Some(number),
                    is_soft: true,
                });
            }
        }
        let names = parts
            .iter()
            .filter_map(|&part| self.catalog.tables().get(part))
            .map(Table::table_name);
        let called = self
            .keys
            .get(&at)
            .into_iter()
            .flatten()
            .filter_map(|(_, key)| match key.columns.as_slice() {
                [only] if key.referenced_columns == [column.clone()] => Some(only.clone()),
                _ => None,
            });
        Some(Tracked {
            set,
            table: table.table_name(),
            tables: names.collect(),
            family,
            form,
            called: called.collect(),
            column,
        })
    }
}
