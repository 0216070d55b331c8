//! The values of a row, whatever it is written in.

use memchr::memchr;

use crate::dump::copy::decode_field;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::literal::{Field, Form};
use crate::lex::{slice, tail};

/// One row of the dump.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row<'a> {
    /// The literals of a `VALUES` list.
    Literals(&'a [u8], &'a [Field]),
    /// A line of canonical COPY data, its line feed included.
    Line(&'a [u8]),
}

/// Some values of a row, as text.
#[derive(Debug, Default)]
pub(crate) struct Values {
    text: Vec<u8>,
    /// Where each value stands in `text`; `None` is NULL.
    spans: Vec<Option<(usize, usize)>>,
}

impl Values {
    /// Reads the values at these places, which ascend.
    #[inline]
    pub(crate) fn read(&mut self, row: Row<'_>, places: &[usize]) -> Result<()> {
        self.text.clear();
        self.spans.clear();
        match row {
            Row::Literals(bytes, fields) => {
                for &at in places {
                    let field = fields.get(at).ok_or_else(too_short)?;
                    let start = self.text.len();
                    let has_value = literal(field.raw(bytes), field.form, &mut self.text)?;
                    self.spans.push(has_value.then_some((start, self.text.len())));
                }
            }
            Row::Line(line) => {
                let mut rest = line.strip_suffix(b"\n").unwrap_or(line);
                let mut passed = 0;
                for &at in places {
                    while passed < at {
                        let tab = memchr(b'\t', rest).ok_or_else(too_short)?;
                        rest = tail(rest, tab + 1);
                        passed += 1;
                    }
                    let field = slice(rest, 0, memchr(b'\t', rest).unwrap_or(rest.len()));
                    let start = self.text.len();
                    let has_value = decode_field(field, &mut self.text);
                    self.spans.push(has_value.then_some((start, self.text.len())));
                }
            }
        }
        Ok(())
    }

    /// The value at this place among those that were read.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<&[u8]> {
        let (start, end) = self.spans.get(index).copied().flatten()?;
        Some(slice(&self.text, start, end))
    }
}

#[cold]
fn too_short() -> Error {
    Error::new(ErrorKind::ColumnCount, "the row has fewer values than columns")
}

/// Appends the value of a literal as text; returns false if it is NULL.
#[inline]
fn literal(raw: &[u8], form: Form, out: &mut Vec<u8>) -> Result<bool> {
    let inside = |raw: &'_ [u8]| -> (usize, usize) { (1, raw.len().saturating_sub(1)) };
    match form {
        Form::Null => return Ok(false),
        Form::Default => {
            let message = "DEFAULT stands where a value is needed to decide whether the row is left out";
            return Err(Error::new(ErrorKind::UnsupportedShape, message)
                .with_hint("dump with --column-inserts instead of --inserts, or without both (COPY)"));
        }
        Form::Plain => {
            let (start, end) = inside(raw);
            out.extend_from_slice(slice(raw, start, end));
        }
        Form::Bits => out.extend_from_slice(slice(raw, 2, raw.len().saturating_sub(1))),
        Form::Quotes | Form::Backslashes => {
            let (start, end) = inside(raw);
            let mut bytes = slice(raw, start, end).iter().copied();
            while let Some(byte) = bytes.next() {
                out.push(byte);
                if byte == b'\'' || (byte == b'\\' && form == Form::Backslashes) {
                    bytes.next();
                }
            }
        }
        Form::True | Form::False | Form::Number | Form::MinusZero => out.extend_from_slice(raw),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex::literal::scan_row;

    fn shown(values: &Values, count: usize) -> Vec<Option<String>> {
        let text = |at| {
            values
                .get(at)
                .map(|text: &[u8]| String::from_utf8_lossy(text).into_owned())
        };
        (0..count).map(text).collect()
    }

    #[test]
    fn literals_and_lines_give_the_same_values() {
        let some = |text: &str| Some(text.to_owned());
        let mut values = Values::default();
        let row = br"1, 'it''s', NULL, B'01', 'a\b', true, '')";
        let mut fields = Vec::new();
        scan_row(row, 0, true, &mut fields).unwrap();
        values.read(Row::Literals(row, &fields), &[0, 1, 2, 3, 4, 6]).unwrap();
        let expected = [some("1"), some("it's"), None, some("01"), some(r"a\b"), some("")];
        assert_eq!(shown(&values, 6), expected);
        let line = b"1\tit's\t\\N\t01\ta\\\\b\tt\t\n";
        values.read(Row::Line(line), &[0, 1, 2, 3, 4, 6]).unwrap();
        assert_eq!(shown(&values, 6), expected);
        assert!(values.read(Row::Line(line), &[7]).is_err());
        let row = br"'a\\b''c', DEFAULT)";
        scan_row(row, 0, false, &mut fields).unwrap();
        values.read(Row::Literals(row, &fields), &[0]).unwrap();
        assert_eq!(shown(&values, 1), [some(r"a\b'c")]);
        assert!(values.read(Row::Literals(row, &fields), &[1]).is_err());
    }
}
