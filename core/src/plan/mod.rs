//! Options and what is known of the tables, checked against each other: what the engine works by.

mod bounds;
mod matching;
mod target;

use std::sync::Arc;
use std::time::Duration;

use crate::catalog::{Catalog, Table, TableName, known_column, lineage};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::learned::{Learned, Learning};
use crate::filter::{FilterPlan, no_foreign_keys};
use crate::options::bounds::Bounds;
use crate::options::check_option_name;
use crate::options::drift::Drift;
use crate::options::exclude::Cascade;
use crate::options::list::OptionList;
use crate::options::selection::Selection;
use crate::options::update::{OnGuard, TableRule};
use crate::options::{Client, Losses, NoKey, Options, Rounding, Style};

/// Options that were checked: immutable, cheap to clone, and good for any number of runs on any number of threads.
#[derive(Clone, Debug)]
pub struct Plan(Arc<Checked>);

/// What a plan holds. The options are as they were given; whatever is found out later stands beside them.
#[derive(Clone, Debug)]
struct Checked {
    options: Arc<Options>,
    /// What is known of the tables: from the catalog that was given, or from the dump.
    catalog: Option<Catalog>,
    is_catalog_of_dump: bool,
    /// Whether the dump was asked for its catalog and has none.
    has_no_catalog: bool,
    /// What is looked at in rows; of the exclusions and the catalog, once there is one.
    filter: Option<Arc<FilterPlan>>,
    /// What readings of the dump have found, and what the next has to heed.
    learned: Option<Arc<Learned>>,
    learning: Option<Arc<Learning>>,
    view: View,
}

impl Checked {
    fn new(options: Arc<Options>, catalog: Option<Catalog>) -> Result<Self> {
        options.check(catalog.as_ref())?;
        let filter = compile(&options, catalog.as_ref(), false)?;
        Ok(Self {
            options,
            catalog,
            is_catalog_of_dump: false,
            has_no_catalog: false,
            filter,
            learned: None,
            learning: None,
            view: View::default(),
        })
    }
}

/// What is looked at in rows; nothing as long as a catalog may still come.
///
/// # Errors
/// If the exclusions do not fit the catalog, or need one.
fn compile(options: &Options, catalog: Option<&Catalog>, has_none: bool) -> Result<Option<Arc<FilterPlan>>> {
    let exclusions = &options.exclusions;
    if !exclusions.is_any() || (catalog.is_none() && !has_none) {
        return Ok(None);
    }
    if catalog.is_none() && exclusions.cascade != Cascade::Off {
        return Err(no_foreign_keys("the source"));
    }
    Ok(FilterPlan::compile(exclusions, catalog)?.map(Arc::new))
}

/// What a run tells of the rows beside its result. It is of one run and has no name among the options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// Whether nothing is written, and everything that stands in the way is told.
    pub(crate) check: bool,
    /// How many changed rows of each table are shown, and which columns are not.
    pub(crate) differences: Option<(u32, Vec<String>)>,
    /// Whether a column that a trigger has changed is an error.
    pub(crate) strict: bool,
    /// The word by which lines of progress are known among what the server says.
    pub(crate) progress: Option<String>,
    /// What is said of rows that the dump does not have, where they are deleted; as the script has it.
    pub(crate) prune: Option<serde_json::Value>,
    /// Whether all is written and rolled back: then no sequence is asked for new keys, which no rollback would give back.
    pub(crate) dry: bool,
    /// Whether all keys that were mapped are told, and not only the first.
    pub(crate) mapping: bool,
}

impl Options {
    /// Checks that the options fit together.
    ///
    /// # Errors
    /// If they do not: a key of a column that its table has not in the catalog, or an option that the style cannot keep.
    pub fn build(mut self) -> Result<Plan> {
        let catalog = self.catalog.take();
        Ok(Plan(Arc::new(Checked::new(Arc::new(self), catalog)?)))
    }

    fn check(&self, catalog: Option<&Catalog>) -> Result<()> {
        if self.no_key == Some(NoKey::Match) && self.style() != Style::Staged {
            let message = "`no_key = match` works only with `style = staged`";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        if self.rounding == Some(Rounding::Error) && self.style() != Style::Staged {
            let message =
                "`rounding = error` works only with `style = staged`: elsewhere the target rounds without a word";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        if self.batch_rows == Some(0) || self.batch_bytes == Some(0) {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                "a batch must take at least one row and one byte",
            ));
        }
        self.check_drift(catalog.is_some())?;
        self.check_matching(catalog)?;
        self.check_texts()?;
        if let Some(catalog) = catalog {
            self.selection.check(catalog)?;
            self.rules.check(catalog)?;
            self.bounds.check(catalog)?;
            for (name, columns) in &self.keys {
                // A table that only the dump has is met there, or the end of the dump tells.
                if let Some(table) = catalog.table(&name.schema, &name.name) {
                    let known = |column| known_column(table, column, "a key");
                    columns.items().iter().try_for_each(known)?;
                }
            }
        }
        Ok(())
    }

    /// What setters took as it came; the others have read theirs as SQL names.
    fn check_texts(&self) -> Result<()> {
        let database = self.database.iter().map(|name| (name, "the name of a database"));
        let flag = self.exclusions.demo.iter().filter_map(|demo| demo.flag.as_ref());
        let flag = flag.map(|column| (column, "the column that marks a business as demo"));
        let newer = self
            .rules
            .newer_columns()
            .map(|column| (column, "the column of the policy `newer`"));
        let mut names = database.chain(flag).chain(newer);
        names.try_for_each(|(name, of)| check_option_name(name, of))
    }
}

impl Plan {
    /// How the script writes rows.
    pub fn style(&self) -> Style {
        self.0.options.style()
    }

    pub(crate) fn has_catalog(&self) -> bool {
        self.0.catalog.is_some()
    }

    /// Whether the keys of a full dump have to be read before its rows.
    pub(crate) fn needs_catalog(&self) -> bool {
        let is_needed = self.0.options.style() != Style::Staged || self.0.options.exclusions.is_any();
        is_needed && self.0.catalog.is_none() && !self.0.has_no_catalog
    }

    /// Whether a dump should be read once before a [`Rewriter`](crate::Rewriter) reads it, with
    /// [`Prescan`](crate::Prescan): because the plan has no catalog and a full dump has one, or because the order of the
    /// rows may not be the one in which exclusions can be decided. A rewriter without that does what it can in one
    /// reading and refuses the rest.
    pub fn needs_prescan(&self) -> bool {
        let learns = self.0.filter.as_ref().is_some_and(|filter| filter.needs_learning());
        self.needs_catalog() || (learns && self.0.learned.is_none())
    }

    /// What is looked at in rows, where some are to be left out.
    pub(crate) fn filter(&self) -> Option<Arc<FilterPlan>> {
        self.0.filter.clone()
    }

    /// Rows are to be left out, and nothing is known of the tables.
    pub(crate) fn lacks_filter(&self) -> bool {
        self.0.options.exclusions.is_any() && self.0.filter.is_none()
    }

    pub(crate) fn learned(&self) -> Option<Arc<Learned>> {
        self.0.learned.clone()
    }

    pub(crate) fn learning(&self) -> Option<&Learning> {
        self.0.learning.as_deref()
    }

    /// The same plan for a dump that was found to have no catalog.
    pub(crate) fn without_catalog(self) -> Result<Self> {
        let filter = compile(&self.0.options, None, true)?;
        Ok(self.with(|facts| {
            facts.has_no_catalog = true;
            facts.filter = filter;
            (facts.learned, facts.learning) = (None, None);
        }))
    }

    /// The same plan, with what was learned of the dump.
    pub(crate) fn with_learned(self, learned: Learned) -> Self {
        self.with(|facts| facts.learned = Some(Arc::new(learned)))
    }

    /// The same plan, for another reading.
    pub(crate) fn with_learning(self, learning: Learning) -> Self {
        self.with(|facts| facts.learning = Some(Arc::new(learning)))
    }

    /// The same plan with the catalog of the dump.
    pub(crate) fn with_catalog(self, catalog: Catalog) -> Result<Self> {
        let old = Arc::unwrap_or_clone(self.0);
        let catalog = match old.catalog {
            Some(mut own) => {
                own.merge(catalog)?;
                own
            }
            None => catalog,
        };
        let made = Checked::new(old.options, Some(catalog))?;
        Ok(Self(Arc::new(Checked {
            is_catalog_of_dump: true,
            has_no_catalog: old.has_no_catalog,
            view: old.view,
            ..made
        })))
    }

    /// The same plan for a run that tells more.
    #[cfg(feature = "restore")]
    pub(crate) fn with_view(self, view: View) -> Self {
        self.with(|facts| facts.view = view)
    }

    fn with(self, change: impl FnOnce(&mut Checked)) -> Self {
        let mut facts = Arc::unwrap_or_clone(self.0);
        change(&mut facts);
        Self(Arc::new(facts))
    }

    /// Whether the catalog was made by the dump itself, which then has the order of its columns.
    pub(crate) fn is_catalog_of_dump(&self) -> bool {
        self.0.is_catalog_of_dump
    }

    pub(crate) fn catalog(&self) -> Option<&Catalog> {
        self.0.catalog.as_ref()
    }

    pub(crate) fn table(&self, name: &TableName) -> Option<&Table> {
        self.0.catalog.as_ref()?.table(&name.schema, &name.name)
    }

    /// Whether the catalog or an option tells that there is such a table.
    pub(crate) fn knows(&self, name: &TableName) -> bool {
        self.table(name).is_some() || self.key(name).is_some()
    }

    pub(crate) fn key(&self, name: &TableName) -> Option<&[String]> {
        self.0.options.keys.get(name).map(OptionList::items)
    }

    /// The tables of which a key, or by what rows are recognised, is given, with what it is, and of which the catalog, which is
    /// there, knows nothing.
    pub(crate) fn keys_beside_catalog(&self) -> impl Iterator<Item = (&'static str, &TableName)> {
        let options = self.options();
        let keys = options.keys.keys().map(|name| ("a key", name));
        let matched = options.matching.matched().map(|(name, _)| ("`match_on`", name));
        let given = keys.chain(matched).filter(|_| self.has_catalog());
        given.filter(|(_, name)| self.table(name).is_none())
    }

    /// A table and the tables that it is a partition of by the catalog that was given. What a dump says of itself is not
    /// asked: it could make any table a partition of one that is permitted, or that has a laxer policy.
    pub(crate) fn lineage(&self, name: &TableName) -> Vec<TableName> {
        let known = |name: &TableName| self.table(name)?.partition_of.clone();
        lineage(name, |name| known(name).filter(|_| !self.is_catalog_of_dump()))
    }

    /// The rule for a table.
    pub(crate) fn rule(&self, name: &TableName) -> TableRule {
        let lineage = self.lineage(name);
        self.0.options.rules.rule(lineage.iter().rev())
    }

    /// The tables of the lineage that have a rule, which is in force for this one.
    pub(crate) fn ruled(&self, name: &TableName) -> Vec<TableName> {
        let mut lineage = self.lineage(name);
        lineage.retain(|name| self.0.options.rules.tables.contains_key(name));
        lineage
    }

    /// Whether the target has to be asked of what a table is a partition, or which partitions it has.
    pub(crate) fn asks_for_lineage(&self) -> bool {
        !self.0.options.rules.tables.is_empty() || !self.0.options.selection.exclude.items().is_empty()
    }

    pub(crate) fn on_guard(&self) -> OnGuard {
        self.0.options.rules.on_guard
    }

    /// Whether an option or a catalog is compared with names of the dump.
    pub(crate) fn compares_names(&self) -> bool {
        let options = self.options();
        self.has_catalog()
            || !options.keys.is_empty()
            || !options.matching.tables.is_empty()
            || options.database.is_some()
            || options.exclusions.is_any()
            || options.bounds.has_names()
            || !options.selection.is_empty()
            || options.rules.has_names()
    }

    pub(crate) fn view(&self) -> &View {
        &self.0.view
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn bounds(&self) -> &Bounds {
        &self.0.options.bounds
    }

    pub(crate) fn drift(&self) -> &Drift {
        &self.0.options.drift
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.0.options.selection
    }

    /// The database that is taken of a dump that has several.
    pub(crate) fn database(&self) -> Option<&str> {
        self.0.options.database.as_deref()
    }

    /// Whether the demo preset is for columns that were named.
    pub(crate) fn has_demo_columns(&self) -> bool {
        let demo = self.0.options.exclusions.demo.as_ref();
        demo.is_some_and(|demo| !demo.columns.is_empty())
    }

    /// The tables that options name, but for those that were checked against a catalog.
    pub(crate) fn named_tables(&self) -> Vec<(&'static str, &TableName)> {
        let mut named: Vec<(&str, &TableName)> = self.0.options.bounds.named_tables().collect();
        if !self.has_catalog() {
            named.extend(self.0.options.keys.keys().map(|table| ("keys", table)));
            let matched = &self.0.options.matching.tables;
            named.extend(matched.iter().map(|(table, rule)| match rule.on {
                Some(_) => ("match_on", table),
                None => ("on_unmatched_reference", table),
            }));
            named.extend(self.0.options.rules.tables.keys().map(|table| ("tables", table)));
        }
        named
    }

    /// The schemas that are selected, but for those that were checked against a catalog.
    pub(crate) fn only_schemas(&self) -> &[String] {
        let bounds = &self.0.options.bounds;
        if self.has_catalog() { &[] } else { bounds.only_schemas() }
    }

    pub(crate) fn losses(&self) -> Losses {
        self.0.options.losses
    }

    /// Who runs the script.
    pub fn client(&self) -> Client {
        self.0.options.client
    }

    /// Most rows and bytes of a batch.
    pub(crate) fn batch_limits(&self) -> (usize, usize) {
        (
            self.0.options.batch_rows.unwrap_or(1000),
            self.0.options.batch_bytes.unwrap_or(1 << 20),
        )
    }

    pub(crate) fn no_key(&self) -> NoKey {
        self.0.options.no_key.unwrap_or(match self.0.options.style() {
            Style::Staged => NoKey::Match,
            Style::Rows | Style::Batches => NoKey::Error,
        })
    }

    pub(crate) fn lock_timeout(&self) -> Option<Duration> {
        self.0.options.lock_timeout
    }
}
