//! What can be typed.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::planning::Planning;
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
