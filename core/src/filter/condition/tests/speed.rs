//! How long conditions take, for a release build: `cargo test --release … -- --ignored --nocapture speed`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use super::super::Condition;
use crate::catalog::Catalog;

#[test]
#[ignore = "a measurement"]
fn speed() {
    let schema =
        "CREATE TABLE public.t (id text, flag boolean, n integer, amount numeric, at timestamp with time zone);";
    let catalog = Catalog::from_schema_sql(schema).unwrap();
    let table = catalog.table("public", "t").unwrap();
    let mut list = String::from("id IN (");
    for i in 0..100 {
        write!(list, "{}'business-{i}'", if i > 0 { ", " } else { "" }).unwrap();
    }
    list.push(')');
    let texts: Vec<String> = (0..1000)
        .map(|i| format!("cm5x{i}qk0000v8l{}business-{}", i * 7, i % 200))
        .collect();
    let short: Vec<String> = (0..1000).map(|i| format!("business-{}", i % 200)).collect();
    let flags: Vec<String> = (0..1000)
        .map(|i| if i % 3 == 0 { "t" } else { "f" }.to_owned())
        .collect();
    let numbers: Vec<String> = (0..1000).map(|i| (i * 7919).to_string()).collect();
    let decimals: Vec<String> = (0..1000).map(|i| format!("{i}.{:02}", i % 100)).collect();
    let times: Vec<String> = (0..1000)
        .map(|i| format!("2024-01-{:02} 10:00:00.{i:03}+00", i % 28 + 1))
        .collect();
    for (sql, values) in [
        ("id LIKE 'demo-%'", &texts),
        ("id LIKE '%-demo-business%'", &texts),
        ("id LIKE '%_x_%'", &texts),
        ("id ILIKE '%-DEMO'", &texts),
        ("lower(id) = 'demo'", &texts),
        ("id = 'business-5'", &short),
        ("id ~ '-demo(-business)?$'", &texts),
        ("flag", &flags),
        ("n > 100000", &numbers),
        ("amount >= 99.5", &decimals),
        ("at < '2024-01-15 00:00:00+00'", &times),
        (list.as_str(), &short),
    ] {
        let condition = Condition::compile(sql, table, &catalog).unwrap();
        let (rounds, mut found) = (2000, 0_usize);
        let start = Instant::now();
        for _ in 0..rounds {
            for value in values {
                let answer = condition.evaluate(black_box(&[Some(value.as_bytes())])).unwrap();
                found += usize::from(answer == Some(true));
            }
        }
        let nanoseconds = start.elapsed().as_nanos() / (rounds * values.len() as u128);
        println!("{nanoseconds:4} ns  {}  ({found} true)", &sql[..sql.len().min(40)]);
    }
}
