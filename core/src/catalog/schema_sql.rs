//! Schema SQL as text: statement by statement into the builder.

use super::builder::refuse_nul;
use super::{Catalog, CatalogBuilder};
use crate::error::Result;
use crate::lex::split::Splitter;
use crate::lex::tail;
use crate::lex::tokens::{Token, TokenKind, Tokens, decode_name, string_value};

impl Catalog {
    /// Reads the schema out of SQL: `pg_dump --schema-only`, a full dump, or hand-written statements.
    ///
    /// For a schema in several files, where later ones alter tables of earlier ones, use a [`CatalogBuilder`].
    ///
    /// ```
    /// let catalog = dumpsert::Catalog::from_schema_sql("CREATE TABLE orders (id bigint PRIMARY KEY, note text);")?;
    /// let orders = catalog.table("public", "orders").unwrap();
    /// assert_eq!(orders.arbiter().unwrap().columns, ["id"]);
    /// # Ok::<(), dumpsert::Error>(())
    /// ```
    ///
    /// # Errors
    /// A statement about tables that cannot be read; the position is its place in `sql`.
    pub fn from_schema_sql(sql: impl AsRef<[u8]>) -> Result<Self> {
        let mut builder = CatalogBuilder::new();
        builder.read_sql(sql)?;
        builder.finish()
    }
}

impl CatalogBuilder {
    /// Reads a whole file of schema SQL; what it sets (`search_path`) ends with it.
    ///
    /// # Errors
    /// A statement about tables that cannot be read; the position is its place in `sql`.
    pub fn read_sql(&mut self, sql: impl AsRef<[u8]>) -> Result<()> {
        self.read_text(sql.as_ref()).map(drop)
    }

    /// The same, and tells what the statements were about.
    pub(super) fn read_text(&mut self, sql: &[u8]) -> Result<Seen> {
        let mut seen = Seen::default();
        let mut standard_conforming_strings = true;
        let mut start = 0;
        refuse_nul(sql)?;
        self.reset_session();
        while start < sql.len() {
            start = skip_meta_commands(sql, start, standard_conforming_strings);
            let rest = tail(sql, start);
            let length = Splitter::new(standard_conforming_strings)
                .scan(rest)
                .unwrap_or(rest.len());
            let statement = rest.get(..length).unwrap_or(rest);
            self.observe_at(sql, start, statement, standard_conforming_strings)?;
            start += length;
            seen.note(statement, standard_conforming_strings);
            match session_effect(statement, standard_conforming_strings) {
                Some(Effect::StandardConformingStrings(on)) => standard_conforming_strings = on,
                Some(Effect::CopyData) => start += copy_data_length(tail(sql, start)),
                None => {}
            }
        }
        Ok(seen)
    }
}

/// How many statements a text has.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) about_schema: u64,
    pub(super) about_rows: u64,
}

impl Seen {
    fn note(&mut self, statement: &[u8], scs: bool) {
        let first = Tokens::new(statement, scs).find_map(Result::ok);
        match first.map(|token| token.kind) {
            Some(TokenKind::Word(word)) if matches!(word.as_ref(), "create" | "alter" | "drop") => {
                self.about_schema += 1
            }
            Some(TokenKind::Word(word)) if matches!(word.as_ref(), "insert" | "copy") => self.about_rows += 1,
            _ => {}
        }
    }
}

/// What a statement changes for the reading of those behind it.
enum Effect {
    StandardConformingStrings(bool),
    CopyData,
}

fn session_effect(statement: &[u8], scs: bool) -> Option<Effect> {
    let mut tokens = Tokens::new(statement, scs).map_while(|token| token.ok());
    let is = |token: &Token<'_>, word: &str| matches!(&token.kind, TokenKind::Word(found) if found == word);
    let first = tokens.next()?;
    if is(&first, "copy") {
        let words: Vec<_> = tokens.collect();
        let from_stdin = words
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if is(a, "from") && is(b, "stdin")));
        return from_stdin.then_some(Effect::CopyData);
    }
    if !is(&first, "set") {
        return None;
    }
    tokens
        .by_ref()
        .take(2)
        .find(|token| is(token, "standard_conforming_strings"))?;
    let value = tokens.nth(1)?;
    let text = statement.get(value.start..value.end).unwrap_or_default();
    let text = if value.kind == TokenKind::String {
        string_value(text, scs)
    } else {
        text.to_vec()
    };
    let text = decode_name(&text).to_ascii_lowercase();
    Some(Effect::StandardConformingStrings(!matches!(
        text.as_str(),
        "off" | "false" | "no" | "0"
    )))
}

/// Offset behind the psql commands that stand before a statement, such as `\restrict`.
fn skip_meta_commands(sql: &[u8], start: usize, scs: bool) -> usize {
    let mut at = start;
    loop {
        let rest = tail(sql, at);
        let Ok(trivia) = Tokens::new(rest, scs).skip_trivia() else {
            return at;
        };
        match tail(rest, trivia) {
            [b'\\', command @ ..] => {
                at += trivia + 1 + memchr::memchr(b'\n', command).map_or(command.len(), |end| end + 1);
            }
            _ => return at,
        }
    }
}

/// Length of the data behind a `COPY … FROM stdin;`, with the line that ends it.
fn copy_data_length(data: &[u8]) -> usize {
    let mut length = 0;
    // The first line is the rest of the statement's own.
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        length += line.len();
        if matches!(line.trim_ascii_end(), [b'\\', b'.']) {
            break;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_psql_commands_are_passed_over() {
        let sql = "\\restrict abc\n\nSET standard_conforming_strings = off;\n\
            CREATE TABLE public.t (id integer NOT NULL, v text DEFAULT 'a\\';' );\n\
            COPY public.t (id, v) FROM stdin;\n1\tCREATE TABLE x (id int);\n2\t'\n\\.\n\n\
            SET standard_conforming_strings = on;\n\
            CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;\n\
            \\connect other\nALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n";
        let catalog = Catalog::from_schema_sql(sql).unwrap();
        assert_eq!(catalog.tables().len(), 1);
        assert_eq!(catalog.table("public", "t").unwrap().arbiter().unwrap().name, "t_pkey");
    }

    #[test]
    fn several_files_build_on_each_other() {
        let mut builder = CatalogBuilder::new();
        builder
            .read_sql("SET search_path = app; CREATE TABLE t (id int);")
            .unwrap();
        builder
            .read_sql("CREATE TABLE t (id int); ALTER TABLE app.t ADD PRIMARY KEY (id)")
            .unwrap();
        let catalog = builder.finish().unwrap();
        assert!(catalog.table("app", "t").unwrap().arbiter().is_some());
        assert!(catalog.table("public", "t").unwrap().arbiter().is_none());
    }

    #[test]
    fn errors_say_where() {
        let error = Catalog::from_schema_sql("SELECT 1;\n\nCREATE TABLE t (\n  id int,\n  );").unwrap_err();
        let position = error.position().unwrap();
        assert_eq!((position.line, position.column), (5, 3), "{error}");
        let error = Catalog::from_schema_sql("-- x\nCREATE TABLE t (a int, PRIMARY KEY (b));").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2, column 24 (byte 28): the table public.t has no column b"
        );
    }
}
