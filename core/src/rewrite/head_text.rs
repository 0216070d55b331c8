//! A head on its way through sqlparser and back to bytes.

use super::emit;
use crate::ast::{Conflict, Guard, InsertHead, Sql, Upsert, UpsertText, parse_head};
use crate::catalog::quote_ident;
use crate::error::{Error, ErrorKind, Result};

/// The head as text for sqlparser, which reads only UTF-8. In other encodings each byte becomes the character of the
/// same number, and is turned back when the upsert is printed.
pub(crate) struct HeadText {
    schema: String,
    name: String,
    columns: Vec<String>,
    conflict: Option<Conflict>,
    is_utf8: bool,
}

impl HeadText {
    /// All names are in the bytes of the dump.
    pub(crate) fn of(
        schema: &[u8],
        name: &[u8],
        columns: &[Vec<u8>],
        conflict: Option<&Conflict<Vec<u8>>>,
    ) -> Result<Self> {
        let is_utf8 = |name: &Vec<u8>| std::str::from_utf8(name).is_ok();
        let is_utf8 = [schema, name].into_iter().all(|name| std::str::from_utf8(name).is_ok())
            && columns
                .iter()
                .chain(conflict.into_iter().flat_map(Conflict::names))
                .all(is_utf8);
        let decode = |name: &[u8]| match std::str::from_utf8(name) {
            Ok(name) if is_utf8 => name.to_owned(),
            _ => name.iter().map(|&byte| char::from(byte)).collect(),
        };
        Ok(Self {
            schema: decode(schema),
            name: decode(name),
            columns: columns.iter().map(|column| decode(column)).collect(),
            conflict: conflict
                .map(|conflict| conflict.try_map(|name| Ok(decode(name))))
                .transpose()?,
            is_utf8,
        })
    }

    /// The head as an upsert, in the bytes of the dump.
    pub(crate) fn upsert(&self, overriding: bool) -> Result<UpsertText> {
        let parsed = parse_head(&self.head()?)?;
        self.check(&parsed)?;
        let conflict = self.conflict.as_ref();
        let upsert = Upsert {
            schema: emit::ast_identifier(&self.schema)?,
            name: emit::ast_identifier(&self.name)?,
            columns: self
                .columns
                .iter()
                .map(|name| emit::ast_identifier(name))
                .collect::<Result<_>>()?,
            overriding,
            conflict: conflict
                .map(|conflict| conflict.try_map(|name| emit::ast_identifier(name)))
                .transpose()?,
            guarded: self.guarded()?,
        };
        Ok(self.encode(parsed.upsert(&upsert)))
    }

    /// `INSERT INTO name (columns) VALUES (NULL)`.
    fn head(&self) -> Result<String> {
        let mut head = b"INSERT INTO ".to_vec();
        emit::identifier(&mut head, self.schema.as_bytes())?;
        head.push(b'.');
        emit::identifier(&mut head, self.name.as_bytes())?;
        if !self.columns.is_empty() {
            head.extend_from_slice(b" (");
            emit::list(&mut head, &self.columns, emit::identifier)?;
            head.push(b')');
        }
        head.extend_from_slice(b" VALUES (NULL)");
        String::from_utf8(head).map_err(|error| Error::new(ErrorKind::Internal, "a head is no text").with_source(error))
    }

    /// What a guard says of the row that it refuses.
    fn guarded(&self) -> Result<Option<[Sql; 3]>> {
        let Some((conflict, guard)) = self
            .conflict
            .as_ref()
            .and_then(|conflict| Some((conflict, conflict.guard.as_ref()?)))
        else {
            return Ok(None);
        };
        let quoted = |names: &[&String], between: &str| {
            let names: Vec<_> = names.iter().map(|name| quote_ident(name)).collect();
            emit::ast_literal(&names.join(between))
        };
        let (Guard::Column(column) | Guard::Absent(column)) = guard;
        Ok(Some([
            quoted(&[&self.schema, &self.name], ".")?,
            quoted(&conflict.target.iter().collect::<Vec<_>>(), ", ")?,
            quoted(&[column], "")?,
        ]))
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
