//! The heads of the two statements that carry rows: `INSERT INTO name (columns) … VALUES (` and
//! `COPY name (columns) FROM stdin;`.
//!
//! They are read by exact grammar: whatever else an `INSERT` or `COPY` can be in SQL is refused here.

use super::line_ends::stripped;
use crate::lex::identifiers::{Cursor, Relation, Stop};
use crate::lex::literal::unexpected;
use crate::lex::tail;

/// The sequence that a `setval()` moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sequence {
    Named(Relation),
    /// `pg_get_serial_sequence('table', 'column')`.
    OfColumn(Relation, Vec<u8>),
}

impl Sequence {
    /// Its own name, or that of the table that has it.
    pub(crate) fn relation(&self) -> &Relation {
        match self {
            Self::Named(relation) | Self::OfColumn(relation, _) => relation,
        }
    }
}

/// Where the rows behind a head come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// `VALUES (…)`.
    Values,
    /// `DEFAULT VALUES`: one row without a value.
    Default,
    /// `COPY … FROM stdin`.
    Copy,
}

/// A head, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) relation: Relation,
    /// The columns as stored; `None` if the statement names none.
    pub(crate) columns: Option<Vec<Vec<u8>>>,
    /// `OVERRIDING SYSTEM VALUE`.
    pub(crate) overriding: bool,
    pub(crate) rows: Rows,
}

impl Head {
    /// Has line feeds in its names for CRLF.
    pub(super) fn strip(&mut self) {
        let Relation { schema, name } = &mut self.relation;
        let columns = self.columns.iter_mut().flatten();
        for name in schema.iter_mut().chain([name]).chain(columns) {
            *name = stripped(name);
        }
    }
}

/// A head and the offset behind it, or why there is none.
pub(crate) type Scanned = Result<(Head, usize), Stop>;

/// Reads the head at the start of `bytes`; returns it with the offset behind `VALUES (`, or behind `DEFAULT VALUES`.
pub(crate) fn scan_insert(bytes: &[u8]) -> Scanned {
    let mut cursor = Cursor { bytes, at: 0 };
    cursor.expect_word(b"INSERT")?;
    cursor.expect_word(b"INTO")?;
    let relation = cursor.relation()?;
    let columns = cursor.columns()?;
    let overriding = cursor.word(b"OVERRIDING")?;
    if overriding {
        cursor.expect_word(b"SYSTEM")?;
        cursor.expect_word(b"VALUE")?;
    }
    if columns.is_none() && !overriding && cursor.word(b"DEFAULT")? {
        cursor.expect_word(b"VALUES")?;
        return Ok((
            Head {
                relation,
                columns,
                overriding,
                rows: Rows::Default,
            },
            cursor.at,
        ));
    }
    cursor.expect_word(b"VALUES")?;
    cursor.expect(b'(')?;
    Ok((
        Head {
            relation,
            columns,
            overriding,
            rows: Rows::Values,
        },
        cursor.at,
    ))
}

/// Reads `COPY name (columns) FROM stdin;` and its line feed.
pub(crate) fn scan_copy(bytes: &[u8]) -> Scanned {
    let mut cursor = Cursor { bytes, at: 0 };
    cursor.expect_word(b"COPY")?;
    let relation = cursor.relation()?;
    let columns = cursor.columns()?;
    cursor.expect_word(b"FROM")?;
    cursor.expect_word(b"stdin")?;
    cursor.expect(b';')?;
    let blanks = tail(bytes, cursor.at)
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'));
    cursor.at += blanks.count();
    match bytes.get(cursor.at) {
        Some(b'\n') => cursor.at += 1,
        Some(b'\r') if bytes.len() == cursor.at + 1 => return Err(Stop::More),
        Some(b'\r') if bytes.get(cursor.at + 1) == Some(&b'\n') => cursor.at += 2,
        Some(_) => return Err(unexpected(bytes, cursor.at, "a line feed behind `FROM stdin;`").into()),
        None => return Err(Stop::More),
    }
    Ok((
        Head {
            relation,
            columns,
            overriding: false,
            rows: Rows::Copy,
        },
        cursor.at,
    ))
}

/// Reads `ON CONFLICT DO NOTHING` from `at` on (`pg_dump --on-conflict-do-nothing`); returns the offset behind it.
pub(crate) fn scan_on_conflict(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let mut cursor = Cursor { bytes, at };
    if !cursor.word(b"ON")? {
        return Err(unexpected(bytes, at, "`;`").into());
    }
    for word in [&b"CONFLICT"[..], b"DO", b"NOTHING"] {
        cursor.expect_word(word)?;
    }
    Ok(cursor.at)
}
