//! The words of statements that are not rows. Which ones may stand there says [`allowed`](super::allowed).

use super::allowed_words::{FILLERS, OBJECTS, SETTINGS, SETTINGS_READ};
use super::head::Sequence;
use super::statement::{COMPUTED_SETVAL, LARGE_OBJECTS, Statement};
use crate::error::ErrorKind;
use crate::lex::identifiers::{parse_path, parse_relation, too_long_relation};
use crate::lex::names::too_long;
use crate::lex::tokens::{Token, TokenKind, Tokens, string_value};
use crate::lex::{LexError, excerpt};

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

    /// `SET [SESSION|LOCAL] name = value`. What ends with the transaction must say nothing about how to read on.
    pub(super) fn set(&self) -> Option<Statement> {
        let scope = self.word(1).filter(|word| matches!(*word, "session" | "local"));
        let at = 1 + usize::from(scope.is_some());
        let name = self.word(at)?;
        let is_read = SETTINGS_READ.contains(&name);
        let is_set = self.punct(at + 1) == Some(b'=') || self.word(at + 1) == Some("to");
        if !(SETTINGS.contains(&name) || is_read) || !is_set || (is_read && scope == Some("local")) {
            return None;
        }
        if name == "search_path" {
            return Some(Statement::SearchPath {
                path: self.schemas(at + 2)?,
                is_counted: true,
            });
        }
        let value = match self.string(at + 2) {
            Some(value) => value,
            None => self.raw(at + 2).to_vec(),
        };
        let is_negative = self.punct(at + 2) == Some(b'-') && self.ends(at + 4);
        (self.ends(at + 3) || is_negative).then(|| Statement::Set {
            name: name.to_owned(),
            value,
        })
    }

    /// The list of a `SET search_path`; the inner `None` is the default. A string is one name, whatever is in it.
    fn schemas(&self, mut at: usize) -> Option<Option<Vec<Vec<u8>>>> {
        if self.word(at) == Some("default") && self.ends(at + 1) {
            return Some(None);
        }
        let mut schemas = Vec::new();
        loop {
            match self.string(at) {
                Some(schema) if schema.is_empty() => {}
                Some(schema) => schemas.push(schema),
                None => schemas.extend(parse_path(self.raw(at)).filter(|names| names.len() < 2)?),
            }
            match self.punct(at + 1) {
                Some(b',') => at += 2,
                _ => return self.ends(at + 1).then_some(Some(schemas)),
            }
        }
    }

    pub(super) fn reset(&self) -> Option<Statement> {
        Some(Statement::Reset(self.word(1)?.to_owned()))
    }

    /// `SELECT pg_catalog.set_config('name', 'value', …)`.
    pub(super) fn set_config(&self) -> Option<Statement> {
        let (name, value) = (self.string(5)?, self.string(7)?);
        if !self.ends(11) {
            return None;
        }
        if name == b"search_path" {
            let path = Some(parse_path(&value)?);
            return Some(Statement::SearchPath {
                path,
                is_counted: false,
            });
        }
        let name = std::str::from_utf8(&name).ok()?;
        SETTINGS.contains(&name).then(|| Statement::Set {
            name: name.to_owned(),
            value,
        })
    }

    /// `SELECT setval('name', [-]n[, true|false]);`, in which `pg_get_serial_sequence('table', 'column')` may stand for the
    /// name.
    pub(super) fn setval(&self) -> Result<Statement, LexError> {
        let refuse = || {
            let message = format!("`{}` is not a setval() as pg_dump writes it", excerpt(self.sql));
            LexError::new(0, ErrorKind::StatementNotAllowed, message)
        };
        let (sequence, at) = self
            .sequence()
            .ok_or_else(|| self.too_long_name().unwrap_or_else(refuse))?;
        let minus = self.punct(at) == Some(b'-');
        let number = at + usize::from(minus);
        if self
            .tokens
            .get(number)
            .is_none_or(|token| token.kind != TokenKind::Number)
            && self.is_maximum(at)
        {
            return Ok(Statement::Skipped(COMPUTED_SETVAL));
        }
        let digits = std::str::from_utf8(self.raw(number)).map_err(|_| refuse())?;
        let value = format!("{}{digits}", if minus { "-" } else { "" });
        let value = value.parse().map_err(|_| refuse())?;
        let (is_called, end) = match (self.punct(number + 1), self.word(number + 2)) {
            (Some(b','), Some("true")) => (true, number + 3),
            (Some(b','), Some("false")) => (false, number + 3),
            (Some(b')'), _) => (true, number + 1),
            _ => return Err(refuse()),
        };
        if self.punct(end) != Some(b')') || !self.ends(end + 1) {
            return Err(refuse());
        }
        Ok(Statement::SetVal {
            sequence,
            value,
            is_called,
        })
    }

    /// What is wrong with the names in a call, if one of them is too long.
    fn too_long_name(&self) -> Option<LexError> {
        let mut strings = (0..self.tokens.len().min(16)).filter_map(|at| Some((at, self.string(at)?)));
        let (at, name) = strings.next()?;
        let (at, message) = match too_long_relation(&name) {
            Some(message) => (at, message),
            None => strings.next().and_then(|(at, name)| Some((at, too_long(&name)?)))?,
        };
        Some(LexError::new(self.start(at), ErrorKind::TooLarge, message))
    }

    /// The first argument of a `setval()`, and the place behind its comma.
    fn sequence(&self) -> Option<(Sequence, usize)> {
        let behind_schema = |at: usize| match (self.word(at), self.punct(at + 1)) {
            (Some("pg_catalog"), Some(b'.')) => at + 2,
            _ => at,
        };
        let mut at = behind_schema(1) + 2;
        let sequence = if self.word(behind_schema(at)) == Some("pg_get_serial_sequence") {
            at = behind_schema(at) + 1;
            let is_call = [(0, b'('), (2, b','), (4, b')')]
                .iter()
                .all(|&(place, byte)| self.punct(at + place) == Some(byte));
            let table = self.string(at + 1).filter(|_| is_call)?;
            let column = self
                .string(at + 3)
                .filter(|column| !column.is_empty() && too_long(column).is_none())?;
            at += 5;
            Sequence::OfColumn(parse_relation(&table)?, column)
        } else {
            let name = self.string(at)?;
            at += 1;
            if self.punct(at) == Some(b':') && self.punct(at + 1) == Some(b':') {
                at = behind_schema(at + 2);
                self.word(at).filter(|word| *word == "regclass")?;
                at += 1;
            }
            Sequence::Named(parse_relation(&name)?)
        };
        (self.punct(at) == Some(b',')).then_some((sequence, at + 1))
    }

    /// Whether all that follows computes a maximum, as Django's `sqlsequencereset` does and people do:
    /// `coalesce(max("id"), 1), max("id") IS NOT null) FROM t`, `(SELECT max(id) + 1 FROM t))`.
    fn is_maximum(&self, at: usize) -> bool {
        const FUNCTIONS: [&str; 3] = ["coalesce", "greatest", "max"];
        let mut has_maximum = false;
        for place in at..self.tokens.len() {
            let is_call = self.punct(place + 1) == Some(b'(');
            has_maximum |= is_call && self.word(place) == Some("max");
            let is_fine = match self.tokens.get(place).map(|token| &token.kind) {
                Some(TokenKind::Word(word)) => !is_call || FUNCTIONS.contains(&word.as_ref()) || word == "from",
                Some(TokenKind::Quoted(_)) => !is_call,
                Some(TokenKind::Number) => true,
                Some(TokenKind::Punct(b';')) => self.tokens.len() == place + 1,
                Some(TokenKind::Punct(byte)) => b"(),.+".contains(byte),
                Some(TokenKind::String) | None => false,
            };
            if !is_fine {
                return false;
            }
        }
        has_maximum
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
    use super::super::statement::STATISTICS;
    use super::*;
    use crate::lex::identifiers::Relation;

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
        for set_to in [
            "SET session_replication_role = replica;",
            "SET LOCAL session_replication_role TO 'replica';",
            "SET SESSION statement_timeout = -1;",
            "SELECT pg_catalog.set_config('session_replication_role', 'replica', false);",
        ] {
            assert!(matches!(recognised(set_to), Some(Statement::Set { .. })), "{set_to}");
        }
        for refused in [
            "SET LOCAL search_path = app;",
            "SET LOCAL client_encoding = 'UTF8';",
            "SET session_replication_role = replica, row_security = off;",
            "SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false);",
            "SELECT pg_catalog.set_config('row_security', 'off', false), pg_sleep(1);",
            "SET x.y = 1;",
            "SET timezone = 'UTC';",
        ] {
            assert_eq!(recognised(refused), None, "{refused}");
        }
    }

    #[test]
    fn search_paths() {
        let path = |schemas: &[&str], is_counted| {
            let schemas = schemas.iter().map(|schema| schema.as_bytes().to_vec()).collect();
            Some(Statement::SearchPath {
                path: Some(schemas),
                is_counted,
            })
        };
        for (list, schemas) in [
            ("app, pg_catalog", &["app", "pg_catalog"][..]),
            ("\"Mixed \"\"Case\", pg_catalog", &["Mixed \"Case", "pg_catalog"]),
            ("App", &["app"]),
            ("\"$user\", public", &["$user", "public"]),
            ("'$user', 'public'", &["$user", "public"]),
            ("'a, b', c", &["a, b", "c"]),
            ("''", &[]),
        ] {
            for set in ["SET search_path =", "SET SESSION search_path TO"] {
                assert_eq!(recognised(&format!("{set} {list};")), path(schemas, true), "{list}");
            }
        }
        for (list, schemas) in [
            ("", &[][..]),
            ("app, public", &["app", "public"]),
            ("\"A, b\",c", &["A, b", "c"]),
            ("\"$user\", public", &["$user", "public"]),
            ("\"\"", &[]),
        ] {
            let sql = format!("SELECT pg_catalog.set_config('search_path', '{list}', false);");
            assert_eq!(recognised(&sql), path(schemas, false), "{list}");
        }
        let default = Some(Statement::SearchPath {
            path: None,
            is_counted: true,
        });
        assert_eq!(recognised("SET search_path = DEFAULT;"), default);
        for refused in [
            "SET search_path = a b;",
            "SET search_path = a,;",
            "SET search_path = a, 1;",
        ] {
            assert_eq!(recognised(refused), None, "{refused}");
        }
    }

    #[test]
    fn sequences() {
        let setval = |name: &str, value, is_called| {
            let sequence = Sequence::Named(Relation {
                schema: Some(b"public".to_vec()),
                name: name.into(),
            });
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
        for by_hand in [
            "SELECT setval('public.s', 110);",
            "SELECT pg_catalog.setval('public.s'::regclass, 110, true);",
            "SELECT setval('public.s'::pg_catalog.regclass, 110);",
        ] {
            assert_eq!(recognised(by_hand), setval("s", 110, true), "{by_hand}");
        }
        for computed in [
            "SELECT setval(pg_get_serial_sequence('\"t\"','id'), coalesce(max(\"id\"), 1), max(\"id\") IS NOT null) FROM \"t\";",
            "SELECT setval('t_id_seq', (SELECT MAX(id) FROM public.t) + 1);",
            "SELECT pg_catalog.setval('t_id_seq', (SELECT GREATEST(MAX(id), 1) FROM t), true);",
        ] {
            let skipped = Some(Statement::Skipped(COMPUTED_SETVAL));
            assert_eq!(recognised(computed), skipped, "{computed}");
        }
        let of_column = |table: &str, column: &str| {
            let relation = parse_relation(table.as_bytes()).unwrap();
            Some(Statement::SetVal {
                sequence: Sequence::OfColumn(relation, column.into()),
                value: 7,
                is_called: true,
            })
        };
        for (call, table, column) in [
            ("pg_get_serial_sequence('public.t', 'Id')", "public.t", "Id"),
            ("pg_catalog.pg_get_serial_sequence('\"T\"', 'id')", "\"T\"", "id"),
        ] {
            let sql = format!("SELECT pg_catalog.setval({call}, 7, true);");
            assert_eq!(recognised(&sql), of_column(table, column));
            let sql = format!("SELECT setval({call}, 7);");
            assert_eq!(recognised(&sql), of_column(table, column));
        }
        let min = "SELECT pg_catalog.setval('public.\"Id S''\"', -9223372036854775808, false);";
        assert_eq!(recognised(min), setval("Id S'", i64::MIN, false));
        for refused in [
            "SELECT pg_catalog.setval('public.s', 9223372036854775808, true);",
            "SELECT pg_catalog.setval('public.s', (SELECT 1), true);",
            "SELECT pg_catalog.setval('public.s', 1, true), pg_sleep(1);",
            "SELECT pg_catalog.setval('a.b.c', 1, true);",
            "SELECT pg_catalog.setval('public.s', 1 + 1);",
            "SELECT pg_catalog.setval('public.s'::text, 1);",
            "SELECT pg_catalog.setval(pg_get_serial_sequence('t', 'id', 'x'), 1);",
            "SELECT pg_catalog.setval(currval('t'), 1);",
            "SELECT setval('public.s', max(pg_sleep(1)));",
            "SELECT setval('public.s', (SELECT max(id) FROM t WHERE v = 'x'));",
            "SELECT setval('public.s', max(id)) FROM t; SELECT 1;",
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
