//! Reads the tokens of one statement from left to right.

use crate::catalog::names::{NAME_BYTES_MAX, truncate};
use crate::encoding;
use crate::lex::LexError;
use crate::lex::tokens::{Token, TokenKind, Tokens, string_value};

/// Why a statement cannot be read, and at which offset of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) message: String,
}

pub(super) type Parse<T> = Result<T, Fault>;

impl From<LexError> for Fault {
    fn from(error: LexError) -> Self {
        Self {
            offset: error.at,
            message: error.message,
        }
    }
}

/// A name that may or may not name its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawName {
    pub(super) schema: Option<String>,
    pub(super) name: String,
    pub(super) offset: usize,
}

/// A position in the tokens of a statement.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    sql: &'a [u8],
    tokens: Vec<Token<'a>>,
    at: usize,
    standard_conforming_strings: bool,
    /// The encoding of `sql`.
    encoding: &'static str,
}

/// What is said of a name or value that is no text.
pub(super) fn unreadable(encoding: &str) -> String {
    format!("this cannot be read in the encoding {encoding}: give the schema in UTF-8 (pg_dump -E UTF8)")
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a [u8], standard_conforming_strings: bool) -> Parse<Self> {
        let mut tokens = Tokens::new(sql, standard_conforming_strings).collect::<Result<Vec<_>, _>>()?;
        while tokens.last().is_some_and(|token| token.kind == TokenKind::Punct(b';')) {
            tokens.pop();
        }
        Ok(Self {
            sql,
            tokens,
            at: 0,
            standard_conforming_strings,
            encoding: "UTF8",
        })
    }

    /// The same, if all names can be read in this encoding.
    pub(super) fn checked(mut self, is_readable: impl Fn(&[u8]) -> bool, encoding: &'static str) -> Parse<Self> {
        let is_name = |token: &&Token<'_>| matches!(token.kind, TokenKind::Word(_) | TokenKind::Quoted(_));
        let is_text = |token: &Token<'_>| self.sql.get(token.start..token.end).is_none_or(&is_readable);
        match self.tokens.iter().filter(is_name).find(|token| !is_text(token)) {
            Some(token) => Err(Fault {
                offset: token.start,
                message: unreadable(encoding),
            }),
            None => {
                self.encoding = encoding;
                Ok(self)
            }
        }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn set_position(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn kind(&self) -> Option<&TokenKind<'a>> {
        self.kind_at(0)
    }

    pub(super) fn kind_at(&self, ahead: usize) -> Option<&TokenKind<'a>> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    fn kind_before(&self) -> Option<&TokenKind<'a>> {
        self.tokens.get(self.at.checked_sub(1)?).map(|token| &token.kind)
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Offset of the next token, or the end of the statement.
    pub(super) fn offset(&self) -> usize {
        self.tokens.get(self.at).map_or(self.sql.len(), |token| token.start)
    }

    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Parse<T> {
        Err(Fault {
            offset: self.offset(),
            message: message.into(),
        })
    }

    /// The text of the next token as it is written.
    pub(super) fn text(&self) -> &'a [u8] {
        self.tokens
            .get(self.at)
            .and_then(|token| self.sql.get(token.start..token.end))
            .unwrap_or_default()
    }

    pub(super) fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        matches!(self.kind_at(ahead), Some(TokenKind::Word(found)) if found == word)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    pub(super) fn is_punct(&self, byte: u8) -> bool {
        self.kind() == Some(&TokenKind::Punct(byte))
    }

    pub(super) fn is_word_behind(&self, word: &str) -> bool {
        matches!(self.kind_before(), Some(TokenKind::Word(found)) if found == word)
    }

    /// Whether the next tokens are these words.
    pub(super) fn are_words(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(ahead, word)| self.is_word_at(ahead, word))
    }

    /// Takes these words if they come next, all or none.
    pub(super) fn words(&mut self, words: &[&str]) -> bool {
        let found = self.are_words(words);
        if found {
            self.at += words.len();
        }
        found
    }

    pub(super) fn word(&mut self, word: &str) -> bool {
        self.words(&[word])
    }

    pub(super) fn punct(&mut self, byte: u8) -> bool {
        let found = self.is_punct(byte);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn expect_punct(&mut self, byte: u8) -> Parse<()> {
        match self.punct(byte) {
            true => Ok(()),
            false => self.fault(format!("\"{}\" is expected here", char::from(byte))),
        }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parse<()> {
        match self.word(word) {
            true => Ok(()),
            false => self.fault(format!("{} is expected here", word.to_ascii_uppercase())),
        }
    }

    /// Takes the next word, whatever it is.
    pub(super) fn any_word(&mut self) -> Option<String> {
        let Some(TokenKind::Word(word)) = self.kind() else {
            return None;
        };
        let word = word.to_string();
        self.at += 1;
        Some(word)
    }

    /// Takes a name, cut to the length that PostgreSQL keeps.
    pub(super) fn name(&mut self) -> Parse<String> {
        let name = match self.kind() {
            Some(TokenKind::Word(name) | TokenKind::Quoted(name)) => truncate(name, NAME_BYTES_MAX).to_owned(),
            _ => return self.fault("a name is expected here"),
        };
        self.at += 1;
        Ok(name)
    }

    /// Takes `name` or `schema.name`, or `database.schema.name`, whose database is dropped.
    pub(super) fn qualified_name(&mut self) -> Parse<RawName> {
        let offset = self.offset();
        let mut name = self.name()?;
        let mut schema = None;
        while self.punct(b'.') {
            schema = Some(std::mem::replace(&mut name, self.name()?));
        }
        Ok(RawName { schema, name, offset })
    }

    /// Takes a string literal of any form; its value.
    pub(super) fn string(&mut self) -> Parse<String> {
        if self.kind() != Some(&TokenKind::String) {
            return self.fault("a string is expected here");
        }
        let value = string_value(self.text(), self.standard_conforming_strings);
        match encoding::decode(self.encoding, &value) {
            Some(value) => {
                self.at += 1;
                Ok(value.into_owned())
            }
            None => self.fault(unreadable(self.encoding)),
        }
    }

    /// Takes `(name, …)`.
    pub(super) fn name_list(&mut self) -> Parse<Vec<String>> {
        self.expect_punct(b'(')?;
        let mut names = vec![self.name()?];
        while self.punct(b',') {
            names.push(self.name()?);
        }
        self.expect_punct(b')')?;
        Ok(names)
    }

    /// Takes a parenthesised (or bracketed) group whole, if one comes next.
    pub(super) fn skip_group(&mut self) -> Parse<bool> {
        if !matches!(self.kind(), Some(TokenKind::Punct(b'(' | b'['))) {
            return Ok(false);
        }
        let opening = self.offset();
        let mut depth = 0_usize;
        while let Some(kind) = self.kind() {
            match kind {
                TokenKind::Punct(b'(' | b'[') => depth += 1,
                TokenKind::Punct(b')' | b']') => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(true);
            }
        }
        Err(Fault {
            offset: opening,
            message: "unbalanced parenthesis".to_owned(),
        })
    }

    /// Takes one token, or a whole group.
    pub(super) fn skip_one(&mut self) -> Parse<()> {
        if !self.skip_group()? {
            self.at += 1;
        }
        Ok(())
    }

    /// Whether the list element or the statement ends here.
    pub(super) fn at_element_end(&self) -> bool {
        matches!(self.kind(), None | Some(TokenKind::Punct(b',' | b')')))
    }

    /// Takes everything to the end of the list element.
    pub(super) fn skip_element(&mut self) -> Parse<()> {
        while !self.at_element_end() {
            self.skip_one()?;
        }
        Ok(())
    }

    /// Takes the expression of a `DEFAULT`, which ends where the next column constraint begins.
    ///
    /// It is a `b_expr` of `gram.y`: without `NOT`, `COLLATE` and the like outside of parentheses.
    pub(super) fn skip_default(&mut self) -> Parse<()> {
        let mut cases = 0_usize;
        let first = self.at;
        while !self.at_element_end() {
            let operand = self.at == first
                || matches!(self.kind_before(), Some(TokenKind::Punct(byte)) if !matches!(byte, b')' | b']'));
            if let Some(TokenKind::Word(word)) = self.kind() {
                match word.as_ref() {
                    "case" => cases += 1,
                    "end" => cases = cases.saturating_sub(1),
                    _ if cases > 0 || operand => {}
                    "not" | "distinct" | "null" if self.is_after_is() => {}
                    "constraint" | "not" | "null" | "default" | "generated" | "unique" | "primary" | "check"
                    | "references" | "collate" | "deferrable" | "initially" | "enforced" | "storage"
                    | "compression" | "options" => return Ok(()),
                    _ => {}
                }
            }
            self.skip_one()?;
        }
        Ok(())
    }

    fn is_after_is(&self) -> bool {
        matches!(self.kind_before(), Some(TokenKind::Word(word)) if matches!(word.as_ref(), "is" | "not"))
    }

    /// Whether the rest of the statement holds this word outside of parentheses.
    pub(super) fn contains_word(&self, word: &str) -> bool {
        let mut depth = 0_usize;
        self.tokens
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .any(|token| match &token.kind {
                TokenKind::Punct(b'(') => {
                    depth += 1;
                    false
                }
                TokenKind::Punct(b')') => {
                    depth = depth.saturating_sub(1);
                    false
                }
                TokenKind::Word(found) => depth == 0 && found == word,
                _ => false,
            })
    }

    /// The names among the tokens since `from`.
    pub(super) fn names_since(&self, from: usize) -> Vec<String> {
        let tokens = self.tokens.get(from..self.at).unwrap_or_default();
        let names = tokens.iter().filter_map(|token| match &token.kind {
            TokenKind::Word(name) | TokenKind::Quoted(name) => Some(name.to_string()),
            _ => None,
        });
        names.collect()
    }
}
