//! Unix: files.

#[cfg(feature = "restore")]
mod children;
#[cfg(feature = "cli")]
mod console;

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

#[cfg(feature = "restore")]
pub(crate) use children::*;
#[cfg(feature = "cli")]
pub(crate) use console::*;

/// Which file it is, whatever name it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// Nothing where any number of files may be at one place, as in a terminal or `/dev/null`.
    pub(crate) fn of_path(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().and_then(|metadata| Self::of(&metadata))
    }

    /// The same of a file that is open.
    pub(crate) fn of_open(file: &File) -> Option<Self> {
        file.metadata().ok().and_then(|metadata| Self::of(&metadata))
    }

    fn of(metadata: &Metadata) -> Option<Self> {
        let is_device = metadata.file_type().is_char_device();
        (!is_device).then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

/// Names that are equal name one file of a folder.
pub(crate) fn comparable(name: &Path) -> PathBuf {
    name.to_owned()
}

/// What is no file and no folder, and can only be written to: a device, a named pipe.
pub(crate) fn open_device(path: &Path) -> io::Result<Option<File>> {
    let metadata = fs::metadata(path)?;
    match metadata.is_file() || metadata.is_dir() {
        true => Ok(None),
        false => File::options().write(true).open(path).map(Some),
    }
}

/// Whether a file that is there may be replaced: it is not written, but who may not write it shall not replace it either.
pub(crate) fn check_replaceable(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path).map(drop)
}

/// The name by which a file that does not exist yet is made.
pub(crate) fn to_be_made(path: PathBuf) -> PathBuf {
    path
}

/// The real name of a file that is there, behind links.
pub(crate) fn real(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// A real path, as it is shown.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Whether an error is so because of another program.
pub(crate) fn is_in_use(_: &io::Error) -> bool {
    false
}

/// The rights of a temporary file that takes the place of `old`, or of any new file.
pub(crate) fn prepare(builder: &mut tempfile::Builder<'_, '_>, old: Option<&Metadata>) {
    let mode = if old.is_some() { 0o600 } else { 0o666 };
    builder.permissions(PermissionsExt::from_mode(mode));
}

/// Gives a file the rights of the one that it replaces.
pub(crate) fn take_rights(file: &File, old: &Metadata) -> io::Result<()> {
    let new = file.metadata()?;
    let mut mode = old.mode() & 0o777;
    let has_owner = new.uid() == old.uid() || fchown(file, Some(old.uid()), None).is_ok();
    let has_group = new.gid() == old.gid() || fchown(file, None, Some(old.gid())).is_ok();
    if !has_group {
        // Another group than before may do what everybody may.
        mode = (mode & !0o070) | ((mode & 0o007) << 3);
    }
    if !has_owner {
        // We own it now, and must be able to read what we have written.
        mode |= 0o600;
    }
    file.set_permissions(fs::Permissions::from_mode(mode))
}
