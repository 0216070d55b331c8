//! The one error type: what went wrong, where in the dump, and what to do about it.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::text::nearest::nearest;
use crate::text::printable;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, from a wrong option to a cut dump.
///
/// It is opaque: ask [`kind`](Error::kind) for what happened, [`category`](Error::category) for who has to act,
/// [`position`](Error::position) for the place in the dump, and [`hint`](Error::hint) for what to do.
///
/// ```
/// use dumpsert::{Category, Options};
///
/// let plan = Options::new().build()?;
/// let error = dumpsert::convert_str("INSERT INTO public.t (id) VALUES (1", &plan).unwrap_err();
/// assert_eq!(error.category(), Category::Truncated);
/// assert_eq!(error.position().unwrap().line, 1);
/// # Ok::<(), dumpsert::Error>(())
/// ```
///
/// It shows as `line 3, column 7 (byte 41), table public.t, row 1: message (hint)`, without its
/// [`source`](StdError::source).
#[derive(thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

#[derive(Debug, thiserror::Error)]
#[error(
    "{}{}{}",
    position.as_ref().map(|position| format!("{position}: ")).unwrap_or_default(),
    printable(message),
    hint.as_ref().map(|hint| format!(" ({})", printable(hint))).unwrap_or_default()
)]
struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    position: Option<Position>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A place in the dump.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Position {
    /// Bytes before the place, from the start of the dump (of its decompressed text; of one in UTF-16, of the
    /// same in UTF-8).
    pub byte: u64,
    /// Line, the first is 1. Lines end at a line feed, also inside literals, as an editor counts them.
    pub line: u64,
    /// Column in bytes, the first is 1.
    pub column: u64,
    /// The table whose data is being read, as `schema.table`, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The row of that table within the dump, the first is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
}

/// Who has to act on an [`Error`]: it drives exit codes, exception classes and error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Category {
    /// Reading the dump or writing the script failed, or what a restore needs of other programs and databases.
    Io,
    /// The input breaks the grammar of a dump.
    Syntax,
    /// The input is well-formed but holds something that is not allowed or not supported.
    Unsupported,
    /// The input ends too early.
    Truncated,
    /// A size or depth is over its limit.
    Limit,
    /// The options or the catalog do not fit together, or do not fit the dump.
    Config,
    /// A bug in this program.
    Internal,
}

/// What exactly went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The dump could not be read.
    Read,
    /// The script could not be written.
    Write,
    /// A token stands where the grammar of `pg_dump` has no place for it.
    UnexpectedToken,
    /// A value is none of the literal forms that `pg_dump` writes.
    InvalidLiteral,
    /// A row of `COPY` data holds an escape or a control character that PostgreSQL refuses.
    InvalidCopyData,
    /// A row has more or fewer values than its statement names columns.
    ColumnCount,
    /// A NUL byte, which no PostgreSQL text can hold.
    NulByte,
    /// The input is not the plain output of `pg_dump` (an archive, HTML, another database's dump, compressed data …).
    NotADump,
    /// A statement that does more than put rows into tables.
    StatementNotAllowed,
    /// A table that must never be written to, such as one of PostgreSQL's own.
    TableNotAllowed,
    /// A client encoding in which a byte of a character can look like a quote or a backslash.
    Encoding,
    /// A condition that leaves rows out cannot be evaluated on a value.
    Condition,
    /// The shape of the dump is not supported with these options.
    UnsupportedShape,
    /// A second dump begins where the first has ended.
    SecondDump,
    /// The input ends inside a statement, a literal or a row, or without the trailer of `pg_dump`.
    Truncated,
    /// A row, statement, name or set is larger than its limit.
    TooLarge,
    /// An option has a value that cannot be used.
    InvalidOption,
    /// The schema SQL or catalog JSON cannot be read.
    InvalidCatalog,
    /// A table has no key that an upsert could use.
    NoKey,
    /// A table or column of the dump is not in the catalog.
    UnknownName,
    /// A program of PostgreSQL is missing, too old, or does not run.
    Program,
    /// A database cannot be reached or used, or has refused something.
    Database,
    /// The run was ended from outside.
    Cancelled,
    /// The caller has decided against it, such as before it commits.
    Refused,
    /// `write` or `finish` was called after the end or after an error.
    Finished,
    /// A bug in this program.
    Internal,
}

impl ErrorKind {
    /// The coarse category of this kind.
    pub fn category(self) -> Category {
        use ErrorKind::*;
        match self {
            Read | Write | Program | Database | Cancelled => Category::Io,
            UnexpectedToken | InvalidLiteral | InvalidCopyData | ColumnCount | NulByte => Category::Syntax,
            NotADump | StatementNotAllowed | TableNotAllowed | Encoding | Condition | UnsupportedShape | SecondDump => {
                Category::Unsupported
            }
            Truncated => Category::Truncated,
            TooLarge => Category::Limit,
            InvalidOption | InvalidCatalog | NoKey | UnknownName | Refused | Finished => Category::Config,
            Internal => Category::Internal,
        }
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            position: None,
            source: None,
        }))
    }

    /// Whether other options or another catalog could make the dump acceptable, and nothing is wrong with its text.
    pub(crate) fn is_about_plan(&self) -> bool {
        self.category() == Category::Config
            || matches!(self.kind(), ErrorKind::UnsupportedShape | ErrorKind::TableNotAllowed)
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error in other words.
    pub(crate) fn with_message(mut self, message: String) -> Self {
        self.0.message = message;
        self
    }

    /// Forgets a position that is relative to something else than the dump.
    pub(crate) fn without_position(mut self) -> Self {
        self.0.position = None;
        self
    }

    /// Sets the position unless a deeper layer, which knows better, has set one; for adaptors that do their own reading,
    /// which knows nothing of lines.
    pub fn or_position(mut self, position: impl FnOnce() -> Position) -> Self {
        if self.0.position.is_none() {
            self.0.position = Some(position());
        }
        self
    }

    /// The caller's own decision against a run, such as before a restore commits.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// Wraps a failure to read the dump; for adaptors that do their own reading.
    pub fn read(source: io::Error) -> Self {
        Self::new(ErrorKind::Read, "the dump cannot be read").with_source(source)
    }

    /// As [`read`](Error::read), and names the file.
    pub fn read_file(path: impl AsRef<std::path::Path>, source: io::Error) -> Self {
        let message = format!("the dump {} cannot be read", path.as_ref().display());
        Self::new(ErrorKind::Read, message).with_source(source)
    }

    /// Wraps a failure to write the script; for adaptors that do their own writing.
    pub fn write(source: io::Error) -> Self {
        Self::new(ErrorKind::Write, "the script cannot be written").with_source(source)
    }

    /// What exactly went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Who has to act.
    pub fn category(&self) -> Category {
        self.0.kind.category()
    }

    /// Where in the dump, if it is about the dump.
    pub fn position(&self) -> Option<&Position> {
        self.0.position.as_ref()
    }

    /// What went wrong in words, without position and hint.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The I/O error kind, if reading or writing failed: `BrokenPipe` is how a closed pipe shows.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        self.0.source.as_ref()?.downcast_ref::<io::Error>().map(io::Error::kind)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {} (byte {})", self.line, self.column, self.byte)?;
        if let Some(table) = &self.table {
            write!(f, ", table {}", printable(table))?;
        }
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("hint", &self.0.hint)
            .field("position", &self.0.position)
            .field("source", &self.0.source)
            .finish()
    }
}

/// Adds the most similar of `names`, which are names of SQL, as a hint, if one is similar.
pub(crate) fn with_nearest(error: Error, wanted: &str, names: impl Iterator<Item = String>) -> Error {
    match nearest(wanted, names) {
        Some(name) => error.with_hint(format!("did you mean {name}? names with capitals must be quoted")),
        None => error,
    }
}
