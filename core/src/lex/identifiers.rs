//! Names and lists of names, as statements and options write them.

use memchr::memchr;

use super::literal::{skip_spaces, unexpected};
use super::names::{self, COLUMNS_MAX, QUOTED_BYTES_MAX, too_many_columns};
use super::{LexError, slice, tail};
use crate::error::ErrorKind;

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

/// Reads a text that was given as a whole, to its end.
pub(crate) fn whole<T>(text: &[u8], read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Stop>) -> Option<T> {
    whole_or_stop(text, read).ok().flatten()
}

/// The same, with the reason why it stopped; `None` where more follows.
fn whole_or_stop<T>(text: &[u8], read: impl FnOnce(&mut Cursor<'_>) -> Result<T, Stop>) -> Result<Option<T>, Stop> {
    // A byte that is no part of a name lets the last word end without asking for more.
    let terminated = [text, b";"].concat();
    let mut cursor = Cursor {
        bytes: &terminated,
        at: 0,
    };
    let found = read(&mut cursor)?;
    Ok((cursor.at == text.len()).then_some(found))
}

/// Reads a relation's name, as in the literal of `setval('…')`; nothing may follow it.
pub(crate) fn parse_relation(text: &[u8]) -> Option<Relation> {
    whole(text, |cursor| cursor.relation())
}

/// Why a text is no name of a relation, if one of its parts is too long.
pub(crate) fn too_long_relation(text: &[u8]) -> Option<String> {
    match whole_or_stop(text, |cursor| cursor.relation()) {
        Err(Stop::Bad(error)) if error.kind == ErrorKind::TooLarge => Some(error.message),
        _ => None,
    }
}

/// The schemas of a `search_path`, as stored; none if the path is empty. An empty name is no schema.
pub(crate) fn parse_path(path: &[u8]) -> Option<Vec<Vec<u8>>> {
    if path.trim_ascii().is_empty() {
        return Some(Vec::new());
    }
    whole(path, |cursor| {
        let mut schemas = Vec::new();
        loop {
            if tail(cursor.bytes, cursor.at).trim_ascii_start().starts_with(b"\"\"") {
                cursor.next()?;
                cursor.at += 2;
            } else {
                schemas.push(cursor.identifier()?);
            }
            match cursor.next()? {
                b',' => cursor.at += 1,
                _ => return Ok(schemas),
            }
        }
    })
}

/// Reads a list of columns given by hand: `column,column`.
pub(crate) fn parse_columns(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    whole(text, |cursor| cursor.columns_by_hand())
}

/// Reads a key given by hand: `schema.table=column,column`.
pub(crate) fn parse_key(text: &[u8]) -> Option<(Relation, Vec<Vec<u8>>)> {
    whole(text, |cursor| {
        let relation = cursor.relation()?;
        cursor.expect(b'=')?;
        Ok((relation, cursor.columns_by_hand()?))
    })
}

/// Reads names with dots between them, such as `schema.table.column`.
pub(crate) fn parse_dotted(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    whole(text, |cursor| {
        let mut names = vec![cursor.identifier()?];
        while cursor.bytes.get(cursor.at) == Some(&b'.') {
            cursor.at += 1;
            names.push(cursor.identifier()?);
        }
        Ok(names)
    })
}

/// Reads tokens from the bytes it stands before.
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

    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), Stop> {
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
