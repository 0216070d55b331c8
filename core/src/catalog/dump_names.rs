//! Names of the dump as the writer needs them.

use std::borrow::Cow;

use super::TableName;
use crate::encoding;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::excerpt;
use crate::lex::identifiers::Relation;

/// How the names at a place of the dump become text, which is what they are compared as and shown as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    encoding: &'static str,
    /// Whether an option or a catalog is compared with them.
    are_compared: bool,
}

impl Names {
    pub(crate) fn new(are_compared: bool) -> Self {
        Self {
            encoding: "UTF8",
            are_compared,
        }
    }

    pub(crate) fn set_encoding(&mut self, name: &'static str) {
        self.encoding = name;
    }

    pub(crate) fn encoding(self) -> &'static str {
        self.encoding
    }

    /// A name as text. Bytes that can only be guessed pass where nothing is compared with them, each as the character of
    /// the same number: those of an encoding that is not read here, and those of SQL_ASCII that are not UTF-8.
    pub(crate) fn read(self, name: &[u8]) -> Result<String> {
        if let Some(text) = encoding::decode(self.encoding, name) {
            return Ok(text.into_owned());
        }
        let is_guessed = self.encoding == "SQL_ASCII" || !encoding::is_readable(self.encoding);
        if is_guessed && !self.are_compared {
            return Ok(name.iter().map(|&byte| char::from(byte)).collect());
        }
        let message = match is_guessed {
            true => format!(
                "the name `{}` in {} cannot be compared with options and catalogs, which are UTF-8",
                excerpt(name),
                self.encoding
            ),
            false => format!(
                "the name `{}` is no text in the encoding {}",
                excerpt(name),
                self.encoding
            ),
        };
        Err(Error::new(ErrorKind::Encoding, message).with_hint("dump with pg_dump -E UTF8"))
    }

    pub(crate) fn read_all(self, names: &[Vec<u8>]) -> Result<Vec<String>> {
        names.iter().map(|name| self.read(name)).collect()
    }

    pub(crate) fn table(self, schema: &[u8], name: &[u8]) -> Result<TableName> {
        Ok(TableName {
            schema: self.read(schema)?,
            name: self.read(name)?,
        })
    }

    /// A text that comes from elsewhere, as bytes of the dump's encoding, in which the script is written.
    pub(crate) fn write(self, text: &str) -> Result<Cow<'_, [u8]>> {
        encoding::encode(self.encoding, text).ok_or_else(|| {
            let message = format!(
                "`{text}` cannot be written in {}, the encoding of the dump",
                self.encoding
            );
            Error::new(ErrorKind::Encoding, message).with_hint("dump with pg_dump -E UTF8")
        })
    }
}

/// PostgreSQL's own schemas, whose rows make the system what it is.
pub(crate) fn is_system_schema(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}

/// In a `search_path`: the schema that is called like the role.
const USER: &[u8] = b"$user";

/// What a name of the dump means.
#[derive(Clone, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) schema: &'a [u8],
    pub(crate) name: TableName,
    /// Where the target looks for the name, if it could be in more than one schema.
    pub(crate) path: Option<&'a [Vec<u8>]>,
}

/// The schemas of a path that may hold a table of the dump.
pub(crate) fn user_schemas(path: &[Vec<u8>]) -> impl Iterator<Item = &Vec<u8>> {
    let is_own = |schema: &&Vec<u8>| {
        let schema = schema.as_slice();
        schema != USER && !schema.starts_with(b"pg_") && schema != b"information_schema"
    };
    path.iter().filter(is_own)
}

/// The schema of a name: its own, or the first of the search path in which it is known, or just the first. Hand-written
/// dumps set no path and mean `public`.
pub(crate) fn resolve<'a>(
    names: Names,
    relation: &'a Relation,
    search_path: Option<&'a [Vec<u8>]>,
    knows: impl Fn(&TableName) -> bool,
) -> Result<Found<'a>> {
    let found = |schema: &'a [u8]| -> Result<Found<'a>> {
        Ok(Found {
            schema,
            name: names.table(schema, &relation.name)?,
            path: None,
        })
    };
    let path = match (&relation.schema, search_path) {
        (Some(schema), _) => return found(schema),
        (None, None) => return found(b"public"),
        (None, Some(path)) => path,
    };
    let Some(first) = user_schemas(path).next().or(path.first()) else {
        let message = format!(
            "`{}` has no schema, and the search path is empty",
            excerpt(&relation.name)
        );
        return Err(Error::new(ErrorKind::UnknownName, message));
    };
    let is_open = user_schemas(path).nth(1).is_some() || path.iter().any(|schema| schema == USER);
    let mut chosen = found(first)?;
    for schema in user_schemas(path) {
        let meant = found(schema)?;
        if knows(&meant.name) {
            chosen = meant;
            break;
        }
    }
    chosen.path = is_open.then_some(path);
    Ok(chosen)
}
