//! Where the script goes: a file, a Python file object, or nowhere.

use std::io::{self, Write};

use dumpsert::{Files, ScriptFile};
use pyo3::exceptions::{PyBlockingIOError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;
use crate::panics::or_fault;
use crate::source::{check_file, path, place};
use crate::watch::Caught;

/// Where the script goes.
pub(crate) enum Target {
    File(ScriptFile),
    Writer(Py<PyAny>, Caught),
    Nowhere,
}

impl Target {
    /// `files` are those that are read: none of them is written.
    pub(crate) fn new(object: Option<&Bound<'_, PyAny>>, mut files: Files, caught: Caught) -> PyResult<Self> {
        let Some(object) = object else { return Ok(Self::Nowhere) };
        let py = object.py();
        if let Some(path) = path(object)? {
            let file = py.detach(|| or_fault("convert: target", || files.create("the script", path)));
            return file.map(Self::File).map_err(|fault| errors::raise(py, &fault));
        }
        check_file(object, "the target", "open it with mode \"wb\"")?;
        match object.getattr(intern!(py, "write")) {
            Ok(write) if write.is_callable() => {
                if let Some(path) = place(object)? {
                    let checked = or_fault("convert: target", || files.writes("the script", path));
                    checked.map_err(|fault| errors::raise(py, &fault))?;
                }
                Ok(Self::Writer(object.clone().unbind(), caught))
            }
            _ => {
                let message = format!("the target is a path, a binary file or None, not {}", object.get_type());
                Err(PyTypeError::new_err(message))
            }
        }
    }

    /// Everything is written: a file gets its name.
    pub(crate) fn finish(self) -> dumpsert::Result<()> {
        match self {
            Self::File(file) => file.finish(),
            Self::Writer(..) | Self::Nowhere => Ok(()),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Nowhere => Ok(bytes.len()),
            Self::Writer(..) if bytes.is_empty() => Ok(0),
            Self::Writer(object, caught) => {
                Python::attach(|py| write(object.bind(py), bytes)).map_err(|exception| caught.keep(exception))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Nowhere => Ok(()),
            Self::Writer(object, caught) => Python::attach(|py| {
                let object = object.bind(py);
                if object.hasattr(intern!(py, "flush"))? {
                    object.call_method0(intern!(py, "flush"))?;
                }
                Ok(())
            })
            .map_err(|exception| caught.keep(exception)),
        }
    }
}

/// Returns how much was written: a raw file may write less than it was given.
fn write(object: &Bound<'_, PyAny>, bytes: &[u8]) -> PyResult<usize> {
    let py = object.py();
    let written = object.call_method1(intern!(py, "write"), (PyBytes::new(py, bytes),))?;
    if let Ok(written) = written.extract::<usize>() {
        return Ok(written.min(bytes.len()));
    }
    let raw = py.import(intern!(py, "io"))?.getattr(intern!(py, "RawIOBase"))?;
    if written.is_none() && object.is_instance(&raw)? {
        return Err(PyBlockingIOError::new_err(
            "the target does not block and takes nothing now: make it block",
        ));
    }
    // Other objects with a method `write` need not tell.
    Ok(bytes.len())
}
