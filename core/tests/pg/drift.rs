//! Source and target that do not have the same tables and columns.

use dumpsert::catalog::CATALOG_QUERY;
use dumpsert::{Catalog, Options, Style, Triggers, Unknown};

use crate::support::{Target, inserts};

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

/// A target for scripts of this style; the catalog is its own, if one is given.
fn target(style: Style, sql: &str, with_catalog: bool) -> Target {
    let mut target = Target::new(sql);
    target.options = Options::new().with_style(style);
    if with_catalog {
        let catalog = Catalog::from_json(target.db.value(CATALOG_QUERY).unwrap()).unwrap();
        target.options = target.options.with_catalog(catalog).unwrap();
    }
    target
}

const TARGET: &str = "CREATE TABLE t (id int PRIMARY KEY, v text, mine text DEFAULT 'new', n int NOT NULL DEFAULT 7);
    INSERT INTO t VALUES (1, 'old', 'kept', 8);";

fn dump(copy: bool) -> String {
    let rows = ["1, 'x', 'one', NULL", "2, 'y;', 'two', B'1'"];
    match copy {
        false => inserts("public.t", "id, gone, v, \"Gone\"", &rows),
        true => "COPY public.t (id, gone, v, \"Gone\") FROM stdin;\n1\tx\tone\t\\N\n2\ty;\ttwo\t1\n\\.\n".to_owned(),
    }
}

#[test]
fn unknown_columns_are_named_before_the_first_row() {
    for style in STYLES {
        for copy in [false, true] {
            let target = target(style, TARGET, false);
            let message = target.refuses(&dump(copy), "42703");
            assert!(
                message.contains("public.t has no column gone, \"Gone\"; nothing was changed"),
                "{message}"
            );
            assert!(
                message.contains("Columns that only the target has: mine, n."),
                "{message}"
            );
            assert!(message.contains("unknown_columns = drop"), "{message}");
            target.db.drop();
        }
    }
}

#[test]
fn unknown_columns_and_tables_are_dropped_and_what_only_the_target_has_stays() {
    for style in STYLES {
        for copy in [false, true] {
            let mut target = target(style, TARGET, style != Style::Staged);
            target.options = target
                .options
                .with_unknown_columns(Unknown::Drop)
                .with_unknown_tables(Unknown::Drop);
            let dump = dump(copy) + &inserts("public.absent", "id, \"X\"", &["1, 'x'", "2, NULL"]);
            let run = target.run(&dump).expect_success();
            assert_eq!(
                target.rows("SELECT id, v, mine, n FROM t ORDER BY id"),
                ["1|one|kept|8", "2|two|new|7"],
                "{style:?}"
            );
            if style == Style::Staged {
                for note in [
                    "public.t.gone does not exist here",
                    "public.t.\\\"Gone\\\" does not exist here",
                    "public.absent does not exist here",
                ] {
                    assert!(run.stdout.contains(note), "{}", run.stdout);
                }
            }
            target.run(&dump).expect_success();
            target.db.drop();
        }
    }
}

#[test]
fn unknown_tables_are_an_error() {
    for style in STYLES {
        let target = target(style, TARGET, false);
        let dump = inserts("public.t", "id, v", &["2, 'two'"]) + &inserts("public.absent", "id", &["1"]);
        let message = target.refuses(&dump, "42P01");
        assert!(message.contains("public.absent does not exist here"), "{message}");
        assert!(message.contains("unknown_tables = drop"), "{message}");
        target.db.drop();
    }
}

/// The converter drops what the catalog has not; that the target has not what the catalog has is still an error.
#[test]
fn a_catalog_that_is_not_the_targets_is_noticed() {
    for style in [Style::Rows, Style::Batches] {
        let mut target = target(style, TARGET, false);
        let catalog = Catalog::from_schema_sql("CREATE TABLE t (id int PRIMARY KEY, gone text, v text)").unwrap();
        target.options = target.options.with_catalog(catalog).unwrap();
        target.options = target.options.with_unknown_columns(Unknown::Drop);
        let message = target.refuses(&dump(false), "42703");
        assert!(
            message.contains("public.t has no column gone; nothing was changed"),
            "{message}"
        );
        assert!(message.contains("give the catalog of the target"), "{message}");
        target.db.drop();
    }
}

/// PostgreSQL checks NOT NULL before it looks for the conflict: rows that are there already need the value as well.
#[test]
fn required_columns_that_the_dump_does_not_bring_are_named() {
    let sql = "CREATE DOMAIN must AS text NOT NULL; CREATE DOMAIN must_too AS must; CREATE DOMAIN has_default AS text DEFAULT 'd' NOT NULL;
        CREATE TABLE t (id int PRIMARY KEY, v text, \"Need\" int NOT NULL, need2 must_too, i int GENERATED ALWAYS AS IDENTITY,
          g int NOT NULL GENERATED ALWAYS AS (1) STORED, d has_default, s serial, dropped int NOT NULL);
        ALTER TABLE t DROP COLUMN dropped;
        INSERT INTO t (id, v, \"Need\", need2) VALUES (1, 'old', 1, 'x');";
    for style in STYLES {
        for with_catalog in [false, true] {
            let target = target(style, sql, with_catalog);
            let message = target.refuses(&inserts("public.t", "id, v", &["1, 'one'"]), "23502");
            let named = "public.t requires \"Need\", need2 (NOT NULL, no default), which the dump does not bring";
            assert!(message.contains(named), "{message}");
            let dump = inserts(
                "public.t",
                "id, v, \"Need\", need2",
                &["1, 'one', 2, 'y'", "2, 'two', 3, 'z'"],
            );
            target.run(&dump).expect_success();
            assert_eq!(target.rows("SELECT count(*) FROM t"), ["2"]);
            target.db.drop();
        }
    }
}

/// Several lists of columns of one table are each compared.
#[test]
fn every_list_of_columns_is_compared() {
    for style in STYLES {
        let target = target(style, TARGET, false);
        let dump = inserts("public.t", "id, v", &["2, 'two'"]) + &inserts("public.t", "id, v, x", &["3, 'three', 1"]);
        let message = target.refuses(&dump, "42703");
        assert!(message.contains("has no column x"), "{message}");
        target.db.drop();
    }
}

#[test]
fn a_trigger_that_fires_may_give_the_value() {
    let sql = "CREATE TABLE t (id int PRIMARY KEY, need int NOT NULL);
        CREATE FUNCTION give() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.need := NEW.id * 10; RETURN NEW; END $$;
        CREATE TRIGGER give BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION give();";
    let dump = inserts("public.t", "id", &["1", "2"]);
    for style in STYLES {
        let mut target = target(style, sql, false);
        let message = target.refuses(&dump, "23502");
        assert!(message.contains("requires need"), "{message}");
        target.options = target.options.with_triggers(Triggers::Fire);
        target.run(&dump).expect_success();
        assert_eq!(
            target.rows("SELECT id, need FROM t ORDER BY id"),
            ["1|10", "2|20"],
            "{style:?}"
        );
        target.db.drop();
    }
}
