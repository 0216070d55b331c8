//! Partitions of every kind: what the target has for bounds, and where rows go.

use super::super::case::{Case, Shape};

const ROWS: (&str, &str) = (
    "INSERT INTO t VALUES (1, 'old'), (9, 'own');",
    "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (30, 'thirty');",
);

#[test]
fn of_every_kind() {
    for partitions in [
        // The only partition is DEFAULT: it has no bounds at all.
        "PARTITION BY RANGE (id); CREATE TABLE t_d PARTITION OF t DEFAULT;",
        "PARTITION BY LIST (id); CREATE TABLE t_d PARTITION OF t DEFAULT;",
        "PARTITION BY RANGE (id); CREATE TABLE t_d PARTITION OF t DEFAULT PARTITION BY RANGE (id); CREATE TABLE t_dd PARTITION OF t_d DEFAULT;",
        "PARTITION BY LIST (id); CREATE TABLE t_d PARTITION OF t DEFAULT PARTITION BY LIST (id); CREATE TABLE t_dd PARTITION OF t_d DEFAULT PARTITION BY HASH (id);
         CREATE TABLE t_ddh PARTITION OF t_dd FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
        "PARTITION BY RANGE (id); CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (MINVALUE) TO (MAXVALUE);",
        "PARTITION BY RANGE (id); CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (2) PARTITION BY LIST (id); CREATE TABLE t_11 PARTITION OF t_1 FOR VALUES IN (1);
         CREATE TABLE t_1d PARTITION OF t_1 DEFAULT; CREATE TABLE t_d PARTITION OF t DEFAULT;",
        "PARTITION BY HASH (id); CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
        "PARTITION BY HASH (id); CREATE TABLE t_0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE t_1 PARTITION OF t FOR VALUES WITH (MODULUS 4, REMAINDER 1);
         CREATE TABLE t_3 PARTITION OF t FOR VALUES WITH (MODULUS 4, REMAINDER 3);",
        "PARTITION BY RANGE (id); CREATE TABLE t_e PARTITION OF t FOR VALUES FROM (1000) TO (2000); CREATE TABLE t_d PARTITION OF t DEFAULT; CREATE TABLE t_f PARTITION OF t FOR VALUES FROM (2000) TO (3000);",
    ] {
        eprintln!("{partitions}");
        Case::new(&format!("CREATE TABLE t (id integer PRIMARY KEY, v text) {partitions}"), ROWS.0, ROWS.1).passes_in_every_style();
    }
}

#[test]
fn without_a_key_over_all_of_them() {
    // The partition key is no part of a unique key, which only the partitions have.
    for (partitions, expected) in [
        (
            "PARTITION BY LIST (v); CREATE TABLE t_n PARTITION OF t FOR VALUES IN (NULL); CREATE TABLE t_d PARTITION OF t DEFAULT;",
            5,
        ),
        (
            "PARTITION BY LIST (v); CREATE TABLE t_n PARTITION OF t FOR VALUES IN (NULL, 'one'); CREATE TABLE t_d PARTITION OF t FOR VALUES IN ('two', 'own', 'old');",
            5,
        ),
        ("PARTITION BY LIST (v); CREATE TABLE t_d PARTITION OF t DEFAULT;", 5),
        (
            "PARTITION BY RANGE (v); CREATE TABLE t_d PARTITION OF t DEFAULT; CREATE TABLE t_x PARTITION OF t FOR VALUES FROM ('o') TO ('p');",
            5,
        ),
    ] {
        Case::new(
            &format!("CREATE TABLE t (id integer, v text) {partitions}"),
            "INSERT INTO t VALUES (1, NULL), (2, 'two'), (9, 'own');",
            "INSERT INTO t VALUES (1, NULL), (2, 'two'), (3, NULL), (4, 'one');",
        )
        .with(|options| options.with_no_key(dumpsert::NoKey::Match))
        .then("SELECT count(*) FROM t", &[&expected.to_string()])
        .only(&[Shape::Copy, Shape::Inserts, Shape::Shuffled])
        .passes();
    }
}

#[test]
fn other_bounds_than_in_the_dump() {
    let leaves = |rows: &[(&str, &str)]| -> String {
        rows.iter()
            .map(|(leaf, row)| format!("INSERT INTO public.{leaf} (id, v) VALUES ({row});\n"))
            .collect()
    };
    let dump = leaves(&[
        ("t_1", "1, 'one'"),
        ("t_1", "15, 'fifteen'"),
        ("t_d", "2, 'two'"),
        ("t_d", "30, 'thirty'"),
    ]);
    for partitions in [
        "PARTITION BY RANGE (id); CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t_d PARTITION OF t DEFAULT;",
        "PARTITION BY RANGE (id); CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t_d PARTITION OF t DEFAULT PARTITION BY RANGE (id); CREATE TABLE t_dd PARTITION OF t_d DEFAULT;",
        "PARTITION BY RANGE (id); CREATE TABLE t_1 PARTITION OF t DEFAULT; CREATE TABLE t_d PARTITION OF t FOR VALUES FROM (20) TO (40);",
    ] {
        Case::new(
            &format!("CREATE TABLE t (id integer PRIMARY KEY, v text) {partitions}"),
            "INSERT INTO t VALUES (1, 'old'), (15, 'old'), (9, 'own');",
            "INSERT INTO t VALUES (1, 'one'), (15, 'fifteen'), (2, 'two'), (30, 'thirty');",
        )
        .dumped_as(&dump)
        .passes();
    }
}

#[test]
fn a_table_that_is_plain_here() {
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE TABLE alone (id integer PRIMARY KEY, v text);",
        ROWS.0,
        "INSERT INTO t VALUES (1, 'one'); INSERT INTO alone VALUES (1, 'one');",
    )
    .passes_in_every_style();
}
