//! Readers and writers that fail, at every byte: the error says which side it was, and no script ends as if all were well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::io::{self, Read, Write};

use dumpsert::{Category, ErrorKind, Options, Plan, Style, convert};

const DUMP: &str = "\
--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) VALUES (2, 'two; it''s');
COPY public.t (id, v) FROM stdin;
3\tthree
4\t\\N
\\.


SELECT pg_catalog.setval('public.t_id_seq', 4, true);
--
-- PostgreSQL database dump complete
--
";

/// Gives the first bytes, `step` at a time, then an error.
struct FailingReader<'a> {
    left: &'a [u8],
    step: usize,
    kind: io::ErrorKind,
}

impl Read for FailingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.is_empty() {
            return Err(self.kind.into());
        }
        let length = self.step.min(self.left.len()).min(buffer.len());
        let (read, left) = self.left.split_at(length);
        buffer[..length].copy_from_slice(read);
        self.left = left;
        Ok(length)
    }
}

/// Takes the first bytes, then gives errors.
struct FailingWriter {
    taken: Vec<u8>,
    most: usize,
}

impl Write for FailingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len().min(self.most - self.taken.len());
        if length == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.taken.extend_from_slice(&bytes[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn plan(style: Style) -> Plan {
    Options::new().with_style(style).build().unwrap()
}

/// The dump, also behind a comment so long that the reader begins before all is there.
fn dumps() -> [Vec<u8>; 2] {
    let padded = format!("-- {}\n{DUMP}", "x".repeat(512));
    [DUMP.as_bytes().to_vec(), padded.into_bytes()]
}

fn commit(script: &[u8]) -> Option<usize> {
    memchr::memmem::find(script, b"\nCOMMIT;\n\\echo")
}

#[test]
fn a_reader_that_fails() {
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        for dump in dumps() {
            for at in 0..=dump.len() {
                for step in [1, 100, usize::MAX] {
                    let reader = FailingReader {
                        left: &dump[..at],
                        step,
                        kind: io::ErrorKind::ConnectionReset,
                    };
                    let mut script = Vec::new();
                    let error = convert(reader, &mut script, &plan(style)).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Read, "{at}: {error}");
                    assert_eq!(error.category(), Category::Io);
                    // Whether it is compressed is asked of the first four bytes at once.
                    let read = if at < 4 { 0 } else { at as u64 };
                    assert_eq!(error.position().unwrap().byte, read, "{error}");
                    assert_eq!(error.io_kind(), Some(io::ErrorKind::ConnectionReset));
                    assert_eq!(commit(&script), None, "failed at {at}, and the script commits");
                    let text = String::from_utf8(script).unwrap();
                    assert!(
                        text.contains("RAISE EXCEPTION USING ERRCODE = 'data_exception'"),
                        "failed at {at}: {text}"
                    );
                    assert!(text.ends_with("$dumpsert$;\n"), "failed at {at}");
                }
            }
        }
    }
}

#[test]
fn a_dump_that_ends_early() {
    // Behind the trailer's words there is nothing to lose.
    let whole = DUMP.find("dump complete").unwrap() + "dump complete".len();
    for at in 0..whole {
        let mut script = Vec::new();
        let error = convert(&DUMP.as_bytes()[..at], &mut script, &plan(Style::Rows)).unwrap_err();
        assert!(
            error.position().is_some_and(|position| position.byte <= at as u64),
            "cut at {at}: {error}"
        );
        assert_eq!(commit(&script), None, "cut at {at}");
    }
}

#[test]
fn interrupted_reads_are_repeated() {
    struct Interrupted<'a>(&'a [u8], bool);
    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let length = buffer.len().min(7);
            self.0.read(&mut buffer[..length])
        }
    }
    let (mut whole, mut interrupted) = (Vec::new(), Vec::new());
    convert(DUMP.as_bytes(), &mut whole, &plan(Style::Rows)).unwrap();
    convert(
        Interrupted(DUMP.as_bytes(), false),
        &mut interrupted,
        &plan(Style::Rows),
    )
    .unwrap();
    assert!(whole == interrupted);
}

#[test]
fn a_writer_that_fails() {
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        let mut whole = Vec::new();
        convert(DUMP.as_bytes(), &mut whole, &plan(style)).unwrap();
        let commit_at = commit(&whole).unwrap();
        // Batches differ from rows only in the middle.
        let step = if style == Style::Batches { 7 } else { 1 };
        for most in (0..whole.len()).step_by(step) {
            let mut writer = FailingWriter {
                taken: Vec::new(),
                most,
            };
            let error = convert(DUMP.as_bytes(), &mut writer, &plan(style)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Write, "{most}: {error}");
            assert_eq!(error.io_kind(), Some(io::ErrorKind::StorageFull));
            assert!(error.position().is_some(), "{error}");
            assert!(
                whole.starts_with(&writer.taken),
                "not the start of the script, failed at {most}"
            );
            // `\endif` is missing then, so that psql does not end with 0.
            assert_eq!(
                commit(&writer.taken).is_some(),
                most > commit_at + "\nCOMMIT;\n\\echo".len() - 1
            );
            assert!(!writer.taken.ends_with(b"\\endif\n"));
        }
    }
}

/// An error of the dump is worth more than the one of writing its last words.
#[test]
fn both_fail() {
    let mut writer = FailingWriter {
        taken: Vec::new(),
        most: 10,
    };
    let error = convert(&b"UPDATE t SET a = 1;"[..], &mut writer, &plan(Style::Rows)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StatementNotAllowed);
}

/// Names of the dump do not reach the terminal or a log as they are.
#[test]
fn control_characters_in_messages() {
    let dump = "INSERT INTO public.\"a\u{1b}[2J\nb\u{202e}\" (x) VALUES (1);\n";
    let error = convert(dump.as_bytes(), io::sink(), &plan(Style::Rows)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoKey);
    let text = error.to_string();
    assert!(!text.contains(['\u{1b}', '\n', '\u{202e}']), "{text:?}");
    assert!(text.contains("a\\u{1b}[2J\\nb\\u{202e}"), "{text}");
}

/// The same bytes are another name in another encoding: the target is told of both, and asked about both.
#[test]
fn names_in_two_encodings() {
    let row = b"INSERT INTO public.\"\xc3\xa9\" (id) VALUES (1);\n";
    let dump = [
        &b"SET client_encoding = 'LATIN1';\n"[..],
        row,
        row,
        b"SET client_encoding = 'UTF8';\n",
        row,
        row,
    ]
    .concat();
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        let mut script = Vec::new();
        let report = convert(&dump[..], &mut script, &plan(style)).unwrap();
        assert_eq!(report.rows_kept(), 4);
        let call: &[u8] = if style == Style::Staged {
            b"CALL pg_temp.dumpsert_stage("
        } else {
            b"CALL pg_temp.dumpsert_table("
        };
        assert_eq!(memchr::memmem::find_iter(&script, call).count(), 2);
    }
}
