//! Reads the tokens of one statement from left to right.

use crate::catalog::names::{NAME_BYTES_MAX, truncate};
use crate::encoding;
use crate::error::ErrorKind;
use crate::lex::names::too_long;
use crate::lex::tokens::{TokenKind, Tokens, string_value};
use crate::lex::{LexError, slice};

/// Why a statement cannot be read, and at which offset of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) kind: ErrorKind,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            kind: ErrorKind::InvalidCatalog,
            message: message.into(),
        }
    }

    /// Something is more than there may be.
    pub(super) fn limit(offset: usize, message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::TooLarge,
            ..Self::new(offset, message)
        }
    }
}

pub(super) type Parse<T> = Result<T, Fault>;

impl From<LexError> for Fault {
    fn from(error: LexError) -> Self {
        Self::new(error.at, error.message)
    }
}

/// A name that may or may not name its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawName {
    pub(super) schema: Option<String>,
    pub(super) name: String,
    pub(super) offset: usize,
}

/// Where a token stands, and what it is: a statement may have millions of them.
#[derive(Clone, Copy, Debug)]
struct Mark {
    start: u32,
    length: u32,
    sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Word,
    Quoted,
    String,
    Number,
    Punct(u8),
}

/// A position in the tokens of a statement.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    sql: &'a [u8],
    tokens: Vec<Mark>,
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
        if u32::try_from(sql.len()).is_err() {
            return Err(Fault::limit(0, "a statement is longer than 4 GiB"));
        }
        let mut tokens = Vec::new();
        for token in Tokens::new(sql, standard_conforming_strings) {
            let token = token?;
            let sort = match token.kind {
                TokenKind::Word(_) => Sort::Word,
                TokenKind::Quoted(_) => Sort::Quoted,
                TokenKind::String => Sort::String,
                TokenKind::Number => Sort::Number,
                TokenKind::Punct(byte) => Sort::Punct(byte),
            };
            // The statement is not longer than this.
            let (start, length) = (token.start as u32, (token.end - token.start) as u32);
            tokens.push(Mark { start, length, sort });
        }
        while tokens.last().is_some_and(|token| token.sort == Sort::Punct(b';')) {
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
        let is_name = |mark: &&Mark| matches!(mark.sort, Sort::Word | Sort::Quoted);
        let is_text = |mark: &Mark| is_readable(self.text_of(*mark));
        match self.tokens.iter().filter(is_name).find(|mark| !is_text(mark)) {
            Some(mark) => Err(Fault::new(mark.start as usize, unreadable(encoding))),
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

    pub(super) fn kind(&self) -> Option<TokenKind<'a>> {
        self.kind_at(0)
    }

    pub(super) fn kind_at(&self, ahead: usize) -> Option<TokenKind<'a>> {
        self.kind_of(*self.tokens.get(self.at + ahead)?)
    }

    fn kind_before(&self) -> Option<TokenKind<'a>> {
        self.kind_of(*self.tokens.get(self.at.checked_sub(1)?)?)
    }

    fn kind_of(&self, mark: Mark) -> Option<TokenKind<'a>> {
        match mark.sort {
            Sort::String => Some(TokenKind::String),
            Sort::Number => Some(TokenKind::Number),
            Sort::Punct(byte) => Some(TokenKind::Punct(byte)),
            // It was read before, and is read again alike.
            Sort::Word | Sort::Quoted => {
                let mut tokens = Tokens::new(self.text_of(mark), self.standard_conforming_strings);
                Some(tokens.next()?.ok()?.kind)
            }
        }
    }

    fn text_of(&self, mark: Mark) -> &'a [u8] {
        slice(
            self.sql,
            mark.start as usize,
            mark.start as usize + mark.length as usize,
        )
    }

    pub(super) fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    /// Offset of the next token, or the end of the statement.
    pub(super) fn offset(&self) -> usize {
        self.tokens
            .get(self.at)
            .map_or(self.sql.len(), |token| token.start as usize)
    }

    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Parse<T> {
        Err(Fault::new(self.offset(), message))
    }

    /// The text of the next token as it is written.
    pub(super) fn text(&self) -> &'a [u8] {
        self.tokens.get(self.at).map_or(&[], |&mark| self.text_of(mark))
    }

    pub(super) fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        let mark = self.tokens.get(self.at + ahead);
        mark.is_some_and(|&mark| self.is_this(mark, word))
    }

    /// Whether a token is a word, which is given in lower case.
    fn is_this(&self, mark: Mark, word: &str) -> bool {
        mark.sort == Sort::Word && self.text_of(mark).eq_ignore_ascii_case(word.as_bytes())
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    pub(super) fn is_punct(&self, byte: u8) -> bool {
        self.tokens.get(self.at).map(|token| token.sort) == Some(Sort::Punct(byte))
    }

    pub(super) fn is_word_behind(&self, word: &str) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|&mark| self.is_this(mark, word))
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

    /// Takes a name.
    pub(super) fn name(&mut self) -> Parse<String> {
        let name = match self.kind() {
            Some(TokenKind::Word(name) | TokenKind::Quoted(name)) => name,
            _ => return self.fault("a name is expected here"),
        };
        if let Some(message) = too_long(name.as_bytes()) {
            return Err(Fault::limit(self.offset(), message));
        }
        self.at += 1;
        Ok(name.into_owned())
    }

    /// Takes a name of something that is not kept, cut to the length that PostgreSQL keeps.
    pub(super) fn any_name(&mut self) -> Parse<String> {
        let name = match self.kind() {
            Some(TokenKind::Word(name) | TokenKind::Quoted(name)) => truncate(&name, NAME_BYTES_MAX).to_owned(),
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
        if self.kind() != Some(TokenKind::String) {
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
        while let Some(mark) = self.tokens.get(self.at) {
            match mark.sort {
                Sort::Punct(b'(' | b'[') => depth += 1,
                Sort::Punct(b')' | b']') => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(true);
            }
        }
        Err(Fault::new(opening, "unbalanced parenthesis"))
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
            .any(|&token| match token.sort {
                Sort::Punct(b'(') => {
                    depth += 1;
                    false
                }
                Sort::Punct(b')') => {
                    depth = depth.saturating_sub(1);
                    false
                }
                Sort::Word => depth == 0 && self.is_this(token, word),
                _ => false,
            })
    }

    /// The names among the tokens since `from`.
    pub(super) fn names_since(&self, from: usize) -> Vec<String> {
        let tokens = self.tokens.get(from..self.at).unwrap_or_default();
        let names = tokens.iter().filter_map(|&token| match self.kind_of(token) {
            Some(TokenKind::Word(name) | TokenKind::Quoted(name)) => Some(name.into_owned()),
            _ => None,
        });
        names.collect()
    }
}
