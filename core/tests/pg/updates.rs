//! Which rows and columns of the target an upsert changes.

use dumpsert::{Catalog, Options, Style, Update};
use dumpsert_testkit::Cluster;

use crate::support::{inserts, psql, script};

const SCHEMA: &str = "CREATE TABLE public.t (id integer PRIMARY KEY, v text, doc json, changed timestamp);";

/// Merges three rows into a target that has two of them, the second one newer; returns all rows and how many versions
/// were written.
fn merge(style: Style, choose: impl Fn(Options) -> Options) -> (Vec<String>, usize) {
    let db = Cluster::shared().create_unique("updates");
    db.execute(SCHEMA);
    db.execute(
        "INSERT INTO public.t VALUES (1, 'old', '{}', '2024-01-01'), (2, 'own', '{}', '2026-01-01'),
                                     (3, 'same', '[1]', '2025-01-01'), (4, 'null', '1', NULL);",
    );
    let rows = [
        "1, 'new', '[]', '2025-01-01'",
        "2, 'late', '[]', '2025-01-01'",
        "3, 'same', '[1]', '2025-01-01'",
        "4, 'filled', '2', '2025-01-01'",
        "5, 'added', NULL, NULL",
    ];
    let dump = inserts("public.t", "id, v, doc, changed", &rows);
    let options = Options::new()
        .with_style(style)
        .with_catalog(Catalog::from_schema_sql(SCHEMA).unwrap())
        .unwrap();
    let before = db.row_versions();
    psql(&db, "postgres", &script(dump.as_bytes(), choose(options))).expect_success();
    let after = db.row_versions();
    let known: Vec<_> = before.values().flatten().collect();
    let written = after.values().flatten().filter(|row| !known.contains(row)).count();
    let rows = db.query("SELECT id, v, doc FROM public.t ORDER BY id");
    let text = |row: Vec<Option<String>>| {
        row.into_iter()
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
            .join("|")
    };
    (rows.into_iter().map(text).collect(), written)
}

#[test]
fn policies() {
    let updated = ["1|new|[]", "2|late|[]", "3|same|[1]", "4|filled|2", "5|added|"];
    let newer = ["1|new|[]", "2|own|{}", "3|same|[1]", "4|filled|2", "5|added|"];
    let kept = ["1|old|{}", "2|own|{}", "3|same|[1]", "4|null|1", "5|added|"];
    for style in [Style::Rows, Style::Batches] {
        let (rows, _) = merge(style, |options| options);
        assert_eq!(rows, updated);
        let (rows, written) = merge(style, |options| options.with_update(Update::Changed));
        assert_eq!(rows, updated);
        // Three updated, one inserted; the one that is the same gets no new version, but its lock shows as well.
        assert_eq!(written, 5);
        let (rows, _) = merge(style, |options| {
            options.with_update(Update::Newer("changed".to_owned()))
        });
        assert_eq!(rows, newer);
        let (rows, written) = merge(style, |options| options.with_update(Update::Nothing));
        assert_eq!(rows, kept);
        assert_eq!(written, 1);
        let own = |options: Options| {
            options
                .with_update(Update::Nothing)
                .with_table_update("public.t", Update::Always)
        };
        assert_eq!(merge(style, |options| own(options).unwrap()).0, updated);
    }
}

#[test]
fn columns() {
    let only = ["1|new|{}", "2|late|{}", "3|same|[1]", "4|filled|1", "5|added|"];
    for style in [Style::Rows, Style::Batches] {
        assert_eq!(merge(style, |options| options.with_update_only("v").unwrap()).0, only);
        assert_eq!(
            merge(style, |options| options.with_update_never("public.t=doc").unwrap()).0,
            only
        );
        // What is said of a table goes before what is said of all.
        let both = |options: Options| {
            options
                .with_update_only("id")
                .unwrap()
                .with_update_only("public.t=v")
                .unwrap()
        };
        assert_eq!(merge(style, both).0, only);
    }
}
