//! Columns that are dropped: the script is that of a dump which never had them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod cases;

use cases::{Random, cut, run};
use dumpsert::{Catalog, Options, Plan, Style, Unknown};

const COLUMNS: [&str; 5] = ["id", "a", "b", "c", "d"];

/// The rows as INSERTs or as COPY, with these columns.
fn dump(rows: &[[String; 5]], columns: &[usize], copy: bool) -> String {
    let pick = |values: &[String; 5]| columns.iter().map(|&at| values[at].clone()).collect::<Vec<_>>();
    let names = columns.iter().map(|&at| COLUMNS[at]).collect::<Vec<_>>().join(", ");
    if !copy {
        let insert = |row| format!("INSERT INTO public.t ({names}) VALUES ({});\n", pick(row).join(", "));
        return rows.iter().map(insert).collect();
    }
    // Between quotes no value has anything that COPY would escape, but for the escapes that are there already.
    let field = |value: String| match value.as_str() {
        "NULL" => "\\N".to_owned(),
        value => value.trim_start_matches('B').trim_matches('\'').to_owned(),
    };
    let line = |row| pick(row).into_iter().map(field).collect::<Vec<_>>().join("\t") + "\n";
    let lines: String = rows.iter().map(line).collect();
    format!("COPY public.t ({names}) FROM stdin;\n{lines}\\.\n")
}

fn plan(style: Style, columns: &[usize]) -> Plan {
    let columns: Vec<String> = columns.iter().map(|&at| format!("{} text", COLUMNS[at])).collect();
    let schema = format!("CREATE TABLE t ({}, PRIMARY KEY (id));", columns.join(", "));
    let catalog = Catalog::from_schema_sql(schema).unwrap();
    let options = Options::new().with_style(style).with_unknown_columns(Unknown::Drop);
    options.with_catalog(catalog).unwrap().build().unwrap()
}

fn rows(random: &mut Random, length: usize) -> Vec<[String; 5]> {
    let long = format!("'{}'", "x\\\\y; ".repeat(length / 6));
    let bits = format!("B'{}'", "10".repeat(length / 2));
    let values = ["NULL", "''", "7", "'one'", "'a\\\\b'", &long, &bits];
    let mut row = |id: usize| {
        let mut value = || values[random.below(values.len())].to_owned();
        [format!("'{id}'"), value(), value(), value(), value()]
    };
    (0..6).map(&mut row).collect()
}

#[test]
fn the_script_is_that_of_a_dump_without_the_columns() {
    let mut random = Random::seeded();
    for length in [40, (1 << 20) + 100] {
        for kept in 0..15_usize {
            // The long rows take a few of the subsets.
            if length > 1000 && ![0, 5, 10, 14].contains(&kept) {
                continue;
            }
            let known: Vec<usize> = (0..5).filter(|at| *at == 0 || kept & (1 << (at - 1)) != 0).collect();
            let rows = rows(&mut random, length);
            for copy in [false, true] {
                // A long row is a statement of its own, though it be short without its columns.
                let styles = if length < 1000 {
                    &[Style::Rows, Style::Batches][..]
                } else {
                    &[Style::Rows]
                };
                for &style in styles {
                    let whole = dump(&rows, &[0, 1, 2, 3, 4], copy);
                    let chunks = cut(whole.as_bytes(), || random.chunk(length + 200));
                    let found = run(&plan(style, &known), chunks);
                    let expected = dump(&rows, &known, copy);
                    let expected = run(&plan(style, &known), [expected.as_bytes()]);
                    assert!(
                        found.script == expected.script,
                        "{style:?}, copy {copy}, {known:?}, {length}"
                    );
                    let report = found.result.unwrap();
                    let dropped: Vec<&str> = (0..5).filter(|at| !known.contains(at)).map(|at| COLUMNS[at]).collect();
                    assert_eq!(report.tables[0].columns_dropped, dropped);
                    assert_eq!(report.rows_kept(), 6);
                    assert!(expected.result.unwrap().tables[0].columns_dropped.is_empty());
                }
            }
        }
    }
}
