//! Which encodings a dump may have, and what names in them are as text.
//!
//! Whatever is compared with a name of the dump (a pattern, a policy, a catalog) is text, so the name has to become text
//! first, as PostgreSQL itself would take it.

mod tables;
pub(crate) mod utf16;

use std::borrow::Cow;

use self::tables::table;
use crate::error::{Error, ErrorKind, Result};
use crate::lex::excerpt;

/// The canonical name of a client encoding, if no byte of a multi-byte character in it can be taken for a quote or a
/// backslash. Those are the encodings that PostgreSQL also allows on the server (`pg_valid_server_encoding`), where the
/// same property is needed; the client-only ones (SJIS, BIG5, GBK, UHC, GB18030, JOHAB, SHIFT_JIS_2004) lack it. See
/// "Character Set Support" in the manual.
pub(crate) fn allowed(name: &[u8]) -> Result<&'static str> {
    // PostgreSQL ignores case and everything but letters and digits (clean_encoding_name() in src/common/encnames.c).
    let cleaned: String = name
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|&byte| byte.to_ascii_lowercase() as char)
        .collect();
    ALLOWED
        .iter()
        .find(|(alias, _)| *alias == cleaned)
        .map(|&(_, name)| name)
        .ok_or_else(|| {
            let message = format!("the client encoding `{}` is not accepted", excerpt(name));
            Error::new(ErrorKind::Encoding, message)
                .with_hint("in it a part of a character can look like a quote; dump with pg_dump -E UTF8")
        })
}

/// The text that `bytes` are in this encoding; `None` if they are none, or if the encoding is one of those of several
/// bytes that are not read here (`EUC_…`, `MULE_INTERNAL`) and they are not ASCII.
///
/// SQL_ASCII says nothing of bytes from 0x80 on. They are UTF-8 or nothing: options and catalogs are compared as UTF-8.
pub(crate) fn decode<'a>(encoding: &str, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    if bytes.is_ascii() || is_utf8(encoding) {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    let table = table(encoding)?;
    let char = |&byte: &u8| match byte.checked_sub(0x80) {
        None => Some(char::from(byte)),
        Some(at) => match table.get(usize::from(at)) {
            None | Some(0) => None,
            Some(&code) => char::from_u32(u32::from(code)),
        },
    };
    bytes.iter().map(char).collect::<Option<String>>().map(Cow::Owned)
}

/// The bytes of a text in this encoding; `None` if it has none for it.
pub(crate) fn encode<'a>(encoding: &str, text: &'a str) -> Option<Cow<'a, [u8]>> {
    if text.is_ascii() || is_utf8(encoding) {
        return Some(Cow::Borrowed(text.as_bytes()));
    }
    let table = table(encoding)?;
    let byte = |char: char| match u16::try_from(char as u32).ok()? {
        code @ 0..0x80 => u8::try_from(code).ok(),
        code => {
            let at = table.iter().position(|&known| known == code)?;
            u8::try_from(at + 0x80).ok()
        }
    };
    text.chars().map(byte).collect::<Option<Vec<u8>>>().map(Cow::Owned)
}

/// What the bytes from 0x80 on are in each encoding of one byte; U+0000 where there is no character.
pub(crate) fn single_byte_tables() -> impl Iterator<Item = Vec<char>> {
    let tables = tables::TABLES.iter().map(|(_, table)| table);
    tables.map(|table| {
        table
            .iter()
            .filter_map(|&code| char::from_u32(u32::from(code)))
            .collect()
    })
}

/// Whether names that are not ASCII can be read at all.
pub(crate) fn is_readable(encoding: &str) -> bool {
    is_utf8(encoding) || table(encoding).is_some()
}

/// Whether bytes are read as UTF-8.
pub(crate) fn is_utf8(encoding: &str) -> bool {
    matches!(encoding, "UTF8" | "SQL_ASCII")
}

const ALLOWED: [(&str, &str); 50] = [
    ("utf8", "UTF8"),
    ("unicode", "UTF8"),
    ("sqlascii", "SQL_ASCII"),
    ("eucjp", "EUC_JP"),
    ("euccn", "EUC_CN"),
    ("euckr", "EUC_KR"),
    ("euctw", "EUC_TW"),
    ("eucjis2004", "EUC_JIS_2004"),
    ("muleinternal", "MULE_INTERNAL"),
    ("latin1", "LATIN1"),
    ("iso88591", "LATIN1"),
    ("latin2", "LATIN2"),
    ("iso88592", "LATIN2"),
    ("latin3", "LATIN3"),
    ("iso88593", "LATIN3"),
    ("latin4", "LATIN4"),
    ("iso88594", "LATIN4"),
    ("latin5", "LATIN5"),
    ("iso88599", "LATIN5"),
    ("latin6", "LATIN6"),
    ("iso885910", "LATIN6"),
    ("latin7", "LATIN7"),
    ("iso885913", "LATIN7"),
    ("latin8", "LATIN8"),
    ("iso885914", "LATIN8"),
    ("latin9", "LATIN9"),
    ("iso885915", "LATIN9"),
    ("latin10", "LATIN10"),
    ("iso885916", "LATIN10"),
    ("iso88595", "ISO_8859_5"),
    ("iso88596", "ISO_8859_6"),
    ("iso88597", "ISO_8859_7"),
    ("iso88598", "ISO_8859_8"),
    ("win1250", "WIN1250"),
    ("windows1250", "WIN1250"),
    ("win1251", "WIN1251"),
    ("windows1251", "WIN1251"),
    ("win1252", "WIN1252"),
    ("windows1252", "WIN1252"),
    ("win1253", "WIN1253"),
    ("windows1253", "WIN1253"),
    ("win1254", "WIN1254"),
    ("win1255", "WIN1255"),
    ("win1256", "WIN1256"),
    ("win1257", "WIN1257"),
    ("win1258", "WIN1258"),
    ("win866", "WIN866"),
    ("win874", "WIN874"),
    ("koi8r", "KOI8R"),
    ("koi8u", "KOI8U"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_as_postgresql_takes_them() {
        for (encoding, bytes, text) in [
            ("UTF8", "секрет".as_bytes(), Some("секрет")),
            ("UTF8", b"\xe9", None),
            ("SQL_ASCII", "é".as_bytes(), Some("é")),
            ("SQL_ASCII", b"\xe9", None),
            ("LATIN1", b"\xe9", Some("é")),
            ("LATIN1", b"\xc3\xa9", Some("Ã©")),
            ("WIN1251", b"\xf1\xe5\xea\xf0\xe5\xf2", Some("секрет")),
            ("KOI8R", b"\xd3\xc5\xcb\xd2\xc5\xd4", Some("секрет")),
            ("WIN866", b"\xe1\xa5\xaa\xe0\xa5\xe2", Some("секрет")),
            ("WIN1252", b"\x80", Some("€")),
            ("WIN1252", b"\x81", None),
            ("EUC_JP", b"t", Some("t")),
            ("EUC_JP", b"\xc6\xfc", None),
            ("MULE_INTERNAL", b"\x81\xe9", None),
        ] {
            assert_eq!(decode(encoding, bytes).as_deref(), text, "{encoding} {bytes:?}");
            if let Some(text) = text {
                assert_eq!(encode(encoding, text).as_deref(), Some(bytes), "{encoding} {text}");
            }
        }
        assert_eq!(encode("LATIN1", "секрет"), None);
        assert_eq!(encode("WIN1252", "\u{81}"), None);
        assert_eq!(encode("LATIN9", "𝄞"), None);
    }

    #[test]
    fn no_two_bytes_are_one_character() {
        for (encoding, table) in &tables::TABLES {
            assert!(ALLOWED.iter().any(|(_, name)| name == encoding), "{encoding}");
            let mut codes: Vec<u16> = table.iter().copied().filter(|&code| code != 0).collect();
            assert!(codes.iter().all(|&code| code >= 0x80), "{encoding}");
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(
                codes.len(),
                table.iter().filter(|&&code| code != 0).count(),
                "{encoding}"
            );
        }
    }
}
