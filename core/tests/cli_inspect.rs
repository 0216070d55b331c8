//! The program `dumpsert inspect`, as a shell sees it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod program;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const DUMP: &str = "-- Dumped from database version 15.4\x1b[2J\n\
    INSERT INTO public.t (id, v) VALUES (1, 'one');\nINSERT INTO public.t (id, v) VALUES (2, 'two');\n\
    INSERT INTO public.\"l\x1bo\ng\" (line) VALUES ('a');\nINSERT INTO public._prisma_migrations (id) VALUES ('m');\n\
    SELECT pg_catalog.setval('public.t_id_seq', 2, true);\nREFRESH MATERIALIZED VIEW public.mv;\n";

fn run(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    command.current_dir(folder).arg("inspect").args(arguments);
    if !arguments.iter().any(|argument| argument.starts_with("--style")) {
        command.arg("--style=rows"); // which knows the keys by itself
    }
    program::run(&mut command, input)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn as_a_table() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dump.sql"), DUMP).unwrap();
    for (arguments, input) in [(&["dump.sql"][..], ""), (&[], DUMP), (&["-"], DUMP)] {
        let output = run(folder.path(), arguments, input.as_bytes());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(output.stderr.is_empty());
        let shown = text(&output.stdout);
        assert!(
            !shown.contains(|char: char| char.is_control() && char != '\n'),
            "{shown:?}"
        );
        for part in [
            "data only, column inserts, server 15.4\\u{1b}[2J;",
            "table                      rows  bytes  columns  key\n",
            "public.t                      2   16 B        2  id (guessed)\n",
            "public.\"l\\u{1b}o\\ng\"          1    3 B        1  MISSING, see below\n",
            "public._prisma_migrations     1    3 B        1  none\n",
            "sequences: public.t_id_seq\n",
            "1 REFRESH MATERIALIZED VIEW",
            "left out: 1 row of public._prisma_migrations (default)",
            "left out: 1 row of public.\"l\\u{1b}o\\ng\" (refused)",
            "refresh them afterwards",
            "foreign keys: nothing is known of them",
            "would stop at:\n  nothing is known of the key of table public.\"l\\u{1b}o\\ng\"",
            "--no-key insert or --no-key skip",
        ] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
    }
}

#[test]
fn as_json() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--json"], DUMP.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["shape"]["rows"], serde_json::json!(["column_inserts"]));
    assert_eq!(json["report"]["bytes_read"], DUMP.len());
    assert_eq!(json["report"]["tables"][0]["key_source"], "fallback");
    assert_eq!(json["columns"]["public.t"], serde_json::json!(["id", "v"]));
    assert_eq!(json["problems"][0]["kind"], "no_key");
    assert_eq!(json["order_problems"], Value::Null);
}

/// The options of a conversion mean the same here, those in a configuration file too; no file is written.
#[test]
fn options_of_convert() {
    let folder = tempfile::tempdir().unwrap();
    let schema = "CREATE TABLE public.t (id integer PRIMARY KEY, up integer REFERENCES public.t, v text);\n\
                  CREATE TABLE public.\"l\x1bo\ng\" (line text UNIQUE NOT NULL);";
    for (name, content) in [
        ("dump.sql", DUMP),
        ("schema.sql", schema),
        (
            "dumpsert.toml",
            "schema = 'schema.sql'\noutput = 'out.sql'\nreport = 'report.json'\n",
        ),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    for arguments in [
        ["--schema=schema.sql", "dump.sql"],
        ["--config=dumpsert.toml", "dump.sql"],
    ] {
        let output = run(folder.path(), &arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let shown = text(&output.stdout);
        assert!(
            shown.contains("2  id (catalog)\n") && shown.contains("1  line (catalog)\n"),
            "{shown}"
        );
        assert!(
            shown.contains("public.t references itself (checked at the end"),
            "{shown}"
        );
        assert!(!shown.contains("would stop"), "{shown}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let skipped = run(folder.path(), &["--no-key=skip", "dump.sql"], b"");
    assert!(text(&skipped.stdout).contains("(no_key)\n"));
    let staged = run(folder.path(), &["--style=staged", "dump.sql"], b"");
    assert!(text(&staged.stdout).contains("the target is asked\n"));
}

#[test]
fn what_is_no_dump_is_an_error_as_for_convert() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a b's.dump"), "PGDMP\x01\x0e").unwrap();
    for (arguments, input, status, message) in [
        (
            &["a b's.dump"][..],
            &b""[..],
            1,
            "pg_restore -f - 'a b'\\''s.dump' | dumpsert convert",
        ),
        (&["./"], b"", 2, "pg_restore -f - ./ | dumpsert convert"),
        (&[], b"", 1, "the input is empty"),
        (
            &[],
            b"\x7fELF\x02\x01\x01\0\0\0",
            1,
            "standard input: line 1, column 8 (byte 7): a NUL byte",
        ),
        (&[], b"PGDMP\x01\x0e", 1, "pg_restore -f - "),
        (
            &[],
            b"INSERT INTO public.t (id) VALUES (1",
            1,
            "standard input: line 1, column 36 (byte 35), table public.t, row 1: the dump is cut",
        ),
        (
            &[],
            b"INSERT INTO public.t (id) VALUES (now());\n",
            1,
            "line 1, column 35 (byte 34), table public.t, row 1",
        ),
        (&["--output=x"], b"", 2, "unexpected argument '--output'"),
        (&["--style=row"], b"", 2, "rows"),
        (&["missing.sql"], b"", 3, "missing.sql: No such file"),
        (&["."], b"", 2, "is a directory"),
    ] {
        let output = run(folder.path(), arguments, input);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {stderr}");
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_pipe_that_closes_early() {
    let folder = tempfile::tempdir().unwrap();
    let dump: String = (0..3_000)
        .map(|at| format!("INSERT INTO public.t{at} (id) VALUES (1);\n"))
        .collect();
    fs::write(folder.path().join("many.sql"), dump).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_dumpsert"))
        .current_dir(folder.path())
        .args(["inspect", "many.sql"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(3));
}

/// What is said of a table that references itself is what the style does with its rows.
#[test]
fn the_order_that_a_style_needs() {
    let folder = tempfile::tempdir().unwrap();
    let schema = "CREATE TABLE public.t (id int PRIMARY KEY, v text, up int REFERENCES public.t);\n";
    fs::write(folder.path().join("schema.sql"), schema).unwrap();
    let dump = b"INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
    for (style, advice) in [
        (
            "--style=rows",
            "checked at the end, for which the script must own the tables",
        ),
        (
            "--style=batches",
            "checked at the end, for which the script must own the tables",
        ),
        ("--style=staged", "any order will do"),
    ] {
        let output = run(folder.path(), &[style, "--schema=schema.sql"], dump);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let shown = text(&output.stdout);
        assert!(
            shown.contains(&format!("public.t references itself ({advice}")),
            "{style}: {shown}"
        );
    }
}
