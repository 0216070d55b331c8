//! A head on its way through sqlparser and back to bytes.

use super::emit;
use crate::ast::{Conflict, InsertHead, UpsertText, parse_head};
use crate::dump::head::Relation;
use crate::error::{Error, ErrorKind, Result};

/// The head as text for sqlparser, which reads only UTF-8. In other encodings each byte becomes the character of the
/// same number, and is turned back when the upsert is printed.
pub(crate) struct HeadText {
    schema: String,
    name: String,
    columns: Vec<String>,
    head: String,
    is_utf8: bool,
}

impl HeadText {
    pub(crate) fn of(schema: &[u8], relation: &Relation, columns: &[Vec<u8>]) -> Self {
        let names = || {
            [schema, &relation.name]
                .into_iter()
                .chain(columns.iter().map(Vec::as_slice))
        };
        let is_utf8 = names().all(|name| std::str::from_utf8(name).is_ok());
        let decode = |name: &[u8]| match std::str::from_utf8(name) {
            Ok(name) if is_utf8 => name.to_owned(),
            _ => name.iter().map(|&byte| char::from(byte)).collect(),
        };
        let mut head = b"INSERT INTO ".to_vec();
        emit::identifier(&mut head, schema);
        head.push(b'.');
        emit::identifier(&mut head, &relation.name);
        for (index, column) in columns.iter().enumerate() {
            head.extend_from_slice(if index == 0 { b" (" } else { b", " });
            emit::identifier(&mut head, column);
        }
        head.extend_from_slice(if columns.is_empty() {
            b" VALUES (NULL)"
        } else {
            b") VALUES (NULL)"
        });
        Self {
            schema: decode(schema),
            name: decode(&relation.name),
            columns: columns.iter().map(|column| decode(column)).collect(),
            head: decode(&head),
            is_utf8,
        }
    }

    /// The head as an upsert, in the bytes of the dump.
    pub(crate) fn upsert(&self, overriding: bool, conflict: Option<&Conflict>) -> Result<UpsertText> {
        let parsed = parse_head(&self.head)?;
        self.check(&parsed)?;
        Ok(self.encode(parsed.upsert(&self.schema, &self.name, overriding, conflict)))
    }

    /// What sqlparser has read must be what the scanner has read.
    fn check(&self, parsed: &InsertHead) -> Result<()> {
        if parsed.table() == [self.schema.as_str(), &self.name] && parsed.columns() == self.columns {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Internal,
            "two readings of the head of a statement differ",
        ))
    }

    fn encode(&self, text: UpsertText) -> UpsertText {
        let encode = |part: Vec<u8>| match (self.is_utf8, String::from_utf8(part)) {
            (false, Ok(part)) => part
                .chars()
                .map(|char| u8::try_from(char as u32).unwrap_or(b'?'))
                .collect(),
            (_, Ok(part)) => part.into_bytes(),
            (_, Err(part)) => part.into_bytes(),
        };
        UpsertText {
            before: encode(text.before),
            after: encode(text.after),
        }
    }
}
