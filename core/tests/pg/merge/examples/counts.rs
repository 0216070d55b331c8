//! Counts are what was written: a row that could not be written is an error, and not a number.

use dumpsert::{Options, Style, Triggers};

use super::super::case::{Case, Shape};
use crate::support::{Target, psql, script};

const IGNORE: &str = "CREATE FUNCTION ignore() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;";

/// The other styles do not learn how many rows a statement wrote, and say so in a note.
const STAGED: [Shape; 3] = [Shape::Copy, Shape::Inserts, Shape::Shuffled];

#[test]
fn a_trigger_that_drops_the_row() {
    for (on, here) in [
        ("INSERT", ""),
        ("INSERT", "INSERT INTO t VALUES (9, 'own');"),
        ("UPDATE", "INSERT INTO t VALUES (1, 'old'), (9, 'own');"),
        ("INSERT OR UPDATE", "INSERT INTO t VALUES (1, 'old'), (9, 'own');"),
    ] {
        let here = format!("ALTER TABLE t DISABLE TRIGGER USER; {here} ALTER TABLE t ENABLE TRIGGER USER;");
        let there = "ALTER TABLE t DISABLE TRIGGER USER; INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three'); ALTER TABLE t ENABLE TRIGGER USER;";
        let schema = |when: &str| {
            format!(
                "CREATE TABLE t (id integer PRIMARY KEY, v text); {IGNORE} CREATE TRIGGER ignore BEFORE {on} ON t FOR EACH ROW {when} EXECUTE FUNCTION ignore();"
            )
        };
        // For all rows, and for one of several.
        for when in ["", "WHEN (NEW.id = 1)"] {
            let case = |fire| Case::new(&schema(when), &here, there).with(|options| options.with_triggers(fire));
            case(Triggers::Fire).only(&STAGED).refused(&["public.t"]);
            case(Triggers::Off).passes_in_every_style();
        }
    }
}

#[test]
fn a_trigger_of_a_partition_that_drops_the_row() {
    let schema = format!(
        "CREATE TABLE t (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t_2 PARTITION OF t DEFAULT; {IGNORE}
         CREATE TRIGGER ignore BEFORE INSERT OR UPDATE ON t_2 FOR EACH ROW EXECUTE FUNCTION ignore();"
    );
    let rows = |rows: &str| {
        format!(
            "ALTER TABLE t_2 DISABLE TRIGGER USER; INSERT INTO t VALUES {rows}; ALTER TABLE t_2 ENABLE TRIGGER USER;"
        )
    };
    let case = |fire| {
        Case::new(
            &schema,
            &rows("(1, 'old'), (99, 'own')"),
            &rows("(1, 'one'), (2, 'two'), (11, 'eleven')"),
        )
        .with(|options| options.with_triggers(fire))
    };
    case(Triggers::Fire).only(&STAGED).refused(&["public.t"]);
    case(Triggers::Off).passes_in_every_style();
}

#[test]
fn a_trigger_that_changes_other_rows() {
    // What a trigger writes into rows that were merged before is undone, or the merge refuses: no dumped row stays wrong.
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, v text);
         CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id = 2 THEN UPDATE t SET v = 'spoilt' WHERE id = 1 AND v <> 'spoilt'; END IF; RETURN NEW; END $$;
         CREATE TRIGGER spoil AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION spoil();";
    Case::new(
        schema,
        "ALTER TABLE t DISABLE TRIGGER USER; INSERT INTO t VALUES (1, 'one'), (2, 'old'); ALTER TABLE t ENABLE TRIGGER USER;",
        "ALTER TABLE t DISABLE TRIGGER USER; INSERT INTO t VALUES (1, 'one'), (2, 'two'); ALTER TABLE t ENABLE TRIGGER USER;",
    )
    .passes_in_every_style();
}

#[test]
fn a_constraint_trigger_that_changes_rows() {
    // It is one of the target's rules and stays on, whatever `triggers` says.
    for timing in ["", "DEFERRABLE INITIALLY DEFERRED"] {
        Case::new(
            &format!(
                "CREATE TABLE t (id integer PRIMARY KEY, v text);
                 CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET v = 'spoilt' WHERE id = 1 AND v <> 'spoilt'; RETURN NEW; END $$;
                 CREATE CONSTRAINT TRIGGER spoil AFTER INSERT OR UPDATE ON t {timing} FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION spoil();"
            ),
            "INSERT INTO t VALUES (1, 'spoilt'), (3, 'own');",
            "INSERT INTO t VALUES (2, 'two'); UPDATE t SET v = 'one' WHERE id = 1; INSERT INTO t VALUES (1, 'one');",
        )
        .only(&[Shape::Copy, Shape::Inserts, Shape::Shuffled])
        .passes_or_says(&["public.t", "1"]);
    }
}

#[test]
fn rules_do_not_take_rows() {
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE TABLE log (n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);",
        "DROP RULE IF EXISTS taken ON t; DROP RULE IF EXISTS kept ON t; INSERT INTO t VALUES (1, 'old'), (9, 'own'); CREATE RULE taken AS ON INSERT TO t DO INSTEAD INSERT INTO log (v) VALUES (NEW.v);
         CREATE RULE kept AS ON UPDATE TO t DO INSTEAD NOTHING;",
        "INSERT INTO t VALUES (1, 'one'), (2, 'two');",
    )
    .then("SELECT * FROM log", &[])
    .only(&[Shape::Copy, Shape::Inserts, Shape::Shuffled])
    .passes();
}

#[test]
fn rows_behind_a_policy_of_row_security() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, tenant text NOT NULL, v text); CREATE POLICY own ON t USING (tenant = 'a');
         ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY;";
    // A mere owner does not see the row of tenant b.
    Case::new(
        schema,
        "INSERT INTO t VALUES (1, 'a', 'old'), (2, 'b', 'old');",
        "INSERT INTO t VALUES (1, 'a', 'new'), (2, 'b', 'new'), (3, 'a', 'new');",
    )
    .only(&[Shape::Inserts])
    .refused(&["public.t"]);
}

#[test]
fn children_by_inheritance_are_other_tables() {
    // The rows of a child are no rows of its parent, for keys and for counts.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE TABLE u (w text, PRIMARY KEY (id)) INHERITS (t);",
        "INSERT INTO t VALUES (1, 'old'); INSERT INTO u VALUES (1, 'old', 'x'), (2, 'own', 'y'), (3, 'old', 'z');",
        "INSERT INTO t VALUES (1, 'one'), (2, 'two'); INSERT INTO u VALUES (1, 'one', 'x'), (3, 'three', 'z');",
    )
    .then(
        "SELECT tableoid::regclass, * FROM t ORDER BY 1, 2",
        &["t|1|one", "t|2|two", "u|1|one", "u|2|own", "u|3|three"],
    )
    .respelt()
    .passes_in_every_style();
}

#[test]
fn what_actions_did_to_tables_that_the_dump_does_not_write() {
    let target = Target::new(
        "CREATE TABLE public.p (id integer PRIMARY KEY, code text UNIQUE);
         CREATE TABLE public.c (id integer PRIMARY KEY, code text REFERENCES public.p (code) ON UPDATE CASCADE);
         CREATE TABLE public.d (id integer, code text REFERENCES public.p (code) ON UPDATE SET NULL) PARTITION BY RANGE (id);
         CREATE TABLE public.d1 PARTITION OF public.d FOR VALUES FROM (0) TO (5);
         CREATE TABLE public.d2 PARTITION OF public.d DEFAULT;
         CREATE TABLE public.same (id integer PRIMARY KEY, code text REFERENCES public.p (code) ON UPDATE CASCADE);
         INSERT INTO public.p VALUES (1, 'A'), (2, 'B'), (9, 'own');
         INSERT INTO public.c SELECT n, (ARRAY['A', 'B', 'own'])[1 + n % 3] FROM generate_series(1, 30) AS n;
         INSERT INTO public.d SELECT n, 'A' FROM generate_series(1, 7) AS n; INSERT INTO public.same VALUES (1, 'own');",
    );
    let dump = "INSERT INTO public.p (id, code) VALUES (1, 'B'), (2, 'A');\n";
    let script = script(dump.as_bytes(), Options::new().with_style(Style::Staged));
    let mut notes = Vec::new();
    for _ in 0..2 {
        let run = psql(&target.db, "postgres", &script).expect_success();
        let result: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
        notes.push(result["notes"].clone());
    }
    let told = |table: &str, rows: usize| {
        format!(
            "{rows} rows of public.{table}, of which the dump writes none, were changed by ON UPDATE actions of the target"
        )
    };
    assert_eq!(notes[0], serde_json::json!([told("c", 20), told("d", 7)]));
    assert_eq!(notes[1], serde_json::Value::Null, "the second run");
    assert_eq!(target.rows("SELECT count(*) FROM public.d WHERE code IS NULL"), ["7"]);
}
