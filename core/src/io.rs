//! Loops around the [`Rewriter`] for `std::io`.

use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Read, Write};
use std::path::Path;

use crate::catalog::Catalog;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Client, Plan};
use crate::report::Report;
use crate::rewriter::{Progress, Rewriter};
use crate::{compression, prescan};

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
    run(plan, &mut writer, &mut progress, || open_reader(reader, plan))
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
    run(plan, &mut writer, &mut progress, || {
        let mut file = File::open(path).map_err(Error::read)?;
        let is_file = file.metadata().map_err(Error::read)?.is_file();
        if is_file && plan.needs_catalog() && !compression::is_compressed(&mut file).map_err(Error::read)? {
            let (file, catalog) = prescan::rewound(file, plan)?;
            return Ok(Input {
                reader: Box::new(file),
                plan: with_catalog(plan, catalog)?,
            });
        }
        open_reader(file, plan)
    })
}

/// The plain bytes of a dump, and the plan, with the dump's own catalog where that was needed.
pub(crate) struct Input<'a> {
    pub(crate) reader: Box<dyn Read + 'a>,
    pub(crate) plan: Plan,
}

/// Undoes compression, and learns the keys of a full dump before its rows are read, where they are needed.
pub(crate) fn open_reader<'a>(reader: impl Read + 'a, plan: &Plan) -> Result<Input<'a>> {
    let reader = compression::plain(reader).map_err(Error::read)?;
    if !plan.needs_catalog() {
        return Ok(Input {
            reader,
            plan: plan.clone(),
        });
    }
    let (reader, catalog) = prescan::spooled(reader, plan)?;
    Ok(Input {
        reader,
        plan: with_catalog(plan, catalog)?,
    })
}

fn with_catalog(plan: &Plan, catalog: Option<Catalog>) -> Result<Plan> {
    match catalog {
        Some(catalog) => plan.clone().with_catalog(catalog),
        None => Ok(plan.clone()),
    }
}

/// Runs a plan on what `open` opens.
fn run<'a>(
    plan: &Plan,
    writer: &mut impl Write,
    progress: &mut impl FnMut(Progress<'_>),
    open: impl FnOnce() -> Result<Input<'a>>,
) -> Result<Report> {
    if plan.client() == Client::Driver {
        let message = "a driver takes single statements, not a script";
        return Err(Error::new(ErrorKind::InvalidOption, message).with_hint("call statements()"));
    }
    let mut run = Run {
        rewriter: Rewriter::new(plan),
        out: Vec::new(),
    };
    let result = open().and_then(|input| {
        run.rewriter = Rewriter::new(&input.plan);
        run.convert(input.reader, writer, progress)
    });
    if let Err(error) = &result {
        run.rewriter.abort(error, &mut run.out);
    }
    // An error of the dump is worth more than one of writing its last words.
    let written = writer
        .write_all(&run.out)
        .and_then(|()| writer.flush())
        .map_err(Error::write);
    let report = result?;
    written?;
    Ok(report)
}

struct Run {
    rewriter: Rewriter,
    out: Vec<u8>,
}

impl Run {
    fn convert(
        &mut self,
        mut reader: impl Read,
        writer: &mut impl Write,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> Result<Report> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = read_some(&mut reader, &mut chunk)?;
            match chunk.get(..read) {
                None | Some([]) => return self.rewriter.finish(&mut self.out),
                Some(bytes) => self.rewriter.write(bytes, &mut self.out)?,
            }
            writer.write_all(&self.out).map_err(Error::write)?;
            self.out.clear();
            progress(self.rewriter.progress());
        }
    }
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
