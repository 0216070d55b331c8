//! Loops around the [`Rewriter`] for `std::io`.

use std::io::{ErrorKind as IoErrorKind, Read, Write};

use crate::error::{Error, Result};
use crate::options::Plan;
use crate::report::Report;
use crate::rewriter::{Progress, Rewriter};

/// How much is read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Converts a dump to a script, from any reader to any writer.
///
/// Reads until the end. Neither side needs a buffer of its own. After an error the script ends with a statement that
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
    mut reader: impl Read,
    mut writer: impl Write,
    plan: &Plan,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Report> {
    let mut rewriter = Rewriter::new(plan);
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut out = Vec::new();
    let result = loop {
        let read = match reader.read(&mut chunk) {
            Ok(read) => read,
            Err(error) if error.kind() == IoErrorKind::Interrupted => continue,
            Err(error) => {
                let error = Error::read(error);
                rewriter.abort(&error, &mut out);
                break Err(error);
            }
        };
        let result = match chunk.get(..read) {
            None | Some([]) => rewriter.finish(&mut out).map(Some),
            Some(bytes) => rewriter.write(bytes, &mut out).map(|()| None),
        };
        match result {
            Ok(None) => {
                writer.write_all(&out).map_err(Error::write)?;
                out.clear();
                progress(rewriter.progress());
            }
            Ok(Some(report)) => break Ok(report),
            Err(error) => break Err(error),
        }
    };
    // An error of the dump is worth more than one of writing its last words.
    let written = writer
        .write_all(&out)
        .and_then(|()| writer.flush())
        .map_err(Error::write);
    let report = result?;
    written?;
    Ok(report)
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
        .map_err(|error| Error::new(crate::ErrorKind::Internal, "the script is not UTF-8").with_source(error))
}
