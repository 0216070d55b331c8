//! Natural keys: what is said of them, checked, and as the script has it.

use serde_json::{Map, Value, json};

use super::Plan;
use crate::ast::condition::parse_condition;
#[cfg(feature = "restore")]
use crate::catalog::known_table;
use crate::catalog::{Catalog, Table, TableName, known_column, lineage};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::condition::Condition;
use crate::options::exclude::{Cascade, VirtualKey};
use crate::options::list::OptionList;
#[cfg(feature = "restore")]
use crate::options::matching::OnAmbiguous;
use crate::options::matching::{MappingRows, MatchRule, OnTakenKey};
use crate::options::{Options, Style};

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

impl Options {
    /// Whether what is said of natural keys fits together, and the catalog, if there is one.
    pub(super) fn check_matching(&self, catalog: Option<&Catalog>) -> Result<()> {
        let matching = &self.matching;
        let Some(first) = self.said_of_matching() else {
            return Ok(());
        };
        if self.style() != Style::Staged {
            let message = format!("`{first}` works only with style staged: the target has to find the rows");
            return Err(invalid(message).with_hint("choose `style = staged`"));
        }
        if !matching.is_any() {
            self.check_unmatched()?;
        }
        let columnless = matching.tables.iter().filter(|(_, rule)| rule.on.is_none());
        for (table, rule) in columnless {
            if let Some(option) = rule.dependent().next() {
                return Err(without_match_on(option, Some(table), rule));
            }
        }
        for (table, rule) in matching.matched() {
            self.check_is_taken(table, catalog)?;
            let known = catalog.and_then(|catalog| Some((catalog, catalog.table(&table.schema, &table.name)?)));
            if let (Some((_, known)), Some(on)) = (known, &rule.on) {
                on.items()
                    .iter()
                    .try_for_each(|column| known_column(known, column, "`match_on`"))?;
            }
            if let Some(only) = &rule.only {
                self.check_condition(only, known)
                    .map_err(|error| in_condition(&format!("`match_where` of table {table}"), error))?;
            }
        }
        // Where exclusions are followed a catalog comes, or the run ends.
        let catalog_comes = self.exclusions.is_any() && self.exclusions.cascade != Cascade::Off;
        if matching.is_any() && (catalog.is_some() || !catalog_comes) {
            self.exclusions
                .foreign_keys
                .iter()
                .try_for_each(|key| self.link(key, catalog).map(|_| ()))?;
        }
        Ok(())
    }

    /// The first of these options that was said.
    fn said_of_matching(&self) -> Option<&'static str> {
        let matching = &self.matching;
        if matching.is_any() {
            return Some("match_on");
        }
        let rules = || matching.tables.values().chain([&matching.all]);
        let dependent = rules().find_map(|rule| rule.dependent().next());
        let unmatched = || {
            rules()
                .any(|rule| rule.unmatched.is_some())
                .then_some("on_unmatched_reference")
        };
        let table = || matching.mapping_table.as_ref().map(|_| "mapping_table");
        let rows = || matching.mapping_rows.map(|_| "mapping_rows");
        dependent.or_else(unmatched).or_else(table).or_else(rows)
    }

    /// What no table with `match_on` makes use of.
    fn check_unmatched(&self) -> Result<()> {
        let matching = &self.matching;
        if let Some(option) = matching.all.dependent().next() {
            return Err(without_match_on(option, None, &matching.all));
        }
        let unmatched = matching.tables.iter().find(|(_, rule)| rule.unmatched.is_some());
        if unmatched.is_some() || matching.all.unmatched.is_some() {
            let table = unmatched.map(|(table, _)| table);
            return Err(without_match_on("on_unmatched_reference", table, &MatchRule::default()));
        }
        if matching.mapping_table.is_some() {
            return Err(without_match_on("mapping_table", None, &MatchRule::default()));
        }
        if matching.mapping_rows.is_some() {
            return Err(without_match_on("mapping_rows", None, &MatchRule::default()));
        }
        Ok(())
    }

    /// A table whose rows do not come is a mistake of whoever names it.
    fn check_is_taken(&self, table: &TableName, catalog: Option<&Catalog>) -> Result<()> {
        let parent = |name: &TableName| catalog?.table(&name.schema, &name.name)?.partition_of.clone();
        let names = lineage(table, parent);
        let schemas = self.bounds.only_schemas();
        let reason = match self.selection.reason(&names, &names) {
            None if schemas.is_empty() || schemas.contains(&table.schema) => return Ok(()),
            Some(reason) => reason,
            None => "not in only_schemas",
        };
        let message = format!("`match_on` is given for table {table}, which is left out ({reason})");
        Err(invalid(message).with_hint("say one or the other"))
    }

    /// Reads a condition; its columns and types are looked up where the table is known.
    fn check_condition(&self, condition: &str, table: Option<(&Catalog, &Table)>) -> Result<()> {
        match table {
            None => parse_condition(condition).map(|_| ()),
            Some((catalog, table)) => {
                Condition::compile_with(condition, table, catalog, self.exclusions.case).map(|_| ())
            }
        }
    }

    /// A foreign key that the target does not declare, for the script.
    fn link(&self, key: &VirtualKey, catalog: Option<&Catalog>) -> Result<Value> {
        let table = |name: &TableName| catalog.and_then(|catalog| catalog.table(&name.schema, &name.name));
        let (from, to) = (table(&key.table), table(&key.references));
        let mut to_columns = key.referenced_columns.clone();
        if to_columns.is_empty() {
            let primary = to.and_then(|table| table.keys.iter().find(|key| key.primary));
            to_columns = primary.map(|key| key.columns.clone()).unwrap_or_default();
        }
        if to_columns.len() != key.columns.len() {
            let message = format!("the foreign key {key} does not say which columns it references");
            return Err(invalid(message).with_hint("with `match_on` name as many columns on both sides"));
        }
        for (table, columns) in [(from, &key.columns), (to, &to_columns)] {
            if let Some(table) = table {
                columns
                    .iter()
                    .try_for_each(|column| known_column(table, column, "a foreign key"))?;
            }
        }
        if let Some(only) = &key.only {
            let known = catalog.zip(from);
            self.check_condition(only, known)
                .map_err(|error| in_condition(&format!("the foreign key {key}"), error))?;
        }
        Ok(json!({
            "schema": key.table.schema,
            "name": key.table.name,
            "columns": key.columns,
            "to_schema": key.references.schema,
            "to_name": key.references.name,
            "to_columns": to_columns,
            "where": key.only.as_deref().map(whole_lines),
        }))
    }
}

/// What begins a comment ends with its line.
pub(super) fn whole_lines(condition: &str) -> String {
    format!("{condition}\n")
}

fn in_condition(place: &str, error: Error) -> Error {
    let message = format!("{place}: {}", error.message());
    error.with_message(message)
}

/// An option that says nothing without `match_on`.
fn without_match_on(option: &str, table: Option<&TableName>, rule: &MatchRule) -> Error {
    let of = table.map_or_else(String::new, |table| format!(" of table {table}"));
    let why = match (option, rule.taken) {
        ("on_taken_key", Some(OnTakenKey::Renumber)) => {
            "a second run would not recognise the rows that were renumbered"
        }
        _ => "it says nothing without",
    };
    let error = invalid(format!("`{option}`{of} needs `match_on`: {why}"));
    let example = table.map_or_else(|| "TABLE".to_owned(), TableName::to_string);
    error.with_hint(format!(
        "say by which columns its rows are recognised: `match_on = {example}=COLUMNS`"
    ))
}

impl Plan {
    /// Whether rows of any table are recognised by other columns than the key.
    pub(crate) fn matches_rows(&self) -> bool {
        self.options().matching.is_any()
    }

    /// The options of the script about natural keys; none without `match_on`.
    pub(super) fn match_options(&self) -> Map<String, Value> {
        let (options, mut said) = (self.options(), Map::new());
        let matching = &options.matching;
        if !self.matches_rows() {
            return said;
        }
        let (all, tables) = (&matching.all, matching.tables.iter());
        let rules = tables.map(|(table, rule)| {
            // What holds for all is of those that have `match_on`.
            let outer = rule.on.as_ref().map_or_else(MatchRule::default, |_| all.clone());
            json!({
                "schema": table.schema,
                "name": table.name,
                "columns": rule.on.as_ref().map(OptionList::items),
                "where": rule.only.as_deref().map(whole_lines),
                "nulls": rule.nulls.or(outer.nulls).unwrap_or_default(),
                "ambiguous": rule.ambiguous.or(outer.ambiguous).unwrap_or_default(),
                "unmatched": rule.unmatched.or(outer.unmatched).unwrap_or_default(),
                "taken": rule.taken.or(outer.taken).unwrap_or_default(),
            })
        });
        said.insert("match".to_owned(), rules.collect());
        let keys = options.exclusions.foreign_keys.iter();
        // They were checked when the plan was made.
        let links: Vec<Value> = keys.filter_map(|key| options.link(key, self.catalog()).ok()).collect();
        if !links.is_empty() {
            said.insert("links".to_owned(), links.into());
        }
        let mut mapping = Map::new();
        if self.tells_mapping() {
            mapping.insert("all".to_owned(), true.into());
        }
        if self.view().dry {
            mapping.insert("draws".to_owned(), false.into());
        }
        if let Some(table) = &matching.mapping_table {
            mapping.insert(
                "table".to_owned(),
                json!({ "schema": table.schema, "name": table.name }),
            );
        }
        if !mapping.is_empty() {
            said.insert("mapping".to_owned(), mapping.into());
        }
        said
    }

    /// Whether all rows of the mapping are in the result.
    fn tells_mapping(&self) -> bool {
        self.view().mapping || self.keeps_mapping()
    }

    /// Whether the user wants all rows of the mapping in the result.
    pub(crate) fn keeps_mapping(&self) -> bool {
        self.options().matching.mapping_rows == Some(MappingRows::All)
    }

    /// Checks what is said of natural keys against all tables of a source, of which the plan itself need not know any.
    ///
    /// # Errors
    /// If a table or column is not there, or a condition does not fit.
    #[cfg(feature = "restore")]
    pub(crate) fn check_matches(&self, source: &Catalog) -> Result<()> {
        let tables = &self.options().matching.tables;
        for (name, rule) in tables {
            let what = if rule.on.is_some() {
                "`match_on`"
            } else {
                "`on_unmatched_reference`"
            };
            known_table(source, name, what)?;
        }
        self.options().check_matching(Some(source))
    }

    /// Why rows of the target that the dump does not have cannot be told from twins of those that it has, if so.
    #[cfg(feature = "restore")]
    pub(super) fn check_prune_of_matches(&self) -> Result<()> {
        let matching = &self.options().matching;
        let is_first = |rule: &MatchRule| rule.ambiguous.or(matching.all.ambiguous) == Some(OnAmbiguous::First);
        match matching.matched().find(|(_, rule)| is_first(rule)) {
            None => Ok(()),
            Some((table, _)) => {
                let message = format!(
                    "`on_ambiguous = first` of table {table} passes over rows that are alike, and `prune = true` would delete them"
                );
                Err(invalid(message).with_hint("say one or the other"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
