//! The tables that cannot meet a promise in a style: `testdata/exceptions.toml`.

use std::collections::BTreeSet;

use dumpsert::Style;
use dumpsert_testkit::{Cluster, Db, testdata};

use crate::promises::{Broken, Promise, Setup, all_but, only};
use crate::sources::Source;

/// Tables that together break a promise.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    source: String,
    /// The styles in which they break it.
    styles: BTreeSet<String>,
    promise: Promise,
    /// They break it together: without any one of them the others keep it.
    tables: Vec<String>,
    /// The error that ends the script; without it the script ends well and the rows are not as promised.
    sqlstate: Option<String>,
    /// Only if a role that is the owner and no superuser runs the script.
    #[serde(default)]
    as_owner: bool,
    /// Only in dumps whose rows have no list of columns.
    #[serde(default)]
    positional: bool,
    /// The kind of the error for which the dump is refused.
    refused: Option<String>,
    reason: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    exception: Vec<Exception>,
}

fn read() -> Vec<Exception> {
    let text = std::fs::read_to_string(testdata("exceptions.toml")).unwrap();
    let file: File = toml::from_str(&text).unwrap();
    file.exception
}

impl Exception {
    fn applies(&self, source: &Source, setup: &Setup, promise: Promise) -> bool {
        self.source == source.name
            && self.styles.contains(setup.style_name())
            && self.promise == promise
            && (!self.as_owner || setup.as_owner)
            && (!self.positional || setup.is_positional())
    }
}

/// The whole source without the tables that are listed keeps the promises, one after the other on one target.
pub(crate) fn assert_whole(setup: &Setup, source: &Source) {
    let listed = read();
    let target = source.empty();
    for promise in [Promise::Empty, Promise::Again] {
        assert_unlisted(setup, source, &target, promise, &listed);
    }
    target.drop();
    let target = Cluster::shared().copy_of(source.diverged());
    assert_unlisted(setup, source, &target, Promise::Diverged, &listed);
    target.drop();
}

/// Over a target that has lived on, the whole source without the tables that are listed is merged as promised. If it was
/// merged there before, what cannot be merged again is left out as well.
pub(crate) fn assert_merged(setup: &Setup, source: &Source, target: &Db, is_merged: bool) {
    let listed = read();
    let mut tables = tables_of(&listed, setup, source, Promise::Diverged);
    if is_merged {
        tables.extend(tables_of(&listed, setup, source, Promise::Again));
    }
    assert_kept(setup, source, target, Promise::Diverged, &tables);
}

fn tables_of<'a>(listed: &'a [Exception], setup: &Setup, source: &Source, promise: Promise) -> BTreeSet<&'a str> {
    listed
        .iter()
        .filter(|exception| exception.applies(source, setup, promise))
        .flat_map(|exception| exception.tables.iter().map(String::as_str))
        .collect()
}

fn assert_unlisted(setup: &Setup, source: &Source, target: &Db, promise: Promise, listed: &[Exception]) {
    let tables = tables_of(listed, setup, source, promise);
    assert_kept(setup, source, target, promise, &tables);
}

/// The whole source but these tables, which have its rows already, is restored as promised.
fn assert_kept(setup: &Setup, source: &Source, target: &Db, promise: Promise, tables: &BTreeSet<&str>) {
    if promise != Promise::Again {
        Source::replace(target, &source.db, tables);
    }
    if let Err(broken) = setup.check(promise, source, target, &all_but(tables)) {
        panic!("{setup:?}\nbreaks {promise:?} without the tables that testdata/exceptions.toml lists\n{broken:?}");
    }
}

/// What is listed breaks its promise, in the way that is listed, and no table is listed that need not be.
pub(crate) fn assert_listed(setup: &Setup, source: &Source) {
    assert_listed_where(setup, source, |exception| !exception.positional);
}

/// The same of what is listed only for rows without a list of columns.
pub(crate) fn assert_listed_positional(setup: &Setup, source: &Source) {
    assert_listed_where(setup, source, |exception| exception.positional);
}

fn assert_listed_where(setup: &Setup, source: &Source, filter: fn(&Exception) -> bool) {
    let alone = Alone::new(setup, source);
    let listed = read();
    let mut met = 0;
    for promise in [Promise::Empty, Promise::Again, Promise::Diverged] {
        for exception in listed
            .iter()
            .filter(|exception| exception.applies(source, setup, promise) && filter(exception))
        {
            assert!(!exception.reason.is_empty());
            met += 1;
            let tables: BTreeSet<&str> = exception.tables.iter().map(String::as_str).collect();
            // Enums hash by their OIDs: elsewhere another partition may have no rows, which nobody can refuse.
            let is_empty =
                |table: &&str| source.db.value(&format!("SELECT count(*) FROM {table}")).as_deref() == Some("0");
            if exception.positional && tables.iter().all(is_empty) {
                continue;
            }
            match alone.restore(promise, &tables) {
                Ok(()) => panic!("{setup:?}\nkeeps a promise, against {exception:?}"),
                Err(broken) => {
                    let (how, listed) = (
                        (&broken.sqlstate, &broken.refused),
                        (&exception.sqlstate, &exception.refused),
                    );
                    assert_eq!(how, listed, "{exception:?}\n{}", broken.what);
                }
            }
            for table in tables.iter().filter(|_| tables.len() > 1) {
                let mut others = tables.clone();
                others.remove(table);
                if let Err(broken) = alone.restore(promise, &others) {
                    panic!("{table} need not be listed in {exception:?}: {broken:?}");
                }
            }
        }
    }
    assert!(met > 0, "{setup:?}: nothing is listed");
    alone.target.drop();
}

/// A target in which everything is as in the source but the tables in question.
struct Alone<'a> {
    setup: &'a Setup,
    source: &'a Source,
    target: Db,
}

impl<'a> Alone<'a> {
    fn new(setup: &'a Setup, source: &'a Source) -> Self {
        let target = source.full();
        Self { setup, source, target }
    }

    /// Restores some tables alone.
    fn restore(&self, promise: Promise, tables: &BTreeSet<&str>) -> Result<(), Broken> {
        match promise {
            Promise::Empty => {
                let list: String = tables
                    .iter()
                    .map(|table| format!("DELETE FROM ONLY {table};\n"))
                    .collect();
                self.target
                    .execute(&format!("SET session_replication_role = replica;\n{list}"));
            }
            Promise::Again => {}
            Promise::Diverged => Source::replace(&self.target, self.source.diverged(), tables),
        }
        let result = self.setup.check(promise, self.source, &self.target, &only(tables));
        Source::replace(&self.target, &self.source.db, tables);
        result
    }
}

/// Prints which tables break which promise when restored alone.
#[test]
#[ignore = "finds out what belongs into testdata/exceptions.toml"]
fn discover() {
    for style in [Style::Rows, Style::Batches, Style::Staged] {
        let setup = Setup {
            style,
            dump: if style == Style::Staged {
                &["--data-only"]
            } else {
                &["--data-only", "--column-inserts"]
            },
            ..Setup::DEFAULT
        };
        let source = Source::get("torture");
        let alone = Alone::new(&setup, source);
        for promise in [Promise::Empty, Promise::Again, Promise::Diverged] {
            for table in source.snapshot.tables() {
                if let Err(broken) = alone.restore(promise, &[table].into()) {
                    let what: String = broken.what.chars().take(300).collect();
                    eprintln!(
                        "{} {promise:?} {table:?} {:?} {what}",
                        setup.style_name(),
                        broken.sqlstate
                    );
                }
            }
        }
    }
}
