//! `inspect`: what is in a dump.

use dumpsert::{Inspection, inspect_seekable, inspect_with};
use pyo3::prelude::*;

use crate::errors::raise_caught;
use crate::panics::or_fault;
use crate::plan::Plan;
use crate::progress::Teller;
use crate::source::Source;
use crate::watch::{Caught, Stop, Watch};

/// Says what is in the dump; returns the inspection as JSON.
#[pyfunction]
#[pyo3(signature = (source, plan, progress=None, stop=None))]
pub(crate) fn inspect(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    plan: &Plan,
    progress: Option<Py<PyAny>>,
    stop: Option<&Stop>,
) -> PyResult<String> {
    let caught = Caught::default();
    let source = Source::new(source, Watch::new(caught.clone(), stop.map(Stop::flag)))?;
    let mut teller = Teller::new(progress, caught.clone());
    let result = py.detach(|| {
        // What the function raises is kept, and ends the run where the source is read next.
        let tell = |done: dumpsert::Progress<'_>| drop(teller.tell(done));
        or_fault("inspect", || {
            let inspection = if source.is_seekable() {
                inspect_seekable(source, plan.inner(), tell)
            } else {
                inspect_with(source, plan.inner(), tell)
            }?;
            Ok((inspection.to_json(), inspection))
        })
    });
    let (json, inspection): (String, Inspection) = result.map_err(|fault| raise_caught(py, &fault, &caught))?;
    if let Some(exception) = caught.take() {
        return Err(exception);
    }
    teller.end(py, &inspection.report)?;
    Ok(json)
}
