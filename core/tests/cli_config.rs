//! The configuration file of the command line.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const DUMP: &str =
    "INSERT INTO public.t (code, v) VALUES ('a', 'one');\nINSERT INTO public.t (code, v) VALUES ('b', 'two');\n";

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpsert"));
    command.arg("convert").args(args).current_dir(folder).output().unwrap()
}

fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("conf")).unwrap();
    fs::write(folder.path().join("conf/dumpsert.toml"), config).unwrap();
    fs::write(
        folder.path().join("conf/schema.sql"),
        "CREATE TABLE public.t (code text PRIMARY KEY, v text);",
    )
    .unwrap();
    fs::write(folder.path().join("dump.sql"), DUMP).unwrap();
    folder
}

#[test]
fn options_come_from_the_file_and_paths_from_where_it_is() {
    let folder = folder(
        "style = \"batches\"\nschema = \"schema.sql\"\noutput = \"out.sql\"\nreport = \"r.json\"\nquiet = true\n",
    );
    let output = run(folder.path(), &["--config", "conf/dumpsert.toml", "dump.sql"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    let script = fs::read_to_string(folder.path().join("conf/out.sql")).unwrap();
    assert!(script.contains("VALUES\n  ('a', 'one'),\n  ('b', 'two') ON CONFLICT(\"code\")"));
    assert!(folder.path().join("conf/r.json").is_file());
}

#[test]
fn what_is_typed_goes_before() {
    let folder = folder("style = \"staged\"\noutput = \"out.sql\"\nno_key = \"match\"\nupdate = \"nothing\"\n");
    let args = [
        "--config",
        "conf/dumpsert.toml",
        "--style=rows",
        "--no-key=error",
        "-o-",
        "--update=always",
        "--key=t=code",
    ];
    let output = run(folder.path(), &[&args[..], &["dump.sql"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let script = String::from_utf8(output.stdout).unwrap();
    assert!(script.contains("ON CONFLICT(\"code\") DO UPDATE SET \"v\" = EXCLUDED.\"v\";"));
    assert!(!folder.path().join("conf/out.sql").exists());
}

#[test]
fn unknown_names_suggest_the_right_one() {
    let folder = folder("styl = \"rows\"\n");
    let output = run(folder.path(), &["--config", "conf/dumpsert.toml", "dump.sql"]);
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("conf/dumpsert.toml") && message.contains("styl") && message.contains("style"),
        "{message}"
    );
    assert_eq!(
        run(folder.path(), &["--config", "missing.toml", "dump.sql"])
            .status
            .code(),
        Some(3)
    );
}
