//! The JSON form of a catalog, and what any catalog has to fulfil.

use std::collections::HashSet;

use super::{Catalog, Key, LEVELS_MAX, NAME_BYTES_MAX, Table, TableName, Type, TypeKind, VERSION, truncate};
use crate::error::{Error, ErrorKind, Result};
use crate::lex::names::{COLUMNS_MAX, too_long, too_many_columns};
use crate::text::{NUL, printable_json};

impl Catalog {
    /// Reads the JSON that [`CATALOG_QUERY`](super::CATALOG_QUERY) returns and [`to_json`](Self::to_json) writes.
    ///
    /// # Errors
    /// JSON of another version or shape, also with unknown fields; tables, columns or keys that contradict each other.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Version {
            version: u32,
        }
        let not_json = |source: serde_json::Error| {
            Error::new(
                ErrorKind::InvalidCatalog,
                format!("the catalog is not the JSON of a catalog: {source}"),
            )
            .with_hint("make it with the query of `dumpsert catalog --query`, or with `dumpsert catalog --schema`")
        };
        let Version { version } = serde_json::from_slice(json.as_ref()).map_err(not_json)?;
        if version != VERSION {
            let message = format!("the catalog has version {version}; only version {VERSION} is known");
            return Err(Error::new(ErrorKind::InvalidCatalog, message));
        }
        let catalog: Self = serde_json::from_slice(json.as_ref()).map_err(not_json)?;
        Self::from_parts(catalog.tables, catalog.types)
    }

    /// The catalog as JSON, indented, with a line feed at its end.
    pub fn to_json(&self) -> String {
        // Nothing in a catalog can fail to become JSON: no maps with other keys than text, no I/O.
        let mut json = printable_json(serde_json::to_string_pretty(self).unwrap_or_default());
        json.push('\n');
        json
    }

    pub(super) fn check(&self) -> Result<()> {
        self.check_texts()?;
        let mut tables = HashSet::new();
        for table in &self.tables {
            if !tables.insert((&table.schema, &table.name)) {
                return Err(Error::new(
                    ErrorKind::InvalidCatalog,
                    format!("the table {} is there twice", table.table_name()),
                ));
            }
            let refuse = |problem: String| {
                // The name itself may be what is too long.
                let name = table.table_name().to_string();
                let message = format!("the table {}: {problem}", truncate(&name, 4 * NAME_BYTES_MAX));
                Error::new(ErrorKind::InvalidCatalog, message)
            };
            check_limits(table).map_err(refuse)?;
            check_table(table).map_err(refuse)?;
            let outer = |name: &TableName| self.table(&name.schema, &name.name)?.partition_of.as_ref();
            if std::iter::successors(table.partition_of.as_ref(), |name| outer(name))
                .nth(LEVELS_MAX)
                .is_some()
            {
                let problem = "partitions are nested over too many levels, or in a circle";
                return Err(refuse(problem.to_owned()));
            }
        }
        let mut types = HashSet::new();
        match self.types.iter().find(|own| !types.insert((&own.schema, &own.name))) {
            Some(twice) => Err(Error::new(
                ErrorKind::InvalidCatalog,
                format!("the type {} is there twice", twice.type_name()),
            )),
            None => Ok(()),
        }
    }
}

impl Catalog {
    /// Refuses what no name or text of PostgreSQL can be, wherever the catalog comes from: it would reach the script.
    fn check_texts(&self) -> Result<()> {
        let refuse =
            |of: String, problem: String| Err(Error::new(ErrorKind::InvalidCatalog, format!("the {of}: {problem}")));
        for table in &self.tables {
            if let Err(problem) = table_texts(table) {
                return refuse(format!("table {}", table.table_name()), problem);
            }
        }
        for own in &self.types {
            if let Err(problem) = type_texts(own) {
                return refuse(format!("type {}", own.type_name()), problem);
            }
        }
        Ok(())
    }
}

fn check_text(text: &str, what: &str) -> Result<(), String> {
    match text.contains('\0') {
        true => Err(format!("{what} {text:?} holds {NUL}")),
        false => Ok(()),
    }
}

fn check_name(name: &str, what: &str) -> Result<(), String> {
    match name.is_empty() {
        true => Err(format!("{what} is empty")),
        false => check_text(name, what),
    }
}

fn check_names(names: &[String], what: &str) -> Result<(), String> {
    names.iter().try_for_each(|name| check_name(name, what))
}

fn check_relation(name: &TableName, what: &str) -> Result<(), String> {
    check_name(&name.schema, what)?;
    check_name(&name.name, what)
}

fn table_texts(table: &Table) -> Result<(), String> {
    check_relation(&table.table_name(), "its name")?;
    let parents = table.partition_of.iter().chain(&table.inherits);
    parents
        .into_iter()
        .try_for_each(|parent| check_relation(parent, "the name of a parent"))?;
    for column in &table.columns {
        check_name(&column.name, "the name of a column")?;
        check_name(&column.type_name, "the type of a column")?;
        let collation = column.collation.iter().map(|name| (name, "the collation of a column"));
        let default = column
            .default_value
            .iter()
            .map(|value| (value, "the default of a column"));
        collation
            .chain(default)
            .try_for_each(|(text, what)| check_text(text, what))?;
        column
            .sequence
            .iter()
            .try_for_each(|name| check_relation(name, "the sequence of a column"))?;
    }
    for key in &table.keys {
        check_name(&key.name, "the name of a key")?;
        check_names(&key.columns, "the column of a key")?;
    }
    for key in &table.foreign_keys {
        check_name(&key.name, "the name of a foreign key")?;
        check_relation(&key.references, "the table of a foreign key")?;
        for columns in [&key.columns, &key.referenced_columns, &key.on_delete_columns] {
            check_names(columns, "the column of a foreign key")?;
        }
    }
    let mut triggers = table.triggers.iter();
    triggers.try_for_each(|trigger| check_name(&trigger.name, "the name of a trigger"))
}

fn type_texts(own: &Type) -> Result<(), String> {
    check_relation(&own.type_name(), "its name")?;
    match &own.kind {
        TypeKind::Enum { labels } => labels.iter().try_for_each(|label| check_text(label, "a label")),
        TypeKind::Domain {
            base_type, collation, ..
        } => {
            check_name(base_type, "the type beneath")?;
            collation.iter().try_for_each(|name| check_text(name, "the collation"))
        }
    }
}

/// What no database has, because PostgreSQL does not take it.
fn check_limits(table: &Table) -> Result<(), String> {
    if table.columns.len() > COLUMNS_MAX {
        return Err(too_many_columns());
    }
    let names = table.columns.iter().map(|column| &column.name);
    let mut names = names.chain([&table.schema, &table.name]);
    names.find_map(|name| too_long(name.as_bytes())).map_or(Ok(()), Err)
}

fn check_table(table: &Table) -> Result<(), String> {
    let mut columns = HashSet::new();
    if let Some(column) = table
        .columns
        .iter()
        .find(|column| !columns.insert(column.name.as_str()))
    {
        return Err(format!("the column {:?} is there twice", column.name));
    }
    let known = |of: &str, names: &[String]| match names.iter().find(|name| !columns.contains(name.as_str())) {
        Some(name) => Err(format!("{of} names the column {name:?}, which the table does not have")),
        None => Ok(()),
    };
    let mut names = HashSet::new();
    let mut primary: Option<&Key> = None;
    for key in &table.keys {
        let of = format!("the key {:?}", key.name);
        if !names.insert(key.name.as_str()) {
            return Err(format!("{of} is there twice"));
        }
        if let Some(Key { name, .. }) = primary.filter(|_| key.primary) {
            return Err(format!("there are two primary keys, {name:?} and {:?}", key.name));
        }
        if key.primary {
            primary = Some(key);
        }
        if key.arbiter && key.columns.is_empty() {
            return Err(format!("{of} is an arbiter but has no columns"));
        }
        known(&of, &key.columns)?;
    }
    let mut names = HashSet::new();
    for foreign_key in &table.foreign_keys {
        let of = format!("the foreign key {:?}", foreign_key.name);
        if !names.insert(foreign_key.name.as_str()) {
            return Err(format!("{of} is there twice"));
        }
        if foreign_key.columns.is_empty() || foreign_key.columns.len() != foreign_key.referenced_columns.len() {
            return Err(format!("{of} has not as many columns as it references"));
        }
        known(&of, &foreign_key.columns)?;
        known(&of, &foreign_key.on_delete_columns)?;
    }
    let mut names = HashSet::new();
    match table
        .triggers
        .iter()
        .find(|trigger| !names.insert(trigger.name.as_str()))
    {
        Some(twice) => Err(format!("the trigger {:?} is there twice", twice.name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"{"version": 1, "tables": [{"schema": "public", "name": "t", "kind": "table", "columns": [
        {"name": "id", "type": "integer", "not_null": true, "has_default": false, "generated": false}],
        "keys": [{"name": "t_pkey", "primary": true, "columns": ["id"], "nulls_not_distinct": false, "arbiter": true}],
        "foreign_keys": []}]}"#;

    #[test]
    fn json_is_read_and_written() {
        let catalog = Catalog::from_json(ONE).unwrap();
        assert_eq!(catalog.table("public", "t").unwrap().arbiter().unwrap().name, "t_pkey");
        assert_eq!(Catalog::from_json(catalog.to_json()).unwrap(), catalog);
        assert!(catalog.to_json().ends_with("}\n"));
        assert_eq!(
            Catalog::from_json(Catalog::default().to_json()).unwrap(),
            Catalog::default()
        );
    }

    #[test]
    fn types_are_resolved() {
        let types = r#""tables": [], "types": [
            {"schema": "s", "name": "A b", "kind": {"enum": {"labels": ["y", "x"]}}},
            {"schema": "s", "name": "d", "kind": {"domain": {"base_type": "s.\"A b\"", "not_null": true}}},
            {"schema": "s", "name": "e", "kind": {"domain": {"base_type": "s.d", "not_null": false}}},
            {"schema": "s", "name": "f", "kind": {"domain": {"base_type": "s.g", "not_null": false}}},
            {"schema": "s", "name": "g", "kind": {"domain": {"base_type": "s.f", "not_null": false}}}]"#;
        let catalog = Catalog::from_json(format!("{{\"version\": 1, {types}}}")).unwrap();
        assert_eq!(Catalog::from_json(catalog.to_json()).unwrap(), catalog);
        assert_eq!(catalog.base_type("s.e"), "s.\"A b\"");
        assert_eq!(catalog.base_type("s.e[]"), "s.e[]");
        assert_eq!(catalog.base_type("integer"), "integer");
        assert_eq!(catalog.enum_labels("s.e").unwrap(), ["y", "x"]);
        assert_eq!(catalog.enum_labels("s.\"A b\"").unwrap(), ["y", "x"]);
        assert_eq!(catalog.enum_labels("s.A b"), None);
        assert!(["s.f", "s.g"].contains(&catalog.base_type("s.f")), "a cycle ends");
        let twice = types.replacen("\"name\": \"g\"", "\"name\": \"f\"", 1);
        let error = Catalog::from_json(format!("{{\"version\": 1, {twice}}}")).unwrap_err();
        assert!(error.to_string().contains("the type s.f is there twice"), "{error}");
        let other = types.replacen("\"x\"", "\"z\"", 1);
        let other = Catalog::from_json(format!("{{\"version\": 1, {other}}}")).unwrap();
        let error = catalog.clone().merge(other).unwrap_err();
        assert!(
            error.to_string().contains("the type s.\"A b\" is defined twice"),
            "{error}"
        );
    }

    #[test]
    fn contradictions_are_refused() {
        for (from, to, message) in [
            ("\"version\": 1", "\"version\": 2", "version 2"),
            (
                "\"kind\": \"table\"",
                "\"kind\": \"table\", \"color\": 1",
                "unknown field `color`",
            ),
            ("\"kind\": \"table\"", "\"kind\": \"view\"", "unknown variant `view`"),
            (
                "\"columns\": [\"id\"]",
                "\"columns\": [\"ix\"]",
                "names the column \"ix\"",
            ),
            (
                "\"columns\": [\"id\"]",
                "\"columns\": []",
                "is an arbiter but has no columns",
            ),
            ("\"tables\": [", "\"tables\": [] }", "not the JSON of a catalog"),
            ("{\"version\": 1,", "{", "missing field `version`"),
        ] {
            assert!(ONE.contains(from));
            let error = Catalog::from_json(ONE.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidCatalog);
            assert!(error.to_string().contains(message), "{error}");
        }
        let table = Catalog::from_json(ONE).unwrap().tables;
        let twice = Catalog::from_parts([table.clone(), table.clone()].concat(), Vec::new()).unwrap_err();
        assert!(twice.to_string().contains("public.t is there twice"), "{twice}");
        let mut two_keys = table;
        let mut key = two_keys[0].keys[0].clone();
        key.name = "other".to_owned();
        two_keys[0].keys.push(key);
        let twice = Catalog::from_parts(two_keys, Vec::new()).unwrap_err();
        assert!(twice.to_string().contains("two primary keys"), "{twice}");
    }

    #[test]
    fn catalogs_are_merged() {
        let mut catalog = Catalog::from_json(ONE).unwrap();
        let other = Catalog::from_json(ONE.replacen("\"name\": \"t\"", "\"name\": \"a\"", 1)).unwrap();
        catalog.merge(other.clone()).unwrap();
        catalog.merge(other).unwrap();
        assert_eq!(
            catalog
                .tables()
                .iter()
                .map(|table| table.name.as_str())
                .collect::<Vec<_>>(),
            ["a", "t"]
        );
        let different = Catalog::from_json(ONE.replacen("integer", "bigint", 1)).unwrap();
        let error = catalog.merge(different).unwrap_err();
        assert!(error.to_string().contains("public.t is defined twice"), "{error}");
        assert_eq!(catalog.tables().len(), 2);
    }
}
