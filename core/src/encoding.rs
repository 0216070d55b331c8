//! Which encodings a dump may have.

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
