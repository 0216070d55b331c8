//! The tokens of one SQL statement that is held in memory as a whole.
//!
//! The rules are those of PostgreSQL's `src/backend/parser/scan.l`, as far as schema statements need them: where a token
//! begins and ends is exact, what an operator or a number means is not looked at.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

use super::{LexError, slice, tail};
use crate::error::ErrorKind;

/// What a [`Token`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'a> {
    /// A keyword or an unquoted identifier, folded to lower case.
    Word(Cow<'a, str>),
    /// A quoted identifier without its quotes.
    Quoted(Cow<'a, str>),
    /// A string literal of any form, with its prefix, its quotes and its continuations.
    String,
    /// A number, or a parameter such as `$1`.
    Number,
    /// One byte of an operator or of punctuation.
    Punct(u8),
}

/// One token and its place in the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind<'a>,
    /// Offset of its first byte.
    pub(crate) start: usize,
    /// Offset behind its last byte.
    pub(crate) end: usize,
}

/// An iterator over the tokens of a statement; it ends after the first error.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    sql: &'a [u8],
    pos: usize,
    standard_conforming_strings: bool,
}

/// A part of a text that is UTF-8 as a whole, such as an option. Where names of a dump are compared with anything, they
/// become text by [`encoding::decode`](crate::encoding::decode) instead.
pub(crate) fn decode_name(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(sql: &'a [u8], standard_conforming_strings: bool) -> Self {
        Self {
            sql,
            pos: 0,
            standard_conforming_strings,
        }
    }

    /// Offset of the first byte that is neither whitespace nor comment, from where the last token ended.
    pub(crate) fn skip_trivia(&mut self) -> Result<usize, LexError> {
        loop {
            match self.rest() {
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c, ..] => self.pos += 1,
                [b'-', b'-', rest @ ..] => self.pos += 2 + memchr2(b'\n', b'\r', rest).unwrap_or(rest.len()),
                [b'/', b'*', ..] => self.skip_block_comment()?,
                _ => return Ok(self.pos),
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        tail(self.sql, self.pos)
    }

    fn skip_block_comment(&mut self) -> Result<(), LexError> {
        let start = self.pos;
        let mut depth = 0_usize;
        loop {
            match self.rest() {
                [b'/', b'*', ..] => {
                    depth += 1;
                    self.pos += 2;
                }
                [b'*', b'/', ..] => {
                    depth -= 1;
                    self.pos += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                [_, rest @ ..] => self.pos += 1 + memchr2(b'/', b'*', rest).unwrap_or(rest.len()),
                [] => return Err(error(start, "unterminated comment")),
            }
        }
    }

    fn token(&mut self) -> Result<Option<TokenKind<'a>>, LexError> {
        let start = self.skip_trivia()?;
        let rest = self.rest();
        let Some(&first) = rest.first() else { return Ok(None) };
        let kind = match first {
            b'"' => self.quoted_identifier()?,
            b'\'' => self.string(!self.standard_conforming_strings)?,
            b'$' => self.dollar(rest)?,
            b'0'..=b'9' => self.number(rest),
            b'.' if rest.get(1).is_some_and(u8::is_ascii_digit) => self.number(rest),
            _ if is_word_start(first) => match rest {
                [b'e' | b'E', b'\'', ..] => self.prefixed_string(1, true)?,
                [b'b' | b'B' | b'x' | b'X', b'\'', ..] => self.prefixed_string(1, false)?,
                [b'n' | b'N', b'\'', ..] => self.prefixed_string(1, !self.standard_conforming_strings)?,
                [b'u' | b'U', b'&', b'\'', ..] => self.prefixed_string(2, false)?,
                [b'u' | b'U', b'&', b'"', ..] => {
                    return Err(error(start, "identifiers of the form U&\"…\" are not supported"));
                }
                _ => self.word(rest),
            },
            other => {
                self.pos += 1;
                TokenKind::Punct(other)
            }
        };
        Ok(Some(kind))
    }

    fn word(&mut self, rest: &'a [u8]) -> TokenKind<'a> {
        let length = rest.iter().position(|&byte| !is_word_part(byte)).unwrap_or(rest.len());
        self.pos += length;
        let word = slice(rest, 0, length);
        if word.iter().any(u8::is_ascii_uppercase) {
            TokenKind::Word(Cow::Owned(decode_name(&word.to_ascii_lowercase()).into_owned()))
        } else {
            TokenKind::Word(decode_name(word))
        }
    }

    fn number(&mut self, rest: &'a [u8]) -> TokenKind<'a> {
        let mut length = 1;
        while let Some(&byte) = rest.get(length) {
            let sign = matches!(byte, b'+' | b'-') && matches!(rest.get(length - 1), Some(b'e' | b'E'));
            if !(sign || byte == b'.' || is_word_part(byte)) {
                break;
            }
            length += 1;
        }
        self.pos += length;
        TokenKind::Number
    }

    fn quoted_identifier(&mut self) -> Result<TokenKind<'a>, LexError> {
        let start = self.pos;
        let mut doubled = false;
        self.pos += 1;
        loop {
            let Some(at) = memchr(b'"', self.rest()) else {
                return Err(error(start, "unterminated quoted identifier"));
            };
            self.pos += at + 1;
            if self.rest().first() != Some(&b'"') {
                break;
            }
            doubled = true;
            self.pos += 1;
        }
        let name = decode_name(slice(self.sql, start + 1, self.pos - 1));
        match name.is_empty() {
            true => Err(error(start, "zero-length quoted identifier")),
            false if doubled => Ok(TokenKind::Quoted(Cow::Owned(name.replace("\"\"", "\"")))),
            false => Ok(TokenKind::Quoted(name)),
        }
    }

    fn prefixed_string(&mut self, prefix: usize, backslashes: bool) -> Result<TokenKind<'a>, LexError> {
        self.pos += prefix;
        self.string(backslashes)
    }

    /// Reads a string literal and its continuations, which are separated by whitespace that holds a newline.
    fn string(&mut self, backslashes: bool) -> Result<TokenKind<'a>, LexError> {
        let start = self.pos;
        loop {
            self.pos += 1;
            self.string_segment(start, backslashes)?;
            match continuation(self.rest()) {
                Some(gap) => self.pos += gap,
                None => return Ok(TokenKind::String),
            }
        }
    }

    fn string_segment(&mut self, start: usize, backslashes: bool) -> Result<(), LexError> {
        loop {
            let rest = self.rest();
            let found = if backslashes {
                memchr2(b'\'', b'\\', rest)
            } else {
                memchr(b'\'', rest)
            };
            let Some(at) = found else {
                return Err(error(start, "unterminated string literal"));
            };
            match rest.get(at..) {
                Some([b'\\', ..] | [b'\'', b'\'', ..]) => self.pos += at + 2,
                _ => {
                    self.pos += at + 1;
                    return Ok(());
                }
            }
        }
    }

    fn dollar(&mut self, rest: &'a [u8]) -> Result<TokenKind<'a>, LexError> {
        if rest.get(1).is_some_and(u8::is_ascii_digit) {
            return Ok(self.number(rest));
        }
        let tag = tail(rest, 1);
        let length = tag
            .iter()
            .position(|&byte| byte == b'$' || !is_word_part(byte))
            .unwrap_or(tag.len());
        if tag.get(length) != Some(&b'$') {
            self.pos += 1;
            return Ok(TokenKind::Punct(b'$'));
        }
        let (delimiter, body) = rest.split_at(length + 2);
        match memmem::find(body, delimiter) {
            Some(at) => {
                self.pos += at + 2 * delimiter.len();
                Ok(TokenKind::String)
            }
            None => Err(error(self.pos, "unterminated dollar-quoted string")),
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Result<Token<'a>, LexError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.skip_trivia().and_then(|start| Ok((start, self.token()?))) {
            Ok((start, Some(kind))) => Some(Ok(Token {
                kind,
                start,
                end: self.pos,
            })),
            Ok((_, None)) => None,
            Err(error) => {
                self.pos = self.sql.len();
                Some(Err(error))
            }
        }
    }
}

fn error(at: usize, message: &str) -> LexError {
    LexError::new(at, ErrorKind::UnexpectedToken, message)
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Length of the gap between a string literal and the quote that continues it, if one does.
fn continuation(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut newline = false;
    loop {
        match rest.get(at..)? {
            [b'\n' | b'\r', ..] => {
                newline = true;
                at += 1;
            }
            [b' ' | b'\t' | 0x0b | 0x0c, ..] => at += 1,
            [b'-', b'-', comment @ ..] => at += 2 + memchr2(b'\n', b'\r', comment)?,
            [b'\'', ..] if newline => return Some(at),
            _ => return None,
        }
    }
}

/// The text that a string literal of any form but `U&'…'` stands for; numeric escapes of `E'…'` are left as they are.
pub(crate) fn string_value(literal: &[u8], standard_conforming_strings: bool) -> Vec<u8> {
    if let Some(tag_end) = literal.strip_prefix(b"$").and_then(|rest| memchr(b'$', rest)) {
        let delimiter = tag_end + 2;
        return literal
            .get(delimiter..literal.len().saturating_sub(delimiter))
            .unwrap_or_default()
            .to_vec();
    }
    let escape = matches!(literal.first(), Some(b'e' | b'E'));
    let plain = matches!(literal.first(), Some(b'\'' | b'n' | b'N'));
    let backslashes = escape || (plain && !standard_conforming_strings);
    let mut value = Vec::with_capacity(literal.len());
    let Some(open) = memchr(b'\'', literal) else {
        return value;
    };
    let mut rest = tail(literal, open + 1);
    while let Some(at) = memchr2(b'\'', b'\\', rest) {
        let (text, found) = rest.split_at(at);
        value.extend_from_slice(text);
        rest = match found {
            [b'\'', b'\'', after @ ..] => {
                value.push(b'\'');
                after
            }
            [b'\'', after @ ..] => match continuation(after) {
                Some(gap) => tail(after, gap + 1),
                None => return value,
            },
            [b'\\', escaped, after @ ..] if backslashes => {
                value.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    other => *other,
                });
                after
            }
            [other, after @ ..] => {
                value.push(*other);
                after
            }
            [] => return value,
        };
    }
    value.extend_from_slice(rest);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str, scs: bool) -> Vec<String> {
        let show = |token: Result<Token<'_>, LexError>| match token {
            Ok(Token {
                kind: TokenKind::Word(word),
                ..
            }) => format!("w:{word}"),
            Ok(Token {
                kind: TokenKind::Quoted(name),
                ..
            }) => format!("q:{name}"),
            Ok(Token {
                kind: TokenKind::String,
                start,
                end,
            }) => {
                format!(
                    "s:{}",
                    decode_name(&string_value(slice(sql.as_bytes(), start, end), scs))
                )
            }
            Ok(Token {
                kind: TokenKind::Number,
                start,
                end,
            }) => format!("n:{}", sql.get(start..end).unwrap()),
            Ok(Token {
                kind: TokenKind::Punct(byte),
                ..
            }) => format!("{}", char::from(byte)),
            Err(error) => format!("error at {}", error.at),
        };
        Tokens::new(sql.as_bytes(), scs).map(show).collect()
    }

    #[test]
    fn every_kind_of_token() {
        for (sql, tokens) in [
            ("Select a$1, _b", vec!["w:select", "w:a$1", ",", "w:_b"]),
            ("\"A\"\"b\"\"\"\"\" c", vec!["q:A\"b\"\"", "w:c"]),
            (
                "1 1.5e-3 .5 1e+2-1 $1 1..2",
                vec!["n:1", "n:1.5e-3", "n:.5", "n:1e+2", "-", "n:1", "n:$1", "n:1..2"],
            ),
            ("'a''b' 'c' -- 'x'\r\n 'd'", vec!["s:a'b", "s:cd"]),
            ("'c' 'd' 'e'\n'f'", vec!["s:c", "s:d", "s:ef"]),
            (
                "E'a\\'b\\n' e'\\\\' B'10' x'1f' N'n' u&'a'",
                vec!["s:a'b\n", "s:\\", "s:10", "s:1f", "s:n", "s:a"],
            ),
            ("$$a'$$ $x$b$y$ $$ $x$ $ a", vec!["s:a'", "s:b$y$ $$ ", "$", "w:a"]),
            ("a/*/**/ ' */b--c\rd/e", vec!["w:a", "w:b", "w:d", "/", "w:e"]),
            ("'a\\' 'b", vec!["s:a\\", "error at 5"]),
            ("x \"y", vec!["w:x", "error at 2"]),
            ("x /* /* */", vec!["w:x", "error at 2"]),
            ("x $a$ $b$", vec!["w:x", "error at 2"]),
            ("x U&\"a\" y", vec!["w:x", "error at 2"]),
            ("x \"\"", vec!["w:x", "error at 2"]),
        ] {
            assert_eq!(shown(sql, true), tokens, "{sql}");
        }
        assert_eq!(shown("'a\\' \\\\' b", false), ["s:a' \\", "w:b"]);
    }
}
