//! Rows of more than 1 MiB that are refused after their start has been written: psql shows the reason and nothing else.

use dumpsert::{Limit, NoKey, Options, Style};
use dumpsert_testkit::{Cluster, Db};

use crate::support::{Target, script, try_script};

const SCHEMA: &str = r#"
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN short AS varchar(3) CHECK (VALUE <> 'bad');
CREATE TYPE pair AS (a integer, b text);
CREATE TABLE t (id integer PRIMARY KEY, j json NOT NULL, v text NOT NULL, b bytea);
CREATE TABLE every (id integer PRIMARY KEY, "dumpsert_refused" text, c "char", n numeric(10,2), m mood, s short, f char(5), p pair, a varchar(2)[],
    i interval, ts timestamptz, bits bit(3), x xml, jb jsonb, u uuid, r int4range, "Long" text, bytes bytea, g text GENERATED ALWAYS AS (id || 'x') STORED);"#;

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

fn long(text: &str) -> String {
    text.repeat((1 << 20) / text.len() + 2000)
}

/// Dumps of one long row that is refused, and a part of the reason.
fn refused() -> Vec<(String, &'static str)> {
    let (text, umlauts, bits) = (long("it''s; "), long("ü"), long("01"));
    let json = format!("\"{}", long("x"));
    let insert = |rest: &str| format!("INSERT INTO public.t (id, j, v, b) VALUES ({rest}");
    let copy = |rest: &str| format!("COPY public.t (id, j, v, b) FROM stdin;\n1\t{rest}");
    let cut = |text: &str| text.get(..text.len() - 1).unwrap().to_owned();
    vec![
        // Inside of a string, of JSON, of a bit string; in the middle of a character.
        (insert(&format!("1, '{json}")), "the dump is cut"),
        (insert(&format!("1, '{{}}', '{text}")), "the dump is cut"),
        (
            insert(&format!("1, '{{}}', '{}", cut(&format!("{umlauts}a")))),
            "the dump is cut",
        ),
        (insert(&format!("1, '{{}}', B'{bits}2', NULL")), "only 0 and 1"),
        // Between values, before the first one, behind the last.
        (insert(&format!("1, '{{}}', '{text}', now());\n")), "expected a literal"),
        (
            insert(&format!("1, '{{}}', '{text}' 1);\n")),
            "a comma or a closing parenthesis",
        ),
        (insert(&format!("{}now());\n", long(" "))), "expected a literal"),
        (insert(&long(" ")), "the dump is cut"),
        (insert(&format!("'{text}', '{{}}', now());\n")), "expected a literal"),
        (insert(&format!("1, '{{}}', '{text}', NULL")), "the dump is cut"),
        (
            insert(&format!("1, '{{}}', '{text}', NULL, 5);\n")),
            "more than 4 values",
        ),
        (insert(&format!("1, '{{}}', '{text}');\n")), "3 values for 4 columns"),
        // The same in COPY.
        (copy(&json), "the dump is cut"),
        (copy(&format!("{{}}\t{umlauts}")), "the dump is cut"),
        (copy(&format!("{{}}\t{text}\\.\n")), "end-of-data"),
        (copy(&format!("{{}}\t{text}\r\t\\N\n\\.\n")), "carriage return"),
        (copy(&format!("{{}}\t{text}\t\\N\t5\n\\.\n")), "more than 4 values"),
        (copy(&format!("{{}}\t{text}\n\\.\n")), "3 values for 4 columns"),
        (copy(&format!("{{}}\t{text}\n")), "3 values for 4 columns"),
        (copy(&format!("{text}\t{{}}")), "the dump is cut"),
    ]
}

/// What psql says is the reason, and only that.
#[track_caller]
fn assert_says(target: &Db, sql: &[u8], reason: &str, context: &str) {
    let run = target.psql(sql);
    let said: Vec<&str> = run.stderr.lines().filter(|line| line.contains("ERROR: ")).collect();
    assert_eq!((run.status, said.len()), (3, 1), "{context}: {}", run.stderr);
    let said = said.first().unwrap();
    assert!(
        said.contains("dumpsert stopped: ") && said.contains(reason),
        "{context}: {said}"
    );
    assert!(said.ends_with("nothing was changed"), "{context}: {said}");
}

#[test]
fn wherever_a_row_ends() {
    let target = Target::new(SCHEMA);
    let before = target.db.snapshot();
    let good = "INSERT INTO public.t (id, j, v, b) VALUES (7, '{}', 'x', NULL);\n";
    for (number, (dump, reason)) in refused().into_iter().enumerate() {
        for (at, style) in STYLES.into_iter().enumerate() {
            let options = Options::new().with_style(style);
            // Sometimes it is not the first row, and not the first long one.
            let dump = match (number + at) % 3 {
                0 => dump.clone(),
                1 => format!("{good}{dump}"),
                _ => format!(
                    "INSERT INTO public.t (id, j, v, b) VALUES (8, '{{}}', '{}', NULL);\n{good}{dump}",
                    long("x")
                ),
            };
            let (sql, result) = try_script(dump.as_bytes(), options);
            let Err(error) = result.map_err(|error| error.to_string()) else {
                panic!("{number}, {style:?} passes")
            };
            assert!(error.contains(reason), "{number}, {style:?}: {error}");
            assert_says(&target.db, &sql, reason, &format!("{number}, {style:?}"));
        }
    }
    assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new());
}

#[test]
fn a_limit() {
    let target = Target::new(SCHEMA);
    let dump = format!(
        "INSERT INTO public.t (id, j, v, b) VALUES (1, '{{}}', '{}', NULL);\n",
        long("xü").repeat(2)
    );
    for style in STYLES {
        let options = Options::new()
            .with_style(style)
            .with_limit(Limit::RowBytes, 3 << 19)
            .unwrap();
        let (sql, result) = try_script(dump.as_bytes(), options);
        result.unwrap_err();
        assert_says(&target.db, &sql, "row", &format!("{style:?}"));
    }
}

/// Where it is not refused, a long row is what COPY would make of it, whatever the types of its columns.
#[test]
fn every_type_arrives() {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("long_types");
    source.execute(SCHEMA);
    let target = cluster.copy_of(&source);
    source.execute(
        r#"INSERT INTO every SELECT n, CASE n WHEN 1 THEN '' END, 'c', 12345.678, 'glad', 'ab', 'x', ROW(1, E'a\\"b,c')::pair, '{ab,NULL,"\"c"}', '1 mon 2 days 03:04:05.6',
             '2024-02-29 12:00:00+02', '101', '<a>b</a>', '{"a": [1, null]}', '6a0d7a53-4a8f-4f5a-9d33-0f6d3a9f3a11', '[1,5)',
             CASE n % 2 WHEN 0 THEN 'short' ELSE repeat(E'ü\t\\.\n''"', 200000) END, decode(repeat('00ff5c27', 400000), 'hex')
           FROM generate_series(1, 4) AS n;
           INSERT INTO every ("id", "Long") VALUES (5, repeat('y', 2000000));
           INSERT INTO t VALUES (1, '{}', repeat('z', 3000000), NULL), (2, '[]', 'x', NULL);"#,
    );
    for arguments in [&["-a"][..], &["-a", "--column-inserts"], &["--inserts"]] {
        let dump = source.pg_dump(arguments);
        let options = || Options::new().with_style(Style::Staged).with_no_key(NoKey::Error);
        let merged = cluster.copy_of(&target);
        let sql = script(&dump, options());
        merged.psql(&sql).expect_success();
        assert_eq!(
            source.snapshot().diff_rows(&merged.snapshot()),
            Vec::<String>::new(),
            "{arguments:?}"
        );
        // The views go with their stages.
        let again = [
            &sql[..],
            b"SELECT count(*) AS left FROM pg_class WHERE relname LIKE 'dumpsert%' \\gset\n\\echo left: :left\n",
        ]
        .concat();
        let left = merged.psql(&again).expect_success().stdout;
        assert!(left.trim_end().ends_with("left: 0"), "{left}");
        merged.drop();
    }
    // A value that its type refuses is PostgreSQL's own error.
    let refused = Target::new(SCHEMA);
    for (column, value, state) in [
        ("s", "long", "22001"),
        ("s", "bad", "23514"),
        ("n", "x", "22P02"),
        ("m", "mad", "22P02"),
    ] {
        let dump = format!(
            "INSERT INTO public.every (id, {column}, \"Long\") VALUES (1, '{value}', '{}');\n",
            long("x")
        );
        refused.refuses(&dump, state);
    }
}
