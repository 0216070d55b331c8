//! Recognises every statement of a dump that is not rows: the allow-list.
//!
//! | statement | what happens |
//! |---|---|
//! | `SET …`, `set_config('search_path', …)` | read where it matters for reading on, else counted |
//! | `SELECT pg_catalog.setval('name', n, b)` | becomes a forward-only move of the sequence |
//! | `CREATE`, `ALTER`, `COMMENT`, `GRANT` … | shown to the catalog, counted, never copied |
//! | large objects, statistics, `REFRESH` | counted: an upsert cannot carry them |
//! | `BEGIN`, `COMMIT` | counted: the script has its own |
//! | anything else | refused |

use super::head::{Relation, first_schema, parse_relation};
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

/// Recognises one whole statement; `sql` starts with its first token.
pub(crate) fn recognise(sql: &[u8], scs: bool) -> Result<Option<Statement>, LexError> {
    let mut tokens = Vec::new();
    // What decides stands in front; a function body behind it need not be read.
    for token in Tokens::new(sql, scs).take(MOST_TOKENS) {
        tokens.push(token?);
    }
    let words = Words {
        sql,
        scs,
        tokens: &tokens,
    };
    let statement = match words.word(0) {
        Some("set") => words.set(),
        Some("reset") => Some(Statement::Skipped("RESET")),
        Some("select") => words.select()?,
        Some("begin" | "commit" | "start") if words.is_bare_transaction() => Some(Statement::Skipped("BEGIN/COMMIT")),
        // pg_dumpall --clean makes template databases ordinary ones before it drops them.
        Some("update") if words.is_datistemplate() => Some(Statement::Skipped("UPDATE pg_database")),
        Some("refresh") => Some(Statement::Skipped(REFRESH)),
        Some(first @ ("create" | "alter" | "drop" | "comment" | "grant" | "revoke" | "security")) => {
            Some(Statement::Schema(words.label(first)))
        }
        None if tokens.is_empty() || words.punct(0) == Some(b';') => Some(Statement::Skipped("empty statement")),
        _ => None,
    };
    if statement.is_none() && words.is_foreign_dialect() {
        return Err(not_a_dump(sql));
    }
    Ok(statement)
}

/// Whether a statement that begins with `sql` can be skipped without ever being held in memory as a whole.
pub(crate) fn is_skippable(sql: &[u8], scs: bool) -> bool {
    let tokens: Vec<Token<'_>> = Tokens::new(sql, scs).take(3).filter_map(Result::ok).collect();
    let words = Words {
        sql,
        scs,
        tokens: &tokens,
    };
    match (words.word(0), words.word(1)) {
        (Some("create"), Some("table" | "unlogged" | "foreign" | "unique" | "type")) => false,
        (Some("alter"), Some("table")) => false,
        (Some("create" | "alter" | "comment" | "grant" | "security"), _) => true,
        _ => false,
    }
}

/// Whether a statement makes a table.
pub(crate) fn is_create_table(sql: &[u8], scs: bool) -> bool {
    let words: Vec<Token<'_>> = Tokens::new(sql, scs).take(3).filter_map(Result::ok).collect();
    let is = |at: usize, word: &str| matches!(words.get(at), Some(Token { kind: TokenKind::Word(w), .. }) if w == word);
    is(0, "create") && (is(1, "table") || is(2, "table"))
}

/// More tokens than any statement has that is read to its end.
const MOST_TOKENS: usize = 64;

struct Words<'a> {
    sql: &'a [u8],
    scs: bool,
    tokens: &'a [Token<'a>],
}

impl Words<'_> {
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

    fn is_bare_transaction(&self) -> bool {
        self.ends(1) || (self.word(1) == Some("transaction") && self.ends(2))
    }

    fn is_datistemplate(&self) -> bool {
        const WORDS: [(usize, &str); 5] = [
            (1, "pg_catalog"),
            (3, "pg_database"),
            (4, "set"),
            (5, "datistemplate"),
            (7, "false"),
        ];
        WORDS.iter().all(|&(at, word)| self.word(at) == Some(word)) && self.ends(12)
    }

    fn set(&self) -> Option<Statement> {
        if self.word(1) == Some("session") && self.word(2) == Some("authorization") {
            return Some(Statement::Skipped("SET SESSION AUTHORIZATION"));
        }
        let name = self.word(1)?;
        if name == "role" {
            return Some(Statement::Skipped("SET ROLE"));
        }
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

    fn select(&self) -> Result<Option<Statement>, LexError> {
        let qualified = self.word(1) == Some("pg_catalog") && self.punct(2) == Some(b'.');
        let statistics =
            self.punct(1) == Some(b'*') && self.word(2) == Some("from") && self.word(3) == Some("pg_catalog");
        if statistics {
            let function = self.word(5).unwrap_or_default();
            let known = function.starts_with("pg_restore_") && function.ends_with("_stats");
            return Ok(known.then_some(Statement::Skipped(STATISTICS)));
        }
        Ok(
            match self.word(3).filter(|_| qualified && self.punct(4) == Some(b'(')) {
                Some("set_config") if self.string(5).as_deref() == Some(b"search_path") => {
                    let path = self.string(7);
                    path.as_deref().and_then(first_schema).map(Statement::SearchPath)
                }
                Some("setval") => Some(self.setval()?),
                Some("lo_create" | "lo_open" | "lowrite" | "lo_close" | "lo_from_bytea") => {
                    Some(Statement::Skipped(LARGE_OBJECTS))
                }
                _ => None,
            },
        )
    }

    /// `SELECT pg_catalog.setval('name', [-]n, true|false);`
    fn setval(&self) -> Result<Statement, LexError> {
        let refuse = || {
            let message = format!("`{}` is not a setval() as pg_dump writes it", excerpt(self.sql));
            LexError::new(0, ErrorKind::StatementNotAllowed, message)
        };
        let sequence = self.string(5).as_deref().and_then(parse_relation).ok_or_else(refuse)?;
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

    /// `CREATE OR REPLACE FUNCTION` → `CREATE FUNCTION`.
    fn label(&self, first: &str) -> String {
        const FILLERS: [&str; 7] = ["or", "replace", "unique", "unlogged", "global", "temporary", "trusted"];
        let object = (1..5)
            .filter_map(|at| self.word(at))
            .find(|word| !FILLERS.contains(word))
            .unwrap_or_default();
        if object == "large" {
            return LARGE_OBJECTS.to_owned();
        }
        if first == "comment" || first == "grant" || first == "revoke" {
            let large = (1..8).any(|at| self.word(at) == Some("large") && self.word(at + 1) == Some("object"));
            return if large {
                LARGE_OBJECTS.to_owned()
            } else {
                first.to_ascii_uppercase()
            };
        }
        format!("{first} {object}").trim_end().to_ascii_uppercase()
    }

    fn is_foreign_dialect(&self) -> bool {
        matches!(
            self.word(0),
            Some("lock" | "unlock" | "pragma" | "use" | "go" | "doctype")
        )
    }
}

fn not_a_dump(sql: &[u8]) -> LexError {
    let message = format!("`{}` does not look like the output of pg_dump", excerpt(sql));
    LexError::new(0, ErrorKind::NotADump, message)
}

/// Every setting that pg_dump, pg_restore and pg_dumpall write (`_doSetFixedOutputState()` and neighbours in
/// src/bin/pg_dump/pg_backup_archiver.c).
const SETTINGS: [&str; 17] = [
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "client_encoding",
    "standard_conforming_strings",
    "check_function_bodies",
    "xmloption",
    "client_min_messages",
    "escape_string_warning",
    "row_security",
    "default_tablespace",
    "default_table_access_method",
    "default_with_oids",
    "default_toast_compression",
    "default_transaction_read_only",
    "search_path",
];

#[cfg(test)]
mod tests {
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
        assert_eq!(recognised(metadata), Some(Statement::Schema(LARGE_OBJECTS.into())));
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
        ] {
            assert_eq!(recognised(refused), None, "{refused}");
        }
    }
}
