//! What may happen in Python during a run: exceptions, Ctrl-C, somebody who wants it to end.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How often a run that has no need of Python looks for signals. To become the thread that runs Python can take 5 ms
/// where another one computes.
pub(crate) const SIGNALS_EVERY: Duration = Duration::from_millis(100);

/// Ends a run from another thread.
#[pyclass(frozen, module = "dumpsert._core")]
#[derive(Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

#[pymethods]
impl Stop {
    /// Nobody wants it to end yet.
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// The run ends at its next chunk, with an error.
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Stop {
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// The exception that has ended a run. The engine sees a failure to read or to write; it is kept here meanwhile.
#[derive(Clone, Default)]
pub(crate) struct Caught(Arc<Mutex<Option<PyErr>>>);

impl Caught {
    /// Keeps the exception; the first one counts.
    pub(crate) fn keep(&self, exception: PyErr) -> io::Error {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(exception);
        io::Error::other("Python has raised an exception")
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    pub(crate) fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Looks, between chunks, whether the run has to end.
pub(crate) struct Watch {
    caught: Caught,
    stop: Option<Arc<AtomicBool>>,
    looked: Instant,
}

impl Watch {
    pub(crate) fn new(caught: Caught, stop: Option<Arc<AtomicBool>>) -> Self {
        Self {
            caught,
            stop,
            looked: Instant::now(),
        }
    }

    pub(crate) fn caught(&self) -> &Caught {
        &self.caught
    }

    /// Fails if the run has to end.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        if self.looked.elapsed() > SIGNALS_EVERY {
            self.check_signals()?;
        }
        if !self.caught.is_empty() {
            return Err(io::Error::other("Python has raised an exception"));
        }
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(io::Error::other("the run was ended from outside"));
        }
        Ok(())
    }

    /// The same, without delay.
    pub(crate) fn check_signals(&mut self) -> io::Result<()> {
        self.looked = Instant::now();
        Python::attach(|py| py.check_signals()).map_err(|exception| self.caught.keep(exception))
    }
}
