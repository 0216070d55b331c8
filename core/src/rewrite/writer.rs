//! Listens to the reader and writes the script.

use super::conflict::{Decision, decide};
use super::emit;
use super::head_text::HeadText;
use super::order::OrderWatch;
use super::rows::{self, LongRow};
use super::script::{self, Frame};
use super::staged::{self, LongLine};
use super::tables::{Action, HeadState, Tables};
use crate::catalog::TableName;
use crate::dump::head::{Head, Relation, Rows};
use crate::dump::statement::{LARGE_OBJECTS, STATISTICS, is_create_table};
use crate::dump::{Events, Piece, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::lex::literal::{Field, Form};
use crate::lex::tokens::decode_name;
use crate::options::{Plan, Style};
use crate::report::Report;

/// Writes one script. The bytes collect in `out` until the owner takes them.
pub(crate) struct Writer {
    plan: Plan,
    pub(crate) out: Vec<u8>,
    pub(crate) report: Report,
    tables: Tables,
    /// With a catalog, and in style `rows`, where the order of the dump matters.
    order: Option<OrderWatch>,
    /// Whether the frame of the script is open.
    is_open: bool,
    client_encoding: &'static str,
    /// Whether the dump has tables and not only rows.
    is_full: bool,
    /// The stage whose COPY is open.
    copying: Option<usize>,
    /// The table that is being read, for the position of an error.
    reading: Option<usize>,
    long_row: LongRow,
    long_line: LongLine,
    /// Whether a part of a long row is written and its end is not.
    in_long_row: bool,
    scratch: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(plan: Plan) -> Self {
        let order = plan
            .catalog()
            .filter(|_| plan.style() == Style::Rows)
            .map(OrderWatch::new);
        Self {
            plan,
            out: Vec::new(),
            report: Report {
                version: 1,
                ..Report::default()
            },
            tables: Tables::default(),
            order,
            is_open: false,
            client_encoding: "UTF8",
            is_full: false,
            copying: None,
            reading: None,
            long_row: LongRow::default(),
            long_line: LongLine::default(),
            in_long_row: false,
            scratch: Vec::new(),
        }
    }

    fn is_staged(&self) -> bool {
        self.plan.style() == Style::Staged
    }

    /// Writes the frame, unless it is there.
    fn open(&mut self) {
        if self.is_open {
            return;
        }
        self.is_open = true;
        let frame = Frame {
            staged: self.is_staged(),
            client_encoding: self.client_encoding,
            lock_timeout: self.plan.lock_timeout(),
            options: &self.plan.target_options(),
        };
        script::open(&mut self.out, &frame);
    }

    /// The dump has ended well.
    pub(crate) fn finish(&mut self) -> Report {
        self.open();
        self.end_copy();
        script::close(&mut self.out);
        let mut report = std::mem::take(&mut self.report);
        for table in &mut self.tables.tables {
            report.tables.push(std::mem::take(&mut table.report));
        }
        report
    }

    /// The run has failed: closes what is open and makes the script fail.
    pub(crate) fn abort(&mut self, error: &Error) {
        if self.in_long_row {
            let staged = self.copying.is_some();
            self.out
                .extend_from_slice(if staged { b"\n" } else { self.long_row.closing() });
        }
        self.end_copy();
        script::abort(&mut self.out, self.is_open, &error.to_string());
    }

    fn end_copy(&mut self) {
        if self.copying.take().is_some() {
            self.out.extend_from_slice(b"\\.\n");
        }
    }

    /// What has to stand before a row of this head. Returns false if the row is left out.
    #[inline]
    fn before_row(&mut self, id: usize) -> bool {
        let Some(head) = self.tables.heads.get(id) else {
            return false;
        };
        self.reading = Some(head.table);
        match head.action {
            Action::Stage(stage) if self.copying == Some(stage) => true,
            Action::Stage(stage) => {
                self.begin_stage(stage);
                true
            }
            Action::Upsert(_) => {
                let table = head.table;
                if self.tables.tables.get(table).is_some_and(|table| !table.announced) {
                    self.announce(table);
                }
                true
            }
            Action::LeaveOut(_) => false,
        }
    }

    #[cold]
    fn announce(&mut self, table: usize) {
        self.open();
        let Some(table) = self.tables.tables.get_mut(table) else {
            return;
        };
        table.announced = true;
        script::call(&mut self.out, "dumpsert_table", |out| {
            emit::literal(out, &table.schema);
            out.extend_from_slice(b", ");
            emit::literal(out, &table.name);
        });
    }

    #[cold]
    fn begin_stage(&mut self, number: usize) {
        self.open();
        self.end_copy();
        let Some(stage) = self.tables.stages.get_mut(number) else {
            return;
        };
        let Some(table) = self.tables.tables.get(stage.table) else {
            return;
        };
        if !stage.created {
            stage.created = true;
            staged::create(&mut self.out, number + 1, table, stage);
        }
        staged::begin_copy(&mut self.out, number + 1, stage);
        self.copying = Some(number);
    }

    /// Counts rows of a head.
    #[inline]
    fn count(&mut self, id: usize, rows: u64, bytes: usize) {
        let Some(head) = self.tables.heads.get(id) else { return };
        let Some(table) = self.tables.tables.get_mut(head.table) else {
            return;
        };
        table.report.rows_read += rows;
        table.report.bytes += bytes as u64;
        match head.action {
            Action::LeaveOut(reason) => match table.report.left_out.get_mut(reason) {
                Some(count) => *count += rows,
                None => drop(table.report.left_out.insert(reason.to_owned(), rows)),
            },
            _ => table.report.rows_kept += rows,
        }
    }

    /// Rows read so far, and the table that is being read.
    pub(crate) fn progress(&self) -> (u64, Option<&str>) {
        let rows = self.tables.tables.iter().map(|table| table.report.rows_read).sum();
        let table = self.reading.and_then(|table| self.tables.tables.get(table));
        (rows, table.map(|table| table.report.table.as_str()))
    }

    /// Decides what becomes of the rows of a head.
    fn action(&mut self, head: &Head, name: &TableName, table: usize, columns: &[String]) -> Result<Action> {
        if name.name == PRISMA_MIGRATIONS {
            let message = format!("table {name} is left out: it is the target's own record of its migrations");
            self.report.warn(message);
            return Ok(Action::LeaveOut("default"));
        }
        if self.is_staged() {
            let columns = head.columns.as_deref().unwrap_or_default();
            self.set_key(table, &[], "target");
            return Ok(Action::Stage(self.tables.stage(table, columns)));
        }
        if self.is_full && self.plan.needs_catalog() {
            let message = "in a full dump the keys come behind the rows, so it has to be read twice";
            return Err(Error::new(ErrorKind::UnsupportedShape, message)
                .with_hint("read the catalog of it first (Catalog::from_schema_sql), use convert(), or style staged"));
        }
        for warning in self.order.iter_mut().flat_map(|order| order.meet(name)) {
            self.report.warn(warning);
        }
        let overriding = if head.rows == Rows::Copy {
            None
        } else {
            Some(head.overriding)
        };
        let Some(decision) = decide(&self.plan, name, columns, overriding)? else {
            return Ok(Action::LeaveOut("no_key"));
        };
        let Decision {
            conflict,
            source,
            overriding,
        } = decision;
        match (&conflict, source) {
            (Some(conflict), Some(source)) => self.set_key(table, &conflict.target, source),
            _ => self
                .report
                .warn(format!("table {name} has no key: a second run inserts its rows again")),
        }
        if source == Some("fallback") {
            self.report.warn(format!(
                "the key of table {name} is not known; its column `id` is taken for it"
            ));
        }
        let relation = &head.relation;
        let schema = relation.schema.as_deref().unwrap_or(name.schema.as_bytes());
        let text = HeadText::of(schema, relation, head.columns.as_deref().unwrap_or_default());
        let overriding = overriding && head.rows != Rows::Default;
        Ok(Action::Upsert(text.upsert(overriding, conflict.as_ref())?))
    }

    fn set_key(&mut self, table: usize, key: &[String], source: &'static str) {
        if let Some(table) = self.tables.tables.get_mut(table) {
            table.report.key = key.to_vec();
            table.report.key_source = Some(source);
        }
    }
}

/// Prisma keeps there which migrations a database has had; another database's record would be wrong.
const PRISMA_MIGRATIONS: &str = "_prisma_migrations";

fn shown(name: &[u8]) -> String {
    decode_name(name).into_owned()
}

/// PostgreSQL's own schemas, whose rows make the system what it is.
fn is_system_schema(schema: &str) -> bool {
    schema.starts_with("pg_") || schema == "information_schema"
}

impl Events for Writer {
    fn head(&mut self, head: &Head, search_path: Option<&[u8]>) -> Result<Target> {
        let schema = resolve(&head.relation, search_path)?;
        let name = TableName {
            schema: shown(schema),
            name: shown(&head.relation.name),
        };
        let table = self.tables.table(schema, &head.relation.name, &name);
        self.reading = Some(table);
        if is_system_schema(&name.schema) {
            let message = format!("table {name} belongs to PostgreSQL itself, no dump may write to it");
            return Err(Error::new(ErrorKind::TableNotAllowed, message));
        }
        let columns: Vec<String> = head.columns.iter().flatten().map(|column| shown(column)).collect();
        if let Some((at, column)) = columns
            .iter()
            .enumerate()
            .find(|(at, column)| columns.iter().take(*at).any(|c| c == *column))
        {
            let message = format!(
                "column `{column}` stands twice in the list, the second time as column {}",
                at + 1
            );
            return Err(Error::new(ErrorKind::UnexpectedToken, message));
        }
        if head.columns.is_none() && head.rows == Rows::Values {
            let message = format!("the INSERT into {name} names no columns");
            return Err(Error::new(ErrorKind::UnsupportedShape, message)
                .with_hint("dump with --column-inserts instead of --inserts, or without both (COPY)"));
        }
        let action = self.action(head, &name, table, &columns)?;
        self.tables.heads.push(HeadState {
            table,
            columns: columns.len(),
            action,
        });
        Ok(Target {
            id: self.tables.heads.len() - 1,
            columns: Some(columns.len()),
        })
    }

    #[inline]
    fn row(&mut self, id: usize, bytes: &[u8], fields: &[Field]) -> Result<()> {
        if self.before_row(id) {
            match self.tables.heads.get(id).map(|head| &head.action) {
                Some(Action::Upsert(text)) => rows::row(&mut self.out, text, bytes, fields),
                Some(Action::Stage(_)) => {
                    refuse_default(fields)?;
                    staged::row(&mut self.out, bytes, fields);
                }
                _ => {}
            }
        }
        self.count(id, 1, fields.last().map_or(0, |last| last.end));
        Ok(())
    }

    fn default_row(&mut self, id: usize) -> Result<()> {
        if self.before_row(id) {
            match self.tables.heads.get(id).map(|head| &head.action) {
                Some(Action::Upsert(text)) => rows::default_row(&mut self.out, text),
                Some(Action::Stage(_)) => self.out.push(b'\n'),
                _ => {}
            }
        }
        self.count(id, 1, 0);
        Ok(())
    }

    fn copy_begin(&mut self, id: usize, _line: u64) -> Result<()> {
        self.reading = self.tables.heads.get(id).map(|head| head.table);
        Ok(())
    }

    fn copy_rows(&mut self, id: usize, lines: &[u8], rows: u64) -> Result<()> {
        if self.before_row(id) {
            match self.tables.heads.get(id) {
                Some(HeadState {
                    action: Action::Upsert(text),
                    columns,
                    ..
                }) => {
                    for line in rows::lines(lines) {
                        rows::copy_row(&mut self.out, text, line, *columns, &mut self.scratch);
                    }
                }
                Some(HeadState {
                    action: Action::Stage(_),
                    ..
                }) => self.out.extend_from_slice(lines),
                _ => {}
            }
        }
        self.count(id, rows, lines.len());
        Ok(())
    }

    fn piece(&mut self, id: usize, piece: Piece<'_>) -> Result<()> {
        if self.before_row(id) {
            self.in_long_row = !matches!(piece, Piece::End);
            match self.tables.heads.get(id).map(|head| &head.action) {
                Some(Action::Upsert(text)) => self.long_row.piece(&mut self.out, text, piece, &mut self.scratch),
                Some(Action::Stage(_)) => {
                    if let Piece::Literal(_, field) = piece {
                        refuse_default(&[field])?;
                    }
                    self.long_line.piece(&mut self.out, piece);
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

    fn sequence(&mut self, sequence: &Relation, search_path: Option<&[u8]>, value: i64, is_called: bool) -> Result<()> {
        self.open();
        self.end_copy();
        let schema = resolve(sequence, search_path)?;
        let name = TableName {
            schema: shown(schema),
            name: shown(&sequence.name),
        };
        if is_system_schema(&name.schema) {
            let message = format!("sequence {name} belongs to PostgreSQL itself");
            return Err(Error::new(ErrorKind::TableNotAllowed, message));
        }
        script::call(&mut self.out, "dumpsert_sequence", |out| {
            emit::literal(out, schema);
            out.extend_from_slice(b", ");
            emit::literal(out, &sequence.name);
            out.extend_from_slice(format!(", {value}, {is_called}").as_bytes());
        });
        self.report.sequences.push(name.to_string());
        Ok(())
    }

    fn client_encoding(&mut self, name: &'static str) -> Result<()> {
        if self.is_open && name != self.client_encoding {
            self.end_copy();
            script::set_client_encoding(&mut self.out, name);
        }
        self.client_encoding = name;
        Ok(())
    }

    fn schema(&mut self, sql: &[u8], scs: bool) -> Result<()> {
        self.is_full |= is_create_table(sql, scs);
        Ok(())
    }

    fn skipped(&mut self, label: &str) {
        let count = self.report.skipped.entry(label.to_owned()).or_default();
        *count += 1;
        if *count == 1 && label == LARGE_OBJECTS {
            self.report
                .warn("the dump has large objects, which the script does not carry");
        } else if *count == 1 && label == STATISTICS {
            self.report
                .warn("the dump has planner statistics, which the script does not carry: run ANALYZE");
        }
    }

    fn place(&self) -> (Option<String>, Option<u64>) {
        let table = self.reading.and_then(|table| self.tables.tables.get(table));
        (
            table.map(|table| table.report.table.clone()),
            table.map(|table| table.report.rows_read + 1),
        )
    }
}

/// The schema of a name: its own, or the first of the search path. Hand-written dumps set no path and mean `public`.
fn resolve<'a>(relation: &'a Relation, search_path: Option<&'a [u8]>) -> Result<&'a [u8]> {
    match (&relation.schema, search_path) {
        (Some(schema), _) => Ok(schema),
        (None, None) => Ok(b"public"),
        (None, Some(b"")) => {
            let message = format!(
                "`{}` has no schema, and the search path is empty",
                shown(&relation.name)
            );
            Err(Error::new(ErrorKind::UnknownName, message))
        }
        (None, Some(path)) => Ok(path),
    }
}

fn refuse_default(fields: &[Field]) -> Result<()> {
    if fields.iter().any(|field| field.form == Form::Default) {
        return Err(
            Error::new(ErrorKind::UnsupportedShape, "DEFAULT has no place in a COPY")
                .with_hint("dump with --column-inserts instead of --inserts, or without both (COPY)"),
        );
    }
    Ok(())
}
