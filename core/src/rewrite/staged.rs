//! Style `staged`: rows go into temporary tables by COPY.

use super::action::check_default;
use super::tables::{Stage, TableState};
use super::{emit, script};
use crate::catalog::TableName;
use crate::dump::Piece;
use crate::error::Result;
use crate::lex::literal::{Field, Form};

/// Announces a stage to the target, which checks the table and makes the stage.
pub(crate) fn create(out: &mut Vec<u8>, number: usize, table: &TableState, stage: &Stage) -> Result<()> {
    script::call(out, "dumpsert_stage", |out| {
        out.extend_from_slice(format!("{number}, ").as_bytes());
        emit::list(out, &[&table.schema, &table.name], emit::literal)?;
        out.extend_from_slice(b", ");
        emit::text_array(out, &stage.columns)
    })
}

/// Tells the target which tables were left out, so that no row reaches them by another way.
pub(crate) fn left_out(out: &mut Vec<u8>, tables: &[&TableName]) -> Result<()> {
    script::call(out, "dumpsert_left_out", |out| {
        emit::text_array(out, &tables.iter().map(|table| &table.schema).collect::<Vec<_>>())?;
        out.extend_from_slice(b", ");
        emit::text_array(out, &tables.iter().map(|table| &table.name).collect::<Vec<_>>())
    })
}

/// Opens the COPY into a stage. It cannot fail to start, because the statement before it has made the stage: some
/// releases of psql would run the rows of a COPY that fails as SQL (CVE-2026-6464).
pub(crate) fn begin_copy(out: &mut Vec<u8>, number: usize, stage: &Stage) -> Result<()> {
    out.extend_from_slice(format!("COPY pg_temp.dumpsert_stage_{number}").as_bytes());
    if !stage.columns.is_empty() {
        out.extend_from_slice(b" (");
        emit::list(out, &stage.columns, emit::identifier)?;
        out.push(b')');
    }
    out.extend_from_slice(b" FROM stdin;\n");
    Ok(())
}

/// Writes a row of literals as a line.
#[inline]
pub(crate) fn row<'a>(out: &mut Vec<u8>, bytes: &[u8], fields: impl Iterator<Item = &'a Field>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(b'\t');
        }
        emit::copy_field(out, bytes, field);
    }
    out.push(b'\n');
}

/// Where a long row stands between two pieces.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LongLine {
    /// Values read and values written.
    read: usize,
    written: usize,
}

impl LongLine {
    /// Writes one piece of a long row; `keep` says which values are written, where not all are.
    pub(crate) fn piece(&mut self, out: &mut Vec<u8>, piece: Piece<'_>, keep: Option<&[bool]>) -> Result<()> {
        match piece {
            Piece::Begin => *self = Self::default(),
            Piece::Literal(bytes, field) => {
                check_default(keep, self.read, field.form)?;
                if field.form != Form::Default {
                    self.next_field(out);
                    emit::copy_field(out, bytes, &field);
                }
                self.read += 1;
            }
            Piece::StringBegin(form) => {
                check_default(keep, self.read, form)?;
                self.next_field(out);
                self.read += 1;
            }
            Piece::String(inside, form) => emit::copy_text(out, inside, form),
            Piece::StringEnd => {}
            // The line feed comes with the last piece of a line.
            Piece::Copy(line) => out.extend_from_slice(line),
            Piece::End if self.read > 0 => out.push(b'\n'),
            Piece::End => {}
        }
        Ok(())
    }

    fn next_field(&mut self, out: &mut Vec<u8>) {
        if self.written > 0 {
            out.push(b'\t');
        }
        self.written += 1;
    }
}
