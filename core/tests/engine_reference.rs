//! The engine against the slow oracle: the same upserts, whatever the names and the values are.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test"
)]

mod cases;
mod reference;

use cases::{Case, run};
use dumpsert::{Options, Style};
use proptest::prelude::*;
use reference::{split, upserts_of_dump, upserts_of_script};

/// The rows of a script: from the first one on, without the fixed texts.
fn body(script: &str) -> &str {
    let begin = script.find("CALL pg_temp.dumpsert_begin(").unwrap();
    let end = script.find(&cases::fixed("epilogue.sql")).unwrap();
    &script[begin..end]
}

/// Every case that is plain `INSERT`s by `id`, which is what the oracle knows.
#[test]
fn the_corpus() {
    let mut compared = 0;
    for case in Case::all() {
        let Ok(dump) = std::str::from_utf8(&case.dump) else {
            continue;
        };
        let is_known =
            case.style() == Style::Rows && case.is_default() && !dump.contains("standard_conforming_strings = off");
        let known_forms = ![
            "COPY ",
            "/*",
            "search_path = ",
            "search_path', 'app",
            "$$",
            "DEFAULT VALUES",
            "_prisma",
            "pg_dump: ",
            "schema_migrations",
        ]
        .iter()
        .any(|text| dump.contains(text));
        // `INSERT INTO` of the oracle is that of pg_dump.
        if !is_known
            || !(known_forms || case.name == "strings")
            || case.name == "insert-by-hand"
            || case.name.starts_with("wrapper-")
        {
            continue;
        }
        let Ok(plan) = case.plan() else { continue };
        let outcome = run(&plan, [case.dump.as_slice()]);
        if outcome.result.is_err() {
            continue;
        }
        let script = String::from_utf8(outcome.script).unwrap();
        assert_eq!(upserts_of_script(body(&script)), upserts_of_dump(dump), "{}", case.name);
        compared += 1;
    }
    assert!(compared > 12, "{compared} cases compared");
}

fn identifier() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_][a-z0-9_]{0,8}",
        "[^\0]{1,12}",
        "[\"'; ,()\\\\\n$-]{1,6}",
        Just("values".to_owned()),
        Just("ON CONFLICT DO NOTHING;".to_owned()),
        Just("OVERRIDING SYSTEM VALUE ".to_owned()),
        Just("excluded".to_owned()),
        Just("_t".to_owned()),
    ]
}

fn literal() -> impl Strategy<Value = String> {
    let string = prop_oneof![
        "[^\0]{0,40}",
        "['\\\\;\n,() -]{0,20}",
        Just("\\.".to_owned()),
        Just("'); DROP TABLE x; --".to_owned()),
        Just("\nINSERT INTO public.t (id) VALUES (1);\n".to_owned()),
        Just("$$ $a$ /* -- */".to_owned()),
    ];
    prop_oneof![
        4 => string.prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        1 => Just("NULL".to_owned()),
        1 => Just("DEFAULT".to_owned()),
        1 => "true|false",
        2 => "-?[0-9]{1,12}(\\.[0-9]{1,6})?(e[+-][0-9]{1,2})?",
        1 => "[01]{0,12}".prop_map(|bits| format!("B'{bits}'")),
    ]
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table with its columns, `id` first, and rows, as pg_dump writes them: quoted where it must be, or always.
fn table() -> impl Strategy<Value = String> {
    let columns = prop::collection::btree_set(identifier().prop_filter("`id` is there", |name| name != "id"), 0..5);
    let schema = identifier().prop_filter("no system schema", |name| {
        !name.starts_with("pg_") && name != "information_schema"
    });
    let name = identifier().prop_filter("left out", |name| name != "_prisma_migrations");
    (schema, name, columns, any::<bool>(), 0..3_usize).prop_flat_map(|(schema, name, columns, overriding, multi)| {
        let width = columns.len() + 1;
        let head = ["id".to_owned()]
            .into_iter()
            .chain(columns.iter().map(|column| quoted(column)))
            .collect::<Vec<_>>()
            .join(", ");
        let overriding = if overriding { "OVERRIDING SYSTEM VALUE " } else { "" };
        let head = format!(
            "INSERT INTO {}.{} ({head}) {overriding}VALUES",
            quoted(&schema),
            quoted(&name)
        );
        let rows = prop::collection::vec(prop::collection::vec(literal(), width), 1..6);
        rows.prop_map(move |rows| {
            let tail = if multi == 2 {
                " ON CONFLICT DO NOTHING;\n"
            } else {
                ";\n"
            };
            let rows: Vec<String> = rows.iter().map(|row| format!("({})", row.join(", "))).collect();
            if multi == 0 {
                rows.iter().map(|row| format!("{head} {row}{tail}")).collect()
            } else {
                format!("{head}\n\t{}{tail}", rows.join(",\n\t"))
            }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_dumps(tables in prop::collection::vec(table(), 1..4), at in any::<prop::sample::Index>()) {
        let dump = format!("-- {}\n{}", "x".repeat(512), tables.join("\n\n"));
        let plan = Options::new().with_style(Style::Rows).build().unwrap();
        let (first, second) = dump.as_bytes().split_at(at.index(dump.len()));
        let outcome = run(&plan, [first, second]);
        prop_assert!(outcome.result.is_ok(), "{:?}", outcome.result);
        let script = String::from_utf8(outcome.script).unwrap();
        // The oracle has no eye for pg_dump's own clause, and the script has another.
        let dump = dump.replace(") ON CONFLICT DO NOTHING;\n", ");\n");
        prop_assert_eq!(upserts_of_script(body(&script)), upserts_of_dump(&dump));
    }

    #[test]
    fn the_oracle_splits_without_loss(sql in "([^\0]|['\";-]){0,60}") {
        prop_assert_eq!(split(&sql).concat(), sql);
    }
}
