//! Where the dump comes from: a file, a Python file object, or an iterable of bytes.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use pyo3::exceptions::{PyBlockingIOError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

use crate::watch::Watch;

/// Where the dump comes from.
pub(crate) struct Source {
    from: From,
    watch: Watch,
    /// A chunk that did not fit, and how much of it was read.
    rest: Option<(PyBackedBytes, usize)>,
    /// What was raised when some bytes were there already, to be told when they were read.
    raised: Option<PyErr>,
}

enum From {
    File(File),
    Reader(Py<PyAny>),
    Iterator(Py<PyAny>),
    End,
}

impl Source {
    pub(crate) fn new(object: &Bound<'_, PyAny>, watch: Watch) -> PyResult<Self> {
        Ok(Self {
            from: from(object)?,
            watch,
            rest: None,
            raised: None,
        })
    }

    /// Whether it can be read twice.
    pub(crate) fn is_seekable(&self) -> bool {
        matches!(&self.from, From::File(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()))
    }
}

fn from(object: &Bound<'_, PyAny>) -> PyResult<From> {
    let py = object.py();
    if let Some(path) = path(object)? {
        return Ok(From::File(open(py, path)?));
    }
    check_file(object, "the source", "open it with mode \"rb\"")?;
    if let Ok(read) = object.getattr(intern!(py, "read"))
        && read.is_callable()
    {
        return Ok(From::Reader(read.unbind()));
    }
    let is_bytes = object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>();
    if is_bytes || object.is_instance_of::<PyMemoryView>() {
        let message = "bytes are neither a path nor a file: pass [data], or use convert_str for a small text";
        return Err(PyTypeError::new_err(message));
    }
    object
        .try_iter()
        .map(|iterator| From::Iterator(iterator.into_any().unbind()))
        .map_err(|error| {
            let kind = object.get_type();
            let message = format!("the source is a path, a binary file or an iterable of bytes, not {kind}");
            let own = PyTypeError::new_err(message);
            own.set_cause(py, Some(error));
            own
        })
}

/// The path that an object is, if it is one.
pub(crate) fn path(object: &Bound<'_, PyAny>) -> PyResult<Option<PathBuf>> {
    let is_path = object.is_instance_of::<PyString>() || object.hasattr(intern!(object.py(), "__fspath__"))?;
    is_path.then(|| object.extract()).transpose()
}

/// Where an object is among the files, if it is one: its path, or that of what is open.
pub(crate) fn place(object: &Bound<'_, PyAny>) -> PyResult<Option<PathBuf>> {
    if let Some(path) = path(object)? {
        return Ok(Some(path));
    }
    // Files in memory have the method, and raise.
    let number = object.call_method0(intern!(object.py(), "fileno"));
    let number = number.and_then(|number| number.extract::<u32>()).ok();
    Ok(number.map(|number| PathBuf::from(format!("/dev/fd/{number}"))))
}

fn open(py: Python<'_>, path: PathBuf) -> PyResult<File> {
    // A named pipe opens only when somebody writes to it.
    let file = py.detach(|| {
        File::open(&path).and_then(|file| {
            // Linux opens a directory, and only reading it fails.
            match file.metadata()?.is_dir() {
                true => Err(io::Error::from(ErrorKind::IsADirectory)),
                false => Ok(file),
            }
        })
    });
    file.map_err(|error| crate::errors::os_error(py, &error, Some(path)))
}

/// Refuses files that are closed or were opened as text.
pub(crate) fn check_file(object: &Bound<'_, PyAny>, what: &str, hint: &str) -> PyResult<()> {
    let py = object.py();
    let text = py.import(intern!(py, "io"))?.getattr(intern!(py, "TextIOBase"))?;
    if object.is_instance(&text)? {
        let message = format!("{what} is a text file, and a dump is bytes: {hint}, or pass its .buffer");
        return Err(PyTypeError::new_err(message));
    }
    match object.getattr(intern!(py, "closed")) {
        Ok(closed) if closed.is_truthy().unwrap_or(false) => {
            let message = format!("{what} is closed: convert before it is closed, or open it again");
            Err(PyValueError::new_err(message))
        }
        _ => Ok(()),
    }
}

/// The bytes of an object that nobody can change: of `bytes` without a copy, else a copy.
pub(crate) fn bytes(object: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.clone().into());
    }
    if object.is_instance_of::<PyString>() {
        let message = "a str where bytes are wanted: open files with mode \"rb\", or call .encode()";
        return Err(PyTypeError::new_err(message));
    }
    let py = object.py();
    let Ok(view) = PyMemoryView::from(object) else {
        return Err(PyTypeError::new_err(format!(
            "bytes are wanted, not {}",
            object.get_type()
        )));
    };
    let copy = view.call_method0(intern!(py, "tobytes"))?;
    Ok(copy.cast_into::<PyBytes>()?.into())
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.check()?;
        if let From::File(file) = &mut self.from {
            loop {
                match file.read(buffer) {
                    // A signal: it may be Ctrl-C.
                    Err(error) if error.kind() == ErrorKind::Interrupted => self.watch.check_signals()?,
                    result => return result,
                }
            }
        }
        if let Some(exception) = self.raised.take() {
            return Err(self.watch.caught().keep(exception));
        }
        let mut read = self.take_rest(buffer);
        if read == buffer.len() {
            return Ok(read);
        }
        match Python::attach(|py| self.fill(py, buffer, &mut read)) {
            Ok(()) => Ok(read),
            Err(exception) => {
                self.from = From::End;
                if read == 0 {
                    return Err(self.watch.caught().keep(exception));
                }
                self.raised = Some(exception);
                Ok(read)
            }
        }
    }
}

impl Source {
    /// Reads from Python until the buffer is full, or once where that is what a file does.
    fn fill(&mut self, py: Python<'_>, buffer: &mut [u8], read: &mut usize) -> PyResult<()> {
        while *read < buffer.len() {
            let chunk = match &self.from {
                From::File(_) | From::End => return Ok(()),
                From::Reader(_) if *read > 0 => return Ok(()),
                From::Reader(reader) => {
                    let chunk = reader.bind(py).call1((buffer.len(),))?;
                    if chunk.is_none() {
                        let message = "the source does not block and has nothing to read yet: make it block";
                        return Err(PyBlockingIOError::new_err(message));
                    }
                    let chunk = bytes(&chunk)?;
                    if chunk.is_empty() {
                        self.from = From::End;
                    }
                    chunk
                }
                From::Iterator(iterator) => match iterator.bind(py).try_iter()?.next() {
                    Some(chunk) => bytes(&chunk?)?,
                    None => {
                        self.from = From::End;
                        return Ok(());
                    }
                },
            };
            self.rest = Some((chunk, 0));
            *read += self.take_rest(buffer.get_mut(*read..).unwrap_or_default());
        }
        Ok(())
    }

    /// Copies what is left of the last chunk.
    fn take_rest(&mut self, buffer: &mut [u8]) -> usize {
        let Some((chunk, done)) = &mut self.rest else { return 0 };
        let left = chunk.get(*done..).unwrap_or_default();
        let (taken, more) = left.split_at(left.len().min(buffer.len()));
        if let Some(place) = buffer.get_mut(..taken.len()) {
            place.copy_from_slice(taken);
        }
        let taken = taken.len();
        *done += taken;
        if more.is_empty() {
            self.rest = None;
        }
        taken
    }
}

impl Seek for Source {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match &mut self.from {
            From::File(file) => file.seek(position),
            _ => Err(io::Error::from(ErrorKind::NotSeekable)),
        }
    }
}
