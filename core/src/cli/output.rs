//! Where the script goes: standard output, or a file that appears only when it is complete.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use dumpsert::{Error, ScriptFile};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Failure, is_std};

/// The receiver of a script.
pub(super) enum Output {
    Stdout(io::StdoutLock<'static>),
    File(ScriptFile),
}

fn fail(error: Error) -> Failure {
    Failure::Library("output".to_owned(), error)
}

impl Output {
    /// Opens `path`; the dump is read from `input`, which must not be the same file.
    pub(super) fn create(path: &Path, input: &Path) -> Result<Self, Failure> {
        if is_std(path) {
            return Ok(Self::Stdout(io::stdout().lock()));
        }
        let file = ScriptFile::create(path, Some(input)).map_err(fail)?;
        if let Some(temporary) = file.temporary_path() {
            remove_on_signal(temporary).map_err(|error| Failure::File(path.display().to_string(), error))?;
        }
        Ok(Self::File(file))
    }

    /// Everything is written: the file gets its name.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout(_) => Ok(()),
            Self::File(file) => file.finish().map_err(fail),
        }
    }
}

/// A run that is stopped from outside leaves nothing behind.
fn remove_on_signal(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ = fs::remove_file(path);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(out) => out.flush(),
        }
    }
}
