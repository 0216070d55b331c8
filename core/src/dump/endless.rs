//! Input that does not end: whatever it is, the reader holds no more of it than its limits say.

use super::counting::Counting;
use super::reader::Reader;
use crate::error::{ErrorKind, Position};
use crate::limits::{Limit, Limits};

/// All of the limits below, and what is joined to a piece while it waits for more.
const HELD_BYTES_MAX: usize = 5 << 20;
const CHUNK_BYTES: usize = 64 << 10;
const FED_BYTES: usize = 5 << 20;

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.set(Limit::StatementBytes, 2 << 20);
    limits.set(Limit::CatalogBytes, 3 << 20);
    limits.set(Limit::HeadsBytes, 1 << 20);
    limits.set(Limit::RowBytes, 4 << 20);
    limits
}

/// What the input begins with, what goes on for ever, and what becomes of it: the kind of an error, or nothing.
const ENDLESS: [(&str, &str, Option<ErrorKind>); 36] = {
    use ErrorKind::{ColumnCount, TooLarge, UnexpectedToken};
    const ROW: &str = "INSERT INTO a.t (c) VALUES (1)";
    [
        ("", " ", None),
        ("", "\n", None),
        (
            "",
            ";                                                                                                   ",
            None,
        ),
        ("--", "x", None),
        ("/*", "x", Some(TooLarge)),
        ("", "/*", Some(TooLarge)),
        ("\\restrict ", "x", Some(TooLarge)),
        ("\\connect ", "x", Some(TooLarge)),
        ("\\unrestrict `", "x", Some(TooLarge)),
        ("INSERT INTO ", " ", Some(TooLarge)),
        ("INSERT INTO a.", "t", Some(TooLarge)),
        ("INSERT INTO a.\"", "t", Some(TooLarge)),
        ("INSERT INTO a.t (", "c, ", Some(TooLarge)),
        (ROW, " ", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES (1),", " ", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES (1) ON", " ", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES (", " ", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES (1", " ", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES (", "1", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES ('", "x", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES ('", "''", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES (B'", "01", Some(TooLarge)),
        ("INSERT INTO a.t (c) VALUES (", "1, ", Some(ColumnCount)),
        ("INSERT INTO a.t VALUES (", "1, ", Some(TooLarge)),
        ("COPY a.t (c) FROM stdin;\n", "x", Some(TooLarge)),
        ("COPY a.t (c) FROM stdin;\n", "\\", Some(TooLarge)),
        ("COPY a.t (c) FROM stdin;\n", "\t", Some(ColumnCount)),
        ("COPY a.t FROM stdin;\n", "\t", Some(TooLarge)),
        ("CREATE FUNCTION f() AS $$", "x", None),
        ("CREATE FUNCTION f() AS ", "(", None),
        ("CREATE TABLE t (", "c integer, ", Some(TooLarge)),
        (
            "",
            "CREATE TABLE t (c integer DEFAULT '                                                                                  ');\n",
            Some(TooLarge),
        ),
        ("SELECT pg_catalog.setval('", "x", Some(TooLarge)),
        ("SET search_path = '", "x", Some(TooLarge)),
        ("UPDATE t SET v = '", "x", Some(TooLarge)),
        ("", "x", Some(UnexpectedToken)),
    ]
};

/// Where the error is, if there is one.
fn feed(start: &str, filler: &str) -> Option<(ErrorKind, Position)> {
    let mut reader = Reader::new(limits());
    let mut counting = Counting::default();
    let text = filler.repeat(FED_BYTES / filler.len());
    let whole = [start.as_bytes(), text.as_bytes()].concat();
    for chunk in whole.chunks(CHUNK_BYTES) {
        if let Err(error) = reader.write(chunk, &mut counting) {
            return Some((error.kind(), error.position().unwrap().clone()));
        }
        assert!(
            reader.held_bytes() <= HELD_BYTES_MAX,
            "{start:?} {filler:?}: {}",
            reader.held_bytes()
        );
    }
    None
}

#[test]
fn what_does_not_end_is_not_held() {
    for (start, filler, kind) in ENDLESS {
        let found = feed(start, filler);
        assert_eq!(found.as_ref().map(|found| found.0), kind, "{start:?} {filler:?}");
        // All at once there is nothing to hold, and it comes to the same.
        assert_eq!(feed_whole(start, filler), found, "{start:?} {filler:?}");
    }
}

fn feed_whole(start: &str, filler: &str) -> Option<(ErrorKind, Position)> {
    let whole = [start.as_bytes(), filler.repeat(FED_BYTES / filler.len()).as_bytes()].concat();
    let error = Reader::new(limits()).write(&whole, &mut Counting::default()).err()?;
    Some((error.kind(), error.position().unwrap().clone()))
}

#[test]
fn heads_that_never_come_again() {
    let mut reader = Reader::new(limits());
    let mut counting = Counting::default();
    for at in 0..10_000 {
        let dump = format!("INSERT INTO a.t{at} (c) VALUES (1);\nSET search_path = s{at};\n");
        if let Err(error) = reader.write(dump.as_bytes(), &mut counting) {
            assert_eq!(error.kind(), ErrorKind::TooLarge);
            assert!(error.to_string().contains("heads_bytes"), "{error}");
            return;
        }
    }
    panic!("no end of heads");
}

/// A limit is met at the byte that it says, however the input is cut.
#[test]
fn limits_are_exact() {
    let cases: [(Limit, u64, &str, usize); 6] = [
        (Limit::RowBytes, 10, "INSERT INTO a.t (c) VALUES ('123456789');\n", 38),
        (
            Limit::RowBytes,
            10,
            "COPY a.t (c) FROM stdin;\n1\n1234567890\n\\.\n",
            37,
        ),
        (Limit::DumpBytes, 20, "-- xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 20),
        (Limit::HeadBytes, 20, "INSERT INTO a.t (c) VALUES (1);\n", 0),
        (Limit::StatementBytes, 20, "SET row_security = off;\n", 0),
        (Limit::GapBytes, 20, "/* xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx */\n", 0),
    ];
    for (limit, value, dump, at) in cases {
        let mut limits = Limits::default();
        limits.set(limit, value);
        for size in 1..=dump.len() {
            let mut reader = Reader::new(limits);
            let mut counting = Counting::default();
            let mut chunks = dump.as_bytes().chunks(size);
            let result = chunks
                .try_for_each(|chunk| reader.write(chunk, &mut counting))
                .and_then(|()| reader.finish(&mut counting));
            let error = result.expect_err(dump);
            assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
            assert_eq!(
                error.position().unwrap().byte,
                at as u64,
                "{dump:?} in chunks of {size}: {error}"
            );
            assert!(error.to_string().contains(limit.name()), "{error}");
        }
    }
}
