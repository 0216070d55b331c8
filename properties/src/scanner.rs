//! A scanner of scripts. It is strict and shares nothing with the engine: it knows the few lines that a script may have
//! between its fixed texts, byte by byte.

use std::sync::LazyLock;

use crate::allowed::fixed;

/// How a script begins its end when it must not succeed.
pub(crate) const ABORT: &str =
    "\nDO $dumpsert$\nBEGIN\n  RAISE EXCEPTION USING ERRCODE = 'data_exception',\n    MESSAGE = '";

/// What goes before the first long row in style staged.
static LONG_ROWS: LazyLock<String> = LazyLock::new(|| fixed(include_str!("../../core/src/rewrite/sql/long_rows.sql")));

/// What is left to read of the script; and whether every table with a column `id` has a key, so that a row of one without
/// `ON CONFLICT` is one that was broken off.
pub(crate) struct Scanner<'a>(pub(crate) &'a [u8], pub(crate) bool);

impl<'a> Scanner<'a> {
    pub(crate) fn word(&mut self, word: &str) -> bool {
        match self.0.strip_prefix(word.as_bytes()) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    pub(crate) fn expect(&mut self, word: &str) {
        assert!(self.word(word), "expected `{word}` at `{}`", self.0.escape_ascii());
    }

    pub(crate) fn quoted(&mut self, quote: u8) {
        assert_eq!(
            self.0.first(),
            Some(&quote),
            "expected a quote at `{}`",
            self.0.escape_ascii()
        );
        let mut at = 1;
        loop {
            match (self.0.get(at), self.0.get(at + 1)) {
                (Some(a), Some(b)) if *a == quote && *b == quote => at += 2,
                (Some(a), _) if *a == quote => break,
                (Some(0) | None, _) => panic!("a quote that does not end"),
                _ => at += 1,
            }
        }
        self.0 = &self.0[at + 1..];
    }

    fn number(&mut self) {
        self.word("-");
        let end = self
            .0
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
            .unwrap();
        let text = std::str::from_utf8(&self.0[..end]).unwrap();
        assert!(
            !text.contains("--") && text.parse::<f64>().is_ok(),
            "`{text}` is no number"
        );
        self.0 = &self.0[end..];
    }

    fn literal(&mut self) {
        if ["NULL", "DEFAULT", "true", "false"].iter().any(|word| self.word(word)) {
            return;
        }
        if self.word("B") {
            return self.quoted(b'\'');
        }
        match self.0.first() {
            Some(b'\'') => self.quoted(b'\''),
            _ => self.number(),
        }
    }

    fn spaces(&mut self) {
        while matches!(self.0.first(), Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')) {
            self.0 = &self.0[1..];
        }
    }

    /// What the engine lists itself.
    fn names(&mut self, mut item: impl FnMut(&mut Self)) {
        loop {
            item(self);
            if !self.word(", ") {
                return;
            }
        }
    }

    /// Values, with what the dump has between them.
    fn list(&mut self, mut item: impl FnMut(&mut Self)) {
        loop {
            item(self);
            if self.0.starts_with(b"\n\\r\n") {
                return;
            }
            self.spaces();
            if !self.word(",") {
                return;
            }
            self.spaces();
        }
    }

    /// One upsert. Only a row that the dump has broken off may be written in part, which is then given up.
    fn insert(&mut self) {
        self.quoted(b'"');
        self.expect(".");
        self.quoted(b'"');
        self.expect(" AS _t ");
        let mut has_key = false;
        if self.word("(") {
            self.names(|scanner| {
                has_key |= scanner.0.starts_with(b"\"id\"");
                scanner.quoted(b'"');
            });
            self.expect(") ");
        }
        self.word("OVERRIDING SYSTEM VALUE ");
        if !self.word("DEFAULT VALUES") {
            self.expect("VALUES");
            if self.rows() {
                return;
            }
        }
        let has_conflict = self.word(" ON CONFLICT(");
        if has_conflict {
            self.conflict();
        }
        self.expect(";\n");
        assert!(
            has_conflict || !has_key || !self.1,
            "an insert that is no upsert, at `{}`",
            self.0.escape_ascii()
        );
    }

    /// Whether a row was given up here: psql forgets it, and nothing but the reason follows.
    fn is_given_up(&mut self) -> bool {
        let is_given_up = self.word("\n\\r\n");
        let is_last = self.0.starts_with(ABORT.as_bytes());
        assert!(
            !is_given_up || is_last,
            "not the last row, at `{}`",
            self.0.escape_ascii()
        );
        is_given_up
    }

    /// Returns whether the last row was given up.
    fn rows(&mut self) -> bool {
        // Style batches writes each row on a line of its own.
        let before = if self.word("\n") { "  (" } else { " (" };
        loop {
            self.expect(before);
            if self.is_given_up() {
                return true;
            }
            self.list(Self::literal);
            if self.is_given_up() {
                return true;
            }
            self.expect(")");
            if !self.word(",\n") {
                return false;
            }
        }
    }

    fn conflict(&mut self) {
        self.names(|scanner| scanner.quoted(b'"'));
        self.expect(") DO ");
        if self.word("NOTHING") {
            return;
        }
        self.expect("UPDATE SET ");
        self.names(|scanner| {
            scanner.quoted(b'"');
            scanner.expect(" = EXCLUDED.");
            scanner.quoted(b'"');
        });
        if self.word(" WHERE CASE WHEN pg_temp.dumpsert_unowned(") {
            for _ in 0..2 {
                self.quoted(b'\'');
                self.expect(", ");
            }
            self.record("_t.");
            self.expect("::pg_catalog.text, ");
            self.quoted(b'\'');
            self.expect(") THEN ");
            if !self.word("true") {
                self.condition();
            }
            self.expect(" ELSE false END");
        } else if self.word(" WHERE CASE WHEN ") {
            self.record("_t.");
            self.expect(" OPERATOR(pg_catalog.=) ");
            self.record("EXCLUDED.");
            self.expect(" THEN ");
            if !self.word("true") {
                self.condition();
            }
            self.expect(" ELSE pg_temp.dumpsert_refuse(");
            for record in ["", "", "_t.", "", "_t.", "EXCLUDED."] {
                if record.is_empty() {
                    self.quoted(b'\'');
                } else {
                    self.record(record);
                    self.expect("::pg_catalog.text");
                }
                self.word(", ");
            }
            self.expect(") END");
        } else if self.word(" WHERE ") {
            self.condition();
        }
    }

    /// Which rows are updated.
    fn condition(&mut self) {
        if self.0.starts_with(b"ROW(") {
            self.record("_t.");
            self.expect(" OPERATOR(pg_catalog.*<>) ");
            return self.record("EXCLUDED.");
        }
        self.expect("_t.");
        self.quoted(b'"');
        self.expect(" IS NULL OR _t.");
        self.quoted(b'"');
        self.expect(" OPERATOR(pg_catalog.<) EXCLUDED.");
        self.quoted(b'"');
    }

    fn record(&mut self, of: &str) {
        self.expect("ROW(");
        self.names(|scanner| {
            scanner.expect(of);
            scanner.quoted(b'"');
        });
        self.expect(")::pg_catalog.record");
    }

    /// A block of COPY: its lines hold values with PostgreSQL's own escapes, and none but the last is an end of data.
    fn copy(&mut self) {
        if self.word(" (") {
            self.names(|scanner| scanner.quoted(b'"'));
            self.expect(")");
        }
        self.expect(" FROM stdin;\n");
        loop {
            let end = self.0.iter().position(|&byte| byte == b'\n').expect("an end of data");
            let line = &self.0[..end];
            self.0 = &self.0[end + 1..];
            if line == b"\\." {
                return;
            }
            assert!(!line.contains(&b'\r') && !line.contains(&0));
            let mut bytes = line.iter();
            while let Some(byte) = bytes.next() {
                if *byte == b'\\' {
                    assert!(
                        b"bfnrtv\\N".contains(bytes.next().expect("an escape")),
                        "{}",
                        line.escape_ascii()
                    );
                }
            }
        }
    }

    /// Where the target looks for a name: the path, and what of it was chosen.
    fn lookup(&mut self) {
        self.array();
        self.expect(", ");
        if !self.word("NULL") {
            self.array();
        }
        self.expect(", ");
    }

    fn call(&mut self) {
        if self.word("long(") {
            self.number();
            self.expect(", ");
            self.number();
            self.expect(", ");
            self.array();
            return self.expect(");\n");
        }
        if self.word("check_table(") {
            self.quoted(b'\'');
            self.expect(", ");
            self.quoted(b'\'');
            for _ in 0..2 {
                self.expect(", ");
                self.array();
            }
            self.expect(", ");
            if !self.word("NULL") {
                self.quoted(b'\'');
            }
            return self.expect(");\n");
        }
        if self.word("left_out(") {
            self.array();
            self.expect(", ");
            self.array();
            return self.expect(");\n");
        }
        if self.word("bytes_are_utf8(") {
            return self.expect(");\n");
        }
        let is_found = self.word("stage_found(");
        let is_stage = is_found || self.word("stage(");
        if is_stage {
            self.number();
            self.expect(", ");
        }
        if is_found {
            self.lookup();
        }
        let is_writable = self.word("writable(");
        if is_stage || is_writable || self.word("table(") {
            self.quoted(b'\'');
            self.expect(", ");
            self.quoted(b'\'');
            self.expect(", ");
            self.array();
            if is_writable {
                self.expect(", ");
                self.array();
            }
        } else {
            let is_serial = self.word("serial(");
            if is_serial || self.word("sequence_found(") {
                self.lookup();
            } else {
                self.expect("sequence(");
            }
            self.quoted(b'\'');
            self.expect(", ");
            self.quoted(b'\'');
            self.expect(", ");
            if is_serial {
                self.quoted(b'\'');
                self.expect(", ");
            }
            self.number();
            self.expect(", ");
            assert!(self.word("true") || self.word("false"));
        }
        self.expect(");\n");
    }

    fn array(&mut self) {
        self.expect("ARRAY[");
        if !self.0.starts_with(b"]") {
            self.names(|scanner| scanner.quoted(b'\''));
        }
        self.expect("]::pg_catalog.text[]");
    }

    pub(crate) fn encoding(&mut self) {
        self.expect("SET LOCAL client_encoding = '");
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let end = self.0.iter().position(|byte| !is_name(byte)).unwrap();
        self.0 = &self.0[end..];
        self.expect("';\n");
    }

    /// One of the statements between the opening and the end. A driver gets only what is SQL, in the encoding of its own.
    pub(crate) fn statement(&mut self, is_psql: bool) {
        if self.word("INSERT INTO ") {
            self.insert();
        } else if is_psql && self.word("COPY pg_temp.") {
            if self.word("dumpsert_long_") {
                self.number();
            } else {
                assert!(self.0.starts_with(b"\"stage "));
                self.quoted(b'"');
            }
            self.copy();
        } else if is_psql && self.word("\\set SHOW_CONTEXT ") {
            assert!(self.word("errors\n") || self.word("never\n"));
        } else if is_psql && self.0.starts_with(LONG_ROWS.as_bytes()) {
            self.0 = &self.0[LONG_ROWS.len()..];
        } else if is_psql && self.word("DROP FUNCTION pg_temp.dumpsert_long_row() CASCADE;\n") {
            // The views of long rows.
        } else if is_psql && self.0.starts_with(b"SET ") {
            self.encoding();
        } else {
            self.expect("CALL pg_temp.dumpsert_");
            self.call();
        }
    }

    /// What makes the script fail. It quotes the dump; nothing in there may end the literal or the block.
    pub(crate) fn abort(&mut self) {
        self.expect(ABORT);
        let end = self.0.iter().position(|&byte| byte == b'\'').unwrap();
        let (message, rest) = self.0.split_at(end);
        let is_harmless = |byte: &u8| matches!(byte, b' '..=b'~') && !b"\\$`".contains(byte);
        assert!(message.iter().all(is_harmless), "{}", message.escape_ascii());
        assert!(message.starts_with(b"dumpsert stopped: ") && message.ends_with(b"; nothing was changed"));
        assert_eq!(rest, b"';\nEND\n$dumpsert$;\n");
        self.0 = b"";
    }
}
