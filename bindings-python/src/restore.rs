//! `restore` and `sync`: a run of the library on a thread of its own, while the thread that has called it waits for what
//! the run wants of Python. So a source, `progress` and `before_commit` are called in the thread of their user, and Ctrl-C,
//! which Python shows to its main thread alone, ends a run that waits for a server.

use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::sync::{Arc, Mutex};

use dumpsert::restore::{Cancel, Connection, DriverError, Ending, Outcome, Prune, Target, restore, restore_over};
use dumpsert::{Config, Error};
use pyo3::prelude::*;

use crate::catalog::Catalog;
use crate::driver::Asking;
use crate::errors::{raise, raise_with, stopped};
use crate::panics::{Fault, or_fault};
use crate::source::{Source, path};
use crate::watch::{Caught, SIGNALS_EVERY, Stop, Watch};
use crate::wishes::{Asked, Stopped, Wish, Wishes, ask, teller};

/// Where it goes, as Python gives it.
#[derive(Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    to: Option<String>,
    source: Option<String>,
    bin_dir: Option<PathBuf>,
    dry_run: bool,
    check: bool,
    strict: bool,
    diff: Option<u32>,
    hide: Vec<String>,
    prune: bool,
    prune_empty: Vec<String>,
    prune_keyless: Vec<String>,
    prune_cascade: bool,
    prune_max: Option<String>,
    mapping: Option<PathBuf>,
}

impl Settings {
    /// What was done, as JSON: with values where they were asked for.
    fn json(&self, outcome: &Outcome) -> String {
        match self.check || self.diff.is_some() {
            true => outcome.to_json_with_values(),
            false => outcome.to_json(),
        }
    }
}

/// What Python gives beside that.
struct Caller<'py> {
    dump: Option<Source>,
    progress: Option<Bound<'py, PyAny>>,
    before_commit: Option<Bound<'py, PyAny>>,
    driver: Option<Bound<'py, PyAny>>,
    stop: Option<Arc<AtomicBool>>,
    caught: Caught,
}

/// Runs it; returns what was done as JSON. Options and catalogs are as for a `Plan`; without a dump `settings` has a source. A
/// driver is called with what is to be done over its connection, see `_driver.py`; `settings` then does not say where to.
#[pyfunction]
#[pyo3(
    name = "restore",
    signature = (dump, settings, json, catalogs, progress=None, before_commit=None, stop=None, driver=None)
)]
#[expect(clippy::too_many_arguments, reason = "Python calls it by name")]
pub(crate) fn restore_<'py>(
    py: Python<'py>,
    dump: Option<Bound<'py, PyAny>>,
    settings: Settings,
    json: &str,
    catalogs: Vec<Bound<'py, Catalog>>,
    progress: Option<Bound<'py, PyAny>>,
    before_commit: Option<Bound<'py, PyAny>>,
    stop: Option<&Stop>,
    driver: Option<Bound<'py, PyAny>>,
) -> PyResult<String> {
    let caught = Caught::default();
    let cancel = Cancel::new();
    let (wishes, mut wished) = channel();
    let wishes = Arc::new(Mutex::new(wishes));
    let file = dump.as_ref().map(path).transpose()?.flatten();
    let mut caller = Caller {
        dump: match (&dump, &file) {
            (Some(dump), None) => Some(Source::new(dump, Watch::new(caught.clone(), stop.map(Stop::flag)))?),
            _ => None,
        },
        progress,
        before_commit,
        driver,
        stop: stop.map(Stop::flag),
        caught,
    };
    let run = or_fault("restore", || {
        let source = match (&settings.source, file) {
            (Some(source), _) => dumpsert::restore::Source::Database(Connection::parse_option("source", source)?),
            (None, Some(path)) => dumpsert::restore::Source::File(path),
            (None, None) => dumpsert::restore::Source::Reader(Box::new(Asked(wishes.clone()))),
        };
        let target = target(&settings, &cancel, &wishes, caller.before_commit.is_some())?;
        let mut options = Config::from_json(json)?.options;
        for catalog in &catalogs {
            options = options.with_catalog(catalog.get().inner().clone())?;
        }
        let plan = target.plan(&source, options)?;
        let mut over = caller.driver.as_ref().map(|_| Asking::new(wishes.clone()));
        Ok(move || {
            let run = or_fault("restore: run", || {
                Ok(match &mut over {
                    Some(driver) => restore_over(source, driver, &target, &plan),
                    None => restore(source, &target, &plan),
                })
            });
            match run {
                Ok(result) => result.map_err(Stopped::Failure),
                Err(fault) => Err(Stopped::Fault(fault)),
            }
        })
    });
    let run = run.map_err(|fault| raise(py, &fault))?;
    let thread = std::thread::Builder::new().name("dumpsert".to_owned());
    thread.spawn(move || ask(&wishes, Wish::Done(Box::new(run()))))?;
    let result = caller.serve(py, &mut wished, &cancel);
    caller.result(py, &settings, result)
}

fn prune(settings: &Settings) -> dumpsert::Result<Prune> {
    Prune::parse(
        settings.prune_max.as_deref(),
        &settings.prune_empty,
        &settings.prune_keyless,
        settings.prune_cascade,
    )
}

fn target(settings: &Settings, cancel: &Cancel, wishes: &Arc<Wishes>, asks: bool) -> dumpsert::Result<Target> {
    let mut target = match &settings.to {
        Some(to) => Target::new(Connection::parse_option("to", to)?),
        None => Target::of_driver(),
    };
    target = target
        .with_dry_run(settings.dry_run)
        .with_check(settings.check)
        .with_strict_verify(settings.strict)
        .with_hidden_columns(settings.hide.iter().cloned())
        .with_cancel(cancel)
        .with_progress(teller(wishes.clone()));
    if let Some(folder) = &settings.bin_dir {
        target = target.with_bin_dir(folder);
    }
    if let Some(rows) = settings.diff {
        target = target.with_differences(rows);
    }
    if let Some(path) = &settings.mapping {
        target = target.with_mapping(path);
    }
    if settings.prune {
        target = target.with_prune(prune(settings)?);
    }
    if asks {
        let wishes = wishes.clone();
        let settings = settings.clone();
        target = target.with_before_commit(move |outcome| {
            let (sender, answer) = sync_channel(1);
            let asked = ask(&wishes, Wish::Confirm(settings.json(outcome), sender));
            match asked.is_ok() && answer.recv().unwrap_or(false) {
                true => Ok(()),
                false => Err(Error::refused("it was refused before the commit")),
            }
        });
    }
    Ok(target)
}

impl Caller<'_> {
    /// Does what the run wants until it is done, however that comes.
    fn serve(&mut self, py: Python<'_>, wished: &mut Receiver<Wish>, cancel: &Cancel) -> Result<Outcome, Stopped> {
        let mut has_cancelled = false;
        loop {
            let receiver = &mut *wished;
            let wish = py.detach(move || receiver.recv_timeout(SIGNALS_EVERY));
            let mut waits = None;
            let done = match wish {
                Ok(Wish::Done(result)) => return *result,
                Ok(Wish::Commit(answer)) => {
                    waits = Some(answer);
                    self.tell("commit", 0, 0, None)
                }
                Ok(wish) => self.grant(py, wish),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Stopped::Fault(Fault::Panic(
                        "the run has ended without a word".to_owned(),
                    )));
                }
            };
            if let Err(exception) = done.and_then(|()| py.check_signals()) {
                self.caught.keep(exception);
                // A second Ctrl-C gives up waiting for what becomes of a COMMIT.
                cancel.cancel();
                has_cancelled = true;
            }
            if !has_cancelled && self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                cancel.cancel();
                has_cancelled = true;
            }
            if let Some(waits) = waits {
                let _ = waits.send(());
            }
        }
    }

    fn tell(&self, phase: &str, bytes: u64, rows: u64, table: Option<String>) -> PyResult<()> {
        match &self.progress {
            Some(progress) => progress.call1((phase, bytes, rows, table)).map(drop),
            None => Ok(()),
        }
    }

    /// What Python raises ends the run.
    fn grant(&mut self, py: Python<'_>, wish: Wish) -> PyResult<()> {
        match wish {
            Wish::Read(bytes, answer) => {
                let mut piece = vec![0; bytes];
                let read = match &mut self.dump {
                    Some(dump) => py.detach(|| dump.read(&mut piece)),
                    None => Ok(0),
                };
                let read = read.map(|read| {
                    piece.truncate(read);
                    piece
                });
                let _ = answer.send(read);
                Ok(())
            }
            Wish::Step(phase, bytes, rows, table) => self.tell(phase, bytes, rows, table),
            Wish::Confirm(outcome, answer) => {
                let asked = self.before_commit.as_ref().map(|ask| ask.call1((outcome,)));
                let asked = asked.transpose().map(drop);
                if let Err(exception) = asked {
                    self.caught.keep(exception);
                    let _ = answer.send(false);
                    return Ok(());
                }
                let _ = answer.send(true);
                Ok(())
            }
            Wish::Drive(order, answer) => {
                let done = self.driver.as_ref().map(|driver| order.call(driver));
                let reply = match done {
                    Some(Ok(reply)) => reply,
                    Some(Err(exception)) => Err(DriverError::new(self.caught.keep(exception).to_string())),
                    None => Err(DriverError::new("there is no driver")),
                };
                let _ = answer.send(reply);
                Ok(())
            }
            Wish::Commit(_) | Wish::Done(_) => Ok(()),
        }
    }

    /// The JSON, or what is raised: what Python itself has raised, but where it is not known what has become of the target.
    fn result(&self, py: Python<'_>, settings: &Settings, result: Result<Outcome, Stopped>) -> PyResult<String> {
        let raised = self.caught.take();
        match result {
            // Too late to change anything; but nobody's Ctrl-C is forgotten.
            Ok(outcome) => match raised {
                Some(exception) => {
                    let note = "the target had committed already";
                    exception.value(py).call_method1("add_note", (note,))?;
                    Err(exception)
                }
                None => Ok(settings.json(&outcome)),
            },
            Err(Stopped::Fault(fault)) => Err(raised.unwrap_or_else(|| raise(py, &fault))),
            Err(Stopped::Failure(failure)) => {
                let json = settings.json(&failure.outcome);
                let own = match failure.outcome.ending {
                    Ending::Unknown => raise_with(py, &failure.error, failure.consequence()),
                    _ => match raised {
                        Some(exception) => return Err(exception),
                        None => raise_with(py, &failure.error, ""),
                    },
                };
                Err(stopped(py, own, &json))
            }
        }
    }
}
