//! The one door through which names and values reach a script.
//!
//! Names, and values that do not stand in the dump as they are written, may come from anywhere: the functions for them
//! refuse a NUL byte, behind which psql drops the rest of the line. A literal of the dump cannot have one, because the
//! reader stops there; [`check`] looks at all bytes once more before they leave.

use memchr::{memchr, memchr2};

use crate::ast::Sql;
use crate::dump::copy;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::literal::{Field, Form};
use crate::lex::{slice, tail};
use crate::text::NUL;

/// Appends an identifier, always quoted, so that no name can be a keyword.
pub(crate) fn identifier(out: &mut Vec<u8>, name: &[u8]) -> Result<()> {
    if name.is_empty() {
        return Err(Error::new(ErrorKind::UnknownName, "a name is empty"));
    }
    doubled(out, name, b'"')
}

/// Appends a string literal for `standard_conforming_strings = on`.
pub(crate) fn literal(out: &mut Vec<u8>, value: &[u8]) -> Result<()> {
    doubled(out, value, b'\'')
}

/// An identifier for the AST of a head.
pub(crate) fn ast_identifier(name: &str) -> Result<Sql> {
    ast_text(name, identifier)
}

/// A string literal for the AST of a head.
pub(crate) fn ast_literal(value: &str) -> Result<Sql> {
    ast_text(value, literal)
}

fn ast_text(text: &str, append: impl Fn(&mut Vec<u8>, &[u8]) -> Result<()>) -> Result<Sql> {
    let mut out = Vec::with_capacity(text.len() + 2);
    append(&mut out, text.as_bytes())?;
    match String::from_utf8(out) {
        Ok(text) => Ok(Sql::new(text)),
        Err(error) => Err(Error::new(ErrorKind::Internal, "quotes have cut a character").with_source(error)),
    }
}

fn doubled(out: &mut Vec<u8>, text: &[u8], quote: u8) -> Result<()> {
    if memchr(0, text).is_some() {
        return Err(nul());
    }
    out.push(quote);
    double_quotes(out, text, quote);
    out.push(quote);
    Ok(())
}

fn nul() -> Error {
    Error::new(ErrorKind::NulByte, format!("{NUL}, was to be written"))
}

/// The last look at what leaves: where a NUL byte stands in it, if one does.
pub(crate) fn check(bytes: &[u8]) -> std::result::Result<(), (usize, Error)> {
    match memchr(0, bytes) {
        Some(at) => Err((at, nul())),
        None => Ok(()),
    }
}

/// Appends names or values with commas between them.
pub(crate) fn list<T>(out: &mut Vec<u8>, items: &[T], append: impl Fn(&mut Vec<u8>, &[u8]) -> Result<()>) -> Result<()>
where
    T: AsRef<[u8]>,
{
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        append(out, item.as_ref())?;
    }
    Ok(())
}

/// Appends texts as an array.
pub(crate) fn text_array<T: AsRef<[u8]>>(out: &mut Vec<u8>, items: &[T]) -> Result<()> {
    out.extend_from_slice(b"ARRAY[");
    list(out, items, literal)?;
    out.extend_from_slice(b"]::pg_catalog.text[]");
    Ok(())
}

/// Appends `text` with every `quote` doubled.
pub(crate) fn double_quotes(out: &mut Vec<u8>, text: &[u8], quote: u8) {
    let mut rest = text;
    while let Some(found) = memchr(quote, rest) {
        out.extend_from_slice(slice(rest, 0, found + 1));
        out.push(quote);
        rest = tail(rest, found + 1);
    }
    out.extend_from_slice(rest);
}

/// Whether [`same_literal`] writes a literal of this form with other bytes than the dump.
#[inline]
pub(crate) fn is_written_differently(form: Form) -> bool {
    matches!(form, Form::Backslashes | Form::MinusZero)
}

/// Appends a literal of the dump as a literal of the script: byte for byte, except that backslashes doubled under
/// `standard_conforming_strings = off` are halved, and that `-0` gets quotes: without them the sign would be lost, as it
/// is when psql runs the dump itself.
#[inline]
pub(crate) fn same_literal(out: &mut Vec<u8>, raw: &[u8], form: Form) {
    match form {
        Form::Backslashes => halve_backslashes(out, raw),
        Form::MinusZero => out.extend_from_slice(b"'-0'"),
        _ => out.extend_from_slice(raw),
    }
}

/// Appends `text`, in which every backslash is doubled, with single ones.
fn halve_backslashes(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(found) = memchr(b'\\', rest) {
        out.extend_from_slice(slice(rest, 0, found + 1));
        rest = tail(rest, found + 2);
    }
    out.extend_from_slice(rest);
}

/// Appends a literal of the dump as a field of COPY text. `DEFAULT` has no such form; the caller has refused it.
pub(crate) fn copy_field(out: &mut Vec<u8>, bytes: &[u8], field: &Field) {
    let raw = field.raw(bytes);
    match field.form {
        Form::Null => out.extend_from_slice(b"\\N"),
        Form::True | Form::False | Form::Number | Form::MinusZero | Form::Default => out.extend_from_slice(raw),
        Form::Bits => out.extend_from_slice(slice(raw, 2, raw.len().saturating_sub(1).max(2))),
        Form::Plain | Form::Quotes | Form::Backslashes => {
            copy_text(out, slice(raw, 1, raw.len().saturating_sub(1).max(1)), field.form);
        }
    }
}

/// Appends a value that the dump does not have as a field of COPY text.
pub(crate) fn copy_value(out: &mut Vec<u8>, value: &[u8]) -> Result<()> {
    if memchr(0, value).is_some() {
        return Err(nul());
    }
    value.iter().for_each(|&byte| copy::escape(byte, out));
    Ok(())
}

/// Appends the inside of a quoted literal as COPY text.
pub(crate) fn copy_text(out: &mut Vec<u8>, inside: &[u8], form: Form) {
    let mut rest = inside;
    loop {
        // Runs of bytes that stand for themselves are copied whole: what needs care is rare.
        let run = rest.iter().position(|&byte| needs_care(byte)).unwrap_or(rest.len());
        out.extend_from_slice(slice(rest, 0, run));
        rest = tail(rest, run);
        let Some(&byte) = rest.first() else { return };
        match byte {
            // A quote inside of a literal is doubled, always.
            b'\'' => {
                out.push(b'\'');
                rest = tail(rest, 2);
            }
            b'\\' => {
                out.extend_from_slice(b"\\\\");
                rest = tail(rest, if form == Form::Backslashes { 2 } else { 1 });
            }
            other => {
                copy::escape(other, out);
                rest = tail(rest, 1);
            }
        }
    }
}

/// Whether COPY text writes this byte in another way, or a literal does.
#[inline]
fn needs_care(byte: u8) -> bool {
    matches!(byte, 8..=13 | b'\'' | b'\\')
}

/// Appends a field of canonical COPY text as a literal.
pub(crate) fn literal_from_copy(out: &mut Vec<u8>, field: &[u8], scratch: &mut Vec<u8>) {
    if memchr2(b'\\', b'\'', field).is_none() {
        out.push(b'\'');
        out.extend_from_slice(field);
        out.push(b'\'');
        return;
    }
    scratch.clear();
    if copy::decode_field(field, scratch) {
        out.push(b'\'');
        double_quotes(out, scratch, b'\'');
        out.push(b'\'');
    } else {
        out.extend_from_slice(b"NULL");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex::literal::scan_literal;

    fn as_copy(literal: &str, scs: bool) -> String {
        let terminated = format!("{literal})");
        let field = scan_literal(terminated.as_bytes(), 0, scs).unwrap().unwrap();
        let mut out = Vec::new();
        copy_field(&mut out, terminated.as_bytes(), &field);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_with_a_nul_byte_passes() {
        let refused = |result: Result<()>| assert_eq!(result.unwrap_err().kind(), ErrorKind::NulByte);
        let mut out = Vec::new();
        refused(identifier(&mut out, b"g\0"));
        refused(literal(&mut out, b"\0"));
        refused(list(&mut out, &["a", "\0"], literal));
        refused(text_array(&mut out, &["x\0y"]));
        refused(ast_identifier("g\0").map(drop));
        refused(ast_literal("'\0").map(drop));
        assert!(identifier(&mut out, b"").is_err());
        assert!(!out.contains(&0));
        assert!(check(b"abc").is_ok());
        assert_eq!(check(b"ab\0c").unwrap_err().0, 2);
    }

    #[test]
    fn literals_become_copy_text() {
        for (literal, expected) in [
            ("NULL", "\\N"),
            ("'NULL'", "NULL"),
            ("''", ""),
            ("''''", "'"),
            ("'it''s'", "it's"),
            ("'\\N'", "\\\\N"),
            ("'\\.'", "\\\\."),
            ("'a\nb\tc\rd'", "a\\nb\\tc\\rd"),
            ("B'0101'", "0101"),
            ("B''", ""),
            ("-1.5e+10", "-1.5e+10"),
            ("-0", "-0"),
            ("true", "true"),
        ] {
            assert_eq!(as_copy(literal, true), expected, "{literal}");
        }
        assert_eq!(as_copy(r"'a\\b''c'", false), r"a\\b'c");
    }

    #[test]
    fn copy_text_becomes_literals() {
        for (field, expected) in [
            ("\\N", "NULL"),
            ("", "''"),
            ("it's", "'it''s'"),
            ("a\\nb\\\\", "'a\nb\\'"),
            ("1", "'1'"),
        ] {
            let mut out = Vec::new();
            literal_from_copy(&mut out, field.as_bytes(), &mut Vec::new());
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
