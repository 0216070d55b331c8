//! Rows left out by conditions and by foreign keys, against PostgreSQL itself: it deletes the same rows in a copy of the
//! source, and what it keeps is what the script has to bring.
//!
//! `DUMPSERT_CASES` says how many random schemas are tried, and `DUMPSERT_SEED` which come first.

mod schema;

use dumpsert::{Catalog, ErrorKind, Options, Plan, Report, Rewriter, Style, convert};
use dumpsert_testkit::Cluster;
use dumpsert_testkit::postgres::Client;

use crate::support::{DROP_FOREIGN_KEYS, Random, reads_as_well_in_pieces, shuffled};
use schema::Case;

/// Schemas of one database, dumped and restored together.
const TOGETHER: usize = 20;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect(name))
}

#[test]
fn what_is_kept_is_what_a_deletion_in_the_source_leaves() {
    let seed = variable("DUMPSERT_SEED", 1);
    let rounds = variable("DUMPSERT_CASES", 240).div_ceil(TOGETHER as u64);
    let mut counts = Counts::default();
    for round in seed..seed + rounds {
        eprintln!("seed {round}");
        compare(round, &mut counts);
    }
    let compared = counts.schemas;
    // Some schemas ask PostgreSQL for a deletion that it refuses: a default that points to a deleted row.
    let tried = rounds as usize * TOGETHER;
    eprintln!("{compared} of {tried} schemas compared: {counts:?}");
    assert!(compared * 10 > tried * 7);
    // Every way out of the dump is taken often.
    let least = tried as u64;
    assert!(counts.kept > least && counts.by_rule > least && counts.by_cascade > least && counts.changed > least / 4);
}

/// What happened to the rows of all runs.
#[derive(Debug, Default)]
struct Counts {
    schemas: usize,
    kept: u64,
    by_rule: u64,
    by_cascade: u64,
    changed: u64,
    /// Runs for which one reading was enough.
    read_once: u64,
}

impl Counts {
    fn add(&mut self, report: &Report) {
        for table in &report.tables {
            assert_eq!(table.rows_read, table.rows_kept + table.left_out.values().sum::<u64>());
            self.kept += table.rows_kept;
            self.changed += table.references_changed;
            for (reason, rows) in &table.left_out {
                match reason.split_once(": ") {
                    Some(("rule", _)) => self.by_rule += rows,
                    Some(("cascade", _)) => self.by_cascade += rows,
                    _ => panic!("{reason}"),
                }
            }
        }
    }
}

/// How the source is dumped, and whether its catalog has to be given.
const SHAPES: [(&[&str], bool); 6] = [
    (&["-a"], true),
    (&["-a", "--column-inserts"], true),
    (&[], false),
    (&["--column-inserts"], false),
    (&["-a", "--rows-per-insert=7", "--column-inserts"], true),
    (&["-a", "--inserts"], true),
];

fn compare(seed: u64, counts: &mut Counts) {
    let mut random = Random(seed);
    let cluster = Cluster::shared();
    let source = cluster.create_unique("cascade_source");
    let expected = cluster.create_unique("cascade_expected");
    let cases: Vec<Case> = (0..TOGETHER)
        .map(|number| Case::random(&format!("c{number}"), &mut random))
        .collect();
    let mut rules = Vec::new();
    let (mut source_client, mut expected_client) = (source.client(), expected.client());
    for (number, case) in cases.iter().enumerate() {
        if deletes(&mut expected_client, case) {
            let sql = format!("{} {}", case.tables, case.foreign_keys);
            source_client.batch_execute(&sql).unwrap();
            rules.extend(case.rules.iter());
            counts.schemas += 1;
        } else {
            let sql = format!("DROP SCHEMA IF EXISTS c{number} CASCADE");
            expected_client.batch_execute(&sql).unwrap();
        }
    }
    drop((source_client, expected_client));
    let schema = source.pg_dump(&["--schema-only"]);
    let catalog = Catalog::from_schema_sql(std::str::from_utf8(&schema).unwrap()).unwrap();
    let expected_rows = expected.snapshot();
    let with_foreign_keys = cluster.create_unique("cascade_empty");
    with_foreign_keys.psql(&schema).expect_success();
    let without = cluster.copy_of(&with_foreign_keys);
    without.execute(DROP_FOREIGN_KEYS);
    for (number, (args, needs_catalog)) in SHAPES.into_iter().enumerate() {
        // A third of the runs takes each style; hostile orders are for the one that takes any.
        let style = [Style::Rows, Style::Batches, Style::Staged][(seed as usize + number) % 3];
        let mut dump = source.pg_dump(args);
        if args.contains(&"--column-inserts") && args.len() == 2 && style == Style::Staged {
            dump = shuffled(&dump, &mut random);
        }
        let mut options = Options::new().with_style(style);
        for (table, condition) in &rules {
            options = options.with_excluded_rows(&format!("{table}: {condition}")).unwrap();
        }
        if needs_catalog {
            options = options.with_catalog(catalog.clone()).unwrap();
        }
        let plan = options.build().unwrap();
        let mut script = Vec::new();
        let context = format!("seed {seed}, style {style:?}, pg_dump {args:?}");
        let report = convert(&*dump, &mut script, &plan).unwrap_or_else(|error| panic!("{context}: {error}"));
        counts.add(&report);
        let is_staged = style == Style::Staged;
        let target = cluster.copy_of(if is_staged { &with_foreign_keys } else { &without });
        target.psql(&script).expect_success();
        assert_eq!(
            expected_rows.diff_rows(&target.snapshot()),
            Vec::<String>::new(),
            "{context}"
        );
        target.drop();
        reads_as_well_in_pieces(&dump, &plan, &script, &context);
        counts.read_once += u64::from(reads_once_or_refuses(&dump, &plan, &script, &context));
    }
    for db in [source, expected, with_foreign_keys, without] {
        db.drop();
    }
}

/// Whether PostgreSQL deletes the rows of a case, all in one statement, so that each condition sees all rows.
fn deletes(expected: &mut Client, case: &Case) -> bool {
    let sql = format!("{} {}", case.tables, case.yielding);
    expected.batch_execute(&sql).unwrap();
    let parts: Vec<String> = case
        .rules
        .iter()
        .enumerate()
        .map(|(number, (table, condition))| format!("d{number} AS (DELETE FROM {table} WHERE {condition})"))
        .collect();
    if parts.is_empty() {
        return true;
    }
    expected
        .batch_execute(&format!("WITH {} SELECT", parts.join(", ")))
        .is_ok()
}

/// Without a reading before, the result is the same, or there is none.
fn reads_once_or_refuses(dump: &[u8], plan: &Plan, script: &[u8], context: &str) -> bool {
    let mut own = Vec::new();
    let mut rewriter = Rewriter::new(plan);
    match rewriter.write(dump, &mut own).and_then(|()| rewriter.finish(&mut own)) {
        Ok(_) => {
            assert!(own == script, "{context}: another script by one reading");
            true
        }
        // A full dump brings its foreign keys too late.
        Err(error) => {
            let is_order = matches!(error.kind(), ErrorKind::UnsupportedShape | ErrorKind::InvalidOption);
            assert!(is_order, "{context}: {error}");
            false
        }
    }
}
