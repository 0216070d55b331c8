//! Names of the dump as the writer needs them.

use crate::dump::head::Relation;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::tokens::decode_name;

/// A name for messages, the report and the catalog.
pub(crate) fn shown(name: &[u8]) -> String {
    decode_name(name).into_owned()
}

/// PostgreSQL's own schemas, whose rows make the system what it is.
pub(crate) fn is_system_schema(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}

/// The schema of a name: its own, or the first of the search path. Hand-written dumps set no path and mean `public`.
pub(crate) fn resolve<'a>(relation: &'a Relation, search_path: Option<&'a [u8]>) -> Result<&'a [u8]> {
    match (&relation.schema, search_path) {
        (Some(schema), _) => Ok(schema),
        (None, None) => Ok(b"public"),
        (None, Some(b"")) => {
            let message = format!(
                "`{}` has no schema, and the search path is empty",
                shown(&relation.name)
            );
            Err(Error::new(ErrorKind::UnknownName, message))
        }
        (None, Some(path)) => Ok(path),
    }
}
