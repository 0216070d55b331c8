//! Random schemas with foreign keys of every kind, and random rows that fulfil them.

use std::fmt::Write as _;

use crate::support::Random;

/// The type of a key and those that may reference it.
#[derive(Clone, Copy, PartialEq)]
enum KeyType {
    Int,
    Big,
    Text,
    Blank,
    Uuid,
    Numeric,
    /// `(integer, text)`.
    Pair,
}

impl KeyType {
    fn columns(self, prefix: &str) -> Vec<String> {
        match self {
            Self::Pair => vec![format!("{prefix}_a"), format!("{prefix}_b")],
            _ => vec![prefix.to_owned()],
        }
    }

    /// The types of the columns, of the key itself or of a column that references it.
    fn types(self, random: &mut Random, is_key: bool) -> Vec<&'static str> {
        let other = if is_key { 0 } else { random.below(2) };
        match self {
            Self::Int => vec![["integer", "bigint"][other]],
            Self::Big => vec![["bigint", "integer"][other]],
            Self::Text => vec![["text", "character varying(40)"][other]],
            Self::Blank => vec![["character(6)", "character(9)"][other]],
            Self::Uuid => vec!["uuid"],
            Self::Numeric => vec![["numeric", "numeric(12,3)"][other]],
            Self::Pair => vec![["integer", "bigint"][other], "text"],
        }
    }

    /// The values of the key of a row, as SQL literals.
    fn values(self, row: usize, random: &mut Random) -> Vec<String> {
        const ODD: [&str; 5] = ["it''s", "a\\b", "tab\there", "x;y--", "ünï"];
        let number = row as i64 * if row.is_multiple_of(5) { -1 } else { 1 };
        let text = format!("'{}{row}'", ODD[random.below(ODD.len())]);
        match self {
            Self::Int | Self::Big => vec![number.to_string()],
            Self::Text => vec![text],
            Self::Blank => vec![format!("'k{row}'")],
            Self::Uuid => vec![format!("'a0eebc99-9c0b-4ef8-bb6d-{row:012x}'")],
            Self::Numeric => vec![format!("{row}.{}", ["5", "50", "500", "0"][row % 4])],
            Self::Pair => vec![number.to_string(), text],
        }
    }
}

struct Key {
    columns: Vec<String>,
    kind: KeyType,
    /// The values of each row; none with a NULL.
    rows: Vec<Option<Vec<String>>>,
}

struct Table {
    name: String,
    primary: Key,
    /// A unique key beside the primary one.
    unique: Option<Key>,
    /// Whether the unique key is itself a foreign key, and may become NULL.
    unique_changes: bool,
    partitions: usize,
    /// Definitions of columns, and of what each row has in them.
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One schema with its rows.
pub(super) struct Case {
    /// Makes schema and rows, but no foreign keys.
    pub(super) tables: String,
    pub(super) foreign_keys: String,
    /// The same foreign keys, such that PostgreSQL deletes where it would refuse to.
    pub(super) yielding: String,
    /// Tables and conditions.
    pub(super) rules: Vec<(String, String)>,
}

const CONDITIONS: [&str; 6] = [
    "flag",
    "n < 3",
    "n IN (1, 4, 7) OR v IS NULL",
    "v LIKE 'a%'",
    "NOT flag AND n BETWEEN 2 AND 4",
    "v = 'b''c' OR n IS NULL AND flag IS NOT FALSE",
];

impl Case {
    pub(super) fn random(schema: &str, random: &mut Random) -> Self {
        let mut tables: Vec<Table> = (0..2 + random.below(6)).map(|number| table(number, random)).collect();
        let (mut foreign_keys, mut yielding) = (String::new(), String::new());
        for at in 0..tables.len() {
            if tables[at].unique_changes {
                changing_unique(&mut tables, at, schema, random, &mut foreign_keys, &mut yielding);
                continue;
            }
            for number in 0..random.below(4) {
                let (source, copy) = foreign_key(&mut tables, at, number, schema, random);
                foreign_keys.push_str(&source);
                yielding.push_str(&copy);
            }
        }
        let candidates: Vec<&Table> = tables.iter().filter(|table| !table.unique_changes).collect();
        let rules = (0..1 + random.below(2)).filter_map(|_| {
            let table = candidates.get(random.below(candidates.len().max(1)))?;
            let condition = CONDITIONS[random.below(CONDITIONS.len())];
            Some((format!("{schema}.{}", table.name), condition.to_owned()))
        });
        let rules = rules.collect();
        let mut sql = format!("CREATE SCHEMA {schema};\n");
        for table in &mut tables {
            random.shuffle(&mut table.rows);
            table.create(schema, &mut sql);
        }
        Self {
            tables: sql,
            foreign_keys,
            yielding,
            rules,
        }
    }
}

fn table(number: usize, random: &mut Random) -> Table {
    use KeyType::{Big, Blank, Int, Numeric, Pair, Text, Uuid};
    // Names in another order than that of the foreign keys: full dumps sort by name.
    let name = format!("t{}_{number}", random.below(9));
    let kind = [Int, Int, Big, Text, Text, Blank, Uuid, Numeric, Pair][random.below(9)];
    let rows = random.below(25);
    let mut columns: Vec<String> = Vec::new();
    let key_columns = kind.columns("id");
    for (column, type_name) in key_columns.iter().zip(kind.types(random, true)) {
        columns.push(format!("{column} {type_name} NOT NULL"));
    }
    columns.extend(["n integer", "v text", "flag boolean"].map(str::to_owned));
    let mut values: Vec<Vec<String>> = Vec::new();
    let mut key = Key {
        columns: key_columns,
        kind,
        rows: Vec::new(),
    };
    for row in 0..rows {
        let own = kind.values(row, random);
        key.rows.push(Some(own.clone()));
        let mut row: Vec<String> = own;
        row.push(["NULL", "1", "2", "3", "4", "7"][random.below(6)].to_owned());
        row.push(["NULL", "'a'", "'ab'", "'b''c'", "'x\\y'"][random.below(5)].to_owned());
        row.push(["NULL", "true", "false", "false", "false"][random.below(5)].to_owned());
        values.push(row);
    }
    let partitions = if random.below(5) == 0 { 1 + random.below(3) } else { 0 };
    let mut table = Table {
        name,
        primary: key,
        unique: None,
        unique_changes: false,
        partitions,
        columns,
        rows: values,
    };
    if partitions == 0 && random.below(3) == 0 {
        table.unique_changes = random.below(3) == 0;
        if !table.unique_changes {
            table.add_unique(random);
        }
    }
    table
}

impl Table {
    /// A unique key with own values, some of them NULL.
    fn add_unique(&mut self, random: &mut Random) {
        self.columns.push("u text UNIQUE".to_owned());
        let mut unique = Key {
            columns: vec!["u".to_owned()],
            kind: KeyType::Text,
            rows: Vec::new(),
        };
        for (number, row) in self.rows.iter_mut().enumerate() {
            let value = (random.below(5) > 0).then(|| format!("'u{number}'"));
            row.push(value.clone().unwrap_or_else(|| "NULL".to_owned()));
            unique.rows.push(value.map(|value| vec![value]));
        }
        self.unique = Some(unique);
    }

    fn create(&self, schema: &str, sql: &mut String) {
        let name = format!("{schema}.{}", self.name);
        let key = self.primary.columns.join(", ");
        let columns = self.columns.join(", ");
        let partitioned = if self.partitions > 0 {
            format!(" PARTITION BY HASH ({key})")
        } else {
            String::new()
        };
        writeln!(
            sql,
            "CREATE TABLE {name} ({columns}, PRIMARY KEY ({key})){partitioned};"
        )
        .unwrap();
        for part in 0..self.partitions {
            let modulus = self.partitions;
            writeln!(
                sql,
                "CREATE TABLE {name}_p{part} PARTITION OF {name} FOR VALUES WITH (MODULUS {modulus}, REMAINDER {part});"
            )
            .unwrap();
        }
        for row in &self.rows {
            writeln!(sql, "INSERT INTO {name} VALUES ({});", row.join(", ")).unwrap();
        }
    }
}

/// Makes the unique key of a table a foreign key that becomes NULL when the referenced row goes: what references the
/// unique key has to follow.
fn changing_unique(
    tables: &mut [Table],
    at: usize,
    schema: &str,
    random: &mut Random,
    foreign_keys: &mut String,
    yielding: &mut String,
) {
    let parents: Vec<usize> = (0..tables.len())
        .filter(|&parent| {
            parent != at && tables[parent].primary.kind == KeyType::Text && !tables[parent].unique_changes
        })
        .collect();
    let Some(&parent) = parents.get(random.below(parents.len().max(1))) else {
        tables[at].unique_changes = false;
        return tables[at].add_unique(random);
    };
    let mut values: Vec<Vec<String>> = tables[parent].primary.rows.iter().flatten().cloned().collect();
    random.shuffle(&mut values);
    let parent_name = format!("{schema}.{}", tables[parent].name);
    let table = &mut tables[at];
    table.columns.push("u text UNIQUE".to_owned());
    let mut unique = Key {
        columns: vec!["u".to_owned()],
        kind: KeyType::Text,
        rows: Vec::new(),
    };
    for row in &mut table.rows {
        let value = values.pop().filter(|_| random.below(4) > 0);
        row.push(value.as_ref().map_or("NULL".to_owned(), |value| value[0].clone()));
        unique.rows.push(value);
    }
    table.unique = Some(unique);
    let sql = format!(
        "ALTER TABLE {schema}.{} ADD CONSTRAINT changes FOREIGN KEY (u) REFERENCES {parent_name} (id) ON DELETE SET NULL;\n",
        table.name
    );
    foreign_keys.push_str(&sql);
    yielding.push_str(&sql);
}

/// Adds a random foreign key to a table; returns it as it is and as it yields.
fn foreign_key(tables: &mut [Table], at: usize, number: usize, schema: &str, random: &mut Random) -> (String, String) {
    let parent = random.below(tables.len());
    let parent_name = format!("{schema}.{}", tables[parent].name);
    let references_unique = tables[parent].unique.is_some() && random.below(2) == 0;
    let changes = references_unique && tables[parent].unique_changes;
    let key = match &tables[parent].unique {
        Some(unique) if references_unique => unique,
        _ => &tables[parent].primary,
    };
    let keys: Vec<Vec<String>> = key.rows.iter().flatten().cloned().collect();
    let (kind, referenced) = (key.kind, key.columns.join(", "));
    // What a change makes NULL must take it; a table without a row to reference must do without.
    let is_nullable = changes || keys.is_empty() || random.below(5) < 3;
    let columns = kind.columns(&format!("f{number}"));
    let default = keys
        .get(random.below(keys.len().max(1)))
        .filter(|_| random.below(2) == 0)
        .cloned();
    let table = &mut tables[at];
    for (place, (column, type_name)) in columns.iter().zip(kind.types(random, false)).enumerate() {
        let null = if is_nullable { "" } else { " NOT NULL" };
        let default = default
            .as_ref()
            .map_or(String::new(), |values| format!(" DEFAULT {}", values[place]));
        table.columns.push(format!("{column} {type_name}{default}{null}"));
    }
    for row in &mut table.rows {
        match keys
            .get(random.below(keys.len().max(1)))
            .filter(|_| !is_nullable || random.below(4) > 0)
        {
            Some(values) => row.extend(values.iter().cloned()),
            None => row.extend(columns.iter().map(|_| "NULL".to_owned())),
        }
    }
    let only_last = kind == KeyType::Pair && random.below(3) == 0;
    let action = [
        "NO ACTION",
        "RESTRICT",
        "CASCADE",
        "CASCADE",
        "SET NULL",
        "SET NULL",
        "SET DEFAULT",
    ][random.below(7)];
    let set_columns = if action == "SET NULL" && only_last {
        format!(" ({})", columns[1])
    } else {
        String::new()
    };
    let becomes_null = action == "SET NULL" || action == "SET DEFAULT" && default.is_none();
    let is_full = kind == KeyType::Pair && random.below(2) == 0;
    // A key of MATCH FULL that would become NULL in part keeps its parent.
    let is_half_null = is_full && !set_columns.is_empty();
    let yields = match action {
        "NO ACTION" | "RESTRICT" => true,
        _ => becomes_null && !is_nullable || is_half_null,
    };
    let matching = if is_full { " MATCH FULL" } else { "" };
    let update = if changes {
        ["CASCADE", "SET NULL"][random.below(2)]
    } else {
        ["NO ACTION", "CASCADE"][random.below(2)]
    };
    let sql = |action: &str| {
        format!(
            "ALTER TABLE {schema}.{} ADD CONSTRAINT f{number} FOREIGN KEY ({}) REFERENCES {parent_name} ({referenced}){matching} \
             ON UPDATE {update} ON DELETE {action};\n",
            table.name,
            columns.join(", ")
        )
    };
    let source = sql(&format!("{action}{set_columns}"));
    let copy = if yields { sql("CASCADE") } else { source.clone() };
    (source, copy)
}
