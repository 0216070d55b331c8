//! `Prescan`: a reading of the dump before the one that writes, for those who drive a `Rewriter` by hand.

use std::sync::Mutex;

use pyo3::prelude::*;

use crate::errors::{finished, raise};
use crate::panics::or_fault;
use crate::plan::Plan;
use crate::rewriter::{DETACH_BYTES, lock};
use crate::source::bytes;

/// Bytes of a dump in; afterwards a plan that knows them.
#[pyclass(frozen, module = "dumpsert._core")]
pub(crate) struct Prescan(Mutex<Option<dumpsert::Prescan>>);

#[pymethods]
impl Prescan {
    /// Begins a reading.
    #[new]
    fn new(py: Python<'_>, plan: &Plan) -> PyResult<Self> {
        let prescan =
            or_fault("Prescan", || dumpsert::Prescan::new(plan.inner())).map_err(|fault| raise(py, &fault))?;
        Ok(Self(Mutex::new(Some(prescan))))
    }

    /// Reads the next bytes of the dump, and returns whether more are wanted.
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<bool> {
        let data = bytes(data)?;
        let mut guard = self.lock()?;
        let Some(prescan) = guard.as_mut() else {
            return Err(ended(py));
        };
        let result = if data.len() < DETACH_BYTES {
            or_fault("Prescan.write", || prescan.write(&data))
        } else {
            py.detach(|| or_fault("Prescan.write", || prescan.write(&data)))
        };
        result.map_err(|fault| {
            *guard = None;
            raise(py, &fault)
        })
    }

    /// Ends the reading, and returns a plan with what was learned.
    fn finish(&self, py: Python<'_>) -> PyResult<Plan> {
        let prescan = self.lock()?.take().ok_or_else(|| ended(py))?;
        py.detach(|| or_fault("Prescan.finish", || prescan.finish()))
            .map(Plan::from)
            .map_err(|fault| raise(py, &fault))
    }
}

impl Prescan {
    fn lock(&self) -> PyResult<std::sync::MutexGuard<'_, Option<dumpsert::Prescan>>> {
        lock(&self.0, "the Prescan")
    }
}

fn ended(py: Python<'_>) -> PyErr {
    finished(py, "the prescan has ended already")
}
