//! Throw-away PostgreSQL servers, databases and whole-database comparisons for the project's own tests, benchmarks
//! and examples.
//!
//! ```no_run
//! use dumpsert_testkit::Cluster;
//!
//! let cluster = Cluster::shared();
//! let source = cluster.source("torture");
//! let target = cluster.create_unique("target");
//! let before = source.snapshot();
//! let dump = source.pg_dump(&["--data-only", "--column-inserts"]);
//! let run = target.psql(&dump);
//! assert_eq!(run.status, 0, "{}", run.stderr);
//! assert_eq!(source.snapshot().diff(&before), Vec::<String>::new());
//! ```
//!
//! The programs come from `PATH` or `/usr/lib/postgresql`; `DUMPSERT_PG_BINDIR` names others, and `DUMPSERT_PG_ROOT` the
//! root of another unpacked Debian with another PostgreSQL (see `server.sh`).
//!
//! Whatever goes wrong here is a failed test, so everything panics with the program's own message.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper for tests fails by panicking, with the cause"
)]

mod catalog;
mod cluster;
mod db;
pub mod growth;
mod run;
mod snapshot;
mod versions;

pub use cluster::Cluster;
pub use db::Db;
pub use postgres;
pub use run::{PgDump, Run};
pub use snapshot::{Sequence, Snapshot, Trigger};
pub use versions::{RowVersion, RowVersions};

use std::path::PathBuf;

/// A path below the project's `testdata/`.
pub fn testdata(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(path)
}
