//! The steps of the [`Reader`] that read rows: the hot part.

use memchr::memchr;

use super::copy::{self, Line};
use super::line_ends;
use super::long::{LongCopy, LongValues, Progress, window};
use super::reader::{Reader, State, Step};
use super::statement::CRLF;
use super::{Events, Fault};
use crate::error::{Error, ErrorKind};
use crate::lex::literal::scan_row;
use crate::lex::{LexError, slice};
use crate::limits::{Limit, Limits};

/// Most bytes of lines of COPY data that are told at once.
const BLOCK_BYTES: usize = 256 * 1024;

impl Reader {
    /// `INSERT`s with the head of the one before: as many as there are.
    pub(super) fn same_head(&mut self, bytes: &[u8], events: &mut impl Events) -> Step {
        let head = self.current.text.len();
        let mut at = 0;
        loop {
            let rest = slice(bytes, at, bytes.len());
            if !rest.starts_with(&self.current.text) || (at > 0 && self.is_full(events)) {
                break;
            }
            // Anything but one row and `;` LF goes the general way, from the row on.
            let (row, _) = window(slice(rest, head, rest.len()));
            let end = match scan_row(row, 0, self.scs, &mut self.fields) {
                Ok(Some(end))
                    if row.get(end) == Some(&b';')
                        && !self.has_cr(slice(row, 0, end))
                        && self.check_count(self.fields.len()).is_ok()
                        && self.check_length(end).is_ok() =>
                {
                    end
                }
                _ => break,
            };
            if let Err(error) = events.row(self.current.id, row, &self.fields) {
                self.state = State::Values;
                return Err(Fault::from(error).shift(at + head));
            }
            at += head + end + 1;
            match bytes.get(at) {
                Some(b'\n') => at += 1,
                Some(b'\r') if self.line_ends.is_crlf() && bytes.get(at + 1) == Some(&b'\n') => at += 2,
                _ => {}
            }
        }
        if at > 0 {
            return Ok(Some(at));
        }
        self.begin_rows(head, events)
    }

    /// One row of a `VALUES` list, from behind its `(`.
    pub(super) fn values(&mut self, bytes: &[u8], events: &mut impl Events) -> Step {
        let (row, is_full) = window(bytes);
        let Some(end) = scan_row(row, 0, self.scs, &mut self.fields)? else {
            if !is_full {
                return Ok(None);
            }
            events.piece(self.current.id, super::Piece::Begin)?;
            self.long_bytes = 0;
            self.state = State::LongValues(LongValues::new());
            return Ok(Some(0));
        };
        self.check_length(end)?;
        self.check_count(self.fields.len())?;
        if self.has_cr(slice(row, 0, end)) && self.strip_row(slice(row, 0, end))? {
            events.skipped(CRLF)?;
            events.row(self.current.id, &self.scratch, &self.fields)?;
        } else {
            events.row(self.current.id, row, &self.fields)?;
        }
        self.state = State::Tail;
        Ok(Some(end))
    }

    /// Whether CRLF may be in the literals of a row.
    #[inline]
    fn has_cr(&self, row: &[u8]) -> bool {
        self.line_ends.may_be_crlf() && memchr(b'\r', row).is_some()
    }

    /// Looks at CRLF in the literals of a row. If it has to go, the row without it stands in `scratch` and `fields`
    /// afterwards.
    fn strip_row(&mut self, row: &[u8]) -> Result<bool, Fault> {
        let mut is_stripped = false;
        for field in &self.fields {
            is_stripped |= self.line_ends.look(field.raw(row), field.start)?;
        }
        if is_stripped {
            self.scratch.clear();
            line_ends::strip(row, &mut self.scratch);
            scan_row(&self.scratch, 0, self.scs, &mut self.fields)?;
        }
        Ok(is_stripped)
    }

    /// A row is measured from behind its opening parenthesis, or from the start of its line.
    #[inline]
    fn check_length(&self, length: usize) -> Result<(), Fault> {
        let most = self.limits.bytes(Limit::RowBytes);
        if length <= most {
            return Ok(());
        }
        Err(Fault::from(self.limits.error(Limit::RowBytes)).shift(most))
    }

    fn check_count(&self, values: usize) -> Result<(), LexError> {
        super::long::check_count(values, self.current.columns)
            .map_err(|message| LexError::new(0, ErrorKind::ColumnCount, message))
    }

    /// Lines of COPY data, as many as there are.
    pub(super) fn copy_rows(&mut self, bytes: &[u8], events: &mut impl Events) -> Step {
        if self.line_ends.is_crlf() {
            return self.copy_rows_crlf(bytes, events);
        }
        let id = self.current.id;
        let (mut at, mut start, mut rows) = (0, 0, 0);
        // Rows that are fine as they are wait until they can be passed on as one block.
        loop {
            let line = match self.copy_line(bytes, at) {
                Ok(line) => line,
                Err(fault) => {
                    if rows > 0 {
                        events.copy_rows(id, slice(bytes, start, at), rows)?;
                    }
                    return Err(fault);
                }
            };
            if let Some(Line::Row {
                end, canonical: true, ..
            }) = line
            {
                rows += 1;
                at = end;
                if rows < self.current.lines_max && at - start < BLOCK_BYTES {
                    continue;
                }
                let told = events.copy_rows(id, slice(bytes, start, at), rows);
                told.map_err(|error| Fault::from(error).shift(start))?;
                rows = 0;
                start = at;
                if self.is_full(events) {
                    return Ok(Some(at));
                }
                continue;
            }
            if rows > 0 {
                events.copy_rows(id, slice(bytes, start, at), rows)?;
                rows = 0;
            }
            match line {
                Some(Line::Row { end, .. }) => {
                    self.scratch.clear();
                    copy::canonicalize(slice(bytes, at, end), true, &mut self.scratch)
                        .map_err(|error| Fault::from(error).shift(at))?;
                    let told = events.copy_rows(id, &self.scratch, 1);
                    told.map_err(|error| Fault::from(error).shift(at))?;
                    at = end;
                    start = end;
                    if self.is_full(events) {
                        return Ok(Some(at));
                    }
                }
                Some(Line::End(end)) => {
                    self.state = State::Top;
                    return Ok(Some(end));
                }
                None if bytes.len() - at >= super::long::WHOLE_ROW_BYTES => {
                    events.piece(id, super::Piece::Begin)?;
                    self.long_bytes = 0;
                    self.state = State::LongCopy(LongCopy::new());
                    return Ok(Some(at));
                }
                None => return Ok(if at > 0 { Some(at) } else { None }),
            }
        }
    }

    /// The same where all lines end in CRLF, of which the rows get no carriage return.
    fn copy_rows_crlf(&mut self, bytes: &[u8], events: &mut impl Events) -> Step {
        let id = self.current.id;
        let mut lines = std::mem::take(&mut self.scratch);
        lines.clear();
        let (mut at, mut start, mut rows) = (0, 0, 0);
        let end = loop {
            let line = match self.copy_line(bytes, at) {
                Ok(line) => line,
                Err(fault) => {
                    if rows > 0 {
                        events.copy_rows(id, &lines, rows)?;
                    }
                    return Err(fault);
                }
            };
            let Some(Line::Row { end, canonical, .. }) = line else {
                break line;
            };
            let mut text = slice(bytes, at, end - 2).to_vec();
            text.push(b'\n');
            match canonical {
                true => lines.extend_from_slice(&text),
                false => {
                    copy::canonicalize(&text, true, &mut lines).map_err(|error| Fault::from(error).shift(at))?;
                }
            }
            rows += 1;
            at = end;
            if rows == self.current.lines_max || lines.len() >= BLOCK_BYTES {
                let told = events.copy_rows(id, &lines, rows);
                told.map_err(|error| Fault::from(error).shift(start))?;
                lines.clear();
                rows = 0;
                start = at;
                if self.is_full(events) {
                    self.scratch = lines;
                    return Ok(Some(at));
                }
            }
        };
        if rows > 0 {
            let told = events.copy_rows(id, &lines, rows);
            told.map_err(|error| Fault::from(error).shift(start))?;
        }
        self.scratch = lines;
        match end {
            Some(Line::End(end)) => {
                self.state = State::Top;
                Ok(Some(end))
            }
            _ if bytes.len() - at >= super::long::WHOLE_ROW_BYTES => {
                events.piece(id, super::Piece::Begin)?;
                self.long_bytes = 0;
                self.state = State::LongCopy(LongCopy::new());
                Ok(Some(at))
            }
            _ => Ok(if at > 0 { Some(at) } else { None }),
        }
    }

    /// One line, its fields counted.
    fn copy_line(&self, bytes: &[u8], at: usize) -> Result<Option<Line>, Fault> {
        let (row, _) = window(slice(bytes, at, bytes.len()));
        let is_crlf = self.line_ends.is_crlf();
        let line = copy::scan_line(row, 0, is_crlf).map_err(|error| Fault::from(error).shift(at))?;
        if let Some(Line::Row { end, tabs, .. }) = line {
            self.check_length(end).map_err(|fault| fault.shift(at))?;
            // A table without columns has empty lines, and an empty line is one empty value otherwise.
            let values = if end == 1 + usize::from(is_crlf) && self.current.columns == Some(0) {
                0
            } else {
                tabs + 1
            };
            self.check_count(values).map_err(|error| Fault::from(error).shift(at))?;
        }
        Ok(line.map(|line| match line {
            Line::Row { end, tabs, canonical } => Line::Row {
                end: at + end,
                tabs,
                canonical,
            },
            Line::End(end) => Line::End(at + end),
        }))
    }

    /// Some of a row that is too long to be held in memory.
    pub(super) fn long(&mut self, bytes: &[u8], events: &mut impl Events) -> Step {
        let head = (self.current.id, self.current.columns);
        let left = self.limits.get(Limit::RowBytes).saturating_sub(self.long_bytes);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        // One byte too many tells that the row is too long, wherever the input is cut.
        let is_window = bytes.len() > left;
        let bytes = slice(bytes, 0, bytes.len().min(left.saturating_add(1)));
        let too_long = |limits: &Limits| Fault::from(limits.error(Limit::RowBytes)).shift(left);
        let progress = match &mut self.state {
            State::LongValues(row) => row.step(bytes, self.scs, head, &mut self.line_ends, events)?,
            State::LongCopy(row) => row.step(bytes, head, self.line_ends.is_crlf(), &mut self.scratch, events)?,
            _ => return Err(Error::new(ErrorKind::Internal, "no long row").into()),
        };
        match progress {
            Progress::Read(read) | Progress::Ended(read) if read > left => Err(too_long(&self.limits)),
            Progress::More if is_window => Err(too_long(&self.limits)),
            Progress::More => Ok(None),
            Progress::Read(read) => {
                self.long_bytes += read as u64;
                Ok(Some(read))
            }
            Progress::Ended(read) => {
                self.state = if matches!(self.state, State::LongCopy(_)) {
                    State::Copy
                } else {
                    State::Tail
                };
                Ok(Some(read))
            }
        }
    }
}
