//! A key of `MATCH FULL` is never made NULL in part: PostgreSQL refuses that, so the row goes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use dumpsert::{Catalog, Options, Style, convert};

const PARENTS: &str = "
    CREATE TABLE p (a int, b int, PRIMARY KEY (a, b));
    CREATE TABLE q (b int PRIMARY KEY);";

const DUMP: &str = "\
INSERT INTO public.p (a, b) VALUES (1, 1), (2, 2);
INSERT INTO public.q (b) VALUES (1), (2);
INSERT INTO public.c (id, a, b) VALUES (10, 1, 1), (20, 2, 2), (30, NULL, NULL);
";

/// The rows of `c` that are kept under a schema and an exclusion.
fn kept(child: &str, exclude: &str) -> Vec<String> {
    let catalog = Catalog::from_schema_sql(format!("{PARENTS}{child}")).unwrap();
    let options = Options::new().with_style(Style::Rows).with_catalog(catalog).unwrap();
    let plan = options.with_excluded_rows(exclude).unwrap().build().unwrap();
    let mut script = Vec::new();
    convert(DUMP.as_bytes(), &mut script, &plan).unwrap();
    let script = String::from_utf8(script).unwrap();
    let rows = script
        .lines()
        .filter(|line| line.starts_with("INSERT INTO \"public\".\"c\""));
    rows.filter_map(|line| Some(line.split_once("VALUES (")?.1.split_once(')')?.0.to_owned()))
        .collect()
}

#[test]
fn a_list_of_columns() {
    let child = |rest: &str| {
        format!("CREATE TABLE c (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES p {rest});")
    };
    let gone = ["20, 2, 2", "30, NULL, NULL"];
    assert_eq!(kept(&child("MATCH FULL ON DELETE SET NULL (b)"), "p: a = 1"), gone);
    assert_eq!(
        kept(&child("MATCH FULL ON DELETE SET NULL (a, b)"), "p: a = 1"),
        ["10, NULL, NULL", "20, 2, 2", "30, NULL, NULL"]
    );
    assert_eq!(
        kept(&child("MATCH FULL ON DELETE SET NULL"), "p: a = 1"),
        ["10, NULL, NULL", "20, 2, 2", "30, NULL, NULL"]
    );
    assert_eq!(
        kept(&child("MATCH SIMPLE ON DELETE SET NULL (b)"), "p: a = 1"),
        ["10, 1, NULL", "20, 2, 2", "30, NULL, NULL"]
    );
    // Column `a` has a default, `b` has none.
    let defaults = "CREATE TABLE c (id int PRIMARY KEY, a int DEFAULT 2, b int, \
                    FOREIGN KEY (a, b) REFERENCES p MATCH FULL ON DELETE SET DEFAULT);";
    assert_eq!(kept(defaults, "p: a = 1"), gone);
}

#[test]
fn another_key_that_shares_a_column() {
    let child = |matching: &str| {
        format!(
            "CREATE TABLE c (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES p {matching},
               FOREIGN KEY (b) REFERENCES q ON DELETE SET NULL);"
        )
    };
    assert_eq!(kept(&child("MATCH FULL"), "q: b = 1"), ["20, 2, 2", "30, NULL, NULL"]);
    assert_eq!(
        kept(&child("MATCH SIMPLE"), "q: b = 1"),
        ["10, 1, NULL", "20, 2, 2", "30, NULL, NULL"]
    );
}

#[test]
fn a_value_that_follows_its_parent() {
    // The parent's `b` becomes NULL with the row of `q`, and takes the child's along.
    let schema = |matching: &str| {
        format!(
            "CREATE TABLE q (b int PRIMARY KEY);
             CREATE TABLE p (a int, b int REFERENCES q ON DELETE SET NULL, id int PRIMARY KEY, UNIQUE (a, b));
             CREATE TABLE c (id int PRIMARY KEY, a int, b int,
               FOREIGN KEY (a, b) REFERENCES p (a, b) {matching} ON UPDATE CASCADE);"
        )
    };
    let dump = "INSERT INTO public.q (b) VALUES (1);\nINSERT INTO public.p (a, b, id) VALUES (1, 1, 1);\n\
                INSERT INTO public.c (id, a, b) VALUES (10, 1, 1);\n";
    for (matching, expected) in [("MATCH FULL", 1), ("", 2)] {
        let options = Options::new()
            .with_catalog(Catalog::from_schema_sql(schema(matching)).unwrap())
            .unwrap();
        let plan = options.with_excluded_rows("q: b = 1").unwrap().build().unwrap();
        let report = convert(dump.as_bytes(), &mut Vec::new(), &plan).unwrap();
        assert_eq!(report.rows_kept(), expected, "{matching}");
    }
}
