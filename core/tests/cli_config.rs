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
fn what_is_typed_replaces_the_same_table_and_list() {
    let folder = folder(
        "style = 'rows'\nupdate_only = ['v']\nupdate_never = ['v']\n[keys]\n't' = 'v'\n'public.other' = 'v'\n\
         [tables.'public.t']\nupdate_only = ['code']\n",
    );
    let script = |args: &[&str]| {
        let output = run(
            folder.path(),
            &[&["--config", "conf/dumpsert.toml", "-q", "dump.sql"], args].concat(),
        );
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(script(&[]).contains("ON CONFLICT(\"v\") DO UPDATE SET \"code\" = EXCLUDED.\"code\";"));
    // The key of the other table stays; what is typed for all tables is another list than that of one.
    let typed = script(&["--key=public.t=code", "--update-only=code", "--update-only=v"]);
    assert!(typed.contains("ON CONFLICT(\"code\") DO NOTHING;"), "{typed}");
    let both = [
        "--key=t=code",
        "--update-only=t=v",
        "--update-only=t=code",
        "--update-never=w",
    ];
    let typed = script(&both);
    assert!(
        typed.contains("ON CONFLICT(\"code\") DO UPDATE SET \"v\" = EXCLUDED.\"v\";"),
        "{typed}"
    );
    // Twice on the command line is a mistake still.
    let args = [
        "--config",
        "conf/dumpsert.toml",
        "--key=t=code",
        "--key=public.t=v",
        "dump.sql",
    ];
    assert_eq!(run(folder.path(), &args).status.code(), Some(2));
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

#[test]
fn the_example_leaves_out_what_belongs_to_one_server() {
    let tables = [
        "Sessions",
        "VerificationTokens",
        "AuditLogs",
        "SyncNodes",
        "SyncEvents",
        "ConflictResolutions",
        "SyncSessions",
        "NetworkPartitions",
        "SyncMetrics",
        "SyncConfigurations",
        "InitialLoadSessions",
        "_prisma_migrations",
        "businesses",
    ];
    let folder = tempfile::tempdir().unwrap();
    let each = |text: fn(&str) -> String| tables.iter().map(|table| text(table)).collect::<String>();
    let schema = each(|table| format!("CREATE TABLE \"{table}\" (id text PRIMARY KEY);\n"));
    let dump = each(|table| format!("INSERT INTO public.\"{table}\" (id) VALUES ('x');\n"));
    fs::write(folder.path().join("schema.sql"), schema).unwrap();
    fs::write(folder.path().join("dump.sql"), dump).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/initial-load.toml");
    let args = [
        "--config",
        example.to_str().unwrap(),
        "--schema",
        "schema.sql",
        "--report",
        "r.json",
        "dump.sql",
    ];
    let output = run(folder.path(), &args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&fs::read(folder.path().join("r.json")).unwrap()).unwrap();
    let kept = report["tables"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|table| table["rows_kept"] == 1);
    assert_eq!(
        kept.map(|table| &table["table"]).collect::<Vec<_>>(),
        ["public.businesses"]
    );
}
