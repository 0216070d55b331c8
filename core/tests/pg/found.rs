//! Dumps and targets as people have them.

use dumpsert::{Catalog, Options, Style};

use crate::support::Target;

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

/// A target of this style; `rows` and `batches` know its schema.
fn target(style: Style, schema: &str) -> Target {
    let mut target = Target::new(schema);
    target.options = Options::new().with_style(style);
    if style != Style::Staged {
        let catalog = Catalog::from_schema_sql(target.db.pg_dump(&["--schema-only"])).unwrap();
        target.options = target.options.with_catalog(catalog).unwrap();
    }
    target
}

/// Merges twice, with the same rows afterwards.
#[track_caller]
fn merge(target: &Target, dump: &str) -> String {
    let stdout = target.run(dump).expect_success().stdout;
    let before = target.db.snapshot();
    target.run(dump).expect_success();
    assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new());
    stdout
}

const TWO_SCHEMAS: &str = "CREATE SCHEMA app; CREATE SCHEMA postgres;
    CREATE TABLE public.t (id serial PRIMARY KEY, v text);
    CREATE TABLE app.u (id serial PRIMARY KEY, v text);
    CREATE TABLE public.u (id serial PRIMARY KEY, v text);
    CREATE TABLE public.w (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text);";

#[test]
fn the_first_schema_of_the_path_that_has_the_name() {
    let dump = "SET search_path TO \"$user\", public;\nINSERT INTO t (id, v) VALUES (1, 'one');\n\
                SET search_path = nosuch, public;\nINSERT INTO t (id, v) VALUES (2, 'two');\n\
                SET search_path = pg_catalog, public;\nCOPY t (id, v) FROM stdin;\n3\tthree\n\\.\n\
                SET search_path = nosuch, app, public;\nINSERT INTO u (id, v) VALUES (1, 'app');\n\
                INSERT INTO t (id, v) VALUES (4, 'four');\nSELECT pg_catalog.setval('t_id_seq', 40, true);\n\
                SELECT setval(pg_get_serial_sequence('u', 'id'), 50);\nSELECT setval('u_id_seq'::regclass, 51, false);\n\
                SELECT setval(pg_get_serial_sequence('w', 'id'), 60);\nINSERT INTO w (id, v) OVERRIDING SYSTEM VALUE VALUES (1, 'x');\n";
    for style in STYLES {
        let target = target(style, TWO_SCHEMAS);
        merge(&target, dump);
        assert_eq!(target.rows("SELECT id FROM public.t ORDER BY id"), ["1", "2", "3", "4"]);
        assert_eq!(target.rows("SELECT v FROM app.u"), ["app"], "{style:?}");
        assert_eq!(target.rows("SELECT v FROM public.u"), Vec::<String>::new());
        let sequences = "SELECT a.last_value, b.last_value, b.is_called, c.last_value, d.last_value
            FROM public.t_id_seq a, app.u_id_seq b, public.w_id_seq c, public.u_id_seq d";
        assert_eq!(target.rows(sequences), ["40|51|f|60|1"], "{style:?}");
    }
}

#[test]
fn the_schema_of_the_role() {
    let dump = "SET search_path = \"$user\", public;\nINSERT INTO t (id, v) VALUES (1, 'one');\n";
    let target = target(
        Style::Staged,
        &format!("{TWO_SCHEMAS} CREATE TABLE postgres.t (id integer PRIMARY KEY, v text);"),
    );
    let result = merge(&target, dump);
    assert_eq!(target.rows("SELECT v FROM postgres.t"), ["one"]);
    assert!(result.contains("t is postgres.t here"), "{result}");
}

#[test]
fn a_name_that_means_more_than_was_chosen_is_refused() {
    let dump = "SET search_path = app, public;\nINSERT INTO u (id, v) VALUES (1, 'one');\n";
    let with = |change: fn(Options) -> Options| {
        let mut target = target(Style::Staged, TWO_SCHEMAS);
        target.options = change(target.options);
        target
    };
    let only_public = with(|options| options.with_only_schema("public").unwrap());
    let message = only_public.refuses(dump, "42P09");
    assert!(message.contains("u means app.u here"), "{message}");
    let not_app = with(|options| options.with_exclude_table("app.u").unwrap());
    assert!(not_app.refuses(dump, "42P09").contains("u means app.u here"));
    let only_app = with(|options| options.with_only_schema("app").unwrap());
    merge(&only_app, dump);
    assert_eq!(only_app.rows("SELECT v FROM app.u"), ["one"]);
    let user = "SET search_path = \"$user\", public;\nINSERT INTO t (id, v) VALUES (1, 'one');\n";
    only_public
        .db
        .execute("CREATE TABLE postgres.t (id integer PRIMARY KEY, v text);");
    assert!(only_public.refuses(user, "42P09").contains("postgres.t"));
    // What belongs to PostgreSQL itself is no target, wherever its schema stands in the path.
    let system = "SET search_path = pg_catalog, app, public;\nINSERT INTO pg_authid (rolname) VALUES ('x');\n";
    let any = target(Style::Staged, TWO_SCHEMAS);
    assert!(any.refuses(system, "42501").contains("belongs to PostgreSQL itself"));
    let none = "SET search_path = app, public;\nINSERT INTO nosuch (id) VALUES (1);\n";
    assert!(any.refuses(none, "42P01").contains("nosuch"));
}

#[test]
fn a_sequence_of_nothing_is_reported() {
    let target = target(Style::Staged, TWO_SCHEMAS);
    let dump = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n\
                SELECT setval(pg_get_serial_sequence('t', 'v'), 5);\nSELECT setval(pg_get_serial_sequence('nosuch', 'id'), 5);\n\
                SELECT setval(pg_get_serial_sequence('t', 'nosuch'), 5);\n";
    let stdout = target.run(dump).expect_success().stdout;
    assert_eq!(
        stdout.matches("skipped: no such sequence here").count(),
        3,
        "{}",
        stdout
    );
}
