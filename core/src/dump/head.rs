//! The heads of the two statements that carry rows: `INSERT INTO name (columns) … VALUES (` and
//! `COPY name (columns) FROM stdin;`.
//!
//! They are read by exact grammar: whatever else an `INSERT` or `COPY` can be in SQL is refused here.

use memchr::memchr;

use super::line_ends::stripped;
use crate::error::ErrorKind;
use crate::lex::literal::{skip_spaces, unexpected};
use crate::lex::names::{self, COLUMNS_MAX, QUOTED_BYTES_MAX, too_many_columns};
use crate::lex::{LexError, slice, tail};

/// Why reading stopped: for want of bytes, or at a mistake.
#[derive(Debug)]
pub(crate) enum Stop {
    More,
    Bad(LexError),
}

impl From<LexError> for Stop {
    fn from(error: LexError) -> Self {
        Self::Bad(error)
    }
}

/// The name of a relation as PostgreSQL stores it, in the bytes of the dump's encoding.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Relation {
    pub(crate) schema: Option<Vec<u8>>,
    pub(crate) name: Vec<u8>,
}

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

/// Reads a relation's name, as in the literal of `setval('…')`; nothing may follow it.
pub(crate) fn parse_relation(bytes: &[u8]) -> Option<Relation> {
    // A byte that is no part of a name lets the last word end without asking for more.
    let mut terminated = bytes.to_vec();
    terminated.push(b';');
    let mut cursor = Cursor {
        bytes: &terminated,
        at: 0,
    };
    let relation = cursor.relation().ok()?;
    (cursor.at == bytes.len()).then_some(relation)
}

/// Why a text is no name of a relation, if one of its parts is too long.
pub(crate) fn too_long_relation(bytes: &[u8]) -> Option<String> {
    let mut terminated = bytes.to_vec();
    terminated.push(b';');
    let mut cursor = Cursor {
        bytes: &terminated,
        at: 0,
    };
    match cursor.relation() {
        Err(Stop::Bad(error)) if error.kind == ErrorKind::TooLarge => Some(error.message),
        _ => None,
    }
}

/// The schemas of a `search_path`, as stored; none if the path is empty. An empty name is no schema.
pub(crate) fn parse_path(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    if path.trim_ascii().is_empty() {
        return Some(Vec::new());
    }
    let mut terminated = path.to_vec();
    terminated.push(b';');
    let mut cursor = Cursor {
        bytes: &terminated,
        at: 0,
    };
    let mut schemas = Vec::new();
    loop {
        if tail(cursor.bytes, cursor.at).trim_ascii_start().starts_with(b"\"\"") {
            cursor.next().ok()?;
            cursor.at += 2;
        } else {
            schemas.push(cursor.identifier().ok()?);
        }
        match cursor.next().ok()? {
            b',' => cursor.at += 1,
            _ => return (cursor.at == path.len()).then_some(schemas),
        }
    }
}

pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl Cursor<'_> {
    pub(crate) fn next(&mut self) -> Result<u8, Stop> {
        let (at, byte) = skip_spaces(self.bytes, self.at);
        self.at = at;
        byte.ok_or(Stop::More)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.next()? == byte {
            self.at += 1;
            return Ok(());
        }
        Err(unexpected(self.bytes, self.at, &format!("`{}`", byte as char)).into())
    }

    /// Whether the next word is `word`, in any case; it is read if so.
    pub(crate) fn word(&mut self, word: &[u8]) -> Result<bool, Stop> {
        self.next()?;
        let rest = tail(self.bytes, self.at);
        let shared = rest.len().min(word.len());
        if !slice(rest, 0, shared).eq_ignore_ascii_case(slice(word, 0, shared)) {
            return Ok(false);
        }
        match rest.get(word.len()) {
            None => Err(Stop::More),
            Some(&next) if is_word(next) => Ok(false),
            Some(_) => {
                self.at += word.len();
                Ok(true)
            }
        }
    }

    pub(crate) fn expect_word(&mut self, word: &[u8]) -> Result<(), Stop> {
        if self.word(word)? {
            return Ok(());
        }
        Err(unexpected(self.bytes, self.at, &format!("`{}`", word.escape_ascii())).into())
    }

    pub(crate) fn relation(&mut self) -> Result<Relation, Stop> {
        let first = self.identifier()?;
        match self.bytes.get(self.at) {
            None => Err(Stop::More),
            Some(b'.') => {
                self.at += 1;
                let name = self.identifier()?;
                if self.bytes.get(self.at) == Some(&b'.') {
                    let message = "a name of three parts is not supported";
                    return Err(LexError::new(self.at, ErrorKind::UnexpectedToken, message).into());
                }
                Ok(Relation {
                    schema: Some(first),
                    name,
                })
            }
            Some(_) => Ok(Relation {
                schema: None,
                name: first,
            }),
        }
    }

    pub(crate) fn columns(&mut self) -> Result<Option<Vec<Vec<u8>>>, Stop> {
        if self.next()? != b'(' {
            return Ok(None);
        }
        self.at += 1;
        let mut columns = Vec::new();
        loop {
            self.next()?;
            if columns.len() == COLUMNS_MAX {
                return Err(LexError::new(self.at, ErrorKind::TooLarge, too_many_columns()).into());
            }
            columns.push(self.identifier()?);
            match self.next()? {
                b',' => self.at += 1,
                b')' => {
                    self.at += 1;
                    return Ok(Some(columns));
                }
                _ => return Err(unexpected(self.bytes, self.at, "a comma or a closing parenthesis").into()),
            }
        }
    }

    fn columns_by_hand(&mut self) -> Result<Vec<Vec<u8>>, Stop> {
        let mut columns = vec![self.identifier()?];
        while self.next()? == b',' {
            self.at += 1;
            columns.push(self.identifier()?);
        }
        Ok(columns)
    }

    /// Reads one identifier and returns it as stored: quotes undone, or folded to lower case.
    fn identifier(&mut self) -> Result<Vec<u8>, Stop> {
        match self.next()? {
            b'"' => self.quoted_identifier(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                let rest = tail(self.bytes, self.at);
                let most = slice(rest, 0, rest.len().min(QUOTED_BYTES_MAX));
                let length = match most.iter().position(|&byte| !is_word(byte)) {
                    Some(length) => length,
                    None if most.len() < rest.len() => return Err(self.too_long(names::message())),
                    None => return Err(Stop::More),
                };
                if let Some(message) = names::too_long(slice(rest, 0, length)) {
                    return Err(self.too_long(message));
                }
                self.at += length;
                // The U& forms are identifiers only with an escape processing that pg_dump never asks for.
                if length == 1 && (rest.starts_with(b"U&") || rest.starts_with(b"u&")) {
                    return Err(unexpected(self.bytes, self.at, "an identifier").into());
                }
                Ok(slice(rest, 0, length).to_ascii_lowercase())
            }
            _ => Err(unexpected(self.bytes, self.at, "an identifier").into()),
        }
    }

    /// The name that begins here.
    fn too_long(&self, message: String) -> Stop {
        LexError::new(self.at, ErrorKind::TooLarge, message).into()
    }

    fn quoted_identifier(&mut self) -> Result<Vec<u8>, Stop> {
        let start = self.at;
        let mut name = Vec::new();
        let mut at = start + 1;
        loop {
            let rest = tail(self.bytes, at);
            let left = (start + QUOTED_BYTES_MAX).saturating_sub(at);
            let found = match memchr(b'"', slice(rest, 0, rest.len().min(left))) {
                Some(found) => found,
                None if rest.len() > left => return Err(self.too_long(names::message())),
                None => return Err(Stop::More),
            };
            name.extend_from_slice(slice(rest, 0, found));
            at += found + 1;
            match self.bytes.get(at) {
                None => return Err(Stop::More),
                Some(b'"') => {
                    name.push(b'"');
                    at += 1;
                }
                Some(_) if name.is_empty() => {
                    return Err(LexError::new(start, ErrorKind::UnexpectedToken, "an empty identifier").into());
                }
                Some(_) => {
                    if let Some(message) = names::too_long(&name) {
                        return Err(self.too_long(message));
                    }
                    self.at = at;
                    return Ok(name);
                }
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
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

/// Reads a list of columns given by hand: `column,column`.
pub(crate) fn parse_columns(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut terminated = text.to_vec();
    terminated.push(b';');
    let mut cursor = Cursor {
        bytes: &terminated,
        at: 0,
    };
    let columns = cursor.columns_by_hand().ok()?;
    (cursor.at == text.len()).then_some(columns)
}

/// Reads a key given by hand: `schema.table=column,column`.
pub(crate) fn parse_key(text: &[u8]) -> Option<(Relation, Vec<Vec<u8>>)> {
    let mut terminated = text.to_vec();
    terminated.push(b';');
    let mut cursor = Cursor {
        bytes: &terminated,
        at: 0,
    };
    let relation = cursor.relation().ok()?;
    cursor.expect(b'=').ok()?;
    let columns = cursor.columns_by_hand().ok()?;
    (cursor.at == text.len()).then_some((relation, columns))
}

/// Reads names with dots between them, such as `schema.table.column`.
pub(crate) fn parse_dotted(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut terminated = text.to_vec();
    terminated.push(b';');
    let mut cursor = Cursor {
        bytes: &terminated,
        at: 0,
    };
    let mut names = vec![cursor.identifier().ok()?];
    while cursor.bytes.get(cursor.at) == Some(&b'.') {
        cursor.at += 1;
        names.push(cursor.identifier().ok()?);
    }
    (cursor.at == text.len()).then_some(names)
}
