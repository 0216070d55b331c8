//! Reads a dump as a stream of bytes and tells what is in it: rows, sequences, statements.
//!
//! [`Reader`](reader::Reader) is the state machine, [`Events`] is who listens. Nothing in here knows what becomes of
//! the rows.

mod allowed;
mod allowed_words;
mod appearance;
pub(crate) mod compression;
pub(crate) mod copy;
#[cfg(test)]
mod counting;
mod decoded;
#[cfg(test)]
mod endless;
pub(crate) mod head;
mod line_ends;
mod long;
pub(crate) mod reader;
mod rows;
pub(crate) mod sniff;
pub(crate) mod statement;
mod step;
mod top;
pub(crate) mod words;

pub(crate) use self::appearance::Appearance;
pub use self::line_ends::Crlf;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::literal::{Field, Form};
use head::{Head, Sequence};

/// What the reader has to know of a head to read its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The listener's own number for the head.
    pub(crate) id: usize,
    /// How many values a row must have, where that is known.
    pub(crate) columns: Option<usize>,
    /// Most lines of COPY data that are told at once: one where an error has to be about the right one, and no more than
    /// the listener can take before it is asked whether it is full.
    pub(crate) lines_max: u64,
    /// How many bytes the listener keeps for the head.
    pub(crate) kept_bytes: u64,
}

/// A piece of a row that is too long to be held in memory as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    /// The row begins.
    Begin,
    /// A whole literal of a `VALUES` list.
    Literal(&'a [u8], Field),
    /// A literal `'…'` or, with [`Form::Bits`], `B'…'` begins.
    StringBegin(Form),
    /// Some of the inside of a quoted literal; cuts no doubled quote or backslash.
    String(&'a [u8], Form),
    /// The quoted literal ends.
    StringEnd,
    /// Some of a line of COPY data in canonical form; cuts no escape. The last one ends with the line feed.
    Copy(&'a [u8]),
    /// The row ends.
    End,
}

/// Listens to a [`Reader`](reader::Reader).
pub(crate) trait Events {
    /// A head that was not seen before in these bytes. `search_path` is where names without a schema are looked for.
    fn head(&mut self, head: &Head, search_path: Option<&[Vec<u8>]>) -> Result<Target>;
    /// One row of literals.
    fn row(&mut self, _id: usize, _bytes: &[u8], _fields: &[Field]) -> Result<()> {
        Ok(())
    }
    /// One row of `DEFAULT VALUES`.
    fn default_row(&mut self, _id: usize) -> Result<()> {
        Ok(())
    }
    /// A COPY block begins.
    fn copy_begin(&mut self, _id: usize) -> Result<()> {
        Ok(())
    }
    /// Some whole lines of canonical COPY data.
    fn copy_rows(&mut self, _id: usize, _lines: &[u8], _rows: u64) -> Result<()> {
        Ok(())
    }
    /// A piece of a very long row.
    fn piece(&mut self, _id: usize, _piece: Piece<'_>) -> Result<()> {
        Ok(())
    }
    /// `setval`.
    fn sequence(
        &mut self,
        _sequence: &Sequence,
        _search_path: Option<&[Vec<u8>]>,
        _value: i64,
        _is_called: bool,
    ) -> Result<()> {
        Ok(())
    }
    /// `SET client_encoding`, the canonical name of an encoding that is allowed.
    fn client_encoding(&mut self, name: &'static str) -> Result<()>;
    /// Another database begins (`\\connect`); what follows belongs to it.
    fn database(&mut self, name: &[u8]) -> Result<()>;
    /// A statement about the schema, or the `search_path` in which those behind it are read.
    fn schema(&mut self, _sql: &[u8], _scs: bool) -> Result<()> {
        Ok(())
    }
    /// A statement that is left out; what it is called in the report.
    fn skipped(&mut self, _label: &str) -> Result<()> {
        Ok(())
    }
    /// Whether what was told has made so much output that it has to be taken away before more is told.
    fn is_full(&self) -> bool {
        false
    }
    /// Table and row that are being read, for the position of an error.
    fn place(&self) -> (Option<String>, Option<u64>) {
        (None, None)
    }
}

/// An error and the offset, in the bytes that were being read, that it is about.
#[derive(Debug)]
pub(crate) struct Fault {
    at: usize,
    error: Error,
    /// Whether the message quotes what stands at `at`.
    quotes: bool,
}

impl From<crate::lex::LexError> for Fault {
    fn from(error: crate::lex::LexError) -> Self {
        Self {
            at: error.at,
            quotes: matches!(error.kind, ErrorKind::UnexpectedToken | ErrorKind::InvalidLiteral),
            error: Error::new(error.kind, error.message),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self {
            at: 0,
            error,
            quotes: false,
        }
    }
}

impl Fault {
    /// Moves the offset by the start of the part that was scanned.
    fn shift(mut self, by: usize) -> Self {
        self.at += by;
        self
    }
}
