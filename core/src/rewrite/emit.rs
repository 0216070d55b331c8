//! The one door through which names and values reach a script.

use memchr::memchr2;

use crate::dump::copy;
use crate::lex::literal::{Field, Form};
use crate::lex::{slice, tail};

/// Appends an identifier, always quoted, so that no name can be a keyword.
pub(crate) fn identifier(out: &mut Vec<u8>, name: &[u8]) {
    doubled(out, name, b'"');
}

/// Appends a string literal for `standard_conforming_strings = on`.
pub(crate) fn literal(out: &mut Vec<u8>, value: &[u8]) {
    doubled(out, value, b'\'');
}

fn doubled(out: &mut Vec<u8>, text: &[u8], quote: u8) {
    out.push(quote);
    double_quotes(out, text, quote);
    out.push(quote);
}

/// Appends names or values with commas between them.
pub(crate) fn list<T>(out: &mut Vec<u8>, items: &[T], append: impl Fn(&mut Vec<u8>, &[u8]))
where
    T: AsRef<[u8]>,
{
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        append(out, item.as_ref());
    }
}

/// Appends texts as an array.
pub(crate) fn text_array(out: &mut Vec<u8>, items: &[Vec<u8>]) {
    out.extend_from_slice(b"ARRAY[");
    list(out, items, literal);
    out.extend_from_slice(b"]::pg_catalog.text[]");
}

/// Appends `text` with every `quote` doubled.
pub(crate) fn double_quotes(out: &mut Vec<u8>, text: &[u8], quote: u8) {
    let mut rest = text;
    while let Some(found) = memchr::memchr(quote, rest) {
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
    while let Some(found) = memchr::memchr(b'\\', rest) {
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
        literal(out, scratch);
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
