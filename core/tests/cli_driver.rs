//! `dumpsert convert --client driver`: the script as JSON lines.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use dumpsert::{Client, Options, Style, statements};
use serde_json::{Map, Value};

/// What a line of JSON or a cut between statements could be confused by.
const ROWS: &str = r#"INSERT INTO public.t (id, v) VALUES (1, 'one; "two"');
INSERT INTO public.t (id, v) VALUES (2, 'a line
and another; $$ -- it''s all \ one value');
INSERT INTO public.t (id, v) VALUES (3, 'ü 🐘');
SELECT pg_catalog.setval('public.t_id_seq', 3, true);
"#;

/// Enough rows that the beginning of the script is written long before the end of the dump is read.
fn many_rows() -> String {
    let row = |id| format!("INSERT INTO public.t (id, v) VALUES ({id}, '{}');\n", "x".repeat(1000));
    (10..500).map(row).collect()
}

fn run(folder: &Path, args: &[&str], dump: &[u8]) -> Output {
    fs::write(folder.join("dump.sql"), dump).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    command
        .current_dir(folder)
        .args(["convert", "--client=driver", "--quiet"]);
    command.args(args).output().unwrap()
}

/// What the lines hold: each is an object with one statement and nothing else, and ends with a line feed.
#[track_caller]
fn parse(lines: &[u8]) -> Vec<String> {
    let lines = std::str::from_utf8(lines).unwrap();
    assert!(lines.is_empty() || lines.ends_with('\n'));
    let parse = |line: &str| {
        let mut object: Map<String, Value> = serde_json::from_str(line).unwrap();
        let Some(Value::String(sql)) = object.remove("sql") else {
            panic!("no statement in {line}")
        };
        assert!(object.is_empty(), "{line}");
        sql
    };
    lines.lines().map(parse).collect()
}

/// What the library returns: the statements, and whether the dump was accepted to its end.
fn of_library(dump: &[u8], style: Style) -> (Vec<String>, bool) {
    let options = Options::new().with_client(Client::Driver).with_style(style);
    let parts: Vec<_> = statements(dump, &options.build().unwrap()).unwrap().collect();
    let is_whole = parts.iter().all(Result::is_ok);
    (parts.into_iter().map_while(Result::ok).collect(), is_whole)
}

#[test]
fn the_lines_are_the_statements_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{ROWS}{}", many_rows());
    for dump in [ROWS, &long] {
        for (name, style) in [("--style=rows", Style::Rows), ("--style=batches", Style::Batches)] {
            let output = run(
                folder.path(),
                &[name, "--report=report.json", "dump.sql"],
                dump.as_bytes(),
            );
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(
                (parse(&output.stdout), true),
                of_library(dump.as_bytes(), style),
                "{name}"
            );
            let report: Value = serde_json::from_slice(&fs::read(folder.path().join("report.json")).unwrap()).unwrap();
            let rows = dump.matches("INSERT INTO").count();
            assert_eq!(report.pointer("/tables/0/rows_kept"), Some(&rows.into()), "{report}");
        }
    }
}

#[test]
fn a_file_and_a_pipe_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["-o", "out.jsonl", "dump.sql"], ROWS.as_bytes());
    assert!(output.status.success() && output.stdout.is_empty());
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    let dump = fs::File::open(folder.path().join("dump.sql")).unwrap();
    let piped = command
        .args(["convert", "--client=driver", "-q"])
        .stdin(dump)
        .output()
        .unwrap();
    assert!(piped.status.success());
    assert_eq!(piped.stdout, fs::read(folder.path().join("out.jsonl")).unwrap());
    assert_eq!(parse(&piped.stdout), of_library(ROWS.as_bytes(), Style::Batches).0);
}

/// Nothing of what fails comes out: no half line, and no statement that ends the transaction well.
#[test]
fn a_broken_dump_leaves_whole_lines_and_a_status() {
    let folder = tempfile::tempdir().unwrap();
    let many = many_rows();
    let broken = |end: &[u8]| [ROWS.as_bytes(), many.as_bytes(), end].concat();
    for (dump, message) in [
        (
            broken(b"INSERT INTO public.t (id, v) VALUES (1, now());\n"),
            "expected a literal",
        ),
        (broken(b"INSERT INTO public.t (id, v) VALUES (1, 'cut"), "cut"),
        (broken(b"UPDATE public.t SET v = NULL;\n"), "UPDATE"),
        // A driver takes UTF-8 only, which shows when the statement is there.
        (
            broken(b"INSERT INTO public.t (id, v) VALUES (1, '\xfc');\n"),
            "only UTF-8",
        ),
    ] {
        let output = run(folder.path(), &["--style=rows", "dump.sql"], &dump);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
        let lines = parse(&output.stdout);
        assert!(lines.len() > 100, "{message}: {} lines", lines.len());
        assert_eq!((lines, false), of_library(&dump, Style::Rows), "{message}");
        // A file appears only when it is complete.
        let output = run(folder.path(), &["-o", "out.jsonl", "dump.sql"], &dump);
        assert_eq!(output.status.code(), Some(1));
        assert!(!folder.path().join("out.jsonl").exists());
    }
    // Of other encodings the name is enough.
    let latin = [b"SET client_encoding = 'LATIN1';\n", many.as_bytes()].concat();
    let output = run(folder.path(), &["dump.sql"], &latin);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("only UTF-8") && stderr.contains("line 1"), "{stderr}");
}

#[test]
fn style_staged_needs_psql() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["--style=staged", "dump.sql"], ROWS.as_bytes());
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
