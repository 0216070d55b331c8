//! What cannot be done is said clearly, and nothing is changed, style staged.

use std::sync::OnceLock;
use std::time::Duration;

use dumpsert::Triggers;
use dumpsert_testkit::Cluster;

use crate::support::{Target, inserts, psql, sqlstate};

const CLERK: &str = "dumpsert_clerk";

/// A role that may write rows and owns nothing.
fn clerk() -> &'static str {
    static ROLE: OnceLock<()> = OnceLock::new();
    ROLE.get_or_init(|| {
        Cluster::shared()
            .db("postgres")
            .execute(&format!("CREATE ROLE {CLERK} LOGIN;"))
    });
    CLERK
}

#[track_caller]
fn assert_says(message: &str, parts: &[&str]) {
    for part in parts.iter().chain(&["nothing was changed"]) {
        assert!(message.contains(part), "does not say {part:?}: {message}");
    }
}

fn rows(list: &[&str]) -> String {
    inserts("public.t", "id, v", list)
}

#[test]
fn unique_violation() {
    let target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL UNIQUE); INSERT INTO t VALUES (9, 'taken');",
    );
    let message = target.refuses(&rows(&["1, 'free'", "2, 'taken'"]), "23505");
    assert_says(
        &message,
        &["t_v_key", "row 2 of public.t in the dump", "id = 2", "(v)=(taken)"],
    );
    let message = target.refuses(&rows(&["1, 'same'", "2, 'free'", "3, 'same'"]), "23505");
    assert_says(&message, &["t_v_key", "of public.t in the dump", "(v)=(same)"]);
}

#[test]
fn unique_values_that_change_places() {
    // Rows of another table hold both values, so that neither row can step aside.
    let target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b');
         CREATE TABLE holds (v text REFERENCES t (v)); INSERT INTO holds VALUES ('a'), ('b');",
    );
    let message = target.refuses(&rows(&["1, 'b'", "2, 'a'"]), "23505");
    assert_says(
        &message,
        &["t_v_key", "public.t exchange values", "(2), (1)", "holds_v_fkey"],
    );
}

#[test]
fn foreign_key_violation() {
    let target = Target::new(
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY, v integer REFERENCES p);
         CREATE TABLE later (id integer PRIMARY KEY, v integer REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO p VALUES (1);",
    );
    let message = target.refuses(&rows(&["1, 1", "2, NULL", "3, 404"]), "23503");
    assert_says(
        &message,
        &["t_v_fkey", "row 3 of public.t in the dump", "id = 3", "(v)=(404)"],
    );
    let message = target.refuses(&inserts("public.later", "id, v", &["1, 1", "2, 404"]), "23503");
    assert_says(
        &message,
        &[
            "later_v_fkey",
            "row 2 of public.later in the dump",
            "id = 2",
            "(v)=(404)",
        ],
    );
}

#[test]
fn check_violation() {
    let target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text CHECK (v <> 'bad')); CREATE DOMAIN d AS text CHECK (VALUE <> 'bad');
         CREATE TABLE u (id integer PRIMARY KEY, v d); CREATE TABLE n (id integer PRIMARY KEY, v text NOT NULL);",
    );
    let message = target.refuses(&rows(&["1, 'good'", "2, 'bad'"]), "23514");
    assert_says(&message, &["t_v_check", "row 2 of public.t in the dump", "id = 2"]);
    let message = target.refuses(&inserts("public.n", "id, v", &["7, 'x'", "8, NULL"]), "23502");
    assert_says(&message, &["row 2 of public.n in the dump", "id = 8"]);
    // A value that its type refuses is an error of COPY, which names line and column.
    let run = target.run(&inserts("public.u", "id, v", &["1, 'good'", "2, 'bad'"]));
    assert_eq!((run.status, sqlstate(&run)), (3, Some("23514")), "{}", run.stderr);
    assert!(run.stderr.contains("line 2, column v"), "{}", run.stderr);
    let run = target.run(&inserts("public.t", "id, v", &["1, 'good'", "'x', 'good'"]));
    assert_eq!((run.status, sqlstate(&run)), (3, Some("22P02")), "{}", run.stderr);
    assert!(run.stderr.contains("line 2, column id"), "{}", run.stderr);
    assert_eq!(target.rows("SELECT count(*) FROM public.t"), ["0"]);
}

#[test]
fn privileges() {
    let mut target = Target::new("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old');");
    target.role = clerk();
    let message = target.refuses(&rows(&["1, 'new'"]), "42501");
    assert_says(&message, &["public.t", "SELECT, INSERT and UPDATE", "GRANT"]);
    target.db.execute(&format!("GRANT SELECT, INSERT ON t TO {CLERK}"));
    target.refuses(&rows(&["1, 'new'"]), "42501");
    target.db.execute(&format!("GRANT UPDATE ON t TO {CLERK}"));
    target.merge(&rows(&["1, 'new'", "2, 'two'"]));
    assert_eq!(target.rows("SELECT * FROM public.t ORDER BY id"), ["1|new", "2|two"]);
}

#[test]
fn triggers_of_another_owner() {
    let mut target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old');
         CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();",
    );
    target.role = clerk();
    target
        .db
        .execute(&format!("GRANT SELECT, INSERT, UPDATE ON t TO {CLERK}"));
    let message = target.refuses(&rows(&["1, 'new'"]), "42501");
    assert_says(
        &message,
        &[CLERK, "must be owner of public.t", "trigger tr", "triggers = fire"],
    );
    target.options = target.options.with_triggers(Triggers::Fire);
    target.merge(&rows(&["1, 'new'"]));
    assert_eq!(target.rows("SELECT * FROM public.t"), ["1|new"]);
}

#[test]
fn row_level_security() {
    let mut target =
        Target::new("CREATE TABLE t (id integer PRIMARY KEY, v text); ALTER TABLE t ENABLE ROW LEVEL SECURITY;");
    target.role = clerk();
    target.db.execute(&format!(
        "GRANT SELECT, INSERT, UPDATE ON t TO {CLERK}; CREATE POLICY p ON t USING (id < 2)"
    ));
    let message = target.refuses(&rows(&["1, 'new'"]), "42501");
    assert_says(&message, &["public.t", "row-level security"]);
}

#[test]
fn temporary_tables() {
    let mut target = Target::new("CREATE TABLE t (id integer PRIMARY KEY, v text);");
    target.role = clerk();
    let name = target.db.name();
    target.db.execute(&format!(
        "GRANT SELECT, INSERT, UPDATE ON t TO {CLERK}; REVOKE TEMPORARY ON DATABASE \"{name}\" FROM PUBLIC"
    ));
    let message = target.refuses(&rows(&["1, 'new'"]), "42501");
    assert_says(&message, &["TEMPORARY", "GRANT"]);
}

#[test]
fn lock_timeout() {
    let mut target = Target::new("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old');");
    target.options = target.options.with_lock_timeout(Duration::from_millis(50));
    let mut other = target.db.client();
    other
        .batch_execute("BEGIN; LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let run = psql(
        &target.db,
        "postgres",
        &crate::support::script(rows(&["1, 'new'"]).as_bytes(), target.options.clone()),
    );
    assert_eq!((run.status, sqlstate(&run)), (3, Some("55P03")), "{}", run.stderr);
    other.batch_execute("ROLLBACK").unwrap();
    target.merge(&rows(&["1, 'new'"]));
}

#[test]
fn sessions_that_check_less() {
    let target = Target::new("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old');");
    let name = target.db.name();
    target.db.execute(&format!(
        "ALTER DATABASE \"{name}\" SET session_replication_role = replica"
    ));
    let run = target.run(&rows(&["1, 'new'"]));
    assert_eq!((run.status, sqlstate(&run)), (3, Some("55000")), "{}", run.stderr);
    assert_says(&run.stderr, &["session_replication_role"]);
    target.db.execute(&format!("ALTER DATABASE \"{name}\" RESET ALL"));
    assert_eq!(target.rows("SELECT * FROM public.t"), ["1|old"]);
    // These would change what a value means; the script sets its own.
    for setting in [
        "standard_conforming_strings = off",
        "array_nulls = off",
        "xmloption = document",
        "client_encoding = 'LATIN1'",
        "DateStyle = 'SQL, DMY'",
    ] {
        target.db.execute(&format!("ALTER DATABASE \"{name}\" SET {setting}"));
    }
    target
        .db
        .execute("CREATE TABLE s (id integer PRIMARY KEY, v text, a text[], d date, x xml)");
    target.merge(&inserts(
        "public.s",
        "id, v, a, d, x",
        &["1, 'a\\''b\\n€', '{a,NULL}', '2024-02-03', 'text <b/>'"],
    ));
    assert_eq!(
        target.rows("SET client_encoding = 'UTF8'; SET datestyle = ISO; SELECT v, a[2] IS NULL, d, x FROM public.s"),
        ["a\\'b\\n€|t|2024-02-03|text <b/>"]
    );
}

#[test]
fn rules() {
    let target = Target::new(
        "CREATE TABLE log (id integer); CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'), (9, 'extra');
         CREATE RULE also AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.id);
         CREATE RULE instead AS ON INSERT TO t WHERE NEW.id > 1 DO INSTEAD NOTHING;
         CREATE RULE change AS ON UPDATE TO t DO ALSO INSERT INTO log VALUES (OLD.id);
         CREATE RULE gone AS ON DELETE TO t DO INSTEAD NOTHING;
         CREATE TABLE u (id integer PRIMARY KEY, v text); INSERT INTO u VALUES (1, 'old');
         CREATE RULE change AS ON UPDATE TO u DO INSTEAD NOTHING;",
    );
    let states =
        "SELECT ev_class::regclass, rulename, ev_enabled FROM pg_rewrite WHERE ev_class >= 16384 ORDER BY 1, 2";
    target
        .db
        .execute("ALTER TABLE t DISABLE RULE gone; ALTER TABLE t ENABLE ALWAYS RULE also");
    let before = target.rows(states);
    let dump = [
        rows(&["1, 'new'", "2, 'two'"]),
        inserts("public.u", "id, v", &["1, 'new'", "2, 'two'"]),
    ];
    target.merge(&dump.concat());
    assert_eq!(
        target.rows("SELECT * FROM public.t ORDER BY id"),
        ["1|new", "2|two", "9|extra"]
    );
    assert_eq!(target.rows("SELECT * FROM public.u ORDER BY id"), ["1|new", "2|two"]);
    assert_eq!(target.rows("SELECT count(*) FROM public.log"), ["0"]);
    assert_eq!(target.rows(states), before);
}
