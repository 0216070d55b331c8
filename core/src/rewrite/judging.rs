//! Leaves out rows: judges each before it is written.

use std::borrow::Cow;
use std::sync::Arc;

use super::emit;
use super::tables::Action;
use super::tables::OTHER_DATABASE;
use super::writer::Writer;
use crate::catalog::TableName;
use crate::catalog::dump_names::Names;
use crate::dump::head::Head;
use crate::dump::{Events, Piece};
use crate::error::Result;
use crate::filter::row::Row;
use crate::filter::run::{Filter, Verdict};
use crate::filter::{HeadFilter, no_foreign_keys};
use crate::lex::literal::{Field, Form};
use crate::lex::tail;

impl Writer {
    /// What is looked at in the rows of a head; none if all are kept, or all are left out and nobody asks which of them
    /// an exclusion means.
    pub(super) fn filter_of(&self, head: &Head, name: &TableName, action: &Action) -> Result<Option<Arc<HeadFilter>>> {
        if let Action::LeaveOut(reason) = action {
            let is_judged = *reason != OTHER_DATABASE && self.plan.learned().is_none();
            let filter = self.filter.as_ref().filter(|_| is_judged);
            let catalog = self.plan.catalog();
            let learned = filter.and_then(|filter| filter.plan.head_to_learn(head, name, self.names, catalog));
            return Ok(learned.map(Arc::new));
        }
        if self.plan.lacks_filter() {
            return Err(no_foreign_keys("the source"));
        }
        let Some(filter) = &self.filter else {
            return Ok(None);
        };
        let columns = match &head.columns {
            Some(columns) => self.names.read_all(columns)?,
            None => self.names.read_all(&self.columns_of_catalog(head, name)?)?,
        };
        Ok(filter.plan.head(name, &columns, self.plan.catalog())?.map(Arc::new))
    }

    /// Judges a row; returns whether it is written as it is.
    #[inline]
    pub(super) fn judge(&mut self, id: usize, row: Row<'_>) -> Result<bool> {
        // Most dumps are written whole.
        let Some(filter) = &mut self.filter else {
            return Ok(true);
        };
        let Some(state) = self.tables.heads.get(id) else {
            return Ok(true);
        };
        let Some(head) = &state.filter else { return Ok(true) };
        self.reading = Some(state.table);
        let verdict = filter.judge(head, row)?;
        if matches!(state.action, Action::LeaveOut(_)) {
            filter.learn_on_the_way(head, row, verdict)?;
            return Ok(true);
        }
        filter.pass(head, row, verdict)?;
        if verdict == Verdict::Keep {
            return Ok(true);
        }
        let head = Arc::clone(head);
        match verdict {
            Verdict::Change => self.write_changed(id, &head, row)?,
            _ => {
                self.leave_out(id, &head, row, verdict);
                self.keep_left_out(id, row)?;
            }
        }
        Ok(false)
    }

    /// Counts a row that is left out.
    fn leave_out(&mut self, id: usize, head: &HeadFilter, row: Row<'_>, verdict: Verdict) {
        let Some(filter) = &self.filter else { return };
        let label = match verdict {
            Verdict::Rule(number) => head.rules.get(number).map(|rule| filter.plan.rule(rule).1),
            Verdict::Cascade(number) => {
                let reference = head.references.get(number);
                let reference = reference.and_then(|known| filter.plan.references.get(known.reference));
                reference.map(|reference| reference.label.as_str())
            }
            Verdict::Keep | Verdict::Change => None,
        };
        let table = self
            .tables
            .heads
            .get(id)
            .and_then(|head| self.tables.tables.get_mut(head.table));
        let (Some(label), Some(table)) = (label, table) else {
            return;
        };
        table.report.rows_read += 1;
        self.rows += 1;
        table.report.bytes += bytes_of(row) as u64;
        match table.report.left_out.get_mut(label) {
            Some(count) => *count += 1,
            None => drop(table.report.left_out.insert(label.to_owned(), 1)),
        }
    }

    /// Writes the row with the values that it has without the rows it referenced.
    fn write_changed(&mut self, id: usize, head: &HeadFilter, row: Row<'_>) -> Result<()> {
        let Some(filter) = &self.filter else {
            return Ok(());
        };
        let table = self.tables.heads.get(id).map(|head| head.table);
        match row {
            Row::Literals(bytes, fields) => {
                let (bytes, fields) = changed_literals(filter, head, bytes, fields, self.names)?;
                self.write_row(id, &bytes, &fields)?;
            }
            Row::Line(line) => {
                let line = changed_line(filter, head, line, self.names)?;
                self.write_lines(id, &line, 1)?;
            }
        }
        if let Some(table) = table.and_then(|table| self.tables.tables.get_mut(table)) {
            table.report.references_changed += 1;
        }
        Ok(())
    }

    /// A piece of a long row that may be left out.
    pub(super) fn held_piece(&mut self, id: usize, piece: Piece<'_>) -> Result<()> {
        if !self.held.piece(piece) {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        match held.row() {
            Row::Literals(bytes, fields) => self.row(id, bytes, fields),
            Row::Line(line) => self.copy_rows(id, line, 1),
        }
    }

    pub(super) fn has_filter(&self, id: usize) -> bool {
        self.filter.is_some() && self.tables.heads.get(id).is_some_and(|head| head.filter.is_some())
    }
}

/// How many bytes of the dump a row is, as the report counts them.
fn bytes_of(row: Row<'_>) -> usize {
    match row {
        Row::Literals(_, fields) => fields.last().map_or(0, |last| last.end),
        Row::Line(line) => line.len(),
    }
}

/// The value that replaces the one at a place, if one does; `Some(None)` is NULL. It is a default of the catalog.
fn change<'a>(
    filter: &'a Filter,
    head: &'a HeadFilter,
    place: usize,
    names: Names,
) -> Result<Option<Option<Cow<'a, [u8]>>>> {
    let mut changes = filter.changes(head);
    match changes.find(|(at, _)| *at == place) {
        None => Ok(None),
        Some((_, None)) => Ok(Some(None)),
        Some((_, Some(value))) => Ok(Some(Some(names.write(value)?))),
    }
}

fn changed_literals(
    filter: &Filter,
    head: &HeadFilter,
    bytes: &[u8],
    fields: &[Field],
    names: Names,
) -> Result<(Vec<u8>, Vec<Field>)> {
    let (mut text, mut changed) = (Vec::new(), Vec::with_capacity(fields.len()));
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            text.extend_from_slice(b", ");
        }
        let start = text.len();
        let form = match change(filter, head, place, names)? {
            None => {
                text.extend_from_slice(field.raw(bytes));
                field.form
            }
            Some(None) => {
                text.extend_from_slice(b"NULL");
                Form::Null
            }
            // Its backslashes are not doubled: this form is copied as it is.
            Some(Some(value)) => {
                emit::literal(&mut text, &value)?;
                Form::Quotes
            }
        };
        changed.push(Field {
            start,
            end: text.len(),
            form,
        });
    }
    // As in the dump, the row ends behind its parenthesis.
    text.push(b')');
    Ok((text, changed))
}

fn changed_line(filter: &Filter, head: &HeadFilter, line: &[u8], names: Names) -> Result<Vec<u8>> {
    let mut changed = Vec::with_capacity(line.len());
    let mut rest = line.strip_suffix(b"\n").unwrap_or(line);
    for place in 0.. {
        let end = memchr::memchr(b'\t', rest);
        match change(filter, head, place, names)? {
            None => changed.extend_from_slice(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()),
            Some(None) => changed.extend_from_slice(b"\\N"),
            Some(Some(value)) => emit::copy_value(&mut changed, &value)?,
        }
        match end {
            Some(tab) => {
                changed.push(b'\t');
                rest = tail(rest, tab + 1);
            }
            None => break,
        }
    }
    changed.push(b'\n');
    Ok(changed)
}
