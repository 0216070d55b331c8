//! The client programs of PostgreSQL: where they are, and how old.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::children::Cancel;
use crate::error::{Error, ErrorKind, Result};

/// One program that was found.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    /// As it says it itself: `15.18`.
    pub(super) version: String,
    pub(super) major: u32,
}

/// Finds a program in the folder that was named, in that of `PG_BIN`, or in `PATH`, and asks for its version. On Windows it may
/// also be where PostgreSQL's installer puts it.
pub(super) fn find(name: &str, bin_dir: Option<&Path>, cancel: &Cancel) -> Result<Program> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = bin_dir
        .map(Path::to_owned)
        .or_else(|| variable("PG_BIN").map(PathBuf::from));
    let files = match cfg!(windows) {
        true => file_names(name, variable("PATHEXT").as_deref()),
        false => vec![name.to_owned()],
    };
    let found = match &folder {
        Some(folder) => first_of(std::iter::once(folder.clone()), &files),
        None => {
            let path = variable("PATH").unwrap_or_default();
            // An empty one would be the folder that the run happens to be in, which on Windows nobody means.
            let folders = std::env::split_paths(&path).filter(|folder| !cfg!(windows) || folder.is_absolute());
            first_of(folders, &files).or_else(|| {
                let programs = ["ProgramFiles", "ProgramW6432"].into_iter().filter_map(variable);
                first_of(programs.flat_map(|folder| installed(Path::new(&folder))), &files)
            })
        }
    };
    let Some(path) = found else {
        let message = match folder {
            Some(folder) => format!("{name} is not in {}", folder.display()),
            None if cfg!(windows) => {
                format!("{name} is neither in PATH nor where PostgreSQL's installer puts it")
            }
            None => format!("{name} is not in PATH"),
        };
        return Err(Error::new(ErrorKind::Program, message).with_hint(
            "install PostgreSQL's client programs (Debian: postgresql-client, Red Hat: postgresql, Homebrew: libpq, Windows: \
             the Command Line Tools of the installer), or name the folder that has them with --bin-dir or PG_BIN",
        ));
    };
    let mut command = Command::new(&path);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null());
    let said = cancel.output(command, name)?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let (version, major) = version(&said).ok_or_else(|| {
        let message = format!("{} does not say which version it is", path.display());
        Error::new(ErrorKind::Program, message)
    })?;
    Ok(Program { path, version, major })
}

/// The first of the folders that has such a file.
fn first_of(folders: impl Iterator<Item = PathBuf>, files: &[String]) -> Option<PathBuf> {
    let mut paths = folders.flat_map(|folder| files.iter().map(move |file| folder.join(file)));
    paths.find(|path| path.is_file())
}

/// The names of files that the name of a program may mean on Windows: with each extension that `PATHEXT` lists. Scripts are left
/// out: what they start would go on when they are ended.
fn file_names(name: &str, extensions: Option<&OsStr>) -> Vec<String> {
    let extensions = extensions.map_or_else(|| ".COM;.EXE".into(), OsStr::to_string_lossy);
    let extensions = extensions.split(';').map(|extension| extension.trim().to_lowercase());
    let mut names: Vec<String> = extensions
        .filter(|extension| [".com", ".exe"].contains(&extension.as_str()))
        .map(|extension| format!("{name}{extension}"))
        .collect();
    if names.is_empty() {
        names.push(format!("{name}.exe"));
    }
    names
}

/// The folders of PostgreSQL's installer, the newest first: `C:\Program Files\PostgreSQL\18\bin`. Elsewhere there are none.
fn installed(programs: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(programs.join("PostgreSQL"))
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            // `9.6` is one as well.
            let version = name.to_str()?.split('.').map(str::parse).collect::<Result<_, _>>();
            Some((version.ok()?, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by(|(one, _), (other, _)| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// `psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`: the version, and the major version.
fn version(said: &str) -> Option<(String, u32)> {
    let (_, version) = said.split_once("(PostgreSQL) ")?;
    let version = version.split_whitespace().next()?;
    let major: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((version.to_owned(), major.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_programs() {
        let names = |extensions: Option<&str>| file_names("psql", extensions.map(OsStr::new));
        assert_eq!(names(Some(".COM;.EXE;.BAT;.CMD;.PS1")), ["psql.com", "psql.exe"]);
        assert_eq!(names(Some(" .Exe ;;.bat;.COM")), ["psql.exe", "psql.com"]);
        for extensions in [Some(".BAT"), Some(""), Some("exe")] {
            assert_eq!(names(extensions), ["psql.exe"]);
        }
        assert_eq!(names(None), ["psql.com", "psql.exe"]);
    }

    /// By number and not by name, and only where the program is.
    #[test]
    fn the_newest_that_is_installed() {
        let programs = tempfile::tempdir().unwrap();
        let all = ["9.6", "17", "10", "9.5", "18beta1", "pgAdmin 4", "1000"];
        for version in all {
            let bin = programs.path().join("PostgreSQL").join(version).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            if version != "1000" {
                std::fs::write(bin.join("psql.exe"), "").unwrap();
            }
        }
        let folders = installed(programs.path());
        let version = |folder: &PathBuf| folder.parent().unwrap().file_name().unwrap().to_owned();
        let versions: Vec<_> = folders.iter().map(version).collect();
        assert_eq!(versions, ["1000", "17", "10", "9.6", "9.5"]);
        let found = first_of(folders.into_iter(), &file_names("psql", None)).unwrap();
        assert!(found.ends_with(Path::new("PostgreSQL").join("17").join("bin").join("psql.exe")));
        assert!(installed(&programs.path().join("nothing")).is_empty());
    }

    #[test]
    fn versions() {
        for (said, expected) in [
            (
                "psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n",
                Some(("15.18", 15)),
            ),
            ("pg_dump (PostgreSQL) 9.6.24\n", Some(("9.6.24", 9))),
            ("pg_dump (PostgreSQL) 19beta2\n", Some(("19beta2", 19))),
            ("psql 15", None),
            ("psql (PostgreSQL) x", None),
        ] {
            let found = version(said);
            let found = found.as_ref().map(|(version, major)| (version.as_str(), *major));
            assert_eq!(found, expected);
        }
    }
}
