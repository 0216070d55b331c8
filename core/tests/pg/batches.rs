//! Style batches: what many rows in one statement can do that single ones cannot, and what they must not do.

use dumpsert::{Options, Style};

use crate::support::{Random, Target, inserts, script};

/// A target for scripts of style batches.
fn target(sql: &str, rows: usize) -> Target {
    Target {
        options: Options::new().with_style(Style::Batches).with_batch_rows(rows),
        ..Target::new(sql)
    }
}

const TREE: &str = "CREATE TABLE tree (id integer PRIMARY KEY, parent integer REFERENCES tree, v text);
    INSERT INTO tree VALUES (1, NULL, 'old'), (2, NULL, 'old'), (9, 1, 'extra');";

const CHILDREN_FIRST: [&str; 4] = ["4, 3, 'd'", "3, 2, 'c'", "2, 1, 'b'", "1, NULL, 'a'"];

/// Foreign keys are checked at the end of a statement, so within one the order does not matter.
#[test]
fn a_child_before_its_parent() {
    let dump = inserts("public.tree", "id, parent, v", &CHILDREN_FIRST);
    let target = target(TREE, 4);
    for _ in 0..2 {
        target.run(&dump).expect_success();
        let expected = ["1||a", "2|1|b", "3|2|c", "4|3|d", "9|1|extra"];
        assert_eq!(target.rows("SELECT * FROM public.tree ORDER BY id"), expected);
    }
    // In any order, as long as all is one batch.
    let nodes: Vec<String> = (1..=300).map(|id| format!("{id}, {}, 'new'", (id + 1) / 2)).collect();
    let mut rows: Vec<&str> = nodes.iter().map(String::as_str).collect();
    Random(5).shuffle(&mut rows);
    let many = Target {
        options: Options::new().with_style(Style::Batches),
        ..target
    };
    many.run(&inserts("public.tree", "id, parent, v", &rows))
        .expect_success();
    let wrong = "SELECT FROM public.tree WHERE v <> 'new' OR parent <> (id + 1) / 2";
    assert_eq!((many.rows("TABLE public.tree").len(), many.rows(wrong).len()), (300, 0));
}

/// Where the parent comes in a later statement, the foreign key waits as it does row by row.
#[test]
fn a_child_in_a_batch_before_that_of_its_parent() {
    let target = target(TREE, 3);
    let dump = inserts(
        "public.tree",
        "id, parent, v",
        &["5, 4, 'e'", "6, 1, 'f'", "7, 1, 'g'", "4, 1, 'd'"],
    );
    for _ in 0..2 {
        target.run(&dump).expect_success();
        let expected = ["1||old", "2||old", "4|1|d", "5|4|e", "6|1|f", "7|1|g", "9|1|extra"];
        assert_eq!(target.rows("SELECT * FROM public.tree ORDER BY id"), expected);
    }
}

/// PostgreSQL refuses a statement that touches a row twice (21000): the later row begins another one, and it wins.
#[test]
fn the_same_key_twice() {
    let target = target(
        "CREATE TABLE one (id integer PRIMARY KEY, v text); CREATE TABLE two (a integer, b text, v text, PRIMARY KEY (b, a));
         INSERT INTO one VALUES (1, 'old'), (9, 'extra');",
        1000,
    );
    let options = |style| {
        let options = Options::new().with_style(style);
        options.with_key("public.two=b,a").unwrap()
    };
    let dump = [
        inserts(
            "public.one",
            "id, v",
            &["1, 'a'", "2, 'b'", "1, 'c'", "1, 'd'", "2, NULL"],
        ),
        inserts(
            "public.two",
            "a, b, v",
            &["1, 'x', 'a'", "1, 'y', 'b'", "1, 'x', 'c'", "2, 'x', 'd'"],
        ),
        "COPY public.two (v, b, a) FROM stdin;\ne\tx\t2\nf\tz\t1\ng\tx\t2\n\\.\n".to_owned(),
    ];
    for style in [Style::Batches, Style::Rows] {
        let script = script(dump.concat().as_bytes(), options(style));
        for _ in 0..2 {
            target.db.psql(&script).expect_success();
            assert_eq!(
                target.rows("SELECT * FROM public.one ORDER BY id"),
                ["1|d", "2|", "9|extra"]
            );
            assert_eq!(
                target.rows("SELECT * FROM public.two ORDER BY a, b"),
                ["1|x|c", "1|y|b", "1|z|f", "2|x|g"]
            );
        }
        target
            .db
            .execute("TRUNCATE two; DELETE FROM one WHERE id = 2; UPDATE one SET v = 'old' WHERE id = 1");
    }
}
