//! Whether a pooler stands before a database that gives each transaction whatever session is free.

use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};

use super::children::Cancel;
use super::database::Side;
use crate::error::{Error, ErrorKind, Result};

/// What no two sessions have in common, also not on two hosts.
const SESSION: &[u8] =
    b"SELECT pid, backend_start FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid();\n";
/// How often each is asked. Poolers give out the session that came back last, or, on a busy server, now this one and now that.
const TIMES: u32 = 4;

/// Whether two connections that are open at the same time are answered by one session, or one of them by several. That is
/// so in pgbouncer's mode `transaction`, and not in `session`, where a connection keeps its session. (Mode `statement` refuses
/// the transaction in which a database is asked what it is.)
///
/// A connection that is refused, as by a `CONNECTION LIMIT` of one, says nothing.
pub(super) fn shares_sessions(side: &Side<'_>) -> Result<bool> {
    let (mut one, mut two) = (Asked::start(side)?, Asked::start(side)?);
    let mut before: Option<(String, String)> = None;
    for _ in 0..TIMES {
        let (Some(first), Some(second)) = (one.session(), two.session()) else {
            return Ok(false);
        };
        let now = (first, second);
        if now.0 == now.1 || before.as_ref().is_some_and(|before| *before != now) {
            return Ok(true);
        }
        before = Some(now);
    }
    Ok(false)
}

/// What is said of a source behind such a pooler.
pub(super) fn refused(how_known: &str) -> Error {
    let message = format!(
        "the source's URL leads to a pooler ({how_known}): what pg_dump sets would stay on connections that the source's \
         application gets"
    );
    Error::new(ErrorKind::InvalidOption, message).with_hint("give the URL of the database itself (often DIRECT_URL)")
}

/// A connection that stays open.
struct Asked<'a> {
    cancel: &'a Cancel,
    number: usize,
    ends: Option<(ChildStdin, BufReader<ChildStdout>)>,
}

impl<'a> Asked<'a> {
    fn start(side: &Side<'a>) -> Result<Self> {
        let mut command = side.command(&side.psql.path);
        command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let running = side.cancel.spawn(command, "psql")?;
        Ok(Self {
            cancel: side.cancel,
            number: running.number,
            ends: running.stdin.zip(running.stdout.map(BufReader::new)),
        })
    }

    /// The session that answers now; none if the connection is gone.
    fn session(&mut self) -> Option<String> {
        let (stdin, stdout) = self.ends.as_mut()?;
        stdin.write_all(SESSION).ok()?;
        let mut line = String::new();
        stdout.read_line(&mut line).ok()?;
        Some(line).filter(|line| !line.is_empty())
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        // psql ends with its input.
        self.ends = None;
        let _ = self.cancel.wait(self.number);
    }
}
