//! What the messages recommend is done, and succeeds. And what says nothing of rows is no reason to stop.

use dumpsert::catalog::CATALOG_QUERY;
use dumpsert::{Catalog, ErrorKind, NoKey, Options, Style, Unknown};

use crate::support::{Target, inserts, psql, script, try_script};

const BOTH: [Style; 2] = [Style::Rows, Style::Batches];
const ALL: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

/// Merges twice; the second run changes nothing.
#[track_caller]
fn merged(target: &Target, dump: &str, options: &Options) {
    let script = script(dump.as_bytes(), options.clone());
    psql(&target.db, "postgres", &script).expect_success();
    let before = target.db.snapshot();
    psql(&target.db, "postgres", &script).expect_success();
    assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new());
}

/// Refused before a script is complete; the message with its hint.
#[track_caller]
fn refused(target: &Target, dump: &str, options: &Options, kind: ErrorKind) -> String {
    let before = target.db.snapshot();
    let (script, result) = try_script(dump.as_bytes(), options.clone());
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(psql(&target.db, "postgres", &script).status, 3);
    assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new());
    error.to_string()
}

/// The catalog of the target, by the query that any driver can run.
fn live(target: &Target) -> Catalog {
    let json = target.db.value(&format!("SELECT ({CATALOG_QUERY})::text")).unwrap();
    Catalog::from_json(json).unwrap()
}

/// A target with a table of an extension and one without a key, and what a schema file would tell of it.
fn target() -> (Target, Catalog) {
    const SCHEMA: &str =
        "CREATE TABLE public.t (id integer PRIMARY KEY, v text); CREATE TABLE public.log (at integer, v text);";
    let target = Target::new(&format!(
        "{SCHEMA} CREATE EXTENSION citext; CREATE TABLE public.spatial_ref_sys (srid integer PRIMARY KEY, proj text);
         ALTER EXTENSION citext ADD TABLE public.spatial_ref_sys;"
    ));
    (target, Catalog::from_schema_sql(SCHEMA).unwrap())
}

/// `COPY` of a table, of which these rows come.
fn copy(table: &str, columns: &str, rows: &[&str]) -> String {
    let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
    format!("COPY {table} ({columns}) FROM stdin;\n{rows}\\.\n\n")
}

fn one_row() -> String {
    copy("public.t", "id, v", &["1\tone"])
}

#[test]
fn a_copy_without_rows_asks_for_nothing() {
    for style in ALL {
        let (target, catalog) = target();
        let dump = [
            copy("public.spatial_ref_sys", "srid, proj", &[]),
            copy("public.log", "at, v", &[]),
            copy("public.gone", "a, b", &[]),
            copy("public.t", "id, gone", &[]),
            copy("pg_catalog.pg_type", "oid", &[]),
            one_row(),
            copy("cron.job", "jobid, command", &[]),
        ]
        .concat();
        let options = Options::new().with_style(style);
        merged(&target, &dump, &options);
        for catalog in [catalog, live(&target)] {
            let options = options.clone().with_catalog(catalog).unwrap();
            merged(&target, &dump, &options);
            let (_, report) = try_script(dump.as_bytes(), options.clone());
            assert_eq!(report.unwrap().warnings.len(), 0);
            let unselected = options
                .with_only_schema("public")
                .unwrap()
                .with_unselected(dumpsert::Unselected::Error);
            merged(&target, &dump, &unselected);
        }
        assert_eq!(target.rows("SELECT * FROM public.t"), ["1|one"]);
    }
}

#[test]
fn the_first_row_of_a_copy_is_refused_at_its_place() {
    for style in BOTH {
        let (target, catalog) = target();
        let options = Options::new().with_style(style).with_catalog(catalog).unwrap();
        let long = "x".repeat(2 << 20);
        for row in ["5\tfive", &format!("5\t{long}")] {
            let dump = [one_row(), copy("public.log", "at, v", &[row])].concat();
            let message = refused(&target, &dump, &options, ErrorKind::NoKey);
            assert!(message.starts_with("line 6, column 1 (byte"), "{message}");
            assert!(message.contains("table public.log, row 1:"), "{message}");
            let dump = [copy("public.log", "at, v", &[]), dump].concat();
            let message = refused(&target, &dump, &options, ErrorKind::NoKey);
            assert!(message.starts_with("line 9, column 1 (byte"), "{message}");
        }
    }
}

#[test]
fn tables_that_only_the_dump_has() {
    for style in BOTH {
        let (target, catalog) = target();
        let options = Options::new().with_style(style).with_catalog(catalog).unwrap();
        for gone in [
            copy("public.gone", "id, v", &["1\tx"]),
            inserts("public.gone", "id, v", &["1, 'x'"]),
        ] {
            let dump = [one_row(), gone].concat();
            let message = refused(&target, &dump, &options, ErrorKind::UnknownName);
            for advice in [
                "the whole schema",
                "`keys = public.gone=column`",
                "`exclude_tables = public.gone`",
                "`unknown_tables = drop`",
            ] {
                assert!(message.contains(advice), "{message}");
            }
            merged(
                &target,
                &dump,
                &options.clone().with_excluded_table("public.gone").unwrap(),
            );
            merged(&target, &dump, &options.clone().with_unknown_tables(Unknown::Drop));
            target
                .db
                .execute("CREATE TABLE public.gone (id integer PRIMARY KEY, v text)");
            merged(&target, &dump, &options.clone().with_key("public.gone=id").unwrap());
            let whole = Options::new().with_style(style).with_catalog(live(&target)).unwrap();
            merged(&target, &dump, &whole);
            assert_eq!(target.rows("SELECT * FROM public.gone"), ["1|x"]);
            target.db.execute("DROP TABLE public.gone");
        }
        // What nobody has is a mistake, whatever it is.
        let exclude = options.clone().with_excluded_table("public.tt").unwrap();
        let message = refused(&target, &one_row(), &exclude, ErrorKind::InvalidOption);
        assert!(
            message.contains("`exclude_tables = public.tt` matches no table (did you mean public.t?)"),
            "{message}"
        );
        let key = options.with_key("public.tt=id").unwrap();
        let message = refused(&target, &one_row(), &key, ErrorKind::InvalidOption);
        assert!(message.contains("did you mean public.t?"), "{message}");
    }
}

#[test]
fn tables_of_extensions_in_every_style() {
    let dump = [one_row(), copy("public.spatial_ref_sys", "srid, proj", &["9\tmine"])].concat();
    for style in BOTH {
        let (target, catalog) = target();
        let live = Options::new().with_style(style).with_catalog(live(&target)).unwrap();
        let message = refused(&target, &dump, &live, ErrorKind::TableNotAllowed);
        for advice in [
            "belongs to an extension",
            "`exclude_tables = public.spatial_ref_sys`",
            "`allow_extension_tables = public.spatial_ref_sys`",
        ] {
            assert!(message.contains(advice), "{message}");
        }
        merged(
            &target,
            &dump,
            &live.clone().with_excluded_table("public.spatial_ref_sys").unwrap(),
        );
        assert_eq!(target.rows("SELECT * FROM public.spatial_ref_sys"), [""; 0]);
        let allow = |options: Options| options.with_allow_extension_table("public.spatial_ref_sys").unwrap();
        merged(&target, &dump, &allow(live));
        assert_eq!(target.rows("SELECT * FROM public.spatial_ref_sys"), ["9|mine"]);
        // Schema SQL does not have it.
        target.db.execute("DELETE FROM public.spatial_ref_sys");
        let schema = Options::new().with_style(style).with_catalog(catalog).unwrap();
        let key = |options: Options| options.with_key("public.spatial_ref_sys=srid").unwrap();
        merged(&target, &dump, &allow(key(schema.clone())));
        assert_eq!(target.rows("SELECT * FROM public.spatial_ref_sys"), ["9|mine"]);
        let run = psql(&target.db, "postgres", &script(dump.as_bytes(), key(schema)));
        assert!(
            run.status == 3 && run.stderr.contains("allow_extension_tables"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn tables_without_a_key() {
    let log = [copy("public.log", "at, v", &["5\tfive"]), one_row()].concat();
    for style in BOTH {
        let (target, catalog) = target();
        let with_catalog = Options::new().with_style(style).with_catalog(catalog).unwrap();
        let message = refused(&target, &log, &with_catalog, ErrorKind::NoKey);
        // The schema was given.
        assert!(!message.contains("`schema = FILE`"), "{message}");
        let without = Options::new().with_style(style);
        let message = refused(&target, &log, &without, ErrorKind::NoKey);
        for advice in [
            "`style = staged`",
            "`schema = FILE`",
            "`keys = public.log=column,column`",
            "`no_key = insert`",
            "`no_key = skip`",
        ] {
            assert!(message.contains(advice), "{message}");
        }
        merged(&target, &log, &without.clone().with_style(Style::Staged));
        for options in [with_catalog, without] {
            merged(&target, &log, &options.clone().with_no_key(NoKey::Skip));
            let insert = script(log.as_bytes(), options.clone().with_no_key(NoKey::Insert));
            psql(&target.db, "postgres", &insert).expect_success();
            target
                .db
                .execute("TRUNCATE public.log; CREATE UNIQUE INDEX by_at ON public.log (at)");
            merged(&target, &log, &options.with_key("public.log=at").unwrap());
            assert_eq!(target.rows("SELECT * FROM public.log"), ["5|five"]);
            target.db.execute("DROP INDEX public.by_at");
        }
        target.db.execute("ALTER TABLE public.log ADD PRIMARY KEY (at)");
        let schema = Options::new().with_style(style).with_catalog(live(&target)).unwrap();
        merged(&target, &log, &schema);
    }
}

#[test]
fn inserts_without_columns() {
    let dump = "INSERT INTO public.t VALUES (1, 'one');\n";
    for style in ALL {
        let (target, catalog) = target();
        let options = Options::new().with_style(style);
        let message = refused(&target, dump, &options, ErrorKind::UnsupportedShape);
        for advice in ["`schema = FILE`", "--column-inserts", "COPY"] {
            assert!(message.contains(advice), "{message}");
        }
        merged(&target, dump, &options.clone().with_catalog(catalog).unwrap());
        merged(&target, &inserts("public.t", "id, v", &["1, 'one'"]), &options);
        merged(&target, &one_row(), &options);
    }
}

/// By hand; pg_dump always writes the list.
#[test]
fn copies_without_columns() {
    let dump = "COPY public.t FROM stdin;\n1\tone\n\\.\n";
    for style in ALL {
        let (target, catalog) = target();
        let options = Options::new().with_style(style);
        let (_, result) = try_script(dump.as_bytes(), options.clone());
        let error = result.unwrap_err();
        assert!(error.to_string().contains("`schema = FILE`"), "{error}");
        merged(&target, dump, &options.clone().with_catalog(catalog).unwrap());
        assert_eq!(target.rows("SELECT * FROM public.t"), ["1|one"]);
        // The dump itself tells them, and a COPY has no generated ones.
        target.db.execute(
            "CREATE TABLE public.g (id integer PRIMARY KEY, d integer GENERATED ALWAYS AS (id * 2) STORED, v text)",
        );
        let full = "CREATE TABLE public.g (id integer NOT NULL, d integer GENERATED ALWAYS AS ((id * 2)) STORED, v text);\n\
                    COPY public.g FROM stdin;\n4\tfour\n\\.\n\
                    ALTER TABLE ONLY public.g ADD CONSTRAINT g_pkey PRIMARY KEY (id);\n";
        merged(&target, full, &options);
        assert_eq!(target.rows("SELECT * FROM public.g"), ["4|8|four"]);
    }
}

#[test]
fn columns_that_only_the_dump_has() {
    let dump = copy("public.t", "id, v, gone", &["1\tone\tx"]);
    for style in BOTH {
        let (target, catalog) = target();
        let options = Options::new().with_style(style).with_catalog(catalog).unwrap();
        let message = refused(&target, &dump, &options, ErrorKind::UnknownName);
        assert!(
            message.contains("`unknown_columns = drop`") && message.contains("add the column"),
            "{message}"
        );
        merged(&target, &dump, &options.with_unknown_columns(Unknown::Drop));
        target.db.execute("ALTER TABLE public.t ADD gone text");
        merged(
            &target,
            &dump,
            &Options::new().with_style(style).with_catalog(live(&target)).unwrap(),
        );
        assert_eq!(target.rows("SELECT * FROM public.t"), ["1|one|x"]);
    }
}
