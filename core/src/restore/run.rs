//! One run, from the first question to the last word.

mod driven;
mod mapped;

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use super::children::{Reaper, cancelled};
use super::database::{Side, find_psql};
use super::handed::Handed;
use super::mapping::MappingFile;
use super::programs::{self, Program};
use super::session::Session;
use super::settle::{self, Fate};
use super::source::{self, Digest, Form, Hashed, ProgramReader, Warnings};
use super::{
    Cancel, Connection, Driver, Ending, Failure, Origin, Outcome, Source, Step, Stop, Target, findings, left_out,
    pooler,
};
use crate::catalog::{Table, TableName};
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Client, Style};
use crate::plan::Plan;
use crate::run::script::Script;
use crate::text::is_url;

/// What servers' administrators see of a run.
const TO_NAME: &str = "dumpsert, writing";
const FROM_NAME: &str = "dumpsert, reading";

/// Runs it by psql, and says how it has ended.
pub(super) fn run(source: Source, target: &Target, plan: &Plan) -> Result<Outcome, Failure> {
    let plan = plan.clone().with_view(target.view(Client::Psql));
    run_with(target, |run| run.all(source, &plan))
}

/// The same over a connection of the caller's.
pub(super) fn run_over(
    source: Source,
    driver: &mut dyn Driver,
    target: &Target,
    plan: &Plan,
) -> Result<Outcome, Failure> {
    let plan = plan.clone().with_view(target.view(Client::Driver));
    run_with(target, |run| run.over(source, driver, &plan))
}

fn run_with(target: &Target, work: impl FnOnce(&mut Run<'_>) -> Result<()>) -> Result<Outcome, Failure> {
    target.cancel.begin();
    let _reaper = Reaper(&target.cancel);
    let mut run = Run {
        target,
        outcome: Outcome::new(target),
        begun: Instant::now(),
        digest: Digest::default(),
        warnings: Warnings::default(),
        is_over: Arc::default(),
        is_merging: Arc::default(),
        mapping: None,
        keeps_mapping: false,
    };
    let result = work(&mut run);
    run.is_over.store(true, Ordering::SeqCst);
    run.finish_mapping();
    let mut outcome = run.outcome;
    outcome.timings.total = run.begun.elapsed();
    outcome
        .messages
        .push_str(&run.warnings.lock().unwrap_or_else(PoisonError::into_inner));
    match result {
        Ok(()) => Ok(outcome),
        Err(error) => {
            // Programs that were killed for it say other things.
            let was_cancelled = target.cancel.is_cancelled() && outcome.ending != Ending::Unknown;
            let error = if was_cancelled { cancelled() } else { error };
            outcome.stopped_by = Some(Stop::of(&error));
            let outcome = Box::new(outcome);
            Err(Failure { error, outcome })
        }
    }
}

/// Who has ended a run early.
enum Trouble {
    /// psql, which says why.
    Psql,
    Own(Error),
}

impl From<Error> for Trouble {
    /// What cannot be written, psql does not read any more.
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Write => Self::Psql,
            _ => Self::Own(error),
        }
    }
}

struct Run<'a> {
    target: &'a Target,
    outcome: Outcome,
    begun: Instant,
    digest: Digest,
    warnings: Warnings,
    /// Whether psql has ended, or all of the run: nobody reads on.
    is_over: Arc<AtomicBool>,
    /// Whether the target was asked to merge, and has not answered.
    is_merging: Arc<Mutex<bool>>,
    /// Where the mapping of keys goes.
    mapping: Option<MappingFile>,
    /// Whether all of it stays in the outcome.
    keeps_mapping: bool,
}

/// The source, opened as far as nothing is started for it.
enum Opened {
    Plain(PathBuf),
    /// A reader, of which the first bytes were looked at.
    Reader(Box<dyn Read + Send>),
    Archive(Option<PathBuf>, Option<Box<dyn Read + Send>>, Program),
    Database(Connection, Program),
}

impl Run<'_> {
    fn all(&mut self, source: Source, plan: &Plan) -> Result<()> {
        if plan.style() != Style::Staged || plan.client() != Client::Psql {
            let message = "a restore needs `style = staged` and `client = psql`";
            return Err(Error::new(ErrorKind::InvalidOption, message));
        }
        let target = self.target;
        self.check_prune(plan)?;
        self.begin_mapping(&source, plan)?;
        let Some(connection) = &target.connection else {
            let message = "this target is one of a driver, and no psql knows it";
            return Err(Error::new(ErrorKind::InvalidOption, message).with_hint("call restore_over()"));
        };
        target.step(Step::Checking);
        let psql = find_psql(target.bin_dir.as_deref(), &target.cancel)?;
        self.used("psql", &psql);
        let opened = self.open(source)?;
        let to = Side {
            what: "target",
            is_written: true,
            connection,
            psql: &psql,
            application: TO_NAME,
            cancel: &target.cancel,
        };
        let database = to.database()?;
        database.check_target()?;
        self.outcome.target = Some(database.clone());
        match opened {
            Opened::Database(connection, pg_dump) => {
                let from = Side {
                    what: "source",
                    is_written: false,
                    connection: &connection,
                    application: FROM_NAME,
                    ..to
                };
                self.sync(&to, &from, &pg_dump, plan)
            }
            Opened::Plain(path) => {
                self.confirm()?;
                let file = File::open(&path).map_err(|error| Error::read_file(&path, error))?;
                let is_file = file.metadata().is_ok_and(|data| data.is_file());
                let reader = Hashed::new(file, &self.digest);
                let script = if is_file {
                    Script::seekable(reader, plan)
                } else {
                    Script::new(reader, plan)
                };
                self.merge(&to, |_| Ok(()), |_| script)
            }
            Opened::Reader(reader) => {
                self.confirm()?;
                let script = Script::new(Hashed::new(reader, &self.digest), plan);
                self.merge(&to, |_| Ok(()), |_| script)
            }
            Opened::Archive(path, reader, pg_restore) => {
                self.confirm()?;
                let command = source::pg_restore(&pg_restore, path.as_ref(), plan.needs_catalog());
                let (digest, warnings) = (self.digest.clone(), self.warnings.clone());
                self.merge(
                    &to,
                    |_| Ok(()),
                    |started| {
                        let program = match reader {
                            None => ProgramReader::start(command, "pg_restore", &target.cancel, &warnings)?,
                            Some(reader) => {
                                ProgramReader::fed(command, "pg_restore", &target.cancel, &warnings, reader)?
                            }
                        };
                        started(program.number());
                        Script::new(Hashed::new(program, &digest), plan)
                    },
                )
            }
        }
    }

    /// Before anything is asked.
    fn check_prune(&self, plan: &Plan) -> Result<()> {
        match &self.target.prune {
            Some(prune) => plan.check_prune().and_then(|()| prune.check(plan)),
            None => Ok(()),
        }
    }

    fn used(&mut self, name: &'static str, program: &Program) {
        self.outcome.programs.insert(name, program.version.clone());
    }

    /// Finds out what the source is, and the programs that it needs.
    fn open(&mut self, source: Source) -> Result<Opened> {
        let (bin_dir, cancel) = (self.target.bin_dir.as_deref(), &self.target.cancel);
        let opened = match source {
            // It may hold a password, and would be shown as a file that is not there.
            Source::File(path) if is_url(&path.to_string_lossy()) => {
                let message = "a database is no dump: sync reads it";
                return Err(Error::new(ErrorKind::InvalidOption, message));
            }
            Source::File(path) => {
                self.outcome.source = Origin::File(path.display().to_string());
                match source::form_of_file(&path)? {
                    Form::Plain => Opened::Plain(path),
                    Form::Archive => Opened::Archive(Some(path), None, programs::find("pg_restore", bin_dir, cancel)?),
                }
            }
            Source::Reader(reader) => {
                let mut reader = Handed::new(reader, cancel, &self.is_over);
                let mut start = Vec::new();
                reader.by_ref().take(8).read_to_end(&mut start).map_err(Error::read)?;
                let form = source::form(&start);
                let whole = Box::new(io::Cursor::new(start).chain(reader));
                match form {
                    Form::Plain => Opened::Reader(whole),
                    Form::Archive => Opened::Archive(None, Some(whole), programs::find("pg_restore", bin_dir, cancel)?),
                }
            }
            Source::Database(connection) => {
                if connection.is_pooled() {
                    return Err(pooler::refused("pgbouncer=true"));
                }
                Opened::Database(connection, programs::find("pg_dump", bin_dir, cancel)?)
            }
        };
        match &opened {
            Opened::Archive(_, _, program) => self.used("pg_restore", program),
            Opened::Database(_, program) => self.used("pg_dump", program),
            _ => {}
        }
        Ok(opened)
    }

    fn confirm(&self) -> Result<()> {
        match (&self.target.confirm, &self.outcome.target) {
            (Some(confirm), Some(database)) => confirm(&self.outcome.source, database),
            _ => Ok(()),
        }
    }

    /// From a database.
    fn sync(&mut self, to: &Side<'_>, from: &Side<'_>, pg_dump: &Program, plan: &Plan) -> Result<()> {
        let database = from.database()?;
        let major = database.facts.version_num / 10_000;
        if pg_dump.major < major {
            let message = format!(
                "pg_dump is version {}, and the source's server {}: it has to be as new as the server",
                pg_dump.version, database.server_version
            );
            return Err(Error::new(ErrorKind::Program, message).with_hint(format!(
                "install the client programs of PostgreSQL {major}, and name their folder with --bin-dir or PG_BIN"
            )));
        }
        if pooler::shares_sessions(from)? {
            return Err(pooler::refused("its connections share sessions"));
        }
        self.outcome.source = Origin::Database(database);
        let catalog = left_out::catalog(from)?;
        // Nothing of a table that is not dumped would show that its name is wrong.
        let names: Vec<TableName> = catalog.tables().iter().map(Table::table_name).collect();
        plan.selection().check_met(&names, true)?;
        plan.check_matches(&catalog)?;
        let left_out = left_out::tables(plan, &catalog);
        self.outcome.not_dumped = left_out.iter().map(ToString::to_string).collect();
        // Patterns are looked up in it, since a table that is not dumped would not be met; and rows are followed by it.
        let plan = match plan.catalog().is_none() && (plan.needs_catalog() || !plan.selection().is_empty()) {
            true => plan.clone().with_catalog(catalog)?,
            false => plan.clone(),
        };
        self.confirm()?;
        let command = left_out::pg_dump(from, pg_dump, &left_out);
        let (digest, warnings) = (self.digest.clone(), self.warnings.clone());
        self.merge(
            to,
            |session| not_the_same(from, session.lock),
            |started| {
                let program = ProgramReader::start(command, "pg_dump", from.cancel, &warnings)?;
                started(program.number());
                Script::new(Hashed::new(program, &digest), &plan)
            },
        )
    }

    /// Begins the transaction, then opens the dump, and merges it. `check` is asked in between; `open` tells the number of
    /// the program that it starts, so that it goes when psql has gone.
    fn merge<R: Read>(
        &mut self,
        to: &Side<'_>,
        check: impl FnOnce(&Session<'_>) -> Result<()>,
        open: impl FnOnce(&dyn Fn(usize)) -> Result<Script<R>>,
    ) -> Result<()> {
        let (feeder, is_gone) = (Arc::new(OnceLock::new()), self.is_over.clone());
        let ended = {
            let (feeder, is_gone, cancel) = (feeder.clone(), is_gone.clone(), to.cancel.clone());
            move || {
                is_gone.store(true, Ordering::SeqCst);
                if let Some(number) = feeder.get() {
                    cancel.kill(*number);
                }
            }
        };
        let (target, is_merging) = (self.target.clone(), self.is_merging.clone());
        let is_told = move |line: &str| {
            // Behind the answer of the merge nothing is told of it any more.
            let is_merging = is_merging.lock().unwrap_or_else(PoisonError::into_inner);
            target.tell(line, *is_merging)
        };
        let mut session = Session::begin(to, ended, is_told).map_err(|(error, said)| {
            self.outcome.messages.push_str(&said);
            error
        })?;
        self.outcome.transaction_id = Some(session.transaction.clone());
        self.outcome.ending = Ending::RolledBack;
        self.outcome.timings.check = self.begun.elapsed();
        let started = |number| {
            let _ = feeder.set(number);
        };
        let script = check(&session).and_then(|()| open(&started)).map_err(Trouble::Own);
        let result = script.and_then(|mut script| {
            let result = self.feed(&mut session, &mut script, &is_gone);
            if result.is_err() && self.outcome.tables.is_empty() {
                let _ = self.outcome.join(script.report(), None);
            }
            result
        });
        match result {
            Ok(()) => {
                self.outcome.messages.push_str(&session.close());
                Ok(())
            }
            Err(trouble) => self.fail(to, session, trouble),
        }
    }

    /// Feeds psql, and ends the transaction.
    fn feed<R: Read>(
        &mut self,
        session: &mut Session<'_>,
        script: &mut Script<R>,
        is_gone: &AtomicBool,
    ) -> Result<(), Trouble> {
        let mut piece = Vec::new();
        let report = loop {
            let read = script.read(&mut piece);
            match read {
                Ok(None) => session.script(&piece)?,
                Ok(Some(report)) => break report,
                // What feeds the script went with psql.
                Err(_) if is_gone.load(Ordering::SeqCst) => return Err(Trouble::Psql),
                Err(error) => {
                    // The script ends with what makes it fail, so that psql does not wait.
                    let _ = session.script(&piece);
                    return Err(Trouble::Own(error));
                }
            }
            piece.clear();
            self.target.step(Step::Reading(script.progress()));
        };
        // What came last was not told.
        self.target.step(Step::Reading(script.progress()));
        self.has_read();
        let merging = Instant::now();
        self.set_merging(true);
        let answer = session.last(&piece);
        self.set_merging(false);
        let answer = answer?;
        self.outcome.timings.merge = merging.elapsed();
        self.outcome.join(report, Some(&answer))?;
        self.take_mapping().map_err(Trouble::Own)?;
        if let Some(told) = session.told(self.target)? {
            (self.outcome.findings, self.outcome.differences, self.outcome.deletions) = findings::read(&told)?;
        }
        if self.target.dry_run || self.target.check {
            return Ok(session.roll_back()?);
        }
        self.ask_before_commit().map_err(Trouble::Own)?;
        session.commit()?;
        self.outcome.ending = Ending::Committed;
        Ok(())
    }

    fn set_merging(&self, is_merging: bool) {
        *self.is_merging.lock().unwrap_or_else(PoisonError::into_inner) = is_merging;
    }

    /// All of the dump was read.
    fn has_read(&mut self) {
        let (bytes, hash) = self.digest.finish();
        self.outcome.input_bytes = bytes;
        self.outcome.input_sha256 = Some(hash);
        self.outcome.timings.read = self.begun.elapsed() - self.outcome.timings.check;
        self.target.step(Step::Merging);
    }

    /// The last that is asked of the caller.
    fn ask_before_commit(&mut self) -> Result<()> {
        if let Some(ask) = &self.target.before_commit {
            self.outcome.timings.total = self.begun.elapsed();
            ask(&self.outcome)?;
        }
        self.target.step(Step::Committing);
        Ok(())
    }

    /// Something went wrong. Who was first says why; the server says what has become of it.
    fn fail(&mut self, to: &Side<'_>, mut session: Session<'_>, trouble: Trouble) -> Result<()> {
        let (why, said) = session.failure();
        if let Trouble::Psql = trouble {
            self.outcome.messages.push_str(&said);
        }
        // Whatever has ended this run does not keep it from asking.
        let cancel = Cancel::new();
        let side = Side { cancel: &cancel, ..*to };
        let fate = settle::ask(&side, &session.transaction, session.is_committing, self.target.patience);
        self.outcome.ending = match fate {
            // psql had only not said so any more.
            Fate::Committed if session.is_committing => {
                self.outcome.ending = Ending::Committed;
                self.outcome.notes.push(
                    "psql ended before it could say that the target has committed; the target says so".to_owned(),
                );
                return Ok(());
            }
            Fate::Unknown | Fate::Committed if session.is_committing => Ending::Unknown,
            _ => Ending::RolledBack,
        };
        Err(match trouble {
            Trouble::Psql => why,
            Trouble::Own(error) => error,
        })
    }
}

/// A lock that the target holds must not be seen by the source.
fn not_the_same(from: &Side<'_>, lock: i64) -> Result<()> {
    let sql = format!(
        "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks AS l \
         WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.objsubid OPERATOR(pg_catalog.=) 1::pg_catalog.int2 \
         AND l.classid OPERATOR(pg_catalog.=) {}::pg_catalog.oid AND l.objid OPERATOR(pg_catalog.=) {}::pg_catalog.oid \
         AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d \
         WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database());\n",
        lock >> 32,
        lock & 0xffff_ffff
    );
    match from.ask(&sql)?.trim() {
        "0" => Ok(()),
        _ => Err(Error::new(
            ErrorKind::InvalidOption,
            "source and target are the same database",
        )),
    }
}
