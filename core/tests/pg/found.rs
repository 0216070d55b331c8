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
    let not_app = with(|options| options.with_excluded_table("app.u").unwrap());
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

const PLAIN: &str = "CREATE TABLE t (id integer PRIMARY KEY, n integer NOT NULL, v text);";
const ROWS: &str =
    "INSERT INTO public.t (id, n, v) VALUES (1, 10, 'one');\nINSERT INTO public.t (id, n, v) VALUES (2, 20, 'two');\n";

/// A target whose schema is another one than the catalog's.
fn drifted(style: Style, here: &str) -> Target {
    let mut target = Target::new(here);
    let catalog = Catalog::from_schema_sql(PLAIN).unwrap();
    target.options = Options::new().with_style(style).with_catalog(catalog).unwrap();
    target
}

#[test]
fn a_key_that_is_always_generated_as_identity_on_the_target_only() {
    let here = "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n integer NOT NULL, v text);
                INSERT INTO t (n, v) VALUES (0, 'old');";
    for style in STYLES {
        for dump in [
            ROWS,
            "COPY public.t (id, n, v) FROM stdin;\n1\t10\tone\n2\t20\ttwo\n\\.\n",
        ] {
            let target = drifted(style, here);
            merge(&target, dump);
            assert_eq!(
                target.rows("SELECT * FROM t ORDER BY id"),
                ["1|10|one", "2|20|two"],
                "{style:?}"
            );
        }
    }
}

#[test]
fn what_cannot_be_written_on_the_target_is_named_before_the_first_row() {
    let identity = "CREATE TABLE t (id integer PRIMARY KEY, n integer GENERATED ALWAYS AS IDENTITY, v text);
                    INSERT INTO t (id, v) VALUES (1, 'old');";
    let generated = "CREATE TABLE t (id integer PRIMARY KEY, n integer GENERATED ALWAYS AS (id * 10) STORED, v text);
                     INSERT INTO t (id, v) VALUES (1, 'old');";
    for style in [Style::Rows, Style::Batches] {
        let mut target = drifted(style, identity);
        let message = target.refuses(ROWS, "428C9");
        assert!(
            message.contains("column n of public.t is GENERATED ALWAYS AS IDENTITY"),
            "{message}"
        );
        // What the message says, done.
        assert!(message.contains("update_never = public.t=n"), "{message}");
        target.options = target.options.with_update_never("public.t=n").unwrap();
        merge(&target, ROWS);
        assert_eq!(target.rows("SELECT * FROM t ORDER BY id"), ["1|1|one", "2|20|two"]);
        for here in [identity, generated] {
            let mut target = drifted(style, here);
            let message = target.refuses(ROWS, "428C9");
            assert!(
                message.contains("style staged") && message.contains("schema = FILE"),
                "{message}"
            );
            let catalog = Catalog::from_schema_sql(target.db.pg_dump(&["--schema-only"])).unwrap();
            target.options = Options::new().with_style(style).with_catalog(catalog).unwrap();
            merge(&target, ROWS);
            assert_eq!(target.rows("SELECT id, v FROM t ORDER BY id"), ["1|one", "2|two"]);
        }
    }
    for here in [identity, generated] {
        let target = drifted(Style::Staged, here);
        merge(&target, ROWS);
        assert_eq!(target.rows("SELECT id, v FROM t ORDER BY id"), ["1|one", "2|two"]);
    }
}

#[test]
fn values_of_generated_columns_are_left_out_with_a_warning() {
    let schema = "CREATE TABLE t (id integer PRIMARY KEY, n integer GENERATED ALWAYS AS (id * 10) STORED, v text);";
    let catalog = || Catalog::from_schema_sql(schema).unwrap();
    for style in [Style::Rows, Style::Batches] {
        let options = Options::new().with_style(style).with_catalog(catalog()).unwrap();
        let (_, report) = crate::support::try_script(ROWS.as_bytes(), options);
        let warnings = report.unwrap().warnings;
        let messages: Vec<&str> = warnings.iter().map(|warning| warning.message.as_str()).collect();
        assert_eq!(
            messages,
            ["column `n` of table public.t is generated: the dumped values are left out"]
        );
    }
}

#[test]
fn a_table_without_a_key_is_matched_by_default_in_staged() {
    let target = target(
        Style::Staged,
        "CREATE TABLE log (line text); INSERT INTO log VALUES ('a'), ('own');",
    );
    merge(&target, "COPY public.log (line) FROM stdin;\na\na\nb\n\\.\n");
    assert_eq!(target.rows("SELECT line FROM log ORDER BY 1"), ["a", "a", "b", "own"]);
}
