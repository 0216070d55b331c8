//! Whatever comes in: a script that ends well holds upserts and moves of sequences, and nothing else.
//!
//! The scanner here is strict and shares nothing with the engine: it knows the few lines that a script may have between
//! its fixed texts, byte by byte.

use dumpsert::{NoKey, Options, Rewriter, Style};

/// What is left to read of the script.
struct Scanner<'a>(&'a [u8]);

impl<'a> Scanner<'a> {
    fn word(&mut self, word: &str) -> bool {
        match self.0.strip_prefix(word.as_bytes()) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, word: &str) {
        assert!(self.word(word), "expected `{word}` at `{}`", self.0.escape_ascii());
    }

    fn quoted(&mut self, quote: u8) {
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

    fn list(&mut self, mut item: impl FnMut(&mut Self)) {
        loop {
            item(self);
            self.spaces();
            if !self.word(",") {
                return;
            }
            self.spaces();
        }
    }

    fn insert(&mut self) {
        self.quoted(b'"');
        self.expect(".");
        self.quoted(b'"');
        self.expect(" AS _t ");
        if self.word("(") {
            self.list(|scanner| scanner.quoted(b'"'));
            self.expect(") ");
        }
        self.word("OVERRIDING SYSTEM VALUE ");
        if !self.word("DEFAULT VALUES") {
            self.expect("VALUES");
            // Style batches writes each row on a line of its own.
            let before = if self.word("\n") { "  (" } else { " (" };
            loop {
                self.expect(before);
                self.list(Self::literal);
                self.expect(")");
                if !self.word(",\n") {
                    break;
                }
            }
        }
        if self.word(" ON CONFLICT(") {
            self.list(|scanner| scanner.quoted(b'"'));
            self.expect(") DO ");
            if !self.word("NOTHING") {
                self.expect("UPDATE SET ");
                self.list(|scanner| {
                    scanner.quoted(b'"');
                    scanner.expect(" = EXCLUDED.");
                    scanner.quoted(b'"');
                });
            }
        }
        self.expect(";\n");
    }

    /// A block of COPY: its lines hold values with PostgreSQL's own escapes, and none but the last is an end of data.
    fn copy(&mut self) {
        self.number();
        if self.word(" (") {
            self.list(|scanner| scanner.quoted(b'"'));
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

    fn call(&mut self) {
        let is_stage = self.word("stage(");
        if is_stage {
            self.number();
            self.expect(", ");
        }
        if is_stage || self.word("table(") {
            self.quoted(b'\'');
            self.expect(", ");
            self.quoted(b'\'');
            self.expect(", ARRAY[");
            if !self.0.starts_with(b"]") {
                self.list(|scanner| scanner.quoted(b'\''));
            }
            self.expect("]::pg_catalog.text[]");
        } else {
            self.expect("sequence(");
            self.quoted(b'\'');
            self.expect(", ");
            self.quoted(b'\'');
            self.expect(", ");
            self.number();
            self.expect(", ");
            assert!(self.word("true") || self.word("false"));
        }
        self.expect(");\n");
    }
}

pub(crate) const EPILOGUE: &str = include_str!("../../core/src/rewrite/sql/epilogue.sql");

/// A script that ends well holds upserts and moves of sequences, nothing else.
pub fn output_is_allowed(dump: &[u8]) {
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        in_style(dump, style);
    }
}

fn in_style(dump: &[u8], style: Style) {
    let plan = Options::new()
        .with_style(style)
        .with_no_key(NoKey::Insert)
        .build()
        .unwrap();
    let mut rewriter = Rewriter::new(&plan);
    let mut script = Vec::new();
    if rewriter.write(dump, &mut script).is_err() || rewriter.finish(&mut script).is_err() {
        assert!(script.ends_with(b"END\n$dumpsert$;\n"));
        return;
    }
    let begin = b"CALL pg_temp.dumpsert_begin(";
    let begin = script
        .windows(begin.len())
        .position(|window| window == begin)
        .expect("an opening");
    let line = script[begin..].iter().position(|&byte| byte == b'\n').unwrap();
    let mut scanner = Scanner(&script[begin + line + 1..]);
    while !scanner.0.starts_with(EPILOGUE.as_bytes()) {
        if scanner.word("INSERT INTO ") {
            scanner.insert();
        } else if scanner.word("COPY pg_temp.dumpsert_stage_") {
            scanner.copy();
        } else if scanner.word("SET LOCAL client_encoding = '") {
            let end = scanner
                .0
                .iter()
                .position(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'_'))
                .unwrap();
            scanner.0 = &scanner.0[end..];
            scanner.expect("';\n");
        } else {
            scanner.expect("CALL pg_temp.dumpsert_");
            scanner.call();
        }
    }
    scanner.expect(EPILOGUE);
    assert_eq!(scanner.0, b"COMMIT;\n\\echo :dumpsert_result\n\\endif\n");
}
