//! Judges the rows of one dump.

use std::sync::Arc;

use super::compile::{FilterPlan, GONE, NONE, Test};
use super::condition::Condition;
use super::head::{HeadFilter, HeadReference};
use super::key_form::KeyForm;
use super::keys::{KeyHash, KeySet};
use super::learned::Learned;
use super::row::{Row, Values};
use super::soft::SoftWatch;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::options::exclude::is_demo_id;
use crate::report::Report;
use crate::text::counted;

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    /// It is kept with other values, see [`Filter::changes`].
    Change,
    /// It is left out by this rule, by its number in the head, or for this foreign key.
    Rule(usize),
    Cascade(usize),
}

/// Judges row by row, and remembers the keys of those that are left out.
pub(crate) struct Filter {
    pub(crate) plan: Arc<FilterPlan>,
    /// With it all keys are known before the first row is judged.
    learned: Option<Arc<Learned>>,
    pub(crate) keys: KeySet,
    /// For each set: whether a key is in it.
    pub(crate) may_hold: Vec<bool>,
    /// For each set: whether a row that references it was kept.
    pub(crate) kept: Vec<bool>,
    /// For each set: whether a key came after a row that might have referenced it.
    pub(crate) late: Vec<bool>,
    pub(crate) lost_defaults: Vec<bool>,
    values: Values,
    pub(crate) feed_values: Values,
    pub(crate) soft: SoftWatch,
    /// For each foreign key: values of kept rows that point to no row of the dump.
    dangling: Vec<u64>,
    /// The foreign keys of the last row that do so, by their numbers in the plan.
    dangling_now: Vec<usize>,
    /// For each foreign key that is not followed: kept rows that reference one that is left out.
    staying: Vec<u64>,
    /// The foreign keys of the last row that do so, by their numbers in the plan.
    staying_now: Vec<usize>,
    /// Whether the dump is in UTF-8, as conditions are.
    is_utf8: bool,
    /// The foreign keys of the head by which the last row changes.
    changing: Vec<usize>,
}

impl Filter {
    pub(crate) fn new(plan: Arc<FilterPlan>, learned: Option<Arc<Learned>>, limits: &Limits) -> Self {
        let sets = plan.sets.len();
        Self {
            keys: KeySet::new(*limits),
            may_hold: learned
                .as_ref()
                .map_or_else(|| vec![false; sets], |learned| learned.may_hold.clone()),
            kept: vec![false; sets],
            late: vec![false; sets],
            lost_defaults: learned.as_ref().map_or_else(
                || vec![false; plan.references.len()],
                |learned| learned.lost_defaults.clone(),
            ),
            values: Values::default(),
            feed_values: Values::default(),
            soft: SoftWatch::new(limits),
            dangling: vec![0; plan.references.len()],
            dangling_now: Vec::new(),
            staying: vec![0; plan.references.len()],
            staying_now: Vec::new(),
            is_utf8: true,
            changing: Vec::new(),
            plan,
            learned,
        }
    }

    /// Judges a row.
    #[inline]
    pub(crate) fn judge(&mut self, head: &HeadFilter, row: Row<'_>) -> Result<Verdict> {
        self.values.read(row, &head.reads)?;
        for (number, rule) in head.rules.iter().enumerate() {
            let is_met = match self.plan.rule(rule).0 {
                Test::DemoId => {
                    let id = rule.at.first().and_then(|&at| self.values.get(at));
                    id.is_some_and(is_demo_id)
                }
                Test::Condition(condition) => self.is_true(condition, &rule.at)?,
            };
            if is_met {
                return Ok(Verdict::Rule(number));
            }
        }
        self.changing.clear();
        self.dangling_now.clear();
        self.staying_now.clear();
        for (number, reference) in head.references.iter().enumerate() {
            let known = self
                .learned
                .as_ref()
                .and_then(|learned| learned.known_in(reference.set));
            let may_hold = self.may_hold.get(reference.set).copied().unwrap_or(false);
            if (!may_hold && known.is_none()) || !self.is_meant(reference)? {
                continue;
            }
            let Some(key) = self.key(&self.values, reference.set, &reference.at)? else {
                continue;
            };
            if !may_hold || !self.holds(key) {
                if known.is_some_and(|known| !known.contains(key)) {
                    self.dangling_now.push(reference.reference);
                }
                continue;
            }
            if reference.event == NONE {
                self.staying_now.push(reference.reference);
                continue;
            }
            if self.goes(reference) {
                return Ok(Verdict::Cascade(number));
            }
            self.changing.push(number);
        }
        Ok(if self.changing.is_empty() {
            Verdict::Keep
        } else {
            Verdict::Change
        })
    }

    /// Whether a condition is true for the row judged last, whose values stand at these places.
    fn is_true(&self, condition: &Condition, at: &[usize]) -> Result<bool> {
        const FEW: usize = 8;
        let mut few = [None; FEW];
        let many: Vec<Option<&[u8]>>;
        let values: &[Option<&[u8]>] = if at.len() <= FEW {
            for (value, &at) in few.iter_mut().zip(at) {
                *value = self.values.get(at);
            }
            few.get(..at.len()).unwrap_or_default()
        } else {
            many = at.iter().map(|&at| self.values.get(at)).collect();
            &many
        };
        if !self.is_utf8 && values.iter().flatten().any(|value| !value.is_ascii()) {
            return Err(other_encoding());
        }
        Ok(condition.evaluate(values)? == Some(true))
    }

    /// Whether a foreign key holds for the row judged last.
    #[inline]
    fn is_meant(&self, reference: &HeadReference) -> Result<bool> {
        let only = self.plan.references.get(reference.reference);
        match only.and_then(|only| only.only.as_ref()) {
            Some(condition) => self.is_true(condition, &reference.only),
            None => Ok(true),
        }
    }

    /// The dump goes on in this encoding.
    pub(crate) fn set_client_encoding(&mut self, name: &str) {
        self.is_utf8 = name == "UTF8";
    }

    #[inline]
    fn holds(&self, key: KeyHash) -> bool {
        match &self.learned {
            Some(learned) => learned.keys.contains(key),
            None => self.keys.contains(key),
        }
    }

    /// Whether a row with this foreign key goes, now that the referenced row is gone.
    fn goes(&self, reference: &HeadReference) -> bool {
        if reference.event == GONE || self.lost_defaults.get(reference.reference).copied().unwrap_or(false) {
            return true;
        }
        // The row that the default points to may be gone as well.
        let default = reference
            .default_key
            .as_ref()
            .and_then(|key| self.default_hash(reference, key));
        default.is_some_and(|key| self.holds(key))
    }

    /// The hash of the key that `SET DEFAULT` makes a row reference.
    pub(crate) fn default_hash(&self, reference: &HeadReference, key: &[Vec<u8>]) -> Option<KeyHash> {
        let mut hash = self.plan.hasher.begin(reference.set);
        for (value, (_, form)) in key.iter().zip(&reference.at) {
            form.add(value, &mut hash).ok()?;
        }
        Some(hash.finish())
    }

    /// The hash of a key; `None` if a part of it is NULL.
    #[inline]
    pub(crate) fn key(&self, values: &Values, set: usize, at: &[(usize, KeyForm)]) -> Result<Option<KeyHash>> {
        let mut hash = self.plan.hasher.begin(set);
        for &(at, form) in at {
            match values.get(at) {
                Some(value) => form.add(value, &mut hash)?,
                None => return Ok(None),
            }
        }
        Ok(Some(hash.finish()))
    }

    /// The hash of the foreign key of the row judged last.
    pub(crate) fn reference_key(&self, reference: &HeadReference) -> Result<Option<KeyHash>> {
        if !self.is_meant(reference)? {
            return Ok(None);
        }
        self.key(&self.values, reference.set, &reference.at)
    }

    /// The values that the row judged last gets, by their places in the row.
    pub(crate) fn changes<'a>(&'a self, head: &'a HeadFilter) -> impl Iterator<Item = (usize, Option<&'a str>)> {
        let references = self.changing.iter().filter_map(|&number| head.references.get(number));
        references.flat_map(|reference| reference.changes.iter().map(|(at, value)| (*at, value.as_deref())))
    }

    /// Remembers what has happened to a row, for those that reference it.
    #[inline]
    pub(crate) fn remember(&mut self, head: &HeadFilter, row: Row<'_>, verdict: Verdict) -> Result<()> {
        if verdict == Verdict::Keep || head.feeds.is_empty() {
            return Ok(());
        }
        self.feed_values.read(row, &head.feed_reads)?;
        for feed in &head.feeds {
            if feed.is_soft || !self.has_happened(head, verdict, feed.event) {
                continue;
            }
            if let Some(key) = self.key(&self.feed_values, feed.set, &feed.at)? {
                self.add(feed.set, key)?;
            }
        }
        Ok(())
    }

    /// Whether the row judged last has met with this event.
    fn has_happened(&self, head: &HeadFilter, verdict: Verdict, event: usize) -> bool {
        if verdict != Verdict::Change {
            return event == GONE;
        }
        let mut references = self.changing.iter().filter_map(|&number| head.references.get(number));
        references.any(|reference| reference.event == event)
    }

    fn add(&mut self, set: usize, key: KeyHash) -> Result<()> {
        if self.keys.insert(key)?
            && self.kept.get(set).copied().unwrap_or(false)
            && let Some(late) = self.late.get_mut(set)
        {
            *late = true;
        }
        if let Some(holds) = self.may_hold.get_mut(set) {
            *holds = true;
        }
        Ok(())
    }

    /// Counts what the report tells of a row. In a single reading it also remembers a row that is left out, and what kept
    /// rows reference: a row that is left out after some were kept that may need it is an error.
    #[inline]
    pub(crate) fn pass(&mut self, head: &HeadFilter, row: Row<'_>, verdict: Verdict) -> Result<()> {
        if matches!(verdict, Verdict::Keep | Verdict::Change) {
            for (counts, now) in [
                (&mut self.dangling, &self.dangling_now),
                (&mut self.staying, &self.staying_now),
            ] {
                for &reference in now {
                    if let Some(count) = counts.get_mut(reference) {
                        *count += 1;
                    }
                }
            }
            self.look_for_soft(head, row)?;
        } else {
            self.track(head, row)?;
        }
        self.learn_on_the_way(head, row, verdict)
    }

    /// In a single reading: remembers a row, whatever becomes of it, for those behind it that reference it.
    pub(crate) fn learn_on_the_way(&mut self, head: &HeadFilter, row: Row<'_>, verdict: Verdict) -> Result<()> {
        if self.learned.is_some() {
            return Ok(());
        }
        self.remember(head, row, verdict)?;
        if let Some(set) = self
            .late
            .iter()
            .position(|late| *late)
            .and_then(|set| self.plan.sets.get(set))
        {
            let message = format!(
                "a row of {} is left out, and rows before it may reference it: the order of this dump asks for two readings",
                set.table
            );
            return Err(Error::new(ErrorKind::UnsupportedShape, message)
                .with_hint("convert() and convert_file() read twice; a Rewriter needs what Prescan has learned"));
        }
        if matches!(verdict, Verdict::Keep | Verdict::Change) {
            for reference in head.references.iter().filter(|reference| reference.event != NONE) {
                if reference.at.iter().all(|&(at, _)| self.values.get(at).is_some())
                    && self.is_meant(reference)?
                    && let Some(kept) = self.kept.get_mut(reference.set)
                {
                    *kept = true;
                }
            }
        }
        Ok(())
    }

    /// Remembers a row that is left out for the columns that may hold its key.
    fn track(&mut self, head: &HeadFilter, row: Row<'_>) -> Result<()> {
        let feeds = head
            .feeds
            .iter()
            .filter(|feed| feed.tracked.is_some() && feed.event == GONE);
        let mut is_read = false;
        for feed in feeds {
            if !is_read {
                self.feed_values.read(row, &head.feed_reads)?;
                is_read = true;
            }
            let value = feed.at.first().and_then(|&(at, _)| self.feed_values.get(at));
            if let (Some(key), Some(value)) = (self.key(&self.feed_values, feed.set, &feed.at)?, value) {
                self.soft.add(key, value.trim_ascii_end(), feed.is_soft)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn look_for_soft(&mut self, head: &HeadFilter, row: Row<'_>) -> Result<()> {
        if head.soft.is_empty() || !self.soft.is_awake() {
            return Ok(());
        }
        let (learned, keys) = (self.learned.as_deref(), &self.keys);
        let columns = (&head.table, head.soft_reads.as_slice(), head.soft.as_slice());
        self.soft.look(&self.plan, columns, row, |soft, key| {
            soft.holds(key) || keys.contains(key) || learned.is_some_and(|learned| learned.keys.contains(key))
        })
    }

    /// Tells the report what else was found.
    pub(crate) fn report(&self, report: &mut Report) {
        self.soft.report(&self.plan, report);
        let counts = self.plan.references.iter().zip(self.dangling.iter().zip(&self.staying));
        for (reference, (&dangling, &staying)) in counts {
            let Some(parent) = self.plan.sets.get(reference.set) else {
                continue;
            };
            let (name, table, parent) = (&reference.name, &reference.table, &parent.table);
            if dangling > 0 {
                report.warn(format!(
                    "{} of the foreign key {name} of table {table} point to no row of {parent} in the dump; their rows are kept",
                    counted(dangling, "value")
                ));
            }
            if staying > 0 {
                // Without a first reading, rows before the ones that they reference are not counted.
                let least = if self.learned.is_some() { "" } else { "at least " };
                report.warn(format!(
                    "{least}{} of {table} {} rows of {parent} that are left out, by the foreign key {name}; they are kept, since cascade is off",
                    counted(staying, "row"),
                    if staying == 1 { "references" } else { "reference" }
                ));
            }
        }
        if self.learned.as_ref().is_some_and(|learned| learned.known.is_none()) {
            report.warn(format!(
                "foreign keys that point to no row of the dump were not looked for: it has more than {} rows that can be referenced",
                super::learned::KNOWN_MAX
            ));
        }
        let has_left_out = report.tables.iter().any(|table| !table.left_out.is_empty());
        if has_left_out && !self.plan.uncounted.is_empty() {
            report.warn(format!(
                "rows that reference what is left out are kept, since cascade is off, and were not counted for the foreign keys of {}",
                self.plan.uncounted.join(", ")
            ));
        }
    }
}

#[cold]
fn other_encoding() -> Error {
    let message =
        "a value with characters beyond ASCII, in a dump that is not in UTF-8, decides whether the row is left out";
    Error::new(ErrorKind::Condition, message).with_hint("dump with pg_dump -E UTF8")
}
