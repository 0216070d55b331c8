//! The frame of the script: what stands before the first row and behind the last.

use std::time::Duration;

use super::tables::{Checks, TableState};
use super::{emit, fixed};
use crate::error::Result;
use crate::options::{Client, Style};
use crate::plan::Plan;
use crate::plan::View;

/// Who is told that what follows is in another encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    /// The server, by a statement.
    Server,
    /// Whoever makes steps of the script ([`Steps`](crate::Steps)), by psql's own command: the session of a driver stays in UTF-8.
    Steps,
    /// Nobody: all is UTF-8.
    Nobody,
}

impl Switch {
    pub(crate) fn of(client: Client, style: Style) -> Self {
        match (client, style) {
            (Client::Psql, _) => Self::Server,
            (Client::Driver, Style::Staged) => Self::Steps,
            (Client::Driver, _) => Self::Nobody,
        }
    }

    /// What follows is in this encoding.
    pub(crate) fn tell(self, out: &mut Vec<u8>, encoding: &str) {
        let line = match self {
            Self::Server => format!("SET LOCAL client_encoding = '{encoding}';\n"),
            Self::Steps => format!("\\encoding {encoding}\n"),
            Self::Nobody => return,
        };
        out.extend_from_slice(line.as_bytes());
    }
}

/// What the frame depends on.
pub(crate) struct Frame<'a> {
    pub(crate) style: Style,
    pub(crate) client: Client,
    pub(crate) client_encoding: &'a str,
    pub(crate) lock_timeout: Option<Duration>,
    /// The options for the fixed text, as JSON.
    pub(crate) options: &'a str,
    /// What is told beside the result.
    pub(crate) view: &'a View,
    /// Whether rows are recognised by other columns than their key.
    pub(crate) maps: bool,
}

/// Forgets the statement that was begun: psql's own command, which a [`StatementQueue`](crate::StatementQueue) follows
/// too. It stands on a line of its own.
pub(crate) const RESET: &[u8] = b"\n\\r\n";

/// Opens psql's `\if` and the transaction. `ON_ERROR_STOP` stands on the first line, because psql honours it only from
/// the next line on; with the `\if` open, a script that is cut anywhere behind that line ends with exit status 3.
///
/// The isolation level is the one that fits: a table is locked before its rows are compared, and under REPEATABLE READ the
/// snapshot would be older than the lock. The context of errors of our own routines says nothing to a user.
pub(crate) const OPENING: &str = "\
\\if true \\set ON_ERROR_STOP on
\\set ON_ERROR_ROLLBACK off
\\set QUIET on
\\set SHOW_CONTEXT never
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
";

/// What the epilogue ends with, behind the result: moves of sequences that no rollback undoes, and the statement that lets a
/// `COMMIT` succeed.
pub(crate) const LAST_CALL: &str = "CALL pg_temp.dumpsert_run('end');\n";

/// What follows the epilogue. Whoever decides by the result whether to commit holds this and the last call back.
pub(crate) const COMMIT: &str = "COMMIT;\n\\echo :dumpsert_result\n\\endif\n";

/// `transaction_timeout` exists since PostgreSQL 17. Compiling pays for none of the queries on the catalog and on tables
/// without statistics, whose costs are guessed too high: it takes 0.4 s of a run of 0.45 s.
const SETTINGS: &str = "\
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL row_security = off;
SET LOCAL xmloption = content;
SET LOCAL array_nulls = on;
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
DO $dumpsert$
BEGIN
  IF pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL THEN
    PERFORM pg_catalog.set_config('transaction_timeout', '0', true);
  END IF;
END
$dumpsert$;
";

/// What the transaction of a driver that runs steps has to be. Each of them is sent by itself, so that the settings are there before
/// the next one is read; a session in another encoding would take what is sent for something else.
const STEPS_OPENING: &str = "\
SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
SET LOCAL standard_conforming_strings = on;
SET LOCAL client_encoding = 'UTF8';
";

/// What a driver runs first. A setting that ends with the transaction tells the second statement whether it is still in that of the
/// first. Its statements are lexed by the server one by one, under the setting of the session, so
/// that a `SET` in between would do; but a driver that sends several in one string has them lexed before the first acts.
const DRIVER_OPENING: &str = "\
DO $dumpsert$
BEGIN
  IF pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.<>) 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = 'dumpsert needs standard_conforming_strings = on in this session; nothing was changed';
  END IF;
  PERFORM pg_catalog.set_config('dumpsert.transaction', 'open', true);
END
$dumpsert$;
DO $dumpsert$
BEGIN
  IF coalesce(pg_catalog.current_setting('dumpsert.transaction', true), '') OPERATOR(pg_catalog.<>) 'open' THEN
    RAISE EXCEPTION USING ERRCODE = 'no_active_sql_transaction',
      MESSAGE = 'dumpsert: all these statements belong into one transaction, and here each is committed by itself; nothing was changed',
      HINT = 'Send BEGIN before the first statement and COMMIT behind the last, on the same connection.';
  END IF;
END
$dumpsert$;
";

/// Writes everything up to the first row.
pub(crate) fn open(out: &mut Vec<u8>, frame: &Frame<'_>) -> Result<()> {
    let style = match frame.style {
        Style::Rows => "rows",
        Style::Batches => "batches",
        Style::Staged => "staged",
    };
    let switch = Switch::of(frame.client, frame.style);
    let comment = format!("-- dumpsert {}, style {style}\n", env!("CARGO_PKG_VERSION"));
    match frame.client {
        Client::Psql => {
            out.extend_from_slice(OPENING.as_bytes());
            out.extend_from_slice(comment.as_bytes());
            switch.tell(out, frame.client_encoding);
            out.extend_from_slice(b"SET LOCAL standard_conforming_strings = on;\n");
        }
        Client::Driver => {
            out.extend_from_slice(comment.as_bytes());
            if switch == Switch::Steps {
                out.extend_from_slice(STEPS_OPENING.as_bytes());
                switch.tell(out, frame.client_encoding);
            }
            out.extend_from_slice(DRIVER_OPENING.as_bytes());
        }
    }
    let lock_timeout = frame
        .lock_timeout
        .map_or(0, |timeout| timeout.as_millis().clamp(1, i32::MAX as u128));
    out.extend_from_slice(format!("SET LOCAL lock_timeout = {lock_timeout};\n").as_bytes());
    out.extend_from_slice(SETTINGS.as_bytes());
    for text in [
        fixed::PROLOGUE,
        fixed::NAMES,
        fixed::CAUSES,
        fixed::SELECTED,
        fixed::FOUND,
    ] {
        fixed::write(out, text);
    }
    if frame.style == Style::Staged {
        fixed::STAGED.iter().for_each(|text| fixed::write(out, text));
        let more = [
            (frame.view.check, fixed::CHECK),
            (frame.view.differences.is_some(), fixed::DIFFERENCES),
            (frame.view.prune.is_some(), fixed::PRUNE),
            (frame.maps, fixed::MAP),
        ];
        for (_, text) in more.iter().filter(|(is_asked, _)| *is_asked) {
            fixed::write(out, text);
        }
    } else {
        fixed::write(out, fixed::WAITING);
        // Where the target's foreign keys are deferrable, the order of rows does not matter; the epilogue checks them.
        out.extend_from_slice(b"SET CONSTRAINTS ALL DEFERRED;\n");
    }
    let is_ascii = frame.options.is_ascii();
    in_utf8(out, switch, frame.client_encoding, is_ascii, |out| {
        call(out, "dumpsert_begin", |out| {
            emit::literal(out, frame.options.as_bytes())
        })
    })
}

/// Writes what is in UTF-8 whatever the dump is in.
pub(crate) fn in_utf8(
    out: &mut Vec<u8>,
    switch: Switch,
    encoding: &str,
    is_ascii: bool,
    write: impl FnOnce(&mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    let switches = !is_ascii && encoding != "UTF8";
    if switches {
        switch.tell(out, "UTF8");
    }
    write(out)?;
    if switches {
        switch.tell(out, encoding);
    }
    Ok(())
}

/// Names in SQL_ASCII are compared as UTF-8, and a server takes their bytes as they are: it must take them for UTF-8 too.
pub(crate) fn check_bytes(out: &mut Vec<u8>, encoding: &str, plan: &Plan, table: &TableState, columns: &[Vec<u8>]) {
    let is_ascii = table.schema.is_ascii() && table.name.is_ascii() && columns.iter().all(|column| column.is_ascii());
    if encoding == "SQL_ASCII" && !is_ascii && plan.compares_names() {
        out.extend_from_slice(b"CALL pg_temp.dumpsert_bytes_are_utf8();\n");
    }
}

/// Lets the target check what only it knows of a table.
pub(crate) fn check_table(out: &mut Vec<u8>, table: &TableState, checks: &Checks) -> Result<()> {
    call(out, "dumpsert_check_table", |out| {
        emit::list(out, &[&table.schema, &table.name], emit::literal)?;
        for names in [&checks.ruled_schemas, &checks.ruled_names] {
            out.extend_from_slice(b", ");
            emit::text_array(out, names)?;
        }
        out.extend_from_slice(b", ");
        match &checks.unguarded {
            Some(column) => emit::literal(out, column),
            None => {
                out.extend_from_slice(b"NULL");
                Ok(())
            }
        }
    })
}

/// Writes everything behind the last row.
pub(crate) fn close(out: &mut Vec<u8>, client: Client, style: Style, encoding: &str) {
    match Switch::of(client, style) {
        Switch::Server => {
            // The result is JSON, which is in UTF-8; its names may not be in ASCII. Of bytes in SQL_ASCII nobody knows.
            if !matches!(encoding, "UTF8" | "SQL_ASCII") {
                Switch::Server.tell(out, "UTF8");
            }
            fixed::write(out, fixed::EPILOGUE);
            out.extend_from_slice(COMMIT.as_bytes());
        }
        // Steps tell the query by the command behind it.
        Switch::Steps => fixed::write(out, fixed::EPILOGUE),
        // What is for psql stands on lines of its own.
        Switch::Nobody => {
            let lines = fixed::lines(fixed::EPILOGUE).filter(|line| !line.starts_with('\\'));
            lines.for_each(|line| fixed::write(out, line));
        }
    }
}

/// Ends a script that must not succeed: with an error that says the [`reason`]. psql stops there with exit status 3; a client that
/// goes on finds the transaction aborted.
pub(crate) fn abort(out: &mut Vec<u8>, client: Client, is_open: bool, reason: &str) {
    if !is_open && client == Client::Psql {
        out.extend_from_slice(OPENING.as_bytes());
    }
    let text = format!(
        "\nDO $dumpsert$\nBEGIN\n  RAISE EXCEPTION USING ERRCODE = 'data_exception',\n    \
         MESSAGE = '{reason}';\nEND\n$dumpsert$;\n"
    );
    out.extend_from_slice(text.as_bytes());
}

/// The reason for which a script fails. It may quote the dump: only printable ASCII passes, without quotes, backslashes and
/// dollars, so that it means the same under any setting, in SQL and in COPY data.
pub(crate) fn reason(text: &str) -> String {
    let plain = text.chars().map(|char| match char {
        '\'' | '"' | '`' => '"',
        '\\' | '$' => '?',
        ' '..='~' => char,
        _ => '?',
    });
    format!("dumpsert stopped: {}; nothing was changed", plain.collect::<String>())
}

/// Says whether psql shows where an error comes from.
pub(crate) fn show_context(out: &mut Vec<u8>, shown: bool) {
    let when = if shown { "errors" } else { "never" };
    out.extend_from_slice(format!("\\set SHOW_CONTEXT {when}\n").as_bytes());
}

/// A whole script for psql that does nothing but fail.
#[cfg(feature = "cli")]
pub(crate) fn failing_script(why: &str) -> Vec<u8> {
    let mut script = Vec::new();
    abort(&mut script, Client::Psql, false, &reason(why));
    script
}

/// `CALL pg_temp.name(…);`
pub(crate) fn call(out: &mut Vec<u8>, name: &str, arguments: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    out.extend_from_slice(b"CALL pg_temp.");
    out.extend_from_slice(name.as_bytes());
    out.push(b'(');
    arguments(out)?;
    out.extend_from_slice(b");\n");
    Ok(())
}
