//! Random schemas, random targets and random dumps: what PostgreSQL holds after the merge against what a model says.
//!
//! `DUMPSERT_CASES` says how many are tried, and `DUMPSERT_SEED` which comes first. A failure prints schema, target and dump
//! with as few rows as it needs.

mod foresee;
mod model;
mod schema;
mod shrink;
mod state;
mod walk;

use std::collections::BTreeMap;

use dumpsert::{Options, Style};
use dumpsert_testkit::{Cluster, Db};

use super::case::{Counts, counts, roots};
use crate::sources::{OWNER, give_to_owner};
use crate::support::{Random, psql, script};
use model::{Doubt, Verdict, judge};
use schema::Schema;
use state::{State, random_state};

/// How many failures are made small and printed in full.
const SHRUNK: usize = 2;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect(name))
}

#[test]
fn every_row_ends_where_the_model_says() {
    let first = variable("DUMPSERT_SEED", 1);
    let cases = variable("DUMPSERT_CASES", 200);
    let cluster = Cluster::shared();
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    let mut db = None;
    for seed in first..first + cases {
        // Dropped schemas leave their files until a checkpoint; a database goes at once.
        if (seed - first).is_multiple_of(100) {
            if let Some(db) = db.take() {
                Db::drop(db);
            }
            let new = cluster.create_unique("merges");
            give_to_owner(&new);
            db = Some(new);
        }
        let db = db.as_ref().unwrap();
        let case = Case::random(seed, cluster.major());
        match case.run(db) {
            Ok(outcome) => tally.add(&case, outcome),
            Err(message) => {
                // One case in full is worth more than many, and to make it small takes minutes.
                let (case, message) = match failures.len() {
                    0..SHRUNK => shrink::shrink(case, message, |case| case.run(db).err()),
                    _ => (case, message),
                };
                eprintln!("seed {seed}: {message}");
                if failures.len() < SHRUNK {
                    eprintln!("{}", case.text());
                }
                failures.push(seed);
            }
        }
    }
    eprintln!("{cases} merges: {tally:?}");
    assert_eq!(failures, Vec::<u64>::new(), "seeds that failed of {cases}");
    assert!(tally.passed * 3 > cases, "too many are refused");
}

#[test]
fn postgresql_goes_where_the_model_says() {
    let first = variable("DUMPSERT_SEED", 1);
    let cases = variable("DUMPSERT_CASES", 200) / 2;
    let db = Cluster::shared().create_unique("walks");
    give_to_owner(&db);
    let major = Cluster::shared().major();
    let (mut arrived, mut doubtful) = (0, 0);
    let mut failures = Vec::new();
    for seed in first..first + cases {
        let case = Case::random(seed, major);
        let walked = (0..3).try_fold(false, |any, turn| {
            Ok(any | case.walk(&db, &mut Random(seed * 3 + turn))?)
        });
        match walked {
            Ok(has_arrived) => {
                arrived += u64::from(has_arrived);
                doubtful += u64::from(has_arrived && !case.verdict().doubts.is_empty());
            }
            Err::<bool, String>(message) => {
                eprintln!("seed {seed}: {message}\n{}", case.text());
                failures.push(seed);
            }
        }
    }
    eprintln!("{arrived} of {cases} walks arrived, {doubtful} of them where the merge may refuse");
    assert_eq!(failures, Vec::<u64>::new(), "seeds that failed of {cases}");
    assert!(arrived * 4 > cases);
}

/// How a merge ended, in agreement with the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Refused,
}

#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    /// Refused, as the model says it must be.
    refused: u64,
    /// Where the model allows both, by reasons: merged, and refused.
    doubtful: BTreeMap<Doubt, (u64, u64)>,
    doubtful_passed: u64,
    doubtful_refused: u64,
    rows: u64,
    touched: u64,
}

impl Tally {
    fn add(&mut self, case: &Case, outcome: Outcome) {
        let verdict = case.verdict();
        self.rows += case.dump.iter().map(|rows| rows.len() as u64).sum::<u64>();
        self.touched += verdict.touched.len() as u64;
        if !verdict.refused.is_empty() {
            self.refused += 1;
        } else if verdict.doubts.is_empty() {
            self.passed += 1;
        } else {
            let is_passed = outcome == Outcome::Passed;
            *(if is_passed {
                &mut self.doubtful_passed
            } else {
                &mut self.doubtful_refused
            }) += 1;
            for doubt in verdict.doubts {
                let (passed, refused) = self.doubtful.entry(doubt).or_default();
                *(if is_passed { passed } else { refused }) += 1;
            }
        }
    }
}

/// One merge.
#[derive(Clone)]
struct Case {
    seed: u64,
    schema: Schema,
    before: State,
    dump: State,
}

/// A row of the target as it is read.
#[derive(Debug, PartialEq)]
struct Read {
    /// Where its version lies, and which transaction wrote it.
    version: String,
    texts: Vec<Option<String>>,
}

/// The rows of each table by the texts of their keys.
type Rows = Vec<BTreeMap<String, Read>>;

impl Case {
    fn random(seed: u64, major: u32) -> Self {
        let mut random = Random(seed);
        loop {
            let schema = Schema::random(&format!("m{seed}"), major, &mut random);
            let all = 2 + random.below(8);
            let numbers = |random: &mut Random, of: usize| -> Vec<Vec<u32>> {
                let pick = |random: &mut Random| (1..=all as u32).filter(|_| random.below(4) < of).collect();
                schema.tables.iter().map(|_| pick(random)).collect()
            };
            let Some(dump) = (0..8).find_map(|_| random_state(&schema, &numbers(&mut random, 3), None, &mut random))
            else {
                continue;
            };
            // Mostly targets that the dump fits into.
            let wants_refusal = random.below(5) == 0;
            let befores =
                (0..24).filter_map(|_| random_state(&schema, &numbers(&mut random, 3), Some(&dump), &mut random));
            let mut befores =
                befores.skip_while(|before| !wants_refusal && !judge(&schema, before, &dump).refused.is_empty());
            let found = befores.next();
            drop(befores);
            let Some(before) = found else { continue };
            return Self {
                seed,
                schema,
                before,
                dump,
            };
        }
    }

    fn verdict(&self) -> Verdict {
        judge(&self.schema, &self.before, &self.dump)
    }

    /// The rows of a state as INSERT statements, in the order of the tables.
    fn inserts(&self, state: &State) -> Vec<Vec<String>> {
        let tables = self.schema.tables.iter().enumerate();
        tables
            .map(|(at, table)| {
                table.inserts(
                    &self.schema.table_name(at),
                    state[at].iter().map(|(&id, row)| (id, row)),
                )
            })
            .collect()
    }

    /// The dump: tables and rows in any order, as COPY or INSERT.
    fn dump_text(&self) -> String {
        let mut random = Random(self.seed ^ 0xd0_d0);
        let mut tables: Vec<usize> = (0..self.schema.tables.len()).collect();
        random.shuffle(&mut tables);
        let is_copy = random.below(2) == 0;
        let inserts = self.inserts(&self.dump);
        let mut text = String::new();
        for at in tables {
            if !is_copy {
                let mut rows = inserts[at].clone();
                random.shuffle(&mut rows);
                text.extend(rows);
                continue;
            }
            let table = &self.schema.tables[at];
            let mut rows: Vec<String> = self.dump[at]
                .iter()
                .map(|(&id, row)| {
                    let texts = table.texts(id, row).into_iter();
                    texts
                        .map(|text| text.unwrap_or_else(|| "\\N".to_owned()))
                        .collect::<Vec<_>>()
                        .join("\t")
                        + "\n"
                })
                .collect();
            random.shuffle(&mut rows);
            let (name, columns) = (self.schema.table_name(at), table.dumped_names().join(", "));
            text.push_str(&format!(
                "COPY {name} ({columns}) FROM stdin;\n{}\\.\n\n",
                rows.concat()
            ));
        }
        text
    }

    /// Everything that makes the case, as SQL.
    fn text(&self) -> String {
        let verdict = self.verdict();
        format!(
            "{}{}{}-- the dump:\n{}-- must be refused for {:?}, may be for {:?}\n",
            self.schema.create(),
            self.inserts(&self.before).concat().concat(),
            self.schema.finish(),
            self.dump_text(),
            verdict.refused,
            verdict.doubts
        )
    }

    fn read(&self, db: &Db) -> Rows {
        let tables = self.schema.tables.iter().enumerate().map(|(at, table)| {
            // As COPY prints them, where a cast to text would say `true`.
            let columns: Vec<String> = table
                .dumped_names()
                .iter()
                .map(|name| {
                    if name == "flag" {
                        "left(flag::text, 1)".to_owned()
                    } else {
                        format!("{name}::text")
                    }
                })
                .collect();
            let sql = format!(
                "SELECT id::text, concat_ws(' ', tableoid::regclass, ctid, xmin), {} FROM {}",
                columns.join(", "),
                self.schema.table_name(at)
            );
            let rows = db.query(&sql).into_iter().map(|mut row| {
                let texts = row.split_off(2);
                let version = row.pop().flatten().unwrap();
                (row.pop().flatten().unwrap(), Read { version, texts })
            });
            rows.collect()
        });
        tables.collect()
    }

    /// Merges, and says what is not as the model says.
    fn run(&self, db: &Db) -> Result<Outcome, String> {
        let verdict = self.verdict();
        let mut owner = db.client_as(OWNER);
        let sql = format!(
            "SET client_min_messages = error; DROP SCHEMA IF EXISTS {} CASCADE; {} {} {}",
            self.schema.name,
            self.schema.create(),
            self.inserts(&self.before).concat().concat(),
            self.schema.finish()
        );
        owner
            .batch_execute(&sql)
            .map_err(|error| format!("the target is wrong: {error:?}"))?;
        // Also where no row is left of it, it is a dump.
        let dump = format!("SET client_encoding = 'UTF8';\n{}", self.dump_text());
        let script = script(dump.as_bytes(), Options::new().with_style(Style::Staged));
        let role = ["postgres", OWNER][self.seed as usize % 2];
        let before = self.read(db);
        // A check takes as long as a merge: of some of them.
        let foreseen = match self.seed % 4 {
            0 | 1 => Some(foresee::foresee(db, role, &dump)?),
            _ => None,
        };
        if before != self.read(db) {
            return Err("the check has changed something".to_owned());
        }
        let run = psql(db, role, &script);
        let after = self.read(db);
        let outcome = if run.status == 0 {
            if !verdict.refused.is_empty() {
                return Err("merged, and must be refused".to_owned());
            }
            let counted = counts(&run, &roots(db));
            if let Some(foreseen) = foreseen {
                foreseen.must_fit(counted.values())?;
            }
            self.are_allowed(&verdict, &after)?;
            self.is_counted(&verdict, &before, &after, &counted)?;
            let again = psql(db, role, &script);
            if again.status != 0 {
                return Err(format!("the second run: {}", again.stderr));
            }
            if after != self.read(db) {
                return Err("the second run wrote".to_owned());
            }
            let counted = counts(&again, &roots(db));
            if let Some((table, counts)) = counted.iter().find(|(_, counts)| counts.inserted + counts.updated > 0) {
                return Err(format!("the second run: {table}: {counts:?}"));
            }
            Outcome::Passed
        } else {
            if verdict.refused.is_empty() && verdict.doubts.is_empty() {
                return Err(format!("refused, and must pass: {}", run.stderr));
            }
            if before != after {
                return Err(format!("changed in spite of an error: {}", run.stderr));
            }
            if !run.stderr.contains("dumpsert: ") || !run.stderr.contains("nothing was changed") {
                return Err(format!("refused in other words: {}", run.stderr));
            }
            Outcome::Refused
        };
        let fired = db.query(&format!("SELECT DISTINCT what FROM {}.fired", self.schema.name));
        if !fired.is_empty() {
            return Err(format!("triggers fired: {fired:?}"));
        }
        let off = db.query(&format!(
            "SELECT tgrelid::regclass::text, tgname FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
              WHERE c.relnamespace = '{}'::regnamespace AND t.tgenabled <> 'O'",
            self.schema.name
        ));
        if !off.is_empty() {
            return Err(format!("triggers are off: {off:?}"));
        }
        owner
            .batch_execute(&format!(
                "SET client_min_messages = error; DROP SCHEMA {} CASCADE",
                self.schema.name
            ))
            .unwrap();
        Ok(outcome)
    }

    /// Whether every row has values that the model allows, and no row is more or less.
    fn are_allowed(&self, verdict: &Verdict, after: &Rows) -> Result<(), String> {
        for (at, table) in self.schema.tables.iter().enumerate() {
            let name = self.schema.table_name(at);
            if after[at].len() != verdict.finals[at].len() {
                return Err(format!(
                    "{name}: {} rows, and must be {}",
                    after[at].len(),
                    verdict.finals[at].len()
                ));
            }
            for (&id, finals) in &verdict.finals[at] {
                let Some(row) = after[at].get(&table.key_text(id)) else {
                    return Err(format!("{name}: row {id} is missing"));
                };
                let texts = &row.texts[row.texts.len() - finals.len()..];
                for ((values, text), column) in finals.iter().zip(texts).zip(&table.columns) {
                    let wanted: Vec<Option<String>> = values
                        .iter()
                        .map(|value| value.map(|value| column.kind.text(value)))
                        .collect();
                    if !wanted.contains(text) {
                        let owner = if self.dump[at].contains_key(&id) {
                            "dumped"
                        } else {
                            "own"
                        };
                        return Err(format!(
                            "{name}: {owner} row {id}: {} is {text:?}, and must be one of {wanted:?}",
                            column.name
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether nothing was written that need not be, and the counts say what was.
    fn is_counted(
        &self,
        verdict: &Verdict,
        before: &Rows,
        after: &Rows,
        counted: &BTreeMap<String, Counts>,
    ) -> Result<(), String> {
        for (at, table) in self.schema.tables.iter().enumerate() {
            let name = self.schema.table_name(at);
            let (mut inserted, mut same, mut stirred) = (0, 0, 0);
            for &id in verdict.finals[at].keys() {
                let key = table.key_text(id);
                let is_touched = verdict.touched.contains(&(at, id));
                let (old, new) = (self.before[at].get(&id), self.dump[at].get(&id));
                if new.is_none_or(|new| old == Some(new)) && !is_touched && before[at].get(&key) != after[at].get(&key)
                {
                    return Err(format!("{name}: row {id} was written, although nothing changes in it"));
                }
                inserted += u64::from(old.is_none());
                same += u64::from(new.is_some() && old == new);
                stirred += u64::from(new.is_some() && old == new && is_touched);
            }
            let rows = self.dump[at].len() as u64;
            let changed = rows - inserted - same;
            let counts = counted.get(&name).copied().unwrap_or_default();
            let is_counted = counts.inserted == inserted
                && counts.inserted + counts.updated + counts.unchanged == rows
                && (changed..=changed + stirred).contains(&counts.updated);
            if !is_counted {
                return Err(format!(
                    "{name}: {counts:?}, and {inserted} are new, {changed} change, {same} are the same, {stirred} of those touched by actions"
                ));
            }
        }
        Ok(())
    }
}
