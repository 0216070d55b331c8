//! Values that are equal and still differ: as keys, below foreign keys, and as plain columns.
//!
//! The target ends with the dump's spelling, except where a foreign key with SET NULL or SET DEFAULT references the value:
//! to respell it would cost the rows that only the target has their reference.

use super::case::{Case, Shape};

const STAGED: [Shape; 1] = [Shape::Copy];

/// Types with two spellings of one value and a value apart from it: what is made before, the type, the spellings here and in
/// the dump, another value.
const SPELLINGS: [(&str, &str, &str, &str, &str); 12] = [
    ("", "numeric", "1.0", "1.00", "2"),
    ("CREATE EXTENSION citext;", "citext", "'Ann'", "'ANN'", "'Bob'"),
    (
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);",
        "text COLLATE ci",
        "'Ann'",
        "'ANN'",
        "'Bob'",
    ),
    ("", "double precision", "0", "'-0'", "'NaN'"),
    ("", "real", "'-0'", "0", "1"),
    ("", "interval", "'1 day'", "'24 hours'", "'2 days'"),
    ("", "interval", "'1 mon'", "'30 days'", "'1 year'"),
    ("", "jsonb", "'{\"a\": 1.0}'", "'{\"a\": 1.00}'", "'[]'"),
    ("", "numeric[]", "'{1.0,2}'", "'{1.00,2.0}'", "'{}'"),
    ("", "numrange", "'[1.0,2)'", "'[1.00,2.0)'", "'[2,3)'"),
    (
        "CREATE DOMAIN price AS numeric CHECK (VALUE > 0);",
        "price",
        "1.0",
        "1.00",
        "2",
    ),
    (
        "CREATE TYPE pair AS (a numeric, b text);",
        "pair",
        "'(1.0,a)'",
        "'(1.00,a)'",
        "'(2,b)'",
    ),
];

/// The condition that a column is spelt like this.
fn spelt(kind: &str, value: &str) -> String {
    format!("k::text COLLATE \"C\" = ({value}::{kind})::text COLLATE \"C\"")
}

#[test]
fn as_keys() {
    for (before, kind, here, there, other) in SPELLINGS {
        eprintln!("{kind}");
        Case::new(
            &format!("{before} CREATE TABLE t (k {kind} PRIMARY KEY, v text);"),
            &format!("INSERT INTO t VALUES ({here}, 'old'), ({other}, 'own');"),
            &format!("INSERT INTO t VALUES ({there}, 'new');"),
        )
        .then("SELECT v FROM t ORDER BY v", &["new", "own"])
        .then(
            &format!("SELECT count(*) FROM t WHERE {} AND v = 'new'", spelt(kind, there)),
            &["1"],
        )
        .respelt()
        .passes_in_every_style();
        // Nothing but the spelling differs.
        Case::new(
            &format!("{before} CREATE TABLE t (k {kind} PRIMARY KEY, v text);"),
            &format!("INSERT INTO t VALUES ({here}, 'same'), ({other}, 'own');"),
            &format!("INSERT INTO t VALUES ({there}, 'same');"),
        )
        .then(
            &format!("SELECT count(*) FROM t WHERE {} AND v = 'same'", spelt(kind, there)),
            &["1"],
        )
        .respelt()
        .passes_in_every_style();
    }
}

#[test]
fn as_plain_columns_and_unique_ones() {
    for (before, kind, here, there, other) in SPELLINGS {
        eprintln!("{kind}");
        for unique in ["", "UNIQUE", "NOT NULL UNIQUE"] {
            Case::new(
                &format!("{before} CREATE TABLE t (id integer PRIMARY KEY, k {kind} {unique});"),
                &format!("INSERT INTO t VALUES (1, {here}), (2, {other});"),
                &format!("INSERT INTO t VALUES (1, {there}), (2, {other});"),
            )
            .only(&[Shape::Copy, Shape::Batches, Shape::Rows])
            .passes_in_every_style();
            // The respelt value changes places with another one.
            let exchange = Case::new(
                &format!("{before} CREATE TABLE t (id integer PRIMARY KEY, k {kind} {unique});"),
                &format!("INSERT INTO t VALUES (1, {here}), (2, {other});"),
                &format!("INSERT INTO t VALUES (1, {other}), (2, {there});"),
            )
            .only(&STAGED);
            // A composite type has no value to spare.
            if kind == "pair" {
                exchange.passes_or_says(&["public.t"]);
            } else {
                exchange.passes();
            }
        }
    }
}

#[test]
fn of_types_without_equality() {
    for (kind, here, there) in [
        ("json", "'{\"a\":1}'", "'{\"a\": 1}'"),
        ("point", "'(0,1)'", "'(-0,1)'"),
        ("box", "'(1,1),(0,0)'", "'(2,1),(0,0.5)'"),
        ("polygon", "'((0,0),(1,0),(1,1))'", "'((1,0),(1,1),(0,0))'"),
        ("xml", "'<a/>'", "'<a></a>'"),
        ("txid_snapshot", "'10:20:10,14'", "'10:20:10,15'"),
        ("jsonpath", "'$.a'", "'$.b'"),
        ("bit(3)", "B'101'", "B'100'"),
        ("varbit", "B'101'", "B'1010'"),
        ("character(4)", "'ab'", "'ac'"),
        ("line", "'{1,2,3}'", "'{2,4,6}'"),
        ("circle", "'<(0,0),1>'", "'<(1,0),1>'"),
        ("path", "'[(0,0),(1,0)]'", "'((0,0),(1,0))'"),
        ("aclitem", "'postgres=r/postgres'", "'postgres=w/postgres'"),
        ("refcursor", "'a'", "'b'"),
        ("tsvector", "'a:1'", "'a:2'"),
        ("json[]", "ARRAY['{\"a\":1}']::json[]", "ARRAY['{\"a\": 1}']::json[]"),
    ] {
        eprintln!("{kind}");
        Case::new(
            &format!("CREATE TABLE t (id integer PRIMARY KEY, k {kind});"),
            &format!("INSERT INTO t VALUES (1, {here}), (2, {there}), (3, {here}), (4, NULL), (9, {here});"),
            &format!("INSERT INTO t VALUES (1, {there}), (2, {there}), (3, NULL), (4, {there}), (5, {here});"),
        )
        .passes_in_every_style();
    }
}

#[test]
fn below_a_foreign_key_that_cascades() {
    for (before, kind, here, there, other) in SPELLINGS {
        eprintln!("{kind}");
        // Children that only the target has follow in spelling; those of the dump are as the dump says.
        Case::new(
            &format!(
                "{before} CREATE TABLE p (id integer PRIMARY KEY, k {kind} NOT NULL UNIQUE); CREATE TABLE c (id integer PRIMARY KEY, k {kind} REFERENCES p (k) ON UPDATE CASCADE, v text);
                 CREATE TABLE q (k {kind} PRIMARY KEY, v text); CREATE TABLE d (id integer PRIMARY KEY, k {kind} REFERENCES q ON UPDATE CASCADE);"
            ),
            &format!(
                "INSERT INTO p VALUES (1, {here}), (2, {other}); INSERT INTO c VALUES (1, {here}, NULL), (2, {here}, 'old'), (30, {here}, 'own'), (31, {other}, 'own');
                 INSERT INTO q VALUES ({here}, 'old'), ({other}, 'own'); INSERT INTO d VALUES (1, {here}), (30, {here}), (31, {other});"
            ),
            &format!(
                "INSERT INTO p VALUES (1, {there}); INSERT INTO c VALUES (1, {there}, NULL), (2, {there}, 'new'), (3, {there}, 'new');
                 INSERT INTO q VALUES ({there}, 'new'); INSERT INTO d VALUES (1, {there}), (2, {there});"
            ),
        )
        .then(&format!("SELECT count(*) FROM c WHERE {}", spelt(kind, there)), &["4"])
        .then(&format!("SELECT count(*) FROM c WHERE {}", spelt(kind, other)), &["1"])
        .then(&format!("SELECT count(*) FROM d WHERE {}", spelt(kind, there)), &["3"])
        .then("SELECT v FROM c ORDER BY id", &["", "new", "new", "own", "own"])
        .respelt()
        .passes();
    }
}

#[test]
fn below_a_foreign_key_that_would_let_go() {
    for (before, kind, here, there, other) in SPELLINGS {
        for action in ["SET NULL", "SET DEFAULT"] {
            eprintln!("{kind} {action}");
            // Whatever the spelling, every child still has its parent. As the target's own rows cannot follow, the value that
            // they reference is spelt as it was.
            Case::new(
                &format!(
                    "{before} CREATE TABLE p (id integer PRIMARY KEY, k {kind} NOT NULL UNIQUE, v text);
                     CREATE TABLE c (id integer PRIMARY KEY, k {kind} DEFAULT {other} REFERENCES p (k) ON UPDATE {action}, v text);
                     CREATE TABLE q (k {kind} PRIMARY KEY, v text); CREATE TABLE d (id integer PRIMARY KEY, k {kind} DEFAULT {other} REFERENCES q ON UPDATE {action});"
                ),
                &format!(
                    "INSERT INTO p VALUES (1, {here}, 'old'), (2, {other}, 'old'); INSERT INTO c VALUES (1, {here}, 'old'), (30, {here}, 'own'), (31, {other}, 'own');
                     INSERT INTO q VALUES ({here}, 'old'), ({other}, 'old'); INSERT INTO d VALUES (1, {here}), (30, {here}), (31, {other});"
                ),
                &format!(
                    "INSERT INTO p VALUES (1, {there}, 'new'); INSERT INTO c VALUES (1, {there}, 'new'), (2, {there}, 'new');
                     INSERT INTO q VALUES ({there}, 'new'); INSERT INTO d VALUES (1, {there}), (2, {there});"
                ),
            )
            .then("SELECT c.id, p.id, p.v FROM c JOIN p USING (k) ORDER BY 1", &["1|1|new", "2|1|new", "30|1|new", "31|2|old"])
            .then("SELECT d.id, q.v FROM d JOIN q USING (k) ORDER BY 1", &["1|new", "2|new", "30|new", "31|old"])
            .then(&format!("SELECT count(*) FROM p WHERE {}", spelt(kind, here)), &["1"])
            .then(&format!("SELECT count(*) FROM c WHERE {} AND v = 'own'", spelt(kind, here)), &["1"])
            .then("SELECT v FROM c ORDER BY id", &["new", "new", "own", "own"])
            .respelt()
            .only(&STAGED)
            .passes();
        }
    }
}

#[test]
fn keys_of_other_types_than_in_the_dump() {
    // The target's column is wider or narrower than the dump's text.
    Case::new(
        "CREATE TABLE t (k numeric(10,2) PRIMARY KEY, c character(6) NOT NULL UNIQUE, at timestamptz(0), n varchar(3));",
        "INSERT INTO t VALUES (1, 'a', '2024-01-01 00:00+00', 'x'), (2, 'b', NULL, 'y');",
        "",
    )
    .dumped_as(
        "INSERT INTO public.t (k, c, at, n) VALUES (1.000, 'a', '2024-01-01 01:00:00.4+01', 'x  ');\nINSERT INTO public.t (k, c, at, n) VALUES (3, 'c', NULL, NULL);\n",
    )
    .then("SELECT k, c = 'a', n FROM t ORDER BY k", &["1.00|t|x  ", "2.00|f|y", "3.00|f|"])
    .respelt()
    .with(|options| options.with_rounding(dumpsert::Rounding::Accept))
    .only(&STAGED)
    .passes();
}

#[test]
fn not_a_number_and_the_infinities_are_keys_like_others() {
    for (kind, values) in [
        ("double precision", ["'NaN'", "'Infinity'", "'-Infinity'"]),
        ("numeric", ["'NaN'", "0", "-1e100"]),
        ("timestamptz", ["'infinity'", "'-infinity'", "'2024-01-01 00:00+00'"]),
        ("date", ["'infinity'", "'-infinity'", "'0044-03-15 BC'"]),
    ] {
        let rows = |v: &str, range: std::ops::Range<usize>| {
            values[range]
                .iter()
                .map(|value| format!("({value}, '{v}')"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        Case::new(
            &format!("CREATE TABLE t (k {kind} PRIMARY KEY, v text);"),
            &format!("INSERT INTO t VALUES {};", rows("old", 0..2)),
            &format!("INSERT INTO t VALUES {};", rows("new", 1..3)),
        )
        .passes_in_every_style();
    }
}
