//! How long an application waits for a merge: two million rows arrive slowly while it reads, writes, locks rows, checks foreign
//! keys and alters a table, with autovacuum on; then small merges come one after the other.
//! `locks NAME=PROGRAM … [--rows N] [--arriving SECONDS] [--small SECONDS] [--without CLIENT]` runs each program's scripts on a copy of one target, and
//! prints a Markdown table. For the record: `cargo run --release -p dumpsert-benches --bin locks -- before=… after=…`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a tool for benchmarks"
)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dumpsert_testkit::postgres::Client;
use dumpsert_testkit::{Cluster, Db};

/// An account has three orders, and an order three items or so; `app_settings` is equal, `visits` is only the application's.
const SCHEMA: &str = "
CREATE TABLE app_settings (id integer PRIMARY KEY, v text);
CREATE TABLE accounts (id integer PRIMARY KEY, name text NOT NULL UNIQUE, balance bigint NOT NULL, touched integer NOT NULL DEFAULT 0);
CREATE TABLE orders (id integer PRIMARY KEY, account_id integer NOT NULL REFERENCES accounts, total bigint NOT NULL, note text);
CREATE TABLE items (id integer PRIMARY KEY, order_id integer NOT NULL REFERENCES orders, sku text NOT NULL, amount integer NOT NULL);
CREATE TABLE visits (id bigserial PRIMARY KEY, account_id integer NOT NULL REFERENCES accounts);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.touched := OLD.touched + 1; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION touch();
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER pass BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION pass();
";

fn rows(count: u64) -> String {
    let (accounts, orders) = (count / 10, count * 3 / 10);
    let items = count - accounts - orders;
    format!(
        "INSERT INTO app_settings SELECT n, 'setting ' || n FROM generate_series(1, 100) AS n;
         INSERT INTO accounts SELECT n, 'account ' || n, n FROM generate_series(1, {accounts}) AS n;
         INSERT INTO orders SELECT n, 1 + (n * 7919::bigint) % {accounts}, n, 'order ' || n FROM generate_series(1, {orders}) AS n;
         INSERT INTO items SELECT n, 1 + n % {orders}, 'sku ' || n % 1000, n % 10 FROM generate_series(1, {items}) AS n;"
    )
}

/// One row in a hundred has changed since, and one in a hundred is not here.
const DIVERGE: &str = "
UPDATE accounts SET balance = balance + 1 WHERE id % 100 = 7;
UPDATE orders SET note = 'changed' WHERE id % 100 = 7;
DELETE FROM items WHERE id % 100 = 3;
UPDATE items SET amount = amount + 1 WHERE id % 100 = 7;
";

/// What one kind of client does, again and again: statements of one transaction, with `$r` for a random number.
struct Kind {
    name: &'static str,
    statements: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        name: "plain SELECT",
        statements: &["SELECT balance FROM accounts WHERE id = 1 + $r % $accounts"],
    },
    Kind {
        name: "UPDATE of one row, with a trigger",
        statements: &["UPDATE accounts SET balance = balance + 1 WHERE id = 1 + $r % $accounts"],
    },
    Kind {
        name: "INSERT that refers to a merged table",
        statements: &["INSERT INTO visits (account_id) VALUES (1 + $r % $accounts)"],
    },
    Kind {
        name: "SELECT … FOR UPDATE, then UPDATE",
        statements: &[
            "BEGIN",
            "SELECT balance FROM accounts WHERE id = 1 + $r % $accounts FOR UPDATE",
            "UPDATE accounts SET balance = balance - 1 WHERE id = 1 + $r % $accounts",
            "COMMIT",
        ],
    },
    Kind {
        name: "UPDATE of two tables, children first",
        statements: &[
            "BEGIN",
            "UPDATE orders SET total = total + 1 WHERE id = 1 + $r % $accounts",
            "UPDATE accounts SET balance = balance + 1 WHERE id = 1 + $r % $accounts",
            "COMMIT",
        ],
    },
    Kind {
        name: "UPDATE of two tables, parents first",
        statements: &[
            "BEGIN",
            "UPDATE accounts SET balance = balance + 1 WHERE id = 1 + $r % $accounts",
            "UPDATE orders SET total = total + 1 WHERE id = 1 + $r % $accounts",
            "COMMIT",
        ],
    },
    Kind {
        name: "plain SELECT of a table that is altered",
        statements: &["SELECT v FROM app_settings WHERE id = 1 + $r % 100"],
    },
];

/// Between two transactions of a client: load, but a machine that is not full.
const PAUSE: Duration = Duration::from_millis(4);

/// How often the slow merge is tried.
const ATTEMPTS: usize = 4;

/// What a client met.
#[derive(Default)]
struct Met {
    transactions: u64,
    longest: Duration,
    errors: BTreeMap<String, u64>,
}

impl Met {
    fn add(&mut self, other: Self) {
        self.transactions += other.transactions;
        self.longest = self.longest.max(other.longest);
        for (state, count) in other.errors {
            *self.errors.entry(state).or_default() += count;
        }
    }
}

/// What one program's run gave: rows of the table, in their order.
type Lines = Vec<(String, String)>;

struct Settings {
    rows: u64,
    arriving: f64,
    small: f64,
    programs: Vec<(String, String)>,
    kinds: Vec<&'static Kind>,
}

fn main() {
    let settings = settings();
    let options = [
        ("autovacuum", "on"),
        ("autovacuum_naptime", "1s"),
        ("max_wal_size", "8GB"),
        ("shared_buffers", "512MB"),
    ];
    let cluster = Cluster::start_with(&options);
    let source = cluster.create("source");
    source.execute(&format!("{SCHEMA}{}", rows(settings.rows)));
    let dump = source.pg_dump(&["--data-only"]);
    source.execute(DIVERGE);
    // What is merged again and again: rows that the application writes all the time.
    let accounts = settings.rows / 10;
    let mut small = String::from("COPY public.accounts (id, name, balance, touched) FROM stdin;\n");
    for id in 1..=accounts.min(1000) {
        small += &format!("{id}\taccount {id}\t{id}\t0\n");
    }
    small += "\\.\n";
    let runs: Vec<Lines> = settings
        .programs
        .iter()
        .map(|(name, program)| {
            eprintln!("{name}");
            let target = cluster.create_from(source.name(), &cluster.unique_name("target"));
            let lines = run(&target, program, &dump, &small, &settings);
            target.drop();
            lines
        })
        .collect();
    print(&settings, dump.len(), &runs);
}

fn settings() -> Settings {
    let mut settings = Settings {
        rows: 2_000_000,
        arriving: 40.0,
        small: 15.0,
        programs: Vec::new(),
        kinds: KINDS.iter().collect(),
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--rows" => settings.rows = value().parse().expect("a number"),
            "--arriving" => settings.arriving = value().parse().expect("seconds"),
            "--without" => {
                let part = value();
                settings.kinds.retain(|kind| !kind.name.contains(&part));
            }
            "--small" => settings.small = value().parse().expect("seconds"),
            program => {
                let (name, path) = program.split_once('=').expect("NAME=PROGRAM");
                settings.programs.push((name.to_owned(), path.to_owned()));
            }
        }
    }
    assert!(!settings.programs.is_empty(), "usage: locks NAME=PROGRAM …");
    settings
}

fn run(target: &Db, program: &str, dump: &[u8], small: &str, settings: &Settings) -> Lines {
    let mut lines = Lines::new();
    let vacuums = "SELECT sum(autovacuum_count + autoanalyze_count) FROM pg_stat_user_tables";
    // Large; what a failed attempt did to the application counts as well.
    let mut failed = 0;
    let mut met: Vec<Met> = settings.kinds.iter().map(|_| Met::default()).collect();
    let mut altered = Duration::ZERO;
    let took = loop {
        let mut good = false;
        let start = Instant::now();
        let (more, alter) = under_load(target, settings, || {
            good = merge(target, program, dump, Duration::from_secs_f64(settings.arriving));
        });
        for (met, more) in met.iter_mut().zip(more) {
            met.add(more);
        }
        altered = altered.max(alter.unwrap_or_default());
        if good {
            break format!("{:.1}", start.elapsed().as_secs_f64());
        }
        failed += 1;
        if failed == ATTEMPTS {
            break "none was good".to_owned();
        }
    };
    lines.push(("the merge, arriving slowly, s".to_owned(), took));
    lines.push(("merges that failed before".to_owned(), failed.to_string()));
    for (kind, met) in settings.kinds.iter().zip(&met) {
        lines.push((format!("{}: longest, ms", kind.name), longest(met)));
    }
    lines.push(("ALTER TABLE, ms".to_owned(), altered.as_millis().to_string()));
    lines.push(totals("transactions while it arrived", &met));
    lines.push((
        "runs of autovacuum".to_owned(),
        target.value(vacuums).unwrap_or_default(),
    ));
    // Small, again and again.
    let (mut good, mut bad) = (0, 0);
    let (met, _) = under_load(target, settings, || {
        let start = Instant::now();
        while start.elapsed().as_secs_f64() < settings.small {
            if merge(target, program, small.as_bytes(), Duration::ZERO) {
                good += 1;
            } else {
                bad += 1;
            }
        }
    });
    lines.push(("small merges: good, failed".to_owned(), format!("{good}, {bad}")));
    for (kind, met) in settings.kinds.iter().zip(&met) {
        lines.push((format!("meanwhile, {}: longest, ms", kind.name), longest(met)));
    }
    lines.push(totals("transactions meanwhile", &met));
    lines
}

fn longest(met: &Met) -> String {
    let mut text = met.longest.as_millis().to_string();
    for (state, count) in &met.errors {
        text += &format!(", {count} × {state}");
    }
    text
}

fn totals(what: &str, met: &[Met]) -> (String, String) {
    let transactions: u64 = met.iter().map(|met| met.transactions).sum();
    (what.to_owned(), transactions.to_string())
}

/// Does something while all kinds of clients are at work, and tells what they met. A quarter into the arrival, a table is altered.
fn under_load(target: &Db, settings: &Settings, work: impl FnOnce()) -> (Vec<Met>, Option<Duration>) {
    let stop = AtomicBool::new(false);
    let accounts = settings.rows / 10;
    std::thread::scope(|scope| {
        let clients: Vec<_> = settings
            .kinds
            .iter()
            .map(|kind| scope.spawn(|| act(target.client(), kind, accounts, &stop)))
            .collect();
        let alter = scope.spawn(|| {
            let wait = Duration::from_secs_f64(settings.arriving / 4.0);
            let start = Instant::now();
            while start.elapsed() < wait {
                if stop.load(Ordering::Relaxed) {
                    return None;
                }
                std::thread::sleep(PAUSE);
            }
            let start = Instant::now();
            let statement = "ALTER TABLE app_settings ALTER COLUMN v SET DEFAULT 'none'";
            target.client().batch_execute(statement).ok().map(|()| start.elapsed())
        });
        work();
        stop.store(true, Ordering::Relaxed);
        let met = clients.into_iter().map(|client| client.join().unwrap()).collect();
        (met, alter.join().unwrap())
    })
}

fn act(mut client: Client, kind: &Kind, accounts: u64, stop: &AtomicBool) -> Met {
    let mut met = Met::default();
    let mut number = kind.name.len() as u64;
    while !stop.load(Ordering::Relaxed) {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = (number >> 40).to_string();
        let start = Instant::now();
        let failed = kind.statements.iter().find_map(|statement| {
            let statement = statement
                .replace("$r", &random)
                .replace("$accounts", &accounts.to_string());
            client.batch_execute(&statement).err()
        });
        met.longest = met.longest.max(start.elapsed());
        match failed {
            None => met.transactions += 1,
            Some(error) => {
                let state = error.code().map_or("no server", |code| code.code()).to_owned();
                *met.errors.entry(state).or_default() += 1;
                client.batch_execute("ROLLBACK").unwrap();
            }
        }
        std::thread::sleep(PAUSE);
    }
    met
}

/// Converts a dump that takes so long to arrive, while psql runs the script; whether it went well.
fn merge(target: &Db, program: &str, dump: &[u8], arriving: Duration) -> bool {
    let mut converter = Command::new(program)
        .args(["convert", "--style", "staged", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The command is dropped here: it holds the pipe's other end, and the converter would not notice that psql has ended.
    let mut psql = target
        .command("psql")
        .args(["-X", "-q"])
        .stdin(converter.stdout.take().unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = converter.stdin.take().unwrap();
    let start = Instant::now();
    let piece = (dump.len() / 1000).max(64 * 1024);
    for (number, chunk) in dump.chunks(piece).enumerate() {
        let due = arriving.mul_f64((number * piece) as f64 / dump.len() as f64);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
        if to.write_all(chunk).is_err() {
            break;
        }
    }
    drop(to);
    let mut errors = String::new();
    psql.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    let good = psql.wait().unwrap().success();
    converter.wait().unwrap();
    if !good {
        eprintln!("{errors}");
    }
    good
}

fn print(settings: &Settings, bytes: usize, runs: &[Lines]) {
    let names: Vec<_> = settings.programs.iter().map(|(name, _)| name.as_str()).collect();
    println!(
        "{} rows, {:.0} MB, arriving in {} s; then merges of 1,000 rows for {} s. One client of each kind, {} ms between its transactions.\n",
        settings.rows,
        bytes as f64 / 1e6,
        settings.arriving,
        settings.small,
        PAUSE.as_millis()
    );
    println!("| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    for (number, (what, _)) in runs[0].iter().enumerate() {
        let values: Vec<_> = runs.iter().map(|lines| lines[number].1.as_str()).collect();
        println!("| {what} | {} |", values.join(" | "));
    }
}
