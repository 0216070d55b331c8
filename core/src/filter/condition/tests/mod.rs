mod server;
mod speed;
mod tables;
mod texts;

use super::*;

fn catalog() -> Catalog {
    Catalog::from_schema_sql(
        r#"CREATE TYPE public.mood AS ENUM ('sad', 'ok', 'happy');
           CREATE TABLE public.t (id text NOT NULL, "isDemo" boolean, n integer, at timestamp with time zone, m public.mood);"#,
    )
    .unwrap()
}

fn compile(sql: &str) -> Result<Condition> {
    let catalog = catalog();
    Condition::compile(sql, catalog.table("public", "t").unwrap(), &catalog)
}

#[test]
fn columns_are_asked_for_once_in_the_order_of_their_use() {
    let condition = compile(r#"n > 3 OR "isDemo" OR id LIKE 'demo-%' OR n IS NULL"#).unwrap();
    assert_eq!(condition.columns(), ["n", "isDemo", "id"]);
    let evaluate = |values: &[Option<&[u8]>]| condition.evaluate(values).unwrap();
    assert_eq!(evaluate(&[Some(b"1"), Some(b"t"), Some(b"x")]), Some(true));
    assert_eq!(evaluate(&[Some(b"1"), Some(b"false"), Some(b"x")]), Some(false));
    assert_eq!(evaluate(&[Some(b"1"), None, Some(b"x")]), None);
    assert_eq!(evaluate(&[Some(b"1"), None, Some(b"demo-1")]), Some(true));
}

#[test]
fn errors_name_place_and_remedy() {
    for (sql, message, hint) in [
        (
            "isdemo",
            "the table public.t has no column isdemo, at line 1, column 1 of the condition",
            "did you mean \"isDemo\"?",
        ),
        (
            "id = 5",
            "operator does not exist: text = integer",
            "put the literal in quotes",
        ),
        ("n = 'abc'", "invalid input syntax for type integer: \"abc\"", ""),
        (
            "m = 'hapy'",
            "invalid input value for enum public.mood: \"hapy\"",
            "did you mean happy?",
        ),
        (
            "id < 'a'",
            "text has an order (<) that depends on the source's locale",
            "write COLLATE \"C\" behind the operand",
        ),
        ("id", "a condition must be of type boolean, not of type text", ""),
        (
            "n = 1 = \"isDemo\"",
            "an operator is an operand of another one, at line 1, column 1 of the condition",
            "put the operand in parentheses",
        ),
        (
            "\n id = user",
            "user is a keyword, at line 2, column 7 of the condition",
            "write \"user\" if it is a column",
        ),
        (
            "n = 1 n",
            "the condition ends before `n`, at line 1, column 7 of the condition",
            "",
        ),
    ] {
        let error = compile(sql).unwrap_err();
        assert_eq!(
            (error.message(), error.hint().unwrap_or_default()),
            (message, hint),
            "{sql}"
        );
        assert_eq!(error.category(), crate::Category::Config);
    }
}

#[test]
fn values_that_cannot_be_evaluated_are_errors_unless_something_else_decides() {
    let condition = compile("id ILIKE 'a%' OR n = 1").unwrap();
    // The sign of kelvin is a small k in some locales.
    assert_eq!(
        condition.evaluate(&[Some("\u{212a}".as_bytes()), Some(b"1")]).unwrap(),
        Some(true)
    );
    let error = condition
        .evaluate(&[Some("\u{212a}".as_bytes()), Some(b"2")])
        .unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Condition);
    assert!(error.message().contains("of the column id is not ASCII"), "{error}");
    assert!(
        condition.evaluate(&[Some(b"a")]).is_ok(),
        "decided before the missing value"
    );
    assert_eq!(
        condition.evaluate(&[Some(b"b"), Some(b"x")]).unwrap_err().kind(),
        crate::ErrorKind::Condition
    );
}

#[test]
fn letters_beyond_ascii_are_none_of_an_ascii_pattern() {
    for (sql, text, expected) in [
        ("id ILIKE '%demo%'", "東京 DEMO é", Some(true)),
        ("id ILIKE '%demo%'", "東京 é", Some(false)),
        ("id ILIKE 'd_mo'", "DÉMO", Some(true)),
        ("lower(id) = 'demo'", "DÉMO", Some(false)),
        ("lower(id) LIKE '%demo'", "Ü-Demo", Some(true)),
        ("upper(id) IN ('A', 'B')", "ä", Some(false)),
        ("lower(upper(id)) <> 'demo'", "Ärger", Some(true)),
        ("coalesce(lower(id), 'x') IS DISTINCT FROM 'demo'", "é", Some(true)),
        ("id ~* '^demo.*x$'", "Demo é X", Some(true)),
        ("lower(id) = 'demo'", "\u{130}", None),
        ("upper(id) = 'SS'", "ß", None),
        ("upper(id) LIKE '_'", "\u{fb03}", None),
        ("lower(id) = 'é'", "É", None),
        ("length(lower(id)) = 1", "É", None),
    ] {
        let condition = compile(sql).unwrap();
        let columns = condition.columns().len();
        let values = vec![Some(text.as_bytes()); columns];
        assert_eq!(condition.evaluate(&values).unwrap_or(None), expected, "{sql}: {text}");
    }
}

#[test]
fn deep_and_long_conditions_end_with_an_error() {
    for (sql, accepted) in [
        (format!("{}true{}", "(".repeat(10), ")".repeat(10)), true),
        (format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000)), false),
        (format!("{}true", "NOT ".repeat(100_000)), false),
        (format!("true{}", " OR true".repeat(400)), true),
        (format!("true{}", " OR true".repeat(100_000)), false),
        (format!("true{}", " IS TRUE".repeat(400)), false),
        (format!("n = 1{}", " - 1".repeat(100_000)), false),
        (format!("n = {}1", "-".repeat(100_000)), false),
        (format!("n = 1{}", "::text".repeat(900)), false),
        (format!("n IN (1{})", ", -1".repeat(100_000)), true),
        (format!("id IN ('x'{})", ", 'a'".repeat(300_000)), false),
        (format!("id ~ '{}'", "(".repeat(10_000)), false),
        (format!("n = 1e{}", "9".repeat(1000)), false),
    ] {
        assert_eq!(compile(&sql).is_ok(), accepted, "{}", &sql[..40]);
    }
}
