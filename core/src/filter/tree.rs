//! Which tables are parts of which: partitions, and tables that inherit.

use std::collections::{HashMap, HashSet};

use crate::catalog::{Catalog, TableName};

/// The tables of a catalog by their place in it.
#[derive(Debug)]
pub(crate) struct Tree {
    places: HashMap<TableName, usize>,
    /// The partitioned table of each.
    partition_of: Vec<Option<usize>>,
    partitions: Vec<Vec<usize>>,
    /// The tables that inherit from each.
    heirs: Vec<Vec<usize>>,
}

impl Tree {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let tables = catalog.tables();
        let places: HashMap<TableName, usize> = tables
            .iter()
            .enumerate()
            .map(|(at, table)| (table.table_name(), at))
            .collect();
        let partition_of: Vec<Option<usize>> = tables
            .iter()
            .map(|table| table.partition_of.as_ref().and_then(|name| places.get(name).copied()))
            .collect();
        let mut partitions = vec![Vec::new(); tables.len()];
        let mut heirs = vec![Vec::new(); tables.len()];
        for (at, table) in tables.iter().enumerate() {
            let parent = partition_of.get(at).copied().flatten();
            if let Some(parts) = parent.and_then(|parent| partitions.get_mut(parent)) {
                parts.push(at);
            }
            for name in &table.inherits {
                if let Some(heirs) = places.get(name).and_then(|&parent| heirs.get_mut(parent)) {
                    heirs.push(at);
                }
            }
        }
        Self {
            places,
            partition_of,
            partitions,
            heirs,
        }
    }

    pub(crate) fn position(&self, name: &TableName) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The table and the partitioned tables above it.
    pub(crate) fn with_ancestors(&self, at: usize) -> Vec<usize> {
        let mut all = vec![at];
        while let Some(parent) = all.last().and_then(|&at| self.partition_of.get(at).copied().flatten()) {
            // A catalog from JSON may go round in circles.
            if all.contains(&parent) {
                break;
            }
            all.push(parent);
        }
        all
    }

    pub(crate) fn root(&self, at: usize) -> usize {
        self.with_ancestors(at).last().copied().unwrap_or(at)
    }

    /// The table and its partitions, at every level.
    pub(crate) fn with_partitions(&self, at: usize) -> Vec<usize> {
        self.closure(vec![at], |at| self.partitions.get(at).cloned().unwrap_or_default())
    }

    /// The tables and all of which rows are rows of them: partitions and heirs.
    pub(crate) fn with_descendants(&self, tables: Vec<usize>) -> Vec<usize> {
        self.closure(tables, |at| {
            let parts = self.partitions.get(at).into_iter().flatten();
            parts.chain(self.heirs.get(at).into_iter().flatten()).copied().collect()
        })
    }

    fn closure(&self, tables: Vec<usize>, next: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
        let mut seen: HashSet<usize> = tables.iter().copied().collect();
        let mut all = tables;
        let mut looked_at = 0;
        while let Some(&at) = all.get(looked_at) {
            looked_at += 1;
            all.extend(next(at).into_iter().filter(|part| seen.insert(*part)));
        }
        all
    }
}
