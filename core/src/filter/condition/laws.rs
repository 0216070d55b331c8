//! Laws of three-valued logic that hold for any condition on any row; for tests and fuzzing.

use super::Condition;
use crate::catalog::Catalog;

/// Compiles two conditions on a table of many types and checks on one row that negation, `AND`, `OR` and `IS` do what
/// three-valued logic says. False if one of them does not compile.
///
/// # Panics
/// If a law does not hold.
pub(crate) fn check_laws(first: &str, second: &str, values: &[Option<&[u8]>]) -> bool {
    const SCHEMA: &str = "CREATE TYPE public.feeling AS ENUM ('sad', 'ok');
        CREATE TABLE public.t (id text, flag boolean, n integer, amount numeric, at timestamp with time zone, data bytea,
            mood public.feeling);";
    let Ok(catalog) = Catalog::from_schema_sql(SCHEMA) else {
        return false;
    };
    let Some(table) = catalog.table("public", "t") else {
        return false;
    };
    // None for an error. A line feed ends a comment.
    let answer = |sql: String| {
        let condition = Condition::compile(&sql, table, &catalog).ok()?;
        let place = |name: &String| table.columns.iter().position(|column| column.name == *name);
        let value = |name| place(name).and_then(|place| values.get(place).copied()).flatten();
        let row: Vec<_> = condition.columns().iter().map(value).collect();
        Some(condition.evaluate(&row).ok())
    };
    let (Some(a), Some(b)) = (answer(format!("({first}\n)")), answer(format!("({second}\n)"))) else {
        return false;
    };
    let and = match (a, b) {
        (Some(Some(false)), _) | (_, Some(Some(false))) => Some(Some(false)),
        (Some(a), Some(b)) => Some(a.and(b)),
        _ => None,
    };
    let not = |value: Option<Option<bool>>| value.map(|value| value.map(|value| !value));
    for (sql, expected) in [
        (format!("({first}\n) AND ({second}\n)"), and),
        (format!("NOT (NOT ({first}\n) OR NOT ({second}\n))"), and),
        (format!("NOT ({first}\n)"), not(a)),
        (format!("({first}\n) IS TRUE"), a.map(|a| Some(a == Some(true)))),
        (format!("({first}\n) IS NOT UNKNOWN"), a.map(|a| Some(a.is_some()))),
    ] {
        // What is nested too deep by now is no condition any more.
        if let Some(got) = answer(sql.clone()) {
            assert_eq!(got, expected, "{sql} on {values:?}");
        }
    }
    true
}
