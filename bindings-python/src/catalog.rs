//! `Catalog`: what is known of the tables.

use dumpsert::catalog::{CATALOG_QUERY, CatalogBuilder};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::errors::raise;
use crate::panics::{or_fault, value_or_fault};
use crate::source::bytes;

/// What is known of the tables: columns, keys, foreign keys.
#[pyclass(frozen, eq, module = "dumpsert")]
#[derive(PartialEq)]
pub(crate) struct Catalog(dumpsert::Catalog);

impl Catalog {
    pub(crate) fn inner(&self) -> &dumpsert::Catalog {
        &self.0
    }
}

#[pymethods]
impl Catalog {
    /// The catalog of schema SQL, such as `pg_dump --schema-only` writes. Several texts are read as one: a later one may
    /// alter a table of an earlier one.
    #[staticmethod]
    #[pyo3(signature = (*sql))]
    fn from_schema_sql(py: Python<'_>, sql: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let mut builder = CatalogBuilder::new();
        for text in sql {
            let text = text_bytes(&text)?;
            py.detach(|| or_fault("Catalog.from_schema_sql", || builder.read_sql(&text)))
                .map_err(|fault| raise(py, &fault))?;
        }
        let catalog = or_fault("Catalog.from_schema_sql: end", || builder.finish());
        catalog.map(Self).map_err(|fault| raise(py, &fault))
    }

    /// The same of files with their names, which are looked at first: an archive or a dump of data only is refused, and one that is compressed
    /// is decompressed.
    #[staticmethod]
    fn _from_schema_files(py: Python<'_>, files: Vec<(String, PyBackedBytes)>) -> PyResult<Self> {
        let mut builder = CatalogBuilder::new();
        for (name, file) in files {
            let read = py.detach(|| or_fault("Catalog._from_schema_files", || builder.read_file(&*file)));
            if let Err(fault) = read {
                let error = raise(py, &fault);
                error
                    .value(py)
                    .call_method1(intern!(py, "add_note"), (format!("in {name}"),))?;
                return Err(error);
            }
        }
        let catalog = or_fault("Catalog._from_schema_files: end", || builder.finish());
        catalog.map(Self).map_err(|fault| raise(py, &fault))
    }

    /// The same of a file with JSON.
    #[staticmethod]
    fn _from_file(py: Python<'_>, file: &Bound<'_, PyAny>) -> PyResult<Self> {
        let file = bytes(file)?;
        let catalog = py.detach(|| or_fault("Catalog._from_file", || dumpsert::Catalog::from_file(&*file)));
        catalog.map(Self).map_err(|fault| raise(py, &fault))
    }

    /// The catalog that `to_json` or the query `CATALOG_QUERY` has written.
    #[staticmethod]
    fn from_json(py: Python<'_>, json: &Bound<'_, PyAny>) -> PyResult<Self> {
        let json = text_bytes(json)?;
        let catalog = py.detach(|| or_fault("Catalog.from_json", || dumpsert::Catalog::from_json(&*json)));
        catalog.map(Self).map_err(|fault| raise(py, &fault))
    }

    /// The catalog of a live database, through any DB-API connection (psycopg, psycopg2, pg8000 …). It runs one query
    /// in the connection's transaction, and neither commits nor ends it.
    #[staticmethod]
    fn from_connection(py: Python<'_>, connection: &Bound<'_, PyAny>) -> PyResult<Self> {
        let cursor = connection.call_method0(intern!(py, "cursor"))?;
        let result = (|| {
            let execution = cursor.call_method1(intern!(py, "execute"), (CATALOG_QUERY,))?;
            if execution.hasattr(intern!(py, "__await__"))? {
                execution.call_method0(intern!(py, "close"))?;
                let message = "the connection is asynchronous: await the value of the query CATALOG_QUERY yourself, \
                               and give it to Catalog.from_json";
                return Err(PyTypeError::new_err(message));
            }
            let row = cursor.call_method0(intern!(py, "fetchone"))?;
            if row.is_none() {
                return Err(PyValueError::new_err(
                    "the connection has returned no row for CATALOG_QUERY",
                ));
            }
            // Drivers read JSON in their own ways, and have their own kinds of rows.
            let value = match row.get_item(0) {
                Ok(value) => value,
                Err(_) => row.call_method0("values")?.try_iter()?.next().ok_or_else(|| {
                    PyValueError::new_err("the connection has returned a row of no columns for CATALOG_QUERY")
                })??,
            };
            if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
                return Self::from_json(py, &value);
            }
            let json = py
                .import(intern!(py, "json"))?
                .call_method1(intern!(py, "dumps"), (value,))?;
            Self::from_json(py, &json)
        })();
        // An asynchronous cursor would give back something to await.
        if result.is_ok() {
            cursor.call_method0(intern!(py, "close"))?;
        }
        result
    }

    /// The catalog as JSON.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        value_or_fault("Catalog.to_json", || self.0.to_json()).map_err(|fault| raise(py, &fault))
    }

    fn __repr__(&self) -> String {
        format!("<dumpsert.Catalog of {} tables>", self.0.tables().len())
    }
}

/// Text that is known to be UTF-8, or is looked at by the library.
fn text_bytes(object: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    match object.cast::<PyString>() {
        Ok(text) => Ok(PyBytes::new(object.py(), text.to_str()?.as_bytes()).into()),
        Err(_) => bytes(object),
    }
}
