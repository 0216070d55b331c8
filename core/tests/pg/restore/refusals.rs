//! What is refused before anything is changed, and what is said of it.

use std::process::Stdio;

use dumpsert_testkit::Cluster;

use super::stage::{BACKENDS, Stage, wait_for};
use super::{Pair, fails, program, succeeds, text};

#[test]
fn one_database_as_source_and_target() {
    let pair = Pair::new();
    let before = pair.target.snapshot();
    let name = pair.target.name();
    // By another name of the same thing.
    let other = format!("postgresql:///{name}?user=postgres");
    for arguments in [
        ["sync", "--from", name, "--to", name],
        ["sync", "--from", &other, "--to", name],
    ] {
        let said = fails(program(&pair.target, &arguments), 2);
        assert!(
            said.contains("source and target are the same database; nothing was changed"),
            "{said}"
        );
    }
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
}

#[test]
fn two_runs_on_one_target() {
    let pair = Pair::new();
    let stage = Stage::new(&pair.target);
    let dump = pair.source.pg_dump(&["--data-only"]);
    stage.pg_dump(&dump, 500, "read -r word <HERE/go\ncat HERE/rest");
    let mut held = stage.start(&pair, &[]);
    held.wait();
    let said = fails(pair.sync(&[]), 3);
    for part in [
        "another run of dumpsert is merging into this database",
        "dumpsert, writing",
        "since 2",
        "this machine",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    held.go();
    assert!(held.output().status.success());
    succeeds(pair.sync(&[]));
}

#[test]
fn programs_that_are_missing_or_too_old() {
    let pair = Pair::new();
    let stage = Stage::new(&pair.target);
    let folder = stage.path("");
    let folder = folder.to_str().unwrap();
    for (name, text, parts) in [
        (
            "pg_dump",
            "echo 'pg_dump (PostgreSQL) 9.6.24'",
            ["pg_dump is version 9.6.24", "--bin-dir or PG_BIN"],
        ),
        (
            "psql",
            "echo 'psql (PostgreSQL) 9.6.24'",
            ["psql is version 9.6.24", "10 or later"],
        ),
        (
            "psql",
            "echo 'something else'",
            ["does not say which version it is", "psql"],
        ),
    ] {
        let stage = Stage::new(&pair.target);
        stage.script(name, text);
        let folder = stage.path("");
        let said = fails(pair.sync(&["--bin-dir", folder.to_str().unwrap()]), 3);
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
    for name in ["pg_dump", "psql"] {
        std::fs::remove_file(stage.path(name)).unwrap();
        let said = fails(pair.sync(&["--bin-dir", folder]), 3);
        assert!(
            said.contains(&format!("{name} is not in ")) && said.contains("postgresql-client"),
            "{said}"
        );
        let mut command = pair.sync(&[]);
        command.env("PG_BIN", folder);
        let said = fails(command, 3);
        assert!(said.contains(&format!("{name} is not in ")), "{said}");
        let mut command = pair.sync(&[]);
        command.env_remove("PG_BIN").env("PATH", folder);
        let said = fails(command, 3);
        assert!(said.contains(&format!("{name} is not in PATH")), "{said}");
    }
}

/// Without a terminal nobody can be asked.
#[test]
fn a_target_on_another_machine() {
    let pair = Pair::new();
    let stage = Stage::new(&pair.target);
    stage.script(
        "psql",
        "case \"$*\" in *'-v ON_ERROR_STOP'*)\nREAL \"$@\" | sed -u -e '1s/^[/].*/db.example.org/' -e 's/\"is_socket\" : true/\"is_socket\" : false/' ;;\n\
         *) exec REAL \"$@\" ;; esac",
    );
    let run = |arguments: &[&str]| {
        let sync = pair.sync(&["--bin-dir", stage.path("").to_str().unwrap()]);
        let mut command = std::process::Command::new("setsid");
        command
            .arg("-w")
            .arg(sync.get_program())
            .args(sync.get_args())
            .args(arguments);
        for (name, value) in sync.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null());
        command
    };
    let before = pair.target.snapshot();
    let said = fails(run(&[]), 2);
    assert!(
        said.contains("the target is on another machine") && said.contains("on db.example.org:"),
        "{said}"
    );
    assert!(
        said.contains("say --yes") && said.contains("nothing was changed"),
        "{said}"
    );
    succeeds(run(&["--dry-run"]));
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
    succeeds(run(&["--yes"]));
    assert_ne!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
}

#[test]
fn what_the_target_refuses_is_said_without_rows_in_the_report() {
    let pair = Pair::new();
    pair.target.execute("ALTER TABLE public.nokey ADD CHECK (a <> 1)");
    let before = pair.target.snapshot();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let said = fails(pair.sync(&["--report", path.to_str().unwrap()]), 3);
    assert!(
        said.contains("violates check constraint") && said.contains("nothing was changed"),
        "{said}"
    );
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(report["ending"], "rolled_back");
    assert_eq!(report["stopped_by"]["kind"], "database");
    assert!(!report.to_string().contains("Failing row"), "{report}");
}

#[test]
fn dumps_that_are_no_dumps() {
    let pair = Pair::new();
    let folder = tempfile::tempdir().unwrap();
    let dump = pair.source.pg_dump(&["--data-only"]);
    let archive = pair.source.pg_dump(&["-Fc"]);
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("cut.sql", &dump[..dump.len() / 2]);
    write("cut.dump", &archive[..archive.len() / 2]);
    write("empty.sql", b"");
    write("evil.sql", b"DELETE FROM public.parent;\n");
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    let before = pair.target.snapshot();
    for (name, status, part) in [
        ("cut.sql", 1, "cut.sql: line "),
        ("cut.dump", 3, "pg_restore has ended"),
        ("empty.sql", 1, "the input is empty"),
        ("evil.sql", 1, "evil.sql: line 1, column 1"),
        ("folder", 1, "not one that pg_dump has made"),
        ("missing.sql", 3, "missing.sql"),
        ("postgres://u:secret@h/db", 2, "dumpsert sync --from SOURCE"),
    ] {
        let mut command = program(&pair.target, &["restore", name, "--to", pair.target.name()]);
        command.current_dir(folder.path());
        let said = fails(command, status);
        assert!(said.contains(part) && !said.contains("secret"), "{name}: {said}");
        assert!(!said.contains("endif"), "{said}");
    }
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
    wait_for("all ends", || {
        pair.target.value(&format!("SELECT count(*) {BACKENDS}")).as_deref() == Some("0")
    });
}

#[test]
fn styles_and_clients_of_convert() {
    let pair = Pair::new();
    for arguments in [&["--style", "rows"][..], &["--client", "driver"]] {
        let said = fails(pair.sync(arguments), 2);
        assert!(said.contains("always have --style staged and --client psql"), "{said}");
    }
    let output = pair
        .sync(&["--no-such-option"])
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
    let _ = Cluster::shared();
}
