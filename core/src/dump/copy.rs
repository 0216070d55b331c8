//! The data lines of `COPY … FROM stdin`, in the text format that `pg_dump` writes.
//!
//! The server's side is CopyReadLineText() and CopyReadAttributesText() in src/backend/commands/copyfromparse.c.

use memchr::{memchr, memchr_iter, memchr2, memchr3};

use super::line_ends::mixed;
use crate::error::ErrorKind;
use crate::lex::{LexError, slice, tail};

/// One line of COPY data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A row; `end` is behind its line feed.
    Row {
        end: usize,
        tabs: usize,
        /// Whether it holds only the escapes that pg_dump writes, so that it can be copied as it is.
        canonical: bool,
    },
    /// The line `\.`; the offset is behind its line feed.
    End(usize),
}

/// Reads the line that starts at `from`; `None` if `bytes` ends before it does. All lines of a dump end in CRLF, or none.
#[inline]
pub(crate) fn scan_line(bytes: &[u8], from: usize, is_crlf: bool) -> Result<Option<Line>, LexError> {
    // Most lines have no backslash: three looks at the whole line, instead of one for each field.
    let rest = tail(bytes, from);
    if let Some(length) = memchr(b'\n', rest) {
        let line = slice(rest, 0, length);
        let line = match is_crlf {
            true => line.strip_suffix(b"\r").ok_or_else(|| mixed(from + length))?,
            false => line,
        };
        if memchr2(b'\\', b'\r', line).is_none() {
            return Ok(Some(Line::Row {
                end: from + length + 1,
                tabs: memchr_iter(b'\t', line).count(),
                canonical: true,
            }));
        }
    }
    scan_escapes(bytes, from, is_crlf)
}

/// Reads a line byte for byte of those that mean something: only here a line feed may belong to the row.
fn scan_escapes(bytes: &[u8], from: usize, is_crlf: bool) -> Result<Option<Line>, LexError> {
    let mut at = from;
    let mut tabs = 0;
    let mut canonical = true;
    // The last carriage return behind a backslash, which ends no line.
    let mut escaped_cr = usize::MAX;
    loop {
        let Some(found) = memchr3(b'\n', b'\t', b'\\', tail(bytes, at)) else {
            return Ok(None);
        };
        at += found;
        match bytes.get(at) {
            Some(b'\n') => break,
            Some(b'\t') => {
                tabs += 1;
                at += 1;
            }
            _ => {
                let Some(&escaped) = bytes.get(at + 1) else {
                    return Ok(None);
                };
                if escaped == b'.' {
                    return end_marker(bytes, from, at, is_crlf);
                }
                if escaped == b'\r' {
                    escaped_cr = at + 1;
                }
                canonical &= match escaped {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' => true,
                    b'N' => {
                        let Some(&next) = bytes.get(at + 2) else {
                            return Ok(None);
                        };
                        let begins = at == from || bytes.get(at.wrapping_sub(1)) == Some(&b'\t');
                        begins && (matches!(next, b'\t' | b'\n') || is_crlf && next == b'\r')
                    }
                    _ => false,
                };
                at += 2;
            }
        }
    }
    let line = slice(bytes, from, at);
    let line = match is_crlf && escaped_cr != at.wrapping_sub(1) {
        true => line.strip_suffix(b"\r").ok_or_else(|| mixed(at))?,
        false => line,
    };
    if let Some(found) = memchr(b'\r', line) {
        return Err(carriage_return(from + found));
    }
    Ok(Some(Line::Row {
        end: at + 1,
        tabs,
        canonical,
    }))
}

fn carriage_return(at: usize) -> LexError {
    let message = "a carriage return in COPY data; the line ends of the dump were changed";
    LexError::new(at, ErrorKind::InvalidCopyData, message)
}

fn end_marker(bytes: &[u8], from: usize, at: usize, is_crlf: bool) -> Result<Option<Line>, LexError> {
    match (bytes.get(at + 2), bytes.get(at + 3)) {
        (None, _) => Ok(None),
        (Some(b'\n'), _) if at == from => Ok(Some(Line::End(at + 3))),
        (Some(b'\r'), None) if is_crlf => Ok(None),
        (Some(b'\r'), Some(b'\n')) if at == from && is_crlf => Ok(Some(Line::End(at + 4))),
        _ => Err(LexError::new(
            at,
            ErrorKind::InvalidCopyData,
            "an end-of-data marker that is not alone on its line",
        )),
    }
}

/// Appends `line` (a whole row with its line feed, or a part of one that cuts no escape) with every escape in the form
/// that pg_dump writes; returns how many tabs separate fields.
pub(crate) fn canonicalize(line: &[u8], field_start: bool, out: &mut Vec<u8>) -> Result<usize, LexError> {
    let mut at = 0;
    let mut tabs = 0;
    let mut begins = field_start;
    while let Some(&byte) = line.get(at) {
        if byte != b'\\' {
            out.push(byte);
            begins = byte == b'\t';
            tabs += usize::from(begins);
            at += 1;
            continue;
        }
        let rest = tail(line, at + 1);
        if begins && matches!(rest, [b'N', b'\t' | b'\n', ..]) {
            out.extend_from_slice(b"\\N");
            at += 2;
        } else {
            let (decoded, length) = unescape(rest);
            if decoded == 0 {
                return Err(LexError::new(
                    at,
                    ErrorKind::NulByte,
                    "an escaped NUL byte in COPY data",
                ));
            }
            escape(decoded, out);
            at += 1 + length;
        }
        begins = false;
    }
    Ok(tabs)
}

/// Decodes the escape behind a backslash; returns the byte and how many were read.
fn unescape(rest: &[u8]) -> (u8, usize) {
    let digits = |from: usize, most: usize, radix: u32| {
        let mut value = 0_u32;
        let mut length = 0;
        while length < most {
            match rest.get(from + length).and_then(|&byte| (byte as char).to_digit(radix)) {
                Some(digit) => value = value * radix + digit,
                None => break,
            }
            length += 1;
        }
        // PostgreSQL keeps the low eight bits of an octal escape.
        ((value & 0xff) as u8, length)
    };
    match rest.first() {
        Some(b'0'..=b'7') => digits(0, 3, 8),
        Some(b'x') => match digits(1, 2, 16) {
            (_, 0) => (b'x', 1),
            (value, length) => (value, 1 + length),
        },
        Some(b'b') => (8, 1),
        Some(b'f') => (12, 1),
        Some(b'n') => (b'\n', 1),
        Some(b'r') => (b'\r', 1),
        Some(b't') => (b'\t', 1),
        Some(b'v') => (11, 1),
        Some(&other) => (other, 1),
        // The line feed behind a backslash belongs to the row, so this does not happen; a backslash stands for itself.
        None => (b'\\', 0),
    }
}

/// Appends one byte of a value as COPY text, as CopyAttributeOutText() in src/backend/commands/copyto.c does.
#[inline]
pub(crate) fn escape(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        8 => b'b',
        9 => b't',
        10 => b'n',
        11 => b'v',
        12 => b'f',
        13 => b'r',
        b'\\' => b'\\',
        other => return out.push(other),
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// Appends the value of one canonical field; returns false, and appends nothing, if it is NULL.
pub(crate) fn decode_field(field: &[u8], out: &mut Vec<u8>) -> bool {
    if field == b"\\N" {
        return false;
    }
    let mut rest = field;
    while let Some(found) = memchr(b'\\', rest) {
        out.extend_from_slice(slice(rest, 0, found));
        let (decoded, length) = unescape(tail(rest, found + 1));
        out.push(decoded);
        rest = tail(rest, found + 1 + length);
    }
    out.extend_from_slice(rest);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let row = |end, tabs, canonical| Ok(Some(Line::Row { end, tabs, canonical }));
        assert_eq!(scan_line(b"1\ta\\nb\t\\N\n", 0, false), row(10, 2, true));
        assert_eq!(scan_line(b"\n", 0, false), row(1, 0, true));
        assert_eq!(scan_line(b"\\\\.\n", 0, false), row(4, 0, true));
        assert_eq!(scan_line(b"x\\N\n", 0, false), row(4, 0, false));
        assert_eq!(scan_line(b"a\\\nb\n", 0, false), row(5, 0, false));
        assert_eq!(scan_line(b"x\n\\.\n", 2, false), Ok(Some(Line::End(5))));
        for cut in 0..10 {
            assert_eq!(scan_line(&b"1\ta\\nb\t\\N\n"[..cut], 0, false), Ok(None));
        }
        for bad in [
            &b"foo\\.\n"[..],
            b"\\.x\n",
            b"\\. \n",
            b"a\r\n",
            b"a\tb\rc\n",
            b"\\.\r\n",
        ] {
            assert!(scan_line(bad, 0, false).is_err(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn lines_that_end_in_crlf() {
        let row = |end, tabs, canonical| Ok(Some(Line::Row { end, tabs, canonical }));
        for (line, expected) in [
            (&b"1\ta\\n\t\\N\r\n"[..], row(10, 2, true)),
            (b"\r\n", row(2, 0, true)),
            (b"\\N\r\n", row(4, 0, true)),
            (b"x\\N\r\n", row(5, 0, false)),
            (b"\\.\r\n", Ok(Some(Line::End(4)))),
        ] {
            assert_eq!(scan_line(line, 0, true), expected, "{}", line.escape_ascii());
            for cut in 0..line.len() {
                assert_eq!(scan_line(&line[..cut], 0, true), Ok(None), "{}", line.escape_ascii());
            }
        }
        for bad in [&b"a\n"[..], b"a\rb\r\n", b"a\\\r\n", b"a\\\\\n", b"\\.\rx", b"a\r\r\n"] {
            assert!(scan_line(bad, 0, true).is_err(), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn escapes_become_canonical() {
        let cases: &[(&[u8], &[u8])] = &[
            (b"\\101\\x41\\q\n", b"AAq\n"),
            (b"x\\N\t\\N\n", b"xN\t\\N\n"),
            (b"a\\\nb\n", b"a\\nb\n"),
            (b"a\\\tb\n", b"a\\tb\n"),
            (b"\\134N\n", b"\\\\N\n"),
            (b"\\x\\xg\\x5c\n", b"xxg\\\\\n"),
            (b"\\b\\f\\n\\r\\t\\v\\\\\n", b"\\b\\f\\n\\r\\t\\v\\\\\n"),
        ];
        for (line, expected) in cases {
            let mut out = Vec::new();
            canonicalize(line, true, &mut out).unwrap();
            assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
        }
        assert!(canonicalize(b"\\0\n", true, &mut Vec::new()).is_err());
    }

    #[test]
    fn fields_decode() {
        let mut out = Vec::new();
        assert!(decode_field(b"a\\\\b\\n'\\t", &mut out));
        assert_eq!(out, b"a\\b\n'\t");
        assert!(!decode_field(b"\\N", &mut out));
    }
}
