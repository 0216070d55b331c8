//! What can be typed for the commands that write to a database.

use std::path::PathBuf;

use super::planning::Planning;

/// Merge a dump into a database.
///
/// psql runs the script of convert --style staged while it is made. Everything arrives or nothing does: psql is told to
/// commit only when all rows were merged and verified and all programs have ended well.
#[derive(clap::Args)]
#[command(after_long_help = RESTORE_EXAMPLES)]
pub(super) struct Restore {
    /// The dump: plain SQL of pg_dump, also compressed with gzip or zstd; an archive (custom, tar) or the folder of one,
    /// which pg_restore reads; - is standard input
    #[arg(value_name = "DUMP")]
    pub(super) dump: PathBuf,

    #[command(flatten)]
    pub(super) running: Running,

    #[command(flatten)]
    pub(super) planning: Planning,
}

/// Merge one database into another.
///
/// pg_dump reads the source and psql writes the target, at the same time; nothing goes to a disk but where rows are left out
/// together with what references them and a table references itself or one behind it. Tables that are left out are not
/// dumped. New rows are inserted, rows with the same key updated; no row is deleted without --prune.
#[derive(clap::Args)]
#[command(after_long_help = SYNC_EXAMPLES)]
pub(super) struct Sync {
    /// The database that is read, as for --to; without it that of the environment variable DUMPSERT_FROM
    #[arg(long, value_name = "URL")]
    pub(super) from: Option<String>,

    #[command(flatten)]
    pub(super) running: Running,

    #[command(flatten)]
    pub(super) planning: Planning,
}

/// Where it goes, and how.
#[derive(clap::Args)]
pub(super) struct Running {
    /// The database that is written to: postgres://…, keyword=value, or a name; what it does not say comes from PGHOST,
    /// PGSERVICE, the password file, as for psql. Without it that of the environment variable DUMPSERT_TO. A password that is
    /// typed here is seen in the list of processes: a variable or the password file keeps it
    #[arg(long, value_name = "URL")]
    pub(super) to: Option<String>,

    /// The folder of psql, pg_dump and pg_restore [default: $PG_BIN, else $PATH]
    #[arg(long, value_name = "FOLDER")]
    pub(super) bin_dir: Option<PathBuf>,

    /// Do not ask before writing to a database on another machine, nor before deleting rows (--prune)
    #[arg(short, long)]
    pub(super) yes: bool,

    /// Do all of it, show the counts, and roll back
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Write nothing, and show everything that stands in the way of a run: missing tables and columns, privileges, values that
    /// would be rounded, rows that constraints refuse; and how many rows would be written. Exit status 1 if a run would fail
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) check: bool,

    /// What is compared when all is written. Every row must be as the dump says; normal only notes what triggers have changed,
    /// where --triggers fire lets them; with strict that fails the run
    #[arg(long, value_enum, value_name = "HOW", default_value = "normal")]
    pub(super) verify: Verify,

    /// Show up to N changed rows of each table, with the values of the target and of the dump
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "10")]
    pub(super) diff: Option<u32>,

    /// With --diff, do not show the values of this column: column, table.column or schema.table.column. May be repeated
    #[arg(long, value_name = "COLUMN", requires = "diff")]
    pub(super) hide: Vec<String>,

    /// Delete the rows of the dumped tables that the dump does not have, in the same transaction. What exclusions cover stays, in
    /// the target too. Asks on the terminal before it commits, with the counts, unless --yes is said
    #[arg(long)]
    pub(super) prune: bool,

    /// With --prune, this table is empty in the source: all of its rows may be deleted though none has come. May be repeated
    #[arg(long, value_name = "TABLE", requires = "prune")]
    pub(super) prune_empty: Vec<String>,

    /// With --prune, this table without a key is pruned as well; its rows are compared whole. May be repeated
    #[arg(long, value_name = "TABLE", requires = "prune")]
    pub(super) prune_keyless: Vec<String>,

    /// With --prune, ON DELETE actions may delete and change rows of tables that the dump does not bring
    #[arg(long, requires = "prune")]
    pub(super) prune_cascade: bool,

    /// With --prune, the most rows of each table that may be deleted, as a number or a percentage of those that it has; more
    /// are refused [default: 100 or 5%, whichever is more]
    #[arg(long, value_name = "N|N%", requires = "prune")]
    pub(super) prune_max: Option<String>,

    /// With --match-on, write which key of the dump is which of the target to FILE, as CSV with the columns table, key, from and
    /// to. It appears when the target has committed
    #[arg(long, value_name = "FILE")]
    pub(super) mapping: Option<PathBuf>,

    /// Write what was done to FILE, as JSON or, where its name ends in .html, as a page for people;
    /// also of a run that has failed. It holds no values of rows, but for keys that --match-on has mapped, in the JSON. - is
    /// standard output
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,

    /// How progress is shown on standard error: auto is a line that changes on a terminal and plain elsewhere; plain is a line
    /// for each phase and table; json is one object a line
    #[arg(long, value_enum, value_name = "FORM", default_value = "auto")]
    pub(super) progress: Progress,

    /// No progress and no summary
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// How strictly what was written is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Verify {
    Normal,
    Strict,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Progress {
    Auto,
    Plain,
    Json,
    None,
}

const RESTORE_EXAMPLES: &str = "\
Examples:
  Merge a dump into a database, and see first what would happen:
    dumpsert restore shop.dump --to postgres://localhost/shop --dry-run
    dumpsert restore shop.dump --to postgres://localhost/shop

  From a pipe, with the database and its password from the environment:
    ssh backup cat shop.sql.gz | DUMPSERT_TO=$DATABASE_URL dumpsert restore - --yes

Exit status:
  0  the target has committed (with --dry-run: has rolled back, as it should)
  1  the dump is not acceptable
  2  the options, the configuration or a URL are wrong
  3  a program or a database has failed, or has refused it
  4  the target has not said whether it has committed; it is safe to run again
  128 + the signal's number, where one has ended it
With 1, 2, 3 and a signal nothing was changed.";

const SYNC_EXAMPLES: &str = "\
Examples:
  Bring a copy up to date:
    dumpsert sync --from service=production --to postgres://localhost/shop

  Without sessions, and without demo businesses and what hangs off them:
    dumpsert sync --from service=production --to shop --exclude-table sessions --exclude-demo

Exit status: as that of restore.";
