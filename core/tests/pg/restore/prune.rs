//! `--prune`: afterwards the pruned tables hold what the source holds, and what is kept for a reason.

use dumpsert::restore::{Connection, Prune, Source as Origin, Target, restore};
use dumpsert_testkit::{Cluster, Db};
use serde_json::Value;

use super::prune_cases::Wanted::{Refused, Source};
use super::prune_cases::{Case, PC, T, cases};
use super::stage::{BACKENDS, wait_for};
use super::{assert_same, fails, output, program, succeeds, text};

struct Sides {
    source: Db,
    target: Db,
}

impl Sides {
    fn new(schema: &str, source: &str, target: &str) -> Self {
        let cluster = Cluster::shared();
        let (of, to) = (
            cluster.create_unique("prune_source"),
            cluster.create_unique("prune_target"),
        );
        of.execute(&format!("{schema};{source}"));
        to.execute(&format!("{schema};{target}"));
        Self { source: of, target: to }
    }

    fn sync(&self, options: &[&str]) -> std::process::Command {
        let mut command = program(
            &self.target,
            &[
                "sync",
                "--from",
                self.source.name(),
                "--to",
                self.target.name(),
                "--prune",
            ],
        );
        command.args(options);
        command
    }

    /// The report of a run that must end well.
    fn report(&self, options: &[&str]) -> Value {
        let mut command = self.sync(options);
        command.args(["--report", "-"]);
        serde_json::from_str(&succeeds(command)).unwrap()
    }
}

fn deleted(report: &Value) -> Vec<(String, u64)> {
    let tables = report["tables"].as_array().unwrap().iter();
    let rows = tables.map(|table| (table["table"].as_str().unwrap().to_owned(), table["deleted"].as_u64()));
    rows.filter_map(|(table, rows)| Some((table, rows?))).collect()
}

#[test]
fn the_target_becomes_as_the_source() {
    let failed: Vec<&str> = cases()
        .into_iter()
        .filter_map(|case| std::panic::catch_unwind(|| run(&case)).err().map(|_| case.name))
        .collect();
    assert_eq!(failed, Vec::<&str>::new());
}

fn run(case: &Case) {
    let sides = Sides::new(case.schema, case.source, case.target);
    let before = sides.target.snapshot();
    let with = |more: &[&'static str]| [case.options, more].concat();
    let mut check = sides.sync(&with(&["--check", "--report", "-"]));
    check.stderr(std::process::Stdio::piped());
    let checked = output(check);
    assert_eq!(
        sides.target.snapshot().diff(&before),
        Vec::<String>::new(),
        "{}",
        case.name
    );
    match &case.wanted {
        Refused(said) => {
            let heard = fails(
                sides.sync(&with(&["--yes"])),
                if said.starts_with('`') || said.starts_with("may ") {
                    2
                } else {
                    3
                },
            );
            let said = said.replace('`', "");
            let plain = heard.replace('`', "");
            assert!(
                plain.contains(&said) || heard.contains("--update says"),
                "{}: {said}: {heard}",
                case.name
            );
            assert_eq!(
                sides.target.snapshot().diff(&before),
                Vec::<String>::new(),
                "{}",
                case.name
            );
            assert!(!checked.status.success(), "{}: {}", case.name, text(&checked.stdout));
        }
        Source(also, rows) => {
            let wanted = Cluster::shared().copy_of(&sides.source);
            wanted.execute(also);
            let expected = |counts: Vec<(String, u64)>| {
                let mut counts: Vec<_> = counts.into_iter().filter(|(_, rows)| *rows > 0).collect();
                counts.sort();
                counts
            };
            let all = expected(rows.iter().map(|(table, rows)| ((*table).to_owned(), *rows)).collect());
            assert!(
                checked.status.success(),
                "{}: {}{}",
                case.name,
                text(&checked.stdout),
                text(&checked.stderr)
            );
            let dry = sides.report(&with(&["--dry-run"]));
            assert_eq!(expected(deleted(&dry)), all, "{}: {dry:#}", case.name);
            assert_eq!(
                sides.target.snapshot().diff(&before),
                Vec::<String>::new(),
                "{}",
                case.name
            );
            let report = sides.report(&with(&["--yes"]));
            assert_eq!(expected(deleted(&report)), all, "{}: {report:#}", case.name);
            assert_eq!(
                sides.target.snapshot().diff(&wanted.snapshot()),
                Vec::<String>::new(),
                "{}: {report:#}",
                case.name
            );
            // A second run needs no answer.
            let second = sides.report(&with(&[]));
            assert_eq!(expected(deleted(&second)), [], "{}: {second:#}", case.name);
            assert_same(&sides.target, &wanted);
        }
    }
}

/// A dump of `INSERT`s does not show empty tables; one of COPY does, and that is told.
#[test]
fn tables_without_rows_are_told() {
    const SCHEMA: &str = "CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE e (id integer PRIMARY KEY);";
    let sides = Sides::new(
        SCHEMA,
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (2); INSERT INTO e VALUES (1)",
    );
    let report = sides.report(&["--yes", "--dry-run"]);
    let notes = report["notes"].to_string();
    assert!(
        notes.contains("public.e is not pruned: the dump shows it without rows"),
        "{notes}"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.sql");
    std::fs::write(&file, sides.source.pg_dump(&["--data-only", "--column-inserts"])).unwrap();
    let restore = |more: &[&str]| {
        let arguments = [
            "restore",
            file.to_str().unwrap(),
            "--to",
            sides.target.name(),
            "--prune",
            "--yes",
        ];
        let mut command = program(&sides.target, &arguments);
        command.args(more);
        succeeds(command)
    };
    let printed = restore(&[]);
    assert!(
        printed.contains("1 inserted, 0 updated, 0 unchanged, 1 deleted, 0 left out; committed"),
        "{printed}"
    );
    assert_eq!(sides.target.query("SELECT count(*) FROM e"), [[Some("1".to_owned())]]);
    let printed = restore(&["--prune-empty", "e"]);
    assert!(
        printed.contains("0 inserted, 0 updated, 1 unchanged, 1 deleted, 0 left out; committed"),
        "{printed}"
    );
    assert_same(&sides.target, &sides.source);
}

/// Without a terminal and without --yes nothing is deleted.
#[test]
fn nobody_is_there_to_be_asked() {
    let sides = Sides::new(T, "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2), (3)");
    let before = sides.target.snapshot();
    let mut command = std::process::Command::new("setsid");
    let run = sides.sync(&[]);
    command.arg("--wait").arg(run.get_program()).args(run.get_args());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(std::process::Stdio::null());
    let said = fails(command, 2);
    for part in [
        "2 rows of the target would be deleted",
        "public.t: 2",
        "no terminal to ask on",
        "--yes",
        "nothing was changed",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(sides.target.snapshot().diff(&before), Vec::<String>::new());
}

/// Keys of rows that go are shown to the person at the terminal, and stand in no report.
#[test]
fn deleted_rows_are_shown() {
    let sides = Sides::new(
        "CREATE TABLE t (id integer, \"K\" text, v text, PRIMARY KEY (id, \"K\")); CREATE TABLE n (a text, secret text);",
        "INSERT INTO t VALUES (1, 'a', 'x'); INSERT INTO n VALUES ('a', 's')",
        "INSERT INTO t VALUES (2, 'b', 'y'), (3, 'c', 'z'), (4, 'd', 'z'); INSERT INTO n VALUES ('b', 'hush')",
    );
    for how in ["--check", "--dry-run"] {
        let printed = succeeds(sides.sync(&[how, "--diff=2", "--prune-keyless", "n", "--hide", "secret"]));
        assert!(
            printed.contains("public.t: 3 deleted rows\n  id = '2', K = 'b'\n  id = '3', K = 'c'\n  and 1 more\n"),
            "{how}: {printed}"
        );
        assert!(
            printed.contains("public.n: 1 deleted row\n  a = 'b', secret = NULL\n"),
            "{how}: {printed}"
        );
        assert!(!printed.contains("hush"), "{how}: {printed}");
    }
    let report = sides.report(&["--dry-run", "--diff", "--prune-keyless", "n"]);
    assert!(
        !report.to_string().contains("hush") && report.get("deletions").is_none(),
        "{report:#}"
    );
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    succeeds(sides.sync(&["--yes", "--report", page.to_str().unwrap()]));
    let html = std::fs::read_to_string(page).unwrap();
    assert!(
        html.contains("<th scope=\"col\">Deleted") && html.contains("</b> deleted "),
        "{html}"
    );
}

/// What the role may not do is said before the first row.
#[test]
fn privileges_that_a_deletion_needs() {
    let sides = Sides::new(
        PC.replace("ACTION", "").as_str(),
        "INSERT INTO p VALUES (1)",
        "INSERT INTO p VALUES (2)",
    );
    let role = format!("{}_role", sides.target.name());
    sides.target.execute(&format!(
        "CREATE ROLE \"{role}\" LOGIN; GRANT SELECT, INSERT, UPDATE ON p TO \"{role}\"; GRANT USAGE ON SCHEMA public TO \"{role}\";"
    ));
    let dump = sides.source.pg_dump(&["--data-only", "--table=p"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.sql");
    std::fs::write(&file, dump).unwrap();
    let restore = |more: &[&str]| {
        let to = format!("dbname={} user={role}", sides.target.name());
        let mut command = program(
            &sides.target,
            &["restore", file.to_str().unwrap(), "--to", &to, "--prune", "--yes"],
        );
        command.args(more);
        command
    };
    let before = sides.target.snapshot();
    let said = fails(restore(&[]), 3);
    assert!(
        said.contains("to prune public.p needs the privilege DELETE") && said.contains("GRANT DELETE ON"),
        "{said}"
    );
    sides.target.execute(&format!("GRANT DELETE ON p TO \"{role}\""));
    let said = fails(restore(&[]), 3);
    assert!(
        said.contains(
            "public.c may reference rows of public.p that are to be deleted (c_p_id_fkey), and cannot be read"
        ),
        "{said}"
    );
    assert_eq!(sides.target.snapshot().diff(&before), Vec::<String>::new());
    sides.target.execute(&format!("GRANT SELECT ON c TO \"{role}\""));
    assert!(succeeds(restore(&[])).contains("1 deleted"));
    sides.target.execute("INSERT INTO p VALUES (2); ALTER TABLE c ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON c USING (false); INSERT INTO c VALUES (1, 2); DELETE FROM c");
    assert!(fails(restore(&[]), 3).contains("and cannot be read"));
    sides
        .target
        .execute(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}

/// Triggers on DELETE fire or not, as the option says; what is in the way of a DELETE is told.
#[test]
fn triggers_rules_and_publications() {
    let sides = Sides::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE TABLE log (what text);",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1), (2);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (TG_OP || OLD.id); RETURN OLD; END';
         CREATE TRIGGER note BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();",
    );
    succeeds(sides.sync(&["--yes"]));
    assert_eq!(
        sides
            .target
            .query("SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM t)"),
        [[Some("0".to_owned()), Some("1".to_owned())]]
    );
    sides.target.execute("INSERT INTO t VALUES (2)");
    succeeds(sides.sync(&["--yes", "--triggers", "fire"]));
    assert_eq!(
        sides
            .target
            .query("SELECT (SELECT what FROM log), (SELECT count(*) FROM t)"),
        [[Some("DELETE2".to_owned()), Some("1".to_owned())]]
    );
    sides.target.execute(
        "INSERT INTO t VALUES (2); CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
         CREATE TRIGGER keep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();",
    );
    let before = sides.target.snapshot();
    let said = fails(sides.sync(&["--yes", "--triggers", "fire"]), 3);
    assert!(said.contains("1 of 1 rows of public.t were not deleted"), "{said}");
    sides
        .target
        .execute("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING");
    let said = fails(sides.sync(&["--yes"]), 3);
    assert!(said.contains("public.t has a rule ON DELETE"), "{said}");
    sides
        .target
        .execute("DROP RULE r ON t; ALTER TABLE t REPLICA IDENTITY NOTHING; CREATE PUBLICATION p FOR TABLE t;");
    let said = fails(sides.sync(&["--yes"]), 3);
    assert!(
        said.contains("is in a publication and has no replica identity: its rows cannot be deleted"),
        "{said}"
    );
    assert!(output(sides.sync(&["--check"])).status.code() == Some(1));
    assert_eq!(sides.target.snapshot().diff(&before), Vec::<String>::new());
}

/// Another session that inserts a child of a row that goes: before the lock it is seen, behind it it waits.
#[test]
fn a_child_that_comes_meanwhile() {
    let schema = PC.replace("ACTION", "");
    for (comes, end) in [(true, "COMMIT"), (false, "ROLLBACK")] {
        let sides = Sides::new(&schema, "INSERT INTO p VALUES (1)", "INSERT INTO p VALUES (1), (2)");
        let mut other = sides.target.client();
        other.batch_execute("BEGIN; INSERT INTO c VALUES (1, 2)").unwrap();
        let mut command = sides.sync(&["--yes", "--exclude-table", "c"]);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let run = command.spawn().unwrap();
        // It waits for the table, of which the other session has locked a row.
        let waits = format!("SELECT count(*) {BACKENDS} AND wait_event_type = 'Lock'");
        wait_for("the lock is waited for", || {
            sides.target.value(&waits).as_deref() == Some("1")
        });
        other.batch_execute(end).unwrap();
        let ended = run.wait_with_output().unwrap();
        let said = text(&ended.stderr);
        assert_eq!(ended.status.success(), !comes, "{said}");
        if comes {
            assert!(
                said.contains("1 rows of public.c reference rows of public.p that are to be deleted"),
                "{said}"
            );
        }
        let rows = sides
            .target
            .value("SELECT string_agg(id::text, ',' ORDER BY id) FROM p");
        assert_eq!(rows.as_deref(), Some(if comes { "1,2" } else { "1" }));
    }
}

/// Behind the locks a child waits, also where nothing but the deletion is to be done.
#[test]
fn a_child_that_comes_behind_the_lock() {
    let sides = Sides::new(
        &PC.replace("ACTION", "ON DELETE CASCADE"),
        "INSERT INTO p VALUES (1)",
        "INSERT INTO p VALUES (1), (2)",
    );
    let (host, port) = (Cluster::shared().socket_dir().display(), Cluster::shared().port());
    let connection =
        |db: &Db| Connection::parse(&format!("host={host} port={port} user=postgres dbname={}", db.name())).unwrap();
    let other = std::sync::Mutex::new(sides.target.client());
    let target = Target::new(connection(&sides.target))
        .with_bin_dir(sides.target.programs())
        .with_prune(Prune::new())
        .with_before_commit(move |outcome| {
            assert_eq!(outcome.deleted(), Some(1));
            let mut other = other.lock().unwrap();
            for sql in ["INSERT INTO c VALUES (1, 2)", "INSERT INTO p VALUES (3)"] {
                let error = other
                    .batch_execute(&format!("SET lock_timeout = 1; {sql}"))
                    .unwrap_err();
                assert_eq!(error.code().map(|code| code.code()), Some("55P03"), "{sql}: {error}");
            }
            assert_eq!(other.query("SELECT FROM p", &[]).unwrap().len(), 2);
            Ok(())
        });
    let source = Origin::Database(connection(&sides.source));
    let plan = target.plan(&source, dumpsert::Options::new()).unwrap();
    let outcome = restore(source, &target, &plan).unwrap();
    assert_eq!(outcome.totals(), [0, 0, 1, 0]);
    assert_same(&sides.target, &sides.source);
}
