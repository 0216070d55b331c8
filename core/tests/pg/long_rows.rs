//! Rows of more than 1 MiB, which pass in pieces, in tables of which rows are left out.

use dumpsert::{Options, Style, convert};
use dumpsert_testkit::Cluster;

use crate::support::reads_as_well_in_pieces;

const SCHEMA: &str = r"
CREATE TABLE parents (id integer PRIMARY KEY, body text, tail text);
CREATE TABLE children (id integer PRIMARY KEY, body text, may integer REFERENCES parents ON DELETE SET NULL, bits bit varying,
    def integer DEFAULT 2 REFERENCES parents ON DELETE SET DEFAULT, must integer REFERENCES parents ON DELETE CASCADE, tail text);
CREATE FUNCTION pg_temp.long(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT repeat(E'it''s; \\ \t\r\n \\. ü $x$ ' || n, 60000) $$;
INSERT INTO parents SELECT n, pg_temp.long(n), 'tail' FROM generate_series(1, 3) AS n;
INSERT INTO parents VALUES (4, 'short', NULL);
INSERT INTO children SELECT n, CASE WHEN n % 2 = 0 THEN pg_temp.long(n) END, may, CASE WHEN n % 3 = 0 THEN repeat('01', 600000)::bit varying END, def, must,
       CASE WHEN n % 2 = 1 THEN pg_temp.long(n) ELSE 'tail' END
  FROM (VALUES (1, 1, 4, 2), (2, 1, 1, NULL), (3, 2, 2, 1), (4, 2, 2, 2), (5, NULL, 1, 4), (6, 1, 4, 1)) AS v (n, may, def, must);";

#[test]
fn go_stay_and_change() {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("long_source");
    source.execute(SCHEMA);
    let expected = cluster.copy_of(&source);
    // The condition is about the end of the long value.
    let condition = "body LIKE '%$x$ 1'";
    expected.execute(&format!("DELETE FROM parents WHERE {condition}"));
    let expected_rows = expected.snapshot();
    assert_eq!(expected_rows.count("public.children"), 4);
    let empty = cluster.create_unique("long_empty");
    empty.psql(&source.pg_dump(&["-s"])).expect_success();
    for args in [
        &[][..],
        &["--column-inserts"],
        &["--inserts"],
        &["--column-inserts", "--rows-per-insert=4"],
    ] {
        let dump = source.pg_dump(args);
        // A data dump of another kind would be the same rows; a full one is read twice and brings the keys.
        for style in [Style::Rows, Style::Batches, Style::Staged] {
            let context = format!("{args:?}, {style:?}");
            let options = Options::new().with_style(style);
            let plan = options
                .with_excluded_rows(&format!("parents: {condition}"))
                .unwrap()
                .build()
                .unwrap();
            let mut script = Vec::new();
            let report = convert(&dump[..], &mut script, &plan).unwrap();
            let [children, parents] = &report.tables[..] else {
                panic!("{context}")
            };
            assert_eq!(
                (parents.rows_kept, children.rows_kept, children.references_changed),
                (3, 4, 3),
                "{context}"
            );
            assert_eq!(children.left_out["cascade: children_must_fkey"], 2);
            reads_as_well_in_pieces(&dump, &plan, &script, &context);
            let target = cluster.copy_of(&empty);
            if style != Style::Staged {
                target.execute(crate::support::DROP_FOREIGN_KEYS);
            }
            target.psql(&script).expect_success();
            assert_eq!(
                expected_rows.diff_rows(&target.snapshot()),
                Vec::<String>::new(),
                "{context}"
            );
            target.drop();
        }
    }
}
