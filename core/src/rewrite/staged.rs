//! Style `staged`: rows go into temporary tables by COPY.

use super::tables::{Lookup, Stage, TableState, check_default};
use super::{emit, fixed, script};
use crate::catalog::TableName;
use crate::dump::Piece;
use crate::error::Result;
use crate::lex::literal::{Field, Form};

/// The epilogue drops all of our routines one by one, and the views hang on one of them by their triggers.
pub(crate) const END_LONG_ROWS: &[u8] = b"DROP FUNCTION pg_temp.dumpsert_long_row() CASCADE;\n";

/// Announces a stage to the target, which checks the table and makes the stage.
pub(crate) fn create(out: &mut Vec<u8>, number: usize, table: &TableState, stage: &Stage) -> Result<()> {
    let name = match stage.lookup {
        None => "dumpsert_stage",
        Some(_) => "dumpsert_stage_found",
    };
    script::call(out, name, |out| {
        out.extend_from_slice(format!("{number}, ").as_bytes());
        if let Some(lookup) = &stage.lookup {
            emit_lookup(out, lookup)?;
        }
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

/// Writes where a name is looked for, in front of the schema that is taken if it is nowhere.
pub(crate) fn emit_lookup(out: &mut Vec<u8>, lookup: &Lookup) -> Result<()> {
    emit::text_array(out, &lookup.path)?;
    out.extend_from_slice(b", ");
    match &lookup.allowed {
        Some(allowed) => emit::text_array(out, allowed)?,
        None => out.extend_from_slice(b"NULL"),
    }
    out.extend_from_slice(b", ");
    Ok(())
}

/// What `dumpsert_stage` has called the stage: its name stands in the server's errors about values.
fn shown_name(number: usize, table: &TableState, stage: &Stage) -> Vec<u8> {
    let mut name = format!("stage {number}").into_bytes();
    let schema: &[&[u8]] = match stage.lookup {
        None => &[&table.schema, b"."],
        Some(_) => &[],
    };
    let shown = [&schema.concat(), table.name.as_slice()].concat();
    if shown.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        name.extend_from_slice(b": ");
        name.extend_from_slice(&shown);
    }
    name
}

/// Opens the COPY into a stage. It cannot fail to start, because the statement before it has made the stage: some
/// releases of psql would run the rows of a COPY that fails as SQL (CVE-2026-6464).
pub(crate) fn begin_copy(out: &mut Vec<u8>, number: usize, table: &TableState, stage: &Stage) -> Result<()> {
    out.extend_from_slice(b"COPY pg_temp.");
    emit::identifier(out, &shown_name(number, table, stage))?;
    if !stage.columns.is_empty() {
        out.extend_from_slice(b" (");
        emit::list(out, &stage.columns, emit::identifier)?;
        out.push(b')');
    }
    out.extend_from_slice(b" FROM stdin;\n");
    Ok(())
}

/// Tells the target of rows of a stage's table that were left out of the dump: lines of COPY data.
pub(crate) fn left_out_rows(
    out: &mut Vec<u8>,
    number: usize,
    columns: &[Vec<u8>],
    is_first: bool,
    lines: &[u8],
) -> Result<()> {
    if is_first {
        script::call(out, "dumpsert_prune_stage", |out| {
            out.extend_from_slice(number.to_string().as_bytes());
            Ok(())
        })?;
    }
    out.extend_from_slice(format!("COPY pg_temp.dumpsert_left_{number}").as_bytes());
    if !columns.is_empty() {
        out.extend_from_slice(b" (");
        emit::list(out, columns, emit::identifier)?;
        out.push(b')');
    }
    out.extend_from_slice(b" FROM stdin;\n");
    out.extend_from_slice(lines);
    out.extend_from_slice(b"\\.\n");
    Ok(())
}

/// Opens the COPY of one long row. The first of all makes what they need, the first of a list of columns its view, which
/// has this number.
pub(crate) fn begin_long_row(out: &mut Vec<u8>, number: usize, stage: &Stage, is_first: bool) -> Result<()> {
    if is_first {
        fixed::write(out, fixed::LONG_ROWS);
    }
    if !stage.has_long_rows {
        script::call(out, "dumpsert_long", |out| {
            out.extend_from_slice(format!("{number}, {}, ", stage.number + 1).as_bytes());
            emit::text_array(out, &stage.columns)
        })?;
    }
    out.extend_from_slice(format!("COPY pg_temp.dumpsert_long_{number} FROM stdin;\n").as_bytes());
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
    /// Values read and values begun.
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
            Piece::Copy(line) => {
                // In canonical data, each tab begins a value, and a line feed ends the line.
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let tabs = line.iter().filter(|&&byte| byte == b'\t').count();
                self.written = self.written.max(1) + tabs;
                out.extend_from_slice(line);
            }
            Piece::End => out.extend_from_slice(b"\t\\N\n"),
        }
        Ok(())
    }

    /// Ends a line of so many columns that was given up: its last value is the reason, which is plain text.
    pub(crate) fn refuse(&self, out: &mut Vec<u8>, columns: usize, reason: &str) {
        for _ in self.written.max(1)..=columns {
            out.push(b'\t');
        }
        out.extend_from_slice(reason.as_bytes());
        out.push(b'\n');
    }

    fn next_field(&mut self, out: &mut Vec<u8>) {
        if self.written > 0 {
            out.push(b'\t');
        }
        self.written += 1;
    }
}
