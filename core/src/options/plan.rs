//! Options that were checked, as the engine reads them.

use std::sync::Arc;
use std::time::Duration;

use super::{Client, ConstraintTriggers, Losses, NoKey, Options, Rounding, Sequences, Style, View, lineage};
use crate::catalog::{Catalog, Table, TableName};
use crate::drift::Drift;
use crate::error::Result;
#[cfg(feature = "restore")]
use crate::error::{Error, ErrorKind};
use crate::filter::exclusions::{Cascade, Demo, Exclusions};
use crate::filter::learned::{Learned, Learning};
use crate::filter::{FilterPlan, Selection, TablePattern};
use crate::listed::Listed;
use crate::permits::Permits;
#[cfg(feature = "restore")]
use crate::update::Update;
use crate::update::{OnGuard, TableRule};
/// Options that were checked: immutable, cheap to clone, and good for any number of runs on any number of threads.
#[derive(Clone, Debug)]
pub struct Plan(pub(super) Arc<Options>);

impl Plan {
    /// How the script writes rows.
    pub fn style(&self) -> Style {
        self.0.style()
    }

    pub(crate) fn has_catalog(&self) -> bool {
        self.0.catalog.is_some()
    }

    /// Whether the keys of a full dump have to be read before its rows.
    pub(crate) fn needs_catalog(&self) -> bool {
        let is_needed = self.0.style() != Style::Staged || self.0.exclusions.is_any();
        is_needed && self.0.catalog.is_none() && !self.0.exclusions.has_no_catalog
    }

    /// Whether a dump should be read once before a [`Rewriter`](crate::Rewriter) reads it, with
    /// [`Prescan`](crate::Prescan): because the plan has no catalog and a full dump has one, or because the order of the
    /// rows may not be the one in which exclusions can be decided. A rewriter without that does what it can in one
    /// reading and refuses the rest.
    pub fn needs_prescan(&self) -> bool {
        let exclusions = &self.0.exclusions;
        let learns = exclusions
            .compiled
            .as_ref()
            .is_some_and(|filter| filter.needs_learning());
        self.needs_catalog() || (learns && exclusions.learned.is_none())
    }

    /// What is looked at in rows, where some are to be left out.
    pub(crate) fn filter(&self) -> Option<Arc<FilterPlan>> {
        self.0.exclusions.compiled.clone()
    }

    /// Rows are to be left out, and nothing is known of the tables.
    pub(crate) fn lacks_filter(&self) -> bool {
        self.0.exclusions.is_any() && self.0.exclusions.compiled.is_none()
    }

    pub(crate) fn learned(&self) -> Option<Arc<Learned>> {
        self.0.exclusions.learned.clone()
    }

    pub(crate) fn learning(&self) -> Option<&Learning> {
        self.0.exclusions.learning.as_deref()
    }

    fn with_exclusions(self, change: impl FnOnce(&mut Exclusions) -> Result<()>) -> Result<Self> {
        let mut options = Arc::unwrap_or_clone(self.0);
        change(&mut options.exclusions)?;
        Ok(Self(Arc::new(options)))
    }

    /// The same plan for a dump that was found to have no catalog.
    pub(crate) fn without_catalog(self) -> Result<Self> {
        self.with_exclusions(|exclusions| {
            exclusions.has_no_catalog = true;
            exclusions.compile(None)
        })
    }

    /// The same plan, with what was learned of the dump.
    pub(crate) fn with_learned(self, learned: Learned) -> Result<Self> {
        self.with_exclusions(|exclusions| {
            exclusions.learned = Some(Arc::new(learned));
            Ok(())
        })
    }

    /// The same plan, for another reading.
    pub(crate) fn with_learning(self, learning: Learning) -> Result<Self> {
        self.with_exclusions(|exclusions| {
            exclusions.learning = Some(Arc::new(learning));
            Ok(())
        })
    }

    /// The same plan with the catalog of the dump.
    pub(crate) fn with_catalog(self, catalog: Catalog) -> Result<Self> {
        let mut options = Arc::unwrap_or_clone(self.0).with_catalog(catalog)?;
        options.is_catalog_of_dump = true;
        options.build()
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
        self.0.keys.get(name).map(Listed::items)
    }

    /// The tables of which a key is given and the catalog, which is there, knows nothing.
    pub(crate) fn keys_beside_catalog(&self) -> impl Iterator<Item = &TableName> {
        let keys = self.0.keys.keys().filter(|_| self.has_catalog());
        keys.filter(|name| self.table(name).is_none())
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
        self.0.rules.rule(lineage.iter().rev())
    }

    /// The tables of the lineage that have a rule, which is in force for this one.
    pub(crate) fn ruled(&self, name: &TableName) -> Vec<TableName> {
        let mut lineage = self.lineage(name);
        lineage.retain(|name| self.0.rules.tables.contains_key(name));
        lineage
    }

    /// Whether the target has to be asked of what a table is a partition, or which partitions it has.
    pub(crate) fn asks_for_lineage(&self) -> bool {
        !self.0.rules.tables.is_empty() || !self.0.selection.exclude.items().is_empty()
    }

    pub(crate) fn on_guard(&self) -> OnGuard {
        self.0.rules.on_guard
    }

    /// Whether an option or a catalog is compared with names of the dump.
    pub(crate) fn compares_names(&self) -> bool {
        let options = &self.0;
        options.catalog.is_some()
            || !options.keys.is_empty()
            || options.database.is_some()
            || options.exclusions.is_any()
            || options.permits.has_names()
            || !options.selection.is_empty()
            || options.rules.has_names()
    }

    /// The same plan for a run that tells more.
    #[cfg(feature = "restore")]
    pub(crate) fn with_view(self, view: View) -> Self {
        let mut options = Arc::unwrap_or_clone(self.0);
        options.view = view;
        Self(Arc::new(options))
    }

    pub(crate) fn view(&self) -> &View {
        &self.0.view
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0
    }

    pub(crate) fn permits(&self) -> &Permits {
        &self.0.permits
    }

    pub(crate) fn drift(&self) -> &Drift {
        &self.0.drift
    }

    pub(crate) fn selection(&self) -> &Selection {
        &self.0.selection
    }

    /// The database that is taken of a dump that has several.
    pub(crate) fn database(&self) -> Option<&str> {
        self.0.database.as_deref()
    }

    /// Whether the demo preset is for columns that were named.
    pub(crate) fn has_demo_columns(&self) -> bool {
        let demo = self.0.exclusions.demo.as_ref();
        demo.is_some_and(|demo| !demo.columns.is_empty())
    }

    /// The tables that options name, but for those that were checked against a catalog.
    pub(crate) fn named_tables(&self) -> Vec<(&'static str, &TableName)> {
        let mut named: Vec<(&str, &TableName)> = self.0.permits.named_tables().collect();
        if !self.has_catalog() {
            named.extend(self.0.keys.keys().map(|table| ("keys", table)));
            named.extend(self.0.rules.tables.keys().map(|table| ("tables", table)));
        }
        named
    }

    /// The schemas that are selected, but for those that were checked against a catalog.
    pub(crate) fn only_schemas(&self) -> &[String] {
        let permits = &self.0.permits;
        if self.has_catalog() {
            &[]
        } else {
            permits.only_schemas()
        }
    }

    pub(crate) fn losses(&self) -> Losses {
        self.0.losses
    }

    /// Who runs the script.
    pub fn client(&self) -> Client {
        self.0.client
    }

    /// Most rows and bytes of a batch.
    pub(crate) fn batch_limits(&self) -> (usize, usize) {
        (self.0.batch_rows.unwrap_or(1000), self.0.batch_bytes.unwrap_or(1 << 20))
    }

    pub(crate) fn no_key(&self) -> NoKey {
        self.0.no_key.unwrap_or(match self.0.style() {
            Style::Staged => NoKey::Match,
            Style::Rows | Style::Batches => NoKey::Error,
        })
    }

    pub(crate) fn lock_timeout(&self) -> Option<Duration> {
        self.0.lock_timeout
    }

    /// The options that the script hands to its fixed text.
    pub(crate) fn target_options(&self, any_order: bool) -> String {
        let (extension_tables, relations) = self.allowed_names();
        let mut options = serde_json::json!({ "triggers": self.0.triggers, "no_key": self.no_key() });
        for (name, list) in [
            ("allow_extension_tables", extension_tables),
            ("allow_relations", relations),
        ] {
            if let (Some(options), false) = (options.as_object_mut(), list.is_empty()) {
                options.insert(name.to_owned(), list.into());
            }
        }
        if let Some(options) = options.as_object_mut() {
            options.extend(
                self.drift_options()
                    .map(|(name, unknown)| (name.to_owned(), serde_json::json!(unknown))),
            );
        }
        if let (Some(options), Some(selected)) = (options.as_object_mut(), self.selected()) {
            options.insert("selected".to_owned(), selected);
        }
        if let Some(options) = options.as_object_mut() {
            options.extend(self.changed_options());
            options.extend(any_order.then(|| ("order".to_owned(), "any".into())));
        }
        let rules = self.0.rules.to_json();
        if let (Some(options), false) = (options.as_object_mut(), rules.is_empty()) {
            options.insert("rules".to_owned(), rules.into());
            let on_guard = match self.0.rules.on_guard {
                OnGuard::Error => "error",
                OnGuard::Skip => "skip",
            };
            options.insert("on_guard".to_owned(), on_guard.into());
        }
        options.to_string()
    }

    /// Options of the fixed text that are not as by default; keys and rounding only in style `staged`: the others
    /// know their keys here, and do not see what is rounded.
    fn changed_options(&self) -> impl Iterator<Item = (String, serde_json::Value)> {
        let (triggers, sequences) = (self.0.constraint_triggers, self.0.sequences);
        let triggers = (triggers != ConstraintTriggers::default()).then(|| serde_json::json!(triggers));
        let sequences = (sequences != Sequences::default()).then(|| serde_json::json!(sequences));
        let is_staged = self.0.style() == Style::Staged;
        let rounding = self.0.rounding;
        let rounding = rounding.filter(|rounding| is_staged && *rounding != Rounding::default());
        let rounding = rounding.map(|rounding| serde_json::json!(rounding));
        let keys: Vec<_> = self.0.keys.iter().filter(|_| is_staged).collect();
        let keys = keys.iter().map(
            |(table, key)| serde_json::json!({ "schema": table.schema, "name": table.name, "columns": key.items() }),
        );
        let keys: Vec<_> = keys.collect();
        let keys = (!keys.is_empty()).then(|| keys.into());
        let differences = self.0.view.differences.as_ref();
        let differences = differences.map(|(rows, hide)| serde_json::json!({ "rows": rows, "hide": hide }));
        let options = [
            ("constraint_triggers", triggers),
            ("sequences", sequences),
            ("rounding", rounding),
            ("keys", keys),
            ("check", self.0.view.check.then(|| true.into())),
            ("differences", differences),
            ("strict", self.0.view.strict.then(|| true.into())),
            ("progress", self.0.view.progress.as_deref().map(Into::into)),
            ("prune", self.prune_options()),
        ];
        options
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }

    /// Whether rows that are left out of the dump are told to the target, which keeps its own of the same keys.
    pub(crate) fn tells_left_out(&self) -> bool {
        self.0.view.prune.is_some()
    }

    /// What is deleted of the target, and what is not: the target evaluates the rules of exclusions on its own rows.
    fn prune_options(&self) -> Option<serde_json::Value> {
        let mut prune = self.0.view.prune.clone()?;
        let object = prune.as_object_mut()?;
        let follow = match self.0.exclusions.cascade {
            Cascade::OnDelete => "on_delete",
            Cascade::Delete => "delete",
            Cascade::Off => "off",
        };
        object.insert("follow".to_owned(), follow.into());
        let filter = self.filter();
        let tables = filter.iter().flat_map(|filter| &filter.tables);
        let rules = tables.flat_map(|(name, table)| table.rules.iter().map(move |rule| (name, *rule)));
        let mut rules: Vec<_> = rules
            .filter_map(|(name, number)| {
                let rule = filter.as_ref()?.rules.get(number)?;
                // What begins a comment ends with its line.
                let condition = format!("{}\n", rule.sql.as_ref()?);
                Some((name.clone(), rule.label.clone(), condition))
            })
            .collect();
        rules.sort();
        let rules = rules.into_iter().map(|(name, label, condition)| {
            serde_json::json!({ "schema": name.schema, "name": name.name, "label": label, "condition": condition })
        });
        let demo = self.0.exclusions.demo.iter().flat_map(Demo::columns);
        let demo = demo.map(|column| {
            let (schema, name) = column.table.unzip();
            serde_json::json!({ "schema": schema.flatten(), "name": name, "column": column.column })
        });
        object.insert("rules".to_owned(), rules.collect());
        object.insert("demo".to_owned(), demo.collect());
        Some(prune)
    }

    /// Why rows of the target that the dump does not have cannot be told from others, if so.
    ///
    /// # Errors
    /// If an option says that other rows of the target are not the dump's business.
    #[cfg(feature = "restore")]
    pub(crate) fn check_prune(&self) -> Result<()> {
        let rules = &self.0.rules;
        let mut all = rules.tables.values().chain([&rules.all]);
        let message = if all.any(|rule| rule.guard.is_some()) {
            "`guard` says that rows of the target may belong to others than the dump, and `prune = true` deletes what the dump \
             does not have"
        } else if matches!(rules.all.update, Some(Update::Nothing | Update::Newer(_))) {
            "`update` says that rows stay as they are in the target, and `prune = true` deletes what the dump does not have"
        } else if self.0.exclusions.is_any() && !self.0.exclusions.foreign_keys.is_empty() {
            "`foreign_keys` are not followed in the target, so that `prune = true` could delete what hangs on rows that are left \
             out"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidOption, message).with_hint("say one or the other"))
    }

    /// What may be written, for the script: by names, and not by patterns, of which the target may have others than are
    /// known here. What matches `only_tables` is the tables of the given catalog, and those that the script brings. To
    /// leave something out, patterns do: that can only narrow.
    fn selected(&self) -> Option<serde_json::Value> {
        let (schemas, selection) = (self.0.permits.only_schemas(), &self.0.selection);
        if schemas.is_empty() && selection.is_empty() {
            return None;
        }
        let catalog = self.catalog().filter(|_| !self.is_catalog_of_dump());
        let only = (!selection.only.items().is_empty()).then(|| selection.only_names(catalog));
        let patterns = selection.exclude.items().iter().filter(|pattern| !pattern.is_exact());
        let patterns = patterns.map(TablePattern::to_regexes);
        let patterns: Vec<_> = patterns
            .map(|(schema, name)| serde_json::json!({ "schema": schema, "name": name }))
            .collect();
        Some(serde_json::json!({
            "schemas": (!schemas.is_empty()).then_some(schemas),
            "only": only,
            "exclude": selection.excluded_names(),
            "exclude_patterns": patterns,
        }))
    }
}
