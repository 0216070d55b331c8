//! A dump or a database into a live database, by the user's own psql, pg_dump and pg_restore; or a dump over a connection of the
//! caller's, without psql ([`restore_over`]).
//!
//! The script is that of style [`Staged`](crate::Style::Staged), fed to psql while it is made. Its last words, and with them
//! the `COMMIT`, are held back until the target has merged and verified all rows and everything that feeds the script has
//! ended well. A run that is killed at any moment before has changed nothing; one whose end the target has not confirmed
//! asks it by the number of the transaction.
//!
//! ```no_run
//! use dumpsert::restore::{Connection, Source, Target, restore};
//! use dumpsert::{Options, Style};
//!
//! let plan = Options::new().with_style(Style::Staged).with_excluded_table("sessions")?.build()?;
//! let source = Source::Database(Connection::parse("service=shop")?);
//! let target = Target::new(Connection::parse("postgres://localhost/copy")?);
//! let [inserted, updated, ..] = restore(source, &target, &plan)?.totals();
//! println!("{inserted} rows inserted, {updated} updated");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod children;
mod connection;
mod database;
mod driver;
mod findings;
mod handed;
mod html;
mod keywords;
mod left_out;
mod mapping;
mod messages;
mod outcome;
mod pooler;
mod programs;
mod prune;
mod run;
mod session;
mod settle;
mod source;
mod target;
mod text_mode;

use std::fmt;
use std::io::Read;
use std::path::PathBuf;

pub use self::children::Cancel;
pub use self::connection::Connection;
pub use self::database::Database;
pub use self::driver::{Driver, DriverError, Pieces};
pub use self::findings::{Change, ChangedRow, Deletions, Differences, Finding, Severity};
pub use self::mapping::{MappedRow, Mapping};
pub use self::outcome::{Ending, Failure, Origin, Outcome, Stop, TableOutcome, Timings};
pub use self::prune::Prune;
pub use self::target::{Step, Target};
use crate::plan::Plan;

/// Where a dump comes from.
#[non_exhaustive]
pub enum Source {
    /// A file: plain SQL, compressed or not, or an archive of pg_dump; or the folder of one.
    File(PathBuf),
    /// The same from a pipe. It is read on a thread of its own, so that a run that is ended does not wait for it.
    Reader(Box<dyn Read + Send>),
    /// A database, which pg_dump reads.
    Database(Connection),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Reader(_) => f.debug_tuple("Reader").finish_non_exhaustive(),
            Self::Database(connection) => f.debug_tuple("Database").field(connection).finish(),
        }
    }
}

/// Merges a dump, or a database, into a database.
///
/// The plan must have the style [`Staged`](crate::Style::Staged). A dump that has to be read twice, because rows are left out
/// together with what references them, is read again where it is a file, and kept in a temporary file that has no name
/// where it comes from a pipe or a database. What has to be known of the tables for that is asked of the source, if it is a
/// database and the plan has no catalog.
///
/// # Errors
/// If anything goes wrong before the target has committed. Nothing was changed then, but where
/// [`Outcome::ending`] is [`Ending::Unknown`].
pub fn restore(source: Source, target: &Target, plan: &Plan) -> Result<Outcome, Failure> {
    run::run(source, target, plan)
}

/// Does what [`restore`] does over a connection of the caller's own, without psql: for programs that have a driver, in places
/// where the client programs are not. Archives still need pg_restore, which is looked for as there.
///
/// The target is one [`of_driver`](Target::of_driver), and the plan has [`Client::Driver`](crate::Client::Driver);
/// [`Target::plan`] sees to it. The run has a transaction of its own, and leaves nothing in the session. Nobody can ask another
/// connection what has become of a `COMMIT` that gets no answer: the number of the transaction is in the error then.
///
/// # Errors
/// As [`restore`].
pub fn restore_over(source: Source, driver: &mut dyn Driver, target: &Target, plan: &Plan) -> Result<Outcome, Failure> {
    run::run_over(source, driver, target, plan)
}
