//! Merges a PostgreSQL dump into a database that is already alive.
//!
//! `dumpsert` reads the plain SQL that `pg_dump` writes, as a stream of bytes, and writes one script for `psql` that
//! merges every row by its key, is one transaction, and can be run again and again with the same result.
//!
//! ```
//! use dumpsert::{Catalog, Options, Style, convert_str};
//!
//! let schema = "CREATE TABLE public.t (id integer NOT NULL, v text);
//!               ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);";
//! let options = Options::new().with_style(Style::Rows);
//! let plan = options.with_catalog(Catalog::from_schema_sql(schema)?)?.build()?;
//! let script = convert_str("INSERT INTO public.t (id, v) VALUES (1, 'one');\n", &plan)?;
//! assert!(script.contains(r#"VALUES (1, 'one') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";"#));
//! # Ok::<(), dumpsert::Error>(())
//! ```
//!
//! The engine is [`Rewriter`], a push machine without I/O; [`convert`] is a loop around it. [`Options`] become a
//! [`Plan`] once, which serves any number of runs.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unreachable,
        clippy::get_unwrap,
        clippy::unwrap_in_result,
        clippy::panic_in_result_fn
    )
)]

/// The command line is written against the public interface, by its public name.
#[cfg(feature = "cli")]
extern crate self as dumpsert;

mod ast;
pub mod catalog;
#[cfg(feature = "cli")]
pub mod cli;
mod dump;
mod encoding;
mod error;
mod filter;
mod lex;
mod limits;
mod options;
mod os;
mod plan;
mod prescan;
mod report;
#[cfg(feature = "restore")]
pub mod restore;
mod rewrite;
mod run;
mod text;
pub mod untrusted_input {
    #![doc = include_str!("untrusted_input.md")]
}

pub use catalog::Catalog;
pub use dump::Crlf;
pub use dump::compression::{PlainReader, is_compressed};
pub use error::{Category, Error, ErrorKind, Position, Result};
pub use limits::Limit;
pub use options::bounds::Unselected;
pub use options::config::{self, Config};
pub use options::drift::Unknown;
pub use options::exclude::Cascade;
pub use options::matching::{MappingRows, MatchNulls, OnAmbiguous, OnTakenKey, OnUnmatchedReference};
pub use options::update::{OnGuard, Update};
pub use options::{Case, Client, ConstraintTriggers, Losses, NoKey, Options, Rounding, Sequences, Style, Triggers};
pub use plan::Plan;
pub use prescan::Prescan;
pub use report::{Report, SoftReference, TableReport, Warning};
pub use rewrite::rewriter::{Progress, Rewriter};
pub use run::files::Files;
pub use run::inspect::{
    Database, Inspection, Problem, RowForm, Shape, inspect, inspect_file, inspect_seekable, inspect_with,
};
pub use run::io::{convert, convert_file, convert_file_with, convert_str, convert_with};
pub use run::script::Script;
pub use run::script_file::ScriptFile;
pub use run::statements::{StatementQueue, Statements, statements};
pub use run::steps::{StagedStep, Steps, steps};

/// What the property of conditions calls; see `filter/condition/laws.rs`.
#[cfg(feature = "laws")]
#[doc(hidden)]
pub fn check_condition_laws(first: &str, second: &str, values: &[Option<&[u8]>]) -> bool {
    filter::condition::laws::check_laws(first, second, values)
}

/// The examples of the README are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
