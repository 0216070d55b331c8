//! Names in the options that nothing answers to, where only the end of the dump can tell.

use std::collections::BTreeSet;

use super::own_tables::OwnTables;
use super::writer::Writer;
use crate::catalog::{Catalog, Table, TableName, quote_ident};
use crate::options::exclude::{DemoColumn, no_demo_columns};
use crate::text::nearest::nearest;

impl Writer {
    /// Notes which columns of the demo preset a head has.
    pub(super) fn meet_demo_columns(&mut self, name: &TableName, columns: &[String]) {
        let Some(plan) = self.plan.filter() else { return };
        for (at, demo) in plan.demo.iter().flatten().enumerate() {
            if demo.is_of(name) && columns.contains(&demo.column) {
                self.demo_met.insert(at);
            }
        }
    }

    /// Warns of names that stand in the options and neither in the catalog nor in the dump. They may be those of tables
    /// without rows, which a dump need not name; but if they are mistakes, something is missing or goes through.
    pub(super) fn warn_of_unmet_names(&mut self) {
        let known = self.known_tables();
        let mut warnings = self.unmet_demo_columns();
        for (option, table) in self.plan.named_tables() {
            if !known.contains(table) {
                let nearest = nearest(&table.to_string(), known.iter().map(TableName::to_string));
                let what = match option {
                    "tables" => format!("a policy or guard names table {table}"),
                    "match_on" | "on_unmatched_reference" => format!("`{option}` names table {table}"),
                    _ => format!("`{option} = {table}` names table {table}"),
                };
                warnings.push(unmet(&what, nearest));
            }
        }
        let sequences: Vec<&str> = self.report.sequences.iter().map(String::as_str).collect();
        for schema in self.plan.only_schemas() {
            let prefix = format!("{}.", quote_ident(schema));
            let is_known = known.iter().any(|table| table.schema == *schema)
                || sequences.iter().any(|sequence| sequence.starts_with(&prefix));
            if !is_known {
                let schemas = known.iter().map(|table| table.schema.clone());
                warnings.push(unmet(
                    &format!("`only_schemas = {schema}` names schema {schema}"),
                    nearest(schema, schemas),
                ));
            }
        }
        if self.is_full && self.tables.tables.is_empty() && self.report.sequences.is_empty() {
            warnings.push(
                "the dump has tables and no rows: a dump of the schema alone (pg_dump --schema-only) has nothing to merge"
                    .to_owned(),
            );
        }
        for warning in warnings {
            self.report.warn(warning);
        }
    }

    /// The tables of the catalog, and those that the dump has made or has rows of.
    pub(super) fn known_tables(&self) -> BTreeSet<TableName> {
        let met = self.tables.tables.iter().map(|table| table.table_name.clone());
        let made = self.made.as_ref().and_then(OwnTables::catalog);
        let catalogs = made.into_iter().chain(self.plan.catalog());
        let of_catalogs = catalogs.flat_map(Catalog::tables).map(Table::table_name);
        let meant = self.tables.meanings.iter().cloned();
        met.chain(of_catalogs).chain(meant).collect()
    }

    fn unmet_demo_columns(&self) -> Vec<String> {
        let Some(plan) = self.plan.filter() else {
            return Vec::new();
        };
        let Some(columns) = &plan.demo else { return Vec::new() };
        if self.plan.has_catalog() {
            return Vec::new();
        }
        if !self.plan.has_demo_columns() {
            let names = columns.iter().map(DemoColumn::to_string).collect::<Vec<_>>();
            return match self.demo_met.is_empty() {
                true => vec![no_demo_columns("the dump", &names.join(", "))],
                false => Vec::new(),
            };
        }
        let unmet_columns = columns.iter().enumerate().filter(|(at, _)| !self.demo_met.contains(at));
        unmet_columns
            .map(|(_, column)| unmet(&format!("`demo_columns = {column}` names {column}"), None))
            .collect()
    }
}

fn unmet(what: &str, nearest: Option<String>) -> String {
    let hint = nearest
        .map(|name| format!("; did you mean {name}?"))
        .unwrap_or_default();
    format!("{what}, which the dump has not{hint}")
}
