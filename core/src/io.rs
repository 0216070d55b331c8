//! Loops around the [`Rewriter`] for `std::io`.

use std::io::{self, ErrorKind as IoErrorKind, Read, Seek, Write};
use std::path::Path;

use tempfile::SpooledTempFile;

use crate::catalog::Catalog;
use crate::compression::{self, Plain};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Plan;
use crate::prescan;
use crate::report::Report;
use crate::rewriter::Progress;
use crate::script::Script;

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
    mut writer: impl Write,
    plan: &Plan,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Report> {
    run(Script::new(reader, plan)?, &mut writer, &mut progress)
}

/// As [`convert_with`], from a file. A full dump that has to be read twice is not spooled, unless it is compressed.
///
/// # Errors
/// As [`convert`].
pub fn convert_file(
    path: impl AsRef<Path>,
    mut writer: impl Write,
    plan: &Plan,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Report> {
    run(Script::of_file(path, plan)?, &mut writer, &mut progress)
}

/// The plain bytes of a dump; what was read ahead is read again first.
pub(crate) type Dump<R> = io::Chain<SpooledTempFile, Plain<R>>;

/// A dump, and the plan, with the dump's own catalog where that was needed.
pub(crate) struct Input<R: Read> {
    pub(crate) reader: Dump<R>,
    pub(crate) plan: Plan,
}

impl<R: Read> Input<R> {
    fn new(reader: Plain<R>, plan: &Plan, catalog: Option<Catalog>) -> Result<Self> {
        Ok(Self {
            reader: SpooledTempFile::new(0).chain(reader),
            plan: with_catalog(plan, catalog)?,
        })
    }
}

/// Undoes compression, and learns the keys of a full dump before its rows are read, where they are needed.
pub(crate) fn open_reader<R: Read>(reader: R, plan: &Plan) -> Result<Input<R>> {
    let reader = Plain::new(reader).map_err(Error::read)?;
    if !plan.needs_catalog() {
        return Input::new(reader, plan, None);
    }
    let (reader, catalog) = prescan::spooled(reader, plan)?;
    Ok(Input {
        reader,
        plan: with_catalog(plan, catalog)?,
    })
}

/// As [`open_reader`], for what can be read twice where it lies, unless it is compressed.
pub(crate) fn open_seekable<R: Read + Seek>(mut reader: R, plan: &Plan) -> Result<Input<R>> {
    if !plan.needs_catalog() || compression::is_compressed(&mut reader).map_err(Error::read)? {
        return open_reader(reader, plan);
    }
    let (reader, catalog) = prescan::rewound(reader, plan)?;
    Input::new(Plain::uncompressed(reader), plan, catalog)
}

fn with_catalog(plan: &Plan, catalog: Option<Catalog>) -> Result<Plan> {
    match catalog {
        Some(catalog) => plan.clone().with_catalog(catalog),
        None => Ok(plan.clone()),
    }
}

fn run<R: Read>(
    mut script: Script<R>,
    writer: &mut impl Write,
    progress: &mut impl FnMut(Progress<'_>),
) -> Result<Report> {
    let mut out = Vec::new();
    let result = loop {
        let read = script.read(&mut out);
        let written = writer
            .write_all(&out)
            .map_err(|error| Error::write(error).or_position(|| script.position()));
        out.clear();
        // An error of the dump is worth more than one of writing its last words.
        match read.and_then(|report| written.map(|()| report)) {
            Ok(None) => progress(script.progress()),
            Ok(Some(report)) => break Ok(report),
            Err(error) => {
                script.abort(&error, &mut out);
                let _ = writer.write_all(&out);
                break Err(error);
            }
        }
    };
    let flushed = writer
        .flush()
        .map_err(|error| Error::write(error).or_position(|| script.position()));
    let report = result?;
    flushed?;
    Ok(report)
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
/// use dumpsert::{Options, convert_str};
///
/// let script = convert_str("INSERT INTO public.t (id, v) VALUES (1, 'one');\n", &Options::new().build()?)?;
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
