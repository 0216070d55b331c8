//! Conversions as a whole, by the pull functions of the library, which can read their input twice.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use dumpsert::{Error, Inspection, Plan, Progress, Report, Result, Script, ScriptFile, inspect_seekable, inspect_with};

use crate::panics::lock;

/// What the JavaScript thread sees of a conversion, and how it stops one.
#[derive(Default)]
pub(crate) struct Control {
    /// Whether it was stopped, or was done before that.
    end: AtomicU8,
    bytes: AtomicU64,
    rows: AtomicU64,
    table: Mutex<Option<String>>,
}

const STOPPED: u8 = 1;
const DONE: u8 = 2;

impl Control {
    /// Returns whether it was in time.
    pub(crate) fn stop(&self) -> bool {
        self.ends(STOPPED)
    }

    /// Has what was made count, unless the conversion was stopped. Whoever is told that it was stopped finds nothing.
    fn finish(&self) -> Result<()> {
        self.ends(DONE);
        self.check().map_err(Error::write)
    }

    /// Ends it in one of the ways, unless it has ended in another.
    fn ends(&self, end: u8) -> bool {
        self.end
            .compare_exchange(0, end, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// Bytes and rows read, and the table that is being read.
    pub(crate) fn progress(&self) -> (u64, u64, Option<String>) {
        let (bytes, rows) = (self.bytes.load(Ordering::Relaxed), self.rows.load(Ordering::Relaxed));
        (bytes, rows, lock(&self.table).clone())
    }

    /// As [`set`](Self::set), and fails once the conversion is stopped.
    fn note(&self, progress: Progress<'_>) -> io::Result<()> {
        self.set(progress);
        self.check()
    }

    fn set(&self, progress: Progress<'_>) {
        self.bytes.store(progress.bytes, Ordering::Relaxed);
        self.rows.store(progress.rows, Ordering::Relaxed);
        let mut table = lock(&self.table);
        if table.as_deref() != progress.table {
            *table = progress.table.map(str::to_owned);
        }
    }

    fn check(&self) -> io::Result<()> {
        if self.end.load(Ordering::Relaxed) == STOPPED {
            return Err(io::Error::other("the run was stopped"));
        }
        Ok(())
    }
}

/// A reader that fails once the conversion is stopped, also while the dump is read for the first of two times.
struct Stoppable<'a, R>(R, &'a Control);

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.1.check()?;
        self.0.read(bytes)
    }
}

impl<R: Seek> Seek for Stoppable<'_, R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.0.seek(position)
    }
}

/// Converts a dump that is held in memory.
pub(crate) fn memory(plan: &Plan, dump: &[u8], control: &Control) -> Result<(Vec<u8>, Report)> {
    let script = Script::seekable(Stoppable(Cursor::new(dump), control), plan)?;
    let mut sql = Vec::new();
    let report = script.write_to(&mut sql, |progress| control.note(progress))?;
    control.finish()?;
    Ok((sql, report))
}

/// Opens a dump; returns whether it can be read again, which a pipe that has a name cannot.
fn open(path: &Path) -> Result<(File, bool)> {
    let fail = |error| Error::read_file(path, error);
    let dump = File::open(path).map_err(fail)?;
    let is_file = dump.metadata().map_err(fail)?.is_file();
    Ok((dump, is_file))
}

/// Converts a file to a file, which appears only when it is complete.
pub(crate) fn file(plan: &Plan, input: &Path, output: &Path, control: &Control) -> Result<Report> {
    let (dump, is_file) = open(input)?;
    let dump = Stoppable(dump, control);
    let script = if is_file {
        Script::seekable(dump, plan)?
    } else {
        Script::new(dump, plan)?
    };
    let mut file = ScriptFile::create(output, Some(input))?;
    let report = script.write_to(&mut file, |progress| control.note(progress))?;
    control.finish()?;
    file.finish()?;
    Ok(report)
}

/// Tells what is in a dump that is held in memory.
pub(crate) fn inspect_memory(plan: &Plan, dump: &[u8], control: &Control) -> Result<Inspection> {
    let dump = Stoppable(Cursor::new(dump), control);
    inspect_seekable(dump, plan, |progress| control.set(progress))
}

/// Tells what is in a file.
pub(crate) fn inspect_path(plan: &Plan, input: &Path, control: &Control) -> Result<Inspection> {
    let (dump, is_file) = open(input)?;
    let dump = Stoppable(dump, control);
    let progress = |progress: Progress<'_>| control.set(progress);
    if is_file {
        inspect_seekable(dump, plan, progress)
    } else {
        inspect_with(dump, plan, progress)
    }
}
