//! Values that a column of the target cannot hold in full, style staged. What becomes of them is what PostgreSQL makes of them
//! in an INSERT.

use dumpsert::{Options, Rounding, Style};

use crate::support::{Target, inserts};

/// Type, a value that it holds though it is spelt otherwise, and one that it would round.
const TYPES: [(&str, &str, &str); 14] = [
    ("numeric(10,2)", "1.2", "1.234"),
    ("numeric(10,2)", "'NaN'", "0.005"),
    ("numeric(3)", "999.000", "1.5"),
    ("numeric(2,2)", "0.99", "0.985"),
    ("timestamp(0)", "'2024-02-29 12:00:00.000'", "'2024-02-29 12:00:00.4'"),
    ("timestamptz(3)", "'infinity'", "'2024-02-29 12:00:00.1234+01'"),
    ("time(0)", "'23:59:59'", "'23:59:59.6'"),
    ("timetz(2)", "'23:59:59.12+02'", "'23:59:59.123+02'"),
    ("interval(1)", "'1 day 00:00:01.1'", "'1 day 00:00:01.12'"),
    ("interval month", "'3 mons'", "'3 mons 2 days'"),
    ("numeric(6,1)[]", "'{1.10,NULL,{}2}'", "'{1.1,2.25}'"),
    ("price", "7.5", "7.555"),
    ("dear", "7.5", "7.555"),
    ("prices", "'{7.5}'", "'{7.555}'"),
];
const DOMAINS: &str =
    "CREATE DOMAIN price AS numeric(8,2) CHECK (VALUE > 0); CREATE DOMAIN dear AS price CHECK (VALUE > 5);
    CREATE DOMAIN prices AS numeric(8,2)[]; CREATE TABLE \"T\" (id integer PRIMARY KEY, \"V\" ";

fn target(kind: &str) -> Target {
    Target::new(&format!("{DOMAINS}{kind}); INSERT INTO \"T\" VALUES (9, NULL);"))
}

fn dump(values: &[&str]) -> String {
    let rows: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(at, value)| format!("{}, {value}", at + 1))
        .collect();
    inserts(
        "public.\"T\"",
        "id, \"V\"",
        &rows.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

/// What PostgreSQL makes of them.
fn expected(target: &Target, kind: &str, values: &[&str]) -> Vec<String> {
    let values = values.iter().map(|value| format!("(({value})::text::{kind}::text)"));
    target.rows(&format!(
        "SELECT * FROM (VALUES {}) AS v",
        values.collect::<Vec<_>>().join(", ")
    ))
}

#[test]
fn what_would_be_rounded_is_an_error_or_counted() {
    for (kind, held, rounded) in TYPES {
        let held = &held.replace("{}", "");
        let context = format!("{kind}: {rounded}");
        let mut target = target(kind);
        let said = target.refuses(&dump(&["NULL", held, rounded, rounded]), "22000");
        for part in [
            "2 values would be rounded in \"V\" of public.\"T\"",
            "the first in row 3 of public.\"T\" in the dump, id = 3",
            "would become",
            "--rounding accept",
        ] {
            assert!(said.contains(part), "{context}: {said}");
        }

        let said = target.refuses(&dump(&["NULL", rounded]), "22000");
        assert!(
            said.contains("dumpsert: 1 value would be rounded in"),
            "{context}: {said}"
        );
        target.options = target.options.with_rounding(Rounding::Accept);
        let values = ["NULL", held, rounded, rounded];
        let run = target.run(&dump(&values)).expect_success();
        let note = "2 values of public.\\\"T\\\".\\\"V\\\" were rounded to";
        assert!(run.stdout.contains(note), "{context}: {}", run.stdout);
        let rows = target.rows("SELECT \"V\"::text FROM \"T\" WHERE id < 9 ORDER BY id");
        assert_eq!(rows, expected(&target, kind, &values), "{context}");
        target.merge(&dump(&values));
    }
}

#[test]
fn what_is_only_spelt_otherwise_is_no_loss() {
    for (kind, held, _) in TYPES {
        let held = held.replace("{}", "");
        let target = target(kind);
        let values = ["NULL", &*held];
        let run = target.run(&dump(&values)).expect_success();
        assert!(!run.stdout.contains("rounded"), "{kind}: {}", run.stdout);
        let rows = target.rows("SELECT \"V\"::text FROM \"T\" WHERE id < 9 ORDER BY id");
        assert_eq!(rows, expected(&target, kind, &values), "{kind}");
        target.merge(&dump(&values));
    }
}

#[test]
fn what_does_not_fit_names_its_row() {
    for value in ["12345678.90", "99999.995", "-100000"] {
        let said = target("numeric(7,2)").refuses(&dump(&["1", "99999.99", value]), "22003");
        assert!(said.contains("too large for \"V\" of public.\"T\", which is numeric(7,2) here (row 3 of public.\"T\" in the dump, id = 3)"), "{said}");
    }
    for (kind, state, value) in [
        ("price", "23514", "-1"),
        ("dear", "23514", "3.1"),
        ("price", "22003", "1000000000"),
    ] {
        let said = target(kind).refuses(&dump(&["8", value]), state);
        assert!(
            said.contains("(row 2 of public.\"T\" in the dump, id = 2)"),
            "{kind}: {said}"
        );
    }
}

/// Keys, generated columns, partitions, tables without a key: the stage has the table's types before anything is compared.
#[test]
fn wherever_the_column_stands() {
    let schema = "CREATE TABLE keyed (k numeric(6,2) PRIMARY KEY, v text);
         CREATE TABLE parts (at timestamp(0) PRIMARY KEY, v text) PARTITION BY RANGE (at);
         CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
         CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
         CREATE TABLE computed (a numeric(6,2), k numeric(8,2) GENERATED ALWAYS AS (a * 2) STORED NOT NULL UNIQUE, v text);
         CREATE TABLE loose (a numeric(6,2), v text);
         INSERT INTO keyed VALUES (1.5, 'old'); INSERT INTO parts VALUES ('2024-12-31 23:59:59', 'old');
         INSERT INTO computed VALUES (1.5, DEFAULT, 'old'); INSERT INTO loose VALUES (1.5, 'same');";
    let dump = [
        inserts("public.keyed", "k, v", &["1.500, 'new'", "2, 'more'"]),
        inserts("public.parts", "at, v", &["'2024-12-31 23:59:59.000', 'new'"]),
        inserts("public.computed", "a, v", &["1.500, 'new'", "2, 'more'"]),
        inserts("public.loose", "a, v", &["1.500, 'same'", "2, 'more'"]),
    ]
    .concat();
    let target = Target::new(schema);
    target.merge(&dump);
    let all = "SELECT k::text || v FROM keyed UNION ALL SELECT at || v FROM parts UNION ALL SELECT a || '/' || k || v FROM computed UNION ALL SELECT a || v FROM loose ORDER BY 1";
    assert_eq!(
        target.rows(all),
        [
            "1.50/3.00new",
            "1.50new",
            "1.50same",
            "2.00/4.00more",
            "2.00more",
            "2.00more",
            "2024-12-31 23:59:59new"
        ]
    );
    // Two rows that become one are two rows of one key, and one that is rounded out of its partition is in another.
    let said = Target::new(schema).refuses(&inserts("public.keyed", "k, v", &["3.001, 'a'", "3.002, 'b'"]), "22000");
    assert!(said.contains("k = 3.001"), "{said}");
    let mut target = Target::new(schema);
    target.options = target.options.with_rounding(Rounding::Accept);
    target.merge(&inserts("public.parts", "at, v", &["'2024-12-31 23:59:59.7', 'new'"]));
    assert_eq!(target.rows("SELECT v FROM parts_2"), ["new"]);
}

#[test]
fn the_other_styles_promise_nothing() {
    for style in [Style::Rows, Style::Batches] {
        let options = Options::new().with_style(style);
        assert!(options.clone().with_rounding(Rounding::Accept).build().is_ok());
        let error = options.with_rounding(Rounding::Error).build().unwrap_err();
        assert!(
            error.to_string().contains("works only with `style = staged`"),
            "{error}"
        );
    }
}
