//! `--prune` on random tables: references in circles and to the table itself, every `ON DELETE` action, unique values that rows of the
//! dump take from rows that go. The target must become the source, row by row.

use std::fmt::Write;

use dumpsert_testkit::Cluster;

use super::{output, program, text};

/// xorshift
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

const ACTIONS: [&str; 8] = [
    "",
    "ON DELETE CASCADE",
    "ON DELETE RESTRICT",
    "ON DELETE SET NULL",
    "ON DELETE SET DEFAULT",
    "DEFERRABLE INITIALLY DEFERRED",
    "ON DELETE CASCADE ON UPDATE CASCADE",
    "ON UPDATE SET NULL",
];

struct Table {
    /// The tables that its columns `f0` and so on reference: their keys, or their unique column.
    references: Vec<(usize, bool)>,
    /// A unique column, which may be NULL.
    has_unique: bool,
    is_partitioned: bool,
}

fn tables(random: &mut Random) -> Vec<Table> {
    let count = 2 + random.below(4);
    (0..count)
        .map(|_| Table {
            references: (0..random.below(3))
                .map(|_| (random.below(count), random.one_in(4)))
                .collect(),
            has_unique: random.one_in(2),
            is_partitioned: random.one_in(6),
        })
        .collect()
}

fn schema(tables: &[Table], random: &mut Random) -> String {
    let mut sql = String::new();
    for (number, table) in tables.iter().enumerate() {
        let columns: String = (0..table.references.len())
            .map(|at| format!(", f{at} integer"))
            .collect();
        let unique = if table.has_unique {
            ", u integer UNIQUE"
        } else {
            ", u integer"
        };
        match table.is_partitioned {
            false => writeln!(sql, "CREATE TABLE t{number} (id integer PRIMARY KEY{unique}, v text{columns});"),
            true => writeln!(
                sql,
                "CREATE TABLE t{number} (id integer PRIMARY KEY, u integer, v text{columns}) PARTITION BY RANGE (id);
                 CREATE TABLE t{number}a PARTITION OF t{number} FOR VALUES FROM (0) TO (5); CREATE TABLE t{number}b PARTITION OF t{number} FOR VALUES FROM (5) TO (100);"
            ),
        }
        .unwrap();
    }
    for (number, table) in tables.iter().enumerate() {
        for (at, (to, by_unique)) in table.references.iter().enumerate() {
            let column = referenced(tables, *to, *by_unique);
            let action = ACTIONS[random.below(ACTIONS.len())];
            writeln!(
                sql,
                "ALTER TABLE t{number} ADD FOREIGN KEY (f{at}) REFERENCES t{to} ({column}) {action};"
            )
            .unwrap();
        }
    }
    sql
}

fn referenced(tables: &[Table], to: usize, by_unique: bool) -> &'static str {
    match by_unique && tables[to].has_unique && !tables[to].is_partitioned {
        true => "u",
        false => "id",
    }
}

/// Rows that keep all constraints, with few values, so that both sides often have the same.
fn rows(tables: &[Table], random: &mut Random) -> (String, Vec<bool>) {
    let all: Vec<Vec<(usize, Option<usize>)>> = tables
        .iter()
        .map(|_| {
            let mut uniques: Vec<usize> = (1..12).collect();
            let ids = (1..10).filter(|_| random.one_in(2)).collect::<Vec<_>>();
            let unique = |random: &mut Random, uniques: &mut Vec<usize>| {
                let at = random.below(uniques.len());
                (!random.one_in(5)).then(|| uniques.swap_remove(at))
            };
            ids.into_iter().map(|id| (id, unique(random, &mut uniques))).collect()
        })
        .collect();
    let mut sql = "SET session_replication_role = replica;\n".to_owned();
    for (number, table) in tables.iter().enumerate() {
        for (id, unique) in &all[number] {
            let value = |value: Option<usize>| value.map_or_else(|| "NULL".to_owned(), |value| value.to_string());
            let mut values = format!("{id}, {}, 'v{}'", value(*unique), random.below(3));
            for (to, by_unique) in &table.references {
                let is_unique = referenced(tables, *to, *by_unique) == "u";
                let parents = all[*to]
                    .iter()
                    .filter_map(|(id, unique)| if is_unique { *unique } else { Some(*id) });
                let parents: Vec<usize> = parents.collect();
                let parent = (!parents.is_empty() && !random.one_in(4)).then(|| parents[random.below(parents.len())]);
                write!(values, ", {}", value(parent)).unwrap();
            }
            writeln!(sql, "INSERT INTO t{number} VALUES ({values});").unwrap();
        }
    }
    sql.push_str("SET session_replication_role = origin;\n");
    (sql, all.iter().map(Vec::is_empty).collect())
}

/// What a run says where rows that go cannot make room for those of the dump, because rows of the dump still reference them, or they
/// reference what changes.
const REFUSALS: [&str; 3] = [
    "and are still referenced by rows of the dump",
    "violates foreign key constraint",
    "duplicate key value violates unique constraint",
];

/// Runs one; returns what it was refused for.
fn run(seed: u64) -> Option<String> {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..8 {
        random.below(2);
    }
    let tables = tables(&mut random);
    let schema = schema(&tables, &mut random);
    let (of, _) = rows(&tables, &mut random);
    let (to, _) = rows(&tables, &mut random);
    let cluster = Cluster::shared();
    let (source, target) = (
        cluster.create_unique("random_source"),
        cluster.create_unique("random_target"),
    );
    source.execute(&format!("{schema}{of}"));
    target.execute(&format!("{schema}{to}"));
    let before = target.snapshot();
    let sync = |more: &str| {
        let mut command = program(
            &target,
            &[
                "sync",
                "--from",
                source.name(),
                "--to",
                target.name(),
                "--prune",
                "--prune-max",
                "100%",
                more,
            ],
        );
        for (number, table) in tables.iter().enumerate() {
            match table.is_partitioned {
                false => command.args(["--prune-empty", &format!("t{number}")]),
                true => command.args([
                    "--prune-empty",
                    &format!("t{number}a"),
                    "--prune-empty",
                    &format!("t{number}b"),
                ]),
            };
        }
        output(command)
    };
    let checked = sync("--check");
    assert_eq!(target.snapshot().diff(&before), Vec::<String>::new(), "seed {seed}");
    let ran = sync("--yes");
    let said = text(&ran.stderr);
    if !ran.status.success() {
        assert_eq!(target.snapshot().diff(&before), Vec::<String>::new(), "seed {seed}");
        assert!(REFUSALS.iter().any(|part| said.contains(part)), "seed {seed}: {said}");
        return Some(said);
    }
    assert_eq!(
        target.snapshot().diff(&source.snapshot()),
        Vec::<String>::new(),
        "seed {seed}: {}",
        text(&ran.stdout)
    );
    assert!(checked.status.success(), "seed {seed}: {}", text(&checked.stdout));
    let again = sync("--quiet");
    assert!(again.status.success(), "seed {seed}: {}", text(&again.stderr));
    None
}

/// `DUMPSERT_PRUNE_SEEDS=FROM,TO` takes others.
#[test]
fn random_targets_become_their_sources() {
    let seeds = std::env::var("DUMPSERT_PRUNE_SEEDS").unwrap_or_else(|_| "1,40".to_owned());
    let (from, to) = seeds.split_once(',').unwrap();
    let seeds = from.parse::<u64>().unwrap()..=to.parse().unwrap();
    let (mut refused, mut wrong, mut all) = (0, Vec::new(), 0);
    for seed in seeds {
        all += 1;
        match std::panic::catch_unwind(|| run(seed)) {
            Ok(None) => {}
            Ok(Some(said)) => {
                refused += 1;
                println!(
                    "seed {seed}: {}",
                    said.lines().find(|line| line.contains("ERROR")).unwrap_or_default()
                );
            }
            Err(_) => wrong.push(seed),
        }
    }
    assert_eq!(wrong, Vec::<u64>::new());
    // Every fourth reference is to a unique column, whose values both sides hold by other keys.
    assert!(refused * 6 <= all, "{refused} of {all} were refused");
}
