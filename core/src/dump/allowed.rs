//! The allow-list: every form of statement that may stand in a dump, and what becomes of it. Anything else is refused.
//!
//! This table decides, and nothing beside it; the chapter "Untrusted input" of the documentation shows it, and a test
//! compares both.

use super::statement::{LARGE_OBJECTS, REFRESH, STATISTICS, Statement};
use super::words::Words;
use crate::error::ErrorKind;
use crate::lex::tokens::Tokens;
use crate::lex::{LexError, excerpt};

/// What becomes of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The script gets an upsert or a move of a sequence, written anew.
    Emitted,
    /// Tells how to read on; counted.
    Read,
    /// Shown to the catalog, which takes tables, keys and foreign keys from it; counted.
    Catalog,
    /// Counted in the report, with a warning where something is lost.
    Counted,
    /// Dropped without a count: it says nothing.
    Dropped,
}

/// One form of statement.
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "a part is for the documentation, which a test compares")
)]
struct Form {
    /// The tokens that it begins with, in lower case, a space between each two.
    opening: &'static str,
    /// How it is written, for the documentation.
    text: &'static str,
    fate: Fate,
    reads: Reads,
}

type Read = fn(&Words<'_>) -> Result<Option<Statement>, LexError>;

/// Who reads a form, once its opening is known.
enum Reads {
    /// The reader itself, byte by byte, before there is a whole statement.
    Reader,
    /// A function, which may still refuse it.
    By(Read),
    /// Nobody: it is counted under this label.
    Label(&'static str),
}

const fn form(opening: &'static str, text: &'static str, fate: Fate, reads: Reads) -> Form {
    Form {
        opening,
        text,
        fate,
        reads,
    }
}

const BEGIN: Reads = Reads::By(|words| {
    Ok(words
        .is_bare_transaction()
        .then_some(Statement::Skipped("BEGIN/COMMIT")))
});
const SCHEMA: Reads = Reads::By(|words| Ok(words.schema()));
const SET: Reads = Reads::By(|words| Ok(words.set()));
const SETVAL: Reads = Reads::By(|words| words.setval().map(Some));
const BLOB: Reads = Reads::Label(LARGE_OBJECTS);

/// A longer opening stands before a shorter one that it begins with.
#[rustfmt::skip]
const FORMS: [Form; 37] = [
    form("insert into", "INSERT INTO table [(columns)] [OVERRIDING SYSTEM VALUE] VALUES (literals)[, …] [ON CONFLICT DO NOTHING]", Fate::Emitted, Reads::Reader),
    form("insert into", "INSERT INTO table DEFAULT VALUES", Fate::Emitted, Reads::Reader),
    form("copy", "COPY table [(columns)] FROM stdin", Fate::Emitted, Reads::Reader),
    form("select pg_catalog . setval (", "SELECT pg_catalog.setval('sequence', number[, true|false])", Fate::Emitted, SETVAL),
    form("select setval (", "SELECT setval(pg_get_serial_sequence('table', 'column'), number[, true|false])", Fate::Emitted, SETVAL),
    form("set session authorization", "SET SESSION AUTHORIZATION …", Fate::Counted, Reads::Label("SET SESSION AUTHORIZATION")),
    form("set constraints all", "SET CONSTRAINTS ALL …", Fate::Counted, Reads::Label("SET CONSTRAINTS")),
    form("set role", "SET ROLE …", Fate::Counted, Reads::Label("SET ROLE")),
    form("set", "SET setting = value", Fate::Read, SET),
    form("reset", "RESET …", Fate::Read, Reads::By(|words| Ok(words.reset()))),
    form("select pg_catalog . set_config (", "SELECT pg_catalog.set_config('search_path', 'path', …)", Fate::Read, Reads::By(|words| Ok(words.set_config()))),
    form("create", "CREATE object …", Fate::Catalog, SCHEMA),
    form("alter", "ALTER object …", Fate::Catalog, SCHEMA),
    form("drop", "DROP object …", Fate::Catalog, SCHEMA),
    form("comment on large object", "COMMENT ON LARGE OBJECT …", Fate::Counted, BLOB),
    form("comment on", "COMMENT ON …", Fate::Counted, Reads::Label("COMMENT")),
    form("grant", "GRANT …", Fate::Counted, Reads::By(|words| Ok(Some(words.privilege("GRANT"))))),
    form("revoke", "REVOKE …", Fate::Counted, Reads::By(|words| Ok(Some(words.privilege("REVOKE"))))),
    form("security label", "SECURITY LABEL …", Fate::Counted, Reads::Label("SECURITY LABEL")),
    form("select pg_catalog . lo_create (", "SELECT pg_catalog.lo_create(…)", Fate::Counted, BLOB),
    form("select pg_catalog . lo_open (", "SELECT pg_catalog.lo_open(…)", Fate::Counted, BLOB),
    form("select pg_catalog . lowrite (", "SELECT pg_catalog.lowrite(…)", Fate::Counted, BLOB),
    form("select pg_catalog . lo_close (", "SELECT pg_catalog.lo_close(…)", Fate::Counted, BLOB),
    form("select * from pg_catalog . pg_restore_relation_stats (", "SELECT * FROM pg_catalog.pg_restore_relation_stats(…)", Fate::Counted, Reads::Label(STATISTICS)),
    form("select * from pg_catalog . pg_restore_attribute_stats (", "SELECT * FROM pg_catalog.pg_restore_attribute_stats(…)", Fate::Counted, Reads::Label(STATISTICS)),
    form("refresh materialized view", "REFRESH MATERIALIZED VIEW …", Fate::Counted, Reads::Label(REFRESH)),
    form("begin", "BEGIN [TRANSACTION]", Fate::Counted, BEGIN),
    form("start transaction", "START TRANSACTION", Fate::Counted, BEGIN),
    form("commit", "COMMIT [TRANSACTION]", Fate::Counted, BEGIN),
    form("update pg_catalog . pg_database set datistemplate", "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'name'", Fate::Counted, Reads::By(|words| Ok(words.is_datistemplate().then_some(Statement::Skipped("UPDATE pg_database"))))),
    form(";", ";", Fate::Counted, Reads::Label("empty statement")),
    form("--", "-- comment", Fate::Dropped, Reads::Reader),
    form("/*", "/* comment */", Fate::Dropped, Reads::Reader),
    form("\\restrict", "\\restrict key, \\unrestrict key", Fate::Counted, Reads::Reader),
    form("\\connect", "\\connect database", Fate::Read, Reads::Reader),
    form("\\encoding", "\\encoding SQL_ASCII", Fate::Dropped, Reads::Reader),
    form("pg_dump :", "pg_dump: message", Fate::Counted, Reads::Reader),
];

/// More tokens than any statement has that is read to its end.
const MOST_TOKENS: usize = 64;

/// Recognises one whole statement that is not rows; `sql` starts with its first token. `None`: it is not allowed.
pub(crate) fn recognise(sql: &[u8], scs: bool) -> Result<Option<Statement>, LexError> {
    let mut tokens = Vec::new();
    // What decides stands in front; a function body behind it need not be read.
    for token in Tokens::new(sql, scs).take(MOST_TOKENS) {
        tokens.push(token?);
    }
    let words = Words::new(sql, scs, &tokens);
    let statement = match FORMS.iter().find(|form| words.begin_with(form.opening)) {
        // Nothing but white space is left of a dump that ends behind a comment.
        None if tokens.is_empty() => Some(Statement::Skipped("empty statement")),
        None => None,
        Some(form) => match form.reads {
            Reads::Reader => None,
            Reads::By(read) => read(&words)?,
            Reads::Label(label) => Some(Statement::Skipped(label)),
        },
    };
    if statement.is_none() && words.is_foreign_dialect() {
        let message = format!("`{}` does not look like the output of pg_dump", excerpt(sql));
        return Err(LexError::new(0, ErrorKind::NotADump, message));
    }
    Ok(statement)
}

/// Whether a statement sets where names are looked for.
#[cfg(test)]
pub(crate) fn is_search_path(sql: &[u8], scs: bool) -> bool {
    let recognised = recognise(sql, scs);
    matches!(recognised, Ok(Some(Statement::SearchPath { .. } | Statement::Reset(_))))
}

#[cfg(test)]
mod tests {
    use super::super::allowed_words::{OBJECTS, SETTINGS, SETTINGS_READ};
    use super::*;
    use crate::dump::counting::Counting;
    use crate::dump::reader::Reader;
    use crate::error::Result;
    use crate::limits::Limits;

    const DOCUMENT: &str = include_str!("../untrusted_input.md");

    /// One for each form, in the same order.
    #[rustfmt::skip]
    const EXAMPLES: [&str; FORMS.len()] = [
        "INSERT INTO a.t (c, \"D\") OVERRIDING SYSTEM VALUE VALUES (1, 'x') ON CONFLICT DO NOTHING;\n",
        "INSERT INTO a.t DEFAULT VALUES;\n",
        "COPY a.t (c) FROM stdin;\n1\n\\.\n",
        "SELECT pg_catalog.setval('a.s', -4, false);\n",
        "SELECT setval(pg_get_serial_sequence('a.t', 'c'), 7);\n",
        "SET SESSION AUTHORIZATION 'x';\n",
        "SET CONSTRAINTS ALL DEFERRED;\n",
        "SET ROLE x;\n",
        "SET row_security = off;\n",
        "RESET ALL;\n",
        "SELECT pg_catalog.set_config('search_path', 'a', false);\n",
        "CREATE OR REPLACE FUNCTION a.f() RETURNS integer LANGUAGE sql AS $$ SELECT 1; $$;\n",
        "ALTER TABLE ONLY a.t ADD CONSTRAINT k PRIMARY KEY (c);\n",
        "DROP MATERIALIZED VIEW a.v;\n",
        "COMMENT ON LARGE OBJECT 4 IS 'x';\n",
        "COMMENT ON TABLE a.t IS 'x';\n",
        "GRANT SELECT ON TABLE a.t TO x;\n",
        "REVOKE ALL ON SCHEMA a FROM x;\n",
        "SECURITY LABEL ON TABLE a.t IS 'x';\n",
        "SELECT pg_catalog.lo_create('4');\n",
        "SELECT pg_catalog.lo_open('4', 131072);\n",
        "SELECT pg_catalog.lowrite(0, '\\x00');\n",
        "SELECT pg_catalog.lo_close(0);\n",
        "SELECT * FROM pg_catalog.pg_restore_relation_stats('version', '180006'::integer);\n",
        "SELECT * FROM pg_catalog.pg_restore_attribute_stats('version', '180006'::integer);\n",
        "REFRESH MATERIALIZED VIEW a.v;\n",
        "BEGIN;\n",
        "START TRANSACTION;\n",
        "COMMIT;\n",
        "UPDATE pg_catalog.pg_database SET datistemplate = false WHERE datname = 'x';\n",
        ";\n",
        "-- comment\n",
        "/* comment */\n",
        "\\restrict a1\n\\unrestrict a1\n",
        "\\connect x\n",
        "\\encoding SQL_ASCII\n",
        "pg_dump: warning: x\n",
    ];

    fn hear(dump: &str) -> Result<Counting> {
        let mut counting = Counting::default();
        let mut reader = Reader::new(Limits::default());
        reader.write(dump.as_bytes(), &mut counting)?;
        reader.finish(&mut counting)?;
        Ok(counting)
    }

    #[test]
    fn every_form_has_its_fate() {
        for (form, example) in FORMS.iter().zip(EXAMPLES) {
            let first = |text: &str| text.split([' ', ',', ';']).next().unwrap_or_default().to_lowercase();
            assert_eq!(first(form.text), first(example), "the example is of another form");
            let counting = hear(example).unwrap_or_else(|error| panic!("{example}: {error}"));
            let heard = (counting.emitted, counting.catalog, counting.counted);
            match form.fate {
                Fate::Emitted => assert_eq!(heard, (1, 0, 0), "{example}"),
                Fate::Catalog => assert_eq!(heard, (0, 1, 1), "{example}"),
                Fate::Counted => assert!(heard.0 == 0 && heard.1 == 0 && heard.2 > 0, "{example}: {heard:?}"),
                Fate::Dropped => assert_eq!(heard, (0, 0, 0), "{example}"),
                Fate::Read => assert!(heard.0 == 0 && heard.1 == 0, "{example}: {heard:?}"),
            }
        }
    }

    /// None of the forms passes with something more than its opening in front.
    #[test]
    fn an_opening_must_begin_the_statement() {
        for example in EXAMPLES.iter().filter(|example| !example.starts_with(['-', '/', ';'])) {
            for before in ["EXPLAIN ", "x", "(", "'' "] {
                assert!(hear(&format!("{before}{example}")).is_err(), "{before}{example}");
            }
        }
    }

    #[test]
    fn objects_and_settings() {
        for object in OBJECTS.iter().filter(|object| **object != "large object") {
            let sql = format!("ALTER {} x;", object.to_uppercase());
            let label = Statement::Schema(format!("ALTER {}", object.to_uppercase()));
            assert_eq!(recognise(sql.as_bytes(), true).unwrap(), Some(label));
        }
        for setting in SETTINGS.iter().chain(&SETTINGS_READ) {
            let sql = format!("SET {setting} = on;");
            assert!(recognise(sql.as_bytes(), true).unwrap().is_some(), "{setting}");
        }
    }

    #[test]
    fn the_documentation_shows_this_table() {
        let fate = |fate| match fate {
            Fate::Emitted => "emitted",
            Fate::Read => "read",
            Fate::Catalog => "read for the catalog, counted",
            Fate::Counted => "skipped and counted",
            Fate::Dropped => "dropped",
        };
        let escape = |text: &str| text.replace('|', "\\|");
        let mut table = String::from("| statement | what becomes of it |\n|---|---|\n");
        for form in &FORMS {
            table.push_str(&format!("| `{}` | {} |\n", escape(form.text), fate(form.fate)));
        }
        table.push_str("| anything else | refused |\n");
        assert!(DOCUMENT.contains(&table), "the table must be:\n{table}");
        for list in [&OBJECTS[..], &SETTINGS[..], &SETTINGS_READ[..]] {
            let list = list.join("`, `");
            assert!(DOCUMENT.replace('\n', " ").contains(&list), "a list must be:\n`{list}`");
        }
    }
}
