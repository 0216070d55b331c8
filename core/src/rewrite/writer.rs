//! Listens to the reader and writes the script.

use std::collections::BTreeSet;

use super::batches::Batches;
use super::emit;
use super::order::OrderWatch;
use super::own_tables::OwnTables;
use super::rows::{self, LongRow};
use super::script::{self, Frame, Switch};
use super::staged::{self, LongLine};
use super::tables::{Action, Announcement, HeadState, LeftOut, Tables, Upsert, unmet_key};
use crate::catalog::dump_names::Names;
use crate::catalog::{Catalog, TableName};
use crate::error::{Error, Result};
use crate::filter::held::HeldRow;
use crate::filter::run::Filter;
use crate::lex::literal::{Field, Form};
use crate::lex::tail;
use crate::options::{Client, Style};
use crate::plan::Plan;
use crate::report::Report;

/// What a COPY goes into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Copying {
    Stage(usize),
    /// The view through which long rows go into a stage.
    LongRow(usize),
}

/// Writes one script. The bytes collect in `out` until the owner takes them.
pub(crate) struct Writer {
    pub(crate) plan: Plan,
    pub(crate) out: Vec<u8>,
    /// The length of `out` at which its owner takes it away before more is read.
    pub(crate) full_at: usize,
    pub(crate) report: Report,
    pub(super) tables: Tables,
    /// With a catalog, and not in style `staged`, where the order of the dump matters.
    pub(super) order: Option<OrderWatch>,
    /// Whether the frame of the script is open.
    pub(super) is_open: bool,
    /// How names are read here.
    pub(crate) names: Names,
    /// Whether the dump has tables and not only rows.
    pub(crate) is_full: bool,
    /// In style `staged`, which needs no catalog: the tables that the dump itself has made so far. An `INSERT` without a
    /// list of columns means theirs.
    pub(super) made: Option<OwnTables>,
    /// The database that the dump has named, and whether it is another one than the wanted.
    pub(super) database: Option<String>,
    pub(crate) is_other: bool,
    /// Whether the wanted database was there.
    pub(super) has_wanted: bool,
    /// The first database of which rows or sequences were taken.
    pub(super) taken: Option<Option<String>>,
    /// In style `staged`: the tables that `exclude_tables` leaves out.
    pub(super) excluded: BTreeSet<TableName>,
    /// The COPY that is open.
    pub(super) copying: Option<Copying>,
    /// Whether psql shows where in the data of a COPY an error is; of our own routines that would be noise.
    shows_context: bool,
    has_long_rows: bool,
    /// The columns of the demo preset that heads had, by their places.
    pub(super) demo_met: BTreeSet<usize>,
    /// The table that is being read, for the position of an error.
    pub(super) reading: Option<usize>,
    /// Whether a COPY has begun of which no row has come yet.
    pub(super) awaits_row: bool,
    pub(super) long_row: LongRow,
    pub(super) long_line: LongLine,
    /// Whether a part of a long row is written and its end is not.
    pub(super) in_long_row: bool,
    /// In style `batches`.
    batches: Option<Batches>,
    /// Where rows are to be left out.
    pub(super) filter: Option<Filter>,
    /// Where the target keeps its own rows of the same keys: rows that were left out and are not told yet.
    pub(super) left_out: LeftOut,
    /// A long row of which it is not known yet whether it is left out.
    pub(super) held: HeldRow,
    pub(super) scratch: Vec<u8>,
    values: Vec<u8>,
    /// Rows of all tables that were read.
    pub(super) rows: u64,
    /// What the names of the sequences in the report take.
    pub(super) sequences_bytes: u64,
}

impl Writer {
    pub(crate) fn new(plan: Plan) -> Self {
        let order = plan
            .catalog()
            .filter(|_| plan.style() != Style::Staged)
            .map(OrderWatch::new);
        // Until the dump names a database it is not the wanted one.
        let is_other = plan.database().is_some();
        let mut report = Report {
            version: 1,
            ..Report::default()
        };
        for note in plan.filter().iter().flat_map(|filter| &filter.notes) {
            report.warn(note.clone());
        }
        let filter = plan
            .filter()
            .map(|filter| Filter::new(filter, plan.learned(), plan.limits()));
        let batches = (plan.style() == Style::Batches).then(|| Batches::new(plan.batch_limits()));
        let names = Names::new(plan.compares_names());
        Self {
            plan,
            out: Vec::new(),
            full_at: usize::MAX,
            report,
            tables: Tables::default(),
            order,
            is_open: false,
            names,
            is_full: false,
            made: None,
            database: None,
            is_other,
            has_wanted: false,
            taken: None,
            excluded: BTreeSet::new(),
            copying: None,
            shows_context: false,
            has_long_rows: false,
            demo_met: BTreeSet::new(),
            reading: None,
            awaits_row: false,
            long_row: LongRow::default(),
            long_line: LongLine::default(),
            in_long_row: false,
            batches,
            filter,
            left_out: LeftOut::default(),
            held: HeldRow::default(),
            scratch: Vec::new(),
            values: Vec::new(),
            rows: 0,
            sequences_bytes: 0,
        }
    }

    pub(super) fn is_staged(&self) -> bool {
        self.plan.style() == Style::Staged
    }

    /// Who is told of encodings.
    pub(super) fn switch(&self) -> Switch {
        Switch::of(self.plan.client(), self.plan.style())
    }

    /// Writes the frame, unless it is there.
    pub(super) fn open(&mut self) -> Result<()> {
        if self.is_open {
            return Ok(());
        }
        self.is_open = true;
        let frame = Frame {
            style: self.plan.style(),
            client: self.plan.client(),
            client_encoding: self.names.encoding(),
            lock_timeout: self.plan.lock_timeout(),
            options: &self.plan.target_options(self.comes_in_any_order()),
            view: self.plan.view(),
            maps: self.plan.matches_rows(),
        };
        script::open(&mut self.out, &frame)
    }

    /// Whether rows come by the names of their tables, as in a dump that makes the tables and adds the foreign keys behind
    /// the rows, and a foreign key is checked row by row.
    fn comes_in_any_order(&self) -> bool {
        self.is_full && self.order.as_ref().is_some_and(OrderWatch::has_references)
    }

    /// The dump has ended well.
    pub(crate) fn finish(&mut self) -> Result<Report> {
        self.open()?;
        self.tell_left_out()?;
        self.end_block();
        self.show_context(false);
        self.tell_excluded()?;
        self.warn_of_unmet_names();
        if self.has_long_rows {
            self.out.extend_from_slice(staged::END_LONG_ROWS);
        }
        script::close(
            &mut self.out,
            self.plan.client(),
            self.plan.style(),
            self.names.encoding(),
        );
        Ok(self.report_so_far())
    }

    pub(crate) fn report_so_far(&self) -> Report {
        let mut report = self.report.clone();
        report.tables = self.tables.tables.iter().map(|table| table.report.clone()).collect();
        if let Some(filter) = &self.filter {
            filter.report(&mut report);
        }
        report
    }

    /// Tells the target which tables were left out by a pattern. Names of several encodings stand beside each other.
    fn tell_excluded(&mut self) -> Result<()> {
        const NAMES_AT_ONCE: usize = 500;
        let names: Vec<&TableName> = self.excluded.iter().collect();
        let is_ascii = names.iter().all(|name| name.schema.is_ascii() && name.name.is_ascii());
        let (switch, encoding) = (self.switch(), self.names.encoding());
        script::in_utf8(&mut self.out, switch, encoding, is_ascii, |out| {
            names
                .chunks(NAMES_AT_ONCE)
                .try_for_each(|names| staged::left_out(out, names))
        })
    }

    /// The end of the dump tells whether a pattern, or a key beside the catalog, is of any use.
    pub(crate) fn check_selection(&mut self) -> Result<()> {
        let selection = self.plan.selection();
        let is_complete = self.plan.has_catalog() || self.is_full;
        let keys = || self.plan.keys_beside_catalog();
        if selection.is_empty() && keys().next().is_none() {
            return Ok(());
        }
        let tables = self.known_tables();
        if let Some((what, unmet)) = keys().find(|(_, name)| !tables.contains(name)) {
            return Err(unmet_key(what, unmet, &tables));
        }
        let warnings = selection.check_met(&tables.into_iter().collect::<Vec<_>>(), is_complete)?;
        for warning in warnings {
            self.report.warn(warning);
        }
        Ok(())
    }

    /// The last look at what was written from `start` on; what may not leave is cut off.
    pub(crate) fn check(&mut self, start: usize) -> Result<()> {
        emit::check(tail(&self.out, start)).map_err(|(at, error)| {
            self.out.truncate(start + at);
            error
        })
    }

    /// The run has failed: closes what is open and makes the script fail.
    pub(crate) fn abort(&mut self, error: &Error) {
        let reason = script::reason(&error.to_string());
        if self.in_long_row {
            match self.copying {
                Some(Copying::LongRow(stage)) => {
                    let columns = self.tables.stages.get(stage).map_or(0, |stage| stage.columns.len());
                    self.long_line.refuse(&mut self.out, columns, &reason);
                }
                _ => self.long_row.give_up(&mut self.out),
            }
        }
        self.end_block();
        self.show_context(false);
        script::abort(&mut self.out, self.plan.client(), self.is_open, &reason);
    }

    /// Ends what takes rows: a COPY or a batch.
    pub(super) fn end_block(&mut self) {
        if let Some(batches) = &mut self.batches {
            batches.end(&mut self.out);
        }
        if self.copying.take().is_some() {
            self.out.extend_from_slice(b"\\.\n");
        }
    }

    /// What has to stand before a row of this head. Returns false if the row is left out.
    #[inline]
    pub(super) fn before_row(&mut self, id: usize) -> Result<bool> {
        let Some(head) = self.tables.heads.get(id) else {
            return Ok(false);
        };
        self.reading = Some(head.table);
        match &head.action {
            &Action::Stage { stage, .. } if self.copying == Some(Copying::Stage(stage)) => Ok(true),
            &Action::Stage { stage, .. } if self.in_long_row && self.copying == Some(Copying::LongRow(stage)) => {
                Ok(true)
            }
            &Action::Stage { stage, .. } => {
                self.begin_stage(stage)?;
                Ok(true)
            }
            Action::Upsert(Upsert { unannounced: None, .. }) => Ok(true),
            Action::Upsert(_) => {
                self.announce(id)?;
                Ok(true)
            }
            Action::LeaveOut(_) => Ok(false),
        }
    }

    #[cold]
    fn announce(&mut self, id: usize) -> Result<()> {
        self.open()?;
        self.end_block();
        let Some(head) = self.tables.heads.get_mut(id) else {
            return Ok(());
        };
        let (Action::Upsert(upsert), Some(table)) = (&mut head.action, self.tables.tables.get_mut(head.table)) else {
            return Ok(());
        };
        let told = upsert.unannounced.take();
        let Some(Announcement { columns, set }) = told.filter(|told| !table.announced.contains(&told.columns)) else {
            return Ok(());
        };
        script::check_bytes(&mut self.out, self.names.encoding(), &self.plan, table, &columns);
        let name = [&table.schema, &table.name];
        script::call(&mut self.out, "dumpsert_table", |out| {
            emit::list(out, &name, emit::literal)?;
            out.extend_from_slice(b", ");
            emit::text_array(out, &columns)
        })?;
        if !columns.is_empty() {
            script::call(&mut self.out, "dumpsert_writable", |out| {
                emit::list(out, &name, emit::literal)?;
                out.extend_from_slice(b", ");
                emit::text_array(out, &columns)?;
                out.extend_from_slice(b", ");
                emit::text_array(out, &set)
            })?;
        }
        if let Some(checks) = &upsert.checks {
            script::check_table(&mut self.out, table, checks)?;
        }
        table.announced.insert(columns);
        Ok(())
    }

    #[cold]
    fn begin_stage(&mut self, number: usize) -> Result<()> {
        self.create_stage(number)?;
        self.show_context(true);
        if let Some(stage) = self.tables.stages.get(number)
            && let Some(table) = self.tables.tables.get(stage.table)
        {
            staged::begin_copy(&mut self.out, stage.number + 1, table, stage)?;
            self.copying = Some(Copying::Stage(number));
        }
        Ok(())
    }

    /// Ends what is open, and sees to it that the stage is there.
    pub(super) fn create_stage(&mut self, number: usize) -> Result<()> {
        self.open()?;
        self.end_block();
        let Some(own) = self.tables.stages.get(number).map(|stage| stage.number) else {
            return Ok(());
        };
        if !self.tables.created.insert(own) {
            return Ok(());
        }
        self.show_context(false);
        let Tables { tables, stages, .. } = &self.tables;
        if let Some(stage) = stages.get(number)
            && let Some(table) = tables.get(stage.table)
        {
            script::check_bytes(&mut self.out, self.names.encoding(), &self.plan, table, &stage.columns);
            staged::create(&mut self.out, own + 1, table, stage)?;
        }
        Ok(())
    }

    /// A long row gets a statement of its own, of which nothing remains if the row is refused after its start.
    #[cold]
    pub(super) fn before_long_row(&mut self, id: usize) -> Result<()> {
        let number = match self.tables.heads.get(id).map(|head| &head.action) {
            Some(Action::Stage { stage, .. }) => *stage,
            Some(Action::Upsert(_)) => {
                self.end_block();
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.create_stage(number)?;
        self.show_context(false);
        if let Some(stage) = self.tables.stages.get_mut(number) {
            staged::begin_long_row(&mut self.out, number + 1, stage, !self.has_long_rows)?;
            stage.has_long_rows = true;
            self.has_long_rows = true;
            self.in_long_row = true;
            self.copying = Some(Copying::LongRow(number));
        }
        Ok(())
    }

    /// Has psql show the context of errors, or not.
    pub(super) fn show_context(&mut self, shown: bool) {
        if self.shows_context != shown && self.plan.client() == Client::Psql {
            self.shows_context = shown;
            script::show_context(&mut self.out, shown);
        }
    }

    /// Counts rows of a head.
    #[inline]
    pub(super) fn count(&mut self, id: usize, rows: u64, bytes: usize) {
        let Some(head) = self.tables.heads.get(id) else { return };
        let Some(table) = self.tables.tables.get_mut(head.table) else {
            return;
        };
        table.report.rows_read += rows;
        self.rows += rows;
        table.report.bytes += bytes as u64;
        match head.action {
            Action::LeaveOut(reason) => match table.report.left_out.get_mut(reason) {
                Some(count) => *count += rows,
                None => drop(table.report.left_out.insert(reason.to_owned(), rows)),
            },
            _ => table.report.rows_kept += rows,
        }
    }

    /// The table of a head, as `schema.table`.
    pub(crate) fn table_of(&self, id: usize) -> Option<&str> {
        let table = self.tables.tables.get(self.tables.heads.get(id)?.table)?;
        Some(&table.report.table)
    }

    /// Whether the dump itself has told of tables, and no catalog has.
    pub(crate) fn has_made_tables(&self) -> bool {
        self.made.is_some()
    }

    /// What is known of the tables: by the plan, or in style `staged` by the dump.
    pub(crate) fn catalog(&self) -> Option<Catalog> {
        match &self.made {
            Some(made) => made.catalog().cloned(),
            None => self.plan.catalog().cloned(),
        }
    }

    /// Rows read so far, the table that is being read, and its rows of them.
    pub(crate) fn progress(&self) -> (u64, Option<&str>, u64) {
        let table = self.reading.and_then(|table| self.tables.tables.get(table));
        let table = table.map(|table| &table.report);
        let rows = table.map_or(0, |table| table.rows_read);
        (self.rows, table.map(|table| table.table.as_str()), rows)
    }

    /// Writes and counts a row of literals, unless all of its head are left out.
    #[inline]
    pub(super) fn write_row(&mut self, id: usize, bytes: &[u8], fields: &[Field]) -> Result<()> {
        if self.before_row(id)? {
            if self.copying.is_some() {
                self.check_defaults(id, fields)?;
            }
            self.literals(id, bytes, fields);
        }
        self.count(id, 1, fields.last().map_or(0, |last| last.end));
        Ok(())
    }

    /// The same for lines of canonical COPY data.
    #[inline]
    pub(super) fn write_lines(&mut self, id: usize, lines: &[u8], rows: u64) -> Result<()> {
        if self.before_row(id)? {
            self.lines(id, lines);
        }
        self.count(id, rows, lines.len());
        Ok(())
    }

    /// Writes a row of literals that is kept.
    #[inline]
    pub(super) fn literals(&mut self, id: usize, bytes: &[u8], fields: &[Field]) {
        let Some(head) = self.tables.heads.get(id) else {
            return;
        };
        match (&head.action, &mut self.batches) {
            (Action::Upsert(upsert), batches) if upsert.keeps_none => {
                batches.iter_mut().for_each(|batches| batches.end(&mut self.out));
                rows::default_row(&mut self.out, &upsert.text);
            }
            (Action::Upsert(upsert), None) => {
                rows::row(&mut self.out, &upsert.text, bytes, fields, upsert.keep.as_deref());
            }
            // DEFAULT among the rows of one VALUES list is refused before PostgreSQL 14.
            (Action::Upsert(upsert), Some(batches)) if fields.iter().any(|field| field.form == Form::Default) => {
                batches.end(&mut self.out);
                rows::row(&mut self.out, &upsert.text, bytes, fields, upsert.keep.as_deref());
            }
            (Action::Upsert(upsert), Some(batches)) => {
                self.values.clear();
                rows::values(&mut self.values, bytes, fields, upsert.keep.as_deref());
                let key = upsert.key.iter().filter_map(|&at| Some(fields.get(at)?.raw(bytes)));
                batches.row(&mut self.out, id, upsert, &self.values, key);
            }
            (Action::Stage { keep: None, .. }, _) => staged::row(&mut self.out, bytes, fields.iter()),
            (Action::Stage { keep: Some(keep), .. }, _) => {
                let kept = fields
                    .iter()
                    .zip(keep)
                    .filter(|(_, keep)| **keep)
                    .map(|(field, _)| field);
                staged::row(&mut self.out, bytes, kept);
            }
            (Action::LeaveOut(_), _) => {}
        }
    }

    /// Writes lines of canonical COPY data that are kept.
    pub(super) fn lines(&mut self, id: usize, lines: &[u8]) {
        let Some(HeadState { action, columns, .. }) = self.tables.heads.get(id) else {
            return;
        };
        let Action::Upsert(upsert) = action else {
            if matches!(action, Action::Stage { .. }) {
                self.out.extend_from_slice(lines);
            }
            return;
        };
        for line in rows::lines(lines) {
            match &mut self.batches {
                Some(batches) if *columns > 0 && !upsert.keeps_none => {
                    self.values.clear();
                    rows::copy_values(&mut self.values, line, upsert.keep.as_deref(), &mut self.scratch);
                    let fields = || line.strip_suffix(b"\n").unwrap_or(line).split(|&byte| byte == b'\t');
                    let key = upsert.key.iter().filter_map(|&at| fields().nth(at));
                    batches.row(&mut self.out, id, upsert, &self.values, key);
                }
                _ => rows::copy_row(&mut self.out, upsert, line, *columns, &mut self.scratch),
            }
        }
    }
}
