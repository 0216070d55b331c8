//! `progress`: a Python function that is told how far a run is.

use std::io;
use std::time::{Duration, Instant};

use dumpsert::{Progress, Report};
use pyo3::prelude::*;

use crate::watch::Caught;

/// How often progress is told: to call Python can take 5 ms where another thread computes.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Calls the function at most ten times a second, and once at the end.
pub(crate) struct Teller {
    function: Option<Py<PyAny>>,
    told: Instant,
    caught: Caught,
}

impl Teller {
    pub(crate) fn new(function: Option<Py<PyAny>>, caught: Caught) -> Self {
        Self {
            function,
            told: Instant::now(),
            caught,
        }
    }

    /// Tells how far the run is, if it is time; fails with what the function raises.
    pub(crate) fn tell(&mut self, done: Progress<'_>) -> io::Result<()> {
        let Some(function) = &self.function else { return Ok(()) };
        if self.told.elapsed() < PROGRESS_EVERY {
            return Ok(());
        }
        self.told = Instant::now();
        Python::attach(|py| function.call1(py, (done.bytes, done.rows, done.table)))
            .map(drop)
            .map_err(|exception| self.caught.keep(exception))
    }

    /// Tells the end.
    pub(crate) fn end(&self, py: Python<'_>, report: &Report) -> PyResult<()> {
        let Some(function) = &self.function else { return Ok(()) };
        let last = report.tables.last().map(|table| table.table.as_str());
        function
            .call1(py, (report.bytes_read, report.rows_read(), last))
            .map(drop)
    }
}
