//! Tables and columns that options name, looked up.

use super::{Catalog, Table, TableName};
use crate::error::with_nearest;
use crate::error::{Error, ErrorKind, Result};

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
