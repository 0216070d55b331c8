//! Reads schema SQL, statement by statement, and keeps what a [`Catalog`] needs to know.
//!
//! It follows what the server would do: names it would choose, columns it would inherit, keys it would give to
//! partitions. Statements about other things are not looked at. A clause that is not understood never makes a key
//! usable: such a key is not an arbiter.

mod alter;
mod columns;
mod constraints;
mod create;
mod cursor;
mod defaults;
mod drop;
mod elements;
mod finish;
mod search_path;
mod sequences;
mod state;
mod table;
mod taken;
#[cfg(test)]
mod tests;
mod triggers;
mod types;
mod user_types;
mod work;

use self::cursor::{Cursor, Fault, Parse};
use self::search_path::SearchPath;
use self::state::State;
use super::{Catalog, Table, TableName};
use crate::encoding;
use crate::error::{Error, Position, Result};
use crate::lex::tokens::{Token, TokenKind, Tokens};
use crate::text::NUL;

/// How many words of a statement are looked at to see what it is about.
const OPENING_WORDS_MAX: usize = 8;

/// Collects the tables that schema SQL defines.
///
/// Several files may be read one after the other, as a history of migrations is.
#[derive(Clone, Debug, Default)]
pub struct CatalogBuilder {
    state: State,
    /// The encoding of what comes, where it was said; UTF-8 otherwise.
    client_encoding: Option<&'static str>,
}

impl CatalogBuilder {
    /// A builder that knows no table yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A builder for tables that take so many bytes in memory at the most, about, with all that they have from others.
    pub(crate) fn with_limit(bytes: u64) -> Self {
        Self {
            state: State::with_limit(bytes),
            client_encoding: None,
        }
    }

    /// Reads one whole statement, with or without its `;`; statements that are not about tables change nothing.
    ///
    /// `standard_conforming_strings` is the setting that is in force for the statement.
    ///
    /// # Errors
    /// A statement about tables that cannot be read; the position counts from the start of `statement`.
    pub fn observe(&mut self, statement: &[u8], standard_conforming_strings: bool) -> Result<()> {
        refuse_nul(statement)?;
        self.observe_at(statement, 0, statement, standard_conforming_strings)
    }

    /// Reads a statement that begins at `start` of a longer text, by which errors are positioned.
    pub(super) fn observe_at(&mut self, text: &[u8], start: usize, statement: &[u8], scs: bool) -> Result<()> {
        self.note_server_version(statement);
        self.read_encoded(statement, scs)
            .map_err(|fault| error(text, start + fault.offset, fault))
    }

    /// Forgets the `search_path` and the encoding, as at the start of another file.
    pub fn reset_session(&mut self) {
        self.state.search_path = SearchPath::default();
        self.client_encoding = None;
    }

    /// The encoding of the statements that come, by its canonical name.
    pub(crate) fn set_client_encoding(&mut self, name: &'static str) {
        self.client_encoding = Some(name);
    }

    /// The catalog of all that was read.
    ///
    /// # Errors
    /// A foreign key that names no columns and references a table without a primary key.
    pub fn finish(self) -> Result<Catalog> {
        self.state.finish()
    }

    /// A table as it is so far, without its keys, foreign keys and triggers.
    pub(crate) fn columns_of(&self, name: &TableName) -> Option<Table> {
        self.state.columns_of(name)
    }

    /// What a table is a partition of.
    pub(crate) fn parent_of(&self, name: &TableName) -> Option<TableName> {
        self.state.parent_of(name)
    }

    /// Takes note of the comment that `pg_dump` writes at the head of a dump: what partitions inherit depends on it.
    fn note_server_version(&mut self, statement: &[u8]) {
        const COMMENT: &[u8] = b"-- Dumped from database version ";
        if !statement.trim_ascii_start().starts_with(b"--") {
            return;
        }
        let Some(at) = memchr::memmem::find(statement, COMMENT) else {
            return;
        };
        let digits = statement
            .iter()
            .skip(at + COMMENT.len())
            .take_while(|byte| byte.is_ascii_digit());
        let version = digits
            .take(4)
            .fold(0_u32, |number, byte| number * 10 + u32::from(byte - b'0'));
        self.state.server_version = Some(version);
    }

    /// Reads a statement in its encoding: what is compared with names of a dump has to be text, as those are.
    fn read_encoded(&mut self, statement: &[u8], scs: bool) -> Parse<()> {
        let Some(subject) = subject(statement, scs) else {
            return Ok(());
        };
        self.state.work.check(0)?;
        // Each name is looked for in all of them.
        self.state.work.looked(self.state.search_path.schemas().len());
        let encoding = self.client_encoding.unwrap_or("UTF8");
        // Text in UTF-8 is read in place: only names and values in it need be valid. Of an encoding that is not read here,
        // they have to be ASCII.
        if statement.is_ascii() || encoding::is_utf8(encoding) || !encoding::is_readable(encoding) {
            let readable = |text: &[u8]| encoding::decode(encoding, text).is_some();
            return self.read(subject, Cursor::new(statement, scs)?.checked(readable, encoding)?, scs);
        }
        let Some(text) = encoding::decode(encoding, statement) else {
            let is_character = |byte: &u8| encoding::decode(encoding, std::slice::from_ref(byte)).is_some();
            let offset = statement.iter().position(|byte| !is_character(byte));
            return Err(Fault::new(offset.unwrap_or_default(), cursor::unreadable(encoding)));
        };
        let read = Cursor::new(text.as_bytes(), scs).and_then(|cursor| self.read(subject, cursor, scs));
        // In these encodings a character is one byte.
        read.map_err(|fault| Fault {
            offset: text.get(..fault.offset).unwrap_or(&text).chars().count(),
            ..fault
        })
    }

    fn read(&mut self, subject: Subject, mut cursor: Cursor<'_>, scs: bool) -> Parse<()> {
        match subject {
            Subject::Create => create::statement(&mut self.state, &mut cursor),
            Subject::Alter => alter::statement(&mut self.state, &mut cursor),
            Subject::Drop => drop::statement(&mut self.state, &mut cursor),
            Subject::SearchPath => self.state.search_path.set(&mut cursor, scs),
            Subject::ClientEncoding => {
                self.client_encoding = search_path::client_encoding(&mut cursor, scs)?;
                Ok(())
            }
        }
    }
}

/// What a statement is about, as far as its first words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Create,
    Alter,
    Drop,
    SearchPath,
    ClientEncoding,
}

/// Decides by the first words alone: the rest of a statement that is not ours need not even be well-formed.
fn subject(statement: &[u8], scs: bool) -> Option<Subject> {
    let mut words = Tokens::new(statement, scs).map_while(|token| match token {
        Ok(Token {
            kind: TokenKind::Word(word),
            ..
        }) => Some(word),
        Ok(Token {
            kind: TokenKind::Punct(b'.'),
            ..
        }) => Some(".".into()),
        _ => None,
    });
    let first = words.next()?;
    match first.as_ref() {
        "create" => {
            let object = words.take(OPENING_WORDS_MAX).find(|word| {
                let modifiers = [
                    "or",
                    "replace",
                    "global",
                    "local",
                    "temporary",
                    "temp",
                    "unlogged",
                    "foreign",
                    "constraint",
                ];
                !modifiers.contains(&word.as_ref()) && !["unique", "materialized", "recursive"].contains(&word.as_ref())
            })?;
            let known = [
                "table",
                "index",
                "type",
                "domain",
                "schema",
                "sequence",
                "view",
                "collation",
                "trigger",
            ];
            known.contains(&object.as_ref()).then_some(Subject::Create)
        }
        "alter" => {
            let object = words.find(|word| word != "foreign")?;
            ["table", "index", "type", "domain", "schema", "sequence", "trigger"]
                .contains(&object.as_ref())
                .then_some(Subject::Alter)
        }
        "drop" => {
            let object = words.find(|word| word != "foreign")?;
            ["table", "index", "type", "domain", "schema", "sequence", "trigger"]
                .contains(&object.as_ref())
                .then_some(Subject::Drop)
        }
        "set" | "reset" => words.take(2).find_map(|word| match word.as_ref() {
            "search_path" => Some(Subject::SearchPath),
            "client_encoding" | "names" => Some(Subject::ClientEncoding),
            _ => None,
        }),
        "select" => words
            .take(3)
            .any(|word| word == "set_config")
            .then_some(Subject::SearchPath),
        _ => None,
    }
}

/// Refuses a NUL byte anywhere: behind it psql drops the rest of the line.
pub(super) fn refuse_nul(text: &[u8]) -> Result<()> {
    match memchr::memchr(0, text) {
        Some(at) => Err(error(text, at, Fault::new(at, NUL))),
        None => Ok(()),
    }
}

fn error(text: &[u8], offset: usize, fault: Fault) -> Error {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
    let position = Position {
        byte: before.len() as u64,
        line: 1 + memchr::memchr_iter(b'\n', before).count() as u64,
        column: 1 + (before.len() - line_start) as u64,
        ..Position::default()
    };
    Error::new(fault.kind, fault.message).or_position(|| position)
}
