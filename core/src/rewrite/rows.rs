//! Style `rows`: one upsert a row.

use super::tables::Upsert;
use super::{emit, script};
use crate::ast::UpsertText;
use crate::dump::Piece;
use crate::dump::copy::decode_field;
use crate::lex::literal::{Field, Form};
use crate::lex::slice;

use memchr::memchr;

/// Writes a row of literals; `keep` says which, where not all are written.
#[inline]
pub(crate) fn row(out: &mut Vec<u8>, text: &UpsertText, bytes: &[u8], fields: &[Field], keep: Option<&[bool]>) {
    let (Some(first), Some(last)) = (fields.first(), fields.last()) else {
        return;
    };
    out.reserve(text.before.len() + (last.end - first.start) + text.after.len() + 1);
    out.extend_from_slice(&text.before);
    values(out, bytes, fields, keep);
    out.extend_from_slice(&text.after);
    out.push(b'\n');
}

/// Writes the literals of a row with what stands between them.
#[inline]
pub(crate) fn values(out: &mut Vec<u8>, bytes: &[u8], fields: &[Field], keep: Option<&[bool]>) {
    let (Some(first), Some(last)) = (fields.first(), fields.last()) else {
        return;
    };
    if let Some(keep) = keep {
        return kept_values(out, bytes, fields, keep);
    }
    if !fields.iter().any(|field| emit::is_written_differently(field.form)) {
        return out.extend_from_slice(slice(bytes, first.start, last.end));
    }
    let mut at = first.start;
    for field in fields {
        out.extend_from_slice(slice(bytes, at, field.start));
        emit::same_literal(out, field.raw(bytes), field.form);
        at = field.end;
    }
}

fn kept_values(out: &mut Vec<u8>, bytes: &[u8], fields: &[Field], keep: &[bool]) {
    let kept = fields.iter().zip(keep).filter(|(_, keep)| **keep);
    for (index, (field, _)) in kept.enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        emit::same_literal(out, field.raw(bytes), field.form);
    }
}

/// Writes the row of a statement with `DEFAULT VALUES`.
pub(crate) fn default_row(out: &mut Vec<u8>, text: &UpsertText) {
    out.extend_from_slice(text.before.strip_suffix(b"VALUES (").unwrap_or(&text.before));
    out.extend_from_slice(b"DEFAULT VALUES");
    out.extend_from_slice(text.after.strip_prefix(b")").unwrap_or(&text.after));
    out.push(b'\n');
}

/// Writes one line of canonical COPY data, its line feed included.
pub(crate) fn copy_row(out: &mut Vec<u8>, upsert: &Upsert, line: &[u8], columns: usize, scratch: &mut Vec<u8>) {
    if columns == 0 || upsert.keeps_none {
        return default_row(out, &upsert.text);
    }
    out.extend_from_slice(&upsert.text.before);
    copy_values(out, line, upsert.keep.as_deref(), scratch);
    out.extend_from_slice(&upsert.text.after);
    out.push(b'\n');
}

/// Writes the values of a line of canonical COPY data as literals; `keep` says which, where not all are written.
pub(crate) fn copy_values(out: &mut Vec<u8>, line: &[u8], keep: Option<&[bool]>, scratch: &mut Vec<u8>) {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let fields = line.split(|&byte| byte == b'\t').enumerate();
    let kept = fields.filter(|(at, _)| is_kept(keep, *at));
    for (index, (_, field)) in kept.enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        emit::literal_from_copy(out, field, scratch);
    }
}

fn is_kept(keep: Option<&[bool]>, at: usize) -> bool {
    keep.is_none_or(|keep| keep.get(at) == Some(&true))
}

/// Where a long row stands between two pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LongRow {
    /// How many values have ended.
    read: usize,
    /// How many literals were begun.
    written: usize,
    /// Whether a quoted literal is open.
    open: bool,
}

impl LongRow {
    /// Writes one piece of a long row.
    pub(crate) fn piece(&mut self, out: &mut Vec<u8>, upsert: &Upsert, piece: Piece<'_>, scratch: &mut Vec<u8>) {
        let keep = upsert.keep.as_deref();
        let is_kept = is_kept(keep, self.read);
        match piece {
            Piece::Begin => {
                *self = Self::default();
                if !upsert.keeps_none {
                    out.extend_from_slice(&upsert.text.before);
                }
            }
            Piece::Literal(bytes, field) => {
                if is_kept {
                    self.next_literal(out);
                    emit::same_literal(out, field.raw(bytes), field.form);
                }
                self.read += 1;
            }
            Piece::StringBegin(form) if is_kept => {
                self.next_literal(out);
                out.extend_from_slice(if form == Form::Bits { b"B'" } else { b"'" });
                self.open = true;
            }
            Piece::String(inside, form) if is_kept => emit::same_literal(out, inside, form),
            Piece::StringBegin(_) | Piece::String(..) => {}
            Piece::StringEnd => self.end_value(out),
            Piece::Copy(line) => self.copy(out, line, keep, scratch),
            Piece::End if upsert.keeps_none => default_row(out, &upsert.text),
            Piece::End => {
                out.extend_from_slice(&upsert.text.after);
                out.push(b'\n');
            }
        }
    }

    /// Gives up the statement in which the row is: it must not run, since its own error would come before the reason.
    pub(crate) fn give_up(&self, out: &mut Vec<u8>) {
        if self.open {
            out.push(b'\'');
        }
        out.extend_from_slice(script::RESET);
    }

    fn next_literal(&mut self, out: &mut Vec<u8>) {
        if self.written > 0 {
            out.extend_from_slice(b", ");
        }
        self.written += 1;
    }

    fn end_value(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.open) {
            out.push(b'\'');
        }
        self.read += 1;
    }

    fn copy(&mut self, out: &mut Vec<u8>, line: &[u8], keep: Option<&[bool]>, scratch: &mut Vec<u8>) {
        let mut rest = line;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| matches!(byte, b'\t' | b'\n'));
            let (field, after) = rest.split_at(end.unwrap_or(rest.len()));
            if is_kept(keep, self.read) {
                self.copy_part(out, field, scratch);
            }
            if end.is_some() {
                self.end_value(out);
            }
            rest = after.get(1..).unwrap_or_default();
        }
    }

    /// Writes some of a value, or all of it.
    fn copy_part(&mut self, out: &mut Vec<u8>, field: &[u8], scratch: &mut Vec<u8>) {
        scratch.clear();
        let has_value = decode_field(field, scratch);
        if !has_value && !self.open {
            self.next_literal(out);
            return out.extend_from_slice(b"NULL");
        }
        if !self.open {
            self.next_literal(out);
            out.push(b'\'');
            self.open = true;
        }
        emit::double_quotes(out, scratch, b'\'');
    }
}

/// The lines of a block of COPY data, each with its line feed.
pub(crate) fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = block;
    std::iter::from_fn(move || {
        let end = memchr(b'\n', rest)? + 1;
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
}
