//! What is looked at in the rows behind one head: the plan's rules and foreign keys, by places instead of names.

use std::collections::HashMap;

use super::compile::{Effect, FilterPlan, GONE, NONE, TableFilter, Test};
use super::condition::Condition;
use super::key_form::KeyForm;
use super::soft::{SoftColumn, soft_columns};
use crate::catalog::dump_names::Names;
use crate::catalog::{Catalog, TableName};
use crate::dump::head::{Head, Rows};
use crate::error::{Error, ErrorKind, Result};

/// The filter for the rows of one head.
#[derive(Debug)]
pub(crate) struct HeadFilter {
    /// Which values of a row are read to judge it.
    pub(crate) reads: Vec<usize>,
    pub(crate) rules: Vec<HeadRule>,
    pub(crate) references: Vec<HeadReference>,
    /// Which values are read to remember the keys of a row.
    pub(crate) feed_reads: Vec<usize>,
    pub(crate) feeds: Vec<HeadFeed>,
    pub(crate) table: TableName,
    /// How many values a row has.
    pub(crate) columns: usize,
    /// Which values are read to look for soft references, and the columns.
    pub(crate) soft_reads: Vec<usize>,
    pub(crate) soft: Vec<SoftColumn>,
}

#[derive(Debug)]
pub(crate) struct HeadRule {
    /// Its number in the plan, or none for the preset in a table that no catalog knows.
    pub(crate) rule: Option<usize>,
    /// The places, among those that are read, of its columns.
    pub(crate) at: Vec<usize>,
}

#[derive(Debug)]
pub(crate) struct HeadReference {
    pub(crate) reference: usize,
    pub(crate) set: usize,
    pub(crate) at: Vec<(usize, KeyForm)>,
    /// The places, among those that are read, of the columns of its condition, if it has one.
    pub(crate) only: Vec<usize>,
    /// What the row's values become; none if it goes.
    pub(crate) changes: Vec<(usize, Option<String>)>,
    /// The event that this is.
    pub(crate) event: usize,
    pub(crate) default_key: Option<Vec<Vec<u8>>>,
    pub(crate) in_cycle: bool,
}

#[derive(Debug)]
pub(crate) struct HeadFeed {
    pub(crate) set: usize,
    pub(crate) event: usize,
    pub(crate) at: Vec<(usize, KeyForm)>,
    pub(crate) tracked: Option<usize>,
    pub(crate) is_soft: bool,
}

impl FilterPlan {
    /// The filter for rows of a table with these columns; `None` if none of them can be left out.
    ///
    /// # Errors
    /// If the dump lacks a column that decides about rows, or nothing is known of the table's foreign keys.
    pub(crate) fn head(
        &self,
        name: &TableName,
        columns: &[String],
        catalog: Option<&Catalog>,
    ) -> Result<Option<HeadFilter>> {
        let table = catalog.and_then(|catalog| catalog.table(&name.schema, &name.name));
        if table.is_none() {
            if self.cascades {
                return Err(no_foreign_keys(&format!("table {name}")));
            }
            return Ok(self.unknown_head(name, columns));
        }
        let none = TableFilter::default();
        let filter = self.tables.get(name).unwrap_or(&none);
        if filter.is_ambiguous {
            let message = format!("rows come as those of {name}, and partitions of it have foreign keys of their own");
            return Err(
                Error::new(ErrorKind::UnsupportedShape, message).with_hint("dump without --load-via-partition-root")
            );
        }
        let mut head = HeadFilter {
            reads: Vec::new(),
            rules: Vec::new(),
            references: Vec::new(),
            feed_reads: Vec::new(),
            feeds: Vec::new(),
            table: name.clone(),
            columns: columns.len(),
            soft_reads: Vec::new(),
            soft: Vec::new(),
        };
        let has_default = |column: &str| {
            table
                .and_then(|table| table.column(column))
                .is_none_or(|column| column.has_default || column.identity.is_some())
        };
        let mut places = HashMap::new();
        for (at, column) in columns.iter().enumerate() {
            places.entry(column.as_str()).or_insert(at);
        }
        let place = |column: &str| places.get(column).copied();
        let needed = |column: &str| -> Result<Option<usize>> {
            match place(column) {
                // What the dump does not bring is NULL where the column has no default.
                None if self.cascades && has_default(column) => Err(missing(name, column)),
                at => Ok(at),
            }
        };
        self.rules_of(filter, name, &place, &mut head)?;
        for &number in &filter.references {
            let Some(reference) = self.references.get(number) else {
                continue;
            };
            let mut at = Vec::new();
            for (column, form) in &reference.columns {
                at.push(needed(column)?.map(|place| (place, *form)));
            }
            // With a NULL it references nothing.
            let Some(at) = at.into_iter().collect::<Option<Vec<_>>>() else {
                continue;
            };
            let only = reference.only.iter().flat_map(Condition::columns);
            let only = only.map(|column| place(column).ok_or_else(|| missing(name, column)));
            let only = only.collect::<Result<_>>()?;
            let (changes, event, default_key) = match &reference.effect {
                Effect::Go => (Vec::new(), GONE, None),
                Effect::Stay => (Vec::new(), NONE, None),
                Effect::Set { values, event, key } => {
                    let changes = values
                        .iter()
                        .filter_map(|(column, value)| Some((place(column)?, value.clone())));
                    let key = key.clone().map(|key| key.into_iter().map(String::into_bytes).collect());
                    (changes.collect(), *event, key)
                }
            };
            head.references.push(HeadReference {
                reference: number,
                set: reference.set,
                at,
                only,
                changes,
                event,
                default_key,
                in_cycle: reference.in_cycle,
            });
        }
        for feed in &filter.feeds {
            let mut at = Vec::new();
            for (column, form) in &feed.columns {
                at.push(needed(column)?.map(|place| (place, *form)));
            }
            // Nothing can reference a key with a NULL.
            if let Some(at) = at.into_iter().collect() {
                head.feeds.push(HeadFeed {
                    set: feed.set,
                    event: feed.event,
                    at,
                    tracked: feed.tracked,
                    is_soft: feed.is_soft,
                });
            }
        }
        if let (Some(table), Some(catalog)) = (table, catalog) {
            let rules = filter
                .rules
                .iter()
                .filter_map(|&rule| self.rules.get(rule))
                .flat_map(|rule| &rule.columns);
            let references = filter
                .references
                .iter()
                .filter_map(|&reference| self.references.get(reference));
            let references = references.flat_map(|reference| reference.columns.iter().map(|(name, _)| name));
            let covered: Vec<&String> = rules.chain(references).collect();
            for (place, mut column) in soft_columns(self, table, columns, &covered, catalog) {
                column.at = head.soft_reads.len();
                head.soft_reads.push(place);
                head.soft.push(column);
            }
        }
        head.settle();
        let is_idle = head.rules.is_empty() && head.references.is_empty() && head.soft.is_empty();
        Ok((!is_idle).then_some(head))
    }

    /// The same for a reading that only remembers which rows are left out; `None` if nobody references rows of this head.
    /// What is wrong with a head is said by the reading that writes, where its rows are written.
    pub(crate) fn head_to_learn(
        &self,
        head: &Head,
        name: &TableName,
        names: Names,
        catalog: Option<&Catalog>,
    ) -> Option<HeadFilter> {
        let columns: Vec<String> = match &head.columns {
            Some(columns) => names.read_all(columns).ok()?,
            None => {
                let table = catalog?.table(&name.schema, &name.name)?;
                let columns = table.columns.iter();
                let columns = columns.filter(|column| head.rows != Rows::Copy || !column.generated);
                columns.map(|column| column.name.clone()).collect()
            }
        };
        let mut filter = self.head(name, &columns, catalog).ok()??;
        filter.feeds.retain(|feed| !feed.is_soft);
        (!filter.feeds.is_empty()).then_some(filter)
    }

    fn rules_of(
        &self,
        filter: &TableFilter,
        name: &TableName,
        place: &impl Fn(&str) -> Option<usize>,
        head: &mut HeadFilter,
    ) -> Result<()> {
        for &number in &filter.rules {
            let Some(rule) = self.rules.get(number) else { continue };
            let at = rule
                .columns
                .iter()
                .map(|column| place(column).ok_or_else(|| missing(name, column)));
            head.rules.push(HeadRule {
                rule: Some(number),
                at: at.collect::<Result<_>>()?,
            });
        }
        Ok(())
    }

    /// Without a catalog only the preset can be asked, which looks at text.
    fn unknown_head(&self, name: &TableName, columns: &[String]) -> Option<HeadFilter> {
        let demo = self.demo.iter().flatten().filter(|column| column.is_of(name));
        let places = demo.filter_map(|demo| columns.iter().position(|column| *column == demo.column));
        let rules: Vec<HeadRule> = places
            .map(|at| HeadRule {
                rule: None,
                at: vec![at],
            })
            .collect();
        if rules.is_empty() {
            return None;
        }
        let mut head = HeadFilter {
            reads: Vec::new(),
            rules,
            references: Vec::new(),
            feed_reads: Vec::new(),
            feeds: Vec::new(),
            table: name.clone(),
            columns: columns.len(),
            soft_reads: Vec::new(),
            soft: Vec::new(),
        };
        head.settle();
        Some(head)
    }

    /// The rule of a head, and what it is called in the report.
    pub(crate) fn rule(&self, rule: &HeadRule) -> (&Test, &str) {
        match rule.rule.and_then(|number| self.rules.get(number)) {
            Some(rule) => (&rule.test, &rule.label),
            None => (&Test::DemoId, "demo"),
        }
    }
}

impl HeadFilter {
    /// What it takes in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let references = self.references.len() * size_of::<HeadReference>();
        let feeds = self.feeds.len() * size_of::<HeadFeed>();
        references + feeds + self.soft.iter().map(SoftColumn::bytes).sum::<usize>()
    }

    /// Replaces the places in the row by those among what is read.
    fn settle(&mut self) {
        let rules = self.rules.iter_mut().flat_map(|rule| rule.at.iter_mut());
        let keys = self.references.iter_mut().flat_map(|reference| {
            let key = reference.at.iter_mut().map(|(at, _)| at);
            key.chain(&mut reference.only)
        });
        self.reads = ranked(rules.chain(keys).collect());
        let keys = self.feeds.iter_mut().flat_map(|feed| &mut feed.at);
        self.feed_reads = ranked(keys.map(|(at, _)| at).collect());
    }
}

/// The different places in ascending order; each place becomes its rank.
fn ranked(places: Vec<&mut usize>) -> Vec<usize> {
    let mut all: Vec<usize> = places.iter().map(|at| **at).collect();
    all.sort_unstable();
    all.dedup();
    for at in places {
        *at = all.partition_point(|known| known < at);
    }
    all
}

fn missing(name: &TableName, column: &str) -> Error {
    let message = format!("the dump has no column `{column}` of table {name}, which decides about rows to be left out");
    Error::new(ErrorKind::UnknownName, message)
}

/// Nobody knows which rows reference those that are left out.
pub(crate) fn no_foreign_keys(of: &str) -> Error {
    let message = format!("rows are to be left out, and the foreign keys of {of} are not known");
    Error::new(ErrorKind::InvalidOption, message).with_hint(
        "give the schema of the source with `schema = FILE` (pg_dump --schema-only), or say `cascade = false` to keep rows that \
         reference what is left out",
    )
}
