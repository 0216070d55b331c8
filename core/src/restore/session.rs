//! The psql that runs the script in the target. It is told to commit by the last word only.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use super::children::{Cancel, heard, listen};
use super::database::Side;
use super::text_mode::{Input, PROBE};
use super::{Target, findings, messages};
use crate::error::{Error, ErrorKind, Result};
use crate::rewrite::{COMMIT, LAST_CALL, OPENING};

/// What the transaction begins with, statement by statement. One run at a time writes to a database: the lock is the transaction's
/// own, and goes with it however that ends.
///
/// A server whose client has gone goes on with its statement until it has something to say. PostgreSQL 14 and later can look.
pub(super) const HEAD: [&str; 3] = [
    "SET LOCAL idle_in_transaction_session_timeout = 0;\n",
    "SET LOCAL statement_timeout = 0;\n",
    r#"DO $dumpsert$
DECLARE
  _holder pg_catalog.text;
BEGIN
  IF NOT pg_catalog.pg_try_advisory_xact_lock(1685417328, 1936028276) THEN
    SELECT pg_catalog.format('process %s, user %s, %s%s%s', a.pid, a.usename, a.application_name,
             ', since ' OPERATOR(pg_catalog.||) pg_catalog.date_trunc('second', a.xact_start)::pg_catalog.text,
             ', from ' OPERATOR(pg_catalog.||) coalesce(pg_catalog.host(a.client_addr), 'this machine'))
      INTO _holder
      FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid
     WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted AND l.objsubid OPERATOR(pg_catalog.=) 2::pg_catalog.int2
       AND l.classid OPERATOR(pg_catalog.=) 1685417328::pg_catalog.oid AND l.objid OPERATOR(pg_catalog.=) 1936028276::pg_catalog.oid
       AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d
                                               WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
     LIMIT 1;
    RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
      MESSAGE = pg_catalog.concat('another run of dumpsert is merging into this database: ', coalesce(_holder, 'it has just ended')),
      HINT = 'Run it again when that has ended.';
  END IF;
  IF pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL THEN
    BEGIN
      PERFORM pg_catalog.set_config('client_connection_check_interval', '1000', true);
    EXCEPTION WHEN OTHERS THEN
      NULL;  -- not on every system
    END;
  END IF;
END
$dumpsert$;
"#,
];

/// What tells that it has begun, and its number. This lock has a number that nobody else has: a source that sees it is the target
/// itself.
const BEGUN: &str = r#"SELECT pg_catalog.pg_advisory_xact_lock_shared(LOCK) AS lock, pg_catalog.txid_current() AS transaction, PROBE AS crlf \gset dumpsert_run_
\echo TOKEN begun :dumpsert_run_crlf :dumpsert_run_transaction
"#;

/// The psql of one run.
pub(super) struct Session<'a> {
    cancel: &'a Cancel,
    number: usize,
    stdin: Option<ChildStdin>,
    input: Input,
    lines: Receiver<String>,
    said: Option<JoinHandle<Vec<u8>>>,
    /// Begins the lines that this run has asked for.
    token: String,
    /// The number of the second lock.
    pub(super) lock: i64,
    pub(super) transaction: String,
    /// Whether psql was told to commit.
    pub(super) is_committing: bool,
    is_opened: bool,
}

impl<'a> Session<'a> {
    /// Starts psql and begins the transaction. `ended` is called when psql has ended, however that comes, and `is_told` with
    /// each line that it says: what is told thereby is not kept.
    ///
    /// # Errors
    /// Why it could not be begun, and all that psql has said.
    pub(super) fn begin(
        side: &Side<'a>,
        ended: impl FnOnce() + Send + 'static,
        is_told: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Self, (Error, String)> {
        let mut command = side.command(&side.psql.path);
        command.args(["-X", "-A", "-t", "-q"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = side
            .cancel
            .spawn(command, "psql")
            .map_err(|error| (error, String::new()))?;
        let random = |number: u8| RandomState::new().hash_one(number);
        let mut session = Self {
            cancel: side.cancel,
            number: running.number,
            stdin: running.stdin.take(),
            // Until it is known: nothing before has a carriage return.
            input: Input::Binary,
            lines: running
                .stdout
                .take()
                .map_or_else(|| channel().1, |pipe| lines_of(pipe, ended)),
            said: running.stderr.take().map(|pipe| listen(pipe, is_told)),
            token: format!("dumpsert-{:016x}{:016x}", random(1), random(2)),
            lock: (random(3) >> 1) as i64,
            transaction: String::new(),
            is_committing: false,
            is_opened: false,
        };
        let begun = BEGUN
            .replace("LOCK)", &format!("{})", session.lock))
            .replace("PROBE", PROBE)
            .replace("TOKEN", &session.token);
        let head = HEAD.concat() + &begun;
        let begun = session
            .write(OPENING.as_bytes())
            .and_then(|()| session.write(head.as_bytes()));
        match begun.and_then(|()| session.answer("begun")) {
            Ok(answer) => {
                let (crlf, transaction) = answer.split_once(' ').unwrap_or_default();
                session.transaction = transaction.to_owned();
                match Input::of(crlf) {
                    Ok(input) => session.input = input,
                    Err(error) => return Err((error, session.failure().1)),
                }
            }
            Err(_) => return Err(session.failure()),
        }
        Ok(session)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let translated = self.input.translated(bytes)?;
        let bytes = translated.as_deref().unwrap_or(bytes);
        let written = match &mut self.stdin {
            Some(stdin) => stdin.write_all(bytes).and_then(|()| stdin.flush()),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(Error::write)
    }

    /// Waits for the line that psql prints by this word; an error if psql ends before.
    fn answer(&self, word: &str) -> Result<String> {
        while let Ok(line) = self.lines.recv() {
            let rest = line.strip_prefix(&self.token).and_then(|rest| rest.strip_prefix(' '));
            if let Some(answer) = rest.and_then(|rest| rest.strip_prefix(word)) {
                return Ok(answer.trim_start().to_owned());
            }
        }
        Err(Error::write(std::io::ErrorKind::BrokenPipe.into()))
    }

    /// Passes on a piece of the script, whose opening psql has already.
    pub(super) fn script(&mut self, piece: &[u8]) -> Result<()> {
        if self.is_opened || piece.is_empty() {
            return self.write(piece);
        }
        self.is_opened = true;
        let rest = piece.strip_prefix(OPENING.as_bytes()).ok_or_else(other_script)?;
        self.write(rest)
    }

    /// Passes on the last piece without its last words, and waits for what the target says of the merge.
    pub(super) fn last(&mut self, piece: &[u8]) -> Result<String> {
        let rest = piece.strip_suffix(COMMIT.as_bytes());
        let rest = rest.and_then(|rest| rest.strip_suffix(LAST_CALL.as_bytes()));
        self.script(rest.ok_or_else(other_script)?)?;
        let ask = format!("\\echo {} merged :dumpsert_result\n", self.token);
        self.write(ask.as_bytes())?;
        self.answer("merged")
    }

    /// What the target tells beside the result, where it was asked for.
    pub(super) fn told(&mut self, target: &Target) -> Result<Option<String>> {
        let Some(query) = findings::query(target) else {
            return Ok(None);
        };
        let ask = format!(
            "{query} AS dumpsert_told\n\\gset\n\\echo {} told :dumpsert_told\n",
            self.token
        );
        self.write(ask.as_bytes())?;
        self.answer("told").map(Some)
    }

    /// The last words: from here on the target decides. Waits until psql says that it has committed, and has ended.
    pub(super) fn commit(&mut self) -> Result<()> {
        self.cancel.commit()?;
        self.is_committing = true;
        let commit = COMMIT.replace(":dumpsert_result", &format!("{} committed", self.token));
        let words = format!("{LAST_CALL}{commit}");
        self.last_words(&words)?;
        self.answer("committed")?;
        self.end()
    }

    /// Ends the transaction without a change.
    pub(super) fn roll_back(&mut self) -> Result<()> {
        let words = format!("ROLLBACK;\n\\echo {} undone\n\\endif\n", self.token);
        self.last_words(&words)?;
        self.answer("undone")?;
        self.end()
    }

    /// Behind them psql finds the end of its input, and ends, whatever becomes of its answer.
    fn last_words(&mut self, words: &str) -> Result<()> {
        let written = self.write(words.as_bytes());
        self.stdin = None;
        written
    }

    fn end(&mut self) -> Result<()> {
        let status = self.cancel.wait(self.number)?;
        match status.success() {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Program, format!("psql ended with {status}"))),
        }
    }

    /// Waits for the end of psql, which has nothing more to read, and returns what it has said.
    pub(super) fn close(&mut self) -> String {
        self.stdin = None;
        // It was waited for already where it ended well.
        let _ = self.cancel.wait(self.number);
        self.said.take().map(heard).unwrap_or_default()
    }

    /// Why psql has ended, and all that it has said.
    pub(super) fn failure(&mut self) -> (Error, String) {
        self.stdin = None;
        let status = self.cancel.wait(self.number);
        let said = self.said.take().map(heard).unwrap_or_default();
        let message = match (said.trim().is_empty(), status) {
            (false, _) => format!("the target says: {}", messages::without_values(&said)),
            (true, Ok(status)) => format!("psql has ended ({status})"),
            (true, Err(_)) => "psql has ended".to_owned(),
        };
        (Error::new(ErrorKind::Database, message), said)
    }
}

fn other_script() -> Error {
    Error::new(ErrorKind::Internal, "the script does not begin or end as it should")
}

/// The lines that psql prints, as they come. When there are no more, `ended` is told.
fn lines_of(pipe: ChildStdout, ended: impl FnOnce() + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let _ = sender.send(text);
            line.clear();
        }
        drop(sender);
        ended();
    });
    lines
}
