//! The slow oracle: reads a whole dump character by character and lets sqlparser read whole statements. It shares no
//! code with the engine and is written to be obviously right instead of fast.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Expr, Ident, Insert, ObjectName, ObjectNamePart, OnConflictAction,
    OnInsert, SetExpr, Statement, TableObject, Value,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// A row as both sides see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Upsert {
    pub(crate) table: Vec<String>,
    pub(crate) columns: Vec<String>,
    /// The literals as text; a string is its value behind a quote.
    pub(crate) values: Vec<String>,
    pub(crate) overriding: bool,
    /// The columns of `ON CONFLICT (…)` and those that are set to their own `EXCLUDED` value.
    pub(crate) conflict: Conflict,
}

type Conflict = (Vec<String>, Vec<String>);

/// Splits SQL at each `;` that ends a statement, character by character; joined again the pieces are the text.
pub(crate) fn split(sql: &str) -> Vec<String> {
    let chars: Vec<char> = sql.chars().collect();
    let mut statements = vec![String::new()];
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        match chars[at] {
            quote @ ('\'' | '"') => at = skip_quoted(&chars, at, quote),
            '-' if chars.get(at + 1) == Some(&'-') => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            _ => at += 1,
        }
        let ended = start + 1 == at && chars[start] == ';';
        statements.last_mut().unwrap().extend(&chars[start..at]);
        if ended {
            statements.push(String::new());
        }
    }
    statements
}

/// Behind the quote that is not doubled.
fn skip_quoted(chars: &[char], mut at: usize, quote: char) -> usize {
    at += 1;
    while at < chars.len() {
        if chars[at] == quote {
            if chars.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    at
}

/// The `INSERT`s of a dump with the clause that an upsert by the column `id` has; one for every row.
pub(crate) fn upserts_of_dump(dump: &str) -> Vec<Upsert> {
    let mut upserts = Vec::new();
    for insert in inserts(dump) {
        let set = insert
            .columns
            .iter()
            .map(name)
            .filter(|column| column != "id")
            .collect();
        let conflict = (vec!["id".to_owned()], set);
        upserts.extend(rows(&insert, &conflict));
    }
    // The script always says so: the target may need it where the source did not.
    for upsert in &mut upserts {
        upsert.overriding = true;
    }
    // Without quotes it would be the integer 0, and a floating-point column would lose its sign.
    for value in upserts
        .iter_mut()
        .flat_map(|upsert| &mut upsert.values)
        .filter(|value| *value == "-0")
    {
        *value = "'-0".to_owned();
    }
    upserts
}

/// The `INSERT`s of a script, one for every row.
pub(crate) fn upserts_of_script(script: &str) -> Vec<Upsert> {
    inserts(script)
        .iter()
        .flat_map(|insert| {
            assert_eq!(insert.table_alias.as_ref().unwrap().alias.value, "_t");
            rows(insert, &conflict(insert))
        })
        .collect()
}

fn conflict(insert: &Insert) -> Conflict {
    let Some(OnInsert::OnConflict(clause)) = &insert.on else {
        panic!("no conflict clause: {insert}")
    };
    let Some(ConflictTarget::Columns(target)) = &clause.conflict_target else {
        panic!("no target: {insert}")
    };
    let target = target.iter().map(|column| column.value.clone()).collect();
    let set = match &clause.action {
        OnConflictAction::DoNothing => Vec::new(),
        OnConflictAction::DoUpdate(update) => {
            assert!(update.selection.is_none(), "{insert}");
            update.assignments.iter().map(assigned).collect()
        }
    };
    (target, set)
}

/// The column of `SET "column" = EXCLUDED."column"`.
fn assigned(assignment: &Assignment) -> String {
    let (AssignmentTarget::ColumnName(target), Expr::CompoundIdentifier(value)) =
        (&assignment.target, &assignment.value)
    else {
        panic!("{assignment}")
    };
    let target = name(target);
    assert_eq!(value.len(), 2);
    assert_eq!((value[0].value.as_str(), &value[1].value), ("EXCLUDED", &target));
    target
}

/// sqlparser does not know `OVERRIDING SYSTEM VALUE`; it is cut out, outside of quotes, and remembered.
fn inserts(sql: &str) -> Vec<Insert> {
    const OVERRIDING: &str = "OVERRIDING SYSTEM VALUE ";
    let mut inserts = Vec::new();
    for statement in split(sql) {
        let mut text = statement.trim_start();
        while text.starts_with("--") {
            text = text.split_once('\n').map_or("", |(_, after)| after.trim_start());
        }
        if !text.starts_with("INSERT INTO ") {
            continue;
        }
        let overriding = outside_of_quotes(text, OVERRIDING);
        let plain = match overriding {
            Some(at) => format!("{}{}", &text[..at], &text[at + OVERRIDING.len()..]),
            None => text.to_owned(),
        };
        let mut parsed =
            Parser::parse_sql(&PostgreSqlDialect {}, &plain).unwrap_or_else(|error| panic!("{error}: {plain}"));
        assert_eq!(parsed.len(), 1, "{plain}");
        match parsed.pop() {
            Some(Statement::Insert(mut insert)) => {
                insert.replace_into = overriding.is_some();
                inserts.push(insert);
            }
            other => panic!("{other:?}"),
        }
    }
    inserts
}

fn outside_of_quotes(text: &str, wanted: &str) -> Option<usize> {
    let mut quote = None;
    for (at, char) in text.char_indices() {
        match quote {
            None if text[at..].starts_with(wanted) => return Some(at),
            None if char == '\'' || char == '"' => quote = Some(char),
            Some(open) if char == open => quote = None,
            _ => {}
        }
    }
    None
}

fn rows(insert: &Insert, conflict: &Conflict) -> Vec<Upsert> {
    let TableObject::TableName(table) = &insert.table else {
        panic!("{insert}")
    };
    let Some(SetExpr::Values(values)) = insert.source.as_ref().map(|query| query.body.as_ref()) else {
        panic!("no rows: {insert}")
    };
    let row = |values: &Vec<Expr>| Upsert {
        table: table.0.iter().map(part).collect(),
        columns: insert.columns.iter().map(name).collect(),
        values: values.iter().map(literal).collect(),
        overriding: insert.replace_into,
        conflict: conflict.clone(),
    };
    values.rows.iter().map(|values| row(values)).collect()
}

fn literal(expression: &Expr) -> String {
    match expression {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => format!("'{text}"),
            other => other.to_string(),
        },
        Expr::UnaryOp { .. } | Expr::Identifier(_) => expression.to_string(),
        other => panic!("not a literal: {other:?}"),
    }
}

fn name(name: &ObjectName) -> String {
    assert_eq!(name.0.len(), 1);
    part(&name.0[0])
}

fn part(part: &ObjectNamePart) -> String {
    match part {
        ObjectNamePart::Identifier(Ident {
            value,
            quote_style: Some(_),
            ..
        }) => value.clone(),
        ObjectNamePart::Identifier(Ident { value, .. }) => value.to_lowercase(),
        other => panic!("{other}"),
    }
}
