//! The nearest right name, for errors about wrong ones.

use crate::catalog::{Catalog, Table, TableName};
use crate::error::{Error, ErrorKind, Result};

/// Two names of the greatest length, with a dot and quotes; nothing that is longer is a misspelt name.
const WANTED_BYTES_MAX: usize = 600;

/// The most similar of `names`, if one is similar; capitals and quotes do not count.
pub(crate) fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    // To compare takes time by the product of both lengths, and there may be many names.
    if wanted.len() > WANTED_BYTES_MAX {
        return None;
    }
    let fold = |name: &str| name.to_lowercase().replace('"', "");
    let distance = |name: &String| strsim::levenshtein(&fold(wanted), &fold(name));
    let (distance, name) = names.map(|name| (distance(&name), name)).min()?;
    (distance <= wanted.chars().count() / 3 + 1).then_some(name)
}

/// Adds the most similar of `names`, which are names of SQL, as a hint, if one is similar.
pub(crate) fn with_nearest(error: Error, wanted: &str, names: impl Iterator<Item = String>) -> Error {
    match nearest(wanted, names) {
        Some(name) => error.with_hint(format!("did you mean {name}? names with capitals must be quoted")),
        None => error,
    }
}

/// The table that an option names; `what` is the option in words.
pub(crate) fn known_table<'a>(catalog: &'a Catalog, name: &TableName, what: &str) -> Result<&'a Table> {
    catalog.table(&name.schema, &name.name).ok_or_else(|| {
        let message = format!("{what} is given for table {name}, which is not in the catalog");
        let names = catalog.tables().iter().map(|table| table.table_name().to_string());
        with_nearest(Error::new(ErrorKind::InvalidOption, message), &name.to_string(), names)
    })
}

/// Checks a column that an option names.
pub(crate) fn known_column(table: &Table, column: &String, what: &str) -> Result<()> {
    if table.column(column).is_some() {
        return Ok(());
    }
    let name = table.table_name();
    let message = format!("{what} given for table {name} has a column `{column}`, which it has not");
    let names = table.columns.iter().map(|column| column.name.clone());
    Err(with_nearest(
        Error::new(ErrorKind::InvalidOption, message),
        column,
        names,
    ))
}
