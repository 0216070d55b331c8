//! The client programs of PostgreSQL: where they are, and how old.

use std::ffi::OsString;
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

/// Finds a program in the folder that was named, in that of `PG_BIN`, or in `PATH`, and asks for its version.
pub(super) fn find(name: &str, bin_dir: Option<&Path>, cancel: &Cancel) -> Result<Program> {
    let folder = bin_dir.map(Path::to_owned).or_else(|| {
        let folder = std::env::var_os("PG_BIN").filter(|folder| !folder.is_empty());
        folder.map(PathBuf::from)
    });
    let folders = match &folder {
        Some(folder) => vec![folder.clone()],
        None => {
            let path: OsString = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&path).collect()
        }
    };
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let mut paths = folders.into_iter().map(|folder| folder.join(&file));
    let Some(path) = paths.find(|path| path.is_file()) else {
        let message = match folder {
            Some(folder) => format!("{name} is not in {}", folder.display()),
            None => format!("{name} is not in PATH"),
        };
        return Err(Error::new(ErrorKind::Program, message).with_hint(
            "install PostgreSQL's client programs (Debian: postgresql-client, Red Hat: postgresql, Homebrew: libpq), or \
             name the folder that has them with --bin-dir or PG_BIN",
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
