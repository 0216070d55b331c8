//! A snapshot must see every change, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use dumpsert_testkit::{Cluster, Db};

const SCHEMA: &str = r#"
CREATE SCHEMA "Odd ""schema";
CREATE TABLE "Odd ""schema"."a.b" ("Id" int PRIMARY KEY, "tab	ular" text);
INSERT INTO "Odd ""schema"."a.b" VALUES (1, E'\\N'), (2, NULL), (3, ''), (4, E'a\tb\nc\\d\b\f\r\x0b');
CREATE TABLE shapes (id int, p point, j json, x xml, f float8, c bpchar, b bytea);
INSERT INTO shapes VALUES (1, '(0.1,2)', '{"a":  1}', '<a/>', 0.1::float8 + 0.2::float8, 'x  ', '\x00ff');
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
CREATE TABLE parent (id int PRIMARY KEY, v text);
CREATE TABLE child (extra int) INHERITS (parent);
INSERT INTO parent VALUES (1, 'p'); INSERT INTO child VALUES (2, 'c', 0);
CREATE TABLE part (id int, v text) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (20);
INSERT INTO part VALUES (1, 'one'), (11, 'eleven');
CREATE TABLE keyed (id serial PRIMARY KEY, parent_id int REFERENCES keyed);
INSERT INTO keyed (parent_id) VALUES (NULL), (1);
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tg BEFORE INSERT ON keyed FOR EACH ROW EXECUTE FUNCTION noop();
CREATE VIEW view AS SELECT 1 AS one;
"#;

fn database(prefix: &str) -> Db {
    let db = Cluster::shared().create_unique(prefix);
    db.execute(SCHEMA);
    db
}

/// Changes a copy of the same database and returns what differs.
#[track_caller]
fn differences(change: &str) -> Vec<String> {
    let (left, right) = (database("left"), database("right"));
    assert_eq!(left.snapshot().diff(&right.snapshot()), Vec::<String>::new());
    right.execute(change);
    let lines = left.snapshot().diff(&right.snapshot());
    left.drop();
    right.drop();
    lines
}

#[test]
fn equal_whatever_the_order_of_rows_columns_and_definitions() {
    assert_eq!(
        differences("UPDATE shapes SET id = id; UPDATE parent SET id = id WHERE id = 1; VACUUM FULL;"),
        [""; 0]
    );
    let reordered = "CREATE TABLE other (j json, b bytea, c bpchar, f float8, id int, p point, gone int, x xml);
        ALTER TABLE other DROP gone; INSERT INTO other SELECT j, b, c, f, id, p, x FROM shapes;
        DROP TABLE shapes; ALTER TABLE other RENAME TO shapes;";
    assert_eq!(differences(reordered), [""; 0]);
}

#[test]
fn sees_a_changed_row_on_both_sides() {
    let lines = differences(r#"UPDATE "Odd ""schema"."a.b" SET "tab	ular" = NULL WHERE "Id" = 1"#);
    let table = r#""Odd ""schema"."a.b""#;
    assert_eq!(
        lines,
        [
            format!("{table}: only left: Id=1 tab\tular=\\\\N"),
            format!("{table}: only right: Id=1 tab\tular=\\N")
        ]
    );
}

#[test]
fn sees_what_equality_does_not() {
    for change in [
        "UPDATE shapes SET f = 0.3",
        "UPDATE shapes SET c = 'x '",
        "UPDATE shapes SET j = '{\"a\": 1}'",
        "UPDATE shapes SET p = '(0.1,2.0000000001)'",
        "UPDATE shapes SET b = '\\x00'",
        "UPDATE shapes SET x = '<a />'",
    ] {
        assert_eq!(differences(change).len(), 2, "{change}");
    }
}

#[test]
fn counts_repetitions_and_rows_without_columns() {
    assert_eq!(
        differences("INSERT INTO nothing DEFAULT VALUES"),
        ["nothing: only right: "].map(|line| format!("public.{line}"))
    );
    assert_eq!(differences("INSERT INTO shapes SELECT * FROM shapes").len(), 1);
}

#[test]
fn keeps_parents_children_and_partitions_apart() {
    let moved = differences("INSERT INTO parent VALUES (2, 'c')");
    assert_eq!(moved, ["public.parent: only right: id=2 v=c"]);
    let (left, right) = (database("left"), database("right"));
    right.execute(
        "DROP TABLE part_2; CREATE TABLE part_3 PARTITION OF part DEFAULT; INSERT INTO part VALUES (11, 'eleven');",
    );
    assert_eq!(left.snapshot().diff(&right.snapshot()).len(), 2);
    assert_eq!(left.snapshot_by_root().diff(&right.snapshot_by_root()), [""; 0]);
    assert_eq!(left.snapshot_by_root().count("public.part"), 2);
    assert_eq!(left.snapshot_by_root().count("public.parent"), 1);
}

#[test]
fn sees_sequences_and_triggers() {
    let lines = differences("SELECT nextval('keyed_id_seq') \\g /dev/null");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].starts_with("sequence public.keyed_id_seq: Some(Sequence { last_value: 2"),
        "{lines:?}"
    );
    assert_eq!(
        differences("SELECT setval('keyed_id_seq', 2, false) \\g /dev/null").len(),
        1
    );
    let lines = differences("ALTER TABLE keyed DISABLE TRIGGER tg");
    assert_eq!(lines.len(), 2, "{lines:?}");
    // tg and the foreign key's four, two for each end
    assert_eq!(differences("ALTER TABLE keyed DISABLE TRIGGER ALL").len(), 10);
}

#[test]
fn restricts_and_finds_what_is_missing() {
    let (left, right) = (database("left"), database("right"));
    right.execute("ALTER TABLE parent ADD more int DEFAULT 5; CREATE TABLE extra (); INSERT INTO keyed VALUES (99);");
    let (left, right) = (left.snapshot(), right.snapshot());
    assert!(!left.missing_from(&right).is_empty());
    assert_eq!(left.missing_from(&right.restricted_to(&left)), [""; 0]);
    assert_eq!(
        right.restricted_to(&left).missing_from(&left),
        ["public.keyed: only left: id=99 parent_id=\\N"]
    );
    assert_eq!(left.without("public.keyed").count("public.keyed"), 0);
}

#[test]
fn gives_rows_by_name() {
    let db = database("rows");
    let snapshot = db.snapshot();
    let rows = snapshot.rows(r#""Odd ""schema"."a.b""#);
    let value = |id: &str| rows.iter().find(|row| row["Id"].as_deref() == Some(id)).unwrap()["tab\tular"].clone();
    assert_eq!(value("1").as_deref(), Some("\\N"));
    assert_eq!(value("2"), None);
    assert_eq!(value("3").as_deref(), Some(""));
    assert_eq!(value("4").as_deref(), Some("a\tb\nc\\d\u{8}\u{c}\r\u{b}"));
    assert_eq!(snapshot.rows("public.nothing").len(), 2);
    assert!(
        snapshot
            .tables()
            .all(|table| table != "public.view" && table != "public.part")
    );
}

#[test]
fn row_versions_see_writes_and_locks() {
    let db = database("versions");
    let before = db.row_versions();
    db.execute("SELECT count(*) FROM keyed \\g /dev/null\nVACUUM ANALYZE;");
    assert_eq!(db.row_versions(), before);
    db.execute("BEGIN; SELECT * FROM keyed WHERE id = 1 FOR KEY SHARE \\g /dev/null\nCOMMIT;");
    let locked = db.row_versions();
    assert_ne!(locked["public.keyed"], before["public.keyed"]);
    db.execute("UPDATE shapes SET id = id;");
    assert_ne!(db.row_versions()["public.shapes"], locked["public.shapes"]);
    assert_eq!(db.row_versions()["public.part_1"], before["public.part_1"]);
}

#[test]
fn wal_grows_with_writes() {
    let db = database("wal");
    let before = db.wal_bytes();
    db.execute("INSERT INTO shapes (id) SELECT generate_series(1, 1000);");
    assert!(db.wal_bytes() - before > 30_000);
}

#[test]
fn sources_are_loaded_once_and_copied() {
    let cluster = Cluster::shared();
    for (name, table) in [("torture", "public.all_types"), ("chinook", "public.track")] {
        let (first, second) = (cluster.source(name), cluster.source(name));
        assert!(first.snapshot().count(table) > 0);
        assert_eq!(first.snapshot().diff(&second.snapshot()), [""; 0]);
        first.execute("CREATE TABLE changed ();");
        assert_eq!(
            first.snapshot().diff(&cluster.source(name).snapshot()),
            ["public.changed: no such table on the right"]
        );
    }
}

#[test]
fn demo_database_is_deterministic_and_scales() {
    let load = |variables: &[(&str, &str)]| {
        let db = Cluster::shared().create_unique("demo");
        db.execute_file(&dumpsert_testkit::testdata("sources/demo.sql"), variables);
        db
    };
    let once = load(&[]).snapshot();
    assert_eq!(once.diff_rows(&load(&[]).snapshot()), [""; 0]);
    assert_eq!(once.diff_rows(&Cluster::shared().source("demo").snapshot()), [""; 0]);
    let twice = load(&[("scale", "2")]).snapshot();
    assert_eq!(
        (once.count("public.products"), twice.count("public.products")),
        (12_000, 24_000)
    );
    assert_eq!(
        (once.count("public.businesses"), twice.count("public.businesses")),
        (11, 11)
    );
}
