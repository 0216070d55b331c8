//! Which columns an upsert conflicts on and which it sets.

use std::collections::{HashMap, HashSet};

use crate::ast::{Conflict, Guard, When};
use crate::catalog::{Column, Identity, Table, TableName};
use crate::error::{Error, ErrorKind, Result};
use crate::options::NoKey;
use crate::options::update::OnGuard;
use crate::plan::Plan;

/// How the rows of a head are written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// `None`: a plain `INSERT`.
    pub(crate) conflict: Option<Conflict>,
    /// Where the key is known from.
    pub(crate) source: Option<&'static str>,
}

/// Decides for one table and list of columns; `None` if its rows are left out for want of a key.
pub(crate) fn decide(plan: &Plan, name: &TableName, columns: &[String]) -> Result<Option<Decision>> {
    let table = plan.table(name);
    if plan.has_catalog() && table.is_none() && plan.key(name).is_none() {
        let message = format!("table {name} is not in the catalog");
        return Err(Error::new(ErrorKind::UnknownName, message).with_hint(format!(
            "give the whole schema, name its key with `keys = {name}=column`, leave the table out with \
             `exclude_tables = {name}`, or choose `unknown_tables = drop`"
        )));
    }
    // A head may have as many columns as its table: each is looked up once.
    let known: HashMap<&str, &Column> = table
        .into_iter()
        .flat_map(|table| &table.columns)
        .map(|column| (column.name.as_str(), column))
        .collect();
    let dumped: HashSet<&String> = columns.iter().collect();
    if table.is_some()
        && let Some(unknown) = columns.iter().find(|column| !known.contains_key(column.as_str()))
    {
        let message = format!("table {name} has no column `{unknown}` in the catalog");
        return Err(Error::new(ErrorKind::UnknownName, message)
            .with_hint("give the schema of the target, add the column there, or choose `unknown_columns = drop`"));
    }
    let decision = |target: Vec<String>, source| {
        let rule = plan.rule(name);
        let key: HashSet<&String> = target.iter().collect();
        let may_set = |column: &&String| {
            is_set(known.get(column.as_str()).copied(), key.contains(column)) && rule.may_set(column)
        };
        let set: Vec<String> = columns.iter().filter(may_set).cloned().collect();
        // Without anything to set the condition has no meaning, and the upsert is a DO NOTHING.
        let when = rule.when(name, columns)?;
        let set = if when.is_some() { set } else { Vec::new() };
        // Nothing is taken over where nothing is set.
        let guard = match set.is_empty() {
            true => None,
            false => rule.guard(name, columns, plan.on_guard())?,
        };
        if let (Some(Guard::Absent(column)), OnGuard::Error) = (&guard, plan.on_guard())
            && table.is_some_and(|table| table.column(column).is_some())
        {
            return Err(unguarded(name, column));
        }
        let conflict = Conflict {
            target,
            set,
            when: when.unwrap_or(When::Always),
            guard,
        };
        Ok(Some(Decision {
            conflict: Some(conflict),
            source: Some(source),
        }))
    };
    if let Some(key) = plan.key(name) {
        check_key_is_dumped(name, key, &dumped, &known)?;
        return decision(key.to_vec(), "option");
    }
    if let Some(key) = table.and_then(Table::arbiter) {
        check_key_is_dumped(name, &key.columns, &dumped, &known)?;
        return decision(key.columns.clone(), "catalog");
    }
    if table.is_none() && columns.iter().any(|column| column == "id") {
        return decision(vec!["id".to_owned()], "fallback");
    }
    match plan.no_key() {
        NoKey::Insert => Ok(Some(Decision {
            conflict: None,
            source: None,
        })),
        NoKey::Skip => Ok(None),
        NoKey::Error | NoKey::Match => Err(no_key(name, table.is_some())),
    }
}

/// Without its guard's column a row could take over anybody's.
fn unguarded(name: &TableName, column: &str) -> Error {
    let message = format!("the dump does not bring the column `{column}` of table {name}, by which it is guarded");
    Error::new(ErrorKind::InvalidOption, message)
        .with_hint("leave the table out, or choose `on_guard = skip`: then only rows that are new are taken")
}

fn no_key(name: &TableName, in_catalog: bool) -> Error {
    let message = if in_catalog {
        format!("table {name} has no unique key that ON CONFLICT accepts")
    } else {
        format!("nothing is known of the key of table {name}, and it has no column `id`")
    };
    let schema = match in_catalog {
        true => "",
        false => "give the schema with `schema = FILE` (pg_dump --schema-only), ",
    };
    Error::new(ErrorKind::NoKey, message).with_hint(format!(
        "use `style = staged`, which asks the target for its keys; or {schema}name the key with \
         `keys = {name}=column,column`, or say what to do without one with `no_key = insert` or `no_key = skip`"
    ))
}

/// A key column that the dump does not bring would be filled by its default, and never conflict as meant. Generated
/// ones are computed before the conflict is looked for.
fn check_key_is_dumped(
    name: &TableName,
    key: &[String],
    dumped: &HashSet<&String>,
    known: &HashMap<&str, &Column>,
) -> Result<()> {
    let is_generated = |name: &String| known.get(name.as_str()).is_some_and(|column| column.generated);
    match key
        .iter()
        .find(|column| !dumped.contains(column) && !is_generated(column))
    {
        None => Ok(()),
        Some(column) => {
            let message = format!("the dump has no column `{column}`, which is in the key of table {name}");
            Err(Error::new(ErrorKind::NoKey, message))
        }
    }
}

fn is_set(known: Option<&Column>, is_key: bool) -> bool {
    match known {
        Some(known) if known.identity == Some(Identity::Always) || known.generated => false,
        Some(known) => !is_key || may_be_spelt_differently(known),
        None => !is_key,
    }
}

/// Whether two values of the column's type can be equal and still not the same, such as the numerics 1.0 and 1.00 or
/// two spellings of a citext. Such a key is set as well, so that the target ends with the value of the dump.
fn may_be_spelt_differently(column: &Column) -> bool {
    const EXACT: [&str; 17] = [
        "smallint", "integer", "bigint", "oid", "uuid", "boolean", "date", "bytea", "text", "name", "\"char\"",
        "pg_lsn", "macaddr", "macaddr8", "inet", "cidr", "money",
    ];
    const EXACT_WITH_PRECISION: [&str; 3] = ["character varying", "timestamp", "bit varying"];
    let name = column.type_name.as_str();
    let base = name.split('(').next().unwrap_or_default().trim_end();
    let is_array = name.ends_with(']');
    let is_exact = EXACT.contains(&name)
        || EXACT_WITH_PRECISION.contains(&base)
        || name.starts_with("timestamp with")
        || name.starts_with("timestamp(") && name.contains(" zone");
    is_array || !is_exact || column.collation.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(type_name: &str) -> Column {
        Column {
            name: "c".into(),
            type_name: type_name.into(),
            collation: None,
            not_null: true,
            has_default: false,
            default_value: None,
            identity: None,
            generated: false,
            sequence: None,
        }
    }

    #[test]
    fn keys_that_can_be_spelt_differently() {
        for exact in [
            "integer",
            "text",
            "character varying(30)",
            "timestamp(3) without time zone",
            "uuid",
        ] {
            assert!(!may_be_spelt_differently(&column(exact)), "{exact}");
        }
        for other in [
            "numeric",
            "numeric(10,2)",
            "public.citext",
            "real",
            "integer[]",
            "character(5)",
            "interval",
        ] {
            assert!(may_be_spelt_differently(&column(other)), "{other}");
        }
        assert!(may_be_spelt_differently(&Column {
            collation: Some("public.ci".into()),
            ..column("text")
        }));
    }
}
