//! `Rewriter`: the push machine.

use std::sync::{Mutex, TryLockError};
use std::time::Instant;

use dumpsert::Error;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;
use crate::panics::{Fault, or_fault, value_or_fault};
use crate::plan::Plan;
use crate::progress::Teller;
use crate::slices::{Input, Output};
use crate::watch::{Caught, SIGNALS_EVERY};

/// Shorter chunks are converted faster than another thread could be let in.
pub(crate) const DETACH_BYTES: usize = 32 * 1024;

/// How much of the memory for output is kept for the next call, after one of a large chunk.
const KEPT_BYTES: usize = 4 << 20;

/// Bytes of a dump in, bytes of a script out.
#[pyclass(frozen, module = "dumpsert._core")]
pub(crate) struct Rewriter(Mutex<Machine>);

struct Machine {
    rewriter: dumpsert::Rewriter,
    out: Vec<u8>,
    report: Option<String>,
    teller: Teller,
    /// What the function of `teller` has raised.
    caught: Caught,
    /// What `abort` has still to return, after that.
    kept: Output,
    /// When signals were looked for.
    looked: Instant,
    /// The bug by which a call has ended: what that has left behind is good for nothing.
    broken: Option<String>,
}

impl Machine {
    /// Does a part of a call, and adds to `output` what that makes of the script.
    fn run(
        &mut self,
        py: Python<'_>,
        door: &'static str,
        bytes: usize,
        output: &mut Output,
        run: impl FnOnce(&mut Self) -> dumpsert::Result<()> + Send,
    ) -> PyResult<()> {
        if let Some(text) = &self.broken {
            return Err(errors::internal(py, &format!("the Rewriter has failed before: {text}")));
        }
        let result = if bytes < DETACH_BYTES {
            or_fault(door, || run(self))
        } else {
            py.detach(|| or_fault(door, || run(self)))
        };
        if let Err(Fault::Panic(text)) = &result {
            self.broken = Some(text.clone());
            self.out = Vec::new();
            self.kept = Output::default();
            return Err(errors::internal(py, text));
        }
        let added = output.add(py, &self.out);
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES);
        if let Err(exception) = added {
            // There is no room for it. The script has a gap now, and must not go on.
            let reason = Error::write(std::io::Error::other("Python has raised an exception"));
            self.rewriter.abort(&reason, &mut Vec::new());
            return Err(exception);
        }
        if let Some(exception) = self.caught.take() {
            self.kept = std::mem::take(output);
            return Err(exception);
        }
        result.map_err(|fault| match std::mem::take(output).finish(py) {
            Ok(output) => errors::raise_with_output(py, &fault, output),
            Err(exception) => exception,
        })
    }

    /// Reads some of `rest`, and takes it away from there.
    fn some(&mut self, py: Python<'_>, rest: &mut &[u8], output: &mut Output) -> PyResult<()> {
        let all = *rest;
        self.run(py, "Rewriter.write", all.len(), output, |machine| {
            let read = machine.rewriter.write_some(all, &mut machine.out)?;
            *rest = all.get(read..).unwrap_or_default();
            machine.tell();
            machine.look();
            Ok(())
        })
    }

    /// Ctrl-C makes the script fail, also within one call.
    fn look(&mut self) {
        if self.looked.elapsed() < SIGNALS_EVERY {
            return;
        }
        self.looked = Instant::now();
        if let Err(exception) = Python::attach(|py| py.check_signals()) {
            let error = self.caught.keep(exception);
            self.rewriter.abort(&Error::write(error), &mut self.out);
        }
    }

    /// Tells how far the run is; what the function raises makes the script fail.
    fn tell(&mut self) {
        if let Err(error) = self.teller.tell(self.rewriter.progress()) {
            self.rewriter.abort(&Error::write(error), &mut self.out);
        }
    }

    /// Ends the dump, and tells that.
    fn finish(&mut self) -> dumpsert::Result<()> {
        let report = self.rewriter.finish(&mut self.out)?;
        match Python::attach(|py| self.teller.end(py, &report)) {
            Ok(()) => self.report = Some(report.to_json()),
            Err(exception) => {
                // Nobody gets its `COMMIT`.
                self.out.clear();
                self.caught.keep(exception);
            }
        }
        Ok(())
    }
}

#[pymethods]
impl Rewriter {
    /// A rewriter for one dump.
    #[new]
    #[pyo3(signature = (plan, progress=None))]
    fn new(py: Python<'_>, plan: &Plan, progress: Option<Py<PyAny>>) -> PyResult<Self> {
        let caught = Caught::default();
        let rewriter = value_or_fault("Rewriter", || dumpsert::Rewriter::new(plan.inner()));
        Ok(Self(Mutex::new(Machine {
            rewriter: rewriter.map_err(|fault| errors::raise(py, &fault))?,
            out: Vec::new(),
            report: None,
            teller: Teller::new(progress, caught.clone()),
            caught,
            kept: Output::default(),
            looked: Instant::now(),
            broken: None,
        })))
    }

    /// Reads the next bytes of the dump, and returns what they make of the script.
    fn write<'py>(&self, py: Python<'py>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let data = Input::new(data)?;
        let mut machine = self.lock()?;
        let mut output = Output::default();
        let mut done = 0;
        loop {
            let slice = data.slice(done)?;
            done += slice.len();
            let mut rest = &*slice;
            loop {
                machine.some(py, &mut rest, &mut output)?;
                if rest.is_empty() {
                    break;
                }
            }
            if done >= data.len() {
                return output.finish(py);
            }
        }
    }

    /// Reads some of the next bytes of the dump, from `start` on; returns what they make of the script, some hundred KiB,
    /// and where to go on.
    fn write_some<'py>(
        &self,
        py: Python<'py>,
        data: &Bound<'py, PyAny>,
        start: usize,
    ) -> PyResult<(Bound<'py, PyBytes>, usize)> {
        let data = Input::new(data)?;
        let mut machine = self.lock()?;
        let mut output = Output::default();
        let slice = data.slice(start.min(data.len()))?;
        let mut rest = &*slice;
        machine.some(py, &mut rest, &mut output)?;
        Ok((output.finish(py)?, start + slice.len() - rest.len()))
    }

    /// Ends the dump, and returns the end of the script.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut machine = self.lock()?;
        let mut output = Output::default();
        machine.run(py, "Rewriter.finish", DETACH_BYTES, &mut output, Machine::finish)?;
        output.finish(py)
    }

    /// Gives up, and returns what makes the script fail, also after an exception of `progress`.
    fn abort<'py>(&self, py: Python<'py>, reason: String) -> PyResult<Bound<'py, PyBytes>> {
        let reason = Error::read(std::io::Error::other(reason));
        let mut machine = self.lock()?;
        let mut output = std::mem::take(&mut machine.kept);
        machine.run(py, "Rewriter.abort", 0, &mut output, |machine| {
            machine.rewriter.abort(&reason, &mut machine.out);
            Ok(())
        })?;
        output.finish(py)
    }

    /// The report as JSON, after `finish`.
    #[getter]
    fn report(&self) -> PyResult<Option<String>> {
        self.lock().map(|machine| machine.report.clone())
    }
}

impl Rewriter {
    fn lock(&self) -> PyResult<std::sync::MutexGuard<'_, Machine>> {
        lock(&self.0, "the Rewriter")
    }
}

/// Never waits: whoever has the machine may need Python to go on.
pub(crate) fn lock<'a, T>(mutex: &'a Mutex<T>, what: &str) -> PyResult<std::sync::MutexGuard<'a, T>> {
    match mutex.try_lock() {
        Ok(guard) => Ok(guard),
        Err(TryLockError::WouldBlock) => {
            let message = format!("{what} is in use, by another thread or further up: give every thread its own");
            Err(PyRuntimeError::new_err(message))
        }
        Err(TryLockError::Poisoned(_)) => {
            let text = format!("a bug in dumpsert: {what} has failed before");
            Err(Python::attach(|py| errors::internal(py, &text)))
        }
    }
}
