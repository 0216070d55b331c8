//! Where a dump goes, and how.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{Cancel, Connection, Database, Origin, Outcome, Prune, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Client, Options, Style};
use crate::plan::Plan;
use crate::plan::View;
use crate::rewrite::rewriter::Progress;

/// How far a run is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// Both sides are asked what they are.
    Checking,
    /// The dump is read into the stages.
    Reading(Progress<'a>),
    /// The target compares and writes.
    Merging,
    /// The target writes a table, or several whose rows reference each other, after so many of all that differ.
    Writing {
        /// The table as `schema.table`; several have `, ` between them.
        table: &'a str,
        /// Those that are written already.
        done: usize,
        /// All.
        of: usize,
    },
    /// The target was told to commit.
    Committing,
}

/// A word that no trigger of a target knows.
fn progress_word() -> &'static str {
    static WORD: OnceLock<String> = OnceLock::new();
    WORD.get_or_init(|| {
        let random = |number: u8| RandomState::new().hash_one(number);
        format!("dumpsert-step-{:016x}{:016x}", random(1), random(2))
    })
}

type OnStep = Arc<dyn Fn(Step<'_>) + Send + Sync>;
type Confirm = Arc<dyn Fn(&Origin, &Database) -> Result<()> + Send + Sync>;
type BeforeCommit = Arc<dyn Fn(&Outcome) -> Result<()> + Send + Sync>;

/// The database that a dump is merged into, and how that is done.
#[derive(Clone)]
pub struct Target {
    /// `None` where the caller has one.
    pub(super) connection: Option<Connection>,
    pub(super) bin_dir: Option<PathBuf>,
    pub(super) dry_run: bool,
    pub(super) check: bool,
    strict: bool,
    pub(super) differences: Option<u32>,
    pub(super) prune: Option<Prune>,
    pub(super) mapping: Option<PathBuf>,
    hidden: Vec<String>,
    pub(super) patience: Duration,
    pub(super) cancel: Cancel,
    pub(super) on_step: Option<OnStep>,
    pub(super) confirm: Option<Confirm>,
    pub(super) before_commit: Option<BeforeCommit>,
}

impl Target {
    /// A target, as [`Connection::parse`] reads it.
    pub fn new(connection: Connection) -> Self {
        Self {
            connection: Some(connection),
            ..Self::of_driver()
        }
    }

    /// The target that a [`Driver`](super::Driver) leads to, for [`restore_over`](super::restore_over).
    pub fn of_driver() -> Self {
        Self {
            connection: None,
            bin_dir: None,
            dry_run: false,
            check: false,
            strict: false,
            differences: None,
            prune: None,
            mapping: None,
            hidden: Vec::new(),
            patience: Duration::from_secs(60),
            cancel: Cancel::new(),
            on_step: None,
            confirm: None,
            before_commit: None,
        }
    }

    /// The folder of psql, pg_dump and pg_restore. Default: what the environment variable `PG_BIN` says, else `PATH`.
    #[must_use]
    pub fn with_bin_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.bin_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// Does all of it and rolls it back. Values that new rows draw from sequences by their defaults remain drawn.
    #[must_use]
    pub fn with_dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Reads the dump, writes nothing, locks nothing against writers, and tells everything that stands in the way of a run, in
    /// [`Outcome::findings`], and how many rows it would insert and update. Default: no.
    ///
    /// What triggers do and what other sessions write meanwhile is not foreseen: that a run succeeds is shown by a
    /// [dry run](Self::with_dry_run) alone, which writes and rolls back.
    #[must_use]
    pub fn with_check(mut self, check: bool) -> Self {
        self.check = check;
        self
    }

    /// With [`Triggers::Fire`](crate::Triggers::Fire), a trigger of the target that changes a row, so that it is not as the dump
    /// says, fails the run. Default: that is noted.
    #[must_use]
    pub fn with_strict_verify(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Shows at most so many changed rows of each table, in [`Outcome::differences`]. Default: none.
    #[must_use]
    pub fn with_differences(mut self, rows: u32) -> Self {
        self.differences = Some(rows);
        self
    }

    /// Deletes the rows that the dump does not have. Default: no row is deleted.
    #[must_use]
    pub fn with_prune(mut self, prune: Prune) -> Self {
        self.prune = Some(prune);
        self
    }

    /// Writes which key of the dump is which of the target to this file, where rows are matched by other columns
    /// ([`Options::with_match_on`]): CSV with a header and the columns `table`, `key`, `from` and `to`, all rows. A key of several
    /// columns is a JSON array of texts. The file appears, and replaces one that was there, when the target has committed; a dry run
    /// writes none. Default: none.
    #[must_use]
    pub fn with_mapping(mut self, path: impl AsRef<Path>) -> Self {
        self.mapping = Some(path.as_ref().to_owned());
        self
    }

    /// Of these columns [`Outcome::differences`] says that they differ, and not how: `column`, `table.column` or
    /// `schema.table.column`, each name as it is, without quotes. Default: none.
    #[must_use]
    pub fn with_hidden_columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.hidden.extend(columns.into_iter().map(Into::into));
        self
    }

    /// How long the server is asked what has become of the transaction, where psql has ended without saying so. It may have to
    /// start again first. Default: a minute.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// A handle by which the run can be ended from another thread.
    #[must_use]
    pub fn with_cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = cancel.clone();
        self
    }

    /// Is told how far the run is.
    #[must_use]
    pub fn with_progress(mut self, on_step: impl Fn(Step<'_>) + Send + Sync + 'static) -> Self {
        self.on_step = Some(Arc::new(on_step));
        self
    }

    /// Is asked when both sides are known and nothing was begun; an error ends the run.
    #[must_use]
    pub fn with_confirm(mut self, confirm: impl Fn(&Origin, &Database) -> Result<()> + Send + Sync + 'static) -> Self {
        self.confirm = Some(Arc::new(confirm));
        self
    }

    /// Is asked when all was written and verified, and all that feeds the script has ended well, before the target is told
    /// to commit; an error ([`Error::refused`](crate::Error::refused)) rolls it back, and is that of the run. The outcome says
    /// [`RolledBack`](super::Ending::RolledBack) there, as it is until the target has committed. A dry run, which commits
    /// nothing, does not ask.
    #[must_use]
    pub fn with_before_commit(mut self, ask: impl Fn(&Outcome) -> Result<()> + Send + Sync + 'static) -> Self {
        self.before_commit = Some(Arc::new(ask));
        self
    }

    /// The plan of a run to here: these options, with style [`Staged`](Style::Staged), and client [`Psql`](Client::Psql) or, for
    /// [`of_driver`](Target::of_driver), [`Driver`](Client::Driver). Where a URL names a schema, as those of Prisma do, and the options name none, that is the only one.
    ///
    /// # Errors
    /// If the options cannot be used, or the URLs of both sides name two schemas.
    pub fn plan(&self, source: &Source, options: Options) -> Result<Plan> {
        let from = match source {
            Source::Database(connection) => connection.schema(),
            _ => None,
        };
        let to = self.connection.as_ref();
        let schema = match (from, to.and_then(Connection::schema)) {
            (Some(from), Some(to)) if from != to => {
                let message =
                    format!("the URLs name two schemas, {from} and {to}: rows go to the schema that they come from");
                return Err(Error::new(ErrorKind::InvalidOption, message));
            }
            (from, to) => from.or(to),
        };
        let client = to.map_or(Client::Driver, |_| Client::Psql);
        let mut options = options.with_style(Style::Staged).with_client(client);
        if let Some(schema) = schema.filter(|_| options.bounds.only_schemas().is_empty()) {
            options = options.with_only_schema(&format!("\"{}\"", schema.replace('"', "\"\"")))?;
        }
        options.build()
    }

    /// A driver does not pass on what the server says beside its answers.
    pub(super) fn view(&self, client: Client) -> View {
        let shows_progress = self.on_step.is_some() && client == Client::Psql;
        View {
            check: self.check,
            strict: self.strict,
            differences: self.differences.map(|rows| (rows, self.hidden.clone())),
            progress: shows_progress.then(|| progress_word().to_owned()),
            prune: self.prune.as_ref().map(Prune::to_json),
            dry: self.dry_run,
            mapping: self.mapping.is_some(),
        }
    }

    /// Tells what a line of the server says of progress, as long as that is wanted; false if it is none.
    pub(super) fn tell(&self, line: &str, is_wanted: bool) -> bool {
        let Some((_, step)) = line.split_once(progress_word()) else {
            return false;
        };
        let numbers = step
            .trim()
            .strip_prefix("writing ")
            .and_then(|step| step.split_once(": "));
        if let Some((numbers, table)) = numbers
            && let Some((at, of)) = numbers.split_once(" of ")
            && let (Ok(at), Ok(of)) = (at.parse::<usize>(), of.parse())
        {
            let done = at.saturating_sub(1);
            if is_wanted {
                self.step(Step::Writing { table, done, of });
            }
        }
        true
    }

    pub(super) fn step(&self, step: Step<'_>) {
        if let Some(on_step) = &self.on_step {
            on_step(step);
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("connection", &self.connection)
            .field("bin_dir", &self.bin_dir)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
