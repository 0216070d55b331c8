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
        // The rows are easier to look at.
        let command = match arguments.iter().any(|argument| argument.starts_with("--style")) {
            true => command,
            false => command.arg("--style=rows"),
        };
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
        assert!(summary.contains("1 row of 1 table and 0 sequences"), "{summary}");
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
            "SET row_security = off;\n",
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

/// So does whatever goes wrong before the dump is read, where psql may be at the other end; but nobody else is told so.
#[test]
fn errors_before_the_first_byte_write_a_script_that_fails() {
    let shell = Shell::new();
    fs::write(shell.path().join("bad.toml"), "stile = 'rows'\n").unwrap();
    let run = |arguments: &[&str]| program().current_dir(shell.path()).args(arguments).output().unwrap();
    for (arguments, reason) in [
        (&["convert", "missing.sql"][..], "missing.sql: No such file"),
        (&["convert", "."], ". is a directory"),
        (&["convert", "--nonsense"], "unexpected argument \"--nonsense\""),
        (&["convert", "dump.sql", "--style=row"], "invalid value"),
        (&["convert", "dump.sql", "--key=public.t"], "names no columns"),
        (
            &["convert", "dump.sql", "--schema=missing.sql"],
            "missing.sql: No such file",
        ),
        (
            &["convert", "dump.sql", "--schema=dump.sql"],
            "dump.sql: the file has rows and no tables",
        ),
        (&["convert", "dump.sql", "--config=bad.toml"], "bad.toml: "),
        (
            &["convert", "dump.sql", "--catalog=schema.sql"],
            "schema.sql: the file is no JSON",
        ),
        (
            &["convert", "dump.sql", "--report=missing/report.json"],
            "missing/report.json",
        ),
        (&["convert", "dump.sql", "-o", "-", "--report=."], ". is a directory"),
        (&["dump.sql"], "unrecognized subcommand"),
        (&[], "Merge a PostgreSQL dump"),
        (&["convert", "postgres://u:secret@host/db"], "a database is no dump"),
    ] {
        let output = run(arguments);
        let script = text(&output.stdout);
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        assert!(
            script.starts_with("\\if true \\set ON_ERROR_STOP on\n"),
            "{arguments:?}: {script}"
        );
        assert!(
            script.contains("RAISE EXCEPTION") && script.contains(reason),
            "{arguments:?}: {script}"
        );
        assert!(!script.contains("secret") && !text(&output.stderr).contains("secret"));
    }
    for arguments in [
        &["convert", "missing.sql", "-o", "out.sql"][..],
        &["convert", "--nonsense", "-oout.sql"],
        &["convert", "--nonsense", "-qo", "out.sql"],
        &["convert", "--nonsense", "--output=out.sql"],
        &["convert", "missing.sql", "--client=driver"],
        &["convert", "--nonsense", "--client=driver"],
        &["inspect", "missing.sql"],
        &["inspect", "--nonsense"],
    ] {
        let output = run(arguments);
        assert_ne!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(text(&output.stdout), "", "{arguments:?}");
    }
    // A file that standard output goes to is left alone.
    let file = fs::File::create(shell.path().join("out.sql")).unwrap();
    let mut command = program();
    let status = command
        .current_dir(shell.path())
        .args(["convert", "missing.sql"])
        .stdout(file);
    assert_eq!(status.stderr(Stdio::null()).status().unwrap().code(), Some(3));
    assert_eq!(fs::read(shell.path().join("out.sql")).unwrap(), b"");
}

/// What is given for something else is recognised, and the file is named.
#[test]
fn files_of_another_kind() {
    let shell = Shell::new();
    let write = |name: &str, bytes: &[u8]| fs::write(shell.path().join(name), bytes).unwrap();
    write("archive", b"PGDMP\x01\x0e\x00");
    write("xz", b"\xfd7zXZ\0\0\x04");
    write("empty", b"");
    write("options.toml", b"# mine\n[limits]\nrow_bytes = '1GB'\n");
    write("data.sql", DUMP.as_bytes());
    write("script.sql", &shell.run(&["dump.sql"], b"").stdout);
    write("catalog.json", &shell_catalog(&shell));
    for (arguments, status, message) in [
        (&["archive"][..], 1, "custom-format archive"),
        (&["xz"], 1, "compressed with xz"),
        (
            &["options.toml"],
            1,
            "a configuration file, not the plain output of pg_dump (give it with --config FILE",
        ),
        (&["script.sql"], 1, "a script that dumpsert has made"),
        (&["catalog.json"], 1, "is JSON"),
        (
            &["dump.sql", "--schema=archive"],
            2,
            "archive: the file is a custom-format archive of pg_dump",
        ),
        (&["dump.sql", "--schema=empty"], 2, "empty: the file is empty"),
        (
            &["dump.sql", "--schema=catalog.json"],
            2,
            "catalog.json: the file is JSON, and no schema SQL (a catalog as JSON is given with --catalog FILE)",
        ),
        (
            &["dump.sql", "--schema=data.sql"],
            2,
            "data.sql: the file has rows and no tables",
        ),
        (
            &["dump.sql", "--catalog=schema.sql"],
            2,
            "schema.sql: the file is no JSON (schema SQL is given with --schema FILE",
        ),
        (&["dump.sql", "--catalog=empty"], 2, "empty: the file is empty"),
        (
            &["dump.sql", "--catalog=archive"],
            2,
            "archive: the file is a custom-format archive",
        ),
    ] {
        let output = shell.run(arguments, b"");
        assert_status(&output, status);
        assert!(
            text(&output.stderr).contains(message),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    // A dump of the schema alone merges nothing, and says so.
    let output = shell.run(&["schema.sql"], b"");
    assert_status(&output, 0);
    assert!(
        text(&output.stderr).contains("tables and no rows"),
        "{}",
        text(&output.stderr)
    );
    let output = program().current_dir(shell.path()).arg("dump.sql").output().unwrap();
    assert!(text(&output.stderr).contains("to merge a dump: dumpsert convert dump.sql | psql -X TARGET"));
}

fn shell_catalog(shell: &Shell) -> Vec<u8> {
    let mut command = program();
    let output = command
        .current_dir(shell.path())
        .args(["catalog", "--schema", "schema.sql"])
        .output();
    output.unwrap().stdout
}

/// A name that was typed and that nothing answers to is an error where a catalog tells so, and a warning where the dump
/// alone is known.
#[test]
fn names_that_match_nothing() {
    let shell = Shell::new();
    let schema = "CREATE TABLE public.shops (id text PRIMARY KEY, n integer); CREATE TABLE app.\"Log\" (id integer PRIMARY KEY);\n";
    fs::write(shell.path().join("shops.sql"), schema).unwrap();
    fs::write(
        shell.path().join("full.sql"),
        format!("{schema}INSERT INTO public.shops (id, n) VALUES ('demo', 1);\n"),
    )
    .unwrap();
    let dump = "INSERT INTO public.shops (id, n) VALUES ('a', 1);\n";
    for (arguments, message) in [
        (&["--demo-column=shop.id"][..], "did you mean shops.id?"),
        (&["--demo-column=public.shops.idd"], "did you mean public.shops.id?"),
        (&["--demo-column=shops.n"], "no column of text"),
        (&["--only-schema=pubic"], "did you mean public?"),
        (&["--only-schema=\"App\""], "did you mean app?"),
        (&["--key=public.shop=id"], "did you mean public.shops?"),
        (&["--update=public.shop=nothing"], "did you mean public.shops?"),
        (&["--guard=public.shops=m"], "did you mean n?"),
        (
            &["--foreign-key=public.shop(id) REFERENCES public.shops"],
            "a foreign key is given for table public.shop",
        ),
        (&["--exclude=shop: id = 'x'"], "did you mean public.shops?"),
    ] {
        for file in ["--schema=shops.sql", "full.sql"] {
            let excludes = ["--demo", "--foreign"]
                .iter()
                .any(|start| arguments[0].starts_with(start));
            // Rows are left out so that a foreign key is looked at.
            let more: &[&str] = if excludes { &["--exclude=shops: n = 7"] } else { &[] };
            let output = shell.run(&[&[file][..], arguments, more].concat(), dump.as_bytes());
            assert_status(&output, 2);
            assert!(
                text(&output.stderr).contains(message),
                "{arguments:?}: {}",
                text(&output.stderr)
            );
        }
    }
    for (arguments, message) in [
        (
            &["--only-schema=pubic"][..],
            "names schema pubic, which the dump has not; did you mean public?",
        ),
        (
            &["--key=public.shop=id"],
            "names table public.shop, which the dump has not; did you mean public.shops?",
        ),
        (&["--update=public.shop=nothing"], "names table public.shop"),
        (&["--guard=public.shop=id"], "names table public.shop"),
        (&["--allow-relation=public.shop"], "names table public.shop"),
        (&["--allow-extension-table=cron.job"], "names table cron.job"),
        (
            &["--demo-column=shop.id", "--no-cascade"],
            "names shop.id, which the dump has not",
        ),
        (&["--exclude-demo", "--no-cascade"], "--exclude-demo leaves nothing out"),
        (
            &["--exclude-demo", "--schema=shops.sql"],
            "--exclude-demo leaves nothing out",
        ),
    ] {
        let output = shell.run(arguments, dump.as_bytes());
        assert_status(&output, 0);
        assert!(
            text(&output.stderr).contains(message),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }
    // And what does match is not warned of.
    let fine = [
        "--only-schema=public",
        "--demo-column=shops.id",
        "--no-cascade",
        "--guard=public.shops=n",
    ];
    let output = shell.run(&fine, dump.as_bytes());
    assert_status(&output, 0);
    assert!(
        !text(&output.stderr).contains("which the dump has not"),
        "{}",
        text(&output.stderr)
    );
}

/// Identifiers are SQL's wherever columns are named.
#[test]
fn quoted_columns() {
    let shell = Shell::new();
    let schema = "CREATE TABLE public.t (id integer PRIMARY KEY, v text, \"a=b\" timestamp, \"isDemo\" boolean);\n";
    fs::write(shell.path().join("t.sql"), schema).unwrap();
    let dump = "INSERT INTO public.t (id, v, \"a=b\", \"isDemo\") VALUES (1, 'x', NULL, false);\n";
    for update in [
        "public.t=newer(\"a=b\")",
        "newer(\"a=b\")",
        "public.\"t\"=newer(\"a=b\")",
    ] {
        let output = shell.run(&["--schema=t.sql", "--update", update], dump.as_bytes());
        assert_status(&output, 0);
        assert!(text(&output.stdout).contains("EXCLUDED.\"a=b\""), "{update}");
    }
    let flag = ["--schema=t.sql", "--demo-column=t.v", "--demo-flag"];
    assert_status(&shell.run(&[&flag[..], &["\"isDemo\""]].concat(), dump.as_bytes()), 0);
    let output = shell.run(&[&flag[..], &["isDemo"]].concat(), dump.as_bytes());
    assert_status(&output, 2);
    assert!(text(&output.stderr).contains("isdemo"), "{}", text(&output.stderr));
}

/// Whoever fails, the warnings are shown.
#[test]
fn warnings_of_a_run_that_fails() {
    let shell = Shell::new();
    let output = shell.run(&["-"], format!("{DUMP}DELETE FROM t;\n").as_bytes());
    assert_status(&output, 1);
    let said = text(&output.stderr);
    assert!(
        said.contains("warning: the key of table public.t is not known"),
        "{said}"
    );
    assert!(said.contains("dumpsert failed first"), "{said}");
}

#[test]
fn version_completions_and_manual() {
    let version = text(&program().arg("--version").output().unwrap().stdout);
    let parts: Vec<&str> = version.split_whitespace().collect();
    assert_eq!(parts.len(), 4, "{version}");
    assert!(
        parts[1] == env!("CARGO_PKG_VERSION") && parts[3].contains('-'),
        "{version}"
    );
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = program().args(["completions", shell]).output().unwrap();
        assert_status(&output, 0);
        assert!(text(&output.stdout).contains("only-schema"), "{shell}");
    }
    let output = program().arg("man").output().unwrap();
    assert_status(&output, 0);
    let page = text(&output.stdout);
    assert!(
        page.contains(".TH dumpsert") && page.contains("\\-\\-exclude\\-demo") && page.contains("Exit status"),
        "{page}"
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
        .args(["convert", "--style=rows", "long.sql"])
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
