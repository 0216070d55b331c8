//! Which tables the foreign keys lead to, and what happens to rows there.

use std::collections::{BTreeMap, HashSet};

use super::{Compiler, Effect, Event, Feed, GONE, Group, Linked, Reference, Set, label};
use crate::catalog::{Action, ForeignKey, components};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::condition::Condition;
use crate::filter::key_form::{KeyForm, forms};

const NO_CASCADE: &str =
    "leave the table out of the dump, or say `cascade = false` and leave out by conditions what has to be left out";

impl Compiler<'_> {
    /// Follows the foreign keys from every table to which something happens.
    pub(super) fn cascade(&mut self) -> Result<()> {
        let mut followed = HashSet::new();
        while let Some((at, number)) = self.raised.pop_front() {
            let Some(event) = self.events.get(&at).and_then(|events| events.get(number)).cloned() else {
                continue;
            };
            for parent in self.tree.with_ancestors(at) {
                let Some(keys) = self.keys.get(&parent).cloned() else {
                    continue;
                };
                for Group { columns, keys } in &keys.groups {
                    let is_touched = match &event {
                        Event::Gone => true,
                        Event::Changed(values) => columns.iter().any(|column| values.contains_key(column)),
                    };
                    if !is_touched {
                        continue;
                    }
                    let set = self.set(parent, columns, &event)?;
                    self.feed(at, number, set, parent, columns)?;
                    if followed.insert(set) {
                        for linked in keys {
                            self.follow(linked, parent, set, &event)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Where foreign keys are not followed: counts the rows that reference the ones that rules leave out. What cannot be
    /// compared is not counted, which the report says.
    pub(super) fn watch(&mut self) {
        let ruled: Vec<usize> = std::mem::take(&mut self.raised).into_iter().map(|(at, _)| at).collect();
        let mut watched = HashSet::new();
        for at in ruled {
            for parent in self.tree.with_ancestors(at) {
                let Some(keys) = self.keys.get(&parent).cloned() else {
                    continue;
                };
                let is_new = watched.insert(parent);
                for group in &keys.groups {
                    self.watch_group(at, parent, group, is_new);
                }
            }
        }
        self.uncounted.sort();
        self.uncounted.dedup();
    }

    /// Watches the foreign keys that reference some columns; those that can be watched are the same for all tables.
    fn watch_group(&mut self, at: usize, parent: usize, group: &Group, is_new: bool) {
        let is_known = self
            .set_numbers
            .contains_key(&(parent, group.columns.clone(), Event::Gone));
        let mut is_watched = !is_new && is_known;
        if is_new {
            for linked in &group.keys {
                let is_counted = self.watch_key(parent, &group.columns, linked).is_ok();
                is_watched |= is_counted;
                if !is_counted {
                    let table = self.table(linked.child).map(|table| table.table_name().to_string());
                    let text = format!("{} of table {}", linked.key.name, table.unwrap_or_default());
                    self.uncounted.push(text);
                }
            }
        }
        if is_watched {
            let set = self.set(parent, &group.columns, &Event::Gone);
            let fed = set.and_then(|set| self.feed(at, GONE, set, parent, &group.columns));
            if fed.is_err() {
                let keys = group.keys.iter().map(|linked| {
                    let table = self.table(linked.child).map(|table| table.table_name().to_string());
                    format!("{} of table {}", linked.key.name, table.unwrap_or_default())
                });
                let keys: Vec<String> = keys.collect();
                self.uncounted.extend(keys);
            }
        }
    }

    fn watch_key(&mut self, parent: usize, columns: &[String], linked: &Linked) -> Result<()> {
        // Before anything is remembered: whether the values of all tables can be compared.
        let mut forms = Vec::new();
        for own in self.tree.with_partitions(linked.child) {
            forms.push((own, self.key_columns(own, &linked.pairs, parent)?));
        }
        let set = self.set(parent, columns, &Event::Gone)?;
        for (own, columns) in forms {
            self.refer(own, linked, set, columns, Effect::Stay)?;
        }
        Ok(())
    }

    fn set(&mut self, parent: usize, columns: &[String], event: &Event) -> Result<usize> {
        let key = (parent, columns.to_vec(), event.clone());
        if let Some(&set) = self.set_numbers.get(&key) {
            return Ok(set);
        }
        self.sets.push(Set {
            table: self.table(parent)?.table_name(),
        });
        self.set_numbers.insert(key, self.sets.len() - 1);
        Ok(self.sets.len() - 1)
    }

    fn feed(&mut self, at: usize, event: usize, set: usize, parent: usize, columns: &[String]) -> Result<()> {
        let mut known = Vec::new();
        for column in columns {
            let own = self.column_type(at, column)?;
            let (_, form) = self.forms(parent, column, &own, column, parent)?;
            known.push((column.clone(), form));
        }
        let feeds = &mut self.tables.entry(at).or_default().feeds;
        feeds.push(Feed {
            set,
            event,
            columns: known,
            tracked: None,
            is_soft: false,
        });
        if event == GONE {
            self.gone_feeds.insert((at, set), feeds.len() - 1);
        }
        Ok(())
    }

    /// The columns of a foreign key in the table that has it, with the forms in which they are compared.
    fn key_columns(&self, at: usize, pairs: &[(String, String)], parent: usize) -> Result<Vec<(String, KeyForm)>> {
        let columns = pairs.iter().map(|(column, referenced)| {
            let own = self.column_type(at, column)?;
            let (form, _) = self.forms(at, column, &own, referenced, parent)?;
            Ok((column.clone(), form))
        });
        columns.collect()
    }

    /// Adds a foreign key to the table that has it, and to its partitions.
    fn follow(&mut self, linked: &Linked, parent: usize, set: usize, event: &Event) -> Result<()> {
        let Linked { key, pairs, .. } = linked;
        for at in self.tree.with_partitions(linked.child) {
            let columns = self.key_columns(at, pairs, parent)?;
            let effect = self.effect(at, key, event)?;
            let effect = match effect {
                None => {
                    self.raise(at, Event::Gone);
                    Effect::Go
                }
                Some(values) => {
                    let new_key = pairs
                        .iter()
                        .map(|(column, _)| values.get(column).cloned().flatten())
                        .collect();
                    let changed: Vec<_> = values.clone().into_iter().collect();
                    Effect::Set {
                        values: changed,
                        event: self.raise(at, Event::Changed(values)),
                        key: new_key,
                    }
                }
            };
            self.refer(at, linked, set, columns, effect)?;
        }
        Ok(())
    }

    fn refer(
        &mut self,
        at: usize,
        linked: &Linked,
        set: usize,
        columns: Vec<(String, KeyForm)>,
        effect: Effect,
    ) -> Result<()> {
        let key = &linked.key;
        let only = linked.only.as_ref().map(|condition| self.condition(at, condition));
        self.references.push(Reference {
            label: label(key),
            name: key.name.clone(),
            table: self.table(at)?.table_name(),
            set,
            columns,
            only: only.transpose()?,
            effect,
            in_cycle: false,
        });
        let number = self.references.len() - 1;
        self.tables.entry(at).or_default().references.push(number);
        Ok(())
    }

    /// The condition of a foreign key, which is on the rows that have it.
    fn condition(&self, at: usize, condition: &str) -> Result<Condition> {
        let table = self.table(at)?;
        Condition::compile_with(condition, table, self.catalog, self.case).map_err(|error| {
            let message = format!(
                "in the foreign key of table {} WHERE {condition}: {}",
                table.table_name(),
                error.message()
            );
            error.with_message(message)
        })
    }

    /// The values that the row's columns get; `None` if the row goes.
    fn effect(&self, at: usize, key: &ForeignKey, event: &Event) -> Result<Option<BTreeMap<String, Option<String>>>> {
        let action = match event {
            Event::Gone if self.deletes_all => return Ok(None),
            Event::Gone => key.on_delete,
            Event::Changed(_) => key.on_update,
        };
        let columns: &[String] = match event {
            Event::Gone if !key.on_delete_columns.is_empty() => &key.on_delete_columns,
            _ => &key.columns,
        };
        let values: BTreeMap<String, Option<String>> = match (action, event) {
            (Action::SetNull, _) => columns.iter().map(|column| (column.clone(), None)).collect(),
            (Action::SetDefault, _) => {
                let values = columns
                    .iter()
                    .map(|column| Ok((column.clone(), self.default(at, column, key)?)));
                values.collect::<Result<_>>()?
            }
            (Action::Cascade, Event::Changed(changed)) => {
                let pairs = key.columns.iter().zip(&key.referenced_columns);
                pairs
                    .filter_map(|(own, referenced)| Some((own.clone(), changed.get(referenced)?.clone())))
                    .collect()
            }
            (Action::Cascade | Action::NoAction | Action::Restrict, _) => return Ok(None),
        };
        if action == Action::SetDefault && values.len() != key.columns.len() && values.values().any(Option::is_some) {
            let message = format!(
                "the foreign key {} of table {} sets only some of its columns to their defaults, which cannot be followed",
                label(key),
                self.table(at)?.table_name()
            );
            return Err(Error::new(ErrorKind::InvalidOption, message).with_hint(NO_CASCADE));
        }
        let table = self.table(at)?;
        let becomes_null = |column: &String| matches!(values.get(column), Some(None));
        let is_refused = values
            .keys()
            .any(|name| becomes_null(name) && table.column(name).is_some_and(|column| column.not_null));
        // A row that references something has a value in all these columns. Under MATCH FULL so do the other columns of the
        // key, and PostgreSQL refuses to make some of them NULL and leave the rest.
        let mut full = table.foreign_keys.iter().filter(|key| key.match_full && key.enforced);
        let is_half_null = full.any(|key| {
            let nulls = key.columns.iter().filter(|column| becomes_null(column)).count();
            nulls > 0 && nulls < key.columns.len()
        });
        Ok(Some(values).filter(|_| !is_refused && !is_half_null))
    }

    fn default(&self, at: usize, column: &str, key: &ForeignKey) -> Result<Option<String>> {
        let table = self.table(at)?;
        match table.column(column) {
            Some(known) if known.default_value.is_some() => Ok(known.default_value.clone()),
            Some(known) if !known.has_default && known.identity.is_none() => Ok(None),
            _ => {
                let message = format!(
                    "the foreign key {} of table {} sets column `{column}` to its default, which is no plain value",
                    label(key),
                    table.table_name()
                );
                Err(Error::new(ErrorKind::InvalidOption, message).with_hint(NO_CASCADE))
            }
        }
    }

    fn column_type(&self, at: usize, column: &str) -> Result<String> {
        let table = self.table(at)?;
        let refuse = |why: &str| {
            let message = format!(
                "a foreign key of or to table {} cannot be followed: column `{column}` {why}",
                table.table_name()
            );
            Err(Error::new(ErrorKind::InvalidOption, message).with_hint(NO_CASCADE))
        };
        match table.column(column) {
            None => refuse("is not in the catalog"),
            Some(known) if known.generated => refuse("is generated, so that a dump does not bring its values"),
            Some(known) => match &known.collation {
                // PostgreSQL's own collations are deterministic: equal is the same bytes.
                Some(collation) if !collation.starts_with("pg_catalog.") => refuse(&format!(
                    "has the collation {collation}, in which different texts may be equal"
                )),
                _ => Ok(known.type_name.clone()),
            },
        }
    }

    /// The forms of a referencing column and of the referenced one.
    fn forms(&self, at: usize, column: &str, own: &str, referenced: &str, parent: usize) -> Result<(KeyForm, KeyForm)> {
        let theirs = self.column_type(parent, referenced)?;
        forms(own, &theirs, self.catalog).map_err(|why| {
            let table = self
                .catalog
                .tables()
                .get(at)
                .map(|table| table.table_name().to_string());
            let message = format!(
                "a foreign key of column `{column}` of table {} cannot be followed: {why}",
                table.unwrap_or_default()
            );
            Error::new(ErrorKind::InvalidOption, message).with_hint(NO_CASCADE)
        })
    }

    /// A reference is in a cycle if its parent references its table, by way of others or at once.
    pub(super) fn mark_cycles(&mut self) {
        let set_tables: Vec<Option<usize>> = self.sets.iter().map(|set| self.tree.position(&set.table)).collect();
        let root = |at: usize| self.tree.root(at);
        let mut next = vec![Vec::new(); self.catalog.tables().len()];
        for (&at, table) in &self.tables {
            for number in &table.references {
                let set = self
                    .references
                    .get(*number)
                    .and_then(|reference| *set_tables.get(reference.set)?);
                if let (Some(parent), Some(parents)) = (set.map(root), next.get_mut(root(at))) {
                    parents.push(parent);
                }
            }
        }
        // Each of two in one component reaches the other.
        let numbers = components(&next);
        let mut cyclic = Vec::new();
        for (&at, table) in &self.tables {
            for &number in &table.references {
                let set = self
                    .references
                    .get(number)
                    .and_then(|reference| *set_tables.get(reference.set)?);
                if set.is_some_and(|parent| numbers.get(root(parent)) == numbers.get(root(at))) {
                    cyclic.push(number);
                }
            }
        }
        for number in cyclic {
            if let Some(reference) = self.references.get_mut(number) {
                reference.in_cycle = true;
            }
        }
    }

    /// A partitioned table of which a partition has foreign keys of its own, or is referenced itself: of rows that come
    /// under the name of the root nobody knows whether they are meant.
    pub(super) fn mark_ambiguous(&mut self) {
        let shape = |at: usize| -> HashSet<(usize, usize)> {
            let table = self.tables.get(&at);
            let references = table.into_iter().flat_map(|table| &table.references);
            let references = references.filter_map(|number| Some((0, self.references.get(*number)?.set)));
            let feeds = table.into_iter().flat_map(|table| &table.feeds);
            references.chain(feeds.map(|feed| (1, feed.set))).collect()
        };
        let tables = self.catalog.tables().iter().enumerate();
        let partitioned = tables.filter(|(_, table)| table.kind == crate::catalog::TableKind::Partitioned);
        let ambiguous: Vec<usize> = partitioned
            .map(|(at, _)| at)
            .filter(|&at| {
                let own = shape(at);
                let mut leaves = self.tree.with_partitions(at).into_iter();
                leaves.any(|leaf| !shape(leaf).is_subset(&own))
            })
            .collect();
        for at in ambiguous {
            self.tables.entry(at).or_default().is_ambiguous = true;
        }
    }
}
