//! Single statements for a driver: however a run ends, the connection is as it was before, and the target too unless all
//! is done.

use dumpsert::{Catalog, Client as Runs, Options, Style, statements};
use dumpsert_testkit::postgres::Client;
use dumpsert_testkit::{Cluster, Db, Snapshot};

use crate::support::{inserts, piped_script};

const SCHEMA: &str = "
CREATE TABLE public.parent (id serial PRIMARY KEY, name text CHECK (name <> 'forbidden'));
CREATE TABLE public.child (id integer PRIMARY KEY, parent_id integer REFERENCES public.parent,
  later_id integer REFERENCES public.parent DEFERRABLE);
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the trigger has fired'; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON public.child FOR EACH ROW EXECUTE FUNCTION public.refuse();";

const TARGET: &str = "
INSERT INTO public.parent VALUES (1, 'changed'), (3, 'extra'); SELECT setval('public.parent_id_seq', 3);
ALTER TABLE public.child DISABLE TRIGGER refuse; INSERT INTO public.child VALUES (10, 3, 1);
ALTER TABLE public.child ENABLE ALWAYS TRIGGER refuse;";

/// What a session of a pool may have set; PL/pgSQL brings settings of its own when it is first used.
const SESSION: &str = "
DO $$ BEGIN END $$;
SET statement_timeout = '7min'; SET lock_timeout = '4s'; SET idle_in_transaction_session_timeout = '9min';
SET xmloption = document; SET array_nulls = off; SET client_min_messages = error; SET search_path = public, pg_catalog;
SET row_security = on; SET default_transaction_isolation = 'repeatable read';";

const STYLES: [Style; 2] = [Style::Rows, Style::Batches];

fn dump() -> String {
    let parents = inserts("public.parent", "id, name", &["1, 'one'", "2, 'two'", "4, 'four'"]);
    let children = inserts(
        "public.child",
        "id, parent_id, later_id",
        &["10, 1, 2", "11, 2, 4", "12, 4, NULL"],
    );
    format!("{parents}{children}SELECT pg_catalog.setval('public.parent_id_seq', 20, true);\n")
}

fn options(style: Style) -> Options {
    let options = Options::new()
        .with_style(style)
        .with_client(Runs::Driver)
        .with_batch_rows(2);
    let schema = "CREATE TABLE public.parent (id integer PRIMARY KEY, name text);
                  CREATE TABLE public.child (id integer PRIMARY KEY, parent_id integer, later_id integer);
                  CREATE TABLE public.nowhere (id integer PRIMARY KEY);";
    options.with_catalog(Catalog::from_schema_sql(schema).unwrap()).unwrap()
}

/// All statements, and whether the dump was accepted to its end.
fn parts(dump: &str, options: Options) -> (Vec<String>, bool) {
    let parts: Vec<_> = statements(dump.as_bytes(), &options.build().unwrap())
        .unwrap()
        .collect();
    let is_whole = parts.iter().all(Result::is_ok);
    (parts.into_iter().filter_map(Result::ok).collect(), is_whole)
}

/// A target, and a session of its own that must come out of each run as it went in.
struct Session {
    db: Db,
    before: Snapshot,
    client: Client,
    settings: Vec<(String, String)>,
    pid: i32,
}

impl Session {
    fn new(db: &Db) -> Self {
        let mut client = db.client();
        client.batch_execute(SESSION).unwrap();
        Self {
            before: db.snapshot(),
            settings: settings(&mut client),
            pid: client
                .query_one("SELECT pg_catalog.pg_backend_pid()", &[])
                .unwrap()
                .get(0),
            db: db.clone(),
            client,
        }
    }

    fn begin(&mut self) {
        self.client
            .batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            .unwrap();
    }

    /// Runs statements until one fails, and returns its SQLSTATE.
    fn run<'a>(&mut self, statements: impl IntoIterator<Item = &'a String>) -> Option<String> {
        statements.into_iter().find_map(|statement| self.send(statement))
    }

    fn send(&mut self, statement: &str) -> Option<String> {
        let error = self.client.batch_execute(statement).err()?;
        Some(
            error
                .as_db_error()
                .expect("an error of the server")
                .code()
                .code()
                .to_owned(),
        )
    }

    /// The connection answers and holds nothing: no transaction, no lock, no temporary object, no setting.
    #[track_caller]
    fn assert_clean(&mut self, what: &str) {
        let now = settings(&mut self.client);
        let changed: Vec<_> = now.iter().filter(|pair| !self.settings.contains(pair)).collect();
        assert!(changed.is_empty(), "{what}: {changed:?}");
        let left = "SELECT pg_catalog.concat_ws(', ',
            (SELECT pg_catalog.string_agg(relname, ', ') FROM pg_catalog.pg_class WHERE relnamespace = pg_catalog.pg_my_temp_schema()),
            (SELECT pg_catalog.string_agg(proname, ', ') FROM pg_catalog.pg_proc WHERE pronamespace = pg_catalog.pg_my_temp_schema()),
            (SELECT pg_catalog.string_agg(typname, ', ') FROM pg_catalog.pg_type WHERE typnamespace = pg_catalog.pg_my_temp_schema()))";
        let left: String = self.client.query_one(left, &[]).unwrap().get(0);
        assert_eq!(left, "", "{what}");
        let seen = self.db.query(&format!(
            "SELECT state, xact_start, backend_xid, (SELECT count(*) FROM pg_locks AS l WHERE l.pid = a.pid)
               FROM pg_stat_activity AS a WHERE a.pid = {}",
            self.pid
        ));
        let expected = [Some("idle".to_owned()), None, None, Some("0".to_owned())];
        assert_eq!(seen, [expected], "{what}");
    }

    #[track_caller]
    fn assert_unchanged(&self, what: &str) {
        assert_eq!(self.before.diff(&self.db.snapshot()), Vec::<String>::new(), "{what}");
    }

    /// Waits until the server has noticed that the client is gone.
    fn drop_client(&mut self) {
        let gone = std::mem::replace(&mut self.client, self.db.client());
        drop(gone);
        let there = format!("SELECT FROM pg_stat_activity WHERE pid = {}", self.pid);
        while !self.db.query(&there).is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        *self = Self {
            before: self.before.clone(),
            ..Self::new(&self.db)
        };
    }
}

fn settings(client: &mut Client) -> Vec<(String, String)> {
    let rows = client.query("SELECT name, setting FROM pg_catalog.pg_settings ORDER BY name", &[]);
    let pair = |row: dumpsert_testkit::postgres::Row| (row.get(0), row.get::<_, Option<String>>(1).unwrap_or_default());
    rows.unwrap().into_iter().map(pair).collect()
}

fn target() -> Db {
    let db = Cluster::shared().create_unique("driver");
    db.execute(&format!("{SCHEMA}{TARGET}"));
    db
}

#[test]
fn a_whole_run() {
    for style in STYLES {
        let mut session = Session::new(&target());
        let (all, is_whole) = parts(&dump(), options(style));
        assert!(is_whole);
        for _ in 0..2 {
            session.begin();
            assert_eq!(session.run(&all), None);
            session.client.batch_execute("COMMIT").unwrap();
            session.assert_clean("done");
            let rows = session.db.query("SELECT string_agg(p::text, ' ' ORDER BY id), (SELECT string_agg(c::text, ' ' ORDER BY id) FROM child AS c),
                (SELECT last_value FROM parent_id_seq), (SELECT tgenabled FROM pg_trigger WHERE tgname = 'refuse') FROM parent AS p");
            let expected = [
                "(1,one) (2,two) (3,extra) (4,four)",
                "(10,1,2) (11,2,4) (12,4,)",
                "20",
                "A",
            ];
            assert_eq!(rows, [expected.map(|text| Some(text.to_owned()))]);
        }
    }
}

/// Cut behind each statement, and ended in each way that a program may end it.
#[test]
fn cut_behind_each_statement() {
    for style in STYLES {
        let mut session = Session::new(&target());
        let (all, _) = parts(&dump(), options(style));
        let mut stopped = 0;
        for cut in 0..all.len() {
            let what = |end: &str| format!("{style:?}, cut behind {cut} of {} statements, {end}", all.len());
            for end in ["ROLLBACK", "COMMIT"] {
                session.begin();
                assert_eq!(session.run(&all[..cut]), None, "{}", what(end));
                match session.send(end).as_deref() {
                    None => {}
                    Some("23503") if end == "COMMIT" => stopped += 1,
                    other => panic!("{other:?} {}", what(end)),
                }
                session.assert_clean(&what(end));
                session.assert_unchanged(&what(end));
            }
            session.begin();
            assert_eq!(session.run(&all[..cut]), None);
            session.drop_client();
            session.assert_unchanged(&what("dropped"));
        }
        // Every early COMMIT fails, but for those before there is anything to lose.
        let rows = all
            .iter()
            .position(|statement| statement.starts_with("INSERT INTO \"public\""))
            .unwrap();
        assert!(stopped >= all.len() - rows, "{stopped} of {} were stopped", all.len());
    }
}

/// Runs that fail on their way, each followed by what a program may do then.
#[test]
fn failures() {
    let forbidden = dump().replace("'two'", "'forbidden'");
    let dangling = dump().replace("(11, 2, 4)", "(11, 404, 4)");
    let dangling_later = dump().replace("(11, 2, 4)", "(11, 2, 404)");
    let no_table = format!("{}{}", dump(), inserts("public.nowhere", "id", &["1"]));
    let not_a_number = dump().replace("(11, 2, 4)", "(11, 'x', 4)");
    // Long enough that its beginning has come out when the end is read.
    let long: Vec<String> = (100..220).map(|id| format!("{id}, '{}'", "x".repeat(3000))).collect();
    let long = inserts(
        "public.parent",
        "id, name",
        &long.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let broken = format!("{long}{}", dump().replace("(12, 4, NULL)", "(12, now(), NULL)"));
    for style in STYLES {
        let mut session = Session::new(&target());
        let guarded = options(style).with_guard("public.child=parent_id").unwrap();
        for (dump, options, state) in [
            (&forbidden, options(style), Some("23514")),
            (&dangling, options(style), Some("23503")),
            (&dangling_later, options(style), Some("23503")),
            (&no_table, options(style), Some("42P01")),
            (&not_a_number, options(style), Some("22P02")),
            (&dump(), guarded, Some("23000")),
            // The converter itself refuses the dump when half of it is written.
            (&broken, options(style), None),
        ] {
            let (all, is_whole) = parts(dump, options);
            assert_eq!(is_whole, state.is_some());
            assert!(
                all.iter()
                    .any(|statement| statement.starts_with("INSERT INTO \"public\".\"parent\""))
            );
            for end in ["ROLLBACK", "COMMIT", "go on and COMMIT"] {
                let what = format!("{style:?} {state:?} {end}");
                session.begin();
                assert_eq!(session.run(&all).as_deref(), state, "{what}");
                if end.starts_with("go on") {
                    all.iter().for_each(|statement| drop(session.send(statement)));
                }
                let ended = session.send(end.trim_start_matches("go on and "));
                // After an error COMMIT is a ROLLBACK; where only the dump ended, it is stopped.
                let stopped = state.is_none() && end == "COMMIT";
                assert_eq!(ended.as_deref(), stopped.then_some("23503"), "{what}");
                session.assert_clean(&what);
                session.assert_unchanged(&what);
            }
            session.begin();
            session.run(&all);
            session.drop_client();
            session.assert_unchanged("dropped after an error");
        }
        // The same session can do it right afterwards.
        session.begin();
        assert_eq!(session.run(&parts(&dump(), options(style)).0), None);
        assert_eq!(session.send("COMMIT"), None);
        session.assert_clean("after all");
        assert_eq!(session.db.value("SELECT count(*) FROM child").as_deref(), Some("3"));
    }
}

/// A transaction of the driver's own type, which rolls back when it goes out of scope.
#[test]
fn the_transaction_of_the_driver() {
    let mut session = Session::new(&target());
    let (all, _) = parts(&dump().replace("(11, 2, 4)", "(11, 404, 4)"), options(Style::Rows));
    let mut transaction = session.client.transaction().unwrap();
    assert!(
        all.iter()
            .any(|statement| transaction.batch_execute(statement).is_err())
    );
    drop(transaction);
    session.assert_clean("dropped transaction");
    session.assert_unchanged("dropped transaction");
}

/// A client that forgets the transaction is stopped before the first row.
#[test]
fn without_a_transaction() {
    for style in STYLES {
        let mut session = Session::new(&target());
        let (all, _) = parts(&dump(), options(style));
        assert!(session.run(&all).is_some());
        session.assert_clean("no transaction");
        session.assert_unchanged("no transaction");
    }
}

/// What the command line prints, line by line: the server takes each as one command, as it must be in the protocol of
/// prepared statements.
#[test]
fn the_lines_of_the_command_line() {
    for style in ["--style=rows", "--style=batches"] {
        let mut session = Session::new(&target());
        let lines = piped_script(dump().as_bytes(), &["--client=driver", style, "--quiet"]);
        let mut transaction = session.client.transaction().unwrap();
        for line in String::from_utf8(lines).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            transaction.execute(line["sql"].as_str().unwrap(), &[]).unwrap();
        }
        transaction.commit().unwrap();
        session.assert_clean(style);
        let rows = session
            .db
            .query("SELECT string_agg(c::text, ' ' ORDER BY id) FROM child AS c");
        assert_eq!(rows, [[Some("(10,1,2) (11,2,4) (12,4,)".to_owned())]], "{style}");
    }
}
