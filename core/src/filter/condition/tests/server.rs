//! Every operator on every type: what we say is what a server says.

use std::collections::BTreeMap;

use dumpsert_testkit::postgres::{Client, Row, SimpleQueryMessage};
use dumpsert_testkit::{Cluster, Db};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::super::Condition;
use super::tables::{FAMILIES, LITERALS, PATTERNS, PROLOGUE, REGEXES, UNARY};
use crate::catalog::{Catalog, Table};

/// Why a condition may be refused that the server takes: part of our message, and the reason.
#[rustfmt::skip]
const REFUSALS: &[(&str, &str)] = &[
    ("text has an order", "order by the source's locale"),
    ("may be nondeterministic", "equality of a user's collation"),
    ("rules of their own in the collation", "case in Turkic languages"),
    ("the order of the collation", "COLLATE of other collations"),
    ("COLLATE cannot be read here", "sqlparser does not read COLLATE behind a cast"),
    ("values of type", "types without exact comparison"),
    ("the text of type", "types whose text is not that of the dump"),
    ("syntax for type timestamp with time zone", "literals that depend on the session, or are not ISO"),
    ("syntax for type timestamp without time zone", "literals that depend on the session, or are not ISO"),
    ("syntax for type date", "literals that depend on the session, or are not ISO"),
    ("syntax for type time", "literals that depend on the session, or are not ISO"),
    ("depends on the time zone of the session", "moments with and without time zone"),
    ("syntax for type oid", "negative literals of oid"),
    ("a literal of type", "casts between other types"),
    ("the length of a literal", "calls on literals"),
    ("a cast ", "casts between other types"),
    ("types in ", "common types of rare mixtures"),
    ("and other types is not supported", "common types of rare mixtures"),
    ("operator does not exist: name", "operators on rare mixtures of text"),
    ("operator does not exist: citext", "operators on rare mixtures of text"),
    ("operator does not exist: character = ", "operators on rare mixtures of text"),
    ("operator does not exist: character < ", "operators on rare mixtures of text"),
    ("operator does not exist: character > ", "operators on rare mixtures of text"),
    ("operator does not exist: character <", "operators on rare mixtures of text"),
    ("operator does not exist: character >", "operators on rare mixtures of text"),
    ("operator does not exist: bytea ~~", "LIKE on bytea"),
    ("function lower(int4range)", "other functions"),
    ("function lower(unknown)", "calls on literals"),
    ("a pattern has to be a literal", "patterns from columns"),
    ("ends with its escape character", "patterns that fail on some values only"),
    ("is not ASCII", "letters beyond ASCII without regard to case"),
    ("known to the source's locale alone", "letters beyond ASCII without regard to case"),
    ("the regular expression", "regular expressions beyond the common part"),
    ("an operator is an operand", "operators without parentheses"),
    ("is a keyword", "keywords as functions"),
    ("is not supported in a condition", "other syntax"),
    ("ANY and ALL", "other syntax"),
    ("SIMILAR TO", "other syntax"),
    ("the condition ends before `ISNULL`", "other syntax"),
    ("Expected: AND, found: 5", "other syntax"),
    ("the text of a", "casts of results"),
];

/// Why a value may be refused that the server takes.
const VALUES: &[&str] = &["is not ASCII"];

struct World {
    client: Client,
    catalog: Catalog,
    columns: Vec<String>,
    /// Keys, and the columns as COPY writes them.
    rows: Vec<Vec<Option<String>>>,
}

/// Evaluates conditions, each by itself, on every row.
const ASK: &str = r"
CREATE FUNCTION public.ask(conditions text[], OUT answers boolean[], OUT error text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    condition text;
BEGIN
    FOREACH condition IN ARRAY conditions LOOP
        error := NULL;
        BEGIN
            EXECUTE 'SELECT array_agg((' || condition || E'\n) AND true ORDER BY key) FROM public.t' INTO answers;
        EXCEPTION WHEN OTHERS THEN
            error := SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $$;
";

/// What a condition says of each row.
type Answers = Vec<Option<bool>>;

impl World {
    fn new() -> Self {
        let db = database();
        let columns: Vec<_> = FAMILIES
            .iter()
            .map(|family| format!("{} {}", family.column, family.ty))
            .collect();
        let schema = format!("{PROLOGUE}CREATE TABLE public.t (key integer, {});", columns.join(", "));
        db.execute(&schema);
        let inserts: Vec<_> = (0..ROWS)
            .map(|row| format!("INSERT INTO public.t VALUES ({row}, {});", values(row)))
            .collect();
        db.execute(&inserts.concat());
        db.execute(ASK);
        let mut client = db.client();
        // As pg_dump sets them.
        let settings = "SET DateStyle = ISO; SET IntervalStyle = postgres; SET extra_float_digits = 3; SET TimeZone = 'Europe/Berlin'";
        client.batch_execute(settings).unwrap();
        let columns: Vec<_> = FAMILIES.iter().map(|family| family.column.to_owned()).collect();
        let rows = texts(&mut client, &columns.join(", "));
        Self {
            client,
            catalog: Catalog::from_schema_sql(schema).unwrap(),
            columns,
            rows,
        }
    }

    fn table(&self) -> &Table {
        self.catalog.table("public", "t").unwrap()
    }

    fn compile(&self, sql: &str) -> crate::Result<Condition> {
        Condition::compile(sql, self.table(), &self.catalog)
    }

    /// The server's answers to conditions, or its errors.
    fn ask(&mut self, conditions: &[String]) -> Vec<Result<Answers, String>> {
        let rows = self
            .client
            .query("SELECT answers, error FROM public.ask($1)", &[&conditions])
            .unwrap();
        let answers = |row: &Row| match row.get::<_, Option<String>>(1) {
            Some(error) => Err(error),
            None => Ok(row.get(0)),
        };
        rows.iter().map(answers).collect()
    }

    /// Our answer for a row, in the form of COPY or of INSERT.
    fn answer(&self, condition: &Condition, row: usize, insert: bool) -> crate::Result<Option<bool>> {
        let value = |name: &String| {
            let column = self.columns.iter().position(|own| own == name).unwrap();
            let text = self.rows[row][column].as_deref()?;
            let boolean = insert && matches!(FAMILIES[column].column, "b" | "dy");
            Some(match (boolean, text) {
                (true, "t") => "true",
                (true, "f") => "false",
                _ => text,
            })
        };
        let values: Vec<_> = condition.columns().iter().map(value).collect();
        let values: Vec<_> = values.iter().map(|value| value.map(str::as_bytes)).collect();
        condition.evaluate(&values)
    }
}

/// A database whose locale is not that of bytes, where the server can make one.
fn database() -> Db {
    let cluster = Cluster::shared();
    let db = cluster.create_unique("conditions");
    if cluster.major() < 15 {
        return db;
    }
    let name = cluster.unique_name("conditions_icu");
    db.execute(&format!(
        "CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' ENCODING UTF8"
    ));
    cluster.db(&name)
}

const ROWS: usize = 44;

/// The values of a row: in each column another order, now and then NULL.
fn values(row: usize) -> String {
    let value = |(place, family): (usize, &super::tables::Family)| {
        let length = family.values.len();
        match row % 11 == place % 11 {
            true => "NULL",
            false => family.values[(row + row / length * place) % length],
        }
    };
    let values: Vec<_> = FAMILIES.iter().enumerate().map(value).collect();
    values.join(", ")
}

/// The values of all rows as their types print them.
fn texts(client: &mut Client, list: &str) -> Vec<Vec<Option<String>>> {
    let messages = client
        .simple_query(&format!("SELECT {list} FROM public.t ORDER BY key"))
        .unwrap();
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect()),
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

/// Operators × columns × literals, and the rest. Of the operators, each pair of column and literal gets some in turn, all
/// of them with `DUMPSERT_CONDITIONS=all`.
fn conditions() -> Vec<(usize, String)> {
    let all = std::env::var("DUMPSERT_CONDITIONS").is_ok_and(|value| value == "all");
    let mut turn = 0_usize;
    let mut some = |operators: &[&'static str], count: usize| -> Vec<&'static str> {
        turn += 1;
        let count = if all { operators.len() } else { count };
        (0..count)
            .map(|i| operators[(turn + i * (operators.len() / count)) % operators.len()])
            .collect()
    };
    let mut conditions = Vec::new();
    let columns: Vec<_> = FAMILIES.iter().map(|family| family.column).collect();
    for (place, column) in columns.iter().enumerate() {
        let mut push = |condition: String| conditions.push((place, condition));
        for literal in LITERALS {
            for op in some(&["=", "<>", "<", ">=", "IS DISTINCT FROM"], 1) {
                push(format!("{column} {op} {literal}"));
            }
            for op in some(&["!=", ">", "<=", "IS NOT DISTINCT FROM"], 1) {
                push(format!("{literal} {op} {column}"));
            }
        }
        // Patterns have operators for text only; of the others a few show that.
        let is_text = ["text", "char", "name", "citext", "label", "loose", "strict"];
        let patterns = match is_text.iter().any(|ty| FAMILIES[place].ty.contains(ty)) {
            true => usize::MAX,
            false => 3,
        };
        for pattern in PATTERNS.iter().take(patterns) {
            for op in some(&["LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE"], 2) {
                push(format!("{column} {op} {pattern}"));
            }
        }
        for regex in REGEXES.iter().take(patterns) {
            for op in some(&["~", "!~*", "!~", "~*"], 2) {
                push(format!("{column} {op} {regex}"));
            }
        }
        UNARY
            .iter()
            .for_each(|condition| push(replace_column(condition, column)));
        for other in &columns {
            for op in some(&["=", "<", "IS DISTINCT FROM"], 1) {
                push(format!("{column} {op} {other}"));
            }
            push(format!("{column} IN ({other}, NULL)"));
            push(format!("coalesce({column}, {other}) = {column}"));
        }
    }
    conditions
}

/// The condition with the column for the word `v`.
fn replace_column(condition: &str, column: &str) -> String {
    let mut result = String::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '\\';
    let characters: Vec<_> = condition.chars().collect();
    for (i, &character) in characters.iter().enumerate() {
        let before = i.checked_sub(1).map_or(' ', |i| characters[i]);
        let after = characters.get(i + 1).copied().unwrap_or(' ');
        match character {
            'v' | 'V' if !is_word(before) && !is_word(after) => result.push_str(column),
            other => result.push(other),
        }
    }
    result
}

#[derive(Default)]
struct Tally {
    /// By column.
    compared: BTreeMap<usize, usize>,
    refused_by_both: usize,
    refused: BTreeMap<&'static str, Vec<String>>,
    values_refused: usize,
    failures: Vec<String>,
}

impl Tally {
    fn check(&mut self, world: &World, column: usize, sql: &str, theirs: Result<Answers, String>) {
        match (world.compile(sql), theirs) {
            (Err(_), Err(_)) => self.refused_by_both += 1,
            // Values that the server cannot convert.
            (Ok(condition), Err(error)) => {
                if (0..ROWS).all(|row| world.answer(&condition, row, false).is_ok()) {
                    self.failures.push(format!("{sql}: the server says {error}"));
                }
            }
            (Err(error), Ok(_)) => match REFUSALS.iter().find(|(part, _)| error.message().contains(part)) {
                Some((_, reason)) => self.refused.entry(*reason).or_default().push(sql.to_owned()),
                None => self.failures.push(format!("{sql}: refused: {error}")),
            },
            (Ok(condition), Ok(answers)) => {
                *self.compared.entry(column).or_default() += 1;
                for (row, expected) in answers.iter().enumerate() {
                    self.check_row(world, sql, &condition, row, *expected);
                }
            }
        }
    }

    fn check_row(&mut self, world: &World, sql: &str, condition: &Condition, row: usize, expected: Option<bool>) {
        for insert in [false, true] {
            match world.answer(condition, row, insert) {
                Ok(got) if got == expected => {}
                Ok(got) => self
                    .failures
                    .push(format!("{sql}: row {row}: {got:?}, the server: {expected:?}")),
                Err(error) if VALUES.iter().any(|why| error.message().contains(why)) => self.values_refused += 1,
                Err(error) => self.failures.push(format!("{sql}: row {row}: {error}")),
            }
        }
    }

    fn print(&self) {
        let (compared, refused) = (self.compared.values().sum::<usize>(), self.refused());
        println!(
            "{compared} compared, {} refused by both, {refused} by us alone, {} values refused",
            self.refused_by_both, self.values_refused
        );
        for (reason, list) in &self.refused {
            println!("{:6} {reason}, such as {}", list.len(), list[list.len() / 2]);
        }
        for (column, compared) in &self.compared {
            println!("{compared:6} compared of {}", FAMILIES[*column].ty);
        }
    }

    fn refused(&self) -> usize {
        self.refused.values().map(Vec::len).sum()
    }
}

#[test]
fn every_operator_on_every_type_says_what_the_server_says() {
    let mut world = World::new();
    let mut tally = Tally::default();
    for some in conditions().chunks(500) {
        let texts: Vec<_> = some.iter().map(|(_, sql)| sql.clone()).collect();
        for ((column, sql), theirs) in some.iter().zip(world.ask(&texts)) {
            tally.check(&world, *column, sql, theirs);
        }
    }
    tally.print();
    let failures = &tally.failures;
    let shown = failures[..failures.len().min(40)].join("\n");
    assert!(failures.is_empty(), "{} failures:\n{shown}", failures.len());
    // What is refused must not be all: most of what the server takes is compared, of every type that can be.
    let compared: usize = tally.compared.values().sum();
    assert!(compared > 2 * tally.refused(), "{compared} compared");
    for (column, compared) in &tally.compared {
        let family = &FAMILIES[*column];
        let least = if OPAQUE.contains(&family.column) { 5 } else { 40 };
        assert!(*compared >= least, "{} of {}", compared, family.ty);
    }
    for (part, reason) in REFUSALS {
        assert!(tally.refused.contains_key(reason), "{part} is never met");
    }
}

/// Columns of types that are not compared, and of domains over enums.
const OPAQUE: &[&str] = &["df", "j", "jb", "ar", "ip", "iv", "mo", "xm", "rg"];

/// Conditions and what they are made of.
#[derive(Clone, Debug)]
enum Tree {
    Leaf(usize),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Is(Box<Tree>, &'static str),
    Equal(Box<Tree>, Box<Tree>),
    Coalesce(Box<Tree>, Box<Tree>),
}

impl Tree {
    fn sql(&self, leaves: &[String]) -> String {
        let joined = |trees: &[Tree], by: &str| {
            let parts: Vec<_> = trees.iter().map(|tree| format!("({})", tree.sql(leaves))).collect();
            parts.join(by)
        };
        match self {
            Self::Leaf(which) => leaves[which % leaves.len()].clone(),
            Self::Not(tree) => format!("NOT ({})", tree.sql(leaves)),
            Self::And(trees) => joined(trees, " AND "),
            Self::Or(trees) => joined(trees, " OR "),
            Self::Is(tree, what) => format!("({}) {what}", tree.sql(leaves)),
            Self::Equal(left, right) => format!("({}) = ({})", left.sql(leaves), right.sql(leaves)),
            Self::Coalesce(left, right) => format!("coalesce({}, {})", left.sql(leaves), right.sql(leaves)),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = (0..100_000_usize).prop_map(Tree::Leaf);
    let is = prop::sample::select(vec![
        "IS TRUE",
        "IS NOT FALSE",
        "IS UNKNOWN",
        "IS NOT NULL",
        "IS DISTINCT FROM true",
    ]);
    leaf.prop_recursive(5, 24, 4, move |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(Tree::Not),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::Or),
            (boxed(), is.clone()).prop_map(|(tree, what)| Tree::Is(tree, what)),
            (boxed(), boxed()).prop_map(|(left, right)| Tree::Equal(left, right)),
            (boxed(), boxed()).prop_map(|(left, right)| Tree::Coalesce(left, right)),
        ]
    })
}

#[test]
fn whatever_is_made_of_conditions_says_what_the_server_says() {
    let world = World::new();
    // Those that the server takes are told by compiling: the other test sees to it that there are no others.
    let is_whole = |sql: &String| !sql.contains("--") && world.compile(sql).is_ok();
    let leaves: Vec<_> = conditions().into_iter().map(|(_, sql)| sql).filter(is_whole).collect();
    let world = std::cell::RefCell::new(world);
    let cases = std::env::var("PROPTEST_CASES").map_or(300, |cases| cases.parse().unwrap());
    let evaluated = std::cell::Cell::new(0_usize);
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
    .run(&trees(), |tree| {
        let sql = tree.sql(&leaves);
        let mut world = world.borrow_mut();
        let condition = world
            .compile(&sql)
            .map_err(|error| TestCaseError::fail(format!("{sql}: {error}")))?;
        // Values that the server cannot convert.
        let Some(Ok(answers)) = world.ask(std::slice::from_ref(&sql)).pop() else {
            return Err(TestCaseError::reject("the server stops"));
        };
        for (row, expected) in answers.iter().enumerate() {
            if let Ok(got) = world.answer(&condition, row, row % 2 == 0) {
                evaluated.set(evaluated.get() + 1);
                prop_assert_eq!(got, *expected, "{} in row {}", sql, row);
            }
        }
        Ok(())
    })
    .unwrap();
    let evaluated = evaluated.get();
    println!("{evaluated} rows compared, {} leaves", leaves.len());
    assert!(
        evaluated > ROWS * usize::try_from(cases).unwrap() / 2,
        "{evaluated} rows compared"
    );
}
