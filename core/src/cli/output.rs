//! Where the script and the report go: standard output, or files that appear only when they are complete.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dumpsert::{Error, Files, ScriptFile};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Failure, is_std};

/// One receiver of output.
pub(super) enum Output {
    Stdout(io::StdoutLock<'static>),
    File(ScriptFile),
}

/// All that a run writes, opened before the first byte.
pub(super) struct Outputs {
    pub(super) script: Output,
    pub(super) report: Option<Output>,
}

impl Outputs {
    /// Opens what the script and the report go to; `files` knows what the run reads.
    pub(super) fn open(mut files: Files, script: &Path, report: Option<&Path>) -> Result<Self, Failure> {
        let script = Output::create(&mut files, "the script", script)?;
        let report = report.map(|report| Output::create(&mut files, "the report", report));
        let outputs = Self {
            script,
            report: report.transpose()?,
        };
        let all = [Some(&outputs.script), outputs.report.as_ref()].into_iter().flatten();
        let temporary = all.filter_map(Output::temporary_path).map(Path::to_owned);
        remove_on_signal(temporary.collect()).map_err(|error| Failure::File("signals".to_owned(), error))?;
        Ok(outputs)
    }

    /// Everything is written: the files get their names.
    pub(super) fn finish(self) -> Result<(), Failure> {
        self.script.finish()?;
        self.report.map_or(Ok(()), Output::finish)
    }
}

fn fail(error: Error) -> Failure {
    Failure::Library("output".to_owned(), error)
}

impl Output {
    pub(super) fn create(files: &mut Files, what: &str, path: &Path) -> Result<Self, Failure> {
        if is_stdout(path) {
            note_stdout(files, what)?;
            return Ok(Self::Stdout(io::stdout().lock()));
        }
        files.create(what, path).map(Self::File).map_err(fail)
    }

    fn temporary_path(&self) -> Option<&Path> {
        match self {
            Self::Stdout(_) => None,
            Self::File(file) => file.temporary_path(),
        }
    }

    pub(super) fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout(_))
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout(_) => Ok(()),
            Self::File(file) => file.finish().map_err(fail),
        }
    }
}

/// Whether a path means standard output, which is written as it is and never replaced by another file.
pub(super) fn is_stdout(path: &Path) -> bool {
    is_std(path)
        || (cfg!(unix)
            && ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
                .iter()
                .any(|name| path == *name))
}

/// Notes that standard output is written to.
pub(super) fn note_stdout(files: &mut Files, what: &str) -> Result<(), Failure> {
    match stdout_file() {
        Some(file) => files
            .writes_open(what, "standard output", &file)
            .map_err(|error| Failure::Library("output".to_owned(), error)),
        None => Ok(()),
    }
}

/// Notes the file that standard input may be.
pub(super) fn note_stdin(files: &mut Files, what: &str) {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;

        if let Ok(fd) = io::stdin().as_fd().try_clone_to_owned() {
            files.reads_open(what, &File::from(fd));
        }
    }
    #[cfg(not(unix))]
    let _ = (files, what);
}

/// Whether a program reads what goes to standard output.
pub(super) fn is_pipe() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;

        let metadata = stdout_file().and_then(|file| file.metadata().ok());
        metadata.is_some_and(|metadata| metadata.file_type().is_fifo() || metadata.file_type().is_socket())
    }
    #[cfg(not(unix))]
    !io::IsTerminal::is_terminal(&io::stdout())
}

fn stdout_file() -> Option<File> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;

        io::stdout().as_fd().try_clone_to_owned().ok().map(File::from)
    }
    #[cfg(not(unix))]
    None
}

/// A run that is stopped from outside leaves nothing behind.
fn remove_on_signal(paths: Vec<PathBuf>) -> io::Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            for path in paths {
                let _ = fs::remove_file(path);
            }
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
