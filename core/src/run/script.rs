//! The script by pieces, for those who want to read it: the opposite of a loop that writes it somewhere.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::error::{Error, ErrorKind, Position, Result};
use crate::options::Client;
use crate::plan::Plan;
use crate::report::Report;
use crate::rewrite::rewriter::{Progress, Rewriter};
use crate::run::input::{Chunks, Input, open_reader, open_seekable};

/// A script that is made while it is read, from a dump that is read at the same pace; [`convert`](crate::convert) is a
/// loop around it.
///
/// Compressed dumps and full ones are treated as [`convert`](crate::convert) does. It is `Send` where the reader is.
///
/// ```
/// use dumpsert::{Options, Script};
///
/// let dump = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
/// let mut script = Script::new(dump.as_bytes(), &Options::new().build()?)?;
/// let mut out = Vec::new();
/// let report = loop {
///     if let Some(report) = script.read(&mut out)? {
///         break report;
///     }
/// };
/// assert_eq!(report.rows_kept(), 1);
/// # Ok::<(), dumpsert::Error>(())
/// ```
pub struct Script<R> {
    state: State<R>,
    rewriter: Rewriter,
    make: fn(&Plan) -> Rewriter,
}

impl<R> fmt::Debug for Script<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("rewriter", &self.rewriter)
            .finish_non_exhaustive()
    }
}

type Opener<R> = fn(R, &Plan) -> Result<Input<R>>;

enum State<R> {
    /// Nothing was read; full dumps are read ahead when the first piece is asked for.
    New(Result<R>, Plan, Opener<R>),
    Open(Chunks<R>),
    Done,
}

impl<R: Read> Script<R> {
    /// The script for the dump that a reader gives.
    ///
    /// # Errors
    /// If the plan is for a driver, which takes [`statements`](crate::statements).
    pub fn new(reader: R, plan: &Plan) -> Result<Self> {
        Self::with(Ok(reader), plan, open_reader)
    }

    /// The script for the dump that a reader gives from its start; one that has to be read twice is not spooled, unless
    /// it is compressed.
    ///
    /// # Errors
    /// As [`new`](Script::new).
    pub fn seekable(reader: R, plan: &Plan) -> Result<Self>
    where
        R: Seek,
    {
        Self::with(Ok(reader), plan, open_seekable)
    }

    fn with(reader: Result<R>, plan: &Plan, open: Opener<R>) -> Result<Self> {
        if plan.client() == Client::Driver {
            let message = "a driver takes single statements, not a script";
            return Err(Error::new(ErrorKind::InvalidOption, message).with_hint("call statements()"));
        }
        Ok(Self::made_by(Rewriter::new, reader, plan, open))
    }

    /// What [`Steps`](crate::Steps) are made of, from a reader.
    pub(crate) fn for_steps(reader: R, plan: &Plan) -> Self {
        Self::made_by(Rewriter::for_steps, Ok(reader), plan, open_reader)
    }

    /// The same from what can be read twice.
    pub(crate) fn for_steps_seekable(reader: R, plan: &Plan) -> Self
    where
        R: Seek,
    {
        Self::made_by(Rewriter::for_steps, Ok(reader), plan, open_seekable)
    }

    fn made_by(make: fn(&Plan) -> Rewriter, reader: Result<R>, plan: &Plan, open: Opener<R>) -> Self {
        Self {
            state: State::New(reader, plan.clone(), open),
            rewriter: make(plan),
            make,
        }
    }

    /// Reads some of the dump and appends what it makes of the script, which may be nothing yet, to `out`: about 256 KiB
    /// at most, and some MiB more where a row is that long. Returns the report when the script is complete.
    ///
    /// # Errors
    /// If the dump is not acceptable or cannot be read. `out` then ends with a statement that makes the script fail,
    /// and must still be passed on where a part of the script already was. After an error or the end, it is
    /// [`ErrorKind::Finished`].
    pub fn read(&mut self, out: &mut Vec<u8>) -> Result<Option<Report>> {
        // Reading knows nothing of lines.
        let result = self.step(out).map_err(|error| match error.kind() {
            ErrorKind::Read => error.or_position(|| self.position()),
            _ => error,
        });
        match &result {
            Ok(None) => {}
            Ok(Some(_)) => self.state = State::Done,
            Err(error) => self.abort(error, out),
        }
        result
    }

    fn step(&mut self, out: &mut Vec<u8>) -> Result<Option<Report>> {
        if matches!(self.state, State::New(..))
            && let State::New(reader, plan, open) = std::mem::replace(&mut self.state, State::Done)
        {
            let input = open(reader?, &plan)?;
            self.rewriter = (self.make)(&input.plan);
            self.state = State::Open(Chunks::new(input.reader));
        }
        let State::Open(chunks) = &mut self.state else {
            return Err(Error::new(ErrorKind::Finished, "the script has ended already"));
        };
        chunks.step(&mut self.rewriter, out)
    }

    /// Gives up because of something outside, such as a failure to write the script, and makes the script fail. Does
    /// nothing after the end or an error.
    pub fn abort(&mut self, reason: &Error, out: &mut Vec<u8>) {
        self.state = State::Done;
        self.rewriter.abort(reason, out);
    }

    /// The place behind the last byte that was read, for an error that comes from outside.
    pub fn position(&self) -> Position {
        self.rewriter.position()
    }

    /// Writes the whole script, and calls `progress` after every piece; an error of that ends the run as a failure to
    /// write does.
    ///
    /// # Errors
    /// If the dump is not acceptable, or reading or writing fails.
    pub fn write_to(
        mut self,
        writer: impl Write,
        progress: impl FnMut(Progress<'_>) -> io::Result<()>,
    ) -> Result<Report> {
        self.write_with(writer, progress, |_| Ok(()))
    }

    /// As [`write_to`](Script::write_to), and calls `end` with the report before the last piece, which has the `COMMIT`,
    /// is written; if that fails, the script remains without it.
    ///
    /// # Errors
    /// As [`write_to`](Script::write_to), and those of `end`.
    pub fn write_with(
        &mut self,
        mut writer: impl Write,
        mut progress: impl FnMut(Progress<'_>) -> io::Result<()>,
        end: impl FnOnce(&Report) -> Result<()>,
    ) -> Result<Report> {
        let mut out = Vec::new();
        let mut end = Some(end);
        let result = loop {
            let read = self.read(&mut out);
            if let Ok(Some(report)) = &read
                && let Some(Err(error)) = end.take().map(|end| end(report))
            {
                break Err(error);
            }
            let written = writer.write_all(&out);
            out.clear();
            // An error of the dump is worth more than one of writing its last words.
            let result = read.and_then(|report| {
                let told = written.and_then(|()| progress(self.progress()));
                told.map(|()| report).map_err(|error| self.write_failed(error))
            });
            match result {
                Ok(None) => {}
                Ok(Some(report)) => break Ok(report),
                Err(error) => {
                    self.abort(&error, &mut out);
                    let _ = writer.write_all(&out);
                    break Err(error);
                }
            }
        };
        let flushed = writer.flush().map_err(|error| self.write_failed(error));
        let report = result?;
        flushed?;
        Ok(report)
    }

    fn write_failed(&self, error: io::Error) -> Error {
        Error::write(error).or_position(|| self.position())
    }

    /// What the report says so far, for a run that has failed.
    pub fn report(&self) -> Report {
        self.rewriter.report()
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress<'_> {
        self.rewriter.progress()
    }
}

impl Script<File> {
    /// The script for the dump in a file; a file that cannot be opened is an error of the first
    /// [`read`](Script::read).
    ///
    /// # Errors
    /// As [`new`](Script::new).
    pub fn of_file(path: impl AsRef<Path>, plan: &Plan) -> Result<Self> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|error| Error::read_file(path, error));
        let is_file = file
            .as_ref()
            .is_ok_and(|file| file.metadata().is_ok_and(|data| data.is_file()));
        Self::with(file, plan, if is_file { open_seekable } else { open_reader })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, Style};
    use std::io::Cursor;

    const FULL: &str = "CREATE TABLE public.t (k integer NOT NULL, v text);\n\
                        INSERT INTO public.t (k, v) VALUES (1, 'one');\n\
                        ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (k);\n";

    fn all<R: Read + Send>(script: Result<Script<R>>) -> Result<(String, Report)> {
        let mut script = script?;
        let mut out = Vec::new();
        loop {
            if let Some(report) = script.read(&mut out)? {
                let before = out.len();
                let again = script.read(&mut out).unwrap_err();
                assert_eq!((again.kind(), out.len()), (ErrorKind::Finished, before));
                let progress = script.progress();
                assert_eq!((progress.rows, progress.table), (1, Some("public.t")));
                return Ok((String::from_utf8(out).unwrap(), report));
            }
        }
    }

    #[test]
    fn every_way_in_gives_the_same_script() {
        let plan = Options::new().with_style(Style::Rows).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.sql");
        std::fs::write(&path, FULL).unwrap();
        let (expected, report) = all(Script::new(FULL.as_bytes(), &plan)).unwrap();
        assert_eq!(crate::convert_str(FULL, &plan).unwrap(), expected);
        assert!(expected.contains("ON CONFLICT(\"k\")"), "{expected}");
        assert_eq!(
            all(Script::seekable(Cursor::new(FULL), &plan)).unwrap(),
            (expected.clone(), report.clone())
        );
        assert_eq!(all(Script::of_file(path, &plan)).unwrap(), (expected, report));
    }

    #[test]
    fn errors_make_the_script_fail() {
        let plan = Options::new().build().unwrap();
        let driver = Options::new().with_client(Client::Driver).build().unwrap();
        assert!(Script::new(&b""[..], &driver).is_err());
        let mut out = Vec::new();
        let mut missing = Script::of_file("/nowhere/dump.sql", &plan).unwrap();
        assert_eq!(missing.read(&mut out).unwrap_err().kind(), ErrorKind::Read);
        assert!(String::from_utf8_lossy(&out).contains("RAISE EXCEPTION"));
        assert_eq!(missing.read(&mut out).unwrap_err().kind(), ErrorKind::Finished);

        let mut script = Script::new(FULL.as_bytes(), &plan).unwrap();
        out.clear();
        script.read(&mut out).unwrap();
        script.abort(&Error::write(io::Error::other("no room")), &mut out);
        assert!(String::from_utf8_lossy(&out).contains("RAISE EXCEPTION"));
        assert!(script.read(&mut out).is_err());
    }
}
