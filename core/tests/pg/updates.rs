//! Which rows and columns of the target an upsert changes.

use dumpsert::{Catalog, Options, Style, Update};
use dumpsert_testkit::Cluster;

use crate::support::{Target, inserts, psql, rows, script, sqlstate};

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

const SCHEMA: &str = "CREATE TABLE public.t (id integer PRIMARY KEY, v text, doc json, changed timestamp);";

/// Merges three rows into a target that has two of them, the second one newer; returns all rows and how many versions
/// were written.
fn merge(style: Style, choose: impl Fn(Options) -> Options) -> (Vec<String>, usize) {
    let db = Cluster::shared().create_unique("updates");
    db.execute(SCHEMA);
    db.execute(
        "INSERT INTO public.t VALUES (1, 'old', '{}', '2024-01-01'), (2, 'own', '{}', '2026-01-01'),
                                     (3, 'same', '[1]', '2025-01-01'), (4, 'null', '1', NULL);",
    );
    let dumped = [
        "1, 'new', '[]', '2025-01-01'",
        "2, 'late', '[]', '2025-01-01'",
        "3, 'same', '[1]', '2025-01-01'",
        "4, 'filled', '2', '2025-01-01'",
        "5, 'added', NULL, NULL",
    ];
    let dump = inserts("public.t", "id, v, doc, changed", &dumped);
    let options = Options::new()
        .with_style(style)
        .with_catalog(Catalog::from_schema_sql(SCHEMA).unwrap())
        .unwrap();
    let before = db.row_versions();
    psql(&db, "postgres", &script(dump.as_bytes(), choose(options))).expect_success();
    let after = db.row_versions();
    let known: Vec<_> = before.values().flatten().collect();
    let written = after.values().flatten().filter(|row| !known.contains(row)).count();
    (rows(&db, "SELECT id, v, doc FROM public.t ORDER BY id"), written)
}

#[test]
fn policies() {
    let updated = ["1|new|[]", "2|late|[]", "3|same|[1]", "4|filled|2", "5|added|"];
    let newer = ["1|new|[]", "2|own|{}", "3|same|[1]", "4|filled|2", "5|added|"];
    let kept = ["1|old|{}", "2|own|{}", "3|same|[1]", "4|null|1", "5|added|"];
    for style in STYLES {
        let (rows, _) = merge(style, |options| options);
        assert_eq!(rows, updated);
        let (rows, written) = merge(style, |options| options.with_update(Update::Changed));
        assert_eq!(rows, updated);
        // Three updated, one inserted; the one that is the same gets no new version, but outside of style staged its lock
        // shows as well.
        assert_eq!(written, if style == Style::Staged { 4 } else { 5 });
        let (rows, _) = merge(style, |options| {
            options.with_update(Update::Newer("changed".to_owned()))
        });
        assert_eq!(rows, newer);
        let (rows, written) = merge(style, |options| options.with_update(Update::Nothing));
        assert_eq!(rows, kept);
        assert_eq!(written, 1);
        let own = |options: Options| {
            options
                .with_update(Update::Nothing)
                .with_table_update("public.t", Update::Always)
        };
        assert_eq!(merge(style, |options| own(options).unwrap()).0, updated);
    }
}

#[test]
fn columns() {
    let only = ["1|new|{}", "2|late|{}", "3|same|[1]", "4|filled|1", "5|added|"];
    for style in STYLES {
        assert_eq!(merge(style, |options| options.with_update_only("v").unwrap()).0, only);
        assert_eq!(
            merge(style, |options| options.with_update_never("public.t=doc").unwrap()).0,
            only
        );
        // What is said of a table goes before what is said of all.
        let both = |options: Options| {
            options
                .with_update_only("id")
                .unwrap()
                .with_update_only("public.t=v")
                .unwrap()
        };
        assert_eq!(merge(style, both).0, only);
    }
}

/// The table counts of a run in style staged: table, inserted, updated, unchanged, refused.
#[track_caller]
fn counts(target: &Target, dump: &str) -> Vec<(String, [u64; 4])> {
    let run = target.run(dump).expect_success();
    let result: serde_json::Value = serde_json::from_str(run.stdout.trim()).unwrap();
    let count = |table: &serde_json::Value, name: &str| table[name].as_u64().unwrap();
    let tables = result["tables"].as_array().unwrap().iter().map(|table| {
        let names = ["inserted", "updated", "unchanged", "refused"];
        (
            table["target"].as_str().unwrap().to_owned(),
            names.map(|name| count(table, name)),
        )
    });
    tables.collect()
}

fn staged(sql: &str, choose: impl Fn(Options) -> dumpsert::Result<Options>) -> Target {
    let mut target = Target::new(sql);
    target.options = choose(target.options).unwrap();
    target
}

#[test]
fn staged_counts_are_exact_and_a_second_run_writes_nothing() {
    let table = format!(
        "{SCHEMA} INSERT INTO t VALUES (1, 'old', '{{}}', '2024-01-01'), (2, 'own', '{{}}', '2026-01-01'), (3, 'same', '[1]', '2025-01-01'),
         (4, 'null', '1', NULL), (5, 'both', '1', NULL), (6, 'no', '1', '2020-01-01');"
    );
    let rows = [
        "1, 'new', '[]', '2025-01-01'",
        "2, 'late', '[]', '2025-01-01'",
        "3, 'same', '[1]', '2025-01-01'",
        "4, 'filled', '2', '2025-01-01'",
        "5, 'null', '2', NULL",
        "6, 'null', '2', NULL",
        "7, 'added', NULL, NULL",
    ];
    let dump = inserts("public.t", "id, v, doc, changed", &rows);
    let newer = Update::Newer("changed".to_owned());
    for (update, never, expected, after) in [
        (Update::Always, "", [1, 5, 1, 0], [0, 0, 7, 0]),
        (Update::Changed, "", [1, 5, 1, 0], [0, 0, 7, 0]),
        (Update::Nothing, "", [1, 0, 6, 0], [0, 0, 7, 0]),
        (newer.clone(), "", [1, 3, 3, 0], [0, 0, 7, 0]),
        (newer, "v,doc,changed", [1, 0, 6, 0], [0, 0, 7, 0]),
        (Update::Always, "changed", [1, 5, 1, 0], [0, 0, 7, 0]),
        (Update::Always, "changed,v,doc", [1, 0, 6, 0], [0, 0, 7, 0]),
    ] {
        let target = staged(&table, |options| match never {
            "" => Ok(options.with_update(update.clone())),
            never => options.with_update(update.clone()).with_update_never(never),
        });
        assert_eq!(
            counts(&target, &dump),
            [("public.t".to_owned(), expected)],
            "{update:?} {never}"
        );
        let versions = target.db.row_versions();
        assert_eq!(
            counts(&target, &dump),
            [("public.t".to_owned(), after)],
            "{update:?} {never}"
        );
        assert_eq!(target.db.row_versions(), versions);
    }
}

/// The order of a type is that of its own operator class: a domain, an enum, a citext, an array, and a column whose type
/// has a decoy of `<` in front.
#[test]
fn newer_in_every_type() {
    for (kind, smaller, larger) in [
        ("citext", "'B'", "'a_not_smaller'"),
        ("mood", "'sad'", "'happy'"),
        ("positive", "9", "10"),
        ("integer[]", "'{1,2}'", "'{1,3}'"),
        ("varchar(9) COLLATE \"C\"", "'B'", "'a'"),
        ("inet", "'9.0.0.1'", "'10.0.0.1'"),
        ("pair", "'(1,9)'", "'(2,1)'"),
    ] {
        // In a citext, b is larger than a_..., whatever the case of its letter.
        let (smaller, larger) = if kind == "citext" {
            (larger, smaller)
        } else {
            (smaller, larger)
        };
        let target = staged(
            &format!(
                "CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
                 CREATE TYPE pair AS (a integer, b integer);
                 CREATE FUNCTION decoy(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / 0 = 1';
                 CREATE OPERATOR public.< (LEFTARG = integer, RIGHTARG = integer, FUNCTION = decoy);
                 CREATE TABLE t (id integer PRIMARY KEY, at {kind}); INSERT INTO t VALUES (1, {smaller}), (2, {larger}), (3, NULL), (4, {smaller});"
            ),
            |options| Ok(options.with_update(Update::Newer("at".to_owned()))),
        );
        let rows = [
            &format!("1, {larger}"),
            &format!("2, {smaller}"),
            &format!("3, {smaller}"),
            "4, NULL",
        ];
        let dump = inserts("public.t", "id, at", &rows.map(|row| row as &str));
        assert_eq!(
            counts(&target, &dump),
            [("public.t".to_owned(), [0, 2, 2, 0])],
            "{kind}"
        );
        let expected = format!(
            "SELECT bool_and(at = CASE WHEN id < 3 THEN {larger}::{kind} ELSE {smaller}::{kind} END)::text FROM public.t"
        );
        assert_eq!(target.rows(&expected), ["true"], "{kind}");
    }
}

#[test]
fn newer_without_its_column() {
    let newer = |options: Options| Ok(options.with_update(Update::Newer("changed".to_owned())));
    let target = staged(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE TABLE log (v text);",
        newer,
    );
    let message = target.refuses(&inserts("public.t", "id, v", &["1, 'a'"]), "42703");
    assert!(
        message.contains("t has no column changed") && message.contains("another update policy"),
        "{message}"
    );
    // Nothing is ever updated in a table without a key.
    let mut target = target;
    target.options = target.options.with_no_key(dumpsert::NoKey::Insert);
    target.run(&inserts("public.log", "v", &["'a'"])).expect_success();
    // A type that has no order is found out before the first row is written as well.
    let target = staged(
        "CREATE TABLE t (id integer PRIMARY KEY, changed json); INSERT INTO t VALUES (1, '1');",
        newer,
    );
    let message = target.refuses(&inserts("public.t", "id, changed", &["1, '2'", "2, '3'"]), "42883");
    assert!(message.contains("type json"), "{message}");
}

/// Names that the target does not have are wrong ones, in every style.
#[test]
fn wrong_names() {
    let sql = "CREATE TABLE public.\"User\" (id integer PRIMARY KEY, \"Name\" text, \"createdAt\" timestamp);";
    type Choose = fn(Options) -> dumpsert::Result<Options>;
    let cases: [(Choose, &str, &str, &str); 6] = [
        (
            |o| o.with_table_update("public.user", Update::Nothing),
            "42P01",
            "public.\"user\"",
            "Did you mean public.\"User\"?",
        ),
        (
            |o| o.with_update_never("public.\"User\"=name"),
            "42703",
            "\"User\" has not",
            "Did you mean \"Name\"?",
        ),
        (
            |o| o.with_update_never("createdat"),
            "42703",
            "no table has",
            "Did you mean \"createdAt\"?",
        ),
        (
            |o| o.with_update_only("nonsense"),
            "42703",
            "no table has",
            "Names with capitals",
        ),
        (
            |o| o.with_guard("createdat"),
            "42703",
            "no table has",
            "Did you mean \"createdAt\"?",
        ),
        (
            |o| o.with_table_update("public.\"User\"", Update::Newer("createdat".into())),
            "42703",
            "\"User\" has not",
            "Did you mean",
        ),
    ];
    let dump = inserts(
        "public.\"User\"",
        "id, \"Name\", \"createdAt\"",
        &["1, 'a', '2024-01-01'"],
    );
    for style in STYLES {
        for (index, (choose, state, part, hint)) in cases.into_iter().enumerate() {
            // By the columns of the dump, the other styles see this one before the target does.
            if index == 5 && style != Style::Staged {
                continue;
            }
            let mut target = Target::new(sql);
            target.options = choose(Options::new().with_style(style)).unwrap();
            let message = target.refuses(&dump, state);
            assert!(message.contains(part) && message.contains(hint), "{style:?} {message}");
        }
    }
    // With a catalog they are found out when planning.
    for (choose, ..) in cases {
        let options = choose(
            Options::new()
                .with_catalog(Catalog::from_schema_sql(sql).unwrap())
                .unwrap(),
        )
        .unwrap();
        let error = options.build().unwrap_err();
        assert_eq!(error.kind(), dumpsert::ErrorKind::InvalidOption, "{error}");
    }
    // A policy for a table that is not in the dump does no harm.
    let target = staged(&format!("{sql} CREATE TABLE other (id integer);"), |options| {
        options.with_table_update("other", Update::Nothing)
    });
    target.merge(&dump);
}

/// A rule for a partitioned table holds for the partitions that a dump names instead.
#[test]
fn partitions() {
    let sql = "CREATE TABLE p (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
               CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
               CREATE TABLE p_leaf PARTITION OF p_low FOR VALUES FROM (0) TO (10); INSERT INTO p VALUES (1, 'old');";
    let dump = inserts("public.p_leaf", "id, v", &["1, 'new'", "2, 'added'"]);
    let catalog = Cluster::shared().create_unique("partitions");
    catalog.execute(sql);
    let catalog = Catalog::from_schema_sql(catalog.pg_dump(&["--schema-only"])).unwrap();
    for style in STYLES {
        let options = Options::new().with_style(style).with_catalog(catalog.clone()).unwrap();
        let mut target = Target::new(sql);
        target.options = options.clone().with_table_update("p", Update::Nothing).unwrap();
        target.run(&dump).expect_success();
        assert_eq!(
            target.rows("SELECT * FROM p ORDER BY id"),
            ["1|old", "2|added"],
            "{style:?}"
        );
        // What is said of the nearest table counts.
        target.options = target.options.with_table_update("p_low", Update::Always).unwrap();
        target.run(&dump).expect_success();
        assert_eq!(
            target.rows("SELECT * FROM p ORDER BY id"),
            ["1|new", "2|added"],
            "{style:?}"
        );
    }
}

/// Values of another unique key that change places, beside rows and columns that must stay as they are.
#[test]
fn exchanges_respect_the_rules() {
    let nullable = "CREATE TABLE t (id integer PRIMARY KEY, slot integer UNIQUE, at integer NOT NULL, own text);
        INSERT INTO t VALUES (1, 10, 1, 'a'), (2, 20, 1, 'b'), (3, 30, 9, 'c'), (4, 40, 1, 'd');";
    let not_null = &nullable.replace("slot integer", "slot integer NOT NULL");
    // Rows 1 and 2 exchange their slots; row 3 is older in the dump and keeps its own.
    let exchange = ["1, 20, 2, 'x'", "2, 10, 2, 'y'", "3, 31, 2, 'z'"];
    // Row 1 moves to the slot that row 2 leaves, in any order.
    let chain = ["1, 20, 2, 'x'", "2, 50, 2, 'y'", "3, 31, 2, 'z'"];
    for (sql, rows, expected) in [
        (nullable, exchange, ["1|20|2|a", "2|10|2|b", "3|30|9|c", "4|40|1|d"]),
        (not_null, chain, ["1|20|2|a", "2|50|2|b", "3|30|9|c", "4|40|1|d"]),
    ] {
        let target = staged(sql, |options| {
            options
                .with_update(Update::Newer("at".to_owned()))
                .with_update_never("own")
        });
        let dump = inserts("public.t", "id, slot, at, own", &rows);
        assert_eq!(counts(&target, &dump), [("public.t".to_owned(), [0, 2, 1, 0])]);
        assert_eq!(target.rows("SELECT * FROM t ORDER BY id"), expected);
        assert_eq!(counts(&target, &dump), [("public.t".to_owned(), [0, 0, 3, 0])]);
    }
    // A unique key of which one column may not be set, and one that may not be set at all.
    let target = staged(
        "CREATE TABLE t (id integer PRIMARY KEY, place text NOT NULL, slot integer, code integer UNIQUE, UNIQUE (place, slot));
         INSERT INTO t VALUES (1, 'here', 10, 1), (2, 'here', 20, 2);",
        |options| options.with_update_only("slot"),
    );
    target.merge(&inserts(
        "public.t",
        "id, place, slot, code",
        &["1, 'there', 20, 2", "2, 'there', 10, 1"],
    ));
    assert_eq!(
        target.rows("SELECT * FROM t ORDER BY id"),
        ["1|here|20|1", "2|here|10|2"]
    );
    // The row whose value is wanted stays as it is: that is an error, and nothing is lost.
    let target = staged(not_null, |options| {
        Ok(options.with_update(Update::Newer("at".to_owned())))
    });
    target.refuses(
        &inserts("public.t", "id, slot, at, own", &["1, 30, 2, 'x'", "3, 31, 2, 'z'"]),
        "23505",
    );
    let target = staged(nullable, |options| {
        Ok(options.with_update(Update::Newer("at".to_owned())))
    });
    target.refuses(
        &inserts("public.t", "id, slot, at, own", &["1, 30, 2, 'x'", "3, 31, 2, 'z'"]),
        "23505",
    );
}

/// Names that are not ASCII, in a dump that is not in UTF-8.
#[test]
fn names_in_another_encoding() {
    let sql = "CREATE TABLE \"Käse\" (id integer PRIMARY KEY, \"größe\" text, v text); INSERT INTO \"Käse\" VALUES (1, 'klein', 'alt');";
    let source = Cluster::shared().create_unique("latin");
    source.execute(sql);
    source.execute("UPDATE \"Käse\" SET \"größe\" = 'groß', v = 'neu'");
    let dump = source.pg_dump(&["--data-only", "--column-inserts", "--encoding=LATIN1"]);
    for style in STYLES {
        let target = Target::new(sql);
        let options = Options::new()
            .with_style(style)
            .with_update_never("\"Käse\"=\"größe\"")
            .unwrap();
        let run = psql(&target.db, "postgres", &script(&dump, options));
        assert_eq!(sqlstate(&run), None, "{}", run.stderr);
        assert_eq!(target.rows("SELECT * FROM \"Käse\""), ["1|klein|neu"], "{style:?}");
    }
}
