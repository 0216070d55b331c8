//! Dumps that try to do more than put rows into a table: `testdata/attacks/`.
//!
//! Each is refused, or its script leaves no trace but rows in `public.t` and a forward move of its sequence. Everything
//! else that a server and a directory can tell is compared before and after. That the comparison would notice, shows
//! the last test, in which psql gets the dumps as they are.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use dumpsert::{Catalog, Client, NoKey, Options, Plan, Style, convert, statements};
use dumpsert_testkit::growth::{KINDS, slug};
use dumpsert_testkit::postgres::{self, SimpleQueryMessage};
use dumpsert_testkit::{Cluster, Db};

#[derive(serde::Deserialize)]
struct Entry {
    /// For readers.
    tries: String,
    /// The kind of the error; `target`: it is the target that refuses; `passes`: the script is harmless.
    outcome: String,
    /// The outcome in style `staged`, where it is another.
    staged: Option<String>,
    /// What goes in beside the dump: options and a catalog as JSON, a schema as SQL.
    options: Option<String>,
    catalog: Option<String>,
    schema: Option<String>,
}

struct Attack {
    name: String,
    entry: Entry,
    dump: Vec<u8>,
}

const TARGET: &str = r#"
CREATE TABLE public.t (id serial PRIMARY KEY, v text);
CREATE TABLE public.secret (id serial PRIMARY KEY, v text);
INSERT INTO public.secret VALUES (1, 'secret');
CREATE TABLE public.a_name_of_sixty_three_bytes_which_is_as_long_as_a_name_can_be__ (id integer PRIMARY KEY, v text);
CREATE TABLE public._prisma_migrations (id text PRIMARY KEY);
CREATE TABLE public."секрет" (id integer PRIMARY KEY, v text);
INSERT INTO public."секрет" VALUES (1, 'secret');
CREATE SCHEMA "Ã©";
CREATE TABLE "Ã©".t (id integer PRIMARY KEY, v text);
CREATE TABLE public.tenants (id integer PRIMARY KEY, tenant text, "businessId" text, "владелец" text, v text);
INSERT INTO public.tenants VALUES (1, 'acme', 'acme', 'acme', 'theirs');
CREATE SCHEMA hidden;
CREATE TABLE public.events (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE public.events_1 PARTITION OF public.events FOR VALUES FROM (0) TO (100);
CREATE TABLE hidden.events_2 PARTITION OF public.events FOR VALUES FROM (100) TO (200);
CREATE TABLE hidden.logs (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE public.logs_1 PARTITION OF hidden.logs FOR VALUES FROM (0) TO (100);
CREATE TABLE hidden.logs_2 PARTITION OF hidden.logs FOR VALUES FROM (100) TO (200);
INSERT INTO hidden.events_2 VALUES (101, 'theirs');
INSERT INTO hidden.logs_2 VALUES (101, 'theirs');
CREATE VIEW public.w AS SELECT * FROM public.secret;
CREATE MATERIALIZED VIEW public.m AS SELECT 1 AS id, 'm' AS v;
CREATE EXTENSION citext;
CREATE SCHEMA cron;
CREATE TABLE cron.job (id integer PRIMARY KEY, v text);
CREATE SEQUENCE cron.run_seq;
ALTER EXTENSION citext ADD TABLE cron.job;
ALTER EXTENSION citext ADD SEQUENCE cron.run_seq;
CREATE EXTENSION file_fdw;
CREATE SERVER s FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE public.f (id integer, v text) SERVER s OPTIONS (program 'touch @CANARY@/pwned');
CREATE TABLE public.parted (id integer, v text) PARTITION BY LIST (id);
CREATE FOREIGN TABLE public.parted_f PARTITION OF public.parted DEFAULT SERVER s OPTIONS (program 'touch @CANARY@/pwned');
CREATE FUNCTION public.evil_function() RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM public.secret; RETURN 'x'; END $$;
CREATE PROCEDURE public.evil() LANGUAGE sql AS 'DELETE FROM public.secret';
CREATE FUNCTION public.evil_event() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE TYPE public.evil_type AS (v text);
-- Decoys, which a search path would find in front of PostgreSQL's own.
CREATE FUNCTION public.format(text, text, text) RETURNS text LANGUAGE sql AS $$ SELECT public.evil_function() $$;
CREATE FUNCTION public.format(text, name, name) RETURNS text LANGUAGE sql AS $$ SELECT public.evil_function() $$;
CREATE FUNCTION public.concat(text, text) RETURNS text LANGUAGE sql AS $$ SELECT public.evil_function() $$;
CREATE FUNCTION public.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT public.evil_function() $$;
-- What the application of the target does when somebody writes.
CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.evil_function(); RETURN NEW; END $$;
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION public.audit();
"#;

/// What must never change: one row for each kind of thing, its state as text.
const STATE: &str = r#"
SET search_path = pg_catalog;
WITH own(oid) AS (SELECT oid FROM pg_class WHERE oid >= 16384 AND relpersistence <> 't' AND relnamespace NOT IN (
  SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_'))
SELECT 'roles', (SELECT md5(string_agg(to_jsonb(a)::text, '' ORDER BY a.oid)) FROM pg_authid AS a)
UNION ALL SELECT 'members', (SELECT md5(string_agg(to_jsonb(a)::text, '' ORDER BY a.roleid, a.member)) FROM pg_auth_members AS a)
UNION ALL SELECT 'settings', (SELECT md5(string_agg(to_jsonb(a)::text, '')) FROM pg_db_role_setting AS a)
UNION ALL SELECT 'databases', (SELECT md5(string_agg((to_jsonb(d) - 'datfrozenxid' - 'datminmxid')::text, '' ORDER BY d.oid)) FROM pg_database AS d)
UNION ALL SELECT 'functions', (SELECT md5(count(*) || string_agg(to_jsonb(p)::text, '' ORDER BY p.oid) FILTER (WHERE p.oid >= 16384)) FROM pg_proc AS p)
UNION ALL SELECT 'relations', (SELECT md5(string_agg((to_jsonb(c) - '{relfilenode,relpages,reltuples,relallvisible,relfrozenxid,relminmxid}'::text[])::text, '' ORDER BY oid)) FROM pg_class AS c JOIN own USING (oid))
UNION ALL SELECT 'columns', (SELECT md5(string_agg(to_jsonb(a)::text, '' ORDER BY attrelid, attnum)) FROM pg_attribute AS a JOIN own ON own.oid = attrelid)
UNION ALL SELECT 'constraints', (SELECT md5(string_agg(to_jsonb(c)::text, '' ORDER BY c.oid)) FROM pg_constraint AS c JOIN own ON own.oid = conrelid)
UNION ALL SELECT 'triggers', (SELECT md5(string_agg(to_jsonb(t)::text, '' ORDER BY t.oid)) FROM pg_trigger AS t JOIN own ON own.oid = tgrelid)
UNION ALL SELECT 'rules', (SELECT md5(string_agg(to_jsonb(r)::text, '' ORDER BY r.oid)) FROM pg_rewrite AS r JOIN own ON own.oid = ev_class)
UNION ALL SELECT 'types', (SELECT md5(string_agg(to_jsonb(t)::text, '' ORDER BY t.oid)) FROM pg_type AS t WHERE t.typrelid IN (SELECT oid FROM own) OR t.typrelid = 0 AND t.oid >= 16384 AND t.typelem = 0)
UNION ALL SELECT 'schemas', (SELECT md5(string_agg(to_jsonb(n)::text, '' ORDER BY n.oid)) FROM pg_namespace AS n WHERE nspname !~ '^pg_(toast_)?temp_')
UNION ALL SELECT 'extensions', (SELECT md5(string_agg(to_jsonb(e)::text, '' ORDER BY e.oid)) FROM pg_extension AS e)
UNION ALL SELECT 'others', (SELECT concat((SELECT count(*) FROM pg_event_trigger), ' ', (SELECT count(*) FROM pg_subscription), ' ', (SELECT count(*) FROM pg_default_acl), ' ',
  (SELECT count(*) FROM pg_seclabel), ' ', (SELECT count(*) FROM pg_policy), ' ', (SELECT count(*) FROM pg_prepared_xacts), ' ', (SELECT count(*) FROM pg_largeobject_metadata), ' ',
  (SELECT count(*) FROM pg_tablespace), ' ', (SELECT count(*) FROM pg_foreign_server), ' ', (SELECT md5(string_agg(d.description, '')) FROM pg_description AS d WHERE objoid >= 16384)))
UNION ALL SELECT 'server', pg_read_file('postgresql.auto.conf')
UNION ALL SELECT 'secret', (SELECT json_agg(t ORDER BY id)::text FROM public.secret AS t)
UNION ALL SELECT 'jobs', (SELECT json_agg(t)::text FROM cron.job AS t)
UNION ALL SELECT 'migrations', (SELECT json_agg(t)::text FROM public._prisma_migrations AS t)
UNION ALL SELECT 'names', concat((SELECT json_agg(t)::text FROM public."секрет" AS t), (SELECT json_agg(t)::text FROM "Ã©".t))
UNION ALL SELECT 'tenants', (SELECT json_agg(t)::text FROM public.tenants AS t)
UNION ALL SELECT 'hidden', concat((SELECT json_agg(t)::text FROM public.events AS t), (SELECT json_agg(t)::text FROM hidden.logs AS t))
UNION ALL SELECT 'long name', (SELECT json_agg(t)::text FROM public.a_name_of_sixty_three_bytes_which_is_as_long_as_a_name_can_be__ AS t)
UNION ALL SELECT 'sequences', (SELECT concat((SELECT (last_value, is_called)::text FROM public.secret_id_seq), (SELECT (last_value, is_called)::text FROM cron.run_seq))) "#;

/// What may change: rows of the permitted table, and its sequence.
const PERMITTED: &str =
    "SELECT (SELECT json_agg(t ORDER BY id)::text FROM public.t AS t), (SELECT last_value::text FROM public.t_id_seq)";

/// A server's database and a directory, with everything an attack could leave a trace in. The server is nobody else's,
/// so that whatever changes on it is a trace.
struct Victim {
    db: Db,
    canary: tempfile::TempDir,
    client: RefCell<postgres::Client>,
}

impl Victim {
    fn new(cluster: &Cluster) -> Self {
        let canary = tempfile::tempdir().unwrap();
        // The server is another user's.
        let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(canary.path(), everybody).unwrap();
        let db = cluster.create_unique("victim");
        db.execute(&String::from_utf8(at_canary(TARGET.as_bytes(), canary.path())).unwrap());
        let client = RefCell::new(db.client());
        Self { db, canary, client }
    }

    fn query(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let messages = self.client.borrow_mut().simple_query(sql).unwrap();
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        };
        messages.into_iter().filter_map(row).collect()
    }

    fn reset(&self) {
        // Without the trigger.
        self.query(
            "SET session_replication_role = replica; DELETE FROM public.t; INSERT INTO public.t VALUES (1, 'old');
             SELECT setval('public.t_id_seq', 3);",
        );
    }

    fn state(&self) -> BTreeMap<String, Option<String>> {
        let rows = self.query(STATE).into_iter();
        let mut state: BTreeMap<_, _> = rows.map(|row| (row[0].clone().unwrap(), row[1].clone())).collect();
        let mut files: Vec<String> = std::fs::read_dir(self.canary.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        state.insert("files".into(), Some(files.join(" ")));
        state
    }

    fn permitted(&self) -> Vec<Option<String>> {
        self.query(PERMITTED).remove(0)
    }

    /// psql in the directory of the canary.
    fn psql(&self, script: &[u8]) -> i32 {
        let mut command = self.db.command("psql");
        command
            .arg("-X")
            .current_dir(self.canary.path())
            .env("PSQL_EDITOR", "true");
        let mut child = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // psql may stop reading early.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), script);
        child.wait().unwrap().code().unwrap()
    }

    fn dump(&self, attack: &Attack) -> Vec<u8> {
        at_canary(&attack.dump, self.canary.path())
    }
}

fn at_canary(text: &[u8], canary: &Path) -> Vec<u8> {
    const MARK: &[u8] = b"@CANARY@";
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, MARK) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(canary.to_str().unwrap().as_bytes());
        rest = &rest[at + MARK.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn attacks() -> Vec<Attack> {
    let folder = dumpsert_testkit::testdata("attacks");
    let index = std::fs::read_to_string(folder.join("attacks.toml")).unwrap();
    let index: BTreeMap<String, Entry> = toml::from_str(&index).unwrap();
    let files = std::fs::read_dir(&folder).unwrap().filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        path.extension().is_some_and(|extension| extension == "sql")
    });
    assert_eq!(files.count(), index.len(), "a file without an entry");
    assert!(index.len() >= 200);
    let attack = |(name, entry): (String, Entry)| {
        assert!(!entry.tries.is_empty());
        let dump = std::fs::read(folder.join(format!("{name}.sql"))).unwrap();
        Attack { name, entry, dump }
    };
    index.into_iter().map(attack).chain(growth()).collect()
}

/// Dumps that want to take all memory or time, of the kinds that need nothing beside them, which are generated. They bring a
/// row for `public.t`, or are refused.
fn growth() -> impl Iterator<Item = Attack> {
    let attacks = KINDS.iter().filter_map(|kind| {
        let size = if kind.error.is_some() {
            kind.size
        } else {
            kind.size / 20 + 2
        };
        let input = (kind.make)(size);
        let has_own_table = input.dump.starts_with(b"CREATE TABLE public.t ");
        let is_alone = input.schema.is_none() && input.catalog.is_none();
        if !is_alone || !(has_own_table || kind.error.is_some()) {
            return None;
        }
        let entry = Entry {
            tries: kind.name.to_owned(),
            outcome: kind.error.unwrap_or("passes").to_owned(),
            // What cannot be read of tables is not needed there, where rows name their columns.
            staged: (has_own_table && kind.error.is_some()).then(|| "passes".to_owned()),
            options: None,
            catalog: None,
            schema: None,
        };
        let name = format!("growth-{}", slug(kind));
        Some(Attack {
            name,
            entry,
            dump: input.dump,
        })
    });
    let attacks: Vec<Attack> = attacks.collect();
    assert!(attacks.len() >= 40, "only {}", attacks.len());
    attacks.into_iter()
}

impl Attack {
    fn plan(&self, style: Style, client: Client) -> Result<Plan, dumpsert::Error> {
        let options = Options::from_json(self.entry.options.as_deref().unwrap_or("{}"))?;
        let mut options = options.with_style(style).with_client(client).with_no_key(NoKey::Insert);
        if let Some(catalog) = &self.entry.catalog {
            options = options.with_catalog(Catalog::from_json(catalog)?)?;
        }
        if let Some(schema) = &self.entry.schema {
            options = options.with_catalog(Catalog::from_schema_sql(schema)?)?;
        }
        options.build()
    }
}

fn kind(error: &dumpsert::Error) -> String {
    serde_json::to_value(error.kind()).unwrap().as_str().unwrap().to_owned()
}

/// All attacks in one style, each against a database that must stay as it was.
fn in_style(style: Style) {
    let cluster = Cluster::start();
    let victim = Victim::new(&cluster);
    let mut failures = Vec::new();
    for attack in attacks() {
        victim.reset();
        let (before, rows) = (victim.state(), victim.permitted());
        let mut script = Vec::new();
        let plan = attack.plan(style, Client::Psql);
        let result = plan.and_then(|plan| convert(&victim.dump(&attack)[..], &mut script, &plan));
        assert!(!script.contains(&0), "{}", attack.name);
        // What is refused before the dump is read has no script.
        let status = if script.is_empty() { 3 } else { victim.psql(&script) };
        let outcome = match (&result, status) {
            (Err(error), 3) => kind(error),
            (Ok(_), 3) => "target".to_owned(),
            (Ok(_), 0) => "passes".to_owned(),
            _ => format!("{result:?} and status {status}"),
        };
        let staged = attack.entry.staged.as_ref().filter(|_| style == Style::Staged);
        let expected = staged.unwrap_or(&attack.entry.outcome);
        if outcome != *expected {
            failures.push(format!("{}: {outcome} instead of {expected}", attack.name));
        }
        let (after, rows_after) = (victim.state(), victim.permitted());
        for (what, state) in before {
            if after[&what] != state {
                failures.push(format!(
                    "{}: {what} changed: {state:?} → {:?}",
                    attack.name, after[&what]
                ));
            }
        }
        if outcome != "passes" && rows != rows_after {
            failures.push(format!("{}: rows changed: {rows:?} → {rows_after:?}", attack.name));
        }
        let last_value = |rows: &[Option<String>]| rows[1].as_deref().unwrap().parse::<i64>().unwrap();
        if last_value(&rows_after) < last_value(&rows) || !rows_after[0].as_ref().unwrap().contains(r#""id":1,"#) {
            failures.push(format!("{}: {rows:?} → {rows_after:?}", attack.name));
        }
    }
    assert_eq!(failures, Vec::<String>::new(), "{}", failures.join("\n"));
}

#[test]
fn rows() {
    in_style(Style::Rows);
}

#[test]
fn batches() {
    in_style(Style::Batches);
}

#[test]
fn staged() {
    in_style(Style::Staged);
}

fn driver_statements(plan: &Plan, dump: &[u8]) -> Result<Vec<String>, dumpsert::Error> {
    statements(dump, plan)?.collect()
}

/// The statements for drivers: one by one in a transaction, and joined to one string in a session in which backslashes
/// escape, where the server finds other ends of literals than the dump has.
#[test]
fn drivers() {
    let cluster = Cluster::start();
    let victim = Victim::new(&cluster);
    let joined = Victim::new(&cluster);
    joined.db.execute(&format!(
        "ALTER DATABASE \"{}\" SET standard_conforming_strings = off",
        joined.db.name()
    ));
    for attack in attacks() {
        for style in [Style::Rows, Style::Batches] {
            let plan = attack.plan(style, Client::Driver);
            let Ok(statements) = plan.and_then(|plan| driver_statements(&plan, &victim.dump(&attack))) else {
                // What came before the error was not committed, and need not be run.
                continue;
            };
            victim.reset();
            let before = victim.state();
            let mut client = victim.db.client();
            client.batch_execute("BEGIN").unwrap();
            let done = statements.iter().try_for_each(|sql| client.batch_execute(sql));
            client
                .batch_execute(if done.is_ok() { "COMMIT" } else { "ROLLBACK" })
                .unwrap();
            assert_eq!(victim.state(), before, "{}", attack.name);
            let passes = attack.entry.outcome == "passes";
            assert_eq!(done.is_ok(), passes, "{}: {done:?}", attack.name);

            joined.reset();
            let (before, rows) = (joined.state(), joined.permitted());
            let result = joined.db.client().batch_execute(&statements.join(";\n"));
            assert!(result.is_err(), "{} in one string", attack.name);
            assert_eq!(
                (joined.state(), joined.permitted()),
                (before, rows),
                "{} in one string",
                attack.name
            );
        }
    }
}

/// The same dumps as psql would run them without us: many leave a trace, so that the other tests can fail.
#[test]
fn they_bite() {
    let cluster = Cluster::start();
    let mut bitten = Vec::new();
    for attack in attacks() {
        // Those with a program or a shell, and those with SQL.
        let is_quick = attack.name.starts_with("psql-")
            || attack.name.starts_with("copy-")
            || attack.name.starts_with("target-")
            || attack.name.starts_with("value-")
            || attack.name.starts_with("encoding-")
            || attack.name.starts_with("comment-");
        if !is_quick || matches!(attack.name.as_str(), "psql-watch" | "psql-edit") {
            continue;
        }
        let victim = Victim::new(&cluster);
        victim.reset();
        let before = victim.state();
        victim.psql(&victim.dump(&attack));
        // A role stays for the next database.
        if victim.state() != before {
            bitten.push(attack.name);
        }
    }
    for name in [
        "psql-shell",
        "psql-shell-in-line",
        "psql-backquote",
        "copy-to-program",
        "encoding-gb18030",
        "encoding-big5",
        "comment-line-feed",
        "comment-carriage-return",
        "target-job",
        "value-array",
    ] {
        assert!(
            bitten.iter().any(|bitten| bitten == name),
            "{name} has left no trace: {bitten:?}"
        );
    }
    assert!(bitten.len() >= 25, "only {} leave a trace: {bitten:?}", bitten.len());
}
