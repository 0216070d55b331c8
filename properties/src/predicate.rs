//! A condition made of the bytes of the input leaves out the rows for which a naive evaluator says true; and any text is
//! a condition or an error.

use std::fmt;

use dumpsert::{Catalog, Options, Plan, Style, convert_str};

use crate::source::Source;

const SCHEMA: &str = "CREATE TABLE public.t (id integer NOT NULL, n bigint, s text COLLATE \"C\", b boolean);
ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);";

/// A row as the naive evaluator sees it.
struct Row {
    n: Option<i64>,
    s: Option<String>,
    b: Option<bool>,
}

/// A condition, to be printed as SQL and to be evaluated by what the manual says of each operator.
enum Condition {
    Number(&'static str, i64),
    Text(&'static str, String),
    Like(bool, String),
    In(bool, Vec<i64>),
    Between(i64, i64),
    IsNull(&'static str, bool),
    Bool(Option<&'static str>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

const OPERATORS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

impl Condition {
    fn new(source: &mut Source<'_>, depth: u8) -> Self {
        let kind = if depth == 0 { source.below(7) } else { source.below(10) };
        match kind {
            0 => Self::Number(source.choice(&OPERATORS), number(source)),
            1 => Self::Text(source.choice(&OPERATORS), word(source)),
            2 => Self::Like(source.one_in(2), pattern(source)),
            3 => Self::In(
                source.one_in(2),
                (0..=source.below(3)).map(|_| number(source)).collect(),
            ),
            4 => Self::Between(number(source), number(source)),
            5 => Self::IsNull(source.choice(&["n", "s", "b"]), source.one_in(2)),
            6 => Self::Bool(source.choice(&[
                None,
                Some("IS TRUE"),
                Some("IS NOT TRUE"),
                Some("IS FALSE"),
                Some("IS NOT FALSE"),
            ])),
            7 => Self::And(Self::boxed(source, depth), Self::boxed(source, depth)),
            8 => Self::Or(Self::boxed(source, depth), Self::boxed(source, depth)),
            _ => Self::Not(Self::boxed(source, depth)),
        }
    }

    fn boxed(source: &mut Source<'_>, depth: u8) -> Box<Self> {
        Box::new(Self::new(source, depth - 1))
    }

    fn evaluate(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Number(operator, value) => row.n.map(|n| compare(operator, n.cmp(value))),
            Self::Text(operator, value) => row
                .s
                .as_ref()
                .map(|s| compare(operator, s.as_bytes().cmp(value.as_bytes()))),
            Self::Like(not, pattern) => {
                let pattern: Vec<char> = pattern.chars().collect();
                row.s
                    .as_ref()
                    .map(|s| like(&s.chars().collect::<Vec<_>>(), &pattern) != *not)
            }
            Self::In(not, list) => row.n.map(|n| list.contains(&n) != *not),
            Self::Between(low, high) => row.n.map(|n| *low <= n && n <= *high),
            Self::IsNull(column, not) => {
                let is_null = match *column {
                    "n" => row.n.is_none(),
                    "s" => row.s.is_none(),
                    _ => row.b.is_none(),
                };
                Some(is_null != *not)
            }
            Self::Bool(None) => row.b,
            Self::Bool(Some(test)) => Some(match *test {
                "IS TRUE" => row.b == Some(true),
                "IS NOT TRUE" => row.b != Some(true),
                "IS FALSE" => row.b == Some(false),
                _ => row.b != Some(false),
            }),
            Self::And(a, b) => match (a.evaluate(row), b.evaluate(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.evaluate(row), b.evaluate(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(a) => a.evaluate(row).map(|value| !value),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |not: &bool| if *not { "NOT " } else { "" };
        match self {
            Self::Number(operator, value) => write!(f, "n {operator} {value}"),
            Self::Text(operator, value) => write!(f, "s {operator} {}", quoted(value)),
            Self::Like(is_not, pattern) => write!(f, "s {}LIKE {}", not(is_not), quoted(pattern)),
            Self::In(is_not, list) => {
                let list: Vec<String> = list.iter().map(i64::to_string).collect();
                write!(f, "n {}IN ({})", not(is_not), list.join(", "))
            }
            Self::Between(low, high) => write!(f, "n BETWEEN {low} AND {high}"),
            Self::IsNull(column, is_not) => write!(f, "{column} IS {}NULL", not(is_not)),
            Self::Bool(None) => f.write_str("b"),
            Self::Bool(Some(test)) => write!(f, "b {test}"),
            Self::And(a, b) => write!(f, "({a} AND {b})"),
            Self::Or(a, b) => write!(f, "({a} OR {b})"),
            Self::Not(a) => write!(f, "NOT ({a})"),
        }
    }
}

fn compare(operator: &str, order: std::cmp::Ordering) -> bool {
    match operator {
        "=" => order.is_eq(),
        "<>" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// `%` is any text, `_` one character, and a backslash takes away the meaning of the next one.
fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|at| like(&text[at..], rest)),
        ['_', rest @ ..] => !text.is_empty() && like(&text[1..], rest),
        ['\\', wanted, rest @ ..] | [wanted, rest @ ..] => text.first() == Some(wanted) && like(&text[1..], rest),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn number(source: &mut Source<'_>) -> i64 {
    match source.below(5) {
        0 => i64::MAX,
        1 => i64::MIN + 1,
        _ => i64::from(source.below(7)) - 3,
    }
}

fn word(source: &mut Source<'_>) -> String {
    (0..source.below(4))
        .map(|_| source.choice(&['a', 'b', 'A', '%', '_', '\'', 'é', ' ']))
        .collect()
}

fn pattern(source: &mut Source<'_>) -> String {
    (0..source.below(6))
        .map(|_| source.choice(&["a", "b", "%", "_", "\\%", "\\_", "é", "'"]))
        .collect()
}

fn row(source: &mut Source<'_>) -> Row {
    let is_there = |source: &mut Source<'_>| !source.one_in(4);
    Row {
        n: is_there(source).then(|| number(source)),
        s: is_there(source).then(|| word(source)),
        b: is_there(source).then(|| source.one_in(2)),
    }
}

fn plan(condition: &str) -> dumpsert::Result<Plan> {
    Options::new()
        .with_style(Style::Rows)
        .with_catalog(Catalog::from_schema_sql(SCHEMA)?)?
        .with_excluded_rows_of("public.t", condition)?
        .build()
}

/// Conditions say what a naive evaluator says. The first byte decides whether the rest is a condition as it stands.
pub fn predicate(input: &[u8]) {
    let mut source = Source(input);
    if source.one_in(4) {
        let text = String::from_utf8_lossy(source.0);
        if let Ok(plan) = plan(&text) {
            // Its answer is not known here; it must be one.
            let _ = convert_str("INSERT INTO public.t (id, n, s, b) VALUES (1, 2, 'x', NULL);\n", &plan);
        }
        return;
    }
    let condition = Condition::new(&mut source, 4);
    let sql = condition.to_string();
    let plan = plan(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let rows: Vec<Row> = (0..4).map(|_| row(&mut source)).collect();
    let mut dump = String::new();
    let mut kept = 0;
    for (id, row) in rows.iter().enumerate() {
        let null = || "NULL".to_owned();
        let n = row.n.map_or_else(null, |n| n.to_string());
        let s = row.s.as_deref().map_or_else(null, quoted);
        let b = row.b.map_or_else(null, |b| b.to_string());
        dump.push_str(&format!(
            "INSERT INTO public.t (id, n, s, b) VALUES ({id}, {n}, {s}, {b});\n"
        ));
        kept += usize::from(condition.evaluate(row) != Some(true));
    }
    let script = convert_str(&dump, &plan).unwrap_or_else(|error| panic!("{error}: {sql}\n{dump}"));
    assert_eq!(
        script.matches("\nINSERT INTO \"public\".\"t\" ").count(),
        kept,
        "{sql}\n{dump}"
    );
}
