//! The push machine: bytes of a dump in, bytes of a script out.

use crate::dump::reader::Reader;
use crate::error::{Error, ErrorKind, Position, Result};
use crate::options::{Client, Style};
use crate::plan::Plan;
use crate::report::Report;
use crate::rewrite::Writer;
use std::fmt;

/// A call that may stop before the end of its chunk does so when it has written this much.
pub(crate) const OUTPUT_BYTES: usize = 256 * 1024;

/// What to call instead of what gives a script or statements.
pub(crate) const STEPS_HINT: &str =
    "restore over the driver's own connection (in Rust also by steps()), or choose `style = rows` or `style = batches`";

/// Converts a dump chunk by chunk, without any I/O of its own.
///
/// Chunks may be cut anywhere. One byte of a dump can become hundreds of the script: where the head of a statement is long
/// and its rows are short, each row brings the head again. [`write`](Rewriter::write) appends all that its chunk makes, and
/// [`write_some`](Rewriter::write_some) stops where there is enough to be taken away: loops around it hold a bounded
/// piece of the script, whatever the dump, as all other ways to convert do.
///
/// ```
/// use dumpsert::{Options, Rewriter};
///
/// let plan = Options::new().build()?;
/// let mut rewriter = Rewriter::new(&plan);
/// let mut script = Vec::new();
/// for chunk in ["INSERT INTO public.t (id, v) VAL", "UES (1, 'one');\n"] {
///     rewriter.write(chunk.as_bytes(), &mut script)?;
/// }
/// let report = rewriter.finish(&mut script)?;
/// assert_eq!(report.rows_kept(), 1);
/// # Ok::<(), dumpsert::Error>(())
/// ```
pub struct Rewriter {
    reader: Reader,
    writer: Writer,
    is_done: bool,
    written: u64,
    /// Whether its bytes become steps: nobody else can run the COPY blocks of a driver.
    makes_steps: bool,
}

impl fmt::Debug for Rewriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rewriter")
            .field("is_done", &self.is_done)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

/// How far a run is, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// Bytes of the dump that were read.
    pub bytes: u64,
    /// Rows that were read.
    pub rows: u64,
    /// The table that is being read, as `schema.table`.
    pub table: Option<&'a str>,
    /// Rows of this table that were read.
    pub table_rows: u64,
}

impl Rewriter {
    /// A rewriter for one dump. With [`Style::Staged`] for a [`Client::Driver`] it refuses the first bytes: that comes as
    /// [`steps`](crate::steps).
    pub fn new(plan: &Plan) -> Self {
        Self {
            reader: Reader::new(*plan.limits()).with_crlf(plan.crlf()),
            writer: Writer::new(plan.clone()),
            is_done: false,
            written: 0,
            makes_steps: false,
        }
    }

    /// A rewriter whose bytes [`Steps`](crate::Steps) are made of.
    pub(crate) fn for_steps(plan: &Plan) -> Self {
        Self {
            makes_steps: true,
            ..Self::new(plan)
        }
    }

    /// Reads the next bytes of the dump and appends all that they make of the script to `out`.
    ///
    /// # Errors
    /// If the dump is not acceptable. `out` then ends with a statement that makes the script fail, and must still be
    /// passed on where a part of the script already was. Every later call fails with [`ErrorKind::Finished`].
    pub fn write(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<()> {
        self.with(out, usize::MAX, |reader, writer| reader.write(chunk, writer))
    }

    /// Reads some of the next bytes of the dump, appends what they make of the script to `out`, and returns how many
    /// it has read. It stops when it has appended about 256 KiB; no row makes more than some MiB. What it has not read has to
    /// be given again, before anything else.
    ///
    /// ```
    /// use dumpsert::{Options, Rewriter};
    ///
    /// let plan = Options::new().build()?;
    /// let mut rewriter = Rewriter::new(&plan);
    /// let mut script = Vec::new();
    /// let mut dump = &b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n"[..];
    /// while !dump.is_empty() {
    ///     let read = rewriter.write_some(dump, &mut script)?;
    ///     dump = &dump[read..];
    ///     // Here a program hands on what is in `script`.
    ///     script.clear();
    /// }
    /// assert_eq!(rewriter.finish(&mut script)?.rows_kept(), 1);
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`write`](Rewriter::write).
    pub fn write_some(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<usize> {
        let full_at = out.len().saturating_add(OUTPUT_BYTES);
        self.with(out, full_at, |reader, writer| reader.write_some(chunk, writer))
    }

    /// Ends the dump and appends the end of the script, with its `COMMIT`, to `out`.
    ///
    /// # Errors
    /// As [`write`](Rewriter::write); also if the dump is cut.
    pub fn finish(&mut self, out: &mut Vec<u8>) -> Result<Report> {
        let report = self.with(out, usize::MAX, |reader, writer| {
            reader.finish(writer)?;
            writer.check_database()?;
            writer.check_selection()?;
            Ok(Report {
                bytes_read: reader.bytes(),
                ..writer.finish()?
            })
        })?;
        self.is_done = true;
        Ok(Report {
            bytes_written: self.written,
            ..report
        })
    }

    /// Gives up because of something outside, such as a failure to read the dump, and makes the script fail.
    pub fn abort(&mut self, reason: &Error, out: &mut Vec<u8>) {
        if !self.is_done {
            self.is_done = true;
            self.writer.abort(reason);
            out.append(&mut self.writer.out);
        }
    }

    /// The place behind the last byte that was given, for an error that comes from outside.
    pub fn position(&self) -> Position {
        self.reader.position()
    }

    /// How far the run is.
    pub fn progress(&self) -> Progress<'_> {
        let (rows, table, table_rows) = self.writer.progress();
        Progress {
            bytes: self.reader.bytes(),
            rows,
            table,
            table_rows,
        }
    }

    /// What the report says so far, for a run that has failed.
    pub fn report(&self) -> Report {
        Report {
            bytes_read: self.reader.bytes(),
            bytes_written: self.written,
            ..self.writer.report_so_far()
        }
    }

    /// Bytes with COPY blocks, cut into statements, would be run as what they are not.
    fn check_client(&mut self) -> Result<()> {
        let plan = &self.writer.plan;
        if plan.client() == Client::Driver && plan.style() == Style::Staged {
            self.is_done = true;
            let message = "for a driver, `style = staged` comes as steps, which can COPY";
            return Err(Error::new(ErrorKind::InvalidOption, message).with_hint(STEPS_HINT));
        }
        Ok(())
    }

    /// Lends `out` to the writer, so that nothing is copied, and looks after errors. The writer is full at the length
    /// `full_at`.
    fn with<T>(
        &mut self,
        out: &mut Vec<u8>,
        full_at: usize,
        run: impl FnOnce(&mut Reader, &mut Writer) -> Result<T>,
    ) -> Result<T> {
        if self.is_done {
            return Err(Error::new(ErrorKind::Finished, "the rewriter has ended already"));
        }
        if !self.makes_steps {
            self.check_client()?;
        }
        let before = out.len();
        std::mem::swap(out, &mut self.writer.out);
        self.writer.full_at = full_at;
        let result = run(&mut self.reader, &mut self.writer);
        let result = result.and_then(|value| self.writer.check(before).map(|()| value));
        if let Err(error) = &result {
            self.is_done = true;
            self.writer.abort(error);
        }
        std::mem::swap(out, &mut self.writer.out);
        self.written += (out.len() - before) as u64;
        result
    }
}
