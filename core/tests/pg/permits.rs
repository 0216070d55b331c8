//! What may be a target, and what only if it is named.

use dumpsert::{ErrorKind, NoKey, Options, Style, Unselected};

use crate::support::{Target, inserts, psql, script, sqlstate, try_script};

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

/// Runs a dump that must be refused by the target with this SQLSTATE.
#[track_caller]
fn refused(target: &Target, dump: &str, options: &Options, state: &str, says: &str) {
    let before = target.db.snapshot();
    let run = psql(&target.db, "postgres", &script(dump.as_bytes(), options.clone()));
    assert_eq!((run.status, sqlstate(&run)), (3, Some(state)), "{}", run.stderr);
    assert!(run.stderr.contains(says), "{}", run.stderr);
    assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new());
}

#[track_caller]
fn accepted(target: &Target, dump: &str, options: &Options) {
    psql(&target.db, "postgres", &script(dump.as_bytes(), options.clone())).expect_success();
}

#[test]
fn tables_of_extensions() {
    for style in STYLES {
        let target = Target::new(
            "CREATE EXTENSION citext; CREATE TABLE \"Jobs\" (id integer PRIMARY KEY, command text); ALTER EXTENSION citext ADD TABLE \"Jobs\";
             CREATE TABLE other (id integer PRIMARY KEY, command text); ALTER EXTENSION citext ADD TABLE other;
             CREATE TABLE root (id integer PRIMARY KEY, command text) PARTITION BY RANGE (id);
             CREATE TABLE leaf PARTITION OF root FOR VALUES FROM (0) TO (10); CREATE TABLE own PARTITION OF root DEFAULT;
             ALTER EXTENSION citext ADD TABLE leaf;",
        );
        let options = Options::new().with_style(style);
        let jobs = inserts("public.\"Jobs\"", "id, command", &["1, 'evil'"]);
        refused(
            &target,
            &jobs,
            &options,
            "42501",
            "public.\"Jobs\" belongs to an extension",
        );
        let named = options.with_allow_extension_table("public.\"Jobs\"").unwrap();
        accepted(&target, &jobs, &named);
        assert_eq!(target.rows("SELECT * FROM public.\"Jobs\""), ["1|evil"]);
        let other = inserts("public.other", "id, command", &["1, 'evil'"]);
        refused(&target, &other, &named, "42501", "public.other belongs to an extension");
        // Rows of a root end in its leaves.
        for table in ["public.root", "public.leaf"] {
            let dump = inserts(table, "id, command", &["1, 'evil'"]);
            refused(&target, &dump, &named, "42501", "belongs to an extension");
        }
    }
}

#[test]
fn views_and_foreign_tables() {
    for style in STYLES {
        let target = Target::new(
            "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE VIEW w AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
             CREATE VIEW j AS SELECT 1 AS id, 'x' AS v;
             CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (NEW.id, 'taken ' || NEW.v); RETURN NEW; END $$;
             CREATE TRIGGER take INSTEAD OF INSERT ON j FOR EACH ROW EXECUTE FUNCTION take();
             CREATE EXTENSION postgres_fdw; CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw;",
        );
        target.db.execute(&format!(
            "ALTER SERVER here OPTIONS (host '{}', port '{}', dbname '{}'); CREATE USER MAPPING FOR postgres SERVER here OPTIONS (user 'postgres');
             CREATE TABLE far (id integer PRIMARY KEY, v text);
             CREATE FOREIGN TABLE near (id integer, v text) SERVER here OPTIONS (table_name 'far');",
            dumpsert_testkit::Cluster::shared().socket_dir().display(),
            dumpsert_testkit::Cluster::shared().port(),
            target.db.name()
        ));
        let options = Options::new().with_style(style).with_no_key(NoKey::Insert);
        for (name, kind) in [
            ("w", "view"),
            ("m", "materialized view"),
            ("near", "foreign table"),
            ("j", "view"),
        ] {
            let dump = inserts(&format!("public.{name}"), "id, v", &["1, 'one'"]);
            refused(&target, &dump, &options, "42809", &format!("is no table but a {kind}"));
        }
        let named = ["public.w", "public.j", "public.near", "public.m"]
            .into_iter()
            .try_fold(options, Options::with_allow_relation)
            .unwrap();
        refused(
            &target,
            &inserts("public.m", "id, v", &["1, 'one'"]),
            &named,
            "42809",
            "materialized view",
        );
        accepted(&target, &inserts("public.w", "id, v", &["1, 'one'"]), &named);
        assert_eq!(target.rows("SELECT * FROM public.t"), ["1|one"]);
        // Without a column `id` nothing is taken for a key, which a foreign table cannot have.
        target.db.execute("ALTER FOREIGN TABLE near ALTER id SET DEFAULT 5");
        accepted(&target, &inserts("public.near", "v", &["'far'"]), &named);
        assert_eq!(target.rows("SELECT v FROM public.far"), ["far"]);
        if style == Style::Staged {
            accepted(&target, &inserts("public.j", "id, v", &["2, 'two'"]), &named);
            assert_eq!(target.rows("SELECT v FROM public.t WHERE id = 2"), ["taken two"]);
            let match_all = named.with_no_key(NoKey::Match);
            let dump = inserts("public.near", "id, v", &["7, 'seven'"]);
            accepted(&target, &dump, &match_all);
            accepted(&target, &dump, &match_all);
            assert_eq!(target.rows("SELECT * FROM public.far WHERE id = 7"), ["7|seven"]);
        }
    }
}

/// Rows of a root end in its leaves, which may be elsewhere.
#[test]
fn partitions_that_are_foreign_tables() {
    for style in STYLES {
        let target = Target::new(
            "CREATE TABLE root (id integer, v text) PARTITION BY RANGE (id); CREATE TABLE own PARTITION OF root (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (10);
             CREATE TABLE inner_root PARTITION OF root DEFAULT PARTITION BY RANGE (id); CREATE TABLE store (id integer, v text);
             CREATE EXTENSION postgres_fdw; CREATE SERVER here FOREIGN DATA WRAPPER postgres_fdw;",
        );
        target.db.execute(&format!(
            "ALTER SERVER here OPTIONS (host '{}', port '{}', dbname '{}'); CREATE USER MAPPING FOR postgres SERVER here OPTIONS (user 'postgres');
             CREATE FOREIGN TABLE far PARTITION OF inner_root DEFAULT SERVER here OPTIONS (table_name 'store');",
            dumpsert_testkit::Cluster::shared().socket_dir().display(),
            dumpsert_testkit::Cluster::shared().port(),
            target.db.name()
        ));
        let options = Options::new().with_style(style).with_no_key(NoKey::Insert);
        let named = options.clone().with_allow_relation("public.far").unwrap();
        // Without a column `id` nothing is taken for a key, which the root cannot have.
        target
            .db
            .execute("ALTER FOREIGN TABLE far ALTER id SET DEFAULT 50; ALTER TABLE root ALTER id SET DEFAULT 50");
        for table in ["public.root", "public.inner_root"] {
            let dump = inserts(table, "v", &["'far'"]);
            refused(
                &target,
                &dump,
                &options,
                "42809",
                "has a partition that is a foreign table",
            );
            accepted(&target, &dump, &named);
        }
        assert_eq!(target.rows("SELECT v FROM public.store"), ["far", "far"]);
        accepted(&target, &inserts("public.own", "id, v", &["1, 'own'"]), &options);
    }
}

#[test]
fn foreign_tables_of_the_catalog() {
    let schema = "CREATE FOREIGN TABLE public.t (id integer, v text) SERVER s;";
    let options = Options::new()
        .with_style(Style::Rows)
        .with_no_key(NoKey::Insert)
        .with_catalog(dumpsert::Catalog::from_schema_sql(schema).unwrap())
        .unwrap();
    let dump = inserts("public.t", "id, v", &["1, 'one'"]);
    let error = try_script(dump.as_bytes(), options.clone()).1.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TableNotAllowed);
    assert!(error.to_string().contains("allow_relations"), "{error}");
    try_script(dump.as_bytes(), options.with_allow_relation("public.t").unwrap())
        .1
        .unwrap();
}

#[test]
fn only_some_schemas() {
    for style in STYLES {
        let target = Target::new(
            "CREATE SCHEMA app; CREATE TABLE app.t (id serial PRIMARY KEY, v text); CREATE TABLE public.t (id serial PRIMARY KEY, v text);",
        );
        let dump = [
            inserts("app.t", "id, v", &["1, 'app'"]),
            inserts("public.t", "id, v", &["1, 'public'", "2, 'public'"]),
            "SELECT pg_catalog.setval('app.t_id_seq', 10, true);\nSELECT pg_catalog.setval('public.t_id_seq', 10, true);\n".to_owned(),
        ]
        .concat();
        let options = Options::new().with_style(style).with_only_schema("app").unwrap();
        let (script, report) = try_script(dump.as_bytes(), options.clone());
        let report = report.unwrap();
        assert_eq!((report.rows_kept(), report.rows_read()), (1, 3));
        assert_eq!(report.tables[1].left_out["not selected"], 2);
        assert_eq!(
            (report.sequences.as_slice(), report.skipped["not selected"]),
            (&["app.t_id_seq".to_owned()][..], 1)
        );
        psql(&target.db, "postgres", &script).expect_success();
        assert_eq!(
            target.rows("SELECT v FROM app.t UNION ALL SELECT v FROM public.t"),
            ["app"]
        );
        assert_eq!(
            target.rows("SELECT last_value FROM app.t_id_seq UNION ALL SELECT last_value FROM public.t_id_seq"),
            ["10", "1"]
        );
        let error = try_script(dump.as_bytes(), options.with_unselected(Unselected::Error))
            .1
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TableNotAllowed);
        assert_eq!(error.position().unwrap().line, 2);
    }
}
