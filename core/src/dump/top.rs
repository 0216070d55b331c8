//! The steps of the [`Reader`] between the rows: comments, psql's commands, and statements that carry no rows.

use memchr::{memchr, memchr2};

use super::allowed::recognise;
use super::head;
use super::line_ends::stripped;
use super::reader::{Current, Reader, State, Step};
use super::statement::{CRLF, MESSAGES, Statement};
use super::words::is_skippable;
use super::{Events, Fault};
use crate::encoding;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::literal::unexpected;
use crate::lex::names::too_long;
use crate::lex::split::Splitter;
use crate::lex::{LexError, excerpt, slice, tail};
use crate::limits::Limit;

/// Statements up to this length are held in memory; longer ones are skipped in pieces, or refused.
const WHOLE_STATEMENT_BYTES: usize = 1 << 20;
/// How many bytes tell what a statement is.
const OPENING_BYTES: usize = 4096;

impl Reader {
    /// Between two statements.
    pub(super) fn top(&mut self, bytes: &[u8], last: bool, events: &mut impl Events) -> Step {
        let Some(&first) = bytes.first() else { return Ok(None) };
        match first {
            b'I' if !self.current.text.is_empty() && bytes.starts_with(&self.current.text) => {
                self.same_head(bytes, events)
            }
            b'\n' | b' ' | b'\t' | b'\x0c' => {
                let end = bytes
                    .iter()
                    .position(|byte| !matches!(byte, b'\n' | b' ' | b'\t' | b'\x0c'));
                let end = end.unwrap_or(bytes.len());
                if let Some(at) = memchr(b'\n', slice(bytes, 0, end)) {
                    self.line_ends.end_line(false, at)?;
                }
                Ok(Some(end))
            }
            b'\r' if bytes.get(1) == Some(&b'\n') => {
                self.line_ends.end_line(true, 0)?;
                Ok(Some(2))
            }
            b'\r' if bytes.len() == 1 && !last => Ok(None),
            b'\r' => Err(carriage_return(0)),
            b'-' if last || bytes.len() > 1 => match bytes.get(1) {
                Some(b'-') => self.comment(bytes, last),
                _ => Err(unexpected(bytes, 0, "a statement").into()),
            },
            b'-' => Ok(None),
            b'/' if bytes.starts_with(b"/*") => self.block_comment(bytes),
            b'/' if bytes.len() == 1 && !last => Ok(None),
            b'\\' => self.meta_command(bytes, last, events),
            b'p' if is_message(bytes) => self.message(bytes, last, events),
            b'p' if !last && may_be_message(bytes) => Ok(None),
            _ => self.statement(bytes, last, events),
        }
    }

    /// A `--` comment, from anywhere in it to its line feed. Comments decide nothing, with two exceptions that no
    /// other text can replace: pg_dump's first line and its last.
    pub(super) fn comment(&mut self, bytes: &[u8], last: bool) -> Step {
        let (line, end) = match memchr(b'\n', bytes) {
            Some(end) => (slice(bytes, 0, end), end + 1),
            // A carriage return may be one half of a line end.
            None if !last && bytes.len() >= WHOLE_STATEMENT_BYTES => {
                let line = bytes.strip_suffix(b"\r").unwrap_or(bytes);
                (line, line.len())
            }
            None if last => (bytes, bytes.len()),
            None => return Ok(None),
        };
        let line = self.end_line(line, end)?;
        if let Some(at) = memchr(b'\r', line) {
            return Err(carriage_return(at));
        }
        if matches!(self.state, State::Top) {
            self.see_commented_key(line);
            match line.trim_ascii_end() {
                // In a cluster dump the next database may be named only inside of its dump.
                b"-- PostgreSQL database dump" if self.cluster && self.complete => self.complete = false,
                b"-- PostgreSQL database dump" if self.header => {
                    let message = "a second dump begins here";
                    return Err(LexError::new(0, ErrorKind::SecondDump, message).into());
                }
                b"-- PostgreSQL database dump" => self.header = true,
                b"-- PostgreSQL database cluster dump" => {
                    self.cluster = true;
                    self.facts.is_cluster = true;
                }
                b"-- PostgreSQL database cluster dump complete" => self.cluster = false,
                b"-- PostgreSQL database dump complete" => {
                    self.complete = self.header;
                    self.current = Current::default();
                }
                _ => self.facts.comment(line),
            }
        }
        self.state = if bytes.get(end.wrapping_sub(1)) == Some(&b'\n') || last {
            State::Top
        } else {
            State::Comment
        };
        Ok(Some(end))
    }

    /// A `/* */` comment, which pg_dump does not write, but people do.
    fn block_comment(&self, bytes: &[u8]) -> Step {
        let most = self.limits.bytes(Limit::GapBytes);
        let window = slice(bytes, 0, bytes.len().min(most));
        let (mut at, mut depth) = (2, 1_u32);
        while let Some(found) = memchr2(b'*', b'/', tail(window, at)) {
            at += found;
            match (window.get(at), window.get(at + 1)) {
                (Some(b'*'), Some(b'/')) if depth == 1 => return Ok(Some(at + 2)),
                (Some(b'*'), Some(b'/')) => (at, depth) = (at + 2, depth - 1),
                (Some(b'/'), Some(b'*')) => (at, depth) = (at + 2, depth.saturating_add(1)),
                _ => at += 1,
            }
        }
        if window.len() < most {
            return Ok(None);
        }
        Err(self.limits.error(Limit::GapBytes).into())
    }

    /// Some programs turn `\restrict` into a comment, and not always both lines of the pair.
    fn see_commented_key(&mut self, line: &[u8]) {
        let commented = line.strip_prefix(b"--").map(<[u8]>::trim_ascii);
        let key = commented.and_then(|line| line.strip_prefix(b"\\unrestrict "));
        if key.is_some() && self.restricted.as_deref() == key {
            self.restricted = None;
        }
    }

    /// A line that pg_dump has written for people (`2>&1`), which is no error.
    fn message(&mut self, bytes: &[u8], last: bool, events: &mut impl Events) -> Step {
        let Some((line, end)) = self.whole_line(bytes, last)? else {
            return Ok(None);
        };
        let line = self.end_line(line, end)?;
        let text = PROGRAMS.iter().find_map(|program| line.strip_prefix(*program));
        let text = text.unwrap_or_default().trim_ascii();
        if ERRORS.iter().any(|error| text.starts_with(error)) {
            let message = format!("pg_dump has failed: `{}`", excerpt(line));
            let hint = "make the dump again, and send the messages of pg_dump elsewhere than its output";
            return Err(Error::new(ErrorKind::NotADump, message).with_hint(hint).into());
        }
        // Translated ones are not known here; a dump that is whole has its trailer.
        self.needs_header |= ![&b"warning:"[..], b"detail:", b"hint:"]
            .iter()
            .any(|known| text.starts_with(known));
        events.skipped(MESSAGES)?;
        Ok(Some(end))
    }

    /// A line without its end, which is looked at; `next` is where the next line begins.
    fn end_line<'a>(&mut self, line: &'a [u8], next: usize) -> Result<&'a [u8], Fault> {
        if next <= line.len() {
            return Ok(line);
        }
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        self.line_ends.end_line(text.len() < line.len(), text.len())?;
        Ok(text)
    }

    /// The line at the start of `bytes` and where the next one begins; `None` for want of more.
    fn whole_line<'a>(&self, bytes: &'a [u8], last: bool) -> Result<Option<(&'a [u8], usize)>> {
        let most = self.limits.bytes(Limit::GapBytes);
        match memchr(b'\n', slice(bytes, 0, bytes.len().min(most))) {
            Some(end) => Ok(Some((slice(bytes, 0, end), end + 1))),
            None if bytes.len() >= most => Err(self.limits.error(Limit::GapBytes)),
            None if last => Ok(Some((bytes, bytes.len()))),
            None => Ok(None),
        }
    }

    /// A line for psql. Only the two that pg_dump wraps around a dump are known, and those that begin another database;
    /// they are dropped, never passed on, because some releases of psql run backquotes in them (CVE-2026-18408).
    fn meta_command(&mut self, bytes: &[u8], last: bool, events: &mut impl Events) -> Step {
        let Some((line, end)) = self.whole_line(bytes, last)? else {
            return Ok(None);
        };
        let line = self.end_line(line, end)?.trim_ascii_end();
        if let Some(connection) = connect_to(line) {
            if let Connection::Database(name) = &connection
                && let Some(message) = too_long(name)
            {
                return Err(LexError::new(0, ErrorKind::TooLarge, message).into());
            }
            self.connect(&connection, events)?;
            return Ok(Some(end));
        }
        if line == b"\\encoding SQL_ASCII" {
            return Ok(Some(end));
        }
        let (opens, key) = match (line.strip_prefix(b"\\restrict "), line.strip_prefix(b"\\unrestrict ")) {
            (Some(key), _) => (true, key),
            (_, Some(key)) => (false, key),
            _ => (true, &b""[..]),
        };
        let is_key = !key.is_empty() && key.iter().all(u8::is_ascii_alphanumeric);
        match (opens, &self.restricted) {
            (true, None) if is_key => self.restricted = Some(key.to_vec()),
            (false, Some(open)) if open == key => self.restricted = None,
            // Only the first line of the pair was taken away.
            (false, None) if is_key => {}
            // At the end of the input it is cut; `finish` says so.
            (false, Some(open)) if last && open.starts_with(key) => return Ok(Some(end)),
            (_, Some(_)) if last && b"\\unrestrict ".starts_with(line) => return Ok(Some(end)),
            _ => {
                let message = format!(
                    "`{}` is a command for psql, which is not allowed here in a dump",
                    excerpt(line)
                );
                return Err(LexError::new(0, ErrorKind::StatementNotAllowed, message).into());
            }
        }
        events.skipped("\\restrict")?;
        Ok(Some(end))
    }

    /// Another session begins, mostly in another database.
    fn connect(&mut self, to: &Connection, events: &mut impl Events) -> Result<()> {
        self.scs = true;
        self.set_search_path(None);
        self.forget_all_heads();
        match to {
            Connection::Same => events.schema(RESET_PATH, true)?,
            Connection::Database(name) => {
                if self.complete {
                    self.header = false;
                    self.complete = false;
                }
                events.database(name)?;
            }
        }
        events.skipped("\\connect")
    }

    /// Any statement; `bytes` starts with its first token.
    fn statement(&mut self, bytes: &[u8], last: bool, events: &mut impl Events) -> Step {
        let opening = slice(bytes, 0, bytes.len().min(OPENING_BYTES));
        let word_end = match opening.iter().position(|byte| !byte.is_ascii_alphabetic()) {
            Some(end) => end,
            None if opening.len() == OPENING_BYTES => return Err(unexpected(bytes, 0, "a statement").into()),
            None if last => opening.len(),
            None => return Ok(None),
        };
        let word = slice(bytes, 0, word_end);
        if word.eq_ignore_ascii_case(b"INSERT") {
            return self.new_head(bytes, head::scan_insert, events);
        }
        if word.eq_ignore_ascii_case(b"COPY") {
            return self.new_head(bytes, head::scan_copy, events);
        }
        let mut splitter = Splitter::new(self.scs);
        let most = self.limits.bytes(Limit::StatementBytes);
        let whole = most.min(WHOLE_STATEMENT_BYTES);
        let window = slice(bytes, 0, bytes.len().min(whole));
        if let Some(end) = splitter.scan(window) {
            self.whole_statement(slice(bytes, 0, end), events)?;
            return Ok(Some(end));
        }
        if window.len() < whole {
            return Ok(None);
        }
        if is_skippable(slice(window, 0, OPENING_BYTES.min(whole)), self.scs) {
            events.skipped("very long statement")?;
            self.state = State::Skip(Box::new(splitter));
            return Ok(Some(window.len()));
        }
        let longest = slice(bytes, 0, bytes.len().min(most));
        match splitter.scan(tail(longest, window.len())) {
            Some(length) => {
                let end = window.len() + length;
                self.whole_statement(slice(bytes, 0, end), events)?;
                Ok(Some(end))
            }
            None if longest.len() < most => Ok(None),
            None => Err(self.limits.error(Limit::StatementBytes).into()),
        }
    }

    fn whole_statement(&mut self, sql: &[u8], events: &mut impl Events) -> Result<(), Fault> {
        let statement = recognise(sql, self.scs)?;
        // What is left out may hold what it likes, and so may what makes a function or a view.
        let is_read = match &statement {
            None | Some(Statement::Skipped(_)) => false,
            Some(Statement::Schema(label)) => HOLD_VALUES.iter().any(|object| label.ends_with(object)),
            Some(_) => true,
        };
        if is_read && self.line_ends.look_at_statement(sql, self.scs)? {
            events.skipped(CRLF)?;
            let sql = stripped(sql);
            let statement = recognise(&sql, self.scs)?;
            return self.recognised(statement, &sql, events);
        }
        self.recognised(statement, sql, events)
    }

    fn recognised(&mut self, statement: Option<Statement>, sql: &[u8], events: &mut impl Events) -> Result<(), Fault> {
        match statement {
            Some(Statement::Set { name, value }) => self.set(&name, &value, events)?,
            Some(Statement::SearchPath { path, is_counted }) => {
                self.set_search_path(path);
                events.schema(sql, self.scs)?;
                if is_counted {
                    events.skipped("SET")?;
                }
            }
            Some(Statement::Reset(name)) => self.reset(&name, events)?,
            Some(Statement::SetVal {
                sequence,
                value,
                is_called,
            }) => {
                events.sequence(&sequence, self.search_path.as_deref(), value, is_called)?;
            }
            Some(Statement::Schema(label)) => {
                self.catalog_bytes += sql.len() as u64;
                if self.catalog_bytes > self.limits.get(Limit::CatalogBytes) {
                    return Err(self.limits.error(Limit::CatalogBytes).into());
                }
                events.schema(sql, self.scs)?;
                events.skipped(&label)?;
            }
            Some(Statement::Skipped(label)) => events.skipped(label)?,
            None => {
                let message = format!("`{}` is not allowed in a dump", excerpt(sql));
                let hint = "only what pg_dump writes is read, and only rows and sequences are passed on";
                return Err(Error::new(ErrorKind::StatementNotAllowed, message)
                    .with_hint(hint)
                    .into());
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &[u8], events: &mut impl Events) -> Result<()> {
        match name {
            "standard_conforming_strings" => match value {
                b"on" => self.scs = true,
                b"off" => {
                    self.scs = false;
                    self.facts.scs_off = true;
                }
                _ => {
                    let message = "standard_conforming_strings must be on or off";
                    return Err(Error::new(ErrorKind::StatementNotAllowed, message));
                }
            },
            "client_encoding" => {
                let encoding = encoding::allowed(value)?;
                self.check_encoding(encoding)?;
                events.client_encoding(encoding)?;
                self.forget_heads();
            }
            _ => {}
        }
        events.skipped("SET")?;
        Ok(())
    }

    /// What the dump has set is as at the start of a session. Its encoding stays: rows in another one would be seen.
    fn reset(&mut self, name: &str, events: &mut impl Events) -> Result<()> {
        if matches!(name, "all" | "standard_conforming_strings") {
            self.scs = true;
        }
        if matches!(name, "all" | "search_path") {
            self.set_search_path(None);
            events.schema(RESET_PATH, true)?;
        }
        events.skipped("RESET")
    }
}

/// Where a `\connect` leads.
#[derive(Debug, PartialEq, Eq)]
enum Connection {
    /// To the same database, as somebody else: `\connect - user`.
    Same,
    Database(Vec<u8>),
}

/// Where a `\connect` leads, in the forms of appendPsqlMetaConnect() in src/fe_utils/string_utils.c: a plain or quoted
/// name, or `-reuse-previous=on "dbname='…'"` for odd ones. Older releases and people also name user, host and port.
fn connect_to(line: &[u8]) -> Option<Connection> {
    let argument = line.strip_prefix(b"\\connect ").or(line.strip_prefix(b"\\c "))?;
    // psql takes no notice of semicolons there.
    let argument = argument.trim_ascii_start();
    let ends_in = argument.iter().rev().take_while(|byte| matches!(byte, b';' | b' '));
    let argument = slice(argument, 0, argument.len() - ends_in.count());
    if let Some(text) = argument.strip_prefix(b"-reuse-previous=on ") {
        let (connection, rest) = connect_argument(text)?;
        let value = connection.strip_prefix(b"dbname='")?.strip_suffix(b"'")?;
        let mut name = Vec::new();
        let mut bytes = value.iter();
        while let Some(&byte) = bytes.next() {
            name.push(if byte == b'\\' { *bytes.next()? } else { byte });
        }
        return rest.is_empty().then_some(Connection::Database(name));
    }
    let is_same = argument.starts_with(b"- ");
    let (database, mut rest) = connect_argument(argument)?;
    // User, host and port.
    for _ in 0..3 {
        if !rest.is_empty() {
            rest = connect_argument(rest)?.1;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    Some(match database.as_slice() {
        b"-" if is_same => Connection::Same,
        _ if database.starts_with(b"-") => return None,
        _ => Connection::Database(database),
    })
}

/// One argument, and what follows the blanks behind it.
fn connect_argument(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let mut at = 0;
    if text.first() == Some(&b'"') {
        loop {
            let length = memchr(b'"', tail(text, at + 1))?;
            value.extend_from_slice(slice(text, at + 1, at + 1 + length));
            at += length + 2;
            if text.get(at) != Some(&b'"') {
                break;
            }
            value.push(b'"');
        }
    } else {
        let is_plain = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        at = text.iter().take_while(is_plain).count();
        value.extend_from_slice(slice(text, 0, at));
    }
    let rest = tail(text, at);
    let is_whole = rest.is_empty() || matches!(rest.first(), Some(b' ' | b'\t'));
    (!value.is_empty() && is_whole).then(|| (value, rest.trim_ascii_start()))
}

/// Objects of which the catalog keeps names and values.
const HOLD_VALUES: [&str; 5] = [" TABLE", " TYPE", " DOMAIN", " SEQUENCE", " SCHEMA"];

/// The catalog follows the search path by statements.
const RESET_PATH: &[u8] = b"RESET search_path;";

/// How lines begin that pg_dump and its siblings write for people.
const PROGRAMS: [&[u8]; 3] = [b"pg_dump: ", b"pg_dumpall: ", b"pg_restore: "];

/// What such lines say of a dump that is not whole, in all releases.
const ERRORS: [&[u8]; 8] = [
    b"error:",
    b"fatal:",
    b"[archiver",
    b"[tar archiver",
    b"[custom archiver",
    b"aborting because",
    b"SQL command failed",
    b"query failed",
];

fn is_message(bytes: &[u8]) -> bool {
    PROGRAMS.iter().any(|program| bytes.starts_with(program))
}

/// Whether more bytes could make a message of these.
fn may_be_message(bytes: &[u8]) -> bool {
    PROGRAMS.iter().any(|program| program.starts_with(bytes))
}

fn carriage_return(at: usize) -> Fault {
    let hint = "the line ends were changed, and with them maybe the values; let pg_dump write the file itself: \
                pg_dump -f dump.sql …, and copy it as binary";
    let error = Error::new(
        ErrorKind::NotADump,
        "a carriage return (CRLF line ends), which pg_dump never writes here",
    );
    Fault::from(error.with_hint(hint)).shift(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_of_connect() {
        let cases: &[(&str, Option<&str>)] = &[
            ("\\connect app somebody", Some("app")),
            ("\\connect app \"Some Body\" - 5432", Some("app")),
            ("\\connect \"app\";", Some("app")),
            ("\\c app", Some("app")),
            ("\\connect app a b c d", None),
            ("\\connect app `id`", None),
            ("\\connect app; DROP", None),
            ("\\connect -reuse-previous=off app", None),
            ("\\connect \"app", None),
            ("\\connect \"app\"x", None),
            ("\\connect app_1", Some("app_1")),
            ("\\connect \"Mixed\"", Some("Mixed")),
            ("\\connect -reuse-previous=on \"dbname='a b'\"", Some("a b")),
            (
                "\\connect -reuse-previous=on \"dbname='it\\'s \"\"q\"\"'\"",
                Some("it's \"q\""),
            ),
            ("\\connect app `id`", None),
            (
                "\\connect -reuse-previous=on \"dbname='a' host='b'\"",
                Some("a' host='b"),
            ),
            ("\\connect \"a\" \"b\"", Some("a")),
            ("\\connect", None),
        ];
        for (line, expected) in cases {
            let expected = expected.map(|name| Connection::Database(name.into()));
            assert_eq!(connect_to(line.as_bytes()), expected, "{line}");
        }
        for line in ["\\connect - postgres", "\\connect - \"Some Body\""] {
            assert_eq!(connect_to(line.as_bytes()), Some(Connection::Same), "{line}");
        }
    }
}
