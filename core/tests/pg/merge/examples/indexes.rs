//! Places in unique indexes of every kind and in exclusion constraints: what is moved in an order that works passes.

use super::super::case::Case;

#[test]
fn one_default_for_each_user() {
    let schema =
        "CREATE TABLE address (id integer PRIMARY KEY, user_id integer NOT NULL, is_default boolean NOT NULL, v text);
         CREATE UNIQUE INDEX one_default ON address (user_id) WHERE is_default;";
    let here = "INSERT INTO address VALUES (1, 1, true, 'a'), (2, 1, false, 'b'), (3, 2, false, 'c'), (4, 2, true, 'd'), (5, 3, true, 'e'), (6, 4, true, 'f'), (9, 1, false, 'own');";
    Case::new(
        schema,
        here,
        "INSERT INTO address VALUES (1, 1, false, 'a'), (2, 1, true, 'b'), (3, 2, true, 'c'), (4, 2, false, 'd'), (5, 4, true, 'e'), (6, 3, true, 'f'), (7, 1, false, 'g');",
    )
    .passes();
    // The new default is a new row; it comes before and after the row that it takes the place of.
    for (new, old) in [(0, 1), (2, 1)] {
        Case::new(
            schema,
            &format!("INSERT INTO address VALUES ({old}, 1, true, 'a');"),
            &format!("INSERT INTO address VALUES ({old}, 1, false, 'a'), ({new}, 1, true, 'b');"),
        )
        .passes();
    }
    // A default that only the target has stays the default.
    Case::new(
        schema,
        "INSERT INTO address VALUES (4712, 1, true, 'own');",
        "INSERT INTO address VALUES (4711, 1, true, 'a');",
    )
    .refused(&["public.address", "4711", "4712"]);
}

#[test]
fn soft_deletion() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, email text NOT NULL, deleted_at timestamptz);
         CREATE UNIQUE INDEX living ON t (email) WHERE deleted_at IS NULL;";
    Case::new(
        schema,
        "INSERT INTO t VALUES (1, 'a', NULL), (2, 'a', '2024-01-01'), (3, 'b', NULL), (4, 'c', NULL), (9, 'a', '2023-01-01');",
        "INSERT INTO t VALUES (1, 'a', '2024-02-02'), (2, 'a', NULL), (3, 'c', NULL), (4, 'b', NULL), (5, 'd', NULL), (6, 'd', '2024-01-01');",
    )
    .passes();
    Case::new(
        schema,
        "INSERT INTO t VALUES (1, 'a', NULL);",
        "INSERT INTO t VALUES (2, 'a', NULL), (1, 'a', '2024-02-02');",
    )
    .passes();
    Case::new(
        schema,
        "INSERT INTO t VALUES (4712, 'a', NULL);",
        "INSERT INTO t VALUES (4711, 'a', NULL);",
    )
    .refused(&["public.t", "4711", "4712"]);
}

#[test]
fn expressions() {
    for index in [
        "(lower(email))",
        "(lower(email), list)",
        "(coalesce(list, 0), lower(email))",
        "((email || '-' || list))",
        "(upper(email)) WHERE list > 0",
        "(lower(email) text_pattern_ops)",
        "(md5(email) COLLATE \"C\" DESC NULLS FIRST)",
        "(lower(email)) INCLUDE (list)",
    ] {
        eprintln!("{index}");
        Case::new(
            &format!("CREATE TABLE t (id integer PRIMARY KEY, email text NOT NULL, list integer NOT NULL); CREATE UNIQUE INDEX ON t {index};"),
            "INSERT INTO t VALUES (1, 'Ann', 1), (2, 'Bob', 1), (3, 'Cy', 1), (4, 'Dan', 1), (9, 'Own', 1);",
            "INSERT INTO t VALUES (1, 'bob', 1), (2, 'ann', 1), (3, 'dan', 1), (4, 'EVE', 1), (5, 'CY', 1);",
        )
        .passes();
    }
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, email text NOT NULL); CREATE UNIQUE INDEX ON t (lower(email));",
        "INSERT INTO t VALUES (4712, 'ann');",
        "INSERT INTO t VALUES (4711, 'ANN');",
    )
    .refused(&["public.t", "4711", "4712"]);
}

#[test]
fn an_expression_of_the_users_own() {
    Case::new(
        "CREATE SCHEMA own; CREATE FUNCTION own.plain(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(btrim(t)) $$;
         CREATE TABLE t (id integer PRIMARY KEY, data jsonb NOT NULL, name text); CREATE UNIQUE INDEX ON t ((data ->> 'sku')); CREATE UNIQUE INDEX ON t (own.plain(name)) WHERE name IS NOT NULL;",
        "INSERT INTO t VALUES (1, '{\"sku\": \"a\", \"n\": 1}', 'Ann'), (2, '{\"sku\": \"b\"}', 'Bob'), (3, '{}', NULL);",
        "INSERT INTO t VALUES (1, '{\"sku\": \"b\", \"n\": 1}', ' bob'), (2, '{\"sku\": \"a\"}', 'ann '), (3, '{\"sku\": \"c\"}', 'x'), (4, '{}', NULL);",
    )
    .passes();
}

#[test]
fn with_a_predicate_that_moves() {
    // Rows leave the index, come into it, and change places within it, all at once.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, slot integer NOT NULL, state text NOT NULL);
         CREATE UNIQUE INDEX ON t (slot) WHERE state IN ('active', 'held'); CREATE UNIQUE INDEX ON t (slot, state) WHERE state <> 'gone';",
        "INSERT INTO t VALUES (1, 1, 'active'), (2, 2, 'held'), (3, 3, 'active'), (4, 1, 'gone'), (5, 2, 'gone'), (6, 3, 'done'), (9, 99, 'active');",
        "INSERT INTO t VALUES (1, 2, 'active'), (2, 3, 'held'), (3, 1, 'gone'), (4, 1, 'active'), (5, 2, 'done'), (6, 3, 'gone'), (7, 4, 'held');",
    )
    .passes();
}

#[test]
fn generated_columns_are_unique() {
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL, b integer NOT NULL, ab integer GENERATED ALWAYS AS (a * 1000 + b) STORED UNIQUE);",
        "INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 1), (9, 9, 9);",
        "INSERT INTO t VALUES (1, 1, 2), (2, 1, 1), (3, 2, 1), (4, 2, 2), (5, 1, 3);",
    )
    .passes();
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, email text, mail text GENERATED ALWAYS AS (lower(email)) STORED NOT NULL); CREATE UNIQUE INDEX ON t (mail);",
        "INSERT INTO t VALUES (1, 'A'), (2, 'B'), (3, 'C');",
        "INSERT INTO t VALUES (1, 'b'), (2, 'a'), (3, 'D'), (4, 'c');",
    )
    .passes();
}

#[test]
fn nulls_that_are_not_distinct() {
    if dumpsert_testkit::Cluster::shared().major() < 15 {
        return;
    }
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, a integer, b text, UNIQUE NULLS NOT DISTINCT (a), UNIQUE NULLS NOT DISTINCT (b, a));";
    Case::new(
        schema,
        "INSERT INTO t VALUES (1, NULL, 'x'), (2, 2, NULL), (3, 3, 'x'), (9, 9, NULL);",
        "INSERT INTO t VALUES (1, 2, 'x'), (2, NULL, NULL), (3, 4, 'y'), (4, 3, 'x');",
    )
    .passes();
    Case::new(
        schema,
        "INSERT INTO t VALUES (1, NULL, 'x'), (2, 2, NULL), (3, 3, NULL);",
        "INSERT INTO t VALUES (1, 2, NULL), (2, 3, NULL), (3, NULL, NULL);",
    )
    .passes();
    Case::new(
        schema,
        "INSERT INTO t VALUES (4712, NULL, 'x');",
        "INSERT INTO t VALUES (4711, NULL, 'y');",
    )
    .refused(&["public.t", "4711", "4712"]);
}

#[test]
fn many_nulls_that_are_not_distinct() {
    if dumpsert_testkit::Cluster::shared().major() < 15 {
        return;
    }
    // As a key and beside one.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL, b integer, UNIQUE NULLS NOT DISTINCT (b, a));
         CREATE TABLE k (a integer NOT NULL, b integer, v integer, UNIQUE NULLS NOT DISTINCT (b, a));",
        "INSERT INTO t SELECT g, g, NULL FROM generate_series(1, 5000) AS g; INSERT INTO k SELECT g, NULL, g FROM generate_series(1, 5000) AS g;",
        "INSERT INTO t SELECT g, g + 1, NULL FROM generate_series(1, 5000) AS g; INSERT INTO k SELECT g, NULL, -g FROM generate_series(1, 5000) AS g;",
    )
    .passes();
}

#[test]
fn bookings_that_move_by_an_hour() {
    let gist = "CREATE EXTENSION btree_gist;";
    let here = "INSERT INTO booking SELECT g, 1, tstzrange('2024-01-01 00:00+00'::timestamptz + g * interval '1 hour', '2024-01-01 01:00+00'::timestamptz + g * interval '1 hour') FROM generate_series(1, 20) AS g;
         INSERT INTO booking VALUES (99, 1, '[2025-01-01 00:00+00,2025-01-01 01:00+00)');";
    let there = |by: &str| {
        format!(
            "INSERT INTO booking SELECT g, 1, tstzrange('2024-01-01 00:00+00'::timestamptz + (g {by}) * interval '1 hour', '2024-01-01 01:00+00'::timestamptz + (g {by}) * interval '1 hour') FROM generate_series(1, 20) AS g;"
        )
    };
    for (before, constraint) in [
        ("", "EXCLUDE USING gist (during WITH &&)"),
        (gist, "EXCLUDE USING gist (room WITH =, during WITH &&)"),
        (
            gist,
            "EXCLUDE USING gist (during WITH &&, room WITH =) WHERE (room > 0)",
        ),
        (
            gist,
            "EXCLUDE USING gist (tstzrange(lower(during), upper(during)) WITH &&, (room + 1) WITH =)",
        ),
    ] {
        eprintln!("{constraint}");
        for by in ["+ 1", "- 1", "% 20 + 1"] {
            let case = Case::new(
                &format!(
                    "{before} CREATE TABLE booking (id integer PRIMARY KEY, room integer NOT NULL, during tstzrange NOT NULL, {constraint});"
                ),
                here,
                &there(by),
            );
            // The expression makes the empty range the widest one.
            if by.starts_with('%') && constraint.contains("lower") {
                case.passes_or_says(&["public.booking"]);
            } else {
                case.passes();
            }
        }
    }
    Case::new(
        "CREATE TABLE booking (id integer PRIMARY KEY, room integer NOT NULL, during tstzrange NOT NULL, EXCLUDE USING gist (during WITH &&) DEFERRABLE);",
        here,
        &there("% 20 + 1"),
    )
    .passes();
}

#[test]
fn bookings_that_overlap_what_stays() {
    Case::new(
        "CREATE TABLE booking (id integer PRIMARY KEY, during tstzrange NOT NULL, EXCLUDE USING gist (during WITH &&));",
        "INSERT INTO booking VALUES (4712, '[2024-01-01 10:00+00,2024-01-01 12:00+00)'), (4711, '[2024-01-01 08:00+00,2024-01-01 09:00+00)');",
        "INSERT INTO booking VALUES (4711, '[2024-01-01 11:00+00,2024-01-01 13:00+00)');",
    )
    .refused(&["public.booking", "4711", "4712"]);
    // One long booking gives its time to several, and several give theirs to one.
    Case::new(
        "CREATE TABLE booking (id integer PRIMARY KEY, during int4range NOT NULL, EXCLUDE USING gist (during WITH &&));",
        "INSERT INTO booking VALUES (1, '[0,10)'), (2, '[10,12)'), (3, '[12,14)'), (4, '[14,20)'), (9, '[100,200)');",
        "INSERT INTO booking VALUES (1, '[10,14)'), (2, '[0,3)'), (3, '[3,6)'), (4, '[6,10)'), (5, '[14,30)');",
    )
    .passes();
}

#[test]
fn neighbours_by_other_operators() {
    // An exclusion constraint over equality in a btree index, and one that lets only equal values in.
    Case::new(
        "CREATE EXTENSION btree_gist;
         CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL, EXCLUDE USING btree (a WITH =));
         CREATE TABLE cage (id integer PRIMARY KEY, cage integer NOT NULL, animal text NOT NULL, EXCLUDE USING gist (cage WITH =, animal WITH <>));",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (9, 9); INSERT INTO cage VALUES (1, 1, 'lion'), (2, 1, 'lion'), (3, 2, 'zebra');",
        "INSERT INTO t VALUES (1, 2), (2, 1), (3, 4), (4, 3); INSERT INTO cage VALUES (1, 2, 'lion'), (2, 2, 'lion'), (3, 1, 'zebra');",
    )
    .passes();
}

#[test]
fn deferrable_ones() {
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL UNIQUE DEFERRABLE, b integer NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED, c integer NOT NULL UNIQUE);",
        "INSERT INTO t VALUES (1, 1, 1, 1), (2, 2, 2, 2), (3, 3, 3, 3), (9, 9, 9, 9);",
        "INSERT INTO t VALUES (1, 2, 3, 2), (2, 3, 1, 1), (3, 1, 2, 4), (4, 4, 4, 3);",
    )
    .passes();
    // The key itself is deferrable.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY DEFERRABLE, a integer NOT NULL UNIQUE);",
        "INSERT INTO t VALUES (1, 1), (2, 2), (9, 9);",
        "INSERT INTO t VALUES (1, 2), (2, 1), (3, 3);",
    )
    .passes();
}

#[test]
fn over_partitions() {
    Case::new(
        "CREATE TABLE t (list integer NOT NULL, id integer NOT NULL, pos integer NOT NULL, v text, PRIMARY KEY (list, id), UNIQUE (list, pos)) PARTITION BY LIST (list);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1); CREATE TABLE t_2 PARTITION OF t FOR VALUES IN (2); CREATE TABLE t_rest PARTITION OF t DEFAULT;",
        "INSERT INTO t SELECT l, i, i, 'old' FROM generate_series(1, 3) AS l, generate_series(1, 6) AS i; INSERT INTO t VALUES (1, 99, 99, 'own'), (3, 99, 99, 'own');",
        "INSERT INTO t SELECT l, i, CASE l WHEN 1 THEN i % 6 + 1 WHEN 2 THEN 7 - i ELSE i + 1 END, 'new' FROM generate_series(1, 3) AS l, generate_series(1, 6) AS i;",
    )
    .passes();
    // An index that only one partition has.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL) PARTITION BY RANGE (id);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (100); CREATE TABLE t_2 PARTITION OF t DEFAULT; CREATE UNIQUE INDEX ON t_1 (v);",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (101, 1), (102, 1);",
        "INSERT INTO t VALUES (1, 2), (2, 3), (3, 1), (101, 2), (102, 2);",
    )
    .passes();
}

#[test]
fn beside_columns_that_the_dump_does_not_bring() {
    // Half of the place is a column of the target alone.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL, own integer NOT NULL DEFAULT 7, UNIQUE (v, own));",
        "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1), (3, 'b', 2), (4, 'a', 2), (9, 'a', 7);",
        "",
    )
    .dumped_as("INSERT INTO public.t (id, v) VALUES (1, 'b');\nINSERT INTO public.t (id, v) VALUES (2, 'a');\nINSERT INTO public.t (id, v) VALUES (5, 'b');\n")
    .then(
        "SELECT * FROM t ORDER BY id",
        &["1|b|1", "2|a|1", "3|b|2", "4|a|2", "5|b|7", "9|a|7"],
    )
    .respelt()
    .passes();
}

#[test]
fn of_a_collation_that_the_column_has_not() {
    Case::new(
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL, w text COLLATE ci NOT NULL UNIQUE); CREATE UNIQUE INDEX ON t (v COLLATE ci);",
        "INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z'), (9, 'own', 'own');",
        "INSERT INTO t VALUES (1, 'B', 'Y'), (2, 'A', 'X'), (3, 'C', 'Z'), (4, 'd', 'w');",
    )
    .passes();
    Case::new(
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL); CREATE UNIQUE INDEX ON t (v COLLATE ci);",
        "INSERT INTO t VALUES (4712, 'a');",
        "INSERT INTO t VALUES (4711, 'A');",
    )
    .refused(&["public.t", "4711", "4712"]);
}

#[test]
fn that_are_not_valid_or_not_ready() {
    // CREATE INDEX CONCURRENTLY that failed leaves an index that still refuses duplicates of new rows.
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL);";
    Case::new(
        &format!("{schema} CREATE UNIQUE INDEX i ON t (v); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass;"),
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);",
        "INSERT INTO t VALUES (1, 2), (2, 1), (3, 4), (4, 3);",
    )
    .passes();
}
