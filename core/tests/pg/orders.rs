//! Foreign keys and unique values in every order, style staged.

use crate::support::{Random, Target, inserts};

#[test]
fn tables_in_any_order() {
    for seed in 1..=4 {
        let mut random = Random(seed);
        let target = Target::new(
            "CREATE TABLE a (id integer PRIMARY KEY, v text);
             CREATE TABLE b (id integer PRIMARY KEY, a integer NOT NULL REFERENCES a);
             CREATE TABLE c (id integer PRIMARY KEY, b integer NOT NULL REFERENCES b, a integer REFERENCES a);
             CREATE TABLE d (c integer REFERENCES c, b integer REFERENCES b, PRIMARY KEY (c, b));
             CREATE TABLE e (id integer PRIMARY KEY, c integer, b integer, FOREIGN KEY (c, b) REFERENCES d);
             INSERT INTO a VALUES (1, 'old'), (9, 'extra'); INSERT INTO b VALUES (1, 9), (9, 9); INSERT INTO c VALUES (1, 9, 9);",
        );
        let mut rows = [
            inserts("public.e", "id, c, b", &["1, 1, 1", "2, 2, 2", "3, NULL, 5"]),
            inserts("public.d", "c, b", &["1, 1", "2, 2"]),
            inserts("public.c", "id, b, a", &["1, 1, 2", "2, 2, NULL"]),
            inserts("public.b", "id, a", &["1, 1", "2, 2"]),
            inserts("public.a", "id, v", &["1, 'one'", "2, 'two'"]),
        ];
        if seed > 1 {
            random.shuffle(&mut rows);
        }
        println!("seed {seed}: {}", rows.concat());
        target.merge(&rows.concat());
        assert_eq!(
            target.rows("SELECT * FROM public.a ORDER BY id"),
            ["1|one", "2|two", "9|extra"]
        );
        assert_eq!(target.rows("SELECT * FROM public.b ORDER BY id"), ["1|1", "2|2", "9|9"]);
        assert_eq!(target.rows("SELECT * FROM public.c ORDER BY id"), ["1|1|2", "2|2|"]);
        assert_eq!(
            target.rows("SELECT * FROM public.e ORDER BY id"),
            ["1|1|1", "2|2|2", "3||5"]
        );
        // The rows of one table need not stand together.
        let scattered: Vec<_> = rows.iter().flat_map(|table| table.split_inclusive('\n')).collect();
        let (even, odd): (Vec<_>, Vec<_>) = scattered.into_iter().enumerate().partition(|(index, _)| index % 2 == 0);
        target.db.execute("TRUNCATE a, b, c, d, e");
        let dump: String = even.into_iter().chain(odd).map(|(_, row)| row).collect();
        target.merge(&dump);
        assert_eq!(
            target.rows("SELECT * FROM public.e ORDER BY id"),
            ["1|1|1", "2|2|2", "3||5"]
        );
    }
}

#[test]
fn trees_in_random_order() {
    for seed in [11, 12] {
        println!("seed {seed}");
        let mut random = Random(seed);
        let target = Target::new(
            "CREATE TABLE tree (id integer PRIMARY KEY, parent integer NOT NULL REFERENCES tree, v text);
             INSERT INTO tree SELECT g, greatest(1, g - 7), 'old' FROM generate_series(1, 100) AS g;
             INSERT INTO tree VALUES (1000, 100, 'extra');",
        );
        let mut nodes: Vec<(usize, usize)> = (1..=300).map(|id| (id, 1 + random.below(id))).collect();
        let expected: Vec<String> = nodes.iter().map(|(id, parent)| format!("{id}|{parent}|new")).collect();
        random.shuffle(&mut nodes);
        let rows: Vec<String> = nodes
            .iter()
            .map(|(id, parent)| format!("{id}, {parent}, 'new'"))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        target.merge(&inserts("public.tree", "id, parent, v", &rows));
        assert_eq!(
            target.rows("SELECT * FROM public.tree WHERE id <= 300 ORDER BY id"),
            expected
        );
        assert_eq!(
            target.rows("SELECT * FROM public.tree WHERE id > 300"),
            ["1000|100|extra"]
        );
    }
}

#[test]
fn cycles_without_a_null() {
    let target = Target::new(
        "CREATE TABLE a (id integer PRIMARY KEY, b integer NOT NULL, v text);
         CREATE TABLE b (id integer PRIMARY KEY, a integer NOT NULL REFERENCES a, v text);
         CREATE TABLE x (id integer PRIMARY KEY, y integer NOT NULL);
         CREATE TABLE y (id integer PRIMARY KEY, z integer NOT NULL, a integer REFERENCES a);
         CREATE TABLE z (id integer PRIMARY KEY, x integer NOT NULL REFERENCES x);
         INSERT INTO a VALUES (1, 1, 'old'), (7, 7, 'extra'); INSERT INTO b VALUES (1, 1, 'old'), (7, 7, 'extra');
         INSERT INTO x VALUES (1, 1); INSERT INTO y VALUES (1, 1); INSERT INTO z VALUES (1, 1);
         ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; ALTER TABLE x ADD FOREIGN KEY (y) REFERENCES y;
         ALTER TABLE y ADD FOREIGN KEY (z) REFERENCES z;",
    );
    let dump = [
        inserts("public.a", "id, b, v", &["1, 2, 'one'", "2, 1, 'two'"]),
        inserts("public.x", "id, y", &["1, 2", "2, 1"]),
        inserts("public.y", "id, z, a", &["1, 2, 2", "2, 1, 1"]),
        inserts("public.z", "id, x", &["1, 2", "2, 1"]),
        inserts("public.b", "id, a, v", &["1, 2, 'one'", "2, 1, 'two'"]),
    ];
    target.merge(&dump.concat());
    assert_eq!(
        target.rows("SELECT * FROM public.a ORDER BY id"),
        ["1|2|one", "2|1|two", "7|7|extra"]
    );
    assert_eq!(
        target.rows("SELECT * FROM public.b ORDER BY id"),
        ["1|2|one", "2|1|two", "7|7|extra"]
    );
    assert_eq!(target.rows("SELECT * FROM public.x ORDER BY id"), ["1|2", "2|1"]);
    assert_eq!(target.rows("SELECT * FROM public.y ORDER BY id"), ["1|2|2", "2|1|1"]);
    assert_eq!(target.rows("SELECT * FROM public.z ORDER BY id"), ["1|2", "2|1"]);
}

#[test]
fn partitioned_on_both_sides() {
    let target = Target::new(
        "CREATE TABLE z_parent (id integer PRIMARY KEY, v text) PARTITION BY HASH (id);
         CREATE TABLE z_parent_0 PARTITION OF z_parent FOR VALUES WITH (MODULUS 2, REMAINDER 0);
         CREATE TABLE z_parent_1 PARTITION OF z_parent FOR VALUES WITH (MODULUS 2, REMAINDER 1);
         CREATE TABLE a_child (id integer, at date, parent integer NOT NULL REFERENCES z_parent, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
         CREATE TABLE a_child_old PARTITION OF a_child FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
         CREATE TABLE a_child_new PARTITION OF a_child FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
         INSERT INTO z_parent VALUES (1, 'old'), (50, 'extra'); INSERT INTO a_child VALUES (1, '2023-05-05', 50), (9, '2024-05-05', 50);",
    );
    let leaf = |name: &str, remainder: usize| {
        let query = format!(
            "SELECT g FROM generate_series(1, 6) AS g WHERE satisfies_hash_partition('public.z_parent'::regclass, 2, {remainder}, g)"
        );
        let ids = target.rows(&query);
        let rows: Vec<String> = ids.iter().map(|id| format!("{id}, 'new'")).collect();
        inserts(name, "id, v", &rows.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let dump = [
        inserts(
            "public.a_child_new",
            "id, at, parent",
            &["2, '2024-02-02', 2", "3, '2024-03-03', 5"],
        ),
        inserts("public.a_child_old", "id, at, parent", &["1, '2023-05-05', 1"]),
        leaf("public.z_parent_0", 0),
        leaf("public.z_parent_1", 1),
    ];
    target.merge(&dump.concat());
    let expected = ["1|2023-05-05|1", "2|2024-02-02|2", "3|2024-03-03|5", "9|2024-05-05|50"];
    assert_eq!(target.rows("SELECT * FROM public.a_child ORDER BY id"), expected);
    let parents = "SELECT count(*) FILTER (WHERE v = 'new'), count(*) FROM public.z_parent";
    assert_eq!(target.rows(parents), ["6|7"]);
}

#[test]
fn a_referenced_value_changes() {
    let schema = "CREATE TABLE parent (id integer PRIMARY KEY, code text NOT NULL UNIQUE);
         CREATE TABLE child (id integer PRIMARY KEY, code text NOT NULL REFERENCES parent (code));
         CREATE TABLE grandchild (id integer PRIMARY KEY, child integer REFERENCES child);
         INSERT INTO parent VALUES (1, 'old'), (2, 'same'); INSERT INTO child VALUES (10, 'old');";
    let dump = [
        inserts("public.grandchild", "id, child", &["100, 11"]),
        inserts("public.child", "id, code", &["10, 'new'", "11, 'same'"]),
        inserts("public.parent", "id, code", &["1, 'new'", "2, 'same'", "3, 'old'"]),
    ];
    let target = Target::new(schema);
    target.merge(&dump.concat());
    assert_eq!(
        target.rows("SELECT * FROM public.parent ORDER BY id"),
        ["1|new", "2|same", "3|old"]
    );
    assert_eq!(
        target.rows("SELECT * FROM public.child ORDER BY id"),
        ["10|new", "11|same"]
    );
    assert_eq!(target.rows("SELECT * FROM public.grandchild"), ["100|11"]);

    // A row that only the target has still refers to the value that goes.
    let target = Target::new(schema);
    target.db.execute("INSERT INTO child VALUES (99, 'old')");
    let parents = inserts("public.parent", "id, code", &["1, 'new'"]);
    let message = target.refuses(&parents, "23503");
    assert!(
        message.contains("nothing was changed") && message.contains("parent"),
        "{message}"
    );
}

#[test]
fn unique_values_move() {
    let schema = "CREATE TABLE nullable (id integer PRIMARY KEY, slug text UNIQUE, pos integer UNIQUE, v text);
         CREATE TABLE chain (id integer PRIMARY KEY, slug text NOT NULL UNIQUE);
         CREATE TABLE deferred (id integer PRIMARY KEY, pos integer NOT NULL UNIQUE DEFERRABLE);
         INSERT INTO nullable VALUES (1, 'a', 1, 'old'), (2, 'b', 2, 'old'), (3, 'c', 3, 'old'), (9, 'extra', 9, 'extra');
         INSERT INTO chain VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO deferred VALUES (1, 1), (2, 2), (3, 3);";
    let dump = [
        inserts(
            "public.nullable",
            "id, slug, pos, v",
            &[
                "1, 'b', 3, 'new'",
                "2, 'a', 1, 'new'",
                "3, NULL, 2, 'new'",
                "4, 'c', 4, 'new'",
            ],
        ),
        inserts("public.chain", "id, slug", &["1, 'b'", "2, 'c'", "3, 'd'", "4, 'a'"]),
        inserts("public.deferred", "id, pos", &["1, 2", "2, 3", "3, 1"]),
    ];
    let target = Target::new(schema);
    target.merge(&dump.concat());
    let expected = ["1|b|3|new", "2|a|1|new", "3||2|new", "4|c|4|new", "9|extra|9|extra"];
    assert_eq!(target.rows("SELECT * FROM public.nullable ORDER BY id"), expected);
    assert_eq!(
        target.rows("SELECT * FROM public.chain ORDER BY id"),
        ["1|b", "2|c", "3|d", "4|a"]
    );
    assert_eq!(
        target.rows("SELECT * FROM public.deferred ORDER BY id"),
        ["1|2", "2|3", "3|1"]
    );
}
