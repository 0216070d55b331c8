//! The files of one run: what is written must be none of those that are read, and nothing is written twice.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::os::{self, FileId};
use crate::run::script_file::ScriptFile;

/// The files that one run reads and writes.
///
/// A run that writes onto one of its inputs destroys it, and two outputs in one file destroy each other. Files are told
/// apart by device and inode (on Windows by volume and index), so that links are seen through. Any number of outputs may go
/// to a character device such as `/dev/null`.
///
/// ```
/// use dumpsert::Files;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let schema = folder.path().join("schema.sql");
/// # std::fs::write(&schema, "CREATE TABLE public.t (id integer);")?;
/// let mut files = Files::new();
/// files.reads("the schema", &schema);
/// assert!(files.create("the script", &schema).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Files {
    known: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    /// What the file is to the run, in words.
    what: String,
    is_written: bool,
    place: Place,
}

/// Which file a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(FileId),
    /// A file that does not exist yet: its real path.
    Path(PathBuf),
}

impl Files {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a file that the run reads; `what` says what it is, such as `the dump`. One that does not exist is left to
    /// whoever reads it.
    pub fn reads(&mut self, what: impl Into<String>, path: impl AsRef<Path>) {
        let path = path.as_ref();
        self.note(what.into(), false, Place::of_existing(path));
    }

    /// The same for a file that is open already, such as standard input.
    pub fn reads_open(&mut self, what: impl Into<String>, file: &File) {
        self.note(what.into(), false, Place::of_open(file));
    }

    /// Opens the file that `what`, such as `the script`, is written to.
    ///
    /// # Errors
    /// If the run reads that file or has another output there ([`ErrorKind::InvalidOption`]), and as
    /// [`ScriptFile::create`].
    pub fn create(&mut self, what: impl Into<String>, path: impl AsRef<Path>) -> Result<ScriptFile> {
        let path = path.as_ref();
        let place = match fs::metadata(path) {
            Ok(_) => Place::of_existing(path),
            Err(_) => Some(Place::Path(canonical(&os::resolve(path)))),
        };
        self.check(&path.display().to_string(), place.as_ref())?;
        let file = ScriptFile::open(path)?;
        self.note(what.into(), true, place);
        Ok(file)
    }

    /// Notes a file that is open already and that `what` is written to; `name` is what messages call it, such as
    /// `standard output`.
    ///
    /// # Errors
    /// If the run reads that file or has another output there ([`ErrorKind::InvalidOption`]).
    pub fn writes_open(&mut self, what: impl Into<String>, name: &str, file: &File) -> Result<()> {
        let place = Place::of_open(file);
        self.check(name, place.as_ref())?;
        self.note(what.into(), true, place);
        Ok(())
    }

    /// Notes a file that somebody else has opened to write `what` to it.
    ///
    /// # Errors
    /// If the run reads that file or has another output there ([`ErrorKind::InvalidOption`]).
    pub fn writes(&mut self, what: impl Into<String>, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let place = Place::of_existing(path);
        self.check("the target", place.as_ref())?;
        self.note(what.into(), true, place);
        Ok(())
    }

    fn note(&mut self, what: String, is_written: bool, place: Option<Place>) {
        self.known.extend(place.map(|place| Known {
            what,
            is_written,
            place,
        }));
    }

    fn check(&self, name: &str, place: Option<&Place>) -> Result<()> {
        let same = self.known.iter().find(|known| Some(&known.place) == place);
        let Some(Known { what, is_written, .. }) = same else {
            return Ok(());
        };
        let error = |message: String| Error::new(ErrorKind::InvalidOption, message);
        Err(if *is_written {
            error(format!("{name} is where {what} goes: one of them would be lost")).with_hint("give two files")
        } else {
            error(format!("{name} is {what} itself: it would be lost")).with_hint("write to another file")
        })
    }
}

impl ScriptFile {
    /// Begins to write `path`; `dump` is where the dump is read from, which must not be the same file. [`Files`] looks
    /// after more of them.
    ///
    /// A file that is replaced keeps its mode, and its owner where that can be; a new one has the mode that any new file
    /// has. On Windows both have the rights that their folder gives.
    ///
    /// # Errors
    /// If it is a directory or the dump itself ([`ErrorKind::InvalidOption`]), or cannot be written
    /// ([`ErrorKind::Write`]).
    pub fn create(path: impl AsRef<Path>, dump: Option<&Path>) -> Result<Self> {
        let mut files = Files::new();
        if let Some(dump) = dump {
            files.reads("the dump", dump);
        }
        files.create("the script", path)
    }
}

impl Place {
    /// Nothing where any number of files may be at one place, as in a terminal or `/dev/null`.
    fn of_existing(path: &Path) -> Option<Self> {
        FileId::of_path(path).map(Self::File)
    }

    fn of_open(file: &File) -> Option<Self> {
        FileId::of_open(file).map(Self::File)
    }
}

/// The path of a file whose folder exists, without links and `..`.
fn canonical(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")));
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(os::comparable(Path::new(name))),
        _ => os::comparable(path),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("in"), "input").unwrap();
        fs::hard_link(folder.path().join("in"), folder.path().join("hard")).unwrap();
        symlink("in", folder.path().join("soft")).unwrap();
        symlink("soft", folder.path().join("softer")).unwrap();
        symlink("new", folder.path().join("dangling")).unwrap();
        symlink(".", folder.path().join("here")).unwrap();
        folder
    }

    #[test]
    fn an_input_is_no_output() {
        let folder = folder();
        for input in ["in", "hard", "softer"] {
            for output in ["in", "hard", "soft", "softer", "here/in", "here/here/hard"] {
                let mut files = Files::new();
                files.reads("the schema", folder.path().join(input));
                let error = files.create("the script", folder.path().join(output)).err().unwrap();
                assert_eq!(error.kind(), ErrorKind::InvalidOption);
                assert!(error.message().contains("is the schema itself"), "{error}");
            }
        }
        let mut files = Files::new();
        files.reads("the dump", folder.path().join("in"));
        files.reads("the catalog", folder.path().join("missing"));
        files.create("the script", folder.path().join("new")).unwrap();
        let open = File::open(folder.path().join("soft")).unwrap();
        assert!(files.writes_open("the script", "standard output", &open).is_err());
    }

    #[test]
    fn an_output_is_no_other_output() {
        let folder = folder();
        for (first, second) in [
            ("new", "new"),
            ("new", "here/new"),
            ("dangling", "new"),
            ("new", "dangling"),
            ("in", "hard"),
            ("soft", "in"),
        ] {
            let mut files = Files::new();
            let kept = files.create("the script", folder.path().join(first)).unwrap();
            let error = files.create("the report", folder.path().join(second)).err().unwrap();
            assert!(error.message().contains("is where the script goes"), "{error}");
            drop(kept);
        }
        let mut files = Files::new();
        files.reads("the dump", "/dev/null");
        files.create("the script", "/dev/null").unwrap();
        files.create("the report", "/dev/null").unwrap();
        files.create("the report", folder.path().join("other")).unwrap();
    }

    /// What a link names appears, and the link stays.
    #[test]
    fn links_stay() {
        let folder = folder();
        for (name, real) in [("dangling", "new"), ("softer", "in")] {
            let path = folder.path().join(name);
            let mut file = Files::new().create("the script", &path).unwrap();
            std::io::Write::write_all(&mut file, b"script").unwrap();
            file.finish().unwrap();
            assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
            assert_eq!(fs::read(folder.path().join(real)).unwrap(), b"script");
        }
        // A file in two places is replaced in one.
        assert_eq!(fs::read(folder.path().join("hard")).unwrap(), b"input");
    }

    #[test]
    fn the_mode_stays() {
        let folder = folder();
        let path = folder.path().join("in");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        for kept in [0o600, 0o640, 0o755, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            let file = Files::new().create("the script", &path).unwrap();
            // Nobody else reads it earlier.
            assert_eq!(mode(file.temporary_path().unwrap()), kept);
            file.finish().unwrap();
            assert_eq!(mode(&path), kept);
        }
        let (new, plain) = (folder.path().join("new"), folder.path().join("plain"));
        Files::new().create("the script", &new).unwrap().finish().unwrap();
        File::create(&plain).unwrap();
        assert_eq!(mode(&new), mode(&plain));
    }
}
