//! Very long rows, put together again: whether a row is left out is known only when all of it is there.

use crate::dump::Piece;
use crate::lex::literal::{Field, Form};

use super::row::Row;

/// A row of which pieces arrive.
#[derive(Debug, Default)]
pub(crate) struct HeldRow {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    /// Where the open literal starts, and its form.
    open: Option<(usize, Form)>,
}

impl HeldRow {
    /// Takes a piece; returns whether the row is complete.
    pub(crate) fn piece(&mut self, piece: Piece<'_>) -> bool {
        match piece {
            Piece::Begin => {
                self.bytes.clear();
                self.fields.clear();
                self.open = None;
            }
            Piece::Literal(bytes, field) => {
                self.separate();
                let start = self.bytes.len();
                self.bytes.extend_from_slice(field.raw(bytes));
                self.fields.push(Field {
                    start,
                    end: self.bytes.len(),
                    form: field.form,
                });
            }
            Piece::StringBegin(form) => {
                self.separate();
                self.open = Some((self.bytes.len(), form));
                self.bytes
                    .extend_from_slice(if form == Form::Bits { b"B'" } else { b"'" });
            }
            Piece::String(inside, form) => {
                self.bytes.extend_from_slice(inside);
                if let Some((_, open)) = &mut self.open
                    && *open != Form::Bits
                {
                    *open = form;
                }
            }
            Piece::StringEnd => {
                self.bytes.push(b'\'');
                if let Some((start, form)) = self.open.take() {
                    self.fields.push(Field {
                        start,
                        end: self.bytes.len(),
                        form,
                    });
                }
            }
            Piece::Copy(line) => self.bytes.extend_from_slice(line),
            Piece::End => return true,
        }
        false
    }

    fn separate(&mut self) {
        if !self.fields.is_empty() {
            self.bytes.extend_from_slice(b", ");
        }
    }

    /// The complete row.
    pub(crate) fn row(&self) -> Row<'_> {
        if self.fields.is_empty() {
            Row::Line(&self.bytes)
        } else {
            Row::Literals(&self.bytes, &self.fields)
        }
    }
}
