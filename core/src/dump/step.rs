//! One step of the reader: what the bytes before it are, and what it does with them.

use std::collections::HashMap;

use super::head::{self, Rows, Scanned};
use super::reader::{Current, Reader, State, Step};
use super::statement::CRLF;
use super::{Events, Target};
use crate::error::{Error, ErrorKind};
use crate::lex::identifiers::Stop;
use crate::lex::literal::{skip_spaces, unexpected};
use crate::lex::{LexError, slice};
use crate::limits::{HEAD_OVERHEAD_BYTES, Limit};

impl Reader {
    pub(super) fn step(&mut self, bytes: &[u8], last: bool, events: &mut impl Events) -> Step {
        match &mut self.state {
            State::Values => self.values(bytes, events),
            State::Tail => self.tail(bytes),
            State::Copy => self.copy_rows(bytes, events),
            State::Top => self.top(bytes, last, events),
            State::Start => Err(Error::new(ErrorKind::Internal, "reading before the start").into()),
            State::Comment => self.comment(bytes, last),
            State::Skip(splitter) => {
                let end = splitter.scan(bytes);
                if end.is_some() {
                    self.state = State::Top;
                }
                Ok(Some(end.unwrap_or(bytes.len())))
            }
            State::LongValues(_) | State::LongCopy(_) => self.long(bytes, events),
        }
    }

    /// In another encoding the same bytes are another name.
    pub(super) fn forget_heads(&mut self) {
        self.odd_heads = HashMap::new();
        if !self.current.text.is_ascii() {
            self.current = Current::default();
        }
    }

    /// Names without a schema are looked for there; heads read before may mean another table now.
    pub(super) fn set_search_path(&mut self, path: Option<Vec<Vec<u8>>>) {
        if path != self.search_path {
            self.search_path = path;
            self.forget_all_heads();
        }
    }

    pub(super) fn forget_all_heads(&mut self) {
        self.heads = HashMap::new();
        self.odd_heads = HashMap::new();
        self.current = Current::default();
    }

    /// A head that is not the one before.
    pub(super) fn new_head(&mut self, bytes: &[u8], scan: fn(&[u8]) -> Scanned, events: &mut impl Events) -> Step {
        let most = self.limits.bytes(Limit::HeadBytes);
        let (mut head, end) = match scan(bytes) {
            Ok(found) if found.1 <= most => found,
            Err(Stop::Bad(error)) => return Err(error.into()),
            Err(Stop::More) if bytes.len() < most => return Ok(None),
            _ => return Err(self.limits.error(Limit::HeadBytes).into()),
        };
        if self.complete {
            let message = "rows behind the end of the dump";
            return Err(LexError::new(0, ErrorKind::SecondDump, message).into());
        }
        let text = slice(bytes, 0, end);
        if text.ends_with(b"\n") {
            let is_crlf = text.ends_with(b"\r\n");
            self.line_ends.end_line(is_crlf, end - 1 - usize::from(is_crlf))?;
        }
        let is_odd = !text.is_ascii();
        let heads = if is_odd { &self.odd_heads } else { &self.heads };
        match heads.get(text) {
            Some(known) => self.current = known.clone(),
            None => {
                if self.line_ends.look_at_statement(text, self.scs)? {
                    events.skipped(CRLF)?;
                    head.strip();
                }
                // What goes wrong from here on is about this table.
                self.state = State::Values;
                let Target {
                    id,
                    columns,
                    lines_max,
                    kept_bytes,
                } = events.head(&head, self.search_path.as_deref())?;
                self.heads_bytes += text.len() as u64 + HEAD_OVERHEAD_BYTES + kept_bytes;
                if self.heads_bytes > self.limits.get(Limit::HeadsBytes) {
                    return Err(self.limits.error(Limit::HeadsBytes).into());
                }
                let default_values = head.rows == Rows::Default;
                self.current = Current {
                    text: text.to_vec(),
                    id,
                    columns,
                    lines_max,
                    default_values,
                };
                let heads = if is_odd { &mut self.odd_heads } else { &mut self.heads };
                heads.insert(text.to_vec(), self.current.clone());
            }
        }
        if head.rows == Rows::Copy {
            events.copy_begin(self.current.id)?;
            self.state = State::Copy;
            return Ok(Some(end));
        }
        self.begin_rows(end, events)
    }

    pub(super) fn begin_rows(&mut self, end: usize, events: &mut impl Events) -> Step {
        self.statement_rows = 1;
        self.facts.row_of_insert(1);
        if self.current.default_values {
            events.default_row(self.current.id)?;
            self.state = State::Tail;
        } else {
            self.state = State::Values;
        }
        Ok(Some(end))
    }

    /// Behind a row: another one, or the end of the statement. White space may not go on for ever.
    pub(super) fn tail(&mut self, bytes: &[u8]) -> Step {
        let most = self.limits.bytes(Limit::GapBytes);
        match self.behind_row(slice(bytes, 0, bytes.len().min(most))) {
            Ok(None) if bytes.len() >= most => Err(self.limits.error(Limit::GapBytes).into()),
            step => step,
        }
    }

    pub(super) fn behind_row(&mut self, bytes: &[u8]) -> Step {
        let (at, byte) = skip_spaces(bytes, 0);
        match byte {
            None => Ok(None),
            Some(b';') => {
                self.state = State::Top;
                Ok(Some(at + 1))
            }
            Some(b',') if !self.current.default_values => match skip_spaces(bytes, at + 1) {
                (_, None) => Ok(None),
                (open, Some(b'(')) => {
                    self.statement_rows += 1;
                    self.facts.row_of_insert(self.statement_rows);
                    self.state = State::Values;
                    Ok(Some(open + 1))
                }
                (open, Some(_)) => Err(unexpected(bytes, open, "a row").into()),
            },
            Some(_) => match head::scan_on_conflict(bytes, at) {
                // Nothing but the end of the statement may follow.
                Ok(end) => match skip_spaces(bytes, end) {
                    (_, None) => Ok(None),
                    (end, Some(b';')) => {
                        self.facts.on_conflict = true;
                        self.state = State::Top;
                        Ok(Some(end + 1))
                    }
                    (end, Some(_)) => Err(unexpected(bytes, end, "`;`").into()),
                },
                Err(Stop::More) => Ok(None),
                Err(Stop::Bad(error)) => Err(error.into()),
            },
        }
    }
}
