//! Errors of the library as exceptions.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

use dumpsert::config::{Language, in_language};
use dumpsert::{Error, ErrorKind};
use pyo3::exceptions::PyOSError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::panics::Fault;
use crate::watch::Caught;

/// The exception for a fault; one that Python has raised before goes first, but not before a bug.
pub(crate) fn raise_caught(py: Python<'_>, fault: &Fault, caught: &Caught) -> PyErr {
    match (fault, caught.take()) {
        (Fault::Error(_), Some(exception)) => exception,
        _ => raise(py, fault),
    }
}

/// The exception for a fault.
pub(crate) fn raise(py: Python<'_>, fault: &Fault) -> PyErr {
    raise_with_output(py, fault, PyBytes::new(py, &[]))
}

/// The same, with what must still be passed on of the script.
pub(crate) fn raise_with_output(py: Python<'_>, fault: &Fault, output: Bound<'_, PyBytes>) -> PyErr {
    match fault {
        Fault::Error(error) => exception(py, error, output).unwrap_or_else(|other| other),
        Fault::Panic(text) => internal(py, text),
    }
}

/// The exception for an error, with more words.
pub(crate) fn raise_with(py: Python<'_>, error: &Error, words: &str) -> PyErr {
    exception_with(py, error, PyBytes::new(py, &[]), words).unwrap_or_else(|other| other)
}

/// The same exception, with what was done until then.
pub(crate) fn stopped(py: Python<'_>, exception: PyErr, outcome: &str) -> PyErr {
    let set = py
        .import(intern!(py, "dumpsert._report"))
        .and_then(|module| module.getattr(intern!(py, "Outcome"))?.call1((outcome,)))
        .and_then(|outcome| exception.value(py).setattr(intern!(py, "outcome"), outcome));
    set.map_or_else(|other| other, |()| exception)
}

fn exception(py: Python<'_>, error: &Error, output: Bound<'_, PyBytes>) -> PyResult<PyErr> {
    exception_with(py, error, output, "")
}

fn exception_with(py: Python<'_>, error: &Error, output: Bound<'_, PyBytes>, words: &str) -> PyResult<PyErr> {
    let facts = PyDict::new(py);
    facts.set_item("message", in_python(error.message()))?;
    facts.set_item("hint", error.hint().map(in_python))?;
    if let Some(position) = error.position() {
        facts.set_item("byte", position.byte)?;
        facts.set_item("line", position.line)?;
        facts.set_item("column", position.column)?;
        facts.set_item("table", &position.table)?;
        facts.set_item("row", position.row)?;
    }
    facts.set_item("output", output)?;
    let mut text = in_python(&error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    if !words.is_empty() {
        text.push_str(&format!("; {words}"));
    }
    let own = PyErr::from_value(make(error.kind(), &text, &facts)?);
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
    make(ErrorKind::Finished, text, &PyDict::new(py)).map_or_else(|other| other, PyErr::from_value)
}

/// The exception for a bug of this program.
pub(crate) fn internal(py: Python<'_>, text: &str) -> PyErr {
    make(ErrorKind::Internal, text, &PyDict::new(py)).map_or_else(|other| other, PyErr::from_value)
}

/// The exception of the class that is for this kind.
fn make<'py>(kind: ErrorKind, text: &str, facts: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = facts.py();
    facts.set_item("kind", name(&kind))?;
    let module = py.import(intern!(py, "dumpsert._errors"))?;
    let class = module
        .getattr(intern!(py, "CLASSES"))?
        .get_item(name(&kind.category()))?;
    class.call((text,), Some(facts))
}

/// A message of the library, with its options as Python writes them.
pub(crate) fn in_python(text: &str) -> String {
    in_language(text, Language::Python)
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
        // Python chooses the class by the number. That of Windows is another one, which it takes in its own place.
        match error.raw_os_error().filter(|_| cfg!(windows)) {
            Some(number) => py.get_type::<PyOSError>().call1((0, error.to_string(), path, number)),
            None => py.get_type::<PyOSError>().call1((number, text, path)),
        }
    })();
    made.map_or_else(|other| other, PyErr::from_value)
}

/// `EISDIR` of every Unix.
const EISDIR: i32 = 21;
