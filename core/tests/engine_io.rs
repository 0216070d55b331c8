//! Readers and writers that fail, at every byte: the error says which side it was, and no script ends as if all were well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use dumpsert::{Category, Client, Error, ErrorKind, Options, Plan, Script, Style, convert, statements};

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

/// Its keys come behind its rows: in style rows it is read twice, and kept meanwhile.
const FULL: &str = "\
--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
CREATE TABLE public.t (k integer NOT NULL, v text);
COPY public.t (k, v) FROM stdin;
1\tone
2\ttwo; it's
\\.


ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (k);
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
                    assert_eq!(error.position().unwrap().byte, at as u64, "{error}");
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

/// What every failure to read has, wherever it happens.
fn assert_read_failed(error: &Error, context: &str) {
    assert_eq!(error.kind(), ErrorKind::Read, "{context}: {error}");
    assert_eq!(error.category(), Category::Io);
    assert_eq!(
        error.io_kind(),
        Some(io::ErrorKind::ConnectionReset),
        "{context}: {error}"
    );
    assert!(error.position().is_some(), "{context}: {error}");
}

/// The full dump as it is and compressed, each with the number of bytes after which a failure must be noticed: behind the
/// last byte of a compressed one nobody has to ask for more.
fn full_dumps() -> Vec<(&'static str, Vec<u8>, usize)> {
    let plain = FULL.as_bytes().to_vec();
    let mut dumps = vec![("plain", plain, FULL.len() + 1)];
    #[cfg(feature = "decompress")]
    {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(FULL.as_bytes()).unwrap();
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        for (name, packed) in [
            ("gz", gzip.finish().unwrap()),
            ("zst", ruzstd::encoding::compress_to_vec(FULL.as_bytes(), level)),
        ] {
            let mut script = Vec::new();
            assert_eq!(
                convert(&packed[..], &mut script, &plan(Style::Rows))
                    .unwrap()
                    .rows_kept(),
                2
            );
            let length = packed.len();
            dumps.push((name, packed, length));
        }
    }
    dumps
}

#[test]
fn a_reader_that_fails_while_a_full_dump_is_read_ahead() {
    for (name, dump, end) in full_dumps() {
        for at in 0..end {
            for step in [1, usize::MAX] {
                let reader = FailingReader {
                    left: &dump[..at],
                    step,
                    kind: io::ErrorKind::ConnectionReset,
                };
                let mut script = Vec::new();
                let error = convert(reader, &mut script, &plan(Style::Rows)).unwrap_err();
                assert_read_failed(&error, &format!("{name}, failed at {at}"));
                assert_eq!(commit(&script), None, "{name}, failed at {at}, and the script commits");
                assert!(script.ends_with(b"$dumpsert$;\n"), "{name}, failed at {at}");
            }
        }
    }
}

/// Can be read as a whole `whole` times, and fails at a byte of the next time.
struct FailingAgain {
    dump: Cursor<&'static [u8]>,
    whole: usize,
    at: u64,
}

impl Read for FailingAgain {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.whole > 0 {
            return self.dump.read(buffer);
        }
        match (self.at - self.dump.position()).min(buffer.len() as u64) {
            0 => Err(io::ErrorKind::ConnectionReset.into()),
            length => self.dump.read(&mut buffer[..length as usize]),
        }
    }
}

impl Seek for FailingAgain {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let before = self.dump.position();
        let now = self.dump.seek(to)?;
        // Whether it is compressed is asked before, of its first bytes.
        if now == 0 && before == FULL.len() as u64 {
            self.whole -= 1;
        }
        Ok(now)
    }
}

#[test]
fn a_file_that_fails_when_it_is_read_again() {
    for at in 0..=FULL.len() as u64 {
        let file = FailingAgain {
            dump: Cursor::new(FULL.as_bytes()),
            whole: 1,
            at,
        };
        let mut out = Vec::new();
        let script = Script::seekable(file, &plan(Style::Rows)).unwrap();
        let error = script.write_to(&mut out, |_| Ok(())).unwrap_err();
        assert_read_failed(&error, &format!("failed at {at}"));
        assert_eq!(error.position().unwrap().byte, at, "{error}");
        assert_eq!(commit(&out), None, "failed at {at}, and the script commits");
        assert!(out.ends_with(b"$dumpsert$;\n"), "failed at {at}");
    }
}

#[test]
fn statements_of_a_reader_that_fails() {
    let options = Options::new().with_client(Client::Driver);
    let plan = options.build().unwrap();
    let mut dumps = full_dumps();
    dumps.push(("rows", DUMP.as_bytes().to_vec(), DUMP.len() + 1));
    for (name, dump, end) in dumps {
        // The last statement satisfies the guard, without which nothing can be committed.
        let whole: Vec<String> = statements(&dump[..], &plan).unwrap().map(Result::unwrap).collect();
        let last = whole.last().unwrap();
        for at in 0..end {
            let context = format!("{name}, failed at {at}");
            let reader = FailingReader {
                left: &dump[..at],
                step: 100,
                kind: io::ErrorKind::ConnectionReset,
            };
            let error = match statements(reader, &plan) {
                Err(error) => error,
                Ok(mut run) => {
                    let error = loop {
                        match run.next() {
                            Some(Ok(statement)) => assert_ne!(statement, *last, "{context}"),
                            Some(Err(error)) => break error,
                            None => panic!("{context}: ended without an error"),
                        }
                    };
                    assert!(run.next().is_none() && run.report().is_none(), "{context}");
                    error
                }
            };
            assert_read_failed(&error, &context);
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

#[test]
fn a_writer_that_fails_behind_a_dump_that_was_read_ahead() {
    for (name, dump, _) in full_dumps() {
        let plan = plan(Style::Rows);
        let mut whole = Vec::new();
        convert(&dump[..], &mut whole, &plan).unwrap();
        let commit_at = commit(&whole).unwrap();
        let rows = memchr::memmem::find(&whole, b"CALL pg_temp.dumpsert_begin(").unwrap();
        let epilogue = memchr::memmem::find(&whole, b"CREATE PROCEDURE pg_temp.dumpsert_find_behind()").unwrap();
        // Within the fixed texts one byte is like the other.
        let is_fixed = |at: &usize| (100..rows).contains(at) || (epilogue + 20..commit_at - 20).contains(at);
        for most in (0..whole.len()).filter(|at| !is_fixed(at) || at % 97 == 0) {
            let mut writer = FailingWriter {
                taken: Vec::new(),
                most,
            };
            let error = convert(&dump[..], &mut writer, &plan).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Write, "{name}, {most}: {error}");
            assert_eq!(error.io_kind(), Some(io::ErrorKind::StorageFull));
            assert!(error.position().is_some(), "{name}, {most}: {error}");
            assert!(whole.starts_with(&writer.taken), "{name}, failed at {most}");
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
            b"\nCALL pg_temp.dumpsert_stage("
        } else {
            b"\nCALL pg_temp.dumpsert_table("
        };
        // The fixed texts call them as well.
        let begin = memchr::memmem::find(&script, b"CALL pg_temp.dumpsert_begin(").unwrap();
        assert_eq!(memchr::memmem::find_iter(&script[begin..], call).count(), 2);
    }
}

/// What is UTF-8 by chance would arrive as something else.
#[test]
fn drivers_take_only_one_encoding() {
    let options = Options::new().with_client(Client::Driver);
    let plan = options.with_style(Style::Rows).build().unwrap();
    let dump = |encoding: &str| {
        format!(
            "SET client_encoding = '{encoding}';\n{}",
            "INSERT INTO public.t (id) VALUES ('é');\n"
        )
    };
    for encoding in ["LATIN1", "EUC_KR"] {
        let dump = dump(encoding);
        let mut run = statements(dump.as_bytes(), &plan).unwrap();
        let error = run.next().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encoding, "{error}");
        assert!(error.position().is_some() && run.next().is_none(), "{error}");
    }
    for encoding in ["UTF8", "SQL_ASCII"] {
        let twice = dump("UTF8") + &dump(encoding);
        let all: Vec<String> = statements(twice.as_bytes(), &plan)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(all.iter().filter(|sql| sql.contains("VALUES ('é')")).count(), 2);
        assert!(!all.iter().any(|sql| sql.contains("client_encoding")), "{encoding}");
    }
}
