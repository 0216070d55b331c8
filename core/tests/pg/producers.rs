//! Small dumps in the manner of the programs that people use: what each gives in each style, run twice on a server.
//! `testdata/producers/README.md` says what is where.

use std::path::PathBuf;

use dumpsert::{Catalog, Options, Report, Style};
use dumpsert_testkit::{Cluster, Db, testdata};
use serde_json::{Value, json};

use crate::support::{psql, try_script};

const STYLES: [(&str, Style); 3] = [
    ("rows", Style::Rows),
    ("batches", Style::Batches),
    ("staged", Style::Staged),
];

fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(testdata("producers")).unwrap();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// All that the dumps are about, one line a row.
fn state(db: &Db) -> String {
    let mut lines = Vec::new();
    for table in ["users", "orders", "schema_migrations"] {
        for row in db.query(&format!("SELECT t.*::text FROM public.{table} AS t ORDER BY 1")) {
            let row: Vec<String> = row.into_iter().map(Option::unwrap_or_default).collect();
            lines.push(format!("{table}|{}", row.join("|")));
        }
    }
    // Drawn from a copy, so that the state is as it was.
    for sequence in ["users_id_seq", "orders_id_seq"] {
        let next = db.value(&format!(
            "SELECT last_value + is_called::integer FROM public.{sequence}"
        ));
        lines.push(format!("{sequence}|{}", next.unwrap()));
    }
    lines.join("\n") + "\n"
}

/// What of a report does not hang on the length of texts.
fn facts(report: &Report) -> Value {
    let tables: serde_json::Map<String, Value> = report
        .tables
        .iter()
        .map(|table| {
            let facts = json!({ "kept": table.rows_kept, "left_out": table.left_out, "key": table.key });
            (table.table.clone(), facts)
        })
        .collect();
    let warnings: Vec<&str> = report.warnings.iter().map(|warning| warning.message.as_str()).collect();
    json!({ "tables": tables, "skipped": report.skipped, "sequences": report.sequences, "warnings": warnings })
}

/// With `DUMPSERT_BLESS=1` the reports are written down instead of compared; read the difference before you commit it.
#[test]
fn every_producer_in_every_style() {
    let schema = std::fs::read_to_string(testdata("producers/schema.sql")).unwrap();
    let expected = std::fs::read_to_string(testdata("producers/expected.txt")).unwrap();
    let template = Cluster::shared().create_unique("producers");
    template.execute(&schema);
    let bless = std::env::var_os("DUMPSERT_BLESS").is_some();
    let folders = folders();
    assert!(folders.len() >= 15, "the corpus is not there");
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let dump = std::fs::read(folder.join("dump.sql")).unwrap();
        let mut reports = serde_json::Map::new();
        for (label, style) in STYLES {
            let mut options = Options::new().with_style(style);
            if style != Style::Staged {
                options = options
                    .with_catalog(Catalog::from_schema_sql(&schema).unwrap())
                    .unwrap();
            }
            let (script, result) = try_script(&dump, options);
            let report = result.unwrap_or_else(|error| panic!("{name}, {label}: {error}"));
            reports.insert(label.to_owned(), facts(&report));
            let target = Cluster::shared().copy_of(&template);
            let run = psql(&target, "postgres", &script);
            run.expect_success();
            assert_eq!(state(&target), expected, "{name}, {label}");
            let before = target.snapshot();
            psql(&target, "postgres", &script).expect_success();
            assert_eq!(before.diff(&target.snapshot()), Vec::<String>::new(), "{name}, {label}");
            target.drop();
        }
        let text = serde_json::to_string_pretty(&Value::Object(reports)).unwrap() + "\n";
        let file = folder.join("expected.json");
        if bless {
            std::fs::write(&file, &text).unwrap();
        }
        assert_eq!(text, std::fs::read_to_string(&file).unwrap_or_default(), "{name}");
    }
    template.drop();
}

/// Every dump that makes its tables needs no catalog, and every other one takes its column `id` for the key.
#[test]
fn every_producer_without_a_schema() {
    for folder in folders() {
        let dump = std::fs::read(folder.join("dump.sql")).unwrap();
        for (label, style) in STYLES {
            let (_, result) = try_script(&dump, Options::new().with_style(style));
            result.unwrap_or_else(|error| panic!("{}, {label}: {error}", folder.display()));
        }
    }
}
