//! A dump over a connection of the caller's own: what psql's way leaves, and nothing else.

use std::io::Write;

use dumpsert::restore::{Connection, Driver, DriverError, Ending, Failure, Outcome, Pieces, Source, Target};
use dumpsert::restore::{restore, restore_over};
use dumpsert::{Error, ErrorKind, Options};
use dumpsert_testkit::postgres::{self, Client, SimpleQueryMessage};
use dumpsert_testkit::{Cluster, Db};

use super::{Pair, assert_same};
use crate::support::inserts;

/// The driver, as a user would write it; it may fail where a test says.
pub(super) struct Over {
    client: Client,
    at_commit: AtCommit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AtCommit {
    Answers,
    /// The answer is lost, and the connection goes on.
    LosesTheAnswer,
    /// The connection is gone, after the server has read what was sent.
    IsGone,
    /// It was not sent.
    SendsNothing,
    /// The server ends the connection instead.
    IsTerminated,
}

fn error(error: &postgres::Error) -> DriverError {
    match error.as_db_error() {
        Some(error) => {
            let said = DriverError::new(error.message()).with_sqlstate(error.code().code());
            error.hint().map_or(said.clone(), |hint| said.with_hint(hint))
        }
        None => DriverError::new(error.to_string()),
    }
}

impl Driver for Over {
    fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.client.batch_execute(sql).map_err(|failed| error(&failed))
    }

    fn query(&mut self, sql: &str) -> Result<String, DriverError> {
        let messages = self.client.simple_query(sql).map_err(|failed| error(&failed))?;
        let text = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        text.map(str::to_owned).ok_or_else(|| DriverError::new("no row"))
    }

    fn copy(&mut self, sql: &str, pieces: &mut Pieces<'_>) -> Result<(), DriverError> {
        let mut writer = self.client.copy_in(sql).map_err(|failed| error(&failed))?;
        while let Some(piece) = pieces()? {
            let Err(failed) = writer.write_all(&piece) else {
                continue;
            };
            let own = failed
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<postgres::Error>());
            return Err(own.map_or_else(|| DriverError::new(failed.to_string()), error));
        }
        writer.finish().map(drop).map_err(|failed| error(&failed))
    }

    fn commit(&mut self) -> Result<(), DriverError> {
        let lost = || Err(DriverError::new("the connection is lost"));
        match self.at_commit {
            AtCommit::Answers => return self.execute("COMMIT"),
            AtCommit::SendsNothing => return lost(),
            AtCommit::IsTerminated => return self.execute("SELECT pg_terminate_backend(pg_backend_pid())"),
            _ => self.execute("COMMIT")?,
        }
        if self.at_commit == AtCommit::IsGone {
            let _ = self.execute("SELECT pg_terminate_backend(pg_backend_pid())");
        }
        lost()
    }
}

impl Over {
    fn new(db: &Db) -> Self {
        let mut client = db.client();
        // PL/pgSQL brings settings of its own when it is first used.
        client.batch_execute("DO $$ BEGIN END $$").unwrap();
        Self {
            client,
            at_commit: AtCommit::Answers,
        }
    }

    fn run(&mut self, dump: &[u8], target: &Target, options: Options) -> Result<Outcome, Failure> {
        let source = Source::Reader(Box::new(std::io::Cursor::new(dump.to_vec())));
        let plan = target.plan(&source, options).unwrap();
        restore_over(source, self, target, &plan)
    }

    /// All of the session that could stay: settings, temporary objects, prepared statements, locks.
    fn session(&mut self) -> Vec<String> {
        let sql = "SELECT name || '=' || setting FROM pg_settings
            UNION ALL SELECT 'class ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
            UNION ALL SELECT 'routine ' || proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
            UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = pg_my_temp_schema()
            UNION ALL SELECT 'prepared ' || statement FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared_statements%'
            UNION ALL SELECT 'lock ' || locktype FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory' ORDER BY 1";
        let messages = self.client.simple_query(sql).unwrap();
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        rows.collect()
    }
}

#[track_caller]
fn assert_as_before(before: &[String], after: &[String]) {
    let new: Vec<_> = after.iter().filter(|one| !before.contains(one)).collect();
    let gone: Vec<_> = before.iter().filter(|one| !after.contains(one)).collect();
    assert_eq!((new, gone), (Vec::new(), Vec::new()));
}

/// What a session of a pool may have set.
const SESSION: &str = "
SET statement_timeout = '7min'; SET lock_timeout = '4s'; SET idle_in_transaction_session_timeout = '9min';
SET xmloption = document; SET client_min_messages = error; SET search_path = public, pg_catalog;
SET row_security = on; SET default_transaction_isolation = 'repeatable read'; SET standard_conforming_strings = off;";

/// Merges it over a driver into one copy of the target and by psql into another one, which must then be the same; returns the
/// first, and what was done.
#[track_caller]
fn same_as_psql(target: &Db, dump: &[u8], options: &Options) -> (Db, Outcome) {
    let cluster = Cluster::shared();
    let (over, by_psql) = (cluster.copy_of(target), cluster.copy_of(target));
    let driven = Target::of_driver().with_bin_dir(target.programs());
    let mut driver = Over::new(&over);
    driver.client.batch_execute(SESSION).unwrap();
    let before = driver.session();
    let done = driver.run(dump, &driven, options.clone()).unwrap();
    assert_eq!(done.ending, Ending::Committed);
    assert_as_before(&before, &driver.session());
    let source = Source::Reader(Box::new(std::io::Cursor::new(dump.to_vec())));
    let psql = psql_target(&by_psql);
    let plan = psql.plan(&source, options.clone()).unwrap();
    let wanted = restore(source, &psql, &plan).unwrap();
    assert_same(&over, &by_psql);
    assert_eq!(over.pg_dump(&["-a"]).len(), by_psql.pg_dump(&["-a"]).len());
    assert_eq!(done.totals(), wanted.totals());
    let said = |outcome: &Outcome| (outcome.tables.clone(), outcome.sequences.clone(), outcome.notes.clone());
    assert_eq!(said(&done), said(&wanted));
    // What pg_restore writes has secrets of its own.
    if !dump.starts_with(b"PGDMP") {
        assert_eq!(done.input_sha256, wanted.input_sha256);
    }
    // And once more, which writes nothing.
    let versions = over.row_versions();
    let again = driver.run(dump, &driven, options.clone()).unwrap();
    let [inserted, updated, ..] = again.totals();
    assert_eq!((inserted, updated), (0, 0));
    assert_eq!(over.row_versions(), versions);
    by_psql.drop();
    (over, done)
}

fn psql_target(db: &Db) -> Target {
    let cluster = Cluster::shared();
    let host = cluster.socket_dir().display();
    let url = format!("host={host} port={} user=postgres dbname={}", cluster.port(), db.name());
    Target::new(Connection::parse(&url).unwrap()).with_bin_dir(db.programs())
}

/// It fails, nothing was changed, and the connection can be used as before.
#[track_caller]
fn refused(db: &Db, dump: &[u8], target: &Target, options: Options, kind: ErrorKind) -> Failure {
    let mut driver = Over::new(db);
    let (before, session) = (db.snapshot(), driver.session());
    let failure = driver.run(dump, target, options).unwrap_err();
    assert_eq!(failure.error.kind(), kind, "{failure}");
    assert_eq!(before.diff(&db.snapshot()), Vec::<String>::new());
    assert_as_before(&session, &driver.session());
    failure
}

#[test]
fn every_shape_of_a_dump_as_psql_would() {
    let pair = Pair::new();
    for arguments in [
        &["--data-only"][..],
        &["--inserts", "--rows-per-insert=7"],
        &["--data-only", "--column-inserts"],
        &[],
        &["-Z1"],
        &["-Fc"],
    ] {
        let (db, done) = same_as_psql(&pair.target, &pair.source.pg_dump(arguments), &Options::new());
        assert!(done.transaction_id.is_some() && done.target.is_some());
        db.drop();
    }
}

#[test]
fn the_demo_into_empty_tables() {
    for name in ["demo", "torture"] {
        let source = Cluster::shared().source(name);
        let empty = Cluster::shared().create_unique("over_empty");
        empty.psql(&source.pg_dump(&["--schema-only"])).expect_success();
        let (db, _) = same_as_psql(&empty, &source.pg_dump(&[]), &Options::new());
        // The records of migration tools are the target's own.
        let rows = |db: &Db| db.snapshot_by_root().without("public._prisma_migrations");
        assert_eq!(rows(&source).diff_rows(&rows(&db)), Vec::<String>::new());
        source.drop();
    }
}

#[test]
fn rows_that_are_left_out_with_what_references_them() {
    let pair = Pair::new();
    let options = Options::new()
        .with_excluded_rows("public.parent: id <= 250")
        .unwrap()
        .with_excluded_table("public.sessions")
        .unwrap()
        .with_cascade(dumpsert::Cascade::Delete);
    // Of a full dump, which tells its foreign keys behind the rows.
    let (_, done) = same_as_psql(&pair.target, &pair.source.pg_dump(&[]), &options);
    assert!(done.totals()[3] >= 500, "{:?}", done.totals());
}

const ODD: &str = r#"CREATE TABLE public."grö""ße'\x" ("straße\" text PRIMARY KEY, "co""l'" text);"#;

#[test]
fn names_and_dumps_in_other_encodings() {
    let cluster = Cluster::shared();
    let source = cluster.create_unique("over_odd");
    source.execute(ODD);
    source.execute(r#"INSERT INTO public."grö""ße'\x" VALUES ('ä\', 'ß'), (E'\\.', '\N'), ('x', NULL);"#);
    let target = cluster.create_unique("over_odd_target");
    target.execute(ODD);
    for encoding in ["UTF8", "LATIN1", "LATIN9", "WIN1252", "SQL_ASCII"] {
        for shape in [
            &["-E", encoding][..],
            &["-E", encoding, "--inserts", "-a", "--column-inserts"],
        ] {
            let (db, _) = same_as_psql(&target, &source.pg_dump(shape), &Options::new());
            assert_eq!(
                source.snapshot().diff(&db.snapshot()),
                Vec::<String>::new(),
                "{shape:?}"
            );
        }
    }
    // Names that are not ASCII, in an encoding that is not read here, are refused, and rows are not.
    let failure = refused(
        &target,
        &[
            b"SET client_encoding = 'EUC_JP';\n",
            inserts("public.\"\u{3a6}\"", "id", &["1"]).as_bytes(),
        ]
        .concat(),
        &Target::of_driver(),
        Options::new(),
        ErrorKind::Encoding,
    );
    assert!(failure.to_string().contains("EUC_JP"), "{failure}");
    source.execute("CREATE TABLE public.t (id integer PRIMARY KEY, v text); INSERT INTO public.t VALUES (1, '日本');");
    target.execute("CREATE TABLE public.t (id integer PRIMARY KEY, v text);");
    let dump = source.pg_dump(&["-E", "EUC_JP", "-t", "public.t"]);
    let (db, _) = same_as_psql(&target, &dump, &Options::new());
    assert_eq!(db.value("SELECT v FROM public.t").as_deref(), Some("日本"));
}

#[test]
fn long_rows() {
    let target = Cluster::shared().create_unique("over_long");
    target.execute("CREATE TABLE public.t (id integer PRIMARY KEY, v text, w text);");
    let long = "it''s ü\\".repeat(300_000);
    let copied = long.replace("''", "'").replace('\\', "\\\\");
    let inserted = inserts(
        "public.t",
        "id, v, w",
        &[&format!("1, '{long}', 'w'"), "2, 'short', NULL"],
    );
    let copy = format!("COPY public.t (id, v, w) FROM stdin;\n1\t{copied}\tw\n2\tshort\t\\N\n\\.\n");
    for dump in [inserted, copy] {
        let (db, _) = same_as_psql(&target, dump.as_bytes(), &Options::new());
        let length = db.value("SELECT length(v) FROM public.t WHERE id = 1");
        assert_eq!(length.as_deref(), Some("2100000"));
        // The same row, refused behind its start.
        let cut = &dump.as_bytes()[..dump.len() - 900_000];
        let failure = refused(&db, cut, &Target::of_driver(), Options::new(), ErrorKind::Truncated);
        assert!(failure.error.position().is_some(), "{failure}");
    }
}

#[test]
fn what_is_refused_has_changed_nothing() {
    let pair = Pair::new();
    let dump = pair.source.pg_dump(&["--data-only"]);
    let over = Target::of_driver();
    // A dump that is cut, in the midst of a COPY and between two.
    for part in [0.2, 0.5, 0.9] {
        let cut = &dump[..(dump.len() as f64 * part) as usize];
        let failure = refused(&pair.target, cut, &over, Options::new(), ErrorKind::Truncated);
        assert_eq!(failure.outcome.ending, Ending::RolledBack);
    }
    let bad = [dump.as_slice(), b"DELETE FROM public.parent;\n"].concat();
    refused(
        &pair.target,
        &bad,
        &over,
        Options::new(),
        ErrorKind::StatementNotAllowed,
    );
    // The caller's own reasons.
    let no = over.clone().with_before_commit(|outcome| {
        assert_eq!(outcome.totals()[..2], [3932, 71]);
        Err(Error::refused("too many"))
    });
    let failure = refused(&pair.target, &dump, &no, Options::new(), ErrorKind::Refused);
    assert_eq!(failure.error.message(), "too many");
    let no = over
        .clone()
        .with_confirm(|_, database| Err(Error::refused(database.database.clone())));
    let failure = refused(&pair.target, &dump, &no, Options::new(), ErrorKind::Refused);
    assert_eq!(failure.error.message(), pair.target.name());
    // Those of the target, when rows are copied and when they are merged.
    let value = dump.replace_first(b"2000\tname 2000\t", b"x000\tname 2000\t");
    let failure = refused(&pair.target, &value, &over, Options::new(), ErrorKind::Database);
    assert!(
        failure
            .to_string()
            .contains("the target says: ERROR:  invalid input syntax for type integer"),
        "{failure}"
    );
    pair.target
        .execute("ALTER TABLE public.parent ADD CONSTRAINT c CHECK (name <> 'name 700') NOT VALID");
    let failure = refused(&pair.target, &dump, &over, Options::new(), ErrorKind::Database);
    let said = failure.to_string();
    assert!(
        said.contains("dumpsert: new row for relation") && said.contains("HINT:"),
        "{said}"
    );
    assert!(!said.contains("Failing row"), "{said}");
    assert_eq!(failure.outcome.ending, Ending::RolledBack);
}

/// Changes the first place where some bytes are.
trait ReplaceFirst {
    fn replace_first(&self, from: &[u8], to: &[u8]) -> Vec<u8>;
}

impl ReplaceFirst for Vec<u8> {
    fn replace_first(&self, from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = self.windows(from.len()).position(|window| window == from).unwrap();
        [&self[..at], to, &self[at + from.len()..]].concat()
    }
}

#[test]
fn a_dry_run_and_a_run_that_is_ended() {
    let pair = Pair::new();
    let dump = pair.source.pg_dump(&["--data-only"]);
    let mut driver = Over::new(&pair.target);
    let (before, session) = (pair.target.snapshot(), driver.session());
    let dry = Target::of_driver().with_dry_run(true);
    let done = driver.run(&dump, &dry, Options::new()).unwrap();
    assert_eq!((done.ending, done.totals()[0]), (Ending::RolledBack, 3932));
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
    assert_as_before(&session, &driver.session());
    for at in ["Checking", "Reading", "Merging", "Committing"] {
        let cancel = dumpsert::restore::Cancel::new();
        let handle = cancel.clone();
        let target = Target::of_driver().with_cancel(&cancel).with_progress(move |step| {
            if format!("{step:?}").starts_with(at) {
                handle.cancel();
            }
        });
        let failure = refused(&pair.target, &dump, &target, Options::new(), ErrorKind::Cancelled);
        assert_ne!(failure.outcome.ending, Ending::Unknown, "{at}");
    }
}

#[test]
fn a_connection_has_to_be_idle_and_alone() {
    let pair = Pair::new();
    let dump = pair.source.pg_dump(&["--data-only"]);
    let before = pair.target.snapshot();
    // A transaction of the caller's goes on.
    let mut driver = Over::new(&pair.target);
    driver
        .client
        .batch_execute("BEGIN; CREATE TEMPORARY TABLE own ()")
        .unwrap();
    let failure = driver.run(&dump, &Target::of_driver(), Options::new()).unwrap_err();
    assert!(failure.to_string().contains("is in a transaction"), "{failure}");
    assert_eq!(failure.outcome.ending, Ending::NotBegun);
    driver
        .client
        .batch_execute("SELECT FROM own; COMMIT; DROP TABLE own")
        .unwrap();
    // Two runs, one of which is psql's or over a driver.
    let mut other = pair.target.client();
    let holder = "BEGIN; SELECT pg_advisory_xact_lock(1685417328, 1936028276)";
    other.batch_execute(holder).unwrap();
    let failure = driver.run(&dump, &Target::of_driver(), Options::new()).unwrap_err();
    assert!(failure.to_string().contains("another run of dumpsert"), "{failure}");
    other
        .batch_execute("ROLLBACK; SET default_transaction_read_only = on")
        .unwrap();
    let mut standby = Over {
        client: other,
        at_commit: AtCommit::Answers,
    };
    let failure = standby.run(&dump, &Target::of_driver(), Options::new()).unwrap_err();
    assert!(
        failure.to_string().contains("its transactions are read-only"),
        "{failure}"
    );
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());

    // What does not fit together.
    let over = Target::of_driver();
    let source = || Source::Reader(Box::new(std::io::empty()));
    let plan = over.plan(&source(), Options::new()).unwrap();
    let by_psql = psql_target(&pair.target);
    let psql_plan = by_psql.plan(&source(), Options::new()).unwrap();
    let database = Source::Database(Connection::parse("dbname=x").unwrap());
    for failure in [
        restore(source(), &over, &psql_plan).unwrap_err(),
        restore(source(), &by_psql, &plan).unwrap_err(),
        restore_over(source(), &mut driver, &by_psql, &plan).unwrap_err(),
        restore_over(source(), &mut driver, &over, &psql_plan).unwrap_err(),
        restore_over(database, &mut driver, &over, &plan).unwrap_err(),
    ] {
        assert_eq!(failure.error.kind(), ErrorKind::InvalidOption, "{failure}");
        assert_eq!(failure.outcome.ending, Ending::NotBegun);
    }
    let nowhere = std::env::temp_dir().join("dumpsert-no-such-folder");
    let failure = driver
        .run(
            &pair.source.pg_dump(&["-Fc"]),
            &over.with_bin_dir(nowhere),
            Options::new(),
        )
        .unwrap_err();
    assert_eq!(failure.error.kind(), ErrorKind::Program, "{failure}");
}

#[test]
fn a_commit_without_an_answer() {
    let pair = Pair::new();
    let dump = pair.source.pg_dump(&["--data-only"]);
    let target = pair.target;
    for (at_commit, expected) in [
        (AtCommit::SendsNothing, Ending::RolledBack),
        (AtCommit::IsTerminated, Ending::Unknown),
        (AtCommit::LosesTheAnswer, Ending::Committed),
        (AtCommit::IsGone, Ending::Unknown),
    ] {
        let db = Cluster::shared().copy_of(&target);
        let before = db.snapshot();
        let mut driver = Over {
            at_commit,
            ..Over::new(&db)
        };
        let (outcome, said) = match driver.run(&dump, &Target::of_driver(), Options::new()) {
            Ok(outcome) => (outcome, String::new()),
            Err(failure) => (*failure.outcome.clone(), failure.to_string()),
        };
        assert_eq!(outcome.ending, expected, "{said}");
        let number = outcome.transaction_id.unwrap();
        let status = db.value(&format!("SELECT pg_xact_status('{number}')"));
        let has_committed = matches!(at_commit, AtCommit::LosesTheAnswer | AtCommit::IsGone);
        assert_eq!(
            status.as_deref(),
            Some(if has_committed { "committed" } else { "aborted" })
        );
        assert_eq!(before.diff(&db.snapshot()).is_empty(), !has_committed);
        if expected == Ending::Unknown {
            assert!(
                said.contains(&number) && said.contains("it is safe to run it again"),
                "{said}"
            );
        }
        // Nothing is left for anybody to commit.
        if at_commit == AtCommit::SendsNothing {
            driver.client.batch_execute("COMMIT").unwrap();
            assert_eq!(before.diff(&db.snapshot()), Vec::<String>::new());
        }
    }
}

/// A driver that takes only some of the data.
struct Lazy(Over);

impl Driver for Lazy {
    fn execute(&mut self, sql: &str) -> Result<(), DriverError> {
        self.0.execute(sql)
    }

    fn query(&mut self, sql: &str) -> Result<String, DriverError> {
        self.0.query(sql)
    }

    fn copy(&mut self, sql: &str, pieces: &mut Pieces<'_>) -> Result<(), DriverError> {
        let mut first = pieces()?;
        self.0.copy(sql, &mut || Ok(first.take()))
    }
}

#[test]
fn a_driver_that_leaves_data_out_is_noticed() {
    let pair = Pair::new();
    let before = pair.target.snapshot();
    let source = Source::Reader(Box::new(std::io::Cursor::new(pair.source.pg_dump(&["--data-only"]))));
    let target = Target::of_driver();
    let plan = target.plan(&source, Options::new()).unwrap();
    let failure = restore_over(source, &mut Lazy(Over::new(&pair.target)), &target, &plan).unwrap_err();
    assert!(failure.to_string().contains("not copied all"), "{failure}");
    assert_eq!(before.diff(&pair.target.snapshot()), Vec::<String>::new());
}
