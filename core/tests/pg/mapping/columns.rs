//! What match_on compares by: types, collations, NULL, conditions.

use dumpsert::MatchNulls;

use super::target;
use crate::support::inserts;

#[test]
fn values_are_compared_as_the_target_compares_them() {
    let target = target(
        "CREATE EXTENSION citext;
         CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE DOMAIN level AS numeric CHECK (VALUE > 0);
         CREATE TABLE t (id integer PRIMARY KEY, a citext, b text COLLATE ci, c level, d integer[], e int4range, v text);
         CREATE TABLE u (id integer PRIMARY KEY, t integer REFERENCES t);
         INSERT INTO t VALUES (7, 'A@x', 'Bee', 1.0, '{1}', '[1,2]', 'old'), (8, 'b', 'b', 2, '{2}', '[1,2]', 'extra');",
        &["public.t=a,b,c,d,e"],
    );
    let dump = inserts(
        "public.t",
        "id, a, b, c, d, e, v",
        &[
            "1, 'a@X', 'bEE', 1.00, '{1}', '[1,3)', 'new'",
            "2, 'a@X', 'bEE', 1.00, '{2}', '[1,3)', 'more'",
        ],
    ) + &inserts("public.u", "id, t", &["1, 1", "2, 2"]);
    target.merge(&dump);
    assert_eq!(
        target.rows("SELECT * FROM t ORDER BY id"),
        [
            "2|a@X|bEE|1.00|{2}|[1,3)|more",
            "7|a@X|bEE|1.00|{1}|[1,3)|new",
            "8|b|b|2|{2}|[1,3)|extra"
        ]
    );
    assert_eq!(target.rows("TABLE u ORDER BY id"), ["1|7", "2|2"]);
}

#[test]
fn rows_with_null_are_recognised_by_their_key_unless_nulls_are_one() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, a text, b text, v text); CREATE TABLE u (id integer PRIMARY KEY, t integer REFERENCES t);
        INSERT INTO t VALUES (1, 'x', NULL, 'old'), (5, NULL, 'y', 'old');";
    let dump = inserts(
        "public.t",
        "id, a, b, v",
        &["1, NULL, 'y', 'new'", "2, 'x', NULL, 'new'"],
    ) + &inserts("public.u", "id, t", &["1, 1", "2, 2"]);
    let distinct = target(schema, &["public.t=a,b"]);
    distinct.merge(&dump);
    assert_eq!(
        distinct.rows("TABLE t ORDER BY id"),
        ["1||y|new", "2|x||new", "5||y|old"]
    );
    assert_eq!(distinct.rows("TABLE u ORDER BY id"), ["1|1", "2|2"]);
    let one = target(schema, &["public.t=a,b"]).with(|options| {
        options
            .with_match_nulls(Some("public.t"), MatchNulls::NotDistinct)
            .unwrap()
    });
    one.merge(&dump);
    assert_eq!(one.rows("TABLE t ORDER BY id"), ["1|x||new", "5||y|new"]);
    assert_eq!(one.rows("TABLE u ORDER BY id"), ["1|5", "2|1"]);
}

#[test]
fn a_condition_says_which_rows_are_matched() {
    let target = target(
        "CREATE TABLE \"Users\" (id integer PRIMARY KEY, name text, \"deletedAt\" date); CREATE UNIQUE INDEX ON \"Users\" (name) WHERE \"deletedAt\" IS NULL;
         INSERT INTO \"Users\" VALUES (1, 'ann', '2020-01-01'), (2, 'ann', NULL), (3, 'bob', '2020-01-01');",
        &["public.\"Users\"=name"],
    )
    .with(|options| options.with_match_where("public.\"Users\"", "\"deletedAt\" IS NULL -- alive").unwrap());
    target.merge(&inserts(
        "public.\"Users\"",
        "id, name, \"deletedAt\"",
        &[
            "7, 'ann', NULL",
            "1, 'ann', '2021-01-01'",
            "8, 'bob', NULL",
            "9, 'cat', '2021-01-01'",
        ],
    ));
    assert_eq!(
        target.rows("TABLE \"Users\" ORDER BY id"),
        [
            "1|ann|2021-01-01",
            "2|ann|",
            "3|bob|2020-01-01",
            "8|bob|",
            "9|cat|2021-01-01"
        ]
    );
}

#[test]
fn names_that_are_wrong_are_told() {
    let schema = "CREATE TABLE cats (id integer PRIMARY KEY, name text, at point); CREATE TABLE keyless (name text);";
    let dump = inserts("public.cats", "id, name", &["1, 'a'"]) + &inserts("public.keyless", "name", &["'a'"]);
    for (match_on, state, told) in [
        (
            "public.cat=name",
            "42P01",
            "match_on is given for public.cat, which does not exist here",
        ),
        ("public.cats=nam", "42703", "Did you mean name?"),
        ("public.cats=at", "42703", "the dump does not bring at"),
        ("public.keyless=name", "42P10", "no primary key or unique NOT NULL key"),
    ] {
        let message = target(schema, &[match_on]).refuses(&dump, state);
        assert!(message.contains(told), "{message}");
    }
    let message = target(schema, &["public.cats=at"])
        .refuses(&inserts("public.cats", "id, name, at", &["1, 'a', '(1,1)'"]), "42883");
    assert!(message.contains("a column cannot be compared"), "{message}");
}
