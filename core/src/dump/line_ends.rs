//! Dumps whose lines end in CRLF: what was written through a shell of Windows, or copied as text.
//!
//! COPY data escapes carriage returns and SQL takes them for white space, so that those at line ends say nothing. Inside
//! of a literal nobody can tell whether the value has one, or the program that has changed the line ends has put it there.

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Position};
use crate::lex::split::Splitter;
use crate::lex::{LexError, slice, tail};

/// What happens to CRLF inside of literals and quoted names, in a dump whose lines end so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Crlf {
    /// It is an error: whether the value has the carriage return cannot be told.
    #[default]
    Refuse,
    /// It becomes a line feed, as if all of them had been put there with those at the line ends.
    Strip,
}

/// How the lines of a dump end, as far as it is known.
#[derive(Default)]
pub(super) struct LineEnds {
    pub(super) option: Crlf,
    /// Whether the first line has ended in CRLF.
    is_crlf: Option<bool>,
    /// CRLF in a literal before the first line has ended, by its offset in the bytes of this step.
    pub(super) doubt_here: Option<usize>,
    /// The same by its place in the dump.
    pub(super) doubt: Option<Position>,
}

const HINT: &str = "choose `crlf = strip` if a program has changed all line ends, which makes line feeds of them; or let pg_dump \
                    write the file itself: pg_dump -f dump.sql …, and copy it as binary";

impl LineEnds {
    /// Whether CRLF in a literal has to be looked at.
    #[inline]
    pub(super) fn may_be_crlf(&self) -> bool {
        self.is_crlf != Some(false)
    }

    /// Whether the lines end in CRLF.
    #[inline]
    pub(super) fn is_crlf(&self) -> bool {
        self.is_crlf == Some(true)
    }

    /// A line has ended, outside of literals; `at` is where its carriage return or line feed stands.
    pub(super) fn end_line(&mut self, is_crlf: bool, at: usize) -> Result<(), super::Fault> {
        match self.is_crlf {
            None => self.is_crlf = Some(is_crlf),
            // A line feed alone is white space like another.
            Some(first) if first || !is_crlf => return Ok(()),
            Some(_) => {
                let message = "a carriage return (CRLF line ends), in a dump whose first line ends without";
                let hint = "the line ends were changed, and with them maybe the values; let pg_dump write the file itself: \
                            pg_dump -f dump.sql …, and copy it as binary";
                let error = Error::new(ErrorKind::NotADump, message).with_hint(hint);
                return Err(super::Fault::from(error).shift(at));
            }
        }
        match self.doubt.take().filter(|_| is_crlf && self.option == Crlf::Refuse) {
            Some(position) => Err(ambiguous().or_position(|| position).into()),
            None => Ok(()),
        }
    }

    /// Looks at the inside of a literal or quoted name that begins at the offset `at`; returns whether it has to be
    /// stripped.
    pub(super) fn look(&mut self, inside: &[u8], at: usize) -> Result<bool, super::Fault> {
        if !self.may_be_crlf() {
            return Ok(false);
        }
        let Some(found) = memmem::find(inside, b"\r\n") else {
            return Ok(false);
        };
        match (self.option, self.is_crlf) {
            (Crlf::Strip, _) => Ok(true),
            (Crlf::Refuse, Some(_)) => Err(super::Fault::from(ambiguous()).shift(at + found)),
            (Crlf::Refuse, None) => {
                if self.doubt.is_none() && self.doubt_here.is_none() {
                    self.doubt_here = Some(at + found);
                }
                Ok(false)
            }
        }
    }

    /// The same for a statement, of which only what is quoted matters.
    pub(super) fn look_at_statement(&mut self, sql: &[u8], scs: bool) -> Result<bool, super::Fault> {
        if !self.is_crlf() {
            return Ok(false);
        }
        let mut splitter = Splitter::new(scs);
        let mut read = 0;
        for found in memmem::find_iter(sql, b"\r\n") {
            let _ = splitter.scan(slice(sql, read, found));
            read = found;
            if splitter.is_in_literal() {
                return self.look(tail(sql, found), found);
            }
        }
        Ok(false)
    }
}

fn ambiguous() -> Error {
    let message = "CRLF inside of a literal or quoted name, in a dump whose lines end so: whether the carriage return is the \
                   value's own cannot be told";
    Error::new(ErrorKind::InvalidLiteral, message).with_hint(HINT)
}

/// A line of COPY data that does not end as the others do.
pub(super) fn mixed(at: usize) -> LexError {
    let message = "a line of COPY data that ends without a carriage return, and the others have one";
    LexError::new(at, ErrorKind::InvalidCopyData, message)
}

/// Appends the bytes with a line feed for each CRLF.
pub(super) fn strip(bytes: &[u8], out: &mut Vec<u8>) {
    let mut read = 0;
    for found in memmem::find_iter(bytes, b"\r\n") {
        out.extend_from_slice(slice(bytes, read, found));
        read = found + 1;
    }
    out.extend_from_slice(tail(bytes, read));
}

/// The same for a name.
pub(super) fn stripped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    strip(bytes, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_crlf_becomes_a_line_feed() {
        for (bytes, expected) in [
            (&b"a\r\nb\r\n"[..], &b"a\nb\n"[..]),
            (b"a\r\r\nb\r", b"a\r\nb\r"),
            (b"\n\r", b"\n\r"),
        ] {
            assert_eq!(stripped(bytes), expected);
        }
    }
}
