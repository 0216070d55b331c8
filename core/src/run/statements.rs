//! The script as single statements, for programs that run it through a driver.

use std::fmt;
use std::io::{self, Read};

use memchr::{memchr, memmem};

use crate::error::{Error, ErrorKind, Result};
use crate::lex::split::Splitter;
use crate::lex::{slice, tail};
use crate::options::{Client, Style};
use crate::plan::Plan;
use crate::report::Report;
use crate::rewrite::RESET;
use crate::rewrite::rewriter::{Progress, Rewriter, STEPS_HINT};
use crate::run::input::{Chunks, Input, open_reader};

/// What a [`Rewriter`] writes for a driver, cut into single statements: for programs that push. [`statements`] is the
/// loop around both.
///
/// ```
/// use dumpsert::{Client, Options, Rewriter, StatementQueue};
///
/// let mut rewriter = Rewriter::new(&Options::new().with_client(Client::Driver).build()?);
/// let mut queue = StatementQueue::new();
/// rewriter.write(b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n", queue.buffer())?;
/// rewriter.finish(queue.buffer())?;
/// while let Some(statement) = queue.pop() {
///     let _sql: String = statement?;
/// }
/// # Ok::<(), dumpsert::Error>(())
/// ```
pub struct StatementQueue {
    /// What was written and not returned yet, from `start` on.
    out: Vec<u8>,
    /// The statement that begins at `start`, of which all up to `scanned` was looked at.
    splitter: Splitter,
    start: usize,
    scanned: usize,
}

impl fmt::Debug for StatementQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatementQueue").finish_non_exhaustive()
    }
}

impl Default for StatementQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl StatementQueue {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            out: Vec::new(),
            splitter: Splitter::new(true),
            start: 0,
            scanned: 0,
        }
    }

    /// Where the rewriter writes. Only append to it.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        self.out.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        &mut self.out
    }

    /// The next statement that is there as a whole.
    ///
    /// # Errors
    /// If it is not UTF-8, which is all that drivers take; nothing must be run after it.
    pub fn pop(&mut self) -> Option<Result<String>> {
        let end = self.splitter.scan(slice(&self.out, self.scanned, self.out.len()));
        let Some(length) = end else {
            self.scanned = self.out.len();
            return self.forget_given_up().then(|| self.pop()).flatten();
        };
        let end = self.scanned + length;
        let statement = with_escape_strings(slice(&self.out, self.start, end).trim_ascii());
        self.start = end;
        self.scanned = end;
        self.splitter = Splitter::new(true);
        Some(String::from_utf8(statement).map_err(|error| {
            Error::new(
                ErrorKind::Encoding,
                "a driver takes only UTF-8, and the dump is in another encoding",
            )
            .with_hint("dump with pg_dump -E UTF8")
            .with_source(error)
        }))
    }
}

impl StatementQueue {
    /// Forgets the statement that was begun, if the writer has given it up: what follows is the reason, and nothing else.
    fn forget_given_up(&mut self) -> bool {
        let begun = slice(&self.out, self.start, self.out.len());
        if !begun.ends_with(b"$dumpsert$;\n") {
            return false;
        }
        let Some(found) = memmem::rfind(begun, RESET) else {
            return false;
        };
        // Inside of a value it would be a part of that.
        let mut before = Splitter::new(true);
        let is_inside =
            before.scan(slice(begun, 0, found)).is_some() || !matches!(before.open_token(), None | Some("parentheses"));
        if is_inside {
            return false;
        }
        self.start += found + RESET.len();
        self.scanned = self.start;
        self.splitter = Splitter::new(true);
        true
    }
}

/// The statements of a script, in order; see [`statements`].
pub struct Statements<R> {
    input: Chunks<R>,
    rewriter: Rewriter,
    queue: StatementQueue,
    report: Option<Report>,
    is_done: bool,
}

impl<R> fmt::Debug for Statements<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statements")
            .field("is_done", &self.is_done)
            .finish_non_exhaustive()
    }
}

/// Converts a dump to single statements, for a plan with [`Client::Driver`].
///
/// Run them in order, in one transaction of your own, and commit only after the iterator has ended without an error;
/// a transaction that is committed earlier fails, and nothing is changed. The statement before the last returns one
/// row with one column, the result as JSON.
///
/// ```
/// use dumpsert::{Client, Options, statements};
///
/// let plan = Options::new().with_client(Client::Driver).build()?;
/// let dump = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
/// for statement in statements(dump.as_bytes(), &plan)? {
///     let _sql: String = statement?;
/// }
/// # Ok::<(), dumpsert::Error>(())
/// ```
///
/// # Errors
/// If the plan is not for a driver, or has the style [`Staged`](Style::Staged), for which there are
/// [`steps`](crate::steps); or if the dump cannot be read.
pub fn statements<R: Read>(reader: R, plan: &Plan) -> Result<Statements<R>> {
    if plan.client() != Client::Driver {
        let message = "single statements need a plan with client = driver";
        return Err(Error::new(ErrorKind::InvalidOption, message));
    }
    if plan.style() == Style::Staged {
        let message = "`style = staged` has COPY between its statements, which single statements cannot be";
        return Err(Error::new(ErrorKind::InvalidOption, message).with_hint(STEPS_HINT));
    }
    let Input { reader, plan } = open_reader(reader, plan).map_err(|error| match error.kind() {
        // Reading knows nothing of lines.
        ErrorKind::Read => error.or_position(|| Rewriter::new(plan).position()),
        _ => error,
    })?;
    Ok(Statements {
        input: Chunks::new(reader),
        rewriter: Rewriter::new(&plan),
        queue: StatementQueue::new(),
        report: None,
        is_done: false,
    })
}

impl<R: Read> Statements<R> {
    /// The report, once the iterator has ended without an error.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// As [`next`](Iterator::next), and calls `progress` after every piece of the dump, of which there can be many before
    /// a statement is whole; an error of that ends the run as a failure to read does.
    ///
    /// # Errors
    /// As [`next`](Iterator::next).
    pub fn next_with(&mut self, mut progress: impl FnMut(Progress<'_>) -> io::Result<()>) -> Option<Result<String>> {
        while !self.is_done {
            if let Some(statement) = self.queue.pop() {
                self.is_done = statement.is_err();
                return Some(statement);
            }
            let told = self.read().and_then(|more| {
                let told = if more {
                    progress(self.rewriter.progress())
                } else {
                    Ok(())
                };
                told.map(|()| more)
                    .map_err(|error| Error::read(error).or_position(|| self.rewriter.position()))
            });
            match told {
                Ok(true) => {}
                Ok(false) => self.is_done = true,
                Err(error) => {
                    self.is_done = true;
                    self.report = None;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// Reads on until something is written; returns false at the end.
    fn read(&mut self) -> Result<bool> {
        if self.report.is_some() {
            return Ok(false);
        }
        let step = self.input.step(&mut self.rewriter, self.queue.buffer());
        self.report = step.map_err(|error| match error.kind() {
            ErrorKind::Read => error.or_position(|| self.rewriter.position()),
            _ => error,
        })?;
        Ok(true)
    }
}

/// Writes the literals that have a backslash as `E'…'`, which ends at the same place under any
/// `standard_conforming_strings`: a driver that sends several statements in one string has them all lexed by the server
/// before the first, which checks the setting, is run.
pub(crate) fn with_escape_strings(statement: &[u8]) -> Vec<u8> {
    if memchr(b'\\', statement).is_none() {
        return statement.to_vec();
    }
    const DOLLARS: &[u8] = b"$dumpsert$";
    let find = |from: usize, end: &[u8]| {
        let found = memmem::find(tail(statement, from), end);
        found.map_or(statement.len(), |found| from + found + end.len())
    };
    let mut out = Vec::with_capacity(statement.len() + 16);
    let mut at = 0;
    while let Some(&byte) = statement.get(at) {
        let rest = tail(statement, at);
        // A doubled quote ends here and begins again, which comes to the same for names; for literals it is looked after.
        let end = match byte {
            b'"' => find(at + 1, b"\""),
            b'-' if rest.starts_with(b"--") => find(at, b"\n"),
            b'$' if rest.starts_with(DOLLARS) => find(at + DOLLARS.len(), DOLLARS),
            b'\'' => {
                let mut end = find(at + 1, b"'");
                while statement.get(end) == Some(&b'\'') {
                    end = find(end + 1, b"'");
                }
                end
            }
            _ => at + 1,
        };
        let token = slice(statement, at, end);
        if byte == b'\'' && memchr(b'\\', token).is_some() {
            out.push(b'E');
            for part in token.split_inclusive(|&byte| byte == b'\\') {
                out.extend_from_slice(part);
                out.extend(part.last().filter(|&&last| last == b'\\'));
            }
        } else {
            out.extend_from_slice(token);
        }
        at = end;
    }
    out
}

impl<R: Read> Iterator for Statements<R> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_with(|_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::run::input::CHUNK_BYTES;

    #[test]
    fn progress_is_told_and_can_end_a_run() {
        let plan = Options::new().with_client(Client::Driver).build().unwrap();
        let row = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
        let dump = row.repeat(3 * CHUNK_BYTES / row.len());

        let mut told = Vec::new();
        let mut whole = statements(&dump[..], &plan).unwrap();
        let tell =
            |told: &mut Vec<_>, done: Progress<'_>| told.push((done.bytes, done.rows, done.table.map(str::to_owned)));
        while let Some(statement) = whole.next_with(|done| {
            tell(&mut told, done);
            Ok(())
        }) {
            statement.unwrap();
        }
        let report = whole.report().unwrap();
        assert!(told.len() >= 3 && told.is_sorted());
        let last = (report.bytes_read, report.rows_kept(), Some("public.t".to_owned()));
        assert_eq!(told.last(), Some(&last));

        let mut ended = statements(&dump[..], &plan).unwrap();
        let error = ended
            .next_with(|_| Err(io::Error::other("enough")))
            .unwrap()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Read);
        assert!(error.position().is_some_and(|position| position.byte > 0));
        assert!(ended.next().is_none());
        assert!(ended.report().is_none());
    }

    /// A long row that is refused after its start is not run; only its own values may hold what gives a statement up.
    #[test]
    fn a_row_that_was_given_up() {
        let plan = Options::new().with_client(Client::Driver).build().unwrap();
        let long = "it''s\n\\r\n$dumpsert$;\n".repeat(1 << 17);
        for dump in [
            format!("INSERT INTO public.t (id, v) VALUES (1, '{long}"),
            format!("INSERT INTO public.t (id, v) VALUES ('{long}', now());\n"),
            format!("INSERT INTO public.t (id, v) VALUES (B'{}", "01".repeat(1 << 20)),
        ] {
            let mut rewriter = Rewriter::new(&plan);
            let mut queue = StatementQueue::new();
            let mut popped = Vec::new();
            let mut result = Ok(());
            for chunk in dump.as_bytes().chunks(100_000) {
                result = result.and_then(|()| rewriter.write(chunk, queue.buffer()));
                popped.extend(std::iter::from_fn(|| queue.pop()).map(Result::unwrap));
            }
            let error = match result.and_then(|()| rewriter.finish(queue.buffer())) {
                Err(error) => error,
                Ok(_) => panic!("not refused"),
            };
            popped.extend(std::iter::from_fn(|| queue.pop()).map(Result::unwrap));
            let last = popped.pop().unwrap();
            assert!(
                last.starts_with("DO $dumpsert$") && last.contains("RAISE EXCEPTION"),
                "{error}: {last}"
            );
            assert!(
                !popped
                    .iter()
                    .any(|statement| statement.starts_with("INSERT INTO \"public\"")),
                "{error}"
            );
        }
    }

    #[test]
    fn backslashes_for_drivers() {
        for (statement, expected) in [
            ("VALUES (1, 'it''s');", "VALUES (1, 'it''s');"),
            (r"VALUES ('a\', 'b');", r"VALUES (E'a\\', 'b');"),
            (r"VALUES ('it''s \''', B'01');", r"VALUES (E'it''s \\''', B'01');"),
            (
                r#"INSERT INTO "a\"."b""'\" VALUES ('x');"#,
                r#"INSERT INTO "a\"."b""'\" VALUES ('x');"#,
            ),
            (
                "-- it's a \\ comment\nDO $dumpsert$ x '\\' $dumpsert$, '\\';",
                "-- it's a \\ comment\nDO $dumpsert$ x '\\' $dumpsert$, E'\\\\';",
            ),
        ] {
            let written = with_escape_strings(statement.as_bytes());
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        }
    }
}
