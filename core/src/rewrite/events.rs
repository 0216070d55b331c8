//! What the writer does at each thing the reader tells.

use super::own_tables::OwnTables;
use super::script::Switch;
use super::staged::emit_lookup;
use super::tables::{Action, Lookup, OTHER_DATABASE, UNSELECTED};
use super::writer::Writer;
use super::{emit, rows, script};
use crate::catalog::dump_names::is_system_schema;
use crate::catalog::quote_ident;
use crate::dump::head::{Head, Sequence};
use crate::dump::statement::{COMPUTED_SETVAL, CRLF, LARGE_OBJECTS, MESSAGES, REFRESH, STATISTICS};
use crate::dump::words::is_create_table;
use crate::dump::{Events, Piece, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::filter::row::Row;
use crate::lex::literal::Field;
use crate::limits::Limit;
use crate::options::Losses;

impl Events for Writer {
    fn head(&mut self, head: &Head, search_path: Option<&[Vec<u8>]>) -> Result<Target> {
        self.decide(head, search_path)
    }

    #[inline]
    fn row(&mut self, id: usize, bytes: &[u8], fields: &[Field]) -> Result<()> {
        if self.judge(id, Row::Literals(bytes, fields))? {
            self.write_row(id, bytes, fields)?;
        }
        Ok(())
    }

    fn default_row(&mut self, id: usize) -> Result<()> {
        if self.before_row(id)? {
            if self.copying.is_none() {
                self.end_block();
            }
            match self.tables.heads.get(id).map(|head| &head.action) {
                Some(Action::Upsert(upsert)) => rows::default_row(&mut self.out, &upsert.text),
                Some(Action::Stage { .. }) => self.out.push(b'\n'),
                _ => {}
            }
        }
        self.count(id, 1, 0);
        Ok(())
    }

    fn copy_begin(&mut self, id: usize) -> Result<()> {
        self.reading = self.tables.heads.get(id).map(|head| head.table);
        self.awaits_row = true;
        Ok(())
    }

    #[inline]
    fn copy_rows(&mut self, id: usize, lines: &[u8], rows: u64) -> Result<()> {
        if self.awaits_row {
            self.first_row(id)?;
        }
        // With a filter they come one by one.
        if self.judge(id, Row::Line(lines))? {
            self.write_lines(id, lines, rows)?;
        }
        Ok(())
    }

    fn piece(&mut self, id: usize, piece: Piece<'_>) -> Result<()> {
        if self.awaits_row {
            self.first_row(id)?;
        }
        if self.has_filter(id) {
            return self.held_piece(id, piece);
        }
        if matches!(piece, Piece::Begin) {
            self.before_long_row(id)?;
        }
        if self.before_row(id)? {
            self.in_long_row = !matches!(piece, Piece::End);
            match self.tables.heads.get(id).map(|head| &head.action) {
                Some(Action::Upsert(upsert)) => {
                    // Where no column is written, nothing is before the end.
                    self.in_long_row &= !upsert.keeps_none;
                    self.long_row.piece(&mut self.out, upsert, piece, &mut self.scratch);
                }
                Some(Action::Stage { keep, .. }) => {
                    self.long_line.piece(&mut self.out, piece, keep.as_deref())?;
                    if !self.in_long_row {
                        self.end_block();
                    }
                }
                _ => {}
            }
        }
        let (rows, bytes) = match piece {
            Piece::End => (1, 0),
            Piece::Literal(_, field) => (0, field.end - field.start),
            Piece::String(part, _) | Piece::Copy(part) => (0, part.len()),
            _ => (0, 0),
        };
        self.count(id, rows, bytes);
        Ok(())
    }

    fn sequence(
        &mut self,
        sequence: &Sequence,
        search_path: Option<&[Vec<u8>]>,
        value: i64,
        is_called: bool,
    ) -> Result<()> {
        if self.is_other {
            return self.skipped(OTHER_DATABASE);
        }
        self.take_database()?;
        let place = self.place_of_sequence(sequence, search_path)?;
        let name = &place.name;
        if is_system_schema(&name.schema) {
            let message = format!("sequence {name} belongs to PostgreSQL itself");
            return Err(Error::new(ErrorKind::TableNotAllowed, message));
        }
        if !self.plan.selects(&name.schema, name)? {
            return self.skipped(UNSELECTED);
        }
        self.open()?;
        self.end_block();
        self.show_context(false);
        let own = [place.schema, &sequence.relation().name];
        let (routine, column) = match (sequence, &place.lookup) {
            (Sequence::OfColumn(_, column), _) => ("dumpsert_serial", Some(column)),
            (_, Some(_)) => ("dumpsert_sequence_found", None),
            (_, None) => ("dumpsert_sequence", None),
        };
        script::call(&mut self.out, routine, |out| {
            match &place.lookup {
                Some(lookup) => emit_lookup(out, lookup)?,
                None if column.is_some() => {
                    let path = vec![place.schema.to_vec()];
                    emit_lookup(out, &Lookup { path, allowed: None })?;
                }
                None => {}
            }
            emit::list(out, &own, emit::literal)?;
            if let Some(column) = column {
                out.extend_from_slice(b", ");
                emit::literal(out, column)?;
            }
            out.extend_from_slice(format!(", {value}, {is_called}").as_bytes());
            Ok(())
        })?;
        let limits = self.plan.limits();
        if self.report.sequences.len() as u64 >= limits.get(Limit::Sequences) {
            return Err(limits.error(Limit::Sequences));
        }
        let name = match column {
            Some(column) => format!("{name}.{}", quote_ident(&self.names.read(column)?)),
            None => name.to_string(),
        };
        self.sequences_bytes += (name.len() + size_of::<String>()) as u64;
        if self.sequences_bytes > limits.get(Limit::HeadsBytes) {
            return Err(limits.error(Limit::HeadsBytes));
        }
        self.report.sequences.push(name);
        Ok(())
    }

    fn client_encoding(&mut self, name: &'static str) -> Result<()> {
        let switch = self.switch();
        if switch == Switch::Nobody && !self.is_other && !matches!(name, "UTF8" | "SQL_ASCII") {
            // What is UTF-8 by chance would arrive as something else.
            let message = format!("a driver takes only UTF-8, and the dump is in {name}");
            return Err(Error::new(ErrorKind::Encoding, message).with_hint("dump with pg_dump -E UTF8"));
        }
        if name != self.names.encoding() {
            self.tell_left_out()?;
        }
        if self.is_open && name != self.names.encoding() && switch != Switch::Nobody {
            self.end_block();
            switch.tell(&mut self.out, name);
        }
        if name != self.names.encoding() {
            self.tables.forget_names();
        }
        self.names.set_encoding(name);
        if let Some(made) = &mut self.made {
            made.set_client_encoding(name);
        }
        if let Some(filter) = &mut self.filter {
            filter.set_client_encoding(name);
        }
        Ok(())
    }

    fn database(&mut self, name: &[u8]) -> Result<()> {
        let name = self.names.read(name)?;
        self.made = None;
        self.is_other = self.plan.database().is_some_and(|wanted| wanted != name);
        self.database = Some(name);
        self.has_wanted |= !self.is_other;
        Ok(())
    }

    fn schema(&mut self, sql: &[u8], scs: bool) -> Result<()> {
        self.is_full |= is_create_table(sql, scs);
        if self.is_staged() && self.plan.catalog().is_none() && !self.is_other {
            let encoding = self.names.encoding();
            let most = self.plan.limits().get(Limit::CatalogBytes);
            self.made
                .get_or_insert_with(|| OwnTables::new(encoding, most))
                .observe(sql, scs);
        }
        Ok(())
    }

    fn skipped(&mut self, label: &str) -> Result<()> {
        let count = self.report.skipped.entry(label.to_owned()).or_default();
        *count += 1;
        let lost = match label {
            _ if *count > 1 || self.is_other => return Ok(()),
            LARGE_OBJECTS => {
                "the dump has large objects, which the script does not carry: columns that name them dangle"
            }
            STATISTICS => "the dump has planner statistics, which the script does not carry: run ANALYZE afterwards",
            REFRESH => "the dump refreshes materialized views, which the script does not: refresh them afterwards",
            COMPUTED_SETVAL => "the dump moves a sequence to a value that a query computes, which the script does not",
            CRLF => {
                self.report.warn(
                    "CRLF in literals has become a line feed (crlf = strip): a value that had carriage returns of its own has lost them",
                );
                return Ok(());
            }
            MESSAGES => {
                self.report.warn(
                    "messages of pg_dump stand between the statements (2>&1); one inside of rows would be taken for a row",
                );
                return Ok(());
            }
            _ => return Ok(()),
        };
        if self.plan.losses() == Losses::Error {
            return Err(Error::new(ErrorKind::UnsupportedShape, lost));
        }
        self.report.warn(lost);
        Ok(())
    }

    #[inline]
    fn is_full(&self) -> bool {
        self.out.len() >= self.full_at
    }

    fn place(&self) -> (Option<String>, Option<u64>) {
        let table = self.reading.and_then(|table| self.tables.tables.get(table));
        (
            table.map(|table| table.report.table.clone()),
            table.map(|table| table.report.rows_read + 1),
        )
    }
}
