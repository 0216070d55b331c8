//! Loops around the [`Rewriter`] for `std::io`.

use std::io::{ErrorKind as IoErrorKind, Read, Seek, Write};
use std::ops::Range;
use std::path::Path;

use crate::dump::compression::{self, PlainReader};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;
use crate::prescan::{Again, InPlace, Prescan, Spool};
use crate::report::Report;
use crate::rewrite::rewriter::{Progress, Rewriter};
use crate::run::script::Script;

/// How much is read at once.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// Converts a dump to a script, from any reader to any writer.
///
/// Reads until the end; dumps compressed with gzip or zstd are recognised by their first bytes. A full dump, whose keys
/// come behind its rows, is spooled to a temporary file and read twice, where the style needs the keys and no catalog
/// was given. Neither side needs a buffer of its own. After an error the script ends with a statement that
/// makes it fail, so that a psql at the other end of a pipe reports it and changes nothing.
///
/// ```
/// use dumpsert::{Options, convert};
///
/// let dump = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
/// let mut script = Vec::new();
/// let report = convert(dump.as_bytes(), &mut script, &Options::new().build()?)?;
/// assert_eq!(report.rows_kept(), 1);
/// # Ok::<(), dumpsert::Error>(())
/// ```
///
/// # Errors
/// If the dump is not acceptable, or reading or writing fails.
pub fn convert(reader: impl Read, writer: impl Write, plan: &Plan) -> Result<Report> {
    convert_with(reader, writer, plan, |_| {})
}

/// As [`convert`], and calls `progress` after every chunk.
///
/// # Errors
/// As [`convert`].
pub fn convert_with(
    reader: impl Read,
    writer: impl Write,
    plan: &Plan,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Report> {
    Script::new(reader, plan)?.write_to(writer, |done| {
        progress(done);
        Ok(())
    })
}

/// As [`convert_with`], from a file. A full dump that has to be read twice is not spooled, unless it is compressed.
///
/// # Errors
/// As [`convert`].
pub fn convert_file(
    path: impl AsRef<Path>,
    writer: impl Write,
    plan: &Plan,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Report> {
    Script::of_file(path, plan)?.write_to(writer, |done| {
        progress(done);
        Ok(())
    })
}

/// The plain bytes of a dump; what was read ahead is read again first.
pub(crate) type Dump<R> = Spool<PlainReader<R>>;

/// A dump, and the plan, with what was learned of the dump where that was needed.
pub(crate) struct Input<R: Read> {
    pub(crate) reader: Dump<R>,
    pub(crate) plan: Plan,
}

/// A dump by chunks, each of which may be read in several steps.
pub(crate) struct Chunks<R: Read> {
    reader: Dump<R>,
    chunk: Vec<u8>,
    /// What is left of the chunk.
    rest: Range<usize>,
}

impl<R: Read> Chunks<R> {
    pub(crate) fn new(reader: Dump<R>) -> Self {
        Self {
            reader,
            chunk: vec![0; CHUNK_BYTES],
            rest: 0..0,
        }
    }

    /// Reads on until some of the script is written, or a chunk is read; at the end there is the report.
    pub(crate) fn step(&mut self, rewriter: &mut Rewriter, out: &mut Vec<u8>) -> Result<Option<Report>> {
        if self.rest.is_empty() {
            self.rest = 0..read_some(&mut self.reader, &mut self.chunk)?;
        }
        match self.chunk.get(self.rest.clone()) {
            None | Some([]) => rewriter.finish(out).map(Some),
            Some(bytes) => {
                self.rest.start += rewriter.write_some(bytes, out)?;
                Ok(None)
            }
        }
    }
}

/// Undoes compression, and reads ahead what has to be known before the rows are written.
pub(crate) fn open_reader<R: Read>(reader: R, plan: &Plan) -> Result<Input<R>> {
    let mut plain = PlainReader::new(reader);
    plain.open().map_err(Error::read)?;
    let mut reader = Spool::new(plain, plan.needs_prescan());
    let plan = read_ahead(&mut reader, plan)?;
    Ok(Input { reader, plan })
}

/// As [`open_reader`], for what can be read again where it lies, unless it is compressed.
pub(crate) fn open_seekable<R: Read + Seek>(mut reader: R, plan: &Plan) -> Result<Input<R>> {
    if !plan.needs_prescan() || compression::is_file_compressed(&mut reader).map_err(Error::read)? {
        return open_reader(reader, plan);
    }
    let plan = read_ahead(&mut InPlace(&mut reader), plan)?;
    Ok(Input {
        reader: Spool::new(PlainReader::uncompressed(reader), false),
        plan,
    })
}

/// Reads the dump as often as the plan asks for it, and goes back to its start.
fn read_ahead(input: &mut impl Again, plan: &Plan) -> Result<Plan> {
    let mut plan = plan.clone();
    if !plan.needs_prescan() {
        return Ok(plan);
    }
    let mut chunk = vec![0; CHUNK_BYTES];
    while plan.needs_prescan() {
        let mut prescan = Prescan::new(&plan)?;
        loop {
            let read = read_some(input, &mut chunk).map_err(|error| error.or_position(|| prescan.position()))?;
            match chunk.get(..read) {
                None | Some([]) => break,
                Some(bytes) if prescan.write(bytes)? => {}
                Some(_) => break,
            }
        }
        plan = prescan.finish()?;
        input.again(!plan.needs_prescan()).map_err(Error::read)?;
    }
    Ok(plan)
}

/// Reads once, whatever interrupts it.
pub(crate) fn read_some(reader: &mut impl Read, chunk: &mut [u8]) -> Result<usize> {
    loop {
        match reader.read(chunk) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == IoErrorKind::Interrupted => {}
            Err(error) => return Err(Error::read(error)),
        }
    }
}

/// Converts a small dump that is held in memory.
///
/// ```
/// use dumpsert::{Options, Style, convert_str};
///
/// let plan = Options::new().with_style(Style::Rows).build()?;
/// let script = convert_str("INSERT INTO public.t (id, v) VALUES (1, 'one');\n", &plan)?;
/// assert!(script.contains(r#"ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";"#));
/// # Ok::<(), dumpsert::Error>(())
/// ```
///
/// # Errors
/// If the dump is not acceptable.
pub fn convert_str(dump: &str, plan: &Plan) -> Result<String> {
    let mut script = Vec::new();
    convert(dump.as_bytes(), &mut script, plan)?;
    String::from_utf8(script)
        .map_err(|error| Error::new(ErrorKind::Internal, "the script is not UTF-8").with_source(error))
}
