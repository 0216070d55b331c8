//! Random schemas: keys, unique keys and foreign keys of every kind, and the constraints and triggers that watch them.

use std::fmt::Write as _;

use crate::support::Random;

/// A value of any column: a number, or NULL. What it looks like is its column's affair.
pub(super) type Value = Option<u32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Int,
    Big,
    Text,
    Uuid,
    Date,
    Numeric,
    Flag,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Int => "integer",
            Self::Big => "bigint",
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Numeric => "numeric",
            Self::Flag => "boolean",
        }
    }

    /// A value as PostgreSQL prints it.
    pub(super) fn text(self, value: u32) -> String {
        match self {
            Self::Int | Self::Big => value.to_string(),
            // Two spellings of one word, for `lower`.
            Self::Text => format!("{}{}", ["w", "W"][value as usize % 2], value / 2),
            Self::Uuid => format!("a0eebc99-9c0b-4ef8-bb6d-{value:012x}"),
            Self::Date => format!("2024-{:02}-{:02}", 1 + value / 28 % 12, 1 + value % 28),
            Self::Numeric => format!("{value}.50"),
            Self::Flag => ["f", "t"][value as usize % 2].to_owned(),
        }
    }

    fn literal(self, value: u32) -> String {
        format!("'{}'", self.text(value))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Type,
    pub(super) is_nullable: bool,
    /// What is declared: a NOT NULL generated column forbids NULL as well.
    declared_nullable: bool,
    pub(super) default: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UniqueKind {
    Plain,
    Deferrable,
    /// `WHERE flag`.
    Partial,
    /// `lower(…)` of the last column.
    Lower,
    /// Of a generated column that is `lower(…)` of the only column.
    Generated,
    /// `NULLS NOT DISTINCT`.
    NotDistinct,
}

#[derive(Debug, Clone)]
pub(super) struct Unique {
    pub(super) columns: Vec<usize>,
    pub(super) kind: UniqueKind,
}

impl Unique {
    pub(super) fn is_immediate(&self) -> bool {
        self.kind != UniqueKind::Deferrable
    }

    /// Whether a foreign key may reference it.
    fn is_key(&self) -> bool {
        matches!(self.kind, UniqueKind::Plain | UniqueKind::NotDistinct)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl Action {
    fn sql(self) -> &'static str {
        match self {
            Self::Nothing => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    pub(super) fn writes(self) -> bool {
        matches!(self, Self::Cascade | Self::SetNull | Self::SetDefault)
    }
}

#[derive(Debug, Clone)]
pub(super) struct ForeignKey {
    pub(super) columns: Vec<usize>,
    pub(super) parent: usize,
    /// The place of the referenced unique key in its table; the primary key otherwise, which never changes.
    pub(super) unique: Option<usize>,
    pub(super) on_update: Action,
    on_delete: Action,
    pub(super) is_deferrable: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    /// Types of the key's columns, each of which has the number of the row.
    key: Vec<Type>,
    pub(super) columns: Vec<Column>,
    pub(super) uniques: Vec<Unique>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    /// `CHECK (column IS NOT NULL OR v IS NOT NULL)`.
    pub(super) check: Option<usize>,
    /// The column `l` is the partition key, part of every unique key, and a function of the row's number.
    pub(super) is_partitioned: bool,
    has_trigger: bool,
}

/// The columns that every table has.
pub(super) const V: usize = 0;
pub(super) const FLAG: usize = 1;
const OWN_COLUMNS: usize = 2;

#[derive(Debug, Clone)]
pub(super) struct Schema {
    pub(super) name: String,
    pub(super) tables: Vec<Table>,
}

const TYPES: [Type; 7] = [
    Type::Int,
    Type::Int,
    Type::Text,
    Type::Text,
    Type::Uuid,
    Type::Date,
    Type::Numeric,
];

impl Schema {
    pub(super) fn random(name: &str, major: u32, random: &mut Random) -> Self {
        let count = 2 + random.below(4);
        let mut tables: Vec<Table> = (0..count).map(|number| Table::random(number, major, random)).collect();
        for at in 0..count {
            for _ in 0..[0, 1, 1, 2, 2, 3][random.below(6)].max(usize::from(at + 1 == count)) {
                add_foreign_key(&mut tables, at, random);
            }
        }
        Self {
            name: name.to_owned(),
            tables,
        }
    }

    pub(super) fn table_name(&self, table: usize) -> String {
        format!("{}.{}", self.name, self.tables[table].name)
    }

    /// Makes the tables, without foreign keys and triggers.
    pub(super) fn create(&self) -> String {
        let mut sql = format!("CREATE SCHEMA {};\n", self.name);
        writeln!(
            sql,
            "CREATE TABLE {0}.fired (n integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
             CREATE FUNCTION {0}.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO {0}.fired (what) VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN NEW; END $$;",
            self.name
        )
        .unwrap();
        for table in &self.tables {
            table.create(&self.name, &mut sql);
        }
        sql
    }

    /// Adds foreign keys and triggers.
    pub(super) fn finish(&self) -> String {
        let mut sql = String::new();
        for (at, table) in self.tables.iter().enumerate() {
            let name = self.table_name(at);
            for (number, key) in table.foreign_keys.iter().enumerate() {
                let parent = &self.tables[key.parent];
                let referenced = match key.unique {
                    Some(unique) => parent.column_names(&parent.uniques[unique].columns),
                    None => parent.key_names(),
                };
                writeln!(
                    sql,
                    "ALTER TABLE {name} ADD CONSTRAINT f{number} FOREIGN KEY ({}) REFERENCES {} ({referenced}) ON UPDATE {} ON DELETE {}{};",
                    table.column_names(&key.columns),
                    self.table_name(key.parent),
                    key.on_update.sql(),
                    key.on_delete.sql(),
                    if key.is_deferrable { " DEFERRABLE" } else { "" }
                )
                .unwrap();
            }
            if table.has_trigger {
                writeln!(
                    sql,
                    "CREATE TRIGGER fire AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {}.fire();",
                    self.name
                )
                .unwrap();
            }
        }
        sql
    }
}

impl Table {
    fn random(number: usize, major: u32, random: &mut Random) -> Self {
        let is_partitioned = random.below(5) == 0;
        let mut key = match random.below(7) {
            0 => vec![Type::Big],
            1 => vec![Type::Text],
            2 => vec![Type::Uuid],
            3 => vec![Type::Numeric],
            4 => vec![Type::Int, Type::Text],
            _ => vec![Type::Int],
        };
        if is_partitioned {
            key.truncate(1);
        }
        let column = |name: &str, kind, is_nullable| Column {
            name: name.to_owned(),
            kind,
            is_nullable,
            declared_nullable: is_nullable,
            default: None,
        };
        let mut table = Self {
            name: format!("t{}_{number}", random.below(9)),
            key,
            columns: vec![column("v", Type::Text, true), column("flag", Type::Flag, false)],
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            check: None,
            is_partitioned,
            has_trigger: random.below(3) == 0,
        };
        if is_partitioned {
            table.columns.push(column("l", Type::Int, false));
        }
        for _ in 0..[1, 1, 1, 2, 2, 3][random.below(6)] {
            table.add_unique(major, random);
        }
        table
    }

    fn add_column(&mut self, name: String, kind: Type, is_nullable: bool) -> usize {
        self.columns.push(Column {
            name,
            kind,
            is_nullable,
            declared_nullable: is_nullable,
            default: None,
        });
        self.columns.len() - 1
    }

    /// A unique key over a column of its own, or over one that has such a key already.
    fn add_unique(&mut self, major: u32, random: &mut Random) {
        use UniqueKind::{Deferrable, Generated, Lower, NotDistinct, Partial, Plain};
        let number = self.uniques.len();
        let mut kind = [
            Plain,
            Plain,
            Plain,
            Plain,
            Deferrable,
            Partial,
            Lower,
            Generated,
            NotDistinct,
        ][random.below(9)];
        if major < 15 && kind == NotDistinct || self.is_partitioned && matches!(kind, Lower | Generated) {
            kind = Plain;
        }
        let shared = self
            .uniques
            .last()
            .and_then(|last| last.columns.last().copied())
            .filter(|_| random.below(4) == 0);
        let is_composite = self.is_partitioned || kind != Generated && random.below(3) == 0;
        let mut columns = Vec::new();
        if self.is_partitioned {
            columns.push(OWN_COLUMNS);
        } else if is_composite {
            columns.push(self.add_column(format!("l{number}"), Type::Int, false));
        }
        let is_nullable = random.below(3) == 0;
        columns.push(match shared {
            Some(shared) if !matches!(kind, Lower | Generated) || self.columns[shared].kind == Type::Text => shared,
            _ => {
                let kind = if matches!(kind, Lower | Generated) {
                    Type::Text
                } else {
                    TYPES[random.below(TYPES.len())]
                };
                self.add_column(format!("u{number}"), kind, is_nullable)
            }
        });
        let last = columns[columns.len() - 1];
        if kind == Generated {
            self.columns[last].is_nullable = false;
        }
        if self.columns[last].is_nullable && self.check.is_none() && random.below(3) == 0 {
            self.check = Some(last);
        }
        self.uniques.push(Unique { columns, kind });
    }

    pub(super) fn key_names(&self) -> String {
        let names = ["id", "id_b"].iter().take(self.key.len()).copied();
        let names: Vec<&str> = names.chain(self.is_partitioned.then_some("l")).collect();
        names.join(", ")
    }

    pub(super) fn column_names(&self, columns: &[usize]) -> String {
        columns
            .iter()
            .map(|&column| self.columns[column].name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The names of all columns that a dump has, the key first.
    pub(super) fn dumped_names(&self) -> Vec<String> {
        let key = ["id", "id_b"].iter().take(self.key.len()).map(|&name| name.to_owned());
        key.chain(self.columns.iter().map(|column| column.name.clone()))
            .collect()
    }

    /// The texts of a row in the order of [`Table::dumped_names`].
    pub(super) fn texts(&self, id: u32, row: &[Value]) -> Vec<Option<String>> {
        let key = self.key.iter().map(|kind| Some(kind.text(id)));
        let columns = self.columns.iter().zip(row);
        key.chain(columns.map(|(column, value)| value.map(|value| column.kind.text(value))))
            .collect()
    }

    /// The text of the first column of a row's key, which tells it from others.
    pub(super) fn key_text(&self, id: u32) -> String {
        self.key[0].text(id)
    }

    /// The number of the partition, which is a function of the row's.
    pub(super) fn partition(id: u32) -> u32 {
        id % 3
    }

    /// The column that the partition key is, if there is one.
    pub(super) fn partition_column(&self) -> Option<usize> {
        self.is_partitioned.then_some(OWN_COLUMNS)
    }

    fn create(&self, schema: &str, sql: &mut String) {
        let name = format!("{schema}.{}", self.name);
        let mut parts: Vec<String> = ["id", "id_b"]
            .iter()
            .zip(&self.key)
            .map(|(name, kind)| format!("{name} {}", kind.name()))
            .collect();
        for column in &self.columns {
            let null = if column.declared_nullable { "" } else { " NOT NULL" };
            let default = column.default.map_or(String::new(), |value| {
                format!(" DEFAULT {}", column.kind.literal(value))
            });
            let check = if column.kind == Type::Int {
                format!(" CHECK ({} >= 0)", column.name)
            } else {
                String::new()
            };
            parts.push(format!("{} {}{default}{null}{check}", column.name, column.kind.name()));
        }
        parts.push(format!("PRIMARY KEY ({})", self.key_names()));
        if let Some(column) = self.check {
            parts.push(format!(
                "CHECK ({} IS NOT NULL OR v IS NOT NULL)",
                self.columns[column].name
            ));
        }
        let mut indexes = String::new();
        for (number, unique) in self.uniques.iter().enumerate() {
            let columns = self.column_names(&unique.columns);
            match unique.kind {
                UniqueKind::Plain => parts.push(format!("UNIQUE ({columns})")),
                UniqueKind::Deferrable => parts.push(format!("UNIQUE ({columns}) DEFERRABLE")),
                UniqueKind::NotDistinct => parts.push(format!("UNIQUE NULLS NOT DISTINCT ({columns})")),
                UniqueKind::Partial => {
                    writeln!(indexes, "CREATE UNIQUE INDEX ON {name} ({columns}) WHERE flag;").unwrap()
                }
                UniqueKind::Lower => {
                    let (last, first) = unique.columns.split_last().unwrap();
                    let first: String = first
                        .iter()
                        .map(|&column| format!("{}, ", self.columns[column].name))
                        .collect();
                    writeln!(
                        indexes,
                        "CREATE UNIQUE INDEX ON {name} ({first}lower({}));",
                        self.columns[*last].name
                    )
                    .unwrap();
                }
                UniqueKind::Generated => {
                    parts.push(format!(
                        "g{number} text NOT NULL GENERATED ALWAYS AS (lower({columns})) STORED UNIQUE"
                    ));
                }
            }
        }
        let partitioned = if self.is_partitioned {
            " PARTITION BY LIST (l)"
        } else {
            ""
        };
        writeln!(sql, "CREATE TABLE {name} ({}){partitioned};", parts.join(", ")).unwrap();
        if self.is_partitioned {
            writeln!(sql, "CREATE TABLE {name}_0 PARTITION OF {name} FOR VALUES IN (0);\nCREATE TABLE {name}_1 PARTITION OF {name} FOR VALUES IN (1);\nCREATE TABLE {name}_d PARTITION OF {name} DEFAULT;").unwrap();
        }
        sql.push_str(&indexes);
    }

    /// INSERT statements for rows.
    pub(super) fn inserts<'a>(&self, name: &str, rows: impl Iterator<Item = (u32, &'a Vec<Value>)>) -> Vec<String> {
        let columns = self.dumped_names().join(", ");
        rows.map(|(id, row)| {
            let values: Vec<String> = self
                .texts(id, row)
                .into_iter()
                .map(|text| text.map_or("NULL".to_owned(), |text| format!("'{text}'")))
                .collect();
            format!("INSERT INTO {name} ({columns}) VALUES ({});\n", values.join(", "))
        })
        .collect()
    }
}

fn add_foreign_key(tables: &mut [Table], at: usize, random: &mut Random) {
    let number = tables[at].foreign_keys.len();
    // Unique keys that are foreign keys themselves are referenced from later tables only, so that values can be chosen in order.
    let candidates = |parent: usize| -> Vec<usize> {
        let table = &tables[parent];
        let is_candidate = |unique: &Unique| {
            let is_reference = unique.columns.iter().any(|column| table.is_reference(*column));
            unique.is_key() && (!is_reference || parent < at)
        };
        (0..table.uniques.len())
            .filter(|&unique| is_candidate(&table.uniques[unique]))
            .collect()
    };
    // Rather a table that has more than its primary key to be referenced by.
    let mut parent = random.below(tables.len());
    for _ in 0..3 {
        if candidates(parent).is_empty() {
            parent = random.below(tables.len());
        }
    }
    let candidates = candidates(parent);
    let unique = candidates
        .get(random.below(candidates.len().max(1)))
        .copied()
        .filter(|_| random.below(8) > 0);
    let kinds: Vec<Type> = match unique {
        Some(unique) => tables[parent].uniques[unique]
            .columns
            .iter()
            .map(|&column| tables[parent].columns[column].kind)
            .collect(),
        None => {
            let key = tables[parent].key.iter().copied();
            key.chain(tables[parent].is_partitioned.then_some(Type::Int)).collect()
        }
    };
    let is_nullable = random.below(3) > 0;
    let default = (random.below(3) > 0).then(|| random.below(4) as u32);
    let table = &mut tables[at];
    let columns: Vec<usize> = kinds
        .iter()
        .enumerate()
        .map(|(place, &kind)| {
            let column = table.add_column(format!("f{number}_{place}"), kind, is_nullable);
            table.columns[column].default = default;
            column
        })
        .collect();
    if !table.is_partitioned && random.below(5) == 0 {
        table.uniques.push(Unique {
            columns: columns.clone(),
            kind: UniqueKind::Plain,
        });
    }
    if is_nullable && table.check.is_none() && random.below(6) == 0 {
        table.check = columns.first().copied();
    }
    use Action::{Cascade, Nothing, Restrict, SetDefault, SetNull};
    const ACTIONS: [Action; 9] = [
        Cascade, Cascade, Cascade, Cascade, SetNull, SetNull, SetDefault, Nothing, Restrict,
    ];
    let key = ForeignKey {
        columns,
        parent,
        unique,
        on_update: ACTIONS[random.below(ACTIONS.len())],
        on_delete: ACTIONS[random.below(ACTIONS.len())],
        is_deferrable: random.below(5) == 0,
    };
    table.foreign_keys.push(key);
}

impl Table {
    /// Whether a column is one of a foreign key.
    pub(super) fn is_reference(&self, column: usize) -> bool {
        self.foreign_keys.iter().any(|key| key.columns.contains(&column))
    }
}
