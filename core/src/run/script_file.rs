//! A file for a script, which appears only when it is complete.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};
use crate::os;

/// The file that a script is written to: a temporary file beside it until [`finish`](ScriptFile::finish), so that a run
/// that fails leaves nothing behind, and what was there before as it was.
///
/// Where the path is that of a device or a named pipe, that is written to.
///
/// ```
/// use dumpsert::{Options, ScriptFile, convert};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("merge.sql");
/// let mut file = ScriptFile::create(&path, None)?;
/// convert("INSERT INTO public.t (id) VALUES (1);\n".as_bytes(), &mut file, &Options::new().build()?)?;
/// assert!(!path.exists());
/// file.finish()?;
/// assert!(path.exists());
/// # Ok::<(), dumpsert::Error>(())
/// ```
pub struct ScriptFile {
    path: PathBuf,
    place: Place,
}

impl fmt::Debug for ScriptFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

enum Place {
    /// Nothing can be renamed onto a device.
    Device(File),
    Temporary(NamedTempFile),
}

impl ScriptFile {
    /// As [`create`](ScriptFile::create), whatever else the run does.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let fail = |error| cannot_write(path, error);
        let refuse = |why: &str| Error::new(ErrorKind::InvalidOption, format!("{} {why}", path.display()));
        let device = |file| Self {
            path: path.to_owned(),
            place: Place::Device(file),
        };
        let metadata = match os::open_device(path) {
            Ok(Some(file)) => return Ok(device(file)),
            Ok(None) => fs::metadata(path).map_err(fail)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if path.as_os_str().to_string_lossy().ends_with(std::path::is_separator) {
                    return Err(refuse("is not a directory"));
                }
                return Self::beside(path, os::to_be_made(os::resolve(path)), None);
            }
            Err(error) => return Err(fail(error)),
        };
        if metadata.is_dir() {
            return Err(refuse("is a directory"));
        }
        os::check_replaceable(path).map_err(fail)?;
        let real = os::real(path).map_err(fail)?;
        Self::beside(path, real, Some(&metadata))
    }

    /// `name` is for messages; `old` is the file that is replaced.
    fn beside(name: &Path, path: PathBuf, old: Option<&Metadata>) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = temporary(folder.unwrap_or(Path::new(".")), old).map_err(|error| cannot_write(name, error))?;
        Ok(Self {
            place: Place::Temporary(file),
            path,
        })
    }

    /// The file to be removed by whoever ends the process before it is complete.
    pub fn temporary_path(&self) -> Option<&Path> {
        match &self.place {
            Place::Device(_) => None,
            Place::Temporary(file) => Some(file.path()),
        }
    }

    /// Everything is written: the file gets its name, and is on the disk.
    ///
    /// # Errors
    /// If that fails.
    pub fn finish(self) -> Result<()> {
        match self.place {
            Place::Device(_) => Ok(()),
            Place::Temporary(file) => {
                let fail = |error| cannot_write(&self.path, error);
                file.as_file().sync_all().map_err(fail)?;
                file.persist(&self.path).map_err(|error| fail(error.error))?;
                Ok(())
            }
        }
    }
}

impl Write for ScriptFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.place {
            Place::Device(out) => out.write(bytes),
            Place::Temporary(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Device(out) => out.flush(),
            Place::Temporary(out) => out.flush(),
        }
    }
}

/// A temporary file with the rights of the one that it replaces, or that any new file has.
fn temporary(folder: &Path, old: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dumpsert-").suffix(".tmp");
    os::prepare(&mut builder, old);
    let file = builder.tempfile_in(folder)?;
    if let Some(old) = old {
        os::take_rights(file.as_file(), old)?;
    }
    Ok(file)
}

fn cannot_write(path: &Path, source: io::Error) -> Error {
    let is_in_use = os::is_in_use(&source);
    let error = Error::new(ErrorKind::Write, format!("{} cannot be written", os::shown(path))).with_source(source);
    match is_in_use {
        true => error.with_hint("close the program that has it open"),
        false => error,
    }
}
