//! `--check` foresees what a run would do: it finds an error exactly where the run then fails, and changes nothing.

use dumpsert_testkit::{Cluster, Db};
use serde_json::Value;

use super::{fails, output, program, succeeds, text};

/// Tables and rows of the target, a dump, and what is found: severity, SQLSTATE, table, rows. Whether a run fails is asked of a run.
struct Case {
    name: &'static str,
    target: &'static str,
    dump: &'static str,
    options: &'static [&'static str],
    found: &'static [(&'static str, &'static str, &'static str, Option<u64>)],
}

const T: &str = "CREATE TABLE t (id integer PRIMARY KEY, v text, n numeric(6,2));";

/// Rows of a COPY block.
fn copy(table: &str, columns: &str, rows: &str) -> String {
    format!("COPY {table} ({columns}) FROM stdin;\n{rows}\\.\n")
}

fn cases() -> Vec<Case> {
    let case = |name, target, dump, found| Case {
        name,
        target,
        dump,
        options: &[],
        found,
    };
    vec![
        case("nothing", "", "public.t|id, v|1\tone\n", &[]),
        case("a table that is not there", "", "public.gone|id|1\n", &[("error", "42P01", "public.gone", None)]),
        case(
            "a column that is not there, and another table",
            "CREATE TABLE u (id integer PRIMARY KEY CHECK (id > 0));",
            "public.t|id, w|1\tx\n;public.u|id|0\n",
            &[("error", "23514", "public.u", Some(1)), ("error", "42703", "public.t", None)],
        ),
        case(
            "a column that the dump does not bring",
            "CREATE TABLE u (id integer PRIMARY KEY, w text NOT NULL);",
            "public.u|id|1\n",
            &[("error", "23502", "public.u", None)],
        ),
        case(
            "NOT NULL",
            "ALTER TABLE t ALTER v SET NOT NULL; INSERT INTO t VALUES (1, 'here');",
            "public.t|id, v|1\t\\N\n2\t\\N\n3\tx\n",
            &[("error", "23502", "public.t", Some(2))],
        ),
        case(
            "CHECK of rows that would change, of two columns, and none of what is NULL",
            "ALTER TABLE t ADD CHECK (length(v) > n); INSERT INTO t VALUES (1, 'long', 1), (2, 'same', 1);",
            "public.t|id, v, n|1\tlong\t9\n2\tsame\t1.00\n3\t\\N\t5\n4\tx\t0\n",
            &[("error", "23514", "public.t", Some(1))],
        ),
        case(
            "CHECK by a function that needs the session's path",
            "CREATE FUNCTION inner_one(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> ''bad''';
             CREATE FUNCTION outer_one(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN inner_one($1); END';
             ALTER TABLE t ADD CHECK (outer_one(v));",
            "public.t|id, v|1\tbad\n2\tgood\n",
            &[("error", "23514", "public.t", Some(1))],
        ),
        case(
            "unique values of rows that only the target has",
            "ALTER TABLE t ADD UNIQUE (v); INSERT INTO t SELECT i, 'v' || i FROM generate_series(101, 112) AS i;",
            "public.t|id, v|1\tv101\n2\tv102\n3\tv103\n4\tv104\n5\tv105\n6\tv106\n7\tv107\n8\tv108\n9\tv109\n10\tv110\n11\tv111\n12\tv112\n13\tnew\n",
            &[("error", "23505", "public.t", Some(12))],
        ),
        case(
            "unique values that change places, and one that its holder gives up",
            "ALTER TABLE t ADD UNIQUE (v); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c');",
            "public.t|id, v|1\tb\n2\ta\n3\tz\n4\tc\n",
            &[],
        ),
        case(
            "unique values of some rows",
            "CREATE UNIQUE INDEX ON t (lower(v)) WHERE n > 0; INSERT INTO t VALUES (8, 'ONE', 1), (9, 'TWO', 0);",
            "public.t|id, v, n|1\tone\t1\n2\ttwo\t1\n3\tone\t0\n",
            &[("error", "23505", "public.t", Some(1))],
        ),
        case(
            "a deferrable key, and a NULL",
            "ALTER TABLE t ADD UNIQUE (v) DEFERRABLE INITIALLY DEFERRED; INSERT INTO t VALUES (8, 'one'), (9, NULL);",
            "public.t|id, v|1\tone\n2\t\\N\n",
            &[("error", "23505", "public.t", Some(1))],
        ),
        case(
            "a generated column",
            "ALTER TABLE t ADD g text GENERATED ALWAYS AS (upper(v)) STORED UNIQUE; INSERT INTO t VALUES (8, 'one');",
            "public.t|id, v|1\tOne\n2\ttwo\n",
            &[("error", "23505", "public.t", Some(1))],
        ),
        case(
            "an exclusion constraint",
            "CREATE TABLE r (id integer PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH &&)); INSERT INTO r VALUES (9, '[5,9)');",
            "public.r|id, during|1\t[1,6)\n2\t[9,11)\n",
            &[("error", "23P01", "public.r", Some(1))],
        ),
        case(
            "foreign keys to rows of the dump, of the target, to none, and to NULL",
            "CREATE TABLE c (id integer PRIMARY KEY, t_id integer REFERENCES t, up integer REFERENCES c); INSERT INTO t VALUES (7);",
            "public.c|id, t_id, up|1\t1\t2\n2\t7\t\\N\n3\t8\t1\n4\t\\N\t9\n;public.t|id|1\n",
            &[("error", "23503", "public.c", Some(1)), ("error", "23503", "public.c", Some(1))],
        ),
        case(
            "a foreign key of two columns, one of them NULL",
            "CREATE TABLE p (a integer, b text, PRIMARY KEY (a, b)); CREATE TABLE c (id integer PRIMARY KEY, a integer, b text, FOREIGN KEY (a, b) REFERENCES p);
             INSERT INTO p VALUES (1, 'x');",
            "public.c|id, a, b|1\t1\tx\n2\t1\t\\N\n3\t1\ty\n",
            &[("error", "23503", "public.c", Some(1))],
        ),
        case(
            "what needs columns that the dump does not bring",
            "ALTER TABLE t ADD w integer DEFAULT 1, ADD CHECK (length(v) > w), ADD UNIQUE (v, w); INSERT INTO t VALUES (9, 'held', 1, 2);",
            "public.t|id, v|1\theld\n2\tnew\n",
            &[],
        ),
        case(
            "values that would be rounded",
            "",
            "public.t|id, n|1\t1.234\n2\t1.20\n3\t0.001\n",
            &[("error", "22000", "public.t", Some(2))],
        ),
        case(
            "a value that has no room, beside another table",
            "CREATE TABLE u (id integer PRIMARY KEY CHECK (id > 0));",
            "public.t|id, n|1\t12345.6\n;public.u|id|0\n",
            &[("error", "22003", "public.t", None), ("error", "23514", "public.u", Some(1))],
        ),
        case(
            "several rows of one key",
            "INSERT INTO t VALUES (9);",
            "public.t|id, v|1\ta\n1\tb\n",
            &[("error", "21000", "public.t", None)],
        ),
        case(
            "a publication without an identity",
            "CREATE TABLE u (id integer NOT NULL UNIQUE, v text); INSERT INTO u VALUES (1, 'a'); CREATE PUBLICATION all_of_it FOR TABLE u;",
            "public.u|id, v|1\tb\n",
            &[("error", "55000", "public.u", Some(1))],
        ),
        case(
            "the same without a change",
            "CREATE TABLE u (id integer NOT NULL UNIQUE, v text); INSERT INTO u VALUES (1, 'a'); CREATE PUBLICATION all_of_it FOR TABLE u;",
            "public.u|id, v|1\ta\n2\tb\n",
            &[],
        ),
        Case {
            options: &["--no-key", "error"],
            ..case(
                "no key",
                "CREATE TABLE u (a integer);",
                "public.u|a|1\n",
                &[("error", "42P10", "", None)],
            )
        },
        Case {
            options: &["--no-key", "insert"],
            ..case(
                "no key, and rows that are inserted again",
                "CREATE TABLE u (a integer);",
                "public.u|a|1\n",
                &[("warning", "42P10", "public.u", None)],
            )
        },
        Case {
            options: &["--guard", "public.t=v"],
            ..case(
                "somebody else's rows",
                "INSERT INTO t VALUES (1, 'theirs', 1);",
                "public.t|id, v, n|1\tours\t2\n",
                &[("error", "23000", "public.t", Some(1))],
            )
        },
        Case {
            options: &["--triggers", "fire"],
            ..case(
                "a trigger that mends it",
                "ALTER TABLE t ALTER v SET NOT NULL;
                 CREATE FUNCTION mend() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v = coalesce(NEW.v, ''none''); RETURN NEW; END';
                 CREATE TRIGGER mend BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION mend();",
                "public.t|id, v|1\t\\N\n",
                &[("warning", "23502", "public.t", Some(1))],
            )
        },
        Case {
            options: &["--update", "public.t=nothing"],
            ..case(
                "rows that are not updated",
                "ALTER TABLE t ADD CHECK (n < 100); INSERT INTO t VALUES (1, 'a', 1);",
                "public.t|id, n|1\t200\n2\t3\n",
                &[],
            )
        },
    ]
}

/// `table|columns|rows;…` as a dump.
fn dump_of(blocks: &str) -> String {
    let blocks = blocks.split(';').map(|block| {
        let mut parts = block.splitn(3, '|');
        let mut next = || parts.next().unwrap();
        copy(next(), next(), next())
    });
    format!("SET client_encoding = 'UTF8';\n{}", blocks.collect::<String>())
}

fn check(target: &Db, dump: &str, more: &[&str]) -> (bool, Value) {
    let folder = tempfile::tempdir().unwrap();
    let (file, report) = (folder.path().join("dump.sql"), folder.path().join("report.json"));
    std::fs::write(&file, dump).unwrap();
    let mut command = program(
        target,
        &["restore", file.to_str().unwrap(), "--to", target.name(), "--check"],
    );
    command.args(more).arg("--report").arg(&report);
    let output = output(command);
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    (
        output.status.success(),
        serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap(),
    )
}

fn found(report: &Value) -> Vec<(String, String, String, Option<u64>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut found: Vec<_> = findings
        .iter()
        .filter(|finding| finding["severity"] != "info")
        .map(|finding| {
            (
                text(&finding["severity"]),
                text(&finding["code"]),
                text(&finding["table"]),
                finding["rows"].as_u64(),
            )
        })
        .collect();
    found.sort();
    found
}

#[test]
fn what_a_check_finds_is_what_a_run_fails_at() {
    let cluster = Cluster::shared();
    for case in cases() {
        let target = cluster.create_unique("check");
        target.execute(&format!("{T}{}", case.target));
        let before = target.snapshot();
        let dump = dump_of(case.dump);
        let (is_good, report) = check(&target, &dump, case.options);
        let expected: Vec<_> = case
            .found
            .iter()
            .map(|(severity, code, table, rows)| {
                ((*severity).to_owned(), (*code).to_owned(), (*table).to_owned(), *rows)
            })
            .collect();
        assert_eq!(found(&report), expected, "{}: {report:#}", case.name);
        assert_eq!(report["ending"], "rolled_back", "{}", case.name);
        assert_eq!(target.snapshot().diff(&before), Vec::<String>::new(), "{}", case.name);
        let has_errors = case.found.iter().any(|(severity, ..)| *severity == "error");
        assert_eq!(is_good, !has_errors, "{}", case.name);

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump.sql");
        std::fs::write(&file, &dump).unwrap();
        let mut run = program(&target, &["restore", file.to_str().unwrap(), "--to", target.name()]);
        run.args(case.options);
        let ended = output(run);
        assert_eq!(
            ended.status.success(),
            !has_errors,
            "{}: {}",
            case.name,
            text(&ended.stderr)
        );
        if has_errors {
            assert_eq!(target.snapshot().diff(&before), Vec::<String>::new(), "{}", case.name);
            continue;
        }
        // What it would have written is what was written.
        let (is_good, second) = check(&target, &dump, case.options);
        let sum = |report: &Value, what: &str| -> u64 {
            let tables = report["tables"].as_array().unwrap().iter();
            tables.filter_map(|table| table[what].as_u64()).sum()
        };
        let printed = text(&ended.stdout);
        let wrote = format!(
            "{} inserted, {} updated",
            sum(&report, "inserted"),
            sum(&report, "updated")
        );
        assert!(printed.contains(&wrote), "{}: {wrote}: {printed}", case.name);
        if !case.options.contains(&"insert") && !case.options.contains(&"fire") {
            assert!(
                is_good && sum(&second, "inserted") + sum(&second, "updated") == 0,
                "{}: {second:#}",
                case.name
            );
        }
    }
}

/// What a trigger changes is noted, or an error.
#[test]
fn strictly_as_the_dump_says() {
    let target = Cluster::shared().create_unique("strict");
    target.execute(&format!(
        "{T} CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v = upper(NEW.v); RETURN NEW; END';
         CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION shout();"
    ));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.sql");
    std::fs::write(&file, dump_of("public.t|id, v|1\tone\n2\tTWO\n")).unwrap();
    let restore = |more: &[&str]| {
        let mut command = program(&target, &["restore", file.to_str().unwrap(), "--to", target.name()]);
        command.args(more);
        command
    };
    let before = target.snapshot();
    let said = fails(restore(&["--triggers", "fire", "--verify", "strict"]), 3);
    assert!(
        said.contains("after all was written, 1 rows of public.t are not as in the dump; nothing was changed"),
        "{said}"
    );
    assert_eq!(target.snapshot().diff(&before), Vec::<String>::new());
    let printed = succeeds(restore(&["--triggers", "fire"]));
    assert!(
        printed.contains("note: 1 rows of public.t are not as in the dump"),
        "{printed}"
    );
    assert!(succeeds(restore(&["--verify", "strict"])).contains("1 updated"));
}

/// Values are shown to the person at the terminal, and stand in no report.
#[test]
fn examples_and_differences_are_for_the_terminal() {
    let target = Cluster::shared().create_unique("check");
    target.execute(&format!(
        "{T} ALTER TABLE t ADD CHECK (n < 100), ADD \"Secret\" text; INSERT INTO t VALUES (1, 'ancient', 1, 'hush'), (2, NULL, 2, 'hush'), (3, 'same', 3, 'hush'), (4, 'x', 4, NULL);"
    ));
    let folder = tempfile::tempdir().unwrap();
    let (file, report) = (folder.path().join("dump.sql"), folder.path().join("report.html"));
    let rows = "1\tnew\t1\thush\n2\t\\N\t2\tloud\n3\tsame\t3\thush\n4\ty\t4\tloud\n";
    std::fs::write(&file, dump_of(&format!("public.t|id, v, n, \"Secret\"|{rows}"))).unwrap();
    let restore = |more: &[&str]| {
        let mut command = program(&target, &["restore", file.to_str().unwrap(), "--to", target.name()]);
        command.args(more);
        command
    };
    let before = target.snapshot();
    let shown = "public.t: 3 changed rows\n  id = '1'\n    v: 'ancient' -> 'new'\n  id = '2'\n    Secret: differs (hidden)\n  and 1 more\n";
    for way in ["--check", "--dry-run"] {
        let mut command = restore(&[way, "--diff=2", "--hide", "Secret"]);
        command.arg("--report").arg(&report);
        let printed = succeeds(command);
        assert!(printed.contains(shown), "{way}: {printed}");
        let page = std::fs::read_to_string(&report).unwrap();
        assert!(!page.contains("loud") && !page.contains("ancient"), "{way}");
        assert_eq!(target.snapshot().diff(&before), Vec::<String>::new(), "{way}");
    }
    for hidden in ["t.Secret", "public.t.Secret"] {
        assert!(succeeds(restore(&["--check", "--diff=2", "--hide", hidden])).contains(shown));
    }
    assert!(succeeds(restore(&["--check", "--diff"])).contains("    Secret: 'hush' -> 'loud'\n"));
    assert!(
        succeeds(restore(&["--diff=1"]))
            .contains("public.t: 3 changed rows\n  id = '1'\n    v: 'ancient' -> 'new'\n  and 2 more\n")
    );
    assert!(!succeeds(restore(&["--diff"])).contains("changed row"));

    std::fs::write(&file, dump_of("public.t|id, n|1\t500\n")).unwrap();
    let mut command = restore(&["--check"]);
    command.arg("--report").arg(&report);
    let output = output(command);
    let printed = text(&output.stdout);
    assert!(printed.contains("error: public.t: 1 row: rows that break the constraint t_n_check\n    row 1 of public.t in the dump, id = 1\n"), "{printed}");
    assert!(text(&output.stderr).contains("a run would fail: 1 error; nothing was changed"));
    let page = std::fs::read_to_string(&report).unwrap();
    assert!(page.contains("Checked: a run would fail") && page.contains("t_n_check") && !page.contains("id = 1"));
    assert!(fails(restore(&["--check", "--dry-run"]), 2).contains("cannot be used with"));
    assert!(fails(restore(&["--hide", "v"]), 2).contains("--diff"));
}
