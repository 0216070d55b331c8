//! Conditions from option to target: what is left out is what `DELETE … WHERE` deletes in a copy of the source. The
//! evaluation itself is tried on every operator and type beside it, in the library.

use dumpsert::{Catalog, Options, Style, convert};
use dumpsert_testkit::Cluster;

/// A table of every type that conditions know, with NULLs.
const TABLE: &str = r#"
CREATE EXTENSION citext;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN label AS character varying(30);
CREATE TABLE t (id integer PRIMARY KEY, b boolean, i2 smallint, i8 bigint, n numeric, n2 numeric(10,2), f4 real, f8 double precision,
    tx text, tc text COLLATE "C", vc character varying(30), bc character(6), ci citext, u uuid, d date, "tsP" timestamp(3), tz timestamptz, tm time,
    by bytea, bi bit(3), en mood, dl label, j jsonb, ar integer[]);
SET timezone = 'Europe/Prague';
INSERT INTO t SELECT g, CASE WHEN g % 3 < 2 THEN g % 2 = 0 END, CASE WHEN g % 5 > 0 THEN g - 20 END, CASE WHEN g % 7 > 0 THEN (g::bigint - 20) * 4611686018427387 END,
    (ARRAY['1.0', '1.00', '-0.5', 'NaN', '1e30', NULL, '9007199254740993'])[1 + g % 7]::numeric, CASE WHEN g % 4 > 0 THEN g / 8.0 END,
    (ARRAY['0.1', '-0', 'NaN', 'Infinity', NULL, '16777217'])[1 + g % 6]::real, (ARRAY['0.1', '1e-320', NULL, '-Infinity', '3'])[1 + g % 5]::float8,
    (ARRAY['demo', 'Demo-1', 'it''s', E'a\\b', E'tab\there', 'naïve', '', NULL, 'demolition'])[1 + g % 9], (ARRAY['a', 'B', 'b', NULL, '_%'])[1 + g % 5],
    (ARRAY['x', 'X ', NULL, '%x'])[1 + g % 4], (ARRAY['ab', 'ab  ', NULL, 'AB'])[1 + g % 4], (ARRAY['Ab', 'aB', NULL, 'c'])[1 + g % 4],
    CASE WHEN g % 3 > 0 THEN md5((g % 4)::text)::uuid END, CASE WHEN g % 6 > 0 THEN date '2024-02-27' + g END, timestamp '2024-03-31 00:30' + g * interval '17 min',
    CASE WHEN g % 5 > 0 THEN timestamptz '2024-10-27 00:30+00' + g * interval '13 min' END, CASE WHEN g % 4 > 0 THEN time '00:00' + g * interval '33 min' END,
    CASE WHEN g % 3 > 0 THEN decode(lpad(to_hex(g), 2, '0'), 'hex') END, (g % 8)::bit(3), (ARRAY['sad', 'ok', 'happy', NULL])[1 + g % 4]::mood,
    (ARRAY['one', 'Two', NULL])[1 + g % 3], CASE WHEN g % 2 > 0 THEN '{"a": 1}'::jsonb END, CASE WHEN g % 3 > 0 THEN ARRAY[g] END
  FROM generate_series(1, 60) AS g;"#;

const CONDITIONS: [&str; 50] = [
    "b",
    "NOT b",
    "b IS NOT TRUE",
    "b IS UNKNOWN OR id = 1",
    "b = 'yes' AND id <> 2",
    "i2 > 5 AND i2 <= 30",
    "i2 BETWEEN -10 AND 10",
    "i2 NOT IN (1, 2, 3, NULL) OR i2 = 4",
    "i8 < -40000000000000000 OR i8 >= 9223372036854775807",
    "n = 1",
    "n <> 'NaN' AND n > 9007199254740992",
    "n2 IN (0.130, 1.25, 7.13)",
    "f4 <> 0.1 AND f4 < 1",
    "f4 = '0.1'::real",
    "f8 > '-Infinity' AND f8 < 0.2",
    "tx LIKE 'demo%'",
    "tx ILIKE 'DEMO%' AND tx IS NOT NULL AND id < 4",
    "tx NOT LIKE '%''%' AND id > 20",
    "tx LIKE '%\\\\b'",
    "tx ~ '^[Dd]emo(-[0-9]+)?$'",
    "tx !~ 'e'",
    "tx = 'tab\there' OR tx = ''",
    "coalesce(tx, 'none') = 'none'",
    "length(tx) > 5",
    "tc < 'b'",
    "tc COLLATE \"C\" BETWEEN 'A' AND 'Z'",
    "tc LIKE '\\_\\%'",
    "lower(vc) = 'x '",
    "upper(tc) ~* 'b'",
    "vc IN ('x', '%x')",
    "bc = 'ab'",
    "bc::text = 'ab'",
    "ci = 'AB'",
    "u = 'C4CA4238-A0B9-2382-0DCC-509A6F75849B'",
    "u IS NULL",
    "d >= '2024-02-29' AND d < DATE '2024-03-10'",
    "d NOT BETWEEN '2024-03-01' AND '2024-04-01'",
    "\"tsP\" > '2024-03-31 03:00:00.5'",
    "tz <= '2024-10-27 05:30+02'",
    "tz > TIMESTAMPTZ '2024-10-27 04:30+01'",
    "tm < '04:00'",
    "by > '\\x10'",
    "bi = B'101'",
    "en > 'sad'",
    "en::text = 'ok' OR en IS NULL",
    "dl = 'Two'",
    "j IS NULL AND ar IS NOT NULL",
    "id::text LIKE '1_'",
    "(b OR i2 > 0) AND NOT (tx LIKE 'd%' OR n IS NULL)",
    "id IN (1, 60) OR (tx IS NULL) = (vc IS NULL) AND id > 50",
];

#[test]
fn what_is_left_out_is_what_is_deleted() {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("conditions_source");
    source.execute(TABLE);
    // A table for each condition, all of them in one dump.
    let (mut copies, mut deletions) = (String::new(), "SET timezone = 'Asia/Tokyo';\n".to_owned());
    let mut options = Options::new();
    for (number, condition) in CONDITIONS.iter().enumerate() {
        copies.push_str(&format!(
            "CREATE TABLE c{number} (LIKE t INCLUDING ALL); INSERT INTO c{number} SELECT * FROM t;\n"
        ));
        deletions.push_str(&format!("DELETE FROM c{number} WHERE {condition};\n"));
        options = options.with_excluded_rows(&format!("c{number}: {condition}")).unwrap();
    }
    source.execute(&copies);
    let expected = cluster.copy_of(&source);
    expected.execute(&deletions);
    let expected = expected.snapshot();
    // Every condition is met by some rows, and not by all.
    let kept = |number: usize| expected.count(&format!("public.c{number}"));
    let idle: Vec<(&str, usize)> = CONDITIONS
        .iter()
        .enumerate()
        .map(|(number, condition)| (*condition, kept(number)))
        .collect();
    let idle: Vec<_> = idle.into_iter().filter(|(_, kept)| !(1..60).contains(kept)).collect();
    assert!(idle.is_empty(), "{idle:?}");
    let empty = cluster.create_unique("conditions_empty");
    let schema = source.pg_dump(&["--schema-only"]);
    empty.psql(&schema).expect_success();
    let catalog = Catalog::from_schema_sql(&schema).unwrap();
    for (args, style) in [
        (&["-a"][..], Style::Rows),
        (&["-a"], Style::Staged),
        (&["-a", "--column-inserts"], Style::Rows),
        (&["-a", "--inserts"], Style::Staged),
        (&["--rows-per-insert=9"], Style::Batches),
    ] {
        let options = options.clone().with_style(style).with_catalog(catalog.clone()).unwrap();
        let mut script = Vec::new();
        let report = convert(&source.pg_dump(args)[..], &mut script, &options.build().unwrap()).unwrap();
        for (number, condition) in CONDITIONS.iter().enumerate() {
            let name = format!("public.c{number}");
            let table = report.tables.iter().find(|table| table.table == name).unwrap();
            let kept = expected.count(&name) as u64;
            assert_eq!(
                table.left_out[&format!("rule: {condition}")],
                60 - kept,
                "{condition}, {args:?}"
            );
        }
        let target = cluster.copy_of(&empty);
        target.psql(&script).expect_success();
        assert_eq!(expected.diff_rows(&target.snapshot()), Vec::<String>::new(), "{args:?}");
        target.drop();
    }
}
