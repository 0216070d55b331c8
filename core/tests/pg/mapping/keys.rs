//! Mapped keys beside the other options: foreign keys of options, mappings that are kept, partitions, guards, pruning.

use dumpsert::{OnGuard, Options};

use super::target;
use crate::support::inserts;

#[test]
fn foreign_keys_of_options_are_followed() {
    let target = target(
        "CREATE TABLE orders (id uuid PRIMARY KEY, number text UNIQUE); CREATE TABLE users (id uuid PRIMARY KEY, name text);
         CREATE TABLE notes (id integer PRIMARY KEY, kind text, target text, author uuid);
         INSERT INTO orders VALUES ('00000000-0000-0000-0000-00000000000a', 'A');
         INSERT INTO users VALUES ('00000000-0000-0000-0000-00000000000b', 'b');",
        &["public.orders=number", "public.users=name"],
    )
    .with(|options: Options| {
        let options = options.with_foreign_key("public.notes (target) REFERENCES public.orders (id) WHERE kind = 'order'").unwrap();
        options.with_foreign_key("public.notes (author) REFERENCES public.users (id)").unwrap()
    });
    let one = "'00000000-0000-0000-0000-000000000001'";
    let dump = inserts("public.orders", "id, number", &[&format!("{one}, 'A'")])
        + &inserts("public.users", "id, name", &[&format!("{one}, 'b'")])
        + &inserts(
            "public.notes",
            "id, kind, target, author",
            &[
                &format!("1, 'order', {one}, {one}"),
                &format!("2, 'other', {one}, NULL"),
                "3, 'order', NULL, NULL",
            ],
        );
    target.merge(&dump);
    assert_eq!(
        target.rows("SELECT id, right(target, 1), right(author::text, 1) FROM notes ORDER BY id"),
        ["1|a|b", "2|1|", "3||"]
    );
}

#[test]
fn a_table_of_mappings_finds_renamed_rows_again() {
    let target = target(
        "CREATE SCHEMA app; CREATE TABLE cats (id integer PRIMARY KEY, name text UNIQUE); CREATE TABLE goods (id integer PRIMARY KEY, cat integer REFERENCES cats);
         INSERT INTO cats VALUES (7, 'a'), (1, 'stranger');",
        &["public.cats=name"],
    )
    .with(|options| options.with_mapping_table("app.id_map").unwrap());
    let dump = |name: &str| {
        inserts("public.cats", "id, name", &[&format!("1, '{name}'"), "2, 'b'"])
            + &inserts("public.goods", "id, cat", &["1, 1", "2, 2"])
    };
    target.merge(&dump("a"));
    assert_eq!(
        target.rows("TABLE app.id_map ORDER BY 2"),
        ["public.cats|{1}|{7}", "public.cats|{2}|{2}"]
    );
    target.merge(&dump("renamed"));
    target.merge(&dump("renamed").replace("2, 'b'", "2, 'renamed as well'"));
    assert_eq!(
        target.rows("TABLE cats ORDER BY id"),
        ["1|stranger", "2|renamed as well", "7|renamed"]
    );
    assert_eq!(target.rows("TABLE goods ORDER BY id"), ["1|7", "2|2"]);
}

#[test]
fn rows_may_belong_to_another_partition_then() {
    let target = target(
        "CREATE TABLE tenants (id integer PRIMARY KEY, slug text UNIQUE);
         CREATE TABLE events (tenant integer REFERENCES tenants, id integer, name text, PRIMARY KEY (tenant, id)) PARTITION BY LIST (tenant);
         CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1); CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
         CREATE TABLE marks (id integer PRIMARY KEY, tenant integer, event integer, FOREIGN KEY (tenant, event) REFERENCES events);
         INSERT INTO tenants VALUES (1, 'b'), (2, 'a'); INSERT INTO events VALUES (2, 9, 'x');",
        &["public.tenants=slug", "public.events=tenant,name"],
    );
    let dump = inserts("public.tenants", "id, slug", &["1, 'a'", "2, 'b'"])
        + &inserts("public.events_1", "tenant, id, name", &["1, 1, 'x'", "1, 2, 'y'"])
        + &inserts("public.events_2", "tenant, id, name", &["2, 1, 'z'"])
        + &inserts("public.marks", "id, tenant, event", &["1, 1, 1", "2, 1, 2", "3, 2, 1"]);
    target.merge(&dump);
    assert_eq!(
        target.rows("SELECT tableoid::regclass, * FROM events ORDER BY 2, 3"),
        ["events_1|1|1|z", "events_2|2|2|y", "events_2|2|9|x"]
    );
    assert_eq!(target.rows("TABLE marks ORDER BY id"), ["1|2|9", "2|2|2", "3|1|1"]);
}

#[test]
fn guards_compare_the_rows_that_were_recognised() {
    let target = target(
        "CREATE TABLE shops (id integer PRIMARY KEY, slug text UNIQUE); CREATE TABLE cats (id integer PRIMARY KEY, shop integer REFERENCES shops, name text UNIQUE, v integer);
         INSERT INTO shops VALUES (1, 'b'), (2, 'a'); INSERT INTO cats VALUES (5, 2, 'x', 0), (6, 1, 'y', 0);",
        &["public.shops=slug", "public.cats=name"],
    )
    .with(|options| options.with_guard("public.cats=shop").unwrap());
    let dump = |row: &str| {
        inserts("public.shops", "id, slug", &["1, 'a'", "2, 'b'"])
            + &inserts("public.cats", "id, shop, name, v", &["1, 1, 'x', 1", row])
    };
    target.merge(&dump("2, 2, 'y', 1"));
    assert_eq!(target.rows("TABLE cats ORDER BY id"), ["5|2|x|1", "6|1|y|1"]);
    let message = target.refuses(&dump("2, 1, 'y', 2"), "23000");
    assert!(message.contains("is not taken over"), "{message}");
    let target = target.with(|options| options.with_on_guard(OnGuard::Skip));
    // What references a row that is refused would be given to a stranger.
    target
        .db
        .execute("CREATE TABLE goods (id integer PRIMARY KEY, cat integer REFERENCES cats)");
    let goods = |cat| dump("2, 1, 'y', 2") + &inserts("public.goods", "id, cat", &["1, 1", cat]);
    let message = target.refuses(&goods("2, 2"), "23000");
    assert!(
        message.contains("to rows of public.cats that belong to another shop here"),
        "{message}"
    );
    target.run(&goods("2, 1")).expect_success();
    // Refused rows are told in every run.
    for _ in 0..2 {
        let run = target.run(&dump("2, 1, 'y', 2")).expect_success();
        assert!(run.stdout.contains(r#""refused": 1"#), "{}", run.stdout);
    }
    assert_eq!(target.rows("TABLE cats ORDER BY id"), ["5|2|x|1", "6|1|y|1"]);
}

#[test]
fn columns_that_hold_mapped_keys_without_a_foreign_key_are_told() {
    let target = target(
        "CREATE TABLE units (id uuid PRIMARY KEY, name text UNIQUE); CREATE TABLE tags (id integer PRIMARY KEY, name text UNIQUE);
         CREATE TABLE goods (id integer PRIMARY KEY, unit uuid, \"tagId\" integer, amount integer);
         INSERT INTO units VALUES ('00000000-0000-0000-0000-00000000000a', 'm'); INSERT INTO tags VALUES (7, 'x');",
        &["public.units=name", "public.tags=name"],
    );
    let dump = inserts(
        "public.units",
        "id, name",
        &["'00000000-0000-0000-0000-000000000001', 'm'"],
    ) + &inserts("public.tags", "id, name", &["1, 'x'", "2, 'y'"])
        + &inserts(
            "public.goods",
            "id, unit, \"tagId\", amount",
            &["1, '00000000-0000-0000-0000-000000000001', 1, 1", "2, NULL, 2, 1"],
        );
    let run = target.run(&dump).expect_success();
    for told in [
        "1 values of public.goods.unit are keys of public.units that are others here",
        r#"--foreign-key 'public.goods (\"tagId\") REFERENCES public.tags (id)'"#,
    ] {
        assert!(run.stdout.contains(told), "{}", run.stdout);
    }
    assert!(!run.stdout.contains("amount"), "{}", run.stdout);
    assert_eq!(target.rows("SELECT \"tagId\" FROM goods ORDER BY id"), ["1", "2"]);
}

#[test]
fn a_key_in_another_order_than_its_columns_is_told_by_name() {
    let target = target(
        "CREATE TABLE tenants (id integer PRIMARY KEY, slug text UNIQUE); CREATE TABLE t (a integer, b integer REFERENCES tenants, name text, PRIMARY KEY (b, a));
         CREATE TABLE u (id integer PRIMARY KEY, b integer, a integer, FOREIGN KEY (b, a) REFERENCES t);
         INSERT INTO tenants VALUES (4, 'x'); INSERT INTO t VALUES (7, 4, 'n');",
        &["public.tenants=slug", "public.t=b,name"],
    )
    .with(|options| options.with_mapping_table("public.id_map").unwrap());
    let dump = inserts("public.tenants", "id, slug", &["1, 'x'"])
        + &inserts("public.t", "a, b, name", &["2, 1, 'n'", "3, 1, 'm'"])
        + &inserts("public.u", "id, b, a", &["1, 1, 2", "2, 1, 3"]);
    let run = target.run(&dump).expect_success();
    assert!(
        run.stdout
            .contains(r#""key": ["a", "b"], "rows": [{"to": ["7", "4"], "from": ["2", "1"]}"#),
        "{}",
        run.stdout
    );
    target.merge(&dump);
    assert_eq!(target.rows("TABLE t ORDER BY a"), ["3|4|m", "7|4|n"]);
    assert_eq!(target.rows("TABLE u ORDER BY id"), ["1|4|7", "2|4|3"]);
    assert_eq!(
        target.rows("SELECT source_key, target_key FROM id_map WHERE table_name = 'public.t' ORDER BY 1"),
        ["{2,1}|{7,4}", "{3,1}|{3,4}"]
    );
}
