//! Whole dumps: `convert`, the script as an iterator, single statements.

use std::path::PathBuf;
use std::sync::Mutex;

use dumpsert::{Error, Files, Report};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{raise, raise_caught};
use crate::panics::or_fault;
use crate::plan::Plan;
use crate::progress::Teller;
use crate::rewriter::lock;
use crate::source::{Source, place};
use crate::target::Target;
use crate::watch::{Caught, Stop, Watch};

/// Opens the source as a script, for `door`.
fn open(
    door: &'static str,
    source: &Bound<'_, PyAny>,
    plan: &Plan,
    caught: &Caught,
    stop: Option<&Stop>,
) -> PyResult<dumpsert::Script<Source>> {
    let watch = Watch::new(caught.clone(), stop.map(Stop::flag));
    let source_ = Source::new(source, watch)?;
    let script = or_fault(door, || {
        if source_.is_seekable() {
            dumpsert::Script::seekable(source_, plan.inner())
        } else {
            dumpsert::Script::new(source_, plan.inner())
        }
    });
    script.map_err(|fault| raise(source.py(), &fault))
}

/// Converts the whole dump; returns the report as JSON. `files` are those that the options were read from.
#[pyfunction]
#[pyo3(signature = (source, target, plan, progress=None, stop=None, files=Vec::new()))]
pub(crate) fn convert(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    target: Option<&Bound<'_, PyAny>>,
    plan: &Plan,
    progress: Option<Py<PyAny>>,
    stop: Option<&Stop>,
    files: Vec<(String, PathBuf)>,
) -> PyResult<String> {
    let caught = Caught::default();
    let script = open("convert: source", source, plan, &caught, stop)?;
    let mut read = Files::new();
    for (what, path) in &files {
        read.reads(what, path);
    }
    if let Some(path) = place(source)? {
        read.reads("the dump", path);
    }
    let mut target = Target::new(target, read, caught.clone())?;
    let mut teller = Teller::new(progress, caught.clone());
    let result = py.detach(|| {
        or_fault("convert", || {
            let report = script.write_to(&mut target, |done| teller.tell(done))?;
            target.finish()?;
            Ok((report.to_json(), report))
        })
    });
    let (json, report) = result.map_err(|fault| raise_caught(py, &fault, &caught))?;
    teller.end(py, &report)?;
    Ok(json)
}

/// Most bytes of one chunk of the script. From 128 KiB on, malloc of glibc takes memory from the system for each chunk and
/// gives it back; to fault it in anew takes longer than to convert it.
const PIECE_BYTES: usize = 96 * 1024;

/// The script as an iterator of bytes.
#[pyclass(frozen, module = "dumpsert._core")]
pub(crate) struct Script(Mutex<Pull>);

struct Pull {
    script: Option<dumpsert::Script<Source>>,
    caught: Caught,
    out: Vec<u8>,
    /// How much of `out` was returned.
    given: usize,
    report: Option<String>,
    teller: Teller,
    /// What is told when the last chunk was returned.
    untold: Option<Report>,
    /// What is raised when the last words of the script were returned.
    raised: Option<PyErr>,
}

#[pymethods]
impl Script {
    #[new]
    #[pyo3(signature = (source, plan, progress=None, stop=None))]
    fn new(source: &Bound<'_, PyAny>, plan: &Plan, progress: Option<Py<PyAny>>, stop: Option<&Stop>) -> PyResult<Self> {
        let caught = Caught::default();
        Ok(Self(Mutex::new(Pull {
            script: Some(open("rewrite", source, plan, &caught, stop)?),
            teller: Teller::new(progress, caught.clone()),
            caught,
            out: Vec::new(),
            given: 0,
            report: None,
            untold: None,
            raised: None,
        })))
    }

    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let mut guard = lock(&self.0, "the iterator")?;
        let pull = &mut *guard;
        while let Some(script) = &mut pull.script
            && pull.out.is_empty()
        {
            let (out, teller) = (&mut pull.out, &mut pull.teller);
            match py.detach(|| or_fault("rewrite: next", || read(script, out, teller))) {
                Ok(None) => {}
                Ok(Some((json, report))) => {
                    pull.report = Some(json);
                    pull.untold = Some(report);
                    pull.script = None;
                }
                Err(fault) => {
                    pull.raised = Some(raise_caught(py, &fault, &pull.caught));
                    pull.script = None;
                }
            }
        }
        if pull.out.is_empty() {
            if let Some(report) = pull.untold.take() {
                pull.teller.end(py, &report)?;
            }
            return pull.raised.take().map_or(Ok(None), Err);
        }
        let rest = pull.out.get(pull.given..).unwrap_or_default();
        let piece = rest.get(..PIECE_BYTES).unwrap_or(rest);
        let bytes = PyBytes::new(py, piece);
        pull.given += piece.len();
        if pull.given == pull.out.len() {
            pull.out.clear();
            pull.given = 0;
        }
        Ok(Some(bytes))
    }

    /// Ends the run early: the script is not complete.
    fn close(&self) -> PyResult<()> {
        let mut pull = lock(&self.0, "the iterator")?;
        pull.script = None;
        pull.out = Vec::new();
        pull.given = 0;
        pull.untold = None;
        pull.raised = None;
        Ok(())
    }

    /// The report as JSON, after the last chunk.
    #[getter]
    fn report(&self) -> PyResult<Option<String>> {
        lock(&self.0, "the iterator").map(|pull| pull.report.clone())
    }
}

/// Reads on by one step, and tells how far it is; what the function raises makes the script fail.
fn read(
    script: &mut dumpsert::Script<Source>,
    out: &mut Vec<u8>,
    teller: &mut Teller,
) -> dumpsert::Result<Option<(String, Report)>> {
    let report = script.read(out)?;
    if report.is_none()
        && let Err(error) = teller.tell(script.progress())
    {
        let error = Error::write(error);
        script.abort(&error, out);
        return Err(error);
    }
    Ok(report.map(|report| (report.to_json(), report)))
}

/// Single statements for a driver, as an iterator.
#[pyclass(frozen, module = "dumpsert._core")]
pub(crate) struct Statements(Mutex<Queue>);

struct Queue {
    /// Nothing is read before the first statement is asked for.
    source: Option<(Source, dumpsert::Plan)>,
    statements: Option<dumpsert::Statements<Source>>,
    teller: Teller,
    caught: Caught,
    report: Option<String>,
}

impl Queue {
    /// Reads on until there is a statement; at the end there is a report.
    fn next(&mut self) -> dumpsert::Result<Option<String>> {
        if let Some((source, plan)) = self.source.take() {
            self.statements = Some(dumpsert::statements(source, &plan)?);
        }
        let Some(statements) = &mut self.statements else {
            return Ok(None);
        };
        let statement = statements.next_with(|done| self.teller.tell(done)).transpose()?;
        if statement.is_none() {
            self.report = statements.report().map(Report::to_json);
        }
        Ok(statement)
    }
}

#[pymethods]
impl Statements {
    #[new]
    #[pyo3(signature = (source, plan, progress=None, stop=None))]
    fn new(source: &Bound<'_, PyAny>, plan: &Plan, progress: Option<Py<PyAny>>, stop: Option<&Stop>) -> PyResult<Self> {
        let caught = Caught::default();
        let watch = Watch::new(caught.clone(), stop.map(Stop::flag));
        Ok(Self(Mutex::new(Queue {
            source: Some((Source::new(source, watch)?, plan.inner().clone())),
            statements: None,
            teller: Teller::new(progress, caught.clone()),
            caught,
            report: None,
        })))
    }

    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<String>> {
        let mut guard = lock(&self.0, "the iterator")?;
        let queue = &mut *guard;
        let result = py.detach(|| or_fault("statements: next", || queue.next()));
        match result {
            Ok(Some(statement)) => Ok(Some(statement)),
            Ok(None) => {
                // Taken, so that the end is told once.
                let statements = queue.statements.take();
                if let Some(report) = statements.as_ref().and_then(dumpsert::Statements::report) {
                    queue.teller.end(py, report)?;
                }
                Ok(None)
            }
            Err(fault) => {
                queue.source = None;
                queue.statements = None;
                Err(raise_caught(py, &fault, &queue.caught))
            }
        }
    }

    /// Ends the run early: what was returned is not the whole.
    fn close(&self) -> PyResult<()> {
        let mut queue = lock(&self.0, "the iterator")?;
        queue.source = None;
        queue.statements = None;
        Ok(())
    }

    /// The report as JSON, after the last statement.
    #[getter]
    fn report(&self) -> PyResult<Option<String>> {
        lock(&self.0, "the iterator").map(|queue| queue.report.clone())
    }
}
