//! Where the server stands in the way: the error tells the cause and the way out, and the way out is one.

use dumpsert::{Client, ConstraintTriggers, Options, Style, Update, statements};

use crate::support::{Target, inserts, psql, script, sqlstate};

const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];

fn target(schema: &str, style: Style) -> Target {
    let mut target = Target::new(schema);
    target.options = Options::new().with_style(style);
    target
}

#[track_caller]
fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "`{word}` is not in {message}");
    }
}

/// Merges twice; the second run changes no value.
#[track_caller]
fn merge(target: &Target, dump: &str) {
    target.run(dump).expect_success();
    let before = target.db.snapshot();
    target.run(dump).expect_success();
    assert_eq!(before.diff(&target.db.snapshot()), Vec::<String>::new());
}

#[test]
fn a_bad_value_in_copy_names_its_table() {
    let long = "n".repeat(63);
    let target = Target::new(&format!(
        "CREATE TABLE t (id integer PRIMARY KEY, n integer); CREATE SCHEMA \"{long}\";
         CREATE TABLE \"{long}\".\"{long}\" (id integer PRIMARY KEY, n integer);
         CREATE TABLE \"a \"\"b\"\" %s\" (id integer PRIMARY KEY, n integer); CREATE TABLE \"größe\" (id integer PRIMARY KEY, n integer);"
    ));
    let copy = |table: &str, second: &str| format!("COPY {table} (id, n) FROM stdin;\n1\t2\n2\t{second}\n\\.\n");
    let (long, odd) = (format!("\"{long}\".\"{long}\""), "public.\"a \"\"b\"\" %s\"");
    for (table, shown) in [
        ("public.t", "COPY stage 1: public.t, line 2, column n: \"x\"".to_owned()),
        (
            long.as_str(),
            format!("COPY stage 1: {}, line 2, column n", "n".repeat(54)),
        ),
        (
            odd,
            "COPY stage 1: public.a \"b\" %s, line 2, column n: \"x\"".to_owned(),
        ),
        ("public.\"größe\"", "COPY stage 1, line 2, column n: \"x\"".to_owned()),
    ] {
        let message = target.refuses(&copy(table, "x"), "22P02");
        assert_says(&message, &[&shown]);
        target.merge(&copy(table, "3"));
    }
    // Two stages of one table, and both in turn.
    let other = "COPY public.t (id) FROM stdin;\n7\nx\n\\.\n";
    let message = target.refuses(&[&copy("public.t", "3"), other].concat(), "22P02");
    assert_says(&message, &["COPY stage 2: public.t, line 2, column id: \"x\""]);
}

#[test]
fn read_only_by_default() {
    for style in STYLES {
        let target = target("CREATE TABLE t (id integer PRIMARY KEY, v text);", style);
        let name = target.db.name();
        target.db.execute(&format!(
            "ALTER DATABASE \"{name}\" SET default_transaction_read_only = on"
        ));
        merge(&target, &inserts("public.t", "id, v", &["1, 'one'"]));
        assert_eq!(target.rows("SELECT * FROM public.t"), ["1|one"]);
    }
}

/// What a driver sends, all in the transaction that these statements begin.
fn drive(target: &Target, begin: &str, dump: &str) -> Result<(), (String, String)> {
    let plan = target.options.clone().with_client(Client::Driver).build().unwrap();
    let mut client = target.db.client();
    client.batch_execute(begin).unwrap();
    for statement in statements(dump.as_bytes(), &plan).unwrap() {
        client.batch_execute(&statement.unwrap()).map_err(|error| {
            let error = error.as_db_error().unwrap();
            (error.message().to_owned(), error.hint().unwrap_or_default().to_owned())
        })?;
    }
    client.batch_execute("COMMIT").unwrap();
    Ok(())
}

#[test]
fn a_driver_outside_of_a_transaction() {
    for style in [Style::Rows, Style::Batches] {
        let target = target("CREATE TABLE t (id integer PRIMARY KEY, v text);", style);
        let dump = inserts("public.t", "id, v", &["1, 'one'"]);
        let (message, hint) = drive(&target, "", &dump).unwrap_err();
        assert_says(
            &message,
            &["belong into one transaction", "each is committed by itself"],
        );
        assert_says(&hint, &["Send BEGIN before the first statement"]);
        assert_eq!(target.rows("SELECT * FROM public.t"), Vec::<String>::new());
        drive(&target, "BEGIN", &dump).unwrap();
        drive(&target, "BEGIN", &dump).unwrap();
        // A driver begins itself, and is told how.
        let (message, hint) = drive(&target, "BEGIN READ ONLY", &dump).unwrap_err();
        assert_says(&message, &["read-only"]);
        assert_says(&hint, &["BEGIN READ WRITE"]);
        drive(
            &target,
            "SET default_transaction_read_only = on; BEGIN READ WRITE",
            &dump,
        )
        .unwrap();
        assert_eq!(target.rows("SELECT * FROM public.t"), ["1|one"]);
    }
}

#[test]
fn a_published_table_without_a_replica_identity() {
    const SCHEMA: &str = "CREATE TABLE t (k integer NOT NULL UNIQUE, v text); CREATE TABLE plain (v text);
         INSERT INTO t VALUES (1, 'old'); INSERT INTO plain VALUES ('a'); CREATE PUBLICATION p FOR ALL TABLES;";
    let new = [
        inserts("public.t", "k, v", &["1, 'old'", "2, 'new'"]),
        inserts("public.plain", "v", &["'a'", "'b'"]),
    ];
    // Only inserts are needed.
    let target = Target::new(SCHEMA);
    target.merge(&new.concat());
    let changed = inserts("public.t", "k, v", &["1, 'changed'", "3, 'new'"]);
    let message = target.refuses(&changed, "55000");
    assert_says(
        &message,
        &[
            "does not have a replica identity",
            "ALTER TABLE t REPLICA IDENTITY FULL",
            "update = nothing for this table",
        ],
    );
    // The first way out, and the second.
    for style in STYLES {
        let mut target = self::target(SCHEMA, style);
        target.options = target
            .options
            .with_key("t=k")
            .unwrap()
            .with_table_update("t", Update::Nothing)
            .unwrap();
        merge(&target, &changed);
        assert_eq!(target.rows("SELECT * FROM public.t ORDER BY k"), ["1|old", "3|new"]);
    }
    target.db.execute("ALTER TABLE public.t REPLICA IDENTITY FULL");
    target.merge(&changed);
    assert_eq!(
        target.rows("SELECT v FROM public.t ORDER BY k"),
        ["changed", "new", "new"]
    );
}

/// An event trigger that refuses tables without a key, or writes a log under the path of its session.
const EVENTS: &str = "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old');
    CREATE TABLE log (tag text, what text);
    CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
    DECLARE c record;
    BEGIN
      FOR c IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
        BODY
      END LOOP;
    END $$;
    CREATE EVENT TRIGGER \"watch ddl\" ON ddl_command_end EXECUTE FUNCTION on_ddl();";

#[test]
fn event_triggers_that_refuse_temporary_tables() {
    let refuse = "IF c.object_type = 'table' AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.objid AND indisprimary) THEN
          RAISE EXCEPTION 'table % has no primary key', c.object_identity; END IF;";
    let dump = inserts("public.t", "id, v", &["1, 'new'", "2, 'two'"]);
    for style in STYLES {
        let target = target(&EVENTS.replace("BODY", refuse), style);
        let message = target.refuses(&dump, "P0001");
        assert_says(
            &message,
            &[
                "an event trigger of this database",
                "has no primary key",
                "(\"watch ddl\")",
                "ALTER EVENT TRIGGER name DISABLE",
                "pg_temp",
            ],
        );
        target.db.execute("ALTER EVENT TRIGGER \"watch ddl\" DISABLE");
        merge(&target, &dump);
        target
            .db
            .execute("ALTER EVENT TRIGGER \"watch ddl\" ENABLE; DELETE FROM public.t WHERE id = 2");
        // Or it passes what is in pg_temp.
        let spares = EVENTS.replace("BODY", &format!("CONTINUE WHEN c.schema_name = 'pg_temp'; {refuse}"));
        let function = spares
            .split_once("CREATE FUNCTION")
            .unwrap()
            .1
            .split_once("CREATE EVENT")
            .unwrap()
            .0;
        target.db.execute(&format!("CREATE OR REPLACE FUNCTION{function}"));
        merge(&target, &dump);
        assert_eq!(target.rows("SELECT * FROM public.t ORDER BY id"), ["1|new", "2|two"]);
        // Nothing may be dropped: that would come at the very end.
        let target = self::target(
            "CREATE TABLE t (id integer PRIMARY KEY, v text); CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'nothing is dropped here'; END $$; CREATE EVENT TRIGGER refuse ON sql_drop EXECUTE FUNCTION refuse();",
            style,
        );
        let message = target.refuses(&dump, "P0001");
        assert_says(
            &message,
            &[
                "an event trigger of this database",
                "nothing is dropped here",
                "(refuse)",
            ],
        );
        target.db.execute("ALTER EVENT TRIGGER refuse DISABLE");
        merge(&target, &dump);
    }
}

#[test]
fn event_triggers_that_keep_a_log() {
    let dump = inserts("public.t", "id, v", &["1, 'new'", "2, 'two'"]);
    for style in STYLES {
        let target = target(
            &EVENTS.replace(
                "BODY",
                "INSERT INTO public.log VALUES (c.command_tag, c.object_identity);",
            ),
            style,
        );
        target.run(&dump).expect_success();
        target.run(&dump).expect_success();
        assert_eq!(target.rows("SELECT * FROM public.t ORDER BY id"), ["1|new", "2|two"]);
        assert_eq!(
            target.rows("SELECT count(*) > 0, bool_and(what LIKE '%pg_temp%') FROM public.log WHERE tag = 'CREATE TABLE' AND what NOT LIKE 'public.%'"),
            ["t|t"]
        );
    }
    // A function that relies on its session's path does not find its table where the script looks at the catalog.
    let target = target(
        &EVENTS.replace("BODY", "INSERT INTO log VALUES (c.command_tag, c.object_identity);"),
        Style::Staged,
    );
    let message = target.refuses(&dump, "42P01");
    assert_says(
        &message,
        &[
            "event trigger \"watch ddl\"",
            "calls public.on_ddl()",
            "ALTER FUNCTION public.on_ddl() SET search_path",
        ],
    );
    target
        .db
        .execute("ALTER FUNCTION public.on_ddl() SET search_path = public");
    target.run(&dump).expect_success();
    assert_eq!(target.rows("SELECT * FROM public.t ORDER BY id"), ["1|new", "2|two"]);
}

#[test]
fn rows_older_than_a_constraint_that_is_not_valid() {
    const SCHEMA: &str = "CREATE TABLE parent (id integer PRIMARY KEY);
         CREATE TABLE t (id integer PRIMARY KEY, n integer, p integer); INSERT INTO t VALUES (1, -1, 7), (2, 2, NULL);
         ALTER TABLE t ADD CONSTRAINT positive CHECK (n > 0) NOT VALID, ADD CONSTRAINT known FOREIGN KEY (p) REFERENCES parent NOT VALID;";
    // As it is here already, it is no reason to refuse anything.
    let target = Target::new(SCHEMA);
    target.merge(&inserts("public.t", "id, n, p", &["1, -1, 7", "2, 3, NULL"]));
    for (rows, state, constraint, condition) in [
        (["1, -2, NULL", "3, 3, NULL"], "23514", "positive", "n < 0"),
        (["4, 4, 7", "3, 3, NULL"], "23503", "known", "p = 7"),
    ] {
        let dump = inserts("public.t", "id, n, p", &rows);
        let target = Target::new(SCHEMA);
        let message = target.refuses(&dump, state);
        let drop = format!("ALTER TABLE public.t DROP CONSTRAINT {constraint}");
        assert_says(&message, &["NOT VALID here", "exclude", &drop, "row 1 of"]);
        // The first way out.
        let definition = format!(
            "SET search_path = pg_catalog; SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{constraint}'"
        );
        let definition = target.rows(&definition).remove(0);
        assert_says(&message, &[&definition]);
        target.db.execute(&drop);
        target.merge(&dump);
        target.db.execute(&format!(
            "ALTER TABLE public.t ADD CONSTRAINT {constraint} {definition}"
        ));
        assert_eq!(
            target.rows("SELECT count(*) FROM public.t"),
            [if rows[0].starts_with('1') { "3" } else { "4" }]
        );
        // The second.
        let mut target = Target::new(SCHEMA);
        let schema = dumpsert::Catalog::from_schema_sql(target.db.pg_dump(&["--schema-only"])).unwrap();
        let options = target.options.with_catalog(schema).unwrap();
        target.options = options.with_excluded_rows(&format!("public.t: {condition}")).unwrap();
        target.merge(&dump);
        assert_eq!(target.rows("SELECT id, n FROM public.t WHERE id = 3"), ["3|3"]);
    }
}

#[test]
fn partitions_of_the_source_that_are_none_here() {
    let source = Target::new(
        "CREATE TABLE p (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (10) TO (20);
         INSERT INTO p VALUES (1, 'one'), (11, 'eleven');",
    );
    let dump = |args: &[&str]| String::from_utf8(source.db.pg_dump(args)).unwrap();
    let target = Target::new("CREATE TABLE p (id integer PRIMARY KEY, v text); INSERT INTO p VALUES (1, 'old');");
    let message = target.refuses(&dump(&["--data-only"]), "42P01");
    assert_says(
        &message,
        &["public.p_1 does not exist here", "--load-via-partition-root"],
    );
    target.merge(&dump(&["--data-only", "--load-via-partition-root"]));
    assert_eq!(
        target.rows("SELECT * FROM public.p ORDER BY id"),
        ["1|one", "11|eleven"]
    );
}

#[test]
fn temporary_files_and_disks_have_an_end() {
    let target = Target::new(
        "CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t SELECT g, repeat('x', 100) FROM generate_series(1, 30000) AS g;",
    );
    let name = target.db.name();
    let lines: String = (1..=30_000).map(|id| format!("{id}\t{}\n", "y".repeat(100))).collect();
    let dump = format!("COPY public.t (id, v) FROM stdin;\n{lines}\\.\n");
    target.db.execute(&format!(
        "ALTER DATABASE \"{name}\" SET temp_file_limit = '100kB'; ALTER DATABASE \"{name}\" SET work_mem = '64kB';
         ALTER DATABASE \"{name}\" SET enable_mergejoin = off; ALTER DATABASE \"{name}\" SET enable_nestloop = off"
    ));
    let message = target.refuses(&dump, "53400");
    assert_says(
        &message,
        &[
            "temp_file_limit",
            "ALTER ROLE postgres SET temp_file_limit",
            "work_mem",
            "only_tables",
        ],
    );
    target
        .db
        .execute(&format!("ALTER DATABASE \"{name}\" SET work_mem = '256MB'"));
    target.merge(&dump);
    // A server without room, as it would say so.
    let target = Target::new(
        "CREATE FUNCTION full_disk(v text) RETURNS boolean LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
         CREATE TABLE t (id integer PRIMARY KEY, v text CHECK (full_disk(v)));",
    );
    let message = target.refuses(&inserts("public.t", "id, v", &["1, 'a'"]), "53100");
    assert_says(
        &message,
        &["No space left on device", "temp_tablespaces", "only_tables"],
    );
}

/// A table whose sums a deferred constraint trigger keeps, by names that only the application's search_path finds.
const SUMS: &str = "CREATE SCHEMA app; CREATE TABLE app.orders (id integer PRIMARY KEY, n integer); CREATE TABLE app.sums (id integer PRIMARY KEY, n integer);
    INSERT INTO app.sums VALUES (1, 0);
    CREATE FUNCTION app.add_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE sums SET n = sums.n + NEW.n WHERE id = 1; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER \"add up\" AFTER INSERT OR UPDATE ON app.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.add_up();";

fn orders() -> String {
    [
        inserts("app.orders", "id, n", &["1, 10", "2, 20"]),
        inserts("app.sums", "id, n", &["1, 30"]),
    ]
    .concat()
}

#[test]
fn a_trigger_function_that_fails_is_named() {
    for style in STYLES {
        let target = target(SUMS, style);
        let message = target.refuses(&orders(), "42P01");
        assert_says(
            &message,
            &[
                "relation \"sums\" does not exist",
                "constraint trigger \"add up\" of app.orders",
                "app.add_up()",
                "search_path",
                "constraint_triggers = off",
                "nothing was changed",
            ],
        );
        // Where the dump brings what the trigger makes, its work would be done twice.
        let mut off = self::target(SUMS, style);
        off.options = off.options.with_constraint_triggers(ConstraintTriggers::Off);
        let before = off.db.snapshot();
        merge(&off, &orders());
        assert_eq!(before.triggers(), off.db.snapshot().triggers());
        assert_eq!(off.rows("SELECT n FROM app.sums"), ["30"]);
        // With the path that it needs, by the function or by the session.
        let dump = inserts("app.orders", "id, n", &["1, 10", "2, 20"]);
        target.db.execute("ALTER FUNCTION app.add_up() SET search_path = app");
        target.run(&dump).expect_success();
        assert_eq!(target.rows("SELECT n FROM app.sums"), ["30"]);
        let session = self::target(SUMS, style);
        let name = session.db.name();
        session
            .db
            .execute(&format!("ALTER DATABASE \"{name}\" SET search_path = app, public"));
        session.run(&dump).expect_success();
        assert_eq!(session.rows("SELECT n FROM app.sums"), ["30"]);
    }
}

#[test]
fn constraint_triggers_off_leaves_the_others_on() {
    let schema = "CREATE TABLE parent (id integer PRIMARY KEY); CREATE TABLE log (what text);
         CREATE TABLE t (id integer PRIMARY KEY, p integer REFERENCES parent DEFERRABLE INITIALLY DEFERRED, u integer UNIQUE DEFERRABLE INITIALLY DEFERRED);
         CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_NAME); RETURN NEW; END $$;
         CREATE TRIGGER plain AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire();
         CREATE CONSTRAINT TRIGGER checks AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire();
         CREATE CONSTRAINT TRIGGER sleeps AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire();
         ALTER TABLE t DISABLE TRIGGER sleeps;";
    for style in STYLES {
        let mut target = target(schema, style);
        target.options = target
            .options
            .with_constraint_triggers(ConstraintTriggers::Off)
            .with_triggers(dumpsert::Triggers::Fire);
        let states = "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'public.t'::regclass AND NOT tgisinternal ORDER BY 1";
        let before = target.rows(states);
        merge(&target, &inserts("public.t", "id, p, u", &["1, NULL, 1"]));
        assert_eq!(target.rows("SELECT * FROM public.log"), ["plain"]);
        assert_eq!(target.rows(states), before);
        let message = target.refuses(&inserts("public.t", "id, p, u", &["2, 7, 2"]), "23503");
        assert_says(&message, &["is not present in table \"parent\""]);
        target.refuses(&inserts("public.t", "id, p, u", &["3, NULL, 1"]), "23505");
    }
    // Only an owner can.
    let target = Target::new(
        "CREATE ROLE guest_of_triggers LOGIN; CREATE TABLE t (id integer PRIMARY KEY); GRANT ALL ON t TO guest_of_triggers;
         CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
         CREATE CONSTRAINT TRIGGER checks AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION fire();",
    );
    let dump = inserts("public.t", "id", &["1"]);
    let options = target.options.clone().with_constraint_triggers(ConstraintTriggers::Off);
    let run = psql(&target.db, "guest_of_triggers", &script(dump.as_bytes(), options));
    assert_eq!(sqlstate(&run), Some("42501"), "{}", run.stderr);
    assert_says(
        &run.stderr,
        &[
            "must be owner of public.t to switch off constraint trigger checks",
            "constraint_triggers = fire",
        ],
    );
    let run = psql(
        &target.db,
        "guest_of_triggers",
        &script(dump.as_bytes(), target.options.clone()),
    );
    run.expect_success();
    target
        .db
        .execute("REVOKE ALL ON public.t FROM guest_of_triggers; DROP ROLE guest_of_triggers");
}

/// The fixed texts stand in scripts of every encoding, in some of which other bytes are no text.
#[test]
fn the_fixed_texts_are_ascii() {
    for text in crate::support::fixed_texts() {
        let odd = text.lines().find(|line| !line.is_ascii());
        assert_eq!(odd, None);
    }
    let mut source = Target::new("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, '한글');");
    let dump = source.db.pg_dump(&["--data-only", "-E", "EUC_KR"]);
    for style in STYLES {
        source.options = Options::new().with_style(style);
        source.db.execute("UPDATE public.t SET v = 'old'");
        psql(&source.db, "postgres", &script(&dump, source.options.clone())).expect_success();
        assert_eq!(source.rows("SELECT v FROM public.t"), ["한글"]);
    }
}
