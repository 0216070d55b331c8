//! The catalog that is read from schema SQL, compared with that of the server which ran it.

use dumpsert::Catalog;
use dumpsert::catalog::CATALOG_QUERY;
use dumpsert_testkit::{Cluster, Db};

/// What the server says.
pub(crate) fn live(db: &Db) -> Catalog {
    Catalog::from_json(db.value(CATALOG_QUERY).unwrap()).unwrap()
}

/// Table by table and column by column, so that a failure is short.
#[track_caller]
pub(crate) fn assert_same(from_sql: &Catalog, live: &Catalog) {
    for (a, b) in from_sql.tables().iter().zip(live.tables()) {
        for (of_a, of_b) in a.columns.iter().zip(&b.columns) {
            assert_eq!(of_a, of_b, "{}", a.table_name());
        }
        assert_eq!(a, b, "{}", a.table_name());
    }
    for (a, b) in from_sql.types().iter().zip(live.types()) {
        assert_eq!(a, b);
    }
    assert_eq!(from_sql, live);
}

/// The schema as `pg_dump` prints it, against a database that it was restored into: some of what the source has
/// (the order of columns that were added to a parent table later, names of copied constraints) no dump keeps.
pub(crate) fn assert_dump_is_read(cluster: &Cluster, source: &Db) {
    let schema = source.pg_dump(&["--schema-only"]);
    let restored = cluster.create_unique("catalog_restored");
    restored.execute(std::str::from_utf8(&schema).unwrap());
    let live = live(&restored);
    assert!(!live.is_empty());
    assert_same(&Catalog::from_schema_sql(&schema).unwrap(), &live);
    assert_same(
        &Catalog::from_schema_sql(source.pg_dump(&["--exclude-table-data=*"])).unwrap(),
        &live,
    );
    restored.drop();
}
