//! What `Rewriter.write` gets and returns, however large: in slices, between which other threads are let in.

use std::ops::Deref;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyMemoryView, PySlice};

use crate::source::bytes;

/// How much is converted at once.
pub(crate) const SLICE_BYTES: usize = 1 << 20;

/// A result of up to this length is copied at once, which takes less time than Python lets a thread run.
const WHOLE_BYTES: usize = 4 << 20;

/// How much of a longer one is copied before others are let in.
const PIECE_BYTES: usize = 96 * 1024;

/// The bytes of an object.
pub(crate) enum Input<'py> {
    /// Nobody can change them any more.
    Whole(PyBackedBytes),
    /// Of a long object that can be changed: each slice is copied when its turn comes.
    View(Bound<'py, PyAny>, usize),
}

/// One slice of them.
pub(crate) enum Slice<'a> {
    Lent(&'a [u8]),
    Copied(PyBackedBytes),
}

impl Deref for Slice<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

impl<'py> Input<'py> {
    pub(crate) fn new(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = object.py();
        if !object.is_instance_of::<PyBytes>()
            && let Ok(view) = PyMemoryView::from(object)
        {
            let length: usize = view.getattr(intern!(py, "nbytes"))?.extract()?;
            if length > SLICE_BYTES && view.getattr(intern!(py, "c_contiguous"))?.is_truthy()? {
                return Ok(Self::View(view.call_method1(intern!(py, "cast"), ("B",))?, length));
            }
        }
        bytes(object).map(Self::Whole)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::View(_, length) => *length,
        }
    }

    /// The slice that begins at `start`.
    pub(crate) fn slice(&self, start: usize) -> PyResult<Slice<'_>> {
        let end = self.len().min(start + SLICE_BYTES);
        match self {
            Self::Whole(bytes) => Ok(Slice::Lent(bytes.get(start..end).unwrap_or_default())),
            Self::View(view, _) => {
                let py = view.py();
                let range = PySlice::new(py, start.try_into()?, end.try_into()?, 1);
                let copy = view.get_item(range)?.call_method0(intern!(py, "tobytes"))?;
                Ok(Slice::Copied(copy.cast_into::<PyBytes>()?.into()))
            }
        }
    }
}

/// What a call returns.
#[derive(Default)]
pub(crate) struct Output {
    whole: Option<Py<PyBytes>>,
    /// A `BytesIO` that grows by pieces, and gives away what it holds without copying it.
    file: Option<Py<PyAny>>,
}

impl Output {
    pub(crate) fn add(&mut self, py: Python<'_>, bytes: &[u8]) -> PyResult<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.whole.is_none() && self.file.is_none() && bytes.len() <= WHOLE_BYTES {
            self.whole = Some(PyBytes::new(py, bytes).unbind());
            return Ok(());
        }
        let file = match &self.file {
            Some(file) => file.bind(py).clone(),
            None => {
                let file = py.import(intern!(py, "io"))?.call_method0(intern!(py, "BytesIO"))?;
                self.file = Some(file.clone().unbind());
                file
            }
        };
        if let Some(whole) = self.whole.take() {
            file.call_method1(intern!(py, "write"), (whole,))?;
        }
        for piece in bytes.chunks(PIECE_BYTES) {
            file.call_method1(intern!(py, "write"), (PyBytes::new(py, piece),))?;
            py.detach(|| ());
        }
        Ok(())
    }

    pub(crate) fn finish(self, py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
        match (self.whole, self.file) {
            (Some(whole), _) => Ok(whole.into_bound(py)),
            (None, None) => Ok(PyBytes::new(py, &[])),
            (None, Some(file)) => {
                let bytes = file.bind(py).call_method0(intern!(py, "getvalue"))?;
                Ok(bytes.cast_into::<PyBytes>()?)
            }
        }
    }
}
