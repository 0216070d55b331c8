//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use dumpsert::config::parse_duration;

use super::restore_args::{Restore, Sync};

/// Merge a PostgreSQL dump into a database that is already alive.
///
/// dumpsert reads the plain SQL of pg_dump and writes one script for psql: every row an upsert, all in one transaction,
/// fit to be run again and again with the same result.
#[derive(Parser)]
#[command(version = VERSION, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    Sync(Box<Sync>),
    Restore(Box<Restore>),
    Convert(Box<Convert>),
    Inspect(Box<Inspect>),
    Catalog(CatalogArgs),
    Completions(Completions),
    /// Print a manual page: dumpsert man > dumpsert.1
    Man,
}

/// What `--version` says: which source, for which machines.
const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (",
    env!("DUMPSERT_COMMIT"),
    ", ",
    env!("DUMPSERT_TARGET"),
    ")"
);

/// Print completions for a shell: dumpsert completions bash > /etc/bash_completion.d/dumpsert
#[derive(clap::Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

/// Turn a dump into a script that merges it.
///
/// Pipe the script into psql; psql's exit status is 0 only if everything has arrived, and nothing has changed otherwise.
#[derive(clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Convert {
    /// The dump, plain SQL of pg_dump; - is standard input
    #[arg(value_name = "DUMP", default_value = "-")]
    pub(super) dump: PathBuf,

    /// Where the script goes; - is standard output. A file appears only when it is complete [default: -]
    #[arg(short, long, value_name = "OUT")]
    pub(super) output: Option<PathBuf>,

    #[command(flatten)]
    pub(super) planning: Planning,

    /// Write what was read, kept and left out to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,

    /// No progress and no summary on standard error
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// Say what is in a dump and what convert would make of it, without writing SQL.
///
/// It takes the options of convert, and goes on where that would stop: at a table without a key, for example.
#[derive(clap::Args)]
#[command(after_long_help = INSPECT_EXAMPLES)]
pub(super) struct Inspect {
    /// The dump, plain SQL of pg_dump; - is standard input
    #[arg(value_name = "DUMP", default_value = "-")]
    pub(super) dump: PathBuf,

    /// As JSON, for programs
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) planning: Planning,

    /// No progress on standard error
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// Print what is known of the tables, as JSON for --catalog.
///
/// The best catalog is that of the target. From a live database: dumpsert catalog --query | psql -XAt target > catalog.json
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct CatalogArgs {
    /// Print the SQL query that returns the catalog of a live database (PostgreSQL 12 and later) as one JSON value; any
    /// driver can run it
    #[arg(long)]
    pub(super) query: bool,

    /// Print the catalog of schema SQL (pg_dump --schema-only); may be given several times, later files build on earlier ones
    #[arg(long, value_name = "FILE")]
    pub(super) schema: Vec<PathBuf>,
}

/// What decides how a dump is read and what becomes of it: the same for every command.
#[derive(clap::Args)]
pub(super) struct Planning {
    /// A file of options, in TOML: each by its name here, with _ for -; what is given here goes before
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// How rows are written [default: staged, or batches with --client driver]
    #[arg(long, value_enum)]
    pub(super) style: Option<Style>,

    /// Schema SQL (pg_dump --schema-only) that tells the keys of the tables; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) schema: Vec<PathBuf>,

    /// A catalog as JSON, instead of or beside --schema; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) catalog: Vec<PathBuf>,

    /// The key of one table, as public.users=id or 'public."OrderItem"=a,b'; overrides the schema and, in style staged,
    /// the target's, which needs no index for it; may be given several times
    #[arg(long, value_name = "TABLE=COLUMNS")]
    pub(super) key: Vec<String>,

    /// What happens to rows of a table without a key [default: match in style staged, else error]
    #[arg(long, value_enum)]
    pub(super) no_key: Option<NoKey>,

    /// What happens to rows that the target has already: always, changed, nothing or newer(column); with TABLE= for one
    /// table; may be given several times [default: always]
    #[arg(long, value_name = "[TABLE=]POLICY")]
    pub(super) update: Vec<String>,

    /// The only columns that are updated; with TABLE= for one table; may be given several times
    #[arg(long, value_name = "[TABLE=]COLUMNS")]
    pub(super) update_only: Vec<String>,

    /// Columns that are never updated; with TABLE= for one table; may be given several times
    #[arg(long, value_name = "[TABLE=]COLUMNS")]
    pub(super) update_never: Vec<String>,

    /// Rows of the target with another value in this column are not taken over; with TABLE= for one table; may be given
    /// several times
    #[arg(long, value_name = "[TABLE=]COLUMN")]
    pub(super) guard: Vec<String>,

    /// What happens to rows that the guard refuses [default: error]
    #[arg(long, value_enum)]
    pub(super) on_guard: Option<OnGuard>,

    /// Tables whose rows are left out: a pattern as for pg_dump --exclude-table; public is meant where it names no schema;
    /// may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(super) exclude_table: Vec<String>,

    /// The only tables whose rows are taken: a pattern; may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub(super) only_table: Vec<String>,

    /// What happens to columns of the dump that the target has not [default: error]
    #[arg(long, value_enum)]
    pub(super) unknown_columns: Option<Unknown>,

    /// What happens to tables of the dump that the target has not [default: error]
    #[arg(long, value_enum)]
    pub(super) unknown_tables: Option<Unknown>,

    /// Most rows in one statement of style batches [default: 1000]
    #[arg(long, value_name = "ROWS")]
    pub(super) batch_rows: Option<usize>,

    /// Most bytes of rows in one statement of style batches [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    pub(super) batch_bytes: Option<usize>,

    /// A schema whose tables are taken; may be given several times [default: all but PostgreSQL's own]
    #[arg(long, value_name = "SCHEMA")]
    pub(super) only_schema: Vec<String>,

    /// What happens to rows of tables that are not selected [default: drop]
    #[arg(long, value_enum)]
    pub(super) unselected: Option<Unselected>,

    /// A table of an extension that may be written to; may be given several times
    #[arg(long, value_name = "TABLE")]
    pub(super) allow_extension_table: Vec<String>,

    /// A view or foreign table that may be written to; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) allow_relation: Vec<String>,

    /// Another value for a limit, such as row_bytes=1GB; may be given several times
    #[arg(long, value_name = "NAME=SIZE")]
    pub(super) limit: Vec<String>,

    /// The database to take of a dump that has several (pg_dumpall) [default: the only one that has rows]
    #[arg(long, value_name = "NAME")]
    pub(super) database: Option<String>,

    /// Who runs the script [default: psql]
    #[arg(long, value_enum)]
    pub(super) client: Option<Client>,

    /// What happens where the dump holds something that no upsert can carry: large objects, statistics, materialized
    /// views [default: warn]
    #[arg(long, value_enum)]
    pub(super) losses: Option<Losses>,

    /// What happens to CRLF inside of literals in a dump whose lines end in CRLF, as `>` of Windows' cmd.exe makes them
    /// [default: refuse]
    #[arg(long, value_enum)]
    pub(super) crlf: Option<Crlf>,

    /// Leave out rows: a table (a pattern as for pg_dump -t), a colon, and an SQL condition, as in
    /// "public.businesses: id LIKE 'demo-%'"; may be given several times
    #[arg(long, value_name = "TABLE: CONDITION")]
    pub(super) exclude: Vec<String>,

    /// Leave out demo businesses: ids that are demo, begin with demo-, end with -demo or contain -demo-business
    #[arg(long)]
    pub(super) exclude_demo: bool,

    /// Where ids of businesses stand: COLUMN in every table, TABLE.COLUMN in one; may be given several times [default:
    /// businesses.id, "businessId", business_id]
    #[arg(long, value_name = "COLUMN")]
    pub(super) demo_column: Vec<String>,

    /// A boolean column that marks a business as demo; quote names with capitals: '"isDemo"'
    #[arg(long, value_name = "COLUMN")]
    pub(super) demo_flag: Option<String>,

    /// How upper and lower case go together beyond ASCII in the source's locale, for conditions with lower, upper, ILIKE
    /// and ~* [default: a value that needs to know is an error]
    #[arg(long, value_enum)]
    pub(super) case: Option<Case>,

    /// What happens to rows that reference what is left out [default: on-delete]
    #[arg(long, value_enum)]
    pub(super) cascade: Option<Cascade>,

    /// Keep rows that reference what is left out: --cascade off
    #[arg(long, conflicts_with = "cascade")]
    pub(super) no_cascade: bool,

    /// A foreign key that the source does not declare, as in 'public.orders("businessId") REFERENCES public.businesses
    /// ON DELETE SET NULL'; may be given several times. With WHERE and a condition at its end it holds only for the rows
    /// for which that is true: "public.comments(subject_id) REFERENCES public.posts(id) WHERE subject_type = 'Post'"
    #[arg(long, value_name = "KEY")]
    pub(super) foreign_key: Vec<String>,

    /// What happens to the user triggers of the target [default: off]
    #[arg(long, value_enum)]
    pub(super) triggers: Option<Triggers>,

    /// What happens to constraint triggers of the target [default: fire]
    #[arg(long, value_enum)]
    pub(super) constraint_triggers: Option<ConstraintTriggers>,

    /// What happens to values that the target would round (style staged) [default: error]
    #[arg(long, value_enum)]
    pub(super) rounding: Option<Rounding>,

    /// What happens to sequences [default: forward]
    #[arg(long, value_enum)]
    pub(super) sequences: Option<Sequences>,

    /// How long the script waits for a lock: 500ms, 30s, 2min [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(super) lock_timeout: Option<Duration>,
}

const EXAMPLES: &str = "\
Examples:
  Merge one database into another: new rows are inserted, rows with the same key overwritten, no row is deleted:
    pg_dump source | dumpsert convert | psql -X target

  The same, but rows that are newer on the target stay as they are:
    pg_dump source | dumpsert convert --update 'newer(updated_at)' | psql -X target

  Look at the script before it is run:
    pg_dump --schema-only source > schema.sql
    pg_dump --data-only --column-inserts source > data.sql
    dumpsert convert --style rows --schema schema.sql --report report.json -o merge.sql data.sql

Exit status:
  0  done
  1  the dump is not acceptable: the message names line, column, byte, table and row
  2  the options or the configuration are wrong
  3  reading or writing failed, or the reader of the output has gone";

const INSPECT_EXAMPLES: &str = "\
Examples:
  What is in it, are all keys known, does the order of its tables do?
    dumpsert inspect dump.sql.gz

  What would be left out, and which tables have no key?
    dumpsert inspect --schema schema.sql --json dump.sql | jq '.report.tables[].left_out, .problems'

Exit status: as that of convert; 0 also where convert would stop because the options do not fit the dump.";

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Style {
    /// One readable upsert a row; needs the keys, in the schema or by --key
    Rows,
    /// As rows, with many rows in one statement
    Batches,
    /// COPY into temporary tables; the script asks the target for keys and foreign keys
    Staged,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum NoKey {
    /// It is an error
    Error,
    /// They are inserted; a second run inserts them again
    Insert,
    /// They are left out and counted
    Skip,
    /// Whole rows are compared, only missing copies inserted (style staged)
    Match,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Client {
    /// psql 10 or later
    Psql,
    /// A program: one JSON object {"sql": …} a line, to be run one by one in a transaction of its own
    Driver,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Losses {
    /// It is counted, with a warning
    Warn,
    /// It is an error
    Error,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Crlf {
    /// It is an error: whether the value has the carriage return cannot be told
    Refuse,
    /// It becomes a line feed
    Strip,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Case {
    /// As Unicode says, and nearly every locale
    Unicode,
    /// The same, but i belongs to İ and ı to I
    Turkish,
}

impl From<Case> for dumpsert::Case {
    fn from(case: Case) -> Self {
        match case {
            Case::Unicode => Self::Unicode,
            Case::Turkish => Self::Turkish,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum OnGuard {
    /// The run fails and names the row
    Error,
    /// They are left out and counted in the script's result
    Skip,
}

impl From<OnGuard> for dumpsert::OnGuard {
    fn from(on_guard: OnGuard) -> Self {
        match on_guard {
            OnGuard::Error => Self::Error,
            OnGuard::Skip => Self::Skip,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Unselected {
    /// They are left out and counted
    Drop,
    /// They are an error
    Error,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Triggers {
    /// Off during the transaction; needs ownership of the tables that have some
    Off,
    /// They fire, on every run
    Fire,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ConstraintTriggers {
    /// They fire: they are the target's rules
    Fire,
    /// Off during the transaction: for those that do work whose result the dump brings
    Off,
}

impl From<ConstraintTriggers> for dumpsert::ConstraintTriggers {
    fn from(triggers: ConstraintTriggers) -> Self {
        match triggers {
            ConstraintTriggers::Fire => Self::Fire,
            ConstraintTriggers::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Rounding {
    /// An error that names the column, the value and the row
    Error,
    /// They are rounded, and counted
    Accept,
}

impl From<Rounding> for dumpsert::Rounding {
    fn from(rounding: Rounding) -> Self {
        match rounding {
            Rounding::Error => Self::Error,
            Rounding::Accept => Self::Accept,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Sequences {
    /// Forward to the values of the dump, and to the last values of their columns
    Forward,
    /// Forward to the values of the dump
    Dump,
    /// They stay as they are
    Keep,
}

impl From<Sequences> for dumpsert::Sequences {
    fn from(sequences: Sequences) -> Self {
        match sequences {
            Sequences::Forward => Self::Forward,
            Sequences::Dump => Self::Dump,
            Sequences::Keep => Self::Keep,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Cascade {
    /// They go too, or change, as ON DELETE of the foreign key says
    OnDelete,
    /// They go too, whatever it says
    Delete,
    /// They are kept and counted
    Off,
}

impl From<Cascade> for dumpsert::Cascade {
    fn from(cascade: Cascade) -> Self {
        match cascade {
            Cascade::OnDelete => Self::OnDelete,
            Cascade::Delete => Self::Delete,
            Cascade::Off => Self::Off,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Unknown {
    /// It is an error before the first row of the table
    Error,
    /// It is left out and counted; styles rows and batches need the catalog of the target
    Drop,
}

impl From<Unknown> for dumpsert::Unknown {
    fn from(unknown: Unknown) -> Self {
        match unknown {
            Unknown::Error => Self::Error,
            Unknown::Drop => Self::Drop,
        }
    }
}

impl From<Style> for dumpsert::Style {
    fn from(style: Style) -> Self {
        match style {
            Style::Rows => Self::Rows,
            Style::Batches => Self::Batches,
            Style::Staged => Self::Staged,
        }
    }
}

impl From<NoKey> for dumpsert::NoKey {
    fn from(no_key: NoKey) -> Self {
        match no_key {
            NoKey::Error => Self::Error,
            NoKey::Insert => Self::Insert,
            NoKey::Skip => Self::Skip,
            NoKey::Match => Self::Match,
        }
    }
}

impl From<Client> for dumpsert::Client {
    fn from(client: Client) -> Self {
        match client {
            Client::Psql => Self::Psql,
            Client::Driver => Self::Driver,
        }
    }
}

impl From<Losses> for dumpsert::Losses {
    fn from(losses: Losses) -> Self {
        match losses {
            Losses::Warn => Self::Warn,
            Losses::Error => Self::Error,
        }
    }
}

impl From<Crlf> for dumpsert::Crlf {
    fn from(crlf: Crlf) -> Self {
        match crlf {
            Crlf::Refuse => Self::Refuse,
            Crlf::Strip => Self::Strip,
        }
    }
}

impl From<Unselected> for dumpsert::Unselected {
    fn from(unselected: Unselected) -> Self {
        match unselected {
            Unselected::Drop => Self::Drop,
            Unselected::Error => Self::Error,
        }
    }
}

impl From<Triggers> for dumpsert::Triggers {
    fn from(triggers: Triggers) -> Self {
        match triggers {
            Triggers::Off => Self::Off,
            Triggers::Fire => Self::Fire,
        }
    }
}
