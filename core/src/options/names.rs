//! Names of tables and columns, as options give them.

use crate::catalog::TableName;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::identifiers::{Relation, parse_columns, parse_key, parse_relation};
use crate::lex::tokens::decode_name;
use crate::text::NUL;

pub(super) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

/// A table as it is stored; without a schema it is one of `public`.
pub(super) fn table_name(relation: Relation) -> TableName {
    let schema = relation.schema.unwrap_or_else(|| b"public".to_vec());
    TableName {
        schema: decode_name(&schema).into_owned(),
        name: decode_name(&relation.name).into_owned(),
    }
}

/// Refuses what cannot be the text of an option; `of` says whose.
pub(crate) fn check_option(text: &str, of: &str) -> Result<()> {
    match text.contains('\0') {
        true => Err(Error::new(
            ErrorKind::InvalidOption,
            format!("{of} `{text}` holds {NUL}"),
        )),
        false => Ok(()),
    }
}

/// The same for a name of one thing, which cannot be empty either.
pub(crate) fn check_option_name(name: &str, of: &str) -> Result<()> {
    match name.is_empty() {
        true => Err(Error::new(ErrorKind::InvalidOption, format!("{of} is empty"))),
        false => check_option(name, of),
    }
}

/// Reads `schema.table`.
pub(crate) fn parse_table(table: &str) -> Result<TableName> {
    check_option(table, "the name")?;
    parse_relation(table.as_bytes()).map(table_name).ok_or_else(|| {
        invalid(format!("`{table}` is no name of a table"))
            .with_hint("write it as schema.table, and quote names with capitals: public.\"User\"")
    })
}

pub(super) fn names(columns: &[Vec<u8>]) -> Vec<String> {
    columns.iter().map(|column| decode_name(column).into_owned()).collect()
}

/// Reads `schema.table=column,column`.
pub(super) fn table_columns(text: &str) -> Result<(TableName, Vec<String>)> {
    check_option(text, "the list of columns")?;
    let (relation, columns) = parse_key(text.as_bytes()).ok_or_else(|| {
        invalid(format!("`{text}` names no columns of a table"))
            .with_hint("write schema.table=column,column, and quote names with capitals: public.\"User\"=id")
    })?;
    Ok((table_name(relation), names(&columns)))
}

/// Reads `column,column` or `schema.table=column,column`.
pub(super) fn maybe_table_columns(text: &str) -> Result<(Option<TableName>, Vec<String>)> {
    check_option(text, "the list of columns")?;
    match parse_columns(text.as_bytes()) {
        Some(columns) => Ok((None, names(&columns))),
        None => table_columns(text).map(|(table, columns)| (Some(table), columns)),
    }
}

/// What stands before and behind the first `=` that is not in a quoted name.
pub(super) fn split_unquoted(text: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let at = text.bytes().position(|byte| {
        is_quoted ^= byte == b'"';
        byte == b'=' && !is_quoted
    })?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}
