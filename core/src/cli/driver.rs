//! The script as JSON lines, one statement each.

use std::io::{BufWriter, Read, Write};

use dumpsert::{Error, Plan, Report, statements};
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    sql: &'a str,
}

/// Writes `{"sql": …}` for every statement.
pub(super) fn convert(reader: impl Read, writer: impl Write, plan: &Plan) -> Result<Report, Error> {
    let mut writer = BufWriter::new(writer);
    let mut statements = statements(reader, plan)?;
    for sql in statements.by_ref() {
        serde_json::to_writer(&mut writer, &Line { sql: &sql? }).map_err(|error| Error::write(error.into()))?;
        writer.write_all(b"\n").map_err(Error::write)?;
    }
    writer.flush().map_err(Error::write)?;
    Ok(statements.report().cloned().unwrap_or_default())
}
