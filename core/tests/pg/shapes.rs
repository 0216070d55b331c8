//! Targets that are not built as the source, style staged.

use dumpsert::{NoKey, Options, Style};
use dumpsert_testkit::Cluster;

use crate::support::{Target, inserts, psql, script, sqlstate};

const ROWS: [&str; 2] = ["1, 'one', 1.5", "2, 'two', NULL"];

fn dump() -> String {
    inserts("public.t", "id, v, n", &ROWS)
}

#[test]
fn extra_columns_with_defaults() {
    let target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text, n numeric, note text NOT NULL DEFAULT 'default', seen integer NOT NULL DEFAULT 7);
         INSERT INTO t VALUES (1, 'old', 0, 'own', 1), (2, 'two', NULL, 'own', 2), (9, 'extra', 9, 'own', 9);",
    );
    target.merge(&inserts(
        "public.t",
        "id, v, n",
        &["1, 'one', 1.5", "2, 'two', NULL", "3, 'three', 3"],
    ));
    let expected = [
        "1|one|1.5|own|1",
        "2|two||own|2",
        "3|three|3|default|7",
        "9|extra|9|own|9",
    ];
    assert_eq!(target.rows("SELECT * FROM public.t ORDER BY id"), expected);
}

#[test]
fn columns_in_another_order() {
    let target = Target::new(
        "CREATE TABLE t (gone integer, n numeric, v text, id integer); ALTER TABLE t DROP COLUMN gone;
         ALTER TABLE t ADD COLUMN late text DEFAULT 'late', ADD PRIMARY KEY (id); INSERT INTO t VALUES (0, 'old', 1), (9, 'extra', 9);",
    );
    target.merge(&dump());
    assert_eq!(
        target.rows("SELECT id, v, n, late FROM public.t ORDER BY id"),
        ["1|one|1.5|late", "2|two||late", "9|extra|9|late"]
    );
    // The same columns once more in another order, within one dump.
    let mixed = [dump(), inserts("public.t", "n, id, v", &["4.0, 4, 'four'"])].concat();
    target.merge(&mixed);
    assert_eq!(
        target.rows("SELECT v FROM public.t ORDER BY id"),
        ["one", "two", "four", "extra"]
    );
}

#[test]
fn types_of_the_target() {
    let target = Target::new(
        "CREATE TABLE t (id bigint PRIMARY KEY, v varchar(10) COLLATE \"C\", n double precision);
         INSERT INTO t VALUES (1, 'old', 0);",
    );
    target.merge(&dump());
    assert_eq!(
        target.rows("SELECT * FROM public.t ORDER BY id"),
        ["1|one|1.5", "2|two|"]
    );
}

#[test]
fn keys_spelt_differently() {
    let target = Target::new(
        "CREATE EXTENSION citext;
         CREATE TABLE users (email citext PRIMARY KEY, v text); CREATE TABLE prices (price numeric PRIMARY KEY, v text);
         CREATE TABLE logins (email citext REFERENCES users ON UPDATE NO ACTION, n integer PRIMARY KEY);
         INSERT INTO users VALUES ('A@B.c', 'old'), ('same@x', 'same'), ('extra@x', 'extra');
         INSERT INTO prices VALUES (1.0, 'old'), (2.50, 'same'), (9, 'extra'); INSERT INTO logins VALUES ('a@b.C', 1);",
    );
    let dump = [
        inserts("public.logins", "email, n", &["'a@B.c', 1"]),
        inserts(
            "public.users",
            "email, v",
            &["'a@b.c', 'old'", "'SAME@x', 'same'", "'new@x', 'new'"],
        ),
        inserts("public.prices", "price, v", &["1.00, 'new'", "2.5, 'same'"]),
    ];
    target.merge(&dump.concat());
    let users = ["a@b.c|old", "extra@x|extra", "new@x|new", "SAME@x|same"];
    assert_eq!(
        target.rows("SELECT * FROM public.users ORDER BY lower(email::text)"),
        users
    );
    assert_eq!(
        target.rows("SELECT * FROM public.prices ORDER BY price"),
        ["1.00|new", "2.5|same", "9|extra"]
    );
    assert_eq!(target.rows("SELECT * FROM public.logins"), ["a@B.c|1"]);
    // Two spellings in one dump are two rows with one key.
    let twice = inserts("public.prices", "price, v", &["5.0, 'a'", "5.00, 'b'"]);
    let message = target.refuses(&twice, "21000");
    assert!(
        message.contains("public.prices") && message.contains("(price) = (5.0"),
        "{message}"
    );
}

#[test]
fn partitions_split_differently() {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("source");
    source.execute(
        "CREATE TABLE p (id integer, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE p_2023 PARTITION OF p FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
         CREATE TABLE p_2024 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
         INSERT INTO p SELECT g, '2023-01-15'::date + g * 40, 'new' FROM generate_series(0, 15) AS g;",
    );
    let extra = "INSERT INTO p VALUES (1, '2023-02-24', 'old'), (99, '2024-12-31', 'extra');";
    let months = "CREATE TABLE p (v text, id integer, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE early PARTITION OF p FOR VALUES FROM (MINVALUE) TO ('2023-07-01');
         CREATE TABLE late PARTITION OF p FOR VALUES FROM ('2023-07-01') TO (MAXVALUE) PARTITION BY HASH (id);
         CREATE TABLE late_0 PARTITION OF late FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE late_1 PARTITION OF late FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         INSERT INTO p (id, at, v) VALUES (1, '2023-02-24', 'old'), (99, '2024-12-31', 'extra');";
    let plain = format!("CREATE TABLE p (id integer, at date, v text, PRIMARY KEY (id, at)); {extra}");
    // Partitions of the same names, but with other bounds.
    let same_names = format!(
        "CREATE TABLE p (id integer, at date, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE p_2023 PARTITION OF p FOR VALUES FROM (MINVALUE) TO ('2023-03-01');
         CREATE TABLE p_2024 PARTITION OF p FOR VALUES FROM ('2023-03-01') TO (MAXVALUE); {extra}"
    );
    let by_root = String::from_utf8(source.pg_dump(&["--data-only", "--load-via-partition-root"])).unwrap();
    let by_leaf = String::from_utf8(source.pg_dump(&["--data-only"])).unwrap();
    let all = "SELECT id, at, v FROM public.p ORDER BY id";
    for (schema, dump) in [
        (months, &by_root),
        (&plain, &by_root),
        (&same_names, &by_root),
        (&same_names, &by_leaf),
    ] {
        let target = Target::new(schema);
        target.merge(dump);
        let rows = target.rows(all);
        let mut expected: Vec<String> = source
            .query(all)
            .into_iter()
            .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join("|"))
            .collect();
        expected.push("99|2024-12-31|extra".to_owned());
        assert_eq!(rows, expected, "{schema}");
    }
    // Without the root the dump names partitions that the target does not have.
    let message = Target::new(months).refuses(&by_leaf, "42P01");
    assert!(message.contains("public.p_2023 does not exist here"), "{message}");
}

#[test]
fn columns_that_do_not_fit() {
    let target = Target::new("CREATE TABLE t (id integer PRIMARY KEY, value text, n numeric);");
    let message = target.refuses(&dump(), "42703");
    for part in ["public.t has no column v", "value", "nothing was changed"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text, n numeric, must integer NOT NULL, \"Must 2\" text NOT NULL);",
    );
    let message = target.refuses(&dump(), "23502");
    for part in ["public.t requires must, \"Must 2\"", "nothing was changed"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    // It is said before any row is read: the rows that follow are broken.
    let script = script(dump().as_bytes(), Options::new().with_style(Style::Staged));
    let script = String::from_utf8(script)
        .unwrap()
        .replace("1\tone", "not a number\tone");
    assert_eq!(
        sqlstate(&psql(&target.db, "postgres", script.as_bytes())),
        Some("23502")
    );
}

#[test]
fn tables_that_do_not_fit() {
    let other = inserts("public.other", "id", &["1"]);
    let message = Target::new("CREATE TABLE t (id integer PRIMARY KEY)").refuses(&other, "42P01");
    assert!(message.contains("public.other does not exist here"), "{message}");
    for (sql, kind) in [
        ("CREATE VIEW other AS SELECT 1 AS id", "view"),
        ("CREATE MATERIALIZED VIEW other AS SELECT 1 AS id", "materialized view"),
        ("CREATE SEQUENCE other", "sequence"),
    ] {
        let message = Target::new(sql).refuses(&other, "42809");
        assert!(
            message.contains(&format!("public.other is no table but a {kind}")),
            "{message}"
        );
    }
    let mut target = Target::new("CREATE TABLE other (id integer)");
    target.options = target.options.with_no_key(NoKey::Error);
    let message = target.refuses(&other, "42P10");
    assert!(
        message.contains("public.other") && message.contains("no_key = match"),
        "{message}"
    );
}

#[test]
fn whole_rows_are_matched() {
    let mut target = Target::new(
        "CREATE TABLE log (at timestamp, what json, p point);
         INSERT INTO log VALUES ('2024-01-01', '{\"a\": 1}', '(1,2)'), (NULL, NULL, NULL), ('2024-01-02', '[]', NULL), ('2024-01-02', '[]', NULL);",
    );
    target.options = target.options.with_no_key(NoKey::Match);
    let rows = [
        "'2024-01-01', '{\"a\": 1}', '(1,2)'",
        "NULL, NULL, NULL",
        "NULL, NULL, NULL",
        "'2024-01-02', '[]', NULL",
        "'2024-01-01', '{\"a\":1}', '(1,2)'",
    ];
    target.merge(&inserts("public.log", "at, what, p", &rows));
    let expected = [
        "2024-01-01 00:00:00|{\"a\": 1}|(1,2)",
        "2024-01-01 00:00:00|{\"a\":1}|(1,2)",
        "2024-01-02 00:00:00|[]|",
        "2024-01-02 00:00:00|[]|",
        "||",
        "||",
    ];
    assert_eq!(
        target.rows("SELECT * FROM public.log ORDER BY at, what::text COLLATE \"C\""),
        expected
    );
}
