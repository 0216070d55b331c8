//! Rows that are too long to be held in memory: they pass in pieces.
//!
//! PostgreSQL takes values of up to 1 GB. A row of up to [`WHOLE_ROW_BYTES`] is read as a whole; a longer one is read
//! by the same grammar, but literal by literal, and long literals in parts. Which way a row goes depends on its length
//! alone, never on how the input was cut into chunks.

use memchr::{memchr, memchr2, memmem};

use super::copy::{self, Line};
use super::line_ends::{LineEnds, stripped};
use super::statement::CRLF;
use super::{Events, Fault, Piece};
use crate::error::ErrorKind;
use crate::lex::literal::{Field, Form, not_a_bit, scan_literal, single_backslash, skip_spaces, unexpected};
use crate::lex::{LexError, slice, tail};

/// The longest row that is read as a whole, in bytes.
pub(crate) const WHOLE_ROW_BYTES: usize = 1 << 20;

/// Where a long row of a `VALUES` list stands between two calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongValues {
    /// How many literals are complete.
    pub(crate) fields: usize,
    at: Within,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    /// A literal must come.
    Literal,
    /// Inside of a quoted one.
    String,
    /// Inside of `B'…'`.
    Bits,
    /// A comma or the closing parenthesis must come.
    Separator,
}

/// What a step did.
pub(crate) enum Progress {
    /// So many bytes are done with; the row goes on.
    Read(usize),
    /// The row ended behind so many bytes.
    Ended(usize),
    /// Nothing can be done without more bytes.
    More,
}

impl LongValues {
    pub(crate) fn new() -> Self {
        Self {
            fields: 0,
            at: Within::Literal,
        }
    }

    /// Reads one element of the row from the start of `bytes`.
    pub(crate) fn step(
        &mut self,
        bytes: &[u8],
        scs: bool,
        (id, columns): (usize, Option<usize>),
        line_ends: &mut LineEnds,
        events: &mut impl Events,
    ) -> Result<Progress, Fault> {
        match self.at {
            Within::Literal => self.literal(bytes, scs, (id, columns), line_ends, events),
            Within::String | Within::Bits => self.string(bytes, scs, id, line_ends, events),
            Within::Separator => match skip_spaces(bytes, 0) {
                (0, None) => Ok(Progress::More),
                (at, None) => Ok(Progress::Read(at)),
                (at, Some(b',')) => {
                    self.at = Within::Literal;
                    Ok(Progress::Read(at + 1))
                }
                (at, Some(b')')) => {
                    check_count(self.fields, columns).map_err(|message| count_error(at, message))?;
                    events.piece(id, Piece::End)?;
                    Ok(Progress::Ended(at + 1))
                }
                (at, Some(_)) => Err(unexpected(bytes, at, "a comma or a closing parenthesis").into()),
            },
        }
    }

    fn literal(
        &mut self,
        bytes: &[u8],
        scs: bool,
        (id, columns): (usize, Option<usize>),
        line_ends: &mut LineEnds,
        events: &mut impl Events,
    ) -> Result<Progress, Fault> {
        let spaces = bytes
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
            .count();
        if spaces > 0 {
            return Ok(Progress::Read(spaces));
        }
        let window = slice(bytes, 0, bytes.len().min(WHOLE_ROW_BYTES));
        let check = |read: usize| match columns {
            Some(columns) if columns == read => Err(too_many(0, columns)),
            _ => Ok(()),
        };
        if let Some(field) = scan_literal(window, 0, scs)? {
            check(self.fields)?;
            self.fields += 1;
            self.at = Within::Separator;
            if line_ends.look(field.raw(window), field.start)? {
                events.skipped(CRLF)?;
                let literal = stripped(field.raw(window));
                let (start, end) = (0, literal.len());
                events.piece(id, Piece::Literal(&literal, Field { start, end, ..field }))?;
            } else {
                events.piece(id, Piece::Literal(window, field))?;
            }
            return Ok(Progress::Read(field.end));
        }
        if bytes.len() < WHOLE_ROW_BYTES {
            return Ok(Progress::More);
        }
        check(self.fields)?;
        match skip_spaces(bytes, 0) {
            (at, Some(b'\'')) => {
                self.at = Within::String;
                events.piece(id, Piece::StringBegin(Form::Quotes))?;
                Ok(Progress::Read(at + 1))
            }
            // `scan_literal` has seen the quote behind the B.
            (at, Some(b'B')) => {
                self.at = Within::Bits;
                events.piece(id, Piece::StringBegin(Form::Bits))?;
                Ok(Progress::Read(at + 2))
            }
            (at, _) => Err(LexError::new(at, ErrorKind::TooLarge, "a number of more than 1 MiB").into()),
        }
    }

    fn string(
        &mut self,
        bytes: &[u8],
        scs: bool,
        id: usize,
        line_ends: &mut LineEnds,
        events: &mut impl Events,
    ) -> Result<Progress, Fault> {
        let bits = self.at == Within::Bits;
        let (end, ended) = if bits {
            bits_run(bytes)?
        } else {
            string_run(bytes, scs)?
        };
        let end = if ended { end } else { whole_characters(bytes, end) };
        // A carriage return waits for what follows it.
        let end = match bytes.get(end.wrapping_sub(1)) {
            Some(b'\r') if !ended && line_ends.may_be_crlf() => end - 1,
            _ => end,
        };
        let form = if scs || bits { Form::Quotes } else { Form::Backslashes };
        let inside = slice(bytes, 0, end);
        if line_ends.look(inside, 0)? {
            let found = memmem::find(inside, b"\r\n").unwrap_or_default();
            events.skipped(CRLF)?;
            if found > 0 {
                events.piece(id, Piece::String(slice(bytes, 0, found), form))?;
            }
            return Ok(Progress::Read(found + 1));
        }
        if end > 0 {
            events.piece(id, Piece::String(inside, form))?;
        }
        if ended {
            self.fields += 1;
            self.at = Within::Separator;
            events.piece(id, Piece::StringEnd)?;
            return Ok(Progress::Read(end + 1));
        }
        Ok(if end == 0 { Progress::More } else { Progress::Read(end) })
    }
}

/// How far the inside of a quoted literal goes, and whether its closing quote follows. A doubled quote or backslash is
/// never cut.
fn string_run(bytes: &[u8], scs: bool) -> Result<(usize, bool), LexError> {
    let mut at = 0;
    loop {
        let rest = tail(bytes, at);
        let found = if scs {
            memchr(b'\'', rest)
        } else {
            memchr2(b'\'', b'\\', rest)
        };
        let Some(found) = found else {
            return Ok((bytes.len(), false));
        };
        at += found;
        match (bytes.get(at), bytes.get(at + 1)) {
            (_, None) => return Ok((at, false)),
            (Some(first), Some(second)) if first == second => at += 2,
            (Some(b'\''), _) => return Ok((at, true)),
            _ => return Err(single_backslash(at)),
        }
    }
}

fn bits_run(bytes: &[u8]) -> Result<(usize, bool), LexError> {
    match bytes.iter().position(|byte| !matches!(byte, b'0' | b'1')) {
        None => Ok((bytes.len(), false)),
        Some(at) if bytes.get(at) == Some(&b'\'') => Ok((at, true)),
        Some(at) => Err(not_a_bit(at)),
    }
}

/// Where a long line of COPY data stands between two calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongCopy {
    pub(crate) tabs: usize,
    /// Whether the next byte begins a field.
    field_start: bool,
}

impl LongCopy {
    pub(crate) fn new() -> Self {
        Self {
            tabs: 0,
            field_start: true,
        }
    }

    /// Reads some of the line from the start of `bytes`.
    pub(crate) fn step(
        &mut self,
        bytes: &[u8],
        (id, columns): (usize, Option<usize>),
        is_crlf: bool,
        scratch: &mut Vec<u8>,
        events: &mut impl Events,
    ) -> Result<Progress, Fault> {
        // The longest escape has four bytes; one more tells what follows `\N`.
        const LOOK_AHEAD: usize = 5;
        let (end, ended) = match copy::scan_line(bytes, 0, is_crlf)? {
            Some(Line::Row { end, .. }) => (end, true),
            Some(Line::End(at)) => {
                return Err(
                    LexError::new(at, ErrorKind::InvalidCopyData, "an end-of-data marker inside of a row").into(),
                );
            }
            None => {
                let end = whole_characters(bytes, bytes.len().saturating_sub(LOOK_AHEAD));
                (run_without_escape_at_its_end(bytes, end), false)
            }
        };
        if end == 0 {
            return Ok(Progress::More);
        }
        // The row ends with a line feed alone.
        let line = (ended && is_crlf).then(|| [slice(bytes, 0, end - 2), b"\n"].concat());
        let piece = line.as_deref().unwrap_or(slice(bytes, 0, end));
        if let Some(found) = memchr(b'\r', piece) {
            return Err(LexError::new(found, ErrorKind::InvalidCopyData, "a carriage return in COPY data").into());
        }
        scratch.clear();
        let tabs = copy::canonicalize(piece, self.field_start, scratch)?;
        if let Some(columns) = columns.filter(|&columns| self.tabs + tabs >= columns) {
            let surplus = tab(piece, columns.saturating_sub(self.tabs + 1));
            return Err(too_many(surplus, columns).into());
        }
        self.tabs += tabs;
        if ended {
            check_count(self.tabs + 1, columns).map_err(|message| count_error(end - 1, message))?;
        }
        self.field_start = piece.last() == Some(&b'\t') && !ends_with_escape(piece);
        events.piece(id, Piece::Copy(scratch))?;
        if ended {
            events.piece(id, Piece::End)?;
            return Ok(Progress::Ended(end));
        }
        Ok(Progress::Read(end))
    }
}

/// What is wrong with so many values, if it is known how many there should be.
pub(super) fn check_count(values: usize, columns: Option<usize>) -> Result<(), String> {
    match columns {
        Some(0) => match values {
            0 => Ok(()),
            _ => Err(format!(
                "the row has {values} values, and the COPY names no columns: give the schema of the source with \
                 `schema = FILE`, which tells them"
            )),
        },
        Some(columns) if columns != values => Err(format!("the row has {values} values for {columns} columns")),
        _ => Ok(()),
    }
}

fn count_error(at: usize, message: String) -> LexError {
    LexError::new(at, ErrorKind::ColumnCount, message)
}

fn too_many(at: usize, columns: usize) -> LexError {
    count_error(
        at,
        format!("the row has more than {columns} values for {columns} columns"),
    )
}

/// Where the tab of this number is, counted from 0, that ends a value.
fn tab(piece: &[u8], number: usize) -> usize {
    let mut tabs = 0;
    let mut at = 0;
    while let Some(found) = memchr2(b'\t', b'\\', tail(piece, at)) {
        at += found;
        if piece.get(at) == Some(&b'\\') {
            at += 2;
            continue;
        }
        if tabs == number {
            return at;
        }
        tabs += 1;
        at += 1;
    }
    0
}

/// How far the characters before `end` are whole, as far as bytes tell: a row that is given up must end with one. An ASCII
/// byte is a character in every encoding that is taken; a long run without any is taken for UTF-8.
fn whole_characters(bytes: &[u8], end: usize) -> usize {
    const RUN_MAX: usize = 4096;
    let bytes = slice(bytes, 0, end);
    let run = bytes
        .iter()
        .rev()
        .take(RUN_MAX)
        .take_while(|byte| !byte.is_ascii())
        .count();
    if run < RUN_MAX {
        return end - run;
    }
    let rest = bytes
        .iter()
        .rev()
        .take(4)
        .take_while(|&&byte| byte & 0xc0 == 0x80)
        .count();
    match bytes.iter().rev().nth(rest) {
        Some(&lead) if lead >= 0xc0 && lead.leading_ones() as usize > rest + 1 => end - rest - 1,
        _ => end,
    }
}

/// The largest offset up to `most` that does not stand inside of an escape.
fn run_without_escape_at_its_end(bytes: &[u8], most: usize) -> usize {
    let mut at = 0;
    while let Some(found) = memchr(b'\\', slice(bytes, at, most)) {
        // An escape is taken to be four bytes long; what it does not need is read as plain bytes the next time.
        let escape = at + found;
        // What follows `\N` tells whether it is NULL, so it has to stand in the same piece.
        let length = match bytes.get(escape + 1) {
            Some(b'0'..=b'7' | b'x') => 4,
            Some(b'N') => 3,
            _ => 2,
        };
        if escape + length > most {
            return escape;
        }
        at = escape + 2;
    }
    most
}

fn ends_with_escape(piece: &[u8]) -> bool {
    let backslashes = piece.iter().rev().skip(1).take_while(|&&byte| byte == b'\\').count();
    backslashes % 2 == 1
}

/// The part of a row that is longer than [`WHOLE_ROW_BYTES`], if it is.
pub(crate) fn window(bytes: &[u8]) -> (&[u8], bool) {
    (
        slice(bytes, 0, bytes.len().min(WHOLE_ROW_BYTES)),
        bytes.len() >= WHOLE_ROW_BYTES,
    )
}
