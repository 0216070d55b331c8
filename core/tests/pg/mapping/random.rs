//! Random tables, filled once and then permuted: in the source PostgreSQL itself gives rows other keys and lets every reference
//! follow (`ON UPDATE CASCADE`); in the target some rows are missing, others changed. The merge must end in the rows that PostgreSQL has
//! in a copy that was never permuted.

use std::fmt::Write;

use dumpsert::{MatchNulls, Options, Style};
use dumpsert_testkit::{Cluster, Db};

use crate::support::{Random, psql, script};

/// Groups of tables of one database: a merge is asked of all of them at once.
const GROUPS: usize = 8;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A key of its own, recognised by its name.
    Plain,
    /// By what it belongs to and its name.
    Scoped,
    /// By the row above it and its name.
    Tree,
    /// The key is that of what it belongs to, and a number.
    Line,
    /// The key is that of what it belongs to, and one of its own; recognised by the former and its name.
    Tenant,
    /// The key is two references.
    Join,
    /// Recognised by its key, which is the same on both sides.
    Same,
}

struct Table {
    name: String,
    kind: Kind,
    /// The type of its own key: integer, text or uuid.
    key: usize,
    /// The tables that references in its key or in what it is recognised by go to.
    parents: Vec<usize>,
    /// Other references: to a table, by its unique code instead of its key.
    others: Vec<(usize, bool)>,
    rows: usize,
}

/// A key of this type made of a number.
fn value(key: usize, number: usize) -> String {
    match key {
        0 => number.to_string(),
        1 => format!("'k{number}'"),
        _ => format!("'00000000-0000-0000-0000-{number:012}'"),
    }
}

impl Table {
    fn random(name: String, number: usize, tables: &[Table], random: &mut Random) -> Self {
        let singles: Vec<_> = (0..tables.len()).filter(|&at| tables[at].is_single()).collect();
        let kind = match random.below(if number == 0 { 1 } else { 9 }) {
            0 | 1 => Kind::Plain,
            2 | 3 => Kind::Scoped,
            4 => Kind::Tree,
            5 => Kind::Line,
            6 => Kind::Tenant,
            7 => Kind::Join,
            _ => Kind::Same,
        };
        let count = match kind {
            Kind::Scoped | Kind::Line | Kind::Tenant => 1,
            Kind::Join => 2,
            _ => 0,
        };
        Self {
            name,
            kind,
            key: random.below(3),
            parents: (0..count).map(|_| singles[random.below(singles.len())]).collect(),
            others: Vec::new(),
            rows: 2 + random.below(6),
        }
    }

    /// Whether its key is a column `id` alone.
    fn is_single(&self) -> bool {
        matches!(self.kind, Kind::Plain | Kind::Scoped | Kind::Tree | Kind::Same)
    }

    fn key_columns(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Line => &["p0", "no"],
            Kind::Tenant => &["p0", "id"],
            Kind::Join => &["p0", "p1"],
            _ => &["id"],
        }
    }

    fn match_on(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Plain => Some("name"),
            Kind::Scoped | Kind::Tenant => Some("p0,name"),
            Kind::Tree => Some("up,name"),
            Kind::Line | Kind::Join | Kind::Same => None,
        }
    }

    /// The types of its key columns.
    fn key_types(&self, tables: &[Table]) -> Vec<&'static str> {
        const TYPES: [&str; 3] = ["integer", "text", "uuid"];
        let column = |name: &&str| match *name {
            "no" => "integer",
            "id" => TYPES[self.key],
            "p0" => TYPES[tables[self.parents[0]].key],
            _ => TYPES[tables[self.parents[1]].key],
        };
        self.key_columns().iter().map(column).collect()
    }
}

fn tables(group: usize, random: &mut Random) -> Vec<Table> {
    let mut tables = Vec::new();
    for number in 0..2 + random.below(5) {
        let table = Table::random(format!("g{group}_t{number}"), number, &tables, random);
        tables.push(table);
    }
    for at in 0..tables.len() {
        for _ in 0..random.below(3) {
            let to = random.below(tables.len());
            tables[at].others.push((to, random.below(3) == 0));
        }
    }
    tables
}

fn schema(tables: &[Table]) -> String {
    let (mut sql, mut keys) = (String::new(), String::new());
    let mut reference = |table: &Table, columns: &str, to: &Table, referenced: &str| {
        let (from, to) = (&table.name, &to.name);
        writeln!(keys, "ALTER TABLE {from} ADD FOREIGN KEY ({columns}) REFERENCES {to} ({referenced}) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;").unwrap();
    };
    for table in tables {
        let mut columns: Vec<_> = table
            .key_columns()
            .iter()
            .zip(table.key_types(tables))
            .map(|(name, kind)| format!("{name} {kind}"))
            .collect();
        if table.kind == Kind::Scoped {
            columns.push(format!("p0 {} NOT NULL", tables[table.parents[0]].key_types(tables)[0]));
        }
        for (at, &parent) in table.parents.iter().enumerate() {
            reference(table, &format!("p{at}"), &tables[parent], "id");
        }
        if table.kind == Kind::Tree {
            columns.push(format!("up {}", table.key_types(tables)[0]));
            reference(table, "up", table, "id");
        }
        for (at, &(to, by_code)) in table.others.iter().enumerate() {
            let to = &tables[to];
            let types = if by_code { vec!["text"] } else { to.key_types(tables) };
            let names: Vec<_> = (0..types.len()).map(|part| format!("f{at}_{part}")).collect();
            columns.extend(names.iter().zip(types).map(|(name, kind)| format!("{name} {kind}")));
            let referenced = if by_code {
                "code".to_owned()
            } else {
                to.key_columns().join(", ")
            };
            reference(table, &names.join(", "), to, &referenced);
        }
        let key = table.key_columns().join(", ");
        writeln!(
            sql,
            "CREATE TABLE {} ({}, name text, code text UNIQUE, v integer, PRIMARY KEY ({key}));",
            table.name,
            columns.join(", ")
        )
        .unwrap();
    }
    sql + &keys
}

/// One row of a table, by chance; it is null if there is none.
fn any(table: &Table, column: &str, random: &mut Random) -> String {
    format!(
        "(SELECT {column} FROM {} ORDER BY md5(concat(code, {})) LIMIT 1)",
        table.name,
        random.below(1_000_000)
    )
}

/// Rows, and then the references that may go anywhere.
fn fill(tables: &[Table], random: &mut Random) -> String {
    let mut sql = String::new();
    for table in tables {
        for row in 1..=table.rows {
            let mut columns = vec!["name", "code", "v"];
            let name = if matches!(table.kind, Kind::Plain | Kind::Same) {
                row
            } else {
                random.below(4)
            };
            let mut values = vec![format!("'n{name}'"), format!("'c{row}'"), random.below(10).to_string()];
            for (at, &parent) in table.parents.iter().enumerate() {
                columns.push(["p0", "p1"][at]);
                values.push(any(&tables[parent], "id", random));
            }
            if table.kind == Kind::Tree && random.below(4) > 0 {
                columns.push("up");
                values.push(any(table, "id", random));
            }
            match table.kind {
                Kind::Line => (columns.push("no"), values.push(row.to_string())),
                Kind::Join => ((), ()),
                _ => (columns.push("id"), values.push(value(table.key, row))),
            };
            // A second row of one natural key is none.
            let natural: String = table.match_on().map_or(String::new(), |columns| {
                let same = columns
                    .split(',')
                    .map(|column| format!("t.{column} IS NOT DISTINCT FROM x.{column}"));
                format!(
                    " WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})",
                    table.name,
                    same.collect::<Vec<_>>().join(" AND ")
                )
            });
            let mut list = columns.join(", ");
            if table.kind == Kind::Tree && !columns.contains(&"up") {
                list += ", up";
                values.push(format!("NULL::{}", table.key_types(tables)[0]));
            }
            let typed = values.iter().zip(list.split(", ")).map(|(value, column)| match column {
                "id" => format!("{value}::{}", table.key_types(tables).last().unwrap()),
                _ => value.clone(),
            });
            let typed: Vec<_> = typed.collect();
            writeln!(
                sql,
                "INSERT INTO {0} ({list}) SELECT * FROM (SELECT {1}) AS x({list}){natural} ON CONFLICT DO NOTHING;",
                table.name,
                typed.join(", ")
            )
            .unwrap();
        }
    }
    for table in tables {
        for (at, &(to, by_code)) in table.others.iter().enumerate() {
            let to = &tables[to];
            let from = if by_code {
                vec!["code"]
            } else {
                to.key_columns().to_vec()
            };
            for row in 1..=table.rows {
                if random.below(4) > 0 {
                    let names: Vec<_> = (0..from.len()).map(|part| format!("f{at}_{part}")).collect();
                    writeln!(
                        sql,
                        "UPDATE {} SET ({}) = ROW({}) WHERE code = 'c{row}';",
                        table.name,
                        names.join(", "),
                        from.iter()
                            .map(|column| format!("x.{column}"))
                            .collect::<Vec<_>>()
                            .join(", ")
                    )
                    .unwrap();
                    let chosen = format!(
                        "(SELECT {} FROM {} ORDER BY md5(concat(code, {})) LIMIT 1) AS x",
                        from.join(", "),
                        to.name,
                        random.below(1_000_000)
                    );
                    sql.truncate(sql.trim_end().len() - format!(" WHERE code = 'c{row}';").len());
                    writeln!(sql, " FROM {chosen} WHERE {}.code = 'c{row}';", table.name).unwrap();
                }
            }
        }
    }
    sql
}

/// Deletes rows by chance that nothing references.
fn delete_some(tables: &[Table], random: &mut Random) -> String {
    let mut sql = String::new();
    for table in tables.iter().rev() {
        for row in 1..=table.rows {
            if random.below(3) == 0 {
                writeln!(sql, "DO $$ BEGIN DELETE FROM {} WHERE code = 'c{row}'; SET CONSTRAINTS ALL IMMEDIATE; EXCEPTION WHEN foreign_key_violation THEN NULL; END $$;", table.name).unwrap();
            }
        }
    }
    sql
}

/// Gives rows other keys: those that the target lacks ones that nobody has, the others those of each other.
fn permute(db: &Db, target: &Db, tables: &[Table], fresh_only: bool, random: &mut Random) {
    let codes = |db: &Db, table: &Table| -> Vec<String> {
        let rows = db.query(&format!("SELECT code FROM {} ORDER BY code", table.name));
        rows.into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
            .collect()
    };
    for table in tables.iter().filter(|table| table.match_on().is_some()) {
        let (here, there) = (codes(db, table), codes(target, table));
        let mut numbers: Vec<_> = (1..=table.rows).collect();
        random.shuffle(&mut numbers);
        for (step, base) in [(0, 500), (1, 0)] {
            let new = here.iter().filter_map(|code| {
                let row: usize = code[1..].parse().unwrap();
                let number = match (there.contains(code), fresh_only) {
                    (false, _) => 2000 + row,
                    (true, true) => return None,
                    (true, false) if step == 0 => base + row,
                    (true, false) => numbers[row - 1],
                };
                Some(format!("('{code}', {})", value(table.key, number)))
            });
            let new: Vec<_> = new.collect();
            if !new.is_empty() {
                let kind = ["integer", "text", "uuid"][table.key];
                db.execute(&format!(
                    "UPDATE {0} SET id = x.id::{kind} FROM (VALUES {1}) AS x(code, id) WHERE x.code = {0}.code",
                    table.name,
                    new.join(", ")
                ));
            }
        }
    }
}

fn options(tables: &[Table]) -> Options {
    let mut options = Options::new().with_style(Style::Staged);
    for table in tables {
        if let Some(columns) = table.match_on() {
            options = options
                .with_match_on(&format!("public.{}={columns}", table.name))
                .unwrap();
        }
        if table.kind == Kind::Tree {
            options = options
                .with_match_nulls(Some(&format!("public.{}", table.name)), MatchNulls::NotDistinct)
                .unwrap();
        }
    }
    options
}

fn run(seed: u64) {
    let mut random = Random(seed);
    let tables: Vec<Vec<Table>> = (0..GROUPS).map(|group| tables(group, &mut random)).collect();
    let cluster = Cluster::shared();
    let truth = cluster.create_unique("truth");
    for group in &tables {
        truth.execute(&format!("{}BEGIN;\n{}COMMIT;", schema(group), fill(group, &mut random)));
    }
    // In some groups both sides have the same rows.
    let target = cluster.copy_of(&truth);
    let source = cluster.copy_of(&truth);
    for group in tables.iter().skip(2) {
        target.execute(&delete_some(group, &mut random));
        source.execute(&delete_some(group, &mut random));
    }
    for table in tables.iter().flatten() {
        let name = &table.name;
        let missing = |db: &Db| -> String {
            let rows = db.query(&format!(
                "SELECT coalesce(string_agg(quote_literal(code), ', '), 'NULL') FROM {name}"
            ));
            rows[0][0].clone().unwrap()
        };
        // What neither side has is not in the truth; checked when all of it is gone.
        truth.execute(&format!("ALTER TABLE {name} DISABLE TRIGGER ALL; DELETE FROM {name} WHERE code NOT IN (SELECT unnest(ARRAY[{}, {}]::text[]) EXCEPT SELECT NULL); ALTER TABLE {name} ENABLE TRIGGER ALL;", missing(&source), missing(&target)));
        target.execute(&format!(
            "UPDATE {name} SET v = v + 100 WHERE code IN ({}) AND md5(concat(code, {})) < '8'",
            missing(&source),
            random.below(1000)
        ));
    }
    for group in &tables {
        permute(&truth, &target, group, true, &mut random);
        permute(&source, &target, group, false, &mut random);
    }
    // The target's foreign keys have no actions, so that nothing follows by itself.
    target.execute(
        "DO $$ DECLARE k record; BEGIN FOR k IN SELECT conrelid::regclass AS t, conname, pg_get_constraintdef(oid) AS def FROM pg_constraint WHERE contype = 'f' LOOP
           EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', k.t, k.conname, replace(k.def, 'ON UPDATE CASCADE ', '')); END LOOP; END $$;",
    );
    let all: Vec<Table> = tables.into_iter().flatten().collect();
    let script = script(&source.pg_dump(&["--data-only"]), options(&all));
    let run = psql(&target, "postgres", &script).expect_success();
    let recognised = run.stdout.split("\"recognised\": ").skip(1);
    let recognised = recognised.filter(|rest| !rest.starts_with('0')).count();
    assert!(recognised > GROUPS / 2, "{}", run.stdout);
    let expected = truth.snapshot();
    assert_eq!(expected.diff_rows(&target.snapshot()), [""; 0], "DUMPSERT_SEED={seed}");
    let before = target.row_versions();
    psql(&target, "postgres", &script).expect_success();
    assert_eq!(before, target.row_versions(), "a second run, DUMPSERT_SEED={seed}");
}

/// `DUMPSERT_SEED` is one of them, `DUMPSERT_CASES` how many; each is eight groups of tables.
#[test]
fn permuted_copies_merge_to_what_they_were_copied_from() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    match number("DUMPSERT_SEED") {
        Some(seed) => run(seed),
        None => (0..number("DUMPSERT_CASES").map_or(25, |cases| cases / GROUPS as u64)).for_each(run),
    }
}
