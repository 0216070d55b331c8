//! The files of one run of the program: none is destroyed, and what is written has the rights that it should.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test"
)]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const DUMP: &str = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";
const FILES: [(&str, &str); 4] = [
    ("dump.sql", DUMP),
    (
        "schema.sql",
        "CREATE TABLE public.t (id integer PRIMARY KEY, v text);\n",
    ),
    ("catalog.json", ""),
    ("dumpsert.toml", "style = 'rows'\n"),
];

/// A folder with a file for each input, a hard and a soft link to each, and the program run in it.
struct Shell(TempDir);

impl Shell {
    fn new() -> Self {
        let shell = Self(tempfile::tempdir().unwrap());
        for (name, text) in FILES {
            fs::write(shell.path(name), text).unwrap();
            fs::hard_link(shell.path(name), shell.path(&format!("hard.{name}"))).unwrap();
            symlink(name, shell.path(&format!("soft.{name}"))).unwrap();
        }
        let catalog = shell.run(&["catalog", "--schema", "schema.sql"], Stdio::null());
        fs::write(shell.path("catalog.json"), &catalog.stdout).unwrap();
        shell
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
        command.current_dir(self.0.path()).args(arguments).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str], input: impl Into<Stdio>) -> Output {
        self.command(arguments).stdin(input).output().unwrap()
    }

    fn shell(&self, script: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_dumpsert")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("sh");
        command
            .current_dir(self.0.path())
            .env("PATH", path)
            .args(["-c", script]);
        command.output().unwrap()
    }

    /// Everything in the folder, but for a file.
    fn state(&self, but: &str) -> Vec<(String, String)> {
        let names = fs::read_dir(self.0.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut state: Vec<_> = names
            .filter(|name| name != but)
            .map(|name| (name.clone(), self.read(&name)))
            .collect();
        state.sort();
        state
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn assert_refused(output: &Output, status: i32, message: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(message), "{said}");
    assert!(!text(&output.stdout).contains("\nCOMMIT;"));
}

#[test]
fn no_input_is_an_output() {
    let shell = Shell::new();
    let inputs = [
        "dump.sql",
        "--schema=schema.sql",
        "--catalog=catalog.json",
        "--config=dumpsert.toml",
    ];
    let before = shell.state("");
    for ((name, _), what) in FILES.iter().zip(["dump", "schema", "catalog", "configuration"]) {
        for link in ["", "hard.", "soft.", "./"] {
            let output = format!("{link}{name}");
            for arguments in [
                vec!["-o", &output],
                vec!["--report", &output],
                vec!["-o", "out.sql", "--report", &output],
                vec!["--client=driver", "-o", &output],
            ] {
                let all = [&["convert"][..], &inputs, &arguments].concat();
                let run = shell.run(&all, Stdio::null());
                assert_refused(&run, 2, &format!("{output} is the {what} itself: it would be lost"));
                assert_eq!(shell.state(""), before, "{all:?}");
            }
        }
    }
    // What the configuration says of outputs is checked too.
    fs::write(
        shell.path("own.toml"),
        "output = 'schema.sql'\nschema = 'hard.schema.sql'\n",
    )
    .unwrap();
    let run = shell.run(&["convert", "--config", "own.toml", "dump.sql"], Stdio::null());
    assert_refused(&run, 2, "is the schema itself");
    // Standard input and output are files as well.
    let input = File::open(shell.path("dump.sql")).unwrap();
    assert_refused(
        &shell.run(&["convert", "-o", "hard.dump.sql"], input),
        2,
        "is the dump itself",
    );
    for (script, what) in [
        ("dumpsert convert dump.sql >> dump.sql", "dump"),
        ("dumpsert convert < dump.sql >> soft.dump.sql", "dump"),
        ("dumpsert convert --schema schema.sql dump.sql 1<> schema.sql", "schema"),
        ("dumpsert convert -o /dev/stdout dump.sql >> dump.sql", "dump"),
        ("dumpsert inspect dump.sql >> dump.sql", "dump"),
        ("dumpsert catalog --schema schema.sql >> schema.sql", "schema"),
    ] {
        let run = shell.shell(script);
        assert_refused(&run, 2, &format!("standard output is the {what} itself"));
    }
    assert_eq!(shell.state("own.toml"), before);
}

#[test]
fn no_output_is_another() {
    let shell = Shell::new();
    let before = shell.state("");
    for (script, report) in [("x", "x"), ("x", "./x"), ("hard.old", "old")] {
        if script == "hard.old" {
            fs::write(shell.path("old"), "old").unwrap();
            fs::hard_link(shell.path("old"), shell.path("hard.old")).unwrap();
        }
        let run = shell.run(
            &["convert", "dump.sql", "-o", script, "--report", report],
            Stdio::null(),
        );
        assert_refused(&run, 2, "is where the script goes");
    }
    symlink("x", shell.path("link")).unwrap();
    let run = shell.run(&["convert", "dump.sql", "-o", "link", "--report", "x"], Stdio::null());
    assert_refused(&run, 2, "is where the script goes");
    for name in ["old", "hard.old", "link"] {
        fs::remove_file(shell.path(name)).unwrap();
    }
    assert_eq!(shell.state(""), before);
    let run = shell.shell("dumpsert convert dump.sql --report out.sql > out.sql");
    assert_refused(&run, 2, "out.sql is where the script goes");
    let run = shell.run(&["convert", "dump.sql", "--report", "-"], Stdio::null());
    assert_refused(&run, 2, "standard output is where the script goes");
    // A mistake in the order of things: the configuration names the same file twice.
    fs::write(shell.path("own.toml"), "output = 'x'\nreport = 'x'\n").unwrap();
    let run = shell.run(&["convert", "--config", "own.toml", "dump.sql"], Stdio::null());
    assert_refused(&run, 2, "is where the script goes");
}

#[test]
fn devices_and_pipes() {
    let shell = Shell::new();
    for arguments in [
        &["-o", "/dev/null", "--report", "/dev/null"][..],
        &["-o", "/dev/null", "--report", "-"],
        &["-o", "/dev/null", "--report", "/dev/stdout"],
        &["-o", "out.sql", "--report", "-"],
        &["-o", "/dev/stdout", "--report", "/dev/null"],
    ] {
        let output = shell.run(&[&["convert", "dump.sql"], arguments].concat(), Stdio::null());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        let said = text(&output.stdout);
        let expected = match (arguments[1], arguments[3]) {
            ("/dev/stdout", _) => "\\endif\n",
            (_, "/dev/null") => "",
            _ => "\"warnings_dropped\": 0\n}\n",
        };
        assert!(
            said.ends_with(expected) && said.is_empty() == expected.is_empty(),
            "{arguments:?}: {said}"
        );
    }
    // A file that standard output goes to is written, and not replaced by another.
    let run = shell.shell("echo before > kept; ln kept link; dumpsert convert -o /dev/stdout dump.sql >> link");
    assert!(run.status.success(), "{}", text(&run.stderr));
    let kept = shell.read("kept");
    assert!(kept.starts_with("before\n") && kept.ends_with("\\endif\n"), "{kept}");
    // A named pipe takes one output.
    let run = shell.shell(
        "mkfifo pipe; cat pipe > got & dumpsert convert -o pipe dump.sql; wait; test -p pipe && tail -1 got;
         cat pipe > got & dumpsert convert --report pipe -o out.sql dump.sql; wait; tail -1 got;
         dumpsert convert -o got pipe & cat dump.sql > pipe; wait; tail -1 got",
    );
    assert_eq!(text(&run.stdout), "\\endif\n}\n\\endif\n", "{}", text(&run.stderr));
    let run = shell.shell("cat pipe > got & dumpsert convert -o pipe --report pipe dump.sql; echo $?; wait");
    assert!(text(&run.stdout).contains('2') && text(&run.stderr).contains("pipe is where the script goes"));
}

/// Where something cannot be written, this is known before the script has gone out.
#[test]
fn everything_is_open_before_the_first_byte() {
    let shell = Shell::new();
    fs::create_dir(shell.path("folder")).unwrap();
    for (report, status) in [
        ("missing/report.json", 3),
        ("folder", 2),
        ("dump.sql/report.json", 3),
        ("new/", 2),
    ] {
        for arguments in [&["convert", "dump.sql"][..], &["convert", "dump.sql", "-o", "out.sql"]] {
            let run = shell.run(&[arguments, &["--report", report]].concat(), Stdio::null());
            assert_refused(&run, status, report.trim_end_matches('/'));
            assert!(!shell.path("out.sql").exists());
        }
    }
    // A device that is full shows only when it is written to: the script then lacks its end.
    for arguments in [&["convert", "dump.sql"][..], &["convert", "dump.sql", "-o", "out.sql"]] {
        let run = shell.run(&[arguments, &["--report", "/dev/full"]].concat(), Stdio::null());
        assert_refused(&run, 3, "No space left");
        assert!(!shell.path("out.sql").exists());
    }
    // Neither is there without the other.
    let run = shell.run(
        &["convert", "dump.sql", "-o", "out.sql", "--report", "report.json"],
        Stdio::null(),
    );
    assert!(run.status.success() && shell.path("out.sql").exists() && shell.path("report.json").exists());
}

#[test]
fn rights() {
    let shell = Shell::new();
    let mode = |name: &str| fs::metadata(shell.path(name)).unwrap().permissions().mode() & 0o7777;
    for kept in [0o600, 0o640, 0o660, 0o744] {
        for name in ["out.sql", "report.json"] {
            fs::write(shell.path(name), "before").unwrap();
            fs::set_permissions(shell.path(name), Permissions::from_mode(kept)).unwrap();
        }
        let run = shell.shell("umask 022; dumpsert convert dump.sql -o out.sql --report report.json");
        assert!(run.status.success(), "{}", text(&run.stderr));
        assert_eq!((mode("out.sql"), mode("report.json")), (kept, kept));
        assert!(shell.read("out.sql").ends_with("\\endif\n"));
    }
    for (umask, expected) in [("022", 0o644), ("077", 0o600), ("002", 0o664)] {
        for name in ["out.sql", "report.json"] {
            fs::remove_file(shell.path(name)).unwrap();
        }
        let command = format!("umask {umask}; dumpsert convert dump.sql -o out.sql --report report.json");
        assert!(shell.shell(&command).status.success());
        assert_eq!((mode("out.sql"), mode("report.json")), (expected, expected), "{umask}");
    }
    // A link keeps naming what it names.
    symlink("out.sql", shell.path("link")).unwrap();
    assert!(
        shell
            .run(&["convert", "dump.sql", "-o", "link"], Stdio::null())
            .status
            .success()
    );
    assert!(fs::symlink_metadata(shell.path("link")).unwrap().is_symlink());
    symlink("later.sql", shell.path("early")).unwrap();
    assert!(
        shell
            .run(&["convert", "dump.sql", "-o", "early"], Stdio::null())
            .status
            .success()
    );
    assert!(fs::symlink_metadata(shell.path("early")).unwrap().is_symlink() && shell.path("later.sql").is_file());
}
