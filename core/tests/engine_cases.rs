//! Every case of the corpus: the script or the error that is written down there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test"
)]

mod cases;

use cases::{ABORT, Case, Fault, Outcome, normalise, run};
use serde_json::{Value, json};

/// The outcome as it is written down: `bytes_written` counts the fixed parts too, so it is left out.
fn written_down(outcome: &Outcome) -> Value {
    match &outcome.result {
        Ok(report) => {
            let mut report = serde_json::to_value(report).unwrap();
            report.as_object_mut().unwrap().remove("bytes_written").unwrap();
            json!({ "report": report })
        }
        Err(fault) => json!({ "error": fault.facts }),
    }
}

fn outcome(case: &Case) -> Outcome {
    match case.plan() {
        Ok(plan) => run(&plan, [case.dump.as_slice()]),
        Err(error) => Outcome {
            script: Vec::new(),
            result: Err(Fault::from(error)),
        },
    }
}

/// With `DUMPSERT_BLESS=1` what comes out is written down instead of compared; read the difference before you commit it.
#[test]
fn corpus() {
    let bless = std::env::var_os("DUMPSERT_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in Case::all() {
        let outcome = outcome(&case);
        let mut result = serde_json::to_string_pretty(&written_down(&outcome)).unwrap();
        result.push('\n');
        let script = if outcome.script.is_empty() {
            Vec::new()
        } else {
            normalise(&outcome.script)
        };
        let (sql, json) = (case.folder.join("expected.sql"), case.folder.join("expected.json"));
        if bless {
            std::fs::write(json, result).unwrap();
            // What a failed script has before its end is not worth writing down: it fails.
            if outcome.result.is_ok() {
                std::fs::write(sql, script).unwrap();
            } else if sql.exists() {
                std::fs::remove_file(sql).unwrap();
            }
            continue;
        }
        if result.as_bytes() != std::fs::read(json).unwrap_or_default() {
            wrong.push(format!("{}: {result}", case.name));
        }
        if outcome.result.is_ok() && script != std::fs::read(sql).unwrap_or_default() {
            wrong.push(format!("{}: {}", case.name, String::from_utf8_lossy(&script)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever was written before an error, the script fails and does not commit.
#[test]
fn failed_scripts_fail() {
    let mut failed = 0;
    for case in Case::all() {
        let outcome = outcome(&case);
        let Err(fault) = &outcome.result else { continue };
        failed += 1;
        if outcome.script.is_empty() {
            assert_eq!(fault.facts["category"], "config", "{}", case.name);
            continue;
        }
        let script = String::from_utf8_lossy(&outcome.script);
        let (before, abort) = script.rsplit_once(ABORT).expect(&case.name);
        assert!(
            before.starts_with("\\if true \\set ON_ERROR_STOP on\n"),
            "{}",
            case.name
        );
        assert!(abort.ends_with("END\n$dumpsert$;\n"), "{}", case.name);
        // The reason is quoted there; what it quotes of the dump must not get out of its literal.
        let message = abort.strip_prefix(",\n    MESSAGE = '").unwrap();
        let (message, rest) = message.split_once('\'').unwrap();
        assert_eq!(rest, ";\nEND\n$dumpsert$;\n", "{}: {message}", case.name);
        assert!(
            message
                .bytes()
                .all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\' && byte != b'$'),
            "{}: {message}",
            case.name
        );
        for epilogue_or_commit in [cases::fixed("epilogue.sql"), "\nCOMMIT;\n\\echo".to_owned()] {
            assert!(!script.contains(&epilogue_or_commit), "{}", case.name);
        }
        // Positions are those of an editor; in UTF-16, those of the text.
        let is_utf16 = case.dump.starts_with(b"\xff\xfe") || case.dump.starts_with(b"\xfe\xff");
        if let Some(byte) = fault.facts.get("byte").and_then(Value::as_u64).filter(|_| !is_utf16) {
            let before = &case.dump[..byte as usize];
            let line = before.iter().filter(|&&b| b == b'\n').count() as u64 + 1;
            let column = byte - before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at as u64 + 1) + 1;
            assert_eq!(fault.facts["line"], line, "{}", case.name);
            assert_eq!(fault.facts["column"], column, "{}", case.name);
        }
    }
    assert!(failed > 100, "{failed} cases fail");
}
