//! Tells a dump from what people also send: archives, compressed files, web pages, other databases' dumps.

use super::line_ends::stripped;
use crate::error::{Error, ErrorKind};

/// How many bytes are looked at before reading begins.
pub(crate) const SNIFF_BYTES: usize = 512;
/// Some programs put it before text; PostgreSQL's own never do.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns an error if the first bytes of the input show that it is no plain dump.
pub(crate) fn sniff(start: &[u8]) -> Result<(), Error> {
    match what_is(start) {
        Some((what, hint)) => {
            let message = format!("the input is {what}, not the plain output of pg_dump");
            Err(Error::new(ErrorKind::NotADump, message).with_hint(hint))
        }
        None => Ok(()),
    }
}

/// What the first bytes of an input show it to be, if it is no plain dump, and what to do about it.
pub(crate) fn what_is(start: &[u8]) -> Option<(&'static str, &'static str)> {
    const ARCHIVE: &str = "make plain SQL of it: pg_restore -f - ARCHIVE | dumpsert convert …";
    const TEXT: &str =
        "some shells change the bytes of a pipe or of `>`; let pg_dump write the file itself: pg_dump -f dump.sql …";
    match start {
        [] => return Some(("empty", "pg_dump has written nothing; look at its messages")),
        [b'P', b'G', b'D', b'M', b'P', ..] => return Some(("a custom-format archive of pg_dump", ARCHIVE)),
        [0x1f, 0x8b, ..] => {
            return Some((
                "compressed with gzip",
                "decompress it: gzip -dc FILE | dumpsert convert …",
            ));
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            return Some((
                "compressed with zstd",
                "decompress it: zstd -dc FILE | dumpsert convert …",
            ));
        }
        [0x04, 0x22, 0x4d, 0x18, ..] => {
            return Some((
                "compressed with lz4",
                "decompress it: lz4 -dc FILE | dumpsert convert …",
            ));
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
            return Some(("compressed with xz", "decompress it: xz -dc FILE | dumpsert convert …"));
        }
        [b'B', b'Z', b'h', ..] => {
            return Some((
                "compressed with bzip2",
                "decompress it: bzip2 -dc FILE | dumpsert convert …",
            ));
        }
        [b'P', b'K', 3, 4, ..] => return Some(("a ZIP file", "unpack it first")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some(("UTF-16 text", TEXT)),
        [_, 0, _, 0, ..] | [0, _, 0, _, ..] => return Some(("UTF-16 text", TEXT)),
        _ => {}
    }
    if start.get(257..262) == Some(b"ustar") || start.starts_with(b"toc.dat\0") {
        return Some(("a tar archive", ARCHIVE));
    }
    if start.starts_with(b"SQLite format 3") {
        return Some(("a SQLite database", "only dumps of PostgreSQL can be read"));
    }
    let text = start.trim_ascii_start();
    if text.first() == Some(&b'<') {
        return Some((
            "a web page or XML",
            "look at it: a server has answered with an error page instead of the dump",
        ));
    }
    if is_configuration(text) {
        return Some((
            "a configuration file",
            "give it with `config = FILE`, and the dump beside it",
        ));
    }
    if text.starts_with(OUR_SCRIPT) {
        return Some((
            "a script that dumpsert has made",
            "it is ready to be run: psql -X -f FILE target",
        ));
    }
    if matches!(text.first(), Some(b'{' | b'[')) {
        return Some((
            "JSON",
            "look at it: a server has answered with a message instead of the dump",
        ));
    }
    if let Some(what) = foreign_dump(text) {
        return Some((what, "only dumps of PostgreSQL in plain format can be read"));
    }
    for mark in ["pg_dump: error:", "pg_dump: [archiver", "psql: error:"] {
        if text.starts_with(mark.as_bytes()) {
            return Some((
                "an error message",
                "send the messages of pg_dump elsewhere than its output",
            ));
        }
    }
    if is_of_psql(start) {
        return Some((
            "what psql prints",
            "let pg_dump write the dump, psql shows rows for people to read: pg_dump -f dump.sql …",
        ));
    }
    None
}

/// How our own scripts begin.
const OUR_SCRIPT: &[u8] = b"\\if true \\set ON_ERROR_STOP on";

/// Whether the first line that says something is one of TOML: `name = …` or `[name]`. No statement of SQL begins so.
fn is_configuration(text: &[u8]) -> bool {
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let Some(line) = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")) else {
        return false;
    };
    let is_key = |key: &[u8]| {
        let key = key.trim_ascii();
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.'\"".contains(byte);
        key.first().is_some_and(u8::is_ascii_alphabetic) && key.iter().all(is_plain)
    };
    match line {
        [b'[', name @ .., b']'] => is_key(name),
        _ => memchr::memchr(b'=', line).is_some_and(|at| is_key(line.get(..at).unwrap_or_default())),
    }
}

/// Whether this begins as psql prints a table (a line of dashes under the names of the columns) or as it tells what it
/// has done (`SET`, `CREATE TABLE`).
fn is_of_psql(start: &[u8]) -> bool {
    let mut lines = start
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let [second, third] = [lines.next().unwrap_or_default(), lines.next().unwrap_or_default()];
    // SQL has such lines too, in comments and in values.
    let is_title = first.first() == Some(&b' ') && !first.contains(&b'\'');
    let is_ruler = |line: &[u8]| line.len() > 2 && line.iter().all(|byte| matches!(byte, b'-' | b'+'));
    let is_tag = |line: &[u8]| {
        let numbered = ["INSERT 0 ", "COPY ", "UPDATE ", "DELETE "].iter().any(|tag| {
            let number = line.strip_prefix(tag.as_bytes()).unwrap_or_default();
            !number.is_empty() && number.iter().all(u8::is_ascii_digit)
        });
        numbered
            || ["SET", "BEGIN", "CREATE TABLE", "CREATE SCHEMA", "ALTER TABLE"]
                .iter()
                .any(|tag| line == tag.as_bytes())
    };
    start.starts_with(b"-[ RECORD 1 ]")
        || (is_title && (is_ruler(second) || is_ruler(third)))
        || (is_tag(first) && is_tag(second))
}

/// Whether the whole input is the start of pg_dump's header, or of pg_dumpall's, and ends before the words that tell that
/// a trailer must follow. Nothing in it says anything else, so that it would be read as a dump of nothing.
pub(crate) fn ends_in_header(input: &[u8]) -> bool {
    const HEADERS: [&[u8]; 2] = [
        b"--\n-- PostgreSQL database dump\n",
        b"--\n-- PostgreSQL database cluster dump\n",
    ];
    let text = input.strip_prefix(BYTE_ORDER_MARK).unwrap_or(input);
    let text = stripped(text.strip_suffix(b"\r").unwrap_or(text));
    let is_start = |header: &&[u8]| header.len() > text.len() && header.starts_with(&text);
    !text.is_empty() && HEADERS.iter().any(is_start)
}

/// What other program has written this, as its first lines say. Behind the first statement such lines may be values.
fn foreign_dump(text: &[u8]) -> Option<&'static str> {
    const MARKS: [(&str, &str); 6] = [
        ("-- MySQL dump", "a dump of MySQL"),
        ("-- MariaDB dump", "a dump of MariaDB"),
        ("/*M!", "a dump of MariaDB"),
        ("/*!", "a dump of MySQL"),
        ("PRAGMA foreign_keys", "a dump of SQLite"),
        (
            "; Archive created at",
            "the table of contents of an archive (pg_restore -l)",
        ),
    ];
    for line in text.split(|&byte| byte == b'\n') {
        let mark = MARKS.iter().find(|(mark, _)| line.starts_with(mark.as_bytes()));
        if let Some((_, what)) = mark {
            return Some(what);
        }
        let is_head = line.trim_ascii().is_empty() || line.starts_with(b"--") || line.starts_with(b";");
        if !is_head {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_psql_prints_is_told_from_sql() {
        for printed in [
            " id |  v  \n----+-----\n  2 | two\n(1 row)\n",
            " count \n-------\n     1\n(1 row)\n",
            "       List of relations\n Schema | Name | Type  \n--------+------+-------\n",
            "-[ RECORD 1 ]\nid | 1\n",
            "SET\nSET\nCREATE TABLE\n",
            "BEGIN\r\nINSERT 0 1\r\n",
            "COPY 5\nCOPY 12\n",
        ] {
            let error = sniff(printed.as_bytes()).unwrap_err();
            assert!(error.message().contains("what psql prints"), "{printed}: {error}");
            assert!(
                error.hint().is_some_and(|hint| hint.contains("pg_dump -f")),
                "{printed}"
            );
        }
        for sql in [
            "--\n-- PostgreSQL database dump\n--\n",
            "-- By hand\n----------\n-- more\n",
            "------\n------\nINSERT INTO t (id) VALUES (1);\n",
            "SET x = 1;\nSET y = 2;\n",
            "BEGIN\n;\n",
            "COPY public.t (id) FROM stdin;\n1\n\\.\n",
            "INSERT INTO public.t (id, v) VALUES (1, '\n a\n---+---\n');\n",
            "  INSERT INTO public.t (id, v) VALUES (1, '\n---+---\n');\n",
        ] {
            assert!(sniff(sql.as_bytes()).is_ok(), "{sql}");
        }
    }

    #[test]
    fn inputs_that_end_in_the_header() {
        for header in [
            "--\n-- PostgreSQL database dump\n",
            "--\n-- PostgreSQL database cluster dump\n",
        ] {
            for end in 1..header.len() {
                assert!(ends_in_header(&header.as_bytes()[..end]), "{end}");
                let lines = &header[..end];
                assert!(ends_in_header(lines.replace('\n', "\r\n").as_bytes()), "{end}");
                let marked = [BYTE_ORDER_MARK, &header.as_bytes()[..end]].concat();
                assert!(ends_in_header(&marked), "{end}");
            }
        }
        for other in [
            "",
            "\u{feff}",
            "\n",
            "--\n\n",
            "--\n--\n",
            "-- \n",
            "---",
            "--\n-- PostgreSQL database d\n",
            "--\n-- PostgreSQL database dump\n",
            "--\n-- PostgreSQL database dump\n--\n",
            "-- PostgreSQL database dump",
        ] {
            assert!(!ends_in_header(other.as_bytes()), "{other:?}");
        }
    }
}
