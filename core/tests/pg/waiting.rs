//! Styles rows and batches: references of a table to itself, circles of references, and tables in the order of their
//! names. What PostgreSQL itself makes of the dump in an empty database is what must be there.

use dumpsert::{Catalog, Client, Options, Style, Triggers, Update, statements};
use dumpsert_testkit::{Cluster, Db};

use crate::sources::{OWNER, give_to_owner};
use crate::support::{inserts, psql, script, sqlstate};

const STYLES: [Style; 2] = [Style::Rows, Style::Batches];

/// By name, tables come before those that they reference, and circles are broken anywhere.
const TABLES: &str = r#"
CREATE SCHEMA app;
CREATE TABLE public.users (id text PRIMARY KEY, name text, "managerId" text);
CREATE TABLE public.employees (employee_id smallint PRIMARY KEY, reports_to smallint, hired_by smallint);
CREATE TABLE app."Category" (id integer PRIMARY KEY, "parentId" integer NOT NULL, label text);
CREATE TABLE public.places (tenant integer, id integer, up_tenant integer, up_id integer, PRIMARY KEY (tenant, id));
CREATE TABLE public.late (id integer PRIMARY KEY, up integer);
CREATE TABLE public.a_circle (id integer PRIMARY KEY, b integer NOT NULL);
CREATE TABLE public.b_circle (id integer PRIMARY KEY, a integer NOT NULL);
CREATE TABLE public.ring1 (id integer PRIMARY KEY, next integer);
CREATE TABLE public.ring2 (id integer PRIMARY KEY, next integer);
CREATE TABLE public.ring3 (id integer PRIMARY KEY, next integer);
CREATE TABLE public.hook (id integer PRIMARY KEY, ring integer);
CREATE TABLE public.parts (id integer PRIMARY KEY, up integer, "user" text) PARTITION BY HASH (id);
CREATE TABLE public.parts_0 PARTITION OF public.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE public.parts_1 PARTITION OF public.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE public.a_line (id integer PRIMARY KEY, part integer NOT NULL);
CREATE TABLE public.a_post (id integer PRIMARY KEY, "user" text NOT NULL);
"#;

const KEYS: &str = r#"
ALTER TABLE public.users ADD CONSTRAINT "users_managerId_fkey" FOREIGN KEY ("managerId") REFERENCES public.users ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE public.employees ADD CONSTRAINT fk_employees FOREIGN KEY (reports_to) REFERENCES public.employees;
ALTER TABLE public.employees ADD FOREIGN KEY (hired_by) REFERENCES public.employees ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE app."Category" ADD CONSTRAINT "the parent" FOREIGN KEY ("parentId") REFERENCES app."Category" ON DELETE CASCADE;
ALTER TABLE public.places ADD FOREIGN KEY (up_tenant, up_id) REFERENCES public.places MATCH FULL;
ALTER TABLE public.late ADD FOREIGN KEY (up) REFERENCES public.late DEFERRABLE;
ALTER TABLE public.a_circle ADD FOREIGN KEY (b) REFERENCES public.b_circle;
ALTER TABLE public.b_circle ADD FOREIGN KEY (a) REFERENCES public.a_circle;
ALTER TABLE public.ring1 ADD FOREIGN KEY (next) REFERENCES public.ring2;
ALTER TABLE public.ring2 ADD FOREIGN KEY (next) REFERENCES public.ring3 DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE public.ring3 ADD FOREIGN KEY (next) REFERENCES public.ring1;
ALTER TABLE public.hook ADD FOREIGN KEY (ring) REFERENCES public.ring1;
ALTER TABLE public.parts ADD FOREIGN KEY (up) REFERENCES public.parts;
ALTER TABLE public.parts ADD FOREIGN KEY ("user") REFERENCES public.users ON UPDATE CASCADE;
ALTER TABLE public.a_line ADD FOREIGN KEY (part) REFERENCES public.parts;
ALTER TABLE public.a_post ADD FOREIGN KEY ("user") REFERENCES public.users ON UPDATE CASCADE ON DELETE CASCADE;
"#;

/// Rows 1 to `most`; each references the one behind it, so that every child comes before its parent.
fn rows(most: usize, step: usize, note: &str) -> String {
    let next = format!("CASE WHEN i < {most} THEN i + {step} END");
    let numbers = format!("FROM generate_series(1, {most}, {step}) AS i");
    format!(
        r#"INSERT INTO public.users SELECT 'u' || i, '{note}', 'u' || {next} {numbers};
           INSERT INTO public.employees SELECT i, {next}, {next} {numbers};
           INSERT INTO app."Category" SELECT i, coalesce({next}, i), '{note}' {numbers};
           INSERT INTO public.places SELECT 1, i, CASE WHEN i < {most} THEN 1 END, {next} {numbers};
           INSERT INTO public.late SELECT i, {next} {numbers};
           INSERT INTO public.a_circle SELECT i, coalesce({next}, 1) {numbers};
           INSERT INTO public.b_circle SELECT i, coalesce({next}, 1) {numbers};
           INSERT INTO public.ring1 SELECT i, {next} {numbers}; INSERT INTO public.ring2 SELECT i, {next} {numbers};
           INSERT INTO public.ring3 SELECT i, {next} {numbers}; INSERT INTO public.hook SELECT i, i {numbers};
           INSERT INTO public.parts SELECT i, {next}, 'u' || i {numbers};
           INSERT INTO public.a_line SELECT i, i {numbers}; INSERT INTO public.a_post SELECT i, 'u' || i {numbers};"#
    )
}

fn database(rows: &str) -> Db {
    let db = Cluster::shared().create_unique("waiting");
    db.execute(&format!("{TABLES}{rows}{KEYS}"));
    db
}

/// What a constraint is, in the dump of a schema, and how its triggers are.
fn definitions(db: &Db) -> (String, Vec<Vec<Option<String>>>) {
    let dump = db.pg_dump(&["--schema-only"]);
    let lines = String::from_utf8(dump).unwrap();
    let kept: Vec<&str> = lines.lines().filter(|line| !line.starts_with('\\')).collect();
    let triggers = "SELECT t.tgrelid::regclass, c.conname, t.tgfoid::regproc, t.tgdeferrable, t.tginitdeferred, t.tgenabled, c.condeferrable, c.condeferred, c.convalidated
       FROM pg_trigger AS t JOIN pg_constraint AS c ON c.oid = t.tgconstraint ORDER BY 1, 2, 3, t.oid";
    (kept.join("\n"), db.query(triggers))
}

/// A dump, the options to read it with, and what each run must leave.
struct Merge<'a> {
    source: &'a Db,
    dump: Vec<u8>,
    catalog: bool,
    what: String,
}

impl Merge<'_> {
    fn options(&self, style: Style) -> Options {
        let options = Options::new().with_style(style).with_batch_rows(3);
        if !self.catalog {
            return options;
        }
        let schema = self.source.pg_dump(&["--schema-only"]);
        options.with_catalog(Catalog::from_schema_sql(schema).unwrap()).unwrap()
    }

    /// Twice: the second run changes nothing. `extra` is how many rows only the target has.
    #[track_caller]
    fn run(&self, style: Style, role: &str, target: &Db) {
        let what = format!("{}, {style:?}, {role}", self.what);
        let script = script(&self.dump, self.options(style));
        let own = target.snapshot();
        let before = definitions(target);
        psql(target, role, &script).expect_success();
        let after = target.snapshot();
        assert_eq!(
            self.source.snapshot().missing_from(&after),
            Vec::<String>::new(),
            "{what}"
        );
        assert_eq!(definitions(target), before, "{what}");
        if own.count("public.users") == 0 {
            assert_eq!(self.source.snapshot().diff_rows(&after), Vec::<String>::new(), "{what}");
        }
        psql(target, role, &script).expect_success();
        assert_eq!(after.diff(&target.snapshot()), Vec::<String>::new(), "{what}, again");
        assert_eq!(definitions(target), before, "{what}, again");
    }
}

#[test]
fn children_before_their_parents() {
    let source = database(&rows(9, 1, "dumped"));
    let empty = database("");
    let diverged = database(&rows(13, 4, "other"));
    for db in [&source, &empty, &diverged] {
        give_to_owner(db);
    }
    // PostgreSQL's own restore of a full dump is the measure.
    let plain = Cluster::shared().create_unique("waiting_plain");
    plain.psql(&source.pg_dump(&["--no-owner"])).expect_success();
    assert_eq!(source.snapshot().diff_rows(&plain.snapshot()), Vec::<String>::new());
    plain.drop();
    for (at, arguments) in [
        &["--data-only", "--column-inserts"] as &[&str],
        &["--data-only"],
        &["--data-only", "--load-via-partition-root", "--column-inserts"],
        &["--column-inserts"],
        &[],
    ]
    .into_iter()
    .enumerate()
    {
        let merge = Merge {
            source: &source,
            dump: source.pg_dump(arguments),
            catalog: arguments.contains(&"--data-only"),
            what: arguments.join(" "),
        };
        for (style, template) in STYLES
            .into_iter()
            .flat_map(|style| [(style, &empty), (style, &diverged)])
        {
            let target = Cluster::shared().copy_of(template);
            let role = if at == 2 { "postgres" } else { OWNER };
            merge.run(style, role, &target);
            target.drop();
        }
    }
    for db in [source, empty, diverged] {
        db.drop();
    }
}

/// A schema with a table of employees, that is read by a role that may do anything but is no owner.
const STAFF: &str = "CREATE TABLE public.staff (id integer PRIMARY KEY, boss integer CONSTRAINT its_boss REFERENCES public.staff, name text);
    CREATE TABLE public.log (id integer PRIMARY KEY, staff integer CONSTRAINT of_staff REFERENCES public.staff);";

fn staff(rows: &[&str]) -> String {
    inserts("public.staff", "id, boss, name", rows)
}

fn options(style: Style) -> Options {
    let options = Options::new().with_style(style).with_batch_rows(1);
    options.with_catalog(Catalog::from_schema_sql(STAFF).unwrap()).unwrap()
}

/// The error names table and constraint, and the constraint is as it was.
#[test]
fn rows_that_neither_side_has() {
    let target = Cluster::shared().create_unique("waiting");
    target.execute(&format!("{STAFF} INSERT INTO public.staff VALUES (7, NULL, 'here');"));
    let (before, definitions_before) = (target.snapshot(), definitions(&target));
    for style in STYLES {
        let dump = staff(&["1, 2, 'a'", "2, 7, 'b'", "3, 99, 'c'"]);
        let run = psql(&target, "postgres", &script(dump.as_bytes(), options(style)));
        assert_eq!((run.status, sqlstate(&run)), (3, Some("23503")), "{}", run.stderr);
        for part in ["\"staff\"", "\"its_boss\"", "Key (boss)=(99) is not present"] {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
        assert_eq!(before.diff(&target.snapshot()), Vec::<String>::new());
        assert_eq!(definitions(&target), definitions_before);
        // A reference to a row that only the target has is none of these.
        let dump = staff(&["1, 2, 'a'", "2, 7, 'b'"]);
        let copy = Cluster::shared().copy_of(&target);
        psql(&copy, "postgres", &script(dump.as_bytes(), options(style))).expect_success();
        copy.drop();
    }
    target.drop();
}

/// Rows that are left out take those with them that reference them; policies keep what is here.
#[test]
fn with_exclusions_and_policies() {
    let template = Cluster::shared().create_unique("waiting");
    template.execute(&format!(
        "{STAFF} INSERT INTO public.staff VALUES (9, NULL, 'here'), (2, 9, 'here');"
    ));
    let dump = staff(&["1, 2, 'a'", "2, 3, 'b'", "3, NULL, 'c'", "4, 5, 'd'", "5, NULL, 'demo'"]);
    let names = |db: &Db| -> Vec<String> {
        let rows = db.query("SELECT concat_ws('|', id, boss, name) FROM public.staff ORDER BY id");
        rows.into_iter().flatten().flatten().collect()
    };
    for style in STYLES {
        for (options, expected) in [
            (
                options(style)
                    .with_excluded_rows_of("public.staff", "name = 'demo'")
                    .unwrap(),
                ["1|2|a", "2|3|b", "3|c", "9|here"].as_slice(),
            ),
            (
                options(style).with_update(Update::Nothing),
                &["1|2|a", "2|9|here", "3|c", "4|5|d", "5|demo", "9|here"],
            ),
            (
                options(style).with_update(Update::Changed),
                &["1|2|a", "2|3|b", "3|c", "4|5|d", "5|demo", "9|here"],
            ),
        ] {
            let target = Cluster::shared().copy_of(&template);
            let script = script(dump.as_bytes(), options);
            for _ in 0..2 {
                psql(&target, "postgres", &script).expect_success();
                assert_eq!(names(&target), expected, "{style:?}");
            }
            target.drop();
        }
    }
    template.drop();
}

/// Who does not own the table may write to it in the order of references, and is told; other orders change nothing.
#[test]
fn without_ownership() {
    let target = Cluster::shared().create_unique("waiting");
    target.execute(STAFF);
    let role = format!("{}_writer", target.name());
    target.execute(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE ON public.staff TO {role};"
    ));
    for style in STYLES {
        let wrong = script(staff(&["1, 2, 'a'", "2, NULL, 'b'"]).as_bytes(), options(style));
        let run = psql(&target, &role, &wrong);
        assert_eq!((run.status, sqlstate(&run)), (3, Some("23503")), "{}", run.stderr);
        assert_eq!(target.value("SELECT count(*) FROM public.staff").as_deref(), Some("0"));
        let right = script(staff(&["2, NULL, 'b'", "1, 2, 'a'"]).as_bytes(), options(style));
        let run = psql(&target, &role, &right).expect_success();
        let told = "foreign key its_boss of public.staff is checked row by row, for want of ownership";
        assert!(run.stdout.contains(told), "{}", run.stdout);
        // Now both rows are here, and any order will do.
        psql(&target, &role, &wrong).expect_success();
        target.execute("DELETE FROM public.staff");
    }
    target.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role};"));
    target.drop();
}

/// Readers wait only where a foreign key has to be altered: not for one whose referenced table has come, or that waits anyway.
#[test]
fn locks_only_what_has_to_wait() {
    let target = Cluster::shared().create_unique("waiting");
    target.execute(&format!(
        "{STAFF} CREATE TABLE public.free (id integer PRIMARY KEY, up integer REFERENCES public.free DEFERRABLE);"
    ));
    let dump = [
        staff(&["1, NULL, 'a'"]),
        inserts("public.log", "id, staff", &["1, 1"]),
        inserts("public.free", "id, up", &["1, 2", "2, NULL"]),
    ]
    .concat();
    for style in STYLES {
        let options = Options::new().with_style(style).with_client(Client::Driver);
        let mut client = target.client();
        client.batch_execute("BEGIN").unwrap();
        for statement in statements(dump.as_bytes(), &options.build().unwrap()).unwrap() {
            client.batch_execute(&statement.unwrap()).unwrap();
        }
        let locked =
            "SELECT relation::regclass::text FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND locktype = 'relation'
            AND relation IN ('public.staff'::regclass, 'public.log'::regclass, 'public.free'::regclass)";
        let locked: Vec<String> = client
            .query(locked, &[])
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect();
        assert_eq!(locked, ["staff"], "{style:?}");
        client.batch_execute("ROLLBACK").unwrap();
        assert_eq!(target.value("SELECT count(*) FROM public.free").as_deref(), Some("0"));
        assert!(
            !definitions(&target)
                .0
                .contains("its_boss FOREIGN KEY (boss) REFERENCES public.staff(id) DEFERRABLE")
        );
    }
    target.drop();
}

/// The driver's form, without any catalog: the target knows its foreign keys.
#[test]
fn by_a_driver_without_a_catalog() {
    let target = Cluster::shared().create_unique("waiting");
    target.execute(STAFF);
    let before = definitions(&target);
    for style in STYLES {
        for _ in 0..2 {
            let options = Options::new()
                .with_style(style)
                .with_client(Client::Driver)
                .with_batch_rows(1);
            let dump = staff(&["1, 2, 'a'", "2, 3, 'b'", "3, NULL, 'c'"]);
            let mut client = target.client();
            client.batch_execute("BEGIN").unwrap();
            for statement in statements(dump.as_bytes(), &options.build().unwrap()).unwrap() {
                client.batch_execute(&statement.unwrap()).unwrap();
            }
            client.batch_execute("COMMIT").unwrap();
            assert_eq!(
                target
                    .value("SELECT string_agg(concat_ws('|', id, boss, name), ' ' ORDER BY id) FROM public.staff")
                    .as_deref(),
                Some("1|2|a 2|3|b 3|c")
            );
            assert_eq!(definitions(&target), before);
        }
        target.execute("TRUNCATE public.staff CASCADE");
    }
    target.drop();
}

/// A trigger that fires has written to a table before its own rows come, and its check is deferred: the foreign key stays as it is,
/// which is told.
#[test]
fn something_is_deferred_already() {
    let target = Cluster::shared().create_unique("waiting");
    target.execute(
        "CREATE TABLE public.staff (id integer PRIMARY KEY, boss integer CONSTRAINT its_boss REFERENCES public.staff,
           late integer REFERENCES public.staff DEFERRABLE);
         CREATE TABLE public.early (id integer PRIMARY KEY);
         CREATE FUNCTION public.hire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           INSERT INTO public.staff VALUES (NEW.id, NULL, NEW.id) ON CONFLICT DO NOTHING; RETURN NEW; END $$;
         CREATE TRIGGER hire AFTER INSERT ON public.early FOR EACH ROW EXECUTE FUNCTION public.hire();",
    );
    let dump = [
        inserts("public.early", "id", &["1"]),
        inserts("public.staff", "id, boss", &["1, NULL", "2, 1"]),
    ]
    .concat();
    for style in STYLES {
        let options = Options::new().with_style(style).with_triggers(Triggers::Fire);
        let run = psql(&target, "postgres", &script(dump.as_bytes(), options)).expect_success();
        let told = "foreign key its_boss of public.staff is checked row by row: cannot ALTER TABLE";
        assert!(run.stdout.contains(told), "{}", run.stdout);
        target.execute("TRUNCATE public.staff, public.early");
    }
    target.drop();
}

/// Another spelling of a key would empty the references of rows that have come before: refused as where another key changes.
#[test]
fn keys_that_are_spelt_anew() {
    let target = Cluster::shared().create_unique("waiting");
    target.execute(
        "CREATE TABLE public.tree (id numeric PRIMARY KEY, up numeric REFERENCES public.tree ON UPDATE SET NULL);
         INSERT INTO public.tree VALUES (1.0, NULL), (2, 1.0);",
    );
    let before = target.snapshot();
    let dump = inserts("public.tree", "id, up", &["2, 1.00", "1.00, NULL"]);
    let schema = Catalog::from_schema_sql(target.pg_dump(&["--schema-only"])).unwrap();
    for style in STYLES {
        let options = Options::new().with_style(style).with_catalog(schema.clone()).unwrap();
        let run = psql(&target, "postgres", &script(dump.as_bytes(), options));
        assert_eq!((run.status, sqlstate(&run)), (3, Some("0A000")), "{}", run.stderr);
        assert!(
            run.stderr.contains("would be changed by ON UPDATE SET NULL"),
            "{}",
            run.stderr
        );
        assert_eq!(before.diff(&target.snapshot()), Vec::<String>::new());
    }
    target.drop();
}
