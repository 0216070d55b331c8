//! What a session sets: the `search_path`, where unqualified names are looked for and made, and the encoding.

use super::cursor::{Cursor, Parse};
use crate::encoding;
use crate::lex::tokens::{TokenKind, string_value};

/// The schemas of the `search_path` in order, without `"$user"` and the temporary ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SearchPath {
    schemas: Vec<String>,
}

impl Default for SearchPath {
    fn default() -> Self {
        Self {
            schemas: vec!["public".to_owned()],
        }
    }
}

impl SearchPath {
    pub(super) fn schemas(&self) -> &[String] {
        &self.schemas
    }

    /// The schema in which unqualified names are made. An empty path has none; the default stands in for it.
    pub(super) fn creation_schema(&self) -> &str {
        self.schemas
            .iter()
            .find(|schema| *schema != "pg_catalog")
            .map_or("public", String::as_str)
    }

    /// Follows `SET search_path`, `RESET search_path` and `set_config('search_path', …)`.
    pub(super) fn set(&mut self, cursor: &mut Cursor<'_>, scs: bool) -> Parse<()> {
        if cursor.word("reset") || cursor.contains_word("default") {
            *self = Self::default();
            return Ok(());
        }
        let mut schemas = Vec::new();
        if cursor.word("select") {
            while !cursor.at_end() && !cursor.is_punct(b'(') {
                cursor.advance();
            }
            cursor.expect_punct(b'(')?;
            if string_value(cursor.text(), scs) != b"search_path" {
                return Ok(());
            }
            cursor.advance();
            cursor.expect_punct(b',')?;
            if cursor.kind() != Some(TokenKind::String) {
                return Ok(());
            }
            schemas = split_list(&cursor.string()?);
        } else {
            while !cursor.word("search_path") {
                cursor.advance();
            }
            cursor.advance();
            while !cursor.at_end() {
                match cursor.kind() {
                    Some(TokenKind::Word(name) | TokenKind::Quoted(name)) => schemas.push(name.to_string()),
                    Some(TokenKind::String) => {
                        schemas.push(cursor.string()?);
                        continue;
                    }
                    _ => {}
                }
                cursor.advance();
            }
        }
        schemas.retain(|schema| !schema.is_empty() && schema != "$user" && !schema.starts_with("pg_temp"));
        self.schemas = schemas;
        Ok(())
    }
}

/// Follows `SET client_encoding = …`, `SET NAMES …` and `RESET client_encoding`; `None` is the encoding of a new session.
pub(super) fn client_encoding(cursor: &mut Cursor<'_>, scs: bool) -> Parse<Option<&'static str>> {
    if cursor.word("reset") || cursor.contains_word("default") {
        return Ok(None);
    }
    while !cursor.at_end() && !cursor.word("client_encoding") && !cursor.word("names") {
        cursor.advance();
    }
    if !cursor.punct(b'=') {
        cursor.word("to");
    }
    let value = match cursor.kind() {
        Some(TokenKind::String) => string_value(cursor.text(), scs),
        _ => cursor.text().to_vec(),
    };
    match encoding::allowed(&value) {
        Ok(name) => Ok(Some(name)),
        Err(error) => cursor.fault(error.message()),
    }
}

/// `SplitIdentifierString()`: names between commas, quoted or folded to lower case.
fn split_list(list: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(std::mem::take(&mut name)),
            _ if quoted => name.push(character),
            _ if character.is_whitespace() => {}
            _ => name.push(character.to_ascii_lowercase()),
        }
    }
    names.push(name);
    names
}
