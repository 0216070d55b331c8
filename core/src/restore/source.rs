//! Where the dump comes from: a file, a reader, an archive that pg_restore makes plain, or a database that pg_dump reads.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use sha2::{Digest as _, Sha256};

use super::children::{Cancel, heard, listen};
use super::messages;
use super::programs::Program;
use super::text_mode::Output;
use crate::error::{Error, ErrorKind, Result};

/// The first bytes of pg_dump's custom format.
const CUSTOM: &[u8] = b"PGDMP";
/// The name of the first file in pg_dump's tar format.
const TAR: &[u8] = b"toc.dat\0";

/// What was read, known when all was read.
#[derive(Clone, Default)]
pub(super) struct Digest(Arc<Mutex<(Sha256, u64)>>);

impl Digest {
    fn with<T>(&self, change: impl FnOnce(&mut (Sha256, u64)) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of bytes, and SHA-256 in hexadecimal.
    pub(super) fn finish(&self) -> (u64, String) {
        self.with(|(hash, bytes)| {
            let hash = hash.clone().finalize();
            (*bytes, hash.iter().map(|byte| format!("{byte:02x}")).collect())
        })
    }
}

/// A reader whose bytes are counted and hashed. One that begins again from the start does so too.
pub(super) struct Hashed<R> {
    reader: R,
    digest: Digest,
}

impl<R> Hashed<R> {
    pub(super) fn new(reader: R, digest: &Digest) -> Self {
        Self {
            reader,
            digest: digest.clone(),
        }
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(out)?;
        self.digest.with(|(hash, bytes)| {
            hash.update(out.get(..read).unwrap_or_default());
            *bytes += read as u64;
        });
        Ok(read)
    }
}

impl<R: Seek> Seek for Hashed<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = self.reader.seek(to)?;
        if place == 0 {
            self.digest.with(|state| *state = Default::default());
        }
        Ok(place)
    }
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Plain SQL, compressed or not.
    Plain,
    /// What pg_restore reads.
    Archive,
}

/// Looks at what begins with these bytes.
pub(super) fn form(start: &[u8]) -> Form {
    match start.starts_with(CUSTOM) || start.starts_with(TAR) {
        true => Form::Archive,
        false => Form::Plain,
    }
}

/// Looks at a file or folder.
pub(super) fn form_of_file(path: &Path) -> Result<Form> {
    let fail = |error| Error::read_file(path, error);
    if path.is_dir() {
        let has_contents = ["toc.dat", "toc.dat.gz"].iter().any(|name| path.join(name).is_file());
        return match has_contents {
            true => Ok(Form::Archive),
            false => {
                let message = format!("the folder {} is not one that pg_dump has made", path.display());
                Err(Error::new(ErrorKind::NotADump, message).with_hint("it would hold a file toc.dat"))
            }
        };
    }
    let mut start = Vec::new();
    let mut file = File::open(path).map_err(fail)?;
    if !file.metadata().map_err(fail)?.is_file() {
        return Ok(Form::Plain);
    }
    file.by_ref()
        .take(TAR.len() as u64)
        .read_to_end(&mut start)
        .map_err(fail)?;
    Ok(form(&start))
}

/// A program whose output is the dump. It ends well, or the dump cannot be read: the end is not seen before.
pub(super) struct ProgramReader {
    name: &'static str,
    cancel: Cancel,
    number: usize,
    stdout: Option<Output<ChildStdout>>,
    said: Option<JoinHandle<Vec<u8>>>,
    warnings: Warnings,
}

/// What a program has warned of.
pub(super) type Warnings = Arc<Mutex<String>>;

impl ProgramReader {
    /// Starts the program.
    pub(super) fn start(
        mut command: Command,
        name: &'static str,
        cancel: &Cancel,
        warnings: &Warnings,
    ) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = cancel.spawn(command, name)?;
        Ok(Self {
            name,
            cancel: cancel.clone(),
            number: running.number,
            stdout: running.stdout.take().map(Output::new),
            said: running.stderr.take().map(|pipe| listen(pipe, |_| false)),
            warnings: warnings.clone(),
        })
    }

    /// Starts a program that reads what comes from `reader`.
    pub(super) fn fed(
        mut command: Command,
        name: &'static str,
        cancel: &Cancel,
        warnings: &Warnings,
        mut reader: impl Read + Send + 'static,
    ) -> Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = cancel.spawn(command, name)?;
        if let Some(mut stdin) = running.stdin.take() {
            // Where this fails the program ends, and says why; where nothing comes the thread outlives the run.
            std::thread::spawn(move || io::copy(&mut reader, &mut stdin));
        }
        Ok(Self {
            name,
            cancel: cancel.clone(),
            number: running.number,
            stdout: running.stdout.take().map(Output::new),
            said: running.stderr.take().map(|pipe| listen(pipe, |_| false)),
            warnings: warnings.clone(),
        })
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }

    fn ended(&mut self) -> io::Result<()> {
        let status = self.cancel.wait(self.number).map_err(io::Error::other)?;
        let said = self.said.take().map(heard).unwrap_or_default();
        if !status.success() {
            let message = format!(
                "{} has ended ({status}): {}",
                self.name,
                messages::without_values(&said)
            );
            return Err(io::Error::other(message));
        }
        self.warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_str(&messages::of_pg_dump(&said));
        Ok(())
    }
}

impl Read for ProgramReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(stdout) = &mut self.stdout else {
            return Ok(0);
        };
        let read = stdout.read(out)?;
        if read == 0 && !out.is_empty() {
            self.stdout = None;
            self.ended()?;
        }
        Ok(read)
    }
}

/// pg_restore, told to print an archive as plain SQL. Without the rows' tables it is shorter, where nobody needs those.
pub(super) fn pg_restore(program: &Program, archive: Option<&PathBuf>, with_schema: bool) -> Command {
    let mut command = Command::new(&program.path);
    command.args(["-f", "-", "--no-owner", "--no-privileges"]);
    if !with_schema {
        command.arg("--data-only");
    }
    command.env_remove("PGCLIENTENCODING");
    match archive {
        // Not an option, whatever it is called.
        Some(path) => command.arg("--").arg(path).stdin(Stdio::null()),
        None => command.stdin(Stdio::piped()),
    };
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_last_is_hashed() {
        let digest = Digest::default();
        let mut reader = Hashed::new(io::Cursor::new(b"abc"), &digest);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        reader.seek(SeekFrom::Start(0)).unwrap();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcabc");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.finish(), (3, expected.to_owned()));
    }

    #[test]
    fn archives_are_known_by_their_first_bytes() {
        for (start, expected) in [
            (&b"PGDMP\x01\x0e"[..], Form::Archive),
            (b"toc.dat\0\0", Form::Archive),
            (b"--\n-- PostgreSQL", Form::Plain),
            (b"", Form::Plain),
        ] {
            assert_eq!(form(start), expected);
        }
    }
}
