//! Where the script goes: standard output, or a file that appears only when it is complete.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tempfile::NamedTempFile;

use super::{Failure, is_std};

/// The receiver of a script.
pub(super) enum Output {
    Stdout(io::StdoutLock<'static>),
    /// A device or a pipe that has a name: nothing can be renamed onto it.
    Device(File),
    File(PathBuf, NamedTempFile),
}

impl Output {
    /// Opens `path`; the dump is read from `input`, which must not be the same file.
    pub(super) fn create(path: &Path, input: &Path) -> Result<Self, Failure> {
        if is_std(path) {
            return Ok(Self::Stdout(io::stdout().lock()));
        }
        let fail = |error| Failure::File(path.display().to_string(), error);
        if let (Ok(from), Ok(to)) = (fs::canonicalize(input), fs::canonicalize(path))
            && from == to
        {
            return Err(Failure::Usage(format!(
                "{} is the dump itself: it would be lost",
                path.display()
            )));
        }
        // A link is followed, so that the file behind it is replaced and not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(Failure::Usage(format!("{} is a directory", path.display())));
            }
            Ok(metadata) if !metadata.is_file() => {
                let file = File::options().write(true).open(&path).map_err(fail)?;
                return Ok(Self::Device(file));
            }
            _ => {}
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let file = temporary(folder).map_err(fail)?;
        remove_on_signal(file.path()).map_err(fail)?;
        Ok(Self::File(path, file))
    }

    /// Everything is written: the file gets its name.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout(_) | Self::Device(_) => Ok(()),
            Self::File(path, file) => {
                let fail = |error| Failure::File(path.display().to_string(), error);
                file.as_file().sync_all().map_err(fail)?;
                file.persist(&path).map_err(|error| fail(error.error))?;
                Ok(())
            }
        }
    }
}

/// A temporary file beside its later place, with the rights that any new file has.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dumpsert-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
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
            Self::Device(out) => out.write(bytes),
            Self::File(_, out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Device(out) => out.flush(),
            Self::File(_, out) => out.flush(),
        }
    }
}
