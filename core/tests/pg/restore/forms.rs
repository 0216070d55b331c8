//! What goes in, and what comes out.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use dumpsert::restore::{Connection, Ending, Source, Target, restore};
use dumpsert::{Error, Options, Style};
use dumpsert_testkit::Cluster;
use serde_json::Value;

use super::{Pair, assert_same, fails, program, succeeds, text};

#[test]
fn a_database_twice() {
    let pair = Pair::new();
    let wanted = pair.wanted();
    let said = succeeds(pair.sync(&[]));
    assert!(
        said.contains("4 tables: 3932 inserted, 71 updated, 1 unchanged, 0 left out"),
        "{said}"
    );
    assert!(said.contains("; committed; "), "{said}");
    assert_same(&pair.target, &wanted);
    let versions = pair.target.row_versions();
    let said = succeeds(pair.sync(&[]));
    assert!(
        said.contains("4 tables: 0 inserted, 0 updated, 4004 unchanged, 0 left out"),
        "{said}"
    );
    assert_eq!(pair.target.row_versions(), versions);
    assert_same(&pair.target, &wanted);
}

#[test]
fn databases_of_real_applications() {
    for name in ["chinook", "torture", "demo"] {
        let source = Cluster::shared().source(name);
        let target = Cluster::shared().copy_of(&source);
        let arguments = ["sync", "--from", source.name(), "--to", target.name()];
        succeeds(program(&target, &arguments));
        assert_same(&source, &target);
        source.drop();
        target.drop();
    }
}

/// Everything that pg_dump makes, from a file and from a pipe, gives the same target.
#[test]
fn all_forms_of_a_dump() {
    let pair = Pair::new();
    let wanted = pair.wanted();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, arguments) in [
        ("plain.sql", &["-Fp"][..]),
        ("data.sql", &["-Fp", "--data-only", "--column-inserts"]),
        ("plain.gz", &["-Fp", "-Z5"]),
        ("custom.dump", &["-Fc"]),
        ("archive.tar", &["-Ft"]),
        ("folder", &["-Fd"]),
        ("-name.dump", &["-Fc", "--data-only"]),
    ] {
        let path = path(name);
        pair.source.pg_dump(&[arguments, &["-f", &path]].concat());
        let target = Cluster::shared().copy_of(&pair.target);
        let dump = if name.starts_with('-') {
            format!("./{name}")
        } else {
            path.clone()
        };
        let mut command = program(&target, &["restore", &dump, "--to", target.name()]);
        command.current_dir(folder.path());
        let said = succeeds(command);
        assert!(said.contains("; committed; "), "{name}: {said}");
        assert_same(&target, &wanted);
        target.drop();
        if name == "folder" {
            continue;
        }
        let target = Cluster::shared().copy_of(&pair.target);
        let mut command = program(&target, &["restore", "-", "--to", target.name()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&fs::read(&path).unwrap()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{name}: {}", text(&output.stdout));
        assert_same(&target, &wanted);
        target.drop();
    }
    wanted.drop();
}

/// Rows are left out with what references them, without a catalog from the user, and as PostgreSQL would delete them.
#[test]
fn exclusions_follow_the_foreign_keys_of_the_source() {
    let pair = Pair::new();
    let cluster = Cluster::shared();
    let rest = cluster.copy_of(&pair.source);
    rest.execute(
        "WITH RECURSIVE gone (id) AS (VALUES (31), (500) UNION SELECT p.id FROM public.parent AS p JOIN gone ON gone.id = p.up)
         DELETE FROM public.parent WHERE id IN (SELECT id FROM gone);",
    );
    let empty = cluster.create_unique("restore_empty");
    empty.execute(super::SCHEMA);
    let archive = tempfile::NamedTempFile::new().unwrap();
    let archive = archive.path().to_str().unwrap();
    pair.source.pg_dump(&["-Fc", "-f", archive]);
    let exclude = [
        "--exclude=public.parent: id IN (31, 500)",
        "--exclude-table=sessions",
        "--exclude-table=nokey",
    ];
    for source in [&["sync", "--from", pair.source.name()][..], &["restore", archive]] {
        let target = cluster.copy_of(&empty);
        let mut command = program(&target, source);
        command.args(exclude).args(["--to", target.name()]);
        let said = succeeds(command);
        let rows = |db: &dumpsert_testkit::Db| {
            let query = r#"SELECT (SELECT json_agg(p ORDER BY id) FROM public.parent AS p)::text,
                (SELECT json_agg(c ORDER BY id) FROM public."Child" AS c)::text,
                (SELECT count(*) FROM public.sessions)::text, (SELECT count(*) FROM public.nokey)::text"#;
            db.query(query).remove(0)
        };
        let (mut wanted, found) = (rows(&rest), rows(&target));
        wanted.truncate(2);
        assert_eq!(found.get(..2), Some(&wanted[..]), "{said}");
        assert_eq!(found.get(2..), Some(&[Some("0".to_owned()), Some("0".to_owned())][..]));
        target.drop();
    }
}

/// Tables that are not wanted never leave the source: it is enough not to be allowed to read them.
#[test]
fn tables_that_are_left_out_are_not_dumped() {
    let pair = Pair::new();
    let role = Cluster::shared().unique_name("reader");
    pair.source.execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT ON public.parent, public.\"Child\", public.nokey TO {role}; \
         GRANT SELECT ON SEQUENCE public.parent_id_seq TO {role};
         CREATE TABLE public._prisma_migrations (id text PRIMARY KEY);"
    ));
    let from = format!("user={role} dbname={}", pair.source.name());
    let sync = |arguments: &[&str]| {
        let mut command = program(&pair.target, &["sync", "--from", &from, "--to", pair.target.name()]);
        command.args(arguments);
        command
    };
    let said = fails(sync(&[]), 3);
    assert!(said.contains("permission denied for table sessions"), "{said}");
    assert!(said.contains("; nothing was changed"), "{said}");
    for arguments in [
        &["--exclude-table=sessions"][..],
        &[
            "--only-table=parent",
            "--only-table=public.\"Child\"",
            "--only-table=nokey",
        ],
        &["--exclude-table=sess*"],
    ] {
        let said = succeeds(sync(arguments));
        assert!(
            said.contains("not dumped: public._prisma_migrations, public.sessions"),
            "{said}"
        );
    }
    let token = pair.target.value("SELECT token FROM public.sessions");
    assert_eq!(token.as_deref(), Some("its own"));
    // A wrong name is an error although nothing of that name would be dumped.
    let said = fails(sync(&["--exclude-table=session"]), 2);
    assert!(said.contains("did you mean public.sessions?"), "{said}");
}

#[test]
fn a_dry_run_changes_nothing() {
    let pair = Pair::new();
    let role = Cluster::shared().unique_name("writer");
    let database = pair.target.name();
    // Sequences of an owner go back with the transaction, those of somebody else are not moved before it commits.
    pair.target.execute(&format!(
        "CREATE ROLE {role} LOGIN; DROP TRIGGER refuse ON public.\"Child\"; GRANT TEMPORARY ON DATABASE {database} TO {role};
         GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {role};
         GRANT SELECT, UPDATE ON SEQUENCE public.parent_id_seq TO {role};"
    ));
    for user in ["postgres", &role] {
        let before = pair.target.snapshot();
        let to = format!("dbname={database} user={user}");
        let sync = |arguments: &[&str]| {
            let mut command = program(&pair.target, &["sync", "--from", pair.source.name(), "--to", &to]);
            command.args(arguments);
            command
        };
        let said = succeeds(sync(&["--dry-run"]));
        assert!(said.contains("dry run, rolled back: nothing was changed"), "{said}");
        assert!(said.contains("public.nokey"), "{said}");
        assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new(), "{user}");
    }
    let to = format!("dbname={database} user={role}");
    succeeds(program(
        &pair.target,
        &["sync", "--from", pair.source.name(), "--to", &to],
    ));
    let moved = pair.target.value("SELECT last_value FROM public.parent_id_seq");
    assert_eq!(moved.as_deref(), Some("2000"));
}

#[test]
fn the_report_says_what_was_done_and_holds_no_values() {
    let pair = Pair::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let to = format!("postgresql://postgres:a-password@/{}", pair.target.name());
    let mut command = program(&pair.target, &["sync", "--from", pair.source.name(), "--to", &to]);
    command.args(["--report", path.to_str().unwrap(), "--exclude-table", "sessions"]);
    let said = succeeds(command);
    let report = fs::read_to_string(&path).unwrap();
    for word in ["a-password", "note note", "its own", "a secret token"] {
        assert!(!report.contains(word) && !said.contains(word), "{word}");
    }
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["ending"], "committed");
    let id = report["transaction_id"].as_str().unwrap();
    let status = pair.target.value(&format!("SELECT pg_xact_status('{id}')"));
    assert_eq!(status.as_deref(), Some("committed"));
    assert_eq!(report["source"]["database"]["database"], pair.source.name());
    assert_eq!(report["target"]["database"], pair.target.name());
    assert_eq!(report["target"]["user"], "postgres");
    assert_eq!(report["not_dumped"], serde_json::json!(["public.sessions"]));
    assert_eq!(report["input_sha256"].as_str().unwrap().len(), 64);
    let child = &report["tables"][0];
    assert_eq!(child["table"], "public.\"Child\"");
    assert_eq!(
        (&child["read"], &child["inserted"], &child["updated"]),
        (&2000.into(), &1980.into(), &20.into())
    );
    // The digest of a file is that which others compute.
    let dump = folder.path().join("dump.sql.gz");
    pair.source.pg_dump(&["-Z1", "-f", dump.to_str().unwrap()]);
    let mut command = program(
        &pair.target,
        &["restore", dump.to_str().unwrap(), "--to", pair.target.name()],
    );
    command.args(["--report", path.to_str().unwrap()]);
    succeeds(command);
    let report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let sum = std::process::Command::new("sha256sum").arg(&dump).output().unwrap();
    assert_eq!(
        Some(report["input_sha256"].as_str().unwrap()),
        text(&sum.stdout).split(' ').next()
    );
    assert_eq!(report["input_bytes"], fs::metadata(&dump).unwrap().len());
    // And as a page.
    let page = folder.path().join("Report.HTML");
    let mut command = program(
        &pair.target,
        &[
            "restore",
            dump.to_str().unwrap(),
            "--to",
            &to,
            "--report",
            page.to_str().unwrap(),
        ],
    );
    command.arg("--dry-run");
    succeeds(command);
    let page = fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!doctype html>"), "{page}");
    for words in [
        "Dry run: ",
        "<th scope=\"row\">public.&quot;Child&quot;<td>2\u{2009}000<td>0<td>0<td>2\u{2009}000<td>0<td>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for word in ["a-password", "note note", "its own", "a secret token"] {
        assert!(!page.contains(word), "{word}");
    }
}

/// From Rust: what the caller decides at the last moment decides.
#[test]
fn the_caller_may_refuse_before_the_commit() {
    let pair = Pair::new();
    let plan = Options::new().with_style(Style::Staged).build().unwrap();
    let bindir = pair.target.programs();
    let connection = |db: &dumpsert_testkit::Db| {
        let (host, port) = (Cluster::shared().socket_dir().display(), Cluster::shared().port());
        Connection::parse(&format!("host={host} port={port} user=postgres dbname={}", db.name())).unwrap()
    };
    let target = Target::new(connection(&pair.target)).with_bin_dir(&bindir);
    let before = pair.target.snapshot();
    let refusing = target.clone().with_before_commit(|outcome| {
        assert_eq!(outcome.totals()[0], 1950 + 1980 + 2);
        // All is written, and nobody else sees it yet.
        assert_eq!(outcome.ending, Ending::RolledBack);
        assert_eq!(outcome.input_sha256.as_ref().unwrap().len(), 64);
        let table = outcome
            .tables
            .iter()
            .find(|table| table.table == "public.nokey")
            .unwrap();
        assert_eq!((table.read, table.inserted, table.unchanged), (3, Some(2), Some(1)));
        Err(Error::refused("too many"))
    });
    let failure = restore(Source::Database(connection(&pair.source)), &refusing, &plan).unwrap_err();
    assert_eq!(failure.outcome.ending, Ending::RolledBack);
    assert_eq!(failure.error.kind(), dumpsert::ErrorKind::Refused);
    assert_eq!(failure.to_string(), "too many; nothing was changed");
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
    let dump = pair.source.pg_dump(&["--data-only"]);
    let source = Source::Reader(Box::new(std::io::Cursor::new(dump)));
    let outcome = restore(source, &target.with_before_commit(|_| Ok(())), &plan).unwrap();
    assert_eq!(outcome.ending, Ending::Committed);
}
