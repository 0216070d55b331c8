//! Options that were checked.

use dumpsert::Config;
use pyo3::prelude::*;

use crate::catalog::Catalog;
use crate::errors::raise;
use crate::panics::{or_fault, value_or_fault};

/// Options that were checked.
#[pyclass(frozen, module = "dumpsert._core")]
pub(crate) struct Plan(dumpsert::Plan);

impl Plan {
    pub(crate) fn inner(&self) -> &dumpsert::Plan {
        &self.0
    }
}

impl From<dumpsert::Plan> for Plan {
    fn from(plan: dumpsert::Plan) -> Self {
        Self(plan)
    }
}

#[pymethods]
impl Plan {
    /// Options as a JSON object, and catalogs, which add up.
    #[new]
    fn new(py: Python<'_>, json: &str, catalogs: Vec<Bound<'_, Catalog>>) -> PyResult<Self> {
        let plan = or_fault("Options", || {
            // Files are read in Python, but their names are suggested for a name that is not known.
            let mut options = Config::from_json(json)?.options;
            for catalog in &catalogs {
                options = options.with_catalog(catalog.get().inner().clone())?;
            }
            options.build()
        });
        plan.map(Self).map_err(|fault| raise(py, &fault))
    }

    /// Whether a dump should be read once before a `Rewriter` reads it.
    #[getter]
    fn needs_prescan(&self, py: Python<'_>) -> PyResult<bool> {
        value_or_fault("Options.needs_prescan", || self.0.needs_prescan()).map_err(|fault| raise(py, &fault))
    }
}
