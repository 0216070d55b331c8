//! Another session changes what rows are recognised by, at every step of the merge: the end must be that of the two after each other.

use dumpsert_testkit::Cluster;

use super::target;
use crate::concurrent::held::STEPS;
use crate::support::{inserts, psql, script};

const SCHEMA: &str = "CREATE EXTENSION dblink; CREATE TABLE cats (id integer PRIMARY KEY, name text); CREATE TABLE goods (id integer PRIMARY KEY, cat integer REFERENCES cats);
    INSERT INTO cats VALUES (7, 'a'), (8, 'only here');";

/// The script with another session's statement at one of its steps. What the other has to wait for, it does not do.
fn with_other(script: &[u8], step: &str, statement: &str) -> Vec<u8> {
    let text = String::from_utf8(script.to_vec()).unwrap();
    let at = text.find("\nCALL pg_temp.dumpsert_begin(").unwrap() + 1;
    let body = format!(
        "CREATE OR REPLACE PROCEDURE pg_temp.dumpsert_step(_step pg_catalog.text) LANGUAGE plpgsql AS $other$
BEGIN
  IF _step = '{step}' AND coalesce(current_setting('dumpsert_test.done', true), '') = '' THEN
    PERFORM set_config('dumpsert_test.done', 'yes', false);
    PERFORM public.dblink_exec(concat('host=', split_part(current_setting('unix_socket_directories'), ',', 1), ' port=', current_setting('port'), ' user=postgres dbname=', current_database()),
      $sql$SET lock_timeout = 50; {statement}$sql$, false);
  END IF;
END $other$;
"
    );
    [&text[..at], &body, &text[at..]].concat().into_bytes()
}

#[test]
fn the_end_is_that_of_one_after_the_other() {
    let dump = inserts("public.cats", "id, name", &["1, 'a'", "2, 'b'"])
        + &inserts("public.goods", "id, cat", &["1, 1", "2, 2"]);
    let start = target(SCHEMA, &["public.cats=name"]);
    let cluster = Cluster::shared();
    let script = script(dump.as_bytes(), start.options.clone());
    // What the other could not do is as if it had come too late, and was given up.
    let alone = {
        let db = cluster.copy_of(&start.db);
        let run = psql(&db, "postgres", &script);
        (run.status, db.snapshot())
    };
    for statement in [
        "UPDATE cats SET name = 'renamed' WHERE id = 7",
        "DELETE FROM cats WHERE id = 7",
        "INSERT INTO cats VALUES (9, 'b')",
        "INSERT INTO cats VALUES (1, 'stranger')",
        "INSERT INTO cats VALUES (6, 'a')",
        "UPDATE cats SET id = 17 WHERE id = 7",
    ] {
        let end = |first: bool| {
            let db = cluster.copy_of(&start.db);
            if first {
                db.execute(statement);
            }
            let run = psql(&db, "postgres", &script);
            if !first {
                // May be refused by a foreign key then, which changes nothing.
                db.psql(statement.as_bytes());
            }
            (run.status, db.snapshot())
        };
        let ends = [end(true), end(false)];
        for step in STEPS.iter().filter(|step| !["begun", "arriving"].contains(step)) {
            let db = cluster.copy_of(&start.db);
            let run = psql(&db, "postgres", &with_other(&script, step, statement));
            let now = (run.status, db.snapshot());
            let fits = ends
                .iter()
                .chain([&alone])
                .any(|end| end.0 == now.0 && end.1.diff_rows(&now.1).is_empty());
            assert!(
                fits,
                "{statement} at {step}: {}{:?}",
                run.stderr,
                ends[0].1.diff_rows(&now.1)
            );
        }
    }
}
