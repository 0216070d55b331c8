//! The program `dumpsert convert`, as a shell sees it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod program;

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const DUMP: &str = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
const SCHEMA: &str = "CREATE TABLE public.\"Order\" (\"Id\" integer NOT NULL, v text);\n";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    command.stdin(Stdio::null());
    command
}

/// A folder with `dump.sql`, `bad.sql` and `schema.sql`, and the program run in it.
struct Shell(TempDir);

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("dump.sql", DUMP),
            ("bad.sql", "INSERT INTO public.t (id, v) VALUES (1, now());\n"),
            ("schema.sql", SCHEMA),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = program();
        let command = command.current_dir(self.path()).arg("convert").args(arguments);
        program::run(command, input)
    }

    /// The names in the folder, without those that were there before.
    fn new_files(&self) -> Vec<String> {
        let names = fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| !["dump.sql", "bad.sql", "schema.sql"].contains(&name.as_str()))
            .collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn assert_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
}

#[test]
fn from_standard_input_to_standard_output() {
    let shell = Shell::new();
    for arguments in [&[][..], &["-"], &["-", "-o", "-"], &["dump.sql"]] {
        let output = shell.run(arguments, DUMP.as_bytes());
        assert_status(&output, 0);
        let script = text(&output.stdout);
        assert!(
            script.starts_with("\\if true") && script.ends_with("\\endif\n"),
            "{script}"
        );
        assert!(script.contains("VALUES (1, 'one') ON CONFLICT"), "{script}");
        // The summary; no progress where standard error is no terminal.
        let summary = text(&output.stderr);
        assert!(summary.contains("1 rows of 1 tables"), "{summary}");
        assert!(!summary.contains('\r') && !summary.contains('\u{1b}'), "{summary:?}");
    }
    let output = shell.run(&["-q"], DUMP.as_bytes());
    assert_status(&output, 0);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn to_a_file() {
    let shell = Shell::new();
    let output = shell.run(&["dump.sql", "-o", "out.sql"], b"");
    assert_status(&output, 0);
    assert!(output.stdout.is_empty());
    assert_eq!(shell.new_files(), ["out.sql"]);
    assert!(
        fs::read_to_string(shell.path().join("out.sql"))
            .unwrap()
            .ends_with("\\endif\n")
    );
}

/// A failed run leaves no file and no temporary file, and a file that was there as it was.
#[test]
fn a_failed_run_leaves_nothing() {
    let shell = Shell::new();
    assert_status(&shell.run(&["bad.sql", "-o", "out.sql"], b""), 1);
    assert_eq!(shell.new_files(), Vec::<String>::new());
    fs::write(shell.path().join("out.sql"), "before").unwrap();
    assert_status(&shell.run(&["bad.sql", "-o", "out.sql"], b""), 1);
    assert_eq!(shell.new_files(), ["out.sql"]);
    assert_eq!(fs::read_to_string(shell.path().join("out.sql")).unwrap(), "before");
}

#[test]
fn exit_statuses_and_messages() {
    let shell = Shell::new();
    let cut = "--\n-- PostgreSQL database dump\n--\n";
    for (arguments, input, status, message) in [
        (
            &["bad.sql"][..],
            "",
            1,
            "bad.sql: line 1, column 41 (byte 40), table public.t, row 1: expected a literal, found `now());`",
        ),
        (
            &[],
            cut,
            1,
            "standard input: line 4, column 1 (byte 34): the dump is cut",
        ),
        (&[], "", 1, "the input is empty"),
        (&["--nonsense"], "", 2, "unexpected argument '--nonsense'"),
        (&["--stile", "rows"], "", 2, "'--style'"),
        (&["--style", "row"], "", 2, "rows"),
        (&["--key", "public.t"], DUMP, 2, "`public.t` names no columns"),
        (
            &["--schema", "schema.sql", "--key", "public.\"Ordre\"=\"Id\""],
            DUMP,
            2,
            "did you mean public.\"Order\"?",
        ),
        (
            &["--schema", "schema.sql", "--key", "public.\"Order\"=id"],
            DUMP,
            2,
            "did you mean Id?",
        ),
        (&["--schema", "missing.sql"], DUMP, 3, "missing.sql: No such file"),
        (
            &["--schema", "schema.sql"],
            DUMP,
            2,
            "table public.t is not in the catalog",
        ),
        (&["missing.sql"], "", 3, "missing.sql: No such file"),
        (&["."], "", 2, "is a directory"),
        (&["dump.sql", "-o", "dump.sql"], "", 2, "is the dump itself"),
        (&["dump.sql", "-o", "./dump.sql"], "", 2, "is the dump itself"),
        (&["dump.sql", "-o", "missing/out.sql"], "", 3, "missing/out.sql"),
        (&["dump.sql", "--lock-timeout", "soon"], "", 2, "30s"),
        (&["dump.sql", "-o", "/dev/full"], "", 3, "No space left"),
    ] {
        let output = shell.run(arguments, input.as_bytes());
        assert_status(&output, status);
        let stderr = text(&output.stderr);
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
        assert!(!text(&output.stdout).contains("\nCOMMIT;"), "{arguments:?}");
        assert_eq!(shell.new_files(), Vec::<String>::new(), "{arguments:?}");
    }
    assert_eq!(fs::read_to_string(shell.path().join("dump.sql")).unwrap(), DUMP);
}

/// A dump that is refused in a pipe makes psql fail, even before the first row.
#[test]
fn a_refused_dump_still_writes_a_script_that_fails() {
    let shell = Shell::new();
    let output = shell.run(&[], b"<html>502</html>\n");
    assert_status(&output, 1);
    let script = text(&output.stdout);
    assert!(
        script.starts_with("\\if true \\set ON_ERROR_STOP on\n") && script.contains("RAISE EXCEPTION"),
        "{script}"
    );
}

#[test]
fn several_schemas() {
    let shell = Shell::new();
    fs::write(
        shell.path().join("a.sql"),
        "CREATE TABLE public.t (id integer NOT NULL, v text NOT NULL);\n",
    )
    .unwrap();
    fs::write(
        shell.path().join("b.sql"),
        "ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (v);\n",
    )
    .unwrap();
    let output = shell.run(&["dump.sql", "--schema", "a.sql", "--schema", "b.sql"], b"");
    assert_status(&output, 0);
    assert!(text(&output.stdout).contains("ON CONFLICT(\"v\") DO UPDATE SET \"id\""));
}

#[test]
fn report() {
    let shell = Shell::new();
    assert_status(&shell.run(&["dump.sql", "--report", "report.json"], b""), 0);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(shell.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(report["version"], 1);
    assert_eq!(report["bytes_read"], DUMP.len());
    assert_eq!(report["tables"][0]["table"], "public.t");
    assert_eq!(report["tables"][0]["rows_kept"], 1);
    assert_eq!(report["tables"][0]["key"][0], "id");
}

/// What it says is compared with the options in the tests of the command line itself.
#[test]
fn help() {
    for command in ["convert", "inspect", "catalog"] {
        let output = program().args([command, "--help"]).output().unwrap();
        assert_status(&output, 0);
        assert!(text(&output.stdout).contains(&format!("Usage: dumpsert {command}")));
    }
    assert_status(&program().arg("--version").output().unwrap(), 0);
    assert_status(&program().output().unwrap(), 2);
}

/// Somebody at the other end of the pipe has seen enough: which side has ended first is said in one line.
#[test]
fn a_pipe_that_closes_early() {
    let shell = Shell::new();
    let mut dump = String::new();
    while dump.len() < 8 << 20 {
        dump.push_str(DUMP);
    }
    fs::write(shell.path().join("long.sql"), dump).unwrap();
    let mut child = program()
        .current_dir(shell.path())
        .args(["convert", "long.sql"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("the reader of the script ended first"), "{said}");
    assert!(
        said.contains("warning: the key of table public.t is not known"),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(3));
}

/// Ctrl-C in the middle of a dump leaves no file behind.
#[cfg(unix)]
#[test]
fn interrupted() {
    let shell = Shell::new();
    let mut child = program()
        .current_dir(shell.path())
        .args(["convert", "-o", "out.sql"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(DUMP.as_bytes()).unwrap();
    // The temporary file shows that the program is at work.
    let started = std::time::Instant::now();
    while shell.new_files().is_empty() {
        assert!(started.elapsed().as_secs() < 30, "no temporary file");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // It listens to signals from the moment after.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let kill = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status()
        .unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(shell.new_files(), Vec::<String>::new());
    drop(stdin);
}
