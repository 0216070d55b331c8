//! Whatever is written as a condition, and whatever stands in a row: an answer or an error, and the laws of logic hold.

use proptest::prelude::*;

use super::super::laws::check_laws;
use super::tables::{LITERALS, PATTERNS, REGEXES, UNARY};

/// Words that conditions are made of, in any order.
fn words() -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    let keywords = vec![
        "(", ")", ",", "AND", "OR", "NOT", "IS", "NULL", "TRUE", "UNKNOWN", "DISTINCT FROM", "IN (", "BETWEEN", "LIKE", "ILIKE", "ESCAPE", "~", "~*", "!~", "=", "<>", "<", ">=", "::", "::text",
        "COLLATE \"C\"", "lower(", "length(", "coalesce(", "CAST(", "AS", "text", "-", "+", "$1", "'", "\"", "--", "/*", "id", "flag", "n", "amount", "at", "data", "mood", "E'", "B'01'", ".", "[", "]", ";", "é",
    ];
    let word = prop_oneof![
        4 => prop::sample::select(keywords),
        2 => prop::sample::select([LITERALS, PATTERNS, REGEXES].concat()),
    ];
    prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
}

/// A supported condition, or one nearly so, on one of the columns.
fn conditions() -> impl Strategy<Value = String> {
    let column = prop::sample::select(vec!["id", "flag", "n", "amount", "at", "data", "mood"]);
    let unary = (column.clone(), prop::sample::select(UNARY)).prop_map(|(column, sql)| sql.replace("v", column));
    let op = prop::sample::select(vec!["=", "<", "LIKE", "~", "~*", "ILIKE", "IS DISTINCT FROM"]);
    let literal = prop::sample::select([LITERALS, PATTERNS, REGEXES].concat());
    let binary = (column, op, literal).prop_map(|(column, op, literal)| format!("{column} {op} {literal}"));
    prop_oneof![unary, binary, words(), "\\PC{0,40}"]
}

fn values() -> impl Strategy<Value = Vec<Option<Vec<u8>>>> {
    let texts = vec![
        "",
        "a",
        "A",
        "t",
        "false",
        "0",
        "-1",
        "1.50",
        "NaN",
        "2024-01-01 00:00:00+00",
        "\\x00ff",
        "sad",
        "é",
        "demo-1",
        "infinity",
    ];
    let value = prop_oneof![
        prop::sample::select(texts).prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..6),
        "[-0-9:. +BC]{0,24}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(prop::option::weighted(0.9, value), 7)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn any_text_is_a_condition_or_an_error(sql in conditions(), other in conditions(), values in values()) {
        let values: Vec<_> = values.iter().map(Option::as_deref).collect();
        check_laws(&sql, &other, &values);
    }
}

#[test]
fn the_laws_are_checked_on_conditions_that_compile() {
    let values: [Option<&[u8]>; 7] = [
        Some(b"demo-1"),
        None,
        Some(b"1"),
        Some(b"1.5"),
        None,
        Some(b"\\x00"),
        Some(b"ok"),
    ];
    assert!(check_laws("id LIKE 'demo-%'", "flag OR n = 1", &values));
    assert!(!check_laws("id LIKE", "flag", &values));
}
