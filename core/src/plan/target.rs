//! What the script tells the target: options for its fixed text, as JSON.

use super::Plan;
use super::matching::whole_lines;
#[cfg(feature = "restore")]
use crate::error::{Error, ErrorKind, Result};
use crate::options::exclude::{Cascade, Demo};
use crate::options::pattern::TablePattern;
use crate::options::update::OnGuard;
#[cfg(feature = "restore")]
use crate::options::update::Update;
use crate::options::{ConstraintTriggers, Rounding, Sequences, Style};

impl Plan {
    /// The options that the script hands to its fixed text.
    pub(crate) fn target_options(&self, any_order: bool) -> String {
        let (extension_tables, relations) = self.allowed_names();
        let mut options = serde_json::json!({ "triggers": self.0.options.triggers, "no_key": self.no_key() });
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
        let rules = self.0.options.rules.to_json();
        if let (Some(options), false) = (options.as_object_mut(), rules.is_empty()) {
            options.insert("rules".to_owned(), rules.into());
            let on_guard = match self.0.options.rules.on_guard {
                OnGuard::Error => "error",
                OnGuard::Skip => "skip",
            };
            options.insert("on_guard".to_owned(), on_guard.into());
        }
        if let Some(options) = options.as_object_mut() {
            options.extend(self.match_options());
        }
        options.to_string()
    }

    /// Options of the fixed text that are not as by default; keys and rounding only in style `staged`: the others
    /// know their keys here, and do not see what is rounded.
    fn changed_options(&self) -> impl Iterator<Item = (String, serde_json::Value)> {
        let (triggers, sequences) = (self.0.options.constraint_triggers, self.0.options.sequences);
        let triggers = (triggers != ConstraintTriggers::default()).then(|| serde_json::json!(triggers));
        let sequences = (sequences != Sequences::default()).then(|| serde_json::json!(sequences));
        let is_staged = self.0.options.style() == Style::Staged;
        let rounding = self.0.options.rounding;
        let rounding = rounding.filter(|rounding| is_staged && *rounding != Rounding::default());
        let rounding = rounding.map(|rounding| serde_json::json!(rounding));
        let keys: Vec<_> = self.0.options.keys.iter().filter(|_| is_staged).collect();
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
        let follow = match self.0.options.exclusions.cascade {
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
                Some((name.clone(), rule.label.clone(), whole_lines(rule.sql.as_ref()?)))
            })
            .collect();
        rules.sort();
        let rules = rules.into_iter().map(|(name, label, condition)| {
            serde_json::json!({ "schema": name.schema, "name": name.name, "label": label, "condition": condition })
        });
        let demo = self.0.options.exclusions.demo.iter().flat_map(Demo::columns);
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
        self.check_prune_of_matches()?;
        let rules = &self.0.options.rules;
        let mut all = rules.tables.values().chain([&rules.all]);
        let message = if all.any(|rule| rule.guard.is_some()) {
            "`guard` says that rows of the target may belong to others than the dump, and `prune = true` deletes what the dump \
             does not have"
        } else if matches!(rules.all.update, Some(Update::Nothing | Update::Newer(_))) {
            "`update` says that rows stay as they are in the target, and `prune = true` deletes what the dump does not have"
        } else if self.0.options.exclusions.is_any() && !self.0.options.exclusions.foreign_keys.is_empty() {
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
        let (schemas, selection) = (self.0.options.bounds.only_schemas(), &self.0.options.selection);
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
