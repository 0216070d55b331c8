//! Windows: files.

#[cfg(feature = "restore")]
mod children;
#[cfg(feature = "cli")]
mod console;

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf, Prefix};

use winapi_util::file;

#[cfg(feature = "restore")]
pub(crate) use children::*;
#[cfg(feature = "cli")]
pub(crate) use console::*;

/// Rights to a file, as they are asked for when it is opened.
const GENERIC_WRITE: u32 = 0x4000_0000;
const DELETE: u32 = 0x0001_0000;
/// Without it a folder cannot be opened.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
/// Errors of the system.
const ERROR_SHARING_VIOLATION: i32 = 32;
const ERROR_LOCK_VIOLATION: i32 = 33;
/// Names that are longer are only taken where they begin with `\\?\`; for a folder it is 248.
const PLAIN_PATH_MAX: usize = 240;

/// Which file it is, whatever name it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    volume: u64,
    index: u64,
}

impl FileId {
    /// Nothing where any number of files may be at one place, as in a console or `NUL`.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        // To ask a pipe would be to take its connection.
        if path.to_string_lossy().starts_with(r"\\.\") {
            return None;
        }
        let mut options = File::options();
        // No right at all is needed, so that a file that somebody else keeps is known as well.
        options.access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
        options.open(path).ok().and_then(|file| Self::of_open(&file))
    }

    /// The same of a file that is open.
    pub(crate) fn of_open(open: &File) -> Option<Self> {
        if !file::typ(open).ok()?.is_disk() {
            return None;
        }
        let information = file::information(open).ok()?;
        Some(Self {
            volume: information.volume_serial_number(),
            index: information.file_index(),
        })
    }
}

/// Names that are equal name one file of a folder: case makes no difference.
pub(crate) fn comparable(name: &Path) -> PathBuf {
    PathBuf::from(name.to_string_lossy().to_lowercase())
}

/// What is no file and no folder, and can only be written to: `NUL`, a console, a named pipe.
pub(crate) fn open_device(path: &Path) -> io::Result<Option<File>> {
    // What a device is cannot be asked by its name; and no file is made here.
    match File::options().write(true).open(path) {
        Ok(open) if file::typ(&open).is_ok_and(|kind| !kind.is_disk()) => Ok(Some(open)),
        _ => fs::metadata(path).map(|_| None),
    }
}

/// Whether a file that is there may be replaced, so that a conversion of hours does not find out at its end that it may not:
/// it is read-only, or another program has it open.
pub(crate) fn check_replaceable(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    File::options().access_mode(GENERIC_WRITE | DELETE).open(path).map(drop)
}

/// The name by which a file that does not exist yet is made. A long one is made absolute, in the form that has no limit.
pub(crate) fn to_be_made(path: PathBuf) -> PathBuf {
    let Ok(absolute) = std::path::absolute(&path) else {
        return path;
    };
    if absolute.as_os_str().len() < PLAIN_PATH_MAX {
        return path;
    }
    let prefix = match absolute.components().next() {
        Some(Component::Prefix(prefix)) => prefix.kind(),
        _ => return path,
    };
    let (begin, rest) = match prefix {
        Prefix::Disk(_) => (r"\\?\", absolute.as_path()),
        // `\\server` becomes `\\?\UNC\server`.
        Prefix::UNC(..) => match absolute.to_str().and_then(|text| text.strip_prefix(r"\\")) {
            Some(rest) => (r"\\?\UNC\", Path::new(rest)),
            None => return path,
        },
        _ => return path,
    };
    let mut verbatim = OsString::from(begin);
    verbatim.push(rest);
    verbatim.into()
}

/// The real name of a file that is there, behind links. Not every file system can tell it; links are followed then as they are
/// written.
pub(crate) fn real(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path).or_else(|_| Ok(to_be_made(super::resolve(path))))
}

/// A real path, as it is shown: real ones begin with what nobody types.
pub(crate) fn shown(path: &Path) -> String {
    let shown = path.display().to_string();
    match (shown.strip_prefix(r"\\?\UNC\"), shown.strip_prefix(r"\\?\")) {
        (Some(rest), _) => format!(r"\\{rest}"),
        (None, Some(rest)) => rest.to_owned(),
        (None, None) => shown,
    }
}

/// Whether an error is so because of another program.
pub(crate) fn is_in_use(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION)
    )
}

/// A new file has the rights that its folder gives.
pub(crate) fn prepare(_: &mut tempfile::Builder<'_, '_>, _: Option<&Metadata>) {}

/// The same for one that takes the place of another: rights that only the old one had go with it.
pub(crate) fn take_rights(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}
