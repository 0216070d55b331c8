//! Errors of the library as exceptions.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use dumpsert::{Error, ErrorKind};
use pyo3::exceptions::PyOSError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::watch::Caught;

/// The exception for an error; one that Python has raised before goes first.
pub(crate) fn raise_caught(py: Python<'_>, error: &Error, caught: &Caught) -> PyErr {
    caught.take().unwrap_or_else(|| raise(py, error))
}

/// The exception for an error.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error, None).unwrap_or_else(|other| other)
}

/// The same, with what must still be passed on of the script.
pub(crate) fn raise_with_output(py: Python<'_>, error: &Error, output: &[u8]) -> PyErr {
    exception(py, error, Some(output)).unwrap_or_else(|other| other)
}

fn exception(py: Python<'_>, error: &Error, output: Option<&[u8]>) -> PyResult<PyErr> {
    let facts = PyDict::new(py);
    facts.set_item("kind", name(&error.kind()))?;
    facts.set_item("message", error.message())?;
    facts.set_item("hint", error.hint())?;
    if let Some(position) = error.position() {
        facts.set_item("byte", position.byte)?;
        facts.set_item("line", position.line)?;
        facts.set_item("column", position.column)?;
        facts.set_item("table", &position.table)?;
        facts.set_item("row", position.row)?;
    }
    facts.set_item("output", PyBytes::new(py, output.unwrap_or_default()))?;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    let module = py.import(intern!(py, "dumpsert._errors"))?;
    let class = module
        .getattr(intern!(py, "CLASSES"))?
        .get_item(name(&error.category()))?;
    let own = PyErr::from_value(class.call((text,), Some(&facts))?);
    if let Some(cause) = error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        let cause = os_error(py, cause, None);
        if let Ok(number) = cause.value(py).getattr(intern!(py, "errno")) {
            own.value(py).setattr(intern!(py, "errno"), number)?;
        }
        own.set_cause(py, Some(cause));
    }
    Ok(own)
}

/// The exception for a use after the end that the library itself cannot see.
pub(crate) fn finished(py: Python<'_>, text: &str) -> PyErr {
    let made = (|| {
        let facts = PyDict::new(py);
        facts.set_item("kind", name(&ErrorKind::Finished))?;
        let module = py.import(intern!(py, "dumpsert._errors"))?;
        let class = module
            .getattr(intern!(py, "CLASSES"))?
            .get_item(name(&ErrorKind::Finished.category()))?;
        class.call((text,), Some(&facts))
    })();
    made.map_or_else(|other| other, PyErr::from_value)
}

/// The name of a kind or category, as in the report.
fn name(value: &impl serde::Serialize) -> String {
    let name = serde_json::to_value(value).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

/// The exception that Python itself raises for an error of the system, with the number and the file's name.
pub(crate) fn os_error(py: Python<'_>, error: &io::Error, path: Option<PathBuf>) -> PyErr {
    let number = error
        .raw_os_error()
        .or_else(|| (error.kind() == io::ErrorKind::IsADirectory).then_some(EISDIR));
    let Some(number) = number else {
        return PyOSError::new_err(error.to_string());
    };
    let made = (|| {
        let text = py.import("os")?.call_method1("strerror", (number,))?;
        // Python chooses the class by the number.
        py.get_type::<PyOSError>().call1((number, text, path))
    })();
    made.map_or_else(|other| other, PyErr::from_value)
}

/// `EISDIR` of every Unix.
const EISDIR: i32 = 21;
