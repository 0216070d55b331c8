//! Rows left out of partitioned tables, dumped leaf by leaf and through the root.

use dumpsert::{Catalog, Options, Style, convert};
use dumpsert_testkit::Cluster;

use crate::support::{DROP_FOREIGN_KEYS, reads_as_well_in_pieces};

const SCHEMA: &str = r"
CREATE TABLE tenants (id text PRIMARY KEY);
CREATE TABLE orders (id integer, region text, tenant text NOT NULL REFERENCES tenants, boss integer, PRIMARY KEY (id, region))
    PARTITION BY LIST (region);
CREATE TABLE orders_eu PARTITION OF orders FOR VALUES IN ('eu');
CREATE TABLE orders_us PARTITION OF orders FOR VALUES IN ('us', 'ca') PARTITION BY HASH (id);
CREATE TABLE orders_us_0 PARTITION OF orders_us FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE orders_us_1 PARTITION OF orders_us FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER TABLE orders ADD FOREIGN KEY (boss, region) REFERENCES orders ON DELETE SET NULL (boss);
CREATE TABLE items (id integer, order_id integer, region text, tenant text REFERENCES tenants ON DELETE SET NULL, day date,
    FOREIGN KEY (order_id, region) REFERENCES orders ON DELETE CASCADE) PARTITION BY RANGE (day);
CREATE TABLE items_old PARTITION OF items FOR VALUES FROM (MINVALUE) TO ('2024-07-01');
CREATE TABLE items_new (LIKE items);
ALTER TABLE items ATTACH PARTITION items_new FOR VALUES FROM ('2024-07-01') TO (MAXVALUE);
INSERT INTO tenants SELECT 't' || n FROM generate_series(0, 4) AS n;
INSERT INTO orders SELECT n, (ARRAY['eu', 'us', 'ca'])[1 + n % 3], 't' || n % 5, CASE WHEN n > 9 AND n % 2 = 0 THEN n - 9 END FROM generate_series(1, 60) AS n;
INSERT INTO items SELECT n, 1 + n % 60, (ARRAY['eu', 'us', 'ca'])[1 + (1 + n % 60) % 3], 't' || n % 4, date '2024-01-01' + n FROM generate_series(1, 360) AS n;";

/// What is excluded, and the deletion that it means.
const EXCLUSIONS: [(&str, &str); 4] = [
    ("tenants: id = 't1'", "tenants WHERE id = 't1'"),
    ("orders: id % 7 = 1", ""),
    (
        "orders: region = 'ca' AND id < 30",
        "orders WHERE region = 'ca' AND id < 30",
    ),
    ("orders_us: tenant = 't3'", "orders_us WHERE tenant = 't3'"),
];

#[test]
fn by_leaf_and_by_root() {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("partitions_source");
    // Single columns can be set to NULL from PostgreSQL 15 on.
    let action = if cluster.major() < 15 {
        "CASCADE"
    } else {
        "SET NULL (boss)"
    };
    source.execute(&SCHEMA.replace("SET NULL (boss)", action));
    let schema = source.pg_dump(&["--schema-only"]);
    let empty = cluster.create_unique("partitions_empty");
    empty.psql(&schema).expect_success();
    let loose = cluster.copy_of(&empty);
    loose.execute(DROP_FOREIGN_KEYS);
    let catalog = Catalog::from_schema_sql(&schema).unwrap();
    let (mut changed, mut cascaded) = (0, 0);
    for (exclusion, deletion) in EXCLUSIONS {
        if exclusion.contains('%') {
            // Arithmetic is not evaluated, and refused before any row.
            let options = Options::new().with_catalog(catalog.clone()).unwrap();
            assert!(options.with_excluded_rows(exclusion).unwrap().build().is_err());
            continue;
        }
        let copy = cluster.copy_of(&source);
        let yielding: std::path::PathBuf = [env!("CARGO_MANIFEST_DIR"), "../examples/demo/yielding.sql"]
            .iter()
            .collect();
        copy.execute_file(&yielding, &[]);
        copy.execute(&format!("DELETE FROM {deletion}"));
        let expected = copy.snapshot_by_root();
        for args in [
            &["-a"][..],
            &["-a", "--load-via-partition-root"],
            &["-a", "--load-via-partition-root", "--column-inserts"],
        ] {
            let dump = source.pg_dump(args);
            for style in [Style::Rows, Style::Staged] {
                let context = format!("{exclusion}, {args:?}, {style:?}");
                let options = Options::new().with_style(style).with_excluded_rows(exclusion).unwrap();
                let options = options.with_no_key(match style {
                    Style::Staged => dumpsert::NoKey::Match,
                    _ => dumpsert::NoKey::Insert,
                });
                let plan = options.with_catalog(catalog.clone()).unwrap().build().unwrap();
                let mut script = Vec::new();
                let report = match convert(&dump[..], &mut script, &plan) {
                    Ok(report) => report,
                    // Rows of the root may be those of any leaf.
                    Err(error) => {
                        assert!(
                            args.len() > 1 && exclusion.starts_with("orders_us"),
                            "{context}: {error}"
                        );
                        assert!(
                            error.to_string().contains("load-via-partition-root"),
                            "{context}: {error}"
                        );
                        continue;
                    }
                };
                for table in &report.tables {
                    changed += table.references_changed;
                    let reasons = table
                        .left_out
                        .iter()
                        .filter(|(reason, _)| reason.starts_with("cascade"));
                    cascaded += reasons.map(|(_, rows)| rows).sum::<u64>();
                }
                reads_as_well_in_pieces(&dump, &plan, &script, &context);
                let target = cluster.copy_of(if style == Style::Staged { &empty } else { &loose });
                target.psql(&script).expect_success();
                let found = target.snapshot_by_root();
                assert_eq!(expected.diff_rows(&found), Vec::<String>::new(), "{context}");
                target.drop();
            }
        }
        copy.drop();
    }
    assert!(changed > 0 && cascaded > 0, "{changed} {cascaded}");
}
