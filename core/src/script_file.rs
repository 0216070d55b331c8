//! A file for a script, which appears only when it is complete.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};

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

enum Place {
    /// Nothing can be renamed onto a device.
    Device(File),
    Temporary(NamedTempFile),
}

impl ScriptFile {
    /// Begins to write `path`; `dump` is where the dump is read from, which must not be the same file.
    ///
    /// # Errors
    /// If it is a directory or the dump itself ([`ErrorKind::InvalidOption`]), or cannot be written
    /// ([`ErrorKind::Write`]).
    pub fn create(path: impl AsRef<Path>, dump: Option<&Path>) -> Result<Self> {
        let path = path.as_ref();
        let refuse = |why: &str| Error::new(ErrorKind::InvalidOption, format!("{} {why}", path.display()));
        // A link is followed, so that the file behind it is replaced and not the link.
        let real = fs::canonicalize(path);
        let (Ok(metadata), Ok(real)) = (fs::metadata(path), &real) else {
            return Self::beside(path.to_owned());
        };
        if metadata.is_dir() {
            return Err(refuse("is a directory"));
        }
        if !metadata.is_file() {
            let device = File::options().write(true).open(path);
            return Ok(Self {
                place: Place::Device(device.map_err(|error| cannot_write(path, error))?),
                path: path.to_owned(),
            });
        }
        if dump.is_some_and(|dump| fs::canonicalize(dump).is_ok_and(|dump| dump == *real)) {
            return Err(refuse("is the dump itself: it would be lost"));
        }
        Self::beside(real.clone())
    }

    fn beside(path: PathBuf) -> Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = temporary(folder.unwrap_or(Path::new("."))).map_err(|error| cannot_write(&path, error))?;
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

/// A temporary file with the rights that any new file has.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".dumpsert-").suffix(".tmp");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn cannot_write(path: &Path, source: io::Error) -> Error {
    Error::new(ErrorKind::Write, format!("{} cannot be written", path.display())).with_source(source)
}
