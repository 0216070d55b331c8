//! The extension module `dumpsert._core`: options in, calls, errors out. What users see is made of it in Python, in
//! `python/dumpsert`.

mod catalog;
mod convert;
mod driver;
mod errors;
mod inspect;
mod panics;
mod plan;
mod prescan;
mod progress;
mod restore;
mod rewriter;
mod slices;
mod source;
mod target;
mod watch;
mod wishes;

use pyo3::prelude::*;

/// What `dumpsert` is made of; use the package, not this module.
#[pymodule(gil_used = false)]
mod _core {
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    const CATALOG_QUERY: &str = dumpsert::catalog::CATALOG_QUERY;
    #[pymodule_export]
    use super::catalog::Catalog;
    #[pymodule_export]
    use super::convert::{Script, Statements, convert};
    #[pymodule_export]
    use super::inspect::inspect;
    #[pymodule_export]
    use super::plan::Plan;
    #[pymodule_export]
    use super::prescan::Prescan;
    #[pymodule_export]
    use super::restore::restore_;
    #[pymodule_export]
    use super::rewriter::Rewriter;
    #[pymodule_export]
    use super::watch::Stop;
    #[pymodule_export]
    use super::{file_option_names, main, option_help, option_names, table_option_names};
}

/// The exit status of a program in Rust that has panicked.
const PANICKED: u8 = 101;

/// Runs the command line with its arguments, the first of which is the program's name; returns the exit status.
#[pyfunction]
fn main(py: Python<'_>, args: Vec<std::ffi::OsString>) -> u8 {
    // The panic itself is on the standard error, as that of the program is.
    py.detach(|| panics::value_or_fault("main", || dumpsert::cli::run(args)))
        .unwrap_or(PANICKED)
}

/// The names of all options.
#[pyfunction]
fn option_names() -> Vec<&'static str> {
    dumpsert::config::option_names().collect()
}

/// What is said of each option, a paragraph each.
#[pyfunction]
fn option_help() -> String {
    use dumpsert::config::{Language, all_options, in_language};

    let paragraphs = all_options().map(|option| {
        let text = format!("{}: {} {}", option.name, option.sentences(), option.default_sentence());
        in_language(text.trim_end(), Language::Python)
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// The names of all options of a single table.
#[pyfunction]
fn table_option_names() -> Vec<&'static str> {
    dumpsert::config::table_option_names().collect()
}

/// The names that configuration files have beside the options.
#[pyfunction]
fn file_option_names() -> Vec<&'static str> {
    dumpsert::config::file_option_names().collect()
}
