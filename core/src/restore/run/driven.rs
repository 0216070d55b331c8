//! A run over a connection of the caller's: the same transaction as by psql, step by step.

use std::fs::File;
use std::io::{self, Read};
use std::time::Instant;

use super::{Opened, Run};
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Client, Style};
use crate::plan::Plan;
use crate::restore::children::cancelled;
use crate::restore::database::Database;
use crate::restore::driver::{Driver, DriverError};
use crate::restore::session::HEAD;
use crate::restore::source::{self, Hashed, ProgramReader};
use crate::restore::{Cancel, Ending, Source, Step, findings, messages};
use crate::run::steps::{StagedStep, Steps, steps};

/// Within a transaction that was begun before, the statement is later than that.
const IS_ALONE: &str = "SELECT (pg_catalog.transaction_timestamp() OPERATOR(pg_catalog.=) \
                        pg_catalog.statement_timestamp())::pg_catalog.text";
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const TRANSACTION: &str = "SELECT pg_catalog.txid_current()::pg_catalog.text";

/// What is said over the connection.
struct Talk<'a> {
    driver: &'a mut dyn Driver,
    cancel: &'a Cancel,
    has_begun: bool,
}

impl Talk<'_> {
    fn check(&self) -> Result<()> {
        match self.cancel.is_cancelled() {
            true => Err(cancelled()),
            false => Ok(()),
        }
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        self.check()?;
        self.driver.execute(sql.trim()).map_err(|error| said(&error))
    }

    fn query(&mut self, sql: &str) -> Result<String> {
        self.check()?;
        self.driver.query(sql).map_err(|error| said(&error))
    }

    /// Copies what `next` gives, to its end.
    fn copy(&mut self, sql: &str, mut next: impl FnMut() -> Result<StagedStep>) -> Result<()> {
        self.check()?;
        let (mut failure, mut has_ended) = (None, false);
        let done = self.driver.copy(sql, &mut || match next() {
            Ok(StagedStep::CopyData(data)) => Ok(Some(data)),
            Ok(StagedStep::CopyEnd) => {
                has_ended = true;
                Ok(None)
            }
            other => {
                failure = Some(other.err().unwrap_or_else(unfinished));
                Err(DriverError::new("the dump cannot be read on"))
            }
        });
        match (failure, done) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(said(&error)),
            (None, Ok(())) if has_ended => Ok(()),
            (None, Ok(())) => Err(Error::new(
                ErrorKind::Database,
                "the driver has not copied all of the data",
            )),
        }
    }

    /// Nothing remains of the transaction.
    fn give_up(&mut self) -> Result<()> {
        self.has_begun = false;
        self.driver.give_up().map_err(|error| said(&error))
    }
}

fn said(error: &DriverError) -> Error {
    let message = match error.is_of_server() {
        true => format!("the target says: {}", messages::without_values(&error.said())),
        false => format!("the connection to the target has failed: {error}"),
    };
    Error::new(ErrorKind::Database, message).with_source(error.clone())
}

impl Run<'_> {
    /// From a dump, over a connection.
    pub(super) fn over(&mut self, source: Source, driver: &mut dyn Driver, plan: &Plan) -> Result<()> {
        let refuse = |message: &str| Err(Error::new(ErrorKind::InvalidOption, message));
        if plan.style() != Style::Staged || plan.client() != Client::Driver {
            return refuse("a restore over a driver needs `style = staged` and `client = driver`");
        }
        if self.target.connection.is_some() {
            return refuse("a target of psql is not reached by a driver");
        }
        if let Source::Database(_) = source {
            return refuse("a database is read by pg_dump and written by psql: over a driver a dump is restored");
        }
        self.check_prune(plan)?;
        self.begin_mapping(&source, plan)?;
        self.target.step(Step::Checking);
        let opened = self.open(source)?;
        let mut talk = Talk {
            driver,
            cancel: &self.target.cancel,
            has_begun: false,
        };
        let result = self
            .begin(&mut talk)
            .and_then(|()| self.merge_over(&mut talk, opened, plan));
        if result.is_err() && talk.has_begun && talk.give_up().is_err() {
            // Nothing can be committed there: the script's guard is not satisfied.
            let note = "the connection did not take the ROLLBACK: close it";
            self.outcome.notes.push(note.to_owned());
        }
        result
    }

    /// Begins the transaction, as psql's session is begun.
    fn begin(&mut self, talk: &mut Talk<'_>) -> Result<()> {
        if talk.query(IS_ALONE)? != "true" {
            let message = "the connection is in a transaction, and a restore has one of its own";
            return Err(Error::new(ErrorKind::InvalidOption, message).with_hint("commit or roll back first"));
        }
        talk.has_begun = true;
        talk.execute(BEGIN)?;
        self.outcome.ending = Ending::RolledBack;
        HEAD.iter().try_for_each(|sql| talk.execute(sql))?;
        self.outcome.transaction_id = Some(talk.query(TRANSACTION)?);
        let database = Database::asked(|sql| talk.query(sql))?;
        database.check_target()?;
        self.outcome.target = Some(database);
        self.confirm()?;
        self.outcome.timings.check = self.begun.elapsed();
        Ok(())
    }

    fn merge_over(&mut self, talk: &mut Talk<'_>, opened: Opened, plan: &Plan) -> Result<()> {
        match opened {
            Opened::Plain(path) => {
                let file = File::open(&path).map_err(|error| Error::read_file(&path, error))?;
                let is_file = file.metadata().is_ok_and(|data| data.is_file());
                let reader = Hashed::new(file, &self.digest);
                let steps = if is_file {
                    Steps::seekable(reader, plan)
                } else {
                    steps(reader, plan)
                };
                self.feed_over(talk, steps?)
            }
            Opened::Reader(reader) => {
                let steps = steps(Hashed::new(reader, &self.digest), plan)?;
                self.feed_over(talk, steps)
            }
            Opened::Archive(path, reader, pg_restore) => {
                let command = source::pg_restore(&pg_restore, path.as_ref(), plan.needs_catalog());
                let (cancel, warnings) = (&self.target.cancel, &self.warnings);
                let program = match reader {
                    None => ProgramReader::start(command, "pg_restore", cancel, warnings)?,
                    Some(reader) => ProgramReader::fed(command, "pg_restore", cancel, warnings, reader)?,
                };
                let steps = steps(Hashed::new(program, &self.digest), plan)?;
                self.feed_over(talk, steps)
            }
            Opened::Database(..) => Err(Error::new(ErrorKind::Internal, "a database is no dump")),
        }
    }

    fn feed_over<R: Read>(&mut self, talk: &mut Talk<'_>, mut steps: Steps<R>) -> Result<()> {
        let result = self.do_steps(talk, &mut steps);
        if result.is_err() && self.outcome.tables.is_empty() {
            let _ = self.outcome.join(steps.report_so_far(), None);
        }
        result
    }

    fn do_steps<R: Read>(&mut self, talk: &mut Talk<'_>, steps: &mut Steps<R>) -> Result<()> {
        let target = self.target;
        let next = |steps: &mut Steps<R>| {
            let step = steps.next_with(|progress| {
                target.step(Step::Reading(progress));
                match target.cancel.is_cancelled() {
                    true => Err(io::Error::other("the run was ended from outside")),
                    false => Ok(()),
                }
            });
            step.unwrap_or_else(|| Err(unfinished()))
        };
        let mut merging = None;
        let query = loop {
            let step = next(steps)?;
            if merging.is_none() && steps.report().is_some() {
                self.has_read();
                merging = Some(Instant::now());
            }
            match step {
                StagedStep::Sql(sql) => talk.execute(&sql)?,
                StagedStep::CopyBegin(sql) => talk.copy(&sql, || next(steps))?,
                StagedStep::Query(sql) => break sql,
                _ => return Err(unfinished()),
            }
        };
        let answer = talk.query(&query)?;
        self.outcome.timings.merge = merging.map(|begun| begun.elapsed()).unwrap_or_default();
        let report = steps.report().cloned().ok_or_else(unfinished)?;
        self.outcome.join(report, Some(&answer))?;
        self.take_mapping()?;
        if let Some(query) = findings::query(target) {
            (self.outcome.findings, self.outcome.differences, self.outcome.deletions) =
                findings::read(&talk.query(&query)?)?;
        }
        if target.dry_run || target.check {
            return talk.give_up();
        }
        self.ask_before_commit()?;
        match steps.next().transpose()? {
            Some(StagedStep::Last(sql)) => self.commit_over(talk, &sql),
            _ => Err(unfinished()),
        }
    }

    /// The last words. What the answer leaves open is asked on the same connection, where it still answers.
    fn commit_over(&mut self, talk: &mut Talk<'_>, last: &str) -> Result<()> {
        talk.cancel.commit()?;
        talk.execute(last)?;
        let answer = talk.driver.commit();
        let transaction = self.outcome.transaction_id.clone().unwrap_or_default();
        let ask = format!("SELECT coalesce(pg_catalog.pg_xact_status('{transaction}'), 'lost')");
        talk.has_begun = false;
        let mut status = talk.driver.query(&ask).ok();
        if answer.is_err() && !matches!(status.as_deref(), Some("committed" | "aborted")) {
            // Where the COMMIT was not even sent, nobody else shall send one.
            let _ = talk.driver.give_up();
            status = talk.driver.query(&ask).ok();
        }
        self.outcome.ending = match (&answer, status.as_deref()) {
            (_, Some("aborted")) => Ending::RolledBack,
            (Ok(()), _) => Ending::Committed,
            (Err(_), Some("committed")) => {
                let note =
                    "the connection failed before it could say that the target has committed; the target says so";
                self.outcome.notes.push(note.to_owned());
                Ending::Committed
            }
            (Err(error), _) if error.is_of_server() => Ending::RolledBack,
            (Err(_), _) => Ending::Unknown,
        };
        match (answer, self.outcome.ending) {
            (_, Ending::Committed) => Ok(()),
            (Err(error), Ending::Unknown) => {
                let message = format!("the connection was lost at the COMMIT of transaction {transaction}: {error}");
                let hint = format!("SELECT pg_xact_status('{transaction}') on the target tells what has become of it");
                Err(Error::new(ErrorKind::Database, message)
                    .with_hint(hint)
                    .with_source(error))
            }
            (Err(error), _) => Err(said(&error)),
            (Ok(()), _) => Err(Error::new(
                ErrorKind::Database,
                format!("the target has rolled transaction {transaction} back instead of committing it"),
            )),
        }
    }
}

fn unfinished() -> Error {
    Error::new(ErrorKind::Internal, "the steps do not end as they should")
}
