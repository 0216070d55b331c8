//! What a script promises, and how it is seen that the promise is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use dumpsert::{NoKey, Options, Style, Update};
use dumpsert_testkit::{Cluster, Db, Sequence, Snapshot};

use crate::sources::{Key, OWNER, Row, Source, give_to_owner, pattern};
use crate::support::{piped_script, psql, sqlstate, try_script};

/// The table that is left out by default.
pub(crate) const LEFT_OUT: &str = "public._prisma_migrations";

/// A promise; each includes those about sequences and triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Promise {
    /// Into an empty schema: the target is as the source.
    Empty,
    /// Once more: nothing changes; in style staged no row is written or locked either.
    Again,
    /// Over a target that has lived on: the source's rows are as in the source, the others as they were.
    Diverged,
}

/// What makes the dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Make {
    /// pg_dump.
    Dump,
    /// pg_dump in a session with `standard_conforming_strings = off`.
    ScsOff,
    /// pg_dump, and the text is compressed with zstd.
    Zstd,
    /// pg_dump makes an archive, and pg_restore with these arguments the text.
    Restore(&'static [&'static str]),
    /// pg_dumpall, on a cluster that has other databases as well.
    All,
}

/// What happens to rows that the target has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    Always,
    Changed,
    Nothing,
    /// `newer(column)` for the table that has such a column, `always` for the others.
    Newer,
}

impl Policy {
    fn apply(self, options: Options, source: &Source) -> Options {
        let all = |update| options.clone().with_update(update);
        match self {
            Self::Always => options,
            Self::Changed => all(Update::Changed),
            Self::Nothing => all(Update::Nothing),
            Self::Newer => {
                let (table, column) = source.newer();
                options
                    .with_table_update(table, Update::Newer(column.to_owned()))
                    .unwrap()
            }
        }
    }

    /// Whether a row of the target becomes as in the source. Timestamps of one form are in the order of their texts.
    fn takes(self, source: &Source, table: &str, own: &Row, new: &Row) -> bool {
        match self {
            Self::Always | Self::Changed => true,
            Self::Nothing => false,
            Self::Newer if table == source.newer().0 => {
                let column = source.newer().1;
                own[column].is_none() || own[column] < new[column]
            }
            Self::Newer => true,
        }
    }
}

/// How a dump is made, converted and run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) style: Style,
    pub(crate) make: Make,
    /// Arguments of pg_dump or pg_dumpall.
    pub(crate) dump: &'static [&'static str],
    /// Through the command line program and a pipe.
    pub(crate) piped: bool,
    /// As a role that owns the tables and is no superuser.
    pub(crate) as_owner: bool,
    pub(crate) policy: Policy,
}

/// A promise that was not kept.
#[derive(Debug)]
pub(crate) struct Broken {
    /// The error that ended the script, if one did.
    pub(crate) sqlstate: Option<String>,
    /// The kind of the error for which the dump is refused, if it is.
    pub(crate) refused: Option<String>,
    pub(crate) what: String,
}

impl Setup {
    pub(crate) const DEFAULT: Self = Self {
        style: Style::Rows,
        make: Make::Dump,
        dump: &["--data-only", "--column-inserts"],
        piped: false,
        as_owner: false,
        policy: Policy::Always,
    };

    pub(crate) fn style_name(&self) -> &'static str {
        match self.style {
            Style::Batches => "batches",
            Style::Staged => "staged",
            _ => "rows",
        }
    }

    /// Whether the dump has the tables too, so that no schema needs to be given.
    fn is_full(&self) -> bool {
        let restored = match self.make {
            Make::Restore(args) => args,
            _ => &[],
        };
        let partial = |arg: &&str| matches!(*arg, "--data-only" | "--section=data");
        !self.dump.iter().chain(restored).any(partial)
    }

    /// Whether its rows have no list of columns.
    pub(crate) fn is_positional(&self) -> bool {
        self.dump.contains(&"--inserts")
    }

    pub(crate) fn options(&self, source: &Source) -> Options {
        let is_staged = self.style == Style::Staged;
        let mut options =
            Options::new()
                .with_style(self.style)
                .with_no_key(if is_staged { NoKey::Match } else { NoKey::Insert });
        if !self.is_full() && (!is_staged || self.is_positional()) {
            options = options.with_catalog(source.catalog.clone()).unwrap();
        }
        if self.make == Make::All {
            options = options.with_database(source.name);
        }
        self.policy.apply(options, source)
    }

    fn dump(&self, source: &Source, selection: &[String]) -> Vec<u8> {
        let mut args = self.dump.to_vec();
        args.extend(selection.iter().map(String::as_str));
        let output = |command: &mut Command| {
            let output = command.output().unwrap();
            assert!(
                output.status.success(),
                "{command:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            output.stdout
        };
        match self.make {
            Make::Dump => source.db.pg_dump(&args),
            Make::Zstd => {
                let level = ruzstd::encoding::CompressionLevel::Fastest;
                ruzstd::encoding::compress_to_vec(&source.db.pg_dump(&args)[..], level)
            }
            Make::ScsOff => {
                let mut command = source.db.command("pg_dump");
                output(
                    command
                        .args(&args)
                        .env("PGOPTIONS", "-c standard_conforming_strings=off"),
                )
            }
            Make::Restore(restore) => {
                let folder = tempfile::tempdir().unwrap();
                let archive = folder.path().join("archive");
                output(
                    source
                        .db
                        .command("pg_dump")
                        .args(&args)
                        .args(["--format=custom", "--file"])
                        .arg(&archive),
                );
                output(
                    source
                        .db
                        .command("pg_restore")
                        .args(restore)
                        .arg("--file=-")
                        .arg(archive),
                )
            }
            Make::All => {
                // pg_dumpall selects no tables, so what is selected moves to a database of its own.
                let cluster = Cluster::start();
                let db = cluster.create(source.name);
                cluster
                    .create("another")
                    .execute("CREATE TABLE public.t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)");
                let mut args = vec!["--no-owner", "--no-privileges"];
                args.extend(selection.iter().map(String::as_str));
                db.execute(std::str::from_utf8(&source.db.pg_dump(&args)).unwrap());
                output(db.command("pg_dumpall").args(self.dump))
            }
        }
    }

    /// Converts a dump of what `selection` (arguments of pg_dump) selects.
    fn script(&self, source: &Source, selection: &[String]) -> Result<Vec<u8>, Broken> {
        let dump = self.dump(source, selection);
        if self.piped {
            assert_eq!(self.style, Style::Staged, "style rows needs a schema file");
            return Ok(piped_script(&dump, &["--style=staged", "--no-key=match", "--quiet"]));
        }
        let (script, result) = try_script(&dump, self.options(source));
        result.map_err(|error| Broken {
            sqlstate: None,
            refused: Some(serde_json::to_value(error.kind()).unwrap().as_str().unwrap().to_owned()),
            what: format!("the dump is refused: {error}"),
        })?;
        Ok(script)
    }

    /// Restores a part of the source into `target` and looks whether the promise is kept there.
    pub(crate) fn check(
        &self,
        promise: Promise,
        source: &Source,
        target: &Db,
        selection: &[String],
    ) -> Result<(), Broken> {
        let script = self.script(source, selection)?;
        if self.as_owner {
            give_to_owner(target);
        }
        let before = target.snapshot_by_root();
        let is_again = promise == Promise::Again && self.style == Style::Staged;
        let versions = is_again.then(|| target.row_versions());
        let run = psql(target, if self.as_owner { OWNER } else { "postgres" }, &script);
        let after = target.snapshot_by_root();
        if run.status != 0 {
            assert_eq!(run.status, 3, "{}", run.stderr);
            assert_eq!(
                after.diff(&before),
                Vec::<String>::new(),
                "changed in spite of an error"
            );
            return Err(Broken {
                sqlstate: sqlstate(&run).map(str::to_owned),
                refused: None,
                what: run.stderr,
            });
        }
        let left_out = |snapshot: &Snapshot| rows(snapshot, LEFT_OUT);
        assert_eq!(left_out(&before), left_out(&after), "{LEFT_OUT} is the target's own");
        let mut differences = match promise {
            Promise::Empty => source.snapshot.diff_rows(&after.clone().without(LEFT_OUT)),
            Promise::Again => after.diff_rows(&before),
            Promise::Diverged => diff_merged(source, &before, &after, self.policy),
        };
        if let Some(versions) = versions {
            let written = target.row_versions();
            let touched = versions
                .iter()
                .filter(|(table, rows)| written.get(*table) != Some(*rows));
            differences.extend(touched.map(|(table, _)| format!("{table}: rows were written or locked")));
        }
        differences.extend(diff_sequences(
            promise,
            selection.iter().all(|arg| arg.starts_with("--exclude")),
            source,
            target,
            &before,
            &after,
        ));
        if before.triggers() != after.triggers() {
            differences.push(format!(
                "triggers: {:?} became {:?}",
                before.triggers(),
                after.triggers()
            ));
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(Broken {
            sqlstate: None,
            refused: None,
            what: differences.join("\n"),
        })
    }
}

/// The arguments of pg_dump that select these tables.
pub(crate) fn only(tables: &BTreeSet<&str>) -> Vec<String> {
    tables
        .iter()
        .map(|table| format!("--table={}", pattern(table)))
        .collect()
}

/// The arguments of pg_dump that select the rows of all but these tables.
pub(crate) fn all_but(tables: &BTreeSet<&str>) -> Vec<String> {
    tables
        .iter()
        .map(|table| format!("--exclude-table-data={}", pattern(table)))
        .collect()
}

fn rows(snapshot: &Snapshot, table: &str) -> Vec<Row> {
    let own =
        |row: BTreeMap<&str, Option<String>>| row.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    snapshot.rows(table).into_iter().map(own).collect()
}

/// What differs from the rows that a table must have: those of the source, or of the target where the policy says so,
/// and of the target's own those whose key the source does not have. Where there is no key a row is the same as another if all of it is, and none may be lost.
fn diff_merged(source: &Source, before: &Snapshot, after: &Snapshot, policy: Policy) -> Vec<String> {
    let mut differences = Vec::new();
    for table in source.snapshot.tables() {
        let mut expected = rows(&source.snapshot, table);
        let key = source.keys.get(table);
        let key_of = |row: &Row| key.and_then(|key: &Key| key.of(row));
        let mut known: BTreeMap<_, usize> = BTreeMap::new();
        known.extend(
            expected
                .iter()
                .enumerate()
                .filter_map(|(at, row)| Some((key_of(row)?, at))),
        );
        let mut unmatched: BTreeMap<Row, usize> = BTreeMap::new();
        for row in expected.iter().filter(|row| key_of(row).is_none()) {
            *unmatched.entry(row.clone()).or_default() += 1;
        }
        for row in rows(before, table) {
            match (key_of(&row), unmatched.get_mut(&row)) {
                (Some(key), _) if known.contains_key(&key) => {
                    let new = &mut expected[known[&key]];
                    if !policy.takes(source, table, &row, new) {
                        *new = row;
                    }
                }
                (None, Some(copies)) if *copies > 0 => *copies -= 1,
                _ => expected.push(row),
            }
        }
        expected.sort();
        let mut actual = rows(after, table);
        actual.sort();
        if actual != expected {
            let shown = |rows: &[Row], others: &[Row]| {
                let only: Vec<_> = rows.iter().filter(|row| !others.contains(row)).take(3).collect();
                format!("{only:?}").chars().take(600).collect::<String>()
            };
            differences.push(format!(
                "{table}: {} rows in place of {}; wrong: {}; missing: {}",
                actual.len(),
                expected.len(),
                shown(&actual, &expected),
                shown(&expected, &actual)
            ));
        }
    }
    differences
}

/// Sequences go to the source's state or stay, and never back.
fn diff_sequences(
    promise: Promise,
    is_whole: bool,
    source: &Source,
    target: &Db,
    before: &Snapshot,
    after: &Snapshot,
) -> Vec<String> {
    // A sequence that was behind the values of its own column stands at the last of them.
    let ends = target.query(
        "SELECT pg_catalog.set_config('search_path', 'pg_catalog', false);
         SELECT d.objid::regclass, (xpath('/row/m/text()', query_to_xml(format('SELECT %s(%I) AS m FROM %s',
             CASE WHEN q.seqincrement > 0 THEN 'max' ELSE 'min' END, a.attname, d.refobjid::regclass), false, true, '')))[1]
           FROM pg_depend AS d JOIN pg_sequence AS q ON q.seqrelid = d.objid
           JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')",
    );
    let is_at_its_end = |name: &String, state: &Sequence| {
        let end = Some(state.last_value.to_string());
        state.is_called && ends.iter().any(|row| row[0].as_ref() == Some(name) && row[1] == end)
    };
    let descending = source.db.query(
        "SELECT pg_catalog.set_config('search_path', 'pg_catalog', false);
         SELECT seqrelid::regclass FROM pg_sequence WHERE seqincrement < 0",
    );
    let progress = |name: &String, state: &Sequence| {
        let is_descending = descending.iter().any(|row| row[0].as_ref() == Some(name));
        let sign = if is_descending { -1 } else { 1 };
        (i128::from(state.last_value) * sign, state.is_called)
    };
    let mut differences = Vec::new();
    for (name, was) in before.sequences() {
        let is = &after.sequences()[name];
        let wanted = source.snapshot.sequences().get(name).unwrap_or(was);
        if progress(name, is) < progress(name, was) {
            differences.push(format!("sequence {name} went back from {was:?} to {is:?}"));
        } else if promise != Promise::Again && is_whole && progress(name, is) < progress(name, wanted) {
            differences.push(format!("sequence {name} stayed at {is:?}, behind {wanted:?}"));
        } else if is != was && is != wanted && !is_at_its_end(name, is) {
            differences.push(format!("sequence {name} became {is:?}, neither {was:?} nor {wanted:?}"));
        }
    }
    differences
}
