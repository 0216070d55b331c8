//! A script that does not arrive whole changes nothing, whoever runs it.
//!
//! A run of psql takes 20 to 40 ms, and a script is made of up to 50 kB of fixed text. So the scripts are cut at every byte
//! outside the fixed text, at and around every end of a statement, and at random bytes inside the fixed text; of these at one in two for psql,
//! at one in four for other clients, and at every one at the end. With `DUMPSERT_CUT=all` they are cut at every byte; that
//! takes about half an hour.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

use dumpsert::{Catalog, Options, Style};
use dumpsert_testkit::postgres::Client;
use dumpsert_testkit::{Cluster, Db};

use crate::support::{Random, fixed_texts, script, try_script};

const SEED: u64 = 20_261_123;
/// Random cuts inside of the fixed texts of one script.
const RANDOM_CUTS: usize = 120;

const SCHEMA: &str = "
CREATE TABLE public.parent (id serial PRIMARY KEY, \"name;\" text);
CREATE TABLE public.child (id integer PRIMARY KEY, parent_id integer REFERENCES public.parent, note text);
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the trigger has fired'; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON public.child FOR EACH ROW EXECUTE FUNCTION public.refuse();
ALTER TABLE public.child DISABLE TRIGGER refuse;";

const SOURCE: &str = r#"
INSERT INTO public.parent (id, "name;") VALUES (1, 'it''s; -- one'), (2, E'tw\no');
INSERT INTO public.child VALUES (10, 1, E'\\.'), (11, 2, NULL);
SELECT setval('public.parent_id_seq', 20);"#;

const TARGET: &str = "
INSERT INTO public.parent VALUES (1, 'changed'), (3, 'extra');
INSERT INTO public.child VALUES (10, 3, 'changed');
SELECT setval('public.parent_id_seq', 3);
ALTER TABLE public.child ENABLE ALWAYS TRIGGER refuse;";

/// Everything that a script may change, as one value.
const STATE: &str = r#"
SELECT pg_catalog.json_build_array(
  (SELECT pg_catalog.json_agg(p ORDER BY id) FROM public.parent AS p), (SELECT pg_catalog.json_agg(c ORDER BY id) FROM public.child AS c),
  (SELECT pg_catalog.json_agg(t.tgenabled ORDER BY t.oid) FROM pg_catalog.pg_trigger AS t),
  (SELECT pg_catalog.json_build_array(last_value, is_called) FROM public.parent_id_seq))"#;

/// A script with what is known of it.
struct Subject {
    script: Vec<u8>,
    target: Db,
    before: String,
    after: String,
    /// Behind the statement that lets a COMMIT succeed.
    satisfied: usize,
}

impl Subject {
    fn new(style: Style) -> Self {
        let cluster = Cluster::shared();
        let source = cluster.create_unique("cut_source");
        source.execute(&format!("{SCHEMA}{SOURCE}"));
        let target = cluster.create_unique("cut_target");
        target.execute(&format!("{SCHEMA}{TARGET}"));
        let dump = source.pg_dump(dump_args(style));
        let script = script(&dump, options(style, &source));
        source.drop();
        let before = target.value(STATE).unwrap();
        let done = cluster.copy_of(&target);
        done.psql(&script).expect_success();
        let after = done.value(STATE).unwrap();
        done.drop();
        assert_ne!(before, after);
        let last = b"CALL pg_temp.dumpsert_run('end')";
        let satisfied = find_last(&script, last) + last.len();
        Self {
            script,
            target,
            before,
            after,
            satisfied,
        }
    }

    /// Where to cut: at one in so many of the places, and at all from where a COMMIT could succeed.
    fn cuts(&self, share: usize) -> Vec<usize> {
        if std::env::var("DUMPSERT_CUT").is_ok_and(|value| value == "all") {
            return (0..=self.script.len()).collect();
        }
        let mut cuts: BTreeSet<usize> = (0..=self.script.len()).collect();
        let mut inside = Vec::new();
        for text in fixed_texts() {
            let Some(start) = find(&self.script, text.as_bytes()) else {
                continue;
            };
            inside.extend(start + 1..start + text.len());
            cuts.retain(|cut| *cut <= start || *cut >= start + text.len());
        }
        assert!(inside.len() > 10_000, "the fixed texts are not in the script");
        for end in statement_ends(&self.script) {
            cuts.extend(end.saturating_sub(1)..=(end + 1).min(self.script.len()));
        }
        let mut random = Random(SEED);
        cuts.extend((0..RANDOM_CUTS).map(|_| inside[random.below(inside.len())]));
        let end = self.satisfied.saturating_sub(200);
        cuts.retain(|&cut| cut >= end || random.below(share) == 0);
        eprintln!("{} of {} cuts, seed {SEED}", cuts.len(), self.script.len());
        cuts.into_iter().collect()
    }

    /// Runs `check` for every cut, on two threads with a target each. It returns the state that the target must have.
    fn each_cut(&self, share: usize, check: impl Fn(&Db, usize) -> bool + Sync) {
        let cuts = self.cuts(share);
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut target = Cluster::shared().copy_of(&self.target);
                    let mut client = target.client();
                    while let Some(&cut) = cuts.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let is_done = check(&target, cut);
                        let state: String = state(&mut client);
                        let expected = if is_done { &self.after } else { &self.before };
                        assert_eq!(&state, expected, "cut behind {:?}", self.tail(cut));
                        if is_done {
                            drop(client);
                            target.drop();
                            target = Cluster::shared().copy_of(&self.target);
                            client = target.client();
                        }
                    }
                });
            }
        });
    }

    /// The last bytes before a cut.
    fn tail(&self, cut: usize) -> String {
        String::from_utf8_lossy(&self.script[cut.saturating_sub(60)..cut]).into_owned()
    }
}

fn state(client: &mut Client) -> String {
    client
        .query_one(&format!("SELECT ({STATE})::text"), &[])
        .unwrap()
        .get(0)
}

fn dump_args(style: Style) -> &'static [&'static str] {
    if style == Style::Staged {
        &["--data-only"]
    } else {
        &["--data-only", "--column-inserts"]
    }
}

fn options(style: Style, source: &Db) -> Options {
    let options = Options::new().with_style(style);
    if style == Style::Staged {
        return options;
    }
    let catalog = Catalog::from_schema_sql(source.pg_dump(&["--schema-only"])).unwrap();
    options.with_catalog(catalog).unwrap()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn find_last(text: &[u8], part: &[u8]) -> usize {
    text.windows(part.len()).rposition(|window| window == part).unwrap()
}

/// The places behind each semicolon that ends a statement, as a simple client sees them: literals, quoted names, dollar
/// quotes and comments are stepped over, and nothing is known of COPY.
fn statement_ends(text: &[u8]) -> Vec<usize> {
    const DOLLAR: &[u8] = b"$dumpsert$";
    let mut ends = Vec::new();
    let mut at = 0;
    let skip = |from: usize, end: &[u8]| find(&text[from..], end).map_or(text.len(), |found| from + found + end.len());
    while let Some(&byte) = text.get(at) {
        at = match byte {
            b'\'' => skip(at + 1, b"'"),
            b'"' => skip(at + 1, b"\""),
            b'-' if text[at..].starts_with(b"--") => skip(at, b"\n"),
            b'$' if text[at..].starts_with(DOLLAR) => skip(at + DOLLAR.len(), DOLLAR),
            b';' => {
                ends.push(at + 1);
                at + 1
            }
            _ => at + 1,
        };
    }
    ends
}

/// psql tells with its exit status whether all is done.
fn psql_tells(style: Style) {
    let subject = Subject::new(style);
    let first_line = find(&subject.script, b"\n").unwrap() + 1;
    let committed = find_last(&subject.script, b"COMMIT;") + b"COMMIT".len();
    let closed = find_last(&subject.script, b"\\endif") + b"\\endif".len();
    subject.each_cut(2, |target, cut| {
        let mut command = target.command("psql");
        // Cut inside of \echo or \endif there is a \e, which would open an editor.
        command.arg("-X").env("PSQL_EDITOR", "true");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // psql may stop reading early.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), &subject.script[..cut]);
        let status = child.wait().unwrap().code();
        let expected = if cut <= first_line || cut >= closed { 0 } else { 3 };
        assert_eq!(status, Some(expected), "cut at {cut} behind {:?}", subject.tail(cut));
        cut >= committed
    });
}

#[test]
fn psql_tells_rows() {
    psql_tells(Style::Rows);
}

#[test]
fn psql_tells_staged() {
    psql_tells(Style::Staged);
}

/// What a client other than psql makes of a script: it drops the lines that begin with a backslash.
fn without_commands(script: &[u8]) -> String {
    let text = String::from_utf8_lossy(script);
    text.split_inclusive('\n')
        .filter(|line| !line.starts_with('\\'))
        .collect()
}

/// Sends one statement and forgets about errors. A COPY it opens and gives up.
fn send(client: &mut Client, statement: &str) {
    if statement.trim_start().starts_with("COPY ") {
        let _ = client.copy_in(statement).map(drop);
    } else {
        let _ = client.batch_execute(statement);
    }
}

fn other_client(style: Style, run: impl Fn(&mut Client, &str) + Sync) {
    let subject = Subject::new(style);
    subject.each_cut(4, |target, cut| {
        let mut client = target.client();
        run(&mut client, &without_commands(&subject.script[..cut]));
        let _ = client.batch_execute("COMMIT");
        // A part of the word COMMIT is an error, which undoes all.
        let committed = find_last(&subject.script, b"COMMIT;") + b"COMMIT".len();
        style == Style::Rows
            && cut >= subject.satisfied
            && (cut <= subject.satisfied + b";\n".len() || cut >= committed)
    });
}

fn statements(text: &str) -> Vec<&str> {
    let mut ends = statement_ends(text.as_bytes());
    ends.push(text.len());
    let starts = [0].into_iter().chain(ends.clone());
    starts.zip(ends).map(|(start, end)| &text[start..end]).collect()
}

#[test]
fn statement_by_statement_rows() {
    other_client(Style::Rows, |client, text| {
        statements(text)
            .into_iter()
            .for_each(|statement| send(client, statement));
    });
}

#[test]
fn statement_by_statement_staged() {
    other_client(Style::Staged, |client, text| {
        statements(text)
            .into_iter()
            .for_each(|statement| send(client, statement));
    });
}

#[test]
fn as_one_string_rows() {
    other_client(Style::Rows, send);
}

#[test]
fn as_one_string_staged() {
    other_client(Style::Staged, send);
}

/// A client that rolls back to a savepoint after each error and goes on, such as JDBC with autosave.
#[test]
fn savepoint_around_each_statement() {
    let subject = Subject::new(Style::Rows);
    let text = String::from_utf8_lossy(&subject.script).replace("VALUES (11, 2,", "VALUES (11, 404,");
    let mut client = subject.target.client();
    for statement in statements(&without_commands(text.as_bytes())) {
        if statement.trim_start().starts_with("BEGIN ISOLATION") || statement.trim() == "COMMIT;" {
            let _ = client.batch_execute(statement);
        } else {
            let _ = client.batch_execute("SAVEPOINT autosave");
            if client.batch_execute(statement).is_err() {
                let _ = client.batch_execute("ROLLBACK TO SAVEPOINT autosave");
            }
        }
    }
    assert_eq!(state(&mut subject.target.client()), subject.before);
}

/// psql with what a user's start-up file or command line may bring.
#[test]
fn psql_settings() {
    for style in [Style::Rows, Style::Staged] {
        let subject = Subject::new(style);
        let text = String::from_utf8_lossy(&subject.script);
        let broken = text
            .replace("VALUES (11, 2,", "VALUES (11, 404,")
            .replace("11\t2\t", "11\t404\t");
        assert_ne!(broken, text);
        for options in [&["-v", "ON_ERROR_ROLLBACK=on"][..], &["-1"], &["-v", "AUTOCOMMIT=off"]] {
            let run = subject.target.psql_with(options, broken.as_bytes());
            assert_eq!(run.status, 3, "{options:?} {}", run.stderr);
            assert_eq!(subject.target.value(STATE).unwrap(), subject.before, "{options:?}");
        }
    }
}

/// What is wrong with the dump makes the script fail.
#[test]
fn broken_input() {
    for style in [Style::Rows, Style::Staged] {
        let subject = Subject::new(style);
        let cluster = Cluster::shared();
        let source = cluster.create_unique("broken_source");
        source.execute(&format!("{SCHEMA}{SOURCE}"));
        let dump = String::from_utf8(source.pg_dump(dump_args(style))).unwrap();
        let trailer = dump.find("-- PostgreSQL database dump complete").unwrap();
        let row = dump
            .find(if style == Style::Rows { "11, 2," } else { "11\t2\t" })
            .unwrap();
        let cuts = [dump.len() / 3, row, row + 4, trailer, trailer + 10];
        let mut broken: Vec<Vec<u8>> = cuts.into_iter().map(|cut| dump[..cut].into()).collect();
        let mut replace = |from: &str, to: &[u8]| {
            let at = dump.find(from).unwrap_or_else(|| panic!("no {from:?} in the dump"));
            broken.push([&dump.as_bytes()[..at], to, &dump.as_bytes()[at + from.len()..]].concat());
        };
        if style == Style::Rows {
            replace("(11, 2, NULL)", b"(11, 2)");
            replace("(11, 2, NULL)", b"(11, 2, NULL, NULL)");
            replace("(11, 2, NULL)", b"(11, 2, now())");
            replace("(11, 2, NULL)", b"(11, 2, 'open)");
        } else {
            replace("11\t2\t\\N", b"11\t2");
            replace("11\t2\t\\N", b"11\t2\t\\N\t\\N");
        }
        replace("SET xmloption = content;", b"DELETE FROM public.child;");
        replace("SET xmloption = content;", b"SET xmloption = content; \\! true");
        replace(
            if style == Style::Rows {
                "(11, 2, NULL)"
            } else {
                "11\t2\t\\N"
            },
            b"1\x001",
        );
        for dump in broken {
            let (script, result) = try_script(&dump, options(style, &source));
            let error = result.expect_err(&String::from_utf8_lossy(&dump));
            assert!(error.position().is_some(), "{error}");
            let run = subject.target.psql(&script);
            assert_eq!(run.status, 3, "{error}\n{}", run.stderr);
            assert!(run.stderr.contains("dumpsert stopped"), "{error}\n{}", run.stderr);
            assert_eq!(subject.target.value(STATE).unwrap(), subject.before, "{error}");
        }
        source.drop();
    }
}
