//! Loops around the [`Rewriter`] for `std::io`.

use std::io::{Read, Write};
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;
use crate::report::Report;
use crate::rewrite::rewriter::Progress;
use crate::run::script::Script;

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

/// As [`convert`], from a file. A full dump that has to be read twice is not spooled, unless it is compressed.
///
/// # Errors
/// As [`convert`].
pub fn convert_file(path: impl AsRef<Path>, writer: impl Write, plan: &Plan) -> Result<Report> {
    convert_file_with(path, writer, plan, |_| {})
}

/// As [`convert_file`], and calls `progress` after every chunk.
///
/// # Errors
/// As [`convert`].
pub fn convert_file_with(
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
