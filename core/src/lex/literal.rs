//! The eight literal forms that `pg_dump` writes in a `VALUES` list, and nothing else.
//!
//! `dumpTableData_insert()` in src/bin/pg_dump/pg_dump.c is the other end of this file. A literal is found by its
//! bytes and later copied as a slice of the input; the whole safety of the output rests on the forms being exact.

use memchr::{memchr, memchr2};

use super::{LexError, excerpt, is_space, slice, tail};
use crate::error::ErrorKind;

/// Which of the eight forms a literal has, told apart further where they are written differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Null,
    Default,
    True,
    False,
    Number,
    /// `-0`: as a number it is the integer 0, so that the sign of a floating-point zero needs quotes.
    MinusZero,
    /// `B'0101'`.
    Bits,
    /// `'…'` in which every byte stands for itself.
    Plain,
    /// `'…'` with doubled quotes.
    Quotes,
    /// `'…'` written under `standard_conforming_strings = off`, with doubled backslashes (and maybe quotes).
    Backslashes,
}

/// One literal of a row: its bytes are `start..end` of the buffer that was scanned, quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) form: Form,
}

/// Scans the literals of one row, from behind its `(` to behind its `)`.
///
/// Returns `None` if `bytes` ends before the row does. `scs` is `standard_conforming_strings`.
#[inline]
pub(crate) fn scan_row(
    bytes: &[u8],
    from: usize,
    scs: bool,
    fields: &mut Vec<Field>,
) -> Result<Option<usize>, LexError> {
    fields.clear();
    let mut at = from;
    loop {
        let Some(field) = scan_literal(bytes, at, scs)? else {
            return Ok(None);
        };
        fields.push(field);
        at = field.end;
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b')') => return Ok(Some(at + 1)),
            _ => match skip_spaces(bytes, at) {
                (_, None) => return Ok(None),
                (next, Some(b',')) => at = next + 1,
                (next, Some(b')')) => return Ok(Some(next + 1)),
                (next, Some(_)) => return Err(unexpected(bytes, next, "a comma or a closing parenthesis")),
            },
        }
        // pg_dump writes exactly one space behind a comma.
        match bytes.get(at) {
            Some(b' ') => at += 1,
            Some(_) => {}
            None => return Ok(None),
        }
    }
}

/// Scans one literal; white space before it is skipped.
#[inline]
pub(crate) fn scan_literal(bytes: &[u8], from: usize, scs: bool) -> Result<Option<Field>, LexError> {
    let mut start = from;
    loop {
        let Some(&first) = bytes.get(start) else {
            return Ok(None);
        };
        let (end, form) = match first {
            b'\'' => match scan_string(bytes, start, scs)? {
                Some(found) => found,
                None => return Ok(None),
            },
            b'0'..=b'9' | b'-' | b'.' => match scan_number(bytes, start)? {
                Some(end) if slice(bytes, start, end) == b"-0" => (end, Form::MinusZero),
                Some(end) => (end, Form::Number),
                None => return Ok(None),
            },
            b'N' => match keyword(bytes, start, b"NULL")? {
                Some(end) => (end, Form::Null),
                None => return Ok(None),
            },
            b't' => match keyword(bytes, start, b"true")? {
                Some(end) => (end, Form::True),
                None => return Ok(None),
            },
            b'f' => match keyword(bytes, start, b"false")? {
                Some(end) => (end, Form::False),
                None => return Ok(None),
            },
            b'D' => match keyword(bytes, start, b"DEFAULT")? {
                Some(end) => (end, Form::Default),
                None => return Ok(None),
            },
            b'B' => match scan_bits(bytes, start)? {
                Some(end) => (end, Form::Bits),
                None => return Ok(None),
            },
            b' ' | b'\t' | b'\n' => {
                start += 1;
                continue;
            }
            _ => return Err(unexpected(bytes, start, "a literal")),
        };
        return Ok(Some(Field { start, end, form }));
    }
}

/// Whether `byte` may follow a bare word or number: nothing that could make it another token.
fn ends_token(byte: u8) -> bool {
    matches!(byte, b',' | b')' | b' ' | b'\t' | b'\n')
}

fn keyword(bytes: &[u8], start: usize, word: &'static [u8]) -> Result<Option<usize>, LexError> {
    let rest = tail(bytes, start);
    if rest.len() <= word.len() {
        return if word.starts_with(rest) {
            Ok(None)
        } else {
            Err(unexpected(bytes, start, "a literal"))
        };
    }
    match rest.get(word.len()) {
        Some(&next) if rest.starts_with(word) && ends_token(next) => Ok(Some(start + word.len())),
        _ => Err(unexpected(bytes, start, "a literal")),
    }
}

/// Finds the end of the quoted string that starts at `start`.
#[inline]
fn scan_string(bytes: &[u8], start: usize, scs: bool) -> Result<Option<(usize, Form)>, LexError> {
    if !scs {
        return scan_backslash_string(bytes, start);
    }
    let mut form = Form::Plain;
    let mut at = start + 1;
    loop {
        let Some(found) = memchr(b'\'', tail(bytes, at)) else {
            return Ok(None);
        };
        at += found + 1;
        match bytes.get(at) {
            Some(b'\'') => {
                form = Form::Quotes;
                at += 1;
            }
            Some(_) => return Ok(Some((at, form))),
            None => return Ok(None),
        }
    }
}

/// The same under `standard_conforming_strings = off`, where pg_dump doubles every backslash. Any other escape was not
/// written by pg_dump (appendStringLiteral() in src/fe_utils/string_utils.c) and is refused.
fn scan_backslash_string(bytes: &[u8], start: usize) -> Result<Option<(usize, Form)>, LexError> {
    let mut form = Form::Plain;
    let mut at = start + 1;
    loop {
        let Some(found) = memchr2(b'\'', b'\\', tail(bytes, at)) else {
            return Ok(None);
        };
        at += found;
        let (special, next) = (bytes.get(at), bytes.get(at + 1));
        match (special, next) {
            (_, None) => return Ok(None),
            (Some(b'\''), Some(b'\'')) => {
                if form == Form::Plain {
                    form = Form::Quotes;
                }
                at += 2;
            }
            (Some(b'\''), _) => return Ok(Some((at + 1, form))),
            (_, Some(b'\\')) => {
                form = Form::Backslashes;
                at += 2;
            }
            _ => {
                return Err(single_backslash(at));
            }
        }
    }
}

/// A backslash that pg_dump would have doubled.
pub(crate) fn single_backslash(at: usize) -> LexError {
    let message = "a backslash in a string is not doubled, although standard_conforming_strings is off";
    LexError::new(at, ErrorKind::InvalidLiteral, message)
}

/// Something else than a digit in `B'…'`.
pub(crate) fn not_a_bit(at: usize) -> LexError {
    LexError::new(at, ErrorKind::InvalidLiteral, "a bit string may hold only 0 and 1")
}

/// `-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?` and then a separator. pg_dump's own test is the character set
/// `0-9 +-eE.`; accepting that would let `1--1` through, a comment in SQL.
#[inline]
fn scan_number(bytes: &[u8], start: usize) -> Result<Option<usize>, LexError> {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let invalid = |at: usize| {
        if at >= bytes.len() {
            Ok(None)
        } else {
            let message = format!("`{}` is not a number as pg_dump writes it", excerpt(tail(bytes, start)));
            Err(LexError::new(start, ErrorKind::InvalidLiteral, message))
        }
    };
    let whole = if bytes.get(start) == Some(&b'-') {
        start + 1
    } else {
        start
    };
    let mut at = digits(whole);
    let mut has_digits = at > whole;
    if bytes.get(at) == Some(&b'.') {
        let end = digits(at + 1);
        has_digits |= end > at + 1;
        at = end;
    }
    if !has_digits {
        return invalid(at);
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        let end = digits(at);
        if end == at {
            return invalid(at);
        }
        at = end;
    }
    match bytes.get(at) {
        Some(&next) if ends_token(next) => Ok(Some(at)),
        _ => invalid(at),
    }
}

fn scan_bits(bytes: &[u8], start: usize) -> Result<Option<usize>, LexError> {
    match bytes.get(start + 1) {
        None => return Ok(None),
        Some(b'\'') => {}
        Some(_) => return Err(unexpected(bytes, start, "a literal")),
    }
    let mut at = start + 2;
    loop {
        match bytes.get(at) {
            None => return Ok(None),
            Some(b'0' | b'1') => at += 1,
            Some(b'\'') => break,
            Some(_) => return Err(not_a_bit(at)),
        }
    }
    match bytes.get(at + 1) {
        None => Ok(None),
        Some(&next) if ends_token(next) => Ok(Some(at + 1)),
        Some(_) => Err(not_a_bit(at + 1)),
    }
}

/// The first byte at or behind `at` that is no white space, and its offset.
pub(crate) fn skip_spaces(bytes: &[u8], mut at: usize) -> (usize, Option<u8>) {
    while let Some(&byte) = bytes.get(at) {
        if !is_space(byte) {
            return (at, Some(byte));
        }
        at += 1;
    }
    (at, None)
}

pub(crate) fn unexpected(bytes: &[u8], at: usize, expected: &str) -> LexError {
    let message = format!("expected {expected}, found `{}`", excerpt(tail(bytes, at)));
    LexError::new(at, ErrorKind::UnexpectedToken, message)
}

impl Field {
    /// The literal as it stands in the dump.
    #[inline]
    pub(crate) fn raw<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        slice(bytes, self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(row: &str, scs: bool) -> Result<Option<Vec<Form>>, LexError> {
        let mut fields = Vec::new();
        let end = scan_row(row.as_bytes(), 0, scs, &mut fields)?;
        Ok(end.map(|_| fields.iter().map(|field| field.form).collect()))
    }

    #[test]
    fn the_eight_forms() {
        use Form::*;
        let row = "NULL, DEFAULT, true, false, -1.5e+15, B'01', B'', 'a;b', 'it''s', ''''), ";
        let expected = vec![Null, Default, True, False, Number, Bits, Bits, Plain, Quotes, Quotes];
        assert_eq!(forms(row, true), Ok(Some(expected)));
        assert_eq!(
            forms("-0, -0.5, 0, -0)", true),
            Ok(Some(vec![MinusZero, Number, Number, MinusZero]))
        );
        assert_eq!(
            forms(r"'a\\b', 'c''', 'd')", false),
            Ok(Some(vec![Backslashes, Quotes, Plain]))
        );
    }

    #[test]
    fn every_prefix_of_a_row_wants_more() {
        for (row, scs) in [
            ("NULL, -0.5e-7, B'10', 'a''b', true, .5, 1.)", true),
            (r"'\\''x', DEFAULT)", false),
        ] {
            for cut in 0..row.len() {
                let prefix = &row[..cut];
                assert_eq!(forms(prefix, scs), Ok(None), "{prefix:?}");
            }
            assert!(forms(row, scs).unwrap().is_some());
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "1--1)",
            "3 - 1)",
            "1e)",
            "-)",
            ".)",
            "0x1F)",
            "1_000)",
            "+1)",
            "NULLIF)",
            "now())",
            "E'a')",
            "U&'a')",
            "N'a')",
            "X'1F')",
            "B'12')",
            "b'01')",
            "$$a$$)",
            "'a' 'b')",
            "'a'::text)",
            "(SELECT 1))",
            "CURRENT_USER)",
            "true or false)",
            "1 2)",
            "1,,2)",
            ")",
            ":var)",
            "TRUE)",
            "null)",
            "1/**/)",
            "--\n1)",
            "'a'--\n'b')",
            "B'01'B'1')",
            "B'01''1')",
            "\u{0}1)",
            "-NULL)",
            "1.2.3)",
            "1e5e5)",
            "--1)",
        ] {
            assert!(forms(bad, true).is_err(), "{bad:?} was accepted");
        }
        for bad in [r"'\n')", r"'\'')", r"'a\b')", r"'\\\')", r"E'a')"] {
            let result = forms(bad, false);
            assert!(result.is_err() || result == Ok(None), "{bad:?} was accepted");
        }
    }
}
