//! Where the script and the report go: standard output, or files that appear only when they are complete.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use dumpsert::{Error, Files, ScriptFile};

use super::text_pipe::TextPipe;
use super::{Failure, is_std};
use crate::os;

/// One receiver of output.
pub(super) enum Output {
    Stdout(io::StdoutLock<'static>),
    /// A pipe to a psql that reads it as text.
    Text(TextPipe<io::StdoutLock<'static>>),
    File(ScriptFile),
}

/// All that a run writes, opened before the first byte.
pub(super) struct Outputs {
    pub(super) script: Output,
    pub(super) report: Option<Output>,
}

impl Outputs {
    /// Opens what the script and the report go to; `files` knows what the run reads. `for_psql` says who reads the script.
    pub(super) fn open(
        mut files: Files,
        script: &Path,
        report: Option<&Path>,
        for_psql: bool,
    ) -> Result<Self, Failure> {
        // Not every system can tell which file it is.
        let is_one_place = || os::stdout_file().is_some_and(|file| os::is_one_place(&file));
        if is_stdout(script) && report.is_some_and(is_stdout) && is_one_place() {
            let message = "standard output is where the script goes: one of them would be lost (give two files)";
            return Err(Failure::Usage(message.to_owned()));
        }
        let script = match Output::create(&mut files, "the script", script)? {
            Output::Stdout(out) if for_psql && os::PIPES_ARE_TEXT && is_pipe() => Output::Text(TextPipe::new(out)),
            script => script,
        };
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
            Self::Stdout(_) | Self::Text(_) => None,
            Self::File(file) => file.temporary_path(),
        }
    }

    pub(super) fn is_stdout(&self) -> bool {
        matches!(self, Self::Stdout(_) | Self::Text(_))
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout(_) | Self::Text(_) => Ok(()),
            Self::File(file) => file.finish().map_err(fail),
        }
    }
}

/// Whether a path means standard output, which is written as it is and never replaced by another file.
pub(super) fn is_stdout(path: &Path) -> bool {
    is_std(path) || os::names_stdout(path)
}

/// Notes that standard output is written to.
pub(super) fn note_stdout(files: &mut Files, what: &str) -> Result<(), Failure> {
    match os::stdout_file() {
        Some(file) => files
            .writes_open(what, "standard output", &file)
            .map_err(|error| Failure::Library("output".to_owned(), error)),
        None => Ok(()),
    }
}

/// Notes the file that standard input may be.
pub(super) fn note_stdin(files: &mut Files, what: &str) {
    if let Some(file) = os::stdin_file() {
        files.reads_open(what, &file);
    }
}

/// Whether a program reads what goes to standard output.
pub(super) fn is_pipe() -> bool {
    os::stdout_file().is_some_and(|file| os::is_pipe(&file))
}

/// A run that is stopped from outside leaves nothing behind.
fn remove_on_signal(paths: Vec<PathBuf>) -> io::Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    os::on_signal(move |signal| {
        for path in &paths {
            let _ = fs::remove_file(path);
        }
        std::process::exit(128 + signal);
    })
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Text(out) => out.write(bytes),
            Self::File(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Text(out) => out.flush(),
            Self::File(out) => out.flush(),
        }
    }
}
