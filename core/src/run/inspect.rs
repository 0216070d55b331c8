//! What is in a dump, and what a conversion would make of it, without writing SQL.
//!
//! It is the conversion itself, with its script thrown away: what that would leave out is left out here, and for the
//! same reasons. Only where it would stop because the options do not fit the dump, this goes on and remembers why.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use serde::Serialize;

use crate::catalog::{Catalog, OrderProblem};
use crate::dump::head::{Head, Rows, Sequence};
use crate::dump::reader::Reader;
use crate::dump::{Events, Piece, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::lex::literal::Field;
use crate::lex::tail;
use crate::lex::tokens::decode_name;
use crate::limits::{HEAD_OVERHEAD_BYTES, Limit};
use crate::plan::Plan;
use crate::report::Report;
use crate::rewrite::rewriter::{OUTPUT_BYTES, Progress};
use crate::rewrite::{Writer, several_databases};
use crate::run::input::{CHUNK_BYTES, Input, open_reader, open_seekable, read_some};
use crate::text::printable_json;

/// What is in a dump; see [`inspect`].
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// Version of this form: 1.
    pub version: u32,
    /// How the dump was made, as far as it shows.
    pub shape: Shape,
    /// The databases that the dump names, in its order: those of `pg_dumpall` and of `pg_dump --create`.
    pub databases: Vec<Database>,
    /// What a conversion with the same options would report. Rows that it would stop at are left out as `refused`.
    pub report: Report,
    /// The columns of each table in the dump, by `schema.table`; a table whose columns nothing tells is absent.
    pub columns: BTreeMap<String, Vec<String>>,
    /// What a conversion with the same options would stop at.
    pub problems: Vec<Problem>,
    /// For which tables the order of rows may not do; `None` if nothing is known of the foreign keys.
    pub order_problems: Option<Vec<OrderProblem>>,
}

/// How a dump was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Shape {
    /// Whether it makes tables, and does not only fill them.
    pub full: bool,
    /// Whether it is one of `pg_dumpall`.
    pub cluster: bool,
    /// In which forms it holds rows; more than one where several dumps or hands made it.
    pub rows: BTreeSet<RowForm>,
    /// Most rows of one `INSERT`; 0 if there is none.
    pub rows_per_insert: u64,
    /// Whether an `INSERT` has `ON CONFLICT DO NOTHING`.
    pub on_conflict_do_nothing: bool,
    /// Whether `standard_conforming_strings` is on all the time.
    pub standard_conforming_strings: bool,
    /// Every client encoding that the dump sets.
    pub client_encodings: Vec<&'static str>,
    /// The server's version as a comment in the dump says it: text that the source chose, for display only.
    pub server_version: Option<String>,
    /// The same of `pg_dump`.
    pub pg_dump_version: Option<String>,
}

/// A form in which a dump holds rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RowForm {
    /// `COPY … FROM stdin`.
    Copy,
    /// `INSERT` with a list of columns (`pg_dump --column-inserts`).
    ColumnInserts,
    /// `INSERT` without a list of columns (`pg_dump --inserts`).
    Inserts,
}

/// A database that a dump names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Rows in its part of the dump.
    pub rows: u64,
    /// Sequences whose value is set there.
    pub sequences: u64,
}

/// Something that a conversion would stop at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The table, as `schema.table`, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The same in words.
    pub message: String,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Inspection {
    /// The inspection as JSON, in which control characters are escaped.
    pub fn to_json(&self) -> String {
        printable_json(serde_json::to_string_pretty(self).unwrap_or_default())
    }
}

/// Says what is in a dump and what [`convert`](crate::convert) would make of it with this plan.
///
/// It is lenient where the plan does not fit the dump: a table without a key or one that may not be written to, a table
/// that the catalog does not know, rows of several databases become [`problems`](Inspection::problems).
///
/// ```
/// use dumpsert::{Options, Style, inspect};
///
/// let dump = "INSERT INTO public.t (id, v) VALUES (1, 'one');\nINSERT INTO public.log (line) VALUES ('a');\n";
/// let inspection = inspect(dump.as_bytes(), &Options::new().with_style(Style::Rows).build()?)?;
/// assert_eq!(inspection.report.rows_read(), 2);
/// assert_eq!(inspection.columns["public.t"], ["id", "v"]);
/// assert_eq!(inspection.problems[0].table.as_deref(), Some("public.log"));
/// # Ok::<(), dumpsert::Error>(())
/// ```
///
/// # Errors
/// If the dump is not acceptable, whatever the plan, or cannot be read.
pub fn inspect(reader: impl Read, plan: &Plan) -> Result<Inspection> {
    inspect_with(reader, plan, |_| {})
}

/// As [`inspect`], and calls `progress` after every chunk.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_with(reader: impl Read, plan: &Plan, progress: impl FnMut(Progress<'_>)) -> Result<Inspection> {
    run(open_reader(reader, plan)?, progress)
}

/// As [`inspect_with`], of a dump that is read from its start and can be read again where it lies.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_seekable(
    reader: impl Read + Seek,
    plan: &Plan,
    progress: impl FnMut(Progress<'_>),
) -> Result<Inspection> {
    run(open_seekable(reader, plan)?, progress)
}

/// As [`inspect_with`], from a file.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_file(path: impl AsRef<Path>, plan: &Plan, progress: impl FnMut(Progress<'_>)) -> Result<Inspection> {
    let path = path.as_ref();
    let fail = |error| Error::read_file(path, error);
    let file = File::open(path).map_err(fail)?;
    let is_file = file.metadata().map_err(fail)?.is_file();
    let open = if is_file { open_seekable } else { open_reader };
    run(open(file, plan)?, progress)
}

fn run<R: Read>(mut input: Input<R>, mut progress: impl FnMut(Progress<'_>)) -> Result<Inspection> {
    let mut reader = Reader::new(*input.plan.limits()).with_crlf(input.plan.crlf());
    let mut inspector = Inspector::new(&input.plan);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = read_some(&mut input.reader, &mut chunk).map_err(|error| error.or_position(|| reader.position()))?;
        match chunk.get(..read) {
            None | Some([]) => break,
            Some(bytes) => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    rest = tail(rest, reader.write_some(rest, &mut inspector)?);
                    inspector.writer.out.clear();
                }
            }
        }
        let (rows, table, table_rows) = inspector.writer.progress();
        let bytes = reader.bytes();
        progress(Progress {
            bytes,
            rows,
            table,
            table_rows,
        });
    }
    reader.finish(&mut inspector)?;
    inspector.finish(&reader)
}

/// Listens beside the writer, whose script nobody reads.
struct Inspector {
    writer: Writer,
    forms: BTreeSet<RowForm>,
    encodings: Vec<&'static str>,
    databases: Vec<Database>,
    /// Their places by their names, and how many bytes these take.
    numbers: HashMap<String, usize>,
    names_bytes: u64,
    /// The one that is being read, of those; none before the first.
    database: Option<usize>,
    /// What there was before the first: rows and sequences.
    unnamed: u64,
    columns: BTreeMap<String, Vec<String>>,
    /// Of each table, the columns that are there already.
    known_columns: HashMap<String, HashSet<String>>,
    problems: Vec<Problem>,
    /// Tables and messages of `problems`: several heads of one table say the same only once.
    known_problems: BTreeSet<(Option<String>, String)>,
    /// What was known of the tables when the last database ended.
    catalog: Option<Catalog>,
}

impl Inspector {
    fn new(plan: &Plan) -> Self {
        let mut writer = Writer::new(plan.clone());
        writer.full_at = OUTPUT_BYTES;
        Self {
            writer,
            forms: BTreeSet::new(),
            encodings: Vec::new(),
            databases: Vec::new(),
            numbers: HashMap::new(),
            names_bytes: 0,
            database: None,
            unnamed: 0,
            columns: BTreeMap::new(),
            known_columns: HashMap::new(),
            problems: Vec::new(),
            known_problems: BTreeSet::new(),
            catalog: None,
        }
    }

    fn finish(mut self, reader: &Reader) -> Result<Inspection> {
        self.keep_catalog();
        self.check_databases()?;
        if let Err(error) = self.writer.check_selection() {
            self.forgive(None, error)?;
        }
        let facts = reader.facts();
        let version = |text: &Option<Vec<u8>>| text.as_deref().map(|text| decode_name(text).into_owned());
        let shape = Shape {
            full: self.writer.is_full,
            cluster: facts.is_cluster,
            rows: self.forms,
            rows_per_insert: facts.rows_per_insert,
            on_conflict_do_nothing: facts.on_conflict,
            standard_conforming_strings: !facts.scs_off,
            client_encodings: self.encodings,
            server_version: version(&facts.server_version),
            pg_dump_version: version(&facts.pg_dump_version),
        };
        let report = Report {
            bytes_read: reader.bytes(),
            ..self.writer.finish()?
        };
        // An INSERT without a list of columns has those of its table.
        let met: HashSet<&str> = report.tables.iter().map(|table| table.table.as_str()).collect();
        for table in self.catalog.iter().flat_map(Catalog::tables) {
            let name = table.table_name().to_string();
            if met.contains(name.as_str()) {
                let columns = || table.columns.iter().map(|column| column.name.clone()).collect();
                self.columns.entry(name).or_insert_with(columns);
            }
        }
        Ok(Inspection {
            version: 1,
            shape,
            databases: self.databases,
            report,
            columns: self.columns,
            problems: self.problems,
            order_problems: self.catalog.as_ref().map(Catalog::order_problems),
        })
    }

    /// Goes on where a conversion would stop because of its plan.
    fn forgive(&mut self, table: Option<String>, error: Error) -> Result<()> {
        if !error.is_about_plan() {
            return Err(error);
        }
        let problem = Problem {
            kind: error.kind(),
            table,
            message: error.message().to_owned(),
            hint: error.hint().map(str::to_owned),
        };
        if self
            .known_problems
            .insert((problem.table.clone(), problem.message.clone()))
        {
            self.problems.push(problem);
        }
        Ok(())
    }

    /// The same for the rows of a COPY.
    fn forgive_refusal(&mut self, id: usize) -> Result<()> {
        match self.writer.take_refusal(id) {
            Some(error) => self.forgive(self.writer.table_of(id).map(str::to_owned), error),
            None => Ok(()),
        }
    }

    fn keep_catalog(&mut self) {
        // The plan's is the same each time.
        let is_known = self.catalog.is_some() && !self.writer.has_made_tables();
        if !self.writer.is_other && !is_known {
            let catalog = self.writer.catalog().filter(|catalog| !catalog.is_empty());
            self.catalog = catalog.or(self.catalog.take());
        }
    }

    /// Says what a conversion says of rows of several databases, or of a database that is not there.
    fn check_databases(&mut self) -> Result<()> {
        if let Err(error) = self.writer.check_database() {
            self.forgive(None, error)?;
        }
        let filled = self.databases.iter().filter(|known| known.rows + known.sequences > 0);
        let filled = filled.map(|known| known.name.as_str());
        let names: Vec<&str> = (self.unnamed > 0).then_some("?").into_iter().chain(filled).collect();
        if names.len() > 1 && self.writer.plan.database().is_none() {
            let error = several_databases(&names);
            self.forgive(None, error)?;
        }
        Ok(())
    }

    fn count(&mut self, rows: u64, sequences: u64) {
        match self.database.and_then(|at| self.databases.get_mut(at)) {
            Some(database) => {
                database.rows += rows;
                database.sequences += sequences;
            }
            None => self.unnamed += rows + sequences,
        }
    }
}

impl Events for Inspector {
    fn head(&mut self, head: &Head, search_path: Option<&[Vec<u8>]>) -> Result<Target> {
        // DEFAULT VALUES stands in dumps of both kinds of INSERT.
        self.forms.extend(match (head.rows, &head.columns) {
            (Rows::Copy, _) => Some(RowForm::Copy),
            (Rows::Values, None) => Some(RowForm::Inserts),
            (Rows::Values, Some(_)) => Some(RowForm::ColumnInserts),
            (Rows::Default, _) => None,
        });
        let result = self.writer.head(head, search_path);
        let target = match result {
            Ok(target) => target,
            Err(error) => match self.writer.table_refused() {
                None => return Err(error),
                Some(table) => {
                    let target = self.writer.leave_out_refused(head, table);
                    let table = self.writer.table_of(target.id).map(str::to_owned);
                    self.forgive(table, error)?;
                    target
                }
            },
        };
        if let (Some(table), Some(columns)) = (self.writer.table_of(target.id), &head.columns) {
            let known = self.columns.entry(table.to_owned()).or_default();
            let told = self.known_columns.entry(table.to_owned()).or_default();
            for column in self.writer.names.read_all(columns).unwrap_or_default() {
                if told.insert(column.clone()) {
                    known.push(column);
                }
            }
        }
        Ok(target)
    }

    fn row(&mut self, id: usize, bytes: &[u8], fields: &[Field]) -> Result<()> {
        self.count(1, 0);
        self.writer.row(id, bytes, fields)
    }

    fn default_row(&mut self, id: usize) -> Result<()> {
        self.count(1, 0);
        self.writer.default_row(id)
    }

    fn copy_begin(&mut self, id: usize) -> Result<()> {
        self.writer.copy_begin(id)
    }

    fn copy_rows(&mut self, id: usize, lines: &[u8], rows: u64) -> Result<()> {
        self.count(rows, 0);
        self.forgive_refusal(id)?;
        self.writer.copy_rows(id, lines, rows)
    }

    fn piece(&mut self, id: usize, piece: Piece<'_>) -> Result<()> {
        if matches!(piece, Piece::End) {
            self.count(1, 0);
        }
        self.forgive_refusal(id)?;
        self.writer.piece(id, piece)
    }

    fn sequence(
        &mut self,
        sequence: &Sequence,
        search_path: Option<&[Vec<u8>]>,
        value: i64,
        is_called: bool,
    ) -> Result<()> {
        self.count(0, 1);
        match self.writer.sequence(sequence, search_path, value, is_called) {
            Err(error) => self.forgive(None, error),
            Ok(()) => Ok(()),
        }
    }

    fn client_encoding(&mut self, name: &'static str) -> Result<()> {
        if !self.encodings.contains(&name) {
            self.encodings.push(name);
        }
        self.writer.client_encoding(name)
    }

    fn database(&mut self, name: &[u8]) -> Result<()> {
        self.keep_catalog();
        self.writer.database(name)?;
        self.writer.keep_to_one_database();
        let name = self.writer.names.read(name)?;
        let next = self.databases.len();
        if let Some(&known) = self.numbers.get(&name) {
            self.database = Some(known);
            return Ok(());
        }
        self.names_bytes += name.len() as u64 + HEAD_OVERHEAD_BYTES;
        let limits = self.writer.plan.limits();
        if self.names_bytes > limits.get(Limit::HeadsBytes) {
            return Err(limits.error(Limit::HeadsBytes));
        }
        self.numbers.insert(name.clone(), next);
        self.database = Some(next);
        self.databases.push(Database {
            name,
            ..Database::default()
        });
        Ok(())
    }

    fn schema(&mut self, sql: &[u8], scs: bool) -> Result<()> {
        self.writer.schema(sql, scs)
    }

    fn skipped(&mut self, label: &str) -> Result<()> {
        match self.writer.skipped(label) {
            Err(error) => self.forgive(None, error),
            Ok(()) => Ok(()),
        }
    }

    fn is_full(&self) -> bool {
        self.writer.is_full()
    }

    fn place(&self) -> (Option<String>, Option<u64>) {
        self.writer.place()
    }
}
