//! Every shape of dump, every style, every update policy: what comes in is on the target afterwards.
//!
//! `make test` takes pairs, so that each shape meets each style, policy and source; `make product` (with
//! `DUMPSERT_PRODUCT=all`) the whole product.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use dumpsert::{Catalog, Options, Style};
use dumpsert_testkit::{Cluster, Db};

use crate::exceptions::{assert_listed, assert_listed_positional, assert_merged};
use crate::promises::{Make, Policy, Setup};
use crate::sources::Source;
use crate::support::{psql, try_script};

/// A shape of dump.
#[derive(Debug, Clone, Copy)]
struct Shape {
    make: Make,
    dump: &'static [&'static str],
    /// Whether its tables come by schema and name, not parents first as of `pg_dump --data-only`.
    by_name: bool,
}

const fn shape(make: Make, dump: &'static [&'static str]) -> Shape {
    Shape {
        make,
        dump,
        by_name: false,
    }
}

const fn by_name(make: Make, dump: &'static [&'static str]) -> Shape {
    Shape {
        make,
        dump,
        by_name: true,
    }
}

const SHAPES: [Shape; 27] = [
    shape(Make::Dump, &["--data-only", "--column-inserts"]),
    shape(Make::Dump, &["--data-only"]),
    shape(Make::Dump, &["--data-only", "--inserts"]),
    shape(Make::Dump, &["--data-only", "--column-inserts", "--rows-per-insert=7"]),
    shape(Make::Dump, &["--data-only", "--inserts", "--rows-per-insert=7"]),
    shape(
        Make::Dump,
        &["--data-only", "--column-inserts", "--on-conflict-do-nothing"],
    ),
    shape(Make::Dump, &["--data-only", "--quote-all-identifiers"]),
    shape(Make::Dump, &["--data-only", "--disable-triggers"]),
    shape(Make::Dump, &["--data-only", "--load-via-partition-root"]),
    shape(
        Make::Dump,
        &["--data-only", "--load-via-partition-root", "--column-inserts"],
    ),
    shape(Make::Dump, &["--data-only", "--create"]),
    shape(Make::Dump, &["--data-only", "--use-set-session-authorization"]),
    shape(Make::Dump, &["--data-only", "--verbose"]),
    shape(Make::Dump, &["--data-only", "--compress=5"]),
    shape(Make::Zstd, &["--data-only", "--column-inserts"]),
    shape(Make::ScsOff, &["--data-only", "--column-inserts"]),
    shape(Make::All, &["--data-only"]),
    by_name(Make::ScsOff, &[]),
    by_name(Make::Dump, &["--section=data"]),
    by_name(Make::Dump, &[]),
    by_name(Make::Dump, &["--column-inserts"]),
    by_name(Make::Dump, &["--inserts", "--rows-per-insert=3"]),
    by_name(Make::Dump, &["--create", "--quote-all-identifiers"]),
    by_name(Make::Restore(&[]), &[]),
    by_name(Make::Restore(&["--data-only", "--single-transaction"]), &[]),
    by_name(Make::Restore(&["--section=data"]), &["--column-inserts"]),
    by_name(Make::All, &["--column-inserts"]),
];

const SOURCES: [&str; 2] = ["torture", "chinook"];
const STYLES: [Style; 3] = [Style::Rows, Style::Batches, Style::Staged];
const POLICIES: [Policy; 4] = [Policy::Always, Policy::Changed, Policy::Nothing, Policy::Newer];

/// Merges run in this process.
static RUNS: AtomicUsize = AtomicUsize::new(0);

impl Shape {
    fn setup(&self, style: Style, policy: Policy) -> Setup {
        Setup {
            style,
            make: self.make,
            dump: self.dump,
            policy,
            ..Setup::DEFAULT
        }
    }

    /// Whether it makes the tables.
    fn has_tables(&self) -> bool {
        let makes_none = |arguments: &[&str]| arguments.iter().any(|a| matches!(*a, "--data-only" | "--section=data"));
        let restored = match self.make {
            Make::Restore(arguments) => arguments,
            _ => &[],
        };
        !makes_none(self.dump) && !makes_none(restored)
    }

    /// One merge after the other over one target that has lived on; what each must do is known from what the one before
    /// has left.
    fn merge(&self, source: &'static str, links: &[(Style, Policy)]) {
        let source = Source::get(source);
        let target = Cluster::shared().copy_of(source.diverged());
        let (table, column) = source.newer();
        target.execute(&format!(
            "UPDATE {table} SET \"{column}\" = \"{column}\" - '100 days'::interval
              WHERE ctid IN (SELECT ctid FROM {table} AS t WHERE pg_catalog.hashtext(t::text) % 3 = 0)"
        ));
        // Row by row, children may come before their parents only where foreign keys can wait, which they are made to where the
        // dump has its tables.
        if self.by_name && !self.has_tables() && links.iter().any(|(style, _)| *style != Style::Staged) {
            defer_foreign_keys(&target);
        }
        for (at, &(style, policy)) in links.iter().enumerate() {
            assert_merged(&self.setup(style, policy), source, &target, at > 0);
            RUNS.fetch_add(1, Ordering::Relaxed);
        }
        target.drop();
    }

    fn pairs(&self, at: usize) {
        for (source, links) in pairs(at) {
            self.merge(source, &links);
        }
    }

    fn all(&self) {
        for source in SOURCES {
            for style in STYLES {
                for policy in POLICIES {
                    self.merge(source, &[(style, policy)]);
                }
            }
        }
    }
}

/// What is done with the shape of this number: on each source two merges, of which the second finds what the first, by
/// its policy, has left different.
fn pairs(at: usize) -> [(&'static str, [(Style, Policy); 2]); 2] {
    let [a, b, c, d] = match at % 3 {
        0 => [Style::Rows, Style::Batches, Style::Staged, Style::Batches],
        1 => [Style::Rows, Style::Staged, Style::Batches, Style::Staged],
        _ => [Style::Staged, Style::Rows, Style::Batches, Style::Batches],
    };
    let (leaves, other) = [(Policy::Nothing, Policy::Newer), (Policy::Newer, Policy::Nothing)][at % 2];
    let (ends, last) = [(Policy::Always, Policy::Changed), (Policy::Changed, Policy::Always)][at / 2 % 2];
    // Row by row, Chinook takes seconds: once is enough.
    let (first, second) = if at == 3 {
        (SOURCES[1], SOURCES[0])
    } else {
        (SOURCES[0], SOURCES[1])
    };
    [(first, [(a, leaves), (b, ends)]), (second, [(c, other), (d, last)])]
}

/// Each shape meets each style, each policy and each source, and each of these meets each.
#[test]
fn pairs_are_all_there() {
    let mut met = BTreeSet::new();
    for at in 0..SHAPES.len() {
        for (source, links) in pairs(at) {
            for (style, policy) in links {
                let (shape, style, policy) = (at.to_string(), format!("{style:?}"), format!("{policy:?}"));
                let values = [shape, source.to_owned(), style, policy];
                for (i, one) in values.iter().enumerate() {
                    met.extend(values[i + 1..].iter().map(|other| (one.clone(), other.clone())));
                }
            }
        }
    }
    let (shapes, sources, styles, policies) = (SHAPES.len(), SOURCES.len(), STYLES.len(), POLICIES.len());
    let all = shapes * (sources + styles + policies) + sources * (styles + policies) + styles * policies;
    assert_eq!(met.len(), all);
}

/// Makes every foreign key one that can be checked at the end.
pub(crate) fn defer_foreign_keys(db: &Db) {
    db.execute(
        "SELECT pg_catalog.format('ALTER TABLE %s ALTER CONSTRAINT %I DEFERRABLE', conrelid::pg_catalog.regclass, conname)
           FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conparentid = 0 AND NOT condeferrable \\gexec\n",
    );
}

fn is_all() -> bool {
    std::env::var_os("DUMPSERT_PRODUCT").is_some_and(|value| value == "all")
}

fn run(part: usize) {
    for (at, shape) in SHAPES.iter().enumerate().filter(|(at, _)| at % 4 == part) {
        if is_all() {
            shape.all();
        } else {
            shape.pairs(at);
        }
        eprintln!("{shape:?}: {} merges so far", RUNS.load(Ordering::Relaxed));
    }
}

#[test]
fn a_quarter_of_the_shapes() {
    run(0);
}

#[test]
fn a_second_quarter_of_the_shapes() {
    run(1);
}

#[test]
fn a_third_quarter_of_the_shapes() {
    run(2);
}

#[test]
fn the_last_quarter_of_the_shapes() {
    run(3);
}

#[test]
fn exceptions_of_rows_without_columns() {
    for style in [Style::Rows, Style::Staged] {
        let setup = shape(Make::Dump, &["--data-only", "--inserts"]).setup(style, Policy::Always);
        assert_listed_positional(&setup, Source::get("torture"));
    }
}

#[test]
fn exceptions_of_batches() {
    let setup = SHAPES[0].setup(Style::Batches, Policy::Always);
    assert_listed(&setup, Source::get("torture"));
}

/// A full dump brings tables by their names: foreign keys wait, which the report says.
#[test]
fn dumps_by_name_wait() {
    let source = Source::get("chinook");
    for style in [Style::Rows, Style::Batches] {
        let target = source.empty();
        let dump = source.db.pg_dump(&[]);
        let (script, report) = try_script(&dump, Options::new().with_style(style));
        let warnings = report.unwrap().warnings;
        let warned = |text: &str| warnings.iter().any(|warning| warning.message.contains(text));
        assert!(
            warned("the rows of public.album come before those of public.artist, which they reference: a row may come"),
            "{warnings:?}"
        );
        assert!(warned("`style = staged` takes any order without that"), "{warnings:?}");
        for _ in 0..2 {
            psql(&target, "postgres", &script).expect_success();
            let after = target.snapshot_by_root();
            assert_eq!(source.snapshot.diff_rows(&after), Vec::<String>::new());
        }
        let waiting = "SELECT count(*) FROM pg_catalog.pg_constraint WHERE contype = 'f' AND condeferrable";
        assert_eq!(target.value(waiting).as_deref(), Some("0"));
        target.drop();
    }
    let target = source.empty();
    // With a catalog whose foreign keys can wait nobody is warned.
    defer_foreign_keys(&target);
    let schema = target.pg_dump(&["--schema-only"]);
    let options = Options::new()
        .with_style(Style::Rows)
        .with_catalog(Catalog::from_schema_sql(schema).unwrap())
        .unwrap();
    let (script, report) = try_script(&source.db.pg_dump(&[]), options);
    assert!(
        report
            .unwrap()
            .warnings
            .iter()
            .all(|warning| !warning.message.contains("come before"))
    );
    psql(&target, "postgres", &script).expect_success();
    assert_eq!(
        source.snapshot.diff_rows(&target.snapshot_by_root()),
        Vec::<String>::new()
    );
}
