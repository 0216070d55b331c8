//! Learns which rows are left out because of others, whatever the order of the dump.

use std::sync::Arc;

use super::edges::Edges;
use crate::catalog::TableName;
use crate::catalog::dump_names::{Names, resolve};
use crate::dump::head::Head;
use crate::dump::{Events, Piece, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::held::HeldRow;
use crate::filter::keys::KeySet;
use crate::filter::learned::{KNOWN_MAX, Learned, Learning};
use crate::filter::row::Row;
use crate::filter::run::{Filter, Verdict};
use crate::filter::{FilterPlan, HeadFilter};
use crate::lex::literal::Field;
use crate::plan::Plan;

/// How often a dump is read at the most, beyond the first time: once because its order was not the expected one, and
/// once for every foreign key of which the default is left out itself.
const READINGS_MAX: usize = 64;

/// One reading of the dump that learns.
pub(super) struct Learner {
    plan: Plan,
    filter: Filter,
    heads: Vec<LearnedHead>,
    /// What cannot be decided before the end.
    edges: Edges,
    records_all: bool,
    readings: usize,
    /// For each set: whether rows came that could be in it.
    seen: Vec<bool>,
    /// For each set: whether undecided rows may be in it.
    uncertain: Vec<bool>,
    /// The keys of all rows that can be referenced, until they are too many.
    known: Option<KeySet>,
    held: HeldRow,
    current: usize,
    is_other: bool,
    /// How names are read here.
    names: Names,
}

struct LearnedHead {
    table: String,
    rows: u64,
    filter: Option<Box<HeadFilter>>,
}

/// What a reading has come to.
pub(super) enum Outcome {
    Learned(Box<Learned>),
    /// The dump has to be read once more.
    Again(Learning),
}

impl Learner {
    pub(super) fn new(plan: &Plan, filter: Arc<FilterPlan>, learning: Option<&Learning>) -> Self {
        let sets = filter.sets.len();
        let mut filter = Filter::new(filter, None, plan.limits());
        if let Some(learning) = learning {
            filter.lost_defaults.clone_from(&learning.lost_defaults);
        }
        Self {
            filter,
            heads: Vec::new(),
            edges: Edges::new(),
            records_all: learning.is_some_and(|learning| learning.records_all),
            readings: learning.map_or(0, |learning| learning.readings),
            seen: vec![false; sets],
            uncertain: vec![false; sets],
            known: Some(KeySet::new(*plan.limits())),
            held: HeldRow::default(),
            current: 0,
            is_other: plan.database().is_some(),
            names: Names::new(plan.compares_names()),
            plan: plan.clone(),
        }
    }

    /// The dump has been read to its end.
    pub(super) fn finish(self) -> Result<Outcome> {
        let Self {
            mut filter,
            edges,
            heads,
            uncertain,
            seen,
            known,
            mut records_all,
            readings,
            ..
        } = self;
        let mut is_settled = true;
        if filter.late.contains(&true) {
            records_all = true;
            is_settled = false;
        } else {
            edges.close(&mut filter.keys)?;
        }
        let references = heads
            .iter()
            .filter_map(|head| head.filter.as_ref())
            .flat_map(|head| &head.references);
        for reference in references {
            let hash = reference
                .default_key
                .as_ref()
                .and_then(|key| filter.default_hash(reference, key));
            let is_lost = hash.is_some_and(|key| filter.keys.contains(key));
            if let Some(lost) = filter.lost_defaults.get_mut(reference.reference)
                && is_lost
                && !*lost
            {
                *lost = true;
                is_settled = false;
            }
        }
        if is_settled {
            let sets = filter.may_hold.iter().zip(&uncertain);
            return Ok(Outcome::Learned(Box::new(Learned {
                may_hold: sets.map(|(holds, uncertain)| *holds || *uncertain).collect(),
                keys: filter.keys,
                lost_defaults: filter.lost_defaults,
                known,
                seen,
            })));
        }
        if readings == READINGS_MAX {
            let message = "the foreign keys of the dump do not settle";
            return Err(Error::new(ErrorKind::Internal, message));
        }
        Ok(Outcome::Again(Learning {
            records_all,
            lost_defaults: filter.lost_defaults,
            readings: readings + 1,
        }))
    }

    fn judge(&mut self, id: usize, row: Row<'_>) -> Result<()> {
        self.current = id;
        let Some(head) = self.heads.get_mut(id) else {
            return Ok(());
        };
        head.rows += 1;
        // Lent for this row: a count of its owners would be changed twice for each.
        let Some(filter) = head.filter.take() else {
            return Ok(());
        };
        let result = self.judge_by(&filter, row);
        if let Some(head) = self.heads.get_mut(id) {
            head.filter = Some(filter);
        }
        result
    }

    fn judge_by(&mut self, head: &HeadFilter, row: Row<'_>) -> Result<()> {
        for feed in &head.feeds {
            if let Some(seen) = self.seen.get_mut(feed.set) {
                *seen = true;
            }
        }
        self.get_to_know(head, row)?;
        let verdict = self.filter.judge(head, row)?;
        self.filter.remember(head, row, verdict)?;
        if matches!(verdict, Verdict::Keep | Verdict::Change) {
            self.write_down(head, row)?;
        }
        Ok(())
    }

    /// Remembers that a row is there, so that foreign keys to none are found.
    fn get_to_know(&mut self, head: &HeadFilter, row: Row<'_>) -> Result<()> {
        let Some(known) = &mut self.known else {
            return Ok(());
        };
        self.filter.feed_values.read(row, &head.feed_reads)?;
        for feed in head.feeds.iter().filter(|feed| feed.event == crate::filter::GONE) {
            if let Some(key) = self.filter.key(&self.filter.feed_values, feed.set, &feed.at)? {
                known.insert(key)?;
            }
        }
        if known.len() > KNOWN_MAX {
            self.known = None;
        }
        Ok(())
    }

    /// Remembers what a row that is kept so far depends on, where that is not decided yet.
    fn write_down(&mut self, head: &HeadFilter, row: Row<'_>) -> Result<()> {
        let mut is_read = false;
        for reference in &head.references {
            let lost = self.filter.lost_defaults.get(reference.reference) == Some(&true);
            let event = if lost { crate::filter::GONE } else { reference.event };
            if !head.feeds.iter().any(|feed| feed.event == event) {
                continue;
            }
            let flag = |flags: &[bool]| flags.get(reference.set).copied().unwrap_or(true);
            let is_open = self.records_all || reference.in_cycle || !flag(&self.seen) || flag(&self.uncertain);
            let Some(referenced) = self.filter.reference_key(reference)? else {
                continue;
            };
            if !is_open {
                if let Some(kept) = self.filter.kept.get_mut(reference.set) {
                    *kept = true;
                }
                continue;
            }
            if !is_read {
                self.filter.feed_values.read(row, &head.feed_reads)?;
                is_read = true;
            }
            for feed in head.feeds.iter().filter(|feed| feed.event == event) {
                if let Some(own) = self.filter.key(&self.filter.feed_values, feed.set, &feed.at)? {
                    self.edges.add(referenced, own)?;
                    if let Some(uncertain) = self.uncertain.get_mut(feed.set) {
                        *uncertain = true;
                    }
                    // A row that was passed before may reference this one.
                    if self.filter.kept.get(feed.set) == Some(&true)
                        && let Some(late) = self.filter.late.get_mut(feed.set)
                    {
                        *late = true;
                    }
                }
            }
        }
        Ok(())
    }

    fn filter_of(&self, head: &Head, name: &TableName) -> Option<HeadFilter> {
        let catalog = self.plan.catalog();
        self.filter.plan.head_to_learn(head, name, self.names, catalog)
    }
}

impl Events for Learner {
    fn head(&mut self, head: &Head, search_path: Option<&[Vec<u8>]>) -> Result<Target> {
        let found = resolve(self.names, &head.relation, search_path, |name| self.plan.knows(name))?;
        let name = found.name;
        let filter = if self.is_other {
            None
        } else {
            self.filter_of(head, &name)
        };
        let columns = head
            .columns
            .as_ref()
            .map(Vec::len)
            .or(filter.as_ref().map(|filter| filter.columns));
        let lines_max = if filter.is_some() { 1 } else { u64::MAX };
        let kept_bytes = filter.as_ref().map_or(0, HeadFilter::bytes) as u64;
        self.heads.push(LearnedHead {
            table: name.to_string(),
            rows: 0,
            filter: filter.map(Box::new),
        });
        Ok(Target {
            id: self.heads.len() - 1,
            columns,
            lines_max,
            kept_bytes,
        })
    }

    #[inline]
    fn row(&mut self, id: usize, bytes: &[u8], fields: &[Field]) -> Result<()> {
        self.judge(id, Row::Literals(bytes, fields))
    }

    fn copy_begin(&mut self, id: usize) -> Result<()> {
        self.current = id;
        Ok(())
    }

    #[inline]
    fn copy_rows(&mut self, id: usize, lines: &[u8], _: u64) -> Result<()> {
        match self.heads.get(id) {
            Some(LearnedHead { filter: Some(_), .. }) => self.judge(id, Row::Line(lines)),
            _ => Ok(()),
        }
    }

    fn piece(&mut self, id: usize, piece: Piece<'_>) -> Result<()> {
        if self.heads.get(id).is_none_or(|head| head.filter.is_none()) || !self.held.piece(piece) {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        let result = self.judge(id, held.row());
        self.held = held;
        result
    }

    fn client_encoding(&mut self, name: &'static str) -> Result<()> {
        self.filter.set_client_encoding(name);
        self.names.set_encoding(name);
        Ok(())
    }

    fn database(&mut self, name: &[u8]) -> Result<()> {
        let name = self.names.read(name)?;
        self.is_other = self.plan.database().is_some_and(|wanted| wanted != name);
        Ok(())
    }

    fn place(&self) -> (Option<String>, Option<u64>) {
        match self.heads.get(self.current) {
            // The row that is wrong has been counted.
            Some(head) => (Some(head.table.clone()), Some(head.rows)),
            None => (None, None),
        }
    }
}
