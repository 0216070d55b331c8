//! Unique values change places: in chains and circles, whatever watches the columns.

use super::super::case::{Case, Shape};

/// Two rows exchange two values of a column `v`; a third row, which only the target has, stays.
fn exchange(column: &str, one: &str, two: &str, own: &str) -> Case {
    Case::new(
        &format!("CREATE TABLE t (id integer PRIMARY KEY, v {column});"),
        &format!("INSERT INTO t VALUES (4711, {one}), (4712, {two}), (9, {own});"),
        &format!("INSERT INTO t VALUES (4711, {two}), (4712, {one});"),
    )
}

#[test]
fn of_every_type_that_has_a_spare_value() {
    for (column, one, two, own) in [
        ("text", "'a'", "'b'", "'c'"),
        ("text COLLATE \"C\"", "''", "'\u{10ffff}'", "'c'"),
        ("character varying(2)", "'de'", "'fr'", "'it'"),
        ("character(2)", "'de'", "'fr'", "'it'"),
        ("name", "'a'", "'b'", "'c'"),
        ("smallint", "1", "2", "3"),
        ("integer", "2147483647", "-2147483648", "0"),
        ("bigint", "9223372036854775807", "-9223372036854775808", "-1"),
        ("numeric", "1.5", "2.5", "'NaN'"),
        ("numeric(4,2)", "99.99", "-99.99", "0"),
        ("real", "'NaN'", "'Infinity'", "'-Infinity'"),
        ("double precision", "'NaN'", "1e308", "0"),
        ("date", "'infinity'", "'2024-01-01'", "'-infinity'"),
        ("time", "'00:00'", "'24:00'", "'12:00'"),
        ("timestamp", "'infinity'", "'2024-01-01'", "'-infinity'"),
        ("timestamptz(0)", "'infinity'", "'2024-01-01 00:00+00'", "'-infinity'"),
        ("interval", "'1 day'", "'2 days'", "'0'"),
        (
            "uuid",
            "'00000000-0000-0000-0000-000000000000'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
            "gen_random_uuid()",
        ),
        ("bytea", "'\\x'", "'\\xff'", "'\\x00'"),
        ("inet", "'10.0.0.1'", "'10.0.0.2'", "'::1'"),
        ("cidr", "'10.0.0.0/8'", "'11.0.0.0/8'", "'::/0'"),
        (
            "macaddr",
            "'08:00:2b:01:02:03'",
            "'08:00:2b:01:02:04'",
            "'08:00:2b:01:02:05'",
        ),
        ("bit(4)", "B'0001'", "B'0010'", "B'0000'"),
        ("varbit", "B'1'", "B'0'", "B''"),
        ("money", "1", "2", "3"),
        ("oid", "1", "2", "3"),
        ("jsonb", "'{\"a\": 1}'", "'[]'", "'null'"),
        ("integer[]", "'{1}'", "'{2}'", "'{}'"),
        ("text[]", "'{a}'", "'{NULL}'", "'{}'"),
        ("int4range", "'[1,2)'", "'[2,3)'", "'(,)'"),
        (
            "tstzrange",
            "'[2024-01-01,2024-01-02)'",
            "'[2024-01-02,2024-01-03)'",
            "'empty'",
        ),
        ("xid8", "'1'", "'2'", "'3'"),
        ("pg_lsn", "'0/1'", "'0/2'", "'0/3'"),
    ] {
        eprintln!("{column}");
        exchange(&format!("{column} NOT NULL UNIQUE"), one, two, own)
            .only(&[Shape::Copy])
            .passes();
    }
}

#[test]
fn of_domains_and_with_checks() {
    for (schema, column, one, two) in [
        ("CREATE DOMAIN slug AS text NOT NULL;", "slug UNIQUE", "'a'", "'b'"),
        (
            "CREATE DOMAIN pos AS integer CHECK (VALUE > 0);",
            "pos NOT NULL UNIQUE",
            "1",
            "2",
        ),
        ("", "integer NOT NULL UNIQUE CHECK (v > 0)", "1", "2"),
        ("", "integer NOT NULL UNIQUE CHECK (v >= 0)", "0", "1"),
        ("", "integer NOT NULL UNIQUE CHECK (v < 0)", "-1", "-2"),
        ("", "text NOT NULL UNIQUE CHECK (v <> '')", "'a'", "'b'"),
        ("", "text NOT NULL UNIQUE CHECK (length(v) <= 3)", "'a'", "'b'"),
        (
            "CREATE TYPE pair AS (a integer, b text);",
            "pair UNIQUE",
            "'(1,a)'",
            "'(2,b)'",
        ),
        ("CREATE EXTENSION citext;", "citext NOT NULL UNIQUE", "'Ann'", "'Bob'"),
    ] {
        eprintln!("{column}");
        let own = if column.contains("text") || column.contains("slug") {
            "'z'"
        } else {
            "9"
        };
        Case::new(
            &format!("{schema} CREATE TABLE t (id integer PRIMARY KEY, v {column});"),
            &format!("INSERT INTO t VALUES (4711, {one}), (4712, {two});"),
            &format!(
                "INSERT INTO t VALUES (4711, {two}), (4712, {one}){};",
                if column.contains("pair") || one.starts_with('-') {
                    String::new()
                } else {
                    format!(", (5, {own})")
                }
            ),
        )
        .only(&[Shape::Copy])
        .passes();
    }
}

#[test]
fn that_have_hardly_a_spare_value() {
    for (schema, column, one, two) in [
        ("", "boolean NOT NULL UNIQUE", "true", "false"),
        (
            "CREATE TYPE mood AS ENUM ('sad', 'glad');",
            "mood NOT NULL UNIQUE",
            "'sad'",
            "'glad'",
        ),
        (
            "CREATE TYPE mood AS ENUM ('sad', 'glad', 'other');",
            "mood NOT NULL UNIQUE",
            "'sad'",
            "'glad'",
        ),
        ("", "integer NOT NULL UNIQUE CHECK (v IN (1, 2))", "1", "2"),
        ("", "integer NOT NULL UNIQUE CHECK (v BETWEEN 1 AND 10)", "1", "2"),
        (
            "",
            "text NOT NULL UNIQUE CHECK (v ~ '^[a-z]+@[a-z]+$')",
            "'a@x'",
            "'b@x'",
        ),
        (
            "CREATE DOMAIN one AS integer CHECK (VALUE IN (1, 2));",
            "one NOT NULL UNIQUE",
            "1",
            "2",
        ),
        ("", "bit(1) NOT NULL UNIQUE", "B'0'", "B'1'"),
        ("", "\"char\" NOT NULL UNIQUE", "'a'", "'b'"),
    ] {
        eprintln!("{column}");
        Case::new(
            &format!("{schema} CREATE TABLE t (id integer PRIMARY KEY, v {column});"),
            &format!("INSERT INTO t VALUES (4711, {one}), (4712, {two});"),
            &format!("INSERT INTO t VALUES (4711, {two}), (4712, {one});"),
        )
        .passes_or_says(&["public.t", "4711", "4712"]);
    }
}

#[test]
fn with_a_check_over_two_columns() {
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, email text UNIQUE, phone text UNIQUE, CHECK (email IS NOT NULL OR phone IS NOT NULL));",
        "INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL), (3, NULL, '1'), (4, NULL, '2'), (5, 'e', '5'), (6, 'f', '6'), (9, 'own', NULL);",
        "INSERT INTO t VALUES (1, 'b', NULL), (2, 'a', NULL), (3, NULL, '2'), (4, NULL, '1'), (5, 'f', '6'), (6, 'e', '5');",
    )
    .passes();
    // From one column to the other.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, email text UNIQUE, phone text UNIQUE, CHECK ((email IS NULL) <> (phone IS NULL)));",
        "INSERT INTO t VALUES (1, 'a', NULL), (2, NULL, 'a'), (3, 'c', NULL), (4, 'd', NULL);",
        "INSERT INTO t VALUES (1, NULL, 'a'), (2, 'a', NULL), (3, 'd', NULL), (4, 'c', NULL);",
    )
    .passes();
}

#[test]
fn below_generated_columns() {
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, slug text UNIQUE, url text NOT NULL GENERATED ALWAYS AS ('/' || slug) STORED);",
        "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (9, 'own');",
        "INSERT INTO t VALUES (1, 'b'), (2, 'a');",
    )
    .passes();
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, slug text, low text UNIQUE GENERATED ALWAYS AS (lower(slug)) STORED);",
        "INSERT INTO t VALUES (1, 'A'), (2, 'B'), (9, 'own');",
        "INSERT INTO t VALUES (1, 'b'), (2, 'a'), (3, 'C');",
    )
    .passes();
}

#[test]
fn positions_in_a_list() {
    Case::new(
        "CREATE TABLE list (id integer PRIMARY KEY);
         CREATE TABLE item (id integer PRIMARY KEY, list integer NOT NULL REFERENCES list, pos integer NOT NULL, UNIQUE (list, pos));",
        "INSERT INTO list VALUES (1), (2); INSERT INTO item VALUES (1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 1), (5, 2, 2), (9, 2, 9);",
        "INSERT INTO list VALUES (1), (2); INSERT INTO item VALUES (1, 1, 2), (2, 1, 1), (3, 2, 1), (4, 1, 3), (5, 2, 2);",
    )
    .passes();
}

#[test]
fn content_types_of_django() {
    Case::new(
        "CREATE TABLE django_content_type (id integer PRIMARY KEY, app_label varchar(100) NOT NULL, model varchar(100) NOT NULL, UNIQUE (app_label, model));
         CREATE TABLE auth_permission (id integer PRIMARY KEY, name varchar(255) NOT NULL, content_type_id integer NOT NULL REFERENCES django_content_type DEFERRABLE INITIALLY DEFERRED,
           codename varchar(100) NOT NULL, UNIQUE (content_type_id, codename));",
        "INSERT INTO django_content_type VALUES (1, 'admin', 'logentry'), (2, 'auth', 'permission'), (3, 'auth', 'group'), (4, 'auth', 'user'), (5, 'shop', 'own');
         INSERT INTO auth_permission VALUES (1, 'a', 1, 'add_logentry'), (2, 'b', 2, 'add_permission'), (3, 'c', 3, 'add_group'), (4, 'd', 4, 'add_user'), (5, 'e', 5, 'add_own');",
        "INSERT INTO django_content_type VALUES (1, 'auth', 'user'), (2, 'auth', 'group'), (3, 'admin', 'logentry'), (4, 'auth', 'permission'), (6, 'shop', 'order');
         INSERT INTO auth_permission VALUES (1, 'a', 3, 'add_logentry'), (2, 'b', 4, 'add_permission'), (3, 'c', 2, 'add_group'), (4, 'd', 1, 'add_user'), (6, 'f', 6, 'add_order');",
    )
    .passes();
}

#[test]
fn over_two_indexes_at_once() {
    // Neither index alone has a circle.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL UNIQUE, b integer NOT NULL UNIQUE);",
        "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (9, 9, 9);",
        "INSERT INTO t VALUES (1, 2, 4), (2, 3, 1);",
    )
    .passes();
    // Both have one, in opposite directions.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL UNIQUE, b text NOT NULL UNIQUE, c integer NOT NULL, UNIQUE (c, a));",
        "INSERT INTO t VALUES (1, 1, '1', 0), (2, 2, '2', 0), (3, 3, '3', 1), (4, 4, '4', 1);",
        "INSERT INTO t VALUES (1, 2, '3', 0), (2, 3, '1', 1), (3, 1, '2', 0), (4, 5, '4', 0), (5, 4, '5', 1);",
    )
    .passes();
}

#[test]
fn three_and_many_in_a_circle() {
    for count in [3, 7, 40] {
        Case::new(
            "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL UNIQUE, w text UNIQUE);",
            &format!("INSERT INTO t SELECT g, g, 'w' || g FROM generate_series(1, {count}) AS g; INSERT INTO t VALUES (1000, 1000, 'own');"),
            &format!("INSERT INTO t SELECT g, g % {count} + 1, 'w' || (g + {count} - 2) % {count} + 1 FROM generate_series(1, {count}) AS g;"),
        )
        .passes();
    }
}

#[test]
fn circles_and_chains_together() {
    // 1 ↔ 2; 3 → 4 → 5 → free; 6 takes what 5 had... and new rows take what is left behind.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL UNIQUE);",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (99, 99);",
        "INSERT INTO t VALUES (1, 2), (2, 1), (3, 4), (4, 5), (5, 100), (6, 7), (7, 8), (8, 6), (9, 3), (10, 10);",
    )
    .passes();
}

#[test]
fn a_chain_of_many_rows() {
    let rows = 100_000;
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL UNIQUE);";
    let here = format!("INSERT INTO t SELECT g, g FROM generate_series(1, {rows}) AS g;");
    for by in ["g + 1", "g - 1"] {
        Case::new(
            schema,
            &here,
            &format!("INSERT INTO t SELECT g, {by} FROM generate_series(1, {rows}) AS g;"),
        )
        .only(&[Shape::Copy])
        .passes();
    }
    // The free place is in the middle, and the rows of the dump stand in another order.
    Case::new(
        schema,
        &here,
        &format!("INSERT INTO t SELECT g, CASE WHEN g < {rows} / 2 THEN g ELSE g + 7 END FROM generate_series(1, {rows}) AS g ORDER BY g * 7919 % {rows};"),
    )
    .only(&[Shape::Copy])
    .passes();
}

#[test]
fn a_random_permutation_of_many_rows() {
    let rows = 100_000;
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL UNIQUE, w text UNIQUE);",
        &format!("INSERT INTO t SELECT g, g, 'w' || g FROM generate_series(1, {rows}) AS g;"),
        &format!(
            "SELECT setseed(0.5); INSERT INTO t SELECT g, row_number() OVER (ORDER BY a), 'w' || row_number() OVER (ORDER BY b)
               FROM (SELECT g, random() AS a, random() AS b FROM generate_series(1, {rows}) AS g OFFSET 0) AS x;"
        ),
    )
    .only(&[Shape::Copy])
    .passes();
}

#[test]
fn children_that_bear_no_change_in_between() {
    // Only one of the rows in the circle has children that would be left alone: the other gives way.
    for (first, second) in [(1, 2), (2, 1)] {
        Case::new(
            "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
             CREATE TABLE c (id integer PRIMARY KEY, code text NOT NULL REFERENCES p (code));",
            &format!("INSERT INTO p VALUES ({first}, 'A'), ({second}, 'B'); INSERT INTO c VALUES (30, 'A');"),
            &format!("INSERT INTO p VALUES ({first}, 'B'), ({second}, 'A'); INSERT INTO c VALUES (1, 'B');"),
        )
        .then("SELECT code FROM c WHERE id = 30", &["A"])
        .passes();
    }
    // All of them have: no row can give way without leaving its children for a moment.
    for action in ["NO ACTION", "RESTRICT"] {
        Case::new(
            &format!(
                "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE);
                 CREATE TABLE c (id integer PRIMARY KEY, code text REFERENCES p (code) ON UPDATE {action});"
            ),
            "INSERT INTO p VALUES (4711, 'A'), (4712, 'B'); INSERT INTO c VALUES (3, 'A'), (4, 'B');",
            "INSERT INTO p VALUES (4711, 'B'), (4712, 'A');",
        )
        .then("SELECT code FROM c ORDER BY id", &["A", "B"])
        .passes_or_says(&["public.p", "4711", "4712"]);
    }
    // The children of the second row are dumped, and go elsewhere.
    Case::new(
        "CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE NOT NULL);
         CREATE TABLE c (id integer PRIMARY KEY, code text NOT NULL REFERENCES p (code));",
        "INSERT INTO p VALUES (4711, 'A'), (4712, 'B'), (3, 'C'); INSERT INTO c VALUES (1, 'A'), (2, 'B');",
        "INSERT INTO p VALUES (4711, 'B'), (4712, 'A'), (3, 'C'); INSERT INTO c VALUES (1, 'A'), (2, 'C');",
    )
    .passes_or_says(&["public.p", "4711", "4712"]);
}

#[test]
fn references_that_are_unique() {
    // One to one: the column is a foreign key, and there is no other value that its parent has.
    let schema = |null: &str, deferrable: &str| {
        format!(
            "CREATE TABLE u (id integer PRIMARY KEY, v text);
             CREATE TABLE profile (id integer PRIMARY KEY, u integer {null} UNIQUE REFERENCES u {deferrable}, v text);"
        )
    };
    let here = "INSERT INTO u VALUES (1, 'a'), (2, 'b'); INSERT INTO profile VALUES (4711, 1, 'a'), (4712, 2, 'b');";
    let there = "INSERT INTO u VALUES (1, 'a'), (2, 'b'); INSERT INTO profile VALUES (4711, 2, 'a'), (4712, 1, 'b');";
    Case::new(&schema("", ""), here, there).passes();
    Case::new(&schema("NOT NULL", "DEFERRABLE"), here, there).passes();
    Case::new(&schema("NOT NULL", ""), here, there).passes_or_says(&["public.profile", "4711", "4712"]);
    // A chain needs no place.
    Case::new(
        &schema("NOT NULL", ""),
        "INSERT INTO u VALUES (1, 'a'), (2, 'b'); INSERT INTO profile VALUES (1, 1, 'a'), (2, 2, 'b');",
        "INSERT INTO u VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO profile VALUES (1, 2, 'a'), (2, 3, 'b'), (3, 1, 'c');",
    )
    .passes();
}

#[test]
fn places_that_somebody_keeps() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, v text NOT NULL UNIQUE);";
    // A row that only the target has holds the value.
    Case::new(
        schema,
        "INSERT INTO t VALUES (4712, 'x');",
        "INSERT INTO t VALUES (4711, 'x');",
    )
    .refused(&["public.t", "4711", "4712"]);
    Case::new(
        schema,
        "INSERT INTO t VALUES (4711, 'a'), (4712, 'x');",
        "INSERT INTO t VALUES (4711, 'x');",
    )
    .refused(&["public.t", "4711", "4712"]);
    // At the end of a chain, and beside a circle that could be solved.
    Case::new(
        schema,
        "INSERT INTO t VALUES (1, 'a'), (4711, 'b'), (4712, 'x'), (5, 'e'), (6, 'f');",
        "INSERT INTO t VALUES (1, 'b'), (4711, 'x'), (5, 'f'), (6, 'e');",
    )
    .refused(&["public.t", "4711", "4712"]);
    // Two rows of the dump want one place, which the dump's own database would not have had.
    Case::new(schema, "INSERT INTO t VALUES (4711, 'a'), (4712, 'b');", "")
        .dumped_as(
            "INSERT INTO public.t (id, v) VALUES (4711, 'x');\nINSERT INTO public.t (id, v) VALUES (4712, 'x');\n",
        )
        .refused(&["public.t", "4711", "4712"]);
    Case::new(schema, "", "")
        .dumped_as(
            "INSERT INTO public.t (id, v) VALUES (4711, 'x');\nINSERT INTO public.t (id, v) VALUES (4712, 'x');\n",
        )
        .refused(&["public.t"]);
}

#[test]
fn rows_that_a_policy_or_guard_keeps_hold_their_places() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, at timestamptz, v text NOT NULL UNIQUE);";
    // Row 4712 is newer here: it keeps its value, so that 4711 cannot have it.
    Case::new(
        schema,
        "INSERT INTO t VALUES (4711, '2024-01-01', 'a'), (4712, '2026-01-01', 'b');",
        "INSERT INTO t VALUES (4711, '2025-01-01', 'b'), (4712, '2025-01-01', 'a');",
    )
    .with(|options| options.with_update(dumpsert::Update::Newer("at".to_owned())))
    .refused(&["public.t", "4711", "4712"]);
}

#[test]
fn defaults_of_identity_columns_and_several_stages() {
    // Two column orders of one table make two stages, and the circle goes through both.
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL UNIQUE, w text);";
    let here = "INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c');";
    let dump = "INSERT INTO public.t (id, v, w) VALUES (1, 2, 'a');\nINSERT INTO public.t (v, id, w) VALUES (3, 2, 'b');\nINSERT INTO public.t (id, v, w) VALUES (3, 1, 'c');\n\
                INSERT INTO public.t (v, w, id) VALUES (4, 'd', 4);\n";
    Case::new(
        schema,
        here,
        "INSERT INTO t VALUES (1, 2, 'a'), (2, 3, 'b'), (3, 1, 'c'), (4, 4, 'd');",
    )
    .dumped_as(dump)
    .passes();
}

#[test]
fn two_circles_and_who_waits_for_both() {
    // Rows 2 and 5 wait for each other in different indexes, row 3 for both, and a child that bears no change holds row 2.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, pos integer NOT NULL UNIQUE, code text NOT NULL UNIQUE);
         CREATE TABLE c (id integer PRIMARY KEY, code text REFERENCES t (code));",
        "INSERT INTO t VALUES (1, 30, 'c'), (2, 60, '6'), (3, 11, '7'), (5, 50, '5');
         INSERT INTO c VALUES (5, '6');",
        "INSERT INTO t VALUES (1, 60, 'c'), (5, 10, '6'), (3, 30, '5'), (2, 50, '7');
         INSERT INTO c VALUES (2, '7'), (4, 'c'), (5, NULL), (1, '6');",
    )
    .passes();
}

#[test]
fn that_a_row_follows_to_itself() {
    // Each index takes a row aside, and the foreign key moves it each time.
    Case::new(
        "CREATE TABLE t (id text PRIMARY KEY, flag boolean NOT NULL, a integer NOT NULL, b integer NOT NULL, fa integer, fb integer, UNIQUE (a, b));
         CREATE UNIQUE INDEX ON t (b) WHERE flag;
         ALTER TABLE t ADD FOREIGN KEY (fa, fb) REFERENCES t (a, b) ON UPDATE CASCADE ON DELETE CASCADE;",
        "INSERT INTO t VALUES ('w1', true, 0, 1, 0, 1), ('w2', true, 0, 5, 0, 5);",
        "INSERT INTO t VALUES ('w1', true, 0, 5, NULL, NULL), ('w2', true, 0, 1, NULL, NULL), ('w3', true, 1, 2, NULL, NULL);
         UPDATE t SET fa = 1, fb = 2 WHERE id = 'w1';",
    )
    .passes();
}

#[test]
fn that_rows_of_a_table_before_it_follow() {
    // The children are found before a parent steps aside and takes one of them along.
    Case::new(
        "CREATE TABLE c (id integer PRIMARY KEY, pos integer NOT NULL UNIQUE, code text, peer integer);
         CREATE TABLE p (id integer PRIMARY KEY, code text NOT NULL UNIQUE, first integer REFERENCES c ON UPDATE CASCADE);
         ALTER TABLE c ADD FOREIGN KEY (code) REFERENCES p (code) ON UPDATE CASCADE;",
        "INSERT INTO c VALUES (1, 1, NULL, 1), (2, 2, NULL, 1), (9, 9, NULL, 0); INSERT INTO p VALUES (1, 'a', 1), (2, 'b', 2);
         UPDATE c SET code = 'a' WHERE id IN (1, 9); UPDATE c SET code = 'b' WHERE id = 2;",
        "INSERT INTO c VALUES (1, 2, NULL, 0), (2, 1, NULL, 0), (3, 3, NULL, 0);
         INSERT INTO p VALUES (1, 'b', 1), (2, 'a', 2); UPDATE c SET code = 'a' WHERE id = 1; UPDATE c SET code = 'b' WHERE id = 2;",
    )
    .passes();
}

#[test]
fn held_in_one_index_and_free_in_another() {
    // Rows 1 and 2 exchange positions, and both are referenced by code; row 3 waits for the code of row 1.
    Case::new(
        "CREATE TABLE t (id integer PRIMARY KEY, code text NOT NULL UNIQUE, list integer NOT NULL, pos text NOT NULL);
         CREATE UNIQUE INDEX ON t (list, lower(pos));
         CREATE TABLE c (id integer PRIMARY KEY, code text REFERENCES t (code));",
        "INSERT INTO t VALUES (1, 'a', 2, 'x'), (2, 'b', 2, 'y'), (3, 'c', 2, 'z'); INSERT INTO c VALUES (1, 'a'), (2, 'b');",
        "INSERT INTO t VALUES (1, 'd', 2, 'y'), (2, 'b', 2, 'x'), (3, 'a', 2, 'z'), (4, 'c', 2, 'w');",
    )
    .passes();
}
