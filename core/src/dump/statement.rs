//! Reads the statements of a dump that are not rows. Which ones may stand there says [`allowed`](super::allowed).

use super::allowed::{FILLERS, OBJECTS, SETTINGS};
use super::head::{Relation, first_schema, parse_relation, too_long_relation};
use crate::error::ErrorKind;
use crate::lex::tokens::{Token, TokenKind, Tokens, string_value};
use crate::lex::{LexError, excerpt};

/// A statement that is not rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// `SET name = value`, both as text; the value without quotes.
    Set { name: String, value: Vec<u8> },
    /// `SELECT pg_catalog.set_config('search_path', …)`.
    SearchPath(Vec<u8>),
    /// `SELECT pg_catalog.setval(…)`.
    SetVal {
        sequence: Relation,
        value: i64,
        is_called: bool,
    },
    /// A statement about the schema, which the catalog may want to see; what it is called in the report.
    Schema(String),
    /// Nothing that an upsert could carry, or that it would need; what it is called in the report.
    Skipped(&'static str),
}

/// The label of large objects in the report.
pub(crate) const LARGE_OBJECTS: &str = "large objects";
/// The label of what refreshes materialized views in the report.
pub(crate) const REFRESH: &str = "REFRESH MATERIALIZED VIEW";
/// The label of planner statistics in the report.
pub(crate) const STATISTICS: &str = "statistics";

/// Whether a statement that begins with `sql` can be skipped without ever being held in memory as a whole.
pub(crate) fn is_skippable(sql: &[u8], scs: bool) -> bool {
    let tokens: Vec<Token<'_>> = Tokens::new(sql, scs).take(8).filter_map(Result::ok).collect();
    let words = Words::new(sql, scs, &tokens);
    match (words.word(0), words.object()) {
        (Some("create"), Some("table" | "foreign table" | "index" | "type")) => false,
        (Some("alter"), Some("table")) => false,
        (Some("create" | "alter"), Some(_)) => true,
        (Some("comment" | "grant" | "security"), _) => true,
        _ => false,
    }
}

/// Whether a statement makes a table.
pub(crate) fn is_create_table(sql: &[u8], scs: bool) -> bool {
    let words: Vec<Token<'_>> = Tokens::new(sql, scs).take(3).filter_map(Result::ok).collect();
    let is = |at: usize, word: &str| matches!(words.get(at), Some(Token { kind: TokenKind::Word(w), .. }) if w == word);
    is(0, "create") && (is(1, "table") || is(2, "table"))
}

/// The first tokens of a statement.
pub(super) struct Words<'a> {
    sql: &'a [u8],
    scs: bool,
    tokens: &'a [Token<'a>],
}

impl<'a> Words<'a> {
    pub(super) fn new(sql: &'a [u8], scs: bool, tokens: &'a [Token<'a>]) -> Self {
        Self { sql, scs, tokens }
    }

    /// Whether the statement begins with these tokens.
    pub(super) fn begin_with(&self, opening: &str) -> bool {
        let is = |(at, part): (usize, &str)| {
            let is_punct = part.len() == 1 && self.punct(at) == part.bytes().next();
            is_punct || self.word(at) == Some(part)
        };
        opening.split(' ').enumerate().all(is)
    }

    fn word(&self, at: usize) -> Option<&str> {
        match &self.tokens.get(at)?.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn punct(&self, at: usize) -> Option<u8> {
        match self.tokens.get(at)?.kind {
            TokenKind::Punct(byte) => Some(byte),
            _ => None,
        }
    }

    fn raw(&self, at: usize) -> &[u8] {
        self.tokens
            .get(at)
            .and_then(|token| self.sql.get(token.start..token.end))
            .unwrap_or_default()
    }

    /// Whether the statement ends at token `at`.
    fn ends(&self, at: usize) -> bool {
        self.tokens.len() <= at || (self.punct(at) == Some(b';') && self.tokens.len() == at + 1)
    }

    /// The text of the string literal at `at`.
    fn string(&self, at: usize) -> Option<Vec<u8>> {
        match self.tokens.get(at)?.kind {
            TokenKind::String => Some(string_value(self.raw(at), self.scs)),
            _ => None,
        }
    }

    pub(super) fn is_bare_transaction(&self) -> bool {
        self.ends(1) || (self.word(1) == Some("transaction") && self.ends(2))
    }

    pub(super) fn is_datistemplate(&self) -> bool {
        const WORDS: [(usize, &str); 5] = [
            (1, "pg_catalog"),
            (3, "pg_database"),
            (4, "set"),
            (5, "datistemplate"),
            (7, "false"),
        ];
        WORDS.iter().all(|&(at, word)| self.word(at) == Some(word)) && self.ends(12)
    }

    pub(super) fn set(&self) -> Option<Statement> {
        let name = self.word(1)?;
        if !SETTINGS.contains(&name) || !(self.punct(2) == Some(b'=') || self.word(2) == Some("to")) {
            return None;
        }
        let value = match self.string(3) {
            Some(value) => value,
            None if name == "search_path" => first_schema(self.raw(3))?,
            None => self.raw(3).to_vec(),
        };
        // Only search_path takes a list.
        (self.ends(4) || name == "search_path").then(|| Statement::Set {
            name: name.to_owned(),
            value,
        })
    }

    /// `SELECT pg_catalog.set_config('search_path', 'path', …)`.
    pub(super) fn search_path(&self) -> Option<Statement> {
        let path = self
            .string(7)
            .filter(|_| self.string(5).as_deref() == Some(b"search_path"))?;
        first_schema(&path).map(Statement::SearchPath)
    }

    /// `SELECT pg_catalog.setval('name', [-]n, true|false);`
    pub(super) fn setval(&self) -> Result<Statement, LexError> {
        let refuse = || {
            let message = format!("`{}` is not a setval() as pg_dump writes it", excerpt(self.sql));
            LexError::new(0, ErrorKind::StatementNotAllowed, message)
        };
        let name = self.string(5).ok_or_else(refuse)?;
        let sequence = parse_relation(&name).ok_or_else(|| match too_long_relation(&name) {
            Some(message) => LexError::new(self.start(5), ErrorKind::TooLarge, message),
            None => refuse(),
        })?;
        let minus = self.punct(7) == Some(b'-');
        let at = if minus { 8 } else { 7 };
        let digits = std::str::from_utf8(self.raw(at)).map_err(|_| refuse())?;
        let number = format!("{}{digits}", if minus { "-" } else { "" });
        let value = number.parse().map_err(|_| refuse())?;
        let is_called = match self.word(at + 2) {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(refuse()),
        };
        let commas = self.punct(6) == Some(b',') && self.punct(at + 1) == Some(b',');
        if commas && self.punct(at + 3) == Some(b')') && self.ends(at + 4) {
            Ok(Statement::SetVal {
                sequence,
                value,
                is_called,
            })
        } else {
            Err(refuse())
        }
    }

    /// Offset of a token.
    fn start(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(0, |token| token.start)
    }

    /// A statement about an object: `CREATE OR REPLACE FUNCTION …` is called `CREATE FUNCTION`.
    pub(super) fn schema(&self) -> Option<Statement> {
        let object = self.object()?;
        if object == "large object" {
            return Some(Statement::Skipped(LARGE_OBJECTS));
        }
        let label = format!("{} {object}", self.word(0)?);
        Some(Statement::Schema(label.to_ascii_uppercase()))
    }

    /// What a `CREATE`, `ALTER` or `DROP` is about.
    fn object(&self) -> Option<&'static str> {
        let at = (1..6).find(|&at| self.word(at).is_none_or(|word| !FILLERS.contains(&word)))?;
        let is = |object: &&&str| {
            (at..)
                .zip(object.split(' '))
                .all(|(at, part)| self.word(at) == Some(part))
        };
        OBJECTS.iter().find(is).copied()
    }

    /// `GRANT` or `REVOKE`, which may be about large objects.
    pub(super) fn privilege(&self, label: &'static str) -> Statement {
        let large = (1..8).any(|at| self.word(at) == Some("large") && self.word(at + 1) == Some("object"));
        Statement::Skipped(if large { LARGE_OBJECTS } else { label })
    }

    pub(super) fn is_foreign_dialect(&self) -> bool {
        matches!(
            self.word(0),
            Some("lock" | "unlock" | "pragma" | "use" | "go" | "doctype")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::allowed::recognise;
    use super::*;

    fn recognised(sql: &str) -> Option<Statement> {
        recognise(sql.as_bytes(), true).unwrap()
    }

    #[test]
    fn settings() {
        let set = |name: &str, value: &str| {
            Some(Statement::Set {
                name: name.into(),
                value: value.into(),
            })
        };
        assert_eq!(
            recognised("SET client_encoding = 'UTF8';"),
            set("client_encoding", "UTF8")
        );
        assert_eq!(recognised("SET row_security = off;"), set("row_security", "off"));
        assert_eq!(
            recognised("SET search_path = app, pg_catalog;"),
            set("search_path", "app")
        );
        let quoted = "SET search_path = \"Mixed \"\"Case\", pg_catalog;";
        assert_eq!(recognised(quoted), set("search_path", "Mixed \"Case"));
        assert_eq!(recognised("SET search_path TO App;"), set("search_path", "app"));
        for (path, first) in [("", ""), ("app, public", "app"), ("\"A, b\",c", "A, b")] {
            let path = format!("SELECT pg_catalog.set_config('search_path', '{path}', false);");
            assert_eq!(recognised(&path), Some(Statement::SearchPath(first.into())));
        }
        for refused in [
            "SET session_replication_role = replica;",
            "SET LOCAL row_security = off;",
            "SET x.y = 1;",
        ] {
            assert_eq!(recognised(refused), None, "{refused}");
        }
    }

    #[test]
    fn sequences() {
        let setval = |name: &str, value, is_called| {
            let sequence = Relation {
                schema: Some(b"public".to_vec()),
                name: name.into(),
            };
            Some(Statement::SetVal {
                sequence,
                value,
                is_called,
            })
        };
        assert_eq!(
            recognised("SELECT pg_catalog.setval('public.s', 110, true);"),
            setval("s", 110, true)
        );
        let min = "SELECT pg_catalog.setval('public.\"Id S''\"', -9223372036854775808, false);";
        assert_eq!(recognised(min), setval("Id S'", i64::MIN, false));
        for refused in [
            "SELECT pg_catalog.setval('public.s', 9223372036854775808, true);",
            "SELECT pg_catalog.setval('public.s', (SELECT 1), true);",
            "SELECT pg_catalog.setval('public.s', 1, true), pg_sleep(1);",
            "SELECT pg_catalog.setval('public.s', 1);",
            "SELECT pg_catalog.setval('a.b.c', 1, true);",
            "SELECT pg_catalog.setval('public.s; DROP', 1, true);",
        ] {
            assert!(recognise(refused.as_bytes(), true).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_rest() {
        assert_eq!(
            recognised("CREATE OR REPLACE FUNCTION f() …"),
            Some(Statement::Schema("CREATE FUNCTION".into()))
        );
        assert_eq!(
            recognised("ALTER TABLE ONLY a.b ADD c;"),
            Some(Statement::Schema("ALTER TABLE".into()))
        );
        let metadata = "ALTER LARGE OBJECT 4 OWNER TO x;";
        assert_eq!(recognised(metadata), Some(Statement::Skipped(LARGE_OBJECTS)));
        assert_eq!(recognised("BEGIN;"), Some(Statement::Skipped("BEGIN/COMMIT")));
        let statistics = "SELECT * FROM pg_catalog.pg_restore_relation_stats('version', '1'::integer);";
        assert_eq!(recognised(statistics), Some(Statement::Skipped(STATISTICS)));
        for refused in [
            "UPDATE t SET a = 1;",
            "DELETE FROM t;",
            "DO $$BEGIN END$$;",
            "CALL f();",
            "SELECT pg_sleep(1);",
            "SELECT lo_import('/etc/passwd');",
            "TRUNCATE t;",
            "WITH d AS (DELETE FROM t) INSERT INTO t VALUES (1);",
            "VALUES (1);",
            "COMMIT PREPARED 'x';",
            "BEGIN; SELECT 1;",
            "ALTER SYSTEM SET archive_command = 'touch pwned';",
            "CREATE evil;",
            "SELECT pg_catalog.lo_import('/etc/passwd');",
            "SELECT * FROM pg_catalog.pg_restore_stats('x');",
            "REFRESH TABLE t;",
            "SECURITY DEFINER;",
            "IMPORT FOREIGN SCHEMA x FROM SERVER s INTO y;",
        ] {
            assert_eq!(recognised(refused), None, "{refused}");
        }
    }
}
