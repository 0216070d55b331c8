//! Keys that options declare, style staged: with an index for them on the target, with another one, and with none.

use dumpsert::{NoKey, OnGuard};

use crate::support::{Target, inserts};

/// A target whose tables have these keys by option.
fn target(schema: &str, keys: &[&str]) -> Target {
    let mut target = Target::new(schema);
    for key in keys {
        target.options = target.options.with_key(key).unwrap();
    }
    target
}

#[test]
fn without_an_index_rows_are_recognised_by_it() {
    let target = target(
        "CREATE TABLE t (k integer NOT NULL, v text, n numeric);
         INSERT INTO t VALUES (1, 'old', 1), (2, 'same', 2), (9, 'extra', 9), (9, 'extra', 9);",
        &["public.t=k"],
    );
    let dump = inserts(
        "public.t",
        "k, v, n",
        &["1, 'new', 1.0", "2, 'same', 2", "3, 'more', 3"],
    );
    let run = target.run(&dump).expect_success();
    for count in ["\"inserted\": 1", "\"updated\": 1", "\"unchanged\": 1"] {
        assert!(run.stdout.contains(count), "{}", run.stdout);
    }
    target.merge(&dump);
    assert_eq!(
        target.rows("SELECT * FROM public.t ORDER BY k"),
        ["1|new|1.0", "2|same|2", "3|more|3", "9|extra|9", "9|extra|9"]
    );
}

#[test]
fn equality_is_that_of_the_type_and_of_the_collation() {
    let target = target(
        "CREATE EXTENSION citext;
         CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE DOMAIN level AS numeric CHECK (VALUE > 0);
         CREATE TABLE t (a citext NOT NULL, b text COLLATE ci NOT NULL, c level NOT NULL, d integer[], e int4range, v text);
         INSERT INTO t VALUES ('A@x', 'Bee', 1.0, '{1}', '[1,2]', 'old'), ('b', 'b', 2, '{2}', '[1,2]', 'extra');",
        &["public.t=a,b,c,d,e"],
    );
    target.merge(&inserts(
        "public.t",
        "a, b, c, d, e, v",
        &[
            "'a@X', 'bEE', 1.00, '{1}', '[1,3)', 'new'",
            "'a@X', 'bEE', 1.00, '{2}', '[1,3)', 'more'",
        ],
    ));
    assert_eq!(
        target.rows("SELECT * FROM public.t ORDER BY d, v COLLATE \"C\""),
        [
            "a@X|bEE|1.00|{1}|[1,3)|new",
            "b|b|2|{2}|[1,3)|extra",
            "a@X|bEE|1.00|{2}|[1,3)|more"
        ]
    );
}

#[test]
fn it_goes_before_the_keys_of_the_target() {
    // By the primary key these rows would be others.
    let schema = "CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL, v text);
         INSERT INTO users VALUES (1, 'a@x', 'old'), (2, 'b@x', 'old'), (9, 'extra@x', 'extra');";
    for unique in [
        "",
        "CREATE UNIQUE INDEX ON users (email);",
        "CREATE UNIQUE INDEX ON users (email) WHERE v <> 'x';",
    ] {
        let target = target(&format!("{schema}{unique}"), &["users=email"]);
        let dump = inserts(
            "public.users",
            "id, email, v",
            &["2, 'a@x', 'new'", "1, 'b@x', 'new'", "3, 'c@x', 'new'"],
        );
        target.merge(&dump);
        assert_eq!(
            target.rows("SELECT * FROM public.users ORDER BY id"),
            ["1|b@x|new", "2|a@x|new", "3|c@x|new", "9|extra@x|extra"],
            "{unique}"
        );
    }
}

#[test]
fn two_rows_under_one_key_are_refused() {
    let target = target(
        "CREATE TABLE t (k text, l integer, v text); INSERT INTO t VALUES ('a', 1, 'x'), ('a', 1, 'y'), ('a', 1, 'z'), ('b', 1, 'x');",
        &["public.t=k,l"],
    );
    // Nothing would be written for it, and it is said all the same.
    for row in ["'a', 1, 'x'", "'a', 1, 'new'"] {
        let message = target.refuses(&inserts("public.t", "k, l, v", &[row]), "21000");
        assert!(
            message.contains("t has 3 rows with the declared key (k, l) = (a, 1); nothing was changed"),
            "{message}"
        );
        assert!(message.contains("SELECT k, l, count(*) FROM public.t"), "{message}");
    }
    let message = target.refuses(
        &inserts("public.t", "k, l, v", &["'c', 1, 'x'", "'c', 1, 'y'"]),
        "21000",
    );
    assert!(
        message.contains("the dump has more than one row of public.t with the declared key (k, l) = (c, 1)"),
        "{message}"
    );
    // The dump has no row of theirs.
    target.merge(&inserts("public.t", "k, l, v", &["'b', 1, 'new'"]));
    // What the message says: another key, or the rows merged by hand.
    target.db.execute("DELETE FROM public.t WHERE v IN ('y', 'z')");
    target.merge(&inserts("public.t", "k, l, v", &["'a', 1, 'new'"]));
    assert_eq!(target.rows("SELECT * FROM public.t ORDER BY k"), ["a|1|new", "b|1|new"]);
}

#[test]
fn rows_with_null_in_it_have_no_key() {
    let schema = "CREATE TABLE t (k integer, v text); INSERT INTO t VALUES (NULL, 'a'), (1, 'old');";
    for unique in ["", "CREATE UNIQUE INDEX ON t (k);"] {
        let rows = ["NULL, 'a'", "NULL, 'b'", "NULL, 'b'", "1, 'new'", "2, 'more'"];
        let dump = inserts("public.t", "k, v", &rows);
        let made = |no_key: Option<NoKey>| {
            let mut target = target(&format!("{schema}{unique}"), &["public.t=k"]);
            if let Some(no_key) = no_key {
                target.options = target.options.with_no_key(no_key);
            }
            target
        };
        let all = "SELECT coalesce(k::text, '-') || v FROM public.t ORDER BY 1";
        let matched = made(None);
        matched.merge(&dump);
        assert_eq!(matched.rows(all), ["-a", "-b", "-b", "1new", "2more"], "{unique}");

        let skipped = made(Some(NoKey::Skip));
        let run = skipped.run(&dump).expect_success();
        assert!(
            run.stdout
                .contains("3 rows of public.t have no value in the declared key (k): they are left out"),
            "{}",
            run.stdout
        );
        skipped.merge(&dump);
        assert_eq!(skipped.rows(all), ["-a", "1new", "2more"], "{unique}");

        // Each run inserts them, and no row with a key twice.
        let inserted = made(Some(NoKey::Insert));
        inserted.run(&dump).expect_success();
        inserted.run(&dump).expect_success();
        assert_eq!(
            inserted.rows(all),
            ["-a", "-a", "-a", "-b", "-b", "-b", "-b", "1new", "2more"],
            "{unique}"
        );

        let refused = made(Some(NoKey::Error));
        let message = refused.refuses(&dump, "42P10");
        assert!(
            message.contains("3 rows of public.t have no value in the declared key (k)"),
            "{message}"
        );
        refused.merge(&inserts("public.t", "k, v", &["1, 'new'"]));
    }
    // Into an empty table, by a plain INSERT.
    let mut empty = target("CREATE TABLE t (k integer, v text);", &["public.t=k"]);
    empty.options = empty.options.with_no_key(NoKey::Insert);
    empty
        .run(&inserts("public.t", "k, v", &["NULL, 'a'", "1, 'b'"]))
        .expect_success();
    assert_eq!(empty.rows("SELECT v FROM public.t ORDER BY v"), ["a", "b"]);
}

#[test]
fn null_is_a_value_where_an_index_says_so() {
    let target = target(
        "CREATE TABLE t (k integer, v text, UNIQUE NULLS NOT DISTINCT (k)); INSERT INTO t VALUES (NULL, 'old');",
        &["public.t=k"],
    );
    target.merge(&inserts("public.t", "k, v", &["NULL, 'new'", "1, 'one'"]));
    assert_eq!(target.rows("SELECT v FROM public.t ORDER BY k"), ["one", "new"]);
}

#[test]
fn names_that_are_wrong_are_told() {
    let schema = "CREATE TABLE t (id integer, \"Code\" text, doc json);";
    let dump = inserts("public.t", "id, \"Code\"", &["1, 'a'"]);
    for (key, state, says) in [
        ("t=code", "42703", "Did you mean"),
        ("t=nothing", "42703", "which has no column nothing here"),
        ("t=doc", "42703", "the dump does not bring doc"),
    ] {
        let message = target(schema, &[key]).refuses(&dump, state);
        assert!(message.contains(says), "{message}");
    }
    let dump = inserts("public.t", "id, doc", &["1, '{}'"]);
    let message = target(schema, &["t=doc"]).refuses(&dump, "42883");
    assert!(message.contains("a column of it cannot be compared"), "{message}");
    // Each message says to choose others.
    target(schema, &["t=id"]).merge(&dump);
    target(schema, &["t=\"Code\""]).merge(&inserts("public.t", "id, \"Code\"", &["1, 'a'"]));
}

#[test]
fn a_view_has_no_key() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE VIEW w AS SELECT * FROM t; INSERT INTO t VALUES (1, 'old');";
    let dump = inserts("public.w", "id, v", &["1, 'old'", "2, 'new'"]);
    let mut view = target(schema, &["w=id"]);
    view.options = view.options.with_allow_relation("w").unwrap();
    let message = view.refuses(&dump, "0A000");
    assert!(
        message.contains("the key (id) is declared for the view public.w"),
        "{message}"
    );
    let mut without = Target::new(schema);
    without.options = without.options.with_allow_relation("w").unwrap();
    without.merge(&dump);
    assert_eq!(without.rows("SELECT * FROM public.t ORDER BY id"), ["1|old", "2|new"]);
}

#[test]
fn partitions_have_the_key_of_their_table() {
    let schema = "CREATE TABLE p (id integer, at date, v text) PARTITION BY RANGE (at);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
         CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
         INSERT INTO p VALUES (1, '2024-05-05', 'old'), (2, '2024-05-05', 'moves'), (9, '2025-05-05', 'extra');";
    let dump = [
        inserts(
            "public.p_1",
            "id, at, v",
            &["1, '2024-05-05', 'new'", "3, '2024-06-06', 'more'"],
        ),
        inserts("public.p_2", "id, at, v", &["2, '2025-05-05', 'moved'"]),
    ];
    // A row with this key may be in another partition here.
    let moves = target(schema, &["p=id"]);
    moves.merge(&dump.concat());
    assert_eq!(
        moves.rows("SELECT tableoid::regclass, id, v FROM public.p ORDER BY id"),
        ["p_1|1|new", "p_2|2|moved", "p_1|3|more", "p_2|9|extra"]
    );
    let stays = target(schema, &["p=id,at"]);
    stays.merge(&dump.concat());
    assert_eq!(
        stays.rows("SELECT id, v FROM public.p ORDER BY id, v"),
        ["1|new", "2|moved", "2|moves", "3|more", "9|extra"]
    );
}

#[test]
fn guards_hold_and_foreign_keys_follow() {
    let schema = "CREATE TABLE parent (id integer PRIMARY KEY, v text);
         CREATE TABLE t (k integer, owner text, parent integer REFERENCES parent, up integer, v text);
         INSERT INTO parent VALUES (1, 'x'); INSERT INTO t VALUES (1, 'me', 1, NULL, 'old'), (2, 'you', 1, 1, 'old');";
    let dump = [
        inserts(
            "public.t",
            "k, owner, parent, up, v",
            &[
                "1, 'me', 2, 3, 'new'",
                "2, 'me', 2, 1, 'new'",
                "3, 'me', 2, NULL, 'new'",
            ],
        ),
        inserts("public.parent", "id, v", &["2, 'y'"]),
    ];
    let mut target = target(schema, &["t=k"]);
    target.options = target.options.with_guard("t=owner").unwrap();
    let message = target.refuses(&dump.concat(), "23000");
    assert!(
        message.contains("the row (k) = (2) of public.t has (owner) = (you) here"),
        "{message}"
    );
    target.options = target.options.with_on_guard(OnGuard::Skip);
    for _ in 0..2 {
        target.run(&dump.concat()).expect_success();
        assert_eq!(
            target.rows("SELECT * FROM public.t ORDER BY k"),
            ["1|me|2|3|new", "2|you|1|1|old", "3|me|2||new"]
        );
    }
    // Rows without the guard's column could take over anybody's.
    let mut unguarded = Target::new(schema);
    unguarded.options = unguarded.options.with_key("t=k").unwrap().with_guard("owner").unwrap();
    let message = unguarded.refuses(&inserts("public.t", "k, v", &["2, 'new'"]), "42703");
    assert!(
        message.contains("is guarded by owner, which the dump does not bring"),
        "{message}"
    );
}

/// By a nested loop these would be 1.6 billion comparisons.
#[test]
fn many_rows_without_an_index() {
    let rows = 40_000;
    {
        let target = target("CREATE TABLE t (k integer, v text);", &["public.t=k"]);
        target.db.execute(&format!(
            "INSERT INTO t SELECT g, 'old' FROM generate_series(1, {rows}) AS g"
        ));
        let lines: String = (rows / 2..rows / 2 + rows).map(|k| format!("{k}\tnew\n")).collect();
        let dump = format!("COPY public.t (k, v) FROM stdin;\n{lines}\\.\n");
        target.run(&dump).expect_success();
        assert_eq!(
            target.rows("SELECT count(*), min(v), max(k) FROM public.t WHERE v = 'new'"),
            [format!("{rows}|new|{}", rows / 2 + rows - 1)]
        );
    }
}
