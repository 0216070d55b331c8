//! The state machine that reads a dump, resumable at any byte.
//!
//! Advice for whoever works here: a `step` looks at the bytes from the first unread one on and either does one thing
//! and says how many bytes that took, or asks for more and has changed nothing. All state that outlives a step is in
//! [`State`]. What a step does must depend on the bytes alone, never on where the buffer happens to end: every test
//! input is run at every split.

use std::collections::HashMap;

use memchr::{memchr, memrchr};

use super::line_ends::{Crlf, LineEnds};
use super::long::{LongCopy, LongValues};
use super::sniff::{BYTE_ORDER_MARK, SNIFF_BYTES, ends_in_header, sniff};
use super::{Appearance, Events, Fault};
use crate::encoding::utf16::Utf16;
use crate::error::{Error, ErrorKind, Position, Result};
use crate::lex::literal::Field;
use crate::lex::split::{Splitter, count_lines};
use crate::lex::{has_excerpt, slice, tail};
use crate::limits::{Limit, Limits};
use crate::text::NUL;

/// How much of the next chunk is joined to a cut piece at first.
const JOIN_BYTES: usize = 4096;
/// How much of a chunk is looked at by one call that may stop before its end.
const SOME_BYTES: usize = 256 * 1024;

/// Reads a dump in chunks of any size.
pub(crate) struct Reader {
    pub(super) state: State,
    /// `standard_conforming_strings`.
    pub(super) scs: bool,
    pub(super) search_path: Option<Vec<Vec<u8>>>,
    /// The bytes of the last chunk that are not read yet.
    carry: Vec<u8>,
    /// How long `carry` must be before it is worth reading again.
    retry_at: usize,
    /// Where the first unread byte stands.
    place: Place,
    pub(super) current: Current,
    pub(super) heads: HashMap<Vec<u8>, Current>,
    /// Heads with other letters than those of ASCII, which mean something else in another encoding.
    pub(super) odd_heads: HashMap<Vec<u8>, Current>,
    pub(super) heads_bytes: u64,
    pub(super) fields: Vec<Field>,
    pub(super) scratch: Vec<u8>,
    /// Whether pg_dump's header was seen, and then its trailer.
    pub(super) header: bool,
    pub(super) complete: bool,
    /// Whether pg_dumpall's header was seen, and not its trailer.
    pub(super) cluster: bool,
    /// The key of a `\\restrict` whose `\\unrestrict` was not seen yet.
    pub(super) restricted: Option<Vec<u8>>,
    /// Whether a message was read that only a whole dump makes harmless.
    pub(super) needs_header: bool,
    pub(super) limits: Limits,
    pub(super) line_ends: LineEnds,
    /// Where the input is UTF-16: its decoder, and what was decoded and not read yet.
    pub(super) utf16: Option<Box<Utf16>>,
    pub(super) decoded: Vec<u8>,
    /// Bytes of the UTF-16.
    pub(super) encoded_bytes: u64,
    /// Bytes of all statements about the schema.
    pub(super) catalog_bytes: u64,
    /// Bytes of the long row so far.
    pub(super) long_bytes: u64,
    pub(super) facts: Appearance,
    /// Rows of the open `INSERT` so far.
    pub(super) statement_rows: u64,
    /// Whether reading stops where the listener is full.
    pub(super) pauses: bool,
}

/// Where the reader stands between two steps.
pub(super) enum State {
    /// Nothing was read.
    Start,
    /// Between statements.
    Top,
    /// In a `--` comment of which all but the end is read.
    Comment,
    /// Behind the `(` that opens a row.
    Values,
    /// Behind a row.
    Tail,
    /// At the start of a line of COPY data.
    Copy,
    /// In a long statement that is skipped in pieces.
    Skip(Box<Splitter>),
    /// In a long row.
    LongValues(LongValues),
    LongCopy(LongCopy),
}

/// The head whose rows are being read.
#[derive(Clone, Default)]
pub(super) struct Current {
    /// Its bytes, up to and including `VALUES (`; another statement that begins with the same ones has the same head.
    pub(super) text: Vec<u8>,
    pub(super) id: usize,
    pub(super) columns: Option<usize>,
    pub(super) lines_max: u64,
    pub(super) default_values: bool,
}

/// Byte, line, and byte at which the line begins.
#[derive(Clone, Copy)]
struct Place {
    byte: u64,
    line: u64,
    line_start: u64,
}

impl Place {
    fn advance(&mut self, bytes: &[u8]) {
        if let Some(last) = memrchr(b'\n', bytes) {
            self.line += count_lines(bytes);
            self.line_start = self.byte + last as u64 + 1;
        }
        self.byte += bytes.len() as u64;
    }

    fn position(mut self, read: &[u8]) -> Position {
        self.advance(read);
        Position {
            byte: self.byte,
            line: self.line,
            column: self.byte - self.line_start + 1,
            ..Position::default()
        }
    }
}

/// What a step returns: how many bytes it has read, or `None` for want of more.
pub(super) type Step = Result<Option<usize>, Fault>;

impl Reader {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            state: State::Start,
            scs: true,
            search_path: None,
            carry: Vec::new(),
            retry_at: 0,
            place: Place {
                byte: 0,
                line: 1,
                line_start: 0,
            },
            current: Current::default(),
            heads: HashMap::new(),
            odd_heads: HashMap::new(),
            heads_bytes: 0,
            fields: Vec::new(),
            scratch: Vec::new(),
            header: false,
            complete: false,
            cluster: false,
            restricted: None,
            needs_header: false,
            limits,
            line_ends: LineEnds::default(),
            utf16: None,
            decoded: Vec::new(),
            encoded_bytes: 0,
            catalog_bytes: 0,
            long_bytes: 0,
            facts: Appearance::default(),
            statement_rows: 0,
            pauses: false,
        }
    }

    /// What happens to CRLF in literals.
    pub(crate) fn with_crlf(mut self, crlf: Crlf) -> Self {
        self.line_ends.option = crlf;
        self
    }

    /// Bytes read so far, those waiting for the rest of a piece included.
    pub(crate) fn bytes(&self) -> u64 {
        match self.utf16 {
            Some(_) => self.encoded_bytes,
            None => self.place.byte + self.carry.len() as u64,
        }
    }

    /// What the dump looks like so far.
    pub(crate) fn facts(&self) -> &Appearance {
        &self.facts
    }

    /// Reads the next bytes of the dump.
    pub(crate) fn write(&mut self, chunk: &[u8], events: &mut impl Events) -> Result<()> {
        self.pauses = false;
        self.write_all(chunk, events).map(|_| ())
    }

    /// Reads some of the next bytes of the dump, until the listener is full; returns how many. The others have to be
    /// given again.
    pub(crate) fn write_some(&mut self, chunk: &[u8], events: &mut impl Events) -> Result<usize> {
        self.pauses = true;
        // What is given again is looked at again.
        self.write_all(slice(chunk, 0, chunk.len().min(SOME_BYTES)), events)
    }

    fn write_all(&mut self, chunk: &[u8], events: &mut impl Events) -> Result<usize> {
        let left = self.limits.get(Limit::DumpBytes).saturating_sub(self.bytes());
        match usize::try_from(left) {
            Ok(left) if left < chunk.len() => {
                let read = self.take(slice(chunk, 0, left), events)?;
                if read < left {
                    return Ok(read);
                }
                self.read_held(events)?;
                Err(self.locate(self.limits.error(Limit::DumpBytes), self.position(), events))
            }
            _ => self.take(chunk, events),
        }
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.carry.capacity() + self.scratch.capacity()
    }

    /// The place behind the last byte that was given.
    pub(crate) fn position(&self) -> Position {
        self.place.position(&self.carry)
    }

    fn take(&mut self, chunk: &[u8], events: &mut impl Events) -> Result<usize> {
        if self.utf16.is_some() {
            return self.take_utf16(chunk, events);
        }
        if !matches!(self.state, State::Start) {
            return self.feed(chunk, events);
        }
        let (start, rest) = chunk.split_at(chunk.len().min(SNIFF_BYTES.saturating_sub(self.carry.len())));
        self.carry.extend_from_slice(start);
        if self.carry.len() < SNIFF_BYTES {
            return Ok(start.len());
        }
        self.start(events)?;
        Ok(start.len() + self.take(rest, events)?)
    }

    /// Looks at the first bytes as a whole, then reads them.
    fn start(&mut self, events: &mut impl Events) -> Result<()> {
        let mut start = std::mem::take(&mut self.carry);
        self.state = State::Top;
        if let Some(mut decoder) = Utf16::of(&start) {
            let mut text = Vec::new();
            let result = decoder.decode(tail(&start, 2), &mut text);
            result.map_err(|error| error.or_position(|| self.place.position(&text)))?;
            self.utf16 = Some(Box::new(decoder));
            self.encoded_bytes = start.len() as u64;
            start = text;
        }
        if let Err(error) = sniff(&start) {
            return Err(self.locate(error, self.place.position(b""), events));
        }
        let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&start);
        self.place.advance(slice(&start, 0, start.len() - text.len()));
        // These are few: they are read whatever they make.
        let pauses = std::mem::replace(&mut self.pauses, false);
        let result = self.feed(text, events);
        self.pauses = pauses;
        result.map(|_| ())
    }

    /// Reads bytes up to the first NUL, which is refused before anything behind it is looked at: psql drops the rest of
    /// its line, so that a quote behind it would be seen here but not there.
    pub(super) fn feed(&mut self, chunk: &[u8], events: &mut impl Events) -> Result<usize> {
        let Some(nul) = memchr(0, chunk) else {
            return self.read(chunk, events);
        };
        let read = self.read(slice(chunk, 0, nul), events)?;
        if read < nul {
            return Ok(read);
        }
        self.read_held(events)?;
        let error = Error::new(ErrorKind::NulByte, NUL);
        Err(self.locate(error, self.position(), events))
    }

    /// Reads what was held back for more to come, before an error that is about what comes: however the input is cut, the
    /// same was read until then.
    fn read_held(&mut self, events: &mut impl Events) -> Result<()> {
        if matches!(self.state, State::Start) {
            return Ok(());
        }
        self.pauses = false;
        let mut carry = std::mem::take(&mut self.carry);
        let read = self.run(&carry, false, events)?;
        carry.drain(..read);
        self.carry = carry;
        Ok(())
    }

    /// Reads a chunk; returns how much of it, which is all unless the listener is full.
    fn read(&mut self, whole: &[u8], events: &mut impl Events) -> Result<usize> {
        let mut chunk = whole;
        // A piece that the last chunk has cut is joined with as much of this one as it needs, and not more: what is
        // read in place is not copied.
        while !self.carry.is_empty() && !chunk.is_empty() {
            let old = self.carry.len();
            let joined = slice(chunk, 0, chunk.len().min(old.max(JOIN_BYTES)));
            self.carry.extend_from_slice(joined);
            if self.carry.len() < self.retry_at {
                chunk = tail(chunk, joined.len());
                continue;
            }
            let mut carry = std::mem::take(&mut self.carry);
            let read = self.run(&carry, false, events)?;
            let is_full = self.is_full(events);
            if read >= old {
                chunk = tail(chunk, read - old);
            } else if is_full {
                // What was joined is given again.
                carry.truncate(old);
                carry.drain(..read);
                self.carry = carry;
                self.retry_at = 0;
            } else {
                chunk = tail(chunk, joined.len());
                carry.drain(..read);
                self.wait_with(carry);
            }
            if is_full {
                return Ok(whole.len() - chunk.len());
            }
        }
        if !chunk.is_empty() {
            let read = self.run(chunk, false, events)?;
            let rest = tail(chunk, read);
            if self.is_full(events) {
                return Ok(whole.len() - rest.len());
            }
            let mut carry = std::mem::take(&mut self.carry);
            carry.extend_from_slice(rest);
            self.wait_with(carry);
        }
        Ok(whole.len())
    }

    #[inline]
    pub(super) fn is_full(&self, events: &impl Events) -> bool {
        self.pauses && events.is_full()
    }

    /// Keeps a piece until there is enough more of it: read again after every byte, a long row would take time by the
    /// square of its length.
    fn wait_with(&mut self, carry: Vec<u8>) {
        self.retry_at = carry.len() + carry.len() / 2;
        self.carry = carry;
    }

    /// The dump has ended.
    pub(crate) fn finish(&mut self, events: &mut impl Events) -> Result<()> {
        // What was held back is less than a row, a statement or the first bytes.
        self.pauses = false;
        if matches!(self.state, State::Start) {
            let decoded = Utf16::decode_all(&self.carry).and_then(Result::ok);
            if ends_in_header(decoded.as_deref().unwrap_or(&self.carry)) {
                return Err(self.locate(truncated("inside its first lines"), self.position(), events));
            }
            self.start(events)?;
        }
        self.read_decoded(events)?;
        if let Some(decoder) = &self.utf16 {
            decoder
                .finish()
                .map_err(|error| error.or_position(|| self.position()))?;
        }
        let carry = std::mem::take(&mut self.carry);
        let read = self.run(&carry, true, events)?;
        let end = self.place.position(tail(&carry, read));
        match self.cut(read < carry.len()) {
            None if self.needs_header && !self.header => {
                let message = "the input holds messages of pg_dump, and no dump that is whole";
                let hint = "send the messages of pg_dump elsewhere than its output";
                Err(self.locate(Error::new(ErrorKind::NotADump, message).with_hint(hint), end, events))
            }
            None => Ok(()),
            Some(place) => Err(self.locate(truncated(place), end, events)),
        }
    }

    /// Where the dump is cut if it ends here; `is_unread` if bytes are left that make no whole piece.
    fn cut(&self, is_unread: bool) -> Option<&'static str> {
        match &self.state {
            State::Copy | State::LongCopy(_) => Some("inside the data of a COPY"),
            State::Values | State::Tail | State::LongValues(_) => Some("inside an INSERT"),
            State::Skip(splitter) if splitter.open_token().is_some() => Some("inside a literal"),
            State::Skip(_) => Some("inside a statement"),
            State::Start | State::Top | State::Comment => {
                if is_unread {
                    Some("inside a statement")
                } else if self.header && !self.complete {
                    Some("without the trailer `-- PostgreSQL database dump complete`")
                } else if self.cluster {
                    Some("without the trailer `-- PostgreSQL database cluster dump complete`")
                } else if self.restricted.is_some() {
                    Some("without the `\\unrestrict` that its `\\restrict` asks for")
                } else {
                    None
                }
            }
        }
    }

    /// Reads as much of `bytes` as it can; returns how much that is.
    fn run(&mut self, bytes: &[u8], last: bool, events: &mut impl Events) -> Result<usize> {
        let mut read = 0;
        let fault = loop {
            let step = self.step(tail(bytes, read), last, events);
            if let Some(at) = self.line_ends.doubt_here.take() {
                self.line_ends.doubt = Some(self.place.position(slice(bytes, 0, read + at)));
            }
            match step {
                Ok(Some(length)) => read += length,
                Ok(None) => break None,
                Err(fault) => {
                    let fault = fault.shift(read);
                    // A message must not depend on where the input is cut: what it quotes has to be there.
                    if fault.quotes && !last && !has_excerpt(tail(bytes, fault.at)) {
                        break None;
                    }
                    break Some(fault);
                }
            }
            if read == bytes.len() || self.is_full(events) {
                break None;
            }
        };
        if let Some(fault) = fault {
            let position = self.place.position(slice(bytes, 0, fault.at.min(bytes.len())));
            return Err(self.locate(fault.error, position, events));
        }
        self.place.advance(slice(bytes, 0, read));
        Ok(read)
    }

    fn locate(&self, error: Error, position: Position, events: &impl Events) -> Error {
        let (table, row) = match self.state {
            State::Start | State::Top | State::Comment | State::Skip(_) => (None, None),
            _ => events.place(),
        };
        error.or_position(|| Position { table, row, ..position })
    }
}

/// The dump ends where none does.
fn truncated(place: &str) -> Error {
    Error::new(ErrorKind::Truncated, format!("the dump is cut: it ends {place}"))
        .with_hint("make the dump again, and look at the exit status of pg_dump")
}
